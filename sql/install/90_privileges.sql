-- Who may use what, and what a dump contains. Everything is closed first, so a
-- new object stays closed until it is listed here.

-- Default privileges of the installing user may have opened the objects above
-- to more than PUBLIC, and tables that others can write would be a way around
-- every check.
DO $$
DECLARE
    grantee text;
BEGIN
    FOR grantee IN
        SELECT 'PUBLIC'
        UNION
        SELECT a.grantee::regrole::text
        FROM pg_default_acl AS d CROSS JOIN LATERAL aclexplode(d.defaclacl) AS a
        WHERE a.grantee NOT IN (0, quote_ident(current_user)::regrole)
    LOOP
        EXECUTE format('REVOKE ALL ON SCHEMA rbac, rbac_internal, rbac_api FROM %1$s;
                        REVOKE ALL ON ALL TABLES IN SCHEMA rbac, rbac_internal, rbac_api FROM %1$s;
                        REVOKE ALL ON ALL SEQUENCES IN SCHEMA rbac, rbac_internal, rbac_api FROM %1$s;
                        REVOKE ALL ON ALL ROUTINES IN SCHEMA rbac, rbac_internal, rbac_api FROM %1$s', grantee);
    END LOOP;
END
$$;

-- No row-level security on the tables: nobody has privileges on them that it
-- could narrow, and it would fail the dumps of a role that only reads all data.

GRANT USAGE ON SCHEMA rbac TO PUBLIC;

GRANT USAGE ON TYPE
    rbac.condition,
    rbac.permission_grant,
    rbac.privileges,
    rbac.privilege_order,
    rbac.object_id,
    rbac.frontend_view,
    rbac.role_instance,
    rbac.creator,
    rbac.temporary_permission_grant,
    rbac.api_key_instance,
    rbac.role_level,
    rbac.role_type,
    rbac.scoped_role,
    rbac.scoped_role_assignment,
    rbac.application_role,
    rbac.held_role,
    rbac.severity,
    rbac.problem
TO PUBLIC;

-- The functions behind types, casts and operators are listed too: using an
-- operator takes the right to execute its function. Input and output do not.
GRANT EXECUTE ON FUNCTION
    rbac.condition_to_jsonb(rbac.condition),
    rbac.jsonb_to_condition(jsonb),
    rbac.permission_grant_to_jsonb(rbac.permission_grant),
    rbac.jsonb_to_permission_grant(jsonb),
    rbac.privileges_to_jsonb(rbac.privileges),
    rbac.jsonb_to_privileges(jsonb),
    rbac.to_privileges(rbac.permission_grant),
    rbac.privileges_contains(rbac.privileges, rbac.privileges),
    rbac.privileges_contained(rbac.privileges, rbac.privileges),
    rbac.privileges_eq(rbac.privileges, rbac.privileges),
    rbac.privileges_ne(rbac.privileges, rbac.privileges),
    rbac.privileges_gt(rbac.privileges, rbac.privileges),
    rbac.privileges_lt(rbac.privileges, rbac.privileges),
    rbac.compare_privileges(rbac.privileges, rbac.privileges),
    rbac.uncovered(rbac.privileges, rbac.privileges),
    rbac.privileges_union(rbac.privileges, rbac.privileges),
    rbac.simplify(rbac.privileges),
    rbac.allows(rbac.privileges, text, jsonb),
    rbac.matches(rbac.condition, jsonb),
    rbac.grants(rbac.privileges)
TO PUBLIC;

-- The caller and checks. Who may name a caller is decided inside.
GRANT EXECUTE ON FUNCTION
    rbac.set_caller(text, text, boolean),
    rbac.authenticate(text, boolean),
    rbac.current_organization(),
    rbac.current_user_id(),
    rbac.has_permission(text),
    rbac.has_permission(text, "any"),
    rbac.require_permission(text),
    rbac.require_permission(text, "any"),
    rbac.permitted_organizations(text),
    rbac.permitted_values(text, text, anyelement),
    rbac.permitted_organization_uuids(text),
    rbac.generate_object_id()
TO PUBLIC;

-- Administration. Who may do what is decided inside.
GRANT EXECUTE ON FUNCTION
    rbac.create_organization(text, jsonb),
    rbac.modify_organization(text, jsonb),
    rbac.define_permission(text, jsonb, text),
    rbac.create_user(text, text),
    rbac.create_role(text, text, text, rbac.privileges, rbac.frontend_view, text[], boolean),
    rbac.modify_role(text, text, text, rbac.privileges, rbac.frontend_view, text[]),
    rbac.assign_role(text, text, text, boolean),
    rbac.revoke_role(text, text, text),
    rbac.get_roles(text, boolean, text[], text[]),
    rbac.role_privileges(text, text),
    rbac.user_privileges(text, text),
    rbac.effective_privileges(text, text),
    rbac.check_access(text, text, text, jsonb),
    rbac.create_group(text, text),
    rbac.delete_group(text, text),
    rbac.add_group_member(text, text, text),
    rbac.remove_group_member(text, text, text),
    rbac.get_groups(text),
    rbac.get_group_members(text, text),
    rbac.create_scoped_role(text, rbac.role_level, rbac.privileges, text, text, boolean, rbac.role_type),
    rbac.get_scoped_role(uuid),
    rbac.get_scoped_roles(text, rbac.role_level, text),
    rbac.modify_scoped_role(uuid, text, text, rbac.privileges),
    rbac.delete_scoped_role(uuid),
    rbac.assign_scoped_role(uuid, text, text, text, text),
    rbac.revoke_scoped_role(uuid, text, text, text, text),
    rbac.get_scoped_role_assignments(uuid, text, text),
    rbac.create_application(text, text),
    rbac.delete_application(text, text),
    rbac.get_applications(text),
    rbac.create_application_role(text, text, text, text[], text, text),
    rbac.get_application_roles(text, text),
    rbac.get_application_role(text, text, text),
    rbac.modify_application_role(text, text, text, text, text[], text, text),
    rbac.delete_application_role(text, text, text),
    rbac.assign_application_role(text, text, text, text[], text),
    rbac.revoke_application_role(text, text, text, text),
    rbac.assigned_users(text, text, text),
    rbac.authorized_users(text, text, text),
    rbac.assigned_roles(text, text),
    rbac.authorized_roles(text, text),
    rbac.role_permissions(text, text, text),
    rbac.user_permissions(text, text),
    rbac.role_operations_on_object(text, text, text, jsonb, text),
    rbac.user_operations_on_object(text, text, text, jsonb),
    rbac.create_temporary_permission_grant(text, text, text, rbac.permission_grant, jsonb, text),
    rbac.get_temporary_permission_grants(text, text[], text[], text, boolean, integer, integer, text[], text[], text[]),
    rbac.create_api_key(text, text, text),
    rbac.delete_api_key(text, text),
    rbac.get_api_keys(text),
    rbac.sign_in_with_api_key(text, text, text, text),
    rbac.doctor()
TO PUBLIC;

-- Over HTTP. They do nothing that the functions above would not do for the same
-- caller; who may reach them is settled by USAGE on their schema, which nobody
-- has: GRANT USAGE ON SCHEMA rbac_api TO web.
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA rbac_api TO PUBLIC;

-- Configuration tables, which a dump must carry; built-in permissions come with
-- the extension.
SELECT pg_extension_config_dump('rbac.organization', '');
SELECT pg_extension_config_dump('rbac.permission', 'WHERE NOT is_builtin');
SELECT pg_extension_config_dump('rbac.principal', '');
SELECT pg_extension_config_dump('rbac.group_member', '');
SELECT pg_extension_config_dump('rbac.role', '');
SELECT pg_extension_config_dump('rbac.role_version', '');
SELECT pg_extension_config_dump('rbac.role_parent', '');
SELECT pg_extension_config_dump('rbac.assignment', '');
SELECT pg_extension_config_dump('rbac.temporary_grant', '');
SELECT pg_extension_config_dump('rbac.api_key', '');
SELECT pg_extension_config_dump('rbac.rate_limit', '');
SELECT pg_extension_config_dump('rbac.audit_event', '');
SELECT pg_extension_config_dump('rbac.audit_event_event_id_seq', '');

-- A PostgREST that is connected learns of the new functions.
SELECT pg_notify('pgrst', 'reload schema');
