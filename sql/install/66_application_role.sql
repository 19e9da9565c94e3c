-- Applications, which are principals, and their roles. A permission of an
-- application role is any text: the role is one grant of Application:Use for
-- this application and these permissions, so it counts for no other one, no text
-- has a meaning of its own, and there is nothing to register.

INSERT INTO rbac.permission (permission_name, attributes, description, is_builtin) VALUES
    ('Application:CreateApplication', '{"application_id": "string"}', 'Create an application.', true),
    ('Application:GetApplication', '{"application_id": "string"}', 'See an application.', true),
    ('Application:DeleteApplication', '{"application_id": "string"}', 'Delete an application with its roles.', true),
    ('Application:Use', '{"application_id": "string", "permission": "string"}',
     'Do what an application calls by this text.', true);

CREATE TYPE rbac.application_role AS (
    role_id      text,
    role_name    text,
    permissions  text[],
    app_id       text,
    description  text,
    display_name text
);
COMMENT ON TYPE rbac.application_role IS
'A role of an application, as rbac.get_application_roles returns it.';

-- Applications ---------------------------------------------------------------

CREATE FUNCTION rbac.create_application(
    organization text DEFAULT NULL,
    app_id text DEFAULT NULL
) RETURNS void
LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'rbac_admin';

CREATE FUNCTION rbac_internal.create_application(organization text, app_id text) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM rbac_internal.enter_organization(organization);
    PERFORM rbac_internal.lock_organization(organization);
    PERFORM rbac_internal.check_id('app_id', app_id);
    PERFORM rbac_internal.require_permission('Application:CreateApplication', jsonb_build_object(
        'org_id', organization, 'application_id', app_id));
    PERFORM rbac_internal.insert_principal(organization, 'application', app_id);
    PERFORM rbac_internal.audit('create_application', organization, jsonb_build_object('app_id', app_id));
END
$$;

COMMENT ON FUNCTION rbac.create_application(text, text) IS
'Create an application, which has roles of its own and can hold roles itself.

organization: where.
app_id: 1 to 256 characters; no other principal of the organization, of whatever kind, has this id. An application that calls in its own name has this as its user id.

Needs Application:CreateApplication with org_id and application_id.
Errors: 28000 no caller, 42704 unknown organization, or not the caller''s, 22023 invalid argument, 42501 not permitted, 42710 the id is taken.
VOLATILE: it writes.';
COMMENT ON FUNCTION rbac_internal.create_application(text, text) IS
'Implements rbac.create_application.';

CREATE FUNCTION rbac.delete_application(
    organization text DEFAULT NULL,
    app_id text DEFAULT NULL
) RETURNS void
LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'rbac_admin';

CREATE FUNCTION rbac_internal.delete_application(organization text, app_id text) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_variable
DECLARE
    caller_privileges rbac.privileges;
BEGIN
    PERFORM rbac_internal.enter_principal(organization, 'application', 'app_id', app_id);
    caller_privileges := rbac_internal.caller_privileges();
    PERFORM rbac_internal.require_permission('Application:DeleteApplication', jsonb_build_object(
        'org_id', organization, 'application_id', app_id));
    PERFORM rbac_internal.authorize_removal(
        caller_privileges, rbac_internal.compute_principal_privileges(organization, app_id), organization);
    PERFORM rbac_internal.authorize_removal(
        caller_privileges, rbac_internal.compute_role_privileges(organization, r.role), organization)
    FROM rbac.role AS r
    WHERE r.organization = organization AND r.app_id = app_id
      AND EXISTS (SELECT FROM rbac.assignment AS a WHERE a.role = r.role);
    DELETE FROM rbac.principal AS p WHERE p.organization = organization AND p.principal_id = app_id;
    PERFORM rbac_internal.audit('delete_application', organization, jsonb_build_object('app_id', app_id));
END
$$;

COMMENT ON FUNCTION rbac.delete_application(text, text) IS
'Delete an application, with its roles, their assignments, and what is assigned to it.

organization, app_id: which application.

Needs Application:DeleteApplication with org_id and application_id, and role-based privileges that cover what the application and the holders of its roles lose.
Errors: 28000 no caller, 42704 unknown organization, or not the caller''s, or unknown application, 22023 invalid argument, 42501 not permitted, 54000 a comparison that is too expensive.
VOLATILE: it writes.';
COMMENT ON FUNCTION rbac_internal.delete_application(text, text) IS
'Implements rbac.delete_application.';

CREATE FUNCTION rbac.get_applications(organization text DEFAULT NULL) RETURNS SETOF text
LANGUAGE C STABLE PARALLEL RESTRICTED AS 'MODULE_PATHNAME', 'rbac_admin';

CREATE FUNCTION rbac_internal.get_applications(organization text) RETURNS SETOF text
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_variable
BEGIN
    PERFORM rbac_internal.enter_organization(organization);
    RETURN QUERY
    SELECT p.principal_id::text FROM rbac.principal AS p
    WHERE p.organization = organization AND p.kind = 'application'
      AND rbac_internal.is_permitted('Application:GetApplication', jsonb_build_object(
              'org_id', organization, 'application_id', p.principal_id))
    ORDER BY p.principal_id;
END
$$;

COMMENT ON FUNCTION rbac.get_applications(text) IS
'List the ids of the applications of an organization that the caller may see.

organization: which.

Shows the applications for which the caller has Application:GetApplication with org_id and application_id.
Errors: 28000 no caller, 42704 unknown organization, or not the caller''s, 22023 invalid argument.
STABLE: it only reads tables and the caller.';
COMMENT ON FUNCTION rbac_internal.get_applications(text) IS
'Implements rbac.get_applications.';

-- Roles ----------------------------------------------------------------------

CREATE FUNCTION rbac_internal.check_application_permissions(permissions text[]) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM rbac_internal.check_elements('permissions', permissions, '.', 'must be texts that are not empty');
    IF permissions && '{"{self_user_id}","{self_org_id}"}' THEN
        PERFORM rbac_internal.invalid_argument('permissions', 'must not be placeholders');
    END IF;
END
$$;
COMMENT ON FUNCTION rbac_internal.check_application_permissions(text[]) IS
'Raises 22023 for what cannot be the permissions of an application role.';

CREATE FUNCTION rbac_internal.check_application_role_texts(description text, display_name text) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF rbac_internal.strip(description) <> '' THEN
        PERFORM rbac_internal.checked_prose('description', description);
    END IF;
    IF display_name <> '' THEN
        PERFORM rbac_internal.checked_name('display_name', display_name);
    END IF;
END
$$;
COMMENT ON FUNCTION rbac_internal.check_application_role_texts(text, text) IS
'Raises 22023 for a description or display name that is too long; both may be NULL or empty.';

-- Each text once, at its first place.
CREATE FUNCTION rbac_internal.application_grants(app_id text, permissions text[]) RETURNS rbac.privileges
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF coalesce(cardinality(permissions), 0) = 0 THEN
        RETURN '[]';
    END IF;
    RETURN rbac_internal.parse_argument('permissions', jsonb_build_array(jsonb_build_object(
        'permission_name', 'Application:Use',
        'conditions', jsonb_build_object(
            'application_id', jsonb_build_object('type', 'Equals', 'value', app_id),
            'permission', jsonb_build_object('type', 'In', 'values', (
                SELECT jsonb_agg(once.permission ORDER BY once.position)
                FROM (SELECT p.permission, min(p.position)
                      FROM unnest(permissions) WITH ORDINALITY AS p (permission, position)
                      GROUP BY p.permission) AS once (permission, position))))))::text, NULL::rbac.privileges);
END
$$;
COMMENT ON FUNCTION rbac_internal.application_grants(text, text[]) IS
'What these permissions of an application are as grants; raises 54000, naming "permissions", for too many or too long ones.';

CREATE FUNCTION rbac_internal.application_permissions(permission_grants rbac.privileges) RETURNS text[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN ARRAY(SELECT jsonb_array_elements_text(permission_grants::jsonb #> '{0,conditions,permission,values}'));
COMMENT ON FUNCTION rbac_internal.application_permissions(rbac.privileges) IS
'The permissions that application_grants() was given.';

CREATE FUNCTION rbac_internal.find_application_role(organization text, app_id text, role_id text)
RETURNS rbac_internal.role_document
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_variable
DECLARE
    document rbac_internal.role_document;
BEGIN
    PERFORM rbac_internal.require_argument('role_id', role_id);
    SELECT d.* INTO document FROM rbac_internal.role_document AS d
    WHERE d.organization = organization AND d.app_id = app_id AND d.role = role_id AND d.expires_at IS NULL;
    IF NOT FOUND THEN
        PERFORM rbac_internal.raise_undefined('role', role_id);
    END IF;
    RETURN document;
END
$$;
COMMENT ON FUNCTION rbac_internal.find_application_role(text, text, text) IS
'The current version of a role of an application; raises 42704 if the application has none of that id.';

CREATE FUNCTION rbac.create_application_role(
    organization text DEFAULT NULL,
    app_id text DEFAULT NULL,
    role_name text DEFAULT NULL,
    permissions text[] DEFAULT '{}',
    description text DEFAULT NULL,
    display_name text DEFAULT NULL
) RETURNS text
LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'rbac_admin';

CREATE FUNCTION rbac_internal.create_application_role(
    organization text, app_id text, role_name text, permissions text[], description text, display_name text
) RETURNS text
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    role CONSTANT rbac.object_id := rbac.generate_object_id();
BEGIN
    PERFORM rbac_internal.enter_principal(organization, 'application', 'app_id', app_id);
    PERFORM rbac_internal.checked_name('role_name', role_name);
    PERFORM rbac_internal.check_application_permissions(permissions);
    PERFORM rbac_internal.check_application_role_texts(description, display_name);
    PERFORM rbac_internal.require_permission('Role:CreateRole', jsonb_build_object(
        'org_id', organization, 'role_name', role_name, 'application_id', app_id));
    PERFORM rbac_internal.require_unused_role_name(organization, NULL, app_id, role_name);
    INSERT INTO rbac.role (role, organization, app_id, role_name, display_name)
    VALUES (role, organization, app_id, role_name, display_name);
    PERFORM rbac_internal.insert_version(
        role, description, rbac_internal.application_grants(app_id, permissions), NULL);
    PERFORM rbac_internal.audit_role('create_application_role', role);
    RETURN role;
END
$$;

COMMENT ON FUNCTION rbac.create_application_role(text, text, text, text[], text, text) IS
'Create a role of an application and return its id.

organization, app_id: which application.
role_name: 1 to 256 characters; case counts.
permissions: what holders of the role may do with the application, any texts that are not empty and no placeholders. Each is kept once, in this order.
description, display_name: for people; at most 10,000 and 256 characters.

A check asks for the permission Application:Use with application_id and permission, one of these texts.
Needs Role:CreateRole with org_id, role_name and application_id. No privileges are compared: that happens when the role is assigned.
Errors: 28000 no caller, 42704 unknown organization, or not the caller''s, or unknown application, 22023 invalid argument, 42501 not permitted, 42710 the name is taken, 54000 too many permissions, or too long ones.
VOLATILE: it writes.';
COMMENT ON FUNCTION rbac_internal.create_application_role(text, text, text, text[], text, text) IS
'Implements rbac.create_application_role.';

CREATE FUNCTION rbac_internal.application_role(document rbac_internal.role_document) RETURNS rbac.application_role
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN ROW (document.role::text, document.role_name,
            rbac_internal.application_permissions(document.permission_grants),
            document.app_id, document.description, document.display_name)::rbac.application_role;
COMMENT ON FUNCTION rbac_internal.application_role(rbac_internal.role_document) IS
'The role as users see it.';

CREATE FUNCTION rbac.get_application_roles(
    organization text DEFAULT NULL,
    app_id text DEFAULT NULL
) RETURNS SETOF rbac.application_role
LANGUAGE C STABLE PARALLEL RESTRICTED AS 'MODULE_PATHNAME', 'rbac_admin';

CREATE FUNCTION rbac_internal.get_application_roles(organization text, app_id text)
RETURNS SETOF rbac.application_role
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_variable
BEGIN
    PERFORM rbac_internal.enter_organization(organization);
    PERFORM rbac_internal.require_argument('app_id', app_id);
    PERFORM rbac_internal.require_principal(organization, 'application', app_id);
    RETURN QUERY
    SELECT (rbac_internal.application_role(d)).* FROM rbac_internal.role_document AS d
    WHERE d.organization = organization AND d.app_id = app_id AND d.expires_at IS NULL
      AND rbac_internal.is_permitted('Role:GetRole', rbac_internal.role_attributes(d))
    ORDER BY d.role_name;
END
$$;

COMMENT ON FUNCTION rbac.get_application_roles(text, text) IS
'List the roles of an application that the caller may see, by name.

organization, app_id: which application.

Shows the roles for which the caller has Role:GetRole with org_id, role_id, role_name and application_id.
Errors: 28000 no caller, 42704 unknown organization, or not the caller''s, or unknown application, 22023 invalid argument.
STABLE: it only reads tables and the caller.';
COMMENT ON FUNCTION rbac_internal.get_application_roles(text, text) IS
'Implements rbac.get_application_roles.';

CREATE FUNCTION rbac.get_application_role(
    organization text DEFAULT NULL,
    app_id text DEFAULT NULL,
    role_id text DEFAULT NULL
) RETURNS rbac.application_role
LANGUAGE C STABLE PARALLEL RESTRICTED AS 'MODULE_PATHNAME', 'rbac_admin';

CREATE FUNCTION rbac_internal.get_application_role(organization text, app_id text, role_id text)
RETURNS rbac.application_role
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    document rbac_internal.role_document;
BEGIN
    PERFORM rbac_internal.enter_organization(organization);
    PERFORM rbac_internal.require_argument('app_id', app_id);
    PERFORM rbac_internal.require_principal(organization, 'application', app_id);
    document := rbac_internal.find_application_role(organization, app_id, role_id);
    PERFORM rbac_internal.require_permission('Role:GetRole', rbac_internal.role_attributes(document));
    RETURN rbac_internal.application_role(document);
END
$$;

COMMENT ON FUNCTION rbac.get_application_role(text, text, text) IS
'A role of an application.

organization, app_id, role_id: which role.

Needs Role:GetRole with org_id, role_id, role_name and application_id.
Errors: 28000 no caller, 42704 unknown organization, or not the caller''s, or unknown application or role, 22023 invalid argument, 42501 not permitted.
STABLE: it only reads tables and the caller.';
COMMENT ON FUNCTION rbac_internal.get_application_role(text, text, text) IS
'Implements rbac.get_application_role.';

CREATE FUNCTION rbac.modify_application_role(
    organization text DEFAULT NULL,
    app_id text DEFAULT NULL,
    role_id text DEFAULT NULL,
    role_name text DEFAULT NULL,
    permissions text[] DEFAULT NULL,
    description text DEFAULT NULL,
    display_name text DEFAULT NULL
) RETURNS void
LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'rbac_admin';

CREATE FUNCTION rbac_internal.modify_application_role(
    organization text, app_id text, role_id text, role_name text, permissions text[], description text,
    display_name text
) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    old rbac_internal.role_document;
    grants rbac.privileges;
    is_changed boolean;
BEGIN
    PERFORM rbac_internal.enter_principal(organization, 'application', 'app_id', app_id);
    old := rbac_internal.find_application_role(organization, app_id, role_id);
    IF role_name IS NOT NULL THEN
        PERFORM rbac_internal.checked_name('role_name', role_name);
    END IF;
    PERFORM rbac_internal.check_application_permissions(permissions);
    PERFORM rbac_internal.check_application_role_texts(description, display_name);
    PERFORM rbac_internal.require_permission('Role:ModifyRole', rbac_internal.role_attributes(old));

    is_changed := rbac_internal.rename_role(
        old, coalesce(role_name, old.role_name), coalesce(display_name, old.display_name));
    description := coalesce(description, old.description);
    grants := CASE WHEN permissions IS NULL THEN old.permission_grants
                   ELSE rbac_internal.application_grants(app_id, permissions) END;
    IF grants::text = old.permission_grants::text THEN
        is_changed := rbac_internal.describe_role(old.role_id, description) OR is_changed;
    ELSE
        PERFORM rbac_internal.replace_version(organization, old.role, description, grants, NULL, '{}');
        is_changed := true;
    END IF;
    IF is_changed THEN
        PERFORM rbac_internal.audit_role('modify_application_role', old.role, old.role_name);
    END IF;
END
$$;

COMMENT ON FUNCTION rbac.modify_application_role(text, text, text, text, text[], text, text) IS
'Modify a role of an application.

organization, app_id, role_id: which role.
role_name, permissions, description, display_name: as in rbac.create_application_role; NULL leaves as is. The permissions given replace all others.

Needs Role:ModifyRole with the org_id, role_id, role_name and application_id that the role had. Another name moreover needs role-based privileges that exceed those of the role, and other permissions ones that exceed those which the role gives then.
Errors: 28000 no caller, 42704 unknown organization, or not the caller''s, or unknown application or role, 22023 invalid argument, 42501 not permitted, 42710 the name is taken, 54000 too many permissions, too long ones, or a comparison that is too expensive.
VOLATILE: it writes.';
COMMENT ON FUNCTION rbac_internal.modify_application_role(text, text, text, text, text[], text, text) IS
'Implements rbac.modify_application_role.';

CREATE FUNCTION rbac.delete_application_role(
    organization text DEFAULT NULL,
    app_id text DEFAULT NULL,
    role_id text DEFAULT NULL
) RETURNS void
LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'rbac_admin';

CREATE FUNCTION rbac_internal.delete_application_role(organization text, app_id text, role_id text) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    document rbac_internal.role_document;
BEGIN
    PERFORM rbac_internal.enter_principal(organization, 'application', 'app_id', app_id);
    document := rbac_internal.find_application_role(organization, app_id, role_id);
    PERFORM rbac_internal.delete_role(document);
    PERFORM rbac_internal.audit('delete_application_role', organization, jsonb_build_object(
        'app_id', app_id, 'role_id', role_id, 'role_name', document.role_name));
END
$$;

COMMENT ON FUNCTION rbac.delete_application_role(text, text, text) IS
'Delete a role of an application, with its assignments.

organization, app_id, role_id: which role.

Needs Role:DeleteRole with org_id, role_id, role_name and application_id, and role-based privileges that cover what the holders lose.
Errors: 28000 no caller, 42704 unknown organization, or not the caller''s, or unknown application or role, 22023 invalid argument, 42501 not permitted, 54000 a comparison that is too expensive.
VOLATILE: it writes.';
COMMENT ON FUNCTION rbac_internal.delete_application_role(text, text, text) IS
'Implements rbac.delete_application_role.';

-- Assignments ----------------------------------------------------------------

CREATE FUNCTION rbac_internal.find_entities(organization text, entity_ids text[], entity_type text)
RETURNS text[]
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_variable
DECLARE
    max_entities CONSTANT integer := 10000;
    kind CONSTANT text := CASE entity_type WHEN 'User' THEN 'user' WHEN 'Group' THEN 'group'
                                           WHEN 'Application' THEN 'application' END;
    missing text;
BEGIN
    PERFORM rbac_internal.require_argument('entity_ids', entity_ids);
    PERFORM rbac_internal.require_argument('entity_type', entity_type);
    IF kind IS NULL THEN
        PERFORM rbac_internal.invalid_argument('entity_type', 'must be "User", "Group" or "Application"');
    ELSIF cardinality(entity_ids) = 0 THEN
        PERFORM rbac_internal.invalid_argument('entity_ids', 'must not be empty');
    ELSIF cardinality(entity_ids) > max_entities THEN
        PERFORM rbac_internal.invalid_argument('entity_ids', format('must have at most %s elements', max_entities));
    END IF;
    PERFORM rbac_internal.check_elements('entity_ids', entity_ids, '.', 'must be ids');
    SELECT e.entity_id INTO missing
    FROM unnest(entity_ids) WITH ORDINALITY AS e (entity_id, position)
    LEFT JOIN rbac.principal AS p
        ON p.organization = organization AND p.principal_id = e.entity_id AND p.kind = kind
    WHERE p.principal_id IS NULL
    ORDER BY e.position LIMIT 1;
    IF FOUND THEN
        PERFORM rbac_internal.raise_undefined(kind, missing);
    END IF;
    RETURN ARRAY(SELECT DISTINCT e.entity_id FROM unnest(entity_ids) AS e (entity_id) ORDER BY e.entity_id);
END
$$;
COMMENT ON FUNCTION rbac_internal.find_entities(text, text[], text) IS
'The entities, each once; raises 22023 for no ids and no type, 42704 for an entity that does not exist or is of another type.';

CREATE FUNCTION rbac.assign_application_role(
    organization text DEFAULT NULL,
    app_id text DEFAULT NULL,
    role_id text DEFAULT NULL,
    entity_ids text[] DEFAULT NULL,
    entity_type text DEFAULT NULL
) RETURNS void
LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'rbac_admin';

CREATE FUNCTION rbac_internal.assign_application_role(
    organization text, app_id text, role_id text, entity_ids text[], entity_type text
) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    document rbac_internal.role_document;
    added text[];
BEGIN
    PERFORM rbac_internal.enter_principal(organization, 'application', 'app_id', app_id);
    document := rbac_internal.find_application_role(organization, app_id, role_id);
    entity_ids := rbac_internal.find_entities(organization, entity_ids, entity_type);
    PERFORM rbac_internal.authorize_assignment(organization, document.role);
    WITH assigned AS (
        INSERT INTO rbac.assignment (organization, principal_id, role)
        SELECT organization, e.entity_id, document.role FROM unnest(entity_ids) AS e (entity_id)
        ON CONFLICT DO NOTHING
        RETURNING assignment.principal_id
    )
    SELECT array_agg(a.principal_id ORDER BY a.principal_id) INTO added FROM assigned AS a;
    IF added IS NOT NULL THEN
        PERFORM rbac_internal.audit('assign_application_role', organization, jsonb_build_object(
            'app_id', app_id, 'role_id', role_id, 'role_name', document.role_name,
            'entity_type', entity_type, 'entity_ids', added));
    END IF;
END
$$;

COMMENT ON FUNCTION rbac.assign_application_role(text, text, text, text[], text) IS
'Assign a role of an application to users, groups or applications: to all or, on an error, to none.

organization, app_id, role_id: which role.
entity_ids: 1 to 10,000 ids, of principals of the same organization.
entity_type: of what kind all of them are: "User", "Group" or "Application".

Assigning what is assigned already changes nothing.
The caller''s role-based privileges must exceed those of the role; no named permission is needed.
Errors: 28000 no caller, 42704 unknown organization, or not the caller''s, or unknown application, role or entity, 22023 invalid argument, 42501 not permitted, 54000 a comparison that is too expensive.
VOLATILE: it writes.';
COMMENT ON FUNCTION rbac_internal.assign_application_role(text, text, text, text[], text) IS
'Implements rbac.assign_application_role.';

CREATE FUNCTION rbac.revoke_application_role(
    organization text DEFAULT NULL,
    app_id text DEFAULT NULL,
    role_id text DEFAULT NULL,
    entity_id text DEFAULT NULL
) RETURNS void
LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'rbac_admin';

CREATE FUNCTION rbac_internal.revoke_application_role(
    organization text, app_id text, role_id text, entity_id text
) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    document rbac_internal.role_document;
BEGIN
    PERFORM rbac_internal.enter_principal(organization, 'application', 'app_id', app_id);
    document := rbac_internal.find_application_role(organization, app_id, role_id);
    PERFORM rbac_internal.require_argument('entity_id', entity_id);
    IF NOT rbac_internal.remove_assignment(
            rbac_internal.caller_privileges(), organization, entity_id, document.role) THEN
        RAISE EXCEPTION '"%" does not have the role', rbac_internal.abbreviated(entity_id)
            USING ERRCODE = 'undefined_object';
    END IF;
    PERFORM rbac_internal.audit('revoke_application_role', organization, jsonb_build_object(
        'app_id', app_id, 'role_id', role_id, 'role_name', document.role_name, 'entity_id', entity_id));
END
$$;

COMMENT ON FUNCTION rbac.revoke_application_role(text, text, text, text) IS
'Take a role of an application from a user, a group or an application.

organization, app_id, role_id: which role.
entity_id: who has it.

The caller''s role-based privileges must cover those of the role; no named permission is needed.
Errors: 28000 no caller, 42704 unknown organization, or not the caller''s, or unknown application or role, or the entity does not have the role, 22023 invalid argument, 42501 not permitted, 54000 a comparison that is too expensive.
VOLATILE: it writes.';
COMMENT ON FUNCTION rbac_internal.revoke_application_role(text, text, text, text) IS
'Implements rbac.revoke_application_role.';
