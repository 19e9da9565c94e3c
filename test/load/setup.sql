-- What the load works on: ten organizations of 100 users, with the same roles,
-- ten groups, an application and a thousand documents each. Users 1 to 9 administer.
\set ON_ERROR_STOP 1
SET client_min_messages = warning;
CREATE EXTENSION rbac;
SELECT rbac.define_permission('Doc:Read', '{"region": "string", "level": "number"}'),
       rbac.define_permission('Doc:Write', '{"region": "string", "level": "number"}');

-- Privileges to do something in the first n of ten regions.
CREATE FUNCTION in_regions(permission text, n integer) RETURNS rbac.privileges LANGUAGE sql
RETURN (SELECT jsonb_agg(jsonb_build_object('permission_name', permission, 'conditions', jsonb_build_object(
            'region', jsonb_build_object('type', 'Equals', 'value', 'region ' || i))))
        FROM generate_series(1, n) AS i)::rbac.privileges;

-- Errors that are meant to come: not permitted, not there (any more), there
-- already. Any other ends the client.
CREATE FUNCTION attempt(command text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE command;
    RETURN 'done';
EXCEPTION
    WHEN insufficient_privilege OR undefined_object OR duplicate_object THEN
        RETURN SQLSTATE;
END
$$;

CREATE TABLE load_role (org integer PRIMARY KEY, worker uuid, seller text);

DO $$
BEGIN
    FOR i IN 1 .. 10 LOOP
        PERFORM rbac.create_organization('org ' || i),
                rbac.create_role('org ' || i, 'Admin', 'Administers', '[{"permission_name": "*"}]', 'admin'),
                rbac.create_role('org ' || i, 'Reader', 'Reads', in_regions('Doc:Read', 5), 'client'),
                rbac.create_role('org ' || i, 'Writer', 'Writes', in_regions('Doc:Write', 5), 'client', '{Reader}');
        PERFORM rbac.create_user('org ' || i, 'user ' || u),
                rbac.assign_role('org ' || i, CASE WHEN u < 10 THEN 'Admin' WHEN u % 2 = 0 THEN 'Reader' ELSE 'Writer' END, 'user ' || u)
        FROM generate_series(1, 100) AS u;
        PERFORM rbac.create_group('org ' || i, 'team ' || g) FROM generate_series(1, 10) AS g;
        PERFORM rbac.create_application('org ' || i, 'shop');
        INSERT INTO load_role VALUES (i,
            rbac.create_scoped_role('org ' || i, 'workspace', in_regions('Doc:Read', 10), 'Worker'),
            rbac.create_application_role('org ' || i, 'shop', 'Seller', '{sell}'));
    END LOOP;
END
$$;

CREATE TABLE doc (id integer PRIMARY KEY, org_id text, region text, level integer);
INSERT INTO doc SELECT n, 'org ' || 1 + n % 10, 'region ' || 1 + n / 10 % 10, n % 7 FROM generate_series(1, 10000) AS n;
CREATE INDEX ON doc (org_id);
ANALYZE doc;
ALTER TABLE doc ENABLE ROW LEVEL SECURITY;
CREATE POLICY reading ON doc FOR SELECT USING (rbac.has_permission('Doc:Read', 'org_id', org_id, 'region', region, 'level', level));
CREATE POLICY writing ON doc FOR UPDATE USING (rbac.has_permission('Doc:Write', 'org_id', org_id, 'region', region, 'level', level));
CREATE ROLE regress_load;
GRANT SELECT, UPDATE ON doc TO regress_load;
