//go:build race || asan

package main

const instrumented = true // by the race detector or AddressSanitizer, which allocate and are slow
