package state

import (
	"slices"

	"pmograph/auth"
	"pmograph/ent"
	"pmograph/internal/fault"
	"pmograph/internal/vocab"
)

// Finish checks a draft: nothing that does not differ stays; references hold, as the actor sees them; he may do what he did; unique values
// and the invariants hold. The order matters: what is hidden is not found before anything else is said of it. Afterwards the draft may become
// an entry. A draft that the very same list of invariants found good, and in which nothing was put since, is not checked again.
func (d *Draft) Finish(invariants []Invariant) error {
	if d.finished && len(invariants) == len(d.held) && (len(invariants) == 0 || &invariants[0] == &d.held[0]) {
		return nil
	}
	if err := d.finish(invariants); err != nil {
		return err
	}
	d.finished, d.held = true, invariants
	return nil
}

func (d *Draft) finish(invariants []Invariant) error {
	d.changes = slices.DeleteFunc(d.changes, func(c *Change) bool {
		if c.Table.form != nil {
			d.settleFacts(c)
		}
		if c.Columns = c.differ(); c.Columns == nil && (c.Before != nil || c.Table.form != nil) {
			d.content(c.Table).set(c.Table, d.own, c.ID, c.Before) // changed and changed back: it keeps its version
			d.retouch(c)
			delete(d.index, rowKey{c.Table.Slot, c.ID})
		}
		return c.Columns == nil
	})
	if d.admitted != 0 && len(d.changes) == 1 { // who changed nothing needs no row
		d.changes = nil
	}
	var errs []error
	for _, check := range []func(*Draft, *Change) error{(*Draft).refers, (*Draft).authorised, (*Draft).unique} {
		for _, c := range d.changes {
			if err := check(d, c); err != nil {
				errs = append(errs, d.located(c, err))
			}
		}
		if err := fault.Join(errs...); err != nil {
			return err
		}
	}
	for _, hold := range invariants {
		for _, c := range d.changes {
			if err := hold(d, c); err != nil {
				errs = append(errs, d.located(c, err))
			}
		}
	}
	if err := fault.Join(errs...); err != nil {
		return err
	}
	return d.notEnlarged()
}

func (d *Draft) located(c *Change, err error) error {
	if d.locate == nil {
		return err
	}
	return d.locate(c, err)
}

// differ lists the columns that differ; nil if none but the record's own do. A changed row gets another version and instant in any case.
func (c *Change) differ() []int {
	if c.Table.form != nil {
		return c.differAll()
	}
	cols := c.differAll()
	if !slices.ContainsFunc(cols, func(i int) bool { return i != colUpdated && i != colSeq }) {
		return nil
	}
	if c.Before != nil && c.After != nil && !slices.Contains(cols, colUpdated) {
		cols = append(cols, colUpdated)
		slices.Sort(cols)
	}
	return cols
}

func (c *Change) differAll() (cols []int) {
	if c.Table.form != nil {
		return c.Table.form.columns(c.Facts())
	}
	var room [64]int
	found := room[:0]
	for i := range c.Table.Columns {
		if !c.Table.same(c.Before, c.After, i) {
			found = append(found, i)
		}
	}
	if len(found) == 0 {
		return nil
	}
	return slices.Clone(found)
}

// Merge folds the changes of successive drafts into one a row, from its state before the first to its state after the last: what a
// store has to write.
func Merge(layers [][]*Change) []*Change {
	var all []*Change
	index := map[rowKey]*Change{}
	for _, layer := range layers {
		for _, c := range layer {
			k := rowKey{c.Table.Slot, c.ID}
			if have := index[k]; have != nil {
				have.After, have.facts, have.Columns = c.After, nil, nil
				continue
			}
			one := *c
			index[k], all = &one, append(all, &one)
		}
	}
	return slices.DeleteFunc(all, func(c *Change) bool {
		if c.Columns == nil || c.Table.form == nil {
			c.Columns = c.differAll()
		}
		return c.Columns == nil
	})
}

// unique refuses values another row holds.
func (d *Draft) unique(c *Change) error {
	if c.After == nil {
		return nil
	}
	for n, cols := range c.Table.Uniques {
		hash, ok := c.Table.uniqueHash(c.After, n)
		if !ok {
			continue
		}
		held, _ := d.s.tables[c.Table.Slot].unique[n].get(hash)
		taken := false
		held.each(func(row any) bool {
			if c.Table.RowID(row) != c.ID {
				mine, _ := c.Table.uniqueTexts(c.After, n)
				its, _ := c.Table.uniqueTexts(row, n)
				taken = slices.Equal(mine, its)
			}
			return !taken
		})
		if taken {
			return fault.At(c.Table.Columns[cols[len(cols)-1]].Name, "TAKEN", "the value is in use by another %s", c.Table.Word)
		}
	}
	return nil
}

// refers refuses references to rows that are missing or hidden, and the deletion of rows that others refer to.
func (d *Draft) refers(c *Change) error {
	if c.Table.form != nil {
		return d.factsRefer(c)
	}
	if c.After == nil {
		for _, t := range Tables {
			for n, i := range t.refs {
				if t.Columns[i].Ref != c.Table {
					continue
				}
				if g, _ := d.s.tables[t.Slot].groups[n].get(uint64(c.ID)); g != nil {
					return d.stillReferred(c)
				}
			}
			if t.form != nil && t.form.refer(d.s.tables[t.Slot], c.Table, c.ID) {
				return d.stillReferred(c)
			}
		}
		return nil
	}
	for _, i := range c.Columns {
		col := &c.Table.Columns[i]
		if col.Ref == nil {
			continue
		}
		id, ok := c.Table.intField(c.After, i)
		if !ok {
			continue
		}
		row, ok := d.s.tables[col.Ref.Slot].rows.get(uint64(id))
		if !ok || !d.sees(col.Ref, row) && !d.derived(c.Table, i) {
			return fault.At(col.Name, "NOT_FOUND", "there is no %s", col.Ref.ID(id))
		}
	}
	return nil
}

func (d *Draft) stillReferred(c *Change) error {
	return fault.New(fault.Conflict, "%s is still referred to; remove or move what belongs to it first", c.Table.ID(c.ID))
}

// derived tells whether the action may change a column beyond the actor's own permissions.
func (d *Draft) derived(t *Desc, column int) bool {
	return d.action.Table == t.Name && slices.Contains(d.action.Column, t.Columns[column].Name)
}

// authorised asks the policy for a changed row, at its place before and after, and for each changed column. What answers a question asks
// for the right to answer instead; a row whose question is answered asks for that right whatever changes.
func (d *Draft) authorised(c *Change) error {
	if c.Table == Users.desc && c.ID == d.admitted {
		return nil
	}
	policy := policies[c.Table.Slot]
	if policy == nil {
		return fault.New(fault.Internal, "%s: no row in the policy table", c.Table.Name)
	}
	may := auth.All
	if c.Before != nil {
		may &= d.mayWrite(d.base, c.Table, c.Before)
	}
	if c.After != nil {
		may &= d.mayWrite(&d.s, c.Table, c.After)
	}
	var need auth.Permission
	question, answered := answers[c.Table.Slot], false
	if question != nil && c.After != nil && question.stands(c.Table, c.After, question.Given) {
		if answered = question.answers(&d.s, d.base, d.session.Rights, c.Table, c.After); !answered {
			return d.forbidden(c, question.Needs)
		}
	}
	for _, i := range c.Columns {
		col := &c.Table.Columns[i]
		if d.derived(c.Table, i) {
			continue
		}
		if answered && c.Before != nil && slices.Contains(question.Sets, col.Name) {
			continue
		}
		if i >= c.Table.keeps || c.Before == nil || c.After == nil {
			need |= policy.Write
		}
		if col.Class != vocab.ClassPublic {
			need |= auth.Reads(col.Class)
		}
		if col.Grants {
			need |= policy.Assign | d.gives(c, col.Name)
			may &= d.mayPlace(c, i)
		}
	}
	if may.Has(need) {
		return nil
	}
	return d.forbidden(c, need)
}

// forbidden refuses a changed row for want of a permission; a row that the actor does not see is not there.
func (d *Draft) forbidden(c *Change, need auth.Permission) error {
	if c.Before != nil && !d.sees(c.Table, c.Before) {
		return fault.New(fault.NotFound, "there is no %s", c.Table.ID(c.ID))
	}
	return fault.New(fault.Forbidden, "%s needs %q on this %s", d.action.Action, need, c.Table.Word)
}

func (d *Draft) mayWrite(s *Snapshot, t *Desc, row any) auth.Permission {
	if shared[t.Slot] {
		return d.session.Rights.Organisation()
	}
	return d.session.Rights.At(s.within(d.base, t.place(s, row)))
}

// gives is what somebody gains by being named in a column: nobody appoints to more than he may do himself.
func (d *Draft) gives(c *Change, column string) (may auth.Permission) {
	for _, rel := range auth.Relations {
		if rel.Table == c.Table.Name && rel.Column == column && c.After != nil {
			if _, named := c.Table.intField(c.After, c.Table.byName[column]); named {
				may |= rel.Gives()
			}
		}
	}
	return may
}

// Authority is what the actor may give to others as rights stand on a day: what the record gives him, without his token's claims. The program
// itself may give everything.
func (d *Draft) Authority(day vocab.Date) *auth.Rights {
	id := d.session.Identity
	if id.Subject == "" {
		return d.session.Rights
	}
	id.Claims = nil
	return d.base.rights(d.base.Held(id, day))
}

// mayPlace gives what the actor may do at the nodes a placing column named before and names after: moving a thing needs the authority
// over both places. References to users are no places; but who says which user a person is gives away all that concerns that person.
func (d *Draft) mayPlace(c *Change, column int) auth.Permission {
	ref := c.Table.Columns[column].Ref
	if r, ok := c.After.(*ent.Resource); ok && c.Table.Columns[column].Name == "user_id" && r.UserID != nil {
		return d.session.Rights.At(auth.Place{Person: c.ID})
	}
	if ref == nil || shared[ref.Slot] {
		return auth.All
	}
	may := auth.All
	for _, side := range []struct {
		s   *Snapshot
		row any
	}{{d.base, c.Before}, {&d.s, c.After}} {
		if side.row == nil {
			continue
		}
		id, ok := c.Table.intField(side.row, column)
		if !ok { // at the top: only who may do it everywhere
			may &= d.topmost(ref)
			continue
		}
		if node := side.s.last(ref, id); node != nil {
			may &= d.session.Rights.At(side.s.within(d.base, ref.place(side.s, node)))
		}
	}
	return may
}

// topmost gives what the actor may do where a placing column is empty: a project without a program lies in its portfolio all the same.
func (d *Draft) topmost(ref *Desc) auth.Permission {
	if ref == Programs.desc {
		return auth.All
	}
	return d.session.Rights.Organisation()
}

// notEnlarged refuses a draft by which its actor gains rights: nobody grants himself anything.
func (d *Draft) notEnlarged() error {
	if d.session.User == 0 || !slices.ContainsFunc(d.changes, (*Change).grants) {
		return nil
	}
	after, err := d.s.Session(d.session.Identity, d.at, d.day, d.session.ValidUntil)
	if err != nil {
		return fault.New(fault.Forbidden, "nobody can take away his own access")
	}
	before := d.session.Rights
	ok := before.Organisation().Has(after.Rights.Organisation())
	for h := range after.Rights.Nodes {
		if t := nodeTable[h.Kind]; t != nil && ok {
			if row := d.s.last(t, h.ID); row != nil {
				ok = before.At(d.s.within(d.base, t.place(&d.s, row))).Has(h.May)
			}
		}
		if h.Kind == auth.OnPerson && ok {
			ok = before.At(auth.Place{Person: h.ID}).Has(h.May)
		}
	}
	if !ok {
		return fault.New(fault.Forbidden, "%s would enlarge your own rights; somebody else must do it", d.action.Action)
	}
	return nil
}

var nodeTable = map[vocab.ScopeKind]*Desc{
	vocab.ScopeKindPortfolio: Portfolios.desc, vocab.ScopeKindProgram: Programs.desc, vocab.ScopeKindProject: Projects.desc,
	vocab.ScopeKindTeam: Teams.desc, auth.OnResource: Resources.desc,
}

// grants tells whether rights follow from what changed.
func (c *Change) grants() bool {
	return slices.ContainsFunc(c.Columns, func(i int) bool { return c.Table.Columns[i].Grants })
}
