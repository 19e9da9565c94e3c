/*
 * json.c - JSON text: a strict scan, and json-c for the strings.
 *
 * One scan over the text refuses what RFC 8259 refuses and json-c lets pass
 * (single quotes, NaN, raw control characters, lone surrogates, invalid UTF-8,
 * U+0000) as well as duplicate keys and whatever passes a limit. It leaves a
 * flat array of nodes, 16 bytes a value, which is the document's tree and knows
 * the position of every value and key. json-c then decodes the strings that
 * have escapes, and escapes those that are printed. Numbers stay source text.
 *
 * json-c's own tree is not used: it has no positions, keeps the last of
 * duplicate keys, clamps integers, and takes 2 GB for the 8 MB of "[{},{},..]".
 *
 * What the values mean is no business of this file.
 */
#include <stdlib.h>
#include <string.h>

#include <json-c/json.h>

#include "core_internal.h"

typedef struct scanner
{
	rbac_core  *core;
	rbac_json  *json;
	const char *text;
	size_t		len;
	size_t		at;
	int			depth;			/* arrays and objects that are open */
} scanner;

static bool scan_value(scanner *s);

static bool
bad(const scanner *s, size_t position, const char *message)
{
	return rbac_fail_at(s->core, RBAC_SYNTAX, position, "%s", message);
}

static bool
is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static void
skip_space(scanner *s)
{
	while (s->at < s->len && is_space(s->text[s->at]))
		s->at++;
}

static bool
next_is(const scanner *s, char c)
{
	return s->at < s->len && s->text[s->at] == c;
}

/* Start a node here; finish_node completes it. */
static bool
start_node(scanner *s, uint32_t *node)
{
	rbac_json  *json = s->json;
	void	   *nodes = json->nodes;

	if (json->nnodes == json->max_nodes &&
		!rbac_grow(s->core, &nodes, json->nnodes, &json->max_nodes, sizeof(*json->nodes)))
		return false;
	json->nodes = nodes;
	*node = json->nnodes++;
	json->nodes[*node].start = (uint32_t) s->at;
	return true;
}

static bool
finish_node(scanner *s, uint32_t node, uint32_t length)
{
	rbac_json_node *n = &s->json->nodes[node];

	n->end = (uint32_t) s->at;
	n->length = length;
	n->next = s->json->nnodes;
	return true;
}

/* Four hexadecimal digits; -1 if they are not. */
static int32_t
hex4(const char *text, size_t len)
{
	int32_t		value = 0;

	if (len < 4)
		return -1;
	for (int i = 0; i < 4; i++)
	{
		char		c = text[i];

		if (c >= '0' && c <= '9')
			value = value * 16 + (c - '0');
		else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
			value = value * 16 + ((c | 0x20) - 'a' + 10);
		else
			return -1;
	}
	return value;
}

/*
 * The UTF-16 unit, or the code point of a surrogate pair, that a text beginning
 * with \u escapes; -1 if it is no escape. A lone surrogate is returned as it is.
 */
static int32_t
unescape(const char *text, size_t len)
{
	int32_t		high = hex4(text + 2, len - 2);
	int32_t		low = -1;

	if (high < 0xd800 || high > 0xdbff)
		return high;
	if (len >= 12 && text[6] == '\\' && text[7] == 'u')
		low = hex4(text + 8, 4);
	return low < 0xdc00 || low > 0xdfff ? high : 0x10000 + (high - 0xd800) * 0x400 + (low - 0xdc00);
}

/* The escape \uXXXX, or a surrogate pair of them; adds its bytes in UTF-8. */
static bool
scan_unicode_escape(scanner *s, uint32_t *length)
{
	int32_t		code = unescape(s->text + s->at, s->len - s->at);

	if (code < 0)
		return bad(s, s->at, "invalid escape in a string");
	if (code == 0)
		return bad(s, s->at, "\\u0000 is not allowed in a string");
	if (code >= 0xd800 && code <= 0xdfff)
		return bad(s, s->at, "lone surrogate in a string");
	s->at += code < 0x10000 ? 6 : 12;
	*length += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
	return true;
}

static bool
scan_escape(scanner *s, uint32_t *length)
{
	char		c = s->len - s->at >= 2 ? s->text[s->at + 1] : '\0';

	if (c == 'u')
		return scan_unicode_escape(s, length);
	if (c == '\0' || strchr("\"\\/bfnrt", c) == NULL)
		return bad(s, s->at, "invalid escape in a string");
	s->at += 2;
	*length += 1;
	return true;
}

/* A string; the node's length is that of the decoded string. */
static bool
scan_string(scanner *s)
{
	size_t		start = s->at;
	uint32_t	length = 0;
	uint32_t	node;

	if (!start_node(s, &node))
		return false;
	s->at++;
	while (s->at < s->len && s->text[s->at] != '"')
	{
		size_t		sequence;

		if (s->text[s->at] == '\\')
		{
			if (!scan_escape(s, &length))
				return false;
			continue;
		}
		if ((unsigned char) s->text[s->at] < 0x20)
			return bad(s, s->at, "control character in a string");
		sequence = rbac_utf8_sequence(s->text + s->at, s->len - s->at);
		if (sequence == 0)
			return bad(s, s->at, "invalid UTF-8");
		s->at += sequence;
		length += (uint32_t) sequence;
	}
	if (s->at == s->len)
		return bad(s, start, "unterminated string");
	s->at++;
	return finish_node(s, node, length);
}

static bool
scan_member(scanner *s)
{
	skip_space(s);
	if (!next_is(s, '"'))
		return bad(s, s->at, "expected a key in double quotes");
	if (!scan_string(s))
		return false;
	skip_space(s);
	if (!next_is(s, ':'))
		return bad(s, s->at, "expected \":\"");
	s->at++;
	return scan_value(s);
}

/* An array or object; the node's length is the number of elements or members. */
static bool
scan_container(scanner *s, char close, bool (*scan_item) (scanner *), const char *expected)
{
	uint32_t	length = 0;
	uint32_t	node;

	if (s->depth == RBAC_MAX_DEPTH)
		return rbac_fail_at(s->core, RBAC_LIMIT, s->at, "nesting is limited to %d levels", RBAC_MAX_DEPTH);
	if (!start_node(s, &node))
		return false;
	s->at++;
	s->depth++;
	skip_space(s);
	if (!next_is(s, close))
	{
		do
		{
			if (!scan_item(s))
				return false;
			length++;
			skip_space(s);
		} while (next_is(s, ',') && s->at++ < s->len);
		if (!next_is(s, close))
			return bad(s, s->at, expected);
	}
	s->at++;
	s->depth--;
	return finish_node(s, node, length);
}

/* A node of so many bytes, 0 if there is none. */
static bool
scan_literal(scanner *s, size_t len)
{
	uint32_t	node;

	if (len == 0)
		return bad(s, s->at, "expected a value");
	if (!start_node(s, &node))
		return false;
	s->at += len;
	return finish_node(s, node, 0);
}

static bool
scan_word(scanner *s, const char *word)
{
	size_t		len = strlen(word);

	return scan_literal(s, s->len - s->at >= len && memcmp(s->text + s->at, word, len) == 0 ? len : 0);
}

static bool
scan_number(scanner *s)
{
	return scan_literal(s, rbac_number_scan(s->text + s->at, s->len - s->at));
}

static bool
scan_value(scanner *s)
{
	skip_space(s);
	switch (s->at < s->len ? s->text[s->at] : '\0')
	{
		case '{':
			return scan_container(s, '}', scan_member, "expected \",\" or \"}\"");
		case '[':
			return scan_container(s, ']', scan_value, "expected \",\" or \"]\"");
		case '"':
			return scan_string(s);
		case 't':
			return scan_word(s, "true");
		case 'f':
			return scan_word(s, "false");
		case 'n':
			return scan_word(s, "null");
		default:
			return scan_number(s);
	}
}

typedef struct key
{
	rbac_str	text;
	uint32_t	start;
} key;

static int
compare_keys(const void *a, const void *b)
{
	const key  *x = a;
	const key  *y = b;
	int			order = rbac_str_compare(x->text, y->text);

	return order != 0 ? order : (x->start > y->start) - (x->start < y->start);
}

/* Refuse an object that has a key twice, at the first repetition. */
static bool
check_keys(rbac_json *json, uint32_t object, key *keys)
{
	uint32_t	n = json->nodes[object].length;
	uint32_t	node = object + 1;
	const key  *repeated = NULL;

	for (uint32_t i = 0; i < n; i++, node = json->nodes[node + 1].next)
	{
		keys[i].start = json->nodes[node].start;
		if (!rbac_json_string(json, node, &keys[i].text))
			return false;
	}
	qsort(keys, n, sizeof(*keys), compare_keys);
	for (uint32_t i = 1; i < n; i++)
		if (rbac_str_equal(keys[i - 1].text, keys[i].text) &&
			(repeated == NULL || keys[i].start < repeated->start))
			repeated = &keys[i];
	if (repeated == NULL)
		return true;
	return rbac_fail_at(json->core, RBAC_SYNTAX, repeated->start, "duplicate key %s",
						rbac_quote(repeated->text).text);
}

static bool
check_all_keys(rbac_json *json)
{
	uint32_t	most = 0;
	key		   *keys;

	for (uint32_t i = 0; i < json->nnodes; i++)
		if (rbac_json_kind(json, i) == '{' && json->nodes[i].length > most)
			most = json->nodes[i].length;
	if (most < 2)
		return true;
	keys = rbac_alloc(json->core, most, sizeof(*keys));
	if (keys == NULL)
		return false;
	for (uint32_t i = 0; i < json->nnodes; i++)
		if (rbac_json_kind(json, i) == '{' && json->nodes[i].length > 1 && !check_keys(json, i, keys))
			return false;
	return true;
}

bool
rbac_json_open(rbac_json *json, rbac_core *core, const char *text, size_t len)
{
	scanner		s = {core, json, text, len, 0, 0};

	memset(json, 0, sizeof(*json));
	json->core = core;
	json->text = text;
	if (len > RBAC_MAX_DOCUMENT)
		return rbac_fail_at(core, RBAC_LIMIT, RBAC_MAX_DOCUMENT, "a document is limited to %d bytes",
							RBAC_MAX_DOCUMENT);
	if (!scan_value(&s))
		return false;
	skip_space(&s);
	if (s.at < len)
		return bad(&s, s.at, "unexpected text after the document");
	return check_all_keys(json);
}

void
rbac_json_close(rbac_json *json)
{
	if (json->tokener != NULL)
		json_tokener_free(json->tokener);
	json->tokener = NULL;
}

char
rbac_json_kind(const rbac_json *json, uint32_t node)
{
	return json->text[json->nodes[node].start];
}

rbac_str
rbac_json_source(const rbac_json *json, uint32_t node)
{
	const rbac_json_node *n = &json->nodes[node];

	return (rbac_str) {json->text + n->start, n->end - n->start};
}

/*
 * Let json-c read a string literal that the scan has accepted; NULL is out of
 * memory. Not strictly: json-c 0.18 then takes non-ASCII text for control
 * characters.
 */
static json_object *
read_literal(rbac_json *json, rbac_str literal)
{
	json_object *object = NULL;

	if (json->tokener == NULL)
		json->tokener = json_tokener_new_ex(1);
	if (json->tokener != NULL)
	{
		json_tokener_reset(json->tokener);
		json_tokener_set_flags(json->tokener, JSON_TOKENER_VALIDATE_UTF8);
		object = json_tokener_parse_ex(json->tokener, literal.data, (int) literal.len);
	}
	if (object == NULL)
		rbac_fail(json->core, RBAC_NO_MEMORY, "out of memory");
	return object;
}

/*
 * Copy a literal with its surrogate pairs turned into UTF-8: json-c 0.16 takes
 * some of them, U+1D800 for one, for lone surrogates.
 */
static bool
expand_pairs(rbac_core *core, rbac_str in, rbac_str *out)
{
	char	   *data = rbac_alloc(core, in.len, 1);
	size_t		at = 0;

	if (data == NULL)
		return false;
	*out = (rbac_str) {data, 0};
	while (at < in.len)
	{
		bool		escape = in.data[at] == '\\';
		int32_t		code = escape && in.data[at + 1] == 'u' ? unescape(in.data + at, in.len - at) : 0;

		if (code >= 0x10000)
		{
			for (int shift = 18; shift >= 0; shift -= 6)
				data[out->len++] = (char) (shift == 18 ? 0xf0 | code >> 18 : 0x80 | (code >> shift & 0x3f));
			at += 12;
			continue;
		}
		data[out->len++] = in.data[at++];
		if (escape)
			data[out->len++] = in.data[at++];
	}
	return true;
}

/* Decode a string literal. Out of memory, json-c may hand out a shorter string. */
static bool
decode(rbac_json *json, rbac_str literal, size_t length, rbac_str *out)
{
	json_object *decoded;
	bool		done = false;

	if (!expand_pairs(json->core, literal, &literal))
		return false;
	decoded = read_literal(json, literal);
	if (decoded == NULL)
		return false;
	if ((size_t) json_object_get_string_len(decoded) != length)
		rbac_fail(json->core, RBAC_NO_MEMORY, "out of memory");
	else
		done = rbac_copy(json->core, (rbac_str) {json_object_get_string(decoded), length}, out);
	json_object_put(decoded);
	return done;
}

bool
rbac_json_string(rbac_json *json, uint32_t node, rbac_str *out)
{
	rbac_str	literal = rbac_json_source(json, node);
	size_t		length = json->nodes[node].length;

	if (literal.len - 2 != length)	/* an escape is longer than what it stands for */
		return decode(json, literal, length, out);
	out->data = literal.data + 1;
	out->len = length;
	return true;
}

/* Bytes that json-c writes for a string without its quotes. */
static size_t
escaped_length(rbac_str s)
{
	size_t		length = 0;

	for (size_t i = 0; i < s.len; i++)
	{
		unsigned char c = (unsigned char) s.data[i];

		if (c == '"' || c == '\\' || (c >= 0x08 && c <= 0x0d && c != 0x0b))
			length += 2;
		else
			length += c < 0x20 ? 6 : 1;
	}
	return length;
}

/* Let json-c escape a string; out of memory, it might write less than it should. */
static void
write_escaped(rbac_buffer *buffer, rbac_str s, size_t length)
{
	const int	flags = JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE;
	json_object *object = json_object_new_string_len(s.data, (int) s.len);
	const char *text = NULL;
	size_t		len = 0;

	if (object != NULL)
		text = json_object_to_json_string_length(object, flags, &len);
	if (text != NULL && len == length + 2)
		rbac_buffer_append(buffer, text, len);
	else
		buffer->failed = !rbac_fail(buffer->core, RBAC_NO_MEMORY, "out of memory");
	json_object_put(object);
}

void
rbac_json_write(rbac_buffer *buffer, rbac_str s)
{
	size_t		length = escaped_length(s);

	if (length != s.len)
	{
		write_escaped(buffer, s, length);
		return;
	}
	rbac_buffer_append(buffer, "\"", 1);
	rbac_buffer_append(buffer, s.data, s.len);
	rbac_buffer_append(buffer, "\"", 1);
}
