package journal

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"sync/atomic"
	"time"

	"pmograph/auth"
	"pmograph/internal/fault"
	"pmograph/internal/state"
)

// request is a mutation on its way through the loop.
type request struct {
	ctx      context.Context
	id       auth.Identity
	machine  *auth.Session // set if the program itself acts
	dec      state.Decision
	meta     Meta
	input    []byte                        // canonical
	given    bool                          // the caller gave the key
	settled  bool                          // its outcome was unknown once: it is not run a third time
	then     func(error)                   // told the outcome, before the caller
	reserved map[*state.Desc]state.Numbers // that were set aside for it
	decided  time.Time                     // when it was decided first
	taken    atomic.Bool
	done     chan struct{}
	out      Outcome
	err      error
}

func (r *request) answer(out Outcome, err error) {
	if r.then != nil {
		r.then(err)
	}
	r.out, r.err = out, err
	close(r.done)
}

// Do decides and commits a mutation; it returns once the mutation is durable, or refused. Errors are faults; Unavailable with the
// words "may have been applied" is the only one after which the caller has to ask again with the same key.
func (j *Journal) Do(ctx context.Context, id auth.Identity, dec state.Decision, m Meta) (Outcome, error) {
	return j.do(&request{ctx: ctx, id: id, dec: dec, meta: m})
}

// DoAs is Do for the program itself, acting for the operator of the machine.
func (j *Journal) DoAs(ctx context.Context, machine auth.Session, dec state.Decision, m Meta) (Outcome, error) {
	return j.do(&request{ctx: ctx, machine: &machine, dec: dec, meta: m})
}

func (j *Journal) do(r *request) (Outcome, error) {
	var err error
	if r.input, err = json.Marshal(r.dec.Input); err != nil {
		return Outcome{}, fault.Wrap(fault.Internal, err, "%s: the input has no canonical form", r.dec.Action)
	}
	began, ask := j.o.Now(), j.through
	if r.meta.Preview {
		ask = j.preview
	}
	out, err := ask(r)
	if !r.meta.Preview {
		j.o.Metrics.count(err)
	}
	if j.o.Watch != nil {
		d := Done{Action: r.dec.Action, Meta: r.meta, Outcome: out, Err: err, Began: began, Decided: r.decided, Ended: j.o.Now()}
		if r.machine != nil {
			d.Machine = r.machine.Actor
		}
		j.o.Watch(r.ctx, d)
	}
	return out, err
}

// through takes a mutation through trial and loop.
func (j *Journal) through(r *request) (Outcome, error) {
	if r.given = r.meta.Key != ""; !r.given {
		r.meta.Key = rand.Text()
	}
	r.done = make(chan struct{})
	if j.stopping.Load() {
		return Outcome{}, errStopping
	}
	large, err := j.try(r)
	switch {
	case err != nil:
		return Outcome{}, err
	case large != nil:
		return j.commitLarge(r, large)
	}
	return j.enqueue(r)
}

// enqueue hands a mutation to the loop and waits for its answer.
func (j *Journal) enqueue(r *request) (Outcome, error) {
	select {
	case j.queue <- r:
	case <-r.ctx.Done():
		return Outcome{}, errNoTime
	}
	select {
	case <-r.done:
		return r.out, r.err
	case <-j.done: // it came too late for the loop
		if r.taken.CompareAndSwap(false, true) {
			return Outcome{}, errStopping
		}
		<-r.done
		return r.out, r.err
	case <-r.ctx.Done():
		if r.taken.CompareAndSwap(false, true) {
			return Outcome{}, errNoTime
		}
	}
	select { // it is under way: its outcome is near, unless the database is gone
	case <-r.done:
		return r.out, r.err
	case <-time.After(graceTime):
		return Outcome{}, errUnknown
	}
}

// graceTime is how long a caller whose time is over waits for the outcome of what is under way.
const graceTime = time.Second

var (
	errStopping = fault.New(fault.Unavailable, "the server is stopping; nothing was applied")
	errNoTime   = fault.New(fault.Unavailable, "no time left; nothing was applied")
	errUnknown  = fault.New(fault.Unavailable, "the database did not answer; the mutation may have been applied: ask again with the same idempotency key")
)

// preview decides on the newest snapshot and shows the effect; nothing is committed.
func (j *Journal) preview(r *request) (Outcome, error) {
	if err := j.current(r.ctx, Query{}); err != nil {
		return Outcome{}, err
	}
	s, now := j.Latest(), j.o.Now()
	t := j.decide(r, s, now, j.patience(r))
	r.decided = j.o.Now()
	if t.err != nil {
		return Outcome{}, t.err
	}
	v, err := state.NewView(t.draft.Published(), t.session, j.day(s, now), state.ViewOptions{Base: s, Newest: s, Past: port{j, r.ctx, s, t.draft.Texts()}})
	return Outcome{View: v, Position: s.Position(), Results: t.draft.Results(), Preview: true, Changes: t.draft.Changes()}, err
}

// try decides a mutation outside the lock, on the newest snapshot. A refusal ends there if that snapshot is proven to be the head after
// the call began; otherwise the mutation is decided under the lock. What takes long or changes much is large: it is not decided again
// while everybody waits.
func (j *Journal) try(r *request) (large *trial, err error) {
	if err := j.current(r.ctx, Query{}); err != nil {
		return nil, err
	}
	v := j.version()
	began := j.o.Now()
	t := j.decide(r, v.Snapshot, began, j.patience(r))
	t.on, r.decided = v, j.o.Now()
	switch {
	case t.late:
		return nil, t.err
	case t.err != nil && !r.mayBeRecorded(j):
		if err := j.refresh(r.ctx); err != nil {
			return nil, err
		}
		if now := j.version(); now.Snapshot == v.Snapshot {
			return nil, t.err
		}
	case t.err == nil && (t.draft.Rows() > largeChanges || r.decided.Sub(began) > lockedTime):
		return t, nil
	}
	return nil, nil
}

const (
	largeChanges = 1000                  // more changed rows are committed as a large draft
	lockedTime   = 50 * time.Millisecond // what one decision may take under the lock
	longestTrial = 10 * time.Minute      // what a decision may take at all
)

// patience is how long a mutation's caller waits.
func (j *Journal) patience(r *request) time.Duration {
	if end, ok := r.ctx.Deadline(); ok {
		return min(end.Sub(j.o.Now()), longestTrial)
	}
	return longestTrial
}
