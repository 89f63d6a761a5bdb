package graph_test

import (
	"slices"
	"strings"
	"testing"

	"pmograph/graph/plan/plantest"
)

// unreached is what no document reaches in the worlds of these tests, and why.
var unreached = map[string]string{
	"NullReason.MIXED_KPI returned":    noDataset,
	"NullReason.NOT_ADDITIVE returned": noDataset,
}

const noDataset = "no dataset has such a column or measure"

// Every field is answered by both executors for some object, every argument and every field of an input object is given, every word of an
// enum is given and returned: by documents at random, and for what those leave out by documents made for it.
func TestExecutorsAgreeOnEverything(t *testing.T) {
	list := arenas(t)
	cover := plantest.NewCover(contract())
	ask := func(a *arena, n uint64, q plantest.Request) {
		id := a.askers[n%uint64(len(a.askers))]
		answer, difference := a.differs(id, "", q)
		if difference != "" {
			a.report(t, id, "", q)
		}
		cover.Add(q, answer)
	}
	for seed := range uint64(1_000) {
		a := list[seed%uint64(len(list))]
		ask(a, seed/uint64(len(list)), a.documents.Document(seed))
	}
	byDice := len(cover.Times)
	ask(list[0], 2, plantest.Request{Query: `{ node(id: "kpi-measurement-1") { __typename ... on KpiMeasurement { viewerCan } } }`}) // one of many kinds of thing with this field
	ask(list[0], 5, plantest.Request{Query: `{ nodes(ids: ["organisation-1", "role-assignment-1", "feed-key-1", "webhook-1", "mail-subscription-3", "status-report-1"]) { __typename
		... on Organisation { viewerCan } ... on RoleAssignment { viewerCan } ... on FeedKey { viewerCan } ... on Webhook { viewerCan delivery { position toldAt } deadLetters { number } } ... on MailSubscription { viewerCan user { id } scope { id } } ... on StatusReport { viewerCan } } }`}) // by who admits
	ask(list[0], 2, plantest.Request{Query: `{ projects(first: 100) { nodes { reporting(asOf: "1999-12-31") } } }`})                                                                                                      // a day before all reports
	ask(list[0], 2, plantest.Request{Query: `{ journal(last: 5) { nodes { changes(first: 100) { operation } } } projects(first: 10) { nodes { kpis(asOf: "2031-12-31", first: 50) { nodes { value { reason } } } } } }`}) // the newest, and long after
	for _, question := range questionsAboutDatasets {
		for n := range uint64(len(list) * len(list[0].askers)) {
			ask(list[n%uint64(len(list))], n/uint64(len(list)), plantest.Request{Query: question})
		}
	}
	ways := []*plantest.Targets{}
	for _, a := range list {
		ways = append(ways, a.documents.Targets())
	}
	targets := ways[0]
	for _, name := range cover.Missing(targets.All) {
		for try := uint64(0); try < 400 && cover.Times[name] == 0 && !t.Failed(); try++ {
			n := try / 4 % uint64(len(list))
			ask(list[n], []uint64{0, 2, 3, 4, 5, 7, 5}[try%7], ways[n].Toward(targets.All[name], try))
		}
	}
	missing := cover.Missing(targets.All)
	for _, name := range missing {
		if unreached[name] == "" {
			t.Errorf("not reached: %s", name)
		}
	}
	for name := range unreached {
		if !slices.Contains(missing, name) {
			t.Errorf("is reached, and need not be in the list: %s", name)
		}
	}
	kinds := map[string]int{}
	for name := range targets.All {
		kinds[kindOfTarget(name)]++
	}
	t.Logf("of %v, %d were reached by dice, %d in all", kinds, byDice, len(targets.All)-len(missing))
}

func kindOfTarget(name string) string {
	switch {
	case strings.HasSuffix(name, ":)"):
		return "arguments"
	case strings.HasSuffix(name, ":"):
		return "input fields"
	case strings.HasSuffix(name, " given"):
		return "words given"
	case strings.HasSuffix(name, " returned"):
		return "words returned"
	}
	return "fields"
}

// questionsAboutDatasets have parts that dice seldom put together so that they can be answered.
var questionsAboutDatasets = []string{
	`{ projects(first: 10) { nodes { cost { wholeLife { value reason } } } } }`,
	`{ aggregate(input: { dataset: "CostEntries", groupBy: [{ column: "Period", bucket: DAY, as: "d" }, { column: "Period", bucket: WEEK, as: "w" }, { column: "Period", bucket: MONTH, as: "m" }, { column: "Period", bucket: QUARTER, as: "q" }]
		measures: [{ measure: "TotalPlanned" }, { measure: "Entries" }], from: "2022-01-01", to: "2022-12-31", compare: PREVIOUS_PERIOD, top: 3, others: true, totals: true, order: [{ by: "Entries", descending: true }]
		filter: { and: [{ or: [{ column: "Planned", operator: GE, values: ["0"] }, { column: "Planned", operator: IS_NULL }, { column: "Planned", operator: NOT_NULL }] }, { not: { column: "Currency", operator: EQ, values: ["XXX"] } }] } })
		{ groups earlierFrom earlierTo position day columns { name description part of kind scale unit currency currencyColumn class additivity bucket refers } rows(first: 5, skip: 0) { values nulls { column reason } rows withheld }
		others { values nulls { column reason } } totals { values nulls { column reason } } coverage { rows withheld undecided } price { looked shown points } } }`,
	`{ aggregate(input: { dataset: "CostEntries", groupBy: [{ column: "Period", bucket: YEAR }, { column: "Period", bucket: FISCAL_YEAR }], measures: [{ measure: "TotalPlanned" }, { op: MAX, column: "Planned" }], totals: true
		filter: { and: [{ column: "Currency", operator: NE, values: ["XXX"] }, { column: "Currency", operator: IN, values: ["GBP", "EUR", "JPY", "USD"] }, { column: "Currency", operator: NOT_IN, values: ["XXX"] }, { column: "Period", operator: BETWEEN, values: ["1900-01-01", "2100-01-01"] },
			{ or: [{ column: "Project/Code", operator: CONTAINS, values: ["a"] }, { column: "Project/Code", operator: STARTS_WITH, values: ["P"] }, { column: "Project/Code", operator: ENDS_WITH, values: ["1"] }, { column: "Period", operator: LT, values: ["2022-01-01"] }, { column: "Period", operator: LE, values: ["2022-01-01"] }, { column: "Period", operator: GT, values: ["2022-01-01"] }] }] } })
		{ columns { bucket kind } rows { values nulls { column reason } } totals { values nulls { column reason } } } }`,
	`{ aggregate(input: { dataset: "Projects", groupBy: [{ column: "PortfolioId" }], measures: [{ op: MAX, column: "ActualCost" }, { op: COUNT }, { measure: "Projects" }] }) { rows { values nulls { column reason } withheld } } }`,
}
