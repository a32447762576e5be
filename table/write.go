package table

import (
	"bufio"
	"io"
	"strconv"
	"strings"
)

// WriteCSV writes the table as CSV with a header: numbers as the shortest text that reads
// back to the same bits, missing values as empty cells, quotes where they are needed.
func (t *Table) WriteCSV(w io.Writer) error {
	b := bufio.NewWriterSize(w, 1<<16)
	for j, c := range t.columns {
		writeText(b, c.Name, j, len(t.columns))
	}
	b.WriteByte('\n')
	var number []byte
	for i := range t.rows {
		for j, c := range t.columns {
			switch {
			case c.Missing(i):
				writeText(b, "", j, len(t.columns))
				continue
			case c.Kind == String:
				writeText(b, c.strings[i], j, len(t.columns))
				continue
			case c.Kind == Int64:
				number = strconv.AppendInt(number[:0], c.ints[i], 10)
			case c.Kind == Bool:
				number = strconv.AppendBool(number[:0], c.floats[i] != 0)
			default:
				number = strconv.AppendFloat(number[:0], c.floats[i], 'g', -1, 64)
			}
			if j > 0 {
				b.WriteByte(',')
			}
			b.Write(number)
		}
		b.WriteByte('\n')
	}
	return b.Flush() // has the first error of all writes
}

// writeText writes cell j of a record of n cells. An only cell that is empty is quoted: its
// line would be a blank one.
func writeText(b *bufio.Writer, cell string, j, n int) {
	if j > 0 {
		b.WriteByte(',')
	}
	if cell != "" && !strings.ContainsAny(cell, "\",\r\n") || cell == "" && n > 1 {
		b.WriteString(cell)
		return
	}
	b.WriteByte('"')
	b.WriteString(strings.ReplaceAll(cell, `"`, `""`))
	b.WriteByte('"')
}
