/*
 * rbac.c - the module: its magic block and the order in which parts start.
 */
#include "postgres.h"

#include "rbac.h"
#include "utils/guc.h"

PG_MODULE_MAGIC_EXT(.name = "rbac", .version = RBAC_VERSION);

extern PGDLLEXPORT void _PG_init(void);

void
_PG_init(void)
{
	rbac_settings_init();
	rbac_caller_init();
	rbac_cache_init();
	rbac_rate_limit_init();
	rbac_path_init();
	MarkGUCPrefixReserved("rbac");
}
