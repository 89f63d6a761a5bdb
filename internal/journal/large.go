package journal

import (
	"context"
	"errors"
	"time"

	"pmograph/auth"
	"pmograph/internal/fault"
	"pmograph/internal/state"
	"pmograph/internal/store"
)

const (
	largeAtOnce = 2
	largeTries  = 5
	largeTime   = time.Minute // under the lock, or waiting for it

	reserveAction = "recordReserve" // sets numbers aside for a large mutation
)

// commitLarge commits a mutation that was decided outside the lock. What others committed meanwhile is merged into its draft; where that
// might change the outcome it is decided anew, on numbers that were set aside, so that those who write at the same time are not in its way.
func (j *Journal) commitLarge(r *request, t *trial) (Outcome, error) {
	select {
	case j.large <- struct{}{}:
		defer func() { <-j.large }()
	case <-r.ctx.Done():
		return Outcome{}, errNoTime
	}
	for range largeTries {
		out, err := j.tryLarge(r, t)
		if !errors.Is(err, errAnew) {
			return out, err
		}
		if err := j.reserve(r, t); err != nil {
			return Outcome{}, err
		}
		if err := j.refresh(r.ctx); err != nil {
			return Outcome{}, err
		}
		r.progress(Deciding, 0, 0)
		v := j.version()
		if t = j.decide(r, v.Snapshot, j.o.Now(), j.patience(r)); t.err != nil {
			return Outcome{}, t.err
		}
		t.on = v
	}
	return Outcome{}, fault.New(fault.Unavailable, "what %s touches is changed by others all the time; nothing was applied: try again later", r.dec.Action)
}

// errAnew says that a large draft has to be decided anew.
var errAnew = errors.New("to be decided anew")

func (r *request) progress(p Phase, done, total int) {
	if r.meta.Progress != nil {
		r.meta.Progress(p, done, total)
	}
}

// reserve sets as many numbers aside as a trial took, once.
func (j *Journal) reserve(r *request, t *trial) error {
	created := t.draft.Created()
	if len(created) == 0 || r.reserved != nil {
		return nil
	}
	reserved := map[*state.Desc]state.Numbers{}
	_, err := j.DoAs(r.ctx, auth.Machine("import"), state.Decision{Action: reserveAction, Run: func(d *state.Draft) error {
		for table, n := range created {
			reserved[table] = d.Advance(table, n)
		}
		return nil
	}}, Meta{Reason: "numbers for " + r.dec.Action, RequestID: r.meta.RequestID})
	r.reserved = reserved
	return err
}

// tryLarge commits a large draft, or says that it has to be decided anew.
func (j *Journal) tryLarge(r *request, t *trial) (Outcome, error) {
	if !t.draft.Recorded() {
		return j.outcome(r, t, t.on.Snapshot)
	}
	if err := j.room(t.draft); err != nil {
		return Outcome{}, err
	}
	ctx, cancel := context.WithTimeout(r.ctx, largeTime)
	defer cancel()
	r.progress(Waiting, 0, 0)
	tx, err := j.db.Begin(ctx)
	if err != nil {
		return Outcome{}, fault.Wrap(fault.Unavailable, err, "the database does not take it; nothing was applied")
	}
	defer tx.Rollback()
	locked := j.o.Now()
	v, at, err := j.underLock(ctx, tx)
	if errors.Is(err, errElsewhere) {
		return Outcome{}, errAnew
	}
	if err != nil {
		return Outcome{}, fault.Wrap(fault.Unavailable, err, "the database does not take it; nothing was applied")
	}
	known, err := known(ctx, tx.Keys, r)
	if err != nil {
		return Outcome{}, fault.Wrap(fault.Unavailable, err, "the database does not answer; nothing was applied")
	}
	if seq, err := known.find(r); err != nil || seq != 0 {
		if err != nil {
			return Outcome{}, err
		}
		return j.repeated(ctx, tx, v.Snapshot, r, seq, nil)
	}
	if err := j.merge(ctx, tx, r, t, v); err != nil {
		return Outcome{}, err
	}
	r.progress(Committing, 0, len(t.draft.Changes()))
	t.draft.On(j.day(v.Snapshot, at))
	t.draft.Stamp(v.Seq()+1, at)
	e, key, err := known.entry(t.draft, r, at)
	if err != nil {
		return Outcome{}, err
	}
	b := store.Batch{Changes: t.draft.Changes()}
	add(&b, e, key, t.draft)
	if err := tx.Commit(ctx, b); err != nil {
		if j.db.Definite(err) {
			j.o.Log.Warn("the database refused a mutation", "action", r.dec.Action, "error", err)
			return Outcome{}, refusal(r, err)
		}
		tx.Rollback()
		verdicts, err := j.settle([]*request{r}, v.Seq())
		switch {
		case err != nil:
			return Outcome{}, err
		case verdicts[0].recorded:
			return verdicts[0].out, nil
		case r.once():
			return Outcome{}, errAnew
		}
		return Outcome{}, errNotApplied
	}
	v.Snapshot = t.draft.Published()
	j.publish(v, locked, b.Entries)
	r.progress(Committing, len(t.draft.Changes()), len(t.draft.Changes()))
	return j.outcome(r, t, v.Snapshot)
}

// merge brings into a large draft what others committed since it was decided.
func (j *Journal) merge(ctx context.Context, tx store.Tx, r *request, t *trial, v version) error {
	on := t.on
	if on.epoch != v.epoch {
		return errAnew
	}
	if on.Position() == v.Position() {
		return nil
	}
	if _, changes, err := j.db.Distance(ctx, on.Seq(), v.Seq()); err != nil || changes > maxBehind {
		return errAnew
	}
	theirs, err := tx.Entries(ctx, on.Seq(), v.Seq(), maxBehind)
	if err != nil {
		return fault.Wrap(fault.Unavailable, err, "the database does not answer; nothing was applied")
	}
	session, err := j.sessionOf(r, v.Snapshot)
	if err != nil {
		return err
	}
	if !t.draft.Merge(v.Snapshot, theirs, session, j.o.Invariants) {
		return errAnew
	}
	t.on = v
	return nil
}
