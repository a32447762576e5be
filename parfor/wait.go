package parfor

// Waiting for another participant of the same loop: awake at first, then asleep.

import (
	"math"
	"sync"
	"sync/atomic"
)

// gate is a counter that goroutines wait on. Once participant k has failed,
// participants after k wait no more: what they wait for will not come.
type gate struct {
	value    atomic.Int64
	failed   atomic.Int64 // the first participant that failed
	sleepers atomic.Int32
	mu       sync.Mutex
	moved    sync.Cond
}

// abandoned is the panic that unwinds a participant whose loop has failed
// elsewhere. It never reaches the caller.
type abandoned struct{}

func newGate() *gate {
	g := &gate{}
	g.failed.Store(math.MaxInt64)
	g.moved.L = &g.mu
	return g
}

// await returns when the value satisfies ready, and panics if a participant
// before the given one has failed.
func (g *gate) await(cores int, participant int64, ready func(value int64) bool) {
	if ready(g.value.Load()) {
		return
	}
	if cores > 1 {
		start := now()
		for look := 1; look < maxLooks; look++ {
			if ready(g.value.Load()) {
				return
			}
			pause(pausesPerLook)
			if look%looksPerClock == 0 && now()-start > spinFor {
				break
			}
		}
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.sleepers.Add(1)
	defer g.sleepers.Add(-1)
	for !ready(g.value.Load()) {
		if g.failed.Load() < participant {
			panic(abandoned{})
		}
		g.moved.Wait()
	}
}

// set moves the value and wakes those who sleep.
func (g *gate) set(value int64) {
	g.value.Store(value)
	g.wakeAll()
}

// fail notes that a participant failed.
func (g *gate) fail(participant int64) {
	for {
		first := g.failed.Load()
		if first <= participant || g.failed.CompareAndSwap(first, participant) {
			break
		}
	}
	g.wakeAll()
}

// wakeAll wakes the sleepers. One that was about to sleep has counted itself
// under the lock before its last look at the value.
func (g *gate) wakeAll() {
	if g.sleepers.Load() == 0 {
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.moved.Broadcast()
}
