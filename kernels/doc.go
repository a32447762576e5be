// Package kernels holds the parallel, checked number-crunching operations of nogil:
// column sums, divisor counts and the steps of coordinate descent.
//
// A parallel operation takes the [parfor.Loop] that runs it as its first argument;
// parfor.Loop{} is the default. The bits of a result depend neither on that loop, nor on
// the instruction set, nor, for sums, on the layout of the matrix.
//
// A [Matrix] is a view: no operation copies the user's matrix or changes it. Wrong
// shapes and short slices are misuse and panic with a constant message; NaN and Inf are
// data and follow IEEE 754.
//
// All functions may be called from any number of goroutines, on data that nobody
// changes meanwhile. The work is done in C where cgo is on (the instruction set is
// [github.com/nogil-go/nogil/simd.Active]) and in plain Go, slower, where it is off.
package kernels
