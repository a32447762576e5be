//go:build !cgo || noopenblas

// The build without CBLAS. Nothing in it may be called.

package netlibcd

// Reason tells why the baseline cannot run in this build; it is empty where it can.
const Reason = "built without cgo or without OpenBLAS"

// Problem is there for the sake of programs that compile with and without CBLAS.
type Problem struct{}

// New panics.
func New(rows, cols int, x, y []float64, alpha, l1Ratio float64) *Problem {
	panic("netlibcd: New: " + Reason)
}

// Reset panics.
func (p *Problem) Reset() { panic("netlibcd: Reset: " + Reason) }

// Epoch panics.
func (p *Problem) Epoch() (change, largest float64) { panic("netlibcd: Epoch: " + Reason) }

// Solve panics.
func (p *Problem) Solve(tol float64, maxIter int) Fit { panic("netlibcd: Solve: " + Reason) }

// Fit panics.
func (p *Problem) Fit() Fit { panic("netlibcd: Fit: " + Reason) }
