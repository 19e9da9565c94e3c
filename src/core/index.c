/*
 * index.c - finds the few boxes of a set of privileges that may meet a given
 * one.
 *
 * Three ways, from the cheapest: the same box by the hash of its normal form;
 * boxes by permission name; and among many boxes of one name, by the value of
 * the attribute that tells them best apart. It decides nothing: what it leaves
 * out is certainly disjoint, what it hands out may be.
 */
#include <stdlib.h>
#include <string.h>

#include "core_internal.h"

#define SELECTOR_MIN	16		/* boxes of one name from which a selector pays */

/* Group the boxes by permission, in their order. */
static bool
group_by_permission(rbac_index *index)
{
	rbac_core  *core = index->universe->core;
	uint32_t   *first = rbac_alloc(core, (size_t) index->npermissions + 2, sizeof(*first));

	index->members = rbac_alloc(core, index->nboxes, sizeof(*index->members));
	if (first == NULL || index->members == NULL)
		return false;
	memset(first, 0, ((size_t) index->npermissions + 2) * sizeof(*first));
	for (uint32_t i = 0; i < index->nboxes; i++)
		first[index->boxes[i].permission + 2]++;
	for (uint32_t p = 0; p < index->npermissions; p++)
		first[p + 2] += first[p + 1];
	index->first = first;
	for (uint32_t i = 0; i < index->nboxes; i++)	/* moves first[p + 1] to where p ends */
		index->members[first[index->boxes[i].permission + 1]++] = i;
	return true;
}

/* The slot of a box with this normal form, or the free one where it belongs. */
static uint32_t *
find_slot(rbac_index *index, const rbac_box *box)
{
	uint32_t	at = box->hash & (index->nslots - 1);

	while (index->slots[at] != RBAC_NO_ID && !rbac_box_equal(&index->boxes[index->slots[at]], box))
	{
		index->universe->steps++;
		at = (at + 1) & (index->nslots - 1);
	}
	return &index->slots[at];
}

static bool
hash_boxes(rbac_index *index)
{
	index->nslots = 16;
	while (index->nslots < 2 * index->nboxes)
		index->nslots *= 2;
	index->slots = rbac_alloc(index->universe->core, index->nslots, sizeof(*index->slots));
	if (index->slots == NULL)
		return false;
	memset(index->slots, 0xff, index->nslots * sizeof(*index->slots));	/* RBAC_NO_ID */
	for (uint32_t i = 0; i < index->nboxes; i++)
	{
		uint32_t   *slot = find_slot(index, &index->boxes[i]);

		if (*slot == RBAC_NO_ID)
			*slot = i;
		if (!rbac_universe_go_on(index->universe))
			return false;
	}
	return true;
}

/* To be called when all boxes of the comparison are made. */
bool
rbac_index_build(rbac_index *index, rbac_universe *universe, const rbac_box *boxes, uint32_t nboxes)
{
	memset(index, 0, sizeof(*index));
	index->universe = universe;
	index->boxes = boxes;
	index->nboxes = nboxes;
	index->npermissions = universe->permissions.count;
	index->selectors = rbac_alloc(universe->core, index->npermissions, sizeof(*index->selectors));
	if (index->selectors == NULL)
		return false;
	memset(index->selectors, 0, index->npermissions * sizeof(*index->selectors));
	return group_by_permission(index) && hash_boxes(index);
}

uint32_t
rbac_index_identical(rbac_index *index, const rbac_box *box)
{
	return *find_slot(index, box);
}

/* Finite, and the same values whatever the placeholders stand for. */
static bool
is_selective(const rbac_set *set)
{
	return set->bits == 0 && set->n > 0 && !rbac_set_is_symbolic(set);
}

static int
compare_postings(const void *a, const void *b)
{
	const rbac_posting *x = a;
	const rbac_posting *y = b;

	if (x->attribute != y->attribute)
		return x->attribute < y->attribute ? -1 : 1;
	if (x->id != y->id)
		return x->id < y->id ? -1 : 1;
	return (x->box > y->box) - (x->box < y->box);
}

/* Every clause of the group that admits one value only, sorted by attribute and value. */
static bool
collect_postings(const rbac_index *index, uint32_t permission, rbac_posting **out, uint32_t *n)
{
	size_t		most = 0;

	for (uint32_t i = index->first[permission]; i < index->first[permission + 1]; i++)
		most += index->boxes[index->members[i]].nclauses;
	*n = 0;
	*out = rbac_alloc(index->universe->core, most, sizeof(**out));
	if (*out == NULL)
		return false;
	for (uint32_t i = index->first[permission]; i < index->first[permission + 1]; i++)
	{
		const rbac_box *box = &index->boxes[index->members[i]];

		for (uint32_t j = 0; j < box->nclauses; j++)
		{
			const rbac_clause *clause = &box->clauses[j];

			if (clause->set.n == 1 && is_selective(&clause->set))
				(*out)[(*n)++] = (rbac_posting) {clause->attribute, clause->set.ids[0], index->members[i]};
		}
	}
	qsort(*out, *n, sizeof(**out), compare_postings);
	return true;
}

/*
 * Choose the attribute for which a box with one of the group's own values has
 * the fewest candidates on average: all boxes without a posting, and a share of
 * the sum of squares of those with one.
 */
static void
choose_attribute(rbac_selector *selector, const rbac_posting *all, uint32_t n, uint32_t size)
{
	double		best = size / 2.0;	/* not worth it if it does not halve the group */
	uint32_t	from = 0;

	selector->attribute = RBAC_NO_ID;
	while (from < n)
	{
		double		squares = 0;
		double		expected;
		uint32_t	run = from;
		uint32_t	to = from;

		for (; to < n && all[to].attribute == all[from].attribute; to++)
		{
			if (all[to].id != all[run].id)
				run = to;
			squares += 2 * (to - run) + 1;	/* the odd numbers up to 2c-1 sum to c^2 */
		}
		expected = size - (to - from) + squares / (to - from);
		if (expected < best)
		{
			best = expected;
			selector->attribute = all[from].attribute;
			selector->postings = (rbac_posting *) all + from;
			selector->npostings = to - from;
		}
		from = to;
	}
}

/* List the group's boxes that have no posting. */
static bool
collect_others(const rbac_index *index, uint32_t permission, rbac_selector *selector)
{
	selector->others = rbac_alloc(index->universe->core,
								  index->first[permission + 1] - index->first[permission],
								  sizeof(*selector->others));
	if (selector->others == NULL)
		return false;
	for (uint32_t i = index->first[permission]; i < index->first[permission + 1]; i++)
	{
		const rbac_box *box = &index->boxes[index->members[i]];
		bool		posted = false;

		for (uint32_t j = 0; j < box->nclauses; j++)
			posted |= box->clauses[j].attribute == selector->attribute && box->clauses[j].set.n == 1 &&
				is_selective(&box->clauses[j].set);
		if (!posted)
			selector->others[selector->nothers++] = index->members[i];
	}
	return true;
}

static bool
build_selector(const rbac_index *index, uint32_t permission, rbac_selector *selector)
{
	rbac_posting *postings;
	uint32_t	n;

	if (!collect_postings(index, permission, &postings, &n))
		return false;
	choose_attribute(selector, postings, n, index->first[permission + 1] - index->first[permission]);
	selector->built = true;
	return selector->attribute == RBAC_NO_ID || collect_others(index, permission, selector);
}

/* The set by which a selector can look this box up; NULL if it cannot. */
static const rbac_set *
selecting_set(const rbac_selector *selector, const rbac_box *box)
{
	for (uint32_t i = 0; i < box->nclauses; i++)
		if (box->clauses[i].attribute == selector->attribute && is_selective(&box->clauses[i].set))
			return &box->clauses[i].set;
	return NULL;
}

static void
append_postings(const rbac_selector *selector, rbac_id id, uint32_t *out, uint32_t *n)
{
	uint32_t	from = 0;
	uint32_t	to = selector->npostings;

	while (from < to)
	{
		uint32_t	middle = from + (to - from) / 2;

		if (selector->postings[middle].id < id)
			from = middle + 1;
		else
			to = middle;
	}
	for (; from < selector->npostings && selector->postings[from].id == id; from++)
		out[(*n)++] = selector->postings[from].box;
}

/* Candidates among the boxes of one permission name. */
static bool
append_group(rbac_index *index, uint32_t permission, const rbac_box *box, uint32_t *out, uint32_t *n)
{
	uint32_t	first = index->first[permission];
	uint32_t	size = index->first[permission + 1] - first;
	rbac_selector *selector = &index->selectors[permission];
	const rbac_set *set = NULL;

	if (size >= SELECTOR_MIN)
	{
		if (!selector->built && !build_selector(index, permission, selector))
			return false;
		set = selecting_set(selector, box);
	}
	if (set == NULL)
	{
		memcpy(out + *n, index->members + first, size * sizeof(*out));
		*n += size;
		return true;
	}
	for (uint32_t i = 0; i < set->n; i++)
		append_postings(selector, set->ids[i], out, n);
	memcpy(out + *n, selector->others, selector->nothers * sizeof(*out));
	*n += selector->nothers;
	return true;
}

/* The number of "Category:*" for a name that has a category, if anyone grants that. */
static bool
category_wildcard(rbac_universe *universe, rbac_str name, uint32_t *id)
{
	rbac_mark	mark = universe->scratch.top;
	rbac_str	category = rbac_permission_name_category(name);
	char	   *wildcard = rbac_scratch_alloc(&universe->scratch, category.len + 2, 1);

	*id = RBAC_NO_ID;
	if (wildcard == NULL)
		return false;
	if (category.data != NULL)
	{
		memcpy(wildcard, category.data, category.len);
		memcpy(wildcard + category.len, ":*", 2);
		*id = rbac_names_find(&universe->permissions, (rbac_str) {wildcard, category.len + 2});
	}
	rbac_scratch_release(&universe->scratch, mark);
	return true;
}

/* A wildcard is covered by wildcards only: it also stands for permissions yet to come. */
bool
rbac_index_candidates(rbac_index *index, const rbac_box *box, uint32_t *out, uint32_t *n)
{
	rbac_universe *universe = index->universe;
	uint32_t	names[3];

	*n = 0;
	names[0] = box->permission;
	names[1] = rbac_names_find(&universe->permissions, RBAC_LITERAL("*"));
	if (!category_wildcard(universe, universe->permissions.entries[box->permission].text, &names[2]))
		return false;
	for (int i = 0; i < 3; i++)
		if (names[i] != RBAC_NO_ID && (i == 0 || names[i] != box->permission) &&
			!append_group(index, names[i], box, out, n))
			return false;
	return true;
}
