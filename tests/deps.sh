#!/bin/sh
# Debian packages that are missing, installed: `base` to build, run and check,
# `full` with the slow checkers and fault-injection tools too.  Needs root, or
# sudo; otherwise one line names what is to be installed.
set -eu
base="gcc libc6-dev make pkg-config libssl-dev libsodium-dev libjansson-dev libinih-dev
	libsqlite3-dev libmicrohttpd-dev libgnutls28-dev libtss2-dev zlib1g-dev swtpm
	openssl gnutls-bin jose curl python3"
full="git clang libclang-rt-14-dev clang-tidy cppcheck strace sqlite3"
want=$base
[ "${1:-base}" = full ] && want="$base $full"
missing=
for p in $want; do
	s=$(dpkg-query -W -f '${Status}' "$p" 2>/dev/null || true)
	[ "$s" = "install ok installed" ] || missing="$missing $p"
done
[ -z "$missing" ] && exit 0
run=
if [ "$(id -u)" -ne 0 ]; then
	if command -v sudo >/dev/null 2>&1; then
		run=sudo
	else
		echo "missing Debian packages; as root: apt-get install -y --no-install-recommends$missing" >&2
		exit 1
	fi
fi
echo "installing:$missing"
export DEBIAN_FRONTEND=noninteractive
log=$(mktemp)
trap 'rm -f "$log"' EXIT
# shellcheck disable=SC2086
if ! { $run apt-get update && $run apt-get install -y --no-install-recommends $missing; } >"$log" 2>&1; then
	tail -n 20 "$log" >&2
	echo "could not install:$missing" >&2
	exit 1
fi
