package journal

import (
	"context"

	"pmograph/auth"
	"pmograph/internal/state"
)

// Recover puts on record that entries may have been lost, and why, and sets numbers aside so that none that was given in them is given
// again: what a restored backup begins with.
func (j *Journal) Recover(ctx context.Context, why string) error {
	_, err := j.DoAs(ctx, auth.Machine("recovery"), state.Decision{Action: recoverAction, Run: setAside}, Meta{Reason: why})
	return err
}
