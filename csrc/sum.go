package csrc

import (
	"math"
	"math/bits"
)

// Float is an element of a design or a table.
type Float interface{ float32 | float64 }

// SumLeaf is the number of rows in a leaf of the summation tree. Rows may be split
// among threads at SumLeaf·2^k only, and the parts combined as the tree does.
const SumLeaf = 128

// SumLevels returns how many rows of partial sums SumRowMajor needs in levels.
func SumLevels(rows int) int {
	return bits.Len(uint((rows+SumLeaf-1)/SumLeaf)) + 1
}

// sumRowMajorGo is the reference of SumRowMajor: the tree that sum.c describes, a row
// of partial sums per level.
func sumRowMajorGo[T Float](rows, cols, stride int, a []T, levels, dst []float64) {
	row := func(level int) []float64 { return levels[level*cols : (level+1)*cols] }
	top, leaves := 0, 0
	for i := 0; i < rows; i += SumLeaf {
		leafRows(min(SumLeaf, rows-i), stride, a[i*stride:], row(top))
		top++
		leaves++
		for c := leaves; c&1 == 0; c >>= 1 {
			addTo(row(top-2), row(top-1))
			top--
		}
	}
	for ; top > 1; top-- {
		addTo(row(top-2), row(top-1))
	}
	copy(dst, row(0))
}

// sumColMajorGo is the reference of SumColMajor.
func sumColMajorGo[T Float](rows, cols, stride int, a []T, dst []float64) {
	var levels [64]float64
	for j := range cols {
		sumRowMajorGo(rows, 1, 1, a[j*stride:], levels[:], dst[j:j+1])
	}
}

// leafRows sums up to 128 rows of stride elements into dst, in groups of eight.
func leafRows[T Float](rows, stride int, a []T, dst []float64) {
	negZero := math.Copysign(0, -1)
	for j := range dst {
		dst[j] = negZero
	}
	for i := 0; i < rows; i += 8 {
		n := min(8, rows-i)
		for j := range dst {
			x := [8]float64{negZero, negZero, negZero, negZero, negZero, negZero, negZero, negZero}
			for k := range n {
				x[k] = float64(a[(i+k)*stride+j])
			}
			dst[j] += ((x[0] + x[1]) + (x[2] + x[3])) + ((x[4] + x[5]) + (x[6] + x[7]))
		}
	}
}

func addTo(dst, x []float64) {
	for j := range dst {
		dst[j] += x[j]
	}
}
