-- Groups: principals that hold roles for their members, who are users. There
-- are no groups of groups.

INSERT INTO rbac.permission (permission_name, attributes, description, is_builtin) VALUES
    ('Group:CreateGroup', '{"group_id": "string"}', 'Create a group.', true),
    ('Group:GetGroup', '{"group_id": "string"}', 'See a group and its members.', true),
    ('Group:DeleteGroup', '{"group_id": "string"}', 'Delete a group.', true),
    ('Group:AddMember', '{"group_id": "string", "user_id": "string"}', 'Make a user a member of a group.', true),
    ('Group:RemoveMember', '{"group_id": "string", "user_id": "string"}',
     'End the membership of a user in a group.', true);

CREATE FUNCTION rbac.create_group(
    organization text DEFAULT NULL,
    group_id text DEFAULT NULL
) RETURNS void
LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'rbac_admin';

CREATE FUNCTION rbac_internal.create_group(organization text, group_id text) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM rbac_internal.enter_organization(organization);
    PERFORM rbac_internal.lock_organization(organization);
    PERFORM rbac_internal.check_id('group_id', group_id);
    PERFORM rbac_internal.require_permission('Group:CreateGroup', jsonb_build_object(
        'org_id', organization, 'group_id', group_id));
    PERFORM rbac_internal.insert_principal(organization, 'group', group_id);
    PERFORM rbac_internal.audit('create_group', organization, jsonb_build_object('group_id', group_id));
END
$$;

COMMENT ON FUNCTION rbac.create_group(text, text) IS
'Create a group of users; it holds nothing and has no members yet.

organization: where.
group_id: 1 to 256 characters; no other principal of the organization, of whatever kind, has this id.

Needs Group:CreateGroup with org_id and group_id.
Errors: 28000 no caller, 42704 unknown organization, or not the caller''s, 22023 invalid argument, 42501 not permitted, 42710 the id is taken.
VOLATILE: it writes.';
COMMENT ON FUNCTION rbac_internal.create_group(text, text) IS
'Implements rbac.create_group.';

CREATE FUNCTION rbac.delete_group(
    organization text DEFAULT NULL,
    group_id text DEFAULT NULL
) RETURNS void
LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'rbac_admin';

CREATE FUNCTION rbac_internal.delete_group(organization text, group_id text) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_variable
BEGIN
    PERFORM rbac_internal.enter_principal(organization, 'group', 'group_id', group_id);
    PERFORM rbac_internal.require_permission('Group:DeleteGroup', jsonb_build_object(
        'org_id', organization, 'group_id', group_id));
    PERFORM rbac_internal.authorize_removal(
        rbac_internal.caller_privileges(),
        rbac_internal.compute_principal_privileges(organization, group_id), organization);
    DELETE FROM rbac.principal AS p WHERE p.organization = organization AND p.principal_id = group_id;
    PERFORM rbac_internal.audit('delete_group', organization, jsonb_build_object('group_id', group_id));
END
$$;

COMMENT ON FUNCTION rbac.delete_group(text, text) IS
'Delete a group, with its memberships and what is assigned to it.

organization, group_id: which group.

Needs Group:DeleteGroup with org_id and group_id, and role-based privileges that cover those of the group.
Errors: 28000 no caller, 42704 unknown organization, or not the caller''s, or unknown group, 22023 invalid argument, 42501 not permitted, 54000 a comparison that is too expensive.
VOLATILE: it writes.';
COMMENT ON FUNCTION rbac_internal.delete_group(text, text) IS
'Implements rbac.delete_group.';

-- The permission to add members is asked for besides the privileges: who may
-- put friends into a group that holds nothing yet would get what it is given later.
CREATE FUNCTION rbac.add_group_member(
    organization text DEFAULT NULL,
    group_id text DEFAULT NULL,
    user_id text DEFAULT NULL
) RETURNS void
LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'rbac_admin';

CREATE FUNCTION rbac_internal.add_group_member(organization text, group_id text, user_id text) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM rbac_internal.enter_principal(organization, 'group', 'group_id', group_id);
    PERFORM rbac_internal.require_argument('user_id', user_id);
    PERFORM rbac_internal.require_principal(organization, 'user', user_id);
    PERFORM rbac_internal.require_permission('Group:AddMember', jsonb_build_object(
        'org_id', organization, 'group_id', group_id, 'user_id', user_id));
    PERFORM rbac_internal.authorize_grant(
        rbac_internal.caller_privileges(),
        rbac_internal.compute_principal_privileges(organization, group_id), organization);
    INSERT INTO rbac.group_member (organization, user_id, group_id) VALUES (organization, user_id, group_id)
    ON CONFLICT DO NOTHING;
    IF FOUND THEN
        PERFORM rbac_internal.audit('add_group_member', organization, jsonb_build_object(
            'group_id', group_id, 'user_id', user_id));
    END IF;
END
$$;

COMMENT ON FUNCTION rbac.add_group_member(text, text, text) IS
'Make a user a member of a group: the user then holds what the group holds.

organization, group_id: which group.
user_id: a user of the same organization.

Adding a member once more changes nothing.
Needs Group:AddMember with org_id, group_id and user_id, and role-based privileges that exceed those of the group.
Errors: 28000 no caller, 42704 unknown organization, or not the caller''s, or unknown group or user, 22023 invalid argument, 42501 not permitted, 54000 a comparison that is too expensive.
VOLATILE: it writes.';
COMMENT ON FUNCTION rbac_internal.add_group_member(text, text, text) IS
'Implements rbac.add_group_member.';

CREATE FUNCTION rbac.remove_group_member(
    organization text DEFAULT NULL,
    group_id text DEFAULT NULL,
    user_id text DEFAULT NULL
) RETURNS void
LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'rbac_admin';

CREATE FUNCTION rbac_internal.remove_group_member(organization text, group_id text, user_id text) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_variable
BEGIN
    PERFORM rbac_internal.enter_principal(organization, 'group', 'group_id', group_id);
    PERFORM rbac_internal.require_argument('user_id', user_id);
    PERFORM rbac_internal.require_permission('Group:RemoveMember', jsonb_build_object(
        'org_id', organization, 'group_id', group_id, 'user_id', user_id));
    PERFORM rbac_internal.authorize_removal(
        rbac_internal.caller_privileges(),
        rbac_internal.compute_principal_privileges(organization, group_id), organization);
    DELETE FROM rbac.group_member AS m
    WHERE m.organization = organization AND m.group_id = group_id AND m.user_id = user_id;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'user "%" is not a member of group "%"', rbac_internal.abbreviated(user_id), group_id
            USING ERRCODE = 'undefined_object';
    END IF;
    PERFORM rbac_internal.audit('remove_group_member', organization, jsonb_build_object(
        'group_id', group_id, 'user_id', user_id));
END
$$;

COMMENT ON FUNCTION rbac.remove_group_member(text, text, text) IS
'End the membership of a user in a group.

organization, group_id: which group.
user_id: one of its members.

Needs Group:RemoveMember with org_id, group_id and user_id, and role-based privileges that cover those of the group.
Errors: 28000 no caller, 42704 unknown organization, or not the caller''s, or unknown group, or the user is no member, 22023 invalid argument, 42501 not permitted, 54000 a comparison that is too expensive.
VOLATILE: it writes.';
COMMENT ON FUNCTION rbac_internal.remove_group_member(text, text, text) IS
'Implements rbac.remove_group_member.';

CREATE FUNCTION rbac.get_groups(organization text DEFAULT NULL) RETURNS SETOF text
LANGUAGE C STABLE PARALLEL RESTRICTED AS 'MODULE_PATHNAME', 'rbac_admin';

CREATE FUNCTION rbac_internal.get_groups(organization text) RETURNS SETOF text
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_variable
BEGIN
    PERFORM rbac_internal.enter_organization(organization);
    RETURN QUERY
    SELECT p.principal_id::text FROM rbac.principal AS p
    WHERE p.organization = organization AND p.kind = 'group'
      AND rbac_internal.is_permitted('Group:GetGroup', jsonb_build_object(
              'org_id', organization, 'group_id', p.principal_id))
    ORDER BY p.principal_id;
END
$$;

COMMENT ON FUNCTION rbac.get_groups(text) IS
'List the ids of the groups of an organization that the caller may see.

organization: which.

Shows the groups for which the caller has Group:GetGroup with org_id and group_id.
Errors: 28000 no caller, 42704 unknown organization, or not the caller''s, 22023 invalid argument.
STABLE: it only reads tables and the caller.';
COMMENT ON FUNCTION rbac_internal.get_groups(text) IS
'Implements rbac.get_groups.';

CREATE FUNCTION rbac.get_group_members(
    organization text DEFAULT NULL,
    group_id text DEFAULT NULL
) RETURNS SETOF text
LANGUAGE C STABLE PARALLEL RESTRICTED AS 'MODULE_PATHNAME', 'rbac_admin';

CREATE FUNCTION rbac_internal.get_group_members(organization text, group_id text) RETURNS SETOF text
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_variable
BEGIN
    PERFORM rbac_internal.enter_organization(organization);
    PERFORM rbac_internal.require_argument('group_id', group_id);
    PERFORM rbac_internal.require_principal(organization, 'group', group_id);
    PERFORM rbac_internal.require_permission('Group:GetGroup', jsonb_build_object(
        'org_id', organization, 'group_id', group_id));
    RETURN QUERY
    SELECT m.user_id::text FROM rbac.group_member AS m
    WHERE m.organization = organization AND m.group_id = group_id
    ORDER BY m.user_id;
END
$$;

COMMENT ON FUNCTION rbac.get_group_members(text, text) IS
'List the ids of the members of a group.

organization, group_id: which group.

Needs Group:GetGroup with org_id and group_id.
Errors: 28000 no caller, 42704 unknown organization, or not the caller''s, or unknown group, 22023 invalid argument, 42501 not permitted.
STABLE: it only reads tables and the caller.';
COMMENT ON FUNCTION rbac_internal.get_group_members(text, text) IS
'Implements rbac.get_group_members.';
