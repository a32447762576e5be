//go:build race || asan

package linear

const instrumented = true // by the race detector or AddressSanitizer, which allocate and are slow
