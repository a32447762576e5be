package csrc

// cdEpochGo is the reference of CDEpoch: cyclic coordinate descent as cd.c describes it,
// an update and a dot product one after the other. The conversions keep the compiler
// from fusing a multiplication and an addition, which arm64 and GOAMD64=v3 would do.
func cdEpochGo(n int, cols []int32, x []float64, stride int, mean, norm2, l1, l2 []float64, positive bool, w, r []float64) (fall float64) {
	for _, j := range cols {
		xj, q, old := x[int(j)*stride:][:n], norm2[j], w[j]
		u := dot32(xj, mean[j], r[:n], 0) + float64(q*old)
		den := q + l2[j]
		w[j] = soft(u, l1[j], den, positive)
		if d := w[j] - old; d != 0 {
			subtract(r, d, xj, mean[j])
			fall += float64(float64(0.5*den) * float64(d*d))
		}
	}
	return fall
}

func columnDotsGo(n int, cols []int32, x []float64, stride int, mean, r, g []float64) {
	for _, j := range cols {
		g[j] = dot32(x[int(j)*stride:][:n], mean[j], r[:n], 0)
	}
}

func columnSquaresGo(n int, x []float64, stride int, mean, norm2 []float64) {
	for j := range norm2 {
		xj := x[j*stride:][:n]
		norm2[j] = dot32(xj, mean[j], xj, mean[j])
	}
}

func subtractColumnsGo(n int, cols []int32, x []float64, stride int, mean, w, r []float64) {
	for _, j := range cols {
		if w[j] != 0 {
			subtract(r, w[j], x[int(j)*stride:][:n], mean[j])
		}
	}
}

// dot32 is Σ (x−mx)·(r−mr) in 32 lanes that fold in halves.
func dot32(x []float64, mx float64, r []float64, mr float64) float64 {
	var lane [32]float64
	for i, v := range x {
		lane[i%32] += float64((r[i] - mr) * (v - mx))
	}
	for h := 16; h > 0; h /= 2 {
		for l := range h {
			lane[l] += lane[l+h]
		}
	}
	return lane[0]
}

func subtract(r []float64, d float64, z []float64, mz float64) {
	for i, v := range z {
		r[i] -= float64(d * (v - mz))
	}
}

// soft is sign(u)·max(|u| − l1, 0) / den, or 0 in place of what is negative.
func soft(u, l1, den float64, positive bool) float64 {
	switch {
	case u > l1:
		return (u - l1) / den
	case u < -l1 && !positive:
		return (u + l1) / den
	}
	return 0
}
