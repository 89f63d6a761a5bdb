package store

import (
	"context"
	"fmt"
	"strconv"

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

// newFacts gives what inserts facts.
func (f flavour) newFacts(changes []*state.Change) steps {
	insert := func(table string) string {
		t, _ := state.TableNamed(table)
		return f.insert(table, columnsOf(t, every(t)))
	}
	return factSteps(changes, insert, func(c *state.Change) state.FactRows { _, put := c.FactsOf(); return put },
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
	for _, c := range changes {
		del, put := c.FactsOf()
		err := t.stageSome(ctx, &rowSet{table: c.Table, op: state.OpDelete}, del, func(b []byte, i int, _ *stage) []byte {
			return strconv.AppendInt(append(strconv.AppendInt(b, del.ID(i), 10), '\t'), del.Seq(i), 10)
		})
		if err == nil {
			err = t.stageSome(ctx, &rowSet{table: c.Table, op: state.OpCreate, columns: every(c.Table)}, put, func(b []byte, i int, g *stage) []byte {
				for n, column := range g.columns {
					if n > 0 {
						b = append(b, '\t')
					}
					var ok bool
					if b, ok = put.AppendPlain(b, i, column); !ok {
						b = append(b, `\N`...)
					}
				}
				return b
			})
		}
		if err != nil {
			return &RowError{c.Table.Name, 0, err}
		}
	}
	return nil
}

func (t *pgBulk) stageSome(ctx context.Context, set *rowSet, rows state.FactRows, line func(b []byte, i int, g *stage) []byte) error {
	if rows.Len() == 0 {
		return nil
	}
	g, err := t.stageOf(ctx, set)
	if err != nil {
		return err
	}
	return t.copyLines(ctx, g, rows.Len(), func(b []byte, i int) ([]byte, error) { return append(line(b, i, g), '\n'), nil })
}
