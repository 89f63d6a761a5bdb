package store

import (
	"fmt"
	"iter"
	"slices"

	"pmograph/internal/state"
)

// statement is one step of a commit.
type statement struct {
	sql   string
	args  []any
	rows  int    // how many rows it must change; anyRows if that is not known
	table string // for errors
	id    int64  // the one row; 0 if there are several
	wrong error  // what another number of rows means; nil means drift
}

const anyRows = -1

// maxSet is the largest number of rows a statement is handed as a text: no text grows without bound.
const maxSet = 5000

// maxText is about the largest text of changes a statement is handed, in bytes.
const maxText = 8 << 20

// steps are the statements of a commit, each made when its turn comes. An error is the last of them.
type steps = iter.Seq2[statement, error]

// inTurn gives all steps of several.
func inTurn(all ...steps) steps {
	return func(yield func(statement, error) bool) {
		for _, some := range all {
			for s, err := range some {
				if !yield(s, err) || err != nil {
					return
				}
			}
		}
	}
}

// plan gives the statements that write a batch, in an order in which no unique value is held twice at any time: values that another row
// is about to take are parked, then rows are deleted, made, changed. References are checked at the end of the transaction; children are
// deleted before parents and parents made before children all the same, for databases that check earlier.
func (f flavour) plan(b Batch, newFacts func([]*state.Change, *state.Entry) steps) steps {
	rows, facts := partFacts(b.Changes)
	parked := parking(rows)
	var all sets
	for _, c := range rows {
		all.add(c, withParked(c, parked[c], b.stamp != nil))
	}
	return inTurn(f.goneFacts(facts), f.park(parked), f.rows(all.ordered(), b.stamp), newFacts(facts, b.stamp), f.journal(b))
}

// rows writes sets of rows.
func (f flavour) rows(all []*rowSet, stamp *state.Entry) steps {
	return func(yield func(statement, error) bool) {
		for _, s := range all {
			text, err := s.json(stamp)
			one := statement{f.write(s), []any{text}, len(s.changes), s.table.Name, 0, nil}
			if one.rows == 1 {
				one.id = s.changes[0].ID
			}
			if !yield(one, err) {
				return
			}
		}
	}
}

func (f flavour) write(s *rowSet, same ...fixed) string {
	switch s.op {
	case state.OpDelete:
		return f.delete(s.table.Name)
	case state.OpCreate:
		return f.insert(s.table.Name, columnsOf(s.table, s.columns), same...)
	}
	return f.update(s.table.Name, columnsOf(s.table, s.columns[1:]), same...)
}

// withParked gives the columns to write of a changed row, its number first: those that changed, those that were parked, and those that a
// stamp fills.
func withParked(c *state.Change, parked []int, stamp bool) []int {
	if c.Before == nil || c.After == nil {
		return nil
	}
	cols := append(append([]int{0}, c.Columns...), parked...)
	for i := range c.Table.Columns {
		if stamp && fills(c.Table, state.OpUpdate, c.Table.Columns[i].Name) {
			cols = append(cols, i)
		}
	}
	slices.Sort(cols)
	return slices.Compact(cols)
}

// columnsOf gives some columns of an entity.
func columnsOf(t *state.Desc, some []int) (cols []column) {
	for i := range t.Columns {
		if slices.Contains(some, i) {
			cols = append(cols, column{t.Columns[i].Name, t.Columns[i].Kind})
		}
	}
	return cols
}

// every gives all columns of an entity.
func every(t *state.Desc) (cols []int) {
	for i := range t.Columns {
		cols = append(cols, i)
	}
	return cols
}

// rowSet is rows of one table that change alike, for one statement.
type rowSet struct {
	table   *state.Desc
	op      string
	columns []int // that are written; of a changed row its number is the first
	changes []*state.Change
}

// sets are the rows of a batch.
type sets []*rowSet

// add puts a change into a set with room for it; columns are those to write of a row that was there and stays.
func (all *sets) add(c *state.Change, columns []int) {
	op := state.OpUpdate
	switch {
	case c.After == nil:
		op = state.OpDelete
	case c.Before == nil:
		op = state.OpCreate
	}
	if c.Before == nil && c.After == nil || op == state.OpUpdate && len(c.Columns) == 0 {
		return
	}
	for _, s := range slices.Backward(*all) {
		if s.table == c.Table && s.op == op && len(s.changes) < maxSet && (op != state.OpUpdate || slices.Equal(s.columns, columns)) {
			s.changes = append(s.changes, c)
			return
		}
	}
	switch op {
	case state.OpDelete:
		columns = nil
	case state.OpCreate:
		columns = every(c.Table)
	}
	*all = append(*all, &rowSet{c.Table, op, columns, []*state.Change{c}})
}

// ordered gives the sets in the order in which they are to be written.
func (all sets) ordered() []*rowSet {
	turn := map[string]int{state.OpDelete: 0, state.OpCreate: 1, state.OpUpdate: 2}
	slices.SortStableFunc(all, func(a, b *rowSet) int {
		switch {
		case a.op != b.op:
			return turn[a.op] - turn[b.op]
		case a.op == state.OpDelete:
			return b.table.Slot - a.table.Slot
		}
		return a.table.Slot - b.table.Slot
	})
	return all
}

// json gives the rows as the argument of their statement. A stamp replaces what the record itself keeps.
func (s *rowSet) json(stamp *state.Entry) (string, error) {
	text := make([]byte, 0, 256*len(s.changes))
	for i, c := range s.changes {
		text = append(text, "[,"[min(i, 1)])
		if s.op == state.OpDelete {
			text = fmt.Appendf(text, `{"id":%d,"was":%d}`, c.ID, version(c))
			continue
		}
		var err error
		if text, err = s.row(text, c, stamp); err != nil {
			return "", fmt.Errorf("%s: %w", c.Table.ID(c.ID), err)
		}
	}
	return string(append(text, ']')), nil
}

// row appends one row that is made or changed.
func (s *rowSet) row(text []byte, c *state.Change, stamp *state.Entry) ([]byte, error) {
	columns := s.columns
	if stamp != nil {
		columns = unstamped(s.table, s.op, columns)
	}
	text, err := c.Table.JSON(text, c.After, columns...)
	if err != nil {
		return nil, err
	}
	text = text[:len(text)-1]
	if s.op == state.OpUpdate {
		text = fmt.Appendf(text, `,"was":%d`, version(c))
	}
	if stamp != nil {
		for _, x := range stamps(s.table, s.op, fmt.Sprint(stamp.Seq), fmt.Sprintf("%q", rowInstant(stamp.At))) {
			text = fmt.Appendf(text, `,%q:%s`, x.name, x.value)
		}
	}
	return append(text, '}'), nil
}

// version is the number that last changed the row before the batch.
func version(c *state.Change) int64 {
	seq, _ := c.Table.Int(c.Before, "seq")
	return seq
}

// journal gives what writes entries, erasures and keys.
func (f flavour) journal(b Batch) steps {
	return func(yield func(statement, error) bool) {
		heads, err := headRows(b.Entries)
		if err != nil {
			yield(statement{}, err)
			return
		}
		all := []steps{into(f, "journal", journalColumns, heads), f.entryChanges(b.Entries), into(f, "journal_erasure", erasureColumns, erasureRows(b.Erase))}
		if len(b.Erase) > 0 {
			all = append(all, given(statement{sql: f.erase(), args: []any{set(erasureRows(b.Erase))}, rows: anyRows, table: "journal_private"}))
		}
		if len(b.Keys) > 0 {
			old := instant(b.Keys[0].At.Add(-KeyAge)).String()
			all = append(all, into(f, "journal_key", keyColumns, keyRows(b.Keys)),
				given(statement{sql: `DELETE FROM "journal_key" WHERE "at" < $1`, args: []any{old}, rows: anyRows, table: "journal_key"}))
		}
		inTurn(append(all, f.texts(b))...)(yield)
	}
}

// entryChanges writes the changes of entries with their erasable values.
func (f flavour) entryChanges(entries []state.Entry) steps {
	return func(yield func(statement, error) bool) {
		var changes []changeRow
		var private []privateRow
		var text int
		flush := func() bool {
			for s, err := range inTurn(into(f, "journal_change", changeColumns, changes), into(f, "journal_private", privateColumns, private)) {
				if !yield(s, err) {
					return false
				}
			}
			changes, private, text = changes[:0], private[:0], 0
			return true
		}
		for i := range entries {
			for j := range entries[i].Changes {
				c := &entries[i].Changes[j]
				changes, private = append(changes, changeOf(entries[i].Seq, c)), append(private, privateOf(entries[i].Seq, c)...)
				text += len(c.Columns)
				if (len(changes) == maxSet || text > maxText) && !flush() {
					return
				}
			}
		}
		flush()
	}
}

// into inserts rows, maxSet in a statement.
func into[T any](f flavour, table string, cols []column, rows []T) steps {
	return func(yield func(statement, error) bool) {
		for some := range slices.Chunk(rows, maxSet) {
			if !yield(statement{sql: f.insert(table, cols), args: []any{set(some)}, rows: len(some), table: table}, nil) {
				return
			}
		}
	}
}

func given(all ...statement) steps {
	return func(yield func(statement, error) bool) {
		for _, s := range all {
			if !yield(s, nil) {
				return
			}
		}
	}
}

// erase removes the erasable values of rows from every entry. There are few of them beside the changes, which therefore need no index for it.
func (f flavour) erase() string {
	return `DELETE FROM "journal_private" WHERE EXISTS (SELECT 1 FROM ` + f(erasureColumns) + ` JOIN "journal_change" AS c ON c."entity" = v."entity" AND c."id" = v."id"
		WHERE c."seq" = "journal_private"."seq" AND c."n" = "journal_private"."n")`
}

// expect compares the number of rows a statement changed with what it had to change.
func (s *statement) expect(n int64, err error) error {
	if err == nil && n != int64(s.rows) {
		if s.wrong != nil {
			return s.wrong
		}
		return fmt.Errorf("%w: %d rows changed, not %d", ErrDrift, n, s.rows)
	}
	return err
}
