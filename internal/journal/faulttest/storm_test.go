package faulttest_test

import (
	"context"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"go.uber.org/goleak"

	"pmograph/internal/fault"
	. "pmograph/internal/journal/faulttest"
	"pmograph/internal/state"
	"pmograph/internal/store"
	"pmograph/internal/store/pgtest"
	"pmograph/internal/vocab"
)

const callersEach = 16

// office is three processes on one server, each behind a proxy, with sixteen callers each.
type office struct {
	cluster   *pgtest.Cluster
	db        store.Store // straight to the server
	processes []*Process
	account   Account
	found     Found
	stop      context.CancelFunc
	callers   sync.WaitGroup
}

func newOffice(t *testing.T) *office {
	t.Helper()
	running := goleak.IgnoreCurrent()
	t.Cleanup(func() { goleak.VerifyNone(t, running) })
	o := &office{cluster: pgtest.New(t, false)}
	byHand(t, o.cluster.URL("pmo"), `ALTER TABLE "milestones" ADD CONSTRAINT "by_hand" CHECK ("name" <> 'REFUSED BY THE DATABASE')`)
	for range 3 {
		proxy := NewProxy(t, o.cluster.Addr())
		o.processes = append(o.processes, Open(t, proxy.Through(o.cluster.URL("pmo")), Setup{Proxy: proxy}))
	}
	db, err := store.OpenPostgres(t.Context(), o.cluster.URL("pmo"))
	if err != nil {
		t.Fatal(err)
	}
	o.db = db
	t.Cleanup(func() { _ = db.Close() })
	if o.found, err = Prepare(t.Context(), o.processes[0].Journal, len(o.processes)*callersEach); err != nil {
		t.Fatal(err)
	}
	return o
}

// byHand does what nobody should: it changes the database around the journal.
func byHand(t *testing.T, url, sql string) {
	t.Helper()
	c, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close(t.Context())
	if _, err := c.Exec(t.Context(), sql); err != nil {
		t.Fatal(err)
	}
}

// start lets the callers write; if rude is given, every eighth sends nothing else.
func (o *office) start(rude func(*rand.Rand) state.Decision) {
	ctx, stop := context.WithCancel(context.Background())
	o.stop = stop
	for i := range len(o.processes) * callersEach {
		c := Caller{Number: i, Journal: o.processes[i/callersEach].Journal, Found: o.found, Account: &o.account, Pause: 5 * time.Millisecond}
		if i%8 == 7 {
			c.Rude = rude
		}
		o.callers.Go(func() { c.Run(ctx) })
	}
}

func (o *office) end() {
	o.stop()
	o.callers.Wait()
}

// rude decisions refuse, panic, take their time, do not end, or have the database refuse what no draft knows to be wrong.
func rude(project int64) func(rnd *rand.Rand) state.Decision {
	var looping atomic.Bool
	return func(rnd *rand.Rand) state.Decision {
		d := state.Decision{Action: "projectUpdate", Input: "rude"}
		switch n := rnd.IntN(100); {
		case n < 40:
			d.Run = func(*state.Draft) error { return fault.New(fault.Invalid, "refused") }
		case n < 55:
			d.Run = func(*state.Draft) error { panic("a decision that panics") }
		case n < 60:
			d.Run = func(*state.Draft) error {
				time.Sleep(300 * time.Millisecond)
				return fault.New(fault.Invalid, "too late")
			}
		case n < 62 && looping.CompareAndSwap(false, true): // one at a time, since it takes a processor
			d.Run = func(d *state.Draft) error {
				defer looping.Store(false)
				for began := time.Now(); time.Since(began) < time.Second; { // who is not stopped ends all the same
					if _, err := state.Projects.Edit(d, project, nil); err != nil {
						return err
					}
				}
				return fault.New(fault.Invalid, "never stopped")
			}
		default:
			return refusedByDatabase(project)
		}
		return d
	}
}

// refusedByDatabase makes a milestone that a rule of the database forbids, of which no draft knows.
func refusedByDatabase(project int64) state.Decision {
	return state.Decision{Action: "milestoneCreate", Run: func(d *state.Draft) error {
		m := state.Milestones.New(d)
		m.ProjectID, m.Name, m.State, m.Weight = project, "REFUSED BY THE DATABASE", vocab.MilestoneStatePlanned, 1
		return state.Milestones.Put(d, m)
	}}
}

// servesAgain waits until something is acknowledged in every process.
func (o *office) servesAgain(t *testing.T) {
	t.Helper()
	back := time.Now()
	for n := range o.processes {
		Eventually(t, patience, "every process serves again", func() bool {
			return slices.ContainsFunc(o.account.Calls(), func(c Call) bool {
				return c.Told == Done && c.Caller/callersEach == n && c.At.After(back)
			})
		})
	}
	t.Logf("every process serves again after %s", time.Since(back).Round(time.Millisecond))
}

// Everything that can go wrong with decisions, connections and the server, under load.
func TestStorm(t *testing.T) {
	skipShort(t)
	o := newOffice(t)
	o.start(rude(o.found.Shared[0]))
	span := Pick(500*time.Millisecond, 6*time.Second)
	time.Sleep(span)
	for _, p := range o.processes {
		p.Proxy.CutCommits(Pick(4, 40))
	}
	time.Sleep(span)
	release := o.processes[1].Proxy.Hold() // a process that stops in the middle of what it was saying
	time.Sleep(Pick(1500*time.Millisecond, 3*time.Second))
	release()
	time.Sleep(span)
	for _, atOnce := range []bool{false, true} {
		restart(t, o.cluster, atOnce, nil)
		o.servesAgain(t)
		time.Sleep(span)
	}
	for _, p := range o.processes {
		p.Proxy.CutCommits(Pick(2, 20))
	}
	release = o.processes[2].Proxy.Hold() // packets that get lost
	time.Sleep(Pick(3*time.Second, 30*time.Second))
	release()
	o.servesAgain(t)
	time.Sleep(span)
	o.end()
	var cuts int64
	for _, p := range o.processes {
		cuts += p.Proxy.Cuts.Load()
	}
	t.Logf("%d commits cut", cuts)
	if cuts < Pick[int64](6, 100) {
		t.Errorf("only %d commits were cut", cuts)
	}
	Compare(t, o.db, &o.account, o.processes...)
	if wait := o.account.Wait(1); wait > patience {
		t.Errorf("an orderly caller waited %s for a definite answer", wait)
	}
}

// patience is how long a caller may wait for a definite answer whatever happens: his own deadline, and a little.
const patience = 12 * time.Second

func restart(t *testing.T, c *pgtest.Cluster, atOnce bool, between func()) {
	t.Helper()
	if err := c.Stop(atOnce); err != nil {
		t.Fatal(err)
	}
	if between != nil {
		between()
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
}

func skipShort(t *testing.T) {
	t.Helper()
	if testing.Short() {
		t.Skip("takes seconds")
	}
}

// A server that comes back with an older copy of the data, as after a fail-over to a standby that lagged: every process notices, says so,
// and goes on from what there is. Only what the copy lacks is lost.
func TestOlderCopy(t *testing.T) {
	skipShort(t)
	o := newOffice(t)
	o.start(nil)
	span := Pick(700*time.Millisecond, 5*time.Second)
	time.Sleep(span)
	var releases []func()
	for _, p := range o.processes {
		releases = append(releases, p.Proxy.Hold())
	}
	var older string
	restart(t, o.cluster, false, func() {
		var err error
		if older, err = o.cluster.Copy(); err != nil {
			t.Fatal(err)
		}
	})
	kept, _, err := o.db.Head(t.Context(), 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, release := range releases {
		release()
	}
	time.Sleep(span)
	restart(t, o.cluster, false, func() {
		if err := o.cluster.Swap(older); err != nil {
			t.Fatal(err)
		}
	})
	swapped := time.Now()
	first := map[int]time.Time{}
	Eventually(t, 15*time.Second, "every process says that the record lost entries", func() bool {
		for i, p := range o.processes {
			if _, ok := first[i]; !ok && len(p.Log.Lines("went on differently")) > 0 {
				first[i] = time.Now()
			}
		}
		return len(first) == len(o.processes)
	})
	for i, at := range first {
		t.Logf("process %d noticed %s after the server was back", i, at.Sub(swapped).Round(time.Millisecond))
	}
	time.Sleep(span)
	o.end()
	CompareBut(t, o.db, &o.account, func(c Call) bool { return c.Position.Seq > kept.Seq }, o.processes...)
}
