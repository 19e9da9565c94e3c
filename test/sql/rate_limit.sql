-- Which requests are limited, and how that is changed. Counting is tested where
-- servers with shared memory are: test/t/020_rate_limit.pl.
\set SHOW_CONTEXT never
SELECT rbac.current_user_id() IS NULL AS loaded;
SELECT p.proname AS operation, rbac_internal.rate_limit(p.proname) AS requests
FROM pg_proc AS p WHERE p.pronamespace = 'rbac_api'::regnamespace AND p.proargnames IS NULL ORDER BY 2, 1;
-- Every default is for an operation.
SELECT operation FROM jsonb_object_keys(rbac_internal.default_rate_limits()) AS operation
WHERE NOT EXISTS (SELECT FROM pg_proc WHERE pronamespace = 'rbac_api'::regnamespace AND proname = operation);

-- Rows replace defaults: another limit, none, one where there was none.
INSERT INTO rbac.rate_limit VALUES ('get_roles', 600), ('create_role', NULL), ('create_user', 5);
SELECT operation, rbac_internal.rate_limit(operation) FROM unnest('{get_roles,create_role,create_user,modify_role}'::text[]) AS operation;
UPDATE rbac.rate_limit SET requests = 1 WHERE operation = 'get_roles';
SELECT rbac_internal.rate_limit('get_roles');
DELETE FROM rbac.rate_limit;
SELECT rbac_internal.rate_limit('get_roles');
INSERT INTO rbac.rate_limit VALUES ('get_roles', 0);
INSERT INTO rbac.rate_limit VALUES ('get_roles', -1);
INSERT INTO rbac.rate_limit VALUES (NULL, 1);
CREATE ROLE regress_nobody;
SET ROLE regress_nobody;
INSERT INTO rbac.rate_limit VALUES ('get_roles', 1);
SELECT allowed FROM rbac_internal.count_request('get_roles', 1, 'acme', 'ann', true);
SET rbac.maintenance = on;
RESET ROLE;
SET rbac.maintenance = on;
DROP ROLE regress_nobody;
