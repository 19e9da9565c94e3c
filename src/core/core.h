/*
 * core.h - values, conditions, grants and privileges, decided exactly.
 *
 * The core knows nothing of PostgreSQL: plain C11 and json-c. It parses,
 * prints, matches and compares; it reads no table, clock, setting or caller.
 * The same object files are linked into the extension, the tests and the
 * fuzzers.
 *
 * Ownership. Every function that allocates does so through rbac_core.alloc and
 * never frees: the owner of that allocator (an arena, a memory context) frees
 * all at once. json-c memory is malloc'd and is released before any function
 * returns, so a caller may leave with longjmp after a call, never during one:
 * rbac_core.alloc and rbac_core.interrupted must return.
 *
 * Errors. A function that can fail returns false and describes the failure in
 * rbac_core.error; its outputs are then undefined.
 *
 * Text is UTF-8 and not NUL-terminated; lengths and positions are bytes.
 */
#ifndef RBAC_CORE_H
#define RBAC_CORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Limits, each with its reason. Passing one is RBAC_LIMIT (SQLSTATE 54000).
 */
#define RBAC_MAX_DOCUMENT	(8 * 1024 * 1024)	/* bytes of one JSON document: 10,000
												 * ordinary grants are 2 MB */
#define RBAC_MAX_DEPTH		32		/* nesting of arrays and objects; ours need 6 */
#define RBAC_MAX_NAME		256		/* characters of a permission or attribute
									 * name: the role API's bound for names */
#define RBAC_MAX_STRING		8192	/* bytes of a string value: one page */
#define RBAC_MAX_DIGITS		1000	/* digits of a number written out in full: any
									 * float8 in shortest form has less than 350 */
#define RBAC_MAX_VALUES		10000	/* values of one condition: as ids of 36
									 * characters 400 kB, which every session that
									 * checks the grant reads and keeps */
#define RBAC_MAX_CONDITIONS 64		/* conditions of one grant; comparison splits
									 * on each of them */
#define RBAC_MAX_GRANTS		20000	/* grants of one set of privileges: twice a very
									 * large role of 10,000, since what a user holds
									 * is a union of roles */
#define RBAC_MAX_STEPS		50000000	/* elementary steps of one comparison: half a
										 * second */

#define RBAC_SELF_USER_ID	"{self_user_id}"
#define RBAC_SELF_ORG_ID	"{self_org_id}"

typedef enum rbac_status
{
	RBAC_OK = 0,
	RBAC_SYNTAX,				/* not JSON, or JSON of another shape; position set */
	RBAC_LIMIT,					/* a limit above was passed; position set when
								 * parsing */
	RBAC_NO_MEMORY,				/* alloc (or json-c's malloc) returned NULL */
	RBAC_INTERRUPTED,			/* rbac_core.interrupted said so */
	RBAC_CORRUPT				/* a packed image is not one that rbac_pack_* made */
} rbac_status;

typedef struct rbac_error
{
	rbac_status status;
	bool		has_position;
	size_t		position;		/* byte offset from 0 of the offending token */
	char		message[256];	/* lower case, no final period; valid UTF-8 */
} rbac_error;

/* Where a core call allocates, whom it asks whether to go on, what it reports. */
typedef struct rbac_core
{
	void	   *(*alloc) (void *arg, size_t size);	/* max-aligned; NULL when
													 * exhausted */
	bool		(*interrupted) (void *arg); /* may be NULL; asked every few
											 * thousand steps */
	void	   *arg;
	rbac_error	error;
} rbac_core;

typedef struct rbac_str
{
	const char *data;
	size_t		len;
} rbac_str;

typedef enum rbac_type
{
	RBAC_STRING = 1,
	RBAC_NUMBER,
	RBAC_BOOLEAN
} rbac_type;

/*
 * A value of one of the three types. A number is its canonical decimal: an
 * optional '-', no leading or trailing zero, no exponent, "0" for zero; so two
 * numbers are equal iff their texts are (1 = 1.0 = 1e0 = "1").
 */
typedef struct rbac_value
{
	rbac_type	type;
	bool		boolean;		/* RBAC_BOOLEAN */
	rbac_str	text;			/* RBAC_STRING: the string; RBAC_NUMBER: canonical
								 * decimal */
} rbac_value;

typedef enum rbac_operator
{
	RBAC_EQUALS = 1,			/* one value */
	RBAC_IN,					/* one or more values, order and duplicates as
								 * given */
	RBAC_NOT_EQUALS				/* one value; met by any other value of its type */
} rbac_operator;

/*
 * A condition is met only by present values of its own type: NotEquals 1 is
 * not met by "1", by a missing attribute or by 1.0.
 */
typedef struct rbac_condition
{
	rbac_str	attribute;		/* empty for a condition that stands alone */
	rbac_operator op;
	uint32_t	nvalues;		/* >= 1, all of one type */
	rbac_value *values;
} rbac_condition;

/* Conditions are sorted by attribute (bytewise), one per attribute. */
typedef struct rbac_grant
{
	rbac_str	permission;		/* "Category:Action", "Category:*" or "*" */
	uint32_t	nconditions;
	rbac_condition *conditions;
} rbac_grant;

typedef struct rbac_privileges
{
	uint32_t	ngrants;
	rbac_grant *grants;			/* in the author's order */
} rbac_privileges;

typedef struct rbac_attribute
{
	rbac_str	name;
	rbac_value	value;
} rbac_attribute;

/* What a check is asked. An attribute that is not listed is missing. */
typedef struct rbac_request
{
	rbac_str	permission;		/* a literal name */
	uint32_t	nattributes;	/* sorted by name (bytewise), no duplicates */
	rbac_attribute *attributes;
} rbac_request;

/*
 * Whom the placeholders stand for. A member whose data is NULL leaves its
 * placeholder standing: it then matches only its own text.
 */
typedef struct rbac_identity
{
	rbac_str	organization;	/* {self_org_id} */
	rbac_str	user_id;		/* {self_user_id} */
} rbac_identity;

typedef enum rbac_order
{
	RBAC_GREATER = 1,
	RBAC_EQUAL,
	RBAC_LESS,
	RBAC_INCOMPARABLE
} rbac_order;

/* ---- text: JSON as RFC 8259 has it, and no laxer (parse.c, print.c) ---- */

/*
 * Parse one JSON document: a condition {"type":..,"value(s)":..}, a grant
 * {"permission_name":..,"conditions":{..}} ("conditions" may be omitted), or an
 * array of grants. Unknown, missing and duplicate keys, In [], values of mixed
 * types, null/array/object as a value and a bad permission name are refused.
 */
extern bool rbac_parse_condition(rbac_core *core, const char *text, size_t len, rbac_condition *out);
extern bool rbac_parse_grant(rbac_core *core, const char *text, size_t len, rbac_grant *out);
extern bool rbac_parse_privileges(rbac_core *core, const char *text, size_t len, rbac_privileges *out);

/*
 * Parse an object of attribute values into sorted attributes (request members
 * other than permission are set). null members are missing and left out.
 */
extern bool rbac_parse_attributes(rbac_core *core, const char *text, size_t len, rbac_request *out);

/*
 * Canonical decimal of a JSON number literal, e.g. "-1.50e1" -> "-15".
 * RBAC_SYNTAX if it is no JSON number, RBAC_LIMIT past RBAC_MAX_DIGITS.
 */
extern bool rbac_parse_number(rbac_core *core, const char *text, size_t len, rbac_str *out);

/* True for "Category:Action" (literal), "Category:*" and "*"; see name.c. */
extern bool rbac_permission_name_is_valid(rbac_str name);
extern bool rbac_permission_name_is_wildcard(rbac_str name);

/* Does a grant's permission name (maybe a wildcard) cover a literal name? */
extern bool rbac_permission_name_covers(rbac_str grant, rbac_str literal);

/*
 * Print compact JSON, with fixed key order, conditions sorted by attribute:
 * equal values print equal bytes, and parse(print(x)) = x.
 */
extern bool rbac_print_condition(rbac_core *core, const rbac_condition *condition, rbac_str *out);
extern bool rbac_print_grant(rbac_core *core, const rbac_grant *grant, rbac_str *out);
extern bool rbac_print_privileges(rbac_core *core, const rbac_privileges *privileges, rbac_str *out);

/*
 * {"permission_name":..,"attributes":{..}}; with user_id.data set, a third key
 * "user_id" says whose request it is.
 */
extern bool rbac_print_request(rbac_core *core, const rbac_request *request, rbac_str user_id, rbac_str *out);

/* ---- packed images: what a column stores, read without parsing (pack.c) ---- */

extern bool rbac_pack_condition(rbac_core *core, const rbac_condition *condition, rbac_str *out);
extern bool rbac_pack_grant(rbac_core *core, const rbac_grant *grant, rbac_str *out);
extern bool rbac_pack_privileges(rbac_core *core, const rbac_privileges *privileges, rbac_str *out);

/*
 * Unpack an image. Strings of the result point into the image, which must
 * outlive it. Any bytes are safe to pass; what rbac_pack_* did not make is
 * RBAC_CORRUPT or some well-formed value.
 */
extern bool rbac_unpack_condition(rbac_core *core, const char *image, size_t len, rbac_condition *out);
extern bool rbac_unpack_grant(rbac_core *core, const char *image, size_t len, rbac_grant *out);
extern bool rbac_unpack_privileges(rbac_core *core, const char *image, size_t len, rbac_privileges *out);

/* ---- match (match.c) ---- */

extern bool rbac_value_equal(const rbac_value *a, const rbac_value *b);
extern bool rbac_str_equal(rbac_str a, rbac_str b);
extern int	rbac_str_compare(rbac_str a, rbac_str b);	/* bytewise, as qsort wants it */

/* value NULL: missing. identity NULL: both placeholders stand for themselves. */
extern bool rbac_condition_met(const rbac_condition *condition, const rbac_value *value,
							   const rbac_identity *identity);
extern bool rbac_grant_allows(const rbac_grant *grant, const rbac_request *request,
							  const rbac_identity *identity);
extern bool rbac_privileges_allow(const rbac_privileges *privileges, const rbac_request *request,
								  const rbac_identity *identity);

/* ---- rewriting (rewrite.c); results share strings with their inputs ---- */

/* Put the identity's known members in place of their placeholders. */
extern bool rbac_resolve(rbac_core *core, const rbac_privileges *in, const rbac_identity *identity,
						 rbac_privileges *out);

/*
 * Intersect every grant with "attribute Equals value": a grant whose condition
 * on that attribute the value meets is narrowed to it, one that it does not
 * meet is dropped. Placeholders in conditions on that attribute must have been
 * resolved.
 */
extern bool rbac_restrict(rbac_core *core, const rbac_privileges *in, rbac_str attribute,
						  const rbac_value *value, rbac_privileges *out);

/* All grants of a, then those of b. RBAC_LIMIT past RBAC_MAX_GRANTS. */
extern bool rbac_union(rbac_core *core, const rbac_privileges *a, const rbac_privileges *b,
					   rbac_privileges *out);

/*
 * Same sets of grants in normal form (attributes and values sorted, duplicates
 * dropped, Equals v as In [v])? This is "not modified", finer than "equal".
 */
extern bool rbac_same_grants(rbac_core *core, const rbac_privileges *a, const rbac_privileges *b,
							 bool *same);

/* ---- comparison (compare.c) ---- */

/* A request that was found uncovered. */
typedef struct rbac_counterexample
{
	rbac_request request;
	rbac_identity identity;		/* who must ask: a member is set when the
								 * placeholder had to have this very value; else
								 * its data is NULL and any other value does, shown
								 * as the placeholder's own text */
} rbac_counterexample;

/*
 * Does a cover b: does a allow every request that b allows, whatever strings
 * the placeholders stand for (the same on both sides)? When not, *example (may
 * be NULL) is a request that b allows and a does not.
 * RBAC_LIMIT when RBAC_MAX_STEPS did not suffice to decide.
 */
extern bool rbac_covers(rbac_core *core, const rbac_privileges *a, const rbac_privileges *b,
						bool *covered, rbac_counterexample *example);

extern bool rbac_compare(rbac_core *core, const rbac_privileges *a, const rbac_privileges *b,
						 rbac_order *order);

/* Drop grants that the rest covers; keeps the author's order. */
extern bool rbac_simplify(rbac_core *core, const rbac_privileges *in, rbac_privileges *out);

/* ---- durations and tokens (duration.c, token.c) ---- */

/*
 * ISO 8601 duration in whole seconds: PnW, or P[nD][T[nH][nM][nS]] with at
 * least one part and none repeated or out of order. Signs, fractions, years
 * and months (of no fixed length) are refused, as is what exceeds int32 days.
 */
extern bool rbac_parse_duration(rbac_core *core, const char *text, size_t len, int64_t *seconds);

/* Claims that a token or a gateway hands over; absent members have data NULL. */
typedef struct rbac_claims
{
	rbac_str	organization;
	rbac_str	user_id;
	bool		has_exp;
	bool		has_nbf;
	double		exp;			/* seconds since 1970 */
	double		nbf;
} rbac_claims;

/*
 * Read a JSON object of claims. Names the members that hold organization and
 * user id; they must be non-empty strings, exp and nbf numbers, or the object
 * is refused. Duplicate members anywhere are refused.
 */
extern bool rbac_parse_claims(rbac_core *core, const char *text, size_t len,
							  rbac_str organization_claim, rbac_str user_claim,
							  rbac_claims *out);

/* A compact JWS taken apart; nothing in it is verified but its form. */
typedef struct rbac_token
{
	rbac_str	signing_input;	/* header.payload as received */
	rbac_str	claims;			/* decoded payload, JSON not yet read */
	unsigned char signature[32];
} rbac_token;

/*
 * Take apart an HS256 token: three base64url parts without padding, a header
 * whose "alg" is exactly "HS256" and that has no "crit", a signature of 32
 * bytes. Everything else, "none" included, is refused.
 */
extern bool rbac_parse_token(rbac_core *core, const char *text, size_t len, rbac_token *out);

#endif							/* RBAC_CORE_H */
