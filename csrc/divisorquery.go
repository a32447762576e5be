package csrc

// sumTableGo is the reference of SumTable. table[0] is 0.
func sumTableGo[T uint8 | uint16](values []int64, base uint64, table []T) (sum int64) {
	for _, v := range values {
		if x := uint64(v) - base; x < uint64(len(table)) {
			sum += int64(table[x])
		}
	}
	return sum
}

// spanOfGo is the reference of SpanOf.
func spanOfGo[T int64 | uint64](values []T, atMost uint64) (n int, least, greatest uint64) {
	for _, v := range values {
		u := uint64(v)
		if u-1 >= atMost {
			continue
		}
		if n == 0 {
			least, greatest = u, u
		}
		n, least, greatest = n+1, min(least, u), max(greatest, u)
	}
	return n, least, greatest
}

// weighGo is the reference of Weigh.
func weighGo[T uint8 | uint16](times []uint8, d []T, sum []int64) {
	clear(sum)
	for i, c := range times {
		sum[i/64] += int64(c) * int64(d[i])
	}
}
