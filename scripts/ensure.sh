#!/bin/sh
# ensure.sh WHAT... makes sure that this machine has what WHAT needs.
#
# WHAT is test, bench, divisors, linear (the peers of those suites), browser (for the
# test of the report), race, asan, arm64, clang, docker or shellcheck. What is
# missing is found by trying it (a program is compiled, a library linked, a
# Python module imported), never by asking for a package, so that anything that
# works is accepted, wherever it comes from. What does not work is installed
# with apt-get, dnf, apk or brew when that is allowed: as root, with a sudo that
# asks nothing, or with brew as oneself. Otherwise the command to type is
# printed. ENSURE_INSTALL=no only looks and prints.
#
# The exit status is not zero when something is missing that WHAT cannot do
# without; what it can do without (a peer of the benchmark, a sanitizer) is
# only named. When nothing is missing it is silent and takes less than a second.

# Lists are strings of plain words here, split where they are used.
# shellcheck disable=SC2086

set -eu

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
trap 'exit 1' HUP INT TERM

say() { printf 'ensure: %s\n' "$*" >&2; }

# --- Probes: each succeeds when the thing of its name works. -----------------

CC=${CC:-$(go env CC 2>/dev/null || echo cc)}

# links CODE FLAG... compiles and links a C program with the compiler $CC,
# which may be a command with arguments.
links() {
	printf '%s\n' "$1" >"$tmp/probe.c"
	shift
	$CC "$tmp/probe.c" -o "$tmp/probe" "$@" >/dev/null 2>&1
}

# go list fails where Go is older than go.mod asks for and may not fetch another.
have_go() { (cd "$(dirname "$0")/.." && go list -m) >/dev/null 2>&1; }
have_git() { command -v git >/dev/null 2>&1; }
have_make() { command -v make >/dev/null 2>&1; }
have_cc() {
	links '#include <stdio.h>
	       int main(void) { puts(""); return 0; }'
}
have_openblas() {
	brew=$(brew --prefix openblas 2>/dev/null) || brew=
	links 'int openblas_get_num_threads(void);
	       int main(void) { return openblas_get_num_threads() < 1; }' \
		${brew:+-L"$brew/lib"} -lopenblas
}
have_openmp() {
	links '#include <omp.h>
	       int main(void) { return omp_get_max_threads() < 1; }' -fopenmp
}
have_tbb() {
	command -v g++ >/dev/null 2>&1 && CC=g++ links '#include <oneapi/tbb.h>
	       int main() { return TBB_runtime_interface_version() < 1; }' -x c++ -ltbb
}
have_clangomp() {
	CC=clang links '#include <omp.h>
	       int main(void) { return omp_get_max_threads() < 1; }' -fopenmp
}
have_asan() { links 'int main(void) { return 0; }' -fsanitize=address && "$tmp/probe"; }
have_python() { python3 -c 'import ensurepip, venv' >/dev/null 2>&1; }
have_pydev() {
	python3 -c 'import os, sys, sysconfig
sys.exit(not os.path.exists(os.path.join(sysconfig.get_path("include"), "Python.h")))' >/dev/null 2>&1
}
have_arm64cc() {
	CC=aarch64-linux-gnu-gcc links '#include <stdio.h>
	       int main(void) { puts(""); return 0; }' -static
}
have_qemu() { command -v qemu-aarch64 >/dev/null 2>&1 || command -v qemu-aarch64-static >/dev/null 2>&1; }
have_clang() {
	CC=clang links '#include <stdio.h>
	       int main(void) { puts(""); return 0; }'
}
have_dockerd() { docker info >/dev/null 2>&1 || command -v dockerd >/dev/null 2>&1; }
have_debootstrap() { command -v debootstrap >/dev/null 2>&1; }
have_flint() {
	links '#include <flint/ulong_extras.h>
	       int main(void) { return !n_is_prime(7); }' -lflint
}
have_pari() {
	links '#include <pari/pari.h>
	       int main(void) { pari_init(1 << 20, 0); return 0; }' -lpari
}
have_browser() {
	for b in chromium chromium-browser google-chrome chrome; do
		command -v $b >/dev/null 2>&1 && return
	done
	return 1
}
have_glmnet() { Rscript -e 'library(glmnet); loadNamespace("jsonlite")' >/dev/null 2>&1; }
have_shellcheck() { command -v shellcheck >/dev/null 2>&1; }

# --- What each WHAT needs, and what the package managers call it. ------------

# needs WHAT prints the names of the probes; one after a ? can be done without.
needs() {
	case $1 in
	test) echo 'go make cc openblas' ;;
	bench) echo 'go make cc ?openblas ?openmp ?clangomp ?tbb ?python ?pydev' ;;
	divisors) echo '?flint ?pari' ;;
	linear) echo '?glmnet' ;;
	browser) echo '?browser' ;;
	race) echo 'go cc' ;;
	asan) echo 'go cc ?asan' ;;
	arm64) echo 'go arm64cc qemu' ;;
	clang) echo 'go clang openblas' ;;
	docker) echo 'dockerd debootstrap git' ;;
	shellcheck) echo 'shellcheck' ;;
	*) return 1 ;;
	esac
}

# package MANAGER NAME prints the packages that hold NAME, nothing when the
# manager has none.
package() {
	case $1:$2 in
	*:go) ;; # the systems' own Go is too old: see hint
	*:git | *:make | *:shellcheck | apt-get:debootstrap | dnf:debootstrap | apk:debootstrap) echo "$2" ;;
	apt-get:cc) echo 'gcc libc6-dev' ;;
	dnf:cc) echo 'gcc glibc-devel' ;;
	apk:cc) echo 'gcc musl-dev' ;;
	apt-get:openblas) echo 'libopenblas-dev' ;;
	dnf:openblas) echo 'openblas-devel' ;;
	apk:openblas) echo 'openblas-dev' ;;
	brew:openblas) echo 'openblas' ;;
	apt-get:openmp) echo 'gcc libgomp1' ;;
	dnf:openmp | apk:openmp) echo 'gcc libgomp' ;;
	brew:openmp) echo 'libomp' ;;
	apt-get:tbb) echo 'g++ libtbb-dev' ;;
	dnf:tbb) echo 'gcc-c++ tbb-devel' ;;
	apk:tbb) echo 'g++ onetbb-dev' ;;
	brew:tbb) echo 'tbb' ;;
	apt-get:clangomp) echo 'clang libomp-dev' ;;
	dnf:clangomp) echo 'clang libomp-devel' ;;
	apk:clangomp) echo 'clang openmp-dev' ;;
	dnf:asan) echo 'libasan' ;;
	apt-get:asan) echo 'gcc' ;;
	apt-get:python) echo 'python3 python3-venv' ;;
	*:python) echo 'python3' ;;
	apt-get:pydev | apk:pydev) echo 'python3-dev' ;;
	dnf:pydev) echo 'python3-devel' ;;
	brew:pydev) echo 'python3' ;;
	apt-get:arm64cc) echo 'gcc-aarch64-linux-gnu libc6-dev-arm64-cross' ;;
	apt-get:qemu) echo 'qemu-user' ;;
	dnf:qemu) echo 'qemu-user' ;;
	apk:qemu) echo 'qemu-aarch64' ;;
	apt-get:flint) echo 'libflint-dev' ;;
	dnf:flint) echo 'flint-devel' ;;
	apk:flint) echo 'flint-dev' ;;
	brew:flint | brew:pari) echo "$2" ;;
	apt-get:pari) echo 'libpari-dev' ;;
	dnf:pari) echo 'pari-devel' ;;
	apk:pari) echo 'pari-dev' ;;
	apt-get:glmnet) echo 'r-cran-glmnet r-cran-jsonlite' ;;
	dnf:glmnet) echo 'R-glmnet R-jsonlite' ;;
	apt-get:browser | dnf:browser | apk:browser) echo 'chromium' ;;
	apt-get:clang | dnf:clang | apk:clang) echo 'clang' ;;
	apt-get:dockerd) echo 'docker.io' ;;
	dnf:dockerd) echo 'moby-engine' ;;
	apk:dockerd) echo 'docker' ;;
	esac
}

# hint NAME says in words what to do where no package manager helps.
hint() {
	case $1 in
	go) echo 'Go 1.26 or newer, from https://go.dev/dl' ;;
	git | make | clang | shellcheck | debootstrap) echo "$1" ;;
	cc) echo 'a C compiler with its headers: gcc, or clang (macOS: xcode-select --install)' ;;
	openblas) echo 'the OpenBLAS library for developers (libopenblas.so, or .dylib on macOS)' ;;
	openmp) echo 'OpenMP for the C compiler (libgomp with gcc, libomp with clang)' ;;
	tbb) echo 'oneTBB with its headers, and g++' ;;
	clangomp) echo 'clang with OpenMP' ;;
	asan) echo "AddressSanitizer for $CC (libasan with gcc)" ;;
	python) echo 'python3 with the modules venv and ensurepip' ;;
	pydev) echo 'the headers of python3 (Python.h)' ;;
	arm64cc) echo 'aarch64-linux-gnu-gcc with a static C library' ;;
	qemu) echo 'qemu-aarch64 (QEMU, user mode)' ;;
	flint) echo 'FLINT with its headers' ;;
	pari) echo 'PARI with its headers' ;;
	glmnet) echo 'R with the packages glmnet and jsonlite' ;;
	browser) echo 'Chromium' ;;
	dockerd) echo 'a Docker engine' ;;
	esac
}

# --- Look, install, look again. ----------------------------------------------

# missing NAME... prints the probes that fail, each with its ?.
missing() {
	for need; do
		"have_${need#\?}" || printf '%s ' "$need"
	done
}

manager() {
	for m in apt-get dnf apk brew; do
		if command -v "$m" >/dev/null 2>&1; then
			echo "$m"
			return
		fi
	done
}

# as_root prints the prefix that makes a command run as root, and fails when
# there is none.
as_root() {
	if [ "$1" = brew ] || [ "$(id -u)" = 0 ]; then
		return
	fi
	sudo -n true 2>/dev/null && echo 'sudo -n'
}

# install_command MANAGER PACKAGE... prints the command to type or to run.
install_command() {
	m=$1
	shift
	case $m in
	apt-get) echo "apt-get install -y --no-install-recommends $*" ;;
	dnf) echo "dnf install -y $*" ;;
	apk) echo "apk add $*" ;;
	brew) echo "brew install $*" ;;
	esac
}

# install_packages SUDO MANAGER PACKAGE... runs it; apt's lists are fetched first, since
# an image or a machine that was long off has none, or stale ones.
install_packages() {
	sudo=$1
	m=$2
	shift 2
	say "installing $* with $m"
	if [ "$m" = apt-get ]; then
		apt='env DEBIAN_FRONTEND=noninteractive apt-get -q -o DPkg::Lock::Timeout=300'
		$sudo $apt update >"$tmp/log" 2>&1 || tail -n 5 "$tmp/log" >&2
		$sudo $apt install -y --no-install-recommends "$@" >"$tmp/log" 2>&1 && return
	else
		# shellcheck disable=SC2046
		$sudo $(install_command "$m" "$@") </dev/null >"$tmp/log" 2>&1 && return
	fi
	say "that failed:"
	tail -n 20 "$tmp/log" >&2
}

# report MANAGER NAME... names what is missing still, and fails when something
# required is among it.
report() {
	m=$1
	shift
	bad=0
	all=
	for need; do
		name=${need#\?}
		if [ "$need" = "$name" ]; then
			bad=1
			say "missing: $(hint "$name")"
		else
			say "missing, and done without: $(hint "$name")"
		fi
		all="$all $(package "$m" "$name")"
	done
	all=$(printf '%s\n' $all | sort -u | tr '\n' ' ')
	if [ -n "$m" ] && [ -n "${all% }" ]; then
		prefix=
		[ "$m" = brew ] || [ "$(id -u)" = 0 ] || prefix='sudo '
		say "type: $prefix$(install_command "$m" "${all% }")"
	fi
	return $bad
}

wanted=
[ $# -gt 0 ] || set -- test
for what; do
	if ! list=$(needs "$what"); then
		say "unknown: $what (want test, bench, divisors, linear, browser, race, asan, arm64, clang, docker or shellcheck)"
		exit 2
	fi
	wanted="$wanted $list"
done
wanted=$(printf '%s\n' $wanted | awk '!seen[$0]++')

gone=$(missing $wanted)
[ -n "$gone" ] || exit 0

m=$(manager)
if [ -n "$m" ] && [ "${ENSURE_INSTALL:-yes}" != no ] && sudo=$(as_root "$m"); then
	packages=
	for need in $gone; do
		packages="$packages $(package "$m" "${need#\?}")"
	done
	if [ -n "${packages# }" ]; then
		install_packages "$sudo" "$m" $packages
		gone=$(missing $wanted)
	fi
fi
[ -z "$gone" ] || report "$m" $gone
