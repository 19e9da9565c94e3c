/*
 * unit.h - the groups of unit tests, one file each; unit.c runs them.
 */
#ifndef RBAC_TEST_UNIT_H
#define RBAC_TEST_UNIT_H

extern void test_parse(void);	/* unit_parse.c: JSON in, JSON out, numbers */
extern void test_pack(void);	/* unit_pack.c: packed images, hostile ones too */
extern void test_match(void);	/* unit_match.c: conditions, names, requests, rewriting */
extern void test_compare(void); /* unit_compare.c: coverage, order, simplification, budget */
extern void test_token(void);	/* unit_token.c: durations, tokens, claims */
extern void test_memory(void);	/* unit_memory.c: every allocation refused once */

#endif							/* RBAC_TEST_UNIT_H */
