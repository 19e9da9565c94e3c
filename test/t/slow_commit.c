/*
 * slow_commit.c - test only: each commit of a session that has loaded this takes
 * three seconds more, in which other sessions see already what it wrote and have
 * not been told yet.
 */
#include "postgres.h"

#include <unistd.h>

#include "access/xact.h"
#include "fmgr.h"

PG_MODULE_MAGIC;

extern PGDLLEXPORT void _PG_init(void);

static void
wait_after_commit(XactEvent event, void *arg)
{
	unsigned int seconds = event == XACT_EVENT_COMMIT ? 3 : 0;

	while (seconds > 0)
		seconds = sleep(seconds);	/* signals wake it */
}

void
_PG_init(void)
{
	RegisterXactCallback(wait_after_commit, NULL);
}
