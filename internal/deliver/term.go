package deliver

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"runtime/debug"
	"slices"
	"time"

	"pmograph/internal/read"
	"pmograph/internal/state"
	"pmograph/internal/store"
)

// term is a time in which this process has the lead. All but results is its one loop's.
type term struct {
	*Engine
	queues  []map[int64]*queue // of each channel, by recipient
	results chan result
	begun   bool
	listed  *state.Snapshot // whose recipients the queues are
	turn    int64
	busy    int // recipients being told
	slow    int // of those, who failed before
	pruned  time.Time
	written time.Time
	pending []store.Delivered // of each channel: what is not written yet, but for the state of queues
}

// queue is a recipient: a place in the journal, and what is under way.
type queue struct {
	state.Delivery
	channel int
	r       Recipient
	at      *state.Snapshot // the record at UpTo, if it is at hand
	looked  *state.Snapshot // the record when nothing was left to tell
	trouble int             // attempts in a row that failed by no fault of his
	turn    int64           // when he was told last
	epoch   int             // another after a change by which what is under way counts no more
	busy    bool
	urgent  bool // to be written down at once
	dirty   bool // to be written down some time
}

// result is how telling somebody went.
type result struct {
	q     *queue
	epoch int
	slow  bool            // he failed before
	s     *state.Snapshot // the newest when it began
	told  Told
	err   error
}

// load reads how far everybody was told.
func (t *term) load(ctx context.Context) error {
	for i, c := range t.channels {
		all, err := t.db.Deliveries(ctx, c.Name())
		if err != nil {
			return err
		}
		t.queues, t.pending = append(t.queues, map[int64]*queue{}), append(t.pending, store.Delivered{Channel: c.Name()})
		for _, d := range all {
			t.queues[i][d.Recipient] = &queue{Delivery: d, channel: i}
		}
	}
	return nil
}

// run tells whoever is due, until ctx ends.
func (t *term) run(ctx context.Context) error {
	ticks := time.NewTicker(t.o.Tick)
	defer ticks.Stop()
	ctx, cancel := context.WithCancel(ctx)
	defer t.end(ctx)
	defer cancel()
	for ctx.Err() == nil {
		s, moved := t.src.Moved()
		if err := t.work(ctx, s); err != nil {
			return err
		}
		select {
		case r := <-t.results:
			t.finish(r)
			for more := true; more; {
				select {
				case r := <-t.results:
					t.finish(r)
				default:
					more = false
				}
			}
		case <-moved:
		case <-ticks.C:
		case <-ctx.Done():
		}
	}
	return nil
}

// work brings everything to a snapshot, and tells whoever is due. It begins when this process has come as far as the record had when it took the lead:
// an older snapshot does not know whom another process told last.
func (t *term) work(ctx context.Context, s *state.Snapshot) error {
	if !t.begun {
		head, _, err := t.db.Head(ctx, 0)
		if err != nil || s.Seq() < head.Seq {
			return err
		}
		t.begun = true
	}
	if err := t.list(ctx, s); err != nil {
		return err
	}
	if err := t.write(ctx, false); err != nil {
		return err
	}
	t.start(ctx, s)
	t.o.Metrics.show(t, s)
	return nil
}

// end waits for what is under way, and writes down what came of it.
func (t *term) end(ctx context.Context) {
	for t.busy > 0 {
		t.finish(<-t.results)
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), endTime)
	defer cancel()
	if err := t.write(ctx, true); err != nil && !errors.Is(err, store.ErrNoLead) {
		t.o.Log.Warn("how far recipients outside were told was not written down; some are told again", "error", err)
	}
}

// list brings the queues to whom a snapshot names.
func (t *term) list(ctx context.Context, s *state.Snapshot) error {
	if t.listed == s {
		return nil
	}
	t.listed = s
	places := map[int64]state.Position{}
	for i, c := range t.channels {
		gone := map[int64]bool{}
		for id := range t.queues[i] {
			gone[id] = true
		}
		for _, r := range c.Recipients(s) {
			delete(gone, r.ID)
			if err := t.take(ctx, s, i, r, places); err != nil {
				return err
			}
		}
		for id := range gone {
			if t.queues[i][id].busy {
				t.listed = nil // he goes as soon as that has ended
				continue
			}
			delete(t.queues[i], id)
			p := &t.pending[i]
			p.Gone, p.Drop = append(p.Gone, id), append(p.Drop, store.DeadSpan{Recipient: id, To: math.MaxInt64})
		}
	}
	return nil
}

// take takes a recipient as the record has him now.
func (t *term) take(ctx context.Context, s *state.Snapshot, channel int, r Recipient, places map[int64]state.Position) error {
	q, old := t.queues[channel][r.ID]
	if old && q.r == r {
		return nil
	}
	if !old {
		q = &queue{Delivery: state.Delivery{Recipient: r.ID}, channel: channel}
	}
	if !old || q.Round != r.Round {
		at, err := t.place(ctx, s, min(r.From, s.Seq()), places)
		if err != nil {
			return err
		}
		q.UpTo, q.at, q.Round = at, nil, r.Round
		q.renew(r.Version)
		t.drop(q, at.Seq+1, math.MaxInt64)
	}
	if q.Version != r.Version {
		q.renew(r.Version)
	}
	if r.Discard > q.r.Discard {
		t.drop(q, 0, r.Discard)
	}
	q.r, t.queues[channel][r.ID] = r, q
	return nil
}

// renew forgets what counts no more when the recipient is another than he was.
func (q *queue) renew(version int64) {
	q.Version, q.Due, q.Stopped, q.looked, q.urgent, q.epoch = version, time.Time{}, false, nil, true, q.epoch+1
	q.forgive()
}

// drop forgets dead letters of a recipient.
func (t *term) drop(q *queue, from, to int64) {
	p := &t.pending[q.channel]
	p.Drop = append(p.Drop, store.DeadSpan{Recipient: q.Recipient, From: from, To: to})
}

// place gives the position of a number.
func (t *term) place(ctx context.Context, s *state.Snapshot, seq int64, known map[int64]state.Position) (state.Position, error) {
	switch at, ok := known[seq]; {
	case ok:
		return at, nil
	case seq == s.Seq():
		return s.Position(), nil
	case seq <= 0:
		return state.Position{}, nil
	}
	_, at, err := t.db.Head(ctx, seq)
	at.Seq = seq // one that is not there has no mark: telling finds that it is lost
	known[seq] = at
	return at, err
}

// start tells whoever is due and has waited longest, as many as there are places. Who failed before has half of them at most, so that those who
// do not answer keep none from being told who do.
func (t *term) start(ctx context.Context, s *state.Snapshot) {
	now := t.o.Now()
	var due []*queue
	for _, queues := range t.queues {
		for _, q := range queues {
			if q.due(s, now) {
				due = append(due, q)
			}
		}
	}
	slices.SortFunc(due, func(a, b *queue) int {
		return cmp.Or(cmp.Compare(a.turn, b.turn), cmp.Compare(a.Recipient, b.Recipient))
	})
	for _, q := range due {
		switch {
		case t.busy == t.o.Workers:
			return
		case q.Failed > 0 && t.slow >= (t.o.Workers+1)/2:
			continue
		case q.Failed > 0:
			t.slow++
		}
		t.busy, t.turn = t.busy+1, t.turn+1
		q.busy, q.turn = true, t.turn
		r := result{q: q, epoch: q.epoch, slow: q.Failed > 0, s: s}
		go func(from read.Since, failed int) {
			defer func() {
				if p := recover(); p != nil {
					r.err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
				}
				t.results <- r
			}()
			r.told, r.err = t.channels[q.channel].Tell(ctx, q.Recipient, from, failed)
		}(read.Since{Position: q.UpTo, Snapshot: q.at}, q.Failed)
	}
}

// due tells whether a recipient is to be told now. Who waits for an instant waits for nothing else.
func (q *queue) due(s *state.Snapshot, now time.Time) bool {
	switch {
	case q.busy, q.Stopped, q.urgent: // what he was told last is written down first
		return false
	case !q.Due.IsZero():
		return !now.Before(q.Due)
	}
	return q.looked != s && q.UpTo != s.Position() && q.UpTo.Seq <= s.Seq()
}

// finish takes up how telling somebody went.
func (t *term) finish(r result) {
	q, now := r.q, t.o.Now()
	t.busy--
	if r.slow {
		t.slow--
	}
	if q.busy = false; q.epoch != r.epoch {
		return
	}
	q.Due, q.dirty, q.looked = time.Time{}, true, r.s
	if up := r.told.UpTo; up != (read.Since{}) {
		if up.Position != q.UpTo {
			q.looked = nil
		}
		q.UpTo, q.at = up.Position, up.Snapshot
	}
	if r.told.Sent {
		q.ToldAt, q.urgent = now, true
		q.forgive()
		t.o.Metrics.told(t.channels[q.channel].Name())
	}
	f := (*Failure)(nil)
	switch {
	case r.err == nil:
		if q.Failed > 0 {
			q.urgent = true
		}
		q.forgive()
		if q.Due = r.told.Next; !q.Due.IsZero() {
			q.at, q.urgent = nil, true // an old record is not kept for long
		}
	case errors.Is(r.err, context.Canceled):
		q.looked = nil
	case errors.As(r.err, &f):
		t.failed(q, f, now)
	case errors.Is(r.err, ErrLost):
		t.bury(q, state.DeadLetter{Number: q.UpTo.Seq, Attempts: q.Failed, Error: ErrLost.Error()}, read.Since{Position: r.s.Position(), Snapshot: r.s})
	default:
		q.trouble++
		q.at, q.Due = nil, now.Add(t.wait(q, q.trouble))
		if q.trouble > 1 {
			return
		}
		t.o.Log.Warn("a recipient outside cannot be told for now", "channel", t.channels[q.channel].Name(), "recipient", q.Recipient, "error", r.err)
	}
}

// forgive forgets that telling failed.
func (q *queue) forgive() { q.Failed, q.Since, q.Error, q.trouble = 0, time.Time{}, "", 0 }

// failed waits before a recipient is told again, or gives up.
func (t *term) failed(q *queue, f *Failure, now time.Time) {
	t.o.Metrics.failed(t.channels[q.channel].Name())
	q.Failed, q.Error, q.at, q.urgent = q.Failed+1, f.Text, nil, true
	if q.Since.IsZero() {
		q.Since = now
	}
	began := q.Since
	if s := f.Over.Snapshot; s != nil && s.At().After(began) {
		began = s.At()
	}
	switch {
	case f.Gone:
		q.Stopped = true
	case now.Sub(began) >= patience:
		t.bury(q, state.DeadLetter{Number: f.Over.Position.Seq, Attempts: q.Failed, Error: f.Text}, f.Over)
	default:
		q.Due = now.Add(t.wait(q, q.Failed))
	}
}

// bury gives something up and goes on behind it.
func (t *term) bury(q *queue, d state.DeadLetter, over read.Since) {
	d.Recipient, d.At = q.Recipient, t.o.Now()
	q.UpTo, q.at, q.looked, q.urgent = over.Position, over.Snapshot, nil, true
	p := &t.pending[q.channel]
	p.Dead = append(p.Dead, d)
	t.o.Metrics.dead(t.channels[q.channel].Name())
	t.o.Log.Warn("a recipient outside was not told of an entry", "channel", t.channels[q.channel].Name(), "recipient", q.Recipient, "number", d.Number, "error", d.Error)
}

// write writes down what is urgent, and the rest now and then, or all.
func (t *term) write(ctx context.Context, all bool) error {
	now := t.o.Now()
	all = all || now.Sub(t.written).Abs() >= lazy
	for i := range t.pending {
		p := t.pending[i]
		var which []*queue
		for _, q := range t.queues[i] {
			if q.urgent || all && q.dirty {
				which, p.State = append(which, q), append(p.State, q.Delivery)
			}
		}
		if all && now.Sub(t.pruned).Abs() >= time.Hour {
			p.Drop = append(slices.Clip(p.Drop), store.DeadSpan{Before: now.Add(-keepDead)})
		}
		if len(p.State)+len(p.Gone)+len(p.Drop)+len(p.Dead) == 0 {
			continue
		}
		if err := t.db.Deliver(ctx, t.holder, p); err != nil {
			return err
		}
		for _, q := range which {
			q.urgent, q.dirty = false, false
		}
		t.pending[i] = store.Delivered{Channel: p.Channel}
	}
	if all {
		t.written = now
		if now.Sub(t.pruned).Abs() >= time.Hour {
			t.pruned = now
		}
	}
	return nil
}
