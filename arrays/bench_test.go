package arrays

import (
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/nogil-go/nogil/kernels"
	"github.com/nogil-go/nogil/parfor"
)

// BenchmarkSumColumns reads a file that is in the page cache: by cat, as a stream, through a
// new mapping, through a mapping that has been touched, and from memory.
func BenchmarkSumColumns(b *testing.B) {
	dir := os.Getenv("NOGIL_BENCH_DIR")
	if dir == "" {
		dir = b.TempDir()
	}
	for _, s := range []struct {
		name       string
		layout     kernels.Layout
		rows, cols int
	}{{"C", kernels.RowMajor, 30000, 2000}, {"F", kernels.ColMajor, 30000, 2000}, {"C", kernels.RowMajor, 6000000, 10}, {"F", kernels.ColMajor, 6000000, 10}, {"C", kernels.RowMajor, 6000, 10000}} {
		path := filepath.Join(dir, fmt.Sprintf("%s-%d.npy", s.name, s.cols))
		if _, err := os.Stat(path); err != nil {
			makeFile(b, path, s.layout, s.rows, s.cols)
		}
		name := fmt.Sprintf("%s/n=%d/p=%d", s.name, s.rows, s.cols)
		dst := make([]float64, s.cols)
		run := func(how string, f func() error) {
			b.Run(name+"/"+how, func(b *testing.B) {
				b.SetBytes(int64(8 * s.rows * s.cols))
				for range b.N {
					if err := f(); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
		run("cat", func() error { return exec.Command("sh", "-c", "cat "+path+" > /dev/null").Run() })
		for _, threads := range []int{1, 2} {
			l := parfor.Loop{Threads: threads}
			run(fmt.Sprintf("stream/threads=%d", threads), func() error {
				st, err := OpenStream[float64](path)
				if err != nil {
					return err
				}
				defer st.Close()
				return SumColumns(b.Context(), l, dst, st)
			})
			run(fmt.Sprintf("open/threads=%d", threads), func() error {
				a, err := Open[float64](path, ReadOnly)
				if err != nil {
					return err
				}
				kernels.SumColumns(l, dst, a.Matrix)
				return a.Close()
			})
			a, err := Open[float64](path, ReadOnly)
			if err != nil {
				b.Fatal(err)
			}
			run(fmt.Sprintf("mapped/threads=%d", threads), func() error {
				kernels.SumColumns(l, dst, a.Matrix)
				return nil
			})
			a.Close()
			m, err := Load[float64](path)
			if err != nil {
				b.Fatal(err)
			}
			run(fmt.Sprintf("memory/threads=%d", threads), func() error {
				kernels.SumColumns(l, dst, m)
				return nil
			})
		}
	}
}

func makeFile(b *testing.B, path string, layout kernels.Layout, rows, cols int) {
	a, err := Create[float64](path, layout, rows, cols)
	if err != nil {
		b.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(1, 2))
	for i := range a.Matrix.Data {
		a.Matrix.Data[i] = rng.Float64()
	}
	if err := a.Close(); err != nil {
		b.Fatal(err)
	}
}
