package store

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"

	"pmograph/internal/state"
)

// stage is a temporary table with rows that change alike, or with what the entry says of them.
type stage struct {
	*rowSet // nil if the rows are the journal's
	table   string
	cols    []column
	rows    int
}

func (g *stage) flavour() flavour {
	return func([]column) string { return quote(g.table) + " AS v" }
}

// pgBulk stages in temporary tables, which need no lock and no log, and which the end of the transaction drops.
type pgBulk struct {
	*pgTx
	s       *postgres
	stages  []*stage
	change  *stage
	private *stage
	staged  int // rows of the entry's changes
	text    *stage
	changes []*state.Change
	parks   []statement
	locked  bool
}

// What the server allows a bulk: ahead of the lock its owner may be busy with other things for a while.
const (
	aheadBounds = `SELECT set_config('statement_timeout', '150s', true), set_config('idle_in_transaction_session_timeout', '5min', true),
		set_config('jit', 'off', true)`
	bulkBounds = `SELECT set_config('statement_timeout', '150s', true), set_config('lock_timeout', '20s', true),
		set_config('idle_in_transaction_session_timeout', '10s', true), set_config('synchronous_commit', 'on', true),
		set_config('application_name', '` + pgBulkWriter + `', true)`
	bulkTime = 10 * time.Minute // a call that moves or copies everything
)

func (s *postgres) BeginBulk(ctx context.Context) (Bulk, error) {
	ctx, cancel := context.WithTimeout(ctx, writeTime)
	defer cancel()
	conn, err := s.pool.Acquire(ctx)
	if err != nil {
		return nil, err
	}
	t := &pgBulk{pgTx: &pgTx{conn: conn, name: s.name}, s: s}
	b := &pgx.Batch{}
	b.Queue("BEGIN ISOLATION LEVEL READ COMMITTED")
	b.Queue(aheadBounds)
	err = conn.SendBatch(ctx, b).Close()
	if err == nil {
		t.change, err = t.newStage(ctx, nil, changeColumns[1:])
	}
	if err == nil {
		t.private, err = t.newStage(ctx, nil, privateColumns[1:])
	}
	if err == nil {
		t.text, err = t.newStage(ctx, nil, textColumns)
	}
	if err != nil {
		t.Rollback()
		return nil, err
	}
	return t, nil
}

func (t *pgBulk) newStage(ctx context.Context, set *rowSet, cols []column) (*stage, error) {
	g := &stage{set, "stage_" + strconv.Itoa(len(t.stages)), cols, 0}
	t.stages = append(t.stages, g)
	_, err := t.conn.Exec(ctx, "CREATE TEMPORARY TABLE "+quote(g.table)+" ("+list(cols, func(c column) string { return quote(c.name) + " " + recordTypes[c.kind] })+") ON COMMIT DROP")
	return g, err
}

var errLocked = errors.New("nothing is staged once the lock is held")

// Stage copies rows by the table and the columns that are written.
func (t *pgBulk) Stage(ctx context.Context, changes []*state.Change, entry []state.EntryChange) error {
	if t.ended || t.locked {
		return errLocked
	}
	ctx, cancel := context.WithTimeout(ctx, bulkTime)
	defer cancel()
	changes, facts := partFacts(changes)
	if err := t.stageFacts(ctx, facts); err != nil {
		return err
	}
	t.changes = append(t.changes, changes...)
	var all sets
	for _, c := range changes {
		all.add(c, withParked(c, parkables(c), false))
	}
	for _, s := range all {
		g, err := t.stageOf(ctx, s)
		if err == nil {
			err = t.copyRows(ctx, g, s.changes)
		}
		if err != nil {
			return &RowError{s.table.Name, 0, err}
		}
	}
	return t.copyEntry(ctx, entry)
}

// stageOf gives the stage of a set's rows.
func (t *pgBulk) stageOf(ctx context.Context, s *rowSet) (*stage, error) {
	columns := unstamped(s.table, s.op, s.columns)
	for _, g := range t.stages {
		if g.rowSet != nil && g.rowSet.table == s.table && g.op == s.op && slices.Equal(g.columns, columns) {
			return g, nil
		}
	}
	set := &rowSet{table: s.table, op: s.op, columns: columns}
	cols := identity
	switch s.op {
	case state.OpCreate:
		cols = columnsOf(s.table, columns)
	case state.OpUpdate:
		cols = append(identity[:2:2], columnsOf(s.table, columns[1:])...)
	}
	return t.newStage(ctx, set, cols)
}

func (t *pgBulk) copyRows(ctx context.Context, g *stage, changes []*state.Change) error {
	return t.copy(ctx, g, len(changes), func(values []any, i int) ([]any, error) {
		c, columns := changes[i], g.columns
		if g.op != state.OpCreate {
			values = append(values, c.ID, version(c))
			columns = columns[min(1, len(columns)):]
		}
		for _, n := range columns {
			v, err := c.Table.Arg(c.After, n)
			if err != nil {
				return nil, err
			}
			values = append(values, v)
		}
		return values, nil
	})
}

// copyEntry copies a piece of the entry.
func (t *pgBulk) copyEntry(ctx context.Context, entry []state.EntryChange) error {
	var private []privateRow
	rows := pack(entry)
	err := t.copy(ctx, t.change, len(rows), func(values []any, i int) ([]any, error) {
		c := &rows[i]
		private = append(private, privateOf(0, c)...)
		return append(values, int64(c.N), c.Entity, c.ID, c.Project, c.Portfolio, c.Op, c.Columns), nil
	})
	if err == nil {
		err = t.copy(ctx, t.private, len(private), func(values []any, i int) ([]any, error) {
			p := &private[i]
			return append(values, int64(p.N), p.Column, []byte(p.Salt), orNil(p.Old), orNil(p.New)), nil
		})
	}
	if err != nil {
		return &RowError{"journal_change", 0, err}
	}
	t.staged += rowsOf(entry)
	return nil
}

// StageTexts copies long texts, fewer at a time than rows.
func (t *pgBulk) StageTexts(ctx context.Context, texts []state.Text) error {
	if t.ended || t.locked {
		return errLocked
	}
	ctx, cancel := context.WithTimeout(ctx, bulkTime)
	defer cancel()
	for some := range slices.Chunk(texts, textSet) {
		err := t.copy(ctx, t.text, len(some), func(values []any, i int) ([]any, error) {
			return append(values, string(some[i].Address), some[i].Body), nil
		})
		if err != nil {
			return &RowError{"journal_text", 0, err}
		}
	}
	return nil
}

func orNil(s *string) any {
	if s == nil {
		return nil
	}
	return *s
}

// copy copies n rows into a stage, maxSet at a time; row appends the values of one.
func (t *pgBulk) copy(ctx context.Context, g *stage, n int, row func(values []any, i int) ([]any, error)) error {
	values := make([]any, 0, len(g.cols))
	return t.copyLines(ctx, g, n, func(text []byte, i int) (_ []byte, err error) {
		if values, err = row(values[:0], i); err != nil {
			return nil, err
		}
		return copyLine(text, values), nil
	})
}

// copyLines is copy for who writes lines in COPY's text form himself.
func (t *pgBulk) copyLines(ctx context.Context, g *stage, n int, line func(text []byte, i int) ([]byte, error)) (err error) {
	sql := "COPY " + quote(g.table) + " (" + list(g.cols, quoted) + ") FROM STDIN"
	var text []byte
	for from := 0; from < n; from += maxSet {
		text = text[:0]
		to := min(from+maxSet, n)
		for i := from; i < to; i++ {
			if text, err = line(text, i); err != nil {
				return err
			}
		}
		tag, err := t.conn.Conn().PgConn().CopyFrom(ctx, bytes.NewReader(text), sql)
		if err != nil {
			return err
		}
		if tag.RowsAffected() != int64(to-from) {
			return fmt.Errorf("%d rows were copied, not %d", tag.RowsAffected(), to-from)
		}
	}
	g.rows += n
	return nil
}

// copyLine appends a row in COPY's text form.
func copyLine(text []byte, values []any) []byte {
	for i, v := range values {
		if i > 0 {
			text = append(text, '\t')
		}
		switch x := v.(type) {
		case nil:
			text = append(text, `\N`...)
		case int64:
			text = strconv.AppendInt(text, x, 10)
		case bool:
			text = strconv.AppendBool(text, x)
		case time.Time:
			text = append(text, rowInstant(x)...)
		case []byte:
			text = hex.AppendEncode(append(text, `\\x`...), x)
		case string:
			text = copyText(text, x)
		}
	}
	return append(text, '\n')
}

func copyText(text []byte, s string) []byte {
	for i := 0; i < len(s); i++ {
		switch c := s[i]; c {
		case '\\':
			text = append(text, `\\`...)
		case '\t':
			text = append(text, `\t`...)
		case '\n':
			text = append(text, `\n`...)
		case '\r':
			text = append(text, `\r`...)
		default:
			text = append(text, c)
		}
	}
	return text
}

// Lock does what can be done ahead and then takes the lock.
func (t *pgBulk) Lock(ctx context.Context) error {
	if t.ended || t.locked {
		return errLocked
	}
	ctx, cancel := context.WithTimeout(ctx, bulkTime)
	defer cancel()
	for s, err := range flavour(postgresSet).park(parking(t.changes)) {
		if err != nil {
			return err
		}
		t.parks = append(t.parks, s)
	}
	t.changes = nil
	b := &pgx.Batch{}
	for _, g := range t.stages {
		b.Queue("ANALYZE " + quote(g.table)) // nobody else does so for temporary tables
	}
	b.Queue(bulkBounds)
	t.lock(b)
	t.locked = true
	defer t.s.rescue(ctx)()
	return t.conn.SendBatch(ctx, b).Close()
}

// Commit moves the staged rows, numbering them on the way. Erasures come after the entry, since they are of this one too, and before the
// texts, which may have come back.
func (t *pgBulk) Commit(ctx context.Context, b Batch) error {
	head, err := headOf(b, t.staged)
	if err != nil {
		return err
	}
	if t.ended || !t.locked {
		return errors.New("the lock is not held")
	}
	ctx, cancel := context.WithTimeout(ctx, bulkTime)
	defer cancel()
	if err := t.send(ctx, inTurn(t.unchecked(), given(t.parks...), t.moves(head), t.references(), t.entryMoves(head), flavour(postgresSet).journal(b), t.textMoves())); err != nil {
		return err
	}
	return t.commit(ctx)
}

func rowsOf(entry []state.EntryChange) (n int) {
	for i := range entry {
		n += entry[i].Rows()
	}
	return n
}

// headOf gives the header of a bulk's entry, which must count what was staged.
func headOf(b Batch, staged int) (*state.Entry, error) {
	if len(b.Entries) != 1 || len(b.Changes) > 0 || len(b.Entries[0].Changes) > 0 {
		return nil, errors.New("a bulk is committed with the header of its one entry")
	}
	if head := &b.Entries[0]; head.Count == staged {
		return head, nil
	}
	return nil, fmt.Errorf("the entry counts %d rows, but %d were staged", b.Entries[0].Count, staged)
}

// moves brings the rows from their stages into their tables.
func (t *pgBulk) moves(head *state.Entry) steps {
	return func(yield func(statement, error) bool) {
		var all sets
		stages := map[*rowSet]*stage{}
		for _, g := range t.stages {
			if g.rowSet != nil {
				all, stages[g.rowSet] = append(all, g.rowSet), g
			}
		}
		for _, s := range all.ordered() {
			same := stamps(s.table, s.op, "$1", "$2")
			args := []any{head.Seq, rowInstant(head.At)}[:min(len(same), 2)]
			g := stages[s]
			if !yield(statement{sql: g.flavour().write(s, same...), args: args, rows: g.rows, table: s.table.Name}, nil) {
				return
			}
		}
	}
}

// PostgreSQL checks references row by row, which takes longer than writing the rows. Where the server lets us, these checks are left out
// of this transaction, and references are asked for all rows together: under the lock nobody else changes them.

// unchecked leaves out the server's checks of references, if it may.
func (t *pgBulk) unchecked() steps {
	if !t.s.mayUncheck {
		return given()
	}
	return given(statement{sql: "SELECT set_config('session_replication_role', 'replica', true)", rows: 1})
}

// references asks for references to rows that are not there.
func (t *pgBulk) references() steps {
	var all []statement
	if !t.s.mayUncheck {
		return given()
	}
	ask := func(table, sql string) {
		all = append(all, statement{sql: sql + " LIMIT 1", rows: 0, table: table, wrong: ErrReference})
	}
	for _, g := range t.stages {
		switch {
		case g.rowSet == nil:
		case g.op == state.OpDelete:
			for _, c := range state.Tables {
				for i := range c.Columns {
					if c.Columns[i].Ref == g.rowSet.table {
						ask(c.Name, `SELECT 1 FROM `+quote(c.Name)+` AS c WHERE c.`+quote(c.Columns[i].Name)+` IN (SELECT "id" FROM `+quote(g.table)+`)`)
					}
				}
			}
		default:
			for _, i := range g.columns {
				if c := &g.rowSet.table.Columns[i]; c.Ref != nil {
					ask(g.rowSet.table.Name, `SELECT 1 FROM (SELECT DISTINCT `+quote(c.Name)+` AS "id" FROM `+quote(g.table)+`) AS v WHERE v."id" IS NOT NULL
						AND NOT EXISTS (SELECT 1 FROM `+quote(c.Ref.Name)+` AS p WHERE p."id" = v."id")`)
				}
			}
		}
	}
	return given(all...)
}

// entryMoves brings the entry from its stages into the journal.
func (t *pgBulk) entryMoves(head *state.Entry) steps {
	move := func(g *stage, table string) statement {
		return statement{sql: g.flavour().insert(table, g.cols, fixed{"seq", "$1"}), args: []any{head.Seq}, rows: g.rows, table: table}
	}
	return given(move(t.change, "journal_change"), move(t.private, "journal_private"))
}

// textMoves brings the long texts from their stage to the others.
func (t *pgBulk) textMoves() steps {
	return given(statement{sql: t.text.flavour().insert("journal_text", t.text.cols) + kept, rows: anyRows, table: "journal_text"})
}
