-- Schema rbac_api as PostgREST calls it, without PostgREST: which function it
-- would find, status, headers and body. Ids and instants are masked.
\set SHOW_CONTEXT never
SET client_min_messages = error;    -- whether rate limits are enforced is not the matter here
SET rbac.trusted_session_users = 'regress_authenticator';
CREATE ROLE regress_authenticator LOGIN NOINHERIT;
CREATE ROLE regress_web;
GRANT regress_web TO regress_authenticator;
GRANT USAGE ON SCHEMA rbac_api TO regress_web;

-- The function that has all members of the body as arguments, and whose other
-- arguments have defaults; else the one that takes the body.
CREATE FUNCTION pg_temp.query_for(operation text, body json) RETURNS text LANGUAGE sql AS $$
    SELECT coalesce(min(format('SELECT %s::text FROM json_to_record($1) AS b (%s)',
                               format('rbac_api.%I(%s)', operation, g.named), g.typed)),
                    format('SELECT rbac_api.%I($1::jsonb)::text', operation))
    FROM pg_proc AS p
    CROSS JOIN LATERAL (
        SELECT string_agg(format('%1$I => b.%1$I', a.name), ', ') AS named,
               string_agg(format('%I %s', a.name, a.type::regtype), ', ') AS typed,
               array_agg(a.name) AS names
        FROM unnest(p.proargnames, p.proargtypes) AS a (name, type)
        WHERE body::jsonb ? a.name) AS g
    WHERE p.pronamespace = 'rbac_api'::regnamespace AND p.proname = operation
      AND p.proargnames[:p.pronargs - p.pronargdefaults] <@ g.names
      AND NOT EXISTS (SELECT FROM json_object_keys(body) AS k WHERE k <> ALL (g.names))
$$;
CREATE FUNCTION pg_temp.masked(value text) RETURNS text LANGUAGE sql AS $$
    SELECT regexp_replace(regexp_replace(regexp_replace(value,
        '"[0-9a-f]{24}"', '"ID"', 'g'), '"[0-9a-f]{64}"', '"KEY"', 'g'),
        '\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z', 'INSTANT', 'g')
$$;
CREATE FUNCTION pg_temp.request(operation text, body json, OUT status text, OUT headers json, OUT answer text)
LANGUAGE plpgsql AS $$
DECLARE
    message text;
    detail text;
BEGIN
    PERFORM set_config('response.status', '', true);
    EXECUTE pg_temp.query_for(operation, body) INTO answer USING body;
    answer := nullif(pg_temp.masked(answer), '');
    status := coalesce(nullif(current_setting('response.status'), ''), CASE WHEN answer IS NULL THEN '204' ELSE '200' END);
EXCEPTION WHEN SQLSTATE 'PGRST' THEN
    GET STACKED DIAGNOSTICS message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL;
    status := detail::json ->> 'status';
    headers := nullif(detail::json ->> 'headers', '{}');
    answer := pg_temp.masked(message);
END
$$;
CREATE PROCEDURE pg_temp.act_as(organization text, user_id text) LANGUAGE plpgsql AS $$
BEGIN
    PERFORM set_config('request.jwt.claims', json_build_object('org_id', organization, 'sub', user_id)::text, false);
END
$$;

DO $$
BEGIN
    PERFORM rbac.define_permission('Doc:Read', '{"region": "string"}');
    PERFORM rbac.create_organization('acme');
    PERFORM rbac.create_organization('globex');
    PERFORM rbac.create_role('acme', 'Admin', 'Does it all', '[{"permission_name": "*", "conditions": {}}]', 'admin');
    PERFORM rbac.create_role('acme', 'Reader', 'Reads', '[{"permission_name": "Doc:Read", "conditions": {}}]', 'client');
    PERFORM rbac.create_user('acme', u) FROM unnest('{adm,ann,ben}'::text[]) AS u;
    PERFORM rbac.assign_role('acme', 'Admin', 'adm');
    PERFORM rbac.assign_role('acme', 'Reader', 'ann');
    INSERT INTO rbac.rate_limit SELECT operation, NULL FROM jsonb_object_keys(rbac_internal.default_rate_limits()) AS operation;
END
$$;

-- Nothing is done without a caller, not even for the system.
SELECT r.status, count(DISTINCT p.proname) > 45 AS operations, array_agg(p.proname) FILTER (WHERE r.status <> '401') AS others
FROM pg_proc AS p CROSS JOIN LATERAL pg_temp.request(p.proname, '{"organization": "acme", "role_name": "Reader", "user_id": "ann"}') AS r
WHERE p.pronamespace = 'rbac_api'::regnamespace AND p.proargnames IS NULL GROUP BY 1;
SELECT r.* FROM pg_temp.request('create_organization', '{"organization": "new"}') AS r;
SET SESSION AUTHORIZATION regress_authenticator;
SET ROLE regress_web;
SELECT r.* FROM pg_temp.request('get_roles', '{"organization": "acme"}') AS r;
CALL pg_temp.act_as('acme', NULL);
SELECT r.* FROM pg_temp.request('get_roles', '{"organization": "acme"}') AS r;

-- The operations and their answers.
CALL pg_temp.act_as('acme', 'adm');
SELECT n, operation, r.status, r.answer FROM (VALUES
    (1, 'create_role', '{"organization": "acme", "role_name": " Guest ", "description": "Visits", "frontend_view": "client",
        "permission_grants": [{"permission_name": "Doc:Read", "conditions": {"region": {"type": "In", "values": ["eu", "us"]}}}]}'),
    (2, 'create_role', '{"organization": "acme", "role_name": "Host", "description": "Invites", "frontend_view": "admin",
        "permission_grants": [], "inherited_from": ["Guest"], "is_base_role": null}'),
    (3, 'modify_role', '{"organization": "acme", "role_name": "Guest", "description": "Visits us"}'),
    (4, 'modify_role', '{"organization": "acme", "role_name": "Guest", "frontend_view": "admin", "permission_grants": null}'),
    (5, 'assign_role', '{"organization": "acme", "role_name": "Guest", "user_id": "ben"}'),
    (6, 'assign_role', '{"organization": "acme", "role_name": "Host", "user_id": "ben", "replace": false}'),
    (7, 'revoke_role', '{"organization": "acme", "role_name": "Host", "user_id": "ben"}'),
    (8, 'get_roles', '{"organization": "acme"}'),
    (9, 'get_roles', '{"organization": "acme", "return_permission_grants": true, "name": ["Guest", "None"]}'),
    (10, 'create_temporary_permission_grant', '{"organization": "acme", "user_id": "ben", "duration": "PT1H", "tags": {"ticket": null},
        "permission_grant": {"permission_name": "Doc:Read", "conditions": {}}, "justification": "Covers for ann"}'),
    (11, 'create_temporary_permission_grant', '{"organization": "acme", "user_id": "ann", "duration": "PT1H", "tags": {},
        "permission_grant": {"permission_name": "Role:GetRole", "conditions": {}}, "justification": "Wants to know"}'),
    (12, 'get_temporary_permission_grants', '{"organization": "acme", "tag": ["ticket:"]}'),
    (13, 'get_temporary_permission_grants', '{"organization": "acme", "limit": 1, "sort_by": ["+user_id"]}'),
    (14, 'get_temporary_permission_grants', '{"organization": "acme", "limit": 1, "continuation_token": 1, "sort_by": ["+user_id"]}'),
    (15, 'get_temporary_permission_grants', '{"organization": "acme", "limit": 0}'),
    (16, 'get_temporary_permission_grants', '{"organization": "acme", "limit": 0, "continuation_token": 2}'),
    (17, 'get_temporary_permission_grants', '{"organization": "acme", "user_id": ["none"], "continuation_token": null}'),
    (18, 'role_privileges', '{"organization": "acme", "role_name": "Host"}'),
    (19, 'user_privileges', '{"organization": "acme", "user_id": "ben"}'),
    (20, 'effective_privileges', '{"organization": "acme", "user_id": "ann"}'),
    (21, 'check_access', '{"organization": "acme", "user_id": "ben", "permission": "Doc:Read", "attributes": {"region": "asia"}}'),
    (22, 'check_access', '{"organization": "acme", "user_id": "ben", "permission": "Role:GetRole"}'),
    (23, 'create_user', '{"organization": "acme", "user_id": "cid"}'),
    (24, 'create_api_key', '{"organization": "acme", "duration": "P1D", "role_name": "Reader"}'),
    (25, 'get_api_keys', '{"organization": "acme"}')) AS v (n, operation, body)
CROSS JOIN LATERAL pg_temp.request(v.operation, v.body::json) AS r ORDER BY n;

-- Instants are in UTC whatever the session's time zone and style are.
SET TimeZone = 'Asia/Kolkata';
SET DateStyle = 'SQL, DMY';
SELECT (rbac_api.get_api_keys('acme') #>> '{api_keys,0,expires_at}')::timestamptz = k.expires_at AS same
FROM rbac.get_api_keys('acme') AS k;
RESET TimeZone;
RESET DateStyle;

-- What reads works in a READ ONLY transaction, as PostgREST runs it.
BEGIN READ ONLY;
SELECT p.proname FROM pg_proc AS p
WHERE p.pronamespace = 'rbac_api'::regnamespace AND p.provolatile = 's' ORDER BY 1;
SELECT length(rbac_api.get_roles('acme')::text) > 0, length(rbac_api.get_temporary_permission_grants('acme')::text) > 0,
       length(rbac_api.get_api_keys('acme')::text) > 0, rbac_api.check_access('acme', 'ben', 'Doc:Read');
COMMIT;

-- Errors, in the order in which they are found.
SELECT n, operation, r.* FROM (VALUES
    (1, 'get_roles', '{"organization": "nowhere", "id": ["x"]}'),
    (2, 'get_roles', '{"organization": "acme", "id": ["x"]}'),
    (3, 'get_roles', '{"organization": null}'),
    (4, 'create_role', '{"organization": "nowhere", "role_name": "x", "description": "x", "permission_grants": "{", "frontend_view": "x"}'),
    (5, 'create_role', '{"organization": "acme", "role_name": "x", "description": "x", "permission_grants": [{"permission_name": "A"}], "frontend_view": "client"}'),
    (6, 'create_role', '{"organization": "acme", "role_name": "x", "description": "x", "permission_grants": [{"permission_name": "A:B", "permission_name": "A:B", "conditions": {}}], "frontend_view": "client"}'),
    (7, 'create_role', '{"organization": "acme", "role_name": "x", "description": "x", "permission_grants": [{"permission_name": "A:B", "conditions": {}}], "frontend_view": "client"}'),
    (8, 'create_role', '{"organization": "acme", "role_name": "x", "description": "x", "permission_grants": [], "frontend_view": "boss"}'),
    (9, 'create_role', '{"organization": "acme", "role_name": " ", "description": "x", "permission_grants": [], "frontend_view": "client"}'),
    (10, 'create_role', '{"organization": "acme", "role_name": null, "description": "x", "permission_grants": [], "frontend_view": "client"}'),
    (11, 'create_role', '{"organization": "acme", "role_name": "Guest", "description": "x", "permission_grants": [], "frontend_view": "client", "inherited_from": ["None"]}'),
    (12, 'create_role', '{"organization": "acme", "role_name": "Guest", "description": "x", "permission_grants": [], "frontend_view": "client"}'),
    (13, 'create_role', '{"organization": "acme", "role_name": "x", "description": "x", "permission_grants": [], "frontend_view": "client", "inherited_from": ["Guest"], "is_base_role": true}'),
    (14, 'modify_role', '{"organization": "acme", "role_name": "None"}'),
    (15, 'modify_role', '{"organization": "acme", "role_name": "Admin", "frontend_view": "client"}'),
    (16, 'assign_role', '{"organization": "acme", "role_name": "Admin", "user_id": "ann"}'),
    (17, 'assign_role', '{"organization": "acme", "role_name": "Guest", "user_id": "nobody"}'),
    (18, 'assign_role', '{"organization": "globex", "role_name": "Guest", "user_id": "nobody"}'),
    (19, 'create_temporary_permission_grant', '{"organization": "acme", "user_id": "ben", "duration": "P1Y", "tags": {}, "permission_grant": {"permission_name": "Doc:Read", "conditions": {}}, "justification": "For a year"}'),
    (20, 'create_temporary_permission_grant', '{"organization": "acme", "user_id": "ben", "duration": "P1D", "tags": [], "permission_grant": {"permission_name": "Doc:Read", "conditions": {}}, "justification": "For a day or so"}'),
    (21, 'create_temporary_permission_grant', '{"organization": "acme", "user_id": "ben", "duration": "P1D", "tags": {}, "permission_grant": [], "justification": "For a day or so"}'),
    (22, 'get_temporary_permission_grants', '{"organization": "acme", "limit": 11}'),
    (23, 'get_temporary_permission_grants', '{"organization": "acme", "sort_by": ["user_id"]}'),
    (24, 'create_user', '{"organization": "acme", "user_id": "ann"}'),
    (25, 'create_api_key', '{"organization": "acme", "duration": "P1D", "role_name": "Admin"}'),
    (26, 'delete_api_key', '{"organization": "acme", "api_key_id": "x"}'),
    (27, 'create_organization', '{"organization": "new"}'),
    (28, 'modify_organization', '{"organization": "acme", "settings": {"operator": true}}'),
    (29, 'define_permission', '{"permission_name": "My:Own"}'),
    (30, 'check_access', '{"organization": "acme", "user_id": "ben", "permission": "Doc:Read", "attributes": []}')) AS v (n, operation, body)
CROSS JOIN LATERAL pg_temp.request(v.operation, v.body::json) AS r ORDER BY n;

-- Another user, who may less, and one of another organization.
CALL pg_temp.act_as('acme', 'ann');
SELECT r.* FROM pg_temp.request('get_roles', '{"organization": "acme"}') AS r;
SELECT r.* FROM pg_temp.request('create_role', '{"organization": "acme", "role_name": "x", "description": "x", "permission_grants": [], "frontend_view": "client"}') AS r;
CALL pg_temp.act_as('globex', 'ann');
SELECT r.* FROM pg_temp.request('user_privileges', '{"organization": "acme", "user_id": "ann"}') AS r;

-- Arguments that are missing or unknown are named; the order of checks is the same.
CALL pg_temp.act_as('acme', 'adm');
SELECT n, operation, r.* FROM (VALUES
    (1, 'assign_role', '{"organization": "acme", "user": "ben", "role": "Guest"}'),
    (2, 'assign_role', '{"organization": "acme", "role_name": "Guest", "user_id": "ben", "forever": true}'),
    (3, 'assign_role', '{}'),
    (4, 'assign_role', '{"organization": "nowhere"}'),
    (5, 'get_roles', '{"organization": "acme", "a\"b\u000a": 1}'),
    (6, 'define_permission', '{"organization": "nowhere"}'),
    (7, 'sign_in_with_api_key', '{"organization": "acme"}')) AS v (n, operation, body)
CROSS JOIN LATERAL pg_temp.request(v.operation, v.body::json) AS r ORDER BY n;
SELECT rbac_api.assign_role('[{"organization": "acme"}]');
SELECT rbac_api.assign_role('null');
SELECT rbac_api.assign_role(NULL);
SELECT rbac_api.get_roles('{"organization": "acme"}'::jsonb);
-- Every operation has this overload, and answers with it.
SELECT count(*) > 45 AS operations, r.status, count(*) FILTER (WHERE strpos(r.answer, 'unknown argument \"nonsense\"') = 0) AS others
FROM pg_proc AS p CROSS JOIN LATERAL pg_temp.request(p.proname, '{"nonsense": 1}') AS r
WHERE p.pronamespace = 'rbac_api'::regnamespace AND p.proargnames IS NULL GROUP BY r.status;
SELECT proname, count(*) FROM pg_proc WHERE pronamespace = 'rbac_api'::regnamespace GROUP BY 1 HAVING count(*) <> 2;

-- Of members with one name jsonb would keep the last: they are refused, however
-- they are written.
SELECT n, operation, r.* FROM (VALUES
    (1, 'create_temporary_permission_grant', '{"organization": "acme", "user_id": "ben", "duration": "P1D", "tags": {"a": "x", "b": "y", "a": "z"}, "permission_grant": {"permission_name": "Doc:Read", "conditions": {}}, "justification": "For a day or so"}'),
    (2, 'create_temporary_permission_grant', '{"organization": "acme", "user_id": "ben", "duration": "P1D", "tags": {"a": "x", "\u0061": "x"}, "permission_grant": {"permission_name": "Doc:Read", "conditions": {}}, "justification": "For a day or so"}'),
    (3, 'create_organization', '{"organization": "new", "settings": {"operator": false, "operator": true}}'),
    (4, 'modify_organization', '{"organization": "acme", "settings": {"operator": false, "operator": true}}'),
    (5, 'define_permission', '{"permission_name": "My:Own", "attributes": {"a": "string", "a": "number"}}'),
    (6, 'check_access', '{"organization": "acme", "user_id": "ben", "permission": "Doc:Read", "attributes": {"region": "eu", "region": "asia"}}')) AS v (n, operation, body)
CROSS JOIN LATERAL pg_temp.request(v.operation, v.body::json) AS r ORDER BY n;

-- Scoped roles have ids that are uuids, and names of their own for arguments and
-- permissions; application roles are in the caller's organization.
RESET SESSION AUTHORIZATION;
DO $$
DECLARE
    organization CONSTANT text := '0a000000-0000-4000-8000-00000000000a';
BEGIN
    PERFORM rbac.create_organization(organization);
    PERFORM rbac.create_user(organization, u) FROM unnest('{adm,ann}'::text[]) AS u;
    PERFORM rbac.create_role(organization, 'Admin', 'Does it all', '[{"permission_name": "*", "conditions": {}}]', 'admin');
    PERFORM rbac.assign_role(organization, 'Admin', 'adm');
END
$$;
SET SESSION AUTHORIZATION regress_authenticator;
SET ROLE regress_web;
CALL pg_temp.act_as('0a000000-0000-4000-8000-00000000000a', 'adm');
SELECT n, operation, r.status, regexp_replace(r.answer, '"[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-8[0-9a-f-]{16}"', '"UUID"', 'g') AS answer FROM (VALUES
    (1, 'create_scoped_role', '{"organization_id": "0A000000-0000-4000-8000-00000000000A", "level": "project", "system_managed": false, "name": "Reader", "permissions": [{"resource_type": "Doc", "action": "Read"}]}'),
    (2, 'create_scoped_role', '{"organization_id": "0a000000-0000-4000-8000-00000000000a", "level": "project", "system_managed": false, "permissions": []}'),
    (3, 'create_scoped_role', '{"organization_id": "acme", "level": "project", "system_managed": false}'),
    (4, 'create_scoped_role', '{"organization_id": null, "level": "project", "system_managed": false}'),
    (5, 'create_scoped_role', '{"organization_id": "0a000000-0000-4000-8000-00000000000a", "level": "project", "system_managed": false, "name": ""}'),
    (6, 'create_scoped_role', '{"organization_id": "0a000000-0000-4000-8000-00000000000a", "level": "project", "system_managed": false, "permissions": [{"resource_type": "Doc", "action": "None"}]}'),
    (7, 'create_scoped_role', '{"organization_id": "0a000000-0000-4000-8000-00000000000a", "level": "project", "system_managed": false, "permissions": [{"resource_type": "Doc", "action": "Read", "resource_id": "1"}]}'),
    (8, 'create_scoped_role', '{"organization_id": "0a000000-0000-4000-8000-00000000000a", "level": "project", "system_managed": false, "permissions": [{"resource_type": "Doc"}]}'),
    (9, 'create_scoped_role', '{"organization_id": "0a000000-0000-4000-8000-00000000000a", "level": "galaxy", "system_managed": false}'),
    (10, 'assign_scoped_role', '{"role_id": "0a000000-0000-4000-8000-00000000000a", "user_id": "ann", "invitation_id": "x"}'),
    (11, 'assign_scoped_role', '{"role_id": "0a000000-0000-4000-8000-00000000000a", "user_id": "ann"}'),
    (12, 'get_scoped_role_assignments', '{"role_id": "6b024abef0d5eafd64ca4957"}'),
    (13, 'create_application', '{"organization": "0a000000-0000-4000-8000-00000000000a", "app_id": "shop"}'),
    (14, 'create_application_role', '{"app_id": "shop", "role_name": "Seller", "permissions": ["sell", "*", "sell"]}'),
    (15, 'get_application_roles', '{"app_id": "shop"}'),
    (16, 'get_application_roles', '{"app_id": "shop", "organization": "acme"}'),
    (17, 'create_group', '{"organization": "0a000000-0000-4000-8000-00000000000a", "group_id": "staff"}'),
    (18, 'get_groups', '{"organization": "0a000000-0000-4000-8000-00000000000a"}'),
    (19, 'authorized_roles', '{"organization": "0a000000-0000-4000-8000-00000000000a", "user_id": "adm"}')) AS v (n, operation, body)
CROSS JOIN LATERAL pg_temp.request(v.operation, v.body::json) AS r ORDER BY n;
CALL pg_temp.act_as('acme', 'adm');

-- What goes wrong inside is not told, and never looks like a conflict that a retry would help.
RESET SESSION AUTHORIZATION;
CREATE FUNCTION public.fail() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'inside information' USING ERRCODE = TG_ARGV[0], DETAIL = 'inside', HINT = 'inside';
END
$$;
CREATE TRIGGER fail BEFORE INSERT ON rbac.principal FOR EACH ROW EXECUTE FUNCTION public.fail('XX000');
SET SESSION AUTHORIZATION regress_authenticator;
SET ROLE regress_web;
SELECT r.* FROM pg_temp.request('create_user', '{"organization": "acme", "user_id": "new"}') AS r;
RESET SESSION AUTHORIZATION;
DROP TRIGGER fail ON rbac.principal;
CREATE TRIGGER fail BEFORE INSERT ON rbac.principal FOR EACH ROW EXECUTE FUNCTION public.fail('40001');
SET SESSION AUTHORIZATION regress_authenticator;
SET ROLE regress_web;
SELECT r.* FROM pg_temp.request('create_user', '{"organization": "acme", "user_id": "new"}') AS r;
RESET SESSION AUTHORIZATION;
DROP TRIGGER fail ON rbac.principal;
-- A cancelled request is cancelled, and nothing else.
CREATE FUNCTION public.dawdle() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_sleep(60);
END
$$;
CREATE TRIGGER fail BEFORE INSERT ON rbac.principal FOR EACH ROW EXECUTE FUNCTION public.dawdle();
SET SESSION AUTHORIZATION regress_authenticator;
SET ROLE regress_web;
SET statement_timeout = '100ms';
SELECT rbac_api.create_user('acme', 'new');
RESET statement_timeout;
RESET SESSION AUTHORIZATION;
DROP TRIGGER fail ON rbac.principal;
DROP FUNCTION public.fail(), public.dawdle();

-- Without USAGE on the schema there is no way in.
REVOKE USAGE ON SCHEMA rbac_api FROM regress_web;
SET SESSION AUTHORIZATION regress_authenticator;
SET ROLE regress_web;
SELECT rbac_api.get_roles('acme');
RESET SESSION AUTHORIZATION;

RESET request.jwt.claims;
RESET rbac.trusted_session_users;
DROP ROLE regress_authenticator, regress_web;
DELETE FROM rbac.rate_limit;
DELETE FROM rbac.organization;
DELETE FROM rbac.permission WHERE NOT is_builtin;
TRUNCATE rbac.audit_event RESTART IDENTITY;
