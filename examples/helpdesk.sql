-- A help desk shared by three organizations: 3 x 10 roles, 3 x 13 users, 3,000
-- tickets, and policies that let each user see and change what their roles
-- allow; and a team that plans on boards. Run by a superuser in an empty
-- database; tour.sql and http.sh then look around.

CREATE EXTENSION rbac;

-- The application logs in as whoever; its queries run as this role, which owns
-- nothing and has no way around the policies.
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'helpdesk_app') THEN
        CREATE ROLE helpdesk_app NOLOGIN;
    END IF;
END
$$;

---- What can be done: permissions and the attributes that conditions may use ----

SELECT rbac.define_permission('Ticket:' || action, '{
           "region": "string", "owner": "string", "status": "string",
           "priority": "number", "confidential": "boolean"}', description)
FROM (VALUES ('Read', 'See a ticket'), ('Create', 'Open a ticket'),
             ('Update', 'Change a ticket'), ('Delete', 'Remove a ticket')) AS p(action, description);

---- Who is there: organizations, roles, users ----

CREATE PROCEDURE set_up_organization(organization text)
LANGUAGE plpgsql AS $$
DECLARE
    region text;
BEGIN
    PERFORM rbac.create_organization(organization);

    -- Everybody opens tickets and sees their own.
    PERFORM rbac.create_role(organization, 'Employee', 'Opens tickets and follows their own', '[
        {"permission_name": "Ticket:Create", "conditions": {"owner": {"type": "Equals", "value": "{self_user_id}"}}},
        {"permission_name": "Ticket:Read",   "conditions": {"owner": {"type": "Equals", "value": "{self_user_id}"}}}
    ]', 'client', is_base_role => true);

    FOREACH region IN ARRAY '{emea,amer,apac}'::text[] LOOP
        -- An agent works on the tickets of one region, neither confidential nor spam.
        PERFORM rbac.create_role(organization, 'Agent-' || region, 'Works on tickets of ' || region, format('[
            {"permission_name": "Ticket:Read", "conditions": {
                "region": {"type": "Equals", "value": %1$s}, "confidential": {"type": "Equals", "value": false}}},
            {"permission_name": "Ticket:Update", "conditions": {
                "region": {"type": "Equals", "value": %1$s}, "confidential": {"type": "Equals", "value": false},
                "status": {"type": "NotEquals", "value": "spam"}}}
        ]', to_json(region))::rbac.privileges, 'client', inherited_from => '{Employee}');

        -- A lead sees everything in the region and clears away what is done.
        PERFORM rbac.create_role(organization, 'Lead-' || region, 'Leads ' || region, format('[
            {"permission_name": "Ticket:Read",   "conditions": {"region": {"type": "Equals", "value": %1$s}}},
            {"permission_name": "Ticket:Update", "conditions": {"region": {"type": "Equals", "value": %1$s}}},
            {"permission_name": "Ticket:Delete", "conditions": {
                "region": {"type": "Equals", "value": %1$s}, "status": {"type": "In", "values": ["closed", "spam"]}}}
        ]', to_json(region))::rbac.privileges, 'client', inherited_from => ARRAY['Agent-' || region]);

        PERFORM rbac.create_user(organization, 'agent-' || region || '-' || n) FROM generate_series(1, 2) AS n;
        PERFORM rbac.assign_role(organization, 'Agent-' || region, 'agent-' || region || '-' || n)
        FROM generate_series(1, 2) AS n;
        PERFORM rbac.create_user(organization, 'lead-' || region);
        PERFORM rbac.assign_role(organization, 'Lead-' || region, 'lead-' || region);
    END LOOP;

    PERFORM rbac.create_role(organization, 'Manager', 'Everything about tickets; hands out roles', '[
        {"permission_name": "Ticket:*",      "conditions": {}},
        {"permission_name": "Role:*",        "conditions": {}},
        {"permission_name": "Group:*",       "conditions": {}},
        {"permission_name": "Application:*", "conditions": {}}
    ]', 'admin', inherited_from => '{Employee}');
    PERFORM rbac.create_role(organization, 'Auditor', 'Sees nothing until granted for a time', '[]', 'admin');
    PERFORM rbac.create_role(organization, 'Owner', 'Everything', '[
        {"permission_name": "*", "conditions": {}}]', 'admin');

    PERFORM rbac.create_user(organization, user_id)
    FROM unnest('{eve,mona,audrey,olga}'::text[]) AS user_id;
    PERFORM rbac.assign_role(organization, 'Employee', 'eve');
    PERFORM rbac.assign_role(organization, 'Manager', 'mona');
    PERFORM rbac.assign_role(organization, 'Auditor', 'audrey');
    PERFORM rbac.assign_role(organization, 'Owner', 'olga');
END
$$;

CALL set_up_organization('acme');
CALL set_up_organization('globex');
CALL set_up_organization('initech');

-- Roles for workspaces and projects. Their API wants uuids for ids, also of an
-- organization.
SELECT rbac.define_permission('Board:' || action,
    '{"workspace_id": "string", "project_id": "string", "resource_id": "string"}', description)
FROM (VALUES ('Read', 'See a board'), ('Update', 'Change a board')) AS p(action, description);

SELECT rbac.create_organization(planners), rbac.create_user(planners, 'uma'), rbac.create_user(planners, 'tom'),
       rbac.create_role(planners, 'Owner', 'Everything', '[{"permission_name": "*", "conditions": {}}]', 'admin'),
       rbac.assign_role(planners, 'Owner', 'uma'),
       rbac.create_group(planners, 'crew'), rbac.add_group_member(planners, 'crew', 'tom'),
       rbac.create_application(planners, 'billing')
FROM (VALUES ('7c9e6679-7425-40de-944b-e07fc1f90ae7')) AS organization (planners);

---- The data and who may touch it ----

CREATE TABLE ticket (
    ticket_id    integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    org_id       text NOT NULL DEFAULT rbac.current_organization(),
    region       text NOT NULL,
    owner        text NOT NULL DEFAULT rbac.current_user_id(),
    status       text NOT NULL DEFAULT 'open',
    priority     integer NOT NULL DEFAULT 3,
    confidential boolean NOT NULL DEFAULT false,
    subject      text NOT NULL
);

INSERT INTO ticket (org_id, region, owner, status, priority, confidential, subject)
SELECT ('{acme,globex,initech}'::text[])[1 + n % 3],
       ('{emea,amer,apac}'::text[])[1 + n / 3 % 3],
       CASE WHEN n % 50 < 3 THEN 'eve' ELSE 'user-' || n % 40 END,
       ('{open,open,pending,closed,spam}'::text[])[1 + n / 9 % 5],
       1 + n % 4,
       n % 10 = 0,
       'Ticket number ' || n
FROM generate_series(1, 3000) AS n;

CREATE INDEX ticket_org_id ON ticket (org_id);

ALTER TABLE ticket ENABLE ROW LEVEL SECURITY;
ALTER TABLE ticket FORCE ROW LEVEL SECURITY;

CREATE POLICY ticket_read ON ticket FOR SELECT USING (
    rbac.has_permission('Ticket:Read', 'org_id', org_id, 'region', region, 'owner', owner,
                        'status', status, 'priority', priority, 'confidential', confidential));
CREATE POLICY ticket_create ON ticket FOR INSERT WITH CHECK (
    rbac.has_permission('Ticket:Create', 'org_id', org_id, 'region', region, 'owner', owner,
                        'status', status, 'priority', priority, 'confidential', confidential));
-- USING asks about the row as it is, WITH CHECK about the row as it would become.
CREATE POLICY ticket_update ON ticket FOR UPDATE USING (
    rbac.has_permission('Ticket:Update', 'org_id', org_id, 'region', region, 'owner', owner,
                        'status', status, 'priority', priority, 'confidential', confidential)
) WITH CHECK (
    rbac.has_permission('Ticket:Update', 'org_id', org_id, 'region', region, 'owner', owner,
                        'status', status, 'priority', priority, 'confidential', confidential));
CREATE POLICY ticket_delete ON ticket FOR DELETE USING (
    rbac.has_permission('Ticket:Delete', 'org_id', org_id, 'region', region, 'owner', owner,
                        'status', status, 'priority', priority, 'confidential', confidential));

GRANT SELECT, INSERT, UPDATE, DELETE ON ticket TO helpdesk_app;
