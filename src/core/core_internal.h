/*
 * core_internal.h - what the files of the core share and nobody else sees.
 */
#ifndef RBAC_CORE_INTERNAL_H
#define RBAC_CORE_INTERNAL_H

#include "core.h"

struct json_tokener;			/* json-c's; only json.c needs its header */

#if defined(__GNUC__)
#define RBAC_PRINTF(at, first)	__attribute__((format(printf, at, first)))
#else
#define RBAC_PRINTF(at, first)
#endif

#define RBAC_LITERAL(s)		((rbac_str) {(s), sizeof(s) - 1})

/* ---- failing, allocating, collecting bytes (core.c) ---- */

/* Describe a failure in core->error; always false, so that "return rbac_fail(..)" reads well. */
extern bool rbac_fail(rbac_core *core, rbac_status status, const char *format, ...) RBAC_PRINTF(3, 4);
extern bool rbac_fail_at(rbac_core *core, rbac_status status, size_t position, const char *format,
						 ...) RBAC_PRINTF(4, 5);

/* An array of count members; NULL, and the failure described, when there is no memory for it. */
extern void *rbac_alloc(rbac_core *core, size_t count, size_t size);
extern bool rbac_copy(rbac_core *core, rbac_str in, rbac_str *out);

/* Double an array that is full, its first count members kept. */
extern bool rbac_grow(rbac_core *core, void **array, uint32_t count, uint32_t *max, size_t size);

/* A foreign string as messages show it: quoted, short, on one line. */
typedef struct rbac_quoted
{
	char		text[80];
} rbac_quoted;

extern rbac_quoted rbac_quote(rbac_str s);

/* Growing output. After a failure further bytes are dropped; ask "failed" once, at the end. */
typedef struct rbac_buffer
{
	rbac_core  *core;
	char	   *data;
	size_t		len;
	size_t		max;
	bool		failed;
} rbac_buffer;

extern void rbac_buffer_append(rbac_buffer *buffer, const void *data, size_t len);
extern bool rbac_buffer_finish(rbac_buffer *buffer, rbac_str *out);

/*
 * Working memory of a comparison: allocated and released like a stack, never
 * more than RBAC_MAX_SCRATCH.
 */
#define RBAC_MAX_SCRATCH	((size_t) 64 * 1024 * 1024)

typedef struct rbac_scratch_chunk rbac_scratch_chunk;

typedef struct rbac_mark
{
	rbac_scratch_chunk *chunk;
	size_t		used;
} rbac_mark;

typedef struct rbac_scratch
{
	rbac_core  *core;
	rbac_scratch_chunk *first;
	rbac_mark	top;
	size_t		total;			/* bytes of all chunks */
} rbac_scratch;

extern void *rbac_scratch_alloc(rbac_scratch *scratch, size_t count, size_t size);
extern void rbac_scratch_release(rbac_scratch *scratch, rbac_mark mark);

/* ---- UTF-8 (text.c) ---- */

/* Bytes of the well-formed sequence at text, 0 if there is none within len. */
extern size_t rbac_utf8_sequence(const char *text, size_t len);

extern bool rbac_text_is_valid(rbac_str s); /* well-formed and without NUL */
extern size_t rbac_text_characters(rbac_str s);
extern size_t rbac_text_clip(rbac_str s, size_t max);	/* longest prefix of whole characters */

/* ---- numbers (number.c) ---- */

/* Length of the JSON number literal that text begins with, 0 if none. */
extern size_t rbac_number_scan(const char *text, size_t len);
extern bool rbac_number_canonical(rbac_core *core, rbac_str literal, size_t position, rbac_str *out);
extern bool rbac_number_is_canonical(rbac_str s);

/* ---- names (name.c) ---- */

/* The text before the first ':'; its data is NULL if there is none. */
extern rbac_str rbac_permission_name_category(rbac_str name);
extern bool rbac_attribute_name_is_valid(rbac_str name);

/* ---- JSON (json.c) ---- */

/*
 * One value, or one key, of a document. Nodes are in document order: the
 * elements of an array follow it, the members of an object follow it as key,
 * value, key, value; each of these is found from the one before by "next".
 */
typedef struct rbac_json_node
{
	uint32_t	start;			/* of its text; the first byte tells its kind */
	uint32_t	end;
	uint32_t	length;			/* string, key: bytes decoded; array, object: elements,
								 * members */
	uint32_t	next;			/* the node after it and all that is inside it */
} rbac_json_node;

typedef struct rbac_json
{
	rbac_core  *core;
	const char *text;
	rbac_json_node *nodes;
	uint32_t	nnodes;
	uint32_t	max_nodes;
	struct json_tokener *tokener;	/* made when the first escape is met */
} rbac_json;

/* Whatever open returned, close must follow; it frees json-c's memory. */
extern bool rbac_json_open(rbac_json *json, rbac_core *core, const char *text, size_t len);
extern void rbac_json_close(rbac_json *json);

/* First byte of a node's text: { [ " t f n, or of a number. */
extern char rbac_json_kind(const rbac_json *json, uint32_t node);

/* Decoded string or key. May point into the document. */
extern bool rbac_json_string(rbac_json *json, uint32_t node, rbac_str *out);

/* Source text of a value. */
extern rbac_str rbac_json_source(const rbac_json *json, uint32_t node);

/* Append a string as JSON. */
extern void rbac_json_write(rbac_buffer *buffer, rbac_str s);

/* ---- interned names (intern.c) ---- */

#define RBAC_NO_ID	UINT32_MAX

typedef struct rbac_interned
{
	rbac_str	text;
	uint32_t	hash;
} rbac_interned;

/* Texts as dense small integers, in order of first appearance. */
typedef struct rbac_names
{
	rbac_interned *entries;
	uint32_t	count;
	uint32_t	max;
	uint32_t   *slots;			/* open addressing, RBAC_NO_ID where free */
	uint32_t	nslots;			/* a power of two, at most half full */
	uint64_t   *steps;			/* counts how often a slot is looked at: whoever chooses
								 * the texts may make them collide */
} rbac_names;

extern uint32_t rbac_names_find(const rbac_names *names, rbac_str text);	/* or RBAC_NO_ID */
extern bool rbac_names_add(rbac_names *names, rbac_core *core, rbac_str text, uint32_t *id);
extern uint32_t rbac_hash_mix(uint32_t hash, uint32_t value);

/* ---- grants as boxes (box.c) ---- */

/* A string or number that some condition mentions: its number in its table, and which table. */
typedef uint32_t rbac_id;

#define RBAC_STRING_ID(n)	((rbac_id) (n) << 1)
#define RBAC_NUMBER_ID(n)	((rbac_id) (n) << 1 | 1)
#define RBAC_ID_ENTRY(id)	((id) >> 1)

/* The placeholders are interned first, so a sorted list of strings begins with them. */
#define RBAC_ID_SELF_ORG	RBAC_STRING_ID(0)
#define RBAC_ID_SELF_USER	RBAC_STRING_ID(1)

enum
{
	RBAC_HAS_MISSING = 1,
	RBAC_HAS_STRINGS = 2,
	RBAC_HAS_NUMBERS = 4,
	RBAC_HAS_TRUE = 8,
	RBAC_HAS_FALSE = 16,
	RBAC_HAS_ALL = 31
};

/*
 * A set of values of one attribute. A bit says whether the values of that kind
 * are in the set; ids are the strings and numbers for which the opposite holds.
 */
typedef struct rbac_set
{
	const rbac_id *ids;			/* ascending, no duplicates */
	uint32_t	n;
	uint8_t		bits;
} rbac_set;

typedef struct rbac_clause
{
	rbac_set	set;
	uint32_t	attribute;
	bool		negated;		/* written as NotEquals: of boolean values, the set
								 * does not tell */
} rbac_clause;

/* A grant with everything interned. */
typedef struct rbac_box
{
	uint32_t	permission;
	uint32_t	nclauses;		/* in the order of the attributes' names */
	rbac_clause *clauses;
	uint32_t	hash;			/* of the normal form */
} rbac_box;

/* All that one comparison talks about, and what it has cost so far. */
typedef struct rbac_universe
{
	rbac_core  *core;
	rbac_scratch scratch;
	uint64_t	steps;
	uint64_t	next_poll;
	rbac_names	permissions;
	rbac_names	attributes;
	rbac_names	strings;
	rbac_names	numbers;
} rbac_universe;

/* The universe must stay where it is: its tables point to its step counter. */
extern bool rbac_universe_init(rbac_universe *universe, rbac_core *core);
extern bool rbac_universe_poll(rbac_universe *universe);	/* false: limit or interrupt */

/* To be asked within every loop whose length the input decides. */
static inline bool
rbac_universe_go_on(rbac_universe *universe)
{
	return universe->steps < universe->next_poll || rbac_universe_poll(universe);
}

extern bool rbac_make_boxes(rbac_universe *universe, const rbac_privileges *privileges, rbac_box **out);
extern bool rbac_box_equal(const rbac_box *a, const rbac_box *b);

extern uint32_t rbac_sort_ids(rbac_id *ids, uint32_t n);	/* drops duplicates; what is left */
extern bool rbac_set_is_symbolic(const rbac_set *set);	/* lists a placeholder */
extern bool rbac_set_member(const rbac_set *set, rbac_id id);
extern bool rbac_set_share_listed(rbac_universe *universe, const rbac_set *a, const rbac_set *b);
extern bool rbac_set_subset(rbac_universe *universe, const rbac_set *a, const rbac_set *b);

/* Inline for the sake of the usual pair: two sets of one value each. */
static inline bool
rbac_set_disjoint(rbac_universe *universe, const rbac_set *a, const rbac_set *b)
{
	if (a->bits & b->bits)
		return false;
	if ((a->bits | b->bits) == 0 && a->n == 1 && b->n == 1)
		return a->ids[0] != b->ids[0];
	return !rbac_set_share_listed(universe, a, b);
}

/* Into the universe's scratch memory; out may be a or b. */
extern bool rbac_set_intersect(rbac_universe *universe, const rbac_set *a, const rbac_set *b, rbac_set *out);
extern bool rbac_set_subtract(rbac_universe *universe, const rbac_set *a, const rbac_set *b, rbac_set *out);

/* ---- grants by name and by value (index.c) ---- */

typedef struct rbac_posting
{
	uint32_t	attribute;
	rbac_id		id;
	uint32_t	box;
} rbac_posting;

/* How the grants of one permission name are told apart quickly. */
typedef struct rbac_selector
{
	bool		built;
	uint32_t	attribute;		/* RBAC_NO_ID: no attribute helps */
	uint32_t	npostings;		/* boxes with one value of it, by value */
	rbac_posting *postings;
	uint32_t	nothers;
	uint32_t   *others;
} rbac_selector;

typedef struct rbac_index
{
	rbac_universe *universe;
	uint32_t	nboxes;
	const rbac_box *boxes;
	uint32_t	npermissions;
	uint32_t   *first;			/* by permission: where its members begin; one more */
	uint32_t   *members;		/* box numbers, grouped by permission */
	rbac_selector *selectors;	/* by permission */
	uint32_t   *slots;			/* hash table of one box of each normal form */
	uint32_t	nslots;
} rbac_index;

extern bool rbac_index_build(rbac_index *index, rbac_universe *universe, const rbac_box *boxes,
							 uint32_t nboxes);

/* The first box with the same normal form, or RBAC_NO_ID. */
extern uint32_t rbac_index_identical(rbac_index *index, const rbac_box *box);

/*
 * Boxes that may meet this one, by permission name and the selector's
 * attribute; out has room for all boxes.
 */
extern bool rbac_index_candidates(rbac_index *index, const rbac_box *box, uint32_t *out, uint32_t *n);

/* ---- subtracting boxes from a box (subtract.c) ---- */

typedef enum rbac_verdict
{
	RBAC_COVERED,
	RBAC_UNCOVERED,
	RBAC_FAILED					/* core->error says why */
} rbac_verdict;

/* One value of an attribute: its kind, and which string or number. */
typedef struct rbac_point
{
	uint8_t		kind;			/* one RBAC_HAS_ bit */
	rbac_id		id;
} rbac_point;

/* A set of the current box before it was changed. */
typedef struct rbac_change
{
	uint32_t	attribute;
	rbac_set	old;
} rbac_change;

/* A state of the current box to return to. */
typedef struct rbac_state
{
	rbac_mark	mark;
	uint32_t	nchanges;
} rbac_state;

typedef struct rbac_frame rbac_frame;

typedef struct rbac_subtraction
{
	rbac_universe *universe;
	const rbac_box *boxes;		/* what lists of numbers refer to */
	const rbac_clause **units;	/* room for as many as may be listed */
	rbac_id		other_string;	/* no box mentions these two */
	rbac_id		other_number;
	rbac_set   *current;		/* by attribute: the box that is to be covered */
	rbac_change *changes;
	uint32_t	nchanges;
	uint32_t	max_changes;
	rbac_frame *top;
} rbac_subtraction;

/* The current box is everything then; members up to other_number are for the caller to fill in. */
extern bool rbac_subtraction_init(rbac_subtraction *s, rbac_universe *universe);
extern bool rbac_subtraction_load(rbac_subtraction *s, const rbac_box *box);
extern rbac_state rbac_subtraction_save(const rbac_subtraction *s);
extern void rbac_subtraction_restore(rbac_subtraction *s, rbac_state to);

/*
 * Is the current box covered by the listed ones? If not, it has become a part of
 * itself whose witness is in none of them.
 */
extern rbac_verdict rbac_subtract(rbac_subtraction *s, const uint32_t *list, uint32_t n);
extern rbac_point rbac_subtraction_witness(const rbac_subtraction *s, uint32_t attribute);

#endif							/* RBAC_CORE_INTERNAL_H */
