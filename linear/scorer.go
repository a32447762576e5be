package linear

// Measures of a model's predictions.

import "math"

// Scorers that are there: weighted means over the rows of a test set, nil weights being
// ones. Rows of weight 0 have no part in them, whatever they hold; without any other row,
// and where a value is NaN, all are NaN. Cost: one pass, 2 to 4 flops a row.
var (
	// MSE is the mean squared error Σ s·(y − ŷ)² / Σs.
	MSE = Scorer{Name: "mean squared error", Func: meanSquaredError}

	// MAE is the mean absolute error Σ s·|y − ŷ| / Σs.
	MAE = Scorer{Name: "mean absolute error", Func: meanAbsoluteError}

	// R2 is the coefficient of determination of [Fit.ScoreWeighted], about the mean of the
	// test set. Of a single row it is 1 or 0, and says nothing.
	R2 = Scorer{Name: "R²", Func: rSquared, GreaterIsBetter: true}
)

func meanSquaredError(y, predicted, weights []float64) float64 {
	return meanError("MSE", y, predicted, weights, func(r float64) float64 { return r * r })
}

func meanAbsoluteError(y, predicted, weights []float64) float64 {
	return meanError("MAE", y, predicted, weights, math.Abs)
}

// meanError is the mean of f of the residuals.
func meanError(op string, y, predicted, weights []float64, f func(float64) float64) float64 {
	if len(y) != len(predicted) || weights != nil && len(weights) != len(y) {
		panic("linear: " + op + ": the lengths of y, predicted and weights differ")
	}
	sum, total := 0.0, 0.0
	for i, v := range y {
		s := 1.0
		if weights != nil {
			s = weights[i]
		}
		if s != 0 {
			sum += float64(s * f(v-predicted[i]))
			total += s
		}
	}
	return sum / total
}
