package memo

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"sync"
	"sync/atomic"
	"time"
)

// Options are what a [Cache] may be told.
type Options struct {
	// MaxBytes is how much the results may take on disk; 0 is no limit. Above it those that
	// were used least recently go, down to nine tenths. Each process looks when it has
	// written a sixteenth of the limit, so that so much more may lie there for a while.
	MaxBytes int64
	// Logger is told of damaged results, and of those that could not be written; nil is
	// slog.Default().
	Logger *slog.Logger
}

// A Cache is a directory of results. Many goroutines and processes may use it at once.
type Cache struct {
	dir     string
	max     int64
	log     *slog.Logger
	running sync.Map // from key to *running
	store   store

	hits, misses, damaged, removed, failed atomic.Int64
}

// Open opens the cache in dir, which is made where it is not there.
func Open(dir string, o Options) (*Cache, error) {
	c := &Cache{dir: dir, max: o.MaxBytes, log: o.Logger}
	if c.log == nil {
		c.log = slog.Default()
	}
	for _, d := range []string{tempDir, lockDir} {
		if err := os.MkdirAll(filepath.Join(dir, d), 0o777); err != nil {
			return nil, fmt.Errorf("memo: %w", err)
		}
	}
	return c, nil
}

// Stats are counts since a cache was opened, by this process.
type Stats struct {
	Hits    int64 // calls whose result was read
	Misses  int64 // calls that were computed
	Damaged int64 // misses because what was there was not what had been written
	Removed int64 // results that the limit has cost
	Failed  int64 // results that could not be written
}

// Stats returns the counts.
func (c *Cache) Stats() Stats {
	return Stats{c.hits.Load(), c.misses.Load(), c.damaged.Load(), c.removed.Load(), c.failed.Load()}
}

var fileName = regexp.MustCompile(`^[A-Za-z0-9_-][A-Za-z0-9._-]*$`)

// Func returns f with its results kept in c under name and version, which are parts of file
// names: letters, digits, '.', '_' and '-'. A function of several arguments takes a struct.
//
// Arguments may be numbers, texts, slices, arrays, maps, structs, pointers, interfaces,
// matrices of package kernels and whatever has a MarshalBinary; they are compared by content,
// floats bit by bit. Results may be the same without interfaces, and whatever has its own JSON;
// numbers are read back with the same bits, and every caller gets a copy of its own. Fields
// with the tag memo:"-" are no part of either. Func panics where name, version or a type is
// not so.
//
// A call hashes its argument, at the speed of memory, on several threads from 1 MB on. Of
// several calls with one key, in any process, one computes; the others wait, or return with
// the error of their context. An error of f is returned, to those in this process that wait as
// well, and not kept; a panic of f, or the end of the context that it was called with, leaves
// the work to the next who asks. Where a result cannot be kept (a full disk) it is returned
// all the same, and the log says so.
func Func[A, R any](c *Cache, name, version string, f func(ctx context.Context, a A) (R, error)) func(ctx context.Context, a A) (R, error) {
	switch {
	case !fileName.MatchString(name):
		panic("memo: Func: name that cannot name a file")
	case !fileName.MatchString(version):
		panic("memo: Func: version that cannot name a file")
	case reject(reflect.TypeFor[A](), false) != "":
		panic("memo: Func: argument that cannot be hashed: " + reject(reflect.TypeFor[A](), false))
	case reject(reflect.TypeFor[R](), true) != "":
		panic("memo: Func: result that cannot be kept: " + reject(reflect.TypeFor[R](), true))
	}
	types := signature(reflect.TypeFor[A]()) + " → " + signature(reflect.TypeFor[R]())
	return func(ctx context.Context, a A) (r R, err error) {
		h := newHasher()
		for _, s := range []string{keyScheme, name, version, types} {
			h.text(s)
		}
		if err := h.value(reflect.ValueOf(&a).Elem(), 0); err != nil {
			return r, err
		}
		e := entry{name, version, h.sum()}
		err = c.call(ctx, e, types, reflect.ValueOf(&r).Elem(), func() error {
			r, err = f(ctx, a)
			return err
		})
		return r, err
	}
}

// A running is a computation that somebody in this process does: done is closed at its end.
type running struct {
	done chan struct{}
	err  error // of f, for those who wait; nil too where they have to see for themselves
}

// call sets v to the result of e, by reading it or by compute.
func (c *Cache) call(ctx context.Context, e entry, types string, v reflect.Value, compute func() error) error {
	for {
		if err := ctx.Err(); err != nil {
			return context.Cause(ctx)
		}
		if c.load(e, v) == nil {
			c.hits.Add(1)
			return nil
		}
		mine := &running{done: make(chan struct{})}
		other, busy := c.running.LoadOrStore(e.key, mine)
		if !busy {
			return c.lead(ctx, e, types, v, compute, mine)
		}
		select {
		case <-other.(*running).done:
			if err := other.(*running).err; err != nil {
				return err
			}
		case <-ctx.Done():
		}
	}
}

// lead computes e, unless another process has done so by the time that it is this one's turn.
func (c *Cache) lead(ctx context.Context, e entry, types string, v reflect.Value, compute func() error, mine *running) error {
	defer func() {
		c.running.Delete(e.key)
		close(mine.done)
	}()
	unlock, err := lock(ctx, filepath.Join(c.dir, lockDir, e.key))
	if err == nil {
		defer unlock()
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if err != nil {
		c.log.Warn("memo: no lock", "function", e.name, "key", e.key, "error", err)
	}
	switch err := c.load(e, v); {
	case err == nil:
		c.hits.Add(1)
		return nil
	case !gone(err):
		c.damaged.Add(1)
		c.log.Warn("memo: damaged result, computed anew", "path", e.path(c.dir), "error", err)
		c.remove(e.path(c.dir))
	}
	c.misses.Add(1)
	start := time.Now()
	if err := compute(); err != nil {
		if ctx.Err() == nil {
			mine.err = err
		}
		return err
	}
	if err := c.save(e, types, v, time.Since(start)); err != nil {
		c.failed.Add(1)
		c.log.Warn("memo: result not kept", "path", e.path(c.dir), "error", err)
	}
	return nil
}
