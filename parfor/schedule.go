package parfor

// How a range is cut. The formulas are OpenMP's (static, dynamic: OpenMP 5.2,
// section 11.5.3; guided: libgomp's iter.c), computed so that no intermediate
// value overflows for any n.

import (
	"math"
	"os"
	"strconv"
	"strings"
)

// Schedule is how a range is cut into chunks and handed out.
type Schedule struct {
	kind  kind
	chunk int
	ratio float64 // of GuidedRatio
}

type kind uint8

const (
	auto kind = iota
	static
	dynamic
	guided
	guidedRatio
	byEnvironment
)

// Auto measures the loop and chooses the chunks by time. It is the zero Schedule.
var Auto = Schedule{}

// Runtime takes the schedule from NOGIL_SCHEDULE, else from OMP_SCHEDULE, else
// is Auto: OpenMP's schedule(runtime). The value is kind or kind,chunk with kind
// static, dynamic, guided or auto. A loop panics where NOGIL_SCHEDULE decides and
// is malformed; an OMP_SCHEDULE that is not understood is ignored.
var Runtime = Schedule{kind: byEnvironment}

// Static hands chunks of the given size to the threads in turn: chunk k belongs
// to thread k mod T. Chunk 0 gives each thread one range, the first n mod T of
// them one iteration longer. It suits iterations of even cost.
func Static(chunk int) Schedule {
	if chunk < 0 {
		panic("parfor: Static: negative chunk")
	}
	return Schedule{kind: static, chunk: chunk}
}

// Dynamic hands the next chunk of the given size to whichever thread is free.
// Chunk 0 means 1. It suits few, long iterations of uneven cost.
func Dynamic(chunk int) Schedule {
	if chunk < 0 {
		panic("parfor: Dynamic: negative chunk")
	}
	return Schedule{kind: dynamic, chunk: max(chunk, 1)}
}

// Guided hands whichever thread is free max(chunk, ⌈r/T⌉) of the r iterations
// that remain, as libgomp does: long chunks first, short ones to even out the
// end. Chunk 0 means 1.
func Guided(chunk int) Schedule {
	if chunk < 0 {
		panic("parfor: Guided: negative chunk")
	}
	return Schedule{kind: guided, chunk: max(chunk, 1)}
}

// GuidedRatio hands out ratio of what remains in chunks of equal length, one for
// each thread, then ratio of what remains after those, and so on, but no chunk
// shorter than min, where 0 means 1. GuidedRatio(0.5, 1) cuts 1024 iterations for
// 2 threads into 2 of 256, 2 of 128, and on. Each round takes a lock-free claim a
// thread, and there are log n rounds, so the end is short and the claims are few.
func GuidedRatio(ratio float64, min int) Schedule {
	if !(ratio > 0 && ratio <= 1) {
		panic("parfor: GuidedRatio: ratio outside (0, 1]")
	}
	if min < 0 {
		panic("parfor: GuidedRatio: negative chunk")
	}
	return Schedule{kind: guidedRatio, chunk: max(min, 1), ratio: ratio}
}

// String returns s as NOGIL_SCHEDULE spells it; "guided-ratio,0.5,1", which that
// does not know, is GuidedRatio(0.5, 1).
func (s Schedule) String() string {
	name := [...]string{"auto", "static", "dynamic", "guided", "guided-ratio", "runtime"}[s.kind]
	if s.kind == guidedRatio {
		name += "," + strconv.FormatFloat(s.ratio, 'g', -1, 64)
	}
	if s.chunk > 0 {
		name += "," + strconv.Itoa(s.chunk)
	}
	return name
}

// resolve replaces Runtime by what the environment asks for.
func (s Schedule) resolve() Schedule {
	if s.kind != byEnvironment {
		return s
	}
	if v := os.Getenv("NOGIL_SCHEDULE"); v != "" {
		s, ok := parseSchedule(v)
		if !ok {
			panic("parfor: NOGIL_SCHEDULE: not kind or kind,chunk: " + strconv.Quote(v))
		}
		return s
	}
	// OpenMP 5 allows a modifier before the kind; every order suits us.
	v := os.Getenv("OMP_SCHEDULE")
	if _, kind, found := strings.Cut(v, ":"); found {
		v = kind
	}
	s, _ = parseSchedule(v)
	return s
}

// parseSchedule reads kind or kind,chunk.
func parseSchedule(v string) (Schedule, bool) {
	name, size, sized := strings.Cut(v, ",")
	chunk := 0
	if sized {
		var err error
		if chunk, err = strconv.Atoi(strings.TrimSpace(size)); err != nil || chunk < 1 {
			return Auto, false
		}
	}
	switch strings.ToLower(strings.TrimSpace(name)) {
	case "static":
		return Static(chunk), true
	case "dynamic":
		return Dynamic(chunk), true
	case "guided":
		return Guided(chunk), true
	case "auto":
		return Auto, !sized
	}
	return Auto, false
}

// chunks is how many chunks s cuts n iterations into when there are threads
// enough for all of them: more threads than this find nothing to do.
func (s Schedule) chunks(n int) uint64 {
	return (uint64(n) + uint64(max(s.chunk, 1)) - 1) / uint64(max(s.chunk, 1))
}

// share is range t of n iterations split into parts ranges of nearly equal
// length, the longer ones first.
func share(n, parts, t int) (lo, hi int) {
	q, r := n/parts, n%parts
	lo = t*q + min(t, r)
	hi = lo + q
	if t < r {
		hi++
	}
	return lo, hi
}

// piece is chunk k of n iterations cut into chunks of the given size. k must be
// below chunks(n).
func piece(n, chunk int, k uint64) (lo, hi int) {
	lo = int(k * uint64(chunk))
	return lo, lo + min(chunk, n-lo)
}

// guidedLen is the length of the next chunk when r > 0 iterations remain.
func guidedLen(r, threads, chunk int) int {
	q := r / threads
	if r%threads != 0 {
		q++
	}
	return min(max(q, chunk), r)
}

// rounds walks through the chunks of GuidedRatio in order.
type rounds struct {
	n, threads, least int
	ratio             float64

	at    int    // where this round starts
	first uint64 // the number of its first chunk
	size  int    // the length of its chunks; 0 before the first round
}

// chunk returns chunk k, which must not be below the k of the call before, and
// false where there is none.
func (r *rounds) chunk(k uint64) (lo, hi int, ok bool) {
	if r.size == 0 {
		r.size = r.length()
	}
	for k-r.first >= uint64(r.threads) {
		if r.size > (r.n-r.at)/r.threads { // this round reaches the end
			return 0, 0, false
		}
		r.at += r.size * r.threads
		r.first += uint64(r.threads)
		r.size = r.length()
	}
	inRound := k - r.first
	left := r.n - r.at
	if left == 0 || inRound > uint64(left-1)/uint64(r.size) {
		return 0, 0, false
	}
	lo = r.at + int(inRound)*r.size
	return lo, lo + min(r.size, r.n-lo), true
}

// length is that of the chunks of the round that starts here.
func (r *rounds) length() int {
	share := math.Ceil(r.ratio * float64(r.n-r.at) / float64(r.threads))
	if share >= math.MaxInt { // float64 rounds up near the top of int
		return math.MaxInt
	}
	return max(int(share), r.least, 1)
}
