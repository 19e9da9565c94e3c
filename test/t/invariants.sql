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

SELECT 'inherits, and is of no organization', role.role_name, parent.role_name
FROM rbac.role_parent AS p JOIN rbac.role USING (role) JOIN rbac.role AS parent ON parent.role = p.parent
WHERE role.level IS DISTINCT FROM 'organization' OR parent.level IS DISTINCT FROM 'organization';

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

-- What only roles of some level have; roles of applications have none.
SELECT 'does not fit the level', d.level, d.role_name
FROM rbac_internal.role_document AS d
WHERE CASE WHEN d.level = 'organization' THEN d.frontend_view IS NULL OR d.type <> 'normal' OR d.system_managed
           ELSE d.frontend_view IS NOT NULL OR d.is_base_role OR d.level IS NOT NULL AND d.permission_grants::jsonb = '[]' END
   OR d.level IS NOT NULL AND d.display_name IS NOT NULL
   OR d.app_id IS NOT NULL AND (d.type <> 'normal' OR d.system_managed);

SELECT 'role of no application', r.role_name
FROM rbac.role AS r LEFT JOIN rbac.principal AS p
    ON p.organization = r.organization AND p.principal_id = r.app_id AND p.kind = 'application'
WHERE r.app_id IS NOT NULL AND p.kind IS NULL;

SELECT 'an application role grants something else', d.role_name, d.permission_grants
FROM rbac_internal.role_document AS d
LEFT JOIN LATERAL jsonb_path_query_first(d.permission_grants::jsonb, '$[0].conditions.permission.values') AS texts ON true
WHERE d.app_id IS NOT NULL AND d.permission_grants::jsonb <> '[]' AND d.permission_grants::jsonb <> jsonb_build_array(
    jsonb_build_object('permission_name', 'Application:Use', 'conditions', jsonb_build_object(
        'application_id', jsonb_build_object('type', 'Equals', 'value', d.app_id),
        'permission', jsonb_build_object('type', 'In', 'values', coalesce(texts, '[]')))));

-- ---- principals ----

SELECT 'not a user in a group', m.*
FROM rbac.group_member AS m
LEFT JOIN rbac.principal AS u ON u.organization = m.organization AND u.principal_id = m.user_id AND u.kind = 'user'
LEFT JOIN rbac.principal AS g ON g.organization = m.organization AND g.principal_id = m.group_id AND g.kind = 'group'
WHERE u.kind IS NULL OR g.kind IS NULL;

SELECT 'role of another kind of principal', a.*
FROM rbac.assignment AS a JOIN rbac.role AS r USING (role)
JOIN rbac.principal AS p ON p.organization = a.organization AND p.principal_id = a.principal_id
WHERE p.kind = 'application' AND r.app_id IS NULL OR p.kind = 'api_key' AND r.level IS DISTINCT FROM 'organization';

SELECT 'a role of type share is assigned', a.*
FROM rbac.assignment AS a JOIN rbac.role AS r USING (role) WHERE r.type = 'share';

SELECT 'not the scope of the role', a.*
FROM rbac.assignment AS a JOIN rbac.role AS r USING (role)
WHERE ARRAY(SELECT key FROM jsonb_each(a.restriction) WHERE jsonb_typeof(value) = 'string' ORDER BY key)
      <> CASE r.level WHEN 'project' THEN '{project_id,workspace_id}' WHEN 'workspace' THEN '{workspace_id}' ELSE '{}' END::text[]
   OR jsonb_path_exists(a.restriction, '$.* ? (@.type() <> "string")');

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
-- its writers wait for each other. Of what can come and go, the last one counts,
-- unless what it is about has gone since.
WITH RECURSIVE event AS (
    SELECT event_id, organization, operation, detail FROM rbac.audit_event
), principal AS (       -- with the event since which it is there, or has been gone
    SELECT DISTINCT ON (organization, principal_id)
           organization, principal_id, substr(operation, 8) AS kind, operation LIKE 'create%' AS is_there, event_id
    FROM event CROSS JOIN LATERAL (SELECT coalesce(
        detail ->> 'user_id', detail ->> 'group_id', detail ->> 'app_id', detail ->> 'api_key_id')) AS p (principal_id)
    WHERE operation ~ '^(create|delete)_(user|group|application|api_key)$'
    ORDER BY organization, principal_id, event_id DESC
), mention AS (         -- of a role, by its id or, NULL if that is one of a version, by the name that it has then
    SELECT event_id, organization, operation, detail, m.*,
           CASE WHEN detail ? 'app_id' OR detail ->> 'role_id' LIKE '%-%' THEN detail ->> 'role_id' END AS id
    FROM event CROSS JOIN LATERAL (
        SELECT detail ->> 'role_name', 'subject', operation = 'create_role' OR detail ? 'renamed_from'
        UNION ALL
        SELECT detail ->> 'renamed_from', 'former name', false WHERE detail ? 'renamed_from'
        UNION ALL
        SELECT removed, 'removed', false FROM jsonb_array_elements_text(detail -> 'removed') AS removed
        UNION ALL
        SELECT parent, 'parent', false FROM jsonb_array_elements_text(detail -> 'inherited_from') AS parent
    ) AS m (role_name, mentioned_as, is_new_name)
    WHERE operation ~ '_role$' OR operation = 'create_api_key'
), named AS (           -- with the event by which the role got that name
    SELECT *, max(event_id) FILTER (WHERE is_new_name) OVER (
        PARTITION BY organization, id, role_name ORDER BY event_id) AS name_event_id
    FROM mention
), name (event_id, role) AS (       -- a role is known by the first id that it had
    SELECT event_id, detail ->> 'role_id' FROM event WHERE operation = 'create_role'
    UNION ALL
    SELECT n.event_id, name.role
    FROM named AS n JOIN name ON name.event_id = n.name_event_id
    WHERE n.mentioned_as = 'former name' AND n.id IS NULL
), about AS (
    SELECT n.*, coalesce(n.id, name.role) AS role
    FROM named AS n LEFT JOIN name ON name.event_id = n.name_event_id
), role AS (            -- with its last document
    SELECT DISTINCT ON (a.role) a.organization, a.role, a.event_id, a.role_name, a.detail ->> 'role_id' AS role_id, a.detail
    FROM about AS a
    LEFT JOIN principal AS p ON p.organization = a.organization AND p.principal_id = a.detail ->> 'app_id'
    WHERE a.mentioned_as = 'subject' AND a.operation ~ '^(create|modify)_.*role$' AND a.event_id > coalesce(p.event_id, 0)
      AND a.role NOT IN (SELECT role FROM about WHERE operation ~ '^delete_.*role$' AND role IS NOT NULL)
    ORDER BY a.role, a.event_id DESC
), membership AS (
    SELECT DISTINCT ON (organization, detail -> 'group_id', detail -> 'user_id')
           organization, detail ->> 'group_id' AS group_id, detail ->> 'user_id' AS user_id, event_id,
           operation = 'add_group_member' AS is_there
    FROM event WHERE operation IN ('add_group_member', 'remove_group_member')
    ORDER BY organization, detail -> 'group_id', detail -> 'user_id', event_id DESC
), assignment AS (
    SELECT DISTINCT ON (organization, principal_id, role, restriction)
           organization, principal_id, role, restriction, event_id,
           mentioned_as = 'subject' AND operation NOT LIKE 'revoke%' AS is_there
    FROM about
    CROSS JOIN LATERAL jsonb_array_elements_text(coalesce(detail -> 'entity_ids', jsonb_build_array(coalesce(
        detail -> 'user_id', detail -> 'group_id', detail -> 'entity_id', detail -> 'api_key_id')))) AS p (principal_id)
    CROSS JOIN LATERAL jsonb_strip_nulls(jsonb_build_object(
        'workspace_id', detail -> 'workspace_id', 'project_id', detail -> 'project_id')) AS r (restriction)
    WHERE operation ~ '^(assign|revoke)_' OR operation = 'create_api_key'
    ORDER BY organization, principal_id, role, restriction, event_id DESC
), audited (kind, organization, name, content) AS (
    SELECT 'organization', organization, NULL, coalesce(jsonb_object_agg(s.key, s.value ORDER BY event_id)
                                                        FILTER (WHERE s.key IS NOT NULL), '{}')
    FROM event LEFT JOIN LATERAL jsonb_each(detail -> 'settings') AS s ON true
    WHERE operation IN ('create_organization', 'modify_organization') GROUP BY organization
    UNION ALL
    SELECT 'permission', NULL, detail ->> 'permission_name', (detail #- '{attributes,org_id}') - 'permission_name'
    FROM event WHERE operation = 'define_permission'
    UNION ALL
    SELECT kind, organization, principal_id, NULL FROM principal WHERE is_there
    UNION ALL
    SELECT 'member', m.organization, m.user_id, to_jsonb(m.group_id)
    FROM membership AS m JOIN principal AS p ON p.organization = m.organization AND p.principal_id = m.group_id
    WHERE m.is_there AND p.is_there AND m.event_id > p.event_id
    UNION ALL
    SELECT 'role', organization, role_name, detail - '{role_name,renamed_from,inherited_from}'::text[] FROM role
    UNION ALL
    SELECT 'parent', role.organization, role.role_name, to_jsonb(parent.role_id)
    FROM role JOIN about AS a ON a.event_id = role.event_id AND a.mentioned_as = 'parent' JOIN role AS parent ON parent.role = a.role
    UNION ALL
    SELECT 'assignment', a.organization, a.principal_id, jsonb_build_array(role.role_name, role.role_id, a.restriction)
    FROM assignment AS a JOIN role USING (role)
    JOIN principal AS p ON p.organization = a.organization AND p.principal_id = a.principal_id
    WHERE a.is_there AND p.is_there AND a.event_id >= p.event_id
    UNION ALL
    SELECT 'temporary grant', organization, detail ->> 'user_id',
           detail - '{user_id,expires_at,justification}'::text[]
    FROM event WHERE operation = 'create_temporary_permission_grant'
), present_role AS (
    SELECT d.*, rbac_internal.public_role_id(d) AS public_id FROM rbac_internal.role_document AS d WHERE d.expires_at IS NULL
), present (kind, organization, name, content) AS (
    SELECT 'organization', organization, NULL, settings FROM rbac.organization
    UNION ALL
    SELECT 'permission', NULL, permission_name, jsonb_build_object('attributes', attributes, 'description', description)
    FROM rbac.permission WHERE NOT is_builtin
    UNION ALL
    SELECT kind, organization, principal_id, NULL FROM rbac.principal
    UNION ALL
    SELECT 'member', organization, user_id, to_jsonb(group_id) FROM rbac.group_member
    UNION ALL
    SELECT 'role', organization, role_name, jsonb_strip_nulls(jsonb_build_object(
        'role_id', public_id, 'description', description, 'permission_grants', permission_grants::jsonb,
        'frontend_view', frontend_view, 'level', level, 'app_id', app_id, 'display_name', display_name,
        'type', nullif(type, 'normal'), 'system_managed', nullif(system_managed, false), 'is_base_role', is_base_role))
    FROM present_role
    UNION ALL
    SELECT 'parent', child.organization, child.role_name, to_jsonb(parent.public_id)
    FROM rbac.role_parent AS p JOIN present_role AS child USING (role) JOIN present_role AS parent ON parent.role = p.parent
    UNION ALL
    SELECT 'assignment', a.organization, a.principal_id, jsonb_build_array(r.role_name, r.public_id, a.restriction)
    FROM rbac.assignment AS a JOIN present_role AS r USING (role)
    UNION ALL
    SELECT 'temporary grant', organization, user_id, jsonb_build_object(
        'temporary_permission_grant_id', temporary_permission_grant_id, 'permission_grant', permission_grant::jsonb, 'tags', tags)
    FROM rbac.temporary_grant
)
SELECT 'audited, but not there', t.* FROM (TABLE audited EXCEPT TABLE present) AS t
UNION ALL
SELECT 'there, but not audited', t.* FROM (TABLE present EXCEPT TABLE audited) AS t;
