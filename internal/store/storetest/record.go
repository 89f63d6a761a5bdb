package storetest

import (
	"context"
	"testing"
	"time"

	"pmograph/auth"
	"pmograph/ent"
	"pmograph/internal/guard"
	"pmograph/internal/state"
	"pmograph/internal/store"
	"pmograph/internal/vocab"
)

// record is a store with the snapshot that its writer would hold.
type record struct {
	t       tester
	db      store.Store
	now     *state.Snapshot // committed and pending
	durable *state.Snapshot // committed
	at      time.Time
	batch   store.Batch
	layers  [][]*state.Change
	piece   func() int // how many rows a bulk copies at a time, for batches of one entry; 0 writes them as a batch
}

// tester is what the suite needs of testing.T and rapid.T.
type tester interface {
	Helper()
	Fatal(args ...any)
	Fatalf(format string, args ...any)
}

var noon = time.Date(2026, 3, 1, 12, 0, 0, 123_456_000, time.UTC)

func open(t *testing.T, h Harness) *record {
	t.Helper()
	return newRecord(t, openAt(t, h, h.Fresh(t)))
}

func openAt(t *testing.T, h Harness, address string) store.Store {
	t.Helper()
	db := h.Open(t, address)
	t.Cleanup(func() { db.Close() })
	return db
}

func newRecord(t tester, db store.Store) *record {
	return &record{t: t, db: db, now: state.Empty(), durable: state.Empty(), at: noon}
}

// decide runs a decision and adds it to the batch. The error is that of the draft's checks: the batch is as before then, and the draft
// is given all the same.
func (r *record) decide(run func(d *state.Draft)) (*state.Draft, error) {
	r.t.Helper()
	r.at = r.at.Add(1_000_001 * time.Microsecond)
	d, err := state.NewDraft(r.now, auth.Machine("test"), "portfolioCreate", r.at, vocab.DateOf(r.at))
	if err != nil {
		r.t.Fatal(err)
	}
	run(d)
	if err := d.Finish(nil); err != nil {
		return d, err
	}
	if len(d.Changes()) > 0 {
		r.add(d)
	}
	return d, nil
}

func (r *record) add(d *state.Draft) {
	e, err := d.Entry(state.Entry{Key: "k", Reason: "weil’s „so“ ist\n🚧", RequestID: "r-1", Input: []byte{0, 1, 255}})
	if err != nil {
		r.t.Fatal(err)
	}
	r.batch.Entries, r.layers = append(r.batch.Entries, *e), append(r.layers, d.Changes())
	r.batch.Texts = append(r.batch.Texts, d.Texts()...)
	r.now = d.Published()
}

// must is decide for decisions that are accepted, and commits.
func (r *record) must(run func(d *state.Draft)) {
	r.t.Helper()
	if _, err := r.decide(run); err != nil {
		r.t.Fatal(err)
	}
	r.mustCommit()
}

// commit writes the batch. If the store refuses, the record is as before the batch.
func (r *record) commit() error {
	r.batch.Changes = state.Merge(r.layers)
	b, layers := r.batch, r.layers
	r.batch, r.layers = store.Batch{}, nil
	if len(b.Entries) == 0 {
		return nil
	}
	ctx := context.Background()
	if piece := r.pieces(b); piece > 0 {
		err := r.inBulk(ctx, b, layers[0], piece)
		r.now = r.durable
		return err
	}
	tx, err := r.db.Begin(ctx)
	if err == nil {
		defer tx.Rollback()
		err = tx.Commit(ctx, b)
	}
	if err != nil {
		r.now = r.durable
		return err
	}
	r.durable = r.now
	return nil
}

func (r *record) mustCommit() {
	r.t.Helper()
	if err := r.commit(); err != nil {
		r.t.Fatal(err)
	}
}

// check compares what the store loads, and what its journal replays to, with the snapshot.
func (r *record) check() {
	r.t.Helper()
	ctx := context.Background()
	loaded, err := r.db.Load(ctx)
	if err != nil {
		r.t.Fatal(err)
	}
	r.same("loaded", loaded)
	b := state.NewBuilder(state.Empty())
	for after := int64(0); ; {
		page, err := r.db.Entries(ctx, after, 1<<62, false, 100)
		if err != nil {
			r.t.Fatal(err)
		}
		if len(page) == 0 {
			break
		}
		for i := range page {
			if err := b.Apply(&page[i]); err != nil {
				r.t.Fatal(err)
			}
			if err := page[i].CheckPrivate(func(string, int64) bool { return false }); err != nil {
				r.t.Fatal(err)
			}
		}
		after = page[len(page)-1].Seq
	}
	r.same("replayed", b.Snapshot())
}

func (r *record) same(what string, s *state.Snapshot) {
	r.t.Helper()
	if diff := state.Diff(r.durable, s) + state.DiffNext(r.durable, s); diff != "" {
		r.t.Fatalf("the %s snapshot is not the published one: %s", what, diff)
	}
	if s.Position() != r.durable.Position() || !s.At().Equal(r.durable.At()) || s.Hash() != r.durable.Hash() {
		r.t.Fatalf("the %s snapshot is at %s, %s; the published one at %s, %s", what, s.Position(), s.At(), r.durable.Position(), r.durable.At())
	}
}

func put[T any](t tester, d *state.Draft, table *state.Table[T], row *T) *T {
	t.Helper()
	if err := table.Put(d, row); err != nil {
		t.Fatal(err)
	}
	return row
}

// change edits a row and puts it back.
func change[T any](t tester, d *state.Draft, table *state.Table[T], id int64, edit func(*T)) {
	t.Helper()
	row, err := table.Edit(d, id, nil)
	if err != nil {
		t.Fatal(err)
	}
	edit(row)
	put(t, d, table, row)
}

func portfolio(t tester, d *state.Draft, code string, parent *int64) *ent.Portfolio {
	p := state.Portfolios.New(d)
	p.Code, p.Name, p.Lifecycle, p.ParentID = code, "Portfolio "+code, vocab.PortfolioLifecycleActive, parent
	return put(t, d, state.Portfolios, p)
}

func project(t tester, d *state.Draft, portfolio int64, code string) *ent.Project {
	p := state.Projects.New(d)
	p.Code, p.Name, p.Lifecycle, p.PortfolioID, p.Currency = code, "Project "+code, vocab.ProjectLifecyclePlanning, portfolio, "EUR"
	return put(t, d, state.Projects, p)
}

func user(t tester, d *state.Draft, subject string) *ent.User {
	u := state.Users.New(d)
	u.Issuer, u.Active = "LOCAL", true
	u.Subject, u.Name, u.Email = personal(subject), personal("Name of "+subject), personal(subject+"@example.org")
	return put(t, d, state.Users, u)
}

func team(t tester, d *state.Draft, code string, parent *int64) *ent.Team {
	m := state.Teams.New(d)
	m.Code, m.Name, m.ParentID = code, "Team "+code, parent
	return put(t, d, state.Teams, m)
}

func baseline(t tester, d *state.Draft, project int64, number int) *ent.Baseline {
	b := state.Baselines.New(d)
	b.ProjectID, b.Number, b.State, b.Reason = project, number, vocab.BaselineStateDraft, "first"
	return put(t, d, state.Baselines, b)
}

func rate(t tester, d *state.Draft, from string, day vocab.Date) *ent.ExchangeRate {
	x := state.ExchangeRates.New(d)
	x.FromCurrency, x.ToCurrency, x.ValidFrom, x.Rate = from, "EUR", day, 1_085_000_000
	return put(t, d, state.ExchangeRates, x)
}

func personal(s string) *guard.Personal { return new(guard.NewPersonal(s)) }

func text(t tester, d *state.Draft, body string) *vocab.TextAddress {
	t.Helper()
	a, err := d.Text(body)
	if err != nil {
		t.Fatal(err)
	}
	return &a
}
