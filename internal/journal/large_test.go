package journal_test

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"pmograph/auth"
	"pmograph/internal/fault"
	"pmograph/internal/journal"
	"pmograph/internal/state"
	"pmograph/internal/store"
	"pmograph/internal/vocab"
)

const many = 1500 // changes: a large mutation

// milestones makes many milestones of a project.
func milestones(project int64, prefix string) func(*state.Draft) error {
	return func(d *state.Draft) error {
		for i := range many {
			m := state.Milestones.New(d)
			m.ProjectID, m.Name, m.State, m.Weight = project, fmt.Sprint(prefix, i), vocab.MilestoneStatePlanned, 1
			if err := state.Milestones.Put(d, m); err != nil {
				return err
			}
		}
		return nil
	}
}

func rename(id int64, name string) func(*state.Draft) error {
	return func(d *state.Draft) error {
		p, err := state.Projects.Edit(d, id, nil)
		if err != nil {
			return err
		}
		p.Name = name
		return state.Projects.Put(d, p)
	}
}

// While a large mutation is decided somebody else commits: the outcome is that of one after the other, whichever it is.
func TestLargeAmongOthers(t *testing.T) {
	for name, x := range map[string]struct {
		other     string // what somebody else does meanwhile
		run       func(*state.Draft) error
		runs      int64 // how often the large one is decided
		refused   fault.Kind
		change    func(*state.Draft) error // beside the milestones
		mostSteps int64                    // entries afterwards
	}{
		"nobody":                      {"", nil, 1, "", nil, 4},
		"another project is renamed":  {"projectUpdate", rename(2, "B2"), 1, "", nil, 5},
		"its own project is renamed":  {"projectUpdate", rename(1, "A2"), 1, "", nil, 5},
		"both change a row":           {"projectUpdate", rename(1, "A2"), 2, "", rename(1, "A3"), 5},
		"both take numbers":           {"milestoneCreate", addMilestone(2, "m"), 2, "", nil, 6},
		"what all share is changed":   {"portfolioUpdate", recode(1, "Q"), 1, "", nil, 5},
		"its project is deleted":      {"projectDelete", remove(1), 2, fault.NotFound, nil, 4},
		"an equal value is taken":     {"milestoneCreate", addMilestone(1, "new7"), 2, fault.Invalid, nil, 5},
		"its project is moved":        {"projectMove", move(1, 2), 2, "", nil, 5},
		"a project of its own change": {"projectUpdate", rename(2, "B2"), 1, "", rename(1, "A3"), 5},
	} {
		t.Run(name, func(t *testing.T) {
			db := newStore()
			j := open(t, db)
			must(do(t, j, "portfolioCreate", nil, addPortfolio("P", nil)))
			must(do(t, j, "portfolioCreate", nil, addPortfolio("R", nil)))
			must(do(t, j, "import", nil, func(d *state.Draft) error {
				return errors.Join(addProject("A", 1)(d), addProject("B", 1)(d))
			}))
			var runs atomic.Int64
			_, err := do(t, j, "import", nil, func(d *state.Draft) error {
				if runs.Add(1) == 1 && x.run != nil {
					must(do(t, j, x.other, nil, x.run))
				}
				if x.change != nil {
					if err := x.change(d); err != nil {
						return err
					}
				}
				if state.Projects.Get(d, 1) == nil {
					return fault.New(fault.NotFound, "there is no project-1")
				}
				return milestones(1, "new")(d)
			})
			if (err == nil) != (x.refused == "") || err != nil && !fault.Is(err, x.refused) {
				t.Fatal(err)
			}
			if runs.Load() != x.runs || j.Latest().Seq() > x.mostSteps {
				t.Errorf("decided %d times; the record is at %d", runs.Load(), j.Latest().Seq())
			}
			agrees(t, db, j)
		})
	}
}

// agrees compares the published snapshot with a fresh load and a replay.
func agrees(t *testing.T, db store.Store, j *journal.Journal) {
	t.Helper()
	fresh, err := db.Load(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if d := state.Diff(j.Latest(), fresh) + state.DiffNext(j.Latest(), fresh); d != "" || j.Latest().Position() != fresh.Position() {
		t.Fatal("fresh load: ", d, j.Latest().Position(), fresh.Position())
	}
	if _, err := journal.Verify(t.Context(), db); err != nil {
		t.Fatal(err)
	}
}

func addMilestone(project int64, name string) func(*state.Draft) error {
	return func(d *state.Draft) error {
		m := state.Milestones.New(d)
		m.ProjectID, m.Name, m.State, m.Weight = project, name, vocab.MilestoneStatePlanned, 1
		return state.Milestones.Put(d, m)
	}
}

func recode(portfolio int64, code string) func(*state.Draft) error {
	return func(d *state.Draft) error {
		p, err := state.Portfolios.Edit(d, portfolio, nil)
		if err != nil {
			return err
		}
		p.Code = code
		return state.Portfolios.Put(d, p)
	}
}

func remove(project int64) func(*state.Draft) error {
	return func(d *state.Draft) error { state.Projects.Delete(d, project); return nil }
}

func move(project, portfolio int64) func(*state.Draft) error {
	return func(d *state.Draft) error {
		p, err := state.Projects.Edit(d, project, nil)
		if err != nil {
			return err
		}
		p.PortfolioID = portfolio
		return state.Projects.Put(d, p)
	}
}

// A right that is withdrawn while a large mutation is decided is asked for again.
func TestLargeWithoutRights(t *testing.T) {
	db := newStore()
	j := open(t, db)
	home := must(do(t, j, "portfolioCreate", nil, addPortfolio("P", nil))).Results[0].ID
	must(do(t, j, "projectCreate", nil, addProject("A", home)))
	must(do(t, j, "userCreate", nil, func(d *state.Draft) error {
		u, g := state.Users.New(d), state.RoleAssignments.New(d)
		u.Issuer, u.Subject, u.Active = "LOCAL", subject("pmo"), true
		g.UserID, g.Role, g.ScopeKind = u.ID, vocab.RolePmo, vocab.ScopeKindOrganisation
		return errors.Join(state.Users.Put(d, u), state.RoleAssignments.Put(d, g))
	}))
	who := auth.Identity{Issuer: "LOCAL", Subject: "pmo", ValidUntil: noon.Add(time.Hour)}
	first := true
	_, err := j.Do(t.Context(), who, state.Decision{Action: "import", Run: func(d *state.Draft) error {
		if first {
			first = false
			must(do(t, j, "roleRevoke", nil, func(d *state.Draft) error { state.RoleAssignments.Delete(d, 1); return nil }))
		}
		return milestones(1, "new")(d)
	}}, journal.Meta{})
	if !fault.Is(err, fault.Forbidden) {
		t.Fatal(err)
	}
	if n := j.Latest().Count(state.Milestones.Desc()); n != 0 {
		t.Fatal(n, "milestones were made without the right to")
	}
}

// A large mutation is known by its key, and told of its phases.
func TestLargeIsRepeated(t *testing.T) {
	db := newStore()
	j := open(t, db)
	home := must(do(t, j, "portfolioCreate", nil, addPortfolio("P", nil))).Results[0].ID
	must(do(t, j, "projectCreate", nil, addProject("A", home)))
	phases := map[journal.Phase]int{}
	meta := journal.Meta{Key: "k", Progress: func(p journal.Phase, done, _ int) { phases[p] = done }}
	dec := state.Decision{Action: "import", Run: milestones(1, "new")}
	must(j.DoAs(t.Context(), auth.Machine("test"), dec, meta))
	again := must(j.DoAs(t.Context(), auth.Machine("test"), dec, meta))
	if !again.Repeated || j.Latest().Count(state.Milestones.Desc()) != many {
		t.Fatalf("%+v, %d milestones", again.Repeated, j.Latest().Count(state.Milestones.Desc()))
	}
	if phases[journal.Copying] != many || phases[journal.Committing] != many {
		t.Errorf("it told %v", phases)
	}
}

// A caller who goes away stops a large mutation without harm.
func TestLargeStopped(t *testing.T) {
	db := newStore()
	j := open(t, db)
	home := must(do(t, j, "portfolioCreate", nil, addPortfolio("P", nil))).Results[0].ID
	must(do(t, j, "projectCreate", nil, addProject("A", home)))
	ctx, stop := context.WithCancel(t.Context())
	_, err := j.DoAs(ctx, auth.Machine("test"), state.Decision{Action: "import", Run: milestones(1, "new")},
		journal.Meta{Progress: func(p journal.Phase, _, _ int) {
			if p == journal.Copying {
				stop()
			}
		}})
	if !fault.Is(err, fault.Unavailable) || j.Latest().Seq() != 2 {
		t.Fatal(err, j.Latest().Seq())
	}
	agrees(t, db, j)
}
