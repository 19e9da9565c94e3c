-- has_permission(): values of every SQL type against constants of conditions.
-- Names and the form of a call: checks_calls; organizations: checks.
\set SHOW_CONTEXT never
CREATE TYPE regress_region AS ENUM ('eu', 'us');
CREATE DOMAIN regress_text AS varchar(10) CHECK (VALUE <> '');
CREATE DOMAIN regress_text2 AS regress_text;
CREATE DOMAIN regress_integer AS bigint;
CREATE DOMAIN regress_enum AS regress_region;
CREATE TYPE regress_pair AS (a integer, b text);
-- citext compares without regard to case, conditions bytewise: like text, which
-- stands in for it where it is not available.
SELECT count(*) > 0 AS has_citext FROM pg_available_extensions WHERE name = 'citext' \gset
\if :has_citext
CREATE EXTENSION citext;
\else
CREATE DOMAIN citext AS text;
\endif
DO $$
BEGIN
    PERFORM rbac.create_organization('acme');
    PERFORM rbac.create_user('acme', 'ann');
    PERFORM rbac.create_role('acme', 'tester', 'x', '[]', 'client');
    PERFORM rbac.assign_role('acme', 'tester', 'ann');
    PERFORM rbac.set_caller('acme', 'ann', false);
END
$$;
-- Is "x Equals constant" met by the value of an expression? Is NotEquals? The
-- values of a missing attribute, or of another type than the constant's, meet
-- neither. The owner writes the grant directly: the registry does not matter here.
CREATE FUNCTION pg_temp.met(expression text, constant text, OUT equals boolean, OUT not_equals boolean) LANGUAGE plpgsql AS $$
BEGIN
    UPDATE rbac.role_version SET permission_grants = jsonb_build_array(
        jsonb_build_object('permission_name', 'T:Equals', 'conditions', jsonb_build_object('x', jsonb_build_object('type', 'Equals', 'value', constant::jsonb))),
        jsonb_build_object('permission_name', 'T:NotEquals', 'conditions', jsonb_build_object('x', jsonb_build_object('type', 'NotEquals', 'value', constant::jsonb))))::rbac.privileges;
    EXECUTE format('SELECT rbac.has_permission(''T:Equals'', ''x'', %s), rbac.has_permission(''T:NotEquals'', ''x'', %1$s)', expression) INTO equals, not_equals;
END
$$;

-- Strings: bytewise, without the padding of char(n).
SELECT expression, constant, m.* FROM (VALUES
    ('''eu''', '"eu"'), ('''eu''::text', '"eu"'), ('''EU''::text', '"eu"'), ('''eu ''::text', '"eu"'), ('''''::text', '""'), ('''1''::text', '1'), ('''true''::text', 'true'), ('NULL::text', '"eu"'), ('NULL', '"eu"'),
    ('''eu''::varchar', '"eu"'), ('''eu''::varchar(5)', '"eu"'), ('''eu''::char(2)', '"eu"'), ('''eu''::char(5)', '"eu"'), ('''eu''::char(5)', '"eu   "'), ('''''::char(5)', '""'), ('NULL::char(5)', '"eu"'),
    ('''eu''::name', '"eu"'), ('''e''::"char"', '"e"'), ('''e''::"char"', '"eu"'), ('''eu''::citext', '"eu"'), ('''EU''::citext', '"eu"'), ('''eu''::regress_text', '"eu"'), ('''eu''::regress_text2', '"us"'),
    ('repeat(''x'', 5000)', '"' || repeat('x', 20) || '"'), ('U&''\00e9''', '"\u00e9"'), ('U&''e\0301''', '"\u00e9"'), ('''{self_user_id}''::text', '"{self_user_id}"'), ('''ann''::text', '"{self_user_id}"')) AS v (expression, constant)
CROSS JOIN LATERAL pg_temp.met(expression, constant) AS m;

-- Integers: any number that is one.
SELECT expression, constant, m.* FROM (VALUES
    ('1::int2', '1'), ('1::int4', '1.0'), ('1::int8', '10e-1'), ('(-32768)::int2', '-32768'), ('1::int4', '2'), ('1::int4', '1.5'), ('1::int4', '"1"'), ('1::int4', 'true'), ('0::int4', 'false'), ('0::int4', '-0'),
    ('9223372036854775807', '9223372036854775807'), ('(-9223372036854775808)', '-9223372036854775808'), ('9223372036854775807', '9223372036854775808'), ('1::int8', '18446744073709551617'), ('1', '1e300'), ('7::regress_integer', '7'), ('NULL::int4', '1')) AS v (expression, constant)
CROSS JOIN LATERAL pg_temp.met(expression, constant) AS m;

-- numeric: exactly, whatever the scale; NaN and the infinities are missing.
SELECT expression, constant, m.* FROM (VALUES
    ('1.0', '1'), ('1.50::numeric(10,2)', '1.5'), ('12345678901234567890.5', '12345678901234567890.5'), ('12345678901234567890.5', '12345678901234567890.50000000001'), ('0.1', '0.1'), ('1e-20::numeric', '1e-20'),
    ('''NaN''::numeric', '1'), ('''Infinity''::numeric', '1'), ('''-Infinity''::numeric', '1'), ('1::numeric', '"1"'), ('NULL::numeric', '1')) AS v (expression, constant)
CROSS JOIN LATERAL pg_temp.met(expression, constant) AS m;

-- Floating point: by the shortest decimal that it prints as.
SELECT expression, constant, m.* FROM (VALUES
    ('0.1::float8', '0.1'), ('0.1::float4', '0.1'), ('0.1::float4::float8', '0.1'), ('0.1::float4::float8', '0.10000000149011612'), ('0.1::float8', '0.1000000000000000055511151231257827'), ('1::float8', '1.0'), ('(-0.0)::float8', '0'),
    ('1e300::float8', '1e300'), ('1e300::float8', '1e301'), ('1::float8', '1e999'), ('5e-324::float8', '5e-324'), ('16777217::float4', '16777216'), ('16777216::float4', '16777217'), ('9007199254740993::float8', '9007199254740993'), ('9007199254740993::float8', '9007199254740992'),
    ('''NaN''::float8', '1'), ('''Infinity''::float8', '1'), ('''-Infinity''::float4', '1'), ('1::float8', '"1"'), ('NULL::float8', '1')) AS v (expression, constant)
CROSS JOIN LATERAL pg_temp.met(expression, constant) AS m;

-- Booleans, uuids in their canonical text, labels of enumerations.
SELECT expression, constant, m.* FROM (VALUES
    ('true', 'true'), ('true', 'false'), ('true', '"true"'), ('true', '1'), ('NULL::boolean', 'true'),
    ('''0E37DF36-F698-11E6-8DD4-CB9CED3DF976''::uuid', '"0e37df36-f698-11e6-8dd4-cb9ced3df976"'), ('''0e37df36-f698-11e6-8dd4-cb9ced3df976''::uuid', '"0E37DF36-F698-11E6-8DD4-CB9CED3DF976"'),
    ('''0e37df36-f698-11e6-8dd4-cb9ced3df976''::uuid', '"0e37df36f69811e68dd4cb9ced3df976"'), ('''0e37df36-f698-11e6-8dd4-cb9ced3df976''::uuid', '"x"'), ('NULL::uuid', '"x"'),
    ('''eu''::regress_region', '"eu"'), ('''eu''::regress_region', '"us"'), ('''eu''::regress_region', '"asia"'), ('''eu''::regress_region', '"' || repeat('x', 100) || '"'), ('''eu''::regress_enum', '"eu"'), ('NULL::regress_region', '"eu"')) AS v (expression, constant)
CROSS JOIN LATERAL pg_temp.met(expression, constant) AS m;

-- Dates and times are ISO 8601 text, in UTC where they have a time zone,
-- whatever DateStyle and TimeZone are.
SELECT style, zone, expression, constant, m.* FROM (VALUES ('SQL, DMY', 'Asia/Tokyo'), ('Postgres, MDY', 'America/New_York'), ('ISO, YMD', 'UTC')) AS s (style, zone)
CROSS JOIN (VALUES ('date ''2024-02-29''', '"2024-02-29"'), ('timestamp ''2024-02-29 12:34:56.5''', '"2024-02-29T12:34:56.5"'), ('timestamptz ''2024-02-29 12:34:56+02''', '"2024-02-29T10:34:56+00:00"'), ('time ''12:34:56''', '"12:34:56"')) AS v (expression, constant)
CROSS JOIN LATERAL (SELECT set_config('DateStyle', style, true), set_config('TimeZone', zone, true)) AS c (d, z) CROSS JOIN LATERAL pg_temp.met(CASE WHEN c.d || c.z IS NOT NULL THEN expression END, constant) AS m
ORDER BY expression COLLATE "C", zone COLLATE "C";
SELECT expression, constant, m.* FROM (VALUES ('timestamptz ''2024-02-29 12:34:56+02''', '"2024-02-29T12:34:56+02:00"'), ('date ''infinity''', '"infinity"'), ('timestamptz ''-infinity''', '"-infinity"'), ('date ''0044-03-15 BC''', '"0044-03-15 BC"'),
    ('timetz ''12:00+02''', '"12:00:00+02:00"'), ('date ''2024-02-29''', '20240229'), ('NULL::date', '"2024-02-29"')) AS v (expression, constant) CROSS JOIN LATERAL pg_temp.met(expression, constant) AS m;

-- Any other type is the text that it prints as, and no number.
SELECT expression, constant, m.* FROM (VALUES
    ('''{"b":1,"a":2}''::jsonb', '"{\"a\": 2, \"b\": 1}"'), ('''"eu"''::jsonb', '"\"eu\""'), ('''"eu"''::jsonb', '"eu"'), ('''null''::jsonb', '"null"'), ('NULL::jsonb', '"null"'), ('''{"b":1}''::json', '"{\"b\":1}"'), ('''\x6575''::bytea', '"\\x6575"'),
    ('ARRAY[1,2]', '"{1,2}"'), ('''10.0.0.1''::inet', '"10.0.0.1"'), ('B''101''', '"101"'), ('''[1,3)''::int4range', '"[1,3)"'), ('ROW(1, ''x'')::regress_pair', '"(1,x)"'), ('''rbac''::regnamespace', '"rbac"'), ('ARRAY[1,2]', '1'), ('NULL::int[]', '"{1,2}"')) AS v (expression, constant)
CROSS JOIN LATERAL pg_temp.met(expression, constant) AS m;

-- Settings of the session, which the caller chooses, change no answer.
SELECT name, setting, expression, constant, m.* FROM (VALUES ('bytea_output', 'escape', '''\x6575''::bytea', '"\\x6575"'), ('IntervalStyle', 'iso_8601', 'interval ''1 day 02:00''', '"1 day 02:00:00"'), ('DateStyle', 'SQL, DMY', '''[2024-02-28,2024-02-29)''::daterange', '"[2024-02-28,2024-02-29)"'),
    ('extra_float_digits', '-10', 'point(0.1,0.123456789)', '"(0.1,0.123456789)"'), ('search_path', 'rbac', '''rbac.role''::regclass', '"rbac.role"')) AS v (name, setting, expression, constant)
CROSS JOIN LATERAL (SELECT set_config(name, setting, true)) AS c (s) CROSS JOIN LATERAL pg_temp.met(CASE WHEN c.s IS NOT NULL THEN expression END, constant) AS m;

-- In, with values that no value of the type can equal among others.
CREATE FUNCTION pg_temp.is_in(expression text, constants text) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    result boolean;
BEGIN
    UPDATE rbac.role_version SET permission_grants = jsonb_build_array(jsonb_build_object('permission_name', 'T:In', 'conditions',
        jsonb_build_object('x', jsonb_build_object('type', 'In', 'values', constants::jsonb))))::rbac.privileges;
    EXECUTE format('SELECT rbac.has_permission(''T:In'', ''x'', %s)', expression) INTO result;
    RETURN result;
END
$$;
SELECT expression, constants, pg_temp.is_in(expression, constants) FROM (VALUES
    ('''us''::text', '["eu", "us"]'), ('''asia''::text', '["eu", "us"]'), ('''us''::regress_region', '["asia", "us"]'), ('''us''::regress_region', '["asia", "eu"]'), ('2::int4', '[1.5, 1e30, 2]'), ('3::int4', '[1.5, 1e30, 2]'),
    ('0.5::float8', '[1e999, 0.5]'), ('true', '[false, true]'), ('NULL::text', '["eu"]'), ('1::int4', '["1"]')) AS v (expression, constants);

SELECT rbac.set_caller(NULL, NULL, false) \gset
SET client_min_messages = warning;
DROP EXTENSION IF EXISTS citext;
DROP DOMAIN IF EXISTS citext;
DROP TYPE regress_pair, regress_enum, regress_region, regress_integer, regress_text2, regress_text;
DELETE FROM rbac.organization;
TRUNCATE rbac.audit_event RESTART IDENTITY;
