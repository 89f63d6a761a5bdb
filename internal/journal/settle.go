package journal

import (
	"context"
	"time"

	"pmograph/internal/fault"
	"pmograph/internal/state"
	"pmograph/internal/store"
)

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
		v, err := state.NewView(s, session, j.day(s, j.o.Now()), state.ViewOptions{Past: port{j, r.ctx, s, nil}})
		return Outcome{View: v, Position: s.Position(), Results: entries[i].ResultRefs(), Repeated: true}, err
	}
	return Outcome{}, fault.New(fault.Internal, "entry %d is missing", seq)
}

// verdict is what became of a mutation whose commit did not answer.
type verdict struct {
	recorded bool
	out      Outcome
	err      error // why he may not be shown it
}

// settle finds out what became of mutations whose commit did not answer; from is the number their batch began at.
func (j *Journal) settle(batch []*request, from int64) (verdicts []verdict, err error) {
	j.o.Metrics.Settled.Inc()
	j.o.Log.Warn("the outcome of a commit is unknown; settling", "mutations", len(batch))
	over := time.After(settleTime)
	for wait := 50 * time.Millisecond; ; wait = min(2*wait, settleStep) {
		select {
		case <-over:
			j.o.Log.Error("the outcome of a commit stays unknown", "error", err)
			return nil, errUnknown
		case <-time.After(wait):
		}
		if verdicts, err = j.lookUp(batch, from); err == nil {
			return verdicts, nil
		}
	}
}

const (
	settleTime = 10 * time.Second
	settleStep = time.Second // between attempts at most: nobody is written for meanwhile
)

var errNotApplied = fault.New(fault.Unavailable, "the database did not answer; nothing was applied")

// once tells whether a mutation that settling found not recorded may run once more: its caller still waits, and it is the first time.
func (r *request) once() bool {
	may := !r.settled && r.ctx.Err() == nil
	r.settled = true
	return may
}

// lookUp looks for mutations on record, by their keys.
func (j *Journal) lookUp(batch []*request, from int64) ([]verdict, error) {
	if err := j.refresh(context.Background()); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), callTime)
	defer cancel()
	tx, err := j.db.Begin(ctx) // the lock: whatever was under way has ended
	if err != nil {
		return nil, err
	}
	defer tx.Rollback()
	v, _, err := j.underLock(ctx, tx)
	if err != nil {
		return nil, err
	}
	entries, err := tx.Entries(ctx, from, v.Seq(), 1<<20)
	if err != nil {
		return nil, err
	}
	known, err := findKeys(ctx, tx.Keys, batch...)
	if err != nil {
		return nil, err
	}
	recorded := map[string]int64{}
	for i := range entries {
		recorded[entries[i].Key] = entries[i].Seq
	}
	verdicts := make([]verdict, len(batch))
	for i, r := range batch {
		seq := recorded[r.meta.Key] // nobody else has a key of ours
		if r.given {                // somebody else may have given the same
			if seq, err = known.find(r); err != nil {
				continue
			}
		}
		if seq == 0 {
			continue
		}
		out, err := j.repeated(ctx, tx, v.Snapshot, r, seq, entries)
		out.Repeated = false
		verdicts[i] = verdict{true, out, err}
	}
	return verdicts, nil
}
