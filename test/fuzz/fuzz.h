/*
 * fuzz.h - what the fuzz targets share.
 *
 * Each other .c file of this directory is a target: a program for libFuzzer
 * that gives any bytes to one entry point of the core, and asks whether what it
 * made of them keeps the laws that core.h states. Memory errors and leaks are
 * for the sanitizers to see. Files in seeds/NAME are what target NAME begins with.
 */
#ifndef RBAC_FUZZ_H
#define RBAC_FUZZ_H

#include "core_internal.h"
#include "harness.h"

extern int	LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A law is broken: end the program in the way that libFuzzer keeps the input of. */
#define must(law) \
	((law) ? (void) 0 : broken(#law, __FILE__, __LINE__))

extern void broken(const char *law, const char *file, int line) __attribute__((noreturn));

/* The input in a block of its own size, without terminating NUL. */
extern rbac_str fuzz_input(arena *memory, const uint8_t *data, size_t size);

/* A failed call has said why: with a message, a reason, and within the input. */
extern void must_explain(const rbac_core *core, size_t size);

/* When one of its allocations, of which the input decides, is refused, a call fails for want of memory. */
typedef bool (*fuzz_call) (rbac_core *core, rbac_str input);

extern void must_survive_refusal(fuzz_call call, const uint8_t *data, size_t size);

/* ---- privileges from any bytes, small enough for the oracle ---- */

typedef struct fuzz_bytes
{
	const uint8_t *at;
	size_t		left;
} fuzz_bytes;

/* A number below n; 0 when no bytes are left. */
extern uint32_t fuzz_below(fuzz_bytes *bytes, uint32_t n);
extern rbac_str fuzz_attribute(fuzz_bytes *bytes);
extern rbac_value fuzz_value(fuzz_bytes *bytes);
extern rbac_privileges fuzz_privileges(fuzz_bytes *bytes, arena *memory);
extern rbac_request fuzz_request(fuzz_bytes *bytes, arena *memory);

/* ---- targets that are alike ---- */

/* Of a document: what is accepted survives printing and packing. */
#define FUZZ_DOCUMENT(name) \
static bool \
parse(rbac_core *core, rbac_str input) \
{ \
	rbac_##name value; \
\
	return rbac_parse_##name(core, input.data, input.len, &value); \
} \
\
int \
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) \
{ \
	arena		memory = {0}; \
	rbac_core	core = arena_core(&memory); \
	rbac_str	input = fuzz_input(&memory, data, size); \
	rbac_##name value; \
	rbac_str	text; \
	rbac_str	image; \
	rbac_str	again; \
\
	must_survive_refusal(parse, data, size); \
	if (!rbac_parse_##name(&core, input.data, input.len, &value)) \
		must_explain(&core, size); \
	else \
	{ \
		must(rbac_print_##name(&core, &value, &text)); \
		must(rbac_pack_##name(&core, &value, &image)); \
		text = exact_copy(&memory, text); \
		image = exact_copy(&memory, image); \
		must(rbac_parse_##name(&core, text.data, text.len, &value)); \
		must(rbac_pack_##name(&core, &value, &again) && rbac_str_equal(image, again)); \
		must(rbac_unpack_##name(&core, image.data, image.len, &value)); \
		must(rbac_print_##name(&core, &value, &again) && rbac_str_equal(text, again)); \
	} \
	arena_free(&memory); \
	return 0; \
}

/* Of a packed image: what is accepted is well-formed, and its only image is this. */
#define FUZZ_IMAGE(name) \
static bool \
unpack(rbac_core *core, rbac_str input) \
{ \
	rbac_##name value; \
\
	return rbac_unpack_##name(core, input.data, input.len, &value); \
} \
\
int \
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) \
{ \
	arena		memory = {0}; \
	rbac_core	core = arena_core(&memory); \
	rbac_str	image = fuzz_input(&memory, data, size); \
	rbac_##name value; \
	rbac_str	text; \
	rbac_str	again; \
\
	must_survive_refusal(unpack, data, size); \
	if (!rbac_unpack_##name(&core, image.data, image.len, &value)) \
		must(core.error.status == RBAC_CORRUPT); \
	else \
	{ \
		must(rbac_pack_##name(&core, &value, &again) && rbac_str_equal(image, again)); \
		must(rbac_print_##name(&core, &value, &text)); \
		must(rbac_parse_##name(&core, text.data, text.len, &value)); \
		must(rbac_pack_##name(&core, &value, &again) && rbac_str_equal(image, again)); \
	} \
	arena_free(&memory); \
	return 0; \
}

#endif							/* RBAC_FUZZ_H */
