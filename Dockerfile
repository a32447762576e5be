# The benchmark of make bench with all its peers, in an image:
#
#	docker build -t nogil .
#	docker run --rm --ipc host -v "$PWD/results:/results" nogil
#
# --ipc host lets the data lie in the host's /dev/shm; the 64 MB that a container
# has by itself are too few, and the data then goes through the disk's cache.
# Arguments after the image's name go to the benchmark (try -quick). The first
# stage, which has Go and the whole tree, runs the tests too:
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
RUN scripts/ensure.sh test bench && rm -rf /var/lib/apt/lists/*
RUN go mod download && go -C bench mod download
COPY . .
# The peers too: a Python environment, a Cython extension, an OpenMP program. One
# that cannot be had stops the build.
RUN go -C bench build -o build/bench . && bench/build/bench -dir /nogil/bench -prepare

FROM debian:bookworm-slim
RUN apt-get -qq update \
	&& apt-get -qq install -y --no-install-recommends libgomp1 libopenblas0-pthread python3 \
	&& rm -rf /var/lib/apt/lists/*
COPY --from=build /nogil/bench /nogil/bench
RUN ln -s /results /nogil/bench/results
VOLUME /results
ENTRYPOINT ["/nogil/bench/build/bench", "-dir", "/nogil/bench"]
