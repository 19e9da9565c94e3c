/*
 * harness.h - what the core's test programs share: TAP output, an arena for
 * rbac_core that can run out of memory on demand, and short ways to write
 * values.  It tests nothing itself and decides nothing about privileges.
 */
#ifndef RBAC_TEST_HARNESS_H
#define RBAC_TEST_HARNESS_H

#include "core.h"

/* ---- TAP ---- */

extern bool ok(bool pass, const char *format,...) __attribute__((format(printf, 2, 3)));
extern void diag(const char *format,...) __attribute__((format(printf, 1, 2)));

/* The test itself is broken: end the program. */
extern void bail_out(const char *format,...) __attribute__((noreturn, format(printf, 1, 2)));

/* ok() for text, with a diagnostic. */
extern bool is(rbac_str got, const char *expected, const char *name);

/* Print the plan; what main() returns. */
extern int	done_testing(void);

/* ---- memory ---- */

/*
 * Every allocation is a block of its own, so that a sanitizer sees each
 * boundary; it is filled with a pattern, so that reading it uninitialized does
 * not pass for zeroes.
 */
typedef struct arena
{
	struct block *blocks;
	unsigned long count;		/* allocations asked for so far */
	size_t		bytes;			/* and their sizes */
	unsigned long fail_at;		/* the allocation to refuse, from 1; 0: none */
} arena;

extern rbac_core arena_core(arena *arena);
extern void arena_free(arena *arena);

/*
 * Make the n-th malloc of the process from now on fail, json-c's included;
 * 0 ends that.  Returns false where malloc cannot be replaced (other C
 * libraries, sanitizers).
 */
extern bool fail_malloc_at(unsigned long n);
extern bool malloc_has_failed(void);

/* ---- values ---- */

extern rbac_str str(const char *text);
extern rbac_value string_value(const char *text);
extern rbac_value number_value(const char *canonical);
extern rbac_value boolean_value(bool boolean);

/*
 * A copy without terminating NUL in a block of exactly that size, so that a
 * sanitizer sees reads past its end.
 */
extern rbac_str exact_copy(arena *arena, rbac_str text);

/* The same text with double quotes for single ones, in an exact copy. */
extern rbac_str quoted(arena *arena, const char *text);

/*
 * Privileges in the tests' short notation, as JSON.  Grants are separated by
 * ';', words by ' '; the first word of a grant is its permission name, the
 * others are conditions attribute=value, attribute!=value or
 * attribute=[value,value].  Values are JSON with single quotes and without
 * spaces: "Doc:Read owner='{self_user_id}' size!=1; Doc:*".
 */
extern rbac_str privileges_json(arena *arena, const char *notation);
extern rbac_privileges privileges(arena *arena, const char *notation);

/* Print as JSON, NUL-terminated. */
extern const char *privileges_text(arena *arena, const rbac_privileges *privileges);

#endif							/* RBAC_TEST_HARNESS_H */
