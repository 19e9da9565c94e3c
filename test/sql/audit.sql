-- The audit trail: one event for each write, with who made it and what came of
-- it; none for what was refused, changed nothing, or was rolled back.
\set SHOW_CONTEXT never
CREATE FUNCTION pg_temp.attempt(command text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE 'SELECT rbac.' || command;
    RETURN 'done';
EXCEPTION WHEN OTHERS THEN
    RETURN SQLSTATE;
END
$$;
CREATE PROCEDURE pg_temp.act_as(organization text, user_id text) LANGUAGE plpgsql AS $$
BEGIN
    PERFORM rbac.set_caller(organization, user_id, false);
END
$$;
-- The events since the last look, without ids and instants.
CREATE FUNCTION pg_temp.events(OUT operation text, OUT organization text, OUT actor text, OUT detail text) RETURNS SETOF record LANGUAGE sql AS $$
    WITH seen AS (DELETE FROM rbac.audit_event RETURNING *)
    SELECT operation, organization, coalesce(actor_organization || ' ' || actor_user_id, 'system'),
           regexp_replace(regexp_replace(detail::text, '[0-9a-f]{24}|[0-9a-f]{8}-[0-9a-f-]{27}', '(id)', 'g'), '\d{4}-\d\d-\d\dT[^"]*', '(instant)', 'g')
    FROM seen ORDER BY event_id
$$;

-- Each write is one event, with its arguments and its result.
SELECT pg_temp.attempt(c) FROM unnest(ARRAY[
    $$create_organization('acme', '{"equal_may_grant": true}')$$, $$modify_organization('acme', '{"equal_may_grant": false}')$$, $$define_permission('Doc:Read', '{"region": "string"}')$$, $$define_permission('Doc:Write', '{}', 'Write.')$$,
    $$create_user('acme', 'ann')$$, $$create_user('acme', 'bob')$$, $$create_role('acme', ' admin ', 'x', '[{"permission_name": "*", "conditions": {}}]', 'admin')$$,
    $$create_role('acme', 'base', 'x', '[{"permission_name": "Doc:Read", "conditions": {"region": {"type": "Equals", "value": "eu"}}}]', 'client', is_base_role => true)$$,
    $$create_role('acme', 'editor', 'x', '[]', 'client', '{base}')$$, $$assign_role('acme', 'admin', 'ann')$$]) AS c;
SELECT * FROM pg_temp.events();
-- A caller is the actor.
CALL pg_temp.act_as('acme', 'ann');
SELECT pg_temp.attempt(c) FROM unnest(ARRAY[
    $$create_user('acme', 'eve')$$, $$assign_role('acme', 'base', 'bob')$$, $$assign_role('acme', 'editor', 'bob', false)$$, $$assign_role('acme', 'editor', 'bob')$$, $$revoke_role('acme', 'editor', 'bob')$$,
    $$modify_role('acme', 'editor', 'y')$$, $$modify_role('acme', 'editor', frontend_view => 'admin')$$, $$modify_role('acme', 'editor', inherited_from => '{}')$$,
    $$create_temporary_permission_grant('acme', 'bob', 'PT1H', '{"permission_name": "Doc:Read", "conditions": {}}', '{"a": null}', ' 0123456789 ')$$]) AS c;
SELECT * FROM pg_temp.events();

-- What is refused leaves no event.
CALL pg_temp.act_as('acme', 'bob');
SELECT pg_temp.attempt(c), c FROM unnest(ARRAY[
    $$create_organization('beta')$$, $$modify_organization('acme', '{"operator": true}')$$, $$define_permission('Doc:Print')$$, $$create_user('acme', 'zoe')$$, $$create_role('acme', 'x', 'x', '[]', 'client')$$, $$modify_role('acme', 'editor', 'z')$$,
    $$assign_role('acme', 'admin', 'bob')$$, $$revoke_role('acme', 'admin', 'ann')$$, $$create_temporary_permission_grant('acme', 'bob', 'PT1H', '{"permission_name": "Doc:Read", "conditions": {}}', '{}', '0123456789')$$]) AS c;
CALL pg_temp.act_as('acme', 'ann');
SELECT pg_temp.attempt(c), c FROM unnest(ARRAY[$$create_user('acme', 'eve')$$, $$create_role('acme', 'base', 'x', '[]', 'client')$$, $$modify_role('acme', 'base', inherited_from => '{editor}')$$, $$revoke_role('acme', 'editor', 'bob')$$]) AS c;
SELECT count(*) FROM pg_temp.events();
-- What changes nothing is done, and leaves no event either.
SELECT pg_temp.attempt(c), c FROM unnest(ARRAY[$$modify_role('acme', 'editor')$$, $$modify_role('acme', 'editor', ' y ', '[]', 'admin', '{}')$$]) AS c;
CALL pg_temp.act_as(NULL, NULL);
SELECT pg_temp.attempt(c), c FROM unnest(ARRAY[$$assign_role('acme', 'admin', 'ann')$$, $$modify_organization('acme', '{"equal_may_grant": false}')$$, $$modify_organization('acme', '{}')$$]) AS c;
-- Nor do questions.
SELECT pg_temp.attempt(c), c FROM unnest(ARRAY[$$get_roles('acme')$$, $$get_temporary_permission_grants('acme')$$, $$role_privileges('acme', 'admin')$$, $$user_privileges('acme', 'ann')$$, $$check_access('acme', 'ann', 'Doc:Read')$$, $$has_permission('Doc:Read')$$]) AS c;
SELECT count(*) FROM pg_temp.events();
-- Groups, scoped roles and application roles: the same.
SELECT rbac.create_scoped_role('acme', 'project', '[{"permission_name": "Doc:Read"}]') AS s, rbac.create_application('acme', 'gone') \gset
SELECT rbac.create_application_role('acme', 'gone', 'x') AS a \gset
SELECT count(*) FROM pg_temp.events();
CALL pg_temp.act_as('acme', 'ann');
SELECT pg_temp.attempt(replace(replace(c, '(s)', :'s'), '(a)', :'a')) FROM unnest(ARRAY[$$create_group('acme', 'team')$$, $$add_group_member('acme', 'team', 'bob')$$, $$remove_group_member('acme', 'team', 'bob')$$,
    $$create_scoped_role('acme', 'workspace', '[{"permission_name": "Doc:Read"}]', 'reader', 'x')$$, $$modify_scoped_role('(s)', 'viewer', 'y')$$, $$modify_scoped_role('(s)', permission_grants => '[{"permission_name": "Doc:Write"}]')$$, $$assign_scoped_role('(s)', 'bob', NULL, 'w1', 'p1')$$, $$revoke_scoped_role('(s)', 'bob', NULL, 'w1', 'p1')$$,
    $$assign_scoped_role('(s)', NULL, 'team', 'w1', 'p1')$$, $$delete_scoped_role('(s)')$$, $$create_application('acme', 'crm')$$, $$create_application_role('acme', 'crm', 'agent', '{refund,close}', 'x', 'Agent')$$, $$modify_application_role('acme', 'gone', '(a)', display_name => 'X')$$, $$modify_application_role('acme', 'gone', '(a)', 'y', '{refund}')$$,
    $$assign_application_role('acme', 'gone', '(a)', '{eve,bob}', 'User')$$, $$assign_application_role('acme', 'gone', '(a)', '{bob,ann}', 'User')$$, $$revoke_application_role('acme', 'gone', '(a)', 'eve')$$, $$delete_application_role('acme', 'gone', '(a)')$$, $$delete_application('acme', 'gone')$$, $$delete_group('acme', 'team')$$,
    $$modify_scoped_role((SELECT id FROM rbac.get_scoped_roles('acme', 'organization', 'base')), 'basis', permission_grants => '[{"permission_name": "Doc:Read"}]')$$]) AS c;
SELECT * FROM pg_temp.events();
-- Nothing is left of what is refused, changes nothing, or asks.
SELECT rbac.create_group('acme', 'team'), rbac.add_group_member('acme', 'team', 'bob') \gset
SELECT rbac.create_scoped_role('acme', 'project', '[{"permission_name": "Doc:Read"}]', 'p') AS s, rbac.create_application_role('acme', 'crm', 'a', '{refund}') AS a \gset
SELECT rbac.assign_scoped_role(:'s', 'bob', NULL, 'w1', 'p1'), rbac.assign_application_role('acme', 'crm', :'a', '{bob}', 'User') \gset
SELECT count(*) FROM pg_temp.events();
SELECT pg_temp.attempt(replace(replace(c, '(s)', :'s'), '(a)', :'a')), c FROM unnest(ARRAY[$$add_group_member('acme', 'team', 'bob')$$, $$modify_scoped_role('(s)')$$, $$modify_scoped_role('(s)', 'p', NULL, '[{"permission_name": "Doc:Read"}]')$$, $$modify_application_role('acme', 'crm', '(a)')$$, $$modify_application_role('acme', 'crm', '(a)', 'a', '{refund,refund}')$$, $$assign_application_role('acme', 'crm', '(a)', '{bob}', 'User')$$,
    $$assign_scoped_role('(s)', 'bob', NULL, 'w1', 'p1')$$, $$assign_application_role('acme', 'crm', '(a)', '{eve,nobody}', 'User')$$, $$remove_group_member('acme', 'team', 'eve')$$,
    $$get_groups('acme')$$, $$get_group_members('acme', 'team')$$, $$get_scoped_role('(s)')$$, $$get_scoped_roles('acme')$$, $$get_scoped_role_assignments('(s)')$$, $$get_applications('acme')$$, $$get_application_roles('acme', 'crm')$$, $$get_application_role('acme', 'crm', '(a)')$$,
    $$assigned_users('acme', 'admin')$$, $$authorized_users('acme', 'admin')$$, $$assigned_roles('acme', 'bob')$$, $$authorized_roles('acme', 'bob')$$, $$role_permissions('acme', 'admin')$$, $$user_permissions('acme', 'bob')$$, $$role_operations_on_object('acme', 'admin', 'Doc')$$, $$user_operations_on_object('acme', 'bob', 'Doc')$$]) AS c;
CALL pg_temp.act_as('acme', 'bob');
SELECT pg_temp.attempt(replace(replace(c, '(s)', :'s'), '(a)', :'a')), c FROM unnest(ARRAY[$$create_group('acme', 'x')$$, $$delete_group('acme', 'team')$$, $$add_group_member('acme', 'team', 'eve')$$, $$remove_group_member('acme', 'team', 'bob')$$, $$create_scoped_role('acme', 'project', '[{"permission_name": "Doc:Read"}]')$$, $$modify_scoped_role('(s)', 'x')$$, $$delete_scoped_role('(s)')$$,
    $$assign_scoped_role('(s)', 'eve', NULL, 'w1', 'p2')$$, $$create_application('acme', 'x')$$, $$delete_application('acme', 'crm')$$, $$create_application_role('acme', 'crm', 'x')$$, $$modify_application_role('acme', 'crm', '(a)', 'x')$$, $$delete_application_role('acme', 'crm', '(a)')$$]) AS c;
SELECT count(*) FROM pg_temp.events();
CALL pg_temp.act_as(NULL, NULL);
-- What is rolled back was not.
BEGIN;
SELECT pg_temp.attempt($$create_user('acme', 'zoe')$$);
SAVEPOINT s;
SELECT pg_temp.attempt($$create_user('acme', 'yan')$$);
ROLLBACK TO s;
COMMIT;
BEGIN;
SELECT pg_temp.attempt($$create_user('acme', 'xia')$$);
ROLLBACK;
SELECT operation, detail FROM pg_temp.events();

-- Who logged in is recorded, too, and when; the order is that of the ids.
CREATE ROLE regress_gateway;
SET rbac.trusted_session_users = regress_gateway;
SET SESSION AUTHORIZATION regress_gateway;
SET request.jwt.claims = '{"org_id": "acme", "sub": "ann"}';
SELECT rbac.create_user('acme', 'new') \gset
RESET request.jwt.claims;
RESET SESSION AUTHORIZATION;
SELECT session_role, actor_organization, actor_user_id, operation, clock_timestamp() - occurred_at < '1 minute' AS just_now FROM rbac.audit_event;
-- The trail outlives what it tells of.
DELETE FROM rbac.organization;
SELECT count(*) FROM rbac.audit_event;

RESET rbac.trusted_session_users;
DROP ROLE regress_gateway;
DELETE FROM rbac.permission WHERE NOT is_builtin;
TRUNCATE rbac.audit_event RESTART IDENTITY;
