package kernels

import (
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"testing"

	"github.com/nogil-go/nogil/csrc"
)

// D(10^k), k = 0 … 19: A057494 in the OEIS.
var summatoryPowers = []string{
	"1", "27", "482", "7069", "93668", "1166750", "13970034", "162725364", "1857511568",
	"20877697634", "231802823220", "2548286736297", "27785452449086", "300880375389757",
	"3239062263181054", "34693207724724246", "369957928177109416", "3929837791070240368",
	"41600963003695964400", "439035480966899467508",
}

func summatoryString(n uint64) string {
	hi, lo := SummatoryDivisors(n)
	s := new(big.Int).Lsh(new(big.Int).SetUint64(hi), 64)
	return s.Or(s, new(big.Int).SetUint64(lo)).String()
}

func TestSummatoryDivisorsOfPowersOfTen(t *testing.T) {
	n := uint64(1)
	for k, want := range summatoryPowers {
		if instrumented && k > 17 {
			break
		}
		if got := summatoryString(n); got != want {
			t.Errorf("D(10^%d) = %s, want %s", k, got, want)
		}
		n *= 10
	}
}

// Every n up to 10^5 by both methods against the sum of the table (A006218).
func TestSummatoryDivisorsSmall(t *testing.T) {
	if hi, lo := SummatoryDivisors(0); hi|lo != 0 {
		t.Errorf("D(0) = %d, %d", hi, lo)
	}
	sum := uint64(0)
	for n, d := range plainTable(100_000) {
		sum += uint64(d)
		root := csrc.Isqrt(uint64(n))
		if hi, lo := SummatoryDivisors(uint64(n)); hi != 0 || lo != sum {
			t.Fatalf("D(%d) = %d, %d, want %d", n, hi, lo, sum)
		}
		if n > 0 {
			if rows := underHull(uint64(n), root); rows.hi != 0 || 2*rows.lo-root*root != sum {
				t.Fatalf("hull: D(%d) = %d, want %d", n, 2*rows.lo-root*root, sum)
			}
		}
	}
}

// The hull against a division a row, both sides of the cut-off and at random.
func TestSummatoryDivisorsHull(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	check := func(n uint64) {
		root := csrc.Isqrt(n)
		if rows, want := underHull(n, root), underRows(n, root); rows != want {
			t.Errorf("rows of %d: %d, want %d", n, rows, want)
		}
	}
	for n := uint64(hullFrom - 100); n < hullFrom+100; n++ {
		check(n)
	}
	many, large := 2000, 20
	if instrumented { // arithmetic alone
		many, large = 100, 1
	}
	for range many {
		check(1 + rng.Uint64N(1<<(1+rng.IntN(34))))
	}
	for range large {
		check(1<<41 + rng.Uint64N(1<<42))
	}
	for _, r := range []uint64{1000, 65535, 65536, 1000003} { // around squares
		check(r*r - 1)
		check(r * r)
		check(r*r + 1)
	}
}

// At the top, D(n) − D(n−1) is d(n).
func TestSummatoryDivisorsTop(t *testing.T) {
	if testing.Short() || instrumented {
		t.Skip("half a second a value")
	}
	const n = math.MaxUint64
	hi, lo := SummatoryDivisors(n)
	beforeHi, before := SummatoryDivisors(n - 1)
	if lo-before != CountDivisors(n) || (hi != beforeHi) != (lo < before) {
		t.Errorf("D(%d) − D(%d) = %d, want %d", uint64(n), uint64(n-1), lo-before, CountDivisors(n))
	}
}

func FuzzSummatoryDivisors(f *testing.F) {
	f.Add(uint64(1))
	f.Add(uint64(hullFrom))
	f.Add(uint64(math.MaxUint64))
	f.Fuzz(func(t *testing.T, n uint64) {
		n = max(n%(1<<40), 1)
		root := csrc.Isqrt(n)
		if rows, want := underHull(n, root), underRows(n, root); rows != want {
			t.Errorf("rows of %d: %d, want %d", n, rows, want)
		}
	})
}

func BenchmarkSummatoryDivisors(b *testing.B) {
	for _, n := range []uint64{1e4, 1e5, 1e6, 1e7, 1e8, 1e10, 1e14, 1e18} {
		b.Run(fmt.Sprintf("n=%.0e/threads=1", float64(n)), func(b *testing.B) {
			for b.Loop() {
				SummatoryDivisors(n)
			}
		})
		if n <= 1e8 {
			b.Run(fmt.Sprintf("rows/n=%.0e", float64(n)), func(b *testing.B) {
				for b.Loop() {
					underRows(n, csrc.Isqrt(n))
				}
			})
			b.Run(fmt.Sprintf("hull/n=%.0e", float64(n)), func(b *testing.B) {
				for b.Loop() {
					underHull(n, csrc.Isqrt(n))
				}
			})
		}
	}
}
