package linear

// Lasso is [ElasticNet] with L1Ratio 1: its objective is
//
//	1/(2·Σs) · Σ s_i·(y_i − b − x_iᵀw)²  +  Alpha·Σ v_j·|w_j|
type Lasso struct {
	Options
	Alpha float64
}

// Fit is [ElasticNet.Fit].
func (m Lasso) Fit(x Design, y []float64) (*Fit, error) {
	return ElasticNet{Options: m.Options, Alpha: m.Alpha, L1Ratio: 1}.Fit(x, y)
}
