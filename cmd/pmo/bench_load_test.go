package main

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"pmograph/auth"
	"pmograph/internal/guard"
	"pmograph/internal/journal"
	"pmograph/internal/state"
	"pmograph/internal/vocab"
)

// The shared comparison's tables become a record of ours: rows keep their numbers, so that answers can be compared. Its words are mapped as
// the tables here say; what it has no word for is said where it is filled in.

// peerDay is the end of the comparison's current month: the day that status reports and baselines of the loaded record hold on.
var peerDay, _ = vocab.ParseDate("2026-01-31")

const peerCurrency = "EUR"

var (
	peerLifecycles = map[string]vocab.ProjectLifecycle{"ACTIVE": vocab.ProjectLifecycleExecuting, "PLANNED": vocab.ProjectLifecyclePlanning,
		"ON_HOLD": vocab.ProjectLifecycleOnHold, "CLOSED": vocab.ProjectLifecycleClosed}
	peerMilestones = map[string]vocab.MilestoneState{"OPEN": vocab.MilestoneStatePlanned, "DONE": vocab.MilestoneStateReached}
	peerDirections = map[string]vocab.KpiDirection{"UP": vocab.KpiDirectionUpGood, "DOWN": vocab.KpiDirectionDownGood}
)

// loadPeers brings the comparison's tables into an empty record: the structure and plans as one mutation, bookings and facts as one each.
func loadPeers(ctx context.Context, j *journal.Journal, from string) error {
	conn, err := pgx.Connect(ctx, from)
	if err != nil {
		return err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	src := peerSource{ctx, conn}
	for _, piece := range []func(peerSource) (func(*state.Draft) error, error){peerPlans, peerBookings, peerCosts, peerMeasurements, peerCapacity, peerHours} {
		run, err := piece(src)
		if err != nil {
			return err
		}
		if _, err := j.DoAs(ctx, auth.Machine("bench"), state.Decision{Action: "import", Run: run}, journal.Meta{}); err != nil {
			return err
		}
	}
	return nil
}

type peerSource struct {
	ctx  context.Context
	conn *pgx.Conn
}

// puts reads a question's rows and gives what puts each of them.
func puts[T any](src peerSource, question string, put func(*state.Draft, T) error) (func(*state.Draft) error, error) {
	answer, err := src.conn.Query(src.ctx, question)
	if err != nil {
		return nil, err
	}
	rows, err := pgx.CollectRows(answer, pgx.RowToStructByPos[T])
	return func(d *state.Draft) error {
		for _, x := range rows {
			if err := put(d, x); err != nil {
				return fmt.Errorf("%+v: %w", x, err)
			}
		}
		return nil
	}, err
}

// same refuses a row that got another number than it has in the comparison.
func same(have, want int64, err error) error {
	if err == nil && have != want {
		err = fmt.Errorf("got the number %d, not %d", have, want)
	}
	return err
}

type peerPortfolio struct {
	ID     int64
	Parent *int64
	Name   string
}

type peerTeam struct {
	ID   int64
	Name string
}

type peerPerson struct {
	ID, Team int64
	Name     string
}

type peerProject struct {
	ID, Portfolio, Manager, Priority, Budget int64
	Code, Name, Status, Health               string
	Start, Finish, Baseline                  time.Time
}

type peerMilestone struct {
	ID, Project   int64
	Name, Status  string
	Due, Forecast time.Time
	Done          *time.Time
}

type peerKpi struct {
	ID              int64
	Name, Direction string
}

// peerPlans is everything but bookings and facts, and the budgets.
func peerPlans(src peerSource) (func(*state.Draft) error, error) {
	var pieces []func(*state.Draft) error
	var failed error
	add := func(run func(*state.Draft) error, err error) {
		if pieces = append(pieces, run); failed == nil {
			failed = err
		}
	}
	add(puts(src, "SELECT id, parent_id, name FROM portfolio ORDER BY id", putPeerPortfolio))
	add(puts(src, "SELECT rank() OVER (ORDER BY department), department FROM person GROUP BY department ORDER BY 1", putPeerTeam))
	add(puts(src, "SELECT id, dense_rank() OVER (ORDER BY department), name FROM person ORDER BY id", putPeerPerson))
	add(puts(src, `SELECT id, portfolio_id, manager_id, priority, budget_minor, code, name, status, health, start_date, finish_date, baseline_finish
		FROM project ORDER BY id`, putPeerProject))
	add(puts(src, "SELECT id, project_id, name, status, due, forecast, done_at FROM milestone ORDER BY id", putPeerMilestone))
	add(puts(src, "SELECT id, name, direction FROM kpi ORDER BY id", putPeerKpi))
	add(puts(src, "SELECT DISTINCT category, category FROM cost_entry ORDER BY 1", func(d *state.Draft, x struct{ Code, Name string }) error {
		c := state.CostCategories.New(d)
		c.Code, c.Name = x.Code, x.Name
		return state.CostCategories.Put(d, c)
	}))
	add(peerFacts(src, state.BudgetLines.Desc(), "project_id", `SELECT id, 1, date_trunc('month', start_date)::date - date '1970-01-01', budget_minor
		FROM project ORDER BY id`, []string{"cost_category_id", "period", "amount"}, map[string]string{"reserve_kind": "NONE", "currency": peerCurrency}))
	return func(d *state.Draft) error {
		o := state.Organisations.New(d)
		o.Name, o.Currency, o.Timezone, o.FiscalYearStart, o.StandardWeekMinutes, o.ReportValidityMonths = "Comparison", peerCurrency, "Etc/UTC", 1, 40*60, 12
		if err := state.Organisations.Put(d, o); err != nil {
			return err
		}
		for _, run := range pieces {
			if err := run(d); err != nil {
				return err
			}
		}
		return nil
	}, failed
}

func putPeerPortfolio(d *state.Draft, x peerPortfolio) error {
	p := state.Portfolios.New(d)
	p.Code, p.Name, p.ParentID, p.Lifecycle = fmt.Sprint("PF-", x.ID), x.Name, x.Parent, vocab.PortfolioLifecycleActive
	return same(p.ID, x.ID, state.Portfolios.Put(d, p))
}

// putPeerTeam makes a department a team.
func putPeerTeam(d *state.Draft, x peerTeam) error {
	t := state.Teams.New(d)
	t.Code, t.Name = x.Name, x.Name
	return same(t.ID, x.ID, state.Teams.Put(d, t))
}

// putPeerPerson makes a person a user, who may manage projects, and a resource of the department's team.
func putPeerPerson(d *state.Draft, x peerPerson) error {
	u, subject, name := state.Users.New(d), guard.NewPersonal(fmt.Sprint("person-", x.ID)), guard.NewPersonal(x.Name)
	u.Issuer, u.Subject, u.Name, u.Active = issuer, &subject, &name, true
	if err := same(u.ID, x.ID, state.Users.Put(d, u)); err != nil {
		return err
	}
	r := state.Resources.New(d)
	r.Code, r.Name, r.Kind, r.RoleName, r.TeamID, r.UserID, r.ContractShare = fmt.Sprint("R-", x.ID), &name, vocab.ResourceKindPerson, "Specialist", &x.Team, &x.ID, 1000
	return same(r.ID, x.ID, state.Resources.Put(d, r))
}

// putPeerProject makes a project with its approved baseline and the report that declares its health.
func putPeerProject(d *state.Draft, x peerProject) error {
	p, priority, start, finish, baseline := state.Projects.New(d), int(x.Priority), vocab.DateOf(x.Start), vocab.DateOf(x.Finish), vocab.DateOf(x.Baseline)
	p.PortfolioID, p.ManagerID, p.Priority, p.Code, p.Name, p.Currency = x.Portfolio, &x.Manager, &priority, x.Code, x.Name, peerCurrency
	p.Lifecycle, p.PlannedStart, p.PlannedFinish = peerLifecycles[x.Status], &start, &finish
	if err := same(p.ID, x.ID, state.Projects.Put(d, p)); err != nil {
		return err
	}
	b := state.Baselines.New(d)
	b.ProjectID, b.Number, b.State, b.ApprovedOn, b.Reason = x.ID, 1, vocab.BaselineStateApproved, &start, "Comparison"
	if err := same(b.ID, x.ID, state.Baselines.Put(d, b)); err != nil {
		return err
	}
	e := state.BaselineEntries.New(d)
	e.BaselineID, e.ProjectID, e.ItemKind, e.Start, e.Finish = b.ID, x.ID, vocab.BaselineItemKindProject, &start, &baseline
	if err := state.BaselineEntries.Put(d, e); err != nil {
		return err
	}
	r, health, at := state.StatusReports.New(d), vocab.Rag(x.Health), d.At()
	r.ProjectID, r.PeriodStart, r.PeriodEnd, r.Revision, r.State = x.ID, peerDay-vocab.Date(peerDay.DaysInMonth())+1, peerDay, 1, vocab.ReportStateSubmitted
	r.Health, r.SubmittedAt, r.Currency = &health, &at, peerCurrency
	return state.StatusReports.Put(d, r)
}

// putPeerMilestone makes a milestone; the day it is due is its date in the baseline.
func putPeerMilestone(d *state.Draft, x peerMilestone) error {
	m, forecast, due := state.Milestones.New(d), vocab.DateOf(x.Forecast), vocab.DateOf(x.Due)
	m.ProjectID, m.Name, m.ForecastDate, m.State, m.Weight = x.Project, x.Name, &forecast, peerMilestones[x.Status], 1
	if x.Done != nil {
		done := vocab.DateOf(*x.Done)
		m.ActualDate = &done
	}
	if err := same(m.ID, x.ID, state.Milestones.Put(d, m)); err != nil {
		return err
	}
	e := state.BaselineEntries.New(d)
	e.BaselineID, e.ProjectID, e.ItemKind, e.MilestoneID, e.Finish = x.Project, x.Project, vocab.BaselineItemKindMilestone, &m.ID, &due
	return state.BaselineEntries.Put(d, e)
}

// putPeerKpi makes an indicator. All are weighted by budget, as W3 asks, and so tell of money; all are plain numbers, since a RATIO alone is
// shown with all of its decimals.
func putPeerKpi(d *state.Draft, x peerKpi) error {
	k, weight := state.KpiDefinitions.New(d), vocab.KpiWeightBudget
	k.Code, k.Name, k.Unit, k.Direction = fmt.Sprintf("KPI-%02d", x.ID), x.Name, vocab.UnitRatio, peerDirections[x.Direction]
	k.Source, k.FormulaVersion, k.Rollup, k.Weight, k.Cadence, k.AboutMoney = vocab.KpiSourceMeasured, 1, vocab.KpiRollupWeighted, &weight, vocab.CadenceMonth, true
	return same(k.ID, x.ID, state.KpiDefinitions.Put(d, k))
}

type peerBooking struct {
	ID, Project, Person int64
	Week                time.Time
}

// peerBookings makes each allocation a booking that was accepted. Its hours are peerHours.
func peerBookings(src peerSource) (func(*state.Draft) error, error) {
	return puts(src, "SELECT id, project_id, person_id, week FROM allocation ORDER BY id", func(d *state.Draft, x peerBooking) error {
		a, week := state.Allocations.New(d), vocab.DateOf(x.Week)
		a.ProjectID, a.ResourceID, a.Start, a.Finish = x.Project, x.Person, week, week+6
		a.Commitment, a.State = vocab.CommitmentHard, vocab.AllocationStateAccepted
		return same(a.ID, x.ID, state.Allocations.Put(d, a))
	})
}

// peerFacts gives what puts the facts a question names: their owner, then whole numbers, days since 1970 for dates, for the columns.
func peerFacts(src peerSource, t *state.Desc, owner, question string, columns []string, words map[string]string) (func(*state.Draft) error, error) {
	answer, err := src.conn.Query(src.ctx, question)
	if err != nil {
		return nil, err
	}
	b := state.NewBatch(t)
	var cols []state.Col
	for _, name := range columns {
		c, _ := b.Column(name)
		cols = append(cols, c)
	}
	values := make([]*int64, len(cols)+1)
	var into []any
	for i := range values {
		into = append(into, &values[i])
	}
	_, err = pgx.ForEachRow(answer, into, func() error {
		b.Add(owner, *values[0])
		for i, c := range cols {
			if n := values[i+1]; n != nil {
				b.Set(c, *n)
			}
		}
		for name, word := range words {
			c, _ := b.Column(name)
			if err := b.Word(c, word); err != nil {
				return err
			}
		}
		return nil
	})
	return func(d *state.Draft) error { return d.PutFacts(b) }, err
}

// The comparison's forecast of a month is of its whole cost, ours of what is to come beside what was booked.
func peerCosts(src peerSource) (func(*state.Draft) error, error) {
	return peerFacts(src, state.CostEntries.Desc(), "project_id", `SELECT project_id, rank, period - date '1970-01-01', planned_minor, actual_minor, forecast_minor - actual_minor
		FROM cost_entry JOIN (SELECT category, rank() OVER (ORDER BY category) FROM (SELECT DISTINCT category FROM cost_entry) c) r USING (category) ORDER BY project_id`,
		[]string{"cost_category_id", "period", "planned", "actual", "forecast"}, map[string]string{"currency": peerCurrency})
}

// Values are millionths, in the columns of indicators that tell of money.
func peerMeasurements(src peerSource) (func(*state.Draft) error, error) {
	return peerFacts(src, state.KpiMeasurements.Desc(), "project_id", `SELECT project_id, kpi_id, period - date '1970-01-01', (period + interval '1 month')::date - 1 - date '1970-01-01',
		round(value * 1000000)::bigint, round(target * 1000000)::bigint FROM kpi_measurement ORDER BY project_id`,
		[]string{"kpi_definition_id", "period_start", "period_end", "money_value", "money_target"}, nil)
}

func peerCapacity(src peerSource) (func(*state.Draft) error, error) {
	return peerFacts(src, state.CapacityEntries.Desc(), "resource_id", "SELECT person_id, week - date '1970-01-01', hours * 60 FROM capacity ORDER BY person_id",
		[]string{"period_start", "minutes"}, map[string]string{"grain": "WEEK", "source": "OVERRIDE"})
}

func peerHours(src peerSource) (func(*state.Draft) error, error) {
	return peerFacts(src, state.AllocationHours.Desc(), "resource_id", `SELECT person_id, id, week - date '1970-01-01', week + 6 - date '1970-01-01', hours * 60
		FROM allocation ORDER BY person_id`, []string{"allocation_id", "period_start", "period_end", "minutes"}, nil)
}
