package parfor

import (
	"testing"
	"testing/synctest"
	"time"
)

// The pace is that since the first count; what was done before it took no time.
func TestTimeLeft(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var got time.Duration
		progress := TimeLeft(func(done, total int, left time.Duration) { got = left })
		for _, step := range []struct {
			passes      time.Duration
			done, total int
			want        time.Duration
		}{
			{time.Second, 0, 100, -1},
			{time.Second, 50, 100, 2 * time.Second},      // 50 in two seconds, for all that is known
			{time.Second, 50, 100, -1},                   // nothing since
			{time.Second, 52, 100, 48 * time.Second},     // 2 in two seconds
			{6 * time.Second, 58, 100, 42 * time.Second}, // 8 in eight
			{2 * time.Second, 100, 100, 0},               // all
			{2 * time.Second, 100, -1, -1},               // a total that is not known
		} {
			time.Sleep(step.passes)
			if progress(step.done, step.total); got != step.want {
				t.Errorf("%d of %d: %v left, want %v", step.done, step.total, got, step.want)
			}
		}
	})
}
