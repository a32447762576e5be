// Package table reads tables with named columns from files, and hands their numbers to
// packages kernels and linear without copying them.
//
// [ReadCSV] (or [CSV] with options) reads a CSV file, [ReadSVMLight] a sparse one in the
// format of libsvm and svmlight; package table/arrowtable reads Parquet and Arrow, and [New]
// gives names to a matrix, as those of package arrays. The columns of a [Table] have a [Kind]; those of numbers lie side by
// side in memory, so that [Table.Matrix] and [Table.XY] are views of them. What a fit finds
// is read by name from a [Model].
//
// Files that are larger than memory are read in pieces: [CSV.Scan], [CSV.Describe].
//
// What is wrong with a file is an error that says where: a [*ParseError] with file, line and
// column. No reader allocates more than a small multiple of the size of its file.
package table
