package state

import (
	"errors"
	"maps"
	"strings"
	"testing"
	"time"

	"pmograph/auth"
	"pmograph/internal/guard"
	"pmograph/internal/vocab"
)

var evening = time.Date(2026, 1, 2, 18, 0, 0, 0, time.UTC)

// entryOf decides and gives entry and snapshot.
func entryOf(t *testing.T, s *Snapshot, dec Decision, at time.Time) (*Entry, *Snapshot) {
	t.Helper()
	d := decided(t, s, dec, at)
	e, err := d.Entry(Entry{Key: "k"})
	if err != nil {
		t.Fatal(err)
	}
	return e, d.Published()
}

func decided(t *testing.T, s *Snapshot, dec Decision, at time.Time) *Draft {
	t.Helper()
	d, err := NewDraft(s, auth.Machine("test"), dec.Action, at, vocab.DateOf(at))
	if err == nil {
		err = errors.Join(dec.Run(d), d.Finish(nil))
	}
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func portfolioCalled(name string) Decision {
	return Decision{Action: "portfolioCreate", Run: func(d *Draft) error {
		p := Portfolios.New(d)
		p.Code, p.Name, p.Lifecycle = name, name, vocab.PortfolioLifecycleActive
		return Portfolios.Put(d, p)
	}}
}

// set changes a table of levels for the time of a test.
func set[K comparable, V any](t *testing.T, m map[K]V, k K, v V) {
	was := maps.Clone(m)
	m[k] = v
	t.Cleanup(func() { clear(m); maps.Copy(m, was) })
}

// Levels are carried from entry to entry and rise by migrations and by the first use of what is newer, and only then.
func TestLevelsRise(t *testing.T) {
	if l := Empty().Levels(); l != (Levels{SchemaNumber, 1, 1}) {
		t.Fatal("an empty record asks for", l)
	}
	set(t, since, "programs", 3)
	set(t, since, "portfolios.currency", 2)
	s := Empty()
	next := func(dec Decision, want Levels) {
		t.Helper()
		e, after := entryOf(t, s, dec, noonOf(s))
		if s = after; e.Levels() != want || s.Levels() != want {
			t.Fatalf("%s: the entry says %v, the snapshot %v, not %v", dec.Action, e.Levels(), s.Levels(), want)
		}
	}
	next(portfolioCalled("A"), Levels{1, 1, 1})
	next(Decision{Action: "portfolioUpdate", Run: func(d *Draft) error {
		p, err := Portfolios.Edit(d, 1, nil)
		p.Currency = new("EUR")
		return errors.Join(err, Portfolios.Put(d, p))
	}}, Levels{1, 2, 2})
	next(portfolioCalled("B"), Levels{1, 2, 2})
	next(Migration{Schema: 2, MinWriter: 2, Why: "nothing changes but the number"}.Decision(), Levels{2, 2, 2})
	next(Decision{Action: "programCreate", Run: func(d *Draft) error {
		p := Programs.New(d)
		p.Code, p.Name, p.Lifecycle, p.PortfolioID = "P", "P", vocab.PortfolioLifecycleActive, 1
		return Programs.Put(d, p)
	}}, Levels{2, 3, 3})
	next(Migration{Schema: 4, MinWriter: 4, MinReader: 4, Run: func(d *Draft) error {
		p, err := Portfolios.Edit(d, 2, nil)
		p.Name = "migrated"
		return errors.Join(err, Portfolios.Put(d, p))
	}}.Decision(), Levels{4, 4, 4})
}

func noonOf(s *Snapshot) time.Time { return evening.Add(time.Duration(s.Seq()) * time.Hour) }

// A migration is an entry although nothing changed, and names every entity that ever had a row.
func TestMigrationIsAnEntry(t *testing.T) {
	_, s := entryOf(t, Empty(), portfolioCalled("A"), evening)
	m := Migration{Schema: 2}
	d := decided(t, s, m.Decision(), evening)
	e, err := d.Entry(Entry{})
	if err != nil || !d.Recorded() || len(e.Changes) != 0 || e.Action != MigrateAction || !strings.Contains(e.Tables, "portfolios") {
		t.Fatalf("%v %+v", err, e)
	}
	if err := NewBuilder(s).Apply(e); err != nil {
		t.Fatal(err)
	}
	Migrations = []Migration{{Schema: 2}, {Schema: 3}, {Schema: 5}}
	defer func() { Migrations = nil }()
	for schema, want := range map[int]int{1: 3, 2: 2, 4: 1, 5: 0, 6: 0} {
		if got := Pending(Levels{schema, 1, 1}); len(got) != want {
			t.Errorf("at schema %d %d migrations are pending, not %d", schema, len(got), want)
		}
	}
	if l := Empty().Levels(); len(Pending(l)) != 0 {
		t.Error("an empty record has migrations pending")
	}
}

// A program that is too old says so, and which version is needed, whatever else it does not know in the entry.
func TestOldProgramsStop(t *testing.T) {
	e, _ := entryOf(t, Empty(), portfolioCalled("A"), evening)
	e.MinReader, e.Tables, e.Changes[0].Entity = SchemaNumber+1, "{?}", "risks"
	for what, err := range map[string]error{"apply": NewBuilder(Empty()).Apply(e), "load": NewBuilder(Empty()).SetHead([]Entry{*e})} {
		if !errors.Is(err, ErrOldReader) || !strings.Contains(err.Error(), "schema 2 is needed") {
			t.Errorf("%s: %v", what, err)
		}
	}
	l := Levels{Schema: 3, MinWriter: 3, MinReader: 2}
	for number, want := range map[int][2]error{1: {ErrOldReader, ErrOldReader}, 2: {nil, ErrOldWriter}, 3: {nil, nil}, 4: {nil, nil}} {
		if r, w := l.MayRead(number), l.MayWrite(number); !errors.Is(r, want[0]) || !errors.Is(w, want[1]) {
			t.Errorf("a program of schema %d may read: %v, write: %v", number, r, w)
		}
	}
}

// Entries of a lower schema are brought to today's form; the chain covers the form they were written in.
func TestOldEntriesAreReadInTodaysForm(t *testing.T) {
	set(t, upcasts, SchemaNumber-1, func(c *EntryChange) {
		if c.Entity == "folios" {
			c.Entity = "portfolios"
		}
		c.Columns = strings.Replace(c.Columns, `"label":`, `"name":`, 1)
		for i := range c.Private {
			c.Private[i].Column = "email"
		}
	})
	s := Empty()
	var entries []*Entry
	write := func(dec Decision, change func(*Entry)) {
		e, after := entryOf(t, s, dec, noonOf(s))
		e.Schema = SchemaNumber - 1
		for i := range e.Changes {
			c := &e.Changes[i]
			c.Columns = strings.Replace(c.Columns, `"name":`, `"label":`, 1)
		}
		change(e)
		e.Hash = e.chain(s.hash, new([]byte))
		s = after
		s.seal(e)
		entries = append(entries, e)
	}
	old := func(e *Entry) {
		e.Changes[0].Entity = "folios"
		e.Tables = `{"folios":{"next":2,"digest":"0123456789abcdef0123456789abcdef"}}` // of rows with another column's name
	}
	write(portfolioCalled("A"), old)
	write(Decision{Action: "portfolioDelete", Run: func(d *Draft) error { Portfolios.Delete(d, 1); return nil }}, old)
	b := NewBuilder(Empty())
	for _, e := range entries {
		was := e.Changes[0].Columns
		if err := b.Apply(e); err != nil {
			t.Fatal(err)
		}
		if e.Changes[0].Columns != was || e.Today(0).Entity != "portfolios" {
			t.Fatal("the entry was changed, or is not shown in today's form")
		}
	}
	if err := b.Undo(entries[1], entries[0]); err != nil {
		t.Fatal(err)
	}
	if p := Portfolios.Get(NewWhole(b.Snapshot()), 1); p == nil || p.Name != "A" {
		t.Fatalf("after going back: %+v", p)
	}
	tombs := NewBuilder(Empty())
	if err := tombs.AddTomb(entries[1], &entries[1].Changes[0]); err != nil {
		t.Fatal(err)
	}
	if last := tombs.s.last(Portfolios.desc, 1); last == nil {
		t.Fatal("the deleted row is not remembered")
	}
	entries[0].Changes[0].Columns += " "
	if err := NewBuilder(Empty()).Apply(entries[0]); err == nil {
		t.Fatal("the chain does not cover the form that was written")
	}
}

// A draft that was decided ahead and stamped is the one that was decided at that number and instant: entry, digests, rows.
func TestStamp(t *testing.T) {
	make := func(d *Draft) error {
		home := Portfolios.New(d)
		home.Code, home.Name, home.Lifecycle = "H", "Home", vocab.PortfolioLifecycleActive
		u := Users.New(d)
		u.Issuer, u.Active, u.Subject = "LOCAL", true, new(guard.NewPersonal("x"))
		return errors.Join(Portfolios.Put(d, home), Users.Put(d, u))
	}
	_, s := entryOf(t, Empty(), Decision{Action: "import", Run: make}, evening)
	_, s = entryOf(t, s, portfolioCalled("B"), evening)
	big := Decision{Action: "import", Run: func(d *Draft) error {
		Portfolios.Delete(d, 2)
		home, err := Portfolios.Edit(d, 1, nil)
		home.Name = "Changed"
		err = errors.Join(err, Portfolios.Put(d, home))
		for _, code := range []string{"X", "Y"} {
			err = errors.Join(err, portfolioCalled(code).Run(d))
		}
		again, _ := Portfolios.Edit(d, 3, nil)
		again.Name = "twice"
		return errors.Join(err, Portfolios.Put(d, again))
	}}
	// The record has meanwhile moved on by an entry that does not meet this one.
	_, base := entryOf(t, s, Decision{Action: "teamCreate", Run: func(d *Draft) error {
		m := Teams.New(d)
		m.Code, m.Name = "T", "Team"
		return Teams.Put(d, m)
	}}, evening)
	for _, decidedAt := range []time.Time{evening, evening.Add(-time.Minute)} {
		at := evening.Add(time.Hour)
		want, wantSnapshot := entryOf(t, base, big, at)
		d := decided(t, base, big, decidedAt)
		d.Stamp(want.Seq, at)
		got, err := d.Entry(Entry{Key: "k"})
		if err != nil {
			t.Fatal(err)
		}
		if got.Hash != want.Hash || got.Tables != want.Tables || got.Changes[0].Columns != want.Changes[0].Columns {
			t.Fatalf("stamped %+v\nnot     %+v", got, want)
		}
		if diff := Diff(d.Published(), wantSnapshot) + DiffNext(d.Published(), wantSnapshot); diff != "" {
			t.Fatal(diff)
		}
		for _, c := range d.Changes() {
			if c.After != nil && c.Table.rowDigest(c.After) != c.Table.at(c.hash, c.After) {
				t.Fatal("a row's hash is not kept")
			}
		}
		b := NewBuilder(base)
		if err := b.Apply(got); err != nil {
			t.Fatal(err)
		}
		if diff := Diff(b.Snapshot(), wantSnapshot); diff != "" {
			t.Fatal(diff)
		}
	}
}
