-- API keys, and signing in with them. Keys, ids and instants are never shown.
\set SHOW_CONTEXT never
CREATE FUNCTION pg_temp.attempt(command text, OUT state text, OUT message text, OUT detail text)
LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE command;
    state := 'done';
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE, message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL;
END
$$;
CREATE PROCEDURE pg_temp.act_as(organization text, user_id text) LANGUAGE plpgsql AS $$
BEGIN
    PERFORM rbac.set_caller(organization, user_id, false);
END
$$;
DO $$
BEGIN
    PERFORM rbac.define_permission('Doc:Read', '{"region": "string", "owner": "string"}');
    PERFORM rbac.create_organization('acme');
    PERFORM rbac.create_organization('globex');
    PERFORM rbac.create_role('acme', 'Admin', 'd', '[{"permission_name": "*", "conditions": {}}]', 'admin');
    PERFORM rbac.create_role('acme', 'Keeper', 'd', '[
        {"permission_name": "Organization:*", "conditions": {"role_name": {"type": "Equals", "value": "Reader"}}},
        {"permission_name": "Doc:Read", "conditions": {}}]', 'admin');
    PERFORM rbac.create_role('acme', 'Reader', 'd', '[{"permission_name": "Doc:Read", "conditions": {}}]', 'client');
    PERFORM rbac.create_role('acme', 'Europe', 'd', '[{"permission_name": "Doc:Read",
        "conditions": {"region": {"type": "Equals", "value": "eu"}}}]', 'client');
    PERFORM rbac.create_user('acme', u) FROM unnest('{adm,key,rea,eve,non}'::text[]) AS u;
    PERFORM rbac.assign_role('acme', r, u)
    FROM (VALUES ('Admin', 'adm'), ('Keeper', 'key'), ('Reader', 'rea'), ('Europe', 'eve')) AS v (r, u);
    PERFORM rbac.create_user('globex', 'eve');
END
$$;

-- The first key is the system's; no key of the same role comes from its holder.
SELECT k.api_key_id AS id, k.api_key AS key, k.api_key ~ '^[0-9a-f]{64}$' AS well_formed,
       k.expires_at = statement_timestamp() + interval '90 days' AS lasts
FROM rbac.create_api_key('acme', 'P90D', 'Reader') AS k \gset
\echo :well_formed :lasts
SELECT role_name, creator, expires_at - created_at AS lifetime, id = :'id' AS is_it FROM rbac.get_api_keys('acme');
-- It is a principal like others, but no user.
SELECT p.kind, r.role_name FROM rbac.principal AS p
JOIN rbac.assignment AS a USING (organization, principal_id) JOIN rbac.role AS r USING (role)
WHERE p.principal_id = :'id';
SELECT a.state, a.message = format('user "%s" does not exist', :'id') AS as_expected
FROM pg_temp.attempt(format('SELECT rbac.assign_role(''acme'', ''Admin'', %L)', :'id')) AS a;
-- The key itself is nowhere.
SELECT count(*) FROM rbac.api_key AS k WHERE k::text LIKE '%' || :'key' || '%' OR k.hash = sha256(:'key'::bytea);
SELECT count(*) FROM rbac.audit_event AS e WHERE e::text LIKE '%' || :'key' || '%';
SELECT length(salt), length(hash), hash = sha256(salt || :'key'::bytea) AS is_hash FROM rbac.api_key;

-- Arguments.
SELECT v.*, a.state, a.message FROM (VALUES
    (NULL, 'P1D', 'Reader'), ('nowhere', 'P1D', 'Reader'), ('acme', NULL, 'Reader'), ('acme', 'P1D', NULL), ('acme', 'P1D', 'None'),
    ('acme', 'PT23H59M59S', 'Reader'), ('acme', 'P90DT1S', 'Reader'), ('acme', '1 day', 'Reader'), ('acme', 'P1M', 'Reader'))
    AS v (organization, duration, role_name)
CROSS JOIN LATERAL pg_temp.attempt(format('SELECT rbac.create_api_key(%L, %L, %L)', organization, duration, role_name)) AS a;

-- Who may create keys: permission, and more than the role gives.
SELECT v.*, a.* FROM (VALUES (NULL, 'Reader'), ('rea', 'Europe'), ('key', 'Europe'), ('key', 'Keeper'), ('key', 'Reader'), ('adm', 'Admin'), ('adm', 'Keeper'))
    AS v (caller, role_name)
CROSS JOIN LATERAL pg_temp.attempt(format('CALL pg_temp.act_as(%L, %L)', CASE WHEN caller IS NOT NULL THEN 'acme' END, caller)) AS c
CROSS JOIN LATERAL pg_temp.attempt(format('SELECT rbac.create_api_key(''acme'', ''P1D'', %L) WHERE %L = %L', role_name, c.state, 'done')) AS a;
CALL pg_temp.act_as('globex', 'eve');
SELECT a.* FROM pg_temp.attempt($$SELECT rbac.create_api_key('acme', 'P1D', 'Reader')$$) AS a;

-- Who may see and delete them.
CALL pg_temp.act_as('acme', 'adm');
SELECT role_name, creator FROM rbac.get_api_keys('acme');
CALL pg_temp.act_as('acme', 'key');
SELECT role_name, creator FROM rbac.get_api_keys('acme');
CALL pg_temp.act_as('acme', 'rea');
SELECT role_name, creator FROM rbac.get_api_keys('acme');
SELECT a.state, a.message FROM pg_temp.attempt(format('SELECT rbac.delete_api_key(''acme'', %L)', :'id')) AS a;
CALL pg_temp.act_as('acme', 'adm');
SELECT id AS keepers FROM rbac.get_api_keys('acme') WHERE role_name = 'Keeper' \gset
CALL pg_temp.act_as('acme', 'key');
SELECT a.state, a.message FROM pg_temp.attempt(format('SELECT rbac.delete_api_key(''acme'', %L)', :'keepers')) AS a;
CALL pg_temp.act_as('acme', 'adm');
SELECT rbac.delete_api_key('acme', :'keepers');
SELECT v.*, a.state, a.message FROM (VALUES (NULL, 'x'), ('nowhere', 'x'), ('acme', NULL), ('acme', 'rea')) AS v (organization, id)
CROSS JOIN LATERAL pg_temp.attempt(format('SELECT rbac.delete_api_key(%L, %L)', organization, v.id)) AS a;
SELECT a.state FROM pg_temp.attempt(format('SELECT rbac.delete_api_key(''acme'', %L)', :'keepers')) AS a;
SELECT a.state FROM pg_temp.attempt(format('SELECT rbac.delete_api_key(''globex'', %L)', :'id')) AS a;
SELECT count(*) AS principals FROM rbac.principal WHERE principal_id = :'keepers';

-- No secret, no token.
CALL pg_temp.act_as(NULL, NULL);
SELECT a.* FROM pg_temp.attempt(format('SELECT rbac.sign_in_with_api_key(''acme'', %L, %L, ''eve'')', :'id', :'key')) AS a;
SET rbac.jwt_secret = 'a secret of at least thirty-two bytes';

-- Anybody with the key signs in users of its organization who hold less than its role.
CREATE ROLE regress_nobody;
SET ROLE regress_nobody;
SELECT s.id_token AS token, s.expires_at - date_trunc('second', statement_timestamp()) AS lifetime
FROM rbac.sign_in_with_api_key('acme', :'id', :'key', 'eve') AS s \gset
\echo :lifetime
SELECT rbac.authenticate(:'token', false);
SELECT rbac.current_organization(), rbac.current_user_id();
CALL pg_temp.act_as(NULL, NULL);
RESET ROLE;
CALL pg_temp.act_as(NULL, NULL);
SELECT v.user_id, a.* FROM unnest('{non,eve,rea,key,adm}'::text[]) AS v (user_id)
CROSS JOIN LATERAL pg_temp.attempt(format('SELECT rbac.sign_in_with_api_key(''acme'', %L, %L, %L)', :'id', :'key', user_id)) AS a;

-- What the token says. Its signature is that of RFC 7515, its claims follow the settings.
CREATE FUNCTION pg_temp.decoded(part text) RETURNS text LANGUAGE sql
AS $$ SELECT convert_from(decode(rpad(translate(part, '-_', '+/'), (length(part) + 3) / 4 * 4, '='), 'base64'), 'UTF8') $$;
SELECT pg_temp.decoded(split_part(:'token', '.', 1)) AS header,
       c - 'iat' - 'exp' AS names, (c ->> 'exp')::bigint - (c ->> 'iat')::bigint BETWEEN 3590 AND 3600 AS hour, :'token' ~ '^[\w.-]+$' AS is_base64url
FROM (SELECT pg_temp.decoded(split_part(:'token', '.', 2))::jsonb) AS t (c);
SET rbac.jwt_user_claim = 'user "id"';
SET rbac.jwt_organization_claim = 'tenant';
SELECT rbac.create_user('acme', E'o''"\\\u00e9');
SELECT pg_temp.decoded(split_part(s.id_token, '.', 2))::jsonb - 'iat' - 'exp' AS names, s.id_token AS token
FROM rbac.sign_in_with_api_key('acme', :'id', :'key', E'o''"\\\u00e9') AS s \gset
\echo :names
SELECT rbac.authenticate(:'token', false);
SELECT rbac.current_organization(), rbac.current_user_id();
CALL pg_temp.act_as(NULL, NULL);
RESET rbac.jwt_user_claim;
RESET rbac.jwt_organization_claim;

-- Whatever is wrong with key or user is one error; only the organization is told apart.
SELECT n, a.* FROM (VALUES
    (1, NULL, :'id', :'key', 'eve'), (2, 'nowhere', :'id', :'key', 'eve'), (3, 'globex', :'id', :'key', 'eve'),
    (4, 'acme', NULL, :'key', 'eve'), (5, 'acme', :'keepers', :'key', 'eve'), (6, 'acme', 'eve', :'key', 'eve'),
    (7, 'acme', :'id', NULL, 'eve'), (8, 'acme', :'id', '', 'eve'), (9, 'acme', :'id', upper(:'key') || 'A', 'eve'),
    (10, 'acme', :'id', left(:'key', 63), 'eve'), (11, 'acme', :'id', :'key', NULL), (12, 'acme', :'id', :'key', 'Eve'),
    (13, 'acme', :'id', :'key', :'id'), (14, 'acme', :'id', :'keepers', 'nobody')) AS v (n, organization, id, key, user_id)
CROSS JOIN LATERAL pg_temp.attempt(format('SELECT rbac.sign_in_with_api_key(%L, %L, %L, %L)', organization, v.id, v.key, user_id)) AS a
ORDER BY n;

-- A new version of the role is that of its keys at once.
SELECT k.api_key_id AS europe, k.api_key AS key2 FROM rbac.create_api_key('acme', 'P1D', 'Europe') AS k \gset
SELECT v.*, m.state AS modified, a.state, a.detail FROM (VALUES
    ('eve', '[{"permission_name": "Doc:Read", "conditions": {"region": {"type": "Equals", "value": "us"}}}]'),
    ('non', '[]'),
    ('non', '[{"permission_name": "Doc:Read", "conditions": {"owner": {"type": "Equals", "value": "{self_user_id}"}}}]'),
    ('rea', '[{"permission_name": "*", "conditions": {}}]')) AS v (user_id, grants)
CROSS JOIN LATERAL pg_temp.attempt(format('SELECT rbac.modify_role(''acme'', ''Europe'', permission_grants => %L)', grants)) AS m
CROSS JOIN LATERAL pg_temp.attempt(format('SELECT rbac.sign_in_with_api_key(''acme'', %L, %L, %L) WHERE %L = ''done''', :'europe', :'key2', user_id, m.state)) AS a;
SELECT count(DISTINCT k.role_id) AS versions, bool_and(k.role_id = r.id) AS current FROM rbac.get_api_keys('acme') AS k, rbac.get_roles('acme', name => '{Europe}') AS r
WHERE k.role_name = 'Europe';
-- Equal is not enough, whatever the setting for users who grant says.
SELECT rbac.modify_organization('acme', '{"equal_may_grant": true}');
SELECT a.* FROM pg_temp.attempt(format('SELECT rbac.sign_in_with_api_key(''acme'', %L, %L, ''rea'')', :'id', :'key')) AS a;
SELECT rbac.modify_organization('acme', '{"equal_may_grant": false}');

-- Twenty keys that have not expired, and no token outlives its key.
SELECT rbac.delete_api_key('acme', id) FROM rbac.get_api_keys('acme') WHERE id <> :'id';
DO $$
BEGIN
    PERFORM rbac.create_api_key('acme', 'P1D', 'Europe') FROM generate_series(1, 19);
END
$$;
SELECT a.* FROM pg_temp.attempt($$SELECT rbac.create_api_key('acme', 'P1D', 'Europe')$$) AS a;
UPDATE rbac.api_key SET expires_at = statement_timestamp() + interval '60.5 seconds' WHERE api_key_id = :'id' RETURNING expires_at AS soon \gset
SELECT s.expires_at <= :'soon'::timestamptz AND s.expires_at > :'soon'::timestamptz - interval '1 second' AS in_time
FROM rbac.sign_in_with_api_key('acme', :'id', :'key', 'non') AS s;
UPDATE rbac.api_key SET expires_at = statement_timestamp() WHERE api_key_id = :'id';
SELECT a.* FROM pg_temp.attempt(format('SELECT rbac.sign_in_with_api_key(''acme'', %L, %L, ''non'')', :'id', :'key')) AS a;
SELECT count(*) FROM rbac.get_api_keys('acme');
SELECT a.state, a.message = format('API key "%s" does not exist', :'id') AS as_expected
FROM pg_temp.attempt(format('SELECT rbac.delete_api_key(''acme'', %L)', :'id')) AS a;
SELECT a.* FROM pg_temp.attempt($$SELECT rbac.create_api_key('acme', 'P1D', 'Europe')$$) AS a;
SELECT count(*), count(*) FILTER (WHERE principal_id = :'id') AS expired FROM rbac.principal WHERE kind = 'api_key';

-- What is recorded.
SELECT operation, actor_user_id, array_agg(DISTINCT keys) AS details FROM rbac.audit_event,
    LATERAL (SELECT string_agg(key, ',' ORDER BY key) FROM jsonb_object_keys(detail) AS key) AS k (keys)
WHERE operation LIKE '%api_key' GROUP BY 1, 2 ORDER BY 1, 2;

RESET rbac.jwt_secret;
DROP ROLE regress_nobody;
DELETE FROM rbac.organization;
DELETE FROM rbac.permission WHERE NOT is_builtin;
TRUNCATE rbac.audit_event RESTART IDENTITY;
