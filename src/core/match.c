/*
 * match.c - does a condition, a grant, a set of privileges allow a request?
 *
 * This is the definition that comparison has to agree with; it favours being
 * obvious. It allocates nothing and cannot fail.
 */
#include <string.h>

#include "core_internal.h"

bool
rbac_str_equal(rbac_str a, rbac_str b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

int
rbac_str_compare(rbac_str a, rbac_str b)
{
	size_t		shorter = a.len < b.len ? a.len : b.len;
	int			order = shorter > 0 ? memcmp(a.data, b.data, shorter) : 0;

	return order != 0 ? order : (a.len > b.len) - (a.len < b.len);
}

bool
rbac_value_equal(const rbac_value *a, const rbac_value *b)
{
	if (a->type != b->type)
		return false;
	return a->type == RBAC_BOOLEAN ? a->boolean == b->boolean : rbac_str_equal(a->text, b->text);
}

/* Does the value equal one that a condition lists, placeholders replaced? */
static bool
equals_listed(const rbac_value *listed, const rbac_value *value, const rbac_identity *identity)
{
	if (identity != NULL && listed->type == RBAC_STRING && value->type == RBAC_STRING)
	{
		if (identity->organization.data != NULL && rbac_str_equal(listed->text, RBAC_LITERAL(RBAC_SELF_ORG_ID)))
			return rbac_str_equal(identity->organization, value->text);
		if (identity->user_id.data != NULL && rbac_str_equal(listed->text, RBAC_LITERAL(RBAC_SELF_USER_ID)))
			return rbac_str_equal(identity->user_id, value->text);
	}
	return rbac_value_equal(listed, value);
}

bool
rbac_condition_met(const rbac_condition *condition, const rbac_value *value, const rbac_identity *identity)
{
	if (value == NULL || value->type != condition->values[0].type)
		return false;
	for (uint32_t i = 0; i < condition->nvalues; i++)
		if (equals_listed(&condition->values[i], value, identity))
			return condition->op != RBAC_NOT_EQUALS;
	return condition->op == RBAC_NOT_EQUALS;
}

/* Conditions and attributes are both sorted by name, so one pass meets them all. */
static bool
conditions_met(const rbac_grant *grant, const rbac_request *request, const rbac_identity *identity)
{
	uint32_t	at = 0;

	for (uint32_t i = 0; i < grant->nconditions; i++)
	{
		const rbac_condition *condition = &grant->conditions[i];
		int			order = 1;

		while (at < request->nattributes &&
			   (order = rbac_str_compare(condition->attribute, request->attributes[at].name)) > 0)
			at++;
		if (order != 0 || !rbac_condition_met(condition, &request->attributes[at].value, identity))
			return false;
	}
	return true;
}

bool
rbac_grant_allows(const rbac_grant *grant, const rbac_request *request, const rbac_identity *identity)
{
	return rbac_permission_name_covers(grant->permission, request->permission) &&
		conditions_met(grant, request, identity);
}

bool
rbac_privileges_allow(const rbac_privileges *privileges, const rbac_request *request,
					  const rbac_identity *identity)
{
	for (uint32_t i = 0; i < privileges->ngrants; i++)
		if (rbac_grant_allows(&privileges->grants[i], request, identity))
			return true;
	return false;
}
