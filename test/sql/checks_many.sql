-- has_permission() with few and many grants and constants, of every kind of
-- value, beside check_access(), which evaluates them one by one.
\set SHOW_CONTEXT never
CREATE TYPE regress_color AS ENUM ('c1', 'c2', 'c3', 'c4', 'c5', 'c6', 'c7', 'c8', 'c9');
DO $$
BEGIN
    PERFORM rbac.create_organization('acme');
    PERFORM rbac.create_user('acme', 'ann');
    PERFORM rbac.create_role('acme', 'tester', 'x', '[]', 'client');
    PERFORM rbac.assign_role('acme', 'tester', 'ann');
END
$$;

-- The same choice for the same key, everywhere.
CREATE FUNCTION pg_temp.pick(key text, below integer) RETURNS integer LANGUAGE sql AS $$
    SELECT (('x' || left(md5(key), 8))::bit(32)::bigint % below)::integer
$$;
CREATE FUNCTION pg_temp.pick(key text, list anyarray) RETURNS anyelement LANGUAGE sql AS $$
    SELECT list[1 + pg_temp.pick(key, cardinality(list))]
$$;

-- Strings of many lengths, which differ in one byte: the first, the last, or
-- one in the middle; of one length, in any.
CREATE FUNCTION pg_temp.strings() RETURNS text[] LANGUAGE sql AS $$
    SELECT array_agg(DISTINCT overlay(repeat('x', length) PLACING 'y' FROM at)) || ''::text
    FROM unnest('{1,2,3,4,7,8,9,15,16,17,24,25,33,60}'::integer[]) AS length, generate_series(1, length) AS at WHERE at IN (1, 1 + length / 2, length) OR length = 33
$$;
-- Rows of one column for each kind of value, and what JSON makes of them.
CREATE TEMP TABLE request AS
SELECT row, pg_temp.pick('org' || row, '{acme,acme,acme,other,NULL}'::text[]) AS org_id, pg_temp.pick('text' || row, s) AS text, pg_temp.pick('char' || row, s)::char(60) AS char, pg_temp.pick('name' || row, s)::name AS name,
       pg_temp.pick('uuid' || row, ARRAY(SELECT md5(n::text)::uuid FROM generate_series(1, 20) AS n) || NULL::uuid) AS uuid, pg_temp.pick('date' || row, ARRAY(SELECT date '2024-02-20' + n FROM generate_series(1, 20) AS n) || NULL::date) AS date,
       pg_temp.pick('list' || row, ARRAY(SELECT jsonb_build_array(n, n) FROM generate_series(1, 20) AS n) || NULL::jsonb) AS list, pg_temp.pick('color' || row, enum_range(NULL::regress_color) || NULL::regress_color) AS color,
       pg_temp.pick('secret' || row, '{true,false,NULL}'::boolean[]) AS secret, pg_temp.pick('small' || row, '{-2,-1,0,1,2,3,4,5,6,7,NULL}'::smallint[]) AS small, pg_temp.pick('big' || row, '{-9223372036854775808,-1,0,1,2,3,4294967296,4294967297,9223372036854775807,NULL}'::bigint[]) AS big,
       pg_temp.pick('real' || row, '{-0,0,1,1.5,-1.5,0.1,1e300,5e-324,2,3,NaN,Infinity,NULL}'::float8[]) AS real, pg_temp.pick('exact' || row, '{0,0.00,1,1.50,1.5,-1.5,0.1,1e20,12345678901234567890.5,100000000000000000000.0,NaN,NULL}'::numeric[]) AS exact
FROM generate_series(1, 500) AS row, pg_temp.strings() AS s;
CREATE TEMP TABLE attributes AS
SELECT row, to_jsonb(r) - 'row' || jsonb_build_object('char', rtrim(char), 'list', list::text, 'real', nullif(nullif(real, 'NaN'), 'Infinity'), 'exact', nullif(exact, 'NaN')) AS attributes FROM request AS r;
CREATE TEMP TABLE constants AS
SELECT key AS attribute, array_agg(DISTINCT value) AS list FROM attributes, jsonb_each(attributes) WHERE value <> 'null' GROUP BY key;

-- Grants of one to three conditions each, of all operators.
CREATE FUNCTION pg_temp.condition(key text, list jsonb[]) RETURNS jsonb LANGUAGE sql AS $$
    SELECT CASE pg_temp.pick('operator' || key, 5)
           WHEN 0 THEN jsonb_build_object('type', 'NotEquals', 'value', pg_temp.pick(key, list))
           WHEN 1 THEN jsonb_build_object('type', 'In', 'values', (SELECT jsonb_agg(pg_temp.pick(key || n, list)) FROM generate_series(0, pg_temp.pick('length' || key, 15)) AS n))
           ELSE jsonb_build_object('type', 'Equals', 'value', pg_temp.pick(key, list)) END
$$;
CREATE FUNCTION pg_temp.grants(seed text, n integer) RETURNS jsonb LANGUAGE sql AS $$
    SELECT jsonb_agg(jsonb_build_object('permission_name', 'Doc:Read', 'conditions', conditions))
    FROM generate_series(1, n) AS g, LATERAL (
        SELECT jsonb_object_agg(attribute, pg_temp.condition(seed || g || attribute, list))
        FROM (SELECT * FROM constants ORDER BY md5(seed || pg_temp.pick(seed || g, 4) || attribute) LIMIT 1 + pg_temp.pick(seed || 'conditions' || g, 3)) AS c) AS o (conditions)
$$;
CREATE FUNCTION pg_temp.compare(grants jsonb, OUT differ bigint, OUT allowed bigint, OUT refused bigint) LANGUAGE plpgsql AS $$
BEGIN
    PERFORM rbac.set_caller(NULL, NULL);
    UPDATE rbac.role_version SET permission_grants = grants::text::rbac.privileges;
    PERFORM rbac.set_caller('acme', 'ann');
    SELECT count(*) FILTER (WHERE h <> c), count(*) FILTER (WHERE h), count(*) FILTER (WHERE NOT h) INTO differ, allowed, refused
    FROM (SELECT rbac.has_permission('Doc:Read', 'org_id', org_id, 'text', text, 'char', char, 'name', name, 'uuid', uuid, 'date', date, 'list', list, 'color', color, 'secret', secret, 'small', small, 'big', big, 'real', real, 'exact', exact) AS h,
                 rbac.check_access('acme', 'ann', 'Doc:Read', attributes) AS c
          FROM request JOIN attributes USING (row)) AS answers;
END
$$;
SELECT n AS grants, sum(differ) AS differ, sum(allowed) > 0 AS some_allowed, sum(refused) > 0 AS some_refused
FROM unnest('{1,2,5,6,7,15,40}'::integer[]) AS n, generate_series(1, 6) AS seed, LATERAL pg_temp.compare(pg_temp.grants('seed' || seed, n)) GROUP BY n ORDER BY n;

-- All with a condition in common, which one of them may have alone.
CREATE FUNCTION pg_temp.shared_grants(seed text, n integer, alone boolean) RETURNS jsonb LANGUAGE sql AS $$
    SELECT jsonb_agg(jsonb_set(g, '{conditions}', CASE WHEN alone AND i = n THEN '{}' ELSE g -> 'conditions' END || jsonb_build_object(attribute, pg_temp.condition(seed, list))))
    FROM jsonb_array_elements(pg_temp.grants(seed, n)) WITH ORDINALITY AS l (g, i), (SELECT * FROM constants ORDER BY md5(seed || attribute) LIMIT 1) AS c
$$;
SELECT n AS grants, alone, sum(differ) AS differ, sum(allowed) > 0 AS some_allowed, sum(refused) > 0 AS some_refused
FROM unnest('{2,8,30}'::integer[]) AS n, unnest('{false,true}'::boolean[]) AS alone, generate_series(1, 6) AS seed, LATERAL pg_temp.compare(pg_temp.shared_grants('seed' || seed, n, alone)) GROUP BY n, alone ORDER BY n, alone;

-- The last grant is found by color where "small" is 1, and by "big" where it is 2.
SELECT differ, allowed > 0 AS some_allowed, refused > 0 AS some_refused
FROM (SELECT jsonb_agg(jsonb_build_object('permission_name', 'Doc:Read', 'conditions', conditions)) FROM (
    SELECT jsonb_build_object('small', jsonb_build_object('type', 'Equals', 'value', 1), 'color', jsonb_build_object('type', 'Equals', 'value', 'c' || n)) FROM generate_series(1, 8) AS n
    UNION ALL SELECT jsonb_build_object('small', jsonb_build_object('type', 'Equals', 'value', 2), 'big', jsonb_build_object('type', 'Equals', 'value', n)) FROM unnest('{-1,1,2,3,4294967296,4294967297}'::bigint[]) AS n
    UNION ALL SELECT jsonb_build_object('small', jsonb_build_object('type', 'Equals', 'value', n), 'secret', jsonb_build_object('type', 'Equals', 'value', n % 2 = 0)) FROM generate_series(11, 30) AS n
    UNION ALL SELECT '{"small": {"type": "In", "values": [1, 2]}, "color": {"type": "Equals", "value": "c9"}, "big": {"type": "Equals", "value": 0}}') AS g (conditions)) AS g (grants),
    LATERAL pg_temp.compare(grants);

SELECT rbac.set_caller(NULL, NULL, false) \gset
DROP TABLE request, attributes, constants;
DROP TYPE regress_color;
DELETE FROM rbac.organization;
TRUNCATE rbac.audit_event RESTART IDENTITY;
