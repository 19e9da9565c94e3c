-- What is always true of rbac's tables, whatever was interrupted. Prints one
-- line for each violation, and nothing where there is none. Reads only, so that
-- it runs on a standby too.
--
-- What the catalog knows, it is asked: new tables, references and CHECKs come
-- under the first three rules by themselves. The last part replays the audit
-- trail; it presumes that everything was written by the functions of rbac.

-- ---- by catalog ----

-- Foreign keys are not enforced where changes come by replication.
SELECT format($$SELECT 'refers to nothing', '%s', t::text FROM %s AS t WHERE ROW (%s) IS NOT NULL
              AND NOT EXISTS (SELECT FROM %s AS u WHERE %s)$$,
              c.conname, c.conrelid::regclass, string_agg('t.' || a.attname, ', '), c.confrelid::regclass,
              string_agg(format('t.%I = u.%I', a.attname, b.attname), ' AND '))
FROM pg_constraint AS c
CROSS JOIN LATERAL unnest(c.conkey, c.confkey) AS k (key, refkey)
JOIN pg_attribute AS a ON a.attrelid = c.conrelid AND a.attnum = k.key
JOIN pg_attribute AS b ON b.attrelid = c.confrelid AND b.attnum = k.refkey
WHERE c.connamespace = 'rbac'::regnamespace AND c.contype = 'f'
GROUP BY c.oid \gexec

SELECT format($$SELECT 'breaks a CHECK', '%s', t::text FROM %s AS t WHERE NOT (%s)$$,
              conname, conrelid::regclass, pg_get_expr(conbin, conrelid))
FROM pg_constraint
WHERE connamespace = 'rbac'::regnamespace AND contype = 'c' AND conrelid <> 0 \gexec

-- Every row came with CREATE EXTENSION or was committed together with an audit
-- event. Subtransactions have the commit time of their transaction. Limits of
-- requests are set by INSERT, and an organization is updated by calls that change
-- nothing else.
SELECT format($$SELECT 'written without audit', '%s', t::text FROM %s AS t
              WHERE pg_xact_commit_timestamp(t.xmin) NOT IN (
                  SELECT pg_xact_commit_timestamp(xmin) FROM rbac.audit_event
                  UNION ALL SELECT coalesce(pg_xact_commit_timestamp(xmin), '-infinity')
                  FROM pg_extension WHERE extname = 'rbac')$$,
              oid::regclass, oid::regclass)
FROM pg_class
WHERE relnamespace = 'rbac'::regnamespace AND relkind = 'r' AND relname NOT IN ('rate_limit', 'organization')
  AND current_setting('track_commit_timestamp')::boolean \gexec

-- ---- roles ----

SELECT 'not exactly one current version', r.role_name
FROM rbac.role AS r LEFT JOIN rbac.role_version AS v ON v.role = r.role AND v.expires_at IS NULL
GROUP BY r.role HAVING count(v.role) <> 1;

SELECT 'superseded for more than a day', role_id FROM rbac.role_version WHERE expires_at > now() + interval '1 day';

SELECT 'inherits from another organization', child.role_name
FROM rbac.role_parent AS p JOIN rbac.role AS child USING (role) JOIN rbac.role AS parent ON parent.role = p.parent
WHERE child.organization <> parent.organization;

SELECT 'a base role inherits', r.role_name FROM rbac.role_parent JOIN rbac.role AS r USING (role) WHERE r.is_base_role;

WITH RECURSIVE ancestor (role, parent) AS (
    SELECT role, parent FROM rbac.role_parent
    UNION
    SELECT a.role, p.parent FROM ancestor AS a JOIN rbac.role_parent AS p ON p.role = a.parent
)
SELECT 'inherits from itself', role FROM ancestor WHERE role = parent;

SELECT DISTINCT 'grants what does not exist', d.role_name, g::jsonb ->> 'permission_name'
FROM rbac_internal.role_document AS d, rbac.grants(d.permission_grants) AS g
WHERE g::jsonb ->> 'permission_name' NOT LIKE '%*'
  AND g::jsonb ->> 'permission_name' NOT IN (SELECT permission_name FROM rbac.permission);

-- ---- principals ----

SELECT 'role of another organization', a.*
FROM rbac.assignment AS a JOIN rbac.role AS r USING (role) WHERE a.organization <> r.organization;

SELECT 'temporary grant to no user', g.temporary_permission_grant_id
FROM rbac.temporary_grant AS g LEFT JOIN rbac.principal AS p
    ON p.organization = g.organization AND p.principal_id = g.user_id AND p.kind = 'user'
WHERE p.kind IS NULL;

SELECT 'half an API key', p.*
FROM rbac.principal AS p
LEFT JOIN rbac.api_key AS k ON k.organization = p.organization AND k.api_key_id = p.principal_id
LEFT JOIN rbac.assignment AS a ON a.organization = p.organization AND a.principal_id = p.principal_id
WHERE p.kind = 'api_key' OR k.api_key_id IS NOT NULL
GROUP BY p.organization, p.principal_id HAVING count(k.*) <> 1 OR count(a.*) <> 1 OR p.kind <> 'api_key';

-- ---- the audit trail, replayed, is what there is ----

-- Events of one organization have numbers in the order in which they happened:
-- its writers wait for each other.
WITH event AS (
    SELECT event_id, organization, operation, detail FROM rbac.audit_event
), change AS (      -- of assignments: the last one counts
    SELECT event_id, organization, coalesce(detail ->> 'user_id', detail ->> 'api_key_id') AS principal_id,
           c.role_name, c.is_held
    FROM event CROSS JOIN LATERAL (
        SELECT detail ->> 'role_name', operation IN ('assign_role', 'create_api_key')
        UNION ALL
        SELECT removed, false FROM jsonb_array_elements_text(detail -> 'removed') AS removed) AS c (role_name, is_held)
    WHERE operation IN ('assign_role', 'revoke_role', 'create_api_key', 'delete_api_key')
), audited (kind, organization, name, content) AS (
    SELECT 'organization', organization, NULL, coalesce(jsonb_object_agg(s.key, s.value ORDER BY event_id)
                                                        FILTER (WHERE s.key IS NOT NULL), '{}')
    FROM event LEFT JOIN LATERAL jsonb_each(detail -> 'settings') AS s ON true
    WHERE operation IN ('create_organization', 'modify_organization') GROUP BY organization
    UNION ALL
    SELECT 'permission', NULL, detail ->> 'permission_name', (detail #- '{attributes,org_id}') - 'permission_name'
    FROM event WHERE operation = 'define_permission'
    UNION ALL
    SELECT 'user', organization, detail ->> 'user_id', NULL
    FROM event WHERE operation = 'create_user'
    UNION ALL
    (SELECT DISTINCT ON (organization, detail ->> 'role_name')
            'role', organization, detail ->> 'role_name', detail - 'role_name'
     FROM event WHERE operation IN ('create_role', 'modify_role')
     ORDER BY organization, detail ->> 'role_name', event_id DESC)
    UNION ALL
    SELECT 'assignment', organization, principal_id, to_jsonb(role_name)
    FROM (SELECT DISTINCT ON (organization, principal_id, role_name) * FROM change
          ORDER BY organization, principal_id, role_name, event_id DESC) AS last_change
    WHERE is_held
    UNION ALL
    SELECT 'temporary grant', organization, detail ->> 'user_id',
           detail - '{user_id,expires_at,justification}'::text[]
    FROM event WHERE operation = 'create_temporary_permission_grant'
), present (kind, organization, name, content) AS (
    SELECT 'organization', organization, NULL, settings FROM rbac.organization
    UNION ALL
    SELECT 'permission', NULL, permission_name, jsonb_build_object('attributes', attributes, 'description', description)
    FROM rbac.permission WHERE NOT is_builtin
    UNION ALL
    SELECT 'user', organization, principal_id, NULL FROM rbac.principal WHERE kind = 'user'
    UNION ALL
    SELECT 'role', d.organization, d.role_name, jsonb_build_object(
        'role_id', d.role_id, 'description', d.description, 'permission_grants', d.permission_grants::jsonb,
        'frontend_view', d.frontend_view, 'is_base_role', d.is_base_role,
        'inherited_from', to_jsonb(ARRAY(SELECT r.role_name FROM rbac.role_parent AS p JOIN rbac.role AS r ON r.role = p.parent
                                         WHERE p.role = d.role ORDER BY r.role_name)))
    FROM rbac_internal.role_document AS d WHERE d.expires_at IS NULL
    UNION ALL
    SELECT 'assignment', a.organization, a.principal_id, to_jsonb(r.role_name)
    FROM rbac.assignment AS a JOIN rbac.role AS r USING (role)
    UNION ALL
    SELECT 'temporary grant', organization, user_id, jsonb_build_object(
        'temporary_permission_grant_id', temporary_permission_grant_id, 'permission_grant', permission_grant::jsonb, 'tags', tags)
    FROM rbac.temporary_grant
)
SELECT 'audited, but not there', t.* FROM (TABLE audited EXCEPT TABLE present) AS t
UNION ALL
SELECT 'there, but not audited', t.* FROM (TABLE present EXCEPT TABLE audited) AS t;
