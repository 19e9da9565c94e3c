/*
 * scan.c - reading a table under has_permission() in the way that suits the caller.
 *
 * The children of this custom scan are the ways that path.c has planned. When it
 * begins it asks for whom, and chooses:
 *
 * - If the checks pass every row, the plain way without checks.
 * - Otherwise the way that costs least with the values that the caller's grants
 *   ask for. The checks are conditions of the child and decide every row.
 *
 * What was decided holds for one moment: the same caller, the same state of the
 * tables, the same statement. When that has passed (the next FETCH from a cursor
 * is another statement), the way without checks gets them if they are needed. A
 * row is never shown that a check would not have shown; but those that an index is
 * searched for are the rows of whoever was calling at the beginning.
 */
#include "postgres.h"

#include "access/parallel.h"
#include "access/relscan.h"
#include "catalog/objectaccess.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_statistic.h"
#include "commands/explain.h"
#include "executor/executor.h"
#include "miscadmin.h"
#include "path.h"
#include "rbac.h"
#include "utils/acl.h"
#include "utils/array.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/selfuncs.h"
#include "utils/syscache.h"
#include "utils/typcache.h"

/* Estimating each of more values one by one would take longer than it is worth. */
#define MAX_ESTIMATED 100

/* How much longer than on average it may take until a caller's rows come. */
#define UNEVENNESS 4

/* How often to choose while what is known of the caller changes. */
#define MAX_TRIES 3

typedef struct moment
{
	uint64		cache_epoch;
	uint64		caller_generation;
	TimestampTz statement;
	Oid			session_user;
} moment;

/* For whose values a child searches an index. */
typedef struct attribute
{
	ExprState  *values;
	int			column;
	double		planned_selectivity;
	double		selectivity;	/* of the caller's values; -1: any are permitted */
} attribute;

typedef struct scan
{
	CustomScanState css;		/* first; css.custom_ps are children that have begun */
	int			eflags;
	Relation	relation;
	Oid			role;			/* whose rights count, in what context: as it was */
	int			security_context;	/* when the scan began */
	int			nattributes;
	attribute  *attributes;		/* of the children but the first; NULL: not yet */
	PlanState **children;		/* NULL: has not begun */
	ExprState  *unchecked;		/* conditions of the last one as it begins, */
	ExprState  *checked;		/* and with checks; NULL: not needed so far */
	PlanState  *chosen;			/* NULL: to be chosen */
	bool		is_unchecked;	/* it is the last one, and without checks */
	moment		moment;			/* for which that was decided */
	TupleTableSlot *own_slot;	/* tells which row an index-only scan is at; else empty */
} scan;

/* ---- moments ---- */

static moment
current_moment(void)
{
	return (moment) {rbac_cache_epoch, rbac_caller_generation,
		GetCurrentStatementStartTimestamp(), GetSessionUserId()};
}

static inline bool
is_undisturbed(const moment *moment)
{
	return moment->cache_epoch == rbac_cache_epoch &&
		moment->caller_generation == rbac_caller_generation;
}

/* A cursor is read by one statement after the other. */
static inline bool
is_current(const moment *moment)
{
	return is_undisturbed(moment) &&
		moment->statement == GetCurrentStatementStartTimestamp() &&
		moment->session_user == GetSessionUserId();
}

/* ---- what the caller's rows are ---- */

static CustomScan *
get_plan(const scan *state)
{
	return (CustomScan *) state->css.ss.ps.plan;
}

static Node *
private_member(const scan *state, rbac_scan_private member)
{
	return list_nth(get_plan(state)->custom_private, member);
}

/* For what is forgotten once something has been decided. */
static MemoryContext
begin_short_memory(const scan *state)
{
	return MemoryContextSwitchTo(state->css.ss.ps.ps_ExprContext->ecxt_per_tuple_memory);
}

static void
end_short_memory(const scan *state, MemoryContext old)
{
	MemoryContextSwitchTo(old);
	ResetExprContext(state->css.ss.ps.ps_ExprContext);
}

/* For what begins later, so that it is as if it had begun with the scan. */
typedef struct beginning
{
	MemoryContext memory;
	Oid			role;
	int			security_context;
} beginning;

static beginning
go_back_to_beginning(const scan *state)
{
	beginning	now = {.memory = MemoryContextSwitchTo(state->css.ss.ps.state->es_query_cxt)};

	GetUserIdAndSecContext(&now.role, &now.security_context);
	SetUserIdAndSecContext(state->role, state->security_context);
	return now;
}

static void
go_on(beginning now)
{
	SetUserIdAndSecContext(now.role, now.security_context);
	MemoryContextSwitchTo(now.memory);
}

/* As the executor would call it, for an expression that takes it long to begin. */
static bool
call_check(const scan *state, FuncExpr *check)
{
	LOCAL_FCINFO(fcinfo, FUNC_MAX_ARGS);
	FmgrInfo	flinfo = {.fn_mcxt = CurrentMemoryContext, .fn_expr = (Node *) check};
	AclResult	result = object_aclcheck(ProcedureRelationId, check->funcid, state->role, ACL_EXECUTE);
	ListCell   *lc;

	if (result != ACLCHECK_OK)
		aclcheck_error(result, OBJECT_FUNCTION, get_func_name(check->funcid));
	InvokeFunctionExecuteHook(check->funcid);
	InitFunctionCallInfoData(*fcinfo, &flinfo, list_length(check->args), check->inputcollid, NULL, NULL);
	foreach(lc, check->args)
	{
		const Const *argument = lfirst(lc);

		fcinfo->args[foreach_current_index(lc)] = (NullableDatum) {argument->constvalue, argument->constisnull};
	}
	return rbac_check_at_site(fcinfo);
}

static bool
is_every_row_permitted(scan *state)
{
	List	   *checks = (List *) private_member(state, RBAC_SCAN_CHECKS);
	MemoryContext old = begin_short_memory(state);
	bool		permitted = checks != NIL;
	ListCell   *lc;

	foreach(lc, checks)
		permitted = permitted && call_check(state, lfirst(lc));
	end_short_memory(state, old);
	return permitted;
}

/* What is known of the column's values, as the planner would look at it. */
static void
begin_estimate(scan *state, int column, VariableStatData *out)
{
	memset(out, 0, sizeof(*out));
	out->rel = makeNode(RelOptInfo);
	out->rel->tuples = floatVal(private_member(state, RBAC_SCAN_TUPLES));
	out->statsTuple = SearchSysCache3(STATRELATTINH,
									  ObjectIdGetDatum(RelationGetRelid(state->relation)),
									  Int16GetDatum(column), BoolGetDatum(false));
	out->freefunc = ReleaseSysCache;
	out->acl_ok = true;
}

static double
estimate_values(scan *state, int column, Oid type, Datum *values, int nvalues)
{
	TypeCacheEntry *typcache = lookup_type_cache(type, TYPECACHE_EQ_OPR);
	VariableStatData vardata;
	double		selectivity = 0;

	begin_estimate(state, column, &vardata);
	for (int i = 0; i < nvalues; i++)
		selectivity += var_eq_const(&vardata, typcache->eq_opr, typcache->typcollation,
									values[i], false, true, false);
	ReleaseVariableStats(vardata);
	return selectivity;
}

static double
estimate_array(scan *state, const attribute *attribute, ArrayType *array)
{
	Oid			type = ARR_ELEMTYPE(array);
	int16		length;
	bool		by_value;
	char		alignment;
	Datum	   *values;
	int			nvalues = ArrayGetNItems(ARR_NDIM(array), ARR_DIMS(array));

	if (nvalues > MAX_ESTIMATED || attribute->column == 0)
		return Min(nvalues * attribute->planned_selectivity, 1.0);
	get_typlenbyvalalign(type, &length, &by_value, &alignment);
	deconstruct_array(array, type, length, by_value, alignment, &values, NULL, &nvalues);
	return Min(estimate_values(state, attribute->column, type, values, nvalues), 1.0);
}

static void
begin_attributes(scan *state)
{
	List	   *columns = (List *) private_member(state, RBAC_SCAN_COLUMNS);
	List	   *selectivities = (List *) private_member(state, RBAC_SCAN_SELECTIVITIES);
	beginning	now = go_back_to_beginning(state);

	state->attributes = palloc0(state->nattributes * sizeof(attribute));
	for (int i = 0; i < state->nattributes; i++)
	{
		state->attributes[i].values = ExecInitExpr(list_nth(get_plan(state)->custom_exprs, i),
												   (PlanState *) state);
		state->attributes[i].column = list_nth_int(columns, i);
		state->attributes[i].planned_selectivity = floatVal(list_nth(selectivities, i));
	}
	go_on(now);
}

/* The least of all selectivities. */
static double
estimate_attributes(scan *state)
{
	double		least = 1.0;
	MemoryContext old;

	if (state->attributes == NULL)
		begin_attributes(state);
	old = begin_short_memory(state);
	for (int i = 0; i < state->nattributes; i++)
	{
		attribute  *attribute = &state->attributes[i];
		bool		isnull;
		Datum		values = ExecEvalExpr(attribute->values, state->css.ss.ps.ps_ExprContext, &isnull);

		attribute->selectivity = isnull ? -1 :
			estimate_array(state, attribute, DatumGetArrayTypeP(values));
		if (!isnull)
			least = Min(least, attribute->selectivity);
	}
	end_short_memory(state, old);
	return least;
}

static TupleTableSlot *fetch_unchecked(PlanState *node);

/* ---- children ---- */

/* Its place in the list of plans. */
static inline int
unchecked_child(const scan *state)
{
	return state->nattributes + 1;
}

static Plan *
child_plan(const scan *state, int n)
{
	return list_nth(get_plan(state)->custom_plans, n);
}

/* When it is needed, and not all of them for each execution. */
static PlanState *
begin_child(scan *state, int n)
{
	beginning	now;

	if (state->children[n] != NULL)
		return state->children[n];
	now = go_back_to_beginning(state);
	state->children[n] = ExecInitNode(child_plan(state, n), state->css.ss.ps.state, state->eflags);
	state->css.custom_ps = lappend(state->css.custom_ps, state->children[n]);
	if (n == unchecked_child(state))
		state->unchecked = state->children[n]->qual;
	go_on(now);
	return state->children[n];
}

/* The conditions of the child that began without checks, with them. */
static ExprState *
begin_checked(scan *state)
{
	if (state->checked == NULL)
	{
		beginning	now = go_back_to_beginning(state);

		state->checked = ExecInitQual(child_plan(state, 0)->qual, state->chosen);
		go_on(now);
	}
	return state->checked;
}

/* To be called only for the child that began without checks. */
static void
set_unchecked(scan *state, bool is_unchecked)
{
	state->is_unchecked = is_unchecked;
	state->chosen->qual = is_unchecked ? state->unchecked : begin_checked(state);
}

/*
 * WHERE CURRENT OF looks into this slot for the row that a cursor is at. Where
 * that is not known, as after a sort, the cursor is to be none of this table's.
 */
static void
share_slot(scan *state)
{
	ScanState  *scan_state = &state->css.ss;

	scan_state->ss_ScanTupleSlot = state->own_slot;
	scan_state->ss_currentRelation = state->relation;
	switch (nodeTag(state->chosen))
	{
		case T_SeqScanState:
		case T_IndexScanState:
		case T_BitmapHeapScanState:
		case T_TidScanState:
		case T_TidRangeScanState:
			scan_state->ss_ScanTupleSlot = ((ScanState *) state->chosen)->ss_ScanTupleSlot;
			break;
		case T_IndexOnlyScanState:
			break;				/* tell_row() */
		default:
			scan_state->ss_currentRelation = NULL;
	}
}

/* What an index-only scan returns does not tell from which row it is. */
static void
tell_row(scan *state, const TupleTableSlot *slot)
{
	ExecClearTuple(state->own_slot);
	if (TupIsNull(slot))
		return;
	ExecStoreAllNullTuple(state->own_slot);
	state->own_slot->tts_tid = ((IndexOnlyScanState *) state->chosen)->ioss_ScanDesc->xs_heaptid;
	state->own_slot->tts_tableOid = RelationGetRelid(state->relation);
}

static void
use_child(scan *state, int n)
{
	state->chosen = begin_child(state, n);
	state->is_unchecked = false;
	if (n == unchecked_child(state))
		set_unchecked(state, true);
	share_slot(state);
}

/* ---- the choice ---- */

/*
 * Which part of a child's rows has to be read until enough have been found? It
 * would be less if the rows of a caller were spread evenly over the table.
 */
static double
read_part(const scan *state, double selectivity)
{
	double		wanted = floatVal(private_member(state, RBAC_SCAN_LIMIT));
	double		found = selectivity * child_plan(state, 0)->plan_rows;

	return wanted < 0 || found <= UNEVENNESS * wanted ? 1.0 : UNEVENNESS * wanted / found;
}

/* Costs as they were planned, in proportion to the rows that an index finds. */
static double
child_cost(const scan *state, int n, double part)
{
	const Plan *plan = child_plan(state, n);
	double		cost = plan->startup_cost + part * (plan->total_cost - plan->startup_cost);
	const attribute *attribute = &state->attributes[n - 1];

	return n == 0 ? cost : cost * attribute->selectivity / attribute->planned_selectivity;
}

static int
cheapest_child(scan *state)
{
	int			cheapest = 0;
	double		part;

	if (state->nattributes == 0)
		return 0;
	part = read_part(state, estimate_attributes(state));
	for (int n = 1; n <= state->nattributes; n++)
	{
		if (state->attributes[n - 1].selectivity >= 0 &&
			child_cost(state, n, part) < child_cost(state, cheapest, part))
			cheapest = n;
	}
	return cheapest;
}

/* The child that is used from now on. */
static int
choose(scan *state)
{
	int			n;

	state->moment = current_moment();
	n = is_every_row_permitted(state) ? unchecked_child(state) : cheapest_child(state);
	use_child(state, n);
	if (state->is_unchecked && state->css.ss.ps.ps_ProjInfo == NULL &&
		!IsA(state->chosen, IndexOnlyScanState))
		ExecSetExecProcNode(&state->css.ss.ps, fetch_unchecked);
	return n;
}

/* ---- rows ---- */

static pg_noinline void
renew_checks(scan *state)
{
	state->moment = current_moment();
	set_unchecked(state, is_every_row_permitted(state));
}

/*
 * The conditions of the query may have run anything until they let this row pass.
 * From here on the child has its checks again, if they are needed.
 */
static pg_noinline TupleTableSlot *
check_again(scan *state, TupleTableSlot *slot)
{
	PlanState  *child = state->chosen;

	if (TupIsNull(slot))
		return slot;
	renew_checks(state);
	if (state->is_unchecked || ExecQual(child->qual, child->ps_ExprContext))
		return slot;
	return ExecProcNode(child);
}

/* What costs something for each row of a caller who may see all. */
static TupleTableSlot *
fetch_unchecked(PlanState *node)
{
	scan	   *state = (scan *) node;
	TupleTableSlot *slot;

	if (unlikely(!is_current(&state->moment)))
		renew_checks(state);
	slot = ExecProcNode(state->chosen);
	return likely(is_undisturbed(&state->moment)) ? slot : check_again(state, slot);
}

static TupleTableSlot *
fetch_next(scan *state)
{
	return state->is_unchecked ? fetch_unchecked(&state->css.ss.ps) : ExecProcNode(state->chosen);
}

/*
 * The values that an index is searched for are asked for again when the child
 * begins. If what was decided no longer holds by then (who asks for a caller for
 * the first time changes what is remembered), they may not be what it was decided
 * by. The plain way is always right, also for a row that was changed meanwhile.
 */
static TupleTableSlot *
fetch_first(scan *state)
{
	int			tries = state->css.ss.ps.state->es_epq_active == NULL ? MAX_TRIES : 0;

	while (tries-- > 0)
	{
		int			n = choose(state);
		TupleTableSlot *slot = fetch_next(state);

		if (n == 0 || n == unchecked_child(state) || is_undisturbed(&state->moment))
			return slot;
		ExecReScan(state->chosen);
	}
	use_child(state, 0);
	return fetch_next(state);
}

static TupleTableSlot *
execute_scan(CustomScanState *node)
{
	scan	   *state = (scan *) node;
	TupleTableSlot *slot = state->chosen == NULL ? fetch_first(state) : fetch_next(state);
	ProjectionInfo *projection = node->ss.ps.ps_ProjInfo;

	if (unlikely(IsA(state->chosen, IndexOnlyScanState)))
		tell_row(state, slot);
	if (TupIsNull(slot) || projection == NULL)
		return slot;
	ResetExprContext(node->ss.ps.ps_ExprContext);
	node->ss.ps.ps_ExprContext->ecxt_scantuple = slot;
	return ExecProject(projection);
}

/* In place of the server's own function, which adds to what a row costs. */
static TupleTableSlot *
execute(PlanState *node)
{
	return execute_scan((CustomScanState *) node);
}

/* ---- the methods of a custom scan ---- */

static Node *create_state(CustomScan *plan);
static void begin_scan(CustomScanState *node, EState *estate, int eflags);
static void end_scan(CustomScanState *node);
static void rescan(CustomScanState *node);
static void explain_scan(CustomScanState *node, List *ancestors, ExplainState *es);

const CustomScanMethods rbac_scan_methods = {
	.CustomName = "Permitted Rows",
	.CreateCustomScanState = create_state
};

static const CustomExecMethods execute_methods = {
	.CustomName = "Permitted Rows",
	.BeginCustomScan = begin_scan,
	.ExecCustomScan = execute_scan,
	.EndCustomScan = end_scan,
	.ReScanCustomScan = rescan,
	.ExplainCustomScan = explain_scan
};

static Node *
create_state(CustomScan *plan)
{
	scan	   *state = palloc0(sizeof(scan));

	NodeSetTag(&state->css, T_CustomScanState);
	state->css.methods = &execute_methods;
	return (Node *) state;
}

/* What is returned are the slots of children, or projections of them. */
static void
begin_projection(scan *state)
{
	PlanState  *ps = &state->css.ss.ps;
	const CustomScan *plan = get_plan(state);
	int			source = plan->custom_scan_tlist == NIL ? plan->scan.scanrelid : INDEX_VAR;

	ps->scanopsfixed = false;
	ps->scanops = NULL;
	if (ps->ps_ProjInfo != NULL && ps->plan->targetlist != NIL)
		ExecAssignScanProjectionInfoWithVarno(&state->css.ss, source);
	else
	{
		ps->ps_ProjInfo = NULL;
		ps->resultopsfixed = false;
		ps->resultops = NULL;
	}
}

/*
 * EXPLAIN shows all ways, one of which may be without checks; EXPLAIN ANALYZE
 * counts for workers what the leader has begun.
 */
static int
children_to_begin(const scan *state)
{
	const EState *estate = state->css.ss.ps.state;

	if (state->eflags & EXEC_FLAG_EXPLAIN_ONLY)
		return unchecked_child(state);
	if (estate->es_instrument && (estate->es_plannedstmt->parallelModeNeeded || IsParallelWorker()))
		return unchecked_child(state) + 1;
	return 0;
}

static void
begin_scan(CustomScanState *node, EState *estate, int eflags)
{
	scan	   *state = (scan *) node;

	state->eflags = eflags;
	state->relation = node->ss.ss_currentRelation;
	state->own_slot = node->ss.ss_ScanTupleSlot;
	GetUserIdAndSecContext(&state->role, &state->security_context);
	state->nattributes = list_length(get_plan(state)->custom_plans) - 2;
	begin_projection(state);
	node->ss.ps.ExecProcNode = execute;
	state->children = palloc0((unchecked_child(state) + 1) * sizeof(PlanState *));
	for (int n = 0; n < children_to_begin(state); n++)
		begin_child(state, n);
}

static void
end_scan(CustomScanState *node)
{
	ListCell   *lc;

	foreach(lc, node->custom_ps)
		ExecEndNode(lfirst(lc));
	node->ss.ss_ScanTupleSlot = ((scan *) node)->own_slot;
	node->ss.ss_currentRelation = ((scan *) node)->relation;
}

/* A child that has not begun since the last time has nothing to begin again. */
static void
rescan(CustomScanState *node)
{
	scan	   *state = (scan *) node;
	Bitmapset  *changed = node->ss.ps.chgParam;
	ListCell   *lc;

	foreach(lc, node->custom_ps)
	{
		if (changed != NULL)
			UpdateChangedParamSet(lfirst(lc), changed);
	}
	if (state->chosen == NULL)
		return;
	if (state->chosen->chgParam == NULL)
		ExecReScan(state->chosen);
	if (changed == NULL && is_current(&state->moment))
		return;
	state->chosen = NULL;
	ExecSetExecProcNode(&node->ss.ps, execute);
}

static void
explain_scan(CustomScanState *node, List *ancestors, ExplainState *es)
{
	if (es->analyze && ((scan *) node)->is_unchecked)
		ExplainPropertyText("Permitted", "every row", es);
}
