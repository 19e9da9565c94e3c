/*
 * compare.c - does one set of privileges cover another, decided exactly.
 *
 * Each grant B of the covered side is a box (box.c). It is covered iff nothing
 * is left of it when the boxes of the covering side are subtracted. This is
 * subtraction of boxes with splitting, as in orthogonal range and firewall rule
 * analysis, here over sets that are finite or the complement of a finite set:
 *
 *	   B \ A = union over A's attributes x1, x2, ..	 of
 *			   (B within A on x1 .. x(i-1)) and outside of A on x(i)
 *
 * Those pieces are disjoint boxes; each is treated in turn with the boxes that
 * are left. Deciding this is co-NP-complete (each A is a clause), so the number
 * of steps is limited; what makes ordinary roles linear is in the order of
 * tests: an identical grant (a hash lookup), a single grant that contains B
 * (one pass over the few candidates of index.c), and only then subtraction.
 *
 * Worked example. B: x <> 3. A1: x = 1. A2: x <> 1 and y = 2. A3: x <> 1.
 * A box keeps, per attribute, the values left. No single A contains B.
 *	   x not in {3}; y anything, or missing.
 *	   A1 differs on one attribute only, so what is left of B is one piece, and
 *	   we just go on with it: x not in {1,3}.
 *	   A2 differs on y only: x not in {1,3}; y not in {2}, or missing.
 *	   A3 contains that: nothing is left, B is covered.
 * Without A3: the witness of the box (missing where that is left, else a value
 * no grant mentions, else the first one listed) is x = "some other number", y
 * missing. No A that is left contains it, so it is a counterexample.
 *
 * The witness decides most uncovered cases at once. When some A does contain
 * it, any proof of coverage needs such an A, so we split by one of these.
 *
 * The current box is one array, a set per attribute; splitting changes it and
 * records the old sets on a trail, backtracking restores them. Memory in use
 * is thus proportional to the depth, which is kept in frames, not on the C
 * stack.
 *
 * Placeholders stand for any string, the same on both sides. Whether B is
 * covered depends only on which constants, of those that it is compared with, a
 * placeholder equals: constants of attributes that it is a value of too. So B is
 * decided with each placeholder generic, a string that equals none of them (the
 * placeholder's own text, which is interned, is just that), and then with each
 * of them in its place; and where the two placeholders share an attribute, with
 * both being the same new string.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core_internal.h"

#define LOOK_AHEAD	32			/* boxes looked at in search of the best one to split by */

typedef enum verdict
{
	COVERED,
	UNCOVERED,
	FAILED						/* core->error says why */
} verdict;

/* A set of the current box before it was changed. */
typedef struct change
{
	uint32_t	attribute;
	rbac_set	old;
} change;

/* Point to return to. */
typedef struct state
{
	rbac_mark	mark;
	uint32_t	nchanges;
} state;

/* A box being split by another, the pivot; "clause" is the piece under way. */
typedef struct frame
{
	struct frame *parent;
	state		entry;			/* before the box was entered */
	state		piece;			/* before the piece under way was cut out */
	const rbac_box *pivot;
	uint32_t	clause;
	uint32_t	n;				/* boxes left to subtract, apart from the pivot */
	uint32_t	list[];
} frame;

/* The strings that the placeholders stand for; their own ids when generic. */
typedef struct binding
{
	rbac_id		org;
	rbac_id		user;
} binding;

typedef struct comparison
{
	rbac_universe universe;
	rbac_index	index;			/* covering side */
	const bool *excluded;		/* boxes of it that do not count; NULL: none */
	const rbac_box *boxes;		/* what lists of numbers refer to: the index's boxes,
								 * or copies with placeholders replaced */
	rbac_set   *current;		/* by attribute: the box that is being covered */
	change	   *changes;
	uint32_t	nchanges;
	uint32_t	max_changes;
	uint32_t   *candidates;		/* room for all boxes of the index */
	frame	   *top;
	rbac_id		other_string;	/* no grant mentions these: for counterexamples, */
	rbac_id		other_number;
	rbac_id		same_string;	/* and for both placeholders being the same */
} comparison;

/* ---- the current box ---- */

static const rbac_set everything = {NULL, 0, RBAC_HAS_ALL};

static state
save(const comparison *c)
{
	return (state) {c->universe.scratch.top, c->nchanges};
}

static void
restore(comparison *c, state to)
{
	while (c->nchanges > to.nchanges)
	{
		const change *undone = &c->changes[--c->nchanges];

		c->current[undone->attribute] = undone->old;
	}
	rbac_scratch_release(&c->universe.scratch, to.mark);
}

static bool
assign(comparison *c, uint32_t attribute, rbac_set set)
{
	void	   *changes = c->changes;

	if (c->nchanges == c->max_changes &&
		!rbac_grow(c->universe.core, &changes, c->nchanges, &c->max_changes, sizeof(*c->changes)))
		return false;
	c->changes = changes;
	c->changes[c->nchanges++] = (change) {attribute, c->current[attribute]};
	c->current[attribute] = set;
	return true;
}

/* Leave of the current box what is inside, or outside, of a clause. */
static bool
narrow(comparison *c, const rbac_clause *clause, bool inside)
{
	const rbac_set *old = &c->current[clause->attribute];
	rbac_set	set;

	return (inside ? rbac_set_intersect(&c->universe, old, &clause->set, &set)
			: rbac_set_subtract(&c->universe, old, &clause->set, &set)) &&
		assign(c, clause->attribute, set);
}

static bool
load(comparison *c, const rbac_box *box)
{
	for (uint32_t i = 0; i < box->nclauses; i++)
		if (!assign(c, box->clauses[i].attribute, box->clauses[i].set))
			return false;
	return true;
}

/* One point of a set that is not empty: its kind, and which string or number. */
typedef struct point
{
	uint8_t		kind;
	rbac_id		id;
} point;

/* A set without the missing value has values of one kind only: one clause has narrowed it. */
static point
witness(const comparison *c, const rbac_set *set)
{
	if (set->bits & RBAC_HAS_MISSING)
		return (point) {RBAC_HAS_MISSING, 0};
	if (set->bits & RBAC_HAS_STRINGS)
		return (point) {RBAC_HAS_STRINGS, c->other_string};
	if (set->bits & RBAC_HAS_NUMBERS)
		return (point) {RBAC_HAS_NUMBERS, c->other_number};
	if (set->bits & RBAC_HAS_TRUE)
		return (point) {RBAC_HAS_TRUE, 0};
	if (set->bits & RBAC_HAS_FALSE)
		return (point) {RBAC_HAS_FALSE, 0};
	return (point) {set->ids[0] & 1 ? RBAC_HAS_NUMBERS : RBAC_HAS_STRINGS, set->ids[0]};
}

static bool
has_point(const rbac_set *set, point p)
{
	if (p.kind & (RBAC_HAS_STRINGS | RBAC_HAS_NUMBERS))
		return rbac_set_member(set, p.id);
	return (set->bits & p.kind) != 0;
}

/* How a box lies to the current one, which it meets. */
typedef struct relation
{
	uint32_t	pieces;			/* attributes on which it does not contain it */
	const rbac_clause *piece;	/* the last such */
	bool		has_witness;
} relation;

/* False if the box is disjoint from the current one, placeholders being strings like any other. */
static bool
meets(comparison *c, const rbac_box *box, relation *out)
{
	*out = (relation) {0, NULL, true};
	for (uint32_t i = 0; i < box->nclauses; i++)
	{
		const rbac_clause *clause = &box->clauses[i];
		const rbac_set *x = &c->current[clause->attribute];
		const rbac_set *y = &clause->set;

		c->universe.steps++;
		if (rbac_set_disjoint(&c->universe, x, y))
			return false;
		if (rbac_set_subset(&c->universe, x, y))
			continue;
		out->pieces++;
		out->piece = clause;
		out->has_witness = out->has_witness && has_point(y, witness(c, x));
	}
	return true;
}

/* ---- subtraction ---- */

/*
 * One pass over a frame's boxes: drops those that are disjoint from the current
 * box, subtracts those that leave a single piece, picks a pivot. *settled says
 * that nothing was subtracted, so that the pivot, or its absence, counts.
 */
static verdict
sift(comparison *c, frame *f, bool *settled)
{
	uint32_t	fewest = UINT32_MAX;
	uint32_t	pivot_at = 0;
	uint32_t	kept = 0;
	uint32_t	i = 0;

	*settled = true;
	f->pivot = NULL;
	while (i < f->n && (i < LOOK_AHEAD || f->pivot == NULL || !*settled))
	{
		uint32_t	number = f->list[i++];
		const rbac_box *box = &c->boxes[number];
		relation	r;

		if (!rbac_universe_go_on(&c->universe))
			return FAILED;
		if (!meets(c, box, &r))
			continue;
		if (r.pieces == 0)
			return COVERED;
		if (r.pieces == 1)
		{
			*settled = false;
			if (!narrow(c, r.piece, false))
				return FAILED;
			continue;
		}
		if (r.has_witness && r.pieces < fewest)
		{
			fewest = r.pieces;
			f->pivot = box;
			pivot_at = kept;
		}
		f->list[kept++] = number;
	}
	if (*settled && f->pivot != NULL)
	{
		kept--;
		memmove(f->list + pivot_at, f->list + pivot_at + 1, (kept - pivot_at) * sizeof(*f->list));
	}
	memmove(f->list + kept, f->list + i, (f->n - i) * sizeof(*f->list));
	f->n += kept - i;
	return UNCOVERED;
}

/*
 * Begin to cover the current box by the listed ones. Leaves a frame behind
 * if it has to be split (verdict COVERED, so far), and the box as it is if it is
 * uncovered.
 */
static verdict
enter(comparison *c, const uint32_t *list, uint32_t n)
{
	state		entry = save(c);
	frame	   *f = rbac_scratch_alloc(&c->universe.scratch, 1, sizeof(*f) + n * sizeof(*f->list));
	bool		settled = false;
	verdict		v = UNCOVERED;

	if (f == NULL)
		return FAILED;
	*f = (frame) {.parent = c->top, .entry = entry, .n = n};
	memcpy(f->list, list, n * sizeof(*f->list));
	c->universe.steps += n / 16;
	while (!settled && v == UNCOVERED)
		v = sift(c, f, &settled);
	if (v == UNCOVERED && f->pivot != NULL)
	{
		f->piece = save(c);
		c->top = f;
		return COVERED;
	}
	if (v == COVERED)
		restore(c, entry);
	return v;
}

/* Turn to the next piece of the top frame; drop the frame when there is none. */
static verdict
next_piece(comparison *c)
{
	frame	   *f = c->top;

	restore(c, f->piece);
	for (; f->clause < f->pivot->nclauses; f->clause++)
	{
		const rbac_clause *clause = &f->pivot->clauses[f->clause];
		rbac_set	outside;

		if (rbac_set_subset(&c->universe, &c->current[clause->attribute], &clause->set))
			continue;
		/* the pieces to come are inside, and this one, cut out on top of that, is outside */
		if (!rbac_set_subtract(&c->universe, &c->current[clause->attribute], &clause->set, &outside) ||
			!narrow(c, clause, true))
			return FAILED;
		f->piece = save(c);
		f->clause++;
		if (!assign(c, clause->attribute, outside))
			return FAILED;
		return enter(c, f->list, f->n);
	}
	restore(c, f->entry);
	c->top = f->parent;
	return COVERED;
}

/* Cover the current box by the listed ones. */
static verdict
subtract(comparison *c, const uint32_t *list, uint32_t n)
{
	verdict		v;

	c->top = NULL;
	v = enter(c, list, n);
	while (v == COVERED && c->top != NULL)
		v = next_piece(c);
	return v;
}

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
value_of(const comparison *c, point p)
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
		if (!(c->current[i].bits & RBAC_HAS_MISSING))
			out->attributes[out->nattributes++] =
				(rbac_attribute) {names->entries[i].text, value_of(c, witness(c, &c->current[i]))};
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

/* ---- placeholders ---- */

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
	c->universe.steps += 1 + in->nclauses;
	for (uint32_t i = 0; i < out->nclauses; i++)
		if (!bind_set(c, bound, &out->clauses[i].set))
			return false;
	return true;
}

/* Cover a box when the placeholders stand for given strings. */
static verdict
cover_bound(comparison *c, binding bound, const rbac_box *box, const uint32_t *list, uint32_t n,
			rbac_counterexample *example)
{
	state		entry = save(c);
	rbac_scratch *scratch = &c->universe.scratch;
	rbac_box   *boxes = rbac_scratch_alloc(scratch, n, sizeof(*boxes));
	uint32_t   *numbers = rbac_scratch_alloc(scratch, n, sizeof(*numbers));
	rbac_box	target;
	verdict		v;

	if (boxes == NULL || numbers == NULL || !bind_box(c, bound, box, &target) || !load(c, &target))
		return FAILED;
	for (uint32_t i = 0; i < n; i++)
	{
		numbers[i] = i;
		if (!bind_box(c, bound, &c->index.boxes[list[i]], &boxes[i]))
			return FAILED;
	}
	c->boxes = boxes;
	v = subtract(c, numbers, n);
	c->boxes = c->index.boxes;
	if (v == UNCOVERED && example != NULL && !describe(c, box, bound, example))
		v = FAILED;
	restore(c, entry);
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
			most += problem_box(c, p, i)->clauses[j].set.n;
	out->ids = rbac_scratch_alloc(&c->universe.scratch, most, sizeof(*out->ids));
	if (out->ids == NULL)
		return false;
	out->ids[0] = own;
	out->n = 1;
	for (uint32_t i = 0; i <= p->n; i++)
	{
		const rbac_box *box = problem_box(c, p, i);

		for (uint32_t j = 0; j < box->nclauses; j++)
		{
			const rbac_set *set = &box->clauses[j].set;

			for (uint32_t k = 0; k < set->n && (p->uses[box->clauses[j].attribute] & uses); k++)
				if (!(set->ids[k] & 1) && set->ids[k] > RBAC_ID_SELF_USER)
					out->ids[out->n++] = set->ids[k];
		}
	}
	c->universe.steps += most;
	out->n = 1 + rbac_sort_ids(out->ids + 1, out->n - 1);
	return true;
}

/* Cover a box whatever the placeholders stand for; the generic strings come first. */
static verdict
cover_symbolic(comparison *c, const rbac_box *box, const uint32_t *list, uint32_t n, rbac_counterexample *example)
{
	problem		p = {box, list, n, NULL};
	constants	orgs;
	constants	users;
	uint8_t		all;
	bool		shared;
	verdict		v = COVERED;

	if (!find_uses(c, &p, &all, &shared) ||
		!find_constants(c, &p, shared ? all : all & USES_ORG, RBAC_ID_SELF_ORG, &orgs) ||
		!find_constants(c, &p, shared ? all : all & USES_USER, RBAC_ID_SELF_USER, &users))
		return FAILED;
	for (uint32_t i = 0; i < orgs.n; i++)
		for (uint32_t j = 0; j < users.n && v == COVERED; j++)
			v = cover_bound(c, (binding) {orgs.ids[i], users.ids[j]}, box, list, n, example);
	if (shared && v == COVERED)
		v = cover_bound(c, (binding) {c->same_string, c->same_string}, box, list, n, example);
	return v;
}

/* ---- the decision for one grant ---- */

static bool
either_is_symbolic(const rbac_set *a, const rbac_set *b)
{
	return rbac_set_is_symbolic(a) || rbac_set_is_symbolic(b);
}

/*
 * Like "meets", but whatever the placeholders stand for: false if the box is
 * disjoint from the current one for all strings, *contains if it contains it
 * for all strings. Two listed sets may meet if a placeholder is in one; and a
 * placeholder may equal what a complement leaves out.
 */
static bool
may_meet(comparison *c, const rbac_box *box, bool *contains)
{
	*contains = true;
	for (uint32_t i = 0; i < box->nclauses; i++)
	{
		const rbac_set *x = &c->current[box->clauses[i].attribute];
		const rbac_set *y = &box->clauses[i].set;

		c->universe.steps++;
		if (rbac_set_disjoint(&c->universe, x, y) && ((x->bits | y->bits) != 0 || !either_is_symbolic(x, y)))
			return false;
		if (*contains && (!rbac_set_subset(&c->universe, x, y) || (x->bits != y->bits && either_is_symbolic(x, y))))
			*contains = false;
	}
	return true;
}

static bool
has_placeholder(const rbac_box *box)
{
	for (uint32_t i = 0; i < box->nclauses; i++)
		if (rbac_set_is_symbolic(&box->clauses[i].set))
			return true;
	return false;
}

/*
 * Keep the candidates that may meet the current box. COVERED if one of them
 * contains it, UNCOVERED if that is not yet known.
 */
static verdict
prune(comparison *c, uint32_t *list, uint32_t *n, bool *symbolic)
{
	uint32_t	kept = 0;

	for (uint32_t i = 0; i < *n; i++)
	{
		const rbac_box *box = &c->index.boxes[list[i]];
		bool		contains;

		if (!rbac_universe_go_on(&c->universe))
			return FAILED;
		if ((c->excluded != NULL && c->excluded[list[i]]) || !may_meet(c, box, &contains))
			continue;
		if (contains)
			return COVERED;
		*symbolic = *symbolic || has_placeholder(box);
		list[kept++] = list[i];
	}
	*n = kept;
	return UNCOVERED;
}

static verdict
cover_box(comparison *c, const rbac_box *box, rbac_counterexample *example)
{
	uint32_t	same = rbac_index_identical(&c->index, box);
	uint32_t   *list = c->candidates;
	uint32_t	n;
	bool		symbolic = has_placeholder(box);
	state		entry = save(c);
	verdict		v;

	if (same != RBAC_NO_ID && (c->excluded == NULL || !c->excluded[same]))
		return COVERED;
	if (!rbac_index_candidates(&c->index, box, list, &n) || !load(c, box))
		return FAILED;
	v = prune(c, list, &n, &symbolic);
	if (v == UNCOVERED && !symbolic)
	{
		v = subtract(c, list, n);
		if (v == UNCOVERED && example != NULL && !describe(c, box, generic, example))
			v = FAILED;
	}
	else if (v == UNCOVERED)
		v = cover_symbolic(c, box, list, n, example);
	restore(c, entry);
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
	if (c->candidates == NULL || !rbac_index_build(&c->index, &c->universe, boxes, nboxes))
		return false;
	c->boxes = boxes;
	return true;
}

/* What every comparison in a universe shares; to be called when all its boxes are made. */
static bool
begin(comparison *c)
{
	uint32_t	nattributes = c->universe.attributes.count;

	c->current = rbac_alloc(c->universe.core, nattributes, sizeof(*c->current));
	if (c->current == NULL)
		return false;
	for (uint32_t i = 0; i < nattributes; i++)
		c->current[i] = everything;
	return add_other_string(c, &c->other_string) && add_other_string(c, &c->same_string) &&
		add_other_number(c, &c->other_number);
}

static bool
cover_all(comparison *c, const rbac_box *boxes, uint32_t n, bool *covered, rbac_counterexample *example)
{
	verdict		v = COVERED;

	for (uint32_t i = 0; i < n && v == COVERED; i++)
		v = rbac_universe_go_on(&c->universe) ? cover_box(c, &boxes[i], example) : FAILED;
	*covered = v == COVERED;
	return v != FAILED;
}

bool
rbac_covers(rbac_core *core, const rbac_privileges *a, const rbac_privileges *b, bool *covered,
			rbac_counterexample *example)
{
	comparison	c = {.nchanges = 0};
	rbac_box   *covering;
	rbac_box   *boxes;

	return rbac_universe_init(&c.universe, core) && rbac_make_boxes(&c.universe, a, &covering) &&
		rbac_make_boxes(&c.universe, b, &boxes) && begin(&c) && prepare(&c, covering, a->ngrants) &&
		cover_all(&c, boxes, b->ngrants, covered, example);
}

bool
rbac_compare(rbac_core *core, const rbac_privileges *a, const rbac_privileges *b, rbac_order *order)
{
	comparison	c = {.nchanges = 0};
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
		verdict		v;

		excluded[i] = true;
		v = rbac_universe_go_on(&c->universe) ? cover_box(c, &c->index.boxes[i], NULL) : FAILED;
		if (v == FAILED)
			return false;
		excluded[i] = v == COVERED;
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
	comparison	c = {.nchanges = 0};
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
