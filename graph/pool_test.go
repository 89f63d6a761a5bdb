package graph_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"

	"pmograph/graph/plan/plantest"
)

// pool are the values that documents ask a record with: mostly such as find something, and some of every kind that cannot.
type pool struct {
	ids       map[string][]string // by kind
	all       []string
	cursors   map[string][]string // by type of connection
	positions []string
	codes     []string
	paths     []string
	numbers   int64 // of the journal
}

var (
	anyID     = regexp.MustCompile(`^([a-z]+(?:-[a-z]+)*)-\d+$`)
	anyCursor = regexp.MustCompile(`"cursor":"([^"]+)"`)
)

// newPool gathers what a house has: every row that the journal names, cursors of all lists, positions.
func newPool(t testing.TB, h *house, w *world) *pool {
	p := &pool{ids: map[string][]string{}, cursors: map[string][]string{}}
	after := any(nil)
	for {
		got := h.answer(admin, `query ($after: Position) { journal(first: 20, after: $after) { pageInfo { hasNextPage endCursor } nodes { number position changes(first: 500) { id } } } }`, map[string]any{"after": after})
		for _, n := range at(got, "journal", "nodes").([]any) {
			p.positions, p.numbers = append(p.positions, at(n, "position").(string)), p.numbers+1
			for _, c := range at(n, "changes").([]any) {
				p.add(at(c, "id").(string))
			}
		}
		if at(got, "journal", "pageInfo", "hasNextPage") == false {
			break
		}
		after = at(got, "journal", "pageInfo", "endCursor")
	}
	for _, kind := range kindsOfFacts {
		for n := range 12 { // facts change by owner; the journal names some of them
			p.add(fmt.Sprintf("%s-%d", kind, n+1))
		}
	}
	for _, x := range w.projects {
		p.codes = append(p.codes, x.code)
	}
	for _, x := range w.portfolios {
		p.codes = append(p.codes, x.code)
	}
	p.paths = append(slices.Clone(p.codes), w.portfolios[0].code+"/"+w.projects[0].code, "ENG", "SYS", "E0", "nobody/at/all", "")
	p.gatherCursors(h)
	return p
}

// gatherCursors asks for pages of every list, each in some ways to come to it.
func (p *pool) gatherCursors(h *house) {
	targets := plantest.NewGenerator(contract(), p).Targets()
	for _, name := range slices.Sorted(maps.Keys(targets.All)) {
		edge, ok := strings.CutSuffix(name, "Edge.cursor")
		for try := uint64(0); ok && try < 24; try++ {
			q := targets.Toward(targets.All[name], try)
			for _, m := range anyCursor.FindAllSubmatch(h.ask(admin, q.Query, q.Variables), -1) {
				if list := p.cursors[edge+"Connection"]; len(list) < 40 && !slices.Contains(list, string(m[1])) {
					p.cursors[edge+"Connection"] = append(list, string(m[1]))
				}
			}
		}
	}
}

// kindOfType gives the kind of the things of a type: cost-entry of CostEntry.
func kindOfType(name string) string {
	var b strings.Builder
	for i, c := range name {
		if i > 0 && c >= 'A' && c <= 'Z' {
			b.WriteByte('-')
		}
		b.WriteRune(c)
	}
	return strings.ToLower(b.String())
}

// OneOf gives what excludes one another.
func (p *pool) OneOf(owner string) []string {
	switch owner {
	case "KnownAt":
		return []string{"number", "time", "atLeast", "exact"}
	case "ConditionInput":
		return []string{"and", "or", "not", "column"}
	case "MeasuredInput":
		return []string{"measure", "op"}
	case "Query.project", "Query.program", "Query.portfolio":
		return []string{"id", "path"}
	}
	return nil
}

var kindsOfFacts = []string{"cost-entry", "budget-line", "baseline-period", "kpi-measurement", "capacity-entry", "allocation-hour"}

func (p *pool) add(id string) {
	if m := anyID.FindStringSubmatch(id); m != nil && !slices.Contains(p.all, id) {
		p.all, p.ids[m[1]] = append(p.all, id), append(p.ids[m[1]], id)
	}
}

// kindOf gives the kind of thing that an argument or input field names; "" for any.
func (p *pool) kindOf(at plantest.Place) string {
	field := strings.TrimSuffix(strings.TrimSuffix(strings.TrimSuffix(at.Name, "s"), "Id"), "Path")
	switch field {
	case "owner", "manager", "sponsor", "user", "actor":
		return "user"
	case "parent", "scope", "on", "node":
		return pickOf(len(at.Owner), "portfolio", "project", "program")
	}
	name := at.Owner
	if at.Name != "id" {
		name = field
	} else if _, after, ok := strings.Cut(name, "."); ok {
		name = after
	}
	best := ""
	for _, kind := range slices.Sorted(maps.Keys(p.ids)) {
		bare := strings.ReplaceAll(kind, "-", "")
		if strings.HasPrefix(strings.ToLower(name), bare) && len(kind) > len(best) {
			best = kind
		}
	}
	return best
}

// Scalar gives a value.
func (p *pool) Scalar(r *rand.Rand, at plantest.Place) any {
	odds := func(n int) bool { return !at.Plain && r.IntN(100) < n }
	if !at.Literal && odds(2) {
		return pick[any](r, true, 5.5, json.Number("1e1"), map[string]any{"a": 1}, []any{"x"}, int64(1)<<40)
	}
	switch at.Scalar {
	case "ID":
		return p.id(r, at, odds)
	case "Int":
		return p.int(r, at, odds)
	case "Boolean":
		return at.Name != "exact" && r.IntN(2) == 0
	case "String":
		return p.string(r, at, odds)
	}
	if odds(4) {
		return pick[any](r, "yesterday", "", int64(5), 1.5, true, []any{"2022-01-01"}, []any{}, "2022-02-30", "-", odd)
	}
	return p.scalar(r, at, odds)
}

func (p *pool) id(r *rand.Rand, at plantest.Place, odds func(int) bool) any {
	if odds(12) {
		return pick[any](r, "project-9999", "preview-project-1", "nobody", "", "project-01", int64(7), odd, "portfolio-0")
	}
	kind := p.kindOf(at)
	if at.Of != "" && len(p.ids[kindOfType(at.Of)]) > 0 && !strings.HasSuffix(at.Owner, "Filter") {
		kind = kindOfType(at.Of)
	}
	if list := p.ids[kind]; len(list) > 0 && !odds(15) {
		return list[r.IntN(min(len(list), pick(r, 12, 12, len(list))))] // what came first has most hanging on it
	}
	return p.all[r.IntN(len(p.all))]
}

func (p *pool) int(r *rand.Rand, at plantest.Place, odds func(int) bool) any {
	if at.Name != "first" && at.Name != "last" {
		return pick(r, int64(1), 2, 3, 5, 40, 250, 450)
	}
	if odds(6) {
		return pick(r, int64(0), -1, 101, 100, 3_000_000_000)
	}
	if at.Nested {
		return pick(r, int64(1), 1, 2, 3)
	}
	return pick(r, int64(1), 2, 3, 5, 8)
}

// aCursor gives one of another list, if there is any yet.
func (p *pool) aCursor() string {
	if list := p.cursors["ProjectConnection"]; len(list) > 0 {
		return list[0]
	}
	return ""
}

// cursorsOf gives the cursors of a field's lists.
func (p *pool) cursorsOf(field string) []string {
	owner, name, _ := strings.Cut(field, ".")
	def := contract().Types[owner]
	if def == nil || def.Fields.ForName(name) == nil { // the variable of an operation
		return nil
	}
	return p.cursors[def.Fields.ForName(name).Type.Name()]
}

func (p *pool) string(r *rand.Rand, at plantest.Place, odds func(int) bool) any {
	if words := datasetWords[at.Owner+"."+at.Name]; words != nil {
		return words[r.IntN(len(words))]
	}
	switch at.Name {
	case "after", "before":
		if list := p.cursorsOf(at.Owner); len(list) > 0 && !odds(15) {
			return list[r.IntN(len(list))]
		}
		return pick(r, "", "rubbish", "AAAA", odd, p.aCursor())
	case "path", "portfolio":
		return p.paths[r.IntN(len(p.paths))]
	case "text", "category":
		return pick(r, "r", "Land", "a", odd)
	case "role", "roleName":
		return pick(r, "Engineer", "Tester", "Nobody")
	case "timezone":
		return pick(r, "Europe/London", "UTC", "Moon/Base")
	case "period":
		return "2022-03"
	}
	return pick(r, p.codes[r.IntN(len(p.codes))], "NEW", "Some words", odd)
}

// datasetWords are those of questions about datasets.
var datasetWords = map[string][]string{
	"AggregateInput.dataset": {"CostEntries", "CostEntries", "CostEntries", "Projects", "Portfolios", "Nothing"},
	"GroupingInput.column":   {"Project/Portfolio/Name", "Period", "Period", "Currency", "Project/Lifecycle", "Lifecycle", "ProjectId", "Project/ManagerId", "Name"},
	"GroupingInput.as":       {"a", "b", "no name"},
	"MeasuredInput.measure":  {"TotalPlanned", "TotalActualReporting", "TotalPlannedReporting", "Entries", "Projects"},
	"MeasuredInput.column":   {"Planned", "Actual", "Period", "Currency", "Project/Name", "SlipDays"},
	"MeasuredInput.as":       {"x", "y", "z"},
	"ConditionInput.column":  {"Planned", "Project/Code", "Currency", "Period", "Lifecycle", "Project/Portfolio/Depth", "ProjectId"},
	"ConditionInput.values":  {"0", "1000", "GBP", "2022-03-01", "EXECUTING", "project-1"},
	"OrderingInput.by":       {"Entries", "Currency", "TotalPlanned", "x"},
	"Query.datasets.named":   {"CostEntries", "Projects"},
}

func (p *pool) scalar(r *rand.Rand, at plantest.Place, odds func(int) bool) any {
	switch at.Scalar {
	case "Date":
		if odds(4) {
			return pick(r, "0001-01-01", "1600-02-29", "9999-12-31", "2100-01-01")
		}
		switch at.Name {
		case "from", "start", "validFrom", "periodStart", "plannedStart":
			return pick(r, "2021-01-01", "2022-01-01", "2022-03-01", "2022-04-04")
		case "to", "finish", "validTo", "periodEnd":
			return pick(r, "2022-04-30", "2022-05-31", "2022-06-30", "2022-12-31")
		}
		return pick(r, "2022-04-20", "2022-03-31", "2021-06-30", "2020-11-11", "2022-04-04", "2022-06-30")
	case "DateTime":
		return pick(r, "2022-04-20T12:00:00Z", "2022-04-20T14:00:00.000000001+02:00", "2020-01-01T00:00:00Z", "2030-01-01T00:00:00Z")
	case "Long":
		return pick[any](r, r.Int64N(p.numbers+2), fmt.Sprint(r.Int64N(p.numbers+1)), r.Int64N(p.numbers)+1)
	case "Position":
		if odds(10) {
			return "2.0000000000000000" // of another record
		}
		return p.positions[r.IntN(len(p.positions))]
	case "Currency":
		return pick(r, "GBP", "EUR", "JPY", "XXX", "gbp")
	}
	return pick[any](r, "1.50", "0", "-3", "0.95", "1000000.01", int64(12))
}
