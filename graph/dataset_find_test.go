package graph_test

import (
	"math/rand/v2"
	"testing"

	"pmograph/internal/exchange/dataset"
)

// Every row is found by its key, by who sees it and nobody else, and every reference leads just to the rows whose columns say so.
func TestRowsAreFoundByKeysAndReferences(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 67))
	w := randomWorld(r)
	h := furnishedHouse(t, w, 5)
	everything := readTables(t, h.sets(admin))
	hidden := 0
	for _, id := range readers(r, w) {
		v := h.sets(id)
		all := readTables(t, v)
		for _, d := range dataset.CatalogueOf(v).Datasets {
			x := all[d.Name]
			for range min(40, len(everything[d.Name].rows)) {
				row := pick(r, everything[d.Name].rows...)
				var key []dataset.Value
				var cond dataset.Expr
				for _, column := range d.Key {
					is := everything[d.Name].get(row, column)
					key, cond = append(key, is), dataset.And(cond, eq(column, is))
				}
				mine, seen := x.byID[line(key)]
				if found := d.Find(v, key) != nil; found != seen {
					t.Fatalf("%s: %s sees %s: %v, and finds it: %v", d.Name, id.Subject, line(key), seen, found)
				}
				_, rows := run(t, v, dataset.Query{Of: d, Filter: cond})
				if !seen {
					hidden++
				}
				if len(rows) > 1 || seen != (len(rows) == 1) || seen && line(rows[0].Values) != line(mine) {
					t.Fatalf("%s: asking for %s gives %s other rows than he sees", d.Name, line(key), id.Subject)
				}
			}
			if len(x.rows) > 0 {
				followed(t, r, v, all, x)
			}
		}
	}
	if hidden < 100 {
		t.Errorf("only %d rows that are hidden were asked for", hidden)
	}
}

// followed counts the rows that references of some rows lead to.
func followed(t *testing.T, r *rand.Rand, v *dataset.View, all tables, x *table) {
	row := pick(r, x.rows...)
	var cond dataset.Expr
	for _, column := range x.d.Key {
		cond = dataset.And(cond, eq(column, x.get(row, column)))
	}
	for _, n := range x.d.Navs {
		to, is, want := all[n.To], x.get(row, n.On[0][0]), 0
		for _, other := range to.rows {
			if !is.IsNull() && dataset.Same(to.get(other, n.On[0][1]), is) {
				want++
			}
		}
		if !n.Many {
			p, rows := run(t, v, dataset.Query{Of: x.d, Filter: cond, Expand: []dataset.Expand{{Over: dataset.Path{n.Name}, Query: dataset.Query{}}}})
			if got := len(rows[0].Expanded[0].Rows); got != want || p.Expands[0].Nav().To != n.To {
				t.Fatalf("%s of %s leads to %d rows, want %d", n.Name, x.d.Name, got, want)
			}
			continue
		}
		_, rows := run(t, v, dataset.Query{Of: x.d, Filter: cond, Select: []dataset.Expr{dataset.Count{Over: dataset.Path{n.Name}}}})
		if got := int(rows[0].Values[0].Int); got != want {
			t.Fatalf("%s of %s leads to %d rows, want %d", n.Name, x.d.Name, got, want)
		}
	}
}
