-- Roles for PostgREST, in the database that has the extension rbac. Run by a
-- superuser, once for each such database:
--     psql -d DATABASE -f http/setup.sql
-- Then give authenticator a way to log in, for example
--     ALTER ROLE authenticator PASSWORD '...';
-- Its name has to be in rbac.trusted_session_users, where it is by default.

\set ON_ERROR_STOP on

-- What PostgREST logs in as, and what its requests run as.
SELECT format('CREATE ROLE %I %s', role, attributes)
FROM (VALUES ('authenticator', 'LOGIN NOINHERIT'), ('web', 'NOLOGIN')) AS wanted (role, attributes)
WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = role)
\gexec

GRANT web TO authenticator;

-- The operations, and nothing else of the extension.
GRANT USAGE ON SCHEMA rbac_api TO web;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA rbac_api TO web;
