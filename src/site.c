/*
 * site.c - has_permission() at one place of one query.
 *
 * A call site resolves once what does not change from row to row: attribute
 * names to argument positions, the caller's grants for the permission to a
 * program of tests over those arguments, constants to the representation of
 * the column (value.h). A row then costs two integer compares, reading the
 * arguments, and the tests.
 *
 * The program is valid for one caller, one state of the tables and, because
 * temporary grants expire, for a span of time. is_current() is that rule.
 *
 * Not here: which grants count (access.c) and where they are kept (cache.c).
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "nodes/primnodes.h"
#include "rbac.h"
#include "storage/sinval.h"
#include "utils/builtins.h"
#include "utils/inval.h"
#include "utils/memutils.h"
#include "value.h"

/* One attribute of the request: a name/value pair of arguments. */
typedef struct site_argument
{
	rbac_str	name;			/* UTF-8 */
	int			name_argno;
	bool		name_is_const;
	bool		is_used;		/* by a test */
	rbac_value_type type;
	rbac_sql_value value;		/* of the current row */
} site_argument;

/* Met when the argument equals one of the constants, or none if negated. */
typedef struct site_test
{
	site_argument *argument;
	bool		is_negated;
	int			nconstants;
	rbac_sql_value *constants;
} site_test;

/* Tests that all have to be met. */
typedef struct site_grant
{
	int			ntests;
	site_test  *tests;
} site_grant;

typedef struct check_site
{
	int			narguments;
	site_argument *arguments;
	site_argument *organization;	/* the argument org_id, or NULL */
	bool		has_variable_names; /* a parameter, not a constant, names one */
	MemoryContext context;		/* holds this and all below */

	/* What the program was made for. */
	uint64		caller_generation;
	Oid			session_user;
	uint64		cache_generation;
	TimestampTz statement;
	TimestampTz until;
	rbac_str	permission;

	/* The program, all of it in program_context. */
	MemoryContext program_context;
	bool		is_operator;
	site_test	home;			/* org_id is the caller's; no constant: any is home */
	int			ngrants;
	int			grants_size;
	site_grant *grants;
} check_site;

/* ---- the call's shape, which is the query's and not the data's ---- */

static void
invalid_call(const char *problem)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("invalid call of a permission check: %s", problem),
			 errhint("Give the permission, then attribute names as constants, each followed by a value.")));
}

static bool
is_text_type(Oid type)
{
	return type == TEXTOID || type == UNKNOWNOID || type == VARCHAROID;
}

static rbac_str
text_argument(FunctionCallInfo fcinfo, int argno)
{
	if (get_fn_expr_argtype(fcinfo->flinfo, argno) == UNKNOWNOID)
	{
		char	   *cstring = PG_GETARG_CSTRING(argno);

		return (rbac_str) {cstring, strlen(cstring)};
	}
	return rbac_str_from_text(PG_GETARG_TEXT_PP(argno));
}

static bool
is_const_argument(FunctionCallInfo fcinfo, int argno)
{
	return IsA(list_nth(((FuncExpr *) fcinfo->flinfo->fn_expr)->args, argno), Const);
}

static rbac_str
attribute_name(FunctionCallInfo fcinfo, int argno)
{
	if (!is_text_type(get_fn_expr_argtype(fcinfo->flinfo, argno)))
		invalid_call("attribute names must be text");
	if (!get_fn_expr_arg_stable(fcinfo->flinfo, argno))
		invalid_call("attribute names must be constants");
	if (PG_ARGISNULL(argno))
		invalid_call("attribute names must not be null");
	return rbac_to_utf8(text_argument(fcinfo, argno));
}

static bool
is_named_before(const check_site *site, const site_argument *argument)
{
	for (const site_argument *other = site->arguments; other < argument; other++)
	{
		if (rbac_str_equal(other->name, argument->name))
			return true;
	}
	return false;
}

static void
init_argument(FunctionCallInfo fcinfo, check_site *site, int name_argno)
{
	site_argument *argument = &site->arguments[name_argno / 2];
	rbac_str	name = attribute_name(fcinfo, name_argno);

	argument->name = (rbac_str) {rbac_str_to_cstring(name), name.len};
	argument->name_argno = name_argno;
	argument->name_is_const = is_const_argument(fcinfo, name_argno);
	if (is_named_before(site, argument))
		invalid_call("an attribute is given twice");
	if (!argument->name_is_const)
		site->has_variable_names = true;
	if (strcmp(argument->name.data, RBAC_ORGANIZATION_ATTRIBUTE) == 0)
		site->organization = argument;
	rbac_value_type_init(&argument->type, get_fn_expr_argtype(fcinfo->flinfo, name_argno + 1));
}

static void
check_call(FunctionCallInfo fcinfo)
{
	if (fcinfo->flinfo->fn_expr == NULL || !IsA(fcinfo->flinfo->fn_expr, FuncExpr))
		invalid_call("the types of its arguments are not known");
	if (get_fn_expr_variadic(fcinfo->flinfo))
		invalid_call("attributes cannot be given as a VARIADIC array");
	if (PG_NARGS() % 2 == 0)
		invalid_call("the last attribute has no value");
}

static check_site *
create_site(FunctionCallInfo fcinfo)
{
	MemoryContext context;
	MemoryContext old;
	check_site *site;

	check_call(fcinfo);
	context = AllocSetContextCreate(fcinfo->flinfo->fn_mcxt, "rbac check site",
									ALLOCSET_SMALL_SIZES);
	old = MemoryContextSwitchTo(context);
	site = palloc0(sizeof(check_site));
	site->context = context;
	site->narguments = PG_NARGS() / 2;
	site->arguments = palloc0(site->narguments * sizeof(site_argument));
	for (int argno = 1; argno < PG_NARGS(); argno += 2)
		init_argument(fcinfo, site, argno);
	site->program_context = AllocSetContextCreate(context, "rbac check program",
												  ALLOCSET_SMALL_SIZES);
	MemoryContextSwitchTo(old);
	return fcinfo->flinfo->fn_extra = site;
}

/* ---- compiling ---- */

static site_argument *
find_argument(const check_site *site, rbac_str name)
{
	for (int i = 0; i < site->narguments; i++)
	{
		if (rbac_str_equal(site->arguments[i].name, name))
			return &site->arguments[i];
	}
	return NULL;
}

/* False when no row can meet the condition. */
static bool
compile_test(rbac_core *core, site_argument *argument, const rbac_condition *condition,
			 site_test *out)
{
	if (condition->values[0].type != argument->type.type)
		return false;
	out->argument = argument;
	out->is_negated = condition->op == RBAC_NOT_EQUALS;
	out->constants = palloc(condition->nvalues * sizeof(rbac_sql_value));
	for (uint32 i = 0; i < condition->nvalues; i++)
	{
		if (rbac_convert_constant(core, &argument->type, &condition->values[i],
								  &out->constants[out->nconstants]))
			out->nconstants++;
	}
	if (out->nconstants == 0 && !out->is_negated)
		return false;
	argument->is_used = true;
	return true;
}

static bool
is_organization(rbac_str name)
{
	return rbac_str_equal(name, (rbac_str) {RBAC_ORGANIZATION_ATTRIBUTE,
		strlen(RBAC_ORGANIZATION_ATTRIBUTE)});
}

typedef struct compilation
{
	rbac_core	core;
	check_site *site;
	rbac_value	home;			/* UTF-8 */
	rbac_privileges grants;		/* those that cover the permission */
	uint32		size;
} compilation;

/* False when the grant can be met by no row; it is then left out. */
static bool
compile_grant(compilation *state, const rbac_grant *grant, site_grant *out)
{
	out->tests = palloc0(grant->nconditions * sizeof(site_test));
	for (uint32 i = 0; i < grant->nconditions; i++)
	{
		const rbac_condition *condition = &grant->conditions[i];
		site_argument *argument = find_argument(state->site, condition->attribute);

		if (argument != NULL)
		{
			if (!compile_test(&state->core, argument, condition, &out->tests[out->ntests]))
				return false;
			out->ntests++;
		}
		else if (!is_organization(condition->attribute) ||
				 !rbac_condition_met(condition, &state->home, NULL))
			return false;
	}
	return true;
}

static void
collect_grant(const rbac_grant *grant, void *arg)
{
	compilation *state = arg;

	if (state->grants.ngrants == state->size)
	{
		state->size *= 2;
		state->grants.grants = repalloc(state->grants.grants, state->size * sizeof(rbac_grant));
	}
	state->grants.grants[state->grants.ngrants++] = *grant;
}

/* Rows of another organization than the caller's are out, unless an operator asks. */
static void
compile_home(compilation *state)
{
	check_site *site = state->site;
	rbac_str	attribute = {RBAC_ORGANIZATION_ATTRIBUTE, strlen(RBAC_ORGANIZATION_ATTRIBUTE)};
	rbac_condition condition = {attribute, RBAC_EQUALS, 1, &state->home};

	memset(&site->home, 0, sizeof(site->home));
	if (site->organization == NULL || site->is_operator)
		return;
	if (!compile_test(&state->core, site->organization, &condition, &site->home))
		site->ngrants = 0;
}

static void
compile_grants(compilation *state, const rbac_identity *identity)
{
	check_site *site = state->site;
	rbac_privileges resolved;

	if (!rbac_resolve(&state->core, &state->grants, identity, &resolved))
		rbac_core_report(&state->core, ERRCODE_INTERNAL_ERROR, "could not compile grants", NULL);
	site->grants = palloc0(Max(resolved.ngrants, 1) * sizeof(site_grant));
	for (uint32 i = 0; i < resolved.ngrants; i++)
	{
		if (compile_grant(state, &resolved.grants[i], &site->grants[site->ngrants]))
			site->ngrants++;
		else
			memset(&site->grants[site->ngrants], 0, sizeof(site_grant));
	}
	compile_home(state);
}

static void
compile_for_caller(check_site *site, const rbac_caller *caller)
{
	compilation state = {.site = site, .size = 8};
	rbac_identity identity = {rbac_to_utf8(caller->organization), rbac_to_utf8(caller->user_id)};
	const rbac_principal *principal = rbac_lookup_user(caller->organization, caller->user_id);

	rbac_core_init(&state.core);
	state.home = (rbac_value) {.type = RBAC_STRING, .text = identity.organization};
	state.grants.grants = palloc(state.size * sizeof(rbac_grant));
	site->is_operator = principal->is_operator;
	site->until = rbac_visit_grants(principal, rbac_to_utf8(site->permission), true,
									collect_grant, &state);
	compile_grants(&state, &identity);
}

/*
 * Generations are taken before anything is read, so what changes meanwhile
 * makes the program stale at once.
 */
static void
compile(check_site *site, rbac_str permission)
{
	const rbac_caller *caller;
	MemoryContext old;

	site->caller_generation = 0;	/* stale until complete */
	MemoryContextReset(site->program_context);
	old = MemoryContextSwitchTo(site->program_context);
	for (int i = 0; i < site->narguments; i++)
		site->arguments[i].is_used = false;
	site->permission = (rbac_str) {rbac_str_to_cstring(permission), permission.len};
	site->cache_generation = rbac_cache_generation;
	site->session_user = GetSessionUserId();
	site->ngrants = 0;
	site->until = DT_NOEND;
	caller = rbac_current_caller();
	if (caller != NULL)
		compile_for_caller(site, caller);
	site->caller_generation = rbac_caller_generation;
	MemoryContextSwitchTo(old);
}

/* ---- running ---- */

static bool
has_same_names(const check_site *site, FunctionCallInfo fcinfo)
{
	for (int i = 0; i < site->narguments; i++)
	{
		const site_argument *argument = &site->arguments[i];

		if (!argument->name_is_const &&
			!rbac_str_equal(argument->name, attribute_name(fcinfo, argument->name_argno)))
			return false;
	}
	return true;
}

static bool
is_current(const check_site *site, rbac_str permission)
{
	return site->caller_generation == rbac_caller_generation &&
		site->session_user == GetSessionUserId() &&
		site->cache_generation == rbac_cache_generation &&
		rbac_str_equal(site->permission, permission);
}

/*
 * Once a statement, hear of what other sessions committed before it began, and
 * let grants expire: a plan's site may live for many statements.
 */
static void
revalidate(check_site *site, rbac_str permission)
{
	if (site->statement != GetCurrentStatementStartTimestamp())
	{
		AcceptInvalidationMessages();
		if (site->until <= GetCurrentStatementStartTimestamp())
			site->caller_generation = 0;
		site->statement = GetCurrentStatementStartTimestamp();
	}
	if (!is_current(site, permission))
		compile(site, permission);
}

static check_site *
get_site(FunctionCallInfo fcinfo)
{
	check_site *site = fcinfo->flinfo->fn_extra;

	if (site != NULL && (!site->has_variable_names || has_same_names(site, fcinfo)))
		return site;
	fcinfo->flinfo->fn_extra = NULL;
	if (site != NULL)
		MemoryContextDelete(site->context);
	return create_site(fcinfo);
}

/* All of them before any test, since an output function may run anything. */
static void
fetch_arguments(check_site *site, FunctionCallInfo fcinfo)
{
	for (int i = 0; i < site->narguments; i++)
	{
		site_argument *argument = &site->arguments[i];
		int			argno = argument->name_argno + 1;

		if (argument->is_used)
			argument->value = rbac_fetch_value(&argument->type, fcinfo->args[argno].value,
											   PG_ARGISNULL(argno));
	}
}

static bool
is_met(const site_test *test)
{
	const site_argument *argument = test->argument;

	if (argument->value.missing)
		return false;
	for (int i = 0; i < test->nconstants; i++)
	{
		if (rbac_sql_value_equal(argument->type.kind, &argument->value, &test->constants[i]))
			return !test->is_negated;
	}
	return test->is_negated;
}

static bool
is_grant_met(const site_grant *grant)
{
	for (int i = 0; i < grant->ntests; i++)
	{
		if (!is_met(&grant->tests[i]))
			return false;
	}
	return true;
}

/* Is the row in an organization in which the caller's grants count? */
static bool
is_organization_met(check_site *site, FunctionCallInfo fcinfo)
{
	rbac_str	resource = {NULL, 0};
	int			argno;

	if (site->organization == NULL)
		return true;
	if (!site->is_operator)
		return is_met(&site->home);
	argno = site->organization->name_argno + 1;
	if (!PG_ARGISNULL(argno) && site->organization->type.type == RBAC_STRING)
		resource = rbac_value_to_str(&site->organization->type, fcinfo->args[argno].value);
	return rbac_organization_permitted(true, resource, resource);
}

bool
rbac_check_at_site(FunctionCallInfo fcinfo)
{
	check_site *site = get_site(fcinfo);

	if (PG_ARGISNULL(0))
		return false;
	revalidate(site, text_argument(fcinfo, 0));
	if (site->ngrants == 0)
		return false;
	fetch_arguments(site, fcinfo);
	if (!is_organization_met(site, fcinfo))
		return false;
	for (int i = 0; i < site->ngrants; i++)
	{
		if (is_grant_met(&site->grants[i]))
			return true;
	}
	return false;
}
