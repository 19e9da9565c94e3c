-- A tour of helpdesk.sql: who sees what, what is refused and why, and a
-- temporary grant that ends. It runs as the application's role, and names the
-- caller as a gateway would.

\set QUIET on
\set VERBOSITY default
\set SHOW_CONTEXT never
\pset footer off
SET client_min_messages = warning;

SET ROLE helpdesk_app;

\echo
\echo '== 1. One query, five callers: SELECT count(*) FROM ticket'
\echo
\echo 'No caller: nothing.'
SELECT count(*) AS tickets FROM ticket;

\echo 'eve, an employee of acme: her own tickets.'
SELECT rbac.set_caller('acme', 'eve', false) \g /dev/null
SELECT count(*) AS tickets, min(owner) AS owner, string_agg(DISTINCT region, ', ') AS regions FROM ticket;

\echo 'agent-emea-1 of acme: the tickets of one region that are not confidential.'
SELECT rbac.set_caller('acme', 'agent-emea-1', false) \g /dev/null
SELECT count(*) AS tickets, string_agg(DISTINCT region, ', ') AS regions,
       bool_or(confidential) AS confidential FROM ticket;

\echo 'mona, the manager of acme: all of acme, none of the others.'
SELECT rbac.set_caller('acme', 'mona', false) \g /dev/null
SELECT count(*) AS tickets, string_agg(DISTINCT org_id, ', ') AS organizations FROM ticket;

\echo 'mona of globex is somebody else: all of globex.'
SELECT rbac.set_caller('globex', 'mona', false) \g /dev/null
SELECT count(*) AS tickets, string_agg(DISTINCT org_id, ', ') AS organizations FROM ticket;

\echo '== 2. Writing is checked too'
\echo
\echo 'agent-emea-1 closes open tickets of emea; spam is out of reach.'
SELECT rbac.set_caller('acme', 'agent-emea-1', false) \g /dev/null
UPDATE ticket SET status = 'closed' WHERE region = 'emea' AND status = 'open';
SELECT :ROW_COUNT AS closed;
UPDATE ticket SET status = 'open' WHERE region = 'emea' AND status = 'spam';
SELECT :ROW_COUNT AS "spam reopened";
\echo 'Moving a ticket to another region is refused:'
UPDATE ticket SET region = 'apac' WHERE region = 'emea' AND status = 'pending';

\echo
\echo '== 3. Nobody hands out more than they hold'
\echo
\echo 'mona makes eve an agent as well. That is less than she holds, so it is done:'
SELECT rbac.set_caller('acme', 'mona', false) \g /dev/null
SELECT rbac.assign_role('acme', 'Agent-amer', 'eve', replace => false) IS NOT NULL AS assigned;
\echo 'lead-emea tries to make eve an agent of apac. The refusal shows a request that'
\echo 'the role would allow and lead-emea may not make:'
SELECT rbac.set_caller('acme', 'lead-emea', false) \g /dev/null
SELECT rbac.assign_role('acme', 'Agent-apac', 'eve');
\echo 'mona tries to make herself Owner:'
SELECT rbac.set_caller('acme', 'mona', false) \g /dev/null
SELECT rbac.assign_role('acme', 'Owner', 'mona');

\echo
\echo '== 4. Comparison is exact, over all grants together'
\echo
\echo 'Open and not-open together cover every ticket that has a status ...'
SELECT rbac.compare_privileges(
    '[{"permission_name":"Ticket:Read","conditions":{"status":{"type":"Equals","value":"open"}}},
      {"permission_name":"Ticket:Read","conditions":{"status":{"type":"NotEquals","value":"open"}}}]',
    '[{"permission_name":"Ticket:Read","conditions":{"status":{"type":"In","values":["open","closed"]}}}]');
\echo '... but not one without:'
SELECT rbac.uncovered(
    '[{"permission_name":"Ticket:Read","conditions":{"status":{"type":"Equals","value":"open"}}},
      {"permission_name":"Ticket:Read","conditions":{"status":{"type":"NotEquals","value":"open"}}}]',
    '[{"permission_name":"Ticket:Read","conditions":{}}]');

\echo '== 5. A temporary grant ends by itself'
\echo
\echo 'audrey, the auditor, sees nothing. mona lets her see closed tickets for 2 seconds:'
SELECT expires_at > now() AS granted FROM rbac.create_temporary_permission_grant('acme', 'audrey', 'PT2S',
    '{"permission_name":"Ticket:Read","conditions":{"status":{"type":"Equals","value":"closed"}}}',
    '{"case":"A 17"}', 'Quarterly review of closed tickets');
SELECT rbac.set_caller('acme', 'audrey', false) \g /dev/null
SELECT count(*) AS "tickets now", string_agg(DISTINCT status, ', ') AS status FROM ticket;
SELECT pg_sleep(2.1) \g /dev/null
SELECT count(*) AS "tickets 2 seconds later" FROM ticket;

\echo '== 6. A revoke counts from the next statement'
\echo
SELECT rbac.set_caller('acme', 'eve', false) \g /dev/null
SELECT count(*) AS "eve as an agent" FROM ticket;
SELECT rbac.set_caller('acme', 'mona', false) \g /dev/null
SELECT rbac.revoke_role('acme', 'Agent-amer', 'eve') \g /dev/null
SELECT rbac.set_caller('acme', 'eve', false) \g /dev/null
SELECT count(*) AS "eve after the revoke" FROM ticket;

\echo '== 7. Groups and applications'
\echo
\echo 'mona makes a group, gives it a role and lets eve in: she sees apac too.'
SELECT rbac.set_caller('acme', 'mona', false) \g /dev/null
SELECT rbac.create_group('acme', 'night-shift') \g /dev/null
SELECT rbac.assign_scoped_role(id, group_id => 'night-shift')
FROM rbac.get_scoped_roles('acme', role_name => 'Agent-apac') \g /dev/null
SELECT rbac.add_group_member('acme', 'night-shift', 'eve') \g /dev/null
SELECT rbac.set_caller('acme', 'eve', false) \g /dev/null
SELECT count(*) AS "eve on the night shift" FROM ticket;
\echo 'The shop is an application with roles of its own, whose permissions are any texts.'
SELECT rbac.set_caller('acme', 'mona', false) \g /dev/null
SELECT rbac.create_application('acme', 'shop') \g /dev/null
SELECT rbac.create_application_role('acme', 'shop', 'Refunder', '{read orders,refund}') AS refunder \gset
SELECT rbac.assign_application_role('acme', 'shop', :'refunder', '{night-shift}', 'Group') \g /dev/null
SELECT rbac.set_caller('acme', 'eve', false) \g /dev/null
SELECT permission, rbac.has_permission('Application:Use', 'application_id', 'shop', 'permission', permission) AS allowed
FROM unnest('{refund,close}'::text[]) AS permission;

\echo '== 8. Everything is on record'
\echo
RESET ROLE;
SELECT actor_user_id AS actor, operation, detail ->> 'role_name' AS role, detail ->> 'user_id' AS "user"
FROM rbac.audit_event WHERE actor_user_id IS NOT NULL ORDER BY event_id;
