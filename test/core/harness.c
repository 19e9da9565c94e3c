/*
 * harness.c - TAP, memory and notation for the core's tests; see harness.h.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness.h"

/* ---- TAP ---- */

static unsigned tests_run;
static unsigned tests_failed;

/* A line of output is one line, whatever is in it. */
static void
print_line(const char *prefix, const char *format, va_list args)
{
	char		line[4096];

	vsnprintf(line, sizeof line, format, args);
	fputs(prefix, stdout);
	for (const char *p = line; *p != '\0'; p++)
		putchar((unsigned char) *p < ' ' || *p == '#' ? '?' : *p);
	putchar('\n');
	fflush(stdout);
}

bool
ok(bool pass, const char *format,...)
{
	char		prefix[32];
	va_list		args;

	tests_run++;
	if (!pass)
		tests_failed++;
	snprintf(prefix, sizeof prefix, "%sok %u - ", pass ? "" : "not ", tests_run);
	va_start(args, format);
	print_line(prefix, format, args);
	va_end(args);
	return pass;
}

void
diag(const char *format,...)
{
	va_list		args;

	va_start(args, format);
	print_line("# ", format, args);
	va_end(args);
}

void
bail_out(const char *format,...)
{
	va_list		args;

	va_start(args, format);
	print_line("Bail out! ", format, args);
	va_end(args);
	exit(255);
}

bool
is(rbac_str got, const char *expected, const char *name)
{
	bool		pass = got.len == strlen(expected) && memcmp(got.data, expected, got.len) == 0;

	ok(pass, "%s", name);
	if (!pass)
	{
		diag("     got: %.*s", (int) got.len, got.data);
		diag("expected: %s", expected);
	}
	return pass;
}

int
done_testing(void)
{
	printf("1..%u\n", tests_run);
	if (tests_failed > 0)
		printf("# %u of %u tests failed\n", tests_failed, tests_run);
	return tests_failed > 0;
}

/* ---- memory ---- */

struct block
{
	struct block *next;
	max_align_t data[];
};

static void *
arena_alloc(void *arg, size_t size)
{
	arena	   *self = arg;
	struct block *block;

	self->bytes += size;
	if (++self->count == self->fail_at)
		return NULL;
	if (size > PTRDIFF_MAX - sizeof *block)
		return NULL;
	block = malloc(sizeof *block + size);
	if (block == NULL)
		return NULL;
	memset(block->data, 0xA5, size);
	block->next = self->blocks;
	self->blocks = block;
	return block->data;
}

rbac_core
arena_core(arena *self)
{
	return (rbac_core) {.alloc = arena_alloc, .arg = self};
}

void
arena_free(arena *self)
{
	while (self->blocks != NULL)
	{
		struct block *next = self->blocks->next;

		free(self->blocks);
		self->blocks = next;
	}
}

static char *
must_alloc(arena *self, size_t size)
{
	char	   *data = arena_alloc(self, size);

	if (data == NULL)
		bail_out("out of memory");
	return data;
}

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define __SANITIZE_ADDRESS__ 1
#endif
#endif

#if defined(__GLIBC__) && !defined(__SANITIZE_ADDRESS__)

extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *data, size_t size);

static unsigned long mallocs_to_go; /* 0: none will fail */
static bool malloc_failed;

static bool
malloc_fails_now(void)
{
	if (mallocs_to_go == 0 || --mallocs_to_go > 0)
		return false;
	malloc_failed = true;
	return true;
}

void *
malloc(size_t size)
{
	return malloc_fails_now() ? NULL : __libc_malloc(size);
}

void *
calloc(size_t count, size_t size)
{
	return malloc_fails_now() ? NULL : __libc_calloc(count, size);
}

void *
realloc(void *data, size_t size)
{
	return malloc_fails_now() ? NULL : __libc_realloc(data, size);
}

bool
fail_malloc_at(unsigned long n)
{
	mallocs_to_go = n;
	if (n > 0)
		malloc_failed = false;
	return true;
}

bool
malloc_has_failed(void)
{
	return malloc_failed;
}

#else

bool
fail_malloc_at(unsigned long n)
{
	(void) n;
	return false;
}

bool
malloc_has_failed(void)
{
	return false;
}

#endif

/* ---- values ---- */

rbac_str
str(const char *text)
{
	return (rbac_str) {text, strlen(text)};
}

rbac_value
string_value(const char *text)
{
	return (rbac_value) {.type = RBAC_STRING, .text = str(text)};
}

rbac_value
number_value(const char *canonical)
{
	return (rbac_value) {.type = RBAC_NUMBER, .text = str(canonical)};
}

rbac_value
boolean_value(bool boolean)
{
	return (rbac_value) {.type = RBAC_BOOLEAN, .boolean = boolean};
}

rbac_str
exact_copy(arena *self, rbac_str text)
{
	char	   *copy = must_alloc(self, text.len);

	if (text.len > 0)
		memcpy(copy, text.data, text.len);
	return (rbac_str) {copy, text.len};
}

rbac_str
quoted(arena *self, const char *text)
{
	rbac_str	copy = exact_copy(self, str(text));

	for (char *p = (char *) copy.data; p < copy.data + copy.len; p++)
		if (*p == '\'')
			*p = '"';
	return copy;
}

/* ---- the short notation ---- */

/* A writer into memory that is large enough by construction. */
static void
put(char **out, const char *format,...)
{
	va_list		args;

	va_start(args, format);
	*out += vsprintf(*out, format, args);
	va_end(args);
}

static void
put_condition(char **out, const char *word, int len)
{
	const char *equals = memchr(word, '=', (size_t) len);
	const char *value = equals + 1;
	bool		negated;
	int			value_len;

	if (equals == NULL || equals == word)
		bail_out("no condition: %.*s", len, word);
	negated = equals[-1] == '!';
	value_len = (int) (word + len - value);
	put(out, "\"%.*s\":", (int) (equals - word) - negated, word);
	if (negated)
		put(out, "{\"type\":\"NotEquals\",\"value\":%.*s}", value_len, value);
	else if (*value == '[')
		put(out, "{\"type\":\"In\",\"values\":%.*s}", value_len, value);
	else
		put(out, "{\"type\":\"Equals\",\"value\":%.*s}", value_len, value);
}

static void
put_grant(char **out, const char *grant, size_t len)
{
	const char *end = grant + len;
	int			words = 0;

	while (grant < end)
	{
		size_t		word = strcspn(grant, " ;");

		if (word > 0 && words++ == 0)
			put(out, "{\"permission_name\":\"%.*s\",\"conditions\":{", (int) word, grant);
		else if (word > 0)
		{
			if (words > 2)
				put(out, ",");
			put_condition(out, grant, (int) word);
		}
		grant += word + 1;
	}
	put(out, "}}");
}

rbac_str
privileges_json(arena *self, const char *notation)
{
	size_t		words = 1;
	char	   *json;
	char	   *out;

	for (const char *p = notation; *p != '\0'; p++)
		words += *p == ' ' || *p == ';';
	json = out = must_alloc(self, strlen(notation) + 64 * words);
	put(&out, "[");
	while (*notation != '\0')
	{
		size_t		len = strcspn(notation, ";");

		put_grant(&out, notation, len);
		notation += len;
		if (*notation == ';')
		{
			notation++;
			put(&out, ",");
		}
	}
	put(&out, "]");
	for (char *p = json; p < out; p++)
		if (*p == '\'')
			*p = '"';
	return exact_copy(self, (rbac_str) {json, (size_t) (out - json)});
}

rbac_privileges
privileges(arena *self, const char *notation)
{
	rbac_core	core = arena_core(self);
	rbac_str	json = privileges_json(self, notation);
	rbac_privileges result;

	if (!rbac_parse_privileges(&core, json.data, json.len, &result))
		bail_out("%.*s: %s", (int) json.len, json.data, core.error.message);
	return result;
}

const char *
privileges_text(arena *self, const rbac_privileges *privileges)
{
	rbac_core	core = arena_core(self);
	rbac_str	json;
	char	   *text;

	if (!rbac_print_privileges(&core, privileges, &json))
		return "(cannot be printed)";
	text = must_alloc(self, json.len + 1);
	memcpy(text, json.data, json.len);
	text[json.len] = '\0';
	return text;
}
