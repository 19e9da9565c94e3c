-- The registry of permissions, for which see also roles: what grants may name.
\set SHOW_CONTEXT never
CREATE FUNCTION pg_temp.attempt(command text, OUT state text, OUT message text)
LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE command;
    state := 'done';
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE, message = MESSAGE_TEXT;
END
$$;

-- Permissions: a literal name and typed attributes; org_id goes without saying.
SELECT rbac.define_permission('Doc:Read', '{"region": "string", "level": "number", "secret": "boolean"}', 'Read a document.');
SELECT rbac.define_permission('Doc:Write', '{"org_id": "string"}');
SELECT rbac.define_permission(permission_name => 'Doc:Erase');
SELECT permission_name, attributes, description FROM rbac.permission WHERE NOT is_builtin ORDER BY 1;
SELECT v.name, a.* FROM (VALUES (NULL), (''), ('Doc'), (':Read'), ('Doc:'), ('*'), ('Doc:*'), ('D*c:Read'), ('Doc:Re*d'), (E'Doc:\n'),
                                ('Doc:Read'), ('Role:CreateRole'), ('doc:read')) AS v (name)
CROSS JOIN LATERAL pg_temp.attempt(format('SELECT rbac.define_permission(%L)', v.name)) AS a;
SELECT left(v.name, 5) AS name, a.* FROM (VALUES ('Long:' || repeat('x', 251)), ('Size:' || repeat('x', 252))) AS v (name)
CROSS JOIN LATERAL pg_temp.attempt(format('SELECT rbac.define_permission(%L)', v.name)) AS a;
SELECT left(v.attributes, 30) AS attributes, a.* FROM (VALUES
    (NULL), ('[]'), ('{"x": "text"}'), ('{"x": "String"}'), ('{"x": null}'), ('{"x": ["string"]}'), ('{"x": []}'), ('{"": "string"}'),
    ('{"' || repeat('x', 257) || '": "string"}'), ('{"org_id": "number"}')) AS v (attributes)
CROSS JOIN LATERAL pg_temp.attempt(format('SELECT rbac.define_permission(''Bad:Bad'', %L)', v.attributes)) AS a;
SELECT v.n, a.* FROM (VALUES (64), (65)) AS v (n)
CROSS JOIN LATERAL pg_temp.attempt(format('SELECT rbac.define_permission(''Wide:%s'', (SELECT jsonb_object_agg(i, ''string'') FROM generate_series(1, %s) AS i))', v.n, v.n)) AS a;
SELECT count(*) FROM rbac.permission WHERE permission_name LIKE 'Bad%';

-- The permissions that come with the extension.
SELECT permission_name, attributes FROM rbac.permission WHERE is_builtin ORDER BY 1;

DELETE FROM rbac.organization;
DELETE FROM rbac.permission WHERE NOT is_builtin;
TRUNCATE rbac.audit_event RESTART IDENTITY;
