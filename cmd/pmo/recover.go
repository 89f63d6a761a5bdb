package main

import (
	"context"
	"fmt"

	"pmograph/internal/journal"
	"pmograph/internal/store"
)

type recoverCommand struct {
	where
	Erasures string `help:"List of rows erased since, from pmo export erasures: they are erased again." type:"existingfile" placeholder:"FILE"`
}

// Run does for a record that was brought back by other means than pmo restore, as from a dump, what that does at its end.
func (c *recoverCommand) Run(ctx context.Context) error {
	var list []store.Erasure
	if c.Erasures != "" {
		var err error
		if list, err = readErasures(c.Erasures); err != nil {
			return err
		}
	}
	r, err := c.open(ctx, quiet())
	if err != nil {
		return err
	}
	defer r.close()
	if err := bringUp(ctx, r.journal, r.db, list, 0); err != nil {
		return err
	}
	v, err := journal.Verify(ctx, r.db)
	if err != nil {
		return err
	}
	fmt.Printf("recovered and verified: %d entries, position %s, %d erased rows\n", v.Entries, v.Position, v.Erased)
	return nil
}
