package csrc

import (
	"math"
	"math/bits"
)

// FewRows is how many rows FewFloats, FewMin and FewArgMin take at most: a group of the tree; 0 where an
// int is not the 64 bits that they write.
const FewRows = 8 * (bits.UintSize / 64)

// A FewOp is a statistic of columns of few rows.
type FewOp int

const (
	FewSum      FewOp = iota
	FewMean           // NaN of nothing
	FewNorm1          // NaN where there is a NaN and it is not skipped
	FewNorm2          // as FewNorm1; free of overflow and underflow
	FewNormMax        // as FewNorm1
	FewVar            // with ddof
	FewStd            // with ddof
	FewDescribe       // five words: the number of values, their mean, deviation with ddof 1, least, greatest
	fewMin
	fewMax
	fewArgMin
	fewArgMax
)

// extremeOp is the operation of FewMin, or of FewArgMin, for the greatest in place of the least.
func (op FewOp) extremeOp(largest bool) FewOp {
	if largest {
		op++
	}
	return op
}

// Words is how many numbers of 64 bits a column comes to.
func (op FewOp) Words() int {
	if op == FewDescribe {
		return 5
	}
	return 1
}

// fewFloatsGo is the reference of FewFloats.
func fewFloatsGo[T Float](op FewOp, skip, colMajor bool, rows, cols, stride int, a []T, ddof int, dst []float64, nans []int) {
	for j := range cols {
		var all [FewRows + 1]float64
		x := all[:rows]
		count := 0
		for i := range x {
			if x[i] = float64(element(colMajor, stride, a, i, j)); x[i] != x[i] {
				count++
			}
		}
		if nans != nil {
			nans[j] = count
		}
		switch op {
		case FewVar, FewStd:
			m := momentsOf(x, skip)
			divisor := m.n - float64(ddof)
			if m.n == 0 {
				divisor = 0
			}
			dst[j] = Quotient(m.m2, divisor, op == FewStd)
		case FewDescribe:
			words := summaryOf(momentsOf(x, true))
			copy(dst[5*j:], words[:])
		default:
			dst[j] = fewFloat(op, skip, x, count)
		}
	}
	if op != FewDescribe {
		canonicalNaN(dst[:cols])
	}
}

func summaryOf(m moment) [5]float64 {
	if m.n == 0 {
		m.lo, m.hi = math.NaN(), math.NaN()
	}
	return [5]float64{math.Float64frombits(uint64(m.n)), Quotient(m.sum, m.n, false), Quotient(m.m2, m.n-1, true), m.lo + 0, m.hi + 0}
}

// fewFloat is a sum, a mean or a norm of a column x with so many NaN.
func fewFloat(op FewOp, skip bool, x []float64, nans int) float64 {
	if nans > 0 && !skip {
		return math.NaN()
	}
	if op == FewSum && nans == len(x) {
		return 0
	}
	switch op {
	case FewMean:
		return group(NaNSum, x) / float64(len(x)-nans)
	case FewNorm1:
		return group(NaNSumAbs, x)
	case FewNorm2:
		return norm2(x)
	case FewNormMax:
		return largestOf(x)
	}
	return group(NaNSum, x)
}

// group is what op comes to for at most eight rows without NaN or with those that it skips.
func group(op SumOp, x []float64) float64 {
	all := [8]float64{negZero, negZero, negZero, negZero, negZero, negZero, negZero, negZero}
	for i, v := range x {
		all[i], _ = op.value(v)
	}
	return tree8(all)
}

func largestOf(x []float64) float64 {
	most := 0.0
	for _, v := range x {
		if v == v {
			most = max(most, math.Abs(v))
		}
	}
	return most
}

// norm2 scales where the squares may have lost what they are made of.
func norm2(x []float64) float64 {
	s := group(NaNSumSquares, x)
	if s >= 0x1p-900 && s <= math.MaxFloat64 {
		return math.Sqrt(s)
	}
	most := largestOf(x)
	if most == 0 || most > math.MaxFloat64 {
		return most
	}
	e := math.Ilogb(most)
	var scaled [FewRows + 1]float64
	for i, v := range x {
		scaled[i] = float64(v*math.Ldexp(1, -e/2)) * math.Ldexp(1, -e+e/2)
	}
	return math.Ldexp(math.Sqrt(group(NaNSumSquares, scaled[:len(x)])), e)
}

// fewMinGo is the reference of FewMin.
func fewMinGo[T Number](colMajor bool, rows, stride int, a []T, largest, skip bool, dst []T, nans []int) {
	nan := math.NaN()
	for j := range dst {
		var count [1]int64
		minGo(colMajor, rows, stride, columnFrom(colMajor, stride, a, j), largest, skip, dst[j:j+1], count[:])
		if count[0] == int64(rows) || dst[j] != dst[j] {
			dst[j] = T(nan)
		}
		if nans != nil {
			nans[j] = int(count[0])
		}
	}
}

// fewArgMinGo is the reference of FewArgMin.
func fewArgMinGo[T Number](colMajor bool, rows, stride int, a []T, largest, skip bool, dst, nans []int) {
	for j := range dst {
		var best [1]T
		var index, count [1]int64
		argMinGo(colMajor, rows, stride, columnFrom(colMajor, stride, a, j), largest, skip, best[:], index[:], count[:])
		dst[j] = int(index[0])
		if nans != nil {
			nans[j] = int(count[0])
		}
	}
}

// columnFrom is a from its column j on.
func columnFrom[T Number](colMajor bool, stride int, a []T, j int) []T {
	if colMajor {
		return a[j*stride:]
	}
	return a[j:]
}
