package read

import (
	"strings"

	"pmograph/ent"
	"pmograph/internal/fault"
	"pmograph/internal/state"
	"pmograph/internal/vocab"
)

// Portfolio is a set of programs, projects and other portfolios.
type Portfolio struct {
	thing[ent.Portfolio]
	Code, Name string
	Lifecycle  vocab.PortfolioLifecycle
}

func newPortfolio(v *View, r *ent.Portfolio) *Portfolio {
	return &Portfolio{
		thing: thingOf(v, r),
		Code:  r.Code, Name: r.Name, Lifecycle: r.Lifecycle,
	}
}

// Parent is the portfolio above.
func (p *Portfolio) Parent() *Portfolio {
	return maybe(p.v, state.Portfolios.Ref(p.v, p.row.ParentID), newPortfolio)
}

// Manager is who manages it.
func (p *Portfolio) Manager() *User {
	return maybe(p.v, state.Users.Ref(p.v, p.row.ManagerID), newUser)
}

// Currency is what its totals are shown in.
func (p *Portfolio) Currency() string { return p.v.book.CurrencyOf(p.row) }

// OwnCurrency is the one it sets itself.
func (p *Portfolio) OwnCurrency() *string { return p.row.Currency }

// Calendar is the working calendar it sets itself.
func (p *Portfolio) Calendar() *WorkCalendar {
	return maybe(p.v, state.WorkCalendars.Ref(p.v, p.row.CalendarID), newWorkCalendar)
}

// Children are a page of the portfolios directly below.
func (p *Portfolio) Children(first *int32, after *string, last *int32, before *string) (*PortfolioConnection, error) {
	return connect[PortfolioConnection](p.v, state.Portfolios.By(p.v, "parent_id", p.row.ID), portfolioByCode, Page{first, after, last, before}, newPortfolio)
}

// Programs are a page of its programs.
func (p *Portfolio) Programs(first *int32, after *string, last *int32, before *string) (*ProgramConnection, error) {
	return connect[ProgramConnection](p.v, state.Programs.By(p.v, "portfolio_id", p.row.ID), programByCode, Page{first, after, last, before}, newProgram)
}

// Projects are a page of the projects in it and below.
func (p *Portfolio) Projects(filter *ProjectFilter, order *ProjectOrder, first *int32, after *string, last *int32, before *string) (*ProjectConnection, error) {
	return p.v.projects(p.v.inPortfolio(p.row.ID), filter, order, Page{first, after, last, before})
}

// Rollup is the condition of the projects in it and below.
func (p *Portfolio) Rollup(asOf *vocab.Date) *Rollup {
	scope := p.v.scopeOf(state.Portfolios.Place(p.v, p.row), p.row, p.v.inPortfolio(p.row.ID))
	scope.Nodes = []int64{p.row.ID}
	return p.v.rollup(scope, p.v.asOf(asOf))
}

// Cost is the money of its projects, and of those below.
func (p *Portfolio) Cost(asOf *vocab.Date) *CostTotals { return p.Rollup(asOf).Cost() }

// EarnedValue is that of its projects, and of those below.
func (p *Portfolio) EarnedValue(asOf *vocab.Date) *EarnedValue { return p.Rollup(asOf).EarnedValue() }

// Permissions is what the viewer may do with it.
func (p *Portfolio) Permissions() []Permission {
	return p.v.permissions(state.Portfolios.Place(p.v, p.row))
}

// PortfolioFilter says which portfolios.
type PortfolioFilter struct {
	Parent    *string
	Top       *bool
	Lifecycle []vocab.PortfolioLifecycle
	Text      *string
}

// Portfolios gives a page of the portfolios that meet a filter.
func (v *View) Portfolios(f *PortfolioFilter, p Page) (*PortfolioConnection, error) {
	rows := state.Portfolios.All(v)
	if f != nil {
		rows = where(rows, func(r *ent.Portfolio) bool {
			top := state.Portfolios.Ref(v, r.ParentID) == nil
			return (f.Top == nil || *f.Top == top) && v.names(f.Parent, state.Portfolios.Desc(), r.ParentID) && among(f.Lifecycle, r.Lifecycle) && within(f.Text, r.Code, r.Name)
		})
	}
	return connect[PortfolioConnection](v, rows, portfolioByCode, p, newPortfolio)
}

// Portfolio gives a portfolio by identifier or path of codes.
func (v *View) Portfolio(id, path *string) (*Portfolio, error) {
	row, err := find(v, state.Portfolios, id, path, func(p *ent.Portfolio) (string, *int64) { return p.Code, p.ParentID })
	return maybe(v, row, newPortfolio), err
}

// find gives a row by identifier, or the only visible one whose path of codes ends with the given one.
func find[T any](v *View, t *state.Table[T], id, path *string, coded func(*T) (code string, above *int64)) (found *T, err error) {
	switch {
	case (id == nil) == (path == nil):
		return nil, fault.At("id", "AMBIGUOUS", "give either the id or the path")
	case id != nil:
		if n, ok := number(t.Desc(), *id); ok {
			return t.Get(v, n), nil
		}
		return nil, nil
	}
	codes := strings.Split(*path, "/")
	last := len(codes) - 1
	for row := range t.All(v) {
		code, above := coded(row)
		if code != codes[last] || !state.PathEnds(v, above, codes[:last]) {
			continue
		}
		if found != nil {
			return nil, fault.At("path", "AMBIGUOUS", "more than one path ends with %.200q; begin it further up", *path)
		}
		found = row
	}
	return found, nil
}

var portfolioByCode = &order[*ent.Portfolio]{name: "portfolios CODE", key: func(p *ent.Portfolio) key { return byText(p.Code) }, id: func(p *ent.Portfolio) int64 { return p.ID }}

// PortfolioEdge is an item of a page of portfolios.
type PortfolioEdge struct{ Edge[*Portfolio] }

// PortfolioConnection is a page of portfolios.
type PortfolioConnection struct {
	Connection[*ent.Portfolio, *Portfolio, PortfolioEdge]
}

// Program is related projects managed together.
type Program struct {
	thing[ent.Program]
	Code, Name string
	Lifecycle  vocab.PortfolioLifecycle
}

func newProgram(v *View, r *ent.Program) *Program {
	return &Program{
		thing: thingOf(v, r),
		Code:  r.Code, Name: r.Name, Lifecycle: r.Lifecycle,
	}
}

// Portfolio is where it belongs.
func (p *Program) Portfolio() *Portfolio {
	return maybe(p.v, state.Portfolios.Get(p.v, p.row.PortfolioID), newPortfolio)
}

// Sponsor is who answers for its benefits.
func (p *Program) Sponsor() *User { return maybe(p.v, state.Users.Ref(p.v, p.row.SponsorID), newUser) }

// Projects are a page of its projects.
func (p *Program) Projects(filter *ProjectFilter, order *ProjectOrder, first *int32, after *string, last *int32, before *string) (*ProjectConnection, error) {
	return p.v.projects(state.Projects.By(p.v, "program_id", p.row.ID), filter, order, Page{first, after, last, before})
}

// Rollup is the condition of its projects.
func (p *Program) Rollup(asOf *vocab.Date) *Rollup {
	scope := p.v.scopeOf(state.Programs.Place(p.v, p.row), state.Portfolios.Get(p.v, p.row.PortfolioID), state.Projects.By(p.v, "program_id", p.row.ID))
	return p.v.rollup(scope, p.v.asOf(asOf))
}

// Cost is the money of its projects.
func (p *Program) Cost(asOf *vocab.Date) *CostTotals { return p.Rollup(asOf).Cost() }

// EarnedValue is that of its projects.
func (p *Program) EarnedValue(asOf *vocab.Date) *EarnedValue { return p.Rollup(asOf).EarnedValue() }

// Permissions is what the viewer may do with it.
func (p *Program) Permissions() []Permission {
	return p.v.permissions(state.Programs.Place(p.v, p.row))
}

// ProgramFilter says which programs.
type ProgramFilter struct {
	Portfolio *string
	Lifecycle []vocab.PortfolioLifecycle
	Text      *string
}

// Programs gives a page of the programs that meet a filter.
func (v *View) Programs(f *ProgramFilter, p Page) (*ProgramConnection, error) {
	rows := state.Programs.All(v)
	if f != nil {
		rows = where(rows, func(r *ent.Program) bool {
			return v.names(f.Portfolio, state.Portfolios.Desc(), &r.PortfolioID) && among(f.Lifecycle, r.Lifecycle) && within(f.Text, r.Code, r.Name)
		})
	}
	return connect[ProgramConnection](v, rows, programByCode, p, newProgram)
}

// Program gives a program by identifier or path of codes.
func (v *View) Program(id, path *string) (*Program, error) {
	row, err := find(v, state.Programs, id, path, func(p *ent.Program) (string, *int64) { return p.Code, &p.PortfolioID })
	return maybe(v, row, newProgram), err
}

var programByCode = &order[*ent.Program]{name: "programs CODE", key: func(p *ent.Program) key { return byText(p.Code) }, id: func(p *ent.Program) int64 { return p.ID }}

// ProgramEdge is an item of a page of programs.
type ProgramEdge struct{ Edge[*Program] }

// ProgramConnection is a page of programs.
type ProgramConnection struct {
	Connection[*ent.Program, *Program, ProgramEdge]
}
