-- Who may create, modify and see roles. Handing out rights: escalation.
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
CREATE PROCEDURE pg_temp.act_as(organization text, user_id text) LANGUAGE plpgsql AS $$
BEGIN
    PERFORM rbac.set_caller(organization, user_id, false);
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

-- A caller needs Role:CreateRole, Role:GetRole, Role:ModifyRole for the role.
SELECT rbac.create_role('acme', 'clerk', 'Client roles only.', '[
    {"permission_name": "Role:CreateRole", "conditions": {"frontend_view": {"type": "Equals", "value": "client"}}},
    {"permission_name": "Role:GetRole", "conditions": {"role_name": {"type": "NotEquals", "value": "nobody"}}},
    {"permission_name": "Role:ModifyRole", "conditions": {"frontend_view": {"type": "Equals", "value": "client"}}},
    {"permission_name": "Doc:Read", "conditions": {}}]', 'admin') AS clerk \gset
SELECT rbac.assign_role('acme', 'clerk', 'ann'), rbac.assign_role('acme', 'reader', 'eve') \gset
CALL pg_temp.act_as('acme', 'ann');
SELECT v.what, a.* FROM (VALUES
    ('create, allowed', $$create_role('acme', 'temp', 'x', '[]', 'client')$$), ('create, another view', $$create_role('acme', 'boss', 'x', '[]', 'admin')$$),
    ('elsewhere', $$create_role('beta', 'temp', 'x', '[]', 'client')$$), ('modify, allowed', $$modify_role('acme', 'reader', 'Modified.')$$),
    ('modify, by what it was', $$modify_role('acme', 'nobody', frontend_view => 'client')$$), ('then by what it is', $$modify_role('acme', 'temp', frontend_view => 'admin')$$),
    ('and was again', $$modify_role('acme', 'temp', 'x y')$$)) AS v (what, call)
CROSS JOIN LATERAL pg_temp.attempt('SELECT rbac.' || v.call) AS a;
-- Lists show what may be seen, and refuse nothing.
SELECT name FROM rbac.get_roles('acme');
SELECT count(*) FROM rbac.get_roles('acme', id => ARRAY[:'nobody_1']);
SELECT count(*) FROM rbac.get_roles('beta');
SELECT a.* FROM unnest(ARRAY['reader', 'nobody', 'writer']) AS r CROSS JOIN LATERAL pg_temp.attempt(format('SELECT rbac.role_privileges(''acme'', %L)', r)) AS a;
CALL pg_temp.act_as('acme', 'eve');
SELECT count(*) FROM rbac.get_roles('acme');
-- Users see themselves; others, who has Role:GetRole for them.
SELECT v.call, a.* FROM unnest(ARRAY['user_privileges', 'effective_privileges']) AS f, unnest(ARRAY['eve', 'bob', 'zoe']) AS u
CROSS JOIN LATERAL (SELECT format('SELECT rbac.%s(''acme'', %L)', f, u)) AS v (call) CROSS JOIN LATERAL pg_temp.attempt(v.call) AS a;
SELECT rbac.user_privileges('acme', 'eve');

CALL pg_temp.act_as(NULL, NULL);
DELETE FROM rbac.organization;
DELETE FROM rbac.permission WHERE NOT is_builtin;
TRUNCATE rbac.audit_event RESTART IDENTITY;
