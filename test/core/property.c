/*
 * property.c - random pairs of privileges, judged by the oracle and by laws.
 *
 *	property [seed [pairs]]
 *
 * The seed is printed; the same seed makes the same pairs.  Pairs of unrelated
 * sets say little: nearly all are incomparable.  So most are made from one
 * set: widened, split along an attribute into pieces that only together cover
 * the original, and then often spoiled by losing or narrowing a piece.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "example.h"
#include "harness.h"
#include "oracle.h"

#define DEFAULT_SEED 20240229
#ifndef DEFAULT_PAIRS			/* sanitizers take their time */
#define DEFAULT_PAIRS 200000
#endif
#define MAX_ATTRIBUTES 4
#define MAX_GRANTS 28			/* the oracle takes 32 */
#define CROWD 17				/* grants of one name that the core does not try
								 * one by one any more */
#define MAX_VALUES 4

/* ---- random numbers ---- */

static uint64_t random_state;

/* splitmix64 */
static uint64_t
random_bits(void)
{
	uint64_t	z = (random_state += UINT64_C(0x9E3779B97F4A7C15));

	z = (z ^ z >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
	z = (z ^ z >> 27) * UINT64_C(0x94D049BB133111EB);
	return z ^ z >> 31;
}

static uint32_t
below(uint32_t n)
{
	return (uint32_t) (random_bits() >> 32) % n;
}

static bool
percent(uint32_t chance)
{
	return below(100) < chance;
}

/* ---- random sets ---- */

/* A set of its own storage: copying it is assignment and relink(). */
typedef struct slot
{
	uint32_t	nconditions;
	rbac_str	permission;
	rbac_condition conditions[MAX_ATTRIBUTES];	/* sorted by attribute */
	rbac_value	values[MAX_ATTRIBUTES][MAX_VALUES];
} slot;

typedef struct set
{
	uint32_t	ngrants;
	slot		slots[MAX_GRANTS];
	rbac_grant	grants[MAX_GRANTS];
} set;

/* What the values of an attribute look like in this pair. */
typedef enum flavour
{
	STRINGS,
	NUMBERS,
	BOOLEANS,
	MIXTURE						/* of types, with texts alike */
} flavour;

static uint32_t nattributes;
static flavour flavours[MAX_ATTRIBUTES];
static uint32_t placeholder_chance;
static bool crowded;			/* many grants, so more values and more Equals */

static const char *const attribute_names[MAX_ATTRIBUTES] = {"org_id", "owner", "region", "size"};

static rbac_value
random_string(void)
{
	static const char *const strings[] = {"a", "b", "c", "", "d", "e", "f", "g"};

	if (percent(placeholder_chance))
		return string_value(percent(60) ? RBAC_SELF_USER_ID : RBAC_SELF_ORG_ID);
	return string_value(strings[below(crowded ? 8 : percent(90) ? 3 : 4)]);
}

static rbac_value
random_number(void)
{
	static const char *const numbers[] = {"1", "2", "-0.5", "0", "3", "4"};

	return number_value(numbers[below(crowded ? 6 : percent(80) ? 3 : 4)]);
}

static rbac_value
random_value(flavour flavour)
{
	if (flavour == MIXTURE)
	{
		switch (below(4))
		{
			case 0:
				return string_value("1");
			case 1:
				return string_value("true");
			case 2:
				return number_value("1");
			default:
				return boolean_value(percent(50));
		}
	}
	return flavour == STRINGS ? random_string() : flavour == NUMBERS ? random_number() : boolean_value(percent(50));
}

static rbac_str
random_permission(void)
{
	static const char *const names[] = {"A:B", "A:C", "B:B", "A:*", "B:*", "*"};

	return str(names[percent(70) ? 0 : below(6)]);
}

/* Conditions are added in the order of attributes. */
static rbac_condition *
add_condition(slot *slot, uint32_t attribute, rbac_operator op)
{
	uint32_t	i = slot->nconditions++;

	slot->conditions[i] = (rbac_condition) {.attribute = str(attribute_names[attribute]),.op = op,.nvalues = 1};
	return &slot->conditions[i];
}

static void
add_random_condition(slot *slot, uint32_t attribute)
{
	static const rbac_operator ops[] = {RBAC_EQUALS, RBAC_IN, RBAC_NOT_EQUALS, RBAC_NOT_EQUALS};
	rbac_condition *condition = add_condition(slot, attribute, crowded && percent(60) ? RBAC_EQUALS : ops[below(4)]);
	rbac_value *values = slot->values[slot->nconditions - 1];

	values[0] = random_value(flavours[attribute]);
	if (condition->op == RBAC_IN)
		for (uint32_t wanted = 1 + below(MAX_VALUES); condition->nvalues < wanted;)
		{
			rbac_value	value = random_value(flavours[attribute]);

			if (value.type != values[0].type)
				break;
			values[condition->nvalues++] = value;
		}
}

static void
random_slot(slot *slot, uint32_t condition_chance)
{
	slot->permission = random_permission();
	slot->nconditions = 0;
	for (uint32_t i = 0; i < nattributes; i++)
		if (percent(condition_chance))
			add_random_condition(slot, i);
}

/* Point the public structures at this set's own storage. */
static rbac_privileges
relink(set *set)
{
	for (uint32_t i = 0; i < set->ngrants; i++)
	{
		slot	   *slot = &set->slots[i];

		for (uint32_t j = 0; j < slot->nconditions; j++)
			slot->conditions[j].values = slot->values[j];
		set->grants[i] = (rbac_grant) {slot->permission, slot->nconditions, slot->conditions};
	}
	return (rbac_privileges) {set->ngrants, set->grants};
}

static void
add_slot(set *set, const slot *slot)
{
	if (set->ngrants < MAX_GRANTS)
		set->slots[set->ngrants++] = *slot;
}

static void
shuffle(set *set)
{
	for (uint32_t i = set->ngrants; i > 1; i--)
	{
		uint32_t	j = below(i);
		slot		swap = set->slots[j];

		set->slots[j] = set->slots[i - 1];
		set->slots[i - 1] = swap;
	}
}

static void
random_set(set *set, uint32_t max_grants, uint32_t condition_chance)
{
	set->ngrants = below(max_grants + 1);
	for (uint32_t i = 0; i < set->ngrants; i++)
		random_slot(&set->slots[i], condition_chance);
}

/* ---- related sets ---- */

static void
remove_condition(slot *slot, uint32_t i)
{
	slot->nconditions--;
	for (; i < slot->nconditions; i++)
	{
		slot->conditions[i] = slot->conditions[i + 1];
		memcpy(slot->values[i], slot->values[i + 1], sizeof slot->values[i]);
	}
}

/* Make a grant allow more, or as much. */
static void
widen(slot *slot)
{
	if (slot->nconditions > 0 && percent(40))
		remove_condition(slot, below(slot->nconditions));
	else if (percent(30))
		slot->permission = str(percent(50) ? "A:*" : "*");
	else if (slot->nconditions > 0)
	{
		uint32_t	i = below(slot->nconditions);
		rbac_condition *condition = &slot->conditions[i];

		if (condition->op != RBAC_NOT_EQUALS && condition->nvalues < MAX_VALUES)
		{
			condition->op = RBAC_IN;
			slot->values[i][condition->nvalues] = slot->values[i][below(condition->nvalues)];
			condition->nvalues++;
		}
	}
}

/* An In of several values becomes two, each with a part of them. */
static void
split_values(const slot *whole, uint32_t i, slot *first, slot *second)
{
	uint32_t	cut = 1 + below(whole->conditions[i].nvalues - 1);

	first->conditions[i].nvalues = cut;
	second->conditions[i].nvalues -= cut;
	memmove(second->values[i], second->values[i] + cut, second->conditions[i].nvalues * sizeof(rbac_value));
}

/*
 * Any other condition is within "present and of this type", which is
 * "Equals v" or "NotEquals v" for any v.
 */
static void
split_presence(const slot *whole, uint32_t i, slot *first, slot *second)
{
	rbac_value	value = whole->values[i][0];

	if (value.type == RBAC_STRING)
		value = random_string();
	else if (value.type == RBAC_NUMBER)
		value = random_number();
	first->values[i][0] = second->values[i][0] = value;
	first->conditions[i].nvalues = second->conditions[i].nvalues = 1;
	first->conditions[i].op = percent(50) ? RBAC_EQUALS : RBAC_IN;
	second->conditions[i].op = RBAC_NOT_EQUALS;
}

/* Replace one grant by two that together cover it. */
static void
split(set *set)
{
	uint32_t	victim = set->ngrants > 0 ? below(set->ngrants) : 0;
	slot		whole = set->slots[victim];
	slot		first = whole;
	slot		second = whole;
	uint32_t	i;

	if (set->ngrants == 0 || set->ngrants == MAX_GRANTS || whole.nconditions == 0)
		return;
	i = below(whole.nconditions);
	if (whole.conditions[i].op == RBAC_IN && whole.conditions[i].nvalues > 1 && percent(70))
		split_values(&whole, i, &first, &second);
	else
		split_presence(&whole, i, &first, &second);
	set->slots[victim] = first;
	add_slot(set, &second);
}

/* Lose a little: mostly, what is left no longer covers. */
static void
spoil(set *set)
{
	slot	   *slot = &set->slots[below(set->ngrants)];
	uint32_t	i;
	rbac_value *value;

	if (slot->nconditions == 0 || percent(50))
	{
		*slot = set->slots[--set->ngrants];
		return;
	}
	i = below(slot->nconditions);
	value = &slot->values[i][below(slot->conditions[i].nvalues)];
	if (value->type == RBAC_BOOLEAN)
		value->boolean = !value->boolean;
	else
		*value = value->type == RBAC_STRING ? random_string() : random_number();
}

static void
random_world(void)
{
	nattributes = 1 + below(MAX_ATTRIBUTES);
	for (uint32_t i = 0; i < nattributes; i++)
		flavours[i] = percent(45) ? STRINGS : percent(50) ? NUMBERS : percent(70) ? BOOLEANS : MIXTURE;
	placeholder_chance = percent(65) ? 0 : percent(50) ? 40 : 70;
	for (uint32_t i = 0; i < nattributes && placeholder_chance == 70; i++)
		flavours[i] = STRINGS;
	crowded = nattributes < MAX_ATTRIBUTES && percent(5);
}

/* a is made from b, and shall often, but not always, cover it. */
static void
random_relative(set *a, const set *b)
{
	slot		noise;

	*a = *b;
	for (uint32_t times = below(7); times > 0; times--)
		split(a);
	if (a->ngrants > 0 && percent(50))
		spoil(a);
	if (a->ngrants > 0 && percent(50))
		widen(&a->slots[below(a->ngrants)]);
	random_slot(&noise, 70);
	if (percent(30))
		add_slot(a, &noise);
	shuffle(a);
}

/* Add so many grants of one name that the core must look them up. */
static void
crowd(set *set)
{
	for (int i = 0; i < CROWD; i++)
	{
		slot		one;

		random_slot(&one, 90);
		one.permission = str("A:B");
		add_slot(set, &one);
	}
}

static void
random_pair(set *a, set *b)
{
	random_world();
	if (crowded)
	{
		random_set(b, 3, 90);
		if (percent(50))
			crowd(b);
		random_relative(a, b);
		if (percent(50))
			crowd(a);
	}
	else if (percent(10))
	{
		random_set(b, 3, 60);
		random_set(a, 4, 40);
	}
	else
	{
		random_set(b, 2, 85);
		if (b->ngrants == 0)
			random_set(b, 3, 85);
		random_relative(a, b);
	}
}

static rbac_request
random_request(rbac_attribute *attributes)
{
	static const char *const names[] = {"A:B", "A:B", "A:C", "B:B", "C:C"};
	rbac_request request = {.permission = str(names[below(5)]),.attributes = attributes};

	for (uint32_t i = 0; i < nattributes; i++)
		if (percent(85))
			attributes[request.nattributes++] =
				(rbac_attribute) {str(attribute_names[i]), random_value(flavours[i])};
	return request;
}

/* ---- laws ---- */

typedef enum law
{
	COVERS,
	COUNTEREXAMPLE,
	COMPARE,
	SIMPLIFY,
	PRINT,
	PACK,
	SAME_GRANTS,
	ALLOW,
	UNION,
	RESOLVE,
	RESTRICT,
	NLAWS
} law;

static const char *const law_names[NLAWS] = {
	"covers agrees with the oracle",
	"each counterexample is one",
	"compare agrees with the oracle",
	"simplify gives an equal set without redundant grants",
	"parse(print(x)) = x",
	"unpack(pack(x)) = x",
	"same_grants does not see order, and implies equal",
	"allow agrees with the oracle",
	"a union allows what either side allows",
	"resolve allows what the set allows that identity",
	"restrict allows what the set allows with that value",
};

static uint64_t seed;
static unsigned long pair_number;
static unsigned long faults[NLAWS];
static rbac_privileges set_a;
static rbac_privileges set_b;

static void
check(law law, bool holds, const char *detail)
{
	arena		memory = {0};

	if (holds || faults[law]++ >= 3)
		return;
	diag("%s: %s (seed %" PRIu64 ", pair %lu)", law_names[law], detail, seed, pair_number);
	diag("a: %s", privileges_text(&memory, &set_a));
	diag("b: %s", privileges_text(&memory, &set_b));
	arena_free(&memory);
}

static bool
same_value(const rbac_value *a, const rbac_value *b)
{
	return a->type == b->type &&
		(a->type == RBAC_BOOLEAN ? a->boolean == b->boolean : rbac_str_equal(a->text, b->text));
}

static bool
same_condition(const rbac_condition *a, const rbac_condition *b)
{
	if (!rbac_str_equal(a->attribute, b->attribute) || a->op != b->op || a->nvalues != b->nvalues)
		return false;
	for (uint32_t i = 0; i < a->nvalues; i++)
		if (!same_value(&a->values[i], &b->values[i]))
			return false;
	return true;
}

/* The same to the letter: order, operators and all. */
static bool
identical(const rbac_privileges *a, const rbac_privileges *b)
{
	if (a->ngrants != b->ngrants)
		return false;
	for (uint32_t i = 0; i < a->ngrants; i++)
	{
		if (!rbac_str_equal(a->grants[i].permission, b->grants[i].permission) ||
			a->grants[i].nconditions != b->grants[i].nconditions)
			return false;
		for (uint32_t j = 0; j < a->grants[i].nconditions; j++)
			if (!same_condition(&a->grants[i].conditions[j], &b->grants[i].conditions[j]))
				return false;
	}
	return true;
}

static void
check_covers(arena *memory, const rbac_privileges *a, const rbac_privileges *b, bool expected)
{
	rbac_core	core = arena_core(memory);
	rbac_counterexample example;
	const char *fault = NULL;
	bool		covered = false;

	if (!rbac_covers(&core, a, b, &covered, &example))
		check(COVERS, false, core.error.message);
	else
		check(COVERS, covered == expected, expected ? "covered, says the oracle" : "uncovered, says the oracle");
	if (core.error.status == RBAC_OK && !covered && !expected)
		fault = example_fault(memory, a, b, &example);
	check(COUNTEREXAMPLE, fault == NULL, fault == NULL ? "" : fault);
}

static void
check_compare(arena *memory, const oracle_verdict *verdict)
{
	rbac_core	core = arena_core(memory);
	rbac_order	expected = verdict->covers[0]
		? (verdict->covers[1] ? RBAC_EQUAL : RBAC_GREATER)
		: (verdict->covers[1] ? RBAC_LESS : RBAC_INCOMPARABLE);
	rbac_order	order;

	if (!rbac_compare(&core, &set_a, &set_b, &order))
		check(COMPARE, false, core.error.message);
	else
		check(COMPARE, order == expected, "another order");
}

/* Is every grant of the part one of the whole's, in the same order? */
static bool
subsequence(const rbac_privileges *part, const rbac_privileges *whole)
{
	uint32_t	found = 0;

	for (uint32_t i = 0; i < whole->ngrants && found < part->ngrants; i++)
		if (identical(&(rbac_privileges) {1, &part->grants[found]}, &(rbac_privileges) {1, &whole->grants[i]}))
			found++;
	return found == part->ngrants;
}

static bool
has_redundant_grant(const rbac_privileges *set)
{
	rbac_grant	rest[2 * MAX_GRANTS];

	for (uint32_t i = 0; i < set->ngrants; i++)
	{
		memcpy(rest, set->grants, set->ngrants * sizeof *rest);
		rest[i] = rest[set->ngrants - 1];
		if (oracle_compare(&(rbac_privileges) {set->ngrants - 1, rest}, set).covers[0])
			return true;
	}
	return false;
}

static void
check_simplify(arena *memory, const rbac_privileges *set)
{
	rbac_core	core = arena_core(memory);
	rbac_privileges simple;
	oracle_verdict verdict;

	if (!rbac_simplify(&core, set, &simple))
	{
		check(SIMPLIFY, false, core.error.message);
		return;
	}
	verdict = oracle_compare(set, &simple);
	check(SIMPLIFY, verdict.covers[0] && verdict.covers[1], "not equal");
	check(SIMPLIFY, subsequence(&simple, set), "not the author's order");
	check(SIMPLIFY, !has_redundant_grant(&simple), "a grant could be dropped");
}

static void
check_text(arena *memory, const rbac_privileges *set)
{
	rbac_core	core = arena_core(memory);
	rbac_privileges back;
	rbac_str	text;
	rbac_str	image;
	bool		done;

	done = rbac_print_privileges(&core, set, &text) &&
		rbac_parse_privileges(&core, text.data, text.len, &back);
	check(PRINT, done && identical(set, &back), done ? "another set" : core.error.message);
	done = rbac_pack_privileges(&core, set, &image) &&
		rbac_unpack_privileges(&core, image.data, image.len, &back);
	check(PACK, done && identical(set, &back), done ? "another set" : core.error.message);
}

static void
check_same_grants(arena *memory, const set *original, const oracle_verdict *verdict)
{
	rbac_core	core = arena_core(memory);
	set			shuffled = *original;
	rbac_privileges other;
	bool		same = false;

	shuffle(&shuffled);
	other = relink(&shuffled);
	check(SAME_GRANTS, rbac_same_grants(&core, &set_a, &other, &same) && same, "shuffled");
	if (!rbac_same_grants(&core, &set_a, &set_b, &same))
		check(SAME_GRANTS, false, core.error.message);
	check(SAME_GRANTS, !same || (verdict->covers[0] && verdict->covers[1]), "the same, but not equal");
}

static const rbac_value *
value_of(const rbac_request *request, rbac_str attribute)
{
	for (uint32_t i = 0; i < request->nattributes; i++)
		if (rbac_str_equal(request->attributes[i].name, attribute))
			return &request->attributes[i].value;
	return NULL;
}

static void
check_request(arena *memory, const rbac_request *request)
{
	static const char *const strings[] = {"a", "b", "z"};
	rbac_core	core = arena_core(memory);
	rbac_identity identity = {.user_id = str(strings[below(3)]),.organization = str(strings[below(3)])};
	bool		a_allows = oracle_allows(&set_a, request, &identity);
	bool		b_allows = oracle_allows(&set_b, request, &identity);
	rbac_str	attribute = str(attribute_names[below(nattributes)]);
	rbac_value	value = random_value(flavours[below(nattributes)]);
	const rbac_value *given = value_of(request, attribute);
	rbac_privileges result;
	rbac_privileges narrow;

	check(ALLOW, rbac_privileges_allow(&set_a, request, &identity) == a_allows, "a");
	check(ALLOW, rbac_privileges_allow(&set_b, request, &identity) == b_allows, "b");
	check(UNION, rbac_union(&core, &set_a, &set_b, &result) &&
		  rbac_privileges_allow(&result, request, &identity) == (a_allows || b_allows), "");
	if (!rbac_resolve(&core, &set_a, &identity, &result))
		bail_out("%s", core.error.message);
	check(RESOLVE, rbac_privileges_allow(&result, request, NULL) == a_allows, "");
	check(RESTRICT, rbac_restrict(&core, &result, attribute, &value, &narrow) &&
		  rbac_privileges_allow(&narrow, request, NULL) ==
		  (a_allows && given != NULL && same_value(given, &value)), "");
}

/* ---- the run ---- */

/* What the pairs were like: each is seen in both directions. */
typedef struct tally
{
	unsigned long covered;
	unsigned long union_only;	/* covered, but some grant only by several */
	unsigned long uncovered;
	unsigned long union_only_placeholders;	/* and a placeholder is involved */
	unsigned long equal;
	unsigned long incomparable;
} tally;

static void
count(tally *tally, const oracle_verdict *verdict)
{
	for (int side = 0; side < 2; side++)
		if (!verdict->covers[side])
			tally->uncovered++;
		else if (verdict->grantwise[side])
			tally->covered++;
		else
		{
			tally->union_only++;
			tally->union_only_placeholders += placeholder_chance > 0;
		}
	tally->equal += verdict->covers[0] && verdict->covers[1];
	tally->incomparable += !verdict->covers[0] && !verdict->covers[1];
}

static void
check_pair(set *a, set *b, tally *tally)
{
	arena		memory = {0};
	rbac_attribute attributes[MAX_ATTRIBUTES];
	oracle_verdict verdict;

	set_a = relink(a);
	set_b = relink(b);
	verdict = oracle_compare(&set_a, &set_b);
	count(tally, &verdict);
	check_covers(&memory, &set_a, &set_b, verdict.covers[0]);
	check_covers(&memory, &set_b, &set_a, verdict.covers[1]);
	check_compare(&memory, &verdict);
	check_simplify(&memory, &set_a);
	check_text(&memory, &set_a);
	check_same_grants(&memory, a, &verdict);
	for (int i = 0; i < 3; i++)
	{
		rbac_request request = random_request(attributes);

		check_request(&memory, &request);
	}
	arena_free(&memory);
}

int
main(int argc, char **argv)
{
	unsigned long pairs = argc > 2 ? strtoul(argv[2], NULL, 10) : DEFAULT_PAIRS;
	tally		tally = {0};

	seed = argc > 1 ? strtoull(argv[1], NULL, 10) : DEFAULT_SEED;
	random_state = seed;
	diag("seed %" PRIu64 ", %lu pairs", seed, pairs);
	for (pair_number = 1; pair_number <= pairs; pair_number++)
	{
		static set	a;
		static set	b;

		random_pair(&a, &b);
		check_pair(&a, &b, &tally);
	}
	diag("directions covered grant by grant: %lu, only by the union: %lu (%lu with placeholders about), uncovered: %lu",
		 tally.covered, tally.union_only, tally.union_only_placeholders, tally.uncovered);
	diag("pairs equal: %lu, greater or less: %lu, incomparable: %lu",
		 tally.equal, pairs - tally.equal - tally.incomparable, tally.incomparable);
	for (int law = 0; law < NLAWS; law++)
		ok(faults[law] == 0, "%s: %lu faults", law_names[law], faults[law]);
	ok(tally.union_only > pairs / 20 && tally.covered > pairs / 20 && tally.uncovered > pairs / 20,
	   "each kind of coverage was met often");
	return done_testing();
}
