-- A role has the grants of the roles that it inherits from, and of theirs.
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
DO $$ BEGIN PERFORM rbac.create_organization(o) FROM unnest(ARRAY['acme', 'beta']) AS o; END $$;
SELECT rbac.create_user('acme', 'ann') \gset
DO $$ BEGIN PERFORM rbac.define_permission('Doc:' || p) FROM unnest(ARRAY['Top', 'Left', 'Right', 'Bottom', 'New']) AS p; END $$;
CREATE FUNCTION pg_temp.grants(actions text[]) RETURNS rbac.privileges LANGUAGE sql
RETURN (SELECT coalesce(jsonb_agg(jsonb_build_object('permission_name', 'Doc:' || a, 'conditions', '{}'::jsonb)), '[]')::rbac.privileges FROM unnest(actions) AS a);
-- The actions that a role gives, by what a check of its only holder says.
CREATE FUNCTION pg_temp.actions(role_name text) RETURNS text LANGUAGE sql AS $$
    SELECT rbac.assign_role('acme', role_name, 'ann');
    SELECT string_agg(a, ' ') FROM unnest(ARRAY['Top', 'Left', 'Right', 'Bottom', 'New']) AS a WHERE rbac.check_access('acme', 'ann', 'Doc:' || a);
$$;

-- A diamond.
SELECT rbac.create_role('acme', 'top', 'x', pg_temp.grants('{Top}'), 'client', is_base_role => true) \gset
SELECT rbac.create_role('acme', 'left', 'x', pg_temp.grants('{Left}'), 'client', '{top}') \gset
SELECT rbac.create_role('acme', 'right', 'x', pg_temp.grants('{Right}'), 'client', '{top,top}') \gset
SELECT rbac.create_role('acme', 'bottom', 'x', pg_temp.grants('{Bottom}'), 'client', '{left,right}') \gset
SELECT rbac.create_role('acme', 'empty', 'x', '[]', 'client', '{}') \gset
SELECT r, pg_temp.actions(r) FROM unnest(ARRAY['top', 'left', 'right', 'bottom', 'empty']) AS r;
-- The document has the role's own grants only, role_privileges all of them.
SELECT name, permission_grants FROM rbac.get_roles('acme', true, name => '{left,top}');
SELECT count(*), count(DISTINCT g::text) FROM rbac.grants(rbac.role_privileges('acme', 'bottom')) AS g;
SELECT rbac.role_privileges('acme', 'left');

-- A change of a role reaches every role that inherits from it, at once and
-- without a new version of theirs.
SELECT id AS bottom FROM rbac.get_roles('acme', name => '{bottom}') \gset
SELECT rbac.modify_role('acme', 'top', permission_grants => pg_temp.grants('{Top,New}')) \gset
SELECT r, pg_temp.actions(r) FROM unnest(ARRAY['top', 'left', 'bottom']) AS r;
SELECT id = :'bottom' AS same_id FROM rbac.get_roles('acme', name => '{bottom}');
SELECT rbac.modify_role('acme', 'top', permission_grants => pg_temp.grants('{Top}')) \gset

-- What is inherited from is an immutable field: the same parents in another
-- order are the same, NULL leaves them, others make a new version.
SELECT v.inherited_from, rbac.modify_role('acme', 'bottom', inherited_from => v.inherited_from) = :'bottom' AS same_id
FROM (VALUES (NULL::text[]), ('{right,left}'), ('{left,right,left}')) AS v (inherited_from);
SELECT rbac.modify_role('acme', 'bottom', inherited_from => '{right}') = :'bottom' AS same_id;
SELECT pg_temp.actions('bottom');
SELECT rbac.modify_role('acme', 'bottom', permission_grants => pg_temp.grants('{New}')) = :'bottom' AS same_id;
SELECT pg_temp.actions('bottom');
SELECT rbac.modify_role('acme', 'bottom', inherited_from => '{}') = :'bottom' AS same_id;
SELECT pg_temp.actions('bottom');
SELECT rbac.modify_role('acme', 'bottom', inherited_from => '{left,right}') \gset

-- What is refused. A base role never inherits, and nothing goes in circles.
SELECT rbac.create_role('beta', 'foreign', 'x', '[]', 'client') \gset
SELECT v.what, a.* FROM (VALUES
    ('a new base role', $$create_role('acme', 'x', 'x', '[]', 'client', '{top}', true)$$), ('a base role', $$modify_role('acme', 'top', inherited_from => '{empty}')$$),
    ('a base role, nothing', $$modify_role('acme', 'top', inherited_from => '{}')$$), ('from itself', $$modify_role('acme', 'left', inherited_from => '{left}')$$),
    ('a new role from itself', $$create_role('acme', 'x', 'x', '[]', 'client', '{x}')$$),
    ('from a child', $$modify_role('acme', 'left', inherited_from => '{bottom}')$$), ('from a child, too', $$modify_role('acme', 'left', inherited_from => '{top,bottom}')$$),
    ('unknown', $$create_role('acme', 'x', 'x', '[]', 'client', '{top,unknown}')$$), ('of another organization', $$modify_role('acme', 'left', inherited_from => '{foreign}')$$),
    ('null', $$modify_role('acme', 'left', inherited_from => '{NULL}')$$),
    ('65 roles', $$create_role('acme', 'x', 'x', '[]', 'client', array_fill('top'::text, '{65}'))$$), ('64 roles', $$create_role('acme', 'x', 'x', '[]', 'client', array_fill('top'::text, '{64}'))$$))
    AS v (what, call)
CROSS JOIN LATERAL pg_temp.attempt('SELECT rbac.' || v.call) AS a;
SELECT c.role_name, p.role_name AS parent FROM rbac.role_parent AS i JOIN rbac.role AS c USING (role) JOIN rbac.role AS p ON p.role = i.parent ORDER BY 1, 2;

-- A long chain is followed to its end, and cannot be closed.
DO $$
BEGIN
    FOR i IN 1..100 LOOP
        PERFORM rbac.create_role('acme', 'chain' || i, 'x', pg_temp.grants(CASE i WHEN 1 THEN '{New}' ELSE '{}' END::text[]),
                                 'client', ARRAY[CASE i WHEN 1 THEN 'top' ELSE 'chain' || i - 1 END]);
    END LOOP;
END
$$;
SELECT pg_temp.actions('chain100');
SELECT a.* FROM pg_temp.attempt($$SELECT rbac.modify_role('acme', 'chain1', inherited_from => '{chain100}')$$) AS a;
SELECT rbac.modify_role('acme', 'top', permission_grants => '[]') \gset
SELECT pg_temp.actions('chain100');

DELETE FROM rbac.organization;
DELETE FROM rbac.permission WHERE NOT is_builtin;
TRUNCATE rbac.audit_event RESTART IDENTITY;
