/*
 * rewrite.c - privileges made from privileges: placeholders resolved, an
 * attribute pinned, two sets put together; and whether two are the same text
 * but for order.
 *
 * Results share strings, values and conditions that do not change with their
 * inputs, and may be put in place of them.
 */
#include <string.h>

#include "core_internal.h"

/* What replaces a value, or NULL. */
static const rbac_str *
replacement(const rbac_value *value, const rbac_identity *identity)
{
	if (value->type != RBAC_STRING)
		return NULL;
	if (identity->organization.data != NULL && rbac_str_equal(value->text, RBAC_LITERAL(RBAC_SELF_ORG_ID)))
		return &identity->organization;
	if (identity->user_id.data != NULL && rbac_str_equal(value->text, RBAC_LITERAL(RBAC_SELF_USER_ID)))
		return &identity->user_id;
	return NULL;
}

static bool
needs_resolving(const rbac_condition *condition, const rbac_identity *identity)
{
	for (uint32_t i = 0; i < condition->nvalues; i++)
		if (replacement(&condition->values[i], identity) != NULL)
			return true;
	return false;
}

static bool
resolve_condition(rbac_core *core, rbac_condition *condition, const rbac_identity *identity)
{
	rbac_value *values;

	if (!needs_resolving(condition, identity))
		return true;
	values = rbac_alloc(core, condition->nvalues, sizeof(*values));
	if (values == NULL)
		return false;
	for (uint32_t i = 0; i < condition->nvalues; i++)
	{
		const rbac_str *text = replacement(&condition->values[i], identity);

		values[i] = condition->values[i];
		if (text != NULL)
			values[i].text = *text;
	}
	condition->values = values;
	return true;
}

/* Give a grant its own array of conditions, with room for extra ones. */
static bool
copy_conditions(rbac_core *core, rbac_grant *grant, uint32_t extra)
{
	rbac_condition *conditions = rbac_alloc(core, (size_t) grant->nconditions + extra, sizeof(*conditions));

	if (conditions == NULL)
		return false;
	if (grant->nconditions > 0)
		memcpy(conditions, grant->conditions, grant->nconditions * sizeof(*conditions));
	grant->conditions = conditions;
	return true;
}

static bool
resolve_grant(rbac_core *core, rbac_grant *grant, const rbac_identity *identity)
{
	uint32_t	first = 0;

	while (first < grant->nconditions && !needs_resolving(&grant->conditions[first], identity))
		first++;
	if (first == grant->nconditions)
		return true;
	if (!copy_conditions(core, grant, 0))
		return false;
	for (uint32_t i = first; i < grant->nconditions; i++)
		if (!resolve_condition(core, &grant->conditions[i], identity))
			return false;
	return true;
}

/* An array of grants that starts out empty. */
static bool
make_grants(rbac_core *core, size_t max, rbac_privileges *out)
{
	out->ngrants = 0;
	out->grants = rbac_alloc(core, max, sizeof(*out->grants));
	return out->grants != NULL;
}

bool
rbac_resolve(rbac_core *core, const rbac_privileges *in, const rbac_identity *identity, rbac_privileges *out)
{
	rbac_privileges resolved;

	if (!make_grants(core, in->ngrants, &resolved))
		return false;
	for (; resolved.ngrants < in->ngrants; resolved.ngrants++)
	{
		resolved.grants[resolved.ngrants] = in->grants[resolved.ngrants];
		if (!resolve_grant(core, &resolved.grants[resolved.ngrants], identity))
			return false;
	}
	*out = resolved;
	return true;
}

/*
 * Put the condition where its attribute belongs, in place of the one that the
 * grant may have there. *met is false if the value does not meet that one.
 */
static bool
restrict_grant(rbac_core *core, rbac_grant *grant, const rbac_condition *pin, bool *met)
{
	uint32_t	at = 0;
	int			order = 1;

	while (at < grant->nconditions &&
		   (order = rbac_str_compare(pin->attribute, grant->conditions[at].attribute)) > 0)
		at++;
	*met = order != 0 || rbac_condition_met(&grant->conditions[at], pin->values, NULL);
	if (!*met)
		return true;
	if (order != 0 && grant->nconditions == RBAC_MAX_CONDITIONS)
		return rbac_fail(core, RBAC_LIMIT, "a grant is limited to %d conditions", RBAC_MAX_CONDITIONS);
	if (!copy_conditions(core, grant, order != 0))
		return false;
	if (order != 0)
	{
		memmove(&grant->conditions[at + 1], &grant->conditions[at],
				(grant->nconditions - at) * sizeof(*grant->conditions));
		grant->nconditions++;
	}
	grant->conditions[at] = *pin;
	return true;
}

bool
rbac_restrict(rbac_core *core, const rbac_privileges *in, rbac_str attribute, const rbac_value *value,
			  rbac_privileges *out)
{
	rbac_condition pin = {attribute, RBAC_EQUALS, 1, rbac_alloc(core, 1, sizeof(*value))};
	rbac_privileges restricted;

	if (pin.values == NULL || !make_grants(core, in->ngrants, &restricted))
		return false;
	*pin.values = *value;
	for (uint32_t i = 0; i < in->ngrants; i++)
	{
		rbac_grant *grant = &restricted.grants[restricted.ngrants];
		bool		met;

		*grant = in->grants[i];
		if (!restrict_grant(core, grant, &pin, &met))
			return false;
		restricted.ngrants += met;
	}
	*out = restricted;
	return true;
}

static void
append_grants(rbac_privileges *to, const rbac_privileges *from)
{
	if (from->ngrants > 0)
		memcpy(to->grants + to->ngrants, from->grants, from->ngrants * sizeof(*to->grants));
	to->ngrants += from->ngrants;
}

bool
rbac_union(rbac_core *core, const rbac_privileges *a, const rbac_privileges *b, rbac_privileges *out)
{
	size_t		n = (size_t) a->ngrants + b->ngrants;
	rbac_privileges both;

	if (n > RBAC_MAX_GRANTS)
		return rbac_fail(core, RBAC_LIMIT, "privileges are limited to %d grants", RBAC_MAX_GRANTS);
	if (!make_grants(core, n, &both))
		return false;
	append_grants(&both, a);
	append_grants(&both, b);
	*out = both;
	return true;
}

/* Has every box an identical one among the others? */
static bool
all_identical(rbac_universe *universe, const rbac_box *boxes, uint32_t n, const rbac_box *others,
			  uint32_t nothers, bool *identical)
{
	rbac_index	index;

	if (!rbac_index_build(&index, universe, others, nothers))
		return false;
	*identical = true;
	for (uint32_t i = 0; i < n && *identical; i++)
	{
		*identical = rbac_index_identical(&index, &boxes[i]) != RBAC_NO_ID;
		if (!rbac_universe_go_on(universe))
			return false;
	}
	return true;
}

bool
rbac_same_grants(rbac_core *core, const rbac_privileges *a, const rbac_privileges *b, bool *same)
{
	rbac_universe universe;
	rbac_box   *of_a;
	rbac_box   *of_b;

	if (!rbac_universe_init(&universe, core) || !rbac_make_boxes(&universe, a, &of_a) ||
		!rbac_make_boxes(&universe, b, &of_b) ||
		!all_identical(&universe, of_a, a->ngrants, of_b, b->ngrants, same))
		return false;
	return !*same || all_identical(&universe, of_b, b->ngrants, of_a, a->ngrants, same);
}
