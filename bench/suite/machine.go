// What the figures were measured on.

package suite

import (
	"os"
	"os/exec"
	"runtime"
	"runtime/debug"
	"strings"

	"github.com/klauspost/cpuid/v2"
	"golang.org/x/sys/unix"

	"github.com/nogil-go/nogil/bench/readlimit"
	"github.com/nogil-go/nogil/openblas"
	"github.com/nogil-go/nogil/simd"
)

// A Machine is what a reader needs to know to compare, or to repeat.
type Machine struct {
	CPU         string            `json:"cpu"`
	Cores       int               `json:"cores"`      // that this process may use
	GOMAXPROCS  int               `json:"gomaxprocs"` // that Go takes of them
	ThreadsPer  int               `json:"threads_per_core"`
	L1D         int               `json:"l1d_bytes"`
	L2          int               `json:"l2_bytes"`
	L3          int               `json:"l3_bytes"`
	Memory      int64             `json:"memory_bytes"`
	MemoryLimit int64             `json:"memory_limit_bytes,omitempty"`
	SIMD        string            `json:"simd"`
	SIMDLevels  []string          `json:"simd_levels"`
	OS          string            `json:"os"`
	Kernel      string            `json:"kernel"`
	Arch        string            `json:"arch"`
	Go          string            `json:"go"`
	CCompiler   string            `json:"c_compiler"` // of the program; empty without cgo
	BLAS        string            `json:"blas"`
	LoadAverage string            `json:"load_average"` // before
	LoadAfter   string            `json:"load_average_after"`
	Affinity    string            `json:"affinity,omitempty"`  // the processors that this process may use
	CPULimit    float64           `json:"cpu_limit,omitempty"` // of the control group, in processors
	Governor    string            `json:"frequency_governor"`
	HugePages   string            `json:"transparent_huge_pages,omitempty"`
	Modules     map[string]string `json:"modules"`
}

func describeMachine() Machine {
	cpu := cpuid.CPU
	m := Machine{
		CPU: cpu.BrandName, Cores: runtime.NumCPU(), GOMAXPROCS: runtime.GOMAXPROCS(0), ThreadsPer: cpu.ThreadsPerCore,
		L1D: cpu.Cache.L1D, L2: cpu.Cache.L2, L3: cpu.Cache.L3,
		SIMD: simd.Active().String(), OS: osName(), Kernel: kernel(), Arch: runtime.GOARCH,
		Go: runtime.Version(), CCompiler: readlimit.Compiler(), BLAS: "gonum (Go)",
		LoadAverage: firstLine("/proc/loadavg"), Affinity: affinity(), CPULimit: cpuLimit(), Governor: governor(),
		HugePages: firstLine("/sys/kernel/mm/transparent_hugepage/enabled"),
		Modules:   map[string]string{},
	}
	for _, l := range simd.Levels() {
		m.SIMDLevels = append(m.SIMDLevels, l.String())
	}
	if kb, ok := meminfo("MemTotal"); ok {
		m.Memory = kb << 10
	}
	m.MemoryLimit, _ = memoryLimit()
	if config := openblas.Config(); config != "" {
		m.BLAS = config
	}
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, d := range info.Deps {
			m.Modules[d.Path] = d.Version
		}
	}
	return m
}

// osName is the distribution's own name, or Go's name of the system.
func osName() string {
	b, err := os.ReadFile("/etc/os-release")
	if err == nil {
		for line := range strings.Lines(string(b)) {
			if name, ok := strings.CutPrefix(strings.TrimSpace(line), "PRETTY_NAME="); ok {
				return strings.Trim(name, `"`)
			}
		}
	}
	if version, err := exec.Command("sw_vers", "-productVersion").Output(); err == nil {
		return "macOS " + strings.TrimSpace(string(version))
	}
	return runtime.GOOS
}

func kernel() string {
	var u unix.Utsname
	if unix.Uname(&u) != nil {
		return ""
	}
	return unix.ByteSliceToString(u.Sysname[:]) + " " + unix.ByteSliceToString(u.Release[:])
}

func firstLine(path string) string {
	b, _ := os.ReadFile(path)
	line, _, _ := strings.Cut(string(b), "\n")
	return line
}

// affinity is the list of processors, as the kernel writes it.
func affinity() string {
	b, _ := os.ReadFile("/proc/self/status")
	for line := range strings.Lines(string(b)) {
		if list, ok := strings.CutPrefix(line, "Cpus_allowed_list:"); ok {
			return strings.TrimSpace(list)
		}
	}
	return ""
}

// governor is who sets the processors' frequency; a virtual machine has none.
func governor() string {
	if g := firstLine("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor"); g != "" {
		return g
	}
	return "none to be seen"
}
