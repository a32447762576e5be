//go:build !race && cgo

package csrc

func raceRead[T any]([]T)                                          {}
func raceWrite[T any]([]T)                                         {}
func raceReadMatrix[T any](int, int, int, []T)                     {}
func raceWriteMatrix[T any](int, int, int, []T)                    {}
func raceReadColumns[T any](int, []int32, int, []T)                {}
func raceReadRowsOf[T any](int, int, []int32, int, []T, int, bool) {}
func raceReadCSC(*CSC, []int32)                                    {}
func raceReadAt([]int32, ...[]float64)                             {}
func raceWriteAt([]int32, []float64)                               {}
func raceReadRows([]int32, int, []float64)                         {}
func raceWriteRows([]int32, int, []float64)                        {}
