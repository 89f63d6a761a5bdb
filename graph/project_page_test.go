package graph_test

import (
	"fmt"
	"testing"

	"pmograph/internal/state"
	"pmograph/internal/vocab"
)

// A project page shows parts of lists: milestones of some states, bookings with a day in a span; and the finish the baseline in force fixes,
// the project's own before that of its finish milestone.
func TestProjectPage(t *testing.T) {
	h := newHouse(t)
	on := func(s string) *vocab.Date { return ptr(day(s)) }
	w := &world{currency: "GBP", fiscal: 4, validity: 12, portfolios: []portfolio{{parent: -1, code: "TOP"}}}
	for _, code := range []string{"A", "B"} {
		w.projects = append(w.projects, project{program: -1, code: code, name: code, lifecycle: vocab.ProjectLifecycleExecuting, currency: "GBP",
			milestones: []milestone{
				{name: "Begun", state: vocab.MilestoneStateReached, forecast: on("2022-01-10"), actual: on("2022-01-11")},
				{name: "Half", state: vocab.MilestoneStateAtRisk, forecast: on("2022-06-01")},
				{name: "Done", state: vocab.MilestoneStatePlanned, forecast: on("2022-09-01"), finish: true},
			},
			baselines: []baseline{{state: vocab.BaselineStateApproved, approved: on("2022-02-01"), dates: []*vocab.Date{nil, nil, on("2022-08-01")}}}})
	}
	h.load(w)
	h.do("import", func(d *state.Draft) error {
		r := state.Resources.New(d)
		r.Code, r.Kind, r.RoleName, r.ContractShare = "R", vocab.ResourceKindPerson, "Engineer", 1000
		must(state.Resources.Put(d, r))
		for _, start := range []string{"2022-04-04", "2022-04-11", "2022-04-18"} {
			a := state.Allocations.New(d)
			a.ProjectID, a.ResourceID, a.Start, a.Finish = 1, r.ID, day(start), day(start)+6
			a.Commitment, a.State = vocab.CommitmentHard, vocab.AllocationStateAccepted
			must(state.Allocations.Put(d, a))
		}
		return nil
	})
	// Project B's own dates: fixed by a later baseline.
	h.do("import", func(d *state.Draft) error {
		old, err := state.Baselines.Edit(d, 2, nil)
		must(err)
		old.State = vocab.BaselineStateSuperseded
		must(state.Baselines.Put(d, old))
		b := state.Baselines.New(d)
		b.ProjectID, b.Number, b.State, b.ApprovedOn, b.Reason = 2, 2, vocab.BaselineStateApproved, on("2022-03-01"), "moved"
		must(state.Baselines.Put(d, b))
		e := state.BaselineEntries.New(d)
		e.BaselineID, e.ProjectID, e.ItemKind, e.Start, e.Finish = b.ID, 2, vocab.BaselineItemKindProject, on("2022-01-01"), on("2022-10-31")
		return state.BaselineEntries.Put(d, e)
	})
	for _, x := range []struct{ query, want string }{
		{`{ project(id: "project-1") { milestones { nodes { name } } } }`, "[Begun Half Done]"},
		{`{ project(id: "project-1") { milestones(states: [AT_RISK, PLANNED]) { nodes { name } } } }`, "[Half Done]"},
		{`{ project(id: "project-1") { milestones(states: [AT_RISK, PLANNED], first: 1) { nodes { name } } } }`, "[Half]"},
		{`{ project(id: "project-1") { milestones(states: [CANCELLED]) { nodes { name } } } }`, "[]"},
		{`{ project(id: "project-1") { allocations { nodes { name: start } } } }`, "[2022-04-04 2022-04-11 2022-04-18]"},
		{`{ project(id: "project-1") { allocations(from: "2022-04-10", to: "2022-04-11") { nodes { name: start } } } }`, "[2022-04-04 2022-04-11]"},
		{`{ project(id: "project-1") { allocations(from: "2022-04-11") { nodes { name: start } } } }`, "[2022-04-11 2022-04-18]"},
		{`{ project(id: "project-1") { allocations(to: "2022-04-10") { nodes { name: start } } } }`, "[2022-04-04]"},
	} {
		var names []any
		page, _ := at(h.answer(finance, x.query, nil), "project").(map[string]any)
		for _, list := range page {
			for _, n := range at(list, "nodes").([]any) {
				names = append(names, at(n, "name"))
			}
		}
		if got := fmt.Sprint(names); got != x.want {
			t.Errorf("%s: %s, want %s", x.query, got, x.want)
		}
	}
	for _, x := range []struct{ id, day, want string }{
		{"project-1", "2022-04-01", "2022-08-01"}, {"project-1", "2022-01-31", "<nil>"}, {"project-2", "2022-02-15", "2022-08-01"}, {"project-2", "2022-04-01", "2022-10-31"},
	} {
		got := fmt.Sprint(at(h.answer(finance, `query($id: ID!, $day: Date!) { project(id: $id) { baselineFinish(asOf: $day) } }`, map[string]any{"id": x.id, "day": x.day}), "project", "baselineFinish"))
		if got != x.want {
			t.Errorf("%s on %s: %s, want %s", x.id, x.day, got, x.want)
		}
	}
}
