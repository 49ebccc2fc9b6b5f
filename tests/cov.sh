#!/bin/sh
# Lines reached, by room, from the counters below BUILD (see `make cov`).
find "$1/obj" -name '*.gcda' | grep -v /tests/ | xargs gcov -n -r 2>/dev/null |
	awk -F"'" '/^File/ { f = $2 } /^Lines executed/ && f ~ /\.c$/ {
		split($0, p, /[:% ]+/); n = p[5]; hit = p[3] * n / 100
		room = f; sub(/\/[^\/]*$/, "", room); all[room] += n; got[room] += hit; f = "" }
		END { for (r in all) printf "%-20s %6d lines %5.1f %%\n", r, all[r], 100 * got[r] / all[r] }' | sort
