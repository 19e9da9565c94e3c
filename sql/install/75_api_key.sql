-- API keys: who has one may sign in users of its organization, as far as the
-- key's role goes. A key is a principal that holds exactly this role, so what
-- roles do to their holders happens to keys as well.

INSERT INTO rbac.permission (permission_name, attributes, description, is_builtin) VALUES
    ('Organization:CreateAPIKey', '{"role_name": "string"}', 'Create an API key with this role.', true),
    ('Organization:GetAPIKey', '{"role_name": "string"}', 'See an API key with this role.', true),
    ('Organization:DeleteAPIKey', '{"role_name": "string"}', 'Delete an API key with this role.', true);

CREATE TYPE rbac.api_key_instance AS (
    id         text,
    role_id    text,
    role_name  text,
    creator    rbac.creator,
    created_at timestamptz,
    expires_at timestamptz
);
COMMENT ON TYPE rbac.api_key_instance IS
'An API key, as rbac.get_api_keys returns it. The system''s have no creator.';

-- Secrets --------------------------------------------------------------------

CREATE FUNCTION rbac_internal.random_bytes(length integer) RETURNS bytea
LANGUAGE C VOLATILE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'rbac_random_bytes';
COMMENT ON FUNCTION rbac_internal.random_bytes(integer) IS
'So many bytes that nobody can guess.';

CREATE FUNCTION rbac_internal.equal_in_constant_time(a bytea, b bytea) RETURNS boolean
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'rbac_equal_in_constant_time';
COMMENT ON FUNCTION rbac_internal.equal_in_constant_time(bytea, bytea) IS
'a = b, in a time that does not tell where they differ.';

CREATE FUNCTION rbac_internal.sign_token(organization text, user_id text, expires_at timestamptz) RETURNS text
LANGUAGE C VOLATILE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'rbac_sign_token';
COMMENT ON FUNCTION rbac_internal.sign_token(text, text, timestamptz) IS
'A token for rbac.authenticate and PostgREST, signed with rbac.jwt_secret.';

-- One round of SHA-256: there is nothing to guess in 32 random bytes.
CREATE FUNCTION rbac_internal.hash_api_key(salt bytea, api_key text) RETURNS bytea
LANGUAGE sql STABLE STRICT PARALLEL SAFE
RETURN sha256(salt || convert_to(api_key, 'UTF8'));
COMMENT ON FUNCTION rbac_internal.hash_api_key(bytea, text) IS
'What is stored of an API key.';

-- Keys -----------------------------------------------------------------------

CREATE FUNCTION rbac_internal.live_api_keys(organization text) RETURNS SETOF rbac.api_key_instance
LANGUAGE sql STABLE PARALLEL RESTRICTED
BEGIN ATOMIC
    SELECT k.api_key_id::text, d.role_id::text, d.role_name,
           CASE WHEN k.creator_user_id IS NOT NULL
                THEN ROW (k.creator_organization, k.creator_user_id)::rbac.creator END,
           k.created_at, k.expires_at
    FROM rbac.api_key AS k
    JOIN rbac.assignment AS a ON a.organization = k.organization AND a.principal_id = k.api_key_id
    JOIN rbac_internal.role_document AS d ON d.role = a.role AND d.expires_at IS NULL
    WHERE k.organization = live_api_keys.organization AND k.expires_at > statement_timestamp();
END;
COMMENT ON FUNCTION rbac_internal.live_api_keys(text) IS
'The API keys of an organization that have not expired.';

CREATE FUNCTION rbac_internal.api_key_lifetime(duration text) RETURNS interval
LANGUAGE plpgsql VOLATILE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    day CONSTANT integer := 86400;
    seconds bigint;
BEGIN
    PERFORM rbac_internal.require_argument('duration', duration);
    seconds := rbac_internal.duration_seconds(duration);
    IF seconds NOT BETWEEN 1 * day AND 90 * day THEN
        PERFORM rbac_internal.invalid_argument('duration', 'must be from 1 to 90 days');
    END IF;
    RETURN make_interval(secs => seconds);
END
$$;
COMMENT ON FUNCTION rbac_internal.api_key_lifetime(text) IS
'How long an API key shall be valid; raises 22023 for what is not allowed.';

-- Makes room by removing what has expired; what they did is in the audit trail.
CREATE FUNCTION rbac_internal.require_room_for_api_key(organization text) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_variable
DECLARE
    max_api_keys CONSTANT integer := 20;    -- the role API's bound
BEGIN
    DELETE FROM rbac.principal AS p USING rbac.api_key AS k
    WHERE k.organization = organization AND k.expires_at <= statement_timestamp()
      AND p.organization = k.organization AND p.principal_id = k.api_key_id;
    IF (SELECT count(*) FROM rbac.api_key AS k WHERE k.organization = organization) >= max_api_keys THEN
        RAISE EXCEPTION 'an organization can have at most % API keys', max_api_keys
            USING ERRCODE = 'insufficient_resources';
    END IF;
END
$$;
COMMENT ON FUNCTION rbac_internal.require_room_for_api_key(text) IS
'Raises 53000 if the organization has as many live API keys as it may have.';

CREATE FUNCTION rbac_internal.insert_api_key(
    organization text, api_key_id rbac.object_id, role rbac.object_id, expires_at timestamptz
) RETURNS text
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    salt CONSTANT bytea := rbac_internal.random_bytes(16);
    api_key CONSTANT text := encode(rbac_internal.random_bytes(32), 'hex');
BEGIN
    INSERT INTO rbac.principal (organization, principal_id, kind) VALUES (organization, api_key_id, 'api_key');
    INSERT INTO rbac.assignment (organization, principal_id, role) VALUES (organization, api_key_id, role);
    INSERT INTO rbac.api_key
        (organization, api_key_id, salt, hash, creator_organization, creator_user_id, created_at, expires_at)
    VALUES
        (organization, api_key_id, salt, rbac_internal.hash_api_key(salt, api_key),
         rbac.current_organization(), rbac.current_user_id(), statement_timestamp(), expires_at);
    RETURN api_key;
END
$$;
COMMENT ON FUNCTION rbac_internal.insert_api_key(text, rbac.object_id, rbac.object_id, timestamptz) IS
'Makes an API key that holds this role; the key, which nobody will ever be able to tell again.';

CREATE FUNCTION rbac.create_api_key(
    organization text DEFAULT NULL,
    duration text DEFAULT NULL,
    role_name text DEFAULT NULL,
    OUT api_key_id text,
    OUT api_key text,
    OUT expires_at timestamptz
)
LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'rbac_admin';

CREATE FUNCTION rbac_internal.create_api_key(
    organization text, duration text, role_name text,
    OUT api_key_id text, OUT api_key text, OUT expires_at timestamptz
)
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    document rbac_internal.role_document;
BEGIN
    PERFORM rbac_internal.require_caller();
    PERFORM rbac_internal.lock_organization(organization);
    expires_at := statement_timestamp() + rbac_internal.api_key_lifetime(duration);
    PERFORM rbac_internal.require_argument('role_name', role_name);
    document := rbac_internal.find_role(organization, role_name);
    PERFORM rbac_internal.require_permission('Organization:CreateAPIKey', jsonb_build_object(
        'org_id', organization, 'role_name', role_name));
    PERFORM rbac_internal.authorize_grant(
        rbac_internal.caller_privileges(),
        rbac_internal.compute_role_privileges(organization, document.role), organization);
    PERFORM rbac_internal.require_room_for_api_key(organization);

    api_key_id := rbac.generate_object_id();
    api_key := rbac_internal.insert_api_key(organization, api_key_id, document.role, expires_at);
    PERFORM rbac_internal.audit('create_api_key', organization, jsonb_build_object(
        'api_key_id', api_key_id, 'role_name', role_name, 'role_id', document.role_id,
        'expires_at', expires_at));
END
$$;

COMMENT ON FUNCTION rbac.create_api_key(text, text, text) IS
'Create an API key; return its id, the key, which is shown only once, and when it expires.

organization: whose users the key signs in; it can have 20 keys that have not expired.
duration: ISO 8601 duration from 1 to 90 days, for example "P30D".
role_name: the role of the key, which signs in users who hold less.

Needs Organization:CreateAPIKey with org_id and role_name, and role-based privileges that exceed those of the role.
Errors: 28000 no caller, 42704 unknown organization or role, 22023 invalid argument, 42501 not permitted, 53000 too many keys, 54000 a comparison that is too expensive.
VOLATILE: it writes.';
COMMENT ON FUNCTION rbac_internal.create_api_key(text, text, text) IS
'Implements rbac.create_api_key.';

CREATE FUNCTION rbac.delete_api_key(
    organization text DEFAULT NULL,
    api_key_id text DEFAULT NULL
) RETURNS void
LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'rbac_admin';

CREATE FUNCTION rbac_internal.delete_api_key(organization text, api_key_id text) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_variable
DECLARE
    found_key rbac.api_key_instance;
BEGIN
    PERFORM rbac_internal.require_caller();
    PERFORM rbac_internal.lock_organization(organization);
    PERFORM rbac_internal.require_argument('api_key_id', api_key_id);
    SELECT k.* INTO found_key FROM rbac_internal.live_api_keys(organization) AS k WHERE k.id = api_key_id;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'API key "%" does not exist', rbac_internal.abbreviated(api_key_id) USING ERRCODE = 'undefined_object';
    END IF;
    PERFORM rbac_internal.require_permission('Organization:DeleteAPIKey', jsonb_build_object(
        'org_id', organization, 'role_name', found_key.role_name));
    DELETE FROM rbac.principal AS p WHERE p.organization = organization AND p.principal_id = api_key_id;
    PERFORM rbac_internal.audit('delete_api_key', organization, jsonb_build_object(
        'api_key_id', api_key_id, 'role_name', found_key.role_name));
END
$$;

COMMENT ON FUNCTION rbac.delete_api_key(text, text) IS
'Delete an API key: nobody can sign in with it any more.

organization, api_key_id: which key. Tokens that it has given out stay valid until they expire.

Needs Organization:DeleteAPIKey with org_id and role_name.
Errors: 28000 no caller, 42704 unknown organization or key, 22023 invalid argument, 42501 not permitted.
VOLATILE: it writes.';
COMMENT ON FUNCTION rbac_internal.delete_api_key(text, text) IS
'Implements rbac.delete_api_key.';

CREATE FUNCTION rbac.get_api_keys(organization text DEFAULT NULL) RETURNS SETOF rbac.api_key_instance
LANGUAGE C STABLE PARALLEL RESTRICTED AS 'MODULE_PATHNAME', 'rbac_admin';

CREATE FUNCTION rbac_internal.get_api_keys(organization text) RETURNS SETOF rbac.api_key_instance
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM rbac_internal.require_caller();
    PERFORM rbac_internal.require_organization(organization);
    RETURN QUERY
    SELECT k.* FROM rbac_internal.live_api_keys(organization) AS k
    WHERE rbac_internal.is_permitted('Organization:GetAPIKey', jsonb_build_object(
              'org_id', organization, 'role_name', k.role_name))
    ORDER BY k.id;
END
$$;

COMMENT ON FUNCTION rbac.get_api_keys(text) IS
'List the API keys of an organization that the caller may see, oldest first.

organization: which. Keys that have expired are not shown.

Shows the keys for whose role the caller has Organization:GetAPIKey with org_id and role_name.
Errors: 28000 no caller, 42704 unknown organization, 22023 invalid argument.
STABLE: it only reads tables, the caller and the clock.';
COMMENT ON FUNCTION rbac_internal.get_api_keys(text) IS
'Implements rbac.get_api_keys.';

-- Signing in -----------------------------------------------------------------

-- A key that does not exist takes the same hash and comparison as one that
-- does, and whatever is wrong is the same error.
CREATE FUNCTION rbac_internal.find_api_key(organization text, api_key_id text, api_key text, user_id text)
RETURNS rbac.api_key
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_variable
DECLARE
    stored rbac.api_key;
    is_known boolean;
    is_right boolean;
    is_user boolean;
BEGIN
    SELECT k.* INTO stored FROM rbac.api_key AS k
    WHERE k.organization = organization AND k.api_key_id = api_key_id
      AND k.expires_at > statement_timestamp();
    is_known := FOUND;
    is_right := rbac_internal.equal_in_constant_time(
        rbac_internal.hash_api_key(coalesce(stored.salt, ''), coalesce(api_key, '')),
        coalesce(stored.hash, sha256('')));
    is_user := rbac_internal.has_principal(organization, '{user}', user_id);
    IF NOT (is_known AND is_right AND is_user) THEN
        RAISE EXCEPTION 'the API key or the user is not valid'
            USING ERRCODE = 'invalid_authorization_specification';
    END IF;
    RETURN stored;
END
$$;
COMMENT ON FUNCTION rbac_internal.find_api_key(text, text, text, text) IS
'The API key of this id; raises 28000 unless the key itself was given and the user exists.';

CREATE FUNCTION rbac.sign_in_with_api_key(
    organization text DEFAULT NULL,
    api_key_id text DEFAULT NULL,
    api_key text DEFAULT NULL,
    user_id text DEFAULT NULL,
    OUT id_token text,
    OUT expires_at timestamptz
)
LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'rbac_admin';

CREATE FUNCTION rbac_internal.sign_in_with_api_key(
    organization text, api_key_id text, api_key text, user_id text,
    OUT id_token text, OUT expires_at timestamptz
)
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    stored rbac.api_key;
BEGIN
    PERFORM rbac_internal.require_organization(organization);
    stored := rbac_internal.find_api_key(organization, api_key_id, api_key, user_id);
    -- No setting lets equal pass: it is about users who grant, not about keys.
    PERFORM rbac_internal.require_exceeding(
        'API key', rbac_internal.compute_principal_privileges(organization, api_key_id),
        rbac_internal.compute_user_privileges(organization, user_id), NULL);
    -- Tokens tell time in whole seconds.
    expires_at := date_trunc('second', least(statement_timestamp() + interval '1 hour', stored.expires_at));
    id_token := rbac_internal.sign_token(organization, user_id, expires_at);
    PERFORM rbac_internal.audit('sign_in_with_api_key', organization, jsonb_build_object(
        'api_key_id', api_key_id, 'user_id', user_id, 'expires_at', expires_at));
END
$$;

COMMENT ON FUNCTION rbac.sign_in_with_api_key(text, text, text, text) IS
'Sign a user in with an API key; return a token and when it expires.

organization: of the key and of the user.
api_key_id, api_key: as rbac.create_api_key returned them.
user_id: whom the token names; the role of the key must exceed what this user holds by roles, whatever the setting "equal_may_grant" says.

The token is a JWT signed by HS256 with rbac.jwt_secret, valid for an hour and no longer than the key. No caller is needed.
Errors: 28000 unknown, wrong or expired key, or unknown user, 42704 unknown organization, 22023 no organization, 42501 the key''s privileges do not exceed the user''s, 54000 a comparison that is too expensive, 55000 rbac.jwt_secret is not set, is too short, or every user can read it.
VOLATILE: it writes an audit event.';
COMMENT ON FUNCTION rbac_internal.sign_in_with_api_key(text, text, text, text) IS
'Implements rbac.sign_in_with_api_key.';
