-- Handing out rights across organizations: what a caller holds counts at home, an
-- operator's everywhere. Within an organization: escalation.
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
DO $$
BEGIN
    PERFORM rbac.create_organization(o, s::jsonb) FROM (VALUES ('acme', '{}'), ('beta', '{}'), ('ops', '{"operator": true}')) AS v (o, s);
    PERFORM rbac.create_user(o, u) FROM (VALUES ('acme', 'bob'), ('beta', 'max'), ('ops', 'root'), ('ops', 'local')) AS v (o, u);
    PERFORM rbac.define_permission('Doc:Read');
    PERFORM rbac.create_role(o, r, 'x', g, 'client') FROM (VALUES ('acme', 'all', pg_temp.grant_of('*')), ('acme', 'editor', pg_temp.grant_of('Doc:*')), ('acme', 'reader', pg_temp.grant_of('Doc:Read')), ('acme', 'nothing', '[]'),
        ('beta', 'all', pg_temp.grant_of('*')), ('ops', 'all', pg_temp.grant_of('*')), ('ops', 'at acme', pg_temp.grant_of('*', jsonb_build_object('org_id', pg_temp.is('acme'))))) AS v (o, r, g);
    PERFORM rbac.assign_role(o, r, u) FROM (VALUES ('acme', 'editor', 'bob'), ('beta', 'all', 'max'), ('ops', 'all', 'root'), ('ops', 'at acme', 'local')) AS v (o, r, u);
END
$$;
CREATE FUNCTION pg_temp.lend(organization text, user_id text, permission text) RETURNS text LANGUAGE sql
RETURN format('create_temporary_permission_grant(%L, %L, ''PT1H'', %L, ''{}'', ''Because of a test.'')', organization, user_id, jsonb_build_object('permission_name', permission, 'conditions', '{}'::jsonb));

-- max may do anything, in beta. In acme not even the least.
CALL pg_temp.act_as('beta', 'max');
SELECT a.* FROM unnest(ARRAY[$$assign_role('acme', 'reader', 'bob')$$, $$assign_role('acme', 'nothing', 'bob')$$, $$revoke_role('acme', 'editor', 'bob')$$, $$modify_role('acme', 'reader', frontend_view => 'admin')$$,
    $$create_role('acme', 'x', 'x', '[]', 'client')$$, $$create_user('acme', 'x')$$, pg_temp.lend('acme', 'bob', 'Doc:Read')]) AS c CROSS JOIN LATERAL pg_temp.attempt(c) AS a;
SELECT count(*) FROM rbac.get_roles('acme');

-- An operator's grants count everywhere, unless they say where: root's are for all
-- organizations, local's for acme.
CALL pg_temp.act_as('ops', 'root');
SELECT a.* FROM unnest(ARRAY[$$assign_role('acme', 'all', 'bob')$$, $$assign_role('beta', 'all', 'max')$$, $$assign_role('ops', 'at acme', 'local')$$,
    $$assign_role('ops', 'all', 'local')$$, $$create_user('beta', 'new')$$, $$revoke_role('acme', 'all', 'bob')$$, $$modify_role('acme', 'all', frontend_view => 'admin')$$,
    pg_temp.lend('beta', 'max', 'Doc:Read')]) AS c CROSS JOIN LATERAL pg_temp.attempt(c) AS a;
CALL pg_temp.act_as('ops', 'local');
SELECT a.* FROM unnest(ARRAY[$$assign_role('acme', 'editor', 'bob')$$, $$assign_role('beta', 'all', 'max')$$, $$assign_role('ops', 'at acme', 'root')$$,
    $$assign_role('acme', 'all', 'bob')$$, $$create_user('beta', 'new2')$$, $$revoke_role('ops', 'all', 'root')$$, pg_temp.lend('acme', 'bob', 'Doc:Read'), pg_temp.lend('beta', 'max', 'Doc:Read')]) AS c CROSS JOIN LATERAL pg_temp.attempt(c) AS a;
-- The setting that counts is that of the organization where something is granted.
CALL pg_temp.act_as(NULL, NULL);
SELECT rbac.modify_organization('acme', '{"equal_may_grant": true}') \gset
CALL pg_temp.act_as('ops', 'local');
SELECT a.* FROM unnest(ARRAY[$$assign_role('acme', 'all', 'bob')$$, $$assign_role('ops', 'at acme', 'root')$$]) AS c CROSS JOIN LATERAL pg_temp.attempt(c) AS a;
-- Nor may anybody of an ordinary organization hand out an operator's role.
CALL pg_temp.act_as('acme', 'bob');
SELECT a.* FROM pg_temp.attempt($$assign_role('ops', 'at acme', 'root')$$) AS a;

CALL pg_temp.act_as(NULL, NULL);
DELETE FROM rbac.organization;
DELETE FROM rbac.permission WHERE NOT is_builtin;
TRUNCATE rbac.audit_event RESTART IDENTITY;
