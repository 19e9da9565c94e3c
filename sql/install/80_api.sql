-- Schema rbac_api: the operations as a web service. PostgREST serves each of
-- these functions as /rpc/NAME; arguments are the members of the JSON body, the
-- result is the response. http/ puts the exact routes of three role APIs before
-- it. Here is what every request has to pass, and the operations of the first of
-- these APIs; 82_api_roles.sql has the others.
--
-- How an operation is built. The public function rbac_api.X is the C trampoline
-- rbac_api: it calls rbac_internal.begin_request and then rbac_internal.api_X,
-- and raises errors as SQLSTATE PGRST; src/api.c has the table of conditions and
-- statuses. A required argument has no default here: when it is missing, when
-- there is one that the operation does not have, PostgREST finds no function
-- but the overload (jsonb), which says so.
--
-- Documents arrive as json, which keeps their text: what is wrong with them is
-- found here and not by PostgREST, which would lose duplicate keys.
--
-- The system never acts over HTTP. A request without a caller ends at
-- begin_request, whatever role it runs as.

-- What a request has to pass -------------------------------------------------

CREATE FUNCTION rbac_internal.default_rate_limits() RETURNS jsonb
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN jsonb '{"get_roles": 20,
               "create_role": 20,
               "modify_role": 10,
               "assign_role": 1000,
               "create_temporary_permission_grant": 100,
               "get_temporary_permission_grants": 100}';
COMMENT ON FUNCTION rbac_internal.default_rate_limits() IS
'How many requests one caller may make in a minute, where rbac.rate_limit says nothing; operations left out have no limit.';

CREATE FUNCTION rbac_internal.rate_limit(operation text) RETURNS integer
LANGUAGE sql STABLE PARALLEL RESTRICTED
BEGIN ATOMIC
    SELECT CASE WHEN l.operation IS NULL
                THEN (rbac_internal.default_rate_limits() -> wanted.operation)::integer
                ELSE l.requests END
    FROM (VALUES (rate_limit.operation)) AS wanted (operation)
    LEFT JOIN rbac.rate_limit AS l ON l.operation = wanted.operation;
END;
COMMENT ON FUNCTION rbac_internal.rate_limit(text) IS
'How many requests one caller may make in a minute; NULL for any number.';

CREATE FUNCTION rbac_internal.count_request(
    operation text, maximum integer, organization text, id text, is_proven boolean,
    OUT allowed boolean, OUT remaining integer, OUT reset timestamptz
)
LANGUAGE C VOLATILE STRICT PARALLEL RESTRICTED AS 'MODULE_PATHNAME', 'rbac_count_request';
COMMENT ON FUNCTION rbac_internal.count_request(text, integer, text, text, boolean) IS
'Counts a request, unless it is one too many in this minute: then allowed is false. Not undone by ROLLBACK.

organization, id: whose request it is.
is_proven: whether that is known, or only what the request says.
remaining: how many more would be allowed before reset. Without shared memory everything is allowed, and reset is NULL.';

CREATE FUNCTION rbac_internal.is_within_limit(
    operation text, organization text, id text, is_proven boolean
) RETURNS boolean
LANGUAGE sql VOLATILE PARALLEL RESTRICTED
RETURN coalesce((rbac_internal.count_request(
    operation, rbac_internal.rate_limit(operation), organization, id, is_proven)).allowed, true);
COMMENT ON FUNCTION rbac_internal.is_within_limit(text, text, text, boolean) IS
'Counts a request if there is a limit for its operation; false if it is one too many.';

CREATE FUNCTION rbac_internal.require_within_limit(operation text, is_within_limit boolean) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL RESTRICTED SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF NOT is_within_limit THEN
        RAISE EXCEPTION 'rate limit exceeded'
            USING ERRCODE = 'configuration_limit_exceeded',
                  DETAIL = format('One user, or one API key, may make %s of these requests in a minute.',
                                  rbac_internal.rate_limit(operation));
    END IF;
END
$$;
COMMENT ON FUNCTION rbac_internal.require_within_limit(text, boolean) IS
'Raises 53400 for a request that is one too many.';

CREATE FUNCTION rbac_internal.begin_request(operation text, organization text) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL RESTRICTED SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    -- A sign-in is counted when its arguments are there.
    is_anonymous CONSTANT boolean := operation = 'sign_in_with_api_key';
    is_within_limit boolean := true;
BEGIN
    IF current_setting('rbac.maintenance')::boolean THEN
        RAISE EXCEPTION 'the service is in maintenance' USING ERRCODE = 'cannot_connect_now';
    ELSIF rbac.current_user_id() IS NULL AND NOT is_anonymous THEN
        RAISE EXCEPTION 'there is no caller'
            USING ERRCODE = 'invalid_authorization_specification',
                  HINT = 'Send a token whose claims name an organization and a user.';
    END IF;
    IF NOT is_anonymous THEN
        is_within_limit := rbac_internal.is_within_limit(
            operation, rbac.current_organization(), rbac.current_user_id(), is_proven => true);
    END IF;
    -- These two are about no organization that would have to exist.
    IF organization IS NOT NULL AND operation NOT IN ('create_organization', 'define_permission') THEN
        PERFORM rbac_internal.require_organization(organization);
    END IF;
    PERFORM rbac_internal.require_within_limit(operation, is_within_limit);
END
$$;
COMMENT ON FUNCTION rbac_internal.begin_request(text, text) IS
'Raises 57P03 in maintenance, 28000 without a caller, 42704 for an unknown organization, 53400 beyond the rate limit; counts the request, unless it is a sign-in.';

CREATE FUNCTION rbac_internal.refuse_arguments(operation text, arguments jsonb) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL RESTRICTED SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    known text[];
    required integer;
    problems text;
BEGIN
    PERFORM rbac_internal.begin_request(operation, arguments ->> 'organization');
    IF (jsonb_typeof(arguments) = 'object') IS NOT TRUE THEN
        RAISE EXCEPTION 'the arguments must be a JSON object' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    SELECT p.proargnames, p.pronargs - p.pronargdefaults INTO known, required
    FROM pg_proc AS p
    WHERE p.pronamespace = 'rbac_api'::regnamespace AND p.proname = operation AND p.proargnames IS NOT NULL;
    SELECT string_agg(format('%s argument "%s"', p.problem, p.argument), ', ' ORDER BY p.problem, p.position)
    INTO problems
    FROM (SELECT 'missing', k.argument, k.position
          FROM unnest(known[:required]) WITH ORDINALITY AS k (argument, position)
          WHERE NOT arguments ? k.argument
          UNION ALL
          SELECT 'unknown', g.argument, g.position
          FROM jsonb_object_keys(arguments) WITH ORDINALITY AS g (argument, position)
          WHERE g.argument <> ALL (known)) AS p (problem, argument, position);
    RAISE EXCEPTION '%', coalesce(problems, 'arguments must be given by name')
        USING ERRCODE = 'invalid_parameter_value',
              HINT = format('The arguments are %s.', array_to_string(known, ', '));
END
$$;
COMMENT ON FUNCTION rbac_internal.refuse_arguments(text, jsonb) IS
'Raises 22023, naming the arguments that are missing or unknown.';

-- Arguments and answers ------------------------------------------------------

-- Of members with one name jsonb keeps the last. Only those of the object itself
-- can matter: none of these documents has objects inside.
CREATE FUNCTION rbac_internal.parse_object(argument text, document json) RETURNS jsonb
LANGUAGE plpgsql VOLATILE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    value CONSTANT jsonb := rbac_internal.parse_argument(argument, document::text, NULL::jsonb);
    duplicate text;
BEGIN
    IF jsonb_typeof(value) = 'object' THEN
        SELECT k.key INTO duplicate FROM json_object_keys(document) AS k (key)
        GROUP BY k.key HAVING count(*) > 1 LIMIT 1;
    END IF;
    IF duplicate IS NOT NULL THEN
        PERFORM rbac_internal.invalid_argument(argument, format('duplicate key "%s"', duplicate));
    END IF;
    RETURN value;
END
$$;
COMMENT ON FUNCTION rbac_internal.parse_object(text, json) IS
'The document as jsonb; raises 22023 for an object that has two members of one name.';

CREATE FUNCTION rbac_internal.to_rfc3339(instant timestamptz) RETURNS text
LANGUAGE sql STABLE STRICT PARALLEL SAFE
RETURN to_char(instant AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"');
COMMENT ON FUNCTION rbac_internal.to_rfc3339(timestamptz) IS
'An instant in UTC, whatever the session''s settings are.';

CREATE FUNCTION rbac_internal.answer_created() RETURNS void
LANGUAGE sql VOLATILE PARALLEL RESTRICTED
BEGIN ATOMIC
    SELECT set_config('response.status', '201', true);
END;
COMMENT ON FUNCTION rbac_internal.answer_created() IS
'Has PostgREST answer with status 201.';

-- Roles ----------------------------------------------------------------------

CREATE FUNCTION rbac_api.create_role(
    organization text, role_name text, description text, permission_grants json, frontend_view text,
    inherited_from text[] DEFAULT NULL, is_base_role boolean DEFAULT false
) RETURNS json
LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'rbac_api';

CREATE FUNCTION rbac_internal.api_create_role(
    organization text, role_name text, description text, permission_grants json, frontend_view text,
    inherited_from text[], is_base_role boolean
) RETURNS json
LANGUAGE sql VOLATILE PARALLEL UNSAFE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    SELECT rbac_internal.answer_created();
    SELECT json_build_object('role_id', rbac_internal.create_role(
        organization, role_name, description,
        rbac_internal.parse_argument('permission_grants', permission_grants::text, NULL::rbac.privileges),
        rbac_internal.parse_argument('frontend_view', frontend_view, NULL::rbac.frontend_view),
        inherited_from, is_base_role));
END;

COMMENT ON FUNCTION rbac_api.create_role(text, text, text, json, text, text[], boolean) IS
'Create a role.

As rbac.create_role. 201 {"role_id"}; 401, 403, 404 unknown organization or inherited role, 409 the name is taken, 400 a base role would inherit, 422, 429, 503.';

CREATE FUNCTION rbac_api.modify_role(
    organization text, role_name text, description text DEFAULT NULL, permission_grants json DEFAULT NULL,
    frontend_view text DEFAULT NULL, inherited_from text[] DEFAULT NULL
) RETURNS json
LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'rbac_api';

CREATE FUNCTION rbac_internal.api_modify_role(
    organization text, role_name text, description text, permission_grants json, frontend_view text,
    inherited_from text[]
) RETURNS json
LANGUAGE sql VOLATILE PARALLEL UNSAFE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
RETURN json_build_object('role_id', rbac_internal.modify_role(
    organization, role_name, description,
    rbac_internal.parse_argument('permission_grants', permission_grants::text, NULL::rbac.privileges),
    rbac_internal.parse_argument('frontend_view', frontend_view, NULL::rbac.frontend_view),
    inherited_from));

COMMENT ON FUNCTION rbac_api.modify_role(text, text, text, json, text, text[]) IS
'Modify a role; a new version has a new id.

As rbac.modify_role. 200 {"role_id"}; 400 a base role would inherit or inheritance would be circular, 401, 403, 404 unknown organization, role or inherited role, 422, 429, 503.';

CREATE FUNCTION rbac_api.assign_role(
    organization text, role_name text, user_id text, replace boolean DEFAULT true
) RETURNS json
LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'rbac_api';

CREATE FUNCTION rbac_internal.api_assign_role(
    organization text, role_name text, user_id text, replace boolean
) RETURNS json
LANGUAGE sql VOLATILE PARALLEL UNSAFE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
RETURN json_build_object('role_id', rbac_internal.assign_role(organization, role_name, user_id, replace));

COMMENT ON FUNCTION rbac_api.assign_role(text, text, text, boolean) IS
'Assign a role to a user.

As rbac.assign_role. 200 {"role_id"}; 401, 403, 404 unknown organization, role or user, 422, 429, 503.';

CREATE FUNCTION rbac_api.revoke_role(organization text, role_name text, user_id text) RETURNS void
LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'rbac_api';

CREATE FUNCTION rbac_internal.api_revoke_role(organization text, role_name text, user_id text) RETURNS void
LANGUAGE sql VOLATILE PARALLEL UNSAFE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
RETURN rbac_internal.revoke_role(organization, role_name, user_id);

COMMENT ON FUNCTION rbac_api.revoke_role(text, text, text) IS
'Take a role from a user.

As rbac.revoke_role. 204; 401, 403, 404 unknown organization, role or user, or the user does not have the role, 422, 503.';

CREATE FUNCTION rbac_api.get_roles(
    organization text, return_permission_grants boolean DEFAULT false,
    id text[] DEFAULT '{}', name text[] DEFAULT '{}'
) RETURNS json
LANGUAGE C STABLE PARALLEL RESTRICTED AS 'MODULE_PATHNAME', 'rbac_api';

CREATE FUNCTION rbac_internal.api_get_roles(
    organization text, return_permission_grants boolean, id text[], name text[]
) RETURNS json
LANGUAGE sql STABLE PARALLEL RESTRICTED SECURITY DEFINER SET search_path = pg_catalog, pg_temp
RETURN json_build_object('roles', (
    SELECT coalesce(json_agg(json_build_object(
               'id', r.id, 'name', r.name, 'description', r.description,
               'frontend_view', r.frontend_view,
               'permission_grants', r.permission_grants::text::json) ORDER BY r.position), '[]')
    FROM rbac_internal.get_roles(organization, return_permission_grants, api_get_roles.id, api_get_roles.name)
         WITH ORDINALITY AS r (id, name, description, frontend_view, permission_grants, position)));

COMMENT ON FUNCTION rbac_api.get_roles(text, boolean, text[], text[]) IS
'List the roles that the caller may see.

As rbac.get_roles. 200 {"roles"}; 401, 404 unknown organization, 422, 429, 503.';

CREATE FUNCTION rbac_api.role_privileges(organization text, role_name text) RETURNS json
LANGUAGE C STABLE PARALLEL RESTRICTED AS 'MODULE_PATHNAME', 'rbac_api';

CREATE FUNCTION rbac_internal.api_role_privileges(organization text, role_name text) RETURNS json
LANGUAGE sql STABLE PARALLEL RESTRICTED SECURITY DEFINER SET search_path = pg_catalog, pg_temp
RETURN rbac_internal.role_privileges(organization, role_name)::text::json;

COMMENT ON FUNCTION rbac_api.role_privileges(text, text) IS
'The privileges that a role gives, inheritance resolved.

As rbac.role_privileges. 200, an array of permission grants; 401, 403, 404 unknown organization or role, 422, 503.';

CREATE FUNCTION rbac_api.user_privileges(organization text, user_id text) RETURNS json
LANGUAGE C STABLE PARALLEL RESTRICTED AS 'MODULE_PATHNAME', 'rbac_api';

CREATE FUNCTION rbac_internal.api_user_privileges(organization text, user_id text) RETURNS json
LANGUAGE sql STABLE PARALLEL RESTRICTED SECURITY DEFINER SET search_path = pg_catalog, pg_temp
RETURN rbac_internal.user_privileges(organization, user_id)::text::json;

COMMENT ON FUNCTION rbac_api.user_privileges(text, text) IS
'The privileges that a user has through roles.

As rbac.user_privileges. 200, an array of permission grants; 401, 403, 404 unknown organization or user, 422, 503.';

CREATE FUNCTION rbac_api.effective_privileges(organization text, user_id text) RETURNS json
LANGUAGE C STABLE PARALLEL RESTRICTED AS 'MODULE_PATHNAME', 'rbac_api';

CREATE FUNCTION rbac_internal.api_effective_privileges(organization text, user_id text) RETURNS json
LANGUAGE sql STABLE PARALLEL RESTRICTED SECURITY DEFINER SET search_path = pg_catalog, pg_temp
RETURN rbac_internal.effective_privileges(organization, user_id)::text::json;

COMMENT ON FUNCTION rbac_api.effective_privileges(text, text) IS
'The privileges that a user has through roles and temporary grants.

As rbac.effective_privileges. 200, an array of permission grants; 401, 403, 404 unknown organization or user, 422, 503.';

CREATE FUNCTION rbac_api.check_access(
    organization text, user_id text, permission text, attributes json DEFAULT '{}'
) RETURNS boolean
LANGUAGE C STABLE PARALLEL RESTRICTED AS 'MODULE_PATHNAME', 'rbac_api';

CREATE FUNCTION rbac_internal.api_check_access(
    organization text, user_id text, permission text, attributes json
) RETURNS boolean
LANGUAGE sql STABLE PARALLEL RESTRICTED SECURITY DEFINER SET search_path = pg_catalog, pg_temp
RETURN rbac_internal.check_access(organization, user_id, permission,
    rbac_internal.parse_object('attributes', attributes));

COMMENT ON FUNCTION rbac_api.check_access(text, text, text, json) IS
'Whether a user may do something.

As rbac.check_access. 200, true or false; 401, 403, 404 unknown organization or user, 422, 503.';

-- Temporary grants -----------------------------------------------------------

CREATE FUNCTION rbac_api.create_temporary_permission_grant(
    organization text, user_id text, duration text, permission_grant json, tags json, justification text
) RETURNS json
LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'rbac_api';

CREATE FUNCTION rbac_internal.api_create_temporary_permission_grant(
    organization text, user_id text, duration text, permission_grant json, tags json, justification text
) RETURNS json
LANGUAGE sql VOLATILE PARALLEL UNSAFE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    SELECT rbac_internal.answer_created();
    SELECT json_build_object('temporary_permission_grant_id', g.temporary_permission_grant_id,
                             'expires_at', rbac_internal.to_rfc3339(g.expires_at))
    FROM rbac_internal.create_temporary_permission_grant(
        organization, user_id, duration,
        rbac_internal.parse_argument('permission_grant', permission_grant::text, NULL::rbac.permission_grant),
        rbac_internal.parse_object('tags', tags),
        justification) AS g;
END;

COMMENT ON FUNCTION rbac_api.create_temporary_permission_grant(text, text, text, json, json, text) IS
'Give one grant to one user for a limited time.

As rbac.create_temporary_permission_grant. 201 {"temporary_permission_grant_id", "expires_at"}; 401, 403, 404 unknown organization or user, 422, 429, 503.';

CREATE FUNCTION rbac_api.get_temporary_permission_grants(
    organization text, id text[] DEFAULT '{}', user_id text[] DEFAULT '{}',
    permission_grant_name text DEFAULT NULL, is_expired boolean DEFAULT NULL,
    "limit" integer DEFAULT 10, continuation_token integer DEFAULT 0,
    creator text[] DEFAULT '{}', tag text[] DEFAULT '{}', sort_by text[] DEFAULT '{}'
) RETURNS json
LANGUAGE C STABLE PARALLEL RESTRICTED AS 'MODULE_PATHNAME', 'rbac_api';

-- Asks for one row more than it shows, which tells whether there are more. The
-- system, which has no id, is shown as the user "" of the organization.
CREATE FUNCTION rbac_internal.api_get_temporary_permission_grants(
    organization text, id text[], user_id text[], permission_grant_name text, is_expired boolean,
    "limit" integer, continuation_token integer, creator text[], tag text[], sort_by text[]
) RETURNS json
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_variable
DECLARE
    shown json;
    has_more boolean;
BEGIN
    PERFORM rbac_internal.check_limit("limit");
    SELECT coalesce(json_agg(json_build_object(
               '_id', g._id, 'org_id', g.org_id, 'user_id', g.user_id,
               'expires_at', rbac_internal.to_rfc3339(g.expires_at),
               'permission_grant', g.permission_grant::text::json,
               'justification', g.justification,
               'creator', coalesce(g.creator, ROW (g.org_id, '')::rbac.creator), 'tags', g.tags,
               'created_at', rbac_internal.to_rfc3339(g.created_at)) ORDER BY g.position)
           FILTER (WHERE g.position <= "limit"), '[]'), count(*) > "limit"
    INTO shown, has_more
    FROM rbac_internal.list_temporary_permission_grants(
        organization, id, user_id, permission_grant_name, is_expired,
        "limit" + 1, continuation_token, creator, tag, sort_by)
        WITH ORDINALITY AS g (_id, org_id, user_id, expires_at, permission_grant, justification,
                              creator, tags, created_at, position);
    RETURN json_build_object(
        'temporary_permission_grants', shown, 'has_more', has_more,
        'continuation_token', CASE WHEN has_more THEN coalesce(continuation_token, 0) + "limit" END);
END
$$;

COMMENT ON FUNCTION rbac_api.get_temporary_permission_grants(
    text, text[], text[], text, boolean, integer, integer, text[], text[], text[]) IS
'List the temporary grants that the caller may see.

As rbac.get_temporary_permission_grants. 200 {"temporary_permission_grants", "has_more", "continuation_token"}: the token asks for the next page; 401, 404 unknown organization, 422, 429, 503.';

-- Organizations and users ----------------------------------------------------

CREATE FUNCTION rbac_api.create_organization(organization text, settings json DEFAULT '{}') RETURNS void
LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'rbac_api';

CREATE FUNCTION rbac_internal.api_create_organization(organization text, settings json) RETURNS void
LANGUAGE sql VOLATILE PARALLEL UNSAFE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
RETURN rbac_internal.create_organization(organization,
    rbac_internal.parse_object('settings', settings));

COMMENT ON FUNCTION rbac_api.create_organization(text, json) IS
'Create an organization.

As rbac.create_organization, which is for the system; that never acts over HTTP. 401, 403, 422, 503.';

CREATE FUNCTION rbac_api.modify_organization(organization text, settings json) RETURNS void
LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'rbac_api';

CREATE FUNCTION rbac_internal.api_modify_organization(organization text, settings json) RETURNS void
LANGUAGE sql VOLATILE PARALLEL UNSAFE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
RETURN rbac_internal.modify_organization(organization,
    rbac_internal.parse_object('settings', settings));

COMMENT ON FUNCTION rbac_api.modify_organization(text, json) IS
'Change settings of an organization.

As rbac.modify_organization, which is for the system; that never acts over HTTP. 401, 403, 404 unknown organization, 422, 503.';

CREATE FUNCTION rbac_api.define_permission(
    permission_name text, attributes json DEFAULT '{}', description text DEFAULT NULL
) RETURNS void
LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'rbac_api';

CREATE FUNCTION rbac_internal.api_define_permission(
    permission_name text, attributes json, description text
) RETURNS void
LANGUAGE sql VOLATILE PARALLEL UNSAFE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
RETURN rbac_internal.define_permission(permission_name,
    rbac_internal.parse_object('attributes', attributes), description);

COMMENT ON FUNCTION rbac_api.define_permission(text, json, text) IS
'Define a permission.

As rbac.define_permission, which is for the system; that never acts over HTTP. 401, 403, 422, 503.';

CREATE FUNCTION rbac_api.create_user(organization text, user_id text) RETURNS void
LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'rbac_api';

CREATE FUNCTION rbac_internal.api_create_user(organization text, user_id text) RETURNS void
LANGUAGE sql VOLATILE PARALLEL UNSAFE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
RETURN rbac_internal.create_user(organization, user_id);

COMMENT ON FUNCTION rbac_api.create_user(text, text) IS
'Create a user.

As rbac.create_user. 204; 401, 403, 404 unknown organization, 409 the id is taken, 422, 503.';

-- API keys -------------------------------------------------------------------

CREATE FUNCTION rbac_api.create_api_key(organization text, duration text, role_name text) RETURNS json
LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'rbac_api';

CREATE FUNCTION rbac_internal.api_create_api_key(organization text, duration text, role_name text)
RETURNS json
LANGUAGE sql VOLATILE PARALLEL UNSAFE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    SELECT rbac_internal.answer_created();
    SELECT json_build_object('api_key_id', k.api_key_id, 'api_key', k.api_key,
                             'expires_at', rbac_internal.to_rfc3339(k.expires_at))
    FROM rbac_internal.create_api_key(organization, duration, role_name) AS k;
END;

COMMENT ON FUNCTION rbac_api.create_api_key(text, text, text) IS
'Create an API key, which is shown only once.

As rbac.create_api_key. 201 {"api_key_id", "api_key", "expires_at"}; 400 too many keys, 401, 403, 404 unknown organization or role, 422, 503.';

CREATE FUNCTION rbac_api.delete_api_key(organization text, api_key_id text) RETURNS void
LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'rbac_api';

CREATE FUNCTION rbac_internal.api_delete_api_key(organization text, api_key_id text) RETURNS void
LANGUAGE sql VOLATILE PARALLEL UNSAFE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
RETURN rbac_internal.delete_api_key(organization, api_key_id);

COMMENT ON FUNCTION rbac_api.delete_api_key(text, text) IS
'Delete an API key.

As rbac.delete_api_key. 204; 401, 403, 404 unknown organization or key, 422, 503.';

CREATE FUNCTION rbac_api.get_api_keys(organization text) RETURNS json
LANGUAGE C STABLE PARALLEL RESTRICTED AS 'MODULE_PATHNAME', 'rbac_api';

CREATE FUNCTION rbac_internal.api_get_api_keys(organization text) RETURNS json
LANGUAGE sql STABLE PARALLEL RESTRICTED SECURITY DEFINER SET search_path = pg_catalog, pg_temp
RETURN json_build_object('api_keys', (
    SELECT coalesce(json_agg(json_build_object(
               'id', k.id, 'role_id', k.role_id, 'role_name', k.role_name, 'creator', k.creator,
               'created_at', rbac_internal.to_rfc3339(k.created_at),
               'expires_at', rbac_internal.to_rfc3339(k.expires_at)) ORDER BY k.id), '[]')
    FROM rbac_internal.get_api_keys(organization) AS k));

COMMENT ON FUNCTION rbac_api.get_api_keys(text) IS
'List the API keys that the caller may see.

As rbac.get_api_keys. 200 {"api_keys"}; 401, 404 unknown organization, 422, 503.';

CREATE FUNCTION rbac_api.sign_in_with_api_key(
    organization text, api_key_id text, api_key text, user_id text
) RETURNS json
LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'rbac_api';

-- Nobody is known yet: what counts is the key that is being tried.
CREATE FUNCTION rbac_internal.api_sign_in_with_api_key(
    organization text, api_key_id text, api_key text, user_id text
) RETURNS json
LANGUAGE sql VOLATILE PARALLEL UNSAFE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    SELECT rbac_internal.require_within_limit(
        'sign_in_with_api_key', rbac_internal.is_within_limit(
            'sign_in_with_api_key', organization, coalesce(api_key_id, ''), is_proven => false));
    SELECT json_build_object('id_token', s.id_token,
                             'expires_at', rbac_internal.to_rfc3339(s.expires_at))
    FROM rbac_internal.sign_in_with_api_key(organization, api_key_id, api_key, user_id) AS s;
END;

COMMENT ON FUNCTION rbac_api.sign_in_with_api_key(text, text, text, text) IS
'Sign a user in with an API key; needs no token.

As rbac.sign_in_with_api_key. 200 {"id_token", "expires_at"}; 401 unknown, wrong or expired key, or unknown user, 403 the role of the key does not exceed what the user holds, 404 unknown organization, 422, 429, 503.';
