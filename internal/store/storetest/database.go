package storetest

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"testing"

	"golang.org/x/sync/errgroup"

	"pmograph/internal/state"
	"pmograph/internal/store"
	"pmograph/internal/vocab"
)

// migrations applies the schema, by several processes at once and again, and refuses what it does not know.
func migrations(t *testing.T, h Harness) {
	ctx := context.Background()
	address := h.Empty(t)
	var all errgroup.Group
	for range 4 {
		all.Go(func() error {
			db := h.Open(t, address)
			return errors.Join(db.Migrate(ctx), db.Migrate(ctx), db.Close())
		})
	}
	if err := all.Wait(); err != nil {
		t.Fatal(err)
	}
	r := newRecord(t, openAt(t, h, address))
	r.must(func(d *state.Draft) { team(t, d, "a", nil) })
	if err := r.db.Migrate(ctx); err != nil {
		t.Fatal(err)
	}
	r.check()
	raw := h.Raw(t, address)
	for _, c := range []struct{ tamper, want, mend string }{
		{"INSERT INTO schema_revision VALUES ('9999', 'h', '')", "newer", "DELETE FROM schema_revision WHERE version = '9999'"},
		{"UPDATE schema_revision SET hash = 'x' || hash WHERE version = '0001'", "0001_journal", "UPDATE schema_revision SET hash = substr(hash, 2) WHERE version = '0001'"},
	} {
		run(t, raw, c.tamper)
		if err := r.db.Migrate(ctx); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", c.tamper, err)
		}
		run(t, raw, c.mend)
	}
	if err := r.db.Migrate(ctx); err != nil {
		t.Fatal(err)
	}
}

func run(t *testing.T, raw *sql.DB, q string) {
	t.Helper()
	if _, err := raw.Exec(q); err != nil {
		t.Fatal(err)
	}
}

// refusals hands over what drafts refuse; each is definite and leaves nothing.
func refusals(t *testing.T, h Harness) {
	r := open(t, h)
	r.must(func(d *state.Draft) {
		a := portfolio(t, d, "a", nil).ID
		portfolio(t, d, "b", new(a))
		project(t, d, a, "p")
		team(t, d, "a", nil)
		team(t, d, "b", nil)
		user(t, d, "u")
		rate(t, d, "USD", vocab.NewDate(2026, 1, 1))
	})
	for name, run := range map[string]func(d *state.Draft){
		"taken text":           func(d *state.Draft) { team(t, d, "a", nil) },
		"taken by a change":    func(d *state.Draft) { change(t, d, state.Teams, 1, func(m *teamRow) { m.Code = "b" }) },
		"taken personal datum": func(d *state.Draft) { user(t, d, "u") },
		"taken day":            func(d *state.Draft) { rate(t, d, "USD", vocab.NewDate(2026, 1, 1)) },
		"no such parent":       func(d *state.Draft) { project(t, d, 99, "q") },
		"moved nowhere": func(d *state.Draft) {
			change(t, d, state.Portfolios, 2, func(p *portfolioRow) { p.ParentID = new(int64(99)) })
		},
		"still referred to":   func(d *state.Draft) { state.Portfolios.Delete(d, 1) },
		"two new of one name": func(d *state.Draft) { team(t, d, "c", nil); team(t, d, "c", nil) },
	} {
		d, err := r.decide(run)
		if err == nil {
			t.Fatalf("%s: the draft takes it", name)
		}
		forced(r, d, err)
		r.check()
	}
	d, err := r.decide(func(d *state.Draft) { team(t, d, "c", nil) })
	if err != nil {
		t.Fatal(err)
	}
	for name, spoil := range map[string]func(e *state.Entry){
		"a zero byte": func(e *state.Entry) { e.Reason = "a\x00b" }, "not UTF-8": func(e *state.Entry) { e.Key = "\xff" },
	} {
		r.batch, r.layers = store.Batch{}, nil
		r.now = r.durable
		r.add(d)
		spoil(&r.batch.Entries[0])
		if err := r.commit(); !errors.Is(err, store.ErrUnstorable) || !r.db.Definite(err) {
			t.Errorf("%s: %v", name, err)
		}
	}
	r.check()
	if _, err := r.decide(func(d *state.Draft) { team(t, d, "c", nil) }); err != nil {
		t.Fatal(err)
	}
	r.batch.Entries[0].Seq = 1 // as a second writer would
	if err := r.commit(); err == nil || r.db.Definite(err) {
		t.Errorf("an entry number that is taken must be looked into: %v", err)
	}
	r.check()
}

// drift changes rows around the journal.
func drift(t *testing.T, h Harness) {
	for tamper, act := range map[string]func(d *state.Draft){
		"UPDATE teams SET seq = 77 WHERE id = 1": func(d *state.Draft) { change(t, d, state.Teams, 1, func(m *teamRow) { m.Name = "x" }) },
		"UPDATE teams SET seq = 77 WHERE id = 2": func(d *state.Draft) { state.Teams.Delete(d, 2) },
		"DELETE FROM teams WHERE id = 1":         func(d *state.Draft) { state.Teams.Delete(d, 1) },
		"DELETE FROM teams WHERE id = 2": func(d *state.Draft) {
			for id := range int64(2) {
				change(t, d, state.Teams, id+1, func(m *teamRow) { m.Code += "x" })
			}
		},
		"UPDATE teams SET name = 'other' WHERE id = 1":                                nil,
		"UPDATE journal SET tables = replace(tables, 'teams', 'users') WHERE seq = 1": nil,
	} {
		address := h.Fresh(t)
		r := newRecord(t, openAt(t, h, address))
		r.must(func(d *state.Draft) { team(t, d, "a", nil); team(t, d, "b", nil) })
		run(t, h.Raw(t, address), tamper)
		if _, err := r.db.Load(context.Background()); !errors.Is(err, store.ErrDrift) {
			t.Errorf("%s: loaded with %v", tamper, err)
		}
		if act == nil {
			continue
		}
		if _, err := r.decide(act); err != nil {
			t.Fatal(err)
		}
		err := r.commit()
		var row *store.RowError
		if !errors.Is(err, store.ErrDrift) || !r.db.Definite(err) || !errors.As(err, &row) || row.Table != "teams" {
			t.Errorf("%s: committed with %v", tamper, err)
		}
		if head, _, err := r.db.Head(context.Background(), 0); head.Seq != 1 || err != nil {
			t.Errorf("%s: the journal has %d entries, %v", tamper, head.Seq, err)
		}
	}
}

// erasure removes a name from rows, from the journal, and from the file.
func erasure(t *testing.T, h Harness) {
	t.Run("batch", func(t *testing.T) { erase(t, h, 0) })
	t.Run("bulk", func(t *testing.T) { erase(t, h, 100) })
}

func erase(t *testing.T, h Harness, piece int) {
	ctx := context.Background()
	const name, other = "Wolfeschlegelsteinhausen", "Bergerdorff"
	address := h.Fresh(t)
	r := newRecord(t, openAt(t, h, address))
	r.piece = func() int { return piece }
	raw := h.Raw(t, address)
	var who int64
	r.must(func(d *state.Draft) { who = user(t, d, name).ID; user(t, d, other) })
	for i := range 40 { // the name moves through pages, and the log
		r.must(func(d *state.Draft) {
			team(t, d, fmt.Sprint("a", i), nil)
			team(t, d, fmt.Sprint("b", i), nil)
			change(t, d, state.Users, who, func(u *userRow) { u.Name = personal(fmt.Sprint(name, i)) })
			user(t, d, fmt.Sprint(other, i))
		})
	}
	if !strings.Contains(dump(t, h, raw), name) || h.Files != nil && !strings.Contains(string(h.Files(t, address)), name) {
		t.Fatal("the test does not find the name before the erasure")
	}
	if _, err := r.decide(func(d *state.Draft) {
		change(t, d, state.Users, who, func(u *userRow) { u.Subject, u.Name, u.Email, u.ErasedAt = nil, nil, nil, new(r.at) })
	}); err != nil {
		t.Fatal(err)
	}
	erased := store.Erasure{Entity: "users", ID: who, Seq: r.now.Seq()}
	r.batch.Erase = []store.Erasure{erased}
	r.mustCommit()
	if text := dump(t, h, raw); strings.Contains(text, name) || !strings.Contains(text, other+"39") {
		t.Error("the tables hold the erased name, or lost another")
	}
	if h.Files != nil && strings.Contains(string(h.Files(t, address)), name) {
		t.Error("the files hold the erased name")
	}
	if all, err := r.db.Erased(ctx); err != nil || len(all) != 1 || all[0] != erased {
		t.Errorf("erased: %v, %v", all, err)
	}
	loaded, err := r.db.Load(ctx)
	if err != nil {
		t.Fatal(err)
	}
	r.same("loaded", loaded)
	all, err := r.db.Entries(ctx, 0, 1000, false, 1000)
	if err != nil {
		t.Fatal(err)
	}
	b := state.NewBuilder(state.Empty())
	for i := range all {
		if err := errors.Join(b.Apply(&all[i]), all[i].CheckPrivate(func(table string, id int64) bool { return table == "users" && id == who })); err != nil {
			t.Fatal(err)
		}
	}
	r.same("replayed", b.Snapshot())
}

// dump gives every value of every table as text.
func dump(t *testing.T, h Harness, raw *sql.DB) string {
	t.Helper()
	var out strings.Builder
	for _, table := range column(t, raw, h.Tables) {
		rows, err := raw.Query(`SELECT * FROM "` + table + `"`)
		if err != nil {
			t.Fatal(err)
		}
		cols, _ := rows.Columns()
		values := make([]any, len(cols))
		dest := make([]any, len(cols))
		for i := range values {
			dest[i] = &values[i]
		}
		for rows.Next() {
			if err := rows.Scan(dest...); err != nil {
				t.Fatal(err)
			}
			for _, v := range values {
				if b, ok := v.([]byte); ok {
					v = string(b)
				}
				fmt.Fprintln(&out, v)
			}
		}
		if err := rows.Err(); err != nil {
			t.Fatal(err)
		}
	}
	return out.String()
}

func column(t *testing.T, raw *sql.DB, q string) (values []string) {
	t.Helper()
	rows, err := raw.Query(q)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var v string
		if err := rows.Scan(&v); err != nil {
			t.Fatal(err)
		}
		values = append(values, v)
	}
	return values
}
