package memo

// Results on disk: one directory each, made under another name and renamed, so that it is there
// whole or not at all, and removed in the same way.

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"sync"
	"time"
)

const (
	metaFile = "meta.json"
	tempDir  = ".tmp"   // what is being written or removed
	lockDir  = ".locks" // a file for each key that is being computed
	stale    = 24 * time.Hour
)

// An entry is the place of a result.
type entry struct{ name, version, key string }

func (e entry) path(dir string) string { return filepath.Join(dir, e.name, e.version, e.key) }

// meta is what meta.json has. Its time of modification is when the result was last used.
type meta struct {
	Function, Version, Key string
	Types                  string // of argument and result
	Created                time.Time
	Seconds                float64           // that the computation took
	Checksums              map[string]string // XXH3, 128 bits, of the files
}

// load sets v to the result of e. Its error is one of a file that is not there where there is
// no result.
func (c *Cache) load(e entry, v reflect.Value) error {
	dir := e.path(c.dir)
	text, err := os.ReadFile(filepath.Join(dir, metaFile))
	if err != nil {
		return err
	}
	var m meta
	if err = strict(text, &m); err == nil && m.Key != e.key {
		err = fmt.Errorf("%s: key %q: %w", metaFile, m.Key, errDamaged)
	}
	if err == nil {
		err = (&result{dir, m.Checksums}).read(v)
	}
	if err != nil {
		v.SetZero()
		if _, e := os.Stat(filepath.Join(dir, metaFile)); e != nil {
			return e // it was removed meanwhile
		}
		return fmt.Errorf("%w: %v", errDamaged, err)
	}
	now := time.Now()
	os.Chtimes(filepath.Join(dir, metaFile), now, now) // where that is forbidden, results age
	return nil
}

// save writes v as the result of e.
func (c *Cache) save(e entry, types string, v reflect.Value, took time.Duration) error {
	temp := c.temp()
	defer os.RemoveAll(temp)
	if err := os.MkdirAll(temp, 0o777); err != nil {
		return err
	}
	r := result{temp, map[string]string{}}
	if err := r.write(v); err != nil {
		return err
	}
	text, err := json.MarshalIndent(meta{e.name, e.version, e.key, types, time.Now().UTC(), took.Seconds(), r.sums}, "", "  ")
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(temp, metaFile), append(text, '\n'), 0o666); err != nil {
		return err
	}
	size, err := dirSize(temp)
	if err != nil {
		return err
	}
	path := e.path(c.dir)
	for range 2 { // Clear may come between, or something without meta.json be in the way
		if err = os.MkdirAll(filepath.Dir(path), 0o777); err == nil {
			err = os.Rename(temp, path)
		}
		if err == nil {
			c.wrote(size)
			return nil
		}
		c.remove(path)
	}
	return err
}

// temp is a new name in tempDir.
func (c *Cache) temp() string {
	return filepath.Join(c.dir, tempDir, fmt.Sprintf("%016x", rand.Uint64()))
}

// remove makes what is at path go at once, as others see it.
func (c *Cache) remove(path string) error {
	temp := c.temp()
	if err := os.Rename(path, temp); err != nil {
		return err
	}
	return os.RemoveAll(temp)
}

func dirSize(dir string) (size int64, err error) {
	files, err := os.ReadDir(dir)
	for _, f := range files {
		info, e := f.Info()
		if e != nil {
			return 0, e
		}
		size += info.Size()
	}
	return size, err
}

// Clear removes all results.
func (c *Cache) Clear() error {
	all, err := os.ReadDir(c.dir)
	for _, d := range all {
		if d.Name() != lockDir && d.Name() != tempDir {
			if e := c.remove(filepath.Join(c.dir, d.Name())); err == nil && !gone(e) {
				err = e
			}
		}
	}
	return wrap(err)
}

// ClearFunc removes the results of all versions of the function name.
func (c *Cache) ClearFunc(name string) error {
	if !fileName.MatchString(name) {
		panic("memo: ClearFunc: name that cannot name a file")
	}
	if err := c.remove(filepath.Join(c.dir, name)); !gone(err) {
		return wrap(err)
	}
	return nil
}

func wrap(err error) error {
	if err != nil {
		return fmt.Errorf("memo: %w", err)
	}
	return nil
}

// A store is what a process knows of the directory's size.
type store struct {
	mu     sync.Mutex
	known  bool
	size   int64 // when it last looked
	writes int64 // since then
}

// wrote counts what was written, and keeps to the limit.
func (c *Cache) wrote(size int64) {
	if c.max <= 0 {
		return
	}
	s := &c.store
	s.mu.Lock()
	defer s.mu.Unlock()
	s.writes += size
	if s.known && s.size+s.writes <= c.max && s.writes <= c.max/16 {
		return
	}
	left, err := c.reduce()
	if err != nil {
		c.log.Warn("memo: size limit not kept", "directory", c.dir, "error", err)
	}
	s.known, s.size, s.writes = true, left, 0
}

// Reduce looks at all results, and removes those that the limit forbids: what happens by
// itself, at once.
func (c *Cache) Reduce() error {
	c.store.mu.Lock()
	defer c.store.mu.Unlock()
	left, err := c.reduce()
	c.store.known, c.store.size, c.store.writes = err == nil, left, 0
	return wrap(err)
}

// A kept is a result as the limit sees it.
type kept struct {
	path string
	used time.Time
	size int64
}

// reduce returns how much is left.
func (c *Cache) reduce() (size int64, err error) {
	metas, err := filepath.Glob(filepath.Join(c.dir, "*", "*", "*", metaFile))
	if err != nil {
		return 0, err
	}
	var all []kept
	for _, path := range metas {
		info, err := os.Stat(path)
		if err != nil {
			continue // it was removed meanwhile
		}
		n, err := dirSize(filepath.Dir(path))
		if err != nil {
			continue
		}
		all = append(all, kept{filepath.Dir(path), info.ModTime(), n})
		size += n
	}
	slices.SortFunc(all, func(a, b kept) int { return a.used.Compare(b.used) })
	if c.max > 0 && size > c.max {
		for _, k := range all {
			if size <= c.max/10*9 {
				break
			}
			if e := c.remove(k.path); e == nil {
				c.removed.Add(1)
			} else if !gone(e) {
				err = e
				continue
			}
			size -= k.size
		}
	}
	return size, c.sweep(err)
}

// sweep removes what killed processes have left behind.
func (c *Cache) sweep(err error) error {
	left, _ := os.ReadDir(filepath.Join(c.dir, tempDir))
	for _, d := range left {
		if info, e := d.Info(); e == nil && time.Since(info.ModTime()) > stale {
			if e := os.RemoveAll(filepath.Join(c.dir, tempDir, d.Name())); err == nil {
				err = e
			}
		}
	}
	return err
}
