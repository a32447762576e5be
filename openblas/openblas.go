// Package openblas puts OpenBLAS behind gonum. A blank import
//
//	import _ "github.com/nogil-go/nogil/openblas"
//
// registers the CBLAS binding of gonum.org/v1/netlib with gonum's blas64,
// blas32, cblas128 and cblas64, so that everything in the program that calls
// them, gonum/mat included, runs on OpenBLAS's kernels for the CPU at hand. It
// also links -lopenblas, so nobody has to set CGO_LDFLAGS. Only programs should
// import it: which BLAS runs is the program's choice, not a library's.
//
// OpenBLAS has threads of its own, and a parallel loop that calls it then runs
// threads × threads of them: it crawls. As the loops of package parfor own the
// cores, importing this package holds OpenBLAS at one thread, whatever
// OPENBLAS_NUM_THREADS says; [SetThreads] undoes that for a program whose only
// parallelism is inside BLAS.
//
// Built without cgo, or with the build tag noopenblas, the package registers
// nothing and links nothing: gonum keeps its own BLAS in Go, [SetThreads]
// reports false, and [Threads] and [Config] are zero. A program that imports it
// so still builds everywhere.
//
// The binding passes 32-bit integers (LP64): the library must be the usual
// libopenblas, not libopenblas64. The package is safe for use from several
// goroutines, but the number of threads is one number of the whole process.
package openblas

// SetThreads sets how many threads OpenBLAS may use for one call, in the whole
// process, and reports whether OpenBLAS is there to obey. It reports false, and
// does nothing, in a build without cgo or with the tag noopenblas. OpenBLAS
// takes no more threads than it was built for, and one only when it was built
// serial; [Threads] tells what it settled on.
//
// It must not be called while a BLAS call is running. It panics if n < 1.
func SetThreads(n int) bool {
	if n < 1 {
		panic("openblas: SetThreads: n < 1")
	}
	return setThreads(n)
}

// Threads returns how many threads OpenBLAS uses for one call: one after
// import, zero where OpenBLAS is not linked.
func Threads() int { return threads() }

// Config returns OpenBLAS's own description of itself: its version, the options
// it was built with and, last, the CPU whose kernels it runs, as in
//
//	OpenBLAS 0.3.21 NO_LAPACKE DYNAMIC_ARCH NO_AFFINITY SkylakeX MAX_THREADS=64
//
// It is empty where OpenBLAS is not linked.
func Config() string { return config() }
