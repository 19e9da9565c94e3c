-- Every function that everybody may execute, with arguments that nobody means
-- well by: each call ends in a result or in an error that is meant for users,
-- and whoever has no rights changes nothing. What the errors are: test/sql/errors.
BEGIN;
SELECT no_plan();
SET LOCAL client_min_messages = error;

SELECT rbac.define_permission('Doc:Read', '{"region": "string", "level": "number"}');
SELECT rbac.create_organization('acme');
SELECT rbac.create_user('acme', name) FROM unnest('{adm,ann}'::text[]) AS name;
SELECT rbac.create_role('acme', 'Admin', 'Everything', '[{"permission_name": "*"}]', 'admin');
SELECT rbac.create_role('acme', 'Reader', 'Reads', '[{"permission_name": "Doc:Read"}]', 'client');
SELECT rbac.assign_role('acme', 'Admin', 'adm'), rbac.create_group('acme', 'team'), rbac.create_application('acme', 'crm');
-- otherwise the limit is all that is met
INSERT INTO rbac.rate_limit SELECT DISTINCT proname, NULL::integer FROM pg_proc WHERE pronamespace = 'rbac_api'::regnamespace;

CREATE ROLE regress_rbac_mallory;
GRANT USAGE ON SCHEMA rbac_api TO regress_rbac_mallory;

---- Arguments ----

-- What an argument of this name, else of this type, should be like, so that the
-- others are looked at.
CREATE TEMPORARY TABLE good (name text PRIMARY KEY, value text);
INSERT INTO good VALUES
    ('organization', $$'acme'$$), ('user_id', $$'ann'$$), ('role_name', $$'Reader'$$), ('permission', $$'Doc:Read'$$),
    ('permission_name', $$'New:New'$$), ('description', $$'Other'$$), ('duration', $$'PT1H'$$), ('justification', $$'Because of a test'$$),
    ('permission_grants', $$'[]'$$), ('permission_grant', $$'{"permission_name": "Doc:Read", "conditions": {}}'$$),
    ('frontend_view', $$'client'$$), ('settings', $$'{}'$$), ('attributes', $$'{}'$$), ('tags', $$'{}'$$),
    ('group_id', $$'team'$$), ('app_id', $$'crm'$$), ('level', $$'project'$$), ('type', $$'normal'$$), ('entity_type', $$'User'$$), ('entity_id', $$'ann'$$),
    ('entity_ids', $$'{ann}'$$), ('category', $$'Doc'$$), ('role_id', $$'00000000-0000-8000-8000-000000000000'$$), ('limit', '10'), ('continuation_token', '0'), ('is_local', 'true'), ('api_key_id', $$repeat('0', 24)$$), ('api_key', $$'x'$$),
    ('rbac.condition', $$'{"type": "Equals", "value": "x"}'$$), ('rbac.permission_grant', $$'{"permission_name": "Doc:Read"}'$$),
    ('rbac.privileges', $$'[{"permission_name": "Doc:Read", "conditions": {"level": {"type": "In", "values": [1, 2]}}}, {"permission_name": "Doc:*"}]'$$),
    ('jsonb', $$'{"region": "x"}'$$);

CREATE TEMPORARY TABLE bad (type text, value text);
INSERT INTO bad
SELECT 'text', value FROM unnest(ARRAY[
    $$''$$, $$' '$$, $$E'\x01'$$, $$'*'$$, $$'Doc:*'$$, $$':'$$, $$'a:b:c'$$, $$'{self_user_id}'$$, $$''' OR true; --'$$, $$'%s%n%1$s'$$, $$'\'$$,
    $$U&'\202E\+01F600'$$, $$U&'\FFFF'$$, $$'{"a":'$$, $$'..'$$, $$'e30.e30.'$$, $$repeat('.', 100000)$$, $$repeat('[', 100000)$$,
    $$repeat('x', 257)$$, $$repeat(U&'\00e9', 100000)$$, $$'P99999999999999999999D'$$, $$'-1'$$, $$'ffffffffffffffffffffffff'$$]) AS value
UNION ALL
SELECT type, value FROM unnest('{json,jsonb}'::text[]) AS type, unnest(ARRAY[
    $$'null'$$, $$'true'$$, $$'1'$$, $$'"x"'$$, $$'[]'$$, $$'[null]'$$, $$'{"": ""}'$$, $$'{"operator": 1}'$$, $$'{"region": null}'$$, $$'{"region": {"region": []}}'$$,
    $$'{"level": 1e10000}'$$, $$'{"region": "string", "region": "number"}'$$, $$'{"permission_name": "*", "conditions": {"x": {"type": "In", "values": []}}}'$$,
    $$(repeat('[', 2000) || repeat(']', 2000))$$, $$(SELECT json_object_agg(i, 'string') FROM generate_series(1, 20000) AS i)$$,
    $$(SELECT json_agg(json_build_object('permission_name', 'Doc:Read')) FROM generate_series(1, 20001))$$]) AS value
UNION ALL
SELECT 'text[]', value FROM unnest(ARRAY[
    $$'{}'$$, $$'{NULL}'$$, $$'{""}'$$, $$'{{a,b},{c,d}}'$$, $$'[-5:-4]={Reader,Admin}'$$, $$'{Reader,Reader}'$$, $$'{a:b,+id,-id}'$$, $$array_fill('x'::text, ARRAY[100000])$$]) AS value
UNION ALL
SELECT type, value FROM (VALUES
    ('integer', '0'), ('integer', '-1'), ('integer', '2147483647'), ('integer', '-2147483648'),
    ('boolean', 'true'), ('boolean', 'false'), ('rbac.frontend_view', $$'admin'$$), ('rbac.role_level', $$'organization'$$), ('rbac.role_type', $$'share'$$),
    ('uuid', $$'ffffffff-ffff-ffff-ffff-ffffffffffff'$$), ('uuid', $$'00000000-0000-0000-0000-000000000000'$$),
    ('rbac.condition', $$'{"type": "NotEquals", "value": ""}'$$), ('rbac.condition', $$jsonb_build_object('type', 'In', 'values', to_jsonb(array(SELECT generate_series(1, 10000))))$$),
    ('rbac.permission_grant', $$'{"permission_name": "No:Such"}'$$), ('rbac.permission_grant', $$'{"permission_name": "*", "conditions": {"org_id": {"type": "Equals", "value": "{self_user_id}"}}}'$$),
    ('rbac.privileges', $$'[{"permission_name": "*"}]'$$), ('rbac.privileges', $$'[{"permission_name": "Doc:Read", "conditions": {"level": {"type": "Equals", "value": "x"}}}]'$$),
    -- many that overlap
    ('rbac.privileges', $$(SELECT jsonb_agg(jsonb_build_object('permission_name', 'Doc:Read', 'conditions', (SELECT jsonb_object_agg('a' || (i * 7 + j * 13) % 40, jsonb_build_object('type', 'NotEquals', 'value', i * j % 5)) FROM generate_series(1, 8) AS j))) FROM generate_series(1, 400) AS i)$$)) AS v (type, value)
UNION ALL
-- has_permission(permission, name, value)
SELECT '"any"', value FROM unnest(ARRAY[
    $$'region'$$, $$'region', NULL$$, $$'region', 'x', 'region', 'y'$$, $$NULL, 1$$, $$1, 1$$, $$'re' || 'gion', 1$$, $$lower(current_user), 1$$, $$'', 1$$, $$repeat('x', 257), 1$$,
    $$'region', repeat('x', 1000000)$$, $$'level', '1e1000'::numeric$$, $$'level', 'NaN'::float8$$, $$'level', '-0'::float4$$, $$'region', 'infinity'::timestamptz$$, $$'region', '4713-01-01 BC'::date$$,
    $$'region', ROW (1, NULL)$$, $$'region', ARRAY[[1], [2]]$$, $$'region', '\xff'::bytea$$, $$'region', B'101'$$, $$'region', 'x'::cstring$$, $$'region', '0'::regclass$$, $$'region', '-'::regproc$$,
    $$'region', '{"a": 1}'::jsonb$$, $$'region', '[1,2)'::int4range$$, $$'region', '1'::"char"$$, $$'org_id', ''$$, $$'org_id', repeat('x', 300)$$, $$VARIADIC ARRAY['region', 'x']$$, $$VARIADIC NULL::text[]$$]) AS value;
INSERT INTO bad SELECT DISTINCT type, 'NULL' FROM bad WHERE type <> '"any"';
INSERT INTO bad SELECT 'anyelement', value FROM unnest(ARRAY[
    $$NULL::uuid$$, $$0::smallint$$, $$'NaN'::float8$$, $$'x'::char(3)$$, $$'x'::name$$, $$'infinity'::timestamptz$$, $$'{}'::jsonb$$, $$NULL::regclass$$,
    $$ARRAY[1]$$, $$ROW (1, NULL)$$, $$NULL::rbac.frontend_view$$, $$NULL::rbac.object_id$$]) AS value;

---- Calls ----

-- Of the functions that this role may execute, by which no query is meant.
CREATE TEMPORARY TABLE argument AS
SELECT p.oid::regprocedure AS function, p.oid::regproc AS name, a.number, format_type(a.type, NULL) AS type,
       CASE WHEN a.type = 'text[]'::regtype THEN '''{}''' ELSE coalesce(n.value, t.value, 'NULL') END AS good
FROM pg_proc AS p CROSS JOIN LATERAL unnest(p.proargtypes) WITH ORDINALITY AS a (type, number)
LEFT JOIN good AS n ON n.name = p.proargnames[a.number]
LEFT JOIN good AS t ON t.name = format_type(a.type, NULL)
WHERE p.pronamespace IN ('rbac'::regnamespace, 'rbac_api'::regnamespace)
  AND has_function_privilege('regress_rbac_mallory', p.oid, 'EXECUTE');
CREATE TEMPORARY TABLE call AS
SELECT DISTINCT changed.function, format('SELECT %s(%s)', changed.name, string_agg(
           CASE WHEN a.type IN ('"any"', 'anyelement') AND a.number = changed.number THEN b.value
                WHEN a.type = '"any"' THEN $$'region', 'x'$$
                WHEN a.type = 'anyelement' THEN 'NULL::text'
                ELSE format('CAST(%s AS %s)', CASE a.number WHEN changed.number THEN b.value ELSE a.good END, a.type) END,
           ', ' ORDER BY a.number)) AS statement
FROM argument AS changed JOIN bad AS b ON b.type = changed.type JOIN argument AS a USING (function)
GROUP BY changed.function, changed.name, changed.number, b.value;
INSERT INTO call SELECT p.oid::regprocedure, format('SELECT %s()', p.oid::regproc) FROM pg_proc AS p
WHERE p.pronamespace IN ('rbac'::regnamespace, 'rbac_api'::regnamespace) AND p.pronargs = 0
  AND has_function_privilege('regress_rbac_mallory', p.oid, 'EXECUTE');
GRANT SELECT ON call TO regress_rbac_mallory;

SELECT is_empty($$ SELECT DISTINCT type FROM argument EXCEPT SELECT type FROM bad $$, 'there are values of every type of argument');
SELECT is_empty($$
    SELECT p.oid::regprocedure FROM pg_proc AS p
    WHERE p.pronamespace IN ('rbac'::regnamespace, 'rbac_api'::regnamespace)
      AND has_function_privilege('regress_rbac_mallory', p.oid, 'EXECUTE')
      AND NOT EXISTS (SELECT FROM call AS c WHERE c.function = p.oid) $$, 'and calls of every function');

-- Over HTTP an error is SQLSTATE PGRST; what it was is in its message.
CREATE FUNCTION pg_temp.outcome(statement text, undo boolean) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    state text;
    message text;
BEGIN
    EXECUTE statement;
    IF undo THEN
        RAISE SQLSTATE 'UNDO0';
    END IF;
    RETURN 'done';
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE, message = MESSAGE_TEXT;
    RETURN CASE state WHEN 'UNDO0' THEN 'done' WHEN 'PGRST' THEN message::json ->> 'code' ELSE state END;
END
$$;
CREATE FUNCTION pg_temp.checksum() RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    name regclass;
    rows text;
    result text := '';
BEGIN
    FOR name IN SELECT oid FROM pg_class WHERE relnamespace = 'rbac'::regnamespace AND relkind = 'r' ORDER BY relname LOOP
        EXECUTE format('SELECT md5(string_agg(t::text, '''' ORDER BY t::text)) FROM %s AS t', name) INTO rows;
        result := result || name || ' ' || coalesce(rows, '') || E'\n';
    END LOOP;
    RETURN result;
END
$$;

-- Users are meant to see these: invalid arguments, not permitted, not there.
PREPARE surprises AS
SELECT c.statement, o.state
FROM call AS c CROSS JOIN LATERAL (SELECT pg_temp.outcome(c.statement, $1) AS state OFFSET 0) AS o
WHERE o.state <> 'done' AND o.state !~ '^(22...|28000|42501|42704|42710|42809|42P17|54000|55000)$';

SELECT pg_temp.checksum() AS before \gset
SELECT rbac.set_caller(NULL, NULL, false);
SET LOCAL ROLE regress_rbac_mallory;
SELECT is_empty('EXECUTE surprises(false)', 'nobody');
RESET ROLE;
SELECT is(pg_temp.checksum(), :'before', 'has changed nothing');

SELECT rbac.set_caller('acme', 'ann', false);
SET LOCAL ROLE regress_rbac_mallory;
SELECT is_empty('EXECUTE surprises(false)', 'a user without rights');
RESET ROLE;
SELECT is(pg_temp.checksum(), :'before', 'has changed nothing');

SELECT rbac.set_caller('acme', 'adm', false);
SET LOCAL ROLE regress_rbac_mallory;
SELECT is_empty('EXECUTE surprises(true)', 'an administrator');
RESET ROLE;
SELECT cmp_ok((SELECT count(*) FROM call)::integer, '>', 1000, 'with many calls');

SELECT * FROM finish();
ROLLBACK;
