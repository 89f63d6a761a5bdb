package journal

import (
	"errors"
	"runtime/debug"
	"sync/atomic"
	"time"

	"pmograph/auth"
	"pmograph/internal/fault"
	"pmograph/internal/state"
)

// trial is a decision that was run: its finished draft, or why it was refused.
type trial struct {
	on      version // what it was run on
	draft   *state.Draft
	session auth.Session
	err     error
	late    bool // it was refused because it took too long
}

// decide runs a decision on a draft of a snapshot and checks it, in a goroutine of its own: one that overstays is left behind with its
// private draft and hurts nobody.
func (j *Journal) decide(r *request, s *state.Snapshot, at time.Time, limit time.Duration) *trial {
	var draft atomic.Pointer[state.Draft]
	ended := make(chan *trial, 1)
	go func() { ended <- j.run(r, s, at, &draft) }()
	timer := time.NewTimer(limit)
	defer timer.Stop()
	select {
	case t := <-ended:
		return t
	case <-timer.C:
	case <-r.ctx.Done():
	}
	if d := draft.Load(); d != nil {
		d.Expire()
	}
	return &trial{err: fault.New(fault.Unavailable, "%s takes too long; nothing was applied", r.dec.Action), late: true}
}

func (j *Journal) run(r *request, s *state.Snapshot, at time.Time, draft *atomic.Pointer[state.Draft]) (t *trial) {
	t = &trial{}
	defer func() {
		switch p := recover().(type) {
		case nil:
		case error:
			t.err = fault.New(fault.Unavailable, "%s takes too long; nothing was applied", r.dec.Action)
			if t.late = errors.Is(p, state.ErrLate); !t.late {
				t.err = j.panicked(r, p)
			}
		default:
			t.err = j.panicked(r, p)
		}
	}()
	if t.session, t.err = j.sessionOf(r, s); t.err != nil {
		return t
	}
	if t.draft, t.err = state.NewDraft(s, t.session, r.dec.Action, at, j.day(s, at)); t.err != nil {
		return t
	}
	draft.Store(t.draft)
	for table, numbers := range r.reserved {
		t.draft.Reserve(table, numbers)
	}
	if t.err = r.dec.Run(t.draft); t.err == nil {
		t.err = t.draft.Finish(j.o.Invariants)
	}
	return t
}

func (j *Journal) panicked(r *request, p any) error {
	j.o.Log.Error("a decision panicked", "action", r.dec.Action, "panic", p, "stack", string(debug.Stack()))
	return fault.New(fault.Internal, "%s failed; nothing was applied", r.dec.Action)
}

// sessionOf gives what a request's actor may do now.
func (j *Journal) sessionOf(r *request, s *state.Snapshot) (auth.Session, error) {
	if r.machine != nil {
		return *r.machine, nil
	}
	return j.session(s, r.id)
}
