package store

import (
	"context"
	"time"

	"pmograph/internal/state"
)

func (s *lite) Deliveries(ctx context.Context, channel string) ([]state.Delivery, error) {
	return liteQuery(s.readers).deliveries(ctx, channel)
}

func (s *lite) DeadLetters(ctx context.Context, channel string, recipient int64, limit int) ([]state.DeadLetter, error) {
	return liteQuery(s.readers).deadLetters(ctx, channel, recipient, limit)
}

// Lead is with whoever has the file open: one process alone.
func (s *lite) Lead(ctx context.Context, _ string, _ time.Duration) (bool, error) {
	return ctx.Err() == nil, ctx.Err()
}

// Resign has nothing to give back.
func (s *lite) Resign(context.Context, string) error { return nil }

func (s *lite) Deliver(ctx context.Context, _ string, d Delivered) error {
	tx, err := s.writer.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	err = flavour(sqliteSet).deliver(ctx, func(ctx context.Context, sql string, args ...any) error {
		_, err := tx.ExecContext(ctx, sql, args...)
		return err
	}, d)
	if err != nil {
		return err
	}
	return tx.Commit()
}
