package parfor

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"runtime/trace"
	"strings"
	"testing"
)

func TestTraceRecordsEachChunk(t *testing.T) {
	eachLoop(t, func(t *testing.T, l Loop) {
		var tr Trace
		l.Trace = &tr
		var r ranges
		l.ForThread(100, r.add)
		var seen ranges
		for _, s := range tr.Spans() {
			if s.End.Before(s.Start) || s.Thread < 0 || s.Thread >= l.Threads {
				t.Errorf("span %+v", s)
			}
			seen.add(s.Thread, s.Lo, s.Hi)
		}
		seen.check(t, 100)
		if len(seen.calls) != len(r.calls) {
			t.Errorf("%d spans for %d calls", len(seen.calls), len(r.calls))
		}
	})
}

func TestTraceShowsWhoRanAChunk(t *testing.T) {
	var tr Trace
	both := meet(2)
	Loop{Threads: 2, Schedule: Static(0), Trace: &tr}.For(2, func(lo, hi int) { both() })
	s := tr.Spans()
	if len(s) != 2 || s[0].Thread == s[1].Thread {
		t.Errorf("%+v", s)
	}
}

// TestWriteSVG checks that the picture is XML with a titled bar for each chunk.
func TestWriteSVG(t *testing.T) {
	for _, n := range []int{0, 50} {
		var tr Trace
		Loop{Threads: 2, Schedule: Dynamic(5), Trace: &tr}.For(n, func(lo, hi int) {})
		var out bytes.Buffer
		if err := tr.WriteSVG(&out); err != nil {
			t.Fatal(err)
		}
		for d := xml.NewDecoder(bytes.NewReader(out.Bytes())); ; {
			if _, err := d.Token(); err == io.EOF {
				break
			} else if err != nil {
				t.Fatal(err)
			}
		}
		if got := strings.Count(out.String(), "<title>"); got != n/5 {
			t.Errorf("%d bars for %d chunks", got, n/5)
		}
		if n > 0 && !strings.Contains(out.String(), "<title>[45, 50) in ") {
			t.Error("the last chunk has no bar")
		}
	}
}

type failingWriter struct{}

func (failingWriter) Write([]byte) (int, error) { return 0, errors.ErrUnsupported }

func TestWriteSVGReturnsTheWritersError(t *testing.T) {
	if err := new(Trace).WriteSVG(failingWriter{}); !errors.Is(err, errors.ErrUnsupported) {
		t.Error(err)
	}
}

// TestRuntimeTraceShowsChunks: the same chunks are regions of runtime/trace.
func TestRuntimeTraceShowsChunks(t *testing.T) {
	if trace.IsEnabled() {
		t.Skip("a trace is being taken")
	}
	var out bytes.Buffer
	if err := trace.Start(&out); err != nil {
		t.Fatal(err)
	}
	Loop{Threads: 1, Schedule: Static(0), Trace: new(Trace)}.For(7, func(lo, hi int) {})
	trace.Stop()
	for _, want := range []string{"parfor chunk", "thread 0: [0, 7)"} {
		if !bytes.Contains(out.Bytes(), []byte(want)) {
			t.Errorf("the trace does not contain %q", want)
		}
	}
}
