//go:build race && cgo

package csrc

import (
	"runtime"
	"unsafe"
)

// The race detector does not see C: these tell it what a kernel reads and writes.

func raceRead[T any](s []T) {
	if len(s) > 0 {
		runtime.RaceReadRange(unsafe.Pointer(&s[0]), len(s)*int(unsafe.Sizeof(s[0])))
	}
}

func raceWrite[T any](s []T) {
	if len(s) > 0 {
		runtime.RaceWriteRange(unsafe.Pointer(&s[0]), len(s)*int(unsafe.Sizeof(s[0])))
	}
}

// raceReadMatrix is the read of n runs of length elements, stride apart.
func raceReadMatrix[T any](n, length, stride int, a []T) {
	for i := 0; i < n && length > 0; i++ {
		raceRead(a[i*stride:][:length])
	}
}

// raceWriteMatrix is the write of n runs of length elements, stride apart.
func raceWriteMatrix[T any](n, length, stride int, a []T) {
	for i := 0; i < n && length > 0; i++ {
		raceWrite(a[i*stride:][:length])
	}
}

// raceReadRowsOf is the read of m rows of p columns, those from lo on or those in index.
func raceReadRowsOf[T any](m, lo int, index []int32, p int, x []T, stride int, byColumn bool) {
	raceRead(index)
	for i := range m {
		row := lo + i
		if index != nil {
			row = int(index[i])
		}
		if !byColumn {
			raceRead(x[row*stride:][:p])
			continue
		}
		for j := range p {
			raceRead(x[j*stride+row:][:1])
		}
	}
}

func raceReadColumns[T any](n int, cols []int32, stride int, x []T) {
	raceRead(cols)
	for _, j := range cols {
		raceRead(x[int(j)*stride:][:n])
	}
}

func raceReadCSC(a *CSC, cols []int32) {
	raceRead(cols)
	for _, j := range cols {
		index, x := a.column(j)
		raceRead(a.Indptr[j : j+2])
		raceRead(index)
		raceRead(x)
	}
}

// raceReadAt and raceWriteAt are of the elements cols of arrays by column.
func raceReadAt(cols []int32, arrays ...[]float64) {
	for _, a := range arrays {
		for _, j := range cols {
			raceRead(a[j : j+1])
		}
	}
}

func raceWriteAt(cols []int32, a []float64) {
	for _, j := range cols {
		raceWrite(a[j : j+1])
	}
}

// raceReadRows and raceWriteRows are of the rows cols of a matrix of t columns.
func raceReadRows(cols []int32, t int, a []float64) {
	for _, j := range cols {
		raceRead(a[int(j)*t:][:t])
	}
}

func raceWriteRows(cols []int32, t int, a []float64) {
	for _, j := range cols {
		raceWrite(a[int(j)*t:][:t])
	}
}
