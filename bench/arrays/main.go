// Command arrays measures arrays on disk and results kept there beside cat, numpy.memmap and
// joblib.Memory, against the goals that they were set, and prints one table.
// docs/BENCHMARKS.md tells the method.
//
//	go -C bench run ./arrays
//	go -C bench run ./arrays -quick -nopeers
package main

import "github.com/nogil-go/nogil/bench/suite"

func main() { suite.Main(suite.Arrays) }
