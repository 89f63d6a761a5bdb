package journal

import (
	"context"
	"errors"

	"pmograph/internal/fault"
	"pmograph/internal/store"
)

const maxBatch = 256

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
		case <-j.poke:
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
		honest, suspect := j.apart(batch)
		j.commit(j.withRecovery(honest))
		j.commit(suspect)
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

// commit commits a batch. A definite refusal by the database is narrowed down: its culprit is set aside if only one mutation can be, else
// the batch is halved in order. An unknown outcome is settled by looking the keys up, never by repeating blindly.
func (j *Journal) commit(batch []*request) {
	for len(batch) > 0 {
		a := &attempt{j: j, batch: batch}
		err := a.run()
		batch = a.batch
		switch {
		case err == nil:
			batch = a.left
		case errors.Is(err, errOwed):
			batch = j.withRecovery(batch)
		case errors.Is(err, errElsewhere): // the record is somewhere else: go there without the lock
			if err := j.refresh(context.Background()); err != nil {
				refuse(batch, fault.Wrap(fault.Unavailable, err, "the record cannot be followed; nothing was applied"))
				return
			}
		case errors.Is(err, store.ErrBusy):
			batch = j.waiting(batch)
		case a.sent && j.db.Definite(err):
			batch = a.narrow(err)
		case a.sent:
			j.resolve(batch[:len(batch)-len(a.left)], a.from)
			batch = a.left
		default:
			refuse(batch, fault.Wrap(fault.Unavailable, err, "the database does not take it; nothing was applied"))
			return
		}
	}
}

// resolve answers mutations whose commit did not answer. What is not recorded may run once more, alone.
func (j *Journal) resolve(batch []*request, from int64) {
	verdicts, err := j.settle(batch, from)
	if err != nil {
		refuse(batch, err)
		return
	}
	for i, r := range batch {
		switch {
		case verdicts[i].recorded:
			r.answer(verdicts[i].out, verdicts[i].err)
		case r.once():
			j.commit([]*request{r})
		default:
			r.answer(Outcome{}, errNotApplied)
		}
	}
}

// waiting gives the mutations whose callers still wait, while somebody else moves many rows; the others are refused.
func (j *Journal) waiting(batch []*request) (still []*request) {
	for _, r := range batch {
		switch {
		case j.ending.Err() != nil:
			r.answer(Outcome{}, errStopping)
		case r.ctx.Err() != nil:
			r.answer(Outcome{}, errNoTime)
		default:
			still = append(still, r)
		}
	}
	return still
}

func refuse(batch []*request, err error) {
	for _, r := range batch {
		r.answer(Outcome{}, err)
	}
}

// errOwed says that entries were lost, and that it has to be put on record before anything else.
var errOwed = errors.New("a loss is not on record yet")

// errElsewhere says that the record is not where this process is, by more than is caught up with under the lock.
var errElsewhere = errors.New("the record is elsewhere")
