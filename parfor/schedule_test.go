package parfor

import (
	"math"
	"slices"
	"strconv"
	"testing"
)

// claimSerially runs the claiming code of a team of the given size with the
// participants taking turns, and hands each range to f until f returns false.
func claimSerially(s Schedule, n, threads int, f func(thread, lo, hi int) bool) {
	t := newTeam()
	stop := new(struct{})
	t.w = work{n: n, longest: n, threads: threads, schedule: s, threadBody: func(thread, lo, hi int) {
		if !f(thread, lo, hi) {
			panic(stop)
		}
	}}
	defer func() {
		if r := recover(); r != nil && r != any(stop) {
			panic(r)
		}
	}()
	var at span
	switch s.kind {
	case static:
		for share := range threads {
			t.runShare(0, share, &at)
		}
	case dynamic:
		t.claimPieces(0, &at)
	case guidedRatio:
		t.claimRounds(0, &at)
	default:
		t.claimGuided(0, &at)
	}
}

// FuzzEveryIndexOnce covers [0, n) with every schedule and checks each range.
func FuzzEveryIndexOnce(f *testing.F) {
	f.Add(uint8(0), 1000, 7, 3)
	f.Add(uint8(1), 1000, 0, 3)
	f.Add(uint8(1), 7, 100, 64)
	f.Add(uint8(2), 4096, 1, 2)
	f.Add(uint8(3), 4097, 5, 16)
	f.Add(uint8(4), 4097, 5, 16)
	f.Fuzz(func(t *testing.T, kind8 uint8, n, chunk, threads int) {
		n, chunk, threads = clamp(n, 0, 5000), clamp(chunk, 0, 6000), clamp(threads, 1, 200)
		s := Schedule{kind: kind(kind8 % 5), chunk: chunk, ratio: float64(kind8%7+1) / 7}
		if s.kind == dynamic || s.kind == guidedRatio {
			s.chunk = max(chunk, 1)
		}
		seen := make([]uint8, n)
		claimSerially(s, n, threads, func(thread, lo, hi int) bool {
			if lo >= hi && n > 0 && s.kind != static {
				t.Fatalf("empty range [%d, %d)", lo, hi)
			}
			if thread < 0 || thread >= threads {
				t.Fatalf("thread %d of %d", thread, threads)
			}
			for i := lo; i < hi; i++ {
				seen[i]++
			}
			return true
		})
		for i, times := range seen {
			if times != 1 {
				t.Fatalf("%v n=%d threads=%d: index %d came %d times", s, n, threads, i, times)
			}
		}
	})
}

// FuzzNearTheTopOfInt checks that the first ranges of a loop of up to MaxInt
// iterations, and the last ranges where the schedule can be asked for them, are
// in bounds and adjacent: any overflow would show.
func FuzzNearTheTopOfInt(f *testing.F) {
	f.Add(uint8(1), 0, 0, 3)
	f.Add(uint8(1), 5, math.MaxInt, 2)
	f.Add(uint8(2), 1, 1, 8)
	f.Add(uint8(2), 7, math.MaxInt/2+1, 64)
	f.Add(uint8(3), 0, 1, 1)
	f.Add(uint8(6), 0, 1, 1)
	f.Add(uint8(3), 0, 1, 5)
	f.Fuzz(func(t *testing.T, kind8 uint8, below, chunk, threads int) {
		n := math.MaxInt - clamp(below, 0, 1<<30)
		chunk, threads = max(chunk, 1), clamp(threads, 1, maxThreads)
		s := Schedule{kind: kind(1 + kind8%4), chunk: chunk, ratio: float64(kind8%7+1) / 7}
		calls, end := 0, 0
		claimSerially(s, n, threads, func(_, lo, hi int) bool {
			if lo < 0 || lo >= hi || hi > n {
				t.Fatalf("%v n=%d threads=%d: range [%d, %d)", s, n, threads, lo, hi)
			}
			if s.kind != static && lo != end {
				t.Fatalf("%v: range starts at %d, want %d", s, lo, end)
			}
			end = hi
			calls++
			return calls < 100
		})
		last := s.chunks(n) - 1
		if lo, hi := piece(n, chunk, last); lo < 0 || lo >= hi || hi != n {
			t.Fatalf("the last chunk of %d is [%d, %d)", chunk, lo, hi)
		}
		end = 0
		for _, s := range []int{0, 1, threads / 2, threads - 1} {
			lo, hi := share(n, threads, min(s, threads-1))
			if lo < 0 || lo > hi || hi > n || (s == 0) != (lo == 0) && threads > 1 {
				t.Fatalf("share %d of %d is [%d, %d)", s, threads, lo, hi)
			}
			end = hi
		}
		if end != n {
			t.Fatalf("the last share ends at %d, want %d", end, n)
		}
	})
}

func clamp(x, lo, hi int) int {
	if x >= lo && x <= hi {
		return x
	}
	return lo + int(uint(x)%uint(hi-lo+1))
}

func TestStaticSharesAreOpenMPs(t *testing.T) {
	const n, threads = 1003, 4 // q = 250, the first 3 threads get one more
	var r ranges
	Loop{Threads: threads, Schedule: Static(0)}.ForThread(n, r.add)
	want := map[call]bool{{0, 0, 251}: true, {1, 251, 502}: true, {2, 502, 753}: true, {3, 753, 1003}: true}
	for _, c := range r.calls {
		if !want[c] {
			t.Errorf("unexpected share %+v", c)
		}
	}
	if len(r.calls) != threads {
		t.Errorf("%d shares", len(r.calls))
	}
}

func TestGuidedRatioTakesRounds(t *testing.T) {
	for _, c := range []struct {
		n, threads, least int
		ratio             float64
		want              []int
	}{
		{1024, 2, 1, 0.5, []int{256, 256, 128, 128, 64, 64, 32, 32, 16, 16, 8, 8, 4, 4, 2, 2, 1, 1, 1, 1}},
		{1024, 2, 1, 0.75, []int{384, 384, 96, 96, 24, 24, 6, 6, 2, 2}},
		{1024, 2, 100, 0.5, []int{256, 256, 128, 128, 100, 100, 56}},
		{10, 4, 1, 1, []int{3, 3, 3, 1}},
	} {
		var got []int
		claimSerially(GuidedRatio(c.ratio, c.least), c.n, c.threads, func(_, lo, hi int) bool {
			got = append(got, hi-lo)
			return true
		})
		if !slices.Equal(got, c.want) {
			t.Errorf("n=%d threads=%d ratio=%v min=%d:\n%v, want\n%v", c.n, c.threads, c.ratio, c.least, got, c.want)
		}
	}
}

func TestScheduleFromTheEnvironment(t *testing.T) {
	for _, c := range []struct {
		nogil, omp string
		want       Schedule
	}{
		{"", "", Auto},
		{"static", "", Static(0)},
		{"static,7", "dynamic", Static(7)},
		{"Dynamic , 3", "", Dynamic(3)},
		{"guided,2", "", Guided(2)},
		{"auto", "static", Auto},
		{"", "guided", Guided(1)},
		{"", "nonmonotonic:dynamic,4", Dynamic(4)},
		{"", "trapezoidal,4", Auto},
		{"", "static,-1", Auto},
	} {
		t.Setenv("NOGIL_SCHEDULE", c.nogil)
		t.Setenv("OMP_SCHEDULE", c.omp)
		if got := Runtime.resolve(); got != c.want {
			t.Errorf("NOGIL_SCHEDULE=%q OMP_SCHEDULE=%q: %v, want %v", c.nogil, c.omp, got, c.want)
		}
		var r ranges
		Loop{Schedule: Runtime}.ForThread(100, r.add)
		r.check(t, 100)
	}
	for _, v := range []string{"quick", "static,", "static,0", "dynamic,-1", "auto,3", "guided,x"} {
		t.Setenv("NOGIL_SCHEDULE", v)
		want := "parfor: NOGIL_SCHEDULE: not kind or kind,chunk: " + strconv.Quote(v)
		if got := recovered(func() { Loop{Schedule: Runtime}.For(1, func(lo, hi int) {}) }); got != want {
			t.Errorf("panic %v, want %q", got, want)
		}
	}
}

func TestScheduleString(t *testing.T) {
	for want, s := range map[string]Schedule{
		"auto": Auto, "runtime": Runtime, "static": Static(0), "static,7": Static(7),
		"dynamic,1": Dynamic(0), "guided,3": Guided(3), "guided-ratio,0.5,1": GuidedRatio(0.5, 1),
	} {
		if got := s.String(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
