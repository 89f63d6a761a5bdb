package state

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Builder makes snapshots from rows and entries: loading, following, going back. Unlike a draft it asks nobody.
type Builder struct {
	s    Snapshot
	own  *token
	buf  []pair
	text []byte
}

// NewBuilder starts from a snapshot.
func NewBuilder(s *Snapshot) *Builder {
	b := &Builder{s: *s, own: new(token)}
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
func (b *Builder) AddRow(t *Desc, row any) {
	b.content(t).set(t, b.own, t.RowID(row), row)
	b.touched(t, nil, row)
}

// AddTomb takes the last state of a deleted row, from the entry that deleted it: of e the number and the schema are needed.
func (b *Builder) AddTomb(e *Entry, c *EntryChange) error {
	c = c.upcast(e.Schema)
	t, ok := byTable[c.Entity]
	if !ok {
		return fmt.Errorf("entry %d: unknown entity %q", e.Seq, c.Entity)
	}
	row, err := t.side(e, c, 0, nil, &b.buf)
	if err != nil {
		return fmt.Errorf("entry %d: %s: %w", e.Seq, t.ID(c.ID), err)
	}
	b.content(t).bury(t, b.own, c.ID, row, nil, e.Seq)
	return nil
}

// SetHead takes what the newest entries say: position, hash, counters, levels. headers are in ascending order and reach back to one that
// names every entity, or to the first. The error is an ErrOldReader if this program may not read the record.
func (b *Builder) SetHead(headers []Entry) error {
	if n := len(headers); n > 0 {
		if err := headers[n-1].Levels().MayRead(SchemaNumber); err != nil {
			return err
		}
	}
	for i := range headers {
		e := &headers[i]
		states, err := e.tableStates()
		if err != nil {
			return err
		}
		for _, st := range states {
			b.content(st.t).next = st.next
		}
		b.s.seal(e)
	}
	return nil
}

// CheckDigests compares the entities with what the newest entries say of them, and names the first that differs: the rows were changed
// around the door.
func (b *Builder) CheckDigests(headers []Entry) error {
	if n := len(headers); n > 0 && !asWritten(headers[n-1].Schema) {
		return nil
	}
	last := map[*Desc]Digest{}
	for i := range headers {
		states, err := headers[i].tableStates()
		if err != nil {
			return err
		}
		for _, st := range states {
			last[st.t] = st.digest
		}
	}
	for _, t := range Tables {
		if have, want := b.s.tables[t.Slot].digest, last[t]; have != want {
			return fmt.Errorf("%s: the rows are not those of the journal (digest %s, journal says %s); run pmo verify", t.Name, have, want)
		}
	}
	return nil
}

// tableState is what an entry says of an entity after it.
type tableState struct {
	t      *Desc
	next   int64
	digest Digest
}

// tableStates reads the entry's tables: {"name":{"next":n,"digest":"…"},…}.
func (e *Entry) tableStates() (states []tableState, err error) {
	s, ok := strings.CutPrefix(e.Tables, "{")
	for s != "}" && ok {
		var st tableState
		var name, next, digest string
		if name, s, ok = strings.Cut(s, `":{"next":`); !ok || name == "" || name[0] != '"' {
			break
		}
		if next, s, ok = strings.Cut(s, `,"digest":"`); !ok {
			break
		}
		if digest, s, ok = strings.Cut(s, `"}`); !ok {
			break
		}
		c := EntryChange{Entity: name[1:]}
		if st.t, ok = byTable[c.upcast(e.Schema).Entity]; !ok {
			return nil, fmt.Errorf("entry %d: unknown entity %q", e.Seq, c.Entity)
		}
		if st.next, err = strconv.ParseInt(next, 10, 64); err == nil {
			st.digest, err = parseDigest(digest)
		}
		if err != nil {
			return nil, fmt.Errorf("entry %d: its tables are not readable: %w", e.Seq, err)
		}
		states = append(states, st)
		if s != "}" {
			s, ok = strings.CutPrefix(s, ",")
		}
	}
	if !ok || s != "}" {
		return nil, fmt.Errorf("entry %d: its tables are not readable", e.Seq)
	}
	return states, nil
}

// Apply moves on by one entry. The chain must continue and the digests must agree; otherwise nothing is to be trusted. An entry this
// program is too old for is an ErrOldReader.
func (b *Builder) Apply(e *Entry) error {
	if e.Seq != b.s.pos.Seq+1 {
		return fmt.Errorf("journal entry %d follows %d: there is a gap", e.Seq, b.s.pos.Seq)
	}
	if err := e.Levels().MayRead(SchemaNumber); err != nil {
		return fmt.Errorf("journal entry %d: %w", e.Seq, err)
	}
	if e.chain(b.s.hash, &b.text) != e.Hash {
		return fmt.Errorf("journal entry %d does not continue the chain", e.Seq)
	}
	for i := range e.Changes {
		if err := b.change(e, e.Today(i), 1); err != nil {
			return fmt.Errorf("journal entry %d, change %d: %w", e.Seq, i, err)
		}
	}
	states, err := e.tableStates()
	if err != nil {
		return err
	}
	for _, st := range states {
		c := b.content(st.t)
		c.next = st.next
		if c.digest != st.digest && asWritten(e.Schema) {
			return fmt.Errorf("journal entry %d: %s has digest %s, the entry says %s", e.Seq, st.t.Name, c.digest, st.digest)
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
		if err := b.change(e, e.Today(i), 0); err != nil {
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
func (b *Builder) change(e *Entry, c *EntryChange, side int) error {
	t, ok := byTable[c.Entity]
	if !ok {
		return fmt.Errorf("unknown entity %q", c.Entity)
	}
	if c.Op == OpFacts {
		return b.changeFacts(t, e, c, side)
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
		if row, err = t.side(e, c, side, have, &b.buf); err != nil {
			return fmt.Errorf("%s: %w", t.ID(c.ID), err)
		}
	}
	content.set(t, b.own, c.ID, row)
	if side == 1 || fresh {
		content.bury(t, b.own, c.ID, have, row, e.Seq)
	}
	b.touched(t, have, row)
	return nil
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
