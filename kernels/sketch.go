package kernels

import (
	"math"

	"github.com/nogil-go/nogil/csrc"
	"github.com/nogil-go/nogil/parfor"
	"github.com/nogil-go/nogil/simd"
)

// Sketch is a matrix, column by column, in 8 bits a number, of which products with a vector are known to
// within a bound, for an eighth of the bytes and a twentieth of the time:
//
//	|x_ij − centre_j − Unit_j·q_ij| ≤ Unit_j/2
//
// It is read only: many goroutines may use one at once.
type Sketch struct {
	Rows, Cols int
	Unit       []float64 // of each column; 0 for one that is constant

	q  []int8
	ld int
}

// NewSketch makes the sketch of the finite numbers of x, of either layout, each column less its centre: a pass
// over x, 4 flops an element. Rows may not be more than 65536. A column that is nowhere 2⁻⁵⁰⁰ from its centre is
// taken for constant. It holds a byte for each element, rows being filled up to 32, and 8 a column; scratch
// for each thread, of a row-major x, a megabyte or 16 columns. It panics where x is not as it should be or
// centre shorter than its columns. Its bits depend on neither threads nor instruction set nor layout.
func NewSketch[T Float](l parfor.Loop, x Matrix[T], centre []float64) *Sketch {
	if bad := x.Misuse(); bad != "" {
		panic("kernels: NewSketch: " + bad)
	}
	if x.Rows > 1<<16 {
		panic("kernels: NewSketch: more than 65536 rows")
	}
	if len(centre) < x.Cols {
		panic("kernels: NewSketch: " + shortArgument)
	}
	s := &Sketch{Rows: x.Rows, Cols: x.Cols, Unit: make([]float64, x.Cols), ld: (x.Rows + 31) &^ 31}
	s.q = make([]int8, s.ld*x.Cols)
	if x.Rows == 0 {
		return s
	}
	eachTile(l, x, func(tile Matrix[T], lo int) {
		k := tile.Cols
		csrc.Sketch(simd.Active(), x.Rows, k, tile.Data, tile.Stride, centre[lo:lo+k], s.ld, s.q[lo*s.ld:], s.Unit[lo:lo+k])
	})
	return s
}

// SketchVector is a vector in 16 bits a number, for [Sketch.Dots].
type SketchVector struct {
	// Unit times the Unit of a column times what Dots says is the product of the vector with the
	// column less its centre, to within Fog times the Unit of the column.
	Unit, Fog float64

	d []int16
}

// Set makes v the vector d of finite numbers, one a row of s. It panics where d is shorter.
func (v *SketchVector) Set(s *Sketch, d []float64) {
	if len(d) < s.Rows {
		panic("kernels: SketchVector: " + shortArgument)
	}
	d = d[:s.Rows]
	if len(v.d) != s.ld {
		v.d = make([]int16, s.ld)
	}
	most := 0.0
	for _, e := range d {
		most = max(most, math.Abs(e))
	}
	// The largest number for which no sum of products leaves 32 bits.
	limit := float64(min(math.MaxInt16, math.MaxInt32/127/max(s.ld, 1)))
	inv := limit / most
	v.Unit = most / limit
	if !(inv < 0x1p1000) { // next to nothing
		clear(v.d)
		v.Unit, inv = 0, 0
	}
	var squares, left float64
	for i, e := range d {
		q := math.RoundToEven(e * inv)
		v.d[i] = int16(q)
		off := e - float64(q*v.Unit)
		squares += float64(e * e)
		left += float64(off * off)
	}
	// With x − centre = Unit·q + ε and d = d' + off, (x − centre)ᵀd = Unit·qᵀd' + εᵀd' + (x − centre)ᵀoff,
	// |ε_i| ≤ Unit/2 and |x_i − centre| ≤ 127·Unit. The rest is for rounding, of squares that
	// underflow too.
	norm, off := math.Sqrt(squares)+0x1p-500, math.Sqrt(left)+0x1p-500
	v.Fog = math.Sqrt(float64(s.Rows)) * (float64(0.5001*norm) + float64(128*off))
}

// Dots sets dst[i] to what v.Unit is the unit of, for column cols[i], or for column i where cols is
// nil: 2 operations an element, on the caller's thread. It panics where dst is shorter than the list
// of columns, a column is not in [0, Cols), or v is of another shape. The bits depend on nothing.
func (s *Sketch) Dots(cols []int32, v *SketchVector, dst []int32) {
	k := s.Cols
	if cols != nil {
		k = len(cols)
	}
	if bad := checkColumns(s.Cols, cols, len(dst) >= k && len(v.d) == s.ld); bad != "" {
		panic("kernels: Sketch.Dots: " + bad)
	}
	if k > 0 && s.ld > 0 {
		csrc.SketchDots(simd.Active(), s.ld, cols, s.q, v.d, dst[:k])
	}
}

// Gradients sets g_j for every column to a·y_j + v.Unit·Unit_j·s_j, s_j being what [Sketch.Dots] says: 2
// operations an element, on the caller's thread. It panics where g or y is shorter than there are columns,
// or v is of another shape. The bits depend on nothing.
func (s *Sketch) Gradients(a float64, y []float64, v *SketchVector, g []float64) {
	if len(g) < s.Cols || len(y) < s.Cols || len(v.d) != s.ld {
		panic("kernels: Sketch.Gradients: " + shortArgument)
	}
	if s.Cols > 0 {
		csrc.SketchGradients(simd.Active(), s.ld, s.q, v.d, a, y, v.Unit, s.Unit, g[:s.Cols])
	}
}
