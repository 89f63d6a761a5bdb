package main

import (
	"context"
	"crypto/ed25519"
	"fmt"
	"os"

	"pmograph/auth"
	"pmograph/internal/access"
	"pmograph/internal/journal"
)

type verifyCommand struct {
	where
	key
	Anchor    string   `help:"File of signed heads to compare the journal with, as serve --anchor-file writes it." type:"existingfile" placeholder:"FILE"`
	AnchorKey []string `help:"Public key that may have signed them, in PEM; repeat for more. Without any, the server's own, those of before included." type:"existingfile" placeholder:"FILE"`
}

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
	if err := c.verifyAccess(ctx); err != nil {
		return err
	}
	if c.Anchor == "" {
		return nil
	}
	keys, err := c.keys()
	if err != nil {
		return err
	}
	n, err := checkAnchors(ctx, db, c.Anchor, keys)
	if err != nil {
		return err
	}
	fmt.Printf("verified: all %d signed heads are the journal's own\n", n)
	return nil
}

// verifyAccess checks the chain of the journal of access.
func (c *verifyCommand) verifyAccess(ctx context.Context) error {
	db, err := c.accessReader(ctx)
	if err != nil || db == nil {
		return err
	}
	defer db.Close()
	n, head, err := access.Verify(ctx, db)
	if err != nil {
		return err
	}
	fmt.Printf("verified: %d entries of the journal of access, up to %d-%x\n", n, head.N, head.Hash[:8])
	return nil
}

func (c *verifyCommand) keys() (keys []ed25519.PublicKey, err error) {
	if len(c.AnchorKey) == 0 {
		c.dir = c.Data
		ring, err := c.ring()
		if err != nil {
			return nil, err
		}
		return ring.Public(), nil
	}
	for _, path := range c.AnchorKey {
		text, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		k, err := auth.ParsePublicKey(text)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		keys = append(keys, k)
	}
	return keys, nil
}
