-- Roles: creating and listing them, and what their grants may name. See also
-- role_versions, assignments, inheritance and escalation.
\set SHOW_CONTEXT never
CREATE FUNCTION pg_temp.attempt(command text, OUT state text, OUT message text)
LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE command;
    state := 'done';
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE, message = MESSAGE_TEXT;
END
$$;
DO $$
BEGIN
    PERFORM rbac.create_organization(o) FROM unnest(ARRAY['acme', 'beta']) AS o;
    PERFORM rbac.create_user('acme', u) FROM unnest(ARRAY['ann', 'bob', 'eve']) AS u;
    PERFORM rbac.define_permission('Doc:Read', '{"region": "string", "level": "number", "secret": "boolean"}');
    PERFORM rbac.define_permission('Doc:Write', '{"region": "string", "level": "string"}');
END
$$;

-- A role is created with an id; its texts are stripped, of Unicode white space too.
SELECT rbac.create_role('acme', U&' \00a0\3000reader\2003', E'\n May read. \t',
    '[{"permission_name": "Doc:Read", "conditions": {"region": {"type": "In", "values": ["eu", "us"]}}}]', 'client') AS reader_1 \gset
SELECT rbac.create_role(organization => 'acme', role_name => 'nobody', description => 'Nothing.',
                        permission_grants => '[]', frontend_view => 'admin') AS nobody_1 \gset
-- Names count in their organization only, and case counts.
SELECT rbac.create_role('beta', 'reader', 'Of beta.', '[]', 'client') \gset
SELECT rbac.create_role('acme', 'Reader', 'Another.', '[]', 'client') \gset

-- get_roles: by name, without grants unless they are wanted.
SELECT id = :'reader_1' AS is_reader, name, description, frontend_view, permission_grants FROM rbac.get_roles('acme');
SELECT name, permission_grants FROM rbac.get_roles('acme', true);
SELECT f.filter, ARRAY(SELECT r.name FROM rbac.get_roles('acme', false, f.id, f.name) AS r) AS names FROM (VALUES
    ('by id', ARRAY[:'reader_1'], '{}'::text[]), ('by ids', ARRAY[:'reader_1', :'nobody_1', :'reader_1'], '{}'),
    ('by name', '{}', '{nobody,reader,nobody}'), ('by both', ARRAY[:'reader_1'], '{reader}'), ('by both, neither', ARRAY[:'reader_1'], '{nobody}'),
    ('unknown', '{000000000000000000000000}', '{}'), ('unknown name', '{}', '{" reader"}'), ('null', NULL, NULL)) AS f (filter, id, name);

-- What a role may not be made of.
SELECT v.what, a.* FROM (VALUES
    ('no organization', $$NULL, 'x', 'x', '[]', 'client'$$), ('unknown organization', $$'nowhere', 'x', 'x', '[]', 'client'$$),
    ('no name', $$'acme', NULL, 'x', '[]', 'client'$$), ('empty name', $$'acme', ' ', 'x', '[]', 'client'$$),
    ('long name', $$'acme', repeat('x', 257), 'x', '[]', 'client'$$), ('reserved name', $$'acme', ' temporary_permission_grants', 'x', '[]', 'client'$$),
    ('name taken', $$'acme', ' reader ', 'x', '[]', 'client'$$), ('no description', $$'acme', 'x', NULL, '[]', 'client'$$),
    ('empty description', $$'acme', 'x', E'\n', '[]', 'client'$$), ('no grants', $$'acme', 'x', 'x', NULL, 'client'$$),
    ('no view', $$'acme', 'x', 'x', '[]', NULL$$), ('unknown view', $$'acme', 'x', 'x', '[]', 'root'$$),
    ('malformed grants', $$'acme', 'x', 'x', '{}', 'client'$$)) AS v (what, arguments)
CROSS JOIN LATERAL pg_temp.attempt(format('SELECT rbac.create_role(%s)', v.arguments)) AS a;

-- Grants name what is defined: permission, attribute, type. A wildcard has the
-- attributes of all it covers.
SELECT v.permission, v.attribute, v.value, a.* FROM (VALUES
    ('Doc:Print', 'region', '"eu"'), ('Doc:Read', 'colour', '"red"'), ('Doc:Read', 'region', '1'), ('Doc:Read', 'level', '"1"'),
    ('Doc:Read', 'secret', '"true"'), ('Doc:Read', 'org_id', '1'), ('Doc:Read', 'org_id', '"{self_user_id}"'), ('Doc:*', 'level', '1'),
    ('Doc:*', 'role_name', '"x"'), ('*', 'colour', '"red"'), ('Other:*', 'region', '"eu"'),
    ('Doc:Read', 'org_id', '"acme"'), ('Doc:Read', 'level', '1e0'), ('Doc:*', 'region', '"eu"'), ('*', 'role_name', '"{self_user_id}"'), ('*', 'org_id', '"{self_org_id}"'))
    AS v (permission, attribute, value)
CROSS JOIN LATERAL pg_temp.attempt(format('SELECT rbac.create_role(''acme'', %L, ''x'', %L, ''client'')', v.permission || v.attribute, json_build_array(json_build_object(
    'permission_name', v.permission, 'conditions', json_build_object(v.attribute, json_build_object('type', 'NotEquals', 'value', v.value::json)))))) AS a;
SELECT a.* FROM pg_temp.attempt($$SELECT rbac.create_role('acme', 'future', 'x', '[{"permission_name": "Other:*", "conditions": {}}]', 'client')$$) AS a;

DELETE FROM rbac.organization;
DELETE FROM rbac.permission WHERE NOT is_builtin;
TRUNCATE rbac.audit_event RESTART IDENTITY;
