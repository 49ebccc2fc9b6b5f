#!/bin/sh
# Runs the stages of `make quick`, `check`, `unit`, `lint`, `integration`,
# `conformance`, `e2e` and adds their results up.  A stage whose tool is absent is listed
# as skipped; with STRICT=1 a skip is a failure.  Last line: "N passed, N failed".
set -u
what=$1 B=$2
cd "$(dirname "$0")/.."
passed=0 failed=0 skipped=
logs=$B/logs
mkdir -p "$logs"
log_of() { echo "$logs/$(echo "$1" | tr '/ ' '__').log"; }
# end CODE START: what a .rc file holds, the code and the seconds that it took
end() { echo "$1 $(($(date +%s) - $2))"; }
# seconds of processor of what `times` wrote: the second line, user and system of the children
processor() { awk 'NR == 2 { split($1 "m" $2, t, /[ms]+/); printf "%d", t[1] * 60 + t[2] + t[3] * 60 + t[4] }' "$1"; }
# one KIND/NAME: this test alone, its end in a file; SLOT is its lane
one() {
	for f in "tests/$1_test.py" "tests/$1.py" "tests/$1.js"; do [ -f "$f" ] && break; done
	run=python3
	[ "${f%.js}" = "$f" ] || run=node
	FUJIE_LANE=$lanes/${SLOT:-0}
	export FUJIE_LANE
	start=$(date +%s) log=$(log_of "$1")
	"$run" "$f" "$B" >"$log" 2>&1
	code=$?
	times >"${log%.log}.times"
	echo "$(end $code "$start") $(processor "${log%.log}.times")" >"${log%.log}.rc"
}
[ "$what" = one ] && { one "$3"; exit 0; }
rm -f "$logs"/*.rc "$logs"/*.times # what dies without an end has none: the former one is not told again
lanes=$(mktemp -d)
faults=$lanes/faults
export lanes
trap 'rm -rf "$lanes"' EXIT

# report NAME LOG CODE [SECONDS [OF PROCESSOR]]: the log's last line is "N passed, N failed"
report() {
	last=$(grep -E '^[0-9]+ passed, [0-9]+ failed$' "$2" | tail -n 1)
	p=$(echo "${last:-0 passed, 1 failed}" | cut -d' ' -f1)
	f=$(echo "${last:-0 passed, 1 failed}" | cut -d' ' -f3)
	[ "$3" -ne 0 ] && [ "$f" -eq 0 ] && f=1
	passed=$((passed + p)) failed=$((failed + f))
	took=
	[ "${4:-0}" -gt 1 ] && took=", $4 s${5:+ ($5 of processor)}"
	printf '%-34s %5d passed, %d failed%s\n' "$1" "$p" "$f" "$took"
	[ "$f" -gt 0 ] || return 0
	{ grep -E '^(not ok|#)' "$2" | head -n 20; [ -z "$last" ] && tail -n 15 "$2"; } | tee "$faults.now"
	{ echo "$1: $f failed"; cat "$faults.now"; } >>"$faults"
}
ended() { cat "$1" 2>/dev/null || echo 1; }
# stage NAME COMMAND...
stage() {
	name=$1
	shift
	log=$(log_of "$name")
	start=$(date +%s)
	"$@" >"$log" 2>&1
	report "$name" "$log" $(end $? "$start")
}
skip() {
	printf '%-34s skipped: %s\n' "$1" "$2"
	skipped="$skipped $1"
	[ "${STRICT:-0}" = 1 ] && failed=$((failed + 1))
	return 0
}
need() { command -v "$1" >/dev/null 2>&1; }

units() {
	for t in tests/unit/test_*.c; do
		n=$(basename "$t" .c)
		stage "${2:-unit} ${n#test_}" "$1/tests/$n"
	done
}

# Tests of the whole appliance wait much, so LANES of them run side by side; what takes longest
# begins.  A lane makes each kind of demo home once, and its tests take copies (lib.py).
E2E="e2e/axe e2e/tasks e2e/portal e2e/acts e2e/public e2e/keys"
CONFORMANCE="conformance/never conformance/golog conformance/examples conformance/sm2 conformance/fido2 conformance/pkits conformance/generations conformance/pack conformance/clients conformance/mirrored"
LONG="integration/accounts integration/crawl integration/acts integration/tamper integration/inject integration/ledger integration/sick model/drive"
SHORT="integration/keylife integration/generations integration/former integration/pinned integration/roll integration/public integration/negative integration/token integration/cases integration/people integration/faults integration/demo integration/rollback integration/backup integration/rolled_back
integration/kill integration/sweep integration/signer integration/ceremony integration/practice integration/bond integration/subordinate integration/limits integration/figures integration/witness integration/course integration/report integration/home
integration/attestation integration/supervision integration/init integration/routes integration/paper integration/copies integration/approvals integration/licenses integration/officer
integration/quorum integration/unseal integration/sealed integration/portal integration/plan integration/product integration/revenue integration/tasks integration/legacy integration/exchange integration/card
integration/archive integration/rules integration/drill integration/spare integration/successor integration/key integration/find integration/day integration/succession integration/listing integration/attack integration/bundle integration/gateway
integration/service integration/operate integration/upgrade integration/manager integration/installed integration/mirror integration/channels integration/log integration/logged model/scope model/test_verdict model/verdict model/money model/money_home"
lanes_run() {
	echo "$@" | tr ' ' '\n' | xargs -P "${LANES:-4}" --process-slot-var=SLOT -I{} "tests/run.sh" one "$B" {}
}
lanes_report() {
	for t in "$@"; do
		log=$(log_of "$t")
		report "$(echo "$t" | tr / ' ')" "$log" $(ended "${log%.log}.rc")
	done
}
without() { echo "$1" | tr ' ' '\n' | grep -vx "$2" | tr '\n' ' '; }
# what of $@ can't be run here is told, and the rest left in `able`
lacking() {
	able=$*
	if ! need python3; then
		skip "integration, conformance" "python3 is absent"
		able=$(echo "$able" | tr ' ' '\n' | grep '^e2e/' | tr '\n' ' ')
	fi
	case " $able " in *" integration/kill "*) need strace || { skip "integration kill" "strace is absent"; able=$(without "$able" integration/kill); } ;; esac
	case " $able " in *" conformance/examples "*) # each is run by its own tool; the others still are
		for t in nginx go java node; do
			need "$t" || [ -x "/usr/sbin/$t" ] || skip "examples $t" "$t is absent (make deps-full)"
		done ;;
	esac
	# a real browser; its npm packages are put there by `make deps-full` or `make e2e`, never by a check
	case " $able " in *" e2e/"*)
		if ! need node; then why="node is absent"
		elif ! need chromium; then why="chromium is absent"
		elif [ ! -d tests/e2e/node_modules/playwright-core ]; then why="tests/e2e/node_modules is absent"
		else return 0; fi
		skip e2e "$why (make deps-full)"
		able=$(echo "$able" | tr ' ' '\n' | grep -v '^e2e/' | tr '\n' ' ') ;;
	esac
}
whole() {
	lacking "$@"
	lanes_run $able
	lanes_report $able
}

sanitized() {
	if ! echo 'int main(void){return 0;}' | gcc -fsanitize=address,undefined -x c - -o "$B/san-probe" 2>/dev/null; then
		skip sanitizer "gcc has no sanitizers here"
		return
	fi
	rm -f "$B/san-probe"
	make --no-print-directory -j2 SAN=1 BUILD="$B/san" san-tests >"$logs/san-build.log" 2>&1 ||
		{ echo "sanitizer build failed"; tail "$logs/san-build.log"; failed=$((failed + 1)); return; }
	units "$B/san" sanitizer
	stage "sanitizer corpus" tests/fuzz/run.sh replay "$B/san"
}
slow_lint() { # $1: "core", or nothing for all
	for t in clang-tidy:tidy cppcheck:cppcheck; do
		if need "${t%%:*}"; then stage "lint ${t%%:*}" "tests/lint/${t#*:}.sh" "$B" $1; else skip "lint ${t%%:*}" "${t%%:*} is absent"; fi
	done
}
# What only computes runs behind what waits: two of them, in shells of their own, told at the end.
behind() { # NAME COMMAND...
	behind=$1
	shift
	(
		renice -n 10 -p "$(exec sh -c 'echo $PPID')" >/dev/null
		faults=$lanes/$behind.faults
		"$@" >"$lanes/$behind.out"
		echo "$passed $failed $skipped" >"$lanes/$behind.sum"
	) &
}
behind_report() {
	cat "$lanes/$1.out"
	[ -f "$lanes/$1.faults" ] && cat "$lanes/$1.faults" >>"$faults"
	read -r p f s <"$lanes/$1.sum" || { p=0 f=1 s=; echo "$1: ended early" | tee -a "$faults"; }
	passed=$((passed + p)) failed=$((failed + f)) skipped="$skipped${s:+ $s}"
}

case $what in
unit) units "$B" ;;
lint)
	stage lint tests/lint/lint.sh "$B"
	slow_lint ""
	;;
quick)
	stage lint tests/lint/lint.sh "$B"
	units "$B"
	;;
integration) whole $LONG $SHORT ;;
conformance) whole $CONFORMANCE ;;
e2e) LANES=2 whole $E2E ;;
check)
	stage lint tests/lint/lint.sh "$B"
	units "$B"
	p=$passed f=$failed passed=0 failed=0
	behind lint slow_lint core
	behind sanitizers sanitized
	passed=$p failed=$f
	whole e2e/axe e2e/tasks $LONG e2e/portal $CONFORMANCE e2e/acts e2e/public e2e/keys $SHORT
	wait
	behind_report lint
	behind_report sanitizers
	;;
esac
[ -s "$faults" ] && { echo; echo "what failed:"; cat "$faults"; }
[ -n "$skipped" ] && echo "skipped:$skipped"
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
