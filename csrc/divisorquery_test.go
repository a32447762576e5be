package csrc

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/nogil-go/nogil/simd"
)

func TestSumTable(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 1))
	eachLevel(t, func(t *testing.T, level simd.Level) {
		for _, base := range []uint64{0, 1000, math.MaxInt64 - 500} {
			table8, table16 := make([]uint8, 200), make([]uint16, 200)
			for i := range 199 {
				table8[i+1], table16[i+1] = uint8(rng.Uint32()), uint16(rng.Uint32())
			}
			ends := []int64{math.MinInt64, -1, 0, 1, math.MaxInt64, int64(base), int64(base + 1), int64(base + 199), int64(base + 200)}
			for _, n := range []int{0, 1, 7, 8, 9, 15, 16, 17, 1023, 1024, 1025, 3000} {
				values := make([]int64, n)
				for i := range values {
					values[i] = int64(base) - 50 + rng.Int64N(300)
					if rng.IntN(4) == 0 {
						values[i] = ends[rng.IntN(len(ends))]
					}
				}
				if got, want := SumTable(level, values, base, table8), sumTableGo(values, base, table8); got != want {
					t.Errorf("base %d, %d values: %d, want %d", base, n, got, want)
				}
				if got, want := SumTable(level, values, base, table16), sumTableGo(values, base, table16); got != want {
					t.Errorf("base %d, %d values, 16 bits: %d, want %d", base, n, got, want)
				}
			}
		}
	})
}

func TestSpanOf(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 2))
	ends := []uint64{0, 1, 2, 999, 1000, 1001, math.MaxInt64, math.MaxInt64 + 1, math.MaxUint64 - 1, math.MaxUint64}
	eachLevel(t, func(t *testing.T, level simd.Level) {
		for _, n := range []int{0, 1, 2, 3, 4, 7, 8, 9, 15, 16, 17, 31, 32, 33, 100} {
			for _, atMost := range append(ends, 500) {
				values := make([]uint64, n)
				for i := range values {
					values[i] = 2 + rng.Uint64N(900)
					if rng.IntN(8) == 0 {
						values[i] = ends[rng.IntN(len(ends))]
					}
				}
				count, least, greatest := SpanOf(level, values, atMost)
				wantCount, wantLeast, wantGreatest := spanOfGo(values, atMost)
				if count != wantCount || least != wantLeast || greatest != wantGreatest {
					t.Errorf("%d up to %d: %d in %d … %d, want %d in %d … %d", values, atMost,
						count, least, greatest, wantCount, wantLeast, wantGreatest)
				}
			}
		}
	})
}

func TestWeigh(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 3))
	const guard = 77
	eachLevel(t, func(t *testing.T, level simd.Level) {
		for _, n := range []int{0, 1, 63, 64, 65, 128, 500} {
			times, d8, d16 := make([]uint8, n), make([]uint8, n), make([]uint16, n)
			for i := range n {
				times[i], d8[i], d16[i] = uint8(rng.Uint32()|240), uint8(rng.Uint32()|240), uint16(rng.Uint32()|65000)
			}
			blocks := (n + 63) / 64
			for _, size := range []int{1, 2} {
				got, want := slices.Repeat([]int64{guard}, blocks+1), make([]int64, blocks)
				if size == 1 {
					Weigh(level, times, d8, got[:blocks])
					weighGo(times, d8, want)
				} else {
					Weigh(level, times, d16, got[:blocks])
					weighGo(times, d16, want)
				}
				if !slices.Equal(got, append(want, guard)) {
					t.Errorf("%d places of %d bytes: %d, want %d", n, size, got, want)
				}
			}
		}
	})
}

func BenchmarkSumTable(b *testing.B) {
	rng := rand.New(rand.NewPCG(3, 1))
	values := make([]int64, 1e6)
	for i := range values {
		values[i] = 1 + rng.Int64N(1e6)
	}
	for _, level := range simd.Levels() {
		for _, last := range []int{1e5, 5e5, 1e6} {
			table := make([]uint8, last+1)
			b.Run(fmt.Sprintf("isa=%v/n=1e6/last=%d", level, last), func(b *testing.B) {
				for b.Loop() {
					SumTable(level, values, 0, table)
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(values)), "ns/value")
			})
		}
	}
}
