package store

import (
	"strings"

	"pmograph/internal/state"
)

// Rows go to a database as sets: one statement with one JSON text for all rows of a table that change alike. Both databases unpack the
// text themselves; only the form of that differs.

// kindBytes is the form of binary columns, which entities do not have: "\\x" and hexadecimal digits.
const kindBytes = state.Kind(255)

// column is a column of a set.
type column struct {
	name string
	kind state.Kind
}

// flavour is how a database unpacks a set that is the statement's argument $1: a table expression named v.
type flavour func(cols []column) string

// recordTypes are the types PostgreSQL unpacks a set's columns to.
var recordTypes = map[state.Kind]string{
	state.KindInt: "bigint", state.KindMoney: "bigint", state.KindRate: "bigint", state.KindBool: "boolean",
	state.KindText: "text", state.KindPersonal: "text", state.KindTime: "timestamptz", state.KindDate: "date",
	state.KindJSON: "jsonb", kindBytes: "bytea",
}

func postgresSet(cols []column) string {
	return "json_to_recordset($1::json) AS v(" + list(cols, func(c column) string { return quote(c.name) + " " + recordTypes[c.kind] }) + ")"
}

func sqliteSet(cols []column) string {
	return "(SELECT " + list(cols, func(c column) string {
		path := "'$." + c.name + "'"
		switch c.kind {
		case state.KindJSON:
			return "nullif(value->" + path + ",'null') AS " + quote(c.name)
		case kindBytes:
			return "unhex(substr(value->>" + path + ",3)) AS " + quote(c.name)
		}
		return "value->>" + path + " AS " + quote(c.name)
	}) + " FROM json_each($1)) AS v"
}

func list(cols []column, form func(column) string) string {
	parts := make([]string, len(cols))
	for i, c := range cols {
		parts[i] = form(c)
	}
	return strings.Join(parts, ", ")
}

func quote(name string) string { return `"` + name + `"` }

func quoted(c column) string { return quote(c.name) }

// A set of rows that are there already says by id and was which they are: was is the version they must have.
var identity = []column{{"id", state.KindInt}, {"was", state.KindInt}}

// fixed is a column that has the same value in every row of a statement: an expression.
type fixed struct{ name, value string }

func (f flavour) insert(table string, cols []column, same ...fixed) string {
	names, values := list(cols, quoted), list(cols, quoted)
	for _, x := range same {
		names, values = names+", "+quote(x.name), values+", "+x.value
	}
	return "INSERT INTO " + quote(table) + " (" + names + ") SELECT " + values + " FROM " + f(cols)
}

func (f flavour) update(table string, cols []column, same ...fixed) string {
	t := quote(table)
	set := list(cols, func(c column) string { return quote(c.name) + " = v." + quote(c.name) })
	for _, x := range same {
		set += ", " + quote(x.name) + " = " + x.value
	}
	return "UPDATE " + t + " SET " + set + " FROM " + f(append(identity[:2:2], cols...)) + " WHERE " + t + `."id" = v."id" AND ` + t + `."seq" = v."was"`
}

func (f flavour) delete(table string) string {
	return "DELETE FROM " + quote(table) + ` WHERE ("id", "seq") IN (SELECT v."id", v."was" FROM ` + f(identity) + ")"
}
