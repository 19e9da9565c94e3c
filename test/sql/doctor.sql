-- doctor(): a sound database has no problems; each problem is a row, and is gone
-- when its remedy was followed. Problems of settings: test/t/050_doctor.pl.
\set SHOW_CONTEXT never
SET client_min_messages = warning;
CREATE ROLE regress_owner;
CREATE ROLE regress_app LOGIN;
CREATE SCHEMA regress_doctor AUTHORIZATION regress_owner;
GRANT USAGE ON SCHEMA regress_doctor TO PUBLIC;
CREATE TABLE regress_doctor.doc (id integer PRIMARY KEY, org_id text, region text) PARTITION BY LIST (id);
CREATE TABLE regress_doctor.doc_1 PARTITION OF regress_doctor.doc FOR VALUES IN (1);
CREATE TABLE regress_doctor.plain (id integer);
CREATE INDEX ON regress_doctor.doc (org_id);
ALTER TABLE regress_doctor.doc ENABLE ROW LEVEL SECURITY;
ALTER TABLE regress_doctor.doc FORCE ROW LEVEL SECURITY;
CREATE POLICY doc_select ON regress_doctor.doc FOR SELECT USING (rbac.has_permission('Doc:Read', 'org_id', org_id, 'region', region));
-- USING serves as WITH CHECK
CREATE POLICY doc_update ON regress_doctor.doc FOR UPDATE USING (rbac.require_permission('Doc:Write', 'org_id', org_id));
CREATE POLICY doc_insert ON regress_doctor.doc FOR INSERT WITH CHECK (org_id = rbac.current_organization());
CREATE POLICY nobody ON regress_doctor.doc FOR DELETE USING (false);
GRANT SELECT, INSERT, UPDATE ON regress_doctor.doc TO regress_app;
GRANT ALL ON regress_doctor.plain TO PUBLIC;
ALTER TABLE regress_doctor.doc OWNER TO regress_owner;

-- What others may have done to this cluster is not our subject; before
-- PostgreSQL 15 everybody may create objects in schema public.
CREATE TEMP TABLE before AS SELECT * FROM rbac.doctor();
CREATE VIEW pg_temp.problems AS
SELECT severity, object, problem, remedy FROM rbac.doctor() AS d
WHERE d NOT IN (SELECT b FROM before AS b) AND problem NOT LIKE '% schema public:%';
SELECT * FROM pg_temp.problems;
\x

-- Tables
ALTER TABLE regress_doctor.doc DISABLE ROW LEVEL SECURITY;
ALTER TABLE regress_doctor.doc NO FORCE ROW LEVEL SECURITY;
DROP INDEX regress_doctor.doc_org_id_idx;
GRANT TRUNCATE, TRIGGER ON regress_doctor.doc TO PUBLIC;
GRANT REFERENCES (id) ON regress_doctor.doc TO regress_app;
GRANT SELECT ON regress_doctor.doc_1 TO regress_app;
SELECT * FROM pg_temp.problems;
SELECT remedy FROM pg_temp.problems WHERE remedy LIKE '%;' \gexec
SELECT * FROM pg_temp.problems;
-- An owner who logs in, and a member of the owner
GRANT regress_owner TO regress_app;
SELECT * FROM pg_temp.problems;
REVOKE regress_owner FROM regress_app;
ALTER ROLE regress_owner LOGIN;
SELECT * FROM pg_temp.problems;
ALTER ROLE regress_owner NOLOGIN;
SELECT * FROM pg_temp.problems;

-- Policies
CREATE POLICY everything ON regress_doctor.doc USING (true);
CREATE POLICY eu ON regress_doctor.doc FOR SELECT TO regress_app USING (region = 'eu');
ALTER POLICY doc_update ON regress_doctor.doc WITH CHECK (region IS NOT NULL);
SELECT * FROM pg_temp.problems;
-- A restrictive policy asks for all of them, if it is for the same command and
-- the same roles.
CREATE POLICY always ON regress_doctor.doc AS RESTRICTIVE FOR SELECT TO regress_app USING (rbac.has_permission('Doc:Read', 'org_id', org_id));
SELECT object, severity FROM pg_temp.problems;
ALTER POLICY always ON regress_doctor.doc TO PUBLIC;
SELECT object, severity FROM pg_temp.problems;
DROP POLICY always ON regress_doctor.doc;
CREATE POLICY always ON regress_doctor.doc AS RESTRICTIVE USING (rbac.has_permission('Doc:Read', 'org_id', org_id));
SELECT * FROM pg_temp.problems;
DROP POLICY always ON regress_doctor.doc;
-- Else the remedies
DROP POLICY everything ON regress_doctor.doc;
DROP POLICY eu ON regress_doctor.doc;
ALTER POLICY doc_update ON regress_doctor.doc WITH CHECK (rbac.has_permission('Doc:Write', 'org_id', org_id));
SELECT * FROM pg_temp.problems;

-- Views: only the owner's rights and who may use them matter.
CREATE VIEW regress_doctor.for_nobody AS SELECT * FROM regress_doctor.doc;
CREATE VIEW regress_doctor.asking WITH (security_barrier) AS SELECT * FROM regress_doctor.doc WHERE rbac.has_permission('Doc:Read', 'org_id', org_id);
CREATE VIEW regress_doctor.bound AS SELECT * FROM regress_doctor.doc;
ALTER VIEW regress_doctor.bound OWNER TO regress_owner;
GRANT SELECT ON regress_doctor.asking, regress_doctor.bound TO regress_app;
SELECT * FROM pg_temp.problems;
CREATE VIEW regress_doctor.open AS SELECT * FROM regress_doctor.doc;
CREATE VIEW regress_doctor.over_nobody AS SELECT id FROM regress_doctor.for_nobody;
CREATE VIEW regress_doctor.leaky AS SELECT * FROM regress_doctor.doc WHERE rbac.has_permission('Doc:Read', 'org_id', org_id);
GRANT SELECT (region) ON regress_doctor.open TO regress_app;
GRANT SELECT ON regress_doctor.over_nobody, regress_doctor.leaky TO PUBLIC;
SELECT severity, object, problem FROM pg_temp.problems;
-- before PostgreSQL 15 another owner is the remedy
DO $$
DECLARE
    wrong record;
BEGIN
    FOR wrong IN SELECT p.object, p.remedy FROM pg_temp.problems AS p
    LOOP
        EXECUTE CASE WHEN wrong.remedy LIKE '%;' THEN wrong.remedy ELSE format('ALTER %s OWNER TO regress_owner', wrong.object) END;
    END LOOP;
END
$$;
SELECT * FROM pg_temp.problems;
-- Materialized views, also of views that are sound themselves
CREATE MATERIALIZED VIEW regress_doctor.kept AS SELECT * FROM regress_doctor.asking;
CREATE VIEW regress_doctor.over_kept AS SELECT * FROM regress_doctor.kept;
GRANT SELECT ON regress_doctor.over_kept TO regress_app;
SELECT * FROM pg_temp.problems;
SELECT remedy FROM pg_temp.problems \gexec
SELECT * FROM pg_temp.problems;

-- SECURITY DEFINER functions
CREATE FUNCTION regress_doctor.count_all() RETURNS bigint LANGUAGE sql SECURITY DEFINER RETURN (SELECT count(*) FROM regress_doctor.doc);
CREATE FUNCTION regress_doctor.invite(id text) RETURNS void LANGUAGE sql SECURITY DEFINER RETURN rbac.create_user('acme', id);
SELECT * FROM pg_temp.problems;
SELECT remedy FROM pg_temp.problems \gexec
SELECT * FROM pg_temp.problems;

-- Roles
CREATE ROLE regress_super LOGIN SUPERUSER;
CREATE ROLE regress_bypass LOGIN BYPASSRLS;
CREATE ROLE regress_writers;
GRANT pg_write_all_data TO regress_writers;
GRANT regress_writers TO regress_app;
GRANT pg_execute_server_program, pg_read_server_files TO regress_app;
GRANT INSERT, SELECT ON rbac.assignment TO regress_owner;
SELECT * FROM pg_temp.problems;
SELECT remedy FROM pg_temp.problems \gexec
SELECT * FROM pg_temp.problems;
-- A member of a superuser
GRANT regress_super TO regress_app;
ALTER ROLE regress_super SUPERUSER NOLOGIN;
SELECT * FROM pg_temp.problems;
SELECT remedy FROM pg_temp.problems \gexec
SELECT * FROM pg_temp.problems;

-- Trusted session users
SET rbac.trusted_session_users = 'regress_app, "No such role", regress_bypass';
ALTER ROLE regress_bypass BYPASSRLS;
GRANT CREATE ON SCHEMA regress_doctor TO regress_app;
SELECT * FROM pg_temp.problems;
REVOKE CREATE ON SCHEMA regress_doctor FROM regress_app;
ALTER ROLE regress_bypass NOBYPASSRLS;
SET rbac.trusted_session_users = 'regress_app, regress_bypass';
SELECT * FROM pg_temp.problems;
SET rbac.trusted_session_users = 'regress_app,';
SELECT * FROM pg_temp.problems;
RESET rbac.trusted_session_users;

-- Triggers
DROP TRIGGER invalidate_row ON rbac.role_parent;
DROP TRIGGER invalidate_truncate ON rbac.role_parent;
ALTER TABLE rbac.role DISABLE TRIGGER invalidate_truncate;
ALTER TABLE rbac.assignment ENABLE TRIGGER invalidate_row;
SELECT * FROM pg_temp.problems;
SELECT remedy FROM pg_temp.problems \gexec
SELECT * FROM pg_temp.problems;
\x

-- The system may ask, and nobody else.
SELECT FROM rbac.set_caller('acme', 'ann', false);
SELECT * FROM rbac.doctor();
SELECT FROM rbac.set_caller(NULL, NULL, false);
SET ROLE regress_app;
SELECT * FROM rbac.doctor();
RESET ROLE;

DROP VIEW pg_temp.problems;
REVOKE ALL ON rbac.assignment FROM regress_owner;
DROP SCHEMA regress_doctor CASCADE;
DROP ROLE regress_app, regress_owner, regress_super, regress_bypass, regress_writers;
