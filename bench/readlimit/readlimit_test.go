package readlimit

import "testing"

// Every word must be read once, whatever the length leaves over.
func TestSum(t *testing.T) {
	for _, n := range []int{0, 1, 7, 8, 31, 32, 33, 63, 1000, 4099} {
		a, want := make([]uint64, n), uint64(0)
		for i := range a {
			a[i] = uint64(i)*0x9e3779b97f4a7c15 + 1
			want += a[i]
		}
		for threads := 1; threads <= 3; threads++ {
			if got := Sum(a, threads); got != want {
				t.Errorf("Sum of %d words by %d goroutines = %d, want %d", n, threads, got, want)
			}
		}
		if got := readGo(a); got != want {
			t.Errorf("readGo of %d words = %d, want %d", n, got, want)
		}
	}
}
