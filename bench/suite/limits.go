// The machine's own limits, measured before the workloads and again after them by a
// worker like any other, so that every kernel can be held against the machine that it
// ran on, and a machine that changed meanwhile is found out.

package suite

import (
	"context"
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"time"

	"github.com/klauspost/cpuid/v2"

	"github.com/nogil-go/nogil/bench/limits"
	"github.com/nogil-go/nogil/simd"
)

// A Limit is one thing that the machine can do.
type Limit struct {
	Name    string    `json:"name"`
	Unit    string    `json:"unit"`
	Threads int       `json:"threads"`
	Value   float64   `json:"value"` // the best of all measurements
	Before  []float64 `json:"before"`
	After   []float64 `json:"after,omitempty"`
}

// Names of limits; those of reading are in the order of their distance.
const (
	readL1     = "read L1"
	readL2     = "read L2"
	readL3     = "read L3"
	readMemory = "read memory"
	peakFlops  = "multiply-add"
	callC      = "call C"
	wakeThread = "wake a goroutine"
)

// driftLimit is how far a limit may have moved over the run before it is said.
const driftLimit = 0.1

// drift is how far the median after the run lies from that before, relatively.
func (l *Limit) drift() float64 {
	if len(l.Before) == 0 || len(l.After) == 0 {
		return 0
	}
	return median(l.After)/median(l.Before) - 1
}

// limitTask measures one limit; its value is in the info.
func limitTask(_ *goWorker, r request) (job, error) {
	value := 0.0
	threads, size, during := r.Threads, int(r.Params["size"]), time.Duration(r.Params["during"]*float64(time.Second))
	level := limits.Portable
	switch simd.Active().String() {
	case "avx2":
		level = limits.AVX2
	case "avx512":
		level = limits.AVX512
	}
	kinds := []func() float64{
		func() float64 { return limits.Read(level, threads, size, during, true) },
		func() float64 { return limits.Read(level, threads, size, during, false) },
		func() float64 { return limits.Flops(level, threads, during) },
		limits.Call,
		limits.Wake,
	}
	kind := int(r.Params["kind"])
	if kind < 0 || kind >= len(kinds) {
		return job{}, fmt.Errorf("no limit of kind %d", kind)
	}
	return job{
		run:    func() { value = kinds[kind]() },
		answer: func() []float64 { return []float64{value} },
	}, nil
}

// A gauge is how a limit is measured.
type gauge struct {
	name, unit string
	kind, size int // as limitTask numbers them; the block of a thread in bytes
	once       bool
	threads    []int
}

// gauges lists them. A block for a cache is half of what a thread has of it, so that it
// fits beside what else is there; one for the memory is far larger than the caches that
// a virtual machine truly has.
func (b *bench) gauges() []gauge {
	cache := cpuid.CPU.Cache
	memory := int(min(512<<20, availableMemory()/8))
	if b.quick {
		memory = 8 << 20
	}
	var list []gauge
	add := func(name string, kind, size int, threads ...int) {
		if size > 0 {
			list = append(list, gauge{name: name, unit: "B/s", kind: kind, size: size, threads: threads})
		}
	}
	for _, t := range b.threads {
		add(readL1, 0, cache.L1D/2, t)
		add(readL2, 0, cache.L2/2, t)
		if cache.L3 > 2*cache.L2 {
			add(readL3, 0, min(4*cache.L2, cache.L3/2/t), t)
		}
		add(readMemory, 1, memory/t, t)
		list = append(list, gauge{name: peakFlops, unit: "flop/s", kind: 2, threads: []int{t}})
	}
	return append(list,
		gauge{name: callC, unit: "s", kind: 3, threads: []int{1}},
		gauge{name: wakeThread, unit: "s", kind: 4, threads: []int{1}})
}

// measureLimits takes some measurements of every limit and adds them to what there is.
func (b *bench) measureLimits(ctx context.Context, have []Limit) ([]Limit, error) {
	worker, err := start(ctx, goPeer(""))
	if err != nil {
		return have, err
	}
	defer worker.stop()
	answer := filepath.Join(b.scratch.dirs[len(b.scratch.dirs)-1], "limit.npy")
	times, during := 3, 0.02
	if b.quick {
		times, during = 1, 0.001
	}
	after := len(have) > 0
	list := slices.Clone(have)
	for i, g := range b.gauges() {
		var samples []float64
		for range times {
			params := map[string]float64{"kind": float64(g.kind), "size": float64(g.size), "during": during}
			if _, err := worker.do(ctx, request{Task: "limit", Threads: g.threads[0], Inner: 1, Params: params, Answer: answer}); err != nil {
				return have, err
			}
			got, err := loadVector(answer)
			if err != nil {
				return have, err
			}
			samples = append(samples, got[0])
		}
		if after {
			list[i].After = samples
		} else {
			list = append(list, Limit{Name: g.name, Unit: g.unit, Threads: g.threads[0], Before: samples})
		}
		l := &list[i]
		l.Value = slices.Max(slices.Concat(l.Before, l.After))
		if l.Unit == "s" {
			l.Value = slices.Min(slices.Concat(l.Before, l.After))
		}
	}
	return list, nil
}

// limitOf finds a limit; zero where there is none.
func (r *Report) limitOf(name string, threads int) float64 {
	for _, l := range r.Limits {
		if l.Name == name && l.Threads == threads {
			return l.Value
		}
	}
	return 0
}

// nearest is the name of the limit of reading a footprint of so many bytes with so many
// threads: that of the nearest memory that holds it.
func (m *Machine) nearest(footprint float64, threads int) string {
	switch t := float64(threads); {
	case footprint <= t*float64(m.L1D):
		return readL1
	case footprint <= t*float64(m.L2):
		return readL2
	case footprint <= float64(m.L3)/8: // a share of it, where machines share it
		return readL3
	}
	return readMemory
}

// fillRoofs computes each row's share of the roofline: of the smaller of the peak of
// multiply-adds and of intensity × read speed (Williams, Waterman, Patterson,
// "Roofline", CACM 52, 2009).
func (r *Report) fillRoofs() {
	for i := range r.Workloads {
		for k := range r.Workloads[i].Rows {
			row := &r.Workloads[i].Rows[k]
			if row.Status != ok || row.Limit || row.Flops == 0 || row.Bytes == 0 {
				continue
			}
			threads := row.Threads
			if row.Serial {
				threads = 1
			}
			row.Level = r.Machine.nearest(row.Footprint, threads)
			read, peak := r.limitOf(row.Level, threads), r.limitOf(peakFlops, threads)
			if roof := math.Min(peak, row.Flops/row.Bytes*read); roof > 0 {
				row.OfRoof = row.Flops / row.Median / roof
			}
		}
	}
}
