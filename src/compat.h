/*
 * compat.h - what differs between PostgreSQL 14 and 18, written for the newest.
 *
 * Code elsewhere uses the names and signatures of the newest server; this file
 * supplies them where they are missing. Dropping a version is deleting a block.
 */
#ifndef RBAC_COMPAT_H
#define RBAC_COMPAT_H

#if PG_VERSION_NUM < 140000
#error "rbac requires PostgreSQL 14 or later"
#endif

/* Soft errors in input functions exist since 16; before, they are thrown. */
#if PG_VERSION_NUM < 160000
#define ereturn(context, dummy_value, ...) \
	do { \
		(void) (context); \
		ereport(ERROR, __VA_ARGS__); \
		return dummy_value; \
	} while (0)
#else
#include "nodes/miscnodes.h"
#endif

/* Variable-length values have had a header of their own since 16. */
#if PG_VERSION_NUM >= 160000
#include "varatt.h"
#endif

/* The extra value of a parameter has had an allocator of its own since 16. */
#if PG_VERSION_NUM < 160000
#define guc_malloc(elevel, size) malloc(size)
#endif

/* What transactions share has had this name since 17. */
#if PG_VERSION_NUM < 170000
#define TransamVariables ShmemVariableCache
#endif

/* Functions that do not return have been declared by this name since 18. */
#if PG_VERSION_NUM < 180000
#define pg_noreturn pg_attribute_noreturn()
#endif

/* Extensions have reserved their prefix by this name since 15. */
#if PG_VERSION_NUM < 150000
#define MarkGUCPrefixReserved(prefix) EmitWarningsOnPlaceholders(prefix)
#endif

/* strtol() for int64 has had a name of its own since 15. */
#if PG_VERSION_NUM < 150000
#define strtoi64(str, endptr, base) ((int64) strtoll(str, endptr, base))
#endif

/* Set-returning functions have prepared their tuplestore by one call since 15. */
#if PG_VERSION_NUM < 150000
#include "executor/executor.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "nodes/execnodes.h"

#define MAT_SRF_USE_EXPECTED_DESC 0x01

static inline void
InitMaterializedSRF(FunctionCallInfo fcinfo, bits32 flags)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	MemoryContext old;

	if (rsinfo == NULL || !IsA(rsinfo, ReturnSetInfo) ||
		!(rsinfo->allowedModes & SFRM_Materialize))
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("set-valued function called in context that cannot accept a set")));
	old = MemoryContextSwitchTo(rsinfo->econtext->ecxt_per_query_memory);
	rsinfo->returnMode = SFRM_Materialize;
	rsinfo->setResult = tuplestore_begin_heap((rsinfo->allowedModes & SFRM_Materialize_Random) != 0,
											  false, work_mem);
	rsinfo->setDesc = CreateTupleDescCopy(rsinfo->expectedDesc);
	MemoryContextSwitchTo(old);
}
#endif

/* Privileges have been checked by one function for all kinds of objects since 16. */
#if PG_VERSION_NUM < 160000
#define object_aclcheck(classid, objectid, roleid, mode) \
	pg_proc_aclcheck(objectid, roleid, mode)
#endif

/* The module's name and version are part of the magic block since 18. */
#if PG_VERSION_NUM < 180000
#define PG_MODULE_MAGIC_EXT(...) PG_MODULE_MAGIC
#endif

/* Custom scans have had to say that they can project since 15. */
#if PG_VERSION_NUM >= 150000
#define RBAC_PROJECTING_SCAN CUSTOMPATH_SUPPORT_PROJECTION
#else
#define RBAC_PROJECTING_SCAN 0
#endif

/* What the user disabled has been counted apart from costs since 18. */
#if PG_VERSION_NUM >= 180000
#define rbac_copy_disabled_nodes(to, from) ((to)->disabled_nodes = (from)->disabled_nodes)
#else
#define rbac_copy_disabled_nodes(to, from) ((void) (from))
#endif

/* EXPLAIN's output has had headers of its own since 18. */
#if PG_VERSION_NUM >= 180000
#include "commands/explain_format.h"
#include "commands/explain_state.h"
#endif

/* A sequential scan that began with a condition has had to keep one since 18. */
#define RBAC_SCANS_KEEP_CONDITION (PG_VERSION_NUM >= 180000)

/* Base64 has been about bytes, not characters, since 18. */
#if PG_VERSION_NUM >= 180000
#include "common/base64.h"

#define pg_b64_encode(src, len, dst, dstlen) \
	pg_b64_encode((const uint8 *) (src), len, dst, dstlen)
#endif

/*
 * A segment of memory that all backends share. Since 17 it can be had at any
 * time; before, _PG_init() has to reserve it in a library that
 * shared_preload_libraries names, and attaching it is NULL otherwise. init is
 * called once, and may not raise errors.
 */
extern void rbac_reserve_segment(Size size);
extern void *rbac_attach_segment(const char *name, Size size, void (*init) (void *segment));

#endif							/* RBAC_COMPAT_H */
