package csrc

import (
	"math"
	"math/bits"
)

// Float is an element of a design or a table.
type Float interface{ float32 | float64 }

// A SumOp says what is made of a column.
type SumOp uint8

const (
	Sum           SumOp = iota // Σx
	NaNSum                     // Σx of what is not NaN
	NaNSumAbs                  // Σ|x| of what is not NaN
	NaNSumSquares              // Σx² of what is not NaN
)

// SumLeaf is the number of rows in a leaf of the summation tree. Rows may be split
// among threads at SumLeaf·2^k only, and the parts combined as the tree does.
const SumLeaf = 128

// SumLevels returns how many rows of partial sums the tree of so many rows needs.
func SumLevels(rows int) int {
	return bits.Len(uint((rows+SumLeaf-1)/SumLeaf)) + 1
}

// SumScratch returns how many numbers SumRowMajor needs in levels.
func SumScratch(rows, cols int) int {
	if cols <= 64 { // maybe at eight places
		cols *= 9
	}
	return SumLevels(rows) * cols
}

var negZero = math.Copysign(0, -1)

// value is what op adds for x, and whether it skips x: then it adds what −0 does.
func (op SumOp) value(x float64) (v float64, skipped bool) {
	if op == Sum {
		return x, false
	}
	if x != x {
		x, skipped = negZero, true
	}
	switch op {
	case NaNSumAbs:
		x = math.Abs(x)
	case NaNSumSquares:
		x = float64(x * x)
	}
	return x, skipped
}

// sumRowMajorGo is the reference of SumRowMajor: the tree that sum.c describes, a row
// of partial sums per level.
func sumRowMajorGo[T Float](op SumOp, rows, stride int, a []T, levels, dst, skipped []float64) {
	clear(skipped)
	row := func(level int) []float64 { return levels[level*len(dst) : (level+1)*len(dst)] }
	top, leaves := 0, 0
	merge := func() {
		top--
		x := row(top - 1)
		for j, y := range row(top) {
			x[j] += y
		}
	}
	for i := 0; i < rows; i += SumLeaf {
		leafRows(op, min(SumLeaf, rows-i), stride, a[i*stride:], row(top), skipped)
		top++
		leaves++
		for c := leaves; c&1 == 0; c >>= 1 {
			merge()
		}
	}
	for top > 1 {
		merge()
	}
	copy(dst, row(0))
	canonicalNaN(dst)
}

// sumColMajorGo is the reference of SumColMajor.
func sumColMajorGo[T Float](op SumOp, rows, stride int, a []T, dst, skipped []float64) {
	var levels [64]float64
	for j := range dst {
		var skip []float64
		if op != Sum {
			skip = skipped[j : j+1]
		}
		sumRowMajorGo(op, rows, 1, a[j*stride:], levels[:], dst[j:j+1], skip)
	}
}

// leafRows sums up to 128 rows of stride elements into dst, in groups of eight.
func leafRows[T Float](op SumOp, rows, stride int, a []T, dst, skipped []float64) {
	for j := range dst {
		dst[j] = negZero
	}
	for i := 0; i < rows; i += 8 {
		n := min(8, rows-i)
		for j := range dst {
			x := [8]float64{negZero, negZero, negZero, negZero, negZero, negZero, negZero, negZero}
			for k := range n {
				v, skip := op.value(float64(a[(i+k)*stride+j]))
				if x[k] = v; skip {
					skipped[j]++
				}
			}
			dst[j] += ((x[0] + x[1]) + (x[2] + x[3])) + ((x[4] + x[5]) + (x[6] + x[7]))
		}
	}
}

func canonicalNaN(s []float64) {
	for j, v := range s {
		if v != v {
			s[j] = math.NaN()
		}
	}
}
