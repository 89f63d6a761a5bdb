package journal_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"pgregory.net/rapid"

	"pmograph/auth"
	"pmograph/ent"
	"pmograph/internal/fault"
	"pmograph/internal/guard"
	"pmograph/internal/journal"
	"pmograph/internal/state"
	"pmograph/internal/store"
	"pmograph/internal/store/memory"
	"pmograph/internal/vocab"
)

var noon = time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)

func open(t testing.TB, db store.Store) *journal.Journal {
	t.Helper()
	return openWith(t, db, journal.Options{})
}

func openWith(t testing.TB, db store.Store, o journal.Options) *journal.Journal {
	t.Helper()
	j, end := opened(t, db, o)
	t.Cleanup(end)
	return j
}

// opened is a journal that ends with end.
func opened(t testing.TB, db store.Store, o journal.Options) (_ *journal.Journal, end func()) {
	t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	o.Log, o.Poll = slog.New(slog.DiscardHandler), time.Millisecond
	if o.Now == nil {
		o.Now = func() time.Time { return noon }
	}
	j, err := journal.Open(ctx, db, o)
	if err != nil {
		t.Fatal(err)
	}
	return j, func() { stop(); <-j.Done() }
}

func newStore() *memory.Store { return &memory.Store{Now: func() time.Time { return noon }} }

func do(t testing.TB, j *journal.Journal, action string, input any, run func(*state.Draft) error) (journal.Outcome, error) {
	t.Helper()
	return j.DoAs(t.Context(), auth.Machine("test"), state.Decision{Action: action, Input: input, Run: run}, journal.Meta{})
}

func must(out journal.Outcome, err error) journal.Outcome {
	if err != nil {
		panic(err)
	}
	return out
}

func addPortfolio(code string, parent *int64) func(*state.Draft) error {
	return func(d *state.Draft) error {
		p := state.Portfolios.New(d)
		p.Code, p.Name, p.Lifecycle, p.ParentID = code, "Portfolio "+code, vocab.PortfolioLifecycleActive, parent
		d.Result(state.Portfolios.Desc(), p.ID)
		return state.Portfolios.Put(d, p)
	}
}

func addProject(code string, portfolio int64) func(*state.Draft) error {
	return func(d *state.Draft) error {
		p := state.Projects.New(d)
		p.Code, p.Name, p.PortfolioID, p.Lifecycle, p.Currency = code, "Project "+code, portfolio, vocab.ProjectLifecycleExecuting, "EUR"
		d.Result(state.Projects.Desc(), p.ID)
		return state.Projects.Put(d, p)
	}
}

// step is a random mutation of what there is.
func step(rnd *rand.Rand, s *state.Snapshot) (string, func(*state.Draft) error) {
	everything := state.NewWhole(s)
	var portfolios []*ent.Portfolio
	for p := range state.Portfolios.All(everything) {
		portfolios = append(portfolios, p)
	}
	var projects []*ent.Project
	for p := range state.Projects.All(everything) {
		projects = append(projects, p)
	}
	code := fmt.Sprintf("C%d", rnd.IntN(12))
	if len(portfolios) == 0 || rnd.IntN(8) == 0 {
		var parent *int64
		if len(portfolios) > 0 && rnd.IntN(2) == 0 {
			parent = &portfolios[rnd.IntN(len(portfolios))].ID
		}
		return "portfolioCreate", addPortfolio(code, parent)
	}
	home := portfolios[rnd.IntN(len(portfolios))].ID
	if len(projects) < 2 || rnd.IntN(4) == 0 {
		return "projectCreate", addProject(code, home)
	}
	a, b := projects[rnd.IntN(len(projects))], projects[rnd.IntN(len(projects))]
	edit := func(id int64, change func(*ent.Project)) func(*state.Draft) error {
		return func(d *state.Draft) error {
			p, err := state.Projects.Edit(d, id, nil)
			if err != nil {
				return err
			}
			change(p)
			return state.Projects.Put(d, p)
		}
	}
	switch rnd.IntN(9) {
	case 0:
		return "projectUpdate", edit(a.ID, func(p *ent.Project) { p.Name += "x" })
	case 1:
		return "projectMove", edit(a.ID, func(p *ent.Project) { p.PortfolioID = home })
	case 2: // swap two unique values inside one mutation
		return "projectMove", func(d *state.Draft) error {
			x, err1 := state.Projects.Edit(d, a.ID, nil)
			y, err2 := state.Projects.Edit(d, b.ID, nil)
			if a.ID == b.ID || err1 != nil || err2 != nil {
				return errors.Join(err1, err2)
			}
			x.Code, y.Code, x.PortfolioID, y.PortfolioID = y.Code, x.Code, y.PortfolioID, x.PortfolioID
			return errors.Join(state.Projects.Put(d, x), state.Projects.Put(d, y))
		}
	case 3: // delete and take the code again
		return "projectDelete", func(d *state.Draft) error {
			state.Projects.Delete(d, a.ID)
			return addProject(a.Code, a.PortfolioID)(d)
		}
	case 4:
		return "projectDelete", func(d *state.Draft) error { state.Projects.Delete(d, a.ID); return nil }
	case 5:
		return "portfolioDelete", func(d *state.Draft) error { state.Portfolios.Delete(d, home); return nil }
	case 6:
		return "userCreate", func(d *state.Draft) error {
			u := state.Users.New(d)
			name := guard.NewPersonal("Name of " + code)
			u.Issuer, u.Subject, u.Name, u.Active = "LOCAL", &name, &name, true
			return state.Users.Put(d, u)
		}
	}
	if user := state.Users.Get(everything, 1); user != nil && rnd.IntN(2) == 0 {
		return "roleGrant", func(d *state.Draft) error {
			g := state.RoleAssignments.New(d)
			g.UserID, g.Role, g.ScopeKind, g.ScopeID = user.ID, vocab.RoleViewer, vocab.ScopeKindPortfolio, &home
			return state.RoleAssignments.Put(d, g)
		}
	}
	return "milestoneCreate", func(d *state.Draft) error {
		m := state.Milestones.New(d)
		m.ProjectID, m.Name, m.State, m.Weight = a.ID, code, vocab.MilestoneStatePlanned, 1
		return state.Milestones.Put(d, m)
	}
}

// After any history the writer's snapshot, a fresh load, a follower and a replay are equal, and the record as it stood at any number is
// the snapshot that was published then.
func TestHistories(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		db := newStore()
		j, follower := open(t, db), open(t, db)
		rnd := rand.New(rand.NewPCG(rapid.Uint64().Draw(rt, "seed"), 0))
		kept := map[int64]*state.Snapshot{0: j.Latest()}
		for range rapid.IntRange(1, 60).Draw(rt, "steps") {
			action, run := step(rnd, j.Latest())
			before := j.Latest()
			if _, err := do(t, j, action, nil, run); err != nil {
				if j.Latest() != before {
					rt.Fatal("a refused mutation moved the record:", err)
				}
				continue
			}
			kept[j.Latest().Seq()] = j.Latest()
		}
		last := j.Latest()
		fresh, err := db.Load(t.Context())
		if err != nil {
			rt.Fatal(err)
		}
		if d := state.Diff(last, fresh) + state.DiffNext(last, fresh); d != "" || last.Position() != fresh.Position() {
			rt.Fatal("fresh load: ", d)
		}
		if _, err := follower.View(t.Context(), auth.Identity{}, journal.Query{AtLeast: last.Position()}); err != nil {
			rt.Fatal(err)
		}
		if d := state.Diff(last, follower.Latest()) + state.DiffNext(last, follower.Latest()); d != "" {
			rt.Fatal("follower: ", d)
		}
		if v, err := journal.Verify(t.Context(), db); err != nil || v.Position != last.Position() {
			rt.Fatal("verify: ", err)
		}
		for seq, then := range kept {
			v, err := ask(t, j, seq)
			if err != nil {
				rt.Fatal(err)
			}
			if d := state.Diff(then, v.Snapshot()); d != "" || v.Position() != then.Position() {
				rt.Fatalf("number %d: %s (%s, was %s)", seq, d, v.Position(), then.Position())
			}
		}
	})
}

// Many callers at once: every acknowledged mutation is in the journal once, numbers have no gaps.
func TestGroupCommit(t *testing.T) {
	db := newStore()
	j := open(t, db)
	home := must(do(t, j, "portfolioCreate", nil, addPortfolio("P", nil))).Results[0].ID
	const callers, each = 32, 20
	var wg sync.WaitGroup
	for c := range callers {
		wg.Go(func() {
			for i := range each {
				if _, err := do(t, j, "projectCreate", nil, addProject(fmt.Sprintf("%d-%d", c, i), home)); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if got := j.Latest().Seq(); got != callers*each+1 {
		t.Fatalf("journal is at %d", got)
	}
	if _, err := journal.Verify(t.Context(), db); err != nil {
		t.Fatal(err)
	}
}

func TestIdempotencyKey(t *testing.T) {
	db := newStore()
	j := open(t, db)
	dec := func(code string) state.Decision {
		return state.Decision{Action: "portfolioCreate", Input: code, Run: addPortfolio(code, nil)}
	}
	who := auth.Identity{Issuer: "LOCAL", Subject: "pm", ValidUntil: noon.Add(time.Hour), Claims: []auth.Claim{{Role: vocab.RolePmo, Scope: auth.Scope{Kind: vocab.ScopeKindOrganisation}}}}
	ask := func(code, key string) (journal.Outcome, error) {
		return j.Do(t.Context(), who, dec(code), journal.Meta{Key: key})
	}
	first := must(ask("A", "k1"))
	again := must(ask("A", "k1"))
	if !again.Repeated || len(again.Results) != 1 || again.Results[0] != first.Results[0] || j.Latest().Seq() != 1 {
		t.Fatalf("%+v after %+v at %d", again, first, j.Latest().Seq())
	}
	if _, err := ask("B", "k1"); !fault.Is(err, fault.Conflict) {
		t.Fatal("another input under the same key:", err)
	}
	if must(ask("B", "k2")).Repeated {
		t.Fatal("another key was taken for the same")
	}
}

// The answer to a commit is lost: the record tells what became of it. What was not recorded runs once more, and not a third time.
func TestSettleNotRepeat(t *testing.T) {
	for name, x := range map[string]struct {
		committed bool // before the answer was lost
		times     int  // it is lost
		ok        bool
	}{
		"committed":      {true, 1, true},
		"not committed":  {false, 1, true},
		"and once again": {false, 2, false},
	} {
		db := newStore()
		j := open(t, db)
		var losses atomic.Int64
		db.Fail = func(after bool, _ store.Batch) error {
			if after == x.committed && losses.Add(1) <= int64(x.times) {
				return errors.New("connection lost")
			}
			return nil
		}
		_, err := do(t, j, "portfolioCreate", nil, addPortfolio("A", nil))
		if x.ok != (err == nil) || err != nil && !fault.Is(err, fault.Unavailable) {
			t.Errorf("%s: %v", name, err)
		}
		if n := j.Latest().Count(state.Portfolios.Desc()); (n == 1) != x.ok || j.Latest().Seq() != int64(n) {
			t.Errorf("%s: %d rows at %d", name, n, j.Latest().Seq())
		}
	}
}

// One refused mutation does not take others with it.
func TestCulprit(t *testing.T) {
	db := newStore()
	db.Fail = func(after bool, b store.Batch) error {
		for _, c := range b.Changes {
			if p, ok := c.After.(*ent.Portfolio); ok && p.Code == "BAD" && !after {
				return memory.ErrRefused
			}
		}
		return nil
	}
	j := open(t, db)
	var wg sync.WaitGroup
	for i := range 40 {
		wg.Go(func() {
			code := fmt.Sprint("G", i)
			if i == 17 {
				code = "BAD"
			}
			if _, err := do(t, j, "portfolioCreate", nil, addPortfolio(code, nil)); (err != nil) != (code == "BAD") {
				t.Error(code, err)
			}
		})
	}
	wg.Wait()
	if n := j.Latest().Count(state.Portfolios.Desc()); n != 39 {
		t.Fatal(n, "rows")
	}
}

func TestPreviewCommitsNothing(t *testing.T) {
	j := open(t, newStore())
	out := must(j.DoAs(t.Context(), auth.Machine("test"), state.Decision{Action: "portfolioCreate", Run: addPortfolio("A", nil)}, journal.Meta{Preview: true}))
	if j.Latest().Seq() != 0 || !out.Preview {
		t.Fatal("a preview was committed")
	}
	row := state.Portfolios.Get(out.View, out.Results[0].ID)
	if row == nil || out.View.ID(state.Portfolios.Desc(), row.ID) != "preview-portfolio-1" {
		t.Fatal("the preview does not show its row as one that names nothing")
	}
	if _, ok := state.ParseID("preview-portfolio-1"); ok {
		t.Fatal("a preview's id names a row")
	}
}

func TestPanicDropsItsLayerOnly(t *testing.T) {
	j := open(t, newStore())
	_, err := do(t, j, "portfolioCreate", nil, func(d *state.Draft) error {
		_ = addPortfolio("A", nil)(d)
		panic("boom")
	})
	if !fault.Is(err, fault.Internal) || j.Latest().Seq() != 0 {
		t.Fatal(err, j.Latest().Seq())
	}
	must(do(t, j, "portfolioCreate", nil, addPortfolio("B", nil)))
}

// A journal that has ended answers whoever comes late, and does not let him wait.
func TestEndedJournalRefuses(t *testing.T) {
	ctx, stop := context.WithCancel(context.Background())
	j, err := journal.Open(ctx, newStore(), journal.Options{Now: func() time.Time { return noon }, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	stop()
	<-j.Done()
	if _, err := j.DoAs(context.Background(), auth.Machine("test"), state.Decision{Action: "portfolioCreate", Run: addPortfolio("A", nil)}, journal.Meta{}); !fault.Is(err, fault.Unavailable) {
		t.Error(err)
	}
}

// A database that was away while the outcome of a commit was looked for is written to soon after it is back, however long that took.
func TestSettlesSoonAfterTheReturn(t *testing.T) {
	if testing.Short() {
		t.Skip("waits until attempts would lie far apart")
	}
	db := &remote{Store: newStore()}
	var lost atomic.Bool
	db.Fail = func(after bool, _ store.Batch) error {
		if after && lost.CompareAndSwap(false, true) {
			db.away.Store(true)
			return errors.New("connection lost")
		}
		return nil
	}
	j := open(t, db)
	answered := make(chan error, 1)
	go func() {
		_, err := do(t, j, "portfolioCreate", nil, addPortfolio("A", nil))
		answered <- err
	}()
	time.Sleep(7 * time.Second)
	db.away.Store(false)
	back := time.Now()
	if err := <-answered; err != nil {
		t.Error(err)
	}
	if took := time.Since(back); took > 4*time.Second {
		t.Errorf("that took %s", took)
	}
}
