/* number.c - number literals; see fuzz.h. */
#include "fuzz.h"

static bool
parse(rbac_core *core, rbac_str input)
{
	rbac_str	decimal;

	return rbac_parse_number(core, input.data, input.len, &decimal);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	arena		memory = {0};
	rbac_core	core = arena_core(&memory);
	rbac_str	input = fuzz_input(&memory, data, size);
	rbac_str	decimal;
	rbac_str	again;

	must_survive_refusal(parse, data, size);
	if (!rbac_parse_number(&core, input.data, input.len, &decimal))
		must_explain(&core, size);
	else
	{
		must(decimal.len > 0 && decimal.len <= RBAC_MAX_DIGITS + 2);	/* sign and point */
		decimal = exact_copy(&memory, decimal);
		must(rbac_parse_number(&core, decimal.data, decimal.len, &again) && rbac_str_equal(decimal, again));
	}
	arena_free(&memory);
	return 0;
}
