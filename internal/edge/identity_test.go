package edge

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"
)

// Whoever fails again and again with one key waits, others do not, and who has the secret does not either; what is remembered is bounded.
func TestTriesAreSlowed(t *testing.T) {
	tries := newTries()
	wait := func(name string) time.Duration {
		began := time.Now()
		tries.failed(t.Context(), name)
		return time.Since(began)
	}
	for range freeTries {
		wait("feed-key-1")
	}
	if waited := wait("feed-key-1"); waited < tryTime { // that others are answered sooner cannot be told by a clock here
		t.Errorf("the answer came after %s", waited)
	}
	for range maxTries { // nobody more may be kept waiting
		tries.waiting <- struct{}{}
	}
	tries.failed(t.Context(), "feed-key-1")
	for range maxTries {
		<-tries.waiting
	}
	tries.passed("feed-key-1")
	if n, _ := tries.failures.Get("feed-key-1"); n != 0 {
		t.Errorf("who has the secret is held to %d failures", n)
	}
	gone, leave := context.WithCancel(t.Context())
	leave()
	for i := range 10 * maxTried {
		tries.failed(gone, fmt.Sprint("feed-key-", i))
		tries.failed(gone, strings.Repeat("x", i%100+33))
	}
	if n := tries.failures.Len(); n > maxTried {
		t.Errorf("%d keys are remembered", n)
	}
}
