package graph_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"pmograph/auth"
	"pmograph/internal/state"
	"pmograph/internal/vocab"
)

// Two worlds that differ only in what somebody may not see give him the same bytes, whatever he asks. Row versions are declassified and
// not asked for; positions are normalised.
func TestHiddenDifferencesDoNotShow(t *testing.T) {
	pairs := 15
	if testing.Short() {
		pairs = 5
	}
	for seed := range uint64(pairs) {
		r := rand.New(rand.NewPCG(seed, 2))
		w := randomWorld(r)
		scope := pick(r, w.portfolios...).code
		for _, may := range []vocab.Role{vocab.RoleViewer, vocab.RoleFinance} {
			id := who("somebody", role(may, "portfolio:"+scope))
			a, b := newHouse(t), newHouse(t)
			for i, h := range []*house{a, b} {
				other := varied(w, id, may == vocab.RoleViewer, rand.New(rand.NewPCG(seed, uint64(20+i))))
				h.load(other)
				hide(h, other, id, may == vocab.RoleViewer, rand.New(rand.NewPCG(seed, uint64(10+i))))
			}
			questions := 0
			compare(t, a, b, w, id, &questions)
			if t.Failed() {
				t.Fatalf("world %d: %s on %s sees the difference", seed, may, scope)
			}
			if questions < 30 {
				t.Fatalf("only %d questions were asked", questions)
			}
		}
	}
}

// varied gives a world that differs in what the identity does not see: all of hidden projects, and amounts. Things keep their numbers.
func varied(w *world, id auth.Identity, money bool, r *rand.Rand) *world {
	s, other := sight{w, id.Claims}, *w
	variedPeople(&other, s, r)
	other.projects = slices.Clone(w.projects)
	for i := range other.projects {
		p := &other.projects[i]
		seen, _ := s.of(p.portfolio, p.program, i)
		p.reports, p.milestones = slices.Clone(p.reports), slices.Clone(p.milestones)
		for j := range p.reports {
			x := &p.reports[j]
			secret := randomReport(r, p.currency, x.end, x.revision)
			if secret.state = x.state; !seen {
				*x = secret
			} else if money {
				x.cost, x.budget, x.forecast = secret.cost, secret.budget, secret.forecast
			}
		}
		for j := range p.milestones {
			if m := &p.milestones[j]; !seen {
				m.forecast = maybe(r, someDay(r))
			} else if money {
				m.budget = maybe(r, r.Int64N(1e6))
			}
		}
		if !seen || money {
			variedMoney(p, r)
		}
		if !seen {
			p.name, p.priority = fmt.Sprintf("Hidden %d", r.IntN(1000)), r.IntN(9)
		}
	}
	return &other
}

// hide changes what the identity does not see, and one thing he sees, in two entries.
func hide(h *house, w *world, id auth.Identity, money bool, r *rand.Rand) {
	s := sight{w, id.Claims}
	hidden := func(project int) bool {
		seen, _ := s.of(w.projects[project].portfolio, w.projects[project].program, project)
		return !seen
	}
	dice := [2]uint64{r.Uint64(), r.Uint64()}
	h.do("import", func(d *state.Draft) error {
		r := rand.New(rand.NewPCG(dice[0], 1)) // a decision may run twice
		for i := range w.projects {
			p, err := state.Projects.Edit(d, int64(i+1), nil)
			must(err)
			switch {
			case hidden(i):
				hideProject(d, p.ID, r)
				p.Name, p.Priority, p.Code = fmt.Sprintf("Secret %d", r.IntN(1000)), ptr(1+r.IntN(900)), fmt.Sprintf("S%d-%d", r.IntN(1000), i)
				must(state.Projects.Put(d, p))
			case i%3 == 0: // the same in both worlds, and visible
				p.Category = ptr("Touched")
				must(state.Projects.Put(d, p))
			}
			if !hidden(i) && money {
				hideMoney(d, p.ID, r)
			}
		}
		hideAbove(d, w, s, r)
		owner := state.Users.New(d) // of keys, in both worlds
		owner.Issuer, owner.Active = "LOCAL", true
		must(state.Users.Put(d, owner))
		return nil
	})
	h.do("import", func(d *state.Draft) error { // nothing he sees
		r := rand.New(rand.NewPCG(dice[1], 2))
		hideAbove(d, w, s, r)
		hidePeople(d, w, s, r)
		hideKeys(d, r)
		p := state.Portfolios.New(d)
		p.Code, p.Name, p.Lifecycle = "NEW", fmt.Sprintf("New %d", r.IntN(100)), vocab.PortfolioLifecycleActive
		must(state.Portfolios.Put(d, p))
		for i := range 1 + r.IntN(4) {
			x := state.Projects.New(d)
			x.Code, x.Name, x.PortfolioID, x.Lifecycle, x.Currency = fmt.Sprintf("J%d", i+r.IntN(5)*10), "Twin", p.ID, vocab.ProjectLifecycleExecuting, "GBP"
			must(state.Projects.Put(d, x))
		}
		return nil
	})
}

// hideKeys makes feed keys and webhooks, and revokes tokens: who may do what is not for everybody.
func hideKeys(d *state.Draft, r *rand.Rand) {
	var owner int64
	for u := range state.Users.All(d) {
		owner = u.ID
	}
	for i := range r.IntN(4) {
		k := state.FeedKeys.New(d)
		k.Name, k.OwnerID, k.ScopeKind, k.ReadsMoney = fmt.Sprintf("Secret %d", r.IntN(1000)), owner, vocab.ScopeKindOrganisation, r.IntN(2) == 0
		k.SecretHash, k.ValidTo = auth.SecretHash(k.Name), d.At().Add(time.Duration(1+r.IntN(99))*time.Hour)
		must(state.FeedKeys.Put(d, k))
		h := state.Webhooks.New(d)
		h.Name, h.OwnerID, h.ScopeKind, h.URL, h.Events, h.Active = k.Name, owner, k.ScopeKind, "https://example.org/"+k.Name, []string{"*"}, true
		must(state.Webhooks.Put(d, h))
		x := state.TokenRevocations.New(d)
		x.Issuer, x.TokenID, x.ExpiresAt = "LOCAL", fmt.Sprint("token ", i), d.At().Add(time.Duration(r.IntN(24))*time.Hour)
		must(state.TokenRevocations.Put(d, x))
	}
	for i := range r.IntN(3) {
		q := state.SavedQueries.New(d)
		q.Name, q.OwnerID, q.Dataset, q.Analysis = fmt.Sprint("Kept", r.IntN(9)), owner, "Projects", `{"dataset":"Projects","measures":[{"measure":"Projects"}]}`
		must(state.SavedQueries.Put(d, q))
		m := state.MailSubscriptions.New(d)
		m.UserID, m.ScopeKind, m.Delivery, m.Hour, m.Weekday, m.Active = owner, vocab.ScopeKindProject, vocab.MailDeliveryDaily, r.IntN(24), vocab.WeekdayFriday, r.IntN(2) == 0
		m.ScopeID = ptr(int64(i + 1))
		must(state.MailSubscriptions.Put(d, m))
	}
}

// hideProject changes a hidden project's reports and milestones, or removes them.
func hideProject(d *state.Draft, project int64, r *rand.Rand) {
	for m := range state.Milestones.By(d, "project_id", project) {
		x, err := state.Milestones.Edit(d, m.ID, nil)
		must(err)
		x.ForecastDate, x.Name = ptr(someDay(r)), fmt.Sprintf("Secret %d of %d", r.IntN(1000), m.ID)
		must(state.Milestones.Put(d, x))
	}
	hideMoney(d, project, r)
}

// hideMoney changes the amounts of a project, some to none.
func hideMoney(d *state.Draft, project int64, r *rand.Rand) {
	random := func() *int64 { return maybe(r, r.Int64N(1e10)) }
	for m := range state.Milestones.By(d, "project_id", project) {
		x, err := state.Milestones.Edit(d, m.ID, nil)
		must(err)
		set(state.Milestones, x, "budget", random())
		must(state.Milestones.Put(d, x))
	}
	hideCosts(d, project, r)
	p, err := state.Projects.Edit(d, project, nil)
	must(err)
	reports := []report{}
	for x := range state.StatusReports.By(d, "project_id", project) {
		reports = append(reports, report{end: x.PeriodEnd, revision: x.Revision, state: x.State})
	}
	if len(reports) > 0 { // submitted reports do not change: a further one carries other amounts
		last := reports[len(reports)-1]
		y := state.StatusReports.New(d)
		y.ProjectID, y.PeriodEnd, y.PeriodStart, y.Revision, y.State, y.Currency = p.ID, last.end+30, last.end+1, 1, vocab.ReportStateDraft, p.Currency
		for _, column := range []string{"whole_life_cost", "period_budget", "period_forecast"} {
			set(state.StatusReports, y, column, random())
		}
		must(state.StatusReports.Put(d, y))
	}
}

// hideAbove changes the hidden portfolios: names and currencies.
func hideAbove(d *state.Draft, w *world, s sight, r *rand.Rand) {
	for i := range w.portfolios {
		if seen, _ := s.of(i, -1, -1); seen {
			continue
		}
		p, err := state.Portfolios.Edit(d, int64(i+1), nil)
		must(err)
		p.Name, p.Currency = fmt.Sprintf("Secret %d", r.IntN(1000)), pick(r, nil, ptr("USD"), ptr("CHF"))
		must(state.Portfolios.Put(d, p))
	}
}

const anyProject = `id code name category lifecycle priority health(asOf: "2021-06-30") reporting(asOf: "2021-06-30")
  portfolio { id currency parent { id name } } program { id } slip(asOf: "2021-06-30") { value reason coverage { included withheld missing complete } }
  cost(asOf: "2021-06-30") { wholeLife { value reason coverage { included withheld missing complete } explain { formula inputs { name value } } } variance { value reason } }
  nextMilestone(asOf: "2021-06-30") { id budget { value currency reason } }
  reports { totalCount nodes { periodEnd revision health cost { wholeLife { value reason currency } } } }`

// compare asks both houses the same, and follows cursors as each gives them.
func compare(t *testing.T, a, b *house, w *world, id auth.Identity, questions *int) {
	t.Helper()
	same := func(query string, variables map[string]any) string {
		t.Helper()
		*questions++
		x, y := string(a.ask(id, query, variables)), string(b.ask(id, query, variables))
		x, y = mark.ReplaceAllString(x, "$1"), mark.ReplaceAllString(y, "$1")
		if x != y {
			t.Errorf("%.300s %v\n%.1500s\n%.1500s", query, variables, x, y)
		}
		return x
	}
	peopleQuestions(w, same)
	moneyQuestions(same)
	for _, dataset := range []string{
		`dataset: "CostEntries", groupBy: [{ column: "Project/Portfolio/Level1" }, { column: "Period", bucket: QUARTER }], top: 2, others: true, totals: true, from: "2022-01-01", to: "2022-12-31", compare: PREVIOUS_YEAR
			measures: [{ measure: "Entries" }, { measure: "TotalPlannedReporting" }, { op: MAX, column: "Planned" }, { op: COUNT_DISTINCT, column: "ProjectId" }], filter: { or: [{ column: "Planned", operator: GE, values: ["0"] }, { column: "Planned", operator: IS_NULL }] }`,
		`dataset: "Projects", groupBy: [{ column: "Lifecycle" }, { column: "ManagerId" }], totals: true, measures: [{ measure: "Projects" }, { op: MAX, column: "ActualCost" }, { op: MIN, column: "SlipDays" }], order: [{ by: "ActualCost_MAX", descending: true }]`,
		`dataset: "Portfolios", groupBy: [{ column: "Path" }], totals: true, measures: [{ measure: "Portfolios" }]`,
	} {
		same(`{ aggregate(input: { `+dataset+` }) { groups rows { values nulls { column reason } rows withheld } others { values rows withheld } totals { values rows withheld } coverage { rows withheld undecided } price { looked shown points } columns { name currency } } }`, nil)
	}
	same(everyRollup, map[string]any{"day": "2021-06-30"})
	same(`{ feedKeys { totalCount nodes { id name lastUsedAt owner { id } scope { id } } } tokenRevocations { totalCount nodes { id tokenId } } users { totalCount nodes { id active tokensValidFrom mailSubscriptions { id } } }
		webhooks { totalCount nodes { id name url events owner { id } delivery { number } deadLetters { number } } } savedQueries { totalCount nodes { id name } } nodes(ids: ["saved-query-1", "mail-subscription-1", "webhook-1", "feed-key-1", "feed-key-2", "token-revocation-1", "token-revocation-2"]) { __typename id } }`, nil)
	same(`{ viewer { rollup(asOf: "2022-03-31") { trend(by: YEAR, from: "2019-01-01") { asOf projects { total { value } } cost { wholeLife { value reason } } milestones { worstSlip { value } } } } nodes { node { id } permissions } } }`, nil)
	same(`{ portfolios(first: 100) { totalCount edges { cursor node { id name currency children { totalCount nodes { id } } projects { totalCount } } } } programs { totalCount nodes { id name } } }`, nil)
	same(`{ milestones(first: 100) { totalCount nodes { id name forecastDate slip { value reason } budget { value reason } } } }`, nil)
	same(`{ journal(first: 100) { pageInfo { hasNextPage endCursor } nodes { number action reason changes { id entity operation node { id } fields { name old new } } } } }`, nil)
	same(`{ journal(last: 1) { pageInfo { hasPreviousPage startCursor } nodes { number action } } }`, nil)
	same(`{ before: portfolios(knownAt: { number: 2 }) { nodes { id name } } projects(knownAt: { number: 2 }) { nodes { `+anyProject+` } } }`, nil)
	same(`{ projects(first: 3) { nodes { id journal { nodes { number action reason changes { id operation fields { name old new } } } } } } }`, nil)
	for _, path := range []string{"J0", "J1", "J2", "J3", "NEW/J1", "P0/J1", "S1-1"} {
		same(`query ($p: String) { project(path: $p) { id name } }`, map[string]any{"p": path})
	}
	for n := range 12 {
		same(`query ($a: ID!, $b: ID!, $c: ID!, $d: ID!) { nodes(ids: [$a, $b, $c, $d]) { __typename id } projects(filter: { portfolio: $b }) { totalCount } }`, map[string]any{
			"a": fmt.Sprintf("project-%d", 2*n+1), "b": fmt.Sprintf("portfolio-%d", n+1), "c": fmt.Sprintf("milestone-%d", n), "d": fmt.Sprintf("status-report-%d", 3*n)})
	}
	for _, filter := range []string{"{}", `{ text: "r" }`, `{ health: [RED, NOT_RATED], asOf: "2021-06-30" }`, `{ lifecycle: [EXECUTING] }`, `{ reporting: [STALE], asOf: "2021-06-30" }`} {
		for _, by := range []string{"NAME", "PRIORITY", "FINISH", "CREATED_AT"} {
			var after any
			for range 3 {
				page := same(`query ($after: String) { projects(filter: `+filter+`, order: { by: `+by+`, direction: DESC }, first: 4, after: $after) { totalCount pageInfo { hasNextPage hasPreviousPage endCursor } nodes { `+anyProject+` } } }`, map[string]any{"after": after})
				if after = cursorIn(page); after == nil {
					break
				}
			}
		}
	}
}
