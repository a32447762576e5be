# The benchmark with all its peers, in an image:
#
#	docker build -t nogil-bench .
#	mkdir -p results
#	docker run --rm --user "$(id -u):$(id -g)" --read-only --tmpfs /tmp -v "$PWD/results:/results" nogil-bench
#
# It needs no right and no place to write but /tmp, where the data lies in memory, and
# /results. The workloads fit themselves to --cpus and --memory. Arguments after the
# image's name go to the benchmark (try -quick, or -suite all). The first stage, which has
# Go and the whole tree, runs the tests too:
#
#	docker build --target build -t nogil-build .
#	docker run --rm nogil-build make test
#
# Where there is no engine or no registry, see bench/docker/build.sh.

FROM golang:1.26-bookworm AS build
# A mirror or a proxy, where one is needed: docker build --build-arg GOPROXY=…
ARG GOPROXY
ARG GOSUMDB
ARG PIP_INDEX_URL
ARG PIP_EXTRA_INDEX_URL
WORKDIR /nogil

# From what changes seldom to what changes often, so that a rebuild is short.
COPY go.mod go.sum ./
COPY bench/go.mod bench/go.sum bench/
COPY scripts/ensure.sh scripts/
RUN scripts/ensure.sh test bench divisors linear && rm -rf /var/lib/apt/lists/*
RUN go mod download && go -C bench mod download
COPY bench/requirements*.txt bench/
RUN for peers in '' -linear -numba; do \
		python3 -m venv bench/.venv$peers && bench/.venv$peers/bin/python -m pip install --quiet --no-cache-dir \
			--disable-pip-version-check --only-binary :all: -r bench/requirements$peers.txt || exit; done
COPY . .
# The peers in C and Cython too. One that cannot be had stops the build.
RUN go -C bench build -trimpath -o build/bench . && bench/build/bench -dir /nogil/bench -suite all -prepare

FROM debian:bookworm-slim
RUN apt-get -qq update \
	&& apt-get -qq install -y --no-install-recommends libflint17 libgomp1 libomp5-14 libopenblas0-pthread \
		libpari-gmp-tls8 libtbb12 python3 r-cran-glmnet r-cran-jsonlite \
	&& rm -rf /var/lib/apt/lists/*
COPY --from=build /nogil/bench /nogil/bench
RUN ln -s /results /nogil/bench/results
# What Python packages like to write goes to /tmp.
ENV HOME=/tmp NUMBA_CACHE_DIR=/tmp/numba MPLCONFIGDIR=/tmp/matplotlib
VOLUME /results
ENTRYPOINT ["/nogil/bench/build/bench", "-dir", "/nogil/bench"]
