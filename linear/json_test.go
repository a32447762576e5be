package linear

import (
	"encoding/json"
	"errors"
	"math"
	"reflect"
	"strings"
	"testing"
)

// Every bit of every field survives.
func TestFitRoundTripsThroughJSON(t *testing.T) {
	inf := math.Inf(1)
	odd := []float64{0.1, 1.0 / 3, 0, math.Copysign(0, -1), 5e-324, math.MaxFloat64, -1e-310, math.NaN(), inf, -inf, 1e21, 123456789012345680}
	for _, want := range []Fit{
		{},
		{Coef: []float64{}, DualGap: math.NaN()},
		{Coef: odd, Intercept: -1.0 / 3, Iterations: 17, DualGap: 1e-17, Converged: true, Algorithm: Covariance},
	} {
		text, err := json.Marshal(want)
		if err != nil {
			t.Fatal(err)
		}
		got := Fit{Coef: []float64{9}, Iterations: 3}
		if err := json.Unmarshal(text, &got); err != nil {
			t.Fatal(err)
		}
		a, b := reflect.ValueOf(got), reflect.ValueOf(want)
		for i := range a.NumField() {
			if name := a.Type().Field(i).Name; !sameValue(a.Field(i).Interface(), b.Field(i).Interface()) {
				t.Errorf("%s: %v became %v in %s", name, b.Field(i), a.Field(i), text)
			}
		}
	}
	all := reflect.ValueOf(Fit{Coef: odd, Intercept: 1, Iterations: 1, DualGap: 1, Converged: true, Algorithm: Covariance})
	for i := range all.NumField() {
		if all.Field(i).IsZero() {
			t.Errorf("field %s is not tested", all.Type().Field(i).Name)
		}
	}
}

// sameValue compares numbers by their bits, all NaNs being one.
func sameValue(a, b any) bool {
	switch a := a.(type) {
	case float64:
		return sameBits(a, b.(float64))
	case []float64:
		b := b.([]float64)
		if len(a) != len(b) || (a == nil) != (b == nil) {
			return false
		}
		for i := range a {
			if !sameBits(a[i], b[i]) {
				return false
			}
		}
		return true
	}
	return a == b
}

func sameBits(a, b float64) bool {
	return math.Float64bits(a) == math.Float64bits(b) || a != a && b != b
}

func TestBadJSONIsAnError(t *testing.T) {
	for _, text := range []string{`{"Coef":["Inf"]}`, `{"Intercept":"0"}`, `{"DualGap":true}`, `{"Intercept":1e999}`} {
		var f Fit
		if err := json.Unmarshal([]byte(text), &f); !errors.Is(err, ErrParameter) || !strings.Contains(err.Error(), "is not a number") {
			t.Errorf("%s: %v", text, err)
		}
	}
	var f Fit
	if err := json.Unmarshal([]byte(`{"Coef":3}`), &f); err == nil {
		t.Error("a number for Coef is no error")
	}
}
