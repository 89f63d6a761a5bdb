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
	largeAtOnce  = 2
	largeTries   = 5
	largeTime    = 3 * time.Minute  // under the lock, or waiting for it
	largeRow     = time.Millisecond // and this for each changed row
	copyPiece    = 10_000           // rows copied ahead at once
	nearEntries  = 100              // entries to the head after which the lock may be taken
	drawTimes    = 5
	quickChanges = 20_000 // all rules are asked of so many again under the lock, if need be
	mergeEntries = 50_000 // more are not merged: the draft is decided anew

	reserveAction = "recordReserve" // sets numbers aside for a large mutation
)

// commitLarge commits a mutation that was decided outside the lock. What others committed meanwhile is merged into its draft; where that
// might change the outcome it is decided anew, on numbers that were set aside, so that those who write at the same time are not in its way.
func (j *Journal) commitLarge(r *request, t *trial) (Outcome, error) {
	if r.given && r.mayBeRecorded(j) {
		return j.enqueue(r)
	}
	select {
	case j.large <- struct{}{}:
		defer func() { <-j.large }()
	case <-r.ctx.Done():
		return Outcome{}, errNoTime
	}
	for n := range largeTries {
		out, err := j.tryLarge(r, t, n == largeTries-1)
		if !errors.Is(err, errAnew) {
			return out, err
		}
		if err := j.refresh(r.ctx); err != nil {
			return Outcome{}, err
		}
		if err := j.recovered(r.ctx); err != nil {
			return Outcome{}, err
		}
		if err := j.reserve(r, t); err != nil {
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

// reserve sets as many numbers aside as a trial took, once, if others took of the same.
func (j *Journal) reserve(r *request, t *trial) error {
	created, taken := t.draft.Created(), false
	for table := range created {
		taken = taken || j.Latest().Next(table) != t.on.Next(table)
	}
	if !taken || r.reserved != nil {
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
func (j *Journal) tryLarge(r *request, t *trial, last bool) (Outcome, error) {
	if !t.draft.Recorded() {
		return j.outcome(r, t, t.on.Snapshot)
	}
	if err := j.room(t.draft); err != nil {
		return Outcome{}, err
	}
	tx, err := j.db.BeginBulk(r.ctx)
	if err != nil {
		return Outcome{}, notTaken(err)
	}
	defer tx.Rollback()
	if err := j.copyAhead(r, t, tx); err != nil {
		return Outcome{}, err
	}
	if err := j.draw(r, t); err != nil {
		return Outcome{}, err
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.ctx), largeTime+time.Duration(t.draft.Rows())*largeRow) // what is sent is seen through
	defer cancel()
	r.progress(Waiting, 0, 0)
	if err := tx.Lock(ctx); err != nil {
		return Outcome{}, notTaken(err)
	}
	locked := j.o.Now()
	v, at, err := j.underLock(ctx, tx)
	if errors.Is(err, errElsewhere) || err == nil && j.lost.Load() != nil {
		return Outcome{}, errAnew
	}
	if err != nil {
		return Outcome{}, notTaken(err)
	}
	known, err := findKeys(ctx, tx.Keys, r)
	if err != nil {
		return Outcome{}, notTaken(err)
	}
	if seq, err := known.find(r); err != nil {
		return Outcome{}, err
	} else if seq != 0 {
		return j.repeated(ctx, tx, v.Snapshot, r, seq, nil)
	}
	whole := last || t.draft.Rows() < quickChanges
	if err := j.merge(ctx, r, t, v, tx.Entries, whole); err != nil {
		return Outcome{}, err
	}
	return j.finish(ctx, r, t, tx, v, at, locked, known)
}

// notTaken says that nothing was applied, since the database could not be asked.
func notTaken(err error) error {
	return fault.Wrap(fault.Unavailable, err, "the database does not take it; nothing was applied")
}

// copyAhead stages a draft's rows and changes.
func (j *Journal) copyAhead(r *request, t *trial, tx store.Bulk) error {
	changes := t.draft.Changes()
	entry, err := t.draft.Ahead()
	if err != nil {
		return err
	}
	if err := tx.StageTexts(r.ctx, t.draft.Texts()); err != nil {
		return j.notStaged(r, err)
	}
	done, total := 0, t.draft.Rows()
	for len(changes)+len(entry) > 0 {
		r.progress(Copying, done, total)
		if r.ctx.Err() != nil {
			return errNoTime
		}
		n, rows := piece(len(changes), func(i int) int { return changes[i].Rows() })
		m, _ := piece(len(entry), func(i int) int { return entry[i].Rows() })
		if err := tx.Stage(r.ctx, changes[:n], entry[:m]); err != nil {
			return j.notStaged(r, err)
		}
		done, changes, entry = done+rows, changes[n:], entry[m:]
	}
	r.progress(Copying, total, total)
	return nil
}

// piece gives how many of n changes are copied at once, and of how many rows they are.
func piece(n int, of func(int) int) (some, rows int) {
	for some < n && rows < copyPiece {
		rows += of(some)
		some++
	}
	return some, rows
}

func (j *Journal) notStaged(r *request, err error) error {
	if j.db.Definite(err) {
		return refusal(r, err)
	}
	return notTaken(err)
}

// draw brings a large draft near the head, before the lock is taken: what is left to be merged under it is little.
func (j *Journal) draw(r *request, t *trial) error {
	for range drawTimes {
		if err := j.refresh(r.ctx); err != nil {
			return err
		}
		v := j.version()
		near := v.Seq()-t.on.Seq() < nearEntries
		if err := j.merge(r.ctx, r, t, v, func(ctx context.Context, after, upTo int64, limit int) ([]state.Entry, error) {
			return j.db.Entries(ctx, after, upTo, false, limit)
		}, true); err != nil || near {
			return err
		}
	}
	return nil
}

// merge brings into a large draft what others committed since it was decided.
func (j *Journal) merge(ctx context.Context, r *request, t *trial, v version, read func(ctx context.Context, after, upTo int64, limit int) ([]state.Entry, error), whole bool) error {
	if t.on.epoch != v.epoch {
		return errAnew
	}
	if t.on.Seq() == v.Seq() {
		return nil
	}
	var theirs []state.Entry
	for after := t.on.Seq(); after < v.Seq(); {
		page, err := read(ctx, after, v.Seq(), followPage)
		if err != nil {
			return notTaken(err)
		}
		if len(page) == 0 || len(theirs) > mergeEntries {
			return errAnew
		}
		theirs = append(theirs, page...)
		after = page[len(page)-1].Seq
	}
	session, err := j.sessionOf(r, v.Snapshot)
	if err != nil {
		return err
	}
	if !t.draft.Merge(v.Snapshot, theirs, session, j.o.Invariants, whole) {
		return errAnew
	}
	t.on, t.session = v, session
	return nil
}

// finish commits a large draft under the lock.
func (j *Journal) finish(ctx context.Context, r *request, t *trial, tx store.Bulk, v version, at, locked time.Time, known keys) (Outcome, error) {
	n := t.draft.Rows()
	r.progress(Committing, 0, n)
	t.draft.On(j.day(v.Snapshot, at))
	t.draft.Stamp(v.Seq()+1, at)
	e, key, err := known.entry(t.draft, r, at)
	if err != nil {
		return Outcome{}, err
	}
	e.Changes = nil // they are staged
	var b store.Batch
	add(&b, e, key, t.draft)
	b.Texts = nil // staged, too
	sealed := v
	sealed.Snapshot = t.draft.Published()
	if err := j.own(func() error { return tx.Commit(ctx, b) }, sealed, locked, b.Entries); err != nil {
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
			return verdicts[0].out, verdicts[0].err
		case r.once():
			return Outcome{}, errAnew
		}
		return Outcome{}, errNotApplied
	}
	r.progress(Committing, n, n)
	return j.outcome(r, t, sealed.Snapshot)
}
