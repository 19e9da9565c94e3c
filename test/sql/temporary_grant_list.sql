-- Listing temporary grants: filters, order, pages, and who sees what.
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
CREATE PROCEDURE pg_temp.act_as(organization text, user_id text) LANGUAGE plpgsql AS $$
BEGIN
    PERFORM rbac.set_caller(organization, user_id, false);
END
$$;
DO $$
BEGIN
    PERFORM rbac.create_organization(o, s::jsonb) FROM (VALUES ('acme', '{}'), ('beta', '{}'), ('ops', '{"operator": true}')) AS v (o, s);
    PERFORM rbac.create_user(o, u) FROM (VALUES ('acme', 'ann'), ('acme', 'bob'), ('acme', 'eve'), ('ops', 'root'), ('beta', 'bob')) AS v (o, u);
    PERFORM rbac.define_permission('Doc:' || p) FROM unnest(ARRAY['Read', 'Write']) AS p;
    PERFORM rbac.create_role(o, 'admin', 'x', '[{"permission_name": "*", "conditions": {}}]', 'admin') FROM unnest(ARRAY['acme', 'ops']) AS o;
    PERFORM rbac.create_role('acme', 'witness', 'x', g::rbac.privileges, 'client') FROM (VALUES ('[
        {"permission_name": "Role:GetTemporaryPermissionGrant", "conditions": {"user_id": {"type": "Equals", "value": "{self_user_id}"}}},
        {"permission_name": "Role:GetTemporaryPermissionGrant", "conditions": {"creator": {"type": "Equals", "value": "{self_user_id}"}}},
        {"permission_name": "Role:GetTemporaryPermissionGrant", "conditions": {"creator": {"type": "NotEquals", "value": "ann"}, "permission_name": {"type": "Equals", "value": "Doc:*"}}}]')) AS v (g);
    PERFORM rbac.assign_role(o, r, u) FROM (VALUES ('acme', 'admin', 'ann'), ('acme', 'witness', 'bob'), ('ops', 'admin', 'root')) AS v (o, r, u);
END
$$;
-- Seven grants, called by their justification; in order of their ids.
DO $$
DECLARE
    r record;
BEGIN
    FOR r IN SELECT * FROM (VALUES
        (1, 'acme', 'ann',  'bob', 'Doc:Read',  'PT1H', '{"a": "x", "b": null}'), (2, 'acme', 'ann',  'eve', 'Doc:Write', 'PT3H', '{"a": "y"}'),
        (3, 'ops',  'root', 'eve', 'Doc:*',     'PT2H', '{"a": null, "c": "x"}'), (4, NULL,   NULL,   'bob', 'Doc:Read',  'PT4H', '{}'),
        (5, 'acme', 'ann',  'ann', 'Doc:Read',  'PT2H', '{"c d": "e f", "a": "x"}'), (6, 'ops', 'root', 'ann', 'Doc:Read', 'PT6H', '{}'),
        (7, 'acme', 'ann',  'bob', 'Doc:Write', 'PT5H', '{}')) AS v (n, organization, caller, user_id, permission, duration, tags) ORDER BY n
    LOOP
        PERFORM rbac.set_caller(r.organization, r.caller, true);
        PERFORM rbac.create_temporary_permission_grant('acme', r.user_id, r.duration, jsonb_build_object('permission_name', r.permission, 'conditions', '{}'::jsonb)::rbac.permission_grant,
            r.tags::jsonb, 'Justification ' || r.n);
    END LOOP;
    PERFORM rbac.set_caller(NULL, NULL, true);
    PERFORM rbac.create_temporary_permission_grant('beta', 'bob', 'PT1H', '{"permission_name": "Doc:Read", "conditions": {}}', '{}', 'Justification of beta');
END
$$;
-- Two of them expire.
UPDATE rbac.temporary_grant SET expires_at = now() - interval '1 hour' WHERE justification LIKE '%5';
UPDATE rbac.temporary_grant SET expires_at = now() - interval '2 hour' WHERE justification LIKE '%6';
CREATE FUNCTION pg_temp.found(filter text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    result text;
BEGIN
    EXECUTE format('SELECT coalesce(string_agg(right(justification, 1), '''' ), ''none'') FROM rbac.get_temporary_permission_grants(%s)', filter) INTO result;
    RETURN result;
END
$$;
SELECT temporary_permission_grant_id AS second FROM rbac.temporary_grant WHERE justification LIKE '%2' \gset
SELECT temporary_permission_grant_id AS of_beta FROM rbac.temporary_grant WHERE organization = 'beta' \gset

-- Filters: alternatives within one, all of them together; several tags are all
-- wanted. What does not exist finds nothing.
SELECT filter, pg_temp.found('''acme'', ' || filter) AS found FROM (VALUES
    ($$id => '{}'$$), ($$user_id => NULL, id => NULL, creator => NULL, tag => NULL, sort_by => NULL$$),
    ($$user_id => '{bob}'$$), ($$user_id => '{bob,eve,bob}'$$), ($$user_id => '{zoe}'$$), ($$user_id => '{Bob}'$$),
    ($$permission_grant_name => 'Doc:Read'$$), ($$permission_grant_name => 'Doc:*'$$), ($$permission_grant_name => ''$$), ($$permission_grant_name => 'Doc'$$),
    ($$is_expired => true$$), ($$is_expired => false$$), ($$is_expired => NULL$$),
    ($$creator => '{"acme,ann"}'$$), ($$creator => '{"ops,root"}'$$), ($$creator => '{"acme,ann","ops,root"}'$$), ($$creator => '{"acme,root"}'$$), ($$creator => '{","}'$$),
    ($$tag => '{a:x}'$$), ($$tag => '{a:*}'$$), ($$tag => '{a:}'$$), ($$tag => '{b:}'$$), ($$tag => '{z:*}'$$), ($$tag => '{a:*,c:*}'$$), ($$tag => '{c d:e f}'$$), ($$tag => '{a:x:}'$$),
    ($$user_id => '{bob}', permission_grant_name => 'Doc:Read'$$), ($$user_id => '{bob}', creator => '{"acme,ann"}', is_expired => false, tag => '{a:x}'$$)) AS v (filter);
SELECT pg_temp.found(format('%L, id => ARRAY[%L]', 'acme', :'second')) AS by_id, pg_temp.found(format('%L, id => ARRAY[%L, %L]', 'acme', :'second', :'second')) AS by_id_twice,
       pg_temp.found(format('%L, id => ARRAY[%L], user_id => %L', 'acme', :'second', '{bob}')) AS and_user, pg_temp.found(format('%L, id => ARRAY[%L]', 'acme', :'of_beta')) AS of_beta;

-- Order: by id unless told otherwise; later fields break ties, then the id does.
SELECT sort_by, pg_temp.found(format('''acme'', sort_by => %L', sort_by)) AS found FROM unnest(ARRAY[
    '{}', '{+user_id}', '{-user_id}', '{+expires_at}', '{-expires_at}', '{+permission_grant.permission_name}', '{+user_id,-expires_at}',
    '{-permission_grant.permission_name,+user_id,-expires_at}', '{+user_id,-user_id}']) AS sort_by;

-- Pages.
SELECT page, pg_temp.found('''acme'', ' || page) AS found FROM unnest(ARRAY['"limit" => 0', '"limit" => 3', '"limit" => 3, continuation_token => 3', '"limit" => 3, continuation_token => 6',
    'continuation_token => 7', 'continuation_token => 2147483647', '"limit" => 2, continuation_token => 1, sort_by => ''{-expires_at}''', '"limit" => 10']) AS page;

-- What is no argument.
SELECT arguments, a.* FROM (VALUES
    ('NULL'), ('''nowhere'''), ($$'acme', id => '{x}'$$), ($$'acme', id => '{0123456789ABCDEF01234567}'$$), ($$'acme', id => '{NULL}'$$), ($$'acme', "limit" => 11$$), ($$'acme', "limit" => -1$$), ($$'acme', "limit" => NULL$$),
    ($$'acme', continuation_token => -1$$), ($$'acme', creator => '{ann}'$$), ($$'acme', creator => '{NULL}'$$), ($$'acme', tag => '{a}'$$), ($$'acme', tag => '{NULL}'$$),
    ($$'acme', sort_by => '{user_id}'$$), ($$'acme', sort_by => '{" user_id"}'$$), ($$'acme', sort_by => '{+created_at}'$$), ($$'acme', sort_by => '{+User_id}'$$), ($$'acme', sort_by => '{"+user_id; SELECT 1"}'$$), ($$'acme', sort_by => '{"+user_id\n"}'$$),
    ($$'acme', sort_by => '{+permission_grantXpermission_name}'$$), ($$'acme', sort_by => '{NULL}'$$)) AS v (arguments)
CROSS JOIN LATERAL pg_temp.attempt(format('SELECT * FROM rbac.get_temporary_permission_grants(%s)', arguments)) AS a;

-- Everybody sees what Role:GetTemporaryPermissionGrant lets them: ann all, bob
-- his own, and not what root gave, whose creator is of another organization and
-- thus missing; eve nothing; an operator everything.
CREATE FUNCTION pg_temp.found_by(organization text, user_id text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    PERFORM rbac.set_caller(organization, user_id, true);
    RETURN pg_temp.found('''acme''');
END
$$;
SELECT v.*, pg_temp.found_by(organization, user_id) AS found
FROM (VALUES ('acme', 'ann'), ('acme', 'bob'), ('acme', 'eve'), ('beta', 'bob'), ('ops', 'root')) AS v (organization, user_id);
-- Pages count what the caller sees.
CALL pg_temp.act_as('acme', 'bob');
SELECT pg_temp.found('''acme'', "limit" => 2') AS first, pg_temp.found('''acme'', "limit" => 2, continuation_token => 2') AS second;

CALL pg_temp.act_as(NULL, NULL);
DELETE FROM rbac.organization;
DELETE FROM rbac.permission WHERE NOT is_builtin;
TRUNCATE rbac.audit_event RESTART IDENTITY;
