-- Who is calling. Reads configuration parameters, so never IMMUTABLE.

CREATE FUNCTION rbac.set_caller(organization text, user_id text, is_local boolean DEFAULT true)
RETURNS void
LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'rbac_set_caller';
COMMENT ON FUNCTION rbac.set_caller(text, text, boolean) IS
'Names the caller, in a trusted session.

Arguments: organization and user_id, or both NULL for no caller; is_local, true until the end of the transaction, false until the end of the session.
Errors: 42501 unless the session user, or in a SECURITY DEFINER function its owner, is listed in rbac.trusted_session_users or is a superuser; 22023 for an empty name.
VOLATILE: it changes the session.';

CREATE FUNCTION rbac.authenticate(token text, is_local boolean DEFAULT true)
RETURNS void
LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'rbac_authenticate';
COMMENT ON FUNCTION rbac.authenticate(text, boolean) IS
'Names the caller by a signed token, in any session.

Arguments: token, a JWT signed by HS256 with rbac.jwt_secret, whose claims rbac.jwt_organization_claim and rbac.jwt_user_claim name the caller; is_local, true until the end of the transaction, false until the end of the session.
A token without exp never expires.
Error: 28000 for a token that is malformed, wrongly signed, expired (exp) or not yet valid (nbf), or names no caller, or if there is no rbac.jwt_secret that can be used.
VOLATILE: it changes the session.';

CREATE FUNCTION rbac.current_organization() RETURNS text
LANGUAGE C STABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'rbac_current_organization';
COMMENT ON FUNCTION rbac.current_organization() IS
'The caller''s organization, or NULL when there is no caller.

STABLE: it reads settings of the session.';

CREATE FUNCTION rbac.current_user_id() RETURNS text
LANGUAGE C STABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'rbac_current_user_id';
COMMENT ON FUNCTION rbac.current_user_id() IS
'The caller''s user id, or NULL when there is no caller.

STABLE: it reads settings of the session.';
