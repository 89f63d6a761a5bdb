package journal

import (
	"errors"
	"slices"
	"time"

	"pmograph/internal/fault"
	"pmograph/internal/state"
	"pmograph/internal/store"
)

// suspects are actors of whom the database refused something lately: what they send is committed apart from the others, whose batches
// would fail with it time and again.
type suspects map[string]time.Time

const suspectFor = 10 * time.Second

func (j *Journal) apart(batch []*request) (honest, suspect []*request) {
	for _, r := range batch {
		if until, ok := j.suspects[r.actor()]; ok && j.o.Now().Before(until) {
			suspect = append(suspect, r)
		} else {
			delete(j.suspects, r.actor())
			honest = append(honest, r)
		}
	}
	return honest, suspect
}

// narrow finds who is to blame for a definite refusal, and gives what is to be tried again.
func (a *attempt) narrow(err error) []*request {
	j := a.j
	tried := a.batch[:len(a.batch)-len(a.left)]
	blamed := a.blamed(err)
	if len(tried) == 1 {
		blamed = tried
	}
	if len(blamed) == 1 {
		j.o.Metrics.Culprits.Inc()
		j.o.Log.Warn("the database refused a mutation", "action", blamed[0].dec.Action, "error", err)
		if j.suspects == nil || len(j.suspects) > maxBatch {
			j.suspects = suspects{}
		}
		j.suspects[blamed[0].actor()] = j.o.Now().Add(suspectFor)
		blamed[0].answer(Outcome{}, refusal(blamed[0], err))
		return slices.DeleteFunc(slices.Clone(a.batch), func(r *request) bool { return r == blamed[0] })
	}
	j.o.Metrics.Halved.Inc()
	half := len(tried) / 2
	j.commit(a.batch[:half])
	return a.batch[half:]
}

// blamed gives the mutations that changed the row, or the table, which the database refused.
func (a *attempt) blamed(err error) (all []*request) {
	row := (*store.RowError)(nil)
	if !errors.As(err, &row) {
		return nil
	}
	for _, d := range a.decided {
		if d.draft != nil && d.err == nil && slices.ContainsFunc(d.draft.Changes(), func(c *state.Change) bool {
			return c.Table.Name == row.Table && (row.ID == 0 || row.ID == c.ID)
		}) {
			all = append(all, d.r)
		}
	}
	return all
}

// refusal gives a definite refusal by the database its outward form: its own words are for the log.
func refusal(r *request, err error) error {
	if errors.Is(err, store.ErrDrift) {
		return fault.Wrap(fault.Unavailable, err, "%s concerns a row that was changed around the journal; an operator has to run pmo verify; nothing was applied", r.dec.Action)
	}
	return fault.Wrap(fault.Invalid, err, "the database refuses %s by a rule of its own; nothing was applied", r.dec.Action)
}
