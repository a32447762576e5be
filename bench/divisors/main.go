// Command divisors measures the divisor counts beside FLINT, PARI and OpenMP, against the
// goals that they were set, and prints one table. docs/BENCHMARKS.md tells the method.
//
//	go -C bench run ./divisors            # everything, at every instruction set
//	go -C bench run ./divisors -quick -nopeers
//
// FLINT and PARI are compiled in where their headers are (Debian: libflint-dev,
// libpari-dev), else they are named as missing.
package main

import "github.com/nogil-go/nogil/bench/suite"

func main() { suite.Main(suite.Divisors) }
