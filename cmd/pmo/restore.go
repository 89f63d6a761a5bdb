package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"time"

	"pmograph/auth"
	"pmograph/internal/decide"
	"pmograph/internal/journal"
	"pmograph/internal/state"
	"pmograph/internal/store"
)

type restoreCommand struct {
	where
	File     string `arg:"" help:"Backup to take." type:"existingfile"`
	Replace  bool   `help:"Put the backup in the place of the record that is there, which is kept aside."`
	Erasures string `help:"List of rows erased since the backup, from pmo export erasures; in addition to those the replaced record lists." type:"existingfile" placeholder:"FILE"`
}

// Run puts a backup in place. The backup is verified, what was erased since it was made is erased again, and the record is verified
// again, before the file that is there is touched.
func (c *restoreCommand) Run(ctx context.Context) error {
	if c.Database != "" {
		return usage("a record in PostgreSQL is restored by PostgreSQL: pg_restore, or a base backup with its archived log; docs/operations.md says how, and what running servers do then")
	}
	l, held, err := c.lock()
	if err != nil {
		return err
	}
	if !held {
		return fmt.Errorf("%s is in use by another pmo; stop it first", c.Data)
	}
	defer func() { _ = l.Unlock() }() // the process is ending
	there, err := c.there()
	if err != nil {
		return err
	}
	if there && !c.Replace {
		return fmt.Errorf("%s holds a record; name an empty directory with --data, or say --replace", c.Data)
	}
	old, list, err := c.erased(ctx, there)
	if err != nil {
		return err
	}
	fresh := c.file() + ".restoring"
	if err := c.remove(fresh); err != nil {
		return err
	}
	backup, restored, err := c.prepare(ctx, fresh, list, old.Seq)
	if err != nil {
		return errors.Join(fmt.Errorf("nothing was restored: %w", err), c.remove(fresh))
	}
	aside, err := c.swap(fresh, there)
	if err != nil {
		return err
	}
	fmt.Printf("restored: the backup's position %s, now %s\n", backup, restored)
	if there {
		fmt.Printf("the record that was there, position %s, is kept as %s; delete it when nobody needs it\n", old, aside)
	}
	return nil
}

// there tells whether the directory holds a record.
func (c *restoreCommand) there() (bool, error) {
	info, err := os.Stat(c.file())
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil && info.Size() > 0, err
}

// erased gives the position of the record to be replaced, and what has to stay erased.
func (c *restoreCommand) erased(ctx context.Context, there bool) (old state.Position, list []store.Erasure, err error) {
	if c.Erasures != "" {
		if list, err = readErasures(c.Erasures); err != nil {
			return old, nil, err
		}
	}
	if !there {
		return old, list, nil
	}
	own, err := func() ([]store.Erasure, error) {
		db, err := store.OpenSQLiteReader(ctx, c.file())
		if err != nil {
			return nil, err
		}
		defer db.Close()
		if old, _, err = db.Head(ctx, 0); err != nil {
			return nil, err
		}
		return db.Erased(ctx)
	}()
	if err != nil && c.Erasures == "" {
		return old, nil, fmt.Errorf("the record in the way cannot be read, so that nobody knows what was erased since the backup: give the list with --erasures (of pmo export erasures), or an empty file if nothing was: %w", err)
	}
	return old, append(list, own...), nil
}

// prepare makes the restored record as a file beside the one in use, from a backup of this version or an older one, and gives the
// position of the backup and that of the record. lost is the number of the newest entry that is known to have been.
func (c *restoreCommand) prepare(ctx context.Context, fresh string, list []store.Erasure, lost int64) (backup, restored state.Position, err error) {
	if err := copyFile(c.File, fresh); err != nil {
		return backup, restored, err
	}
	db, err := store.OpenSQLite(ctx, fresh)
	if err != nil {
		return backup, restored, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if err := db.Migrate(ctx); err != nil {
		return backup, restored, err
	}
	v, err := journal.Verify(ctx, db)
	if err != nil {
		return backup, restored, fmt.Errorf("%s is no whole backup: %w", c.File, err)
	}
	backup = v.Position
	if err := onJournal(ctx, db, func(j *journal.Journal) error { return bringUp(ctx, j, db, list, lost) }); err != nil {
		return backup, restored, err
	}
	v, err = journal.Verify(ctx, db)
	return backup, v.Position, err
}

// onJournal opens a journal on a file that nobody else knows, has something done with it, and closes it.
func onJournal(ctx context.Context, db store.Store, f func(*journal.Journal) error) error {
	inner, stop := context.WithCancel(ctx)
	defer stop()
	j, err := journal.Open(inner, db, journal.Options{Now: time.Now, Invariants: decide.Invariants, Log: quiet()})
	if err != nil {
		return err
	}
	err = f(j)
	stop()
	<-j.Done()
	return err
}

// bringUp makes the entries that a restored record begins with. lost is the number of the newest entry that is known to have been.
func bringUp(ctx context.Context, j *journal.Journal, db store.Store, list []store.Erasure, lost int64) error {
	why := fmt.Sprintf("restored from a backup at %s; what came after it is lost", j.Latest().Position())
	if n := j.Latest().Seq(); lost > n {
		why = fmt.Sprintf("restored from a backup at %s; entries %d to %d are lost", j.Latest().Position(), n+1, lost)
	}
	if err := j.Recover(ctx, why); err != nil {
		return err
	}
	known, err := db.Erased(ctx)
	if err != nil {
		return err
	}
	return eraseAgain(ctx, j, known, list)
}

// eraseAgain erases what a list names and the record does not know as erased, one entry for each that did so.
func eraseAgain(ctx context.Context, j *journal.Journal, known, list []store.Erasure) error {
	done := map[state.Ref]bool{}
	for _, e := range known {
		t, _ := state.TableNamed(e.Entity)
		done[state.Ref{Table: t, ID: e.ID}] = true
	}
	slices.SortStableFunc(list, func(a, b store.Erasure) int { return int(a.Seq - b.Seq) })
	for len(list) > 0 {
		seq, rows := list[0].Seq, []state.Ref(nil)
		for ; len(list) > 0 && list[0].Seq == seq; list = list[1:] {
			t, ok := state.TableNamed(list[0].Entity)
			if !ok {
				return fmt.Errorf("the erased row %s %d is of an unknown entity", list[0].Entity, list[0].ID)
			}
			if r := (state.Ref{Table: t, ID: list[0].ID}); !done[r] {
				done[r] = true
				rows = append(rows, r)
			}
		}
		if len(rows) == 0 {
			continue
		}
		reason := fmt.Sprintf("erased again: entry %d of the record before the restore had erased it", seq)
		if _, err := j.DoAs(ctx, auth.Machine("operator"), decide.EraseAgain(rows), journal.Meta{Reason: reason}); err != nil {
			return fmt.Errorf("what entry %d erased cannot be erased again: %w", seq, err)
		}
	}
	return nil
}

// swap puts the new file in the place of the old one, which gets another name. At every instant there is one of the two.
func (c *restoreCommand) swap(fresh string, there bool) (aside string, err error) {
	if err := syncFile(fresh); err != nil {
		return "", err
	}
	if log, err := os.Stat(fresh + "-wal"); err == nil && log.Size() > 0 {
		return "", fmt.Errorf("%s is still open somewhere: its log was not taken in", fresh)
	}
	if there {
		aside = c.file() + ".replaced-" + time.Now().UTC().Format("20060102T150405Z")
		if err := c.putAside(aside); err != nil {
			return "", fmt.Errorf("the record that is there cannot be kept aside: %w", err)
		}
	}
	if err := os.Rename(fresh, c.file()); err != nil {
		return "", err
	}
	return aside, syncDir(c.Data)
}

// putAside gives the old file a second name. What its log holds goes into the file first, if SQLite can still read it; the log must not
// meet the new file.
func (c *restoreCommand) putAside(aside string) error {
	if db, err := store.OpenSQLite(context.Background(), c.file()); err == nil {
		if err := db.Close(); err != nil {
			return err
		}
	}
	if err := os.Link(c.file(), aside); err != nil {
		return err
	}
	for _, s := range []string{"-wal", "-shm"} {
		if err := os.Rename(c.file()+s, aside+s); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return syncDir(c.Data)
}

// remove removes a SQLite file with what belongs to it.
func (c *restoreCommand) remove(path string) error {
	for _, s := range []string{"", "-wal", "-shm"} {
		if err := os.Remove(path + s); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

func copyFile(from, to string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Sync(), out.Close())
}

func syncFile(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
