package store

import (
	"slices"
	"time"

	"pmograph/internal/state"
)

// A stamp is what an entry says of every row it makes or changes: its number and its instant, in the columns the record itself keeps.

// stamps gives the stamped columns of rows that are made or changed.
func stamps(op, seq, at string) (all []fixed) {
	switch op {
	case state.OpCreate:
		all = []fixed{{"created_at", at}, {"updated_at", at}, {"seq", seq}}
	case state.OpUpdate:
		all = []fixed{{"updated_at", at}, {"seq", seq}}
	}
	return all
}

// fills tells whether a stamp fills a column.
func fills(op, column string) bool {
	return slices.ContainsFunc(stamps(op, "", ""), func(x fixed) bool { return x.name == column })
}

// unstamped gives the columns of a set that no stamp fills.
func unstamped(t *state.Desc, op string, columns []int) []int {
	return slices.DeleteFunc(slices.Clone(columns), func(i int) bool { return fills(op, t.Columns[i].Name) })
}

// rowInstant is a point in time as rows have it in their texts.
func rowInstant(t time.Time) string {
	return t.UTC().Truncate(time.Microsecond).Format("2006-01-02T15:04:05.999999Z")
}
