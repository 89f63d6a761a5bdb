package graph_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"pmograph/internal/vocab"
)

// What is set through the API comes back as it was given: decimals exact, references as things, what was left out as null; by the answer
// of the mutation, by node, and in the journal.
func TestWhatIsSetComesBack(t *testing.T) {
	h := newHouse(t)
	h.load(randomWorld(rand.New(rand.NewPCG(1, 6))))
	office := who("office", role(vocab.RolePmo, ""))
	for _, x := range []struct {
		mutation, shown string
		want            map[string]any
	}{
		{`costCategorySet(input: { code: "LAB", name: "Labour" })`, `costCategory { ... on CostCategory { id code name } }`,
			map[string]any{"id": "cost-category-4", "code": "LAB", "name": "Labour"}},
		{`rateCardSet(input: { roleName: "Engineer", validFrom: "2022-01-01", currency: "GBP", hourlyRate: "95.50" })`, `rateCard { ... on RateCard { id roleName validFrom currency hourlyRate } }`,
			map[string]any{"id": "rate-card-1", "roleName": "Engineer", "validFrom": "2022-01-01", "currency": "GBP", "hourlyRate": "95.50"}},
		{`toleranceSet(input: { dimension: COST, green: "0.95", amber: "0.9" })`, `tolerance { ... on Tolerance { id dimension category green amber } }`,
			map[string]any{"id": "tolerance-1", "dimension": "COST", "category": nil, "green": "0.95", "amber": "0.9"}},
		{`kpiDefinitionCreate(input: { code: "OK", name: "Usable", unit: RATIO, direction: BAND, rollup: WEIGHTED, weight: BUDGET, cadence: MONTH, portfolioId: "portfolio-1",
			amber: 0.7, green: "0.800001", greenHigh: "1", amberHigh: "1.1" })`, `kpiDefinition { ... on KpiDefinition { id unit currency aboutMoney source metric formulaVersion weight green amber greenHigh amberHigh portfolio { id } } }`,
			map[string]any{"id": "kpi-definition-5", "unit": "RATIO", "currency": nil, "aboutMoney": true, "source": "MEASURED", "metric": nil, "formulaVersion": float64(1), "weight": "BUDGET",
				"green": "0.800001", "amber": "0.7", "greenHigh": "1", "amberHigh": "1.1", "portfolio": map[string]any{"id": "portfolio-1"}}},
		{`kpiDefinitionUpdate(input: { id: "kpi-definition-5", patch: { direction: UP_GOOD, metric: CPI, rollup: NONE, weight: null, green: "0.95", greenHigh: null, amberHigh: null } })`,
			`kpiDefinition { ... on KpiDefinition { id direction source metric formulaVersion rollup weight green amber greenHigh } }`,
			map[string]any{"id": "kpi-definition-5", "direction": "UP_GOOD", "source": "COMPUTED", "metric": "CPI", "formulaVersion": float64(2), "rollup": "NONE", "weight": nil,
				"green": "0.95", "amber": "0.7", "greenHigh": nil}},
		{`allocationRequest(input: { projectId: "project-1", resourceId: "resource-1", start: "2022-05-02", finish: "2022-06-30", probability: 250, note: "survey" })`,
			`allocation { ... on Allocation { state commitment probability start finish note project { id } resource { id } } }`,
			map[string]any{"state": "REQUESTED", "commitment": "SOFT", "probability": "0.25", "start": "2022-05-02", "finish": "2022-06-30", "note": "survey",
				"project": map[string]any{"id": "project-1"}, "resource": map[string]any{"id": "resource-1"}}},
	} {
		got := h.answer(office, `mutation { done: `+x.mutation+` { errors { path code message } changes { id } `+x.shown+` } }`, nil)
		if errors := at(got, "done", "errors").([]any); len(errors) > 0 {
			t.Errorf("%s: %v", x.mutation, errors)
			continue
		}
		thing, selection, _ := strings.Cut(x.shown, " ")
		id := at(got, "done", "changes", len(at(got, "done", "changes").([]any))-1, "id")
		node := at(h.answer(office, `query ($id: ID!) { node(id: $id) `+selection+` }`, map[string]any{"id": id}), "node")
		for name, want := range x.want {
			for way, v := range map[string]any{"answer": at(got, "done", thing, name), "node": at(node, name)} {
				if fmt.Sprint(v) != fmt.Sprint(want) {
					t.Errorf("%s: %s of the %s is %v, want %v", x.mutation, name, way, v, want)
				}
			}
		}
		last := at(h.answer(office, `{ journal(last: 1) { nodes { action changes { id fields { name } } } } }`, nil), "journal", "nodes", 0)
		changes := at(last, "changes").([]any)
		if c := changes[len(changes)-1]; at(c, "id") != id || len(at(c, "fields").([]any)) == 0 {
			t.Errorf("%s: the journal shows %v", x.mutation, last)
		}
	}
}
