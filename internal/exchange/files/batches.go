package files

import (
	"errors"
	"fmt"

	"pmograph/internal/exchange/dataset"
)

// batch is some rows, one behind the other.
type batch []dataset.Value

const (
	batchOf = 256 // rows of a batch
	batches = 4   // that there are at a time
)

// errUnwanted ends a plan whose rows nobody takes any more.
var errUnwanted = errors.New("nobody takes the rows")

// inBatches runs a plan and hands its rows on: while some are written, the next are read.
func inBatches(v *dataset.View, p *dataset.Plan, each func(row []dataset.Value) error) error {
	width := len(p.Columns)
	read, free := make(chan batch, batches), make(chan batch, batches)
	for range batches {
		free <- make(batch, 0, batchOf*width)
	}
	written := make(chan error, 1)
	go func() { written <- writeBatches(read, free, width, each) }()
	err := fillBatches(v, p, read, free, width)
	if failed := <-written; failed != nil {
		return failed
	}
	return err
}

// fillBatches reads rows into batches until there are no more, or nobody takes them.
func fillBatches(v *dataset.View, p *dataset.Plan, read chan<- batch, free <-chan batch, width int) error {
	defer close(read)
	filling := <-free
	_, err := p.Each(v, func(r *dataset.Row) error {
		if filling = append(filling, r.Values...); len(filling) < batchOf*width {
			return nil
		}
		read <- filling // there is room for all
		var more bool
		if filling, more = <-free; !more {
			return errUnwanted
		}
		return nil
	})
	if err == nil {
		read <- filling
	}
	return err
}

// writeBatches hands on the rows of batches until there are no more, or nobody takes them. A panic is an error of the caller's.
func writeBatches(read <-chan batch, free chan<- batch, width int, each func(row []dataset.Value) error) (err error) {
	defer close(free)
	defer func() {
		if x := recover(); x != nil {
			err = fmt.Errorf("panic: %v", x)
		}
	}()
	for b := range read {
		for at := 0; at < len(b); at += width {
			if err := each(b[at : at+width : at+width]); err != nil {
				return err
			}
		}
		free <- b[:0]
	}
	return nil
}
