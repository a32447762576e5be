package linear

import (
	"sync"
	"time"
)

// keptFor is how long what a run leaves is kept for the next.
const keptFor = 10 * time.Second

// A keeper keeps the work space of the last run for the next one. A sync.Pool loses it with the
// second garbage collection, and pages that are touched for the first time cost a cross-validation
// of 40 ms another 8. What nobody has asked for in ten seconds is let go.
type keeper[T any] struct {
	mu    sync.Mutex
	item  *T
	times int // that one was kept
}

// take returns what is kept, for the caller alone, or nil.
func (s *keeper[T]) take() *T {
	s.mu.Lock()
	defer s.mu.Unlock()
	item := s.item
	s.item = nil
	return item
}

// keep keeps item in place of what there was.
func (s *keeper[T]) keep(item *T) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.item = item
	s.times++
	now := s.times
	time.AfterFunc(keptFor, func() { // a timer of each call's own: one of a testing/synctest bubble cannot be reset elsewhere
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.times == now {
			s.item = nil
		}
	})
}
