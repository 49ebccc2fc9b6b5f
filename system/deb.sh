#!/bin/sh
# The Debian packages of the tree as it is committed, and of what is changed beside, under
# BUILD/deb.  dpkg-buildpackage works on a copy: a package is of the files that git knows.
#   deb.sh BUILD [VERSION]    another version for an upgrade that is tried (tests/package.sh)
set -eu
cd "$(dirname "$0")/.."
out=$1/deb
version=${2:-$(sed -n '1s/.*(\(.*\)).*/\1/p' debian/changelog)}
for t in dpkg-buildpackage dh; do
	command -v $t >/dev/null || { echo "$t is absent: apt-get install dpkg-dev debhelper" >&2; exit 1; }
done
mkdir -p "$out"
out=$(cd "$out" && pwd)
rm -rf "$out/fujie"
mkdir "$out/fujie"
git ls-files -z --cached --others --exclude-standard | tar --null -T - -cf - | tar -xf - -C "$out/fujie"
[ "$version" = "$(sed -n '1s/.*(\(.*\)).*/\1/p' debian/changelog)" ] ||
	sed -i "1s/(.*)/($version)/" "$out/fujie/debian/changelog"
cd "$out/fujie"
DEB_BUILD_OPTIONS="${DEB_BUILD_OPTIONS:-} parallel=2" dpkg-buildpackage -us -uc -b >"$out/build-$version.log" 2>&1 || { tail -n 40 "$out/build-$version.log"; exit 1; }
cd ..
rm -rf fujie
ls ./*_"$version"_*.deb
