package kernels

// A row-major matrix of few columns, and no gap between its rows, is one of many columns
// and fewer rows: k rows side by side make one. What its columns come to is merged in the
// end. So narrow matrices are as fast as wide ones, where an operation does not care for
// the order of the rows.
const (
	narrowCols = 64  // columns below which rows are taken together
	wideCols   = 512 // columns that they become, at most
)

// fold returns how many rows of the block p are taken as one; 0 where that does not pay.
func fold[T Number](a Matrix[T], p part) (k int) {
	k = wideCols / p.cols
	if a.Layout != RowMajor || a.Stride != p.cols || p.cols >= narrowCols || p.rows < 8*k {
		return 0
	}
	return k
}

// from returns the elements of a from (i, j) on, and whether columns are contiguous.
func (m Matrix[T]) from(i, j int) (data []T, colMajor bool) {
	if m.Layout == ColMajor {
		return m.Data[j*m.Stride+i:], true
	}
	return m.Data[i*m.Stride+j:], false
}
