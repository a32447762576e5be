package linear

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/nogil-go/nogil/kernels"
	"github.com/nogil-go/nogil/parfor"
)

// cvData is the article's model: every tenth column of p counts, and the noise has a fifth of
// the signal's deviation.
func cvData(n, p int) (kernels.Matrix[float64], []float64) {
	rng := rand.New(rand.NewPCG(5, 0))
	x, y := kernels.NewColMajor(n, p, make([]float64, n*p)), make([]float64, n)
	for i := range x.Data {
		x.Data[i] = rng.NormFloat64()
	}
	for j := 0; j < p; j += 10 {
		c := rng.NormFloat64()
		for i, v := range x.Data[j*n:][:n] {
			y[i] += c * v
		}
	}
	for i := range y {
		y[i] += 0.2 * math.Sqrt(float64(p)/10) * rng.NormFloat64()
	}
	return x, y
}

// 3 l1_ratios, 100 alphas, 10 folds: 3000 fits.
func BenchmarkCV(b *testing.B) {
	for _, shape := range [][2]int{{2000, 500}, {200000, 200}, {200, 5000}} {
		x, y := cvData(shape[0], shape[1])
		for _, tol := range []float64{1e-4, 1e-6} {
			if shape[0] > 2000 && tol < 1e-4 {
				continue
			}
			for _, threads := range []int{1, 2} {
				b.Run(fmt.Sprintf("n=%d/p=%d/tol=%g/threads=%d", shape[0], shape[1], tol, threads), func(b *testing.B) {
					c := ElasticNetCV{Options: Options{Tol: tol, MaxIter: 10000, Loop: parfor.Loop{Threads: threads}}, L1Ratios: []float64{0.5, 0.9, 1}, Folds: 10}
					f := timeCV(b, func() (*CVFit, error) { return c.Fit(context.Background(), Dense(x), y) })
					b.ReportMetric(f.Times.Grams.Seconds()*1e3, "grams-ms")
					b.ReportMetric(float64(f.Unconverged), "unconverged")
				})
			}
		}
	}
}

// 5 folds and 50 alphas of a Lasso with 20 coefficients on 200×5000: 250 fits.
func BenchmarkCVWide(b *testing.B) {
	x, _ := cvData(200, 5000)
	y := make([]float64, 200)
	rng := rand.New(rand.NewPCG(6, 0))
	for i := range y {
		y[i] = 1.5 * rng.NormFloat64()
		for j := range 20 {
			y[i] += x.Data[j*250*200+i]
		}
	}
	for _, tol := range []float64{1e-4, 1e-6} {
		for _, threads := range []int{1, 2} {
			b.Run(fmt.Sprintf("n=200/p=5000/tol=%g/threads=%d", tol, threads), func(b *testing.B) {
				c := LassoCV{Options: Options{Tol: tol, Loop: parfor.Loop{Threads: threads}}, NumAlphas: 50, Eps: 1e-2}
				timeCV(b, func() (*CVFit, error) { return c.Fit(context.Background(), Dense(x), y) })
			})
		}
	}
}

// timeCV times fit and reports where its time went.
func timeCV(b *testing.B, fit func() (*CVFit, error)) (f *CVFit) {
	for b.Loop() {
		var err error
		if f, err = fit(); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(f.Times.Paths.Seconds()*1e3, "paths-ms")
	b.ReportMetric(f.Times.Scoring.Seconds()*1e3, "scoring-ms")
	b.ReportMetric(f.Times.Refit.Seconds()*1e3, "refit-ms")
	return f
}

// How long Fit goes on after its context has ended, at moments spread over a run. That of 8192 columns
// takes half a minute a run of which one is done first, and 3 GB.
func BenchmarkCVCancel(b *testing.B) {
	c := ElasticNetCV{L1Ratios: []float64{0.5, 0.9, 1}, Folds: 10}
	for _, shape := range [][2]int{{2000, 500}, {200000, 200}, {200, 5000}, {8192, 8192}} {
		b.Run(fmt.Sprintf("n=%d/p=%d", shape[0], shape[1]), func(b *testing.B) {
			x, y := cvData(shape[0], shape[1])
			d, c := Dense(x), c
			if shape[1] > 5000 {
				c.Folds, c.NumAlphas, c.Eps = 2, 10, 0.1
			}
			timeCancel(b, func(ctx context.Context) error { _, err := c.Fit(ctx, d, y); return err })
		})
	}
	b.Run("sparse/n=20000/p=50000", func(b *testing.B) {
		const n, p, each = 20000, 50000, 40
		rng := rand.New(rand.NewPCG(7, 0))
		indptr, indices, data, y := []int{0}, []int32(nil), []float64(nil), make([]float64, n)
		for j := range p {
			for k := range each {
				indices, data = append(indices, int32(k*n/each+rng.IntN(n/each))), append(data, rng.NormFloat64())
				if j < 100 {
					y[indices[len(indices)-1]] += data[len(data)-1]
				}
			}
			indptr = append(indptr, len(data))
		}
		d, err := CSC(n, p, indptr, indices, data)
		if err != nil {
			b.Fatal(err)
		}
		c := LassoCV{NumAlphas: 20, Eps: 0.1}
		timeCancel(b, func(ctx context.Context) error { _, err := c.Fit(ctx, d, y); return err })
	})
	b.Run("tasks=20/n=500/p=1000", func(b *testing.B) {
		x, _ := cvData(500, 1000)
		y := kernels.NewRowMajor(500, 20, make([]float64, 500*20))
		rng := rand.New(rand.NewPCG(8, 0))
		for i := range y.Data {
			y.Data[i] = rng.NormFloat64()
			for j := range 10 {
				y.Data[i] += x.Data[j*500+i/20]
			}
		}
		c, d := MultiTaskElasticNetCV{NumAlphas: 20, Eps: 0.1}, Dense(x)
		timeCancel(b, func(ctx context.Context) error { _, err := c.Fit(ctx, d, y); return err })
	})
}

// timeCancel reports how late fit has returned at worst.
func timeCancel(b *testing.B, fit func(ctx context.Context) error) {
	begin := time.Now()
	if err := fit(context.Background()); err != nil {
		b.Fatal(err)
	}
	whole, worst := time.Since(begin), time.Duration(0)
	for i := 0; b.Loop(); i++ {
		ctx, cancel := context.WithTimeout(context.Background(), whole*time.Duration(1+i%20)/21)
		err := fit(ctx)
		end, _ := ctx.Deadline()
		if late := time.Since(end); err != nil {
			worst = max(worst, late)
		}
		cancel()
	}
	b.ReportMetric(worst.Seconds()*1e3, "worst-ms")
}
