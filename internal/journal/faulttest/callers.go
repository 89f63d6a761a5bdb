package faulttest

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"time"

	"pmograph/auth"
	"pmograph/internal/fault"
	"pmograph/internal/journal"
	"pmograph/internal/state"
	"pmograph/internal/vocab"
)

// Told is what a caller was told of a key in the end.
type Told int

// What a caller can be told.
const (
	Done    Told = iota + 1 // it is recorded
	Not                     // nothing was applied
	Unknown                 // it may have been applied
)

// Call is one mutation with its key and what its caller was told of it, in the end.
type Call struct {
	Caller, N int
	Key       string
	Told      Told
	Position  state.Position // if done
	Err       error          // if not
	At        time.Time      // when he was told
	Waited    time.Duration  // since he first asked
}

// Account is what the callers of a test were told.
type Account struct {
	mu    sync.Mutex
	calls []Call
	waits []time.Duration // of orderly calls, until a definite answer
}

func (a *Account) add(c Call, waited time.Duration, orderly bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.calls = append(a.calls, c)
	if orderly {
		a.waits = append(a.waits, waited)
	}
}

// Add notes a call.
func (a *Account) Add(c Call) { a.add(c, 0, false) }

// Calls gives the calls so far.
func (a *Account) Calls() []Call {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.Clone(a.calls)
}

// Count tells how many calls were told something.
func (a *Account) Count(told Told) (n int) {
	for _, c := range a.Calls() {
		if c.Told == told {
			n++
		}
	}
	return n
}

// Wait gives how long a share of the orderly calls waited at most: 0.99 for all but a hundredth, 1 for the longest.
func (a *Account) Wait(share float64) time.Duration {
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.waits) == 0 {
		return 0
	}
	slices.Sort(a.waits)
	return a.waits[min(len(a.waits)-1, int(share*float64(len(a.waits))))]
}

// Found is the world the callers change: a project for each caller to count in, and projects they share.
type Found struct {
	Own    []int64
	Shared []int64
}

// Prepare makes the projects.
func Prepare(ctx context.Context, j *journal.Journal, callers int) (Found, error) {
	var f Found
	_, err := j.DoAs(ctx, auth.Machine("test"), state.Decision{Action: "import", Run: func(d *state.Draft) error {
		f = Found{}
		home := state.Portfolios.New(d)
		home.Code, home.Name, home.Lifecycle = "P", "Counters", vocab.PortfolioLifecycleActive
		err := state.Portfolios.Put(d, home)
		for i := range callers + 4 {
			p := state.Projects.New(d)
			p.Code, p.Name, p.PortfolioID, p.Lifecycle, p.Currency = fmt.Sprint("C", i), "0", home.ID, vocab.ProjectLifecycleExecuting, "EUR"
			err = errors.Join(err, state.Projects.Put(d, p))
			if i < callers {
				f.Own = append(f.Own, p.ID)
			} else {
				f.Shared = append(f.Shared, p.ID)
			}
		}
		return err
	}}, journal.Meta{})
	return f, err
}

// Increment counts up the number that stands in a project's name.
func Increment(project int64) state.Decision {
	return state.Decision{Action: "projectUpdate", Input: project, Run: func(d *state.Draft) error {
		p, err := state.Projects.Edit(d, project, nil)
		if err != nil {
			return err
		}
		var n int
		if _, err := fmt.Sscan(p.Name, &n); err != nil {
			return err
		}
		p.Name = fmt.Sprint(n + 1)
		return state.Projects.Put(d, p)
	}}
}

// Someone is a person of the project office, known by his token alone.
func Someone(subject string) auth.Identity {
	return auth.Identity{Issuer: "LOCAL", Subject: subject, ValidUntil: time.Now().Add(24 * time.Hour),
		Claims: []auth.Claim{{Role: vocab.RolePmo, Scope: auth.Scope{Kind: vocab.ScopeKindOrganisation}}}}
}

// Caller is one who writes, one mutation after the other.
type Caller struct {
	Number  int
	Journal *journal.Journal
	Found   Found
	Account *Account
	Rude    func(rnd *rand.Rand) state.Decision // what he sends, if he is none of the orderly kind
	Pause   time.Duration
	Start   int // number of his first mutation, if he has written before
}

// patience bounds one call, as a server's request limit does.
const patience = 10 * time.Second

// Run writes until ctx ends. A mutation of unknown outcome is asked for again with its key until the outcome is known; one that was not
// applied is asked for again or given up.
func (c *Caller) Run(ctx context.Context) {
	rnd := rand.New(rand.NewPCG(uint64(c.Number), 7))
	for n := c.Start; ctx.Err() == nil; n++ {
		project := c.Found.Own[c.Number]
		if rnd.IntN(2) == 0 {
			project = c.Found.Shared[rnd.IntN(len(c.Found.Shared))]
		}
		dec := Increment(project)
		if c.Rude != nil {
			dec = c.Rude(rnd)
		}
		call := Call{Caller: c.Number, N: n, Key: fmt.Sprintf("%d-%d", c.Number, n)}
		c.settle(ctx, &call, dec, rnd)
		time.Sleep(c.Pause)
	}
}

func (c *Caller) settle(ctx context.Context, call *Call, dec state.Decision, rnd *rand.Rand) {
	who := Someone(fmt.Sprint("caller-", c.Number))
	for {
		one, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
		began := time.Now()
		out, err := c.Journal.Do(one, who, dec, journal.Meta{Key: call.Key})
		waited := time.Since(began)
		cancel()
		call.Position, call.Err, call.At, call.Waited = out.Position, err, began.Add(waited), waited
		switch call.Told = told(err); {
		case call.Told == Unknown && ctx.Err() == nil:
			time.Sleep(10 * time.Millisecond)
			continue
		case call.Told == Not && c.Rude == nil && ctx.Err() == nil && rnd.IntN(2) == 0:
			time.Sleep(10 * time.Millisecond)
			continue
		}
		c.Account.add(*call, waited, c.Rude == nil)
		return
	}
}

func told(err error) Told {
	switch {
	case err == nil:
		return Done
	case fault.Is(err, fault.Unavailable) && strings.Contains(err.Error(), "may have been applied"):
		return Unknown
	}
	return Not
}
