/*
 * token.c - compact JWS tokens taken apart, and the claims that they or a
 * gateway hand over.
 *
 * Nothing is verified here but form: no signature, no time. Messages never show
 * any part of a token.
 */
#include <math.h>
#include <string.h>

#include "core_internal.h"

/* Value of a base64url digit, -1 if it is none. */
static int
base64_digit(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '-' ? 62 : c == '_' ? 63 : -1;
}

/*
 * Decode base64url without padding into out, which has room for three bytes per
 * four digits. Bits that belong to no byte must be zero, so that each byte
 * string has one encoding only.
 */
static bool
decode_base64(rbac_str in, char *out, size_t *len)
{
	uint32_t	bits = 0;
	int			nbits = 0;

	*len = 0;
	for (size_t i = 0; i < in.len; i++)
	{
		int			digit = base64_digit(in.data[i]);

		if (digit < 0)
			return false;
		bits = (bits << 6 | (uint32_t) digit) & 0xfff;
		nbits += 6;
		if (nbits >= 8)
		{
			nbits -= 8;
			out[(*len)++] = (char) (bits >> nbits);
		}
	}
	return nbits < 6 && (bits & ((1u << nbits) - 1)) == 0;
}

static bool
malformed(rbac_core *core, const char *what)
{
	return rbac_fail(core, RBAC_SYNTAX, "token %s", what);
}

static bool
decode_part(rbac_core *core, rbac_str part, rbac_str *out)
{
	char	   *data = rbac_alloc(core, part.len / 4 * 3 + 3, 1);

	if (data == NULL)
		return false;
	out->data = data;
	return decode_base64(part, data, &out->len) || malformed(core, "is not base64url");
}

/* Cut off what precedes the first dot. */
static bool
next_part(rbac_str *rest, rbac_str *part)
{
	const char *dot = rest->len > 0 ? memchr(rest->data, '.', rest->len) : NULL;

	if (dot == NULL)
		return false;
	part->data = rest->data;
	part->len = (size_t) (dot - rest->data);
	rest->data = dot + 1;
	rest->len -= part->len + 1;
	return true;
}

/* The node of a member's value in the root object, 0 if there is none. */
static bool
find_member(rbac_json *json, rbac_str name, uint32_t *found)
{
	uint32_t	node = 1;

	*found = 0;
	for (uint32_t left = json->nodes[0].length; left > 0; left--, node = json->nodes[node + 1].next)
	{
		rbac_str	key;

		if (!rbac_json_string(json, node, &key))
			return false;
		if (rbac_str_equal(key, name))
			*found = node + 1;
	}
	return true;
}

static bool
check_header(rbac_core *core, rbac_json *json)
{
	rbac_str	value = {NULL, 0};
	uint32_t	alg;
	uint32_t	crit;

	if (rbac_json_kind(json, 0) != '{')
		return malformed(core, "header is not an object");
	if (!find_member(json, RBAC_LITERAL("alg"), &alg) || !find_member(json, RBAC_LITERAL("crit"), &crit))
		return false;
	if (alg != 0 && rbac_json_kind(json, alg) == '"' && !rbac_json_string(json, alg, &value))
		return false;
	if (!rbac_str_equal(value, RBAC_LITERAL("HS256")))
		return malformed(core, "algorithm is not HS256");
	return crit == 0 || malformed(core, "header has critical extensions");
}

static bool
read_header(rbac_core *core, rbac_str text)
{
	rbac_json	json;
	bool		done = rbac_json_open(&json, core, text.data, text.len);

	if (!done && core->error.status != RBAC_NO_MEMORY)
		malformed(core, "header is not JSON");
	done = done && check_header(core, &json);
	rbac_json_close(&json);
	return done;
}

bool
rbac_parse_token(rbac_core *core, const char *text, size_t len, rbac_token *out)
{
	rbac_str	rest = {text, len};
	rbac_str	header;
	rbac_str	claims;
	rbac_str	signature;

	if (!next_part(&rest, &header) || !next_part(&rest, &claims) ||
		(rest.len > 0 && memchr(rest.data, '.', rest.len) != NULL))
		return malformed(core, "does not have three parts");
	out->signing_input = (rbac_str) {text, header.len + 1 + claims.len};
	if (!decode_part(core, header, &header) || !read_header(core, header) ||
		!decode_part(core, claims, &out->claims) || !decode_part(core, rest, &signature))
		return false;
	if (signature.len != sizeof(out->signature))
		return malformed(core, "signature does not have 32 bytes");
	memcpy(out->signature, signature.data, sizeof(out->signature));
	return true;
}

/* ---- claims ---- */

static bool
refuse_claim(rbac_core *core, const rbac_json *json, uint32_t node, rbac_str name, const char *must)
{
	return rbac_fail_at(core, RBAC_SYNTAX, json->nodes[node].start, "claim %s must be %s",
						rbac_quote(name).text, must);
}

static bool
string_claim(rbac_core *core, rbac_json *json, rbac_str name, rbac_str *out)
{
	uint32_t	node;
	rbac_str	value;

	*out = (rbac_str) {NULL, 0};
	if (!find_member(json, name, &node))
		return false;
	if (node == 0)
		return true;
	if (rbac_json_kind(json, node) != '"' || json->nodes[node].length == 0)
		return refuse_claim(core, json, node, name, "a string that is not empty");
	if (json->nodes[node].length > RBAC_MAX_STRING)
		return rbac_fail_at(core, RBAC_LIMIT, json->nodes[node].start, "a string value is limited to %d bytes",
							RBAC_MAX_STRING);
	return rbac_json_string(json, node, &value) && rbac_copy(core, value, out);
}

/* A canonical decimal as a double, to within a few units in the last place: enough for a time. */
static double
approximate(rbac_str decimal)
{
	double		value = 0;
	double		unit = 1;
	bool		fraction = false;

	for (size_t i = 0; i < decimal.len && unit < 1e18; i++)
	{
		char		c = decimal.data[i];

		fraction |= c == '.';
		if (c == '-' || c == '.')
			continue;
		value = value * 10 + (c - '0');
		if (fraction)
			unit *= 10;
	}
	return decimal.data[0] == '-' ? -value / unit : value / unit;
}

static bool
time_claim(rbac_core *core, rbac_json *json, rbac_str name, bool *has, double *out)
{
	uint32_t	node;
	char		kind;
	rbac_str	decimal;

	if (!find_member(json, name, &node))
		return false;
	*has = node != 0;
	if (node == 0)
		return true;
	kind = rbac_json_kind(json, node);
	if (kind != '-' && (kind < '0' || kind > '9'))
		return refuse_claim(core, json, node, name, "a number");
	if (!rbac_number_canonical(core, rbac_json_source(json, node), json->nodes[node].start, &decimal))
		return false;
	*out = approximate(decimal);
	return isfinite(*out) || refuse_claim(core, json, node, name, "a number that a double can hold");
}

static bool
read_claims(rbac_core *core, rbac_json *json, rbac_str organization_claim, rbac_str user_claim,
			rbac_claims *out)
{
	if (rbac_json_kind(json, 0) != '{')
		return rbac_fail_at(core, RBAC_SYNTAX, json->nodes[0].start, "claims must be an object");
	return string_claim(core, json, organization_claim, &out->organization) &&
		string_claim(core, json, user_claim, &out->user_id) &&
		time_claim(core, json, RBAC_LITERAL("exp"), &out->has_exp, &out->exp) &&
		time_claim(core, json, RBAC_LITERAL("nbf"), &out->has_nbf, &out->nbf);
}

bool
rbac_parse_claims(rbac_core *core, const char *text, size_t len, rbac_str organization_claim,
				  rbac_str user_claim, rbac_claims *out)
{
	rbac_json	json;
	bool		done;

	memset(out, 0, sizeof(*out));
	done = rbac_json_open(&json, core, text, len) &&
		read_claims(core, &json, organization_claim, user_claim, out);
	rbac_json_close(&json);
	return done;
}
