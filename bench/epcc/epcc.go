package main

// EPCC's constructs, and regions of longer bodies, beside libgomp and Go peers.

import (
	"context"
	"fmt"
	"sync"

	"github.com/alitto/pond/v2"
	"github.com/exascience/pargo/parallel"
	"github.com/nogil-go/nogil/parfor"
	"github.com/sourcegraph/conc"
	"golang.org/x/sync/errgroup"
)

// perThread is EPCC's number of iterations a thread in its schedule tests.
const perThread = 128

// bodies are the delays of the region tests.
var bodies = []struct {
	name string
	ns   float64
}{{"100ns", 100}, {"2us", 2e3}, {"10us", 10e3}, {"100us", 100e3}}

// test is one thing to time.
type test struct {
	name string
	run  func(inner int)
}

// tests returns all that the Go side times.
func tests(threads int) []test {
	var all []test
	for _, b := range bodies {
		length := calibrate(b.ns)
		all = append(all, test{"delay-" + b.name, func(inner int) {
			for range inner {
				sink = delay(length)
			}
		}})
		all = append(all, regions(threads, b.name, length)...)
	}
	return append(all, constructs(threads, calibrate(100))...)
}

// regions run one body on each thread, by parfor and by its peers.
func regions(threads int, name string, length int) []test {
	each := func(lo, hi int) {
		for range hi - lo {
			if delay(length) < 0 {
				panic("negative")
			}
		}
	}
	l := parfor.Loop{Threads: threads, Schedule: parfor.Static(0)}
	pool := pond.NewPool(threads)
	one := func() { each(0, 1) }
	peers := []test{
		{"parfor", func(int) { l.For(threads, each) }},
		{"WaitGroup", func(int) {
			var wg sync.WaitGroup
			for range threads {
				wg.Go(one)
			}
			wg.Wait()
		}},
		{"errgroup", func(int) {
			g, _ := errgroup.WithContext(context.Background())
			for range threads {
				g.Go(func() error { one(); return nil })
			}
			if err := g.Wait(); err != nil {
				panic(err)
			}
		}},
		{"conc", func(int) {
			var wg conc.WaitGroup
			for range threads {
				wg.Go(one)
			}
			wg.Wait()
		}},
		{"pargo", func(int) { parallel.Range(0, threads, threads, each) }},
		{"pond", func(int) {
			g := pool.NewGroup()
			for range threads {
				g.Submit(one)
			}
			if err := g.Wait(); err != nil {
				panic(err)
			}
		}},
	}
	var out []test
	for _, p := range peers {
		out = append(out, test{"region-" + name + " " + p.name, func(inner int) {
			for range inner {
				p.run(1)
			}
		}})
	}
	return out
}

// constructs are EPCC's, with a delay of 0.1 µs.
func constructs(threads, length int) []test {
	pass := func(lo, hi int) {
		for range hi - lo {
			if delay(length) < 0 {
				panic("negative")
			}
		}
	}
	l := parfor.Loop{Threads: threads, Schedule: parfor.Static(0)}
	out := []test{
		{"barrier", func(inner int) {
			l.Team(func(m *parfor.Member) {
				for range inner {
					pass(0, 1)
					m.Barrier()
				}
			})
		}},
		{"reduction", func(inner int) {
			for range inner {
				parfor.Reduce(l, threads,
					func(lo, hi int) int { pass(lo, hi); return hi - lo },
					func(a, b int) int { return a + b })
			}
		}},
		{"ordered", func(inner int) {
			l.ForOrdered(inner, func(i int, ordered func(func())) { ordered(func() { pass(0, 1) }) })
		}},
	}
	for name, s := range map[string]parfor.Schedule{
		"static": parfor.Static(0), "static,1": parfor.Static(1), "static,8": parfor.Static(8),
		"dynamic,1": parfor.Dynamic(1), "dynamic,8": parfor.Dynamic(8),
		"guided,1": parfor.Guided(1), "guided,8": parfor.Guided(8),
	} {
		l := parfor.Loop{Threads: threads, Schedule: s}
		out = append(out, test{name, func(inner int) {
			for range inner {
				l.For(perThread*threads, pass)
			}
		}})
	}
	return out
}

// epcc runs both sides in turn and prints them.
func epcc(threads, rounds int) error {
	gomp, err := buildGomp()
	if err != nil {
		return err
	}
	defer gomp.remove()
	all := tests(threads)
	ours, spinning, passive := samples{}, samples{}, samples{}
	for range rounds {
		if err := gomp.run(threads, "", spinning); err != nil {
			return err
		}
		for _, t := range all {
			t.run(100) // wakes what is parked, as the first outer repetition of EPCC
			for range outer {
				ours[t.name] = append(ours[t.name], measure(t.run))
			}
		}
	}
	if err := gomp.run(threads, "PASSIVE", passive); err != nil {
		return err
	}
	printRegions(threads, ours, spinning, passive)
	printConstructs(ours, spinning, passive)
	return nil
}

// printRegions prints the time of a region less one body.
func printRegions(threads int, ours, spinning, passive samples) {
	fmt.Printf("\nA region of %d equal bodies on %d threads, less one body: median µs [lower decile]\n", threads, threads)
	w := table()
	fmt.Fprintln(w, "body\tlibgomp\tlibgomp passive\tparfor\tWaitGroup\terrgroup\tconc\tpargo\tpond\tparfor ÷ libgomp\tparfor ÷ serial\t")
	for _, b := range bodies {
		less := func(s samples, name string) string {
			d := s.median("delay-" + b.name)
			return fmt.Sprintf("%.2f [%.2f]", (s.median(name)-d)/1e3, (s.quantile(name, 0.1)-d)/1e3)
		}
		region := "region-" + b.name
		fmt.Fprintf(w, "%s\t%s\t%s\t", b.name, less(spinning, region), less(passive, region))
		for _, p := range []string{"parfor", "WaitGroup", "errgroup", "conc", "pargo", "pond"} {
			fmt.Fprintf(w, "%s\t", less(ours, region+" "+p))
		}
		mine, serial := ours.median(region+" parfor"), ours.median("delay-"+b.name)
		fmt.Fprintf(w, "%.2f\t%.2f\t\n",
			(mine-serial)/(spinning.median(region)-spinning.median("delay-"+b.name)), mine/(serial*float64(threads)))
	}
	w.Flush()
}

// printConstructs prints EPCC's overheads.
func printConstructs(ours, spinning, passive samples) {
	fmt.Println("\nEPCC overhead of a construct with a delay of 0.1 µs: median µs")
	w := table()
	fmt.Fprintln(w, "construct\tlibgomp\tlibgomp passive\tparfor\t")
	for _, name := range []string{"barrier", "reduction", "ordered", "static", "static,1", "static,8", "dynamic,1", "dynamic,8", "guided,1", "guided,8"} {
		repeats := 1.0
		if name != "barrier" && name != "reduction" && name != "ordered" {
			repeats = perThread
		}
		less := func(s samples) float64 { return (s.median(name) - repeats*s.median("delay-100ns")) / 1e3 }
		fmt.Fprintf(w, "%s\t%.2f\t%.2f\t%.2f\t\n", name, less(spinning), less(passive), less(ours))
	}
	w.Flush()
}
