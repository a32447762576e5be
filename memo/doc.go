// Package memo keeps the results of functions on disk, as joblib.Memory does for Python:
//
//	cache, err := memo.Open("cache", memo.Options{MaxBytes: 10 << 30})
//	fit := memo.Func(cache, "fit", "1", func(ctx context.Context, a Args) (Result, error) { … })
//	r, err := fit(ctx, Args{X: x, Alpha: .1}) // computed once; read from disk ever after
//
// The key is made of the name, the version, the types and the content of the argument, bit by
// bit: two matrices of the same elements are one key, wherever they lie in memory. Whoever
// changes what a function computes changes its version.
//
// A result is a directory, name/version/key, with meta.json (what, when, how long it took,
// checksums), result.json and a .npy file for every longer array of numbers, which NumPy
// reads. It appears whole or not at all, so that goroutines, processes and machines that share
// the directory may be ended at any time. Of those that ask for one key at once, one computes
// and the others wait for it, by a lock of the operating system's that the end of a process
// frees. What is damaged is computed anew, and the log says so; nothing is synced, because what
// a power cut may leave is such damage.
//
//	joblib                              here
//	Memory(location, bytes_limit=…)     Open(dir, Options{MaxBytes: …})
//	@memory.cache                       Func(cache, name, version, f)
//	ignore=[…]                          a field with the tag memo:"-"
//	memory.cache(fit of a fold)         linear.ElasticNetCV{Memo: Func(cache, "cv", "1", linear.ComputeFold)}
//	memory.clear(), f.clear()           Cache.Clear(), Cache.ClearFunc(name)
//	memory.reduce_size()                by itself, or Cache.Reduce()
package memo
