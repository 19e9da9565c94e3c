-- Comparing privileges: by the requests they allow, decided exactly.
\set SHOW_CONTEXT never
SET search_path = public, rbac;

-- Privileges by name. All of them are for Doc:Read unless they say otherwise.
CREATE TEMP TABLE named (name text PRIMARY KEY, p privileges NOT NULL);
CREATE FUNCTION pg_temp.grant_of(conditions text, permission text DEFAULT 'Doc:Read') RETURNS privileges LANGUAGE sql
RETURN format('[{"permission_name":"%s","conditions":{%s}}]', permission, conditions)::privileges;
CREATE FUNCTION pg_temp.p(names text) RETURNS privileges LANGUAGE sql   -- 'a | b' is the union of a and b
RETURN (SELECT jsonb_path_query_array(jsonb_agg(p::jsonb ORDER BY position), '$[*][*]')::privileges
        FROM regexp_split_to_table(names, ' \| ') WITH ORDINALITY AS s (name, position) JOIN named USING (name));

INSERT INTO named VALUES
    ('nothing', '[]'),
    ('all', pg_temp.grant_of('')),
    ('x=1', pg_temp.grant_of('"x":{"type":"Equals","value":1}')),
    ('x=1.0', pg_temp.grant_of('"x":{"type":"Equals","value":1.0}')),
    ('x="1"', pg_temp.grant_of('"x":{"type":"Equals","value":"1"}')),
    ('x=2', pg_temp.grant_of('"x":{"type":"Equals","value":2}')),
    ('x in 1', pg_temp.grant_of('"x":{"type":"In","values":[1]}')),
    ('x in 1,2', pg_temp.grant_of('"x":{"type":"In","values":[1,2]}')),
    ('x in 2,1,2', pg_temp.grant_of('"x":{"type":"In","values":[2,1,2]}')),
    ('x<>1', pg_temp.grant_of('"x":{"type":"NotEquals","value":1}')),
    ('x<>2', pg_temp.grant_of('"x":{"type":"NotEquals","value":2}')),
    ('x<>"1"', pg_temp.grant_of('"x":{"type":"NotEquals","value":"1"}')),
    ('y=1', pg_temp.grant_of('"y":{"type":"Equals","value":1}')),
    ('x=1,y=1', pg_temp.grant_of('"x":{"type":"Equals","value":1},"y":{"type":"Equals","value":1}')),
    ('x=1,y<>1', pg_temp.grant_of('"x":{"type":"Equals","value":1},"y":{"type":"NotEquals","value":1}')),
    ('x<>1,y=1', pg_temp.grant_of('"x":{"type":"NotEquals","value":1},"y":{"type":"Equals","value":1}')),
    ('x<>1,y<>1', pg_temp.grant_of('"x":{"type":"NotEquals","value":1},"y":{"type":"NotEquals","value":1}')),
    ('x<>2,y<>2', pg_temp.grant_of('"x":{"type":"NotEquals","value":2},"y":{"type":"NotEquals","value":2}')),
    ('b=true', pg_temp.grant_of('"b":{"type":"Equals","value":true}')),
    ('b=false', pg_temp.grant_of('"b":{"type":"Equals","value":false}')),
    ('b<>true', pg_temp.grant_of('"b":{"type":"NotEquals","value":true}')),
    ('b in true,false', pg_temp.grant_of('"b":{"type":"In","values":[true,false]}')),
    ('o=self', pg_temp.grant_of('"o":{"type":"Equals","value":"{self_user_id}"}')),
    ('o<>self', pg_temp.grant_of('"o":{"type":"NotEquals","value":"{self_user_id}"}')),
    ('o=bob', pg_temp.grant_of('"o":{"type":"Equals","value":"bob"}')),
    ('o<>bob', pg_temp.grant_of('"o":{"type":"NotEquals","value":"bob"}')),
    ('o=self org', pg_temp.grant_of('"o":{"type":"Equals","value":"{self_org_id}"}')),
    ('write', pg_temp.grant_of('', 'Doc:Write')),
    ('Doc:*', pg_temp.grant_of('', 'Doc:*')),
    ('Doc:*,x=1', pg_temp.grant_of('"x":{"type":"Equals","value":1}', 'Doc:*')),
    ('Document:*', pg_temp.grant_of('', 'Document:*')),
    ('*', pg_temp.grant_of('', '*'));

-- All operators say the same as compare_privileges.
SELECT a, b, compare_privileges(x, y), x @> y AS "@>", x <@ y AS "<@", x = y AS "=", x <> y AS "<>",
       x > y AS ">", x >= y AS ">=", x < y AS "<", x <= y AS "<="
FROM (VALUES ('all', 'x=1'), ('x=1', 'x=1.0'), ('x=1', 'all'), ('x=1', 'x=2')) AS v (a, b)
CROSS JOIN LATERAL (SELECT pg_temp.p(a) AS x, pg_temp.p(b) AS y) AS p;
SELECT bool_and((x @> y) = (c IN ('greater', 'equal')) AND (x <@ y) = (c IN ('less', 'equal'))
            AND (x = y) = (c = 'equal') AND (x <> y) = (c <> 'equal') AND (x > y) = (c = 'greater')
            AND (x >= y) = (x @> y) AND (x < y) = (c = 'less') AND (x <= y) = (x <@ y)) AS operators_agree
FROM (SELECT a.p AS x, b.p AS y, compare_privileges(a.p, b.p) AS c FROM named AS a, named AS b) AS pair;

-- The order, case by case.
SELECT a, compare_privileges(pg_temp.p(a), pg_temp.p(b)) AS "is", b
FROM (VALUES
    ('nothing', 'nothing'), ('x=1', 'nothing'),
    -- values: numbers by what they mean, never across types
    ('x=1', 'x="1"'), ('x=1', 'x in 1'), ('x in 1,2', 'x in 2,1,2'), ('x in 1,2', 'x=2'), ('x=1 | x=2', 'x in 1,2'),
    -- NotEquals, and what is missing
    ('x<>1', 'x=2'), ('x<>1', 'x=1'), ('x<>1', 'x<>2'), ('x<>1', 'x="1"'), ('all', 'x<>1'),
    -- only together: present or not is what remains
    ('x=1 | x<>1', 'x<>2'), ('x=1 | x<>1', 'x<>1 | x<>2'), ('x=1 | x<>1', 'all'), ('x=1 | x<>1', 'x<>"1"'),
    -- several attributes
    ('x=1', 'x=1,y=1'), ('x=1,y=1 | x=1,y<>1', 'x=1'), ('x=1 | y=1', 'x=1,y=1'), ('x=1', 'y=1'),
    ('x=1,y=1 | x=1,y<>1 | x<>1,y=1 | x<>1,y<>1', 'x<>2,y<>2'), ('x=1,y=1 | x=1,y<>1 | x<>1,y=1', 'x<>2,y<>2'),
    -- a boolean has two values
    ('b<>true', 'b=false'), ('b=true | b=false', 'b in true,false'), ('b=true | b=false', 'all'), ('b=true', 'b in true,false'),
    -- the user may be anybody, the same on both sides
    ('o=self', 'o=self'), ('o=self', 'o=bob'), ('o<>bob', 'o=self'), ('o=bob | o<>bob', 'o=self'),
    ('o=self | o<>self', 'o=bob | o<>bob'), ('all', 'o=self'), ('o=self', 'o=self org'),
    -- wildcards cover names, an enumeration never covers a wildcard
    ('Doc:*', 'all | write'), ('*', 'Doc:* | Document:*'), ('Doc:*', 'Document:*'), ('Doc:*,x=1', 'x=1'), ('Doc:*,x=1', 'all'),
    ('all', 'write')) AS v (a, b);

-- A counterexample is a request that b allows and a does not.
SELECT a, b, uncovered(pg_temp.p(a), pg_temp.p(b))
FROM (VALUES ('all', 'x=1'), ('x=1', 'x=2'), ('x=1', 'x in 1,2'), ('x<>1', 'x in 1,2'), ('x=1 | x<>1', 'all'),
             ('x=1,y=1', 'x=1'), ('b=true', 'b in true,false'), ('b=true | b=false', 'all'), ('all', 'write'),
             ('o<>bob', 'o=self'), ('nothing', 'x=1,y=1'), ('Doc:*,x=1', 'all')) AS v (a, b);

-- For "any other value" it invents one. Whatever it is, it is true: of every
-- pair without placeholders, and of names invented for wildcards.
SELECT count(*) AS counterexamples,
       bool_and(allows(y, u ->> 'permission_name', u -> 'attributes')) AS b_allows,
       bool_or(allows(x, u ->> 'permission_name', u -> 'attributes')) AS a_allows,
       bool_or(u ? 'user_id') AS needs_a_user
FROM (SELECT a.p AS x, b.p AS y, uncovered(a.p, b.p) AS u FROM named AS a, named AS b
      WHERE a.name NOT LIKE '%self%' AND b.name NOT LIKE '%self%') AS pair WHERE u IS NOT NULL;
SELECT bool_and((uncovered(a.p, b.p) IS NULL) = (a.p @> b.p)) AS none_iff_covered FROM named AS a, named AS b;

-- Against brute force: all requests over the constants above, one more value of
-- each type and "missing".
CREATE TEMP TABLE request AS
SELECT permission, jsonb_strip_nulls(jsonb_build_object('x', x, 'y', y, 'b', b)) AS attributes
FROM unnest(ARRAY['Doc:Read', 'Doc:Write', 'Doc:Other', 'Document:Read', 'Other:Other']) AS permission,
     jsonb_array_elements('[1, 2, 3, "1", "2", null]') AS x, jsonb_array_elements('[1, 2, 3, null]') AS y,
     jsonb_array_elements('[true, false, null]') AS b;
CREATE TEMP TABLE allowed AS
SELECT name, p, ARRAY(SELECT allows(p, permission, attributes) FROM request ORDER BY permission, attributes) AS answers
FROM (SELECT name, p FROM named
      UNION ALL SELECT a.name || ' | ' || b.name, a.p + b.p FROM named AS a, named AS b WHERE a.name < b.name) AS n
WHERE name !~ 'self|bob';
SELECT count(*) AS pairs, count(*) FILTER (WHERE (a.p @> b.p) <> covers) AS disagreements,
       count(*) FILTER (WHERE covers) BETWEEN 1 AND count(*) - 1 AS both_happen
FROM allowed AS a, (SELECT * FROM allowed ORDER BY md5(name) LIMIT 60) AS b
CROSS JOIN LATERAL (SELECT bool_and(x OR NOT y) FROM unnest(a.answers, b.answers) AS u (x, y)) AS c (covers);

-- Laws of an order, over all of them.
SELECT bool_and(a.p @> a.p AND a.p = a.p) AS reflexive FROM named AS a;
SELECT bool_and(NOT (a.p @> b.p AND b.p @> c.p) OR a.p @> c.p) AS transitive FROM named AS a, named AS b, named AS c;
SELECT bool_and((a.p + b.p) @> a.p AND (a.p + b.p) @> b.p AND a.p + b.p = b.p + a.p) AS union_covers FROM named AS a, named AS b;

-- The union keeps all grants in their order, simplify() drops what the others cover.
SELECT pg_temp.p('x=1') + pg_temp.p('y=1') + pg_temp.p('x=1') AS "union";
SELECT 'all' AS keeps, simplify(pg_temp.p('x=1 | all | x=2')) = pg_temp.p('all') AS is_equal,
       simplify(pg_temp.p('x=1 | all | x=2'))::text = pg_temp.p('all')::text AS is_same
UNION ALL SELECT 'x=1 | y=1', simplify(p) = p, simplify(p)::text = p::text FROM pg_temp.p('x=1 | y=1') AS p
UNION ALL SELECT 'one of two', simplify(p + p) = p, simplify(p + p)::text = p::text FROM pg_temp.p('x=1') AS p
UNION ALL SELECT 'nothing', simplify(p) = p, simplify(p)::text = p::text FROM pg_temp.p('nothing') AS p;
SELECT bool_and(simplify(p) = p) AS is_equal, bool_and(simplify(simplify(p))::text = simplify(p)::text) AS is_minimal FROM allowed;

-- Twenty pigeons sit in nineteen holes: whoever may ask when two share one may
-- ask always. To see it takes too many steps; then there is no answer.
CREATE TEMP TABLE pigeons AS SELECT
    (SELECT jsonb_agg(jsonb_build_object('permission_name', 'Doc:Read', 'conditions', jsonb_build_object(
        'p' || i, jsonb_build_object('type', 'Equals', 'value', h), 'p' || j, jsonb_build_object('type', 'Equals', 'value', h))))
     FROM generate_series(1, 20) AS i, generate_series(1, 20) AS j, generate_series(1, 19) AS h WHERE i < j)::privileges AS two_share,
    (SELECT jsonb_build_array(jsonb_build_object('permission_name', 'Doc:Read', 'conditions', jsonb_object_agg(
        'p' || i, jsonb_build_object('type', 'In', 'values', (SELECT jsonb_agg(h) FROM generate_series(1, 19) AS h)))))
     FROM generate_series(1, 20) AS i)::privileges AS all_sit;
\set VERBOSITY sqlstate
SELECT two_share @> all_sit FROM pigeons;
SELECT compare_privileges(two_share, all_sit) FROM pigeons;
SELECT uncovered(two_share, all_sit) FROM pigeons;
SELECT simplify(two_share + all_sit) FROM pigeons;
\set VERBOSITY default
-- Ordinary large roles are compared at once.
SELECT compare_privileges(a, b) FROM (
    SELECT jsonb_agg(jsonb_build_object('permission_name', 'Doc:' || i, 'conditions', '{}'::jsonb) ORDER BY i)::privileges AS a,
           jsonb_agg(jsonb_build_object('permission_name', 'Doc:' || i, 'conditions', '{}'::jsonb) ORDER BY -i) FILTER (WHERE i > 1)::privileges AS b
    FROM generate_series(1, 10000) AS i) AS p;
