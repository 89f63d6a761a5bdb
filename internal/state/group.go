package state

import "slices"

// group is the rows that refer to one row, by number, in parts of a bounded length: a change copies one part, however many rows there
// are. Parts are never empty. A group that is nil has no rows.
type group struct {
	own   *token
	parts []part
}

type part struct {
	own  *token
	rows []any
}

const partLength = 256

// each hands out the rows by number until f says stop.
func (g *group) each(f func(row any) bool) {
	if g == nil {
		return
	}
	for i := range g.parts {
		for _, row := range g.parts[i].rows {
			if !f(row) {
				return
			}
		}
	}
}

// owned gives a copy whose parts are still shared.
func (g *group) owned(own *token) *group {
	if g == nil {
		return &group{own: own}
	}
	return &group{own, slices.Clone(g.parts)}
}

// set replaces the row of a number, adds it, or removes it if row is nil. The group must be the editor's own.
func (g *group) set(d *Desc, own *token, id int64, row any) {
	last := len(g.parts) - 1
	if last < 0 || row != nil && len(g.parts[last].rows) == partLength && d.RowID(g.parts[last].rows[partLength-1]) < id {
		if row != nil {
			g.parts = append(g.parts, part{own, append(make([]any, 0, 2), row)})
		}
		return
	}
	i := 0
	if last > 0 {
		i, _ = slices.BinarySearchFunc(g.parts[:last], id, func(p part, id int64) int { return order(d, p.rows[len(p.rows)-1], id) })
	}
	p := &g.parts[i]
	n, found := len(p.rows), false
	if d.RowID(p.rows[n-1]) >= id {
		n, found = slices.BinarySearchFunc(p.rows, id, func(row any, id int64) int { return order(d, row, id) })
	}
	if row == nil && !found {
		return
	}
	if p.own != own {
		*p = part{own, append(make([]any, 0, len(p.rows)+1), p.rows...)}
	}
	switch {
	case found && row == nil:
		if p.rows = slices.Delete(p.rows, n, n+1); len(p.rows) == 0 {
			g.parts = slices.Delete(g.parts, i, i+1)
		}
	case found:
		p.rows[n] = row
	default:
		if p.rows = slices.Insert(p.rows, n, row); len(p.rows) > partLength {
			half := len(p.rows) / 2
			upper := part{own, slices.Clone(p.rows[half:])}
			clear(p.rows[half:])
			p.rows = p.rows[:half]
			g.parts = slices.Insert(g.parts, i+1, upper)
		}
	}
}

func order(d *Desc, row any, id int64) int {
	switch have := d.RowID(row); {
	case have < id:
		return -1
	case have > id:
		return 1
	}
	return 0
}
