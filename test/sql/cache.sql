-- What a session remembers is bounded, and forgetting changes no answer.
\set SHOW_CONTEXT never
SET client_min_messages = warning;
BEGIN;
SELECT rbac.define_permission('Doc:Read', '{"owner": "string", "state": "string"}');
SELECT rbac.define_permission('Many:P' || n) FROM generate_series(1, 100) AS n \g /dev/null
SELECT rbac.create_organization('acme');
SELECT rbac.create_role('acme', 'own', 'Reads their own', '[
    {"permission_name": "Doc:Read", "conditions": {"owner": {"type": "Equals", "value": "{self_user_id}"}}},
    {"permission_name": "Many:P7", "conditions": {}}, {"permission_name": "Many:P70", "conditions": {}}]', 'client') \gset
SELECT rbac.create_user('acme', 'u' || n), rbac.assign_role('acme', 'own', 'u' || n)
FROM generate_series(1, 400) AS n \g /dev/null

CREATE FUNCTION pg_temp.rights_of(user_id text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    PERFORM rbac.set_caller('acme', user_id);
    RETURN concat_ws(' ', rbac.has_permission('Doc:Read', 'owner', user_id),
                          rbac.has_permission('Doc:Read', 'owner', user_id || 'x'));
END
$$;
CREATE FUNCTION pg_temp.remembered() RETURNS bigint LANGUAGE sql AS
$$ SELECT sum(total_bytes) FROM pg_backend_memory_contexts
   WHERE name IN ('rbac users', 'rbac user', 'rbac programs', 'rbac document') $$;

-- All of 400 users fit into the default, but not into the least.
SHOW rbac.cache_size;
SELECT pg_temp.rights_of('u' || n) AS rights, count(*) FROM generate_series(1, 400) AS n GROUP BY 1;
SELECT pg_temp.remembered() > 512 * 1024 AS much;
SET rbac.cache_size = '256kB';
SELECT pg_temp.rights_of('u1');
SELECT pg_temp.remembered() < 512 * 1024 AS little_at_once;
SELECT pg_temp.rights_of('u' || n) AS rights, count(*) FROM generate_series(1, 400) AS n GROUP BY 1;
SELECT pg_temp.remembered() < 512 * 1024 AS little;

-- The least recently used go first; whoever they are, their checks stay right,
-- also in the middle of a statement that goes through all of them.
SELECT n % 3 AS round, pg_temp.rights_of('u' || 1 + n % 400) AS rights, count(*)
FROM generate_series(1, 1200) AS n GROUP BY 1, 2 ORDER BY 1;

-- What a role grants goes with the last of its holders: here each user has a role alone.
SELECT rbac.set_caller(NULL, NULL);
SELECT rbac.create_role('acme', 'r' || n, 'Reads one owner', jsonb_build_array(jsonb_build_object('permission_name', 'Doc:Read',
           'conditions', jsonb_build_object('owner', jsonb_build_object('type', 'In', 'values',
               (SELECT jsonb_agg('u' || n || repeat('x', i)) FROM generate_series(1, 50) AS i)))))::rbac.privileges, 'client'),
       rbac.create_user('acme', 'v' || n), rbac.assign_role('acme', 'r' || n, 'v' || n)
FROM generate_series(1, 100) AS n \g /dev/null
SELECT round, rbac.check_access('acme', 'v' || n, 'Doc:Read', jsonb_build_object('owner', 'u' || n || 'x')) AS own,
       rbac.check_access('acme', 'v' || n, 'Doc:Read', jsonb_build_object('owner', 'u' || n)) AS other, count(*)
FROM generate_series(1, 2) AS round, generate_series(1, 100) AS n GROUP BY 1, 2, 3 ORDER BY 1;
SELECT pg_temp.remembered() < 512 * 1024 AS little;
RESET rbac.cache_size;

-- The same check at another place of another query takes no more memory.
SELECT rbac.set_caller('acme', 'u1', false);
SELECT rbac.has_permission('Doc:Read', 'owner', 'u1');
SELECT pg_temp.remembered() AS remembered \gset
DO $$
BEGIN
    FOR n IN 1..50 LOOP
        EXECUTE format('SELECT %s, rbac.has_permission(''Doc:Read'', ''owner'', ''u%1$s'')', n);
    END LOOP;
END
$$;
SELECT pg_temp.remembered() - :remembered AS more;

-- More permissions in one session than it remembers programs for.
SELECT rbac.set_caller('acme', 'u1', false);
SELECT string_agg(p, ' ' ORDER BY p) AS permitted
FROM generate_series(1, 3) AS round, generate_series(1, 100) AS n, LATERAL (SELECT 'Many:P' || n) AS v (p)
WHERE rbac.has_permission(p);

-- A program knows labels of an enum by oid: renaming one counts at once.
SELECT rbac.set_caller(NULL, NULL, false);
CREATE TYPE pg_temp.state AS ENUM ('draft', 'final');
SELECT rbac.create_role('acme', 'final', 'Reads what is final', '[
    {"permission_name": "Doc:Read", "conditions": {"state": {"type": "Equals", "value": "final"}}}]', 'client') \gset
SELECT rbac.create_user('acme', 'eve'), rbac.assign_role('acme', 'final', 'eve') \g /dev/null
SELECT rbac.set_caller('acme', 'eve', false);
PREPARE is_readable AS SELECT rbac.has_permission('Doc:Read', 'state', s) AS readable
    FROM unnest(enum_range(NULL::pg_temp.state)) AS s ORDER BY s;
EXECUTE is_readable;
ALTER TYPE pg_temp.state RENAME VALUE 'final' TO 'published';
ALTER TYPE pg_temp.state RENAME VALUE 'draft' TO 'final';
EXECUTE is_readable;
ROLLBACK;
