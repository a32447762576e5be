package linear

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
)

var testKey = [32]byte{1, 2, 3, 31: 0xfe}

// A run of 2 l1_ratios, 3 folds and 2 alphas.
func openTest(path string) (*checkpoint, error) { return openCheckpoint(path, testKey, 2, 3, 2) }

func mustOpen(t testing.TB, path string) *checkpoint {
	t.Helper()
	c, err := openTest(path)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// testCell is what the cell of a test has: numbers that no decimal keeps.
func testCell(l1, fold int) (mse, gaps []float64, iterations []int) {
	k := float64(3*l1 + fold)
	return []float64{math.Sqrt(k + 2), math.Copysign(0, -1)}, []float64{math.Inf(-1), math.Float64frombits(0x7ff8_0000_dead_beef)}, []int{l1, 1 << 30}
}

func mustSave(t testing.TB, c *checkpoint, cells ...[2]int) {
	t.Helper()
	for _, at := range cells {
		mse, gaps, iterations := testCell(at[0], at[1])
		if err := c.save(at[0], at[1], mse, gaps, iterations); err != nil {
			t.Fatal(err)
		}
	}
}

// exactly is equality to the bit, also of NaN.
func exactly(a, b float64) bool { return math.Float64bits(a) == math.Float64bits(b) }

// holds fails where c has other cells, or the right ones with other bits.
func holds(t testing.TB, c *checkpoint, cells ...[2]int) {
	t.Helper()
	want := map[[2]int]bool{}
	for _, at := range cells {
		want[at] = true
	}
	for l1 := range 2 {
		for fold := range 3 {
			mse, gaps, iterations, ok := c.cell(l1, fold)
			if ok != want[[2]int{l1, fold}] {
				t.Fatalf("cell %d, %d is there: %v", l1, fold, ok)
			}
			if !ok {
				continue
			}
			wantMSE, wantGaps, wantIterations := testCell(l1, fold)
			if !slices.EqualFunc(mse, wantMSE, exactly) || !slices.EqualFunc(gaps, wantGaps, exactly) || !reflect.DeepEqual(iterations, wantIterations) {
				t.Fatalf("cell %d, %d has %v %v %v", l1, fold, mse, gaps, iterations)
			}
		}
	}
}

// A file that is closed, or whose process is gone, is read with all bits.
func TestCheckpointKeepsBits(t *testing.T) {
	path := filepath.Join(t.TempDir(), "cv")
	c := mustOpen(t, path)
	holds(t, c)
	mustSave(t, c, [2]int{1, 2}, [2]int{0, 0})
	holds(t, c) // of earlier runs
	c.close()
	c = mustOpen(t, path)
	holds(t, c, [2]int{1, 2}, [2]int{0, 0})
	mustSave(t, c, [2]int{0, 1}, [2]int{0, 2}, [2]int{1, 0}, [2]int{1, 1})
	c.close()
	c = mustOpen(t, path)
	defer c.close()
	holds(t, c, [2]int{0, 0}, [2]int{0, 1}, [2]int{0, 2}, [2]int{1, 0}, [2]int{1, 1}, [2]int{1, 2})
}

// A process may be killed after any byte that it writes: the next run has every record that
// is whole, and goes on.
func TestCheckpointCutOffAnywhere(t *testing.T) {
	dir := t.TempDir()
	whole := filepath.Join(dir, "whole")
	c := mustOpen(t, whole)
	mustSave(t, c, [2]int{0, 2}, [2]int{1, 0})
	c.close()
	data, err := os.ReadFile(whole)
	if err != nil {
		t.Fatal(err)
	}
	kept := [][2]int{{0, 2}, {1, 0}}
	for cut := range len(data) + 1 {
		path := filepath.Join(dir, "cut")
		if err := os.WriteFile(path, data[:cut], 0o666); err != nil {
			t.Fatal(err)
		}
		c := mustOpen(t, path)
		records := max(cut-len(c.header), 0) / c.size()
		holds(t, c, kept[:records]...)
		mustSave(t, c, [2]int{1, 1})
		c.close()
		c = mustOpen(t, path)
		holds(t, c, append(kept[:records:records], [2]int{1, 1})...)
		c.close()
	}
}

// A byte that was changed is found wherever it is, and the file is left as it is.
func TestCheckpointDamagedAnywhere(t *testing.T) {
	path := filepath.Join(t.TempDir(), "cv")
	c := mustOpen(t, path)
	mustSave(t, c, [2]int{0, 2}, [2]int{1, 0})
	c.close()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for at := range data {
		bad := bytes.Clone(data)
		bad[at] ^= 0x10
		if err := os.WriteFile(path, bad, 0o666); err != nil {
			t.Fatal(err)
		}
		c, err := openTest(path)
		if !errors.Is(err, ErrCheckpoint) || !strings.Contains(err.Error(), path+", byte ") {
			t.Fatalf("byte %d: %v", at, err)
		}
		if err == nil {
			c.close()
		}
		if left, err := os.ReadFile(path); err != nil || !bytes.Equal(left, bad) {
			t.Fatalf("byte %d: the file was changed: %v", at, err)
		}
	}
}

// What is wrong is named: the file, the byte, what is there and what should be.
func TestCheckpointErrors(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "cv")
	c := mustOpen(t, path)
	mustSave(t, c, [2]int{0, 2}, [2]int{1, 0})
	size, header := c.size(), len(c.header)
	c.close()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	other := testKey
	other[0] = 9
	record := data[header : header+size]
	for _, c := range []struct {
		name                    string
		key                     [32]byte
		l1Ratios, folds, alphas int
		data                    []byte
		want                    string
	}{
		{"key", other, 2, 3, 2, data, `byte 65: the file has "key 010203` + strings.Repeat("0", 56) + `fe" where this run has "key 090203`},
		{"l1_ratios", testKey, 7, 3, 2, data, `byte 36: the file has "l1_ratios 2" where this run has "l1_ratios 7"`},
		{"folds", testKey, 2, 10, 2, data, `byte 48: the file has "folds 3" where this run has "folds 10"`},
		{"alphas", testKey, 2, 3, 100, data, `byte 56: the file has "alphas 2" where this run has "alphas 100"`},
		{"another file", testKey, 2, 3, 2, []byte("age,sex\n59,2\n"), `byte 0: "age,sex" is not the beginning of a checkpoint`},
		{"one byte", testKey, 2, 3, 2, []byte("x"), `byte 0: "x" is not the beginning`},
		{"a line that ends early", testKey, 2, 3, 2, data[: header-1 : header-1], ""},
		{"a line that is longer", testKey, 2, 3, 2, append(bytes.Clone(data[:header-1]), "00\n"...), `byte 65: the file has "key`},
		{"checksum", testKey, 2, 3, 2, bytes.Replace(data, []byte{2, 0, 0, 0}, []byte{1, 0, 0, 0}, 1), fmt.Sprintf("byte %d: the record's checksum is ", header)},
		{"a cell twice", testKey, 2, 3, 2, append(bytes.Clone(data), record...), fmt.Sprintf("byte %d: l1_ratio 0 and fold 2 are there a second time", header+2*size)},
		{"no such fold", testKey, 2, 3, 2, append(bytes.Clone(data), sealed(0, 3, size)...), "there is no l1_ratio 0 with fold 3"},
		{"no such l1_ratio", testKey, 2, 3, 2, append(bytes.Clone(data), sealed(2, 0, size)...), "there is no l1_ratio 2 with fold 0"},
		{"too many", testKey, 2, 3, 2, append(append(bytes.Clone(data), sealed(0, 0, size)...), append(append(append(sealed(0, 1, size), sealed(1, 1, size)...), sealed(1, 2, size)...), 0)...),
			fmt.Sprintf("byte %d: something follows the last cell", header+6*size)},
	} {
		if err := os.WriteFile(path, c.data, 0o666); err != nil {
			t.Fatal(err)
		}
		opened, err := openCheckpoint(path, c.key, c.l1Ratios, c.folds, c.alphas)
		if err == nil {
			opened.close()
		}
		if c.want == "" {
			if err != nil {
				t.Errorf("%s: %v", c.name, err)
			}
		} else if !errors.Is(err, ErrCheckpoint) || !strings.HasPrefix(err.Error(), "linear: Checkpoint "+path+", ") || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.name, err, c.want)
		}
	}
	if _, err := openTest(filepath.Join(dir, "none", "cv")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no such directory: %v", err)
	}
}

// sealed is a record of zeros with a right checksum.
func sealed(l1, fold byte, size int) []byte {
	record := make([]byte, size)
	record[0], record[4] = l1, fold
	sum := checksum(record[:size-4])
	copy(record[size-4:], []byte{byte(sum), byte(sum >> 8), byte(sum >> 16), byte(sum >> 24)})
	return record
}

// checksum is the CRC-32C of RFC 3720, appendix B.4, bit by bit; of "123456789" it is
// 0xe3069283.
func checksum(data []byte) uint32 {
	c := ^uint32(0)
	for _, b := range data {
		c ^= uint32(b)
		for range 8 {
			c = c>>1 ^ 0x82f63b78*(c&1)
		}
	}
	return ^c
}

// The format does not change unseen: an old file is read by a new version.
func TestCheckpointFormat(t *testing.T) {
	path := filepath.Join(t.TempDir(), "cv")
	c := mustOpen(t, path)
	mustSave(t, c, [2]int{1, 2})
	c.close()
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	want := []byte("nogil cross-validation checkpoint 1\nl1_ratios 2\nfolds 3\nalphas 2\nkey 010203" + strings.Repeat("00", 28) + "fe\n")
	record := []byte("\x01\x00\x00\x00\x02\x00\x00\x00" +
		"\xea\xf8\xd2\xa9\x7f\x2a\x05\x40" + "\x00\x00\x00\x00\x00\x00\xf0\xff" + "\x01\x00\x00\x00\x00\x00\x00\x00" +
		"\x00\x00\x00\x00\x00\x00\x00\x80" + "\xef\xbe\xad\xde\x00\x00\xf8\x7f" + "\x00\x00\x00\x40\x00\x00\x00\x00")
	if checksum([]byte("123456789")) != 0xe3069283 {
		t.Fatal("the checksum of this test is not CRC-32C")
	}
	sum := checksum(record)
	want = append(append(want, record...), byte(sum), byte(sum>>8), byte(sum>>16), byte(sum>>24))
	if !bytes.Equal(got, want) {
		t.Errorf("the file is\n%q, want\n%q", got, want)
	}
}

func TestCheckpointIsOneRunsAtATime(t *testing.T) {
	path := filepath.Join(t.TempDir(), "cv")
	c := mustOpen(t, path)
	other, err := openTest(path)
	if err == nil {
		other.close()
		if runtime.GOOS == "linux" {
			t.Error("two runs have one file")
		}
	} else if !errors.Is(err, ErrCheckpoint) || !strings.Contains(err.Error(), path+" is in use by another run") {
		t.Error(err)
	}
	c.close()
	mustOpen(t, path).close()
}

// Cells are saved by whoever has done them, and each is whole.
func TestCheckpointByManyGoroutines(t *testing.T) {
	path := filepath.Join(t.TempDir(), "cv")
	c := mustOpen(t, path)
	var all [][2]int
	var wait sync.WaitGroup
	for l1 := range 2 {
		for fold := range 3 {
			at := [2]int{l1, fold}
			all = append(all, at)
			wait.Go(func() { mustSave(t, c, at) })
		}
	}
	wait.Wait()
	c.close()
	c = mustOpen(t, path)
	defer c.close()
	holds(t, c, all...)
}

// A file that cannot be written is an error, and what is there stays right.
func TestCheckpointWriteErrors(t *testing.T) {
	path := filepath.Join(t.TempDir(), "cv")
	c := mustOpen(t, path)
	mustSave(t, c, [2]int{0, 0})
	good := c.file
	closed, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	closed.Close()
	c.file = closed
	mse, gaps, iterations := testCell(1, 1)
	if err := c.save(1, 1, mse, gaps, iterations); !errors.Is(err, os.ErrClosed) {
		t.Errorf("%v", err)
	}
	c.file = good
	mustSave(t, c, [2]int{1, 1})
	c.close()
	c = mustOpen(t, path)
	defer c.close()
	holds(t, c, [2]int{0, 0}, [2]int{1, 1})
}

// Whatever a file holds, reading it ends in an error of the right kind, or in whole records
// of it: written again, they are what was read.
func FuzzCheckpoint(f *testing.F) {
	path := filepath.Join(f.TempDir(), "cv")
	c := mustOpen(f, path)
	mustSave(f, c, [2]int{0, 2}, [2]int{1, 0})
	c.close()
	data, err := os.ReadFile(path)
	if err != nil {
		f.Fatal(err)
	}
	header := len(c.header)
	f.Add(data, false)
	f.Add(data[:header+5], false)
	f.Add(data[header:], true)
	f.Add(append(bytes.Clone(data[header:]), data[header:]...), true)
	f.Fuzz(func(t *testing.T, data []byte, inRecords bool) {
		c := newCheckpoint("cv", testKey, 2, 3, 2)
		if inRecords { // the header would be found once in a lifetime
			data = append(bytes.Clone(c.header), data...)
		}
		if err := c.read(data); err != nil {
			if !errors.Is(err, ErrCheckpoint) {
				t.Fatal(err)
			}
			return
		}
		if c.end == 0 {
			if !bytes.HasPrefix(c.header, data) {
				t.Fatalf("%q would be overwritten", data)
			}
			return
		}
		seen := 0
		for at := header; at+c.size() <= int(c.end); at += c.size() {
			seen++
			if body := data[at : at+c.size()]; checksum(body[:len(body)-4]) != uint32(body[len(body)-4])|uint32(body[len(body)-3])<<8|uint32(body[len(body)-2])<<16|uint32(body[len(body)-1])<<24 {
				t.Fatalf("record at %d", at)
			}
		}
		there := 0
		for _, cell := range c.cells {
			if cell != nil {
				there++
			}
		}
		if rest := len(data) - int(c.end); there != seen || rest < 0 || rest >= c.size() {
			t.Fatalf("%d cells of %d records, %d bytes more", there, seen, rest)
		}
	})
}
