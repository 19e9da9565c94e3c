\echo Use "CREATE EXTENSION rbac" to load this file. \quit

-- The control file says pg_catalog, as that of plpgsql does: then names and
-- operators below mean PostgreSQL's, whatever the installing session searches,
-- and the extension does not go with a schema that its owner drops. Nothing is
-- created there. The schemas are created here: named by the control file,
-- CREATE EXTENSION would install into one that somebody else made and owns.

CREATE SCHEMA rbac;
COMMENT ON SCHEMA rbac IS 'Roles, conditional grants and access checks.';

CREATE SCHEMA rbac_internal;
COMMENT ON SCHEMA rbac_internal IS
'Implementation of schema rbac; nothing in it is for users and nobody is granted anything on it.';
