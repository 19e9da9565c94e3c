/*
 * caller.c - who is calling: the authenticated (organization, user).
 *
 * The caller is rbac.caller, which only C code can set, or in a trusted session
 * without one the organization and user named by request.jwt.claims. Both are
 * configuration parameters, so ROLLBACK restores them and parallel workers see
 * them; both have an assign hook that bumps rbac_caller_generation, so that a
 * check site needs one integer compare to know that the caller is the same.
 *
 * Nothing here raises on what the claims hold: claims that are malformed,
 * oversized or incomplete name no caller.
 */
#include "postgres.h"

#include "access/parallel.h"
#include "miscadmin.h"
#include "rbac.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/memutils.h"
#include "utils/varlena.h"

/* Bytes of claims that are looked at; a header line is at most 40 kB anyway. */
#define MAX_CLAIMS (64 * 1024)

uint64		rbac_caller_generation = 1;

static char *caller_setting;	/* "" or "LENGTH ORGANIZATION USER", length of the
								 * organization in bytes */
static char *claims_setting;
static bool setting_caller = false; /* inside rbac_set_caller_value() */

/* The resolved caller, for one generation and one session user. */
static MemoryContext caller_context;
static uint64 resolved_generation = 0;
static Oid	resolved_session_user;
static bool resolved_any;
static rbac_caller resolved;

/* Dropping the caller is harmless; naming one is for C code and workers only. */
static bool
check_caller(char **newval, void **extra, GucSource source)
{
	if ((*newval)[0] == '\0' || setting_caller || InitializingParallelWorker)
		return true;
	GUC_check_errcode(ERRCODE_INSUFFICIENT_PRIVILEGE);
	GUC_check_errmsg("parameter \"rbac.caller\" cannot be set directly");
	GUC_check_errhint("Use rbac.set_caller() or rbac.authenticate().");
	return false;
}

static void
assign_caller_source(const char *newval, void *extra)
{
	rbac_caller_generation++;
}

void
rbac_caller_init(void)
{
	caller_context = AllocSetContextCreate(TopMemoryContext, "rbac caller", ALLOCSET_SMALL_SIZES);
	DefineCustomStringVariable("rbac.caller", "The current caller, set by rbac.set_caller().",
							   NULL, &caller_setting, "", PGC_USERSET,
							   GUC_NOT_IN_SAMPLE | GUC_DISALLOW_IN_FILE,
							   check_caller, assign_caller_source, NULL);
	/* Defined here, and not left a placeholder, for the sake of its assign hook. */
	DefineCustomStringVariable("request.jwt.claims", "Claims of the request's token, as JSON.",
							   "Set by the gateway; believed in sessions of rbac.trusted_session_users.",
							   &claims_setting, "", PGC_USERSET, GUC_NOT_IN_SAMPLE,
							   NULL, assign_caller_source, NULL);
}

/* Is the login role listed? The list is read as PostgreSQL reads name lists. */
static bool
is_listed(const char *role)
{
	char	   *list = pstrdup(rbac_trusted_session_users);
	List	   *names;
	ListCell   *lc;

	if (!SplitIdentifierString(list, ',', &names))
		return false;
	foreach(lc, names)
	{
		if (strcmp(lfirst(lc), role) == 0)
			return true;
	}
	return false;
}

static bool
is_trusted(Oid role)
{
	char	   *name = GetUserNameFromId(role, true);

	return name != NULL && is_listed(name);
}

/* session_user, unlike current_user, does not follow SET ROLE. */
static bool
is_trusted_session(void)
{
	return is_trusted(GetSessionUserId());
}

/*
 * Where the current user was switched by something else than SET ROLE, it is
 * somebody else's function that is asking, in whatever session; and in the
 * middle of maintenance it may be anybody's.
 */
static bool
may_name_caller(void)
{
	Oid			role = InLocalUserIdChange() ? GetUserId() : GetSessionUserId();

	return !InSecurityRestrictedOperation() && (is_trusted(role) || superuser_arg(role));
}

static const char *
untrusted_reason(void)
{
	if (InSecurityRestrictedOperation())
		return "What maintenance or a materialized view runs may be anybody's.";
	if (InLocalUserIdChange())
		return "In a SECURITY DEFINER function its owner counts, who is not listed in \"rbac.trusted_session_users\".";
	return "The session user is not listed in \"rbac.trusted_session_users\".";
}

static rbac_caller
parse_caller_setting(void)
{
	char	   *organization;
	long		len = strtol(caller_setting, &organization, 10);

	organization++;
	return (rbac_caller)
	{
		{organization, len},
		{organization + len + 1, strlen(organization + len + 1)}
	};
}

static rbac_str
setting_to_utf8(const char *value)
{
	return rbac_to_utf8((rbac_str) {value, strlen(value)});
}

bool
rbac_read_claims(rbac_core *core, rbac_str json, rbac_claims *out)
{
	return rbac_parse_claims(core, json.data, json.len,
							 setting_to_utf8(rbac_jwt_organization_claim),
							 setting_to_utf8(rbac_jwt_user_claim), out) &&
		out->organization.data != NULL && out->user_id.data != NULL;
}

static bool
parse_claims_setting(rbac_caller *caller)
{
	rbac_str	json = {claims_setting, strlen(claims_setting)};
	rbac_claims claims;
	rbac_core	core;

	if (json.len == 0 || json.len > MAX_CLAIMS || !is_trusted_session())
		return false;
	rbac_core_init(&core);
	return rbac_to_utf8_noerror(json, &json) && rbac_read_claims(&core, json, &claims) &&
		rbac_from_utf8_noerror(claims.organization, &caller->organization) &&
		rbac_from_utf8_noerror(claims.user_id, &caller->user_id);
}

const rbac_caller *
rbac_current_caller(void)
{
	MemoryContext old;

	if (resolved_generation == rbac_caller_generation &&
		resolved_session_user == GetSessionUserId())
		return resolved_any ? &resolved : NULL;

	MemoryContextReset(caller_context);
	old = MemoryContextSwitchTo(caller_context);
	resolved_any = true;
	if (caller_setting[0] != '\0')
		resolved = parse_caller_setting();
	else
		resolved_any = parse_claims_setting(&resolved);
	MemoryContextSwitchTo(old);
	resolved_session_user = GetSessionUserId();
	resolved_generation = rbac_caller_generation;
	return resolved_any ? &resolved : NULL;
}

static char *
print_caller_setting(rbac_str organization, rbac_str user_id)
{
	return psprintf("%zu %.*s %.*s", organization.len,
					(int) organization.len, organization.data,
					(int) user_id.len, user_id.data);
}

/* value: as print_caller_setting() makes it, or "" for no caller. */
static void
set_caller_setting(const char *value, bool is_local)
{
	setting_caller = true;
	PG_TRY();
	{
		(void) set_config_option("rbac.caller", value, PGC_USERSET, PGC_S_SESSION,
								 is_local ? GUC_ACTION_LOCAL : GUC_ACTION_SET, true, 0, false);
	}
	PG_FINALLY();
	{
		setting_caller = false;
	}
	PG_END_TRY();
}

void
rbac_set_caller_value(rbac_str organization, rbac_str user_id, bool is_local)
{
	set_caller_setting(print_caller_setting(organization, user_id), is_local);
}

static rbac_str
caller_argument(FunctionCallInfo fcinfo, int argno, const char *name)
{
	rbac_str	value;

	if (PG_ARGISNULL(argno))
		rbac_invalid_argument(name, "must not be null");
	value = rbac_str_from_text(PG_GETARG_TEXT_PP(argno));
	if (value.len == 0)
		rbac_invalid_argument(name, "must not be empty");
	return value;
}

PG_FUNCTION_INFO_V1(rbac_set_caller);
PG_FUNCTION_INFO_V1(rbac_current_organization);
PG_FUNCTION_INFO_V1(rbac_current_user_id);

/* A caller is two non-empty names, or two NULLs for none. */
Datum
rbac_set_caller(PG_FUNCTION_ARGS)
{
	bool		is_local = PG_ARGISNULL(2) || PG_GETARG_BOOL(2);

	if (!may_name_caller())
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("this session is not trusted to name its caller"),
				 errdetail_internal("%s", untrusted_reason()),
				 errhint("Present a token to rbac.authenticate().")));
	if (PG_ARGISNULL(0) && PG_ARGISNULL(1))
		set_caller_setting("", is_local);
	else
		rbac_set_caller_value(caller_argument(fcinfo, 0, "organization"),
							  caller_argument(fcinfo, 1, "user_id"), is_local);
	PG_RETURN_VOID();
}

Datum
rbac_current_organization(PG_FUNCTION_ARGS)
{
	const rbac_caller *caller = rbac_current_caller();

	if (caller == NULL)
		PG_RETURN_NULL();
	PG_RETURN_TEXT_P(rbac_str_to_text(caller->organization));
}

Datum
rbac_current_user_id(PG_FUNCTION_ARGS)
{
	const rbac_caller *caller = rbac_current_caller();

	if (caller == NULL)
		PG_RETURN_NULL();
	PG_RETURN_TEXT_P(rbac_str_to_text(caller->user_id));
}
