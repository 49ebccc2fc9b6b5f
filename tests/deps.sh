#!/bin/sh
# Debian packages that are missing, installed: `base` to build, run and check,
# `full` with the slow checkers, fault-injection tools and the browser too, `e2e`
# the browser alone.  The latter two also fetch the browser tests' npm packages.
# Needs root, or sudo; otherwise one line names what is to be installed.
set -eu
cd "$(dirname "$0")/.."
what=${1:-base}
# libcurl with OpenSSL, since the gateway's verifier links libcrypto and the curl command brings this one along
base="gcc libc6-dev make pkg-config libssl-dev libsodium-dev libjansson-dev libinih-dev
	libsqlite3-dev libmicrohttpd-dev libgnutls28-dev libp11-kit-dev libtss2-dev zlib1g-dev swtpm
	libexpat1-dev libgfshare-dev libzip-dev libxlsxwriter-dev libunistring-dev
	libcurl4-openssl-dev libpango1.0-dev libcairo2-dev libfido2-dev libqrencode-dev libzbar-dev libpng-dev libjpeg-dev fonts-noto-cjk
	openssl gnutls-bin jose curl python3"
browser="chromium zbar-tools poppler-utils"
# a node that is there already, from wherever, is as good as Debian's
command -v node >/dev/null 2>&1 || browser="$browser nodejs"
command -v npm >/dev/null 2>&1 || browser="$browser npm"
case $what in
base) want=$base ;;
e2e) want=$browser ;;
full) want="$base $browser git g++ clang libclang-rt-14-dev clang-tidy cppcheck strace sqlite3 python3-jsonschema mandoc systemd bash
	python3-botan python3-cryptography python3-cryptography-vectors strongswan-pki libstrongswan-standard-plugins libnss3-tools golang-cfssl
	softhsm2 opensc tpm2-tools swtpm-tools nginx-light golang-go golang-golang-x-mod-dev default-jdk-headless" ;;
*) echo "usage: $0 base|full|e2e" >&2; exit 2 ;;
esac
# what the lock file names, with its hashes; no script of a package is run
node_modules() {
	[ "$what" = base ] && return 0
	there=tests/e2e/node_modules/.package-lock.json
	if [ ! -e "$there" ] || [ tests/e2e/package-lock.json -nt "$there" ]; then
		npm ci --prefix tests/e2e --ignore-scripts --no-audit --no-fund
	fi
}
missing=
for p in $want; do
	s=$(dpkg-query -W -f '${Status}' "$p" 2>/dev/null || true)
	[ "$s" = "install ok installed" ] || missing="$missing $p"
done
if [ -z "$missing" ]; then
	node_modules
	exit 0
fi
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
node_modules
