package storetest

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"pmograph/internal/guard"
	"pmograph/internal/state"
	"pmograph/internal/vocab"
)

// texts are such as databases, drivers and JSON are known to change.
var texts = []string{
	"Größe “quoted” 'single' \"double\" back\\slash", "日本語 🚧 e\u0301", "line\nline\r\n\ttab", "\u0001\u001f\u007f", "\u2028\u2029\ufeff",
	"null", "007", "1e5", " space ", "$1 ?1 :x %s", "2026-01-01", "<a href='x'>&amp;</a>", "\\u0000 \\x00", "true",
}

// roundTrip writes every kind of value, there and missing, and changes each.
func roundTrip(t *testing.T, h Harness) {
	r := open(t, h)
	var report, milestone, resource, calendar, who int64
	r.must(func(d *state.Draft) {
		p := project(t, d, portfolio(t, d, "A", nil).ID, "P")
		u := user(t, d, "ümläut")
		u.Locale = new("de-DE")
		put(t, d, state.Users, u)
		s := state.StatusReports.New(d)
		s.ProjectID, s.Revision, s.State, s.Currency = p.ID, 1, vocab.ReportStateSubmitted, "EUR"
		s.PeriodStart, s.PeriodEnd = vocab.NewDate(1, 1, 1), vocab.NewDate(9999, 12, 31)
		s.Health, s.ReportedStart = new(vocab.RagRed), new(vocab.NewDate(1969, 12, 31))
		s.WholeLifeCost, s.PeriodBudget = new(guard.NewMoney(math.MaxInt64)), new(guard.NewMoney(math.MinInt64))
		s.RawRating, s.Highlights = new(""), text(t, d, strings.Join(texts, "|"))
		s.SubmittedAt, s.AuthorID = new(time.Date(1901, 2, 3, 4, 5, 6, 7_000, time.UTC)), new(u.ID)
		s.ExternalSource, s.ExternalID = new("import"), new("Zeile 1")
		put(t, d, state.StatusReports, s)
		m := state.Milestones.New(d)
		m.ProjectID, m.Name, m.State, m.IsFinish, m.Budget = p.ID, "M", vocab.MilestoneStatePlanned, true, new(guard.NewMoney(0))
		put(t, d, state.Milestones, m)
		x := state.Resources.New(d)
		x.Code, x.Name, x.Kind, x.RoleName, x.StandardRate, x.ContractShare = "R", personal("Ann O’Neil"), vocab.ResourceKindPerson, "Dev", new(guard.NewRate(-1)), 1000
		put(t, d, state.Resources, x)
		c := state.WorkCalendars.New(d)
		c.Code, c.Name, c.Timezone = "C", "Calendar", "Europe/Berlin"
		c.WeeklyMinutes, c.Exceptions = []int{0, 450, 450, 450, 450, 450, 0}, []vocab.CalendarException{}
		put(t, d, state.WorkCalendars, c)
		report, milestone, resource, calendar, who = s.ID, m.ID, x.ID, c.ID, u.ID
	})
	r.check()
	r.must(func(d *state.Draft) {
		s, _ := state.StatusReports.Edit(d, report, nil)
		s.Health, s.ReportedStart, s.WholeLifeCost, s.PeriodBudget, s.RawRating, s.Highlights, s.SubmittedAt, s.AuthorID = nil, nil, nil, nil, nil, nil, nil, nil
		s.PeriodForecast, s.NextSteps, s.ArchivedAt, s.ReportedFinish = new(guard.NewMoney(-5)), text(t, d, "next"), new(r.at), new(vocab.NewDate(2028, 2, 29))
		put(t, d, state.StatusReports, s)
		m, _ := state.Milestones.Edit(d, milestone, nil)
		m.IsFinish, m.IsContractual, m.Budget = false, true, nil
		put(t, d, state.Milestones, m)
		x, _ := state.Resources.Edit(d, resource, nil)
		x.Name, x.StandardRate = nil, nil
		put(t, d, state.Resources, x)
		c, _ := state.WorkCalendars.Edit(d, calendar, nil)
		c.Exceptions = []vocab.CalendarException{{Date: vocab.NewDate(2026, 12, 24), Minutes: 225, Name: texts[0] + texts[1]}}
		put(t, d, state.WorkCalendars, c)
		u, _ := state.Users.Edit(d, who, nil)
		u.Name, u.Email, u.Active = personal("null"), nil, false
		put(t, d, state.Users, u)
	})
	r.check()
	for i, s := range texts {
		_, err := r.decide(func(d *state.Draft) {
			p := portfolio(t, d, fmt.Sprint("T", i), nil)
			p.Name, p.Currency = s, new("EUR")
			put(t, d, state.Portfolios, p)
			u := user(t, d, fmt.Sprint("u", i))
			u.Name = personal(s)
			put(t, d, state.Users, u)
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	r.mustCommit()
	r.check()
}

// uniqueValues moves unique values between rows in one batch.
func uniqueValues(t *testing.T, h Harness) {
	r := open(t, h)
	var a, b, c, p, q, one, two, x, y, u, v int64
	var root *int64
	day := vocab.NewDate(2026, 1, 1)
	r.must(func(d *state.Draft) {
		root = new(portfolio(t, d, "root", nil).ID)
		a, b, c = team(t, d, "a", nil).ID, team(t, d, "b", nil).ID, team(t, d, "c", nil).ID
		p, q = portfolio(t, d, "p", root).ID, portfolio(t, d, "q", root).ID
		in := project(t, d, p, "x").ID
		one, two = baseline(t, d, in, 1).ID, baseline(t, d, in, 2).ID
		x, y = rate(t, d, "USD", day).ID, rate(t, d, "USD", day+1).ID
		u, v = user(t, d, "u").ID, user(t, d, "v").ID
	})
	steps := map[string]func(d *state.Draft){
		"texts in a ring": func(d *state.Draft) {
			for id, code := range map[int64]string{a: "b", b: "c", c: "a"} {
				change(t, d, state.Teams, id, func(m *teamRow) { m.Code = code })
			}
		},
		"numbers": func(d *state.Draft) {
			change(t, d, state.Baselines, one, func(b *baselineRow) { b.Number = 2 })
			change(t, d, state.Baselines, two, func(b *baselineRow) { b.Number = 1 })
		},
		"dates": func(d *state.Draft) {
			change(t, d, state.ExchangeRates, x, func(r *rateRow) { r.ValidFrom = day + 1 })
			change(t, d, state.ExchangeRates, y, func(r *rateRow) { r.ValidFrom = day })
		},
		"personal data": func(d *state.Draft) {
			change(t, d, state.Users, u, func(r *userRow) { r.Subject = personal("v") })
			change(t, d, state.Users, v, func(r *userRow) { r.Subject = personal("u") })
		},
		"below a parent, whose column is the one to park in": func(d *state.Draft) {
			change(t, d, state.Portfolios, p, func(r *portfolioRow) { r.Code = "q" })
			change(t, d, state.Portfolios, q, func(r *portfolioRow) { r.Code = "p" })
		},
		"to a new row": func(d *state.Draft) {
			change(t, d, state.Teams, a, func(m *teamRow) { m.Code += "'" })
			team(t, d, "b", nil)
			team(t, d, "d", new(c))
		},
		"from a deleted row": func(d *state.Draft) {
			state.Teams.Delete(d, b)
			b = team(t, d, "c", nil).ID
			state.Baselines.Delete(d, two)
			two = baseline(t, d, 1, 1).ID
		},
		"two of one row": func(d *state.Draft) {
			for i, id := range []int64{a, b} {
				change(t, d, state.Teams, id, func(m *teamRow) { m.ExternalSource, m.ExternalID = new("s"), new(fmt.Sprint(i)) })
			}
		},
		"two of one row, swapped": func(d *state.Draft) {
			ra, rb := *state.Teams.Get(d, a), *state.Teams.Get(d, b)
			change(t, d, state.Teams, a, func(m *teamRow) { m.Code, m.ExternalID = rb.Code, rb.ExternalID })
			change(t, d, state.Teams, b, func(m *teamRow) { m.Code, m.ExternalID = ra.Code, ra.ExternalID })
		},
	}
	for _, name := range []string{"texts in a ring", "numbers", "dates", "personal data", "below a parent, whose column is the one to park in", "to a new row", "from a deleted row", "two of one row", "two of one row, swapped"} {
		if _, err := r.decide(steps[name]); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if err := r.commit(); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		r.check()
	}
	// the same row in several mutations of one batch, back to where it was
	for _, code := range []string{"y", "z", state.Teams.Get(state.NewWhole(r.now), a).Code} {
		if _, err := r.decide(func(d *state.Draft) { change(t, d, state.Teams, a, func(m *teamRow) { m.Code = code }) }); err != nil {
			t.Fatal(err)
		}
	}
	// and one that is made and deleted
	r.decide(func(d *state.Draft) { c = team(t, d, "short", nil).ID })
	r.decide(func(d *state.Draft) { state.Teams.Delete(d, c) })
	r.mustCommit()
	r.check()
}

// references change in one batch such that they hold at its end only, in whatever order rows are written.
func references(t *testing.T, h Harness) {
	r := open(t, h)
	var a, b, p int64
	r.must(func(d *state.Draft) {
		a, b = portfolio(t, d, "a", nil).ID, portfolio(t, d, "b", nil).ID
		p = project(t, d, a, "p").ID
	})
	for name, run := range map[string]func(d *state.Draft){
		"a parent goes, its child having moved": func(d *state.Draft) {
			change(t, d, state.Projects, p, func(p *projectRow) { p.PortfolioID = b })
			state.Portfolios.Delete(d, a)
		},
		"a chain is made, the child first": func(d *state.Draft) {
			child, parent := state.Teams.New(d), state.Teams.New(d)
			child.Code, child.Name, child.ParentID, parent.Code, parent.Name = "child", "Child", new(parent.ID), "parent", "Parent"
			put(t, d, state.Teams, child)
			put(t, d, state.Teams, parent)
		},
		"changed and changed back": func(d *state.Draft) {
			change(t, d, state.Portfolios, b, func(p *portfolioRow) { p.Name += "x" })
			change(t, d, state.Portfolios, b, func(p *portfolioRow) { p.Name = p.Name[:len(p.Name)-1] })
			user(t, d, "somebody")
		},
	} {
		if _, err := r.decide(run); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if err := r.commit(); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		r.check()
	}
	r.must(func(d *state.Draft) { // parents and children go together
		state.Portfolios.Delete(d, b)
		state.Projects.Delete(d, p)
		state.Teams.Delete(d, 2)
		state.Teams.Delete(d, 1)
	})
	r.check()
}

// deletedRows are remembered where they last lay, until they come back.
func deletedRows(t *testing.T, h Harness) {
	r := open(t, h)
	var a, b, c, back int64
	r.must(func(d *state.Draft) {
		a, b = portfolio(t, d, "a", nil).ID, portfolio(t, d, "b", nil).ID
		c, back = portfolio(t, d, "c", new(a)).ID, portfolio(t, d, "back", new(a)).ID
	})
	kept := *state.Portfolios.Get(state.NewWhole(r.now), back)
	r.must(func(d *state.Draft) { state.Portfolios.Delete(d, c); state.Portfolios.Delete(d, back) })
	r.must(func(d *state.Draft) {
		kept.ParentID = new(b)
		put(t, d, state.Portfolios, &kept)
	})
	r.check()
	loaded, err := r.db.Load(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for of, want := range map[int64][]int64{a: {a, c}, b: {b, back}} {
		if have := loaded.Below(of); !slices.Equal(have, want) {
			t.Errorf("below %d: %v, not %v", of, have, want)
		}
	}
}

// manyRows writes, changes and deletes ten thousand rows, each in one batch.
func manyRows(t *testing.T, h Harness) {
	t.Run("batch", func(t *testing.T) { tenThousand(t, h, 0) })
	t.Run("bulk", func(t *testing.T) { tenThousand(t, h, 3_001) })
}

func tenThousand(t *testing.T, h Harness, piece int) {
	const n = 10_000
	r := open(t, h)
	r.piece = func() int { return piece }
	var ids []int64
	commit := func(what string, run func(d *state.Draft)) {
		t.Helper()
		if _, err := r.decide(run); err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		r.mustCommit()
		t.Logf("%s: %d rows in %s", what, n, time.Since(began).Round(time.Millisecond))
	}
	commit("create", func(d *state.Draft) {
		p := project(t, d, portfolio(t, d, "A", nil).ID, "P").ID
		for i := range n {
			m := state.Milestones.New(d)
			m.ProjectID, m.Name, m.State, m.Weight = p, fmt.Sprint("Milestone ", i), vocab.MilestoneStatePlanned, i
			m.ExternalSource, m.ExternalID, m.ForecastDate = new("import"), new(fmt.Sprint(i)), new(vocab.NewDate(2026, 1, 1)+vocab.Date(i))
			ids = append(ids, put(t, d, state.Milestones, m).ID)
		}
	})
	commit("change, each taking its neighbour's unique value", func(d *state.Draft) {
		for i, id := range ids {
			change(t, d, state.Milestones, id, func(m *milestoneRow) { m.Weight++; m.ExternalID = new(fmt.Sprint((i + 1) % n)) })
		}
	})
	r.check()
	commit("delete", func(d *state.Draft) {
		for _, id := range ids {
			state.Milestones.Delete(d, id)
		}
	})
	r.check()
}
