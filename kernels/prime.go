package kernels

import "github.com/nogil-go/nogil/csrc"

// IsPrime reports whether n is a prime, for every uint64: a strong test to base 2 and, for
// what passes, a strong Lucas test (Baillie and Wagstaff 1980), which no composite number below
// 2^64 passes as well (Feitsma and Galway; Jacobsen). It takes at most 3·64 products modulo n and
// allocates nothing.
func IsPrime(n uint64) bool { return csrc.IsPrime(n) }
