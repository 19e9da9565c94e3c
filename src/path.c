/*
 * path.c - alternative ways to read a table under has_permission().
 *
 * Which index finds the caller's rows depends on what restricts the caller: an
 * owner, a region, the organization, or nothing; and a plan may be kept and
 * executed for anybody. So one is made for each case, and scan.c chooses between
 * them when the scan begins:
 *
 * - the plain one, as if every row were permitted;
 * - for each attribute of a check that an index knows, one that is searched for
 *   attribute = ANY (rbac.permitted_values(permission, attribute));
 * - the plain one without the check, which decides every row in all others.
 *
 * An alternative is planned by the server itself, for a copy of the relation that
 * has the additional condition. Its costs do not depend on who plans; scan.c
 * scales them by what the caller's values find.
 */
#include "postgres.h"

#include "catalog/pg_class.h"
#include "catalog/pg_type.h"
#include "executor/executor.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/clauses.h"
#include "optimizer/cost.h"
#include "optimizer/optimizer.h"
#include "optimizer/pathnode.h"
#include "optimizer/paths.h"
#include "optimizer/plancat.h"
#include "optimizer/restrictinfo.h"
#include "path.h"
#include "rbac.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/typcache.h"

/*
 * Scans that cost less are left as they are: to plan alternatives and to choose
 * between them costs more than a choice could save. In units of a page read.
 */
#define MIN_COST 20.0

/* Attributes of a relation for which alternatives are planned; more are left out. */
#define MAX_ATTRIBUTES 8

/* A way to read the relation by the values of an attribute. */
typedef struct alternative
{
	RelOptInfo *rel;			/* its paths are searched by the condition */
	RestrictInfo *condition;
	Expr	   *values;			/* the array */
	int			column;			/* 0 for an expression */
} alternative;

typedef struct alternatives
{
	PlannerInfo *root;
	RelOptInfo *rel;
	List	   *checks;			/* RestrictInfo */
	RelOptInfo *plain;
	List	   *attributes;		/* alternative */
} alternatives;

static set_rel_pathlist_hook_type next_hook = NULL;

/* ---- checks ---- */

static bool
is_check(Node *clause)
{
	FmgrInfo	support;
	Oid			function;

	if (!IsA(clause, FuncExpr))
		return false;
	function = get_func_support(((FuncExpr *) clause)->funcid);
	if (!OidIsValid(function))
		return false;
	fmgr_info(function, &support);
	return support.fn_addr == rbac_has_permission_support;
}

/* Is it known before the first row what a row is asked for? */
static bool
is_fixed_check(FuncExpr *check)
{
	for (int i = 1; i < list_length(check->args); i += 2)
	{
		if (rbac_attribute_name(list_nth(check->args, i)) == NULL)
			return false;
	}
	return list_length(check->args) % 2 == 1 && !check->funcvariadic &&
		rbac_is_fixed(linitial(check->args));
}

/* NIL also when there is one that cannot be dealt with. */
static List *
find_checks(RelOptInfo *rel)
{
	List	   *checks = NIL;
	ListCell   *lc;

	foreach(lc, rel->baserestrictinfo)
	{
		RestrictInfo *rinfo = lfirst(lc);

		if (rinfo->pseudoconstant || !is_check((Node *) rinfo->clause))
			continue;
		if (!is_fixed_check((FuncExpr *) rinfo->clause))
			return NIL;
		checks = lappend(checks, rinfo);
	}
	return checks;
}

/*
 * The check of a row without values. If it passes, every row does, since a
 * missing value meets no condition.
 */
static FuncExpr *
make_check_of_no_values(const FuncExpr *check)
{
	FuncExpr   *copy = copyObject((FuncExpr *) check);

	for (int i = 2; i < list_length(copy->args); i += 2)
	{
		ListCell   *cell = list_nth_cell(copy->args, i);
		Node	   *value = lfirst(cell);

		lfirst(cell) = makeNullConst(exprType(value), exprTypmod(value), exprCollation(value));
	}
	return copy;
}

/* NIL if there is a check of which the permission is to be computed. */
static List *
make_checks_of_no_values(List *checks)
{
	List	   *copies = NIL;
	ListCell   *lc;

	foreach(lc, checks)
	{
		const FuncExpr *check = (FuncExpr *) ((RestrictInfo *) lfirst(lc))->clause;

		if (!IsA(linitial(check->args), Const))
			return NIL;
		copies = lappend(copies, make_check_of_no_values(check));
	}
	return copies;
}

/* ---- copies of the relation ---- */

bool
rbac_is_alternative(PlannerInfo *root, RelOptInfo *rel)
{
	return rel != root->simple_rel_array[rel->relid];
}

/* A check that passes every row, as far as the planner knows. */
static RestrictInfo *
copy_check(const RestrictInfo *check)
{
	RestrictInfo *copy = makeNode(RestrictInfo);

	*copy = *check;
	copy->norm_selec = copy->outer_selec = 1.0;
	return copy;
}

/* With checks for which nothing is estimated, without what is tested once only. */
static List *
copy_conditions(List *conditions, List *checks, RestrictInfo *added)
{
	List	   *copy = NIL;
	ListCell   *lc;

	foreach(lc, conditions)
	{
		RestrictInfo *rinfo = lfirst(lc);

		if (list_member_ptr(checks, rinfo))
			rinfo = copy_check(rinfo);
		if (!rinfo->pseudoconstant)
			copy = lappend(copy, rinfo);
	}
	return added == NULL ? copy : lappend(copy, added);
}

/*
 * Workers of one parallel index scan share their position in the array, so all
 * must have the same; but each would find out for itself, at its own time.
 */
static IndexOptInfo *
copy_index(const IndexOptInfo *index, RelOptInfo *rel, List *checks, RestrictInfo *added)
{
	IndexOptInfo *copy = makeNode(IndexOptInfo);

	*copy = *index;
	copy->rel = rel;
	copy->amcanparallel = false;
	copy->indrestrictinfo = copy_conditions(index->indrestrictinfo, checks, added);
	return copy;
}

/* Without joins: paths that depend on other relations stay as they are. */
static RelOptInfo *
copy_relation(const alternatives *state, RestrictInfo *added)
{
	RelOptInfo *copy = makeNode(RelOptInfo);
	ListCell   *lc;

	*copy = *state->rel;
	copy->pathlist = copy->ppilist = copy->partial_pathlist = NIL;
	copy->cheapest_parameterized_paths = NIL;
	copy->joininfo = NIL;
	copy->has_eclass_joins = false;
	copy->baserestrictinfo = copy_conditions(copy->baserestrictinfo, state->checks, added);
	copy->indexlist = NIL;
	foreach(lc, state->rel->indexlist)
		copy->indexlist = lappend(copy->indexlist, copy_index(lfirst(lc), copy, state->checks, added));
	set_baserel_size_estimates(state->root, copy);
	return copy;
}

/* ---- alternatives ---- */

static RelOptInfo *
plan_plain(const alternatives *state)
{
	RelOptInfo *rel = copy_relation(state, NULL);

	add_path(rel, create_seqscan_path(state->root, rel, NULL, 0));
	create_index_paths(state->root, rel);
	create_tidscan_paths(state->root, rel);
	set_cheapest(rel);
	return rel;
}

/* Is the condition what an index is searched for? */
static bool
is_searched_by(Path *path, const RestrictInfo *condition)
{
	ListCell   *lc;

	if (IsA(path, BitmapHeapPath))
		return is_searched_by(((BitmapHeapPath *) path)->bitmapqual, condition);
	if (IsA(path, BitmapAndPath))
	{
		foreach(lc, ((BitmapAndPath *) path)->bitmapquals)
		{
			if (is_searched_by(lfirst(lc), condition))
				return true;
		}
	}
	if (IsA(path, IndexPath))
	{
		foreach(lc, ((IndexPath *) path)->indexclauses)
		{
			if (((IndexClause *) lfirst(lc))->rinfo == condition)
				return true;
		}
	}
	return false;
}

/* False if no index can be searched. */
static bool
plan_alternative(const alternatives *state, alternative *attribute)
{
	RelOptInfo *rel = copy_relation(state, attribute->condition);
	List	   *paths = NIL;
	ListCell   *lc;

	create_index_paths(state->root, rel);
	foreach(lc, rel->pathlist)
	{
		if (is_searched_by(lfirst(lc), attribute->condition))
			paths = lappend(paths, lfirst(lc));
	}
	if (paths == NIL)
		return false;
	rel->pathlist = paths;
	set_cheapest(rel);
	attribute->rel = rel;
	return true;
}

/* rbac.permitted_values(permission, attribute, NULL::type), or NULL. */
static Expr *
make_values(FuncExpr *check, const char *name, Node *value)
{
	const Oid	types[] = {TEXTOID, TEXTOID, ANYELEMENTOID};
	Oid			function = rbac_lookup_function("permitted_values",
												get_func_namespace(check->funcid), types, 3);
	Oid			type = rbac_compared_type(value);
	Const	   *attribute = makeConst(TEXTOID, -1, check->inputcollid, -1,
									  CStringGetTextDatum(name), false, false);

	if (!OidIsValid(function))
		return NULL;
	return (Expr *) makeFuncExpr(function, get_array_type(type),
								 list_make3(copyObject(linitial(check->args)), attribute,
											makeNullConst(type, -1, exprCollation(value))),
								 InvalidOid, check->inputcollid, COERCE_EXPLICIT_CALL);
}

/*
 * Of rows with a value that is not known yet: who is calling while the plan is
 * made is not asked, since others may execute it.
 */
static double
estimate_selectivity(const alternatives *state, Node *value)
{
	CaseTestExpr *unknown = makeNode(CaseTestExpr);
	Oid			operator = lookup_type_cache(rbac_compared_type(value), TYPECACHE_EQ_OPR)->eq_opr;

	unknown->typeId = exprType(value);
	unknown->typeMod = -1;
	unknown->collation = exprCollation(value);
	return restriction_selectivity(state->root, operator, list_make2(value, unknown),
								   exprCollation(value), state->rel->relid);
}

/* The first column of an index that has the value; false if none does. */
static bool
find_index_collation(RelOptInfo *rel, Node *value, Oid *collation)
{
	ListCell   *lc;

	foreach(lc, rel->indexlist)
	{
		IndexOptInfo *index = lfirst(lc);

		for (int i = 0; i < index->nkeycolumns; i++)
		{
			if (match_index_to_operand(value, i, index))
			{
				*collation = index->indexcollations[i];
				return true;
			}
		}
	}
	return false;
}

static bool
is_same_value(Node *a, Node *b)
{
	return equal(strip_implicit_coercions(a), strip_implicit_coercions(b));
}

/* Does the query itself ask for one value? Then there is nothing to add. */
static bool
is_asked_for(RelOptInfo *rel, Node *value)
{
	ListCell   *lc;

	foreach(lc, rel->baserestrictinfo)
	{
		RestrictInfo *rinfo = lfirst(lc);
		List	   *args = IsA(rinfo->clause, OpExpr) ? ((OpExpr *) rinfo->clause)->args : NIL;

		if (rinfo->mergeopfamilies != NIL &&
			(is_same_value(linitial(args), value) || is_same_value(lsecond(args), value)))
			return true;
	}
	return false;
}

static void
add_attribute(alternatives *state, FuncExpr *check, int argno)
{
	Node	   *value = list_nth(check->args, argno + 1);
	alternative *attribute;
	Expr	   *values;
	Oid			collation;

	if (list_length(state->attributes) == MAX_ATTRIBUTES || !rbac_has_listable_values(exprType(value)) ||
		is_asked_for(state->rel, value) || !find_index_collation(state->rel, value, &collation))
		return;
	values = make_values(check, rbac_attribute_name(list_nth(check->args, argno)), value);
	if (values == NULL)
		return;
	attribute = palloc0(sizeof(alternative));
	attribute->values = values;
	attribute->condition = make_simple_restrictinfo(state->root,
													rbac_make_condition(value, collation, values));
	attribute->condition->norm_selec = estimate_selectivity(state, value);
	value = strip_implicit_coercions(value);
	attribute->column = IsA(value, Var) ? ((Var *) value)->varattno : 0;
	if (plan_alternative(state, attribute))
		state->attributes = lappend(state->attributes, attribute);
}

static void
add_attributes(alternatives *state, FuncExpr *check)
{
	for (int i = 1; i < list_length(check->args); i += 2)
		add_attribute(state, check, i);
}

/* ---- the choice, as a path ---- */

static struct Plan *make_scan(PlannerInfo *root, RelOptInfo *rel, struct CustomPath *path,
							  List *targetlist, List *conditions, List *children);

static const CustomPathMethods path_methods = {
	.CustomName = "Permitted Rows",
	.PlanCustomPath = make_scan
};

/* How many rows of the relation the query wants, -1 if all of them. */
static double
wanted_rows(const alternatives *state)
{
	Relids		relids = state->rel->top_parent_relids;

	if (relids == NULL)
		relids = state->rel->relids;
	return bms_equal(relids, state->root->all_baserels) ? state->root->limit_tuples : -1;
}

/* With a decimal point, or a worker would read an integer. */
static Node *
make_float(double value)
{
	return (Node *) makeFloat(psprintf("%.17e", value));
}

/* In the order of rbac_scan_private. */
static List *
make_private(const alternatives *state)
{
	List	   *columns = NIL;
	List	   *selectivities = NIL;
	ListCell   *lc;

	foreach(lc, state->attributes)
	{
		alternative *attribute = lfirst(lc);

		columns = lappend_int(columns, attribute->column);
		selectivities = lappend(selectivities, make_float(attribute->condition->norm_selec));
	}
	return list_make5(make_checks_of_no_values(state->checks), make_float(wanted_rows(state)),
					  make_float(state->rel->tuples), columns, selectivities);
}

/* What the caller's rows cost is not known: as much as the children on average. */
static void
set_costs(CustomPath *path)
{
	Path	   *plain = linitial(path->custom_paths);
	ListCell   *lc;

	foreach(lc, path->custom_paths)
	{
		Path	   *child = lfirst(lc);

		path->path.startup_cost += child->startup_cost / list_length(path->custom_paths);
		path->path.total_cost += child->total_cost / list_length(path->custom_paths);
	}
	rbac_copy_disabled_nodes(&path->path, plain);
}

static void
add_choice(const alternatives *state, List *children, List *pathkeys)
{
	CustomPath *path = makeNode(CustomPath);

	path->path.pathtype = T_CustomScan;
	path->path.parent = state->rel;
	path->path.pathtarget = state->rel->reltarget;
	path->path.parallel_safe = state->rel->consider_parallel;
	path->path.rows = state->rel->rows;
	path->path.pathkeys = pathkeys;
	path->flags = RBAC_PROJECTING_SCAN;
	path->custom_paths = children;
	path->custom_private = list_make1(unconstify(alternatives *, state));
	path->methods = &path_methods;
	set_costs(path);
	add_path(state->rel, (Path *) path);
}

static void
add_unordered_choice(const alternatives *state, CostSelector criterion)
{
	List	   *children = list_make1(criterion == STARTUP_COST ? state->plain->cheapest_startup_path :
									  state->plain->cheapest_total_path);
	ListCell   *lc;

	foreach(lc, state->attributes)
	{
		RelOptInfo *rel = ((alternative *) lfirst(lc))->rel;

		children = lappend(children, criterion == STARTUP_COST ? rel->cheapest_startup_path :
						   rel->cheapest_total_path);
	}
	add_choice(state, children, NIL);
}

/* Can all be sorted by columns that are read anyway? */
static bool
is_sortable(const alternatives *state, List *pathkeys)
{
	ListCell   *key;

	foreach(key, pathkeys)
	{
		EquivalenceClass *class = ((PathKey *) lfirst(key))->pk_eclass;
		bool		is_read = false;
		ListCell   *lc;

		foreach(lc, state->rel->reltarget->exprs)
			is_read |= find_ec_member_matching_expr(class, lfirst(lc), state->rel->relids) != NULL;
		if (!is_read)
			return false;
	}
	return true;
}

static Path *
order_path(const alternatives *state, RelOptInfo *rel, List *pathkeys)
{
	Path	   *ordered = get_cheapest_path_for_pathkeys(rel->pathlist, pathkeys, NULL,
														 TOTAL_COST, false);
	Path	   *sorted = (Path *) create_sort_path(state->root, rel, rel->cheapest_total_path,
												   pathkeys, -1);

	return ordered != NULL && ordered->total_cost <= sorted->total_cost ? ordered : sorted;
}

/* In the order that a plain path has. */
static void
add_ordered_choice(const alternatives *state, Path *plain)
{
	List	   *children = list_make1(plain);
	ListCell   *lc;

	if (!is_sortable(state, plain->pathkeys))
		return;
	foreach(lc, state->attributes)
		children = lappend(children, order_path(state, ((alternative *) lfirst(lc))->rel,
												plain->pathkeys));
	add_choice(state, children, plain->pathkeys);
}

static void
add_choices(const alternatives *state)
{
	ListCell   *lc;

	add_unordered_choice(state, TOTAL_COST);
	add_unordered_choice(state, STARTUP_COST);
	foreach(lc, state->plain->pathlist)
	{
		if (((Path *) lfirst(lc))->pathkeys != NIL)
			add_ordered_choice(state, lfirst(lc));
	}
}

/* ---- the choice, as a plan ---- */

static bool
support_backward_scan(List *plans)
{
	ListCell   *lc;

	foreach(lc, plans)
	{
		if (!ExecSupportsBackwardScan(lfirst(lc)))
			return false;
	}
	return true;
}

/*
 * For callers who may see every row, so far. A scan that may get its checks back
 * must not begin as one that looks at no column.
 */
static Plan *
make_unchecked(const Plan *plain)
{
	Plan	   *plan = copyObject((Plan *) plain);
	ListCell   *lc;

	foreach(lc, plan->qual)
	{
		if (is_check(lfirst(lc)))
			plan->qual = foreach_delete_current(plan->qual, lc);
	}
	if (plan->qual == NIL && (RBAC_SCANS_KEEP_CONDITION || IsA(plan, BitmapHeapScan)))
		plan->qual = list_make1(makeBoolConst(true, false));
	return plan;
}

/* As the server does it: what nobody wants need not be left out of every row. */
static void
widen_targetlist(PlannerInfo *root, RelOptInfo *rel, Plan *child)
{
	if (child->targetlist == NIL &&
		(IsA(child, SeqScan) || IsA(child, IndexScan) || IsA(child, BitmapHeapScan)))
		child->targetlist = build_physical_tlist(root, rel);
}

/* Of what children return; NIL if these are rows of the table as they are. */
static List *
make_scan_targetlist(PlannerInfo *root, RelOptInfo *rel, const Plan *child)
{
	return equal(child->targetlist, build_physical_tlist(root, rel)) ? NIL :
		copyObject(child->targetlist);
}

static List *
make_expressions(const alternatives *state)
{
	List	   *expressions = NIL;
	ListCell   *lc;

	foreach(lc, state->attributes)
		expressions = lappend(expressions, copyObject(((alternative *) lfirst(lc))->values));
	return expressions;
}

static Plan *
make_scan(PlannerInfo *root, RelOptInfo *rel, CustomPath *path, List *targetlist,
		  List *conditions, List *children)
{
	const alternatives *state = linitial(path->custom_private);
	CustomScan *scan = makeNode(CustomScan);
	ListCell   *lc;

	foreach(lc, children)
		widen_targetlist(root, rel, lfirst(lc));
	scan->scan.plan.targetlist = targetlist;
	scan->scan.scanrelid = rel->relid;
	scan->flags = path->flags;
	if (support_backward_scan(children))
		scan->flags |= CUSTOMPATH_SUPPORT_BACKWARD_SCAN;
	scan->custom_plans = lappend(children, make_unchecked(linitial(children)));
	scan->custom_exprs = make_expressions(state);
	scan->custom_private = make_private(state);
	scan->custom_scan_tlist = make_scan_targetlist(root, rel, linitial(children));
	scan->methods = &rbac_scan_methods;
	return (Plan *) scan;
}

/* ---- the hook ---- */

static bool
is_plain_table(RelOptInfo *rel, RangeTblEntry *rte)
{
	return rte->rtekind == RTE_RELATION && !rte->inh && rte->tablesample == NULL &&
		(rte->relkind == RELKIND_RELATION || rte->relkind == RELKIND_MATVIEW) &&
		!IS_DUMMY_REL(rel) && bms_is_empty(rel->lateral_relids);
}

static bool
is_searched_by_any(Path *path, List *conditions)
{
	ListCell   *lc;

	foreach(lc, conditions)
	{
		if (is_searched_by(path, lfirst(lc)))
			return true;
	}
	return false;
}

/*
 * Children of which some begin later than others cannot share the state of a
 * subquery, which the server has once for all of them: each takes it for its own
 * to say when it has to be executed again.
 */
static bool
has_subqueries(RelOptInfo *rel)
{
	ListCell   *lc;

	foreach(lc, rel->baserestrictinfo)
	{
		if (contain_subplans((Node *) ((RestrictInfo *) lfirst(lc))->clause))
			return true;
	}
	return contain_subplans((Node *) rel->reltarget->exprs);
}

/* Is there no cheap way by what the query itself says? */
static bool
is_worth_it(RelOptInfo *rel, List *checks)
{
	ListCell   *lc;

	foreach(lc, rel->pathlist)
	{
		Path	   *path = lfirst(lc);

		if (path->param_info == NULL && path->total_cost < MIN_COST &&
			!is_searched_by_any(path, checks))
			return false;
	}
	return true;
}

/*
 * What depends on other relations stays. Workers that share in reading everything
 * go where there is an index to search: they would do so for every caller.
 */
static void
remove_paths(const alternatives *state)
{
	RelOptInfo *rel = state->rel;
	ListCell   *lc;

	foreach(lc, rel->pathlist)
	{
		if (((Path *) lfirst(lc))->param_info == NULL)
			rel->pathlist = foreach_delete_current(rel->pathlist, lc);
	}
	if (state->attributes != NIL)
		rel->partial_pathlist = NIL;
}

static void
plan_alternatives(PlannerInfo *root, RelOptInfo *rel, List *checks)
{
	alternatives *state = palloc0(sizeof(alternatives));
	ListCell   *lc;

	state->root = root;
	state->rel = rel;
	state->checks = checks;
	state->plain = plan_plain(state);
	foreach(lc, checks)
		add_attributes(state, (FuncExpr *) ((RestrictInfo *) lfirst(lc))->clause);
	remove_paths(state);
	add_choices(state);
}

static void
add_paths(PlannerInfo *root, RelOptInfo *rel, Index rti, RangeTblEntry *rte)
{
	List	   *checks;

	if (next_hook != NULL)
		next_hook(root, rel, rti, rte);
	if (!is_plain_table(rel, rte))
		return;
	checks = find_checks(rel);
	if (checks != NIL && !has_subqueries(rel) && is_worth_it(rel, checks))
		plan_alternatives(root, rel, checks);
}

void
rbac_path_init(void)
{
	next_hook = set_rel_pathlist_hook;
	set_rel_pathlist_hook = add_paths;
	RegisterCustomScanMethods(&rbac_scan_methods);
}
