//go:build race || asan

package csrc

const instrumented = true // by the race detector or AddressSanitizer, which are slow
