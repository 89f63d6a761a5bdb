package decide

import (
	"slices"

	"pmograph/auth"
	"pmograph/ent"
	"pmograph/internal/fault"
	"pmograph/internal/guard"
	"pmograph/internal/state"
	"pmograph/internal/vocab"
)

// Every mutation of structure and settings, one function each; the input types stand in graph/schema.

// OrganisationUpdate changes the organisation's settings; the first one makes the organisation.
func OrganisationUpdate(in Input) state.Decision {
	return decision("organisationUpdate", in, func(d *state.Draft) error {
		var row *ent.Organisation
		if o := d.Snapshot().Organisation(); o != nil {
			var err error
			if row, err = state.Organisations.Edit(d, o.ID, in.version()); err != nil {
				return err
			}
		} else {
			row = state.Organisations.New(d)
			row.Timezone, row.FiscalYearStart, row.StandardWeekMinutes, row.ReportValidityMonths = "UTC", 1, 2250, 12
		}
		d.Result(state.Organisations.Desc(), row.ID)
		if err := fill(d, state.Organisations.Desc(), row, in); err != nil {
			return err
		}
		return put(d, state.Organisations, row)
	})
}

// WorkCalendarSet makes or replaces the calendar of a code.
func WorkCalendarSet(in Input) state.Decision {
	return decision("workCalendarSet", in, func(d *state.Draft) error {
		row, err := replaced(d, state.WorkCalendars, in, in.text("code"))
		if err != nil {
			return err
		}
		if row.WeeklyMinutes, err = minutes(in["weeklyMinutes"]); err != nil {
			return err
		}
		row.Exceptions, _ = in["exceptions"].([]vocab.CalendarException)
		rest := in.only("code", "name", "timezone")
		if err := fill(d, state.WorkCalendars.Desc(), row, rest); err != nil {
			return err
		}
		return put(d, state.WorkCalendars, row)
	})
}

func minutes(v any) ([]int, error) {
	switch list := v.(type) {
	case []int:
		return list, nil
	case []int32:
		var out []int
		for _, n := range list {
			out = append(out, int(n))
		}
		return out, nil
	}
	return nil, at("weeklyMinutes", "REQUIRED", "seven numbers, Sunday first")
}

// ExchangeRateSet makes or replaces the rate of a pair and a day.
func ExchangeRateSet(in Input) state.Decision {
	return decision("exchangeRateSet", in, func(d *state.Draft) error {
		day := in.date("validFrom")
		if day == nil {
			return at("validFrom", "REQUIRED", "the first day of the rate is needed")
		}
		row, err := replaced(d, state.ExchangeRates, in, in.text("fromCurrency"), in.text("toCurrency"), *day)
		if err != nil {
			return err
		}
		nano, err := scaled(in.text("rate"))
		if err != nil {
			return err
		}
		row.Rate = nano
		rest := in.only("fromCurrency", "toCurrency", "validFrom", "source")
		if err := fill(d, state.ExchangeRates.Desc(), row, rest); err != nil {
			return err
		}
		return put(d, state.ExchangeRates, row)
	})
}

// replaced gives the row that holds the values of an entity's own unique index, or a new one.
func replaced[T any](d *state.Draft, t *state.Table[T], in Input, values ...any) (row *T, err error) {
	if have := t.Find(d, ownUnique, values...); have != nil {
		row, err = t.Edit(d, t.Desc().RowID(have), in.version())
	} else {
		row = t.New(d)
	}
	if err == nil {
		d.Result(t.Desc(), t.Desc().RowID(row))
	}
	return row, err
}

// ownUnique is the position of an entity's own first unique index, after the one every entity has.
const ownUnique = 1

// UserCreate admits a person or service.
func UserCreate(in Input) state.Decision {
	return create("userCreate", state.Users, in, func(_ *state.Draft, u *ent.User) { u.Issuer, u.Active = LocalIssuer, true })
}

// LocalIssuer vouches for the subjects of this server's own tokens.
const LocalIssuer = "LOCAL"

// UserUpdate changes a person's data or shuts him out.
func UserUpdate(in Input) state.Decision { return update("userUpdate", state.Users, in) }

// UserErase removes a person's data for good: from the rows, and, as the store carries it out, from the journal.
func UserErase(in Input) state.Decision {
	return decision("userErase", in, func(d *state.Draft) error {
		u, err := target(d, state.Users, in)
		if err != nil {
			return err
		}
		u.Subject, u.Name, u.Email, u.Active = nil, nil, nil, false
		now := d.At()
		u.ErasedAt = &now
		if err := state.Users.Put(d, u); err != nil {
			return err
		}
		for r := range state.Resources.By(d, "user_id", u.ID) {
			row, err := state.Resources.Edit(d, r.ID, nil)
			if err != nil {
				return err
			}
			row.Name = nil
			if err := state.Resources.Put(d, row); err != nil {
				return err
			}
		}
		return nil
	})
}

// RoleGrant gives a role.
func RoleGrant(in Input) state.Decision {
	return decision("roleGrant", in, func(d *state.Draft) error {
		row := state.RoleAssignments.New(d)
		rest := in.only("user", "role", "validFrom", "validTo")
		err := fill(d, state.RoleAssignments.Desc(), row, rest)
		row.ScopeKind = vocab.ScopeKindOrganisation
		if plain(in["own"]) == true {
			row.ScopeKind = vocab.ScopeKindOwn
		}
		if id := in.text("node"); id != "" {
			ref, ok := state.ParseID(id)
			kind, isNode := scopeOf[ref.Table]
			if !ok || !isNode || !d.Visible(ref.Table, ref.ID) {
				return fault.Join(err, notFound("node", id))
			}
			row.ScopeKind, row.ScopeID = kind, &ref.ID
		}
		if err != nil {
			return err
		}
		d.Result(state.RoleAssignments.Desc(), row.ID)
		return put(d, state.RoleAssignments, row)
	})
}

var scopeOf = map[*state.Desc]vocab.ScopeKind{
	state.Portfolios.Desc(): vocab.ScopeKindPortfolio, state.Programs.Desc(): vocab.ScopeKindProgram,
	state.Projects.Desc(): vocab.ScopeKindProject, state.Teams.Desc(): vocab.ScopeKindTeam,
}

// RoleRevoke takes a role away.
func RoleRevoke(in Input) state.Decision {
	return remove("roleRevoke", state.RoleAssignments, in, nil)
}

// OperatorGrant admits a subject of this server's own tokens, if he is not known, and gives him a role: the way in on the machine
// itself.
func OperatorGrant(subject string, role vocab.Role, scope auth.Scope) state.Decision {
	in := Input{"subject": subject, "role": string(role), "scope": scope.String()}
	return decision("operatorGrant", in, func(d *state.Draft) error {
		node, ok := d.Snapshot().Resolve(scope)
		if !ok {
			return fault.At("scope", "NOT_FOUND", "%q names no node, or more than one", scope)
		}
		u := state.Users.Find(d, ownUnique, LocalIssuer, subject)
		if u == nil {
			u = state.Users.New(d)
			name := guard.NewPersonal(subject)
			u.Issuer, u.Subject, u.Active = LocalIssuer, &name, true
			if err := state.Users.Put(d, u); err != nil {
				return err
			}
		}
		row := state.RoleAssignments.New(d)
		row.UserID, row.Role, row.ScopeKind = u.ID, role, scope.Kind
		if scope.Kind != vocab.ScopeKindOrganisation {
			row.ScopeID = &node
		}
		d.Result(state.RoleAssignments.Desc(), row.ID)
		return state.RoleAssignments.Put(d, row)
	})
}

// PortfolioCreate makes a portfolio.
func PortfolioCreate(in Input) state.Decision {
	return create("portfolioCreate", state.Portfolios, in, func(_ *state.Draft, p *ent.Portfolio) { p.Lifecycle = vocab.PortfolioLifecycleActive })
}

// PortfolioUpdate changes a portfolio where it is.
func PortfolioUpdate(in Input) state.Decision { return update("portfolioUpdate", state.Portfolios, in) }

// PortfolioMove puts a portfolio below another, or at the top.
func PortfolioMove(in Input) state.Decision { return update("portfolioMove", state.Portfolios, in) }

// PortfolioDelete removes an empty portfolio.
func PortfolioDelete(in Input) state.Decision {
	return remove("portfolioDelete", state.Portfolios, in, nil)
}

// ProgramCreate makes a program.
func ProgramCreate(in Input) state.Decision {
	return create("programCreate", state.Programs, in, func(_ *state.Draft, p *ent.Program) { p.Lifecycle = vocab.PortfolioLifecycleActive })
}

// ProgramUpdate changes a program.
func ProgramUpdate(in Input) state.Decision { return update("programUpdate", state.Programs, in) }

// ProgramDelete removes an empty program.
func ProgramDelete(in Input) state.Decision {
	return remove("programDelete", state.Programs, in, nil)
}

// TeamCreate makes a team.
func TeamCreate(in Input) state.Decision { return create("teamCreate", state.Teams, in, nil) }

// TeamUpdate changes a team.
func TeamUpdate(in Input) state.Decision { return update("teamUpdate", state.Teams, in) }

// ResourceCreate makes a resource.
func ResourceCreate(in Input) state.Decision {
	return create("resourceCreate", state.Resources, in, func(_ *state.Draft, r *ent.Resource) {
		r.Kind, r.ContractShare = vocab.ResourceKindPerson, 1000
	})
}

// ResourceUpdate changes a resource.
func ResourceUpdate(in Input) state.Decision { return update("resourceUpdate", state.Resources, in) }

// ResourceDelete removes a resource.
func ResourceDelete(in Input) state.Decision {
	return remove("resourceDelete", state.Resources, in, nil)
}

// ProjectCreate makes a project.
func ProjectCreate(in Input) state.Decision {
	return create("projectCreate", state.Projects, in, func(d *state.Draft, p *ent.Project) {
		p.Lifecycle = vocab.ProjectLifecycleProposed
		if o := d.Snapshot().Organisation(); o != nil {
			p.Currency = o.Currency
		}
	})
}

// ProjectUpdate changes a project where it is.
func ProjectUpdate(in Input) state.Decision { return update("projectUpdate", state.Projects, in) }

// ProjectMove puts a project into another portfolio or program. Without a program it leaves the one it is in if that lies elsewhere.
func ProjectMove(in Input) state.Decision {
	return decision("projectMove", in, func(d *state.Draft) error {
		p, err := target(d, state.Projects, in)
		if err != nil {
			return err
		}
		from := p.PortfolioID
		if err := fill(d, state.Projects.Desc(), p, in); err != nil {
			return err
		}
		if _, given := in["program"]; !given && p.PortfolioID != from {
			p.ProgramID = nil
		}
		return put(d, state.Projects, p)
	})
}

// ProjectAssign names who manages and who sponsors a project.
func ProjectAssign(in Input) state.Decision { return update("projectAssign", state.Projects, in) }

// ProjectDelete removes a project with its plan and its reports.
func ProjectDelete(in Input) state.Decision {
	return remove("projectDelete", state.Projects, in, func(d *state.Draft, p *ent.Project) error {
		removeAll(d, state.BaselineEntries, p.ID)
		removeAll(d, state.Baselines, p.ID)
		removeAll(d, state.Milestones, p.ID)
		removeAll(d, state.StatusReports, p.ID)
		return nil
	})
}

func removeAll[T any](d *state.Draft, t *state.Table[T], project int64) {
	var ids []int64
	for row := range t.By(d, "project_id", project) {
		ids = append(ids, t.Desc().RowID(row))
	}
	slices.Sort(ids)
	for _, id := range ids {
		t.Delete(d, id)
	}
}
