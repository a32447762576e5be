package table

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"

	"github.com/nogil-go/nogil/linear"
)

// Model is a fit whose coefficients have the names of the columns that they belong to. It is
// kept as JSON, each coefficient beside its name, and predicts from any
// table that has these columns, in any order and among others.
type Model struct {
	Names   []string // one for each of Fit.Coef
	Target  string   // what is predicted
	Alpha   float64
	L1Ratio float64
	Fit     *linear.Fit
}

// Coefficient returns the coefficient of the column of that name, or an error that wraps
// ErrName.
func (m *Model) Coefficient(name string) (float64, error) {
	if j := slices.Index(m.Names, name); j >= 0 {
		return m.Fit.Coef[j], nil
	}
	return 0, fmt.Errorf("table: the model has no column %q: %w", name, ErrName)
}

// Predict returns what the model says about each row of t; rows in which a column of the
// model is missing come to NaN. It returns an error that wraps ErrName and names all columns
// of the model that t has not, or one that wraps ErrKind where one is of strings. It copies
// nothing where [Table.Matrix] of these columns does not.
func (m *Model) Predict(t *Table) ([]float64, error) {
	if absent := t.absent(m.Names); len(absent) > 0 {
		return nil, fmt.Errorf("table: columns of the model that are not there: %q: %w", absent, ErrName)
	}
	features, err := t.Select(m.Names...)
	if err != nil {
		return nil, err
	}
	x, err := features.Matrix()
	if err != nil {
		return nil, err
	}
	y := m.Fit.Predict(nil, linear.Dense(x))
	for _, c := range features.columns { // columns whose coefficient is 0 have had no part in it
		for i := range y {
			if c.Missing(i) {
				y[i] = math.NaN()
			}
		}
	}
	return y, nil
}

// absent returns those of the names that t has not.
func (t *Table) absent(names []string) (absent []string) {
	there := make(map[string]bool, len(t.columns))
	for _, c := range t.columns {
		there[c.Name] = true
	}
	for _, name := range names {
		if !there[name] {
			absent = append(absent, name)
		}
	}
	return absent
}

// modelJSON is a Model as it stands in JSON.
type modelJSON struct {
	Format       string           `json:"format"`
	Target       string           `json:"target"`
	Alpha        float64          `json:"alpha"`
	L1Ratio      float64          `json:"l1_ratio"`
	Intercept    float64          `json:"intercept"`
	Coefficients []coefficient    `json:"coefficients"`
	Iterations   int              `json:"iterations"`
	DualGap      *float64         `json:"dual_gap"` // null for NaN: alpha 0 has none
	Converged    bool             `json:"converged"`
	Algorithm    linear.Algorithm `json:"algorithm"`
}

type coefficient struct {
	Name string  `json:"name"`
	Coef float64 `json:"coef"`
}

const modelFormat = "nogil model 1"

// MarshalJSON writes the model so that every number reads back to the same bits.
func (m Model) MarshalJSON() ([]byte, error) {
	j := modelJSON{
		Format: modelFormat, Target: m.Target, Alpha: m.Alpha, L1Ratio: m.L1Ratio, Intercept: m.Fit.Intercept,
		Iterations: m.Fit.Iterations, Converged: m.Fit.Converged, Algorithm: m.Fit.Algorithm,
	}
	if gap := m.Fit.DualGap; gap == gap {
		j.DualGap = &gap
	}
	for i, name := range m.Names {
		j.Coefficients = append(j.Coefficients, coefficient{name, m.Fit.Coef[i]})
	}
	return json.Marshal(j)
}

// UnmarshalJSON reads what [Model.MarshalJSON] writes; it returns an error that wraps
// ErrSyntax for anything else.
func (m *Model) UnmarshalJSON(text []byte) error {
	var j modelJSON
	if err := json.Unmarshal(text, &j); err != nil {
		return err
	}
	if j.Format != modelFormat {
		return fmt.Errorf("table: format is %q, not %q: %w", j.Format, modelFormat, ErrSyntax)
	}
	*m = Model{Target: j.Target, Alpha: j.Alpha, L1Ratio: j.L1Ratio, Fit: &linear.Fit{
		Intercept: j.Intercept, Iterations: j.Iterations, DualGap: math.NaN(), Converged: j.Converged, Algorithm: j.Algorithm,
	}}
	if j.DualGap != nil {
		m.Fit.DualGap = *j.DualGap
	}
	for _, c := range j.Coefficients {
		m.Names = append(m.Names, c.Name)
		m.Fit.Coef = append(m.Fit.Coef, c.Coef)
	}
	return checkNames(m.Names)
}
