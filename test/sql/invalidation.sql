-- Never stale: whatever changes the tables, the next statement of the same
-- session knows. Other sessions are a matter of the isolation tests.
\set SHOW_CONTEXT never
CREATE FUNCTION pg_temp.setup() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM rbac.create_organization('acme');
    PERFORM rbac.create_user('acme', 'ann');
    PERFORM rbac.create_role('acme', 'base', 'x', '[{"permission_name": "Role:GetRole", "conditions": {}}]', 'client');
    PERFORM rbac.create_role('acme', 'reader', 'x', '[{"permission_name": "Role:CreateRole", "conditions": {}}]', 'client', '{base}');
    PERFORM rbac.assign_role('acme', 'reader', 'ann');
END
$$;
SELECT pg_temp.setup() \gset
SELECT rbac.set_caller('acme', 'ann', false) \gset
-- By the role itself; by the role that it inherits from; by a temporary grant.
PREPARE may AS SELECT format('by role %s, by parent %s, for a time %s; asked by another function %s', rbac.has_permission('Role:CreateRole'), rbac.has_permission('Role:GetRole'),
                             rbac.has_permission('User:InviteUser'), rbac_internal.compute_access('acme', 'ann', 'Role:CreateRole', '{}')) AS may;
EXECUTE may \gset
\echo :may

-- The owner changes the tables directly: a document, inheritance, an assignment.
UPDATE rbac.role_version SET permission_grants = '[]' WHERE description = 'x' AND role = (SELECT role FROM rbac.role WHERE role_name = 'base');
EXECUTE may \gset
\echo :may
UPDATE rbac.role_version SET permission_grants = '[{"permission_name": "Role:*", "conditions": {}}]' WHERE role = (SELECT role FROM rbac.role WHERE role_name = 'base');
EXECUTE may \gset
\echo :may
DELETE FROM rbac.role_parent;
EXECUTE may \gset
\echo :may
INSERT INTO rbac.role_parent SELECT c.role, p.role FROM rbac.role AS c, rbac.role AS p WHERE c.role_name = 'reader' AND p.role_name = 'base';
EXECUTE may \gset
\echo :may
DELETE FROM rbac.assignment;
EXECUTE may \gset
\echo :may
INSERT INTO rbac.assignment SELECT 'acme', 'ann', role FROM rbac.role WHERE role_name = 'reader';
EXECUTE may \gset
\echo :may
-- A temporary grant, and its end moved.
INSERT INTO rbac.temporary_grant VALUES ('0123456789abcdef01234567', 'acme', 'ann', '{"permission_name": "User:*", "conditions": {}}', '{}', 'x', NULL, NULL, now(), now() + interval '1 hour');
EXECUTE may \gset
\echo :may
UPDATE rbac.temporary_grant SET expires_at = now();
EXECUTE may \gset
\echo :may
UPDATE rbac.temporary_grant SET expires_at = 'infinity';
EXECUTE may \gset
\echo :may
DELETE FROM rbac.temporary_grant;
EXECUTE may \gset
\echo :may
-- Versions: one that is superseded gives nothing, though it can be read for a day.
UPDATE rbac.role_version SET permission_grants = '[{"permission_name": "Role:GetRole", "conditions": {}}]' WHERE role = (SELECT role FROM rbac.role WHERE role_name = 'base');
UPDATE rbac.role_version SET expires_at = now() + interval '1 day' WHERE role = (SELECT role FROM rbac.role WHERE role_name = 'reader');
EXECUTE may \gset
\echo :may
UPDATE rbac.role_version SET expires_at = NULL;
EXECUTE may \gset
\echo :may
-- The setting operator, and the organizations that there are.
SELECT rbac.has_permission('Role:GetRole', 'org_id', 'beta');
UPDATE rbac.organization SET settings = '{"operator": true}';
SELECT rbac.has_permission('Role:GetRole', 'org_id', 'beta');
INSERT INTO rbac.organization VALUES ('beta');
SELECT rbac.has_permission('Role:GetRole', 'org_id', 'beta');
DELETE FROM rbac.organization WHERE organization = 'beta';
SELECT rbac.has_permission('Role:GetRole', 'org_id', 'beta');
UPDATE rbac.organization SET settings = '{}';

-- As a replica applies changes.
SET session_replication_role = replica;
DELETE FROM rbac.assignment;
EXECUTE may \gset
\echo :may
INSERT INTO rbac.assignment SELECT 'acme', 'ann', role FROM rbac.role WHERE role_name = 'reader';
EXECUTE may \gset
\echo :may
RESET session_replication_role;
-- TRUNCATE, also by cascade, also undone.
BEGIN;
TRUNCATE rbac.assignment;
EXECUTE may \gset
\echo :may
ROLLBACK;
EXECUTE may \gset
\echo :may
SET client_min_messages = warning;
BEGIN;
TRUNCATE rbac.principal CASCADE;
EXECUTE may \gset
\echo :may
ROLLBACK;
EXECUTE may \gset
\echo :may
RESET client_min_messages;
SET session_replication_role = replica;
BEGIN;
TRUNCATE rbac.assignment;
EXECUTE may \gset
\echo :may
ROLLBACK;
RESET session_replication_role;
EXECUTE may \gset
\echo :may

-- ROLLBACK takes back what was seen; so does ROLLBACK TO.
BEGIN;
DELETE FROM rbac.assignment;
EXECUTE may \gset
\echo :may
ROLLBACK;
EXECUTE may \gset
\echo :may
BEGIN;
SAVEPOINT s;
DELETE FROM rbac.role_parent;
EXECUTE may \gset
\echo :may
ROLLBACK TO s;
EXECUTE may \gset
\echo :may
DELETE FROM rbac.assignment;
EXECUTE may \gset
\echo :may
SAVEPOINT s;
INSERT INTO rbac.assignment SELECT 'acme', 'ann', role FROM rbac.role WHERE role_name = 'reader';
EXECUTE may \gset
\echo :may
ROLLBACK TO s;
EXECUTE may \gset
\echo :may
COMMIT;
EXECUTE may \gset
\echo :may
INSERT INTO rbac.assignment SELECT 'acme', 'ann', role FROM rbac.role WHERE role_name = 'reader';

-- At isolation levels whose snapshot is the transaction's, own changes count.
BEGIN ISOLATION LEVEL REPEATABLE READ;
EXECUTE may \gset
\echo :may
DELETE FROM rbac.assignment;
EXECUTE may \gset
\echo :may
ROLLBACK;

-- Inside a function the next statement knows as well, though the call of the
-- check is the same, and a subtransaction takes back what it did.
DO $$
DECLARE
    answers text := '';
BEGIN
    FOR i IN 1..4 LOOP
        IF i = 2 THEN
            DELETE FROM rbac.assignment;
        ELSIF i = 3 THEN
            INSERT INTO rbac.assignment SELECT 'acme', 'ann', role FROM rbac.role WHERE role_name = 'reader';
        ELSIF i = 4 THEN
            BEGIN
                DELETE FROM rbac.assignment;
                answers := answers || ' in ' || rbac.has_permission('Role:CreateRole');
                RAISE division_by_zero;
            EXCEPTION WHEN division_by_zero THEN
                answers := answers || ' after';
            END;
        END IF;
        answers := answers || ' ' || rbac.has_permission('Role:CreateRole');
    END LOOP;
    RAISE NOTICE '%', answers;
END
$$;

-- A new extension in the same session: nothing remains of the old one.
DEALLOCATE may;
SELECT rbac.set_caller(NULL, NULL, false) \gset
DROP EXTENSION rbac;
CREATE EXTENSION rbac;
SELECT rbac.set_caller('acme', 'ann', false) \gset
SELECT rbac.has_permission('Role:CreateRole');
SELECT rbac.set_caller(NULL, NULL, false) \gset
SELECT pg_temp.setup() \gset
SELECT rbac.set_caller('acme', 'ann', false) \gset
SELECT rbac.has_permission('Role:CreateRole'), rbac.has_permission('Role:GetRole'), rbac.compare_privileges(rbac.user_privileges('acme', 'ann'), '[]');

SELECT rbac.set_caller(NULL, NULL, false) \gset
DELETE FROM rbac.organization;
TRUNCATE rbac.audit_event RESTART IDENTITY;
