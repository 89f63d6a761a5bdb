package store

import (
	"context"
	"encoding/binary"
	"fmt"
	"time"

	"pmograph/internal/state"
)

// rows is what both drivers' results have in common.
type rows interface {
	Next() bool
	Scan(dest ...any) error
	Err() error
	Close()
}

// query asks a database. Parameters are $1, $2, …
type query func(ctx context.Context, sql string, args ...any) (rows, error)

// each scans every row of an answer into dest and calls f.
func (q query) each(ctx context.Context, dest []any, f func() error, sql string, args ...any) error {
	r, err := q(ctx, sql, args...)
	if err != nil {
		return err
	}
	defer r.Close()
	for r.Next() {
		if err := r.Scan(dest...); err != nil {
			return err
		}
		if err := f(); err != nil {
			return err
		}
	}
	return r.Err()
}

const headSQL = `SELECT "seq", "hash" FROM "journal" WHERE "seq" IN ($1, (SELECT max("seq") FROM "journal")) ORDER BY "seq"`

func (q query) head(ctx context.Context, seq int64) (head, mine state.Position, err error) {
	var n int64
	var hash []byte
	err = q.each(ctx, []any{&n, &hash}, func() error {
		head = position(n, hash)
		if n == seq {
			mine = head
		}
		return nil
	}, headSQL, seq)
	return head, mine, err
}

func position(seq int64, hash []byte) state.Position {
	if len(hash) < 8 {
		return state.Position{}
	}
	return state.Position{Seq: seq, Mark: binary.BigEndian.Uint64(hash)}
}

var entrySQL = "SELECT " + list(journalColumns, quoted) + ` FROM "journal" WHERE "seq" > $1 AND "seq" <= $2 ORDER BY "seq" `

// headers reads entries without their changes.
func (q query) headers(ctx context.Context, after, upTo int64, back bool, limit int) (all []state.Entry, err error) {
	var e state.Entry
	var at instant
	var hash []byte
	dest := []any{&e.Seq, &at, &e.Actor, &e.Action, &e.Reason, &e.RequestID, &e.Key, &e.Input, &e.Results, &e.Schema, &e.MinWriter, &e.MinReader, &e.Tables, &e.Count, &hash}
	order := "ASC"
	if back {
		order = "DESC"
	}
	err = q.each(ctx, dest, func() error {
		if len(hash) != len(e.Hash) {
			return fmt.Errorf("journal entry %d: its hash has %d bytes", e.Seq, len(hash))
		}
		copy(e.Hash[:], hash)
		e.At = time.Time(at)
		all = append(all, e)
		e.Input = nil // the next one gets bytes of its own
		return nil
	}, entrySQL+order+" LIMIT $3", after, upTo, limit)
	return all, err
}

// entries reads entries with changes and erasable values.
func (q query) entries(ctx context.Context, after, upTo int64, back bool, limit int) ([]state.Entry, error) {
	all, err := q.headers(ctx, after, upTo, back, limit)
	if err != nil || len(all) == 0 {
		return nil, err
	}
	from, to := all[0].Seq, all[len(all)-1].Seq
	from, to = min(from, to), max(from, to)
	entry := make(map[int64]*state.Entry, len(all))
	for i := range all {
		all[i].Changes = make([]state.EntryChange, 0, min(all[i].Count, 1000))
		entry[all[i].Seq] = &all[i]
	}
	err = q.changes(ctx, func(seq int64, c state.EntryChange) error {
		if e := entry[seq]; e != nil {
			e.Changes = append(e.Changes, c)
		}
		return nil
	}, `WHERE c."seq" >= $1 AND c."seq" <= $2`, from, to)
	if err != nil {
		return nil, err
	}
	return all, q.private(ctx, entry, from, to)
}

// changes reads changes in order, packed or not; where is a condition on c.
func (q query) changes(ctx context.Context, f func(seq int64, c state.EntryChange) error, where string, args ...any) error {
	var seq int64
	var c state.EntryChange
	dest := []any{&seq, &c.N, &c.Entity, &c.ID, &c.Project, &c.Portfolio, &c.Op, &c.Columns}
	return q.each(ctx, dest, func() error {
		err := unpack(c, func(c state.EntryChange) error { return f(seq, c) })
		if err != nil {
			return fmt.Errorf("journal entry %d: %w", seq, err)
		}
		return nil
	},
		"SELECT "+list(changeColumns, quoted)+` FROM "journal_change" AS c `+where+` ORDER BY "seq", "n"`, args...)
}

// private adds the erasable values that are still there.
func (q query) private(ctx context.Context, entry map[int64]*state.Entry, from, to int64) error {
	var seq, n int64
	var column string
	var salt []byte
	var old, new *string
	return q.each(ctx, []any{&seq, &n, &column, &salt, &old, &new}, func() error {
		e := entry[seq]
		if e == nil || n < 0 || n >= int64(len(e.Changes)) {
			return fmt.Errorf("journal entry %d: there is an erasable value for its change %d, but no such change", seq, n)
		}
		c := &e.Changes[n]
		c.Private = append(c.Private, state.Private{Column: column, Salt: salt, Old: old, New: new})
		salt, old, new = nil, nil, nil
		return nil
	}, "SELECT "+list(privateColumns, quoted)+` FROM "journal_private" WHERE "seq" >= $1 AND "seq" <= $2 ORDER BY "seq", "n", "column_name"`, from, to)
}

func (q query) seqAt(ctx context.Context, at time.Time) (seq int64, err error) {
	err = q.each(ctx, []any{&seq}, func() error { return nil },
		`SELECT "seq" FROM "journal" WHERE "at" <= $1 ORDER BY "at" DESC, "seq" DESC LIMIT 1`, instant(at).String())
	return seq, err
}

const distanceSQL = `SELECT count(*), CAST(coalesce(sum("change_count"), 0) AS bigint) FROM "journal" WHERE "seq" > $1 AND "seq" <= $2`

func (q query) distance(ctx context.Context, after, upTo int64) (entries, changes int64, err error) {
	err = q.each(ctx, []any{&entries, &changes}, func() error { return nil }, distanceSQL, after, upTo)
	return entries, changes, err
}

func (q query) erased(ctx context.Context) (all []Erasure, err error) {
	var e Erasure
	err = q.each(ctx, []any{&e.Entity, &e.ID, &e.Seq}, func() error { all = append(all, e); return nil },
		"SELECT "+list(erasureColumns, quoted)+` FROM "journal_erasure" ORDER BY "seq", "entity", "id"`)
	return all, err
}

var keyIdentity = []column{{"actor", state.KindText}, {"action", state.KindText}, {"key", state.KindText}}

func (q query) keys(ctx context.Context, f flavour, keys []Key) (found []KeyRecord, err error) {
	if len(keys) == 0 {
		return nil, nil
	}
	type asked struct {
		Actor  string `json:"actor"`
		Action string `json:"action"`
		Key    string `json:"key"`
	}
	ask := make([]asked, len(keys))
	for i, k := range keys {
		ask[i] = asked(k)
	}
	var k KeyRecord
	var at instant
	err = q.each(ctx, []any{&k.Actor, &k.Action, &k.Key.Key, &k.Seq, &k.Salt, &k.Input, &at}, func() error {
		k.At = time.Time(at)
		found = append(found, k)
		k.Salt, k.Input = nil, nil
		return nil
	}, "SELECT "+list(keyColumns, func(c column) string { return "k." + quote(c.name) })+` FROM "journal_key" AS k JOIN `+f(keyIdentity)+
		` ON k."actor" = v."actor" AND k."action" = v."action" AND k."key" = v."key"`, set(ask))
	return found, err
}

// load reads everything; q asks within one consistent transaction.
func (q query) load(ctx context.Context, facts readFacts) (*state.Snapshot, error) {
	key, err := q.textKey(ctx)
	if err != nil {
		return nil, err
	}
	b := state.NewBuilder(state.EmptyWith(key))
	head, _, err := q.head(ctx, 0)
	if err != nil {
		return nil, err
	}
	// Every entry says what its mutation changed, every 256th speaks of all tables.
	headers, err := q.headers(ctx, head.Seq-head.Seq%state.AllTablesEvery-1, head.Seq, false, state.AllTablesEvery)
	if err != nil {
		return nil, err
	}
	if err := b.SetHead(headers); err != nil {
		return nil, err
	}
	for _, t := range state.Tables {
		read := q.rowsOf
		if t.IsFacts() {
			read = facts.load
		}
		if err := read(ctx, t, b); err != nil {
			return nil, fmt.Errorf("%s: %w", t.Name, err)
		}
	}
	if err := q.tombs(ctx, b); err != nil {
		return nil, err
	}
	if err := b.CheckDigests(headers); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrDrift, err)
	}
	return b.Snapshot(), nil
}

// tombs reads the deletions of rows that have not come back, the last one of each last.
func (q query) tombs(ctx context.Context, b *state.Builder) error {
	var e state.Entry
	var c state.EntryChange
	for _, t := range state.Tables {
		if t.IsFacts() {
			continue
		}
		err := q.each(ctx, []any{&e.Seq, &e.Schema, &c.Entity, &c.ID, &c.Columns}, func() error { return b.AddTomb(&e, &c) }, `
			SELECT c."seq", j."schema", c."entity", c."id", c."columns" FROM "journal_change" AS c JOIN "journal" AS j ON j."seq" = c."seq"
			WHERE c."op" = 'DELETE' AND c."entity" = $1 AND NOT EXISTS (SELECT 1 FROM `+quote(t.Name)+` AS r WHERE r."id" = c."id")
			ORDER BY c."seq", c."n"`, t.Name)
		if err != nil {
			return err
		}
	}
	return nil
}

func (q query) rowsOf(ctx context.Context, t *state.Desc, b *state.Builder) error {
	r, err := q(ctx, "SELECT "+list(columnsOf(t, every(t)), quoted)+" FROM "+quote(t.Name)+` ORDER BY "id"`)
	if err != nil {
		return err
	}
	defer r.Close()
	for rows := t.NewRows(); r.Next(); {
		row, dest := rows.Next()
		if err := r.Scan(dest...); err != nil {
			return err
		}
		b.AddRow(t, row)
	}
	return r.Err()
}
