#!/bin/sh
# Runs the help desk example on the server that PG* name and shows the tour.
set -eu
cd "$(dirname "$0")"
echo "Loading examples/helpdesk.sql: 4 organizations, 31 roles, 41 users, 3,000 tickets."
psql -Xq -v ON_ERROR_STOP=1 -o /dev/null -f helpdesk.sql
psql -X -f tour.sql 2>&1
