-- Review functions: who has which role, and what it lets them do, by the names
-- of INCITS 359. Those about a role need Role:GetRole for it; those about a user
-- are for the user, and for who has Role:GetRole with its user_id.
--
-- A role is named either by role_name, as a role of the organization itself, or
-- by role_id: what rbac.get_roles, rbac.create_scoped_role and
-- rbac.create_application_role return as its id.

CREATE TYPE rbac.held_role AS (
    role_id      text,
    role_name    text,
    level        rbac.role_level,
    app_id       text,
    workspace_id text,
    project_id   text
);
COMMENT ON TYPE rbac.held_role IS
'A role that a user holds and where it counts, as rbac.assigned_roles and rbac.authorized_roles return it.';

CREATE FUNCTION rbac_internal.find_reviewed_role(organization text, role_name text, role_id text)
RETURNS rbac_internal.role_document
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_variable
DECLARE
    document rbac_internal.role_document;
BEGIN
    PERFORM rbac_internal.enter_organization(organization);
    IF (role_name IS NULL) = (role_id IS NULL) THEN
        RAISE EXCEPTION 'either the name or the id of a role must be given'
            USING ERRCODE = 'invalid_parameter_value';
    ELSIF role_name IS NOT NULL THEN
        document := rbac_internal.find_role(organization, role_name);
    ELSE
        SELECT d.* INTO document FROM rbac_internal.role_document AS d
        WHERE d.organization = organization AND d.expires_at IS NULL
          AND rbac_internal.public_role_id(d) = role_id;
        IF NOT FOUND THEN
            PERFORM rbac_internal.raise_undefined('role', role_id);
        END IF;
    END IF;
    PERFORM rbac_internal.require_permission('Role:GetRole', rbac_internal.role_attributes(document));
    RETURN document;
END
$$;
COMMENT ON FUNCTION rbac_internal.find_reviewed_role(text, text, text) IS
'The role that was named; raises 22023 unless it was named in one way, 42704 if there is none, 42501 unless the caller may see it.';

-- Users of a role ------------------------------------------------------------

CREATE FUNCTION rbac.assigned_users(
    organization text DEFAULT NULL,
    role_name text DEFAULT NULL,
    role_id text DEFAULT NULL
) RETURNS SETOF text
LANGUAGE C STABLE PARALLEL RESTRICTED AS 'MODULE_PATHNAME', 'rbac_admin';

CREATE FUNCTION rbac_internal.assigned_users(organization text, role_name text, role_id text)
RETURNS SETOF text
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    document CONSTANT rbac_internal.role_document :=
        rbac_internal.find_reviewed_role(organization, role_name, role_id);
BEGIN
    RETURN QUERY
    SELECT DISTINCT p.principal_id::text
    FROM rbac.assignment AS a
    JOIN rbac.principal AS p ON p.organization = a.organization AND p.principal_id = a.principal_id
    WHERE a.role = document.role AND p.kind = 'user'
    ORDER BY p.principal_id::text;
END
$$;

COMMENT ON FUNCTION rbac.assigned_users(text, text, text) IS
'The users to whom a role is assigned directly, in whatever scope.

organization: of the role.
role_name, role_id: one of them; the name of a role of the organization itself, or the id of any role.

Needs Role:GetRole with what the role has of org_id, role_id, role_name, frontend_view, role_level and application_id.
Errors: 28000 no caller, 42704 unknown organization, or not the caller''s, or unknown role, 22023 invalid argument, 42501 not permitted.
STABLE: it only reads tables and the caller.';
COMMENT ON FUNCTION rbac_internal.assigned_users(text, text, text) IS
'Implements rbac.assigned_users.';

CREATE FUNCTION rbac.authorized_users(
    organization text DEFAULT NULL,
    role_name text DEFAULT NULL,
    role_id text DEFAULT NULL
) RETURNS SETOF text
LANGUAGE C STABLE PARALLEL RESTRICTED AS 'MODULE_PATHNAME', 'rbac_admin';

CREATE FUNCTION rbac_internal.authorized_users(organization text, role_name text, role_id text)
RETURNS SETOF text
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    document CONSTANT rbac_internal.role_document :=
        rbac_internal.find_reviewed_role(organization, role_name, role_id);
BEGIN
    RETURN QUERY
    WITH holder AS (
        SELECT p.organization, p.principal_id, p.kind
        FROM rbac.assignment AS a
        JOIN rbac.principal AS p ON p.organization = a.organization AND p.principal_id = a.principal_id
        WHERE a.role IN (SELECT rbac_internal.role_dependents(document.role))
    ), authorized AS (
        SELECT h.principal_id FROM holder AS h WHERE h.kind = 'user'
        UNION
        SELECT m.user_id FROM holder AS h
        JOIN rbac.group_member AS m ON m.organization = h.organization AND m.group_id = h.principal_id
        WHERE h.kind = 'group'
    )
    SELECT u.principal_id::text FROM authorized AS u ORDER BY u.principal_id;
END
$$;

COMMENT ON FUNCTION rbac.authorized_users(text, text, text) IS
'The users who have a role: directly, through a group, or through a role that inherits from it.

organization, role_name, role_id: as in rbac.assigned_users.

Needs Role:GetRole, as rbac.assigned_users.
Errors: 28000 no caller, 42704 unknown organization, or not the caller''s, or unknown role, 22023 invalid argument, 42501 not permitted.
STABLE: it only reads tables and the caller.';
COMMENT ON FUNCTION rbac_internal.authorized_users(text, text, text) IS
'Implements rbac.authorized_users.';

-- Roles of a user ------------------------------------------------------------

CREATE FUNCTION rbac_internal.held_role(role rbac.object_id, restriction jsonb) RETURNS rbac.held_role
LANGUAGE sql STABLE PARALLEL RESTRICTED
BEGIN ATOMIC
    SELECT ROW (rbac_internal.public_role_id(d), d.role_name, d.level, d.app_id,
                restriction ->> 'workspace_id', restriction ->> 'project_id')::rbac.held_role
    FROM rbac_internal.role_document AS d
    WHERE d.role = held_role.role AND d.expires_at IS NULL;
END;
COMMENT ON FUNCTION rbac_internal.held_role(rbac.object_id, jsonb) IS
'A role and its restriction as users see it.';

CREATE FUNCTION rbac.assigned_roles(
    organization text DEFAULT NULL,
    user_id text DEFAULT NULL
) RETURNS SETOF rbac.held_role
LANGUAGE C STABLE PARALLEL RESTRICTED AS 'MODULE_PATHNAME', 'rbac_admin';

CREATE FUNCTION rbac_internal.assigned_roles(organization text, user_id text) RETURNS SETOF rbac.held_role
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_variable
BEGIN
    PERFORM rbac_internal.enter_organization(organization);
    PERFORM rbac_internal.require_visible_user(organization, user_id, '{user,group,application}');
    RETURN QUERY
    SELECT h.* FROM rbac.assignment AS a
    CROSS JOIN LATERAL rbac_internal.held_role(a.role, a.restriction) AS h
    WHERE a.organization = organization AND a.principal_id = user_id
    ORDER BY h;
END
$$;

COMMENT ON FUNCTION rbac.assigned_roles(text, text) IS
'The roles that are assigned to a user directly, and where they count.

organization, user_id: which user, group or application.

Users may ask about themselves; else this needs Role:GetRole with org_id and user_id.
Errors: 28000 no caller, 42704 unknown organization, or not the caller''s, or unknown user, 22023 invalid argument, 42501 not permitted.
STABLE: it only reads tables and the caller.';
COMMENT ON FUNCTION rbac_internal.assigned_roles(text, text) IS
'Implements rbac.assigned_roles.';

CREATE FUNCTION rbac.authorized_roles(
    organization text DEFAULT NULL,
    user_id text DEFAULT NULL
) RETURNS SETOF rbac.held_role
LANGUAGE C STABLE PARALLEL RESTRICTED AS 'MODULE_PATHNAME', 'rbac_admin';

CREATE FUNCTION rbac_internal.authorized_roles(organization text, user_id text) RETURNS SETOF rbac.held_role
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_variable
BEGIN
    PERFORM rbac_internal.enter_organization(organization);
    PERFORM rbac_internal.require_visible_user(organization, user_id, '{user,group,application}');
    RETURN QUERY
    WITH RECURSIVE holder (principal_id) AS (
        SELECT user_id
        UNION ALL
        SELECT m.group_id FROM rbac.group_member AS m
        WHERE m.organization = organization AND m.user_id = user_id
    ), held (role, restriction) AS (
        SELECT a.role, a.restriction FROM holder AS h
        JOIN rbac.assignment AS a ON a.organization = organization AND a.principal_id = h.principal_id
        UNION
        SELECT p.parent, held.restriction FROM held JOIN rbac.role_parent AS p ON p.role = held.role
    )
    SELECT h.* FROM held CROSS JOIN LATERAL rbac_internal.held_role(held.role, held.restriction) AS h
    ORDER BY h;
END
$$;

COMMENT ON FUNCTION rbac.authorized_roles(text, text) IS
'The roles that a user has and where they count: own ones, those of groups, what these inherit from.

organization, user_id: which user, group or application.

Users may ask about themselves; else this needs Role:GetRole with org_id and user_id.
Errors: 28000 no caller, 42704 unknown organization, or not the caller''s, or unknown user, 22023 invalid argument, 42501 not permitted.
STABLE: it only reads tables and the caller.';
COMMENT ON FUNCTION rbac_internal.authorized_roles(text, text) IS
'Implements rbac.authorized_roles.';

-- Permissions ----------------------------------------------------------------

CREATE FUNCTION rbac.role_permissions(
    organization text DEFAULT NULL,
    role_name text DEFAULT NULL,
    role_id text DEFAULT NULL
) RETURNS SETOF rbac.permission_grant
LANGUAGE C STABLE PARALLEL RESTRICTED AS 'MODULE_PATHNAME', 'rbac_admin';

CREATE FUNCTION rbac_internal.role_permissions(organization text, role_name text, role_id text)
RETURNS SETOF rbac.permission_grant
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    document CONSTANT rbac_internal.role_document :=
        rbac_internal.find_reviewed_role(organization, role_name, role_id);
BEGIN
    RETURN QUERY
    SELECT g FROM rbac.grants(rbac_internal.compute_role_privileges(organization, document.role)) AS g;
END
$$;

COMMENT ON FUNCTION rbac.role_permissions(text, text, text) IS
'The grants that a role gives, inheritance resolved.

organization, role_name, role_id: as in rbac.assigned_users.

The grants are restricted to org_id of the organization, unless that is an operator organization.
Needs Role:GetRole, as rbac.assigned_users.
Errors: 28000 no caller, 42704 unknown organization, or not the caller''s, or unknown role, 22023 invalid argument, 42501 not permitted.
STABLE: it only reads tables and the caller.';
COMMENT ON FUNCTION rbac_internal.role_permissions(text, text, text) IS
'Implements rbac.role_permissions.';

CREATE FUNCTION rbac.user_permissions(
    organization text DEFAULT NULL,
    user_id text DEFAULT NULL
) RETURNS SETOF rbac.permission_grant
LANGUAGE C STABLE PARALLEL RESTRICTED AS 'MODULE_PATHNAME', 'rbac_admin';

CREATE FUNCTION rbac_internal.user_permissions(organization text, user_id text)
RETURNS SETOF rbac.permission_grant
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM rbac_internal.enter_organization(organization);
    RETURN QUERY
    SELECT g FROM rbac.grants(rbac_internal.effective_privileges(organization, user_id)) AS g;
END
$$;

COMMENT ON FUNCTION rbac.user_permissions(text, text) IS
'The grants that a user has, through roles and temporary grants, as checks use them.

organization, user_id: which user, or application.

Users may ask about themselves; else this needs Role:GetRole with org_id and user_id.
Errors: 28000 no caller, 42704 unknown organization, or not the caller''s, or unknown user, 22023 invalid argument, 42501 not permitted.
STABLE: it only reads tables, the caller and the clock.';
COMMENT ON FUNCTION rbac_internal.user_permissions(text, text) IS
'Implements rbac.user_permissions.';

-- An object is a category of permissions and what the request tells of it.
CREATE FUNCTION rbac_internal.operations(category text) RETURNS TABLE (operation text, permission_name text)
LANGUAGE sql STABLE PARALLEL RESTRICTED
BEGIN ATOMIC
    SELECT substr(p.permission_name, length(category) + 2), p.permission_name
    FROM rbac.permission AS p
    WHERE split_part(p.permission_name, ':', 1) = category;
END;
COMMENT ON FUNCTION rbac_internal.operations(text) IS
'The operations that permissions of a category are for.';

CREATE FUNCTION rbac.role_operations_on_object(
    organization text DEFAULT NULL,
    role_name text DEFAULT NULL,
    category text DEFAULT NULL,
    attributes jsonb DEFAULT '{}',
    role_id text DEFAULT NULL
) RETURNS SETOF text
LANGUAGE C STABLE PARALLEL RESTRICTED AS 'MODULE_PATHNAME', 'rbac_admin';

CREATE FUNCTION rbac_internal.role_operations_on_object(
    organization text, role_name text, category text, attributes jsonb, role_id text
) RETURNS SETOF text
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    document CONSTANT rbac_internal.role_document :=
        rbac_internal.find_reviewed_role(organization, role_name, role_id);
    privileges CONSTANT rbac.privileges :=
        rbac_internal.compute_role_privileges(organization, document.role);
BEGIN
    PERFORM rbac_internal.require_argument('category', category);
    PERFORM rbac_internal.require_object('attributes', attributes);
    RETURN QUERY
    SELECT o.operation FROM rbac_internal.operations(category) AS o
    CROSS JOIN (VALUES (jsonb_build_object('org_id', organization) || attributes)) AS object (attributes)
    WHERE rbac.allows(privileges, o.permission_name, object.attributes)
      AND EXISTS (SELECT FROM rbac.organization AS g WHERE g.organization = object.attributes ->> 'org_id')
    ORDER BY o.operation;
END
$$;

COMMENT ON FUNCTION rbac.role_operations_on_object(text, text, text, jsonb, text) IS
'The operations on an object that a role allows: the actions of the permissions Category:Action.

organization, role_name, role_id: as in rbac.assigned_users.
category: what kind of object, the part of permission names before the colon.
attributes: object of the attribute values that a request would have; without org_id, it is in the role''s organization.

A grant for {self_user_id} counts for nobody here: a role is no user.
Needs Role:GetRole, as rbac.assigned_users.
Errors: 28000 no caller, 42704 unknown organization, or not the caller''s, or unknown role, 22023 invalid argument, 42501 not permitted.
STABLE: it only reads tables and the caller.';
COMMENT ON FUNCTION rbac_internal.role_operations_on_object(text, text, text, jsonb, text) IS
'Implements rbac.role_operations_on_object.';

CREATE FUNCTION rbac.user_operations_on_object(
    organization text DEFAULT NULL,
    user_id text DEFAULT NULL,
    category text DEFAULT NULL,
    attributes jsonb DEFAULT '{}'
) RETURNS SETOF text
LANGUAGE C STABLE PARALLEL RESTRICTED AS 'MODULE_PATHNAME', 'rbac_admin';

CREATE FUNCTION rbac_internal.user_operations_on_object(
    organization text, user_id text, category text, attributes jsonb
) RETURNS SETOF text
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM rbac_internal.enter_organization(organization);
    PERFORM rbac_internal.require_argument('category', category);
    PERFORM rbac_internal.require_object('attributes', attributes);
    PERFORM rbac_internal.require_visible_user(organization, user_id);
    RETURN QUERY
    SELECT o.operation FROM rbac_internal.operations(category) AS o
    WHERE rbac_internal.compute_access(organization, user_id, o.permission_name, attributes)
    ORDER BY o.operation;
END
$$;

COMMENT ON FUNCTION rbac.user_operations_on_object(text, text, text, jsonb) IS
'The operations on an object that a user may do, as rbac.has_permission would tell the user.

organization, user_id: which user, or application.
category: what kind of object, the part of permission names before the colon.
attributes: object of the attribute values of the request.

Users may ask about themselves; else this needs Role:GetRole with org_id and user_id.
Errors: 28000 no caller, 42704 unknown organization, or not the caller''s, or unknown user, 22023 invalid argument, 42501 not permitted.
STABLE: it only reads tables, the caller and the clock.';
COMMENT ON FUNCTION rbac_internal.user_operations_on_object(text, text, text, jsonb) IS
'Implements rbac.user_operations_on_object.';
