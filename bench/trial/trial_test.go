package trial

import (
	"testing"

	"github.com/nogil-go/nogil/parfor"
)

func TestSum(t *testing.T) {
	article := []int64{4, 7, 6, 8, 11, 9}
	odd := []int64{0, -3, 1, 2, 1, 1 << 40} // what lies outside [1, atMost] counts nothing
	for _, c := range []struct {
		values []int64
		atMost int64
		want   int64
	}{
		{article, 7, 9}, // the article's own example: 3 + 2 + 4
		{article, 11, 9 + 4 + 2 + 3},
		{article, 0, 0},
		{nil, 7, 0},
		{odd, 2, 1 + 2 + 1},
	} {
		for threads := 1; threads <= 3; threads++ {
			if got := Sum(parfor.Loop{Threads: threads}, c.values, c.atMost); got != c.want {
				t.Errorf("Sum(%v, %d) with %d threads = %d, want %d", c.values, c.atMost, threads, got, c.want)
			}
		}
	}
}

// The C loop and the Go loop must agree, squares and primes included.
func TestSumAgreesWithGo(t *testing.T) {
	values := make([]int64, 10007)
	for i := range values {
		values[i] = int64(i)
	}
	for _, atMost := range []int64{1, 2, 99, 100, 101, 5000, 20000} {
		want := sumGo(values, atMost)
		if got := Sum(parfor.Loop{Threads: 2}, values, atMost); got != want {
			t.Errorf("Sum(0…10006, %d) = %d, want %d", atMost, got, want)
		}
	}
}
