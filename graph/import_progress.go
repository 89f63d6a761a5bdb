package graph

import (
	"context"

	"pmograph/internal/live"
	"pmograph/internal/read"
)

// followImport starts the stream of an import.
func followImport(ctx context.Context, r *Resolver, name string) (<-chan *read.ImportEvent, error) {
	s := ctx.Value(streamKey).(*stream)
	events, end, err := live.Import(ctx, r.hub, Identity(ctx), r.door, name)
	s.whole, s.end = true, end
	return events, err
}
