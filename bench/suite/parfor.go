// The parfor suite: what a parallel loop itself costs, by the constructs of EPCC's OpenMP
// microbenchmarks (J. M. Bull, "Measuring Synchronisation and Scheduling Overheads in
// OpenMP", EWOMP 1999), beside OpenMP and other Go libraries. The bodies only pass time,
// the same time everywhere: each worker finds out by itself how long its loop of additions
// must be. Command epcc takes the same things apart further.

package suite

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/alitto/pond/v2"
	"golang.org/x/sync/errgroup"

	"github.com/nogil-go/nogil/parfor"
)

// Parfor is the suite of the loops themselves.
const Parfor = "parfor"

// Constructs, as peers/loops.h numbers them.
const (
	constructRegion = iota
	constructBarrier
	constructReduction
	constructOrdered
	constructStatic
	constructStatic1
	constructDynamic1
	constructGuided1
)

const (
	// perRun is how many barriers and ordered iterations one run has.
	perRun = 100
	// perThread is EPCC's number of iterations a thread in the tests of schedules.
	perThread = 128
)

// parforLoads lists the workloads.
func parforLoads() []entry {
	var loads []entry
	add := func(name, shape string, construct int, delay float64, units int) {
		loads = append(loads, entry{name, func(b *bench) (*workload, error) {
			return b.construct(name, shape, construct, delay, units)
		}})
	}
	for _, r := range []struct {
		name  string
		delay float64
	}{{"100 ns", 1e-7}, {"2 µs", 2e-6}, {"10 µs", 1e-5}, {"100 µs", 1e-4}} {
		add("region-"+asciiName(r.name), "a region with a body of "+r.name+" on each thread", constructRegion, r.delay, 1)
	}
	add("barrier", "a body of 0.1 µs and a barrier", constructBarrier, 1e-7, perRun)
	add("reduction", "a region with a body of 0.1 µs on each thread, and their sum", constructReduction, 1e-7, 1)
	add("ordered", "an ordered iteration of 0.1 µs", constructOrdered, 1e-7, perRun)
	for _, s := range []struct {
		name      string
		construct int
	}{{"static", constructStatic}, {"static-1", constructStatic1}, {"dynamic-1", constructDynamic1}, {"guided-1", constructGuided1}} {
		add("for-"+s.name, fmt.Sprintf("%d iterations of 0.1 µs a thread", perThread), s.construct, 1e-7, 1)
	}
	return loads
}

// asciiName makes a name of a duration.
func asciiName(d string) string {
	name := ""
	for _, c := range d {
		switch c {
		case ' ':
		case 'µ':
			name += "u"
		default:
			name += string(c)
		}
	}
	return name
}

// construct is the workload of one of them. Its answer says how many bodies have run.
func (b *bench) construct(name, shape string, construct int, delay float64, units int) (*workload, error) {
	w := &workload{
		name: name, shape: shape, units: float64(units), unit: map[bool]string{true: "loop", false: "turn"}[units == 1],
		params: map[string]float64{"construct": float64(construct), "delay": delay},
		notes:  []string{"a loop that costs nothing would take its bodies' time; each worker measures how long a body of it is"},
	}
	w.check = func(got []float64, _ map[string]float64) error {
		if len(got) != 2 || got[0] != got[1] {
			return fmt.Errorf("bodies run and wanted are %v", got)
		}
		return nil
	}
	w.plain(b.threads, contender{who: "nogil parfor", task: "construct", base: true})
	for _, p := range nativePeers[:2] {
		w.each(b.threads, contender{who: p.name, program: b.tools.nativePeer(p.name, "construct", fmt.Sprint(construct), fmt.Sprint(delay))})
	}
	if construct != constructRegion {
		return w, nil
	}
	for i, l := range regionLibraries {
		w.each(b.threads, contender{who: l.name, program: libraryPeer(l.name), task: "region", params: map[string]float64{"library": float64(i)}})
	}
	return w, nil
}

// passTime adds length floats one after the other, as EPCC's delay does.
//
//go:noinline
func passTime(length int) float32 {
	a := float32(0)
	for i := range length {
		a += float32(i)
	}
	return a
}

var timeSink float32

// delayLength is the length that takes so many seconds.
var delayLength = sync.OnceValue(func() func(seconds float64) int {
	const length = 100000
	best := time.Hour
	for range 50 {
		start := time.Now()
		timeSink = passTime(length)
		best = min(best, time.Since(start))
	}
	return func(seconds float64) int { return int(seconds/best.Seconds()*length + 0.5) }
})

// A padded count of bodies, in a cache line of its own.
type bodyCount struct {
	n int
	_ [120]byte
}

// bodies counts and passes time; each slot belongs to one thread or part.
type bodies struct {
	length int
	counts []bodyCount
	wanted int
}

func (b *bodies) run(slot, times int) {
	for range times {
		if passTime(b.length) < 0 {
			panic("bench: a negative sum")
		}
	}
	b.counts[slot].n += times
}

func (b *bodies) answer() []float64 {
	sum := 0
	for i := range b.counts {
		sum += b.counts[i].n
	}
	return []float64{float64(sum), float64(b.wanted)}
}

func newBodies(r request) *bodies {
	return &bodies{length: delayLength()(r.Params["delay"]), counts: make([]bodyCount, max(r.Threads, 1))}
}

// constructTask is parfor's side.
func constructTask(_ *goWorker, r request) (job, error) {
	b, l, threads := newBodies(r), r.loop(), r.Threads
	l.Schedule = parfor.Static(0)
	var run func()
	per := threads
	switch int(r.Params["construct"]) {
	case constructRegion:
		run = func() { l.ForThread(threads, func(t, lo, hi int) { b.run(t, hi-lo) }) }
	case constructBarrier:
		per = threads * perRun
		run = func() {
			l.Team(func(m *parfor.Member) {
				for range perRun {
					b.run(m.Thread(), 1)
					m.Barrier()
				}
			})
		}
	case constructReduction:
		run = func() {
			parfor.Reduce(l, threads, func(lo, hi int) int { b.run(lo, hi-lo); return hi - lo }, func(x, y int) int { return x + y })
		}
	case constructOrdered:
		per = perRun
		run = func() { l.ForOrdered(perRun, func(_ int, ordered func(func())) { ordered(func() { b.run(0, 1) }) }) }
	default:
		schedules := []parfor.Schedule{parfor.Static(0), parfor.Static(1), parfor.Dynamic(1), parfor.Guided(1)}
		l.Schedule = schedules[int(r.Params["construct"])-constructStatic]
		per = perThread * threads
		run = func() { l.ForThread(per, func(t, lo, hi int) { b.run(t, hi-lo) }) }
	}
	return job{run: func() { run(); b.wanted += per }, answer: b.answer}, nil
}

// regionLibraries run one body on each of so many goroutines.
var regionLibraries = []struct {
	name string
	run  func(threads int, body func(i int))
}{
	{"WaitGroup", func(threads int, body func(i int)) {
		var wg sync.WaitGroup
		for i := range threads {
			wg.Go(func() { body(i) })
		}
		wg.Wait()
	}},
	{"errgroup", func(threads int, body func(i int)) {
		g, _ := errgroup.WithContext(context.Background())
		for i := range threads {
			g.Go(func() error { body(i); return nil })
		}
		if err := g.Wait(); err != nil {
			panic(err)
		}
	}},
	{"conc", func(threads int, body func(i int)) {
		goLibraries[0].loop(threads, threads, 1, func(lo, _ int) { body(lo) })
	}},
	{"pargo", func(threads int, body func(i int)) {
		goLibraries[1].loop(threads, threads, 1, func(lo, hi int) {
			for i := lo; i < hi; i++ {
				body(i)
			}
		})
	}},
	{"pond", func(threads int, body func(i int)) {
		g := pondPool().NewGroup()
		for i := range threads {
			g.Submit(func() { body(i) })
		}
		if err := g.Wait(); err != nil {
			panic(err)
		}
	}},
}

// pondPool is kept, as its users keep theirs.
var pondPool = sync.OnceValue(func() pond.Pool { return pond.NewPool(cores()) })

// regionTask is a library's side of a region.
func regionTask(_ *goWorker, r request) (job, error) {
	b, threads, l := newBodies(r), r.Threads, regionLibraries[int(r.Params["library"])]
	return job{
		run:    func() { l.run(threads, func(i int) { b.run(i, 1) }); b.wanted += threads },
		answer: b.answer,
	}, nil
}
