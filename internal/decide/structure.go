package decide

import (
	"pmograph/ent"
	"pmograph/internal/guard"
	"pmograph/internal/state"
	"pmograph/internal/vocab"
)

// PortfolioCreate makes a portfolio.
func PortfolioCreate(in PortfolioCreateInput) state.Decision {
	return decision("portfolioCreate", in, func(w *work) error {
		parent := w.findIf(state.Portfolios.Desc(), "parentId", in.ParentID)
		manager := w.findIf(state.Users.Desc(), "managerId", in.ManagerID)
		calendar := w.findIf(state.WorkCalendars.Desc(), "calendarId", in.CalendarID)
		return create(w, state.Portfolios, func(p *ent.Portfolio) {
			p.Code, p.Name, p.Lifecycle = in.Code, in.Name, vocab.PortfolioLifecycleActive
			p.ParentID, p.ManagerID, p.Currency, p.CalendarID = parent, manager, in.Currency, calendar
		})
	})
}

// PortfolioUpdate changes a portfolio.
func PortfolioUpdate(in PortfolioUpdateInput) state.Decision {
	return decision("portfolioUpdate", in, func(w *work) error {
		return update(w, state.Portfolios, in.ID, in.ExpectedVersion, in.Patch, "code", "name", "lifecycle", "manager_id", "currency", "calendar_id")
	})
}

// PortfolioMove puts a portfolio with all below it under another, or at the top.
func PortfolioMove(in PortfolioMoveInput) state.Decision {
	return decision("portfolioMove", in, func(w *work) error {
		id := w.find(state.Portfolios.Desc(), "id", in.ID)
		parent := w.findIf(state.Portfolios.Desc(), "parentId", in.ParentID)
		return change(w, state.Portfolios, id, in.ExpectedVersion, func(p *ent.Portfolio) { p.ParentID = parent })
	})
}

// PortfolioDelete removes a portfolio that holds nothing.
func PortfolioDelete(in PortfolioDeleteInput) state.Decision {
	return decision("portfolioDelete", in, func(w *work) error {
		return remove(w, state.Portfolios, in.ID, in.ExpectedVersion)
	})
}

// ProgramCreate makes a program.
func ProgramCreate(in ProgramCreateInput) state.Decision {
	return decision("programCreate", in, func(w *work) error {
		portfolio := w.find(state.Portfolios.Desc(), "portfolioId", in.PortfolioID)
		sponsor := w.findIf(state.Users.Desc(), "sponsorId", in.SponsorID)
		return create(w, state.Programs, func(p *ent.Program) {
			p.Code, p.Name, p.Lifecycle = in.Code, in.Name, vocab.PortfolioLifecycleActive
			p.PortfolioID, p.SponsorID = portfolio, sponsor
		})
	})
}

// ProgramUpdate changes a program.
func ProgramUpdate(in ProgramUpdateInput) state.Decision {
	return decision("programUpdate", in, func(w *work) error {
		return update(w, state.Programs, in.ID, in.ExpectedVersion, in.Patch, "code", "name", "lifecycle", "sponsor_id")
	})
}

// ProgramDelete removes a program without projects.
func ProgramDelete(in ProgramDeleteInput) state.Decision {
	return decision("programDelete", in, func(w *work) error {
		return remove(w, state.Programs, in.ID, in.ExpectedVersion)
	})
}

// TeamCreate makes a team.
func TeamCreate(in TeamCreateInput) state.Decision {
	return decision("teamCreate", in, func(w *work) error {
		parent := w.findIf(state.Teams.Desc(), "parentId", in.ParentID)
		manager := w.findIf(state.Users.Desc(), "managerId", in.ManagerID)
		return create(w, state.Teams, func(t *ent.Team) {
			t.Code, t.Name, t.ParentID, t.ManagerID = in.Code, in.Name, parent, manager
		})
	})
}

// TeamUpdate changes a team.
func TeamUpdate(in TeamUpdateInput) state.Decision {
	return decision("teamUpdate", in, func(w *work) error {
		return update(w, state.Teams, in.ID, in.ExpectedVersion, in.Patch, "code", "name", "parent_id", "manager_id")
	})
}

// fullTime is a contracted share of the whole, in thousandths.
const fullTime = 1000

// ResourceCreate makes a resource.
func ResourceCreate(in ResourceCreateInput) state.Decision {
	return decision("resourceCreate", in, func(w *work) error {
		team := w.findIf(state.Teams.Desc(), "teamId", in.TeamID)
		manager := w.findIf(state.Users.Desc(), "managerId", in.ManagerID)
		user := w.findIf(state.Users.Desc(), "userId", in.UserID)
		calendar := w.findIf(state.WorkCalendars.Desc(), "calendarId", in.CalendarID)
		return create(w, state.Resources, func(r *ent.Resource) {
			r.Code, r.Name, r.Kind, r.RoleName = in.Code, personal(in.Name), in.Kind, in.RoleName
			r.TeamID, r.ManagerID, r.UserID, r.CalendarID = team, manager, user, calendar
			r.ContractShare, r.ValidFrom, r.ValidTo, r.RateCurrency = or(in.ContractShare, fullTime), in.ValidFrom, in.ValidTo, in.RateCurrency
			if n, ok := w.amount("standardRate", in.StandardRate, currencyOf(w.d, r)); ok {
				rate := guard.NewRate(n)
				r.StandardRate = &rate
			}
		})
	})
}

// or gives what a pointer points to, or something else if it is nil.
func or[T any](p *T, otherwise T) T {
	if p == nil {
		return otherwise
	}
	return *p
}

// ResourceUpdate changes a resource.
func ResourceUpdate(in ResourceUpdateInput) state.Decision {
	return decision("resourceUpdate", in, func(w *work) error {
		return update(w, state.Resources, in.ID, in.ExpectedVersion, in.Patch, "code", "name", "kind", "role_name", "team_id", "manager_id", "user_id", "calendar_id",
			"contract_share", "standard_rate", "rate_currency", "valid_from", "valid_to")
	})
}

// ResourceDelete removes a resource with what is stated of its time. One that is booked stays.
func ResourceDelete(in ResourceDeleteInput) state.Decision {
	return decision("resourceDelete", in, func(w *work) error {
		if err := remove(w, state.Resources, in.ID, in.ExpectedVersion); err != nil {
			return err
		}
		ref, _ := state.ParseID(in.ID)
		return state.CapacityEntries.Clear(w.d, ref.ID)
	})
}
