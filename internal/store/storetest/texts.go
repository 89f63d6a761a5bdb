package storetest

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"pmograph/ent"
	"pmograph/internal/state"
	"pmograph/internal/vocab"
)

func report(t tester, d *state.Draft, project int64, revision int, highlights string) *ent.StatusReport {
	s := state.StatusReports.New(d)
	s.ProjectID, s.Revision, s.State, s.Currency, s.Highlights = project, revision, vocab.ReportStateSubmitted, "EUR", text(t, d, highlights)
	return put(t, d, state.StatusReports, s)
}

// longTexts writes texts with a batch and in bulk, reads them by address and in order, and takes them out again.
func longTexts(t *testing.T, h Harness) {
	ctx := context.Background()
	for name, piece := range map[string]int{"batch": 0, "bulk": 7} {
		address := h.Fresh(t)
		r := newRecord(t, openAt(t, h, address))
		r.piece = func() int { return piece }
		var home int64
		r.must(func(d *state.Draft) { home = project(t, d, portfolio(t, d, "A", nil).ID, "P").ID })
		want := map[vocab.TextAddress]string{}
		body := func(i int) string {
			return fmt.Sprintf("Zeile %d\n\t„so“ \\N \\. 🚧 'x' %s", i, strings.Repeat("long ", i))
		}
		r.must(func(d *state.Draft) {
			for i := range 450 { // more than a statement is handed
				want[*report(t, d, home, i+1, body(i)).Highlights] = body(i)
			}
		})
		r.must(func(d *state.Draft) { want[*report(t, d, home, 1000, body(3)).Highlights] = body(3) }) // known already
		r.must(func(d *state.Draft) { want[*report(t, d, home, 1001, "").Highlights] = "" })
		r.check()
		all, after := map[vocab.TextAddress]string{}, vocab.TextAddress("")
		for {
			page, err := r.db.TextsAfter(ctx, after, 100)
			if err != nil || len(page) > 100 {
				t.Fatal(name, len(page), err)
			}
			if len(page) == 0 {
				break
			}
			for _, x := range page {
				if x.Address <= after {
					t.Fatalf("%s: %s comes after %s", name, x.Address, after)
				}
				all[x.Address], after = x.Body, x.Address
			}
		}
		if fmt.Sprint(all) != fmt.Sprint(want) {
			t.Errorf("%s: %d texts are there, not the %d that were put", name, len(all), len(want))
		}
		gone, stays := r.now.TextAddress(body(1)), r.now.TextAddress(body(2))
		if _, err := r.decide(func(d *state.Draft) {
			change(t, d, state.StatusReports, 2, func(s *ent.StatusReport) { s.Highlights = nil })
		}); err != nil {
			t.Fatal(err)
		}
		r.batch.EraseTexts = []vocab.TextAddress{gone, stays}
		r.batch.Texts = append(r.batch.Texts, state.Text{Address: stays, Body: body(2)}) // put again by another mutation
		r.mustCommit()
		found, err := r.db.Texts(ctx, []vocab.TextAddress{gone, stays, "0123456789abcdef0123456789abcdef"})
		if err != nil || len(found) != 1 || found[stays] != body(2) {
			t.Errorf("%s: after an erasure there are %v, %v", name, found, err)
		}
		if found, err := r.db.Texts(ctx, nil); err != nil || len(found) != 0 {
			t.Errorf("%s: none asked for, but %v, %v", name, found, err)
		}
	}
}

// textKeys: each deployment addresses texts in its own way, and keeps to it.
func textKeys(t *testing.T, h Harness) {
	ctx := context.Background()
	var addresses []vocab.TextAddress
	for range 2 {
		db := openAt(t, h, h.Empty(t))
		for range 2 {
			if err := db.Migrate(ctx); err != nil {
				t.Fatal(err)
			}
			s, err := db.Load(ctx)
			if err != nil {
				t.Fatal(err)
			}
			addresses = append(addresses, s.TextAddress("on track"))
		}
	}
	if addresses[0] != addresses[1] || addresses[2] != addresses[3] || addresses[0] == addresses[2] {
		t.Errorf("the addresses are %v", addresses)
	}
}
