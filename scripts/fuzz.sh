#!/bin/sh
# fuzz.sh runs every fuzz target of the module for FUZZTIME (default 30s), one
# after another, and stops at the first that finds something. go test runs one
# target of one package at a time, hence the loop.
set -eu

go=${GO:-go}
cd "$(dirname "$0")/.."

for dir in $($go list -f '{{.Dir}}' ./...); do
	for target in $($go test -list '^Fuzz' "$dir" | grep '^Fuzz' || true); do
		echo "== fuzz $dir $target"
		$go test -run '^$' -fuzz "^$target\$" -fuzztime "${FUZZTIME:-30s}" -fuzzminimizetime 1x "$dir"
	done
done
