-- Every object says in the database what it is for: \d and \df show it.
BEGIN;
SELECT no_plan();

CREATE TEMPORARY VIEW function_comment AS
SELECT p.oid::regprocedure::text AS function, p.pronamespace::regnamespace::text AS schema, p.proargnames, p.pronargs,
       p.oid IN (SELECT unnest(ARRAY[typinput, typoutput, typreceive, typsend]) FROM pg_type)
       OR p.oid IN (SELECT castfunc FROM pg_cast) AS is_behind_a_type,
       p.prosrc = 'rbac_admin' AS is_administration,
       p.provolatile,
       obj_description(p.oid, 'pg_proc') AS comment,
       split_part(obj_description(p.oid, 'pg_proc'), E'\n', 1) AS summary,
       split_part(obj_description(p.oid, 'pg_proc'), E'\n', 2) AS second_line
FROM pg_proc AS p
WHERE p.pronamespace::regnamespace::text IN ('rbac', 'rbac_internal', 'rbac_api');

---- Functions ----

SELECT is_empty($$ SELECT function FROM function_comment WHERE comment IS NULL $$,
    'every function has a comment');
SELECT is_empty($$ SELECT function, summary FROM function_comment WHERE schema = 'rbac' AND summary !~ '[.?]$' $$,
    'the first line of a public function''s comment is a sentence');
SELECT is_empty($$ SELECT function, length(summary) FROM function_comment WHERE schema = 'rbac' AND length(summary) > 100 $$,
    'and at most 100 characters long');
SELECT is_empty($$ SELECT function FROM function_comment WHERE second_line <> '' $$,
    'an empty line follows it');
SELECT is_empty($$ SELECT function, proargnames FROM function_comment
                   WHERE NOT is_behind_a_type AND pronargs > 0
                     AND function !~ '^rbac_api\.\w+\(jsonb\)$'      -- found by its type, when names are wrong
                     AND (proargnames IS NULL OR cardinality(proargnames) < pronargs OR '' = ANY (proargnames)) $$,
    'every argument of what users or our own functions call has a name');
SELECT is_empty($$ SELECT function, argument FROM function_comment CROSS JOIN LATERAL unnest(proargnames[:pronargs]) AS argument
                   WHERE is_administration AND comment !~ ('\m' || argument || '\M') $$,
    'every argument of an administration function is explained');
SELECT is_empty($$ SELECT function FROM function_comment WHERE is_administration AND comment !~ '\nErrors: 28000 ' $$,
    'every administration function tells its errors');
SELECT is_empty($$ SELECT function FROM function_comment
                   WHERE schema = 'rbac' AND provolatile <> 'i'
                     AND comment !~ ('\n' || CASE provolatile WHEN 's' THEN 'STABLE' ELSE 'VOLATILE' END || ': ') $$,
    'every public function that is not IMMUTABLE says why');

---- Everything else ----

SELECT is_empty($$
    SELECT pg_describe_object(d.classid, d.objid, 0)
    FROM pg_depend AS d JOIN pg_extension AS e ON d.refclassid = 'pg_extension'::regclass AND d.refobjid = e.oid
    LEFT JOIN pg_class AS c ON d.classid = 'pg_class'::regclass AND c.oid = d.objid
    LEFT JOIN pg_type AS t ON d.classid = 'pg_type'::regclass AND t.oid = d.objid
    WHERE e.extname = 'rbac' AND d.deptype = 'e'
      AND obj_description(d.objid, d.classid::regclass::name) IS NULL
      AND coalesce(c.relkind, 'r') NOT IN ('S', 'c')            -- a sequence's column, a composite's type
      AND coalesce(t.typcategory, '') <> 'A' AND NOT (coalesce(t.typrelid, 0) <> 0 AND
          (SELECT relkind FROM pg_class WHERE oid = t.typrelid) <> 'c') $$,
    'every schema, type, domain, cast, operator, table and view has a comment');
SELECT isnt(obj_description(oid, 'pg_extension'), NULL, 'so does the extension') FROM pg_extension WHERE extname = 'rbac';
SELECT is_empty($$
    SELECT a.attrelid::regclass, a.attname
    FROM pg_attribute AS a JOIN pg_class AS c ON c.oid = a.attrelid
    WHERE c.relnamespace = 'rbac'::regnamespace AND c.relkind = 'r' AND a.attnum > 0
      AND a.atttypid = 'jsonb'::regtype AND col_description(a.attrelid, a.attnum) IS NULL $$,
    'every jsonb column says what is in it');
SELECT rbac.current_user_id();      -- loads the library, which defines the parameters
SELECT is_empty($$
    SELECT name FROM pg_settings
    WHERE (name LIKE 'rbac.%' OR name = 'request.jwt.claims') AND coalesce(short_desc, '') = '' $$,
    'every configuration parameter has a description');
SELECT set_eq($$ SELECT name, context FROM pg_settings WHERE name LIKE 'rbac.%' OR name LIKE 'request.%' $$, $$ VALUES
    ('rbac.caller', 'user'),
    ('rbac.trusted_session_users', 'superuser'),
    ('rbac.jwt_user_claim', 'superuser'),
    ('rbac.jwt_organization_claim', 'superuser'),
    ('rbac.jwt_secret', 'superuser'),
    ('rbac.cache_size', 'superuser'),
    ('rbac.maintenance', 'sighup'),
    ('request.jwt.claims', 'user') $$,
    'these are all the parameters');

SELECT * FROM finish();
ROLLBACK;
