#!/bin/sh
# arm64.sh cross-compiles the tests of the packages that hold or call C kernels
# for linux/arm64 and runs them under QEMU's user mode, which emulates NEON to
# the bit. OpenBLAS is left out: it is not ours, and its arm64 build is rarely at
# hand on another machine. Static binaries spare QEMU a foreign library tree.
set -eu

go=${GO:-go}
cd "$(dirname "$0")/.."
qemu=$(command -v qemu-aarch64 || command -v qemu-aarch64-static)

export GOOS=linux GOARCH=arm64 CC=aarch64-linux-gnu-gcc
packages=$($go list ./simd ./csrc ./kernels ./linear ./parfor)

# Package names hold no blanks.
# shellcheck disable=SC2086
CGO_ENABLED=1 $go test -exec "$qemu" -tags noopenblas,netgo,osusergo -ldflags '-linkmode external -extldflags -static' $packages
# The plain-Go build too: Go's compiler for arm64 fuses multiply and add.
# shellcheck disable=SC2086
CGO_ENABLED=0 $go test -exec "$qemu" $packages
