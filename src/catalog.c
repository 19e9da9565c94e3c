/*
 * catalog.c - reading rbac's own tables, the way the server reads its catalogs.
 *
 * Direct index scans: no SPI, so that a check needs no privilege on the tables,
 * runs no plan, and works in parallel workers and on a standby. A reading takes
 * one snapshot when it begins and uses it for every table, so what it returns
 * is one committed state (and this transaction's own changes), never a mixture,
 * and never older than the invalidations that this backend has processed.
 *
 * It also tells other backends that a table has changed.
 *
 * Not here: what the rows mean, and what is remembered of them (cache.c).
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/relation.h"
#include "access/table.h"
#include "access/transam.h"
#include "catalog/namespace.h"
#include "rbac.h"
#include "utils/fmgroids.h"
#include "utils/inval.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

#define MAX_KEYS 2

static const struct
{
	const char *table;
	const char *index;
	AttrNumber	keys[MAX_KEYS];	/* the index's first columns */
}			access_paths[RBAC_NTABLES] =
{
	[RBAC_ORGANIZATION] = {"organization", "organization_pkey",
	{Anum_organization_organization}},
	[RBAC_PRINCIPAL] = {"principal", "principal_pkey",
	{Anum_principal_organization, Anum_principal_principal_id}},
	[RBAC_GROUP_MEMBER] = {"group_member", "group_member_pkey",
	{Anum_group_member_organization, Anum_group_member_user_id}},
	[RBAC_ROLE] = {"role", "role_pkey", {Anum_role_role}},
	[RBAC_ROLE_VERSION] = {"role_version", "role_version_current", {Anum_role_version_role}},
	[RBAC_ROLE_PARENT] = {"role_parent", "role_parent_pkey", {Anum_role_parent_role}},
	[RBAC_ASSIGNMENT] = {"assignment", "assignment_pkey",
	{Anum_assignment_organization, Anum_assignment_principal_id}},
	[RBAC_TEMPORARY_GRANT] = {"temporary_grant", "temporary_grant_user",
	{Anum_temporary_grant_organization, Anum_temporary_grant_user_id}},
};

/*
 * Names are resolved anew by every reading, since the extension may have been
 * dropped and created again. Those of the last one are kept only to recognize
 * invalidations: zero until the first reading.
 */
static Oid	table_oids[RBAC_NTABLES];
static Oid	announcement_oid;

struct rbac_reading
{
	Oid			schema;
	Snapshot	snapshot;
	uint64		completions;
};

struct rbac_scan
{
	Relation	relation;
	SysScanDesc scan;
	HeapTuple	tuple;
};

bool
rbac_is_relation_of_ours(Oid relid)
{
	if (relid == announcement_oid)
		return true;
	for (int i = 0; i < RBAC_NTABLES; i++)
	{
		if (table_oids[i] == relid)
			return true;
	}
	return false;
}

const char *
rbac_table_name(int table)
{
	return access_paths[table].table;
}

static Oid
lookup_relation(Oid schema, const char *name)
{
	Oid			relid = get_relname_relid(name, schema);

	if (!OidIsValid(relid))
		elog(ERROR, "relation \"%s.%s\" does not exist", get_namespace_name(schema), name);
	return relid;
}

static Oid
lookup_announcement(void)
{
	return lookup_relation(get_namespace_oid("rbac_internal", false), "change");
}

/*
 * Changes are announced as invalidations of a relation that nobody opens. Those
 * of the table itself would have every backend build its relcache entry and all
 * plans with it anew, which costs more than reading what somebody holds.
 */
void
rbac_announce_change(void)
{
	CacheInvalidateRelcacheByRelid(lookup_announcement());
}

rbac_reading *
rbac_begin_reading(void)
{
	rbac_reading *reading = palloc(sizeof(rbac_reading));
	Snapshot	snapshot;

	reading->schema = get_namespace_oid("rbac", false);
	for (int i = 0; i < RBAC_NTABLES; i++)
		table_oids[i] = lookup_relation(reading->schema, access_paths[i].table);
	announcement_oid = lookup_announcement();

	/*
	 * The catalog snapshot is taken anew for a table that is no system
	 * catalog, also in parallel mode where GetLatestSnapshot() refuses.
	 */
	snapshot = GetCatalogSnapshot(table_oids[RBAC_ORGANIZATION]);
	reading->completions = snapshot->snapXactCompletionCount;
	reading->snapshot = RegisterSnapshot(snapshot);
	return reading;
}

/* Read without a lock: it is never behind a snapshot that this backend has taken. */
uint64
rbac_completions(void)
{
	return TransamVariables->xactCompletionCount;
}

uint64
rbac_reading_completions(rbac_reading *reading)
{
	return reading->completions;
}

void
rbac_end_reading(rbac_reading *reading)
{
	UnregisterSnapshot(reading->snapshot);
	pfree(reading);
}

rbac_scan *
rbac_begin_scan(rbac_reading *reading, rbac_table table, int nkeys, const rbac_str *keys)
{
	rbac_scan  *scan = palloc(sizeof(rbac_scan));
	ScanKeyData scankeys[MAX_KEYS];

	for (int i = 0; i < nkeys; i++)
		ScanKeyInit(&scankeys[i], access_paths[table].keys[i], BTEqualStrategyNumber, F_TEXTEQ,
					PointerGetDatum(rbac_str_to_text(keys[i])));
	scan->relation = table_open(table_oids[table], AccessShareLock);
	scan->scan = systable_beginscan(scan->relation,
									lookup_relation(reading->schema, access_paths[table].index),
									true, reading->snapshot, nkeys, scankeys);
	scan->tuple = NULL;
	return scan;
}

bool
rbac_scan_next(rbac_scan *scan)
{
	scan->tuple = systable_getnext(scan->scan);
	return HeapTupleIsValid(scan->tuple);
}

Datum
rbac_scan_column(rbac_scan *scan, int attnum)
{
	bool		isnull;
	Datum		value = heap_getattr(scan->tuple, attnum, RelationGetDescr(scan->relation), &isnull);

	if (isnull)
		elog(ERROR, "unexpected null in column %d of relation \"%s\"", attnum,
			 RelationGetRelationName(scan->relation));
	return value;
}

bool
rbac_scan_column_is_null(rbac_scan *scan, int attnum)
{
	return heap_attisnull(scan->tuple, attnum, RelationGetDescr(scan->relation));
}

rbac_row_version
rbac_scan_row_version(rbac_scan *scan)
{
	return (rbac_row_version) {scan->tuple->t_self, HeapTupleHeaderGetRawXmin(scan->tuple->t_data)};
}

void
rbac_end_scan(rbac_scan *scan)
{
	systable_endscan(scan->scan);
	table_close(scan->relation, AccessShareLock);
	pfree(scan);
}
