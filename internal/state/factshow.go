package state

import "pmograph/auth"

// FactChange gives a change of facts as its entry tells it, to be taken apart by Each and counted by Tally. What the facts are afterwards
// has the entry's number as its version.
func (e *EntryChange) FactChange(seq int64) (*Change, error) {
	t, ok := TableNamed(e.Entity)
	if !ok || t.form == nil {
		return nil, errFacts
	}
	d, err := t.form.parse(e.Columns, seq)
	return &Change{Table: t, ID: e.ID, facts: d}, err
}

// Lies says where a group of facts, as a change of facts names it, lies in the view's record, and whether the view shows it.
func (v *View) Lies(t *Desc, group int64) (at auth.Place, sees bool) {
	if t.form == nil {
		return at, false
	}
	g := &factGroup{form: t.form, owner: group}
	return t.place(v.s, g), v.sees(t, g)
}

// Sides counts the facts a change removes or changes, and those it leaves behind.
func (c *Change) Sides() (gone, put int) { return c.Facts().del.len(), c.Facts().put.len() }

// Tally counts changed things.
type Tally struct{ Created, Changed, Deleted int }

// All is how many there are.
func (t Tally) All() int { return t.Created + t.Changed + t.Deleted }

// Tally counts the facts of a change of which the viewer sees that they changed; whole tells whether he sees every column of them.
func (v *View) Tally(c *Change) (n Tally, whole bool) {
	f := c.Table.form
	may := v.may(c.Table, &factGroup{form: f, owner: c.ID})
	if !may.Has(reads[c.Table.Slot]) {
		return n, false
	}
	var open uint32
	whole = true
	for i := range f.stored {
		if may.Has(auth.Reads(f.column(i).Class)) {
			open |= 1 << i
		} else {
			whole = false
		}
	}
	c.Facts().pairs(f.key, func(old, new []int64, oldNull, newNull uint32) bool {
		switch {
		case old == nil:
			n.Created++
		case new == nil:
			n.Deleted++
		default:
			for i := factSeq + 1; i < len(f.stored); i++ {
				if open&(1<<i) != 0 && (old[i] != new[i] || (oldNull^newNull)&(1<<i) != 0) {
					n.Changed++
					break
				}
			}
		}
		return true
	})
	return n, whole
}
