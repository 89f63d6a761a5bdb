package main

import (
	"context"
	"fmt"
	"os"

	"pmograph/internal/journal"
	"pmograph/internal/store"
)

type backupCommand struct {
	where
	File string `arg:"" help:"File to write; it must not be there." type:"path"`
}

// Run copies the record as of one instant, also while a server serves it, and verifies the copy before it gets its name.
func (c *backupCommand) Run(ctx context.Context) error {
	if c.Database != "" {
		return usage("a record in PostgreSQL is backed up by PostgreSQL: pg_dump --format=custom, or pg_basebackup with archived log for any point in time; docs/operations.md says how")
	}
	var v journal.Verification
	err := newFile(c.File, func(temp string) (err error) {
		if err = store.BackupSQLite(ctx, c.file(), temp); err == nil {
			v, err = verifyFile(ctx, temp)
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("no backup was made: %w", err)
	}
	info, err := os.Stat(c.File)
	if err != nil {
		return err
	}
	fmt.Printf("backed up and verified: %d entries, position %s, %d bytes in %s\n", v.Entries, v.Position, info.Size(), c.File)
	return nil
}

// verifyFile checks the record in a SQLite file that nobody writes, or somebody does.
func verifyFile(ctx context.Context, path string) (journal.Verification, error) {
	db, err := store.OpenSQLiteReader(ctx, path)
	if err != nil {
		return journal.Verification{}, err
	}
	defer db.Close()
	return journal.Verify(ctx, db)
}
