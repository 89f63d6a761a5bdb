package main

import (
	"context"
	"fmt"

	"pmograph/graph"
	"pmograph/internal/journal"
)

type migrateCommand struct{ where }

// Run brings the schema to this version.
func (c *migrateCommand) Run(ctx context.Context) error {
	if c.Database == "" {
		l, held, err := c.lock()
		if err != nil {
			return err
		}
		if !held {
			return fmt.Errorf("%s is in use; the pmo that serves it has migrated it already", c.Data)
		}
		defer func() { _ = l.Unlock() }() // the process is ending
	}
	db, err := c.store(ctx)
	if err != nil {
		return err
	}
	defer db.Close()
	return db.Migrate(ctx)
}

type verifyCommand struct{ where }

// Run checks the record; it may run while a server serves it.
func (c *verifyCommand) Run(ctx context.Context) error {
	db, err := c.reader(ctx)
	if err != nil {
		return err
	}
	defer db.Close()
	v, err := journal.Verify(ctx, db)
	if err != nil {
		return err
	}
	fmt.Printf("verified: %d entries, position %s, %d erased rows; the rows are those of the journal\n", v.Entries, v.Position, v.Erased)
	return nil
}

type schemaCommand struct{}

// Run prints the SDL.
func (schemaCommand) Run() error {
	fmt.Print(graph.SDL())
	return nil
}

type versionCommand struct{}

// Run prints the version.
func (versionCommand) Run() error {
	fmt.Println("pmo " + version)
	return nil
}
