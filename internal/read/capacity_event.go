package read

import (
	"context"

	"pmograph/internal/figure"
	"pmograph/internal/vocab"
)

// CapacityAsked says which heat map is asked for.
type CapacityAsked struct {
	By       CapacityBy
	Grain    vocab.CapacityGrain
	From, To vocab.Date
	Filter   *CapacityFilter
}

func (v *View) capacity(a *CapacityAsked) (*CapacityMap, error) {
	return v.Capacity(a.By, a.Grain, a.From, a.To, a.Filter)
}

// CapacityEvent shows a heat map after it changed.
type CapacityEvent struct {
	Moment
	v     *View
	asked *CapacityAsked
	since *Since
}

// CapacityEvent shows a heat map, and who was not booked beyond his capacity at an event before, if there was one.
func (v *View) CapacityEvent(a *CapacityAsked, since *Since, reset bool) *CapacityEvent {
	return &CapacityEvent{v.moment(reset), v, a, since}
}

// Capacity is the heat map.
func (e *CapacityEvent) Capacity() (*CapacityMap, error) { return e.v.capacity(e.asked) }

// OverAllocation is a period of a row in which somebody has come to be booked beyond his capacity.
type OverAllocation struct {
	Node     Node
	RoleName *string
	Load     *Load
	Number   *Long
	at       cell
}

// cell is a period of a row: of a thing, or of a role.
type cell struct {
	id     int64
	role   string
	period vocab.Date
}

// maxOver is how many periods an event tells of.
const maxOver = 500

// over hands out the periods in which somebody is booked beyond his capacity.
func (m *CapacityMap) over(yield func(cell, *LoadRow, figure.Load) bool) {
	for _, r := range m.rows {
		if !overbooked(r.c.Total()) { // no free day makes up for another
			continue
		}
		for i := range r.c.Span.Periods {
			l, at := r.c.In(i), cell{id: r.id}
			if r.RoleName != nil {
				at = cell{role: *r.RoleName}
			}
			at.period = l.First
			if overbooked(l) && !yield(at, r, l) {
				return
			}
		}
	}
}

// OverAllocated are the periods in which somebody is booked beyond his capacity and was not at the event before.
func (e *CapacityEvent) OverAllocated(ctx context.Context) ([]OverAllocation, error) {
	list := []OverAllocation{}
	if e.since == nil || e.v.Past() == nil {
		return list, nil
	}
	then, err := e.v.told(ctx, *e.since)
	if err != nil {
		return list, unlessTooFar(err)
	}
	was, err := then.overbooked(e.asked)
	if err != nil {
		return list, err
	}
	now, err := e.Capacity()
	if err != nil {
		return list, err
	}
	now.over(func(at cell, r *LoadRow, l figure.Load) bool {
		if !was[at] {
			load := e.v.load(l)
			list = append(list, OverAllocation{Node: r.Node, RoleName: r.RoleName, Load: &load, at: at})
		}
		return len(list) < maxOver
	})
	if len(list) == 0 {
		return list, nil
	}
	return list, e.number(ctx, list)
}

// number says of each period which entry did it.
func (e *CapacityEvent) number(ctx context.Context, list []OverAllocation) error {
	t, err := e.v.turns(ctx, *e.since)
	if err != nil {
		return unlessTooFar(err)
	}
	by := map[*View]map[cell]bool{}
	for i, o := range list {
		list[i].Number = t.at(func(v *View) bool {
			if by[v] == nil {
				by[v], err = v.overbooked(e.asked)
			}
			return by[v][o.at]
		})
	}
	return err
}

// overbooked gives the periods in which somebody is booked beyond his capacity, as far as the viewer may know.
func (v *View) overbooked(a *CapacityAsked) (map[cell]bool, error) {
	m, err := v.capacity(a)
	if err != nil {
		return nil, err
	}
	all := map[cell]bool{}
	m.over(func(at cell, _ *LoadRow, _ figure.Load) bool {
		all[at] = true
		return true
	})
	return all, nil
}
