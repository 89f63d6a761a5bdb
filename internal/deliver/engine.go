package deliver

import (
	"context"
	"crypto/rand"
	"log/slog"
	"time"

	"pmograph/internal/state"
	"pmograph/internal/store"
)

// Source is the record that is told of; *journal.Journal is one.
type Source interface {
	Moved() (*state.Snapshot, <-chan struct{})
}

// Store is where it is kept how far recipients were told, and the journal.
type Store interface {
	store.Deliveries
	Head(ctx context.Context, seq int64) (head, mine state.Position, err error)
}

// Options of an engine; of all but Now and Log the zero value means what is usual.
type Options struct {
	Now     func() time.Time
	Log     *slog.Logger
	Metrics *Metrics
	Seed    uint64        // of what is added to waiting times, so that many do not come back at once
	Tick    time.Duration // between looks at who is due
	Lease   time.Duration // for which the lead is taken: so long nobody is told after its holder died
	Workers int           // recipients told at once
}

// The usual.
const (
	usualTick    = 500 * time.Millisecond
	usualLease   = 5 * time.Second
	usualWorkers = 32
)

const (
	lazy     = 10 * time.Second    // what was looked at without anything being sent is written down so often
	keepDead = 90 * 24 * time.Hour // for which dead letters are kept
	endTime  = 3 * time.Second     // for writing down what was told when the lead ends
)

// Engine tells the recipients of its channels. Of the processes on one database one does, the others wait for it to end.
type Engine struct {
	src      Source
	db       Store
	o        Options
	holder   string
	channels []Channel
}

// New gives an engine over some channels.
func New(src Source, db Store, o Options, channels ...Channel) *Engine {
	if o.Tick == 0 {
		o.Tick = usualTick
	}
	if o.Lease == 0 {
		o.Lease = usualLease
	}
	if o.Workers == 0 {
		o.Workers = usualWorkers
	}
	if o.Metrics == nil {
		o.Metrics = NewMetrics(nil)
	}
	o.Metrics.idle(channels)
	return &Engine{src, db, o, rand.Text(), channels}
}

// Run tells until ctx ends, and returns when nothing is under way any more.
func (e *Engine) Run(ctx context.Context) {
	wait := time.NewTicker(e.o.Lease / 3)
	defer wait.Stop()
	for ctx.Err() == nil {
		end := time.NewTimer(e.o.Lease)
		ok, err := e.db.Lead(ctx, e.holder, e.o.Lease)
		if ok {
			err = e.lead(ctx, end)
		}
		if err != nil && ctx.Err() == nil {
			e.o.Log.Warn("recipients outside are not told for the moment", "error", err)
		}
		select {
		case <-wait.C:
		case <-ctx.Done():
		}
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), endTime)
	defer cancel()
	if err := e.db.Resign(ctx, e.holder); err != nil {
		e.o.Log.Warn("the lead in telling recipients outside was not given back; another takes it when it has ended", "error", err)
	}
}

// lead tells as long as the lead is kept.
func (e *Engine) lead(ctx context.Context, end *time.Timer) error {
	ctx, lost := context.WithCancelCause(ctx)
	defer lost(nil)
	t := &term{Engine: e, results: make(chan result, e.o.Workers)}
	if err := t.load(ctx); err != nil {
		return err
	}
	kept := make(chan struct{})
	go func() {
		defer close(kept)
		e.keep(ctx, lost, end)
	}()
	err := t.run(ctx)
	lost(err)
	<-kept
	e.o.Metrics.idle(e.channels)
	return context.Cause(ctx)
}

// keep keeps the lead until ctx ends, and says that it is lost before another can have it.
func (e *Engine) keep(ctx context.Context, lost context.CancelCauseFunc, end *time.Timer) {
	renew := time.NewTicker(e.o.Lease / 3)
	defer renew.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-end.C:
			lost(store.ErrNoLead)
			return
		case <-renew.C:
		}
		next := time.NewTimer(e.o.Lease)
		call, cancel := context.WithTimeout(ctx, e.o.Lease/3)
		ok, err := e.db.Lead(call, e.holder, e.o.Lease)
		cancel()
		switch {
		case ok:
			end = next
		case err == nil:
			lost(store.ErrNoLead)
			return
		}
	}
}
