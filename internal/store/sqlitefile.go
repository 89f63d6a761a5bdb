package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"sync/atomic"

	"modernc.org/sqlite"
)

// Codes of SQLite, without their details.
const (
	codeError      = 1
	codeBusy       = 5
	codeReadOnly   = 8
	codeIO         = 10
	codeCorrupt    = 11
	codeFull       = 13
	codeConstraint = 19
	codeNotADB     = 26
)

// codeOf gives SQLite's code of an error, 0 if it is none of SQLite's.
func codeOf(err error) int {
	var e *sqlite.Error
	if errors.As(err, &e) {
		return e.Code() & 0xff
	}
	return 0
}

// ErrDamaged says that a SQLite file is not what SQLite wrote.
var ErrDamaged = errors.New("the file is damaged")

// asDamage marks errors by which SQLite says that a file is damaged.
func asDamage(err error) error {
	if c := codeOf(err); c == codeCorrupt || c == codeNotADB {
		return fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	return err
}

func liteDSN(path string) (string, error) {
	path, err := filepath.Abs(path)
	return "file:" + (&url.URL{Path: path}).EscapedPath(), err
}

// OpenSQLiteReader opens a file to read it, also while another process writes; there must be one, of this program's version. What would
// write is refused by SQLite.
func OpenSQLiteReader(ctx context.Context, path string) (Store, error) {
	dsn, err := liteDSN(path)
	if err != nil {
		return nil, err
	}
	db, err := sql.Open("sqlite", dsn+liteReader)
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(liteReaders)
	s := &lite{writer: db, readers: db}
	err = s.quickCheck(ctx)
	if err == nil {
		err = liteQuery(db).fits(ctx, "sqlite")
	}
	if err != nil {
		s.Close()
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return s, nil
}

// BackupSQLite writes what a file holds to another one, which must be empty or not there, as of one instant; others may write meanwhile.
// The copy has no free pages, hence nothing that was deleted.
func BackupSQLite(ctx context.Context, path, to string) error {
	from, err := liteDSN(path)
	if err != nil {
		return err
	}
	if to, err = filepath.Abs(to); err != nil {
		return err
	}
	db, err := sql.Open("sqlite", from+litePragmas+"&mode=ro") // query_only would refuse to write the copy, too
	if err != nil {
		return err
	}
	defer db.Close()
	_, err = db.ExecContext(ctx, "VACUUM INTO $1", to)
	return asDamage(err)
}

// quickCheck has SQLite look the file over.
func (s *lite) quickCheck(ctx context.Context) error {
	var said string
	if err := s.writer.QueryRowContext(ctx, "PRAGMA quick_check(1)").Scan(&said); err != nil {
		return asDamage(err)
	}
	if said != "ok" {
		return fmt.Errorf("%w: %s", ErrDamaged, said)
	}
	return nil
}

// trouble remembers that the disk refused a write, until one succeeds.
type trouble struct{ last atomic.Pointer[error] }

// troubles are the codes by which SQLite says that the disk, not the statement, is the reason.
var troubles = map[int]string{
	codeFull: "the disk is full", codeIO: "the disk reports errors", codeReadOnly: "the disk or the file cannot be written",
	codeCorrupt: "the file is damaged",
}

// note takes how a write ended.
func (t *trouble) note(err error) {
	if err == nil {
		t.last.Store(nil)
	} else if says := troubles[codeOf(err)]; says != "" {
		err = fmt.Errorf("%s: %w", says, err)
		t.last.Store(&err)
	}
}

// Writable tells why the last write failed on the disk. Once one did it tries a write of its own, so that the trouble is over as soon
// as it is gone.
func (s *lite) Writable(ctx context.Context) error {
	if s.trouble.last.Load() == nil {
		return nil
	}
	conn, err := s.writer.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	// A page of the header goes to the log and to the disk; the number itself means nothing here.
	_, err = conn.ExecContext(ctx, "PRAGMA user_version=1")
	s.trouble.note(err)
	if last := s.trouble.last.Load(); last != nil {
		return *last
	}
	return err
}
