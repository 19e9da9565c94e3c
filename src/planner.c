/*
 * planner.c - what the planner is told about has_permission().
 *
 * Called while a query is planned, never while it runs: how many rows pass, and
 * which index finds them. (What a check costs is declared in SQL.) An index is
 * offered
 *
 *     org_id = ANY (rbac.permitted_organizations(permission))
 *
 * which is a call and not its result, for the plan may be kept and executed for
 * other callers and after other grants. It is lossy: has_permission() stays in
 * the plan and decides every row, so that nothing here can let a row through.
 */
#include "postgres.h"

#include "catalog/pg_proc.h"
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "nodes/pathnodes.h"
#include "nodes/supportnodes.h"
#include "optimizer/clauses.h"
#include "optimizer/optimizer.h"
#include "optimizer/paths.h"
#include "optimizer/plancat.h"
#include "path.h"
#include "rbac.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"
#include "utils/typcache.h"

PG_FUNCTION_INFO_V1(rbac_has_permission_support);

/* ---- the call ---- */

const char *
rbac_attribute_name(Node *node)
{
	Const	   *name = (Const *) node;

	if (!IsA(node, Const) || name->constisnull)
		return NULL;
	if (name->consttype == UNKNOWNOID)
		return DatumGetCString(name->constvalue);
	if (name->consttype == TEXTOID || name->consttype == VARCHAROID)
		return TextDatumGetCString(name->constvalue);
	return NULL;
}

/* The value given for org_id in has_permission(permission, name, value, ...), or NULL. */
static Node *
organization_argument(List *args)
{
	for (int i = 1; i + 1 < list_length(args); i += 2)
	{
		const char *name = rbac_attribute_name(list_nth(args, i));

		if (name != NULL && strcmp(name, RBAC_ORGANIZATION_ATTRIBUTE) == 0)
			return list_nth(args, i + 1);
	}
	return NULL;
}

/* ---- the index condition ---- */

/*
 * Can this index be searched with an array? Where rows come in the order of the
 * index, only by its first column: with an array for another one they would
 * not, and the planner, which does not see the array, would believe they do.
 */
static bool
is_searchable(const IndexOptInfo *index, int column)
{
	if (!index->amhasgettuple)
		return true;			/* bitmap scans search for one element after the other */
	return index->amsearcharray && column == 0;
}

bool
rbac_is_fixed(Node *permission)
{
	return !contain_var_clause(permission) &&
		!contain_volatile_functions(permission) &&
		!contain_subplans(permission);
}

Oid
rbac_lookup_function(const char *name, Oid schema, const Oid *types, int ntypes)
{
	Oid			function = GetSysCacheOid3(PROCNAMEARGSNSP, Anum_pg_proc_oid,
										   CStringGetDatum(name),
										   PointerGetDatum(buildoidvector(types, ntypes)),
										   ObjectIdGetDatum(schema));

	if (OidIsValid(function) &&
		object_aclcheck(ProcedureRelationId, function, GetUserId(), ACL_EXECUTE) != ACLCHECK_OK)
		return InvalidOid;
	return function;
}

Oid
rbac_compared_type(Node *value)
{
	Oid			type = getBaseType(exprType(value));

	return type == VARCHAROID ? TEXTOID : type;
}

Expr *
rbac_make_condition(Node *value, Oid collation, Expr *array)
{
	ScalarArrayOpExpr *condition = makeNode(ScalarArrayOpExpr);
	Oid			type = rbac_compared_type(value);

	value = applyRelabelType(copyObject(value), type, -1, exprCollation(value),
							 COERCE_IMPLICIT_CAST, -1, false);
	condition->opno = lookup_type_cache(type, TYPECACHE_EQ_OPR)->eq_opr;
	condition->opfuncid = get_opcode(condition->opno);
	condition->useOr = true;
	condition->inputcollid = collation;
	condition->args = list_make2(value, array);
	condition->location = -1;
	return (Expr *) condition;
}

/* The function that gives what values of the type are compared with; NULL if none does. */
static const char *
array_function(Oid type)
{
	if (type == TEXTOID)
		return "permitted_organizations";
	return type == UUIDOID ? "permitted_organization_uuids" : NULL;
}

/* The condition for an index column of that value, or NULL. */
static Expr *
organization_condition(SupportRequestIndexCondition *request, FuncExpr *call, Node *organization)
{
	Node	   *permission = linitial(call->args);
	Oid			type = rbac_compared_type(organization);
	const char *name = array_function(type);
	Oid			argument = TEXTOID;
	Oid			function;

	if (name == NULL || !rbac_is_fixed(permission) ||
		!op_in_opfamily(lookup_type_cache(type, TYPECACHE_EQ_OPR)->eq_opr, request->opfamily))
		return NULL;
	function = rbac_lookup_function(name, get_func_namespace(call->funcid), &argument, 1);
	if (!OidIsValid(function))
		return NULL;
	return rbac_make_condition(organization, request->indexcollation,
							   (Expr *) makeFuncExpr(function, get_array_type(type),
													 list_make1(copyObject(permission)), InvalidOid,
													 call->inputcollid, COERCE_EXPLICIT_CALL));
}

/*
 * Workers of one parallel index scan share their position in the array, so all
 * must have the same; but each reads the organizations for itself, at its own
 * time. Therefore there shall be none. A parallel bitmap scan searches the index
 * in one process.
 */
static void
forbid_parallel_scan(IndexOptInfo *index)
{
	index->amcanparallel = false;
}

static List *
index_conditions(SupportRequestIndexCondition *request)
{
	FuncExpr   *call = (FuncExpr *) request->node;
	Node	   *organization;
	Expr	   *condition;

	if (!IsA(call, FuncExpr) || rbac_is_alternative(request->root, request->index->rel) ||
		!is_searchable(request->index, request->indexcol))
		return NIL;
	organization = organization_argument(call->args);
	if (organization == NULL ||
		!match_index_to_operand(organization, request->indexcol, request->index))
		return NIL;
	condition = organization_condition(request, call, organization);
	if (condition == NULL)
		return NIL;
	forbid_parallel_scan(request->index);
	request->lossy = true;
	return list_make1(condition);
}

/* ---- estimates ---- */

/*
 * Most callers see one organization: as many rows as equal a value that is not
 * known yet. Other attributes narrow it further, by nobody knows how much. Who
 * is calling while the plan is made is not asked, since others may execute it.
 */
static bool
estimate_selectivity(SupportRequestSelectivity *request)
{
	Node	   *organization = organization_argument(request->args);
	CaseTestExpr *unknown;
	Oid			operator;

	if (request->is_join || organization == NULL || !contain_var_clause(organization))
		return false;
	operator = lookup_type_cache(exprType(organization), TYPECACHE_EQ_OPR)->eq_opr;
	if (!OidIsValid(operator))
		return false;
	unknown = makeNode(CaseTestExpr);
	unknown->typeId = exprType(organization);
	unknown->typeMod = -1;
	unknown->collation = exprCollation(organization);
	request->selectivity = restriction_selectivity(request->root, operator,
												   list_make2(organization, unknown),
												   exprCollation(organization),
												   request->varRelid);
	return true;
}

Datum
rbac_has_permission_support(PG_FUNCTION_ARGS)
{
	Node	   *request = (Node *) PG_GETARG_POINTER(0);

	if (IsA(request, SupportRequestIndexCondition))
		PG_RETURN_POINTER(index_conditions((SupportRequestIndexCondition *) request));
	if (IsA(request, SupportRequestSelectivity) &&
		estimate_selectivity((SupportRequestSelectivity *) request))
		PG_RETURN_POINTER(request);
	PG_RETURN_POINTER(NULL);
}
