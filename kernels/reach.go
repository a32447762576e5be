package kernels

import (
	"github.com/nogil-go/nogil/csrc"
	"github.com/nogil-go/nogil/simd"
)

// Reach appends to dst the columns j, ascending, that may matter: those whose gradient, which
// is g_j = first[j] + c·(first[j] − second[j]) to within slack·norm[j] + fog·unit[j], may be L1[j] or more, or
// seems to be near·L1[j] or more:
//
//	|g_j| + slack·norm_j + fog·unit_j ≥ L1_j   or   |g_j| ≥ near·L1_j
//
// (with pen.Positive g_j in place of |g_j|), or a side of these is NaN. It panics where second,
// norm, L1 or, unless fog is 0, unit are shorter than first. 8 flops and 32 to 40 bytes a column, on the caller's thread; dst
// grows to as many elements as there are columns. The bits do not depend on the instruction
// set. Coordinate descent saves gradients by it: docs/ALGORITHMS.md, second-order steps.
func Reach(dst []int32, first, second []float64, c, slack float64, norm []float64, fog float64, unit []float64, near float64, pen Penalty) []int32 {
	p, have := len(first), len(dst)
	if len(second) < p || len(norm) < p || len(pen.L1) < p || fog != 0 && len(unit) < p {
		panic("kernels: Reach: " + shortArgument)
	}
	if p == 0 {
		return dst
	}
	if cap(dst) < have+p {
		dst = append(make([]int32, 0, have+p), dst...)
	}
	n := csrc.Reach(simd.Active(), dst[have:have+p], first, second, c, slack, norm, fog, unit, near, pen.L1, pen.Positive)
	return dst[:have+n]
}
