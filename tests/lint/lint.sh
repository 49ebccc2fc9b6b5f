#!/bin/sh
# The house's own rules over the source: layers (who includes whom), links of the
# executables, function length, banned calls, SQL outside the store, opening
# comments.  One "ok"/"not ok" line a rule; exceptions are in tests/lint/exceptions.
set -u
B=$1
tmp=$(mktemp) sum=$(mktemp)
trap 'rm -f "$tmp" "$sum"' EXIT
rule() { # sentence; findings on stdin
	grep -v -x -F -f tests/lint/exceptions >"$tmp" || true
	if [ -s "$tmp" ]; then
		echo "not ok - $1"
		sed 's/^/# /' "$tmp" | head -n 20
		echo f >>"$sum" # a rule runs in a pipe: its count has to outlive it
	else
		echo "ok - $1"
		echo p >>"$sum"
	fi
}
src() { find base hsm ca issuer officer verifier web -name '*.[ch]'; }
# FILE:LINE: what is left of each line without comments and what stands in quotes
code() {
	xargs awk 'FNR == 1 { c = 0 }
	{
		s = $0; out = ""
		while (s != "") {
			if (c) {
				i = index(s, "*/")
				c = !i
				s = i ? substr(s, i + 2) : ""
			} else if (!match(s, /["\047]|\/[*\/]/)) {
				out = out s; s = ""
			} else {
				out = out substr(s, 1, RSTART - 1); s = substr(s, RSTART)
				if (substr(s, 1, 2) == "//") s = ""
				else if (substr(s, 1, 2) == "/*") { c = 1; s = substr(s, 3) }
				else if (match(s, /^"([^"\\]|\\.)*"/)) { out = out "\"\""; s = substr(s, RLENGTH + 1) }
				else if (match(s, /^\047([^\047\\]|\\.)+\047/)) { out = out "0"; s = substr(s, RLENGTH + 1) }
				else s = substr(s, 2)
			}
		}
		print FILENAME ":" FNR ": " out
	}'
}

# includes: room, and what it may include
layer() { # files-pattern allowed-regex
	grep -HoE '^#include "[^"]+"' $1 2>/dev/null | sed -E 's/:#include "/: /; s/"$//' | grep -vE ": ($2)" || true
}
{
	layer "base/*.[ch]" 'base/'
	layer "hsm/*.[ch]" 'base/|hsm/'
	layer "hsm/client/*.[ch]" 'base/|hsm/client/|hsm/proto.h'
	layer "ca/*.[ch]" 'base/|ca/'
	layer "officer/*.[ch]" 'base/|officer/|verifier/(attestation|attest_read|ceremony|verify).h'
	layer "verifier/*.[ch]" 'base/|verifier/[a-z_-]*\.h'
	layer "issuer/*.[ch] issuer/rules/*.[ch] issuer/sheet/*.[ch] issuer/paper/*.[ch] issuer/store/*.[ch] issuer/publish/*.[ch] issuer/log/*.[ch]" 'base/|ca/ca.h|hsm/client/|hsm/proto.h|verifier/(verify|bundle|log_policy|log/log).h|verifier/public_rows.def|issuer/'
	layer "issuer/backup/*.[ch]" 'base/|issuer/(core|recipients|store/store).h|issuer/backup/'
	layer "issuer/report/*.[ch]" 'base/|issuer/report/|issuer/sheet/sheet.h'
	layer "issuer/cli/*.[ch]" 'base/|issuer/cli/|issuer/commands_[a-z]*.def|hsm/proto.h|hsm/client/'
	layer "web/http/*.[ch]" 'base/|gen/po_|web/http/'
	layer "web/api/*.[ch] web/portal/*.[ch]" 'base/|issuer/(issuer|sheet/sheet).h|verifier/(verify|published).h|web/'
	layer "web/registry/*.[ch]" 'base/|issuer/(issuer|init|demo).h|web/'
	layer "verifier/inbox/*.[ch]" 'base/|verifier/[a-z_]*\.(h|def)|verifier/inbox/'
	layer "verifier/log/*.[ch]" 'base/|verifier/(internal|verify|log_policy).h|verifier/log/'
	layer "verifier/gateway/*.[ch]" 'base/|verifier/(ask|log_policy|verify).h|verifier/log/log.h|verifier/gateway/|web/http/'
	layer "verifier/witness/*.[ch]" 'base/|verifier/witness/|web/http/'
	layer "verifier/service/*.[ch]" 'base/|ca/ca.h|hsm/client/|verifier/|web/http/'
} | rule "every room includes only what its layer may"

# links
never() { # executable libraries-regex
	readelf -d "$B/$1" 2>/dev/null | grep NEEDED | grep -E "$2" | sed "s|^|$1: |"
	[ -x "$B/$1" ] || echo "$1 is not built"
}
{
	never fujie 'curl|sqlite|libcrypto|tss2|microhttpd|gnutls|xlsx|libzip|expat|unistring|pango|cairo|qrencode|zbar|png|jpeg'
	never fujie-signer 'sqlite|microhttpd|gnutls|tcti|pango|cairo|qrencode|zbar|png|jpeg'
	never fujie-registry 'tss2'
	never fujie-verifier 'tss2|xlsx|libzip|expat|unistring|pango|cairo|qrencode|zbar|png|jpeg'
	never fujie-gateway 'tss2|sqlite|xlsx|libzip|expat|unistring|pango|cairo|qrencode|zbar|png|jpeg'
	never fujie-verify 'curl|tss2|sqlite|microhttpd|gnutls|xlsx|libzip|expat|unistring|pango|cairo|qrencode|zbar|png|jpeg'
	never fujie-witness 'libcrypto|libssl|curl|tss2|sqlite|xlsx|libzip|expat|unistring|pango|cairo|qrencode|zbar|png|jpeg'
	never fujie-inbox 'tss2|microhttpd|gnutls|curl|xlsx|libzip|expat|unistring|pango|cairo|qrencode|zbar|png|jpeg'
	never fujie-log 'tss2|sqlite|microhttpd|gnutls|curl|xlsx|libzip|expat|unistring|pango|cairo|qrencode|zbar|png|jpeg'
	never fujie-backup 'libcrypto|libssl|tss2|microhttpd|gnutls|curl|xlsx|libzip|expat|unistring|pango|cairo|qrencode|zbar|png|jpeg'
	never fujie-officer 'libssl|tss2|sqlite|microhttpd|gnutls|curl|p11-kit|xlsx|libzip|expat|unistring|pango|cairo|qrencode|zbar|png|jpeg'
} | rule "every executable links only what its room may"

# the library for others: it needs what the verdict needs, and shows nothing but what its header names
{
	never libfujie-verify.so.0 'tss2|sqlite|microhttpd|gnutls|inih|xlsx|libzip|expat|unistring|pango|cairo|qrencode|zbar|png|jpeg'
	readelf -d "$B/libfujie-verify.so.0" 2>/dev/null | grep SONAME | grep -v '\[libfujie-verify.so.0\]'
	{
		nm -D --defined-only "$B/libfujie-verify.so.0" | sed -n 's/.* [TBDR] \([^@]*\).*/shared \1/p'
		nm -g --defined-only "$B/libfujie-verify.a" | sed -n 's/.* [A-Z] /static /p'
	} | sort >"$tmp.has"
	grep -oE '\bfjv_[a-z0-9_]+\(' verifier/fujie-verify.h | tr -d '(' | sort -u | sed -E 's/(.*)/shared \1\nstatic \1/' >"$tmp.names"
	sort -u "$tmp.names" | diff "$tmp.has" - | grep '^[<>]'
	rm -f "$tmp.has" "$tmp.names"
} | rule "libfujie-verify shows the names of its header and no others, shared and static"

python3 tests/lint/own_rules.py | rule "each of the project's own rules that is cited has an entry on the page of rules"
python3 tests/lint/texts.py | rule "every text of a page is in the catalogues, in both languages, and no value gets into a page unescaped"

# manual pages, where there is who reads them (mandoc)
{
	if command -v mandoc >/dev/null; then mandoc -T lint -W warning docs/man/*.[1358] "$B"/man/*.[57] | grep -v 'referenced manual not found'
	elif [ "${STRICT:-0}" = 1 ]; then echo "mandoc is absent (make deps-full)"; fi
} | rule "the manual pages are well-formed mdoc, written and made ones"

# one version: the program's is the package's
{
	program=$(sed -n 's/^#define FJ_PROGRAM "\([^"]*\)".*/\1/p' base/version.h)
	sed -n '1s/.*(\(.*\)).*/\1/p' debian/changelog | grep -vxF "$program"
} | rule "the Debian package has the program's version"

# functions of more than 100 lines
src | grep '\.c$' | xargs awk 'FNR==1{in_f=0} /^[a-z].*\)$/ && !/;/{name=$0} /^\{$/{in_f=1; start=FNR} /^\}$/{if(in_f && FNR-start-1>100) print FILENAME ": " name " " FNR-start-1; in_f=0}' | rule "no function is longer than 100 lines"

src | grep -v banned.h | code | grep -E '\b(strcpy|strcat|sprintf|vsprintf|strtok|atoi|atol|gets|gmtime|localtime|rand|srand|random|system|popen|mktemp|strncpy|strncat)\(' | rule "no banned call"
src | grep -v '^base/' | code | grep -E '[^a-z_](malloc|calloc|realloc|free|strdup|strndup)\(' | rule "no allocation outside base"
src | grep -vE '^issuer/(store|publish/public.c)|^verifier/(service/state|inbox/rows).c' | xargs grep -nE '"(SELECT|INSERT|UPDATE|DELETE|CREATE|PRAGMA) ' | rule "no SQL outside the store and the public database's writers and reader"
src | grep -E '^(web|verifier)/' | xargs grep -nE 'web_(print|say)\(' | sed 's/%%//g' | grep -E '%([^sdu%zl"]|z[^u]|l[^l]|ll[^d])' | rule "templates have the conversions that web_print knows: %s %d %u %zu %lld"
src | while read -r f; do head -n 1 "$f" | grep -q '^/\*' || echo "$f"; done | rule "every file opens with a comment"
# money is whole fen; floating point is for what is drawn (and a sheet's column widths) and for days that a workbook writes as numbers
{
	src | grep -vE '^issuer/(sheet/(out|xlsx_book)|report/(pages|paper|pen|formal|pdf|xlsx))\.[ch]$' | code | grep -E -e '(^|[^A-Za-z0-9_])(float|double|_Float[0-9x]+|__float128|_Decimal[0-9]+|(float|double)_t|strto(d|f|ld)|ato?f|difftime|json_real(_value|_set)?|json_number_value|JSON_REAL|sqlite3_[a-z]+_double)([^A-Za-z0-9_]|$)' \
		-e ': *#include <(math|tgmath|complex|float)\.h>' -e '(^|[^A-Za-z0-9_.])([0-9]+\.([0-9]|[^.0-9]|$)|\.[0-9]|[0-9]+[eE][-+]?[0-9]|0[xX][0-9A-Fa-f.]+[pP])'
	grep -nE '\b(REAL|NUMERIC|FLOAT|DOUBLE|AVG\(|TOTAL\(|ROUND\(|JULIANDAY\()|[-+*/] *[0-9]+\.[0-9]' issuer/store/*.sql issuer/store/*.def
} | rule "no floating point outside drawing and the reading of dates"
src | xargs grep -nE '[T]ODO|[F]IXME|[X]XX' | rule "nothing is left for later in the source"
{ src | grep '\.c$' | grep -vE '^(hsm|officer|verifier|verifier/gateway|verifier/log|verifier/witness)/main\.c$'; ls tests/unit/test_*.c tests/fuzz/fuzz_*.c; } | while read -r f; do
	grep -qE "^	$f( |\$)" sources.mk || echo "$f"
done | rule "sources.mk names every source"
ls tests/integration/*_test.py tests/conformance/*_test.py tests/model/*_test.py | sed 's%tests/%%; s/_test.py//' | while read -r t; do
	grep -qE "(^|[\" ])$t([\" ]|$)" tests/run.sh || echo "$t"
done | rule "every integration and conformance test is run"
{ git grep -nIF "$PWD/" -- . ':!tests/lint/exceptions'; git grep -nE '"resolved":' -- '*lock.json'; } 2>/dev/null | rule "no path or host of a developer's machine"
passed=$(grep -c p "$sum") failed=$(grep -c f "$sum")
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
