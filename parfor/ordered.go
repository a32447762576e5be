package parfor

// Loops with a part that runs in the order of the indices.

import "runtime"

// ForOrdered calls body(i, ordered) for each i in [0, n). The function that a body
// passes to ordered runs after those of all smaller i and before those of all
// larger (OpenMP's ordered clause and directive); the rest of the bodies runs in
// parallel. A body may leave ordered out, and must not call it twice. Chunks are
// claimed in the order of the indices whatever the schedule, so Static(c) acts as
// Dynamic(c), and Auto as Dynamic(1). Where a body panics, bodies that wait for
// their turn end. It panics if n is negative.
func (l Loop) ForOrdered(n int, body func(i int, ordered func(func()))) {
	if n < 0 {
		panic("parfor: ForOrdered: negative n")
	}
	l.Schedule = l.Schedule.resolve()
	if k := l.Schedule.kind; k == auto || k == static {
		l.Schedule = Dynamic(l.Schedule.chunk)
	}
	turn := newGate()
	cores := runtime.GOMAXPROCS(0)
	l.For(n, func(lo, hi int) {
		s := sequence{turn: turn, cores: cores}
		whole := false
		defer func() {
			if !whole {
				turn.fail(int64(s.i))
			}
		}()
		ordered := s.run
		for s.i = lo; s.i < hi; s.i++ {
			s.called = false
			body(s.i, ordered)
			s.pass()
		}
		whole = true
	})
}

// sequence is the place of one chunk in the order.
type sequence struct {
	turn   *gate
	cores  int
	i      int
	called bool
}

// run runs f in its turn.
func (s *sequence) run(f func()) {
	if s.called {
		panic("parfor: ForOrdered: ordered called twice in one iteration")
	}
	s.called = true
	s.await()
	f()
	s.turn.set(int64(s.i) + 1)
}

// pass gives the turn on where the body has not.
func (s *sequence) pass() {
	if !s.called {
		s.await()
		s.turn.set(int64(s.i) + 1)
	}
}

func (s *sequence) await() {
	s.turn.await(s.cores, int64(s.i), func(value int64) bool { return value == int64(s.i) })
}
