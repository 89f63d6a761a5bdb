package store

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"pmograph/internal/state"
)

// Whatever is packed comes back as it was; what is looked for by itself, or would break a line, is not packed.
func TestPack(t *testing.T) {
	var entry []state.EntryChange
	add := func(count int, c state.EntryChange) {
		for range count {
			c.N = len(entry)
			c.ID++
			entry = append(entry, c)
		}
	}
	plain := state.EntryChange{Entity: "teams", Project: 5, Portfolio: -6, Op: state.OpUpdate, Columns: `{"name":["a b","„c“ \n\t"]}`}
	with := func(change func(c *state.EntryChange)) state.EntryChange {
		c := plain
		change(&c)
		return c
	}
	add(2*packChanges+3, plain)
	add(2, with(func(c *state.EntryChange) { c.Op = state.OpDelete }))
	add(1, plain)
	add(1, with(func(c *state.EntryChange) { c.Private = []state.Private{{Column: "name"}} }))
	add(2, with(func(c *state.EntryChange) { c.Columns = "a\nb" }))
	add(2, with(func(c *state.EntryChange) { c.Columns = strings.Repeat("x", packText) }))
	add(9, with(func(c *state.EntryChange) { c.Columns = strings.Repeat("x", packText/3) }))
	add(2, with(func(c *state.EntryChange) { c.Columns = "" }))
	rows := pack(entry)
	var back []state.EntryChange
	ops := map[string]int{}
	for _, row := range rows {
		ops[row.Op]++
		if len(row.Columns) > 2*packText {
			t.Errorf("a row has %d bytes", len(row.Columns))
		}
		if err := unpack(row, func(c state.EntryChange) error { back = append(back, c); return nil }); err != nil {
			t.Fatal(err)
		}
	}
	if !reflect.DeepEqual(back, entry) {
		t.Error("what came back is not what was packed")
	}
	if want := map[string]int{opPack: 3 + 3 + 1, state.OpDelete: 2, state.OpUpdate: 1 + 1 + 2 + 2}; !reflect.DeepEqual(ops, want) {
		t.Errorf("rows %v, not %v", ops, want)
	}
	gap := slices.Delete(slices.Clone(entry[:6]), 2, 3)
	if rows := pack(gap); len(rows) != 2 || rows[1].N != 3 {
		t.Errorf("a gap was packed: %v", rows)
	}
}

// A pack that somebody edited is refused or gives other changes, never the same.
func TestUnpackRefuses(t *testing.T) {
	good := pack([]state.EntryChange{{Entity: "teams", ID: 1, Op: state.OpCreate, Columns: "{}"}, {N: 1, Entity: "teams", ID: 2, Op: state.OpCreate, Columns: "{}"}})[0]
	for name, edit := range map[string]func(c *state.EntryChange){
		"an entity":         func(c *state.EntryChange) { c.Entity = "teams" },
		"a number":          func(c *state.EntryChange) { c.ID = 1 },
		"a project":         func(c *state.EntryChange) { c.Project = 1 },
		"a portfolio":       func(c *state.EntryChange) { c.Portfolio = 1 },
		"no end":            func(c *state.EntryChange) { c.Columns = strings.TrimSuffix(c.Columns, "\n") },
		"an empty line":     func(c *state.EntryChange) { c.Columns += "\n" },
		"a number too few":  func(c *state.EntryChange) { c.Columns = "teams 1 2 CREATE {}\n" },
		"nothing but words": func(c *state.EntryChange) { c.Columns = "teams a b c CREATE {}\n" },
	} {
		c := good
		edit(&c)
		if err := unpack(c, func(state.EntryChange) error { return nil }); err == nil {
			t.Errorf("%s: it was taken", name)
		}
	}
}
