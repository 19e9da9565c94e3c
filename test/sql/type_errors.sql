-- What the types refuse, with which SQLSTATE, and at which byte. Bytes are
-- counted from 1. From jsonb and in binary form: type_receive.
\set SHOW_CONTEXT never

CREATE FUNCTION pg_temp.refusal(type regtype, input text, OUT state text, OUT message text, OUT detail text)
LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('SELECT $1::%s', type) USING input;
    state := 'accepted';
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE, message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL;
END
$$;

-- Every refusal of malformed JSON is 22P02 and names the type.
SELECT type, r.state, r.message
FROM unnest('{rbac.condition,rbac.permission_grant,rbac.privileges}'::regtype[]) AS type
CROSS JOIN LATERAL pg_temp.refusal(type, '{"a"') AS r;

-- Not JSON. Single quotes, NaN and the like are no JSON either.
SELECT input, r.state, r.detail FROM (VALUES
    (''), (' '), ('{'), ('{"type"'), ('{"type":}'), ('{"type":"Equals","value":1'), ('{"type":"Equals","value":1}x'),
    ('{"type":"Equals","value":1} {}'), ('{"type":"Equals" "value":1}'), ('{"type":"Equals","value":1,}'),
    ('{type:"Equals","value":1}'), ('{''type'':"Equals","value":1}'),
    ('{"type":"Equals","value":NaN}'), ('{"type":"Equals","value":Infinity}'), ('{"type":"Equals","value":True}'),
    ('{"type":"Equals","value":01}'), ('{"type":"Equals","value":1.}'), ('{"type":"Equals","value":.5}'),
    ('{"type":"Equals","value":+1}'), ('{"type":"Equals","value":0x1}'), ('{"type":"Equals","value":1e}'),
    ('/* */{"type":"Equals","value":1}')) AS v (input)
CROSS JOIN LATERAL pg_temp.refusal('rbac.condition', input) AS r;

-- Strings: raw control characters, unknown escapes, lone surrogates, NUL.
SELECT input, r.state, r.detail FROM (VALUES
    ('"a'), ('"\'), ('"\x"'), ('"\u12"'), ('"\u12g4"'), ('"\u0000"'), ('"\ud800"'), ('"\ud800\u0041"'),
    ('"\udc00"'), ('"\ud83dx"')) AS v (input)
CROSS JOIN LATERAL pg_temp.refusal('rbac.condition', '{"type":"Equals","value":' || input || '}') AS r;
SELECT code, r.state, r.detail FROM (VALUES (1), (9), (10), (31)) AS v (code)
CROSS JOIN LATERAL pg_temp.refusal('rbac.condition', '{"type":"Equals","value":"' || chr(code) || '"}') AS r;

-- Bytes are counted, not characters: the same fault behind a character of two.
SELECT r.detail FROM pg_temp.refusal('rbac.condition', U&'{"type":"Equals","value":"\00e9\\x"}') AS r;

-- Not a condition.
SELECT input, r.state, r.detail FROM (VALUES
    ('1'), ('null'), ('[]'), ('{}'), ('{"type":"Equals"}'), ('{"value":1}'), ('{"type":"In"}'),
    ('{"type":"equals","value":1}'), ('{"type":"Less","value":1}'), ('{"type":1,"value":1}'),
    ('{"type":"Equals","values":[1]}'), ('{"type":"In","value":1}'),
    ('{"type":"Equals","value":1,"values":[1]}'), ('{"type":"In","values":1}'), ('{"type":"In","values":[]}'),
    ('{"type":"In","values":[1,"1"]}'), ('{"type":"In","values":[1,true]}'), ('{"type":"In","values":[null]}'),
    ('{"type":"Equals","value":null}'), ('{"type":"Equals","value":[1]}'), ('{"type":"NotEquals","value":{}}'),
    ('{"type":"Equals","value":1,"extra":1}'), ('{"Type":"Equals","value":1}'),
    ('{"type":"Equals","value":1,"value":1}'), ('{"type":"Equals","value":1,"\u0076alue":1}')) AS v (input)
CROSS JOIN LATERAL pg_temp.refusal('rbac.condition', input) AS r;

-- Not a grant. What is wrong inside a condition is told with its attribute.
SELECT input, r.state, r.detail FROM (VALUES
    ('[]'), ('{}'), ('{"conditions":{}}'), ('{"permission_name":1,"conditions":{}}'),
    ('{"permission_name":"A:B","conditions":[]}'), ('{"permission_name":"A:B","conditions":null}'),
    ('{"permission_name":"A:B","conditions":{},"action":"Allow"}'),
    ('{"permission_name":"A:B","permission_name":"A:B","conditions":{}}'),
    ('{"permission_name":"A:B","conditions":{"x":1}}'),
    ('{"permission_name":"A:B","conditions":{"x":{"type":"In","values":[]}}}'),
    ('{"permission_name":"A:B","conditions":{"":{"type":"Equals","value":1}}}'),
    ('{"permission_name":"A:B","conditions":{"x":{"type":"Equals","value":1},"x":{"type":"Equals","value":2}}}')) AS v (input)
CROSS JOIN LATERAL pg_temp.refusal('rbac.permission_grant', input) AS r;

-- Names of permissions: Category:Action, Category:* or *.
SELECT name, r.state, r.detail FROM (VALUES
    (''), ('A'), ('A:'), (':B'), (':'), ('*:B'), ('*:*'), ('**'), ('A*'), ('A*:B'), ('A:B*'), ('A:**'), ('A:*B'),
    ('A:\n')) AS v (name)
CROSS JOIN LATERAL pg_temp.refusal('rbac.permission_grant', format('{"permission_name":"%s","conditions":{}}', name)) AS r;

-- Not privileges.
SELECT input, r.state, r.detail FROM (VALUES
    ('{}'), ('null'), ('"*"'), ('{"permission_name":"A:B","conditions":{}}'), ('[1]'), ('[[]]'),
    ('[{"permission_name":"A:B","conditions":{}},]'),
    ('[{"permission_name":"A:B","conditions":{}} {"permission_name":"A:B","conditions":{}}]'),
    ('[{"permission_name":"A:B","conditions":{}},{"permission_name":"A","conditions":{}}]')) AS v (input)
CROSS JOIN LATERAL pg_temp.refusal('rbac.privileges', input) AS r;

-- Limits: accepted up to the limit, 54000 beyond.
CREATE FUNCTION pg_temp.equals(value text) RETURNS text LANGUAGE sql
RETURN format('{"type":"Equals","value":%s}', value);
CREATE FUNCTION pg_temp.grant_of(conditions bigint) RETURNS text LANGUAGE sql
RETURN (SELECT format('{"permission_name":"A:B","conditions":{%s}}',
                      string_agg(format('"x%s":%s', i, pg_temp.equals('1')), ','))
        FROM generate_series(1, conditions) AS i);
CREATE FUNCTION pg_temp.list(element text, times integer) RETURNS text LANGUAGE sql
RETURN '[' || repeat(element || ',', times - 1) || element || ']';
SELECT what, within.state AS within, beyond.state AS beyond, beyond.detail
FROM (VALUES
    ('bytes of a string', 'rbac.condition',
     pg_temp.equals('"' || repeat('x', 8192) || '"'), pg_temp.equals('"' || repeat('x', 8193) || '"')),
    ('bytes of an escaped string', 'rbac.condition',
     pg_temp.equals('"' || repeat('\u00e9', 4096) || '"'), pg_temp.equals('"' || repeat('\u00e9', 4097) || '"')),
    ('digits', 'rbac.condition', pg_temp.equals(repeat('9', 1000)), pg_temp.equals(repeat('9', 1001))),
    ('zeros of an exponent', 'rbac.condition', pg_temp.equals('1e999'), pg_temp.equals('1e1000')),
    ('a huge exponent', 'rbac.condition', pg_temp.equals('0e99999999999999999999'), pg_temp.equals('1e99999999999999999999')),
    ('a huge negative exponent', 'rbac.condition', pg_temp.equals('0e-99999999999999999999'), pg_temp.equals('1e-99999999999999999999')),
    ('values', 'rbac.condition', format('{"type":"In","values":%s}', pg_temp.list('1', 10000)),
     format('{"type":"In","values":%s}', pg_temp.list('1', 10001))),
    ('conditions', 'rbac.permission_grant', pg_temp.grant_of(64), pg_temp.grant_of(65)),
    ('grants', 'rbac.privileges', pg_temp.list('{"permission_name":"A:B","conditions":{}}', 20000),
     pg_temp.list('{"permission_name":"A:B","conditions":{}}', 20001)),
    ('characters of a permission', 'rbac.permission_grant',
     format('{"permission_name":"%s:B","conditions":{}}', repeat(U&'\00e9', 254)),
     format('{"permission_name":"%s:B","conditions":{}}', repeat(U&'\00e9', 255))),
    ('characters of an attribute', 'rbac.permission_grant',
     format('{"permission_name":"A:B","conditions":{"%s":{"type":"Equals","value":1}}}', repeat(U&'\00e9', 256)),
     format('{"permission_name":"A:B","conditions":{"%s":{"type":"Equals","value":1}}}', repeat(U&'\00e9', 257))))
    AS v (what, type, within_limit, beyond_limit)
CROSS JOIN LATERAL pg_temp.refusal(type::regtype, within_limit) AS within
CROSS JOIN LATERAL pg_temp.refusal(type::regtype, beyond_limit) AS beyond;

-- Nesting: 32 levels are merely no condition; more are past the limit, however many.
SELECT depth, r.state, r.detail FROM (VALUES (32), (33), (100000)) AS v (depth)
CROSS JOIN LATERAL pg_temp.refusal('rbac.condition', repeat('[', depth) || repeat(']', depth)) AS r;
SELECT depth, r.state, r.detail FROM (VALUES (1000000)) AS v (depth)
CROSS JOIN LATERAL pg_temp.refusal('rbac.privileges', repeat('[{"a":', depth)) AS r;

-- Documents of 10 MB.
SELECT r.state, r.detail FROM pg_temp.refusal('rbac.condition', pg_temp.equals('1') || repeat(' ', 10000000)) AS r;
SELECT r.state, r.detail FROM pg_temp.refusal('rbac.privileges', pg_temp.list('{"permission_name":"A:B","conditions":{}}', 240000)) AS r;
SELECT r.state FROM pg_temp.refusal('rbac.condition', pg_temp.equals('1') || repeat(' ', 8000000)) AS r;
