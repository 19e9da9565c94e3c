-- PostgREST's login role and the role of its requests.
CREATE ROLE authenticator LOGIN NOINHERIT;
CREATE ROLE web;
GRANT web TO authenticator;
