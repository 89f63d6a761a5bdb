package journal

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"pmograph/internal/state"
	"pmograph/internal/store"
)

const (
	decidingTime = 250 * time.Millisecond // of a batch under the lock; what is left makes another
	maxClockOff  = 5 * time.Second
	maxBehind    = 2000 // changes to catch up with under the lock; more are followed without it
)

// attempt is one try at committing a batch.
type attempt struct {
	j       *Journal
	batch   []*request
	left    []*request // for which there was no time
	from    int64      // number of the head it began at
	sent    bool       // something was sent to be committed
	decided []decided
}

// decided is a mutation that was decided under the lock: what to answer once its batch is durable.
type decided struct {
	r *request
	*trial
	out Outcome
}

// run decides a batch and commits it in one transaction.
func (a *attempt) run() error {
	j := a.j
	ctx, cancel := context.WithTimeout(context.Background(), callTime)
	defer cancel()
	m, asked := j.o.Metrics, j.o.Now()
	tx, err := j.db.Begin(ctx)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	locked := j.o.Now()
	m.LockWait.Observe(locked.Sub(asked).Seconds())
	m.BatchSize.Observe(float64(len(a.batch)))
	v, at, err := j.underLock(ctx, tx)
	if err != nil {
		return err
	}
	if j.lost.Load() != nil && !slices.ContainsFunc(a.batch, (*request).recovers) {
		return errOwed
	}
	a.from = v.Seq()
	b, err := a.decide(ctx, tx, &v, at)
	if err != nil {
		return err
	}
	if len(b.Entries) > 0 {
		a.sent = true
		sent := j.o.Now()
		if err := j.own(func() error { return tx.Commit(ctx, b) }, v, locked, b.Entries); err != nil {
			return err
		}
		m.Commit.Observe(j.o.Now().Sub(sent).Seconds())
	}
	for i := range a.decided {
		j.reply(&a.decided[i], v.Snapshot)
	}
	return nil
}

// decide runs the decisions in order, each on what the ones before it left; v moves on with them.
func (a *attempt) decide(ctx context.Context, tx store.Tx, v *version, at time.Time) (b store.Batch, err error) {
	known, err := findKeys(ctx, tx.Keys, a.batch...)
	if err != nil {
		return b, err
	}
	var layers [][]*state.Change
	var batch []*request
	began := a.j.o.Now()
	for i, r := range a.batch {
		if i > 0 && a.j.o.Now().Sub(began) > decidingTime {
			a.left = a.batch[i:]
			break
		}
		d := a.one(ctx, tx, v.Snapshot, at, r, known, b.Entries)
		if d.late {
			a.j.outsiders.Go(func() { a.j.outside(r) })
			continue
		}
		batch, a.decided = append(batch, r), append(a.decided, d)
		if d.err == nil && d.draft != nil && d.draft.Recorded() {
			e, key, err := known.entry(d.draft, r, at)
			if err != nil {
				return b, err
			}
			v.Snapshot, layers = d.draft.Published(), append(layers, d.draft.Changes())
			add(&b, e, key, d.draft)
		}
	}
	a.batch = append(batch, a.left...)
	b.Changes = state.Merge(layers)
	return b, nil
}

// one decides a mutation, or answers it from the record if that has its key.
func (a *attempt) one(ctx context.Context, tx store.Tx, s *state.Snapshot, at time.Time, r *request, known keys, made []state.Entry) decided {
	d := decided{r: r, trial: &trial{}}
	var seq int64
	switch seq, d.err = known.find(r); {
	case d.err != nil:
		return d
	case seq != 0:
		d.out, d.err = a.j.repeated(ctx, tx, s, r, seq, made)
		return d
	}
	d.trial = a.j.decide(r, s, at, lockedTime)
	if d.err == nil && r.ctx.Err() != nil {
		d.err = errNoTime
	}
	if d.err == nil {
		d.err = a.j.room(d.draft)
	}
	return d
}

// room refuses a draft for whose rows there is no memory.
func (j *Journal) room(d *state.Draft) error {
	rows, facts := 0, 0
	for _, c := range d.Changes() {
		if c.Table.IsFacts() {
			facts += c.Added()
		} else {
			rows += c.Added()
		}
	}
	if need := state.InMemory(rows, facts); need > 0 && j.o.Room != nil {
		return j.o.Room(need)
	}
	return nil
}

func add(b *store.Batch, e *state.Entry, key *store.KeyRecord, d *state.Draft) {
	b.Entries = append(b.Entries, *e)
	if key != nil {
		b.Keys = append(b.Keys, *key)
	}
	if e.Erases() {
		for _, c := range d.Changes() {
			if c.Before != nil { // its actor's own row may be new
				b.Erase = append(b.Erase, store.Erasure{Entity: c.Table.Name, ID: c.ID, Seq: e.Seq})
			}
		}
		gone := d.ErasedTexts()
		b.EraseTexts = append(b.EraseTexts, gone...)
		b.Texts = slices.DeleteFunc(b.Texts, func(t state.Text) bool { return slices.Contains(gone, t.Address) })
	}
	b.Texts = append(b.Texts, d.Texts()...)
}

// outside commits a mutation that took too long under the lock as if it were large.
func (j *Journal) outside(r *request) {
	v := j.version()
	t := j.decide(r, v.Snapshot, j.o.Now(), j.patience(r))
	if t.on = v; t.err != nil {
		r.answer(Outcome{}, t.err)
		return
	}
	r.answer(j.commitLarge(r, t))
}

// reply answers a mutation of a batch that is durable.
func (j *Journal) reply(d *decided, newest *state.Snapshot) {
	if d.err != nil || d.draft == nil {
		d.r.answer(d.out, d.err)
		return
	}
	d.r.answer(j.outcome(d.r, d.trial, newest))
}

// outcome shows a mutation that is durable.
func (j *Journal) outcome(r *request, t *trial, newest *state.Snapshot) (Outcome, error) {
	shown := t.draft.Published()
	if !t.draft.Recorded() {
		shown = t.draft.Base()
	}
	session, err := j.sessionOf(r, newest)
	if err != nil { // he took away his own access with others'; he is shown what he did
		session = t.session
	}
	v, err := state.NewView(shown, session, j.day(shown, t.draft.At()), state.ViewOptions{Newest: newest, Past: port{j, r.ctx, newest, t.draft.Texts()}})
	return Outcome{View: v, Position: shown.Position(), Results: t.draft.Results(), Changes: t.draft.Changes()}, err
}

// underLock brings the snapshot to the head and fixes the batch's instant.
func (j *Journal) underLock(ctx context.Context, tx store.Tx) (version, time.Time, error) {
	v := j.version()
	head, clock, err := tx.State(ctx)
	if err != nil {
		return v, clock, err
	}
	if off := clock.Sub(j.o.Now()).Abs(); off > maxClockOff {
		return v, clock, fmt.Errorf("this machine's clock and the database's differ by %s; writing is refused beyond %s", off, maxClockOff)
	}
	if head != v.Position() {
		j.shown()
		v = j.version()
	}
	if head != v.Position() {
		passed, err := j.catchUpLocked(ctx, tx, &v, head)
		if err != nil {
			return v, clock, err
		}
		if v.Position() != head {
			return v, clock, errors.New("the record moved while it was locked")
		}
		j.publish(v, j.o.Now(), passed)
	}
	if err := v.Levels().MayWrite(state.SchemaNumber); err != nil {
		return v, clock, err
	}
	if clock.Before(v.At()) {
		clock = v.At()
	}
	return v, clock.UTC().Truncate(time.Microsecond), nil
}

// catchUpLocked takes over what others have committed, if it is little. Whether the record went on from where this process is shows in the
// chain; what does not fit is looked into without the lock.
func (j *Journal) catchUpLocked(ctx context.Context, tx store.Tx, v *version, head state.Position) ([]state.Entry, error) {
	if head.Seq <= v.Seq() {
		return nil, errElsewhere
	}
	if _, changes, err := j.db.Distance(ctx, v.Seq(), head.Seq); err != nil || changes > maxBehind {
		return nil, errors.Join(errElsewhere, err)
	}
	passed, err := j.catchUp(ctx, v, head, v.Position(), func(ctx context.Context, after, upTo int64, _ bool, limit int) ([]state.Entry, error) {
		return tx.Entries(ctx, after, upTo, limit)
	})
	if err != nil && !errors.Is(err, state.ErrOldReader) {
		return nil, errors.Join(errElsewhere, err)
	}
	return passed, err
}
