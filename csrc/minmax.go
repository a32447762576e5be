package csrc

import (
	"math"
	"unsafe"
)

// Number is an element of a matrix.
type Number interface {
	float32 | float64 | int32 | int64
}

// minGo is the reference of Min.
func minGo[T Number](colMajor bool, rows, stride int, a []T, largest, skip bool, dst []T, nans []int64) {
	for j := range dst {
		best, started := T(0), false
		if skip {
			nans[j] = 0
		}
		for i := range rows {
			v := element(colMajor, stride, a, i, j)
			switch {
			case skip && v != v:
				nans[j]++
			case !started:
				best, started = v, true
			case largest:
				best = max(best, v)
			default:
				best = min(best, v)
			}
		}
		if !started {
			best = identity[T](largest)
		}
		dst[j] = best
	}
}

// maxAbsGo is the reference of MaxAbs.
func maxAbsGo[T Float](colMajor bool, rows, stride int, a, dst []T, nans []int64) {
	for j := range dst {
		dst[j], nans[j] = identity[T](true), 0
		for i := range rows {
			if v := element(colMajor, stride, a, i, j); v != v {
				nans[j]++
			} else {
				dst[j] = max(dst[j], v, -v)
			}
		}
	}
}

// argMinGo is the reference of ArgMin.
func argMinGo[T Number](colMajor bool, rows, stride int, a []T, largest, skip bool, best []T, index, nans []int64) {
	for j := range best {
		b, at := element(colMajor, stride, a, 0, j), int64(0)
		if skip {
			nans[j] = 0
			for i := range rows {
				if v := element(colMajor, stride, a, i, j); v != v {
					nans[j]++
				}
			}
		}
		for i := 1; i < rows; i++ {
			v := element(colMajor, stride, a, i, j)
			better := v < b
			if largest {
				better = v > b
			}
			if b != b { // NaN is the best of all, or, where it is skipped, none
				better = skip && v == v
			} else if v != v {
				better = !skip
			}
			if better {
				b, at = v, int64(i)
			}
		}
		if skip && b != b {
			at = -1
		}
		best[j], index[j] = b, at
	}
}

func element[T Number](colMajor bool, stride int, a []T, i, j int) T {
	if colMajor {
		return a[j*stride+i]
	}
	return a[i*stride+j]
}

// identity is the minimum, or the maximum, of no elements: Inf where the type has it.
func identity[T Number](largest bool) (id T) {
	switch p := any(&id).(type) {
	case *float64:
		*p = math.Inf(1)
	case *float32:
		*p = float32(math.Inf(1))
	case *int32:
		*p = math.MaxInt32
	case *int64:
		*p = math.MaxInt64
	}
	if largest && T(1)/2 != 0 {
		return -id
	} else if largest {
		return -id - 1
	}
	return id
}

func sizeOf[T Number]() int { return int(unsafe.Sizeof(T(0))) }

// typeCode is the place of T in the tables of minmax.c.
func typeCode[T Number]() int {
	isFloat, isWide := T(1)/2 != 0, sizeOf[T]() == 8
	switch {
	case isFloat && isWide:
		return 0
	case isFloat:
		return 1
	case isWide:
		return 3
	}
	return 2
}
