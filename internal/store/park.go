package store

import (
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
	moved := func(c *state.Change, index []int) bool {
		return slices.ContainsFunc(index, func(i int) bool { return slices.Contains(c.Columns, i) })
	}
	taken := map[value]*state.Change{} // by whom; two takers of one value are refused by the draft
	for _, c := range changes {
		for n, index := range c.Table.Uniques {
			if c.After != nil && (c.Before == nil || moved(c, index)) {
				taken[value{c.Table, n, valueText(c.Table, c.After, index)}] = c
			}
		}
	}
	parked := map[*state.Change][]int{}
	for _, c := range changes {
		for n, index := range c.Table.Uniques {
			if c.Before == nil || c.After == nil || !moved(c, index) {
				continue
			}
			by := taken[value{c.Table, n, valueText(c.Table, c.Before, index)}]
			if i := parkable(c.Table, index); by != nil && by != c && !slices.Contains(parked[c], i) {
				parked[c] = append(parked[c], i)
			}
		}
	}
	return parked
}

// valueText is equal for equal values. Where it is equal for others too, a row is parked without need.
func valueText(t *state.Desc, row any, index []int) string {
	b, _ := t.JSON(nil, row, index...) // a row of a change came through the codec
	return string(b)
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
func (f flavour) park(parked map[*state.Change][]int) (all []statement, err error) {
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
	for p, set := range rows {
		arg, err := json.Marshal(set)
		if err != nil {
			return nil, err
		}
		all = append(all, statement{f.update(p.table.Name, columnsOf(p.table, p.column)), string(arg), len(set), p.table.Name, 0})
	}
	return all, nil
}
