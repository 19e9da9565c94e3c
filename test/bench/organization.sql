-- Organization "crowd" with :roles roles of ten grants each and :users users who
-- hold one of them each; user-N holds role-(N mod :roles).

CREATE EXTENSION rbac;

SELECT rbac.define_permission('Document:' || action, '{"region": "string", "status": "string", "owner": "string"}')
FROM unnest('{Read,Update,Delete,Share,Print}'::text[]) AS action;

-- Grants of one role: five permissions, for a region and for oneself.
CREATE FUNCTION crowd_grants(n integer) RETURNS rbac.privileges
LANGUAGE sql AS $$
    SELECT json_agg(json_build_object('permission_name', 'Document:' || action, 'conditions', conditions))::text::rbac.privileges
    FROM unnest('{Read,Update,Delete,Share,Print}'::text[]) AS action,
         LATERAL (VALUES
             (json_build_object('region', json_build_object('type', 'Equals', 'value', 'region-' || n % 7),
                                'status', json_build_object('type', 'NotEquals', 'value', 'archived'))),
             (json_build_object('owner', json_build_object('type', 'Equals', 'value', '{self_user_id}')))) AS c(conditions)
$$;

-- Straight into the tables, as a restore does: a million calls would take longer
-- than all measurements.
SET session_replication_role = replica;

SELECT rbac.create_organization('crowd');

INSERT INTO rbac.role (role, organization, level, role_name)
SELECT lpad(to_hex(n), 24, '0'), 'crowd', 'organization', 'role-' || n FROM generate_series(0, :roles - 1) AS n;

INSERT INTO rbac.role_version (role_id, role, description, permission_grants, frontend_view)
SELECT lpad(to_hex(n), 24, '0'), lpad(to_hex(n), 24, '0'), 'One of many', crowd_grants(n), 'client'
FROM generate_series(0, :roles - 1) AS n;

INSERT INTO rbac.principal (organization, principal_id, kind)
SELECT 'crowd', 'user-' || n, 'user' FROM generate_series(1, :users) AS n;

INSERT INTO rbac.assignment (organization, principal_id, role)
SELECT 'crowd', 'user-' || n, lpad(to_hex(n % :roles), 24, '0') FROM generate_series(1, :users) AS n;

RESET session_replication_role;
VACUUM (FREEZE, ANALYZE);
