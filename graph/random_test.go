package graph_test

import (
	"fmt"
	"math/rand/v2"

	"pmograph/auth"
	"pmograph/internal/vocab"
)

// randomWorld makes an organisation of about twenty projects in a tree, with everything that can be missing missing now and then.
func randomWorld(r *rand.Rand) *world {
	w := &world{currency: "GBP", fiscal: 4, validity: pick(r, 6, 12, 18)}
	for i := range 3 + r.IntN(5) {
		p := portfolio{parent: -1, code: fmt.Sprintf("P%d", i), currency: pick(r, "", "", "EUR", "JPY")}
		if i > 0 && r.IntN(4) > 0 {
			p.parent = r.IntN(i)
		}
		w.portfolios = append(w.portfolios, p)
	}
	for i := range r.IntN(4) {
		w.programs = append(w.programs, program{r.IntN(len(w.portfolios)), fmt.Sprintf("G%d", i)})
	}
	for _, pair := range [][2]string{{"EUR", "GBP"}, {"GBP", "USD"}, {"JPY", "GBP"}, {"EUR", "JPY"}} {
		for range r.IntN(3) {
			on := vocab.Date(18000 + 30*len(w.rates) + r.IntN(20))
			w.rates = append(w.rates, rate{pair[0], pair[1], on, 1 + r.Int64N(2_000_000_000)})
		}
	}
	for i := range 8 + r.IntN(18) {
		w.projects = append(w.projects, randomProject(r, w, i))
	}
	randomPeople(r, w)
	return w
}

func pick[T any](r *rand.Rand, of ...T) T { return of[r.IntN(len(of))] }

func maybe[T any](r *rand.Rand, v T) *T {
	if r.IntN(5) == 0 {
		return nil
	}
	return &v
}

// someDay is between mid 2019 and mid 2023.
func someDay(r *rand.Rand) vocab.Date { return vocab.Date(18080 + r.IntN(1460)) }

// pastDay is between mid 2019 and the day of the tests.
func pastDay(r *rand.Rand) vocab.Date { return vocab.Date(18080 + r.IntN(1020)) }

func randomProject(r *rand.Rand, w *world, i int) project {
	p := project{
		portfolio: r.IntN(len(w.portfolios)), program: -1, code: fmt.Sprintf("J%d", i), name: fmt.Sprintf("%s %d", pick(r, "Rail", "road", "Ship"), i),
		lifecycle: pick[vocab.ProjectLifecycle](r, "PROPOSED", "EXECUTING", "EXECUTING", "CLOSED", "CANCELLED", "ON_HOLD"), currency: pick(r, "GBP", "GBP", "EUR", "USD"), priority: r.IntN(5),
	}
	for g, x := range w.programs {
		if x.portfolio == p.portfolio && r.IntN(2) == 0 {
			p.program = g
		}
	}
	end := vocab.NewDate(2019, 3, 31)
	for range r.IntN(5) {
		end = (end + 1).AddMonths(3*(1+r.IntN(4))) - 1
		revisions := 1 + r.IntN(2)
		for n := 1; n <= revisions; n++ {
			x := randomReport(r, p.currency, end, n)
			if n < revisions {
				x.state = vocab.ReportStateSuperseded
			}
			p.reports = append(p.reports, x)
		}
	}
	for n := range r.IntN(4) {
		m := milestone{name: fmt.Sprintf("M%d", n), state: vocab.MilestoneStatePlanned, forecast: maybe(r, someDay(r)), finish: n == 0 && r.IntN(2) == 0, budget: maybe(r, r.Int64N(1e6))}
		switch r.IntN(4) {
		case 0:
			m.state, m.actual = vocab.MilestoneStateReached, ptr(pastDay(r))
		case 1:
			m.state = pick(r, vocab.MilestoneStateCancelled, vocab.MilestoneStateMissed)
		}
		p.milestones = append(p.milestones, m)
	}
	for n := range r.IntN(3) {
		b := baseline{state: vocab.BaselineStateSuperseded, approved: ptr(pastDay(r))}
		if n == 0 {
			b.state = pick(r, vocab.BaselineStateDraft, vocab.BaselineStateApproved)
			if b.state == vocab.BaselineStateDraft {
				b.approved = nil
			}
		}
		for range p.milestones {
			b.dates = append(b.dates, maybe(r, someDay(r)))
		}
		p.baselines = append(p.baselines, b)
	}
	randomMoney(r, &p)
	return p
}

func randomReport(r *rand.Rand, currency string, end vocab.Date, revision int) report {
	if r.IntN(6) == 0 {
		currency = pick(r, "GBP", "EUR", "JPY", "USD")
	}
	return report{
		end: end, revision: revision, state: pick(r, vocab.ReportStateSubmitted, vocab.ReportStateSubmitted, vocab.ReportStateDraft), currency: currency,
		health: pick[vocab.Rag](r, "", "GREEN", "AMBER", "RED"), confidence: pick[vocab.DeliveryConfidence](r, "", "GREEN", "AMBER_RED", "RED", "NOT_RATED"),
		cost: maybe(r, r.Int64N(1e12)), budget: maybe(r, r.Int64N(1e9)-1e8), forecast: maybe(r, r.Int64N(1e9)), finish: maybe(r, someDay(r)),
	}
}

// randomUser holds one to three roles anywhere.
func randomUser(r *rand.Rand, w *world, n int) auth.Identity {
	id := who(fmt.Sprintf("user%d", n))
	for range 1 + r.IntN(3) {
		may := pick(r, vocab.RoleViewer, vocab.RoleFinance, vocab.RoleAuditor)
		scope := ""
		switch r.IntN(6) {
		case 0, 1, 2:
			scope = "portfolio:" + pick(r, w.portfolios...).code
		case 3:
			if len(w.programs) > 0 {
				scope = "program:" + pick(r, w.programs...).code
			}
		case 4:
			scope = "project:" + pick(r, w.projects...).code
		}
		id.Claims = append(id.Claims, role(may, scope))
	}
	return id
}

// tellingDay is often one on which something turns: a period ends, a report stops being valid, a milestone falls due or is reached.
func tellingDay(r *rand.Rand, w *world) vocab.Date {
	p := pick(r, w.projects...)
	if len(p.reports) > 0 && r.IntN(2) == 0 {
		return pick(r, p.reports...).end.AddMonths(pick(r, 0, 0, w.validity)) - vocab.Date(r.IntN(2))
	}
	for _, m := range p.milestones {
		if m.actual != nil && r.IntN(2) == 0 {
			return *m.actual - vocab.Date(r.IntN(2))
		}
	}
	for _, b := range p.baselines {
		for _, d := range b.dates {
			if d != nil && r.IntN(2) == 0 {
				return *d - vocab.Date(r.IntN(2))
			}
		}
	}
	return someDay(r)
}
