#!/bin/sh
# What `make install` puts where, as one table: install, uninstall and list go by it,
# so that the second removes exactly what the first has made.
#   install.sh install|uninstall|list APPLIANCE|LIBRARY
# From the environment: B (the build), DESTDIR, PREFIX, SYSCONFDIR, LOCALSTATEDIR, UNITDIR, LIBDIR.
set -eu
cd "$(dirname "$0")/.."
what=$1 part=$2
doc=$PREFIX/share/doc
man=$PREFIX/share/man

# MODE SOURCE TARGET; a source of .in has places in it; mode l: a link to SOURCE; d: an empty folder
appliance() {
	for e in fujie fujie-verify fujie-officer fujie-gateway; do echo "755 $B/$e $PREFIX/bin/$e"; done
	for e in backup signer registry verifier inbox log witness; do echo "755 $B/fujie-$e $PREFIX/libexec/fujie/fujie-$e"; done
	for m in docs/man/*.[158] "$B"/man/*.[57]; do echo "644 $m $man/man${m##*.}/${m##*/}"; done
	for c in "$B"/completion/*; do echo "644 $c $PREFIX/share/bash-completion/completions/${c##*/}"; done
	for u in system/*.service.in system/*.socket.in; do n=${u##*/}; echo "644 $u $UNITDIR/${n%.in}"; done
	echo "644 system/sysusers.conf $PREFIX/lib/sysusers.d/fujie.conf"
	echo "644 system/tmpfiles.conf.in $PREFIX/lib/tmpfiles.d/fujie.conf"
	echo "d - $SYSCONFDIR/fujie"
	for d in README.md docs/*.md; do
		case $d in */plan.md | */usability.md) ;; *) echo "644 $d $doc/fujie/${d##*/}" ;; esac
	done
	if [ -d docs/ops ]; then
		find docs/ops -type f | LC_ALL=C sort | while read -r f; do echo "644 $f $doc/fujie/ops/${f#docs/ops/}"; done
	fi
	for f in manual manual/en manual/zh; do
		[ -d "docs/$f" ] && find "docs/$f" -maxdepth 1 -type f | LC_ALL=C sort | while read -r p; do echo "644 $p $doc/fujie/${p#docs/}"; done
	done
	for e in examples/* system/*.example; do
		case $e in examples/verify.c) ;; *) [ -f "$e" ] && echo "644 $e $doc/fujie/examples/${e##*/}" ;; esac
	done
	return 0
}
library() {
	echo "644 verifier/fujie-verify.h $PREFIX/include/fujie-verify.h"
	echo "644 $B/libfujie-verify.a $LIBDIR/libfujie-verify.a"
	echo "644 $B/libfujie-verify.so.0 $LIBDIR/libfujie-verify.so.0"
	echo "l libfujie-verify.so.0 $LIBDIR/libfujie-verify.so"
	echo "644 verifier/fujie-verify.pc.in $LIBDIR/pkgconfig/fujie-verify.pc"
	echo "644 docs/man/fujie-verify.1 $man/man1/fujie-verify.1"
	echo "644 docs/man/libfujie-verify.3 $man/man3/libfujie-verify.3"
	echo "644 examples/verify.c $doc/fujie-verify/examples/verify.c"
}
rows() { case $part in APPLIANCE) appliance ;; LIBRARY) library ;; esac; }

version=$(sed -n 's/^#define FJV_VERSION "\(.*\)".*/\1/p' verifier/fujie-verify.h)
filled() {
	sed -e "s|@BINDIR@|$PREFIX/bin|g; s|@STATEDIR@|$LOCALSTATEDIR/lib|g; s|@SYSCONFDIR@|$SYSCONFDIR|g" \
		-e "s|@PREFIX@|$PREFIX|g; s|@DOCDIR@|$doc/fujie|g; s|@LIBDIR@|$LIBDIR|g; s|@REQUIRES@|$REQUIRES|g; s|@VERSION@|$version|g" "$1"
}
put() { # MODE SOURCE TARGET
	target=$DESTDIR$3
	install -d "${target%/*}"
	case $1 in
	d) install -d "$target" ;;
	l) ln -sf "$2" "$target" ;;
	*)
		case $2 in
		*.in | *.example)
			filled "$2" >"$target.new"
			chmod "$1" "$target.new"
			mv "$target.new" "$target"
			;;
		*) install -m "$1" "$2" "$target" ;;
		esac
		;;
	esac
}
# folders that we may have made go when nothing else lies in them
tidy() { # TARGET
	folder=$1
	while [ "$folder" != "$PREFIX" ] && [ "$folder" != / ] && [ -n "$folder" ]; do
		rmdir "$DESTDIR$folder" 2>/dev/null || return 0
		folder=${folder%/*}
	done
}
rows | while read -r mode source target; do
	case $what in
	list) echo "$target" ;;
	install) put "$mode" "$source" "$target" ;;
	uninstall)
		[ "$mode" = d ] || rm -f "$DESTDIR$target"
		case $target in */fujie/* | */fujie) tidy "$([ "$mode" = d ] && echo "$target" || echo "${target%/*}")" ;; esac
		;;
	esac
done
