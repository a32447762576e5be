package table

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

func showSparse(s *Sparse) string {
	return fmt.Sprint(s.Rows, s.Cols, s.IndPtr, s.Indices, s.Data, s.Y, s.QID)
}

func TestSVMLight(t *testing.T) {
	for _, tt := range []struct {
		name string
		o    SVMLight
		text string
		want string // of sklearn.datasets.load_svmlight_file, as csc_matrix
	}{
		{"one-based", SVMLight{}, "1 1:0.5 3:2\n-1 2:-1e-3 # comment\n\n+2.5\n", "3 3 [0 1 2 3] [0 1 0] [0.5 -0.001 2] [1 -1 2.5] []"},
		{"zero-based", SVMLight{}, "1 0:1 2:2\n0 1:3\n", "2 3 [0 1 2 3] [0 1 0] [1 3 2] [1 0] []"},
		{"zero-based, said so", SVMLight{Base: ZeroBase}, "1 1:1\n", "1 2 [0 0 1] [0] [1] [1] []"},
		{"features", SVMLight{Columns: 4}, "1 1:1", "1 4 [0 1 1 1 1] [0] [1] [1] []"},
		{"queries, tabs, crlf", SVMLight{}, "3 qid:1\t1:1\r\n2 qid:2 1:2\r\n", "2 1 [0 2] [0 1] [1 2] [3 2] [1 2]"},
		{"empty", SVMLight{}, "# nothing\n", "0 0 [0] [] [] [] []"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s, err := tt.o.Decode(strings.NewReader(tt.text), "t.svm")
			if err != nil {
				t.Fatal(err)
			}
			if got := showSparse(s); got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
			if _, err := s.Design(); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestSVMLightErrors(t *testing.T) {
	for _, tt := range []struct {
		o          SVMLight
		text, want string
	}{
		{SVMLight{}, "1 2:1\n1 3:1 2:1\n", `t.svm:2:7: index 2 after 3: malformed`},
		{SVMLight{}, "1 2:1 2:1\n", `t.svm:1:7: index 2 after 2: malformed`},
		{SVMLight{Base: OneBase}, "1 1:1\n1 0:1\n", `t.svm:2:3: index 0: malformed`},
		{SVMLight{}, "1 -1:1\n", `t.svm:1:3: index -1: malformed`},
		{SVMLight{}, "1 1.5:1\n", `t.svm:1:3: an index and a colon are expected: malformed`},
		{SVMLight{}, "1 1:x\n", `t.svm:1:5: value "x" is no finite number: malformed`},
		{SVMLight{}, "1 1:\n", `t.svm:1:5: value "" is no finite number: malformed`},
		{SVMLight{}, "1 1:inf\n", `t.svm:1:5: value "inf" is no finite number: malformed`},
		{SVMLight{}, "1 1:1e999\n", `t.svm:1:5: value "1e999" is no finite number: malformed`},
		{SVMLight{}, "a 1:1\n", `t.svm:1:1: target "a" is no finite number: malformed`},
		{SVMLight{}, "1,2 1:1\n", `t.svm:1:1: target "1,2" is no finite number: malformed`},
		{SVMLight{}, "1 3000000000:1\n", `t.svm:1:3: index 3000000000 is above 2³¹−1: malformed`},
		{SVMLight{}, "1 2000000000:1\n", `t.svm:1:3: index 2000000000 makes more columns than the file has bytes: give Columns where that is meant: malformed`},
		{SVMLight{Columns: 2}, "1 3:1\n", `t.svm:1:3: index 3 is beyond the 2 columns: malformed`},
		{SVMLight{}, "1 qid:x 1:1\n", `t.svm:1:3: qid is no whole number: malformed`},
	} {
		_, err := tt.o.Decode(strings.NewReader(tt.text), "t.svm")
		if err == nil || err.Error() != tt.want || !errors.Is(err, ErrSyntax) {
			t.Errorf("%q: got  %v\nwant %s", tt.text, err, tt.want)
		}
	}
}

// FuzzSVMLight: no crash, and what is read is a design.
func FuzzSVMLight(f *testing.F) {
	f.Add("1 1:0.5 3:2\n-1 2:1 # c\n")
	f.Add("0 qid:3 0:1")
	f.Fuzz(func(t *testing.T, text string) {
		s, err := SVMLight{}.Decode(strings.NewReader(text), "t")
		if err != nil {
			return
		}
		if _, err := s.Design(); err != nil {
			t.Fatal(err)
		}
	})
}
