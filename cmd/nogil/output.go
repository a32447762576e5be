package main

// How results are written: columns of text, or JSON.

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"unicode/utf8"
)

// number is a float64 in JSON: null where it is NaN, a string where it is infinite.
type number float64

func (v number) MarshalJSON() ([]byte, error) {
	switch f := float64(v); {
	case f != f:
		return []byte("null"), nil
	case math.IsInf(f, 0):
		return strconv.AppendQuote(nil, strconv.FormatFloat(f, 'g', -1, 64)), nil
	default:
		return json.Marshal(f)
	}
}

// numbers are float64s in JSON.
func numbers(v []float64) []number {
	s := make([]number, len(v))
	for i, x := range v {
		s[i] = number(x)
	}
	return s
}

// writeJSON writes v, indented.
func (a *app) writeJSON(v any) error {
	e := json.NewEncoder(a.out)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(v)
}

// short is a number for the eye: six digits.
func short(v float64) string {
	if v != v {
		return "-"
	}
	return strconv.FormatFloat(v, 'g', 6, 64)
}

// exact is a number that reads back to the same bits.
func exact(v float64) string {
	if v == math.Trunc(v) && math.Abs(v) < 1e15 {
		return strconv.FormatFloat(v, 'f', -1, 64)
	}
	return strconv.FormatFloat(v, 'g', -1, 64)
}

// grid writes rows of cells in aligned columns, those from the second on to the right.
func grid(w io.Writer, rows [][]string) error {
	var width []int
	for _, row := range rows {
		for j, cell := range row {
			if j == len(width) {
				width = append(width, 0)
			}
			width[j] = max(width[j], utf8.RuneCountInString(cell))
		}
	}
	var s strings.Builder
	for _, row := range rows {
		for j, cell := range row {
			pad := strings.Repeat(" ", width[j]-utf8.RuneCountInString(cell))
			switch {
			case j > 0:
				s.WriteString("  " + pad + cell)
			case len(row) == 1:
				s.WriteString(cell)
			default:
				s.WriteString(cell + pad)
			}
		}
		s.WriteByte('\n')
	}
	_, err := io.WriteString(w, s.String())
	return err
}

// pairs writes names and values, a line each.
func pairs(w io.Writer, rows [][2]string) error {
	width := 0
	for _, r := range rows {
		width = max(width, utf8.RuneCountInString(r[0]))
	}
	for _, r := range rows {
		if _, err := fmt.Fprintf(w, "%-*s  %s\n", width, r[0], r[1]); err != nil {
			return err
		}
	}
	return nil
}

// writeFile makes the file of that name with what write writes. It has its name only once it
// is whole: an error, a full disk for instance, leaves what was there.
func writeFile(name string, write func(io.Writer) error) (err error) {
	f, err := os.CreateTemp(filepath.Dir(name), "."+filepath.Base(name)+".*.tmp")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			f.Close()
			os.Remove(f.Name())
		}
	}()
	if err = write(f); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	if err = f.Chmod(0o644); err != nil {
		return err
	}
	if err = f.Sync(); err != nil {
		return err
	}
	if err = f.Close(); err != nil {
		return err
	}
	return os.Rename(f.Name(), name)
}
