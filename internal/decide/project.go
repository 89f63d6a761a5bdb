package decide

import (
	"pmograph/ent"
	"pmograph/internal/state"
	"pmograph/internal/vocab"
)

// ProjectCreate makes a project.
func ProjectCreate(in ProjectCreateInput) state.Decision {
	return decision("projectCreate", in, func(w *work) error {
		portfolio := w.find(state.Portfolios.Desc(), "portfolioId", in.PortfolioID)
		program := w.findIf(state.Programs.Desc(), "programId", in.ProgramID)
		manager := w.findIf(state.Users.Desc(), "managerId", in.ManagerID)
		sponsor := w.findIf(state.Users.Desc(), "sponsorId", in.SponsorID)
		calendar := w.findIf(state.WorkCalendars.Desc(), "calendarId", in.CalendarID)
		return create(w, state.Projects, func(p *ent.Project) {
			p.Code, p.Name, p.Lifecycle = in.Code, in.Name, or(in.Lifecycle, vocab.ProjectLifecycleProposed)
			p.PortfolioID, p.ProgramID, p.ManagerID, p.SponsorID, p.CalendarID = portfolio, program, manager, sponsor, calendar
			p.DeliveryMethod, p.Priority, p.Category = in.DeliveryMethod, in.Priority, in.Category
			p.StatusDate, p.PlannedStart, p.PlannedFinish = in.StatusDate, in.PlannedStart, in.PlannedFinish
			if p.Currency = or(in.Currency, inheritedCurrency(w.d, portfolio)); p.Currency == "" {
				w.note("currency", "REQUIRED", "neither the portfolio nor the organisation names a currency")
			}
		})
	})
}

// inheritedCurrency gives the currency of the nearest portfolio that names one, else the organisation's; empty if there is none.
func inheritedCurrency(d *state.Draft, portfolio int64) string {
	for p := state.Portfolios.Get(d, portfolio); p != nil; p = state.Portfolios.Ref(d, p.ParentID) {
		if p.Currency != nil {
			return *p.Currency
		}
	}
	if o := d.Snapshot().Organisation(); o != nil {
		return o.Currency
	}
	return ""
}

// ProjectUpdate changes a project.
func ProjectUpdate(in ProjectUpdateInput) state.Decision {
	return decision("projectUpdate", in, func(w *work) error {
		return update(w, state.Projects, in.ID, in.ExpectedVersion, in.Patch, "code", "name", "lifecycle", "delivery_method", "priority", "category", "currency",
			"calendar_id", "status_date", "planned_start", "planned_finish")
	})
}

// ProjectMove puts a project into a portfolio and a program. A program brings its portfolio along.
func ProjectMove(in ProjectMoveInput) state.Decision {
	return decision("projectMove", in, func(w *work) error {
		id := w.find(state.Projects.Desc(), "id", in.ID)
		portfolio := w.findIf(state.Portfolios.Desc(), "portfolioId", in.PortfolioID)
		program := w.findIf(state.Programs.Desc(), "programId", in.ProgramID)
		return change(w, state.Projects, id, in.ExpectedVersion, func(p *ent.Project) {
			if in := state.Programs.Ref(w.d, program); in != nil && portfolio == nil {
				portfolio = &in.PortfolioID
			}
			p.PortfolioID, p.ProgramID = or(portfolio, p.PortfolioID), program
		})
	})
}

// ProjectAssign names who answers for a project.
func ProjectAssign(in ProjectAssignInput) state.Decision {
	return decision("projectAssign", in, func(w *work) error {
		return update(w, state.Projects, in.ID, in.ExpectedVersion, in.Patch, "manager_id", "sponsor_id")
	})
}

// ProjectDelete removes a project with its milestones, baselines, reports, bookings and figures. The actor needs the right to change each of
// them, but for the hours of bookings.
func ProjectDelete(in ProjectDeleteInput) state.Decision {
	return decision("projectDelete", in, func(w *work) error {
		if err := remove(w, state.Projects, in.ID, in.ExpectedVersion); err != nil {
			return err
		}
		ref, _ := state.ParseID(in.ID)
		for a := range state.Allocations.By(state.All(w.d), "project_id", ref.ID) {
			if err := unbook(w.d, a); err != nil {
				return err
			}
		}
		for _, clear := range projectFacts {
			if err := clear(w.d, ref.ID); err != nil {
				return err
			}
		}
		removeBelow(w.d, state.Allocations, ref.ID)
		removeBelow(w.d, state.ActionItems, ref.ID)
		removeBelow(w.d, state.StatusReports, ref.ID)
		removeBelow(w.d, state.BaselineEntries, ref.ID)
		removeBelow(w.d, state.Baselines, ref.ID)
		removeBelow(w.d, state.Milestones, ref.ID)
		return nil
	})
}

// projectFacts removes the facts of a project, one function an entity.
var projectFacts = []func(d *state.Draft, project int64, prefix ...int64) error{
	state.BudgetLines.Clear, state.CostEntries.Clear, state.BaselinePeriods.Clear, state.KpiMeasurements.Clear,
}

func removeBelow[T any](d *state.Draft, t *state.Table[T], project int64) {
	var ids []int64
	for row := range t.By(d, "project_id", project) {
		ids = append(ids, t.Desc().RowID(row))
	}
	for _, id := range ids {
		t.Delete(d, id)
	}
}
