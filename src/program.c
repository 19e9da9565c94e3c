/*
 * program.c - the grants that a request meets, compiled for testing row by row.
 *
 * Compiling turns conditions on attributes into tests of parameters against
 * constants in the representation of the column (value.h), decides what does
 * not depend on the row, and leaves out what no row can meet. Many grants are
 * not walked one by one: what they have in common is tested first, and a tree
 * finds those whose constants a row has.
 *
 * A program is made in the current memory context, from which only what rows
 * need is copied to where it is kept.
 *
 * Not here: which grants count (access.c), and when a program no longer holds
 * (site.c, cache.c).
 */
#include "postgres.h"

#include "nodes/bitmapset.h"
#include "port/pg_bitutils.h"
#include "program.h"
#include "utils/memutils.h"

/* Different constants of one kind; a hash table tells which a value equals. */
typedef struct constants
{
	rbac_kind	kind;
	int			nvalues;
	rbac_sql_value *values;
	uint32		mask;			/* slots less one, a power of two at most a quarter full:
								 * most values that are none of them meet a free one */
	struct slot *slots;			/* NULL: few, which are walked */
} constants;

typedef struct slot
{
	uint64		word;			/* these two spare most looks at the constant */
	uint32		length;
	int			number;			/* of the constant, from 1; 0: free */
} slot;

#define NOT_FOUND (-1)

/* Met when the parameter equals one of the constants, or none if negated. */
typedef struct rbac_test
{
	int			parameter;
	bool		is_negated;
	constants	constants;
	/* While compiling: what was made of this one, if it was. */
	struct rbac_test *kept;
	struct rbac_tree *tree;		/* of this test alone */
} test;

/*
 * Some of the grants: met when all tests are, which they have in common, and
 * then one of those into which they divide, if they do.
 */
typedef struct rbac_tree
{
	struct choice *choice;		/* NULL: the tests are all */
	int			ntests;
	const test *tests[FLEXIBLE_ARRAY_MEMBER];
} tree;

/* Those that ask a parameter for one of certain values, by value, and the others. */
typedef struct choice
{
	int			parameter;		/* RBAC_NO_PARAMETER: none does */
	constants	constants;
	tree	  **branches;		/* by constant */
	int			nothers;
	tree	  **others;
} choice;

/* Fewer grants, or constants, than this are walked faster than hashed. */
#define MIN_INDEXED 6

/* Grants in all the trees of a program: In lists multiply. */
#define MAX_ENTRIES 100000

/* ---- constants ---- */

static int
find_hashed(const constants *constants, const rbac_sql_value *value)
{
	rbac_kind	kind = constants->kind;
	uint64		word = rbac_value_word(kind, value);
	size_t		length = rbac_value_length(kind, value);
	bool		is_short = rbac_value_is_short(kind, value);

	for (uint32 i = rbac_value_hash(kind, value, word);; i++)
	{
		const slot *slot = &constants->slots[i & constants->mask];

		if (slot->number == 0)
			return NOT_FOUND;
		if (slot->word == word && slot->length == length &&
			(is_short || rbac_sql_value_equal(kind, value, &constants->values[slot->number - 1])))
			return slot->number - 1;
	}
}

static inline int
find_constant(const constants *constants, const rbac_sql_value *value)
{
	if (constants->slots != NULL)
		return find_hashed(constants, value);
	for (int i = 0; i < constants->nvalues; i++)
	{
		if (rbac_sql_value_equal(constants->kind, value, &constants->values[i]))
			return i;
	}
	return NOT_FOUND;
}

/* For at most so many values; none for few. */
static void
make_slots(constants *constants, int capacity)
{
	constants->mask = 0;
	constants->slots = NULL;
	if (capacity < MIN_INDEXED)
		return;
	constants->mask = pg_nextpower2_32(4 * capacity) - 1;
	constants->slots = palloc_extended((constants->mask + 1) * sizeof(slot),
									   MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);
}

static void
fill_slot(constants *constants, int number)
{
	const rbac_sql_value *value = &constants->values[number];
	uint64		word = rbac_value_word(constants->kind, value);
	uint32		i = rbac_value_hash(constants->kind, value, word);

	while (constants->slots[i & constants->mask].number != 0)
		i++;
	constants->slots[i & constants->mask] = (slot)
	{
		word, rbac_value_length(constants->kind, value), number + 1
	};
}

static void
init_constants(constants *constants, rbac_kind kind, int capacity)
{
	constants->kind = kind;
	constants->nvalues = 0;
	constants->values = MemoryContextAllocHuge(CurrentMemoryContext,
											   capacity * sizeof(rbac_sql_value));
	make_slots(constants, capacity);
}

/* Unless it is there. The number that it has. */
static int
add_constant(constants *constants, const rbac_sql_value *value)
{
	int			number = find_constant(constants, value);

	if (number != NOT_FOUND)
		return number;
	number = constants->nvalues++;
	constants->values[number] = *value;
	if (constants->slots != NULL)
		fill_slot(constants, number);
	return number;
}

/* ---- conditions to tests ---- */

/* Tests that all have to be met, of different parameters. */
typedef struct conjunction
{
	int			ntests;
	test	  **tests;
} conjunction;

/* Tests for one constant each: many grants test for the same. */
typedef struct test_pool
{
	constants	constants;
	test	  **tests;			/* by constant */
} test_pool;

typedef struct compilation
{
	rbac_core	core;
	MemoryContext kept;			/* of the program */
	const rbac_signature *signature;
	rbac_program *program;
	rbac_value	home;			/* UTF-8 */
	rbac_privileges collected;	/* grants that cover the permission */
	uint32		max_collected;
	test_pool *pools[2];		/* of tests that are not, and are, negated; by parameter */
	tree	   *empty;			/* without tests and choice */
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

static test *
convert_condition(compilation *state, int parameter, const rbac_condition *condition)
{
	const rbac_value_type *type = &state->signature->parameters[parameter].type;
	test	   *out = palloc0(sizeof(test));

	out->parameter = parameter;
	out->is_negated = condition->op == RBAC_NOT_EQUALS;
	init_constants(&out->constants, type->kind, condition->nvalues);
	for (uint32 i = 0; i < condition->nvalues; i++)
	{
		rbac_sql_value constant;

		if (rbac_convert_constant(&state->core, type, &condition->values[i], &constant))
			add_constant(&out->constants, &constant);
	}
	return out;
}

/* The same for the same constant. */
static test *
pool_test(compilation *state, test *wanted)
{
	test_pool  *pool = &state->pools[wanted->is_negated][wanted->parameter];
	int			number;

	if (pool->tests == NULL)
	{
		init_constants(&pool->constants, wanted->constants.kind, state->collected.ngrants);
		pool->tests = palloc0(state->collected.ngrants * sizeof(test *));
	}
	number = add_constant(&pool->constants, &wanted->constants.values[0]);
	if (pool->tests[number] == NULL)
		pool->tests[number] = wanted;
	return pool->tests[number];
}

/* NULL when no row can meet the condition. */
static test *
compile_test(compilation *state, int parameter, const rbac_condition *condition)
{
	test	   *compiled;

	if (condition->values[0].type != state->signature->parameters[parameter].type.type)
		return NULL;
	compiled = convert_condition(state, parameter, condition);
	if (compiled->constants.nvalues == 0)
		return compiled->is_negated ? compiled : NULL;
	return compiled->constants.nvalues == 1 ? pool_test(state, compiled) : compiled;
}

/*
 * Is the attribute not looked at row by row? Those that are not given are not,
 * nor is the organization: only an operator's grants count for another one than
 * the caller's.
 */
static bool
is_same_in_all_rows(const compilation *state, int parameter)
{
	return parameter == RBAC_NO_PARAMETER ||
		(parameter == state->signature->organization && !state->program->is_operator);
}

/* NULL when the grant can be met by no row. */
static conjunction *
compile_grant(compilation *state, const rbac_grant *grant)
{
	conjunction *out = palloc0(sizeof(conjunction));

	out->tests = palloc(grant->nconditions * sizeof(test *));
	for (uint32 i = 0; i < grant->nconditions; i++)
	{
		const rbac_condition *condition = &grant->conditions[i];
		int			parameter = find_parameter(state->signature, condition->attribute);

		if (!is_same_in_all_rows(state, parameter))
		{
			test	   *compiled = compile_test(state, parameter, condition);

			if (compiled == NULL)
				return NULL;
			out->tests[out->ntests++] = compiled;
		}
		else if (!rbac_str_equal(condition->attribute, RBAC_ORGANIZATION_NAME) ||
				 !rbac_condition_met(condition, &state->home, NULL))
			return NULL;
	}
	return out;
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

/* A list of conjunctions. */
static List *
compile_grants(compilation *state, const rbac_identity *identity)
{
	List	   *grants = NIL;
	rbac_privileges resolved;

	if (!rbac_resolve(&state->core, &state->collected, identity, &resolved))
		rbac_core_report(&state->core, ERRCODE_INTERNAL_ERROR, "could not compile grants", NULL);
	for (uint32 i = 0; i < resolved.ngrants; i++)
	{
		conjunction *grant = compile_grant(state, &resolved.grants[i]);

		if (grant != NULL)
			grants = lappend(grants, grant);
	}
	return grants;
}

/* ---- what is kept ---- */

static void *
keep(const compilation *state, Size size)
{
	return MemoryContextAllocExtended(state->kept, size, MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);
}

static constants
keep_constants(const compilation *state, const constants *from)
{
	MemoryContext old = MemoryContextSwitchTo(state->kept);
	constants	kept = *from;

	kept.values = rbac_copy_constants(kept.kind, kept.values, kept.nvalues);
	make_slots(&kept, kept.nvalues);
	for (int i = 0; kept.slots != NULL && i < kept.nvalues; i++)
		fill_slot(&kept, i);
	MemoryContextSwitchTo(old);
	return kept;
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

static const test *
keep_test(const compilation *state, test *from)
{
	test	   *kept;

	if (from->kept != NULL)
		return from->kept;
	kept = keep(state, sizeof(test));
	*kept = *from;
	kept->constants = keep_constants(state, &from->constants);
	mark_used(state->program, from->parameter);
	return from->kept = kept;
}

/* With these tests, and no choice so far. */
static tree *
make_tree(const compilation *state, List *tests)
{
	tree	   *node = keep(state, offsetof(tree, tests) + list_length(tests) * sizeof(test *));
	ListCell   *lc;

	foreach(lc, tests)
		node->tests[node->ntests++] = keep_test(state, lfirst(lc));
	return node;
}

/* Without a choice: many are the same, and little memory is fast memory. */
static tree *
share_tree(compilation *state, List *tests)
{
	tree	  **shared = tests == NIL ? &state->empty : &((test *) linitial(tests))->tree;

	if (list_length(tests) > 1)
		return make_tree(state, tests);
	if (*shared == NULL)
		*shared = make_tree(state, tests);
	return *shared;
}

/* ---- trees ---- */

static tree *build_tree(compilation *state, List *grants, Bitmapset *proved);

static const test *
find_test(const conjunction *grant, int parameter)
{
	for (int i = 0; i < grant->ntests; i++)
	{
		if (grant->tests[i]->parameter == parameter)
			return grant->tests[i];
	}
	return NULL;
}

static const test *
find_positive_test(const conjunction *grant, int parameter)
{
	const test *found = find_test(grant, parameter);

	return found != NULL && !found->is_negated ? found : NULL;
}

static bool
have_test(List *grants, const test *wanted)
{
	ListCell   *lc;

	foreach(lc, grants)
	{
		if (find_test(lfirst(lc), wanted->parameter) != wanted)
			return false;
	}
	return true;
}

/* Tests that all grants have and that are not known to be met. */
static List *
common_tests(List *grants, const Bitmapset *proved)
{
	conjunction *first = linitial(grants);
	List	   *common = NIL;

	for (int i = 0; i < first->ntests; i++)
	{
		test	   *candidate = first->tests[i];

		if (!bms_is_member(candidate->parameter, proved) && have_test(grants, candidate))
			common = lappend(common, candidate);
	}
	return common;
}

/* Is there a grant all of whose tests are known to be met? */
static bool
is_any_proved(List *grants, const Bitmapset *proved)
{
	ListCell   *lc;

	foreach(lc, grants)
	{
		const conjunction *grant = lfirst(lc);
		int			i = 0;

		while (i < grant->ntests && bms_is_member(grant->tests[i]->parameter, proved))
			i++;
		if (i == grant->ntests)
			return true;
	}
	return false;
}

static int
count_constants(List *grants, int parameter)
{
	int			n = 0;
	ListCell   *lc;

	foreach(lc, grants)
	{
		const test *found = find_positive_test(lfirst(lc), parameter);

		n += found == NULL ? 0 : found->constants.nvalues;
	}
	return n;
}

/* The different values that grants ask a parameter for. */
static void
collect_constants(List *grants, int parameter, constants *out)
{
	ListCell   *lc;

	foreach(lc, grants)
	{
		const test *found = find_positive_test(lfirst(lc), parameter);

		for (int i = 0; found != NULL && i < found->constants.nvalues; i++)
			add_constant(out, &found->constants.values[i]);
	}
}

/* By the parameter whose values tell most grants apart, if one does. */
static void
choose_parameter(const compilation *state, List *grants, const Bitmapset *proved, choice *out)
{
	int			best = 1;

	for (int i = 0; i < state->signature->nparameters; i++)
	{
		int			n = bms_is_member(i, proved) ? 0 : count_constants(grants, i);
		constants	candidate;

		if (n <= best)
			continue;
		init_constants(&candidate, state->signature->parameters[i].type.kind, n);
		collect_constants(grants, i, &candidate);
		if (candidate.nvalues <= best)
			continue;
		best = candidate.nvalues;
		out->parameter = i;
		out->constants = candidate;
	}
}

/* By constant, the list of the grants that ask for it. The others are returned. */
static List *
distribute(const choice *choice, List *grants, List **lists)
{
	List	   *others = NIL;
	ListCell   *lc;

	foreach(lc, grants)
	{
		const test *found = find_positive_test(lfirst(lc), choice->parameter);

		if (found == NULL)
			others = lappend(others, lfirst(lc));
		for (int i = 0; found != NULL && i < found->constants.nvalues; i++)
		{
			int			number = find_constant(&choice->constants, &found->constants.values[i]);

			lists[number] = lappend(lists[number], lfirst(lc));
		}
	}
	return others;
}

/* Branches for the values of the parameter; the grants that go into none are returned. */
static List *
add_branches(compilation *state, choice *choice, List *grants, const Bitmapset *proved)
{
	int			nbranches = choice->constants.nvalues;
	List	  **lists = palloc0(nbranches * sizeof(List *));
	List	   *others = distribute(choice, grants, lists);
	Bitmapset  *proved_there = bms_add_member(bms_copy(proved), choice->parameter);

	mark_used(state->program, choice->parameter);
	choice->constants = keep_constants(state, &choice->constants);
	choice->branches = keep(state, nbranches * sizeof(tree *));
	for (int i = 0; i < nbranches; i++)
		choice->branches[i] = build_tree(state, lists[i], proved_there);
	return others;
}

static void
add_others(compilation *state, choice *choice, List *lists, Bitmapset *proved)
{
	ListCell   *lc;

	choice->others = keep(state, list_length(lists) * sizeof(tree *));
	foreach(lc, lists)
		choice->others[choice->nothers++] = build_tree(state, lfirst(lc), proved);
}

/* Many grants are divided, those without the parameter once more; few stand one by one. */
static choice *
build_choice(compilation *state, List *grants, Bitmapset *proved)
{
	choice	   *out = keep(state, sizeof(choice));
	List	   *lists = NIL;
	ListCell   *lc;

	out->parameter = RBAC_NO_PARAMETER;
	if (list_length(grants) >= MIN_INDEXED && state->nentries <= MAX_ENTRIES)
		choose_parameter(state, grants, proved, out);
	if (out->parameter != RBAC_NO_PARAMETER)
	{
		List	   *others = add_branches(state, out, grants, proved);

		if (others != NIL)
			lists = list_make1(others);
	}
	else
	{
		foreach(lc, grants)
			lists = lappend(lists, list_make1(lfirst(lc)));
	}
	add_others(state, out, lists, proved);
	return out;
}

/* Of at least one grant, some of whose tests are known to be met. */
static tree *
build_tree(compilation *state, List *grants, Bitmapset *proved)
{
	List	   *tests = common_tests(grants, proved);
	tree	   *node;
	ListCell   *lc;

	state->nentries += list_length(grants);
	foreach(lc, tests)
		proved = bms_add_member(bms_copy(proved), ((test *) lfirst(lc))->parameter);
	if (is_any_proved(grants, proved))
		return share_tree(state, tests);
	node = make_tree(state, tests);
	node->choice = build_choice(state, grants, proved);
	return node;
}

/* ---- programs ---- */

/* False if no row can be in the caller's organization. */
static bool
compile_home(compilation *state)
{
	rbac_condition condition = {RBAC_ORGANIZATION_NAME, RBAC_EQUALS, 1, &state->home};
	int			parameter = state->signature->organization;
	test	   *home;

	if (parameter == RBAC_NO_PARAMETER || state->program->is_operator)
		return true;
	home = compile_test(state, parameter, &condition);
	if (home == NULL)
		return false;
	state->program->home = keep_test(state, home);
	return true;
}

/* What tells signatures apart: the state of output functions is the site's. */
static rbac_signature
keep_signature(const compilation *state)
{
	MemoryContext old = MemoryContextSwitchTo(state->kept);
	rbac_signature kept = *state->signature;

	kept.permission.data = rbac_str_to_cstring(kept.permission);
	kept.parameters = palloc0(kept.nparameters * sizeof(rbac_parameter));
	for (int i = 0; i < kept.nparameters; i++)
	{
		const rbac_parameter *from = &state->signature->parameters[i];

		kept.parameters[i].name = (rbac_str) {rbac_str_to_cstring(from->name), from->name.len};
		kept.parameters[i].type.oid = from->type.oid;
		kept.parameters[i].type.kind = from->type.kind;
	}
	MemoryContextSwitchTo(old);
	return kept;
}

static rbac_program *
compile(const rbac_user *user, const rbac_caller *caller, const rbac_signature *signature,
		MemoryContext kept)
{
	compilation state = {.signature = signature, .kept = kept, .max_collected = 8};
	rbac_identity identity = {rbac_to_utf8(caller->organization), rbac_to_utf8(caller->user_id)};
	rbac_program *program = state.program = keep(&state, sizeof(rbac_program));
	rbac_str	permission;
	List	   *grants;

	rbac_core_init(&state.core);
	state.home = (rbac_value) {.type = RBAC_STRING, .text = identity.organization};
	state.collected.grants = palloc(state.max_collected * sizeof(rbac_grant));
	program->signature = keep_signature(&state);
	program->is_operator = user->principal.is_operator;
	program->used = keep(&state, signature->nparameters * sizeof(int));
	if (!rbac_to_utf8_noerror(signature->permission, &permission))
		permission = (rbac_str) {"", 0};	/* no name, so nothing is permitted */
	for (int i = 0; i < lengthof(state.pools); i++)
		state.pools[i] = palloc0(signature->nparameters * sizeof(test_pool));
	program->until = rbac_visit_grants(&user->principal, permission, true, collect_grant, &state);
	grants = compile_grants(&state, &identity);
	if (grants != NIL && compile_home(&state))
		program->grants = build_tree(&state, grants, NULL);
	return program;
}

static bool
is_same_parameter(const rbac_parameter *a, const rbac_parameter *b)
{
	return a->type.oid == b->type.oid && a->type.kind == b->type.kind &&
		rbac_str_equal(a->name, b->name);
}

static bool
is_same_signature(const rbac_signature *a, const rbac_signature *b)
{
	if (a->nparameters != b->nparameters || !rbac_str_equal(a->permission, b->permission))
		return false;
	for (int i = 0; i < a->nparameters; i++)
	{
		if (!is_same_parameter(&a->parameters[i], &b->parameters[i]))
			return false;
	}
	return true;
}

static rbac_program *
find_program(const rbac_user *user, const rbac_signature *signature)
{
	ListCell   *lc;

	foreach(lc, user->programs)
	{
		rbac_program *program = lfirst(lc);

		if (is_same_signature(&program->signature, signature) && program->until > rbac_now())
			return program;
	}
	return NULL;
}

/* An error leaves no half of a program behind. */
static rbac_program *
add_program(rbac_user *user, const rbac_caller *caller, const rbac_signature *signature)
{
	MemoryContext kept = rbac_program_context(user);
	rbac_program *program = NULL;

	PG_TRY();
	{
		MemoryContext old;

		program = compile(user, caller, signature, kept);
		old = MemoryContextSwitchTo(kept);
		user->programs = lcons(program, user->programs);
		MemoryContextSwitchTo(old);
	}
	PG_CATCH();
	{
		rbac_forget_programs(user);
		PG_RE_THROW();
	}
	PG_END_TRY();
	rbac_account_user(user);
	return program;
}

const rbac_program *
rbac_get_program(const rbac_caller *caller, const rbac_signature *signature)
{
	rbac_user  *user = rbac_lookup_user(caller->organization, caller->user_id);
	rbac_program *program = find_program(user, signature);

	return program != NULL ? program : add_program(user, caller, signature);
}

/* ---- running ---- */

static inline bool
is_test_met(const test *test, const rbac_sql_value *values)
{
	const rbac_sql_value *value = &values[test->parameter];

	return !value->missing &&
		(find_constant(&test->constants, value) == NOT_FOUND) == test->is_negated;
}

static inline const tree *
find_branch(const choice *choice, const rbac_sql_value *values)
{
	const rbac_sql_value *value;
	int			number = NOT_FOUND;

	if (choice->parameter == RBAC_NO_PARAMETER)
		return NULL;
	value = &values[choice->parameter];
	if (!value->missing)
		number = find_constant(&choice->constants, value);
	return number == NOT_FOUND ? NULL : choice->branches[number];
}

static inline bool
are_tests_met(const tree *grants, const rbac_sql_value *values)
{
	for (int i = 0; i < grants->ntests; i++)
	{
		if (!is_test_met(grants->tests[i], values))
			return false;
	}
	return true;
}

/* The last tree of a choice is looked at in the same call, which mostly is the only one. */
static bool
is_any_met(const tree *grants, const rbac_sql_value *values)
{
	while (grants != NULL && are_tests_met(grants, values))
	{
		const choice *choice = grants->choice;

		if (choice == NULL)
			return true;
		grants = find_branch(choice, values);
		for (int i = 0; i < choice->nothers; i++)
		{
			if (grants != NULL && is_any_met(grants, values))
				return true;
			grants = choice->others[i];
		}
	}
	return false;
}

bool
rbac_run_program(const rbac_program *program, const rbac_sql_value *values)
{
	if (program->home != NULL && !is_test_met(program->home, values))
		return false;
	return is_any_met(program->grants, values);
}
