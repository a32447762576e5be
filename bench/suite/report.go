// What a run found, as it is written to JSON and printed as a table. The table
// is made from the report alone, so a saved report prints the same table.

package suite

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// schema is raised when a field changes its meaning.
const schema = 2

// A Report is one run of the benchmark.
type Report struct {
	Schema    int              `json:"schema"`
	Started   time.Time        `json:"started"`
	Seconds   float64          `json:"seconds"`
	Command   []string         `json:"command"`
	Quick     bool             `json:"quick"`
	Ended     string           `json:"ended,omitempty"` // why, where not all was measured
	Threads   []int            `json:"threads"`
	Machine   Machine          `json:"machine"`
	Peers     []Peer           `json:"peers"`
	Limits    []Limit          `json:"limits,omitempty"`
	Workloads []WorkloadReport `json:"workloads"`
}

// A Peer is a program that took part, or that could not.
type Peer struct {
	Program  string            `json:"program"`
	Versions map[string]string `json:"versions,omitempty"`
	Missing  string            `json:"missing,omitempty"` // why it could not
}

// A WorkloadReport is all that was measured of one workload.
type WorkloadReport struct {
	Suite     string     `json:"suite"`
	Name      string     `json:"name"`
	Shape     string     `json:"shape"`
	Notes     []string   `json:"notes,omitempty"`
	Units     float64    `json:"units"` // how many of Unit a run does
	Unit      string     `json:"unit"`
	Error     string     `json:"error,omitempty"` // why there are no rows
	Seconds   float64    `json:"seconds"`         // that the measuring took in all
	Noise     Noise      `json:"noise"`
	Rows      []Row      `json:"rows,omitempty"`
	Timelines []Timeline `json:"timelines,omitempty"`
}

// Outcomes of a row. Only an ok row has times.
const (
	ok      = "ok"
	wrong   = "wrong"   // its answer is not the others' answer
	failed  = "failed"  // it crashed, hung or complained
	missing = "missing" // it could not be had
	cut     = "cut"     // the run ended before its turn came
)

// A Row is one contender at one number of threads.
type Row struct {
	Who       string             `json:"who"`
	Threads   int                `json:"threads"`          // that nogil is given in the rows compared with
	Serial    bool               `json:"serial,omitempty"` // it uses one thread whatever Threads is
	ISA       string             `json:"isa,omitempty"`
	Base      bool               `json:"base,omitempty"`  // the one that ratios are against
	Limit     bool               `json:"limit,omitempty"` // not a contender: the machine's own limit
	Status    string             `json:"status"`
	Reason    string             `json:"reason,omitempty"`
	Bytes     float64            `json:"bytes,omitempty"`           // of memory traffic in a run, where that is the limit
	Flops     float64            `json:"flops,omitempty"`           // of a run, where they are known
	Footprint float64            `json:"footprint_bytes,omitempty"` // of the data that is gone over
	Level     string             `json:"roof,omitempty"`            // the limit of reading that its roof is made of
	OfRoof    float64            `json:"share_of_roof,omitempty"`
	Inner     int                `json:"inner,omitempty"`   // runs timed together; samples are for one
	Samples   []float64          `json:"samples,omitempty"` // seconds, a round each
	Median    float64            `json:"median,omitempty"`
	Within    *Interval          `json:"median_within,omitempty"`
	Spread    float64            `json:"spread,omitempty"` // (slowest − fastest) / median
	PerUnit   float64            `json:"per_unit,omitempty"`
	GBps      float64            `json:"gb_per_s,omitempty"`
	OfRead    float64            `json:"share_of_read,omitempty"` // GBps / that of the limit's row
	Ratio     float64            `json:"ratio,omitempty"`         // the median of its times / the base's, round by round
	Between   *Interval          `json:"ratio_within,omitempty"`
	Busy      float64            `json:"busy_cores,omitempty"`    // processor time / time: the cores that a run keeps busy
	Memory    int64              `json:"private_bytes,omitempty"` // peak of memory that only its processes have
	RSS       int64              `json:"rss_bytes,omitempty"`     // peak of resident memory, mapped data included, summed over its processes
	Procs     int                `json:"processes,omitempty"`
	Info      map[string]float64 `json:"info,omitempty"`
}

// A Timeline is who ran which chunk when, in one run of nogil beside the timed ones.
type Timeline struct {
	Who     string       `json:"who"`
	Threads int          `json:"threads"`
	Spans   [][3]float64 `json:"spans"` // thread, start and end in seconds
}

// fill computes what follows from the samples: rates, shares, ratios, intervals.
func (w *WorkloadReport) fill() {
	base, limit := map[int][]float64{}, map[int]float64{}
	for i := range w.Rows {
		r := &w.Rows[i]
		if r.Status != ok {
			continue
		}
		within := medianInterval(r.Samples)
		r.Median, r.Within, r.Spread = median(r.Samples), &within, spread(r.Samples)
		if !r.Limit {
			r.PerUnit = r.Median / w.Units
		}
		r.GBps = r.Bytes / r.Median / 1e9
		if _, have := base[r.Threads]; r.Base && !have {
			base[r.Threads] = r.Samples
		}
		if r.Limit {
			limit[r.Threads] = r.GBps
		}
	}
	for i := range w.Rows {
		r := &w.Rows[i]
		if r.Status != ok {
			continue
		}
		if b := base[r.Threads]; b != nil && !r.Limit {
			ratios := pairedRatios(r.Samples, b)
			between := medianInterval(ratios)
			r.Ratio, r.Between = median(ratios), &between
		}
		if l := limit[r.Threads]; l > 0 {
			r.OfRead = r.GBps / l
		}
	}
}

// saveAll writes the report in every form: JSON to path, and beside it what benchstat
// reads and the page with the pictures.
func (r *Report) saveAll(path string) error {
	return errors.Join(r.save(path), saveWhole(beside(path, ".txt"), r.writeBenchfmt), saveWhole(beside(path, ".html"), r.writePage))
}

// beside is path with another ending.
func beside(path, ending string) string {
	return strings.TrimSuffix(path, filepath.Ext(path)) + ending
}

// save writes the report as JSON.
func (r *Report) save(path string) error {
	return saveWhole(path, func(w io.Writer) error {
		e := json.NewEncoder(w)
		e.SetIndent("", " ")
		return e.Encode(r)
	})
}

// saveWhole writes a file whole or not at all.
func saveWhole(path string, write func(io.Writer) error) error {
	var b bytes.Buffer
	if err := write(&b); err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	half := path + ".half"
	if err := os.WriteFile(half, b.Bytes(), 0o644); err != nil {
		return err
	}
	return os.Rename(half, path)
}

// loadReport reads what save wrote.
func loadReport(path string) (*Report, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	r := &Report{}
	if err := json.Unmarshal(b, r); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if r.Schema != schema {
		return nil, fmt.Errorf("%s: schema %d, want %d", path, r.Schema, schema)
	}
	return r, nil
}
