/*
 * api.c - the way into schema rbac_api, for PostgREST.
 *
 * rbac_api.X() is rbac_api(): it has rbac_internal.begin_request() see what a
 * request has to pass first, goes on to rbac_internal.api_X() like an
 * administration function, and raises every error again as SQLSTATE PGRST, from
 * which PostgREST takes body, status and headers of the answer. Nothing of an
 * error's text gets into a status line or a header; an argument that it names
 * has the name that it has in rbac_api.X().
 *
 * Not here: what a request has to pass, and what is done and answered
 * (sql/install/80_api.sql and 82_api_roles.sql).
 */
#include "postgres.h"

#include "catalog/pg_collation.h"
#include "catalog/pg_type.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "rbac.h"
#include "utils/builtins.h"
#include "utils/json.h"
#include "utils/jsonb.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"

#define ERRCODE_PGRST MAKE_SQLSTATE('P','G','R','S','T')

/* Seconds after which a client may see whether maintenance is over. */
#define MAINTENANCE_RETRY_AFTER 60

/* ---- arguments ---- */

typedef struct Arguments
{
	int			count;
	char	  **names;			/* NULL if they have none */
} Arguments;

/* What SQL and functions of rbac_api call one argument, where they differ. */
static const struct
{
	const char *sql;
	const char *api;
}			renamed[] =
{
	{"organization", "organization_id"},
	{"role_name", "name"},
	{"permission_grants", "permissions"},
	{"group_id", "team_id"},
};

static Arguments
get_arguments(Oid function)
{
	HeapTuple	tuple = SearchSysCache1(PROCOID, ObjectIdGetDatum(function));
	Arguments	arguments;
	Oid		   *types;
	char	   *modes;

	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for function %u", function);
	arguments.count = get_func_arg_info(tuple, &types, &arguments.names, &modes);
	ReleaseSysCache(tuple);
	return arguments;
}

/* The position of an argument; -1 if there is none of this name. */
static int
find_argument(const Arguments *arguments, const char *name)
{
	for (int i = 0; arguments->names != NULL && i < arguments->count; i++)
	{
		if (strcmp(arguments->names[i], name) == 0)
			return i;
	}
	return -1;
}

/* What the function that was called calls an argument of the SQL function. */
static const char *
public_name(const Arguments *arguments, const char *name)
{
	for (int i = 0; find_argument(arguments, name) < 0 && i < lengthof(renamed); i++)
	{
		if (strcmp(renamed[i].sql, name) == 0 && find_argument(arguments, renamed[i].api) >= 0)
			return renamed[i].api;
	}
	return name;
}

/* ---- errors as HTTP has them ---- */

/* The one table of conditions and statuses; what is not in it is 500. */
static const struct
{
	int			sqlerrcode;
	int			status;
}			statuses[] =
{
	{ERRCODE_INVALID_OBJECT_DEFINITION, 400},
	{ERRCODE_INSUFFICIENT_RESOURCES, 400},
	{ERRCODE_INVALID_AUTHORIZATION_SPECIFICATION, 401},
	{ERRCODE_INSUFFICIENT_PRIVILEGE, 403},
	{ERRCODE_WRONG_OBJECT_TYPE, 403},
	{ERRCODE_UNDEFINED_OBJECT, 404},
	{ERRCODE_READ_ONLY_SQL_TRANSACTION, 405},
	{ERRCODE_DUPLICATE_OBJECT, 409},
	{ERRCODE_INVALID_PARAMETER_VALUE, 422},
	{ERRCODE_INVALID_TEXT_REPRESENTATION, 422},
	{ERRCODE_UNTRANSLATABLE_CHARACTER, 422},
	{ERRCODE_CHARACTER_NOT_IN_REPERTOIRE, 422},
	{ERRCODE_PROGRAM_LIMIT_EXCEEDED, 422},
	{ERRCODE_CONFIGURATION_LIMIT_EXCEEDED, 429},
	{ERRCODE_CANNOT_CONNECT_NOW, 503},
};

/*
 * An unknown permission is one name in a document, not what the request is
 * about: an undefined object within an argument is an invalid argument.
 */
static int
http_status(const ErrorData *error)
{
	if (error->sqlerrcode == ERRCODE_UNDEFINED_OBJECT && error->column_name != NULL)
		return 422;
	for (int i = 0; i < lengthof(statuses); i++)
	{
		if (statuses[i].sqlerrcode == error->sqlerrcode)
			return statuses[i].status;
	}
	return 500;
}

/* Empty is none: an error that PL/pgSQL raises again has a DETAIL in any case. */
static void
append_member(StringInfo json, const char *name, const char *value)
{
	appendStringInfo(json, "%s\"%s\":", json->data[json->len - 1] == '{' ? "" : ",", name);
	if (value != NULL && value[0] != '\0')
		escape_json(json, value);
	else
		appendStringInfoString(json, "null");
}

/* How messages begin that name an argument: rbac_internal.invalid_argument(). */
#define INVALID_ARGUMENT "invalid value for argument \""

/* COLUMN is the argument at fault where the message does not name it. */
static const char *
error_message(const ErrorData *error, const Arguments *arguments)
{
	size_t		length = strlen(INVALID_ARGUMENT);
	const char *name;
	const char *rest;

	if (error->column_name != NULL)
		return psprintf(INVALID_ARGUMENT "%s\": %s", public_name(arguments, error->column_name),
						error->message);
	if (strncmp(error->message, INVALID_ARGUMENT, length) != 0)
		return error->message;
	name = error->message + length;
	rest = name + strcspn(name, "\"");
	return psprintf(INVALID_ARGUMENT "%s%s", public_name(arguments, pnstrdup(name, rest - name)), rest);
}

/* What goes wrong inside is for the log, not for clients. */
static char *
error_body(const ErrorData *error, int status, const Arguments *arguments)
{
	bool		is_shown = status != 500;
	StringInfoData json;

	initStringInfo(&json);
	appendStringInfoChar(&json, '{');
	append_member(&json, "code", unpack_sql_state(error->sqlerrcode));
	append_member(&json, "message", is_shown ? error_message(error, arguments) : "internal error");
	append_member(&json, "details", is_shown ? error->detail : NULL);
	append_member(&json, "hint", is_shown ? error->hint : NULL);
	appendStringInfoChar(&json, '}');
	return json.data;
}

static void
append_number(StringInfo json, const char *name, int64 value)
{
	append_member(json, name, psprintf(INT64_FORMAT, value));
}

static void
append_headers(StringInfo json, int status)
{
	switch (status)
	{
		case 401:
			append_member(json, "WWW-Authenticate", "Bearer");
			break;
		case 405:				/* GET, which PostgREST runs read-only */
			append_member(json, "Allow", "POST");
			break;
		case 429:
			append_number(json, "Retry-After", rbac_seconds_until(rbac_last_count.reset));
			append_number(json, "X-RateLimit-Limit", rbac_last_count.maximum);
			append_number(json, "X-RateLimit-Remaining", rbac_last_count.remaining);
			append_number(json, "X-RateLimit-Reset", timestamptz_to_time_t(rbac_last_count.reset));
			break;
		case 503:
			append_number(json, "Retry-After", MAINTENANCE_RETRY_AFTER);
			break;
	}
}

static char *
error_response(int status)
{
	StringInfoData json;

	initStringInfo(&json);
	appendStringInfo(&json, "{\"status\":%d,\"headers\":{", status);
	append_headers(&json, status);
	appendStringInfoString(&json, "}}");
	return json.data;
}

static void
raise_as_http(const ErrorData *error, const Arguments *arguments)
{
	int			status = http_status(error);

	if (status == 500)
		ereport(LOG_SERVER_ONLY,
				(errcode(error->sqlerrcode),
				 errmsg_internal("request failed: %s", error->message),
				 error->detail ? errdetail_internal("%s", error->detail) : 0,
				 error->context ? errcontext("%s", error->context) : 0));
	ereport(ERROR,
			(errcode(ERRCODE_PGRST),
			 errmsg_internal("%s", error_body(error, status, arguments)),
			 errdetail_internal("%s", error_response(status))));
}

/* ---- calls ---- */

/* rbac_internal.NAME(operation text, argument type) */
static void
call_internal(const char *name, const char *operation, Oid type, NullableDatum argument)
{
	LOCAL_FCINFO(fcinfo, 2);
	Oid			types[2] = {TEXTOID, type};
	FmgrInfo	function;

	fmgr_info(rbac_internal_function(name, buildoidvector(types, 2)), &function);
	InitFunctionCallInfoData(*fcinfo, &function, 2, DEFAULT_COLLATION_OID, NULL, NULL);
	fcinfo->args[0] = (NullableDatum) {PointerGetDatum(cstring_to_text(operation)), false};
	fcinfo->args[1] = argument;
	FunctionCallInvoke(fcinfo);
}

static Datum
perform(FunctionCallInfo fcinfo, const Arguments *arguments)
{
	int			position = find_argument(arguments, "organization");
	NullableDatum organization = {0, true};

	if (position >= 0)
		organization = fcinfo->args[position];
	call_internal("begin_request", get_func_name(fcinfo->flinfo->fn_oid), TEXTOID, organization);
	return rbac_call_implementation(fcinfo, "api_");
}

static Datum
refuse(FunctionCallInfo fcinfo, const Arguments *arguments)
{
	call_internal("refuse_arguments", get_func_name(fcinfo->flinfo->fn_oid), JSONBOID, fcinfo->args[0]);
	PG_RETURN_NULL();
}

/*
 * An error is caught only to be raised again, so there is no subtransaction.
 * A client that went away, or statement_timeout, cancels as everywhere.
 */
static Datum
answer(FunctionCallInfo fcinfo, Datum (*work) (FunctionCallInfo, const Arguments *))
{
	MemoryContext context = CurrentMemoryContext;
	Arguments	arguments = get_arguments(fcinfo->flinfo->fn_oid);
	Datum		result;

	PG_TRY();
	{
		result = work(fcinfo, &arguments);
	}
	PG_CATCH();
	{
		ErrorData  *error;

		MemoryContextSwitchTo(context);
		error = CopyErrorData();
		if (error->sqlerrcode == ERRCODE_QUERY_CANCELED)
			PG_RE_THROW();
		FlushErrorState();
		raise_as_http(error, &arguments);
	}
	PG_END_TRY();
	return result;
}

PG_FUNCTION_INFO_V1(rbac_api);
PG_FUNCTION_INFO_V1(rbac_api_refuse);

Datum
rbac_api(PG_FUNCTION_ARGS)
{
	return answer(fcinfo, perform);
}

/* The overload (jsonb), which PostgREST calls when no other one fits. */
Datum
rbac_api_refuse(PG_FUNCTION_ARGS)
{
	return answer(fcinfo, refuse);
}
