-- Groups: users hold what their groups hold. How far somebody can hand out rights
-- by a group is in escalation_scopes.
\set SHOW_CONTEXT never
CREATE FUNCTION pg_temp.attempt(command text, OUT state text, OUT message text) LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE 'SELECT rbac.' || command;
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
CREATE TEMP TABLE doc (region text, project_id text, owner text);
INSERT INTO doc VALUES ('eu', 'p1', 'ann'), ('us', 'p1', 'bob'), ('us', 'p2', 'ann');
-- What somebody sees of it.
CREATE FUNCTION pg_temp.sees(organization text, user_id text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    seen text;
BEGIN
    PERFORM rbac.set_caller(organization, user_id, false);
    SELECT string_agg(concat_ws(' ', region, project_id, owner), ', ') INTO seen FROM doc
    WHERE rbac.has_permission('Doc:Read', 'workspace_id', 'w1', 'project_id', project_id, 'region', region, 'owner', owner);
    PERFORM rbac.set_caller(NULL, NULL, false);
    RETURN seen;
END
$$;
DO $$
BEGIN
    PERFORM rbac.create_organization(o) FROM unnest(ARRAY['acme', 'beta']) AS o;
    PERFORM rbac.create_user('acme', u) FROM unnest(ARRAY['ann', 'bob', 'eve']) AS u;
    PERFORM rbac.create_user('beta', 'max');
    PERFORM rbac.define_permission('Doc:Read', '{"region": "string", "owner": "string"}');
    PERFORM rbac.create_role('acme', 'europe', 'x', '[{"permission_name": "Doc:Read", "conditions": {"region": {"type": "Equals", "value": "eu"}}}]', 'client');
    PERFORM rbac.create_role('acme', 'own', 'x', '[{"permission_name": "Doc:Read", "conditions": {"owner": {"type": "Equals", "value": "{self_user_id}"}}}]', 'client', '{europe}');
    PERFORM rbac.create_scoped_role('acme', 'project', '[{"permission_name": "Doc:Read"}]', 'reader');
    PERFORM rbac.create_application('acme', 'crm');
    PERFORM rbac.create_application_role('acme', 'crm', 'agent', '{refund}');
END
$$;
SELECT max(id::text) FILTER (WHERE role_name = 'europe') AS europe, max(id::text) FILTER (WHERE role_name = 'own') AS own, max(id::text) FILTER (WHERE role_name = 'reader') AS reader FROM rbac.get_scoped_roles('acme') \gset
SELECT role_id AS agent FROM rbac.get_application_roles('acme', 'crm') \gset

-- Groups and their members.
SELECT c, a.* FROM unnest(ARRAY[
    $$create_group('acme', 'team')$$, $$create_group('acme', 'Team')$$, $$create_group('acme', ' team')$$, $$create_group('beta', 'team')$$,
    $$add_group_member('acme', 'team', 'ann')$$, $$add_group_member('acme', 'team', 'bob')$$, $$add_group_member('acme', 'team', 'bob')$$, $$add_group_member('acme', 'Team', 'bob')$$,
    $$remove_group_member('acme', 'Team', 'bob')$$, $$remove_group_member('acme', 'Team', 'bob')$$, $$remove_group_member('acme', 'team', 'eve')$$]) AS c CROSS JOIN LATERAL pg_temp.attempt(c) AS a;
SELECT * FROM rbac.get_groups('acme');
SELECT * FROM rbac.get_group_members('acme', 'team');
SELECT * FROM rbac.get_group_members('beta', 'team');
-- Ids are those of no other principal, of whatever kind; members are users of the
-- same organization, not groups.
SELECT c, a.* FROM unnest(ARRAY[
    $$create_group('acme', 'team')$$, $$create_group('acme', 'ann')$$, $$create_group('acme', 'crm')$$, $$create_user('acme', 'team')$$, $$create_application('acme', 'team')$$, $$create_group('acme', '')$$, $$create_group('acme', '{self_user_id}')$$,
    $$add_group_member('acme', 'team', 'Team')$$, $$add_group_member('acme', 'team', 'crm')$$, $$add_group_member('acme', 'team', 'max')$$, $$add_group_member('acme', 'ann', 'bob')$$, $$add_group_member('acme', 'crm', 'bob')$$, $$add_group_member('acme', 'TEAM', 'bob')$$,
    $$get_group_members('acme', 'ann')$$, $$delete_group('acme', 'ann')$$, $$delete_group('acme', 'crm')$$]) AS c CROSS JOIN LATERAL pg_temp.attempt(c) AS a;
SELECT a.state, a.message FROM unnest(ARRAY[256, 257]) AS n CROSS JOIN LATERAL pg_temp.attempt(format('create_group(''beta'', %L)', repeat(U&'\00e9', n))) AS a;

-- What members hold, and others do not: nothing, a role of the organization with
-- what it inherits, where {self_user_id} is the member, and a role in a project.
SELECT u, pg_temp.sees('acme', u) FROM unnest(ARRAY['ann', 'bob', 'eve']) AS u;
SELECT rbac.assign_scoped_role(:'own', group_id => 'team') \gset
SELECT u, pg_temp.sees('acme', u) FROM unnest(ARRAY['ann', 'bob', 'eve']) AS u;
SELECT rbac.assign_scoped_role(:'reader', group_id => 'team', workspace_id => 'w1', project_id => 'p2') \gset
SELECT u, pg_temp.sees('acme', u) FROM unnest(ARRAY['ann', 'bob', 'eve']) AS u;
-- Roles of applications, and of several groups, of one's own and for a time.
SELECT rbac.assign_application_role('acme', 'crm', :'agent', '{team}', 'Group') \gset
SELECT u, rbac.check_access('acme', u, 'Application:Use', '{"application_id": "crm", "permission": "refund"}') FROM unnest(ARRAY['bob', 'eve']) AS u;
SELECT rbac.assign_role('acme', 'europe', 'eve') \gset
SELECT pg_temp.sees('acme', 'eve');
SELECT rbac.assign_scoped_role(:'own', group_id => 'Team'), rbac.add_group_member('acme', 'Team', 'eve') \gset
INSERT INTO doc VALUES ('us', 'p3', 'eve'), ('asia', 'p4', 'bob');
SELECT pg_temp.sees('acme', 'eve');
SELECT rbac.create_temporary_permission_grant('acme', 'eve', 'PT1H', '{"permission_name": "Doc:Read", "conditions": {"region": {"type": "Equals", "value": "asia"}}}', '{}', 'Because of a test.') \gset
SELECT pg_temp.sees('acme', 'eve');
-- Nobody is a group, whatever a token says; and a group is of one organization.
SELECT pg_temp.sees('acme', 'team'), pg_temp.sees('acme', 'Team'), pg_temp.sees('beta', 'ann'), pg_temp.sees('beta', 'team');
-- A member who goes loses what came from the group, and nothing else.
SELECT rbac.remove_group_member('acme', 'Team', 'eve') \gset
SELECT pg_temp.sees('acme', 'eve');
-- So it is with a role that the group loses, and with the group.
SELECT rbac.revoke_scoped_role(:'own', group_id => 'team') \gset
SELECT u, pg_temp.sees('acme', u) FROM unnest(ARRAY['ann', 'bob']) AS u;
SELECT rbac.delete_group('acme', 'team') \gset
SELECT u, pg_temp.sees('acme', u), rbac.check_access('acme', u, 'Application:Use', '{"application_id": "crm", "permission": "refund"}') FROM unnest(ARRAY['ann', 'bob']) AS u;
SELECT (SELECT count(*) FROM rbac.group_member WHERE group_id = 'team') AS members, (SELECT count(*) FROM rbac.assignment WHERE principal_id = 'team') AS assignments;
-- A group that is made again starts with nothing.
SELECT rbac.create_group('acme', 'team') \gset
SELECT count(*) FROM rbac.get_group_members('acme', 'team');

-- Each function needs its permission, for this group and this user.
SELECT rbac.create_role('acme', 'keeper', 'x', jsonb_agg(jsonb_build_object('permission_name', 'Group:' || p, 'conditions', c))::rbac.privileges, 'client') FROM (VALUES
    ('CreateGroup', '{"group_id": {"type": "Equals", "value": "new"}}'::jsonb), ('GetGroup', '{"group_id": {"type": "Equals", "value": "team"}}'), ('DeleteGroup', '{"group_id": {"type": "Equals", "value": "new"}}'),
    ('AddMember', '{"group_id": {"type": "Equals", "value": "team"}, "user_id": {"type": "Equals", "value": "bob"}}'), ('RemoveMember', '{"group_id": {"type": "Equals", "value": "team"}, "user_id": {"type": "NotEquals", "value": "ann"}}')) AS v (p, c) \gset
SELECT rbac.assign_role('acme', 'keeper', 'eve'), rbac.add_group_member('acme', 'team', 'ann') \gset
CALL pg_temp.act_as('acme', 'eve');
SELECT c, a.* FROM unnest(ARRAY[
    $$create_group('acme', 'new')$$, $$create_group('acme', 'other')$$, $$create_group('acme', 'team')$$, $$delete_group('acme', 'team')$$, $$delete_group('acme', 'new')$$,
    $$add_group_member('acme', 'team', 'bob')$$, $$add_group_member('acme', 'team', 'eve')$$, $$add_group_member('acme', 'Team', 'bob')$$,
    $$remove_group_member('acme', 'team', 'ann')$$, $$remove_group_member('acme', 'team', 'eve')$$, $$remove_group_member('acme', 'team', 'nobody')$$,
    $$get_group_members('acme', 'Team')$$]) AS c CROSS JOIN LATERAL pg_temp.attempt(c) AS a;
SELECT * FROM rbac.get_groups('acme');
SELECT * FROM rbac.get_group_members('acme', 'team');
-- Where the caller does not act, nothing exists. An operator acts everywhere, but
-- a group is found in its own organization only.
CALL pg_temp.act_as('beta', 'max');
SELECT c, a.* FROM unnest(ARRAY[$$create_group('acme', 'x')$$, $$get_groups('acme')$$, $$get_group_members('acme', 'team')$$, $$add_group_member('acme', 'team', 'max')$$, $$remove_group_member('acme', 'team', 'ann')$$, $$delete_group('acme', 'team')$$,
    $$get_groups('nowhere')$$]) AS c CROSS JOIN LATERAL pg_temp.attempt(c) AS a;
CALL pg_temp.act_as(NULL, NULL);
SELECT rbac.create_organization('ops', '{"operator": true}'), rbac.create_user('ops', 'root'), rbac.create_role('ops', 'all', 'x', '[{"permission_name": "*"}]', 'admin'), rbac.assign_role('ops', 'all', 'root') \gset
CALL pg_temp.act_as('ops', 'root');
SELECT c, a.* FROM unnest(ARRAY[$$add_group_member('beta', 'Team', 'max')$$, $$add_group_member('beta', 'team', 'ann')$$, $$add_group_member('beta', 'team', 'max')$$, $$add_group_member('beta', 'team', 'root')$$, $$get_groups('nowhere')$$]) AS c CROSS JOIN LATERAL pg_temp.attempt(c) AS a;

CALL pg_temp.act_as(NULL, NULL);
SELECT organization, group_id, user_id FROM rbac.group_member ORDER BY 1, 2, 3;
DELETE FROM rbac.organization;
SELECT count(*) FROM rbac.group_member;
DELETE FROM rbac.permission WHERE NOT is_builtin;
TRUNCATE rbac.audit_event RESTART IDENTITY;
