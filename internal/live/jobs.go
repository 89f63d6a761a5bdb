package live

import (
	"context"
	"fmt"
	"runtime/debug"
	"time"

	"pmograph/auth"
	"pmograph/internal/fault"
	"pmograph/internal/journal"
	"pmograph/internal/read"
)

// Jobs is where it is known how far imports are; *journal.Journal is one.
type Jobs interface {
	Job(ctx context.Context, owner, name string) (journal.Job, bool, error)
}

// End says why the stream of an import ended. It may be read once its channel is closed.
type End struct{ Err error }

// Import follows an import of an identity's own until it has ended, wherever it runs. It does not follow the record: it looks twice a second, and
// asks each time whether the identity may still see anything.
func Import(ctx context.Context, h *Hub, id auth.Identity, jobs Jobs, name string) (<-chan *read.ImportEvent, *End, error) {
	f := &following{h, id, jobs, name}
	now, err := f.begin(ctx)
	if err != nil {
		return nil, nil, err
	}
	out, end := make(chan *read.ImportEvent), new(End)
	go func() {
		defer close(out)
		defer func() {
			if p := recover(); p != nil {
				end.Err = fault.Wrap(fault.Internal, fmt.Errorf("panic: %v\n%s", p, debug.Stack()), "stream")
			}
		}()
		end.Err = f.run(ctx, now, out)
	}()
	return out, end, nil
}

// following is an import that somebody follows.
type following struct {
	h    *Hub
	id   auth.Identity
	jobs Jobs
	name string
}

// begin looks for an import. It waits a little for one that is not there yet: it may just be beginning, elsewhere.
func (f *following) begin(ctx context.Context) (now journal.Job, err error) {
	ticks := time.NewTicker(tick)
	defer ticks.Stop()
	for waited := 0; ; waited++ {
		if now, err = f.look(ctx); waited == reach || !fault.Is(err, fault.NotFound) {
			return now, err
		}
		select {
		case <-ticks.C:
		case <-f.h.ctx.Done():
			return now, ErrStopping
		case <-ctx.Done():
			return now, fault.New(fault.Unavailable, "the stream was left before it began")
		}
	}
}

func (f *following) look(ctx context.Context) (journal.Job, error) {
	if _, err := f.h.view(ctx, f.id); err != nil {
		return journal.Job{}, err
	}
	now, found, err := f.jobs.Job(ctx, f.id.Principal(), f.name)
	if err == nil && !found {
		err = fault.New(fault.NotFound, "there is no import %.80q of yours", f.name)
	}
	now.At = now.At.UTC()
	return now, err
}

func (f *following) run(ctx context.Context, now journal.Job, out chan<- *read.ImportEvent) error {
	ticks := time.NewTicker(tick)
	defer ticks.Stop()
	for to := out; ; {
		event, err := f.event(now)
		if err != nil {
			return err
		}
		select {
		case to <- event:
			if to = nil; now.Ended {
				return nil
			}
		case <-ticks.C:
			next, err := f.look(ctx)
			if err != nil {
				return err
			}
			if now.At = next.At; now != next { // that it still runs is no news
				to = out
			}
			now = next
		case <-f.h.ctx.Done():
			return ErrStopping
		case <-ctx.Done():
			return nil
		}
	}
}

// event shows how far an import is.
func (f *following) event(now journal.Job) (*read.ImportEvent, error) {
	e := &read.ImportEvent{ID: f.name, At: now.At, Phase: now.Phase, Done: read.Long(now.Done), Ended: now.Ended}
	if now.Total > 0 {
		total := read.Long(now.Total)
		e.Total = &total
	}
	return e, e.Outcome(now.Outcome)
}
