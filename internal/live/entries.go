package live

import (
	"context"

	"pmograph/auth"
	"pmograph/internal/read"
	"pmograph/internal/state"
)

// entries is a subject of which nothing is left out: each entry that the viewer sees, once and in order.
type entries struct {
	steps  func(ctx context.Context, v *read.View, from read.Since, n int) (list []read.Step, upTo read.Since, more bool, err error)
	show   func(v *read.View, e *read.JournalEntry) any // tells of an entry
	state  func(v *read.View, reset bool) any           // tells of the present
	turned func(v *read.View, from read.Since) (any, error)
	back   func(v *read.View, ctx context.Context, id auth.Identity, after state.Position) (known bool, err error)
}

// pageSize is how many entries are read at a time.
const pageSize = 100

// Journal follows the journal in a scope, or all of it.
func Journal(scope *string) Subject {
	return entries{
		steps: func(ctx context.Context, v *read.View, from read.Since, n int) ([]read.Step, read.Since, bool, error) {
			return v.Steps(ctx, from, scope, n)
		},
		show:  func(v *read.View, e *read.JournalEntry) any { return v.JournalEvent(e) },
		state: func(v *read.View, _ bool) any { return v.JournalEvent(nil) },
	}
}

// Portfolio follows a part of the organisation, entry by entry. It can come first as it stands; who comes back with other rights than he left with
// is to read again what he keeps.
func Portfolio(b *read.Branch) Subject {
	return entries{
		steps: func(ctx context.Context, v *read.View, from read.Since, n int) ([]read.Step, read.Since, bool, error) {
			if err := b.Check(v); err != nil {
				return nil, from, false, err
			}
			return v.BranchSteps(ctx, from, b, n)
		},
		show:   func(v *read.View, e *read.JournalEntry) any { return v.PortfolioStep(b, e) },
		state:  func(v *read.View, reset bool) any { return v.PortfolioEvent(b, reset) },
		turned: func(v *read.View, from read.Since) (any, error) { return v.RightsTurned(from, b) },
		back:   (*read.View).Returned,
	}
}

func (j entries) each() bool { return true }

// first tells whether the present can come first.
func (j entries) first() bool { return j.turned != nil }

func (j entries) check(v *read.View) error {
	_, _, _, err := j.steps(context.Background(), v, v.Here(), 1)
	return err
}

// returned tells whether what somebody keeps is what his rights of now showed him at the position to which he comes back.
func (j entries) returned(ctx context.Context, v *read.View, id auth.Identity, after state.Position) (known bool, err error) {
	if j.back == nil {
		return true, nil
	}
	return j.back(v, ctx, id, after)
}

func (j entries) next(ctx context.Context, v *read.View, from Place) (told, error) {
	here := v.Here()
	if from.Reset || from.Fresh && j.first() {
		return told{events: []event{{j.state(v, from.Reset), here}}, upTo: here}, nil
	}
	if j.turned != nil {
		if e, err := j.turned(v, from.Since); e != nil || err != nil {
			here := v.Stay(from.Since)
			return told{events: []event{{e, here}}, upTo: here, more: true}, err
		}
	}
	steps, upTo, more, err := j.steps(ctx, v, from.Since, pageSize)
	if read.TooFar(err) {
		return told{events: []event{{j.state(v, true), here}}, upTo: here}, nil
	}
	t := told{upTo: upTo, more: more}
	for _, s := range steps {
		t.events = append(t.events, event{j.show(v, s.Entry), s.After})
	}
	return t, err
}
