-- What an ordinary role tries against tables with policies, in SQL of its own: to
-- see what they hide, in rows, in errors or by functions that look on, and to
-- write what they forbid. What it tries against rbac itself: privileges, and
-- test/sql/hostile. Ordinary statements: test/sql/rls.
BEGIN;
SELECT no_plan();
SET LOCAL client_min_messages = error;

SELECT rbac.define_permission(name, '{"region": "string"}') FROM unnest('{Doc:Read,Doc:Write}'::text[]) AS name;
SELECT rbac.create_organization('acme');
SELECT rbac.create_user('acme', 'mal');
SELECT rbac.create_role('acme', 'Europe', 'Reads and writes in Europe', '[
    {"permission_name": "Doc:*", "conditions": {"region": {"type": "Equals", "value": "eu"}}}]', 'client');
SELECT rbac.assign_role('acme', 'Europe', 'mal');

CREATE ROLE regress_rbac_owner;
CREATE ROLE regress_rbac_mallory;
CREATE ROLE regress_rbac_bypass BYPASSRLS;
CREATE SCHEMA app AUTHORIZATION regress_rbac_owner;
CREATE SCHEMA mallory AUTHORIZATION regress_rbac_mallory;
GRANT USAGE ON SCHEMA app TO PUBLIC;
CREATE TABLE app.doc (
    id     integer PRIMARY KEY,
    org_id text NOT NULL,
    region text,
    title  text UNIQUE CHECK (title <> '' AND length(title) < 50)
);
-- one row in a hundred is in Europe
INSERT INTO app.doc SELECT i, 'acme', CASE i % 100 WHEN 0 THEN 'eu' ELSE 'us' END, CASE i % 100 WHEN 0 THEN 'seen ' ELSE 'hidden ' END || i
FROM generate_series(1, 2000) AS i;
-- nothing that is in a row raises an error
INSERT INTO app.doc VALUES (-1, 'nowhere', 'eu', 'hidden -1'), (-2, '', 'eu', 'hidden -2'), (-3, repeat('o', 1000), 'eu', 'hidden -3'),
    (-4, 'acme', repeat(U&'\00e9', 10000), 'hidden -4'), (-5, 'acme', NULL, 'hidden -5'), (-6, '{self_org_id}', 'eu', 'hidden -6');
CREATE INDEX ON app.doc (org_id);
ALTER TABLE app.doc ENABLE ROW LEVEL SECURITY;
ALTER TABLE app.doc FORCE ROW LEVEL SECURITY;
CREATE POLICY doc_read ON app.doc FOR SELECT USING (rbac.has_permission('Doc:Read', 'org_id', org_id, 'region', region));
CREATE POLICY doc_write ON app.doc USING (rbac.has_permission('Doc:Write', 'org_id', org_id, 'region', region));
CREATE VIEW app.checked WITH (security_barrier) AS SELECT * FROM app.doc WHERE id > 0 WITH CASCADED CHECK OPTION;
ALTER TABLE app.doc OWNER TO regress_rbac_owner;
ALTER VIEW app.checked OWNER TO regress_rbac_owner;
GRANT SELECT, INSERT, UPDATE, DELETE ON app.doc, app.checked TO regress_rbac_mallory, regress_rbac_bypass;
ANALYZE app.doc;
CREATE TEMPORARY TABLE at_first AS SELECT * FROM app.doc WHERE title LIKE 'hidden%';

CREATE TEMPORARY TABLE attempt (statement text);
GRANT ALL ON attempt TO regress_rbac_mallory;
SELECT rbac.set_caller('acme', 'mal', false);
SET LOCAL SESSION AUTHORIZATION regress_rbac_mallory;

---- To see ----

-- Functions and operators that look on.
CREATE TABLE mallory.seen (title text);
CREATE FUNCTION mallory.look(text) RETURNS boolean LANGUAGE plpgsql COST 0.0000001 AS
$$ BEGIN INSERT INTO mallory.seen VALUES ($1); RETURN true; END $$;
CREATE FUNCTION mallory.look(text, text) RETURNS boolean LANGUAGE plpgsql COST 0.0000001 AS
$$ BEGIN RETURN mallory.look($1) AND mallory.look($2); END $$;
CREATE FUNCTION mallory.fail(text) RETURNS integer LANGUAGE plpgsql IMMUTABLE COST 0.0000001 AS
$$ BEGIN IF $1 NOT LIKE 'seen%' THEN RAISE EXCEPTION '%', $1; END IF; RETURN 1; END $$;
CREATE OPERATOR mallory.=== (LEFTARG = text, RIGHTARG = text, FUNCTION = mallory.look, RESTRICT = scalarltsel);      -- which looks at the histogram
CREATE AGGREGATE mallory.collect(text) (SFUNC = textcat, STYPE = text, INITCOND = '');
CREATE DOMAIN mallory.seen_title AS text CHECK (mallory.look(VALUE));
CREATE VIEW mallory.own AS SELECT * FROM app.doc WHERE mallory.look(title);
CREATE FUNCTION mallory.definer() RETURNS SETOF app.doc LANGUAGE sql SECURITY DEFINER AS 'SELECT * FROM app.doc WHERE mallory.look(title)';
CREATE FUNCTION mallory.inlined(text) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$ SELECT mallory.look($1) $$;

INSERT INTO attempt VALUES
    ('SELECT * FROM app.doc'), ('TABLE app.doc'), ('SELECT * FROM app.checked'), ('SELECT * FROM app.doc ORDER BY mallory.look(title)'),
    ('SELECT * FROM app.doc WHERE mallory.look(title)'), ('SELECT * FROM app.doc WHERE title OPERATOR(mallory.===) title'),
    ('SELECT * FROM app.doc WHERE mallory.inlined(title)'), ('SELECT * FROM app.checked WHERE mallory.look(title)'),
    ('SELECT * FROM app.doc WHERE mallory.look(title) OR true'), ('SELECT * FROM app.doc WHERE CASE WHEN mallory.look(title) THEN true END'),
    ('SELECT * FROM app.doc WHERE org_id = ''acme'' AND mallory.look(title)'), ('SELECT * FROM app.doc WHERE id = 1 AND mallory.look(title)'),
    ('SELECT * FROM app.doc WHERE title = ''hidden 1'' AND mallory.fail(title) = 1'), ('SELECT * FROM app.doc WHERE title LIKE ''hidden%'''),
    ('SELECT * FROM app.doc WHERE title::integer = 1'), ('SELECT * FROM app.doc WHERE title::date > now()'), ('SELECT * FROM app.doc WHERE mallory.fail(title) = 1'),
    ('SELECT title::mallory.seen_title FROM app.doc'), ('SELECT mallory.collect(title) FROM app.doc'), ('SELECT mallory.collect(title) FILTER (WHERE mallory.look(title)) FROM app.doc'),
    ('SELECT title, lag(title) OVER (ORDER BY id), max(title) OVER () FROM app.doc'),
    ('SELECT region, array_agg(title) FROM app.doc GROUP BY GROUPING SETS ((region), ()) HAVING mallory.look(max(title))'),
    ('SELECT a.title, b.title FROM app.doc AS a JOIN app.doc AS b ON mallory.look(b.title) AND a.id = b.id + 1'), ('SELECT d.title FROM generate_series(1, 2000) AS i LEFT JOIN app.doc AS d ON d.id = i AND mallory.look(d.title)'),
    ('SELECT d.title FROM generate_series(1, 2000) AS i RIGHT JOIN app.doc AS d ON mallory.look(d.title) AND d.id = i'), ('SELECT * FROM app.doc WHERE id IN (SELECT id FROM app.doc WHERE mallory.look(title))'),
    ('SELECT (SELECT title FROM app.doc AS d WHERE d.id = i AND mallory.look(d.title)) FROM generate_series(1, 2000) AS i'), ('SELECT l.title FROM generate_series(1, 2000) AS i, LATERAL (SELECT * FROM app.doc WHERE id = i AND mallory.look(title)) AS l'),
    ('WITH d AS MATERIALIZED (SELECT * FROM app.doc) SELECT * FROM d WHERE mallory.look(title)'), ('WITH d AS NOT MATERIALIZED (SELECT * FROM app.doc) SELECT * FROM d WHERE mallory.look(title)'),
    ('SELECT * FROM app.doc UNION SELECT * FROM app.doc WHERE mallory.look(title)'), ('SELECT * FROM app.doc TABLESAMPLE SYSTEM (100) WHERE mallory.look(title)'),
    ('SELECT DISTINCT ON (mallory.look(title)) * FROM app.doc'), ('SELECT ctid, xmin, tableoid, * FROM app.doc WHERE ctid = ''(0,1)'' AND mallory.look(title)'),
    ('SELECT * FROM app.doc WHERE mallory.look(title) FOR UPDATE'), ('SELECT * FROM app.doc LIMIT 1000 OFFSET 0'), ('SELECT row_to_json(d), d::text FROM app.doc AS d WHERE mallory.look(d::text)'),
    ('SELECT * FROM mallory.own'), ('SELECT * FROM mallory.definer()'), ('SELECT query_to_xml(''SELECT * FROM app.doc WHERE mallory.look(title)'', true, true, '''')::text'),
    ('SELECT table_to_xml(''app.doc'', true, true, '''')::text'), ('SELECT schema_to_xml(''app'', true, true, '''')::text'), ('SELECT ts_stat(''SELECT to_tsvector(title) FROM app.doc'')::text'),
    ('SELECT * FROM pg_stats WHERE tablename = ''doc'''), ('EXPLAIN SELECT * FROM app.doc WHERE title OPERATOR(mallory.===) ''x'''),
    ('EXPLAIN (ANALYZE, VERBOSE, COSTS off, TIMING off) SELECT * FROM app.doc WHERE mallory.look(title)'),
-- by writing
    ('UPDATE app.doc SET region = region WHERE mallory.look(title) RETURNING *'), ('UPDATE app.doc AS d SET region = o.region FROM app.doc AS o WHERE mallory.look(o.title) AND d.id = o.id RETURNING o.*'),
    ('DELETE FROM app.doc WHERE mallory.look(title) AND id < 0 RETURNING *'), ('DELETE FROM app.doc AS d USING app.doc AS o WHERE mallory.look(o.title) AND d.id = -1 RETURNING o.*'),
    ('INSERT INTO app.doc VALUES (1, ''acme'', ''eu'', ''new'') RETURNING *'), ('INSERT INTO app.doc VALUES (3000, ''acme'', ''eu'', ''hidden 1'') RETURNING *'),
    ('INSERT INTO app.doc VALUES (1, ''acme'', ''eu'', ''new'') ON CONFLICT DO NOTHING RETURNING *'), ('INSERT INTO app.doc VALUES (1, ''acme'', ''eu'', ''new'') ON CONFLICT (id) DO UPDATE SET region = ''eu'' RETURNING *'),
    ('INSERT INTO app.doc VALUES (1, ''acme'', ''eu'', ''new'') ON CONFLICT (id) DO UPDATE SET region = doc.title WHERE mallory.look(doc.title) RETURNING *'),
    ('INSERT INTO app.doc VALUES (3000, ''acme'', ''eu'', ''hidden 1'') ON CONFLICT (title) DO UPDATE SET region = ''eu'' RETURNING *'),
    ('INSERT INTO app.doc SELECT id + 10000, org_id, region, ''copy of '' || title FROM app.doc WHERE mallory.look(title) RETURNING *'),
    ('UPDATE app.doc SET id = id + 1 RETURNING *'), ('UPDATE app.doc SET title = ''hidden 1'' WHERE id = 100 RETURNING *'), ('UPDATE app.doc SET title = '''' RETURNING *'),
    ('UPDATE app.checked SET id = -id RETURNING *'), ('INSERT INTO app.checked VALUES (-10, ''acme'', ''eu'', ''new'') RETURNING *');
INSERT INTO attempt
SELECT format('MERGE INTO app.doc AS d USING (SELECT * FROM app.doc WHERE mallory.look(title)) AS s ON mallory.look(d.title) AND d.id = s.id WHEN MATCHED THEN %s', action)
FROM unnest('{DELETE,UPDATE SET title = upper(s.title)}'::text[]) AS action
WHERE current_setting('server_version_num')::integer >= 150000;

-- All that comes back: rows, or the parts of an error; undone.
CREATE FUNCTION mallory.outcome(statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    state text;
    message text;
    detail text;
    hint text;
    context text;
    line record;
    result text := '';
BEGIN
    IF statement LIKE 'MERGE%' THEN     -- which returns no rows before 17
        EXECUTE statement;
    ELSE
        FOR line IN EXECUTE statement LOOP
            result := result || line::text || E'\n';
        END LOOP;
    END IF;
    SELECT result || coalesce(string_agg(s.title, E'\n'), '') INTO result FROM mallory.seen AS s;
    RAISE SQLSTATE 'UNDO0';
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE, message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL,
                            hint = PG_EXCEPTION_HINT, context = PG_EXCEPTION_CONTEXT;
    RETURN CASE state WHEN 'UNDO0' THEN result
                      -- what it wrote into its own statement is no news
                      ELSE state || replace(concat_ws(E'\n', message, detail, hint, context), statement, '') END;
END
$$;

SELECT unalike(mallory.outcome(statement), '%hidden%', statement) FROM attempt;
SET LOCAL enable_seqscan = off;
SET LOCAL enable_bitmapscan = off;
SELECT unalike(mallory.outcome(statement), '%hidden%', 'by an index: ' || statement) FROM attempt WHERE statement LIKE '%mallory.%';
RESET enable_seqscan;
RESET enable_bitmapscan;
SET LOCAL plan_cache_mode = force_generic_plan;
SET LOCAL parallel_setup_cost = 0;
SET LOCAL parallel_tuple_cost = 0;
SET LOCAL min_parallel_table_scan_size = 0;
SELECT unalike(mallory.outcome(statement), '%hidden%', 'in parallel: ' || statement) FROM attempt WHERE statement LIKE 'SELECT%';
RESET parallel_setup_cost;
RESET parallel_tuple_cost;
RESET min_parallel_table_scan_size;
RESET plan_cache_mode;
SELECT alike(mallory.outcome(statement), '%seen 100%', 'what is not hidden is seen: ' || statement)
FROM attempt WHERE statement IN ('TABLE app.doc', 'SELECT * FROM mallory.own', 'SELECT * FROM app.doc WHERE mallory.look(title)');

-- Those ways are ways: without policies they show it all.
RESET SESSION AUTHORIZATION;
ALTER TABLE app.doc DISABLE ROW LEVEL SECURITY;
SET LOCAL SESSION AUTHORIZATION regress_rbac_mallory;
SELECT alike(mallory.outcome(statement), '%hidden%', 'without policies: ' || statement) FROM attempt
WHERE statement !~ '^(INSERT|UPDATE)';
RESET SESSION AUTHORIZATION;
ALTER TABLE app.doc ENABLE ROW LEVEL SECURITY;
SET LOCAL SESSION AUTHORIZATION regress_rbac_mallory;

---- To write ----

SELECT throws_ok(statement, '42501', NULL, statement) FROM unnest(ARRAY[
    'INSERT INTO app.doc VALUES (3001, ''acme'', ''us'', ''x'')', 'INSERT INTO app.doc VALUES (3001, ''acme'', NULL, ''x'')',
    'INSERT INTO app.doc VALUES (3001, ''other'', ''eu'', ''x'')', 'INSERT INTO app.checked VALUES (3001, ''acme'', ''us'', ''x'')',
    'INSERT INTO app.doc SELECT id + 5000, org_id, ''us'', NULL FROM app.doc', 'UPDATE app.doc SET region = ''us''', 'UPDATE app.doc SET org_id = ''other''',
    'UPDATE app.checked SET region = NULL', 'INSERT INTO app.doc VALUES (100, ''acme'', ''eu'', ''x'') ON CONFLICT (id) DO UPDATE SET region = ''us''',
    'INSERT INTO app.doc VALUES (1, ''acme'', ''eu'', ''x'') ON CONFLICT (id) DO UPDATE SET region = ''eu''', 'TRUNCATE app.doc',
    'ALTER TABLE app.doc DISABLE ROW LEVEL SECURITY', 'ALTER TABLE app.doc NO FORCE ROW LEVEL SECURITY', 'ALTER POLICY doc_read ON app.doc USING (true)', 'DROP POLICY doc_read ON app.doc',
    'CREATE POLICY mine ON app.doc USING (true)', 'CREATE RULE r AS ON INSERT TO app.doc DO NOTHING', 'CREATE TRIGGER t BEFORE INSERT ON app.doc FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()',
    'CREATE INDEX ON app.doc (mallory.fail(title))', 'CREATE STATISTICS mallory.s ON id, title FROM app.doc', 'CREATE TABLE mallory.child () INHERITS (app.doc)', 'CREATE TABLE mallory.refers (id integer REFERENCES app.doc)',
    'SET ROLE regress_rbac_owner', 'SET ROLE regress_rbac_bypass', 'ALTER ROLE regress_rbac_mallory BYPASSRLS', 'GRANT regress_rbac_owner TO regress_rbac_mallory']) AS statement;
SET LOCAL row_security = off;
SELECT throws_ok('SELECT count(*) FROM app.doc', '42501', NULL, 'row_security = off is no way around');
RESET row_security;

---- By names that hide ours: what a policy calls was settled when it was created ----

CREATE FUNCTION mallory.has_permission(text, VARIADIC text[]) RETURNS boolean LANGUAGE sql AS 'SELECT true';
CREATE FUNCTION mallory.has_permission(text, text, text, text, text) RETURNS boolean LANGUAGE sql AS 'SELECT true';
CREATE FUNCTION mallory.current_organization() RETURNS text LANGUAGE sql AS $$ SELECT 'other' $$;
GRANT USAGE ON SCHEMA mallory TO PUBLIC;
CREATE OPERATOR mallory.= (LEFTARG = text, RIGHTARG = text, FUNCTION = mallory.look);
CREATE TEMPORARY TABLE role_version (role_id text);
SET LOCAL search_path = mallory, rbac, pg_temp, pg_catalog, public;
SELECT pg_catalog.count(*) AS counted, rbac.has_permission('Doc:Read', 'region', 'us'::pg_catalog.text) AS permitted FROM app.doc \gset
RESET search_path;
SELECT is(:counted, 20, 'a search path changes nothing in a policy');
SELECT is(:'permitted'::text, 'f', 'nor where we are asked');
RESET SESSION AUTHORIZATION;

---- By plans that were made for others ----

PREPARE counting AS SELECT count(*) FROM app.doc;
CREATE FUNCTION app.counting() RETURNS bigint LANGUAGE plpgsql AS $$ BEGIN RETURN (SELECT count(*) FROM app.doc); END $$;
GRANT EXECUTE ON FUNCTION app.counting() TO PUBLIC;
CREATE TEMPORARY TABLE answer (what text, role name, count bigint);
GRANT ALL ON answer TO PUBLIC;
CREATE PROCEDURE pg_temp.ask(role name) LANGUAGE plpgsql AS $$
DECLARE
    prepared bigint;
BEGIN
    EXECUTE format('SET LOCAL ROLE %I', role);
    EXECUTE 'EXECUTE counting' INTO prepared;
    INSERT INTO pg_temp.answer VALUES ('prepared', role, prepared), ('function', role, app.counting());
END
$$;
GRANT EXECUTE ON PROCEDURE pg_temp.ask(name) TO PUBLIC;

-- as often as it takes for plans to become generic, and by turns
DO $$
BEGIN
    FOR i IN 1..8 LOOP
        CALL pg_temp.ask('regress_rbac_bypass');
        RESET ROLE;
    END LOOP;
    FOR i IN 1..8 LOOP
        CALL pg_temp.ask('regress_rbac_mallory');
        RESET ROLE;
        CALL pg_temp.ask('regress_rbac_bypass');
        RESET ROLE;
    END LOOP;
END
$$;
SELECT set_eq('SELECT DISTINCT what, role::text, count::integer FROM answer', $$ VALUES
    ('prepared', 'regress_rbac_bypass', 2006), ('function', 'regress_rbac_bypass', 2006),
    ('prepared', 'regress_rbac_mallory', 20), ('function', 'regress_rbac_mallory', 20) $$, 'plans for a role that passes policies are not for one that does not');

SELECT rbac.set_caller(NULL, NULL, false);
CALL pg_temp.ask('regress_rbac_mallory');
RESET ROLE;
SELECT is((SELECT count(*) FROM answer WHERE count = 0), 2::bigint, 'nor those for a caller for nobody');

SELECT set_eq($$ SELECT * FROM app.doc WHERE title LIKE 'hidden%' $$, 'SELECT * FROM at_first', 'what is hidden is as it was');

SELECT * FROM finish();
ROLLBACK;
