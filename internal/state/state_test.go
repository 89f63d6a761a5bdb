package state_test

import (
	"testing"
	"time"

	"pmograph/auth"
	"pmograph/internal/state"
	"pmograph/internal/vocab"
)

var noon = time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)

func draft(t testing.TB, s *state.Snapshot, action string) *state.Draft {
	t.Helper()
	d, err := state.NewDraft(s, auth.Machine("test"), action, noon, vocab.DateOf(noon))
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestDraftBecomesEntryAndReplays(t *testing.T) {
	d := draft(t, state.Empty(), "portfolioCreate")
	p := state.Portfolios.New(d)
	p.Code, p.Name, p.Lifecycle = "A", "Alpha", vocab.PortfolioLifecycleActive
	if err := state.Portfolios.Put(d, p); err != nil {
		t.Fatal(err)
	}
	d.Result(state.Portfolios.Desc(), p.ID)
	if err := d.Finish(nil); err != nil {
		t.Fatal(err)
	}
	e, err := d.Entry(state.Entry{Key: "k"})
	if err != nil {
		t.Fatal(err)
	}
	b := state.NewBuilder(state.Empty())
	if err := b.Apply(e); err != nil {
		t.Fatal(err)
	}
	if diff := state.Diff(d.Published(), b.Snapshot()); diff != "" {
		t.Fatal(diff)
	}
	u := state.NewBuilder(b.Snapshot())
	if err := u.Undo(e, &state.Entry{}); err != nil {
		t.Fatal(err)
	}
	if u.Snapshot().Count(state.Portfolios.Desc()) != 0 {
		t.Fatal("undo left the row")
	}
	t.Logf("%+v", e)
}
