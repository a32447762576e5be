//go:build !race && !asan

package linear

const instrumented = false
