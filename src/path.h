/*
 * path.h - what the files that plan and execute scans under a policy share.
 */
#ifndef RBAC_PATH_H
#define RBAC_PATH_H

#include "postgres.h"

#include "nodes/extensible.h"
#include "nodes/pathnodes.h"

/* ---- permitted.c: which values can be permitted ---- */

/* Not of types that are compared by the text that they print as. */
extern bool rbac_has_listable_values(Oid sqltype);

/* ---- planner.c: conditions that follow from has_permission() ---- */

/* An attribute's name as it is given to has_permission(); NULL if it is no constant. */
extern const char *rbac_attribute_name(Node *node);

/* Can it be evaluated once for a scan: nothing of a row, and the same each time? */
extern bool rbac_is_fixed(Node *permission);

/*
 * A function of ours, or InvalidOid: a role that may not call it, although it may
 * call has_permission(), reads all rows.
 */
extern Oid	rbac_lookup_function(const char *name, Oid schema, const Oid *types, int ntypes);

/* The type as which an index compares a value: varchar has no operators of its own. */
extern Oid	rbac_compared_type(Node *value);

/*
 * value = ANY (array). Under any collation: equal bytes, which is what
 * has_permission() looks for, are equal under all of them.
 */
extern Expr *rbac_make_condition(Node *value, Oid collation, Expr *array);

/* ---- path.c: alternative ways to read a table ---- */

/* Is it not the relation of the query, but one that an alternative is planned for? */
extern bool rbac_is_alternative(PlannerInfo *root, RelOptInfo *rel);

/* ---- scan.c: the choice between them ---- */

/*
 * A custom scan has as children the plain way to read the table, then one for
 * each attribute for whose values an index is searched, and at last the plain
 * way without checks. Its expressions are the array of values for each attribute.
 * Its custom_private:
 */
typedef enum rbac_scan_private
{
	RBAC_SCAN_CHECKS,			/* FuncExpr of Consts: every row passes if these are
								 * true; NIL if that cannot be known */
	RBAC_SCAN_LIMIT,			/* Float: how many rows are wanted, -1 if all */
	RBAC_SCAN_TUPLES,			/* Float: how many the table has */
	RBAC_SCAN_COLUMNS,			/* of each attribute: integer, 0 for an expression */
	RBAC_SCAN_SELECTIVITIES		/* of each attribute: Float, what its child was
								 * planned with */
} rbac_scan_private;

extern const CustomScanMethods rbac_scan_methods;

#endif							/* RBAC_PATH_H */
