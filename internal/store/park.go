package store

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"math"
	"slices"

	"pmograph/internal/state"
)

// Databases check unique values after each row, but a mutation may swap them. A changed row whose old values another row of the batch
// takes is therefore parked first: one column of the unique index gets a value nobody else has, until the row's own update.

// parking tells which changed rows must be parked, and in which columns.
func parking(changes []*state.Change) map[*state.Change][]int {
	type value struct {
		table *state.Desc
		index int
		text  string
	}
	given := map[value][]*state.Change{} // by whom
	for _, c := range changes {
		for n, index := range c.Table.Uniques {
			if c.Before == nil || c.After == nil || !moved(c, index) {
				continue
			}
			if text, ok := valueText(c.Table, c.Before, index); ok {
				v := value{c.Table, n, text}
				given[v] = append(given[v], c)
			}
		}
	}
	parked := map[*state.Change][]int{}
	if len(given) == 0 {
		return parked
	}
	for _, c := range changes { // two takers of one value are refused by the draft
		for n, index := range c.Table.Uniques {
			if c.After == nil || c.Before != nil && !moved(c, index) {
				continue
			}
			text, _ := valueText(c.Table, c.After, index)
			for _, by := range given[value{c.Table, n, text}] {
				if i := parkable(c.Table, index); by != c && !slices.Contains(parked[by], i) {
					parked[by] = append(parked[by], i)
				}
			}
		}
	}
	return parked
}

// parkables gives the columns in which a changed row could have to be parked.
func parkables(c *state.Change) (cols []int) {
	for _, index := range c.Table.Uniques {
		if c.Before != nil && c.After != nil && moved(c, index) {
			cols = append(cols, parkable(c.Table, index))
		}
	}
	return cols
}

// moved tells whether a changed row has other values in a unique index than before.
func moved(c *state.Change, index []int) bool {
	return slices.ContainsFunc(index, func(i int) bool { return slices.Contains(c.Columns, i) })
}

// valueText is equal for equal values. Where it is equal for others too, a row is parked without need. A value whose last column is null
// is held by nobody.
func valueText(t *state.Desc, row any, index []int) (text string, held bool) {
	b, _ := t.JSON(nil, row, index...) // a row of a change came through the codec
	return string(b), !bytes.HasSuffix(b, []byte(":null}"))
}

// parkable chooses the column of a unique index to park in: one that may be null, since null is never held twice; else a text or a
// number that is no reference.
func parkable(t *state.Desc, index []int) int {
	free := func(kinds ...state.Kind) func(int) bool {
		return func(i int) bool { return t.Columns[i].Ref == nil && slices.Contains(kinds, t.Columns[i].Kind) }
	}
	for _, fits := range []func(int) bool{
		func(i int) bool { return t.Columns[i].Nullable },
		free(state.KindText, state.KindPersonal),
		free(state.KindInt),
	} {
		if i := slices.IndexFunc(index, fits); i >= 0 {
			return index[i]
		}
	}
	panic(fmt.Sprintf("%s: a unique index of %d columns has none in which a row could be parked; give it a text or a number", t.Name, len(index)))
}

// park gives the statements that park rows.
func (f flavour) park(parked map[*state.Change][]int) steps {
	return func(yield func(statement, error) bool) {
		type place struct {
			table  *state.Desc
			column int
		}
		rows := map[place][]map[string]any{}
		nobodys := rand.Text()
		for c, cols := range parked {
			for _, i := range cols {
				var v any
				switch col := c.Table.Columns[i]; {
				case col.Nullable:
				case col.Kind == state.KindInt:
					v = math.MinInt64 + c.ID
				default:
					v = fmt.Sprintf("parked %s %d", nobodys, c.ID)
				}
				p := place{c.Table, i}
				rows[p] = append(rows[p], map[string]any{"id": c.ID, "was": version(c), c.Table.Columns[i].Name: v})
			}
		}
		for p, all := range rows {
			for some := range slices.Chunk(all, maxSet) {
				arg, err := json.Marshal(some)
				sql := f.update(p.table.Name, columnsOf(p.table, []int{p.column}))
				if !yield(statement{sql: sql, args: []any{string(arg)}, rows: len(some), table: p.table.Name}, err) {
					return
				}
			}
		}
	}
}
