-- Scoped roles: roles that are assigned to users and groups in a workspace, or
-- in a project of one. Roles of level organization, which rbac.create_role
-- makes, take part: they are assigned in the organization as a whole.
--
-- A role of this API is known by a uuid, for what it does not lose when it
-- changes. An assignment in a scope is restricted: the role counts only for
-- requests that have this workspace_id and project_id.

CREATE TYPE rbac.scoped_role AS (
    id                uuid,
    role_name         text,
    description       text,
    organization      text,
    level             rbac.role_level,
    system_managed    boolean,
    type              rbac.role_type,
    permission_grants rbac.privileges
);
COMMENT ON TYPE rbac.scoped_role IS
'A role, as rbac.get_scoped_role returns it.';

CREATE TYPE rbac.scoped_role_assignment AS (
    user_id      text,
    group_id     text,
    workspace_id text,
    project_id   text
);
COMMENT ON TYPE rbac.scoped_role_assignment IS
'Who has a role and where, as rbac.get_scoped_role_assignments returns it; either user_id or group_id is NULL.';

-- Roles ----------------------------------------------------------------------

CREATE FUNCTION rbac_internal.find_scoped_role(role_id uuid) RETURNS rbac_internal.role_document
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_variable
DECLARE
    document rbac_internal.role_document;
BEGIN
    SELECT d.* INTO document FROM rbac_internal.role_document AS d
    WHERE d.role = rbac_internal.role_of_uuid(role_id) AND d.app_id IS NULL AND d.expires_at IS NULL;
    IF NOT FOUND OR NOT rbac_internal.acts_in(document.organization) THEN
        PERFORM rbac_internal.raise_undefined('role', role_id::text);
    END IF;
    RETURN document;
END
$$;
COMMENT ON FUNCTION rbac_internal.find_scoped_role(uuid) IS
'The current version of a role; raises 42704 if there is none of that id where the caller acts.';

CREATE FUNCTION rbac_internal.enter_scoped_role(role_id uuid) RETURNS rbac_internal.role_document
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM rbac_internal.require_caller();
    PERFORM rbac_internal.require_argument('role_id', role_id);
    PERFORM rbac_internal.lock_organization((rbac_internal.find_scoped_role(role_id)).organization);
    RETURN rbac_internal.find_scoped_role(role_id);
END
$$;
COMMENT ON FUNCTION rbac_internal.enter_scoped_role(uuid) IS
'The role that is to change, or whose assignments are, its organization locked.';

CREATE FUNCTION rbac_internal.require_permissions(permission_grants rbac.privileges) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF permission_grants IS NULL OR permission_grants::text = '[]' THEN
        PERFORM rbac_internal.raise_illegal('a role must have permissions');
    END IF;
END
$$;
COMMENT ON FUNCTION rbac_internal.require_permissions(rbac.privileges) IS
'Raises 42809 for a scoped role that would grant nothing.';

CREATE FUNCTION rbac_internal.check_scoped_role_texts(role_name text, description text) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    -- The bounds of the API.
    max_scoped_name CONSTANT integer := 50;
    max_scoped_description CONSTANT integer := 256;
BEGIN
    IF role_name IS NOT NULL THEN
        PERFORM rbac_internal.checked_text('role_name', role_name, 1, max_scoped_name);
    END IF;
    IF description IS NOT NULL THEN
        PERFORM rbac_internal.checked_text('description', description, 1, max_scoped_description);
    END IF;
END
$$;
COMMENT ON FUNCTION rbac_internal.check_scoped_role_texts(text, text) IS
'Raises 22023 for a name or description that is too short or too long; both may be NULL.';

-- Nothing must be found to be too long only when the role is assigned.
CREATE FUNCTION rbac_internal.require_room_for_scope(organization text, role rbac.object_id) RETURNS void
LANGUAGE sql STABLE PARALLEL RESTRICTED
BEGIN ATOMIC
    SELECT rbac_internal.compute_role_privileges(require_room_for_scope.organization, r.role, CASE r.level
        WHEN 'organization' THEN '{}'
        WHEN 'workspace' THEN '{"workspace_id": ""}'
        ELSE '{"workspace_id": "", "project_id": ""}' END::jsonb)
    FROM rbac.role AS r WHERE r.role = require_room_for_scope.role;
END;
COMMENT ON FUNCTION rbac_internal.require_room_for_scope(text, rbac.object_id) IS
'Raises 54000 if a grant of the role has so many conditions that it cannot be restricted to a scope of its level.';

CREATE FUNCTION rbac.create_scoped_role(
    organization text DEFAULT NULL,
    level rbac.role_level DEFAULT NULL,
    permission_grants rbac.privileges DEFAULT NULL,
    role_name text DEFAULT NULL,
    description text DEFAULT NULL,
    system_managed boolean DEFAULT false,
    type rbac.role_type DEFAULT 'normal'
) RETURNS uuid
LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'rbac_admin';

CREATE FUNCTION rbac_internal.create_scoped_role(
    organization text, level rbac.role_level, permission_grants rbac.privileges, role_name text,
    description text, system_managed boolean, type rbac.role_type
) RETURNS uuid
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    role CONSTANT rbac.object_id := rbac.generate_object_id();
BEGIN
    PERFORM rbac_internal.enter_organization(organization);
    PERFORM rbac_internal.lock_organization(organization);
    PERFORM rbac_internal.require_argument('level', level);
    PERFORM rbac_internal.check_scoped_role_texts(role_name, description);
    PERFORM rbac_internal.require_argument('system_managed', system_managed);
    PERFORM rbac_internal.require_argument('type', type);
    PERFORM rbac_internal.check_privileges('permission_grants', permission_grants);
    IF level = 'organization' THEN
        PERFORM rbac_internal.raise_illegal('a role of level organization cannot be created here');
    ELSIF system_managed AND NOT rbac_internal.acting_as_system() THEN
        PERFORM rbac_internal.raise_illegal('only the system can create a system managed role');
    END IF;
    PERFORM rbac_internal.require_permissions(permission_grants);
    PERFORM rbac_internal.require_permission('Role:CreateRole', jsonb_strip_nulls(jsonb_build_object(
        'org_id', organization, 'role_name', role_name, 'role_level', level)));
    PERFORM rbac_internal.require_unused_role_name(organization, level, NULL, role_name);
    INSERT INTO rbac.role (role, organization, level, role_name, system_managed, type)
    VALUES (role, organization, level, role_name, system_managed, type);
    PERFORM rbac_internal.insert_version(role, description, permission_grants, NULL);
    PERFORM rbac_internal.require_room_for_scope(organization, role);
    PERFORM rbac_internal.audit_role('create_scoped_role', role);
    RETURN rbac_internal.role_uuid(role);
END
$$;

COMMENT ON FUNCTION
rbac.create_scoped_role(text, rbac.role_level, rbac.privileges, text, text, boolean, rbac.role_type) IS
'Create a role that is assigned in workspaces or projects, and return its id.

organization: where.
level: "workspace" or "project". Roles of level "organization" are made by rbac.create_role.
permission_grants: what holders of the role may do in the scope in which it is assigned; at least one grant.
role_name: NULL, or 1 to 50 characters; one role of a level has this name.
description: NULL, or 1 to 256 characters.
system_managed: true for a role that only the system can create and delete.
type: "normal", or "share" for a role that cannot be assigned.

Needs Role:CreateRole with org_id, role_level and role_name. No privileges are compared: that happens when the role is assigned.
Errors: 28000 no caller, 42704 unknown organization, or not the caller''s, or unknown permission, 22023 invalid argument, 42809 level organization, no grants, or system managed, 42501 not permitted, 42710 the name is taken, 54000 too many conditions.
VOLATILE: it writes.';
COMMENT ON FUNCTION
rbac_internal.create_scoped_role(text, rbac.role_level, rbac.privileges, text, text, boolean, rbac.role_type) IS
'Implements rbac.create_scoped_role.';

CREATE FUNCTION rbac_internal.scoped_role(document rbac_internal.role_document) RETURNS rbac.scoped_role
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN ROW (rbac_internal.role_uuid(document.role), document.role_name, document.description,
            document.organization, document.level, document.system_managed, document.type,
            document.permission_grants)::rbac.scoped_role;
COMMENT ON FUNCTION rbac_internal.scoped_role(rbac_internal.role_document) IS
'The role as users see it.';

CREATE FUNCTION rbac.get_scoped_role(role_id uuid DEFAULT NULL) RETURNS rbac.scoped_role
LANGUAGE C STABLE PARALLEL RESTRICTED AS 'MODULE_PATHNAME', 'rbac_admin';

CREATE FUNCTION rbac_internal.get_scoped_role(role_id uuid) RETURNS rbac.scoped_role
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    document rbac_internal.role_document;
BEGIN
    PERFORM rbac_internal.require_caller();
    PERFORM rbac_internal.require_argument('role_id', role_id);
    document := rbac_internal.find_scoped_role(role_id);
    PERFORM rbac_internal.require_permission('Role:GetRole', rbac_internal.role_attributes(document));
    RETURN rbac_internal.scoped_role(document);
END
$$;

COMMENT ON FUNCTION rbac.get_scoped_role(uuid) IS
'A role of an organization, a workspace or a project.

role_id: its id.

Needs Role:GetRole with org_id, role_id, role_name, frontend_view and role_level.
Errors: 28000 no caller, 42704 unknown role, or of an organization in which the caller does not act, 22023 invalid argument, 42501 not permitted.
STABLE: it only reads tables and the caller.';
COMMENT ON FUNCTION rbac_internal.get_scoped_role(uuid) IS
'Implements rbac.get_scoped_role.';

CREATE FUNCTION rbac.get_scoped_roles(
    organization text DEFAULT NULL,
    level rbac.role_level DEFAULT NULL,
    role_name text DEFAULT NULL
) RETURNS SETOF rbac.scoped_role
LANGUAGE C STABLE PARALLEL RESTRICTED AS 'MODULE_PATHNAME', 'rbac_admin';

CREATE FUNCTION rbac_internal.get_scoped_roles(organization text, level rbac.role_level, role_name text)
RETURNS SETOF rbac.scoped_role
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_variable
BEGIN
    PERFORM rbac_internal.enter_organization(organization);
    RETURN QUERY
    SELECT (rbac_internal.scoped_role(d)).* FROM rbac_internal.role_document AS d
    WHERE d.organization = organization AND d.app_id IS NULL AND d.expires_at IS NULL
      AND (level IS NULL OR d.level = level) AND (role_name IS NULL OR d.role_name = role_name)
      AND rbac_internal.is_permitted('Role:GetRole', rbac_internal.role_attributes(d))
    ORDER BY d.level, d.role_name, d.role;
END
$$;

COMMENT ON FUNCTION rbac.get_scoped_roles(text, rbac.role_level, text) IS
'List the roles of an organization, its workspaces and projects, by level and name.

organization: which.
level, role_name: only the roles of this level, of this name; NULL for any.

Shows the roles for which the caller has Role:GetRole with org_id, role_id, role_name, frontend_view and role_level.
Errors: 28000 no caller, 42704 unknown organization, or not the caller''s, 22023 invalid argument.
STABLE: it only reads tables and the caller.';
COMMENT ON FUNCTION rbac_internal.get_scoped_roles(text, rbac.role_level, text) IS
'Implements rbac.get_scoped_roles.';

CREATE FUNCTION rbac.modify_scoped_role(
    role_id uuid DEFAULT NULL,
    role_name text DEFAULT NULL,
    description text DEFAULT NULL,
    permission_grants rbac.privileges DEFAULT NULL
) RETURNS void
LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'rbac_admin';

CREATE FUNCTION rbac_internal.modify_scoped_role(
    role_id uuid, role_name text, description text, permission_grants rbac.privileges
) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    old CONSTANT rbac_internal.role_document := rbac_internal.enter_scoped_role(role_id);
    is_changed boolean;
BEGIN
    PERFORM rbac_internal.check_scoped_role_texts(role_name, description);
    IF role_name IS NOT NULL AND old.level = 'organization' THEN
        role_name := rbac_internal.checked_role_name(role_name);
    END IF;
    PERFORM rbac_internal.check_privileges('permission_grants', permission_grants);
    permission_grants := coalesce(permission_grants, old.permission_grants);
    PERFORM rbac_internal.require_permissions(permission_grants);
    PERFORM rbac_internal.require_permission('Role:ModifyRole', rbac_internal.role_attributes(old));

    is_changed := rbac_internal.rename_role(old, coalesce(role_name, old.role_name));
    description := coalesce(description, old.description);
    IF rbac_internal.same_grants(permission_grants, old.permission_grants) THEN
        is_changed := rbac_internal.describe_role(old.role_id, description) OR is_changed;
    ELSE
        PERFORM rbac_internal.replace_version(
            old.organization, old.role, description, permission_grants, old.frontend_view,
            rbac_internal.role_parents(old.role));
        PERFORM rbac_internal.require_room_for_scope(old.organization, old.role);
        is_changed := true;
    END IF;
    IF is_changed THEN
        PERFORM rbac_internal.audit_role('modify_scoped_role', old.role, old.role_name);
    END IF;
END
$$;

COMMENT ON FUNCTION rbac.modify_scoped_role(uuid, text, text, rbac.privileges) IS
'Modify a role, which keeps its id.

role_id: which role; also one of level organization.
role_name, description, permission_grants: as in rbac.create_scoped_role; NULL leaves as is.

Needs Role:ModifyRole with the org_id, role_id, role_name, frontend_view and role_level that the role had. Another name moreover needs role-based privileges that exceed those of the role, and other grants ones that exceed those which the role, and every role that inherits from it, gives then, in whatever scope.
Errors: 28000 no caller, 42704 unknown role, or of an organization in which the caller does not act, or unknown permission, 22023 invalid argument, 42809 no grants, or another name for the admin role of the organization''s owner, 42501 not permitted, 42710 the name is taken, 54000 too many conditions, or a comparison that is too expensive.
VOLATILE: it writes.';
COMMENT ON FUNCTION rbac_internal.modify_scoped_role(uuid, text, text, rbac.privileges) IS
'Implements rbac.modify_scoped_role.';

CREATE FUNCTION rbac.delete_scoped_role(role_id uuid DEFAULT NULL) RETURNS void
LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'rbac_admin';

CREATE FUNCTION rbac_internal.delete_scoped_role(role_id uuid) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    document CONSTANT rbac_internal.role_document := rbac_internal.enter_scoped_role(role_id);
BEGIN
    IF document.system_managed AND NOT rbac_internal.acting_as_system() THEN
        PERFORM rbac_internal.raise_illegal('a system managed role cannot be deleted');
    END IF;
    PERFORM rbac_internal.delete_role(document);
    PERFORM rbac_internal.audit('delete_scoped_role', document.organization, jsonb_build_object(
        'role_id', rbac_internal.public_role_id(document), 'role_name', document.role_name));
END
$$;

COMMENT ON FUNCTION rbac.delete_scoped_role(uuid) IS
'Delete a role, with its assignments; roles that inherit from it lose its grants.

role_id: which role; also one of level organization.

Needs Role:DeleteRole with org_id, role_id, role_name, frontend_view and role_level, and role-based privileges that cover what the holders lose.
Errors: 28000 no caller, 42704 unknown role, or of an organization in which the caller does not act, 22023 invalid argument, 42809 a system managed role, or the admin role of the organization''s owner, 42501 not permitted, 54000 a comparison that is too expensive.
VOLATILE: it writes.';
COMMENT ON FUNCTION rbac_internal.delete_scoped_role(uuid) IS
'Implements rbac.delete_scoped_role.';

-- Assignments ----------------------------------------------------------------

CREATE FUNCTION rbac_internal.check_scope(workspace_id text, project_id text) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF workspace_id IS NOT NULL THEN
        PERFORM rbac_internal.check_id('workspace_id', workspace_id);
    END IF;
    IF project_id IS NOT NULL THEN
        PERFORM rbac_internal.check_id('project_id', project_id);
    END IF;
    IF project_id IS NOT NULL AND workspace_id IS NULL THEN
        RAISE EXCEPTION 'a project is given without its workspace' USING ERRCODE = 'invalid_parameter_value';
    END IF;
END
$$;
COMMENT ON FUNCTION rbac_internal.check_scope(text, text) IS
'Raises 22023 for what cannot be a scope.';

CREATE FUNCTION rbac_internal.scope_restriction(workspace_id text, project_id text) RETURNS jsonb
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN jsonb_strip_nulls(jsonb_build_object('workspace_id', workspace_id, 'project_id', project_id));
COMMENT ON FUNCTION rbac_internal.scope_restriction(text, text) IS
'What restricts an assignment in this scope.';

CREATE FUNCTION rbac_internal.require_assignable(
    document rbac_internal.role_document, workspace_id text, project_id text
) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    scope CONSTANT rbac.role_level := CASE WHEN project_id IS NOT NULL THEN 'project'
                                           WHEN workspace_id IS NOT NULL THEN 'workspace'
                                           ELSE 'organization' END;
BEGIN
    IF document.type = 'share' THEN
        PERFORM rbac_internal.raise_illegal('a role of type share cannot be assigned');
    ELSIF document.level <> scope THEN
        PERFORM rbac_internal.raise_illegal(format(
            'a role of level %s cannot be assigned in %s', document.level,
            CASE scope WHEN 'organization' THEN 'the organization as a whole' ELSE 'a ' || scope END));
    END IF;
END
$$;
COMMENT ON FUNCTION rbac_internal.require_assignable(rbac_internal.role_document, text, text) IS
'Raises 42809 for a role that cannot be assigned in this scope.';

CREATE FUNCTION rbac_internal.find_assignee(organization text, user_id text, group_id text) RETURNS text
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF (user_id IS NULL) = (group_id IS NULL) THEN
        RAISE EXCEPTION 'either a user or a group must be given' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    PERFORM rbac_internal.require_principal(
        organization, CASE WHEN user_id IS NULL THEN 'group' ELSE 'user' END, coalesce(user_id, group_id));
    RETURN coalesce(user_id, group_id);
END
$$;
COMMENT ON FUNCTION rbac_internal.find_assignee(text, text, text) IS
'The principal that was given; raises 22023 unless it is one, 42704 if it does not exist.';

CREATE FUNCTION rbac.assign_scoped_role(
    role_id uuid DEFAULT NULL,
    user_id text DEFAULT NULL,
    group_id text DEFAULT NULL,
    workspace_id text DEFAULT NULL,
    project_id text DEFAULT NULL
) RETURNS void
LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'rbac_admin';

CREATE FUNCTION rbac_internal.assign_scoped_role(
    role_id uuid, user_id text, group_id text, workspace_id text, project_id text
) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    document CONSTANT rbac_internal.role_document := rbac_internal.enter_scoped_role(role_id);
    restriction CONSTANT jsonb := rbac_internal.scope_restriction(workspace_id, project_id);
    assignee text;
BEGIN
    PERFORM rbac_internal.check_scope(workspace_id, project_id);
    assignee := rbac_internal.find_assignee(document.organization, user_id, group_id);
    PERFORM rbac_internal.require_assignable(document, workspace_id, project_id);
    PERFORM rbac_internal.authorize_assignment(document.organization, document.role, restriction);
    INSERT INTO rbac.assignment (organization, principal_id, role, restriction)
    VALUES (document.organization, assignee, document.role, restriction)
    ON CONFLICT DO NOTHING;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'the role is assigned already' USING ERRCODE = 'duplicate_object';
    END IF;
    PERFORM rbac_internal.audit('assign_scoped_role', document.organization, jsonb_strip_nulls(jsonb_build_object(
        'role_id', rbac_internal.public_role_id(document), 'role_name', document.role_name,
        'user_id', user_id, 'group_id', group_id, 'workspace_id', workspace_id, 'project_id', project_id)));
END
$$;

COMMENT ON FUNCTION rbac.assign_scoped_role(uuid, text, text, text, text) IS
'Assign a role to a user or to a group, in the scope that the role is for.

role_id: which role.
user_id, group_id: one of them, of the role''s organization.
workspace_id: for a role of level workspace or project; NULL for one of level organization.
project_id: for a role of level project.

The role then counts for requests that have this workspace_id and project_id as attributes. The caller''s role-based privileges must exceed what the role gives there; no named permission is needed.
Errors: 28000 no caller, 42704 unknown role, or of an organization in which the caller does not act, or unknown user or group, 22023 invalid argument, 42809 not the scope of the role, or a role of type share, 42501 not permitted, 42710 it is assigned already, 54000 a comparison that is too expensive.
VOLATILE: it writes.';
COMMENT ON FUNCTION rbac_internal.assign_scoped_role(uuid, text, text, text, text) IS
'Implements rbac.assign_scoped_role.';

-- Who has a role of level organization of one's own is a member.
CREATE FUNCTION rbac_internal.require_other_membership(document rbac_internal.role_document, user_id text)
RETURNS void
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_variable
BEGIN
    IF document.level = 'organization' AND user_id IS NOT NULL AND NOT EXISTS (
            SELECT FROM rbac.assignment AS a JOIN rbac.role AS r ON r.role = a.role
            WHERE a.organization = document.organization AND a.principal_id = user_id
              AND r.level = 'organization' AND r.role <> document.role) THEN
        PERFORM rbac_internal.raise_illegal(
            'the last role that a member has in the organization cannot be revoked');
    END IF;
END
$$;
COMMENT ON FUNCTION rbac_internal.require_other_membership(rbac_internal.role_document, text) IS
'Raises 42809 if a user has no role of level organization but this one.';

CREATE FUNCTION rbac.revoke_scoped_role(
    role_id uuid DEFAULT NULL,
    user_id text DEFAULT NULL,
    group_id text DEFAULT NULL,
    workspace_id text DEFAULT NULL,
    project_id text DEFAULT NULL
) RETURNS void
LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'rbac_admin';

CREATE FUNCTION rbac_internal.revoke_scoped_role(
    role_id uuid, user_id text, group_id text, workspace_id text, project_id text
) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    document CONSTANT rbac_internal.role_document := rbac_internal.enter_scoped_role(role_id);
    assignee text;
BEGIN
    PERFORM rbac_internal.check_scope(workspace_id, project_id);
    assignee := rbac_internal.find_assignee(document.organization, user_id, group_id);
    IF NOT rbac_internal.remove_assignment(
            rbac_internal.caller_privileges(), document.organization, assignee, document.role,
            rbac_internal.scope_restriction(workspace_id, project_id)) THEN
        RAISE EXCEPTION 'the role is not assigned to % "%" there',
                CASE WHEN user_id IS NULL THEN 'group' ELSE 'user' END, assignee
            USING ERRCODE = 'undefined_object';
    END IF;
    PERFORM rbac_internal.require_other_membership(document, user_id);
    PERFORM rbac_internal.audit('revoke_scoped_role', document.organization, jsonb_strip_nulls(jsonb_build_object(
        'role_id', rbac_internal.public_role_id(document), 'role_name', document.role_name,
        'user_id', user_id, 'group_id', group_id, 'workspace_id', workspace_id, 'project_id', project_id)));
END
$$;

COMMENT ON FUNCTION rbac.revoke_scoped_role(uuid, text, text, text, text) IS
'Take a role from a user or a group, in one scope.

role_id, user_id, group_id, workspace_id, project_id: as in rbac.assign_scoped_role.

A user keeps the last role of level organization, by which it is a member. The caller''s role-based privileges must cover what the role gives in this scope; no named permission is needed.
Errors: 28000 no caller, 42704 unknown role, or of an organization in which the caller does not act, or unknown user or group, or one that does not have the role there, 22023 invalid argument, 42809 the last role of a member, or the admin role of the organization''s owner, 42501 not permitted, 54000 a comparison that is too expensive.
VOLATILE: it writes.';
COMMENT ON FUNCTION rbac_internal.revoke_scoped_role(uuid, text, text, text, text) IS
'Implements rbac.revoke_scoped_role.';

CREATE FUNCTION rbac.get_scoped_role_assignments(
    role_id uuid DEFAULT NULL,
    workspace_id text DEFAULT NULL,
    project_id text DEFAULT NULL
) RETURNS SETOF rbac.scoped_role_assignment
LANGUAGE C STABLE PARALLEL RESTRICTED AS 'MODULE_PATHNAME', 'rbac_admin';

CREATE FUNCTION rbac_internal.get_scoped_role_assignments(role_id uuid, workspace_id text, project_id text)
RETURNS SETOF rbac.scoped_role_assignment
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_variable
DECLARE
    document rbac_internal.role_document;
BEGIN
    PERFORM rbac_internal.require_caller();
    PERFORM rbac_internal.require_argument('role_id', role_id);
    PERFORM rbac_internal.check_scope(workspace_id, project_id);
    document := rbac_internal.find_scoped_role(role_id);
    PERFORM rbac_internal.require_permission(
        'Role:GetRole',
        rbac_internal.role_attributes(document) || rbac_internal.scope_restriction(workspace_id, project_id));
    RETURN QUERY
    SELECT CASE p.kind WHEN 'user' THEN p.principal_id::text END,
           CASE p.kind WHEN 'group' THEN p.principal_id::text END,
           a.restriction ->> 'workspace_id', a.restriction ->> 'project_id'
    FROM rbac.assignment AS a
    JOIN rbac.principal AS p ON p.organization = a.organization AND p.principal_id = a.principal_id
    WHERE a.role = document.role AND p.kind IN ('user', 'group')
      AND a.restriction @> rbac_internal.scope_restriction(workspace_id, project_id)
    ORDER BY p.kind DESC, p.principal_id, a.restriction;
END
$$;

COMMENT ON FUNCTION rbac.get_scoped_role_assignments(uuid, text, text) IS
'List the users and groups that have a role, and where.

role_id: which role.
workspace_id, project_id: only assignments there; NULL for any.

Needs Role:GetRole with org_id, role_id, role_name, frontend_view, role_level, and the workspace_id and project_id given: who has it in a project may ask about that project.
Errors: 28000 no caller, 42704 unknown role, or of an organization in which the caller does not act, 22023 invalid argument, 42501 not permitted.
STABLE: it only reads tables and the caller.';
COMMENT ON FUNCTION rbac_internal.get_scoped_role_assignments(uuid, text, text) IS
'Implements rbac.get_scoped_role_assignments.';
