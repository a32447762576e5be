// Package csrc holds the C kernels, their cgo binding and their plain Go references. It
// is no part of nogil's API: nothing here checks its arguments. Use package kernels.
//
// Every kernel has a portable C body compiled once per instruction set (variants.h) and
// a reference in plain Go with the same bits. With cgo the functions below run the C at
// the level they are given; with CGO_ENABLED=0 they run the reference, and the level is
// ignored.
//
// In short: SumRowMajor and SumColMajor add the columns of a matrix in a fixed tree
// (sum.c), CountDivisors counts divisors and Factor
// factors (divisors.c), and CDEpoch,
// ColumnDots, ColumnSquares and SubtractColumns are the steps of coordinate descent on a
// dense column-major design (cd.c), ActiveDescend and GramSubtract those on a Gram matrix
// (active.c, gram.c). Add adds two vectors (add.c).
package csrc
