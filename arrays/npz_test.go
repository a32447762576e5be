package arrays

import (
	"archive/zip"
	"bytes"
	"errors"
	"hash/crc32"
	"io"
	"strings"
	"testing"
)

// archive is a .npz file of the given members.
func archive(t testing.TB, method uint16, members map[string][]byte) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for name, content := range members {
		put(t, z.CreateHeader, &zip.FileHeader{Name: name, Method: method}, content)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// put writes a member by one of zip.Writer's ways to create one.
func put(t testing.TB, create func(*zip.FileHeader) (io.Writer, error), h *zip.FileHeader, content []byte) {
	t.Helper()
	w, err := create(h)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(content); err != nil {
		t.Fatal(err)
	}
}

func TestMembers(t *testing.T) {
	for _, method := range []uint16{zip.Store, zip.Deflate} {
		path := writeFile(t, archive(t, method, map[string][]byte{"x.npy": goldenC}))
		all, err := Members(path)
		if err != nil || len(all) != 1 || all[0].Name != "x" || all[0].Header.Type != Float64 {
			t.Errorf("%v, %v", all, err)
		}
		if x, err := LoadMember[float64](path, "x"); err != nil || x.At(1, 0) != 3 {
			t.Errorf("%v, %v", x, err)
		}
		if _, err := LoadMember[int32](path, "x"); !errors.Is(err, ErrType) {
			t.Errorf("another type: %v", err)
		}
	}
}

// lying is an archive whose one member says of itself what it likes.
func lying(t testing.TB, h zip.FileHeader, content []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	h.Name = "x.npy"
	put(t, z.CreateRaw, &h, content)
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// Archives that lie about sizes and contents are refused, and cost no memory.
func TestHostileArchives(t *testing.T) {
	huge := npy("{'descr': '<f8', 'fortran_order': False, 'shape': (1000000000000,), }", 48)
	size, crc := uint64(len(goldenC)), crc32.ChecksumIEEE(goldenC)
	good := archive(t, zip.Deflate, map[string][]byte{"x.npy": goldenC})
	for what, file := range map[string][]byte{
		"no archive":                 goldenC,
		"cut":                        good[:len(good)/2],
		"a member that is no array":  archive(t, zip.Store, map[string][]byte{"x.npy": []byte("text, and more of it")}),
		"a shape that is not there":  archive(t, zip.Deflate, map[string][]byte{"x.npy": huge}),
		"a size that is not there":   lying(t, zip.FileHeader{CompressedSize64: 1 << 40, UncompressedSize64: 1 << 40}, goldenC),
		"stored, but of two sizes":   lying(t, zip.FileHeader{CompressedSize64: size, UncompressedSize64: 1 << 50}, goldenC),
		"a checksum of another file": lying(t, zip.FileHeader{CompressedSize64: size, UncompressedSize64: size, CRC32: crc + 1}, goldenC),
		"deflated nonsense":          lying(t, zip.FileHeader{Method: zip.Deflate, CompressedSize64: size, UncompressedSize64: 1 << 50}, goldenC),
		"deflated to a terabyte":     deflatedLie(t, huge),
		"an unknown method":          lying(t, zip.FileHeader{Method: 99, CompressedSize64: size, UncompressedSize64: size, CRC32: crc}, goldenC),
	} {
		path := writeFile(t, file)
		if _, err := LoadMember[float64](path, "x"); err == nil || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: %v", what, err)
		}
	}
}

// deflatedLie is content deflated, under a directory that says that it is 2^50 bytes long.
func deflatedLie(t testing.TB, content []byte) []byte {
	t.Helper()
	whole := archive(t, zip.Deflate, map[string][]byte{"x": content})
	r, err := zip.NewReader(bytes.NewReader(whole), int64(len(whole)))
	if err != nil {
		t.Fatal(err)
	}
	raw, err := r.File[0].OpenRaw()
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if _, err := b.ReadFrom(raw); err != nil {
		t.Fatal(err)
	}
	return lying(t, zip.FileHeader{Method: zip.Deflate, CompressedSize64: uint64(b.Len()), UncompressedSize64: 1 << 50}, b.Bytes())
}

func FuzzLoadMember(f *testing.F) {
	f.Add(archive(f, zip.Store, map[string][]byte{"x.npy": goldenC}))
	f.Add(archive(f, zip.Deflate, map[string][]byte{"x.npy": goldenF, "y.npy": goldenC}))
	f.Fuzz(func(t *testing.T, b []byte) {
		path := writeFile(t, b)
		all, err := Members(path)
		if err != nil {
			return
		}
		for _, m := range all {
			LoadMember[float64](path, m.Name)
			LoadMember[int32](path, m.Name)
		}
	})
}
