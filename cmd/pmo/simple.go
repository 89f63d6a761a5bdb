package main

import (
	"context"
	"fmt"

	"pmograph/graph"
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
