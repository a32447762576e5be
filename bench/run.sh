#!/bin/sh
# run.sh [FLAG...] builds the benchmark and runs it with its flags (see main.go):
# with OpenBLAS where that can be linked, else with gonum's own BLAS. It installs
# nothing of the system's; scripts/ensure.sh bench does.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$here/build"
if ! go -C "$here" build -o build/bench . 2>"$here/build/log"; then
	go -C "$here" build -tags noopenblas -o build/bench . || exit
	echo 'run.sh: built without OpenBLAS:' >&2
	tail -n 1 "$here/build/log" >&2
fi
exec "$here/build/bench" -dir "$here" "$@"
