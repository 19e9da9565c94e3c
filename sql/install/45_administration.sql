-- What the administration functions share: argument checks, who may act, the
-- lock that serializes the writers of an organization, the audit trail. What
-- may be granted, and to whom, is the business of the files that follow.
--
-- How an administration function is built. The public function rbac.X is the C
-- trampoline rbac_admin: it notes who invoked it and goes on to rbac_internal.X,
-- which runs as the owner. A required argument defaults to NULL and its absence
-- is an error that names it. Errors come in one order, so that none tells more
-- than the earlier ones allow: no caller (28000), unknown organization (42704),
-- argument (22023), unknown role or user (42704), permission (42501), name
-- taken (42710).
--
-- Arguments are named like the columns they meet. Columns are therefore always
-- qualified, and use_variable gives every bare name to the argument. Privileges
-- of all functions are settled in 90_privileges.sql.

-- Arguments ------------------------------------------------------------------

CREATE FUNCTION rbac_internal.invalid_argument(argument text, problem text) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RAISE EXCEPTION 'invalid value for argument "%": %', argument, problem
        USING ERRCODE = 'invalid_parameter_value';
END
$$;
COMMENT ON FUNCTION rbac_internal.invalid_argument(text, text) IS
'Raises 22023 for an argument; every such message begins alike.';

CREATE FUNCTION rbac_internal.require_argument(argument text, value anyelement) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF value IS NULL THEN
        PERFORM rbac_internal.invalid_argument(argument, 'must not be null');
    END IF;
END
$$;
COMMENT ON FUNCTION rbac_internal.require_argument(text, anyelement) IS
'Raises 22023 if a required argument was not given.';

CREATE FUNCTION rbac_internal.require_object(argument text, value jsonb) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM rbac_internal.require_argument(argument, value);
    IF jsonb_typeof(value) <> 'object' THEN
        PERFORM rbac_internal.invalid_argument(argument, 'must be a JSON object');
    END IF;
END
$$;
COMMENT ON FUNCTION rbac_internal.require_object(text, jsonb) IS
'Raises 22023 unless a JSON object was given.';

CREATE FUNCTION rbac_internal.checked_text(
    argument text, value text, minimum integer DEFAULT 1, maximum integer DEFAULT NULL
) RETURNS text
LANGUAGE plpgsql VOLATILE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    length CONSTANT integer := char_length(value);
BEGIN
    PERFORM rbac_internal.require_argument(argument, value);
    IF length = 0 THEN
        PERFORM rbac_internal.invalid_argument(argument, 'must not be empty');
    ELSIF length < minimum THEN
        PERFORM rbac_internal.invalid_argument(
            argument, format('must have at least %s characters', minimum));
    ELSIF length > maximum THEN
        PERFORM rbac_internal.invalid_argument(
            argument, format('must have at most %s characters', maximum));
    END IF;
    RETURN value;
END
$$;
COMMENT ON FUNCTION rbac_internal.checked_text(text, text, integer, integer) IS
'The value itself, if its length in characters is within bounds; else raises 22023.';

CREATE FUNCTION rbac_internal.max_name() RETURNS integer
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN 256;
COMMENT ON FUNCTION rbac_internal.max_name() IS
'Characters of a name or id: the role API''s bound, and that of names in grants (RBAC_MAX_NAME).';

CREATE FUNCTION rbac_internal.checked_name(argument text, value text) RETURNS text
LANGUAGE sql VOLATILE PARALLEL SAFE
RETURN rbac_internal.checked_text(argument, value, 1, rbac_internal.max_name());
COMMENT ON FUNCTION rbac_internal.checked_name(text, text) IS
'The value itself, if it is as long as a name or id may be; else raises 22023.';

-- Errors repeat what they were given, which may be as long as a value can be.
CREATE FUNCTION rbac_internal.abbreviated(name text) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN CASE WHEN char_length(name) <= rbac_internal.max_name() THEN name
            ELSE left(name, rbac_internal.max_name()) || '...' END;
COMMENT ON FUNCTION rbac_internal.abbreviated(text) IS
'A name as messages show it: whole, unless it is longer than a name may be.';

CREATE FUNCTION rbac_internal.raise_undefined(kind text, name text) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RAISE EXCEPTION '% "%" does not exist', kind, rbac_internal.abbreviated(name)
        USING ERRCODE = 'undefined_object';
END
$$;
COMMENT ON FUNCTION rbac_internal.raise_undefined(text, text) IS
'Raises 42704 for what there is none of.';

CREATE FUNCTION rbac_internal.check_elements(argument text, elements text[], pattern text, problem text)
RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT FROM unnest(elements) AS e (element) WHERE (e.element ~ pattern) IS NOT TRUE) THEN
        PERFORM rbac_internal.invalid_argument(argument, problem);
    END IF;
END
$$;
COMMENT ON FUNCTION rbac_internal.check_elements(text, text[], text, text) IS
'Raises 22023 unless every element of an array matches a pattern.';

CREATE FUNCTION rbac_internal.check_ids(id text[]) RETURNS void
LANGUAGE sql VOLATILE PARALLEL SAFE
RETURN rbac_internal.check_elements(
    'id', id, '^[0-9a-f]{24}$', 'must be 24 lower-case hexadecimal digits each');
COMMENT ON FUNCTION rbac_internal.check_ids(text[]) IS
'Raises 22023 for an element of the argument "id" that cannot be one.';

-- Spelled out, because \s and btrim know only what the database's locale knows.
-- Backslashes are in E'' strings throughout, which no setting can change.
-- Anchored at the start, and the end reached by reversing, because '\s+$' takes
-- quadratic time on a long run of white space.
CREATE FUNCTION rbac_internal.strip(value text) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN (
    SELECT reverse(regexp_replace(reverse(regexp_replace(value, white.space, '')), white.space, ''))
    FROM (VALUES (E'^[\\u0009-\\u000d\\u0020\\u0085\\u00a0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000]+'))
         AS white (space));
COMMENT ON FUNCTION rbac_internal.strip(text) IS
'The text without the Unicode white space at both ends.';

CREATE FUNCTION rbac_internal.checked_prose(argument text, value text, minimum integer DEFAULT 1)
RETURNS text
LANGUAGE plpgsql VOLATILE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    -- Three pages: lists return it with every row, and every write records it.
    max_prose CONSTANT integer := 10000;
BEGIN
    RETURN rbac_internal.checked_text(argument, rbac_internal.strip(value), minimum, max_prose);
END
$$;
COMMENT ON FUNCTION rbac_internal.checked_prose(text, text, integer) IS
'What people write for people, stripped; raises 22023 unless its length in characters is within bounds.';

CREATE FUNCTION rbac_internal.parse_argument(argument text, document text, INOUT value anyelement)
LANGUAGE plpgsql VOLATILE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    detail text;
BEGIN
    value := document;
EXCEPTION
    WHEN data_exception OR program_limit_exceeded THEN
        GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL;
        RAISE EXCEPTION 'invalid value for argument "%": %', argument, SQLERRM
            USING ERRCODE = SQLSTATE, DETAIL = detail;
END
$$;
COMMENT ON FUNCTION rbac_internal.parse_argument(text, text, anyelement) IS
'The document as a value of the type of the last argument; errors name the argument.';

-- Who acts -------------------------------------------------------------------

CREATE FUNCTION rbac_internal.require_caller() RETURNS void
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF rbac.current_user_id() IS NULL AND NOT rbac_internal.acting_as_system() THEN
        RAISE EXCEPTION 'there is no caller'
            USING ERRCODE = 'invalid_authorization_specification',
                  HINT = 'Name the caller with rbac.authenticate or, in a trusted session, rbac.set_caller.';
    END IF;
END
$$;
COMMENT ON FUNCTION rbac_internal.require_caller() IS
'Raises 28000 if nobody is known to act: neither a caller nor the system.';

CREATE FUNCTION rbac_internal.require_system() RETURNS void
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM rbac_internal.require_caller();
    IF NOT rbac_internal.acting_as_system() THEN
        RAISE EXCEPTION 'only the system may do this'
            USING ERRCODE = 'insufficient_privilege',
                  HINT = 'The extension''s owner acts as the system while no caller is set.';
    END IF;
END
$$;
COMMENT ON FUNCTION rbac_internal.require_system() IS
'Raises 28000 without a caller and 42501 with one, unless the system acts.';

CREATE FUNCTION rbac_internal.is_permitted(permission text, attributes jsonb) RETURNS boolean
LANGUAGE sql STABLE PARALLEL RESTRICTED
RETURN rbac_internal.acting_as_system()
    OR rbac_internal.caller_has_permission(permission, attributes);
COMMENT ON FUNCTION rbac_internal.is_permitted(text, jsonb) IS
'Whether the caller has a permission; the system has every permission.';

CREATE FUNCTION rbac_internal.acts_in(organization text) RETURNS boolean
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    own CONSTANT text := rbac.current_organization();
BEGIN
    RETURN rbac_internal.acting_as_system()
        OR (own = organization OR rbac_internal.setting(own, 'operator')::boolean) IS TRUE;
END
$$;
COMMENT ON FUNCTION rbac_internal.acts_in(text) IS
'Whether the system acts, or a caller of this organization or of an operator organization.';

-- A stranger to the organization is not shown attributes, which may have been
-- looked up there.
CREATE FUNCTION rbac_internal.require_permission(permission text, attributes jsonb) RETURNS void
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    organization CONSTANT text := attributes ->> 'org_id';
BEGIN
    PERFORM rbac_internal.require_caller();
    IF rbac_internal.is_permitted(permission, attributes) IS NOT TRUE THEN
        IF NOT rbac_internal.acts_in(organization) THEN
            attributes := jsonb_build_object('org_id', organization);
        END IF;
        RAISE EXCEPTION 'permission "%" denied', permission
            USING ERRCODE = 'insufficient_privilege',
                  DETAIL = format('The caller is not allowed %s.', jsonb_build_object(
                      'permission_name', permission, 'attributes', attributes));
    END IF;
END
$$;
COMMENT ON FUNCTION rbac_internal.require_permission(text, jsonb) IS
'Raises 28000 without a caller and 42501, with the request, if the caller lacks a permission.';

CREATE FUNCTION rbac_internal.caller_privileges() RETURNS rbac.privileges
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN CASE WHEN rbac.current_user_id() IS NOT NULL THEN
        rbac_internal.compute_user_privileges(rbac.current_organization(), rbac.current_user_id())
    END;
END
$$;
COMMENT ON FUNCTION rbac_internal.caller_privileges() IS
'The caller''s role-based privileges, of which grants are made; NULL without a caller.';

-- Even the empty role of another organization is out of reach: anybody's
-- privileges exceed it, and to assign it takes other roles away. Asked before
-- privileges are compared, since an uncovered request tells what a role grants.
CREATE FUNCTION rbac_internal.require_acting_in(organization text) RETURNS void
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM rbac_internal.require_caller();
    IF NOT rbac_internal.acts_in(organization) THEN
        RAISE EXCEPTION 'the caller''s privileges do not count in organization "%"', organization
            USING ERRCODE = 'insufficient_privilege',
                  DETAIL = 'The caller is of another organization, which is no operator.';
    END IF;
END
$$;
COMMENT ON FUNCTION rbac_internal.require_acting_in(text) IS
'Raises 42501 unless the caller is of this organization or of an operator organization.';

-- The one guard against escalation: whatever hands out rights asks here first.
CREATE FUNCTION rbac_internal.require_exceeding(
    holder text, held rbac.privileges, granted rbac.privileges, organization text
) RETURNS void
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    comparison CONSTANT rbac.privilege_order := rbac.compare_privileges(held, granted);
BEGIN
    IF comparison = 'greater' OR (comparison = 'equal'
       AND rbac_internal.setting(organization, 'equal_may_grant')::boolean) THEN
        RETURN;
    END IF;
    RAISE EXCEPTION 'the %''s privileges do not exceed those granted', holder
        USING ERRCODE = 'insufficient_privilege',
              DETAIL = CASE comparison
                  WHEN 'equal' THEN concat('They are equal', CASE WHEN organization IS NOT NULL THEN
                      ', and the organization''s setting "equal_may_grant" is off' END, '.')
                  ELSE format('The %s''s privileges do not cover %s.', holder, rbac.uncovered(held, granted))
              END;
END
$$;
COMMENT ON FUNCTION rbac_internal.require_exceeding(text, rbac.privileges, rbac.privileges, text) IS
'Raises 42501 unless what somebody holds exceeds (or, by the setting of an organization if one is given, equals) what is to be granted.';

-- The caller's privileges are an argument because they are those from before
-- the change that is being judged.
CREATE FUNCTION rbac_internal.authorize_grant(
    caller_privileges rbac.privileges, granted rbac.privileges, organization text
) RETURNS void
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF NOT rbac_internal.acting_as_system() THEN
        PERFORM rbac_internal.require_acting_in(organization);
        PERFORM rbac_internal.require_exceeding('caller', caller_privileges, granted, organization);
    END IF;
END
$$;
COMMENT ON FUNCTION rbac_internal.authorize_grant(rbac.privileges, rbac.privileges, text) IS
'Raises 42501 unless the caller may grant this, by acting in the organization and by what the caller holds.';

CREATE FUNCTION rbac_internal.authorize_assignment(
    organization text, role rbac.object_id, restriction jsonb DEFAULT '{}'
) RETURNS void
LANGUAGE sql STABLE PARALLEL RESTRICTED
RETURN rbac_internal.authorize_grant(
    rbac_internal.caller_privileges(),
    rbac_internal.compute_role_privileges(organization, role, restriction), organization);
COMMENT ON FUNCTION rbac_internal.authorize_assignment(text, rbac.object_id, jsonb) IS
'Raises 42501 unless the caller may assign this role, restricted like this.';

-- Taking a role away, also by assigning another one in its place, is no
-- escalation, but without a guard whoever may assign any role could strip an
-- administrator. Equals may: users can give up their own roles.
CREATE FUNCTION rbac_internal.authorize_removal(
    caller_privileges rbac.privileges, removed rbac.privileges, organization text
) RETURNS void
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    uncovered jsonb;
BEGIN
    IF rbac_internal.acting_as_system() THEN
        RETURN;
    END IF;
    PERFORM rbac_internal.require_acting_in(organization);
    uncovered := rbac.uncovered(caller_privileges, removed);
    IF uncovered IS NOT NULL THEN
        RAISE EXCEPTION 'the caller''s privileges do not cover those taken away'
            USING ERRCODE = 'insufficient_privilege',
                  DETAIL = format('The caller''s privileges do not cover %s.', uncovered);
    END IF;
END
$$;
COMMENT ON FUNCTION rbac_internal.authorize_removal(rbac.privileges, rbac.privileges, text) IS
'Raises 42501 unless the caller''s privileges cover what is to be taken away.';

-- The organization -----------------------------------------------------------

CREATE FUNCTION rbac_internal.require_organization(organization text) RETURNS void
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_variable
BEGIN
    PERFORM rbac_internal.require_argument('organization', organization);
    IF NOT EXISTS (SELECT FROM rbac.organization AS o WHERE o.organization = organization) THEN
        PERFORM rbac_internal.raise_undefined('organization', organization);
    END IF;
END
$$;
COMMENT ON FUNCTION rbac_internal.require_organization(text) IS
'Raises 42704 for an organization that does not exist.';

-- Where things are named by ids that a stranger could try, nothing exists to a
-- stranger, nor does the organization.
CREATE FUNCTION rbac_internal.enter_organization(organization text) RETURNS void
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM rbac_internal.require_caller();
    PERFORM rbac_internal.require_organization(organization);
    IF NOT rbac_internal.acts_in(organization) THEN
        PERFORM rbac_internal.raise_undefined('organization', organization);
    END IF;
END
$$;
COMMENT ON FUNCTION rbac_internal.enter_organization(text) IS
'Raises 28000 without a caller, 42704 for an organization that does not exist or that the caller does not act in.';

-- Everything that decides about a write is read after this lock, so check and
-- write are one decision and inheritance cannot become cyclic by a race. The
-- caller's own organization is locked against its writers, because the caller's
-- rights come from there. Locks are taken in order of name: no two writers can
-- wait for each other.
--
-- A REPEATABLE READ transaction would go on with its old snapshot after it had
-- waited, and decide about what is no longer there.
CREATE FUNCTION rbac_internal.require_read_committed() RETURNS void
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF current_setting('transaction_isolation') IN ('repeatable read', 'serializable') THEN
        RAISE EXCEPTION 'organizations cannot be administered in a % transaction',
                        upper(current_setting('transaction_isolation'))
            USING ERRCODE = 'invalid_transaction_state',
                  HINT = 'Use a READ COMMITTED transaction.';
    END IF;
END
$$;
COMMENT ON FUNCTION rbac_internal.require_read_committed() IS
'Raises 25000 in a transaction that could not see what was committed before it got a lock.';

CREATE FUNCTION rbac_internal.lock_organization(organization text) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_variable
DECLARE
    own CONSTANT text COLLATE "C" := rbac.current_organization();
BEGIN
    PERFORM rbac_internal.require_organization(organization);
    PERFORM rbac_internal.require_read_committed();
    IF own < organization THEN
        PERFORM FROM rbac.organization AS o WHERE o.organization = own FOR SHARE;
    END IF;
    -- An update and no FOR NO KEY UPDATE: the new version of the row shows the
    -- transaction to checks that can see it and have not been told yet.
    UPDATE rbac.organization AS o SET settings = o.settings WHERE o.organization = organization;
    IF own > organization THEN
        PERFORM FROM rbac.organization AS o WHERE o.organization = own FOR SHARE;
    END IF;
END
$$;
COMMENT ON FUNCTION rbac_internal.lock_organization(text) IS
'Serializes the writers of an organization; raises 42704 if it does not exist, 25000 in the wrong transaction.';

-- The audit trail ------------------------------------------------------------

CREATE FUNCTION rbac_internal.audit(operation text, organization text, detail jsonb) RETURNS void
LANGUAGE sql VOLATILE PARALLEL UNSAFE
BEGIN ATOMIC
    INSERT INTO rbac.audit_event (organization, actor_organization, actor_user_id, operation, detail)
    VALUES (audit.organization, rbac.current_organization(), rbac.current_user_id(),
            audit.operation, audit.detail);
END;
COMMENT ON FUNCTION rbac_internal.audit(text, text, jsonb) IS
'Records a write, in the transaction that makes it.';
