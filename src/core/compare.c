/*
 * compare.c - does one set of privileges cover another, decided exactly.
 *
 * A set is covered iff each of its grants is, and a grant iff nothing is left of
 * its box when the boxes of the other side are subtracted (subtract.c). Ordinary
 * roles are decided before that, in linear time: by an identical grant, which is
 * a hash lookup, or by a single grant that contains it, among the few candidates
 * that index.c hands out.
 *
 * Placeholders stand for any string, the same on both sides. Whether a grant B
 * is covered depends only on which constants a placeholder equals, of those that
 * it is compared with: constants of attributes that have the placeholder among
 * their values. So B is decided with each placeholder generic, that is, a string
 * that equals no constant (its own text, interned like any string, is just
 * that), and then with each of those constants in its place; and if the two
 * placeholders share an attribute, with both being the same new string.
 *
 * For example, owner = "{self_user_id}" is covered by { owner <> "bob" } if the
 * user is generic, but not if the user is bob: the counterexample is the request
 * owner = "bob", made by bob.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core_internal.h"

typedef struct comparison
{
	rbac_universe universe;
	rbac_index	index;			/* covering side */
	const bool *excluded;		/* boxes of it that do not count; NULL: none */
	uint32_t   *candidates;		/* room for all boxes of the index */
	rbac_subtraction subtraction;
	rbac_id		same_string;	/* that both placeholders may be; no grant mentions it */
} comparison;

/* The strings that the placeholders stand for; their own ids when generic. */
typedef struct binding
{
	rbac_id		org;
	rbac_id		user;
} binding;

/* ---- counterexamples ---- */

/* The first of prefix other suffix, prefix other1 suffix, ... that is not among the names. */
static bool
invent(rbac_core *core, const rbac_names *names, rbac_str prefix, const char *suffix, rbac_str *out)
{
	size_t		max = prefix.len + sizeof("other4294967295") + strlen(suffix);
	char	   *data = rbac_alloc(core, max, 1);
	uint32_t	k = 0;

	if (data == NULL)
		return false;
	memcpy(data, prefix.data, prefix.len);
	out->data = data;
	do
	{
		int			len = k == 0 ? snprintf(data + prefix.len, max - prefix.len, "other%s", suffix)
			: snprintf(data + prefix.len, max - prefix.len, "other%u%s", k, suffix);

		out->len = prefix.len + (size_t) len;
		k++;
	} while (rbac_names_find(names, *out) != RBAC_NO_ID);
	return true;
}

static bool
add_other_string(comparison *c, rbac_id *id)
{
	rbac_names *strings = &c->universe.strings;
	rbac_str	text;
	uint32_t	n;

	if (!invent(c->universe.core, strings, RBAC_LITERAL(""), "", &text) ||
		!rbac_names_add(strings, c->universe.core, text, &n))
		return false;
	*id = RBAC_STRING_ID(n);
	return true;
}

/* The first of 0, 1, 2, ... */
static bool
add_other_number(comparison *c, rbac_id *id)
{
	rbac_names *numbers = &c->universe.numbers;
	char		text[sizeof("4294967295")];
	rbac_str	s = {text, 0};
	uint32_t	k = 0;
	uint32_t	n;

	do
		s.len = (size_t) snprintf(text, sizeof(text), "%u", k++);
	while (rbac_names_find(numbers, s) != RBAC_NO_ID);
	if (!rbac_copy(c->universe.core, s, &s) || !rbac_names_add(numbers, c->universe.core, s, &n))
		return false;
	*id = RBAC_NUMBER_ID(n);
	return true;
}

/*
 * A literal permission for a grant's name. For a wildcard it must be one that
 * no grant mentions, and for "*" also of a category that none does.
 */
static bool
literal_permission(const comparison *c, rbac_str name, rbac_str *out)
{
	rbac_core  *core = c->universe.core;
	const rbac_names *names = &c->universe.permissions;

	*out = name;
	if (!rbac_permission_name_is_wildcard(name))
		return true;
	if (name.len == 1 && !invent(core, names, RBAC_LITERAL(""), ":*", out))
		return false;
	return invent(core, names, (rbac_str) {out->data, out->len - 1}, "", out);
}

static rbac_str
text_of(const comparison *c, rbac_id id)
{
	const rbac_names *names = id & 1 ? &c->universe.numbers : &c->universe.strings;

	return names->entries[RBAC_ID_ENTRY(id)].text;
}

static rbac_value
value_of(const comparison *c, rbac_point p)
{
	if (p.kind == RBAC_HAS_STRINGS)
		return (rbac_value) {RBAC_STRING, false, text_of(c, p.id)};
	if (p.kind == RBAC_HAS_NUMBERS)
		return (rbac_value) {RBAC_NUMBER, false, text_of(c, p.id)};
	return (rbac_value) {RBAC_BOOLEAN, p.kind == RBAC_HAS_TRUE, {NULL, 0}};
}

static int
compare_attributes(const void *a, const void *b)
{
	return rbac_str_compare(((const rbac_attribute *) a)->name, ((const rbac_attribute *) b)->name);
}

/* The witness of the current box, as a request. */
static bool
describe_request(const comparison *c, rbac_str name, rbac_request *out)
{
	const rbac_names *names = &c->universe.attributes;

	out->nattributes = 0;
	out->attributes = rbac_alloc(c->universe.core, names->count, sizeof(*out->attributes));
	if (out->attributes == NULL || !literal_permission(c, name, &out->permission))
		return false;
	for (uint32_t i = 0; i < names->count; i++)
	{
		rbac_point	point = rbac_subtraction_witness(&c->subtraction, i);

		if (point.kind != RBAC_HAS_MISSING)
			out->attributes[out->nattributes++] =
				(rbac_attribute) {names->entries[i].text, value_of(c, point)};
	}
	qsort(out->attributes, out->nattributes, sizeof(*out->attributes), compare_attributes);
	return true;
}

static bool
describe(const comparison *c, const rbac_box *box, binding bound, rbac_counterexample *out)
{
	memset(out, 0, sizeof(*out));
	if (bound.org != RBAC_ID_SELF_ORG)
		out->identity.organization = text_of(c, bound.org);
	if (bound.user != RBAC_ID_SELF_USER)
		out->identity.user_id = text_of(c, bound.user);
	return describe_request(c, c->universe.permissions.entries[box->permission].text, &out->request);
}

/* ---- whatever the placeholders stand for ---- */

static bool
either_is_symbolic(const rbac_set *a, const rbac_set *b)
{
	return rbac_set_is_symbolic(a) || rbac_set_is_symbolic(b);
}

/* Two listed sets may meet if a placeholder is in one. */
static bool
always_disjoint(comparison *c, const rbac_set *a, const rbac_set *b)
{
	return rbac_set_disjoint(&c->universe, a, b) && ((a->bits | b->bits) != 0 || !either_is_symbolic(a, b));
}

/* A listed set may leave a complement if a placeholder is in one. */
static bool
always_subset(comparison *c, const rbac_set *a, const rbac_set *b)
{
	return rbac_set_subset(&c->universe, a, b) && (a->bits == b->bits || !either_is_symbolic(a, b));
}

/*
 * False if the box is disjoint from the current one for all strings; *contains if
 * it contains it for all strings.
 */
static bool
may_meet(comparison *c, const rbac_box *box, bool *contains)
{
	*contains = true;
	c->universe.steps += 1 + box->nclauses / 8;
	for (uint32_t i = 0; i < box->nclauses; i++)
	{
		const rbac_set *x = &c->subtraction.current[box->clauses[i].attribute];
		const rbac_set *y = &box->clauses[i].set;

		if (always_disjoint(c, x, y))
			return false;
		*contains = *contains && always_subset(c, x, y);
	}
	return true;
}

/* ---- for each string that a placeholder may stand for ---- */

static const binding generic = {RBAC_ID_SELF_ORG, RBAC_ID_SELF_USER};

enum
{
	USES_ORG = 1,
	USES_USER = 2
};

static uint8_t
placeholders_of(const rbac_set *set)
{
	uint8_t		uses = 0;

	for (uint32_t i = 0; i < set->n && i < 2; i++)
		uses |= set->ids[i] == RBAC_ID_SELF_ORG ? USES_ORG : set->ids[i] == RBAC_ID_SELF_USER ? USES_USER : 0;
	return uses;
}

static bool
bind_set(comparison *c, binding bound, rbac_set *set)
{
	rbac_id    *ids;

	if (!rbac_set_is_symbolic(set))
		return true;
	ids = rbac_scratch_alloc(&c->universe.scratch, set->n, sizeof(*ids));
	if (ids == NULL)
		return false;
	for (uint32_t i = 0; i < set->n; i++)
		ids[i] = set->ids[i] == RBAC_ID_SELF_ORG ? bound.org
			: set->ids[i] == RBAC_ID_SELF_USER ? bound.user : set->ids[i];
	set->ids = ids;
	set->n = rbac_sort_ids(ids, set->n);
	return true;
}

/* A copy of a box with the placeholders replaced. */
static bool
bind_box(comparison *c, binding bound, const rbac_box *in, rbac_box *out)
{
	size_t		size = in->nclauses * sizeof(*in->clauses);

	*out = *in;
	out->clauses = rbac_scratch_alloc(&c->universe.scratch, 1, size);
	if (out->clauses == NULL)
		return false;
	if (size > 0)
		memcpy(out->clauses, in->clauses, size);
	c->universe.steps += 1 + in->nclauses / 8;
	for (uint32_t i = 0; i < out->nclauses; i++)
		if (!bind_set(c, bound, &out->clauses[i].set))
			return false;
	return true;
}

/* Cover a box when the placeholders stand for given strings. */
static rbac_verdict
cover_bound(comparison *c, binding bound, const rbac_box *box, const uint32_t *list, uint32_t n,
			rbac_counterexample *example)
{
	rbac_state	entry = rbac_subtraction_save(&c->subtraction);
	rbac_scratch *scratch = &c->universe.scratch;
	rbac_box   *boxes = rbac_scratch_alloc(scratch, n, sizeof(*boxes));
	uint32_t   *numbers = rbac_scratch_alloc(scratch, n, sizeof(*numbers));
	rbac_box	target;
	rbac_verdict v;

	if (boxes == NULL || numbers == NULL || !bind_box(c, bound, box, &target) ||
		!rbac_subtraction_load(&c->subtraction, &target))
		return RBAC_FAILED;
	for (uint32_t i = 0; i < n; i++)
	{
		numbers[i] = i;
		if (!bind_box(c, bound, &c->index.boxes[list[i]], &boxes[i]))
			return RBAC_FAILED;
	}
	c->subtraction.boxes = boxes;
	v = rbac_subtract(&c->subtraction, numbers, n);
	c->subtraction.boxes = c->index.boxes;
	if (v == RBAC_UNCOVERED && example != NULL && !describe(c, box, bound, example))
		v = RBAC_FAILED;
	rbac_subtraction_restore(&c->subtraction, entry);
	return v;
}

/* What the placeholders of one decision may have to equal. */
typedef struct constants
{
	rbac_id    *ids;			/* the generic string first */
	uint32_t	n;
} constants;

/* Boxes that one decision is about: the covered one and those listed. */
typedef struct problem
{
	const rbac_box *box;
	const uint32_t *list;
	uint32_t	n;
	uint8_t    *uses;			/* by attribute: which placeholders are among its values */
} problem;

static const rbac_box *
problem_box(const comparison *c, const problem *p, uint32_t i)
{
	return i < p->n ? &c->index.boxes[p->list[i]] : p->box;
}

/* The set of a clause, if one of these placeholders is a value of its attribute; else an empty one. */
static rbac_set
problem_set(const comparison *c, const problem *p, uint32_t box, uint32_t clause, uint8_t uses)
{
	const rbac_clause *found = &problem_box(c, p, box)->clauses[clause];

	return p->uses[found->attribute] & uses ? found->set : (rbac_set) {NULL, 0, 0};
}

/* Which placeholders occur, and on which attributes. */
static bool
find_uses(comparison *c, problem *p, uint8_t *all, bool *shared)
{
	uint32_t	nattributes = c->universe.attributes.count;

	p->uses = rbac_scratch_alloc(&c->universe.scratch, nattributes, 1);
	if (p->uses == NULL)
		return false;
	memset(p->uses, 0, nattributes);
	c->universe.steps += nattributes / 64;
	*all = 0;
	*shared = false;
	for (uint32_t i = 0; i <= p->n; i++)
	{
		const rbac_box *box = problem_box(c, p, i);

		for (uint32_t j = 0; j < box->nclauses; j++)
		{
			uint8_t	   *uses = &p->uses[box->clauses[j].attribute];

			*uses |= placeholders_of(&box->clauses[j].set);
			*all |= *uses;
			*shared |= *uses == (USES_ORG | USES_USER);
		}
	}
	return true;
}

/* The generic string, and all constants of attributes with one of these placeholders. */
static bool
find_constants(comparison *c, const problem *p, uint8_t uses, rbac_id own, constants *out)
{
	size_t		most = 1;

	for (uint32_t i = 0; i <= p->n; i++)
		for (uint32_t j = 0; j < problem_box(c, p, i)->nclauses; j++)
			most += problem_set(c, p, i, j, uses).n;
	out->ids = rbac_scratch_alloc(&c->universe.scratch, most, sizeof(*out->ids));
	if (out->ids == NULL)
		return false;
	c->universe.steps += most;
	out->ids[0] = own;
	out->n = 1;
	for (uint32_t i = 0; i <= p->n; i++)
		for (uint32_t j = 0; j < problem_box(c, p, i)->nclauses; j++)
		{
			rbac_set	set = problem_set(c, p, i, j, uses);

			for (uint32_t k = 0; k < set.n; k++)
				if (!(set.ids[k] & 1) && set.ids[k] > RBAC_ID_SELF_USER)
					out->ids[out->n++] = set.ids[k];
		}
	out->n = 1 + rbac_sort_ids(out->ids + 1, out->n - 1);
	return true;
}

/*
 * Try with those boxes only that contain the current one on every attribute
 * that a placeholder is a value of. Then no placeholder matters, and one attempt
 * will do: that is the ordinary case of grants on one's own things.
 */
static rbac_verdict
cover_alike(comparison *c, const problem *p)
{
	rbac_state	entry = rbac_subtraction_save(&c->subtraction);
	uint32_t   *alike = rbac_scratch_alloc(&c->universe.scratch, p->n, sizeof(*alike));
	uint32_t	n = 0;
	rbac_verdict v;

	if (alike == NULL)
		return RBAC_FAILED;
	for (uint32_t i = 0; i < p->n; i++)
	{
		const rbac_box *box = problem_box(c, p, i);
		bool		same = true;

		for (uint32_t j = 0; j < box->nclauses && same; j++)
			same = p->uses[box->clauses[j].attribute] == 0 ||
				always_subset(c, &c->subtraction.current[box->clauses[j].attribute], &box->clauses[j].set);
		if (same)
			alike[n++] = p->list[i];
	}
	v = rbac_subtract(&c->subtraction, alike, n);
	rbac_subtraction_restore(&c->subtraction, entry);
	return v;
}

/* Cover a box whatever the placeholders stand for; the generic strings come first. */
static rbac_verdict
cover_symbolic(comparison *c, const rbac_box *box, const uint32_t *list, uint32_t n,
			   rbac_counterexample *example)
{
	problem		p = {box, list, n, NULL};
	constants	orgs;
	constants	users;
	uint8_t		all;
	bool		shared;
	rbac_verdict v;

	if (!find_uses(c, &p, &all, &shared))
		return RBAC_FAILED;
	v = cover_alike(c, &p);
	if (v != RBAC_UNCOVERED)
		return v;
	v = RBAC_COVERED;
	if (!find_constants(c, &p, shared ? all : all & USES_ORG, RBAC_ID_SELF_ORG, &orgs) ||
		!find_constants(c, &p, shared ? all : all & USES_USER, RBAC_ID_SELF_USER, &users))
		return RBAC_FAILED;
	for (uint32_t i = 0; i < orgs.n; i++)
		for (uint32_t j = 0; j < users.n && v == RBAC_COVERED; j++)
			v = cover_bound(c, (binding) {orgs.ids[i], users.ids[j]}, box, list, n, example);
	if (shared && v == RBAC_COVERED)
		v = cover_bound(c, (binding) {c->same_string, c->same_string}, box, list, n, example);
	return v;
}

/* ---- the decision for one grant ---- */

static bool
has_placeholder(const rbac_box *box)
{
	for (uint32_t i = 0; i < box->nclauses; i++)
		if (rbac_set_is_symbolic(&box->clauses[i].set))
			return true;
	return false;
}

/*
 * Keep the candidates that may meet the current box. RBAC_COVERED if one of them
 * contains it, RBAC_UNCOVERED if that is not yet known.
 */
static rbac_verdict
prune(comparison *c, uint32_t *list, uint32_t *n, bool *symbolic)
{
	uint32_t	kept = 0;

	for (uint32_t i = 0; i < *n; i++)
	{
		const rbac_box *box = &c->index.boxes[list[i]];
		bool		contains;

		if (!rbac_universe_go_on(&c->universe))
			return RBAC_FAILED;
		if ((c->excluded != NULL && c->excluded[list[i]]) || !may_meet(c, box, &contains))
			continue;
		if (contains)
			return RBAC_COVERED;
		*symbolic = *symbolic || has_placeholder(box);
		list[kept++] = list[i];
	}
	*n = kept;
	return RBAC_UNCOVERED;
}

static rbac_verdict
cover_box(comparison *c, const rbac_box *box, rbac_counterexample *example)
{
	uint32_t	same = rbac_index_identical(&c->index, box);
	uint32_t   *list = c->candidates;
	uint32_t	n;
	bool		symbolic = has_placeholder(box);
	rbac_state	entry = rbac_subtraction_save(&c->subtraction);
	rbac_verdict v;

	if (same != RBAC_NO_ID && (c->excluded == NULL || !c->excluded[same]))
		return RBAC_COVERED;
	if (!rbac_index_candidates(&c->index, box, list, &n) || !rbac_subtraction_load(&c->subtraction, box))
		return RBAC_FAILED;
	v = prune(c, list, &n, &symbolic);
	if (v == RBAC_UNCOVERED && !symbolic)
	{
		v = rbac_subtract(&c->subtraction, list, n);
		if (v == RBAC_UNCOVERED && example != NULL && !describe(c, box, generic, example))
			v = RBAC_FAILED;
	}
	else if (v == RBAC_UNCOVERED)
		v = cover_symbolic(c, box, list, n, example);
	rbac_subtraction_restore(&c->subtraction, entry);
	return v;
}

/* ---- the decisions on sets of grants ---- */

/* Make ready to cover boxes by these; all boxes of the universe are made. */
static bool
prepare(comparison *c, const rbac_box *boxes, uint32_t nboxes)
{
	c->universe.steps = 0;
	c->universe.next_poll = 0;
	c->candidates = rbac_alloc(c->universe.core, nboxes, sizeof(*c->candidates));
	c->subtraction.units = rbac_alloc(c->universe.core, nboxes, sizeof(*c->subtraction.units));
	if (c->candidates == NULL || c->subtraction.units == NULL ||
		!rbac_index_build(&c->index, &c->universe, boxes, nboxes))
		return false;
	c->subtraction.boxes = boxes;
	return true;
}

/* What every comparison in a universe shares; to be called when all its boxes are made. */
static bool
begin(comparison *c)
{
	return rbac_subtraction_init(&c->subtraction, &c->universe) &&
		add_other_string(c, &c->subtraction.other_string) && add_other_string(c, &c->same_string) &&
		add_other_number(c, &c->subtraction.other_number);
}

static bool
cover_all(comparison *c, const rbac_box *boxes, uint32_t n, bool *covered, rbac_counterexample *example)
{
	rbac_verdict v = RBAC_COVERED;

	for (uint32_t i = 0; i < n && v == RBAC_COVERED; i++)
		v = rbac_universe_go_on(&c->universe) ? cover_box(c, &boxes[i], example) : RBAC_FAILED;
	*covered = v == RBAC_COVERED;
	return v != RBAC_FAILED;
}

bool
rbac_covers(rbac_core *core, const rbac_privileges *a, const rbac_privileges *b, bool *covered,
			rbac_counterexample *example)
{
	comparison	c = {.excluded = NULL};
	rbac_box   *covering;
	rbac_box   *boxes;

	return rbac_universe_init(&c.universe, core) && rbac_make_boxes(&c.universe, a, &covering) &&
		rbac_make_boxes(&c.universe, b, &boxes) && begin(&c) && prepare(&c, covering, a->ngrants) &&
		cover_all(&c, boxes, b->ngrants, covered, example);
}

bool
rbac_compare(rbac_core *core, const rbac_privileges *a, const rbac_privileges *b, rbac_order *order)
{
	comparison	c = {.excluded = NULL};
	rbac_box   *of_a;
	rbac_box   *of_b;
	bool		a_covers;
	bool		b_covers;

	if (!rbac_universe_init(&c.universe, core) || !rbac_make_boxes(&c.universe, a, &of_a) ||
		!rbac_make_boxes(&c.universe, b, &of_b) || !begin(&c) || !prepare(&c, of_a, a->ngrants) ||
		!cover_all(&c, of_b, b->ngrants, &a_covers, NULL) || !prepare(&c, of_b, b->ngrants) ||
		!cover_all(&c, of_a, a->ngrants, &b_covers, NULL))
		return false;
	*order = a_covers ? (b_covers ? RBAC_EQUAL : RBAC_GREATER) : b_covers ? RBAC_LESS : RBAC_INCOMPARABLE;
	return true;
}

/*
 * From the last grant to the first: exclude it if what is not excluded yet
 * covers it. What is dropped is covered at every moment by what is left, and no
 * grant that is left is covered by the others.
 */
static bool
exclude_covered(comparison *c, bool *excluded, uint32_t n)
{
	for (uint32_t i = n; i-- > 0;)
	{
		rbac_verdict v;

		excluded[i] = true;
		v = rbac_universe_go_on(&c->universe) ? cover_box(c, &c->index.boxes[i], NULL) : RBAC_FAILED;
		if (v == RBAC_FAILED)
			return false;
		excluded[i] = v == RBAC_COVERED;
	}
	return true;
}

static bool
make_unexcluded(rbac_core *core, const rbac_privileges *in, const bool *excluded, rbac_privileges *out)
{
	rbac_privileges left = {0, rbac_alloc(core, in->ngrants, sizeof(*left.grants))};

	if (left.grants == NULL)
		return false;
	for (uint32_t i = 0; i < in->ngrants; i++)
		if (!excluded[i])
			left.grants[left.ngrants++] = in->grants[i];
	*out = left;
	return true;
}

bool
rbac_simplify(rbac_core *core, const rbac_privileges *in, rbac_privileges *out)
{
	comparison	c = {.excluded = NULL};
	rbac_box   *boxes;
	bool	   *excluded = rbac_alloc(core, in->ngrants, sizeof(*excluded));

	if (excluded == NULL)
		return false;
	memset(excluded, 0, in->ngrants * sizeof(*excluded));
	c.excluded = excluded;
	return rbac_universe_init(&c.universe, core) && rbac_make_boxes(&c.universe, in, &boxes) && begin(&c) &&
		prepare(&c, boxes, in->ngrants) && exclude_covered(&c, excluded, in->ngrants) &&
		make_unexcluded(core, in, excluded, out);
}
