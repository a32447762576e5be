// What is said of a set of samples.

package suite

import "slices"

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
