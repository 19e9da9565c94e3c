-- Organizations with their settings, and users.
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

-- The owner of the extension, without a caller, acts as the system.
SELECT rbac.create_organization('acme');
SELECT rbac.create_organization(organization => 'ops', settings => '{"operator": true, "max_temporary_grant": "PT1H"}');
SELECT organization, settings FROM rbac.organization ORDER BY organization;
SELECT a.* FROM pg_temp.attempt($$SELECT rbac.create_organization('acme')$$) AS a;

-- Ids: 1 to 256 characters, case counts, white space is kept, no control characters.
SELECT left(v.name, 10) AS name, a.* FROM (VALUES
    (NULL), (''), (repeat('x', 257)), (repeat('x', 256)), (repeat(U&'\00e9', 256)), (E'a\tb'), (U&'a\0085'), ('Acme'), (' acme')) AS v (name)
CROSS JOIN LATERAL pg_temp.attempt(format('SELECT rbac.create_organization(%L)', v.name)) AS a;
DELETE FROM rbac.organization WHERE organization NOT IN ('acme', 'ops');

-- Settings: known keys, each of its type; a duration is at least one second.
SELECT v.settings, a.* FROM (VALUES
    (NULL), ('null'), ('[]'), ('"x"'), ('{"colour": 1}'), ('{"operator": "true"}'), ('{"operator": null}'), ('{"equal_may_grant": 1}'),
    ('{"temporary_grant_needs_cover": "no"}'), ('{"max_temporary_grant": 3600}'), ('{"max_temporary_grant": "PT0S"}'),
    ('{"max_temporary_grant": "P1M"}'), ('{"max_temporary_grant": "P1Y"}'), ('{"max_temporary_grant": "-PT1S"}'),
    ('{"max_temporary_grant": "PT0.5S"}'), ('{"max_temporary_grant": "3 days"}'), ('{"max_temporary_grant": ""}'), ('{"max_temporary_grant": "P99999999999999999999D"}'),
    ('{"equal_may_grant": true, "Operator": true}')) AS v (settings)
CROSS JOIN LATERAL pg_temp.attempt(format('SELECT rbac.modify_organization(''acme'', %L)', v.settings)) AS a;
SELECT v.settings, a.* FROM (VALUES (NULL), ('[]'), ('{"operator": 0}')) AS v (settings)
CROSS JOIN LATERAL pg_temp.attempt(format('SELECT rbac.create_organization(''new'', %L)', v.settings)) AS a;
SELECT organization, settings FROM rbac.organization ORDER BY organization;

-- modify_organization changes what it is given and leaves the rest.
SELECT rbac.modify_organization('acme', '{"equal_may_grant": true}');
SELECT rbac.modify_organization(organization => 'acme', settings => '{"max_temporary_grant": "P1W"}');
SELECT rbac.modify_organization('acme', '{}');
SELECT settings FROM rbac.organization WHERE organization = 'acme';
SELECT a.* FROM unnest(ARRAY['NULL', '''nowhere''']) AS o
CROSS JOIN LATERAL pg_temp.attempt(format('SELECT rbac.modify_organization(%s, ''{}'')', o)) AS a;

-- Users: an id of 1 to 256 characters, once in each organization.
SELECT rbac.create_user('acme', 'ann');
SELECT rbac.create_user(organization => 'ops', user_id => 'ann');
SELECT v.organization, left(v.user_id, 5) AS user_id, a.* FROM (VALUES
    (NULL, 'x'), ('nowhere', 'x'), ('acme', NULL), ('acme', ''), ('acme', repeat('x', 257)), ('acme', repeat('y', 256)),
    ('acme', 'ann'), ('acme', 'Ann')) AS v (organization, user_id)
CROSS JOIN LATERAL pg_temp.attempt(format('SELECT rbac.create_user(%L, %L)', v.organization, v.user_id)) AS a;
SELECT organization, left(principal_id, 5) AS principal_id, kind FROM rbac.principal ORDER BY 1, 2;

-- A caller creates users with User:InviteUser, as far as its conditions go.
DO $$
BEGIN
    PERFORM rbac.create_role('acme', 'inviter', 'May invite guests.', '[{"permission_name": "User:InviteUser",
        "conditions": {"user_id": {"type": "In", "values": ["guest1", "guest2"]}}}]', 'admin');
    PERFORM rbac.assign_role('acme', 'inviter', 'ann');
END
$$;
CALL pg_temp.act_as('acme', 'ann');
SELECT v.organization, v.user_id, a.* FROM (VALUES ('acme', 'guest1'), ('acme', 'friend'), ('acme', 'guest1'), ('ops', 'guest2'), ('acme', 'guest2'))
    AS v (organization, user_id)
CROSS JOIN LATERAL pg_temp.attempt(format('SELECT rbac.create_user(%L, %L)', v.organization, v.user_id)) AS a;

-- A transaction whose snapshot is older than the lock it waited for must not
-- decide about what it cannot see; it may ask.
CALL pg_temp.act_as(NULL, NULL);
BEGIN ISOLATION LEVEL REPEATABLE READ;
SELECT a.* FROM pg_temp.attempt($$SELECT rbac.create_user('acme', 'late')$$) AS a;
SELECT rbac.check_access('acme', 'ann', 'User:InviteUser', '{"user_id": "guest1"}');
ROLLBACK;
BEGIN ISOLATION LEVEL SERIALIZABLE;
SELECT a.* FROM pg_temp.attempt($$SELECT rbac.modify_organization('acme', '{"operator": true}')$$) AS a;
ROLLBACK;

DELETE FROM rbac.organization;
DELETE FROM rbac.permission WHERE NOT is_builtin;
TRUNCATE rbac.audit_event RESTART IDENTITY;
