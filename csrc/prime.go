package csrc

import (
	"math"
	"math/bits"
	"slices"
)

// mont is arithmetic modulo an odd n in Montgomery's form, with R = 2^64 and
// inv = n⁻¹ mod R, as in prime.h.
type mont struct{ n, inv, one, r2 uint64 }

func newMont(n uint64) mont {
	m := mont{n: n, inv: inverse64(n)}
	m.one = -n % n
	hi, lo := bits.Mul64(m.one, m.one)
	m.r2 = bits.Rem64(hi, lo, n)
	return m
}

// inverse64 is n⁻¹ mod 2^64 for odd n.
func inverse64(n uint64) uint64 {
	inv := 3*n ^ 2 // right to 5 bits; each Newton step doubles them
	for range 4 {
		inv *= 2 - n*inv
	}
	return inv
}

func (m *mont) mul(a, b uint64) uint64 {
	hi, lo := bits.Mul64(a, b)
	q, _ := bits.Mul64(lo*m.inv, m.n)
	if hi < q {
		hi += m.n
	}
	return hi - q
}

func (m *mont) add(a, b uint64) uint64 {
	if a >= m.n-b {
		return a - (m.n - b)
	}
	return a + b
}

// strong is the strong probable prime test to one base; a multiple of n says nothing.
func (m *mont) strong(base uint64) bool {
	minus, e := m.n-m.one, m.n-1
	s := bits.TrailingZeros64(e)
	b, x := m.mul(base%m.n, m.r2), m.one
	if b == 0 {
		return true
	}
	for i := 63; i >= s; i-- {
		x = m.mul(x, x)
		if e>>i&1 == 1 {
			x = m.mul(x, b)
		}
	}
	ok := x == m.one || x == minus
	for ; s > 1; s-- {
		x = m.mul(x, x)
		ok = ok || x == minus
	}
	return ok
}

// isPrimeGo proves with Sinclair's seven bases (miller-rabin.appspot.com).
func isPrimeGo(n uint64) bool {
	if n < 2 || n%2 == 0 {
		return n == 2
	}
	m := newMont(n)
	for _, base := range []uint64{2, 325, 9375, 28178, 450775, 9780504, 1795265022} {
		if !m.strong(base) {
			return false
		}
	}
	return true
}

// root returns the k-th root of m, or 0 where it is not an integer.
func root(m uint64, k int) uint64 {
	r := uint64(math.Round(math.Pow(float64(m), 1/float64(k))))
	power := uint64(1)
	for range k {
		hi, lo := bits.Mul64(power, r)
		if hi != 0 {
			return 0
		}
		power = lo
	}
	if power != m {
		return 0
	}
	return r
}

// rho returns a proper factor of n, odd, composite and no square: Pollard's rho (1975) as
// Brent (1980) has it, with a gcd for 64 steps, which are taken again one by one where
// they hold more than one factor.
func rho(n uint64) uint64 {
	m := newMont(n)
	for c := uint64(1); ; c++ {
		x, y, g := uint64(2), uint64(2), uint64(1)
		for length := 1; g == 1; length *= 2 {
			x = y
			for range length {
				y = m.add(m.mul(y, y), c)
			}
			for k := 0; k < length && g == 1; k += 64 {
				start, product := y, m.one
				for range min(64, length-k) {
					y = m.add(m.mul(y, y), c)
					product = m.mul(product, max(x, y)-min(x, y))
				}
				if g = gcd(product, n); g == n {
					for g, y = 1, start; g == 1; g = gcd(max(x, y)-min(x, y), n) {
						y = m.add(m.mul(y, y), c)
					}
				}
			}
		}
		if g != n {
			return g
		}
	}
}

func gcd(a, b uint64) uint64 {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}

// factorGo appends the prime factors of n > 0 to out in ascending order, each as often as
// it divides n.
func factorGo(out []uint64, n uint64) []uint64 {
	for ; n%2 == 0; n /= 2 {
		out = append(out, 2)
	}
	for k, p := range tables().prime {
		if uint64(p)*uint64(p) > n || k == 48 && isPrimeGo(n) {
			break
		}
		for ; n%uint64(p) == 0; n /= uint64(p) {
			out = append(out, uint64(p))
		}
	}
	small := len(out)
	out = factorLarge(out, n)
	slices.Sort(out[small:])
	return out
}

func factorLarge(out []uint64, n uint64) []uint64 {
	if n == 1 {
		return out
	}
	if isPrimeGo(n) {
		return append(out, n)
	}
	p := root(n, 2)
	if p == 0 {
		p = rho(n)
	}
	return factorLarge(factorLarge(out, p), n/p)
}
