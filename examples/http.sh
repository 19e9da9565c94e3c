#!/bin/bash
# The operations of the three role APIs with curl, on the data of helpdesk.sql.
# Runs beside test/bin/http-servers.
set -eu -o pipefail
cd "$(dirname "$0")"

organization=acme

# call USER METHOD PATH [BODY]: show a request, its status and what it returns,
# and keep that in $answer. Nobody is the user "".
call() {
	local user=$1 method=$2 path=$3 body=${4:-} options=(-s -g -X "$2")

	echo
	echo "${user:-nobody}: $method $path${body:+ $body}"
	[ -z "$user" ] || options+=(-H "Authorization: Bearer $(node token.mjs "$organization" "$user")")
	[ -z "$body" ] || options+=(-H 'Content-Type: application/json' -d "$body")
	answer=$(curl "${options[@]}" -w '\n%{http_code}' "$RBAC_URL$path")
	awk '{ line[NR] = $0 } END { print "  " line[NR]; for (i = 1; i < NR; i++) print "  " line[i] }' <<<"$answer"
}

# The value of a member in $answer.
member() {
	sed -n "s/.*\"$1\" *: *\"\([^\"]*\)\".*/\1/p" <<<"$answer"
}

echo '== 9. The same over HTTP, through nginx and PostgREST'
call mona GET '/v1/acme/role/?name=Manager&name=Auditor&return_permission_grants=true'
call mona POST /v1/acme/role/ '{"role_name":"Agent-latam","description":"Works on tickets of latam","permission_grants":
      [{"permission_name":"Ticket:Read","conditions":{"region":{"type":"Equals","value":"latam"}}}],"frontend_view":"client"}'
echo
echo 'A description is written in place, another view makes a new version: the id tells.'
call mona POST /v1/acme/role/Agent-latam '{"description":"Reads tickets of latam"}'
call mona POST /v1/acme/role/Agent-latam '{"frontend_view":"admin"}'
call mona POST /v1/acme/role/Agent-latam/assign '{"user_id":"eve"}'
call mona POST /v1/acme/role/temporary_permission_grant/ '{"user_id":"audrey","duration":"PT1H","permission_grant":
      {"permission_name":"Ticket:Read","conditions":{}},"tags":{"case":"B 4"},"justification":"Audit of the second quarter"}'
call mona GET '/v1/acme/role/temporary_permission_grants/?tag=case:*&sort_by=-expires_at&limit=1'
echo
echo 'What is refused, and why:'
call lead-emea POST /v1/acme/role/Agent-apac/assign '{"user_id":"eve"}'
call mona POST /v1/acme/role/Agent-nowhere/assign '{"user_id":"eve"}'
call mona GET '/v1/acme/role/temporary_permission_grants/?limit=11'
call '' GET /v1/acme/role/

echo
echo 'A role for workspaces is assigned in one of them; its id is a uuid.'
organization=7c9e6679-7425-40de-944b-e07fc1f90ae7
workspace=0e9f2a52-6e0b-4b0c-9a3f-5d2b6c1a7e44
call uma POST /roles '{"organization_id":"'$organization'","level":"workspace","system_managed":false,"name":"Reviewer",
      "permissions":[{"resource_type":"Board","action":"Read"}]}'
role=$(member id)
call uma GET "/roles/$role"
call uma PATCH "/roles/$role" '{"description":"Reads boards"}'
call uma POST "/roles/$role/assignments?team_id=crew&workspace_id=$workspace"
call uma GET "/roles/$role/assignments"
call uma DELETE "/roles/$role/assignments?team_id=crew&workspace_id=$workspace"
call uma DELETE "/roles/$role"
echo
echo 'A role of an application has permissions of any text.'
call uma POST /v1/applications/billing/roles '{"role_name":"Refunder","permissions":["read orders","refund"]}'
role=$(member role_id)
call uma GET /v1/applications/billing/roles
call uma PUT "/v1/applications/billing/roles/$role" '{"display_name":"Refunds"}'
call uma GET "/v1/applications/billing/roles/$role"
call uma POST "/v1/applications/billing/roles/$role/assignments" '{"entity_type":"Group","entity_ids":["crew"]}'
call uma DELETE "/v1/applications/billing/roles/$role/assignments/crew"
call uma DELETE "/v1/applications/billing/roles/$role"
