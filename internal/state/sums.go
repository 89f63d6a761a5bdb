package state

import "pmograph/ent"

// A Measure gives each project, or each resource, a vector of sums: a pure function of the rows that lie in the project or belong to the
// resource, and of work calendars, tolerances, portfolios, teams, definitions of indicators and the organisation's settings. Vectors of nodes are sums of those below.
//
// They are kept, not kept up: each project, portfolio, resource and team has a cell, in which vectors lie once somebody asked for them. A
// change puts fresh cells in the place of those it makes wrong, from the project up to the top; the others are shared by snapshots. So a
// vector cannot drift from what it sums, and a change costs the same however many vectors are kept.
type Measure struct {
	name string
	of   func(r Reader, id int64, at Point) Vector
	tree *treeKind
}

// Point is what a vector is asked for: days, numbers, whatever the measure means by them.
type Point struct{ A, B, C int64 }

// NewProjectMeasure declares a measure of projects. of reads through a reader that sees everything: what comes out must not reach a viewer
// who may not see all of a node in every class the vector is made from.
func NewProjectMeasure(name string, of func(r Reader, project int64, at Point) Vector) *Measure {
	return &Measure{name, of, projectTree}
}

// NewResourceMeasure declares a measure of resources, in the same way.
func NewResourceMeasure(name string, of func(r Reader, resource int64, at Point) Vector) *Measure {
	return &Measure{name, of, resourceTree}
}

// treeKind says in which tree the owners of vectors hang.
type treeKind struct {
	slot           int // of the two trees of a snapshot
	members, nodes func() *Desc
	column         string // of members: the node they hang on
	parent         string // of nodes
}

var (
	projectTree  = &treeKind{0, func() *Desc { return Projects.desc }, func() *Desc { return Portfolios.desc }, "portfolio_id", "parent_id"}
	resourceTree = &treeKind{1, func() *Desc { return Resources.desc }, func() *Desc { return Teams.desc }, "team_id", "parent_id"}
)

// cells are the places where vectors of one tree are kept.
type cells struct {
	members trie[*cell]
	parts   trie[*cell] // of a node's members, by node and a part of the member's number
	nodes   trie[*cell]
}

// The members of a node are summed in parts, so that one change among thousands does not sum thousands: in few parts if they are few.
const (
	fewParts, manyParts = 8, 64
	fewMembers          = 512
)

// partKey names a part of a node's members; the keys of both divisions lie side by side.
func partKey(node, member, parts int64) uint64 {
	return uint64(node)*(fewParts+manyParts) + uint64(parts/manyParts*fewParts+member%parts)
}

// Member gives the vector of one project or resource, visible or not.
func (m *Measure) Member(r Reader, id int64, at Point) Vector {
	c, _ := r.Snapshot().sums[m.tree.slot].members.get(uint64(id))
	return c.get(cellKey{m, at}, func() Vector { return m.of(All(r), id, at) })
}

// Node gives the vector of a portfolio or team with all below it, visible or not.
func (m *Measure) Node(r Reader, id int64, at Point) Vector {
	s := r.Snapshot()
	c, _ := s.sums[m.tree.slot].nodes.get(uint64(id))
	return c.get(cellKey{m, at}, func() (sum Vector) {
		sum = m.inParts(r, id, m.membersOf(r, id), at)
		m.tree.nodes().group(s, m.tree.parent, id).each(func(row any) bool {
			sum = sum.Add(m.Node(r, m.tree.nodes().RowID(row), at))
			return true
		})
		return sum
	})
}

// Within gives the vector of what lies right in a portfolio or team, without what lies below, visible or not.
func (m *Measure) Within(r Reader, id int64, at Point) Vector {
	below := false
	m.tree.nodes().group(r.Snapshot(), m.tree.parent, id).each(func(any) bool { below = true; return false })
	if !below {
		return m.Node(r, id, at)
	}
	return m.inParts(r, id, m.membersOf(r, id), at)
}

func (m *Measure) membersOf(r Reader, id int64) (members []int64) {
	m.tree.members().group(r.Snapshot(), m.tree.column, id).each(func(row any) bool {
		members = append(members, m.tree.members().RowID(row))
		return true
	})
	return members
}

// inParts sums the members of a node, and keeps the sums of its parts, and what each member adds: after a change one member is summed anew.
func (m *Measure) inParts(r Reader, node int64, members []int64, at Point) (sum Vector) {
	parts := int64(fewParts)
	if len(members) > fewMembers {
		parts = manyParts
	}
	some := make([][]int64, parts)
	for _, id := range members {
		some[id%parts] = append(some[id%parts], id)
	}
	for n, ids := range some {
		if len(ids) == 0 {
			continue
		}
		c, _ := r.Snapshot().sums[m.tree.slot].parts.get(partKey(node, int64(n), parts))
		sum = sum.Add(c.get(cellKey{m, at}, func() (part Vector) {
			for _, id := range ids {
				part = part.Add(m.Member(r, id, at))
			}
			return part
		}))
	}
	return sum
}

// forget puts fresh cells for a member and the nodes above one.
func (s *Snapshot) forget(own *token, t *treeKind, member int64, node int64, hangs bool) {
	all := &s.sums[t.slot]
	fresh(own, &all.members, uint64(member))
	if hangs {
		fresh(own, &all.parts, partKey(node, member, fewParts))
		fresh(own, &all.parts, partKey(node, member, manyParts))
		s.forgetNodes(own, t, node)
	}
}

// forgetNodes puts fresh cells for a node and those above it.
func (s *Snapshot) forgetNodes(own *token, t *treeKind, node int64) {
	for hangs := true; hangs && fresh(own, &s.sums[t.slot].nodes, uint64(node)); {
		row, ok := s.tables[t.nodes().Slot].rows.get(uint64(node))
		if !ok {
			return
		}
		node, hangs = t.nodes().intField(row, t.nodes().byName[t.parent])
	}
}

// fresh puts an empty cell; false if there is one of the same owner, as there is then all the way up.
func fresh(own *token, in *trie[*cell], key uint64) bool {
	if c, ok := in.get(key); ok && c.own == own && !c.used.Load() {
		return false
	}
	in.put(own, key, &cell{own: own})
	return true
}

// everything puts fresh cells everywhere: something that all vectors are made with has changed.
func (s *Snapshot) everything(own *token) {
	for _, t := range []*treeKind{projectTree, resourceTree} {
		s.sums[t.slot] = cells{}
		s.tables[t.nodes().Slot].rows.each(func(row any) bool {
			fresh(own, &s.sums[t.slot].nodes, uint64(t.nodes().RowID(row)))
			return true
		})
		s.tables[t.members().Slot].rows.each(func(row any) bool {
			s.forgetRow(own, t, row)
			return true
		})
	}
}

// forgetRow forgets what hangs on a member, at the place where it hangs.
func (s *Snapshot) forgetRow(own *token, t *treeKind, row any) {
	node, hangs := t.members().intField(row, t.members().byName[t.column])
	s.forget(own, t, t.members().RowID(row), node, hangs)
}

// forgetMember forgets what hangs on a member of a number, if there is one.
func (s *Snapshot) forgetMember(own *token, t *treeKind, id int64) {
	if row, ok := s.tables[t.members().Slot].rows.get(uint64(id)); ok {
		s.forgetRow(own, t, row)
	}
}

// touched notes that a row was changed, and what is wrong by that.
func (s *Snapshot) touched(own *token, t *Desc, before, after any) {
	for _, row := range []any{before, after} {
		if row == nil {
			continue
		}
		switch x := row.(type) {
		case *ent.Project:
			s.forgetRow(own, projectTree, row)
		case *ent.Resource:
			s.forgetRow(own, resourceTree, row)
		case *ent.Allocation:
			s.forgetMember(own, resourceTree, x.ResourceID)
			s.forgetMember(own, projectTree, x.ProjectID)
		case *ent.WorkCalendar, *ent.KpiDefinition, *ent.Organisation, *ent.Tolerance:
			s.everything(own)
			return
		case *ent.Portfolio:
			s.touchedNode(own, projectTree, before, after, row)
		case *ent.Team:
			s.touchedNode(own, resourceTree, before, after, row)
		default:
			if t.project >= 0 {
				if id, ok := t.intField(row, t.project); ok {
					s.forgetMember(own, projectTree, id)
				}
			}
		}
	}
}

// touchedNode notes that a node was made, changed or removed: moving it, or changing the calendar it hands down, changes everything.
func (s *Snapshot) touchedNode(own *token, t *treeKind, before, after, row any) {
	d := t.nodes()
	if before == nil || after == nil {
		s.forgetNodes(own, t, d.RowID(row))
		return
	}
	for _, column := range []string{t.parent, "calendar_id"} {
		if i, ok := d.byName[column]; ok && !d.same(before, after, i) {
			s.everything(own)
			return
		}
	}
}

// touch notes that facts of an owner were changed.
func (s *Snapshot) touch(own *token, t *Desc, owner int64) {
	column, id := t.form.ownedBy(owner)
	for _, tree := range []*treeKind{projectTree, resourceTree} {
		if t.Columns[column].Ref == tree.members() {
			s.forgetMember(own, tree, id)
		}
	}
}

func (d *Draft) touched(t *Desc, before, after any)   { d.s.touched(d.own, t, before, after) }
func (d *Draft) touch(t *Desc, owner int64)           { d.s.touch(d.own, t, owner) }
func (b *Builder) touched(t *Desc, before, after any) { b.s.touched(b.own, t, before, after) }
func (b *Builder) touch(t *Desc, owner int64)         { b.s.touch(b.own, t, owner) }

// retouch notes a row, or facts, put without being decided.
func (d *Draft) retouch(c *Change) {
	if c.Table.form != nil {
		d.touch(c.Table, c.ID)
		return
	}
	d.touched(c.Table, c.Before, c.After)
}
