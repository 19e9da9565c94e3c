-- Under a policy, queries give the rows that they would give under the same
-- predicate written by hand: whatever restricts the caller, whoever else has used
-- the plan, and by whichever index rows are found.
\set SHOW_CONTEXT never
DO $$
BEGIN
    PERFORM rbac.create_organization('org' || i) FROM generate_series(1, 8) AS i;
    PERFORM rbac.create_organization('ops', '{"operator": true}');
    PERFORM rbac.define_permission('Doc:Read', '{"region": "string", "owner": "string", "level": "number", "ref": "string"}');
END
$$;

-- Callers, their grants, and what these are for rows of all organizations and in
-- a request that gives none.
CREATE TABLE public.caller (organization text, user_id text, grants text, predicate text, open_predicate text);
INSERT INTO public.caller VALUES
    ('org1', 'all',    '[{"permission_name": "Doc:*"}]', 'org = ''org1''', 'true'),
    ('org2', 'region', '[{"permission_name": "Doc:Read", "conditions": {"region": {"type": "Equals", "value": "eu"}}}]',
        'org = ''org2'' AND region = ''eu''', 'region = ''eu'''),
    ('org3', 'home',   '[{"permission_name": "Doc:Read", "conditions": {"org_id": {"type": "Equals", "value": "{self_org_id}"}, "region": {"type": "In", "values": ["us", "asia"]}}}]',
        'org = ''org3'' AND region IN (''us'', ''asia'')', 'region IN (''us'', ''asia'')'),
    ('org4', 'abroad', '[{"permission_name": "Doc:Read", "conditions": {"org_id": {"type": "Equals", "value": "org5"}}}]', 'false', 'false'),
    ('org1', 'owner7', '[{"permission_name": "Doc:Read", "conditions": {"owner": {"type": "Equals", "value": "{self_user_id}"}}}]',
        'org = ''org1'' AND owner = ''owner7''', 'owner = ''owner7'''),
    ('org2', 'level',  '[{"permission_name": "Doc:Read", "conditions": {"level": {"type": "In", "values": [3, 7.0, 5.5, 1e30]}}}]',
        'org = ''org2'' AND level IN (3, 7)', 'level IN (3, 7)'),
    ('org2', 'owner3', '[{"permission_name": "Doc:Read", "conditions": {"owner": {"type": "Equals", "value": "{self_user_id}"}}}, {"permission_name": "*", "conditions": {"owner": {"type": "Equals", "value": "owner5"}, "level": {"type": "Equals", "value": 5}}}]',
        'org = ''org2'' AND (owner = ''owner3'' OR owner = ''owner5'' AND level = 5)', 'owner = ''owner3'' OR owner = ''owner5'' AND level = 5'),
    ('org2', 'either', '[{"permission_name": "Doc:Read", "conditions": {"owner": {"type": "Equals", "value": "owner5"}}}, {"permission_name": "Doc:Read", "conditions": {"region": {"type": "Equals", "value": "eu"}, "level": {"type": "Equals", "value": 2}}}]',
        'org = ''org2'' AND (owner = ''owner5'' OR region = ''eu'' AND level = 2)', 'owner = ''owner5'' OR region = ''eu'' AND level = 2'),
    ('org1', 'not',    '[{"permission_name": "Doc:Read", "conditions": {"region": {"type": "NotEquals", "value": "us"}, "level": {"type": "NotEquals", "value": 1}}}]',
        'org = ''org1'' AND region <> ''us'' AND level <> 1', 'region <> ''us'' AND level <> 1'),
    ('org1', 'ref',    '[{"permission_name": "Doc:Read", "conditions": {"ref": {"type": "In", "values": ["cfcd2084-95d5-65ef-66e7-dff9f98764da", "CFCD2084-95d5-65ef-66e7-dff9f98764da", "none"]}}}]',
        'org = ''org1'' AND ref = md5(''0'')::uuid', 'ref = md5(''0'')::uuid'),
    ('org5', 'none',   '[]', 'false', 'false'),
    ('ops', 'oli',     '[{"permission_name": "*"}]', 'org ~ ''^org[1-8]$''', 'true'),
    ('ops', 'ora',     '[{"permission_name": "Doc:Read", "conditions": {"org_id": {"type": "In", "values": ["org2", "org3", "org99", "{self_org_id}"]}}}]', 'org IN (''org2'', ''org3'')', 'true'),
    ('ops', 'owner5',  '[{"permission_name": "Doc:Read", "conditions": {"owner": {"type": "Equals", "value": "{self_user_id}"}}}]', 'org ~ ''^org[1-8]$'' AND owner = ''owner5''', 'owner = ''owner5'''),
    (NULL, NULL, NULL, 'false', 'false');
SELECT count(*) FROM public.caller CROSS JOIN LATERAL (
    SELECT rbac.create_user(organization, user_id), rbac.create_role(organization, user_id, 'x', grants::rbac.privileges, 'client') AS role
) AS c WHERE user_id IS NOT NULL AND c.role IS NOT NULL;
SELECT count(rbac.assign_role(organization, user_id, user_id)) FROM public.caller WHERE user_id IS NOT NULL;

CREATE ROLE regress_app;
CREATE TABLE public.doc_all AS
SELECT i AS id, CASE WHEN i % 97 <> 0 THEN 'org' || (i % 40)::text END AS org, (ARRAY['eu', 'us', 'asia', NULL])[1 + i / 40 % 4] AS region,
    ('owner' || i / 7 % 50)::varchar AS owner, (i / 13 % 20)::smallint AS level, md5((i / 11 % 30)::text)::uuid AS ref, repeat('x', 150) AS body
FROM generate_series(1, 4000) AS i;
CREATE TABLE public.doc (LIKE public.doc_all);
CREATE TABLE public.open (LIKE public.doc_all);
CREATE TABLE public.part (LIKE public.doc_all) PARTITION BY RANGE (id);
CREATE TABLE public.part_1 PARTITION OF public.part FOR VALUES FROM (0) TO (2000);
CREATE TABLE public.part_2 (level smallint, region text, body text, org text, id integer NOT NULL, owner varchar, ref uuid);
ALTER TABLE public.part ATTACH PARTITION public.part_2 FOR VALUES FROM (2000) TO (5000);
CREATE TABLE public.parent (LIKE public.doc_all);
CREATE TABLE public.child (CHECK (id > 0)) INHERITS (public.parent);
DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['doc_all', 'doc', 'open', 'part', 'child'] LOOP
        EXECUTE format('CREATE INDEX ON public.%1$I (id); CREATE INDEX ON public.%1$I (org, id); CREATE INDEX ON public.%1$I (owner); CREATE INDEX ON public.%1$I (level); CREATE INDEX ON public.%1$I (ref)', name);
        IF name <> 'doc_all' THEN
            EXECUTE format('INSERT INTO public.%1$I (id, org, region, owner, level, ref, body) SELECT id, org, region, owner, level, ref, body FROM public.doc_all', name);
        END IF;
    END LOOP;
    FOREACH name IN ARRAY ARRAY['doc', 'open', 'part', 'parent'] LOOP
        EXECUTE format('ALTER TABLE public.%1$I ENABLE ROW LEVEL SECURITY; GRANT SELECT ON public.%1$I TO regress_app; CREATE POLICY p ON public.%1$I
            USING (rbac.has_permission(''Doc:Read'', %2$s ''region'', region, ''owner'', owner, ''level'', level, ''ref'', ref))',
            name, CASE WHEN name <> 'open' THEN '''org_id'', org,' END);
    END LOOP;
END
$$;
ANALYZE public.doc_all, public.doc, public.open, public.part, public.parent, public.child;

-- Queries put together at random; in each, %1$s is the table.
CREATE FUNCTION public.pick(seed text, choices text[]) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT choices[1 + ('x' || substr(md5(seed), 1, 7))::bit(28)::integer % cardinality(choices)]
$$;
CREATE FUNCTION public.random_query(seed integer) RETURNS text LANGUAGE sql AS $$
    SELECT replace(replace(public.pick('query' || seed, ARRAY[
        'SELECT id, org FROM %1$s WHERE :filter',
        'SELECT count(*) FROM %1$s',
        'SELECT id, org FROM %1$s WHERE :filter ORDER BY id DESC LIMIT 7',
        'SELECT id + 1, body FROM %1$s ORDER BY id LIMIT 50',
        'SELECT id, org FROM %1$s WHERE :filter ORDER BY org, id LIMIT 20 OFFSET 3',
        'SELECT region, count(*), min(org) FROM %1$s WHERE :filter GROUP BY region',
        'SELECT min(id), max(level) FROM %1$s',
        'SELECT a.id, b.id FROM %1$s AS a JOIN %1$s AS b USING (org) WHERE a.:filter AND b.:filter2',
        'SELECT a.id, b.id FROM %1$s AS a LEFT JOIN %1$s AS b ON a.id = b.id + 40 AND b.:filter2 WHERE a.:filter',
        'SELECT a.id, b.id FROM %1$s AS a FULL JOIN %1$s AS b ON a.id = b.id + 40 AND a.org = b.org',
        'SELECT a.id FROM %1$s AS a WHERE EXISTS (SELECT FROM %1$s AS b WHERE b.org = a.org AND b.region <> a.region AND b.:filter)',
        'SELECT a.id FROM %1$s AS a WHERE a.:filter AND NOT EXISTS (SELECT FROM %1$s AS b WHERE b.id = a.id + 40)',
        'SELECT id FROM %1$s WHERE org IN (SELECT org FROM %1$s WHERE :filter) OR :filter2',
        'SELECT id FROM %1$s WHERE :filter EXCEPT SELECT id FROM %1$s WHERE :filter2',
        'SELECT s.id, (SELECT max(t.id) FROM %1$s AS t WHERE t.org = s.org AND t.level = s.level) FROM %1$s AS s WHERE s.:filter',
        'SELECT s.id, l.id FROM %1$s AS s CROSS JOIN LATERAL (SELECT id FROM %1$s AS t WHERE t.org = s.org AND t.id < s.id ORDER BY id LIMIT 2) AS l',
        'SELECT id FROM %1$s WHERE :filter OR :filter2']),
        ':filter2', public.pick('second' || seed, f)), ':filter', public.pick('first' || seed, f))
    FROM (SELECT ARRAY['region = ''eu''', 'region IS NULL', 'id < 3000', 'id > 100', 'org = ''org2''', 'org > ''org2''', 'org IS NOT NULL', 'region <> ''us''',
                       'id IN (41, 42, 43, 81)', 'owner LIKE ''owner_''', 'level = 3', 'level + 0 > 5', 'owner = ''owner5''']) AS v (f)
$$;
CREATE FUNCTION public.fingerprint_of(query text) RETURNS text LANGUAGE sql AS $$
    SELECT 'SELECT count(*) || '' '' || coalesce(md5(string_agg(q::text, '','' ORDER BY q::text)), '''') FROM (' || query || ') AS q'
$$;
-- Each query is one plan that is executed for all callers in turn, or planned for each;
-- and explained, to see whether there was a choice and whether workers made one.
CREATE FUNCTION public.differences(mode text, seeds integer) RETURNS TABLE (caller text, differ bigint, not_empty boolean, chosen boolean, by_workers boolean) LANGUAGE plpgsql AS $$
DECLARE
    c public.caller;
    plan json;
    tbl text;
    method text;
    query text;
    by_hand text;
    by_policy text;
BEGIN
    CREATE TEMPORARY TABLE outcome (caller text, query text, by_hand text, by_policy text, plan jsonb) ON COMMIT DROP;
    PERFORM set_config('plan_cache_mode', mode, true);
    FOR seed IN 1..seeds LOOP
        query := public.random_query(seed);
        tbl := public.pick('table' || seed, ARRAY['doc', 'open', 'doc', 'open', 'part', 'parent']);
        method := public.pick('method' || seed, ARRAY['enable_seqscan', 'enable_indexscan', 'enable_bitmapscan', 'enable_hashjoin', 'enable_nestloop', 'enable_sort', 'enable_material']);
        PERFORM set_config('role', 'regress_app', true), set_config(method, 'off', true);
        EXECUTE 'PREPARE q AS ' || public.fingerprint_of(format(query, 'public.' || tbl));
        PERFORM set_config('role', 'none', true);
        FOR c IN SELECT * FROM public.caller LOOP
            PERFORM set_config('role', 'regress_app', true), rbac.set_caller(c.organization, c.user_id);
            EXECUTE 'EXECUTE q' INTO by_policy;
            EXECUTE 'EXPLAIN (ANALYZE, VERBOSE, FORMAT json) EXECUTE q' INTO plan;
            PERFORM set_config('role', 'none', true);
            EXECUTE public.fingerprint_of('WITH h AS NOT MATERIALIZED (SELECT * FROM public.doc_all WHERE ' ||
                CASE WHEN tbl = 'open' THEN c.open_predicate ELSE c.predicate END || ') ' || format(query, 'h')) INTO by_hand;
            INSERT INTO outcome VALUES (coalesce(c.user_id, '-'), format(query, tbl), by_hand, by_policy, plan);
        END LOOP;
        DEALLOCATE q;
        PERFORM set_config(method, 'on', true);
    END LOOP;
    FOR query, by_hand, by_policy IN SELECT o.caller || ': ' || o.query, o.by_hand, o.by_policy FROM outcome AS o WHERE o.by_hand <> o.by_policy ORDER BY 1 LIMIT 10 LOOP
        RAISE NOTICE '% gives % by hand, % by the policy', query, by_hand, by_policy;
    END LOOP;
    RETURN QUERY SELECT o.caller, count(*) FILTER (WHERE o.by_hand <> o.by_policy), bool_or(o.by_policy NOT LIKE '0 %' AND o.query NOT LIKE 'SELECT count%' AND o.query NOT LIKE 'SELECT min%'),
        bool_or(o.plan @? '$.**."Node Type" ? (@ == "Custom Scan")'), bool_or(o.plan @? '$.** ? (@."Node Type" starts with "Gather").**."Node Type" ? (@ == "Custom Scan")')
        FROM outcome AS o GROUP BY 1 ORDER BY 1;
END
$$;
SET max_parallel_workers_per_gather = 0;
SET jit = off;
SELECT caller, differ, not_empty FROM public.differences('force_generic_plan', 40);
SELECT sum(differ), bool_or(chosen) AS chosen FROM public.differences('force_custom_plan', 20);
-- And by workers.
SET max_parallel_workers_per_gather = 2;
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
SET min_parallel_index_scan_size = 0;
SELECT count(set_config(name, 'on', false)) FROM pg_settings WHERE name IN ('force_parallel_mode', 'debug_parallel_query');
SELECT sum(differ), bool_or(by_workers) AS by_workers FROM public.differences('force_generic_plan', 10);

DROP TABLE public.caller, public.doc_all, public.doc, public.open, public.part, public.parent, public.child;
DROP FUNCTION public.pick(text, text[]), public.random_query(integer), public.fingerprint_of(text), public.differences(text, integer);
DROP ROLE regress_app;
DELETE FROM rbac.organization;
DELETE FROM rbac.permission WHERE NOT is_builtin;
TRUNCATE rbac.audit_event RESTART IDENTITY;
