package main

// Builds and runs the OpenMP twin.

import (
	"bufio"
	"bytes"
	_ "embed"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

//go:embed omp/epcc.c
var epccSource []byte

// gomp is the built twin in its own directory.
type gomp struct{ dir, program string }

func buildGomp() (*gomp, error) {
	dir, err := os.MkdirTemp("", "epcc")
	if err != nil {
		return nil, err
	}
	g := &gomp{dir, filepath.Join(dir, "epcc")}
	source := filepath.Join(dir, "epcc.c")
	if err := os.WriteFile(source, epccSource, 0o600); err != nil {
		return nil, err
	}
	out, err := exec.Command("gcc", "-O3", "-fopenmp", "-o", g.program, source, "-lm").CombinedOutput()
	if err != nil {
		return nil, fmt.Errorf("gcc -fopenmp: %w\n%s", err, out)
	}
	return g, nil
}

func (g *gomp) remove() { os.RemoveAll(g.dir) }

// run adds one round of the twin's samples to s.
func (g *gomp) run(threads int, policy string, s samples) error {
	cmd := exec.Command(g.program, fmt.Sprint(threads))
	for _, v := range os.Environ() {
		if !strings.HasPrefix(v, "OMP_") && !strings.HasPrefix(v, "GOMP_") {
			cmd.Env = append(cmd.Env, v)
		}
	}
	if policy != "" {
		cmd.Env = append(cmd.Env, "OMP_WAIT_POLICY="+policy)
	}
	out, err := cmd.Output()
	if err != nil {
		return fmt.Errorf("OpenMP twin: %w", err)
	}
	for lines := bufio.NewScanner(bytes.NewReader(out)); lines.Scan(); {
		var name string
		var ns float64
		if _, err := fmt.Sscan(lines.Text(), &name, &ns); err != nil {
			return fmt.Errorf("OpenMP twin: line %q: %w", lines.Text(), err)
		}
		s[name] = append(s[name], ns)
	}
	return nil
}
