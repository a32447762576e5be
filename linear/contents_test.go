package linear

import (
	"context"
	"errors"
	"math"
	"path/filepath"
	"slices"
	"testing"

	"github.com/nogil-go/nogil/kernels"
	"github.com/nogil-go/nogil/parfor"
)

// The checkpoint of a wide run is of its X: one bit of one element, which no mean, norm or
// product shows, makes it that of another run; what lies between the columns does not.
func TestCheckpointIsOfX(t *testing.T) {
	const n, p = 12, 40
	x, y := randomProblem(81, n, p, 1, 0.1)
	padded := kernels.Matrix[float64]{Rows: n, Cols: p, Stride: n + 1, Layout: kernels.ColMajor, Data: slices.Repeat([]float64{math.NaN()}, p*(n+1))}
	for j := range p {
		copy(padded.Data[j*(n+1):], x.Data[j*n:][:n])
	}
	rows := byRows(x)
	other := kernels.NewColMajor(n, p, slices.Clone(x.Data))
	other.Data[5*n+3] = math.Nextafter(other.Data[5*n+3], 9)
	for name, c := range map[string]struct{ x, same, other Design }{
		"columns": {Dense(x), Dense(padded), Dense(other)},
		"rows":    {Dense(rows), Dense(rows), Dense(byRows(other))},
		"sparse":  {sparseOf(t, x), sparseOf(t, x), sparseOf(t, other)},
	} {
		m := ElasticNetCV{NumAlphas: 3, Folds: 2, Checkpoint: filepath.Join(t.TempDir(), name)}
		f, err := m.Fit(context.Background(), c.x, y)
		if err != nil || f.Strategy != Residuals {
			t.Fatalf("%s: %v, %v", name, f.Strategy, err)
		}
		m.Loop = parfor.Loop{Threads: 3}
		if _, err := m.Fit(context.Background(), c.same, y); err != nil {
			t.Errorf("%s: the same X: %v", name, err)
		}
		if _, err := m.Fit(context.Background(), c.other, y); !errors.Is(err, ErrCheckpoint) {
			t.Errorf("%s: another X: %v", name, err)
		}
	}
}
