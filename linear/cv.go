package linear

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"math"
	"slices"
	"sync"
	"time"
)

// ElasticNetCV chooses alpha and l1_ratio of an [ElasticNet] by cross-validation: for each
// l1_ratio and each fold it fits a [Path] to the fold's training rows and takes the mean
// squared error of each alpha on its test rows. The choice is the cell with the smallest mean
// over the folds, as in scikit-learn's ElasticNetCV, and with it the model is fitted to all rows.
//
// Of the Options, SampleWeights weigh training and test rows alike (scaled anew within each
// training set, as each fit does), Init is where each path and the last fit begin, and
// Loop.Progress counts cells: pairs of an l1_ratio and a fold, each a whole path; parfor.TimeLeft
// makes an estimate of the time left of that.
type ElasticNetCV struct {
	Options

	L1Ratios []float64 // nil means {0.5}

	// Alphas are tried for each l1_ratio, from the largest down. nil means, for each l1_ratio,
	// NumAlphas in geometric progression from [Path.AlphaMax] of all rows to Eps times it: the
	// same for all folds.
	Alphas    []float64
	NumAlphas int     // 0 means 100
	Eps       float64 // 0 means 1e-3

	// Split makes the folds. nil means Folds contiguous ranges of rows, in order, the first of
	// them one row longer where the number of rows is no multiple; each is tested on by what
	// the others were fitted to. Folds 0 means 5; with a Split it has no meaning.
	Folds int
	Split Splitter

	// Scorer judges predictions; nil means by their mean squared error.
	Scorer *Scorer

	// Checkpoint is the path of a file that keeps the cells that are done, "" for none. A run
	// that was stopped and is started again with the same data and settings does the others,
	// and ends with the same bits.
	Checkpoint string

	// Memo, where not nil, keeps the results of folds: they are what it returns, which is what
	// [ComputeFold] does, or did in an earlier run for a CVFold of the same Key. memo.Func(cache,
	// "cv", "1", linear.ComputeFold) is one. All l1_ratios of a fold are then one task. Keys cost a
	// hash of X, some 2 GB/s a thread, and of a [Stream] one more reading. Neither the alphas nor
	// the last fit are kept: with [Moments] a run begins with the moments all the same.
	Memo func(context.Context, CVFold) (FoldErrors, error)
}

// LassoCV is [ElasticNetCV] with the only l1_ratio 1.
type LassoCV struct {
	Options
	Alphas     []float64
	NumAlphas  int
	Eps        float64
	Folds      int
	Split      Splitter
	Scorer     *Scorer
	Checkpoint string
	Memo       func(context.Context, CVFold) (FoldErrors, error)
}

// Splitter makes the folds of a cross-validation.
type Splitter interface {
	// Split yields for each fold of n rows which of them are fitted to, and which are tested
	// on, as numbers from 0 to n−1 in any order. The folds must be the same at every call.
	// The slices are read before the next fold is asked for, and may be used for it again.
	Split(n int) iter.Seq2[[]int, []int]
}

// Scorer judges predictions of the rows of a fold.
type Scorer struct {
	Name string

	// Func returns how good predicted is for y; weights are the rows' sample weights, as they
	// were given, or nil. It must not change or keep its arguments, and is called on several
	// goroutines at once.
	Func func(y, predicted, weights []float64) float64

	GreaterIsBetter bool // as of R², unlike an error
}

// CVFit is the result of a cross-validation. In slices over l1_ratios, alphas and folds, these
// are the indices, in that order.
type CVFit struct {
	*Fit // of all rows, with Alpha and L1Ratio

	Alpha, L1Ratio float64 // the best cell; the first of equals, in the order below

	// Alpha1SE and L1Ratio1SE are the simplest model that is as good as the best but for one
	// standard error of the best's mean: among all cells with such a mean the one with the
	// largest l1 penalty alpha·l1_ratio, and of those the largest alpha. With one l1_ratio that
	// is glmnet's lambda.1se.
	Alpha1SE, L1Ratio1SE float64

	L1Ratios []float64
	Alphas   [][]float64 // from the largest down

	MSEPath      [][][]float64 // test errors, or what the Scorer says, by l1_ratio, alpha, fold
	Mean, StdErr [][]float64   // over the folds, all the same weight: √(Σ(e − mean)² / (k·(k−1))) for k folds

	// Of each fit: its duality gap (see [Fit]), passes and steps, and whether it reached Tol.
	GapPath        [][][]float64
	IterationsPath [][][]int
	ConvergedPath  [][][]bool
	Unconverged    int // how many did not

	Strategy Strategy
	Reason   string // for the strategy
	Times    CVTimes
}

// Strategy is how a cross-validation was done.
type Strategy uint8

const (
	Residuals Strategy = iota // each path with the residual of its training rows
	Moments                   // all paths of a fold with the products of its columns, which come from one pass over X
)

var strategies = []string{"residuals", "moments"}

func (s Strategy) String() string {
	if int(s) < len(strategies) {
		return strategies[s]
	}
	return fmt.Sprintf("Strategy(%d)", uint8(s))
}

// CVTimes says where the time went. Wall is from beginning to end; Refit is the last fit; the
// others add up what each thread has spent.
type CVTimes struct {
	Grams, Paths, Scoring time.Duration
	Refit, Wall           time.Duration
}

// Fit is [ElasticNetCV.Fit].
func (c LassoCV) Fit(ctx context.Context, x Design, y []float64) (*CVFit, error) {
	return c.elasticNet().Fit(ctx, x, y)
}

func (c LassoCV) elasticNet() ElasticNetCV {
	return ElasticNetCV{
		Options: c.Options, L1Ratios: []float64{1}, Alphas: c.Alphas, NumAlphas: c.NumAlphas, Eps: c.Eps,
		Folds: c.Folds, Split: c.Split, Scorer: c.Scorer, Checkpoint: c.Checkpoint, Memo: c.Memo,
	}
}

// Fit does the cross-validation of the n×p design x, made by [Dense], [CSC] or [Stream], and the n values
// y, of which it changes nothing. Each cell is the fit that [Path] makes of copies of the training rows, to
// the same Tol. It returns the errors of [Path.Fit]; besides, one that wraps ErrParameter and
// names argument, fold and value where there is no fold, Folds is above n, a fold has no row
// to fit or to test, or none with a weight, or one that is not in [0, n) or twice in a list;
// and one that wraps errors.ErrUnsupported for a [Gram] design. It panics as [Path.Fit] does.
//
// A column that is constant in the training rows of a fold has the coefficient 0 there. Rows
// may be in several folds' tests, or in none. When ctx is done, Fit returns its error and no
// result; a Checkpoint keeps what was done.
//
// Where columns are few beside the rows (see [Strategy]) it costs n·(p+2)² flops for all folds
// together and then 2·p for each coefficient that moves; beside x and the result it holds
// 8·(p+2)² bytes (p+2 filled up to 8) for each fold, for all rows and for each thread, but at
// most 1 GiB for the folds, 1 MB a thread, and 8·p bytes for each test row of a fold and each
// alpha of an l1_ratio, a thread. Up to 256 MB of that are kept for ten seconds, for the next
// call. Else it is one [Path] after another with weights of 0, which holds for
// each thread what three of these do, but one sketch for all, and 8 bytes a row more; and, of a dense
// design, 24 bytes a column for each fold, unless that is more than half of what X takes.
//
// The result depends on neither threads, schedule nor instruction set, but for what [Refinement]
// does to the last fit of many columns.
func (c ElasticNetCV) Fit(ctx context.Context, x Design, y []float64) (*CVFit, error) {
	begin := time.Now()
	if x == nil {
		panic("linear: CV: nil design")
	}
	run, err := c.begin(x, y)
	if err != nil {
		return nil, err
	}
	if run.tall != nil {
		defer run.tall.end()
	}
	if err := run.cells(ctx); err != nil {
		return nil, err
	}
	run.choose()
	if err := run.refit(ctx); err != nil {
		return nil, err
	}
	run.Times.Wall = time.Since(begin)
	return run.CVFit, nil
}

// cvRun is a cross-validation under way.
type cvRun struct {
	*CVFit
	c     *ElasticNetCV
	x     Design
	y     []float64
	folds []fold
	mu    sync.Mutex // of Times
	tall  *tall      // nil with Residuals

	whole  *given   // of all rows, nil unless they are shared
	shared []*given // of each fold's training rows, or nil

	content []byte   // the hash of X, once something has asked for it
	digest  [32]byte // of all but the fold, where there is a Memo
}

// begin checks the settings, makes the folds and decides the strategy.
func (c *ElasticNetCV) begin(x Design, y []float64) (*cvRun, error) {
	n, p := x.Dims()
	if _, ok := x.(*gram); ok {
		return nil, fmt.Errorf("linear: cross-validation of a Gram design, which has no rows: %w", errors.ErrUnsupported)
	}
	if len(y) != n {
		panic("linear: Fit: the length of y is not the number of rows")
	}
	run := &cvRun{CVFit: &CVFit{L1Ratios: slices.Clone(c.L1Ratios)}, c: c, x: x, y: y}
	if len(c.L1Ratios) == 0 {
		run.L1Ratios = []float64{0.5}
	}
	for l, ratio := range run.L1Ratios {
		if err := checkRange(fmt.Sprintf("L1Ratios[%d]", l), ratio, 0, 1); err != nil {
			return nil, err
		}
		m := c.path(ratio)
		if err := m.check(x); err != nil {
			return nil, err
		}
		if ratio == 0 && len(c.Alphas) == 0 {
			return nil, fmt.Errorf("linear: L1Ratios[%d] is 0, for which no alpha makes all coefficients zero: give Alphas: %w", l, ErrParameter)
		}
	}
	if n == 0 {
		return nil, fmt.Errorf("linear: X has no rows: %w", ErrNoRows)
	}
	var err error
	if run.folds, err = readFolds(c.Split, c.Folds, n, c.SampleWeights); err != nil {
		return nil, err
	}
	if run.Reason = c.tallReason(x, run.folds); run.Reason == "" {
		run.Strategy, run.Reason = Moments, "columns are few beside the rows"
		run.tall = &tall{cvRun: run, pool: newFoldPool(p)}
	} else if _, ok := x.(testedDesign); !ok {
		return nil, fmt.Errorf("linear: cross-validation of a Stream, but not by moments: %s: %w", run.Reason, errors.ErrUnsupported)
	}
	return run, nil
}

// cells fits and tests every path.
func (run *cvRun) cells(ctx context.Context) (err error) {
	if run.tall != nil {
		begin := time.Now()
		if err := run.tall.begin(ctx); err != nil {
			return err
		}
		run.Times.Grams = time.Since(begin)
	} else {
		run.share(ctx)
		for _, ratio := range run.L1Ratios {
			m := run.c.path(ratio)
			m.given = run.whole
			alphas, err := m.alphas(run.x, run.y)
			if err != nil {
				return err
			}
			run.Alphas = append(run.Alphas, alphas)
		}
	}
	run.allocate(len(run.folds))
	if run.c.Memo != nil {
		if err := run.digestAll(ctx); err != nil {
			return err
		}
	}
	book, err := newCellBook(ctx, run, run.key)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, book.close()) }() // when a Scorer panics, too
	if run.tall != nil {
		run.tall.cells = book
		return run.tall.run(ctx)
	}
	return run.residuals(ctx, book)
}

// spent adds to Times.
func (run *cvRun) spent(grams, paths, scoring time.Duration) {
	run.mu.Lock()
	defer run.mu.Unlock()
	run.Times.Grams += grams
	run.Times.Paths += paths
	run.Times.Scoring += scoring
}

// score judges predictions of test rows.
func (c *ElasticNetCV) score(y, predicted, weights []float64) float64 {
	if c.Scorer != nil {
		return c.Scorer.Func(y, predicted, weights)
	}
	return meanSquaredError(y, predicted, weights)
}

// allocate makes the tables, of Alphas that are there and so many folds.
func (f *CVFit) allocate(folds int) {
	for _, alphas := range f.Alphas {
		k := len(alphas)
		f.MSEPath = append(f.MSEPath, table[float64](k, folds))
		f.GapPath = append(f.GapPath, table[float64](k, folds))
		f.IterationsPath = append(f.IterationsPath, table[int](k, folds))
		f.ConvergedPath = append(f.ConvergedPath, table[bool](k, folds))
	}
}

// table returns rows slices of one array.
func table[T any](rows, cols int) [][]T {
	all, t := make([]T, rows*cols), make([][]T, rows)
	for i := range t {
		t[i] = all[i*cols : (i+1)*cols : (i+1)*cols]
	}
	return t
}

// path is the path of one l1_ratio.
func (c *ElasticNetCV) path(l1Ratio float64) Path {
	m := Path{Options: c.Options, L1Ratio: l1Ratio, Alphas: c.Alphas, NumAlphas: c.NumAlphas, Eps: c.Eps}
	m.Loop.Progress = nil
	return m
}

// choose sets the means over the folds and what follows from them.
func (run *cvRun) choose() {
	sign := 1.0 // so that less is better
	if run.c.Scorer != nil && run.c.Scorer.GreaterIsBetter {
		sign = -1
	}
	best, bestErr := math.Inf(1), math.NaN()
	run.Alpha, run.L1Ratio = run.Alphas[0][0], run.L1Ratios[0]
	for l, alphas := range run.Alphas {
		mean, stdErr := make([]float64, len(alphas)), make([]float64, len(alphas))
		for a := range alphas {
			mean[a], stdErr[a] = meanAndError(run.MSEPath[l][a])
			if sign*mean[a] < best {
				best, bestErr = sign*mean[a], stdErr[a]
				run.Alpha, run.L1Ratio = alphas[a], run.L1Ratios[l]
			}
			for _, ok := range run.ConvergedPath[l][a] {
				if !ok {
					run.Unconverged++
				}
			}
		}
		run.Mean, run.StdErr = append(run.Mean, mean), append(run.StdErr, stdErr)
	}
	run.Alpha1SE, run.L1Ratio1SE = run.Alpha, run.L1Ratio
	for l, alphas := range run.Alphas {
		for a, alpha := range alphas {
			l1, most := alpha*run.L1Ratios[l], run.Alpha1SE*run.L1Ratio1SE
			if sign*run.Mean[l][a] <= best+bestErr && (l1 > most || l1 == most && alpha > run.Alpha1SE) {
				run.Alpha1SE, run.L1Ratio1SE = alpha, run.L1Ratios[l]
			}
		}
	}
}

// meanAndError returns the mean and its standard error, NaN for one value.
func meanAndError(v []float64) (mean, stdErr float64) {
	for _, e := range v {
		mean += e
	}
	k := float64(len(v))
	mean /= k
	largest := 0.0
	for _, e := range v {
		largest = max(largest, math.Abs(e-mean))
	}
	_, exponent := math.Frexp(largest) // a power of two keeps the squares in range, and the bits
	squares := 0.0
	for _, e := range v {
		d := math.Ldexp(e-mean, -exponent)
		squares += float64(d * d)
	}
	return mean, math.Ldexp(math.Sqrt(squares/(k*(k-1))), exponent)
}

// refit fits the chosen model to all rows.
func (run *cvRun) refit(ctx context.Context) error {
	if run.tall != nil {
		return run.tall.refit(ctx)
	}
	begin := time.Now()
	m := ElasticNet{Options: run.c.Options, Alpha: run.Alpha, L1Ratio: run.L1Ratio}
	m.Loop.Progress, m.given = nil, run.whole
	p, err := run.x.problem(m.Options, run.y)
	if err != nil {
		return err
	}
	run.Fit, err = m.solve(ctx, p)
	run.Times.Refit = time.Since(begin)
	return err
}
