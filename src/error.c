/*
 * error.c - running the core inside the server: its memory, its interrupts,
 * and its errors as the server reports them.
 *
 * Not here: which SQLSTATE a malformed document has; the caller of a core
 * function knows whether it read a literal or an argument.
 */
#include "postgres.h"

#include <ctype.h>

#include "miscadmin.h"
#include "rbac.h"
#include "utils/memutils.h"

/* The core must get control back, so exhaustion is NULL and not an error. */
static void *
core_alloc(void *arg, size_t size)
{
	return palloc_extended(size, MCXT_ALLOC_HUGE | MCXT_ALLOC_NO_OOM);
}

static bool
core_interrupted(void *arg)
{
	return QueryCancelPending || ProcDiePending;
}

void
rbac_core_init(rbac_core *core)
{
	memset(core, 0, sizeof(*core));
	core->alloc = core_alloc;
	core->interrupted = core_interrupted;
}

/* "unknown key" at offset 6 -> "Unknown key, at byte 7." */
static char *
error_detail(const rbac_error *error)
{
	rbac_str	message = {error->message, strlen(error->message)};
	char	   *detail;

	if (!rbac_from_utf8_noerror(message, &message))
		message = (rbac_str) {"the document is not valid", 25};
	detail = error->has_position
		? psprintf("%.*s, at byte %zu.", (int) message.len, message.data, error->position + 1)
		: psprintf("%.*s.", (int) message.len, message.data);
	detail[0] = toupper((unsigned char) detail[0]);
	return detail;
}

void
rbac_core_report(const rbac_core *core, int syntax_code, const char *subject,
				 struct Node *escontext)
{
	switch (core->error.status)
	{
		case RBAC_SYNTAX:
			ereturn(escontext,,
					(errcode(syntax_code), errmsg("%s", subject),
					 errdetail("%s", error_detail(&core->error))));
			break;
		case RBAC_LIMIT:
			ereturn(escontext,,
					(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED), errmsg("%s", subject),
					 errdetail("%s", error_detail(&core->error))));
			break;
		case RBAC_NO_MEMORY:
			ereport(ERROR, (errcode(ERRCODE_OUT_OF_MEMORY), errmsg("out of memory")));
			break;
		case RBAC_INTERRUPTED:
			CHECK_FOR_INTERRUPTS();
			ereport(ERROR, (errcode(ERRCODE_QUERY_CANCELED),
							errmsg("canceling privilege comparison due to user request")));
			break;
		case RBAC_CORRUPT:
			ereport(ERROR, (errcode(ERRCODE_DATA_CORRUPTED), errmsg("%s", subject),
							errdetail("%s", error_detail(&core->error))));
			break;
		case RBAC_OK:
			elog(ERROR, "no error to report");
	}
}

void
rbac_invalid_argument(const char *name, const char *problem)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("invalid value for argument \"%s\": %s", name, problem)));
}
