-- authenticate(): the caller by a signed token, in any session.
\set SHOW_CONTEXT never
CREATE FUNCTION pg_temp.caller() RETURNS text LANGUAGE sql
RETURN coalesce(rbac.current_organization() || ' ' || rbac.current_user_id(), 'nobody');
CREATE FUNCTION pg_temp.attempt(token text, OUT state text, OUT message text, OUT caller text) LANGUAGE plpgsql AS $$
BEGIN
    PERFORM rbac.set_caller(NULL, NULL, false);
    BEGIN
        PERFORM rbac.authenticate(token);
        state := 'done';
    EXCEPTION WHEN OTHERS THEN
        GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE, message = MESSAGE_TEXT;
    END;
    caller := pg_temp.caller();
END
$$;

-- A token, made here: HMAC as RFC 2104 has it.
CREATE FUNCTION pg_temp.hmac_sha256(data bytea, key bytea) RETURNS bytea LANGUAGE plpgsql AS $$
DECLARE
    ipad bytea := decode(repeat('36', 64), 'hex');
    opad bytea := decode(repeat('5c', 64), 'hex');
BEGIN
    IF length(key) > 64 THEN
        key := sha256(key);
    END IF;
    FOR i IN 0..length(key) - 1 LOOP
        ipad := set_byte(ipad, i, get_byte(ipad, i) # get_byte(key, i));
        opad := set_byte(opad, i, get_byte(opad, i) # get_byte(key, i));
    END LOOP;
    RETURN sha256(opad || sha256(ipad || data));
END
$$;
-- Test case 2 of RFC 4231.
SELECT encode(pg_temp.hmac_sha256('what do ya want for nothing?', 'Jefe'), 'hex') = '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843' AS is_hmac;
CREATE FUNCTION pg_temp.base64url(data bytea) RETURNS text LANGUAGE sql
RETURN translate(encode(data, 'base64'), E'+/=\n', '-_');
CREATE FUNCTION pg_temp.token(claims text, header text DEFAULT '{"alg":"HS256","typ":"JWT"}', key text DEFAULT 'a secret of at least 32 bytes, for tests') RETURNS text LANGUAGE sql
RETURN (SELECT input || '.' || pg_temp.base64url(pg_temp.hmac_sha256(convert_to(input, 'UTF8'), convert_to(key, 'UTF8')))
        FROM (SELECT pg_temp.base64url(convert_to(header, 'UTF8')) || '.' || pg_temp.base64url(convert_to(claims, 'UTF8'))) AS t (input));
CREATE FUNCTION pg_temp.at(seconds integer) RETURNS text LANGUAGE sql
RETURN (floor(extract(epoch FROM clock_timestamp())) + seconds)::text;

-- Without a secret no token is good, not even one signed with the empty key;
-- nor with a secret that is too short to be one.
SELECT a.* FROM pg_temp.attempt(pg_temp.token('{"sub":"ann","org_id":"acme"}', key => '')) AS a;
SET rbac.jwt_secret = 'a secret of less than 32 bytes.';
SELECT a.* FROM pg_temp.attempt(pg_temp.token('{"sub":"ann","org_id":"acme"}', key => 'a secret of less than 32 bytes.')) AS a;
SET rbac.jwt_secret = 'a secret of at least 32 bytes, for tests';

-- Who it names is what counts; times are checked if they are given.
SELECT claims, a.* FROM (VALUES ('{"sub":"ann","org_id":"acme"}'), ('{"sub":"ann","org_id":"acme","iat":1,"exp":99999999999,"nbf":0,"role":["x",null]}'), ('{"sub":"ann","org_id":"acme","exp":99999999999.5}'),
    (U&'{"sub":"\00e9","org_id":"\\u0061cme"}')) AS v (claims) CROSS JOIN LATERAL pg_temp.attempt(pg_temp.token(claims)) AS a;
SELECT what, a.* FROM (VALUES ('expires in a minute', format('"exp":%s', pg_temp.at(60))), ('expires now', format('"exp":%s', pg_temp.at(0))), ('expired', format('"exp":%s', pg_temp.at(-1))),
    ('expired long ago', '"exp":1'), ('expired before 1970', '"exp":-1'), ('valid since now', format('"nbf":%s', pg_temp.at(0))), ('valid in a minute', format('"nbf":%s', pg_temp.at(60))),
    ('exp is no number', '"exp":"99999999999"'), ('exp is null', '"exp":null'), ('nbf is no number', '"nbf":true')) AS v (what, times)
CROSS JOIN LATERAL pg_temp.attempt(pg_temp.token(format('{"sub":"ann","org_id":"acme",%s}', times))) AS a;

-- Signed with another key, or another algorithm; tampered with.
SELECT what, a.* FROM (VALUES
    ('another key', pg_temp.token('{"sub":"ann","org_id":"acme"}', key => 'a secret of at least 32 bytes, for others')),
    ('alg none', pg_temp.token('{"sub":"ann","org_id":"acme"}', '{"alg":"none"}')), ('alg none, unsigned', regexp_replace(pg_temp.token('{"sub":"ann","org_id":"acme"}', '{"alg":"none"}'), '[^.]*$', '')),
    ('alg hs256', pg_temp.token('{"sub":"ann","org_id":"acme"}', '{"alg":"hs256"}')), ('alg HS512', pg_temp.token('{"sub":"ann","org_id":"acme"}', '{"alg":"HS512"}')),
    ('alg RS256', pg_temp.token('{"sub":"ann","org_id":"acme"}', '{"alg":"RS256"}')), ('two algs', pg_temp.token('{"sub":"ann","org_id":"acme"}', '{"alg":"HS256","alg":"none"}')),
    ('no alg', pg_temp.token('{"sub":"ann","org_id":"acme"}', '{"typ":"JWT"}')), ('crit', pg_temp.token('{"sub":"ann","org_id":"acme"}', '{"alg":"HS256","crit":["x"],"x":1}')),
    ('header is no object', pg_temp.token('{"sub":"ann","org_id":"acme"}', '"HS256"')), ('header is no JSON', pg_temp.token('{"sub":"ann","org_id":"acme"}', '{')),
    ('only alg', pg_temp.token('{"sub":"ann","org_id":"acme"}', '{"alg":"HS256"}')), ('kid', pg_temp.token('{"sub":"ann","org_id":"acme"}', '{"kid":"1","alg":"HS256"}'))) AS v (what, token)
CROSS JOIN LATERAL pg_temp.attempt(token) AS a;
SELECT what, a.* FROM (SELECT pg_temp.token('{"sub":"ann","org_id":"acme"}') AS t, pg_temp.token('{"sub":"bob","org_id":"acme"}') AS b) AS good
CROSS JOIN LATERAL (VALUES ('another payload', regexp_replace(t, '[.].*[.]', '.' || split_part(b, '.', 2) || '.')), ('another signature', regexp_replace(t, '[^.]*$', split_part(b, '.', 3))),
    ('no signature', regexp_replace(t, '[^.]*$', '')), ('two parts', regexp_replace(t, '[.][^.]*$', '')), ('four parts', t || '.'), ('a short signature', left(t, -1)), ('a long signature', t || 'A'), ('padding', t || '='),
    ('a space', t || ' '), ('a space before', ' ' || t), ('a newline', t || E'\n'), ('base64, not base64url', regexp_replace(t, '[^.]*$', translate(pg_temp.base64url(decode(repeat('fb', 32), 'hex')), '-_', '+/'))),
    ('empty', ''), ('dots', '..'), ('null', NULL), ('garbage', repeat('x', 1000000))) AS v (what, token)
CROSS JOIN LATERAL pg_temp.attempt(token) AS a;

-- Well signed, but naming nobody.
SELECT claims, a.* FROM unnest(ARRAY['', '{', 'null', '[]', '{}', '{"sub":"ann"}', '{"org_id":"acme"}', '{"sub":"","org_id":"acme"}', '{"sub":"ann","org_id":null}', '{"sub":1,"org_id":"acme"}', '{"sub":["ann"],"org_id":"acme"}',
    '{"sub":"ann","org_id":"acme","sub":"bob"}', '{"sub":"ann","org_id":"acme"}x', '{"sub":"a\u0000","org_id":"acme"}']) AS claims CROSS JOIN LATERAL pg_temp.attempt(pg_temp.token(claims)) AS a;
-- The claims' names can be chosen, here too.
SET rbac.jwt_user_claim = 'email';
SELECT claims, a.* FROM unnest(ARRAY['{"email":"ann","sub":"bob","org_id":"acme"}', '{"sub":"ann","org_id":"acme"}']) AS claims CROSS JOIN LATERAL pg_temp.attempt(pg_temp.token(claims)) AS a;
RESET rbac.jwt_user_claim;

-- Any session may present a token; it lasts like set_caller's, and a token that
-- is refused changes nothing.
SELECT pg_temp.token('{"sub":"ann","org_id":"acme"}') AS ann, pg_temp.token('{"sub":"bob","org_id":"acme"}') AS bob, pg_temp.token('{"sub":"eve","org_id":"acme"}', key => 'x') AS eve \gset
CREATE ROLE regress_app;
SET SESSION AUTHORIZATION regress_app;
SELECT rbac.authenticate(:'ann') \gset
SELECT pg_temp.caller();
SELECT rbac.authenticate(:'ann', false) \gset
SELECT pg_temp.caller();
SELECT rbac.authenticate(:'eve', false) \gset
SELECT pg_temp.caller();
BEGIN;
SELECT rbac.authenticate(:'bob') \gset
SELECT pg_temp.caller();
COMMIT;
SELECT pg_temp.caller();
BEGIN;
SELECT rbac.authenticate(:'bob', false) \gset
ROLLBACK;
SELECT pg_temp.caller();
-- The secret is no business of that session.
\set VERBOSITY sqlstate
SHOW rbac.jwt_secret;
SELECT current_setting('rbac.jwt_secret');
SELECT count(*) FROM pg_settings WHERE name = 'rbac.jwt_secret';
SET rbac.jwt_secret = 'a secret of at least 32 bytes, of mine';
\set VERBOSITY default
RESET SESSION AUTHORIZATION;
DROP ROLE regress_app;
