package main

// nogil enet: what its commands share, the flags and the problem that a file states.

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/urfave/cli/v3"

	"github.com/nogil-go/nogil/linear"
	"github.com/nogil-go/nogil/table"
)

func (a *app) enetCommand() *cli.Command {
	return &cli.Command{
		Name:  "enet",
		Usage: "elastic-net models (the Lasso and ridge regression among them): fit, path, cv, predict",
		Description: `The model is y = b + Xw with the smallest

   ‖y − b − Xw‖²/(2n) + alpha·l1_ratio·‖w‖₁ + ½·alpha·(1 − l1_ratio)·‖w‖₂²

found to a certified duality gap, as in scikit-learn, whose names the flags have.

   nogil enet cv houses.csv --target price --l1-ratio .5,.9,1 --folds 10 --plot cv.svg --out model.json
   nogil enet predict new.csv --model model.json --out predictions.csv`,
		Commands: []*cli.Command{a.fitCommand(), a.pathCommand(), a.cvCommand(), a.predictCommand()},
		Action:   a.group,
	}
}

// problemFlags are the flags of commands that fit.
func problemFlags() []cli.Flag {
	return append([]cli.Flag{
		&cli.StringFlag{Name: "target", Usage: "the column that is explained, `NAME`; a libsvm file has its own"},
		&cli.StringFlag{Name: "weights", Usage: "the column of sample weights, `NAME`"},
		&cli.StringSliceFlag{Name: "drop", Usage: "columns that are left out"},
		&cli.BoolFlag{Name: "drop-missing", Usage: "leave out the rows in which a value is missing"},
		&cli.FloatFlag{Name: "tol", Usage: "relative duality gap at which a fit ends", Value: 1e-4},
		&cli.IntFlag{Name: "max-iter", Usage: "most passes of coordinate descent", Value: 1000},
		&cli.BoolFlag{Name: "positive", Usage: "no coefficient below 0"},
		&cli.BoolFlag{Name: "standardize", Usage: "penalise as if all columns had the same deviation, as glmnet does"},
		&cli.BoolFlag{Name: "no-intercept", Usage: "without b"},
		&cli.StringFlag{Name: "out", Usage: "write the result as JSON to `FILE`; of fit and cv a model that predict reads"},
	}, csvFlags()...)
}

func plotFlag(what string) cli.Flag {
	return &cli.StringFlag{Name: "plot", Usage: "draw " + what + " to `FILE`, .svg or .png"}
}

func l1RatioFlag() cli.Flag {
	return &cli.FloatFlag{Name: "l1-ratio", Usage: "1 is the Lasso, 0 ridge regression", Value: 0.5}
}

// problem is what is fitted.
type problem struct {
	x       linear.Design
	names   []string // of the columns of x
	target  string
	y       []float64
	options linear.Options
	dropped int // rows

	blocks rowReader // of a file that is read in blocks: x; else nil
	r2     float64   // of the model, where there are blocks
}

// close closes what blocks come from.
func (p *problem) close() {
	if p.blocks != nil {
		p.blocks.Close()
	}
}

// problem reads the file and the flags. blocks says that the command can do with a file that is
// read in blocks.
func (a *app) problem(ctx context.Context, c *cli.Command, blocks bool) (*problem, error) {
	if err := checkPlot(c.String("plot")); err != nil {
		return nil, err
	}
	p := &problem{target: c.String("target"), options: linear.Options{
		Tol: c.Float("tol"), MaxIter: c.Int("max-iter"), Positive: c.Bool("positive"), Standardize: c.Bool("standardize"),
		NoIntercept: c.Bool("no-intercept"), Loop: a.loop(),
	}}
	for flag, bad := range map[string]bool{
		"tol": !(p.options.Tol > 0) || math.IsInf(p.options.Tol, 0), "max-iter": p.options.MaxIter < 1,
	} {
		if bad {
			return nil, usagef("--%s must be above 0", flag)
		}
	}
	in, err := a.input(c, "read")
	if err != nil {
		return nil, err
	}
	if in.format == svmFile {
		return p, p.sparse(in, c)
	}
	if p.target == "" {
		return nil, usagef("enet %s: give the column that is explained by --target", c.Name)
	}
	if !blocks || !in.streams(c) {
		return p, p.dense(ctx, in, c)
	}
	err = p.stream(ctx, in, c)
	in.progress.end()
	return p, err
}

// sparse reads a libsvm file.
func (p *problem) sparse(in *input, c *cli.Command) error {
	for _, flag := range []string{"target", "weights", "drop", "columns"} {
		if c.IsSet(flag) {
			return usagef("--%s has no meaning for the libsvm file %s, whose columns have no names", flag, in.name)
		}
	}
	s, err := table.ReadSVMLight(in.name)
	if err != nil {
		return err
	}
	p.target, p.y = "target", s.Y
	for j := range s.Cols {
		p.names = append(p.names, fmt.Sprintf("x%d", j))
	}
	p.x, err = s.Design()
	return err
}

// dense reads a table.
func (p *problem) dense(ctx context.Context, in *input, c *cli.Command) error {
	weights, drop := c.String("weights"), c.StringSlice("drop")
	apart := []string{p.target}
	if weights != "" {
		apart = append(apart, weights)
	}
	if in.csv.Columns != nil {
		for _, name := range apart {
			if !slices.Contains(in.csv.Columns, name) {
				in.csv.Columns = append(in.csv.Columns, name)
			}
		}
		in.columns = in.csv.Columns
	}
	t, err := in.load(ctx, apart...)
	if err != nil {
		return err
	}
	if t, err = t.Drop(drop...); err != nil {
		return err
	}
	if err := onlyNumbers(t); err != nil {
		return err
	}
	whole := t
	if t = t.DropMissing(); t != whole && !c.Bool("drop-missing") {
		return missing(whole)
	}
	p.dropped = whole.Rows() - t.Rows()
	if weights != "" {
		if p.options.SampleWeights, err = t.Floats(weights); err != nil {
			return err
		}
		if t, err = t.Drop(weights); err != nil {
			return err
		}
	}
	x, names, y, err := t.XY(p.target)
	if err != nil {
		return err
	}
	p.x, p.names, p.y = linear.Dense(x), names, y
	return nil
}

// onlyNumbers returns an error that names the columns of strings.
func onlyNumbers(t *table.Table) error {
	var names []string
	for _, c := range t.Columns() {
		if !c.Numeric() {
			names = append(names, c.Name)
		}
	}
	if names == nil {
		return nil
	}
	return fmt.Errorf("columns of strings: %q; leave them out by --drop %s, or code them as numbers", names, strings.Join(names, ","))
}

// missing returns an error about the first column that misses a value.
func missing(t *table.Table) error {
	for _, c := range t.Columns() {
		n, first := 0, 0
		for i := range t.Rows() {
			if c.Missing(i) {
				if n++; n == 1 {
					first = i + 1
				}
			}
		}
		if n > 0 {
			return fmt.Errorf("column %q misses %d of %d values, the first in row %d; --drop-missing leaves such rows out", c.Name, n, t.Rows(), first)
		}
	}
	return nil
}

// coefficients are the names and values of those that are not 0, the largest first, in JSON
// and for the eye.
type namedCoef struct {
	Name string `json:"name"`
	Coef number `json:"coef"`
}

func coefficients(names []string, coef []float64) []namedCoef {
	list := []namedCoef{}
	for j, w := range coef {
		if w != 0 {
			list = append(list, namedCoef{names[j], number(w)})
		}
	}
	slices.SortStableFunc(list, func(a, b namedCoef) int {
		switch x, y := math.Abs(float64(a.Coef)), math.Abs(float64(b.Coef)); {
		case x > y:
			return -1
		case x < y:
			return 1
		}
		return 0
	})
	return list
}

// shownCoefficients is how many are written for the eye; JSON has all.
const shownCoefficients = 20

func (a *app) writeCoefficients(list []namedCoef, intercept float64) error {
	cells := [][]string{{"intercept", short(intercept)}}
	for _, c := range list[:min(len(list), shownCoefficients)] {
		cells = append(cells, []string{c.Name, short(float64(c.Coef))})
	}
	if err := grid(a.out, cells); err != nil {
		return err
	}
	if more := len(list) - shownCoefficients; more > 0 {
		_, err := fmt.Fprintf(a.out, "… and %d more (--json or --out has all)\n", more)
		return err
	}
	return nil
}

// note tells on standard error what the user should know about the data.
func (a *app) note(p *problem) {
	if p.dropped > 0 {
		fmt.Fprintf(a.err, "nogil: %d rows with missing values are left out\n", p.dropped)
	}
}

// warn tells that some fits have not converged.
func (a *app) warn(not, all int) {
	if not > 0 {
		fmt.Fprintf(a.err, "nogil: %d of %d fits did not converge; raise --max-iter or --tol\n", not, all)
	}
}
