-- The types condition, permission_grant and privileges: what goes in, and what
-- comes out. What is refused: type_errors.
\set SHOW_CONTEXT never

-- A condition keeps its operator and the order of its values; keys have one
-- order, white space is dropped.
SELECT input, input::rbac.condition AS output FROM (VALUES
    ('{"type":"Equals","value":"a"}'),
    (' { "value" : "a" , "type" : "Equals" } '),
    ('{"type":"NotEquals","value":true}'),
    ('{"type":"In","values":["a"]}'),
    ('{"type":"In","values":["b","a","b"]}'),
    ('{"type":"In","values":[true,false]}')) AS v (input);

-- A number becomes its canonical decimal, exactly: no double is involved.
SELECT n, format('{"type":"Equals","value":%s}', n)::rbac.condition AS output
FROM unnest(ARRAY['1', '1.0', '1e0', '10e-1', '-0', '0.0e9', '-1.50e1', '0.1', '1e-7', '1E+3', '12e20',
                  '12345678901234567890.12345678901234567890', '9007199254740993']) AS n;

-- Strings: escapes are read and only those JSON needs are written.
SELECT input, format('{"type":"Equals","value":%s}', input)::rbac.condition AS output FROM (VALUES
    ('"\u0061\/b"'), ('"\"\\\b\f\n\r\t"'), ('"\u001f"'), ('""'), ('"{self_user_id}"')) AS v (input);
SELECT '{"type":"Equals","value":"\u00e9 \u2603 \ud83d\ude00"}'::rbac.condition::text
       = U&'{"type":"Equals","value":"\00e9 \2603 \+01F600"}' AS is_unicode;

-- A grant: conditions come in the order of their attributes.
SELECT input::rbac.permission_grant AS output FROM (VALUES
    ('{"permission_name":"Doc:Read","conditions":{}}'),
    ('{"conditions":{"z":{"type":"Equals","value":1},"a":{"value":"x","type":"NotEquals"},"B":{"type":"In","values":[1,2.50]}},"permission_name":"Doc:Read"}'),
    ('{"permission_name":"Doc:*","conditions":{}}'),
    ('{"permission_name":"*","conditions":{}}'),
    ('{"permission_name":"A b:C:d","conditions":{" ":{"type":"Equals","value":""}}}')) AS v (input);

-- Privileges: grants stay in the order given, also the same one twice.
SELECT '[]'::rbac.privileges AS none;
SELECT '[{"permission_name":"B:B","conditions":{}},{"permission_name":"A:A","conditions":{}},{"permission_name":"B:B","conditions":{}}]'::rbac.privileges;
SELECT rbac.grants('[{"permission_name":"B:B","conditions":{}},{"permission_name":"A:A","conditions":{}}]');
SELECT count(*) FROM rbac.grants('[]');

-- To and from jsonb.
SELECT '{"type":"In","values":[1.0,2]}'::jsonb::rbac.condition,
       '{"type":"In","values":[1.0,2]}'::rbac.condition::jsonb;
SELECT '{"permission_name":"A:A","conditions":{}}'::jsonb::rbac.permission_grant,
       '{"permission_name":"A:A","conditions":{}}'::rbac.permission_grant::jsonb;
SELECT '[{"permission_name":"A:A","conditions":{}}]'::jsonb::rbac.privileges,
       '[{"permission_name":"A:A","conditions":{}}]'::rbac.privileges::jsonb;
-- On assignment the casts need not be written, in both directions; a grant is
-- privileges wherever privileges are wanted.
CREATE TEMP TABLE document (c rbac.condition, g rbac.permission_grant, p rbac.privileges, j jsonb);
INSERT INTO document
SELECT '{"type":"Equals","value":1}'::jsonb, '{"permission_name":"A:A","conditions":{}}'::jsonb,
       '[{"permission_name":"A:A","conditions":{}}]'::jsonb,
       '[{"permission_name":"B:B","conditions":{}}]'::rbac.privileges;
UPDATE document SET p = g;
SELECT * FROM document;
SELECT rbac.privileges_union(g, g), rbac.allows(g, 'A:A') FROM document;

-- Many values: text, binary and jsonb forms say the same, and reading what was
-- written gives the same value.
CREATE TEMP TABLE sample AS
WITH value (v) AS (
    VALUES ('"a"'), ('""'), ('"\u00e9\n"'), ('1'), ('-2.5'), ('1e30'), ('1e-30'), ('true'), ('false')
), condition (c) AS (
    SELECT format('{"type":"%s","value":%s}', t, v)::rbac.condition
    FROM value, (VALUES ('Equals'), ('NotEquals')) AS t (t)
    UNION ALL
    SELECT format('{"type":"In","values":[%s,%s]}', a.v, b.v)::rbac.condition
    FROM value AS a, value AS b
    WHERE json_typeof(a.v::json) = json_typeof(b.v::json)
), permission_grant (c, g) AS (
    SELECT a.c, format('{"permission_name":"%s","conditions":{"x":%s,"a":%s}}', n, a.c, b.c)::rbac.permission_grant
    FROM condition AS a, condition AS b, unnest(ARRAY['A:B', 'A:*', '*']) AS n
)
SELECT c, g, format('[%s,{"permission_name":"C:D","conditions":{}},%s]', g, g)::rbac.privileges AS p
FROM permission_grant;
SELECT count(*) > 1000 AS enough,
       bool_and(c::text::rbac.condition::text = c::text) AS condition,
       bool_and(g::text::rbac.permission_grant::text = g::text) AS permission_grant,
       bool_and(p::text::rbac.privileges::text = p::text) AS privileges FROM sample;
SELECT bool_and(rbac.condition_send(c::text::rbac.condition) = rbac.condition_send(c)) AS condition,
       bool_and(rbac.permission_grant_send(g::text::rbac.permission_grant) = rbac.permission_grant_send(g)) AS permission_grant,
       bool_and(rbac.privileges_send(p::text::rbac.privileges) = rbac.privileges_send(p)) AS privileges FROM sample;
SELECT bool_and(c::jsonb = c::text::jsonb) AND bool_and(c::jsonb::rbac.condition::text = c::text) AS condition,
       bool_and(g::jsonb = g::text::jsonb) AND bool_and(g::jsonb::rbac.permission_grant::text = g::text) AS permission_grant,
       bool_and(p::jsonb = p::text::jsonb) AND bool_and(p::jsonb::rbac.privileges::text = p::text) AS privileges FROM sample;

-- The binary form is a version byte, 1, and the text form.
SELECT rbac.condition_send(c) = '\x01' || convert_to(c::text, 'UTF8') AS condition,
       rbac.permission_grant_send(g) = '\x01' || convert_to(g::text, 'UTF8') AS permission_grant,
       rbac.privileges_send(p) = '\x01' || convert_to(p::text, 'UTF8') AS privileges FROM document;

-- There and back through COPY.
CREATE TEMP TABLE copied (LIKE sample);
\copy sample TO 'results/types.bin' (FORMAT binary)
\copy copied FROM 'results/types.bin' (FORMAT binary)
SELECT count(*) AS difference FROM (
    (SELECT c::text, g::text, p::text FROM sample EXCEPT ALL SELECT c::text, g::text, p::text FROM copied)
    UNION ALL
    (SELECT c::text, g::text, p::text FROM copied EXCEPT ALL SELECT c::text, g::text, p::text FROM sample)) AS d;

-- What a column stores may be compressed or moved out of line.
CREATE TEMP TABLE large AS
SELECT 1 AS n, jsonb_agg(jsonb_build_object('permission_name', 'A:B' || i, 'conditions', jsonb_build_object(
           'x', jsonb_build_object('type', 'Equals', 'value', md5(i::text)))) ORDER BY i)::rbac.privileges AS p
FROM generate_series(1, 3000) AS i;
INSERT INTO large SELECT 2, p::text::rbac.privileges FROM large;
SELECT count(DISTINCT md5(p::text)) AS distinct_values, min(length(p::text)) > 200000 AS is_large,
       bool_and((SELECT count(*) FROM rbac.grants(p)) = 3000) AS has_all FROM large;

-- Object ids: 24 lower-case hexadecimal digits, never twice, in order of time.
SELECT id ~ '^[0-9a-f]{24}$' AS is_hex FROM rbac.generate_object_id() AS id;
SELECT count(DISTINCT rbac.generate_object_id()) FROM generate_series(1, 1000);
SELECT abs(extract(epoch FROM now()) - ('x' || left(rbac.generate_object_id(), 8))::bit(32)::bigint) < 60 AS begins_with_time;
SELECT '0123456789abcdef01234567'::rbac.object_id;
SELECT '0123456789ABCDEF01234567'::rbac.object_id;
SELECT '0123456789abcdef0123456'::rbac.object_id;

-- Enumerations.
SELECT enum_range(NULL::rbac.privilege_order), enum_range(NULL::rbac.frontend_view);
