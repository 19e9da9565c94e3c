/*
 * program.c - the grants that a request meets, compiled for testing row by row.
 *
 * Compiling turns conditions on attributes into tests of parameters against
 * constants in the representation of the column (value.h), decides what does
 * not depend on the row, and leaves out what no row can meet. Many grants are
 * not walked one by one: a tree finds those whose constants a row has.
 *
 * Not here: which grants count (access.c), and when a program no longer holds
 * (site.c, cache.c).
 */
#include "postgres.h"

#include "common/hashfn.h"
#include "program.h"
#include "utils/fmgrprotos.h"
#include "utils/memutils.h"

/* Met when the parameter equals one of the constants, or none if negated. */
typedef struct rbac_test
{
	int			parameter;
	rbac_kind	kind;
	bool		is_negated;
	int			nconstants;
	rbac_sql_value *constants;
} test;

/* Tests that all have to be met. */
typedef struct conjunction
{
	int			ntests;
	test	   *tests;
} conjunction;

/*
 * Grants of which one has to be met. A leaf lists them. Otherwise those with a
 * test that asks the parameter for one of certain values are found by hashing
 * its value, each in the subtree of every value that it asks for; all others
 * are in "rest".
 */
typedef struct rbac_tree
{
	int			parameter;		/* RBAC_NO_PARAMETER: a leaf */
	int			ngrants;
	const conjunction **grants;
	rbac_kind	kind;
	uint32		mask;			/* slots less one, a power of two at most half full */
	struct slot *slots;
	struct rbac_tree *rest;
} tree;

typedef struct slot
{
	const rbac_sql_value *constant; /* NULL: free */
	tree	   *subtree;
	int			ngrants;		/* while the tree is built */
	const conjunction **grants;
} slot;

/* Fewer grants than this are walked faster than hashed. */
#define MIN_INDEXED 6

/* Entries of all the trees of a program: In lists multiply. */
#define MAX_ENTRIES 100000

/* ---- conditions to tests ---- */

typedef struct compilation
{
	rbac_core	core;
	const rbac_signature *signature;
	rbac_program *program;
	rbac_value	home;			/* UTF-8 */
	rbac_privileges collected;	/* grants that cover the permission */
	uint32		max_collected;
	int			ngrants;		/* compiled */
	conjunction *grants;
	int			nentries;		/* of the tree */
} compilation;

static int
find_parameter(const rbac_signature *signature, rbac_str name)
{
	for (int i = 0; i < signature->nparameters; i++)
	{
		if (rbac_str_equal(signature->parameters[i].name, name))
			return i;
	}
	return RBAC_NO_PARAMETER;
}

static void
mark_used(rbac_program *program, int parameter)
{
	for (int i = 0; i < program->nused; i++)
	{
		if (program->used[i] == parameter)
			return;
	}
	program->used[program->nused++] = parameter;
}

/* False when no row can meet the condition. */
static bool
compile_test(compilation *state, int parameter, const rbac_condition *condition, test *out)
{
	const rbac_value_type *type = &state->signature->parameters[parameter].type;

	if (condition->values[0].type != type->type)
		return false;
	out->parameter = parameter;
	out->kind = type->kind;
	out->is_negated = condition->op == RBAC_NOT_EQUALS;
	out->constants = palloc(condition->nvalues * sizeof(rbac_sql_value));
	for (uint32 i = 0; i < condition->nvalues; i++)
	{
		if (rbac_convert_constant(&state->core, type, &condition->values[i],
								  &out->constants[out->nconstants]))
			out->nconstants++;
	}
	return out->nconstants > 0 || out->is_negated;
}

/* False when the grant can be met by no row; it is then left out. */
static bool
compile_grant(compilation *state, const rbac_grant *grant, conjunction *out)
{
	out->ntests = 0;
	out->tests = palloc0(grant->nconditions * sizeof(test));
	for (uint32 i = 0; i < grant->nconditions; i++)
	{
		const rbac_condition *condition = &grant->conditions[i];
		int			parameter = find_parameter(state->signature, condition->attribute);

		if (parameter != RBAC_NO_PARAMETER)
		{
			if (!compile_test(state, parameter, condition, &out->tests[out->ntests]))
				return false;
			out->ntests++;
		}
		else if (!rbac_str_equal(condition->attribute, RBAC_ORGANIZATION_NAME) ||
				 !rbac_condition_met(condition, &state->home, NULL))
			return false;
	}
	for (int i = 0; i < out->ntests; i++)
		mark_used(state->program, out->tests[i].parameter);
	return true;
}

static void
collect_grant(const rbac_grant *grant, void *arg)
{
	compilation *state = arg;

	if (state->collected.ngrants == state->max_collected)
	{
		state->max_collected *= 2;
		state->collected.grants = repalloc(state->collected.grants,
										   state->max_collected * sizeof(rbac_grant));
	}
	state->collected.grants[state->collected.ngrants++] = *grant;
}

/* Rows of another organization than the caller's are out, unless an operator asks. */
static void
compile_home(compilation *state)
{
	rbac_program *program = state->program;
	rbac_condition condition = {RBAC_ORGANIZATION_NAME, RBAC_EQUALS, 1, &state->home};
	int			parameter = state->signature->organization;

	if (parameter == RBAC_NO_PARAMETER || program->is_operator)
		return;
	program->home = palloc0(sizeof(test));
	if (compile_test(state, parameter, &condition, program->home))
		mark_used(program, parameter);
	else
		state->ngrants = 0;
}

static void
compile_grants(compilation *state, const rbac_identity *identity)
{
	rbac_privileges resolved;

	if (!rbac_resolve(&state->core, &state->collected, identity, &resolved))
		rbac_core_report(&state->core, ERRCODE_INTERNAL_ERROR, "could not compile grants", NULL);
	state->grants = palloc(Max(resolved.ngrants, 1) * sizeof(conjunction));
	for (uint32 i = 0; i < resolved.ngrants; i++)
	{
		if (compile_grant(state, &resolved.grants[i], &state->grants[state->ngrants]))
			state->ngrants++;
	}
}

/* ---- trees ---- */

static uint32
hash_value(rbac_kind kind, const rbac_sql_value *value)
{
	double		real;

	switch (kind)
	{
		case RBAC_KIND_INTEGER:
			return hash_bytes_uint32((uint32) value->integer ^ (uint32) (value->integer >> 32));
		case RBAC_KIND_REAL:
			real = value->real + 0.0;	/* -0 is 0 */
			return hash_bytes((const unsigned char *) &real, sizeof(real));
		case RBAC_KIND_NUMERIC:
			return DatumGetUInt32(DirectFunctionCall1(hash_numeric, value->numeric));
		case RBAC_KIND_BOOLEAN:
			return value->boolean;
		case RBAC_KIND_ENUM:
			return hash_bytes_uint32(value->label);
		default:
			return hash_bytes((const unsigned char *) value->bytes.data, value->bytes.len);
	}
}

/* Where the value is, or a free slot for it. */
static slot *
find_slot(const tree *node, const rbac_sql_value *value)
{
	uint32		i = hash_value(node->kind, value);

	for (;; i++)
	{
		slot	   *found = &node->slots[i & node->mask];

		if (found->constant == NULL ||
			rbac_sql_value_equal(node->kind, found->constant, value))
			return found;
	}
}

static const test *
find_positive_test(const conjunction *grant, int parameter)
{
	for (int i = 0; i < grant->ntests; i++)
	{
		if (grant->tests[i].parameter == parameter && !grant->tests[i].is_negated)
			return &grant->tests[i];
	}
	return NULL;
}

static int
count_constants(const conjunction **grants, int ngrants, int parameter)
{
	int			n = 0;

	for (int i = 0; i < ngrants; i++)
	{
		const test *found = find_positive_test(grants[i], parameter);

		n += found == NULL ? 0 : found->nconstants;
	}
	return n;
}

/* Hash the constants that grants ask a parameter for; how many different ones. */
static int
fill_slots(tree *node, const conjunction **grants, int ngrants)
{
	int			ndistinct = 0;

	for (int i = 0; i < ngrants; i++)
	{
		const test *found = find_positive_test(grants[i], node->parameter);

		for (int j = 0; found != NULL && j < found->nconstants; j++)
		{
			slot	   *place = find_slot(node, &found->constants[j]);

			if (place->constant == NULL)
				ndistinct++;
			place->constant = &found->constants[j];
			place->ngrants++;
		}
	}
	return ndistinct;
}

static void
make_slots(const compilation *state, tree *node, int parameter, int nconstants)
{
	uint32		nslots = 8;

	while (nslots < 2 * (uint32) nconstants)
		nslots *= 2;
	node->parameter = parameter;
	node->kind = state->signature->parameters[parameter].type.kind;
	node->mask = nslots - 1;
	node->slots = palloc0(nslots * sizeof(slot));
}

/* By the parameter whose values tell most grants apart; false if none does. */
static bool
choose_parameter(const compilation *state, const conjunction **grants, int ngrants,
				 uint64 used, tree *node)
{
	int			best = 1;

	for (int i = 0; i < state->signature->nparameters && i < 64; i++)
	{
		tree		candidate = {0};
		int			nconstants = used & (UINT64CONST(1) << i) ? 0 : count_constants(grants, ngrants, i);
		int			ndistinct;

		if (nconstants <= best)
			continue;
		make_slots(state, &candidate, i, nconstants);
		ndistinct = fill_slots(&candidate, grants, ngrants);
		if (ndistinct <= best)
			continue;
		best = ndistinct;
		*node = candidate;
	}
	return best > 1;
}

/* Put each grant into the slots of the values that it asks for, the others aside. */
static int
distribute(tree *node, const conjunction **grants, int ngrants, const conjunction **others)
{
	int			nothers = 0;

	for (uint32 i = 0; i <= node->mask; i++)
	{
		node->slots[i].grants = palloc(node->slots[i].ngrants * sizeof(conjunction *));
		node->slots[i].ngrants = 0;
	}
	for (int i = 0; i < ngrants; i++)
	{
		const test *found = find_positive_test(grants[i], node->parameter);

		if (found == NULL)
			others[nothers++] = grants[i];
		for (int j = 0; found != NULL && j < found->nconstants; j++)
		{
			slot	   *place = find_slot(node, &found->constants[j]);

			place->grants[place->ngrants++] = grants[i];
		}
	}
	return nothers;
}

static tree *
build_tree(compilation *state, const conjunction **grants, int ngrants, uint64 used)
{
	tree	   *node = palloc0(sizeof(tree));
	const conjunction **others;
	int			nothers;

	node->parameter = RBAC_NO_PARAMETER;
	node->ngrants = ngrants;
	node->grants = grants;
	state->nentries += ngrants;
	if (ngrants < MIN_INDEXED || state->nentries > MAX_ENTRIES ||
		!choose_parameter(state, grants, ngrants, used, node))
		return node;

	used |= UINT64CONST(1) << node->parameter;
	others = palloc(ngrants * sizeof(conjunction *));
	nothers = distribute(node, grants, ngrants, others);
	for (uint32 i = 0; i <= node->mask; i++)
	{
		if (node->slots[i].constant != NULL)
			node->slots[i].subtree = build_tree(state, node->slots[i].grants,
												node->slots[i].ngrants, used);
	}
	node->rest = build_tree(state, others, nothers, used);
	return node;
}

static tree *
build_all(compilation *state)
{
	const conjunction **grants = palloc(Max(state->ngrants, 1) * sizeof(conjunction *));

	for (int i = 0; i < state->ngrants; i++)
		grants[i] = &state->grants[i];
	return build_tree(state, grants, state->ngrants, 0);
}

/* ---- programs ---- */

static rbac_program *
compile(const rbac_user *user, const rbac_caller *caller, const rbac_signature *signature)
{
	compilation state = {.signature = signature, .max_collected = 8};
	rbac_identity identity = {rbac_to_utf8(caller->organization), rbac_to_utf8(caller->user_id)};
	rbac_program *program = palloc0(sizeof(rbac_program));
	rbac_str	permission;

	rbac_core_init(&state.core);
	state.program = program;
	state.home = (rbac_value) {.type = RBAC_STRING, .text = identity.organization};
	state.collected.grants = palloc(state.max_collected * sizeof(rbac_grant));
	program->key = (rbac_str) {rbac_str_to_cstring(signature->key), signature->key.len};
	program->is_operator = user->principal.is_operator;
	program->used = palloc(Max(signature->nparameters, 1) * sizeof(int));
	if (!rbac_to_utf8_noerror(signature->permission, &permission))
		permission = (rbac_str) {"", 0};	/* no name, so nothing is permitted */
	program->until = rbac_visit_grants(&user->principal, permission, true, collect_grant, &state);
	compile_grants(&state, &identity);
	compile_home(&state);
	program->grants = build_all(&state);
	return program;
}

static rbac_program *
find_program(const rbac_user *user, rbac_str key)
{
	ListCell   *lc;

	foreach(lc, user->programs)
	{
		rbac_program *program = lfirst(lc);

		if (rbac_str_equal(program->key, key) &&
			program->until > rbac_now())
			return program;
	}
	return NULL;
}

const rbac_program *
rbac_get_program(const rbac_caller *caller, const rbac_signature *signature)
{
	rbac_user  *user = rbac_lookup_user(caller->organization, caller->user_id);
	rbac_program *program = find_program(user, signature->key);

	if (program == NULL)
	{
		MemoryContext old = MemoryContextSwitchTo(rbac_program_context(user));

		program = compile(user, caller, signature);
		user->programs = lcons(program, user->programs);
		MemoryContextSwitchTo(old);
		rbac_account_user(user);
	}
	return program;
}

/* ---- running ---- */

static inline bool
is_met(const test *test, const rbac_sql_value *values)
{
	const rbac_sql_value *value = &values[test->parameter];

	if (value->missing)
		return false;
	for (int i = 0; i < test->nconstants; i++)
	{
		if (rbac_sql_value_equal(test->kind, value, &test->constants[i]))
			return !test->is_negated;
	}
	return test->is_negated;
}

static inline bool
is_grant_met(const conjunction *grant, const rbac_sql_value *values)
{
	for (int i = 0; i < grant->ntests; i++)
	{
		if (!is_met(&grant->tests[i], values))
			return false;
	}
	return true;
}

static bool
is_any_met(const tree *node, const rbac_sql_value *values)
{
	for (; node->parameter != RBAC_NO_PARAMETER; node = node->rest)
	{
		const rbac_sql_value *value = &values[node->parameter];
		const tree *subtree = value->missing ? NULL : find_slot(node, value)->subtree;

		if (subtree != NULL && is_any_met(subtree, values))
			return true;
	}
	for (int i = 0; i < node->ngrants; i++)
	{
		if (is_grant_met(node->grants[i], values))
			return true;
	}
	return false;
}

bool
rbac_run_program(const rbac_program *program, const rbac_sql_value *values)
{
	if (program->home != NULL && !is_met(program->home, values))
		return false;
	return is_any_met(program->grants, values);
}
