package csrc

// Matrices and results that end where a page begins that nobody may touch, or begin where one ends: a
// read or a write beyond them ends the process, in every build. Where a file is mapped that is what its
// last page does.

import (
	"math/rand/v2"
	"slices"
	"syscall"
	"testing"
	"unsafe"

	"github.com/nogil-go/nogil/simd"
)

// An arena is memory between two such pages.
type arena struct{ mem []byte }

func newArena(t *testing.T) arena {
	t.Helper()
	page := syscall.Getpagesize()
	mem, err := syscall.Mmap(-1, 0, 1<<18+2*page, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := syscall.Munmap(mem); err != nil {
			t.Error(err)
		}
	})
	for _, end := range [][]byte{mem[:page], mem[len(mem)-page:]} {
		if err := syscall.Mprotect(end, syscall.PROT_NONE); err != nil {
			t.Fatal(err)
		}
	}
	return arena{mem[page : len(mem)-page]}
}

// edge is n elements at the end of the arena, or at its beginning.
func edge[T any](m arena, n int, atEnd bool) []T {
	all := unsafe.Slice((*T)(unsafe.Pointer(&m.mem[0])), len(m.mem)/int(unsafe.Sizeof(*new(T))))
	if atEnd {
		return all[len(all)-n:]
	}
	return all[:n:n]
}

// A view is a random matrix at an edge of memory.
type view[T Number] struct {
	a                        []T
	rows, cols, stride       int
	colMajor, atEnd          bool
	level                    simd.Level
	dst, more, scratch, nans arena
}

// reshape gives v other random shape and values: few rows, few columns, or neither.
func (v *view[T]) reshape(rng *rand.Rand, m arena) {
	most := [][2]int{{24, 70}, {8, 70}, {400, 9}, {2600, 4}, {8, 700}}[rng.IntN(5)]
	v.rows, v.cols = 1+rng.IntN(most[0]), 1+rng.IntN(most[1])
	v.colMajor, v.atEnd = rng.IntN(2) == 0, rng.IntN(4) > 0
	runs, length := v.rows, v.cols
	if v.colMajor {
		runs, length = length, runs
	}
	v.stride = length + max(0, rng.IntN(16)-7)
	v.a = edge[T](m, (runs-1)*v.stride+length, v.atEnd)
	copy(v.a, fewValues[T](rng, len(v.a), rng.IntN(2) == 0))
}

func TestReductionsStayInside(t *testing.T) {
	eachLevel(t, func(t *testing.T, level simd.Level) {
		t.Run("float64", func(t *testing.T) { testInside(t, level, insideFloats[float64]) })
		t.Run("float32", func(t *testing.T) { testInside(t, level, insideFloats[float32]) })
		t.Run("int32", func(t *testing.T) { testInside(t, level, insideInts[int32]) })
		t.Run("int64", func(t *testing.T) { testInside(t, level, insideInts[int64]) })
	})
}

func testInside[T Number](t *testing.T, level simd.Level, more func(*testing.T, *rand.Rand, *view[T])) {
	rng := rand.New(rand.NewPCG(41, 42))
	m := newArena(t)
	v := view[T]{level: level, dst: newArena(t), more: newArena(t), scratch: newArena(t), nans: newArena(t)}
	tries := 1500
	if instrumented || !withC {
		tries = 150
	}
	for range tries {
		v.reshape(rng, m)
		insideExtremes(t, rng, &v)
		more(t, rng, &v)
	}
}

// differs ends the test where a kernel and its reference differ.
func (v *view[T]) differs(t *testing.T, what string, same bool) {
	t.Helper()
	if !same {
		t.Fatalf("%s of %d×%d, stride %d, column-major %v, at the end %v: not as its reference", what, v.rows, v.cols, v.stride, v.colMajor, v.atEnd)
	}
}

func insideExtremes[T Number](t *testing.T, rng *rand.Rand, v *view[T]) {
	largest, skip := rng.IntN(2) == 0, T(1)/2 != 0 && rng.IntN(2) == 0
	got, want := edge[T](v.dst, v.cols, v.atEnd), make([]T, v.cols)
	gotAt, wantAt := edge[int64](v.more, v.cols, v.atEnd), make([]int64, v.cols)
	gotN, wantN := edge[int64](v.nans, v.cols, v.atEnd), make([]int64, v.cols)
	Min(v.level, v.colMajor, v.rows, v.stride, v.a, largest, skip, got, gotN)
	minGo(v.colMajor, v.rows, v.stride, v.a, largest, skip, want, wantN)
	v.differs(t, "Min", sameNumbers(got, want) && (!skip || slices.Equal(gotN, wantN)))
	ArgMin(v.level, v.colMajor, v.rows, v.stride, v.a, largest, skip, got, gotAt, gotN)
	argMinGo(v.colMajor, v.rows, v.stride, v.a, largest, skip, want, wantAt, wantN)
	v.differs(t, "ArgMin", sameNumbers(got, want) && slices.Equal(gotAt, wantAt) && (!skip || slices.Equal(gotN, wantN)))
	if v.rows > FewRows {
		return
	}
	stream := rng.IntN(2) == 0
	few, wantFew := edge[int](v.more, v.cols, v.atEnd), make([]int, v.cols)
	FewMin(v.level, v.colMajor, v.rows, v.stride, v.a, stream, largest, skip, got, nil)
	fewMinGo(v.colMajor, v.rows, v.stride, v.a, largest, skip, want, nil)
	v.differs(t, "FewMin", sameNumbers(got, want))
	FewArgMin(v.level, v.colMajor, v.rows, v.stride, v.a, stream, largest, skip, few, nil)
	fewArgMinGo(v.colMajor, v.rows, v.stride, v.a, largest, skip, wantFew, nil)
	v.differs(t, "FewArgMin", slices.Equal(few, wantFew))
}

func insideInts[T Int](t *testing.T, _ *rand.Rand, v *view[T]) {
	lo, hi := edge[int64](v.dst, v.cols, v.atEnd), edge[int64](v.more, v.cols, v.atEnd)
	wantLo, wantHi := make([]int64, v.cols), make([]int64, v.cols)
	IntSum(v.level, v.colMajor, v.rows, v.stride, v.a, lo, hi)
	intSumGo(v.colMajor, v.rows, v.stride, v.a, wantLo, wantHi)
	v.differs(t, "IntSum", slices.Equal(lo, wantLo) && slices.Equal(hi, wantHi))
}

func insideFloats[T Float](t *testing.T, rng *rand.Rand, v *view[T]) {
	most, want := edge[T](v.dst, v.cols, v.atEnd), make([]T, v.cols)
	gotN, wantN := edge[int64](v.nans, v.cols, v.atEnd), make([]int64, v.cols)
	MaxAbs(v.level, v.colMajor, v.rows, v.stride, v.a, most, gotN)
	maxAbsGo(v.colMajor, v.rows, v.stride, v.a, want, wantN)
	v.differs(t, "MaxAbs", sameNumbers(most, want) && slices.Equal(gotN, wantN))
	insideSums(t, rng, v)
	what := Moments(rng.IntN(3))
	ldd := v.cols + rng.IntN(3)
	planes := edge[float64](v.dst, (what.Planes()-1)*ldd+v.cols, v.atEnd)
	wantPlanes := slices.Clone(planes)
	ColumnMoments(v.level, what, v.colMajor, v.rows, v.cols, v.stride, v.a, edge[float64](v.scratch, what.Scratch(v.rows, v.cols), v.atEnd), planes, ldd)
	columnMomentsGo(what, v.colMajor, v.rows, v.cols, v.stride, v.a, wantPlanes, ldd)
	v.differs(t, "ColumnMoments", sameBits(planes, wantPlanes))
	for op := FewSum; v.rows <= FewRows && op <= FewDescribe; op++ {
		got, wanted := edge[float64](v.dst, v.cols*op.Words(), v.atEnd), make([]float64, v.cols*op.Words())
		skip, ddof := rng.IntN(2) == 0, rng.IntN(12)-3
		FewFloats(v.level, op, skip, v.colMajor, v.rows, v.cols, v.stride, v.a, ddof, rng.IntN(2) == 0, got, nil)
		fewFloatsGo(op, skip, v.colMajor, v.rows, v.cols, v.stride, v.a, ddof, wanted, nil)
		v.differs(t, "FewFloats", sameBits(got, wanted))
	}
}

func insideSums[T Float](t *testing.T, rng *rand.Rand, v *view[T]) {
	op := []SumOp{Sum, NaNSum, NaNSumAbs, NaNSumSquares}[rng.IntN(4)]
	dst, want := edge[float64](v.dst, v.cols, v.atEnd), make([]float64, v.cols)
	skipped, wantSkipped := edge[float64](v.nans, v.cols, v.atEnd), make([]float64, v.cols)
	if op == Sum {
		skipped, wantSkipped = nil, nil
	}
	if v.colMajor {
		SumColMajor(v.level, op, v.rows, v.stride, v.a, dst, skipped)
		sumColMajorGo(op, v.rows, v.stride, v.a, want, wantSkipped)
	} else {
		SumRowMajor(v.level, op, v.rows, v.stride, v.a, edge[float64](v.scratch, SumScratch(v.rows, v.cols), v.atEnd), dst, skipped)
		sumRowMajorGo(op, v.rows, v.stride, v.a, make([]float64, SumLevels(v.rows)*v.cols), want, wantSkipped)
	}
	v.differs(t, "Sum", sameBits(dst, want) && slices.Equal(skipped, wantSkipped))
}
