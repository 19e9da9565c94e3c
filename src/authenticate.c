/*
 * authenticate.c - signed tokens (JWT, HS256), and what else is secret.
 *
 * A caller from a token: the algorithm is fixed, the signature is compared in
 * constant time and checked before anything the token says is read. A token for
 * a user: who may have one is not decided here (sql/install/75_api_key.sql).
 * Nor is the form of tokens and claims that come in (core/token.c).
 */
#include "postgres.h"

#include <time.h>

#include "common/base64.h"
#include "common/hmac.h"
#include "common/sha2.h"
#include "rbac.h"
#include "utils/builtins.h"
#include "utils/json.h"

#define MIN_SECRET_LENGTH 32	/* bytes; less is weaker than the hash (RFC 7518, 3.2) */

static void
refuse_token(const char *reason)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_AUTHORIZATION_SPECIFICATION),
			 errmsg("invalid token: %s", reason)));
}

static void
compute_signature(rbac_str input, uint8 *signature)
{
	pg_hmac_ctx *hmac = pg_hmac_create(PG_SHA256);
	bool		ok = hmac != NULL &&
		pg_hmac_init(hmac, (const uint8 *) rbac_jwt_secret, strlen(rbac_jwt_secret)) >= 0 &&
		pg_hmac_update(hmac, (const uint8 *) input.data, input.len) >= 0 &&
		pg_hmac_final(hmac, signature, PG_SHA256_DIGEST_LENGTH) >= 0;

	if (hmac != NULL)
		pg_hmac_free(hmac);
	if (!ok)
		ereport(ERROR, (errcode(ERRCODE_INTERNAL_ERROR), errmsg("could not compute a signature")));
}

static bool
is_equal_in_constant_time(const uint8 *a, const uint8 *b, size_t len)
{
	uint8		difference = 0;

	for (size_t i = 0; i < len; i++)
		difference |= a[i] ^ b[i];
	return difference == 0;
}

static void
require_secret(int sqlerrcode, const char *message)
{
	if (strlen(rbac_jwt_secret) < MIN_SECRET_LENGTH)
		ereport(ERROR,
				(errcode(sqlerrcode),
				 errmsg("%s", message),
				 errhint("Set \"rbac.jwt_secret\" to at least %d bytes.", MIN_SECRET_LENGTH)));
	if (rbac_jwt_secret_is_public)
		ereport(ERROR,
				(errcode(sqlerrcode),
				 errmsg("%s", message),
				 errdetail("Every user can read \"rbac.jwt_secret\"."),
				 errhint("Set it in postgresql.conf, and load \"rbac\" by \"shared_preload_libraries\".")));
}

/* ---- a caller from a token ---- */

static void
check_signature(const rbac_token *token)
{
	uint8		signature[PG_SHA256_DIGEST_LENGTH];

	require_secret(ERRCODE_INVALID_AUTHORIZATION_SPECIFICATION, "no token can be verified");
	compute_signature(token->signing_input, signature);
	if (!is_equal_in_constant_time(signature, token->signature, sizeof(signature)))
		refuse_token("the signature is wrong");
}

/* Against the wall clock: a transaction may have begun long ago. */
static void
check_validity(const rbac_claims *claims)
{
	double		now = (double) time(NULL);

	if (claims->has_exp && now >= claims->exp)
		refuse_token("it has expired");
	if (claims->has_nbf && now < claims->nbf)
		refuse_token("it is not valid yet");
}

PG_FUNCTION_INFO_V1(rbac_authenticate);

Datum
rbac_authenticate(PG_FUNCTION_ARGS)
{
	rbac_str	compact;
	rbac_token	token;
	rbac_claims claims;
	rbac_core	core;

	if (PG_ARGISNULL(0))
		refuse_token("it is null");
	rbac_core_init(&core);
	compact = rbac_to_utf8(rbac_str_from_text(PG_GETARG_TEXT_PP(0)));
	if (!rbac_parse_token(&core, compact.data, compact.len, &token))
		refuse_token("it is not an HS256 JWT");
	check_signature(&token);
	if (!rbac_read_claims(&core, token.claims, &claims))
		refuse_token("its claims are malformed, or name no organization or no user");
	check_validity(&claims);
	rbac_set_caller_value(rbac_from_utf8(claims.organization), rbac_from_utf8(claims.user_id),
						  PG_ARGISNULL(1) || PG_GETARG_BOOL(1));
	PG_RETURN_VOID();
}

/* ---- a token for a user ---- */

/* base64url without padding: the server's base64 with two other digits. */
static void
append_base64url(StringInfo token, rbac_str bytes)
{
	int			size = pg_b64_enc_len(bytes.len);
	char	   *digits;

	enlargeStringInfo(token, size);
	digits = token->data + token->len;
	size = pg_b64_encode(bytes.data, bytes.len, digits, size);
	if (size < 0)
		elog(ERROR, "could not encode a token");
	while (size > 0 && digits[size - 1] == '=')
		size--;
	for (int i = 0; i < size; i++)
		digits[i] = digits[i] == '+' ? '-' : digits[i] == '/' ? '_' : digits[i];
	token->len += size;
	token->data[token->len] = '\0';
}

static rbac_str
make_claims(const char *organization, const char *user_id, TimestampTz expires_at)
{
	StringInfoData json;

	initStringInfo(&json);
	appendStringInfoChar(&json, '{');
	escape_json(&json, rbac_jwt_organization_claim);
	appendStringInfoChar(&json, ':');
	escape_json(&json, organization);
	appendStringInfoChar(&json, ',');
	escape_json(&json, rbac_jwt_user_claim);
	appendStringInfoChar(&json, ':');
	escape_json(&json, user_id);
	appendStringInfo(&json, ",\"iat\":" INT64_FORMAT ",\"exp\":" INT64_FORMAT "}",
					 (int64) time(NULL), (int64) timestamptz_to_time_t(expires_at));
	return rbac_to_utf8((rbac_str) {json.data, json.len});
}

PG_FUNCTION_INFO_V1(rbac_sign_token);

Datum
rbac_sign_token(PG_FUNCTION_ARGS)
{
	static const char header[] = "{\"alg\":\"HS256\",\"typ\":\"JWT\"}";
	rbac_str	claims;
	StringInfoData token;
	uint8		signature[PG_SHA256_DIGEST_LENGTH];

	require_secret(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE, "no token can be signed");
	claims = make_claims(text_to_cstring(PG_GETARG_TEXT_PP(0)),
						 text_to_cstring(PG_GETARG_TEXT_PP(1)), PG_GETARG_TIMESTAMPTZ(2));
	initStringInfo(&token);
	append_base64url(&token, (rbac_str) {header, sizeof(header) - 1});
	appendStringInfoChar(&token, '.');
	append_base64url(&token, claims);
	compute_signature((rbac_str) {token.data, token.len}, signature);
	appendStringInfoChar(&token, '.');
	append_base64url(&token, (rbac_str) {(const char *) signature, sizeof(signature)});
	PG_RETURN_TEXT_P(cstring_to_text_with_len(token.data, token.len));
}

/* ---- API keys ---- */

PG_FUNCTION_INFO_V1(rbac_random_bytes);
PG_FUNCTION_INFO_V1(rbac_equal_in_constant_time);

Datum
rbac_random_bytes(PG_FUNCTION_ARGS)
{
	int32		len = PG_GETARG_INT32(0);
	char	   *bytes = palloc(len);

	if (!pg_strong_random(bytes, len))
		ereport(ERROR, (errcode(ERRCODE_INTERNAL_ERROR), errmsg("could not generate random values")));
	PG_RETURN_BYTEA_P(rbac_str_to_text((rbac_str) {bytes, len}));
}

Datum
rbac_equal_in_constant_time(PG_FUNCTION_ARGS)
{
	rbac_str	a = rbac_str_from_text(PG_GETARG_BYTEA_PP(0));
	rbac_str	b = rbac_str_from_text(PG_GETARG_BYTEA_PP(1));

	PG_RETURN_BOOL(a.len == b.len &&
				   is_equal_in_constant_time((const uint8 *) a.data, (const uint8 *) b.data, a.len));
}
