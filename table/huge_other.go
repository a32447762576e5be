//go:build !linux

package table

func hugePages([]float64) {}
