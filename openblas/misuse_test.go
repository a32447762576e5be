package openblas

import "testing"

func TestSetThreadsPanics(t *testing.T) {
	for _, n := range []int{0, -1} {
		func() {
			defer func() {
				if got, want := recover(), "openblas: SetThreads: n < 1"; got != want {
					t.Errorf("SetThreads(%d) panics with %v, want %q", n, got, want)
				}
			}()
			SetThreads(n)
		}()
	}
}
