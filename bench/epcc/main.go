// Command epcc measures what a parallel loop costs under parfor, libgomp
// and four Go libraries, by the method of EPCC's OpenMP microbenchmarks: bodies
// that only pass time, 20 outer repetitions, and the serial time taken off. The
// OpenMP twin (omp/epcc.c) is built with gcc and runs between the rounds of the
// Go side, so that both see the same machine.
//
//	go run ./epcc [-threads 2] [-rounds 3]
//
// On a machine that does other work, chrt -f 50 before the command keeps that out.
package main

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"text/tabwriter"

	"github.com/nogil-go/nogil/parfor"
)

// outer is EPCC's number of repetitions of each test, in each round.
const outer = 20

func main() {
	threads := flag.Int("threads", parfor.Loop{}.NumThreads(), "threads of each region")
	rounds := flag.Int("rounds", 3, "rounds of 20 repetitions, OpenMP and Go in turn")
	only := flag.String("only", "", "run one part: epcc, auto, balance, load or idle")
	svg := flag.String("svg", "", "write the timeline of the balance part to this file, and do nothing else")
	flag.Parse()
	if *svg != "" {
		if err := timeline(*threads, *svg); err != nil {
			fmt.Fprintln(os.Stderr, "epcc:", err)
			os.Exit(1)
		}
		return
	}
	if err := run(*threads, *rounds, *only); err != nil {
		fmt.Fprintln(os.Stderr, "epcc:", err)
		os.Exit(1)
	}
}

func run(threads, rounds int, only string) error {
	parts := []struct {
		name string
		run  func(threads, rounds int) error
	}{
		{"epcc", epcc}, {"auto", auto}, {"balance", balance}, {"load", load}, {"idle", idle},
	}
	for _, p := range parts {
		if only != "" && only != p.name {
			continue
		}
		if err := p.run(threads, rounds); err != nil {
			return fmt.Errorf("%s: %w", p.name, err)
		}
	}
	return nil
}

// samples are the nanoseconds of each test, by name.
type samples map[string][]float64

// quantile returns the q-quantile of a test, or 0 without samples.
func (s samples) quantile(name string, q float64) float64 {
	x := slices.Sorted(slices.Values(s[name]))
	if len(x) == 0 {
		return 0
	}
	return x[min(int(q*float64(len(x))), len(x)-1)]
}

// median returns that of a test.
func (s samples) median(name string) float64 { return s.quantile(name, 0.5) }

// table returns a writer that aligns columns to the right.
func table() *tabwriter.Writer {
	return tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
}
