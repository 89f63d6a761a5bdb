package store

import (
	"context"
	"crypto/rand"
	"errors"
	"slices"

	"pmograph/internal/state"
	"pmograph/internal/vocab"
)

// Long texts lie in journal_text by their addresses. They are written in the transaction of the rows that hold these, once each.

var textColumns = []column{{"address", state.KindText}, {"body", state.KindText}}

var addressColumns = textColumns[:1]

type textRow struct {
	Address vocab.TextAddress `json:"address"`
	Body    string            `json:"body"`
}

type addressRow struct {
	Address vocab.TextAddress `json:"address"`
}

// textSet is how many texts a statement is handed: they are longer than rows.
const textSet = 200

// kept has a text that is there already stay as it is.
const kept = ` WHERE true ON CONFLICT ("address") DO NOTHING` // without WHERE, SQLite takes ON for that of a join

// texts removes erased texts and writes others: one may have come back after it was erased.
func (f flavour) texts(b Batch) steps {
	return func(yield func(statement, error) bool) {
		if len(b.EraseTexts) > 0 {
			one := statement{sql: `DELETE FROM "journal_text" WHERE "address" IN (SELECT v."address" FROM ` + f(addressColumns) + ")",
				args: []any{set(addressRows(b.EraseTexts))}, rows: anyRows, table: "journal_text"}
			if !yield(one, nil) {
				return
			}
		}
		for some := range slices.Chunk(b.Texts, textSet) {
			var rows []textRow
			for _, t := range some {
				rows = append(rows, textRow(t))
			}
			if !yield(statement{sql: f.insert("journal_text", textColumns) + kept, args: []any{set(rows)}, rows: anyRows, table: "journal_text"}, nil) {
				return
			}
		}
	}
}

func addressRows(addresses []vocab.TextAddress) (rows []addressRow) {
	for _, a := range addresses {
		rows = append(rows, addressRow{a})
	}
	return rows
}

// textsOf reads the texts of some addresses.
func (q query) textsOf(ctx context.Context, f flavour, addresses []vocab.TextAddress) (map[vocab.TextAddress]string, error) {
	found := make(map[vocab.TextAddress]string, len(addresses))
	if len(addresses) == 0 {
		return found, nil
	}
	var address, body string
	err := q.each(ctx, []any{&address, &body}, func() error { found[vocab.TextAddress(address)] = body; return nil },
		`SELECT t."address", t."body" FROM "journal_text" AS t JOIN `+f(addressColumns)+` ON t."address" = v."address"`, set(addressRows(addresses)))
	return found, err
}

// textsAfter reads texts in the order of their addresses.
func (q query) textsAfter(ctx context.Context, after vocab.TextAddress, limit int) (all []state.Text, err error) {
	var address, body string
	err = q.each(ctx, []any{&address, &body}, func() error {
		all = append(all, state.Text{Address: vocab.TextAddress(address), Body: body})
		return nil
	}, `SELECT "address", "body" FROM "journal_text" WHERE "address" > $1 ORDER BY "address" LIMIT $2`, string(after), limit)
	return all, err
}

// textKey reads the key that addresses are made with.
func (q query) textKey(ctx context.Context) (key [32]byte, err error) {
	var b []byte
	if err := q.each(ctx, []any{&b}, func() error { return nil }, `SELECT "key" FROM "journal_text_key"`); err != nil {
		return key, err
	}
	if copy(key[:], b) != len(key) || len(b) != len(key) {
		return key, errors.New("the record has no key for its long texts; run pmo migrate")
	}
	return key, nil
}

// makeTextKey gives the record its key, unless it has one.
func (m migration) makeTextKey(ctx context.Context) error {
	key := make([]byte, 32)
	if _, err := rand.Read(key); err != nil {
		return err
	}
	return m.exec(ctx, `INSERT INTO "journal_text_key" ("id", "key") VALUES (1, $1) ON CONFLICT ("id") DO NOTHING`, key)
}
