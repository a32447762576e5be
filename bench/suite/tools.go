// Getting the peers: a Python virtual environment with pinned packages, the
// Cython extension and the OpenMP program. Each is made once and kept; one that
// cannot be had is named with the reason, and the run goes on without it.

package suite

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// installLimit bounds one installation or compilation.
const installLimit = 10 * time.Minute

// A native is a compiled program, or why it is not there.
type native struct {
	path    string
	missing error
}

// nativePeers are the peers in C and C++, as tables and reports call them.
var nativePeers = []struct {
	name, compiler, source string
	flags, libraries       []string
}{
	{"OpenMP, gcc", "gcc", "openmp.c", []string{"-O3", "-fopenmp", "-std=gnu11"}, nil},
	{"OpenMP, clang", "clang", "openmp.c", []string{"-O3", "-fopenmp", "-std=gnu11"}, nil},
	{"oneTBB", "g++", "tbb.cpp", []string{"-O3", "-std=c++17"}, []string{"-ltbb"}},
}

// tools are the peers' programs, or why they are not there.
type tools struct {
	dir      string // where peers/, build/ and .venv/ are
	log      io.Writer
	none     bool // by -nopeers
	python   string
	noPython error
	linear   string // the Python of the linear suite's own peers, which need older packages
	noLinear error
	glmnet   string // Rscript with glmnet
	noGlmnet error
	numba    string // the Python of Numba and Polars
	noNumba  error
	native   map[string]native // the peers in C and C++, by nativePeers' names
	cython   string            // the directory of the compiled extension
	noCython error
}

var errNotAsked = errors.New("left out by -nopeers")

// findTools makes what is missing for the suites, unless none is asked for.
func findTools(ctx context.Context, wanted []suite, dir string, none bool, log io.Writer) *tools {
	t := &tools{dir: dir, log: log, none: none, noLinear: errNotAsked, noGlmnet: errNotAsked, noNumba: errNotAsked, native: map[string]native{}}
	if none {
		t.noPython, t.noCython = errNotAsked, errNotAsked
		return t
	}
	t.python, t.noPython = t.venv(ctx, ".venv", "requirements.txt")
	if slices.ContainsFunc(wanted, func(s suite) bool { return s.name == Linear || s.name == CV }) {
		t.linear, t.noLinear = t.venv(ctx, ".venv-linear", "requirements-linear.txt")
		t.glmnet, t.noGlmnet = findGlmnet(ctx)
	}
	if slices.ContainsFunc(wanted, func(s suite) bool { return s.name == Articles || s.name == Divisors }) {
		t.numba, t.noNumba = t.venv(ctx, ".venv-numba", "requirements-numba.txt")
	}
	if slices.ContainsFunc(wanted, func(s suite) bool { return s.name != Reductions && s.name != Linear }) {
		for i := range nativePeers {
			t.compileNative(ctx, i)
		}
	}
	t.cython, t.noCython = t.compileCython(ctx)
	return t
}

// complete makes what would be made later, and says which peers could not be had.
func (t *tools) complete(ctx context.Context, wanted []suite) error {
	lacks := []error{t.noPython, t.noCython}
	if slices.ContainsFunc(wanted, func(s suite) bool { return s.name == Divisors }) {
		for _, library := range []string{"FLINT", "PARI"} {
			_, err := t.compileDivisors(ctx, library)
			lacks = append(lacks, err)
		}
	}
	for _, n := range t.native {
		lacks = append(lacks, n.missing)
	}
	for _, e := range []error{t.noLinear, t.noGlmnet, t.noNumba} {
		if !errors.Is(e, errNotAsked) {
			lacks = append(lacks, e)
		}
	}
	return errors.Join(lacks...)
}

// venv makes an environment with the packages of a file and returns its Python. One
// that already has them at these versions is taken as it is.
func (t *tools) venv(ctx context.Context, name, packages string) (string, error) {
	venv := filepath.Join(t.dir, name)
	python, requirements := filepath.Join(venv, "bin", "python"), filepath.Join(t.dir, packages)
	if _, err := output(ctx, python, "-c", checkInstalled, requirements); err == nil {
		return python, nil
	}
	fmt.Fprintln(t.log, "making", venv, "with the pinned Python packages")
	base := os.Getenv("PYTHON")
	if base == "" {
		base = "python3"
	}
	if _, err := output(ctx, base, "-c", "import ensurepip, venv"); err != nil {
		return "", fmt.Errorf("no Python with venv (Debian: python3-venv): %w", err)
	}
	if _, err := output(ctx, base, "-m", "venv", "--clear", venv); err != nil {
		return "", fmt.Errorf("python -m venv: %w", err)
	}
	if _, err := output(ctx, python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check",
		"--only-binary", ":all:", "-r", requirements); err != nil {
		return "", fmt.Errorf("pip install: %w", err)
	}
	return python, nil
}

// checkInstalled exits with an error unless every line name==version of a
// requirements file is installed.
const checkInstalled = `
import sys
from importlib.metadata import version
for line in open(sys.argv[1]):
    name, pinned, want = line.strip().partition("==")
    if pinned and version(name) != want:
        sys.exit(name)
`

// findGlmnet returns an Rscript that has glmnet, and jsonlite to speak with.
func findGlmnet(ctx context.Context) (string, error) {
	if _, err := output(ctx, "Rscript", "-e", "library(glmnet); loadNamespace('jsonlite')"); err != nil {
		return "", fmt.Errorf("no R with glmnet and jsonlite (Debian: r-cran-glmnet r-cran-jsonlite): %w", err)
	}
	return "Rscript", nil
}

// compileNative compiles a peer, and beside it the loop of trial/ as C, which the peers of
// OpenMP compile with its pragmas.
func (t *tools) compileNative(ctx context.Context, which int) {
	p := nativePeers[which]
	source, loop := filepath.Join(t.dir, "peers", p.source), filepath.Join(t.dir, "trial", "trial.c")
	path, err := func() (string, error) {
		sum, err := hash(append(p.flags, p.compiler), source, loop, filepath.Join(t.dir, "peers", "loops.h"), filepath.Join(t.dir, "peers", "worker.h"))
		if err != nil {
			return "", err
		}
		return t.make(ctx, strings.ReplaceAll(strings.ToLower(p.name), ", ", "-")+"-"+sum[:12], func(out string) error {
			if strings.HasSuffix(source, ".cpp") {
				object := out + ".o"
				defer os.Remove(object)
				if _, err := output(ctx, compiler(ctx), "-O3", "-std=gnu11", "-c", "-o", object, loop); err != nil {
					return err
				}
				_, err := output(ctx, p.compiler, slices.Concat(p.flags, []string{"-o", out, source, object}, p.libraries)...)
				return err
			}
			_, err := output(ctx, p.compiler, slices.Concat(p.flags, []string{"-o", out, source, loop}, p.libraries)...)
			return err
		})
	}()
	t.native[p.name] = native{path, err}
}

// compileCython compiles peers/colsum_prange.pyx as the article did, at -O3 with
// -fopenmp, and returns the directory to import it from.
func (t *tools) compileCython(ctx context.Context) (string, error) {
	if t.noPython != nil {
		return "", fmt.Errorf("no Python: %w", t.noPython)
	}
	source := filepath.Join(t.dir, "peers", "colsum_prange.pyx")
	flags := []string{"-O3", "-fopenmp", "-fPIC", "-shared", "-fno-strict-aliasing", "-fwrapv"}
	config, err := output(ctx, t.python, "-c", "import sysconfig as s; print(s.get_path('include')); print(s.get_config_var('EXT_SUFFIX'))")
	if err != nil {
		return "", err
	}
	include, suffix, _ := strings.Cut(config, "\n")
	sum, err := hash(append(flags, config), source)
	if err != nil {
		return "", err
	}
	return t.make(ctx, "cython-"+sum[:12], func(out string) error {
		if _, err := os.Stat(filepath.Join(include, "Python.h")); err != nil {
			return fmt.Errorf("no Python.h (Debian: python3-dev): %w", err)
		}
		if err := os.MkdirAll(out, 0o755); err != nil {
			return err
		}
		c := filepath.Join(out, "colsum_prange.c")
		if _, err := output(ctx, t.python, "-m", "cython", "-3", "-o", c, source); err != nil {
			return fmt.Errorf("cython: %w", err)
		}
		library := filepath.Join(out, "colsum_prange"+suffix)
		if strings.Contains(suffix, "darwin") {
			flags = append(flags, "-undefined", "dynamic_lookup")
		}
		_, err := output(ctx, compiler(ctx), append(flags, "-I"+include, "-o", library, c)...)
		return err
	})
}

// make returns build/name, made by recipe under another name if it is not there,
// so that half of one is never taken for a whole. The name holds a hash of what
// it is made from, so a stale one is never taken either.
func (t *tools) make(ctx context.Context, name string, recipe func(out string) error) (string, error) {
	build := filepath.Join(t.dir, "build")
	path := filepath.Join(build, name)
	if _, err := os.Stat(path); err == nil {
		return path, nil
	}
	fmt.Fprintln(t.log, "compiling", path)
	if err := os.MkdirAll(build, 0o755); err != nil {
		return "", err
	}
	half := path + ".half"
	if err := recipe(half); err != nil {
		os.RemoveAll(half)
		return "", err
	}
	return path, os.Rename(half, path)
}

// compiler is $CC, else the one that Go would use, else cc.
func compiler(ctx context.Context) string {
	if cc := os.Getenv("CC"); cc != "" {
		return cc
	}
	if cc, err := output(ctx, "go", "env", "CC"); err == nil && cc != "" {
		return cc
	}
	return "cc"
}

// hash returns the digest of the words and the files.
func hash(words []string, files ...string) (string, error) {
	h := sha256.New()
	for _, w := range words {
		fmt.Fprintln(h, w)
	}
	for _, name := range files {
		b, err := os.ReadFile(name)
		if err != nil {
			return "", err
		}
		h.Write(b)
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// output runs a command and returns what it prints, or an error that ends with
// the most telling line of its complaint. The command may have arguments of its
// own, as $CC does.
func output(ctx context.Context, command string, args ...string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, installLimit)
	defer cancel()
	words := append(strings.Fields(command), args...)
	if strings.ContainsRune(command, filepath.Separator) {
		words = append([]string{command}, args...) // a path may hold spaces
	}
	cmd := exec.CommandContext(ctx, words[0], words[1:]...)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	cmd.WaitDelay = stopLimit
	if err := cmd.Run(); err != nil {
		if said := complaint(stderr.String()); said != "" {
			return "", fmt.Errorf("%w: %s", err, said)
		}
		return "", err
	}
	return strings.TrimSpace(stdout.String()), nil
}

// complaint returns the first line that speaks of an error, else the last line.
func complaint(text string) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	for _, line := range lines {
		if strings.Contains(strings.ToLower(line), "error") {
			return strings.TrimSpace(line)
		}
	}
	return strings.TrimSpace(lines[len(lines)-1])
}

// pythonPeer is the worker of one Python peer. With blas 0 its BLAS runs as
// shipped, else with that many threads.
func (t *tools) pythonPeer(peer string, blas int) program {
	p := program{key: fmt.Sprintf("python %s blas=%d", peer, blas)}
	switch {
	case t.noPython != nil:
		p.reason = t.noPython.Error()
	case peer == "cython" && t.noCython != nil:
		p.reason = t.noCython.Error()
	default:
		p.args = []string{t.python, filepath.Join(t.dir, "peers", "worker.py"), peer, "--blas", strconv.Itoa(blas)}
		p.env = []string{"PYTHONPATH=" + t.cython, "PYTHONDONTWRITEBYTECODE=1"}
	}
	return p
}

// nativePeer is a program of nativePeers with its arguments: the task and its data.
func (t *tools) nativePeer(name string, args ...string) program {
	p := program{key: name}
	n, made := t.native[name]
	switch {
	case !made:
		p.reason = errNotAsked.Error()
	case n.missing != nil:
		p.reason = n.missing.Error()
	default:
		p.args = append([]string{n.path}, args...)
	}
	return p
}

// openmpPeer is the OpenMP program by gcc on the given data.
func (t *tools) openmpPeer(values, queries string) program {
	return t.nativePeer("OpenMP, gcc", "trial", values, queries)
}

// compiledPython is the worker of Numba or Polars. Polars learns its threads when it is
// imported, so each number of threads has a process.
func (t *tools) compiledPython(peer string, threads int) program {
	p := program{key: "python " + peer}
	if t.noNumba != nil {
		p.reason = t.noNumba.Error()
		return p
	}
	p.args = []string{t.numba, filepath.Join(t.dir, "peers", "worker.py"), peer}
	p.env = []string{"PYTHONDONTWRITEBYTECODE=1"}
	if peer == "polars" {
		p.key += fmt.Sprintf(" threads=%d", threads)
		p.env = append(p.env, fmt.Sprintf("POLARS_MAX_THREADS=%d", threads))
	}
	return p
}

// linearPeer is the worker of a peer of the linear and cv suites. With blas 0 its BLAS
// runs as shipped, else with that many threads.
func (t *tools) linearPeer(peer string, blas int) program {
	if peer == "glmnet" {
		p := program{key: "R glmnet"}
		if t.noGlmnet != nil {
			p.reason = t.noGlmnet.Error()
			return p
		}
		p.args = []string{t.glmnet, filepath.Join(t.dir, "peers", "glmnet.R")}
		return p
	}
	p := program{key: fmt.Sprintf("python linear %s blas=%d", peer, blas)}
	python, missing := t.linear, t.noLinear
	if peer == "sklearn" { // the newest
		python, missing = t.python, t.noPython
	}
	if missing != nil {
		p.reason = missing.Error()
		return p
	}
	p.args = []string{python, filepath.Join(t.dir, "peers", "linear.py"), peer, "--blas", strconv.Itoa(blas)}
	p.env = []string{"PYTHONDONTWRITEBYTECODE=1"}
	return p
}
