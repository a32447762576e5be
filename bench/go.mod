module github.com/nogil-go/nogil/bench

go 1.26.0

require (
	github.com/alitto/pond/v2 v2.7.1
	github.com/exascience/pargo v1.1.0
	github.com/klauspost/cpuid/v2 v2.4.2
	github.com/nogil-go/nogil v0.0.0
	github.com/sourcegraph/conc v0.3.0
	golang.org/x/sync v0.24.0
	golang.org/x/sys v0.49.0
	gonum.org/v1/gonum v0.17.0
	gonum.org/v1/netlib v0.0.0-20230729102104-8b8060e7531f
)

replace github.com/nogil-go/nogil => ../
