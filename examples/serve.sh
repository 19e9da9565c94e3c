#!/bin/bash
# Tells how to call the servers that test/bin/http-servers has started, on the
# data of helpdesk.sql, and waits until it is interrupted.
set -eu
cd "$(dirname "$0")"
token=$(node token.mjs acme mona)
cat <<EOF

The exact routes, by nginx:   $RBAC_URL/v1/{organization}/role/
Their description:            $RBAC_URL/openapi.json
All operations, by PostgREST: $RBAC_RPC_URL/rpc/OPERATION
The database:                 psql -h $PGHOST -U $PGUSER $PGDATABASE

To try docs/http-examples.md:

export RBAC_URL=$RBAC_URL RBAC_RPC_URL=$RBAC_RPC_URL RBAC_JWT_SECRET='$RBAC_JWT_SECRET'
export PGHOST=$PGHOST PGPORT=$PGPORT PGUSER=$PGUSER PGDATABASE=$PGDATABASE

A token for mona, who manages acme, good for an hour:

$token

Try:

curl -i -H 'Authorization: Bearer $token' '$RBAC_URL/v1/acme/role/?name=Manager&return_permission_grants=true'

Ctrl-C ends all of it.
EOF
exec sleep infinity
