-- Acting as the system: the owner's rights, and no caller.
\set SHOW_CONTEXT never
CREATE FUNCTION pg_temp.attempt(command text, OUT state text, OUT message text)
LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE command;
    state := 'done';
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE, message = MESSAGE_TEXT;
END
$$;
CREATE PROCEDURE pg_temp.act_as(organization text, user_id text) LANGUAGE plpgsql AS $$
BEGIN
    PERFORM rbac.set_caller(organization, user_id, false);
END
$$;
CREATE ROLE regress_app;
CREATE ROLE regress_admin SUPERUSER;
DO $$
BEGIN
    PERFORM rbac.create_organization('acme');
    PERFORM rbac.create_user('acme', 'ann');
END
$$;

CREATE TEMP TABLE command AS SELECT command FROM (VALUES
    ($$SELECT rbac.create_organization('mine')$$), ($$SELECT rbac.modify_organization('acme', '{"operator": true}')$$),
    ($$SELECT rbac.define_permission('My:Own')$$), ($$SELECT rbac.create_user('acme', 'friend')$$)) AS v (command);
GRANT SELECT ON command TO regress_app;
CALL pg_temp.act_as('acme', 'ann');
-- With a caller nobody is the system, not even a superuser.
SELECT command, a.* FROM command CROSS JOIN LATERAL pg_temp.attempt(command) AS a;
-- Without a caller, a role that has not the owner's rights is nobody.
CALL pg_temp.act_as(NULL, NULL);
SET ROLE regress_app;
SELECT command, a.* FROM command CROSS JOIN LATERAL pg_temp.attempt(command) AS a;
-- And with a caller it is that caller.
RESET ROLE;
CALL pg_temp.act_as('acme', 'ann');
SET ROLE regress_app;
SELECT command, a.* FROM command CROSS JOIN LATERAL pg_temp.attempt(command) AS a;
-- A function of the owner that everybody may call lends its rights, no more.
RESET ROLE;
CALL pg_temp.act_as(NULL, NULL);
CREATE FUNCTION public.lend(organization text) RETURNS void LANGUAGE sql SECURITY DEFINER
AS 'SELECT rbac.create_organization(organization)';
SET ROLE regress_app;
SELECT public.lend('lent');
-- Nor does a function of somebody else that the superuser runs gain anything.
RESET ROLE;
GRANT CREATE ON SCHEMA public TO regress_app;
SET ROLE regress_app;
CREATE FUNCTION public.trap() RETURNS void LANGUAGE sql SECURITY DEFINER
AS 'SELECT rbac.create_organization(''trapped'')';
RESET ROLE;
SELECT public.trap();
SELECT organization FROM rbac.organization ORDER BY 1;
-- What counts is who invokes the function, not who is logged in: a superuser who
-- has become another role is that role; another superuser is the system, too.
SET ROLE regress_app;
SELECT a.* FROM pg_temp.attempt($$SELECT rbac.define_permission('My:Own')$$) AS a;
SET ROLE regress_admin;
SELECT a.* FROM pg_temp.attempt($$SELECT rbac.define_permission('My:Own')$$) AS a;
RESET ROLE;

DROP TABLE command;
DROP FUNCTION public.lend(text), public.trap();
REVOKE CREATE ON SCHEMA public FROM regress_app;
DROP ROLE regress_app, regress_admin;
DELETE FROM rbac.organization;
DELETE FROM rbac.permission WHERE NOT is_builtin;
TRUNCATE rbac.audit_event RESTART IDENTITY;
