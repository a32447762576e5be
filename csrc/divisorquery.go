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
