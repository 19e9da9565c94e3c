-- Temporary grants: one grant to one user until an instant. What they allow is
-- decided in 40_checks.sql; comparisons of privileges leave them out.

CREATE TYPE rbac.creator AS (
    org_id  text,
    user_id text
);
COMMENT ON TYPE rbac.creator IS
'Who made something: a user and the organization that it belongs to.';

CREATE TYPE rbac.temporary_permission_grant AS (
    _id              text,
    org_id           text,
    user_id          text,
    expires_at       timestamptz,
    permission_grant rbac.permission_grant,
    justification    text,
    creator          rbac.creator,
    tags             jsonb,
    created_at       timestamptz
);
COMMENT ON TYPE rbac.temporary_permission_grant IS
'A temporary grant, as rbac.get_temporary_permission_grants returns it. The system''s have no creator.';

-- Creating -------------------------------------------------------------------

CREATE FUNCTION rbac_internal.checked_duration(organization text, duration text) RETURNS interval
LANGUAGE plpgsql VOLATILE PARALLEL RESTRICTED SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    maximum CONSTANT text := rbac_internal.setting(organization, 'max_temporary_grant') #>> '{}';
    seconds bigint;
BEGIN
    PERFORM rbac_internal.require_argument('duration', duration);
    seconds := rbac_internal.duration_seconds(duration);
    IF seconds < 1 THEN
        PERFORM rbac_internal.invalid_argument('duration', 'must be at least one second');
    ELSIF seconds > rbac_internal.duration_seconds(maximum) THEN
        PERFORM rbac_internal.invalid_argument('duration', format(
            'must be at most %s, the organization''s "max_temporary_grant"', maximum));
    END IF;
    RETURN make_interval(secs => seconds);
END
$$;
COMMENT ON FUNCTION rbac_internal.checked_duration(text, text) IS
'How long a temporary grant shall last; raises 22023 for what the organization does not allow.';

-- What a letter is depends on the collation: ICU's knows Unicode whatever the
-- database's locale does. Without it (SQL_ASCII, a server without ICU) the
-- database's own has to do.
DO $do$
BEGIN
    EXECUTE format($create$
        CREATE FUNCTION rbac_internal.is_words(value text) RETURNS boolean
        LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
        RETURN value COLLATE %s ~ E'^[\\w\\s]+$' $create$,
        coalesce(to_regcollation('"und-x-icu"'), to_regcollation('"default"')));
END
$do$;
COMMENT ON FUNCTION rbac_internal.is_words(text) IS
'Whether the text consists of letters, digits, underscores and white space, and is not empty.';

-- Neither ":" nor "*" can occur in a tag, which is what the filters rely on.
CREATE FUNCTION rbac_internal.check_tags(tags jsonb) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    max_tags CONSTANT integer := 20;    -- the role API's bound
    tag record;
BEGIN
    PERFORM rbac_internal.require_object('tags', tags);
    IF (SELECT count(*) FROM jsonb_object_keys(tags)) > max_tags THEN
        RAISE EXCEPTION 'a temporary grant can have at most % tags', max_tags
            USING ERRCODE = 'program_limit_exceeded', COLUMN = 'tags';
    END IF;
    FOR tag IN SELECT t.key, jsonb_typeof(t.value) AS type, t.value #>> '{}' AS value
               FROM jsonb_each(tags) AS t
    LOOP
        IF greatest(char_length(tag.key), char_length(tag.value)) > rbac_internal.max_name() THEN
            PERFORM rbac_internal.invalid_argument('tags', format(
                'keys and values must have at most %s characters', rbac_internal.max_name()));
        ELSIF NOT rbac_internal.is_words(tag.key) OR tag.type NOT IN ('string', 'null')
           OR NOT rbac_internal.is_words(tag.value) THEN
            PERFORM rbac_internal.invalid_argument('tags', format(
                'key "%s" and its value must be of letters, digits, underscores and white space (the value may be null)',
                tag.key));
        END IF;
    END LOOP;
END
$$;
COMMENT ON FUNCTION rbac_internal.check_tags(jsonb) IS
'Raises 22023 or 54000 for what cannot be the tags of a temporary grant.';

-- Unlike a role, a temporary grant has one holder: both sides are compared as
-- what these two users hold, with no placeholder left open.
CREATE FUNCTION rbac_internal.authorize_temporary_grant(
    organization text, user_id text, permission_grant rbac.permission_grant
) RETURNS void
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    request CONSTANT jsonb := jsonb_build_object(
        'org_id', organization, 'user_id', user_id,
        'permission_name', permission_grant::jsonb ->> 'permission_name');
BEGIN
    PERFORM rbac_internal.require_permission('Role:CreateTemporaryPermissionGrant', request);
    -- A wildcard is more than a name: NotEquals one permission is met by its
    -- text, but the grant would cover that permission.
    IF request ->> 'permission_name' LIKE '%*' THEN
        PERFORM rbac_internal.require_permission(
            'Role:CreateTemporaryPermissionGrant', request - 'permission_name');
    END IF;
    IF rbac_internal.setting(organization, 'temporary_grant_needs_cover')::boolean THEN
        PERFORM rbac_internal.authorize_grant(
            rbac_internal.scope_privileges(rbac_internal.caller_privileges(),
                                           rbac.current_organization(), rbac.current_user_id()),
            rbac_internal.scope_privileges(permission_grant::rbac.privileges, organization, user_id),
            organization);
    END IF;
END
$$;
COMMENT ON FUNCTION rbac_internal.authorize_temporary_grant(text, text, rbac.permission_grant) IS
'Raises 42501 unless the caller may give this grant to this user for a limited time.';

CREATE FUNCTION rbac.create_temporary_permission_grant(
    organization text DEFAULT NULL,
    user_id text DEFAULT NULL,
    duration text DEFAULT NULL,
    permission_grant rbac.permission_grant DEFAULT NULL,
    tags jsonb DEFAULT NULL,
    justification text DEFAULT NULL,
    OUT temporary_permission_grant_id text,
    OUT expires_at timestamptz
)
LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'rbac_admin';

CREATE FUNCTION rbac_internal.create_temporary_permission_grant(
    organization text, user_id text, duration text, permission_grant rbac.permission_grant,
    tags jsonb, justification text,
    OUT temporary_permission_grant_id text, OUT expires_at timestamptz
)
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    min_justification CONSTANT integer := 10;   -- the role API's bound: more than "ok"
BEGIN
    PERFORM rbac_internal.require_caller();
    PERFORM rbac_internal.lock_organization(organization);
    PERFORM rbac_internal.require_argument('user_id', user_id);
    expires_at := statement_timestamp() + rbac_internal.checked_duration(organization, duration);
    PERFORM rbac_internal.require_argument('permission_grant', permission_grant);
    PERFORM rbac_internal.check_privileges('permission_grant', permission_grant::rbac.privileges);
    PERFORM rbac_internal.check_tags(tags);
    justification := rbac_internal.checked_prose('justification', justification, min_justification);
    PERFORM rbac_internal.require_principal(organization, 'user', user_id);
    PERFORM rbac_internal.authorize_temporary_grant(organization, user_id, permission_grant);

    temporary_permission_grant_id := rbac.generate_object_id();
    INSERT INTO rbac.temporary_grant
        (temporary_permission_grant_id, organization, user_id, permission_grant, tags, justification,
         creator_organization, creator_user_id, created_at, expires_at)
    VALUES
        (temporary_permission_grant_id, organization, user_id, permission_grant, tags, justification,
         rbac.current_organization(), rbac.current_user_id(), statement_timestamp(), expires_at);
    PERFORM rbac_internal.audit('create_temporary_permission_grant', organization, jsonb_build_object(
        'temporary_permission_grant_id', temporary_permission_grant_id, 'user_id', user_id,
        'permission_grant', permission_grant::jsonb, 'expires_at', expires_at,
        'tags', tags, 'justification', justification));
END
$$;

COMMENT ON FUNCTION rbac.create_temporary_permission_grant(
    text, text, text, rbac.permission_grant, jsonb, text) IS
'Give one grant to one user for a limited time; return its id and when it expires.

organization, user_id: the grantee, a user of the organization; the grant counts in the organization only.
duration: ISO 8601 duration of weeks, or of days, hours, minutes and seconds, for example "PT8H"; from one second to the organization''s max_temporary_grant.
permission_grant: the grant; its placeholders stand for the grantee.
tags: object of at most 20 tags; keys and values are up to 256 letters, digits, underscores and white space, and values may be null. What a letter is, the locale of the database says: in "C", those of ASCII.
justification: 10 to 10,000 characters after white space at both ends is stripped.

Needs Role:CreateTemporaryPermissionGrant with org_id, user_id and permission_name of the grant, and, by the organization''s setting temporary_grant_needs_cover, role-based privileges that exceed the grant. Comparisons of privileges never count temporary grants.
Errors: 28000 no caller, 42704 unknown organization, user or permission, 22023 invalid argument, 42501 not permitted, 54000 too many tags or a comparison that is too expensive.
VOLATILE: it writes.';
COMMENT ON FUNCTION rbac_internal.create_temporary_permission_grant(
    text, text, text, rbac.permission_grant, jsonb, text) IS
'Implements rbac.create_temporary_permission_grant.';

-- Listing --------------------------------------------------------------------

CREATE FUNCTION rbac_internal.check_limit("limit" integer) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    max_limit CONSTANT integer := 10;   -- the role API's bound
BEGIN
    IF ("limit" BETWEEN 0 AND max_limit) IS NOT TRUE THEN
        PERFORM rbac_internal.invalid_argument('limit', format('must be from 0 to %s', max_limit));
    END IF;
END
$$;
COMMENT ON FUNCTION rbac_internal.check_limit(integer) IS
'Raises 22023 for what cannot be the length of a page.';

CREATE FUNCTION rbac_internal.has_tag(tags jsonb, filter text) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN (
    SELECT tags ? wanted.key AND CASE wanted.value
        WHEN '*' THEN true
        WHEN '' THEN tags -> wanted.key = 'null'
        ELSE tags -> wanted.key = to_jsonb(wanted.value)
    END
    FROM (VALUES (split_part(filter, ':', 1), substr(filter, strpos(filter, ':') + 1)))
         AS wanted (key, value));
COMMENT ON FUNCTION rbac_internal.has_tag(jsonb, text) IS
'Whether tags meet a filter: "key:value", "key:" for a tag without value, "key:*" for any.';

CREATE FUNCTION rbac_internal.temporary_grant_order(sort_by text[]) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN (
    SELECT concat_ws(', ', string_agg(f.expression || d.direction, ', ' ORDER BY s.position), 'g._id')
    FROM unnest(sort_by) WITH ORDINALITY AS s (entry, position)
    JOIN (VALUES ('user_id', 'g.user_id COLLATE "C"'),
                 ('expires_at', 'g.expires_at'),
                 ('permission_grant.permission_name',
                  '(g.permission_grant::jsonb ->> ''permission_name'') COLLATE "C"'))
         AS f (field, expression) ON f.field = substr(s.entry, 2)
    JOIN (VALUES ('+', ' ASC'), ('-', ' DESC'))
         AS d (sign, direction) ON d.sign = left(s.entry, 1));
COMMENT ON FUNCTION rbac_internal.temporary_grant_order(text[]) IS
'ORDER BY list for a valid sort_by; made of constants only, never of the caller''s text.';

CREATE FUNCTION rbac_internal.find_temporary_permission_grants(
    organization text, id text[], user_id text[], permission_grant_name text, is_expired boolean,
    creator text[], tag text[]
) RETURNS SETOF rbac.temporary_permission_grant
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_variable
BEGIN
    RETURN QUERY
    SELECT g.temporary_permission_grant_id::text, g.organization, g.user_id, g.expires_at,
           g.permission_grant, g.justification,
           CASE WHEN g.creator_user_id IS NOT NULL
                THEN ROW (g.creator_organization, g.creator_user_id)::rbac.creator END,
           g.tags, g.created_at
    FROM rbac.temporary_grant AS g
    CROSS JOIN LATERAL (SELECT g.permission_grant::jsonb ->> 'permission_name') AS p (permission_name)
    WHERE g.organization = organization
      AND (coalesce(cardinality(id), 0) = 0 OR g.temporary_permission_grant_id = ANY (id))
      AND (coalesce(cardinality(user_id), 0) = 0 OR g.user_id = ANY (user_id))
      AND (permission_grant_name IS NULL OR p.permission_name = permission_grant_name)
      AND (is_expired IS NULL OR (g.expires_at <= statement_timestamp()) = is_expired)
      AND (coalesce(cardinality(creator), 0) = 0
           OR g.creator_organization || ',' || g.creator_user_id = ANY (creator))
      AND NOT EXISTS (SELECT FROM unnest(tag) AS t (filter)
                      WHERE NOT rbac_internal.has_tag(g.tags, t.filter))
      AND rbac_internal.is_permitted('Role:GetTemporaryPermissionGrant', jsonb_build_object(
              'org_id', organization, 'user_id', g.user_id, 'permission_name', p.permission_name,
              'creator', CASE g.creator_organization WHEN organization THEN g.creator_user_id END));
END
$$;
COMMENT ON FUNCTION rbac_internal.find_temporary_permission_grants(
    text, text[], text[], text, boolean, text[], text[]) IS
'The temporary grants that pass the filters and that the caller may see.';

CREATE FUNCTION rbac_internal.list_temporary_permission_grants(
    organization text, id text[], user_id text[], permission_grant_name text, is_expired boolean,
    "limit" integer, continuation_token integer, creator text[], tag text[], sort_by text[]
) RETURNS SETOF rbac.temporary_permission_grant
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM rbac_internal.require_caller();
    PERFORM rbac_internal.require_organization(organization);
    PERFORM rbac_internal.check_ids(id);
    IF continuation_token < 0 THEN
        PERFORM rbac_internal.invalid_argument('continuation_token', 'must not be negative');
    END IF;
    PERFORM rbac_internal.check_elements('creator', creator, ',', 'must be "org_id,user_id" each');
    PERFORM rbac_internal.check_elements('tag', tag, ':', 'must be "key:value" each');
    PERFORM rbac_internal.check_elements(
        'sort_by', sort_by, '^[+-](user_id|expires_at|permission_grant[.]permission_name)$',
        'must be "+" or "-" and "user_id", "expires_at" or "permission_grant.permission_name" each');
    RETURN QUERY EXECUTE format(
        'SELECT g.* FROM rbac_internal.find_temporary_permission_grants($1, $2, $3, $4, $5, $6, $7) AS g
         ORDER BY %s LIMIT $8 OFFSET $9', rbac_internal.temporary_grant_order(sort_by))
    USING organization, id, user_id, permission_grant_name, is_expired, creator, tag,
          "limit", continuation_token;
END
$$;
COMMENT ON FUNCTION rbac_internal.list_temporary_permission_grants(
    text, text[], text[], text, boolean, integer, integer, text[], text[], text[]) IS
'rbac.get_temporary_permission_grants without the bound on limit: one row more tells whether there are more.';

CREATE FUNCTION rbac.get_temporary_permission_grants(
    organization text DEFAULT NULL,
    id text[] DEFAULT '{}',
    user_id text[] DEFAULT '{}',
    permission_grant_name text DEFAULT NULL,
    is_expired boolean DEFAULT NULL,
    "limit" integer DEFAULT 10,
    continuation_token integer DEFAULT 0,
    creator text[] DEFAULT '{}',
    tag text[] DEFAULT '{}',
    sort_by text[] DEFAULT '{}'
) RETURNS SETOF rbac.temporary_permission_grant
LANGUAGE C STABLE PARALLEL RESTRICTED AS 'MODULE_PATHNAME', 'rbac_admin';

CREATE FUNCTION rbac_internal.get_temporary_permission_grants(
    organization text, id text[], user_id text[], permission_grant_name text, is_expired boolean,
    "limit" integer, continuation_token integer, creator text[], tag text[], sort_by text[]
) RETURNS SETOF rbac.temporary_permission_grant
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM rbac_internal.require_caller();
    PERFORM rbac_internal.require_organization(organization);
    PERFORM rbac_internal.check_limit("limit");
    RETURN QUERY SELECT g.* FROM rbac_internal.list_temporary_permission_grants(
        organization, id, user_id, permission_grant_name, is_expired,
        "limit", continuation_token, creator, tag, sort_by) AS g;
END
$$;

COMMENT ON FUNCTION rbac.get_temporary_permission_grants(
    text, text[], text[], text, boolean, integer, integer, text[], text[], text[]) IS
'List the temporary grants of an organization that the caller may see, expired ones too.

organization: which.
id, user_id, creator: only these ids, grantees, creators ("org_id,user_id").
permission_grant_name: only grants of this permission.
is_expired: true for expired grants only, false for the others.
limit: at most so many rows, from 0 to 10.
continuation_token: so many rows of the sorted result are skipped.
tag: "key:value"; value "*" for any, nothing for a tag without value; all must be met.
sort_by: "+" or "-" before "user_id", "expires_at" or "permission_grant.permission_name"; later ones break ties, then the id does.
Empty and NULL filters mean no filter; what does not exist finds nothing.

Shows the grants for which the caller has Role:GetTemporaryPermissionGrant with org_id, user_id, permission_name and creator (the user id, missing if the creator is of another organization).
Errors: 28000 no caller, 42704 unknown organization, 22023 invalid argument.
STABLE: it only reads tables, the caller and the clock.';
COMMENT ON FUNCTION rbac_internal.get_temporary_permission_grants(
    text, text[], text[], text, boolean, integer, integer, text[], text[], text[]) IS
'Implements rbac.get_temporary_permission_grants.';
