//go:build !cgo

package csrc

const withC = false
