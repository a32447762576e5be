package linear

import (
	"context"
	"errors"
	"math"
	"path/filepath"
	"slices"
	"sync"
	"testing"

	"github.com/nogil-go/nogil/kernels"
	"github.com/nogil-go/nogil/parfor"
)

// folds is a Memo in memory.
type folds struct {
	mu           sync.Mutex
	kept         map[string]FoldErrors
	hits, misses int
}

func (m *folds) call(ctx context.Context, f CVFold) (FoldErrors, error) {
	m.mu.Lock()
	r, ok := m.kept[f.Key]
	m.mu.Unlock()
	var err error
	if !ok {
		r, err = ComputeFold(ctx, f)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if ok {
		m.hits++
	} else if m.misses++; err == nil {
		m.kept[f.Key] = r
	}
	return r, err
}

// A second run finds all folds, with the bits of one without a Memo; a change of any number in X or
// y, by one bit, and of any setting, finds none.
func TestMemo(t *testing.T) {
	for _, shape := range [][2]int{{120, 10}, {40, 90}} {
		x, y := randomProblem(6, shape[0], shape[1], 0, 0.5)
		c := ElasticNetCV{L1Ratios: []float64{0.5, 1}, NumAlphas: 20, Folds: 4}
		want := mustCV(t, c, Dense(x), y)
		m := &folds{kept: map[string]FoldErrors{}}
		c.Memo = m.call
		run := func(what string, c ElasticNetCV, d Design, hits, misses int) {
			t.Helper()
			m.hits, m.misses = 0, 0
			f := mustCV(t, c, d, y)
			if m.hits != hits || m.misses != misses {
				t.Errorf("%v, %s: %d hits and %d misses", shape, what, m.hits, m.misses)
			}
			if misses == 0 {
				sameCV(t, what, f, want)
			}
		}
		count := 0
		c.Loop.Progress = func(done, total int) { count++ }
		run("first", c, Dense(x), 0, 4)
		run("second", c, Dense(x), 4, 0)
		if count != 16 {
			t.Errorf("Progress counts %d cells", count)
		}
		one := c
		one.Loop = parfor.Loop{Threads: 1}
		run("one thread", one, Dense(x), 4, 0)
		one.Checkpoint = filepath.Join(t.TempDir(), "cv")
		run("with a checkpoint", one, Dense(x), 4, 0)
		run("from the checkpoint", one, Dense(x), 0, 0)
		if shape[0] > shape[1] {
			run("by rows", c, Dense(byRows(x)), 4, 0)
			run("stream", c, Stream[float64](&blocks[float64]{x: x, most: 30}), 4, 0)
		}
		run("sparse", c, sparse(t, x), 0, 4)
		for what, change := range map[string]func(*ElasticNetCV){
			"Folds": func(c *ElasticNetCV) { c.Folds = 3 }, "L1Ratios": func(c *ElasticNetCV) { c.L1Ratios = []float64{0.5, 0.9} },
			"Eps": func(c *ElasticNetCV) { c.Eps = 1e-2 }, "Positive": func(c *ElasticNetCV) { c.Positive = true }, "Tol": func(c *ElasticNetCV) { c.Tol = 1e-5 },
			"Split": func(c *ElasticNetCV) { c.Split = KFold{Folds: 4, Shuffle: true} }, "Scorer": func(c *ElasticNetCV) { c.Scorer = &MAE },
			"SampleWeights": func(c *ElasticNetCV) { c.SampleWeights = slices.Repeat([]float64{1, 2}, shape[0]/2) },
		} {
			other := c
			change(&other)
			misses := 4
			if what == "Folds" {
				misses = 3
			}
			run(what, other, Dense(x), 0, misses)
		}
		for i := range x.Data {
			if i%97 == 5 {
				v := x.Data[i]
				x.Data[i] = math.Nextafter(v, 9)
				run("X", c, Dense(x), 0, 4)
				x.Data[i] = v
			}
		}
		run("X as it was", c, Dense(x), 4, 0)
		y[7] = math.Nextafter(y[7], 9)
		run("y", c, Dense(x), 0, 4)
	}
}

// An error of the Memo ends the run; what has another shape is refused; ComputeFold takes no
// fold of somebody else's.
func TestMemoFails(t *testing.T) {
	x, y := randomProblem(6, 60, 5, 0, 0.5)
	broken := errors.New("broken")
	for _, d := range []Design{Dense(x), sparse(t, x)} {
		c := ElasticNetCV{Memo: func(context.Context, CVFold) (FoldErrors, error) { return FoldErrors{}, broken }}
		if f, err := c.Fit(t.Context(), d, y); f != nil || !errors.Is(err, broken) {
			t.Errorf("%v", err)
		}
		c.Memo = func(ctx context.Context, f CVFold) (FoldErrors, error) {
			r, err := ComputeFold(ctx, f)
			if err == nil {
				r.Gaps[0] = r.Gaps[0][1:]
			}
			return r, err
		}
		if _, err := c.Fit(t.Context(), d, y); !errors.Is(err, ErrParameter) {
			t.Errorf("another shape: %v", err)
		}
	}
	mustPanic(t, "linear: ComputeFold: a fold of no cross-validation", func() { ComputeFold(t.Context(), CVFold{}) })
}

// countingDesign counts how often its content is hashed.
type countingDesign struct {
	*dense[float64]
	hashed int
}

func (d *countingDesign) hash(ctx context.Context, l parfor.Loop) ([32]byte, error) {
	d.hashed++
	return d.dense.hash(ctx, l)
}

// With a Memo and a Checkpoint X is hashed once.
func TestContentsAreHashedOnce(t *testing.T) {
	x, y := randomProblem(6, 40, 90, 0, 0.5)
	d := &countingDesign{dense: Dense(x).(*dense[float64])}
	mustCV(t, ElasticNetCV{NumAlphas: 3, Folds: 3, Memo: ComputeFold, Checkpoint: filepath.Join(t.TempDir(), "cells")}, d, y)
	if d.hashed != 1 {
		t.Errorf("hashed %d times", d.hashed)
	}
}

// The same numbers are the same content in any layout and in blocks; other shapes and types are not.
func TestContents(t *testing.T) {
	x, _ := randomProblem(6, 700, 3, 0, 0.5)
	hash := func(d Design) [32]byte {
		h, err := d.(contents).hash(t.Context(), parfor.Loop{})
		if err != nil {
			t.Fatal(err)
		}
		return h
	}
	want := hash(Dense(x))
	for _, d := range []Design{Dense(byRows(x)), Stream[float64](&blocks[float64]{x: byRows(x), most: 100})} {
		if hash(d) != want {
			t.Error("the same numbers have another hash")
		}
	}
	large := kernels.NewRowMajor(300_000, 1, make([]float64, 300_000)) // three pieces
	if hash(Dense(large)) != hash(Stream[float64](&blocks[float64]{x: large, most: 9000})) {
		t.Error("the same numbers have another hash in pieces")
	}
	seen := map[[32]byte]bool{want: true}
	for _, d := range []Design{Dense(narrow(x)), Dense(kernels.NewRowMajor(3, 700, x.Data)), Dense(kernels.NewColMajor(700, 2, x.Data)), sparse(t, x), Dense(large)} {
		if h := hash(d); seen[h] {
			t.Error("other numbers have the same hash")
		} else {
			seen[h] = true
		}
	}
}
