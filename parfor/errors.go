package parfor

// What reaches the caller when a body fails.

import (
	"errors"
	"fmt"
)

// ErrStop ends a loop early without an error when a body returns it: chunks that
// have not begun are skipped (OpenMP's cancel, Cython's break).
var ErrStop = errors.New("parfor: stop")

// Panic is the value with which a loop panics when its body did. It unwraps to
// the original value where that is an error.
type Panic struct {
	Value  any    // what the body passed to panic
	Stack  []byte // the stack of the goroutine that ran the body
	Lo, Hi int    // the range on which it ran
}

// Error describes the original panic and where it happened.
func (p *Panic) Error() string {
	return fmt.Sprintf("parfor: panic in iterations [%d, %d): %v\n\n%s", p.Lo, p.Hi, p.Value, p.Stack)
}

// Unwrap returns the original value if it is an error, else nil.
func (p *Panic) Unwrap() error {
	err, _ := p.Value.(error)
	return err
}

// RangeError is an error that a body returned, with the range it came from.
type RangeError struct {
	Lo, Hi int
	Err    error
}

// Error describes the error and its range.
func (e *RangeError) Error() string {
	return fmt.Sprintf("parfor: iterations [%d, %d): %v", e.Lo, e.Hi, e.Err)
}

// Unwrap returns what the body returned.
func (e *RangeError) Unwrap() error { return e.Err }
