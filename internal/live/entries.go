package live

import (
	"context"

	"pmograph/auth"
	"pmograph/internal/read"
	"pmograph/internal/state"
)

// steps reads at most n entries after a place that the viewer sees, and tells how far it looked, and whether there is more.
type steps func(ctx context.Context, v *read.View, from read.Since, n int) (list []read.Step, upTo read.Since, more bool, err error)

// entries is a subject of which nothing is left out: each entry that the viewer sees, once and in order.
type entries[E any] struct {
	steps  steps
	show   func(v *read.View, e *read.JournalEntry) E           // tells of an entry
	state  func(v *read.View, reset bool) E                     // tells of the present
	turned func(v *read.View, from read.Since) (E, bool, error) // what changed with the viewer's rights alone; nil: that is not told
	back   func(v *read.View, after state.Position) (at read.Since, known bool, err error)

	from  read.Since // up to which all was told
	reset bool
	first bool // the present comes first
	v     *read.View
	event *E          // what changed with the viewer's rights, not told yet
	rest  []read.Step // read from v, and not told yet
	upTo  read.Since  // up to which was read
	more  bool
}

// pageSize is how many entries are read ahead.
const pageSize = 100

// Journal follows the journal in a scope, or all of it.
func Journal(scope *string) Subject[*read.JournalEvent] {
	return &entries[*read.JournalEvent]{
		steps: func(ctx context.Context, v *read.View, from read.Since, n int) ([]read.Step, read.Since, bool, error) {
			return v.Steps(ctx, from, scope, n)
		},
		show:  (*read.View).JournalEvent,
		state: func(v *read.View, _ bool) *read.JournalEvent { return v.JournalEvent(nil) },
		back: func(_ *read.View, after state.Position) (read.Since, bool, error) {
			return read.Since{Position: after}, true, nil
		},
	}
}

// Portfolio follows a part of the organisation, entry by entry; initial says that it comes first as it stands. Who
// comes back with other rights than he left with is to read again what he keeps.
func Portfolio(id auth.Identity, b *read.Branch, initial bool) Subject[*read.PortfolioEvent] {
	return &entries[*read.PortfolioEvent]{
		steps: func(ctx context.Context, v *read.View, from read.Since, n int) ([]read.Step, read.Since, bool, error) {
			if err := b.Check(v); err != nil {
				return nil, from, false, err
			}
			return v.BranchSteps(ctx, from, b, n)
		},
		show:  func(v *read.View, e *read.JournalEntry) *read.PortfolioEvent { return v.PortfolioStep(b, e) },
		state: func(v *read.View, reset bool) *read.PortfolioEvent { return v.PortfolioEvent(b, reset) },
		turned: func(v *read.View, from read.Since) (*read.PortfolioEvent, bool, error) {
			e, err := v.RightsTurned(from, b)
			return e, e != nil, err
		},
		back: func(v *read.View, after state.Position) (read.Since, bool, error) {
			return v.Returned(context.Background(), id, after)
		},
		first: initial,
	}
}

func (j *entries[E]) begin(s start) error {
	_, _, _, err := j.steps(context.Background(), s.view, s.view.Here(), 1)
	j.from, j.reset = s.view.Here(), s.reset
	if s.after == nil || err != nil {
		return err
	}
	if j.first = false; s.reset {
		return nil
	}
	from, known, err := j.back(s.view, *s.after)
	if known {
		j.from = from
	} else {
		j.reset = true
	}
	return err
}

func (j *entries[E]) look(ctx context.Context, v *read.View) (event E, ok bool, err error) {
	if j.v == nil || !same(j.v, v) {
		if err := j.turn(v); err != nil {
			return event, false, err
		}
	}
	if j.reset || j.first {
		return j.state(v, j.reset), true, nil
	}
	if j.event != nil {
		return *j.event, true, nil
	}
	for len(j.rest) == 0 && j.more {
		j.rest, j.upTo, j.more, err = j.steps(ctx, v, j.upTo, pageSize)
		if read.TooFar(err) {
			j.reset = true
			return j.state(v, true), true, nil
		}
		if err != nil {
			return event, false, err
		}
		j.settle()
	}
	if len(j.rest) == 0 {
		return event, false, nil
	}
	return j.show(v, j.rest[0].Entry), true, nil
}

// turn goes on with another view: what was read ahead is read again, with the rights of now.
func (j *entries[E]) turn(v *read.View) error {
	if j.v != nil && !j.v.Snapshot().SameRecord(v.Snapshot()) {
		known, err := v.Knows(j.from.Position)
		if err != nil {
			return err
		}
		j.from.Snapshot, j.reset = nil, j.reset || !known
	}
	j.v, j.event, j.rest, j.upTo, j.more = v, nil, nil, j.from, true
	if j.turned == nil || j.reset {
		return nil
	}
	e, some, err := j.turned(v, j.from)
	if some {
		j.event = &e
	} else {
		j.from = v.Stay(j.from)
	}
	return err
}

// settle moves on over what held nothing for the viewer.
func (j *entries[E]) settle() {
	if len(j.rest) == 0 {
		j.from = j.upTo
	}
}

func (j *entries[E]) told() {
	switch {
	case j.reset:
		j.reset, j.first, j.from, j.more = false, false, j.v.Here(), false
	case j.first:
		j.first, j.event, j.from, j.more = false, nil, j.v.Here(), false
	case j.event != nil:
		j.event, j.from = nil, j.v.Stay(j.from)
	default:
		j.from, j.rest = j.rest[0].After, j.rest[1:]
		j.settle()
	}
}

func (j *entries[E]) place() state.Position { return j.from.Position }
