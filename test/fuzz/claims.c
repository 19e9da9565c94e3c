/* claims.c - JSON of claims; see fuzz.h. */
#include <math.h>

#include "fuzz.h"

static bool
parse(rbac_core *core, rbac_str input)
{
	rbac_claims claims;

	return rbac_parse_claims(core, input.data, input.len, str("org_id"), str("sub"), &claims);
}

static void
must_be_claims(const rbac_claims *claims)
{
	must(claims->user_id.data == NULL || claims->user_id.len > 0);
	must(claims->organization.data == NULL || claims->organization.len > 0);
	must(rbac_text_is_valid(claims->user_id) && rbac_text_is_valid(claims->organization));
	must(!claims->has_exp || isfinite(claims->exp));
	must(!claims->has_nbf || isfinite(claims->nbf));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	arena		memory = {0};
	rbac_core	core = arena_core(&memory);
	rbac_str	input = fuzz_input(&memory, data, size);
	rbac_claims claims;

	must_survive_refusal(parse, data, size);
	if (rbac_parse_claims(&core, input.data, input.len, str("org_id"), str("sub"), &claims))
		must_be_claims(&claims);
	else
		must_explain(&core, size);
	arena_free(&memory);
	return 0;
}
