-- Applications and their roles. How far somebody can hand them out is in
-- escalation_scopes.
\set SHOW_CONTEXT never
CREATE FUNCTION pg_temp.attempt(command text, OUT state text, OUT message text, OUT detail text) LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE 'SELECT rbac.' || command;
    state := 'done';
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE, message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL;
    message := regexp_replace(message, '[0-9a-f]{24}|[0-9a-f]{8}-[0-9a-f-]{27}', '(id)', 'i');
END
$$;
CREATE PROCEDURE pg_temp.act_as(organization text, user_id text) LANGUAGE plpgsql AS $$
BEGIN
    PERFORM rbac.set_caller(organization, user_id, false);
END
$$;
-- Roles by name, of crm of acme.
CREATE TEMP TABLE role (name text COLLATE "C" PRIMARY KEY, id text);
CREATE FUNCTION pg_temp.id(of text) RETURNS text LANGUAGE sql RETURN (SELECT r.id FROM role AS r WHERE r.name = of);
-- What somebody may do with an application of acme.
CREATE FUNCTION pg_temp.may(organization text, user_id text, app_id text, permission text) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    result boolean;
BEGIN
    PERFORM rbac.set_caller(organization, user_id, false);
    result := rbac.has_permission('Application:Use', 'org_id', 'acme', 'application_id', app_id, 'permission', permission);
    PERFORM rbac.set_caller(NULL, NULL, false);
    RETURN result;
END
$$;
DO $$
BEGIN
    PERFORM rbac.create_organization(o) FROM unnest(ARRAY['acme', 'beta']) AS o;
    PERFORM rbac.create_user('acme', u) FROM unnest(ARRAY['ann', 'bob', 'eve']) AS u;
    PERFORM rbac.create_user('beta', 'max'), rbac.create_group('acme', 'team'), rbac.add_group_member('acme', 'team', 'bob');
END
$$;

-- Applications: principals with an id of their own.
SELECT c, a.state, a.message FROM unnest(ARRAY[$$create_application('acme', 'crm')$$, $$create_application('acme', 'CRM')$$, $$create_application('acme', 'shop')$$, $$create_application('beta', 'crm')$$, $$create_application('acme', 'crm')$$, $$create_application('acme', 'ann')$$, $$create_application('acme', 'team')$$,
    $$create_application('acme', '')$$, $$create_application('acme', '{self_org_id}')$$, $$create_application('acme', repeat('x', 257))$$, $$create_application('nowhere', 'crm')$$, $$create_user('acme', 'crm')$$, $$delete_application('acme', 'Shop')$$, $$delete_application('acme', 'ann')$$]) AS c CROSS JOIN LATERAL pg_temp.attempt(c) AS a;
SELECT * FROM rbac.get_applications('acme');

-- Roles: any texts, each once and in the order in which they come.
CREATE TEMP TABLE odd AS SELECT ARRAY['*', 'Role:*', 'a b', ' a b', U&'\+01F600', '1', '1.0', E'\n', 'A', 'a', '["x"]', '{self}', E'"\\', repeat('x', 8192)] AS texts;
INSERT INTO role VALUES ('agent', rbac.create_application_role('acme', 'crm', 'agent', '{refund,close,refund}', 'Helps.', 'Agent')),
    ('odd', rbac.create_application_role('acme', 'crm', 'odd', (SELECT texts FROM odd))), ('empty', rbac.create_application_role('acme', 'crm', 'empty'));
SELECT name, r.role_name, CASE WHEN name <> 'odd' THEN r.permissions END AS permissions, r.permissions = texts AS are_odd, r.app_id, r.description, r.display_name FROM odd, role CROSS JOIN LATERAL rbac.get_application_role('acme', 'crm', id) AS r ORDER BY name;
SELECT r.role_id = role.id AS same_id, r.role_name FROM rbac.get_application_roles('acme', 'crm') WITH ORDINALITY AS r LEFT JOIN role ON role.name = r.role_name ORDER BY r.ordinality;
SELECT what, a.* FROM (VALUES
    ('taken', $$'crm', 'agent'$$), ('by case', $$'crm', 'Agent'$$), ('of another application', $$'shop', 'agent'$$), ('no name', $$'crm', ''$$), ('white space', $$'crm', ' '$$), ('name of 257', $$'crm', repeat('x', 257)$$), ('no such application', $$'CRm', 'x'$$), ('no application', $$'ann', 'x'$$),
    ('empty text', $$'crm', 'x', '{a,""}'$$), ('NULL', $$'crm', 'x', '{a,NULL}'$$), ('placeholder', $$'crm', 'x', '{a,"{self_user_id}"}'$$), ('the other', $$'crm', 'x', '{"{self_org_id}"}'$$), ('NULL for all', $$'crm', 'y', NULL$$), ('two dimensions', $$'crm', 'z', '{{a,b},{b,c}}'$$),
    ('10,000', $$'crm', 'many', ARRAY(SELECT 'p' || i FROM generate_series(10000, 1, -1) AS i)$$), ('10,000, each twice', $$'shop', 'many', ARRAY(SELECT 'p' || i % 10000 FROM generate_series(1, 20000) AS i)$$), ('10,001', $$'crm', 'x', ARRAY(SELECT 'p' || i FROM generate_series(1, 10001) AS i)$$),
    ('long', $$'crm', 'x', ARRAY[repeat(U&'\00e9', 4097)]$$), ('9 MiB', $$'crm', 'x', ARRAY(SELECT repeat('x', 8000) || i FROM generate_series(1, 1200) AS i)$$), ('description', $$'crm', 'x', '{}', repeat('x', 10001)$$), ('display name', $$'crm', 'x', '{}', NULL, repeat('x', 257)$$), ('empty ones', $$'crm', 'w', '{}', '', ''$$), ('white space', $$'crm', 'v', '{}', ' ', ' '$$)) AS v (what, arguments)
CROSS JOIN LATERAL pg_temp.attempt(format('create_application_role(''acme'', %s)', arguments)) AS a;
SELECT role_name, cardinality(permissions), permissions[1:3], permissions[9999:], description, display_name FROM rbac.get_application_roles('acme', 'crm') WHERE role_name IN ('many', 'y', 'z', 'w');

-- Assign: all or none, of one type, and as often as one likes.
INSERT INTO role SELECT role_name, role_id FROM rbac.get_application_roles('acme', 'crm') WHERE role_name IN ('many');
SELECT what, a.state, a.message FROM (VALUES
    ('users', 'agent', $$'{ann,ann}', 'User'$$), ('again, and one more', 'agent', $$'{ann,eve}', 'User'$$), ('group', 'odd', $$'{team}', 'Group'$$), ('application', 'agent', $$'{shop}', 'Application'$$), ('itself', 'odd', $$'{crm}', 'Application'$$), ('all texts', 'many', $$'{eve}', 'User'$$),
    ('one is missing', 'odd', $$'{ann,nobody,nobody2}', 'User'$$), ('one is a group', 'odd', $$'{ann,team}', 'User'$$), ('one is a user', 'odd', $$'{team,ann}', 'Group'$$), ('one is of beta', 'odd', $$'{ann,max}', 'User'$$), ('by case', 'odd', $$'{Ann}', 'User'$$),
    ('none', 'odd', $$'{}', 'User'$$), ('NULL', 'odd', $$NULL, 'User'$$), ('NULL among them', 'odd', $$'{ann,NULL}', 'User'$$), ('empty id', 'odd', $$'{ann,""}', 'User'$$), ('10,001', 'odd', $$array_fill('ann'::text, '{10001}'), 'User'$$), ('type by case', 'odd', $$'{ann}', 'user'$$), ('no type', 'odd', $$'{ann}', NULL$$),
    ('no such role', 'x', $$'{ann}', 'User'$$)) AS v (what, role, rest) CROSS JOIN LATERAL pg_temp.attempt(format('assign_application_role(''acme'', ''crm'', %L, %s)', coalesce(pg_temp.id(role), repeat('0', 24)), rest)) AS a;
SELECT a.principal_id, r.name FROM rbac.assignment AS a JOIN role AS r ON r.id = a.role ORDER BY 1, 2;

-- What a check sees: this application, these texts, nothing but texts.
SELECT count(*), bool_and(pg_temp.may('acme', 'bob', 'crm', p)) AS each_for_bob, bool_or(pg_temp.may('acme', 'ann', 'crm', p)) AS any_for_ann FROM odd, unnest(texts) AS p;
SELECT user_id, p, pg_temp.may('acme', user_id, 'crm', p) AS crm, pg_temp.may('acme', user_id, 'CRM', p) AS "CRM", pg_temp.may('acme', user_id, 'shop', p) AS shop FROM (VALUES
    ('ann', 'refund'), ('ann', 'Refund'), ('ann', 'erase'), ('ann', NULL), ('bob', 'refund'), ('bob', '*'), ('bob', 'Role:*'), ('bob', 'Role:CreateRole'), ('bob', 'a b'), ('bob', '1.00'), ('eve', 'p1'), ('eve', 'p10000'), ('eve', 'p10001'), ('shop', 'refund'), ('crm', '*'), ('team', '*')) AS v (user_id, p);
SELECT rbac.check_access('acme', 'bob', 'Role:CreateRole', '{"application_id": "crm"}') AS no_wildcard, rbac.check_access('acme', 'bob', 'Application:Use', '{"application_id": "crm", "permission": 1}') AS no_number,
       rbac.check_access('acme', 'ann', 'Application:Use', '{"permission": "refund"}') AS no_application, rbac.check_access('acme', 'ann', 'Application:Use', '{"application_id": "crm"}') AS no_permission, rbac.check_access('acme', 'ann', 'Application:GetApplication', '{"application_id": "crm"}') AS no_application_permission;
-- An application calls as itself. Of the same name elsewhere it is another one.
SELECT pg_temp.may('beta', 'crm', 'crm', '*'), pg_temp.may('beta', 'ann', 'crm', 'refund');
-- Roles of an application leave a user's own role, and are left by it.
SELECT rbac.create_role('acme', 'agent', 'x', '[]', 'client'), rbac.assign_role('acme', 'agent', 'ann') \gset
SELECT pg_temp.may('acme', 'ann', 'crm', 'refund'), (SELECT count(*) FROM rbac.get_roles('acme')), (SELECT count(*) FROM rbac.get_scoped_roles('acme'));

-- Modify: what is given is replaced, the rest stays.
SELECT what, a.state, a.message FROM (VALUES ('nothing', ''), ('all', $$, 'Agent2', '{close,open,close}', 'Opens.', 'A'$$), ('empty texts', $$, description => '', display_name => ''$$), ('taken', $$, 'odd'$$), ('case', $$, 'ODD'$$), ('no name', $$, ''$$), ('placeholder', $$, permissions => '{"{self_user_id}"}'$$),
    ('too many', $$, permissions => ARRAY(SELECT 'p' || i FROM generate_series(1, 10001) AS i)$$), ('display name', $$, display_name => repeat('x', 257)$$)) AS v (what, arguments)
CROSS JOIN LATERAL pg_temp.attempt(format('modify_application_role(''acme'', ''crm'', pg_temp.id(''agent'')%s)', arguments)) AS a;
SELECT r.role_name, r.permissions, r.description, r.display_name FROM rbac.get_application_role('acme', 'crm', pg_temp.id('agent')) AS r;
SELECT p, pg_temp.may('acme', 'ann', 'crm', p) FROM unnest(ARRAY['refund', 'open']) AS p;
SELECT rbac.modify_application_role('acme', 'crm', pg_temp.id('agent'), permissions => '{open,close}') \gset
SELECT (rbac.get_application_role('acme', 'crm', pg_temp.id('agent'))).permissions;
SELECT rbac.modify_application_role('acme', 'crm', pg_temp.id('agent'), permissions => '{}') \gset
SELECT (rbac.get_application_role('acme', 'crm', pg_temp.id('agent'))).permissions, pg_temp.may('acme', 'ann', 'crm', 'open');
-- A role is found by its application only, and by an id that it can have.
SELECT call, a.state, a.message FROM unnest(ARRAY['get_application_role(''acme'', ''shop'', %L)', 'get_application_role(''acme'', ''CRM'', %L)', 'get_application_role(''beta'', ''crm'', %L)', 'modify_application_role(''acme'', ''shop'', %L, ''x'')', 'delete_application_role(''acme'', ''shop'', %L)', 'assign_application_role(''acme'', ''shop'', %L, ''{ann}'', ''User'')',
    'revoke_application_role(''acme'', ''shop'', %L, ''ann'')', 'get_application_role(''acme'', ''nowhere'', %L)', 'get_application_role(''acme'', ''crm'', upper(%L))', 'get_application_role(''acme'', ''crm'', ''%%'')', 'get_application_role(''acme'', ''crm'', NULL)', 'get_application_roles(''acme'', ''ann'')', 'modify_role(''acme'', ''odd'', ''x'')', 'assign_role(''acme'', ''odd'', ''ann'')', 'create_api_key(''acme'', ''P1D'', ''odd'')',
    'get_scoped_role(rbac_internal.role_uuid(%L))', 'delete_scoped_role(rbac_internal.role_uuid(%L))']) AS call CROSS JOIN LATERAL pg_temp.attempt(format(call, pg_temp.id('odd'))) AS a;
SELECT count(*) FROM rbac.get_application_roles('acme', 'CRM');

-- Revoke, from whatever has it.
SELECT role, who, a.state, a.message FROM (VALUES ('agent', 'ann'), ('agent', 'ann'), ('odd', 'team'), ('agent', 'shop'), ('odd', 'nobody'), ('odd', 'max'), ('odd', NULL)) AS v (role, who)
CROSS JOIN LATERAL pg_temp.attempt(format('revoke_application_role(''acme'', ''crm'', %L, %L)', pg_temp.id(role), who)) AS a;
SELECT pg_temp.may('acme', 'bob', 'crm', '*'), pg_temp.may('acme', 'crm', 'crm', '*');
-- Delete, with what is assigned.
SELECT a.state, a.message FROM unnest(ARRAY['odd', 'odd']) AS r CROSS JOIN LATERAL pg_temp.attempt(format('delete_application_role(''acme'', ''crm'', %L)', pg_temp.id(r))) AS a;
SELECT pg_temp.may('acme', 'crm', 'crm', '*');
SELECT rbac.assign_application_role('acme', 'crm', pg_temp.id('many'), '{shop,crm}', 'Application'), rbac.create_application_role('acme', 'shop', 'buyer', '{buy}') AS buyer \gset
SELECT rbac.assign_application_role('acme', 'shop', :'buyer', '{crm}', 'Application') \gset
SELECT rbac.delete_application('acme', 'crm') \gset
SELECT pg_temp.may('acme', 'eve', 'crm', 'p1'), pg_temp.may('acme', 'crm', 'shop', 'buy'), (SELECT count(*) FROM rbac.role WHERE app_id = 'crm') AS roles, (SELECT count(*) FROM rbac.assignment AS a WHERE a.principal_id = 'crm' OR a.role = pg_temp.id('many')) AS assignments;
SELECT rbac.create_application('acme', 'crm') \gset
SELECT count(*) FROM rbac.get_application_roles('acme', 'crm');

-- Each function needs its permission, for this application and this role.
SELECT rbac.create_role('acme', 'keeper', 'x', jsonb_agg(jsonb_build_object('permission_name', p, 'conditions', '{"application_id": {"type": "Equals", "value": "crm"}}'::jsonb || c))::rbac.privileges, 'client') FROM (VALUES
    ('Application:*', '{}'::jsonb), ('Role:CreateRole', '{"role_name": {"type": "In", "values": ["a", "b"]}}'), ('Role:GetRole', '{"role_name": {"type": "Equals", "value": "a"}}'), ('Role:ModifyRole', '{"role_name": {"type": "Equals", "value": "b"}}'), ('Role:DeleteRole', '{"role_name": {"type": "NotEquals", "value": "a"}}')) AS v (p, c) \gset
SELECT rbac.assign_role('acme', 'keeper', 'eve'), rbac.create_application_role('acme', 'shop', 'a') AS foreign_role, rbac.create_application_role('acme', 'crm', 'c') AS c \gset
CALL pg_temp.act_as('acme', 'eve');
SELECT rbac.create_application_role('acme', 'crm', 'a', '{x}') AS a, rbac.create_application_role('acme', 'crm', 'b', '{x}') AS b \gset
SELECT call, a.state, a.message FROM (VALUES ('create_application_role(''acme'', ''crm'', ''d'')', ''), ('create_application_role(''acme'', ''shop'', ''b'')', ''), ('get_application_role(''acme'', ''crm'', %L)', :'a'), ('get_application_role(''acme'', ''crm'', %L)', :'b'), ('modify_application_role(''acme'', ''crm'', %L, permissions => ''{y}'')', :'a'),
    ('modify_application_role(''acme'', ''crm'', %L, permissions => ''{y}'')', :'b'), ('delete_application_role(''acme'', ''crm'', %L)', :'a'), ('delete_application_role(''acme'', ''crm'', %L)', :'b'), ('delete_application_role(''acme'', ''crm'', %L)', :'c'), ('get_application_role(''acme'', ''shop'', %L)', :'foreign_role'),
    ('assign_application_role(''acme'', ''crm'', %L, ''{bob}'', ''User'')', :'a'), ('assign_application_role(''acme'', ''shop'', %L, ''{bob}'', ''User'')', :'foreign_role'), ('create_application(''acme'', ''other'')', ''), ('delete_application(''acme'', ''shop'')', '')) AS v (call, id)
CROSS JOIN LATERAL pg_temp.attempt(format(call, id)) AS a;
SELECT role_name FROM rbac.get_application_roles('acme', 'crm');
SELECT (SELECT count(*) FROM rbac.get_application_roles('acme', 'shop')) AS shop, a FROM rbac.get_applications('acme') AS a;

-- Strangers: nothing of another organization exists.
CALL pg_temp.act_as(NULL, NULL);
SELECT rbac.create_role('beta', 'all', 'x', '[{"permission_name": "*"}]', 'admin'), rbac.assign_role('beta', 'all', 'max') \gset
CALL pg_temp.act_as('beta', 'max');
SELECT c, a.state, a.message FROM unnest(ARRAY[$$create_application('acme', 'x')$$, $$delete_application('acme', 'crm')$$, $$get_applications('acme')$$, $$create_application_role('acme', 'crm', 'x')$$, $$get_application_roles('acme', 'crm')$$, $$get_application_role('acme', 'crm', %L)$$, $$modify_application_role('acme', 'crm', %L)$$,
    $$delete_application_role('acme', 'crm', %L)$$, $$assign_application_role('acme', 'crm', %L, '{max}', 'User')$$, $$revoke_application_role('acme', 'crm', %L, 'ann')$$, $$get_application_role('beta', 'crm', %L)$$, $$assign_application_role('beta', 'crm', %L, '{max}', 'User')$$]) AS c
CROSS JOIN LATERAL pg_temp.attempt(format(c, :'a')) AS a;

CALL pg_temp.act_as(NULL, NULL);
DELETE FROM rbac.organization;
DELETE FROM rbac.permission WHERE NOT is_builtin;
TRUNCATE rbac.audit_event RESTART IDENTITY;
