-- What restricts the caller decides, each time that a plan is executed, by which
-- index rows are found; who may see every row is not asked about each.
\set SHOW_CONTEXT never
DO $$
BEGIN
    PERFORM rbac.create_organization(o) FROM unnest(ARRAY['org1', 'org2']) AS o;
    PERFORM rbac.create_organization('ops', '{"operator": true}');
    PERFORM rbac.define_permission('Doc:Read', '{"region": "string", "owner": "string", "level": "number", "open": "boolean", "mood": "string"}');
    PERFORM rbac.create_user(o, u), rbac.create_role(o, u, 'x', p::rbac.privileges, 'client'), rbac.assign_role(o, u, u) FROM (VALUES
        ('org1', 'ann', '[{"permission_name": "Doc:*"}]'),
        ('org1', 'bob', '[{"permission_name": "Doc:Read", "conditions": {"owner": {"type": "Equals", "value": "{self_user_id}"}}}]'),
        ('org1', 'cyd', '[{"permission_name": "Doc:Read", "conditions": {"region": {"type": "In", "values": ["eu", "us"]}, "open": {"type": "Equals", "value": true}}},
                         {"permission_name": "Doc:Read", "conditions": {"region": {"type": "Equals", "value": "islands"}}}]'),
        ('org1', 'dan', '[{"permission_name": "Doc:Read", "conditions": {"region": {"type": "Equals", "value": "islands"}}}]'),
        ('org1', 'eve', '[{"permission_name": "Doc:Read", "conditions": {"level": {"type": "In", "values": [3, 4.0, 5.5, 70000, 3000000000, 1e30]}}},
                         {"permission_name": "Doc:Read", "conditions": {"org_id": {"type": "Equals", "value": "org2"}}}]'),
        ('org1', 'fay', '[{"permission_name": "Doc:Read", "conditions": {"mood": {"type": "In", "values": ["sad", "{self_user_id}", "glum"]}, "open": {"type": "NotEquals", "value": true}}}]'),
        ('org2', 'gil', '[]'),
        ('ops', 'oli', '[{"permission_name": "*"}]'),
        ('ops', 'ora', '[{"permission_name": "Doc:Read", "conditions": {"org_id": {"type": "In", "values": ["org2", "org9"]}, "owner": {"type": "Equals", "value": "bob"}}}]')) AS v (o, u, p);
END
$$;
CREATE ROLE regress_app;
CREATE PROCEDURE public.act_as(organization text, user_id text) LANGUAGE plpgsql AS $$
BEGIN
    PERFORM rbac.set_caller(organization, user_id, false);
END
$$;

---- permitted_values() ----

CREATE TYPE public.mood AS ENUM ('sad', 'happy', 'fay');
CREATE DOMAIN public.grade AS smallint;
CREATE FUNCTION public.permitted(organization text, user_id text, attribute text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    PERFORM rbac.set_caller(organization, user_id);
    RETURN rbac.permitted_values('Doc:Read', attribute);
END
$$;
SELECT u, public.permitted(o, u, 'org_id') AS org_id, public.permitted(o, u, 'region') AS region, public.permitted(o, u, 'owner') AS owner, public.permitted(o, u, 'mood') AS mood, public.permitted(o, u, 'nothing') AS nothing
FROM (VALUES ('org1', 'ann'), ('org1', 'bob'), ('org1', 'cyd'), ('org1', 'eve'), ('org1', 'fay'), ('org2', 'gil'), ('ops', 'oli'), ('ops', 'ora'), (NULL, NULL)) AS v (o, u);
CALL public.act_as('org1', 'eve');
SELECT rbac.permitted_values('Doc:Read', 'level') AS text, rbac.permitted_values('Doc:Read', 'level', 0::smallint) AS int2, rbac.permitted_values('Doc:Read', 'level', 0::public.grade) AS domain,
    rbac.permitted_values('Doc:Read', 'level', 0) AS int4, rbac.permitted_values('Doc:Read', 'level', 0::bigint) AS int8, rbac.permitted_values('Doc:Read', 'level', 0::real) AS float4,
    rbac.permitted_values('Doc:Read', 'level', 0::float8) AS float8, rbac.permitted_values('Doc:Read', 'level', 0.0) AS numeric;
CALL public.act_as('org1', 'fay');
SELECT rbac.permitted_values('Doc:Read', 'mood', NULL::public.mood) AS enum, rbac.permitted_values('Doc:Read', 'mood', ''::varchar) AS varchar, rbac.permitted_values('Doc:Read', 'mood', ''::char(5)) AS bpchar,
    rbac.permitted_values('Doc:Read', 'mood', NULL::uuid) AS uuid, rbac.permitted_values('Doc:Read', 'mood', 0) AS int4, rbac.permitted_values(NULL, 'mood') AS "null", rbac.permitted_values('Doc:*', 'mood') AS wildcard;
CALL public.act_as('org1', 'cyd');
SELECT rbac.permitted_values('Doc:Read', 'open', true) AS any;
SELECT rbac.permitted_values('Doc:Read', NULL);
SELECT rbac.permitted_values('Doc:Read', 'region', now());

---- Choices ----

-- 1,000 owners, 3 regions with nearly all rows, 20 levels.
CREATE TABLE public.doc AS
SELECT i AS id, CASE WHEN i % 3 = 0 THEN 'org2' ELSE 'org1' END AS org, CASE WHEN i % 1000 = 1 THEN 'islands' ELSE (ARRAY['eu', 'us', 'asia'])[1 + i % 3] END AS region,
    CASE WHEN i % 500 = 1 THEN 'bob' ELSE 'owner' || i % 999 END AS owner, (i % 20)::smallint AS level, i % 2 = 0 AS open, repeat('x', 150) AS body
FROM generate_series(1, 10000) AS i;
CREATE INDEX doc_id ON public.doc (id);
CREATE INDEX doc_region ON public.doc (region);
CREATE INDEX doc_owner ON public.doc (owner);
CREATE INDEX doc_level ON public.doc (level);
VACUUM (FREEZE, ANALYZE) public.doc;
GRANT SELECT, UPDATE ON public.doc TO regress_app;
ALTER TABLE public.doc ENABLE ROW LEVEL SECURITY;
CREATE POLICY p ON public.doc USING (rbac.has_permission('Doc:Read', 'region', region, 'owner', owner, 'level', level, 'open', open));
SET max_parallel_workers_per_gather = 0;
SET jit = off;
SET enable_bitmapscan = off;

-- What was executed of a plan, from the top.
CREATE FUNCTION public.executed(query text) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
    plan json;
BEGIN
    EXECUTE 'EXPLAIN (ANALYZE, TIMING OFF, FORMAT json) ' || query INTO plan;
    RETURN QUERY
    SELECT concat_ws(' ', n ->> 'Node Type', 'using ' || (n ->> 'Index Name'), 'of ' || (n ->> 'Permitted'))
    FROM jsonb_path_query(plan::jsonb, 'strict $.**') AS n WHERE n ? 'Node Type' AND (n ->> 'Actual Loops')::float > 0;
END
$$;
SET plan_cache_mode = force_generic_plan;
SET ROLE regress_app;
PREPARE list AS SELECT id, owner FROM public.doc ORDER BY id LIMIT 3;
PREPARE total AS SELECT count(*) FROM public.doc;
EXPLAIN (COSTS OFF) EXECUTE list;
EXPLAIN (COSTS OFF) EXECUTE total;
CALL public.act_as('org1', 'ann');
SELECT * FROM public.executed('EXECUTE list');
SELECT * FROM public.executed('EXECUTE total');
EXECUTE total;
CALL public.act_as('org1', 'bob');
SELECT * FROM public.executed('EXECUTE list');
SELECT * FROM public.executed('EXECUTE total');
EXECUTE list;
EXECUTE total;
-- A region with few rows and one with many, together and alone.
CALL public.act_as('org1', 'cyd');
SELECT * FROM public.executed('EXECUTE total');
EXECUTE total;
CALL public.act_as('org1', 'dan');
SELECT * FROM public.executed('EXECUTE total');
EXECUTE total;
CALL public.act_as('org1', 'eve');
SELECT * FROM public.executed('EXECUTE total');
EXECUTE total;
-- Without grants, without a caller.
CALL public.act_as('org2', 'gil');
EXECUTE total;
CALL public.act_as(NULL, NULL);
EXECUTE total;
-- A superuser is not asked for permission.
RESET ROLE;
EXECUTE total;
-- Whoever may not check does not read, also if every row would pass.
BEGIN;
REVOKE EXECUTE ON FUNCTION rbac.has_permission(text, "any") FROM PUBLIC;
CALL public.act_as('org1', 'ann');
SET ROLE regress_app;
EXECUTE total;
ROLLBACK;
CALL public.act_as(NULL, NULL);
-- Grant and revoke.
DO $$
BEGIN
    PERFORM rbac.create_temporary_permission_grant('org1', 'bob', 'PT1S', '{"permission_name": "Doc:Read"}', '{}', 'for a second');
END
$$;
SET ROLE regress_app;
CALL public.act_as('org1', 'bob');
EXECUTE total;
SELECT pg_sleep(1.1);
EXECUTE total;
RESET ROLE;
CALL public.act_as(NULL, NULL);
SELECT rbac.revoke_role('org1', 'ann', 'ann') IS NOT NULL AS done;
SET ROLE regress_app;
CALL public.act_as('org1', 'ann');
EXECUTE total;
RESET ROLE;
CALL public.act_as(NULL, NULL);
SELECT rbac.assign_role('org1', 'ann', 'ann') IS NOT NULL AS done;
RESET plan_cache_mode;

-- What the query asks for itself needs no choice; nor does what is read quickly.
SET ROLE regress_app;
EXPLAIN (COSTS OFF) SELECT body FROM public.doc WHERE id = 7;
EXPLAIN (COSTS OFF) SELECT body FROM public.doc WHERE region = 'eu' AND owner = 'bob' AND level = 3;
-- Conditions tested once, projections, sorting, rows to lock.
CALL public.act_as('org1', 'ann');
SELECT count(*), sum(id % 2) FROM public.doc WHERE current_setting('application_name') IS NOT NULL;
SELECT id + 1 AS next, upper(owner) FROM public.doc ORDER BY id DESC LIMIT 2;
SELECT d AS row FROM public.doc AS d ORDER BY body, id LIMIT 1;
CALL public.act_as('org1', 'bob');
SELECT id + 1 AS next, upper(owner) FROM public.doc ORDER BY id DESC LIMIT 2;
SELECT id, ctid IS NOT NULL AS ctid, tableoid::regclass FROM public.doc ORDER BY id LIMIT 2 FOR UPDATE;
WITH updated AS (UPDATE public.doc SET body = 'y' RETURNING id) SELECT count(*) FROM updated;
RESET ROLE;

---- Cursors ----

-- Backwards, and as a place to write at.
SET ROLE regress_app;
CALL public.act_as('org1', 'bob');
BEGIN;
DECLARE c SCROLL CURSOR FOR SELECT id FROM public.doc WHERE id < 3000;
FETCH 3 FROM c;
FETCH BACKWARD 2 FROM c;
FETCH ABSOLUTE 5 FROM c;
DECLARE w CURSOR FOR SELECT id FROM public.doc WHERE level < 100;
FETCH 2 FROM w;
UPDATE public.doc SET body = 'z' WHERE CURRENT OF w RETURNING id, body;
ROLLBACK;
-- Each FETCH is a statement: who calls it, and may see less, sees less.
CALL public.act_as('org1', 'ann');
BEGIN;
DECLARE c CURSOR FOR SELECT id, owner FROM public.doc WHERE id < 3000;
FETCH 2 FROM c;
CALL public.act_as('org1', 'bob');
FETCH 2 FROM c;
CALL public.act_as(NULL, NULL);
FETCH 2 FROM c;
CALL public.act_as('org1', 'ann');
FETCH 2 FROM c;
ROLLBACK;
RESET ROLE;
-- Conditions of the query do not come to see what is hidden then.
CREATE FUNCTION public.spy(id integer, owner text) RETURNS boolean LANGUAGE plpgsql COST 0.0001 AS $$
BEGIN
    IF id < 1000 THEN
        RAISE NOTICE 'seen: % %', id, owner;
    END IF;
    RETURN true;
END
$$;
SET ROLE regress_app;
CALL public.act_as('org1', 'ann');
BEGIN;
DECLARE c CURSOR FOR SELECT id, owner FROM public.doc WHERE public.spy(id, owner);
FETCH 2 FROM c;
CALL public.act_as('org1', 'bob');
FETCH 2 FROM c;
ROLLBACK;
-- Nor is a row shown for which another caller was named meanwhile.
RESET ROLE;
CREATE FUNCTION public.switch(id integer) RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp COST 0.0001 AS $$
BEGIN
    IF id = 3 THEN
        PERFORM rbac.set_caller('org1', 'bob', false);
    END IF;
    RETURN id <> 3;
END
$$;
SET ROLE regress_app;
CALL public.act_as('org1', 'ann');
SELECT id FROM public.doc WHERE public.switch(id) AND id < 600;
RESET ROLE;

---- Other tables ----

-- The organization of operators; values that have no index; a view of its own.
CALL public.act_as('ops', 'oli');
EXPLAIN (COSTS OFF) SELECT count(*) FROM public.doc WHERE rbac.has_permission('Doc:Read', 'org_id', org);
SELECT * FROM public.executed('SELECT count(*) FROM public.doc WHERE rbac.has_permission(''Doc:Read'', ''org_id'', org)');
SELECT count(*) FROM public.doc WHERE rbac.has_permission('Doc:Read', 'org_id', org);
CALL public.act_as('ops', 'ora');
SELECT count(*) FROM public.doc WHERE rbac.has_permission('Doc:Read', 'org_id', org, 'owner', owner);
CALL public.act_as('org1', 'bob');
CREATE VIEW public.seen WITH (security_barrier) AS SELECT * FROM public.doc WHERE rbac.has_permission('Doc:Read', 'owner', owner);
SELECT * FROM public.executed('SELECT id FROM public.seen WHERE body LIKE ''x%''');
SELECT count(*) FROM public.seen WHERE body LIKE 'x%';
-- Both of two checks have to be met, and either of two alternatives.
SELECT count(*) FROM public.seen WHERE rbac.has_permission('Doc:Read', 'owner', 'bob', 'level', level);
SELECT count(*) FROM public.seen WHERE rbac.has_permission('Doc:Write', 'owner', owner);
SELECT count(*) FROM public.doc WHERE rbac.has_permission('Doc:Read', 'owner', owner) OR rbac.has_permission('Doc:Read', 'owner', region);
-- A nondeterministic collation finds more, of which the check leaves what is equal.
SELECT EXISTS (SELECT FROM pg_collation WHERE collprovider = 'i') AS has_icu \gset
\if :has_icu
CREATE COLLATION public.lenient (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
\else
CREATE COLLATION public.lenient FROM "C";
\endif
CREATE TABLE public.name (id integer, owner text COLLATE public.lenient);
INSERT INTO public.name SELECT i, CASE i WHEN 1 THEN 'bob' WHEN 2 THEN 'BOB' ELSE 'owner' || i END FROM generate_series(1, 10000) AS i;
CREATE INDEX name_owner ON public.name (owner);
ANALYZE public.name;
SELECT * FROM public.executed('SELECT id FROM public.name WHERE rbac.has_permission(''Doc:Read'', ''owner'', owner)');
SELECT id FROM public.name WHERE rbac.has_permission('Doc:Read', 'owner', owner);

DROP VIEW public.seen;
DROP TABLE public.doc, public.name;
DROP COLLATION public.lenient;
DROP FUNCTION public.permitted(text, text, text), public.executed(text), public.switch(integer), public.spy(integer, text);
DROP PROCEDURE public.act_as(text, text);
DROP TYPE public.mood, public.grade;
DROP ROLE regress_app;
DELETE FROM rbac.organization;
DELETE FROM rbac.permission WHERE NOT is_builtin;
TRUNCATE rbac.audit_event RESTART IDENTITY;
