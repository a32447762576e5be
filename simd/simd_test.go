package simd

import (
	"os"
	"runtime"
	"slices"
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
}

func TestChoose(t *testing.T) {
	have := []Level{Generic, AVX2}
	for env, want := range map[string]Level{"": AVX2, "generic": Generic, "avx2": AVX2} {
		if got := choose(env, have); got != want {
			t.Errorf("choose(%q) = %v, want %v", env, got, want)
		}
	}
}

// A level that is not known, or known but not here, must not fall back in silence.
func TestChoosePanicsOnWhatIsNotThere(t *testing.T) {
	for _, env := range []string{"avx512", "AVX2", "sse9", " "} {
		func() {
			defer func() {
				want := `simd: NOGIL_SIMD="` + env + `": this machine has generic, avx2`
				if got := recover(); got != want {
					t.Errorf("choose(%q) panicked with %v, want %v", env, got, want)
				}
			}()
			choose(env, []Level{Generic, AVX2})
		}()
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
