package csrc

// dotsGo is the reference of Dots.
func dotsGo[T Float](x, y []T, block int, scale float64, dst []float64) {
	for k := range dst {
		lo, hi := k*block, min((k+1)*block, len(x))
		dst[k] = dotGo(x[lo:hi], y[lo:hi], scale)
	}
}

// dotGo is the dot product of one block: element i adds to lane i mod 32, and the lanes fold in
// halves.
func dotGo[T Float](x, y []T, scale float64) float64 {
	var lane [32]float64
	for i, v := range x {
		lane[i%32] += float64(float64(float64(v)*scale) * float64(float64(y[i])*scale))
	}
	for h := 16; h > 0; h /= 2 {
		for l := range h {
			lane[l] += lane[l+h]
		}
	}
	return lane[0]
}

// axpyGo is the reference of Axpy.
func axpyGo[T Float](alpha T, x, y []T) {
	for i, v := range x {
		y[i] += T(alpha * v)
	}
}

// scaleGo is the reference of Scale.
func scaleGo[T Float](alpha T, x []T) {
	for i := range x {
		x[i] *= alpha
	}
}
