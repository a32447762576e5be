package csrc

import (
	"math"
	"math/big"
	"math/rand/v2"
	"slices"
	"testing"
)

func checkPrime(t *testing.T, n uint64) {
	t.Helper()
	want := new(big.Int).SetUint64(n).ProbablyPrime(0) // right below 2^64
	if got := IsPrime(n); got != want {
		t.Errorf("IsPrime(%d) = %v", n, got)
	}
	if got := isPrimeGo(n); got != want {
		t.Errorf("reference: IsPrime(%d) = %v", n, got)
	}
}

func TestIsPrimeSmall(t *testing.T) {
	for n := range uint64(1 << 16) {
		checkPrime(t, n)
	}
}

// The least strong pseudoprimes to the first 1, 2, … prime bases (A014233), to other sets
// of bases (Jaeschke 1993), squares of Wieferich's primes, and Carmichael numbers.
func TestIsPrimeOfPseudoprimes(t *testing.T) {
	for _, n := range []uint64{
		2047, 1373653, 25326001, 3215031751, 2152302898747, 3474749660383, 341550071728321,
		3825123056546413051, 4759123141, 9080191, 1093 * 1093, 3511 * 3511,
		561, 41041, 825265, 321197185, 5394826801, 232250619601, 9746347772161, 1436697831295441,
	} {
		for k := n - 4; k <= n+4; k++ {
			checkPrime(t, k)
		}
	}
}

// Composites that pass the Lucas test (the first of Jacobsen's almost extra strong Lucas
// pseudoprimes), and numbers before a power of 2.
func TestIsPrimeOfLucasPseudoprimes(t *testing.T) {
	for _, n := range []uint64{
		989, 3239, 5777, 10469, 10877, 27971, 29681, 30739, 31631, 39059, 72389, 73919, 75077,
		100127, 113573, 125249, 137549, 137801, 153931, 155819, math.MaxUint64, math.MaxUint64 >> 1, math.MaxUint32,
	} {
		checkPrime(t, n)
	}
}

func TestIsPrimeOfEveryLength(t *testing.T) {
	rng := rand.New(rand.NewPCG(9, 10))
	for width := 17; width <= 64; width++ {
		n := uint64(math.MaxUint64) >> (64 - width)
		for k := range uint64(30) {
			checkPrime(t, n-k)
			checkPrime(t, rng.Uint64()>>(64-width)|1)
		}
		p := new(big.Int).SetUint64(rng.Uint64()>>(64-width) | 1<<(width-1) | 1) // a prime and its neighbours
		for !p.ProbablyPrime(0) {
			p.SetUint64(p.Uint64() - 2)
		}
		checkPrime(t, p.Uint64())
	}
}

// checkFactors holds Factor to what defines it: primes, ascending, whose product is n.
func checkFactors(t *testing.T, v variant, n uint64) {
	t.Helper()
	for _, f := range [][]uint64{Factor(v.level, v.ifma, nil, n), factorGo(nil, n)} {
		product := uint64(1)
		for _, p := range f {
			product *= p
			if !new(big.Int).SetUint64(p).ProbablyPrime(0) {
				t.Errorf("Factor(%d) = %d: %d is no prime", n, f, p)
			}
		}
		if product != n || !slices.IsSorted(f) {
			t.Errorf("Factor(%d) = %d", n, f)
		}
	}
}

func TestFactorSmall(t *testing.T) {
	eachVariant(t, func(t *testing.T, v variant) {
		for n := uint64(1); n < 3000; n++ {
			checkFactors(t, v, n)
		}
	})
}

func TestFactorOfEveryKind(t *testing.T) {
	all := readGolden(t)
	eachVariant(t, func(t *testing.T, v variant) {
		for _, g := range all {
			checkFactors(t, v, g.n)
		}
	})
}

// d(n) by the exponents that Factor gives.
func TestFactorAgreesWithTheCount(t *testing.T) {
	for _, g := range readGolden(t) {
		d, run := uint64(1), uint64(0)
		f := factorGo(nil, g.n)
		for i, p := range f {
			run++
			if i+1 == len(f) || f[i+1] != p {
				d, run = d*(run+1), 0
			}
		}
		if d != g.d {
			t.Errorf("%s: Factor(%d) = %d, but d = %d", g.kind, g.n, f, g.d)
		}
	}
}

func FuzzFactor(f *testing.F) {
	kind := ""
	for _, g := range readGolden(f) {
		if g.kind != kind { // TestFactorOfEveryKind has them all
			f.Add(g.n)
		}
		kind = g.kind
	}
	f.Fuzz(func(t *testing.T, n uint64) {
		if n == 0 {
			return
		}
		checkPrime(t, n)
		for _, v := range variants() {
			checkFactors(t, v, n)
		}
	})
}

func BenchmarkIsPrime(b *testing.B) {
	for _, n := range []uint64{4294967291, 281474976710597, 18446744073709551557} {
		b.Run(big.NewInt(0).SetUint64(n).String(), func(b *testing.B) {
			for b.Loop() {
				IsPrime(n)
			}
		})
	}
}
