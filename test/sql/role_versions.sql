-- Modifying roles: what makes a new version, and what becomes of the old one.
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

SELECT rbac.create_role('acme', 'reader', 'May read.',
    '[{"permission_name": "Doc:Read", "conditions": {"region": {"type": "In", "values": ["eu", "us"]}}}]', 'client') AS reader_1 \gset
SELECT rbac.create_role('acme', 'nobody', 'Nothing.', '[]', 'admin') AS nobody_1 \gset
SELECT rbac.assign_role('acme', 'reader', 'bob') \gset

-- Modifying in place: the description, and whatever is not really modified.
SELECT v.what, rbac.modify_role('acme', 'reader', description => v.description, permission_grants => v.grants, frontend_view => v.view) = :'reader_1' AS same_id
FROM (VALUES
    ('nothing', NULL, NULL::rbac.privileges, NULL::rbac.frontend_view), ('description', '  May read documents. ', NULL, NULL), ('the same view', NULL, NULL, 'client'),
    ('the same grants', NULL, '[{"permission_name": "Doc:Read", "conditions": {"region": {"type": "In", "values": ["us", "eu", "us"]}}}]', NULL))
    AS v (what, description, grants, view);
SELECT id = :'reader_1' AS same_id, description, frontend_view, permission_grants FROM rbac.get_roles('acme', true, name => '{reader}');
SELECT count(*) AS versions FROM rbac.role_version JOIN rbac.role USING (role) WHERE role_name = 'reader';

-- Anything else makes a new version, with a new id: another view, other grants.
SELECT rbac.modify_role('acme', 'reader', frontend_view => 'admin', description => 'Second.') AS reader_2 \gset
SELECT rbac.modify_role('acme', 'reader', permission_grants => '[{"permission_name": "Doc:Read", "conditions": {"region": {"type": "Equals", "value": "eu"}}}]') AS reader_3 \gset
-- Equals a value and In that value alone are the same; "allow the same" is not:
-- another way to write it is a modification.
SELECT rbac.modify_role('acme', 'reader', permission_grants => '[{"permission_name": "Doc:Read", "conditions": {"region": {"type": "In", "values": ["eu"]}}}]') = :'reader_3' AS same_id;
SELECT rbac.modify_role('acme', 'reader', permission_grants => '[{"permission_name": "Doc:Read", "conditions": {"region": {"type": "Equals", "value": "eu"}}},
    {"permission_name": "Doc:Read", "conditions": {"region": {"type": "Equals", "value": "eu"}, "level": {"type": "Equals", "value": 1}}}]') = :'reader_3' AS same_id;
SELECT rbac.modify_role('acme', 'reader', permission_grants => '[{"permission_name": "Doc:Read", "conditions": {"region": {"type": "Equals", "value": "eu"}}}]') AS reader_5 \gset

-- The name stands for the current version. The others are found by their id.
SELECT id = :'reader_5' AS is_current, description, frontend_view FROM rbac.get_roles('acme', name => '{reader}');
SELECT name, id = :'reader_5' AS is_current, description, frontend_view, permission_grants
FROM rbac.get_roles('acme', true, id => ARRAY[:'reader_1', :'reader_2', :'reader_5']) ORDER BY id;
SELECT count(*) FROM rbac.get_roles('acme', id => ARRAY[:'reader_1'], name => '{reader}');
SELECT count(*) AS listed, count(*) FILTER (WHERE name = 'reader') AS readers FROM rbac.get_roles('acme');
SELECT rbac.assign_role('acme', 'reader', 'eve') = :'reader_5' AS is_current;
-- Holders have the current one, at once.
SELECT rbac.user_privileges('acme', 'bob');
-- A superseded version stays for one day, then it is gone, and the next
-- modification of the role removes it for good.
SELECT role_id = :'reader_5' AS is_current, expires_at - now() > '23:59' AND expires_at - now() <= '24:00' AS for_a_day, expires_at IS NULL AS for_ever
FROM rbac.role_version JOIN rbac.role USING (role) WHERE role_name = 'reader' AND role_id IN (:'reader_1', :'reader_5') ORDER BY 1;
UPDATE rbac.role_version SET expires_at = now() WHERE role_id = :'reader_1';
SELECT count(*) FROM rbac.get_roles('acme', id => ARRAY[:'reader_1']);
SELECT count(*) FROM rbac.role_version WHERE role_id = :'reader_1';
SELECT rbac.modify_role('acme', 'reader', frontend_view => 'client') = :'reader_5' AS same_id;
SELECT count(*) FROM rbac.role_version WHERE role_id = :'reader_1';

-- What modify_role refuses.
SELECT v.what, a.* FROM (VALUES
    ('no organization', $$NULL, 'reader'$$), ('unknown organization', $$'nowhere', 'reader'$$), ('no role', $$'acme', NULL$$),
    ('unknown role', $$'acme', 'writer'$$), ('not stripped', $$'acme', 'reader '$$), ('of another organization', $$'beta', 'nobody'$$),
    ('empty description', $$'acme', 'reader', ' '$$), ('unknown permission', $$'acme', 'reader', NULL, '[{"permission_name": "Doc:Print", "conditions": {}}]'$$),
    ('wrong type', $$'acme', 'reader', NULL, '[{"permission_name": "Doc:Read", "conditions": {"level": {"type": "Equals", "value": "1"}}}]'$$),
    ('no arguments', '')) AS v (what, arguments)
CROSS JOIN LATERAL pg_temp.attempt(format('SELECT rbac.modify_role(%s)', v.arguments)) AS a;

DELETE FROM rbac.organization;
DELETE FROM rbac.permission WHERE NOT is_builtin;
TRUNCATE rbac.audit_event RESTART IDENTITY;
