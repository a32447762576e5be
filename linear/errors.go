package linear

import (
	"errors"
	"fmt"
	"math"
)

// What errors of this package wrap.
var (
	ErrNotFinite = errors.New("not finite")
	ErrRange     = errors.New("outside the range of float64")
	ErrNoRows    = errors.New("no rows")
	ErrParameter = errors.New("out of range")
)

// A DataError says which element, or which column, of X an error is about: errors.As finds it.
type DataError struct {
	Row    int // −1 where the error is about the whole column
	Column int

	text string
	err  error // one of those above
}

func (e *DataError) Error() string { return e.text + ": " + e.err.Error() }
func (e *DataError) Unwrap() error { return e.err }

func elementError(row, col int, v float64) error {
	return &DataError{row, col, fmt.Sprintf("linear: X[%d, %d] is %v", row, col, v), ErrNotFinite}
}

func columnError(col int, squares float64) error {
	return &DataError{-1, col, fmt.Sprintf("linear: the squares of column %d of X add up to %v", col, squares), ErrRange}
}

func finite(v float64) bool { return v-v == 0 }

// checkVector returns an error that names the first element of v that is not finite.
func checkVector(name string, v []float64) error {
	for i, x := range v {
		if !finite(x) {
			return fmt.Errorf("linear: %s[%d] is %v: %w", name, i, x, ErrNotFinite)
		}
	}
	return nil
}

// checkRange returns an error where v is NaN or outside [lo, hi].
func checkRange(name string, v, lo, hi float64) error {
	if v >= lo && v <= hi {
		return nil
	}
	if hi == math.MaxFloat64 {
		return fmt.Errorf("linear: %s is %v, must be finite and at least %v: %w", name, v, lo, ErrParameter)
	}
	return fmt.Errorf("linear: %s is %v, must be in [%v, %v]: %w", name, v, lo, hi, ErrParameter)
}
