// Command bench measures nogil side by side with its peers and reports it.
// docs/BENCHMARKS.md tells the method.
//
//	go -C bench run .                          # a selection, five minutes
//	go -C bench run . -suite all               # everything
//	go -C bench run . -suite articles,linear -run 'colsum|path'
//	go -C bench run . -threads 1,2 -simd avx2,avx512
//	go -C bench run . -quick -nopeers          # small, nogil alone
//
// It needs Linux or another Unix. The peers are made at the first run, in .venv
// and build beside this file; a peer that cannot be had is named with the reason.
package main

import "github.com/nogil-go/nogil/bench/suite"

func main() { suite.Main(suite.Selection) }
