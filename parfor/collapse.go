package parfor

// Loops over two indices, as OpenMP's collapse(2) makes one of them.

import (
	"math/bits"
)

// For2D calls body on rectangles [rlo, rhi) × [clo, chi) that cover rows × cols
// once. The rows·cols index pairs are shared in row-major order as those of one
// loop are (OpenMP's collapse(2)), so few long rows are split as well as many
// short ones; a range that begins or ends within a row becomes up to three
// calls, in order, on the same goroutine. It panics if a size is negative or
// rows·cols overflows an int.
func (l Loop) For2D(rows, cols int, body func(rlo, rhi, clo, chi int)) {
	if rows < 0 || cols < 0 {
		panic("parfor: For2D: negative size")
	}
	high, n := bits.Mul(uint(rows), uint(cols))
	if high != 0 || int(n) < 0 {
		panic("parfor: For2D: rows × cols overflows int")
	}
	l.run(&work{n: int(n), body: func(lo, hi int) { rectangles(lo, hi, cols, body) }})
}

// rectangles cuts the row-major range [lo, hi) at the ends of rows.
func rectangles(lo, hi, cols int, body func(rlo, rhi, clo, chi int)) {
	row, col := lo/cols, lo%cols
	end, rest := hi/cols, hi%cols
	if row == end {
		body(row, row+1, col, rest)
		return
	}
	if col > 0 {
		body(row, row+1, col, cols)
		row++
	}
	if row < end {
		body(row, end, 0, cols)
	}
	if rest > 0 {
		body(end, end+1, 0, rest)
	}
}
