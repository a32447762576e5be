package csrc

// gramEpochGo is the reference of GramEpoch.
func gramEpochGo(cols []int32, gram []float64, stride int, l1, l2 []float64, positive bool, w, g []float64) (fall float64) {
	for _, j := range cols {
		column := gram[int(j)*stride:][:len(g)]
		q, old, den := column[j], w[j], column[j]+l2[j]
		w[j] = soft(g[j]+float64(q*old), l1[j], den, positive)
		if d := w[j] - old; d != 0 {
			subtract(g, d, column, 0, nil)
			fall += float64(float64(0.5*den) * float64(d*d))
		}
	}
	return fall
}

func gramSubtractGo(cols []int32, gram []float64, stride int, w, g []float64) {
	for _, j := range cols {
		if w[j] != 0 {
			subtract(g, w[j], gram[int(j)*stride:][:len(g)], 0, nil)
		}
	}
}
