package csrc

import (
	"math"
	"math/big"
	"math/rand/v2"
	"testing"

	"github.com/nogil-go/nogil/simd"
)

func naiveDivisors(n uint64) (d uint64) {
	for k := uint64(1); k*k <= n; k++ {
		if n%k == 0 {
			d += 2
			if k*k == n {
				d--
			}
		}
	}
	return d
}

// known are the records of A002182 and A002183 in the OEIS, the ends of the range, and two
// hard cases of FLINT's tests, each as PARI 2.15 prints it: echo "numdiv(720720)" | gp -q
var known = map[uint64]uint64{
	0: 0, 1: 1, 720720: 240, 1081080: 256, 14414400: 504, 735134400: 1344,
	3491888400: 1920, 963761198400: 6720, 897612484786617600: 103680,
	18401055938125660800: 184320, 18446744073709551557: 2, 18446744073709551615: 128,
	13356777177440210791: 4, 10023859281455311421: 4,
}

func TestDivisorsKnown(t *testing.T) {
	eachLevel(t, func(t *testing.T, level simd.Level) {
		for n, want := range known {
			checkDivisors(t, level, n, want)
		}
		for k := range 64 {
			checkDivisors(t, level, 1<<k, uint64(k)+1)
		}
	})
}

func TestDivisorsSmall(t *testing.T) {
	eachLevel(t, func(t *testing.T, level simd.Level) {
		for n := uint64(0); n < 5000; n++ {
			checkDivisors(t, level, n, naiveDivisors(n))
		}
		for n := uint64(1 << 32); n < 1<<32+8; n++ { // where the width of the test changes
			checkDivisors(t, level, n, naiveDivisors(n))
		}
	})
}

// primesAround returns a few primes on both sides of n.
func primesAround(n int64) (p []uint64) {
	for k := max(n-40, 3); k < n+40; k++ {
		if big.NewInt(k).ProbablyPrime(0) {
			p = append(p, uint64(k))
		}
	}
	return p
}

// Products of two and three primes around every place where the method changes: the
// 48th and the 256th prime, the end of the table at 2^16, cube roots and square roots
// of 2^32, 2^48, 2^52 and 2^64.
func TestDivisorsOfProducts(t *testing.T) {
	var primes []uint64
	for _, n := range []int64{3, 229, 1625, 4096, 65536, 104032, 165140, 2642245, 1 << 24, 1 << 26, 1<<32 - 60} {
		primes = append(primes, primesAround(n)...)
	}
	rng := rand.New(rand.NewPCG(5, 6))
	eachLevel(t, func(t *testing.T, level simd.Level) {
		for range 3000 {
			n, d := uint64(1), uint64(1)
			exponents := map[uint64]uint64{}
			for range 1 + rng.IntN(4) {
				p := primes[rng.IntN(len(primes))]
				if p > math.MaxUint64/n {
					break
				}
				n *= p
				exponents[p]++
			}
			for _, e := range exponents {
				d *= e + 1
			}
			checkDivisors(t, level, n, d)
		}
		for _, p := range primesAround(2642235) { // p² and p³ up to the top
			if p <= 2642245 {
				checkDivisors(t, level, p*p*p, 4)
			}
			checkDivisors(t, level, p*p, 3)
		}
		const q = 4294967291 // the largest prime below 2^32
		checkDivisors(t, level, q*q, 3)
	})
}

func checkDivisors(t *testing.T, level simd.Level, n, want uint64) {
	t.Helper()
	dst := []uint64{77, 0, 77}
	CountDivisors(level, false, dst[1:2], []uint64{n})
	if dst[1] != want || dst[0] != 77 || dst[2] != 77 {
		t.Errorf("d(%d) = %d, want %d, between 77 and 77: %v", n, dst[1], want, dst)
	}
	if level == simd.AVX512 && simd.IFMA() {
		CountDivisors(level, true, dst[1:2], []uint64{n})
		if dst[1] != want {
			t.Errorf("IFMA: d(%d) = %d, want %d", n, dst[1], want)
		}
	}
	if got := countDivisors(n); got != want {
		t.Errorf("reference: d(%d) = %d, want %d", n, got, want)
	}
}

func TestSumDivisors(t *testing.T) {
	values := []int64{4, 7, 6, 8, 11, 9, 0, -5, math.MinInt64, math.MaxInt64}
	eachLevel(t, func(t *testing.T, level simd.Level) {
		for _, c := range []struct{ atMost, want int64 }{
			{7, 3 + 2 + 4}, // the article's example
			{9, 3 + 2 + 4 + 4 + 3}, {0, 0}, {-5, 0}, {math.MinInt64, 0}, {3, 0},
			{math.MaxInt64, 18 + 96}, // 2^63−1 = 7²·73·127·337·92737·649657
		} {
			if got := SumDivisors(level, simd.IFMA() && level == simd.AVX512, values, c.atMost); got != c.want {
				t.Errorf("SumDivisors(%d) = %d, want %d", c.atMost, got, c.want)
			}
			if got := sumDivisorsGo(values, c.atMost); got != c.want {
				t.Errorf("reference: SumDivisors(%d) = %d, want %d", c.atMost, got, c.want)
			}
		}
	})
}

func FuzzCountDivisors(f *testing.F) {
	for n := range known {
		f.Add(n, uint8(0))
	}
	f.Add(uint64(math.MaxUint64), uint8(30))
	f.Fuzz(func(t *testing.T, n uint64, shift uint8) {
		n >>= shift % 64
		want := countDivisors(n)
		for _, level := range simd.Levels() {
			checkDivisors(t, level, n, want)
		}
	})
}
