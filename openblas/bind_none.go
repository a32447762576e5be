//go:build !cgo || noopenblas

// The build without OpenBLAS: gonum keeps the BLAS it has.

package openblas

func setThreads(int) bool { return false }

func threads() int { return 0 }

func config() string { return "" }
