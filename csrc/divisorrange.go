package csrc

import "math"

// Icbrt returns ⌊∛n⌋.
func Icbrt(n uint64) uint64 {
	r := uint64(math.Cbrt(float64(n)))
	for r > cubeRoot64 || r*r*r > n {
		r--
	}
	for r < cubeRoot64 && (r+1)*(r+1)*(r+1) <= n {
		r++
	}
	return r
}

// divisorRangeGo is the reference of DivisorRange.
func divisorRangeGo(lo uint64, dst []uint32, primes []uint32, rest []uint64) {
	for i := range dst {
		dst[i], rest[i] = 1, lo+uint64(i)
	}
	for _, p32 := range primes {
		p := uint64(p32)
		for i := (p - lo%p) % p; i < uint64(len(dst)); i += p {
			e := uint32(1)
			for ; rest[i]%p == 0; e++ {
				rest[i] /= p
			}
			dst[i] *= e
		}
	}
	for i := range dst {
		if rest[i] > 1 {
			dst[i] *= uint32(atMostTwo(rest[i]))
		}
	}
}
