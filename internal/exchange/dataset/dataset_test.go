package dataset_test

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"pmograph/auth"
	"pmograph/ent"
	"pmograph/internal/accesstest"
	"pmograph/internal/decide"
	"pmograph/internal/exchange/dataset"
	"pmograph/internal/journal"
	"pmograph/internal/state"
	"pmograph/internal/store/memory"
	"pmograph/internal/vocab"
)

// office is the record of accesstest's small organisation.
func office(t testing.TB) *journal.Journal {
	t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	now := func() time.Time { return accesstest.Noon }
	j, err := journal.Open(ctx, &memory.Store{Now: now}, journal.Options{Now: now, Invariants: decide.Invariants, Log: slog.New(slog.DiscardHandler), Poll: 5 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stop(); <-j.Done() })
	put := state.Decision{Action: "import", Run: func(d *state.Draft) error { accesstest.NewOffice().Put(d); return nil }}
	if _, err := j.DoAs(ctx, auth.Machine("test"), put, journal.Meta{}); err != nil {
		t.Fatal(err)
	}
	return j
}

func as(t testing.TB, j *journal.Journal, name string) *dataset.View {
	t.Helper()
	v, err := j.View(context.Background(), auth.Identity{Issuer: "LOCAL", Subject: name}, journal.Query{})
	if err != nil {
		t.Fatal(err)
	}
	return dataset.NewView(v)
}

func ask(t testing.TB, v *dataset.View, of string, q dataset.Query) string {
	t.Helper()
	d, err := dataset.CatalogueOf(v).Named(of)
	if err != nil {
		t.Fatal(err)
	}
	q.Of = d
	p, err := q.Plan()
	if err != nil {
		t.Fatal(err)
	}
	rows, _, err := p.All(v)
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	for _, r := range rows {
		for i, x := range r.Values {
			if i > 0 {
				out.WriteByte(' ')
			}
			fmt.Fprintf(&out, "%s%s", x, x.Why)
		}
		out.WriteByte('\n')
	}
	return out.String()
}

// Names are withheld from who does not see them, and whoever sees the load of people sees that of just those, and of no role that nobody fills.
func TestPeople(t *testing.T) {
	j := office(t)
	role := state.Decision{Action: "import", Run: func(d *state.Draft) error {
		r := state.Resources.New(d)
		r.Code, r.Kind, r.RoleName, r.ContractShare = "R6", vocab.ResourceKindPlaceholder, "Engineer", 1000
		return state.Resources.Put(d, r)
	}}
	if _, err := j.DoAs(t.Context(), auth.Machine("test"), role, journal.Meta{}); err != nil {
		t.Fatal(err)
	}
	named := dataset.Query{Select: []dataset.Expr{dataset.Col("Name")}, Filter: dataset.Op("eq", dataset.Col("Kind"), dataset.Lit{Value: dataset.OfText("PERSON")})}
	loaded := dataset.Query{Steps: []dataset.Step{dataset.GroupBy{By: []dataset.Named{{Expr: dataset.Col("ResourceId")}}}}}
	for name, want := range map[string][2]string{
		"team-manager": {"Person R3", "resource-3"}, "resource-manager": {"Person R4", "resource-4"}, "looks-and-keeps": {"Person R1,Person R2,NOT_VISIBLE,NOT_VISIBLE,NOT_VISIBLE", "resource-1,resource-2"},
		"looks-and-plans": {"NOT_VISIBLE,NOT_VISIBLE,NOT_VISIBLE,NOT_VISIBLE,NOT_VISIBLE", ""}, "sponsor@organisation": {"Person R1,Person R2,Person R3,Person R4,Person R5", ""},
		"pmo@organisation": {"Person R1,Person R2,Person R3,Person R4,Person R5", "resource-1,resource-2,resource-3,resource-4,resource-5"},
	} {
		v := as(t, j, name)
		for i, got := range []string{ask(t, v, "Resources", named), ask(t, v, "LoadByMonth", loaded)} {
			if got = strings.ReplaceAll(strings.TrimSpace(got), "\n", ","); got != want[i] {
				t.Errorf("%s sees %s, want %s", name, got, want[i])
			}
		}
	}
	himself := as(t, j, "himself") // sees no names
	if got := ask(t, himself, "LoadByMonth", loaded); got != "resource-2\n" {
		t.Errorf("he sees the load of %s", got)
	}
}

// Of an indicator about money nothing is told to who sees no money: no number, not why there is none, and no column of projects.
func TestIndicatorsAboutMoney(t *testing.T) {
	j := office(t)
	missing := state.Decision{Action: "import", Run: func(d *state.Draft) error {
		k := state.KpiDefinitions.New(d) // of one portfolio: no column of all projects
		k.Code, k.Name, k.Unit, k.Direction, k.Source, k.FormulaVersion, k.Rollup, k.Cadence, k.PortfolioID = "K2", "Of one", vocab.UnitCount, vocab.KpiDirectionUpGood, vocab.KpiSourceMeasured, 1, vocab.KpiRollupSum, vocab.CadenceMonth, new(int64(1))
		if err := state.KpiDefinitions.Put(d, k); err != nil {
			return err
		}
		return state.KpiMeasurements.Put(d, &ent.KpiMeasurement{PortfolioID: new(int64(1)), KpiDefinitionID: 1, PeriodEnd: vocab.NewDate(2022, 2, 28), Reason: new(vocab.ReasonNoSample)})
	}}
	if _, err := j.DoAs(t.Context(), auth.Machine("test"), missing, journal.Meta{}); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"finance@organisation": " NO_SAMPLE\n7.000000 \n", "viewer@organisation": "NOT_VISIBLE \nNOT_VISIBLE \n"} {
		v := as(t, j, name)
		got := ask(t, v, "KpiMeasurements", dataset.Query{Select: []dataset.Expr{dataset.Col("Value"), dataset.Col("Reason")}, Filter: dataset.Op("eq", dataset.Col("NodeId"), dataset.Lit{Value: dataset.OfText("portfolio-1")})})
		d, err := dataset.CatalogueOf(v).Named("Projects")
		if err != nil {
			t.Fatal(err)
		}
		if _, has := d.Column("Kpi_K2"); has {
			t.Error("an indicator of one portfolio is a column of all projects")
		}
		if _, has := d.Column("Kpi_K1"); got != want || has != (name == "finance@organisation") {
			t.Errorf("%s sees a column of projects: %v, and measurements\n%s", name, has, got)
		}
	}
}

// A measure of some rows counts those of them that a condition lets pass.
func TestMeasureOfSome(t *testing.T) {
	v := as(t, office(t), "admin@organisation")
	measure := func(cond dataset.Expr) dataset.Query {
		return dataset.Query{Steps: []dataset.Step{dataset.GroupBy{Aggs: []dataset.Agg{{Measure: "OpenActionItems", Cond: cond}}}}}
	}
	if all, some := ask(t, v, "ActionItems", measure(nil)), ask(t, v, "ActionItems", measure(dataset.Op("eq", dataset.Col("ProjectId"), dataset.Lit{Value: dataset.OfText("project-1")}))); all == some || some == "0\n" {
		t.Errorf("%s of all, %s of one project", all, some)
	}
}

// Hours of a booking that was declined are there as they were booked, and count as none.
func TestDeclinedHours(t *testing.T) {
	j := office(t)
	hours := dataset.Query{Steps: []dataset.Step{dataset.GroupBy{Aggs: []dataset.Agg{{Name: "booked", Op: dataset.Sum, Of: dataset.Col("Hours")}, {Measure: "TotalHardHours"}, {Measure: "TotalSoftHours"}, {Measure: "TotalExpectedHours"}}}}}
	before := strings.Fields(ask(t, as(t, j, "admin@organisation"), "AllocationHours", hours))
	decline := state.Decision{Action: "import", Run: func(d *state.Draft) error {
		for a := range state.Allocations.All(state.All(d)) {
			x, err := state.Allocations.Edit(d, a.ID, nil)
			if err != nil {
				return err
			}
			x.State = vocab.AllocationStateDeclined
			if err := state.Allocations.Put(d, x); err != nil {
				return err
			}
		}
		return nil
	}}
	if _, err := j.DoAs(t.Context(), auth.Machine("test"), decline, journal.Meta{}); err != nil {
		t.Fatal(err)
	}
	after := strings.Fields(ask(t, as(t, j, "admin@organisation"), "AllocationHours", hours))
	if none := "0.000000"; after[0] != before[0] || before[3] == none || after[1] != none || after[2] != none || after[3] != none {
		t.Errorf("booked, hard, soft and expected were %v, and are %v", before, after)
	}
}
