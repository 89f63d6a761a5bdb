package store

import (
	"fmt"
	"slices"

	"pmograph/internal/state"
)

// statement is one step of a commit.
type statement struct {
	sql   string
	arg   string // $1
	rows  int    // how many rows it must change; anyRows if that is not known
	table string // for errors
	id    int64  // the one row; 0 if there are several
}

const anyRows = -1

// plan gives the statements that write a batch, in an order in which no unique value is held twice at any time: values that another row
// is about to take are parked, then rows are deleted, made, changed. References are checked at the end of the transaction; children are
// deleted before parents and parents made before children all the same, for databases that check earlier.
func (f flavour) plan(b Batch) (all []statement, err error) {
	parked := parking(b.Changes)
	deleted, made, changed := newSets(), newSets(), newSets()
	for _, c := range b.Changes {
		switch {
		case c.After == nil && c.Before != nil:
			err = deleted.add(c, c.Before, []int{0})
		case c.Before == nil && c.After != nil:
			err = made.add(c, c.After, nil)
		case c.Before != nil && len(c.Columns) > 0:
			err = changed.add(c, c.After, withParked(c.Columns, parked[c]))
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", c.Table.ID(c.ID), err)
		}
	}
	if all, err = f.park(parked); err != nil {
		return nil, err
	}
	for _, t := range slices.Backward(state.Tables) {
		for _, s := range deleted[t] {
			all = append(all, s.statement(f.delete(t.Name)))
		}
	}
	for _, t := range state.Tables {
		for _, s := range made[t] {
			all = append(all, s.statement(f.insert(t.Name, columnsOf(t))))
		}
	}
	for _, t := range state.Tables {
		for _, s := range changed[t] {
			all = append(all, s.statement(f.update(t.Name, columnsOf(t, s.columns[1:]...))))
		}
	}
	return f.journal(all, b)
}

// withParked gives the columns to write, the row's number first: those that changed and those that were parked.
func withParked(changed, parked []int) []int {
	cols := append([]int{0}, changed...)
	for _, i := range parked {
		if !slices.Contains(cols, i) {
			cols = append(cols, i)
		}
	}
	return cols
}

// columnsOf gives some columns of an entity, or all if none is named.
func columnsOf(t *state.Desc, some ...int) (cols []column) {
	for i := range t.Columns {
		if len(some) == 0 || slices.Contains(some, i) {
			cols = append(cols, column{t.Columns[i].Name, t.Columns[i].Kind})
		}
	}
	return cols
}

// rowSet is rows of one table for one statement.
type rowSet struct {
	table   *state.Desc
	columns []int
	text    []byte
	n       int
	id      int64
}

// sets are rows by table and by the columns that are written.
type sets map[*state.Desc][]*rowSet

func newSets() sets { return sets{} }

func (all sets) add(c *state.Change, row any, columns []int) (err error) {
	i := slices.IndexFunc(all[c.Table], func(s *rowSet) bool { return slices.Equal(s.columns, columns) })
	if i < 0 {
		i = len(all[c.Table])
		all[c.Table] = append(all[c.Table], &rowSet{table: c.Table, columns: columns})
	}
	s := all[c.Table][i]
	s.text, err = c.Table.JSON(append(s.text, ','), row, columns...)
	if err != nil {
		return err
	}
	if c.Before != nil {
		s.text = fmt.Appendf(s.text[:len(s.text)-1], `,"was":%d}`, version(c))
	}
	if s.id = c.ID; s.n > 0 {
		s.id = 0
	}
	s.n++
	return nil
}

// version is the number that last changed the row before the batch.
func version(c *state.Change) int64 {
	seq, _ := c.Table.Int(c.Before, "seq")
	return seq
}

func (s *rowSet) statement(sql string) statement {
	s.text[0] = '['
	return statement{sql, string(append(s.text, ']')), s.n, s.table.Name, s.id}
}

// journal adds what writes entries, erasures and keys.
func (f flavour) journal(all []statement, b Batch) ([]statement, error) {
	heads, changes, private, err := journalRows(b.Entries)
	if err != nil {
		return nil, err
	}
	all = into(all, f, "journal", journalColumns, heads)
	all = into(all, f, "journal_change", changeColumns, changes)
	all = into(all, f, "journal_private", privateColumns, private)
	if len(b.Erase) > 0 {
		rows := erasureRows(b.Erase)
		all = into(all, f, "journal_erasure", erasureColumns, rows)
		all = append(all, statement{sql: f.erase(), arg: set(rows), rows: anyRows, table: "journal_private"})
	}
	if len(b.Keys) > 0 {
		old := instant(b.Keys[0].At.Add(-KeyAge)).String()
		all = into(all, f, "journal_key", keyColumns, keyRows(b.Keys))
		all = append(all, statement{sql: `DELETE FROM "journal_key" WHERE "at" < $1`, arg: old, rows: anyRows, table: "journal_key"})
	}
	return all, nil
}

func into[T any](all []statement, f flavour, table string, cols []column, rows []T) []statement {
	if len(rows) == 0 {
		return all
	}
	return append(all, statement{sql: f.insert(table, cols), arg: set(rows), rows: len(rows), table: table})
}

// erase removes the erasable values of rows from every entry.
func (f flavour) erase() string {
	return `DELETE FROM "journal_private" WHERE ("seq", "n") IN (SELECT c."seq", c."n" FROM ` + f(erasureColumns) +
		` JOIN "journal_change" AS c ON c."entity" = v."entity" AND c."id" = v."id")`
}

// expect compares the number of rows a statement changed with what it had to change.
func (s *statement) expect(n int64, err error) error {
	if err == nil && n != int64(s.rows) {
		return fmt.Errorf("%w: %d rows changed, not %d", ErrDrift, n, s.rows)
	}
	return err
}
