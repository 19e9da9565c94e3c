/*
 * unit_compare.c - coverage, order, counterexamples, simplification, and the
 * budget of steps.  Each case is decided by hand here, by the core, and by the
 * oracle; all three must agree.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "example.h"
#include "harness.h"
#include "oracle.h"
#include "unit.h"

static const char *const order_names[] = {"", "greater than", "equal to", "less than", "incomparable with"};

static const struct
{
	const char *a;
	rbac_order	order;
	const char *b;
}			orders[] = {
	/* names */
	{"", RBAC_EQUAL, ""},
	{"A:B", RBAC_GREATER, ""},
	{"A:B", RBAC_EQUAL, "A:B"},
	{"A:B", RBAC_EQUAL, "A:B; A:B"},
	{"A:B", RBAC_INCOMPARABLE, "A:C"},
	{"A:B; A:C", RBAC_GREATER, "A:C"},
	{"A:B; A:C", RBAC_EQUAL, "A:C; A:B"},
	{"A:*", RBAC_GREATER, "A:B"},
	{"A:*", RBAC_GREATER, "A:B; A:C; A:D"},	/* an enumeration never covers a wildcard */
	{"A:*", RBAC_INCOMPARABLE, "B:*"},
	{"A:*", RBAC_INCOMPARABLE, "AA:B"},
	{"A:*", RBAC_INCOMPARABLE, "A:B; B:B"},
	{"*", RBAC_GREATER, "A:*"},
	{"*", RBAC_GREATER, "A:*; B:*; C:D"},
	{"*", RBAC_EQUAL, "*; A:B"},
	{"*", RBAC_EQUAL, "*"},
	{"* x=1", RBAC_INCOMPARABLE, "A:B"},
	{"* x=1", RBAC_GREATER, "A:B x=1"},
	{"* x=1; * x!=1", RBAC_GREATER, "A:B x!=2"},
	{"A:* x=1; A:B x!=1", RBAC_GREATER, "A:B x!=7"},
	{"A:* x=1; A:B x!=1", RBAC_INCOMPARABLE, "A:* x!=7"},

	/* one attribute */
	{"A:B", RBAC_GREATER, "A:B x=1"},
	{"A:B", RBAC_GREATER, "A:B x!=1"},
	{"A:B", RBAC_GREATER, "A:B x=1; A:B x!=1"},	/* x missing */
	{"A:B x=1", RBAC_EQUAL, "A:B x=1.0"},
	{"A:B x=1", RBAC_EQUAL, "A:B x=[1]"},
	{"A:B x=1", RBAC_INCOMPARABLE, "A:B x='1'"},
	{"A:B x=1", RBAC_INCOMPARABLE, "A:B x=2"},
	{"A:B x=1", RBAC_INCOMPARABLE, "A:B y=1"},
	{"A:B x=[1,2]", RBAC_GREATER, "A:B x=1"},
	{"A:B x=[1,2]", RBAC_EQUAL, "A:B x=2; A:B x=1"},
	{"A:B x=[1,2]", RBAC_EQUAL, "A:B x=[2,1,2]"},
	{"A:B x=[1,2]", RBAC_INCOMPARABLE, "A:B x=[2,3]"},
	{"A:B x=[1,2]; A:B x=[2,3]", RBAC_EQUAL, "A:B x=[1,3]; A:B x=2"},
	{"A:B x!=1", RBAC_GREATER, "A:B x=2"},
	{"A:B x!=1", RBAC_INCOMPARABLE, "A:B x=1"},
	{"A:B x!=1", RBAC_INCOMPARABLE, "A:B x=[1,2]"},
	{"A:B x!=1", RBAC_INCOMPARABLE, "A:B x!=2"},
	{"A:B x!=1", RBAC_INCOMPARABLE, "A:B x='2'"},
	{"A:B x!=1", RBAC_INCOMPARABLE, "A:B x!='1'"},
	{"A:B x!=1; A:B x!=2", RBAC_EQUAL, "A:B x=1; A:B x!=1"},
	{"A:B x!=1; A:B x!=2", RBAC_GREATER, "A:B x!=3"},
	{"A:B x=1; A:B x!=1", RBAC_EQUAL, "A:B x=7; A:B x!=7"},
	{"A:B x=1; A:B x!=1", RBAC_GREATER, "A:B x=[1,2,3]"},
	{"A:B x=1; A:B x!=1", RBAC_INCOMPARABLE, "A:B x='a'; A:B x!='a'"},
	{"A:B x='*'", RBAC_INCOMPARABLE, "A:B x='a'"},	/* a value is no wildcard */
	{"A:B x=''", RBAC_INCOMPARABLE, "A:B x='a'"},
	{"A:B", RBAC_GREATER, "A:B x=1; A:B x!=1; A:B x=''; A:B x!=''; A:B x=true; A:B x=false"},

	/* booleans */
	{"A:B b=true; A:B b=false", RBAC_EQUAL, "A:B b=[true,false]"},
	{"A:B b=true; A:B b=false", RBAC_LESS, "A:B"},
	{"A:B b!=true", RBAC_EQUAL, "A:B b=false"},
	{"A:B b!=true; A:B b!=false", RBAC_EQUAL, "A:B b=[false,true]"},
	{"A:B b!=true", RBAC_INCOMPARABLE, "A:B b=true"},
	{"A:B b=true", RBAC_INCOMPARABLE, "A:B b='true'"},
	{"A:B b=true x=1; A:B b=false x=1", RBAC_EQUAL, "A:B b=[true,false] x=1"},
	{"A:B b=true x=1; A:B b=false x=2", RBAC_LESS, "A:B b=[true,false] x=[1,2]"},

	/* several attributes */
	{"A:B x=1", RBAC_GREATER, "A:B x=1 y=1"},
	{"A:B x=1; A:B y=1", RBAC_GREATER, "A:B x=1 y=1"},
	{"A:B x=1 y=1", RBAC_INCOMPARABLE, "A:B x=1 y=2"},
	{"A:B x=1 y=1; A:B x=2 y=2", RBAC_LESS, "A:B x=[1,2] y=[1,2]"},
	{"A:B x=1 y=1; A:B x=1 y=2; A:B x=2 y=1; A:B x=2 y=2", RBAC_EQUAL, "A:B x=[1,2] y=[1,2]"},
	{"A:B x=1 y=1; A:B x=1 y!=1; A:B x!=1 y=1; A:B x!=1 y!=1", RBAC_GREATER, "A:B x!=5 y!=6"},
	{"A:B x=1 y=1; A:B x=1 y!=1; A:B x!=1 y=1", RBAC_INCOMPARABLE, "A:B x!=5 y!=6"},
	{"A:B x=1; A:B x!=1 y=1; A:B x!=1 y!=1", RBAC_GREATER, "A:B x!=5 y!=6"},
	{"A:B x=1 y!=1; A:B y=1", RBAC_GREATER, "A:B x=1 y!=2"},
	{"A:B x=1; A:B x!=1", RBAC_INCOMPARABLE, "A:B y=1"},
	{"A:B x=1; A:B x!=1", RBAC_GREATER, "A:B x!=2 y=1"},
	{"A:B x=1 y=1 z=1; A:B x=1 y=1 z!=1; A:B x=1 y!=1; A:B x!=1", RBAC_GREATER, "A:B x!=9 y!=9 z!=9"},
	{"A:B x=1 y=1; A:C x=1 y=2", RBAC_INCOMPARABLE, "A:B x=1 y=2; A:C x=1 y=1"},

	/* the user: any string, the same one on both sides */
	{"A:B o='{self_user_id}'", RBAC_EQUAL, "A:B o='{self_user_id}'"},
	{"A:B", RBAC_GREATER, "A:B o='{self_user_id}'"},
	{"A:B o='{self_user_id}'", RBAC_INCOMPARABLE, "A:B o='bob'"},
	{"A:B o!='bob'", RBAC_INCOMPARABLE, "A:B o='{self_user_id}'"},
	{"A:B o!='{self_user_id}'", RBAC_INCOMPARABLE, "A:B o='bob'"},
	{"A:B o!='{self_user_id}'", RBAC_INCOMPARABLE, "A:B o!='bob'"},
	{"A:B o!='{self_user_id}'", RBAC_INCOMPARABLE, "A:B o='{self_user_id}'"},
	{"A:B o='{self_user_id}'; A:B o!='{self_user_id}'", RBAC_EQUAL, "A:B o='a'; A:B o!='a'"},
	{"A:B o='{self_user_id}'; A:B o!='{self_user_id}'", RBAC_GREATER, "A:B o='bob'"},
	{"A:B o='{self_user_id}'; A:B o!='{self_user_id}'", RBAC_LESS, "A:B"},
	{"A:B o='bob'; A:B o!='bob'", RBAC_GREATER, "A:B o='{self_user_id}'"},
	{"A:B o=['bob','{self_user_id}']", RBAC_EQUAL, "A:B o='bob'; A:B o='{self_user_id}'"},
	{"A:B o=['bob','{self_user_id}']", RBAC_GREATER, "A:B o='{self_user_id}'"},
	{"A:B o=['bob','eve']", RBAC_INCOMPARABLE, "A:B o='{self_user_id}'"},
	{"A:B o='{self_user_id}' p='{self_user_id}'", RBAC_INCOMPARABLE, "A:B o='bob' p='bob'"},
	{"A:B o='{self_user_id}' p='{self_user_id}'", RBAC_LESS, "A:B o='{self_user_id}'"},
	{"A:B o='{self_user_id}'", RBAC_INCOMPARABLE, "A:B p='{self_user_id}'"},
	/* when the user is bob, the first grant covers; else the second */
	{"A:B o='bob' p='{self_user_id}'; A:B o='{self_user_id}' p!='bob'", RBAC_INCOMPARABLE,
	"A:B o='{self_user_id}' p='{self_user_id}'; A:B o='x'"},
	{"A:B o='bob' p='{self_user_id}'; A:B o='{self_user_id}' p!='bob'", RBAC_GREATER,
	"A:B o='{self_user_id}' p='{self_user_id}'"},
	{"A:B o='bob' p='{self_user_id}'; A:B o!='bob' p='{self_user_id}'", RBAC_GREATER,
	"A:B o='{self_user_id}' p='{self_user_id}'"},
	{"A:B o='{self_user_id}x'", RBAC_INCOMPARABLE, "A:B o='{self_user_id}'"},

	/* the organization, and both: they may be the same string */
	{"A:B o='{self_org_id}'", RBAC_EQUAL, "A:B o=['{self_org_id}']"},
	{"A:B o='{self_org_id}'", RBAC_INCOMPARABLE, "A:B o='acme'"},
	{"A:B o='{self_org_id}'", RBAC_INCOMPARABLE, "A:B o='{self_user_id}'"},
	{"A:B o!='{self_org_id}'", RBAC_INCOMPARABLE, "A:B o='{self_user_id}'"},
	{"A:B o='{self_org_id}'; A:B o!='{self_org_id}'", RBAC_GREATER, "A:B o='{self_user_id}'"},
	{"A:B o!='{self_org_id}'; A:B o!='{self_user_id}'", RBAC_INCOMPARABLE, "A:B o='{self_user_id}'"},
	{"A:B o!='{self_org_id}'; A:B o!='{self_user_id}'", RBAC_LESS, "A:B o!='a'; A:B o='a'"},
	{"A:B o='{self_org_id}' u='{self_user_id}'", RBAC_LESS, "A:B o='{self_org_id}'"},
	{"A:B o='{self_org_id}' u='{self_user_id}'", RBAC_INCOMPARABLE, "A:B o='{self_user_id}' u='{self_org_id}'"},
	/* u is present and o is the organization: u is the user's, or another */
	{"A:B o='{self_org_id}' u='{self_user_id}'; A:B o='{self_org_id}' u!='{self_user_id}'", RBAC_GREATER,
	"A:B o='{self_org_id}' u='{self_org_id}'"},
};

/* covers() one way, with everything that can be said about its answer. */
static bool
covers(const rbac_privileges *a, const rbac_privileges *b)
{
	arena		memory = {0};
	rbac_core	core = arena_core(&memory);
	rbac_counterexample example;
	bool		covered;
	bool		covered_again;
	const char *fault;

	if (!rbac_covers(&core, a, b, &covered, &example))
		bail_out("covers: status %d, %s", core.error.status, core.error.message);
	if (!rbac_covers(&core, a, b, &covered_again, NULL) || covered != covered_again)
		ok(false, "the answer does not depend on whether an example is wanted");
	if (!covered && (fault = example_fault(&memory, a, b, &example)) != NULL)
	{
		rbac_str	text;

		ok(false, "counterexample: %s", fault);
		if (rbac_print_request(&core, &example.request, example.identity.user_id, &text))
			diag("example: %.*s", (int) text.len, text.data);
		diag("a: %s", privileges_text(&memory, a));
		diag("b: %s", privileges_text(&memory, b));
	}
	arena_free(&memory);
	return covered;
}

static rbac_order
order_of(bool a_covers, bool b_covers)
{
	return a_covers ? b_covers ? RBAC_EQUAL : RBAC_GREATER : b_covers ? RBAC_LESS : RBAC_INCOMPARABLE;
}

static void
test_order(const char *a_text, rbac_order expected, const char *b_text)
{
	arena		memory = {0};
	rbac_core	core = arena_core(&memory);
	rbac_privileges a = privileges(&memory, a_text);
	rbac_privileges b = privileges(&memory, b_text);
	oracle_verdict verdict = oracle_compare(&a, &b);
	rbac_order	by_covers = order_of(covers(&a, &b), covers(&b, &a));
	rbac_order	by_oracle = order_of(verdict.covers[0], verdict.covers[1]);
	rbac_order	order;

	if (!rbac_compare(&core, &a, &b, &order))
		bail_out("compare: status %d, %s", core.error.status, core.error.message);
	if (!ok(order == expected && by_covers == expected && by_oracle == expected, "{%s} is %s {%s}", a_text,
			order_names[expected], b_text))
		diag("compare says %s, covers %s, the oracle %s", order_names[order], order_names[by_covers],
			 order_names[by_oracle]);
	arena_free(&memory);
}

static void
test_orders(void)
{
	static const rbac_order converse[] = {0, RBAC_LESS, RBAC_EQUAL, RBAC_GREATER, RBAC_INCOMPARABLE};

	for (size_t i = 0; i < sizeof orders / sizeof orders[0]; i++)
	{
		test_order(orders[i].a, orders[i].order, orders[i].b);
		test_order(orders[i].b, converse[orders[i].order], orders[i].a);
	}
}

/* ---- counterexamples that leave no choice ---- */

static const struct
{
	const char *a;
	const char *b;
	const char *example;		/* with ' for " */
	const char *user_id;		/* what they must be; NULL: left open */
	const char *organization;
}			examples[] = {
	{"", "A:B", "{'permission_name':'A:B','attributes':{}}", NULL, NULL},
	{"A:C", "A:C; A:B", "{'permission_name':'A:B','attributes':{}}", NULL, NULL},
	{"A:B x=1; A:B x!=1", "A:B", "{'permission_name':'A:B','attributes':{}}", NULL, NULL},
	{"A:B x=true; A:B x=false", "A:B", "{'permission_name':'A:B','attributes':{}}", NULL, NULL},
	{"A:B x=true", "A:B x=[true,false]", "{'permission_name':'A:B','attributes':{'x':false}}", NULL, NULL},
	{"A:B x!=1", "A:B x=[1,2]", "{'permission_name':'A:B','attributes':{'x':1}}", NULL, NULL},
	{"A:B x='a'; A:B x!='b'", "A:B x!='c'", "{'permission_name':'A:B','attributes':{'x':'b'}}", NULL, NULL},
	{"A:B x=1 y=1; A:B x=1 y!=1; A:B x!=1 y=1; A:B x!=1 y!=1 z!=3", "A:B x=[1,2] y=[1,2] z=3",
	"{'permission_name':'A:B','attributes':{'x':2,'y':2,'z':3}}", NULL, NULL},
	{"A:B o!='bob'", "A:B o='{self_user_id}'", "{'permission_name':'A:B','attributes':{'o':'bob'}}", "bob", NULL},
	{"A:B o!='acme'", "A:B o='{self_org_id}'", "{'permission_name':'A:B','attributes':{'o':'acme'}}", NULL, "acme"},
	{"A:B o!='{self_user_id}'", "A:B o='bob'", "{'permission_name':'A:B','attributes':{'o':'bob'}}", "bob", NULL},
	{"A:B o='{self_user_id}'", "A:B o='bob'", "{'permission_name':'A:B','attributes':{'o':'bob'}}", NULL, NULL},
	{"A:B o='bob'", "A:B o='{self_user_id}'", "{'permission_name':'A:B','attributes':{'o':'{self_user_id}'}}", NULL, NULL},
	{"A:B o='{self_org_id}'", "A:B o='{self_user_id}'", "{'permission_name':'A:B','attributes':{'o':'{self_user_id}'}}",
	NULL, NULL},
	{"A:B o!='{self_user_id}'", "A:B o='{self_user_id}'", "{'permission_name':'A:B','attributes':{'o':'{self_user_id}'}}",
	NULL, NULL},
};

static bool
is_identity(rbac_str got, const char *expected)
{
	return expected == NULL ? got.data == NULL : got.data != NULL && rbac_str_equal(got, str(expected));
}

static void
test_examples(void)
{
	for (size_t i = 0; i < sizeof examples / sizeof examples[0]; i++)
	{
		arena		memory = {0};
		rbac_core	core = arena_core(&memory);
		rbac_privileges a = privileges(&memory, examples[i].a);
		rbac_privileges b = privileges(&memory, examples[i].b);
		rbac_str	expected = quoted(&memory, examples[i].example);
		rbac_counterexample example;
		rbac_str	got = {0};
		bool		covered;

		if (!rbac_covers(&core, &a, &b, &covered, &example) || covered ||
			!rbac_print_request(&core, &example.request, (rbac_str) {0}, &got))
			bail_out("no example: {%s} {%s}", examples[i].a, examples[i].b);
		if (!ok(rbac_str_equal(got, expected) && is_identity(example.identity.user_id, examples[i].user_id) &&
				is_identity(example.identity.organization, examples[i].organization),
				"{%s} does not cover {%s}: %s", examples[i].a, examples[i].b, examples[i].example))
			diag("got: %.*s, user %.*s, organization %.*s", (int) got.len, got.data,
				 (int) example.identity.user_id.len, example.identity.user_id.data,
				 (int) example.identity.organization.len, example.identity.organization.data);
		arena_free(&memory);
	}
}

/*
 * An invented value or name is one that nobody mentions: mention each and ask
 * again.
 */
static void
test_invented_value(const char *b_text)
{
	arena		memory = {0};
	rbac_core	core = arena_core(&memory);
	rbac_value	invented[100];
	rbac_condition condition = {.attribute = str("x"),.op = RBAC_IN,.values = invented};
	rbac_grant	grant = {.permission = str("A:B"),.nconditions = 1,.conditions = &condition};
	rbac_privileges a = {.grants = &grant};
	rbac_privileges b = privileges(&memory, b_text);
	const char *fault = NULL;

	while (condition.nvalues < 100 && fault == NULL)
	{
		rbac_counterexample example;
		bool		covered;

		if (!rbac_covers(&core, &a, &b, &covered, &example))
			bail_out("covers: %s", core.error.message);
		fault = covered ? "covered" : example_fault(&memory, &a, &b, &example);
		invented[condition.nvalues++] = example.request.attributes[0].value;
		a.ngrants = 1;
	}
	ok(fault == NULL, "100 different counterexamples to {%s}: %s", b_text, fault == NULL ? "fine" : fault);
	arena_free(&memory);
}

static void
test_invented_name(const char *b_text)
{
	arena		memory = {0};
	rbac_core	core = arena_core(&memory);
	rbac_grant	grants[100] = {0};
	rbac_privileges a = {.grants = grants};
	rbac_privileges b = privileges(&memory, b_text);
	const char *fault = NULL;

	while (a.ngrants < 100 && fault == NULL)
	{
		rbac_counterexample example;
		bool		covered;

		if (!rbac_covers(&core, &a, &b, &covered, &example))
			bail_out("covers: %s", core.error.message);
		fault = covered ? "covered" : example_fault(&memory, &a, &b, &example);
		grants[a.ngrants++].permission = example.request.permission;
	}
	ok(fault == NULL, "100 different names against {%s}: %s", b_text, fault == NULL ? "fine" : fault);
	arena_free(&memory);
}

/* ---- simplification ---- */

static const struct
{
	const char *in;
	const char *out;
}			simplifications[] = {
	{"", ""},
	{"A:B", "A:B"},
	{"A:B; A:B", "A:B"},
	{"A:B; A:B; A:B", "A:B"},
	{"A:B x=1; A:B x=[1.0]", "A:B x=1"},
	{"A:B x=1; A:B", "A:B"},
	{"A:B; A:B x=1", "A:B"},
	{"A:*; A:B; B:C", "A:*; B:C"},
	{"B:C; A:B; A:*", "B:C; A:*"},
	{"A:B; *; A:*", "*"},
	{"A:B x=1; A:B x!=1; A:B x=2", "A:B x=1; A:B x!=1"},
	{"A:B x=2; A:B x=1; A:B x!=1", "A:B x=1; A:B x!=1"},
	{"A:B x=1; A:B x!=1; A:B", "A:B"},
	{"A:B b=true y=1; A:B b=false; A:B b=[true,false]", "A:B b=[true,false]"},
	{"A:B o='{self_user_id}'; A:B o='bob'", "A:B o='{self_user_id}'; A:B o='bob'"},
	{"A:B o='{self_user_id}'; A:B o!='{self_user_id}'; A:B o='bob'", "A:B o='{self_user_id}'; A:B o!='{self_user_id}'"},
	{"A:B x=1; B:B x=1; A:C x=1", "A:B x=1; B:B x=1; A:C x=1"},
};

static void
test_simplify(void)
{
	for (size_t i = 0; i < sizeof simplifications / sizeof simplifications[0]; i++)
	{
		arena		memory = {0};
		rbac_core	core = arena_core(&memory);
		rbac_privileges in = privileges(&memory, simplifications[i].in);
		rbac_privileges expected = privileges(&memory, simplifications[i].out);
		rbac_privileges out;
		bool		same;

		if (!rbac_simplify(&core, &in, &out) || !rbac_same_grants(&core, &out, &expected, &same))
			bail_out("simplify {%s}: %s", simplifications[i].in, core.error.message);
		if (!ok(same && out.ngrants == expected.ngrants, "{%s} simplified is {%s}", simplifications[i].in,
				simplifications[i].out))
			diag("got: %s", privileges_text(&memory, &out));
		ok(rbac_simplify(&core, &in, &in) && rbac_same_grants(&core, &in, &out, &same) && same,
		   "{%s} simplified in place", simplifications[i].in);
		arena_free(&memory);
	}
}

/* ---- large and hard comparisons ---- */

/* n times a grant in short notation, with %d for the number from 0. */
static rbac_privileges
numbered(arena *memory, const char *grant, int n)
{
	size_t		size = (size_t) n * (strlen(grant) + 24) + 1;
	char	   *text = malloc(size);
	char	   *out = text;
	rbac_privileges result;

	if (text == NULL)
		bail_out("out of memory");
	*out = '\0';
	for (int i = 0; i < n; i++)
	{
		if (i > 0)
			*out++ = ';';
		out += sprintf(out, grant, i, i);
	}
	result = privileges(memory, text);
	free(text);
	return result;
}

static double
seconds_since(clock_t start)
{
	return (double) (clock() - start) / CLOCKS_PER_SEC;
}

/*
 * Ordinary large roles are decided, well within the budget and in time that
 * nobody waits for (generous, for sanitizers on slow machines).
 */
static void
test_large(const char *name, const rbac_privileges *a, rbac_order expected, const rbac_privileges *b)
{
	arena		memory = {0};
	rbac_core	core = arena_core(&memory);
	clock_t		start = clock();
	rbac_order	order = 0;
	bool		done = rbac_compare(&core, a, b, &order);
	double		seconds = seconds_since(start);

	if (!ok(done && order == expected && seconds < 20, "%s: %s", name, order_names[expected]) && !done)
		diag("status %d, %s", core.error.status, core.error.message);
	diag("%s: %.3f s, %zu bytes", name, seconds, memory.bytes);
	arena_free(&memory);
}

static void
test_large_roles(void)
{
	arena		memory = {0};
	rbac_privileges all = privileges(&memory, "*");
	rbac_privileges category = privileges(&memory, "A:*");
	rbac_privileges plain = numbered(&memory, "A:B%d", 10000);
	rbac_privileges fewer = {plain.ngrants - 1, plain.grants + 1};
	rbac_privileges conditional = numbered(&memory, "A:B%d owner='{self_user_id}' region=['eu','us'] level!=%d", 10000);
	rbac_privileges same_name = numbered(&memory, "A:B project=%d region=['eu','us']", 10000);
	rbac_privileges narrower = numbered(&memory, "A:B project=%d region='eu'", 10000);

	test_large("10,000 grants and themselves", &plain, RBAC_EQUAL, &plain);
	test_large("10,000 grants and one less", &plain, RBAC_GREATER, &fewer);
	test_large("everything and 10,000 grants", &all, RBAC_GREATER, &plain);
	test_large("a category and 10,000 grants", &category, RBAC_GREATER, &conditional);
	test_large("10,000 conditional grants and themselves", &conditional, RBAC_EQUAL, &conditional);
	test_large("10,000 unconditional and conditional grants", &plain, RBAC_GREATER, &conditional);
	test_large("10,000 grants of one name and themselves", &same_name, RBAC_EQUAL, &same_name);
	test_large("10,000 grants of one name and narrower ones", &same_name, RBAC_GREATER, &narrower);
	arena_free(&memory);
}

/* Grants that are looked up by a value, and some among them that cannot be. */
static void
test_large_mixture(void)
{
	arena		memory = {0};
	rbac_core	core = arena_core(&memory);
	rbac_privileges projects = numbered(&memory, "A:B project='p%d'", 5000);
	rbac_privileges owner = privileges(&memory, "A:B owner='{self_user_id}'; A:B project='{self_org_id}'; A:* x=1");
	rbac_privileges narrow = numbered(&memory, "A:B project='q%d' owner='{self_user_id}'", 5000);
	rbac_privileges foreign = privileges(&memory, "A:B project='p1' owner='bob'; A:B project='q1'");
	rbac_privileges mixture;

	if (!rbac_union(&core, &projects, &owner, &mixture))
		bail_out("union: %s", core.error.message);
	test_large("5000 projects and own things", &mixture, RBAC_GREATER, &projects);
	test_large("5000 projects and own things in others", &mixture, RBAC_GREATER, &narrow);
	test_large("5000 projects and foreign things", &mixture, RBAC_INCOMPARABLE, &foreign);
	arena_free(&memory);
}

static rbac_privileges
one_in(arena *memory, int n)
{
	char		list[8 * RBAC_MAX_VALUES + 32];
	char	   *out = list + sprintf(list, "A:B x=[");

	for (int i = 0; i < n; i++)
		out += sprintf(out, "%s%d", i > 0 ? "," : "", i);
	sprintf(out, "]");
	return privileges(memory, list);
}

/* One In of many values against as many Equals: only their union covers. */
static void
test_large_union(void)
{
	arena		memory = {0};
	rbac_privileges singles = numbered(&memory, "A:B x=%d", 1000);
	rbac_privileges fewer = {singles.ngrants - 1, singles.grants};
	rbac_privileges whole = one_in(&memory, 1000);

	test_large("1000 Equals and one In", &singles, RBAC_EQUAL, &whole);
	test_large("999 Equals and one In", &fewer, RBAC_LESS, &whole);
	ok(!covers(&fewer, &whole), "999 Equals do not cover one In of 1000");
	arena_free(&memory);
}

/* What takes too much memory is given up like what takes too many steps. */
static void
test_huge_union(void)
{
	arena		memory = {0};
	rbac_core	core = arena_core(&memory);
	rbac_privileges singles = numbered(&memory, "A:B x=%d", RBAC_MAX_VALUES);
	rbac_privileges whole = one_in(&memory, RBAC_MAX_VALUES);
	size_t		before = memory.bytes;
	bool		covered = false;
	bool		done = rbac_covers(&core, &singles, &whole, &covered, NULL);

	ok(done ? covered : core.error.status == RBAC_LIMIT && core.error.message[0] != '\0',
	   "the largest In is covered by as many Equals, or given up");
	ok(memory.bytes - before < 256 * 1024 * 1024, "within bounds of memory");
	diag("%s, %zu bytes", done ? "covered" : core.error.message, memory.bytes - before);
	arena_free(&memory);
}

/*
 * A chain over n attributes: {x0=1}, {x0<>1, x1=1}, ... and last all <>1.  It
 * covers "all present", and each link is needed.
 */
static void
test_chain(int n)
{
	arena		memory = {0};
	char		text[64 * 65 * 8] = "";
	char	   *out = text;
	rbac_privileges chain;
	rbac_privileges broken;
	rbac_privileges present;

	for (int i = 0; i <= n; i++)
	{
		out += sprintf(out, "%sA:B", i > 0 ? ";" : "");
		for (int j = 0; j < i; j++)
			out += sprintf(out, " x%d!=1", j);
		if (i < n)
			out += sprintf(out, " x%d=1", i);
	}
	chain = privileges(&memory, text);
	broken = (rbac_privileges) {chain.ngrants - 1, chain.grants};
	out = text + sprintf(text, "A:B");
	for (int i = 0; i < n; i++)
		out += sprintf(out, " x%d!=2", i);
	present = privileges(&memory, text);
	ok(covers(&chain, &present), "a chain over %d attributes covers", n);
	ok(!covers(&broken, &present), "a broken chain over %d attributes does not", n);
	arena_free(&memory);
}

/*
 * The pigeonhole principle: n+1 pigeons have no place in n holes unless two
 * share one.  b says where each pigeon sits, a allows whatever puts two in the
 * same hole, so a covers b; but to see that takes exponentially many boxes.
 */
static rbac_privileges
shared_holes(arena *memory, int pigeons, int holes)
{
	size_t		size = (size_t) (pigeons * pigeons * holes) * 24 + 1;
	char	   *text = malloc(size);
	char	   *out = text;
	rbac_privileges result;

	if (text == NULL)
		bail_out("out of memory");
	for (int i = 0; i < pigeons; i++)
		for (int j = 0; j < i; j++)
			for (int hole = 0; hole < holes; hole++)
				out += sprintf(out, "%sA:B p%d=%d p%d=%d", out == text ? "" : ";", j, hole, i, hole);
	result = privileges(memory, text);
	free(text);
	return result;
}

static rbac_privileges
seats(arena *memory, int pigeons, int holes)
{
	char		text[8192];
	char	   *out = text + sprintf(text, "A:B");

	for (int i = 0; i < pigeons; i++)
	{
		out += sprintf(out, " p%d=[", i);
		for (int hole = 0; hole < holes; hole++)
			out += sprintf(out, "%s%d", hole > 0 ? "," : "", hole);
		out += sprintf(out, "]");
	}
	return privileges(memory, text);
}

static void
test_pigeons(int pigeons, int holes)
{
	arena		memory = {0};
	rbac_privileges a = shared_holes(&memory, pigeons, holes);
	rbac_privileges b = seats(&memory, pigeons, holes);

	ok(covers(&a, &b) == (pigeons > holes), "%d pigeons in %d holes", pigeons, holes);
	arena_free(&memory);
}

static unsigned long questions;

static bool
go_on(void *arg)
{
	(void) arg;
	questions++;
	return false;
}

static bool
stop(void *arg)
{
	(void) arg;
	return true;
}

static void
test_budget(void)
{
	arena		memory = {0};
	rbac_core	core = arena_core(&memory);
	rbac_privileges a = shared_holes(&memory, 20, 19);
	rbac_privileges b = seats(&memory, 20, 19);
	clock_t		start = clock();
	size_t		before = memory.bytes;
	bool		covered;
	rbac_order	order;
	rbac_privileges both;
	rbac_privileges simplified;

	core.interrupted = go_on;
	ok(!rbac_covers(&core, &a, &b, &covered, NULL) && core.error.status == RBAC_LIMIT &&
	   core.error.message[0] != '\0', "a comparison that takes too many steps is given up: %s", core.error.message);
	ok(seconds_since(start) < 20, "it is given up in time");
	ok(memory.bytes - before < 256 * 1024 * 1024, "and within bounds of memory");
	ok(questions > 10, "an interruption was possible all the time");
	diag("given up after %.3f s, %zu bytes, %lu questions", seconds_since(start), memory.bytes - before, questions);
	ok(!rbac_compare(&core, &b, &a, &order) && core.error.status == RBAC_LIMIT, "so is the order");
	if (!rbac_union(&core, &a, &b, &both))
		bail_out("union: %s", core.error.message);
	ok(!rbac_simplify(&core, &both, &simplified) && core.error.status == RBAC_LIMIT, "so is simplification");

	core.interrupted = stop;
	ok(!rbac_covers(&core, &a, &b, &covered, NULL) && core.error.status == RBAC_INTERRUPTED,
	   "a comparison can be interrupted");
	arena_free(&memory);
}

static unsigned long questions_left;

static bool
stop_in_the_end(void *arg)
{
	(void) arg;
	return questions_left > 0 && --questions_left == 0;
}

/* Interrupted at the first question, at the second, and so on until there are no more. */
static void
test_interruptions(void)
{
	arena		memory = {0};
	rbac_privileges a = numbered(&memory, "A:B project=%d region=['eu','us']; A:B project=%d owner='{self_user_id}'", 2000);
	unsigned long n = 0;
	bool		all_told = true;
	bool		done;

	do
	{
		arena		scratch = {0};
		rbac_core	core = arena_core(&scratch);
		rbac_privileges simplified;
		bool		same;

		core.interrupted = stop_in_the_end;
		questions_left = ++n;
		done = rbac_same_grants(&core, &a, &a, &same) && rbac_simplify(&core, &a, &simplified);
		all_told &= done || core.error.status == RBAC_INTERRUPTED;
		arena_free(&scratch);
	} while (!done);
	ok(all_told && n > 10, "a comparison can be interrupted at each of %lu questions", n - 1);
	arena_free(&memory);
}

void
test_compare(void)
{
	static const char *const strings[] = {"A:B x!='q'", "A:B x!=7", "A:B x!='{self_user_id}'", "A:B x!='' y=true"};

	test_orders();
	test_examples();
	for (size_t i = 0; i < sizeof strings / sizeof strings[0]; i++)
		test_invented_value(strings[i]);
	test_invented_name("A:*");
	test_invented_name("*");
	test_simplify();
	test_large_roles();
	test_large_mixture();
	test_large_union();
	test_huge_union();
	test_chain(1);
	test_chain(7);
	test_chain(40);
	test_pigeons(3, 2);
	test_pigeons(5, 4);
	test_pigeons(6, 6);
	test_budget();
	test_interruptions();
}
