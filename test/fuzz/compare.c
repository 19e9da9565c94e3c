/* compare.c - comparing two sets of privileges. The oracle knows; see fuzz.h. */
#include "example.h"
#include "fuzz.h"
#include "oracle.h"

static bool
covers(rbac_core *core, const rbac_privileges *a, const rbac_privileges *b)
{
	rbac_counterexample example;
	bool		covered;

	must(rbac_covers(core, a, b, &covered, &example));
	if (!covered)
		must(example_fault(core->arg, a, b, &example) == NULL);
	return covered;
}

static void
must_agree(rbac_core *core, const rbac_privileges *a, const rbac_privileges *b)
{
	oracle_verdict verdict = oracle_compare(a, b);
	rbac_order	order;
	bool		same;

	must(covers(core, a, b) == verdict.covers[0]);
	must(covers(core, b, a) == verdict.covers[1]);
	must(rbac_compare(core, a, b, &order));
	must(verdict.covers[0] == (order == RBAC_GREATER || order == RBAC_EQUAL));
	must(verdict.covers[1] == (order == RBAC_LESS || order == RBAC_EQUAL));
	must(rbac_same_grants(core, a, b, &same));
	must(!same || order == RBAC_EQUAL);
}

static void
must_combine(rbac_core *core, const rbac_privileges *a, const rbac_privileges *b)
{
	rbac_privileges both;
	rbac_privileges simple;

	must(rbac_union(core, a, b, &both));
	must(covers(core, &both, a) && covers(core, &both, b));
	must(rbac_simplify(core, &both, &simple));
	must(simple.ngrants <= both.ngrants && covers(core, &simple, &both));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	arena		memory = {0};
	rbac_core	core = arena_core(&memory);
	fuzz_bytes	bytes = {data, size};
	rbac_privileges a = fuzz_privileges(&bytes, &memory);
	rbac_privileges b = fuzz_privileges(&bytes, &memory);

	must_agree(&core, &a, &b);
	must_combine(&core, &a, &b);
	arena_free(&memory);
	return 0;
}
