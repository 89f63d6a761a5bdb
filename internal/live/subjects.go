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

// Kpis follows indicators of a node, or of the organisation.
func Kpis(node *string, f *read.KpiFilter, asOf *vocab.Date) Subject[*read.KpiEvent] {
	return &latest[*read.KpiEvent]{
		check: func(v *read.View) error {
			_, err := v.Kpis(node, f, asOf, read.Page{})
			return err
		},
		show: func(v *read.View, since *read.Since, reset bool) *read.KpiEvent {
			return v.KpiEvent(node, f, asOf, since, reset)
		},
	}
}

// Capacity follows a heat map.
func Capacity(asked *read.CapacityAsked) Subject[*read.CapacityEvent] {
	return &latest[*read.CapacityEvent]{
		check: func(v *read.View) error {
			_, err := v.CapacityEvent(asked, nil, false).Capacity()
			return err
		},
		show: func(v *read.View, since *read.Since, reset bool) *read.CapacityEvent {
			return v.CapacityEvent(asked, since, reset)
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
