package csrc

// addGo is the reference of Add.
func addGo[T Float](dst, x, y []T) {
	for i, v := range x {
		dst[i] = v + y[i]
	}
}
