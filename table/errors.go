package table

import (
	"errors"
	"fmt"
)

// What errors of this package wrap.
var (
	ErrSyntax = errors.New("malformed")
	ErrKind   = errors.New("wrong type")
	ErrName   = errors.New("wrong name")
)

// ParseError says what is wrong where in a text file. It wraps ErrSyntax or ErrKind.
type ParseError struct {
	File   string
	Line   int    // from 1
	Column int    // the byte in the line, from 1
	Name   string // of the table's column, "" where that does not matter
	Err    error
}

func (e *ParseError) Error() string {
	if e.Name == "" {
		return fmt.Sprintf("%s:%d:%d: %v", e.File, e.Line, e.Column, e.Err)
	}
	return fmt.Sprintf("%s:%d:%d: column %q: %v", e.File, e.Line, e.Column, e.Name, e.Err)
}

func (e *ParseError) Unwrap() error { return e.Err }
