package csrc

import (
	"math"
	"math/bits"
)

// ExactChunks is how many chunks a superaccumulator of ExactSum has. Chunk k counts
// 2^(32k−1074); the last one has a bit each for NaN, +Inf and −Inf.
const ExactChunks = exactSpecial + 1

const (
	exactSpecial = 68
	exactLow     = 1<<32 - 1
)

// exactSumGo is the reference of ExactSum, but for the way a sum lies in its chunks.
func exactSumGo[T Float](colMajor bool, rows, cols, stride int, a []T, acc []int64, accStride int) {
	for j := range cols {
		for i := range rows {
			exactAdd(acc[j:], accStride, float64(element(colMajor, stride, a, i, j)))
		}
	}
}

// exactAdd adds x, which is ±m·2^(shift−1074), to the accumulator.
func exactAdd(acc []int64, stride int, x float64) {
	b := math.Float64bits(x)
	shift, m := int(b>>52&0x7ff), int64(b&(1<<52-1))
	switch {
	case x != x:
		acc[exactSpecial*stride] |= 1
		return
	case shift == 0x7ff && x > 0:
		acc[exactSpecial*stride] |= 2
		return
	case shift == 0x7ff:
		acc[exactSpecial*stride] |= 4
		return
	case shift > 0:
		m |= 1 << 52
		shift--
	}
	top, low := bits.Mul64(uint64(m), 1<<(shift&31))
	sign := int64(1) - int64(b>>63<<1)
	at := shift >> 5
	acc[at*stride] += sign * int64(low&exactLow)
	acc[(at+1)*stride] += sign * int64(low>>32)
	acc[(at+2)*stride] += sign * int64(top)
}

// ExactCarry leaves in all chunks but the last finite one less than 2³² and no sign, so
// that 2³¹ accumulators may be added.
func ExactCarry(acc []int64, stride int) {
	for k := range exactSpecial - 1 {
		acc[(k+1)*stride] += acc[k*stride] >> 32
		acc[k*stride] &= exactLow
	}
}

// ExactValue returns the sum in an accumulator, rounded to the nearest double, of two the
// even one; a sum of 0 is +0.
func ExactValue(acc []int64, stride int) float64 {
	switch special := acc[exactSpecial*stride]; {
	case special == 2:
		return math.Inf(1)
	case special == 4:
		return math.Inf(-1)
	case special != 0:
		return math.NaN()
	}
	var c [exactSpecial + 2]uint64 // the magnitude, 32 bits each
	carry := int64(0)
	for k := range exactSpecial {
		carry += acc[k*stride]
		c[k] = uint64(carry & exactLow)
		carry >>= 32
	}
	if carry < 0 { // which it is to the end, where the sum is negative
		borrow := uint64(1)
		for k := range exactSpecial {
			borrow += ^c[k] & exactLow
			c[k] = borrow & exactLow
			borrow >>= 32
		}
	}
	top := exactSpecial - 1
	for top > 0 && c[top] == 0 {
		top--
	}
	first := 32*top + bits.Len64(c[top]) - 1 // the place of the first bit that is set
	if first <= 52 {
		return math.Copysign(math.Float64frombits(c[1]<<32|c[0]), float64(carry)+0.5)
	}
	last := first - 52 // the place of the last bit that fits
	at, shift := last/32, uint(last%32)
	m := ((c[at]|c[at+1]<<32)>>shift | c[at+2]<<(64-shift)) & (1<<53 - 1)
	half, below := placed(&c, last-1)
	b := uint64(last)<<52 + m
	if half && (below || m&1 == 1) {
		b++ // carries into the exponent as it should, up to that of Inf
	}
	if last >= 2046 {
		b = 0x7ff << 52
	}
	return math.Copysign(math.Float64frombits(b), float64(carry)+0.5)
}

// placed returns the bit at a place, and whether any is set below it.
func placed(c *[exactSpecial + 2]uint64, place int) (bit, below bool) {
	at, mask := place/32, uint64(1)<<(place%32)
	bit, below = c[at]&mask != 0, c[at]&(mask-1) != 0
	for k := 0; k < at && !below; k++ {
		below = c[k] != 0
	}
	return bit, below
}
