package memo_test

import (
	"context"
	"fmt"
	"os"

	"github.com/nogil-go/nogil/kernels"
	"github.com/nogil-go/nogil/memo"
	"github.com/nogil-go/nogil/parfor"
)

func Example() {
	dir, err := os.MkdirTemp("", "cache")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	cache, err := memo.Open(dir, memo.Options{MaxBytes: 1 << 30})
	if err != nil {
		fmt.Println(err)
		return
	}
	means := memo.Func(cache, "means", "1", func(_ context.Context, x kernels.Matrix[float64]) ([]float64, error) {
		fmt.Println("computing")
		dst := make([]float64, x.Cols)
		kernels.MeanColumns(parfor.Loop{}, dst, x)
		return dst, nil
	})
	x := kernels.NewRowMajor(2, 3, []float64{1, 2, 3, 5, 6, 7})
	for range 2 {
		fmt.Println(means(context.Background(), x))
	}
	fmt.Println(cache.Stats().Hits)
	// Output:
	// computing
	// [3 4 5] <nil>
	// [3 4 5] <nil>
	// 1
}
