package csrc

// addGo is the reference of Add.
func addGo(dst, x, y []float64) {
	for i, v := range x {
		dst[i] = v + y[i]
	}
}
