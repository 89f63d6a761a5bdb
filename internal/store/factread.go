package store

import (
	"bytes"
	"context"
	"database/sql"
	"database/sql/driver"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/jackc/pgx/v5/pgconn"

	"pmograph/internal/state"
)

// Facts are too many for the ways of rows: each database has one of its own, in which a value costs neither reflection nor memory.

// readFacts hands a table's facts to a loader.
type readFacts func(ctx context.Context, t *state.Desc, l *state.FactLoader) error

// load loads the facts of a table.
func (read readFacts) load(ctx context.Context, t *state.Desc, b *state.Builder) error {
	l := b.Loader(t)
	return errors.Join(read(ctx, t, l), l.Close())
}

// factColumns gives the columns of a table in the order in which a loader takes their values.
func factColumns(t *state.Desc) (cols []column, cells []cell) {
	for _, i := range t.FactColumns() {
		c := &t.Columns[i]
		cols, cells = append(cols, column{c.Name, c.Kind}), append(cells, cell{col: c, known: map[string]int64{}})
	}
	return cols, cells
}

// cell gives numbers for the texts of a column, of which there are few different ones.
type cell struct {
	col   *state.Column
	known map[string]int64
}

const mostKnown = 1 << 14

func (c *cell) number(text string) (int64, error) {
	if n, ok := c.known[text]; ok {
		return n, nil
	}
	n, err := c.col.Number(text)
	if err == nil && len(c.known) < mostKnown {
		c.known[text] = n
	}
	return n, err
}

// pgFacts reads in COPY's binary form.
func pgFacts(conn *pgconn.PgConn) readFacts {
	return func(ctx context.Context, t *state.Desc, l *state.FactLoader) error {
		cols, cells := factColumns(t)
		r := &copyReader{cells: cells, values: make([]int64, len(cols)), add: l.Add}
		_, err := conn.CopyTo(ctx, r, "COPY "+quote(t.Name)+" ("+list(cols, quoted)+") TO STDOUT (FORMAT binary)")
		if err == nil && !r.ended {
			err = io.ErrUnexpectedEOF
		}
		return err
	}
}

// copyReader takes what COPY writes.
type copyReader struct {
	cells  []cell
	values []int64
	add    func(values []int64, null uint32) error
	rest   []byte // of a row that is not yet complete
	began  bool
	ended  bool
}

var copySignature = []byte("PGCOPY\n\xff\r\n\x00")

const (
	copyHeader = 19     // the signature, flags, and the length of an extension, which is none
	pgEpoch    = 10_957 // 2000-01-01, from which the server counts days
)

var errCopy = errors.New("COPY wrote what is not its binary form")

// Write takes a piece of any length.
func (r *copyReader) Write(piece []byte) (int, error) {
	b := piece
	if len(r.rest) > 0 {
		r.rest = append(r.rest, piece...)
		b = r.rest
	}
	if !r.began && len(b) >= copyHeader {
		if !bytes.HasPrefix(b, copySignature) || binary.BigEndian.Uint64(b[len(copySignature):]) != 0 {
			return 0, errCopy
		}
		r.began, b = true, b[copyHeader:]
	}
	for r.began && len(b) > 0 {
		n, err := r.row(b)
		if err != nil {
			return 0, err
		}
		if n == 0 {
			break
		}
		b = b[n:]
	}
	r.rest = append(r.rest[:0], b...)
	return len(piece), nil
}

// row takes a row and gives its length; 0 if it is not complete.
func (r *copyReader) row(b []byte) (int, error) {
	if len(b) < 2 {
		return 0, nil
	}
	switch n := int16(binary.BigEndian.Uint16(b)); {
	case n == -1:
		r.ended = true
		return 2, nil
	case r.ended || int(n) != len(r.cells):
		return 0, errCopy
	}
	at, null := 2, uint32(0)
	for i := range r.cells {
		if len(b) < at+4 {
			return 0, nil
		}
		n := int(int32(binary.BigEndian.Uint32(b[at:])))
		if at += 4; n < 0 {
			r.values[i] = 0
			null |= 1 << i
			continue
		}
		if len(b) < at+n {
			return 0, nil
		}
		var err error
		if r.values[i], err = r.cells[i].binary(b[at : at+n]); err != nil {
			return 0, err
		}
		at += n
	}
	return at, r.add(r.values, null)
}

// binary gives the number of a value in the server's binary form.
func (c *cell) binary(b []byte) (int64, error) {
	switch {
	case c.col.Kind == state.KindText:
		if n, ok := c.known[string(b)]; ok {
			return n, nil
		}
		return c.number(string(b))
	case len(b) == 8:
		return int64(binary.BigEndian.Uint64(b)), nil
	case len(b) == 4 && c.col.Kind == state.KindDate:
		return int64(int32(binary.BigEndian.Uint32(b))) + pgEpoch, nil
	case len(b) == 1 && c.col.Kind == state.KindBool:
		return int64(b[0]), nil
	}
	return 0, fmt.Errorf("%s cannot be read from %d bytes", c.col.Name, len(b))
}

// liteFacts reads by the driver itself: the standard library would convert each value.
func liteFacts(conn *sql.Conn) readFacts {
	return func(ctx context.Context, t *state.Desc, l *state.FactLoader) error {
		cols, cells := factColumns(t)
		return conn.Raw(func(on any) error {
			r, err := on.(driver.QueryerContext).QueryContext(ctx, "SELECT "+list(cols, quoted)+" FROM "+quote(t.Name), nil)
			if err != nil {
				return err
			}
			defer func() { _ = r.Close() }()
			row, values := make([]driver.Value, len(cols)), make([]int64, len(cols))
			for {
				if err := r.Next(row); errors.Is(err, io.EOF) {
					return nil
				} else if err != nil {
					return err
				}
				null := uint32(0)
				for i, v := range row {
					switch x := v.(type) {
					case int64:
						values[i] = x
					case string:
						values[i], err = cells[i].number(x)
					case nil:
						values[i] = 0
						null |= 1 << i
					case bool:
						values[i] = 0
						if x {
							values[i] = 1
						}
					default:
						err = fmt.Errorf("%s cannot be read from %T", cells[i].col.Name, v)
					}
					if err != nil {
						return err
					}
				}
				if err := l.Add(values, null); err != nil {
					return err
				}
			}
		})
	}
}
