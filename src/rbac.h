/*
 * rbac.h - what the files of the shell offer each other.
 *
 * One section per file, in the order in which they build on each other. The
 * core (core/core.h) knows none of this.
 */
#ifndef RBAC_H
#define RBAC_H

#include "postgres.h"

#include "access/xact.h"
#include "compat.h"
#include "core/core.h"
#include "fmgr.h"
#include "lib/ilist.h"
#include "nodes/pg_list.h"
#include "storage/itemptr.h"
#include "utils/timestamp.h"

/* ---- error.c: running the core inside the server ---- */

/* A core whose allocations are palloc'd in the current memory context. */
extern void rbac_core_init(rbac_core *core);

/*
 * Raise core->error. subject names what was wrong, as in "invalid input syntax
 * for type rbac.privileges"; syntax_code is the SQLSTATE of RBAC_SYNTAX, the
 * other codes are the same everywhere. With a soft-error context (may be NULL)
 * the error is saved there and the function returns.
 */
extern void rbac_core_report(const rbac_core *core, int syntax_code, const char *subject,
							 struct Node *escontext);

/* Raise 22023: invalid value for argument "name": problem. */
pg_noreturn extern void rbac_invalid_argument(const char *name, const char *problem);

/* ---- encoding.c: the core is UTF-8, the server has its own ---- */

/* No copy, no conversion. */
static inline rbac_str
rbac_str_from_text(const text *value)
{
	return (rbac_str) {VARDATA_ANY(value), VARSIZE_ANY_EXHDR(value)};
}

extern text *rbac_str_to_text(rbac_str str);
extern char *rbac_str_to_cstring(rbac_str str);
extern rbac_str rbac_to_utf8(rbac_str server);
/* Without raising: false for bytes that are no text in the server's encoding. */
extern bool rbac_to_utf8_noerror(rbac_str server, rbac_str *utf8);
extern rbac_str rbac_from_utf8(rbac_str utf8);
/* The same without raising: false when the server's encoding has no such text. */
extern bool rbac_from_utf8_noerror(rbac_str utf8, rbac_str *server);

/* ---- type.c: the SQL types ---- */

/* Unpack a (maybe toasted) datum; the result shares its memory. */
extern void rbac_grant_from_datum(rbac_core *core, Datum datum, rbac_grant *out);
extern void rbac_privileges_from_datum(rbac_core *core, Datum datum, rbac_privileges *out);
extern Datum rbac_privileges_to_datum(rbac_core *core, const rbac_privileges *privileges);
/* Attributes of a request from a jsonb object; raises 22023 naming "attributes". */
extern void rbac_request_from_jsonb(rbac_core *core, rbac_str permission, Datum attributes,
									rbac_request *out);

/* ---- settings.c: configuration parameters ---- */

extern char *rbac_trusted_session_users;
extern char *rbac_jwt_user_claim;
extern char *rbac_jwt_organization_claim;
extern char *rbac_jwt_secret;
extern bool rbac_jwt_secret_is_public;	/* every user could have read it */
extern int	rbac_cache_size;	/* kilobytes */
extern void rbac_settings_init(void);

/* ---- caller.c: who is calling ---- */

/* In the server's encoding; valid until rbac_caller_generation changes. */
typedef struct rbac_caller
{
	rbac_str	organization;
	rbac_str	user_id;
} rbac_caller;

/* Changes whenever the caller may have: compare with a remembered value. */
extern uint64 rbac_caller_generation;

extern void rbac_caller_init(void);
extern const rbac_caller *rbac_current_caller(void);	/* NULL: there is none */
/* From UTF-8 JSON; false unless it names both an organization and a user. */
extern bool rbac_read_claims(rbac_core *core, rbac_str json, rbac_claims *out);
extern void rbac_set_caller_value(rbac_str organization, rbac_str user_id, bool is_local);

/* ---- catalog.c: reading rbac's own tables ---- */

typedef enum rbac_table
{
	RBAC_ORGANIZATION,
	RBAC_PRINCIPAL,
	RBAC_GROUP_MEMBER,
	RBAC_ROLE,
	RBAC_ROLE_VERSION,
	RBAC_ROLE_PARENT,
	RBAC_ASSIGNMENT,
	RBAC_TEMPORARY_GRANT,
	RBAC_NTABLES
} rbac_table;

/* Attribute numbers, as in sql/install/20_tables.sql. */
enum
{
	Anum_organization_organization = 1,
	Anum_organization_settings = 2
};
enum
{
	Anum_principal_organization = 1,
	Anum_principal_principal_id = 2,
	Anum_principal_kind = 3
};
enum
{
	Anum_group_member_organization = 1,
	Anum_group_member_user_id = 2,
	Anum_group_member_group_id = 3
};
enum
{
	Anum_role_role = 1
};
enum
{
	Anum_role_version_role_id = 1,
	Anum_role_version_role = 2,
	Anum_role_version_permission_grants = 4,
	Anum_role_version_expires_at = 7
};
enum
{
	Anum_role_parent_role = 1,
	Anum_role_parent_parent = 2
};
enum
{
	Anum_assignment_organization = 1,
	Anum_assignment_principal_id = 2,
	Anum_assignment_role = 3,
	Anum_assignment_restriction = 4
};
enum
{
	Anum_temporary_grant_organization = 2,
	Anum_temporary_grant_user_id = 3,
	Anum_temporary_grant_permission_grant = 4,
	Anum_temporary_grant_expires_at = 10
};

/*
 * A consistent reading of the tables: everything comes from one snapshot taken
 * when it is begun, newer than any invalidation that was processed before.
 * Never the statement's own snapshot: see src/README.md, "Never stale".
 */
typedef struct rbac_reading rbac_reading;
typedef struct rbac_scan rbac_scan;

extern rbac_reading *rbac_begin_reading(void);
extern void rbac_end_reading(rbac_reading *reading);

/* Rows whose first index columns equal the given text values. */
extern rbac_scan *rbac_begin_scan(rbac_reading *reading, rbac_table table, int nkeys,
								  const rbac_str *keys);
extern bool rbac_scan_next(rbac_scan *scan);
extern Datum rbac_scan_column(rbac_scan *scan, int attnum);	/* never NULL columns */
extern bool rbac_scan_column_is_null(rbac_scan *scan, int attnum);
extern void rbac_end_scan(rbac_scan *scan);

/* Tell every backend, when this transaction commits, that a table has changed. */
extern void rbac_announce_change(void);
/* Does an invalidation of this relation tell that, or of the tables being altered? */
extern bool rbac_is_relation_of_ours(Oid relid);

/* Which state of a row was read: every update makes another one. */
typedef struct rbac_row_version
{
	ItemPointerData tid;
	TransactionId xmin;
} rbac_row_version;

extern rbac_row_version rbac_scan_row_version(rbac_scan *scan);

/*
 * How many transactions that wrote something have ended: now, and when a reading
 * was begun. While it is the same, another reading is the same.
 */
extern uint64 rbac_completions(void);
extern uint64 rbac_reading_completions(rbac_reading *reading);

extern const char *rbac_table_name(int table);

/* ---- cache.c: what this backend remembers of them ---- */

#define RBAC_OBJECT_ID_LENGTH 24

/*
 * The privileges of one role_version, which never change under its id, as far
 * as the restriction of an assignment lets them count.
 */
typedef struct rbac_document
{
	rbac_str	role_id;		/* hash key, with the restriction: the bytes of a jsonb */
	rbac_str	restriction;	/* object, empty for none */
	int			nusers;			/* who hold it */
	MemoryContext context;
	rbac_privileges privileges;
} rbac_document;

typedef struct rbac_timed_grant
{
	rbac_grant	grant;
	TimestampTz expires_at;
} rbac_timed_grant;

/* What somebody holds in an organization. */
typedef struct rbac_principal
{
	bool		is_operator;	/* its grants count in every organization */
	rbac_row_version organization;	/* its row: every writer makes a new one */
	uint64		completions;	/* when that was known to be the newest */
	List	   *documents;		/* rbac_document: of the roles, own and of groups,
								 * and of all that they inherit from */
	int			ntemporary;
	rbac_timed_grant *temporary;	/* expired ones among them */
} rbac_principal;

/* A user's entry: what it holds, and programs made from that (program.c). */
typedef struct rbac_user
{
	rbac_str	organization;	/* hash key: both names */
	rbac_str	user_id;
	dlist_node	recency;
	MemoryContext context;		/* of the principal */
	MemoryContext program_context;
	Size		size;			/* of both, as last accounted for */
	rbac_principal principal;
	List	   *programs;
} rbac_user;

/*
 * Changes whenever something that was remembered may be wrong or gone: compare
 * with a remembered value before using what was found under it.
 */
extern uint64 rbac_cache_epoch;
extern uint64 rbac_cache_freed;

extern void rbac_cache_init(void);

/* Forget everything at the next lookup. */
extern void rbac_end_generation(void);

/*
 * Hear of all changes committed until now, then say what somebody holds; never
 * NULL. The result is valid until the next call of one of these three.
 *
 * rbac_lookup_user() is about who can be a caller, a user or an application;
 * rbac_lookup_principal() about the own roles of a principal of any kind;
 * rbac_lookup_role() about whoever would hold just this role, restricted by a
 * jsonb object.
 */
extern rbac_user *rbac_lookup_user(rbac_str organization, rbac_str user_id);
extern const rbac_principal *rbac_lookup_principal(rbac_str organization, rbac_str principal_id);
extern const rbac_principal *rbac_lookup_role(rbac_str organization, rbac_str role,
											  Datum restriction);

/* Where to make one more program, dropping the user's others if they are many. */
extern MemoryContext rbac_program_context(rbac_user *user);
extern void rbac_forget_programs(rbac_user *user);
/* Make up for memory taken in a user's contexts: others may have to go. */
extern void rbac_account_user(rbac_user *user);

extern bool rbac_organization_exists(rbac_str organization);

/* ---- access.c: what a principal may do ---- */

/*
 * What expiry is compared with: the start of the statement, or of the
 * transaction where a procedure has begun another one since.
 */
static inline TimestampTz
rbac_now(void)
{
	return Max(GetCurrentStatementStartTimestamp(), GetCurrentTransactionStartTimestamp());
}

/* A request is for one permission: neither for a wildcard nor for what is no name. */
extern bool rbac_is_literal_permission(rbac_str permission);

/*
 * Visit every grant of the principal that covers the permission (NULL data:
 * every grant) and has not expired by rbac_now(). Returns when the first of the
 * temporary ones among them expires: until then, and as long as rbac_cache_epoch
 * stays, another visit is the same.
 */
typedef void (*rbac_grant_visitor) (const rbac_grant *grant, void *arg);
extern TimestampTz rbac_visit_grants(const rbac_principal *principal, rbac_str permission,
									 bool include_temporary, rbac_grant_visitor visit, void *arg);

/*
 * May grants held through organization home count for a resource of another?
 * resource.data NULL: the request's org_id is missing. Names in the server's
 * encoding.
 */
extern bool rbac_organization_permitted(bool is_operator, rbac_str home, rbac_str resource);

#define RBAC_ORGANIZATION_ATTRIBUTE "org_id"
#define RBAC_ORGANIZATION_NAME \
	((rbac_str) {RBAC_ORGANIZATION_ATTRIBUTE, sizeof(RBAC_ORGANIZATION_ATTRIBUTE) - 1})

/* ---- site.c: has_permission() at one place of one query ---- */

extern bool rbac_check_at_site(FunctionCallInfo fcinfo);

/* ---- planner.c, path.c: policies and the planner (path.h has what these share) ---- */

extern PGDLLEXPORT Datum rbac_has_permission_support(PG_FUNCTION_ARGS);
extern void rbac_path_init(void);

/* ---- admin.c: the way into the administration functions ---- */

/* rbac_internal.NAME(argument types), which need not be accessible to the current user. */
extern Oid	rbac_internal_function(const char *name, const oidvector *argument_types);

/*
 * Call rbac_internal.PREFIXX(argument types of X) with the arguments of X(),
 * which is being called, and remember who called it.
 */
extern Datum rbac_call_implementation(FunctionCallInfo fcinfo, const char *prefix);

/* ---- rate_limit.c: how many requests in a minute ---- */

typedef struct rbac_count
{
	int32		maximum;
	int32		remaining;
	TimestampTz reset;			/* when the window ends */
} rbac_count;

/* What this backend was told last. */
extern rbac_count rbac_last_count;

extern void rbac_rate_limit_init(void);
extern int64 rbac_seconds_until(TimestampTz time);	/* rounded up, at least 1 */

#endif							/* RBAC_H */
