package storetest

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"testing"
	"time"

	"pmograph/internal/state"
	"pmograph/internal/store"
	"pmograph/internal/vocab"
)

func (r *record) pieces(b store.Batch) int {
	if r.piece == nil || len(b.Entries) != 1 {
		return 0
	}
	return r.piece()
}

// inBulk writes one mutation in bulk, and makes it the durable state if the store takes it.
func (r *record) inBulk(ctx context.Context, b store.Batch, changes []*state.Change, piece int) error {
	bulk, err := r.db.BeginBulk(ctx)
	if err != nil {
		return err
	}
	defer bulk.Rollback()
	if err := errors.Join(stage(ctx, bulk, changes, b.Entries[0].Changes, piece), bulk.StageTexts(ctx, b.Texts)); err != nil {
		return err
	}
	if err := bulk.Lock(ctx); err != nil {
		return err
	}
	if head, _, err := bulk.State(ctx); err != nil || head != r.durable.Position() {
		return fmt.Errorf("under the lock the head is %s, not %s: %w", head, r.durable.Position(), err)
	}
	if err := bulk.Commit(ctx, headOnly(b)); err != nil {
		return err
	}
	r.durable = r.now
	return nil
}

// stage hands over rows as a decision ahead of the lock leaves them: numbered and dated otherwise than they will be.
func stage(ctx context.Context, bulk store.Bulk, changes []*state.Change, entry []state.EntryChange, piece int) error {
	var rows []*state.Change
	for _, c := range changes {
		rows = append(rows, provisional(c))
	}
	for len(rows)+len(entry) > 0 {
		n, m := min(piece, len(rows)), min(piece, len(entry))
		if err := bulk.Stage(ctx, rows[:n], entry[:m]); err != nil {
			return err
		}
		rows, entry = rows[n:], entry[m:]
	}
	return nil
}

func provisional(c *state.Change) *state.Change {
	own := *c
	if c.After != nil && !c.Table.IsFacts() { // facts are staged without their version
		row := reflect.New(reflect.TypeOf(c.After).Elem())
		row.Elem().Set(reflect.ValueOf(c.After).Elem())
		row.Elem().FieldByName("Seq").SetInt(77)
		row.Elem().FieldByName("UpdatedAt").Set(reflect.ValueOf(noon.Add(-time.Hour)))
		if c.Before == nil {
			row.Elem().FieldByName("CreatedAt").Set(reflect.ValueOf(noon.Add(-time.Hour)))
		}
		own.After = row.Interface()
	}
	return &own
}

// headOnly gives a batch as a bulk is committed with.
func headOnly(b store.Batch) store.Batch {
	head := b.Entries[0]
	head.Changes = nil
	b.Entries, b.Changes, b.Texts = []state.Entry{head}, nil, nil
	return b
}

// bulkMisuse asks for things in the wrong order, or tells of other changes than were staged.
func bulkMisuse(t *testing.T, h Harness) {
	ctx := context.Background()
	r := open(t, h)
	r.must(func(d *state.Draft) { team(t, d, "a", nil) })
	for name, spoil := range map[string]func(bulk store.Bulk, b *store.Batch) error{
		"committed without the lock": func(bulk store.Bulk, b *store.Batch) error { return nil },
		"staged under the lock": func(bulk store.Bulk, b *store.Batch) error {
			if err := bulk.Lock(ctx); err != nil {
				t.Fatal(err)
			}
			return bulk.Stage(ctx, nil, []state.EntryChange{{}})
		},
		"another count": func(bulk store.Bulk, b *store.Batch) error { b.Entries[0].Count++; return bulk.Lock(ctx) },
		"two entries": func(bulk store.Bulk, b *store.Batch) error {
			b.Entries = append(b.Entries, b.Entries[0])
			return bulk.Lock(ctx)
		},
	} {
		if _, err := r.decide(func(d *state.Draft) { team(t, d, "b", nil) }); err != nil {
			t.Fatal(err)
		}
		b, changes := r.batch, r.layers[0]
		r.batch, r.layers, r.now = store.Batch{}, nil, r.durable
		bulk, err := r.db.BeginBulk(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if err := stage(ctx, bulk, changes, b.Entries[0].Changes, 1); err != nil {
			t.Fatal(err)
		}
		b = headOnly(b)
		if err = spoil(bulk, &b); err == nil {
			err = bulk.Commit(ctx, b)
		}
		bulk.Rollback()
		if err == nil {
			t.Errorf("%s: it was taken", name)
		}
		r.check()
	}
}

// twoBulks stage side by side and commit one after the other; between them others commit.
func twoBulks(t *testing.T, h Harness) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	r := open(t, h)
	r.must(func(d *state.Draft) { team(t, d, "a", nil); team(t, d, "b", nil); team(t, d, "c", nil) })
	var first *state.Snapshot
	var bulks []store.Bulk
	var heads []store.Batch
	var after []*state.Snapshot
	for i := range 3 {
		if _, err := r.decide(func(d *state.Draft) { rename(t, d, i) }); err != nil {
			t.Fatal(err)
		}
		b, changes := r.batch, r.layers[0]
		r.batch, r.layers = store.Batch{}, nil
		if heads, after = append(heads, headOnly(b)), append(after, r.now); i == 0 {
			first, heads[0], heads[0].Changes = r.now, b, changes
			continue
		}
		bulk, err := r.db.BeginBulk(ctx)
		if err != nil {
			t.Fatal(err)
		}
		defer bulk.Rollback()
		if err := stage(ctx, bulk, changes, b.Entries[0].Changes, 1); err != nil {
			t.Fatal(err)
		}
		bulks = append(bulks, bulk)
	}
	tx, err := r.db.Begin(ctx) // nobody holds the lock yet
	if err == nil {
		err = tx.Commit(ctx, heads[0])
	}
	if err != nil {
		t.Fatal(err)
	}
	r.durable = first
	locked := make(chan error, 1)
	for i, bulk := range bulks {
		if i == 0 {
			if err := bulk.Lock(ctx); err != nil {
				t.Fatal(err)
			}
			go func() { locked <- bulks[1].Lock(ctx) }()
		} else if err := <-locked; err != nil {
			t.Fatal(err)
		}
		if head, _, err := bulk.State(ctx); err != nil || head != r.durable.Position() {
			t.Fatalf("the head is %s, not %s: %v", head, r.durable.Position(), err)
		}
		if err := bulk.Commit(ctx, heads[i+1]); err != nil {
			t.Fatal(err)
		}
		r.durable = after[i+1]
	}
	r.check()
}

func rename(t tester, d *state.Draft, i int) {
	change(t, d, state.Teams, int64(i+1), func(m *teamRow) { m.Name = fmt.Sprint("Renamed ", i) })
}

// bulkMeets has others commit, while a bulk is staged, what it cannot stand beside. It is refused, and nobody waits for anybody.
func bulkMeets(t *testing.T, h Harness) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	day := vocab.NewDate(2026, 1, 1)
	for name, c := range map[string]struct{ bulk, other func(d *state.Draft) }{
		"a parent is deleted":   {func(d *state.Draft) { project(t, d, 2, "p") }, func(d *state.Draft) { state.Portfolios.Delete(d, 2) }},
		"a code is taken":       {func(d *state.Draft) { team(t, d, "x", nil) }, func(d *state.Draft) { skip(d, state.Teams); team(t, d, "x", nil) }},
		"a subject is taken":    {func(d *state.Draft) { user(t, d, "x") }, func(d *state.Draft) { skip(d, state.Users); user(t, d, "x") }},
		"a day is taken":        {func(d *state.Draft) { rate(t, d, "USD", day) }, func(d *state.Draft) { skip(d, state.ExchangeRates); rate(t, d, "USD", day) }},
		"a number is taken":     {func(d *state.Draft) { team(t, d, "x", nil) }, func(d *state.Draft) { team(t, d, "y", nil) }},
		"a row changes":         {func(d *state.Draft) { rename(t, d, 0) }, func(d *state.Draft) { rename(t, d, 0); team(t, d, "y", nil) }},
		"a row is deleted":      {func(d *state.Draft) { rename(t, d, 0) }, func(d *state.Draft) { state.Teams.Delete(d, 1) }},
		"a deleted row changes": {func(d *state.Draft) { state.Teams.Delete(d, 1) }, func(d *state.Draft) { rename(t, d, 0) }},
		"a child comes":         {func(d *state.Draft) { state.Portfolios.Delete(d, 2) }, func(d *state.Draft) { project(t, d, 2, "p") }},
	} {
		r := open(t, h)
		r.must(func(d *state.Draft) {
			team(t, d, "a", nil)
			portfolio(t, d, "b", new(portfolio(t, d, "a", nil).ID))
		})
		bulk, err := r.db.BeginBulk(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := r.decide(c.bulk); err != nil {
			t.Fatal(name, err)
		}
		b, changes := r.batch, r.layers[0]
		r.batch, r.layers, r.now = store.Batch{}, nil, r.durable
		if err := stage(ctx, bulk, changes, slices.Clone(b.Entries[0].Changes), 100); err != nil {
			t.Fatal(name, err)
		}
		r.must(c.other)
		if err := bulk.Lock(ctx); err != nil {
			t.Fatal(name, err)
		}
		b = headOnly(b)
		b.Entries[0].Seq = r.durable.Seq() + 1
		if err := bulk.Commit(ctx, b); err == nil || !r.db.Definite(err) {
			t.Errorf("%s: %v", name, err)
		}
		bulk.Rollback()
		r.check()
		r.must(func(d *state.Draft) { team(t, d, "afterwards", nil) })
		r.check()
	}
}

// skip lets an entity's next number pass.
func skip[T any](d *state.Draft, table *state.Table[T]) { table.New(d) }

// Cut has cut end every session that is in a transaction, while a bulk stages and while it holds the lock. Relations counts what the
// database holds beside rows.
func Cut(t *testing.T, h Harness, address string, cut func(), relations func() int) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	r := newRecord(t, openAt(t, h, address))
	r.must(func(d *state.Draft) { team(t, d, "a", nil) })
	before := relations()
	for _, locked := range []bool{false, true} {
		if _, err := r.decide(func(d *state.Draft) { rename(t, d, 0) }); err != nil {
			t.Fatal(err)
		}
		b, changes := r.batch, r.layers[0]
		r.batch, r.layers, r.now = store.Batch{}, nil, r.durable
		bulk, err := r.db.BeginBulk(ctx)
		if err != nil {
			t.Fatal(err)
		}
		defer bulk.Rollback()
		err = stage(ctx, bulk, changes, b.Entries[0].Changes, 1)
		if locked {
			err = errors.Join(err, bulk.Lock(ctx))
		}
		if err != nil {
			t.Fatal(err)
		}
		cut()
		if !locked {
			err = bulk.Lock(ctx)
		}
		if err == nil {
			err = bulk.Commit(ctx, headOnly(b))
		}
		if err == nil || r.db.Definite(err) {
			t.Errorf("after its session ended: %v", err)
		}
		bulk.Rollback()
		r.check()
		r.must(func(d *state.Draft) { team(t, d, fmt.Sprint("after ", locked), nil) })
		r.check()
	}
	if after := relations(); after != before {
		t.Errorf("%d relations are left behind", after-before)
	}
}
