-- Roles: documents with versions, inheritance, assignment, and the privileges
-- that roles give. Temporary grants are in 70_temporary_grant.sql.

CREATE TYPE rbac.role_instance AS (
    id                text,
    name              text,
    description       text,
    frontend_view     rbac.frontend_view,
    permission_grants rbac.privileges
);
COMMENT ON TYPE rbac.role_instance IS
'A version of a role, as rbac.get_roles returns it.';

-- Reading roles --------------------------------------------------------------

CREATE VIEW rbac_internal.role_document AS
SELECT r.organization, r.role, r.level, r.app_id, r.role_name, r.display_name, r.type, r.is_base_role,
       r.system_managed, v.role_id, v.description, v.permission_grants, v.frontend_view, v.expires_at
FROM rbac.role AS r
JOIN rbac.role_version AS v ON v.role = r.role;
COMMENT ON VIEW rbac_internal.role_document IS
'Every version of every role, with what the versions have in common.';

CREATE FUNCTION rbac_internal.find_role(organization text, role_name text)
RETURNS rbac_internal.role_document
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_variable
DECLARE
    document rbac_internal.role_document;
BEGIN
    SELECT d.* INTO document FROM rbac_internal.role_document AS d
    WHERE d.organization = organization AND d.level = 'organization' AND d.role_name = role_name
      AND d.expires_at IS NULL;
    IF NOT FOUND THEN
        PERFORM rbac_internal.raise_undefined('role', role_name);
    END IF;
    RETURN document;
END
$$;
COMMENT ON FUNCTION rbac_internal.find_role(text, text) IS
'The current version of a role of level organization; raises 42704 if there is none of that name.';

-- A uuid of version 8, which is what its maker says: the 24 digits of the role
-- around the version and the variant, then zeros.
CREATE FUNCTION rbac_internal.role_uuid(role text) RETURNS uuid
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN (substr(role, 1, 12) || '8' || substr(role, 13, 3) || '8' || substr(role, 16, 9) || '000000')::uuid;
COMMENT ON FUNCTION rbac_internal.role_uuid(text) IS
'The id of a role where ids are uuids.';

CREATE FUNCTION rbac_internal.role_of_uuid(id uuid) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN (
    SELECT CASE WHEN rbac_internal.role_uuid(of_uuid.role) = id THEN of_uuid.role END
    FROM replace(id::text, '-', '') AS u (digits)
    CROSS JOIN LATERAL (VALUES (substr(u.digits, 1, 12) || substr(u.digits, 14, 3) || substr(u.digits, 18, 9)))
                       AS of_uuid (role));
COMMENT ON FUNCTION rbac_internal.role_of_uuid(uuid) IS
'The role whose id this uuid would be; NULL if it can be none''s.';

CREATE FUNCTION rbac_internal.public_role_id(document rbac_internal.role_document) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN document.app_id IS NOT NULL THEN document.role
            WHEN document.level = 'organization' THEN document.role_id
            ELSE rbac_internal.role_uuid(document.role)::text END;
COMMENT ON FUNCTION rbac_internal.public_role_id(rbac_internal.role_document) IS
'The id by which the functions for roles of this kind know a role.';

CREATE FUNCTION rbac_internal.role_attributes(document rbac_internal.role_document) RETURNS jsonb
LANGUAGE sql STABLE PARALLEL SAFE
RETURN jsonb_strip_nulls(jsonb_build_object(
    'org_id', document.organization, 'role_id', rbac_internal.public_role_id(document),
    'role_name', document.role_name, 'frontend_view', document.frontend_view,
    'role_level', document.level, 'application_id', document.app_id));
COMMENT ON FUNCTION rbac_internal.role_attributes(rbac_internal.role_document) IS
'What Role:GetRole, Role:ModifyRole and Role:DeleteRole are asked about a role.';

CREATE FUNCTION rbac_internal.role_parents(role rbac.object_id) RETURNS rbac.object_id[]
LANGUAGE sql STABLE PARALLEL RESTRICTED
RETURN ARRAY(SELECT p.parent FROM rbac.role_parent AS p
             WHERE p.role = role_parents.role ORDER BY p.parent);
COMMENT ON FUNCTION rbac_internal.role_parents(rbac.object_id) IS
'The roles that a role inherits from directly, in order of id.';

CREATE FUNCTION rbac_internal.role_dependents(role rbac.object_id) RETURNS SETOF rbac.object_id
LANGUAGE sql STABLE PARALLEL RESTRICTED
BEGIN ATOMIC
    WITH RECURSIVE dependent (role) AS (
        SELECT role_dependents.role
        UNION
        SELECT p.role FROM rbac.role_parent AS p JOIN dependent AS d ON p.parent = d.role
    )
    SELECT d.role FROM dependent AS d;
END;
COMMENT ON FUNCTION rbac_internal.role_dependents(rbac.object_id) IS
'A role and all roles that inherit from it, directly or not.';

CREATE FUNCTION rbac_internal.find_parents(organization text, inherited_from text[])
RETURNS rbac.object_id[]
LANGUAGE plpgsql STABLE STRICT PARALLEL RESTRICTED SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_variable
DECLARE
    max_parents CONSTANT integer := 64;     -- every check of a holder reads them all
    parent_name text;
BEGIN
    IF cardinality(inherited_from) > max_parents THEN
        RAISE EXCEPTION 'a role can inherit from at most % roles', max_parents
            USING ERRCODE = 'program_limit_exceeded', COLUMN = 'inherited_from';
    END IF;
    FOREACH parent_name IN ARRAY inherited_from
    LOOP
        PERFORM rbac_internal.require_argument('inherited_from', parent_name);
        PERFORM rbac_internal.find_role(organization, parent_name);
    END LOOP;
    RETURN ARRAY(SELECT r.role FROM rbac.role AS r
                 WHERE r.organization = organization AND r.level = 'organization'
                   AND r.role_name = ANY (inherited_from)
                 ORDER BY r.role);
END
$$;
COMMENT ON FUNCTION rbac_internal.find_parents(text, text[]) IS
'The roles of these names in order of id; raises 42704 for a name that is unknown.';

-- Writing roles --------------------------------------------------------------

CREATE FUNCTION rbac_internal.checked_role_name(role_name text) RETURNS text
LANGUAGE plpgsql VOLATILE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    stripped CONSTANT text := rbac_internal.checked_name('role_name', rbac_internal.strip(role_name));
BEGIN
    -- Over HTTP a role is .../role/{role_name}, and these two are routes there.
    IF stripped IN ('temporary_permission_grant', 'temporary_permission_grants') THEN
        PERFORM rbac_internal.invalid_argument('role_name', 'is reserved');
    END IF;
    RETURN stripped;
END
$$;
COMMENT ON FUNCTION rbac_internal.checked_role_name(text) IS
'A name for a new role, stripped; raises 22023 for one that no role may have.';

-- The organization is locked: nobody takes the name meanwhile.
CREATE FUNCTION rbac_internal.require_unused_role_name(
    organization text, level rbac.role_level, app_id text, role_name text
) RETURNS void
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_variable
BEGIN
    IF EXISTS (SELECT FROM rbac.role AS r
               WHERE r.organization = organization AND r.role_name = role_name
                 AND (r.level = level OR r.app_id = app_id)) THEN
        RAISE EXCEPTION 'role "%" already exists', role_name USING ERRCODE = 'duplicate_object';
    END IF;
END
$$;
COMMENT ON FUNCTION rbac_internal.require_unused_role_name(text, rbac.role_level, text, text) IS
'Raises 42710 if there is a role of this name at the level, or of the application.';

CREATE FUNCTION rbac_internal.insert_version(
    role rbac.object_id, description text, permission_grants rbac.privileges,
    frontend_view rbac.frontend_view
) RETURNS text
LANGUAGE sql VOLATILE PARALLEL UNSAFE
BEGIN ATOMIC
    INSERT INTO rbac.role_version (role_id, role, description, permission_grants, frontend_view)
    VALUES (rbac.generate_object_id(), insert_version.role, insert_version.description,
            insert_version.permission_grants, insert_version.frontend_view)
    RETURNING role_version.role_id;
END;
COMMENT ON FUNCTION
rbac_internal.insert_version(rbac.object_id, text, rbac.privileges, rbac.frontend_view) IS
'Makes the given document the current version of a role that has none; its id.';

CREATE FUNCTION rbac_internal.expire_version(role rbac.object_id) RETURNS void
LANGUAGE sql VOLATILE PARALLEL UNSAFE
BEGIN ATOMIC
    DELETE FROM rbac.role_version AS v
    WHERE v.role = expire_version.role AND v.expires_at <= statement_timestamp();
    UPDATE rbac.role_version AS v SET expires_at = statement_timestamp() + interval '1 day'
    WHERE v.role = expire_version.role AND v.expires_at IS NULL;
END;
COMMENT ON FUNCTION rbac_internal.expire_version(rbac.object_id) IS
'Supersedes the current version of a role and removes those whose day is over.';

CREATE FUNCTION rbac_internal.set_parents(role rbac.object_id, parents rbac.object_id[]) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_variable
BEGIN
    IF cardinality(parents) > 0
       AND (SELECT r.is_base_role FROM rbac.role AS r WHERE r.role = role) THEN
        RAISE EXCEPTION 'Base roles cannot inherit from other roles.'
            USING ERRCODE = 'invalid_object_definition';
    ELSIF EXISTS (SELECT FROM rbac_internal.role_dependents(role) AS d (role)
                  WHERE d.role = ANY (parents)) THEN
        RAISE EXCEPTION 'a role cannot inherit from itself, directly or through other roles'
            USING ERRCODE = 'invalid_object_definition';
    END IF;
    DELETE FROM rbac.role_parent AS p WHERE p.role = role;
    INSERT INTO rbac.role_parent (role, parent) SELECT role, unnest(parents);
END
$$;
COMMENT ON FUNCTION rbac_internal.set_parents(rbac.object_id, rbac.object_id[]) IS
'Makes a role inherit from exactly these; raises 42P17 for a base role and for a cycle.';

CREATE FUNCTION rbac_internal.audit_role(operation text, role rbac.object_id, renamed_from text DEFAULT NULL)
RETURNS void
LANGUAGE sql VOLATILE PARALLEL UNSAFE
BEGIN ATOMIC
    SELECT rbac_internal.audit(audit_role.operation, d.organization, jsonb_strip_nulls(jsonb_build_object(
        'role_id', rbac_internal.public_role_id(d), 'role_name', d.role_name,
        'renamed_from', nullif(audit_role.renamed_from, d.role_name), 'description', d.description,
        'permission_grants', d.permission_grants::jsonb, 'frontend_view', d.frontend_view,
        'level', d.level, 'app_id', d.app_id, 'display_name', d.display_name,
        'type', nullif(d.type, 'normal'), 'system_managed', nullif(d.system_managed, false),
        'is_base_role', d.is_base_role, 'inherited_from', (
            SELECT coalesce(jsonb_agg(r.role_name ORDER BY r.role_name), '[]')
            FROM rbac.role AS r WHERE r.role = ANY (rbac_internal.role_parents(d.role))))))
    FROM rbac_internal.role_document AS d
    WHERE d.role = audit_role.role AND d.expires_at IS NULL;
END;
COMMENT ON FUNCTION rbac_internal.audit_role(text, rbac.object_id, text) IS
'Records a write of a role with the whole document that resulted: versions themselves expire. And the name it had, if that is another one: its id may be another one, too.';

CREATE FUNCTION rbac.create_role(
    organization text DEFAULT NULL,
    role_name text DEFAULT NULL,
    description text DEFAULT NULL,
    permission_grants rbac.privileges DEFAULT NULL,
    frontend_view rbac.frontend_view DEFAULT NULL,
    inherited_from text[] DEFAULT NULL,
    is_base_role boolean DEFAULT false
) RETURNS text
LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'rbac_admin';

CREATE FUNCTION rbac_internal.create_role(
    organization text, role_name text, description text, permission_grants rbac.privileges,
    frontend_view rbac.frontend_view, inherited_from text[], is_base_role boolean
) RETURNS text
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    role CONSTANT rbac.object_id := rbac.generate_object_id();
    parents rbac.object_id[];
    role_id text;
BEGIN
    PERFORM rbac_internal.require_caller();
    PERFORM rbac_internal.lock_organization(organization);
    role_name := rbac_internal.checked_role_name(role_name);
    description := rbac_internal.checked_prose('description', description);
    PERFORM rbac_internal.require_argument('permission_grants', permission_grants);
    PERFORM rbac_internal.check_privileges('permission_grants', permission_grants);
    PERFORM rbac_internal.require_argument('frontend_view', frontend_view);
    parents := rbac_internal.find_parents(organization, coalesce(inherited_from, '{}'));
    PERFORM rbac_internal.require_permission('Role:CreateRole', jsonb_build_object(
        'org_id', organization, 'role_name', role_name, 'frontend_view', frontend_view,
        'role_level', 'organization'));
    PERFORM rbac_internal.require_unused_role_name(organization, 'organization', NULL, role_name);
    INSERT INTO rbac.role (role, organization, level, role_name, is_base_role)
    VALUES (role, organization, 'organization', role_name, coalesce(is_base_role, false));
    role_id := rbac_internal.insert_version(role, description, permission_grants, frontend_view);
    PERFORM rbac_internal.set_parents(role, parents);
    PERFORM rbac_internal.audit_role('create_role', role);
    RETURN role_id;
END
$$;

COMMENT ON FUNCTION rbac.create_role(text, text, text, rbac.privileges, rbac.frontend_view, text[], boolean) IS
'Create a role and return its id.

organization: where.
role_name: 1 to 256 characters after white space at both ends is stripped; case counts. "temporary_permission_grant" and "temporary_permission_grants" are parts of paths over HTTP, and no names.
description: 1 to 10,000 characters after stripping.
permission_grants: what holders of the role may do, a JSON array of grants; may be empty.
frontend_view: "client" or "admin", which user interface holders see.
inherited_from: names of roles of the organization whose grants holders get too; at most 64.
is_base_role: true for a role that can be inherited from but never inherits.

Needs Role:CreateRole with org_id, role_name, frontend_view and role_level "organization". No privileges are compared: that happens when the role is assigned.
Errors: 28000 no caller, 42704 unknown organization, permission or inherited role, 22023 invalid argument, 42501 not permitted, 42710 the name is taken, 42P17 a base role would inherit, 54000 too many inherited roles.
VOLATILE: it writes.';
COMMENT ON FUNCTION
rbac_internal.create_role(text, text, text, rbac.privileges, rbac.frontend_view, text[], boolean) IS
'Implements rbac.create_role.';

CREATE FUNCTION rbac_internal.describe_role(role_id rbac.object_id, description text) RETURNS boolean
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_variable
BEGIN
    UPDATE rbac.role_version AS v SET description = description
    WHERE v.role_id = role_id AND v.description IS DISTINCT FROM description;
    RETURN FOUND;
END
$$;
COMMENT ON FUNCTION rbac_internal.describe_role(rbac.object_id, text) IS
'Gives a version another description; whether that changed anything.';

-- Written first and judged afterwards, by what the holders of the role and of
-- its dependents have got; an error undoes it.
CREATE FUNCTION rbac_internal.replace_version(
    organization text, role rbac.object_id, description text, permission_grants rbac.privileges,
    frontend_view rbac.frontend_view, parents rbac.object_id[]
) RETURNS text
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    caller_privileges CONSTANT rbac.privileges := rbac_internal.caller_privileges();
    role_id text;
BEGIN
    PERFORM rbac_internal.expire_version(role);
    role_id := rbac_internal.insert_version(role, description, permission_grants, frontend_view);
    PERFORM rbac_internal.set_parents(role, parents);
    PERFORM rbac_internal.authorize_grant(
        caller_privileges, rbac_internal.compute_role_privileges(organization, d.role), organization)
    FROM rbac_internal.role_dependents(role) AS d (role);
    RETURN role_id;
END
$$;
COMMENT ON FUNCTION rbac_internal.replace_version(
    text, rbac.object_id, text, rbac.privileges, rbac.frontend_view, rbac.object_id[]) IS
'Makes the given document the current version of a role; its id. Raises 42501 unless the caller may grant what comes of it.';

CREATE FUNCTION rbac.modify_role(
    organization text DEFAULT NULL,
    role_name text DEFAULT NULL,
    description text DEFAULT NULL,
    permission_grants rbac.privileges DEFAULT NULL,
    frontend_view rbac.frontend_view DEFAULT NULL,
    inherited_from text[] DEFAULT NULL
) RETURNS text
LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'rbac_admin';

CREATE FUNCTION rbac_internal.modify_role(
    organization text, role_name text, description text, permission_grants rbac.privileges,
    frontend_view rbac.frontend_view, inherited_from text[]
) RETURNS text
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    old rbac_internal.role_document;
    old_parents rbac.object_id[];
    parents rbac.object_id[];
    role_id text;
BEGIN
    PERFORM rbac_internal.require_caller();
    PERFORM rbac_internal.lock_organization(organization);
    PERFORM rbac_internal.require_argument('role_name', role_name);
    IF description IS NOT NULL THEN
        description := rbac_internal.checked_prose('description', description);
    END IF;
    PERFORM rbac_internal.check_privileges('permission_grants', permission_grants);
    old := rbac_internal.find_role(organization, role_name);
    old_parents := rbac_internal.role_parents(old.role);
    parents := coalesce(rbac_internal.find_parents(organization, inherited_from), old_parents);
    PERFORM rbac_internal.require_permission('Role:ModifyRole', rbac_internal.role_attributes(old));

    description := coalesce(description, old.description);
    permission_grants := coalesce(permission_grants, old.permission_grants);
    frontend_view := coalesce(frontend_view, old.frontend_view);
    IF parents = old_parents AND frontend_view = old.frontend_view
       AND rbac_internal.same_grants(permission_grants, old.permission_grants) THEN
        IF rbac_internal.describe_role(old.role_id, description) THEN
            PERFORM rbac_internal.audit_role('modify_role', old.role);
        END IF;
        RETURN old.role_id;
    END IF;

    role_id := rbac_internal.replace_version(
        organization, old.role, description, permission_grants, frontend_view, parents);
    PERFORM rbac_internal.audit_role('modify_role', old.role);
    RETURN role_id;
END
$$;

COMMENT ON FUNCTION rbac.modify_role(text, text, text, rbac.privileges, rbac.frontend_view, text[]) IS
'Modify a role and return the id of its current version.

organization, role_name: which role.
description, permission_grants, frontend_view, inherited_from: as in rbac.create_role; NULL leaves as is.

A new description is written into the current version. Any other real change makes a new version with a new id: all holders have it at once, and the old version can be read by its id for one more day. Grants that differ in order only are the same grants.
Needs Role:ModifyRole with the org_id, role_id, role_name, frontend_view and role_level that the role had. A new version moreover needs role-based privileges that exceed those which the role, and every role that inherits from it, gives then.
Errors: 28000 no caller, 42704 unknown organization, permission, role or inherited role, 22023 invalid argument, 42501 not permitted, 42P17 a base role would inherit or inheritance would be circular, 54000 too many inherited roles or a comparison that is too expensive.
VOLATILE: it writes.';
COMMENT ON FUNCTION
rbac_internal.modify_role(text, text, text, rbac.privileges, rbac.frontend_view, text[]) IS
'Implements rbac.modify_role.';

-- What roles of every kind have in common -------------------------------------

CREATE FUNCTION rbac_internal.raise_illegal(problem text) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RAISE EXCEPTION '%', problem USING ERRCODE = 'wrong_object_type';
END
$$;
COMMENT ON FUNCTION rbac_internal.raise_illegal(text) IS
'Raises 42809 for what is not legal on this role.';

-- Before a role gets another name or goes: the owner is to keep the admin role.
CREATE FUNCTION rbac_internal.require_replaceable(document rbac_internal.role_document) RETURNS void
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM rbac_internal.require_removable(a.organization, a.principal_id, a.role)
    FROM rbac.assignment AS a
    WHERE a.organization = document.organization AND a.role = document.role
      AND a.principal_id = rbac_internal.setting(document.organization, 'owner') #>> '{}';
END
$$;
COMMENT ON FUNCTION rbac_internal.require_replaceable(rbac_internal.role_document) IS
'Raises 42809 for the admin role, if the owner of the organization has it.';

-- A name has to be free only where it changes. Roles are assigned by name: who
-- could give a strong role the name of a weak one would have others hand it out.
CREATE FUNCTION rbac_internal.rename_role(
    document rbac_internal.role_document, role_name text, display_name text DEFAULT NULL
) RETURNS boolean
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_variable
BEGIN
    IF role_name IS DISTINCT FROM document.role_name THEN
        PERFORM rbac_internal.require_replaceable(document);
        PERFORM rbac_internal.authorize_assignment(document.organization, document.role);
        PERFORM rbac_internal.require_unused_role_name(
            document.organization, document.level, document.app_id, role_name);
    END IF;
    UPDATE rbac.role AS r SET role_name = role_name, display_name = display_name
    WHERE r.role = document.role
      AND (r.role_name, r.display_name) IS DISTINCT FROM (role_name, display_name);
    RETURN FOUND;
END
$$;
COMMENT ON FUNCTION rbac_internal.rename_role(rbac_internal.role_document, text, text) IS
'Gives a role another name and display name; whether that changed anything. Raises 42501 unless the caller may assign a role that is renamed, 42710 for a name that is taken, 42809 for a role that has to keep its name.';

-- Assignments ----------------------------------------------------------------

CREATE FUNCTION rbac_internal.find_role_for_user(organization text, role_name text, user_id text)
RETURNS rbac_internal.role_document
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    document rbac_internal.role_document;
BEGIN
    PERFORM rbac_internal.require_caller();
    PERFORM rbac_internal.lock_organization(organization);
    PERFORM rbac_internal.require_argument('role_name', role_name);
    PERFORM rbac_internal.require_argument('user_id', user_id);
    document := rbac_internal.find_role(organization, role_name);
    PERFORM rbac_internal.require_principal(organization, 'user', user_id);
    RETURN document;
END
$$;
COMMENT ON FUNCTION rbac_internal.find_role_for_user(text, text, text) IS
'The role to assign or revoke, its organization locked, once it is sure that role and user exist.';

CREATE FUNCTION rbac_internal.require_removable(organization text, principal_id text, role rbac.object_id)
RETURNS void
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_variable
BEGIN
    IF principal_id = rbac_internal.setting(organization, 'owner') #>> '{}'
       AND role = (SELECT r.role FROM rbac.role AS r
                   WHERE r.organization = organization AND r.level = 'organization'
                     AND r.role_name = rbac_internal.setting(organization, 'admin_role') #>> '{}') THEN
        PERFORM rbac_internal.raise_illegal('the organization''s owner must keep the admin role');
    END IF;
END
$$;
COMMENT ON FUNCTION rbac_internal.require_removable(text, text, rbac.object_id) IS
'Raises 42809 for the admin role of the owner of an organization.';

CREATE FUNCTION rbac_internal.remove_assignment(
    caller_privileges rbac.privileges, organization text, principal_id text, role rbac.object_id,
    restriction jsonb DEFAULT '{}'
) RETURNS boolean
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_variable
BEGIN
    PERFORM rbac_internal.authorize_removal(
        caller_privileges,
        rbac_internal.compute_role_privileges(organization, role, restriction), organization);
    PERFORM rbac_internal.require_removable(organization, principal_id, role);
    DELETE FROM rbac.assignment AS a
    WHERE a.organization = organization AND a.principal_id = principal_id AND a.role = role
      AND a.restriction = restriction;
    RETURN FOUND;
END
$$;
COMMENT ON FUNCTION rbac_internal.remove_assignment(
    rbac.privileges, text, text, rbac.object_id, jsonb) IS
'Takes a role from a principal; whether it had it. Raises 42501 for one beyond the caller, 42809 for one that its holder cannot lose.';

CREATE FUNCTION rbac_internal.remove_other_roles(organization text, user_id text, kept rbac.object_id)
RETURNS text[]
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_variable
DECLARE
    caller_privileges CONSTANT rbac.privileges := rbac_internal.caller_privileges();
    removed text[];
BEGIN
    SELECT coalesce(array_agg(r.role_name ORDER BY r.role_name), '{}') INTO removed
    FROM rbac.assignment AS a JOIN rbac.role AS r ON r.role = a.role
    WHERE a.organization = organization AND a.principal_id = user_id AND r.level = 'organization'
      AND r.role <> kept;
    PERFORM rbac_internal.remove_assignment(caller_privileges, organization, user_id, r.role)
    FROM rbac.role AS r
    WHERE r.organization = organization AND r.level = 'organization' AND r.role_name = ANY (removed);
    RETURN removed;
END
$$;
COMMENT ON FUNCTION rbac_internal.remove_other_roles(text, text, rbac.object_id) IS
'Takes all roles of level organization but one from a user; the names of those taken. Raises as remove_assignment.';

CREATE FUNCTION rbac.assign_role(
    organization text DEFAULT NULL,
    role_name text DEFAULT NULL,
    user_id text DEFAULT NULL,
    replace boolean DEFAULT true
) RETURNS text
LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'rbac_admin';

CREATE FUNCTION rbac_internal.assign_role(organization text, role_name text, user_id text, replace boolean)
RETURNS text
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_variable
DECLARE
    document rbac_internal.role_document;
    removed text[] := '{}';
    is_new boolean;
BEGIN
    document := rbac_internal.find_role_for_user(organization, role_name, user_id);
    PERFORM rbac_internal.authorize_assignment(organization, document.role);
    IF coalesce(replace, true) THEN
        removed := rbac_internal.remove_other_roles(organization, user_id, document.role);
    END IF;
    INSERT INTO rbac.assignment (organization, principal_id, role)
    VALUES (organization, user_id, document.role)
    ON CONFLICT DO NOTHING;
    is_new := FOUND;
    IF is_new OR removed <> '{}' THEN
        PERFORM rbac_internal.audit('assign_role', organization, jsonb_build_object(
            'user_id', user_id, 'role_name', role_name, 'role_id', document.role_id,
            'removed', removed));
    END IF;
    RETURN document.role_id;
END
$$;

COMMENT ON FUNCTION rbac.assign_role(text, text, text, boolean) IS
'Assign a role to a user and return the role''s id.

organization, role_name: which role.
user_id: a user of the same organization.
replace: true takes all other roles of the organization itself from the user, false leaves them. Roles of workspaces, projects, applications and groups stay.

Assigning what is assigned already changes nothing.
The caller''s role-based privileges must exceed those of the role, and cover those of every role that is taken away; no named permission is needed.
Errors: 28000 no caller, 42704 unknown organization, role or user, 22023 invalid argument, 42501 not permitted, 42809 the admin role of the organization''s owner would be taken away, 54000 a comparison that is too expensive.
VOLATILE: it writes.';
COMMENT ON FUNCTION rbac_internal.assign_role(text, text, text, boolean) IS
'Implements rbac.assign_role.';

CREATE FUNCTION rbac.revoke_role(
    organization text DEFAULT NULL,
    role_name text DEFAULT NULL,
    user_id text DEFAULT NULL
) RETURNS void
LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'rbac_admin';

CREATE FUNCTION rbac_internal.revoke_role(organization text, role_name text, user_id text) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_variable
DECLARE
    document rbac_internal.role_document;
BEGIN
    document := rbac_internal.find_role_for_user(organization, role_name, user_id);
    IF NOT rbac_internal.remove_assignment(
            rbac_internal.caller_privileges(), organization, user_id, document.role) THEN
        RAISE EXCEPTION 'user "%" does not have role "%"', user_id, role_name
            USING ERRCODE = 'undefined_object';
    END IF;
    PERFORM rbac_internal.audit('revoke_role', organization, jsonb_build_object(
        'user_id', user_id, 'role_name', role_name, 'role_id', document.role_id));
END
$$;

COMMENT ON FUNCTION rbac.revoke_role(text, text, text) IS
'Take a role from a user.

organization, role_name: which role.
user_id: a user of the same organization who has it.

The caller''s role-based privileges must cover those of the role; no named permission is needed.
Errors: 28000 no caller, 42704 unknown organization, role or user, or the user does not have the role, 22023 invalid argument, 42501 not permitted, 42809 the admin role of the organization''s owner, 54000 a comparison that is too expensive.
VOLATILE: it writes.';
COMMENT ON FUNCTION rbac_internal.revoke_role(text, text, text) IS
'Implements rbac.revoke_role.';

-- What holders lose, those of roles that inherit from it among them, is what the
-- role gives in each scope in which they have it.
CREATE FUNCTION rbac_internal.delete_role(document rbac_internal.role_document) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    caller_privileges CONSTANT rbac.privileges := rbac_internal.caller_privileges();
BEGIN
    PERFORM rbac_internal.require_permission('Role:DeleteRole', rbac_internal.role_attributes(document));
    PERFORM rbac_internal.authorize_removal(
        caller_privileges,
        rbac_internal.compute_role_privileges(document.organization, document.role, held.restriction),
        document.organization)
    FROM (SELECT DISTINCT a.restriction FROM rbac.assignment AS a
          WHERE a.role IN (SELECT rbac_internal.role_dependents(document.role))) AS held;
    PERFORM rbac_internal.require_replaceable(document);
    DELETE FROM rbac.role AS r WHERE r.role = document.role;
END
$$;
COMMENT ON FUNCTION rbac_internal.delete_role(rbac_internal.role_document) IS
'Deletes a role with its assignments; raises 42501 unless the caller may, 42809 if somebody cannot lose it.';

-- Questions ------------------------------------------------------------------

CREATE FUNCTION rbac.get_roles(
    organization text DEFAULT NULL,
    return_permission_grants boolean DEFAULT false,
    id text[] DEFAULT '{}',
    name text[] DEFAULT '{}'
) RETURNS SETOF rbac.role_instance
LANGUAGE C STABLE PARALLEL RESTRICTED AS 'MODULE_PATHNAME', 'rbac_admin';

CREATE FUNCTION rbac_internal.get_roles(
    organization text, return_permission_grants boolean, id text[], name text[]
) RETURNS SETOF rbac.role_instance
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_variable
DECLARE
    any_id CONSTANT boolean := coalesce(cardinality(id), 0) = 0;
    any_name CONSTANT boolean := coalesce(cardinality(name), 0) = 0;
BEGIN
    PERFORM rbac_internal.require_caller();
    PERFORM rbac_internal.require_organization(organization);
    PERFORM rbac_internal.check_ids(id);
    RETURN QUERY
    SELECT d.role_id::text, d.role_name, d.description, d.frontend_view,
           CASE WHEN return_permission_grants THEN d.permission_grants ELSE '[]' END
    FROM rbac_internal.role_document AS d
    WHERE d.organization = organization AND d.level = 'organization'
      AND (any_id OR d.role_id = ANY (id))
      AND (any_name OR d.role_name = ANY (name))
      -- A superseded version is found by its id only, and only for its day.
      AND (d.expires_at IS NULL OR (d.expires_at > statement_timestamp() AND any_name AND NOT any_id))
      AND rbac_internal.is_permitted('Role:GetRole', rbac_internal.role_attributes(d))
    ORDER BY d.role_name, d.role_id;
END
$$;

COMMENT ON FUNCTION rbac.get_roles(text, boolean, text[], text[]) IS
'List the roles of an organization itself that the caller may see, by name.

organization: which.
return_permission_grants: without it the grants are shown as none.
id: only the versions of these ids, among them superseded ones for a day.
name: only the roles of these names. Empty and NULL filters mean no filter; ids and names that do not exist find nothing.

Shows the roles for which the caller has Role:GetRole with org_id, role_id, role_name, frontend_view and role_level.
Errors: 28000 no caller, 42704 unknown organization, 22023 invalid argument.
STABLE: it only reads tables, the caller and the clock.';
COMMENT ON FUNCTION rbac_internal.get_roles(text, boolean, text[], text[]) IS
'Implements rbac.get_roles.';

CREATE FUNCTION rbac.role_privileges(
    organization text DEFAULT NULL,
    role_name text DEFAULT NULL
) RETURNS rbac.privileges
LANGUAGE C STABLE PARALLEL RESTRICTED AS 'MODULE_PATHNAME', 'rbac_admin';

CREATE FUNCTION rbac_internal.role_privileges(organization text, role_name text) RETURNS rbac.privileges
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    document rbac_internal.role_document;
BEGIN
    PERFORM rbac_internal.require_caller();
    PERFORM rbac_internal.require_organization(organization);
    PERFORM rbac_internal.require_argument('role_name', role_name);
    document := rbac_internal.find_role(organization, role_name);
    PERFORM rbac_internal.require_permission('Role:GetRole', rbac_internal.role_attributes(document));
    RETURN rbac_internal.compute_role_privileges(organization, document.role);
END
$$;

COMMENT ON FUNCTION rbac.role_privileges(text, text) IS
'The privileges that a role gives, inheritance resolved.

organization, role_name: which role.

The grants are restricted to org_id of the organization, unless that is an operator organization.
Needs Role:GetRole with org_id, role_id, role_name, frontend_view and role_level.
Errors: 28000 no caller, 42704 unknown organization or role, 22023 invalid argument, 42501 not permitted.
STABLE: it only reads tables and the caller.';
COMMENT ON FUNCTION rbac_internal.role_privileges(text, text) IS
'Implements rbac.role_privileges.';

-- Users and applications see themselves; others need Role:GetRole for them.
CREATE FUNCTION rbac_internal.require_visible_user(
    organization text, user_id text, kinds text[] DEFAULT '{user,application}'
) RETURNS void
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM rbac_internal.require_caller();
    PERFORM rbac_internal.require_organization(organization);
    PERFORM rbac_internal.require_argument('user_id', user_id);
    IF NOT rbac_internal.has_principal(organization, kinds, user_id) THEN
        PERFORM rbac_internal.raise_undefined('user', user_id);
    END IF;
    IF (organization, user_id)
       IS DISTINCT FROM (rbac.current_organization(), rbac.current_user_id()) THEN
        PERFORM rbac_internal.require_permission('Role:GetRole', jsonb_build_object(
            'org_id', organization, 'user_id', user_id));
    END IF;
END
$$;
COMMENT ON FUNCTION rbac_internal.require_visible_user(text, text, text[]) IS
'Raises unless the user, or principal of another of these kinds, exists and the caller may see what it may do.';

CREATE FUNCTION rbac.user_privileges(
    organization text DEFAULT NULL,
    user_id text DEFAULT NULL
) RETURNS rbac.privileges
LANGUAGE C STABLE PARALLEL RESTRICTED AS 'MODULE_PATHNAME', 'rbac_admin';

CREATE FUNCTION rbac_internal.user_privileges(organization text, user_id text) RETURNS rbac.privileges
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM rbac_internal.require_visible_user(organization, user_id);
    RETURN rbac_internal.compute_user_privileges(organization, user_id);
END
$$;

COMMENT ON FUNCTION rbac.user_privileges(text, text) IS
'The privileges that a user has through roles, inheritance resolved. Comparisons use these.

organization, user_id: which user, or application.

The grants are restricted to org_id of the organization, unless that is an operator organization.
Users may ask about themselves; else this needs Role:GetRole with org_id and user_id.
Errors: 28000 no caller, 42704 unknown organization or user, 22023 invalid argument, 42501 not permitted.
STABLE: it only reads tables and the caller.';
COMMENT ON FUNCTION rbac_internal.user_privileges(text, text) IS
'Implements rbac.user_privileges.';

CREATE FUNCTION rbac.effective_privileges(
    organization text DEFAULT NULL,
    user_id text DEFAULT NULL
) RETURNS rbac.privileges
LANGUAGE C STABLE PARALLEL RESTRICTED AS 'MODULE_PATHNAME', 'rbac_admin';

CREATE FUNCTION rbac_internal.effective_privileges(organization text, user_id text)
RETURNS rbac.privileges
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM rbac_internal.require_visible_user(organization, user_id);
    RETURN rbac_internal.compute_effective_privileges(organization, user_id);
END
$$;

COMMENT ON FUNCTION rbac.effective_privileges(text, text) IS
'The privileges that a user has through roles and temporary grants. Checks use these.

organization, user_id: which user, or application.

Users may ask about themselves; else this needs Role:GetRole with org_id and user_id.
Errors: 28000 no caller, 42704 unknown organization or user, 22023 invalid argument, 42501 not permitted.
STABLE: it only reads tables, the caller and the clock.';
COMMENT ON FUNCTION rbac_internal.effective_privileges(text, text) IS
'Implements rbac.effective_privileges.';

CREATE FUNCTION rbac.check_access(
    organization text DEFAULT NULL,
    user_id text DEFAULT NULL,
    permission text DEFAULT NULL,
    attributes jsonb DEFAULT '{}'
) RETURNS boolean
LANGUAGE C STABLE PARALLEL RESTRICTED AS 'MODULE_PATHNAME', 'rbac_admin';

CREATE FUNCTION rbac_internal.check_access(
    organization text, user_id text, permission text, attributes jsonb
) RETURNS boolean
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM rbac_internal.require_caller();
    PERFORM rbac_internal.require_organization(organization);
    PERFORM rbac_internal.require_argument('permission', permission);
    PERFORM rbac_internal.require_object('attributes', attributes);
    PERFORM rbac_internal.require_visible_user(organization, user_id);
    RETURN rbac_internal.compute_access(organization, user_id, permission, attributes);
END
$$;

COMMENT ON FUNCTION rbac.check_access(text, text, text, jsonb) IS
'Whether a user may do something, as rbac.has_permission would tell the user.

organization, user_id: which user, or application.
permission: "Category:Action".
attributes: object of attribute values; an attribute that is absent or null is missing.

Users may ask about themselves; else this needs Role:GetRole with org_id and user_id.
Errors: 28000 no caller, 42704 unknown organization or user, 22023 invalid argument, 42501 not permitted.
STABLE: it only reads tables, the caller and the clock.';
COMMENT ON FUNCTION rbac_internal.check_access(text, text, text, jsonb) IS
'Implements rbac.check_access.';
