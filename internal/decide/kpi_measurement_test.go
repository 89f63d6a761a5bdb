package decide

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pmograph/auth"
	"pmograph/ent"
	"pmograph/internal/guard"
	"pmograph/internal/state"
	"pmograph/internal/vocab"
)

// measuring puts a measurement past every decision, of indicator 2 if it is made before.
func measuring(define func(*ent.KpiDefinition), edit func(*ent.KpiMeasurement)) func(*state.Draft) error {
	return func(d *state.Draft) error {
		m := &ent.KpiMeasurement{ProjectID: ptr(int64(1)), KpiDefinitionID: 1, PeriodEnd: today, Value: ptr(int64(5))}
		if define != nil {
			k := state.KpiDefinitions.New(d)
			k.Code, k.Name, k.Unit, k.Direction, k.Source, k.FormulaVersion = "L", "L", vocab.UnitRatio, vocab.KpiDirectionUpGood, vocab.KpiSourceMeasured, 1
			k.Rollup, k.Cadence, m.KpiDefinitionID = vocab.KpiRollupSum, vocab.CadenceMonth, k.ID
			if define(k); k.Rollup == vocab.KpiRollupRatio {
				m.Value = nil
			}
			if err := state.KpiDefinitions.Put(d, k); err != nil {
				return err
			}
		}
		edit(m)
		return state.KpiMeasurements.Put(d, m)
	}
}

func kpiMoneyOf(parts int64) *guard.Money { m := guard.NewMoney(parts); return &m }

// measurementCases are changes that the rules of measurements accept and refuse.
func measurementCases() []rule {
	plain := func(*ent.KpiMeasurement) {}
	ratio := func(k *ent.KpiDefinition) { k.Rollup = vocab.KpiRollupRatio }
	of := func(over, under, value *int64) func(*ent.KpiMeasurement) {
		return func(m *ent.KpiMeasurement) { m.Numerator, m.Denominator, m.Value = over, under, value }
	}
	n := func(n int64) *int64 { return &n }
	scope := func(portfolio, program int64) func(*ent.KpiDefinition) {
		return func(k *ent.KpiDefinition) {
			if k.PortfolioID = &portfolio; program != 0 {
				k.PortfolioID, k.ProgramID = nil, &program
			}
		}
	}
	node := func(project, program, portfolio int64) func(*ent.KpiMeasurement) {
		return func(m *ent.KpiMeasurement) {
			for to, id := range map[**int64]int64{&m.ProjectID: project, &m.ProgramID: program, &m.PortfolioID: portfolio} {
				if *to = nil; id != 0 {
					*to = &id
				}
			}
		}
	}
	cases := []rule{
		{"a computed one is not", onMeasurements(measuredOnly), measuring(nil, plain), measuring(func(k *ent.KpiDefinition) {
			k.Source, k.Metric = vocab.KpiSourceComputed, ptr(vocab.KpiMetricOnTimeRate)
		}, plain), "kpi_definition_id COMPUTED"},
		{"the project's portfolio", onMeasurements(inScope), measuring(scope(1, 0), plain), measuring(scope(2, 0), plain), "project_id OUT_OF_SCOPE"},
		{"the project's program", onMeasurements(inScope), measuring(scope(0, 1), plain), measuring(scope(0, 2), plain), "project_id OUT_OF_SCOPE"},
		{"a portfolio above", onMeasurements(inScope), measuring(scope(1, 0), node(2, 0, 0)), measuring(scope(3, 0), node(0, 0, 1)), "portfolio_id OUT_OF_SCOPE"},
		{"a program", onMeasurements(inScope), measuring(scope(1, 0), node(0, 1, 0)), measuring(scope(0, 2), node(0, 1, 0)), "program_id OUT_OF_SCOPE"},
		{"numbers about money", onMeasurements(rightColumns), measuring(func(k *ent.KpiDefinition) { k.AboutMoney = true }, func(m *ent.KpiMeasurement) {
			m.Value, m.MoneyValue, m.MoneyTarget = nil, kpiMoneyOf(5), kpiMoneyOf(6)
		}), measuring(func(k *ent.KpiDefinition) { k.AboutMoney = true }, func(m *ent.KpiMeasurement) {
			m.Value, m.MoneyValue, m.Target = nil, kpiMoneyOf(5), n(6)
		}), "target NOT_ALLOWED"},
		{"numbers not about money", onMeasurements(rightColumns), measuring(nil, func(m *ent.KpiMeasurement) { m.Target = n(0) }),
			measuring(nil, func(m *ent.KpiMeasurement) { m.MoneyValue = kpiMoneyOf(5) }), "value NOT_ALLOWED"},
		{"a quotient of what is none", onMeasurements(rightColumns), measuring(ratio, of(n(1), n(2), nil)), measuring(nil, of(n(1), n(2), n(5))), "numerator NOT_ALLOWED"},
		{"a quotient", onMeasurements(ofQuotients), measuring(ratio, of(n(1), n(3), n(333_333))), measuring(ratio, of(n(1), n(3), n(333_334))), "value INVALID"},
		{"a quotient by nothing", onMeasurements(ofQuotients), measuring(ratio, of(n(1), n(0), nil)), measuring(ratio, of(n(1), n(0), n(0))), "value INVALID"},
		{"a quotient without its numbers", onMeasurements(ofQuotients), measuring(ratio, of(n(-1), n(8), n(-125_000))), measuring(ratio, of(nil, nil, n(5))), "denominator INCOMPLETE"},
		{"half a quotient", onMeasurements(ofQuotients), measuring(ratio, of(n(0), n(8), nil)), measuring(ratio, of(nil, n(8), nil)), "numerator INCOMPLETE"},
		{"a value or a reason", onMeasurements(valueOrReason), measuring(nil, func(m *ent.KpiMeasurement) { m.Value, m.Reason = nil, ptr(vocab.ReasonNoSample) }),
			measuring(nil, func(m *ent.KpiMeasurement) { m.Reason = ptr(vocab.ReasonNoSample) }), "reason INCOMPLETE"},
		{"neither", onMeasurements(valueOrReason), measuring(nil, plain), measuring(nil, func(m *ent.KpiMeasurement) { m.Value, m.Target = nil, n(1) }), "reason INCOMPLETE"},
		{"a reason that is no fact", onMeasurements(valueOrReason), measuring(ratio, func(m *ent.KpiMeasurement) { m.Reason = ptr(vocab.ReasonNoActuals) }),
			measuring(nil, func(m *ent.KpiMeasurement) { m.Value, m.Reason = nil, ptr(vocab.ReasonNotVisible) }), "reason NOT_ALLOWED"},
		{"a period", onMeasurements(inPeriod), measuring(nil, func(m *ent.KpiMeasurement) { m.PeriodStart = &today }),
			measuring(nil, func(m *ent.KpiMeasurement) { m.PeriodStart = ptr(today + 1) }), "period_end OUT_OF_ORDER"},
	}
	for i := range cases {
		cases[i].name = "measurements: " + cases[i].name
	}
	return cases
}

// kpiWorld is the planned world with indicators 2 to 5 of code C: for portfolio A, for A/S, for the program of A, and a RATIO about money of
// code R everywhere.
func kpiWorld(t testing.TB) *record {
	r := planned(t)
	in := KpiDefinitionCreateInput{Code: "C", Name: "Count", Unit: vocab.UnitCount, Direction: vocab.KpiDirectionUpGood, Rollup: vocab.KpiRollupSum, Cadence: vocab.CadenceMonth}
	for _, scope := range [][2]*string{{ptr("portfolio-1")}, {ptr("portfolio-3")}, {nil, ptr("program-1")}} {
		in.PortfolioID, in.ProgramID = scope[0], scope[1]
		r.do(KpiDefinitionCreate(in))
	}
	r.do(KpiDefinitionCreate(KpiDefinitionCreateInput{Code: "R", Name: "Rate", Unit: vocab.UnitRatio, Direction: vocab.KpiDirectionUpGood, Rollup: vocab.KpiRollupRatio, Cadence: vocab.CadenceMonth, AboutMoney: ptr(true)}))
	return r
}

// measurements lists what is on record: number, node, indicator, value, numerator and reason.
func (r *record) measurements() (list []string) {
	for m := range state.KpiMeasurements.All(r.all()) {
		text := fmt.Sprintf("%d:", m.ID)
		for _, id := range []*int64{m.ProjectID, m.ProgramID, m.PortfolioID} {
			text += fmt.Sprint(" ", or(id, 0))
		}
		text += fmt.Sprintf(" kpi %d %s", m.KpiDefinitionID, m.PeriodEnd)
		for _, n := range []*int64{m.Value, m.Target} {
			text += fmt.Sprint(" ", or(n, -1))
		}
		text += fmt.Sprint(" ", pence(m.MoneyValue), " ", or(m.Reason, "-"))
		list = append(list, text)
	}
	return list
}

// A measurement is known by node, indicator and last day: one on record is replaced as a whole. Of indicators of one code the nearest counts.
func TestMeasurementsRecord(t *testing.T) {
	r := kpiWorld(t)
	end := *day(t, "2026-01-31")
	r.do(MeasurementsRecord(MeasurementsRecordInput{Measurements: []MeasurementInput{
		{NodeID: "project-1", Kpi: "C", PeriodStart: day(t, "2026-01-01"), PeriodEnd: end, Value: ptr("1.000001"), Target: ptr("2")},
		{NodeID: "project-2", Kpi: "C", PeriodEnd: end, Value: ptr("-3")},
		{NodeID: "portfolio-1", Kpi: "C", PeriodEnd: end, Value: ptr("4")},
		{NodeID: "program-1", Kpi: "kpi-definition-5", PeriodEnd: end, Numerator: ptr("1"), Denominator: ptr("3")},
		{NodeID: "project-3", Kpi: "R", PeriodEnd: end, Numerator: ptr("1"), Denominator: ptr("0")},
		{NodeID: "project-3", Kpi: "kpi-definition-1", PeriodEnd: end, ReasonCode: ptr(vocab.ReasonNoSample)},
	}}))
	want := []string{"1: 1 0 0 kpi 4 2026-01-31 1000001 2000000 -1 -", "4: 0 1 0 kpi 5 2026-01-31 -1 -1 333333 -", "3: 0 0 1 kpi 2 2026-01-31 4000000 -1 -1 -",
		"2: 2 0 0 kpi 3 2026-01-31 -3000000 -1 -1 -", "5: 3 0 0 kpi 1 2026-01-31 -1 -1 -1 NO_SAMPLE", "6: 3 0 0 kpi 5 2026-01-31 -1 -1 -1 -"}
	is := func(want []string) {
		t.Helper()
		if got := r.measurements(); !slices.Equal(got, want) {
			t.Fatalf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
	}
	is(want)
	r.do(MeasurementsRecord(MeasurementsRecordInput{Measurements: []MeasurementInput{{NodeID: "project-1", Kpi: "kpi-definition-4", PeriodEnd: end, ReasonCode: ptr(vocab.ReasonNoActuals)}}}))
	want[0] = "1: 1 0 0 kpi 4 2026-01-31 -1 -1 -1 NO_ACTUALS"
	is(want)
	r.do(MeasurementsDelete(MeasurementsDeleteInput{IDs: []string{"kpi-measurement-1"}}))
	is(want[1:])
	_, err := r.try(auth.Machine("test"), MeasurementsDelete(MeasurementsDeleteInput{IDs: []string{"kpi-measurement-99"}}))
	wants(t, err, "input.ids.0 NOT_FOUND")
	r.do(ProjectDelete(ProjectDeleteInput{ID: "project-3"}))
	if got := r.measurements(); len(got) != 3 {
		t.Errorf("measurements stay behind: %v", got)
	}
}

// All or nothing, and every mistake is named by its place.
func TestMeasurementsAreNamed(t *testing.T) {
	end := *day(t, "2026-01-31")
	with := func(edit func(*MeasurementInput)) state.Decision {
		bad := MeasurementInput{NodeID: "project-1", Kpi: "C", PeriodEnd: end, Value: ptr("1")}
		good := bad
		good.PeriodEnd++
		edit(&bad)
		return MeasurementsRecord(MeasurementsRecordInput{Measurements: []MeasurementInput{good, bad}})
	}
	none := func(_ *testing.T, r *record) bool { return len(r.measurements()) == 0 }
	money := func(m *MeasurementInput) { m.Kpi, m.Value, m.Numerator, m.Denominator = "R", nil, ptr("1"), ptr("2") }
	for _, a := range []act{
		{"by who reports", "worker", with(func(*MeasurementInput) {}), "", func(_ *testing.T, r *record) bool { return len(r.measurements()) == 2 }},
		{"about money, by who sees none", "worker", with(money), "FORBIDDEN", none},
		{"about money", "manager", with(money), "", nil},
		{"by who only looks", "viewer", with(func(*MeasurementInput) {}), "FORBIDDEN", none},
		{"of what one does not see", "manager", with(func(m *MeasurementInput) { m.NodeID, m.Kpi = "project-3", "K" }), "input.measurements.1.nodeId NOT_FOUND", none},
		{"of no node", "", with(func(m *MeasurementInput) { m.NodeID = "user-1" }), "input.measurements.1.nodeId NOT_FOUND", none},
		{"of no indicator", "", with(func(m *MeasurementInput) { m.Kpi = "kpi-definition-99" }), "input.measurements.1.kpi NOT_FOUND", none},
		{"of a code for others", "", with(func(m *MeasurementInput) { m.NodeID = "project-3" }), "input.measurements.1.kpi NOT_FOUND", none},
		{"of an indicator for others", "", with(func(m *MeasurementInput) { m.NodeID, m.Kpi = "project-3", "kpi-definition-2" }), "input.measurements.1.nodeId OUT_OF_SCOPE", none},
		{"no number", "", with(func(m *MeasurementInput) { m.Value = ptr("1e3") }), "input.measurements.1.value INVALID", none},
		{"too fine", "", with(func(m *MeasurementInput) { m.Target = ptr("0.0000001") }), "input.measurements.1.target OUT_OF_RANGE", none},
		{"half a quotient", "", with(func(m *MeasurementInput) { m.Kpi, m.Value, m.Numerator = "R", nil, ptr("1") }), "input.measurements.1.denominator INCOMPLETE", none},
		{"a wrong quotient", "", with(func(m *MeasurementInput) { money(m); m.Value = ptr("0.4") }), "input.measurements.1.value INVALID", none},
		{"the right one", "", with(func(m *MeasurementInput) { money(m); m.Value = ptr("0.500000") }), "", nil},
		{"neither", "", with(func(m *MeasurementInput) { m.Value = nil }), "input.measurements.1.reasonCode INCOMPLETE", none},
		{"a period upside down", "", with(func(m *MeasurementInput) { m.PeriodStart = ptr(end + 1) }), "input.measurements.1.periodEnd OUT_OF_ORDER", none},
		{"twice", "", with(func(m *MeasurementInput) { m.PeriodEnd++ }), "input.measurements.1.periodEnd TWICE", none},
	} {
		t.Run(a.name, func(t *testing.T) { a.run(t, kpiWorld(t)) })
	}
}
