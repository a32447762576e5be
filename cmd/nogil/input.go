package main

// Files of data: which format they are in, and their columns, whole or in pieces.

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"
	"strings"

	"github.com/urfave/cli/v3"

	"github.com/nogil-go/nogil/arrays"
	"github.com/nogil-go/nogil/kernels"
	"github.com/nogil-go/nogil/parfor"
	"github.com/nogil-go/nogil/table"
	"github.com/nogil-go/nogil/table/arrowtable"
)

// formats says what describe, sum and enet read.
const formats = `FILE is CSV (.csv, .tsv, .txt or anything that is not one of the others), Parquet, Arrow
(IPC, file or stream), NumPy (.npy, .npz) or libsvm/svmlight (.svm, .libsvm, .svmlight); the
others are known by how they begin, whatever their name.`

type format uint8

const (
	csvFile format = iota
	npyFile
	npzFile
	parquetFile
	arrowFile
	svmFile
)

// formatOf tells the format of a file.
func formatOf(name string) (format, error) {
	f, err := os.Open(name)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	begin := make([]byte, 8)
	n, err := io.ReadFull(f, begin)
	if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
		return 0, err
	}
	for magic, format := range map[string]format{
		"\x93NUMPY": npyFile, "PK\x03\x04": npzFile, "PAR1": parquetFile, "ARROW1": arrowFile, "\xff\xff\xff\xff": arrowFile,
	} {
		if bytes.HasPrefix(begin[:n], []byte(magic)) {
			return format, nil
		}
	}
	switch ext := strings.ToLower(filepath.Ext(name)); ext {
	case ".svm", ".libsvm", ".svmlight":
		return svmFile, nil
	case ".npy", ".npz", ".parquet", ".arrow", ".feather":
		return 0, fmt.Errorf("%s does not begin as a %s file does", name, ext)
	}
	return csvFile, nil
}

// csvFlags are the flags of commands that read CSV.
func csvFlags() []cli.Flag {
	return []cli.Flag{
		&cli.StringFlag{Name: "delimiter", Usage: `what separates the cells of a CSV file, "tab" for a tab`, DefaultText: "a comma; a tab for .tsv"},
		&cli.StringFlag{Name: "comment", Usage: "lines of a CSV file that begin with `CHARACTER` are skipped"},
		&cli.BoolFlag{Name: "no-header", Usage: "the first line of a CSV file is one of cells; columns are x0, x1, …"},
		&cli.StringSliceFlag{Name: "missing", Usage: "cells of a CSV file that mean a missing value", DefaultText: "empty, NA, NaN, null and the like, as in pandas"},
		&cli.StringSliceFlag{Name: "columns", Usage: "use these columns alone"},
		&cli.StringFlag{Name: "array", Usage: "the array of a .npz file", DefaultText: "the only one"},
	}
}

// input is a file and how it is to be read.
type input struct {
	name     string
	format   format
	array    string // of a .npz file
	columns  []string
	csv      table.CSV
	progress *progress
}

func (a *app) input(c *cli.Command, what string) (*input, error) {
	name, err := file(c)
	if err != nil {
		return nil, err
	}
	in := &input{name: name, array: c.String("array"), columns: c.StringSlice("columns"), progress: a.progress(what + " " + filepath.Base(name))}
	if in.format, err = formatOf(name); err != nil {
		return nil, err
	}
	in.csv = table.CSV{
		NoHeader: c.Bool("no-header"), Missing: c.StringSlice("missing"), Columns: in.columns,
		Loop: parfor.Loop{Threads: a.threads, Progress: in.progress.show},
	}
	if len(in.csv.Missing) == 0 {
		in.csv.Missing = nil
	}
	if len(in.columns) == 0 {
		in.csv.Columns = nil
	}
	if in.csv.Comma, err = character(c, "delimiter"); err != nil {
		return nil, err
	}
	if in.csv.Comma == 0 && strings.EqualFold(filepath.Ext(name), ".tsv") {
		in.csv.Comma = '\t'
	}
	in.csv.Comment, err = character(c, "comment")
	return in, err
}

// character is a flag of one ASCII character, 0 where it is not given.
func character(c *cli.Command, flag string) (byte, error) {
	switch s := c.String(flag); {
	case s == "":
		return 0, nil
	case s == "tab" || s == `\t`:
		return '\t', nil
	case len(s) == 1:
		return s[0], nil
	default:
		return 0, usagef("--%s is %q, must be one ASCII character", flag, s)
	}
}

// oneArray returns the array of a .npz file that is meant.
func (in *input) oneArray() (arrays.Member, error) {
	members, err := arrays.Members(in.name)
	if err != nil {
		return arrays.Member{}, err
	}
	var names []string
	for _, m := range members {
		if m.Name == in.array || in.array == "" && len(members) == 1 {
			return m, nil
		}
		names = append(names, m.Name)
	}
	if in.array == "" {
		return arrays.Member{}, usagef("%s has %d arrays, %q: choose one by --array", in.name, len(names), names)
	}
	return arrays.Member{}, fmt.Errorf("%s has no array %q; there are %q", in.name, in.array, names)
}

// load reads the whole file; the columns named apart lie behind the others, as CSV.Apart says.
func (in *input) load(ctx context.Context, apart ...string) (*table.Table, error) {
	defer in.progress.end()
	switch in.format {
	case csvFile:
		in.csv.Apart = apart
		return in.csv.Read(ctx, in.name)
	case npyFile, npzFile:
		return in.loadArray()
	case parquetFile, arrowFile:
		return in.arrow(apart...).Read(ctx, in.name)
	}
	return nil, fmt.Errorf("%s: this command does not read that format", in.name)
}

// loadArray reads an array of NumPy as a table of float64.
func (in *input) loadArray() (t *table.Table, err error) {
	header, member := arrays.Header{}, ""
	if in.format == npyFile {
		header, err = arrays.ReadHeader(in.name)
	} else {
		var m arrays.Member
		m, err = in.oneArray()
		header, member = m.Header, m.Name
	}
	if err != nil {
		return nil, err
	}
	var x kernels.Matrix[float64]
	switch header.Type {
	case arrays.Float64:
		x, err = loadAs[float64](in.name, member)
	case arrays.Float32:
		x, err = widened[float32](in.name, member)
	case arrays.Int64:
		x, err = widened[int64](in.name, member)
	default:
		x, err = widened[int32](in.name, member)
	}
	if err != nil {
		return nil, err
	}
	if t, err = table.New(nil, x); err != nil || len(in.columns) == 0 {
		return t, err
	}
	return t.Select(in.columns...)
}

func loadAs[T kernels.Number](name, member string) (kernels.Matrix[T], error) {
	if member != "" {
		return arrays.LoadMember[T](name, member)
	}
	return arrays.Load[T](name)
}

// widened is an array as float64.
func widened[T kernels.Number](name, member string) (kernels.Matrix[float64], error) {
	x, err := loadAs[T](name, member)
	if err != nil {
		return kernels.Matrix[float64]{}, err
	}
	return widen(x, nil), nil
}

// widen copies x to float64, into data where that has room.
func widen[T kernels.Number](x kernels.Matrix[T], data []float64) kernels.Matrix[float64] {
	if cap(data) < len(x.Data) {
		data = make([]float64, len(x.Data))
	}
	data = data[:len(x.Data)]
	for i, v := range x.Data {
		data[i] = float64(v)
	}
	return kernels.Matrix[float64]{Rows: x.Rows, Cols: x.Cols, Stride: x.Stride, Layout: x.Layout, Data: data}
}

// arrow is how Parquet and Arrow are read.
func (in *input) arrow(apart ...string) arrowtable.Options {
	return arrowtable.Options{Columns: in.csv.Columns, Apart: apart, Progress: in.progress.show}
}

// whole yields the file as one piece.
func (in *input) whole(ctx context.Context) iter.Seq2[*table.Table, error] {
	return func(yield func(*table.Table, error) bool) { yield(in.load(ctx)) }
}
