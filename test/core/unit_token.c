/*
 * unit_token.c - durations, tokens and claims: what is accepted, and that
 * everything else is not.
 */
#include <float.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness.h"
#include "unit.h"

/* ---- durations ---- */

#define REFUSED (-1)
#define DAY INT64_C(86400)

static const struct
{
	const char *text;
	int64_t		seconds;
}			durations[] = {
	{"P1W", 7 * DAY}, {"P2W", 14 * DAY}, {"P1D", DAY}, {"P30D", 30 * DAY}, {"P0D", 0}, {"P0W", 0},
	{"PT1H", 3600}, {"PT1M", 60}, {"PT1S", 1}, {"PT0S", 0}, {"PT36H", 36 * 3600}, {"PT90M", 5400},
	{"PT1H30M", 5400}, {"PT1H1S", 3601}, {"PT1M1S", 61}, {"PT1H1M1S", 3661}, {"P1DT1H", DAY + 3600},
	{"P1DT1M", DAY + 60}, {"P1DT1S", DAY + 1}, {"P3DT4H5M6S", 3 * DAY + 4 * 3600 + 5 * 60 + 6},
	{"P1DT0S", DAY}, {"P007D", 7 * DAY}, {"PT86400S", DAY},
	{"P2147483647D", INT64_C(2147483647) * DAY}, {"PT185542587100800S", INT64_C(2147483647) * DAY},

	{"", REFUSED}, {"P", REFUSED}, {"PT", REFUSED}, {"P1DT", REFUSED}, {"T1S", REFUSED}, {"1D", REFUSED},
	{"D", REFUSED}, {"PD", REFUSED}, {"PTS", REFUSED}, {"P1", REFUSED}, {"PT1", REFUSED}, {"P1T1S", REFUSED},
	{"P1S", REFUSED}, {"P1H", REFUSED}, {"PT1D", REFUSED}, {"PT1W", REFUSED}, {"PDT1S", REFUSED},
	{"P1Y", REFUSED}, {"P1M", REFUSED}, {"P1Y1D", REFUSED}, {"P1M1D", REFUSED}, {"P0Y", REFUSED},
	{"PT1M30", REFUSED}, {"PT1M1H", REFUSED}, {"PT1S1M", REFUSED}, {"PT1H1H", REFUSED}, {"P1D1D", REFUSED},
	{"PT1S1S", REFUSED}, {"P1DT1HT1M", REFUSED}, {"P1W2D", REFUSED}, {"P1WT1H", REFUSED}, {"P1D1W", REFUSED},
	{"-PT1S", REFUSED}, {"+PT1S", REFUSED}, {"PT-1S", REFUSED}, {"P-1D", REFUSED}, {"PT+1S", REFUSED},
	{"PT0.5S", REFUSED}, {"PT0,5S", REFUSED}, {"PT1.S", REFUSED}, {"P1.0D", REFUSED}, {"P1e1D", REFUSED},
	{"p1d", REFUSED}, {"P1d", REFUSED}, {"Pt1S", REFUSED}, {"pT1S", REFUSED}, {"PT1s", REFUSED},
	{" P1D", REFUSED}, {"P1D ", REFUSED}, {"P 1D", REFUSED}, {"P1 D", REFUSED}, {"P1D\n", REFUSED},
	{"P1DP1D", REFUSED}, {"P1D/P1D", REFUSED}, {"P0001-00-01T00:00:00", REFUSED}, {"P0x1D", REFUSED},
	{"P\xD9\xA1" "D", REFUSED}, {"1 day", REFUSED}, {"PT1S;", REFUSED},
	{"P2147483648D", REFUSED}, {"P306783379W", REFUSED}, {"PT185542587187201S", REFUSED},
	{"PT9223372036854775807S", REFUSED}, {"PT9223372036854775808S", REFUSED}, {"PT18446744073709551617S", REFUSED},
	{"P18446744073709551617D", REFUSED}, {"PT2562047788015216H", REFUSED}, {"PT99999999999999999999999S", REFUSED},
	{"P2147483647DT9223372036854775807S", REFUSED}, {"P2147483647DT24H", REFUSED},
};

static void
test_duration(const char *text, size_t len, int64_t expected)
{
	arena		memory = {0};
	rbac_core	core = arena_core(&memory);
	rbac_str	copy = exact_copy(&memory, (rbac_str) {text, len});
	int64_t		seconds = -2;
	bool		done = rbac_parse_duration(&core, copy.data, copy.len, &seconds);

	if (expected == REFUSED)
		ok(!done && (core.error.status == RBAC_SYNTAX || core.error.status == RBAC_LIMIT) &&
		   core.error.message[0] != '\0', "no duration: \"%s\"", text);
	else if (!ok(done && seconds == expected, "duration %s: %lld seconds", text, (long long) expected))
		diag("got: %s, %lld", done ? "accepted" : core.error.message, (long long) seconds);
	arena_free(&memory);
}

static void
test_durations(void)
{
	for (size_t i = 0; i < sizeof durations / sizeof durations[0]; i++)
		test_duration(durations[i].text, strlen(durations[i].text), durations[i].seconds);
	test_duration("P1D\0", 4, REFUSED);
	test_duration("P1\0D", 4, REFUSED);
}

/* ---- tokens ---- */

/* base64url without padding, appended at *out. */
static void
put_base64url(char **out, const char *data, size_t len)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
	uint32_t	bits = 0;
	int			nbits = 0;

	for (size_t i = 0; i < len; i++)
	{
		bits = bits << 8 | (unsigned char) data[i];
		for (nbits += 8; nbits >= 6; nbits -= 6)
			*(*out)++ = digits[bits >> (nbits - 6) & 63];
	}
	if (nbits > 0)
		*(*out)++ = digits[bits << (6 - nbits) & 63];
}

#define SIGNATURE "\xFB\xFF\xFE signature of 32 bytes .....\0"	/* and the literal's own NUL */
#define CLAIMS "{\"sub\":\"b\xC3\xA9\"}"

/* A token with that header, those claims, and that many bytes of signature. */
static rbac_str
token(arena *memory, const char *header, const char *claims, size_t signature_len)
{
	char		text[1024];
	char	   *out = text;

	put_base64url(&out, header, strlen(header));
	*out++ = '.';
	put_base64url(&out, claims, strlen(claims));
	*out++ = '.';
	put_base64url(&out, SIGNATURE, signature_len);
	return exact_copy(memory, (rbac_str) {text, (size_t) (out - text)});
}

static const struct
{
	const char *header;			/* with ' for " */
	bool		accepted;
}			headers[] = {
	{"{'alg':'HS256'}", true},
	{"{'alg':'HS256','typ':'JWT'}", true},
	{"{ 'typ' : 'JWT', 'kid' : 'a', 'alg' : 'HS256' }", true},
	{"{'\\u0061lg':'\\u0048S256'}", true},
	{"{'typ':'JWT','alg':'HS256','x':[1,{'alg':'none'}]}", true},
	{"{'alg':'none'}", false},
	{"{'alg':'None'}", false},
	{"{'alg':'NONE'}", false},
	{"{'alg':'nOnE'}", false},
	{"{'alg':''}", false},
	{"{'alg':'hs256'}", false},
	{"{'alg':'Hs256'}", false},
	{"{'alg':'HS256 '}", false},
	{"{'alg':' HS256'}", false},
	{"{'alg':'HS256\\u0000'}", false},
	{"{'alg':'HS25'}", false},
	{"{'alg':'HS2560'}", false},
	{"{'alg':'HS384'}", false},
	{"{'alg':'HS512'}", false},
	{"{'alg':'RS256'}", false},
	{"{'alg':'ES256'}", false},
	{"{'alg':null}", false},
	{"{'alg':256}", false},
	{"{'alg':true}", false},
	{"{'alg':['HS256']}", false},
	{"{'alg':{'HS256':1}}", false},
	{"{'Alg':'HS256'}", false},
	{"{'typ':'JWT'}", false},
	{"{}", false},
	{"{'alg':'HS256','alg':'HS256'}", false},
	{"{'alg':'none','alg':'HS256'}", false},
	{"{'alg':'HS256','\\u0061lg':'none'}", false},
	{"{'alg':'HS256','crit':['exp']}", false},
	{"{'alg':'HS256','crit':[]}", false},
	{"{'alg':'HS256','crit':null}", false},
	{"{'alg':'HS256','cr\\u0069t':['b64'],'b64':false}", false},
	{"[{'alg':'HS256'}]", false},
	{"['alg','HS256']", false},
	{"'HS256'", false},
	{"null", false},
	{"", false},
	{"{'alg':'HS256'", false},
	{"{'alg':'HS256'}x", false},
	{"{'alg':'HS256'}{}", false},
	{"{alg:'HS256'}", false},
	{"{'alg':'HS256',}", false},
	{"{'alg':'HS256','x':NaN}", false},
	{"{'alg':'HS256','x':'\xFF'}", false},
	{"{'alg':'HS256','x':'\n'}", false},
};

static void
test_header(const char *text, bool expected)
{
	arena		memory = {0};
	rbac_core	core = arena_core(&memory);
	rbac_str	header = quoted(&memory, text);
	char		zero_terminated[256];
	rbac_token	result;
	rbac_str	jws;
	bool		accepted;

	snprintf(zero_terminated, sizeof zero_terminated, "%.*s", (int) header.len, header.data);
	jws = token(&memory, zero_terminated, CLAIMS, 32);
	accepted = rbac_parse_token(&core, jws.data, jws.len, &result);
	ok(accepted == expected && (accepted || core.error.status == RBAC_SYNTAX), "header %s: %s",
	   expected ? "accepted" : "refused", text);
	arena_free(&memory);
}

static void
test_good_token(void)
{
	arena		memory = {0};
	rbac_core	core = arena_core(&memory);
	rbac_str	jws = token(&memory, "{\"alg\":\"HS256\"}", CLAIMS, 32);
	rbac_token	result;
	rbac_str	signing_input = {jws.data, jws.len - 44};

	if (!rbac_parse_token(&core, jws.data, jws.len, &result))
		bail_out("token: %s", core.error.message);
	is(result.claims, CLAIMS, "the claims are the decoded second part");
	ok(rbac_str_equal(result.signing_input, signing_input), "what is signed are the first two parts as received");
	ok(memcmp(result.signature, SIGNATURE, 32) == 0, "the signature is the decoded third part");
	arena_free(&memory);
}

static void
refuse_token(rbac_str jws, const char *name)
{
	arena		memory = {0};
	rbac_core	core = arena_core(&memory);
	rbac_str	copy = exact_copy(&memory, jws);
	rbac_token	result;

	ok(!rbac_parse_token(&core, copy.data, copy.len, &result) &&
	   (core.error.status == RBAC_SYNTAX || core.error.status == RBAC_LIMIT), "token refused: %s", name);
	arena_free(&memory);
}

/* The good token with something in place of n bytes at a position. */
static rbac_str
spliced(arena *memory, rbac_str jws, size_t position, size_t n, const char *with)
{
	char		text[1024];

	memcpy(text, jws.data, position);
	strcpy(text + position, with);
	memcpy(text + position + strlen(with), jws.data + position + n, jws.len - position - n);
	return exact_copy(memory, (rbac_str) {text, jws.len - n + strlen(with)});
}

static void
test_bad_tokens(void)
{
	static const char *const insertions[] = {"=", "==", "+", "/", " ", "\n", ".", "..", "%", "\xC3\xA9"};
	arena		memory = {0};
	const char *header = "{\"alg\":\"HS256\"}";
	rbac_str	good = token(&memory, header, CLAIMS, 32);
	size_t		dot1 = (size_t) ((const char *) memchr(good.data, '.', good.len) - good.data);
	size_t		dot2 = good.len - 44;
	const size_t positions[] = {0, 3, dot1, dot1 + 1, dot2, dot2 + 1, good.len - 1, good.len};

	for (size_t i = 0; i < sizeof insertions / sizeof insertions[0]; i++)
		for (size_t j = 0; j < sizeof positions / sizeof positions[0]; j++)
			refuse_token(spliced(&memory, good, positions[j], 0, insertions[i]), insertions[i]);
	refuse_token((rbac_str) {good.data, dot1}, "one part");
	refuse_token((rbac_str) {good.data, dot1 + 1}, "one part and a dot");
	refuse_token((rbac_str) {good.data, dot2}, "two parts");
	refuse_token((rbac_str) {good.data, dot2 + 1}, "no signature");
	refuse_token(spliced(&memory, good, good.len, 0, ".YQ"), "four parts");
	refuse_token(spliced(&memory, good, good.len, 0, ".YQ.YQ"), "five parts, as an encrypted token has");
	refuse_token(spliced(&memory, good, 0, dot1, ""), "no header");
	refuse_token((rbac_str) {"", 0}, "nothing");
	refuse_token((rbac_str) {"..", 2}, "two dots");
	refuse_token(token(&memory, header, CLAIMS, 31), "31 bytes of signature");
	refuse_token(token(&memory, header, CLAIMS, 33), "33 bytes of signature");
	refuse_token(token(&memory, header, CLAIMS, 1), "1 byte of signature");
	for (size_t len = good.len - 43; len < good.len; len++)
		refuse_token((rbac_str) {good.data, len}, "cut short");
	arena_free(&memory);
}

/* The last digit of 32 bytes carries two bits that mean nothing: must be 0. */
static void
test_one_encoding(void)
{
	arena		memory = {0};
	rbac_str	good = token(&memory, "{\"alg\":\"HS256\"}", CLAIMS, 32);
	char		digit[2] = {0};

	for (int i = 1; i < 4; i++)
	{
		digit[0] = (char) (good.data[good.len - 1] + i);
		refuse_token(spliced(&memory, good, good.len - 1, 1, digit), "a second encoding of the same signature");
	}
	arena_free(&memory);
}

/* ---- claims ---- */

static const struct
{
	const char *text;			/* with ' for " */
	bool		accepted;
	const char *organization;	/* NULL: absent */
	const char *user_id;
	const char *exp;
	const char *nbf;
}			claims[] = {
	{"{}", true, NULL, NULL, NULL, NULL},
	{"{'sub':'bob'}", true, NULL, "bob", NULL, NULL},
	{"{'org_id':'acme'}", true, "acme", NULL, NULL, NULL},
	{"{'sub':'bob','org_id':'acme','exp':1700000000,'nbf':0}", true, "acme", "bob", "1700000000", "0"},
	{" { 'exp' : 1.5 , 'org_id' : 'acme' , 'sub' : 'bob' } ", true, "acme", "bob", "1.5", NULL},
	{"{'sub':'b\\u00e9','org_id':'\xC3\xA9'}", true, "\xC3\xA9", "b\xC3\xA9", NULL, NULL},
	{"{'s\\u0075b':'bob'}", true, NULL, "bob", NULL, NULL},
	{"{'sub':'{self_user_id}'}", true, NULL, "{self_user_id}", NULL, NULL},
	{"{'exp':-1}", true, NULL, NULL, "-1", NULL},
	{"{'exp':1e9}", true, NULL, NULL, "1000000000", NULL},
	{"{'exp':0.25,'nbf':-0.5}", true, NULL, NULL, "0.25", "-0.5"},
	{"{'Sub':'bob','x':null,'y':[1,{'sub':'eve'}],'z':{'sub':'eve','exp':'x'}}", true, NULL, NULL, NULL, NULL},
	{"{'aud':['a','b'],'iat':1,'sub':'bob'}", true, NULL, "bob", NULL, NULL},
	{"", false, NULL, NULL, NULL, NULL},
	{"null", false, NULL, NULL, NULL, NULL},
	{"[]", false, NULL, NULL, NULL, NULL},
	{"'sub'", false, NULL, NULL, NULL, NULL},
	{"{'sub':''}", false, NULL, NULL, NULL, NULL},
	{"{'sub':null}", false, NULL, NULL, NULL, NULL},
	{"{'sub':1}", false, NULL, NULL, NULL, NULL},
	{"{'sub':true}", false, NULL, NULL, NULL, NULL},
	{"{'sub':['bob']}", false, NULL, NULL, NULL, NULL},
	{"{'sub':{'id':'bob'}}", false, NULL, NULL, NULL, NULL},
	{"{'sub':'b\\u0000b'}", false, NULL, NULL, NULL, NULL},
	{"{'sub':'b\\ud800'}", false, NULL, NULL, NULL, NULL},
	{"{'sub':'\xFF'}", false, NULL, NULL, NULL, NULL},
	{"{'org_id':''}", false, NULL, NULL, NULL, NULL},
	{"{'org_id':null}", false, NULL, NULL, NULL, NULL},
	{"{'org_id':17}", false, NULL, NULL, NULL, NULL},
	{"{'exp':'1700000000'}", false, NULL, NULL, NULL, NULL},
	{"{'exp':null}", false, NULL, NULL, NULL, NULL},
	{"{'exp':true}", false, NULL, NULL, NULL, NULL},
	{"{'exp':[]}", false, NULL, NULL, NULL, NULL},
	{"{'exp':Infinity}", false, NULL, NULL, NULL, NULL},
	{"{'exp':NaN}", false, NULL, NULL, NULL, NULL},
	{"{'exp':01}", false, NULL, NULL, NULL, NULL},
	{"{'exp':0x7fffffff}", false, NULL, NULL, NULL, NULL},
	{"{'nbf':'0'}", false, NULL, NULL, NULL, NULL},
	{"{'nbf':null}", false, NULL, NULL, NULL, NULL},
	{"{'sub':'bob','sub':'bob'}", false, NULL, NULL, NULL, NULL},
	{"{'sub':'bob','s\\u0075b':'eve'}", false, NULL, NULL, NULL, NULL},
	{"{'exp':1,'exp':2}", false, NULL, NULL, NULL, NULL},
	{"{'x':1,'x':1}", false, NULL, NULL, NULL, NULL},
	{"{'x':{'a':1,'a':1}}", false, NULL, NULL, NULL, NULL},
	{"{'x':[{'a':1,'\\u0061':1}]}", false, NULL, NULL, NULL, NULL},
	{"{'sub':'bob'}x", false, NULL, NULL, NULL, NULL},
	{"{'sub':'bob',}", false, NULL, NULL, NULL, NULL},
	{"{'sub':'bob'", false, NULL, NULL, NULL, NULL},
	{"{'sub':'b\nb'}", false, NULL, NULL, NULL, NULL},
};

static bool
is_text(rbac_str got, const char *expected)
{
	return expected == NULL ? got.data == NULL : got.data != NULL && rbac_str_equal(got, str(expected));
}

static bool
is_time(bool has, double got, const char *expected)
{
	return has == (expected != NULL) && (!has || got == strtod(expected, NULL));
}

static void
test_claims(void)
{
	for (size_t i = 0; i < sizeof claims / sizeof claims[0]; i++)
	{
		arena		memory = {0};
		rbac_core	core = arena_core(&memory);
		rbac_str	text = quoted(&memory, claims[i].text);
		rbac_claims got;
		bool		accepted = rbac_parse_claims(&core, text.data, text.len, str("org_id"), str("sub"), &got);

		if (!claims[i].accepted)
			ok(!accepted && (core.error.status == RBAC_SYNTAX || core.error.status == RBAC_LIMIT),
			   "claims refused: %s", claims[i].text);
		else if (!ok(accepted && is_text(got.organization, claims[i].organization) &&
					 is_text(got.user_id, claims[i].user_id) && is_time(got.has_exp, got.exp, claims[i].exp) &&
					 is_time(got.has_nbf, got.nbf, claims[i].nbf), "claims: %s", claims[i].text) && !accepted)
			diag("%s at %zu", core.error.message, core.error.position);
		arena_free(&memory);
	}
}

/* An endless expiry must not come from a number too large for a double. */
static void
test_huge_expiry(void)
{
	arena		memory = {0};
	rbac_core	core = arena_core(&memory);
	rbac_str	text = quoted(&memory, "{'exp':1e400}");
	rbac_claims got;

	ok(!rbac_parse_claims(&core, text.data, text.len, str("org_id"), str("sub"), &got) || got.exp <= DBL_MAX,
	   "an expiry is refused or finite");
	arena_free(&memory);
}

/* Claims nest as deep as any document may, and no deeper. */
static void
test_claims_depth(void)
{
	for (size_t depth = RBAC_MAX_DEPTH; depth <= RBAC_MAX_DEPTH + 1; depth++)
	{
		arena		memory = {0};
		rbac_core	core = arena_core(&memory);
		char		text[128] = "{\"x\":";
		rbac_claims got;
		size_t		len = strlen(text);
		bool		accepted;

		memset(text + len, '[', depth - 1);
		memset(text + len + depth - 1, ']', depth - 1);
		strcpy(text + len + 2 * (depth - 1), "}");
		accepted = rbac_parse_claims(&core, text, strlen(text), str("org_id"), str("sub"), &got);
		if (depth <= RBAC_MAX_DEPTH)
			ok(accepted, "nesting %zu levels deep is accepted", depth);
		else
			ok(!accepted && core.error.status == RBAC_LIMIT && core.error.has_position &&
			   core.error.position == len + RBAC_MAX_DEPTH - 1, "nesting %zu levels deep is refused, where it begins", depth);
		arena_free(&memory);
	}
}

/* A name in a claim is as long as a string value may be, and no longer. */
static void
test_claims_length(void)
{
	for (size_t len = RBAC_MAX_STRING; len <= RBAC_MAX_STRING + 1; len++)
	{
		arena		memory = {0};
		rbac_core	core = arena_core(&memory);
		char		text[RBAC_MAX_STRING + 16] = "{\"sub\":\"";
		size_t		start = strlen(text);
		rbac_claims got;
		bool		accepted;

		memset(text + start, 'x', len);
		strcpy(text + start + len, "\"}");
		accepted = rbac_parse_claims(&core, text, strlen(text), str("org_id"), str("sub"), &got);
		if (len <= RBAC_MAX_STRING)
			ok(accepted && got.user_id.len == len, "a claim of %zu bytes is accepted", len);
		else
			ok(!accepted && core.error.status == RBAC_LIMIT && core.error.position == start - 1,
			   "a claim of %zu bytes is refused, where it begins", len);
		arena_free(&memory);
	}
}

static void
test_other_claim_names(void)
{
	arena		memory = {0};
	rbac_core	core = arena_core(&memory);
	rbac_str	text = quoted(&memory, "{'tenant':'acme','user':'bob','sub':1,'org_id':[]}");
	rbac_claims got;

	ok(rbac_parse_claims(&core, text.data, text.len, str("tenant"), str("user"), &got) &&
	   is_text(got.organization, "acme") && is_text(got.user_id, "bob"), "claims of other names");
	ok(rbac_parse_claims(&core, text.data, text.len, str("user"), str("user"), &got) &&
	   is_text(got.organization, "bob") && is_text(got.user_id, "bob"), "one claim for both");
	arena_free(&memory);
}

void
test_token(void)
{
	test_durations();
	test_good_token();
	for (size_t i = 0; i < sizeof headers / sizeof headers[0]; i++)
		test_header(headers[i].header, headers[i].accepted);
	test_bad_tokens();
	test_one_encoding();
	test_claims();
	test_huge_expiry();
	test_claims_depth();
	test_claims_length();
	test_other_claim_names();
}
