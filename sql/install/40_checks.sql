-- Checks. They read the tables with a fresh snapshot, the caller and the
-- statement's start: STABLE. They write nothing and keep no state that another
-- process would miss: PARALLEL SAFE. COST is measured, in comparisons of integers:
-- of a row, and of permitted_values() and permitted_organizations() for a scan.

CREATE FUNCTION rbac.has_permission(permission text) RETURNS boolean
LANGUAGE C STABLE PARALLEL SAFE COST 5 AS 'MODULE_PATHNAME', 'rbac_has_permission';
COMMENT ON FUNCTION rbac.has_permission(text) IS
'May the caller do this, by roles and temporary grants?

The request has no attributes; see has_permission(text, "any").
STABLE: it reads tables, the caller and the clock.';

CREATE FUNCTION rbac.permitted_organizations(permission text) RETURNS text[]
LANGUAGE C STABLE PARALLEL SAFE COST 100 AS 'MODULE_PATHNAME', 'rbac_permitted_organizations';
COMMENT ON FUNCTION rbac.permitted_organizations(text) IS
'The organizations in which the caller may have this permission, by roles and temporary grants.

Every row that has_permission() allows is of one of them; conditions on other attributes than org_id are not looked at. Plans search indexes with it.
Result: the caller''s own organization or none; for operators also others, in no particular order, maybe repeated. Empty when there is no caller and for a NULL permission.
STABLE: it reads tables, the caller and the clock.';

CREATE FUNCTION rbac.permitted_organization_uuids(permission text) RETURNS uuid[]
LANGUAGE C STABLE PARALLEL SAFE COST 100 AS 'MODULE_PATHNAME', 'rbac_permitted_organization_uuids';
COMMENT ON FUNCTION rbac.permitted_organization_uuids(text) IS
'permitted_organizations() for columns of type uuid: those whose names are uuids in canonical form.

STABLE: it reads tables, the caller and the clock.';

CREATE FUNCTION rbac.permitted_values(permission text, attribute text, type anyelement DEFAULT NULL::text) RETURNS anyarray
LANGUAGE C STABLE PARALLEL SAFE COST 100 AS 'MODULE_PATHNAME', 'rbac_permitted_values';
COMMENT ON FUNCTION rbac.permitted_values(text, text, anyelement) IS
'The values of an attribute for which the caller may have this permission; NULL: any.

By roles and temporary grants. Every row that has_permission() allows has one of them; conditions on other attributes are not looked at. Plans search indexes with it.
Arguments: permission, attribute, and a value of the type that the result shall be an array of, which may be NULL.
Result: what Equals and In conditions ask for, in no particular order, maybe repeated; NULL if a grant counts for other values, too. Empty when there is no caller and for a NULL permission.
Errors: 22023 for a NULL attribute, and a type that is compared by its text (dates and times, json and others).
STABLE: it reads tables, the caller and the clock.';

CREATE FUNCTION rbac_internal.has_permission_support(request internal) RETURNS internal
LANGUAGE C STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'rbac_has_permission_support';
COMMENT ON FUNCTION rbac_internal.has_permission_support(internal) IS
'Tells the planner about has_permission(): indexes and selectivity.';

CREATE FUNCTION rbac.has_permission(permission text, VARIADIC attributes "any") RETURNS boolean
LANGUAGE C STABLE PARALLEL SAFE COST 5 SUPPORT rbac_internal.has_permission_support AS 'MODULE_PATHNAME', 'rbac_has_permission';
COMMENT ON FUNCTION rbac.has_permission(text, "any") IS
'May the caller do this with these attributes, by roles and temporary grants?

Arguments: permission, then attribute names as constants, each followed by a value: has_permission(''Document:Read'', ''region'', region). NULL is a missing attribute. Without org_id the request is for the caller''s own organization.
Result: false when there is no caller, for a NULL permission, and for what is no permission name; no value of a row raises an error.
Error: 22023 for a malformed call (odd count, names that are not constants or given twice).
STABLE: it reads tables, the caller and the clock.';

CREATE FUNCTION rbac.require_permission(permission text) RETURNS boolean
LANGUAGE C STABLE PARALLEL SAFE COST 5 AS 'MODULE_PATHNAME', 'rbac_require_permission';
COMMENT ON FUNCTION rbac.require_permission(text) IS
'True, or an error when the caller may not do this.

See require_permission(text, "any").
STABLE: it reads tables, the caller and the clock.';

CREATE FUNCTION rbac.require_permission(permission text, VARIADIC attributes "any") RETURNS boolean
LANGUAGE C STABLE PARALLEL SAFE COST 5 AS 'MODULE_PATHNAME', 'rbac_require_permission';
COMMENT ON FUNCTION rbac.require_permission(text, "any") IS
'True, or an error when the caller may not do this with these attributes.

Arguments: as of has_permission().
Errors: 42501 where has_permission() is false, 22023 for a malformed call.
STABLE: it reads tables, the caller and the clock.';

CREATE FUNCTION rbac_internal.caller_has_permission(permission text, attributes jsonb) RETURNS boolean
LANGUAGE C STABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'rbac_caller_has_permission';
COMMENT ON FUNCTION rbac_internal.caller_has_permission(text, jsonb) IS
'has_permission() with its attributes as jsonb.';

CREATE FUNCTION rbac_internal.compute_access(organization text, user_id text, permission text, attributes jsonb)
RETURNS boolean
LANGUAGE C STABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'rbac_compute_access';
COMMENT ON FUNCTION rbac_internal.compute_access(text, text, text, jsonb) IS
'check_access(), whoever asks.';

CREATE FUNCTION rbac_internal.compute_user_privileges(organization text, user_id text)
RETURNS rbac.privileges
LANGUAGE C STABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'rbac_compute_user_privileges';
COMMENT ON FUNCTION rbac_internal.compute_user_privileges(text, text) IS
'user_privileges(), whoever asks.';

CREATE FUNCTION rbac_internal.compute_effective_privileges(organization text, user_id text)
RETURNS rbac.privileges
LANGUAGE C STABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'rbac_compute_effective_privileges';
COMMENT ON FUNCTION rbac_internal.compute_effective_privileges(text, text) IS
'effective_privileges(), whoever asks.';

CREATE FUNCTION rbac_internal.compute_principal_privileges(organization text, principal_id text)
RETURNS rbac.privileges
LANGUAGE C STABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'rbac_compute_principal_privileges';
COMMENT ON FUNCTION rbac_internal.compute_principal_privileges(text, text) IS
'What a principal of any kind holds by roles of its own.';

CREATE FUNCTION rbac_internal.compute_role_privileges(
    organization text, role rbac.object_id, restriction jsonb DEFAULT '{}'
) RETURNS rbac.privileges
LANGUAGE C STABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'rbac_compute_role_privileges';
COMMENT ON FUNCTION rbac_internal.compute_role_privileges(text, rbac.object_id, jsonb) IS
'Privileges of one role and all it inherits from, as an assignment restricted like this gives them.';

CREATE FUNCTION rbac_internal.scope_privileges(privileges rbac.privileges, organization text, user_id text)
RETURNS rbac.privileges
LANGUAGE C STABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'rbac_scope_privileges';
COMMENT ON FUNCTION rbac_internal.scope_privileges(rbac.privileges, text, text) IS
'What these privileges amount to when this user holds them through this organization.';

CREATE FUNCTION rbac_internal.acting_as_system() RETURNS boolean
LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'rbac_acting_as_system';
COMMENT ON FUNCTION rbac_internal.acting_as_system() IS
'Inside an administration function: was it invoked by the extension''s owner or a superuser, without a caller?';

CREATE FUNCTION rbac_internal.duration_seconds(duration text) RETURNS bigint
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'rbac_duration_seconds';
COMMENT ON FUNCTION rbac_internal.duration_seconds(text) IS
'Seconds of an ISO 8601 duration; 22023 naming the argument "duration" if it is none.';

CREATE FUNCTION rbac.generate_object_id() RETURNS rbac.object_id
LANGUAGE C VOLATILE PARALLEL SAFE AS 'MODULE_PATHNAME', 'rbac_generate_object_id';
COMMENT ON FUNCTION rbac.generate_object_id() IS
'A new identifier of 24 hexadecimal digits that sorts by time.

VOLATILE: each call gives another one.';
