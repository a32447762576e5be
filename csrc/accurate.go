package csrc

import "math"

// accurateSumGo is the reference of AccurateSum: leaves of 128 rows in order, and the tree of
// sum.c above them, all with TwoSum.
func accurateSumGo[T Float](colMajor bool, rows, stride int, a []T, s, c []float64) {
	for j := range s {
		s[j], c[j] = accurateColumn(rows, func(i int) float64 { return float64(element(colMajor, stride, a, i, j)) })
	}
}

func accurateColumn(rows int, at func(i int) float64) (s, c float64) {
	if rows <= SumLeaf {
		s = math.Copysign(0, -1)
		for i := range rows {
			var e float64
			s, e = TwoSum(s, at(i))
			c += e
		}
		return s, c
	}
	half := SumLeaf
	for 2*half < rows {
		half *= 2
	}
	s, c = accurateColumn(half, at)
	s2, c2 := accurateColumn(rows-half, func(i int) float64 { return at(half + i) })
	return AccurateMerge(s, c, s2, c2)
}

// AccurateMerge adds the sum s2 of the rows that follow, with its error c2, to s and c.
func AccurateMerge(s, c, s2, c2 float64) (sum, rest float64) {
	sum, e := TwoSum(s, s2)
	return sum, (0 + e) + (c + c2)
}

// TwoSum returns a + b, rounded, and what the rounding left out (Knuth).
func TwoSum(a, b float64) (sum, rest float64) {
	sum = a + b
	z := sum - a
	return sum, (a - (sum - z)) + (b - z)
}
