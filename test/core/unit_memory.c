/*
 * unit_memory.c - every allocation that an operation makes is refused once:
 * the core's own, and (where malloc can be replaced) json-c's.  The operation
 * must fail with RBAC_NO_MEMORY, or give the right result all the same.  That
 * nothing leaks is for LeakSanitizer to see.
 */
#include <stdio.h>
#include <string.h>

#include "harness.h"
#include "unit.h"

#define GRANT_JSON "{\"permission_name\":\"A:B\",\"conditions\":{\"owner\":{\"type\":\"Equals\"," \
	"\"value\":\"{self_user_id}\"},\"region\":{\"type\":\"In\",\"values\":[\"eu\",\"us\",\"f\\u00e9\"]}," \
	"\"size\":{\"type\":\"NotEquals\",\"value\":1.50e1}}}"
#define PRIVILEGES_JSON "[" GRANT_JSON ",{\"permission_name\":\"A:*\"}]"
#define TOKEN "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJib2IifQ.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

/* An operation on fixed input; its result as text. */
typedef bool (*operation) (rbac_core *core, rbac_str *result);

/* Input that the failing allocator does not touch. */
static arena input_memory;
static rbac_privileges wide;
static rbac_privileges narrow;
static rbac_privileges pieces;
static rbac_privileges whole;
static rbac_privileges many;
static rbac_privileges one;
static rbac_str image;

static bool
parse_condition(rbac_core *core, rbac_str *result)
{
	const char *text = "{\"type\":\"In\",\"values\":[\"a\",\"b\\n\",\"\\u00e9\"]}";
	rbac_condition condition;

	return rbac_parse_condition(core, text, strlen(text), &condition) &&
		rbac_print_condition(core, &condition, result);
}

static bool
parse_grant(rbac_core *core, rbac_str *result)
{
	rbac_grant	grant;

	return rbac_parse_grant(core, GRANT_JSON, strlen(GRANT_JSON), &grant) &&
		rbac_print_grant(core, &grant, result);
}

static bool
parse_privileges(rbac_core *core, rbac_str *result)
{
	rbac_privileges privileges;

	return rbac_parse_privileges(core, PRIVILEGES_JSON, strlen(PRIVILEGES_JSON), &privileges) &&
		rbac_print_privileges(core, &privileges, result);
}

static bool
parse_attributes(rbac_core *core, rbac_str *result)
{
	const char *text = "{\"b\":1.50,\"a\":\"x\\u00e9\",\"c\":null,\"d\":true}";
	rbac_request request;

	if (!rbac_parse_attributes(core, text, strlen(text), &request))
		return false;
	request.permission = str("A:B");
	return rbac_print_request(core, &request, str("bob"), result);
}

static bool
parse_number(rbac_core *core, rbac_str *result)
{
	return rbac_parse_number(core, "-1.50e20", 8, result);
}

static bool
pack(rbac_core *core, rbac_str *result)
{
	return rbac_pack_privileges(core, &wide, result);
}

static bool
unpack(rbac_core *core, rbac_str *result)
{
	rbac_privileges privileges;

	return rbac_unpack_privileges(core, image.data, image.len, &privileges) &&
		rbac_print_privileges(core, &privileges, result);
}

static bool
rewrite(rbac_core *core, rbac_str *result)
{
	rbac_identity identity = {.user_id = str("bob"),.organization = str("acme")};
	rbac_value	eu = string_value("eu");
	rbac_privileges privileges;

	return rbac_union(core, &wide, &narrow, &privileges) &&
		rbac_resolve(core, &privileges, &identity, &privileges) &&
		rbac_restrict(core, &privileges, str("region"), &eu, &privileges) &&
		rbac_print_privileges(core, &privileges, result);
}

static bool
same_grants(rbac_core *core, rbac_str *result)
{
	bool		same;

	if (!rbac_same_grants(core, &wide, &wide, &same))
		return false;
	*result = str(same ? "same" : "different");
	return true;
}

static bool
covers(rbac_core *core, rbac_str *result)
{
	rbac_counterexample example;
	bool		covered;

	if (!rbac_covers(core, &narrow, &wide, &covered, &example))
		return false;
	*result = str("covered");
	return covered || rbac_print_request(core, &example.request, example.identity.user_id, result);
}

/* Only the union covers, and only after the placeholder has been every string. */
static bool
covers_by_union(rbac_core *core, rbac_str *result)
{
	bool		covered;

	if (!rbac_covers(core, &pieces, &whole, &covered, NULL))
		return false;
	*result = str(covered ? "covered" : "uncovered");
	return true;
}

/* So large that working memory is needed in the midst of it. */
static bool
covers_much(rbac_core *core, rbac_str *result)
{
	bool		covered;

	if (!rbac_covers(core, &many, &one, &covered, NULL))
		return false;
	*result = str(covered ? "covered" : "uncovered");
	return true;
}

static bool
compare(rbac_core *core, rbac_str *result)
{
	rbac_order	order;

	if (!rbac_compare(core, &wide, &narrow, &order))
		return false;
	*result = str(order == RBAC_GREATER ? "greater" : "not greater");
	return true;
}

static bool
simplify(rbac_core *core, rbac_str *result)
{
	rbac_privileges privileges;

	return rbac_union(core, &wide, &narrow, &privileges) &&
		rbac_simplify(core, &privileges, &privileges) &&
		rbac_print_privileges(core, &privileges, result);
}

static bool
parse_token(rbac_core *core, rbac_str *result)
{
	rbac_token	token;

	if (!rbac_parse_token(core, TOKEN, strlen(TOKEN), &token))
		return false;
	*result = token.claims;
	return true;
}

static bool
parse_claims(rbac_core *core, rbac_str *result)
{
	const char *text = "{\"sub\":\"b\\u00e9\",\"x\":[{\"a\":[1,2]},null],\"org_id\":\"acme\",\"exp\":1.5}";
	rbac_claims claims;

	if (!rbac_parse_claims(core, text, strlen(text), str("org_id"), str("sub"), &claims))
		return false;
	*result = claims.user_id;
	return claims.has_exp && claims.organization.data != NULL;
}

static const struct
{
	const char *name;
	operation	run;
}			operations[] = {
	{"parse_condition", parse_condition},
	{"parse_grant", parse_grant},
	{"parse_privileges", parse_privileges},
	{"parse_attributes", parse_attributes},
	{"parse_number", parse_number},
	{"pack", pack},
	{"unpack", unpack},
	{"union, resolve, restrict", rewrite},
	{"same_grants", same_grants},
	{"covers", covers},
	{"covers by union", covers_by_union},
	{"covers much", covers_much},
	{"compare", compare},
	{"simplify", simplify},
	{"parse_token", parse_token},
	{"parse_claims", parse_claims},
};

/* {x=u, y=0}, {x=u, y=1}, ... and {x=u, y In [0,1,...]}, for the user u. */
static void
make_large_input(void)
{
	char		grants[32 * 1000];
	char		list[8 * 1000];
	char	   *g = grants;
	char	   *l = list + sprintf(list, "A:B x='{self_user_id}' y=[");

	for (int i = 0; i < 500; i++)
	{
		g += sprintf(g, "%sA:B x='{self_user_id}' y=%d", i > 0 ? ";" : "", i);
		l += sprintf(l, "%s%d", i > 0 ? "," : "", i);
	}
	sprintf(l, "]");
	many = privileges(&input_memory, grants);
	one = privileges(&input_memory, list);
}

/* What the operation gives when memory suffices, kept in input_memory. */
static rbac_str
undisturbed(operation run)
{
	arena		memory = {0};
	rbac_core	core = arena_core(&memory);
	rbac_str	result;

	if (!run(&core, &result))
		bail_out("status %d: %s", core.error.status, core.error.message);
	result = exact_copy(&input_memory, result);
	arena_free(&memory);
	return result;
}

/* Run with the n-th allocation refused; false when there is no n-th. */
static bool
disturbed(operation run, unsigned long n, bool malloc_too, rbac_str expected, bool *pass)
{
	arena		memory = {.fail_at = malloc_too ? 0 : n};
	rbac_core	core = arena_core(&memory);
	rbac_str	result;
	bool		failed;
	bool		done;

	if (malloc_too)
		fail_malloc_at(n);
	done = run(&core, &result);
	if (malloc_too)
		fail_malloc_at(0);
	failed = malloc_too ? malloc_has_failed() : memory.count >= n;
	if (done)
		*pass = rbac_str_equal(result, expected) && (malloc_too || !failed);
	else
		*pass = failed && core.error.status == RBAC_NO_MEMORY && core.error.message[0] != '\0';
	if (!*pass)
		diag("allocation %lu: %s, status %d, %s", n, done ? "done" : "failed", core.error.status,
			 done ? "" : core.error.message);
	arena_free(&memory);
	return failed;
}

static void
refuse_each(const char *name, operation run, bool malloc_too)
{
	rbac_str	expected = undisturbed(run);
	unsigned long n = 1;
	bool		all_pass = true;
	bool		pass;

	while (disturbed(run, n, malloc_too, expected, &pass))
	{
		all_pass &= pass;
		n++;
	}
	ok(all_pass && pass, "%s: each of %lu %s refused", name, n - 1, malloc_too ? "mallocs" : "allocations");
}

void
test_memory(void)
{
	arena		memory = {0};
	rbac_core	core = arena_core(&memory);

	wide = privileges(&input_memory, "A:B region=['eu','us'] owner='{self_user_id}'; A:B size!=1; A:C x='a'");
	narrow = privileges(&input_memory, "A:B region='eu' owner='{self_user_id}' size=[1,2]; A:B size=3");
	pieces = privileges(&input_memory, "A:B o='{self_user_id}' x=1; A:B o='{self_user_id}' x!=1 y=['a','b'];"
						"A:B o!='{self_user_id}' x!=2; A:B o!='bob' x=[2,3]; A:B o='bob' x!=1 y!='a'; A:B o=['bob','eve']");
	whole = privileges(&input_memory, "A:B o!='eve' x=[1,2,3] y=['a','b']; A:B o='{self_org_id}' x=1");
	make_large_input();
	if (!rbac_pack_privileges(&core, &wide, &image))
		bail_out("pack: %s", core.error.message);
	for (size_t i = 0; i < sizeof operations / sizeof operations[0]; i++)
		refuse_each(operations[i].name, operations[i].run, false);
	for (size_t i = 0; i < sizeof operations / sizeof operations[0]; i++)
		if (fail_malloc_at(0))
			refuse_each(operations[i].name, operations[i].run, true);
	arena_free(&memory);
	arena_free(&input_memory);
}
