/*
 * oracle.c - brute-force evaluation and comparison; see oracle.h.
 *
 * A comparison asks about infinitely many requests, but conditions can only
 * tell a value from the constants they mention.  So it suffices to try, for
 * every attribute, each constant mentioned for it, what the placeholders stand
 * for, one string and one number that nobody mentions, true, false, and
 * missing; for the permission each name mentioned, one unknown action of each
 * category and one unknown category; and for each placeholder each string
 * mentioned anywhere and one that nobody mentions, the two alike and unalike.
 * A value of a type that no condition on the attribute has meets none of them,
 * exactly as a missing one, so it need not be tried.
 *
 * Every combination is tried.  For speed, a grant is a bit and "which grants
 * does this one choice leave possible" a mask; a request is allowed by the
 * grants in the intersection of the masks of its choices.
 */
#include <string.h>

#include "harness.h"
#include "oracle.h"

#define MAX_CHOICES 64			/* of one attribute, permission or placeholder */
#define MAX_ATTRIBUTES 16

#define OTHER_STRING "\x01other"
#define OTHER_USER "\x01other user"
#define OTHER_ORGANIZATION "\x01other organization"
#define OTHER_NUMBER "987654321.125"
#define OTHER_NAME "\x01other"

/* ---- evaluation ---- */

static bool
same_text(rbac_str a, rbac_str b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

/* The constant of a condition, with placeholders replaced. */
static rbac_value
constant(const rbac_value *value, const rbac_identity *identity)
{
	rbac_value	result = *value;

	if (value->type != RBAC_STRING || identity == NULL)
		return result;
	if (same_text(value->text, str(RBAC_SELF_USER_ID)) && identity->user_id.data != NULL)
		result.text = identity->user_id;
	else if (same_text(value->text, str(RBAC_SELF_ORG_ID)) && identity->organization.data != NULL)
		result.text = identity->organization;
	return result;
}

static bool
same_value(const rbac_value *a, const rbac_value *b)
{
	if (a->type != b->type)
		return false;
	return a->type == RBAC_BOOLEAN ? a->boolean == b->boolean : same_text(a->text, b->text);
}

static bool
condition_met(const rbac_condition *condition, const rbac_value *value, const rbac_identity *identity)
{
	bool		listed = false;

	if (value == NULL || value->type != condition->values[0].type)
		return false;
	for (uint32_t i = 0; i < condition->nvalues; i++)
	{
		rbac_value	given = constant(&condition->values[i], identity);

		if (same_value(&given, value))
			listed = true;
	}
	return condition->op == RBAC_NOT_EQUALS ? !listed : listed;
}

static bool
name_matches(rbac_str pattern, rbac_str name)
{
	if (same_text(pattern, str("*")))
		return true;
	if (pattern.len >= 2 && memcmp(pattern.data + pattern.len - 2, ":*", 2) == 0)
		return name.len >= pattern.len &&
			memcmp(name.data, pattern.data, pattern.len - 1) == 0;
	return same_text(pattern, name);
}

static const rbac_value *
attribute_value(const rbac_request *request, rbac_str name)
{
	for (uint32_t i = 0; i < request->nattributes; i++)
		if (same_text(request->attributes[i].name, name))
			return &request->attributes[i].value;
	return NULL;
}

bool
oracle_allows(const rbac_privileges *privileges, const rbac_request *request,
			  const rbac_identity *identity)
{
	for (uint32_t i = 0; i < privileges->ngrants; i++)
	{
		const rbac_grant *grant = &privileges->grants[i];
		bool		met = name_matches(grant->permission, request->permission);

		for (uint32_t j = 0; j < grant->nconditions; j++)
			if (!condition_met(&grant->conditions[j],
							   attribute_value(request, grant->conditions[j].attribute), identity))
				met = false;
		if (met)
			return true;
	}
	return false;
}

/* ---- the finite domain ---- */

typedef struct choices
{
	rbac_str	attribute;
	bool		types[RBAC_BOOLEAN + 1];
	bool		placeholder;
	int			n;
	rbac_value	values[MAX_CHOICES];
} choices;

typedef struct comparison
{
	const rbac_grant *grants[2 * ORACLE_MAX_GRANTS];
	uint64_t	sets[2];		/* which grants belong to which set */
	int			ngrants;
	choices		permissions;
	choices		strings;		/* what a placeholder may stand for */
	bool		has_user;
	bool		has_organization;
	int			nattributes;
	choices		attributes[MAX_ATTRIBUTES];

	/* for the reading of the placeholders at hand */
	int			tried[MAX_ATTRIBUTES];	/* how many choices, missing included */
	uint64_t	masks[MAX_ATTRIBUTES][MAX_CHOICES + 1];

	/* findings */
	bool		exceeds[2];		/* allows a request that the other does not */
	uint64_t	without[2 * ORACLE_MAX_GRANTS]; /* grants that do not allow some
												 * request that this one does */
} comparison;

static void
add_choice(choices *set, rbac_value value)
{
	for (int i = 0; i < set->n; i++)
		if (same_value(&set->values[i], &value))
			return;
	if (set->n == MAX_CHOICES)
		bail_out("oracle: too many values");
	set->values[set->n++] = value;
}

static choices *
choices_of(comparison *cmp, rbac_str attribute)
{
	for (int i = 0; i < cmp->nattributes; i++)
		if (same_text(cmp->attributes[i].attribute, attribute))
			return &cmp->attributes[i];
	if (cmp->nattributes == MAX_ATTRIBUTES)
		bail_out("oracle: too many attributes");
	cmp->attributes[cmp->nattributes] = (choices) {.attribute = attribute};
	return &cmp->attributes[cmp->nattributes++];
}

static void
add_constant(comparison *cmp, choices *set, const rbac_value *value)
{
	bool		is_user = value->type == RBAC_STRING && same_text(value->text, str(RBAC_SELF_USER_ID));
	bool		is_organization = value->type == RBAC_STRING && same_text(value->text, str(RBAC_SELF_ORG_ID));

	set->types[value->type] = true;
	set->placeholder |= is_user || is_organization;
	cmp->has_user |= is_user;
	cmp->has_organization |= is_organization;
	if (is_user || is_organization)
		return;
	add_choice(set, *value);
	if (value->type == RBAC_STRING)
		add_choice(&cmp->strings, *value);
}

static void
add_permissions(comparison *cmp, rbac_str name)
{
	static char names[2 * ORACLE_MAX_GRANTS][64];
	const char *colon = name.len > 0 ? memchr(name.data, ':', name.len) : NULL;
	char	   *other = names[cmp->ngrants];
	size_t		category = colon == NULL ? 0 : (size_t) (colon - name.data) + 1;

	if (colon == NULL)
		return;
	if (name.data[name.len - 1] != '*')
		add_choice(&cmp->permissions, (rbac_value) {.type = RBAC_STRING,.text = name});
	if (category + strlen(OTHER_NAME) >= sizeof names[0])
		bail_out("oracle: too long a permission name");
	memcpy(other, name.data, category);
	strcpy(other + category, OTHER_NAME);
	add_choice(&cmp->permissions, string_value(other));
}

static void
add_privileges(comparison *cmp, int side, const rbac_privileges *privileges)
{
	if (privileges->ngrants > ORACLE_MAX_GRANTS)
		bail_out("oracle: too many grants");
	for (uint32_t i = 0; i < privileges->ngrants; i++)
	{
		const rbac_grant *grant = &privileges->grants[i];

		add_permissions(cmp, grant->permission);
		for (uint32_t j = 0; j < grant->nconditions; j++)
		{
			choices    *set = choices_of(cmp, grant->conditions[j].attribute);

			for (uint32_t k = 0; k < grant->conditions[j].nvalues; k++)
				add_constant(cmp, set, &grant->conditions[j].values[k]);
		}
		cmp->sets[side] |= UINT64_C(1) << cmp->ngrants;
		cmp->grants[cmp->ngrants++] = grant;
	}
}

/* What nobody mentions. */
static void
add_others(comparison *cmp)
{
	add_choice(&cmp->permissions, string_value(OTHER_NAME ":" OTHER_NAME));
	for (int i = 0; i < cmp->nattributes; i++)
	{
		choices    *set = &cmp->attributes[i];

		if (set->types[RBAC_STRING])
			add_choice(set, string_value(OTHER_STRING));
		if (set->types[RBAC_NUMBER])
			add_choice(set, number_value(OTHER_NUMBER));
		if (set->types[RBAC_BOOLEAN])
		{
			add_choice(set, boolean_value(false));
			add_choice(set, boolean_value(true));
		}
	}
}

/* ---- enumeration ---- */

static void
judge(comparison *cmp, uint64_t allowing)
{
	for (int side = 0; side < 2; side++)
		if ((allowing & cmp->sets[side]) != 0 && (allowing & cmp->sets[!side]) == 0)
			cmp->exceeds[side] = true;
	for (uint64_t rest = allowing; rest != 0; rest &= rest - 1)
		cmp->without[__builtin_ctzll(rest)] |= ~allowing;
}

static void
each_attribute(comparison *cmp, int attribute, uint64_t allowing)
{
	if (allowing == 0)
		return;					/* whatever follows, neither side allows it */
	if (attribute == cmp->nattributes)
	{
		judge(cmp, allowing);
		return;
	}
	for (int i = 0; i < cmp->tried[attribute]; i++)
		each_attribute(cmp, attribute + 1, allowing & cmp->masks[attribute][i]);
}

/* The grants whose condition on the attribute, if any, the value meets. */
static uint64_t
value_mask(const comparison *cmp, rbac_str attribute, const rbac_value *value,
		   const rbac_identity *identity)
{
	uint64_t	mask = 0;

	for (int i = 0; i < cmp->ngrants; i++)
	{
		bool		met = true;

		for (uint32_t j = 0; j < cmp->grants[i]->nconditions; j++)
		{
			const rbac_condition *condition = &cmp->grants[i]->conditions[j];

			if (same_text(condition->attribute, attribute))
				met = condition_met(condition, value, identity);
		}
		if (met)
			mask |= UINT64_C(1) << i;
	}
	return mask;
}

static void
each_permission(comparison *cmp)
{
	for (int i = 0; i < cmp->permissions.n; i++)
	{
		uint64_t	allowing = 0;

		for (int j = 0; j < cmp->ngrants; j++)
			if (name_matches(cmp->grants[j]->permission, cmp->permissions.values[i].text))
				allowing |= UINT64_C(1) << j;
		each_attribute(cmp, 0, allowing);
	}
}

/* Try everything for one reading of the placeholders. */
static void
with_identity(comparison *cmp, const rbac_identity *identity)
{
	for (int i = 0; i < cmp->nattributes; i++)
	{
		choices    *set = &cmp->attributes[i];
		int			mentioned = set->n;

		if (set->placeholder)
		{
			add_choice(set, (rbac_value) {.type = RBAC_STRING, .text = identity->user_id});
			add_choice(set, (rbac_value) {.type = RBAC_STRING, .text = identity->organization});
		}
		for (int j = 0; j < set->n; j++)
			cmp->masks[i][j] = value_mask(cmp, set->attribute, &set->values[j], identity);
		cmp->masks[i][set->n] = value_mask(cmp, set->attribute, NULL, identity);
		cmp->tried[i] = set->n + 1;
		set->n = mentioned;
	}
	each_permission(cmp);
}

/* Every string that a placeholder may stand for; one if it does not occur. */
static choices
placeholder_choices(const comparison *cmp, bool occurs, const char *other, const char *another)
{
	choices		result = {0};

	if (occurs)
		result = cmp->strings;
	add_choice(&result, string_value(other));
	if (occurs && another != NULL)
		add_choice(&result, string_value(another));
	return result;
}

static void
each_identity(comparison *cmp)
{
	choices		users = placeholder_choices(cmp, cmp->has_user, OTHER_USER, NULL);
	choices		organizations = placeholder_choices(cmp, cmp->has_organization, OTHER_ORGANIZATION,
													cmp->has_user ? OTHER_USER : NULL);

	for (int i = 0; i < users.n; i++)
		for (int j = 0; j < organizations.n; j++)
		{
			rbac_identity identity = {.organization = organizations.values[j].text,
			.user_id = users.values[i].text};

			with_identity(cmp, &identity);
		}
}

/* Does one grant of the other side cover each grant of this one? */
static bool
each_has_cover(const comparison *cmp, int side)
{
	for (int i = 0; i < cmp->ngrants; i++)
		if ((cmp->sets[side] >> i & 1) != 0 && (cmp->sets[!side] & ~cmp->without[i]) == 0)
			return false;
	return true;
}

oracle_verdict
oracle_compare(const rbac_privileges *a, const rbac_privileges *b)
{
	comparison	cmp = {0};
	oracle_verdict verdict;

	add_privileges(&cmp, 0, a);
	add_privileges(&cmp, 1, b);
	add_others(&cmp);
	each_identity(&cmp);
	for (int side = 0; side < 2; side++)
	{
		verdict.covers[side] = !cmp.exceeds[!side];
		verdict.grantwise[side] = each_has_cover(&cmp, !side);
	}
	return verdict;
}
