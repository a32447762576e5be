package parfor

// Parallel regions: a body that every thread runs, with the constructs that
// OpenMP offers within one.

import (
	"runtime"
	"sync"
	"sync/atomic"
)

// Team runs body once on each of l.NumThreads() goroutines at the same time
// (OpenMP's parallel directive) and returns when all have returned. Unlike a loop
// it starts all its members, so they may wait for each other. Within another
// loop or region, or while one runs elsewhere, it has one member. Grain and
// Schedule do not limit it; Schedule cuts the loops of [Member.For]. After a panic
// members that wait at a barrier end, and the panic of the member with the
// smallest number reaches the caller.
func (l Loop) Team(body func(m *Member)) {
	threads := l.NumThreads()
	cores := runtime.GOMAXPROCS(0)
	alone := threads == 1 || !shared.acquire()
	if alone {
		threads = 1
	}
	s := &region{threads: threads, cores: cores, barrier: newGate(), loop: l}
	s.loop.Schedule = l.Schedule.resolve()
	s.arrivals.Store(uint64(threads) << 32)
	w := &work{n: threads, longest: 1, threads: threads, wakes: threads - 1, schedule: Static(1),
		threadBody: func(thread, _, _ int) { s.member(thread, body) }}
	if l.Trace != nil {
		w.watch = newWatch(Loop{Trace: l.Trace}, threads)
	}
	if alone {
		w.serial()
		return
	}
	shared.run(w, cores)
}

// region is what the members of one Team share.
type region struct {
	threads  int
	cores    int
	loop     Loop
	barrier  *gate         // counts the times that all have met
	arrivals atomic.Uint64 // members that have not returned, and below them those at the barrier

	mu         sync.Mutex
	constructs map[int]*construct
}

// construct is one Single or For that the members share, in the order in which
// each of them comes to it.
type construct struct {
	taken  atomic.Bool
	cursor atomic.Uint64
	passed int // members that are through with it
}

// Member is one goroutine of a region. Only that goroutine may use it.
type Member struct {
	region *region
	thread int
	passed int // constructs it has come to
}

// Thread is the member's number, in [0, Threads()).
func (m *Member) Thread() int { return m.thread }

// Threads is how many members the region has.
func (m *Member) Threads() int { return m.region.threads }

// member runs body as one member.
func (s *region) member(thread int, body func(m *Member)) {
	returned := false
	defer func() {
		if !returned { // no barrier may open without this member: those who wait end
			s.barrier.fail(-1)
		}
	}()
	body(&Member{region: s, thread: thread})
	returned = true
	s.depart()
}

// Barrier returns when every member that has not returned has called it.
func (m *Member) Barrier() {
	s := m.region
	met := s.barrier.value.Load() // it cannot change before this member arrives
	for {
		a := s.arrivals.Load()
		here := uint32(a) + 1
		if here == uint32(a>>32) {
			if s.arrivals.CompareAndSwap(a, a>>32<<32) {
				s.barrier.set(met + 1)
				return
			}
		} else if s.arrivals.CompareAndSwap(a, a+1) {
			break
		}
	}
	s.barrier.await(s.cores, int64(m.thread), func(value int64) bool { return value != met })
}

// depart takes a member that has returned out of the count, so that the others
// do not wait for it.
func (s *region) depart() {
	for {
		a := s.arrivals.Load()
		members, here := uint32(a>>32)-1, uint32(a)
		if here == members && here > 0 {
			met := s.barrier.value.Load()
			if s.arrivals.CompareAndSwap(a, uint64(members)<<32) {
				s.barrier.set(met + 1)
				return
			}
		} else if s.arrivals.CompareAndSwap(a, uint64(members)<<32|uint64(here)) {
			return
		}
	}
}

// enter returns the construct that the member has come to.
func (m *Member) enter() *construct {
	s := m.region
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.constructs[m.passed]
	if c == nil {
		if s.constructs == nil {
			s.constructs = make(map[int]*construct)
		}
		c = &construct{}
		s.constructs[m.passed] = c
	}
	m.passed++
	if c.passed++; c.passed == s.threads {
		delete(s.constructs, m.passed-1) // every member has its pointer
	}
	return c
}

// Single runs f on the member that comes first; all members wait until it has
// returned (OpenMP's single). Every member must come to it.
func (m *Member) Single(f func()) {
	if m.enter().taken.CompareAndSwap(false, true) {
		f()
	}
	m.Barrier()
}

// For shares [0, n) among the members, cut by the Schedule of the region's Loop,
// where Auto means Static(0). It is OpenMP's for with nowait: a member goes on when
// no chunk is left for it; Barrier waits for the others. Every member must come to
// it with the same n. It panics if n is negative.
func (m *Member) For(n int, body func(lo, hi int)) {
	if n < 0 {
		panic("parfor: Member.For: negative n")
	}
	c := m.enter()
	threads, s := m.region.threads, m.region.loop.Schedule
	if s.kind == auto || s.kind == static {
		m.static(n, s.chunk, body)
		return
	}
	r := rounds{n: n, threads: threads, least: s.chunk, ratio: s.ratio}
	for {
		lo, hi, ok := c.claim(s, &r)
		if !ok {
			return
		}
		body(lo, hi)
	}
}

// static runs the member's share under Static, which needs no claims.
func (m *Member) static(n, chunk int, body func(lo, hi int)) {
	threads := m.region.threads
	if chunk == 0 {
		if lo, hi := share(n, threads, m.thread); lo < hi {
			body(lo, hi)
		}
		return
	}
	for k := uint64(m.thread); k < Static(chunk).chunks(n); k += uint64(threads) {
		body(piece(n, chunk, k))
	}
}

// claim takes the next chunk of a loop whose chunks go to whoever is free.
func (c *construct) claim(s Schedule, r *rounds) (lo, hi int, ok bool) {
	switch s.kind {
	case dynamic:
		k := c.cursor.Add(1) - 1
		if k >= s.chunks(r.n) {
			return 0, 0, false
		}
		lo, hi = piece(r.n, s.chunk, k)
		return lo, hi, true
	case guidedRatio:
		return r.chunk(c.cursor.Add(1) - 1)
	}
	for {
		start := c.cursor.Load()
		lo := int(start)
		if lo >= r.n {
			return 0, 0, false
		}
		hi := lo + guidedLen(r.n-lo, r.threads, s.chunk)
		if c.cursor.CompareAndSwap(start, uint64(hi)) {
			return lo, hi, true
		}
	}
}
