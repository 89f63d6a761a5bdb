package store

import (
	"context"
	"errors"

	"pmograph/internal/state"
)

// liteBulk keeps what is staged in memory, where it is anyway: SQLite has one writer, and whatever it wrote ahead would be under its
// lock. Rows are handed over in pieces when they are written.
type liteBulk struct {
	*liteTx // nil until Lock
	s       *lite
	changes []*state.Change
	entry   []state.EntryChange // packed
	staged  int
	texts   []state.Text
}

func (s *lite) BeginBulk(context.Context) (Bulk, error) { return &liteBulk{s: s}, nil }

func (t *liteBulk) Stage(_ context.Context, changes []*state.Change, entry []state.EntryChange) error {
	if t.liteTx != nil {
		return errLocked
	}
	t.changes, t.entry = append(t.changes, changes...), append(t.entry, pack(entry)...)
	t.staged += rowsOf(entry)
	return nil
}

func (t *liteBulk) StageTexts(_ context.Context, texts []state.Text) error {
	if t.liteTx != nil {
		return errLocked
	}
	t.texts = append(t.texts, texts...)
	return nil
}

func (t *liteBulk) Lock(ctx context.Context) error {
	if t.liteTx != nil {
		return errLocked
	}
	tx, err := t.s.Begin(ctx)
	if err == nil {
		t.liteTx = tx.(*liteTx)
	}
	return err
}

func (t *liteBulk) Commit(ctx context.Context, b Batch) error {
	if t.liteTx == nil {
		return errors.New("the lock is not held")
	}
	head, err := headOf(b, t.staged)
	if err != nil {
		return err
	}
	entry := *head
	entry.Changes = t.entry
	b.Changes, b.Entries, b.Texts, b.stamp = t.changes, []state.Entry{entry}, t.texts, head
	return t.liteTx.Commit(ctx, b)
}

func (t *liteBulk) Rollback() {
	if t.liteTx != nil {
		t.liteTx.Rollback()
	}
}
