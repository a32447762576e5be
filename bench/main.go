// Command bench runs the workloads of the articles that nogil answers, side by
// side with NumPy, Cython, joblib, scikit-learn, concurrent.futures and OpenMP,
// and prints one table. docs/BENCHMARKS.md tells the method.
//
//	go -C bench run .                          # everything
//	go -C bench run . -run 'colsum|enet'       # some workloads
//	go -C bench run . -threads 1,2 -simd avx2,avx512
//	go -C bench run . -quick -nopeers          # small, nogil alone
//
// It needs Linux or another Unix. The peers are made at the first run, in .venv
// and build beside this file; a peer that cannot be had is named with the reason.
package main

import "github.com/nogil-go/nogil/bench/suite"

func main() { suite.Main(suite.Articles) }
