package storetest

import (
	"cmp"
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"pmograph/ent"
	"pmograph/internal/state"
	"pmograph/internal/vocab"
)

type (
	teamRow      = ent.Team
	portfolioRow = ent.Portfolio
	projectRow   = ent.Project
	baselineRow  = ent.Baseline
	userRow      = ent.User
	rateRow      = ent.ExchangeRate
	milestoneRow = ent.Milestone
)

// histories tries random mutations, many of which collide: the store takes what the draft takes, and refuses what the draft refuses if
// it is handed over all the same; rows and journal stay equal to the published snapshot. Whether a mutation is written as a batch or in
// bulk makes no difference.
func histories(t *testing.T, h Harness) {
	address := ""
	rapid.Check(t, func(rt *rapid.T) {
		if address == "" || h.Reset == nil {
			address = h.Fresh(t)
		} else {
			h.Reset(t, address)
		}
		db := h.Open(t, address)
		defer db.Close()
		r := newRecord(rt, db)
		r.piece = func() int { return rapid.IntRange(0, 3).Draw(rt, "piece") }
		r.must(func(d *state.Draft) { spent(rt, d, "P") })
		for range rapid.IntRange(1, 8).Draw(rt, "mutations") {
			d, err := r.decide(func(d *state.Draft) {
				for range rapid.IntRange(1, 5).Draw(rt, "steps") {
					some := steps
					if rapid.IntRange(0, 2).Draw(rt, "facts") == 0 {
						some = factSteps
					}
					step := rapid.SampledFrom(some).Draw(rt, "step")
					step(rt, d)
				}
			})
			if err != nil && h.Raw != nil {
				r.mustCommit()
				forced(r, d, err)
			}
			if rapid.Bool().Draw(rt, "commit") {
				r.mustCommit()
			}
		}
		r.mustCommit()
		r.check()
	})
}

// forced hands a refused draft to the store.
func forced(r *record, d *state.Draft, refused error) {
	r.t.Helper()
	r.add(d)
	err := r.commit()
	if err == nil {
		r.t.Fatalf("the store took what the draft refused: %v", refused)
	}
	if !r.db.Definite(err) {
		r.t.Fatalf("the refusal is not definite: %v", err)
	}
}

// The steps draw from few values, so that they meet.
var (
	codes    = rapid.SampledFrom([]string{"a", "b", "c"})
	numbers  = rapid.IntRange(1, 3)
	subjects = rapid.SampledFrom([]string{"x", "y", ""})
)

var steps = []func(t *rapid.T, d *state.Draft){
	func(t *rapid.T, d *state.Draft) { team(t, d, codes.Draw(t, "code"), idOf(pick(t, d, state.Teams))) },
	func(t *rapid.T, d *state.Draft) {
		if p := pick(t, d, state.Portfolios); p != nil {
			portfolio(t, d, codes.Draw(t, "code"), new(p.ID))
		}
	},
	func(t *rapid.T, d *state.Draft) {
		if p := pick(t, d, state.Portfolios); p != nil {
			project(t, d, p.ID, codes.Draw(t, "code"))
		}
	},
	func(t *rapid.T, d *state.Draft) {
		if p := pick(t, d, state.Projects); p != nil {
			baseline(t, d, p.ID, numbers.Draw(t, "number"))
		}
	},
	func(t *rapid.T, d *state.Draft) {
		u := user(t, d, "?")
		setSubject(u, subjects.Draw(t, "subject"))
		put(t, d, state.Users, u)
	},
	func(t *rapid.T, d *state.Draft) {
		rate(t, d, "USD", vocab.NewDate(2026, 1, numbers.Draw(t, "day")))
	},

	edit(state.Teams, func(t *rapid.T, m *teamRow) { m.Code = codes.Draw(t, "code") }),
	edit(state.Teams, func(t *rapid.T, m *teamRow) {
		m.ExternalSource, m.ExternalID = new("s"), new(codes.Draw(t, "external"))
	}),
	edit(state.Teams, func(t *rapid.T, m *teamRow) { m.ExternalSource, m.ExternalID = nil, nil }),
	edit(state.Teams, func(t *rapid.T, m *teamRow) { m.Name = fmt.Sprint("Name ", numbers.Draw(t, "name")) }),
	edit(state.Projects, func(t *rapid.T, p *projectRow) { p.Code = codes.Draw(t, "code") }),
	edit(state.Baselines, func(t *rapid.T, b *baselineRow) { b.Number = numbers.Draw(t, "number") }),
	edit(state.ExchangeRates, func(t *rapid.T, x *rateRow) { x.ValidFrom = vocab.NewDate(2026, 1, numbers.Draw(t, "day")) }),
	edit(state.Users, func(t *rapid.T, u *userRow) { setSubject(u, subjects.Draw(t, "subject")) }),
	edit(state.Portfolios, func(t *rapid.T, p *portfolioRow) {
		if p.ParentID != nil {
			p.Code = codes.Draw(t, "code")
		}
	}),
	func(t *rapid.T, d *state.Draft) { // move a project
		if p, to := pick(t, d, state.Projects), pick(t, d, state.Portfolios); p != nil && to != nil {
			change(t, d, state.Projects, p.ID, func(p *projectRow) { p.PortfolioID = to.ID })
		}
	},

	swap(state.Teams, func(a, b *teamRow) {
		a.Code, b.Code, a.ExternalID, b.ExternalID = b.Code, a.Code, b.ExternalID, a.ExternalID
		a.ExternalSource, b.ExternalSource = b.ExternalSource, a.ExternalSource
	}),
	swap(state.Baselines, func(a, b *baselineRow) {
		a.Number, b.Number, a.ProjectID, b.ProjectID = b.Number, a.Number, b.ProjectID, a.ProjectID
	}),
	swap(state.ExchangeRates, func(a, b *rateRow) { a.ValidFrom, b.ValidFrom = b.ValidFrom, a.ValidFrom }),
	swap(state.Users, func(a, b *userRow) { a.Subject, b.Subject = b.Subject, a.Subject }),
	swap(state.Projects, func(a, b *projectRow) {
		a.Code, b.Code, a.PortfolioID, b.PortfolioID = b.Code, a.Code, b.PortfolioID, a.PortfolioID
	}),

	remove(state.Teams), remove(state.Users), remove(state.Baselines), remove(state.ExchangeRates), remove(state.Projects), remove(state.Portfolios),
	func(t *rapid.T, d *state.Draft) { // delete and make again
		if m := pick(t, d, state.Teams); m != nil {
			state.Teams.Delete(d, m.ID)
			team(t, d, m.Code, m.ParentID)
		}
	},
}

func setSubject(u *userRow, s string) {
	if u.Subject = nil; s != "" {
		u.Subject = personal(s)
	}
}

func idOf(m *teamRow) *int64 {
	if m == nil {
		return nil
	}
	return new(m.ID)
}

// pick draws a row, nil if there is none.
func pick[T any](t *rapid.T, d *state.Draft, table *state.Table[T]) *T {
	rows := slices.SortedFunc(table.All(d), func(a, b *T) int { return cmp.Compare(table.Desc().RowID(a), table.Desc().RowID(b)) })
	if len(rows) == 0 {
		return nil
	}
	return rapid.SampledFrom(rows).Draw(t, "row")
}

func edit[T any](table *state.Table[T], how func(*rapid.T, *T)) func(*rapid.T, *state.Draft) {
	return func(t *rapid.T, d *state.Draft) {
		if row := pick(t, d, table); row != nil {
			change(t, d, table, table.Desc().RowID(row), func(row *T) { how(t, row) })
		}
	}
}

func swap[T any](table *state.Table[T], how func(a, b *T)) func(*rapid.T, *state.Draft) {
	return func(t *rapid.T, d *state.Draft) {
		x, y := pick(t, d, table), pick(t, d, table)
		if x == nil || x == y {
			return
		}
		a, _ := table.Edit(d, table.Desc().RowID(x), nil)
		b, _ := table.Edit(d, table.Desc().RowID(y), nil)
		how(a, b)
		put(t, d, table, a)
		put(t, d, table, b)
	}
}

func remove[T any](table *state.Table[T]) func(*rapid.T, *state.Draft) {
	return func(t *rapid.T, d *state.Draft) {
		if row := pick(t, d, table); row != nil {
			table.Delete(d, table.Desc().RowID(row))
		}
	}
}
