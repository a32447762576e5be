package main

// What Auto costs where it must stay serial, how even the schedules are, what a
// busy machine does, and what an idle team burns.

import (
	"fmt"
	"math"
	"os"
	"os/exec"
	"syscall"
	"time"

	"github.com/nogil-go/nogil/parfor"
)

var roots [10]float64

// auto compares loops that are too short to share, and loops that no second
// thread may join, with the plain loop.
func auto(threads, rounds int) error {
	s := samples{}
	l := parfor.Loop{}
	plain := func(lo, hi int) {
		for i := lo; i < hi; i++ {
			roots[i] = math.Sqrt(float64(i * i))
		}
	}
	all := []test{
		{"ten roots plain", func(inner int) {
			for range inner {
				plain(0, len(roots))
			}
		}},
		{"ten roots Auto", func(inner int) {
			for range inner {
				l.For(len(roots), plain)
			}
		}},
	}
	lengths := []float64{10e3, 30e3, 100e3, 1000e3}
	for _, ns := range lengths {
		length := calibrate(ns / 100)
		hundred := func(lo, hi int) {
			for range hi - lo {
				if delay(length) < 0 {
					panic("negative")
				}
			}
		}
		name := fmt.Sprintf("%.0fus", ns/1e3)
		all = append(all,
			test{name + " plain", func(inner int) {
				for range inner {
					hundred(0, 100)
				}
			}},
			test{name + " Auto", func(inner int) {
				for range inner {
					l.For(100, hundred)
				}
			}},
			test{name + " Auto nested", func(inner int) {
				parfor.Loop{Threads: 2, Schedule: parfor.Static(0)}.For(2, func(lo, _ int) {
					for range inner {
						if lo == 0 {
							l.For(100, hundred)
						}
					}
				})
			}})
	}
	for range rounds * outer {
		for _, t := range all {
			t.run(10) // a burst's first loops, which pay for the wake, are not the steady state
			s[t.name] = append(s[t.name], measure(t.run))
		}
	}
	fmt.Printf("\nAuto on %d threads beside the plain loop: median ns\n", threads)
	w := table()
	fmt.Fprintln(w, "loop\tplain\tAuto\tAuto − plain\tAuto ÷ plain\tnested ÷ plain\t")
	for _, name := range []string{"ten roots", "10us", "30us", "100us", "1000us"} {
		p, a, n := s.median(name+" plain"), s.median(name+" Auto"), s.median(name+" Auto nested")
		fmt.Fprintf(w, "%s\t%.0f\t%.0f\t%.0f\t%.2f\t%.2f\t\n", name, p, a, a-p, a/p, n/p)
	}
	return w.Flush()
}

// balance times the divisor count of uneven integers under each schedule against
// an equal share of the serial time.
func balance(threads, rounds int) error {
	values, body := uneven()
	schedules := []parfor.Schedule{parfor.Static(0), parfor.Static(64), parfor.Dynamic(16), parfor.Guided(1), parfor.GuidedRatio(0.5, 1), parfor.Auto}
	s := samples{}
	timed := func(name string, f func()) {
		start := time.Now()
		f()
		s[name] = append(s[name], float64(time.Since(start)))
	}
	for range rounds * 5 {
		timed("serial", func() { body(0, len(values)) })
		for _, sched := range schedules {
			l := parfor.Loop{Threads: threads, Schedule: sched}
			timed(sched.String(), func() { l.For(len(values), body) })
		}
	}
	serial := s.median("serial")
	fmt.Printf("\nDivisors of %d integers whose cost grows, serial %.1f ms: time on %d threads ÷ an equal share\n", len(values), serial/1e6, threads)
	w := table()
	for _, sched := range schedules {
		fmt.Fprintf(w, "%v\t%.3f\t[best %.3f]\t\n", sched, s.median(sched.String())/serial*float64(threads), s.quantile(sched.String(), 0)/s.quantile("serial", 0)*float64(threads))
	}
	return w.Flush()
}

// uneven returns integers up to 1,000,000 in order, so that the cost of trial
// division grows along them, and the body that counts their divisors.
func uneven() ([]uint64, func(lo, hi int)) {
	values := make([]uint64, 20000)
	for i := range values {
		values[i] = uint64(i+1) * 50
	}
	counts := make([]uint16, len(values))
	return values, func(lo, hi int) {
		for i := lo; i < hi; i++ {
			counts[i] = divisors(values[i])
		}
	}
}

// timeline draws the uneven loop under Static, whose second half takes longer,
// and then under Guided.
func timeline(threads int, path string) error {
	values, body := uneven()
	var tr parfor.Trace
	for pass := range 2 {
		for _, s := range []parfor.Schedule{parfor.Static(0), parfor.Guided(1)} {
			l := parfor.Loop{Threads: threads, Schedule: s}
			if pass == 1 { // the first wakes the team
				l.Trace = &tr
			}
			l.For(len(values), body)
		}
	}
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	if err := tr.WriteSVG(f); err != nil {
		f.Close()
		return err
	}
	return f.Close()
}

// divisors counts by trial division to the square root.
func divisors(v uint64) uint16 {
	n := uint16(0)
	d := uint64(1)
	for ; d*d < v; d++ {
		if v%d == 0 {
			n += 2
		}
	}
	if d*d == v {
		n++
	}
	return n
}

// load times regions while another process keeps every core busy.
func load(threads, rounds int) error {
	var hogs []*exec.Cmd
	defer func() {
		for _, h := range hogs {
			h.Process.Kill()
			h.Wait()
		}
	}()
	for range threads {
		h := exec.Command("sh", "-c", "while :; do :; done")
		if err := h.Start(); err != nil {
			return err
		}
		hogs = append(hogs, h)
	}
	s := samples{}
	lengths := []float64{2e3, 10e3, 100e3}
	fmt.Printf("\nEvery core busy with another process: %d equal bodies, median µs\n", threads)
	w := table()
	fmt.Fprintln(w, "body\tserial\tparfor Static\tparfor Auto\tStatic ÷ serial\tAuto ÷ serial\t")
	for _, ns := range lengths {
		length := calibrate(ns)
		each := func(lo, hi int) {
			for range hi - lo {
				if delay(length) < 0 {
					panic("negative")
				}
			}
		}
		timed := func(name string, f func()) {
			start := time.Now()
			f()
			s[name] = append(s[name], float64(time.Since(start)))
		}
		clear(s)
		for range rounds * 300 {
			timed("serial", func() { each(0, threads) })
			timed("static", func() { parfor.Loop{Threads: threads, Schedule: parfor.Static(0)}.For(threads, each) })
			timed("auto", func() { parfor.Loop{Threads: threads}.For(threads, each) })
		}
		a, b, c := s.median("serial"), s.median("static"), s.median("auto")
		fmt.Fprintf(w, "%.0fus\t%.1f\t%.1f\t%.1f\t%.2f\t%.2f\t\n", ns/1e3, a/1e3, b/1e3, c/1e3, b/a, c/a)
	}
	return w.Flush()
}

// idle reports the CPU time of a second in which a warm team has nothing to do.
func idle(threads, _ int) error {
	parfor.Loop{Threads: threads, Schedule: parfor.Static(0)}.For(threads, func(lo, hi int) { time.Sleep(time.Millisecond) })
	time.Sleep(10 * time.Millisecond)
	before := cpuTime()
	time.Sleep(time.Second)
	fmt.Fprintf(os.Stdout, "\nCPU time of a parked team in one second: %v\n", cpuTime()-before)
	return nil
}

func cpuTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
