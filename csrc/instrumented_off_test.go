//go:build !race && !asan

package csrc

const instrumented = false
