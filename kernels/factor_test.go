package kernels

import (
	"fmt"
	"math"
	"math/big"
	"slices"
	"testing"
)

func TestFactor(t *testing.T) {
	for n, want := range map[uint64][]PrimePower{
		1:                           nil,
		2:                           {{2, 1}},
		360:                         {{2, 3}, {3, 2}, {5, 1}},
		1 << 63:                     {{2, 63}},
		math.MaxInt64:               {{7, 2}, {73, 1}, {127, 1}, {337, 1}, {92737, 1}, {649657, 1}},
		18446744073709551557:        {{18446744073709551557, 1}},
		4294967291 * 4294967291:     {{4294967291, 2}},
		4294967291 * 4294967279:     {{4294967279, 1}, {4294967291, 1}},
		2642239 * 2642239 * 2642239: {{2642239, 3}},
		65537 * 65537 * 4199999929:  {{65537, 2}, {4199999929, 1}},
		614889782588491410: { // the product of the first 15 primes
			{2, 1}, {3, 1}, {5, 1}, {7, 1}, {11, 1}, {13, 1}, {17, 1}, {19, 1}, {23, 1}, {29, 1}, {31, 1},
			{37, 1}, {41, 1}, {43, 1}, {47, 1},
		},
	} {
		if got := Factor(n); !slices.Equal(got, want) {
			t.Errorf("Factor(%d) = %v, want %v", n, got, want)
		}
	}
	mustPanic(t, "kernels: Factor: 0 has no factorisation", func() { Factor(0) })
}

// Factor and CountDivisors agree on d(n), and the factors are primes with product n.
func TestFactorAgreesWithCountDivisors(t *testing.T) {
	for _, k := range kindsOfNumbers(200) {
		for _, n := range k.values {
			if n == 0 {
				continue
			}
			product, d, last := uint64(1), uint64(1), uint64(1)
			for _, f := range Factor(n) {
				for range f.Exponent {
					product *= f.Prime
				}
				d *= uint64(f.Exponent) + 1
				if f.Prime <= last || !IsPrime(f.Prime) || f.Exponent < 1 {
					t.Errorf("%s: Factor(%d) = %v", k.name, n, Factor(n))
				}
				last = f.Prime
			}
			if product != n || d != CountDivisors(n) {
				t.Errorf("%s: Factor(%d) = %v, d = %d", k.name, n, Factor(n), CountDivisors(n))
			}
		}
	}
}

func TestIsPrime(t *testing.T) {
	for _, n := range []uint64{0, 1, 2, 3, 4, 9, 25, 3215031751, 4759123141, 4294967291, 3825123056546413051, 18446744073709551557, math.MaxUint64} {
		if got, want := IsPrime(n), new(big.Int).SetUint64(n).ProbablyPrime(0); got != want {
			t.Errorf("IsPrime(%d) = %v", n, got)
		}
	}
}

func TestFactorAllocatesItsResultAlone(t *testing.T) {
	for _, n := range []uint64{1, 2, 720720, 614889782588491410, 18446744073709551557, 10023859281455311421} {
		if a := testing.AllocsPerRun(10, func() { Factor(n) }); a > 1 && !instrumented {
			t.Errorf("Factor(%d): %v allocations", n, a)
		}
	}
}

func BenchmarkFactor(b *testing.B) {
	for _, k := range kindsOfNumbers(500) {
		b.Run(k.name, func(b *testing.B) {
			for b.Loop() {
				for _, n := range k.values {
					if n > 0 {
						Factor(n)
					}
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(k.values)), "ns/number")
		})
	}
}

func ExampleFactor() {
	for _, f := range Factor(720720) {
		fmt.Printf("%d^%d ", f.Prime, f.Exponent)
	}
	// Output: 2^4 3^2 5^1 7^1 11^1 13^1
}
