-- Nobody can hand out more than they hold, by whatever path. What a caller
-- holds is by roles alone; the union of all grants is compared, exactly.
\set SHOW_CONTEXT never
-- With the request that the error names, if it does, and whether it is true:
-- the caller's roles do not allow it.
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
    detail := regexp_replace(detail, '[0-9a-f]{24}', '(id)');
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
CREATE FUNCTION pg_temp.is_not(value text) RETURNS jsonb LANGUAGE sql RETURN jsonb_build_object('type', 'NotEquals', 'value', value);

-- bob is an editor, who may also modify and create roles.
DO $$
BEGIN
    PERFORM rbac.create_organization('acme');
    PERFORM rbac.create_user('acme', u) FROM unnest(ARRAY['ann', 'bob', 'eve']) AS u;
    PERFORM rbac.define_permission('Doc:' || p, '{"region": "string", "owner": "string"}') FROM unnest(ARRAY['Read', 'Write', 'Erase']) AS p;
END
$$;
SELECT count(rbac.create_role('acme', name, 'x', grants::rbac.privileges, 'client')) FROM (VALUES
    ('editor', pg_temp.grant_of('Doc:Read')::jsonb || pg_temp.grant_of('Doc:Write')::jsonb
               || pg_temp.grant_of('Role:ModifyRole')::jsonb || pg_temp.grant_of('Role:CreateRole')::jsonb),
    ('reader', pg_temp.grant_of('Doc:Read')::jsonb),
    ('eraser', pg_temp.grant_of('Doc:Erase', jsonb_build_object('region', pg_temp.is('eu')))::jsonb),
    ('everything', pg_temp.grant_of('Doc:*')::jsonb), ('nothing', '[]')) AS v (name, grants);
SELECT count(rbac.assign_role('acme', role_name, user_id)) FROM (VALUES ('editor', 'bob'), ('eraser', 'ann'), ('editor', 'eve')) AS v (role_name, user_id);

-- Assign: strictly greater. Less, nothing at all, equal, more, incomparable; also to oneself.
CALL pg_temp.act_as('acme', 'bob');
SELECT role_name, user_id, a.* FROM (VALUES ('reader', 'eve'), ('nothing', 'eve'), ('editor', 'eve'), ('editor', 'bob'),
    ('eraser', 'eve'), ('eraser', 'bob'), ('everything', 'bob')) AS v (role_name, user_id)
CROSS JOIN LATERAL pg_temp.attempt(format('assign_role(''acme'', %L, %L)', role_name, user_id)) AS a;
-- What the role replaces must be covered, too; else anybody could strip anybody.
SELECT call, a.* FROM unnest(ARRAY[$$assign_role('acme', 'reader', 'ann')$$, $$assign_role('acme', 'nothing', 'ann')$$, $$assign_role('acme', 'reader', 'ann', replace => false)$$]) AS call CROSS JOIN LATERAL pg_temp.attempt(call) AS a;
-- Revoke: what is taken away must be covered. Users may give up what they have.
SELECT role_name, user_id, a.* FROM (VALUES ('nothing', 'eve'), ('reader', 'ann'), ('eraser', 'ann'), ('editor', 'bob')) AS v (role_name, user_id)
CROSS JOIN LATERAL pg_temp.attempt(format('revoke_role(''acme'', %L, %L)', role_name, user_id)) AS a;
CALL pg_temp.act_as(NULL, NULL);
SELECT count(rbac.assign_role('acme', 'editor', user_id)) FROM unnest(ARRAY['bob', 'eve']) AS user_id;

-- The setting equal_may_grant lets equal pass, and nothing else.
SELECT rbac.modify_organization('acme', '{"equal_may_grant": true}') \gset
CALL pg_temp.act_as('acme', 'bob');
SELECT role_name, a.* FROM unnest(ARRAY['editor', 'reader', 'eraser', 'everything']) AS role_name
CROSS JOIN LATERAL pg_temp.attempt(format('assign_role(''acme'', %L, ''eve'')', role_name)) AS a;
SELECT a.* FROM pg_temp.attempt($$revoke_role('acme', 'eraser', 'ann')$$) AS a;
CALL pg_temp.act_as(NULL, NULL);
SELECT rbac.modify_organization('acme', '{"equal_may_grant": false}') \gset

-- Create: nothing is compared, a role is harmless until it is assigned.
CALL pg_temp.act_as('acme', 'bob');
SELECT a.* FROM unnest(ARRAY[
    $$create_role('acme', 'all', 'x', pg_temp.grant_of('*'), 'client')$$, $$create_role('acme', 'heir', 'x', '[]', 'client', '{everything}')$$,
    $$assign_role('acme', 'all', 'bob')$$, $$assign_role('acme', 'heir', 'bob')$$]) AS c CROSS JOIN LATERAL pg_temp.attempt(c) AS a;

-- Modify: the new version is compared, with what the caller had before.
SELECT what, a.* FROM (VALUES
    ('wider than the caller', $$'reader', permission_grants => pg_temp.grant_of('Doc:*')$$),
    ('the caller''s own, wider', $$'editor', permission_grants => pg_temp.grant_of('*')$$),
    ('the caller''s own, only the view', $$'editor', frontend_view => 'admin'$$),
    ('by inheriting', $$'nothing', inherited_from => '{eraser}'$$),
    ('a role beyond the caller, only the view', $$'everything', frontend_view => 'admin'$$),
    ('only the description', $$'everything', 'Not compared.'$$),
    ('a role beyond the caller, to less', $$'everything', permission_grants => pg_temp.grant_of('Doc:Write')$$),
    ('within', $$'reader', permission_grants => pg_temp.grant_of('Doc:Write')$$)) AS v (what, arguments)
CROSS JOIN LATERAL pg_temp.attempt(format('modify_role(''acme'', %s)', arguments)) AS a;

-- Modify a role that others inherit from: each of them counts as it is then.
CALL pg_temp.act_as(NULL, NULL);
SELECT count(rbac.create_role('acme', name, 'x', grants, 'client', inherited_from)) FROM (VALUES
    ('base', pg_temp.grant_of('Doc:Read', '{"region": {"type": "Equals", "value": "eu"}}'), NULL::text[]),
    ('middle', '[]', '{base}'), ('strong', pg_temp.grant_of('Doc:Erase'), '{middle}')) AS v (name, grants, inherited_from);
CALL pg_temp.act_as('acme', 'bob');
SELECT a.* FROM unnest(ARRAY['base', 'middle']) AS r
CROSS JOIN LATERAL pg_temp.attempt(format('modify_role(''acme'', %L, permission_grants => pg_temp.grant_of(''Doc:Read''))', r)) AS a;
CALL pg_temp.act_as(NULL, NULL);
SELECT rbac.modify_role('acme', 'strong', permission_grants => pg_temp.grant_of('Doc:Write')) \gset
CALL pg_temp.act_as('acme', 'bob');
SELECT a.* FROM pg_temp.attempt($$modify_role('acme', 'base', permission_grants => pg_temp.grant_of('Doc:Read'))$$) AS a;

-- Temporary grants: the named permission, and roles that exceed the grant.
CALL pg_temp.act_as(NULL, NULL);
SELECT rbac.create_role('acme', 'lender', 'x', (pg_temp.grant_of('Role:CreateTemporaryPermissionGrant',
    jsonb_build_object('permission_name', pg_temp.is_not('Doc:Write')))::jsonb || pg_temp.grant_of('Doc:Write')::jsonb
    || pg_temp.grant_of('Doc:Read', jsonb_build_object('owner', pg_temp.is('{self_user_id}')))::jsonb)::rbac.privileges, 'client') \gset
SELECT rbac.assign_role('acme', 'lender', 'eve') \gset
CALL pg_temp.act_as('acme', 'eve');
CREATE FUNCTION pg_temp.lend(user_id text, permission text, conditions jsonb DEFAULT '{}') RETURNS text LANGUAGE sql
RETURN format('create_temporary_permission_grant(''acme'', %L, ''PT1H'', %L, ''{}'', ''Because of a test.'')', user_id,
              jsonb_build_object('permission_name', permission, 'conditions', conditions));
SELECT v.what, a.state, a.detail, a.is_true FROM (VALUES
    ('no named permission for it', pg_temp.lend('ann', 'Doc:Write')),
    ('beyond her roles', pg_temp.lend('ann', 'Doc:Read')), ('to herself', pg_temp.lend('eve', 'Doc:Erase')),
    ('what is her own', pg_temp.lend('eve', 'Doc:Read', '{"owner": {"type": "Equals", "value": "{self_user_id}"}}')),
    ('the same for ann is ann''s', pg_temp.lend('ann', 'Doc:Read', '{"owner": {"type": "Equals", "value": "{self_user_id}"}}')),
    ('what is eve''s, to ann', pg_temp.lend('ann', 'Doc:Read', '{"owner": {"type": "Equals", "value": "eve"}}'))) AS v (what, call)
CROSS JOIN LATERAL pg_temp.attempt(v.call) AS a;
-- Without the rule, the named permission is enough.
CALL pg_temp.act_as(NULL, NULL);
SELECT rbac.modify_organization('acme', '{"temporary_grant_needs_cover": false}') \gset
CALL pg_temp.act_as('acme', 'eve');
-- But a wildcard is more than a name that differs from Doc:Write: it covers that.
SELECT a.* FROM unnest(ARRAY[pg_temp.lend('ann', 'Doc:Write'), pg_temp.lend('eve', 'Doc:*'), pg_temp.lend('eve', '*'), pg_temp.lend('eve', 'Doc:Erase')]) AS c CROSS JOIN LATERAL pg_temp.attempt(c) AS a;
CALL pg_temp.act_as(NULL, NULL);
SELECT a.state FROM pg_temp.attempt(pg_temp.lend('eve', '*')) AS a;
CALL pg_temp.act_as('acme', 'eve');

-- What is held for a time counts in checks, also those of named permissions,
-- but not in comparisons, on neither side.
SELECT rbac.check_access('acme', 'eve', 'Doc:Erase') AS may_erase, rbac.check_access('acme', 'eve', 'Role:ModifyRole') AS may_modify,
       rbac.compare_privileges(rbac.effective_privileges('acme', 'eve'), rbac.user_privileges('acme', 'eve')) AS effective_is;
SELECT a.* FROM unnest(ARRAY[
    $$assign_role('acme', 'eraser', 'ann')$$, $$revoke_role('acme', 'eraser', 'ann')$$,
    $$modify_role('acme', 'nothing', permission_grants => pg_temp.grant_of('Doc:Erase'))$$,
    $$modify_role('acme', 'nothing', permission_grants => pg_temp.grant_of('Doc:Write'))$$]) AS c CROSS JOIN LATERAL pg_temp.attempt(c) AS a;

CALL pg_temp.act_as(NULL, NULL);
DELETE FROM rbac.organization;
DELETE FROM rbac.permission WHERE NOT is_builtin;
TRUNCATE rbac.audit_event RESTART IDENTITY;
