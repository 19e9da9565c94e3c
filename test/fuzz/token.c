/* token.c - compact JWS tokens; see fuzz.h. */
#include "fuzz.h"

static bool
parse(rbac_core *core, rbac_str input)
{
	rbac_token	token;

	return rbac_parse_token(core, input.data, input.len, &token);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	arena		memory = {0};
	rbac_core	core = arena_core(&memory);
	rbac_str	input = fuzz_input(&memory, data, size);
	rbac_token	token;

	must_survive_refusal(parse, data, size);
	if (rbac_parse_token(&core, input.data, input.len, &token))
	{
		/* 32 bytes of signature are 43 digits, after the second dot */
		must(token.signing_input.data == input.data && token.signing_input.len == size - 44);
		must(token.claims.len <= token.signing_input.len);
	}
	else
		must_explain(&core, size);
	arena_free(&memory);
	return 0;
}
