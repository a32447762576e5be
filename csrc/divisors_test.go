package csrc

import (
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/klauspost/cpuid/v2"
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

// known are the first of the values below, each as PARI 2.15 prints it:
// echo "numdiv(720720)" | gp -q
var known = map[uint64]uint64{
	0: 0, 1: 1, 2: 2, 12: 6, 45360: 100, 18446744073709551557: 2, 18446744073709551615: 128,
}

// Records of d: A002182 and A002183. 1081080 is the first above 255, and
// 18401055938125660800 has the most divisors below 2^64.
func TestDivisorsOfRecords(t *testing.T) {
	records := map[uint64]uint64{
		720720: 240, 1081080: 256, 14414400: 504, 735134400: 1344, 3491888400: 1920, 963761198400: 6720,
		106858629141264000: 65536, 897612484786617600: 103680, 18401055938125660800: 184320,
	}
	eachVariant(t, func(t *testing.T, v variant) {
		for n, want := range records {
			checkDivisors(t, v, n, want)
		}
	})
}

func TestDivisorsOfZeroIsZero(t *testing.T) {
	eachVariant(t, func(t *testing.T, v variant) { checkDivisors(t, v, 0, 0) })
}

func TestDivisorsOfPowersOfTwo(t *testing.T) {
	eachVariant(t, func(t *testing.T, v variant) {
		for k := range 64 {
			checkDivisors(t, v, 1<<k, uint64(k)+1)
		}
	})
}

func TestDivisorsOfTheLargestPrime(t *testing.T) {
	eachVariant(t, func(t *testing.T, v variant) { checkDivisors(t, v, 18446744073709551557, 2) })
}

// Two products of primes of equal size that FLINT's tests hold to be hard.
func TestDivisorsOfHardCases(t *testing.T) {
	eachVariant(t, func(t *testing.T, v variant) {
		checkDivisors(t, v, 13356777177440210791, 4)
		checkDivisors(t, v, 10023859281455311421, 4)
	})
}

// Three primes just above 2^16, all of which nearly every curve meets at once.
func TestDivisorsWhoseFactorsAreMetAtOnce(t *testing.T) {
	eachVariant(t, func(t *testing.T, v variant) {
		checkDivisors(t, v, 13217580372001152491, 16) // 15139·84673·86423·119311
		checkDivisors(t, v, 10502234222604486819, 32) // 3·8387·68963·74929·80777
	})
}

// Strong pseudoprimes to the first bases, no factor of which is below 229, so that they get as
// far as the tests of primality; and primes and products of two at both ends of each class of
// bases. Sixteen of each, so that they are tested in lanes.
func TestDivisorsOfPseudoprimesInLanes(t *testing.T) {
	numbers := map[uint64]uint64{
		1373653: 4, 25326001: 4, 4759123141: 4, 2152302898747: 8, 3474749660383: 8, 341550071728321: 4,
		3825123056546413051: 8, 1122004669633: 4, // the last one is 611557·1834669
	}
	for _, end := range []uint64{1 << 31, 1 << 32, 4759123141, 1 << 47, 1 << 48, 341550071728321, 1 << 52, 1 << 63} {
		below, above := end-1-end%2, end+1+end%2
		for ; !isPrimeGo(below); below -= 2 {
		}
		for ; !isPrimeGo(above); above += 2 {
		}
		p := Isqrt(end) | 1
		for ; !isPrimeGo(p); p -= 2 {
		}
		q := p - 2
		for ; !isPrimeGo(q); q -= 2 {
		}
		numbers[below], numbers[above], numbers[p*q], numbers[p*p] = 2, 2, 4, 3
	}
	eachVariant(t, func(t *testing.T, v variant) {
		for n, want := range numbers {
			values, got := slices.Repeat([]uint64{n}, 16), make([]uint64, 16)
			CountDivisors(v.level, v.ifma, got, values)
			if !slices.Equal(got, slices.Repeat([]uint64{want}, 16)) {
				t.Errorf("d(%d) = %v, want %d", n, got, want)
			}
		}
	})
}

// Below 2^62 the test to base 2 leaves sums unreduced, and at 2^63 a sum no longer fits 64 bits:
// primes, and strong pseudoprimes to base 2, on both sides of each; alone, and as many at once as
// the scalar unit still tests one by one (4) and as fill lanes (5), a few more, and mixed, so that
// one number above the edge decides for the four that it is tested with.
// The pseudoprimes are the p·(2p−1) next to the edge of two prime factors (testdata/edges.gp).
func TestDivisorsAtTheEdgesOfTheStrongTest(t *testing.T) {
	pseudo := map[uint64][2]uint64{
		1 << 62: {4611683945747516653, 4611697721588976481},
		1 << 63: {9223367129855292781, 9223378056252423253},
	}
	eachVariant(t, func(t *testing.T, v variant) {
		for edge, composite := range pseudo {
			var mixed, wants []uint64
			for i, first := range []uint64{edge - 1999, edge + 1} {
				primes := primesFrom(first, 32)
				if i == 0 && primes[31] >= edge {
					t.Fatalf("the primes from %d on end above %d", first, edge)
				}
				m := newMont(composite[i])
				if n := composite[i]; !m.strong(2) || isPrimeGo(n) || n > edge != (i == 1) {
					t.Fatalf("%d is no pseudoprime of its side of %d", n, edge)
				}
				for _, n := range append(primes, composite[i]) {
					want := uint64(2)
					if n == composite[i] {
						want = 4
					}
					checkDivisors(t, v, n, want)
					for _, size := range []int{2, 3, 4, 5, 16} {
						if size == 16 || n == primes[0] || want == 4 {
							checkBatch(t, v, slices.Repeat([]uint64{n}, size), slices.Repeat([]uint64{want}, size))
						}
					}
					mixed, wants = append(mixed, n), append(wants, want)
				}
			}
			rng := rand.New(rand.NewPCG(9, 62))
			for range 4 {
				rng.Shuffle(len(mixed), func(i, j int) {
					mixed[i], mixed[j] = mixed[j], mixed[i]
					wants[i], wants[j] = wants[j], wants[i]
				})
				for size := 1; size <= 8; size++ {
					checkBatch(t, v, mixed[:size], wants[:size])
				}
				checkBatch(t, v, mixed, wants)
			}
		}
	})
}

// Primes of every length side by side, so that four of unequal length are tested at once; and primes whose Lucas sequences have P = 39 and 41, where most have 3 or 4.
func TestDivisorsOfPrimesSideBySide(t *testing.T) {
	values := []uint64{150167111, 405130489}
	for width := 18; width <= 64; width++ {
		p := uint64(math.MaxUint64)>>(64-width) - 1<<(width-3)
		for ; !isPrimeGo(p); p -= 2 {
		}
		values = append(values, p)
	}
	rng := rand.New(rand.NewPCG(11, 12))
	want := slices.Repeat([]uint64{2}, len(values))
	eachVariant(t, func(t *testing.T, v variant) {
		for range 8 {
			rng.Shuffle(len(values), func(i, j int) { values[i], values[j] = values[j], values[i] })
			checkBatch(t, v, values, want)
		}
	})
}

func TestDivisorsKnown(t *testing.T) {
	eachVariant(t, func(t *testing.T, v variant) {
		for n, want := range known {
			checkDivisors(t, v, n, want)
		}
	})
}

// Every n below 5000 against the naive loop.
func TestDivisorsSmall(t *testing.T) {
	eachVariant(t, func(t *testing.T, v variant) {
		for n := uint64(0); n < 5000; n++ {
			checkDivisors(t, v, n, naiveDivisors(n))
		}
		for n := uint64(1<<32 - 8); n < 1<<32+8; n++ { // where the width of the test changes
			checkDivisors(t, v, n, naiveDivisors(n))
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
	eachVariant(t, func(t *testing.T, v variant) {
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
			checkDivisors(t, v, n, d)
		}
		for _, p := range primesAround(2642235) { // p² and p³ up to the top
			if p <= 2642245 {
				checkDivisors(t, v, p*p*p, 4)
			}
			checkDivisors(t, v, p*p, 3)
		}
		const q = 4294967291 // the largest prime below 2^32
		checkDivisors(t, v, q*q, 3)
	})
}

// variants are the levels of this machine, and AVX-512 with IFMA where it is there; without
// cgo there is only the reference.
type variant struct {
	level simd.Level
	ifma  bool
}

func variants() (v []variant) {
	if !withC {
		return []variant{{}}
	}
	for _, level := range simd.Levels() {
		v = append(v, variant{level, false})
		if level == simd.AVX512 && cpuid.CPU.Supports(cpuid.AVX512IFMA) {
			v = append(v, variant{level, true})
		}
	}
	return v
}

func (v variant) String() string {
	if v.ifma {
		return v.level.String() + "+ifma"
	}
	return v.level.String()
}

func eachVariant(t *testing.T, test func(t *testing.T, v variant)) {
	for _, v := range variants() {
		t.Run(v.String(), func(t *testing.T) { test(t, v) })
	}
}

// checkDivisors counts the divisors of n alone.
func checkDivisors(t *testing.T, v variant, n, want uint64) {
	t.Helper()
	if got := CountDivisorsOf(v.level, v.ifma, n); got != want {
		t.Errorf("d(%d) = %d, want %d", n, got, want)
	}
	if got := countDivisors(n); got != want {
		t.Errorf("reference: d(%d) = %d, want %d", n, got, want)
	}
}

// checkBatch counts the divisors of all values at once, between guards.
func checkBatch(t *testing.T, v variant, values, want []uint64) {
	t.Helper()
	before, dst := slices.Clone(values), make([]uint64, len(values)+2)
	dst[0], dst[len(dst)-1] = 77, 77
	CountDivisors(v.level, v.ifma, dst[1:len(dst)-1], values)
	for i, d := range dst[1 : len(dst)-1] {
		if d != want[i] {
			t.Errorf("%d numbers: d(%d) = %d, want %d", len(values), values[i], d, want[i])
		}
	}
	if dst[0] != 77 || dst[len(dst)-1] != 77 || !slices.Equal(before, values) {
		t.Errorf("%d numbers: written beside dst", len(values))
	}
}

type golden struct {
	kind string
	n, d uint64
}

// readGolden returns what PARI says: testdata/divisors.gp has the command.
func readGolden(t testing.TB) (g []golden) {
	text, err := os.ReadFile("testdata/divisors.txt")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		var c golden
		if _, err := fmt.Sscan(line, &c.kind, &c.n, &c.d); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		g = append(g, c)
	}
	return g
}

// Random numbers of every length, primes, squares, cubes, powers, products of two and three
// primes of equal and of unequal size, smooth numbers, records, both sides of every place
// where the method changes: each alone, and each with what golden has before it.
func TestDivisorsAgreeWithPARI(t *testing.T) {
	all := readGolden(t)
	eachVariant(t, func(t *testing.T, v variant) {
		for _, g := range all {
			if got := CountDivisorsOf(v.level, v.ifma, g.n); got != g.d {
				t.Errorf("%s: d(%d) = %d, want %d", g.kind, g.n, got, g.d)
			}
		}
	})
	for _, g := range all {
		if got := countDivisors(g.n); got != g.d {
			t.Errorf("reference: %s: d(%d) = %d, want %d", g.kind, g.n, got, g.d)
		}
	}
}

// Blocks, groups and lanes that are full, short by one and over by one, of mixed numbers.
func TestDivisorsInBatches(t *testing.T) {
	all := readGolden(t)
	rng := rand.New(rand.NewPCG(7, 8))
	rng.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	eachVariant(t, func(t *testing.T, v variant) {
		for _, size := range []int{0, 1, 2, 3, 7, 8, 9, 15, 16, 17, 31, 32, 33, 63, 64, 65, 255, 256, 257, 511, 513, len(all)} {
			from := rng.IntN(len(all) - size + 1)
			var values, want []uint64
			for _, g := range all[from : from+size] {
				values, want = append(values, g.n), append(want, g.d)
			}
			checkBatch(t, v, values, want)
		}
	})
}

// A block of which every number has to be split, or is a prime, or is 0.
func TestDivisorsOfOneKind(t *testing.T) {
	kinds := map[string][]golden{}
	for _, g := range readGolden(t) {
		kinds[g.kind] = append(kinds[g.kind], g)
	}
	kinds["zero"] = []golden{{"zero", 0, 0}}
	eachVariant(t, func(t *testing.T, v variant) {
		for _, kind := range []string{"equal", "three", "psquareq", "prime", "square", "cube", "zero"} {
			var values, want []uint64
			for i := range 2*divisorBlock + 1 {
				g := kinds[kind][i%len(kinds[kind])]
				values, want = append(values, g.n), append(want, g.d)
			}
			checkBatch(t, v, values, want)
		}
	})
}

// tableHit is the test of divisors.c in words of 16 bits, for the k-th odd prime.
func tableHit(n uint64, words, k int) bool {
	table := tables().words[k/16*80+k%16:]
	low, high := uint16(0), uint16(4)
	for i := range words {
		w := uint16(n >> (16 * i))
		low += w * table[16*(words-1-i)]
		if i < words-1 {
			high += uint16(uint32(w) * uint32(table[16*(words-2-i)]) >> 16)
		}
	}
	return low+high <= table[64]
}

// The largest multiples of each prime of the table, and of its square, in two, three and four
// words: what the words below carry to the uppermost one may hide no divisor. Factor tries all
// primes in four words, where CountDivisors leaves it to the width.
func TestNoDivisorIsMissed(t *testing.T) {
	step := 1
	if instrumented || !withC {
		step = 16
	}
	primes := tables().prime[:numPrimes]
	var values, want, ofPrime []uint64
	for k := 0; k < len(primes); k += step {
		p := uint64(primes[k])
		for _, most := range []uint64{math.MaxUint32, 1<<48 - 1, math.MaxUint64} {
			for _, power := range []uint64{p, p * p} {
				if n := most / power * power; n > 0 {
					values, want, ofPrime = append(values, n), append(want, countDivisors(n)), append(ofPrime, p)
				}
			}
			n := most / p * p
			for words := 3; words <= 4; words++ {
				if n>>(16*words) == 0 && !tableHit(n, words, k) {
					t.Errorf("%d words: %d is not seen to divide %d", words, p, n)
				}
			}
		}
	}
	eachVariant(t, func(t *testing.T, v variant) {
		checkBatch(t, v, values, want)
		for i, n := range values {
			if i%4 != 0 {
				continue
			}
			if factors := Factor(v.level, v.ifma, nil, n); !slices.Contains(factors, ofPrime[i]) {
				t.Errorf("factors of %d: %v, without %d", n, factors, ofPrime[i])
			}
		}
	})
}

// primesFrom returns the first count primes from an odd n on.
func primesFrom(n uint64, count int) (p []uint64) {
	for ; len(p) < count; n += 2 {
		if isPrimeGo(n) {
			p = append(p, n)
		}
	}
	return p
}

// falseHit says whether, from the k-th to the end-th, there is a prime that the test in words takes
// for a divisor of n and that is none.
func falseHit(n uint64, words, k, end int) bool {
	for ; k < end; k++ {
		if p := uint64(tables().prime[k]); p*p*p <= n && n%p != 0 && tableHit(n, words, k) {
			return true
		}
	}
	return false
}

// Products of two primes for which the test in words takes another prime for a divisor: it counts
// nothing. Of the first products that other prime is all that is found; of the others it stands
// among sixteen with a divisor.
func TestFalseHitsCountNothing(t *testing.T) {
	for words, above := range map[int][2]uint64{3: {1<<23 + 1, 1<<31 + 1}, 4: {1<<31 + 1, 1<<45 + 1}} {
		var values []uint64
		large := primesFrom(above[0], 300)
		for i, q := range large[1:] {
			if n := q * large[i]; falseHit(n, words, 0, numPrimes) {
				values = append(values, n)
			}
		}
		alone := len(values)
		for _, q := range primesFrom(above[1], 40) {
			for k := 48; k < 2000; k++ {
				if n := q * uint64(tables().prime[k]); falseHit(n, words, k/16*16, k/16*16+16) {
					values = append(values, n)
				}
			}
		}
		if alone < 20 || len(values)-alone < 20 {
			t.Fatalf("%d words: %d and %d false hits", words, alone, len(values)-alone)
		}
		want := slices.Repeat([]uint64{4}, len(values))
		eachVariant(t, func(t *testing.T, v variant) {
			checkBatch(t, v, values, want)
			for _, n := range values {
				if got := Factor(v.level, v.ifma, nil, n); len(got) != 2 || got[0]*got[1] != n || got[0] == 1 {
					t.Errorf("factors of %d: %v", n, got)
				}
			}
		})
	}
}

// Every n below 10^7, against the smallest prime factors of a sieve.
func TestDivisorsBelowTenMillion(t *testing.T) {
	limit := 10_000_000
	if !withC || instrumented || testing.Short() {
		limit = 1_000_000
	}
	least := make([]uint32, limit)
	for p := 2; p < limit; p++ {
		if least[p] == 0 {
			for q := p; q < limit; q += p {
				if least[q] == 0 {
					least[q] = uint32(p)
				}
			}
		}
	}
	values, want := make([]uint64, limit), make([]uint64, limit)
	for n := 1; n < limit; n++ {
		d := uint64(1)
		for m := n; m > 1; {
			p, e := int(least[m]), uint64(1)
			for ; m%p == 0; m /= p {
				e++
			}
			d *= e
		}
		values[n], want[n] = uint64(n), d
	}
	dst := make([]uint64, limit)
	eachVariant(t, func(t *testing.T, v variant) {
		CountDivisors(v.level, v.ifma, dst, values)
		for n, d := range dst {
			if d != want[n] {
				t.Fatalf("d(%d) = %d, want %d", n, d, want[n])
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
		if n < 1<<34 {
			want = naiveDivisors(n)
		}
		for _, v := range variants() {
			checkDivisors(t, v, n, want)
			checkBatch(t, v, []uint64{n, n, n, n, n, n, n, n}, []uint64{want, want, want, want, want, want, want, want})
		}
	})
}
