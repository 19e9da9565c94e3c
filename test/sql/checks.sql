-- What checks answer: organizations, placeholders, wildcards, missing attributes;
-- the same from has_permission() and from check_access().
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
DO $$
DECLARE
    uuid CONSTANT text := '0e37df36-f698-11e6-8dd4-cb9ced3df976';
BEGIN
    PERFORM rbac.create_organization(o) FROM unnest(ARRAY['acme', 'beta', '7', uuid]) AS o;
    PERFORM rbac.create_organization('ops', '{"operator": true}');
    PERFORM rbac.create_user(o, u) FROM (VALUES ('acme', 'ann'), ('acme', 'bob'), ('acme', 'eve'), ('beta', 'ann'), ('ops', 'root'), ('ops', 'spot'), ('ops', 'home'), ('7', 'dwarf'), (uuid, 'uma')) AS v (o, u);
    PERFORM rbac.define_permission(p, '{"region": "string", "level": "number", "owner": "string", "secret": "boolean"}') FROM unnest(ARRAY['Doc:Read', 'Doc:Write', 'Document:Read']) AS p;
    PERFORM rbac.create_role(o, r, 'x', g::rbac.privileges, 'client') FROM (VALUES
        ('acme', 'reader', '[{"permission_name": "Doc:Read", "conditions": {"region": {"type": "In", "values": ["eu", "us"]}, "level": {"type": "NotEquals", "value": 3}}},
                             {"permission_name": "Doc:Read", "conditions": {"owner": {"type": "Equals", "value": "{self_user_id}"}}},
                             {"permission_name": "Doc:Read", "conditions": {"secret": {"type": "Equals", "value": false}}}]'),
        ('acme', 'writer', '[{"permission_name": "Doc:*", "conditions": {"org_id": {"type": "Equals", "value": "{self_org_id}"}}}]'),
        ('acme', 'traveller', '[{"permission_name": "Doc:Read", "conditions": {"org_id": {"type": "Equals", "value": "beta"}}}]'),
        ('beta', 'all', '[{"permission_name": "*", "conditions": {}}]'), ('ops', 'all', '[{"permission_name": "*", "conditions": {}}]'), ('7', 'all', '[{"permission_name": "*", "conditions": {}}]'), (uuid, 'all', '[{"permission_name": "*", "conditions": {}}]'),
        ('ops', 'acme only', '[{"permission_name": "*", "conditions": {"org_id": {"type": "Equals", "value": "acme"}}}]'), ('ops', 'home only', '[{"permission_name": "*", "conditions": {"org_id": {"type": "Equals", "value": "{self_org_id}"}}}]')) AS v (o, r, g);
    PERFORM rbac.assign_role(o, r, u) FROM (VALUES ('acme', 'reader', 'ann'), ('acme', 'writer', 'bob'), ('acme', 'traveller', 'eve'), ('beta', 'all', 'ann'), ('ops', 'all', 'root'), ('ops', 'acme only', 'spot'), ('ops', 'home only', 'home'),
        ('7', 'all', 'dwarf'), (uuid, 'all', 'uma')) AS v (o, r, u);
END
$$;

-- The organization of the resource, org_id: without one, the caller's own. A
-- grant counts at home only, an operator's in every organization that there is.
-- NULL is no organization, and neither is one that does not exist.
SELECT o, u, rbac.has_permission('Doc:Write') AS "(own)", rbac.has_permission('Doc:Write', 'org_id', 'acme') AS acme, rbac.has_permission('Doc:Write', 'org_id', 'beta') AS beta, rbac.has_permission('Doc:Write', 'org_id', 'ops') AS ops,
       rbac.has_permission('Doc:Write', 'org_id', 'nowhere') AS nowhere, rbac.has_permission('Doc:Write', 'org_id', '') AS empty, rbac.has_permission('Doc:Write', 'org_id', NULL::text) AS "null", rbac.has_permission('Doc:Write', 'org_id', '{self_org_id}') AS self
FROM (VALUES ('acme', 'bob'), ('acme', 'eve'), ('beta', 'ann'), ('ops', 'root'), ('ops', 'spot'), ('ops', 'home'), ('ops', 'zoe'), ('nowhere', 'ann'), ('beta', 'bob')) AS v (o, u)
CROSS JOIN LATERAL (SELECT rbac.set_caller(o, u, true) OFFSET 0) AS c (done) WHERE done IS NOT NULL;
-- check_access says the same.
SELECT o, u, rbac.check_access(o, u, 'Doc:Write') AS "(own)", rbac.check_access(o, u, 'Doc:Write', '{"org_id": "acme"}') AS acme, rbac.check_access(o, u, 'Doc:Write', '{"org_id": "beta"}') AS beta, rbac.check_access(o, u, 'Doc:Write', '{"org_id": "ops"}') AS ops,
       rbac.check_access(o, u, 'Doc:Write', '{"org_id": "nowhere"}') AS nowhere, rbac.check_access(o, u, 'Doc:Write', '{"org_id": ""}') AS empty, rbac.check_access(o, u, 'Doc:Write', '{"org_id": null}') AS "null", rbac.check_access(o, u, 'Doc:Write', '{"org_id": "{self_org_id}"}') AS self
FROM (VALUES ('acme', 'bob'), ('acme', 'eve'), ('beta', 'ann'), ('ops', 'root'), ('ops', 'spot'), ('ops', 'home')) AS v (o, u);
-- Nor does a condition on org_id reach beyond an organization that is no operator.
SELECT rbac.check_access('acme', 'eve', 'Doc:Read'), rbac.check_access('acme', 'eve', 'Doc:Read', '{"org_id": "beta"}'), rbac.user_privileges('acme', 'eve');

-- org_id may be of any type that prints as the organization's id, but a number
-- is no string, neither at home nor for an operator.
SELECT o, u, rbac.has_permission('Doc:Write', 'org_id', 'acme'::varchar) AS "varchar", rbac.has_permission('Doc:Write', 'org_id', 'acme'::char(10)) AS "char", rbac.has_permission('Doc:Write', 'org_id', 'acme'::name) AS name,
       rbac.has_permission('Doc:Write', 'org_id', '0e37df36-f698-11e6-8dd4-cb9ced3df976'::uuid) AS uuid, rbac.has_permission('Doc:Write', 'org_id', '7'::text) AS text7, rbac.has_permission('Doc:Write', 'org_id', 7) AS number7, rbac.has_permission('Doc:Write', 'org_id', true) AS "boolean"
FROM (VALUES ('acme', 'bob'), ('ops', 'root'), ('7', 'dwarf'), ('0e37df36-f698-11e6-8dd4-cb9ced3df976', 'uma')) AS v (o, u)
CROSS JOIN LATERAL (SELECT rbac.set_caller(o, u, true) OFFSET 0) AS c (done) WHERE done IS NOT NULL;
SELECT rbac.check_access('7', 'dwarf', 'Doc:Write', '{"org_id": "7"}') AS text7, rbac.check_access('7', 'dwarf', 'Doc:Write', '{"org_id": 7}') AS number7, rbac.check_access('ops', 'root', 'Doc:Write', '{"org_id": 7}') AS operator7;

-- A table of values: regions, levels, owners, secrecy, each missing as well. Both
-- functions agree, and so does allows() of what the user effectively holds.
CREATE TEMP TABLE request AS
SELECT region, level, owner, secret, jsonb_build_object('region', region, 'level', level, 'owner', owner, 'secret', secret) AS attributes
FROM unnest(ARRAY['eu', 'asia', NULL]) AS region, unnest(ARRAY[1, 3, NULL]) AS level, unnest(ARRAY['ann', '{self_user_id}', NULL]) AS owner, unnest(ARRAY[true, false, NULL]) AS secret;
SELECT rbac.set_caller('acme', 'ann', false) \gset
SELECT count(*), count(*) FILTER (WHERE h) AS allowed, count(*) FILTER (WHERE h <> c) AS check_access_differs, count(*) FILTER (WHERE h <> a) AS allows_differs,
       count(*) FILTER (WHERE h <> (coalesce(region IN ('eu', 'us') AND level <> 3, false) OR coalesce(owner = 'ann', false) OR coalesce(NOT secret, false))) AS expectation_differs
FROM (SELECT r.*, rbac.has_permission('Doc:Read', 'region', region, 'level', level, 'owner', owner, 'secret', secret) AS h, rbac.check_access('acme', 'ann', 'Doc:Read', attributes) AS c,
             rbac.allows(rbac_internal.scope_privileges(rbac.effective_privileges('acme', 'ann'), 'acme', 'ann'), 'Doc:Read', attributes || '{"org_id": "acme"}') AS a FROM request AS r) AS answers;
SELECT region, level, owner, secret FROM request WHERE rbac.has_permission('Doc:Read', 'region', region, 'level', level, 'owner', owner, 'secret', secret) AND secret IS NOT FALSE AND owner IS DISTINCT FROM 'ann' ORDER BY 1, 2, 3, 4;

-- Wildcards cover by category or altogether, also what is defined later; what
-- is no permission name is permitted to nobody.
SELECT o, u, rbac.has_permission('Doc:Read') AS "Doc:Read", rbac.has_permission('Document:Read') AS "Document:Read", rbac.has_permission('Doc:Print') AS "Doc:Print", rbac.has_permission('Doc:*') AS "Doc:*", rbac.has_permission('*') AS "*", rbac.has_permission('x') AS x
FROM (VALUES ('acme', 'bob'), ('beta', 'ann')) AS v (o, u) CROSS JOIN LATERAL (SELECT rbac.set_caller(o, u, true) OFFSET 0) AS c (done) WHERE done IS NOT NULL;
SELECT permission, rbac.check_access('acme', 'bob', permission) AS bob FROM unnest(ARRAY['Doc:Read', 'Document:Read', 'Doc:Print', 'Doc:*', '*', 'x', '']) AS permission
CROSS JOIN LATERAL (SELECT rbac.set_caller('acme', 'bob', true) OFFSET 0) AS c (done) WHERE done IS NOT NULL;
SELECT rbac.define_permission('Doc:Print') FROM (SELECT rbac.set_caller(NULL, NULL, false) OFFSET 0) AS c (done) WHERE done IS NOT NULL;
SELECT rbac.check_access('acme', 'bob', 'Doc:Print') AS bob, rbac.check_access('beta', 'ann', 'Doc:Print') AS ann;

-- check_access: users ask about themselves; about others, who has Role:GetRole
-- for them. It is asked with good arguments.
SELECT rbac.set_caller('acme', 'ann', false) \gset
SELECT call, a.* FROM unnest(ARRAY[$$'acme', 'ann', 'Doc:Read'$$, $$'acme', 'bob', 'Doc:Read'$$, $$'acme', 'zoe', 'Doc:Read'$$, $$'beta', 'ann', 'Doc:Read'$$, $$'nowhere', 'ann', 'Doc:Read'$$, $$NULL, 'ann', 'Doc:Read'$$, $$'acme', NULL, 'Doc:Read'$$, $$'acme', 'ann', NULL$$,
    $$'acme', 'ann', 'Doc:Read', NULL$$, $$'acme', 'ann', 'Doc:Read', '[]'$$, $$'acme', 'ann', 'Doc:Read', 'null'$$, $$'acme', 'ann', 'Doc:Read', '{"x": []}'$$, $$'acme', 'ann', 'Doc:Read', '{"x": null}'$$, $$'acme', 'ann', 'Doc:Read', '{"x": {}}'$$]) AS call
CROSS JOIN LATERAL pg_temp.attempt(format('SELECT rbac.check_access(%s)', call)) AS a;
SELECT rbac.set_caller('ops', 'root', false) \gset
SELECT rbac.check_access('acme', 'bob', 'Doc:Write') AS bob_may_write;
SELECT rbac.set_caller(NULL, NULL, false) \gset
CREATE ROLE regress_app;
SET ROLE regress_app;
SELECT rbac.check_access('acme', 'ann', 'Doc:Read');
RESET ROLE;

DROP ROLE regress_app;
DELETE FROM rbac.organization;
DELETE FROM rbac.permission WHERE NOT is_builtin;
TRUNCATE rbac.audit_event RESTART IDENTITY;
