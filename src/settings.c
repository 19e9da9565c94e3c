/*
 * settings.c - the configuration parameters that administrators set.
 *
 * Not here: rbac.caller and request.jwt.claims, which say who is calling
 * (caller.c).
 */
#include "postgres.h"

#include <limits.h>

#include "miscadmin.h"
#include "rbac.h"
#include "utils/guc.h"

char	   *rbac_trusted_session_users;
char	   *rbac_jwt_user_claim;
char	   *rbac_jwt_organization_claim;
char	   *rbac_jwt_secret;
int			rbac_cache_size;

static bool is_loading = true;	/* parameters take the values they were given before */

/* rbac_internal.begin_request() reads it as a setting. */
static bool maintenance;

/*
 * Until the library is loaded the secret is a parameter like any other, which
 * every user can read; and what is set for a database or role stands in a
 * catalog that every user can read. A key that everybody knows is none.
 */
bool		rbac_jwt_secret_is_public;

static bool
check_secret(char **newval, void **extra, GucSource source)
{
	bool		is_set = (*newval)[0] != '\0';
	bool		was_readable = is_loading && !process_shared_preload_libraries_in_progress &&
		source <= PGC_S_ARGV;
	bool		is_in_catalog = source >= PGC_S_GLOBAL && source <= PGC_S_DATABASE_USER;

	*extra = guc_malloc(LOG, sizeof(bool));
	if (*extra == NULL)
		return false;
	*(bool *) *extra = is_set && (was_readable || is_in_catalog);
	return true;
}

static void
assign_secret(const char *newval, void *extra)
{
	rbac_jwt_secret_is_public = extra != NULL && *(bool *) extra;
}

/* Each of these decides whom the claims name. */
static void
assign_caller_source(const char *newval, void *extra)
{
	rbac_caller_generation++;
}

/* Less than what is remembered may be allowed from now on. */
static void
assign_cache_size(int newval, void *extra)
{
	rbac_end_generation();
}

static void
define_caller_source(const char *name, const char *description, char **variable, const char *boot)
{
	DefineCustomStringVariable(name, description, NULL, variable, boot, PGC_SUSET, 0,
							   NULL, assign_caller_source, NULL);
}

void
rbac_settings_init(void)
{
	define_caller_source("rbac.trusted_session_users",
						 "Login roles whose request.jwt.claims and rbac.set_caller() are believed.",
						 &rbac_trusted_session_users, "authenticator");
	define_caller_source("rbac.jwt_user_claim",
						 "Claim that holds the caller's user id.",
						 &rbac_jwt_user_claim, "sub");
	define_caller_source("rbac.jwt_organization_claim",
						 "Claim that holds the caller's organization.",
						 &rbac_jwt_organization_claim, "org_id");
	DefineCustomStringVariable("rbac.jwt_secret",
							   "Key of the HS256 signature of tokens.",
							   "At least 32 bytes; without it none is accepted or made.",
							   &rbac_jwt_secret, "", PGC_SUSET,
							   GUC_SUPERUSER_ONLY, check_secret, assign_secret, NULL);
	is_loading = false;
	DefineCustomIntVariable("rbac.cache_size",
							"Memory in which each session remembers what users hold.",
							"The users asked about least recently are forgotten first.",
							&rbac_cache_size, 16 * 1024, 256, MAX_KILOBYTES, PGC_SUSET,
							GUC_UNIT_KB, NULL, assign_cache_size, NULL);
	DefineCustomBoolVariable("rbac.maintenance",
							 "Refuses every request over HTTP for the time being.",
							 NULL, &maintenance, false, PGC_SIGHUP, 0, NULL, NULL, NULL);
}
