-- Policies find rows by the index on the organization, whoever executes the plan.
\set SHOW_CONTEXT never
DO $$
BEGIN
    PERFORM rbac.create_organization('org' || i) FROM generate_series(1, 8) AS i;
    PERFORM rbac.create_organization('5a2c1b7e-0c5d-4e57-9c0b-3f2d1a4b5c6d');
    PERFORM rbac.create_organization('ops', '{"operator": true}');
    PERFORM rbac.create_user(o, u) FROM (VALUES ('org1', 'ann'), ('org2', 'bob'), ('org3', 'cyd'), ('org4', 'dan'), ('org5', 'eve'),
        ('5a2c1b7e-0c5d-4e57-9c0b-3f2d1a4b5c6d', 'uma'), ('ops', 'oli'), ('ops', 'ora'), ('ops', 'oz')) AS v (o, u);
    PERFORM rbac.define_permission('Doc:' || a, '{"region": "string"}') FROM unnest(ARRAY['Read', 'Write']) AS a;
    PERFORM rbac.create_role(o, u, 'x', p::rbac.privileges, 'client'), rbac.assign_role(o, u, u) FROM (VALUES
        ('org1', 'ann', '[{"permission_name": "Doc:*"}]'),
        ('org2', 'bob', '[{"permission_name": "Doc:Read", "conditions": {"region": {"type": "Equals", "value": "eu"}}}]'),
        ('org3', 'cyd', '[{"permission_name": "Doc:Read", "conditions": {"org_id": {"type": "Equals", "value": "{self_org_id}"}, "region": {"type": "In", "values": ["us", "asia"]}}}]'),
        ('org4', 'dan', '[{"permission_name": "Doc:Read", "conditions": {"org_id": {"type": "Equals", "value": "org5"}}}]'),
        ('5a2c1b7e-0c5d-4e57-9c0b-3f2d1a4b5c6d', 'uma', '[{"permission_name": "Doc:Read"}]'),
        ('ops', 'oli', '[{"permission_name": "*"}]'),
        ('ops', 'ora', '[{"permission_name": "Doc:Read", "conditions": {"org_id": {"type": "In", "values": ["org2", "org3", "org99", "{self_org_id}"]}}}]'),
        ('ops', 'oz', '[{"permission_name": "Doc:Read", "conditions": {"org_id": {"type": "NotEquals", "value": "org1"}}}]')) AS v (o, u, p);
END
$$;
CREATE ROLE regress_app;
CREATE PROCEDURE public.act_as(organization text, user_id text) LANGUAGE plpgsql AS $$
BEGIN
    PERFORM rbac.set_caller(organization, user_id, false);
END
$$;

-- Where a permission can count.
CREATE FUNCTION public.permitted(organization text, user_id text, permission text DEFAULT 'Doc:Read') RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    PERFORM rbac.set_caller(organization, user_id);
    RETURN (SELECT coalesce(string_agg(DISTINCT o, ' ' ORDER BY o), '-') FROM unnest(rbac.permitted_organizations(permission)) AS o);
END
$$;
SELECT u, public.permitted(o, u) AS read, public.permitted(o, u, 'Doc:Write') AS write
FROM (VALUES ('org1', 'ann'), ('org2', 'bob'), ('org3', 'cyd'), ('org4', 'dan'), ('org5', 'eve'), ('org1', 'nobody'), ('none', 'ann'),
      ('ops', 'oli'), ('ops', 'ora'), ('ops', 'oz'), (NULL, NULL)) AS v (o, u);
SELECT public.permitted('org1', 'ann', p) FROM (VALUES ('Doc:*'), ('*'), ('doc'), (''), (NULL)) AS v (p);
SELECT rbac.set_caller('org1', 'ann', false);
SELECT rbac.permitted_organizations(NULL), rbac.permitted_organization_uuids('Doc:Read');
SELECT rbac.set_caller('ops', 'oli', false);
SELECT rbac.permitted_organization_uuids('Doc:Read');
-- A temporary grant counts until it expires.
SELECT rbac.set_caller(NULL, NULL, false);
SELECT rbac.create_temporary_permission_grant('org5', 'eve', 'PT1S', '{"permission_name": "Doc:Write"}', '{}', 'for a second') IS NOT NULL AS granted;
SELECT public.permitted('org5', 'eve', 'Doc:Write');
SELECT pg_sleep(1.1);
SELECT public.permitted('org5', 'eve', 'Doc:Write');

---- Plans ----

CREATE TABLE public.doc (id integer PRIMARY KEY, org text, region text, body text);
INSERT INTO public.doc
SELECT i, CASE WHEN i % 97 <> 0 THEN 'org' || i % 200 END, (ARRAY['eu', 'us', 'asia', NULL])[1 + i / 200 % 4], repeat('x', 200)
FROM generate_series(1, 4000) AS i;
CREATE INDEX doc_org ON public.doc (org);
ALTER TABLE public.doc ENABLE ROW LEVEL SECURITY;
CREATE POLICY doc_select ON public.doc FOR SELECT USING (rbac.has_permission('Doc:Read', 'org_id', org, 'region', region));
CREATE POLICY doc_insert ON public.doc FOR INSERT WITH CHECK (rbac.has_permission('Doc:Write', 'region', region, 'org_id', org));
CREATE POLICY doc_update ON public.doc FOR UPDATE USING (rbac.has_permission('Doc:Write', 'region', region, 'org_id', org));
CREATE POLICY doc_delete ON public.doc FOR DELETE USING (rbac.has_permission('Doc:Write', 'region', region, 'org_id', org));
ANALYZE public.doc;
GRANT SELECT, INSERT, UPDATE, DELETE ON public.doc TO regress_app;
SET max_parallel_workers_per_gather = 0;
SET jit = off;
SET enable_bitmapscan = off;

-- As text, varchar, a domain and uuid; in another collation; by an expression.
CREATE DOMAIN public.tenant AS varchar;
CREATE TABLE public.typed AS SELECT id, org, org::varchar(30) AS v, org::public.tenant AS d, org COLLATE "C" AS c, org::char(30) AS b, org::name AS n,
    md5(coalesce(org, ''))::uuid AS u, region FROM public.doc;
UPDATE public.typed SET u = '5a2c1b7e-0c5d-4e57-9c0b-3f2d1a4b5c6d' WHERE org = 'org1';
CREATE INDEX ON public.typed (org text_pattern_ops);
CREATE INDEX ON public.typed (v);
CREATE INDEX ON public.typed (d);
CREATE INDEX ON public.typed (c COLLATE "POSIX");
CREATE INDEX ON public.typed (u);
CREATE INDEX ON public.typed (lower(region || v));
CREATE INDEX ON public.typed (b);
CREATE INDEX ON public.typed (n);
ANALYZE public.typed;
CALL public.act_as('org1', 'ann');
EXPLAIN (COSTS OFF) SELECT id FROM public.typed WHERE rbac.has_permission('Doc:Read', 'org_id', org);
EXPLAIN (COSTS OFF) SELECT id FROM public.typed WHERE rbac.has_permission('Doc:Read', 'region', region, 'org_id', v);
EXPLAIN (COSTS OFF) SELECT id FROM public.typed WHERE rbac.has_permission('Doc:Read', 'org_id', v::text);
EXPLAIN (COSTS OFF) SELECT id FROM public.typed WHERE rbac.has_permission('Doc:Read', 'org_id', d);
EXPLAIN (COSTS OFF) SELECT id FROM public.typed WHERE rbac.has_permission('Doc:Read', 'org_id', u);
EXPLAIN (COSTS OFF) SELECT id FROM public.typed WHERE rbac.has_permission('Doc:Read', 'org_id', b);
EXPLAIN (COSTS OFF) SELECT id FROM public.typed WHERE rbac.has_permission('Doc:Read', 'org_id', lower(region || v));
-- The same value for another attribute as well; the permission from a parameter.
EXPLAIN (COSTS OFF) SELECT id FROM public.typed WHERE rbac.has_permission('Doc:Read', 'owner', v, 'org_id', v);
SET plan_cache_mode = force_generic_plan;
PREPARE by_permission(text) AS SELECT count(*) FROM public.typed WHERE rbac.has_permission($1, 'org_id', org);
SET enable_seqscan = off;
EXPLAIN (COSTS OFF) EXECUTE by_permission('Doc:Read');
RESET enable_seqscan;
EXECUTE by_permission('Doc:Read');
EXECUTE by_permission('Doc:Delete');
EXECUTE by_permission('Doc:None');
EXECUTE by_permission(NULL);
RESET plan_cache_mode;
-- Not: other types, a permission of the row, a negation, an error to raise.
EXPLAIN (COSTS OFF) SELECT id FROM public.typed WHERE rbac.has_permission('Doc:Read', 'org_id', n);
EXPLAIN (COSTS OFF) SELECT id FROM public.typed WHERE rbac.has_permission(region, 'org_id', v);
EXPLAIN (COSTS OFF) SELECT id FROM public.typed WHERE NOT rbac.has_permission('Doc:Read', 'org_id', v);
EXPLAIN (COSTS OFF) SELECT id FROM public.typed WHERE rbac.require_permission('Doc:Read', 'org_id', v);
-- Nor a malformed call, which is one all the same.
SELECT count(*) FROM public.typed WHERE rbac.has_permission('Doc:Read', 'org_id', v, 'org_id', v);
SELECT count(*) FROM public.typed WHERE rbac.has_permission('Doc:Read', 'org_id', v, 'region');
SELECT count(*) FROM public.typed WHERE rbac.has_permission('Doc:Read', VARIADIC ARRAY['org_id', v]);
-- All types give the same rows.
CREATE FUNCTION public.counts() RETURNS text LANGUAGE sql AS $$
    SELECT concat_ws(' ',
        (SELECT count(*) FROM public.typed WHERE rbac.has_permission('Doc:Read', 'org_id', org)),
        (SELECT count(*) FROM public.typed WHERE rbac.has_permission('Doc:Read', 'org_id', v)),
        (SELECT count(*) FROM public.typed WHERE rbac.has_permission('Doc:Read', 'org_id', d)),
        (SELECT count(*) FROM public.typed WHERE rbac.has_permission('Doc:Read', 'org_id', c)),
        (SELECT count(*) FROM public.typed WHERE rbac.has_permission('Doc:Read', 'org_id', b)),
        (SELECT count(*) FROM public.typed WHERE rbac.has_permission('Doc:Read', 'org_id', n)),
        (SELECT count(*) FROM public.typed WHERE rbac.has_permission('Doc:Read', 'org_id', u)))
$$;
SELECT public.counts() AS ann;
CALL public.act_as('ops', 'oli');
SELECT public.counts() AS oli;
CALL public.act_as('5a2c1b7e-0c5d-4e57-9c0b-3f2d1a4b5c6d', 'uma');
SELECT public.counts() AS uma;
CALL public.act_as(NULL, NULL);
SELECT public.counts() AS nobody;
DROP FUNCTION public.counts();
DROP TABLE public.typed;
DROP DOMAIN public.tenant;

-- An index that has other columns first gives rows in its order: an array of
-- organizations would not. One that has no order, or no arrays in plain scans:
CREATE TABLE public.ordered AS SELECT id, 'org' || id % 8 AS org FROM public.doc;
CREATE INDEX ON public.ordered (id, org);
ANALYZE public.ordered;
CALL public.act_as('ops', 'oli');
SELECT id FROM public.ordered WHERE id < 1000 AND rbac.has_permission('Doc:Read', 'org_id', org) ORDER BY id LIMIT 5;
DROP TABLE public.ordered;
DROP INDEX public.doc_org;
SET enable_bitmapscan = on;
SET enable_seqscan = off;
CALL public.act_as('ops', 'ora');
CREATE INDEX doc_org ON public.doc USING hash (org);
SELECT count(*) FROM public.doc WHERE rbac.has_permission('Doc:Read', 'org_id', org);
DROP INDEX public.doc_org;
CREATE INDEX doc_org ON public.doc USING brin (org) WITH (pages_per_range = 1);
RESET enable_seqscan;
EXPLAIN (COSTS OFF) SELECT count(*) FROM public.doc WHERE rbac.has_permission('Doc:Read', 'org_id', org);
SET enable_seqscan = off;
SELECT count(*) FROM public.doc WHERE rbac.has_permission('Doc:Read', 'org_id', org);
DROP INDEX public.doc_org;
RESET enable_seqscan;
SET enable_bitmapscan = off;
CREATE INDEX doc_org ON public.doc (org);

-- Under a policy: queries, joins, subqueries, writing, views.
CALL public.act_as('org1', 'ann');
SET ROLE regress_app;
EXPLAIN (COSTS OFF) SELECT * FROM public.doc;
EXPLAIN (COSTS OFF) SELECT * FROM public.doc WHERE region = 'eu' LIMIT 50;
EXPLAIN (COSTS OFF) SELECT * FROM public.doc WHERE id = 201;
EXPLAIN (COSTS OFF) UPDATE public.doc SET body = 'y' WHERE region = 'eu';
EXPLAIN (COSTS OFF) DELETE FROM public.doc WHERE region = 'eu';
SELECT count(*) FROM public.doc;
SELECT count(*) FROM public.doc AS a JOIN public.doc AS b USING (region) WHERE EXISTS (SELECT FROM public.doc AS c WHERE c.id = a.id + 200);
BEGIN;
UPDATE public.doc SET body = 'y' WHERE region = 'eu';
UPDATE public.doc SET body = 'y';
SAVEPOINT elsewhere;
UPDATE public.doc SET org = 'org2';
ROLLBACK TO elsewhere;
INSERT INTO public.doc VALUES (1, 'org1', 'eu', 'z') ON CONFLICT (id) DO UPDATE SET body = excluded.body RETURNING id, body;
SAVEPOINT elsewhere;
INSERT INTO public.doc VALUES (2, 'org1', 'eu', 'z') ON CONFLICT (id) DO UPDATE SET body = excluded.body;
ROLLBACK TO elsewhere;
COPY public.doc (id, org) TO STDOUT;
DELETE FROM public.doc WHERE region = 'eu';
DELETE FROM public.doc;
SELECT count(*) FROM public.doc;
ROLLBACK;
RESET ROLE;
-- A MERGE where there is one.
DO $$
DECLARE
    n integer;
BEGIN
    SET LOCAL ROLE regress_app;
    IF current_setting('server_version_num')::integer >= 150000 THEN
        EXECUTE 'MERGE INTO public.doc AS d USING (SELECT generate_series(1, 500)) AS s (id) ON d.id = s.id WHEN MATCHED THEN UPDATE SET body = ''m''';
    ELSE
        EXECUTE 'UPDATE public.doc AS d SET body = ''m'' FROM generate_series(1, 500) AS s (id) WHERE d.id = s.id';
    END IF;
    GET DIAGNOSTICS n = ROW_COUNT;
    RAISE NOTICE '% rows', n;
END
$$;
CREATE VIEW public.seen WITH (security_barrier) AS SELECT * FROM public.doc WHERE rbac.has_permission('Doc:Read', 'org_id', org, 'region', region);
SELECT current_setting('server_version_num')::integer >= 150000 AS has_security_invoker \gset
\if :has_security_invoker
CREATE VIEW public.invoked WITH (security_invoker) AS SELECT * FROM public.doc;
\else
CREATE VIEW public.invoked AS SELECT * FROM public.seen;
\endif
GRANT SELECT ON public.seen, public.invoked TO regress_app;
SET ROLE regress_app;
EXPLAIN (COSTS OFF) SELECT id FROM public.seen WHERE region = 'eu';
SELECT (SELECT count(*) FROM public.seen) AS seen, (SELECT count(*) FROM public.invoked) AS invoked;
RESET ROLE;
DROP VIEW public.invoked, public.seen;

-- Several permissive policies are alternatives, each with its index scan.
CREATE POLICY doc_own ON public.doc FOR SELECT USING (id = 3000);
SET enable_bitmapscan = on;
SET ROLE regress_app;
EXPLAIN (COSTS OFF) SELECT body FROM public.doc;
SELECT count(*), max(id) FILTER (WHERE id = 3000) FROM public.doc;
RESET ROLE;
SET enable_bitmapscan = off;
DROP POLICY doc_own ON public.doc;

-- A role that may not call the function reads without it.
REVOKE EXECUTE ON FUNCTION rbac.permitted_values(text, text, anyelement) FROM PUBLIC;
SET ROLE regress_app;
EXPLAIN (COSTS OFF) SELECT * FROM public.doc;
SELECT count(*) FROM public.doc;
RESET ROLE;
GRANT EXECUTE ON FUNCTION rbac.permitted_values(text, text, anyelement) TO PUBLIC;

---- One plan for all ----

SET plan_cache_mode = force_generic_plan;
SET ROLE regress_app;
PREPARE list AS SELECT count(*), min(org), max(org) FROM public.doc;
CALL public.act_as('org1', 'ann');
EXPLAIN (COSTS OFF) EXECUTE list;
EXECUTE list;
CALL public.act_as('org2', 'bob');
EXECUTE list;
CALL public.act_as('ops', 'oli');
EXECUTE list;
CALL public.act_as('ops', 'ora');
EXECUTE list;
CALL public.act_as(NULL, NULL);
EXECUTE list;
RESET ROLE;
EXECUTE list;
SET ROLE regress_app;
CALL public.act_as('org5', 'eve');
EXECUTE list;
-- Grant, change, revoke.
RESET ROLE;
CALL public.act_as(NULL, NULL);
SELECT rbac.create_role('org5', 'reader', 'x', '[{"permission_name": "Doc:Read"}]', 'client') IS NOT NULL AS done, rbac.assign_role('org5', 'reader', 'eve') IS NOT NULL AS done;
SET ROLE regress_app;
CALL public.act_as('org5', 'eve');
EXECUTE list;
RESET ROLE;
CALL public.act_as(NULL, NULL);
SELECT rbac.modify_role('org5', 'reader', permission_grants => '[{"permission_name": "Doc:Read", "conditions": {"region": {"type": "Equals", "value": "us"}}}]') IS NOT NULL AS done;
SET ROLE regress_app;
CALL public.act_as('org5', 'eve');
EXECUTE list;
RESET ROLE;
CALL public.act_as(NULL, NULL);
SELECT rbac.revoke_role('org5', 'reader', 'eve') IS NOT NULL AS done;
SET ROLE regress_app;
CALL public.act_as('org5', 'eve');
EXECUTE list;
-- A new organization is one more for operators.
CALL public.act_as('ops', 'oli');
EXECUTE list;
RESET ROLE;
CALL public.act_as(NULL, NULL);
SELECT rbac.create_organization('org9');
SET ROLE regress_app;
CALL public.act_as('ops', 'oli');
EXECUTE list;
RESET ROLE;
DEALLOCATE list;
RESET plan_cache_mode;

---- Partitions, children, workers ----

CREATE TABLE public.part (LIKE public.doc) PARTITION BY RANGE (id);
CREATE TABLE public.part_1 PARTITION OF public.part FOR VALUES FROM (0) TO (2000);
CREATE TABLE public.part_2 (body text, region text, org text, id integer NOT NULL);
ALTER TABLE public.part ATTACH PARTITION public.part_2 FOR VALUES FROM (2000) TO (5000);
INSERT INTO public.part SELECT * FROM public.doc;
CREATE INDEX ON public.part (org);
CREATE INDEX ON public.part (id);
CREATE TABLE public.parent (LIKE public.doc);
CREATE TABLE public.child (CHECK (id > 0)) INHERITS (public.parent);
INSERT INTO public.child SELECT * FROM public.doc;
CREATE INDEX ON public.child (org);
CREATE INDEX ON public.child (id);
ANALYZE public.part, public.parent, public.child;
ALTER TABLE public.part ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.parent ENABLE ROW LEVEL SECURITY;
CREATE POLICY p ON public.part USING (rbac.has_permission('Doc:Read', 'org_id', org, 'region', region));
CREATE POLICY p ON public.parent USING (rbac.has_permission('Doc:Read', 'org_id', org, 'region', region));
GRANT SELECT ON public.part, public.parent TO regress_app;
CALL public.act_as('org3', 'cyd');
SET ROLE regress_app;
EXPLAIN (COSTS OFF) SELECT body FROM public.part;
EXPLAIN (COSTS OFF) SELECT body FROM public.parent;
SELECT (SELECT count(*) FROM public.part), (SELECT count(*) FROM public.parent);
-- Workers of one scan must not have different arrays: no parallel index scans.
SET max_parallel_workers_per_gather = 2;
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
SET min_parallel_index_scan_size = 0;
EXPLAIN (COSTS OFF) SELECT body FROM public.doc;
SET enable_seqscan = off;
SELECT count(*) FROM public.doc;
SET enable_bitmapscan = on;
SET enable_indexscan = off;
SELECT count(*) FROM public.doc;
CALL public.act_as('ops', 'ora');
SELECT count(*) FROM public.doc;
RESET ROLE;
RESET enable_seqscan;
RESET enable_indexscan;

DROP TABLE public.doc, public.part, public.parent, public.child;
DROP FUNCTION public.permitted(text, text, text);
DROP PROCEDURE public.act_as(text, text);
DROP ROLE regress_app;
DELETE FROM rbac.organization;
DELETE FROM rbac.permission WHERE NOT is_builtin;
TRUNCATE rbac.audit_event RESTART IDENTITY;
