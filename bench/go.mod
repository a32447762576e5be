module github.com/nogil-go/nogil/bench

go 1.26.0

require (
	github.com/alitto/pond/v2 v2.7.1
	github.com/exascience/pargo v1.1.0
	github.com/klauspost/cpuid/v2 v2.4.2
	github.com/nogil-go/nogil v0.0.0
	github.com/sourcegraph/conc v0.3.0
	golang.org/x/perf v0.0.0-20260908200009-22c9c6c9d4da
	golang.org/x/sync v0.24.0
	golang.org/x/sys v0.49.0
	gonum.org/v1/gonum v0.17.0
	gonum.org/v1/netlib v0.0.0-20230729102104-8b8060e7531f
)

require (
	github.com/aclements/go-moremath v0.0.0-20210112150236-f10218a38794 // indirect
	github.com/zeebo/xxh3 v1.1.0 // indirect
)

replace github.com/nogil-go/nogil => ../
