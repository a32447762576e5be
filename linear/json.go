package linear

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strconv"
)

// number is a float64 in JSON: the shortest decimal that reads back to the same bits, and
// for what JSON has no number for the strings "NaN", "+Inf" and "-Inf".
type number float64

func (v number) MarshalJSON() ([]byte, error) {
	text := strconv.AppendFloat(nil, float64(v), 'g', -1, 64)
	if !finite(float64(v)) {
		return strconv.AppendQuote(nil, string(text)), nil
	}
	return text, nil
}

func (v *number) UnmarshalJSON(text []byte) error {
	switch string(text) {
	case `"NaN"`:
		*v = number(math.NaN())
	case `"+Inf"`:
		*v = number(math.Inf(1))
	case `"-Inf"`:
		*v = number(math.Inf(-1))
	default:
		f, err := strconv.ParseFloat(string(text), 64)
		if err != nil {
			return fmt.Errorf("linear: %s is not a number: %w", text, ErrParameter)
		}
		*v = number(f)
	}
	return nil
}

// numbers are float64s in JSON.
type numbers []float64

func (s numbers) MarshalJSON() ([]byte, error) {
	if s == nil {
		return []byte("null"), nil
	}
	var b bytes.Buffer
	b.WriteByte('[')
	for i, v := range s {
		if i > 0 {
			b.WriteByte(',')
		}
		text, _ := number(v).MarshalJSON() // has no error
		b.Write(text)
	}
	b.WriteByte(']')
	return b.Bytes(), nil
}

func (s *numbers) UnmarshalJSON(text []byte) error {
	var list []number
	if err := json.Unmarshal(text, &list); err != nil {
		return err
	}
	*s = nil
	if list != nil {
		*s = make(numbers, len(list))
	}
	for i, v := range list {
		(*s)[i] = float64(v)
	}
	return nil
}

// fitJSON is Fit as it stands in JSON.
type fitJSON struct {
	Coef       numbers
	Intercept  number
	Iterations int
	DualGap    number
	Converged  bool
	Algorithm  Algorithm
}

// MarshalJSON writes every number so that it reads back to the same bits; NaN and ±Inf,
// for which JSON has no numbers, are the strings "NaN", "+Inf" and "-Inf".
func (f Fit) MarshalJSON() ([]byte, error) {
	return json.Marshal(fitJSON{f.Coef, number(f.Intercept), f.Iterations, number(f.DualGap), f.Converged, f.Algorithm})
}

// UnmarshalJSON reads what [Fit.MarshalJSON] writes.
func (f *Fit) UnmarshalJSON(text []byte) error {
	var j fitJSON
	if err := json.Unmarshal(text, &j); err != nil {
		return err
	}
	*f = Fit{j.Coef, float64(j.Intercept), j.Iterations, float64(j.DualGap), j.Converged, j.Algorithm}
	return nil
}

// pathJSON is PathFit as it stands in JSON: the coefficients of Alphas[i] that are not zero
// are Values[Starts[i]:Starts[i+1]], in the columns of Index there.
type pathJSON struct {
	L1Ratio              number
	Alphas, DualGaps, R2 numbers
	Iterations           []int
	Converged            []bool
	Algorithm            Algorithm
	Intercepts           numbers
	Columns              int
	Starts               []int
	Index                []int32
	Values               numbers
}

// MarshalJSON writes numbers as [Fit.MarshalJSON] does, and of the coefficients those that
// are not zero.
func (f PathFit) MarshalJSON() ([]byte, error) {
	return json.Marshal(pathJSON{
		number(f.L1Ratio), f.Alphas, f.DualGaps, f.R2, f.Iterations, f.Converged, f.Algorithm,
		f.intercepts, f.columns, f.starts, f.index, f.values,
	})
}

// UnmarshalJSON reads what [PathFit.MarshalJSON] writes, and returns an error where lengths
// or columns contradict each other.
func (f *PathFit) UnmarshalJSON(text []byte) error {
	var j pathJSON
	if err := json.Unmarshal(text, &j); err != nil {
		return err
	}
	n := len(j.Alphas)
	ok := len(j.DualGaps) == n && len(j.R2) == n && len(j.Iterations) == n && len(j.Converged) == n &&
		len(j.Intercepts) == n && len(j.Starts) == n+1 && len(j.Index) == len(j.Values) &&
		j.Starts[0] == 0 && j.Starts[n] == len(j.Index) && slices.IsSorted(j.Starts)
	for _, column := range j.Index {
		ok = ok && column >= 0 && int(column) < j.Columns
	}
	if !ok {
		return fmt.Errorf("linear: lengths or columns of a PathFit contradict each other: %w", ErrParameter)
	}
	*f = PathFit{
		L1Ratio: float64(j.L1Ratio), Alphas: j.Alphas, DualGaps: j.DualGaps, R2: j.R2, Iterations: j.Iterations,
		Converged: j.Converged, Algorithm: j.Algorithm, intercepts: j.Intercepts, columns: j.Columns,
		starts: j.Starts, index: j.Index, values: j.Values,
	}
	return nil
}
