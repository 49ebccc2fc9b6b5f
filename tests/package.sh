#!/bin/sh
# The Debian packages in a fresh Debian 12: installed, a home made, upgraded, removed,
# installed again, purged.  The service has to be up after each of the first three, and
# after the purge no file of the packages may be left (a home is never taken away; it is
# put aside first).  Long: its own target, `make package-test`.
#   package.sh BUILD            root; debootstrap, systemd-nspawn, the Debian archive
#   KEEP_DEBS=1                 the packages of the last run once more
# The Debian is booted by systemd-nspawn, with its own systemd, so that what is tried is
# what an administrator gets: units, users, sandbox, sockets, watchdog.
set -u
cd "$(dirname "$0")/.."
B=$(cd "$1" && pwd)
work=$B/package
root=$work/root
version=$(sed -n '1s/.*(\(.*\)).*/\1/p' debian/changelog)
next=$version+1
passed=0 failed=0
check() { # SENTENCE COMMAND...
	sentence=$1
	shift
	if "$@" >"$work/check.log" 2>&1; then
		passed=$((passed + 1))
		echo "ok - $sentence"
	else
		failed=$((failed + 1))
		echo "not ok - $sentence"
		tail -n 12 "$work/check.log" | sed 's/^/# /'
	fi
}
for t in debootstrap systemd-nspawn dpkg-buildpackage lintian; do
	command -v $t >/dev/null || { echo "$t is absent: apt-get install debootstrap systemd-container dpkg-dev debhelper lintian"; exit 1; }
done
[ "$(id -u)" -eq 0 ] || { echo "package.sh needs root"; exit 1; }
mkdir -p "$work"

# --- packages: this version, and the same once more as a later one ---
[ -n "${KEEP_DEBS:-}" ] || { DEB_BUILD_OPTIONS=nocheck system/deb.sh "$B" && DEB_BUILD_OPTIONS=nocheck system/deb.sh "$B" "$next"; } || exit 1
[ -n "${KEEP_DEBS:-}" ] || check "lintian finds no error and warns of nothing" lintian --allow-root --fail-on error,warning --tag-display-limit 0 "$B/deb/fujie_${version}_"*.changes

# --- a fresh Debian, booted ---
[ -d "$work/base/etc" ] || debootstrap --variant=minbase --include=systemd,systemd-sysv,dbus,curl,ca-certificates,procps bookworm "$work/base" || exit 1
rm -rf "$root"
cp -a "$work/base" "$root"
cp /etc/resolv.conf "$root/etc/resolv.conf"
printf 'deb http://deb.debian.org/debian bookworm main\n' >"$root/etc/apt/sources.list"
for f in /etc/apt/apt.conf.d/99*; do [ -f "$f" ] && cp "$f" "$root/etc/apt/apt.conf.d/"; done
printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d" # while nothing is booted
chmod 755 "$root/usr/sbin/policy-rc.d"
mkdir "$root/deb"
for d in "$B/deb/"*.deb; do case $d in *dbgsym*) ;; *) cp "$d" "$root/deb" ;; esac; done
in_root() { chroot "$root" env DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8 "$@"; }
in_root sh -c 'apt-get -qq update && apt-get -y -qq --no-install-recommends install swtpm fonts-noto-cjk' >"$work/apt.log" 2>&1 || { tail "$work/apt.log"; exit 1; }
# what the packages need comes before they do, so that what they leave is theirs
needs=$(for d in "$B/deb/"*_"${version}"_*.deb; do dpkg-deb -f "$d" Depends | tr ',' '\n'; done | grep -v fujie | sort -u | paste -sd, | sed 's/,/, /g')
in_root apt-get -y -qq --no-install-recommends satisfy "$needs" >"$work/apt.log" 2>&1 || { tail "$work/apt.log"; exit 1; }
rm "$root/usr/sbin/policy-rc.d"
snapshot() { (cd "$root" && find etc usr var lib opt srv -xdev ! -path 'var/lib/dpkg/*' ! -path 'var/log/*' ! -path 'var/cache/*' ! -path 'var/lib/apt/*' ! -path 'var/lib/systemd/*' ! -path 'var/tmp/*' ! -name '*.pyc' ! -path 'etc/*-' 2>/dev/null | LC_ALL=C sort); }
snapshot >"$work/before"

machine=fujie-package-test
# the container's systemd is process 1 there; commands go in through its namespaces
systemd-nspawn -q -D "$root" -M "$machine" --register=no --keep-unit --link-journal=no --resolv-conf=off -b >"$work/boot.log" 2>&1 &
nspawn=$!
trap 'kill $nspawn 2>/dev/null; wait $nspawn 2>/dev/null' EXIT
leader=
for _ in $(seq 100); do
	leader=$(pgrep -P $nspawn | head -n 1)
	[ -n "$leader" ] && [ -S "$root/run/systemd/private" -o -d "/proc/$leader/root/run/systemd/system" ] && break
	sleep 0.2
done
inside() { nsenter -t "$leader" -m -u -i -p env DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8 PATH=/usr/sbin:/usr/bin:/sbin:/bin "$@"; }
waits() { for _ in $(seq 240); do "$@" >/dev/null 2>&1 && return 0; sleep 0.5; done; "$@"; }
booted() { inside systemctl is-system-running | grep -qE 'running|degraded'; }
waits booted || { echo "the container did not boot"; tail "$work/boot.log"; exit 1; }
up() { inside systemctl is-active -q fujie.service && inside curl -fsS -o /dev/null http://127.0.0.1:8443/login && inside sh -c 'curl -sS http://127.0.0.1:8480/healthz | grep -q generation'; }
debs() { (cd "$root" && ls deb/*_"$1"_*.deb | sed 's|^|/|'); }
apt_install() { inside apt-get -y -qq --no-install-recommends install $(debs "$1"); }
init() {
	inside fujie init --dir /var/lib/fujie/home --tpm software --base http://127.0.0.1:8480 --arc 1.3.6.1.4.1.99999 --operator 试用单位 --org-usci 11100000000013127D \
		--org-name 试用财政局 --org-div6 330100 --org-level 市 --officer zhang:张三:P1 --second-officer li:李四:P2
}
same() { snapshot >"$work/after" && diff "$work/before" "$work/after"; }

check "the packages install" apt_install "$version"
check "without a home nothing runs, and nothing has failed" sh -c "! nsenter -t $leader -m -p systemctl is-active -q fujie.service && ! nsenter -t $leader -m -p systemctl is-failed -q fujie.service"
check "root makes a home" init
check "it is started" inside systemctl start fujie-portal.socket fujie-public.socket fujie.service
check "the service is up after the installation" waits up
users() { inside sh -c 'for p in signer registry verifier; do ps -o user:32= -C fujie-$p; done' | tr -s ' \n' ' ' | grep -q '^fujie-signer fujie-registry fujie-verifier'; }
check "each part is its own user" users
check "systemd rates it below 3.0" sh -c "nsenter -t $leader -m -p systemd-analyze security --no-pager fujie.service | tee '$work/security.log' | tail -n 1 | awk '{ for (i = 1; i <= NF; i++) if (\$i ~ /^[0-9.]+\$/) exit !(\$i < 3.0); exit 1 }'"
number() { inside fujie event list --dir /var/lib/fujie/home --json | tr ',' '\n' | grep -c '"seq"'; }
events=$(number)
main=$(inside systemctl show -p MainPID --value fujie.service)
check "the packages are upgraded" apt_install "$next"
check "the service is up after the upgrade" waits up
check "it is the new one" sh -c "[ '$main' != \"\$(nsenter -t $leader -m -p systemctl show -p MainPID --value fujie.service)\" ]"
check "no record is lost" sh -c "[ '$events' -gt 0 ] && [ '$events' -le '$(number)' ]"
check "the sockets stayed open" inside systemctl is-active -q fujie-portal.socket fujie-public.socket
kill_part() { inside pkill -9 -x fujie-registry; waits up; }
check "a part that is killed comes back" kill_part
check "the packages are removed" inside apt-get -y -qq remove fujie fujie-verify fujie-officer fujie-gateway
check "nothing of them runs" sh -c "! nsenter -t $leader -m -p pgrep -f libexec/fujie"
check "the home is kept" test -f "$root/var/lib/fujie/home/register.db"
check "they are installed again" apt_install "$next"
check "the service is up where it was" waits up
check "the packages are purged" inside apt-get -y -qq purge fujie fujie-verify fujie-officer fujie-gateway libfujie-verify0 libfujie-verify-dev
check "a purge takes no home away, and says where it is" test -f "$root/var/lib/fujie/home/register.db"
mv "$root/var/lib/fujie" "$work/kept-$$" && rm -rf "$work/kept-$$"
check "no other file is left" same
inside systemctl poweroff >/dev/null 2>&1
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
