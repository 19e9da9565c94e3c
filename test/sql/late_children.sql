-- A scan begins the way that it has chosen when it has chosen it; the query does
-- not notice: neither its subqueries, nor WHERE CURRENT OF, nor rights.
\set SHOW_CONTEXT never
DO $$
BEGIN
    PERFORM rbac.create_organization('org1');
    PERFORM rbac.define_permission('Doc:' || action, '{"region": "string", "owner": "string", "open": "boolean"}')
    FROM unnest(ARRAY['Read', 'Other']) AS action;
    PERFORM rbac.create_user('org1', u), rbac.create_role('org1', u, 'x', p::rbac.privileges, 'client'), rbac.assign_role('org1', u, u) FROM (VALUES
        ('ann', '[{"permission_name": "Doc:*"}]'),
        ('bob', '[{"permission_name": "Doc:Read", "conditions": {"owner": {"type": "Equals", "value": "{self_user_id}"}}},
                 {"permission_name": "Doc:Other", "conditions": {"region": {"type": "Equals", "value": "islands"}}}]'),
        ('eul', '[{"permission_name": "Doc:Read", "conditions": {"open": {"type": "Equals", "value": true}}}]')) AS v (u, p);
END
$$;
CREATE ROLE regress_app;
CREATE ROLE regress_other;
CREATE PROCEDURE public.act_as(user_id text) LANGUAGE plpgsql AS $$
BEGIN
    PERFORM rbac.set_caller('org1', user_id, false);
END
$$;
CREATE TABLE public.doc AS
SELECT i AS id, CASE WHEN i % 1000 = 1 THEN 'islands' ELSE 'eu' END AS region, CASE WHEN i % 500 = 1 THEN 'bob' ELSE 'owner' || i % 999 END AS owner,
    i % 2 = 0 AS open, repeat('x', 150) AS body
FROM generate_series(1, 10000) AS i;
CREATE INDEX doc_id ON public.doc (id);
CREATE INDEX doc_region ON public.doc (region);
CREATE INDEX doc_owner ON public.doc (owner);
CREATE INDEX doc_all ON public.doc (id, region, owner, open);
VACUUM (FREEZE, ANALYZE) public.doc;
-- The same rows by the server's own plans.
CREATE TABLE public.plain AS TABLE public.doc;
CREATE TABLE public.other AS SELECT k FROM generate_series(1, 5) AS k, generate_series(1, 50);
ANALYZE public.plain, public.other;
GRANT SELECT, UPDATE ON public.doc, public.plain, public.other TO regress_app, regress_other;
ALTER TABLE public.doc ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.plain ENABLE ROW LEVEL SECURITY;
CREATE POLICY p ON public.doc USING (rbac.has_permission('Doc:Read', 'region', region, 'owner', owner, 'open', open));
CREATE POLICY p ON public.plain USING (rbac.has_permission('Doc:Read', 'region', region, 'owner', owner, 'open', open) IS TRUE);
SET max_parallel_workers_per_gather = 0;
SET jit = off;

---- Subqueries with parameters, for which a scan is begun again ----

CALL public.act_as('bob');
SELECT p.permission, p.i, l.id
FROM (VALUES ('Doc:Read', 1), ('Doc:Other', 2), ('Doc:Read', 3)) AS p (permission, i)
CROSS JOIN LATERAL (
    SELECT id FROM public.doc AS d
    WHERE rbac.has_permission(p.permission, 'owner', owner, 'region', region)
      AND (1 + d.id / 2000 IN (SELECT * FROM generate_series(p.i, p.i)) OR d.id < 0) OFFSET 0) AS l;

-- Callers take turns in reading three parts.
CREATE FUNCTION public.pages(t text) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
    c refcursor;
    caller text;
    part integer;
    id integer;
BEGIN
    OPEN c FOR EXECUTE format('SELECT p.i, l.id FROM generate_series(1, 3) AS p (i) CROSS JOIN LATERAL (
        SELECT id FROM public.%I AS d WHERE (1 + d.id / 2000 IN (SELECT k FROM public.other WHERE k = p.i GROUP BY k) OR d.id < 0) OFFSET 0) AS l', t);
    FOREACH caller IN ARRAY ARRAY['ann', 'eul', 'ann', 'eul', 'bob'] LOOP
        CALL public.act_as(caller);
        MOVE FORWARD CASE caller WHEN 'ann' THEN 1300 ELSE 1 END FROM c;
        FETCH c INTO part, id;
        RETURN NEXT concat_ws(' ', caller, part, id);
    END LOOP;
END
$$;
CREATE FUNCTION public.plan(query text) RETURNS SETOF text LANGUAGE plpgsql AS $$
BEGIN
    RETURN QUERY EXECUTE 'EXPLAIN (COSTS OFF) ' || query;
END
$$;
SET ROLE regress_app;
SELECT a.page, a.page = b.page AS is_same
FROM ROWS FROM (public.pages('doc')) WITH ORDINALITY AS a (page, n) JOIN ROWS FROM (public.pages('plain')) WITH ORDINALITY AS b (page, n) USING (n);

---- WHERE CURRENT OF ----

SET enable_seqscan = off;
SET enable_bitmapscan = off;
-- By an index that has all that is asked for.
CALL public.act_as('ann');
SELECT line FROM public.plan('SELECT id FROM public.doc WHERE id < 3000') WITH ORDINALITY AS p (line, n) WHERE n <= 2;
BEGIN;
DECLARE w CURSOR FOR SELECT id FROM public.doc WHERE id < 3000;
FETCH 2 FROM w;
UPDATE public.doc SET body = 'z' WHERE CURRENT OF w RETURNING id;
MOVE ALL FROM w;
UPDATE public.doc SET body = 'z' WHERE CURRENT OF w RETURNING id;
ROLLBACK;
BEGIN;
DECLARE w CURSOR FOR SELECT * FROM public.doc WHERE id < 3000 ORDER BY id;
MOVE 2 FROM w;
UPDATE public.doc SET body = 'z' WHERE CURRENT OF w RETURNING id;
-- Of another table's row nothing is known, and where rows were sorted neither.
UPDATE public.plain SET body = 'z' WHERE CURRENT OF w RETURNING id;
ROLLBACK;
CALL public.act_as('bob');
BEGIN;
DECLARE w CURSOR FOR SELECT id, body FROM public.doc WHERE id < 3000 ORDER BY id;
MOVE 2 FROM w;
UPDATE public.doc SET body = 'z' WHERE CURRENT OF w RETURNING id;
ROLLBACK;
RESET enable_seqscan;
RESET enable_bitmapscan;

---- Rights are those of who declares a cursor, as ever ----

RESET ROLE;
CREATE FUNCTION public.is_wanted(id integer) RETURNS boolean LANGUAGE plpgsql COST 0.0001 AS 'BEGIN RETURN true; END';
REVOKE EXECUTE ON FUNCTION public.is_wanted(integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION public.is_wanted(integer) TO regress_app;
SET ROLE regress_app;
CALL public.act_as('ann');
BEGIN;
DECLARE c CURSOR FOR SELECT id FROM public.doc WHERE public.is_wanted(id);
SET ROLE regress_other;
FETCH 1 FROM c;
CALL public.act_as('eul');
FETCH 1 FROM c;
ROLLBACK;
SET ROLE regress_other;
CALL public.act_as('ann');
BEGIN;
DECLARE c CURSOR FOR SELECT id FROM public.doc WHERE public.is_wanted(id);
SET ROLE regress_app;
FETCH 1 FROM c;
ROLLBACK;

RESET ROLE;
SELECT rbac.set_caller(NULL, NULL, false);
DROP TABLE public.doc, public.plain, public.other;
DROP FUNCTION public.pages(text), public.plan(text), public.is_wanted(integer);
DROP PROCEDURE public.act_as(text);
DROP ROLE regress_app, regress_other;
DELETE FROM rbac.organization;
DELETE FROM rbac.permission WHERE NOT is_builtin;
TRUNCATE rbac.audit_event RESTART IDENTITY;
