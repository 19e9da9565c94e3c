-- What PostgreSQL's catalogs say about our objects is consistent, in the manner
-- of the server's own opr_sanity and type_sanity tests.
BEGIN;
SELECT no_plan();

CREATE TEMPORARY VIEW function AS
SELECT p.*, p.oid::regprocedure::text AS signature, n.nspname AS schema, l.lanname AS language
FROM pg_proc AS p JOIN pg_namespace AS n ON n.oid = p.pronamespace JOIN pg_language AS l ON l.oid = p.prolang
WHERE n.nspname IN ('rbac', 'rbac_internal', 'rbac_api');

CREATE TEMPORARY VIEW base_type AS
SELECT t.* FROM pg_type AS t
WHERE t.typnamespace = 'rbac'::regnamespace AND t.typtype = 'b' AND t.typcategory <> 'A';

---- Extent ----

SELECT is_empty($$
    SELECT pg_describe_object(o.classid, o.oid, 0)
    FROM (SELECT 'pg_proc'::regclass AS classid, oid, pronamespace AS schema FROM pg_proc
          UNION ALL SELECT 'pg_class'::regclass, oid, relnamespace FROM pg_class WHERE relkind IN ('r', 'v', 'S', 'p', 'm')
          UNION ALL SELECT 'pg_operator'::regclass, oid, oprnamespace FROM pg_operator) AS o
    WHERE o.schema::regnamespace::text IN ('rbac', 'rbac_internal', 'rbac_api')
      AND NOT EXISTS (SELECT FROM pg_depend AS d JOIN pg_extension AS e ON d.refobjid = e.oid
                      WHERE d.classid = o.classid AND d.objid = o.oid AND d.deptype = 'e' AND e.extname = 'rbac') $$,
    'what is in the schemas belongs to the extension');

---- Functions ----

SELECT set_eq($$ SELECT signature FROM function WHERE provolatile = 'i' $$, ARRAY[
    'rbac.condition_in(cstring)', 'rbac.condition_out(rbac.condition)',
    'rbac.condition_recv(internal)', 'rbac.condition_send(rbac.condition)',
    'rbac.condition_to_jsonb(rbac.condition)', 'rbac.jsonb_to_condition(jsonb)',
    'rbac.permission_grant_in(cstring)', 'rbac.permission_grant_out(rbac.permission_grant)',
    'rbac.permission_grant_recv(internal)', 'rbac.permission_grant_send(rbac.permission_grant)',
    'rbac.permission_grant_to_jsonb(rbac.permission_grant)', 'rbac.jsonb_to_permission_grant(jsonb)',
    'rbac.privileges_in(cstring)', 'rbac.privileges_out(rbac.privileges)',
    'rbac.privileges_recv(internal)', 'rbac.privileges_send(rbac.privileges)',
    'rbac.privileges_to_jsonb(rbac.privileges)', 'rbac.jsonb_to_privileges(jsonb)',
    'rbac.to_privileges(rbac.permission_grant)',
    'rbac.privileges_contains(rbac.privileges,rbac.privileges)',
    'rbac.privileges_contained(rbac.privileges,rbac.privileges)',
    'rbac.privileges_eq(rbac.privileges,rbac.privileges)', 'rbac.privileges_ne(rbac.privileges,rbac.privileges)',
    'rbac.privileges_gt(rbac.privileges,rbac.privileges)', 'rbac.privileges_lt(rbac.privileges,rbac.privileges)',
    'rbac.compare_privileges(rbac.privileges,rbac.privileges)', 'rbac.uncovered(rbac.privileges,rbac.privileges)',
    'rbac.privileges_union(rbac.privileges,rbac.privileges)', 'rbac.simplify(rbac.privileges)',
    'rbac.allows(rbac.privileges,text,jsonb)', 'rbac.matches(rbac.condition,jsonb)', 'rbac.grants(rbac.privileges)',
    'rbac_internal.same_grants(rbac.privileges,rbac.privileges)',
    'rbac_internal.duration_seconds(text)',
    'rbac_internal.cached_tables()',
    'rbac_internal.equal_in_constant_time(bytea,bytea)',
    'rbac_internal.default_settings()',
    'rbac_internal.default_rate_limits()',
    'rbac_internal.restricting_attributes()', 'rbac_internal.scope_restriction(text,text)',
    'rbac_internal.role_uuid(text)', 'rbac_internal.role_of_uuid(uuid)',
    'rbac_internal.public_role_id(rbac_internal.role_document)',
    'rbac_internal.scoped_role(rbac_internal.role_document)',
    'rbac_internal.application_role(rbac_internal.role_document)',
    'rbac_internal.application_grants(text,text[])', 'rbac_internal.application_permissions(rbac.privileges)',
    'rbac_internal.strip(text)',
    'rbac_internal.max_name()',
    'rbac_internal.abbreviated(text)',
    'rbac_internal.is_words(text)',
    'rbac_internal.has_tag(jsonb,text)',
    'rbac_internal.temporary_grant_order(text[])'
], 'IMMUTABLE is what reads no table, setting or clock');
SELECT is_empty($$ SELECT signature FROM function WHERE provolatile = 'i' AND proparallel <> 's' $$,
    'IMMUTABLE functions are PARALLEL SAFE');
SELECT is_empty($$
    SELECT signature FROM function
    WHERE language = 'c' AND provolatile = 'i' AND NOT proisstrict $$,
    'IMMUTABLE functions in C are STRICT');
SELECT set_eq($$
    SELECT DISTINCT proname::text FROM function
    WHERE schema = 'rbac' AND provolatile = 's' AND proparallel = 's' $$,
    '{has_permission,require_permission,permitted_organizations,permitted_values,permitted_organization_uuids,current_organization,current_user_id}'::text[],
    'checks are STABLE and PARALLEL SAFE');
SELECT set_eq($$
    SELECT DISTINCT proname::text FROM function WHERE schema = 'rbac' AND provolatile = 'v' AND proparallel = 'u' $$,
    '{set_caller,authenticate,create_organization,modify_organization,define_permission,create_user,create_role,modify_role,
      assign_role,revoke_role,create_temporary_permission_grant,create_api_key,delete_api_key,sign_in_with_api_key,
      create_group,delete_group,add_group_member,remove_group_member,
      create_scoped_role,modify_scoped_role,delete_scoped_role,assign_scoped_role,revoke_scoped_role,
      create_application,delete_application,create_application_role,modify_application_role,delete_application_role,
      assign_application_role,revoke_application_role}'::text[],
    'what writes is VOLATILE and PARALLEL UNSAFE');
SELECT set_eq($$ SELECT signature, prosupport::regproc::text FROM function WHERE prosupport <> 0 $$,
    $$ VALUES ('rbac.has_permission(text,"any")', 'rbac_internal.has_permission_support') $$,
    'the planner is told about has_permission(), and about nothing that raises errors');
SELECT is_empty($$ SELECT signature FROM function WHERE proleakproof $$,
    'nothing claims to be LEAKPROOF');
SELECT is_empty($$
    SELECT signature FROM function
    WHERE 'internal'::regtype = ANY (proargtypes) AND proname NOT LIKE '%\_recv' AND prorettype <> 'internal'::regtype $$,
    'only receive functions take "internal", and planner support, which returns it');
SELECT is_empty($$
    SELECT signature FROM function WHERE prosecdef
      AND (schema <> 'rbac_internal'
           OR NOT EXISTS (SELECT FROM function AS f WHERE f.proargtypes = function.proargtypes
                          AND (f.prosrc = 'rbac_admin' AND f.proname = function.proname
                               OR f.prosrc = 'rbac_api' AND 'api_' || f.proname = function.proname))
              AND proname NOT IN ('begin_request', 'refuse_arguments')) $$,
    'SECURITY DEFINER is what the C functions of administration call, and nothing else');
SELECT is_empty($$ SELECT signature FROM function WHERE schema = 'rbac_api' AND prosrc NOT LIKE 'rbac\_api%' $$,
    'every function for HTTP goes through C, which counts the request first');
SELECT is_empty($$
    SELECT f.signature FROM function AS f
    LEFT JOIN function AS i ON i.schema = 'rbac_internal' AND i.proname = f.proname AND i.proargtypes = f.proargtypes
    WHERE f.prosrc = 'rbac_admin'
      AND (i.prosecdef AND i.language = 'plpgsql'
           AND i.prorettype = f.prorettype AND i.proretset = f.proretset AND i.provolatile = f.provolatile
           AND i.proparallel = f.proparallel AND NOT i.proisstrict AND NOT f.proisstrict
           AND i.proargnames IS NOT DISTINCT FROM f.proargnames) IS NOT TRUE $$,
    'every administration function has an implementation that is like it');
SELECT cmp_ok((SELECT count(*) FROM function WHERE prosrc = 'rbac_admin')::integer, '>=', 15, 'there are such');
SELECT is_empty($$
    SELECT signature FROM function WHERE prosrc = 'rbac_admin' AND pronargdefaults <> pronargs $$,
    'every argument of an administration function has a default');

---- Types, casts, operators ----

SELECT set_eq('SELECT typname FROM base_type', '{condition,permission_grant,privileges}'::name[], 'base types');
SELECT is_empty($$
    SELECT typname FROM base_type
    WHERE typlen <> -1 OR typbyval OR typstorage <> 'x' OR typalign NOT IN ('i', 'd') OR typarray = 0 OR typreceive = 0 OR typsend = 0 $$,
    'have a variable length, arrays and a binary form');
SELECT is_empty($$
    SELECT t.typname, p.proname FROM base_type AS t
    JOIN pg_proc AS p ON p.oid IN (t.typinput, t.typoutput, t.typreceive, t.typsend)
    WHERE NOT (p.proisstrict AND p.provolatile = 'i' AND p.proparallel = 's')
       OR p.proname <> t.typname || CASE p.oid WHEN t.typinput THEN '_in' WHEN t.typoutput THEN '_out'
                                              WHEN t.typreceive THEN '_recv' ELSE '_send' END $$,
    'whose functions are STRICT and IMMUTABLE');
SELECT set_eq($$
    SELECT c.castsource::regtype::text, c.casttarget::regtype::text, c.castcontext, c.castmethod
    FROM pg_cast AS c JOIN base_type AS t ON t.oid IN (c.castsource, c.casttarget) $$, $$ VALUES
    ('rbac.condition', 'jsonb', 'a'::"char", 'f'::"char"), ('jsonb', 'rbac.condition', 'a', 'f'),
    ('rbac.permission_grant', 'jsonb', 'a', 'f'), ('jsonb', 'rbac.permission_grant', 'a', 'f'),
    ('rbac.privileges', 'jsonb', 'a', 'f'), ('jsonb', 'rbac.privileges', 'a', 'f'),
    ('rbac.permission_grant', 'rbac.privileges', 'i', 'f') $$,
    'casts; only the one that loses nothing is implicit');
SELECT is_empty($$
    SELECT c.castsource::regtype, c.casttarget::regtype FROM pg_cast AS c JOIN function AS f ON f.oid = c.castfunc
    WHERE f.pronargs <> 1 OR f.proargtypes[0] <> c.castsource OR f.prorettype <> c.casttarget OR NOT f.proisstrict $$,
    'a cast''s function has its types');

CREATE TEMPORARY VIEW operator AS
SELECT o.*, o.oid::regoperator::text AS signature FROM pg_operator AS o WHERE o.oprnamespace = 'rbac'::regnamespace;

SELECT set_eq('SELECT oprname FROM operator', '{@>,<@,=,<>,>,<,>=,<=,+}'::name[], 'operators');
SELECT is_empty($$
    SELECT o.signature FROM operator AS o JOIN pg_proc AS p ON p.oid = o.oprcode
    WHERE p.pronargs <> 2 OR p.proargtypes[0] <> o.oprleft OR p.proargtypes[1] <> o.oprright OR p.prorettype <> o.oprresult OR NOT p.proisstrict OR p.provolatile <> 'i' $$,
    'an operator''s function has its types');
SELECT is_empty($$
    SELECT o.signature FROM operator AS o LEFT JOIN operator AS c ON c.oid = o.oprcom
    WHERE (o.oprname <> '+')
      AND (c.oprcom = o.oid AND c.oprleft = o.oprright AND c.oprright = o.oprleft AND c.oprresult = o.oprresult) IS NOT TRUE $$,
    'comparisons have commutators that point back');
SELECT is_empty($$
    SELECT o.signature FROM operator AS o LEFT JOIN operator AS n ON n.oid = o.oprnegate
    WHERE (o.oprnegate <> 0 OR o.oprname IN ('=', '<>'))
      AND (n.oprnegate = o.oid AND n.oid <> o.oid AND n.oprleft = o.oprleft AND n.oprright = o.oprright) IS NOT TRUE $$,
    'negators point back');
SELECT set_eq($$ SELECT oprname FROM operator WHERE oprnegate <> 0 $$, '{=,<>}'::name[],
    'no other operator has a negator: the order is partial');
-- not just declared: checked on pairs that are greater, equal, less and incomparable
CREATE TEMPORARY TABLE sample (p rbac.privileges);
INSERT INTO sample VALUES
    ('[]'), ('[{"permission_name":"A:a","conditions":{}}]'), ('[{"permission_name":"A:*","conditions":{}}]'),
    ('[{"permission_name":"B:b","conditions":{}}]'), ('[{"permission_name":"*","conditions":{}}]'),
    ('[{"permission_name":"A:a","conditions":{"x":{"type":"Equals","value":1}}}]'),
    ('[{"permission_name":"A:a","conditions":{"x":{"type":"NotEquals","value":1}}}]'),
    ('[{"permission_name":"A:a","conditions":{"x":{"type":"Equals","value":1}}},
       {"permission_name":"A:a","conditions":{"x":{"type":"NotEquals","value":1}}}]'),
    ('[{"permission_name":"A:a","conditions":{"x":{"type":"In","values":[1.0,1]}}}]');
SELECT is_empty($$
    SELECT a.p, b.p FROM sample AS a, sample AS b
    WHERE (a.p OPERATOR(rbac.=) b.p) = (a.p OPERATOR(rbac.<>) b.p)
       OR (a.p OPERATOR(rbac.>) b.p) <> (b.p OPERATOR(rbac.<) a.p)
       OR (a.p OPERATOR(rbac.>=) b.p) <> (b.p OPERATOR(rbac.<=) a.p)
       OR (a.p OPERATOR(rbac.@>) b.p) <> (b.p OPERATOR(rbac.<@) a.p)
       OR (a.p OPERATOR(rbac.>=) b.p) <> (a.p OPERATOR(rbac.@>) b.p)
       OR (a.p OPERATOR(rbac.=) b.p) <> (a.p OPERATOR(rbac.@>) b.p AND b.p OPERATOR(rbac.@>) a.p)
       OR (a.p OPERATOR(rbac.>) b.p) <> (a.p OPERATOR(rbac.@>) b.p AND NOT b.p OPERATOR(rbac.@>) a.p)
       OR (rbac.uncovered(a.p, b.p) IS NULL) <> (a.p OPERATOR(rbac.@>) b.p) $$,
    'and keep what they promise');

---- Tables ----

SELECT set_eq($$
    SELECT unnest(extconfig)::regclass::text FROM pg_extension WHERE extname = 'rbac' $$, $$
    SELECT oid::regclass::text FROM pg_class
    WHERE relnamespace = 'rbac'::regnamespace AND relkind IN ('r', 'p', 'S') $$,
    'a dump has every table and sequence');
SELECT set_eq($$
    SELECT c.table::regclass::text, c.filter
    FROM pg_extension AS e CROSS JOIN LATERAL unnest(e.extconfig, e.extcondition) AS c ("table", filter)
    WHERE e.extname = 'rbac' AND c.filter <> '' $$, $$
    VALUES ('rbac.permission', 'WHERE NOT is_builtin') $$,
    'with every row, but for what the extension brings along');
SELECT is_empty($$
    SELECT oid::regclass FROM pg_class WHERE relnamespace = 'rbac_internal'::regnamespace AND relkind IN ('r', 'p', 'S') $$,
    'there are no internal tables');
SELECT is_empty($$
    SELECT oid::regclass FROM pg_class
    WHERE relnamespace = 'rbac'::regnamespace AND relkind = 'r' AND relpersistence <> 'p' $$,
    'tables survive a crash and are on every standby');

SELECT set_eq($$
    SELECT tgrelid::regclass::text, tgname, tgenabled, tgtype::integer
    FROM pg_trigger AS t JOIN pg_class AS c ON c.oid = t.tgrelid
    WHERE c.relnamespace = 'rbac'::regnamespace AND NOT t.tgisinternal $$, $$
    SELECT 'rbac.' || "table", name, 'A'::"char", type     -- 1 row, 4 insert, 8 delete, 16 update, 32 truncate
    FROM unnest('{organization,principal,group_member,role,role_version,role_parent,assignment,temporary_grant}'::text[]) AS "table",
         (VALUES ('invalidate_row'::name, 1 + 4 + 8 + 16), ('invalidate_truncate', 32)) AS trigger (name, type) $$,
    'every change of a table that backends remember is announced, always');

SELECT is_empty($$
    SELECT f.conrelid::regclass, f.conname FROM pg_constraint AS f
    WHERE f.connamespace = 'rbac'::regnamespace AND f.contype = 'f'
      AND NOT EXISTS (SELECT FROM pg_index AS i
                      WHERE i.indrelid = f.conrelid AND i.indpred IS NULL
                        AND (i.indkey::smallint[])[0:cardinality(f.conkey) - 1] @> f.conkey
                        AND (i.indkey::smallint[])[0:cardinality(f.conkey) - 1] <@ f.conkey) $$,
    'every foreign key has an index');
SELECT is_empty($$
    SELECT i.indexrelid::regclass, a.attname
    FROM pg_index AS i
    JOIN pg_class AS c ON c.oid = i.indrelid
    JOIN pg_attribute AS a ON a.attrelid = i.indexrelid
    WHERE c.relnamespace = 'rbac'::regnamespace AND a.attcollation <> 0 AND a.attcollation <> '"C"'::regcollation $$,
    'names are compared bytewise, whatever the database''s locale');

SELECT set_eq($$
    SELECT a.attrelid::regclass::text, a.attname::text, a.attnum::integer
    FROM pg_attribute AS a JOIN pg_class AS c ON c.oid = a.attrelid
    WHERE c.relnamespace = 'rbac'::regnamespace AND c.relkind = 'r' AND a.attnum > 0
      AND (c.relname, a.attname) IN (
          ('organization', 'organization'), ('organization', 'settings'),
          ('principal', 'organization'), ('principal', 'principal_id'), ('principal', 'kind'),
          ('group_member', 'organization'), ('group_member', 'user_id'), ('group_member', 'group_id'),
          ('role', 'role'), ('role', 'organization'),
          ('role_version', 'role_id'), ('role_version', 'role'), ('role_version', 'permission_grants'),
          ('role_parent', 'role'), ('role_parent', 'parent'),
          ('assignment', 'organization'), ('assignment', 'principal_id'), ('assignment', 'role'),
          ('assignment', 'restriction'),
          ('temporary_grant', 'organization'), ('temporary_grant', 'user_id'),
          ('temporary_grant', 'permission_grant'), ('temporary_grant', 'expires_at')) $$, $$ VALUES
    ('rbac.organization', 'organization', 1), ('rbac.organization', 'settings', 2),
    ('rbac.principal', 'organization', 1), ('rbac.principal', 'principal_id', 2), ('rbac.principal', 'kind', 3),
    ('rbac.group_member', 'organization', 1), ('rbac.group_member', 'user_id', 2), ('rbac.group_member', 'group_id', 3),
    ('rbac.role', 'role', 1), ('rbac.role', 'organization', 2),
    ('rbac.role_version', 'role_id', 1), ('rbac.role_version', 'role', 2), ('rbac.role_version', 'permission_grants', 4),
    ('rbac.role_parent', 'role', 1), ('rbac.role_parent', 'parent', 2),
    ('rbac.assignment', 'organization', 1), ('rbac.assignment', 'principal_id', 2), ('rbac.assignment', 'role', 3),
    ('rbac.assignment', 'restriction', 4),
    ('rbac.temporary_grant', 'organization', 2), ('rbac.temporary_grant', 'user_id', 3),
    ('rbac.temporary_grant', 'permission_grant', 4), ('rbac.temporary_grant', 'expires_at', 10) $$,
    'columns that C knows by number have these numbers');

SELECT * FROM finish();
ROLLBACK;
