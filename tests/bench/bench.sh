#!/bin/sh
# see tests/bench/bench.py
exec python3 "$(dirname "$0")/bench.py" "$1"
