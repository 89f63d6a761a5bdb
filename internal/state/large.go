package state

import (
	"reflect"
	"slices"
	"time"

	"pmograph/auth"
	"pmograph/internal/vocab"
)

// A large draft, an import above all, takes too long to be decided while everybody waits for the lock. It is decided beforehand on a
// snapshot, and what others commit meanwhile is merged into it: their few rows into its many, not the other way round.

// Advance sets n numbers of an entity aside: no row gets one of them but by Reserve. A draft that did so is recorded even if it changed no
// row, since its header says so.
func (d *Draft) Advance(t *Desc, n int64) Numbers {
	c := d.content(t)
	aside := Numbers{c.next, c.next + n}
	c.next, d.advanced = aside.End, true
	return aside
}

// Recorded tells whether the draft has to become an entry: it changed something, set numbers aside, or is a migration.
func (d *Draft) Recorded() bool { return len(d.changes) > 0 || d.advanced || d.migrates }

// Numbers are numbers of an entity that were set aside: First and the ones after it, below End.
type Numbers struct{ First, End int64 }

// Reserve gives the draft numbers that were set aside for it: rows it makes get them as long as they last.
func (d *Draft) Reserve(t *Desc, n Numbers) {
	if d.reserved == nil {
		d.reserved = map[*Desc]*Numbers{}
	}
	d.reserved[t] = &n
}

// number gives a number no row ever had.
func (d *Draft) number(t *Desc) int64 {
	if n := d.reserved[t]; n != nil && n.First < n.End {
		n.First++
		return n.First - 1
	}
	c := d.content(t)
	c.next++
	return c.next - 1
}

// Created gives, by entity, how many numbers the draft took from those that any other mutation would take too.
func (d *Draft) Created() map[*Desc]int64 {
	n := map[*Desc]int64{}
	for _, t := range Tables {
		if taken := d.s.tables[t.Slot].next - d.base.tables[t.Slot].next; taken > 0 {
			n[t] = taken
		}
	}
	return n
}

// Merge brings into a finished draft what others committed since its base: newest is the record with their entries, theirs. It reports
// false if the draft has to be decided anew, since the outcome might be another: they changed a row that it changed, took numbers that it
// took, changed its actor's rights, or one of the rules no longer holds. The draft must not be used then.
//
// Rules are asked again of the changes in those projects that both touched, since an invariant reads its row's project and what all share.
// If they changed the latter, rules are asked of every change; unless whole is true, which takes its time, that decides anew too.
func (d *Draft) Merge(newest *Snapshot, theirs []Entry, session auth.Session, invariants []Invariant, whole bool) bool {
	if session.Rights != d.session.Rights || session.User != d.session.User && d.admitted == 0 {
		return false
	}
	near, ok := d.take(newest, theirs)
	if !ok || near.shared && !whole {
		return false
	}
	for _, t := range Tables {
		mine, was, now := d.s.tables[t.Slot].next, d.base.tables[t.Slot].next, newest.tables[t.Slot].next
		if now == was {
			continue
		}
		if mine != was { // both gave the same numbers
			return false
		}
		d.content(t).next = now
	}
	if d.base = newest; d.admitted == 0 {
		d.session = session
	}
	d.s.pos.Seq, d.s.hash, d.s.at, d.s.levels = newest.pos.Seq+1, newest.hash, newest.at, newest.levels
	ask := near.changes
	for _, c := range d.changes {
		if near.shared || near.projects[d.project(c)] {
			ask = append(ask, c)
		}
	}
	return d.holds(ask, invariants)
}

// vicinity is what others changed: whose rules might not hold any more.
type vicinity struct {
	changes  []*Change      // theirs
	projects map[int64]bool // they lie in
	shared   bool           // or in no project: what all share
}

// take puts their rows into the draft. It reports false where both changed a row, or a project with changes of the draft was moved.
func (d *Draft) take(newest *Snapshot, theirs []Entry) (near vicinity, ok bool) {
	near.projects = map[int64]bool{}
	seen := map[rowKey]bool{}
	for i := range theirs {
		for j := range theirs[i].Changes {
			e := &theirs[i].Changes[j]
			t, known := byTable[e.Entity]
			k := rowKey{0, e.ID}
			if known {
				k.slot = t.Slot
			}
			if !known || d.index[k] != nil {
				return near, false
			}
			if seen[k] {
				continue
			}
			seen[k] = true
			before, _ := d.base.tables[t.Slot].rows.get(uint64(e.ID))
			after, _ := newest.tables[t.Slot].rows.get(uint64(e.ID))
			c := &Change{Table: t, ID: e.ID, Before: before, After: after}
			d.content(t).set(t, d.own, e.ID, after)
			if t.form == nil {
				d.content(t).bury(t, d.own, e.ID, before, after, theirs[i].Seq)
			}
			d.retouch(&Change{Table: t, ID: e.ID, Before: before, After: after})
			if c.Columns = c.differAll(); c.Columns != nil {
				near.changes = append(near.changes, c)
			}
			if t == Projects.desc && before != nil && after != nil && t.place(d.base, before) != t.place(newest, after) {
				return near, false // what lies below it was moved with it
			}
			near.shared = near.shared || !scoped(t)
			for _, side := range []struct {
				s   *Snapshot
				row any
			}{{d.base, before}, {newest, after}} {
				if side.row != nil {
					near.projects[t.place(side.s, side.row).Project] = true
				}
			}
		}
	}
	delete(near.projects, 0)
	return near, true
}

// scoped tells whether an entity's rows lie in projects; all others are structure.
func scoped(t *Desc) bool {
	_, ok := t.byName["project_id"]
	return ok || t == Projects.desc
}

func (d *Draft) project(c *Change) int64 {
	if c.After != nil {
		return c.Table.place(&d.s, c.After).Project
	}
	return c.Table.place(d.base, c.Before).Project
}

// holds asks the rules of changes again: references, unique values and invariants.
func (d *Draft) holds(changes []*Change, invariants []Invariant) bool {
	return !slices.ContainsFunc(changes, func(c *Change) bool {
		return d.dangles(c) || d.unique(c) != nil || slices.ContainsFunc(invariants, func(hold Invariant) bool { return hold(d, c) != nil })
	})
}

// dangles tells whether a changed row refers to one that is gone, or a deleted one is still referred to.
func (d *Draft) dangles(c *Change) bool {
	if c.After == nil && c.Table.form == nil {
		return d.refers(c) != nil
	}
	if c.Table.form != nil {
		return d.factsDangle(c)
	}
	return slices.ContainsFunc(c.Table.refs, func(i int) bool {
		id, ok := c.Table.intField(c.After, i)
		return ok && !d.s.has(c.Table.Columns[i].Ref, id)
	})
}

// On moves the draft's day, which is the organisation's at the instant it is committed.
func (d *Draft) On(day vocab.Date) { d.day = day }

// Stamp gives a draft that was decided ahead the number and instant of the entry it becomes. What was put keeps its content; only seq,
// created_at and updated_at of its rows change, and the digests by what these differ.
func (d *Draft) Stamp(seq int64, at time.Time) {
	d.s.pos.Seq, d.at = seq, at.UTC().Truncate(time.Microsecond)
	for _, c := range d.changes {
		content := d.content(c.Table)
		if c.Table.form != nil {
			d.stampFacts(c, seq)
			continue
		}
		if c.After == nil {
			content.bury(c.Table, d.own, c.ID, c.Before, nil, seq)
			continue
		}
		k := c.Table.kept(reflect.ValueOf(c.After).Elem())
		content.digest.sub(k.mix(c.hash))
		k.stamp(seq, d.at, c.Before == nil)
		content.digest.add(k.mix(c.hash))
	}
}
