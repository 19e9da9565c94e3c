-- Does a request meet a condition, a grant, privileges? Checks, which know the
-- caller and the tables, are another matter (checks).
\set SHOW_CONTEXT never
SET search_path = public, rbac;

CREATE TEMP TABLE named (name text, p privileges);
CREATE FUNCTION pg_temp.grant_of(conditions text, permission text DEFAULT 'Doc:Read') RETURNS privileges LANGUAGE sql
RETURN format('[{"permission_name":"%s","conditions":{%s}}]', permission, conditions)::privileges;
INSERT INTO named VALUES
    ('nothing', '[]'),
    ('all', pg_temp.grant_of('')),
    ('x=1', pg_temp.grant_of('"x":{"type":"Equals","value":1}')),
    ('x in 1,2', pg_temp.grant_of('"x":{"type":"In","values":[1,2]}')),
    ('x<>1', pg_temp.grant_of('"x":{"type":"NotEquals","value":1}')),
    ('x=1,y=1', pg_temp.grant_of('"x":{"type":"Equals","value":1},"y":{"type":"Equals","value":1}')),
    ('o=self', pg_temp.grant_of('"o":{"type":"Equals","value":"{self_user_id}"}')),
    ('Doc:*', pg_temp.grant_of('', 'Doc:*')),
    ('*', pg_temp.grant_of('', '*'));

-- allows(): the plain evaluation.
SELECT name, permission, attributes, allows(p, permission, attributes::jsonb)
FROM (VALUES
    ('x=1', 'Doc:Read', '{"x":1}'), ('x=1', 'Doc:Read', '{"x":1.0}'), ('x=1', 'Doc:Read', '{"x":"1"}'),
    ('x=1', 'Doc:Read', '{"x":true}'), ('x=1', 'Doc:Read', '{"x":null}'), ('x=1', 'Doc:Read', '{}'),
    ('x=1', 'Doc:Read', '{"x":1,"z":"anything"}'), ('x=1', 'Doc:Write', '{"x":1}'), ('x=1', 'doc:read', '{"x":1}'),
    ('x<>1', 'Doc:Read', '{"x":2}'), ('x<>1', 'Doc:Read', '{"x":1e0}'), ('x<>1', 'Doc:Read', '{"x":"1"}'),
    ('x<>1', 'Doc:Read', '{"x":null}'), ('x<>1', 'Doc:Read', '{}'), ('x in 1,2', 'Doc:Read', '{"x":2}'),
    ('x=1,y=1', 'Doc:Read', '{"x":1}'), ('all', 'Doc:Read', '{}'), ('nothing', 'Doc:Read', '{}'),
    ('Doc:*', 'Doc:Erase', '{}'), ('Doc:*', 'Document:Read', '{}'), ('*', 'Any:Thing', '{}'),
    -- a request is for one permission, and there is no caller here
    ('Doc:*', 'Doc:*', '{}'), ('*', '*', '{}'), ('*', 'nonsense', '{}'),
    ('o=self', 'Doc:Read', '{"o":"bob"}'), ('o=self', 'Doc:Read', '{"o":"{self_user_id}"}')) AS v (name, permission, attributes)
CROSS JOIN LATERAL (SELECT p FROM named WHERE named.name = v.name OFFSET 0) AS n;
SELECT allows('{"permission_name":"Doc:Read","conditions":{}}'::permission_grant, 'Doc:Read') AS without_attributes, allows(NULL, 'Doc:Read') AS "null";
SELECT allows('[]', 'Doc:Read', '[]');
SELECT allows('[]', 'Doc:Read', '{"x":[1]}');

-- matches(): one condition.
SELECT c, bool_and(matches(c::condition, v::jsonb) = want) AS is_right FROM (VALUES
    ('{"type":"Equals","value":1}', '1', true), ('{"type":"Equals","value":1}', '1.00', true),
    ('{"type":"Equals","value":1}', '2', false), ('{"type":"Equals","value":1}', '"1"', false),
    ('{"type":"Equals","value":1}', 'true', false), ('{"type":"Equals","value":1}', 'null', false),
    ('{"type":"NotEquals","value":"a"}', '"b"', true), ('{"type":"NotEquals","value":"a"}', '"A"', true),
    ('{"type":"NotEquals","value":"a"}', '"a"', false), ('{"type":"NotEquals","value":"a"}', '1', false),
    ('{"type":"NotEquals","value":"a"}', 'null', false),
    ('{"type":"In","values":["a","b"]}', '"b"', true), ('{"type":"In","values":["a","b"]}', '"c"', false),
    ('{"type":"NotEquals","value":true}', 'false', true), ('{"type":"NotEquals","value":true}', '0', false))
    AS v (c, v, want) GROUP BY c ORDER BY c COLLATE "C";
-- A value is no array or object.
\set VERBOSITY terse
SELECT matches('{"type":"Equals","value":1}', '[1]');
SELECT matches('{"type":"Equals","value":1}', '{}');
