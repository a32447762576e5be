package main

// nogil info: what numpy.show_config and threadpoolctl's threadpool_info tell.

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"

	"github.com/klauspost/cpuid/v2"
	"github.com/urfave/cli/v3"
	"gonum.org/v1/gonum/blas/blas64"

	"github.com/nogil-go/nogil/parfor"
	"github.com/nogil-go/nogil/simd"
)

type info struct {
	Version   string    `json:"version"`
	Go        string    `json:"go"`
	OS        string    `json:"os"`
	Arch      string    `json:"arch"`
	CPU       cpuInfo   `json:"cpu"`
	SIMD      simdInfo  `json:"simd"`
	Threads   threads   `json:"threads"`
	BLAS      string    `json:"blas"`
	Cgroup    cgroup    `json:"cgroup"`
	Variables variables `json:"variables"`
}

type cpuInfo struct {
	Name     string `json:"name"`
	Physical int    `json:"physical_cores"`
	Logical  int    `json:"logical_cores"`
	L1       int    `json:"l1_data_bytes"`
	L2       int    `json:"l2_bytes"`
	L3       int    `json:"l3_bytes"`
}

type simdInfo struct {
	Kernels   string   `json:"kernels"` // C or Go
	Level     string   `json:"level"`
	Available []string `json:"available"`
	IFMA      bool     `json:"ifma"`
	Why       string   `json:"why"`
}

type threads struct {
	Loop       int `json:"loop"`
	GOMAXPROCS int `json:"gomaxprocs"`
	CPUs       int `json:"cpus"`
}

type variables map[string]string

func (a *app) infoCommand() *cli.Command {
	return &cli.Command{
		Name:  "info",
		Usage: "CPU, caches, instruction set and why, BLAS, threads, limits of the control group",
		Description: `Tells what a result or a timing depends on.

   nogil info
   nogil info --json
   NOGIL_SIMD=avx2 nogil info`,
		Action: a.action(a.info),
	}
}

func (a *app) info(_ context.Context, c *cli.Command) error {
	if c.Args().Present() {
		return usagef("info takes no argument")
	}
	i := a.gather()
	if a.json {
		return a.writeJSON(i)
	}
	rows := [][2]string{
		{"nogil", i.Version + ", " + i.Go + ", " + i.OS + "/" + i.Arch},
		{"CPU", fmt.Sprintf("%s, %d physical and %d logical cores", i.CPU.Name, i.CPU.Physical, i.CPU.Logical)},
		{"caches", fmt.Sprintf("L1 %s, L2 %s, L3 %s", size(int64(i.CPU.L1)), size(int64(i.CPU.L2)), size(int64(i.CPU.L3)))},
		{"kernels", i.SIMD.Kernels},
		{"instruction set", i.SIMD.Level + ": " + i.SIMD.Why},
		{"BLAS behind gonum", i.BLAS},
		{"threads", fmt.Sprintf("%d in a loop, GOMAXPROCS %d, %d CPUs for this process", i.Threads.Loop, i.Threads.GOMAXPROCS, i.Threads.CPUs)},
		{"control group", fmt.Sprintf("CPUs %s, memory %s", limit(i.Cgroup.CPUs > 0, short(i.Cgroup.CPUs)), limit(i.Cgroup.Memory > 0, size(i.Cgroup.Memory)))},
	}
	for _, name := range variableNames {
		if v, ok := i.Variables[name]; ok {
			rows = append(rows, [2]string{name, v})
		}
	}
	return pairs(a.out, rows)
}

func limit(there bool, s string) string {
	if there {
		return s
	}
	return "not limited"
}

var variableNames = []string{"NOGIL_SIMD", "NOGIL_NUM_THREADS", "OMP_NUM_THREADS", "OMP_SCHEDULE", "GOMAXPROCS", "GOMEMLIMIT", "GOGC"}

func (a *app) gather() info {
	cpu := cpuid.CPU
	i := info{
		Version: version(), Go: runtime.Version(), OS: runtime.GOOS, Arch: runtime.GOARCH,
		CPU: cpuInfo{
			Name: cpu.BrandName, Physical: cpu.PhysicalCores, Logical: cpu.LogicalCores,
			L1: cpu.Cache.L1D, L2: cpu.Cache.L2, L3: cpu.Cache.L3,
		},
		Threads: threads{Loop: parfor.Loop{Threads: a.threads}.NumThreads(), GOMAXPROCS: runtime.GOMAXPROCS(0), CPUs: runtime.NumCPU()},
		BLAS:    "gonum's own, in Go", Cgroup: readCgroup("/"), Variables: variables{},
	}
	if i.CPU.Name == "" {
		i.CPU.Name = "unknown"
	}
	if name := fmt.Sprintf("%T", blas64.Implementation()); !strings.HasPrefix(name, "gonum.") {
		i.BLAS = name
	}
	i.SIMD.fill()
	for _, name := range variableNames {
		if v, ok := os.LookupEnv(name); ok {
			i.Variables[name] = v
		}
	}
	return i
}

func (s *simdInfo) fill() {
	s.Level, s.IFMA = simd.Active().String(), simd.IFMA()
	for _, l := range simd.Levels() {
		s.Available = append(s.Available, l.String())
	}
	s.Kernels = "C"
	if !cgo {
		s.Kernels = "plain Go, since nogil was built without cgo: the same bits, slower"
	}
	if v := os.Getenv("NOGIL_SIMD"); v != "" {
		s.Why = "NOGIL_SIMD asks for it; there are " + strings.Join(s.Available, ", ")
		return
	}
	s.Why = "the best of " + strings.Join(s.Available, ", ")
	if s.IFMA {
		s.Why += "; with IFMA"
	}
}

// size is a number of bytes for the eye.
func size(n int64) string {
	if n <= 0 {
		return "unknown"
	}
	units := []string{"B", "KiB", "MiB", "GiB", "TiB"}
	v, k := float64(n), 0
	for v >= 1024 && k < len(units)-1 {
		v, k = v/1024, k+1
	}
	return strconv.FormatFloat(v, 'g', 4, 64) + " " + units[k]
}

// version is that of the module, as go install stamps it.
func version() string {
	if b, ok := debug.ReadBuildInfo(); ok && b.Main.Version != "" {
		return b.Main.Version
	}
	return "(devel)"
}
