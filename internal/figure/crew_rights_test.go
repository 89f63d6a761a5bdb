package figure_test

import (
	"testing"

	"pmograph/auth"
	"pmograph/ent"
	"pmograph/internal/calc/exact"
	"pmograph/internal/figure"
	"pmograph/internal/state"
	"pmograph/internal/vocab"
)

func peopleOf(v *state.View, teams ...int64) (all []*ent.Resource) {
	for _, t := range teams {
		for x := range state.Resources.By(v, "team_id", t) {
			all = append(all, x)
		}
	}
	return all
}

// Load is of people whose load is seen: is there one whose load is not, there is no figure, no input and no contributor; and numerator and
// denominator are of the same people.
func TestLoadNeedsEverybodysLoad(t *testing.T) {
	s := staffed(t, 30)
	months := figure.NewSpan(vocab.CapacityGrainMonth, vocab.DateOf(at), vocab.DateOf(at), 10)
	looks := auth.Holding{May: auth.Read | auth.ReadPersonal, Kind: vocab.ScopeKindOrganisation}
	keeps := auth.Holding{May: auth.Read | auth.ReadPersonal | auth.ReadLoad, Kind: vocab.ScopeKindTeam, ID: 2}
	v := whoMay(t, s, looks, keeps)
	for _, x := range []struct {
		teams  []int64
		hidden int
		reason vocab.Reason
	}{{[]int64{2}, 0, ""}, {[]int64{1, 2, 3}, 0, vocab.ReasonNotVisible}, {[]int64{2}, 1, vocab.ReasonNotVisible}, {nil, 0, vocab.ReasonNotVisible}} {
		l := figure.NewBook(v).Crew(figure.CrewOf{People: peopleOf(v, x.teams...), Hidden: x.hidden}, months).Total()
		for name, f := range map[string]figure.Figure{"capacity": l.Capacity().Now(), "hard": l.Hard().Now(), "fte": l.CapacityFte().Now(), "over": l.Over().Now(), "expected": l.ExpectedUtilisation().Now()} {
			if name == "expected" && x.reason == "" {
				if f.Reason != "" || len(f.Explain().Inputs) != 3 {
					t.Errorf("%v: %s has the reason %q", x, name, f.Reason)
				}
				continue
			}
			if f.Reason != x.reason || x.reason != "" && (!f.Value.IsNone() || len(f.Explain().Inputs)+len(f.Explain().Contributors()) > 0) {
				t.Errorf("%v: %s has the reason %q, inputs %v", x, name, f.Reason, f.Explain().Inputs)
			}
		}
		if _, ok := l.Overbooked(); ok != (x.reason == "") {
			t.Errorf("%v: rows can be ordered by what is hidden", x)
		}
	}
	team := state.Teams.Get(v, 1)
	if f := figure.NewBook(v).Crew(figure.CrewOf{Team: team}, months).Total().Capacity().Now(); f.Reason != vocab.ReasonNotVisible {
		t.Errorf("what is kept at a team shows to who does not see all of it: %v", f.Value)
	}
}

// What is booked for a node shows with its bookings; the load of those booked asks for more.
func TestBookedForANode(t *testing.T) {
	s := edit(t, staffed(t, 3), func(d *state.Draft) {
		for project := range int64(2) {
			a := state.Allocations.New(d)
			a.ProjectID, a.ResourceID, a.Start, a.Finish = project+1, 1, vocab.DateOf(at), vocab.DateOf(at)+20
			a.State, a.Commitment = vocab.AllocationStateAccepted, vocab.CommitmentHard
			must(t, state.Allocations.Put(d, a))
			must(t, state.AllocationHours.Put(d, &ent.AllocationHour{ResourceID: 1, AllocationID: a.ID, PeriodStart: a.Start, PeriodEnd: a.Start, Minutes: 300}))
		}
	})
	weeks := figure.NewSpan(vocab.CapacityGrainWeek, vocab.DateOf(at), vocab.DateOf(at), 10)
	of := func(v *state.View) figure.Load {
		var list []*ent.Allocation
		for a := range state.Allocations.By(v, "project_id", 1) {
			list = append(list, a)
		}
		c := figure.CrewOf{Bookings: list, Node: true, Complete: true}
		if x := state.Resources.Get(v, 1); x != nil {
			c.People = []*ent.Resource{x}
		} else {
			c.Hidden = 1
		}
		return figure.NewBook(v).Crew(c, weeks).Total()
	}
	for name, x := range map[string]struct {
		held  auth.Holding
		over  string // minutes in hours
		parts int
	}{
		"sees all":          {everything, "5/2", 1},
		"sees the project":  {auth.Holding{May: auth.Read, Kind: vocab.ScopeKindProject, ID: 1}, "", 1},
		"sees the projects": {auth.Holding{May: auth.Read | auth.ReadPersonal, Kind: vocab.ScopeKindOrganisation}, "", 1},
	} {
		l := of(whoMay(t, s, x.held))
		if f := l.Hard().Now(); f.Value.IsNone() || f.Value.Cmp(exact.Of(5)) != 0 || len(f.Explain().Contributors()) != x.parts || f.Explain().Contributors()[0].Node.Table != state.Allocations.Desc() {
			t.Errorf("%s: booked for it %v %s", name, f.Value, f.Reason)
		}
		f := l.Over().Now()
		if x.over == "" && f.Reason != vocab.ReasonNotVisible || x.over != "" && f.Value.Number.Rat().RatString() != x.over {
			t.Errorf("%s: over-allocation of all projects %v %s", name, f.Value, f.Reason)
		}
	}
}

// Who sees load and not who it is of sees it by month and fixed units of five people at the least, and no contributors.
func TestFewPeopleAreWithheld(t *testing.T) {
	const day, week, month = vocab.CapacityGrainDay, vocab.CapacityGrainWeek, vocab.CapacityGrainMonth
	nameless := auth.Holding{May: auth.Read | auth.ReadLoad, Kind: vocab.ScopeKindTeam, ID: 1}
	team, role, free := figure.Breakdown{Fixed: true}, figure.Breakdown{Fixed: true, ByRole: true}, figure.Breakdown{}
	for _, x := range []struct {
		name   string
		people int // spread over three teams, of two roles
		edit   func(*state.Draft)
		held   []auth.Holding
		by     figure.Breakdown
		grain  vocab.CapacityGrain
		closed bool
	}{
		{"five in each team", 15, nil, []auth.Holding{nameless}, team, month, false},
		{"by week", 15, nil, []auth.Holding{nameless}, team, week, true},
		{"by day", 15, nil, []auth.Holding{nameless}, team, day, true},
		{"as one chooses", 15, nil, []auth.Holding{nameless}, free, month, true},
		{"four in a team", 14, nil, []auth.Holding{nameless}, team, month, true},
		{"roles of fewer in a team", 15, nil, []auth.Holding{nameless}, role, month, true},
		{"five of each role in each team", 30, nil, []auth.Holding{nameless}, role, month, false},
		{"one has left, four stay", 15, func(d *state.Draft) { leave(d, 1) }, []auth.Holding{nameless}, team, month, true},
		{"a team nobody is left in", 15, func(d *state.Draft) { leave(d, 1, 4, 7, 10, 13) }, []auth.Holding{nameless}, team, month, false},
		{"with names", 4, nil, []auth.Holding{nameless, {May: auth.ReadPersonal, Kind: vocab.ScopeKindTeam, ID: 1}}, free, day, false},
		{"with some names: five others in each team", 15, nil, []auth.Holding{nameless, {May: auth.ReadPersonal, Kind: vocab.ScopeKindTeam, ID: 2}}, team, month, false},
		{"himself", 1, nil, []auth.Holding{{May: auth.Read | auth.ReadLoad, Kind: auth.OnPerson, ID: 1}}, free, day, false},
	} {
		s := staffed(t, x.people)
		if x.edit != nil {
			s = edit(t, s, x.edit)
		}
		v := whoMay(t, s, x.held...)
		span := figure.NewSpan(x.grain, vocab.DateOf(at), vocab.DateOf(at), 10)
		people := peopleOf(v, 1, 2, 3)
		closed := figure.NewBook(v).Closed(people, x.by, span)
		if closed != x.closed {
			t.Errorf("%s: withheld %v", x.name, closed)
		}
		f := figure.NewBook(v).Crew(figure.CrewOf{People: people, Closed: closed, Complete: true}, span).Total().Capacity().Now()
		names := x.name == "with names" || x.name == "himself"
		if f.Value.IsNone() != closed || (len(f.Explain().Contributors()) > 0) != names {
			t.Errorf("%s: %v %s, %d contributors", x.name, f.Value, f.Reason, len(f.Explain().Contributors()))
		}
	}
}

func leave(d *state.Draft, ids ...int64) {
	for _, id := range ids {
		x, _ := state.Resources.Edit(d, id, nil)
		x.ValidTo = ptr(vocab.DateOf(at).AddMonths(-2))
		state.Resources.Put(d, x)
	}
}
