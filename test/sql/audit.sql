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
           regexp_replace(regexp_replace(detail::text, '[0-9a-f]{24}', '(id)', 'g'), '\d{4}-\d\d-\d\dT[^"]*', '(instant)', 'g')
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
