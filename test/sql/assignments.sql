-- Assigning and revoking roles. Who may do so: escalation.
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

-- Assigning returns the role's id. A user has one role, unless told otherwise;
-- assigning again changes nothing.
SELECT rbac.assign_role('acme', 'reader', 'bob') = :'reader_1' AS is_reader;
SELECT rbac.assign_role(organization => 'acme', role_name => 'nobody', user_id => 'bob', replace => false) = :'nobody_1' AS is_nobody;
SELECT rbac.assign_role('acme', 'nobody', 'bob', false) = :'nobody_1' AS is_nobody;
SELECT role_name FROM rbac.assignment JOIN rbac.role USING (role) WHERE principal_id = 'bob' ORDER BY 1;
SELECT rbac.assign_role('acme', 'reader', 'bob') = :'reader_1' AS is_reader;
SELECT role_name FROM rbac.assignment JOIN rbac.role USING (role) WHERE principal_id = 'bob' ORDER BY 1;
SELECT rbac.user_privileges('acme', 'bob'), rbac.user_privileges('acme', 'eve');
SELECT v.what, a.* FROM (VALUES
    ('no organization', $$assign_role(NULL, 'reader', 'bob')$$), ('unknown organization', $$assign_role('nowhere', 'reader', 'bob')$$),
    ('no role', $$assign_role('acme', NULL, 'bob')$$), ('unknown role', $$assign_role('acme', 'Reader', 'bob')$$),
    ('not stripped', $$assign_role('acme', ' reader', 'bob')$$), ('no user', $$assign_role('acme', 'reader', NULL)$$),
    ('unknown user', $$assign_role('acme', 'reader', 'zoe')$$), ('of another organization', $$assign_role('beta', 'reader', 'bob')$$),
    ('revoke an unknown role', $$revoke_role('acme', 'writer', 'bob')$$), ('revoke from an unknown user', $$revoke_role('acme', 'reader', 'zoe')$$),
    ('revoke what the user lacks', $$revoke_role('acme', 'nobody', 'bob')$$), ('revoke', $$revoke_role('acme', 'reader', 'bob')$$),
    ('revoke again', $$revoke_role('acme', 'reader', 'bob')$$), ('revoke without arguments', $$revoke_role()$$)) AS v (what, call)
CROSS JOIN LATERAL pg_temp.attempt('SELECT rbac.' || v.call) AS a;
SELECT rbac.assign_role('acme', 'reader', 'bob', NULL) \gset

DELETE FROM rbac.organization;
DELETE FROM rbac.permission WHERE NOT is_builtin;
TRUNCATE rbac.audit_event RESTART IDENTITY;
