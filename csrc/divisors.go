package csrc

import (
	"math"
	"math/bits"
	"sync"
)

// primeTables are the first odd primes, a multiple of 16 of them and just beyond 2^16,
// with what the exact-division test needs: p divides n when n·inv ≤ lim, modulo 2^32
// and modulo 2^64. words holds for each 16 primes the four words of 16 bits of inv64, lowest first,
// and the uppermost word of lim64 plus 4. prime holds one more, so that
// the loop over p² ≤ m ends by itself.
type primeTables struct {
	prime, inv32, lim32 []uint32
	words               []uint16
	inv64, lim64        []uint64
}

// divisorBlock is NG_BLOCK of divisors.c.
const divisorBlock = 256

const numPrimes = 409 * 16 // 65543 is the last one, 65551 the one more

// tables are built at first use, in about a millisecond.
var tables = sync.OnceValue(func() *primeTables {
	const limit = 65552
	t := &primeTables{
		prime: make([]uint32, 0, numPrimes+1),
		inv32: make([]uint32, numPrimes), lim32: make([]uint32, numPrimes),
		inv64: make([]uint64, numPrimes), lim64: make([]uint64, numPrimes),
		words: make([]uint16, 5*numPrimes),
	}
	composite := make([]bool, limit)
	for p := 3; p < limit; p += 2 {
		if composite[p] {
			continue
		}
		for q := uint64(p) * uint64(p); q < limit; q += 2 * uint64(p) { // p·p may not fit an int
			composite[q] = true
		}
		t.prime = append(t.prime, uint32(p))
	}
	for i, p := range t.prime[:numPrimes] {
		inv := inverse64(uint64(p))
		t.inv32[i], t.lim32[i] = uint32(inv), math.MaxUint32/p
		t.inv64[i], t.lim64[i] = inv, math.MaxUint64/uint64(p)
		words := t.words[i/16*80+i%16:]
		for k := range 4 {
			words[16*k] = uint16(inv >> (16 * k))
		}
		words[64] = uint16(math.MaxUint16/p) + 4
	}
	return t
})

// countDivisorsGo is the reference of CountDivisors.
func countDivisorsGo(dst, values []uint64) {
	for i, v := range values {
		dst[i] = countDivisors(v)
	}
}

// countDivisors is d(n) as divisors.c describes it, a prime at a time.
func countDivisors(n uint64) uint64 {
	if n == 0 {
		return 0
	}
	t := tables()
	twos := bits.TrailingZeros64(n)
	m, d := n>>twos, uint64(twos+1)
	for k, inv := range t.inv64 {
		p := uint64(t.prime[k])
		switch {
		case p*p > m:
			return d * min(m, 2) // 1 or a prime
		case k >= 256 && p*p*p > m, k == 48 && isPrimeGo(m):
			return d * atMostTwo(m)
		}
		e := uint64(1)
		for q := m * inv; q <= t.lim64[k]; q = m * inv {
			m = q
			e++
		}
		d *= e
	}
	if m < 1<<32 {
		return d * min(m, 2)
	}
	return d * atMostThree(m)
}

// atMostTwo is d(m) for an odd m > 1 of one or two prime factors.
func atMostTwo(m uint64) uint64 {
	switch {
	case isPrimeGo(m):
		return 2
	case root(m, 2) != 0:
		return 3
	}
	return 4
}

// atMostThree is d(m) for an odd m > 2^32 of at most three prime factors above 2^16.
func atMostThree(m uint64) uint64 {
	switch {
	case m < 1<<48 || isPrimeGo(m) || root(m, 2) != 0:
		return atMostTwo(m)
	case root(m, 3) != 0:
		return 4
	}
	p := rho(m)
	q := m / p
	if !isPrimeGo(p) {
		p, q = q, p
	}
	switch {
	case isPrimeGo(q):
		return 4
	case root(q, 2) != 0 || q%p == 0:
		return 6 // p·r² or p²·r
	}
	return 8
}
