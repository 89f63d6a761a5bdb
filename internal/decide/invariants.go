package decide

import (
	"strings"
	"time"

	"pmograph/auth"
	"pmograph/ent"
	"pmograph/internal/calc/calendar"
	"pmograph/internal/calc/money"
	"pmograph/internal/fault"
	"pmograph/internal/state"
	"pmograph/internal/vocab"
)

// Invariants are what must hold of every changed row after any mutation, import or merge, whoever made it.
var Invariants = []state.Invariant{
	of(portfolioTree), of(teamTree), of(programInPortfolio), of(projectDates), of(periodOrder), of(resourceDates), of(roleScope), of(noSelfGrant),
	administratorRemains, approvedBaselineStays, of(oneApprovedBaseline), of(baselineDated), of(entryFits), submittedReportStays, of(reachedHasDate), of(oneFinish),
	of(reportRating), of(zoneKnown), of(organisationZone), of(calendarWorks), of(rateCurrencies), currencyKnown, externalPair,
}

// of makes a rule on rows of one entity an invariant; it is asked for rows that are created or changed.
func of[T any](rule func(*state.Draft, *T) error) state.Invariant {
	return func(d *state.Draft, c *state.Change) error {
		if row, ok := c.After.(*T); ok {
			return rule(d, row)
		}
		return nil
	}
}

func broken(column, code, format string, args ...any) error {
	return at(camel(column), code, format, args...)
}

// A portfolio tree has no cycle, and codes at its top are unique.
func portfolioTree(d *state.Draft, p *ent.Portfolio) error {
	all := state.All(d)
	if p.ParentID == nil {
		for other := range state.Portfolios.All(all) {
			if other.ID != p.ID && other.ParentID == nil && other.Code == p.Code {
				return broken("code", "TAKEN", "the value is in use by another portfolio")
			}
		}
	}
	path := []string{p.Code}
	for up := p; up.ParentID != nil; {
		if up = state.Portfolios.Get(all, *up.ParentID); up == nil {
			return nil
		}
		if path = append(path, up.Code); up.ID == p.ID {
			return broken("parent_id", "CYCLE", "a portfolio cannot lie below itself: %s", strings.Join(path, " below "))
		}
		if len(path) > maxDepth {
			return broken("parent_id", "TOO_DEEP", "a tree is at most %d deep", maxDepth)
		}
	}
	return nil
}

const maxDepth = 20

// A team tree has no cycle.
func teamTree(d *state.Draft, t *ent.Team) error {
	all := state.All(d)
	depth := 0
	for up := t; up.ParentID != nil; {
		if up = state.Teams.Get(all, *up.ParentID); up == nil {
			return nil
		}
		if depth++; up.ID == t.ID || depth > maxDepth {
			return broken("parent_id", "CYCLE", "a team cannot lie below itself, nor deeper than %d", maxDepth)
		}
	}
	return nil
}

// A project's program belongs to the project's portfolio.
func programInPortfolio(d *state.Draft, p *ent.Project) error {
	if prog := state.Programs.Ref(state.All(d), p.ProgramID); prog != nil && prog.PortfolioID != p.PortfolioID {
		return broken("program_id", "ELSEWHERE", "the program belongs to another portfolio than the project")
	}
	return nil
}

func ordered(column string, from, to *vocab.Date) error {
	if from != nil && to != nil && *to < *from {
		return broken(column, "BEFORE_START", "%s is before %s", *to, *from)
	}
	return nil
}

func projectDates(_ *state.Draft, p *ent.Project) error {
	return ordered("planned_finish", p.PlannedStart, p.PlannedFinish)
}

func periodOrder(_ *state.Draft, r *ent.StatusReport) error {
	return ordered("period_end", &r.PeriodStart, &r.PeriodEnd)
}

func resourceDates(_ *state.Draft, r *ent.Resource) error {
	return ordered("valid_to", r.ValidFrom, r.ValidTo)
}

// A role is held on a node of a kind it may be held on, and for a time that does not end before it begins.
func roleScope(d *state.Draft, g *ent.RoleAssignment) error {
	if !auth.MayBeOn(g.Role, g.ScopeKind) {
		return broken("role", "WRONG_SCOPE", "%s cannot be held on %s", g.Role, g.ScopeKind)
	}
	node := g.ScopeKind != vocab.ScopeKindOrganisation && g.ScopeKind != vocab.ScopeKindOwn
	if node != (g.ScopeID != nil) {
		return at("node", "REQUIRED", "a role on a %s names it, any other role names no node", strings.ToLower(string(g.ScopeKind)))
	}
	for t, kind := range scopeOf {
		if kind == g.ScopeKind && !d.Exists(t, *g.ScopeID) {
			return notFound("node", t.ID(*g.ScopeID))
		}
	}
	return ordered("valid_to", g.ValidFrom, g.ValidTo)
}

// Nobody grants to himself.
func noSelfGrant(d *state.Draft, g *ent.RoleAssignment) error {
	if d.User() != 0 && g.UserID == d.User() {
		return &fault.Error{Kind: fault.Forbidden, Text: "nobody grants a role to himself; somebody else must do it"}
	}
	return nil
}

// The office keeps an administrator: an active user with a local, organisation-wide, unlimited ADMIN row.
func administratorRemains(d *state.Draft, c *state.Change) error {
	if c.Before == nil || c.Table != state.RoleAssignments.Desc() && c.Table != state.Users.Desc() {
		return nil
	}
	if hasAdministrator(state.NewWhole(d.Base())) && !hasAdministrator(state.All(d)) {
		return fault.New(fault.Conflict, "this would leave nobody who administers; grant ADMIN to somebody else first")
	}
	return nil
}

func hasAdministrator(r state.Reader) bool {
	for g := range state.RoleAssignments.All(r) {
		u := state.Users.Get(r, g.UserID)
		if g.Role == vocab.RoleAdmin && g.ScopeKind == vocab.ScopeKindOrganisation && g.ValidFrom == nil && g.ValidTo == nil && g.ArchivedAt == nil && u != nil && u.Active && u.Issuer == LocalIssuer {
			return true
		}
	}
	return false
}

// An approved baseline and what it fixes do not change, but that it is superseded. A source that imports its baselines may correct
// them: what it reported first may turn out to be earlier. They go with their project.
func approvedBaselineStays(d *state.Draft, c *state.Change) error {
	var b *ent.Baseline
	switch row := c.Before.(type) {
	case *ent.Baseline:
		b = row
		if after, ok := c.After.(*ent.Baseline); ok && onlySuperseded(row, after) {
			return nil
		}
	case *ent.BaselineEntry:
		b = state.Baselines.Get(state.NewWhole(d.Base()), row.BaselineID)
	}
	if row, ok := c.After.(*ent.BaselineEntry); ok && c.Before == nil {
		b = state.Baselines.Get(state.NewWhole(d.Base()), row.BaselineID)
	}
	if b == nil || b.State == vocab.BaselineStateDraft || corrected(d, b.ExternalSource) || c.After == nil && !d.Exists(state.Projects.Desc(), b.ProjectID) {
		return nil
	}
	return fault.New(fault.Conflict, "baseline %d is %s and does not change; make a new one", b.Number, b.State)
}

func onlySuperseded(before, after *ent.Baseline) bool {
	return before.State == vocab.BaselineStateApproved && after.State == vocab.BaselineStateSuperseded &&
		before.Number == after.Number && before.Reason == after.Reason && before.ProjectID == after.ProjectID &&
		before.ApprovedOn != nil && after.ApprovedOn != nil && *before.ApprovedOn == *after.ApprovedOn
}

// corrected tells whether a row came from a source, and the mutation is an import.
func corrected(d *state.Draft, source *string) bool {
	return source != nil && d.Action() == importAction
}

// One baseline of a project is approved at a time.
func oneApprovedBaseline(d *state.Draft, b *ent.Baseline) error {
	for other := range state.Baselines.By(state.All(d), "project_id", b.ProjectID) {
		if other.ID != b.ID && other.State == vocab.BaselineStateApproved && b.State == vocab.BaselineStateApproved {
			return broken("state", "APPROVED_ALREADY", "baseline %d of the project is approved already", other.Number)
		}
	}
	return nil
}

// An approved baseline has a day of approval, a draft has none.
func baselineDated(_ *state.Draft, b *ent.Baseline) error {
	if (b.ApprovedOn == nil) != (b.State == vocab.BaselineStateDraft) {
		return broken("approved_on", "REQUIRED", "a baseline has a day of approval once it is approved, and none before")
	}
	return nil
}

// A baseline entry fixes a thing of the baseline's own project, and is of the kind of that thing.
func entryFits(d *state.Draft, e *ent.BaselineEntry) error {
	all := state.All(d)
	b := state.Baselines.Get(all, e.BaselineID)
	m := state.Milestones.Ref(all, e.MilestoneID)
	if b != nil && b.ProjectID != e.ProjectID || m != nil && m.ProjectID != e.ProjectID {
		return broken("project_id", "ELSEWHERE", "baseline, milestone and entry belong to one project")
	}
	if (e.MilestoneID != nil) != (e.ItemKind == vocab.BaselineItemKindMilestone) {
		return broken("milestone_id", "WRONG_KIND", "an entry names a milestone exactly if it is of kind MILESTONE")
	}
	return ordered("finish", e.Start, e.Finish)
}

// A submitted report does not change, but that it is superseded; a source may correct what it imported.
func submittedReportStays(d *state.Draft, c *state.Change) error {
	r, ok := c.Before.(*ent.StatusReport)
	if !ok || r.State == vocab.ReportStateDraft || corrected(d, r.ExternalSource) || c.After == nil && !d.Exists(state.Projects.Desc(), r.ProjectID) {
		return nil
	}
	if after, ok := c.After.(*ent.StatusReport); ok && r.State == vocab.ReportStateSubmitted && after.State == vocab.ReportStateSuperseded && len(c.Columns) <= 3 {
		return nil // state, and the two columns the record keeps
	}
	return fault.New(fault.Conflict, "the report for %s is submitted and does not change; submit a new revision", r.PeriodEnd)
}

// A milestone is reached on a day that is not in the future, and only then has one.
func reachedHasDate(d *state.Draft, m *ent.Milestone) error {
	if (m.State == vocab.MilestoneStateReached) != (m.ActualDate != nil) {
		return broken("actual_date", "REQUIRED", "a milestone has an actual date exactly if it is reached")
	}
	if m.ActualDate != nil && *m.ActualDate > d.Day() {
		return broken("actual_date", "IN_FUTURE", "%s has not come yet", *m.ActualDate)
	}
	return nil
}

// A project has one finish.
func oneFinish(d *state.Draft, m *ent.Milestone) error {
	for other := range state.Milestones.By(state.All(d), "project_id", m.ProjectID) {
		if m.IsFinish && other.IsFinish && other.ID != m.ID {
			return broken("is_finish", "TAKEN", "%q is the project's finish already", other.Name)
		}
	}
	return nil
}

// A report without a rating says why; one with a rating does not.
func reportRating(_ *state.Draft, r *ent.StatusReport) error {
	none := r.Confidence != nil && *r.Confidence == vocab.DeliveryConfidenceNotRated
	if r.NotRatedReason != nil && !none {
		return broken("not_rated_reason", "RATED", "a reason for no rating stands beside the confidence NOT_RATED only")
	}
	return nil
}

func zone(column, name string) error {
	if _, err := time.LoadLocation(name); err != nil || name == "Local" {
		return broken(column, "UNKNOWN", "%q is not a time zone of the IANA database", name)
	}
	return nil
}

func zoneKnown(_ *state.Draft, c *ent.WorkCalendar) error        { return zone("timezone", c.Timezone) }
func organisationZone(_ *state.Draft, o *ent.Organisation) error { return zone("timezone", o.Timezone) }

// A calendar has a working day.
func calendarWorks(_ *state.Draft, c *ent.WorkCalendar) error {
	if len(c.WeeklyMinutes) != 7 {
		return broken("weekly_minutes", "INVALID", "a week has seven days, Sunday first; %d are given", len(c.WeeklyMinutes))
	}
	var ex []calendar.Exception
	for _, e := range c.Exceptions {
		ex = append(ex, calendar.Exception{Date: e.Date, Minutes: e.Minutes})
	}
	if _, err := calendar.New([7]int(c.WeeklyMinutes), ex); err != nil {
		return broken("weekly_minutes", "INVALID", "%v", err)
	}
	return nil
}

func rateCurrencies(_ *state.Draft, r *ent.ExchangeRate) error {
	if r.FromCurrency == r.ToCurrency {
		return broken("to_currency", "SAME", "a currency is 1 of itself")
	}
	return nil
}

// Every currency is one of ISO 4217.
func currencyKnown(_ *state.Draft, c *state.Change) error {
	if c.After == nil {
		return nil
	}
	for _, column := range []string{"currency", "rate_currency", "from_currency", "to_currency"} {
		if code, ok := c.Table.Text(c.After, column); ok {
			if _, err := money.Digits(code); err != nil {
				return broken(column, "UNKNOWN", "%v", err)
			}
		}
	}
	return nil
}

// Where a row came from is source and key together.
func externalPair(_ *state.Draft, c *state.Change) error {
	if c.After == nil {
		return nil
	}
	_, source := c.Table.Text(c.After, "external_source")
	_, key := c.Table.Text(c.After, "external_id")
	if source != key {
		return broken("external_id", "REQUIRED", "source and key of an imported row stand together")
	}
	return nil
}
