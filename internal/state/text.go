package state

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"iter"
	"maps"
	"slices"
	"unicode/utf8"

	"pmograph/internal/vocab"
)

// Long texts lie beside the rows, under addresses made with a key of the record. A text never changes; who may read a row may read what
// its addresses name. Memory holds the texts of drafts only.

// MaxText is how many characters a long text has at most.
const MaxText = 20_000

// Text is a long text with its address.
type Text struct {
	Address vocab.TextAddress
	Body    string
}

// TextAddress gives the address of a text in this record.
func (s *Snapshot) TextAddress(body string) vocab.TextAddress {
	m := hmac.New(sha256.New, s.lineage.key[:])
	m.Write([]byte(body))
	return vocab.TextAddress(hex.EncodeToString(m.Sum(nil)[:16]))
}

// WebhookSecret gives the secret of a webhook of a generation: it follows from the record's key, so that it lies nowhere. No text has such bytes in
// it: the address of none gives anything away.
func (s *Snapshot) WebhookSecret(id, generation int64) []byte {
	m := hmac.New(sha256.New, s.lineage.key[:])
	fmt.Fprintf(m, "webhook\x00%d\x00%d", id, generation)
	return m.Sum(nil)
}

// Text gives the address of a text that a row of the draft is about to hold, and keeps the text for the store. What cannot be recorded
// is refused.
func (d *Draft) Text(body string) (vocab.TextAddress, error) {
	if err := checkText(body); err != nil {
		return "", err
	}
	if n := utf8.RuneCountInString(body); n > MaxText {
		return "", fmt.Errorf("a text has at most %d characters, not %d", MaxText, n)
	}
	a := d.s.TextAddress(body)
	if d.texts == nil {
		d.texts = map[vocab.TextAddress]string{}
	}
	d.texts[a] = body
	return a, nil
}

// Texts gives the texts that the changed rows of a finished draft took, ordered by address. Those of rows that it dropped again, and of
// rows whose texts were erased, are not among them.
func (d *Draft) Texts() []Text {
	if len(d.texts) == 0 {
		return nil
	}
	taken := map[vocab.TextAddress]string{}
	for _, c := range d.changes {
		if c.After == nil || c.Table.texts == nil || c.Table.textsErased(c.After) {
			continue
		}
		for _, i := range c.Columns {
			a, _ := c.Table.textAt(c.After, i)
			if body, put := d.texts[a]; put {
				taken[a] = body
			}
		}
	}
	all := make([]Text, 0, len(taken))
	for _, a := range slices.Sorted(maps.Keys(taken)) {
		all = append(all, Text{a, taken[a]})
	}
	return all
}

// ErasedTexts gives the addresses that the changed rows of an erasing draft held and that no row holds any more, ordered.
func (d *Draft) ErasedTexts() []vocab.TextAddress {
	gone := map[vocab.TextAddress]bool{}
	for _, c := range d.changes {
		for _, row := range []any{c.Before, c.After} {
			for _, i := range c.Table.texts {
				if a, ok := c.Table.textAt(row, i); ok {
					gone[a] = true
				}
			}
		}
	}
	if len(gone) > 0 {
		for a := range d.s.Texts() {
			delete(gone, a)
		}
	}
	return slices.Sorted(maps.Keys(gone))
}

// Texts gives the addresses in all rows whose texts were not erased, one as often as it occurs: for erasing and verifying.
func (s *Snapshot) Texts() iter.Seq[vocab.TextAddress] {
	return func(yield func(vocab.TextAddress) bool) {
		for _, t := range Tables {
			more := true
			if t.texts == nil {
				continue
			}
			s.tables[t.Slot].rows.each(func(row any) bool {
				for _, i := range t.texts {
					if a, ok := t.textAt(row, i); ok && more && !t.textsErased(row) {
						more = yield(a)
					}
				}
				return more
			})
			if !more {
				return
			}
		}
	}
}

// textAt gives the address in a column of a row; ok is false if there is none.
func (t *Desc) textAt(row any, i int) (a vocab.TextAddress, ok bool) {
	c := &t.Columns[i]
	if !c.Long || row == nil {
		return "", false
	}
	v, ok := c.valueIn(row)
	if !ok {
		return "", false
	}
	return vocab.TextAddress(v.String()), true
}

func (t *Desc) textsErased(row any) bool {
	_, erased := t.Columns[t.byName[textsErasedAt]].valueIn(row)
	return erased
}

// textsErasedAt is the column that every entity with long texts has.
const textsErasedAt = "texts_erased_at"

// TextsErased tells whether the long texts of a row were erased, by the record that is shown or by the newest.
func (v *View) TextsErased(t *Desc, id int64) bool {
	if t.texts == nil {
		return false
	}
	for _, s := range []*Snapshot{v.s, v.newest} {
		if row := s.last(t, id); row != nil && t.textsErased(row) {
			return true
		}
	}
	return false
}

// SetColumn is Desc.SetColumn for a row of the draft: a long text becomes its address.
func (d *Draft) SetColumn(t *Desc, row any, column string, value any) error {
	c, ok := t.Column(column)
	if body, isText := value.(string); ok && c.Long && isText {
		a, err := d.Text(body)
		if err != nil {
			return err
		}
		value = string(a)
	}
	return t.SetColumn(row, column, value)
}

// erasing lists the mutations that take values out of the record for good: erasable columns and long texts of the rows they change.
var erasing = []string{"userErase", "statusReportErase"}

// Erases tells whether an entry took values out of the record, those of older entries too.
func (e *Entry) Erases() bool { return slices.Contains(erasing, e.Action) }
