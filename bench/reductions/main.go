// Command reductions measures the reductions of columns beside the machine's read speed
// and NumPy, against the goals that they were set: the reductions suite of bench.
//
//	go -C bench run ./reductions
//	go -C bench run ./reductions -run 'sum-2x20M|var'
package main

import "github.com/nogil-go/nogil/bench/suite"

func main() { suite.Main(suite.Reductions) }
