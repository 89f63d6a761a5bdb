package graph_test

import (
	"fmt"
	"strings"
	"testing"

	"pmograph/ent"
	"pmograph/internal/guard"
	"pmograph/internal/state"
	"pmograph/internal/vocab"
)

var office = who("office", role(vocab.RolePmo, ""))

const recordMeasurements = `mutation ($in: MeasurementsRecordInput!) { measurementsRecord(input: $in) { repeated changes { id entity operation fields { name old new } } errors { path code } } }`

// measuredHouse is the government with budgets and indicators of every kind of roll-up, measured through the API: values in time, stale
// and missing ones, reasons, quotients, a portfolio that measures itself, and one indicator that shows a figure.
func measuredHouse(t testing.TB) *house {
	h := governmentHouse(t)
	h.do("budgetSet", func(d *state.Draft) error {
		for n, x := range []struct {
			project  int64
			currency string
			reserve  vocab.ReserveKind
			minor    int64
		}{{1, "GBP", "NONE", 1_000_00}, {1, "GBP", "MANAGEMENT", 9_999_00}, {2, "GBP", "CONTINGENCY", 500_00}, {5, "EUR", "NONE", 2_000_00}} {
			amount := guard.NewMoney(x.minor)
			must(state.BudgetLines.Put(d, &ent.BudgetLine{ProjectID: x.project, CostCategoryID: int64(1 + n%2), ReserveKind: x.reserve, Currency: x.currency, Period: day("2022-04-01"), Amount: &amount}))
		}
		return nil
	})
	for _, in := range []string{
		`code: "DEFECTS", name: "Open defects", unit: COUNT, direction: DOWN_GOOD, rollup: SUM, green: "5", amber: "10"`,
		`code: "READY", name: "Readiness", unit: RATIO, direction: UP_GOOD, rollup: WEIGHTED, weight: BUDGET, green: "0.9", amber: "0.5"`,
		`code: "MORALE", name: "Morale", unit: COUNT, direction: BAND, rollup: WEIGHTED, weight: EQUAL, amber: "1", green: "2", greenHigh: "4", amberHigh: "5"`,
		`code: "PASS", name: "Tests passed", unit: RATIO, direction: UP_GOOD, rollup: RATIO, green: "0.95", amber: "0.9"`,
		`code: "SPEND", name: "Spend a head", unit: MONEY, currency: "GBP", direction: DOWN_GOOD, rollup: LAST`,
		`code: "GRADE", name: "Grade", unit: COUNT, direction: UP_GOOD, rollup: NONE`,
		`code: "ONTIME", name: "On time", unit: RATIO, direction: UP_GOOD, rollup: NONE, metric: ON_TIME_RATE, green: "0.8", amber: "0.5"`,
		`code: "CPI", name: "Cost performance", unit: RATIO, direction: UP_GOOD, rollup: NONE, metric: CPI, green: "0.95", amber: "0.85"`,
		`code: "FLEET", name: "Of the fleet alone", unit: COUNT, direction: UP_GOOD, rollup: SUM, programId: "program-1"`,
	} {
		got := h.answer(office, `mutation { kpiDefinitionCreate(input: { cadence: MONTH, `+in+` }) { errors { path code message } } }`, nil)
		if errors := at(got, "kpiDefinitionCreate", "errors").([]any); len(errors) > 0 {
			t.Fatal(in, errors)
		}
	}
	var list []any
	add := func(node, kpi, end string, numbers ...string) {
		m := map[string]any{"nodeId": node, "kpi": kpi, "periodEnd": end, "periodStart": end[:8] + "01"}
		for _, x := range numbers {
			name, text, _ := strings.Cut(x, " ")
			m[name] = text
		}
		list = append(list, m)
	}
	add("project-1", "DEFECTS", "2022-01-31", "value 12", "target 10")
	add("project-1", "DEFECTS", "2022-02-28", "value 9", "target 8")
	add("project-1", "DEFECTS", "2022-03-31", "value 4", "target 5")
	add("project-2", "DEFECTS", "2022-02-28", "value 2.5")
	add("project-3", "DEFECTS", "2021-12-31", "value 7") // stale
	add("project-5", "DEFECTS", "2022-03-31", "reasonCode NO_SAMPLE")
	for _, x := range [][3]string{{"project-1", "0.8", "0.9"}, {"project-2", "1.5", "1"}, {"project-5", "0.25", "0.9"}, {"project-7", "0.99", "1"}} { // the last has no budget
		add(x[0], "READY", "2022-03-31", "value "+x[1], "target "+x[2])
	}
	add("project-1", "MORALE", "2022-03-31", "value 3")
	add("project-2", "MORALE", "2022-03-31", "value 4")
	add("portfolio-2", "MORALE", "2022-03-15", "value 5")
	add("project-1", "PASS", "2022-03-31", "numerator 400", "denominator 480", "target 0.95")
	add("project-2", "PASS", "2022-03-31", "numerator 90", "denominator 60", "target 1")
	add("project-5", "PASS", "2022-03-31", "numerator 0", "denominator 0")
	add("project-2", "SPEND", "2022-02-28", "value 1200.5")
	add("project-5", "SPEND", "2022-03-31", "value 990.25", "target 1000")
	add("project-1", "GRADE", "2022-03-31", "value 7")
	add("project-2", "FLEET", "2022-03-31", "value 1")
	got := h.answer(office, recordMeasurements, map[string]any{"in": map[string]any{"measurements": list}})
	if errors := at(got, "measurementsRecord", "errors").([]any); len(errors) > 0 {
		t.Fatal(errors)
	}
	return h
}

func TestKpiPage(t *testing.T) {
	h := measuredHouse(t)
	may := map[string]any{"day": "2022-03-31", "from": "2022-02-01", "portfolio": "portfolio-2", "project": "project-1"}
	golden(t, h, "kpi-page", "finance", finance, may)
	golden(t, h, "kpi-page", "viewer", viewer, may)
	golden(t, h, "kpi-page", "defence", defence, may)
	golden(t, h, "kpi-page", "later", finance, map[string]any{"day": "2022-05-15", "from": "2022-05-01", "portfolio": "portfolio-1", "project": "project-5"})
}

// Indicators of a node are those that are for it; filters choose among them, by their status only as far as it is seen.
func TestKpisOfANode(t *testing.T) {
	h := measuredHouse(t)
	codes := func(field, filter string) string {
		list := ""
		got := h.answer(viewer, `{ `+strings.Replace(field, "kpis", `kpis(asOf: "2022-03-31" filter: { `+filter+` } first: 100`, 1)+` { nodes { definition { code } } } }`, nil)
		for _, n := range at(got, "kpis", "nodes").([]any) {
			list += fmt.Sprint(at(n, "definition", "code"), " ")
		}
		return strings.TrimSpace(list)
	}
	for _, x := range []struct{ node, filter, want string }{
		{"", "", "CPI DEFECTS GRADE MORALE ONTIME PASS READY SPEND"},
		{`node: "program-1"`, "", "CPI DEFECTS FLEET GRADE MORALE ONTIME PASS READY SPEND"},
		{`node: "project-2"`, "", "CPI DEFECTS FLEET GRADE MORALE ONTIME PASS READY SPEND"},
		{`node: "portfolio-2"`, `code: ["PASS", "FLEET", "X"]`, "PASS"},
		{"", `source: [COMPUTED]`, "CPI ONTIME"},
		{"", `definition: ["kpi-definition-1", "project-1"]`, "DEFECTS"},
		{`node: "project-1"`, `status: [GREEN]`, "DEFECTS MORALE"},
		{`node: "project-1"`, `status: [RED], code: ["READY", "PASS"]`, "PASS"}, // READY is red, or not: it is about money
	} {
		if got := codes("kpis "+x.node+")", x.filter); got != x.want {
			t.Errorf("%s %s: %s", x.node, x.filter, got)
		}
	}
	for _, node := range []string{"user-1", "project-99", "x"} {
		if got := string(h.ask(viewer, `query ($n: ID) { kpis(node: $n) { totalCount } }`, map[string]any{"n": node})); !strings.Contains(got, "NOT_FOUND") {
			t.Errorf("%s: %s", node, got)
		}
	}
	if got := string(h.ask(viewer, `{ kpis(first: 1) { nodes { trend(from: "2000-01-01") { asOf } } } }`, nil)); !strings.Contains(got, "OUT_OF_RANGE") {
		t.Error(got)
	}
}

// What is recorded comes back: by node, in the journal with its decimals, and not to who sees no money.
func TestMeasurementsComeBack(t *testing.T) {
	h := measuredHouse(t)
	const one = `query ($id: ID!) { node(id: $id) { ... on KpiMeasurement { definition { code } project { code } periodEnd value reason target numerator denominator } } }`
	find := func(code string) string {
		got := h.answer(finance, `query ($c: String!) { kpis(node: "project-5", filter: { code: [$c] }) { nodes { measurements { nodes { id } } } } }`, map[string]any{"c": code})
		return fmt.Sprint(at(got, "kpis", "nodes", 0, "measurements", "nodes", 0, "id"))
	}
	for _, x := range []struct{ code, finance, viewer string }{
		{"SPEND", "value 990.25 reason <nil> target 1000", "value <nil> reason NOT_VISIBLE target <nil>"},
		{"PASS", "value <nil> reason ZERO_DENOMINATOR target <nil>", "value <nil> reason ZERO_DENOMINATOR target <nil>"},
		{"DEFECTS", "value <nil> reason NO_SAMPLE target <nil>", "value <nil> reason NO_SAMPLE target <nil>"},
	} {
		vars := map[string]any{"id": find(x.code)}
		for want, got := range map[string]any{x.finance: h.answer(finance, one, vars), x.viewer: h.answer(viewer, one, vars)} {
			m := at(got, "node")
			if text := fmt.Sprintf("value %v reason %v target %v", at(m, "value"), at(m, "reason"), at(m, "target")); text != want || at(m, "definition", "code") != x.code {
				t.Errorf("%s: %s, want %s", x.code, text, want)
			}
		}
	}
	last := `{ journal(last: 1) { nodes { action changes { id fields { name new } } } } }`
	if got := fmt.Sprint(h.answer(finance, last, nil)); !strings.Contains(got, "name:moneyValue new:990.25") || !strings.Contains(got, "name:value new:2.5") {
		t.Error(got)
	}
	if got := fmt.Sprint(h.answer(viewer, last, nil)); strings.Contains(got, "money") || !strings.Contains(got, "name:value new:2.5") {
		t.Error(got)
	}
	wrong := h.answer(office, recordMeasurements, map[string]any{"in": map[string]any{"measurements": []any{
		map[string]any{"nodeId": "project-1", "kpi": "PASS", "periodEnd": "2022-04-30", "value": "0.5"}, map[string]any{"nodeId": "project-1", "kpi": "NONE", "periodEnd": "2022-04-30", "value": "1"}}}})
	if got := fmt.Sprint(at(wrong, "measurementsRecord", "errors")); got != "[map[code:INCOMPLETE path:[input measurements 0 denominator]] map[code:NOT_FOUND path:[input measurements 1 kpi]]]" {
		t.Error(got)
	}
	gone := h.answer(office, `mutation ($id: ID!) { measurementsDelete(input: { ids: [$id] }) { changes { id operation } errors { code } } }`, map[string]any{"id": find("SPEND")})
	if got := at(gone, "measurementsDelete", "changes", 0, "operation"); got != "DELETE" {
		t.Error(gone)
	}
}
