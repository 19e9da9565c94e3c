# shellcheck shell=bash
# Shared by the scripts beside it; sourced, not run.

say() {
	printf '%s\n' "$*" >&2
}

# Give up before the work itself has begun.
die() {
	say "$@"
	exit 125
}

# Directory of the server programs to use: those of PG_CONFIG if it is given,
# else the newest ones that Debian's packages installed, else those of the
# pg_config in PATH. Nothing when there is no server.
server_bindir() {
	local postgres bindir

	if [ -n "${PG_CONFIG:-}" ]; then
		"$PG_CONFIG" --bindir
		return
	fi
	postgres=$(printf '%s\n' /usr/lib/postgresql/*/bin/postgres | sort -V | tail -n 1)
	bindir=${postgres%/postgres}
	[ -x "$postgres" ] || bindir=$(pg_config --bindir 2>/dev/null) || return 0
	[ ! -x "$bindir/postgres" ] || printf '%s\n' "$bindir"
}

# "15.20" of the server programs in directory $1.
server_version() {
	"$1/postgres" --version | sed 's/^[^0-9]*\([0-9][^ ]*\).*/\1/'
}
