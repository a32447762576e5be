package main

// nogil enet fit, path and predict.

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strconv"

	"github.com/urfave/cli/v3"

	"github.com/nogil-go/nogil/kernels"
	"github.com/nogil-go/nogil/linear"
	"github.com/nogil-go/nogil/linear/linearplot"
	"github.com/nogil-go/nogil/table"
)

func (a *app) fitCommand() *cli.Command {
	return &cli.Command{
		Name:      "fit",
		Usage:     "fit one model",
		ArgsUsage: "FILE",
		Description: `Fits the model for one alpha.

   nogil enet fit houses.csv --target price --alpha 0.1
   nogil enet fit houses.csv --target price --alpha 1 --l1-ratio 1 --drop city --out model.json
   nogil enet fit news20.svm --alpha 1e-3 --json

` + formats,
		Flags: append([]cli.Flag{
			&cli.FloatFlag{Name: "alpha", Usage: "how much coefficients are penalised", Value: 1},
			l1RatioFlag(),
		}, problemFlags()...),
		Action: a.action(a.fit),
	}
}

// fitJSON is what fit writes with --json.
type fitJSON struct {
	Target       string      `json:"target"`
	Rows         int         `json:"rows"`
	Columns      int         `json:"columns"`
	Alpha        number      `json:"alpha"`
	L1Ratio      number      `json:"l1_ratio"`
	R2           number      `json:"r2"`
	Intercept    number      `json:"intercept"`
	Coefficients []namedCoef `json:"coefficients"` // those that are not 0, the largest first
	Iterations   int         `json:"iterations"`
	DualGap      number      `json:"dual_gap"`
	Converged    bool        `json:"converged"`
}

func (a *app) fit(ctx context.Context, c *cli.Command) error {
	p, err := a.problem(ctx, c, false)
	if err != nil {
		return err
	}
	a.note(p)
	m := linear.ElasticNet{Options: p.options, Alpha: c.Float("alpha"), L1Ratio: c.Float("l1-ratio")}
	fit, err := m.Fit(p.x, p.y)
	if err != nil {
		return p.named(err)
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if !fit.Converged {
		a.warn(1, 1)
	}
	if err := p.save(c.String("out"), m.Alpha, m.L1Ratio, fit); err != nil {
		return err
	}
	if a.json {
		return a.writeJSON(p.fitJSON(m.Alpha, m.L1Ratio, fit))
	}
	if err := a.writeFit(p, m.Alpha, m.L1Ratio, fit); err != nil {
		return err
	}
	return a.writeCoefficients(coefficients(p.names, fit.Coef), fit.Intercept)
}

func (p *problem) fitJSON(alpha, l1Ratio float64, fit *linear.Fit) fitJSON {
	r2 := p.r2
	if p.blocks == nil {
		r2 = fit.ScoreWeighted(p.x, p.y, p.options.SampleWeights)
	}
	return fitJSON{
		Target: p.target, Rows: len(p.y), Columns: len(p.names), Alpha: number(alpha), L1Ratio: number(l1Ratio),
		R2: number(r2), Intercept: number(fit.Intercept),
		Coefficients: coefficients(p.names, fit.Coef), Iterations: fit.Iterations, DualGap: number(fit.DualGap), Converged: fit.Converged,
	}
}

func (a *app) writeFit(p *problem, alpha, l1Ratio float64, fit *linear.Fit) error {
	j := p.fitJSON(alpha, l1Ratio, fit)
	return pairs(a.out, [][2]string{
		{"rows", strconv.Itoa(j.Rows)},
		{"columns", fmt.Sprintf("%d, %d with a coefficient", j.Columns, len(j.Coefficients))},
		{"alpha", short(alpha)},
		{"l1_ratio", short(l1Ratio)},
		{"R²", short(float64(j.R2))},
		{"duality gap", short(fit.DualGap)},
	})
}

// save writes the model that predict reads.
func (p *problem) save(name string, alpha, l1Ratio float64, fit *linear.Fit) error {
	if name == "" {
		return nil
	}
	m := table.Model{Names: p.names, Target: p.target, Alpha: alpha, L1Ratio: l1Ratio, Fit: fit}
	return saveJSON(name, m)
}

func saveJSON(name string, v any) error {
	return writeFile(name, func(w io.Writer) error {
		text, err := json.MarshalIndent(v, "", "  ")
		if err != nil {
			return err
		}
		_, err = w.Write(append(text, '\n'))
		return err
	})
}

func (a *app) pathCommand() *cli.Command {
	return &cli.Command{
		Name:      "path",
		Usage:     "fit a path of models, from the smallest alpha at which all coefficients are 0",
		ArgsUsage: "FILE",
		Description: `Fits a model for each alpha, each from the one before.

   nogil enet path houses.csv --target price --l1-ratio 1 --plot path.svg
   nogil enet path houses.csv --target price --alphas 1,0.1,0.01 --json

` + formats,
		Flags:  append(append(gridFlags(), l1RatioFlag(), plotFlag("the coefficients along the path")), problemFlags()...),
		Action: a.action(a.path),
	}
}

// gridFlags say which alphas.
func gridFlags() []cli.Flag {
	return []cli.Flag{
		&cli.FloatSliceFlag{Name: "alphas", Usage: "the alphas", DefaultText: "as --num-alphas and --eps say"},
		&cli.IntFlag{Name: "num-alphas", Usage: "how many, in geometric progression", Value: 100},
		&cli.FloatFlag{Name: "eps", Usage: "the last alpha over the first", Value: 1e-3},
	}
}

type pathJSON struct {
	Target  string     `json:"target"`
	L1Ratio number     `json:"l1_ratio"`
	Path    []stepJSON `json:"path"`
}

type stepJSON struct {
	Alpha        number      `json:"alpha"`
	R2           number      `json:"r2"`
	Intercept    number      `json:"intercept"`
	Coefficients []namedCoef `json:"coefficients"`
	DualGap      number      `json:"dual_gap"`
	Converged    bool        `json:"converged"`
}

func (a *app) path(ctx context.Context, c *cli.Command) error {
	p, err := a.problem(ctx, c, false)
	if err != nil {
		return err
	}
	a.note(p)
	bar := a.progress("path")
	p.options.Loop.Progress = bar.show
	path, err := linear.Path{
		Options: p.options, L1Ratio: c.Float("l1-ratio"), Alphas: c.FloatSlice("alphas"), NumAlphas: c.Int("num-alphas"), Eps: c.Float("eps"),
	}.Fit(ctx, p.x, p.y)
	bar.end()
	if err != nil {
		return p.named(err)
	}
	a.warn(count(path.Converged, false), len(path.Converged))
	if plot := c.String("plot"); plot != "" {
		f, err := linearplot.Path(path, linearplot.Options{Names: p.names, Title: p.target})
		if err == nil {
			err = writePlot(plot, f)
		}
		if err != nil {
			return err
		}
	}
	result := pathJSON{Target: p.target, L1Ratio: number(path.L1Ratio)}
	cells := [][]string{{"alpha", "coefficients", "R²", "duality gap"}}
	for i, alpha := range path.Alphas {
		list := coefficients(p.names, path.Coef(i))
		result.Path = append(result.Path, stepJSON{
			number(alpha), number(path.R2[i]), number(path.Intercept(i)), list, number(path.DualGaps[i]), path.Converged[i],
		})
		cells = append(cells, []string{short(alpha), strconv.Itoa(len(list)), short(path.R2[i]), short(path.DualGaps[i])})
	}
	if out := c.String("out"); out != "" {
		if err := saveJSON(out, result); err != nil {
			return err
		}
	}
	if a.json {
		return a.writeJSON(result)
	}
	return grid(a.out, cells)
}

func count(list []bool, what bool) (n int) {
	for _, b := range list {
		if b == what {
			n++
		}
	}
	return n
}

func (a *app) predictCommand() *cli.Command {
	return &cli.Command{
		Name:      "predict",
		Usage:     "predict with a model that fit or cv has written",
		ArgsUsage: "FILE",
		Description: `Writes a CSV file of one column, named as the target: a prediction for each row of FILE,
whose columns are matched with those of the model by name, in any order and among others. A
row in which one is missing has an empty cell. Where the target is in FILE too, R² goes to
standard error.

   nogil enet predict new.csv --model model.json --out predictions.csv

` + formats,
		Flags: append([]cli.Flag{
			&cli.StringFlag{Name: "model", Usage: "the model, `FILE`", Required: true},
			&cli.StringFlag{Name: "out", Usage: "write to `FILE`", DefaultText: "standard output"},
		}, csvFlags()...),
		Action: a.action(a.predict),
	}
}

func (a *app) predict(ctx context.Context, c *cli.Command) error {
	text, err := os.ReadFile(c.String("model"))
	if err != nil {
		return err
	}
	var m table.Model
	if err := json.Unmarshal(text, &m); err != nil {
		return fmt.Errorf("%s: %w", c.String("model"), err)
	}
	in, err := a.input(c, "read")
	if err != nil {
		return err
	}
	y, truth, err := in.predict(ctx, &m)
	if err != nil {
		return fmt.Errorf("%s: %w", in.name, err)
	}
	if truth != nil {
		a.score(y, truth)
	}
	if a.json && c.String("out") == "" {
		return a.writeJSON(struct {
			Target      string   `json:"target"`
			Predictions []number `json:"predictions"`
		}{m.Target, numbers(y)})
	}
	t, err := table.New([]string{m.Target}, kernels.NewColMajor(len(y), 1, y))
	if err != nil {
		return err
	}
	if out := c.String("out"); out != "" {
		return writeFile(out, t.WriteCSV)
	}
	return t.WriteCSV(a.out)
}

// predict returns the predictions, and the target where the file has it.
func (in *input) predict(ctx context.Context, m *table.Model) (y, truth []float64, err error) {
	if in.format == svmFile {
		s, err := table.SVMLight{Columns: len(m.Names)}.Read(in.name)
		if err != nil {
			return nil, nil, err
		}
		x, err := s.Design()
		if err != nil {
			return nil, nil, err
		}
		return m.Fit.Predict(nil, x), s.Y, nil
	}
	t, err := in.load(ctx)
	if err != nil {
		return nil, nil, err
	}
	if y, err = m.Predict(t); err != nil {
		return nil, nil, err
	}
	truth, _ = t.Floats(m.Target) // a file of new rows need not have it
	return y, truth, nil
}

// score writes R² of the rows that have both a prediction and the target.
func (a *app) score(y, truth []float64) {
	n, mean := 0.0, 0.0
	for i, v := range truth {
		if v == v && y[i] == y[i] {
			n++
			mean += (v - mean) / n
		}
	}
	var rest, all float64
	for i, v := range truth {
		if v == v && y[i] == y[i] {
			rest += (v - y[i]) * (v - y[i])
			all += (v - mean) * (v - mean)
		}
	}
	if all > 0 {
		fmt.Fprintf(a.err, "nogil: R² of the predictions is %s\n", short(1-rest/all))
	}
}
