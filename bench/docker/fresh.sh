#!/bin/sh
# fresh.sh [TARGET...] proves that a newcomer's machine is enough: in a container
# of golang:1.26-bookworm (Debian with Go, gcc, make and git, no OpenBLAS and no
# Python packages) it clones the committed tree and runs `make TARGET` for each
# target, by default test and bench. BENCHFLAGS is handed on. See build.sh for
# where the engine and the base image come from.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=bench/docker/engine.sh
. "$here/engine.sh"
[ $# -gt 0 ] || set -- test bench

"$here/../../scripts/ensure.sh" docker
engine_start
"$here/base.sh"

# A bundle, since git distrusts a repository of another owner mounted into the
# container. The container goes away with everything in it.
bundle=$(mktemp -d)/nogil.bundle
git -C "$here/../.." bundle create -q "$bundle" HEAD
status=0
docker run --rm --network host --ipc host -v "$bundle:/nogil.bundle:ro" \
	-e GOPROXY="$(go env GOPROXY)" -e GOSUMDB="$(go env GOSUMDB)" \
	-e PIP_INDEX_URL -e PIP_EXTRA_INDEX_URL -e HTTP_PROXY -e HTTPS_PROXY -e NO_PROXY \
	-e BENCHFLAGS golang:1.26-bookworm sh -eu -c '
		git clone -q /nogil.bundle /tmp/nogil
		cd /tmp/nogil
		for target; do make "$target"; done' sh "$@" || status=$?
rm -rf "$(dirname "$bundle")"
exit $status
