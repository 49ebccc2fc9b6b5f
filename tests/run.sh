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
rm -f "$logs"/*.rc # what dies without an end has none: the former one is not told again
lanes=$(mktemp -d)
FUJIE_LANE=$lanes/0
export FUJIE_LANE
trap 'rm -rf "$lanes"' EXIT

# report NAME LOG CODE [SECONDS]: the log's last line is "N passed, N failed"
report() {
	last=$(grep -E '^[0-9]+ passed, [0-9]+ failed$' "$2" | tail -n 1)
	p=$(echo "${last:-0 passed, 1 failed}" | cut -d' ' -f1)
	f=$(echo "${last:-0 passed, 1 failed}" | cut -d' ' -f3)
	[ "$3" -ne 0 ] && [ "$f" -eq 0 ] && f=1
	passed=$((passed + p)) failed=$((failed + f))
	took=
	[ "${4:-0}" -gt 1 ] && took=", $4 s"
	printf '%-34s %5d passed, %d failed%s\n' "$1" "$p" "$f" "$took"
	[ "$f" -gt 0 ] && { grep -E '^(not ok|#)' "$2" | head -n 20; [ -z "$last" ] && tail -n 15 "$2"; }
	return 0
}
# end CODE START: what a .rc file holds, the code and the seconds that it took
end() { echo "$1 $(($(date +%s) - $2))"; }
ended() { cat "$1" 2>/dev/null || echo 1; }
# stage NAME COMMAND...
stage() {
	name=$1
	shift
	log=$logs/$(echo "$name" | tr '/ ' '__').log
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
python_stage() {
	if need python3; then stage "$1" python3 "$2" "$B"; else skip "$1" "python3 is absent"; fi
}
# LANES of them run side by side, since they wait much; the longest begin.  A lane makes each kind
# of demo home once, and its tests take copies (lib.py).
integration() {
	need python3 || { skip integration "python3 is absent"; return; }
	names="accounts keylife ledger acts crawl tamper inject model=tests/model/drive.py public negative token sick approvals officer home people faults report cases demo rollback kill signer quorum ceremony figures witness course paper copies portal plan product revenue tasks legacy exchange card rules key find day routes init succession supervision listing attack bundle gateway service mirror channels log logged attestation scope=tests/model/scope_test.py verdict-model=tests/model/test_verdict.py verdicts=tests/model/verdict_test.py money=tests/model/money_test.py bookings=tests/model/money_home.py"
	if ! need strace; then
		names=$(echo "$names" | sed 's/ kill//')
		skip "integration kill" "strace is absent"
	fi
	echo "$names" | tr ' ' '\n' | xargs -P "${LANES:-3}" --process-slot-var=SLOT -I{} sh -c \
		'n={}; f=${n#*=}; [ "$f" = "$n" ] && f=tests/integration/${n}_test.py; n=${n%%=*}
		FUJIE_LANE=$3/$SLOT start=$(date +%s); export FUJIE_LANE; python3 "$f" "$1" >"$2/integration_$n.log" 2>&1; echo "$? $(($(date +%s) - start))" >"$2/integration_$n.rc"' sh "$B" "$logs" "$lanes"
	for n in $names; do
		n=${n%%=*}
		report "integration $n" "$logs/integration_$n.log" $(ended "$logs/integration_$n.rc")
	done
	# the lanes are free: in a whole check the browser begins
	[ "$what" = check ] && [ -z "$(e2e_lacks)" ] && (e2e_run) &
}
conformance() {
	for t in never sm2 pkits pack clients golog mirrored; do
		python_stage "conformance $t" "tests/conformance/${t}_test.py"
	done
	examples
}
# what is in examples/, each by its own tool; those that are absent are listed, the others still run
examples() {
	for t in nginx go java node; do
		need "$t" || [ -x "/usr/sbin/$t" ] || skip "examples $t" "$t is absent (make deps-full)"
	done
	python_stage "conformance examples" tests/conformance/examples_test.py
}
# a real browser; its npm packages are put there by `make deps-full` or `make e2e`, never by a check
E2E="tasks axe portal acts public keys"
# why the browser tests can't run; nothing when they can
e2e_lacks() {
	if ! need node; then echo "node is absent (make deps-full)"
	elif ! need chromium; then echo "chromium is absent (make deps-full)"
	elif [ ! -d tests/e2e/node_modules/playwright-core ]; then echo "tests/e2e/node_modules is absent (make deps-full)"; fi
}
e2e_of() {
	for t in "$@"; do
		start=$(date +%s)
		node "tests/e2e/$t.js" "$B" >"$logs/e2e_$t.log" 2>&1
		end $? "$start" >"$logs/e2e_$t.rc"
	done
}
e2e_run() { # in the lanes that the integration tests have left
	(FUJIE_LANE=$lanes/1; e2e_of tasks portal) &
	(FUJIE_LANE=$lanes/2; e2e_of axe acts public keys) &
	wait
}
e2e_report() {
	for t in $E2E; do report "e2e $t" "$logs/e2e_$t.log" $(ended "$logs/e2e_$t.rc"); done
}
e2e() {
	why=$(e2e_lacks)
	if [ -n "$why" ]; then skip e2e "$why"; else e2e_run; e2e_report; fi
}
san_build() { make --no-print-directory -j2 SAN=1 BUILD="$B/san" san-tests; }
sanitizers() {
	if echo 'int main(void){return 0;}' | gcc -fsanitize=address,undefined -x c - -o "$B/san-probe" 2>/dev/null; then
		rm -f "$B/san-probe"
		san_build >"$logs/san-build.log" 2>&1 || { echo "sanitizer build failed"; tail "$logs/san-build.log"; failed=$((failed + 1)); return; }
		units "$B/san" sanitizer
		stage "sanitizer corpus" tests/fuzz/run.sh replay "$B/san"
	else
		skip sanitizer "gcc has no sanitizers here"
	fi
}
slow_lint() {
	if need clang-tidy; then stage "lint clang-tidy" tests/lint/tidy.sh "$B"; else skip "lint clang-tidy" "clang-tidy is absent"; fi
	if need cppcheck; then stage "lint cppcheck" tests/lint/cppcheck.sh; else skip "lint cppcheck" "cppcheck is absent"; fi
}

# What only computes runs behind the integration tests, which mostly wait; it is told where it belongs.
behind() {
	for t in clang-tidy:tidy cppcheck:cppcheck; do
		need "${t%%:*}" || continue
		start=$(date +%s)
		"tests/lint/${t#*:}.sh" "$B" core >"$logs/lint_${t%%:*}.log" 2>&1
		end $? "$start" >"$logs/lint_${t%%:*}.rc"
	done
	san_build >"$logs/san-behind.log" 2>&1 # what fails here fails again where it is told
}
behind_lint() {
	for t in clang-tidy cppcheck; do
		if need "$t"; then report "lint $t" "$logs/lint_$t.log" $(ended "$logs/lint_$t.rc"); else skip "lint $t" "$t is absent"; fi
	done
}

case $what in
unit) units "$B" ;;
lint) stage lint tests/lint/lint.sh "$B"; slow_lint ;;
quick) stage lint tests/lint/lint.sh "$B"; units "$B" ;;
integration) integration ;;
e2e) e2e ;;
conformance) conformance ;;
check)
	stage lint tests/lint/lint.sh "$B"
	units "$B"
	export B logs
	(renice -n 10 -p "$(exec sh -c 'echo $PPID')" >/dev/null; behind) &
	integration
	conformance
	wait
	why=$(e2e_lacks)
	if [ -n "$why" ]; then skip e2e "$why"; else e2e_report; fi
	behind_lint
	sanitizers
	;;
esac
[ -n "$skipped" ] && echo "skipped:$skipped"
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
