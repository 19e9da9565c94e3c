/*
 * compat.c - what compat.h declares and is more than a macro.
 */
#include "postgres.h"

#include "compat.h"
#include "miscadmin.h"
#include "storage/ipc.h"
#include "storage/lwlock.h"
#include "storage/shmem.h"

#if PG_VERSION_NUM >= 170000

#include "storage/dsm_registry.h"

void
rbac_reserve_segment(Size size)
{
}

void *
rbac_attach_segment(const char *name, Size size, void (*init) (void *segment))
{
	bool		found;

	return GetNamedDSMSegment(name, size, init, &found);
}

#else

static Size reserved = 0;

#if PG_VERSION_NUM >= 150000

static shmem_request_hook_type next_shmem_request = NULL;

static void
request_memory(void)
{
	if (next_shmem_request != NULL)
		next_shmem_request();
	RequestAddinShmemSpace(reserved);
}

static void
arrange_request(void)
{
	next_shmem_request = shmem_request_hook;
	shmem_request_hook = request_memory;
}

#else

static void
arrange_request(void)
{
	RequestAddinShmemSpace(reserved);
}

#endif

void
rbac_reserve_segment(Size size)
{
	if (!process_shared_preload_libraries_in_progress)
		return;
	reserved = size;
	arrange_request();
}

void *
rbac_attach_segment(const char *name, Size size, void (*init) (void *segment))
{
	void	   *segment;
	bool		found;

	if (reserved == 0)
		return NULL;
	LWLockAcquire(AddinShmemInitLock, LW_EXCLUSIVE);
	segment = ShmemInitStruct(name, size, &found);
	if (!found)
		init(segment);
	LWLockRelease(AddinShmemInitLock);
	return segment;
}

#endif
