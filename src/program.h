/*
 * program.h - the grants that a request meets, ready to be tested row by row.
 *
 * A program is made for one user, one permission and the attributes of one call
 * (names and SQL types); it is the same at every call site that has these, so
 * it is kept with the user (cache.c) until something changes.
 */
#ifndef RBAC_PROGRAM_H
#define RBAC_PROGRAM_H

#include "rbac.h"
#include "value.h"

/* One attribute of the request: a name/value pair of arguments. */
typedef struct rbac_parameter
{
	rbac_str	name;			/* UTF-8 */
	rbac_value_type type;
} rbac_parameter;

#define RBAC_NO_PARAMETER (-1)

/* What a program depends on, besides the user. */
typedef struct rbac_signature
{
	rbac_str	permission;		/* in the server's encoding */
	int			nparameters;
	rbac_parameter *parameters;
	int			organization;	/* the parameter org_id, or RBAC_NO_PARAMETER */
} rbac_signature;

typedef struct rbac_program
{
	rbac_signature signature;
	TimestampTz until;			/* when a grant expires */
	bool		is_operator;	/* grants count in every organization that exists */
	int			nused;			/* parameters that tests look at: only these need */
	int		   *used;			/* values */
	const struct rbac_test *home;	/* org_id is the caller's; NULL: any is */
	const struct rbac_tree *grants; /* NULL: there are none */
} rbac_program;

/*
 * The user's program for this signature, compiled if there is none that still
 * holds. It may be gone when rbac_cache_freed has changed.
 */
extern const rbac_program *rbac_get_program(const rbac_caller *caller,
											const rbac_signature *signature);

/* Does the row meet a grant? values: by parameter. */
extern bool rbac_run_program(const rbac_program *program, const rbac_sql_value *values);

#endif							/* RBAC_PROGRAM_H */
