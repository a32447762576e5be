package csrc

// rowSumsGo is the reference of RowSums.
func rowSumsGo[T Float](n int, x []T, stride int, mean, v []float64, squares bool, g []float64) {
	for j := range g {
		var lane [32]float64
		for i := range n {
			off, vi := float64(x[i*stride+j])-mean[j], 1.0
			if v != nil {
				vi = v[i]
			}
			if squares {
				off *= off
			}
			lane[i%32] += float64(vi * off)
		}
		g[j] = fold32(&lane)
	}
}
