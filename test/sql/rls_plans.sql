-- Policies behind views, functions and parallel workers: whose rights count, and
-- that the caller arrives there.
\set SHOW_CONTEXT never
DO $$
BEGIN
    PERFORM rbac.create_organization('acme');
    PERFORM rbac.create_user('acme', u) FROM unnest(ARRAY['ann', 'bob']) AS u;
    PERFORM rbac.define_permission('Doc:Read', '{"region": "string"}');
    PERFORM rbac.create_role('acme', r || ' reader', 'x', jsonb_build_array(jsonb_build_object('permission_name', 'Doc:Read', 'conditions', jsonb_build_object('region', jsonb_build_object('type', 'Equals', 'value', r))))::rbac.privileges, 'client')
    FROM unnest(ARRAY['eu', 'us']) AS r;
    PERFORM rbac.assign_role('acme', r || ' reader', u) FROM (VALUES ('eu', 'ann'), ('us', 'bob')) AS v (r, u);
END
$$;
CREATE ROLE regress_app;
CREATE ROLE regress_owner;
CREATE TABLE public.doc AS SELECT i AS id, (ARRAY['eu', 'us', 'asia'])[1 + i % 3] AS region FROM generate_series(1, 30000) AS i;
ALTER TABLE public.doc ENABLE ROW LEVEL SECURITY;
CREATE POLICY doc_select ON public.doc FOR SELECT USING (rbac.has_permission('Doc:Read', 'region', region));
GRANT SELECT ON public.doc TO regress_app;
ALTER TABLE public.doc OWNER TO regress_owner;
ANALYZE public.doc;
CREATE PROCEDURE public.act_as(organization text, user_id text) LANGUAGE plpgsql AS $$
BEGIN
    PERFORM rbac.set_caller(organization, user_id, false);
END
$$;

-- The owner is not subject to policies unless they are forced.
CALL public.act_as('acme', 'ann');
SET ROLE regress_owner;
SELECT region, count(*) FROM public.doc GROUP BY region ORDER BY region;
ALTER TABLE public.doc FORCE ROW LEVEL SECURITY;
SELECT region, count(*) FROM public.doc GROUP BY region ORDER BY region;
ALTER TABLE public.doc NO FORCE ROW LEVEL SECURITY;
RESET ROLE;

-- A view reads with its owner's rights: past the policy if that is the table's
-- owner, and through it if it says so itself. security_invoker (PostgreSQL 15) does it, too.
CREATE VIEW public.unguarded AS SELECT * FROM public.doc;
ALTER VIEW public.unguarded OWNER TO regress_owner;
CREATE VIEW public.guarded WITH (security_barrier) AS SELECT * FROM public.doc WHERE rbac.has_permission('Doc:Read', 'region', region);
ALTER VIEW public.guarded OWNER TO regress_owner;
SELECT current_setting('server_version_num')::integer >= 150000 AS has_security_invoker \gset
\if :has_security_invoker
CREATE VIEW public.invoking WITH (security_invoker) AS SELECT * FROM public.doc;
\else
CREATE VIEW public.invoking AS SELECT * FROM public.guarded;
\endif
GRANT SELECT ON public.unguarded, public.guarded, public.invoking TO regress_app;
SET ROLE regress_app;
SELECT 'unguarded' AS view, region, count(*) FROM public.unguarded GROUP BY region UNION ALL SELECT 'guarded', region, count(*) FROM public.guarded GROUP BY region
UNION ALL SELECT 'invoking', region, count(*) FROM public.invoking GROUP BY region ORDER BY 1, 2;
CALL public.act_as(NULL, NULL);
SELECT (SELECT count(*) FROM public.guarded) AS guarded, (SELECT count(*) FROM public.invoking) AS invoking;
RESET ROLE;

-- In a SECURITY DEFINER function the caller is the same, the role is another.
CREATE FUNCTION public.count_all(OUT region text, OUT count bigint) RETURNS SETOF record LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS 'SELECT region, count(*) FROM public.doc WHERE rbac.has_permission(''Doc:Read'', ''region'', region) GROUP BY region';
ALTER FUNCTION public.count_all() OWNER TO regress_owner;
CREATE FUNCTION public.who() RETURNS text LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS 'SELECT current_user || '' for '' || rbac.current_organization() || '' '' || rbac.current_user_id()';
ALTER FUNCTION public.who() OWNER TO regress_owner;
CALL public.act_as('acme', 'bob');
SET ROLE regress_app;
SELECT public.who(), c.* FROM public.count_all() AS c;
RESET ROLE;

-- A function that sees every row does not see those that the policy hides.
CREATE FUNCTION public.spy(text) RETURNS boolean LANGUAGE plpgsql COST 0.0001 AS $$
BEGIN
    IF $1 <> 'us' THEN
        RAISE NOTICE 'seen: %', $1;
    END IF;
    RETURN true;
END
$$;
SET ROLE regress_app;
SELECT count(*) FROM public.doc WHERE public.spy(region);

-- Parallel workers know the caller, the trusted sessions and the tables as they
-- are in this transaction.
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
SET max_parallel_workers_per_gather = 2;
RESET ROLE;
CREATE FUNCTION public.is_parallel(query text) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    plan json;
BEGIN
    EXECUTE 'EXPLAIN (ANALYZE, FORMAT json) ' || query INTO plan;
    RETURN jsonb_path_exists(plan::jsonb, '$.**."Workers Launched" ? (@ > 0)');
END
$$;
-- Not the leader but the workers shall answer.
SET parallel_leader_participation = off;
SET ROLE regress_app;
SELECT public.is_parallel('SELECT count(*) FROM public.doc');
SELECT count(*) FROM public.doc;
CALL public.act_as('acme', 'ann');
SELECT count(*), min(region), max(region) FROM public.doc;
SELECT public.is_parallel('SELECT count(*) FROM public.doc WHERE rbac.current_user_id() = ''ann''');
SELECT count(*) FROM public.doc WHERE rbac.current_user_id() = 'ann' AND rbac.current_organization() = 'acme';
CALL public.act_as(NULL, NULL);
SELECT count(*) FROM public.doc;
RESET ROLE;
-- Of what is not committed yet, workers see no more and no less than the leader.
BEGIN;
SELECT rbac.modify_role('acme', 'eu reader', permission_grants => '[{"permission_name": "Doc:Read", "conditions": {}}]') \gset
CALL public.act_as('acme', 'ann');
SET LOCAL ROLE regress_app;
SELECT count(*) FROM public.doc;
ROLLBACK;
-- Claims arrive at workers as well.
SET rbac.trusted_session_users = regress_app;
SET SESSION AUTHORIZATION regress_app;
SET request.jwt.claims = '{"sub": "bob", "org_id": "acme"}';
SELECT count(*), min(region), max(region) FROM public.doc;
RESET request.jwt.claims;
SELECT count(*) FROM public.doc;
RESET SESSION AUTHORIZATION;
RESET rbac.trusted_session_users;

DROP VIEW public.invoking, public.guarded, public.unguarded;
DROP TABLE public.doc;
DROP FUNCTION public.count_all(), public.who(), public.spy(text), public.is_parallel(text);
DROP PROCEDURE public.act_as(text, text);
DROP ROLE regress_app, regress_owner;
DELETE FROM rbac.organization;
DELETE FROM rbac.permission WHERE NOT is_builtin;
TRUNCATE rbac.audit_event RESTART IDENTITY;
