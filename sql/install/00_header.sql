\echo Use "CREATE EXTENSION rbac" to load this file. \quit

-- Names, values and their lengths are of characters, and a SQL_ASCII database
-- does not know what a character is.
DO $$
BEGIN
    IF getdatabaseencoding() = 'SQL_ASCII' THEN
        RAISE EXCEPTION 'rbac does not support databases of encoding SQL_ASCII'
            USING ERRCODE = 'feature_not_supported',
                  HINT = 'Create the database with TEMPLATE template0 ENCODING ''UTF8''.';
    END IF;
END
$$;

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

CREATE SCHEMA rbac_api;
COMMENT ON SCHEMA rbac_api IS
'Roles, groups, applications, temporary grants and API keys of organizations.

Every operation but sign_in_with_api_key needs a token whose claims name an organization and a user. Errors have a code that stays the same.';
