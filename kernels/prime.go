package kernels

import "github.com/nogil-go/nogil/csrc"

// IsPrime reports whether n is a prime, for every uint64: a strong test to base 2 and, for
// what passes, to the three or six further bases that make it a proof (Jaeschke 1993;
// Sinclair 2011). It takes at most 7·64 squarings modulo n and allocates nothing.
func IsPrime(n uint64) bool { return csrc.IsPrime(n) }
