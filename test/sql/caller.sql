-- Who is calling: believed of trusted sessions, of nobody else.
\set SHOW_CONTEXT never
CREATE FUNCTION pg_temp.attempt(command text, OUT state text, OUT message text)
LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE command;
    state := 'done';
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE, message = MESSAGE_TEXT;
END
$$;
CREATE FUNCTION pg_temp.caller() RETURNS text LANGUAGE sql
RETURN coalesce(rbac.current_organization() || ' ' || rbac.current_user_id(), 'nobody');
CREATE FUNCTION pg_temp.claimed(claims text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    PERFORM set_config('request.jwt.claims', claims, true);
    RETURN pg_temp.caller() || CASE WHEN rbac.has_permission('Doc:Read') THEN ' may' ELSE '' END;
END
$$;
CREATE ROLE regress_gateway;
CREATE ROLE "Regress, odd";
CREATE ROLE regress_user;
CREATE ROLE regress_member;
GRANT regress_gateway TO regress_member, regress_user;
DO $$
BEGIN
    PERFORM rbac.create_organization('acme');
    PERFORM rbac.create_user('acme', 'ann');
    PERFORM rbac.define_permission('Doc:Read');
    PERFORM rbac.create_role('acme', 'reader', 'x', '[{"permission_name": "Doc:Read", "conditions": {}}]', 'client');
    PERFORM rbac.assign_role('acme', 'reader', 'ann');
END
$$;
SHOW rbac.trusted_session_users;
SET rbac.trusted_session_users = ' regress_gateway , "Regress, odd"';

-- At first there is no caller, and what has none may do nothing.
SELECT rbac.current_organization() IS NULL AS no_organization, rbac.current_user_id() IS NULL AS no_user, rbac.has_permission('Doc:Read');

-- A trusted session names the caller for itself.
SET SESSION AUTHORIZATION regress_gateway;
SELECT rbac.set_caller('acme', 'ann', false) \gset
SELECT pg_temp.caller(), rbac.has_permission('Doc:Read');
SELECT rbac.set_caller(NULL, NULL, false) \gset
SELECT pg_temp.caller(), rbac.has_permission('Doc:Read');
-- A caller is two names, neither empty; any text will do, and need not exist.
SELECT call, a.* FROM unnest(ARRAY['''acme'', NULL', 'NULL, ''ann''', ''''', ''ann''', '''acme'', ''''']) AS call
CROSS JOIN LATERAL pg_temp.attempt(format('SELECT rbac.set_caller(%s)', call)) AS a;
SELECT bool_and(rbac.current_organization() = o AND rbac.current_user_id() = u) AS exact
FROM unnest(ARRAY['acme', 'a b', '12 ', ' ', '3 x', U&'\00e9', '"', '{"org_id":"x"}', E'\n', repeat('x', 100000)]) AS o, unnest(ARRAY['ann', ' ', '5 ', '2 a b', '''', U&'\+01F600', repeat('y', 100000)]) AS u
CROSS JOIN LATERAL rbac.set_caller(o, u, true) AS c WHERE c IS NOT NULL;

-- Or its request does, by claims.
SET request.jwt.claims = '{"sub": "ann", "org_id": "acme", "role": "x", "aud": ["a", {"b": null}], "exp": 1}';
SELECT pg_temp.caller(), rbac.has_permission('Doc:Read');
-- What it says itself takes precedence.
SELECT rbac.set_caller('acme', 'bob', false) \gset
SELECT pg_temp.caller();
SELECT rbac.set_caller(NULL, NULL, false) \gset
-- Claims that are malformed, incomplete, twice given, of another type, or
-- oversized name nobody, and are no error.
SELECT claims, pg_temp.claimed(claims) FROM unnest(ARRAY['', ' ', 'null', '[]', '"x"', '{', '{}', '{"sub":"ann"}', '{"org_id":"acme"}', '{"sub":"ann","org_id":"acme"', '{"sub":"ann","org_id":"acme"}x',
    '{''sub'':"ann","org_id":"acme"}', '{"sub":null,"org_id":"acme"}', '{"sub":1,"org_id":"acme"}', '{"sub":["ann"],"org_id":"acme"}', '{"sub":"","org_id":"acme"}', '{"sub":"ann","org_id":""}',
    '{"Sub":"ann","org_id":"acme"}', '{"sub":"ann","org_id":"acme","sub":"bob"}', '{"sub":"ann","org_id":"acme","x":1,"x":2}', '{"sub":"ann","org_id":"acme","x":{"y":1,"y":2}}', '{"sub":"a\u0000n","org_id":"acme"}',
    '{"sub":"\ud800","org_id":"acme"}', '{"claims":{"sub":"ann","org_id":"acme"}}', '{"sub":"ann","org_id":"acme"}', '{"\u0073ub":"\u0061nn","org_id":"acme"}']) AS claims;
SELECT what, pg_temp.claimed(claims) FROM (VALUES
    ('64 kB', '{"sub":"ann","org_id":"acme","x":"' || repeat('x', 65536 - 36) || '"}'), ('64 kB and 1', '{"sub":"ann","org_id":"acme","x":"' || repeat('x', 65536 - 35) || '"}'),
    ('10 MB', '{"sub":"ann","org_id":"acme","x":"' || repeat('x', 10000000) || '"}'), ('deep', '{"sub":"ann","org_id":"acme","x":' || repeat('[', 20000) || repeat(']', 20000) || '}')) AS v (what, claims);
-- The claims' names can be chosen.
RESET SESSION AUTHORIZATION;
SET rbac.jwt_user_claim = 'email';
SET rbac.jwt_organization_claim = 'tenant';
SET SESSION AUTHORIZATION regress_gateway;
SELECT pg_temp.claimed('{"email":"ann","tenant":"acme","sub":"bob","org_id":"beta"}'), pg_temp.claimed('{"sub":"ann","org_id":"acme"}');
RESET SESSION AUTHORIZATION;
RESET rbac.jwt_user_claim;
RESET rbac.jwt_organization_claim;
-- What counts is who logged in: after SET ROLE the session is the same.
SET SESSION AUTHORIZATION regress_gateway;
SET request.jwt.claims = '{"sub": "ann", "org_id": "acme"}';
RESET SESSION AUTHORIZATION;
GRANT regress_user TO "Regress, odd";
SET SESSION AUTHORIZATION "Regress, odd";
SET ROLE regress_user;
SELECT current_user, pg_temp.caller();
RESET ROLE;

-- Another session is not believed: neither its claims, nor set_caller. To be a
-- member of a trusted role, or to become one, does not help.
RESET SESSION AUTHORIZATION;
SET SESSION AUTHORIZATION regress_member;
SELECT pg_temp.caller();
SELECT rbac.set_caller('acme', 'ann');
SET ROLE regress_gateway;
SELECT current_user, pg_temp.caller();
SELECT rbac.set_caller(NULL, NULL);
RESET ROLE;
-- Nor can it make itself believed.
SELECT command, a.* FROM unnest(ARRAY[
    $$SET rbac.caller = '4 acme ann'$$, $$SET LOCAL rbac.caller = '4 acme ann'$$, $$SELECT set_config('rbac.caller', '4 acme ann', true)$$, $$SET "RBAC.Caller" = '4 acme ann'$$,
    $$UPDATE pg_settings SET setting = '4 acme ann' WHERE name = 'rbac.caller'$$, $$SET rbac.trusted_session_users = 'regress_member'$$, $$SET rbac.jwt_secret = 'x'$$, $$SET rbac.jwt_user_claim = 'x'$$,
    $$SET rbac.jwt_organization_claim = 'x'$$, $$ALTER ROLE regress_member SET rbac.caller = '4 acme ann'$$, $$CREATE FUNCTION pg_temp.f() RETURNS text LANGUAGE sql SET rbac.caller = '4 acme ann' RETURN 'x'$$,
    $$CREATE FUNCTION pg_temp.f() RETURNS text LANGUAGE sql SET rbac.trusted_session_users = 'regress_member' RETURN 'x'$$]) AS command
CROSS JOIN LATERAL pg_temp.attempt(command) AS a;
SELECT pg_temp.caller();
RESET SESSION AUTHORIZATION;
-- A superuser may name a caller, since he may do anything; his claims are still
-- only those of a session that is not listed. He cannot plant a caller either.
SELECT pg_temp.caller();
SELECT rbac.set_caller('acme', 'ann') \gset
SELECT command, a.* FROM unnest(ARRAY[
    $$SET rbac.caller = '4 acme ann'$$, $$ALTER ROLE regress_member SET rbac.caller = '4 acme ann'$$, $$ALTER ROLE ALL SET rbac.caller = '4 acme ann'$$,
    $$CREATE FUNCTION pg_temp.f() RETURNS text LANGUAGE sql SET rbac.caller = '4 acme ann' RETURN 'x'$$]) AS command CROSS JOIN LATERAL pg_temp.attempt(command) AS a;
SELECT a.* FROM pg_temp.attempt(format($$ALTER DATABASE %I SET rbac.caller = '4 acme ann'$$, current_database())) AS a;
\set VERBOSITY sqlstate
ALTER SYSTEM SET rbac.caller = '4 acme ann';
\set VERBOSITY default

-- The list is read as PostgreSQL reads names. One that cannot be read, or is
-- empty, lists nobody.
CREATE FUNCTION pg_temp.caller_with(list text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    result text;
BEGIN
    PERFORM set_config('rbac.trusted_session_users', list, true);
    SET LOCAL SESSION AUTHORIZATION regress_gateway;
    result := pg_temp.caller();
    RESET SESSION AUTHORIZATION;
    RETURN result;
END
$$;
SELECT list, pg_temp.caller_with(list) FROM unnest(ARRAY['regress_gateway', 'x, "regress_gateway"', 'REGRESS_GATEWAY', '"REGRESS_GATEWAY"', '', ',', 'regress_gateway,',
    '"regress_gateway', 'regress_gateway x', '*', 'regress_%']) AS list;

RESET rbac.trusted_session_users;
RESET request.jwt.claims;
DROP ROLE regress_gateway, "Regress, odd", regress_user, regress_member;
DELETE FROM rbac.organization;
DELETE FROM rbac.permission WHERE NOT is_builtin;
TRUNCATE rbac.audit_event RESTART IDENTITY;
