package kernels

import (
	"fmt"
	"testing"

	"github.com/nogil-go/nogil/parfor"
)

// plainTable adds 1 to every multiple of every number.
func plainTable(n int) []uint16 {
	d := make([]uint16, n+1)
	for k := 1; k <= n; k++ {
		for m := k; m <= n; m += k {
			d[m]++
		}
	}
	return d
}

// Every n < 10^7 (10^6 with -short).
func TestDivisorTable(t *testing.T) {
	n := 10_000_000
	if testing.Short() || instrumented {
		n = 1_000_000
	}
	want := plainTable(n)
	for _, l := range loops {
		got := DivisorTable(l, n)
		if len(got) != len(want) {
			t.Fatalf("%d threads: %d entries", l.Threads, len(got))
		}
		for i := range want {
			if got[i] != want[i] {
				t.Fatalf("%d threads: d(%d) = %d, want %d", l.Threads, i, got[i], want[i])
			}
		}
	}
	for n := range 300 { // each length around each width of a vector
		got := DivisorTable(parfor.Loop{}, n)
		for i, d := range got {
			if len(got) != n+1 || d != want[i] {
				t.Fatalf("n = %d: %d entries, d(%d) = %d, want %d", n, len(got), i, d, want[i])
			}
		}
	}
	mustPanic(t, "kernels: DivisorTable: negative n", func() { DivisorTable(parfor.Loop{}, -1) })
}

func Test45IntegersTo10000Have48Divisors(t *testing.T) {
	with48 := 0
	for _, d := range DivisorTable(parfor.Loop{}, 10000) {
		if d == 48 {
			with48++
		}
	}
	if with48 != 45 {
		t.Errorf("%d, want 45", with48)
	}
}

func BenchmarkDivisorTable(b *testing.B) {
	for _, n := range []int{1e6, 1e8} {
		for _, threads := range []int{1, 2} {
			b.Run(fmt.Sprintf("n=%.0e/threads=%d", float64(n), threads), func(b *testing.B) {
				for b.Loop() {
					DivisorTable(parfor.Loop{Threads: threads}, n)
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*n), "ns/entry")
			})
		}
	}
}
