/* attributes.c - JSON of a request's attributes; see fuzz.h. */
#include "fuzz.h"

static bool
parse(rbac_core *core, rbac_str input)
{
	rbac_request request;

	return rbac_parse_attributes(core, input.data, input.len, &request);
}

/* Sorted, no duplicates, nothing missing: the printed request shows them all. */
static void
must_be_a_request(rbac_core *core, rbac_request *request)
{
	rbac_str	text;

	for (uint32_t i = 1; i < request->nattributes; i++)
		must(rbac_str_compare(request->attributes[i - 1].name, request->attributes[i].name) < 0);
	request->permission = str("A:B");
	must(rbac_print_request(core, request, str("bob"), &text) && rbac_text_is_valid(text));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	arena		memory = {0};
	rbac_core	core = arena_core(&memory);
	rbac_str	input = fuzz_input(&memory, data, size);
	rbac_request request;

	must_survive_refusal(parse, data, size);
	if (rbac_parse_attributes(&core, input.data, input.len, &request))
		must_be_a_request(&core, &request);
	else
		must_explain(&core, size);
	arena_free(&memory);
	return 0;
}
