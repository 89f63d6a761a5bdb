package graph_test

import (
	"fmt"
	"strings"
	"testing"

	"pmograph/auth"
	"pmograph/ent"
	"pmograph/internal/journal"
	"pmograph/internal/state"
	"pmograph/internal/vocab"
)

const (
	kpiStream = `subscription ($node: ID, $filter: KpiFilter, $after: Position) { e: kpiChanged(node: $node, filter: $filter, asOf: "2022-03-31", after: $after, initial: true) { position n: number reset
	  kpis(first: 100) { nodes { definition { code } value { value reason } status } } breaches { kpi { definition { code } value { value } } from to number } } }`
	capacityStream = `subscription ($by: CapacityBy! = RESOURCE, $filter: CapacityFilter, $after: Position) { e: capacityChanged(by: $by, grain: WEEK, from: "2022-04-04", to: "2022-05-01", filter: $filter, after: $after, initial: true) { position n: number reset
	  capacity { rows(first: 100) { nodes { node { id } roleName cells { first overAllocation { value reason } } } } } overAllocated { node { id } roleName load { first overAllocation { value } } number } } }`
)

// measure records a value of an indicator of project 1, and gives the journal number.
func (h *house) measure(kpi, value string) string {
	h.t.Helper()
	got := h.answer(office, recordMeasurements, map[string]any{"in": map[string]any{"measurements": []any{map[string]any{"nodeId": "project-1", "kpi": kpi, "periodStart": "2022-03-01", "periodEnd": "2022-03-31", "value": value}}}})
	if errors := at(got, "measurementsRecord", "errors").([]any); len(errors) > 0 {
		h.t.Fatal(errors)
	}
	return fmt.Sprint(h.j.Latest().Seq())
}

// An indicator's event tells which limits were crossed for the worse, and at which entry; also to who was away while it happened, and whatever
// else happened then.
func TestKpiStreamTellsBreaches(t *testing.T) {
	h := measuredHouse(t)
	follow := map[string]any{"node": "project-1", "filter": map[string]any{"code": []string{"DEFECTS", "GRADE"}}}
	events := h.listen(viewer, kpiStream, follow)
	follow["after"] = at(next(t, events), "data", "e", "position")
	step := func(value, want string) (number string) {
		t.Helper()
		number = h.measure("DEFECTS", value)
		e := next(t, events)
		if got := fmt.Sprint(at(e, "data", "e", "breaches")); got != strings.ReplaceAll(want, "#", number) || at(e, "data", "e", "n") != number {
			t.Errorf("%s at %s: %s, want %s", value, number, got, want)
		}
		return number
	}
	step("5", "[]") // as good as before
	step("8", "[map[from:GREEN kpi:map[definition:map[code:DEFECTS] value:map[value:8]] number:# to:AMBER]]")
	step("9", "[]")
	step("3", "[]") // for the better
	red := step("11", "[map[from:GREEN kpi:map[definition:map[code:DEFECTS] value:map[value:11]] number:# to:RED]]")
	h.measure("GRADE", "6") // has no limits
	if e := next(t, events); len(at(e, "data", "e", "breaches").([]any)) > 0 {
		t.Errorf("%v", e)
	}
	h.rename(1, "Unmeasured")
	late := next(t, h.listen(viewer, kpiStream, follow))
	if got := fmt.Sprint(at(late, "data", "e", "breaches")); got != "[map[from:GREEN kpi:map[definition:map[code:DEFECTS] value:map[value:11]] number:"+red+" to:RED]]" {
		t.Errorf("who was away is told %s", got)
	}
}

// Indicators and load that somebody may not see make no event, and no breach.
func TestHiddenFiguresMakeNoEvent(t *testing.T) {
	t.Run("kpi", func(t *testing.T) {
		h := measuredHouse(t)
		follow := map[string]any{"node": "portfolio-1", "filter": map[string]any{"code": []string{"DEFECTS"}}}
		open, closed := h.listen(viewer, kpiStream, follow), h.listen(defence, kpiStream, map[string]any{"node": "portfolio-2", "filter": follow["filter"]})
		next(t, open)
		next(t, closed)
		measure := func(project int64, value string) {
			got := h.answer(office, recordMeasurements, map[string]any{"in": map[string]any{"measurements": []any{map[string]any{"nodeId": fmt.Sprint("project-", project), "kpi": "DEFECTS", "periodStart": "2022-03-01", "periodEnd": "2022-03-31", "value": value}}}})
			if errors := at(got, "measurementsRecord", "errors").([]any); len(errors) > 0 {
				t.Fatal(errors)
			}
		}
		measure(1, "11")
		if e := next(t, closed); at(e, "data", "e", "breaches", 0, "to") != "RED" {
			t.Fatalf("%v", e)
		}
		next(t, open)
		for i := range 6 {
			measure(5, fmt.Sprint(20+i)) // of transport
			next(t, open)
		}
		measure(1, "12")
		if e := next(t, closed); at(e, "data", "e", "n") != fmt.Sprint(h.j.Latest().Seq()) || len(at(e, "data", "e", "breaches").([]any)) > 0 {
			t.Errorf("the viewer was told of what he does not see: %v", e)
		}
	})
	t.Run("capacity", func(t *testing.T) {
		h := staffedHouse(t)
		closed := h.listen(viewer, capacityStream, map[string]any{"by": "PROJECT"})
		open := h.listen(pmo, capacityStream, nil)
		first := next(t, closed)
		next(t, open)
		for i := range 4 {
			h.book(1, "2022-04-04", 2400+60*i)
			next(t, open)
		}
		h.rename(1, "Seen")
		after := next(t, h.listen(viewer, capacityStream, map[string]any{"by": "PROJECT", "after": at(first, "data", "e", "position")}))
		if fmt.Sprint(at(after, "data", "e", "overAllocated")) != "[]" {
			t.Errorf("the viewer was told of what he does not see: %v", after)
		}
	})
}

// book says how much time a booking of BEN books in a week.
func (h *house) book(allocation int64, monday string, minutes int) string {
	h.t.Helper()
	first := day(monday)
	h.do("allocationHoursSet", func(d *state.Draft) error {
		return state.AllocationHours.Put(d, &ent.AllocationHour{ResourceID: 2, AllocationID: allocation, PeriodStart: first, PeriodEnd: first + 6, Minutes: minutes})
	})
	return fmt.Sprint(h.j.Latest().Seq())
}

// Who is booked beyond his capacity is told in the event of the entry that did it, and once; who was away is told which entry it was.
func TestCapacityStreamTellsOverAllocation(t *testing.T) {
	h := staffedHouse(t)
	events := h.listen(pmo, capacityStream, nil)
	after := at(next(t, events), "data", "e", "position")
	over := func(e map[string]any) string {
		list := []string{}
		for _, o := range at(e, "data", "e", "overAllocated").([]any) {
			list = append(list, fmt.Sprint(at(o, "node", "id"), at(o, "roleName"), " ", at(o, "load", "first"), " at ", at(o, "number")))
		}
		return strings.Join(list, ", ")
	}
	first := h.book(1, "2022-04-25", 3000)
	want := "resource-2<nil> 2022-04-25 at " + first
	if got := over(next(t, events)); got != want {
		t.Errorf("%s, want %s", got, want)
	}
	h.book(1, "2022-04-25", 3100)
	if got := over(next(t, events)); got != "" {
		t.Errorf("told again: %s", got)
	}
	second := h.book(1, "2022-04-04", 3000)
	want2 := "resource-2<nil> 2022-04-04 at " + second
	if got := over(next(t, events)); got != want2 {
		t.Errorf("%s, want %s", got, want2)
	}
	h.rename(2, "Idle")
	if got := over(next(t, h.listen(pmo, capacityStream, map[string]any{"after": after}))); got != want2+", "+want {
		t.Errorf("who was away is told %s", got)
	}
	roles := next(t, h.listen(pmo, capacityStream, map[string]any{"after": after, "by": "ROLE"}))
	if got := over(roles); got != "<nil>Engineer 2022-04-04 at "+second {
		t.Errorf("of roles: %s", got)
	}
	if e := next(t, h.listen(pmo, strings.Replace(capacityStream, "2022-05-01", "2022-04-01", 1), nil)); at(e, "errors", 0, "extensions", "code") != "INVALID" {
		t.Errorf("a span that ends before it begins: %v", e)
	}
}

// A project's event names who made its changes, if one did alone and is seen.
func TestProjectEventNamesItsActor(t *testing.T) {
	h := governmentHouse(t)
	h.do("roleGrant", func(d *state.Draft) error {
		x := state.RoleAssignments.New(d)
		x.UserID, x.Role, x.ScopeKind = 1, vocab.RolePmo, vocab.ScopeKindOrganisation
		return state.RoleAssignments.Put(d, x)
	})
	after := h.j.Latest().Position().String()
	patch := func(id auth.Identity, name string) {
		dec := state.Decision{Action: "projectUpdate", Input: name, Run: func(d *state.Draft) error {
			p, err := state.Projects.Edit(d, 1, nil)
			must(err)
			p.Name = name
			return state.Projects.Put(d, p)
		}}
		_, err := h.j.Do(t.Context(), id, dec, journal.Meta{})
		must(err)
	}
	ada := who("ada")
	events := h.listen(finance, projectStream, nil)
	next(t, events)
	patch(ada, "Hers")
	if e := next(t, events); at(e, "data", "e", "actor", "id") != "user-1" {
		t.Errorf("one change: %v", e)
	}
	h.rename(1, "The program's")
	if e := next(t, events); at(e, "data", "e", "actor") != nil {
		t.Errorf("the program: %v", e)
	}
	patch(ada, "Hers again")
	if e := next(t, h.listen(finance, projectStream, map[string]any{"after": after})); at(e, "data", "e", "actor") != nil || len(at(e, "data", "e", "changes").([]any)) != 3 {
		t.Errorf("several: %v", e)
	}
}
