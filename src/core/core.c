/*
 * core.c - what every part of the core needs: failing, allocating, collecting
 * bytes.
 *
 * It knows no JSON, no grants, no UTF-8 beyond not cutting a character in two.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core_internal.h"

#define QUOTED_BYTES	64		/* of a foreign string in a message */
#define CHUNK_BYTES		((size_t) 64 * 1024)

static void describe(rbac_error *error, rbac_status status, const char *format, va_list args)
	RBAC_PRINTF(3, 0);

static void
describe(rbac_error *error, rbac_status status, const char *format, va_list args)
{
	rbac_str	shown = {error->message, 0};

	error->status = status;
	vsnprintf(error->message, sizeof(error->message), format, args);
	shown.len = strlen(error->message);
	error->message[rbac_text_clip(shown, sizeof(error->message) - 1)] = '\0';
}

/* Describe a failure that has no position. */
bool
rbac_fail(rbac_core *core, rbac_status status, const char *format, ...)
{
	va_list		args;

	core->error.has_position = false;
	core->error.position = 0;
	va_start(args, format);
	describe(&core->error, status, format, args);
	va_end(args);
	return false;
}

/* Describe a failure at a byte of the text being parsed. */
bool
rbac_fail_at(rbac_core *core, rbac_status status, size_t position, const char *format, ...)
{
	va_list		args;

	core->error.has_position = true;
	core->error.position = position;
	va_start(args, format);
	describe(&core->error, status, format, args);
	va_end(args);
	return false;
}

/* Quote a string for a message: control characters and what is not UTF-8 become '?'. */
rbac_quoted
rbac_quote(rbac_str s)
{
	rbac_quoted quoted;
	size_t		len = rbac_text_clip(s, QUOTED_BYTES);
	size_t		at = 0;
	char	   *to = quoted.text;

	*to++ = '"';
	while (at < len)
	{
		size_t		sequence = rbac_utf8_sequence(s.data + at, len - at);
		bool		shown = sequence > 0 && (unsigned char) s.data[at] >= 0x20 && s.data[at] != 0x7f;

		do
			*to++ = shown ? s.data[at] : '?';
		while (++at < len && sequence-- > 1);
	}
	strcpy(to, len < s.len ? "...\"" : "\"");
	return quoted;
}

/* Allocate, with one place for overflow and exhaustion. */
void *
rbac_alloc(rbac_core *core, size_t count, size_t size)
{
	void	   *memory = NULL;

	if (count == 0)
		count = 1;
	if (count <= SIZE_MAX / size)
		memory = core->alloc(core->arg, count * size);
	if (memory == NULL)
		rbac_fail(core, RBAC_NO_MEMORY, "out of memory");
	return memory;
}

bool
rbac_copy(rbac_core *core, rbac_str in, rbac_str *out)
{
	char	   *data = rbac_alloc(core, in.len, 1);

	if (data == NULL)
		return false;
	if (in.len > 0)
		memcpy(data, in.data, in.len);
	out->data = data;
	out->len = in.len;
	return true;
}

bool
rbac_grow(rbac_core *core, void **array, uint32_t count, uint32_t *max, size_t size)
{
	uint32_t	bigger = *max == 0 ? 64 : *max * 2;
	void	   *memory = bigger > *max ? rbac_alloc(core, bigger, size) : NULL;

	if (memory == NULL)
		return rbac_fail(core, RBAC_NO_MEMORY, "out of memory");
	if (count > 0)
		memcpy(memory, *array, count * size);
	*array = memory;
	*max = bigger;
	return true;
}

void
rbac_buffer_append(rbac_buffer *buffer, const void *data, size_t len)
{
	if (buffer->failed || len == 0)
		return;
	if (len > buffer->max - buffer->len)
	{
		size_t		max = (buffer->max + len) * 2 + 64;
		char	   *bigger = rbac_alloc(buffer->core, max, 1);

		if (bigger == NULL)
		{
			buffer->failed = true;
			return;
		}
		if (buffer->len > 0)
			memcpy(bigger, buffer->data, buffer->len);
		buffer->data = bigger;
		buffer->max = max;
	}
	memcpy(buffer->data + buffer->len, data, len);
	buffer->len += len;
}

bool
rbac_buffer_finish(rbac_buffer *buffer, rbac_str *out)
{
	out->data = buffer->data;
	out->len = buffer->len;
	return !buffer->failed;
}

struct rbac_scratch_chunk
{
	rbac_scratch_chunk *next;
	size_t		size;			/* of the bytes after this header */
	max_align_t bytes[];
};

/* Put a chunk with room for size bytes after the one in use. */
static bool
add_chunk(rbac_scratch *scratch, size_t size)
{
	rbac_scratch_chunk **link = scratch->top.chunk ? &scratch->top.chunk->next : &scratch->first;
	rbac_scratch_chunk *chunk = *link;

	if (chunk == NULL || chunk->size < size)
	{
		if (size < CHUNK_BYTES)
			size = CHUNK_BYTES;
		if (size > RBAC_MAX_SCRATCH - scratch->total)
			return rbac_fail(scratch->core, RBAC_LIMIT,
							 "a comparison is limited to %zu bytes of working memory", RBAC_MAX_SCRATCH);
		chunk = rbac_alloc(scratch->core, 1, sizeof(*chunk) + size);
		if (chunk == NULL)
			return false;
		chunk->next = *link;
		chunk->size = size;
		*link = chunk;
		scratch->total += size;
	}
	scratch->top.chunk = chunk;
	scratch->top.used = 0;
	return true;
}

void *
rbac_scratch_alloc(rbac_scratch *scratch, size_t count, size_t size)
{
	size_t		align = sizeof(max_align_t);
	size_t		need = (count * size + align - 1) / align * align;	/* < 2^32 * sizeof(a struct) */
	void	   *memory;

	if (scratch->top.chunk == NULL || need > scratch->top.chunk->size - scratch->top.used)
		if (!add_chunk(scratch, need))
			return NULL;
	memory = (char *) scratch->top.chunk->bytes + scratch->top.used;
	scratch->top.used += need;
	return memory;
}

/* Give back all that was allocated since the mark (scratch->top) was taken. */
void
rbac_scratch_release(rbac_scratch *scratch, rbac_mark mark)
{
	if (mark.chunk == NULL && scratch->first != NULL)
	{
		mark.chunk = scratch->first;
		mark.used = 0;
	}
	scratch->top = mark;
}
