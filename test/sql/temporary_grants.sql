-- Temporary grants: creating them, and what becomes of them. Listing is in
-- temporary_grant_list; whom they may be given by, in escalation.
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
    PERFORM rbac.create_user('acme', u) FROM unnest(ARRAY['ann', 'bob']) AS u;
    PERFORM rbac.define_permission('Doc:Read', '{"region": "string", "owner": "string"}');
    PERFORM rbac.create_role('acme', 'admin', 'x', '[{"permission_name": "*", "conditions": {}}]', 'admin');
    PERFORM rbac.assign_role('acme', 'admin', 'ann');
END
$$;

-- It returns an id and when it expires; texts are stripped.
CALL pg_temp.act_as('acme', 'ann');
SELECT temporary_permission_grant_id ~ '^[0-9a-f]{24}$' AS is_id, expires_at - statement_timestamp() AS "left", pg_typeof(expires_at)
FROM rbac.create_temporary_permission_grant(organization => 'acme', user_id => 'bob', duration => 'PT2H', tags => '{"TICKET 1": null, "for": "bob_1"}',
    permission_grant => '{"permission_name": "Doc:Read", "conditions": {"region": {"type": "Equals", "value": "eu"}}}', justification => E'  He asked for it.\n');
SELECT length(_id), org_id, user_id, expires_at - created_at AS lasts, permission_grant, justification, creator, tags
FROM rbac.get_temporary_permission_grants('acme');
-- It gives bob what it says: where it says, and there only.
CALL pg_temp.act_as('acme', 'bob');
SELECT rbac.has_permission('Doc:Read', 'region', 'eu') AS eu, rbac.has_permission('Doc:Read', 'region', 'us') AS us,
       rbac.has_permission('Doc:Read', 'region', 'eu', 'org_id', 'beta') AS eu_of_beta;
SELECT rbac.user_privileges('acme', 'bob'), rbac.effective_privileges('acme', 'bob');

-- The system may create one, too; then there is no creator. Placeholders are the
-- grantee's, and a role's loss does not end it.
CALL pg_temp.act_as(NULL, NULL);
SELECT expires_at - statement_timestamp() AS "left" FROM rbac.create_temporary_permission_grant('acme', 'bob', 'P1D',
    '{"permission_name": "Doc:Read", "conditions": {"owner": {"type": "Equals", "value": "{self_user_id}"}}}', '{}', 'By the system.');
SELECT creator IS NULL AS no_creator FROM rbac.get_temporary_permission_grants('acme', sort_by => '{-expires_at}', "limit" => 1);
SELECT rbac.check_access('acme', 'bob', 'Doc:Read', '{"owner": "bob"}') AS bob, rbac.check_access('acme', 'bob', 'Doc:Read', '{"owner": "ann"}') AS ann;

-- Durations: weeks, or days, hours, minutes and seconds; one second to the
-- organization's maximum of 30 days.
CREATE FUNCTION pg_temp.create_for(duration text) RETURNS text LANGUAGE sql RETURN format(
    $$SELECT rbac.create_temporary_permission_grant('acme', 'bob', %L, '{"permission_name": "Doc:Read", "conditions": {}}', '{}', 'Because of a test.')$$, duration);
SELECT duration, a.* FROM unnest(ARRAY['PT1S', 'PT90M', 'P1DT2H3M4S', 'P4W', 'P30D', 'PT720H', 'PT2592000S', 'P0DT1S', 'PT0000001S']) AS duration
CROSS JOIN LATERAL pg_temp.attempt(pg_temp.create_for(duration)) AS a;
SELECT left(duration, 20) AS duration, a.* FROM unnest(ARRAY[NULL, '', 'PT0S', 'P0D', '-PT1H', 'PT-1H', '+PT1H', 'PT0.5S', 'PT1,5S', 'P1Y', 'P1M', 'P1Y2M', 'P', 'PT',
    'P1DT', 'P1W2D', 'PT1M2H', 'PT1H1H', 'P1H', 'PT1D', '1H', 'T1H', 'pt1h', 'PT1h', ' PT1H', 'PT1H ', 'PT 1H', '1 hour', '3600', 'P30DT1S', 'P31D', 'PT720H1S',
    'P99999999999999999999D', 'PT' || repeat('9', 1000) || 'S', U&'PT\0661S', E'PT1H\n']) AS duration
CROSS JOIN LATERAL pg_temp.attempt(pg_temp.create_for(duration)) AS a;
-- The maximum is a setting, read each time.
SELECT rbac.modify_organization('acme', '{"max_temporary_grant": "PT1M"}') \gset
SELECT duration, a.* FROM unnest(ARRAY['PT60S', 'PT61S']) AS duration CROSS JOIN LATERAL pg_temp.attempt(pg_temp.create_for(duration)) AS a;
SELECT rbac.modify_organization('acme', '{"max_temporary_grant": "P3650D"}') \gset
SELECT a.* FROM pg_temp.attempt(pg_temp.create_for('P3650D')) AS a;

-- Tags: at most 20, of letters, digits, underscores and white space.
SELECT left(v.tags, 30) AS tags, a.* FROM (VALUES
    (NULL), ('null'), ('[]'), ('{"a": 1}'), ('{"a": true}'), ('{"a": {}}'), ('{"": "x"}'), ('{"a": ""}'), ('{"a:b": "x"}'), ('{"a": "b:c"}'), ('{"a": "*"}'),
    ('{"TICKET-1": "x"}'), ('{"a": "x", "b": "-"}'), (U&'{"\00fcber uns_1": "\65e5\672c"}'), ('{"a b": null, " ": "\t"}'),
    ((SELECT json_object_agg(i, null)::text FROM generate_series(1, 20) AS i)), ((SELECT json_object_agg(i, null)::text FROM generate_series(1, 21) AS i)),
    (json_build_object(repeat('k', 256), repeat('v', 256))::text), (json_build_object(repeat('k', 257), NULL)::text), (json_build_object('v', repeat('v', 257))::text)) AS v (tags)
CROSS JOIN LATERAL pg_temp.attempt(format($$SELECT rbac.create_temporary_permission_grant('acme', 'bob', 'PT1H', '{"permission_name": "Doc:Read", "conditions": {}}', %L, 'Because of a test.')$$, v.tags)) AS a;

-- The justification has 10 characters at least, the grant is of what is defined.
SELECT v.*, a.* FROM (VALUES ('acme', 'bob', 'Doc:Read', NULL), ('acme', 'bob', 'Doc:Read', '123456789'), ('acme', 'bob', 'Doc:Read', '  123456789  '),
    ('acme', 'bob', 'Doc:Read', U&'\00fc23456789\00fc'), ('acme', 'zoe', 'Doc:Read', '1234567890'), ('acme', NULL, 'Doc:Read', '1234567890'), ('beta', 'bob', 'Doc:Read', '1234567890'),
    ('nowhere', 'bob', 'Doc:Read', '1234567890'), (NULL, 'bob', 'Doc:Read', '1234567890'), ('acme', 'bob', 'Doc:Print', '1234567890'), ('acme', 'bob', 'Doc:*', '1234567890'), ('acme', 'bob', 'Doc', '1234567890'))
    AS v (organization, user_id, permission, justification)
CROSS JOIN LATERAL pg_temp.attempt(format('SELECT rbac.create_temporary_permission_grant(%L, %L, ''PT1H'', %L, ''{}'', %L)', v.organization, v.user_id,
    json_build_object('permission_name', v.permission, 'conditions', '{}'::json), v.justification)) AS a;
SELECT a.* FROM unnest(ARRAY['NULL', $$'{"permission_name": "Doc:Read", "conditions": {"level": {"type": "Equals", "value": 1}}}'$$, $$'[]'$$]) AS g
CROSS JOIN LATERAL pg_temp.attempt(format($$SELECT rbac.create_temporary_permission_grant('acme', 'bob', 'PT1H', %s, '{}', 'Because of a test.')$$, g)) AS a;

-- Expiry needs nobody to do anything: the next statement knows.
DELETE FROM rbac.temporary_grant;
SELECT rbac.create_temporary_permission_grant('acme', 'bob', 'PT2S', '{"permission_name": "Doc:Read", "conditions": {}}', '{}', 'Because of a test.') AS id \gset
CALL pg_temp.act_as('acme', 'bob');
PREPARE may_read AS SELECT rbac.has_permission('Doc:Read'), rbac.check_access('acme', 'bob', 'Doc:Read'), rbac.effective_privileges('acme', 'bob');
EXECUTE may_read;
-- A statement has one time: the same answer from its first row to its last.
SELECT count(*), count(*) FILTER (WHERE rbac.has_permission('Doc:Read')) AS may FROM (SELECT pg_sleep(0.5 * i) FROM generate_series(0, 3) AS i) AS waited;
EXECUTE may_read;
BEGIN;
SELECT rbac.has_permission('Doc:Read');
COMMIT;
CALL pg_temp.act_as(NULL, NULL);
SELECT count(*) AS expired FROM rbac.get_temporary_permission_grants('acme', is_expired => true);

DELETE FROM rbac.organization;
DELETE FROM rbac.permission WHERE NOT is_builtin;
TRUNCATE rbac.audit_event RESTART IDENTITY;
