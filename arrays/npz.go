package arrays

import (
	"archive/zip"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/nogil-go/nogil/kernels"
)

// A Member is an array in a .npz file.
type Member struct {
	Name   string // as NumPy says it: without .npy
	Header Header
}

// Members lists the arrays in the .npz file path, which numpy.savez or savez_compressed wrote,
// in the order in which they are there.
func Members(path string) ([]Member, error) {
	z, err := openZip(path)
	if err != nil {
		return nil, err
	}
	defer z.Close()
	var all []Member
	for _, f := range z.File {
		r, h, err := openMember(path, f)
		if err != nil {
			return nil, err
		}
		r.Close()
		all = append(all, Member{memberName(f), h})
	}
	return all, nil
}

// LoadMember reads the array name of the .npz file path into memory: numpy.load(path)[name].
// Stored and deflated members are read, and their checksums are compared.
func LoadMember[T kernels.Number](path, name string) (kernels.Matrix[T], error) {
	z, err := openZip(path)
	if err != nil {
		return kernels.Matrix[T]{}, err
	}
	defer z.Close()
	for _, f := range z.File {
		if memberName(f) == name {
			return loadMember[T](path, f)
		}
	}
	return kernels.Matrix[T]{}, fmt.Errorf("arrays: %s: no array %q: %w", path, name, os.ErrNotExist)
}

func loadMember[T kernels.Number](path string, f *zip.File) (kernels.Matrix[T], error) {
	r, h, err := openMember(path, f)
	if err != nil {
		return kernels.Matrix[T]{}, err
	}
	defer r.Close()
	path += ":" + f.Name
	known := 0 // of a deflated member nothing is, however much its directory says
	if f.Method == zip.Store {
		known = h.elements()
	}
	a, err := load[T](r, h, path, known)
	if err != nil {
		return a, err
	}
	if _, err := io.Copy(io.Discard, r); err != nil { // to the end, where the checksum is
		return kernels.Matrix[T]{}, fmt.Errorf("arrays: %s: %w", path, err)
	}
	return a, nil
}

// openZip opens an archive whose members lie in it as far as sizes tell.
func openZip(path string) (*zip.ReadCloser, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("arrays: %w", err)
	}
	z, err := zip.OpenReader(path)
	if err != nil {
		return nil, fmt.Errorf("arrays: %s: %w: %w", path, ErrFormat, err)
	}
	for _, f := range z.File {
		if f.CompressedSize64 > uint64(info.Size()) || f.Method == zip.Store && f.UncompressedSize64 != f.CompressedSize64 {
			z.Close()
			return nil, fmt.Errorf("arrays: %s:%s: %d bytes in a file of %d: %w", path, f.Name, f.CompressedSize64, info.Size(), ErrTruncated)
		}
	}
	return z, nil
}

// openMember opens a member and reads its header.
func openMember(path string, f *zip.File) (io.ReadCloser, Header, error) {
	path += ":" + f.Name
	r, err := f.Open()
	if err != nil {
		return nil, Header{}, fmt.Errorf("arrays: %s: %w: %w", path, ErrFormat, err)
	}
	h, err := readHeader(r, path, int64(min(f.UncompressedSize64, 1<<62)))
	if err != nil {
		r.Close()
		return nil, Header{}, err
	}
	return r, h, nil
}

func memberName(f *zip.File) string { return strings.TrimSuffix(f.Name, ".npy") }
