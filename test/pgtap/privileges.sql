-- Who may use what, object by object. The lists here are written by hand and on
-- purpose: what becomes available to everybody is added in two places.
BEGIN;
SELECT no_plan();

CREATE TEMPORARY VIEW privilege AS
WITH object (kind, object, owner, acl) AS (
    SELECT 'schema', nspname::text, nspowner, coalesce(nspacl, acldefault('n', nspowner))
    FROM pg_namespace WHERE nspname IN ('rbac', 'rbac_internal', 'rbac_api')
    UNION ALL
    SELECT 'function', oid::regprocedure::text, proowner, coalesce(proacl, acldefault('f', proowner))
    FROM pg_proc WHERE pronamespace::regnamespace::text IN ('rbac', 'rbac_internal', 'rbac_api')
    UNION ALL
    SELECT 'type', t.oid::regtype::text, t.typowner, coalesce(t.typacl, acldefault('T', t.typowner))
    FROM pg_type AS t LEFT JOIN pg_class AS c ON c.oid = t.typrelid
    WHERE t.typnamespace::regnamespace::text IN ('rbac', 'rbac_internal', 'rbac_api')
      AND t.typcategory <> 'A' AND coalesce(c.relkind, 'c') = 'c'   -- no arrays, no row types of tables
    UNION ALL
    SELECT 'relation', oid::regclass::text, relowner,
           coalesce(relacl, acldefault(CASE relkind WHEN 'S' THEN 's' ELSE 'r' END::"char", relowner))
    FROM pg_class
    WHERE relnamespace::regnamespace::text IN ('rbac', 'rbac_internal', 'rbac_api') AND relkind IN ('r', 'v', 'S', 'p', 'm', 'f')
    UNION ALL
    SELECT 'column', a.attrelid::regclass || '.' || a.attname, c.relowner, a.attacl
    FROM pg_attribute AS a JOIN pg_class AS c ON c.oid = a.attrelid
    WHERE c.relnamespace::regnamespace::text IN ('rbac', 'rbac_internal', 'rbac_api') AND a.attacl IS NOT NULL
)
SELECT o.kind, o.object, CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE a.grantee::regrole::text END AS grantee,
       a.privilege_type, a.is_grantable
FROM object AS o CROSS JOIN LATERAL aclexplode(o.acl) AS a
WHERE a.grantee <> o.owner;

---- What is there ----

SELECT is_empty($$ SELECT * FROM privilege WHERE grantee <> 'PUBLIC' OR is_grantable $$,
    'nobody but PUBLIC has been given anything, and PUBLIC cannot pass it on');

SELECT set_eq($$ SELECT object, privilege_type FROM privilege WHERE kind = 'schema' $$,
    $$ VALUES ('rbac', 'USAGE') $$,
    'PUBLIC may look into schema rbac and nothing else');

SELECT is_empty($$ SELECT * FROM privilege WHERE kind IN ('relation', 'column') $$,
    'nobody may use a table, view, sequence or column');

SELECT set_eq($$ SELECT object FROM privilege WHERE kind = 'type' AND object NOT LIKE 'rbac\_api.%' $$, ARRAY[
    'rbac.condition',
    'rbac.permission_grant',
    'rbac.privileges',
    'rbac.privilege_order',
    'rbac.object_id',
    'rbac.frontend_view',
    'rbac.role_instance',
    'rbac.creator',
    'rbac.temporary_permission_grant',
    'rbac.api_key_instance',
    'rbac.severity',
    'rbac.problem',
    'rbac.role_level',
    'rbac.role_type',
    'rbac.scoped_role',
    'rbac.scoped_role_assignment',
    'rbac.application_role',
    'rbac.held_role'
], 'types for everybody');

SELECT set_eq($$ SELECT object FROM privilege WHERE kind = 'function' AND object NOT LIKE 'rbac\_api.%' $$, ARRAY[
    -- types
    'rbac.condition_to_jsonb(rbac.condition)',
    'rbac.jsonb_to_condition(jsonb)',
    'rbac.permission_grant_to_jsonb(rbac.permission_grant)',
    'rbac.jsonb_to_permission_grant(jsonb)',
    'rbac.privileges_to_jsonb(rbac.privileges)',
    'rbac.jsonb_to_privileges(jsonb)',
    'rbac.to_privileges(rbac.permission_grant)',
    'rbac.privileges_contains(rbac.privileges,rbac.privileges)',
    'rbac.privileges_contained(rbac.privileges,rbac.privileges)',
    'rbac.privileges_eq(rbac.privileges,rbac.privileges)',
    'rbac.privileges_ne(rbac.privileges,rbac.privileges)',
    'rbac.privileges_gt(rbac.privileges,rbac.privileges)',
    'rbac.privileges_lt(rbac.privileges,rbac.privileges)',
    'rbac.compare_privileges(rbac.privileges,rbac.privileges)',
    'rbac.uncovered(rbac.privileges,rbac.privileges)',
    'rbac.privileges_union(rbac.privileges,rbac.privileges)',
    'rbac.simplify(rbac.privileges)',
    'rbac.allows(rbac.privileges,text,jsonb)',
    'rbac.matches(rbac.condition,jsonb)',
    'rbac.grants(rbac.privileges)',
    'rbac.generate_object_id()',
    -- the caller and checks
    'rbac.set_caller(text,text,boolean)',
    'rbac.authenticate(text,boolean)',
    'rbac.current_organization()',
    'rbac.current_user_id()',
    'rbac.has_permission(text)',
    'rbac.has_permission(text,"any")',
    'rbac.require_permission(text)',
    'rbac.require_permission(text,"any")',
    'rbac.permitted_organizations(text)',
    'rbac.permitted_values(text,text,anyelement)',
    'rbac.permitted_organization_uuids(text)',
    -- administration, which decides for itself
    'rbac.create_organization(text,jsonb)',
    'rbac.modify_organization(text,jsonb)',
    'rbac.define_permission(text,jsonb,text)',
    'rbac.create_user(text,text)',
    'rbac.create_role(text,text,text,rbac.privileges,rbac.frontend_view,text[],boolean)',
    'rbac.modify_role(text,text,text,rbac.privileges,rbac.frontend_view,text[])',
    'rbac.assign_role(text,text,text,boolean)',
    'rbac.revoke_role(text,text,text)',
    'rbac.get_roles(text,boolean,text[],text[])',
    'rbac.role_privileges(text,text)',
    'rbac.user_privileges(text,text)',
    'rbac.effective_privileges(text,text)',
    'rbac.check_access(text,text,text,jsonb)',
    'rbac.create_group(text,text)',
    'rbac.delete_group(text,text)',
    'rbac.add_group_member(text,text,text)',
    'rbac.remove_group_member(text,text,text)',
    'rbac.get_groups(text)',
    'rbac.get_group_members(text,text)',
    'rbac.create_scoped_role(text,rbac.role_level,rbac.privileges,text,text,boolean,rbac.role_type)',
    'rbac.get_scoped_role(uuid)',
    'rbac.get_scoped_roles(text,rbac.role_level,text)',
    'rbac.modify_scoped_role(uuid,text,text,rbac.privileges)',
    'rbac.delete_scoped_role(uuid)',
    'rbac.assign_scoped_role(uuid,text,text,text,text)',
    'rbac.revoke_scoped_role(uuid,text,text,text,text)',
    'rbac.get_scoped_role_assignments(uuid,text,text)',
    'rbac.create_application(text,text)',
    'rbac.delete_application(text,text)',
    'rbac.get_applications(text)',
    'rbac.create_application_role(text,text,text,text[],text,text)',
    'rbac.get_application_roles(text,text)',
    'rbac.get_application_role(text,text,text)',
    'rbac.modify_application_role(text,text,text,text,text[],text,text)',
    'rbac.delete_application_role(text,text,text)',
    'rbac.assign_application_role(text,text,text,text[],text)',
    'rbac.revoke_application_role(text,text,text,text)',
    'rbac.assigned_users(text,text,text)',
    'rbac.authorized_users(text,text,text)',
    'rbac.assigned_roles(text,text)',
    'rbac.authorized_roles(text,text)',
    'rbac.role_permissions(text,text,text)',
    'rbac.user_permissions(text,text)',
    'rbac.role_operations_on_object(text,text,text,jsonb,text)',
    'rbac.user_operations_on_object(text,text,text,jsonb)',
    'rbac.create_temporary_permission_grant(text,text,text,rbac.permission_grant,jsonb,text)',
    'rbac.get_temporary_permission_grants(text,text[],text[],text,boolean,integer,integer,text[],text[],text[])',
    'rbac.create_api_key(text,text,text)',
    'rbac.delete_api_key(text,text)',
    'rbac.get_api_keys(text)',
    'rbac.sign_in_with_api_key(text,text,text,text)',
    'rbac.doctor()'
], 'functions for everybody');

SELECT is_empty($$ SELECT oid::regprocedure FROM pg_proc WHERE pronamespace = 'rbac_api'::regnamespace AND prosecdef $$,
    'functions for HTTP have no rights of their own; whoever gets at them may execute them');

---- Functions with the owner's rights ----

SELECT is_empty($$
    SELECT oid::regprocedure FROM pg_proc
    WHERE pronamespace::regnamespace::text IN ('rbac', 'rbac_internal') AND prosecdef
      AND (proconfig IS DISTINCT FROM '{"search_path=pg_catalog, pg_temp"}' OR pronamespace = 'rbac'::regnamespace) $$,
    'SECURITY DEFINER functions are internal and search pg_catalog, then pg_temp');

SELECT is_empty($$
    SELECT oid::regprocedure FROM pg_proc
    WHERE pronamespace::regnamespace::text IN ('rbac', 'rbac_internal')
      AND CASE prolang WHEN (SELECT oid FROM pg_language WHERE lanname = 'c') THEN false
                       WHEN (SELECT oid FROM pg_language WHERE lanname = 'sql') THEN prosqlbody IS NULL
                       ELSE proconfig IS DISTINCT FROM '{"search_path=pg_catalog, pg_temp"}' END $$,
    'what names mean in a function never depends on who calls it');

SELECT is_empty($$
    SELECT pg_describe_object(d.classid, d.objid, d.objsubid)
    FROM pg_depend AS d JOIN pg_extension AS e ON d.refobjid = e.oid AND d.refclassid = 'pg_extension'::regclass
    LEFT JOIN pg_proc AS p ON d.classid = 'pg_proc'::regclass AND p.oid = d.objid
    LEFT JOIN pg_class AS c ON d.classid = 'pg_class'::regclass AND c.oid = d.objid
    WHERE e.extname = 'rbac' AND d.deptype = 'e' AND coalesce(p.proowner, c.relowner, e.extowner) <> e.extowner $$,
    'all of it has one owner');

---- An ordinary role tries ----

CREATE ROLE regress_rbac_ordinary;

CREATE TEMPORARY TABLE attempt (statement text);
GRANT SELECT ON attempt TO regress_rbac_ordinary;
INSERT INTO attempt
SELECT format(verb, c.oid::regclass, (SELECT quote_ident(attname) FROM pg_attribute WHERE attrelid = c.oid AND attnum = 1))
FROM pg_class AS c
CROSS JOIN (VALUES ('SELECT %2$s FROM %1$s'), ('INSERT INTO %1$s DEFAULT VALUES'),
                   ('UPDATE %1$s SET %2$s = DEFAULT'), ('DELETE FROM %1$s'), ('TRUNCATE %1$s'), ('LOCK %1$s'),
                   ('CREATE TRIGGER t AFTER DELETE ON %1$s FOR EACH ROW EXECUTE FUNCTION rbac_internal.invalidate()'),
                   ('DROP TABLE %1$s'), ('ALTER TABLE %1$s DISABLE TRIGGER ALL')) AS v (verb)
WHERE c.relnamespace = 'rbac'::regnamespace AND c.relkind = 'r'
UNION ALL
SELECT format(verb, c.oid::regclass)
FROM pg_class AS c
CROSS JOIN (VALUES ('SELECT nextval(''%s'')'), ('SELECT setval(''%s'', 1)'), ('SELECT last_value FROM %s')) AS v (verb)
WHERE c.relnamespace = 'rbac'::regnamespace AND c.relkind = 'S'
UNION ALL
SELECT format('SELECT * FROM %s', c.oid::regclass)
FROM pg_class AS c WHERE c.relnamespace = 'rbac_internal'::regnamespace AND c.relkind = 'v'
UNION ALL
SELECT format('SELECT %s(%s)', p.oid::regproc,
              (SELECT string_agg('NULL::' || CASE t.type WHEN 'anyelement'::regtype THEN 'text' ELSE format_type(t.type, NULL) END, ', ' ORDER BY t.n)
               FROM unnest(p.proargtypes) WITH ORDINALITY AS t (type, n)))
FROM pg_proc AS p WHERE p.pronamespace = 'rbac_internal'::regnamespace AND p.prorettype NOT IN ('trigger'::regtype, 'internal'::regtype)
UNION ALL
VALUES ('CREATE TABLE rbac.mine (x integer)'), ('CREATE TABLE rbac_internal.mine (x integer)'), ('CREATE TABLE rbac_api.mine (x integer)'),
       ('CREATE FUNCTION rbac.has_permission(text, text, text) RETURNS boolean LANGUAGE sql RETURN true'),
       ('CREATE OPERATOR rbac.= (LEFTARG = text, RIGHTARG = text, FUNCTION = texteq)'),
       ('ALTER SCHEMA rbac RENAME TO mine'), ('ALTER SCHEMA rbac_internal RENAME TO mine'), ('ALTER SCHEMA rbac_api RENAME TO mine'),
       ('DROP SCHEMA rbac CASCADE'), ('DROP SCHEMA rbac_internal CASCADE'), ('DROP EXTENSION rbac'),
       ('SET rbac.trusted_session_users = regress_rbac_ordinary'), ('SET rbac.jwt_secret = ''0123456789abcdef0123456789abcdef'''),
       ('SET rbac.jwt_user_claim = ''role'''), ('SET rbac.jwt_organization_claim = ''role'''),
       ('SET rbac.caller = ''4 acme ann'''), ('SHOW rbac.jwt_secret');

SELECT rbac.current_user_id();      -- loads the library, which defines the parameters
SET LOCAL ROLE regress_rbac_ordinary;
SELECT throws_ok(statement, '42501', NULL, statement) FROM attempt ORDER BY statement;
RESET ROLE;

SELECT cmp_ok((SELECT count(*) FROM attempt)::integer, '>', 100, 'a good many of them');

SELECT lives_ok($$ SET rbac.caller = '' $$, 'dropping the caller is open to everybody');

---- Default privileges of the installing role make no difference ----

-- What PUBLIC may, a role may be told that it may.
CREATE TEMPORARY VIEW essential AS
SELECT * FROM privilege AS p
WHERE p.grantee = 'PUBLIC'
   OR NOT EXISTS (SELECT FROM privilege AS everybody
                  WHERE everybody.grantee = 'PUBLIC' AND everybody.object = p.object
                    AND everybody.privilege_type = p.privilege_type);
CREATE TEMPORARY TABLE at_first AS SELECT * FROM essential;

DROP EXTENSION rbac;
ALTER DEFAULT PRIVILEGES REVOKE USAGE ON TYPES FROM PUBLIC;
ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON ROUTINES FROM PUBLIC;
CREATE EXTENSION rbac;
SELECT set_eq('SELECT * FROM essential', 'SELECT * FROM at_first', 'default privileges that close');

DROP EXTENSION rbac;
CREATE ROLE "PUBLIC, regress_rbac_ordinary";
ALTER DEFAULT PRIVILEGES GRANT ALL ON TABLES TO PUBLIC, regress_rbac_ordinary, "PUBLIC, regress_rbac_ordinary";
ALTER DEFAULT PRIVILEGES GRANT ALL ON SEQUENCES TO PUBLIC, regress_rbac_ordinary;
ALTER DEFAULT PRIVILEGES GRANT ALL ON ROUTINES TO PUBLIC, regress_rbac_ordinary;
ALTER DEFAULT PRIVILEGES GRANT ALL ON ROUTINES TO "PUBLIC, regress_rbac_ordinary" WITH GRANT OPTION;
ALTER DEFAULT PRIVILEGES GRANT ALL ON TYPES TO PUBLIC, regress_rbac_ordinary;
ALTER DEFAULT PRIVILEGES GRANT ALL ON SCHEMAS TO PUBLIC, regress_rbac_ordinary, "PUBLIC, regress_rbac_ordinary";
CREATE EXTENSION rbac;
SELECT set_eq('SELECT * FROM essential', 'SELECT * FROM at_first', 'default privileges that open');

SELECT * FROM finish();
ROLLBACK;
