package store

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"pmograph/internal/state"
)

// Facts are written by what differs: those that go and those that changed are deleted, those that come and those that changed are
// inserted. Nothing in a database refers to a fact.

// partFacts takes the changes of facts out of a batch's.
func partFacts(changes []*state.Change) (rows, facts []*state.Change) {
	for _, c := range changes {
		if c.Table.IsFacts() {
			facts = append(facts, c)
		} else {
			rows = append(rows, c)
		}
	}
	return rows, facts
}

// factSet is facts of one table for one statement, in the form of an argument.
type factSet struct {
	table *state.Desc
	text  []byte
	n     int
}

// goneFacts gives what deletes facts.
func (f flavour) goneFacts(changes []*state.Change) steps {
	return factSteps(changes, f.delete, func(c *state.Change) state.FactRows { del, _ := c.FactsOf(); return del },
		func(b []byte, rows state.FactRows, i int) []byte {
			return fmt.Appendf(b, `{"id":%d,"was":%d}`, rows.ID(i), rows.Seq(i))
		})
}

// newFacts gives what inserts facts. Of those of a stamp the version is the entry's.
func (f flavour) newFacts(changes []*state.Change, stamp *state.Entry) steps {
	insert := func(table string) string {
		t, _ := state.TableNamed(table)
		return f.insert(table, columnsOf(t, every(t)))
	}
	return factSteps(changes, insert, func(c *state.Change) state.FactRows { return stamped(c, stamp) },
		func(b []byte, rows state.FactRows, i int) []byte {
			b = append(b, '{')
			for n := range rows.Columns() {
				if n > 0 {
					b = append(b, ',')
				}
				b = append(append(append(b, '"'), rows.Columns()[n].Name...), `":`...)
				b = rows.Append(b, i, n)
			}
			return append(b, '}')
		})
}

// stamped gives what a change of facts inserts.
func stamped(c *state.Change, stamp *state.Entry) state.FactRows {
	_, put := c.FactsOf()
	if stamp != nil {
		put = put.Stamped(stamp.Seq)
	}
	return put
}

// liteNewFacts is newFacts for SQLite, which takes apart a text of facts several times slower than it takes their values.
func liteNewFacts(changes []*state.Change, stamp *state.Entry) steps {
	return func(yield func(statement, error) bool) {
		for _, t := range state.Tables {
			var args []any
			flush := func(rows int) bool {
				for some := range slices.Chunk(args, rows*len(t.Columns)) {
					if !yield(statement{sql: insertValues(t, rows), args: some, rows: rows, table: t.Name}, nil) {
						return false
					}
				}
				args = args[:0]
				return true
			}
			for _, c := range changes {
				if c.Table != t {
					continue
				}
				put := stamped(c, stamp)
				for i := range put.Len() {
					if args = factValues(args, put, i); len(args) == valueSet*len(t.Columns) && !flush(valueSet) {
						return
					}
				}
			}
			if len(args) > 0 && !flush(1) {
				return
			}
		}
	}
}

// valueSet is how many rows are inserted by one statement with values.
const valueSet = 50

func insertValues(t *state.Desc, rows int) string {
	cols := columnsOf(t, every(t))
	one := "(?" + strings.Repeat(",?", len(cols)-1) + ")"
	return "INSERT INTO " + quote(t.Name) + " (" + list(cols, quoted) + ") VALUES " + one + strings.Repeat(","+one, rows-1)
}

func factValues(args []any, rows state.FactRows, i int) []any {
	for n := range rows.Columns() {
		c := &rows.Columns()[n]
		switch v, ok := rows.Value(i, n); {
		case !ok:
			args = append(args, nil)
		case c.Kind == state.KindText || c.Kind == state.KindDate:
			args = append(args, c.Word(v))
		default:
			args = append(args, v)
		}
	}
	return args
}

func factSteps(changes []*state.Change, sql func(table string) string, rowsOf func(*state.Change) state.FactRows, form func(b []byte, rows state.FactRows, i int) []byte) steps {
	return func(yield func(statement, error) bool) {
		open := map[*state.Desc]*factSet{}
		flush := func(s *factSet) bool {
			ok := yield(statement{sql: sql(s.table.Name), args: []any{string(append(s.text, ']'))}, rows: s.n, table: s.table.Name}, nil)
			s.text, s.n = s.text[:0], 0
			return ok
		}
		for _, c := range changes {
			s := open[c.Table]
			if s == nil {
				s = &factSet{table: c.Table}
				open[c.Table] = s
			}
			rows := rowsOf(c)
			for i := range rows.Len() {
				s.text = append(s.text, "[,"[min(s.n, 1)])
				s.text = form(s.text, rows, i)
				if s.n++; s.n == maxSet && !flush(s) {
					return
				}
			}
		}
		for _, t := range state.Tables {
			if s := open[t]; s != nil && s.n > 0 && !flush(s) {
				return
			}
		}
	}
}

// stageFacts copies facts of a bulk ahead: those to be deleted by number and version, those to be inserted without their version, which
// is the entry's.
func (t *pgBulk) stageFacts(ctx context.Context, changes []*state.Change) error {
	for _, table := range state.Tables {
		var del, put []state.FactRows
		for _, c := range changes {
			if c.Table == table {
				d, p := c.FactsOf()
				del, put = append(del, d), append(put, p)
			}
		}
		err := t.stageSome(ctx, &rowSet{table: table, op: state.OpDelete}, del, func(b []byte, rows state.FactRows, i int, _ *stage) []byte {
			return strconv.AppendInt(append(strconv.AppendInt(b, rows.ID(i), 10), '\t'), rows.Seq(i), 10)
		})
		if err == nil {
			err = t.stageSome(ctx, &rowSet{table: table, op: state.OpCreate, columns: every(table)}, put, copyFact)
		}
		if err != nil {
			return &RowError{table.Name, 0, err}
		}
	}
	return nil
}

// copyFact appends a fact in COPY's text form.
func copyFact(b []byte, rows state.FactRows, i int, g *stage) []byte {
	for n, column := range g.columns {
		if n > 0 {
			b = append(b, '\t')
		}
		var ok bool
		if b, ok = rows.AppendPlain(b, i, column); !ok {
			b = append(b, `\N`...)
		}
	}
	return b
}

func (t *pgBulk) stageSome(ctx context.Context, set *rowSet, all []state.FactRows, line func(b []byte, rows state.FactRows, i int, g *stage) []byte) error {
	n := 0
	for _, rows := range all {
		n += rows.Len()
	}
	if n == 0 {
		return nil
	}
	g, err := t.stageOf(ctx, set)
	if err != nil {
		return err
	}
	at := 0 // of the first in all
	return t.copyLines(ctx, g, n, func(b []byte, _ int) ([]byte, error) {
		for at == all[0].Len() {
			all, at = all[1:], 0
		}
		at++
		return append(line(b, all[0], at-1, g), '\n'), nil
	})
}
