package live

import (
	"context"

	"pmograph/internal/fault"
	"pmograph/internal/read"
	"pmograph/internal/vocab"
)

// latest is a subject of which only the latest state counts: whoever reads slowly skips some.
type latest struct {
	see  func(v *read.View) error // why it may not be followed from a view on
	show func(v *read.View, since *read.Since, reset bool) any
}

// Project follows a project.
func Project(id string) Subject {
	return latest{
		see: func(v *read.View) error {
			if _, ok := v.Node(id).(*read.Project); !ok {
				return fault.New(fault.NotFound, "there is no project %.80q", id)
			}
			return nil
		},
		show: func(v *read.View, since *read.Since, reset bool) any { return v.ProjectEvent(id, since, reset) },
	}
}

// Rollup follows the figures of a node, or of everything the viewer sees.
func Rollup(node *string, asOf *vocab.Date) Subject {
	return latest{
		see: func(v *read.View) error {
			if v.RollupEvent(node, asOf, false).Rollup() == nil {
				return fault.New(fault.NotFound, "there is no organisation, portfolio or program %.80q", *node)
			}
			return nil
		},
		show: func(v *read.View, _ *read.Since, reset bool) any { return v.RollupEvent(node, asOf, reset) },
	}
}

func (l latest) each() bool { return false }

func (l latest) check(v *read.View) error { return l.see(v) }

func (l latest) next(_ context.Context, v *read.View, from Place) (told, error) {
	since := &from.Since
	if from.Fresh || from.Reset {
		since = nil
	}
	here := v.Here()
	return told{events: []event{{l.show(v, since, from.Reset), here}}, upTo: here}, nil
}

// entries is the subject of which nothing is left out: each entry that the viewer sees, once and in order.
type entries struct{ scope *string }

// pageSize is how many entries are read at a time.
const pageSize = 100

// Journal follows the journal in a scope, or all of it.
func Journal(scope *string) Subject { return entries{scope} }

func (j entries) each() bool { return true }

func (j entries) check(v *read.View) error {
	_, _, _, err := v.Steps(context.Background(), v.Here(), j.scope, 1)
	return err
}

func (j entries) next(ctx context.Context, v *read.View, from Place) (told, error) {
	if from.Reset {
		return j.reset(v), nil
	}
	steps, upTo, more, err := v.Steps(ctx, from.Since, j.scope, pageSize)
	if read.TooFar(err) {
		return j.reset(v), nil
	}
	t := told{upTo: upTo, more: more}
	for _, s := range steps {
		t.events = append(t.events, event{v.JournalEvent(s.Entry), s.After})
	}
	return t, err
}

func (j entries) reset(v *read.View) told {
	here := v.Here()
	return told{events: []event{{v.JournalEvent(nil), here}}, upTo: here}
}
