// What else the machine does while it is measured. The kernel counts the time of each
// processor; what the hypervisor took (steal) and what other programs used of the time
// that contenders were being timed is reported, and above a threshold it is said loudly.

package suite

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"strings"
)

// Above these shares of the machine's processor time a workload counts as disturbed.
const (
	stealLimit  = 0.01
	othersLimit = 0.05
)

// Noise is what others took while a workload's contenders were being timed, as shares of
// all processors' time.
type Noise struct {
	Steal  float64 `json:"steal"`  // by the hypervisor, for other machines
	Others float64 `json:"others"` // by other programs on this one
}

// disturbed says what is above its threshold; nothing where all is quiet.
func (n Noise) disturbed() string {
	var words []string
	if n.Steal > stealLimit {
		words = append(words, fmt.Sprintf("the hypervisor took %.1f %% of the processors", 100*n.Steal))
	}
	if n.Others > othersLimit {
		words = append(words, fmt.Sprintf("other programs used %.1f %% of the processors", 100*n.Others))
	}
	return strings.Join(words, ", ")
}

// A processorTime is a reading of /proc/stat's first line, in ticks.
type processorTime struct{ busy, idle, steal float64 }

func readProcessorTime() processorTime {
	b, err := os.ReadFile("/proc/stat")
	if err != nil {
		return processorTime{}
	}
	line, _, _ := bytes.Cut(b, []byte("\n"))
	return parseProcessorTime(string(line))
}

// parseProcessorTime reads "cpu user nice system idle iowait irq softirq steal …".
func parseProcessorTime(line string) processorTime {
	f := strings.Fields(line)
	if len(f) < 9 || f[0] != "cpu" {
		return processorTime{}
	}
	var v [8]float64
	for i := range v {
		v[i], _ = strconv.ParseFloat(f[i+1], 64)
	}
	return processorTime{busy: v[0] + v[1] + v[2] + v[5] + v[6], idle: v[3] + v[4], steal: v[7]}
}

// A watch adds up what happens between begin and end, over many runs.
type watch struct {
	total    processorTime
	ours     float64 // seconds of the contenders
	from     processorTime
	ourClock float64
}

// ticksPerSecond is the unit of /proc/stat on every Linux (USER_HZ).
const ticksPerSecond = 100

func (w *watch) begin() { w.from, w.ourClock = readProcessorTime(), ownClock() }

// end closes a run for which the contender spent the given processor seconds.
func (w *watch) end(spent float64) {
	now := readProcessorTime()
	w.total.busy += now.busy - w.from.busy
	w.total.idle += now.idle - w.from.idle
	w.total.steal += now.steal - w.from.steal
	w.ours += spent + ownClock() - w.ourClock
}

func ownClock() float64 {
	s, _ := processClock(os.Getpid())
	return s
}

// noise is the verdict; it needs some seconds of runs to say anything.
func (w *watch) noise() Noise {
	all := w.total.busy + w.total.idle + w.total.steal
	if all < ticksPerSecond/2 {
		return Noise{}
	}
	return Noise{Steal: w.total.steal / all, Others: max(w.total.busy-ticksPerSecond*w.ours, 0) / all}
}
