package kernels

import "gonum.org/v1/gonum/mat"

// Float is an element of a matrix of real numbers.
type Float interface{ float32 | float64 }

// Number is an element of a matrix.
type Number interface {
	float32 | float64 | int32 | int64
}

// Layout says which elements of a matrix are neighbours in memory.
type Layout uint8

const (
	RowMajor Layout = iota // those of a row: C order, gonum's
	ColMajor               // those of a column: Fortran order
)

// Matrix is a view of a Rows×Cols matrix in Data, never a copy. Element (i, j) is
// Data[i*Stride+j] in RowMajor and Data[j*Stride+i] in ColMajor. Stride is at least the
// length of a row or of a column, whichever is contiguous; a larger one makes a view of
// a part of a matrix.
type Matrix[T Number] struct {
	Rows, Cols, Stride int
	Layout             Layout
	Data               []T
}

// NewRowMajor returns the view of data as a rows×cols matrix of contiguous rows. It
// panics where a size is negative or data is short.
func NewRowMajor[T Number](rows, cols int, data []T) Matrix[T] {
	m := Matrix[T]{Rows: rows, Cols: cols, Stride: cols, Layout: RowMajor, Data: data}
	if bad := m.Misuse(); bad != "" {
		panic("kernels: NewRowMajor: " + bad)
	}
	return m
}

// NewColMajor returns the view of data as a rows×cols matrix of contiguous columns. It
// panics where a size is negative or data is short.
func NewColMajor[T Number](rows, cols int, data []T) Matrix[T] {
	m := Matrix[T]{Rows: rows, Cols: cols, Stride: rows, Layout: ColMajor, Data: data}
	if bad := m.Misuse(); bad != "" {
		panic("kernels: NewColMajor: " + bad)
	}
	return m
}

// FromDense returns the view of a gonum matrix. It panics where m is nil.
func FromDense(m *mat.Dense) Matrix[float64] {
	if m == nil {
		panic("kernels: FromDense: nil matrix")
	}
	raw := m.RawMatrix()
	return Matrix[float64]{Rows: raw.Rows, Cols: raw.Cols, Stride: raw.Stride, Layout: RowMajor, Data: raw.Data}
}

// At returns element (i, j). It panics where that lies outside the matrix, or where the
// shape of the matrix is wrong.
func (m Matrix[T]) At(i, j int) T {
	if bad := m.Misuse(); bad != "" {
		panic("kernels: At: " + bad)
	}
	if i < 0 || i >= m.Rows || j < 0 || j >= m.Cols {
		panic("kernels: At: index out of range")
	}
	if m.Layout == ColMajor {
		return m.Data[j*m.Stride+i]
	}
	return m.Data[i*m.Stride+j]
}

// Transposed returns the view of the same memory with rows and columns exchanged: element
// (i, j) becomes (j, i). It costs nothing, and makes sums over rows of sums over columns.
func (m Matrix[T]) Transposed() Matrix[T] {
	m.Rows, m.Cols = m.Cols, m.Rows
	if m.Layout <= ColMajor {
		m.Layout = ColMajor - m.Layout // an unknown layout stays for Misuse to find
	}
	return m
}

// runs returns how many contiguous runs the matrix has, and the length of each.
func (m Matrix[T]) runs() (n, length int) {
	if m.Layout == ColMajor {
		return m.Cols, m.Rows
	}
	return m.Rows, m.Cols
}

// What is wrong with an argument, as panics say it.
const (
	negativeSize   = "negative size"
	unknownLayout  = "unknown layout"
	shortStride    = "stride smaller than a row or column"
	shortData      = "data shorter than the matrix"
	shortDst       = "dst shorter than the result"
	shortSkipped   = "skipped shorter than the result"
	shortArgument  = "argument shorter than the matrix"
	columnNotThere = "column index out of range"
	rowNotThere    = "row out of range"
)

// Misuse returns what is wrong with the shape of m, one of a few constants that a panic
// can say, or "". No size overflows it.
func (m Matrix[T]) Misuse() string {
	n, length := m.runs()
	switch {
	case m.Rows < 0 || m.Cols < 0:
		return negativeSize
	case m.Layout > ColMajor:
		return unknownLayout
	case m.Stride < length:
		return shortStride
	case n == 0 || length == 0:
		return ""
	case len(m.Data) < length || (len(m.Data)-length)/m.Stride < n-1:
		return shortData
	}
	return ""
}

// checkColumns checks what coordinate descent takes: long enough arrays and columns
// below p.
func checkColumns(p int, cols []int32, longEnough bool) string {
	if !longEnough {
		return shortArgument
	}
	for _, j := range cols {
		if j < 0 || int(j) >= p {
			return columnNotThere
		}
	}
	return ""
}
