-- What people use instead: policies that look grants up in a table of their own.
-- The user is named by the setting app.user_id.

CREATE TABLE peer_grant (
    user_id    text NOT NULL,
    permission text NOT NULL,
    region     text,
    status_not text,
    owner      text,
    conditions jsonb NOT NULL
);

INSERT INTO peer_grant VALUES ('reader', 'Document:Read', 'eu', 'archived', NULL,
    '{"region": {"type": "Equals", "value": "eu"}, "status": {"type": "NotEquals", "value": "archived"}}');

INSERT INTO peer_grant
SELECT 'reader-' || grants, 'Document:Read', 'eu', NULL, 'user-' || n,
       jsonb_build_object('region', jsonb_build_object('type', 'Equals', 'value', 'eu'),
                          'owner', jsonb_build_object('type', 'Equals', 'value', 'user-' || n))
FROM unnest('{1,10,100}'::integer[]) AS grants, generate_series(1, grants) AS n;

-- Others, so that the planner uses the index as it would in earnest.
INSERT INTO peer_grant
SELECT 'user-' || n, 'Document:Read', 'eu', NULL, NULL, '{"region": {"type": "Equals", "value": "eu"}}'
FROM generate_series(1, 10000) AS n;

CREATE INDEX ON peer_grant (user_id, permission);
VACUUM (ANALYZE) peer_grant;

-- May the user do this at all?
CREATE FUNCTION authorize(requested text) RETURNS boolean
LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN EXISTS (SELECT FROM peer_grant
                   WHERE user_id = current_setting('app.user_id') AND permission = requested);
END
$$;

-- May the user do this with these attributes?
CREATE FUNCTION authorize(requested text, attributes jsonb) RETURNS boolean
LANGUAGE plpgsql STABLE AS $$
DECLARE
    granted jsonb;
    is_met  boolean;
BEGIN
    FOR granted IN
        SELECT conditions FROM peer_grant
        WHERE user_id = current_setting('app.user_id') AND permission = requested
    LOOP
        SELECT bool_and(CASE c.value ->> 'type'
                            WHEN 'Equals' THEN attributes -> c.key = c.value -> 'value'
                            WHEN 'NotEquals' THEN attributes -> c.key <> c.value -> 'value'
                        END)
        INTO is_met FROM jsonb_each(granted) AS c;
        IF is_met THEN
            RETURN true;
        END IF;
    END LOOP;
    RETURN false;
END
$$;

CREATE ROLE bench_exists;
CREATE ROLE bench_authorize;
CREATE ROLE bench_authorize_conditions;
GRANT SELECT ON document_sample, peer_grant TO bench_exists, bench_authorize, bench_authorize_conditions;

CREATE POLICY exists ON document_sample TO bench_exists USING (EXISTS (
    SELECT FROM peer_grant AS g
    WHERE g.user_id = (SELECT current_setting('app.user_id')) AND g.permission = 'Document:Read' AND
          (g.region IS NULL OR g.region = document_sample.region) AND
          (g.status_not IS NULL OR g.status_not <> document_sample.status) AND
          (g.owner IS NULL OR g.owner = document_sample.owner)));
CREATE POLICY authorize ON document_sample TO bench_authorize USING (authorize('Document:Read'));
CREATE POLICY authorize_conditions ON document_sample TO bench_authorize_conditions
    USING (authorize('Document:Read', jsonb_build_object('region', region, 'status', status, 'owner', owner)));
