package csrc

// Int is an element of a matrix of integers.
type Int interface{ int32 | int64 }

// intSumGo is the reference of IntSum.
func intSumGo[T Int](colMajor bool, rows, stride int, a []T, lo, hi []int64) {
	for j := range lo {
		lo[j] = 0
		if hi != nil {
			hi[j] = 0
		}
		for i := range rows {
			v := int64(element(colMajor, stride, a, i, j))
			if hi == nil {
				lo[j] += v
			} else {
				lo[j] += v & (1<<32 - 1)
				hi[j] += v >> 32
			}
		}
	}
}
