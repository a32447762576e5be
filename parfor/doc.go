// Package parfor splits an index range among goroutines.
//
// A loop is a count and a body that works on the range [lo, hi):
//
//	parfor.For(len(y), func(lo, hi int) {
//		for i := lo; i < hi; i++ {
//			y[i] += alpha * x[i]
//		}
//	})
//
// A [Loop] says how many threads share the range, how it is cut, and how many
// iterations are worth a second thread; its zero value is right for most loops.
//
// # The team
//
// One team of helper goroutines serves the whole program. It starts with the
// first loop that needs it, and between loops its helpers wait: for a few
// microseconds awake, then parked, where they cost nothing. A loop allocates
// nothing beyond the body that its caller wrote.
//
// Helpers are optional. The caller works through the range itself, helpers that
// come in time take their share, and the caller waits only for chunks that a
// helper has begun. A loop inside another loop's body, or beside another loop on
// another goroutine, runs on its caller: it never waits for foreign work, and
// the number of threads stays bounded.
//
// # Terms
//
//	parfor                     OpenMP                      Cython                    joblib
//	Loop{}.For                 parallel for                prange(n, nogil=True)     Parallel()(delayed(f)(i) for i in …)
//	Threads                    num_threads(t)              num_threads=t             n_jobs=t
//	Threads: -1                omp_get_num_procs()         -                         n_jobs=-1
//	Threads: 1                 num_threads(1)              num_threads=1             n_jobs=1
//	Grain                      if(n >= g)                  use_threads_if=n >= g     -
//	Auto                       schedule(auto)              -                         batch_size='auto'
//	Static(0)                  schedule(static)            schedule='static'         -
//	Static(c)                  schedule(static, c)         chunksize=c               -
//	Dynamic(c)                 schedule(dynamic, c)        schedule='dynamic'        batch_size=c
//	Guided(c)                  schedule(guided, c)         schedule='guided'         -
//	GuidedRatio(r, c)          -                           -                         -
//	Runtime                    schedule(runtime)           schedule='runtime'        -
//	ForThread                  omp_get_thread_num()        parallel.threadid()       -
//	thread-private state       private, threadprivate      variables of prange       initializer
//	ForContext and ErrStop     cancel for                  break                     an exception in a task
//	For2D                      collapse(2)                 -                         -
//	ForOrdered                 ordered                     -                         -
//	an example of For          lastprivate                 variables after prange    -
//	Reduce                     reduction(…)                s += x                    sum(Parallel(…)(…))
//	Map                        -                           -                         Parallel()(delayed(f)(x) for x in in)
//	Stream                     -                           -                         return_as='generator'
//	Unordered                  -                           -                         return_as='generator_unordered'
//	LookAhead                  -                           -                         pre_dispatch
//	Team                       parallel                    with parallel():          -
//	Member.Barrier             barrier                     -                         the end of Parallel()(…)
//	Member.Single              single                      -                         -
//	Member.For                 for nowait                  prange in parallel()      -
//	Progress                   -                           -                         verbose
//	Trace                      OMPT tools                  -                         -
//	NOGIL_NUM_THREADS          OMP_NUM_THREADS             OMP_NUM_THREADS           LOKY_MAX_CPU_COUNT
//	NOGIL_SCHEDULE             OMP_SCHEDULE                OMP_SCHEDULE              -
//	the team that stays        the thread pool             same                      with Parallel() as parallel
//	a loop within a loop       max-active-levels = 1       same                      inner levels are serial
//
// # Panics
//
// A panic in a body reaches the goroutine that called the loop, as a [*Panic]
// that unwraps to the original value and carries the stack of the body. Where
// several chunks panic, the left-most wins. A body that calls [runtime.Goexit],
// as testing.T.FailNow does, ends the caller in the same way. The team works as
// before afterwards.
package parfor
