package main

import (
	"context"
	"fmt"
	"os"
	"slices"
	"testing"

	"github.com/jackc/pgx/v5"

	"pmograph/internal/state"
	"pmograph/internal/store/pgtest"
	"pmograph/internal/vocab"
)

// peerTables is the comparison's form with a few rows of it.
const peerTables = `
CREATE TABLE portfolio (id int, parent_id int, name text);
CREATE TABLE person (id int, name text, department text);
CREATE TABLE project (id int, portfolio_id int, name text, code text, status text, health text, manager_id int, start_date date, finish_date date,
  baseline_finish date, budget_minor bigint, priority int);
CREATE TABLE milestone (id int, project_id int, name text, due date, forecast date, done_at date, status text);
CREATE TABLE kpi (id int, name text, unit text, direction text, rollup text);
CREATE TABLE kpi_measurement (project_id int, kpi_id int, period date, value double precision, target double precision, weight double precision);
CREATE TABLE cost_entry (id bigint, project_id int, period date, category text, planned_minor bigint, actual_minor bigint, forecast_minor bigint);
CREATE TABLE capacity (person_id int, week date, hours int);
CREATE TABLE allocation (id bigint, project_id int, person_id int, week date, hours int);
INSERT INTO portfolio VALUES (1, NULL, 'Top'), (2, 1, 'Leaf');
INSERT INTO person VALUES (1, 'Ada', 'Y'), (2, 'Bob', 'X'), (3, 'Cy', 'Y');
INSERT INTO project VALUES (1, 2, 'Bridge', 'B', 'ACTIVE', 'AMBER', 3, '2024-02-10', '2026-05-01', '2026-04-01', 123456, 7),
  (2, 2, 'Tunnel', 'T', 'CLOSED', 'GREEN', 1, '2024-03-10', '2026-06-01', '2026-06-02', 99, 1);
INSERT INTO milestone VALUES (1, 1, 'Deck', '2025-07-01', '2025-07-09', '2025-07-08', 'DONE'), (2, 1, 'Open', '2026-03-01', '2026-03-05', NULL, 'OPEN');
INSERT INTO kpi VALUES (1, 'Delay', 'days', 'DOWN', 'SUM'), (2, 'Margin', 'EUR', 'UP', 'SUM');
INSERT INTO kpi_measurement VALUES (1, 1, '2026-01-01', 12.3, 81, 1), (1, 2, '2025-02-01', 45.6, 82, 1);
INSERT INTO cost_entry VALUES (1, 1, '2025-12-01', 'TRAVEL', 100, 90, 120), (2, 1, '2026-01-01', 'LABOUR', 200, 0, 210), (3, 1, '2026-01-01', 'TRAVEL', 300, 310, 305);
INSERT INTO capacity VALUES (1, '2026-01-05', 40), (2, '2026-01-05', 32);
INSERT INTO allocation VALUES (1, 1, 2, '2026-01-05', 9), (2, 2, 2, '2026-01-12', 11);`

// What the comparison's tables say is on record afterwards, under their numbers, to the minor unit and the minute.
func TestLoadPeers(t *testing.T) {
	from := pgtest.Empty(t)
	conn, err := pgx.Connect(t.Context(), from)
	must(t, err)
	_, err = conn.Exec(t.Context(), peerTables)
	must(t, err)
	must(t, conn.Close(t.Context()))
	r, err := where{Data: t.TempDir()}.open(t.Context(), quiet())
	must(t, err)
	t.Cleanup(r.close)
	must(t, loadPeers(t.Context(), r.journal, from))

	all := state.All(state.NewWhole(r.journal.Latest()))
	equal := func(what string, have any, want string) {
		t.Helper()
		if have := fmt.Sprint(have); have != want {
			t.Errorf("%s: %s, want %s", what, have, want)
		}
	}
	facts := func(rows state.Rows, columns ...state.Col) (text []string) {
		for x := range rows.All() {
			line := ""
			for _, c := range columns {
				if n, ok := x.Int(c); ok {
					line += fmt.Sprint(n)
				}
				line += "|"
			}
			text = append(text, line)
		}
		slices.Sort(text)
		return text
	}
	p := state.Projects.Get(all, 1)
	equal("project", []any{p.Code, p.Name, p.PortfolioID, *p.ManagerID, *p.Priority, p.Lifecycle, *p.PlannedStart, *p.PlannedFinish}, "[B Bridge 2 3 7 EXECUTING 2024-02-10 2026-05-01]")
	equal("parent", *state.Portfolios.Get(all, 2).ParentID, "1")
	equal("teams", []string{state.Teams.Get(all, *state.Resources.Get(all, 1).TeamID).Name, state.Teams.Get(all, *state.Resources.Get(all, 2).TeamID).Name}, "[Y X]")
	for r := range state.StatusReports.By(all, "project_id", 1) {
		equal("report", []any{*r.Health, r.PeriodStart, r.PeriodEnd}, "[AMBER 2026-01-01 2026-01-31]")
	}
	fixed := map[int64]vocab.Date{} // by milestone, 0 is the project
	for e := range state.BaselineEntries.By(all, "project_id", 1) {
		if e.MilestoneID == nil {
			e.MilestoneID = new(int64)
		}
		fixed[*e.MilestoneID] = *e.Finish
	}
	equal("baseline", fixed, "map[0:2026-04-01 1:2025-07-01 2:2026-03-01]")
	m, open := state.Milestones.Get(all, 1), state.Milestones.Get(all, 2)
	equal("milestones", []any{m.State, *m.ActualDate, *m.ForecastDate, open.State, *open.ForecastDate}, "[REACHED 2025-07-08 2025-07-09 PLANNED 2026-03-05]")
	cost := func(names ...string) (c []state.Col) {
		for _, n := range names {
			c = append(c, state.CostEntries.Col(n))
		}
		return c
	}
	december, january := vocab.NewDate(2025, 12, 1), vocab.NewDate(2026, 1, 1)
	equal("costs", facts(state.CostEntries.Of(all, 1), cost("cost_category_id", "period", "planned", "actual", "forecast")...),
		fmt.Sprintf("[1|%d|200|0|210| 2|%d|100|90|30| 2|%d|300|310|-5|]", january, december, january))
	equal("budget", facts(state.BudgetLines.Of(all, 1), state.BudgetLines.Col("amount"), state.BudgetLines.Col("period")), fmt.Sprintf("[123456|%d|]", vocab.NewDate(2024, 2, 1)))
	measured := state.KpiMeasurements.Of(all, 1, "project_id")
	equal("measurements", facts(measured, state.KpiMeasurements.Col("kpi_definition_id"), state.KpiMeasurements.Col("money_value"), state.KpiMeasurements.Col("money_target")), "[1|12300000|81000000| 2|45600000|82000000|]")
	equal("months", facts(measured, state.KpiMeasurements.Col("period_start"), state.KpiMeasurements.Col("period_end")),
		fmt.Sprintf("[%d|%d| %d|%d|]", vocab.NewDate(2025, 2, 1), vocab.NewDate(2025, 2, 28), january, peerDay))
	equal("capacity", facts(state.CapacityEntries.Of(all, 2), state.CapacityEntries.Col("minutes")), "[1920|]")
	equal("hours", facts(state.AllocationHours.Of(all, 2), state.AllocationHours.Col("allocation_id"), state.AllocationHours.Col("minutes")), "[1|540| 2|660|]")
	equal("booking", state.Allocations.Get(all, 2).ProjectID, "2")
}

// TestFillFromPeers is a step of scripts/bench-peers.sh: it fills the empty record of PMO_DATABASE from the comparison's database.
func TestFillFromPeers(t *testing.T) {
	from, to := os.Getenv("PMO_PEERS"), os.Getenv("PMO_DATABASE")
	if from == "" {
		t.Skip("PMO_PEERS names no database to fill from")
	}
	r, err := where{Data: t.TempDir(), Database: to}.open(t.Context(), quiet())
	must(t, err)
	defer r.close()
	must(t, loadPeers(context.WithoutCancel(t.Context()), r.journal, from))
	rows := map[string]int{}
	for _, d := range state.Tables {
		rows[d.Name] = r.journal.Latest().Count(d)
	}
	t.Log(rows)
}
