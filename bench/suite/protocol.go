// What the benchmark and its contenders say to each other: one JSON object a
// line. A contender is a process that stays up, nogil's own included. It says
// hello, then answers each request with one reply; arrays travel in .npy files.
// Python speaks it in peers/worker.py, C in peers/openmp.c, Go in worker.go.

package suite

import "github.com/nogil-go/nogil/parfor"

// A hello is a contender's first line.
type hello struct {
	Hello *struct {
		Versions map[string]string `json:"versions"`
	} `json:"hello"`
	Error string `json:"error"` // why it cannot take part
}

// A request asks for one timed run.
type request struct {
	Task    string             `json:"task"`
	Threads int                `json:"threads"`
	Inner   int                `json:"inner"`  // how often to do the task inside the timed part
	Inputs  map[string]string  `json:"inputs"` // name to .npy file
	Params  map[string]float64 `json:"params,omitempty"`
	Answer  string             `json:"answer"`          // the .npy file of float64 to leave the answer in
	Trace   bool               `json:"trace,omitempty"` // record the parallel loops; nogil's own worker knows how
	trace   *parfor.Trace      // where to, in the worker
}

// A reply tells how long the timed part took, by the contender's own clock.
type reply struct {
	Seconds float64            `json:"seconds"` // all Inner repetitions together
	CPU     float64            `json:"cpu"`     // processor time of the timed part, of this process; 0 where it cannot tell
	Spans   [][3]float64       `json:"spans"`   // of the traced loops
	Info    map[string]float64 `json:"info"`    // what else there is to tell: epochs, …
	Error   string             `json:"error"`
}
