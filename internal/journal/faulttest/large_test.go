package faulttest_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"pmograph/auth"
	"pmograph/internal/fault"
	"pmograph/internal/guard"
	"pmograph/internal/journal"
	. "pmograph/internal/journal/faulttest"
	"pmograph/internal/state"
	"pmograph/internal/store/pgtest"
	"pmograph/internal/vocab"
)

// manyMilestones is an import as the journal sees it: one decision that makes many rows. seen, if not nil, is told that the decision has
// run once, and holds it until it returns.
func manyMilestones(projects []int64, rows int, prefix string, seen func()) state.Decision {
	var once sync.Once
	return state.Decision{Action: "import", Run: func(d *state.Draft) error {
		for i := range rows {
			m := state.Milestones.New(d)
			m.ProjectID, m.Name, m.State, m.Weight = projects[i%len(projects)], fmt.Sprint(prefix, i), vocab.MilestoneStatePlanned, 1
			if err := state.Milestones.Put(d, m); err != nil {
				return err
			}
		}
		if seen != nil {
			once.Do(seen)
		}
		return nil
	}}
}

// A large import, and those who write meanwhile in the same process and in another: how long they are stalled.
func TestLargeImport(t *testing.T) {
	skipShort(t)
	c := pgtest.New(t, true)
	a, b := Open(t, c.URL("pmo"), Setup{}), Open(t, c.URL("pmo"), Setup{})
	const callers = 8
	found, err := Prepare(t.Context(), a.Journal, callers)
	if err != nil {
		t.Fatal(err)
	}
	var account Account
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var writing sync.WaitGroup
	for i := range callers {
		c := Caller{Number: i, Journal: []*Process{a, b}[i%2].Journal, Found: found, Account: &account, Pause: 20 * time.Millisecond}
		writing.Go(func() { c.Run(ctx) })
	}
	time.Sleep(300 * time.Millisecond)
	quiet := account.Wait(1)
	rows := Pick(5_000, 200_000)
	began := time.Now()
	_, err = a.DoAs(t.Context(), auth.Machine("test"), manyMilestones(found.Own, rows, "M", nil), journal.Meta{Key: "large"})
	took := time.Since(began)
	if err != nil {
		t.Error(err)
	}
	time.Sleep(Pick(300*time.Millisecond, 3*time.Second))
	stop()
	writing.Wait()
	for _, c := range account.Calls() {
		if c.Waited > 1500*time.Millisecond || c.Err != nil {
			t.Logf("caller %d waited %s until %s after the import began: %v", c.Caller, c.Waited.Round(time.Millisecond), c.At.Sub(began).Round(time.Millisecond), c.Err)
		}
	}
	if n := a.Latest().Count(state.Milestones.Desc()); n != rows {
		t.Errorf("%d rows were made, not %d", n, rows)
	}
	t.Logf("%d rows in %s; others waited %s at most before, %s at most in all", rows, took.Round(time.Millisecond), quiet.Round(time.Millisecond), account.Wait(1).Round(time.Millisecond))
	if stall := account.Wait(1); Long() && stall > 8*time.Second { // on a machine that others use too; the target is 1.5 s
		t.Errorf("somebody was stalled for %s", stall)
	}
	if account.Count(Not) > 0 {
		t.Errorf("%d calls were refused", account.Count(Not))
	}
	Compare(t, a.Store, &account, a, b)
}

// What others do while an import is decided: it is refused with the reason, or goes through; nobody waits for ever.
func TestImportAgainst(t *testing.T) {
	const rows = 1500
	importer := auth.Identity{Issuer: "LOCAL", Subject: "importer", ValidUntil: time.Now().Add(time.Hour)}
	for _, c := range []struct {
		name  string
		other func(d *state.Draft, found Found) error
		wants fault.Kind // "" if it goes through
	}{
		{"nothing", func(*state.Draft, Found) error { return nil }, ""},
		{"another change", func(d *state.Draft, found Found) error { return Increment(found.Shared[0]).Run(d) }, ""},
		{"a deleted project", func(d *state.Draft, found Found) error { state.Projects.Delete(d, found.Own[0]); return nil }, fault.Invalid},
		{"an equal name", func(d *state.Draft, found Found) error {
			m := state.Milestones.New(d)
			m.ProjectID, m.Name, m.State, m.Weight = found.Own[0], "M0", vocab.MilestoneStatePlanned, 1
			return state.Milestones.Put(d, m)
		}, fault.Invalid},
		{"a withdrawn right", func(d *state.Draft, _ Found) error {
			for g := range state.RoleAssignments.All(state.NewWhole(d.Snapshot())) {
				state.RoleAssignments.Delete(d, g.ID)
			}
			return nil
		}, fault.Forbidden},
	} {
		t.Run(c.name, func(t *testing.T) {
			database := pgtest.Database(t)
			a, b := Open(t, database, Setup{}), Open(t, database, Setup{})
			found, err := Prepare(t.Context(), a.Journal, 1)
			if err != nil {
				t.Fatal(err)
			}
			do(t, a, "roleGrant", func(d *state.Draft) error {
				u, subject := state.Users.New(d), guard.NewPersonal(importer.Subject)
				u.Issuer, u.Subject, u.Active = "LOCAL", &subject, true
				if err := state.Users.Put(d, u); err != nil {
					return err
				}
				g := state.RoleAssignments.New(d)
				g.UserID, g.Role, g.ScopeKind = u.ID, vocab.RolePmo, vocab.ScopeKindOrganisation
				return state.RoleAssignments.Put(d, g)
			})
			decided, other := make(chan struct{}), make(chan struct{})
			go func() {
				defer close(other)
				<-decided
				do(t, b, "import", func(d *state.Draft) error { return c.other(d, found) })
			}()
			_, err = a.Do(t.Context(), importer, manyMilestones(found.Own, rows, "M", func() { close(decided); <-other }), journal.Meta{Key: "large"})
			switch {
			case c.wants == "" && err != nil:
				t.Error(err)
			case c.wants != "" && !fault.Is(err, c.wants):
				t.Errorf("wanted %s: %v", c.wants, err)
			}
			t.Log(err)
			made := a.Latest().Count(state.Milestones.Desc())
			if c.wants == "" && made != rows || c.wants != "" && made > 1 {
				t.Errorf("%d rows were made", made)
			}
			Same(t, a.Store, a, b)
		})
	}
}

// Two imports of the same names at once, in two processes: one of them goes through, the other is told.
func TestImportsOfEqualNames(t *testing.T) {
	database := pgtest.Database(t)
	a, b := Open(t, database, Setup{}), Open(t, database, Setup{})
	found, err := Prepare(t.Context(), a.Journal, 2)
	if err != nil {
		t.Fatal(err)
	}
	errs := make([]error, 2)
	var both, ready sync.WaitGroup
	ready.Add(2)
	for i, p := range []*Process{a, b} {
		both.Go(func() {
			_, errs[i] = p.Do(t.Context(), Someone("importer"), manyMilestones(found.Own, 1500, "M", func() { ready.Done(); ready.Wait() }), journal.Meta{})
		})
	}
	both.Wait()
	if (errs[0] == nil) == (errs[1] == nil) {
		t.Errorf("one is to go through: %v; %v", errs[0], errs[1])
	}
	t.Log(errs)
	Same(t, a.Store, a, b)
}
