package kernels

import (
	"github.com/nogil-go/nogil/csrc"
	"github.com/nogil-go/nogil/simd"
)

// PrimePower is Prime to the power of Exponent, which is at least 1.
type PrimePower struct {
	Prime    uint64
	Exponent int
}

// Factor returns the prime powers whose product is n, primes ascending: 360 gives
// {2 3} {3 2} {5 1}. Factor(1) is empty. It is right for every n > 0 and panics for 0,
// which has no factorisation.
//
// It divides by the primes below 2^16 and splits what they leave by the elliptic curve
// method, with curves that n alone decides (csrc/ecm.h has the sources). It allocates the
// result, of 15 elements at most, and nothing else.
func Factor(n uint64) []PrimePower {
	if n == 0 {
		panic("kernels: Factor: 0 has no factorisation")
	}
	var primes [64]uint64
	var powers [15]PrimePower // the product of the first 16 primes is above 2^64
	k := 0
	for _, p := range csrc.Factor(simd.Active(), simd.IFMA(), primes[:0], n) {
		if k == 0 || powers[k-1].Prime != p {
			powers[k].Prime = p
			k++
		}
		powers[k-1].Exponent++
	}
	return append([]PrimePower(nil), powers[:k]...)
}
