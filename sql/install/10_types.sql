-- Types and the pure functions on them: nothing here reads a table, a setting,
-- the clock or the caller, so all of it is IMMUTABLE STRICT PARALLEL SAFE.

CREATE TYPE rbac.condition;

CREATE FUNCTION rbac.condition_in(cstring) RETURNS rbac.condition
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'rbac_condition_in';
COMMENT ON FUNCTION rbac.condition_in(cstring) IS 'Reads the text form of condition.';

CREATE FUNCTION rbac.condition_out(rbac.condition) RETURNS cstring
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'rbac_condition_out';
COMMENT ON FUNCTION rbac.condition_out(rbac.condition) IS 'Writes the text form of condition: compact JSON, equal values alike.';

CREATE FUNCTION rbac.condition_recv(internal) RETURNS rbac.condition
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'rbac_condition_recv';
COMMENT ON FUNCTION rbac.condition_recv(internal) IS 'Reads the binary form of condition: a version byte, then the text form.';

CREATE FUNCTION rbac.condition_send(rbac.condition) RETURNS bytea
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'rbac_condition_send';
COMMENT ON FUNCTION rbac.condition_send(rbac.condition) IS 'Writes the binary form of condition.';

CREATE TYPE rbac.condition (
    INPUT = rbac.condition_in, OUTPUT = rbac.condition_out,
    RECEIVE = rbac.condition_recv, SEND = rbac.condition_send,
    INTERNALLENGTH = VARIABLE, STORAGE = extended
);
COMMENT ON TYPE rbac.condition IS
'Equals, In or NotEquals on one attribute of a request.

Text form: {"type":"Equals","value":v}, {"type":"In","values":[v,...]} or {"type":"NotEquals","value":v} with strings, numbers or booleans, all of one type. A condition is met only by present values of that type; numbers compare exactly. Malformed input: 22P02 with the byte position, past a limit: 54000.';

CREATE FUNCTION rbac.condition_to_jsonb(rbac.condition) RETURNS jsonb
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'rbac_condition_to_jsonb';
COMMENT ON FUNCTION rbac.condition_to_jsonb(rbac.condition) IS 'The condition as jsonb, for the cast.';

CREATE FUNCTION rbac.jsonb_to_condition(jsonb) RETURNS rbac.condition
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'rbac_jsonb_to_condition';
COMMENT ON FUNCTION rbac.jsonb_to_condition(jsonb) IS 'A condition from jsonb, for the cast; validated like the text form.';

CREATE CAST (rbac.condition AS jsonb) WITH FUNCTION rbac.condition_to_jsonb(rbac.condition) AS ASSIGNMENT;
COMMENT ON CAST (rbac.condition AS jsonb) IS 'the text form as jsonb';
CREATE CAST (jsonb AS rbac.condition) WITH FUNCTION rbac.jsonb_to_condition(jsonb) AS ASSIGNMENT;
COMMENT ON CAST (jsonb AS rbac.condition) IS 'validated like the text form';

CREATE TYPE rbac.permission_grant;

CREATE FUNCTION rbac.permission_grant_in(cstring) RETURNS rbac.permission_grant
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'rbac_grant_in';
COMMENT ON FUNCTION rbac.permission_grant_in(cstring) IS 'Reads the text form of permission_grant.';

CREATE FUNCTION rbac.permission_grant_out(rbac.permission_grant) RETURNS cstring
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'rbac_grant_out';
COMMENT ON FUNCTION rbac.permission_grant_out(rbac.permission_grant) IS 'Writes the text form of permission_grant: compact JSON, equal values alike.';

CREATE FUNCTION rbac.permission_grant_recv(internal) RETURNS rbac.permission_grant
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'rbac_grant_recv';
COMMENT ON FUNCTION rbac.permission_grant_recv(internal) IS 'Reads the binary form of permission_grant: a version byte, then the text form.';

CREATE FUNCTION rbac.permission_grant_send(rbac.permission_grant) RETURNS bytea
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'rbac_grant_send';
COMMENT ON FUNCTION rbac.permission_grant_send(rbac.permission_grant) IS 'Writes the binary form of permission_grant.';

CREATE TYPE rbac.permission_grant (
    INPUT = rbac.permission_grant_in, OUTPUT = rbac.permission_grant_out,
    RECEIVE = rbac.permission_grant_recv, SEND = rbac.permission_grant_send,
    INTERNALLENGTH = VARIABLE, STORAGE = extended
);
COMMENT ON TYPE rbac.permission_grant IS
'A permission name and conditions that all have to be met.

Text form: {"permission_name":"Category:Action","conditions":{"attribute":{...}}}. The name may be * or Category:*. "conditions" may be left out when there are none. The values {self_user_id} and {self_org_id} stand for the caller''s. Malformed input: 22P02 with the byte position, past a limit: 54000.';

CREATE FUNCTION rbac.permission_grant_to_jsonb(rbac.permission_grant) RETURNS jsonb
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'rbac_grant_to_jsonb';
COMMENT ON FUNCTION rbac.permission_grant_to_jsonb(rbac.permission_grant) IS 'The permission_grant as jsonb, for the cast.';

CREATE FUNCTION rbac.jsonb_to_permission_grant(jsonb) RETURNS rbac.permission_grant
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'rbac_jsonb_to_grant';
COMMENT ON FUNCTION rbac.jsonb_to_permission_grant(jsonb) IS 'A permission_grant from jsonb, for the cast; validated like the text form.';

CREATE CAST (rbac.permission_grant AS jsonb) WITH FUNCTION rbac.permission_grant_to_jsonb(rbac.permission_grant) AS ASSIGNMENT;
COMMENT ON CAST (rbac.permission_grant AS jsonb) IS 'the text form as jsonb';
CREATE CAST (jsonb AS rbac.permission_grant) WITH FUNCTION rbac.jsonb_to_permission_grant(jsonb) AS ASSIGNMENT;
COMMENT ON CAST (jsonb AS rbac.permission_grant) IS 'validated like the text form';

CREATE TYPE rbac.privileges;

CREATE FUNCTION rbac.privileges_in(cstring) RETURNS rbac.privileges
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'rbac_privileges_in';
COMMENT ON FUNCTION rbac.privileges_in(cstring) IS 'Reads the text form of privileges.';

CREATE FUNCTION rbac.privileges_out(rbac.privileges) RETURNS cstring
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'rbac_privileges_out';
COMMENT ON FUNCTION rbac.privileges_out(rbac.privileges) IS 'Writes the text form of privileges: compact JSON, equal values alike.';

CREATE FUNCTION rbac.privileges_recv(internal) RETURNS rbac.privileges
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'rbac_privileges_recv';
COMMENT ON FUNCTION rbac.privileges_recv(internal) IS 'Reads the binary form of privileges: a version byte, then the text form.';

CREATE FUNCTION rbac.privileges_send(rbac.privileges) RETURNS bytea
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'rbac_privileges_send';
COMMENT ON FUNCTION rbac.privileges_send(rbac.privileges) IS 'Writes the binary form of privileges.';

CREATE TYPE rbac.privileges (
    INPUT = rbac.privileges_in, OUTPUT = rbac.privileges_out,
    RECEIVE = rbac.privileges_recv, SEND = rbac.privileges_send,
    INTERNALLENGTH = VARIABLE, STORAGE = extended
);
COMMENT ON TYPE rbac.privileges IS
'A set of permission grants, of which any may allow a request.

Text form: a JSON array of grants, kept in the order given. Malformed input: 22P02 with the byte position, past a limit: 54000.';

CREATE FUNCTION rbac.privileges_to_jsonb(rbac.privileges) RETURNS jsonb
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'rbac_privileges_to_jsonb';
COMMENT ON FUNCTION rbac.privileges_to_jsonb(rbac.privileges) IS 'The privileges as jsonb, for the cast.';

CREATE FUNCTION rbac.jsonb_to_privileges(jsonb) RETURNS rbac.privileges
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'rbac_jsonb_to_privileges';
COMMENT ON FUNCTION rbac.jsonb_to_privileges(jsonb) IS 'A privileges from jsonb, for the cast; validated like the text form.';

CREATE CAST (rbac.privileges AS jsonb) WITH FUNCTION rbac.privileges_to_jsonb(rbac.privileges) AS ASSIGNMENT;
COMMENT ON CAST (rbac.privileges AS jsonb) IS 'the text form as jsonb';
CREATE CAST (jsonb AS rbac.privileges) WITH FUNCTION rbac.jsonb_to_privileges(jsonb) AS ASSIGNMENT;
COMMENT ON CAST (jsonb AS rbac.privileges) IS 'validated like the text form';

-- Implicit, since nothing is lost: operators on privileges then take single grants.
CREATE FUNCTION rbac.to_privileges(rbac.permission_grant) RETURNS rbac.privileges
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'rbac_grant_to_privileges';
COMMENT ON FUNCTION rbac.to_privileges(rbac.permission_grant) IS 'The set of this one grant, for the cast.';
CREATE CAST (rbac.permission_grant AS rbac.privileges)
    WITH FUNCTION rbac.to_privileges(rbac.permission_grant) AS IMPLICIT;
COMMENT ON CAST (rbac.permission_grant AS rbac.privileges) IS 'the set of this one grant';

CREATE TYPE rbac.privilege_order AS ENUM ('greater', 'equal', 'less', 'incomparable');
COMMENT ON TYPE rbac.privilege_order IS
'How two sets of privileges compare: by the requests that they allow.';

-- Comparison. Exact; past the step limit an error (54000), never a guess.

CREATE FUNCTION rbac.privileges_contains(a rbac.privileges, b rbac.privileges) RETURNS boolean
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'rbac_privileges_contains';
COMMENT ON FUNCTION rbac.privileges_contains(rbac.privileges, rbac.privileges) IS
'a @> b and a >= b: does a allow every request that b allows?';

CREATE FUNCTION rbac.privileges_contained(a rbac.privileges, b rbac.privileges) RETURNS boolean
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'rbac_privileges_contained';
COMMENT ON FUNCTION rbac.privileges_contained(rbac.privileges, rbac.privileges) IS
'a <@ b and a <= b: does b allow every request that a allows?';

CREATE FUNCTION rbac.privileges_eq(a rbac.privileges, b rbac.privileges) RETURNS boolean
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'rbac_privileges_eq';
COMMENT ON FUNCTION rbac.privileges_eq(rbac.privileges, rbac.privileges) IS
'a = b: do a and b allow the same requests?';

CREATE FUNCTION rbac.privileges_ne(a rbac.privileges, b rbac.privileges) RETURNS boolean
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'rbac_privileges_ne';
COMMENT ON FUNCTION rbac.privileges_ne(rbac.privileges, rbac.privileges) IS
'a <> b: do a and b differ in a request that they allow?';

CREATE FUNCTION rbac.privileges_gt(a rbac.privileges, b rbac.privileges) RETURNS boolean
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'rbac_privileges_gt';
COMMENT ON FUNCTION rbac.privileges_gt(rbac.privileges, rbac.privileges) IS
'a > b: does a allow every request that b allows, and more?';

CREATE FUNCTION rbac.privileges_lt(a rbac.privileges, b rbac.privileges) RETURNS boolean
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'rbac_privileges_lt';
COMMENT ON FUNCTION rbac.privileges_lt(rbac.privileges, rbac.privileges) IS
'a < b: does b allow every request that a allows, and more?';

CREATE OPERATOR rbac.@> (LEFTARG = rbac.privileges, RIGHTARG = rbac.privileges,
    FUNCTION = rbac.privileges_contains, COMMUTATOR = OPERATOR(rbac.<@));
COMMENT ON OPERATOR rbac.@> (rbac.privileges, rbac.privileges) IS 'a allows every request that b allows';

CREATE OPERATOR rbac.<@ (LEFTARG = rbac.privileges, RIGHTARG = rbac.privileges,
    FUNCTION = rbac.privileges_contained, COMMUTATOR = OPERATOR(rbac.@>));
COMMENT ON OPERATOR rbac.<@ (rbac.privileges, rbac.privileges) IS 'b allows every request that a allows';

CREATE OPERATOR rbac.= (LEFTARG = rbac.privileges, RIGHTARG = rbac.privileges,
    FUNCTION = rbac.privileges_eq, COMMUTATOR = OPERATOR(rbac.=), NEGATOR = OPERATOR(rbac.<>));
COMMENT ON OPERATOR rbac.= (rbac.privileges, rbac.privileges) IS 'a and b allow the same requests';

CREATE OPERATOR rbac.<> (LEFTARG = rbac.privileges, RIGHTARG = rbac.privileges,
    FUNCTION = rbac.privileges_ne, COMMUTATOR = OPERATOR(rbac.<>), NEGATOR = OPERATOR(rbac.=));
COMMENT ON OPERATOR rbac.<> (rbac.privileges, rbac.privileges) IS 'a and b differ in a request that they allow';

CREATE OPERATOR rbac.> (LEFTARG = rbac.privileges, RIGHTARG = rbac.privileges,
    FUNCTION = rbac.privileges_gt, COMMUTATOR = OPERATOR(rbac.<));
COMMENT ON OPERATOR rbac.> (rbac.privileges, rbac.privileges) IS 'a allows every request that b allows, and more';

CREATE OPERATOR rbac.< (LEFTARG = rbac.privileges, RIGHTARG = rbac.privileges,
    FUNCTION = rbac.privileges_lt, COMMUTATOR = OPERATOR(rbac.>));
COMMENT ON OPERATOR rbac.< (rbac.privileges, rbac.privileges) IS 'b allows every request that a allows, and more';

CREATE OPERATOR rbac.>= (LEFTARG = rbac.privileges, RIGHTARG = rbac.privileges,
    FUNCTION = rbac.privileges_contains, COMMUTATOR = OPERATOR(rbac.<=));
COMMENT ON OPERATOR rbac.>= (rbac.privileges, rbac.privileges) IS 'a allows every request that b allows';

CREATE OPERATOR rbac.<= (LEFTARG = rbac.privileges, RIGHTARG = rbac.privileges,
    FUNCTION = rbac.privileges_contained, COMMUTATOR = OPERATOR(rbac.>=));
COMMENT ON OPERATOR rbac.<= (rbac.privileges, rbac.privileges) IS 'b allows every request that a allows';

CREATE FUNCTION rbac.compare_privileges(a rbac.privileges, b rbac.privileges) RETURNS rbac.privilege_order
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'rbac_compare_privileges';
COMMENT ON FUNCTION rbac.compare_privileges(rbac.privileges, rbac.privileges) IS
'How a compares with b: greater, equal, less or incomparable.

By the requests that they allow, decided exactly over all grants together. {self_user_id} may be any string, the same on both sides. Error: 54000 when the step limit did not suffice to decide.';

CREATE FUNCTION rbac.uncovered(a rbac.privileges, b rbac.privileges) RETURNS jsonb
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'rbac_uncovered';
COMMENT ON FUNCTION rbac.uncovered(rbac.privileges, rbac.privileges) IS
'A request that b allows and a does not, or NULL if a covers b.

Result: {"permission_name":..., "attributes":{...}}; an attribute that is not listed is missing. "user_id" is added when the request must come from that very user. Error: 54000 when the step limit did not suffice to decide.';

CREATE FUNCTION rbac.privileges_union(a rbac.privileges, b rbac.privileges) RETURNS rbac.privileges
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'rbac_privileges_union';
COMMENT ON FUNCTION rbac.privileges_union(rbac.privileges, rbac.privileges) IS
'a + b: the grants of a and those of b.';

CREATE OPERATOR rbac.+ (LEFTARG = rbac.privileges, RIGHTARG = rbac.privileges,
    FUNCTION = rbac.privileges_union);
COMMENT ON OPERATOR rbac.+ (rbac.privileges, rbac.privileges) IS 'the grants of a and those of b';

CREATE FUNCTION rbac.simplify(p rbac.privileges) RETURNS rbac.privileges
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'rbac_simplify_privileges';
COMMENT ON FUNCTION rbac.simplify(rbac.privileges) IS
'The same privileges without the grants that the others cover.

Error: 54000 when the step limit did not suffice to decide.';

CREATE FUNCTION rbac.allows(p rbac.privileges, permission text, attributes jsonb DEFAULT '{}') RETURNS boolean
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'rbac_privileges_allow_request';
COMMENT ON FUNCTION rbac.allows(rbac.privileges, text, jsonb) IS
'Do these privileges allow the request?

Arguments: permission, a literal name; attributes, an object of strings, numbers and booleans (null: missing). Placeholders stand for themselves: there is no caller here. Error: 22023 for attributes that are no such object.';

CREATE FUNCTION rbac.matches(c rbac.condition, value jsonb) RETURNS boolean
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'rbac_condition_matches';
COMMENT ON FUNCTION rbac.matches(rbac.condition, jsonb) IS
'Does the value meet the condition?

Argument: value, a string, number or boolean; JSON null is a missing attribute and meets none. Error: 22023 for an array or object.';

CREATE FUNCTION rbac.grants(p rbac.privileges) RETURNS SETOF rbac.permission_grant
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 10 AS 'MODULE_PATHNAME', 'rbac_grants';
COMMENT ON FUNCTION rbac.grants(rbac.privileges) IS 'The grants of a set, in their order.';

CREATE FUNCTION rbac_internal.same_grants(a rbac.privileges, b rbac.privileges) RETURNS boolean
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'rbac_same_privileges';
COMMENT ON FUNCTION rbac_internal.same_grants(rbac.privileges, rbac.privileges) IS
'Do a and b hold the same grants, order and spelling aside? Finer than "=".';
