package csrc

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/nogil-go/nogil/simd"
)

// sieveDivisors adds 1 to every multiple of every number: the oracle of the table.
func sieveDivisors(n int) []uint16 {
	d := make([]uint16, n+1)
	for k := 1; k <= n; k++ {
		for m := k; m <= n; m += k {
			d[m]++
		}
	}
	return d
}

// Every n of 10^6 (the sizes around a segment and around 32 besides), against adding 1 to
// every multiple.
func TestDivisorTable(t *testing.T) {
	want := sieveDivisors(1 << 20)
	eachLevel(t, func(t *testing.T, level simd.Level) {
		for _, n := range []int{1, 2, 31, 32, 33, 63, 64, 255, 256, 257, 1000, 1<<14 - 1, 1 << 14, 1<<14 + 1, 50000, 1 << 20} {
			checkTable(t, level, 1, want[1:n+1])
		}
		for _, lo := range []int{2, 3, 31, 33, 255, 256, 257, 1<<14 - 1, 720720, 1<<20 - 5} {
			checkTable(t, level, uint64(lo), want[lo:min(lo+40000, len(want))])
		}
	})
}

func checkTable(t *testing.T, level simd.Level, lo uint64, want []uint16) {
	t.Helper()
	const guard = 0xad
	s := NewDivisorSieve(lo + uint64(len(want)) - 1)
	size := len(want) + 2*pad
	got8, got16, got32 := make([]uint8, size), make([]uint16, size), make([]uint32, size)
	for i := range got16 {
		got8[i], got16[i], got32[i] = guard, guard, guard
	}
	DivisorTable(level, s, lo, got8[pad:pad+len(want)])
	DivisorTable(level, s, lo, got16[pad:pad+len(want)])
	DivisorTable(level, s, lo, got32[pad:pad+len(want)])
	for i := range got16 {
		w := uint16(guard)
		if i >= pad && i < pad+len(want) {
			w = want[i-pad]
		}
		if got16[i] != w || got32[i] != uint32(w) || got8[i] != uint8(w) && w < 256 {
			t.Fatalf("from %d: d(%d) = %d, %d and %d, want %d", lo, lo+uint64(i)-pad, got8[i], got16[i], got32[i], w)
		}
	}
}

// Segments that begin anywhere, where the primes are more than the words: each count
// against that of divisors.go.
func TestDivisorTableHigh(t *testing.T) {
	rng := rand.New(rand.NewPCG(8, 9))
	eachLevel(t, func(t *testing.T, level simd.Level) {
		for _, width := range []int{20, 28, 29, 32, 33, 36, 40} {
			lo := 1<<(width-1) + rng.Uint64N(1<<(width-1))
			want := make([]uint16, 700)
			for i := range want {
				want[i] = uint16(countDivisors(lo + uint64(i)))
			}
			checkTable(t, level, lo, want)
		}
	})
}

func TestDivisorTableReference(t *testing.T) {
	want := sieveDivisors(60000)
	got := make([]uint16, 60000)
	divisorTableGo(NewDivisorSieve(60000), 1, got)
	for i, d := range got {
		if d != want[i+1] {
			t.Fatalf("d(%d) = %d, want %d", i+1, d, want[i+1])
		}
	}
}

func BenchmarkDivisorTable(b *testing.B) {
	for _, level := range simd.Levels() {
		for _, lo := range []uint64{1, 1e8, 1e10, 1e12} {
			b.Run(fmt.Sprintf("isa=%v/lo=%.0e", level, float64(lo)), func(b *testing.B) {
				dst := make([]uint16, 1<<20)
				s := NewDivisorSieve(lo + uint64(len(dst)))
				for b.Loop() {
					DivisorTable(level, s, lo, dst)
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(dst)), "ns/number")
			})
		}
	}
}
