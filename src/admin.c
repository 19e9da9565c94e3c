/*
 * admin.c - what the administration functions need of C.
 *
 * rbac.X() is rbac_admin(), which remembers the role that invoked it and calls
 * rbac_internal.X(), PL/pgSQL with the owner's rights. Inside a SECURITY
 * DEFINER function nothing in SQL tells who invoked it: current_user is the
 * owner, and session_user or the role that SET ROLE chose may be a superuser
 * who is only running somebody else's function.
 *
 * Not here: what may be done and how (sql/install/50 to 70).
 */
#include "postgres.h"

#include "catalog/namespace.h"
#include "catalog/pg_collation.h"
#include "catalog/pg_proc.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "rbac.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"

PG_FUNCTION_INFO_V1(rbac_admin);
PG_FUNCTION_INFO_V1(rbac_acting_as_system);
PG_FUNCTION_INFO_V1(rbac_generate_object_id);
PG_FUNCTION_INFO_V1(rbac_duration_seconds);

/* Who invoked the innermost administration function; invalid outside of any. */
static Oid	invoker = InvalidOid;

Oid
rbac_internal_function(const char *name, const oidvector *argument_types)
{
	Oid			function = GetSysCacheOid3(PROCNAMEARGSNSP, Anum_pg_proc_oid,
										   CStringGetDatum(name),
										   PointerGetDatum(argument_types),
										   ObjectIdGetDatum(get_namespace_oid("rbac_internal", false)));

	if (!OidIsValid(function))
		elog(ERROR, "function \"rbac_internal.%s\" does not exist", name);
	return function;
}

static Oid
lookup_implementation(Oid public_function, const char *prefix)
{
	HeapTuple	tuple = SearchSysCache1(PROCOID, ObjectIdGetDatum(public_function));
	Form_pg_proc form;
	Oid			implementation;

	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for function %u", public_function);
	form = (Form_pg_proc) GETSTRUCT(tuple);
	implementation = rbac_internal_function(psprintf("%s%s", prefix, NameStr(form->proname)),
											&form->proargtypes);
	ReleaseSysCache(tuple);
	return implementation;
}

static FmgrInfo *
get_implementation(FunctionCallInfo fcinfo, const char *prefix)
{
	FmgrInfo   *implementation = fcinfo->flinfo->fn_extra;

	if (implementation == NULL)
	{
		implementation = MemoryContextAlloc(fcinfo->flinfo->fn_mcxt, sizeof(FmgrInfo));
		fmgr_info_cxt(lookup_implementation(fcinfo->flinfo->fn_oid, prefix), implementation,
					  fcinfo->flinfo->fn_mcxt);
		fcinfo->flinfo->fn_extra = implementation;
	}
	return implementation;
}

Datum
rbac_call_implementation(FunctionCallInfo fcinfo, const char *prefix)
{
	LOCAL_FCINFO(inner, FUNC_MAX_ARGS);
	Oid			saved_invoker = invoker;
	Datum		result;

	/* Not the caller's collation: it could only clash with those of the columns. */
	InitFunctionCallInfoData(*inner, get_implementation(fcinfo, prefix), fcinfo->nargs,
							 DEFAULT_COLLATION_OID, fcinfo->context, fcinfo->resultinfo);
	memcpy(inner->args, fcinfo->args, fcinfo->nargs * sizeof(NullableDatum));
	PG_TRY();
	{
		invoker = GetUserId();
		result = FunctionCallInvoke(inner);
	}
	PG_FINALLY();
	{
		invoker = saved_invoker;
	}
	PG_END_TRY();
	fcinfo->isnull = inner->isnull;
	return result;
}

Datum
rbac_admin(PG_FUNCTION_ARGS)
{
	return rbac_call_implementation(fcinfo, "");
}

/* Called by an implementation, so its current user is the extension's owner. */
Datum
rbac_acting_as_system(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(OidIsValid(invoker) && rbac_current_caller() == NULL &&
				   has_privs_of_role(invoker, GetUserId()));
}

/*
 * 24 hexadecimal digits that sort by time: 4 bytes of seconds since 1970, 5
 * random bytes of this backend, 3 bytes of a counter that starts at random.
 */
Datum
rbac_generate_object_id(PG_FUNCTION_ARGS)
{
	static unsigned char unique[5];
	static uint32 counter;
	static int	pid = 0;
	uint32		seconds = (uint32) time(NULL);
	char	   *id = palloc(RBAC_OBJECT_ID_LENGTH + 1);

	if (pid != MyProcPid)
	{
		if (!pg_strong_random(unique, sizeof(unique)) ||
			!pg_strong_random(&counter, sizeof(counter)))
			ereport(ERROR, (errcode(ERRCODE_INTERNAL_ERROR),
							errmsg("could not generate random values")));
		pid = MyProcPid;
	}
	counter = (counter + 1) & 0xffffff;
	snprintf(id, RBAC_OBJECT_ID_LENGTH + 1, "%08x%02x%02x%02x%02x%02x%06x", seconds,
			 unique[0], unique[1], unique[2], unique[3], unique[4], counter);
	PG_RETURN_TEXT_P(cstring_to_text(id));
}

/* The argument that an error names is that of the SQL functions. */
Datum
rbac_duration_seconds(PG_FUNCTION_ARGS)
{
	rbac_str	duration = rbac_to_utf8(rbac_str_from_text(PG_GETARG_TEXT_PP(0)));
	rbac_core	core;
	int64		seconds;

	rbac_core_init(&core);
	if (rbac_parse_duration(&core, duration.data, duration.len, &seconds))
		PG_RETURN_INT64(seconds);
	if (core.error.status == RBAC_LIMIT)	/* for users, no better than malformed */
		core.error.status = RBAC_SYNTAX;
	rbac_core_report(&core, ERRCODE_INVALID_PARAMETER_VALUE,
					 "invalid value for argument \"duration\": not an ISO 8601 duration", NULL);
	PG_RETURN_NULL();
}
