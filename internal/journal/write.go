package journal

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"runtime/debug"
	"sync/atomic"
	"time"

	"pmograph/auth"
	"pmograph/internal/fault"
	"pmograph/internal/state"
	"pmograph/internal/store"
)

// request is a mutation on its way through the loop.
type request struct {
	ctx     context.Context
	id      auth.Identity
	machine *auth.Session // set if the program itself acts
	dec     state.Decision
	meta    Meta
	input   []byte // canonical
	given   bool   // the caller gave the key
	taken   atomic.Bool
	done    chan struct{}
	out     Outcome
	err     error
}

func (r *request) answer(out Outcome, err error) { r.out, r.err = out, err; close(r.done) }

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
	if r.meta.Preview {
		return j.preview(r)
	}
	if r.given = r.meta.Key != ""; !r.given {
		r.meta.Key = rand.Text()
	}
	r.done = make(chan struct{})
	if j.stopping.Load() {
		return Outcome{}, errStopping
	}
	select {
	case j.queue <- r:
	case <-r.ctx.Done():
		return Outcome{}, fault.New(fault.Unavailable, "no time left; nothing was applied")
	}
	select {
	case <-r.done:
	case <-j.done: // it came too late for the loop
		if r.taken.CompareAndSwap(false, true) {
			return Outcome{}, errStopping
		}
		<-r.done
	case <-r.ctx.Done():
		if r.taken.CompareAndSwap(false, true) {
			return Outcome{}, fault.New(fault.Unavailable, "no time left; nothing was applied")
		}
		select {
		case <-r.done:
		case <-j.done:
			return Outcome{}, errUnknown
		}
	}
	return r.out, r.err
}

var errStopping = fault.New(fault.Unavailable, "the server is stopping; nothing was applied")

var errUnknown = fault.New(fault.Unavailable, "the database did not answer; the mutation may have been applied: ask again with the same idempotency key")

// preview decides on the newest snapshot and shows the effect; nothing is committed.
func (j *Journal) preview(r *request) (Outcome, error) {
	s := j.Latest()
	now := j.o.Now()
	d, session, err := j.decide(r, s, now)
	if err != nil {
		return Outcome{}, err
	}
	v, err := state.NewView(d.Published(), session, j.day(s, now), state.ViewOptions{Base: s, Newest: s, Past: port{j, r.ctx, s}})
	return Outcome{View: v, Position: s.Position(), Results: d.Results(), Preview: true, Changes: d.Changes()}, err
}

// sessionOf gives what a request's actor may do now.
func (j *Journal) sessionOf(r *request, s *state.Snapshot) (auth.Session, error) {
	if r.machine != nil {
		return *r.machine, nil
	}
	return j.session(s, r.id)
}

// decide runs a decision on a draft of a snapshot and checks it.
func (j *Journal) decide(r *request, s *state.Snapshot, at time.Time) (_ *state.Draft, session auth.Session, err error) {
	if session, err = j.sessionOf(r, s); err != nil {
		return nil, session, err
	}
	defer func() {
		if p := recover(); p != nil {
			j.o.Log.Error("a decision panicked", "action", r.dec.Action, "panic", p, "stack", string(debug.Stack()))
			err = fault.New(fault.Internal, "%s failed; nothing was applied", r.dec.Action)
		}
	}()
	d, err := state.NewDraft(s, session, r.dec.Action, at, j.day(s, at))
	if err != nil {
		return nil, session, err
	}
	if err := r.dec.Run(d); err != nil {
		return nil, session, err
	}
	return d, session, d.Finish(j.o.Invariants)
}

// write is the process's one writer: it collects waiting mutations and commits them together.
func (j *Journal) write(ctx context.Context) {
	for {
		var batch []*request
		take := func(r *request) {
			if r.taken.CompareAndSwap(false, true) {
				batch = append(batch, r)
			}
		}
		select {
		case r := <-j.queue:
			take(r)
		case <-ctx.Done():
			j.drain()
			return
		}
		for more := true; more && len(batch) < maxBatch; {
			select {
			case r := <-j.queue:
				take(r)
			default:
				more = false
			}
		}
		j.run(batch)
	}
}

// drain refuses what is still waiting when the journal ends.
func (j *Journal) drain() {
	j.stopping.Store(true)
	for {
		select {
		case r := <-j.queue:
			if r.taken.CompareAndSwap(false, true) {
				r.answer(Outcome{}, errStopping)
			}
		default:
			return
		}
	}
}

// run commits a batch. A definite refusal by the database is narrowed down by halving in order; an unknown outcome is settled by
// looking the keys up, never by repeating blindly.
func (j *Journal) run(batch []*request) {
	if len(batch) == 0 {
		return
	}
	committing, err := j.try(batch)
	switch {
	case err == nil:
	case j.db.Definite(err) && len(batch) > 1:
		j.run(batch[:len(batch)/2])
		j.run(batch[len(batch)/2:])
	case committing && !j.db.Definite(err):
		j.o.Log.Warn("the outcome of a commit is unknown; settling", "mutations", len(batch), "error", err)
		j.settle(batch)
	default:
		for _, r := range batch {
			r.answer(Outcome{}, fault.Wrap(fault.Unavailable, err, "the database refused; nothing was applied"))
		}
	}
}

// done is what a decided mutation answers once its batch is durable.
type decided struct {
	r       *request
	draft   *state.Draft
	session auth.Session
	out     Outcome
	err     error
}

// try runs one batch in one transaction. committing tells whether COMMIT had begun when an error came.
func (j *Journal) try(batch []*request) (committing bool, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), callTime)
	defer cancel()
	tx, err := j.db.Begin(ctx)
	if err != nil {
		return false, err
	}
	defer tx.Rollback()
	s, at, err := j.underLock(ctx, tx)
	if err != nil {
		return false, err
	}
	known, err := j.known(ctx, tx, batch)
	if err != nil {
		return false, err
	}
	var b store.Batch
	var layers [][]*state.Change
	answers := make([]decided, 0, len(batch))
	for _, r := range batch {
		a := decided{r: r}
		var seq int64
		if seq, a.err = known.find(j, s, r); a.err == nil && seq != 0 {
			a.out, a.err = j.repeated(ctx, tx, s, r, seq, b.Entries)
		} else if a.err == nil {
			if a.draft, a.session, a.err = j.decide(r, s, at); a.err == nil && r.ctx.Err() != nil {
				a.err = fault.New(fault.Unavailable, "no time left; nothing was applied")
			}
			if a.err == nil && len(a.draft.Changes()) > 0 {
				e, key, err := known.entry(a.draft, r, at)
				if err != nil {
					return false, err
				}
				s = a.draft.Published()
				b.Entries, layers = append(b.Entries, *e), append(layers, a.draft.Changes())
				if key != nil {
					b.Keys = append(b.Keys, *key)
				}
				if e.Action == eraseAction {
					b.Erase = append(b.Erase, erased(a.draft, e.Seq)...)
				}
			}
		}
		answers = append(answers, a)
	}
	if len(b.Entries) > 0 {
		b.Changes = state.Merge(layers)
		if err := tx.Commit(ctx, b); err != nil {
			return true, err
		}
		j.publish(s)
		for i := range b.Entries {
			j.applied(&b.Entries[i])
		}
	}
	for i := range answers {
		j.reply(&answers[i], s)
	}
	return false, nil
}

// reply answers a mutation of a batch that is durable.
func (j *Journal) reply(a *decided, newest *state.Snapshot) {
	if a.err != nil || a.draft == nil {
		a.r.answer(a.out, a.err)
		return
	}
	shown := a.draft.Published()
	if len(a.draft.Changes()) == 0 {
		shown = a.draft.Base()
	}
	session, err := j.sessionOf(a.r, newest)
	if err != nil { // he took away his own access with others'; he is shown what he did
		session = a.session
	}
	v, err := state.NewView(shown, session, j.day(shown, a.draft.At()), state.ViewOptions{Newest: newest, Past: port{j, a.r.ctx, newest}})
	a.r.answer(Outcome{View: v, Position: shown.Position(), Results: a.draft.Results(), Changes: a.draft.Changes()}, err)
}

// underLock brings the snapshot to the head and fixes the batch's instant.
func (j *Journal) underLock(ctx context.Context, tx store.Tx) (*state.Snapshot, time.Time, error) {
	s := j.Latest()
	head, clock, err := tx.State(ctx)
	if err != nil {
		return nil, clock, err
	}
	if off := clock.Sub(j.o.Now()).Abs(); off > maxClockOff {
		return nil, clock, fmt.Errorf("this machine's clock and the database's differ by %s; writing is refused beyond %s", off, maxClockOff)
	}
	if head != s.Position() {
		_, mine, err := j.db.Head(ctx, s.Seq())
		if err != nil {
			return nil, clock, err
		}
		read := func(ctx context.Context, after, upTo int64, _ bool, limit int) ([]state.Entry, error) {
			return tx.Entries(ctx, after, upTo, limit)
		}
		if s, err = j.catchUp(ctx, s, head, mine, read); err != nil {
			return nil, clock, err
		}
		if s.Position() != head {
			return nil, clock, errors.New("the record moved while it was locked")
		}
		j.publish(s)
	}
	if clock.Before(s.At()) {
		clock = s.At()
	}
	return s, clock.UTC().Truncate(time.Microsecond), nil
}

// keys are the idempotency keys known to a batch, those it records itself included.
type keys map[store.Key]store.KeyRecord

func (j *Journal) known(ctx context.Context, tx store.Tx, batch []*request) (keys, error) {
	var ask []store.Key
	for _, r := range batch {
		if k, ok := j.keyOf(r); ok {
			ask = append(ask, k)
		}
	}
	known := keys{}
	if len(ask) == 0 {
		return known, nil
	}
	found, err := tx.Keys(ctx, ask)
	for _, k := range found {
		known[k.Key] = k
	}
	return known, err
}

// keyOf names a request's key by issuer and subject, which stand before the actor has a row and after.
func (j *Journal) keyOf(r *request) (store.Key, bool) {
	actor := "machine"
	if r.machine == nil {
		sum := sha256.Sum256([]byte(r.id.Issuer + "\x00" + r.id.Subject))
		actor = fmt.Sprintf("%x", sum[:16])
	}
	return store.Key{Actor: actor, Action: r.dec.Action, Key: r.meta.Key}, r.given
}

// find gives the number a request's key was recorded under, 0 if it was not; another input under the same key is a conflict.
func (k keys) find(j *Journal, _ *state.Snapshot, r *request) (int64, error) {
	key, given := j.keyOf(r)
	rec, ok := k[key]
	if !given || !ok {
		return 0, nil
	}
	if !hmac.Equal(rec.Input, digest(rec.Salt, r.input)) {
		return 0, fault.New(fault.Conflict, "the idempotency key was used for another %s", r.dec.Action)
	}
	return rec.Seq, nil
}

func digest(salt, input []byte) []byte {
	m := hmac.New(sha256.New, salt)
	m.Write(input)
	return m.Sum(nil)
}

// entry makes a draft an entry and records the caller's key.
func (k keys) entry(d *state.Draft, r *request, at time.Time) (*state.Entry, *store.KeyRecord, error) {
	salt := make([]byte, 16)
	if _, err := rand.Read(salt); err != nil {
		return nil, nil, err
	}
	e, err := d.Entry(state.Entry{Key: r.meta.Key, Input: digest(salt, r.input), Reason: r.meta.Reason, RequestID: r.meta.RequestID})
	if err != nil || !r.given {
		return e, nil, err
	}
	key, _ := (*Journal)(nil).keyOf(r)
	rec := store.KeyRecord{Key: key, Seq: e.Seq, Salt: salt, Input: e.Input, At: at}
	k[key] = rec
	return e, &rec, nil
}

// repeated answers a mutation that had been done before, from the caller's view of now.
func (j *Journal) repeated(ctx context.Context, tx store.Tx, s *state.Snapshot, r *request, seq int64, batch []state.Entry) (Outcome, error) {
	entries := batch
	if len(batch) == 0 || seq < batch[0].Seq {
		var err error
		if entries, err = tx.Entries(ctx, seq-1, seq, 1); err != nil {
			return Outcome{}, err
		}
	}
	for i := range entries {
		if entries[i].Seq != seq {
			continue
		}
		session, err := j.sessionOf(r, s)
		if err != nil {
			return Outcome{}, err
		}
		v, err := state.NewView(s, session, j.day(s, j.o.Now()), state.ViewOptions{Past: port{j, r.ctx, s}})
		return Outcome{View: v, Position: s.Position(), Results: entries[i].ResultRefs(), Repeated: true}, err
	}
	return Outcome{}, fault.New(fault.Internal, "entry %d is missing", seq)
}

// settle finds out what became of a batch whose commit did not answer.
func (j *Journal) settle(batch []*request) {
	after := j.Latest().Seq()
	var err error
	for wait := 50 * time.Millisecond; wait < 10*time.Second; wait *= 2 {
		time.Sleep(wait)
		if err = j.settleOnce(batch, after); err == nil {
			return
		}
	}
	j.o.Log.Error("the outcome of a commit stays unknown", "error", err)
	for _, r := range batch {
		r.answer(Outcome{}, errUnknown)
	}
}

func (j *Journal) settleOnce(batch []*request, after int64) error {
	ctx, cancel := context.WithTimeout(context.Background(), callTime)
	defer cancel()
	tx, err := j.db.Begin(ctx) // the lock: whatever was under way has ended
	if err != nil {
		return err
	}
	defer tx.Rollback()
	s, _, err := j.underLock(ctx, tx)
	if err != nil {
		return err
	}
	entries, err := tx.Entries(ctx, after, s.Seq(), 1<<20)
	if err != nil {
		return err
	}
	byKey := map[string]int64{}
	for i := range entries {
		byKey[entries[i].Action+" "+entries[i].Key] = entries[i].Seq
	}
	answers := make([]func(), 0, len(batch))
	for _, r := range batch {
		out, err := Outcome{}, error(fault.New(fault.Unavailable, "the database did not answer; nothing was applied"))
		if seq, ok := byKey[r.dec.Action+" "+r.meta.Key]; ok {
			if out, err = j.repeated(ctx, tx, s, r, seq, entries); err != nil {
				return err
			}
			out.Repeated = false
		}
		answers = append(answers, func() { r.answer(out, err) })
	}
	for _, answer := range answers {
		answer()
	}
	return nil
}

// erased lists the rows an erasure was about.
func erased(d *state.Draft, seq int64) (rows []store.Erasure) {
	for _, c := range d.Changes() {
		rows = append(rows, store.Erasure{Entity: c.Table.Name, ID: c.ID, Seq: seq})
	}
	return rows
}
