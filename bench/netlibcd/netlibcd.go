// Package netlibcd is coordinate descent as the article on releasing the GIL wrote
// it: one call of cblas_ddot and one of cblas_daxpy for every coordinate, through
// gonum.org/v1/netlib. It is the baseline that shows what a fused kernel gains, and
// no more: dense, cyclic, on data centred in a copy.
package netlibcd

// A Fit is the state of a [Problem].
type Fit struct {
	Coef      []float64
	Intercept float64
	Epochs    int
	Gap       float64 // duality gap, of the objective times the number of rows, where it was computed
}
