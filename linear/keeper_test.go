package linear

import (
	"testing"
	"testing/synctest"
	"time"
)

// What is kept is lent once, and let go ten seconds after it was last kept.
func TestKeeper(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var s keeper[int]
		one, two := 1, 2
		if s.take() != nil {
			t.Fatal("something from nothing")
		}
		s.keep(&one)
		time.Sleep(keptFor / 2)
		s.keep(&two)
		time.Sleep(keptFor * 3 / 4)
		if got := s.take(); got != &two {
			t.Fatalf("%v is kept, want the last", got)
		}
		if s.take() != nil {
			t.Fatal("lent twice")
		}
		s.keep(&one)
		time.Sleep(keptFor + time.Second)
		if s.take() != nil {
			t.Fatal("kept for ever")
		}
	})
}
