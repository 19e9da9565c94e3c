\echo Mistakes that test/bin/lint-sql has to find, each on a line that names its rules; no other. \quit
CREATE SCHEMA rbac;

-- ---- names, and what somebody has planted ----
CREATE TYPE rbac.thing;
CREATE FUNCTION rbac.thing_in(cstring) RETURNS rbac.thing LANGUAGE C IMMUTABLE STRICT AS 'MODULE_PATHNAME';
CREATE FUNCTION rbac.thing_out(rbac.thing) RETURNS cstring LANGUAGE C IMMUTABLE STRICT AS 'MODULE_PATHNAME';
CREATE TYPE rbac.thing (INPUT = rbac.thing_in, OUTPUT = rbac.thing_out);
CREATE TABLE account (id integer);                                       -- unqualified
CREATE TABLE IF NOT EXISTS rbac.account (id integer);                    -- if-not-exists
CREATE SCHEMA IF NOT EXISTS rbac_internal;                               -- if-not-exists
CREATE INDEX ON account (id);                                            -- unqualified
CREATE VIEW everything AS SELECT id FROM rbac.account;                   -- unqualified
CREATE OR REPLACE VIEW rbac.everything AS SELECT id FROM rbac.account;   -- replaces
CREATE DOMAIN name_of AS text;                                           -- unqualified
CREATE TYPE color AS ENUM ('red');                                       -- unqualified
CREATE TYPE pair AS (a integer, b integer);                              -- unqualified
CREATE OPERATOR = (LEFTARG = rbac.thing, RIGHTARG = rbac.thing, FUNCTION = rbac.eq); -- unqualified
CREATE AGGREGATE total(integer) (SFUNC = int4pl, STYPE = integer);       -- unqualified
CREATE TRIGGER t AFTER INSERT ON account EXECUTE FUNCTION rbac.t();      -- unqualified
ALTER TABLE account ADD COLUMN extra text;                               -- unqualified
INSERT INTO account VALUES (1);                                          -- unqualified
GRANT EXECUTE ON FUNCTION helper(text) TO PUBLIC;                        -- unqualified
COMMENT ON SCHEMA rbac IS 'of @extowner@';                               -- substitutes

-- ---- functions ----
CREATE FUNCTION rbac_internal.bound(a text, OUT b text) LANGUAGE sql STABLE RETURN a;
CREATE FUNCTION rbac_internal.pinned() RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$BEGIN END$$;
CREATE FUNCTION rbac.listed(a text, OUT b text, VARIADIC c "any") LANGUAGE C AS 'MODULE_PATHNAME';
CREATE OR REPLACE FUNCTION rbac_internal.again() RETURNS void LANGUAGE C AS 'MODULE_PATHNAME'; -- replaces
CREATE FUNCTION rbac_internal.late() RETURNS integer LANGUAGE sql AS 'SELECT count(*) FROM account'; -- late-bound
CREATE FUNCTION rbac_internal.later() RETURNS void LANGUAGE plpgsql AS $$BEGIN END$$; -- late-bound
CREATE PROCEDURE rbac_internal.latest() LANGUAGE plpgsql AS $$BEGIN END$$; -- late-bound
CREATE FUNCTION rbac_internal.lender() RETURNS void LANGUAGE plpgsql SECURITY DEFINER AS $$BEGIN END$$; -- late-bound search-path
CREATE FUNCTION rbac_internal.lends() RETURNS integer LANGUAGE sql SECURITY DEFINER RETURN 1; -- search-path
CREATE FUNCTION rbac_internal.first() RETURNS void LANGUAGE plpgsql SET search_path = pg_temp, pg_catalog AS $$BEGIN END$$; -- search-path
CREATE FUNCTION rbac_internal.implicit() RETURNS void LANGUAGE plpgsql SET search_path = pg_catalog AS $$BEGIN END$$; -- search-path
CREATE FUNCTION rbac_internal.wide() RETURNS void LANGUAGE plpgsql SET search_path = rbac, pg_catalog, pg_temp AS $$BEGIN END$$; -- search-path
CREATE FUNCTION rbac_internal.as_called() RETURNS void LANGUAGE plpgsql SET search_path FROM CURRENT AS $$BEGIN END$$; -- search-path
CREATE FUNCTION rbac.forgotten(a text) RETURNS void LANGUAGE C AS 'MODULE_PATHNAME'; -- unlisted
CREATE FUNCTION rbac.listed(a text) RETURNS void LANGUAGE C AS 'MODULE_PATHNAME'; -- unlisted
CREATE FUNCTION elsewhere() RETURNS void LANGUAGE C AS 'MODULE_PATHNAME'; -- unqualified open
CREATE FUNCTION public.elsewhere() RETURNS void LANGUAGE C AS 'MODULE_PATHNAME'; -- open

-- ---- privileges ----
DO $$
BEGIN
    EXECUTE 'REVOKE ALL ON ALL ROUTINES IN SCHEMA rbac, rbac_internal FROM PUBLIC';
END
$$;
GRANT EXECUTE ON FUNCTION rbac.listed(text, "any") TO PUBLIC;
CREATE FUNCTION rbac_internal.closed(text) RETURNS void LANGUAGE C AS 'MODULE_PATHNAME';
REVOKE ALL ON FUNCTION rbac_internal.closed(text) FROM PUBLIC;
CREATE FUNCTION rbac_internal.too_late() RETURNS void LANGUAGE C AS 'MODULE_PATHNAME'; -- open
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'x') THEN
        EXECUTE 'CREATE OR REPLACE VIEW rbac.everything AS SELECT 1'; -- replaces
    END IF;
END
$$;
