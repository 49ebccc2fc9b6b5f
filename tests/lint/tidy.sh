#!/bin/sh
# clang-tidy over the product: the static analyser, and what finds bugs rather
# than taste.  Any finding fails; tests/lint/exceptions may name it (FILE: CHECK).
# The analyser takes twenty times what the rest takes: as `tidy.sh BUILD core`, which
# `make check` runs, it looks at what is trusted and what reads from outside, and no further
# into a function than 75,000 states, a third of its own bound; as `tidy.sh BUILD` (`make lint`)
# at everything, to that bound.
B=$1
analysed='.*' depth=
[ "${2:-}" = core ] && analysed='^(base|hsm|ca|officer|verifier|web/http)/' depth='-Xclang -analyzer-config -Xclang max-nodes=75000'
list=$(mktemp)
trap 'rm -f "$list"' EXIT
checks='-*,bugprone-*,misc-redundant-expression,performance-*'
# taste, or what banned.h and the compiler's warnings hold already; the analyser sees
# one file at a time, so an out-parameter behind FJ_TRY and a variable that its cleanup
# reads look unset or unused to it: ASan, UBSan and the fuzzers look there
for c in bugprone-easily-swappable-parameters bugprone-implicit-widening-of-multiplication-result bugprone-narrowing-conversions \
	bugprone-reserved-identifier bugprone-macro-parentheses bugprone-branch-clone bugprone-assignment-in-if-condition performance-no-int-to-ptr \
	clang-analyzer-security.insecureAPI.DeprecatedOrUnsafeBufferHandling clang-analyzer-valist.Uninitialized \
	clang-analyzer-core.UndefinedBinaryOperatorResult clang-analyzer-core.CallAndMessage clang-analyzer-core.uninitialized.Assign clang-analyzer-core.uninitialized.Branch \
	clang-analyzer-core.uninitialized.ArraySubscript clang-analyzer-core.NullDereference clang-analyzer-core.NonNullParamChecker \
	clang-analyzer-deadcode.DeadStores; do
	checks="$checks,-$c"
done
# files on standard input; $1: what they need before base/banned.h
run() {
	flags="-I$B $1" xargs -P 2 -n 8 sh -c 'clang-tidy --quiet "$0" "$@" \
		-- -std=c17 -D_GNU_SOURCE -I. $flags -include base/banned.h 2>/dev/null || echo "clang-tidy: error: failed on $* [tidy]"' "-checks=$2"
}
sources() { find base hsm ca issuer officer verifier web -name '*.c' ! -path issuer/report/pages.c ! -path issuer/report/pen.c ! -path issuer/report/formal.c | sort; }
{
	sources | grep -E "$analysed" | run "-include xlsxwriter.h $depth" "$(echo "$checks" | sed 's/^-\*,/-*,clang-analyzer-*,/')"
	sources | grep -vE "$analysed" | run "-include xlsxwriter.h" "$checks"
	printf '%s\n' issuer/report/pages.c issuer/report/pen.c issuer/report/formal.c | run "$(pkg-config --cflags pangocairo) -include pango/pangocairo.h" "$checks"
} | grep -E '(warning|error):' | sed -E 's%^.*/(base|hsm|ca|issuer|officer|verifier|web)/%\1/%' | sort -u >"$list"
left=$(sed -E 's/^([^:]*):.*\[([^]]*)\]$/\1: \2/' "$list" | sort -u | grep -v -x -F -f tests/lint/exceptions)
if [ -z "$left" ]; then
	echo "ok - clang-tidy"
	echo "1 passed, 0 failed"
else
	echo "not ok - clang-tidy"
	sed 's/^/# /' "$list"
	echo "0 passed, 1 failed"
	exit 1
fi
