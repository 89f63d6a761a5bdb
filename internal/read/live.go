package read

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"pmograph/internal/fault"
	"pmograph/internal/state"
	"pmograph/internal/vocab"
)

// Moment is what every event of a stream says beside its news.
type Moment struct {
	Position Position
	Number   Long
	At       *time.Time // of the newest entry; nil before the first
	Reset    bool       // where the stream was to go on is unknown here
}

// IsLiveEvent marks a LiveEvent.
func (Moment) IsLiveEvent() {}

// LiveEvent is what a stream sends.
type LiveEvent interface{ IsLiveEvent() }

func (v *View) moment(reset bool) Moment {
	m := Moment{Position: Position(v.Position()), Number: Long(v.Position().Seq), Reset: reset}
	if m.Number > 0 {
		at := v.Snapshot().At()
		m.At = &at
	}
	return m
}

// Knows tells whether a position is one of this view's record: it is not if that record lost the entry, or has not come so far.
func (v *View) Knows(p state.Position) (bool, error) {
	if here := v.Position(); p.Seq >= here.Seq || p.Seq == 0 {
		return p == here || p == state.Position{}, nil
	}
	if v.Past() == nil {
		return false, fault.New(fault.Unavailable, "the journal cannot be reached from here")
	}
	e, err := v.Past().Entries(p.Seq-1, p.Seq, false, 1)
	return len(e) == 1 && e[0].Position() == p, err
}

// Step is an entry as the viewer sees it, and how far he has followed the journal with it.
type Step struct {
	Entry *JournalEntry
	After Since
}

// TooFar tells whether an error says that the past asked for lies too far back.
func TooFar(err error) bool {
	f := (*fault.Error)(nil)
	return errors.As(err, &f) && slices.ContainsFunc(f.Fields, func(x fault.Field) bool { return x.Code == "TOO_FAR" })
}

// Steps gives at most n entries after a place that the viewer sees in a scope, and how far it looked. more says that it did not look at
// all there is.
func (v *View) Steps(ctx context.Context, from Since, scope *string, n int) (steps []Step, upTo Since, more bool, err error) {
	in, err := v.journalScope(scope)
	if err != nil {
		return nil, from, false, err
	}
	return v.steps(ctx, from, func(e *state.Entry, before, after *View) *JournalEntry { return v.entry(e, before, after, in) }, n)
}

func (v *View) steps(ctx context.Context, from Since, entry shower, n int) (steps []Step, upTo Since, more bool, err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	w := &walk{ctx: ctx, v: v, entry: entry, from: from.Position.Seq, to: v.Position().Seq, start: from.Snapshot}
	if err := w.forward(n); err != nil {
		return nil, from, false, err
	}
	if !w.more || w.last == nil {
		return w.found, v.Here(), false, nil
	}
	return w.found, v.place(state.Position(*w.last), w.reached), true, nil
}

// JournalEvent tells of an entry.
type JournalEvent struct {
	Moment
	Entry *JournalEntry
}

// JournalEvent tells of an entry; of none it says that the journal has to be read again.
func (v *View) JournalEvent(e *JournalEntry) *JournalEvent {
	if e == nil {
		return &JournalEvent{Moment: v.moment(true)}
	}
	return &JournalEvent{Moment{e.Position, e.Number, &e.At, false}, e}
}

// ProjectEvent shows a project after it changed.
type ProjectEvent struct {
	Moment
	Project *Project // nil if it is gone or not visible
	v       *View
	id      int64
	since   *Since
	once    sync.Once
	told    []Step // what changed since
	err     error
}

// ProjectEvent shows a project, and what changed in it since an event before, if there was one.
func (v *View) ProjectEvent(id string, since *Since, reset bool) *ProjectEvent {
	n, _ := number(state.Projects.Desc(), id)
	return &ProjectEvent{Moment: v.moment(reset), Project: maybe(v, state.Projects.Get(v, n), newProject), v: v, id: n, since: since}
}

// Removed tells whether the project is gone, or not visible.
func (e *ProjectEvent) Removed() bool { return e.Project == nil }

// steps are the entries that changed something in the project since the event before.
func (e *ProjectEvent) steps(ctx context.Context) ([]Step, error) {
	e.once.Do(func() {
		if e.since == nil || e.id == 0 || e.v.Past() == nil {
			return
		}
		in := inProject(e.id)
		e.told, _, _, e.err = e.v.steps(ctx, *e.since, func(x *state.Entry, before, after *View) *JournalEntry { return e.v.entry(x, before, after, in) }, maxChanges)
		e.err = unlessTooFar(e.err)
	})
	return e.told, e.err
}

// Changes are what changed in the project since the event before.
func (e *ProjectEvent) Changes(ctx context.Context) ([]Change, error) {
	steps, err := e.steps(ctx)
	list := []Change{}
	for _, s := range steps {
		list = append(list, s.Entry.changes...)
	}
	return list[:min(len(list), maxChanges)], err
}

// Actor is who made all of those changes; nil if several did, or the program, or he is not visible.
func (e *ProjectEvent) Actor(ctx context.Context) (*User, error) {
	steps, err := e.steps(ctx)
	if len(steps) == 0 || slices.ContainsFunc(steps, func(s Step) bool { return s.Entry.actor != steps[0].Entry.actor }) {
		return nil, err
	}
	return steps[0].Entry.Actor(), err
}

// RollupEvent shows a node's rollup after it changed.
type RollupEvent struct {
	Moment
	v    *View
	node *string
	asOf *vocab.Date
}

// RollupEvent shows the rollup of a node, or of everything the viewer sees.
func (v *View) RollupEvent(node *string, asOf *vocab.Date, reset bool) *RollupEvent {
	return &RollupEvent{v.moment(reset), v, node, asOf}
}

// Rollup is the condition of the node's projects; nil if the node is gone or not visible.
func (e *RollupEvent) Rollup() *Rollup {
	if e.node == nil {
		return e.v.Everything(e.asOf)
	}
	if node, ok := e.v.Node(*e.node).(interface{ Rollup(*vocab.Date) *Rollup }); ok {
		return node.Rollup(e.asOf)
	}
	return nil
}
