package csrc

// CSC is a sparse matrix in compressed columns, and what coordinate descent knows about
// it: element Data[k] of column j is in row Indices[k], for Indptr[j] ≤ k < Indptr[j+1].
// Weight is nil for ones; Total is the sum of the weights. Offset[j], which is taken off the
// stored elements, is 0 unless every row that counts has one; Mean is that of what is left.
type CSC struct {
	Indptr      []int
	Indices     []int32
	Data        []float64
	Weight      []float64
	Total       float64
	Offset      []float64
	Mean, Norm2 []float64
}

func (a *CSC) column(j int32) ([]int32, []float64) {
	lo, hi := a.Indptr[j], a.Indptr[j+1]
	return a.Indices[lo:hi], a.Data[lo:hi]
}

// cscEpochGo is the reference of CSCEpoch. The last element of v is the sum of the others.
func cscEpochGo(a *CSC, cols []int32, l1, l2 []float64, positive bool, w, v []float64) (fall float64) {
	sum := len(v) - 1
	for _, j := range cols {
		index, x := a.column(j)
		q, old := a.Norm2[j], w[j]
		u := dot8(index, x, a.Offset[j], v) - float64(a.Mean[j]*v[sum]) + float64(q*old)
		w[j] = soft(u, l1[j], q+l2[j], positive)
		if d := w[j] - old; d != 0 {
			scatter(index, x, a.Weight, a.Offset[j], d, v)
			v[sum] -= float64(d * float64(a.Mean[j]*a.Total))
			fall += float64(float64(0.5*float64((q+l2[j])*d)) * d)
		}
	}
	return fall
}

func cscDotsGo(a *CSC, cols []int32, v, g []float64) {
	for _, j := range cols {
		index, x := a.column(j)
		g[j] = dot8(index, x, a.Offset[j], v) - float64(a.Mean[j]*v[len(v)-1])
	}
}

func cscSubtractGo(a *CSC, cols []int32, w, v []float64) {
	for _, j := range cols {
		if w[j] != 0 {
			index, x := a.column(j)
			scatter(index, x, a.Weight, a.Offset[j], w[j], v)
			v[len(v)-1] -= float64(w[j] * float64(a.Mean[j]*a.Total))
		}
	}
}

// dot8 is Σ (x[k] − offset)·v[index[k]] in 8 lanes that fold in halves.
func dot8(index []int32, x []float64, offset float64, v []float64) float64 {
	var lane [8]float64
	for k, i := range index {
		lane[k%8] += float64((x[k] - offset) * v[i])
	}
	for h := 4; h > 0; h /= 2 {
		for l := range h {
			lane[l] += lane[l+h]
		}
	}
	return lane[0]
}

// scatter subtracts d·s·(x − offset) from v.
func scatter(index []int32, x, weight []float64, offset, d float64, v []float64) {
	for k, i := range index {
		t := x[k] - offset
		if weight != nil {
			t *= weight[i]
		}
		v[i] -= float64(d * t)
	}
}
