package storetest

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"pmograph/internal/state"
)

// packedChanges writes an entry of many changes in bulk, with deletions, persons and long texts among them, between small ones. It is read
// back as it was handed over, whichever way, and is undone.
func packedChanges(t *testing.T, h Harness) {
	ctx := context.Background()
	const n = 700
	address := h.Fresh(t)
	r := newRecord(t, openAt(t, h, address))
	piece := 0
	r.piece = func() int { return piece }
	var made []state.Entry
	var after []*state.Snapshot
	commit := func(run func(d *state.Draft)) {
		t.Helper()
		if _, err := r.decide(run); err != nil {
			t.Fatal(err)
		}
		made = append(made, r.batch.Entries[0])
		r.mustCommit()
		after = append(after, r.durable)
	}
	commit(func(d *state.Draft) {
		team(t, d, "first", nil)
		user(t, d, "x")
		team(t, d, "second", nil)
		portfolio(t, d, "A", nil)
	})
	piece = 333
	commit(func(d *state.Draft) {
		for i := range n {
			name := fmt.Sprint("t", i)
			switch i {
			case 40:
				state.Teams.Delete(d, 1)
			case 41, 42, 300:
				user(t, d, name)
			case 350:
				change(t, d, state.Users, 1, func(u *userRow) { u.Name = personal("another") })
			case 351:
				change(t, d, state.Teams, 2, func(m *teamRow) { m.Name = "Two\twords\nand a line \\ with „all“ in it" })
			case 352:
				project(t, d, 1, "P")
			case 353:
				change(t, d, state.Portfolios, 1, func(p *portfolioRow) { p.Name = strings.Repeat("long ", 60) })
			default:
				team(t, d, name, nil)
			}
		}
	})
	commit(func(d *state.Draft) {
		for i := range n {
			team(t, d, fmt.Sprint("u", i), nil)
		}
	})
	piece = 0
	commit(func(d *state.Draft) { team(t, d, "last", nil) })
	r.check()
	for limit := 1; limit <= len(made)+1; limit++ {
		for _, back := range []bool{false, true} {
			for from := range made {
				page, err := r.db.Entries(ctx, int64(from), int64(len(made)), back, limit)
				if err != nil {
					t.Fatal(err)
				}
				if want := min(limit, len(made)-from); len(page) != want {
					t.Fatalf("%d entries, not %d", len(page), want)
				}
				for i := range page {
					want := &made[min(from+i, len(made)-1)]
					if back {
						want = &made[len(made)-1-i]
					}
					sameEntry(t, &page[i], want)
				}
			}
		}
	}
	undone(t, r, made, after)
	if h.Raw == nil {
		return
	}
	var rows, changes int
	if err := h.Raw(t, address).QueryRow(`SELECT count(*), (SELECT sum(change_count) FROM journal) FROM journal_change`).Scan(&rows, &changes); err != nil {
		t.Fatal(err)
	}
	if changes != 2*n+5 || rows > 25 {
		t.Errorf("%d changes are %d rows", changes, rows)
	}
}

// undone goes back entry by entry and forth again.
func undone(t *testing.T, r *record, made []state.Entry, after []*state.Snapshot) {
	t.Helper()
	all, err := r.db.Entries(t.Context(), 0, int64(len(made)), true, len(made))
	if err != nil {
		t.Fatal(err)
	}
	same := func(have, want *state.Snapshot) {
		t.Helper()
		if d := state.Diff(have, want); d != "" || have.Position() != want.Position() {
			t.Fatalf("at %s, not %s: %s", have.Position(), want.Position(), d)
		}
	}
	s := r.durable
	for i := 0; i < len(all)-1; i++ {
		b := state.NewBuilder(s)
		if err := b.Undo(&all[i], &all[i+1]); err != nil {
			t.Fatal(err)
		}
		s = b.Snapshot()
		same(s, after[len(after)-2-i])
	}
	b := state.NewBuilder(s)
	for i := len(all) - 2; i >= 0; i-- {
		if err := b.Apply(&all[i]); err != nil {
			t.Fatal(err)
		}
	}
	same(b.Snapshot(), r.durable)
}
