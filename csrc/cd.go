package csrc

// cdEpochGo is the reference of CDEpoch: cyclic coordinate descent as cd.c describes it,
// an update and a dot product one after the other. The conversions keep the compiler
// from fusing a multiplication and an addition, which arm64 and GOAMD64=v3 would do.
func cdEpochGo[T Float](n int, cols []int32, x []T, stride int, mean, weights, norm2, l1, l2 []float64, positive bool, w, r []float64) (fall float64) {
	for _, j := range cols {
		xj, q, old := x[int(j)*stride:][:n], norm2[j], w[j]
		u := dot32(xj, mean[j], r[:n]) + float64(q*old)
		den := q + l2[j]
		w[j] = soft(u, l1[j], den, positive)
		if d := w[j] - old; d != 0 {
			subtract(r, d, xj, mean[j], weights)
			fall += float64(float64(0.5*float64(den*d)) * d)
		}
	}
	return fall
}

func columnDotsGo[T Float](n int, cols []int32, x []T, stride int, mean, r, g []float64) {
	for _, j := range cols {
		g[j] = dot32(x[int(j)*stride:][:n], mean[j], r[:n])
	}
}

func columnSquaresGo[T Float](n int, cols []int32, x []T, stride int, mean, weights, norm2 []float64) {
	for _, j := range cols {
		xj := x[int(j)*stride:][:n]
		norm2[j] = product32(xj, mean[j], xj, mean[j], weights)
	}
}

func subtractColumnsGo[T Float](n int, cols []int32, x []T, stride int, mean, weights, w, r []float64) {
	for _, j := range cols {
		if w[j] != 0 {
			subtract(r, w[j], x[int(j)*stride:][:n], mean[j], weights)
		}
	}
}

// dot32 is Σ (x−mx)·r in 32 lanes that fold in halves.
func dot32[T Float](x []T, mx float64, r []float64) float64 {
	var lane [32]float64
	for i, v := range x {
		lane[i%32] += float64(r[i] * (float64(v) - mx))
	}
	return fold32(&lane)
}

// product32 is Σ (x−mx)·(z−mz)·s in 32 lanes that fold in halves; no s is ones.
func product32[T Float](x []T, mx float64, z []T, mz float64, s []float64) float64 {
	var lane [32]float64
	for i, v := range x {
		p := float64((float64(v) - mx) * (float64(z[i]) - mz))
		if s != nil {
			p = float64(p * s[i])
		}
		lane[i%32] += p
	}
	return fold32(&lane)
}

func fold32(lane *[32]float64) float64 {
	for h := 16; h > 0; h /= 2 {
		for l := range h {
			lane[l] += lane[l+h]
		}
	}
	return lane[0]
}

func subtract[T Float](r []float64, d float64, z []T, mz float64, s []float64) {
	for i, v := range z {
		dz := float64(d * (float64(v) - mz))
		if s != nil {
			dz = float64(dz * s[i])
		}
		r[i] -= dz
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
