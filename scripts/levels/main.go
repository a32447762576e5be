// Levels prints the instruction-set levels that this machine's CPU has, one a
// line, in the words that NOGIL_SIMD takes. make test runs the tests once for
// each of them.
package main

import (
	"fmt"

	"github.com/nogil-go/nogil/simd"
)

func main() {
	for _, level := range simd.Levels() {
		fmt.Println(level)
	}
}
