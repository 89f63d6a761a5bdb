package read

import (
	"context"
	"slices"
	"time"

	"pmograph/auth"
	"pmograph/internal/fault"
	"pmograph/internal/state"
)

// JournalQuery says which part of the journal is asked for.
type JournalQuery struct {
	AfterNumber *Long
	Scope       *string // a portfolio with all below it, a program, or a project
	First, Last *int32
	After       *Position
	Before      *Position
}

// JournalConnection is a page of the journal. The cursors of its PageInfo are the positions up to which entries were looked at: a page may be
// short, or empty, although more follows.
type JournalConnection struct {
	Edges    []JournalEdge
	Nodes    []*JournalEntry
	PageInfo PageInfo
}

// looked are the positions of the first and the last entry that a page looked at.
type looked []Position

func (l looked) cursor(at int) string { return state.Position(l[at]).String() }

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
	changes  []Change
	more     int // things that changed beyond those
	actor    string
	v        *View
}

// Changes are the first things that changed.
func (e *JournalEntry) Changes(first int32) ([]Change, error) {
	if first < 1 || first > maxChanges {
		return nil, fault.At("first", "OUT_OF_RANGE", "1 to %d changes of an entry are listed, not %d", maxChanges, first)
	}
	return e.changes[:min(int(first), len(e.changes))], nil
}

// MoreChanges is how many more things changed than the first so many, as far as the viewer may see them.
func (e *JournalEntry) MoreChanges(first int32) int {
	return e.more + max(0, len(e.changes)-int(max(0, first)))
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
	entry := func(e *state.Entry, before, after *View) *JournalEntry { return v.entry(e, before, after, in) }
	w := &walk{v: v, entry: entry, from: max(0, after), to: upTo}
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

// shower gives an entry between two views of the record as its viewer may see it; nil if it shows him nothing.
type shower func(e *state.Entry, before, after *View) *JournalEntry

// walk collects the visible entries of a span of the journal.
type walk struct {
	v        *View
	entry    shower
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
	return &View{w.v.Within(w.ctx), w.v.book, w.v.texts, w.v.room}
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
			*w = walk{v: w.v, entry: w.entry, from: w.from, to: w.to, ctx: w.ctx}
			return w.forward(n)
		}
		for i := range chunk {
			b := state.NewBuilder(before.Snapshot())
			if err := b.Apply(&chunk[i]); err != nil {
				return fault.Wrap(fault.Internal, err, "journal entry %d cannot be replayed", chunk[i].Seq)
			}
			after := w.v.of(b.Snapshot())
			e := w.entry(&chunk[i], before, after)
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
			e := w.entry(&chunk[i], before, after)
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
		w.found = append(w.found, Step{shown, w.v.place(e.Position(), after)})
	}
}

func (w *walk) page() *JournalConnection {
	c := &JournalConnection{Edges: []JournalEdge{}, Nodes: []*JournalEntry{}}
	for _, s := range w.found {
		c.Nodes = append(c.Nodes, s.Entry)
		c.Edges = append(c.Edges, JournalEdge{s.Entry.Position, s.Entry})
	}
	ends := looked{}
	if w.first != nil {
		ends = looked{*w.first, *w.last}
	}
	c.PageInfo = PageInfo{w.more && !w.back, w.more && w.back, len(ends), ends}
	return c
}

// of is the viewer's view of another snapshot of the record.
func (v *View) of(s *state.Snapshot) *View { return &View{v.View.At(s), v.book, v.texts, v.room} }

// entry gives an entry as the viewer may see it: with today's rights, at its place then. It is nil if it changed nothing he sees in the
// scope.
func (v *View) entry(e *state.Entry, before, after *View, in func(*View, auth.Place) bool) *JournalEntry {
	shown := &JournalEntry{
		Number: Long(e.Seq), Position: Position(e.Position()), At: e.At, Action: e.Action, actor: e.Actor, v: v,
	}
	whole := true // he sees every change and every field
	for i := range e.Changes {
		x := v.change(e.Today(i), e.Seq, before, after, maxChanges-len(shown.changes))
		whole = whole && x.whole
		if slices.ContainsFunc(x.lies, func(l place) bool { return in(l.v, l.at) }) {
			shown.changes, shown.more = append(shown.changes, x.list...), shown.more+x.more
		}
	}
	if len(shown.changes) == 0 {
		return nil
	}
	if whole {
		shown.Reason = optional(e.Reason)
	}
	return shown
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
