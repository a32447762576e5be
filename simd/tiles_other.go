//go:build !(linux && amd64)

package simd

func tilesAllowed() bool { return false }
