package read

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"pmograph/auth"
	"pmograph/internal/calc/money"
	"pmograph/internal/fault"
	"pmograph/internal/state"
	"pmograph/internal/vocab"
)

// JournalQuery says which part of the journal is asked for.
type JournalQuery struct {
	AfterNumber *Long
	Scope       *string // a portfolio with all below it, a program, or a project
	First, Last *int32
	After       *Position
	Before      *Position
}

// JournalConnection is a page of the journal.
type JournalConnection struct {
	Edges    []JournalEdge
	Nodes    []*JournalEntry
	PageInfo JournalPageInfo
}

// JournalPageInfo says where a page of the journal lies. Its cursors are the positions up to which entries were looked at: a page may be
// short, or empty, although more follows.
type JournalPageInfo struct {
	HasNextPage, HasPreviousPage bool
	StartCursor, EndCursor       *Position
}

// JournalEdge is an entry of a page.
type JournalEdge struct {
	Cursor Position
	Node   *JournalEntry
}

// JournalEntry is one mutation as the viewer may see it.
type JournalEntry struct {
	Number   Long
	Position Position
	At       time.Time
	Action   string
	Reason   *string
	Changes  []Change
	actor    string
	v        *View
}

// Actor is the user who did it; nil if the program itself did.
func (e *JournalEntry) Actor() *User {
	if u, ok := e.v.Node(e.actor).(*User); ok {
		return u
	}
	return nil
}

// Machine names the part of the program that did it; nil if a user did.
func (e *JournalEntry) Machine() *string {
	if _, isUser := number(state.Users.Desc(), e.actor); isUser {
		return nil
	}
	return optional(e.actor)
}

// The bounds of one question: entries are read in chunks, and no more are looked at for one page.
const (
	journalChunk = 200
	journalScan  = 2000
)

// Journal gives a page of the entries that changed something the viewer sees in a scope, oldest first.
func (v *View) Journal(q JournalQuery) (*JournalConnection, error) {
	n, back, err := Page{First: q.First, Last: q.Last}.size()
	if err != nil {
		return nil, err
	}
	in, err := v.journalScope(q.Scope)
	if err != nil {
		return nil, err
	}
	after, upTo := int64(0), v.Position().Seq
	if q.AfterNumber != nil {
		after = max(after, int64(*q.AfterNumber))
	}
	if q.After != nil {
		after = max(after, q.After.Seq)
	}
	if q.Before != nil {
		upTo = min(upTo, q.Before.Seq-1)
	}
	w := &walk{v: v, in: in, from: max(0, after), to: upTo}
	if v.Past() == nil {
		return nil, fault.New(fault.Unavailable, "the journal cannot be reached from here")
	}
	if back {
		err = w.backward(n)
	} else {
		err = w.forward(n)
	}
	if err != nil {
		return nil, err
	}
	return w.page(), nil
}

// walk collects the visible entries of a span of the journal.
type walk struct {
	v        *View
	in       func(*View, auth.Place) bool
	from, to int64           // looked at are (from, to]
	ctx      context.Context // ends what is read; nil: with the view's own
	start    *state.Snapshot // the record at from, if it is at hand
	found    []Step
	first    *Position // of the first and last entry looked at
	last     *Position
	reached  *state.Snapshot // the record after the last entry looked at, if it is at hand
	more     bool            // there are entries beyond the page, in the walk's direction
	back     bool
}

// source is the view by which the journal and the past are read.
func (w *walk) source() *View {
	if w.ctx == nil {
		return w.v
	}
	return &View{w.v.Within(w.ctx), w.v.book, w.v.texts}
}

// begin gives the record the walk starts from.
func (w *walk) begin() (*View, error) {
	if w.start != nil && w.start.Seq() == w.from {
		return w.v.of(w.start), nil
	}
	return w.source().At(&KnownAt{Number: (*Long)(&w.from)})
}

// forward looks at entries from the beginning until a page is full, and replays them on its way.
func (w *walk) forward(n int) error {
	source := w.source()
	before, err := w.begin()
	if err != nil {
		return err
	}
	for at, scanned := w.from, 0; at < w.to; {
		if scanned >= journalScan {
			w.more = true
			return nil
		}
		chunk, err := source.Past().Entries(at, w.to, false, journalChunk)
		if err != nil {
			return err
		}
		if w.start != nil && slices.ContainsFunc(chunk, func(e state.Entry) bool { return e.Erases() }) { // what is at hand shows what is erased
			*w = walk{v: w.v, in: w.in, from: w.from, to: w.to, ctx: w.ctx}
			return w.forward(n)
		}
		for i := range chunk {
			b := state.NewBuilder(before.Snapshot())
			if err := b.Apply(&chunk[i]); err != nil {
				return fault.Wrap(fault.Internal, err, "journal entry %d cannot be replayed", chunk[i].Seq)
			}
			after := w.v.of(b.Snapshot())
			e := w.v.entry(&chunk[i], before, after, w.in)
			if e != nil && len(w.found) == n {
				w.more = true
				return nil
			}
			w.note(&chunk[i], e, after.Snapshot())
			before = after
		}
		if len(chunk) == 0 {
			return nil
		}
		at = chunk[len(chunk)-1].Seq
		scanned += len(chunk)
	}
	return nil
}

// backward looks at entries from the end until a page is full, and undoes them on its way.
func (w *walk) backward(n int) error {
	w.back = true
	after := w.v
	for scanned := 0; w.from < w.to && scanned < journalScan; scanned += journalChunk {
		low := max(w.from, w.to-journalChunk)
		chunk, err := w.v.Past().Entries(max(low-1, 0), w.to, true, journalChunk+1) // the one before is needed too
		if err != nil {
			return err
		}
		if len(chunk) > 0 && chunk[0].Position() != after.Position() {
			if after, err = w.v.At(&KnownAt{Number: (*Long)(&chunk[0].Seq)}); err != nil {
				return err
			}
		}
		chunk = append(chunk, state.Entry{})
		for i := 0; chunk[i].Seq > low; i++ {
			b := state.NewBuilder(after.Snapshot())
			if err := b.Undo(&chunk[i], &chunk[i+1]); err != nil {
				return fault.Wrap(fault.Internal, err, "journal entry %d cannot be undone", chunk[i].Seq)
			}
			before := w.v.of(b.Snapshot())
			e := w.v.entry(&chunk[i], before, after, w.in)
			if e != nil && len(w.found) == n {
				w.more, w.first = true, &w.found[n-1].Entry.Position
				slices.Reverse(w.found)
				return nil
			}
			w.note(&chunk[i], e, nil)
			after = before
		}
		w.to = low
	}
	w.more = w.to > w.from
	slices.Reverse(w.found)
	return nil
}

// note keeps what was looked at: an entry, what the viewer sees of it, and the record after it.
func (w *walk) note(e *state.Entry, shown *JournalEntry, after *state.Snapshot) {
	p := Position(e.Position())
	if w.first == nil || w.back {
		w.first = &p
	}
	if w.last == nil || !w.back {
		w.last = &p
	}
	w.reached = after
	if shown != nil {
		w.found = append(w.found, Step{shown, Since{e.Position(), after}})
	}
}

func (w *walk) page() *JournalConnection {
	c := &JournalConnection{Edges: []JournalEdge{}, Nodes: []*JournalEntry{}}
	for _, s := range w.found {
		c.Nodes = append(c.Nodes, s.Entry)
		c.Edges = append(c.Edges, JournalEdge{s.Entry.Position, s.Entry})
	}
	c.PageInfo = JournalPageInfo{StartCursor: w.first, EndCursor: w.last, HasNextPage: w.more && !w.back, HasPreviousPage: w.more && w.back}
	return c
}

// of is the viewer's view of another snapshot of the record.
func (v *View) of(s *state.Snapshot) *View { return &View{v.View.At(s), v.book, v.texts} }

// entry gives an entry as the viewer may see it: with today's rights, at its place then. It is nil if it changed nothing he sees in the
// scope.
func (v *View) entry(e *state.Entry, before, after *View, in func(*View, auth.Place) bool) *JournalEntry {
	shown := &JournalEntry{
		Number: Long(e.Seq), Position: Position(e.Position()), At: e.At, Action: e.Action, actor: e.Actor, v: v,
	}
	whole := true // he sees every change and every field
	for i := range e.Changes {
		c, lies, ok := v.change(e.Today(i), before, after)
		whole = whole && ok && !c.cut
		if ok && slices.ContainsFunc(lies, func(l place) bool { return in(l.v, l.at) }) {
			shown.Changes = append(shown.Changes, c)
		}
	}
	if len(shown.Changes) == 0 {
		return nil
	}
	if whole {
		shown.Reason = optional(e.Reason)
	}
	return shown
}

// place is where a row lay, and in which record.
type place struct {
	v  *View
	at auth.Place
}

// Change is one changed row.
type Change struct {
	ID        string
	Entity    string
	Operation string
	Fields    []FieldChange
	v         *View
	cut       bool // fields were left out
}

// Node is the thing as it is in the record that is answered from.
func (c Change) Node() Node { return c.v.Node(c.ID) }

// FieldChange is one changed field.
type FieldChange struct {
	Name     string
	old, new value
}

// value is a value as it is shown: a short one, or a long text.
type value struct {
	short *string
	long  longText
}

func (x value) show() (*string, error) {
	if x.short != nil {
		return x.short, nil
	}
	return x.long.show()
}

// Old is the value before; nil if there was none, it is not visible or was erased.
func (f FieldChange) Old() (*string, error) { return f.old.show() }

// New is the value after; nil if there is none, it is not visible or was erased.
func (f FieldChange) New() (*string, error) { return f.new.show() }

// change gives a changed row as the viewer may see it, and where it lay before and after. A row that was hidden before shows as if it
// were new; one that is hidden afterwards does not show, unless it was deleted.
func (v *View) change(e *state.EntryChange, before, after *View) (Change, []place, bool) {
	t, ok := state.TableNamed(e.Entity)
	if !ok || t.IsFacts() {
		return Change{}, nil, false
	}
	k := kinds[t]
	c := &state.Change{Table: t, ID: e.ID, Before: k.get(before, e.ID), After: k.get(after, e.ID)}
	reader, row := after, c.After
	if e.Op == state.OpDelete {
		reader, row = before, c.Before
	}
	if row == nil {
		return Change{}, nil, false
	}
	values, err := e.Values()
	if err != nil {
		return Change{}, nil, false
	}
	for i := range t.Columns {
		if _, changed := values[t.Columns[i].Name]; changed {
			c.Columns = append(c.Columns, i)
		}
	}
	var lies []place
	for _, side := range []struct {
		v   *View
		row any
	}{{before, c.Before}, {after, c.After}} {
		if side.row != nil {
			lies = append(lies, place{side.v, k.place(side.v, side.row)})
		}
	}
	shown, ok := reader.changed(c)
	shown.v, shown.Operation = v, e.Op // a row that was hidden before is still one that was changed
	return shown, lies, ok
}

// changed gives a changed row of this view's record. Fields that are not visible are left out; a change of nothing but those is none. Facts
// are no things: what they change shows in figures.
func (v *View) changed(c *state.Change) (Change, bool) {
	if c.Table.IsFacts() {
		return Change{}, false
	}
	fields, ok := v.Fields(c)
	if !ok {
		return Change{}, false
	}
	shown := Change{ID: v.ID(c.Table, c.ID), Entity: entityName(c.Table), Operation: state.OpUpdate, Fields: []FieldChange{}, v: v}
	if c.Before == nil {
		shown.Operation = state.OpCreate
	} else if c.After == nil {
		shown.Operation = state.OpDelete
	}
	for _, f := range fields {
		if f.Withheld {
			shown.cut = true
			continue
		}
		col, _ := c.Table.Column(f.Column)
		x := FieldChange{Name: fieldName(f.Column)}
		var hiddenOld, hiddenNew bool
		x.old.short, hiddenOld = v.show(c.Table, col, c.Before, f.Old)
		x.new.short, hiddenNew = v.show(c.Table, col, c.After, f.New)
		if col.Long {
			x.old = value{long: v.text(c.Table, c.ID, (*vocab.TextAddress)(x.old.short))}
			x.new = value{long: v.text(c.Table, c.ID, (*vocab.TextAddress)(x.new.short))}
		}
		shown.cut = shown.cut || hiddenOld || hiddenNew
		shown.Fields = append(shown.Fields, x)
	}
	return shown, len(shown.Fields) > 0 || shown.Operation != state.OpUpdate
}

// show gives a value of an entry as the API shows such values: references as identifiers, amounts in their currency. A reference to what
// is not visible is withheld.
func (v *View) show(t *state.Desc, col *state.Column, row any, text string) (shown *string, hidden bool) {
	if row == nil || text == "null" || text == "" {
		return nil, false
	}
	switch {
	case col.Ref != nil:
		var id int64
		if json.Unmarshal([]byte(text), &id) != nil || kinds[col.Ref].get(v, id) == nil {
			return nil, true
		}
		return optional(v.ID(col.Ref, id)), false
	case col.Kind == state.KindMoney, col.Kind == state.KindRate:
		var minor int64
		if json.Unmarshal([]byte(text), &minor) == nil {
			if s, err := money.FormatMinor(minor, v.currencyOf(t, row)); err == nil {
				return &s, false
			}
		}
	}
	var s string
	if json.Unmarshal([]byte(text), &s) == nil {
		return &s, false
	}
	return &text, false
}

// currencyOf gives the currency a row's amounts are in: its own, or its project's.
func (v *View) currencyOf(t *state.Desc, row any) string {
	code, ok := t.Text(row, "currency", "rate_currency")
	if id, has := t.Int(row, "project_id"); !ok && has {
		if p := state.Projects.Get(v, id); p != nil {
			return p.Currency
		}
	}
	return code
}

// journalScope tells which places lie in a scope.
func (v *View) journalScope(id *string) (func(*View, auth.Place) bool, error) {
	if id == nil {
		return func(*View, auth.Place) bool { return true }, nil
	}
	ref, ok := state.ParseID(*id)
	if !ok || v.node(ref) == nil {
		return nil, fault.New(fault.NotFound, "there is no %.80q", *id)
	}
	switch ref.Table {
	case state.Portfolios.Desc():
		return func(then *View, p auth.Place) bool { return then.below(p.Portfolio, ref.ID) }, nil
	case state.Programs.Desc():
		return func(_ *View, p auth.Place) bool { return p.Program == ref.ID }, nil
	case state.Projects.Desc():
		return inProject(ref.ID), nil
	}
	return nil, fault.At("scope", "INVALID", "the scope of a journal is a portfolio, a program or a project")
}

func inProject(id int64) func(*View, auth.Place) bool {
	return func(_ *View, p auth.Place) bool { return p.Project == id }
}

// below tells whether a portfolio is another or lies below it.
func (v *View) below(id, above int64) bool {
	for p := state.Portfolios.Get(v, id); p != nil; p = state.Portfolios.Ref(v, p.ParentID) {
		if p.ID == above {
			return true
		}
	}
	return false
}

// fieldName gives the name of a column in the API: manager_id is manager.
func fieldName(column string) string {
	parts := strings.Split(strings.TrimSuffix(column, "_id"), "_")
	for i := 1; i < len(parts); i++ {
		parts[i] = strings.ToUpper(parts[i][:1]) + parts[i][1:]
	}
	return strings.Join(parts, "")
}

// entityName gives the name of an entity's type in the API.
func entityName(t *state.Desc) string {
	parts := strings.Split(t.Word, "-")
	for i, p := range parts {
		parts[i] = strings.ToUpper(p[:1]) + p[1:]
	}
	return strings.Join(parts, "")
}
