# Building, installing and testing. "make test", "make test-majors", "make load",
# "make bench", "make demo" and "make serve" need nothing but make: they install
# what else is missing, PostgreSQL included.

EXTENSION  = rbac
EXTVERSION = $(shell sed -n "s/^default_version *= *'\(.*\)'/\1/p" $(EXTENSION).control)

MODULE_big = rbac

# The core knows nothing of PostgreSQL.
OBJS = \
	src/core/core.o \
	src/core/text.o \
	src/core/name.o \
	src/core/number.o \
	src/core/json.o \
	src/core/parse.o \
	src/core/print.o \
	src/core/pack.o \
	src/core/match.o \
	src/core/rewrite.o \
	src/core/intern.o \
	src/core/box.o \
	src/core/index.o \
	src/core/subtract.o \
	src/core/compare.o \
	src/core/duration.o \
	src/core/token.o

# The shell knows both.
OBJS += \
	src/rbac.o \
	src/compat.o \
	src/error.o \
	src/encoding.o \
	src/settings.o \
	src/catalog.o \
	src/caller.o \
	src/authenticate.o \
	src/value.o \
	src/type.o \
	src/cache.o \
	src/access.o \
	src/program.o \
	src/site.o \
	src/permitted.o \
	src/planner.o \
	src/path.o \
	src/scan.o \
	src/check.o \
	src/admin.o \
	src/rate_limit.o \
	src/api.o \
	src/doctor.o

PG_CPPFLAGS = -I$(srcdir)/src -I$(srcdir)/src/core -DRBAC_VERSION='"$(EXTVERSION)"'
SHLIB_LINK  = -ljson-c

# make WERROR=1 ASSERT=1 is how the tests build. The two warnings that are off
# are about what PostgreSQL's headers give: inline functions and callbacks have
# parameters that they do not use, and lengthof() is unsigned where we count
# with int, as the server does.
ifdef WERROR
PG_CFLAGS += -Wall -Wextra -Werror -Wno-unused-parameter -Wno-sign-compare
endif
ifdef ASSERT
PG_CFLAGS += -DUSE_ASSERT_CHECKING
endif

# The install script: parts in the order in which they run.
SQL_PARTS = \
	sql/install/00_header.sql \
	sql/install/10_types.sql \
	sql/install/20_tables.sql \
	sql/install/30_caller.sql \
	sql/install/40_checks.sql \
	sql/install/45_administration.sql \
	sql/install/50_organization.sql \
	sql/install/60_role.sql \
	sql/install/62_group.sql \
	sql/install/64_scoped_role.sql \
	sql/install/66_application_role.sql \
	sql/install/68_review.sql \
	sql/install/70_temporary_grant.sql \
	sql/install/75_api_key.sql \
	sql/install/80_api.sql \
	sql/install/82_api_roles.sql \
	sql/install/84_api_overloads.sql \
	sql/install/85_doctor.sql \
	sql/install/90_privileges.sql

INSTALL_SQL = sql/$(EXTENSION)--$(EXTVERSION).sql
DATA        = $(wildcard sql/$(EXTENSION)--*--*.sql)
DATA_built  = $(INSTALL_SQL)

# pg_regress: inputs in test/sql, expected output in expected.
REGRESS        = $(patsubst test/sql/%.sql,%,$(sort $(wildcard test/sql/*.sql)))
REGRESS_OPTS   = --inputdir=test --load-extension=$(EXTENSION)
# isolationtester: specs and expected output in test/isolation.
ISOLATION      = $(patsubst test/isolation/specs/%.spec,%,$(sort $(wildcard test/isolation/specs/*.spec)))
ISOLATION_OPTS = --inputdir=test/isolation --load-extension=$(EXTENSION)

EXTRA_CLEAN = tmp_check

PG_CONFIG ?= pg_config
PGXS := $(shell $(PG_CONFIG) --pgxs 2>/dev/null)

ifneq ($(wildcard $(PGXS)),)

include $(PGXS)

# PGXS tracks no headers unless the server was built with --enable-depend, and
# never those of bitcode.
$(OBJS) $(OBJS:.o=.bc): $(wildcard $(srcdir)/src/*.h $(srcdir)/src/core/*.h)

$(INSTALL_SQL): $(SQL_PARTS) $(EXTENSION).control
	cat $(SQL_PARTS) > $@

.PHONY: check-tap
check-tap: PROVE_TESTS ?= test/t/*.pl
check-tap:
	$(prove_installcheck)

else

.PHONY: all install uninstall installcheck check-tap clean
all install uninstall installcheck check-tap:
	@echo 'PostgreSQL server headers not found: install them, or say PG_CONFIG=/path/to/pg_config.' >&2
	@false
clean:
	rm -rf $(OBJS) $(MODULE_big).so $(DATA_built) $(EXTRA_CLEAN)

endif

.PHONY: test test-majors load fuzz coverage check-deps check-assert check-valgrind check-sqlsmith bench demo serve
test:
	@test/run.sh

# As root.
test-majors:
	@test/bin/majors
load:
	@test/bin/deps suites
	@test/bin/private-server test/load/run

# What takes longer than a test; test/README.md tells what each is for.
fuzz: SECONDS ?= 60
fuzz:
	@test/bin/deps suites
	@test/bin/fuzz $(SECONDS)
coverage check-assert check-valgrind check-sqlsmith: check-deps
check-deps:
	@test/bin/deps test
	@test/bin/deps checks
coverage:
	@COPT='--coverage -O0' ASSERT=1 test/bin/private-server test/bin/coverage
# Warnings are no errors there: without optimization gcc has some about
# PostgreSQL's own macros.
check-assert:
	@PG_CONFIG=$$(test/bin/checked-postgres) && export PG_CONFIG && \
		ASSERT=1 test/bin/private-server test/bin/suites
check-valgrind:
	@test/bin/check-valgrind
check-sqlsmith:
	@PG_CONFIG=$$(test/bin/checked-postgres) && export PG_CONFIG && \
		ASSERT=1 test/bin/private-server test/bin/check-sqlsmith

bench:
	@test/bin/deps bench
	@test/bin/private-server test/bench/run.py
demo:
	@test/bin/deps demo
	@test/bin/private-server sh -c 'examples/demo.sh && test/bin/http-servers examples/http.sh'
# Until it is interrupted.
serve:
	@test/bin/deps demo
	@test/bin/private-server sh -c \
		'psql -Xq -v ON_ERROR_STOP=1 -o /dev/null -f examples/helpdesk.sql && test/bin/http-servers examples/serve.sh'
