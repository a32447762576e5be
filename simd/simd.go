// Package simd says which instruction set the kernels use.
//
// The level is chosen once, from the CPU's own description, and holds for the
// life of the process: the best of Levels. The environment variable NOGIL_SIMD
// (generic, avx2, avx512 or neon) takes its place, so that a slower level can be
// tested and measured on any machine. A name that is not known, or a level that
// this CPU lacks, panics at the first use; there is no silent fallback.
//
// Results do not depend on the level: every kernel gives the same bits on all of
// them. Only the time differs. Without cgo the kernels are plain Go and ignore it.
package simd

import (
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync"

	"github.com/klauspost/cpuid/v2"
)

// Level is a set of instructions that the kernels are compiled for. The values
// index the dispatch tables in csrc.
type Level uint8

const (
	Generic Level = iota // portable C: SSE2 on amd64, whatever the compiler's baseline is elsewhere
	AVX2                 // AVX2 and FMA
	AVX512               // AVX-512 F, DQ, VL and BW
	NEON                 // arm64's Advanced SIMD

	numLevels = iota
)

var names = [numLevels]string{"generic", "avx2", "avx512", "neon"}

// String returns the name that NOGIL_SIMD takes.
func (l Level) String() string {
	if int(l) < len(names) {
		return names[l]
	}
	return "Level(" + strconv.Itoa(int(l)) + ")"
}

// Levels returns the levels that this CPU and its operating system support,
// slowest first. The first is always Generic.
func Levels() []Level {
	levels := []Level{Generic}
	for l := Generic + 1; l < numLevels; l++ {
		if supports(l) {
			levels = append(levels, l)
		}
	}
	return levels
}

// Active returns the level that the kernels use: NOGIL_SIMD, else the best of
// Levels. It panics when NOGIL_SIMD names no level of this CPU.
func Active() Level { return active() }

var active = sync.OnceValue(func() Level { return choose(os.Getenv("NOGIL_SIMD"), Levels()) })

// choose returns the level that env asks for, or the best one for an empty env.
func choose(env string, levels []Level) Level {
	if env == "" {
		return levels[len(levels)-1]
	}
	have := make([]string, len(levels))
	for i, l := range levels {
		if l.String() == env {
			return l
		}
		have[i] = l.String()
	}
	panic("simd: NOGIL_SIMD=" + strconv.Quote(env) + ": this machine has " + strings.Join(have, ", "))
}

// IFMA reports whether the 52-bit integer multiply-add of AVX-512 is there and
// the active level allows it. It belongs to no level, because the first CPUs with
// AVX-512 lack it.
func IFMA() bool {
	return Active() == AVX512 && cpuid.CPU.Supports(cpuid.AVX512IFMA)
}

// Tiles reports whether the tile unit with products of bfloat16 (AMX) is there, the active level
// is AVX512, and the operating system lets this process use it: Linux wants to be asked, once, as
// a thread that uses it has 8 KB more to save. It belongs to no level.
func Tiles() bool { return tiles() }

var tiles = sync.OnceValue(func() bool {
	return Active() == AVX512 && cpuid.CPU.Supports(cpuid.AMXTILE, cpuid.AMXBF16) && tilesAllowed()
})

func supports(l Level) bool {
	cpu := cpuid.CPU
	switch l {
	case Generic:
		return true
	case AVX2:
		return cpu.Supports(cpuid.AVX2, cpuid.FMA3)
	case AVX512:
		return supports(AVX2) && cpu.Supports(cpuid.AVX512F, cpuid.AVX512DQ, cpuid.AVX512VL, cpuid.AVX512BW)
	case NEON:
		return runtime.GOARCH == "arm64" // the architecture demands it
	}
	return false
}
