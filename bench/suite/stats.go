// What is said of a set of samples.

package suite

import (
	"math"
	"slices"
)

// median returns the middle of x, or the mean of its two middles. It panics if x
// is empty.
func median(x []float64) float64 {
	if len(x) == 0 {
		panic("bench: median: no samples")
	}
	s := slices.Sorted(slices.Values(x))
	mid := len(s) / 2
	if len(s)%2 == 1 {
		return s[mid]
	}
	return (s[mid-1] + s[mid]) / 2
}

// spread returns (largest − smallest) / median: how far to trust the median of
// a few samples.
func spread(x []float64) float64 {
	return (slices.Max(x) - slices.Min(x)) / median(x)
}

// confidence is what intervals are asked for.
const confidence = 0.95

// An Interval holds the median of what was sampled from with probability Level.
type Interval struct {
	Low   float64 `json:"low"`
	High  float64 `json:"high"`
	Level float64 `json:"level"`
}

// medianInterval returns the narrowest interval between two order statistics of x that
// are equally far from the ends and hold the median with a probability of at least 95 %.
// It assumes nothing of the distribution: the number of samples below the median is
// binomial (H. A. David, H. N. Nagaraja, Order Statistics, 3rd ed., 7.1). Fewer than six
// samples cannot give 95 %; then it is their range, and Level says what that is worth.
func medianInterval(x []float64) Interval {
	s := slices.Sorted(slices.Values(x))
	n := len(s)
	outside := 2 * math.Exp2(-float64(n)) // P(all samples on one side)
	best := Interval{s[0], s[n-1], max(1-outside, 0)}
	term := math.Exp2(-float64(n)) // P(Binomial(n, 1/2) = k)
	for k := 1; k < n-1-k; k++ {
		term *= float64(n-k+1) / float64(k)
		if outside += 2 * term; 1-outside < confidence {
			break
		}
		best = Interval{s[k], s[n-1-k], 1 - outside}
	}
	return best
}

// pairedRatios returns x[i]/base[i] for the rounds that both have. Samples of one round
// were taken one after the other, so what slows the machine for a while slows both.
func pairedRatios(x, base []float64) []float64 {
	r := make([]float64, min(len(x), len(base)))
	for i := range r {
		r[i] = x[i] / base[i]
	}
	return r
}
