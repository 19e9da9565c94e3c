/* duration.c - ISO 8601 durations; see fuzz.h. */
#include "fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	arena		memory = {0};
	rbac_core	core = arena_core(&memory);
	rbac_str	input = fuzz_input(&memory, data, size);
	int64_t		seconds;

	if (rbac_parse_duration(&core, input.data, input.len, &seconds))
		must(seconds >= 0 && seconds <= INT32_MAX * INT64_C(86400));
	else
		must_explain(&core, size);
	arena_free(&memory);
	return 0;
}
