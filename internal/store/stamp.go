package store

import (
	"slices"
	"time"

	"pmograph/internal/state"
)

// A stamp is what an entry says of every row it makes or changes: its number and its instant, in the columns the record itself keeps.

// stamps gives the stamped columns of rows that are made or changed.
func stamps(t *state.Desc, op, seq, at string) []fixed {
	switch {
	case op == state.OpCreate && t.IsFacts():
		return []fixed{{"seq", seq}}
	case op == state.OpCreate:
		return []fixed{{"created_at", at}, {"updated_at", at}, {"seq", seq}}
	case op == state.OpUpdate:
		return []fixed{{"updated_at", at}, {"seq", seq}}
	}
	return nil
}

// fills tells whether a stamp fills a column.
func fills(t *state.Desc, op, column string) bool {
	return slices.ContainsFunc(stamps(t, op, "", ""), func(x fixed) bool { return x.name == column })
}

// unstamped gives the columns of a set that no stamp fills.
func unstamped(t *state.Desc, op string, columns []int) []int {
	return slices.DeleteFunc(slices.Clone(columns), func(i int) bool { return fills(t, op, t.Columns[i].Name) })
}

// rowInstant is a point in time as rows have it in their texts.
func rowInstant(t time.Time) string {
	return t.UTC().Truncate(time.Microsecond).Format("2006-01-02T15:04:05.999999Z")
}
