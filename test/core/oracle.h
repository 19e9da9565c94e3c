/*
 * oracle.h - the meaning of privileges by brute force, to judge the core by.
 *
 * It is written from the definitions alone and shares only the data types of
 * core.h with the core: slow, small, and obviously right.
 */
#ifndef RBAC_TEST_ORACLE_H
#define RBAC_TEST_ORACLE_H

#include "core.h"

#define ORACLE_MAX_GRANTS 32	/* in each of the two sets */

/* The plain evaluation: does some grant have all its conditions met? */
extern bool oracle_allows(const rbac_privileges *privileges, const rbac_request *request,
						  const rbac_identity *identity);

/* Two sets of privileges, [0] and [1], compared both ways. */
typedef struct oracle_verdict
{
	bool		covers[2];		/* does this set cover the other? */
	bool		grantwise[2];	/* does it cover each grant of the other by a
								 * single grant of its own? */
} oracle_verdict;

extern oracle_verdict oracle_compare(const rbac_privileges *a, const rbac_privileges *b);

#endif							/* RBAC_TEST_ORACLE_H */
