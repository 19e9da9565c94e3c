#!/bin/bash
# The six operations of the role API with curl, on the data of helpdesk.sql.
# Runs beside test/bin/http-servers.
set -eu -o pipefail
cd "$(dirname "$0")"

# call USER METHOD PATH [BODY]: show a request, its status and what it returns.
# Nobody is the user "".
call() {
	local user=$1 method=$2 path=$3 body=${4:-} options=(-s -g -X "$2")

	echo
	echo "${user:-nobody}: $method $path${body:+ $body}"
	[ -z "$user" ] || options+=(-H "Authorization: Bearer $(node token.mjs acme "$user")")
	[ -z "$body" ] || options+=(-H 'Content-Type: application/json' -d "$body")
	printf '%s\n' "$(curl "${options[@]}" -w '\n%{http_code}' "$RBAC_URL$path")" |
		awk '{ line[NR] = $0 } END { print "  " line[NR]; for (i = 1; i < NR; i++) print "  " line[i] }'
}

echo '== 8. The same over HTTP, through nginx and PostgREST'
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
