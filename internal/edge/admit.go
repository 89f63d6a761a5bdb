package edge

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"pmograph/auth"
	"pmograph/internal/decide"
	"pmograph/internal/journal"
)

// Admitter puts on record who signs in for the first time with a token of an issuer that provisions, so that whoever grants roles finds
// him. It works beside the requests: nobody waits for it, and however many newcomers there are, one mutation at a time waits for the writer.
type Admitter struct {
	j   *journal.Journal
	log *slog.Logger

	mu        sync.Mutex
	newcomers map[newcomer]decide.Newcomer // that wait, or are being put on record
	wake      chan struct{}
}

type newcomer struct{ issuer, subject string }

const (
	maxNewcomers = 1000        // wait at most; others are noticed with their next request
	admitBatch   = 100         // are put on record together
	admitPause   = time.Second // after a failure
)

// NewAdmitter gives one for a record; it works while Run does.
func NewAdmitter(j *journal.Journal, log *slog.Logger) *Admitter {
	return &Admitter{j: j, log: log, newcomers: map[newcomer]decide.Newcomer{}, wake: make(chan struct{}, 1)}
}

// Verify gives a way to check tokens that notices newcomers.
func (a *Admitter) Verify(verify func(context.Context, string) (auth.Identity, error)) func(context.Context, string) (auth.Identity, error) {
	return func(ctx context.Context, token string) (auth.Identity, error) {
		id, err := verify(ctx, token)
		if err == nil && id.Provision {
			a.offer(id)
		}
		return id, err
	}
}

func (a *Admitter) offer(id auth.Identity) {
	if a.j.Latest().UserOf(id) != nil {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.newcomers) >= maxNewcomers {
		return
	}
	a.newcomers[newcomer{id.Issuer, id.Subject}] = decide.Newcomer{Issuer: id.Issuer, Subject: id.Subject, Name: id.Name, Email: id.Email}
	select {
	case a.wake <- struct{}{}:
	default:
	}
}

// Run puts newcomers on record until ctx ends.
func (a *Admitter) Run(ctx context.Context) {
	for {
		select {
		case <-a.wake:
		case <-ctx.Done():
			return
		}
		for batch := a.next(); len(batch) > 0; batch = a.next() {
			_, err := a.j.DoAs(ctx, auth.Machine("sign-in"), decide.UserAdmit(batch), journal.Meta{Reason: "first sign-in"})
			a.over(batch)
			if err == nil {
				continue
			}
			if ctx.Err() != nil {
				return
			}
			a.log.Warn("newcomers cannot be put on record; they are with their next request", "newcomers", len(batch), "error", err)
			select {
			case <-time.After(admitPause):
			case <-ctx.Done():
				return
			}
		}
	}
}

func (a *Admitter) next() (batch []decide.Newcomer) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, n := range a.newcomers {
		if batch = append(batch, n); len(batch) == admitBatch {
			break
		}
	}
	return batch
}

func (a *Admitter) over(batch []decide.Newcomer) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, n := range batch {
		delete(a.newcomers, newcomer{n.Issuer, n.Subject})
	}
}
