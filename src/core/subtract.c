/*
 * subtract.c - is anything left of a box when others are subtracted?
 *
 * The question is whether a union of boxes contains a box, and it is answered
 * with the disjoint sharp operation of cube calculus (Brayton, Hachtel,
 * McMullen, Sangiovanni-Vincentelli, Logic Minimization Algorithms for VLSI
 * Synthesis, 1984), over sets that are finite or the complement of a finite set:
 *
 *	   B \ A = the union, over A's attributes x1, x2, .., of the pieces
 *			   "B, inside of A on x1 .. x(i-1) and outside of A on xi"
 *
 * The pieces are disjoint boxes; each has to be covered by the boxes other than
 * A. That takes exponentially many pieces in the worst case (the question is
 * co-NP-complete), so steps are counted and limited. Three rules keep usual
 * cases short; in each, "the current box" is B or a piece of it:
 *
 * - Its witness is one point of it: missing where it has that, else a value no
 *	 box mentions, else the first it lists. If no A has the witness, nothing
 *	 covers it and it is the counterexample.
 * - An A that contains it on all attributes but one leaves a single piece, so
 *	 subtracting it needs no case distinction. All such A on the same attribute
 *	 are subtracted at once.
 * - Otherwise it is split by a pivot, an A with the witness (some A that has it
 *	 is needed in any case) and with few pieces.
 *
 * Worked example. B: x <> 3 and y <> 5. A1: x = 1. A2: x <> 1 and y = 2.
 * A3: x <> 1 and y <> 2.
 *	   x not 3, y not 5: the witness x = 0, y = 0 is in A3. A1 differs from it on
 *	   x only; what is left is x not 1 or 3, y not 5.
 *	   A2 and A3 contain that on x. Subtracting both on y leaves nothing: covered.
 * Without A2, y = 2 is left there, and the witness x = 0, y = 2 is in no A.
 * Without A1, A2 and A3 differ from B on x and y. A3 has the witness and is the
 * pivot. Its first piece is x = 1, y not 5, whose witness x = 1, y = 0 is in no
 * A. Had it been covered, x not 1 or 3, y = 2 would have come next.
 *
 * The current box is one array with a set per attribute. Changes of it are
 * recorded and undone in reverse. What is to be done after backtracking is kept
 * in frames in the scratch memory, not on the C stack, since there may be as many
 * as there are boxes.
 */
#include <string.h>

#include "core_internal.h"

#define LOOK_AHEAD	32			/* boxes that a first pass looks at, even if an early one would do */

/* A box being split by the pivot; "clause" is the piece to come. */
struct rbac_frame
{
	rbac_frame *parent;
	rbac_state	entry;			/* before the box was entered */
	rbac_state	piece;			/* before the piece under way was cut out */
	const rbac_box *pivot;
	uint32_t	clause;
	uint32_t	look_ahead;		/* boxes that a pass looks at; grows with each */
	uint32_t	n;				/* boxes left to subtract, apart from the pivot */
	uint32_t	list[];
};

/* ---- the current box ---- */

bool
rbac_subtraction_init(rbac_subtraction *s, rbac_universe *universe)
{
	uint32_t	nattributes = universe->attributes.count;

	memset(s, 0, sizeof(*s));
	s->universe = universe;
	s->current = rbac_alloc(universe->core, nattributes, sizeof(*s->current));
	if (s->current == NULL)
		return false;
	for (uint32_t i = 0; i < nattributes; i++)
		s->current[i] = (rbac_set) {NULL, 0, RBAC_HAS_ALL};
	return true;
}

rbac_state
rbac_subtraction_save(const rbac_subtraction *s)
{
	return (rbac_state) {s->universe->scratch.top, s->nchanges};
}

void
rbac_subtraction_restore(rbac_subtraction *s, rbac_state to)
{
	while (s->nchanges > to.nchanges)
	{
		const rbac_change *undone = &s->changes[--s->nchanges];

		s->current[undone->attribute] = undone->old;
	}
	rbac_scratch_release(&s->universe->scratch, to.mark);
}

static bool
assign(rbac_subtraction *s, uint32_t attribute, rbac_set set)
{
	void	   *changes = s->changes;

	if (s->nchanges == s->max_changes &&
		!rbac_grow(s->universe->core, &changes, s->nchanges, &s->max_changes, sizeof(*s->changes)))
		return false;
	s->changes = changes;
	s->changes[s->nchanges++] = (rbac_change) {attribute, s->current[attribute]};
	s->current[attribute] = set;
	return true;
}

bool
rbac_subtraction_load(rbac_subtraction *s, const rbac_box *box)
{
	for (uint32_t i = 0; i < box->nclauses; i++)
		if (!assign(s, box->clauses[i].attribute, box->clauses[i].set))
			return false;
	return true;
}

/* A set without the missing value has values of one kind only: one clause has narrowed it. */
static rbac_point
point_of(const rbac_subtraction *s, const rbac_set *set)
{
	if (set->bits & RBAC_HAS_MISSING)
		return (rbac_point) {RBAC_HAS_MISSING, 0};
	if (set->bits & RBAC_HAS_STRINGS)
		return (rbac_point) {RBAC_HAS_STRINGS, s->other_string};
	if (set->bits & RBAC_HAS_NUMBERS)
		return (rbac_point) {RBAC_HAS_NUMBERS, s->other_number};
	if (set->bits & RBAC_HAS_TRUE)
		return (rbac_point) {RBAC_HAS_TRUE, 0};
	if (set->bits & RBAC_HAS_FALSE)
		return (rbac_point) {RBAC_HAS_FALSE, 0};
	return (rbac_point) {set->ids[0] & 1 ? RBAC_HAS_NUMBERS : RBAC_HAS_STRINGS, set->ids[0]};
}

rbac_point
rbac_subtraction_witness(const rbac_subtraction *s, uint32_t attribute)
{
	return point_of(s, &s->current[attribute]);
}

static bool
has_point(const rbac_set *set, rbac_point p)
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

/* False if the box is disjoint from the current one. */
static bool
meets(rbac_subtraction *s, const rbac_box *box, relation *out)
{
	*out = (relation) {0, NULL, true};
	s->universe->steps += 1 + box->nclauses / 8;
	for (uint32_t i = 0; i < box->nclauses; i++)
	{
		const rbac_clause *clause = &box->clauses[i];
		const rbac_set *x = &s->current[clause->attribute];
		const rbac_set *y = &clause->set;

		if (rbac_set_disjoint(s->universe, x, y))
			return false;
		if (rbac_set_subset(s->universe, x, y))
			continue;
		out->pieces++;
		out->piece = clause;
		out->has_witness = out->has_witness && has_point(y, point_of(s, x));
	}
	return true;
}

/* ---- boxes that leave a single piece ---- */

/* Gather the values of the units that are listed sets, as one set. */
static bool
join_listed(rbac_subtraction *s, uint32_t nunits, rbac_set *out)
{
	rbac_id    *ids;
	size_t		most = 0;
	uint32_t	n = 0;

	for (uint32_t i = 0; i < nunits; i++)
		most += s->units[i]->set.n;
	s->universe->steps += most;
	ids = rbac_scratch_alloc(&s->universe->scratch, most, sizeof(*ids));
	if (ids == NULL)
		return false;
	for (uint32_t i = 0; i < nunits; i++)
	{
		const rbac_set *set = &s->units[i]->set;

		if (set->bits != 0 || set->n == 0)
			continue;
		memcpy(ids + n, set->ids, set->n * sizeof(*ids));
		n += set->n;
	}
	*out = (rbac_set) {ids, rbac_sort_ids(ids, n), 0};
	return true;
}

/*
 * Subtract boxes that differ from the current one on a single attribute, the
 * same for all. RBAC_COVERED if nothing is left.
 */
static rbac_verdict
subtract_units(rbac_subtraction *s, uint32_t nunits)
{
	uint32_t	attribute = s->units[0]->attribute;
	rbac_set	left = s->current[attribute];
	rbac_set	listed;

	for (uint32_t i = 0; i < nunits; i++)
		if (s->units[i]->set.bits != 0 && !rbac_set_subtract(s->universe, &left, &s->units[i]->set, &left))
			return RBAC_FAILED;
	if (!join_listed(s, nunits, &listed) || !rbac_set_subtract(s->universe, &left, &listed, &left) ||
		!assign(s, attribute, left))
		return RBAC_FAILED;
	return left.bits == 0 && left.n == 0 ? RBAC_COVERED : RBAC_UNCOVERED;
}

/* ---- passes over the boxes of a frame ---- */

typedef struct pass
{
	uint32_t	kept;			/* boxes that stay in the list */
	uint32_t	nunits;			/* boxes that leave a single piece, not in the list */
	bool		witnessed;		/* some box has the witness */
	uint32_t	fewest;			/* pieces of the pivot */
	uint32_t	pivot_at;		/* in the list */
} pass;

/* Sort one box in. RBAC_COVERED if it contains the current one. */
static rbac_verdict
consider(rbac_subtraction *s, rbac_frame *f, pass *p, uint32_t number)
{
	const rbac_box *box = &s->boxes[number];
	relation	r;

	if (!rbac_universe_go_on(s->universe))
		return RBAC_FAILED;
	if (!meets(s, box, &r))
		return RBAC_UNCOVERED;
	if (r.pieces == 0)
		return RBAC_COVERED;
	p->witnessed = p->witnessed || r.has_witness;
	if (r.pieces == 1 && (p->nunits == 0 || r.piece->attribute == s->units[0]->attribute))
	{
		s->units[p->nunits++] = r.piece;
		return RBAC_UNCOVERED;
	}
	if (r.has_witness && r.pieces < p->fewest)
	{
		p->fewest = r.pieces;
		p->pivot_at = p->kept;
		f->pivot = box;
	}
	f->list[p->kept++] = number;
	return RBAC_UNCOVERED;
}

static void
remove_at(uint32_t *list, uint32_t *n, uint32_t at)
{
	(*n)--;
	memmove(list + at, list + at + 1, (*n - at) * sizeof(*list));
}

/*
 * One pass over a frame's boxes, not farther than needed. Boxes that are
 * disjoint from the current one are dropped. If there are units, they are
 * subtracted, and *again asks for another pass. Otherwise there is a pivot,
 * unless no box has the witness.
 */
static rbac_verdict
sift(rbac_subtraction *s, rbac_frame *f, bool *again)
{
	pass		p = {.fewest = UINT32_MAX};
	uint32_t	i = 0;

	f->pivot = NULL;
	while (i < f->n && (i < f->look_ahead || !p.witnessed))
	{
		rbac_verdict v = consider(s, f, &p, f->list[i++]);

		if (v != RBAC_UNCOVERED)
			return v;
	}
	*again = p.witnessed && p.nunits > 0;
	if (!*again && f->pivot != NULL)
		remove_at(f->list, &p.kept, p.pivot_at);
	memmove(f->list + p.kept, f->list + i, (f->n - i) * sizeof(*f->list));
	f->n -= i - p.kept;
	if (f->look_ahead < f->n)
		f->look_ahead *= 2;
	return *again ? subtract_units(s, p.nunits) : RBAC_UNCOVERED;
}

/* ---- splitting ---- */

/*
 * Begin to cover the current box by the listed ones. RBAC_COVERED may leave a
 * frame behind, whose pieces are to be covered. RBAC_UNCOVERED leaves the
 * current box as it is, for its witness.
 */
static rbac_verdict
enter(rbac_subtraction *s, const uint32_t *list, uint32_t n)
{
	rbac_state	entry = rbac_subtraction_save(s);
	rbac_frame *f = rbac_scratch_alloc(&s->universe->scratch, 1, sizeof(*f) + n * sizeof(*f->list));
	bool		again = true;
	rbac_verdict v = RBAC_UNCOVERED;

	if (f == NULL)
		return RBAC_FAILED;
	*f = (rbac_frame) {.parent = s->top, .entry = entry, .look_ahead = LOOK_AHEAD, .n = n};
	memcpy(f->list, list, n * sizeof(*f->list));
	s->universe->steps += n / 16;
	while (again && v == RBAC_UNCOVERED)
		v = sift(s, f, &again);
	if (v == RBAC_UNCOVERED && f->pivot != NULL)
	{
		f->piece = rbac_subtraction_save(s);
		s->top = f;
		return RBAC_COVERED;
	}
	if (v == RBAC_COVERED)
		rbac_subtraction_restore(s, entry);
	return v;
}

/* Enter the next piece of the top frame; drop the frame when there is none. */
static rbac_verdict
next_piece(rbac_subtraction *s)
{
	rbac_frame *f = s->top;

	rbac_subtraction_restore(s, f->piece);
	while (f->clause < f->pivot->nclauses)
	{
		const rbac_clause *clause = &f->pivot->clauses[f->clause++];
		const rbac_set *whole = &s->current[clause->attribute];
		rbac_set	inside;
		rbac_set	outside;

		if (rbac_set_subset(s->universe, whole, &clause->set))
			continue;
		/* the pieces to come are inside; this one, put on top of that, is outside */
		if (!rbac_set_intersect(s->universe, whole, &clause->set, &inside) ||
			!rbac_set_subtract(s->universe, whole, &clause->set, &outside) ||
			!assign(s, clause->attribute, inside))
			return RBAC_FAILED;
		f->piece = rbac_subtraction_save(s);
		return assign(s, clause->attribute, outside) ? enter(s, f->list, f->n) : RBAC_FAILED;
	}
	rbac_subtraction_restore(s, f->entry);
	s->top = f->parent;
	return RBAC_COVERED;
}

rbac_verdict
rbac_subtract(rbac_subtraction *s, const uint32_t *list, uint32_t n)
{
	rbac_verdict v;

	s->top = NULL;
	v = enter(s, list, n);
	while (v == RBAC_COVERED && s->top != NULL)
		v = next_piece(s);
	return v;
}
