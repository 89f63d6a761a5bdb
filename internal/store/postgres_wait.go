package store

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
)

const (
	pgChannel = "pmo"        // writers notify it once a batch
	pgWriter  = "pmo-writer" // what a session that writes is called

	pgBulkWriter = "pmo-bulk" // one that moves many rows under the lock

	blockedTime = 2 * time.Second // after so long a waiting writer looks who keeps it from the lock
	pgHoldLimit = "2 seconds"     // and ends a session of ours that has held it for longer than this
	pgBulkLimit = "3 minutes"     // or than this, if many rows are moved under it
	listenAgain = time.Second     // between attempts to listen
)

// rescue watches over a writer that waits for the lock: a process that was stopped in the middle of a pipeline holds it, and no bound of
// the server's ends that. Sessions of ours that hold it beyond their limit are ended. The function it gives ends the watch.
func (s *postgres) rescue(ctx context.Context) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	timer := time.AfterFunc(blockedTime, func() {
		conn, err := pgx.ConnectConfig(ctx, s.pool.Config().ConnConfig) // the pool's connections may all be waiting
		if err != nil {
			return // the lock's own timeout ends the wait
		}
		defer conn.Close(context.WithoutCancel(ctx))
		conn.Exec(ctx, endHolders)
	})
	return func() { timer.Stop(); cancel() }
}

const endHolders = `SELECT pg_terminate_backend(h.pid) FROM pg_stat_activity AS w, unnest(pg_blocking_pids(w.pid)) AS b(pid), pg_stat_activity AS h
	WHERE w.application_name IN ('` + pgWriter + `', '` + pgBulkWriter + `') AND w.wait_event_type = 'Lock' AND h.pid = b.pid
	AND h.wait_event_type IS DISTINCT FROM 'Lock' AND clock_timestamp() - h.query_start > CASE h.application_name
		WHEN '` + pgWriter + `' THEN interval '` + pgHoldLimit + `' WHEN '` + pgBulkWriter + `' THEN interval '` + pgBulkLimit + `' END`

// Listen waits for notifications on a connection of its own. Where a pooler stands between none may come.
func (s *postgres) Listen(ctx context.Context, wake func()) {
	for ctx.Err() == nil {
		s.listen(ctx, wake)
		select {
		case <-ctx.Done():
		case <-time.After(listenAgain):
		}
	}
}

func (s *postgres) listen(ctx context.Context, wake func()) {
	conn, err := pgx.ConnectConfig(ctx, s.pool.Config().ConnConfig)
	if err != nil {
		return
	}
	defer conn.Close(context.WithoutCancel(ctx))
	if _, err := conn.Exec(ctx, "LISTEN "+pgChannel); err != nil {
		return
	}
	for {
		n, err := conn.WaitForNotification(ctx)
		if err != nil {
			return
		}
		if n.Payload != s.name {
			wake()
		}
	}
}
