-- Review functions: who has which role, and what it lets them do.
\set SHOW_CONTEXT never
CREATE FUNCTION pg_temp.attempt(command text, OUT state text, OUT message text) LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE 'SELECT rbac.' || command;
    state := 'done';
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE, message = MESSAGE_TEXT;
    message := regexp_replace(message, '[0-9a-f]{24}', '(id)', 'i');
END
$$;
CREATE PROCEDURE pg_temp.act_as(organization text, user_id text) LANGUAGE plpgsql AS $$
BEGIN
    PERFORM rbac.set_caller(organization, user_id, false);
END
$$;
-- Roles by name, with the ids by which rbac.get_roles, get_scoped_roles and
-- get_application_roles know them.
CREATE TEMP TABLE role (name text COLLATE "C" PRIMARY KEY, id text);
CREATE FUNCTION pg_temp.id(of text) RETURNS text LANGUAGE sql RETURN (SELECT r.id FROM role AS r WHERE r.name = of);
CREATE FUNCTION pg_temp.grant_of(permission text, conditions jsonb DEFAULT '{}') RETURNS rbac.privileges LANGUAGE sql
RETURN jsonb_build_array(jsonb_build_object('permission_name', permission, 'conditions', conditions))::rbac.privileges;
DO $$
BEGIN
    PERFORM rbac.create_organization(o, s) FROM (VALUES ('acme', '{}'::jsonb), ('beta', '{}'), ('ops', '{"operator": true}')) AS v (o, s);
    PERFORM rbac.create_user('acme', u) FROM unnest(ARRAY['ann', 'bob', 'eve', 'zoe']) AS u;
    PERFORM rbac.create_user('beta', 'max'), rbac.create_user('ops', 'root'), rbac.create_application('acme', 'crm'), rbac.create_group('acme', 'team'), rbac.create_group('acme', 'void');
    PERFORM rbac.define_permission('Doc:' || p, '{"region": "string", "owner": "string"}') FROM unnest(ARRAY['Read', 'Write', 'Erase']) AS p;
    PERFORM rbac.create_role('acme', r, 'x', g, 'client', i) FROM (VALUES ('base', pg_temp.grant_of('Doc:Read', '{"region": {"type": "Equals", "value": "eu"}}'), NULL::text[]), ('middle', pg_temp.grant_of('Doc:Write', '{"owner": {"type": "Equals", "value": "{self_user_id}"}}'), '{base}'), ('top', '[]', '{middle}')) AS v (r, g, i);
    INSERT INTO role SELECT name, id FROM rbac.get_roles('acme') UNION ALL
        VALUES ('project', rbac.create_scoped_role('acme', 'project', pg_temp.grant_of('Doc:Erase'), 'base')::text), ('crm', rbac.create_application_role('acme', 'crm', 'base', '{refund}'));
    PERFORM rbac.assign_role('acme', 'top', 'ann'), rbac.assign_role('acme', 'base', 'bob'), rbac.add_group_member('acme', 'team', u) FROM unnest(ARRAY['bob', 'eve']) AS u;
    PERFORM rbac.assign_scoped_role((SELECT s.id FROM rbac.get_scoped_roles('acme', 'organization', 'middle') AS s), group_id => 'team');
    PERFORM rbac.assign_scoped_role(pg_temp.id('project')::uuid, 'ann', NULL, 'w1', p) FROM unnest(ARRAY['p1', 'p2']) AS p;
    PERFORM rbac.assign_scoped_role(pg_temp.id('project')::uuid, NULL, 'team', 'w1', 'p1');
    PERFORM rbac.assign_application_role('acme', 'crm', pg_temp.id('crm'), '{ann}', 'User'), rbac.assign_application_role('acme', 'crm', pg_temp.id('crm'), '{crm}', 'Application'), rbac.assign_application_role('acme', 'crm', pg_temp.id('crm'), '{void}', 'Group');
    PERFORM rbac.create_temporary_permission_grant('acme', 'zoe', 'PT1H', '{"permission_name": "Doc:Write", "conditions": {}}', '{}', 'Because of a test.');
END
$$;

-- Users of a role: directly; and by groups, and by roles that inherit from it.
SELECT name, ARRAY(SELECT rbac.assigned_users('acme', role_id => id)) AS assigned, ARRAY(SELECT rbac.authorized_users('acme', role_id => id)) AS authorized FROM role ORDER BY name;
-- The name is that of a role of the organization itself.
SELECT ARRAY(SELECT rbac.assigned_users('acme', 'base')) AS assigned, ARRAY(SELECT rbac.authorized_users('acme', 'base')) AS authorized;
-- Roles of a user, and where they count.
SELECT u, r.role_id = role.id AS same_id, role.name, r.role_name, r.level, r.app_id, r.workspace_id, r.project_id FROM unnest(ARRAY['ann', 'bob', 'eve', 'zoe']) AS u CROSS JOIN LATERAL rbac.assigned_roles('acme', u) AS r LEFT JOIN role ON role.id = r.role_id ORDER BY u, name, project_id;
SELECT u, role.name, r.role_name, r.level, r.app_id, r.workspace_id, r.project_id FROM unnest(ARRAY['ann', 'bob', 'eve', 'zoe']) AS u CROSS JOIN LATERAL rbac.authorized_roles('acme', u) AS r LEFT JOIN role ON role.id = r.role_id ORDER BY u, name, project_id;
-- Both sides tell the same.
SELECT (SELECT jsonb_agg(DISTINCT ARRAY[u, role.name]) FROM role CROSS JOIN LATERAL rbac.authorized_users('acme', role_id => role.id) AS u)
     = (SELECT jsonb_agg(DISTINCT ARRAY[u, role.name]) FROM unnest(ARRAY['ann', 'bob', 'eve', 'zoe']) AS u CROSS JOIN LATERAL rbac.authorized_roles('acme', u) AS r JOIN role ON role.id = r.role_id) AS authorized_agree,
       (SELECT jsonb_agg(DISTINCT ARRAY[u, role.name]) FROM role CROSS JOIN LATERAL rbac.assigned_users('acme', role_id => role.id) AS u)
     = (SELECT jsonb_agg(DISTINCT ARRAY[u, role.name]) FROM unnest(ARRAY['ann', 'bob', 'eve', 'zoe']) AS u CROSS JOIN LATERAL rbac.assigned_roles('acme', u) AS r JOIN role ON role.id = r.role_id) AS assigned_agree;
-- Another version has another id; the old one is nobody's.
SELECT rbac.modify_role('acme', 'top', frontend_view => 'admin') AS new_id \gset
SELECT a.* FROM pg_temp.attempt(format('assigned_users(''acme'', role_id => %L)', pg_temp.id('top'))) AS a;
UPDATE role SET id = :'new_id' WHERE name = 'top';
SELECT * FROM rbac.assigned_users('acme', role_id => :'new_id');

-- Permissions: of roles, with what they inherit; of users, as checks use them.
SELECT name, g FROM role CROSS JOIN LATERAL rbac.role_permissions('acme', role_id => id) AS g ORDER BY name, g::text;
SELECT g FROM rbac.user_permissions('acme', 'eve') AS g ORDER BY g::text;
SELECT g FROM rbac.user_permissions('acme', 'zoe') AS g;
SELECT u, (SELECT jsonb_agg(g::text ORDER BY g::text) FROM rbac.user_permissions('acme', u) AS g) = (SELECT jsonb_agg(g::text ORDER BY g::text) FROM rbac.grants(rbac.effective_privileges('acme', u)) AS g) AS as_checked FROM unnest(ARRAY['ann', 'bob', 'eve', 'zoe']) AS u;

-- Operations on an object: what the role or the user may do with it.
SELECT role, object, ARRAY(SELECT rbac.role_operations_on_object('acme', category => 'Doc', attributes => object, role_id => pg_temp.id(role))) FROM unnest(ARRAY['base', 'top', 'project']) AS role, unnest(ARRAY['{}', '{"region": "eu"}', '{"region": "eu", "owner": "ann"}', '{"region": "eu", "org_id": "acme"}', '{"region": "eu", "org_id": "beta"}']::jsonb[]) AS object;
SELECT u, object, ARRAY(SELECT rbac.user_operations_on_object('acme', u, 'Doc', object)) FROM unnest(ARRAY['ann', 'eve', 'zoe']) AS u, unnest(ARRAY['{}', '{"region": "eu", "owner": "ann"}', '{"workspace_id": "w1", "project_id": "p2"}', '{"workspace_id": "w1"}', '{"org_id": "beta"}']::jsonb[]) AS object;
SELECT ARRAY(SELECT rbac.user_operations_on_object('acme', 'ann', c)) FROM unnest(ARRAY['doc', 'Doc:Read', '', 'Nothing', '*']) AS c;
SELECT * FROM rbac.user_operations_on_object('acme', 'ann', 'Application', '{"application_id": "crm", "permission": "refund"}');

-- An operator's roles count in every organization.
SELECT rbac.create_role('ops', 'reader', 'x', pg_temp.grant_of('Doc:Read'), 'client') \gset
SELECT rbac.assign_role('ops', 'reader', 'root') \gset
SELECT o, ARRAY(SELECT rbac.role_operations_on_object('ops', 'reader', 'Doc', o)) AS role, ARRAY(SELECT rbac.user_operations_on_object('ops', 'root', 'Doc', o)) AS user FROM unnest(ARRAY['{}', '{"org_id": "acme"}']::jsonb[]) AS o;

-- Users see themselves; what others have, and roles, need Role:GetRole.
CALL pg_temp.act_as('acme', 'eve');
SELECT c, a.* FROM unnest(ARRAY[$$assigned_roles('acme', 'eve')$$, $$authorized_roles('acme', 'eve')$$, $$user_permissions('acme', 'eve')$$, $$user_operations_on_object('acme', 'eve', 'Doc')$$, $$assigned_roles('acme', 'ann')$$, $$authorized_roles('acme', 'ann')$$, $$user_permissions('acme', 'ann')$$, $$user_operations_on_object('acme', 'ann', 'Doc')$$,
    $$assigned_users('acme', 'base')$$, $$authorized_users('acme', 'base')$$, $$role_permissions('acme', 'base')$$, $$role_operations_on_object('acme', 'base', 'Doc')$$]) AS c CROSS JOIN LATERAL pg_temp.attempt(c) AS a;
CALL pg_temp.act_as(NULL, NULL);
SELECT rbac.create_role('acme', 'viewer', 'x', (SELECT jsonb_agg(jsonb_build_object('permission_name', 'Role:GetRole', 'conditions', c)) FROM unnest(ARRAY['{"role_level": {"type": "Equals", "value": "project"}}', '{"application_id": {"type": "Equals", "value": "crm"}}', '{"user_id": {"type": "Equals", "value": "ann"}}']::jsonb[]) AS c)::rbac.privileges, 'client'), rbac.assign_role('acme', 'viewer', 'zoe') \gset
CALL pg_temp.act_as('acme', 'zoe');
SELECT name, a.* FROM role CROSS JOIN LATERAL pg_temp.attempt(format('assigned_users(''acme'', role_id => %L)', id)) AS a ORDER BY name;
SELECT u, a.* FROM unnest(ARRAY['ann', 'bob', 'team', 'crm', 'nobody', 'Ann']) AS u CROSS JOIN LATERAL pg_temp.attempt(format('authorized_roles(''acme'', %L)', u)) AS a;
-- Groups and applications hold roles too, and an application sees itself.
CALL pg_temp.act_as(NULL, NULL);
SELECT u, r.role_name, r.level, r.workspace_id, r.project_id FROM unnest(ARRAY['team', 'crm']) AS u CROSS JOIN LATERAL rbac.authorized_roles('acme', u) AS r ORDER BY r.level, r.role_name;
CALL pg_temp.act_as('acme', 'crm');
SELECT c, a.* FROM unnest(ARRAY[$$assigned_roles('acme', 'crm')$$, $$user_permissions('acme', 'crm')$$, $$assigned_roles('acme', 'team')$$, $$user_permissions('acme', 'team')$$]) AS c CROSS JOIN LATERAL pg_temp.attempt(c) AS a;
-- Bad arguments: a role is named in one way.
CALL pg_temp.act_as(NULL, NULL);
SELECT c, a.* FROM unnest(ARRAY[$$assigned_users('acme')$$, $$assigned_users('acme', 'base', 'x')$$, $$assigned_users('acme', 'Base')$$, $$authorized_users('acme', role_id => 'x')$$, $$role_permissions('beta', 'base')$$, $$role_permissions('beta', role_id => pg_temp.id('crm'))$$, $$role_permissions('acme', role_id => upper(pg_temp.id('crm')))$$,
    $$role_operations_on_object('acme', 'base')$$, $$role_operations_on_object('acme', 'base', 'Doc', '[]')$$, $$role_operations_on_object('acme', 'base', 'Doc', '{"region": []}')$$, $$user_operations_on_object('acme', 'ann')$$, $$user_operations_on_object('acme', 'ann', 'Doc', NULL)$$, $$assigned_roles('acme')$$, $$user_permissions('nowhere', 'ann')$$]) AS c CROSS JOIN LATERAL pg_temp.attempt(c) AS a;
-- Strangers learn nothing.
SELECT rbac.create_role('beta', 'all', 'x', pg_temp.grant_of('*'), 'admin'), rbac.assign_role('beta', 'all', 'max') \gset
CALL pg_temp.act_as('beta', 'max');
SELECT c, a.* FROM unnest(ARRAY[$$assigned_users('acme', 'base')$$, $$authorized_users('acme', role_id => pg_temp.id('crm'))$$, $$assigned_roles('acme', 'ann')$$, $$authorized_roles('acme', 'nobody')$$, $$role_permissions('acme', 'nothing')$$, $$user_permissions('acme', 'ann')$$, $$role_operations_on_object('acme', 'base', 'Doc')$$, $$user_operations_on_object('acme', 'ann', 'Doc')$$]) AS c
CROSS JOIN LATERAL pg_temp.attempt(c) AS a;

CALL pg_temp.act_as(NULL, NULL);
DELETE FROM rbac.organization;
DELETE FROM rbac.permission WHERE NOT is_builtin;
TRUNCATE rbac.audit_event RESTART IDENTITY;
