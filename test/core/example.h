/*
 * example.h - is a counterexample one?
 */
#ifndef RBAC_TEST_EXAMPLE_H
#define RBAC_TEST_EXAMPLE_H

#include "harness.h"

/*
 * What is wrong with an example of a request that b allows and a does not,
 * NULL if nothing is.  Both the core's evaluation and the oracle's must say
 * so, with the placeholders that the example leaves open standing for
 * themselves and for strings that nobody mentions.
 */
extern const char *example_fault(arena *memory, const rbac_privileges *a, const rbac_privileges *b,
								 const rbac_counterexample *example);

#endif							/* RBAC_TEST_EXAMPLE_H */
