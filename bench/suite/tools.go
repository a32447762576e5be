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

// tools are the peers' programs, or why they are not there.
type tools struct {
	dir      string // where peers/, build/ and .venv/ are
	log      io.Writer
	python   string
	noPython error
	linear   string // the Python of the linear suite's own peers, which need older packages
	noLinear error
	glmnet   string // Rscript with glmnet
	noGlmnet error
	openmp   string
	noOpenMP error
	cython   string // the directory of the compiled extension
	noCython error
}

var errNotAsked = errors.New("left out by -nopeers")

// findTools makes what is missing for the suites, unless none is asked for.
func findTools(ctx context.Context, wanted []suite, dir string, none bool, log io.Writer) *tools {
	t := &tools{dir: dir, log: log, noLinear: errNotAsked, noGlmnet: errNotAsked}
	if none {
		t.noPython, t.noOpenMP, t.noCython = errNotAsked, errNotAsked, errNotAsked
		return t
	}
	t.python, t.noPython = t.venv(ctx, ".venv", "requirements.txt")
	if slices.ContainsFunc(wanted, func(s suite) bool { return s.name == Linear || s.name == CV }) {
		t.linear, t.noLinear = t.venv(ctx, ".venv-linear", "requirements-linear.txt")
		t.glmnet, t.noGlmnet = findGlmnet(ctx)
	}
	t.openmp, t.noOpenMP = t.compileOpenMP(ctx)
	t.cython, t.noCython = t.compileCython(ctx)
	return t
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

// compileOpenMP compiles peers/openmp.c with the loop of trial/.
func (t *tools) compileOpenMP(ctx context.Context) (string, error) {
	source, loop := filepath.Join(t.dir, "peers", "openmp.c"), filepath.Join(t.dir, "trial", "trial.c")
	flags := []string{"-O3", "-fopenmp", "-std=gnu11"}
	sum, err := hash(flags, source, loop, filepath.Join(t.dir, "peers", "worker.h"))
	if err != nil {
		return "", err
	}
	return t.make(ctx, "openmp-"+sum[:12], func(out string) error {
		_, err := output(ctx, compiler(ctx), append(flags, "-o", out, source, loop)...)
		return err
	})
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

// openmpPeer is the OpenMP program on the given data.
func (t *tools) openmpPeer(values, queries string) program {
	p := program{key: "openmp"}
	if t.noOpenMP != nil {
		p.reason = t.noOpenMP.Error()
		return p
	}
	p.args = []string{t.openmp, values, queries}
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
