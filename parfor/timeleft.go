package parfor

// How long a loop will take yet.

import "time"

// TimeLeft returns a function for [Loop.Progress] that tells report, beside the counts, how long what
// is left will take at the pace so far: that since the first count, so that what an earlier run
// had done already is no pace, and before there is a second one that since TimeLeft was called. left
// is negative where it is not known: nothing is done, or the total is not known.
func TimeLeft(report func(done, total int, left time.Duration)) func(done, total int) {
	begin, from := time.Now(), 0
	counted := false
	return func(done, total int) {
		left, now := time.Duration(-1), time.Now()
		if done > from && total >= done {
			left = time.Duration(float64(now.Sub(begin)) / float64(done-from) * float64(total-done))
		}
		if !counted && done > 0 {
			begin, from, counted = now, done, true
		}
		report(done, total, left)
	}
}
