# What a developer types. `make` alone lists the targets; each target that needs
# something of the machine calls scripts/ensure.sh for it first.

SHELL       := /bin/sh
GO          ?= go
FUZZTIME    ?= 30s
IMAGE       ?= nogil-bench
export GO

# The targets of `make test`, in order: the cheap ones that fail most come first.
TESTS := vet test-cgo test-nocgo test-noopenblas test-levels test-v3 test-race test-asan test-bench

# Packages whose results could depend on the instruction set or on how Go compiles.
NUMERIC := ./csrc ./kernels ./linear ./simd

# Packages that touch memory by more than Go's own means: C, mappings, unsafe.
UNSAFE := ./csrc ./kernels ./linear ./arrays ./memo ./openblas ./table

# Packages with files for one system. The others' dependencies take a minute and a half of
# compiling for each system.
SYSTEMS := ./arrays ./kernels ./linear ./memo ./parfor ./table

# What others wrote is compiled without optimization where it only has to be there: gonum and
# xxh3, with which tests compute, are not. It takes a fifth off what -race has to compile.
PLAIN       := '-gcflags=all=-N -l'
PLAIN_DEPS  := $(PLAIN) -gcflags=std= -gcflags=github.com/nogil-go/nogil/...= -gcflags=gonum.org/...= -gcflags=github.com/zeebo/...=

# One step after another: each uses all cores by itself, and a failure is then
# the last thing printed.
.NOTPARALLEL:
.PHONY: help test bench bench-full bench-reductions bench-divisors bench-linear bench-cv bench-arrays fuzz soak fmt cover clean arm64 i386 clang docker fresh lint $(TESTS) \
	ensure-test ensure-bench

STEP = @printf '\n== %s, %s\n' '$@: $(1)' "$$(date +%T)"

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "make %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

test: ensure-test $(TESTS) ## every test: vet, all builds, all levels, -race, -asan, the benchmark's own
	@printf '\nmake test: all passed: %s\n' '$(TESTS)'

bench: ensure-bench ## the side-by-side benchmark, five minutes of it (BENCHFLAGS=-quick: a small one); writes bench/results
	bench/run.sh $(BENCHFLAGS)

bench-full: ensure-bench ## all suites of the benchmark: hours
	@scripts/ensure.sh linear
	bench/run.sh -suite all $(BENCHFLAGS)

bench-reductions: ensure-bench ## column reductions beside NumPy: three minutes
	bench/run.sh -suite reductions $(BENCHFLAGS)

bench-divisors: ensure-bench ## divisor counts beside FLINT and PARI
	bench/run.sh -suite divisors $(BENCHFLAGS)

bench-linear: ensure-bench ## paths and fits beside scikit-learn, celer, skglm, adelie, glum and glmnet
	@scripts/ensure.sh linear
	bench/run.sh -suite linear $(BENCHFLAGS)

bench-cv: ensure-bench ## cross-validation beside scikit-learn, celer, skglm and glmnet; threads beside processes
	@scripts/ensure.sh linear
	bench/run.sh -suite cv $(BENCHFLAGS)

bench-arrays: ensure-bench ## files beside cat and numpy.memmap, kept results beside joblib.Memory
	bench/run.sh -suite arrays $(BENCHFLAGS)

ensure-test:
	@scripts/ensure.sh test asan

ensure-bench:
	@scripts/ensure.sh bench divisors

vet: ## gofmt and go vet, in every build and both modules, for other systems too
	$(call STEP,gofmt and go vet)
	@unformatted=$$(gofmt -l .); test -z "$$unformatted" || { echo "not gofmt'ed:"; echo "$$unformatted"; exit 1; }
	$(GO) vet ./...
	$(GO) vet -tags noopenblas ./...
	CGO_ENABLED=0 $(GO) vet $(PLAIN_DEPS) ./...
	GOOS=darwin GOARCH=arm64 CGO_ENABLED=0 $(GO) vet $(PLAIN) $(SYSTEMS)
	GOOS=windows GOARCH=amd64 CGO_ENABLED=0 $(GO) vet $(PLAIN) $(SYSTEMS)
	$(GO) -C bench vet ./...

test-cgo: ## the tests as users build them
	$(call STEP,with cgo and OpenBLAS)
	$(GO) test ./...

test-nocgo: ## the tests of the plain-Go build
	$(call STEP,CGO_ENABLED=0)
	CGO_ENABLED=0 $(GO) test $(PLAIN_DEPS) ./...

test-noopenblas: ## the tests of what knows OpenBLAS, with gonum's own BLAS
	$(call STEP,with cgo but without OpenBLAS)
	$(GO) test -tags noopenblas ./openblas ./cmd/...

# The best level, the last of the list, is that of test-cgo. -count=1: a test result must
# not be taken from the cache of another level.
test-levels: ## the tests at each other instruction-set level of this CPU
	$(call STEP,each lower NOGIL_SIMD)
	@levels=$$($(GO) run ./scripts/levels) || exit 1; for level in $$(echo "$$levels" | sed '$$d'); do \
		echo "NOGIL_SIMD=$$level $(GO) test -count=1 $(NUMERIC)"; \
		NOGIL_SIMD=$$level $(GO) test -count=1 $(NUMERIC) || { echo "$@: failed at NOGIL_SIMD=$$level"; exit 1; }; done

# At GOAMD64=v3 the Go compiler fuses a*b + c, which the references must not let it.
test-v3: ## the plain-Go build where the compiler may fuse multiply and add
	$(call STEP,CGO_ENABLED=0 GOAMD64=v3)
	@if [ "$$($(GO) env GOARCH)" = amd64 ] && CGO_ENABLED=0 GOAMD64=v3 $(GO) run ./scripts/levels >/dev/null 2>&1; then \
		echo "CGO_ENABLED=0 GOAMD64=v3 $(GO) test $(NUMERIC)"; CGO_ENABLED=0 GOAMD64=v3 $(GO) test $(NUMERIC); \
	else echo "skipped: this CPU does not run x86-64-v3"; fi

# csrc starts no goroutine; what it does with memory is test-asan's to find.
test-race: ## the tests under the race detector
	$(call STEP,-race)
	$(GO) test -race $(PLAIN_DEPS) $$($(GO) list ./... | grep -v /csrc$$)

test-asan: ## the tests under AddressSanitizer
	$(call STEP,-asan)
	@if $(GO) build -asan -o /dev/null ./scripts/levels; then echo "$(GO) test -asan $(UNSAFE)"; $(GO) test -asan $(UNSAFE); \
	else echo "skipped: no AddressSanitizer here"; fi

test-bench: ## the tests of the benchmark's module
	$(call STEP,module bench)
	@scripts/ensure.sh browser
	$(GO) -C bench test ./...

fuzz: ## each fuzz target for FUZZTIME (default 30s)
	FUZZTIME=$(FUZZTIME) scripts/fuzz.sh

soak: ## a million random regions of parfor, with panics; files of 2 GB in 512 MB of memory
	NOGIL_SOAK=1000000 $(GO) test -count=1 -timeout 30m -run Soak ./parfor
	NOGIL_SOAK=1 $(GO) test -count=1 -timeout 10m -v -run LargerThan ./cmd/nogil

fmt: ## gofmt all files
	gofmt -w .

cover: ensure-test ## the share of statements that the tests reach
	$(GO) test -coverpkg=./... -coverprofile=cover.out ./...
	$(GO) tool cover -func=cover.out | tail -n 1

arm64: ## the C kernels' tests on emulated arm64 (NEON)
	scripts/ensure.sh arm64
	scripts/arm64.sh

i386: ## the tests of the kernels in plain Go where an int has 32 bits
	GOARCH=386 CGO_ENABLED=0 $(GO) test ./simd ./csrc ./kernels ./parfor

clang: ## the tests compiled by clang
	scripts/ensure.sh clang
	CC=clang $(GO) test ./...

docker: ## build the image IMAGE (default nogil-bench) that runs the benchmark
	docker build -t $(IMAGE) .

fresh: ## make test and make bench in a container of a bare Debian
	bench/docker/fresh.sh

lint: ## shellcheck of the scripts
	scripts/ensure.sh shellcheck
	shellcheck $$(git ls-files '*.sh' .ci/run)

clean: ## remove what builds and benchmarks leave behind
	rm -rf bench/.venv bench/.venv-linear bench/build bench/results bin
	rm -f cover.out *.test *.prof
	$(GO) clean
