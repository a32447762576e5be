package csrc

import (
	"math"
	"math/rand/v2"
	"testing"
)

// Short ranges of every size, with squares and cubes of primes in them, against the
// reference of divisors.go.
func TestDivisorRange(t *testing.T) {
	starts := []uint64{1, 2, 1 << 20, 1<<32 - 20, 1 << 48, math.MaxUint64 - 39}
	for _, p := range []uint64{65537, 2097169, 2642239, 4294967291} {
		starts = append(starts, p*p-20)
		if p < cubeRoot64 {
			starts = append(starts, p*p*p-20)
		}
	}
	rng := rand.New(rand.NewPCG(1, 5))
	for width := 8; width <= 64; width += 7 {
		starts = append(starts, 1+rng.Uint64()>>(64-width))
	}
	for _, lo := range starts {
		n := int(min(40, math.MaxUint64-lo+1))
		limit := uint32(Icbrt(lo + uint64(n) - 1))
		primes, rest := PrimesTo(limit), make([]uint64, n)
		dst, ref := make([]uint32, n+2), make([]uint32, n)
		dst[0], dst[n+1] = 77, 77
		DivisorRange(lo, dst[1:n+1], primes, limit, rest)
		divisorRangeGo(lo, ref, primes, rest)
		for i, got := range dst[1 : n+1] {
			if want := countDivisors(lo + uint64(i)); uint64(got) != want || uint64(ref[i]) != want {
				t.Errorf("d(%d) = %d, reference %d, want %d", lo+uint64(i), got, ref[i], want)
			}
		}
		if dst[0] != 77 || dst[n+1] != 77 {
			t.Errorf("from %d: wrote beyond", lo)
		}
	}
}

func TestIntegerRoots(t *testing.T) {
	for r := uint64(1); r < 1<<32; r += 1 + r/3 {
		if Isqrt(r*r) != r || Isqrt(r*r-1) != r-1 {
			t.Errorf("square roots around %d²: %d, %d", r, Isqrt(r*r), Isqrt(r*r-1))
		}
		if c := r * r * r; r <= cubeRoot64 && (Icbrt(c) != r || Icbrt(c-1) != r-1) {
			t.Errorf("cube roots around %d³: %d, %d", r, Icbrt(c), Icbrt(c-1))
		}
	}
	if Isqrt(math.MaxUint64) != math.MaxUint32 || Icbrt(math.MaxUint64) != cubeRoot64 || Isqrt(0) != 0 || Icbrt(0) != 0 {
		t.Error("roots of the ends")
	}
}
