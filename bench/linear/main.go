// Command linear measures regularisation paths and fits beside scikit-learn, celer,
// skglm, adelie, glum and glmnet, at equal duality gap: the linear suite of bench.
//
//	go -C bench run ./linear                       # everything, a quarter of an hour
//	go -C bench run ./linear -run 'path-200x5000$'
package main

import "github.com/nogil-go/nogil/bench/suite"

func main() { suite.Main(suite.Linear) }
