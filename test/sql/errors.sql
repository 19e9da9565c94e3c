-- Bad input of every administration function: which error, that it names the
-- argument, and that nothing remains of the attempt.
\set SHOW_CONTEXT never
-- What a call comes to; whatever it does is undone.
CREATE FUNCTION pg_temp.attempt(command text, OUT state text, OUT message text) LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE command;
    RAISE EXCEPTION USING ERRCODE = 'UNDO0';
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE, message = MESSAGE_TEXT;
    IF state = 'UNDO0' THEN
        state := 'done';
        message := NULL;
    END IF;
END
$$;
CREATE PROCEDURE pg_temp.act_as(organization text, user_id text) LANGUAGE plpgsql AS $$
BEGIN
    PERFORM rbac.set_caller(organization, user_id, false);
END
$$;
-- All rows of all tables of the extension.
CREATE FUNCTION pg_temp.checksum() RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    tab regclass;
    part text;
    result text := '';
BEGIN
    FOR tab IN SELECT c.oid FROM pg_class AS c WHERE c.relnamespace = 'rbac'::regnamespace AND c.relkind = 'r' ORDER BY c.relname LOOP
        EXECUTE format('SELECT md5(coalesce(string_agg(t::text, '','' ORDER BY t::text), '''')) FROM %s AS t', tab) INTO part;
        result := md5(result || part);
    END LOOP;
    RETURN result;
END
$$;
DO $$
BEGIN
    PERFORM rbac.create_organization(o) FROM unnest(ARRAY['acme', 'beta']) AS o;
    PERFORM rbac.create_user('acme', u) FROM unnest(ARRAY['ann', 'bob', 'eve']) AS u;
    PERFORM rbac.define_permission('Doc:Read', '{"region": "string"}');
    PERFORM rbac.create_role('acme', r, 'x', '[{"permission_name": "*", "conditions": {}}]', 'admin') FROM unnest(ARRAY['admin', 'other']) AS r;
    PERFORM rbac.create_role('acme', 'base', 'x', '[]', 'client', is_base_role => true);
    PERFORM rbac.assign_role('acme', r, u) FROM (VALUES ('admin', 'ann'), ('base', 'bob')) AS v (r, u);
    PERFORM rbac.create_group('acme', 'team'), rbac.add_group_member('acme', 'team', 'bob'), rbac.create_application('acme', 'crm');
END
$$;
SELECT rbac.create_scoped_role('acme', 'project', '[{"permission_name": "Doc:Read"}]', 'reader') AS scoped, rbac.create_application_role('acme', 'crm', 'agent') AS agent \gset
SELECT rbac.assign_scoped_role(:'scoped', 'bob', NULL, 'w1', 'p1'), rbac.assign_application_role('acme', 'crm', :'agent', '{bob}', 'User') \gset

-- Every argument of every function, with a good value.
CREATE TEMP TABLE argument (function text, number integer, name text, good text, PRIMARY KEY (function, name));
INSERT INTO argument VALUES
    ('create_organization', 1, 'organization', '''new'''), ('create_organization', 2, 'settings', '''{}'''),
    ('modify_organization', 1, 'organization', '''acme'''), ('modify_organization', 2, 'settings', '''{}'''),
    ('define_permission', 1, 'permission_name', '''New:New'''), ('define_permission', 2, 'attributes', '''{}'''), ('define_permission', 3, 'description', '''x'''),
    ('create_user', 1, 'organization', '''acme'''), ('create_user', 2, 'user_id', '''new'''),
    ('create_role', 1, 'organization', '''acme'''), ('create_role', 2, 'role_name', '''new'''), ('create_role', 3, 'description', '''x'''), ('create_role', 4, 'permission_grants', '''[]'''), ('create_role', 5, 'frontend_view', '''client'''),
    ('create_role', 6, 'inherited_from', '''{base}'''), ('create_role', 7, 'is_base_role', 'false'),
    ('modify_role', 1, 'organization', '''acme'''), ('modify_role', 2, 'role_name', '''base'''), ('modify_role', 3, 'description', '''y'''), ('modify_role', 4, 'permission_grants', '''[]'''), ('modify_role', 5, 'frontend_view', '''client'''), ('modify_role', 6, 'inherited_from', '''{}'''),
    ('assign_role', 1, 'organization', '''acme'''), ('assign_role', 2, 'role_name', '''base'''), ('assign_role', 3, 'user_id', '''bob'''), ('assign_role', 4, 'replace', 'true'),
    ('revoke_role', 1, 'organization', '''acme'''), ('revoke_role', 2, 'role_name', '''base'''), ('revoke_role', 3, 'user_id', '''bob'''),
    ('create_temporary_permission_grant', 1, 'organization', '''acme'''), ('create_temporary_permission_grant', 2, 'user_id', '''bob'''), ('create_temporary_permission_grant', 3, 'duration', '''PT1H'''),
    ('create_temporary_permission_grant', 4, 'permission_grant', '''{"permission_name": "Doc:Read", "conditions": {}}'''), ('create_temporary_permission_grant', 5, 'tags', '''{}'''), ('create_temporary_permission_grant', 6, 'justification', '''0123456789'''),
    ('get_roles', 1, 'organization', '''acme'''), ('get_temporary_permission_grants', 1, 'organization', '''acme'''), ('get_temporary_permission_grants', 6, '"limit"', '10'),
    ('role_privileges', 1, 'organization', '''acme'''), ('role_privileges', 2, 'role_name', '''base'''),
    ('user_privileges', 1, 'organization', '''acme'''), ('user_privileges', 2, 'user_id', '''bob'''), ('effective_privileges', 1, 'organization', '''acme'''), ('effective_privileges', 2, 'user_id', '''bob'''),
    ('check_access', 1, 'organization', '''acme'''), ('check_access', 2, 'user_id', '''bob'''), ('check_access', 3, 'permission', '''Doc:Read'''), ('check_access', 4, 'attributes', '''{}'''),
    ('create_scoped_role', 1, 'organization', '''acme'''), ('create_scoped_role', 2, 'level', '''project'''), ('create_scoped_role', 3, 'permission_grants', '''[{"permission_name": "Doc:Read"}]'''), ('create_scoped_role', 4, 'role_name', '''new'''), ('create_scoped_role', 5, 'description', '''x'''), ('create_scoped_role', 6, 'system_managed', 'false'), ('create_scoped_role', 7, 'type', '''normal'''),
    ('get_scoped_roles', 1, 'organization', '''acme'''), ('role_operations_on_object', 3, 'category', '''Doc'''), ('role_operations_on_object', 4, 'attributes', '''{}'''), ('user_operations_on_object', 3, 'category', '''Doc'''), ('user_operations_on_object', 4, 'attributes', '''{}'''),
    ('create_application_role', 1, 'organization', '''acme'''), ('create_application_role', 2, 'app_id', '''crm'''), ('create_application_role', 3, 'role_name', '''new'''), ('create_application_role', 4, 'permissions', '''{x}'''), ('create_application_role', 5, 'description', '''x'''), ('create_application_role', 6, 'display_name', '''x'''),
    ('modify_application_role', 4, 'role_name', '''new'''), ('modify_application_role', 5, 'permissions', '''{x}'''), ('modify_application_role', 6, 'description', '''x'''), ('modify_application_role', 7, 'display_name', '''x'''),
    ('assign_application_role', 4, 'entity_ids', '''{ann}'''), ('assign_application_role', 5, 'entity_type', '''User'''), ('revoke_application_role', 4, 'entity_id', '''bob'''),
    ('modify_scoped_role', 2, 'role_name', '''new'''), ('modify_scoped_role', 3, 'description', '''x'''), ('modify_scoped_role', 4, 'permission_grants', '''[{"permission_name": "*"}]''');
INSERT INTO argument SELECT f, n, a, good FROM unnest(ARRAY['create_group', 'delete_group', 'add_group_member', 'remove_group_member', 'get_group_members']) AS f,
    (VALUES (1, 'organization', '''acme'''), (2, 'group_id', '''team''')) AS v (n, a, good) WHERE f <> 'create_group' OR n = 1;
INSERT INTO argument VALUES ('create_group', 2, 'group_id', '''new'''), ('add_group_member', 3, 'user_id', '''ann'''), ('remove_group_member', 3, 'user_id', '''bob'''), ('get_groups', 1, 'organization', '''acme'''),
    ('create_application', 1, 'organization', '''acme'''), ('create_application', 2, 'app_id', '''new'''), ('get_applications', 1, 'organization', '''acme'''), ('get_application_roles', 1, 'organization', '''acme'''), ('get_application_roles', 2, 'app_id', '''crm'''), ('delete_application', 1, 'organization', '''acme'''), ('delete_application', 2, 'app_id', '''crm''');
INSERT INTO argument SELECT f, n, a, good FROM unnest(ARRAY['get', 'modify', 'delete', 'assign', 'revoke']) AS verb, (VALUES (1, 'organization', '''acme'''), (2, 'app_id', '''crm'''), (3, 'role_id', quote_literal(:'agent'))) AS v (n, a, good), concat(verb, '_application_role') AS f;
INSERT INTO argument SELECT f, 1, 'role_id', quote_literal(:'scoped') FROM unnest(ARRAY['get_scoped_role', 'modify_scoped_role', 'delete_scoped_role', 'assign_scoped_role', 'revoke_scoped_role', 'get_scoped_role_assignments']) AS f;
INSERT INTO argument SELECT f, n, a, good FROM (VALUES ('assign_scoped_role', 2, 'user_id', '''ann'''), ('revoke_scoped_role', 2, 'user_id', '''bob''')) AS v (f, n, a, good) UNION ALL
    SELECT f, n, a, good FROM unnest(ARRAY['assign_scoped_role', 'revoke_scoped_role']) AS f, (VALUES (4, 'workspace_id', '''w1'''), (5, 'project_id', '''p1''')) AS v (n, a, good);
INSERT INTO argument SELECT f, n, a, good FROM unnest(ARRAY['assigned_users', 'authorized_users', 'role_permissions', 'role_operations_on_object']) AS f, (VALUES (1, 'organization', '''acme'''), (2, 'role_name', '''base''')) AS v (n, a, good) UNION ALL
    SELECT f, n, a, good FROM unnest(ARRAY['assigned_roles', 'authorized_roles', 'user_permissions', 'user_operations_on_object']) AS f, (VALUES (1, 'organization', '''acme'''), (2, 'user_id', '''bob''')) AS v (n, a, good);
-- The call with another value for one argument; without it, if that is NULL.
CREATE FUNCTION pg_temp.call(of text, changed text DEFAULT '', value text DEFAULT NULL) RETURNS text LANGUAGE sql
RETURN (SELECT format('SELECT rbac.%s(%s)', of, string_agg(name || ' => ' || CASE name WHEN changed THEN value ELSE good END, ', ' ORDER BY number) FILTER (WHERE name <> changed OR value IS NOT NULL))
        FROM argument WHERE function = of);
-- None is left out but the functions on API keys (api_key), and arguments that are
-- mere filters or given instead of others.
SELECT p.proname, a.name FROM pg_proc AS p CROSS JOIN LATERAL unnest(p.proargnames[1:p.pronargs]) AS a (name)
WHERE p.pronamespace = 'rbac'::regnamespace AND p.prosrc = 'rbac_admin' AND p.proname NOT LIKE '%api\_key%' AND NOT EXISTS (SELECT FROM argument AS g WHERE g.function = p.proname AND g.name = quote_ident(a.name)) ORDER BY 1, 2;
SELECT pg_temp.checksum() AS before \gset

-- Without a caller that is the first that is wrong, whatever else is.
CREATE ROLE regress_nobody;
GRANT SELECT ON argument TO regress_nobody;
SET ROLE regress_nobody;
SELECT a.state, count(*) FROM (SELECT pg_temp.call(function, name, 'NULL') FROM argument UNION SELECT pg_temp.call(function) FROM argument UNION SELECT pg_temp.call(function, 'organization', '''nowhere''') FROM argument) AS c (call)
CROSS JOIN LATERAL pg_temp.attempt(call) AS a GROUP BY a.state;
RESET ROLE;

-- Every call is good as it is, for the system: none is refused for another reason.
SELECT function, a.* FROM (SELECT DISTINCT function FROM argument) AS f CROSS JOIN LATERAL pg_temp.attempt(pg_temp.call(function)) AS a WHERE a.state <> 'done';
-- Required arguments: an error names them when they are left out, and when they
-- are NULL. Shown are the others.
CREATE TEMP TABLE outcome AS SELECT function, number, name, omitted.state AS omitted, omitted.message AS message, is_null.state AS is_null, is_null.message AS null_message
FROM argument CROSS JOIN LATERAL pg_temp.attempt(pg_temp.call(function, name)) AS omitted CROSS JOIN LATERAL pg_temp.attempt(pg_temp.call(function, name, 'NULL')) AS is_null;
SELECT count(*) AS required FROM outcome WHERE (omitted, is_null) = ('22023', '22023') AND (message, null_message) = (format('invalid value for argument "%s": must not be null', name), format('invalid value for argument "%s": must not be null', name));
SELECT function, name, omitted, is_null, null_message FROM outcome WHERE NOT (omitted, is_null) = ('22023', '22023') ORDER BY function COLLATE "C", number;

-- What does not exist.
SELECT count(*), min(a.state) || ' ' || max(a.state) AS states, min(a.message) AS message, max(a.message) = min(a.message) AS one_message
FROM argument CROSS JOIN LATERAL pg_temp.attempt(pg_temp.call(function, name, '''nowhere''')) AS a WHERE name = 'organization' AND function <> 'create_organization';
SELECT function, name, value, a.* FROM argument CROSS JOIN LATERAL (VALUES ('role_name', 'base '), ('role_name', 'Base'), ('user_id', 'Bob'), ('user_id', '')) AS v (name_of, value)
CROSS JOIN LATERAL pg_temp.attempt(pg_temp.call(function, name, quote_literal(value))) AS a WHERE name = name_of AND function !~ '^(create|modify_(scoped|application))_' ORDER BY function COLLATE "C", number, value COLLATE "C";

-- Texts: empty, white space, and as long as names and descriptions may be, or longer.
SELECT function, name, what, a.* FROM argument CROSS JOIN LATERAL (VALUES (1, 'empty', ''), (2, 'white space', U&' \00a0\2003'), (3, '256', repeat(U&'\00e9', 256)), (4, '257', repeat(U&'\00e9', 257)), (5, '256, padded', ' ' || repeat('x', 256) || ' '),
    (6, '10000', repeat(U&'\00e9', 10000)), (7, '10001', repeat(U&'\00e9', 10001)), (8, '10000, padded', ' ' || repeat('x', 10000) || ' ')) AS v (n, what, value)
CROSS JOIN LATERAL pg_temp.attempt(pg_temp.call(function, name, quote_literal(value))) AS a
WHERE (function, name) IN (('create_organization', 'organization'), ('define_permission', 'description'), ('create_user', 'user_id'), ('create_role', 'role_name'), ('create_role', 'description'), ('modify_role', 'description'), ('create_temporary_permission_grant', 'justification')) AND a.state <> 'done'
ORDER BY function COLLATE "C", number, n;

-- Ten megabytes in any argument: refused at once, and without repeating them.
CREATE TEMP TABLE huge_jsonb (what text, value jsonb);
INSERT INTO huge_jsonb VALUES ('key', jsonb_build_object(repeat('x', 10000000), 'string')), ('value', jsonb_build_object('x', repeat('x', 10000000))),
    ('many', (SELECT jsonb_object_agg(i, 'string') FROM generate_series(1, 500000) AS i)), ('array', to_jsonb(array_fill(1, ARRAY[5000000])));
CREATE TEMP TABLE huge (type regtype, what text, value text);
INSERT INTO huge VALUES ('text', 'text', $$repeat('x', 10000000)$$), ('text', 'white space', $$repeat(' ', 10000000)$$),
    ('rbac.privileges', 'padded', $$(repeat(' ', 10000000) || '[]')::rbac.privileges$$), ('rbac.permission_grant', 'name', $$jsonb_build_object('permission_name', 'Doc:' || repeat('x', 10000000))::rbac.permission_grant$$);
INSERT INTO huge SELECT 'jsonb', what, format('(SELECT value FROM huge_jsonb WHERE what = %L)', what) FROM huge_jsonb;
SELECT h.type, h.what COLLATE "C" AS what, a.state, regexp_replace(a.message, '(.)\1{255}', '\1 (256 times) ') COLLATE "C" AS message, count(*)
FROM argument AS g JOIN pg_proc AS p ON p.pronamespace = 'rbac'::regnamespace AND p.proname = g.function JOIN huge AS h ON h.type = p.proargtypes[g.number - 1]
CROSS JOIN LATERAL pg_temp.attempt(pg_temp.call(g.function, g.name, h.value)) AS a GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4;
-- So is a setting that exists.
SELECT a.* FROM pg_temp.attempt($$SELECT rbac.modify_organization('acme', jsonb_build_object('max_temporary_grant', repeat('9', 10000000)))$$) AS a;

-- Names taken, and what is no document, or not of what is defined.
SELECT function, name, value, a.* FROM (VALUES
    ('create_organization', 'organization', 'acme'), ('define_permission', 'permission_name', 'Doc:Read'), ('create_user', 'user_id', 'ann'), ('create_role', 'role_name', ' admin '),
    ('create_organization', 'settings', '{"x": 1}'), ('create_role', 'permission_grants', '[{}]'), ('create_role', 'permission_grants', '[{"permission_name": "Doc:Print", "conditions": {}}]'),
    ('create_role', 'permission_grants', '[{"permission_name": "Doc:Read", "conditions": {"region": {"type": "Equals", "value": 1}}}]'), ('create_role', 'frontend_view', 'x'), ('create_role', 'inherited_from', '{x}'),
    ('create_role', 'is_base_role', 'true'), ('modify_role', 'inherited_from', '{other}'), ('modify_role', 'inherited_from', '{base}'), ('modify_role', 'role_name', 'x'), ('revoke_role', 'role_name', 'admin'),
    ('create_temporary_permission_grant', 'duration', '1 hour'), ('create_temporary_permission_grant', 'tags', '{"x": 1}'), ('create_temporary_permission_grant', 'permission_grant', '{"permission_name": "Doc:Print", "conditions": {}}'),
    ('get_temporary_permission_grants', '"limit"', '11'), ('check_access', 'attributes', '[]'), ('check_access', 'attributes', '{"x": []}')) AS v (function, name, value)
CROSS JOIN LATERAL pg_temp.attempt(pg_temp.call(function, name, quote_literal(value))) AS a;

-- A caller is told the same, and of several faults the first in one order:
-- organization, argument, role or user, permission, name taken.
CALL pg_temp.act_as('acme', 'eve');
SELECT call, a.* FROM unnest(ARRAY[$$create_role('nowhere', '', '', NULL, NULL)$$, $$create_role('acme', 'admin', '', '[]', 'client')$$, $$create_role('acme', 'admin', 'x', '[]', 'client', '{x}')$$, $$create_role('acme', 'admin', 'x', '[]', 'client')$$,
    $$modify_role('acme', 'x', '')$$, $$modify_role('acme', 'x')$$, $$modify_role('acme', 'admin')$$, $$assign_role('acme', 'x', NULL)$$, $$assign_role('acme', 'x', 'zoe')$$, $$assign_role('acme', 'admin', 'zoe')$$, $$assign_role('acme', 'admin', 'ann')$$,
    $$create_user('acme', '')$$, $$create_user('acme', 'ann')$$, $$create_temporary_permission_grant('acme', 'zoe', 'x', NULL, NULL, NULL)$$, $$create_temporary_permission_grant('acme', 'zoe', 'PT1H', '{"permission_name": "Doc:Read", "conditions": {}}', '{}', '0123456789')$$,
    $$create_temporary_permission_grant('acme', 'ann', 'PT1H', '{"permission_name": "Doc:Read", "conditions": {}}', '{}', '0123456789')$$, $$create_organization('')$$, $$define_permission('')$$, $$modify_organization('nowhere', '[]')$$,
    $$check_access('nowhere', 'zoe', NULL)$$, $$check_access('acme', 'zoe', NULL)$$, $$check_access('acme', 'zoe', 'x')$$, $$check_access('acme', 'ann', 'x')$$]) AS call
CROSS JOIN LATERAL pg_temp.attempt('SELECT rbac.' || call) AS a;

-- All of that left nothing behind; a good call does.
CALL pg_temp.act_as(NULL, NULL);
SELECT pg_temp.checksum() = :'before' AS nothing_changed;
SELECT rbac.create_user('acme', 'new') \gset
SELECT pg_temp.checksum() = :'before' AS nothing_changed;

REVOKE ALL ON argument FROM regress_nobody;
DROP ROLE regress_nobody;
DELETE FROM rbac.organization;
DELETE FROM rbac.permission WHERE NOT is_builtin;
TRUNCATE rbac.audit_event RESTART IDENTITY;
