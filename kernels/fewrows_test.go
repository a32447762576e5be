package kernels

import (
	"fmt"
	"math"
	"testing"

	"github.com/nogil-go/nogil/parfor"
)

// BenchmarkShapes takes every statistic of few rows or few columns, into memory that has been
// written before.
func BenchmarkShapes(b *testing.B) {
	const most = 40e6
	data := make([]float64, most)
	for i := range data {
		data[i] = float64(i % 1003)
	}
	dst, all := make([]float64, 20e6), make([]Summary, 20e6)
	rows, nans := make([]int, 20e6), make([]int, 20e6)
	for _, shape := range [][2]int{{2, 20e6}, {8, 5e6}, {5e6, 8}, {10e6, 3}, {20e6, 2}} {
		for _, layout := range []Layout{RowMajor, ColMajor} {
			a := NewRowMajor(shape[0], shape[1], data[:shape[0]*shape[1]])
			if layout == ColMajor {
				a = NewColMajor(shape[0], shape[1], a.Data)
			}
			for _, s := range []struct {
				name string
				run  func(l parfor.Loop)
			}{
				{"sum", func(l parfor.Loop) { SumColumns(l, dst, a) }},
				{"mean", func(l parfor.Loop) { MeanColumns(l, dst, a) }},
				{"min", func(l parfor.Loop) { MinColumns(l, dst, a) }},
				{"nanmin", func(l parfor.Loop) { NaNMinColumns(l, dst, nil, a) }},
				{"argmin", func(l parfor.Loop) { ArgMinColumns(l, rows, a) }},
				{"nanargmin", func(l parfor.Loop) { NaNArgMinColumns(l, rows, nans, a) }},
				{"nansum", func(l parfor.Loop) { NaNSumColumns(l, dst, nil, a) }},
				{"norm1", func(l parfor.Loop) { NormColumns(l, dst, a, 1) }},
				{"norm2", func(l parfor.Loop) { NormColumns(l, dst, a, 2) }},
				{"normmax", func(l parfor.Loop) { NormColumns(l, dst, a, math.Inf(1)) }},
				{"var", func(l parfor.Loop) { VarColumns(l, dst, a, 0) }},
				{"std", func(l parfor.Loop) { StdColumns(l, dst, a, 1) }},
				{"nanvar", func(l parfor.Loop) { NaNVarColumns(l, dst, nil, a, 0) }},
				{"describe", func(l parfor.Loop) { DescribeColumns(l, all, a) }},
			} {
				for _, threads := range []int{1, 2} {
					b.Run(fmt.Sprintf("rows=%d/cols=%d/layout=%d/%s/threads=%d", a.Rows, a.Cols, layout, s.name, threads), func(b *testing.B) {
						b.SetBytes(int64(8 * len(a.Data)))
						for b.Loop() {
							s.run(parfor.Loop{Threads: threads})
						}
					})
				}
			}
		}
	}
}
