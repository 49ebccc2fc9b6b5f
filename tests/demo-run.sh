#!/bin/sh
# `make run`: a demo home under the build folder, served, with three things to try.
set -eu
B=$1
D=$B/demo-home
if [ ! -f "$D/demo.json" ]; then
	echo "making a demo home (illustrative data, software TPM) ..."
	"$B/fujie" demo --dir "$D" --no-serve
fi
token=$(sed -n 's/.*"file":"\(demo\/LT-[^"]*\)".*/\1/p' "$D/demo.json" | head -n 1)
cat <<TXT

Portal    http://127.0.0.1:8443/      logins, passwords and one-time secrets: $D/demo.json
Verifier  http://127.0.0.1:8480/

Three things to try, in another terminal:
  1  $B/fujie-verify --trust $D/trust $D/$token --use action=QUERY,purpose=PUBGOV
  2  $B/fujie cert list --dir $D
  3  open http://127.0.0.1:8480/v/DAC-100000-202603-000001-F in a browser

Ctrl-C ends it.
TXT
exec "$B/fujie" serve --dir "$D"
