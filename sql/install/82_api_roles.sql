-- Groups, scoped roles, applications with their roles, and review, as a web
-- service; 80_api.sql tells how an operation is built. Scoped and application
-- roles have arguments and answers of APIs of their own: what those call
-- otherwise than SQL does is translated here, and argument names in messages by
-- src/api.c. No rule about roles is here.

-- Groups ---------------------------------------------------------------------

CREATE FUNCTION rbac_api.create_group(organization text, group_id text) RETURNS void
LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'rbac_api';

CREATE FUNCTION rbac_internal.api_create_group(organization text, group_id text) RETURNS void
LANGUAGE sql VOLATILE PARALLEL UNSAFE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
RETURN rbac_internal.create_group(organization, group_id);

COMMENT ON FUNCTION rbac_api.create_group(text, text) IS
'Create a group.

As rbac.create_group. 204; 401, 403, 404 unknown organization, 409 the id is taken, 422, 503.';

CREATE FUNCTION rbac_api.delete_group(organization text, group_id text) RETURNS void
LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'rbac_api';

CREATE FUNCTION rbac_internal.api_delete_group(organization text, group_id text) RETURNS void
LANGUAGE sql VOLATILE PARALLEL UNSAFE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
RETURN rbac_internal.delete_group(organization, group_id);

COMMENT ON FUNCTION rbac_api.delete_group(text, text) IS
'Delete a group.

As rbac.delete_group. 204; 401, 403, 404 unknown organization or group, 422, 503.';

CREATE FUNCTION rbac_api.add_group_member(organization text, group_id text, user_id text) RETURNS void
LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'rbac_api';

CREATE FUNCTION rbac_internal.api_add_group_member(organization text, group_id text, user_id text) RETURNS void
LANGUAGE sql VOLATILE PARALLEL UNSAFE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
RETURN rbac_internal.add_group_member(organization, group_id, user_id);

COMMENT ON FUNCTION rbac_api.add_group_member(text, text, text) IS
'Make a user a member of a group.

As rbac.add_group_member. 204; 401, 403, 404 unknown organization, group or user, 422, 503.';

CREATE FUNCTION rbac_api.remove_group_member(organization text, group_id text, user_id text) RETURNS void
LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'rbac_api';

CREATE FUNCTION rbac_internal.api_remove_group_member(organization text, group_id text, user_id text) RETURNS void
LANGUAGE sql VOLATILE PARALLEL UNSAFE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
RETURN rbac_internal.remove_group_member(organization, group_id, user_id);

COMMENT ON FUNCTION rbac_api.remove_group_member(text, text, text) IS
'End the membership of a user in a group.

As rbac.remove_group_member. 204; 401, 403, 404 unknown organization or group, or the user is no member, 422, 503.';

CREATE FUNCTION rbac_api.get_groups(organization text) RETURNS json
LANGUAGE C STABLE PARALLEL RESTRICTED AS 'MODULE_PATHNAME', 'rbac_api';

CREATE FUNCTION rbac_internal.api_get_groups(organization text) RETURNS json
LANGUAGE sql STABLE PARALLEL RESTRICTED SECURITY DEFINER SET search_path = pg_catalog, pg_temp
RETURN json_build_object('groups', ARRAY(SELECT g FROM rbac_internal.get_groups(organization) AS g));

COMMENT ON FUNCTION rbac_api.get_groups(text) IS
'List the groups that the caller may see.

As rbac.get_groups. 200 {"groups"}; 401, 404 unknown organization, 422, 503.';

CREATE FUNCTION rbac_api.get_group_members(organization text, group_id text) RETURNS json
LANGUAGE C STABLE PARALLEL RESTRICTED AS 'MODULE_PATHNAME', 'rbac_api';

CREATE FUNCTION rbac_internal.api_get_group_members(organization text, group_id text) RETURNS json
LANGUAGE sql STABLE PARALLEL RESTRICTED SECURITY DEFINER SET search_path = pg_catalog, pg_temp
RETURN json_build_object('members',
    ARRAY(SELECT m FROM rbac_internal.get_group_members(organization, group_id) AS m));

COMMENT ON FUNCTION rbac_api.get_group_members(text, text) IS
'List the members of a group.

As rbac.get_group_members. 200 {"members"}; 401, 403, 404 unknown organization or group, 422, 503.';

-- Arguments and answers of scoped roles --------------------------------------

-- Input of type uuid takes other spellings too.
CREATE FUNCTION rbac_internal.parse_uuid(argument text, value text) RETURNS uuid
LANGUAGE plpgsql VOLATILE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF value !~* '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' THEN
        PERFORM rbac_internal.invalid_argument(argument, 'must be a uuid');
    END IF;
    RETURN value;
END
$$;
COMMENT ON FUNCTION rbac_internal.parse_uuid(text, text) IS
'The value as a uuid, whose text is in lower case; raises 22023 for what is none.';

CREATE FUNCTION rbac_internal.resource_grant(permission jsonb) RETURNS jsonb
LANGUAGE plpgsql VOLATILE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    resource_type CONSTANT text := permission ->> 'resource_type';
    action CONSTANT text := permission ->> 'action';
    resource_id CONSTANT jsonb := nullif(permission -> 'resource_id', 'null');
BEGIN
    IF resource_type IS NULL OR action IS NULL THEN
        PERFORM rbac_internal.invalid_argument(
            'permissions', 'must be objects that have "resource_type" and "action"');
    END IF;
    RETURN jsonb_build_object(
        'permission_name', CASE WHEN resource_type = '*' AND action = '*' THEN '*'
                                ELSE concat(resource_type, ':', action) END,
        'conditions', CASE WHEN resource_id IS NULL THEN '{}' ELSE jsonb_build_object(
            'resource_id', jsonb_build_object('type', 'Equals', 'value', resource_id)) END);
END
$$;
COMMENT ON FUNCTION rbac_internal.resource_grant(jsonb) IS
'What a permission for an action on resources of a type, or on one of them, is as a grant.';

CREATE FUNCTION rbac_internal.parse_permissions(permissions json) RETURNS rbac.privileges
LANGUAGE plpgsql VOLATILE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF json_typeof(permissions) <> 'array' THEN
        PERFORM rbac_internal.invalid_argument('permissions', 'must be an array');
    END IF;
    RETURN rbac_internal.parse_argument('permissions', array_to_json(ARRAY(
        SELECT rbac_internal.resource_grant(rbac_internal.parse_object('permissions', p.permission))
        FROM json_array_elements(permissions) AS p (permission)))::text, NULL::rbac.privileges);
END
$$;
COMMENT ON FUNCTION rbac_internal.parse_permissions(json) IS
'A list of permissions for resources as privileges.';

CREATE FUNCTION rbac_internal.scoped_role_object(role rbac.scoped_role) RETURNS json
LANGUAGE sql STABLE PARALLEL SAFE
RETURN json_build_object(
    'id', role.id, 'name', role.role_name, 'description', role.description,
    'organization_id', role.organization, 'level', role.level,
    'system_managed', role.system_managed, 'type', role.type);
COMMENT ON FUNCTION rbac_internal.scoped_role_object(rbac.scoped_role) IS
'A scoped role as clients see it.';

-- What was just written is shown to whoever wrote it, with Role:GetRole or not.
CREATE FUNCTION rbac_internal.written_scoped_role(role_id uuid) RETURNS rbac.scoped_role
LANGUAGE sql STABLE PARALLEL RESTRICTED
RETURN rbac_internal.scoped_role(rbac_internal.find_scoped_role(role_id));
COMMENT ON FUNCTION rbac_internal.written_scoped_role(uuid) IS
'A scoped role that the caller has just created, modified or assigned.';

CREATE FUNCTION rbac_internal.assignment_object(assignment rbac.scoped_role_assignment, role rbac.scoped_role)
RETURNS json
LANGUAGE sql STABLE PARALLEL SAFE
RETURN json_build_object(
    'user', CASE WHEN assignment.user_id IS NOT NULL THEN json_build_object('id', assignment.user_id) END,
    'team', CASE WHEN assignment.group_id IS NOT NULL THEN json_build_object('id', assignment.group_id) END,
    'invitation', NULL,
    'role', rbac_internal.scoped_role_object(role),
    'organization_id', role.organization,
    'workspace_id', assignment.workspace_id, 'project_id', assignment.project_id);
COMMENT ON FUNCTION rbac_internal.assignment_object(rbac.scoped_role_assignment, rbac.scoped_role) IS
'An assignment of a scoped role as clients see it.';

CREATE FUNCTION rbac_internal.refuse_invitation(invitation_id text) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF invitation_id IS NOT NULL THEN
        RAISE EXCEPTION 'there are no invitations' USING ERRCODE = 'invalid_parameter_value';
    END IF;
END
$$;
COMMENT ON FUNCTION rbac_internal.refuse_invitation(text) IS
'Raises 22023 for an assignment to an invitation.';

-- Scoped roles ---------------------------------------------------------------

CREATE FUNCTION rbac_api.create_scoped_role(
    organization_id text, level text, system_managed boolean, name text DEFAULT NULL,
    description text DEFAULT NULL, type text DEFAULT 'normal', permissions json DEFAULT NULL
) RETURNS json
LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'rbac_api';

CREATE FUNCTION rbac_internal.api_create_scoped_role(
    organization_id text, level text, system_managed boolean, name text, description text, type text,
    permissions json
) RETURNS json
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    role_id uuid;
BEGIN
    role_id := rbac_internal.create_scoped_role(
        rbac_internal.parse_uuid('organization_id', organization_id)::text,
        rbac_internal.parse_argument('level', level, NULL::rbac.role_level),
        rbac_internal.parse_permissions(permissions), name, description, system_managed,
        rbac_internal.parse_argument('type', type, NULL::rbac.role_type));
    RETURN rbac_internal.scoped_role_object(rbac_internal.written_scoped_role(role_id));
END
$$;

COMMENT ON FUNCTION rbac_api.create_scoped_role(text, text, boolean, text, text, text, json) IS
'Create a role that is assigned in workspaces or projects.

As rbac.create_scoped_role; ids are uuids, permissions a list of {"resource_type", "action", "resource_id"}. 200, the role; 401, 403 also a role of level organization, without permissions or system managed, 404 unknown organization, 409 the name is taken, 422, 503.';

CREATE FUNCTION rbac_api.get_scoped_role(role_id text) RETURNS json
LANGUAGE C STABLE PARALLEL RESTRICTED AS 'MODULE_PATHNAME', 'rbac_api';

CREATE FUNCTION rbac_internal.api_get_scoped_role(role_id text) RETURNS json
LANGUAGE sql STABLE PARALLEL RESTRICTED SECURITY DEFINER SET search_path = pg_catalog, pg_temp
RETURN rbac_internal.scoped_role_object(
    rbac_internal.get_scoped_role(rbac_internal.parse_uuid('role_id', role_id)));

COMMENT ON FUNCTION rbac_api.get_scoped_role(text) IS
'A role of an organization, a workspace or a project.

As rbac.get_scoped_role. 200, the role; 401, 403, 404 unknown role, 422, 503.';

CREATE FUNCTION rbac_api.get_scoped_roles(
    organization_id text, level text DEFAULT NULL, name text DEFAULT NULL
) RETURNS json
LANGUAGE C STABLE PARALLEL RESTRICTED AS 'MODULE_PATHNAME', 'rbac_api';

CREATE FUNCTION rbac_internal.api_get_scoped_roles(organization_id text, level text, name text) RETURNS json
LANGUAGE sql STABLE PARALLEL RESTRICTED SECURITY DEFINER SET search_path = pg_catalog, pg_temp
RETURN array_to_json(ARRAY(
    SELECT rbac_internal.scoped_role_object(r)
    FROM rbac_internal.get_scoped_roles(
        rbac_internal.parse_uuid('organization_id', organization_id)::text,
        rbac_internal.parse_argument('level', level, NULL::rbac.role_level), name) AS r));

COMMENT ON FUNCTION rbac_api.get_scoped_roles(text, text, text) IS
'List the roles of an organization, its workspaces and its projects that the caller may see.

As rbac.get_scoped_roles. 200, an array of roles; 401, 404 unknown organization, 422, 503.';

CREATE FUNCTION rbac_api.modify_scoped_role(
    role_id text, name text DEFAULT NULL, description text DEFAULT NULL, permissions json DEFAULT NULL
) RETURNS json
LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'rbac_api';

CREATE FUNCTION rbac_internal.api_modify_scoped_role(
    role_id text, name text, description text, permissions json
) RETURNS json
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    role CONSTANT uuid := rbac_internal.parse_uuid('role_id', role_id);
BEGIN
    PERFORM rbac_internal.modify_scoped_role(
        role, name, description, rbac_internal.parse_permissions(permissions));
    RETURN rbac_internal.scoped_role_object(rbac_internal.written_scoped_role(role));
END
$$;

COMMENT ON FUNCTION rbac_api.modify_scoped_role(text, text, text, json) IS
'Modify a role, which keeps its id.

As rbac.modify_scoped_role. 200, the role; 401, 403 also a role without permissions, 404 unknown role, 409 the name is taken, 422, 503.';

CREATE FUNCTION rbac_api.delete_scoped_role(role_id text) RETURNS json
LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'rbac_api';

CREATE FUNCTION rbac_internal.api_delete_scoped_role(role_id text) RETURNS json
LANGUAGE sql VOLATILE PARALLEL UNSAFE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    SELECT rbac_internal.delete_scoped_role(rbac_internal.parse_uuid('role_id', role_id));
    SELECT json 'null';
END;

COMMENT ON FUNCTION rbac_api.delete_scoped_role(text) IS
'Delete a role, with its assignments.

As rbac.delete_scoped_role. 200 null; 401, 403 also a system managed role, 404 unknown role, 422, 503.';

CREATE FUNCTION rbac_api.assign_scoped_role(
    role_id text, user_id text DEFAULT NULL, team_id text DEFAULT NULL, invitation_id text DEFAULT NULL,
    workspace_id text DEFAULT NULL, project_id text DEFAULT NULL
) RETURNS json
LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'rbac_api';

CREATE FUNCTION rbac_internal.api_assign_scoped_role(
    role_id text, user_id text, team_id text, invitation_id text, workspace_id text, project_id text
) RETURNS json
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    role CONSTANT uuid := rbac_internal.parse_uuid('role_id', role_id);
    workspace CONSTANT text := rbac_internal.parse_uuid('workspace_id', workspace_id);
    project CONSTANT text := rbac_internal.parse_uuid('project_id', project_id);
BEGIN
    PERFORM rbac_internal.refuse_invitation(invitation_id);
    PERFORM rbac_internal.assign_scoped_role(role, user_id, team_id, workspace, project);
    RETURN rbac_internal.assignment_object(
        ROW (user_id, team_id, workspace, project)::rbac.scoped_role_assignment,
        rbac_internal.written_scoped_role(role));
END
$$;

COMMENT ON FUNCTION rbac_api.assign_scoped_role(text, text, text, text, text, text) IS
'Assign a role to a user or to a team, in the scope that the role is for.

As rbac.assign_scoped_role; a team is a group, and there are no invitations. 200, the assignment; 401, 403 also another scope than the role''s, 404 unknown role, user or team, 409 it is assigned already, 422, 503.';

CREATE FUNCTION rbac_api.get_scoped_role_assignments(
    role_id text, workspace_id text DEFAULT NULL, project_id text DEFAULT NULL
) RETURNS json
LANGUAGE C STABLE PARALLEL RESTRICTED AS 'MODULE_PATHNAME', 'rbac_api';

CREATE FUNCTION rbac_internal.api_get_scoped_role_assignments(role_id text, workspace_id text, project_id text)
RETURNS json
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    role CONSTANT uuid := rbac_internal.parse_uuid('role_id', role_id);
    assignments CONSTANT rbac.scoped_role_assignment[] := ARRAY(
        SELECT a FROM rbac_internal.get_scoped_role_assignments(
            role, rbac_internal.parse_uuid('workspace_id', workspace_id)::text,
            rbac_internal.parse_uuid('project_id', project_id)::text) AS a);
    document CONSTANT rbac.scoped_role := rbac_internal.get_scoped_role(role);
BEGIN
    RETURN array_to_json(ARRAY(SELECT rbac_internal.assignment_object(a, document)
                               FROM unnest(assignments) AS a));
END
$$;

COMMENT ON FUNCTION rbac_api.get_scoped_role_assignments(text, text, text) IS
'List the users and teams that have a role, and where.

As rbac.get_scoped_role_assignments. 200, an array of assignments; 401, 403, 404 unknown role, 422, 503.';

CREATE FUNCTION rbac_api.revoke_scoped_role(
    role_id text, user_id text DEFAULT NULL, team_id text DEFAULT NULL, invitation_id text DEFAULT NULL,
    workspace_id text DEFAULT NULL, project_id text DEFAULT NULL
) RETURNS json
LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'rbac_api';

CREATE FUNCTION rbac_internal.api_revoke_scoped_role(
    role_id text, user_id text, team_id text, invitation_id text, workspace_id text, project_id text
) RETURNS json
LANGUAGE sql VOLATILE PARALLEL UNSAFE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    SELECT rbac_internal.refuse_invitation(invitation_id);
    SELECT rbac_internal.revoke_scoped_role(
        rbac_internal.parse_uuid('role_id', role_id), user_id, team_id,
        rbac_internal.parse_uuid('workspace_id', workspace_id)::text,
        rbac_internal.parse_uuid('project_id', project_id)::text);
    SELECT json 'null';
END;

COMMENT ON FUNCTION rbac_api.revoke_scoped_role(text, text, text, text, text, text) IS
'Take a role from a user or a team, in one scope.

As rbac.revoke_scoped_role. 200 null; 401, 403 also the last role of a member and the admin role of the owner, 404 unknown role, user or team, or one without the role there, 422, 503.';

-- Applications ---------------------------------------------------------------

CREATE FUNCTION rbac_api.create_application(organization text, app_id text) RETURNS void
LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'rbac_api';

CREATE FUNCTION rbac_internal.api_create_application(organization text, app_id text) RETURNS void
LANGUAGE sql VOLATILE PARALLEL UNSAFE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
RETURN rbac_internal.create_application(organization, app_id);

COMMENT ON FUNCTION rbac_api.create_application(text, text) IS
'Create an application.

As rbac.create_application. 204; 401, 403, 404 unknown organization, 409 the id is taken, 422, 503.';

CREATE FUNCTION rbac_api.delete_application(organization text, app_id text) RETURNS void
LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'rbac_api';

CREATE FUNCTION rbac_internal.api_delete_application(organization text, app_id text) RETURNS void
LANGUAGE sql VOLATILE PARALLEL UNSAFE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
RETURN rbac_internal.delete_application(organization, app_id);

COMMENT ON FUNCTION rbac_api.delete_application(text, text) IS
'Delete an application, with its roles.

As rbac.delete_application. 204; 401, 403, 404 unknown organization or application, 422, 503.';

CREATE FUNCTION rbac_api.get_applications(organization text) RETURNS json
LANGUAGE C STABLE PARALLEL RESTRICTED AS 'MODULE_PATHNAME', 'rbac_api';

CREATE FUNCTION rbac_internal.api_get_applications(organization text) RETURNS json
LANGUAGE sql STABLE PARALLEL RESTRICTED SECURITY DEFINER SET search_path = pg_catalog, pg_temp
RETURN json_build_object('applications',
    ARRAY(SELECT a FROM rbac_internal.get_applications(organization) AS a));

COMMENT ON FUNCTION rbac_api.get_applications(text) IS
'List the applications that the caller may see.

As rbac.get_applications. 200 {"applications"}; 401, 404 unknown organization, 422, 503.';

-- Roles of applications ------------------------------------------------------
--
-- The API knows no organizations: it is the caller's, unless another is named.

CREATE FUNCTION rbac_internal.or_own(organization text) RETURNS text
LANGUAGE sql STABLE PARALLEL RESTRICTED
RETURN coalesce(organization, rbac.current_organization());
COMMENT ON FUNCTION rbac_internal.or_own(text) IS
'The organization, or that of the caller if none is named.';

CREATE FUNCTION rbac_internal.answer_accepted() RETURNS void
LANGUAGE sql VOLATILE PARALLEL RESTRICTED
BEGIN ATOMIC
    SELECT set_config('response.status', '202', true);
END;
COMMENT ON FUNCTION rbac_internal.answer_accepted() IS
'Has PostgREST answer with status 202.';

CREATE FUNCTION rbac_internal.application_role_object(role rbac.application_role) RETURNS json
LANGUAGE sql STABLE PARALLEL SAFE
RETURN json_strip_nulls(to_json(role));
COMMENT ON FUNCTION rbac_internal.application_role_object(rbac.application_role) IS
'A role of an application as clients see it.';

CREATE FUNCTION rbac_api.create_application_role(
    app_id text, role_name text, permissions text[] DEFAULT '{}', description text DEFAULT NULL,
    display_name text DEFAULT NULL, organization text DEFAULT NULL
) RETURNS json
LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'rbac_api';

CREATE FUNCTION rbac_internal.api_create_application_role(
    app_id text, role_name text, permissions text[], description text, display_name text, organization text
) RETURNS json
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    role_id text;
BEGIN
    organization := rbac_internal.or_own(organization);
    role_id := rbac_internal.create_application_role(
        organization, app_id, role_name, permissions, description, display_name);
    PERFORM rbac_internal.answer_created();
    RETURN json_build_object('result', rbac_internal.application_role_object(rbac_internal.application_role(
        rbac_internal.find_application_role(organization, app_id, role_id))));
END
$$;

COMMENT ON FUNCTION rbac_api.create_application_role(text, text, text[], text, text, text) IS
'Create a role of an application.

As rbac.create_application_role; the organization is the caller''s unless it is named. 201 {"result"}, the role; 401, 403, 404 unknown application, 409 the name is taken, 422, 503.';

CREATE FUNCTION rbac_api.get_application_roles(app_id text, organization text DEFAULT NULL) RETURNS json
LANGUAGE C STABLE PARALLEL RESTRICTED AS 'MODULE_PATHNAME', 'rbac_api';

CREATE FUNCTION rbac_internal.api_get_application_roles(app_id text, organization text) RETURNS json
LANGUAGE sql STABLE PARALLEL RESTRICTED SECURITY DEFINER SET search_path = pg_catalog, pg_temp
RETURN json_build_object('result', ARRAY(
    SELECT rbac_internal.application_role_object(r)
    FROM rbac_internal.get_application_roles(rbac_internal.or_own(organization), app_id) AS r));

COMMENT ON FUNCTION rbac_api.get_application_roles(text, text) IS
'List the roles of an application that the caller may see.

As rbac.get_application_roles; the organization is the caller''s unless it is named. 200 {"result"}, an array of roles; 401, 404 unknown application, 422, 503.';

CREATE FUNCTION rbac_api.get_application_role(
    app_id text, role_id text, organization text DEFAULT NULL
) RETURNS json
LANGUAGE C STABLE PARALLEL RESTRICTED AS 'MODULE_PATHNAME', 'rbac_api';

CREATE FUNCTION rbac_internal.api_get_application_role(app_id text, role_id text, organization text) RETURNS json
LANGUAGE sql STABLE PARALLEL RESTRICTED SECURITY DEFINER SET search_path = pg_catalog, pg_temp
RETURN json_build_object('result', rbac_internal.application_role_object(
    rbac_internal.get_application_role(rbac_internal.or_own(organization), app_id, role_id)));

COMMENT ON FUNCTION rbac_api.get_application_role(text, text, text) IS
'A role of an application.

As rbac.get_application_role; the organization is the caller''s unless it is named. 200 {"result"}, the role; 401, 403, 404 unknown application or role, 422, 503.';

CREATE FUNCTION rbac_api.modify_application_role(
    app_id text, role_id text, role_name text DEFAULT NULL, permissions text[] DEFAULT NULL,
    description text DEFAULT NULL, display_name text DEFAULT NULL, organization text DEFAULT NULL
) RETURNS json
LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'rbac_api';

CREATE FUNCTION rbac_internal.api_modify_application_role(
    app_id text, role_id text, role_name text, permissions text[], description text, display_name text,
    organization text
) RETURNS json
LANGUAGE sql VOLATILE PARALLEL UNSAFE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    SELECT rbac_internal.answer_accepted();
    SELECT rbac_internal.modify_application_role(
        rbac_internal.or_own(organization), app_id, role_id, role_name, permissions, description, display_name);
    SELECT json '{"result": {}}';
END;

COMMENT ON FUNCTION rbac_api.modify_application_role(text, text, text, text[], text, text, text) IS
'Modify a role of an application.

As rbac.modify_application_role; the organization is the caller''s unless it is named. 202 {"result": {}}, when it is done; 401, 403, 404 unknown application or role, 409 the name is taken, 422, 503.';

CREATE FUNCTION rbac_api.delete_application_role(
    app_id text, role_id text, organization text DEFAULT NULL
) RETURNS void
LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'rbac_api';

CREATE FUNCTION rbac_internal.api_delete_application_role(app_id text, role_id text, organization text)
RETURNS void
LANGUAGE sql VOLATILE PARALLEL UNSAFE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    SELECT rbac_internal.answer_accepted();
    SELECT rbac_internal.delete_application_role(rbac_internal.or_own(organization), app_id, role_id);
END;

COMMENT ON FUNCTION rbac_api.delete_application_role(text, text, text) IS
'Delete a role of an application, with its assignments.

As rbac.delete_application_role; the organization is the caller''s unless it is named. 202, when it is done; 401, 403, 404 unknown application or role, 422, 503.';

CREATE FUNCTION rbac_api.assign_application_role(
    app_id text, role_id text, entity_ids text[], entity_type text, organization text DEFAULT NULL
) RETURNS void
LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'rbac_api';

CREATE FUNCTION rbac_internal.api_assign_application_role(
    app_id text, role_id text, entity_ids text[], entity_type text, organization text
) RETURNS void
LANGUAGE sql VOLATILE PARALLEL UNSAFE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
RETURN rbac_internal.assign_application_role(
    rbac_internal.or_own(organization), app_id, role_id, entity_ids, entity_type);

COMMENT ON FUNCTION rbac_api.assign_application_role(text, text, text[], text, text) IS
'Assign a role of an application to users, to groups or to applications.

As rbac.assign_application_role; the organization is the caller''s unless it is named. 204; 401, 403, 404 unknown application, role or entity, 422, 503.';

CREATE FUNCTION rbac_api.revoke_application_role(
    app_id text, role_id text, entity_id text, organization text DEFAULT NULL
) RETURNS void
LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'rbac_api';

CREATE FUNCTION rbac_internal.api_revoke_application_role(
    app_id text, role_id text, entity_id text, organization text
) RETURNS void
LANGUAGE sql VOLATILE PARALLEL UNSAFE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
RETURN rbac_internal.revoke_application_role(rbac_internal.or_own(organization), app_id, role_id, entity_id);

COMMENT ON FUNCTION rbac_api.revoke_application_role(text, text, text, text) IS
'Take a role of an application from a user, a group or an application.

As rbac.revoke_application_role; the organization is the caller''s unless it is named. 204; 401, 403, 404 unknown application or role, or the entity does not have the role, 422, 503.';

-- Review ---------------------------------------------------------------------

CREATE FUNCTION rbac_api.assigned_users(
    organization text, role_name text DEFAULT NULL, role_id text DEFAULT NULL
) RETURNS json
LANGUAGE C STABLE PARALLEL RESTRICTED AS 'MODULE_PATHNAME', 'rbac_api';

CREATE FUNCTION rbac_internal.api_assigned_users(organization text, role_name text, role_id text) RETURNS json
LANGUAGE sql STABLE PARALLEL RESTRICTED SECURITY DEFINER SET search_path = pg_catalog, pg_temp
RETURN array_to_json(ARRAY(SELECT u FROM rbac_internal.assigned_users(organization, role_name, role_id) AS u));

COMMENT ON FUNCTION rbac_api.assigned_users(text, text, text) IS
'The users to whom a role is assigned directly.

As rbac.assigned_users. 200, an array of ids; 401, 403, 404 unknown organization or role, 422, 503.';

CREATE FUNCTION rbac_api.authorized_users(
    organization text, role_name text DEFAULT NULL, role_id text DEFAULT NULL
) RETURNS json
LANGUAGE C STABLE PARALLEL RESTRICTED AS 'MODULE_PATHNAME', 'rbac_api';

CREATE FUNCTION rbac_internal.api_authorized_users(organization text, role_name text, role_id text) RETURNS json
LANGUAGE sql STABLE PARALLEL RESTRICTED SECURITY DEFINER SET search_path = pg_catalog, pg_temp
RETURN array_to_json(ARRAY(SELECT u FROM rbac_internal.authorized_users(organization, role_name, role_id) AS u));

COMMENT ON FUNCTION rbac_api.authorized_users(text, text, text) IS
'The users who have a role: directly, through a group, or through a role that inherits from it.

As rbac.authorized_users. 200, an array of ids; 401, 403, 404 unknown organization or role, 422, 503.';

CREATE FUNCTION rbac_api.assigned_roles(organization text, user_id text) RETURNS json
LANGUAGE C STABLE PARALLEL RESTRICTED AS 'MODULE_PATHNAME', 'rbac_api';

CREATE FUNCTION rbac_internal.api_assigned_roles(organization text, user_id text) RETURNS json
LANGUAGE sql STABLE PARALLEL RESTRICTED SECURITY DEFINER SET search_path = pg_catalog, pg_temp
RETURN array_to_json(ARRAY(SELECT r FROM rbac_internal.assigned_roles(organization, user_id) AS r));

COMMENT ON FUNCTION rbac_api.assigned_roles(text, text) IS
'The roles that are assigned to a user directly, and where they count.

As rbac.assigned_roles. 200, an array of {"role_id", "role_name", "level", "app_id", "workspace_id", "project_id"}; 401, 403, 404 unknown organization or user, 422, 503.';

CREATE FUNCTION rbac_api.authorized_roles(organization text, user_id text) RETURNS json
LANGUAGE C STABLE PARALLEL RESTRICTED AS 'MODULE_PATHNAME', 'rbac_api';

CREATE FUNCTION rbac_internal.api_authorized_roles(organization text, user_id text) RETURNS json
LANGUAGE sql STABLE PARALLEL RESTRICTED SECURITY DEFINER SET search_path = pg_catalog, pg_temp
RETURN array_to_json(ARRAY(SELECT r FROM rbac_internal.authorized_roles(organization, user_id) AS r));

COMMENT ON FUNCTION rbac_api.authorized_roles(text, text) IS
'The roles that a user has, also through groups and inheritance, and where they count.

As rbac.authorized_roles. 200, an array as of assigned_roles; 401, 403, 404 unknown organization or user, 422, 503.';

CREATE FUNCTION rbac_api.role_permissions(
    organization text, role_name text DEFAULT NULL, role_id text DEFAULT NULL
) RETURNS json
LANGUAGE C STABLE PARALLEL RESTRICTED AS 'MODULE_PATHNAME', 'rbac_api';

CREATE FUNCTION rbac_internal.api_role_permissions(organization text, role_name text, role_id text) RETURNS json
LANGUAGE sql STABLE PARALLEL RESTRICTED SECURITY DEFINER SET search_path = pg_catalog, pg_temp
RETURN array_to_json(ARRAY(SELECT g::text::json
                           FROM rbac_internal.role_permissions(organization, role_name, role_id) AS g));

COMMENT ON FUNCTION rbac_api.role_permissions(text, text, text) IS
'The grants that a role gives, inheritance resolved.

As rbac.role_permissions. 200, an array of permission grants; 401, 403, 404 unknown organization or role, 422, 503.';

CREATE FUNCTION rbac_api.user_permissions(organization text, user_id text) RETURNS json
LANGUAGE C STABLE PARALLEL RESTRICTED AS 'MODULE_PATHNAME', 'rbac_api';

CREATE FUNCTION rbac_internal.api_user_permissions(organization text, user_id text) RETURNS json
LANGUAGE sql STABLE PARALLEL RESTRICTED SECURITY DEFINER SET search_path = pg_catalog, pg_temp
RETURN array_to_json(ARRAY(SELECT g::text::json
                           FROM rbac_internal.user_permissions(organization, user_id) AS g));

COMMENT ON FUNCTION rbac_api.user_permissions(text, text) IS
'The grants that a user has, through roles and temporary grants.

As rbac.user_permissions. 200, an array of permission grants; 401, 403, 404 unknown organization or user, 422, 503.';

CREATE FUNCTION rbac_api.role_operations_on_object(
    organization text, category text, attributes json DEFAULT '{}', role_name text DEFAULT NULL,
    role_id text DEFAULT NULL
) RETURNS json
LANGUAGE C STABLE PARALLEL RESTRICTED AS 'MODULE_PATHNAME', 'rbac_api';

CREATE FUNCTION rbac_internal.api_role_operations_on_object(
    organization text, category text, attributes json, role_name text, role_id text
) RETURNS json
LANGUAGE sql STABLE PARALLEL RESTRICTED SECURITY DEFINER SET search_path = pg_catalog, pg_temp
RETURN array_to_json(ARRAY(
    SELECT o FROM rbac_internal.role_operations_on_object(
        organization, role_name, category, rbac_internal.parse_object('attributes', attributes), role_id) AS o));

COMMENT ON FUNCTION rbac_api.role_operations_on_object(text, text, json, text, text) IS
'The operations on an object that a role allows.

As rbac.role_operations_on_object. 200, an array of actions; 401, 403, 404 unknown organization or role, 422, 503.';

CREATE FUNCTION rbac_api.user_operations_on_object(
    organization text, user_id text, category text, attributes json DEFAULT '{}'
) RETURNS json
LANGUAGE C STABLE PARALLEL RESTRICTED AS 'MODULE_PATHNAME', 'rbac_api';

CREATE FUNCTION rbac_internal.api_user_operations_on_object(
    organization text, user_id text, category text, attributes json
) RETURNS json
LANGUAGE sql STABLE PARALLEL RESTRICTED SECURITY DEFINER SET search_path = pg_catalog, pg_temp
RETURN array_to_json(ARRAY(
    SELECT o FROM rbac_internal.user_operations_on_object(
        organization, user_id, category, rbac_internal.parse_object('attributes', attributes)) AS o));

COMMENT ON FUNCTION rbac_api.user_operations_on_object(text, text, text, json) IS
'The operations on an object that a user may do.

As rbac.user_operations_on_object. 200, an array of actions; 401, 403, 404 unknown organization or user, 422, 503.';
