package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
)

// prepared keeps the statements of commits prepared on the one connection that writes: they are few, and parsing one costs as much as a
// row or two. Whoever has the connection has it.
type prepared struct {
	on    any // the driver's connection; another one knows nothing of these
	known map[string]driver.Stmt
}

const mostPrepared = 500

// exec runs a statement and gives the number of rows it changed.
func (p *prepared) exec(ctx context.Context, conn *sql.Conn, query string, args []any) (rows int64, err error) {
	values := make([]driver.NamedValue, len(args))
	for i, a := range args {
		v, err := driver.DefaultParameterConverter.ConvertValue(a)
		if err != nil {
			return 0, err
		}
		values[i] = driver.NamedValue{Ordinal: i + 1, Value: v}
	}
	err = conn.Raw(func(on any) error {
		s, err := p.of(ctx, on, query)
		if err != nil {
			return err
		}
		r, err := s.(driver.StmtExecContext).ExecContext(ctx, values)
		if err != nil {
			return err
		}
		rows, err = r.RowsAffected()
		return err
	})
	return rows, err
}

func (p *prepared) of(ctx context.Context, on any, query string) (driver.Stmt, error) {
	if p.on != on {
		*p = prepared{on, map[string]driver.Stmt{}} // the old ones went with their connection
	}
	if s, ok := p.known[query]; ok {
		return s, nil
	}
	if len(p.known) >= mostPrepared {
		if err := p.drop(); err != nil {
			return nil, err
		}
	}
	s, err := on.(driver.ConnPrepareContext).PrepareContext(ctx, query)
	if err == nil {
		p.known[query] = s
	}
	return s, err
}

// end drops the statements before their connection ends: SQLite keeps one that has any, with its locks.
func (p *prepared) end(on any) error {
	if p.on != on {
		return nil
	}
	return p.drop()
}

func (p *prepared) drop() (err error) {
	for _, s := range p.known {
		err = errors.Join(err, s.Close())
	}
	clear(p.known)
	return err
}
