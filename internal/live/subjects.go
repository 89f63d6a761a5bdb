package live

import (
	"context"

	"pmograph/internal/fault"
	"pmograph/internal/read"
	"pmograph/internal/state"
	"pmograph/internal/vocab"
)

// latest is a subject of which only the latest state counts: whoever reads slowly skips some.
type latest[E any] struct {
	check func(v *read.View) error // whether it may be followed from a view on
	show  func(v *read.View, since *read.Since, reset bool) E
	seen  *read.View // the view of the event told last; nil before the first
	next  *read.View // the view of the event that look gave last
	since *read.Since
	from  state.Position
	reset bool
}

// Project follows a project.
func Project(id string) Subject[*read.ProjectEvent] {
	return &latest[*read.ProjectEvent]{
		check: func(v *read.View) error {
			if _, ok := v.Node(id).(*read.Project); !ok {
				return fault.New(fault.NotFound, "there is no project %.80q", id)
			}
			return nil
		},
		show: func(v *read.View, since *read.Since, reset bool) *read.ProjectEvent {
			return v.ProjectEvent(id, since, reset)
		},
	}
}

// Rollup follows the figures of a node, or of everything the viewer sees.
func Rollup(node *string, asOf *vocab.Date) Subject[*read.RollupEvent] {
	return &latest[*read.RollupEvent]{
		check: func(v *read.View) error {
			if v.RollupEvent(node, asOf, false).Rollup() == nil {
				return fault.New(fault.NotFound, "there is no organisation, portfolio or program %.80q", *node)
			}
			return nil
		},
		show: func(v *read.View, _ *read.Since, reset bool) *read.RollupEvent {
			return v.RollupEvent(node, asOf, reset)
		},
	}
}

func (l *latest[E]) begin(s start) error {
	l.reset, l.from = s.reset, s.view.Position()
	if s.after == nil {
		return l.check(s.view)
	}
	if !s.reset {
		l.since, l.from = &read.Since{Position: *s.after}, *s.after
	}
	return nil
}

func (l *latest[E]) look(_ context.Context, v *read.View) (event E, ok bool, err error) {
	if l.seen != nil {
		if same(l.seen, v) {
			return event, false, nil
		}
		if !l.seen.Snapshot().SameRecord(v.Snapshot()) {
			known, err := v.Knows(l.from)
			if err != nil {
				return event, false, err
			}
			if l.since = &(read.Since{Position: l.from}); !known {
				l.since, l.reset = nil, true
			}
		}
	}
	l.next = v
	return l.show(v, l.since, l.reset), true, nil
}

func (l *latest[E]) told() {
	here := l.next.Here()
	l.seen, l.since, l.from, l.reset = l.next, &here, here.Position, false
}

func (l *latest[E]) place() state.Position { return l.from }

// entries is the subject of which nothing is left out: each entry that the viewer sees, once and in order.
type entries struct {
	scope *string
	from  read.Since // up to which all was told
	reset bool
	v     *read.View  // what the rest was read from
	steps []read.Step // not told yet
	upTo  read.Since  // up to which was read
	more  bool
}

// pageSize is how many entries are read ahead.
const pageSize = 100

// Journal follows the journal in a scope, or all of it.
func Journal(scope *string) Subject[*read.JournalEvent] { return &entries{scope: scope} }

func (j *entries) begin(s start) error {
	_, _, _, err := s.view.Steps(context.Background(), s.view.Here(), j.scope, 1)
	j.from, j.reset = s.view.Here(), s.reset
	if s.after != nil && !s.reset {
		j.from = read.Since{Position: *s.after}
	}
	return err
}

func (j *entries) look(ctx context.Context, v *read.View) (event *read.JournalEvent, ok bool, err error) {
	if j.v == nil || !same(j.v, v) {
		if err := j.turn(v); err != nil {
			return nil, false, err
		}
	}
	if j.reset {
		return v.JournalEvent(nil), true, nil
	}
	for len(j.steps) == 0 && j.more {
		j.steps, j.upTo, j.more, err = v.Steps(ctx, j.upTo, j.scope, pageSize)
		if read.TooFar(err) {
			j.reset = true
			return v.JournalEvent(nil), true, nil
		}
		if err != nil {
			return nil, false, err
		}
		j.settle()
	}
	if len(j.steps) == 0 {
		return nil, false, nil
	}
	return v.JournalEvent(j.steps[0].Entry), true, nil
}

// turn goes on with another view: what was read ahead is read again, with the rights of now.
func (j *entries) turn(v *read.View) error {
	if j.v != nil && !j.v.Snapshot().SameRecord(v.Snapshot()) {
		known, err := v.Knows(j.from.Position)
		if err != nil {
			return err
		}
		j.from.Snapshot, j.reset = nil, j.reset || !known
	}
	j.v, j.steps, j.upTo, j.more = v, nil, j.from, true
	return nil
}

// settle moves on over what held nothing for the viewer.
func (j *entries) settle() {
	if len(j.steps) == 0 {
		j.from = j.upTo
	}
}

func (j *entries) told() {
	if j.reset {
		j.reset, j.from, j.more = false, j.v.Here(), false
		return
	}
	j.from, j.steps = j.steps[0].After, j.steps[1:]
	j.settle()
}

func (j *entries) place() state.Position { return j.from.Position }
