package state

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"

	"pmograph/internal/vocab"
)

// Builder makes snapshots from rows and entries: loading, following, going back. Unlike a draft it asks nobody.
type Builder struct {
	s   Snapshot
	own *token
}

// NewBuilder starts from a snapshot.
func NewBuilder(s *Snapshot) *Builder {
	b := &Builder{*s, new(token)}
	b.s.tables = slices.Clone(s.tables)
	return b
}

// Snapshot gives what was built. The builder must not be used afterwards.
func (b *Builder) Snapshot() *Snapshot {
	s := b.s
	return &s
}

func (b *Builder) content(t *Desc) *content {
	d := Draft{s: b.s, own: b.own}
	return d.content(t)
}

// AddRow takes a row a store has loaded.
func (b *Builder) AddRow(t *Desc, row any) { b.content(t).set(t, b.own, t.RowID(row), row) }

// AddTomb takes the last state of a deleted row, from the entry that deleted it.
func (b *Builder) AddTomb(c *EntryChange, seq int64) error {
	t, ok := byTable[c.Entity]
	if !ok {
		return fmt.Errorf("entry %d: unknown entity %q", seq, c.Entity)
	}
	row, err := t.side(c, 0, nil)
	if err != nil {
		return fmt.Errorf("entry %d: %s: %w", seq, t.ID(c.ID), err)
	}
	b.content(t).bury(t, b.own, &Change{Table: t, ID: c.ID, Before: row}, seq)
	return nil
}

// SetHead takes what the newest entries say: position, hash, counters. headers are in ascending order and reach back to one that
// names every entity, or to the first.
func (b *Builder) SetHead(headers []Entry) error {
	for i := range headers {
		e := &headers[i]
		states, err := e.tableStates()
		if err != nil {
			return err
		}
		for t, st := range states {
			b.content(t).next = st.Next
		}
		b.s.seal(e)
	}
	return nil
}

// CheckDigests compares the entities with what the newest entries say of them, and names the first that differs: the rows were changed
// around the door.
func (b *Builder) CheckDigests(headers []Entry) error {
	last := map[*Desc]string{}
	for i := range headers {
		states, err := headers[i].tableStates()
		if err != nil {
			return err
		}
		for t, st := range states {
			last[t] = st.Digest
		}
	}
	for _, t := range Tables {
		want, ok := last[t]
		if !ok {
			want = Digest{}.String()
		}
		if have := b.s.tables[t.Slot].digest.String(); have != want {
			return fmt.Errorf("%s: the rows are not those of the journal (digest %s, journal says %s); run pmo verify", t.Name, have, want)
		}
	}
	return nil
}

func (e *Entry) tableStates() (map[*Desc]tableState, error) {
	var raw map[string]tableState
	if err := json.Unmarshal([]byte(e.Tables), &raw); err != nil {
		return nil, fmt.Errorf("entry %d: its tables are not readable: %w", e.Seq, err)
	}
	states := make(map[*Desc]tableState, len(raw))
	for name, st := range raw {
		t, ok := byTable[name]
		if !ok {
			return nil, fmt.Errorf("entry %d: unknown entity %q", e.Seq, name)
		}
		states[t] = st
	}
	return states, nil
}

// Apply moves on by one entry. The chain must continue and the digests must agree; otherwise nothing is to be trusted.
func (b *Builder) Apply(e *Entry) error {
	if e.Seq != b.s.pos.Seq+1 {
		return fmt.Errorf("journal entry %d follows %d: there is a gap", e.Seq, b.s.pos.Seq)
	}
	if e.chain(b.s.hash) != e.Hash {
		return fmt.Errorf("journal entry %d does not continue the chain", e.Seq)
	}
	for i := range e.Changes {
		if err := b.change(&e.Changes[i], 1, e.Seq); err != nil {
			return fmt.Errorf("journal entry %d, change %d: %w", e.Seq, i, err)
		}
	}
	states, err := e.tableStates()
	if err != nil {
		return err
	}
	for t, st := range states {
		c := b.content(t)
		c.next = st.Next
		if have := c.digest.String(); have != st.Digest {
			return fmt.Errorf("journal entry %d: %s has digest %s, the entry says %s", e.Seq, t.Name, have, st.Digest)
		}
	}
	b.s.seal(e)
	return nil
}

// Undo moves back by one entry; before is the header of the entry before it (the zero Entry before the first).
func (b *Builder) Undo(e, before *Entry) error {
	if e.Seq != b.s.pos.Seq {
		return fmt.Errorf("journal entry %d cannot be undone at %d", e.Seq, b.s.pos.Seq)
	}
	for i := len(e.Changes) - 1; i >= 0; i-- {
		if err := b.change(&e.Changes[i], 0, e.Seq); err != nil {
			return fmt.Errorf("journal entry %d, change %d: %w", e.Seq, i, err)
		}
	}
	b.s.seal(before)
	if before.Seq == 0 {
		b.s.pos = Position{}
	}
	return nil
}

// change brings a row to one side of a change: 0 is old, 1 is new.
func (b *Builder) change(c *EntryChange, side int, seq int64) error {
	t, ok := byTable[c.Entity]
	if !ok {
		return fmt.Errorf("unknown entity %q", c.Entity)
	}
	content := b.content(t)
	have, _ := content.rows.get(uint64(c.ID))
	gone := c.Op == OpCreate && side == 0 || c.Op == OpDelete && side == 1
	fresh := c.Op == OpCreate && side == 1 || c.Op == OpDelete && side == 0
	if fresh == (have != nil) {
		return fmt.Errorf("%s: %s does not fit what is there", t.ID(c.ID), c.Op)
	}
	var row any
	if !gone {
		var err error
		if row, err = t.side(c, side, have); err != nil {
			return fmt.Errorf("%s: %w", t.ID(c.ID), err)
		}
	}
	content.set(t, b.own, c.ID, row)
	if side == 1 || fresh {
		content.bury(t, b.own, &Change{Table: t, ID: c.ID, Before: have, After: row}, seq)
	}
	return nil
}

// side gives the row of one side of a change: the present row with the changed columns replaced.
func (t *Desc) side(c *EntryChange, side int, have any) (any, error) {
	vals, err := c.Values()
	if err != nil {
		return nil, err
	}
	p := reflect.New(t.typ)
	if have != nil {
		p.Elem().Set(reflect.ValueOf(have).Elem())
	}
	p.Elem().Field(t.Columns[colID].index).SetInt(c.ID)
	for name, pair := range vals {
		if err := t.Columns[t.byName[name]].setValue(p.Elem(), []byte(pair[side])); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
	}
	return p.Interface(), nil
}

// Diff names the first difference of two snapshots' rows and digests, erasable columns included; "" if there is none.
func Diff(a, b *Snapshot) string {
	for _, t := range Tables {
		x, y := a.tables[t.Slot], b.tables[t.Slot]
		if x.digest != y.digest || x.rows.n != y.rows.n {
			return fmt.Sprintf("%s: %d rows, digest %s; other: %d rows, digest %s", t.Name, x.rows.n, x.digest, y.rows.n, y.digest)
		}
		diff := ""
		x.rows.each(func(row any) bool {
			other, ok := y.rows.get(uint64(t.RowID(row)))
			c := Change{Table: t, Before: row, After: other}
			if !ok {
				diff = t.ID(t.RowID(row)) + " is missing"
			} else if cols := c.differAll(); cols != nil {
				diff = t.ID(t.RowID(row)) + " differs in " + t.Columns[cols[0]].Name
			}
			return diff == ""
		})
		if diff != "" {
			return diff
		}
	}
	return ""
}

// DiffNext names the first entity whose next number differs; "" if there is none. A snapshot gone back to keeps the newest numbers.
func DiffNext(a, b *Snapshot) string {
	for _, t := range Tables {
		if x, y := a.tables[t.Slot].next, b.tables[t.Slot].next; x != y {
			return fmt.Sprintf("%s: next number %d, other %d", t.Name, x, y)
		}
	}
	return ""
}

// CheckPrivate compares the erasable values kept beside an entry with the chain. erased tells whether a row's person was erased: only
// then may values be missing.
func (e *Entry) CheckPrivate(erased func(table string, id int64) bool) error {
	for i := range e.Changes {
		c := &e.Changes[i]
		var raw map[string][2]json.RawMessage
		if err := json.Unmarshal([]byte(c.Columns), &raw); err != nil {
			return fmt.Errorf("journal entry %d: %w", e.Seq, err)
		}
		have := map[string]bool{}
		for _, p := range c.Private {
			old, new := p.commitments()
			if pair := raw[p.Column]; string(pair[0]) != old || string(pair[1]) != new {
				return fmt.Errorf("journal entry %d, %s-%d: the erasable value of %s is not the recorded one", e.Seq, c.Entity, c.ID, p.Column)
			}
			have[p.Column] = true
		}
		for name := range raw {
			col, ok := byTable[c.Entity].Column(name)
			if ok && col.Class == vocab.ClassPersonal && !have[name] && !erased(c.Entity, c.ID) {
				return fmt.Errorf("journal entry %d, %s-%d: the erasable value of %s is missing, and no erasure is on record", e.Seq, c.Entity, c.ID, name)
			}
		}
	}
	return nil
}
