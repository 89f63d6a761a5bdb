package journal

import "pmograph/internal/fault"

func (j *Journal) commitLarge(r *request, t *trial) (Outcome, error) {
	_ = t
	return j.enqueue(r)
}

var _ = fault.New
