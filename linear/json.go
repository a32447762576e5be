package linear

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
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
}

// MarshalJSON writes every number so that it reads back to the same bits; NaN and ±Inf,
// for which JSON has no numbers, are the strings "NaN", "+Inf" and "-Inf".
func (f Fit) MarshalJSON() ([]byte, error) {
	return json.Marshal(fitJSON{f.Coef, number(f.Intercept), f.Iterations, number(f.DualGap), f.Converged})
}

// UnmarshalJSON reads what [Fit.MarshalJSON] writes.
func (f *Fit) UnmarshalJSON(text []byte) error {
	var j fitJSON
	if err := json.Unmarshal(text, &j); err != nil {
		return err
	}
	*f = Fit{j.Coef, float64(j.Intercept), j.Iterations, float64(j.DualGap), j.Converged}
	return nil
}
