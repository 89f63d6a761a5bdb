package deliver

import (
	"math/rand/v2"
	"time"
)

// waits are how long a recipient is let alone after so many attempts in a row that failed; the last stands for all that follow.
var waits = []time.Duration{5 * time.Second, 30 * time.Second, 2 * time.Minute, 10 * time.Minute, 30 * time.Minute, time.Hour}

// patience is how long an entry is tried: from when it was made, or from when telling began to fail if that was later.
const patience = 24 * time.Hour

// wait gives the time to wait after so many failures: up to a fifth more than in the table, another for each recipient and attempt.
func (t *term) wait(q *queue, failed int) time.Duration {
	wait := waits[min(failed, len(waits))-1]
	r := rand.New(rand.NewPCG(t.o.Seed, uint64(q.Recipient)<<20|uint64(failed)))
	return wait + time.Duration(r.Int64N(int64(wait/5)))
}
