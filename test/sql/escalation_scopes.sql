-- Nobody can hand out more than they hold by groups, in scopes and through
-- applications either, nor take away more. Roles of the organization: escalation.
\set SHOW_CONTEXT never
-- With the request that the error names as not covered, if it does, and whether it
-- is true: the caller's roles do not allow it. Else with all of the detail.
CREATE FUNCTION pg_temp.attempt(command text, OUT state text, OUT detail text, OUT is_true boolean)
LANGUAGE plpgsql AS $$
DECLARE
    request jsonb;
BEGIN
    EXECUTE 'SELECT rbac.' || command;
    state := 'done';
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE, detail = PG_EXCEPTION_DETAIL;
    request := substring(detail FROM 'do not cover (.*)\.$');
    detail := regexp_replace(coalesce(request::text, detail), '[0-9a-f]{8}-[0-9a-f-]{27}', '(id)');
    is_true := NOT rbac.allows(rbac_internal.caller_privileges(), request ->> 'permission_name', request -> 'attributes');
END
$$;
CREATE PROCEDURE pg_temp.act_as(organization text, user_id text) LANGUAGE plpgsql AS $$
BEGIN
    PERFORM rbac.set_caller(organization, user_id, false);
END
$$;
CREATE FUNCTION pg_temp.grant_of(permission text, conditions jsonb DEFAULT '{}') RETURNS rbac.privileges LANGUAGE sql
RETURN jsonb_build_array(jsonb_build_object('permission_name', permission, 'conditions', conditions))::rbac.privileges;
CREATE FUNCTION pg_temp.is(value text) RETURNS jsonb LANGUAGE sql RETURN jsonb_build_object('type', 'Equals', 'value', value);
-- Roles by name; for roles of the organization, the uuid.
CREATE TEMP TABLE role (name text COLLATE "C" PRIMARY KEY, id text);
CREATE FUNCTION pg_temp.id(of text) RETURNS text LANGUAGE sql RETURN (SELECT r.id FROM role AS r WHERE r.name = of);
CREATE FUNCTION pg_temp.uuid(of text) RETURNS uuid LANGUAGE sql RETURN pg_temp.id(of)::uuid;
-- Everything that is assigned, and who is a member of what.
CREATE FUNCTION pg_temp.state() RETURNS text LANGUAGE sql
RETURN (SELECT md5(string_agg(t, ',' ORDER BY t COLLATE "C")) FROM (SELECT a::text FROM rbac.assignment AS a UNION ALL SELECT m::text FROM rbac.group_member AS m UNION ALL SELECT v::text FROM rbac.role_version AS v UNION ALL SELECT r::text FROM rbac.role AS r UNION ALL SELECT p::text FROM rbac.principal AS p) AS all_rows (t));

-- bob may do everything with documents of Europe, and administer groups, roles and
-- applications; eve is a project's admin, sue a workspace's, pat has one project of another.
DO $$
BEGIN
    PERFORM rbac.create_organization('acme'), rbac.create_application('acme', a) FROM unnest(ARRAY['crm']) AS a;
    PERFORM rbac.create_user('acme', u) FROM unnest(ARRAY['ann', 'bob', 'eve', 'sue', 'pat', 'new']) AS u;
    PERFORM rbac.create_group('acme', g) FROM unnest(ARRAY['empty', 'europe', 'world', 'admins']) AS g;
    PERFORM rbac.define_permission('Doc:' || p, '{"region": "string", "owner": "string"}') FROM unnest(ARRAY['Read', 'Write']) AS p;
    PERFORM rbac.create_role('acme', r, 'x', g, 'client') FROM (VALUES ('admin', pg_temp.grant_of('*')), ('none', '[]'::rbac.privileges),
        ('manager', (pg_temp.grant_of('Doc:*', jsonb_build_object('region', pg_temp.is('eu')))::jsonb || pg_temp.grant_of('Group:*')::jsonb || pg_temp.grant_of('Role:*')::jsonb || pg_temp.grant_of('Application:Use', jsonb_build_object('permission', jsonb '{"type": "In", "values": ["read", "close"]}'))::jsonb || pg_temp.grant_of('Application:DeleteApplication')::jsonb)::rbac.privileges),
        ('europe', pg_temp.grant_of('Doc:Read', jsonb_build_object('region', pg_temp.is('eu')))), ('world', pg_temp.grant_of('Doc:Read')), ('own', pg_temp.grant_of('Doc:Read', jsonb_build_object('owner', pg_temp.is('{self_user_id}')))),
        ('grouper', pg_temp.grant_of('Group:*'))) AS v (r, g);
    INSERT INTO role SELECT role_name, id::text FROM rbac.get_scoped_roles('acme') UNION ALL VALUES
        ('p reader', rbac.create_scoped_role('acme', 'project', pg_temp.grant_of('Doc:Read'), 'reader')::text), ('p admin', rbac.create_scoped_role('acme', 'project', pg_temp.grant_of('*'), 'admin')::text),
        ('p europe', rbac.create_scoped_role('acme', 'project', pg_temp.grant_of('Doc:Read', jsonb_build_object('region', pg_temp.is('eu'))), 'europe')::text),
        ('w reader', rbac.create_scoped_role('acme', 'workspace', pg_temp.grant_of('Doc:Read'), 'reader')::text), ('w admin', rbac.create_scoped_role('acme', 'workspace', pg_temp.grant_of('*'), 'admin')::text),
        ('a close', rbac.create_application_role('acme', 'crm', 'close', '{close}')), ('a refund', rbac.create_application_role('acme', 'crm', 'refund', '{close,refund}')), ('a none', rbac.create_application_role('acme', 'crm', 'none'));
    PERFORM rbac.assign_role('acme', 'admin', 'ann'), rbac.assign_role('acme', 'manager', 'bob');
    PERFORM rbac.assign_scoped_role(pg_temp.uuid(r), group_id => g) FROM (VALUES ('europe', 'europe'), ('world', 'world'), ('admin', 'admins')) AS v (r, g);
    PERFORM rbac.assign_scoped_role(pg_temp.uuid(r), u, NULL, w, p) FROM (VALUES ('p admin', 'eve', 'w1', 'p1'), ('w admin', 'sue', 'w1', NULL), ('p admin', 'pat', 'w2', 'p1'), ('p reader', 'new', 'w1', 'p1'), ('p reader', 'new', 'w2', 'p1')) AS v (r, u, w, p);
    PERFORM rbac.add_group_member('acme', g, 'new') FROM unnest(ARRAY['world', 'europe']) AS g;
    PERFORM rbac.assign_application_role('acme', 'crm', pg_temp.id(r), '{new}', 'User') FROM unnest(ARRAY['a close', 'a refund', 'a none']) AS r;
END
$$;

-- Groups. A member gets what the group has: that is what is compared, for oneself too.
SELECT pg_temp.state() AS before \gset
CALL pg_temp.act_as('acme', 'bob');
SELECT c, a.* FROM unnest(ARRAY[$$add_group_member('acme', 'world', 'bob')$$, $$add_group_member('acme', 'admins', 'bob')$$, $$remove_group_member('acme', 'world', 'new')$$, $$delete_group('acme', 'world')$$, $$delete_group('acme', 'admins')$$]) AS c CROSS JOIN LATERAL pg_temp.attempt(c) AS a;
SELECT pg_temp.state() = :'before' AS nothing_changed;
SELECT c, a.* FROM unnest(ARRAY[$$add_group_member('acme', 'europe', 'eve')$$, $$add_group_member('acme', 'empty', 'eve')$$, $$remove_group_member('acme', 'europe', 'eve')$$]) AS c CROSS JOIN LATERAL pg_temp.attempt(c) AS a;
-- A role for a group is a role for its members.
SELECT role, a.* FROM unnest(ARRAY['world', 'admin', 'europe', 'none']) AS role CROSS JOIN LATERAL pg_temp.attempt(format('assign_scoped_role(%L, group_id => ''empty'')', pg_temp.id(role))) AS a;
SELECT rbac.check_access('acme', 'eve', 'Doc:Read', '{"region": "eu"}'), rbac.check_access('acme', 'eve', 'Doc:Read', '{"region": "us"}');
-- To put somebody into a group that has nothing yet takes the right to do so: who
-- fills it later need not know who is in it. Privileges alone are not enough.
CALL pg_temp.act_as('acme', 'sue');
SELECT c, a.* FROM unnest(ARRAY[$$add_group_member('acme', 'empty', 'sue')$$, $$remove_group_member('acme', 'empty', 'eve')$$, $$create_group('acme', 'mine')$$, $$delete_group('acme', 'empty')$$]) AS c CROSS JOIN LATERAL pg_temp.attempt(c) AS a;
-- Nor is the right to do so enough: a group of equal privileges is out of reach.
CALL pg_temp.act_as(NULL, NULL);
SELECT rbac.assign_role('acme', 'grouper', 'sue', false), rbac.assign_scoped_role(pg_temp.uuid('w admin'), NULL, 'empty', 'w1'), rbac.create_group('acme', 'groupers'), rbac.assign_scoped_role(pg_temp.uuid('grouper'), NULL, 'groupers'), rbac.create_group('acme', 'equals'), rbac.assign_scoped_role(pg_temp.uuid('grouper'), NULL, 'equals'), rbac.assign_scoped_role(pg_temp.uuid('w admin'), NULL, 'equals', 'w1') \gset
CALL pg_temp.act_as('acme', 'sue');
SELECT g, a.* FROM unnest(ARRAY['empty', 'groupers', 'equals', 'europe']) AS g CROSS JOIN LATERAL pg_temp.attempt(format('add_group_member(''acme'', %L, ''pat'')', g)) AS a;
-- Removing may be done by equals.
SELECT a.* FROM pg_temp.attempt($$delete_group('acme', 'equals')$$) AS a;
-- {self_user_id} of a group's role is each member's own: only who holds as much for
-- anybody hands it out.
CALL pg_temp.act_as(NULL, NULL);
SELECT rbac.create_group('acme', 'owners'), rbac.assign_scoped_role(pg_temp.uuid('own'), NULL, 'owners'), rbac.revoke_role('acme', 'grouper', 'sue'), rbac.create_role('acme', 'owner and grouper', 'x', (pg_temp.grant_of('Group:*')::jsonb || pg_temp.grant_of('Doc:Read', jsonb_build_object('owner', pg_temp.is('sue')))::jsonb)::rbac.privileges, 'client'), rbac.assign_role('acme', 'owner and grouper', 'sue') \gset
CALL pg_temp.act_as('acme', 'sue');
SELECT a.* FROM pg_temp.attempt($$add_group_member('acme', 'owners', 'pat')$$) AS a;
-- What is held through a group counts for handing out.
CALL pg_temp.act_as(NULL, NULL);
SELECT rbac.add_group_member('acme', 'admins', 'sue') \gset
CALL pg_temp.act_as('acme', 'sue');
SELECT a.* FROM pg_temp.attempt($$add_group_member('acme', 'owners', 'pat')$$) AS a;
CALL pg_temp.act_as(NULL, NULL);
SELECT rbac.remove_group_member('acme', 'admins', 'sue'), rbac.remove_group_member('acme', 'empty', 'eve'), rbac.revoke_role('acme', 'owner and grouper', 'sue') \gset

-- Scopes. A project's admin hands out there what is less, and nothing elsewhere.
SELECT pg_temp.state() AS before \gset
CALL pg_temp.act_as('acme', 'eve');
SELECT role, workspace, project, a.* FROM (VALUES ('p admin', 'w1', 'p1'), ('p reader', 'w1', 'p2'), ('p reader', 'w2', 'p1'), ('p reader', 'W1', 'p1'), ('w reader', 'w1', NULL), ('europe', NULL, NULL), ('world', NULL, NULL)) AS v (role, workspace, project)
CROSS JOIN LATERAL pg_temp.attempt(format('assign_scoped_role(%L, ''pat'', NULL, %L, %L)', pg_temp.id(role), workspace, project)) AS a;
-- The same names at other levels and by name; as well as changing and making roles.
SELECT c, a.* FROM unnest(ARRAY[$$assign_role('acme', 'admin', 'eve')$$, $$assign_role('acme', 'europe', 'eve')$$, $$revoke_role('acme', 'admin', 'ann')$$, $$revoke_scoped_role(pg_temp.uuid('p reader'), 'new', NULL, 'w2', 'p1')$$, $$revoke_scoped_role(pg_temp.uuid('w admin'), 'sue', NULL, 'w1')$$, $$modify_scoped_role(pg_temp.uuid('p reader'), permission_grants => pg_temp.grant_of('*'))$$,
    $$delete_scoped_role(pg_temp.uuid('p reader'))$$, $$create_scoped_role('acme', 'project', pg_temp.grant_of('Doc:Read'))$$, $$assign_application_role('acme', 'crm', pg_temp.id('a close'), '{eve}', 'User')$$, $$get_scoped_role_assignments(pg_temp.uuid('p reader'))$$,
    $$create_temporary_permission_grant('acme', 'eve', 'PT1H', '{"permission_name": "Doc:Read", "conditions": {}}', '{}', 'Because of a test.')$$]) AS c CROSS JOIN LATERAL pg_temp.attempt(c) AS a;
SELECT pg_temp.state() = :'before' AS nothing_changed;
SELECT c, a.* FROM unnest(ARRAY[$$assign_scoped_role(pg_temp.uuid('p reader'), 'pat', NULL, 'w1', 'p1')$$, $$assign_scoped_role(pg_temp.uuid('p reader'), NULL, 'empty', 'w1', 'p1')$$, $$revoke_scoped_role(pg_temp.uuid('p reader'), 'new', NULL, 'w1', 'p1')$$, $$revoke_scoped_role(pg_temp.uuid('p admin'), 'eve', NULL, 'w1', 'p1')$$]) AS c CROSS JOIN LATERAL pg_temp.attempt(c) AS a;
-- A workspace's admin does so in all of its projects.
CALL pg_temp.act_as('acme', 'sue');
SELECT role, workspace, project, a.* FROM (VALUES ('p admin', 'w1', 'p1'), ('p admin', 'w1', 'p9'), ('w reader', 'w1', NULL), ('w admin', 'w1', NULL), ('p reader', 'w2', 'p1'), ('w reader', 'w2', NULL)) AS v (role, workspace, project)
CROSS JOIN LATERAL pg_temp.attempt(format('assign_scoped_role(%L, ''pat'', NULL, %L, %L)', pg_temp.id(role), workspace, project)) AS a;
-- Equals may, where the organization's setting lets them.
CALL pg_temp.act_as(NULL, NULL);
SELECT rbac.modify_organization('acme', '{"equal_may_grant": true}') \gset
CALL pg_temp.act_as('acme', 'sue');
SELECT workspace, a.* FROM unnest(ARRAY['w1', 'w2']) AS workspace CROSS JOIN LATERAL pg_temp.attempt(format('assign_scoped_role(%L, ''pat'', NULL, %L)', pg_temp.id('w admin'), workspace)) AS a;
CALL pg_temp.act_as(NULL, NULL);
SELECT rbac.modify_organization('acme', '{"equal_may_grant": false}') \gset
-- bob may modify, delete and make any role, but not hand out what he does not have.
SELECT pg_temp.state() AS before \gset
CALL pg_temp.act_as('acme', 'bob');
SELECT c, a.* FROM unnest(ARRAY[$$modify_scoped_role(pg_temp.uuid('p europe'), permission_grants => pg_temp.grant_of('Doc:Read'))$$, $$modify_scoped_role(pg_temp.uuid('manager'), permission_grants => pg_temp.grant_of('*'))$$, $$modify_scoped_role(pg_temp.uuid('none'), permission_grants => pg_temp.grant_of('Doc:Write'))$$,
    $$assign_scoped_role(pg_temp.uuid('p reader'), 'bob', NULL, 'w1', 'p1')$$, $$delete_scoped_role(pg_temp.uuid('w admin'))$$, $$delete_scoped_role(pg_temp.uuid('admin'))$$, $$revoke_scoped_role(pg_temp.uuid('world'), NULL, 'world')$$]) AS c CROSS JOIN LATERAL pg_temp.attempt(c) AS a;
SELECT pg_temp.state() = :'before' AS nothing_changed;
SELECT c, a.* FROM unnest(ARRAY[$$create_scoped_role('acme', 'project', pg_temp.grant_of('*'), 'harmless until it is assigned')$$, $$modify_scoped_role(pg_temp.uuid('p europe'), permission_grants => pg_temp.grant_of('Doc:Write', jsonb_build_object('region', pg_temp.is('eu'))))$$, $$modify_scoped_role(pg_temp.uuid('p europe'), 'renamed')$$, $$assign_scoped_role(pg_temp.uuid('p europe'), 'eve', NULL, 'w9', 'p9')$$,
    $$delete_scoped_role(pg_temp.uuid('p europe'))$$, $$assign_scoped_role(pg_temp.uuid('europe'), 'eve')$$]) AS c CROSS JOIN LATERAL pg_temp.attempt(c) AS a;
-- A role that others inherit from: its dependents count, and who holds those.
CALL pg_temp.act_as(NULL, NULL);
SELECT rbac.create_role('acme', 'heir', 'x', pg_temp.grant_of('Doc:Write'), 'client', '{europe,own}'), rbac.assign_role('acme', 'heir', 'pat', false) \gset
CALL pg_temp.act_as('acme', 'bob');
SELECT c, a.* FROM unnest(ARRAY[$$modify_scoped_role(pg_temp.uuid('europe'), permission_grants => pg_temp.grant_of('Doc:Write', jsonb_build_object('region', pg_temp.is('eu'))))$$, $$delete_scoped_role(pg_temp.uuid('own'))$$]) AS c CROSS JOIN LATERAL pg_temp.attempt(c) AS a;

-- Applications. What is compared is the application and its permissions.
SELECT pg_temp.state() AS before \gset
SELECT c, a.* FROM unnest(ARRAY[$$assign_application_role('acme', 'crm', pg_temp.id('a refund'), '{bob}', 'User')$$, $$assign_application_role('acme', 'crm', pg_temp.id('a refund'), '{europe}', 'Group')$$, $$assign_application_role('acme', 'crm', pg_temp.id('a refund'), '{crm}', 'Application')$$, $$revoke_application_role('acme', 'crm', pg_temp.id('a refund'), 'new')$$, $$delete_application_role('acme', 'crm', pg_temp.id('a refund'))$$,
    $$modify_application_role('acme', 'crm', pg_temp.id('a close'), permissions => '{close,erase}')$$, $$modify_application_role('acme', 'crm', pg_temp.id('a refund'), permissions => '{refund,close}')$$, $$delete_application('acme', 'crm')$$]) AS c CROSS JOIN LATERAL pg_temp.attempt(c) AS a;
SELECT pg_temp.state() = :'before' AS nothing_changed;
SELECT c, a.* FROM unnest(ARRAY[$$assign_application_role('acme', 'crm', pg_temp.id('a close'), '{eve,pat}', 'User')$$, $$modify_application_role('acme', 'crm', pg_temp.id('a close'), permissions => '{read}')$$, $$modify_application_role('acme', 'crm', pg_temp.id('a refund'), description => 'Not compared.')$$, $$create_application_role('acme', 'crm', 'harmless', '{refund,erase}')$$,
    $$revoke_application_role('acme', 'crm', pg_temp.id('a close'), 'pat')$$, $$revoke_application_role('acme', 'crm', pg_temp.id('a none'), 'new')$$, $$delete_application_role('acme', 'crm', pg_temp.id('a close'))$$]) AS c CROSS JOIN LATERAL pg_temp.attempt(c) AS a;
-- An application hands out what it holds, as a caller of its own name.
CALL pg_temp.act_as(NULL, NULL);
SELECT rbac.create_application('acme', 'bot'), rbac.create_application_role('acme', 'bot', 'all', '{a,b}') AS all, rbac.create_application_role('acme', 'bot', 'some', '{a}') AS some \gset
SELECT rbac.assign_application_role('acme', 'bot', :'all', '{bot}', 'Application') \gset
CALL pg_temp.act_as('acme', 'bot');
SELECT a.* FROM unnest(ARRAY[:'all', :'some', NULL]) AS r CROSS JOIN LATERAL pg_temp.attempt(format('assign_application_role(''acme'', %L, %L, ''{pat}'', ''User'')', CASE WHEN r IS NULL THEN 'crm' ELSE 'bot' END, coalesce(r, pg_temp.id('a refund')))) AS a;

-- A key signs in only users who have less, by groups and scopes as well.
CALL pg_temp.act_as(NULL, NULL);
SELECT rbac.create_role('acme', 'key', 'x', (pg_temp.grant_of('Doc:Read', jsonb_build_object('region', pg_temp.is('eu')))::jsonb || pg_temp.grant_of('Doc:Write')::jsonb)::rbac.privileges, 'client'), rbac.create_user('acme', 'kim') \gset
SELECT * FROM rbac.create_api_key('acme', 'P1D', 'key') \gset
SET rbac.jwt_secret = '0123456789abcdef0123456789abcdef';
CREATE FUNCTION pg_temp.sign_in(api_key_id text, api_key text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    PERFORM rbac.sign_in_with_api_key('acme', api_key_id, api_key, 'kim');
    RETURN 'done';
EXCEPTION WHEN insufficient_privilege THEN
    RETURN SQLERRM;
END
$$;
SELECT rbac.add_group_member('acme', 'europe', 'kim') \gset
SELECT pg_temp.sign_in(:'api_key_id', :'api_key');
SELECT rbac.assign_scoped_role(pg_temp.uuid('p reader'), 'kim', NULL, 'w1', 'p1') \gset
SELECT pg_temp.sign_in(:'api_key_id', :'api_key');
SELECT rbac.revoke_scoped_role(pg_temp.uuid('p reader'), 'kim', NULL, 'w1', 'p1'), rbac.add_group_member('acme', 'world', 'kim') \gset
SELECT pg_temp.sign_in(:'api_key_id', :'api_key');
-- A key itself calls nobody.
CALL pg_temp.act_as('acme', :'api_key_id');
SELECT rbac.has_permission('Doc:Write');

-- A name is what others assign a role by: bob may not give one that is beyond him
-- the name of another, whatever permission he has.
CALL pg_temp.act_as(NULL, NULL);
INSERT INTO role VALUES ('p fresh', rbac.create_scoped_role('acme', 'project', pg_temp.grant_of('Doc:Read', jsonb_build_object('region', pg_temp.is('eu'))), 'fresh'));
SELECT rbac.create_user('acme', 'amy'), rbac.assign_scoped_role(pg_temp.uuid('p admin'), 'amy', NULL, 'w1', 'p1') \gset
CALL pg_temp.act_as('acme', 'bob');
SELECT c, a.* FROM unnest(ARRAY[$$modify_scoped_role(pg_temp.uuid('p reader'), 'harmless')$$, $$modify_scoped_role(pg_temp.uuid('p reader'), 'reader', 'Reads')$$, $$modify_scoped_role(pg_temp.uuid('p fresh'), 'Europe')$$,
    $$modify_application_role('acme', 'crm', pg_temp.id('a refund'), 'close no more')$$]) AS c CROSS JOIN LATERAL pg_temp.attempt(c) AS a;
-- A project's admin sees who has a role there, and nowhere else.
CALL pg_temp.act_as('acme', 'amy');
SELECT c, a.* FROM unnest(ARRAY[$$get_scoped_role_assignments(pg_temp.uuid('p reader'), 'w1', 'p1')$$, $$get_scoped_role_assignments(pg_temp.uuid('p reader'), 'w2', 'p1')$$, $$get_scoped_role_assignments(pg_temp.uuid('p reader'))$$]) AS c
CROSS JOIN LATERAL pg_temp.attempt(c) AS a;

-- Operators: their roles count in every organization, in scopes of any; roles and
-- holders are of one organization all the same.
CALL pg_temp.act_as(NULL, NULL);
SELECT rbac.create_organization('ops', '{"operator": true}') \gset
SELECT count((rbac.create_user('ops', u), rbac.create_role('ops', u, 'x', g, 'admin'), rbac.assign_role('ops', u, u))) FROM (VALUES ('root', pg_temp.grant_of('*')), ('reader', pg_temp.grant_of('Doc:*', jsonb_build_object('org_id', pg_temp.is('acme'))))) AS v (u, g);
CALL pg_temp.act_as('ops', 'reader');
SELECT c, a.* FROM unnest(ARRAY[$$assign_scoped_role(pg_temp.uuid('p reader'), 'pat', NULL, 'w7', 'p7')$$, $$assign_scoped_role(pg_temp.uuid('p admin'), 'pat', NULL, 'w7', 'p7')$$, $$assign_scoped_role(pg_temp.uuid('p reader'), 'reader', NULL, 'w7', 'p7')$$, $$assign_application_role('acme', 'crm', pg_temp.id('a refund'), '{pat}', 'User')$$, $$add_group_member('acme', 'world', 'pat')$$]) AS c CROSS JOIN LATERAL pg_temp.attempt(c) AS a;
CALL pg_temp.act_as('ops', 'root');
SELECT c, a.* FROM unnest(ARRAY[$$add_group_member('acme', 'world', 'pat')$$, $$assign_application_role('acme', 'crm', pg_temp.id('a refund'), '{pat}', 'User')$$, $$assign_application_role('ops', 'crm', pg_temp.id('a refund'), '{root}', 'User')$$]) AS c CROSS JOIN LATERAL pg_temp.attempt(c) AS a;
-- An operator's role in a workspace counts in every organization's of this id.
CALL pg_temp.act_as(NULL, NULL);
SELECT rbac.create_user('ops', 'kay'), rbac.create_scoped_role('ops', 'workspace', pg_temp.grant_of('Doc:Read')) AS ops_reader \gset
SELECT rbac.assign_scoped_role(:'ops_reader', 'kay', NULL, 'w1') \gset
SELECT o, rbac.check_access('ops', 'kay', 'Doc:Read', o) FROM unnest(ARRAY['{"org_id": "acme", "workspace_id": "w1"}', '{"org_id": "acme", "workspace_id": "w2"}', '{"org_id": "acme"}']::jsonb[]) AS o;

CALL pg_temp.act_as(NULL, NULL);
RESET rbac.jwt_secret;
DELETE FROM rbac.organization;
DELETE FROM rbac.permission WHERE NOT is_builtin;
TRUNCATE rbac.audit_event RESTART IDENTITY;
