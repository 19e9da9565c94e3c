#!/bin/bash
# Install what is missing, build, and run the test suites beside a private
# server. Without arguments all of them.
# usage: test/run.sh [core] [fuzz] [regress] [isolation] [pgtap] [tap] [http] [lint]
#
# The last line is "N passed, N failed"; exit status 0 when none failed.
set -u
cd "$(dirname "$0")/.." || exit

no_verdict() {
	echo "0 passed, 1 failed"
	exit 1
}

test/bin/deps test || no_verdict

# The server must hear of a signal that only this script gets.
WERROR=1 ASSERT=1 test/bin/private-server test/bin/suites "$@" &
server=$!
trap 'kill -TERM "$server" 2>/dev/null' HUP INT TERM
wait "$server"
status=$?
while kill -0 "$server" 2>/dev/null; do
	wait "$server"
	status=$?
done

# The suites exit with 0 or 1: anything else is not their verdict.
[ "$status" -le 1 ] || [ "$status" -gt 128 ] || no_verdict
exit "$status"
