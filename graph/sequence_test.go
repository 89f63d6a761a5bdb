package graph_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"pmograph/internal/vocab"
)

const answered = `{ preview errors { path code message } changes { entity operation fields { name old new } } }`

// moves are what somebody tries who reports or plans, and is asked for people, on things he sees and things he does not: preview, do, look,
// repeat.
var moves = []string{
	`mutation ($p: ID!, $preview: Boolean!) { projectHealthDeclare(input: { id: $p, health: RED, overrideReason: "why" }, preview: $preview) ` + answered + ` }`,
	`mutation ($p: ID!, $preview: Boolean!) { statusReportSubmit(input: { projectId: $p, periodStart: "2024-01-01", periodEnd: "2024-03-31", health: GREEN }, preview: $preview) ` + answered + ` }`,
	`mutation ($p: ID!, $preview: Boolean!) { statusReportSubmit(input: { projectId: $p, periodStart: "2024-04-01", periodEnd: "2024-06-30", wholeLifeCost: "5" }, preview: $preview) ` + answered + ` }`,
	`mutation ($p: ID!, $preview: Boolean!) { actionItemCreate(input: { projectId: $p, title: "ask" }, preview: $preview) ` + answered + ` }`,
	`mutation ($p: ID!, $preview: Boolean!) { costsRecord(input: { entries: [{ projectId: $p, category: "C1", period: "2021-05-01", actual: "7" }, { projectId: $p, category: "C2", period: "2021-06-01", forecast: "9" }] }, preview: $preview) ` + answered + ` }`,
	`mutation ($p: ID!, $preview: Boolean!) { budgetSet(input: { lines: [{ projectId: $p, category: "C1", period: "2021-05-01", amount: "7000" }] }, preview: $preview) ` + answered + ` }`,
	`mutation ($p: ID!, $preview: Boolean!) { baselineCreate(input: { projectId: $p, reason: "again", spread: [{ period: "2021-05-01", amount: "100" }] }, preview: $preview) ` + answered + ` }`,
	`query ($p: ID!) { project(id: $p) { cost { recorded { actual { value reason coverage { included withheld missing } } variance { value reason } } } earnedValue { cpi { value reason } schedule { spi { value reason } } } costEntries(first: 5) { totalCount nodes { id actual { value reason } } } } viewer { rollup { earnedValue { cpi { value reason } earnedValue { value reason coverage { included withheld missing } } } cost { recorded { forecast { value reason } } } } } }`,
	`mutation ($p: ID!, $q: ID!, $preview: Boolean!) { projectMove(input: { id: $p, portfolioId: $q }, preview: $preview) ` + answered + ` }`,
	`mutation ($p: ID!, $r: ID!, $preview: Boolean!) { allocationRequest(input: { projectId: $p, resourceId: $r, start: "2022-05-02", finish: "2022-06-30" }, preview: $preview) ` + answered + ` }`,
	`mutation ($a: ID!, $preview: Boolean!) { allocationAccept(input: { id: $a }, preview: $preview) ` + answered + ` }`,
	`mutation ($a: ID!, $preview: Boolean!) { allocationDecline(input: { id: $a }, preview: $preview) ` + answered + ` }`,
	`mutation ($a: ID!, $preview: Boolean!) { allocationUpdate(input: { id: $a, patch: { note: "more", probability: 10 } }, preview: $preview) ` + answered + ` }`,
	`query ($a: ID!, $r: ID!) { node(id: $a) { id ... on Allocation { ` + anyBooking + ` } } nodes(ids: [$r]) { id ... on Resource { code allocations(first: 100) { totalCount nodes { ` + anyBooking + ` } } } } allocations { totalCount } }`,
	`query ($p: ID!) { project(id: $p) { name health cost { wholeLife { value reason coverage { included withheld missing } } variance { value reason } } reports(first: 5) { totalCount nodes { health cost { wholeLife { value reason } } } } actionItems { totalCount } } }`,
}

// Sequences of previews, mutations and questions give the same bytes in two worlds that differ only in what their actor may not see.
func TestHiddenDifferencesDoNotShowInSequences(t *testing.T) {
	pairs := 12
	if testing.Short() {
		pairs = 3
	}
	decided, accepted := 0, 0
	for seed := range uint64(pairs) {
		r := rand.New(rand.NewPCG(seed, 3))
		w := randomWorld(r)
		scope := "portfolio:" + pick(r, w.portfolios...).code
		may := pick(r, vocab.RoleContributor, vocab.RoleContributor, vocab.RoleProjectManager)
		money := may == vocab.RoleContributor // is hidden
		id := who("somebody", role(may, scope))
		a, b := newHouse(t), newHouse(t)
		for i, h := range []*house{a, b} {
			other := varied(w, id, money, rand.New(rand.NewPCG(seed, uint64(40+i))))
			h.load(other)
			hide(h, other, id, money, rand.New(rand.NewPCG(seed, uint64(30+i))))
		}
		for n := range 8 {
			for step := range 6 {
				op := pick(r, moves...)
				vars := map[string]any{"p": fmt.Sprintf("project-%d", 1+r.IntN(len(w.projects)+2))}
				if strings.HasPrefix(op, "mutation") {
					vars["preview"] = r.IntN(3) > 0
				}
				for _, of := range []struct {
					name, word string
					count      int
				}{{"q", "portfolio", len(w.portfolios)}, {"a", "allocation", len(w.bookings)}, {"r", "resource", len(w.people)}} {
					if strings.Contains(op, "$"+of.name+":") {
						vars[of.name] = fmt.Sprintf("%s-%d", of.word, 1+r.IntN(of.count+2))
					}
				}
				x, y := string(a.ask(id, op, vars)), string(b.ask(id, op, vars))
				x, y = mark.ReplaceAllString(x, "$1"), mark.ReplaceAllString(y, "$1")
				if x != y {
					t.Fatalf("world %d, sequence %d, step %d: %.120s %v\n%.1500s\n%.1500s", seed, n, step, op, vars, x, y)
				}
				if strings.Contains(x, "GRAPHQL_VALIDATION_FAILED") {
					t.Fatalf("%.120s is not understood: %s", op, x)
				}
				if strings.Contains(x, `"errors":[]`) {
					decided++
					if strings.Contains(op, "allocationAccept") {
						accepted++
					}
				}
			}
		}
	}
	if decided < 2*pairs || accepted < pairs/4 {
		t.Fatalf("only %d mutations were decided, of which %d accept a booking", decided, accepted)
	}
}
