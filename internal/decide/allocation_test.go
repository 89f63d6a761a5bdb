package decide

import (
	"maps"
	"testing"

	"pmograph/ent"
	"pmograph/internal/fault"
	"pmograph/internal/guard"
	"pmograph/internal/state"
	"pmograph/internal/vocab"
)

// booked is the world with people: keeper manages team-1, where resource-1 is the user ada; boss manages the time of resource-2, who is in
// no team; other manages team-2. allocation-1 asks for resource-1 for project-1, allocation-2 for project-3, where resource-1 was accepted;
// allocation-3 asks for resource-2 for project-1. The manager of portfolio A may look at team-1.
func booked(t testing.TB) *record {
	r := world(t)
	for _, subject := range []string{"keeper", "ada", "boss", "other"} {
		r.do(UserCreate(UserCreateInput{Subject: subject}))
	}
	r.do(TeamCreate(TeamCreateInput{Code: "T", Name: "Team", ManagerID: ptr("user-6")}))
	r.do(TeamCreate(TeamCreateInput{Code: "U", Name: "Others", ManagerID: ptr("user-9")}))
	person := ResourceCreateInput{Code: "R", Name: ptr("Ada"), Kind: vocab.ResourceKindPerson, RoleName: "Engineer", TeamID: ptr("team-1"), UserID: ptr("user-7")}
	r.do(ResourceCreate(person))
	person.Code, person.TeamID, person.UserID, person.ManagerID = "S", nil, nil, ptr("user-8")
	r.do(ResourceCreate(person))
	r.do(RoleGrant(RoleGrantInput{UserID: "user-3", Role: vocab.RoleViewer, ScopeKind: vocab.ScopeKindTeam, ScopeID: ptr("team-1")}))
	for _, x := range [][2]string{{"project-1", "resource-1"}, {"project-3", "resource-1"}, {"project-1", "resource-2"}} {
		r.do(AllocationRequest(AllocationRequestInput{ProjectID: x[0], ResourceID: x[1], Start: today, Finish: today + 30, Probability: ptr(800)}))
	}
	r.do(AllocationAccept(AllocationAcceptInput{ID: "allocation-2"}))
	r.do(CostCategorySet(CostCategorySetInput{Code: "LAB", Name: "Labour"}))
	monday, amount := today-1, guard.NewMoney(100)
	wants(t, r.put("import", all(
		facts(state.AllocationHours,
			&ent.AllocationHour{ResourceID: 1, AllocationID: 1, PeriodStart: today, PeriodEnd: today + 3, Minutes: 600},
			&ent.AllocationHour{ResourceID: 1, AllocationID: 2, PeriodStart: today, PeriodEnd: today + 3, Minutes: 900}),
		facts(state.BudgetLines, &ent.BudgetLine{ProjectID: 1, CostCategoryID: 1, ReserveKind: vocab.ReserveKindNone, Currency: "GBP", Period: *day(t, "2026-03-01"), Amount: &amount}),
		facts(state.CapacityEntries, &ent.CapacityEntry{ResourceID: 1, PeriodStart: monday, Grain: vocab.CapacityGrainWeek, Source: vocab.CapacitySourceCalendar, Minutes: 2250}),
		facts(state.CapacityEntries, &ent.CapacityEntry{ResourceID: 2, PeriodStart: monday, Grain: vocab.CapacityGrainWeek, Source: vocab.CapacitySourceCalendar, Minutes: 2250}),
	)), "")
	return r
}

// facts adds facts past every decision.
func facts[T any](t *state.Facts[T], rows ...*T) func(*state.Draft) error {
	return func(d *state.Draft) error { return t.Put(d, rows...) }
}

// hours counts the facts of booked time.
func hours(r *record) int { return r.s.Count(state.AllocationHours.Desc()) }

func allocation(r *record, id int64) *ent.Allocation { return state.Allocations.Get(r.all(), id) }

// past changes an allocation past its decisions.
func past(action string, id int64, f func(*ent.Allocation)) state.Decision {
	return state.Decision{Action: action, Run: editing(state.Allocations, id, f)}
}

func TestAllocations(t *testing.T) {
	accept := func(id string) state.Decision { return AllocationAccept(AllocationAcceptInput{ID: id}) }
	update := func(id string, patch map[string]any) state.Decision {
		return AllocationUpdate(AllocationUpdateInput{ID: id, Patch: patch})
	}
	accepted := func(a *ent.Allocation) { a.State = vocab.AllocationStateAccepted }
	for _, a := range []act{
		{"asked for by who plans", "manager", AllocationRequest(AllocationRequestInput{ProjectID: "project-2", ResourceID: "resource-1", Start: today, Finish: today, Note: ptr("survey")}), "",
			func(_ *testing.T, r *record) bool {
				x := allocation(r, 4)
				return x.State == vocab.AllocationStateRequested && x.Commitment == vocab.CommitmentSoft && *x.Note == "survey"
			}},
		{"asked for backwards", "manager", AllocationRequest(AllocationRequestInput{ProjectID: "project-2", ResourceID: "resource-1", Start: today, Finish: today - 1}), "input.finish OUT_OF_ORDER", nil},
		{"somebody out of sight", "manager", AllocationRequest(AllocationRequestInput{ProjectID: "project-2", ResourceID: "resource-2", Start: today, Finish: today}), "input.resourceId NOT_FOUND", nil},
		{"asked for by who does not plan", "worker", AllocationRequest(AllocationRequestInput{ProjectID: "project-1", ResourceID: "resource-1", Start: today, Finish: today}), "FORBIDDEN", nil},

		{"accepted by the team's manager, who does not see the project", "keeper", accept("allocation-1"), "",
			func(_ *testing.T, r *record) bool {
				x := allocation(r, 1)
				return x.State == vocab.AllocationStateAccepted && x.Commitment == vocab.CommitmentHard && x.Probability == nil
			}},
		{"accepted by the person's manager", "boss", accept("allocation-3"), "", nil},
		{"accepted softly", "keeper", AllocationAccept(AllocationAcceptInput{ID: "allocation-1", Commitment: ptr(vocab.CommitmentSoft)}), "",
			func(_ *testing.T, r *record) bool {
				return *allocation(r, 1).Probability == 800 && allocation(r, 1).Commitment == vocab.CommitmentSoft
			}},
		{"accepted by the office", "pmo", accept("allocation-1"), "", nil},
		{"accepted by who asks", "manager", accept("allocation-1"), "FORBIDDEN", nil},
		{"accepted by the person himself", "ada", accept("allocation-1"), "FORBIDDEN", nil},
		{"accepted by another manager", "other", accept("allocation-1"), "input.id NOT_FOUND", nil},
		{"what was declined", "pmo", state.Decision{Action: "allocationAccept", Run: func(d *state.Draft) error {
			if err := AllocationDecline(AllocationDeclineInput{ID: "allocation-1"}).Run(d); err != nil {
				return err
			}
			return accept("allocation-1").Run(d)
		}}, "input.id WRONG_STATE", nil},
		{"declined", "keeper", AllocationDecline(AllocationDeclineInput{ID: "allocation-1"}), "",
			func(_ *testing.T, r *record) bool {
				return allocation(r, 1).State == vocab.AllocationStateDeclined && allocation(r, 2).State == vocab.AllocationStateAccepted
			}},
		{"declined by who asks", "manager", AllocationDecline(AllocationDeclineInput{ID: "allocation-1"}), "FORBIDDEN", nil},
		{"taken back by the office", "pmo", AllocationDecline(AllocationDeclineInput{ID: "allocation-2"}), "",
			func(_ *testing.T, r *record) bool { return allocation(r, 2).Commitment == vocab.CommitmentSoft }},
		{"answered already: out of its manager's sight", "keeper", AllocationDecline(AllocationDeclineInput{ID: "allocation-2"}), "input.id NOT_FOUND", nil},

		{"who plans writes no answer", "manager", past("allocationUpdate", 1, accepted), "FORBIDDEN", nil},
		{"nor a refusal", "manager", past("allocationUpdate", 1, func(a *ent.Allocation) { a.State = vocab.AllocationStateDeclined }), "FORBIDDEN", nil},
		{"who answers writes nothing else", "keeper", past("allocationAccept", 1, func(a *ent.Allocation) { accepted(a); a.Finish++ }), "FORBIDDEN", nil},
		{"nor without an answer", "keeper", past("allocationAccept", 1, func(a *ent.Allocation) { a.Probability = nil }), "FORBIDDEN", nil},
		{"nor a booking of his own", "keeper", state.Decision{Action: "allocationAccept", Run: making(state.Allocations, func(a *ent.Allocation) {
			a.ProjectID, a.ResourceID, a.Start, a.Finish, a.Commitment = 1, 1, today, today, vocab.CommitmentSoft
			accepted(a)
		})}, "project_id NOT_FOUND", nil},
		{"who plans keeps no answer to something else", "", AllocationUpdate(AllocationUpdateInput{ID: "allocation-2", Patch: map[string]any{"finish": today + 60}}), "",
			func(_ *testing.T, r *record) bool {
				x := allocation(r, 2)
				return x.State == vocab.AllocationStateRequested && x.Commitment == vocab.CommitmentSoft && x.Finish == today+60
			}},
		{"changed to what it is", "", update("allocation-2", map[string]any{"finish": today + 30}), "",
			func(_ *testing.T, r *record) bool { return allocation(r, 2).State == vocab.AllocationStateAccepted }},
		{"changed by who asks", "manager", update("allocation-1", map[string]any{"probability": int64(100), "note": "survey"}), "",
			func(_ *testing.T, r *record) bool { return *allocation(r, 1).Probability == 100 }},
		{"more than certain", "manager", update("allocation-1", map[string]any{"probability": int64(1001)}), "input.patch.probability INVALID", nil},
		{"moved to another resource", "manager", update("allocation-1", map[string]any{"resourceId": "resource-1"}), "input.patch.resourceId UNKNOWN_FIELD", nil},
		{"changed by who answers", "keeper", update("allocation-1", map[string]any{"note": "no"}), "FORBIDDEN", nil},
		{"a stale booking", "manager", AllocationDelete(AllocationDeleteInput{ID: "allocation-1", ExpectedVersion: ptr(int64(1))}), "input.expectedVersion CONFLICT", nil},
		{"removed", "manager", AllocationDelete(AllocationDeleteInput{ID: "allocation-1"}), "", func(_ *testing.T, r *record) bool { return allocation(r, 1) == nil && hours(r) == 1 }},
		{"removed though it is none", "", AllocationDelete(AllocationDeleteInput{ID: "project-1"}), "input.id NOT_FOUND", func(_ *testing.T, r *record) bool { return hours(r) == 2 }},
		{"its hours are not who plans'", "manager", state.Decision{Action: "allocationUpdate", Run: func(d *state.Draft) error { return state.AllocationHours.Clear(d, 1, 1) }}, "NOT_FOUND", nil},
		{"removed by who answers", "keeper", AllocationDelete(AllocationDeleteInput{ID: "allocation-1"}), "FORBIDDEN", nil},
		{"removed with its project", "manager", ProjectDelete(ProjectDeleteInput{ID: "project-1"}), "", func(_ *testing.T, r *record) bool {
			return allocation(r, 1) == nil && allocation(r, 2) != nil && hours(r) == 1 && r.s.Count(state.BudgetLines.Desc()) == 0
		}},

		{"who somebody is, said by his team's manager", "keeper", ResourceUpdate(ResourceUpdateInput{ID: "resource-1", Patch: map[string]any{"userId": "user-9"}}), "FORBIDDEN", nil},
		{"by himself", "keeper", ResourceUpdate(ResourceUpdateInput{ID: "resource-1", Patch: map[string]any{"userId": "user-6"}}), "FORBIDDEN", nil},
		{"by the office", "pmo", ResourceUpdate(ResourceUpdateInput{ID: "resource-1", Patch: map[string]any{"userId": "user-9"}}), "", nil},
		{"somebody in the team, who signs in nowhere", "keeper", ResourceCreate(ResourceCreateInput{Code: "N", Kind: vocab.ResourceKindPerson, RoleName: "Engineer", TeamID: ptr("team-1")}), "", nil},
		{"another manager of his time", "boss", ResourceUpdate(ResourceUpdateInput{ID: "resource-2", Patch: map[string]any{"managerId": "user-9"}}), "", nil},
		{"the manager of his time, made by who has no rates", "pmo", ResourceUpdate(ResourceUpdateInput{ID: "resource-2", Patch: map[string]any{"managerId": "user-2"}}), "FORBIDDEN", nil},
		{"somebody taken into another team", "boss", ResourceUpdate(ResourceUpdateInput{ID: "resource-2", Patch: map[string]any{"teamId": "team-2"}}), "input.patch.teamId NOT_FOUND", nil},
	} {
		t.Run(a.name, func(t *testing.T) { a.run(t, booked(t)) })
	}
}

// A booking is seen where its project is, by the person himself, and by who is asked for as long as he is asked.
func TestWhoSeesBookings(t *testing.T) {
	for _, x := range []struct {
		as        string
		bookings  []bool // 1 to 3
		resources []bool
		load      []bool // their time, over all projects
	}{
		{"pmo", []bool{true, true, true}, []bool{true, true}, []bool{true, true}},
		{"manager", []bool{true, false, true}, []bool{true, false}, []bool{false, false}},
		{"keeper", []bool{true, false, false}, []bool{true, false}, []bool{true, false}},
		{"ada", []bool{true, true, false}, []bool{true, false}, []bool{true, false}},
		{"boss", []bool{false, false, true}, []bool{false, true}, []bool{false, true}},
		{"other", []bool{false, false, false}, []bool{false, false}, []bool{false, false}},
	} {
		r := booked(t)
		v, err := state.NewView(r.s, r.session(x.as), today, state.ViewOptions{})
		if err != nil {
			t.Fatal(err)
		}
		for i, sees := range x.bookings {
			if got := state.Allocations.Get(v, int64(i+1)) != nil; got != sees {
				t.Errorf("%s sees allocation-%d: %v", x.as, i+1, got)
			}
		}
		for i, sees := range x.resources {
			if got := state.Resources.Get(v, int64(i+1)) != nil; got != sees {
				t.Errorf("%s sees resource-%d: %v", x.as, i+1, got)
			}
		}
		for i, sees := range x.load {
			if got := state.CapacityEntries.Of(v, int64(i+1)).Len(); (got > 0) != sees {
				t.Errorf("%s sees the time of resource-%d: %d entries", x.as, i+1, got)
			}
		}
		if got := state.AllocationHours.Of(v, 1).Len(); (got == 2) != (x.as == "pmo") {
			t.Errorf("%s sees %d rows of hours, which tell how many bookings there are", x.as, got)
		}
		if x.resources[0] {
			minutes := map[bool]int64{} // by whether he sees which booking it is
			for _, b := range state.Bookings(v, state.Resources.Get(v, 1)) {
				for h := range b.Hours.All() {
					minutes[b.Row != nil] += h.Val(bookedMinutes)
				}
			}
			if want := map[string]map[bool]int64{"pmo": {true: 1500}, "ada": {true: 1500}, "manager": {true: 600}, "keeper": {true: 600, false: 900}}[x.as]; !maps.Equal(minutes, want) {
				t.Errorf("%s sees booked minutes %v", x.as, minutes)
			}
		}
		if x.as == "ada" {
			me := state.Resources.Get(v, 1)
			if k := state.Resources.Key(v, me); k.Sees(vocab.ClassRate) || k.Sees(vocab.ClassPersonal) || k.Sees(vocab.ClassMoney) {
				t.Error("a person opens more than his row")
			}
			for u := range state.Users.All(v) {
				if state.Users.Key(v, u).Sees(vocab.ClassPersonal) {
					t.Fatal("a person opens the names of all")
				}
			}
		}
	}
}

// The past shows a request to who is asked only if he is asked still; the rights of a deputy on OWN do not reach the bookings of a person.
func TestRequestsOfThePast(t *testing.T) {
	r := booked(t)
	then := r.s
	r.do(AllocationAccept(AllocationAcceptInput{ID: "allocation-1"}))
	r.do(AllocationUpdate(AllocationUpdateInput{ID: "allocation-2", Patch: map[string]any{"note": "again"}}))
	v, err := state.NewView(then, r.session("keeper"), today, state.ViewOptions{Newest: r.s})
	if err != nil {
		t.Fatal(err)
	}
	if state.Allocations.Get(v, 1) != nil || state.Allocations.Get(v, 2) != nil {
		t.Error("the past shows what today does not, or what was answered then")
	}
	r.do(RoleGrant(RoleGrantInput{UserID: "user-7", Role: vocab.RoleProjectManager, ScopeKind: vocab.ScopeKindOwn}))
	if _, err := r.try(r.session("ada"), AllocationDelete(AllocationDeleteInput{ID: "allocation-1"})); !fault.Is(err, fault.Forbidden) {
		t.Errorf("a person with a role on what is his own removes a booking: %v", err)
	}
}
