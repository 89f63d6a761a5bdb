package dataset

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"pmograph/internal/journal"
	"pmograph/internal/state"
	"pmograph/internal/store/memory"
)

// counting counts how often entries are read.
type counting struct {
	*memory.Store
	reads int
}

func (c *counting) Entries(ctx context.Context, after, upTo int64, back bool, limit int) ([]state.Entry, error) {
	c.reads++
	return c.Store.Entries(ctx, after, upTo, back, limit)
}

// The entry beside each of its changes, and changes beside their entry, are at hand: the journal is not read again for each row.
func TestJournalBesideItself(t *testing.T) {
	in := &counting{Store: &memory.Store{Now: func() time.Time { return noon }}}
	r := rand.New(rand.NewPCG(3, 4))
	j := costlyIn(t, in, r, 4, 50)
	for range 5 {
		spend(t, j, r, 4, 50)
	}
	v := viewOf(t, j, "admin", journal.Query{})
	for _, x := range []struct {
		of, beside string
		order      []Order
		rows       int
	}{
		{"JournalChanges", "Entry", nil, 20}, {"JournalChanges", "Entry", []Order{{By: Col("Number"), Descending: true}}, 300}, {"Journal", "ChangedThings", nil, 7},
	} {
		d, _ := CatalogueOf(v).Named(x.of)
		p, err := Query{Of: d, Select: []Expr{Col("Number")}, Order: x.order, Expand: []Expand{{Over: Path{x.beside}}}}.Plan()
		if err != nil {
			t.Fatal(err)
		}
		in.reads = 0
		rows, _, err := p.All(v)
		if err != nil || len(rows) < x.rows {
			t.Fatalf("%s: %d rows, %v", x.of, len(rows), err)
		}
		for _, row := range rows {
			if beside := row.Expanded[0].Rows; len(beside) == 0 || fmt.Sprint(beside[0].Values[0]) != fmt.Sprint(row.Values[0]) {
				t.Errorf("%s: beside %s are %v", x.of, row.Values[0], beside)
			}
		}
		if in.reads > 30 {
			t.Errorf("%s: the journal is read %d times for %d rows", x.of, in.reads, len(rows))
		}
	}
}
