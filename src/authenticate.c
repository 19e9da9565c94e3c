/*
 * authenticate.c - a caller from a signed token (JWT, HS256).
 *
 * The algorithm is fixed, the signature is compared in constant time and
 * checked before anything the token says is read. Not here: the form of tokens
 * and claims (core/token.c).
 */
#include "postgres.h"

#include <time.h>

#include "common/hmac.h"
#include "common/sha2.h"
#include "rbac.h"
#include "utils/builtins.h"

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
check_signature(const rbac_token *token)
{
	uint8		signature[PG_SHA256_DIGEST_LENGTH];

	if (strlen(rbac_jwt_secret) < MIN_SECRET_LENGTH)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_AUTHORIZATION_SPECIFICATION),
				 errmsg("no token can be verified"),
				 errhint("Set \"rbac.jwt_secret\" to at least %d bytes.", MIN_SECRET_LENGTH)));
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
