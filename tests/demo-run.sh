#!/bin/sh
# `make run`: a demo home under the build folder, served, with three things to try.
#   demo-run.sh BUILD [HOME [text]]    text: what there is to try, and nothing else
set -eu
B=$1
D=${2:-$B/demo-home}
if [ ! -f "$D/demo.json" ]; then
	echo "making a demo home (illustrative data, software TPM) ..."
	"$B/fujie" demo --dir "$D" --no-serve
fi
# the first license token that permits, and the use that it permits: each object of demo.json on a line of its own
first=$(tr '{' '\n' <"$D/demo.json" | grep -A1 '"expect":"permit".*"file":"demo/LT-' | head -n 2)
token=$(echo "$first" | sed -n '1s/.*"file":"\([^"]*\)".*/\1/p')
use=$(echo "$first" | sed -n '2{s/}.*//;s/":"/=/g;s/"//g;p;}')
cat <<TXT

Portal    http://127.0.0.1:8443/      logins, passwords and one-time secrets: $D/demo.json
Verifier  http://127.0.0.1:8480/

Three things to try, in another terminal:
  1  $B/fujie-verify --trust $D/trust $D/$token --use $use
  2  $B/fujie cert list --dir $D
  3  open http://127.0.0.1:8480/v/DAC-100000-202603-000001-F in a browser

Ctrl-C ends it.
TXT
[ "${3:-}" = text ] || exec "$B/fujie" serve --dir "$D"
