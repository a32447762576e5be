// Command cv measures cross-validation beside scikit-learn, celer, skglm and glmnet, on the
// same folds and at equal duality gap, and threads beside processes: the cv suite of bench.
//
//	go -C bench run ./cv                # everything, half an hour
//	go -C bench run ./cv -run article
package main

import "github.com/nogil-go/nogil/bench/suite"

func main() { suite.Main(suite.CV) }
