#!/bin/sh
# build.sh [RESULTS [ARG...]] builds the image nogil-bench, and where RESULTS is given
# runs it as the Dockerfile says: the benchmark with the arguments ARG, its results in
# the directory RESULTS, as the user that this is, with nothing else to write to but a
# /tmp in memory. RUNFLAGS are more flags for docker run (--cpus=1 --memory=2g). It is `docker build .` and `docker run` for a machine that may lack an
# engine, a registry and the base images: an engine is installed and started for
# as long as the script lasts, and the bases are made from Debian's packages (see
# base.sh). Needs root, or an engine that this user may talk to.
#
# IMAGE names another image. Go's and pip's settings of this machine (a module
# proxy, an index) are handed to the build.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
image=${IMAGE:-nogil-bench}
# shellcheck source=bench/docker/engine.sh
. "$here/engine.sh"

"$here/../../scripts/ensure.sh" docker
engine_start
"$here/base.sh"

GOPROXY=$(go env GOPROXY) GOSUMDB=$(go env GOSUMDB) \
	docker build --network host -t "$image" \
	--build-arg GOPROXY --build-arg GOSUMDB \
	--build-arg PIP_INDEX_URL --build-arg PIP_EXTRA_INDEX_URL \
	--build-arg HTTP_PROXY --build-arg HTTPS_PROXY --build-arg NO_PROXY \
	"$here/../.."

if [ $# -gt 0 ]; then
	mkdir -p "$1"
	results=$(cd "$1" && pwd)
	shift
	# RUNFLAGS holds words.
	# shellcheck disable=SC2086
	docker run --rm --network host --user "$(id -u):$(id -g)" --read-only --tmpfs /tmp ${RUNFLAGS:-} \
		-v "$results:/results" "$image" "$@"
fi
