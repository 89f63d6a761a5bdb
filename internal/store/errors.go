package store

import (
	"errors"
	"fmt"
	"strings"
)

// ErrDrift says that the database does not hold the rows the snapshot holds: somebody changed them around the journal.
var ErrDrift = errors.New("the rows were changed around the journal")

// ErrUnstorable says that a text is not UTF-8 or holds a zero byte, which databases cannot keep.
var ErrUnstorable = errors.New("a text is not UTF-8 or holds a zero byte")

// ErrReference says that a row refers to one that is not there.
var ErrReference = errors.New("a row refers to one that is not there")

// ErrBusy says that somebody else held the lock all the time: nothing was sent, and the next attempt may succeed.
var ErrBusy = errors.New("the lock is held by somebody else")

// RowError names what the database refused.
type RowError struct {
	Table string
	ID    int64 // 0 if it was one of several rows
	Err   error
}

func (e *RowError) Error() string {
	if e.ID == 0 {
		return fmt.Sprintf("%s: %v", e.Table, e.Err)
	}
	return fmt.Sprintf("%s, row %d: %v", e.Table, e.ID, e.Err)
}

// Unwrap gives the database's own words.
func (e *RowError) Unwrap() error { return e.Err }

// definite tells whether an error settles that nothing was committed and never will be. answered knows the database's own codes. What
// goes wrong with the journal's tables is never about the rows: it hints at a second writer, and is looked into.
func definite(err error, answered func(error) bool) bool {
	if errors.Is(err, ErrDrift) || errors.Is(err, ErrUnstorable) || errors.Is(err, ErrReference) {
		return true
	}
	var row *RowError
	if errors.As(err, &row) && strings.HasPrefix(row.Table, "journal") {
		return false
	}
	return answered(err)
}
