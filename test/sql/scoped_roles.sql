-- Scoped roles: of workspaces, of projects, and those of the organization by their
-- uuid. How far somebody can hand them out is in escalation_scopes.
\set SHOW_CONTEXT never
CREATE FUNCTION pg_temp.attempt(command text, OUT state text, OUT message text) LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE 'SELECT rbac.' || command;
    state := 'done';
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE, message = MESSAGE_TEXT;
    message := regexp_replace(message, '[0-9a-f]{8}-[0-9a-f-]{27}', '(uuid)');
END
$$;
CREATE PROCEDURE pg_temp.act_as(organization text, user_id text) LANGUAGE plpgsql AS $$
BEGIN
    PERFORM rbac.set_caller(organization, user_id, false);
END
$$;
-- Roles by name, of acme unless the name says otherwise.
CREATE TEMP TABLE role (name text COLLATE "C" PRIMARY KEY, id uuid);
CREATE FUNCTION pg_temp.id(of text) RETURNS uuid LANGUAGE sql RETURN (SELECT r.id FROM role AS r WHERE r.name = of);
CREATE FUNCTION pg_temp.grant_of(permission text, conditions jsonb DEFAULT '{}') RETURNS rbac.privileges LANGUAGE sql
RETURN jsonb_build_array(jsonb_build_object('permission_name', permission, 'conditions', conditions))::rbac.privileges;
DO $$
BEGIN
    PERFORM rbac.create_organization(o) FROM unnest(ARRAY['acme', 'beta']) AS o;
    PERFORM rbac.create_user('acme', u) FROM unnest(ARRAY['ann', 'bob', 'eve']) AS u;
    PERFORM rbac.create_user('beta', 'max'), rbac.create_group('acme', 'team'), rbac.create_group('beta', 'team'), rbac.create_application('acme', 'crm');
    PERFORM rbac.define_permission('Doc:Read', '{"region": "string"}'), rbac.define_permission('Doc:Write', '{"workspace_id": "string"}');
    PERFORM rbac.create_role('acme', r, 'x', g, 'client') FROM (VALUES ('Reader', pg_temp.grant_of('Doc:Read')), ('Empty', '[]')) AS v (r, g);
    INSERT INTO role SELECT role_name, id FROM rbac.get_scoped_roles('acme');
END
$$;

-- Create: names are of a level; a role needs no name.
INSERT INTO role VALUES ('reader', rbac.create_scoped_role('acme', 'project', pg_temp.grant_of('Doc:Read'), 'Reader', 'Reads.')),
    ('writer', rbac.create_scoped_role('acme', 'workspace', pg_temp.grant_of('Doc:Write'), 'Writer')), ('namesake', rbac.create_scoped_role('acme', 'workspace', pg_temp.grant_of('Doc:Read'), 'Reader')),
    ('share', rbac.create_scoped_role('acme', 'project', pg_temp.grant_of('Doc:Read'), type => 'share')), ('unnamed', rbac.create_scoped_role('acme', 'project', pg_temp.grant_of('*'))),
    ('system', rbac.create_scoped_role('acme', 'project', pg_temp.grant_of('Doc:Read'), 'system', system_managed => true)), ('beta reader', rbac.create_scoped_role('beta', 'project', pg_temp.grant_of('Doc:Read'), 'Reader'));
SELECT name, r.id = role.id AS same_id, r.role_name, r.description, r.organization, r.level, r.system_managed, r.type, r.permission_grants
FROM role CROSS JOIN LATERAL rbac.get_scoped_role(id) AS r ORDER BY r.organization, r.level, name;
SELECT level, role_name FROM rbac.get_scoped_roles('acme');
SELECT level, role_name FROM rbac.get_scoped_roles('acme', 'project', 'Reader') UNION ALL SELECT level, role_name FROM rbac.get_scoped_roles('acme', role_name => 'reader');
-- Roles of the organization itself are what rbac.get_roles lists.
SELECT name FROM rbac.get_roles('acme');
SELECT what, a.* FROM (VALUES
    ('a name that is taken', $$'acme', 'project', pg_temp.grant_of('*'), 'Reader'$$), ('that differs by case', $$'acme', 'project', pg_temp.grant_of('*'), 'READER'$$), ('and by white space', $$'acme', 'project', pg_temp.grant_of('*'), ' Reader'$$),
    ('no name', $$'acme', 'project', pg_temp.grant_of('*'), ''$$), ('50', $$'acme', 'project', pg_temp.grant_of('*'), repeat('x', 50)$$), ('51', $$'acme', 'project', pg_temp.grant_of('*'), repeat('x', 51)$$),
    ('no description', $$'acme', 'project', pg_temp.grant_of('*'), NULL, ''$$), ('256', $$'acme', 'project', pg_temp.grant_of('*'), NULL, repeat('x', 256)$$), ('257', $$'acme', 'project', pg_temp.grant_of('*'), NULL, repeat('x', 257)$$),
    ('no grants', $$'acme', 'project', '[]'$$), ('nor NULL', $$'acme', 'project', NULL$$), ('level organization', $$'acme', 'organization', pg_temp.grant_of('*')$$), ('even with no grants', $$'acme', 'organization', NULL$$), ('no level', $$'acme', NULL, pg_temp.grant_of('*')$$),
    ('unknown permission', $$'acme', 'project', pg_temp.grant_of('Doc:Print')$$), ('unknown attribute', $$'acme', 'project', pg_temp.grant_of('Doc:Read', '{"x": {"type": "Equals", "value": "x"}}')$$),
    ('placeholder for a scope', $$'acme', 'project', pg_temp.grant_of('Doc:Write', '{"workspace_id": {"type": "Equals", "value": "{self_user_id}"}}')$$), ('unknown organization', $$'nowhere', 'project', pg_temp.grant_of('*')$$)) AS v (what, arguments)
CROSS JOIN LATERAL pg_temp.attempt(format('create_scoped_role(%s)', arguments)) AS a;
DELETE FROM rbac.role WHERE organization = 'acme' AND role_name IN ('READER', ' Reader', repeat('x', 50)) OR role IN (SELECT role FROM rbac.role_version WHERE description = repeat('x', 256));

-- The uuid of a role is its own for ever, and no other uuid means a role.
SELECT count(*), bool_and(rbac_internal.role_of_uuid(rbac_internal.role_uuid(i)) = i) AS there_and_back, count(DISTINCT rbac_internal.role_uuid(i)) AS different
FROM (SELECT left(md5(n::text), 24) AS i FROM generate_series(1, 10000) AS n UNION ALL VALUES (repeat('0', 24)), (repeat('f', 24))) AS v;
SELECT count(rbac_internal.role_of_uuid(u)) FROM (SELECT gen_random_uuid() AS u FROM generate_series(1, 1000)) AS v;
-- One digit that differs anywhere is another role, or none.
SELECT count(*), count(rbac_internal.role_of_uuid(u)) AS roles, count(*) FILTER (WHERE rbac_internal.role_of_uuid(u) = '0123456789abcdef01234567') AS the_same FROM generate_series(1, 32) AS n
CROSS JOIN LATERAL (SELECT overlay(d.digits PLACING CASE substr(d.digits, n, 1) WHEN '7' THEN '6' ELSE '7' END FROM n)::uuid AS u FROM replace(rbac_internal.role_uuid('0123456789abcdef01234567')::text, '-', '') AS d (digits)) AS changed;
SELECT a.* FROM unnest(ARRAY[gen_random_uuid(), rbac_internal.role_uuid('0123456789abcdef01234567')]) AS u CROSS JOIN LATERAL pg_temp.attempt(format('get_scoped_role(%L)', u)) AS a;
SELECT regexp_replace(pg_temp.id('reader')::text, '[0-9a-f]', 'x', 'g'), substr(pg_temp.id('reader')::text, 15, 1) AS version, substr(pg_temp.id('reader')::text, 20, 1) AS variant;

-- Assign: in the scope that the role is for, to a user or a group of its organization.
SELECT role, rest, a.* FROM (VALUES
    ('reader', $$'ann', NULL, 'w1', 'p1'$$), ('reader', $$'ann', NULL, 'w1', 'p1'$$), ('reader', $$'ann', NULL, 'w1', 'P1'$$), ('reader', $$NULL, 'team', 'w1', 'p1'$$), ('writer', $$'ann', NULL, 'w1'$$), ('Reader', $$NULL, 'team'$$), ('Empty', $$'eve'$$),
    ('reader', $$'ann', NULL, 'w1'$$), ('reader', $$'ann'$$), ('writer', $$'ann', NULL, 'w1', 'p1'$$), ('writer', $$'ann'$$), ('Reader', $$'ann', NULL, 'w1'$$), ('Reader', $$'ann', NULL, 'w1', 'p1'$$), ('share', $$'ann', NULL, 'w1', 'p1'$$),
    ('reader', $$'ann', NULL, NULL, 'p1'$$), ('reader', $$'ann', 'team', 'w1', 'p1'$$), ('reader', $$NULL, NULL, 'w1', 'p1'$$), ('reader', $$'ann', NULL, '', 'p1'$$), ('reader', $$'ann', NULL, 'w1', '{self_user_id}'$$), ('reader', $$'ann', NULL, 'w1', repeat('x', 257)$$),
    ('reader', $$'team', NULL, 'w1', 'p1'$$), ('reader', $$NULL, 'ann', 'w1', 'p1'$$), ('reader', $$'crm', NULL, 'w1', 'p1'$$), ('reader', $$'max', NULL, 'w1', 'p1'$$), ('reader', $$'Ann', NULL, 'w1', 'p1'$$), ('beta reader', $$'ann', NULL, 'w1', 'p1'$$), ('beta reader', $$NULL, 'team', 'w1', 'p1'$$)) AS v (role, rest)
CROSS JOIN LATERAL pg_temp.attempt(format('assign_scoped_role(%L, %s)', pg_temp.id(role), rest)) AS a;
SELECT a.* FROM unnest(ARRAY['NULL', quote_literal(gen_random_uuid())]) AS u CROSS JOIN LATERAL pg_temp.attempt(format('assign_scoped_role(%s, ''ann'', NULL, ''w1'', ''p1'')', u)) AS a;
SELECT name, (rbac.get_scoped_role_assignments(id)).* FROM role ORDER BY name;
SELECT * FROM rbac.get_scoped_role_assignments(pg_temp.id('reader'), 'w1', 'P1') UNION ALL SELECT * FROM rbac.get_scoped_role_assignments(pg_temp.id('reader'), 'w2');
SELECT a.* FROM pg_temp.attempt($$get_scoped_role_assignments(pg_temp.id('reader'), NULL, 'p1')$$) AS a;

-- What a check sees: only requests that have the scope, and all of it.
CREATE FUNCTION pg_temp.reads(user_id text, attributes jsonb) RETURNS boolean LANGUAGE sql RETURN rbac.check_access('acme', user_id, 'Doc:Read', attributes);
SELECT attributes, pg_temp.reads('ann', attributes) AS ann, pg_temp.reads('bob', attributes) AS bob FROM unnest(ARRAY[
    '{"workspace_id": "w1", "project_id": "p1"}', '{"workspace_id": "w1", "project_id": "p1", "region": "eu"}', '{"workspace_id": "w1", "project_id": "p2"}', '{"workspace_id": "w2", "project_id": "p1"}', '{"workspace_id": "W1", "project_id": "p1"}',
    '{"workspace_id": "w1"}', '{"project_id": "p1"}', '{"workspace_id": null, "project_id": "p1"}', '{}', '{"workspace_id": "w1", "project_id": "p1", "org_id": "beta"}']::jsonb[]) AS attributes;
-- bob has it through the group, which reads everywhere in the organization.
SELECT rbac.add_group_member('acme', 'team', 'bob') \gset
SELECT attributes, pg_temp.reads('bob', attributes) AS bob FROM unnest(ARRAY['{}', '{"workspace_id": "w1", "project_id": "p1"}', '{"org_id": "beta"}']::jsonb[]) AS attributes;
SELECT rbac.revoke_scoped_role(pg_temp.id('Reader'), group_id => 'team') \gset
SELECT attributes, pg_temp.reads('bob', attributes) AS bob FROM unnest(ARRAY['{}', '{"workspace_id": "w1", "project_id": "p1"}', '{"workspace_id": "w2", "project_id": "p1"}']::jsonb[]) AS attributes;
-- A grant's own condition on a scope counts together with where it is assigned.
INSERT INTO role VALUES ('own scope', rbac.create_scoped_role('acme', 'workspace', (pg_temp.grant_of('Doc:Write', '{"workspace_id": {"type": "In", "values": ["w1", "w2"]}}')::jsonb || pg_temp.grant_of('Doc:Write', '{"workspace_id": {"type": "NotEquals", "value": "w3"}}')::jsonb)::rbac.privileges));
SELECT rbac.assign_scoped_role(pg_temp.id('own scope'), 'eve', NULL, w) FROM unnest(ARRAY['w2', 'w3', 'w4']) AS w \g /dev/null
SELECT w, rbac.check_access('acme', 'eve', 'Doc:Write', jsonb_build_object('workspace_id', w)) FROM unnest(ARRAY['w1', 'w2', 'w3', 'w4']) AS w;
-- What a restricted role inherits from would be restricted alike.
INSERT INTO rbac.role_parent SELECT rbac_internal.role_of_uuid(pg_temp.id('writer')), rbac_internal.role_of_uuid(pg_temp.id('Reader'));
SELECT attributes, pg_temp.reads('ann', attributes) AS ann FROM unnest(ARRAY['{"workspace_id": "w1"}', '{"workspace_id": "w2"}', '{}']::jsonb[]) AS attributes;
DELETE FROM rbac.role_parent;
-- Policies: columns of type text and uuid; text of a uuid is in lower case.
CREATE TEMP TABLE doc (n integer, workspace_id text, project_id uuid);
INSERT INTO doc VALUES (1, 'w1', '6b0268a0-0000-4000-8000-00000000000a'), (2, 'w1', '6b0268a0-0000-4000-8000-00000000000b'), (3, 'w2', '6b0268a0-0000-4000-8000-00000000000a'), (4, NULL, '6b0268a0-0000-4000-8000-00000000000a'), (5, 'w1', NULL);
ALTER TABLE doc ENABLE ROW LEVEL SECURITY;
CREATE POLICY read ON doc FOR SELECT USING (rbac.has_permission('Doc:Read', 'workspace_id', workspace_id, 'project_id', project_id));
CREATE POLICY write ON doc FOR INSERT WITH CHECK (rbac.has_permission('Doc:Write', 'workspace_id', workspace_id, 'project_id', project_id));
CREATE ROLE regress_app;
GRANT SELECT, INSERT ON doc TO regress_app;
SELECT rbac.assign_scoped_role(pg_temp.id('reader'), 'ann', NULL, 'w1', p) FROM unnest(ARRAY['6b0268a0-0000-4000-8000-00000000000a', '6B0268A0-0000-4000-8000-00000000000B']) AS p \g /dev/null
CALL pg_temp.act_as('acme', 'ann');
SET ROLE regress_app;
SELECT * FROM doc;
INSERT INTO doc VALUES (6, 'w1', '6b0268a0-0000-4000-8000-00000000000b');
INSERT INTO doc VALUES (7, 'w2', NULL);
RESET ROLE;
CALL pg_temp.act_as(NULL, NULL);

-- Modify: a role keeps its id and who has it.
SELECT what, role, a.* FROM (VALUES
    ('description', 'reader', $$description => 'Reads much.'$$), ('name', 'reader', $$'Viewer'$$), ('taken', 'reader', $$'system'$$), ('at another level', 'reader', $$'Writer'$$), ('an unnamed one', 'unnamed', $$'Named'$$), ('50', 'unnamed', $$repeat('x', 50)$$), ('51', 'reader', $$repeat('x', 51)$$), ('257', 'reader', $$NULL, repeat('x', 257)$$),
    ('no grants', 'reader', $$permission_grants => '[]'$$), ('unknown permission', 'reader', $$permission_grants => pg_temp.grant_of('Doc:Print')$$), ('grants', 'reader', $$permission_grants => pg_temp.grant_of('Doc:*')$$), ('nothing', 'reader', 'NULL'), ('system managed', 'system', $$description => 'x'$$),
    ('all', 'Reader', $$' Viewer ', 'y', pg_temp.grant_of('Doc:Write')$$), ('name of a route', 'Reader', $$'temporary_permission_grant'$$), ('none in the end', 'Empty', $$description => 'x'$$), ('some in the end', 'Empty', $$permission_grants => pg_temp.grant_of('Doc:Read')$$)) AS v (what, role, arguments)
CROSS JOIN LATERAL pg_temp.attempt(format('modify_scoped_role(pg_temp.id(%L), %s)', role, arguments)) AS a;
SELECT name, r.role_name, r.description, r.permission_grants FROM role CROSS JOIN LATERAL rbac.get_scoped_role(id) AS r WHERE name IN ('reader', 'Reader', 'unnamed', 'system') ORDER BY name;
SELECT name, description, permission_grants FROM rbac.get_roles('acme', true, name => '{Viewer}');
SELECT pg_temp.reads('ann', '{"workspace_id": "w1", "project_id": "p1"}'), rbac.check_access('acme', 'ann', 'Doc:Write', '{"workspace_id": "w1", "project_id": "P1"}');

-- Conditions: a grant needs room for the organization and for the scope of its role.
CREATE FUNCTION pg_temp.many(n integer) RETURNS rbac.privileges LANGUAGE sql RETURN pg_temp.grant_of('Doc:Many', (SELECT jsonb_object_agg('a' || i, '{"type": "Equals", "value": "x"}'::jsonb) FROM generate_series(1, n) AS i));
SELECT rbac.define_permission('Doc:Many', (SELECT jsonb_object_agg('a' || i, 'string') FROM generate_series(1, 64) AS i)) \gset
SELECT c, a.state FROM unnest(ARRAY[$$create_scoped_role('acme', 'project', pg_temp.many(61), 'full')$$, $$create_scoped_role('acme', 'project', pg_temp.many(62))$$, $$create_scoped_role('acme', 'workspace', pg_temp.many(62))$$, $$create_scoped_role('acme', 'workspace', pg_temp.many(63))$$,
    $$modify_scoped_role(pg_temp.id('reader'), permission_grants => pg_temp.many(62))$$, $$modify_scoped_role(pg_temp.id('Reader'), permission_grants => pg_temp.many(63))$$, $$modify_scoped_role(pg_temp.id('Reader'), permission_grants => pg_temp.many(64))$$,
    $$assign_scoped_role((SELECT id FROM rbac.get_scoped_roles('acme', 'project', 'full')), 'ann', NULL, 'w1', 'p1')$$]) AS c CROSS JOIN LATERAL pg_temp.attempt(c) AS a;

-- Revoke: what was assigned, where it was.
SELECT role, rest, a.* FROM (VALUES ('reader', $$'ann', NULL, 'w1', 'p2'$$), ('reader', $$'ann', NULL, 'w1'$$), ('reader', $$'bob', NULL, 'w1', 'p1'$$), ('reader', $$'nobody', NULL, 'w1', 'p1'$$), ('reader', $$NULL, 'team', 'w1', 'p1'$$), ('reader', $$NULL, 'team', 'w1', 'p1'$$),
    ('reader', $$'ann', NULL, 'w1', 'p1'$$), ('reader', $$'ann', NULL, NULL, 'p1'$$), ('reader', $$'ann', 'team', 'w1', 'p1'$$), ('writer', $$'ann', NULL, 'w1'$$), ('beta reader', $$'ann', NULL, 'w1', 'p1'$$)) AS v (role, rest)
CROSS JOIN LATERAL pg_temp.attempt(format('revoke_scoped_role(%L, %s)', pg_temp.id(role), rest)) AS a;
-- A user keeps the last role of the organization; a group need not have any.
SELECT what, a.* FROM (VALUES ('the last', $$revoke_scoped_role(pg_temp.id('Empty'), 'eve')$$), ('one more', $$assign_scoped_role(pg_temp.id('Reader'), 'eve')$$), ('not the last', $$revoke_scoped_role(pg_temp.id('Empty'), 'eve')$$), ('the last, in a project', $$revoke_scoped_role(pg_temp.id('own scope'), 'eve', NULL, 'w2')$$),
    ('a group''s', $$assign_scoped_role(pg_temp.id('Empty'), NULL, 'team')$$), ('only', $$revoke_scoped_role(pg_temp.id('Empty'), NULL, 'team')$$), ('the last, by name', $$revoke_role('acme', 'Viewer', 'eve')$$)) AS v (what, call) CROSS JOIN LATERAL pg_temp.attempt(call) AS a;

-- The owner keeps the admin role, on every path; not other roles, nor do others.
SELECT rbac.create_role('acme', 'Admin', 'x', pg_temp.grant_of('*'), 'admin'), rbac.modify_organization('acme', '{"owner": "ann"}') \gset
INSERT INTO role SELECT 'Admin', id FROM rbac.get_scoped_roles('acme', 'organization', 'Admin');
SELECT rbac.assign_role('acme', r, u, false) FROM (VALUES ('Admin', 'ann'), ('Viewer', 'ann'), ('Admin', 'bob')) AS v (r, u) \g /dev/null
CALL pg_temp.act_as('acme', 'bob');
SELECT c, a.* FROM unnest(ARRAY[$$assign_role('acme', 'Viewer', 'ann')$$, $$revoke_role('acme', 'Admin', 'ann')$$, $$revoke_scoped_role(pg_temp.id('Admin'), 'ann')$$, $$delete_scoped_role(pg_temp.id('Admin'))$$, $$modify_scoped_role(pg_temp.id('Admin'), 'Boss')$$, $$modify_scoped_role(pg_temp.id('Admin'), 'Admin', 'y')$$,
    $$revoke_role('acme', 'Viewer', 'ann')$$, $$modify_scoped_role(pg_temp.id('Reader'), 'Guest')$$]) AS c CROSS JOIN LATERAL pg_temp.attempt(c) AS a;
CALL pg_temp.act_as(NULL, NULL);
SELECT c, a.* FROM unnest(ARRAY[$$revoke_role('acme', 'Admin', 'ann')$$, $$assign_role('acme', 'Guest', 'ann')$$, $$delete_scoped_role(pg_temp.id('Admin'))$$, $$modify_organization('acme', '{"owner": 1}')$$, $$modify_organization('acme', jsonb_build_object('admin_role', repeat('x', 257)))$$, $$modify_organization('acme', '{"owner": "bob"}')$$,
    $$revoke_role('acme', 'Admin', 'ann')$$, $$modify_organization('acme', '{"admin_role": "Guest"}')$$, $$modify_scoped_role(pg_temp.id('Admin'), 'Boss')$$, $$revoke_role('acme', 'Boss', 'bob')$$]) AS c CROSS JOIN LATERAL pg_temp.attempt(c) AS a;
-- rbac.assign_role replaces roles of the organization, not those of scopes.
SELECT rbac.assign_role('acme', 'Empty', 'ann') \gset
SELECT name, (rbac.get_scoped_role_assignments(id)).* FROM role WHERE name <> 'own scope' ORDER BY name;

-- Delete: with its assignments. The system may delete what is system managed.
SELECT rbac.assign_scoped_role(pg_temp.id('system'), 'eve', NULL, 'w1', 'p1'), rbac.create_role('acme', 'deleter', 'x', pg_temp.grant_of('*'), 'admin'), rbac.assign_role('acme', 'deleter', 'bob') \gset
CALL pg_temp.act_as('acme', 'bob');
SELECT c, a.* FROM unnest(ARRAY['system', 'reader', 'Reader', 'reader']) AS c CROSS JOIN LATERAL pg_temp.attempt(format('delete_scoped_role(%L)', pg_temp.id(c))) AS a;
SELECT a.* FROM unnest(ARRAY[$$create_scoped_role('acme', 'project', pg_temp.grant_of('Doc:Read'), system_managed => true)$$, $$create_scoped_role('acme', 'project', pg_temp.grant_of('Doc:Read'), system_managed => NULL)$$]) AS c CROSS JOIN LATERAL pg_temp.attempt(c) AS a;
CALL pg_temp.act_as(NULL, NULL);
SELECT a.* FROM pg_temp.attempt($$delete_scoped_role(pg_temp.id('system'))$$) AS a;
SELECT pg_temp.reads('eve', '{"workspace_id": "w1", "project_id": "p1"}'), (SELECT count(*) FROM rbac.assignment AS a LEFT JOIN rbac.role AS r USING (role) WHERE r.role IS NULL) AS orphans;

-- Strangers: a role of another organization is none, whatever they may at home.
SELECT rbac.create_role('beta', 'all', 'x', pg_temp.grant_of('*'), 'admin'), rbac.assign_role('beta', 'all', 'max') \gset
CALL pg_temp.act_as('beta', 'max');
SELECT c, a.* FROM unnest(ARRAY['get_scoped_role(%L)', 'modify_scoped_role(%L)', 'delete_scoped_role(%L)', 'assign_scoped_role(%L, ''max'')', 'revoke_scoped_role(%L, ''max'')', 'get_scoped_role_assignments(%L)', 'get_scoped_roles(''acme'')', 'create_scoped_role(''acme'', ''project'', pg_temp.grant_of(''*''))']) AS c
CROSS JOIN LATERAL pg_temp.attempt(format(c, pg_temp.id('writer'))) AS a;
SELECT role_name FROM rbac.get_scoped_roles('beta');

CALL pg_temp.act_as(NULL, NULL);
DROP TABLE doc;
DROP ROLE regress_app;
DELETE FROM rbac.organization;
DELETE FROM rbac.permission WHERE NOT is_builtin;
TRUNCATE rbac.audit_event RESTART IDENTITY;
