package journal

import (
	"context"
	"time"

	"pmograph/auth"
	"pmograph/internal/state"
)

// recoverAction sets numbers aside after entries were lost.
const recoverAction = "recordRecover"

// lostNumbers is how many numbers of each entity are set aside when entries were lost: none that was given in them is given again.
const lostNumbers = 1 << 20

func (j *Journal) wakeWriter() {
	select {
	case j.poke <- struct{}{}:
	default:
	}
}

func (r *request) recovers() bool { return r.dec.Action == recoverAction }

// recovered waits until a loss, if there was one, is on record.
func (j *Journal) recovered(ctx context.Context) error {
	for j.lost.Load() != nil {
		j.wakeWriter()
		select {
		case <-time.After(10 * time.Millisecond):
		case <-ctx.Done():
			return errNoTime
		}
	}
	return nil
}

// withRecovery puts the entry that is due after a loss before all others.
func (j *Journal) withRecovery(batch []*request) []*request {
	lost := j.lost.Load()
	if lost == nil {
		return batch
	}
	machine := auth.Machine("recovery")
	r := &request{ctx: context.Background(), machine: &machine, meta: Meta{Key: *lost, Reason: *lost}, done: make(chan struct{}),
		dec: state.Decision{Action: recoverAction, Run: setAside}}
	r.then = func(err error) {
		if err != nil {
			j.o.Log.Error("what was lost could not be put on record yet", "error", err)
			return
		}
		j.lost.CompareAndSwap(lost, nil)
	}
	return append([]*request{r}, batch...)
}

func setAside(d *state.Draft) error {
	for _, t := range state.Tables {
		d.Advance(t, lostNumbers)
	}
	return nil
}

// Recover puts on record that entries may have been lost, and why, and sets numbers aside so that none that was given in them is given
// again: what a restored backup begins with.
func (j *Journal) Recover(ctx context.Context, why string) error {
	_, err := j.DoAs(ctx, auth.Machine("recovery"), state.Decision{Action: recoverAction, Run: setAside}, Meta{Reason: why})
	return err
}
