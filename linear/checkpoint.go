package linear

// The file in which a cross-validation keeps the cells (an l1_ratio and a fold) that are
// done, so that a run that was stopped goes on where it was.
//
// It begins with a few lines of text: what it is, the shape of the run, and a key, the hash
// of everything that the results depend on. They must be exactly those of this run. Records
// of one size follow, in the order in which cells were done, all little-endian: l1_ratio and
// fold (4 bytes each), for each alpha test error, gap (the bits of a float64) and iterations
// (8 bytes each), and the CRC-32C of all that.
//
// Records are appended, each by one write, and never changed. So a process that is killed
// leaves at most a record that is cut off at the end, which the next run drops and does
// again. Anything else that is not as it was written is an error: nothing is guessed. Where
// the system has flock, a file is one run's at a time, for as long as its process lives. The
// file is not synced: what a power cut leaves may be refused.

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"math"
	"os"
	"sync"
)

// ErrCheckpoint is what errors wrap about a checkpoint that is damaged, in use, or of
// another run.
var ErrCheckpoint = errors.New("not a checkpoint to go on from")

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

type checkpoint struct {
	path   string
	header []byte
	folds  int
	alphas int
	cells  []*checkpointCell // by l1_ratio and fold, of earlier runs
	file   *os.File

	mu  sync.Mutex
	end int64 // of the last whole record
}

type checkpointCell struct {
	mse, gaps  []float64
	iterations []int
}

// openCheckpoint opens the file at path, or makes it, for a run of that key and shape. An
// error that wraps ErrCheckpoint says which byte of which file is not what it should be.
func openCheckpoint(path string, key [32]byte, l1Ratios, folds, alphas int) (*checkpoint, error) {
	c := newCheckpoint(path, key, l1Ratios, folds, alphas)
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o666)
	if err != nil {
		return nil, fmt.Errorf("linear: Checkpoint: %w", err)
	}
	c.file = file
	if err := c.resume(); err != nil {
		file.Close()
		return nil, err
	}
	return c, nil
}

func newCheckpoint(path string, key [32]byte, l1Ratios, folds, alphas int) *checkpoint {
	header := fmt.Appendf(nil, "nogil cross-validation checkpoint 1\nl1_ratios %d\nfolds %d\nalphas %d\nkey %x\n", l1Ratios, folds, alphas, key)
	return &checkpoint{path: path, header: header, folds: folds, alphas: alphas, cells: make([]*checkpointCell, l1Ratios*folds)}
}

// resume takes over what the file has, and leaves it ready for the next record.
func (c *checkpoint) resume() error {
	if err := lockFile(c.file); err != nil {
		return fmt.Errorf("linear: Checkpoint %s is in use by another run: %w: %w", c.path, err, ErrCheckpoint)
	}
	// No file of this run is longer: whatever else it is need not be read whole.
	most := len(c.header) + len(c.cells)*c.size()
	data, err := io.ReadAll(io.LimitReader(c.file, int64(most)+1))
	if err != nil {
		return fmt.Errorf("linear: Checkpoint: %w", err)
	}
	if err := c.read(data); err != nil {
		return err
	}
	if c.end == 0 {
		if _, err := c.file.WriteAt(c.header, 0); err != nil {
			return fmt.Errorf("linear: Checkpoint: %w", err)
		}
		c.end = int64(len(c.header))
	}
	if err := c.file.Truncate(c.end); err != nil {
		return fmt.Errorf("linear: Checkpoint: %w", err)
	}
	return nil
}

// read takes over the records of data, and sets end: 0 where not even the header is whole.
func (c *checkpoint) read(data []byte) error {
	if len(data) < len(c.header) && bytes.HasPrefix(c.header, data) {
		return nil
	}
	if !bytes.HasPrefix(data, c.header) {
		return c.foreign(data)
	}
	size := c.size()
	for at := len(c.header); at+size <= len(data); at += size {
		if err := c.record(data[at:at+size], at); err != nil {
			return err
		}
		c.end = int64(at + size)
	}
	c.end = max(c.end, int64(len(c.header)))
	if int(c.end) == len(c.header)+len(c.cells)*size && len(data) > int(c.end) {
		return c.damaged(int(c.end), "something follows the last cell")
	}
	return nil
}

// foreign is the error for the first line of data that is not that of the header.
func (c *checkpoint) foreign(data []byte) error {
	at := 0
	for want := range bytes.Lines(c.header) {
		if bytes.HasPrefix(data[at:], want) {
			at += len(want)
			continue
		}
		got, _, _ := bytes.Cut(data[at:min(at+100, len(data))], []byte("\n"))
		if at == 0 {
			return c.damaged(0, "%q is not the beginning of a checkpoint", got)
		}
		return c.damaged(at, "the file has %q where this run has %q: its data or settings differ", got, bytes.TrimSuffix(want, []byte("\n")))
	}
	panic("linear: foreign: the header is whole")
}

func (c *checkpoint) damaged(at int, format string, args ...any) error {
	return fmt.Errorf("linear: Checkpoint %s, byte %d: %s: %w", c.path, at, fmt.Sprintf(format, args...), ErrCheckpoint)
}

// size is how many bytes a record has.
func (c *checkpoint) size() int { return 4 + 4 + 24*c.alphas + 4 }

// record takes over one record, which is at byte at.
func (c *checkpoint) record(data []byte, at int) error {
	body, le := data[:len(data)-4], binary.LittleEndian
	if want, got := le.Uint32(data[len(body):]), crc32.Checksum(body, castagnoli); got != want {
		return c.damaged(at, "the record's checksum is %08x, not %08x", got, want)
	}
	l1, fold := int64(le.Uint32(body)), int64(le.Uint32(body[4:]))
	if fold >= int64(c.folds) || l1 >= int64(len(c.cells)/c.folds) {
		return c.damaged(at, "there is no l1_ratio %d with fold %d", l1, fold)
	}
	place := &c.cells[l1*int64(c.folds)+fold]
	if *place != nil {
		return c.damaged(at, "l1_ratio %d and fold %d are there a second time", l1, fold)
	}
	cell := &checkpointCell{make([]float64, c.alphas), make([]float64, c.alphas), make([]int, c.alphas)}
	for a := range c.alphas {
		field := body[8+24*a:]
		cell.mse[a], cell.gaps[a] = math.Float64frombits(le.Uint64(field)), math.Float64frombits(le.Uint64(field[8:]))
		cell.iterations[a] = int(le.Uint64(field[16:]))
	}
	*place = cell
	return nil
}

// cell returns what an earlier run has saved of a cell, by alpha, and whether it has. The
// slices are the checkpoint's.
func (c *checkpoint) cell(l1, fold int) (mse, gaps []float64, iterations []int, ok bool) {
	cell := c.cells[l1*c.folds+fold]
	if cell == nil {
		return nil, nil, nil, false
	}
	return cell.mse, cell.gaps, cell.iterations, true
}

// save appends a cell that is done, for the first time, each slice one number an alpha. It
// may be called on several goroutines at once, and again after an error: what a write has
// left unfinished, the next one overwrites.
func (c *checkpoint) save(l1, fold int, mse, gaps []float64, iterations []int) error {
	le, data := binary.LittleEndian, make([]byte, 0, c.size())
	data = le.AppendUint32(le.AppendUint32(data, uint32(l1)), uint32(fold))
	for a := range c.alphas {
		data = le.AppendUint64(data, math.Float64bits(mse[a]))
		data = le.AppendUint64(data, math.Float64bits(gaps[a]))
		data = le.AppendUint64(data, uint64(iterations[a]))
	}
	data = le.AppendUint32(data, crc32.Checksum(data, castagnoli))
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, err := c.file.WriteAt(data, c.end); err != nil {
		return fmt.Errorf("linear: Checkpoint: %w", err)
	}
	c.end += int64(len(data))
	return nil
}

// close gives the file back.
func (c *checkpoint) close() error { return c.file.Close() }
