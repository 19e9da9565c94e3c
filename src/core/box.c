/*
 * box.c - grants as boxes: the algebra of sets that comparison works with.
 *
 * A grant allows the requests of a box: on each attribute that it conditions,
 * the request's value must be in a set. The domain of an attribute is
 *
 *	   {missing} + all strings + all numbers + {true, false}
 *
 * and a set of it is five bits, one per kind, and the strings and numbers that
 * are exceptions to their kind's bit:
 *
 *	   Equals "a", In ["a"]	   no bits, {a}
 *	   NotEquals "a"		   STRINGS, {a}
 *	   NotEquals true		   FALSE
 *	   not conditioned		   all bits
 *	   the last but the first  MISSING STRINGS NUMBERS TRUE FALSE, {a}
 *
 * The complement flips the bits; with that, "is a subset of" is "is disjoint
 * from the complement of". Strings and numbers are without end, so a set with
 * one of their bits is never empty, and two sets that share a bit always meet.
 *
 * Here a placeholder is a string like any other. What it may stand for is
 * compare.c's concern.
 */
#include <stdlib.h>
#include <string.h>

#include "core_internal.h"

#define INFINITE		(RBAC_HAS_STRINGS | RBAC_HAS_NUMBERS)
#define POLL_INTERVAL	4096

bool
rbac_universe_init(rbac_universe *universe, rbac_core *core)
{
	uint32_t	id;

	memset(universe, 0, sizeof(*universe));
	universe->core = core;
	universe->scratch.core = core;
	universe->permissions.steps = &universe->steps;
	universe->attributes.steps = &universe->steps;
	universe->strings.steps = &universe->steps;
	universe->numbers.steps = &universe->steps;
	return rbac_names_add(&universe->strings, core, RBAC_LITERAL(RBAC_SELF_ORG_ID), &id) &&
		rbac_names_add(&universe->strings, core, RBAC_LITERAL(RBAC_SELF_USER_ID), &id);
}

bool
rbac_universe_poll(rbac_universe *universe)
{
	rbac_core  *core = universe->core;

	universe->next_poll = universe->steps + POLL_INTERVAL;
	if (core->interrupted != NULL && core->interrupted(core->arg))
		return rbac_fail(core, RBAC_INTERRUPTED, "interrupted");
	if (universe->steps > RBAC_MAX_STEPS)
		return rbac_fail(core, RBAC_LIMIT, "a comparison is limited to %d steps", RBAC_MAX_STEPS);
	return true;
}

static int
compare_ids(const void *a, const void *b)
{
	rbac_id		x = *(const rbac_id *) a;
	rbac_id		y = *(const rbac_id *) b;

	return (x > y) - (x < y);
}

uint32_t
rbac_sort_ids(rbac_id *ids, uint32_t n)
{
	uint32_t	kept = n > 0;
	uint32_t	ascending = 1;

	while (ascending < n && ids[ascending - 1] < ids[ascending])
		ascending++;
	if (ascending >= n)
		return n;
	qsort(ids, n, sizeof(*ids), compare_ids);
	for (uint32_t i = 1; i < n; i++)
		if (ids[i] != ids[kept - 1])
			ids[kept++] = ids[i];
	return kept;
}

/* Strings are even and the placeholders are the first two of them. */
bool
rbac_set_is_symbolic(const rbac_set *set)
{
	return set->n > 0 && (set->ids[0] == RBAC_ID_SELF_ORG || set->ids[0] == RBAC_ID_SELF_USER);
}

static uint8_t
kind_of(rbac_id id)
{
	return id & 1 ? RBAC_HAS_NUMBERS : RBAC_HAS_STRINGS;
}

/* The first place at or after from whose id is not less. */
static uint32_t
lower_bound(const rbac_set *set, uint32_t from, rbac_id id)
{
	uint32_t	to = set->n;

	while (from < to)
	{
		uint32_t	middle = from + (to - from) / 2;

		if (set->ids[middle] < id)
			from = middle + 1;
		else
			to = middle;
	}
	return from;
}

bool
rbac_set_member(const rbac_set *set, rbac_id id)
{
	uint32_t	at = lower_bound(set, 0, id);

	return ((set->bits & kind_of(id)) != 0) ^ (at < set->n && set->ids[at] == id);
}

/* Is there a value that a lists and both contain? */
static bool
lists_shared(rbac_universe *universe, const rbac_set *a, const rbac_set *b)
{
	uint32_t	at = 0;

	for (uint32_t i = 0; i < a->n; i++)
	{
		uint8_t		kind = kind_of(a->ids[i]);

		universe->steps += i % 8 == 7;
		if (a->bits & kind)
			continue;			/* listed because it is not in a */
		at = lower_bound(b, at, a->ids[i]);
		if (((b->bits & kind) != 0) ^ (at < b->n && b->ids[at] == a->ids[i]))
			return true;
	}
	return false;
}

/* Is there a value that either lists and both contain? If one lists all it has, its list will do. */
bool
rbac_set_share_listed(rbac_universe *universe, const rbac_set *a, const rbac_set *b)
{
	bool		a_listed = (a->bits & INFINITE) == 0;
	bool		b_listed = (b->bits & INFINITE) == 0;

	if (a_listed && (!b_listed || a->n <= b->n))
		return lists_shared(universe, a, b);
	if (b_listed)
		return lists_shared(universe, b, a);
	return lists_shared(universe, a, b) || lists_shared(universe, b, a);
}

static rbac_set
complement(const rbac_set *set)
{
	return (rbac_set) {set->ids, set->n, set->bits ^ RBAC_HAS_ALL};
}

bool
rbac_set_subset(rbac_universe *universe, const rbac_set *a, const rbac_set *b)
{
	rbac_set	rest = complement(b);

	return rbac_set_disjoint(universe, a, &rest);
}

/*
 * A value that neither lists is in the intersection iff its kind's bit is in
 * both; so only listed values can be exceptions to that.
 */
bool
rbac_set_intersect(rbac_universe *universe, const rbac_set *a, const rbac_set *b, rbac_set *out)
{
	rbac_id    *ids = rbac_scratch_alloc(&universe->scratch, (size_t) a->n + b->n, sizeof(*ids));
	uint8_t		bits = a->bits & b->bits;
	uint32_t	n = 0;
	uint32_t	i = 0;
	uint32_t	j = 0;

	if (ids == NULL)
		return false;
	universe->steps += 1 + (a->n + b->n) / 8;
	while (i < a->n || j < b->n)
	{
		bool		in_a = i < a->n && (j == b->n || a->ids[i] <= b->ids[j]);
		bool		in_b = j < b->n && (i == a->n || b->ids[j] <= a->ids[i]);
		rbac_id		id = in_a ? a->ids[i] : b->ids[j];
		uint8_t		kind = kind_of(id);
		bool		member = (((a->bits & kind) != 0) ^ in_a) && (((b->bits & kind) != 0) ^ in_b);

		if (member != ((bits & kind) != 0))
			ids[n++] = id;
		i += in_a;
		j += in_b;
	}
	*out = (rbac_set) {ids, n, bits};
	return true;
}

bool
rbac_set_subtract(rbac_universe *universe, const rbac_set *a, const rbac_set *b, rbac_set *out)
{
	rbac_set	rest = complement(b);

	return rbac_set_intersect(universe, a, &rest, out);
}

/* Where the boxes of one set of privileges have their clauses and ids. */
typedef struct storage
{
	rbac_clause *clauses;
	rbac_id    *ids;
} storage;

static bool
make_storage(rbac_core *core, const rbac_privileges *privileges, storage *out)
{
	size_t		nclauses = 0;
	size_t		nids = 0;

	for (uint32_t i = 0; i < privileges->ngrants; i++)
	{
		const rbac_grant *grant = &privileges->grants[i];

		nclauses += grant->nconditions;
		for (uint32_t j = 0; j < grant->nconditions; j++)
			nids += grant->conditions[j].nvalues;
	}
	out->clauses = rbac_alloc(core, nclauses, sizeof(*out->clauses));
	out->ids = rbac_alloc(core, nids, sizeof(*out->ids));
	return out->clauses != NULL && out->ids != NULL;
}

static uint8_t
boolean_bits(const rbac_condition *condition)
{
	uint8_t		bits = 0;

	for (uint32_t i = 0; i < condition->nvalues; i++)
		bits |= condition->values[i].boolean ? RBAC_HAS_TRUE : RBAC_HAS_FALSE;
	return condition->op == RBAC_NOT_EQUALS ? bits ^ (RBAC_HAS_TRUE | RBAC_HAS_FALSE) : bits;
}

/* Intern a condition's strings or numbers into the room at ids. */
static bool
make_set(rbac_universe *universe, const rbac_condition *condition, rbac_id *ids, rbac_set *out)
{
	rbac_type	type = condition->values[0].type;
	bool		negated = condition->op == RBAC_NOT_EQUALS;

	if (type == RBAC_BOOLEAN)
	{
		*out = (rbac_set) {NULL, 0, boolean_bits(condition)};
		return true;
	}
	for (uint32_t i = 0; i < condition->nvalues; i++)
	{
		rbac_names *names = type == RBAC_STRING ? &universe->strings : &universe->numbers;
		uint32_t	n;

		if (!rbac_names_add(names, universe->core, condition->values[i].text, &n))
			return false;
		ids[i] = type == RBAC_STRING ? RBAC_STRING_ID(n) : RBAC_NUMBER_ID(n);
	}
	out->ids = ids;
	out->n = rbac_sort_ids(ids, condition->nvalues);
	out->bits = !negated ? 0 : type == RBAC_STRING ? RBAC_HAS_STRINGS : RBAC_HAS_NUMBERS;
	return true;
}

static uint32_t
hash_clause(uint32_t hash, const rbac_clause *clause)
{
	hash = rbac_hash_mix(hash, clause->attribute);
	hash = rbac_hash_mix(hash, clause->set.bits | (uint32_t) clause->negated << 8);
	for (uint32_t i = 0; i < clause->set.n; i++)
		hash = rbac_hash_mix(hash, clause->set.ids[i]);
	return hash;
}

static bool
make_box(rbac_universe *universe, const rbac_grant *grant, storage *room, rbac_box *out)
{
	if (!rbac_names_add(&universe->permissions, universe->core, grant->permission, &out->permission))
		return false;
	out->nclauses = grant->nconditions;
	out->clauses = room->clauses;
	out->hash = rbac_hash_mix(out->nclauses, out->permission);
	for (uint32_t i = 0; i < grant->nconditions; i++)
	{
		const rbac_condition *condition = &grant->conditions[i];
		rbac_clause *clause = room->clauses++;

		clause->negated = condition->op == RBAC_NOT_EQUALS;
		if (!rbac_names_add(&universe->attributes, universe->core, condition->attribute, &clause->attribute) ||
			!make_set(universe, condition, room->ids, &clause->set))
			return false;
		room->ids += condition->nvalues;
		out->hash = hash_clause(out->hash, clause);
	}
	return rbac_universe_go_on(universe);
}

bool
rbac_make_boxes(rbac_universe *universe, const rbac_privileges *privileges, rbac_box **out)
{
	storage		room;

	*out = rbac_alloc(universe->core, privileges->ngrants, sizeof(**out));
	if (*out == NULL || !make_storage(universe->core, privileges, &room))
		return false;
	for (uint32_t i = 0; i < privileges->ngrants; i++)
		if (!make_box(universe, &privileges->grants[i], &room, &(*out)[i]))
			return false;
	return true;
}

static bool
clause_equal(const rbac_clause *a, const rbac_clause *b)
{
	return a->attribute == b->attribute && a->negated == b->negated && a->set.bits == b->set.bits &&
		a->set.n == b->set.n &&
		(a->set.n == 0 || memcmp(a->set.ids, b->set.ids, a->set.n * sizeof(*a->set.ids)) == 0);
}

/* Equal in normal form: attributes and values sorted, duplicates dropped, Equals v as In [v]. */
bool
rbac_box_equal(const rbac_box *a, const rbac_box *b)
{
	if (a->hash != b->hash || a->permission != b->permission || a->nclauses != b->nclauses)
		return false;
	for (uint32_t i = 0; i < a->nclauses; i++)
		if (!clause_equal(&a->clauses[i], &b->clauses[i]))
			return false;
	return true;
}
