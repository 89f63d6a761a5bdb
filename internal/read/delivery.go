package read

import (
	"sync"
	"time"

	"pmograph/internal/fault"
	"pmograph/internal/state"
)

// Delivery is how far somebody outside was told of the journal.
type Delivery struct {
	Position     Position
	Number       Long
	ToldAt       *time.Time
	Failed       int
	FailingSince *time.Time
	Error        *string
	NextAt       *time.Time
	Stopped      bool
}

// DeadLetter is an entry of the journal that somebody outside could not be told of.
type DeadLetter struct {
	Number   Long
	At       time.Time
	Attempts int
	Error    string
}

// delivery gives how far a recipient of a channel was told; nil if that has not begun. It is asked for once a view.
func (v *View) delivery(channel string, recipient int64) (*Delivery, error) {
	if v.Past() == nil {
		return nil, nil
	}
	ask, _ := v.room.told.LoadOrStore(channel, sync.OnceValues(func() (map[int64]state.Delivery, error) { return v.Past().Deliveries(channel) }))
	by, err := ask.(func() (map[int64]state.Delivery, error))()
	d, ok := by[recipient]
	if !ok {
		return nil, err
	}
	return &Delivery{Position(d.UpTo), Long(d.UpTo.Seq), instant(d.ToldAt), d.Failed, instant(d.Since), optional(d.Error), instant(d.Due), d.Stopped}, nil
}

// instant gives an instant, nil for none.
func instant(at time.Time) *time.Time {
	if at.IsZero() {
		return nil
	}
	return &at
}

const maxDeadLetters = 100

// deadLetters lists what a recipient of a channel was not told and did not discard.
func (v *View) deadLetters(channel string, recipient, discarded int64, first int32) ([]DeadLetter, error) {
	list := []DeadLetter{}
	if first < 1 || first > maxDeadLetters {
		return nil, fault.At("first", "OUT_OF_RANGE", "1 to %d dead letters are listed, not %d", maxDeadLetters, first)
	}
	if v.Past() == nil {
		return list, nil
	}
	all, err := v.Past().DeadLetters(channel, recipient, int(first))
	for _, d := range all {
		if d.Number > discarded {
			list = append(list, DeadLetter{Long(d.Number), d.At, d.Attempts, d.Error})
		}
	}
	return list, err
}
