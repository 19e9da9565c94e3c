/*
 * access.c - which grants of a principal count.
 *
 * The two rules that every check and every comparison shares: grants expire,
 * and a grant held through an organization counts only there, unless that is
 * an operator organization. How a request is matched is up to the caller.
 */
#include "postgres.h"

#include "rbac.h"

bool
rbac_is_literal_permission(rbac_str permission)
{
	return rbac_permission_name_is_valid(permission) &&
		!rbac_permission_name_is_wildcard(permission);
}

static void
visit_if_covering(const rbac_grant *grant, rbac_str permission, rbac_grant_visitor visit, void *arg)
{
	if (permission.data == NULL || rbac_permission_name_covers(grant->permission, permission))
		visit(grant, arg);
}

/* Those that have not expired, until the first does. */
static TimestampTz
visit_temporary_grants(const rbac_principal *principal, rbac_str permission,
					   rbac_grant_visitor visit, void *arg)
{
	TimestampTz until = DT_NOEND;

	for (int i = 0; i < principal->ntemporary; i++)
	{
		rbac_timed_grant *temporary = &principal->temporary[i];

		if (temporary->expires_at <= rbac_now())
			continue;
		until = Min(until, temporary->expires_at);
		visit_if_covering(&temporary->grant, permission, visit, arg);
	}
	return until;
}

TimestampTz
rbac_visit_grants(const rbac_principal *principal, rbac_str permission, bool include_temporary,
				  rbac_grant_visitor visit, void *arg)
{
	ListCell   *lc;

	if (permission.data != NULL && !rbac_is_literal_permission(permission))
		return DT_NOEND;
	foreach(lc, principal->documents)
	{
		const rbac_privileges *privileges = &((rbac_document *) lfirst(lc))->privileges;

		for (uint32 i = 0; i < privileges->ngrants; i++)
			visit_if_covering(&privileges->grants[i], permission, visit, arg);
	}
	if (!include_temporary)
		return DT_NOEND;
	return visit_temporary_grants(principal, permission, visit, arg);
}

bool
rbac_organization_permitted(bool is_operator, rbac_str home, rbac_str resource)
{
	if (resource.data == NULL)
		return false;
	return is_operator ? rbac_organization_exists(resource) : rbac_str_equal(home, resource);
}
