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

// Kpis follows indicators of a node, or of the organisation.
func Kpis(node *string, f *read.KpiFilter, asOf *vocab.Date) Subject {
	return latest{
		see: func(v *read.View) error {
			_, err := v.Kpis(node, f, asOf, read.Page{})
			return err
		},
		show: func(v *read.View, since *read.Since, reset bool) any { return v.KpiEvent(node, f, asOf, since, reset) },
	}
}

// Capacity follows a heat map.
func Capacity(asked *read.CapacityAsked) Subject {
	return latest{
		see: func(v *read.View) error {
			_, err := v.CapacityEvent(asked, nil, false).Capacity()
			return err
		},
		show: func(v *read.View, since *read.Since, reset bool) any { return v.CapacityEvent(asked, since, reset) },
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
