-- So many :documents, one policy per role on them, and the callers of scans.
-- Half of the documents belong to organization "main", the others to 500 tenants;
-- there are a thousand owners; and one in a thousand is of the region "islands".

SELECT setseed(0.5);

CREATE TABLE document (
    document_id integer PRIMARY KEY,
    org_id      text NOT NULL,
    region      text NOT NULL,
    owner       text NOT NULL,
    status      text NOT NULL,
    priority    integer NOT NULL,
    title       text NOT NULL
);

INSERT INTO document
SELECT n,
       CASE WHEN random() < 0.5 THEN 'main' ELSE 'tenant-' || 1 + floor(random() * 500) END,
       CASE WHEN random() < 0.001 THEN 'islands' ELSE ('{eu,us,apac,latam}'::text[])[1 + floor(random() * 4)] END,
       'user-' || 1 + floor(random() * 1000),
       ('{open,pending,closed,archived}'::text[])[1 + floor(random() * 4)],
       1 + n % 5,
       'Document number ' || n
FROM generate_series(1, :documents) AS n;

CREATE INDEX ON document (org_id);
CREATE INDEX ON document (owner);
CREATE INDEX ON document (region);

-- For peers that take microseconds a row.
CREATE TABLE document_sample AS SELECT * FROM document LIMIT 20000;

VACUUM (FREEZE, ANALYZE);

---- Callers ----

SELECT rbac.create_organization(organization) FROM unnest('{main,tenant-1}'::text[]) AS organization;

CREATE FUNCTION read_grant(conditions json) RETURNS json
LANGUAGE sql AS $$ SELECT json_build_object('permission_name', 'Document:Read', 'conditions', conditions) $$;

CREATE FUNCTION equals(value text) RETURNS json
LANGUAGE sql AS $$ SELECT json_build_object('type', 'Equals', 'value', value) $$;

CREATE FUNCTION create_reader(organization text, user_id text, VARIADIC grants json[]) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM rbac.create_role(organization, 'Role of ' || user_id, 'For one user', to_json(grants)::text::rbac.privileges, 'client');
    PERFORM rbac.create_user(organization, user_id);
    PERFORM rbac.assign_role(organization, 'Role of ' || user_id, user_id);
END
$$;

-- region = 'eu' AND status <> 'archived'
SELECT create_reader('main', 'reader', read_grant(json_build_object(
    'region', equals('eu'), 'status', json_build_object('type', 'NotEquals', 'value', 'archived'))));

-- Grants of two conditions, the first one the same in all of them.
SELECT create_reader('main', 'reader-' || grants, VARIADIC array_agg(read_grant(json_build_object(
    'region', equals('eu'), 'owner', equals('user-' || n)))))
FROM unnest('{1,10,100,1000}'::integer[]) AS grants, generate_series(1, grants) AS n
GROUP BY grants;

-- A thousand that share none, and one with a thousand owners.
SELECT create_reader('main', 'apart-1000', VARIADIC array_agg(read_grant(json_build_object(
    'region', equals(('{eu,us,apac,latam}'::text[])[1 + n % 4]), 'owner', equals('user-' || n)))))
FROM generate_series(1, 1000) AS n;
SELECT create_reader('main', 'list-1000', read_grant(json_build_object(
    'region', equals('eu'), 'owner', json_build_object('type', 'In', 'values', json_agg('user-' || n)))))
FROM generate_series(1, 1000) AS n;

SELECT create_reader('main', 'unrestricted', read_grant('{}'));
SELECT create_reader('tenant-1', 'unrestricted', read_grant('{}'));
SELECT create_reader('main', 'islander', read_grant(json_build_object('region', equals('islands'))));
SELECT create_reader('main', 'user-1', read_grant(json_build_object('owner', equals('{self_user_id}'))));

---- Policies, each for a role of its own ----

CREATE ROLE bench_no_policy;
CREATE ROLE bench_inlined;
CREATE ROLE bench_inlined_tenant;
CREATE ROLE bench_two;
CREATE ROLE bench_four;
CREATE ROLE bench_tenant;
CREATE ROLE bench_owner;

SELECT format('
    GRANT SELECT ON %1$I TO bench_no_policy, bench_inlined, bench_inlined_tenant, bench_two, bench_four, bench_tenant, bench_owner;
    ALTER TABLE %1$I ENABLE ROW LEVEL SECURITY;
    CREATE POLICY no_policy ON %1$I TO bench_no_policy USING (true);
    CREATE POLICY inlined ON %1$I TO bench_inlined USING (region = ''eu'' AND status <> ''archived'');
    CREATE POLICY inlined_tenant ON %1$I TO bench_inlined_tenant
        USING (org_id = ''main'' AND region = ''eu'' AND status <> ''archived'');
    CREATE POLICY two ON %1$I TO bench_two
        USING (rbac.has_permission(''Document:Read'', ''region'', region, ''status'', status));
    CREATE POLICY four ON %1$I TO bench_four
        USING (rbac.has_permission(''Document:Read'', ''region'', region, ''status'', status,
                                   ''owner'', owner, ''priority'', priority));
    CREATE POLICY tenant ON %1$I TO bench_tenant
        USING (rbac.has_permission(''Document:Read'', ''org_id'', org_id, ''region'', region, ''status'', status));
    CREATE POLICY owner ON %1$I TO bench_owner
        USING (rbac.has_permission(''Document:Read'', ''region'', region, ''owner'', owner))', t)
FROM unnest('{document,document_sample}'::text[]) AS t
\gexec
