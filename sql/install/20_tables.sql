-- Tables. Users reach them only through functions: 90_privileges.sql revokes
-- everything from PUBLIC and registers every table with pg_dump.
--
-- A role is a lineage (role) with one current document (role_version);
-- assignments and inheritance point at the lineage, so a new version switches
-- every holder with one insert.

CREATE DOMAIN rbac.object_id AS text COLLATE pg_catalog."C"
    CONSTRAINT object_id_check CHECK (VALUE OPERATOR(pg_catalog.~) '^[0-9a-f]{24}$');
COMMENT ON DOMAIN rbac.object_id IS
'Identifier of 24 lower-case hexadecimal digits, as rbac.generate_object_id() makes them.';

CREATE TYPE rbac.frontend_view AS ENUM ('client', 'admin');
COMMENT ON TYPE rbac.frontend_view IS
'Which user interface the holders of a role see.';

CREATE TABLE rbac.organization (
    organization text COLLATE "C" PRIMARY KEY,
    settings     jsonb NOT NULL DEFAULT '{}',
    created_at   timestamptz NOT NULL DEFAULT pg_catalog.now()
);
COMMENT ON TABLE rbac.organization IS
'Tenants.';
COMMENT ON COLUMN rbac.organization.settings IS
'Only what was set; rbac_internal.default_settings() has the rest.';

CREATE TABLE rbac.permission (
    permission_name text COLLATE "C" PRIMARY KEY,
    attributes      jsonb NOT NULL DEFAULT '{}',
    description     text,
    is_builtin      boolean NOT NULL DEFAULT false
);
COMMENT ON TABLE rbac.permission IS
'The registry: what grants may name.';
COMMENT ON COLUMN rbac.permission.attributes IS
'Attribute name to type; org_id, a string, goes without saying.';
COMMENT ON COLUMN rbac.permission.is_builtin IS
'Comes with the extension, and is not dumped.';

CREATE TABLE rbac.principal (
    organization text COLLATE "C" NOT NULL REFERENCES rbac.organization ON DELETE CASCADE,
    principal_id text COLLATE "C" NOT NULL,
    kind         text NOT NULL CHECK (kind IN ('user', 'group', 'application', 'api_key')),
    created_at   timestamptz NOT NULL DEFAULT pg_catalog.now(),
    PRIMARY KEY (organization, principal_id)
);
COMMENT ON TABLE rbac.principal IS
'Who can hold roles in an organization.';

-- Columns begin with those of the key: a check reads the groups of a user.
CREATE TABLE rbac.group_member (
    organization text COLLATE "C" NOT NULL,
    user_id      text COLLATE "C" NOT NULL,
    group_id     text COLLATE "C" NOT NULL,
    created_at   timestamptz NOT NULL DEFAULT pg_catalog.now(),
    PRIMARY KEY (organization, user_id, group_id),
    FOREIGN KEY (organization, user_id) REFERENCES rbac.principal ON DELETE CASCADE,
    FOREIGN KEY (organization, group_id) REFERENCES rbac.principal ON DELETE CASCADE
);
COMMENT ON TABLE rbac.group_member IS
'Users of groups; they hold what the group holds.';
CREATE INDEX group_member_group ON rbac.group_member (organization, group_id, user_id);

CREATE TYPE rbac.role_level AS ENUM ('organization', 'workspace', 'project');
COMMENT ON TYPE rbac.role_level IS
'Where a role can be assigned: in the organization, in a workspace, or in a project of one.';

CREATE TYPE rbac.role_type AS ENUM ('normal', 'share');
COMMENT ON TYPE rbac.role_type IS
'Roles of type share are for sharing single resources and cannot be assigned.';

-- A role is of an organization, at a level, or of one of its applications.
CREATE TABLE rbac.role (
    role           rbac.object_id PRIMARY KEY,
    organization   text COLLATE "C" NOT NULL REFERENCES rbac.organization ON DELETE CASCADE,
    level          rbac.role_level,
    app_id         text COLLATE "C",
    role_name      text COLLATE "C",
    display_name   text,
    type           rbac.role_type NOT NULL DEFAULT 'normal',
    is_base_role   boolean NOT NULL DEFAULT false,
    system_managed boolean NOT NULL DEFAULT false,
    created_at     timestamptz NOT NULL DEFAULT pg_catalog.now(),
    FOREIGN KEY (organization, app_id) REFERENCES rbac.principal ON DELETE CASCADE,
    CHECK ((level IS NULL) OPERATOR(pg_catalog.<>) (app_id IS NULL)),
    CHECK (role_name IS NOT NULL OR level IN ('workspace', 'project'))
);
COMMENT ON TABLE rbac.role IS
'Roles as lineages: what all versions of a role have in common.';
COMMENT ON COLUMN rbac.role.role IS
'What does not change; users know roles of level organization by the role_id of a version.';
COMMENT ON COLUMN rbac.role.app_id IS
'The application, a principal, whose role this is.';
-- Of level and app_id one is NULL, and NULL is no duplicate: each index is about
-- its own roles, without a predicate that queries would have to repeat.
CREATE UNIQUE INDEX role_level_name ON rbac.role (organization, level, role_name);
CREATE UNIQUE INDEX role_application_name ON rbac.role (organization, app_id, role_name);

-- expires_at is NULL for the current version. The description lives here, not
-- in the lineage, so that a superseded version keeps the text it had.
CREATE TABLE rbac.role_version (
    role_id           rbac.object_id PRIMARY KEY,
    role              rbac.object_id NOT NULL REFERENCES rbac.role ON DELETE CASCADE,
    description       text,
    permission_grants rbac.privileges NOT NULL,
    frontend_view     rbac.frontend_view,
    created_at        timestamptz NOT NULL DEFAULT pg_catalog.now(),
    expires_at        timestamptz
);
COMMENT ON TABLE rbac.role_version IS
'Roles as documents.';
COMMENT ON COLUMN rbac.role_version.role_id IS
'The id of the role that users see.';
COMMENT ON COLUMN rbac.role_version.expires_at IS
'NULL for the current version; the others can be read by id until then.';
CREATE UNIQUE INDEX role_version_current ON rbac.role_version (role) WHERE expires_at IS NULL;
CREATE INDEX role_version_role ON rbac.role_version (role, expires_at);

CREATE TABLE rbac.role_parent (
    role   rbac.object_id REFERENCES rbac.role ON DELETE CASCADE,
    parent rbac.object_id REFERENCES rbac.role ON DELETE CASCADE,
    PRIMARY KEY (role, parent),
    CHECK (role OPERATOR(pg_catalog.<>) parent)
);
COMMENT ON TABLE rbac.role_parent IS
'Inheritance: a role has the grants of its parents too.';
CREATE INDEX role_parent_parent ON rbac.role_parent (parent);

CREATE TABLE rbac.assignment (
    organization text COLLATE "C" NOT NULL,
    principal_id text COLLATE "C" NOT NULL,
    role         rbac.object_id NOT NULL REFERENCES rbac.role ON DELETE CASCADE,
    restriction  jsonb NOT NULL DEFAULT '{}',
    created_at   timestamptz NOT NULL DEFAULT pg_catalog.now(),
    PRIMARY KEY (organization, principal_id, role, restriction),
    FOREIGN KEY (organization, principal_id) REFERENCES rbac.principal ON DELETE CASCADE,
    CHECK (pg_catalog.jsonb_typeof(restriction) OPERATOR(pg_catalog.=) 'object')
);
COMMENT ON TABLE rbac.assignment IS
'Who holds which role.';
COMMENT ON COLUMN rbac.assignment.restriction IS
'Attributes, such as project_id, and the strings that they must equal for the role to count.';
CREATE INDEX assignment_role ON rbac.assignment (role);

CREATE TABLE rbac.temporary_grant (
    temporary_permission_grant_id rbac.object_id PRIMARY KEY,
    organization         text COLLATE "C" NOT NULL,
    user_id              text COLLATE "C" NOT NULL,
    permission_grant     rbac.permission_grant NOT NULL,
    tags                 jsonb NOT NULL,
    justification        text NOT NULL,
    creator_organization text,
    creator_user_id      text,
    created_at           timestamptz NOT NULL,
    expires_at           timestamptz NOT NULL,
    FOREIGN KEY (organization, user_id) REFERENCES rbac.principal ON DELETE CASCADE
);
COMMENT ON TABLE rbac.temporary_grant IS
'Grants to one user until an instant; expired ones stay as a record.';
COMMENT ON COLUMN rbac.temporary_grant.tags IS
'Object of tag and value, a string or null.';
COMMENT ON COLUMN rbac.temporary_grant.creator_user_id IS
'NULL, with creator_organization, if the system made it.';
CREATE INDEX temporary_grant_user ON rbac.temporary_grant (organization, user_id, expires_at);

-- actor_* are NULL when the system acted, or an API key signed somebody in. Rows
-- are written by the functions, never by triggers: a trigger would fire again
-- while a dump is restored.
CREATE TABLE rbac.audit_event (
    event_id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    occurred_at        timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    organization       text COLLATE "C",
    actor_organization text COLLATE "C",
    actor_user_id      text COLLATE "C",
    session_role       name NOT NULL DEFAULT session_user,
    operation          text NOT NULL,
    detail             jsonb NOT NULL
);
COMMENT ON TABLE rbac.audit_event IS
'Every write, appended by the function and in the transaction that made it.';
COMMENT ON COLUMN rbac.audit_event.detail IS
'The arguments, and what resulted.';
CREATE INDEX audit_event_organization ON rbac.audit_event (organization, event_id);

-- A key is a principal, and its role an assignment: it has what a new version of
-- the role gives as soon as any other holder.
CREATE TABLE rbac.api_key (
    organization         text COLLATE "C" NOT NULL,
    api_key_id           rbac.object_id NOT NULL,
    salt                 bytea NOT NULL,
    hash                 bytea NOT NULL,
    creator_organization text,
    creator_user_id      text,
    created_at           timestamptz NOT NULL,
    expires_at           timestamptz NOT NULL,
    PRIMARY KEY (organization, api_key_id),
    FOREIGN KEY (organization, api_key_id) REFERENCES rbac.principal ON DELETE CASCADE
);
COMMENT ON TABLE rbac.api_key IS
'What tells that somebody has a key: never the key itself.';
COMMENT ON COLUMN rbac.api_key.hash IS
'SHA-256 of salt and key.';
COMMENT ON COLUMN rbac.api_key.creator_user_id IS
'NULL, with creator_organization, if the system made it.';

-- Defaults come with the extension and are no rows here, so that a dump carries
-- what was changed and nothing else.
CREATE TABLE rbac.rate_limit (
    operation text COLLATE "C" PRIMARY KEY,
    requests  integer CHECK (requests OPERATOR(pg_catalog.>) 0)
);
COMMENT ON TABLE rbac.rate_limit IS
'Limits of requests over HTTP that differ from the defaults, rbac_internal.default_rate_limits().';
COMMENT ON COLUMN rbac.rate_limit.operation IS
'Name of a function of schema rbac_api.';
COMMENT ON COLUMN rbac.rate_limit.requests IS
'How many one caller may make in a minute; NULL for any number.';

-- Every backend caches roles and assignments. A change to one of these tables
-- sends a relcache invalidation with its commit, which reaches every backend
-- and every standby. Row triggers, and ENABLE ALWAYS, so that they also fire
-- in logical replication and under session_replication_role = replica.
--
-- It is an invalidation of this view and not of the table, which every backend
-- would have to learn about anew.
CREATE VIEW rbac_internal.change AS SELECT;
COMMENT ON VIEW rbac_internal.change IS
'Never read: a change of the tables is announced as one of this view.';

CREATE FUNCTION rbac_internal.invalidate() RETURNS trigger
LANGUAGE C AS 'MODULE_PATHNAME', 'rbac_invalidate';
COMMENT ON FUNCTION rbac_internal.invalidate() IS
'Trigger: tells every backend to forget what it cached from the tables.';

DO $$
DECLARE
    t text;
BEGIN
    FOREACH t IN ARRAY ARRAY['organization', 'principal', 'group_member', 'role', 'role_version',
                             'role_parent', 'assignment', 'temporary_grant']
    LOOP
        EXECUTE pg_catalog.format(
            'CREATE TRIGGER invalidate_row AFTER INSERT OR UPDATE OR DELETE ON rbac.%1$I
                 FOR EACH ROW EXECUTE FUNCTION rbac_internal.invalidate();
             CREATE TRIGGER invalidate_truncate AFTER TRUNCATE ON rbac.%1$I
                 FOR EACH STATEMENT EXECUTE FUNCTION rbac_internal.invalidate();
             ALTER TABLE rbac.%1$I ENABLE ALWAYS TRIGGER invalidate_row;
             ALTER TABLE rbac.%1$I ENABLE ALWAYS TRIGGER invalidate_truncate', t);
    END LOOP;
END
$$;
