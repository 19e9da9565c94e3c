-- How long a caller lasts: it follows transactions and savepoints like any
-- configuration parameter, and what remembers it follows, too.
CREATE FUNCTION pg_temp.caller() RETURNS text LANGUAGE sql
RETURN coalesce(rbac.current_organization() || ' ' || rbac.current_user_id(), 'nobody') || CASE WHEN rbac.has_permission('Doc:Read') THEN ', may read' ELSE '' END;
DO $$
BEGIN
    PERFORM rbac.create_organization('acme');
    PERFORM rbac.create_user('acme', u) FROM unnest(ARRAY['ann', 'bob']) AS u;
    PERFORM rbac.define_permission('Doc:Read');
    PERFORM rbac.create_role('acme', 'reader', 'x', '[{"permission_name": "Doc:Read", "conditions": {}}]', 'client');
    PERFORM rbac.assign_role('acme', 'reader', 'ann');
END
$$;
PREPARE caller AS SELECT pg_temp.caller();

-- By default until the end of the transaction, which may be this statement's.
SELECT rbac.set_caller('acme', 'ann') \gset
EXECUTE caller;
BEGIN;
SELECT rbac.set_caller('acme', 'ann') \gset
EXECUTE caller;
COMMIT;
EXECUTE caller;
-- A NULL says nothing, so it is the default.
SELECT rbac.set_caller('acme', 'ann', NULL) \gset
EXECUTE caller;
-- Otherwise until the end of the session.
SELECT rbac.set_caller('acme', 'ann', false) \gset
EXECUTE caller;
-- After a transaction with a caller of its own, the session's is back.
BEGIN;
SELECT rbac.set_caller('acme', 'bob') \gset
EXECUTE caller;
COMMIT;
EXECUTE caller;
BEGIN;
SELECT rbac.set_caller(NULL, NULL) \gset
EXECUTE caller;
COMMIT;
EXECUTE caller;

-- ROLLBACK undoes, of the session and of the transaction.
BEGIN;
SELECT rbac.set_caller('acme', 'bob', false) \gset
EXECUTE caller;
ROLLBACK;
EXECUTE caller;
-- So does ROLLBACK TO, and so does an error that is caught.
BEGIN;
SELECT rbac.set_caller('acme', 'bob') \gset
SAVEPOINT s;
SELECT rbac.set_caller('acme', 'ann') \gset
EXECUTE caller;
ROLLBACK TO s;
EXECUTE caller;
SAVEPOINT s;
SELECT rbac.set_caller(NULL, NULL) \gset
EXECUTE caller;
RELEASE s;
EXECUTE caller;
COMMIT;
EXECUTE caller;
DO $$
BEGIN
    PERFORM rbac.set_caller('acme', 'bob', true);
    BEGIN
        PERFORM rbac.set_caller('acme', 'ann', true);
        RAISE NOTICE '%', pg_temp.caller();
        RAISE division_by_zero;
    EXCEPTION WHEN division_by_zero THEN
        RAISE NOTICE '%', pg_temp.caller();
    END;
END
$$;
EXECUTE caller;
BEGIN;
SELECT rbac.set_caller('acme', 'bob', false) \gset
SELECT 1 / 0;
EXECUTE caller;
COMMIT;
EXECUTE caller;

-- Dropping the caller directly is allowed: it takes rights, and gives none.
BEGIN;
SET LOCAL rbac.caller = '';
EXECUTE caller;
COMMIT;
EXECUTE caller;
RESET rbac.caller;
EXECUTE caller;
SELECT rbac.set_caller('acme', 'ann', false) \gset
DISCARD ALL;
CREATE FUNCTION pg_temp.caller() RETURNS text LANGUAGE sql
RETURN coalesce(rbac.current_organization() || ' ' || rbac.current_user_id(), 'nobody') || CASE WHEN rbac.has_permission('Doc:Read') THEN ', may read' ELSE '' END;
SELECT pg_temp.caller();

-- The claims of a trusted session, set for one transaction as a gateway does.
-- What is left behind afterwards is '', and names nobody.
CREATE ROLE regress_gateway;
SET rbac.trusted_session_users = regress_gateway;
SET SESSION AUTHORIZATION regress_gateway;
PREPARE caller AS SELECT pg_temp.caller();
BEGIN;
SELECT set_config('request.jwt.claims', '{"sub":"ann","org_id":"acme"}', true);
EXECUTE caller;
SAVEPOINT s;
SELECT set_config('request.jwt.claims', '{"sub":"bob","org_id":"acme"}', true);
EXECUTE caller;
ROLLBACK TO s;
EXECUTE caller;
COMMIT;
SHOW request.jwt.claims;
EXECUTE caller;
-- Who logged in decides, also in the middle of a session.
SET request.jwt.claims = '{"sub":"ann","org_id":"acme"}';
EXECUTE caller;
RESET SESSION AUTHORIZATION;
EXECUTE caller;
SET SESSION AUTHORIZATION regress_gateway;
EXECUTE caller;
RESET SESSION AUTHORIZATION;

RESET rbac.trusted_session_users;
RESET request.jwt.claims;
DROP ROLE regress_gateway;
DELETE FROM rbac.organization;
DELETE FROM rbac.permission WHERE NOT is_builtin;
TRUNCATE rbac.audit_event RESTART IDENTITY;
