package read

import (
	"context"
	"sort"
	"time"

	"pmograph/auth"
	"pmograph/internal/state"
	"pmograph/internal/vocab"
)

// Since is how far somebody has followed the journal, and what he could see there.
type Since struct {
	Position state.Position
	Snapshot *state.Snapshot // the record there; nil: it is rebuilt when it is needed
	rights   *auth.Rights    // by which he was told of it; nil: not known, those of now count
	day      vocab.Date
}

// Here is how far one has followed who has seen all of a view.
func (v *View) Here() Since { return v.place(v.Position(), v.Snapshot()) }

// place is how far one has followed who was told everything up to a position by this view.
func (v *View) place(p state.Position, s *state.Snapshot) Since {
	return Since{p, s, v.Rights(), v.Day()}
}

// Stay is the same place for who knows it by this view's rights.
func (v *View) Stay(at Since) Since { return v.place(at.Position, at.Snapshot) }

// By is the rights by which somebody was told of the record there; nil if that is not known.
func (s Since) By() *auth.Rights { return s.rights }

// Returned tells of somebody who comes back to a position whether all the time since then his rights were those of now, so that what he keeps is
// what they showed him there.
func (v *View) Returned(ctx context.Context, id auth.Identity, p state.Position) (known bool, err error) {
	if p.Seq == 0 { // he keeps nothing
		return true, nil
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	then, err := New(v.Within(ctx)).At(&KnownAt{Number: (*Long)(&p.Seq)})
	if err != nil {
		return false, unlessTooFar(err)
	}
	s := &steady{id: id, snapshot: then.Snapshot(), zone: zoneOf(v.Snapshot())}
	s.day = s.dayOf(s.snapshot)
	s.rights = s.intern.Intern(v.Rights())
	if known = v.Day()-s.day <= maxAway && s.same(); !known {
		return false, nil
	}
	entry := func(_ *state.Entry, _, after *View) *JournalEntry {
		known = known && s.goOn(after.Snapshot(), s.dayOf(after.Snapshot()))
		return nil
	}
	for from, more := (Since{Position: p}), true; more && known; {
		if _, from, more, err = v.steps(ctx, from, entry, 1); err != nil {
			return false, unlessTooFar(err)
		}
	}
	return known && s.goOn(v.Snapshot(), v.Day()), nil
}

// maxAway is for how many days somebody may have been away whose rights are looked at day by day.
const maxAway = 31

// steady follows whether an identity's rights stay the same.
type steady struct {
	id       auth.Identity
	intern   auth.Interner
	rights   *auth.Rights
	snapshot *state.Snapshot
	zone     *time.Location
	day      vocab.Date
}

func (s *steady) dayOf(then *state.Snapshot) vocab.Date { return vocab.DateOf(then.At().In(s.zone)) }

func (s *steady) same() bool {
	session, err := s.snapshot.Session(s.id, s.snapshot.At(), s.day, s.snapshot.At())
	return err == nil && s.intern.Intern(session.Rights) == s.rights
}

// goOn goes on to a later record and day; false if rights were others on the way.
func (s *steady) goOn(to *state.Snapshot, day vocab.Date) bool {
	for s.day < day {
		if s.day++; !s.same() {
			return false
		}
	}
	was := s.snapshot
	s.snapshot = to
	return was.RightsBasis() == to.RightsBasis() || s.same()
}

// zoneOf is where the organisation's days begin.
func zoneOf(s *state.Snapshot) *time.Location {
	if o := s.Organisation(); o != nil {
		if z, err := time.LoadLocation(o.Timezone); err == nil {
			return z
		}
	}
	return time.UTC
}

// told is the view by which somebody was told of the record at a place. If that is not known, it is the view's own of the record then.
func (v *View) told(ctx context.Context, since Since) (*View, error) {
	if since.Snapshot != nil && since.rights != nil {
		return New(v.WasNewest(since.Snapshot, since.rights, since.day)), nil
	}
	if since.Snapshot != nil {
		return New(v.View.At(since.Snapshot)), nil
	}
	return New(v.Within(ctx)).At(&KnownAt{Number: (*Long)(&since.Position.Seq)})
}

// turns are the records after each entry since a place, to find the entry at which something began to hold that holds now.
type turns struct {
	v     *View
	all   []*state.Snapshot // the one at the place first; nil if there are too many
	views map[int]*View     // made of them
}

// turns gives the records since a place.
func (v *View) turns(ctx context.Context, since Since) (*turns, error) {
	t := &turns{v: v, views: map[int]*View{}}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	w := &walk{ctx: ctx, v: v, from: since.Position.Seq, to: v.Position().Seq, start: since.Snapshot}
	var all []*state.Snapshot
	w.entry = func(_ *state.Entry, before, after *View) *JournalEntry {
		if before.Position().Seq == w.from {
			all = []*state.Snapshot{before.Snapshot()}
		}
		all = append(all, after.Snapshot())
		return nil
	}
	err := w.forward(1)
	if err == nil && !w.more {
		t.all = all
	}
	return t, err
}

func (t *turns) view(i int) *View {
	if t.views[i] == nil {
		t.views[i] = New(t.v.View.At(t.all[i]))
	}
	return t.views[i]
}

// at is the number of an entry that made hold what holds now; nil if none did.
func (t *turns) at(holds func(*View) bool) *Long {
	if len(t.all) < 2 || holds(t.view(0)) {
		return nil
	}
	n := 1 + sort.Search(len(t.all)-2, func(i int) bool { return holds(t.view(i + 1)) })
	number := Long(t.all[n].Seq())
	return &number
}

// unlessTooFar is an error that is not about how far back the past lies.
func unlessTooFar(err error) error {
	if TooFar(err) {
		return nil
	}
	return err
}
