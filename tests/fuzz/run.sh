#!/bin/sh
# The fuzz targets' two ways to run; one line a target, last line "N passed, N failed".
#   run.sh replay BUILD            every file of the corpus once (built with sanitizers)
#   run.sh fuzz BUILD SECONDS [TARGET...]   libFuzzer; what it finds stays in BUILD/found/
set -u
how=$1 B=$2 seconds=${3:-60}
[ $# -gt 3 ] && shift 3 || set -- $(ls tests/fuzz/fuzz_*.c | sed 's|.*/fuzz_||; s|\.c$||')
passed=0 failed=0
mkdir -p "$B/found"
TMPDIR=$(mktemp -d -p /dev/shm 2>/dev/null || mktemp -d)
export TMPDIR
log=$TMPDIR/log
trap 'rm -rf "$TMPDIR"' EXIT

for t; do
	corpus=tests/fuzz/corpus/$t
	if [ "$how" = replay ]; then
		set -- "$B/tests/fuzz_$t" $(ls -d "$corpus"/*)
		what="every file of the corpus of $t"
	else
		mkdir -p "$B/corpus/$t"
		set -- "$B/tests/fuzz_$t" -max_total_time="$seconds" -timeout=20 -rss_limit_mb=2048 -max_len=40000 \
			-artifact_prefix="$B/found/$t-" -print_final_stats=1 "$B/corpus/$t" "$corpus"
		what="$t"
	fi
	if "$@" >"$log" 2>&1; then
		passed=$((passed + 1))
		echo "ok - $what $(sed -nE 's/^([0-9]+ files)$/(\1)/p; s/^stat::number_of_executed_units: ([0-9]+)/\1 runs/p' "$log" | tr '\n' ' ')$(
			grep -oE 'cov: [0-9]+ ft: [0-9]+' "$log" | tail -n 1)"
	else
		failed=$((failed + 1))
		echo "not ok - $what"
		grep -E '^# |ERROR|runtime error|SUMMARY|Test unit written' "$log" | tail -n 8 | sed 's/^#* */# /'
	fi
done
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
