-- rbac.doctor(): what makes protection void in this database, as far as the
-- catalogs and settings tell. It changes nothing. Protected is a table with a
-- policy that calls a function of schema rbac; what a policy, view or function
-- does by way of other functions cannot be told.

CREATE TYPE rbac.severity AS ENUM ('notice', 'warning', 'error');
COMMENT ON TYPE rbac.severity IS
'How bad a problem is. error: protection is void; warning: it depends on what somebody does; notice: something is missing that would help.';

CREATE TYPE rbac.problem AS (
    object   text,
    problem  text,
    severity rbac.severity,
    remedy   text
);
COMMENT ON TYPE rbac.problem IS
'What rbac.doctor found: the object, what is wrong with it, how bad that is, and what to do. Remedies that end with a semicolon are SQL.';

-- What the catalogs say --------------------------------------------------------

CREATE FUNCTION rbac_internal.trusted_session_users() RETURNS text[]
LANGUAGE C STABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'rbac_trusted_session_user_names';
COMMENT ON FUNCTION rbac_internal.trusted_session_users() IS
'The names in rbac.trusted_session_users; NULL if the list cannot be read.';

CREATE FUNCTION rbac_internal.cached_tables() RETURNS text[]
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'rbac_cached_tables';
COMMENT ON FUNCTION rbac_internal.cached_tables() IS
'The tables of schema rbac that backends remember, whose changes must be announced.';

CREATE FUNCTION rbac_internal.jwt_secret_is_public() RETURNS boolean
LANGUAGE C STABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'rbac_jwt_secret_is_readable';
COMMENT ON FUNCTION rbac_internal.jwt_secret_is_public() IS
'Whether every user can read rbac.jwt_secret, which then is not used.';

CREATE FUNCTION rbac_internal.is_trusted(role name) RETURNS boolean
LANGUAGE sql STABLE PARALLEL RESTRICTED
RETURN coalesce(role::text = ANY (rbac_internal.trusted_session_users()), false);
COMMENT ON FUNCTION rbac_internal.is_trusted(name) IS
'Whether this role''s sessions may name their callers because it is listed.';

CREATE FUNCTION rbac_internal.identity(catalog regclass, object oid) RETURNS text
LANGUAGE sql STABLE PARALLEL RESTRICTED
RETURN (SELECT o.identity FROM pg_identify_object(catalog, object, 0) AS o);
COMMENT ON FUNCTION rbac_internal.identity(regclass, oid) IS
'The name of an object as SQL has it, whatever the search path is.';

CREATE FUNCTION rbac_internal.description(catalog regclass, object oid) RETURNS text
LANGUAGE sql STABLE PARALLEL RESTRICTED
RETURN (SELECT concat(o.type, ' ', o.identity) FROM pg_identify_object(catalog, object, 0) AS o);
COMMENT ON FUNCTION rbac_internal.description(regclass, oid) IS
'What kind of object it is, and its name.';

-- Compared with the text of a stored expression or query; as a subquery, so that
-- it is made once.
CREATE FUNCTION rbac_internal.asking() RETURNS text
LANGUAGE sql STABLE PARALLEL RESTRICTED
RETURN (SELECT format(':funcid (%s) ', string_agg(p.oid::text, '|'))
        FROM pg_proc AS p WHERE p.pronamespace = 'rbac'::regnamespace);
COMMENT ON FUNCTION rbac_internal.asking() IS
'Pattern of a pg_node_tree that calls a function of schema rbac.';

CREATE FUNCTION rbac_internal.has_option(options text[], name text) RETURNS boolean
LANGUAGE sql STABLE PARALLEL SAFE
RETURN EXISTS (SELECT FROM pg_options_to_table(options) AS o
               WHERE o.option_name = name AND o.option_value::boolean);
COMMENT ON FUNCTION rbac_internal.has_option(text[], text) IS
'Whether a storage parameter is on.';

CREATE FUNCTION rbac_internal.passes_policies(role oid, relation oid) RETURNS boolean
LANGUAGE sql STABLE PARALLEL RESTRICTED
RETURN (SELECT r.rolsuper OR r.rolbypassrls
               OR NOT c.relforcerowsecurity AND pg_has_role(r.oid, c.relowner, 'USAGE')
        FROM pg_roles AS r, pg_class AS c WHERE r.oid = role AND c.oid = relation);
COMMENT ON FUNCTION rbac_internal.passes_policies(oid, oid) IS
'Whether the policies of a table do not bind a role.';

CREATE FUNCTION rbac_internal.grantee(role oid) RETURNS text
LANGUAGE sql STABLE PARALLEL RESTRICTED
RETURN CASE role WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(role)) END;
COMMENT ON FUNCTION rbac_internal.grantee(oid) IS
'Who it is that has a privilege, as GRANT says it.';

CREATE FUNCTION rbac_internal.other_executors(function oid) RETURNS text
LANGUAGE sql STABLE PARALLEL RESTRICTED
RETURN (SELECT string_agg(rbac_internal.grantee(a.grantee), ', ')
        FROM pg_proc AS p CROSS JOIN LATERAL aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) AS a
        WHERE p.oid = function AND a.grantee <> p.proowner);
COMMENT ON FUNCTION rbac_internal.other_executors(oid) IS
'Who may execute a function besides its owner; NULL if nobody.';

CREATE VIEW rbac_internal.relation_privilege AS
SELECT c.oid AS relation, a.privilege_type AS privilege, rbac_internal.grantee(a.grantee) AS grantee
FROM pg_class AS c
CROSS JOIN LATERAL (SELECT c.relacl
                    UNION ALL
                    SELECT t.attacl FROM pg_attribute AS t
                    WHERE t.attrelid = c.oid AND t.attacl IS NOT NULL) AS acl (items)
CROSS JOIN LATERAL aclexplode(acl.items) AS a
WHERE a.grantee <> c.relowner;
COMMENT ON VIEW rbac_internal.relation_privilege IS
'What others than its owner may do with a relation or some columns of it.';

-- One row for each command that a policy is for, and each expression that then
-- counts: USING serves as WITH CHECK where there is none.
CREATE VIEW rbac_internal.policy_expression AS
SELECT p.oid AS policy, p.polrelid AS relation, p.polroles AS roles, p.polpermissive AS is_permissive,
       uses.command, uses.is_check, counts.clause, counts.expression,
       counts.expression::text ~ (SELECT rbac_internal.asking()) AS asks
FROM pg_policy AS p
CROSS JOIN (VALUES ('r'::"char", false), ('w', false), ('d', false), ('a', true), ('w', true))
           AS uses (command, is_check)
CROSS JOIN LATERAL (SELECT CASE WHEN uses.is_check AND p.polwithcheck IS NOT NULL THEN 'WITH CHECK' ELSE 'USING' END,
                           CASE WHEN uses.is_check THEN coalesce(p.polwithcheck, p.polqual) ELSE p.polqual END)
                   AS counts (clause, expression)
WHERE p.polcmd IN (uses.command, '*') AND counts.expression IS NOT NULL;
COMMENT ON VIEW rbac_internal.policy_expression IS
'The expressions of policies, by the command that they are about.';

CREATE VIEW rbac_internal.protected_table AS
SELECT c.oid AS relation, rbac_internal.identity('pg_class', c.oid) AS name,
       c.relowner AS owner, c.relrowsecurity AS is_enabled, c.relforcerowsecurity AS is_forced
FROM pg_class AS c
WHERE EXISTS (SELECT FROM rbac_internal.policy_expression AS e WHERE e.relation = c.oid AND e.asks);
COMMENT ON VIEW rbac_internal.protected_table IS
'Tables with a policy that asks.';

-- A view's owner reads for everybody, unless it says security_invoker. It may
-- ask itself, and then has to be a barrier against functions that would see the
-- rows before.
CREATE VIEW rbac_internal.reader AS
SELECT c.oid AS reader, c.relkind AS kind, c.relowner AS owner, d.refobjid AS relation,
       rbac_internal.has_option(c.reloptions, 'security_invoker') AS is_invoker,
       called.asks, called.asks AND rbac_internal.has_option(c.reloptions, 'security_barrier') AS is_guarded
FROM pg_rewrite AS w
CROSS JOIN LATERAL (SELECT w.ev_action::text ~ (SELECT rbac_internal.asking())) AS called (asks)
JOIN pg_class AS c ON c.oid = w.ev_class AND c.relkind IN ('v', 'm')
JOIN pg_depend AS d ON d.classid = 'pg_rewrite'::regclass AND d.objid = w.oid
     AND d.refclassid = 'pg_class'::regclass AND d.refobjid <> c.oid
GROUP BY c.oid, w.oid, d.refobjid, called.asks;
COMMENT ON VIEW rbac_internal.reader IS
'Views and materialized views with the relations that they read.';

-- Tables -----------------------------------------------------------------------

CREATE FUNCTION rbac_internal.table_problems() RETURNS SETOF rbac.problem
LANGUAGE sql STABLE PARALLEL RESTRICTED
BEGIN ATOMIC
    SELECT rbac_internal.description('pg_class', t.relation),
           'row-level security is not enabled, so its policies do nothing', 'error'::rbac.severity,
           format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY;', t.name)
    FROM rbac_internal.protected_table AS t
    WHERE NOT t.is_enabled
    UNION ALL
    -- FORCE changes nothing for an owner who passes in any case.
    SELECT rbac_internal.description('pg_class', t.relation),
           format('its policies do not bind its owner, %I', pg_get_userbyid(t.owner)), 'notice',
           format('ALTER TABLE %s FORCE ROW LEVEL SECURITY;', t.name)
    FROM rbac_internal.protected_table AS t JOIN pg_roles AS r ON r.oid = t.owner
    WHERE NOT (t.is_forced OR r.rolsuper OR r.rolbypassrls)
    UNION ALL
    -- Forced or not: its owner decides about that, and about its policies.
    SELECT rbac_internal.description('pg_class', t.relation),
           format('whoever logs in as %s has the rights of its owner',
                  string_agg(quote_ident(r.rolname), ', ' ORDER BY r.rolname)), 'warning',
           'Let applications log in as another role, or give the table to a role that nobody logs in as.'
    FROM rbac_internal.protected_table AS t
    JOIN pg_roles AS r ON r.rolcanlogin AND NOT r.rolsuper AND pg_has_role(r.oid, t.owner, 'MEMBER')
    GROUP BY t.relation
    UNION ALL
    SELECT rbac_internal.description('pg_class', t.relation),
           format('%s has %s on it, which policies do not limit', g.grantee, g.privilege), 'warning',
           format('REVOKE %s ON %s FROM %s;', g.privilege, t.name, g.grantee)
    FROM rbac_internal.protected_table AS t JOIN rbac_internal.relation_privilege AS g USING (relation)
    WHERE g.privilege IN ('TRUNCATE', 'TRIGGER', 'REFERENCES')
    GROUP BY t.relation, t.name, g.grantee, g.privilege;
END;
COMMENT ON FUNCTION rbac_internal.table_problems() IS
'Protected tables that their policies do not protect.';

CREATE FUNCTION rbac_internal.partition_problems() RETURNS SETOF rbac.problem
LANGUAGE sql STABLE PARALLEL RESTRICTED
BEGIN ATOMIC
    WITH RECURSIVE descendant (relation, ancestor) AS (
        SELECT i.inhrelid, t.name
        FROM rbac_internal.protected_table AS t JOIN pg_inherits AS i ON i.inhparent = t.relation
        UNION
        SELECT i.inhrelid, d.ancestor FROM descendant AS d JOIN pg_inherits AS i ON i.inhparent = d.relation
    )
    SELECT rbac_internal.description('pg_class', c.oid),
           format('%s can use it past the policies of %s', g.grantee, d.ancestor), 'error'::rbac.severity,
           format('REVOKE ALL ON %s FROM %s;', rbac_internal.identity('pg_class', c.oid), g.grantee)
    FROM descendant AS d
    JOIN pg_class AS c ON c.oid = d.relation AND NOT c.relrowsecurity
    JOIN rbac_internal.relation_privilege AS g ON g.relation = c.oid
    GROUP BY c.oid, d.ancestor, g.grantee;
END;
COMMENT ON FUNCTION rbac_internal.partition_problems() IS
'Partitions and children of protected tables, used directly: the policies of a parent are not theirs.';

-- The column is found in the policy's text as the server prints it.
CREATE FUNCTION rbac_internal.index_problems() RETURNS SETOF rbac.problem
LANGUAGE sql STABLE PARALLEL RESTRICTED
BEGIN ATOMIC
    SELECT rbac_internal.description('pg_class', t.relation),
           format('no index begins with %I, by which its policies find an organization', a.attname),
           'notice'::rbac.severity,
           format('CREATE INDEX ON %s (%I);', t.name, a.attname)
    FROM rbac_internal.protected_table AS t
    JOIN rbac_internal.policy_expression AS e ON e.relation = t.relation AND e.asks AND NOT e.is_check
    CROSS JOIN LATERAL regexp_matches(pg_get_expr(e.expression, e.relation),
        '''org_id''(?:::[a-z]+)?, [(]*("(?:[^"]|"")+"|[a-z0-9_]+)', 'g') AS argument
    JOIN pg_attribute AS a ON a.attrelid = t.relation AND quote_ident(a.attname) = argument[1]
    WHERE NOT EXISTS (SELECT FROM pg_index AS i
                      WHERE i.indrelid = t.relation AND i.indisvalid AND i.indpred IS NULL
                        AND i.indkey[0] = a.attnum)
    GROUP BY t.relation, t.name, a.attname;
END;
COMMENT ON FUNCTION rbac_internal.index_problems() IS
'Protected tables whose policies have to ask about every row.';

-- Policies ---------------------------------------------------------------------

-- A row that any permissive policy lets pass does pass, unless a restrictive one
-- asks for the same command and at least the same roles.
CREATE FUNCTION rbac_internal.policy_problems() RETURNS SETOF rbac.problem
LANGUAGE sql STABLE PARALLEL RESTRICTED
BEGIN ATOMIC
    SELECT rbac_internal.description('pg_policy', e.policy),
           format('%s %s lets rows pass without asking', e.clause, shown.text),
           CASE WHEN shown.text = 'true' AND e.roles = '{0}' THEN 'error' ELSE 'notice' END::rbac.severity,
           format('Ask with rbac.has_permission() in its %s, or drop it.', e.clause)
    FROM rbac_internal.policy_expression AS e
    JOIN rbac_internal.protected_table AS t USING (relation)
    CROSS JOIN LATERAL pg_get_expr(e.expression, e.relation) AS shown (text)
    WHERE e.is_permissive AND NOT e.asks AND shown.text <> 'false'
      AND NOT EXISTS (SELECT FROM rbac_internal.policy_expression AS r
                      WHERE r.relation = e.relation AND NOT r.is_permissive AND r.asks
                        AND r.command = e.command AND r.is_check = e.is_check
                        AND (r.roles = '{0}' OR r.roles @> e.roles))
    GROUP BY e.policy, e.clause, e.roles, shown.text;
END;
COMMENT ON FUNCTION rbac_internal.policy_problems() IS
'Policies that let rows of protected tables be read or written without asking.';

-- Views ------------------------------------------------------------------------

-- A view is open if its owner passes the policies of a table that it reads; a
-- materialized view keeps what its owner saw of a table that it reads in any
-- way. What reads an open view is open as well. They are a problem where others
-- may use them.
CREATE FUNCTION rbac_internal.view_problems() RETURNS SETOF rbac.problem
LANGUAGE sql STABLE PARALLEL RESTRICTED
BEGIN ATOMIC
    WITH RECURSIVE source (reader, relation) AS (
        SELECT v.reader, v.relation FROM rbac_internal.reader AS v
        UNION
        SELECT s.reader, v.relation
        FROM source AS s JOIN rbac_internal.reader AS v ON v.reader = s.relation
    ), origin AS (
        SELECT v.reader, v.kind, v.asks, t.name AS protected
        FROM rbac_internal.reader AS v JOIN rbac_internal.protected_table AS t USING (relation)
        WHERE v.kind = 'v' AND NOT v.is_invoker AND NOT v.is_guarded
          AND rbac_internal.passes_policies(v.owner, t.relation)
        UNION
        SELECT c.oid, c.relkind, false, t.name
        FROM pg_class AS c JOIN source AS s ON s.reader = c.oid
        JOIN rbac_internal.protected_table AS t ON t.relation = s.relation
        WHERE c.relkind = 'm'
    ), open (origin, relation) AS (
        SELECT o.reader, o.reader FROM origin AS o
        UNION
        SELECT o.origin, v.reader
        FROM open AS o JOIN rbac_internal.reader AS v ON v.relation = o.relation AND NOT v.is_guarded
    ), usage AS (
        SELECT u.origin, string_agg(DISTINCT g.grantee, ', ') AS grantees,
               string_agg(DISTINCT format('REVOKE ALL ON %s FROM %s;',
                   rbac_internal.identity('pg_class', u.relation), g.grantee), ' ') AS revoke
        FROM open AS u JOIN rbac_internal.relation_privilege AS g USING (relation)
        GROUP BY u.origin
    )
    SELECT rbac_internal.description('pg_class', o.reader),
           format(CASE WHEN o.kind = 'm' THEN 'keeps rows of %1$s for %2$s, whoever calls'
                       WHEN o.asks THEN 'functions in queries of %2$s see rows of %1$s before it asks'
                       ELSE 'lets %2$s past the policies of %1$s' END, o.protected, u.grantees),
           CASE WHEN o.asks THEN 'warning' ELSE 'error' END::rbac.severity,
           format(CASE WHEN o.kind = 'm' THEN '%2$s'
                       WHEN o.asks THEN 'ALTER VIEW %1$s SET (security_barrier);'
                       WHEN current_setting('server_version_num')::integer >= 150000
                       THEN 'ALTER VIEW %1$s SET (security_invoker);'
                       -- there is no such parameter yet
                       ELSE 'Give %1$s to an owner whom the policies bind.' END,
                  rbac_internal.identity('pg_class', o.reader), u.revoke)
    FROM origin AS o JOIN usage AS u ON u.origin = o.reader;
END;
COMMENT ON FUNCTION rbac_internal.view_problems() IS
'Views and materialized views that show rows of protected tables past their policies.';

-- Functions --------------------------------------------------------------------

-- Only of functions with a body in SQL (RETURN, BEGIN ATOMIC) do the catalogs
-- know what they use.
CREATE FUNCTION rbac_internal.function_problems() RETURNS SETOF rbac.problem
LANGUAGE sql STABLE PARALLEL RESTRICTED
BEGIN ATOMIC
    WITH definer AS (
        SELECT p.oid, p.proowner, p.prosqlbody, rbac_internal.other_executors(p.oid) AS executors,
               d.refclassid, d.refobjid,
               format('ALTER ROUTINE %s SECURITY INVOKER;', rbac_internal.identity('pg_proc', p.oid)) AS remedy
        FROM pg_proc AS p
        JOIN pg_depend AS d ON d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'n'
        WHERE p.prosecdef AND p.prosqlbody IS NOT NULL
    )
    SELECT rbac_internal.description('pg_proc', f.oid),
           format('lets %s past the policies of %s', f.executors, t.name), 'warning'::rbac.severity, f.remedy
    FROM definer AS f
    JOIN rbac_internal.protected_table AS t ON f.refclassid = 'pg_class'::regclass AND t.relation = f.refobjid
    WHERE f.executors IS NOT NULL AND NOT f.prosqlbody::text ~ (SELECT rbac_internal.asking())
      AND rbac_internal.passes_policies(f.proowner, t.relation)
    GROUP BY f.oid, f.executors, t.name, f.remedy
    UNION ALL
    SELECT rbac_internal.description('pg_proc', f.oid),
           format('lets %s act as the system while there is no caller', f.executors), 'warning', f.remedy
    FROM definer AS f
    JOIN pg_proc AS a ON f.refclassid = 'pg_proc'::regclass AND a.oid = f.refobjid
    JOIN pg_extension AS e ON e.extname = 'rbac'
    WHERE f.executors IS NOT NULL AND a.prosrc = 'rbac_admin' AND a.pronamespace = 'rbac'::regnamespace
      AND pg_has_role(f.proowner, e.extowner, 'USAGE')
    GROUP BY f.oid, f.executors, f.remedy;
END;
COMMENT ON FUNCTION rbac_internal.function_problems() IS
'SECURITY DEFINER functions that lend others what they must not have.';

-- Roles ------------------------------------------------------------------------

CREATE FUNCTION rbac_internal.role_problems() RETURNS SETOF rbac.problem
LANGUAGE sql STABLE PARALLEL RESTRICTED
BEGIN ATOMIC
    SELECT rbac_internal.description('pg_authid', r.oid),
           format('can log in, and passes every policy by %s', attribute.name),
           CASE WHEN rbac_internal.is_trusted(r.rolname) THEN 'error' ELSE attribute.severity END::rbac.severity,
           format('ALTER ROLE %I NO%s;', r.rolname, attribute.name)
    FROM pg_roles AS r
    -- one superuser there has to be
    JOIN (VALUES ('SUPERUSER', 'notice'), ('BYPASSRLS', 'warning')) AS attribute (name, severity)
         ON CASE attribute.name
                WHEN 'SUPERUSER' THEN r.rolsuper AND (r.oid <> 10 OR rbac_internal.is_trusted(r.rolname))
                ELSE r.rolbypassrls AND NOT r.rolsuper END
    WHERE r.rolcanlogin
    UNION ALL
    SELECT rbac_internal.description('pg_authid', r.oid),
           format('can log in, and is a member of %I, %s', power.rolname, power.what), 'error',
           (SELECT string_agg(DISTINCT format('REVOKE %I FROM %I;', power.rolname, m.rolname), ' ')
            FROM pg_auth_members AS a JOIN pg_roles AS m ON m.oid = a.member
            WHERE a.roleid = power.oid AND pg_has_role(r.oid, m.oid, 'MEMBER'))
    FROM pg_roles AS r
    JOIN (SELECT p.oid, p.rolname,
                 CASE WHEN p.rolsuper THEN 'a superuser'
                      WHEN p.rolname = 'pg_write_all_data' THEN 'which can write the tables of rbac'
                      WHEN p.rolname = 'pg_read_server_files' THEN 'which can read the files of every table'
                      WHEN p.rolname IN ('pg_execute_server_program', 'pg_write_server_files')
                      THEN 'which can make itself a superuser' END AS what
          FROM pg_roles AS p) AS power
         ON power.what IS NOT NULL AND power.oid <> r.oid AND pg_has_role(r.oid, power.oid, 'MEMBER')
    WHERE r.rolcanlogin AND NOT r.rolsuper
    UNION ALL
    SELECT rbac_internal.description('pg_class', c.oid),
           format('%s has %s on it, past every check', g.grantee, g.privilege), 'error',
           format('REVOKE %s ON %s FROM %s;', g.privilege, rbac_internal.identity('pg_class', c.oid), g.grantee)
    FROM pg_class AS c JOIN rbac_internal.relation_privilege AS g ON g.relation = c.oid
    WHERE c.relnamespace = 'rbac'::regnamespace
      AND g.privilege IN ('INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'TRIGGER')
    GROUP BY c.oid, g.grantee, g.privilege;
END;
COMMENT ON FUNCTION rbac_internal.role_problems() IS
'Login roles that no policy binds, and who can write the tables of rbac.';

-- The default names a role that need not exist.
CREATE FUNCTION rbac_internal.trust_problems() RETURNS SETOF rbac.problem
LANGUAGE sql STABLE PARALLEL RESTRICTED
BEGIN ATOMIC
    SELECT 'parameter rbac.trusted_session_users', 'is no list of names, and so nobody is trusted',
           'warning'::rbac.severity, 'Separate the names by commas, and quote them as in SQL.'
    WHERE rbac_internal.trusted_session_users() IS NULL
    UNION ALL
    SELECT 'parameter rbac.trusted_session_users',
           format('names a role that does not exist, %I: whoever creates it can name callers', listed.name),
           'notice', 'Take it off the list, or create it.'
    FROM unnest(rbac_internal.trusted_session_users()) AS listed (name)
    JOIN pg_settings AS s ON s.name = 'rbac.trusted_session_users' AND s.setting <> s.boot_val
    WHERE NOT EXISTS (SELECT FROM pg_roles AS r WHERE r.rolname = listed.name)
    UNION ALL
    SELECT rbac_internal.description('pg_authid', r.oid),
           format('is trusted to name callers, and can create objects in %s: it is no mere gateway', place.name),
           'warning', format('Take it off rbac.trusted_session_users, or revoke CREATE on %s.', place.name)
    FROM pg_roles AS r
    CROSS JOIN LATERAL (
        SELECT format('database %I', d.datname)
        FROM pg_database AS d
        WHERE d.datname = current_database() AND has_database_privilege(r.oid, d.oid, 'CREATE')
        UNION ALL
        SELECT format('schema %I', n.nspname)
        FROM pg_namespace AS n
        WHERE n.nspname !~ '^pg_' AND has_schema_privilege(r.oid, n.oid, 'CREATE')) AS place (name)
    WHERE rbac_internal.is_trusted(r.rolname) AND NOT r.rolsuper;
END;
COMMENT ON FUNCTION rbac_internal.trust_problems() IS
'Trusted session users that can do more than send the queries of a gateway.';

-- The server -------------------------------------------------------------------

-- A restore with --disable-triggers leaves triggers that do not always fire.
CREATE FUNCTION rbac_internal.trigger_problems() RETURNS SETOF rbac.problem
LANGUAGE sql STABLE PARALLEL RESTRICTED
BEGIN ATOMIC
    SELECT rbac_internal.description('pg_class', c.oid),
           CASE WHEN t.oid IS NULL THEN format('has no trigger %s: a revoke is not noticed', wanted.name)
                WHEN t.tgenabled = 'D' THEN format('trigger %s is disabled: a revoke is not noticed', wanted.name)
                ELSE format('trigger %s is not ENABLE ALWAYS: a revoke is not noticed that comes by replication',
                            wanted.name) END,
           CASE WHEN t.tgenabled IN ('O', 'R') THEN 'warning' ELSE 'error' END::rbac.severity,
           concat(CASE WHEN t.oid IS NULL THEN format(
                      'CREATE TRIGGER %s AFTER %s ON %s FOR EACH %s EXECUTE FUNCTION rbac_internal.invalidate(); ',
                      wanted.name, wanted.event, c.name, wanted.level) END,
                  format('ALTER TABLE %s ENABLE ALWAYS TRIGGER %s;', c.name, wanted.name))
    FROM (SELECT c.oid, rbac_internal.identity('pg_class', c.oid) AS name FROM pg_class AS c
          WHERE c.relnamespace = 'rbac'::regnamespace AND c.relname = ANY (rbac_internal.cached_tables())) AS c
    CROSS JOIN (VALUES ('invalidate_row', 'INSERT OR UPDATE OR DELETE', 'ROW'),
                       ('invalidate_truncate', 'TRUNCATE', 'STATEMENT')) AS wanted (name, event, level)
    LEFT JOIN pg_trigger AS t ON t.tgrelid = c.oid AND t.tgname = wanted.name
    WHERE t.tgenabled IS DISTINCT FROM 'A';
END;
COMMENT ON FUNCTION rbac_internal.trigger_problems() IS
'Tables whose changes are not announced to every backend.';

-- Before 17 counters need memory that is reserved when the server starts.
CREATE FUNCTION rbac_internal.setting_problems() RETURNS SETOF rbac.problem
LANGUAGE sql STABLE PARALLEL RESTRICTED
BEGIN ATOMIC
    SELECT 'parameter rbac.jwt_secret',
           format('is set by ALTER %s, where every user can read it, and so it is not used', place.name),
           'error'::rbac.severity, format('ALTER %s RESET rbac.jwt_secret;', place.name)
    FROM pg_db_role_setting AS s
    CROSS JOIN LATERAL (SELECT concat_ws(' IN ',
        CASE WHEN s.setrole <> 0 THEN format('ROLE %I', pg_get_userbyid(s.setrole))
             WHEN s.setdatabase = 0 THEN 'ROLE ALL' END,
        (SELECT format('DATABASE %I', d.datname) FROM pg_database AS d WHERE d.oid = s.setdatabase))) AS place (name)
    WHERE EXISTS (SELECT FROM unnest(s.setconfig) AS setting WHERE starts_with(setting, 'rbac.jwt_secret='))
    UNION ALL
    SELECT 'parameter rbac.jwt_secret',
           'is in the configuration of a server that does not preload the library, '
           'where every user can read it, and so it is not used',
           'error', 'Add "rbac" to shared_preload_libraries, restart, and change the secret.'
    FROM pg_settings AS s
    WHERE s.name = 'rbac.jwt_secret' AND s.source IN ('configuration file', 'command line', 'environment variable')
      AND rbac_internal.jwt_secret_is_public()
    UNION ALL
    SELECT rbac_internal.description('pg_authid', r.oid),
           'can log in, and can read rbac.jwt_secret, and so sign a token for anybody, as a member of pg_read_all_settings',
           'warning', 'Take the membership away, unless whoever logs in may name every caller.'
    FROM pg_roles AS r
    WHERE r.rolcanlogin AND NOT r.rolsuper AND pg_has_role(r.oid, 'pg_read_all_settings', 'MEMBER')
      AND EXISTS (SELECT FROM pg_settings AS s WHERE s.name = 'rbac.jwt_secret' AND s.setting <> '')
      AND NOT rbac_internal.jwt_secret_is_public()
    UNION ALL
    SELECT 'parameter shared_preload_libraries', 'does not name rbac, and so rate limits over HTTP are not enforced',
           'warning', 'Add "rbac" to shared_preload_libraries, and restart.'
    WHERE current_setting('server_version_num')::integer < 170000
      AND NOT current_setting('shared_preload_libraries') ~ '(^|[ ,"/])rbac([ ,".]|$)'
      AND EXISTS (SELECT FROM pg_namespace AS n CROSS JOIN LATERAL aclexplode(n.nspacl) AS a
                  WHERE n.nspname = 'rbac_api' AND a.grantee <> n.nspowner);
END;
COMMENT ON FUNCTION rbac_internal.setting_problems() IS
'Settings of the server that do not do what they seem to do.';

-- All of it --------------------------------------------------------------------

CREATE FUNCTION rbac.doctor() RETURNS SETOF rbac.problem
LANGUAGE C STABLE PARALLEL RESTRICTED AS 'MODULE_PATHNAME', 'rbac_admin';

CREATE FUNCTION rbac_internal.doctor() RETURNS SETOF rbac.problem
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM rbac_internal.require_system();
    RETURN QUERY
        SELECT p.*
        FROM (SELECT * FROM rbac_internal.table_problems()
              UNION ALL SELECT * FROM rbac_internal.partition_problems()
              UNION ALL SELECT * FROM rbac_internal.index_problems()
              UNION ALL SELECT * FROM rbac_internal.policy_problems()
              UNION ALL SELECT * FROM rbac_internal.view_problems()
              UNION ALL SELECT * FROM rbac_internal.function_problems()
              UNION ALL SELECT * FROM rbac_internal.role_problems()
              UNION ALL SELECT * FROM rbac_internal.trust_problems()
              UNION ALL SELECT * FROM rbac_internal.trigger_problems()
              UNION ALL SELECT * FROM rbac_internal.setting_problems()) AS p
        ORDER BY p.severity DESC, p.object COLLATE "C", p.problem COLLATE "C";
END
$$;

COMMENT ON FUNCTION rbac.doctor() IS
'What makes protection void in this database, as far as the catalogs tell.

Result: one row for each problem, the worst first: object; problem; severity, error (protection is void), warning (it depends on what somebody does) or notice; remedy, SQL if it ends with a semicolon. No row is good news about tables whose policies call functions of schema rbac; what functions do inside cannot be told.

Only the system may ask: the extension''s owner while no caller is set.
Errors: 28000 no caller, 42501 not the system.
STABLE: it reads the catalogs and settings.';
COMMENT ON FUNCTION rbac_internal.doctor() IS
'Implements rbac.doctor.';
