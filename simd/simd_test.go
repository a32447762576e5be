package simd

import (
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"testing"
)

func TestLevelsAscendFromGeneric(t *testing.T) {
	levels := Levels()
	if levels[0] != Generic || !slices.IsSorted(levels) {
		t.Errorf("Levels() = %v, want generic first, ascending", levels)
	}
	if runtime.GOARCH == "arm64" && !slices.Equal(levels, []Level{Generic, NEON}) {
		t.Errorf("Levels() = %v on arm64", levels)
	}
	if runtime.GOARCH == "amd64" && slices.Contains(levels, NEON) {
		t.Errorf("Levels() = %v on amd64", levels)
	}
}

func TestActiveFollowsTheEnvironment(t *testing.T) {
	levels := Levels()
	want := levels[len(levels)-1]
	if env := os.Getenv("NOGIL_SIMD"); env != "" {
		want = levels[slices.IndexFunc(levels, func(l Level) bool { return l.String() == env })]
	}
	if Active() != want {
		t.Errorf("Active() = %v, want %v", Active(), want)
	}
	if IFMA() && Active() != AVX512 {
		t.Errorf("IFMA() at level %v", Active())
	}
}

func TestChoose(t *testing.T) {
	have := []Level{Generic, AVX2}
	for _, c := range []struct {
		env  string
		want Level
		bad  bool
	}{
		{"", AVX2, false},
		{"generic", Generic, false},
		{"avx2", AVX2, false},
		{"avx512", 0, true}, // known, but not here
		{"AVX2", 0, true},
		{"sse9", 0, true},
	} {
		got, err := choose(c.env, have)
		if got != c.want || (err != "") != c.bad {
			t.Errorf("choose(%q) = %v, %q", c.env, got, err)
		}
		if c.bad && !strings.Contains(err, `NOGIL_SIMD="`+c.env+`"`) {
			t.Errorf("choose(%q): %q names neither variable nor value", c.env, err)
		}
	}
}

// A level that is not there must stop the program at first use, not fall back.
func TestUnknownLevelPanics(t *testing.T) {
	if os.Getenv("NOGIL_SIMD") == "sse9" {
		Active()
		return
	}
	cmd := exec.Command(os.Args[0], "-test.run=^TestUnknownLevelPanics$")
	cmd.Env = append(os.Environ(), "NOGIL_SIMD=sse9")
	out, err := cmd.CombinedOutput()
	if err == nil || !strings.Contains(string(out), `simd: NOGIL_SIMD="sse9"`) {
		t.Errorf("err = %v, output:\n%s", err, out)
	}
}

func TestString(t *testing.T) {
	if s := AVX512.String(); s != "avx512" {
		t.Errorf("AVX512.String() = %q", s)
	}
	if s := Level(9).String(); s != "Level(9)" {
		t.Errorf("Level(9).String() = %q", s)
	}
}
