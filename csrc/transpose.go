package csrc

func transposeGo[T Float](n, k int, x []T, stride int, dst []T, ld int) {
	for i := range n {
		for c, v := range x[i*stride:][:k] {
			dst[c*ld+i] = v
		}
	}
}

func gatherGo[T Float](n int, cols []int32, x []T, stride int, dst []T, ld int) {
	for c, j := range cols {
		for i := range n {
			dst[c*ld+i] = x[i*stride+int(j)]
		}
	}
}
