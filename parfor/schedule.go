package parfor

// How a range is cut. The formulas are OpenMP's (static, dynamic: OpenMP 5.2,
// section 11.5.3; guided: libgomp's iter.c), computed so that no intermediate
// value overflows for any n.

// Schedule is how a range is cut into chunks and handed out.
type Schedule struct {
	kind  kind
	chunk int
}

type kind uint8

const (
	auto kind = iota
	static
	dynamic
	guided
)

// Auto measures the loop and chooses the chunks by time. It is the zero Schedule.
var Auto = Schedule{}

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
