package memo

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nogil-go/nogil/kernels"
)

// opened is a new cache that logs to the buffer.
func opened(t *testing.T, o Options) (*Cache, *bytes.Buffer) {
	t.Helper()
	var log bytes.Buffer
	o.Logger = slog.New(slog.NewTextHandler(&log, nil))
	c, err := Open(t.TempDir(), o)
	if err != nil {
		t.Fatal(err)
	}
	return c, &log
}

type name string

type everything struct {
	Bool           bool
	Int            int
	Uint8          uint8
	Uint64         uint64
	Float32        float32
	Floats         []float64 // short: in JSON
	Special        [7]float64
	Long           []float64 // in a file
	LongInts       []int
	LongFloat32    []float32
	LongInt32      []int32
	Complex        complex128
	Text, Binary   string
	Name           name
	Names          []name
	Bytes, NoBytes []byte
	Nil, Empty     []int64
	Nested         [][]float64
	Map            map[string]int
	IntMap         map[int]float64
	NilMap         map[string]int
	Pointer        *inner
	NilPointer     *inner
	Time           time.Time
	C, F           kernels.Matrix[float64]
	M32            kernels.Matrix[float32]
	M64            kernels.Matrix[int64]
	Mi32           kernels.Matrix[int32]
	Left           func() `memo:"-"`
}

type inner struct{ A, B float64 }

func full() everything {
	rng := rand.New(rand.NewPCG(1, 1))
	long := make([]float64, 100)
	for i := range long {
		long[i] = math.Float64frombits(rng.Uint64()) // NaN of any kind among them
	}
	long[3] = math.Float64frombits(0x7ff0000000000001)
	e := everything{
		Bool: true, Int: math.MinInt64, Uint8: 255, Uint64: math.MaxUint64, Float32: math.MaxFloat32,
		Floats:  []float64{1, .1, 1e308, 5e-324},
		Special: [7]float64{math.NaN(), math.Inf(1), math.Inf(-1), math.Copysign(0, -1), math.Float64frombits(0xfff8000000000123), math.MaxFloat64, 1.0 / 3},
		Long:    long, LongInts: make([]int, 70), LongFloat32: make([]float32, 70), LongInt32: make([]int32, 64),
		Complex: complex(math.Inf(-1), math.Copysign(0, -1)), Text: "a \"b\"\n<&>\u2028", Binary: "\xff\x00\xfe", Name: "n", Names: []name{"x", ""},
		Bytes: []byte{0, 1, 255}, Empty: []int64{}, Nested: [][]float64{nil, {}, {1}, long},
		Map: map[string]int{"": 1, "b": 2, "\xff": 3}, IntMap: map[int]float64{-5: math.NaN(), 7: 1},
		Pointer: &inner{1, 2}, Time: time.Date(2026, 1, 2, 3, 4, 5, 6, time.UTC),
		C:   kernels.NewRowMajor(2, 50, long),
		F:   kernels.NewColMajor(50, 2, long),
		M32: kernels.NewRowMajor(0, 3, []float32{}), M64: kernels.NewColMajor(1, 2, []int64{math.MinInt64, 5}), Mi32: kernels.NewRowMajor(1, 1, []int32{-1}),
	}
	e.LongInts[69], e.LongFloat32[1], e.LongInt32[2] = -5, float32(math.Inf(1)), 9
	return e
}

// sameBits is reflect.DeepEqual with floats by their bits.
func sameBits(a, b reflect.Value) bool {
	switch a.Kind() {
	case reflect.Float32, reflect.Float64:
		return math.Float64bits(a.Float()) == math.Float64bits(b.Float())
	case reflect.Complex128:
		return math.Float64bits(real(a.Complex())) == math.Float64bits(real(b.Complex())) && math.Float64bits(imag(a.Complex())) == math.Float64bits(imag(b.Complex()))
	case reflect.Slice, reflect.Array:
		if a.Len() != b.Len() || a.Kind() == reflect.Slice && a.IsNil() != b.IsNil() {
			return false
		}
		for i := range a.Len() {
			if !sameBits(a.Index(i), b.Index(i)) {
				return false
			}
		}
		return true
	case reflect.Map:
		for _, k := range a.MapKeys() {
			if v := b.MapIndex(k); !v.IsValid() || !sameBits(a.MapIndex(k), v) {
				return false
			}
		}
		return a.Len() == b.Len() && a.IsNil() == b.IsNil()
	case reflect.Pointer:
		return a.IsNil() && b.IsNil() || !a.IsNil() && !b.IsNil() && sameBits(a.Elem(), b.Elem())
	case reflect.Struct:
		if a.Type() == reflect.TypeFor[time.Time]() {
			return a.Interface() == b.Interface()
		}
		for i := range a.NumField() {
			if a.Type().Field(i).Name != "Left" && !sameBits(a.Field(i), b.Field(i)) {
				return false
			}
		}
		return true
	}
	return a.Interface() == b.Interface()
}

// A result of every type is read back with the same bits, into memory of its own.
func TestResults(t *testing.T) {
	c, log := opened(t, Options{})
	calls, want := 0, full()
	f := Func(c, "full", "1", func(context.Context, int) (everything, error) { calls++; return want, nil })
	for range 3 {
		got, err := f(t.Context(), 5)
		if err != nil {
			t.Fatal(err)
		}
		a, b := reflect.ValueOf(got), reflect.ValueOf(want)
		for i := range a.NumField() {
			if f := a.Type().Field(i); f.Name != "Left" && !sameBits(a.Field(i), b.Field(i)) {
				t.Errorf("%s is %v, want %v", f.Name, a.Field(i), b.Field(i))
			}
		}
		want = full()
		got.Long[0], got.Pointer.A = 77, 77 // nobody else's
	}
	if s := c.Stats(); calls != 1 || s != (Stats{Hits: 2, Misses: 1}) || log.Len() > 0 {
		t.Errorf("%d calls, %+v, %s", calls, s, log)
	}
}

// A result that is a matrix with gaps is read back without them.
func TestMatrixWithGaps(t *testing.T) {
	c, _ := opened(t, Options{})
	m := kernels.Matrix[float64]{Rows: 2, Cols: 2, Stride: 3, Layout: kernels.ColMajor, Data: []float64{1, 2, -1, 3, 4}}
	f := Func(c, "gaps", "1", func(context.Context, int) (kernels.Matrix[float64], error) { return m, nil })
	f(t.Context(), 1)
	got, err := f(t.Context(), 1)
	if err != nil || got.Stride != 2 || got.Layout != kernels.ColMajor || !slices.Equal(got.Data, []float64{1, 2, 3, 4}) || c.Stats().Hits != 1 {
		t.Errorf("%v, %v", got, err)
	}
}

// keyOf is the key of one argument.
func keyOf[A any](t *testing.T, a A) string {
	t.Helper()
	if bad := reject(reflect.TypeFor[A](), false); bad != "" {
		t.Fatal(bad)
	}
	h := newHasher()
	h.text(signature(reflect.TypeFor[A]()))
	if err := h.value(reflect.ValueOf(&a).Elem(), 0); err != nil {
		t.Fatal(err)
	}
	return h.sum()
}

// Equal content has equal keys, wherever it lies; everything else has keys of its own.
func TestKeys(t *testing.T) {
	long := make([]float64, 300000) // three chunks
	gaps := kernels.Matrix[float64]{Rows: 1000, Cols: 300, Stride: 301, Data: make([]float64, 301000)}
	for i := range long {
		long[i] = float64(i)
		gaps.Data[i/300*301+i%300] = float64(i)
	}
	matrix := kernels.NewRowMajor(1000, 300, long)
	same := [][2]string{
		{keyOf(t, full()), keyOf(t, full())},
		{keyOf(t, slices.Clone(long)), keyOf(t, long)},
		{keyOf(t, matrix), keyOf(t, gaps)},
		{keyOf(t, map[string]int{"a": 1, "b": 2, "c": 3}), keyOf(t, map[string]int{"c": 3, "b": 2, "a": 1})},
		{keyOf(t, &inner{1, 2}), keyOf(t, &inner{1, 2})},
		{keyOf(t, struct {
			A int
			B func() `memo:"-"`
		}{A: 1}), keyOf(t, struct {
			A int
			B func() `memo:"-"`
		}{1, func() {}})},
	}
	for i, s := range same {
		if s[0] != s[1] {
			t.Errorf("pair %d has two keys", i)
		}
	}
	changed := slices.Clone(long)
	changed[299999]++
	zero := math.Copysign(0, -1)
	keys := []string{
		keyOf(t, long), keyOf(t, changed), keyOf(t, long[1:]), keyOf(t, matrix), keyOf(t, matrix.Transposed()),
		keyOf(t, kernels.NewColMajor(1000, 300, long)), keyOf(t, kernels.NewRowMajor(300, 1000, long)),
		keyOf(t, 0.0), keyOf(t, zero), keyOf(t, float32(0)), keyOf(t, 0), keyOf(t, int8(0)), keyOf(t, ""), keyOf(t, []float64{}), keyOf(t, []float64(nil)),
		keyOf(t, math.NaN()), keyOf(t, math.Float64frombits(0xfff8000000000123)),
		keyOf(t, []string{"a", "b"}), keyOf(t, []string{"ab", ""}), keyOf(t, []string{"ab"}), keyOf(t, [2]string{"a", "b"}),
		keyOf(t, [][]int{{1}, {2}}), keyOf(t, [][]int{{1, 2}, {}}),
		keyOf(t, struct{ A, B int }{1, 2}), keyOf(t, struct{ A, C int }{1, 2}), keyOf(t, struct{ A, B int }{2, 1}),
		keyOf[*int](t, nil), keyOf(t, new(int)), keyOf[any](t, 1), keyOf[any](t, int64(1)), keyOf[any](t, nil), keyOf(t, name("")),
		keyOf(t, map[string]int{"a": 1}), keyOf(t, map[string]int{"a": 2}), keyOf(t, map[string]int{}), keyOf(t, map[string]int(nil)),
		keyOf(t, time.Unix(1, 0)), keyOf(t, time.Unix(2, 0)), keyOf(t, full()), keyOf(t, complex(0, 1)), keyOf(t, complex(1, 0)),
		keyOf(t, kernels.NewRowMajor(2, 0, []float64{})), keyOf(t, kernels.NewRowMajor(0, 2, []float64{})), keyOf(t, true), keyOf(t, false),
	}
	seen := map[string]int{}
	for i, k := range keys {
		if j, was := seen[k]; was {
			t.Errorf("arguments %d and %d have one key", j, i)
		}
		seen[k] = i
	}
}

func TestArgumentErrors(t *testing.T) {
	c, _ := opened(t, Options{})
	f := Func(c, "any", "1", func(context.Context, any) (int, error) { return 1, nil })
	type node struct{ Next *node }
	cycle := &node{}
	cycle.Next = cycle
	for _, a := range []any{func() {}, cycle, struct{ a int }{1}, kernels.Matrix[int32]{Rows: 5, Cols: 1, Stride: 1}} {
		if _, err := f(t.Context(), a); !errors.Is(err, ErrArgument) {
			t.Errorf("%T: %v", a, err)
		}
	}
	if got, err := f(t.Context(), &node{&node{}}); got != 1 || err != nil {
		t.Errorf("%v, %v", got, err)
	}
}

// What name, version and types distinguish is computed apart.
func TestVersions(t *testing.T) {
	c, _ := opened(t, Options{})
	calls := 0
	f := func(context.Context, int) (int, error) { calls++; return calls, nil }
	for range 2 {
		for i, g := range []func(context.Context, int) (int, error){Func(c, "f", "1", f), Func(c, "f", "2", f), Func(c, "g", "1", f)} {
			if got, err := g(t.Context(), 1); got != i+1 || err != nil {
				t.Errorf("function %d: %d, %v", i, got, err)
			}
		}
	}
	g := Func(c, "f", "1", func(context.Context, int8) (int, error) { return 9, nil })
	if got, _ := g(t.Context(), 1); got != 9 {
		t.Errorf("another argument type: %d", got)
	}
}

// One goroutine computes, the others wait and read.
func TestOneComputes(t *testing.T) {
	c, _ := opened(t, Options{})
	start := make(chan struct{})
	calls := 0
	f := Func(c, "slow", "1", func(context.Context, int) ([]float64, error) {
		calls++ // the race detector sees a second
		<-start
		return []float64{1, 2}, nil
	})
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			if got, err := f(t.Context(), 1); err != nil || !slices.Equal(got, []float64{1, 2}) {
				t.Errorf("%v, %v", got, err)
			}
		})
	}
	time.Sleep(10 * time.Millisecond)
	close(start)
	wg.Wait()
	if s := c.Stats(); calls != 1 || s != (Stats{Hits: 7, Misses: 1}) {
		t.Errorf("%d calls, %+v", calls, s)
	}
}

// Errors and panics keep nothing and hold nobody up.
func TestErrorsAndPanics(t *testing.T) {
	c, _ := opened(t, Options{})
	bad := errors.New("bad")
	calls := 0
	f := Func(c, "f", "1", func(context.Context, int) (int, error) {
		calls++
		switch calls {
		case 1:
			return 7, bad
		case 2:
			panic("worse")
		}
		return 3, nil
	})
	if got, err := f(t.Context(), 1); err != bad || got != 7 {
		t.Errorf("%v, %v", got, err)
	}
	func() {
		defer func() {
			if p := recover(); p != "worse" {
				t.Errorf("panic %v", p)
			}
		}()
		f(t.Context(), 1)
	}()
	for range 2 {
		if got, err := f(t.Context(), 1); got != 3 || err != nil {
			t.Errorf("%v, %v", got, err)
		}
	}
	if calls != 3 {
		t.Errorf("%d calls", calls)
	}
	if left, _ := os.ReadDir(filepath.Join(c.dir, lockDir)); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

// Who waits may give up; where the one that computes gives up, another computes.
func TestContext(t *testing.T) {
	c, _ := opened(t, Options{})
	started := make(chan struct{}, 2)
	f := Func(c, "f", "1", func(ctx context.Context, a int) (int, error) {
		started <- struct{}{}
		if a == 1 && ctx.Value(name("leader")) != nil {
			<-ctx.Done()
			return 0, ctx.Err()
		}
		return 3, nil
	})
	why := errors.New("enough")
	ctx, cancel := context.WithCancelCause(context.WithValue(t.Context(), name("leader"), true))
	var wg sync.WaitGroup
	wg.Go(func() {
		if _, err := f(ctx, 1); !errors.Is(err, context.Canceled) {
			t.Errorf("leader: %v", err)
		}
	})
	<-started
	short, stop := context.WithTimeoutCause(t.Context(), 5*time.Millisecond, why)
	defer stop()
	if _, err := f(short, 1); err != why {
		t.Errorf("who gives up: %v", err)
	}
	wg.Go(func() {
		if got, err := f(t.Context(), 1); got != 3 || err != nil {
			t.Errorf("follower: %v, %v", got, err)
		}
	})
	time.Sleep(5 * time.Millisecond)
	cancel(why)
	wg.Wait()
	if _, err := f(ctx, 1); err != why {
		t.Errorf("cancelled before: %v", err)
	}
}

// Whatever is done to the files of a result, it is computed anew, and the log says so.
func TestDamaged(t *testing.T) {
	long := make([]float64, 1000)
	calls := 0
	compute := func(context.Context, int) (struct {
		A []float64
		B string
	}, error) {
		calls++
		return struct {
			A []float64
			B string
		}{long, "text"}, nil
	}
	damage := map[string]func(path string, b []byte) error{
		"one bit":   func(path string, b []byte) error { b[len(b)*2/3] ^= 4; return os.WriteFile(path, b, 0o666) },
		"truncated": func(path string, b []byte) error { return os.WriteFile(path, b[:len(b)/2], 0o666) },
		"empty":     func(path string, b []byte) error { return os.WriteFile(path, nil, 0o666) },
		"removed":   func(path string, b []byte) error { return os.Remove(path) },
		"foreign":   func(path string, b []byte) error { return os.WriteFile(path, []byte(`{"A":{"npy":"../../x"}}`), 0o666) },
	}
	for what, do := range damage {
		for _, file := range []string{metaFile, resultFile, "0.npy"} {
			c, log := opened(t, Options{})
			f := Func(c, "f", "1", compute)
			f(t.Context(), 1)
			paths, err := filepath.Glob(filepath.Join(c.dir, "f", "1", "*", file))
			if err != nil || len(paths) != 1 {
				t.Fatalf("%v, %v", paths, err)
			}
			b, err := os.ReadFile(paths[0])
			if err != nil {
				t.Fatal(err)
			}
			if err := do(paths[0], b); err != nil {
				t.Fatal(err)
			}
			calls = 0
			for range 2 {
				got, err := f(t.Context(), 1)
				if err != nil || got.B != "text" || !slices.Equal(got.A, long) {
					t.Errorf("%s %s: %v, %v", what, file, got.B, err)
				}
			}
			said, want := strings.Contains(log.String(), "damaged result"), int64(1)
			if what == "removed" && file == metaFile {
				said, want = true, 0 // then there is no result
			}
			if s := c.Stats(); calls != 1 || s.Damaged != want || s.Failed != 0 || !said {
				t.Errorf("%s %s: %d calls, %+v, log %s", what, file, calls, s, log)
			}
		}
	}
}

// Above the limit, what was used least recently goes.
func TestLimit(t *testing.T) {
	c, _ := opened(t, Options{MaxBytes: 100000})
	f := Func(c, "f", "1", func(_ context.Context, a int) ([]float64, error) { return make([]float64, 2500), nil }) // 20 KB each
	for a := range 4 {
		f(t.Context(), a)
	}
	age := func(key string, hours int) {
		then := time.Now().Add(-time.Duration(hours) * time.Hour)
		if err := os.Chtimes(filepath.Join(key, metaFile), then, then); err != nil {
			t.Fatal(err)
		}
	}
	all, _ := filepath.Glob(filepath.Join(c.dir, "f", "1", "*"))
	for i, key := range all {
		age(key, 10+i)
	}
	f(t.Context(), 0) // is young now
	f(t.Context(), 4)
	f(t.Context(), 5)
	before := c.Stats().Misses
	f(t.Context(), 0)
	f(t.Context(), 4)
	f(t.Context(), 5)
	s := c.Stats()
	if s.Misses != before || s.Removed < 2 {
		t.Errorf("%+v, %d misses before", s, before)
	}
	size := int64(0)
	left, _ := filepath.Glob(filepath.Join(c.dir, "f", "1", "*"))
	for _, key := range left {
		n, err := dirSize(key)
		if err != nil {
			t.Fatal(err)
		}
		size += n
	}
	if size > 100000 {
		t.Errorf("%d bytes left", size)
	}
}

func TestClear(t *testing.T) {
	c, _ := opened(t, Options{})
	f := Func(c, "f", "1", func(context.Context, int) (int, error) { return 1, nil })
	g := Func(c, "g", "1", func(context.Context, int) (int, error) { return 1, nil })
	f(t.Context(), 1)
	g(t.Context(), 1)
	if err := c.ClearFunc("f"); err != nil {
		t.Fatal(err)
	}
	f(t.Context(), 1)
	g(t.Context(), 1)
	if s := c.Stats(); s.Misses != 3 || s.Hits != 1 {
		t.Errorf("after ClearFunc: %+v", s)
	}
	for range 2 {
		if err := errors.Join(c.Clear(), c.ClearFunc("f"), c.Reduce()); err != nil {
			t.Fatal(err)
		}
	}
	f(t.Context(), 1)
	g(t.Context(), 1)
	if s := c.Stats(); s.Misses != 5 || s.Hits != 1 {
		t.Errorf("after Clear: %+v", s)
	}
	if err := os.RemoveAll(c.dir); err != nil {
		t.Fatal(err)
	}
	for range 2 { // and the whole directory may go
		f(t.Context(), 1)
	}
	if s := c.Stats(); s.Misses != 6 || s.Hits != 2 || s.Failed > 0 {
		t.Errorf("after removal: %+v", s)
	}
}

// What processes that were killed have left behind goes after a day.
func TestSweep(t *testing.T) {
	c, _ := opened(t, Options{})
	then := time.Now().Add(-2 * stale)
	for _, d := range []string{"old", "young"} {
		if err := os.MkdirAll(filepath.Join(c.dir, tempDir, d), 0o777); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Chtimes(filepath.Join(c.dir, tempDir, "old"), then, then); err != nil {
		t.Fatal(err)
	}
	if err := c.Reduce(); err != nil {
		t.Fatal(err)
	}
	left, _ := os.ReadDir(filepath.Join(c.dir, tempDir))
	if len(left) != 1 || left[0].Name() != "young" {
		t.Errorf("left: %v", left)
	}
}

func TestMisuse(t *testing.T) {
	c, _ := opened(t, Options{})
	mustPanic := func(want string, f func()) {
		t.Helper()
		defer func() {
			t.Helper()
			if got, _ := recover().(string); !strings.HasPrefix(got, want) {
				t.Errorf("panic %q, want %q", got, want)
			}
		}()
		f()
	}
	ok := func(context.Context, int) (int, error) { return 0, nil }
	mustPanic("memo: Func: name that cannot name a file", func() { Func(c, "../f", "1", ok) })
	mustPanic("memo: Func: name that cannot name a file", func() { Func(c, ".tmp", "1", ok) })
	mustPanic("memo: Func: version that cannot name a file", func() { Func(c, "f", "", ok) })
	mustPanic("memo: Func: argument that cannot be hashed: func() has no content", func() {
		Func(c, "f", "1", func(context.Context, func()) (int, error) { return 0, nil })
	})
	mustPanic("memo: Func: argument that cannot be hashed: memo.hasher has the unexported field h", func() {
		Func(c, "f", "1", func(context.Context, hasher) (int, error) { return 0, nil })
	})
	mustPanic("memo: Func: result that cannot be kept: error does not say", func() {
		Func(c, "f", "1", func(context.Context, int) (error, error) { return nil, nil })
	})
	mustPanic("memo: ClearFunc: name", func() { c.ClearFunc("a/b") })
	if _, err := Open(filepath.Join(os.DevNull, "x"), Options{}); err == nil {
		t.Error("a cache below a file")
	}
}
