// Package deliver tells recipients outside of what stands in the journal: in order, each at its own pace, at least once. It knows how far each
// was told and when he is told next; what is told and how is a channel's.
package deliver

import (
	"context"
	"errors"
	"time"

	"pmograph/internal/read"
	"pmograph/internal/state"
)

// Channel is a way of telling: webhooks, mail. Its methods may be called from several goroutines, Tell for one recipient by one at a time.
type Channel interface {
	// Name is the channel's word in tables and figures.
	Name() string
	// Recipients lists who is to be told by a snapshot of the record. Who is not listed any more is forgotten, with how far he was told.
	Recipients(*state.Snapshot) []Recipient
	// Tell tells a recipient what stands in the journal after a place, as far as he may see it now, or finds that there is nothing. It is called
	// when the record has moved, and at Told.Next; failed counts the attempts in a row that failed before. It tells no more at once than takes
	// some seconds, and returns soon after ctx ends. What it told is counted even if it fails thereafter. An error that is no *Failure is tried
	// again for good: it is not the recipient's fault.
	Tell(ctx context.Context, recipient int64, from read.Since, failed int) (Told, error)
}

// Recipient is somebody who is to be told.
type Recipient struct {
	ID      int64
	From    int64 // journal number after which he is told, when he is new or begins a new round
	Round   int64 // another than before: he is told anew, after From
	Version int64 // another than before: what failed, and when he was due, counts no more
	Discard int64 // dead letters up to this journal number are dropped
}

// Told is how far a recipient was told.
type Told struct {
	UpTo read.Since // after which to go on; the zero value means that nothing was looked at
	Next time.Time  // to be called then, and not before; zero: as soon as the record has moved on
	Sent bool       // something was sent: it is written down at once, else now and then
}

// Failure says that a recipient could not be told of an entry.
type Failure struct {
	Over read.Since // the place behind that entry, where to go on if it is given up
	Text string     // for who looks after the recipient; without secrets, and short
	Gone bool       // the recipient wants nothing any more
}

func (f *Failure) Error() string { return f.Text }

// ErrLost says that the place after which to tell is not one of this record, or too far back: telling goes on from the present, and a dead
// letter says so.
var ErrLost = errors.New("the record went on differently, or this lies too far back: what happened in between was not told")

// Steps gives at most n entries after a place that a viewer sees, and how far it looked; more says that there is more to look at. It is what a
// channel reads by. ErrLost if one cannot go on from the place.
func Steps(ctx context.Context, v *read.View, from read.Since, n int) (steps []read.Step, upTo read.Since, more bool, err error) {
	if from.Snapshot == nil || !from.Snapshot.SameRecord(v.Snapshot()) {
		from.Snapshot = nil
		known, err := v.Knows(from.Position)
		if err == nil && !known && from.Position.Seq > v.Position().Seq {
			return nil, from, false, nil // this process has not come so far yet
		}
		if err == nil && !known {
			err = ErrLost
		}
		if err != nil {
			return nil, from, false, err
		}
	}
	steps, upTo, more, err = v.Steps(ctx, from, nil, n)
	if read.TooFar(err) {
		err = ErrLost
	}
	return steps, upTo, more, err
}
