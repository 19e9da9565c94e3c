-- What hostile users try from SQL, without any right of their own.
\set SHOW_CONTEXT never
SET client_min_messages = warning;
SELECT rbac.define_permission('Doc:Read', '{"region": "string"}');
SELECT rbac.create_organization('acme');
SELECT rbac.create_organization('victim');
SELECT rbac.create_user('acme', user_id) FROM unnest('{ann,bob,mona}'::text[]) AS user_id \g /dev/null
SELECT rbac.create_user('victim', 'vic');
SELECT rbac.create_role('acme', 'reader', 'Reads what is no secret', '[
    {"permission_name": "Doc:Read", "conditions": {"region": {"type": "NotEquals", "value": "secret"}}}]', 'client') \gset
SELECT rbac.assign_role('acme', 'reader', 'bob') \gset
SELECT rbac.create_role('victim', 'top', 'A secret by itself', '[
    {"permission_name": "Doc:Read", "conditions": {"region": {"type": "Equals", "value": "project-manhattan"}}}]', 'admin') \gset

-- No setting that everybody may change changes what a value is.
CREATE TEMP TABLE secret (i integer);
SELECT rbac.set_caller('acme', 'bob', false);
SELECT rbac.has_permission('Doc:Read', 'region', 'secret'::regclass);
SET quote_all_identifiers = on;
SELECT rbac.has_permission('Doc:Read', 'region', 'secret'::regclass);
RESET quote_all_identifiers;

-- A refusal tells a stranger nothing of another organization's roles.
\set VERBOSITY default
SELECT rbac.assign_role('victim', 'top', 'vic');
SELECT rbac.revoke_role('victim', 'top', 'vic');
SELECT rbac.modify_role('victim', 'top', 'Changed');
SELECT rbac.role_privileges('victim', 'top');

-- Temporary grants expire also in a procedure that never returns.
SELECT rbac.set_caller(NULL, NULL, false);
SELECT FROM rbac.create_temporary_permission_grant('acme', 'ann', 'PT2S',
    '{"permission_name": "Doc:Read", "conditions": {}}', '{}', 'Because of a test');
SELECT rbac.set_caller('acme', 'ann', false);
CREATE TEMP TABLE seen (is_permitted boolean);
DO $$
BEGIN
    FOR i IN 1..3 LOOP
        INSERT INTO seen VALUES (rbac.has_permission('Doc:Read', 'region', 'secret'));
        COMMIT;
        PERFORM pg_sleep(1.1);
        COMMIT;
    END LOOP;
END
$$;
SELECT string_agg(is_permitted::text, ' ' ORDER BY ctid) FROM seen;

-- Grants that come to nothing in their organization are covered by anything.
-- They must not begin to count when it becomes an operator.
SELECT rbac.set_caller(NULL, NULL, false);
SELECT rbac.create_role('acme', 'manager', 'Manages roles', '[
    {"permission_name": "Role:ModifyRole", "conditions": {}}]', 'admin') \gset
SELECT rbac.create_role('acme', 'hole', 'Nothing yet', '[]', 'admin') \gset
SELECT rbac.assign_role('acme', 'manager', 'mona') \gset
SELECT rbac.set_caller('acme', 'mona', false);
SELECT rbac.modify_role('acme', 'hole', permission_grants => '[
    {"permission_name": "*", "conditions": {"org_id": {"type": "NotEquals", "value": "acme"}}}]') \gset
SELECT rbac.assign_role('acme', 'hole', 'mona', replace => false) \gset
SELECT rbac.has_permission('Doc:Read', 'org_id', 'victim');
SELECT rbac.set_caller(NULL, NULL, false);
SELECT rbac.modify_organization('acme', '{"operator": true}');
SELECT rbac.modify_role('acme', 'hole', permission_grants => '[]') \gset
-- Nor those that are temporary.
SELECT rbac.modify_role('acme', 'manager', permission_grants => '[
    {"permission_name": "Role:CreateTemporaryPermissionGrant", "conditions": {}}]') \gset
SELECT rbac.set_caller('acme', 'mona', false);
SELECT FROM rbac.create_temporary_permission_grant('acme', 'mona', 'PT1H', '{"permission_name": "*",
    "conditions": {"org_id": {"type": "NotEquals", "value": "acme"}}}', '{}', 'Because of a test.');
SELECT rbac.set_caller(NULL, NULL, false);
\set VERBOSITY sqlstate
SELECT rbac.modify_organization('acme', '{"operator": true}');
\set VERBOSITY default
DELETE FROM rbac.temporary_grant;
SELECT rbac.modify_organization('acme', '{"operator": true}');

DELETE FROM rbac.organization;
DELETE FROM rbac.permission WHERE NOT is_builtin;
TRUNCATE rbac.audit_event RESTART IDENTITY;
