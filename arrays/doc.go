// Package arrays keeps matrices in files: NumPy's .npy, written and read, mapped into memory
// without a copy, or read in blocks where they are larger than memory; and .npz, read.
//
// Who comes from Python finds what he knows here:
//
//	numpy.save(path, a)                          Save(path, a), SaveVector(path, v)
//	numpy.load(path)                             Load[float64](path)
//	numpy.load(path, mmap_mode="r")              Open[float64](path, ReadOnly)
//	                 mmap_mode="r+"              Open[float64](path, ReadWrite)
//	                 mmap_mode="c"               Open[float64](path, CopyOnWrite)
//	lib.format.open_memmap(path, mode="w+", …)   Create[float64](path, layout, rows, cols)
//	numpy.load("a.npz")["x"]                     LoadMember[float64]("a.npz", "x")
//	joblib.dump(a, path)                         Save(path, a)
//	joblib.load(path, mmap_mode="r")             Open[float64](path, ReadOnly)
//
// A file written here is one that NumPy reads, and the other way round: elements of float64,
// float32, int64 and int32, in C order (rows are contiguous: kernels.RowMajor) or Fortran
// order (kernels.ColMajor), with headers of versions 1 to 3. [ReadHeader] tells type and shape
// of a file that is not known yet.
//
// A file has its name only when it is whole, by a rename. It is not synced, as numpy.save does
// not: what a power cut in the next seconds leaves is up to the file system. [Array.Flush] waits
// for the disk.
//
// [OpenStream] reads arrays larger than memory: for the reductions of this package, with the
// bits of those of package kernels, and as what linear.Stream takes for a cross-validation.
//
// Nothing that a file claims is believed: a wrong magic string, a shape that overflows or is
// more than the file holds, objects, a header that is cut short are errors that name the file
// and the byte, and wrap [ErrFormat], [ErrType], [ErrShape] or [ErrTruncated]. No more memory
// is taken than there are bytes in the file.
package arrays
