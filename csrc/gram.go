package csrc

func gramSubtractGo(cols []int32, gram []float64, stride int, w, g []float64) {
	for _, j := range cols {
		if w[j] != 0 {
			subtract(g, w[j], gram[int(j)*stride:][:len(g)], 0, nil)
		}
	}
}
