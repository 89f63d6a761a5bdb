package store

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"pmograph/internal/state"
)

// KeyAge is how long an idempotency key is remembered at least.
const KeyAge = 30 * 24 * time.Hour

// The journal's tables, in the forms their rows are handed over in.

var journalColumns = []column{
	{"seq", state.KindInt}, {"at", state.KindTime}, {"actor", state.KindText}, {"action", state.KindText}, {"reason", state.KindText},
	{"request_id", state.KindText}, {"key", state.KindText}, {"input", kindBytes}, {"results", state.KindText}, {"schema", state.KindInt},
	{"min_writer", state.KindInt}, {"min_reader", state.KindInt}, {"tables", state.KindText}, {"change_count", state.KindInt}, {"hash", kindBytes},
}

type journalRow struct {
	Seq       int64    `json:"seq"`
	At        instant  `json:"at"`
	Actor     string   `json:"actor"`
	Action    string   `json:"action"`
	Reason    string   `json:"reason"`
	RequestID string   `json:"request_id"`
	Key       string   `json:"key"`
	Input     hexBytes `json:"input"`
	Results   string   `json:"results"`
	Schema    int      `json:"schema"`
	MinWriter int      `json:"min_writer"`
	MinReader int      `json:"min_reader"`
	Tables    string   `json:"tables"`
	Count     int      `json:"change_count"`
	Hash      hexBytes `json:"hash"`
}

var changeColumns = []column{
	{"seq", state.KindInt}, {"n", state.KindInt}, {"entity", state.KindText}, {"id", state.KindInt}, {"project", state.KindInt},
	{"portfolio", state.KindInt}, {"op", state.KindText}, {"columns", state.KindText},
}

type changeRow struct {
	Seq       int64  `json:"seq"`
	N         int    `json:"n"`
	Entity    string `json:"entity"`
	ID        int64  `json:"id"`
	Project   int64  `json:"project"`
	Portfolio int64  `json:"portfolio"`
	Op        string `json:"op"`
	Columns   string `json:"columns"`
}

var privateColumns = []column{
	{"seq", state.KindInt}, {"n", state.KindInt}, {"column_name", state.KindText}, {"salt", kindBytes}, {"old_value", state.KindText},
	{"new_value", state.KindText},
}

type privateRow struct {
	Seq    int64    `json:"seq"`
	N      int      `json:"n"`
	Column string   `json:"column_name"`
	Salt   hexBytes `json:"salt"`
	Old    *string  `json:"old_value"`
	New    *string  `json:"new_value"`
}

var erasureColumns = []column{{"entity", state.KindText}, {"id", state.KindInt}, {"seq", state.KindInt}}

type erasureRow struct {
	Entity string `json:"entity"`
	ID     int64  `json:"id"`
	Seq    int64  `json:"seq"`
}

var keyColumns = []column{
	{"actor", state.KindText}, {"action", state.KindText}, {"key", state.KindText}, {"seq", state.KindInt}, {"salt", kindBytes},
	{"input", kindBytes}, {"at", state.KindTime},
}

type keyRow struct {
	Actor  string   `json:"actor"`
	Action string   `json:"action"`
	Key    string   `json:"key"`
	Seq    int64    `json:"seq"`
	Salt   hexBytes `json:"salt"`
	Input  hexBytes `json:"input"`
	At     instant  `json:"at"`
}

// headRows gives the headers of entries.
func headRows(entries []state.Entry) (heads []journalRow, err error) {
	for i := range entries {
		e := &entries[i]
		for _, s := range []string{e.Actor, e.Action, e.Reason, e.RequestID, e.Key} {
			if !utf8.ValidString(s) || strings.IndexByte(s, 0) >= 0 {
				return nil, fmt.Errorf("entry %d: %w", e.Seq, ErrUnstorable)
			}
		}
		heads = append(heads, journalRow{e.Seq, instant(e.At), e.Actor, e.Action, e.Reason, e.RequestID, e.Key, e.Input, e.Results, e.Schema, e.MinWriter, e.MinReader, e.Tables, e.Count, e.Hash[:]})
	}
	return heads, nil
}

func changeOf(seq int64, c *state.EntryChange) changeRow {
	return changeRow{seq, c.N, c.Entity, c.ID, c.Project, c.Portfolio, c.Op, c.Columns}
}

func privateOf(seq int64, c *state.EntryChange) (rows []privateRow) {
	for _, p := range c.Private {
		rows = append(rows, privateRow{seq, c.N, p.Column, p.Salt, p.Old, p.New})
	}
	return rows
}

func keyRows(keys []KeyRecord) (rows []keyRow) {
	for _, k := range keys {
		rows = append(rows, keyRow{k.Actor, k.Action, k.Key.Key, k.Seq, k.Salt, k.Input, instant(k.At)})
	}
	return rows
}

func erasureRows(erased []Erasure) (rows []erasureRow) {
	for _, e := range erased {
		rows = append(rows, erasureRow(e))
	}
	return rows
}

// instant is a point in time as journal tables have it: in UTC, to the microsecond, as text always of one length so that it sorts.
type instant time.Time

const instantForm = "2006-01-02T15:04:05.000000Z"

func (t instant) String() string { return time.Time(t).UTC().Format(instantForm) }

// MarshalText writes the text form.
func (t instant) MarshalText() ([]byte, error) { return []byte(t.String()), nil }

// Scan takes a database's value.
func (t *instant) Scan(src any) error {
	switch x := src.(type) {
	case time.Time:
		*t = instant(x.UTC())
		return nil
	case string:
		at, err := time.Parse(instantForm, x)
		*t = instant(at.UTC())
		return err
	}
	return fmt.Errorf("an instant cannot be read from %T", src)
}

// hexBytes are bytes within JSON, in PostgreSQL's form.
type hexBytes []byte

// MarshalText writes the text form.
func (b hexBytes) MarshalText() ([]byte, error) {
	return hex.AppendEncode([]byte(`\x`), b), nil
}

// set makes rows the argument of a statement.
func set[T any](rows []T) string {
	b, err := json.Marshal(rows)
	if err != nil {
		panic(err) // the row types above have nothing in them that could fail
	}
	return string(b)
}
