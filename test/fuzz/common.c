/*
 * common.c - what the fuzz targets share; see fuzz.h.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#define MAX_GRANTS 5
#define MAX_ATTRIBUTES 3
#define MAX_VALUES 3

void
broken(const char *law, const char *file, int line)
{
	fprintf(stderr, "%s:%d: not so: %s\n", file, line, law);
	abort();
}

rbac_str
fuzz_input(arena *memory, const uint8_t *data, size_t size)
{
	return exact_copy(memory, (rbac_str) {(const char *) data, size});
}

void
must_explain(const rbac_core *core, size_t size)
{
	rbac_str	message = {core->error.message, strlen(core->error.message)};

	must(core->error.status == RBAC_SYNTAX || core->error.status == RBAC_LIMIT);
	must(message.len > 0 && rbac_text_is_valid(message));
	must(!core->error.has_position || core->error.position <= size);
}

void
must_survive_refusal(fuzz_call call, const uint8_t *data, size_t size)
{
	arena		memory = {0};
	rbac_core	core = arena_core(&memory);
	rbac_str	input = fuzz_input(&memory, data, size);
	unsigned long before = memory.count;

	(void) call(&core, input);
	if (memory.count > before)
	{
		/* which one: any function of the input will do */
		memory.fail_at = memory.count + 1 + (size > 0 ? data[size / 2] : 0) % (memory.count - before);
		must(!call(&core, input) && core.error.status == RBAC_NO_MEMORY);
	}
	arena_free(&memory);
}

/* ---- privileges from any bytes ---- */

uint32_t
fuzz_below(fuzz_bytes *bytes, uint32_t n)
{
	if (bytes->left == 0)
		return 0;
	bytes->left--;
	return *bytes->at++ % n;
}

static const char *const attributes[MAX_ATTRIBUTES] = {"org_id", "owner", "region"};

rbac_str
fuzz_attribute(fuzz_bytes *bytes)
{
	return str(attributes[fuzz_below(bytes, MAX_ATTRIBUTES)]);
}

rbac_value
fuzz_value(fuzz_bytes *bytes)
{
	static const char *const strings[] = {RBAC_SELF_USER_ID, RBAC_SELF_ORG_ID, "a", "b", "", "1"};
	static const char *const numbers[] = {"1", "0", "-2.5"};
	uint32_t	n = fuzz_below(bytes, COUNT(strings) + COUNT(numbers) + 2);

	if (n < COUNT(strings))
		return string_value(strings[n]);
	n -= COUNT(strings);
	return n < COUNT(numbers) ? number_value(numbers[n]) : boolean_value(n == COUNT(numbers));
}

static void
make_condition(fuzz_bytes *bytes, arena *memory, rbac_condition *out)
{
	uint32_t	wanted = 1;

	out->op = RBAC_EQUALS + fuzz_below(bytes, 3);
	if (out->op == RBAC_IN)
		wanted += fuzz_below(bytes, MAX_VALUES);
	out->values = arena_core(memory).alloc(memory, wanted * sizeof(rbac_value));
	for (out->nvalues = 0; out->nvalues < wanted; out->nvalues++)
	{
		out->values[out->nvalues] = fuzz_value(bytes);
		if (out->values[out->nvalues].type != out->values[0].type)
			break;
	}
}

static void
make_grant(fuzz_bytes *bytes, arena *memory, rbac_grant *out)
{
	static const char *const names[] = {"A:B", "A:C", "B:B", "A:*", "*"};
	uint32_t	present = fuzz_below(bytes, 1 << MAX_ATTRIBUTES);

	out->permission = str(names[fuzz_below(bytes, COUNT(names))]);
	out->nconditions = 0;
	out->conditions = arena_core(memory).alloc(memory, MAX_ATTRIBUTES * sizeof(rbac_condition));
	for (uint32_t i = 0; i < MAX_ATTRIBUTES; i++)
		if (present >> i & 1)
		{
			rbac_condition *condition = &out->conditions[out->nconditions++];

			condition->attribute = str(attributes[i]);
			make_condition(bytes, memory, condition);
		}
}

rbac_privileges
fuzz_privileges(fuzz_bytes *bytes, arena *memory)
{
	rbac_privileges result = {.ngrants = fuzz_below(bytes, MAX_GRANTS + 1)};

	result.grants = arena_core(memory).alloc(memory, MAX_GRANTS * sizeof(rbac_grant));
	for (uint32_t i = 0; i < result.ngrants; i++)
		make_grant(bytes, memory, &result.grants[i]);
	return result;
}

rbac_request
fuzz_request(fuzz_bytes *bytes, arena *memory)
{
	static const char *const names[] = {"A:B", "A:C", "B:B", "C:C"};
	rbac_request result = {.permission = str(names[fuzz_below(bytes, COUNT(names))])};
	uint32_t	present = fuzz_below(bytes, 1 << MAX_ATTRIBUTES);

	result.attributes = arena_core(memory).alloc(memory, MAX_ATTRIBUTES * sizeof(rbac_attribute));
	for (uint32_t i = 0; i < MAX_ATTRIBUTES; i++)
		if (present >> i & 1)
			result.attributes[result.nattributes++] =
				(rbac_attribute) {str(attributes[i]), fuzz_value(bytes)};
	return result;
}
