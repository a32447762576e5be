package csrc

import (
	"math"
	"math/bits"
	"sync"
)

// A DivisorSieve is the state of DivisorTable for numbers up to one limit: primes, and
// scratch for one segment. It serves one goroutine at a time.
type DivisorSieve struct {
	segment int
	limit   uint32
	prime   []uint32
	pattern []uint16
	words   []uint16
	next    []uint32
	power   []uint64
	mends   []uint64
}

// NewDivisorSieve returns a sieve for numbers up to hi, with the primes to √hi. Its memory
// is 12 bytes a prime and 5 to 10 bytes a number of a segment, 100 KB for hi = 10^8.
func NewDivisorSieve(hi uint64) *DivisorSieve {
	root := Isqrt(hi)
	segment := 1 << 14 // 32 KB of words: the first cache
	for segment < 1<<18 && uint64(segment) < root {
		segment *= 2
	}
	s := &DivisorSieve{segment: segment, limit: uint32(max(root, 256)), pattern: patterns()}
	s.prime = PrimesTo(s.limit)
	s.words = make([]uint16, 2*segment)
	s.next = make([]uint32, len(s.prime))
	s.power = make([]uint64, len(s.prime))
	s.mends = make([]uint64, len(s.prime)+segment/8)
	return s
}

// Block returns how many numbers make the start of a sieve a small part of its work.
func (s *DivisorSieve) Block() int { return 16 * s.segment }

// Isqrt returns ⌊√n⌋.
func Isqrt(n uint64) uint64 {
	r := uint64(math.Sqrt(float64(n)))
	for r > math.MaxUint32 || r*r > n {
		r--
	}
	for r < math.MaxUint32 && (r+1)*(r+1) <= n {
		r++
	}
	return r
}

// PrimesTo returns the primes up to limit, 2 among them. Those up to the cube root of
// 2^64 are kept from the first call that asks for them on (0.8 MB).
func PrimesTo(limit uint32) []uint32 {
	if limit < 1<<12 {
		return sieveOdd(limit) // some 10 µs
	}
	if limit < 1<<16 {
		return primesBelow16()[:countPrimes(primesBelow16(), limit)]
	}
	if limit <= cubeRoot64 {
		return primesToCube()[:countPrimes(primesToCube(), limit)]
	}
	return sieveOdd(limit)
}

const cubeRoot64 = 2642245 // ⌊2^(64/3)⌋

var (
	primesBelow16 = sync.OnceValue(func() []uint32 { return sieveOdd(1<<16 - 1) })
	primesToCube  = sync.OnceValue(func() []uint32 { return sieveOdd(cubeRoot64) })
)

// countPrimes returns how many of the ascending primes are up to limit.
func countPrimes(primes []uint32, limit uint32) int {
	lo, hi := 0, len(primes)
	for lo < hi {
		if mid := (lo + hi) / 2; primes[mid] <= limit {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	return lo
}

// sieveOdd is the sieve of Eratosthenes over odd numbers.
func sieveOdd(limit uint32) []uint32 {
	composite := make([]bool, limit/2+1) // of 2i+1
	primes := []uint32{2}
	for i := 1; 2*i+1 <= int(limit); i++ {
		if composite[i] {
			continue
		}
		p := 2*i + 1
		primes = append(primes, uint32(p))
		for j := uint64(p) * uint64(p) / 2; j < uint64(len(composite)); j += uint64(p) { // p·p may not fit an int
			composite[j] = true
		}
	}
	return primes
}

// patterns are the rows that divisortable.c describes.
var patterns = sync.OnceValue(func() []uint16 {
	rows := []struct {
		period int
		primes []int
	}{
		{1024, []int{2}}, {729, []int{3}}, {625, []int{5}}, {343, []int{7}},
		{11 * 13 * 17, []int{11, 13, 17}}, {19 * 23, []int{19, 23}}, {29 * 31, []int{29, 31}},
		{37 * 41, []int{37, 41}}, {43 * 47, []int{43, 47}}, {53 * 59, []int{53, 59}},
	}
	all := make([]uint16, 0, 14<<10)
	for k, row := range rows {
		words := all[len(all) : len(all)+row.period]
		all = all[:len(all)+row.period+32]
		for _, p := range row.primes {
			for i := 0; i < row.period; i += p {
				words[i] += 1<<12 | log32(p)
			}
		}
		if p := row.primes[0]; k < 4 { // the first power is there
			for q := p * p; q <= row.period; q *= p {
				for i := 0; i < row.period; i += q {
					words[i] += 1<<12 | log32(p)
				}
			}
			for i := range words {
				words[i] += 1 << 12
			}
		}
		copy(all[len(all)-32:], words)
	}
	return all
})

// log32 is ng_log for small numbers.
func log32(p int) uint16 {
	b := bits.Len(uint(p)) - 1
	return uint16(b<<5 | (p<<5>>b)&31)
}

// divisorTableGo is the reference of DivisorTable: it divides each prime out of its
// multiples, and what is left is one prime more.
func divisorTableGo[T uint8 | uint16 | uint32](s *DivisorSieve, lo uint64, dst []T) {
	rest := make([]uint64, min(len(dst), s.segment))
	for len(dst) > 0 {
		n := min(len(dst), s.segment)
		for i := range n {
			dst[i], rest[i] = 1, lo+uint64(i)
		}
		for _, p := range s.prime {
			q := uint64(p)
			for i := (q - lo%q) % q; i < uint64(n); i += q {
				e := T(1)
				for ; rest[i]%q == 0; e++ {
					rest[i] /= q
				}
				dst[i] *= e
			}
		}
		for i := range n {
			if rest[i] > 1 {
				dst[i] *= 2
			}
		}
		dst, lo = dst[n:], lo+uint64(n)
	}
}
