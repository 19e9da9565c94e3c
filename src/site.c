/*
 * site.c - has_permission() at one place of one query.
 *
 * A call site resolves once what does not change from row to row: the names and
 * types of the attributes, and from them the caller's program (program.c). A row
 * then costs a few integer compares, reading the arguments, and the program.
 *
 * The program is valid for one caller, one state of the tables and, because
 * temporary grants expire, for a span of time. is_current() is that rule.
 *
 * Not here: which grants count (access.c) and where they are kept (cache.c).
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "nodes/primnodes.h"
#include "program.h"
#include "rbac.h"
#include "storage/sinval.h"
#include "utils/builtins.h"
#include "utils/inval.h"
#include "utils/memutils.h"

typedef struct check_site
{
	MemoryContext context;		/* holds all of this but the program */
	rbac_signature signature;
	rbac_sql_value *values;		/* of the current row, by parameter */
	bool		is_fixed;		/* the permission and all names are constants */

	/* The program and what it was made for. */
	const rbac_program *program;	/* NULL: there is no caller */
	uint64		caller_generation;	/* 0: nothing yet */
	uint64		cache_epoch;
	uint64		cache_freed;
	Oid			session_user;
	TimestampTz statement;
	TimestampTz until;
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

/* Arguments: the permission, then name and value of each parameter. */
static inline int
name_argno(int parameter)
{
	return 1 + 2 * parameter;
}

static inline int
value_argno(int parameter)
{
	return 2 + 2 * parameter;
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
attribute_name(FunctionCallInfo fcinfo, int parameter)
{
	int			argno = name_argno(parameter);

	if (!is_text_type(get_fn_expr_argtype(fcinfo->flinfo, argno)))
		invalid_call("attribute names must be text");
	if (!get_fn_expr_arg_stable(fcinfo->flinfo, argno))
		invalid_call("attribute names must be constants");
	if (PG_ARGISNULL(argno))
		invalid_call("attribute names must not be null");
	return rbac_to_utf8(text_argument(fcinfo, argno));
}

static bool
is_named_before(const rbac_signature *signature, int parameter)
{
	for (int i = 0; i < parameter; i++)
	{
		if (rbac_str_equal(signature->parameters[i].name, signature->parameters[parameter].name))
			return true;
	}
	return false;
}

static void
init_parameter(FunctionCallInfo fcinfo, rbac_signature *signature, int i)
{
	rbac_parameter *parameter = &signature->parameters[i];
	rbac_str	name = attribute_name(fcinfo, i);

	parameter->name = (rbac_str) {rbac_str_to_cstring(name), name.len};
	if (is_named_before(signature, i))
		invalid_call("an attribute is given twice");
	if (strcmp(parameter->name.data, RBAC_ORGANIZATION_ATTRIBUTE) == 0)
		signature->organization = i;
	rbac_value_type_init(&parameter->type, get_fn_expr_argtype(fcinfo->flinfo, value_argno(i)));
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

static bool
is_fixed_call(FunctionCallInfo fcinfo)
{
	for (int argno = 0; argno < PG_NARGS(); argno += argno == 0 ? 1 : 2)
	{
		if (!is_const_argument(fcinfo, argno))
			return false;
	}
	return true;
}

/* A NULL permission is like one that is no name: nothing is permitted. */
static rbac_str
permission_argument(FunctionCallInfo fcinfo)
{
	return PG_ARGISNULL(0) ? (rbac_str) {"", 0} : text_argument(fcinfo, 0);
}

static void
init_signature(FunctionCallInfo fcinfo, rbac_signature *signature)
{
	rbac_str	permission = permission_argument(fcinfo);

	signature->permission = (rbac_str) {rbac_str_to_cstring(permission), permission.len};
	signature->nparameters = PG_NARGS() / 2;
	signature->parameters = palloc0(signature->nparameters * sizeof(rbac_parameter));
	signature->organization = RBAC_NO_PARAMETER;
	for (int i = 0; i < signature->nparameters; i++)
		init_parameter(fcinfo, signature, i);
}

/* A site that may be replaced has its memory apart. */
static check_site *
create_site(FunctionCallInfo fcinfo)
{
	MemoryContext context = fcinfo->flinfo->fn_mcxt;
	MemoryContext old;
	check_site *site;

	check_call(fcinfo);
	if (!is_fixed_call(fcinfo))
		context = AllocSetContextCreate(context, "rbac check site", ALLOCSET_SMALL_SIZES);
	old = MemoryContextSwitchTo(context);
	site = palloc0(sizeof(check_site));
	site->is_fixed = context == fcinfo->flinfo->fn_mcxt;
	site->context = context;
	init_signature(fcinfo, &site->signature);
	site->values = palloc0(site->signature.nparameters * sizeof(rbac_sql_value));
	MemoryContextSwitchTo(old);
	return fcinfo->flinfo->fn_extra = site;
}

/* Only asked where a parameter of the query names something. */
static bool
has_same_signature(const check_site *site, FunctionCallInfo fcinfo)
{
	if (!rbac_str_equal(site->signature.permission, permission_argument(fcinfo)))
		return false;
	for (int i = 0; i < site->signature.nparameters; i++)
	{
		if (!rbac_str_equal(site->signature.parameters[i].name, attribute_name(fcinfo, i)))
			return false;
	}
	return true;
}

static inline check_site *
get_site(FunctionCallInfo fcinfo)
{
	check_site *site = fcinfo->flinfo->fn_extra;

	if (likely(site != NULL) && (likely(site->is_fixed) || has_same_signature(site, fcinfo)))
		return site;
	fcinfo->flinfo->fn_extra = NULL;
	if (site != NULL)
		MemoryContextDelete(site->context);
	return create_site(fcinfo);
}

/* ---- the program ---- */

static inline bool
is_current(const check_site *site)
{
	return site->cache_epoch == rbac_cache_epoch &&
		site->caller_generation == rbac_caller_generation &&
		site->statement == rbac_now() &&
		site->session_user == GetSessionUserId();
}

/*
 * The epoch is taken before anything is read, so what changes meanwhile makes
 * the program stale at once; for the row at hand it is good. Whether it has been
 * freed since is counted from after.
 */
static void
bind_program(check_site *site)
{
	const rbac_caller *caller;

	site->caller_generation = 0;	/* stale until complete */
	site->cache_epoch = rbac_cache_epoch;
	site->session_user = GetSessionUserId();
	site->program = NULL;
	site->until = DT_NOEND;
	caller = rbac_current_caller();
	if (caller != NULL)
	{
		site->program = rbac_get_program(caller, &site->signature);
		site->until = site->program->until;
	}
	site->cache_freed = rbac_cache_freed;
	site->caller_generation = rbac_caller_generation;
}

/* A plan's site may live for many statements. */
static void
hear_of_changes(void)
{
	const rbac_caller *caller = rbac_current_caller();

	if (caller != NULL)
		rbac_lookup_user(caller->organization, caller->user_id);
}

/*
 * Once a statement, hear of what other sessions committed before it began, as
 * every lookup does, and let grants expire.
 */
static void
revalidate(check_site *site)
{
	if (site->until <= rbac_now())
		site->caller_generation = 0;
	else if (site->statement != rbac_now())
		hear_of_changes();
	site->statement = rbac_now();
	if (!is_current(site))
		bind_program(site);
}

/* ---- rows ---- */

/*
 * All of them before any test, since an output function may run anything. False
 * if the program went with that: it must not be looked at again.
 */
static inline bool
fetch_values(check_site *site, FunctionCallInfo fcinfo)
{
	for (int i = 0; i < site->program->nused; i++)
	{
		int			parameter = site->program->used[i];
		NullableDatum *argument = &fcinfo->args[value_argno(parameter)];

		rbac_fetch_value(&site->signature.parameters[parameter].type,
						 argument->value, argument->isnull, &site->values[parameter]);
		if (unlikely(site->cache_freed != rbac_cache_freed))
			return false;
	}
	return true;
}

/* Is the row in an organization in which an operator's grants count? */
static bool
is_in_any_organization(check_site *site, FunctionCallInfo fcinfo)
{
	rbac_str	resource = {NULL, 0};
	int			parameter = site->signature.organization;
	NullableDatum *argument;
	rbac_value_type *type;

	if (parameter == RBAC_NO_PARAMETER)
		return true;
	argument = &fcinfo->args[value_argno(parameter)];
	type = &site->signature.parameters[parameter].type;
	if (!argument->isnull && type->type == RBAC_STRING)
		resource = rbac_value_to_str(type, argument->value);
	return rbac_organization_permitted(true, resource, resource);
}

/*
 * Reading values can run anything, an output function or a lookup of an
 * organization; if the program went with that, the row is judged by a new one.
 */
bool
rbac_check_at_site(FunctionCallInfo fcinfo)
{
	check_site *site = get_site(fcinfo);

	for (;;)
	{
		if (unlikely(!is_current(site)))
			revalidate(site);
		if (site->program == NULL)
			return false;
		if (likely(fetch_values(site, fcinfo)))
		{
			if (unlikely(site->program->is_operator) && !is_in_any_organization(site, fcinfo))
				return false;
			if (likely(site->cache_freed == rbac_cache_freed))
				return rbac_run_program(site->program, site->values);
		}
		CHECK_FOR_INTERRUPTS();
	}
}
