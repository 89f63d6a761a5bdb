package read

import (
	"context"
	"errors"
	"iter"
	"slices"

	"pmograph/auth"
	"pmograph/internal/fault"
	"pmograph/internal/state"
)

// What happened to a thing in a part of the organisation.
const (
	created = "CREATED"
	updated = "UPDATED"
	deleted = "DELETED"
	entered = "ENTERED"
	removed = "REMOVED"
)

var happened = map[string]string{state.OpCreate: created, state.OpUpdate: updated, state.OpDelete: deleted}

// Branch is a part of the organisation that somebody follows: what lies in a node, and of that some kinds of things.
type Branch struct {
	Node  *string  // an organisation, a portfolio with all below it, a program, or a project; nil: everything
	Kinds []string // names of types; nil: all
}

// comers are told of whatever kinds are asked for when they come or go: what lies below them comes and goes with them.
var comers = []comer{comerOf(state.Portfolios), comerOf(state.Programs), comerOf(state.Projects), comerOf(state.Teams), comerOf(state.Resources)}

// comer is an entity with the numbers of the rows that a view shows.
type comer struct {
	t   *state.Desc
	all func(*View) iter.Seq[int64]
}

func comerOf[T any](t *state.Table[T]) comer {
	return comer{t.Desc(), func(v *View) iter.Seq[int64] {
		return func(yield func(int64) bool) {
			for row := range t.All(v) {
				if !yield(t.Desc().RowID(row)) {
					return
				}
			}
		}
	}}
}

func comes(t *state.Desc) bool {
	return slices.ContainsFunc(comers, func(c comer) bool { return c.t == t })
}

// Check refuses a branch that the view does not show.
func (b *Branch) Check(v *View) error {
	for _, name := range b.Kinds {
		if !slices.ContainsFunc(state.Tables, func(t *state.Desc) bool { return entityName(t) == name }) {
			return fault.At("kinds", "INVALID", "there are no things of the type %.80q", name)
		}
	}
	_, err := b.in(v)
	return err
}

// in tells which places lie in the branch.
func (b *Branch) in(v *View) (func(*View, auth.Place) bool, error) {
	if b.Node != nil {
		if _, everything := v.Node(*b.Node).(*Organisation); !everything {
			in, err := v.journalScope(b.Node)
			if f := (*fault.Error)(nil); errors.As(err, &f) && len(f.Fields) > 0 {
				return nil, fault.At("node", "INVALID", "a part of the organisation is the organisation, a portfolio, a program or a project")
			}
			return in, err
		}
	}
	return v.journalScope(nil)
}

func (b *Branch) of(t *state.Desc) bool {
	return b.Kinds == nil || slices.Contains(b.Kinds, entityName(t))
}

// PortfolioChange is one thing that changed in a branch.
type PortfolioChange struct{ Change }

// Node is the thing as it stands; nil if it was removed.
func (c PortfolioChange) Node() Node {
	if c.Operation == removed {
		return nil
	}
	return c.Change.Node()
}

// PortfolioEvent tells of an entry as it changed a branch.
type PortfolioEvent struct {
	Moment
	Action      *string
	Changes     []PortfolioChange
	MoreChanges int
	v           *View
	branch      *Branch
	entry       *JournalEntry // nil where action is
}

// Node is the branch's node as it stands.
func (e *PortfolioEvent) Node() Node {
	if e.branch.Node == nil {
		return nil
	}
	return e.v.Node(*e.branch.Node)
}

// Actor is who did it.
func (e *PortfolioEvent) Actor() *User {
	if e.entry == nil {
		return nil
	}
	return e.entry.Actor()
}

// PortfolioEvent shows a branch as it stands, with nothing that changed.
func (v *View) PortfolioEvent(b *Branch, reset bool) *PortfolioEvent {
	return &PortfolioEvent{Moment: v.moment(reset), Changes: []PortfolioChange{}, v: v, branch: b}
}

// PortfolioStep tells of an entry as it changed a branch.
func (v *View) PortfolioStep(b *Branch, e *JournalEntry) *PortfolioEvent {
	told := &PortfolioEvent{Moment: Moment{e.Position, e.Number, &e.At, false}, MoreChanges: e.more, v: v, branch: b}
	for _, c := range e.changes {
		told.Changes = append(told.Changes, PortfolioChange{c})
	}
	if e.Action != "" {
		told.Action, told.entry = &e.Action, e
	}
	return told
}

// BranchSteps gives at most n entries after a place that changed a branch for the viewer; see Steps.
func (v *View) BranchSteps(ctx context.Context, from Since, b *Branch, n int) (steps []Step, upTo Since, more bool, err error) {
	in, err := b.in(v)
	if err != nil {
		return nil, from, false, err
	}
	return v.steps(ctx, from, func(e *state.Entry, before, after *View) *JournalEntry { return v.branchEntry(e, before, after, b, in) }, n)
}

// RightsTurned tells what of a branch came into sight and what left it when the viewer's rights became those of now, by the record at the place
// he has come to. It is nil if that is nothing, or not known.
func (v *View) RightsTurned(from Since, b *Branch) (any, error) {
	if from.rights == nil || from.rights == v.Rights() || from.Snapshot == nil {
		return nil, nil
	}
	in, err := b.in(v)
	if err != nil {
		return nil, err
	}
	was, is := v.seenBy(from.Snapshot, from.rights), v.seenBy(from.Snapshot, v.Rights())
	e := &JournalEntry{Number: Long(from.Position.Seq), Position: Position(from.Position), At: from.Snapshot.At(), v: v}
	for _, c := range comers {
		for id := range c.all(was) {
			if was.holds(c.t, id, in) && !is.holds(c.t, id, in) {
				e.tell(b.bare(v, c.t, id, removed))
			}
		}
		for id := range c.all(is) {
			if is.holds(c.t, id, in) && !was.holds(c.t, id, in) {
				e.tell(b.bare(v, c.t, id, entered))
			}
		}
	}
	if len(e.changes) == 0 {
		return nil, nil
	}
	return v.PortfolioStep(b, e), nil
}

// seenBy is what rights show of a record when it is the newest.
func (v *View) seenBy(s *state.Snapshot, rights *auth.Rights) *View {
	return &View{v.WasNewest(s, rights, v.Day()), v.book, v.texts, v.room}
}

// holds tells whether the view shows a row, and it lies where it is asked for.
func (v *View) holds(t *state.Desc, id int64, in func(*View, auth.Place) bool) bool {
	k := kinds[t]
	row := k.get(v, id)
	return row != nil && in(v, k.place(v, row))
}

// bare is a change without content.
func (b *Branch) bare(v *View, t *state.Desc, id int64, operation string) Change {
	return Change{ID: v.ID(t, id), Entity: entityName(t), Operation: operation, Fields: []FieldChange{}, v: v}
}

// tell adds a change to an entry, or counts it if there are many.
func (e *JournalEntry) tell(list ...Change) {
	room := min(len(list), maxChanges-len(e.changes))
	e.changes, e.more = append(e.changes, list[:room]...), e.more+len(list)-room
}

// branchEntry gives an entry as it changed a branch for the viewer. What he may not see afterwards is told of as removed, if today's rights
// showed it to him where it lay before; nothing else of the entry is.
func (v *View) branchEntry(e *state.Entry, before, after *View, b *Branch, in func(*View, auth.Place) bool) *JournalEntry {
	shown := &JournalEntry{Number: Long(e.Seq), Position: Position(e.Position()), At: e.At, actor: e.Actor, v: v}
	was, is := v.seenBy(before.Snapshot(), v.Rights()), v.seenBy(after.Snapshot(), v.Rights())
	for i := range e.Changes {
		c := e.Today(i)
		t, ok := state.TableNamed(c.Entity)
		switch {
		case !ok:
		case c.Op == state.OpFacts:
			if at, sees := after.Lies(t, c.ID); b.of(t) && sees && in(after, at) {
				x := v.facts(t, c, e.Seq, before, after, maxChanges-len(shown.changes))
				shown.more += x.more
				shown.happen(e, x.list)
			}
		case b.of(t) || comes(t):
			v.branchRow(shown, e, t, c, sides{before, after, was, is}, b, in)
		}
	}
	if len(shown.changes) == 0 {
		return nil
	}
	return shown
}

// sides are the records before and after an entry, as what of them is still visible shows, and as they showed when they were the newest.
type sides struct{ before, after, was, is *View }

// branchRow tells of a changed row.
func (v *View) branchRow(shown *JournalEntry, e *state.Entry, t *state.Desc, c *state.EntryChange, s sides, b *Branch, in func(*View, auth.Place) bool) {
	had, has := s.was.holds(t, c.ID, in), s.after.holds(t, c.ID, in)
	switch {
	case had && has, has && c.Op == state.OpCreate, had && c.Op == state.OpDelete && s.before.holds(t, c.ID, in):
		if b.of(t) || c.Op != state.OpUpdate {
			x := v.change(c, e.Seq, s.before, s.after, maxChanges-len(shown.changes))
			shown.more += x.more
			shown.happen(e, x.list)
		}
	case has:
		shown.tell(b.bare(v, t, c.ID, entered))
		shown.Action = e.Action
	case had && !s.is.holds(t, c.ID, in):
		shown.tell(b.bare(v, t, c.ID, removed))
	}
}

// happen adds what a viewer sees of an entry, and with it says what was done.
func (e *JournalEntry) happen(of *state.Entry, list []Change) {
	for _, c := range list {
		c.Operation = happened[c.Operation]
		e.tell(c)
		e.Action = of.Action
	}
}
