package csrc

// pairsGo is the reference of Pairs: blocks of 256 rows, 8 lanes that fold in halves.
func pairsGo[T Float](n int, a, b []int32, x []T, stride int, mean, weights, dst []float64, ld int) {
	for i, ja := range a {
		for k, jb := range b {
			sum, xa, xb := 0.0, x[int(ja)*stride:][:n], x[int(jb)*stride:][:n]
			for row := 0; row < n; row += 256 {
				var lane [8]float64
				for r := row; r < min(row+256, n); r++ {
					v := float64(xb[r]) - mean[jb]
					if weights != nil {
						v *= weights[r]
					}
					lane[r%8] += float64((float64(xa[r]) - mean[ja]) * v)
				}
				if row == 0 {
					sum = fold8(lane)
				} else {
					sum += fold8(lane)
				}
			}
			dst[i*ld+k] = sum
		}
	}
}

// fold8 adds 8 lanes in halves.
func fold8(lane [8]float64) float64 {
	for h := 4; h > 0; h /= 2 {
		for l := range h {
			lane[l] += lane[l+h]
		}
	}
	return lane[0]
}
