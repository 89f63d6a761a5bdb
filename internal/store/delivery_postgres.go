package store

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"pmograph/internal/state"
)

func (s *postgres) Deliveries(ctx context.Context, channel string) ([]state.Delivery, error) {
	ctx, cancel := context.WithTimeout(ctx, readTime)
	defer cancel()
	return pgQuery(s.pool).deliveries(ctx, channel)
}

func (s *postgres) DeadLetters(ctx context.Context, channel string, recipient int64, limit int) ([]state.DeadLetter, error) {
	ctx, cancel := context.WithTimeout(ctx, readTime)
	defer cancel()
	return pgQuery(s.pool).deadLetters(ctx, channel, recipient, limit)
}

// Lead keeps the lead in a row with an end: a process that is no more keeps it no longer than that.
func (s *postgres) Lead(ctx context.Context, holder string, length time.Duration) (bool, error) {
	ctx, cancel := context.WithTimeout(ctx, writeTime)
	defer cancel()
	tag, err := s.pool.Exec(ctx, `INSERT INTO "delivery_lease" AS l ("id", "holder", "until") VALUES (1, $1, clock_timestamp() + $2 * interval '1 millisecond')
		ON CONFLICT ("id") DO UPDATE SET "holder" = excluded."holder", "until" = excluded."until" WHERE l."holder" = excluded."holder" OR l."until" < clock_timestamp()`, holder, length.Milliseconds())
	return err == nil && tag.RowsAffected() == 1, err
}

func (s *postgres) Resign(ctx context.Context, holder string) error {
	ctx, cancel := context.WithTimeout(ctx, writeTime)
	defer cancel()
	_, err := s.pool.Exec(ctx, `DELETE FROM "delivery_lease" WHERE "holder" = $1`, holder)
	return err
}

// Deliver holds the lead's row, so that nobody takes it meanwhile.
func (s *postgres) Deliver(ctx context.Context, holder string, d Delivered) error {
	ctx, cancel := context.WithTimeout(ctx, writeTime)
	defer cancel()
	return pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		has, one := false, 0
		err := pgQuery(tx).each(ctx, []any{&one}, func() error { has = true; return nil },
			`SELECT 1 FROM "delivery_lease" WHERE "holder" = $1 AND "until" >= clock_timestamp() FOR SHARE`, holder)
		switch {
		case err != nil:
			return err
		case !has:
			return ErrNoLead
		}
		return flavour(postgresSet).deliver(ctx, func(ctx context.Context, sql string, args ...any) error {
			_, err := tx.Exec(ctx, sql, args...)
			return err
		}, d)
	})
}
