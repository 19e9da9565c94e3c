-- Organizations with their settings, the registry of permissions, and users.
-- Roles are in 60_role.sql.

-- Settings -------------------------------------------------------------------

CREATE FUNCTION rbac_internal.default_settings() RETURNS jsonb
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN jsonb '{"equal_may_grant": false,
               "temporary_grant_needs_cover": true,
               "max_temporary_grant": "P30D",
               "operator": false,
               "owner": "",
               "admin_role": "Admin"}';
COMMENT ON FUNCTION rbac_internal.default_settings() IS
'Every setting of an organization with its default, which also tells its type.';

CREATE FUNCTION rbac_internal.setting(organization text, name text) RETURNS jsonb
LANGUAGE sql STABLE PARALLEL RESTRICTED
RETURN (SELECT (rbac_internal.default_settings() || o.settings) -> setting.name
        FROM rbac.organization AS o
        WHERE o.organization = setting.organization);
COMMENT ON FUNCTION rbac_internal.setting(text, text) IS
'One setting of an organization, or its default.';

CREATE FUNCTION rbac_internal.check_duration_setting(name text, duration text) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF rbac_internal.duration_seconds(duration) >= 1 THEN
        RETURN;
    END IF;
    RAISE invalid_parameter_value;
EXCEPTION
    WHEN invalid_parameter_value OR program_limit_exceeded THEN
        PERFORM rbac_internal.invalid_argument('settings', format(
            'key "%s" must be an ISO 8601 duration of at least one second', name));
END
$$;
COMMENT ON FUNCTION rbac_internal.check_duration_setting(text, text) IS
'Raises 22023, naming the key, for a setting that is no usable duration.';

CREATE FUNCTION rbac_internal.check_settings(settings jsonb) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    defaults CONSTANT jsonb := rbac_internal.default_settings();
    setting record;
BEGIN
    PERFORM rbac_internal.require_object('settings', settings);
    FOR setting IN SELECT s.key, s.value FROM jsonb_each(settings) AS s
    LOOP
        IF NOT defaults ? setting.key THEN
            PERFORM rbac_internal.invalid_argument(
                'settings', format('unknown key "%s"', rbac_internal.abbreviated(setting.key)));
        ELSIF jsonb_typeof(setting.value) <> jsonb_typeof(defaults -> setting.key) THEN
            PERFORM rbac_internal.invalid_argument('settings', format(
                'key "%s" must be a %s', setting.key, jsonb_typeof(defaults -> setting.key)));
        ELSIF setting.key = 'max_temporary_grant' THEN
            PERFORM rbac_internal.check_duration_setting(setting.key, setting.value #>> '{}');
        ELSIF jsonb_typeof(setting.value) = 'string' AND char_length(setting.value #>> '{}') > rbac_internal.max_name() THEN
            PERFORM rbac_internal.invalid_argument('settings', format(
                'key "%s" must have at most %s characters', setting.key, rbac_internal.max_name()));
        END IF;
    END LOOP;
END
$$;
COMMENT ON FUNCTION rbac_internal.check_settings(jsonb) IS
'Raises 22023, naming the key, unless every key is a setting and every value of its type.';

-- Organizations --------------------------------------------------------------

-- Where a placeholder is replaced by an id, the id must not read as one again.
CREATE FUNCTION rbac_internal.check_id(argument text, id text) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM rbac_internal.checked_name(argument, id);
    IF id IN ('{self_org_id}', '{self_user_id}') THEN
        PERFORM rbac_internal.invalid_argument(argument, 'must not be a placeholder');
    END IF;
END
$$;
COMMENT ON FUNCTION rbac_internal.check_id(text, text) IS
'Raises 22023 for what cannot be the id of an organization or a user.';

CREATE FUNCTION rbac.create_organization(
    organization text DEFAULT NULL,
    settings jsonb DEFAULT '{}'
) RETURNS void
LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'rbac_admin';

CREATE FUNCTION rbac_internal.create_organization(organization text, settings jsonb) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM rbac_internal.require_system();
    PERFORM rbac_internal.check_id('organization', organization);
    IF organization ~ E'[\\u0001-\\u001f\\u007f-\\u009f]' THEN
        PERFORM rbac_internal.invalid_argument('organization', 'must not have control characters');
    END IF;
    PERFORM rbac_internal.check_settings(settings);
    BEGIN
        INSERT INTO rbac.organization (organization, settings) VALUES (organization, settings);
    EXCEPTION
        WHEN unique_violation THEN
            RAISE EXCEPTION 'organization "%" already exists', organization
                USING ERRCODE = 'duplicate_object';
    END;
    PERFORM rbac_internal.audit('create_organization', organization,
                                jsonb_build_object('settings', settings));
END
$$;

COMMENT ON FUNCTION rbac.create_organization(text, jsonb) IS
'Create an organization.

organization: its id, 1 to 256 characters without control characters.
settings: any of equal_may_grant (boolean, default false: whoever holds exactly the privileges of a role may assign it), temporary_grant_needs_cover (boolean, true: a temporary grant must be less than its creator''s role-based privileges), max_temporary_grant (ISO 8601 duration, "P30D"), operator (boolean, false: grants of its roles count in every organization), owner (string, "", nobody: the user who cannot lose the admin role) and admin_role (string, "Admin": the name of that role).

Only the system may do this: the extension''s owner while no caller is set.
Errors: 28000 no caller, 22023 invalid argument, 42501 not the system, 42710 the id is taken.
VOLATILE: it writes.';
COMMENT ON FUNCTION rbac_internal.create_organization(text, jsonb) IS
'Implements rbac.create_organization.';

-- A grant whose condition on org_id its organization does not meet comes to
-- nothing there, so everybody may hand it out. In an operator organization it
-- would count.
CREATE FUNCTION rbac_internal.check_becoming_operator(organization text) RETURNS void
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_variable
DECLARE
    dormant text;
BEGIN
    SELECT d.source INTO dormant
    FROM (SELECT format('role "%s"', coalesce(r.role_name, r.role)), v.permission_grants
          FROM rbac.role AS r JOIN rbac.role_version AS v ON v.role = r.role AND v.expires_at IS NULL
          WHERE r.organization = organization
          UNION ALL
          SELECT format('temporary grant "%s"', t.temporary_permission_grant_id), t.permission_grant::rbac.privileges
          FROM rbac.temporary_grant AS t
          WHERE t.organization = organization AND t.expires_at > statement_timestamp()) AS d (source, privileges)
    WHERE (SELECT count(*) FROM rbac.grants(d.privileges))
          > (SELECT count(*) FROM rbac.grants(rbac_internal.scope_privileges(d.privileges, organization, '')))
    ORDER BY d.source LIMIT 1;
    IF FOUND THEN
        PERFORM rbac_internal.invalid_argument('settings', format(
            '%s has grants for other organizations, which have not counted so far', dormant));
    END IF;
END
$$;
COMMENT ON FUNCTION rbac_internal.check_becoming_operator(text) IS
'Raises 22023 if grants would count in an operator organization that nobody had to hold to hand them out.';

CREATE FUNCTION rbac.modify_organization(
    organization text DEFAULT NULL,
    settings jsonb DEFAULT NULL
) RETURNS void
LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'rbac_admin';

CREATE FUNCTION rbac_internal.modify_organization(organization text, settings jsonb) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_variable
BEGIN
    PERFORM rbac_internal.require_system();
    PERFORM rbac_internal.lock_organization(organization);
    PERFORM rbac_internal.check_settings(settings);
    IF settings @> '{"operator": true}' THEN
        PERFORM rbac_internal.check_becoming_operator(organization);
    END IF;
    UPDATE rbac.organization AS o SET settings = o.settings || settings
    WHERE o.organization = organization AND NOT o.settings @> settings;
    IF FOUND THEN
        PERFORM rbac_internal.audit('modify_organization', organization,
                                    jsonb_build_object('settings', settings));
    END IF;
END
$$;

COMMENT ON FUNCTION rbac.modify_organization(text, jsonb) IS
'Change settings of an organization.

organization: its id.
settings: the settings to change, as in rbac.create_organization; the others stay.

Only the system may do this: the extension''s owner while no caller is set.
Errors: 28000 no caller, 22023 invalid argument, 42501 not the system, 42704 unknown organization.
VOLATILE: it writes.';
COMMENT ON FUNCTION rbac_internal.modify_organization(text, jsonb) IS
'Implements rbac.modify_organization.';

-- Permissions ----------------------------------------------------------------

-- org_id, a string, is an attribute of every permission and not listed here.
INSERT INTO rbac.permission (permission_name, attributes, description, is_builtin) VALUES
    ('Role:CreateRole',
     '{"role_name": "string", "frontend_view": "string", "role_level": "string", "application_id": "string"}',
     'Create a role of this name and view, at this level or for this application.', true),
    ('Role:GetRole',
     '{"role_id": "string", "role_name": "string", "frontend_view": "string", "role_level": "string",
       "application_id": "string", "user_id": "string", "workspace_id": "string", "project_id": "string"}',
     'See a role; with workspace_id and project_id, who has it there; with user_id, see what a user may do.', true),
    ('Role:ModifyRole',
     '{"role_id": "string", "role_name": "string", "frontend_view": "string", "role_level": "string",
       "application_id": "string"}',
     'Modify a role; the attributes are those before the change.', true),
    ('Role:DeleteRole',
     '{"role_id": "string", "role_name": "string", "frontend_view": "string", "role_level": "string",
       "application_id": "string"}',
     'Delete a role.', true),
    ('Role:CreateTemporaryPermissionGrant',
     '{"user_id": "string", "permission_name": "string"}',
     'Grant this permission to this user for a limited time.', true),
    ('Role:GetTemporaryPermissionGrant',
     '{"user_id": "string", "permission_name": "string", "creator": "string"}',
     'See a temporary grant; creator is a user id, missing if the creator is of another organization.', true),
    ('User:InviteUser',
     '{"user_id": "string"}',
     'Create a user.', true);

CREATE FUNCTION rbac_internal.check_permission_name(permission_name text) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM rbac_internal.checked_name('permission_name', permission_name);
    -- The type knows what a permission name is; wildcards are for grants only.
    PERFORM jsonb_build_object('permission_name', permission_name, 'conditions', '{}'::jsonb)
            ::rbac.permission_grant;
    IF permission_name NOT LIKE '%*%' THEN
        RETURN;
    END IF;
    RAISE invalid_text_representation;
EXCEPTION
    WHEN invalid_text_representation THEN
        PERFORM rbac_internal.invalid_argument(
            'permission_name', 'must have the form "Category:Action", without "*"');
END
$$;
COMMENT ON FUNCTION rbac_internal.check_permission_name(text) IS
'Raises 22023 for what is not a literal permission name.';

-- A condition on one of these is intersected with the value that it is
-- restricted to before it is known who asks.
CREATE FUNCTION rbac_internal.restricting_attributes() RETURNS text[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN '{org_id,workspace_id,project_id}'::text[];
COMMENT ON FUNCTION rbac_internal.restricting_attributes() IS
'The attributes that roles and assignments restrict grants to values of, which are strings.';

CREATE FUNCTION rbac_internal.check_attributes(attributes jsonb) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    -- As many as a grant can have conditions (RBAC_MAX_CONDITIONS).
    max_attributes CONSTANT integer := 64;
    attribute record;
BEGIN
    PERFORM rbac_internal.require_object('attributes', attributes);
    IF (SELECT count(*) FROM jsonb_object_keys(attributes)) > max_attributes THEN
        RAISE EXCEPTION 'a permission can have at most % attributes', max_attributes
            USING ERRCODE = 'program_limit_exceeded', COLUMN = 'attributes';
    END IF;
    FOR attribute IN SELECT a.key AS name, a.value AS type FROM jsonb_each(attributes) AS a
    LOOP
        IF char_length(attribute.name) NOT BETWEEN 1 AND rbac_internal.max_name() THEN
            PERFORM rbac_internal.invalid_argument('attributes', format(
                'names must have 1 to %s characters', rbac_internal.max_name()));
        ELSIF attribute.type NOT IN ('"string"', '"number"', '"boolean"') THEN
            PERFORM rbac_internal.invalid_argument('attributes', format(
                'type of "%s" must be "string", "number" or "boolean"', attribute.name));
        ELSIF attribute.name = ANY (rbac_internal.restricting_attributes()) AND attribute.type <> '"string"' THEN
            PERFORM rbac_internal.invalid_argument('attributes', format('type of "%s" is "string"', attribute.name));
        END IF;
    END LOOP;
END
$$;
COMMENT ON FUNCTION rbac_internal.check_attributes(jsonb) IS
'Raises 22023 or 54000 for what does not declare attributes: an object of name and type.';

CREATE FUNCTION rbac.define_permission(
    permission_name text DEFAULT NULL,
    attributes jsonb DEFAULT '{}',
    description text DEFAULT NULL
) RETURNS void
LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'rbac_admin';

CREATE FUNCTION rbac_internal.define_permission(permission_name text, attributes jsonb, description text)
RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM rbac_internal.require_system();
    PERFORM rbac_internal.check_permission_name(permission_name);
    PERFORM rbac_internal.check_attributes(attributes);
    IF description IS NOT NULL THEN
        description := rbac_internal.checked_prose('description', description);
    END IF;
    BEGIN
        INSERT INTO rbac.permission (permission_name, attributes, description)
        VALUES (permission_name, attributes - 'org_id', description);
    EXCEPTION
        WHEN unique_violation THEN
            RAISE EXCEPTION 'permission "%" already exists', permission_name
                USING ERRCODE = 'duplicate_object';
    END;
    PERFORM rbac_internal.audit('define_permission', NULL, jsonb_build_object(
        'permission_name', permission_name, 'attributes', attributes, 'description', description));
END
$$;

COMMENT ON FUNCTION rbac.define_permission(text, jsonb, text) IS
'Define a permission, which grants may then name.

permission_name: "Category:Action", without wildcards.
attributes: object of at most 64 attribute names and their types: "string", "number" or "boolean". Every permission has org_id, a string, without saying so.
description: for people, 1 to 10,000 characters after white space at both ends is stripped.

A permission is defined once and for all organizations; it cannot be redefined, because grants rely on its attributes.
Only the system may do this: the extension''s owner while no caller is set.
Errors: 28000 no caller, 22023 invalid argument, 42501 not the system, 42710 the name is taken, 54000 too many attributes.
VOLATILE: it writes.';
COMMENT ON FUNCTION rbac_internal.define_permission(text, jsonb, text) IS
'Implements rbac.define_permission.';

-- A wildcard has the attributes of all that it covers; types has more than one
-- element where those disagree.
CREATE VIEW rbac_internal.declared_attribute AS
SELECT scope.permission_name, attribute.key AS attribute,
       array_agg(DISTINCT attribute.value) AS types
FROM rbac.permission AS p
CROSS JOIN LATERAL (VALUES (p.permission_name), (split_part(p.permission_name, ':', 1) || ':*'), ('*'))
                   AS scope (permission_name)
CROSS JOIN LATERAL jsonb_each_text(p.attributes) AS attribute
GROUP BY scope.permission_name, attribute.key;
COMMENT ON VIEW rbac_internal.declared_attribute IS
'Attributes of permissions and of wildcards, org_id left out.';

-- By sets and not grant by grant: a document of twenty thousand grants is
-- checked with one reading of the registry.
CREATE FUNCTION rbac_internal.find_condition_problem(privileges rbac.privileges) RETURNS text
LANGUAGE sql STABLE PARALLEL RESTRICTED
BEGIN ATOMIC
    WITH used AS (
        SELECT DISTINCT
            g.value ->> 'permission_name' AS permission_name,
            c.key AS attribute,
            jsonb_typeof(coalesce(c.value -> 'value', c.value #> '{values,0}')) AS type,
            CASE WHEN coalesce(c.value -> 'values', c.value -> 'value') ? '{self_user_id}' THEN '{self_user_id}'
                 WHEN c.key <> 'org_id' AND coalesce(c.value -> 'values', c.value -> 'value') ? '{self_org_id}'
                 THEN '{self_org_id}' END AS placeholder
        FROM jsonb_array_elements(privileges::jsonb) AS g
        CROSS JOIN LATERAL jsonb_each(g.value -> 'conditions') AS c
    ), judged AS (
        SELECT u.permission_name, u.attribute,
            CASE
                WHEN u.attribute = ANY (rbac_internal.restricting_attributes()) AND u.placeholder IS NOT NULL
                    THEN format('cannot be "%s"', u.placeholder)
                WHEN declared.types IS NULL THEN 'is not declared'
                WHEN cardinality(declared.types) > 1 THEN 'differs in type between the permissions covered'
                WHEN declared.types[1] <> u.type THEN format('is a %s, not a %s', declared.types[1], u.type)
            END AS problem
        FROM used AS u
        LEFT JOIN rbac_internal.declared_attribute AS d USING (permission_name, attribute)
        CROSS JOIN LATERAL (SELECT CASE u.attribute WHEN 'org_id' THEN '{string}' ELSE d.types END)
                           AS declared (types)
    )
    SELECT format('attribute "%s" of permission "%s" %s', attribute, permission_name, problem)
    FROM judged
    WHERE problem IS NOT NULL
    ORDER BY permission_name, attribute
    LIMIT 1;
END;
COMMENT ON FUNCTION rbac_internal.find_condition_problem(rbac.privileges) IS
'What is wrong with the first condition that does not suit the registry; NULL if all do.';

CREATE FUNCTION rbac_internal.check_privileges(argument text, privileges rbac.privileges) RETURNS void
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    unknown text;
    problem text;
BEGIN
    SELECT g.value ->> 'permission_name' INTO unknown
    FROM jsonb_array_elements(privileges::jsonb) AS g
    LEFT JOIN rbac.permission AS p ON p.permission_name = g.value ->> 'permission_name'
    WHERE p.permission_name IS NULL AND g.value ->> 'permission_name' NOT LIKE '%*'
    LIMIT 1;
    IF FOUND THEN
        -- COLUMN tells callers over HTTP that it is an argument that is wrong.
        RAISE EXCEPTION 'permission "%" does not exist', unknown
            USING ERRCODE = 'undefined_object', COLUMN = argument;
    END IF;
    problem := rbac_internal.find_condition_problem(privileges);
    IF problem IS NOT NULL THEN
        PERFORM rbac_internal.invalid_argument(argument, problem);
    END IF;
    -- The restriction to an organization has to fit into each grant.
    PERFORM rbac_internal.scope_privileges(privileges, '', '');
END
$$;
COMMENT ON FUNCTION rbac_internal.check_privileges(text, rbac.privileges) IS
'Raises 42704 for an unknown permission, 22023 for a condition that does not suit the registry.';

-- Principals -----------------------------------------------------------------

CREATE FUNCTION rbac_internal.has_principal(organization text, kinds text[], principal_id text) RETURNS boolean
LANGUAGE sql STABLE PARALLEL RESTRICTED
RETURN EXISTS (SELECT FROM rbac.principal AS p
               WHERE p.organization = has_principal.organization
                 AND p.principal_id = has_principal.principal_id AND p.kind = ANY (kinds));
COMMENT ON FUNCTION rbac_internal.has_principal(text, text[], text) IS
'Whether the organization has a principal of this id and of one of these kinds.';

CREATE FUNCTION rbac_internal.require_principal(organization text, kind text, principal_id text) RETURNS void
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF NOT rbac_internal.has_principal(organization, ARRAY[kind], principal_id) THEN
        PERFORM rbac_internal.raise_undefined(kind, principal_id);
    END IF;
END
$$;
COMMENT ON FUNCTION rbac_internal.require_principal(text, text, text) IS
'Raises 42704 for a principal that the organization does not have, or not of this kind.';

CREATE FUNCTION rbac_internal.insert_principal(organization text, kind text, principal_id text) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    INSERT INTO rbac.principal (organization, principal_id, kind) VALUES (organization, principal_id, kind);
EXCEPTION
    WHEN unique_violation THEN
        RAISE EXCEPTION '% "%" already exists', (
                SELECT p.kind FROM rbac.principal AS p
                WHERE p.organization = insert_principal.organization
                  AND p.principal_id = insert_principal.principal_id), principal_id
            USING ERRCODE = 'duplicate_object';
END
$$;
COMMENT ON FUNCTION rbac_internal.insert_principal(text, text, text) IS
'Makes a principal; raises 42710 if the organization has one of this id, of whatever kind.';

CREATE FUNCTION rbac_internal.enter_principal(
    organization text, kind text, argument text, principal_id text
) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM rbac_internal.enter_organization(organization);
    PERFORM rbac_internal.require_argument(argument, principal_id);
    PERFORM rbac_internal.lock_organization(organization);
    PERFORM rbac_internal.require_principal(organization, kind, principal_id);
END
$$;
COMMENT ON FUNCTION rbac_internal.enter_principal(text, text, text, text) IS
'Locks the organization of a principal that is to change; raises unless the caller acts in it and the principal exists.';

CREATE FUNCTION rbac.create_user(
    organization text DEFAULT NULL,
    user_id text DEFAULT NULL
) RETURNS void
LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'rbac_admin';

CREATE FUNCTION rbac_internal.create_user(organization text, user_id text) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM rbac_internal.require_caller();
    PERFORM rbac_internal.lock_organization(organization);
    PERFORM rbac_internal.check_id('user_id', user_id);
    PERFORM rbac_internal.require_permission('User:InviteUser', jsonb_build_object(
        'org_id', organization, 'user_id', user_id));
    PERFORM rbac_internal.insert_principal(organization, 'user', user_id);
    PERFORM rbac_internal.audit('create_user', organization,
                                jsonb_build_object('user_id', user_id));
END
$$;

COMMENT ON FUNCTION rbac.create_user(text, text) IS
'Create a user in an organization; it holds nothing yet.

organization: where.
user_id: the id that the user''s tokens carry, 1 to 256 characters.

Needs User:InviteUser with org_id and user_id.
Errors: 28000 no caller, 42704 unknown organization, 22023 invalid argument, 42501 not permitted, 42710 the id is taken.
VOLATILE: it writes.';
COMMENT ON FUNCTION rbac_internal.create_user(text, text) IS
'Implements rbac.create_user.';
