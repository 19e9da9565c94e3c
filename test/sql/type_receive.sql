-- The types from jsonb, without raising errors, and in binary form: judged as
-- strictly as text (type_errors).
\set SHOW_CONTEXT never

-- jsonb is judged like text; positions are those of the text that jsonb prints.
SELECT '{"type":"In","values":[]}'::jsonb::rbac.condition;
SELECT '{"type":"Equals"}'::jsonb::rbac.condition;
SELECT '{"permission_name":"A:B","conditions":{"x":{"type":"Equals","value":null}}}'::jsonb::rbac.permission_grant;
SELECT 'null'::jsonb::rbac.privileges;
-- What PostgreSQL itself refuses does not get that far.
\set VERBOSITY sqlstate
SELECT '{"type":"Equals","value":"\u0000"}'::jsonb::rbac.condition;
SELECT convert_from('\x7b2274797065223a22457175616c73222c2276616c7565223a22ff227d', 'UTF8')::rbac.condition;
SELECT E'{"type":"Equals","value":"\xff"}'::rbac.condition;
\set VERBOSITY default

-- Since PostgreSQL 16 input can be tried without an error.
CREATE FUNCTION pg_temp.is_valid(input text, type text) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    valid boolean;
BEGIN
    IF current_setting('server_version_num')::integer >= 160000 THEN
        EXECUTE 'SELECT pg_input_is_valid($1, $2)' INTO valid USING input, type;
        RETURN valid;
    END IF;
    BEGIN
        EXECUTE format('SELECT %L::%s', input, type);
        RETURN true;
    EXCEPTION WHEN invalid_text_representation OR program_limit_exceeded THEN
        RETURN false;
    END;
END
$$;
SELECT pg_temp.is_valid('{"type":"In","values":[]}', 'rbac.condition') AS malformed,
       pg_temp.is_valid('{"type":"Equals","value":1e1000}', 'rbac.condition') AS past_a_limit,
       pg_temp.is_valid('[]', 'rbac.privileges') AS fine;

-- The binary form is judged as strictly. Its bytes are made here and written to
-- a file by the client.
CREATE FUNCTION pg_temp.prepare(what text, field bytea) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    PERFORM lo_unlink(oid) FROM pg_largeobject_metadata WHERE oid = 1;
    PERFORM lo_from_bytea(1, '\x5047434f50590aff0d0a00'::bytea || int4send(0) || int4send(0) || int2send(1::int2)
                             || int4send(length(field)) || field || int2send((-1)::int2));
    RETURN what;
END
$$;
CREATE TEMP TABLE received (c rbac.condition);
SELECT pg_temp.prepare('a good one', '\x01' || convert_to('{"type":"Equals","value":"a"}', 'UTF8'));
\lo_export 1 results/type_errors.bin
\copy received FROM 'results/type_errors.bin' (FORMAT binary)
SELECT pg_temp.prepare('version 2', '\x02' || convert_to('{"type":"Equals","value":"a"}', 'UTF8'));
\lo_export 1 results/type_errors.bin
\copy received FROM 'results/type_errors.bin' (FORMAT binary)
SELECT pg_temp.prepare('version 0', '\x00');
\lo_export 1 results/type_errors.bin
\copy received FROM 'results/type_errors.bin' (FORMAT binary)
SELECT pg_temp.prepare('nothing', '');
\lo_export 1 results/type_errors.bin
\copy received FROM 'results/type_errors.bin' (FORMAT binary)
SELECT pg_temp.prepare('only a version', '\x01');
\lo_export 1 results/type_errors.bin
\copy received FROM 'results/type_errors.bin' (FORMAT binary)
SELECT pg_temp.prepare('no JSON', '\x01' || convert_to('{"type":', 'UTF8'));
\lo_export 1 results/type_errors.bin
\copy received FROM 'results/type_errors.bin' (FORMAT binary)
SELECT pg_temp.prepare('In []', '\x01' || convert_to('{"type":"In","values":[]}', 'UTF8'));
\lo_export 1 results/type_errors.bin
\copy received FROM 'results/type_errors.bin' (FORMAT binary)
SELECT pg_temp.prepare('a key twice', '\x01' || convert_to('{"type":"Equals","value":1,"value":1}', 'UTF8'));
\lo_export 1 results/type_errors.bin
\copy received FROM 'results/type_errors.bin' (FORMAT binary)
SELECT pg_temp.prepare('text after the document', '\x01' || convert_to('{"type":"Equals","value":1}{}', 'UTF8'));
\lo_export 1 results/type_errors.bin
\copy received FROM 'results/type_errors.bin' (FORMAT binary)
SELECT pg_temp.prepare('past a limit', '\x01' || convert_to('{"type":"Equals","value":"' || repeat('x', 8193) || '"}', 'UTF8'));
\lo_export 1 results/type_errors.bin
\copy received FROM 'results/type_errors.bin' (FORMAT binary)
SELECT pg_temp.prepare('invalid UTF-8', '\x01' || convert_to('{"type":"Equals","value":"a', 'UTF8') || '\xff227d');
\lo_export 1 results/type_errors.bin
\copy received FROM 'results/type_errors.bin' (FORMAT binary)
SELECT pg_temp.prepare('NUL', '\x01' || convert_to('{"type":"Equals","value":"a', 'UTF8') || '\x00227d');
\lo_export 1 results/type_errors.bin
\copy received FROM 'results/type_errors.bin' (FORMAT binary)
SELECT pg_temp.prepare('NUL at the end', '\x01' || convert_to('{"type":"Equals","value":"a"}', 'UTF8') || '\x00');
\lo_export 1 results/type_errors.bin
\copy received FROM 'results/type_errors.bin' (FORMAT binary)
-- So are grants and sets of them.
CREATE TEMP TABLE received_grant (g rbac.permission_grant);
SELECT pg_temp.prepare('a good one', '\x01' || convert_to('{"permission_name":"A:B","conditions":{"x":{"type":"Equals","value":1}}}', 'UTF8'));
\lo_export 1 results/type_errors.bin
\copy received_grant FROM 'results/type_errors.bin' (FORMAT binary)
SELECT pg_temp.prepare('version 2', '\x02' || convert_to('{"permission_name":"A:B"}', 'UTF8'));
\lo_export 1 results/type_errors.bin
\copy received_grant FROM 'results/type_errors.bin' (FORMAT binary)
SELECT pg_temp.prepare('nothing', '');
\lo_export 1 results/type_errors.bin
\copy received_grant FROM 'results/type_errors.bin' (FORMAT binary)
SELECT pg_temp.prepare('an array', '\x01' || convert_to('[]', 'UTF8'));
\lo_export 1 results/type_errors.bin
\copy received_grant FROM 'results/type_errors.bin' (FORMAT binary)
SELECT pg_temp.prepare('a bad name', '\x01' || convert_to('{"permission_name":"A"}', 'UTF8'));
\lo_export 1 results/type_errors.bin
\copy received_grant FROM 'results/type_errors.bin' (FORMAT binary)
SELECT pg_temp.prepare('an attribute twice', '\x01' || convert_to('{"permission_name":"A:B","conditions":{"x":{"type":"Equals","value":1},"x":{"type":"Equals","value":1}}}', 'UTF8'));
\lo_export 1 results/type_errors.bin
\copy received_grant FROM 'results/type_errors.bin' (FORMAT binary)
SELECT pg_temp.prepare('text after the document', '\x01' || convert_to('{"permission_name":"A:B"}{}', 'UTF8'));
\lo_export 1 results/type_errors.bin
\copy received_grant FROM 'results/type_errors.bin' (FORMAT binary)
SELECT pg_temp.prepare('past a limit', '\x01' || convert_to(json_build_object('permission_name', 'A:B', 'conditions',
    (SELECT json_object_agg(i, '{"type":"Equals","value":1}'::json) FROM generate_series(1, 65) AS i))::text, 'UTF8'));
\lo_export 1 results/type_errors.bin
\copy received_grant FROM 'results/type_errors.bin' (FORMAT binary)
SELECT pg_temp.prepare('invalid UTF-8', '\x01' || convert_to('{"permission_name":"A:', 'UTF8') || '\xff227d');
\lo_export 1 results/type_errors.bin
\copy received_grant FROM 'results/type_errors.bin' (FORMAT binary)
CREATE TEMP TABLE received_privileges (p rbac.privileges);
SELECT pg_temp.prepare('a good one', '\x01' || convert_to('[{"permission_name":"A:B"},{"permission_name":"*"}]', 'UTF8'));
\lo_export 1 results/type_errors.bin
\copy received_privileges FROM 'results/type_errors.bin' (FORMAT binary)
SELECT pg_temp.prepare('version 0', '\x00');
\lo_export 1 results/type_errors.bin
\copy received_privileges FROM 'results/type_errors.bin' (FORMAT binary)
SELECT pg_temp.prepare('no JSON', '\x01' || convert_to('[{"permission_name":', 'UTF8'));
\lo_export 1 results/type_errors.bin
\copy received_privileges FROM 'results/type_errors.bin' (FORMAT binary)
SELECT pg_temp.prepare('a grant alone', '\x01' || convert_to('{"permission_name":"A:B"}', 'UTF8'));
\lo_export 1 results/type_errors.bin
\copy received_privileges FROM 'results/type_errors.bin' (FORMAT binary)
SELECT pg_temp.prepare('an unknown key', '\x01' || convert_to('[{"permission_name":"A:B","x":1}]', 'UTF8'));
\lo_export 1 results/type_errors.bin
\copy received_privileges FROM 'results/type_errors.bin' (FORMAT binary)
SELECT pg_temp.prepare('In []', '\x01' || convert_to('[{"permission_name":"A:B","conditions":{"x":{"type":"In","values":[]}}}]', 'UTF8'));
\lo_export 1 results/type_errors.bin
\copy received_privileges FROM 'results/type_errors.bin' (FORMAT binary)
SELECT pg_temp.prepare('past a limit', '\x01' || convert_to('[' || repeat('{"permission_name":"*"},', 20000) || '{"permission_name":"*"}]', 'UTF8'));
\lo_export 1 results/type_errors.bin
\copy received_privileges FROM 'results/type_errors.bin' (FORMAT binary)
SELECT pg_temp.prepare('NUL at the end', '\x01' || convert_to('[]', 'UTF8') || '\x00');
\lo_export 1 results/type_errors.bin
\copy received_privileges FROM 'results/type_errors.bin' (FORMAT binary)
SELECT lo_unlink(1);
SELECT * FROM received;
SELECT * FROM received_grant;
SELECT * FROM received_privileges;
