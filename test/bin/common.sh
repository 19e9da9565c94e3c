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

# Copy the tree that this script is in to the new directory $1: tracked files and
# new ones that are not ignored, and what npm has installed; without git,
# everything.
copy_tree() (
	cd "$(dirname "${BASH_SOURCE[0]}")/../.." || exit
	mkdir "$1"
	if [ -e .git ] && command -v git >/dev/null; then
		git -c safe.directory='*' ls-files -z -co --exclude-standard |
			while IFS= read -r -d '' file; do
				# a deleted file is listed until its deletion is staged
				[ ! -e "$file" ] && [ ! -L "$file" ] || printf '%s\0' "$file"
			done |
			tar -c --null -T - |
			tar -x --no-same-owner -C "$1"
		[ ! -d test/http/node_modules ] || cp -R test/http/node_modules "$1/test/http"
	else
		cp -R . "$1"
	fi
)
