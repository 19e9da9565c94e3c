-- has_permission() and require_permission(): the form of a call, and what a call
-- remembers from one execution to the next.
\set SHOW_CONTEXT never
DO $$
BEGIN
    PERFORM rbac.create_organization('acme');
    PERFORM rbac.create_user('acme', u) FROM unnest(ARRAY['ann', 'bob', 'eve']) AS u;
    PERFORM rbac.define_permission('Doc:Read', '{"region": "string", "level": "number", "owner": "string"}');
    PERFORM rbac.define_permission('Doc:Write');
    PERFORM rbac.create_role('acme', 'eu reader', 'x', '[{"permission_name": "Doc:Read", "conditions": {"region": {"type": "Equals", "value": "eu"}}}]', 'client');
    PERFORM rbac.create_role('acme', 'owner', 'x', '[{"permission_name": "Doc:*", "conditions": {"owner": {"type": "Equals", "value": "{self_user_id}"}}}]', 'client');
    PERFORM rbac.assign_role('acme', r, u) FROM (VALUES ('eu reader', 'ann'), ('owner', 'bob')) AS v (r, u);
END
$$;
SELECT rbac.set_caller('acme', 'ann', false) \gset

-- The permission need not be a constant; one that is NULL, unknown, a wildcard
-- or no name at all is not permitted, and no error.
SELECT permission, rbac.has_permission(permission, 'region', 'eu')
FROM unnest(ARRAY['Doc:Read', 'Doc:Write', 'Doc:Print', 'Doc:*', '*', '', 'nonsense', NULL, 'doc:read', 'Doc:Read ', 'Doc:Read']) AS permission;
SELECT rbac.has_permission(NULL), rbac.has_permission(NULL, 'region', 'eu'), rbac.has_permission('Doc:Read'::varchar, 'region', 'eu'), rbac.has_permission('Doc:Read'::name::text, 'region', 'eu');
-- Attributes that no condition names do not matter; missing ones do.
SELECT rbac.has_permission('Doc:Read', 'region', 'eu', 'colour', 1, 'x', NULL), rbac.has_permission('Doc:Read'), rbac.has_permission('Doc:Read', 'region', NULL), rbac.has_permission('Doc:Read', 'Region', 'eu');

-- Names are constants, of type text, none given twice, each with a value.
CREATE FUNCTION pg_temp.attempt(command text, OUT state text, OUT message text) LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE command;
    state := 'done';
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE, message = MESSAGE_TEXT;
END
$$;
SELECT call, a.* FROM unnest(ARRAY[$$has_permission('Doc:Read', 'region')$$, $$has_permission('Doc:Read', 'region', 'eu', 'level')$$, $$has_permission('Doc:Read', NULL, 'eu')$$, $$has_permission('Doc:Read', NULL::text, 'eu')$$,
    $$has_permission('Doc:Read', 1, 'eu')$$, $$has_permission('Doc:Read', 'region', 'eu', 'region', 'us')$$, $$has_permission('Doc:Read', name, 'eu') FROM unnest(ARRAY['region']) AS name$$,
    $$has_permission('Doc:Read', lower(name), 'eu') FROM unnest(ARRAY['region']) AS name$$, $$has_permission('Doc:Read', VARIADIC ARRAY['region', 'eu'])$$, $$has_permission('Doc:Read', VARIADIC '{}'::text[])$$,
    $$require_permission('Doc:Read', 'region')$$, $$has_permission()$$]) AS call
CROSS JOIN LATERAL pg_temp.attempt('SELECT rbac.' || call) AS a;
-- Constant expressions are constants.
SELECT rbac.has_permission('Doc:Read', lower('REGION'), 'eu') AS folded, rbac.has_permission('Doc:Read', 'region'::varchar, 'eu') AS of_varchar;

-- require_permission says true, or raises 42501 and shows no value.
SELECT rbac.require_permission('Doc:Read', 'region', 'eu');
SELECT rbac.require_permission('Doc:Read', 'region', 'secret value');
SELECT rbac.require_permission('Doc:Print');
SELECT rbac.require_permission(NULL);
SELECT rbac.set_caller(NULL, NULL, false) \gset
SELECT rbac.require_permission('Doc:Read', 'region', 'eu');
SELECT rbac.set_caller('acme', 'ann', false) \gset

-- A prepared statement: values and even names may be parameters, in custom and
-- in generic plans; another name makes it another request.
PREPARE by_value(text) AS SELECT rbac.has_permission('Doc:Read', 'region', $1);
PREPARE by_name(text, text) AS SELECT rbac.has_permission('Doc:Read', $1, $2);
PREPARE by_permission(text) AS SELECT rbac.has_permission($1, 'region', 'eu');
CREATE FUNCTION pg_temp.executed(statements text[]) RETURNS boolean[] LANGUAGE plpgsql AS $$
DECLARE
    statement text;
    answer boolean;
    answers boolean[];
BEGIN
    FOREACH statement IN ARRAY statements LOOP
        EXECUTE 'EXECUTE ' || statement INTO answer;
        answers := answers || answer;
    END LOOP;
    RETURN answers;
END
$$;
SELECT set_config('plan_cache_mode', mode, true), pg_temp.executed(ARRAY['by_value(''eu'')', 'by_value(''us'')', 'by_value(NULL)', 'by_value(''eu'')']) AS by_value,
       pg_temp.executed(ARRAY['by_name(''region'', ''eu'')', 'by_name(''owner'', ''eu'')', 'by_name(''region'', ''us'')', 'by_name(''region'', ''eu'')']) AS by_name,
       pg_temp.executed(ARRAY['by_permission(''Doc:Read'')', 'by_permission(''Doc:Write'')', 'by_permission(NULL)', 'by_permission(''Doc:Read'')']) AS by_permission
FROM unnest(ARRAY['auto', 'force_generic_plan', 'force_custom_plan']) AS mode;
EXECUTE by_name(NULL, 'eu');

-- In a loop of PL/pgSQL one call meets many callers, names, permissions and
-- values, and remembers none of them wrongly.
CREATE FUNCTION pg_temp.looped() RETURNS TABLE (n integer, caller text, permission text, attribute text, value text, allowed boolean) LANGUAGE plpgsql AS $$
BEGIN
    FOR n, caller, permission, attribute, value IN SELECT * FROM (VALUES
        (1, 'ann', 'Doc:Read', 'region', 'eu'), (2, 'ann', 'Doc:Read', 'region', 'us'), (3, 'ann', 'Doc:Read', 'owner', 'ann'), (4, 'bob', 'Doc:Read', 'owner', 'ann'), (5, 'bob', 'Doc:Read', 'owner', 'bob'),
        (6, 'bob', 'Doc:Write', 'owner', 'bob'), (7, 'bob', 'Doc:Write', 'region', 'bob'), (8, 'eve', 'Doc:Write', 'owner', 'eve'), (9, NULL, 'Doc:Read', 'region', 'eu'), (10, 'ann', 'Doc:Read', 'region', 'eu'),
        (11, 'ann', NULL, 'region', 'eu'), (12, 'ann', 'Doc:Read', 'region', NULL), (13, 'ann', 'Doc:Read', 'region', 'eu')) AS v (n, caller, permission, attribute, value) ORDER BY v.n
    LOOP
        PERFORM rbac.set_caller(CASE WHEN caller IS NOT NULL THEN 'acme' END, caller, true);
        allowed := rbac.has_permission(permission, attribute, value);
        RETURN NEXT;
    END LOOP;
END
$$;
SELECT * FROM pg_temp.looped();
-- The same in one statement, where the caller changes from row to row.
SELECT caller, rbac.has_permission('Doc:Read', 'owner', 'bob') FROM unnest(ARRAY['ann', 'bob', 'eve', 'bob']) AS caller
CROSS JOIN LATERAL (SELECT rbac.set_caller('acme', caller, true) OFFSET 0) AS c (done) WHERE done IS NOT NULL;

-- The type of a value may differ from call to call.
SELECT rbac.has_permission('Doc:Read', 'region', 'eu'::text), rbac.has_permission('Doc:Read', 'region', 'eu'::char(10)), rbac.has_permission('Doc:Read', 'region', 1);

SELECT rbac.set_caller(NULL, NULL, false) \gset
DELETE FROM rbac.organization;
DELETE FROM rbac.permission WHERE NOT is_builtin;
TRUNCATE rbac.audit_event RESTART IDENTITY;
