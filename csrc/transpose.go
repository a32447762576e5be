package csrc

func transposeGo[T Float](n, k int, x []T, stride int, dst []T, ld int) {
	for i := range n {
		for c, v := range x[i*stride:][:k] {
			dst[c*ld+i] = v
		}
	}
}
