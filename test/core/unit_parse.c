/*
 * unit_parse.c - what the JSON parsers accept and refuse, and where; canonical
 * numbers; printing.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness.h"
#include "unit.h"

typedef enum document
{
	CONDITION,
	GRANT,
	PRIVILEGES,
	ATTRIBUTES
} document;

/* Parse and print again; attributes are printed as a request of "A:B". */
static bool
reprint(rbac_core *core, document kind, rbac_str text, rbac_str *out)
{
	rbac_condition condition;
	rbac_grant	grant;
	rbac_privileges privileges;
	rbac_request request = {.permission = str("A:B")};

	switch (kind)
	{
		case CONDITION:
			return rbac_parse_condition(core, text.data, text.len, &condition) &&
				rbac_print_condition(core, &condition, out);
		case GRANT:
			return rbac_parse_grant(core, text.data, text.len, &grant) &&
				rbac_print_grant(core, &grant, out);
		case PRIVILEGES:
			return rbac_parse_privileges(core, text.data, text.len, &privileges) &&
				rbac_print_privileges(core, &privileges, out);
		case ATTRIBUTES:
			return rbac_parse_attributes(core, text.data, text.len, &request) &&
				rbac_print_request(core, &request, (rbac_str) {0}, out);
	}
	abort();
}

/* ---- refusals ---- */

/*
 * In the texts below ' stands for ", ` for ', and @ for nothing: it marks the
 * position that must be reported.
 */
typedef struct refusal
{
	document	kind;
	rbac_status status;
	const char *text;
	size_t		len;
} refusal;

#define NO(kind, text) {kind, RBAC_SYNTAX, text, sizeof text - 1}
#define TOO_MUCH(kind, text) {kind, RBAC_LIMIT, text, sizeof text - 1}
#define VALUE(kind, text) NO(kind, "{'type':'Equals','value':" text "}")

static const refusal refusals[] = {
	/* not JSON */
	NO(PRIVILEGES, "@"),
	NO(PRIVILEGES, "  @"),
	NO(PRIVILEGES, "[@"),
	NO(PRIVILEGES, "[{@"),
	NO(PRIVILEGES, "@]"),
	NO(PRIVILEGES, "[@}"),
	NO(PRIVILEGES, "[@,]"),
	NO(PRIVILEGES, "[{'permission_name':'A:B'},@]"),
	NO(PRIVILEGES, "[{'permission_name':'A:B'}@{'permission_name':'A:B'}]"),
	NO(PRIVILEGES, "[] @x"),
	NO(PRIVILEGES, "[]@]"),
	NO(PRIVILEGES, "[]@,"),
	NO(PRIVILEGES, "[] @[]"),
	NO(PRIVILEGES, "[]@\0"),
	NO(PRIVILEGES, "@\0[]"),
	NO(PRIVILEGES, "@\xEF\xBB\xBF[]"),
	NO(PRIVILEGES, "@\f[]"),
	NO(PRIVILEGES, "@\xC2\xA0[]"),
	NO(PRIVILEGES, "@// comment\n[]"),
	NO(PRIVILEGES, "[@/* comment */]"),
	NO(GRANT, "{@permission_name:'A:B'}"),
	NO(GRANT, "{@`permission_name`:'A:B'}"),
	NO(GRANT, "{'permission_name':@`A:B`}"),
	NO(GRANT, "{'permission_name'@,'A:B'}"),
	NO(GRANT, "{'permission_name'@='A:B'}"),
	NO(GRANT, "{'permission_name':'A:B'@"),
	NO(GRANT, "{'permission_name':'A:B',@}"),
	NO(GRANT, "{'permission_name':@}"),
	NO(GRANT, "{'permission_name':'A:B' @'conditions':{}}"),
	NO(GRANT, "{@,'permission_name':'A:B'}"),
	NO(GRANT, "{@1:'A:B'}"),
	VALUE(CONDITION, "@NaN"),
	VALUE(CONDITION, "@Infinity"),
	VALUE(CONDITION, "@-Infinity"),
	VALUE(CONDITION, "@nan"),
	VALUE(CONDITION, "@True"),
	VALUE(CONDITION, "@TRUE"),
	VALUE(CONDITION, "true@x"),
	VALUE(CONDITION, "@tru"),
	VALUE(CONDITION, "@undefined"),
	VALUE(CONDITION, "@`a`"),
	VALUE(CONDITION, "0@1"),
	VALUE(CONDITION, "-0@1"),
	VALUE(CONDITION, "0@0"),
	VALUE(CONDITION, "@+1"),
	VALUE(CONDITION, "@.5"),
	VALUE(CONDITION, "@5."),
	VALUE(CONDITION, "@1.e1"),
	VALUE(CONDITION, "@1e"),
	VALUE(CONDITION, "@1e+"),
	VALUE(CONDITION, "@-"),
	VALUE(CONDITION, "@--1"),
	VALUE(CONDITION, "0@x10"),
	VALUE(CONDITION, "1@_000"),
	VALUE(CONDITION, "1@a"),
	VALUE(CONDITION, "1 @2"),
	VALUE(CONDITION, "'a@\n'"),
	VALUE(CONDITION, "'a@\t'"),
	VALUE(CONDITION, "'a@\x1F'"),
	VALUE(CONDITION, "'a@\0'"),
	VALUE(CONDITION, "'a@\\u0000'"),
	VALUE(CONDITION, "'a@\\x41'"),
	VALUE(CONDITION, "'a@\\`'"),
	VALUE(CONDITION, "'a@\\u12'"),
	VALUE(CONDITION, "'a@\\u12G4'"),
	VALUE(CONDITION, "'a@\\U00000041'"),
	VALUE(CONDITION, "'a@\\ud800'"),
	VALUE(CONDITION, "'a@\\ud800b'"),
	VALUE(CONDITION, "'a@\\ud800\\u0041'"),
	VALUE(CONDITION, "'a@\\ud800\\ud800'"),
	VALUE(CONDITION, "'a@\\udc00'"),
	VALUE(CONDITION, "'a@\\udc00\\ud800'"),
	VALUE(CONDITION, "'a@\\udfff'"),
	VALUE(CONDITION, "'a@\\ud800\\udbff'"),
	VALUE(CONDITION, "'a@\\ud800\\ue000'"),
	VALUE(CONDITION, "'a@\x80'"),	/* a continuation byte alone */
	VALUE(CONDITION, "'a@\xC3'"),	/* no continuation byte */
	VALUE(CONDITION, "'a@\xC0\xAF'"),	/* overlong / */
	VALUE(CONDITION, "'a@\xC1\xBF'"),
	VALUE(CONDITION, "'a@\xE0\x80\xAF'"),
	VALUE(CONDITION, "'a@\xF0\x80\x80\xAF'"),
	VALUE(CONDITION, "'a@\xE2\x82'"),
	VALUE(CONDITION, "'a@\xED\xA0\x80'"),	/* a surrogate */
	VALUE(CONDITION, "'a@\xED\xA0\x80\xED\xB0\x80'"),	/* a pair of them */
	VALUE(CONDITION, "'a@\xF4\x90\x80\x80'"),	/* above U+10FFFF */
	VALUE(CONDITION, "'a@\xF8\x88\x80\x80\x80'"),
	VALUE(CONDITION, "'a@\xFF'"),
	NO(CONDITION, "{'type':'Equals','value':@'a"),
	NO(CONDITION, "{'type':'Equals','value':'a@\\"),
	NO(CONDITION, "{'type':'Equals','value':'a@\\u00"),
	NO(CONDITION, "{'type':'Equals','value':@'a\\'}"),
	NO(CONDITION, "{'type':'Equals','value':1@"),
	NO(CONDITION, "{'type':'Equals','value':1,@"),
	NO(CONDITION, "{'type':'Equals','value':1}@}"),
	NO(ATTRIBUTES, "{'a@\xFF':1}"),
	NO(ATTRIBUTES, "{'a':1@;'b':2}"),

	/* another shape */
	NO(PRIVILEGES, "@{}"),
	NO(PRIVILEGES, "@null"),
	NO(PRIVILEGES, "@'[]'"),
	NO(PRIVILEGES, "@1"),
	NO(PRIVILEGES, "[@null]"),
	NO(PRIVILEGES, "[@1]"),
	NO(PRIVILEGES, "[@'A:B']"),
	NO(PRIVILEGES, "[@[]]"),
	NO(PRIVILEGES, "[@{}]"),
	NO(PRIVILEGES, "[{'permission_name':'A:B'},@true]"),
	NO(PRIVILEGES, " [ {'permission_name':'A:B'},\n @{'conditions':{}} ] "),
	NO(GRANT, "@[]"),
	NO(GRANT, "@{}"),
	NO(GRANT, "@null"),
	NO(GRANT, "@{'conditions':{}}"),
	NO(GRANT, "{'permission_name':@1}"),
	NO(GRANT, "{'permission_name':@null}"),
	NO(GRANT, "{'permission_name':@['A:B']}"),
	NO(GRANT, "{'permission_name':@''}"),
	NO(GRANT, "{'permission_name':'A:B','conditions':@null}"),
	NO(GRANT, "{'permission_name':'A:B','conditions':@[]}"),
	NO(GRANT, "{'permission_name':'A:B','conditions':@'{}'}"),
	NO(GRANT, "{'permission_name':'A:B','conditions':{'x':@1}}"),
	NO(GRANT, "{'permission_name':'A:B','conditions':{'x':@null}}"),
	NO(GRANT, "{'permission_name':'A:B','conditions':{'x':@[]}}"),
	NO(GRANT, "{'permission_name':'A:B','conditions':{'x':@{}}}"),
	NO(GRANT, "{'permission_name':'A:B','conditions':{@'':{'type':'Equals','value':1}}}"),
	NO(CONDITION, "@[]"),
	NO(CONDITION, "@{}"),
	NO(CONDITION, "@1"),
	NO(CONDITION, "@null"),
	NO(CONDITION, "@{'value':1}"),	/* type has no default */
	NO(CONDITION, "@{'values':[1]}"),
	NO(CONDITION, "@{'type':'Equals'}"),
	NO(CONDITION, "@{'type':'In'}"),
	NO(CONDITION, "@{'type':'NotEquals'}"),
	NO(CONDITION, "{'type':@null,'value':1}"),
	NO(CONDITION, "{'type':@1,'value':1}"),
	NO(CONDITION, "{'type':@'','value':1}"),
	NO(CONDITION, "{'type':@'equals','value':1}"),
	NO(CONDITION, "{'type':@'Equals ','value':1}"),
	NO(CONDITION, "{'type':@'Equals\\u0020','value':1}"),
	NO(CONDITION, "{'type':@'NotIn','values':[1]}"),
	NO(CONDITION, "{'type':@['Equals'],'value':1}"),
	NO(CONDITION, "{'type':'Equals',@'values':[1]}"),
	NO(CONDITION, "{'type':'NotEquals',@'values':[1]}"),
	NO(CONDITION, "{'type':'In',@'value':1}"),
	NO(CONDITION, "{@'value':1,'type':'In'}"),
	NO(CONDITION, "{'type':'In','values':@1}"),
	NO(CONDITION, "{'type':'In','values':@null}"),
	NO(CONDITION, "{'type':'In','values':@{}}"),
	NO(CONDITION, "{'type':'In','values':@'ab'}"),
	NO(CONDITION, "{'type':'In','values':@[]}"),
	NO(CONDITION, "{'type':'In','values':[@null]}"),
	NO(CONDITION, "{'type':'In','values':[1,@null]}"),
	NO(CONDITION, "{'type':'In','values':[1,@[1]]}"),
	NO(CONDITION, "{'type':'In','values':[@{'a':1}]}"),
	NO(CONDITION, "{'type':'In','values':[1,@'1']}"),
	NO(CONDITION, "{'type':'In','values':['a','b',@true]}"),
	NO(CONDITION, "{'type':'In','values':[true,@0]}"),
	VALUE(CONDITION, "@null"),
	VALUE(CONDITION, "@[]"),
	VALUE(CONDITION, "@[1]"),
	VALUE(CONDITION, "@{}"),
	VALUE(CONDITION, "@{'self':1}"),
	NO(ATTRIBUTES, "@[]"),
	NO(ATTRIBUTES, "@null"),
	NO(ATTRIBUTES, "@1"),
	NO(ATTRIBUTES, "{'a':@[]}"),
	NO(ATTRIBUTES, "{'a':1,'b':@{}}"),
	NO(ATTRIBUTES, "{@'':1}"),

	/* unknown keys */
	NO(GRANT, "{'permission_name':'A:B',@'action':'Allow'}"),
	NO(GRANT, "{@'description':null,'permission_name':'A:B'}"),
	NO(GRANT, "{@'Permission_name':'A:B'}"),
	NO(GRANT, "{@'permission_name\\u0020':'A:B'}"),
	NO(GRANT, "{'permission_name':'A:B',@'':1}"),
	NO(CONDITION, "{'type':'Equals','value':1,@'negate':true}"),
	NO(CONDITION, "{'type':'Equals',@'Value':1}"),
	NO(CONDITION, "{'type':'Equals','value':1,@'values':[1]}"),
	NO(PRIVILEGES, "[{'permission_name':'A:B'},{'permission_name':'A:B','conditions':{},@'x':1}]"),

	/* duplicate keys, also when escapes hide it */
	NO(GRANT, "{'permission_name':'A:B',@'permission_name':'A:B'}"),
	NO(GRANT, "{'permission_name':'A:B',@'permission\\u005fname':'A:C'}"),
	NO(GRANT, "{'permission\\u005Fname':'A:B','conditions':{},@'permission_name':'A:C'}"),
	NO(GRANT, "{'permission_name':'A:B','conditions':{},@'conditions':{}}"),
	NO(GRANT, "{'permission_name':'A:B','conditions':"
	   "{'x':{'type':'Equals','value':1},@'x':{'type':'Equals','value':2}}}"),
	NO(GRANT, "{'permission_name':'A:B','conditions':"
	   "{'x':{'type':'Equals','value':1},'y':{'type':'Equals','value':1},@'\\u0078':{'type':'Equals','value':1}}}"),
	NO(GRANT, "{'permission_name':'A:B','conditions':"
	   "{'\\ud83d\\ude00':{'type':'Equals','value':1},@'\xF0\x9F\x98\x80':{'type':'Equals','value':1}}}"),
	NO(CONDITION, "{'type':'Equals',@'type':'NotEquals','value':1}"),
	NO(CONDITION, "{'type':'Equals','value':1,@'value':1}"),
	NO(CONDITION, "{'type':'Equals','value':1,@'\\u0076alue':2}"),
	NO(ATTRIBUTES, "{'a':1,@'a':1}"),
	NO(ATTRIBUTES, "{'a':1,'b':2,@'\\u0061':3}"),
	NO(ATTRIBUTES, "{'a':null,@'a':1}"),
	NO(ATTRIBUTES, "{'a':1,@'a':null}"),
	NO(ATTRIBUTES, "{'/':1,@'\\/':1}"),

	/* permission names */
	NO(GRANT, "{'permission_name':@'A'}"),
	NO(GRANT, "{'permission_name':@':'}"),
	NO(GRANT, "{'permission_name':@'A:'}"),
	NO(GRANT, "{'permission_name':@':B'}"),
	NO(GRANT, "{'permission_name':@':*'}"),
	NO(GRANT, "{'permission_name':@'*:*'}"),
	NO(GRANT, "{'permission_name':@'*:B'}"),
	NO(GRANT, "{'permission_name':@'A:B*'}"),
	NO(GRANT, "{'permission_name':@'A:*B'}"),
	NO(GRANT, "{'permission_name':@'A*:B'}"),
	NO(GRANT, "{'permission_name':@'A:**'}"),
	NO(GRANT, "{'permission_name':@'**'}"),
	NO(GRANT, "{'permission_name':@'A.B'}"),
	NO(GRANT, "{'permission_name':@'A:B:*'}"),
	NO(GRANT, "{'permission_name':@'A\\u003a'}"),
	NO(GRANT, "{'permission_name':@'A:B\\n'}"),
	NO(GRANT, "{'permission_name':@'A\\u007f:B'}"),
	NO(GRANT, "{'permission_name':@'A:\\u0085'}"),
};

/* Undo the notation; returns the position of @, which every text has. */
static size_t
expand(char *text, size_t *len)
{
	size_t		position = *len;
	size_t		out = 0;

	for (size_t in = 0; in < *len; in++)
		if (text[in] == '@')
			position = out;
		else
			text[out++] = text[in] == '\'' ? '"' : text[in] == '`' ? '\'' : text[in];
	if (out + 1 != *len)
		bail_out("one @ expected: %s", text);
	*len = out;
	return position;
}

static void
test_refusal(const refusal *test)
{
	arena		memory = {0};
	rbac_core	core = arena_core(&memory);
	rbac_str	copy = exact_copy(&memory, (rbac_str) {test->text, test->len});
	size_t		position = expand((char *) copy.data, &copy.len);
	rbac_str	text = exact_copy(&memory, copy);
	rbac_str	out;
	bool		accepted = reprint(&core, test->kind, text, &out);

	if (!ok(!accepted && core.error.status == test->status && core.error.has_position &&
			core.error.position == position && core.error.message[0] != '\0',
			"refused: %s", test->text))
	{
		if (accepted)
			diag("     got: %.*s", (int) out.len, out.data);
		else
			diag("     got: status %d, position %s %zu, \"%s\"", core.error.status,
				 core.error.has_position ? "set" : "not set", core.error.position, core.error.message);
		diag("expected: status %d, position %zu", test->status, position);
	}
	arena_free(&memory);
}

/* ---- what is accepted, and how it is printed ---- */

typedef struct printing
{
	document	kind;
	const char *text;
	const char *expected;		/* both with ' for " */
} printing;

static const printing printings[] = {
	{CONDITION, "{'type':'Equals','value':1}", "{'type':'Equals','value':1}"},
	{CONDITION, " {\t'value' :\r\n'a' , 'type': 'Equals' } ", "{'type':'Equals','value':'a'}"},
	{CONDITION, "{'type':'NotEquals','value':false}", "{'type':'NotEquals','value':false}"},
	{CONDITION, "{'values':['b','a','b'],'type':'In'}", "{'type':'In','values':['b','a','b']}"},
	{CONDITION, "{'type':'In','values':['a']}", "{'type':'In','values':['a']}"},
	{CONDITION, "{'type':'In','values':[1.0,10e-1,-0]}", "{'type':'In','values':[1,1,0]}"},
	{CONDITION, "{'typ\\u0065':'\\u0045quals','value':true}", "{'type':'Equals','value':true}"},
	{CONDITION, "{'type':'Equals','value':''}", "{'type':'Equals','value':''}"},
	{CONDITION, "{'type':'Equals','value':'1'}", "{'type':'Equals','value':'1'}"},
	{CONDITION, "{'type':'Equals','value':'{self_user_id}'}", "{'type':'Equals','value':'{self_user_id}'}"},
	{CONDITION, "{'type':'Equals','value':'\\ud83d\\ude00'}", "{'type':'Equals','value':'\xF0\x9F\x98\x80'}"},
	{CONDITION, "{'type':'Equals','value':'\\u00E9\xC3\xA9'}", "{'type':'Equals','value':'\xC3\xA9\xC3\xA9'}"},
	{CONDITION, "{'type':'Equals','value':'\\ufffd\\uffff\x7F'}", "{'type':'Equals','value':'\xEF\xBF\xBD\xEF\xBF\xBF\x7F'}"},
	{CONDITION, "{'type':'Equals','value':'\\ud800\\udc00\\udbff\\udfff\\ud7ff\\ue000'}",
	"{'type':'Equals','value':'\xF0\x90\x80\x80\xF4\x8F\xBF\xBF\xED\x9F\xBF\xEE\x80\x80'}"},
	{CONDITION, "{'type':'Equals','value':'\xC2\x80\xE0\xA0\x80\xF0\x90\x80\x80\xF4\x8F\xBF\xBF'}",
	"{'type':'Equals','value':'\xC2\x80\xE0\xA0\x80\xF0\x90\x80\x80\xF4\x8F\xBF\xBF'}"},
	{CONDITION, "{'type':'Equals','value':123456789012345678901234567890.5}",
	"{'type':'Equals','value':123456789012345678901234567890.5}"},
	{GRANT, "{'permission_name':'A:B'}", "{'permission_name':'A:B','conditions':{}}"},
	{GRANT, "{'conditions':{},'permission_name':'A:*'}", "{'permission_name':'A:*','conditions':{}}"},
	{GRANT, "{'permission_name':'*','conditions':{'b':{'type':'Equals','value':1},"
		"'a':{'type':'Equals','value':1},'B':{'type':'Equals','value':1},'aa':{'type':'Equals','value':1}}}",
		"{'permission_name':'*','conditions':{'B':{'type':'Equals','value':1},"
	"'a':{'type':'Equals','value':1},'aa':{'type':'Equals','value':1},'b':{'type':'Equals','value':1}}}"},
	{GRANT, "{'permission_name':'A:B:C'}", "{'permission_name':'A:B:C','conditions':{}}"},
	{PRIVILEGES, "[]", "[]"},
	{PRIVILEGES, "[{'permission_name':'B:B'},{'permission_name':'A:A','conditions':{}}, {'permission_name':'B:B'}]",
		"[{'permission_name':'B:B','conditions':{}},{'permission_name':'A:A','conditions':{}},"
	"{'permission_name':'B:B','conditions':{}}]"},
	{ATTRIBUTES, "{}", "{'permission_name':'A:B','attributes':{}}"},
	{ATTRIBUTES, "{'b':1.50,'a':'x','c':null,'B':true}",
	"{'permission_name':'A:B','attributes':{'B':true,'a':'x','b':1.5}}"},
	{ATTRIBUTES, "{'a':null}", "{'permission_name':'A:B','attributes':{}}"},
};

static void
test_printing(const printing *test)
{
	arena		memory = {0};
	rbac_core	core = arena_core(&memory);
	rbac_str	text = quoted(&memory, test->text);
	rbac_str	expected = quoted(&memory, test->expected);
	rbac_str	out;
	bool		done = reprint(&core, test->kind, text, &out);

	if (!ok(done && rbac_str_equal(out, expected), "printed: %s", test->text))
	{
		diag("     got: %.*s", done ? (int) out.len : 0, done ? out.data : "");
		diag("expected: %.*s", (int) expected.len, expected.data);
		if (!done)
			diag("   error: %s at %zu", core.error.message, core.error.position);
	}
	arena_free(&memory);
}

/* Every character that JSON can escape, and its neighbours, survive. */
static void
test_characters(void)
{
	arena		memory = {0};
	rbac_core	core = arena_core(&memory);
	unsigned	lost = 0;

	for (unsigned c = 1; c < 0x10000; c++)
	{
		char		text[64];
		rbac_condition first;
		rbac_condition second;
		rbac_str	printed;

		if (c >= 0xD800 && c < 0xE000)
			continue;
		snprintf(text, sizeof text, "{\"type\":\"Equals\",\"value\":\"x\\u%04x\"}", c);
		if (!rbac_parse_condition(&core, text, strlen(text), &first) ||
			!rbac_print_condition(&core, &first, &printed) ||
			!rbac_parse_condition(&core, printed.data, printed.len, &second) ||
			first.values[0].text.len != 1 + (c < 0x80 ? 1u : c < 0x800 ? 2u : 3u) ||
			!rbac_value_equal(&first.values[0], &second.values[0]))
			lost++;
		for (size_t i = 0; i < printed.len; i++)
			if ((unsigned char) printed.data[i] < ' ')
				lost++;
		if (c % 1024 == 0)
			arena_free(&memory);
	}
	ok(lost == 0, "each character of the basic plane survives parse, print, parse");
	arena_free(&memory);
}

static void
test_request_of_user(void)
{
	arena		memory = {0};
	rbac_core	core = arena_core(&memory);
	rbac_attribute attribute = {.name = str("x\"y"),.value = string_value("a\nb")};
	rbac_request request = {.permission = str("A:B"),.nattributes = 1,.attributes = &attribute};
	rbac_str	out;

	if (!rbac_print_request(&core, &request, str("bob"), &out))
		bail_out("%s", core.error.message);
	is(out, "{\"permission_name\":\"A:B\",\"attributes\":{\"x\\\"y\":\"a\\nb\"},\"user_id\":\"bob\"}",
	   "a request printed with its user, escaped");
	arena_free(&memory);
}

/* ---- numbers ---- */

static const struct
{
	const char *literal;
	const char *canonical;		/* NULL: refused */
}			numbers[] = {
	{"0", "0"}, {"-0", "0"}, {"0.0", "0"}, {"-0.000", "0"}, {"0e5", "0"}, {"-0E-5", "0"},
	{"0e99999999999999999999", "0"}, {"0e-99999999999999999999", "0"},
	{"1", "1"}, {"1.0", "1"}, {"1e0", "1"}, {"10e-1", "1"}, {"0.1e1", "1"}, {"1E+0", "1"}, {"1e-0", "1"},
	{"0.01e+2", "1"}, {"100e-2", "1"}, {"1e00000000000000000000000", "1"},
	{"-1", "-1"}, {"-1.50e1", "-15"}, {"0.10", "0.1"}, {"-0.10", "-0.1"}, {"1.25", "1.25"}, {"12.50", "12.5"},
	{"125e-2", "1.25"}, {"1e3", "1000"}, {"1.5e3", "1500"}, {"1e-3", "0.001"}, {"1.5e-3", "0.0015"},
	{"120e-1", "12"}, {"1000", "1000"}, {"100.001", "100.001"}, {"1e+10", "10000000000"},
	{"12345678901234567890", "12345678901234567890"},
	{"18446744073709551616", "18446744073709551616"},
	{"-9223372036854775809", "-9223372036854775809"},
	{"9007199254740993", "9007199254740993"},
	{"0.1000000000000000055511151231257827", "0.1000000000000000055511151231257827"},
	{"", NULL}, {"-", NULL}, {"+1", NULL}, {"01", NULL}, {"-01", NULL}, {"00", NULL}, {".5", NULL}, {"5.", NULL},
	{"1e", NULL}, {"1e+", NULL}, {"1e1.5", NULL}, {"1.2.3", NULL}, {"--1", NULL}, {"0x1", NULL}, {"1 ", NULL},
	{" 1", NULL}, {"1,0", NULL}, {"1f", NULL}, {"NaN", NULL}, {"Infinity", NULL}, {"-Infinity", NULL},
	{"1_0", NULL}, {"e1", NULL}, {"-.5", NULL}, {"true", NULL}, {"\"1\"", NULL},
	{"\xD9\xA1", NULL},			/* ARABIC-INDIC DIGIT ONE */
};

static bool
canonical(arena *memory, rbac_core *core, rbac_str literal, rbac_str *out)
{
	rbac_str	text = exact_copy(memory, literal);

	return rbac_parse_number(core, text.data, text.len, out);
}

static void
test_numbers(void)
{
	arena		memory = {0};
	rbac_core	core = arena_core(&memory);
	rbac_str	out;

	for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
	{
		bool		done = canonical(&memory, &core, str(numbers[i].literal), &out);

		if (numbers[i].canonical == NULL)
			ok(!done && core.error.status == RBAC_SYNTAX, "no number: %s", numbers[i].literal);
		else if (ok(done, "number: %s", numbers[i].literal))
			is(out, numbers[i].canonical, numbers[i].literal);
	}
	ok(!canonical(&memory, &core, (rbac_str) {"1\0", 2}, &out), "no number: a NUL behind it");
	ok(canonical(&memory, &core, str("5e-324"), &out) && out.len == 2 + 324 && out.data[325] == '5',
	   "number: the smallest float8");
	ok(canonical(&memory, &core, str("1.7976931348623157e308"), &out) && out.len == 309,
	   "number: the largest float8");
	arena_free(&memory);
}

static rbac_str
repeated(arena *memory, const char *prefix, char c, size_t n, const char *suffix)
{
	size_t		len = strlen(prefix) + n + strlen(suffix);
	char	   *text = malloc(len + 1);
	rbac_str	copy;

	if (text == NULL)
		bail_out("out of memory");
	memcpy(text, prefix, strlen(prefix));
	memset(text + strlen(prefix), c, n);
	memcpy(text + strlen(prefix) + n, suffix, strlen(suffix));
	copy = exact_copy(memory, (rbac_str) {text, len});
	free(text);
	return copy;
}

static void
test_digit_limit(void)
{
	static const char *const too_long[] = {"1e1001", "1e-1001", "-1.5e1001", "1e99999", "1e2147483648",
		"1e4294967297", "1e18446744073709551617", "1e-18446744073709551617", "1e99999999999999999999",
		"-1e-99999999999999999999"
	};
	arena		memory = {0};
	rbac_core	core = arena_core(&memory);
	rbac_str	out;

	for (size_t i = 0; i < sizeof too_long / sizeof too_long[0]; i++)
		ok(!canonical(&memory, &core, str(too_long[i]), &out) && core.error.status == RBAC_LIMIT,
		   "over the digit limit: %s", too_long[i]);
	ok(canonical(&memory, &core, str("1e999"), &out) && out.len == 1000, "1e999 has 1000 digits");
	ok(canonical(&memory, &core, str("1e-998"), &out) && out.len == 1000, "1e-998 has 999 digits");
	ok(canonical(&memory, &core, repeated(&memory, "-", '9', RBAC_MAX_DIGITS, ""), &out) && out.len == 1001,
	   "an integer of as many digits as there may be");
	ok(!canonical(&memory, &core, repeated(&memory, "", '9', RBAC_MAX_DIGITS + 1, ""), &out) &&
	   core.error.status == RBAC_LIMIT, "an integer of one digit too many");
	ok(!canonical(&memory, &core, repeated(&memory, "0.", '3', RBAC_MAX_DIGITS + 1, ""), &out) &&
	   core.error.status == RBAC_LIMIT, "a fraction of one digit too many");
	arena_free(&memory);
}

/* ---- messages ---- */

/* Terminated, valid UTF-8, no control characters. */
static bool
is_clean(const rbac_error *error)
{
	const char *end = memchr(error->message, '\0', sizeof error->message);
	int			continuations = 0;

	if (end == NULL || end == error->message)
		return false;
	for (const char *p = error->message; p < end; p++)
	{
		unsigned char c = (unsigned char) *p;

		if (c < ' ' || c == 0x7F || (continuations > 0) != ((c & 0xC0) == 0x80))
			return false;
		continuations = continuations > 0 ? continuations - 1 : c >= 0xF0 ? 3 : c >= 0xE0 ? 2 : c >= 0xC0 ? 1 : 0;
	}
	return continuations == 0;
}

/* Messages quote keys, however long, and cut between characters. */
static void
test_messages(void)
{
	static const char *const characters[] = {"a", "\xC3\xA9", "\xE2\x82\xAC", "\xF0\x9F\x98\x80", "\\n", "\\u0085",
		"\\\"", "%s"
	};
	unsigned	dirty = 0;

	for (size_t i = 0; i < sizeof characters / sizeof characters[0]; i++)
		for (int prefix = 0; prefix < 4; prefix++)
			for (int length = 1; length < 300; length++)
			{
				arena		memory = {0};
				rbac_core	core = arena_core(&memory);
				char		text[2048] = "{\"";
				rbac_str	out;

				strncat(text, "xyz", (size_t) prefix);
				for (int j = 0; j < length; j++)
					strcat(text, characters[i]);
				strcat(text, "\":1,\"y\":[]}");
				if (reprint(&core, GRANT, exact_copy(&memory, str(text)), &out) || !is_clean(&core.error) ||
					reprint(&core, ATTRIBUTES, exact_copy(&memory, str(text)), &out) || !is_clean(&core.error))
					dirty++;
				arena_free(&memory);
			}
	ok(dirty == 0, "messages are clean text, whatever they quote");
}

/* ---- limits of documents ---- */

/*
 * The text is accepted, or refused with that status at that position
 * (SIZE_MAX: anywhere within).
 */
static void
expect(document kind, rbac_status status, rbac_str text, size_t position, const char *name)
{
	arena		memory = {0};
	rbac_core	core = arena_core(&memory);
	rbac_str	out;
	bool		accepted = reprint(&core, kind, text, &out);
	bool		pass = accepted == (status == RBAC_OK);

	if (!accepted)
		pass = pass && core.error.status == status && core.error.has_position &&
			(position == SIZE_MAX ? core.error.position < text.len : core.error.position == position);
	if (!ok(pass, "%s", name) && !accepted)
		diag("     got: status %d, position %zu, \"%s\"; expected %d, %zu", core.error.status,
			 core.error.position, core.error.message, status, position);
	arena_free(&memory);
}

/* head, then n letters a written as \u0061, then tail. */
static rbac_str
escaped(arena *memory, const char *head, size_t n, const char *tail)
{
	rbac_str	text = repeated(memory, head, ' ', 6 * n, tail);

	for (size_t i = 0; i < n; i++)
		memcpy((char *) text.data + strlen(head) + 6 * i, "\\u0061", 6);
	return text;
}

/* head, then n times item (with %d for the number from 0), then tail. */
static rbac_str
listed(arena *memory, const char *head, const char *item, int n, const char *tail)
{
	size_t		size = strlen(head) + strlen(tail) + (size_t) n * (strlen(item) + 12) + 1;
	char	   *text = malloc(size);
	char	   *out = text;
	rbac_str	copy;

	if (text == NULL)
		bail_out("out of memory");
	out += sprintf(out, "%s", head);
	for (int i = 0; i < n; i++)
	{
		if (i > 0)
			*out++ = ',';
		out += sprintf(out, item, i);
	}
	out += sprintf(out, "%s", tail);
	copy = exact_copy(memory, (rbac_str) {text, (size_t) (out - text)});
	free(text);
	return copy;
}

/* Deep nesting is only ever refused: no document of ours needs it. */
static void
test_depth(void)
{
	arena		memory = {0};
	rbac_core	core = arena_core(&memory);
	rbac_str	out;
	static const char *const openings[] = {"[", "{\"a\":", "[{\"conditions\":"};

	for (size_t i = 0; i < sizeof openings / sizeof openings[0]; i++)
	{
		size_t		len = strlen(openings[i]);
		rbac_str	text = repeated(&memory, "", ' ', 100000 * len, "");

		for (size_t j = 0; j < text.len; j++)
			((char *) text.data)[j] = openings[i][j % len];
		for (int kind = CONDITION; kind <= ATTRIBUTES; kind++)
			ok(!reprint(&core, (document) kind, text, &out), "refused: 100000 times %s as document %d",
			   openings[i], kind);
	}
	arena_free(&memory);
}

static void
test_string_limit(void)
{
	arena		memory = {0};
	const char *head = "{\"type\":\"Equals\",\"value\":\"";
	const char *tail = "\"}";

	expect(CONDITION, RBAC_OK, repeated(&memory, head, 'a', RBAC_MAX_STRING, tail), 0,
		   "a string of as many bytes as there may be");
	expect(CONDITION, RBAC_LIMIT, repeated(&memory, head, 'a', RBAC_MAX_STRING + 1, tail), strlen(head) - 1,
		   "a string of one byte too many");
	expect(CONDITION, RBAC_OK, escaped(&memory, head, RBAC_MAX_STRING, tail), 0,
		   "a string of as many escaped bytes as there may be");
	expect(CONDITION, RBAC_LIMIT, escaped(&memory, head, RBAC_MAX_STRING + 1, tail), strlen(head) - 1,
		   "a string of one escaped byte too many");
	arena_free(&memory);
}

/* Names are counted in characters. */
static void
test_name_limit(void)
{
	arena		memory = {0};
	const char *name = "{\"permission_name\":\"A:";
	const char *attribute = "{\"permission_name\":\"A:B\",\"conditions\":{\"";
	const char *value = "\":{\"type\":\"Equals\",\"value\":1}}}";

	expect(GRANT, RBAC_OK, repeated(&memory, name, 'b', RBAC_MAX_NAME - 2, "\"}"), 0,
		   "a permission name of as many characters as there may be");
	expect(GRANT, RBAC_LIMIT, repeated(&memory, name, 'b', RBAC_MAX_NAME - 1, "\"}"), strlen(name) - 3,
		   "a permission name of one character too many");
	expect(GRANT, RBAC_OK, repeated(&memory, attribute, 'a', RBAC_MAX_NAME, value), 0,
		   "an attribute name of as many characters as there may be");
	expect(GRANT, RBAC_LIMIT, repeated(&memory, attribute, 'a', RBAC_MAX_NAME + 1, value), strlen(attribute) - 1,
		   "an attribute name of one character too many");
	expect(GRANT, RBAC_OK, escaped(&memory, attribute, RBAC_MAX_NAME, value), 0,
		   "an attribute name of as many escaped characters as there may be");
	expect(ATTRIBUTES, RBAC_LIMIT, repeated(&memory, "{\"", 'a', RBAC_MAX_NAME + 1, "\":1}"), 1,
		   "an attribute name of one character too many in a request");
	arena_free(&memory);
}

static void
test_wide_names(void)
{
	arena		memory = {0};
	char		name[2 * RBAC_MAX_NAME + 3];
	rbac_str	wide = repeated(&memory, "", ' ', 2 * RBAC_MAX_NAME, "");

	for (size_t i = 0; i < wide.len; i++)
		((char *) wide.data)[i] = i % 2 == 0 ? '\xC3' : '\xA9';
	snprintf(name, sizeof name, "%.*s", (int) wide.len, wide.data);
	expect(ATTRIBUTES, RBAC_OK, listed(&memory, "{\"", name, 1, "\":1}"), 0,
		   "an attribute name of 256 characters in 512 bytes");
	strcat(name, "a");
	expect(ATTRIBUTES, RBAC_LIMIT, listed(&memory, "{\"", name, 1, "\":1}"), 1,
		   "an attribute name of 257 characters in 513 bytes");
	arena_free(&memory);
}

static void
test_document_limits(void)
{
	arena		memory = {0};
	const char *values = "{\"type\":\"In\",\"values\":[";
	const char *conditions = "{\"permission_name\":\"A:B\",\"conditions\":{";
	const char *condition = "\"a%d\":{\"type\":\"Equals\",\"value\":1}";
	const char *grant = "{\"permission_name\":\"A:B%d\"}";

	expect(PRIVILEGES, RBAC_OK, repeated(&memory, "[]", ' ', RBAC_MAX_DOCUMENT - 2, ""), 0,
		   "a document of as many bytes as there may be");
	expect(PRIVILEGES, RBAC_LIMIT, repeated(&memory, "[]", ' ', RBAC_MAX_DOCUMENT - 1, ""), SIZE_MAX,
		   "a document of one byte too many");
	expect(CONDITION, RBAC_OK, listed(&memory, values, "%d", RBAC_MAX_VALUES, "]}"), 0,
		   "as many values as there may be");
	expect(CONDITION, RBAC_LIMIT, listed(&memory, values, "%d", RBAC_MAX_VALUES + 1, "]}"), SIZE_MAX,
		   "one value too many");
	expect(GRANT, RBAC_OK, listed(&memory, conditions, condition, RBAC_MAX_CONDITIONS, "}}"), 0,
		   "as many conditions as there may be");
	expect(GRANT, RBAC_LIMIT, listed(&memory, conditions, condition, RBAC_MAX_CONDITIONS + 1, "}}"), SIZE_MAX,
		   "one condition too many");
	expect(PRIVILEGES, RBAC_OK, listed(&memory, "[", grant, RBAC_MAX_GRANTS, "]"), 0,
		   "as many grants as there may be");
	expect(PRIVILEGES, RBAC_LIMIT, listed(&memory, "[", grant, RBAC_MAX_GRANTS + 1, "]"), SIZE_MAX,
		   "one grant too many");
	arena_free(&memory);
}

void
test_parse(void)
{
	for (size_t i = 0; i < sizeof refusals / sizeof refusals[0]; i++)
		test_refusal(&refusals[i]);
	for (size_t i = 0; i < sizeof printings / sizeof printings[0]; i++)
		test_printing(&printings[i]);
	test_characters();
	test_request_of_user();
	test_numbers();
	test_digit_limit();
	test_messages();
	test_depth();
	test_string_limit();
	test_name_limit();
	test_wide_names();
	test_document_limits();
}
