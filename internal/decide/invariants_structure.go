package decide

import (
	"slices"
	"strings"

	"pmograph/ent"
	"pmograph/internal/fault"
	"pmograph/internal/state"
)

// portfolioTree: no portfolio lies below itself.
var portfolioTree = on(state.Portfolios, func(d *state.Draft, _, p *ent.Portfolio) error {
	return acyclic(state.Portfolios, state.All(d), p.ID, func(p *ent.Portfolio) *int64 { return p.ParentID })
})

// teamTree: no team lies below itself.
var teamTree = on(state.Teams, func(d *state.Draft, _, t *ent.Team) error {
	return acyclic(state.Teams, state.All(d), t.ID, func(t *ent.Team) *int64 { return t.ParentID })
})

// acyclic follows the rows above one and refuses to meet one twice. Who closes a ring could change all of its rows, so its path tells him
// nothing new.
func acyclic[T any](t *state.Table[T], r state.Reader, id int64, above func(*T) *int64) error {
	path, seen := []string{t.Desc().ID(id)}, []int64{id}
	for row := t.Get(r, id); row != nil; row = t.Get(r, seen[len(seen)-1]) {
		up := above(row)
		if up == nil {
			return nil
		}
		path = append(path, t.Desc().ID(*up))
		if slices.Contains(seen, *up) {
			return fault.At("parent_id", "CYCLE", "it would lie below itself: %s", strings.Join(path, " below "))
		}
		seen = append(seen, *up)
	}
	return nil
}

// programInPortfolio: a project's program lies in the project's portfolio.
var programInPortfolio = on(state.Projects, func(d *state.Draft, _, p *ent.Project) error {
	if program := state.Programs.Ref(state.All(d), p.ProgramID); program != nil && program.PortfolioID != p.PortfolioID {
		return fault.At("program_id", "OTHER_PORTFOLIO", "the program belongs to another portfolio than the project")
	}
	return nil
})

// programsProjectsInPortfolio is the same rule, asked when a program changes.
var programsProjectsInPortfolio = on(state.Programs, func(d *state.Draft, before, p *ent.Program) error {
	if before == nil || before.PortfolioID == p.PortfolioID {
		return nil
	}
	for project := range state.Projects.By(state.All(d), "program_id", p.ID) {
		if project.PortfolioID != p.PortfolioID {
			return fault.At("portfolio_id", "OTHER_PORTFOLIO", "the program has projects in another portfolio")
		}
	}
	return nil
})

// resourceRate: a rate has a currency, and there is no currency without a rate.
var resourceRate = on(state.Resources, func(_ *state.Draft, _, r *ent.Resource) error {
	if (r.StandardRate == nil) != (r.RateCurrency == nil) {
		return fault.At("rate_currency", "INCOMPLETE", "a rate and its currency go together")
	}
	return nil
})

// resourcePeriod: a resource ends on or after the day it begins.
var resourcePeriod = on(state.Resources, func(_ *state.Draft, _, r *ent.Resource) error {
	return inOrder(r.ValidFrom, r.ValidTo, "valid_to", "the last day lies before the first")
})

// projectDates: a plan does not finish before it starts.
var projectDates = on(state.Projects, func(_ *state.Draft, _, p *ent.Project) error {
	return inOrder(p.PlannedStart, p.PlannedFinish, "planned_finish", "the planned finish lies before the planned start")
})

// projectCurrency: the currency that amounts are in does not change under them.
var projectCurrency = on(state.Projects, func(d *state.Draft, before, p *ent.Project) error {
	if before == nil || before.Currency == p.Currency {
		return nil
	}
	for m := range state.Milestones.By(state.All(d), "project_id", p.ID) {
		if m.Budget != nil {
			return fault.At("currency", "IN_USE", "milestones have budgets in the present currency; clear them first")
		}
	}
	return nil
})
