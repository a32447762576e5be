package main

// nogil enet cv.

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/urfave/cli/v3"

	"github.com/nogil-go/nogil/linear"
	"github.com/nogil-go/nogil/linear/linearplot"
	"github.com/nogil-go/nogil/memo"
)

func (a *app) cvCommand() *cli.Command {
	return &cli.Command{
		Name:      "cv",
		Usage:     "choose alpha and l1_ratio by cross-validation, and fit the model with them",
		ArgsUsage: "FILE",
		Description: `Fits a path for each l1_ratio and fold, takes the cell with the smallest mean test error,
and fits all rows with it, as scikit-learn's ElasticNetCV does. Ctrl-C with --checkpoint keeps
what is done: the same command goes on from there.

   nogil enet cv houses.csv --target price
   nogil enet cv houses.csv --target price --l1-ratio .5,.9,1 --folds 10 --plot cv.svg --out model.json
   nogil enet cv big.parquet --target y --checkpoint cv.checkpoint

A .npy file that memory does not hold four times, and with --stream any, is read in blocks:
once for the target, once for the folds, once for R², which needs twice as many rows for each
fit as there are columns.

` + formats,
		Flags: append(append(gridFlags(),
			&cli.FloatSliceFlag{Name: "l1-ratio", Usage: "the l1_ratios that are tried: 1 is the Lasso", Value: []float64{0.5}},
			&cli.IntFlag{Name: "folds", Usage: "contiguous parts of the rows, each tested on in turn", Value: 5},
			&cli.BoolFlag{Name: "one-se", Usage: "take the simplest model within a standard error of the best (glmnet's lambda.1se)"},
			&cli.BoolFlag{Name: "stream", Usage: "read a .npy file in blocks, whatever its size"},
			&cli.StringFlag{Name: "checkpoint", Usage: "keep what is done in `FILE`, and go on from it"},
			&cli.StringFlag{Name: "cache", Usage: "keep the results of folds in the folder `DIR`, for all runs on the same data"},
			plotFlag("the test errors")), problemFlags()...),
		Action: a.action(a.cv),
	}
}

// cvJSON is what cv writes with --json: fitJSON and the cross-validation.
type cvJSON struct {
	fitJSON
	Folds     int          `json:"folds"`
	Alpha1SE  number       `json:"alpha_1se"`
	L1Ratio1E number       `json:"l1_ratio_1se"`
	MSE       number       `json:"mse"`
	StdErr    number       `json:"mse_std_err"`
	Ratios    []cvGridJSON `json:"grid"`
	Seconds   float64      `json:"seconds"`
}

type cvGridJSON struct {
	L1Ratio number     `json:"l1_ratio"`
	Alphas  []number   `json:"alphas"`
	MSEPath [][]number `json:"mse_path"` // by alpha and fold
}

// afterCell is called with how many cells are done; a test interrupts the command there.
var afterCell = func(ctx context.Context, done int) {}

func (a *app) cv(ctx context.Context, c *cli.Command) error {
	p, err := a.problem(ctx, c, true)
	if err != nil {
		return err
	}
	defer func(p *problem) { p.close() }(p)
	a.note(p)
	bar := a.progress("cv")
	p.options.Loop.Progress = func(done, total int) {
		bar.show(done, total)
		afterCell(ctx, done)
	}
	search := linear.ElasticNetCV{
		Options: p.options, L1Ratios: c.FloatSlice("l1-ratio"), Alphas: c.FloatSlice("alphas"), NumAlphas: c.Int("num-alphas"),
		Eps: c.Float("eps"), Folds: c.Int("folds"), Checkpoint: c.String("checkpoint"),
	}
	if dir := c.String("cache"); dir != "" {
		cache, err := memo.Open(dir, memo.Options{})
		if err != nil {
			return err
		}
		search.Memo = memo.Func(cache, "cv", "1", linear.ComputeFold)
	}
	cv, err := search.Fit(ctx, p.x, p.y)
	if p.blocks != nil && errors.Is(err, errors.ErrUnsupported) && !c.Bool("stream") {
		if p, err = a.problem(ctx, c, false); err != nil {
			return err
		}
		cv, err = search.Fit(ctx, p.x, p.y)
	}
	bar.end()
	if err != nil {
		if kept := c.String("checkpoint"); ctx.Err() != nil && kept != "" {
			if _, gone := os.Stat(kept); gone == nil {
				fmt.Fprintf(a.err, "nogil: what is done is kept in %s; the same command goes on from there\n", kept)
			}
		}
		return p.named(err)
	}
	a.warn(cv.Unconverged, len(cv.L1Ratios)*len(cv.Alphas[0])*c.Int("folds"))
	alpha, l1Ratio, fit := cv.Alpha, cv.L1Ratio, cv.Fit
	if c.Bool("one-se") {
		alpha, l1Ratio = cv.Alpha1SE, cv.L1Ratio1SE
		if fit, err = p.simplest(ctx, search, alpha, l1Ratio); err != nil {
			return p.named(err)
		}
	}
	if p.blocks != nil {
		if err := p.score(ctx, fit); err != nil {
			return err
		}
	}
	if plot := c.String("plot"); plot != "" {
		f, err := linearplot.CV(cv, linearplot.Options{Title: p.target})
		if err == nil {
			err = writePlot(plot, f)
		}
		if err != nil {
			return err
		}
	}
	if err := p.save(c.String("out"), alpha, l1Ratio, fit); err != nil {
		return err
	}
	return a.writeCV(p, c.Int("folds"), cv, alpha, l1Ratio, fit)
}

// simplest fits a cell that is not the best.
func (p *problem) simplest(ctx context.Context, search linear.ElasticNetCV, alpha, l1Ratio float64) (*linear.Fit, error) {
	search.Loop.Progress = nil
	if p.blocks == nil {
		return linear.ElasticNet{Options: search.Options, Alpha: alpha, L1Ratio: l1Ratio}.Fit(p.x, p.y)
	}
	search.Alphas, search.L1Ratios, search.Checkpoint = []float64{alpha}, []float64{l1Ratio}, ""
	cv, err := search.Fit(ctx, p.x, p.y) // a stream is not fitted to in another way
	if err != nil {
		return nil, err
	}
	return cv.Fit, nil
}

func (a *app) writeCV(p *problem, folds int, cv *linear.CVFit, alpha, l1Ratio float64, fit *linear.Fit) error {
	mse, stdErr := at(cv, alpha, l1Ratio)
	if a.json {
		j := cvJSON{
			fitJSON: p.fitJSON(alpha, l1Ratio, fit), Folds: folds, Alpha1SE: number(cv.Alpha1SE), L1Ratio1E: number(cv.L1Ratio1SE),
			MSE: number(mse), StdErr: number(stdErr), Seconds: cv.Times.Wall.Seconds(),
		}
		for l, ratio := range cv.L1Ratios {
			g := cvGridJSON{L1Ratio: number(ratio), Alphas: numbers(cv.Alphas[l])}
			for _, errors := range cv.MSEPath[l] {
				g.MSEPath = append(g.MSEPath, numbers(errors))
			}
			j.Ratios = append(j.Ratios, g)
		}
		return a.writeJSON(j)
	}
	if err := a.writeFit(p, alpha, l1Ratio, fit); err != nil {
		return err
	}
	err := pairs(a.out, [][2]string{
		{"test error", fmt.Sprintf("%s ± %s (mean squared, %d folds)", short(mse), short(stdErr), folds)},
		{"within 1 se", fmt.Sprintf("alpha %s, l1_ratio %s", short(cv.Alpha1SE), short(cv.L1Ratio1SE))},
	})
	if err != nil {
		return err
	}
	return a.writeCoefficients(coefficients(p.names, fit.Coef), fit.Intercept)
}

// at returns the mean test error, and its standard error, of a cell.
func at(cv *linear.CVFit, alpha, l1Ratio float64) (mse, stdErr float64) {
	for l, ratio := range cv.L1Ratios {
		for i, v := range cv.Alphas[l] {
			if ratio == l1Ratio && v == alpha {
				return cv.Mean[l][i], cv.StdErr[l][i]
			}
		}
	}
	return
}

// named puts the names of columns into an error of package linear, which numbers them.
func (p *problem) named(err error) error {
	var of *linear.DataError
	if !errors.As(err, &of) || of.Column >= len(p.names) {
		return err
	}
	return fmt.Errorf("%w (column %d of X is %q)", err, of.Column, p.names[of.Column])
}
