#!/bin/sh
# cppcheck over the product; any warning or error is a finding.
out=$(cppcheck --quiet --std=c11 --enable=warning,portability --inline-suppr --suppress=missingIncludeSystem \
	--suppress=unknownMacro --suppress=syntaxError --suppress=nullPointerRedundantCheck --error-exitcode=1 -j2 -I. base hsm ca issuer officer verifier web 2>&1)
code=$?
[ -n "$out" ] && printf '%s\n' "$out" | sed 's/^/# /'
if [ $code -eq 0 ]; then echo "ok - cppcheck"; echo "1 passed, 0 failed"; else echo "not ok - cppcheck"; echo "0 passed, 1 failed"; fi
exit $code
