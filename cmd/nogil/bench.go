package main

// nogil bench: the measurements are a module of their own, since they need peers, a C
// compiler and the source.

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/urfave/cli/v3"
)

func (a *app) benchCommand() *cli.Command {
	return &cli.Command{
		Name:      "bench",
		Usage:     "measure nogil beside its peers, where the source is",
		ArgsUsage: "[-- FLAGS of the benchmark]",
		Description: `Runs the benchmark of the source tree that the working directory is in. It builds the
peers that it can (NumPy, scikit-learn, OpenMP, …) and names those that it cannot.

   git clone https://github.com/nogil-go/nogil && cd nogil
   nogil bench -- -quick
   nogil bench -- -run 'colsum|enet' -threads 1,2`,
		Action: a.action(a.bench),
	}
}

func (a *app) bench(ctx context.Context, c *cli.Command) error {
	dir, ok := benchSource()
	if !ok {
		return fmt.Errorf(`the source of the benchmark is not here. Get it, and run nogil bench in it:
   git clone https://github.com/nogil-go/nogil && cd nogil && nogil bench`)
	}
	args := append([]string{"-C", dir, "run", "."}, c.Args().Slice()...)
	if a.json {
		fmt.Fprintln(a.err, "bench writes its JSON to", filepath.Join(dir, "results"))
	}
	run := exec.CommandContext(ctx, "go", args...)
	run.Stdin, run.Stdout, run.Stderr = a.in, a.out, a.err
	run.Cancel = func() error { return run.Process.Signal(os.Interrupt) }
	if err := run.Run(); err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return fmt.Errorf("go %s: %w", strings.Join(args, " "), err)
	}
	return nil
}

// benchSource finds the folder bench of this module in the working directory or above it.
func benchSource() (string, bool) {
	dir, err := os.Getwd()
	if err != nil {
		return "", false
	}
	for {
		bench := filepath.Join(dir, "bench")
		text, err := os.ReadFile(filepath.Join(bench, "go.mod"))
		if err == nil && strings.HasPrefix(string(text), "module github.com/nogil-go/nogil/bench\n") {
			return bench, true
		}
		if dir == filepath.Dir(dir) {
			return "", false
		}
		dir = filepath.Dir(dir)
	}
}
