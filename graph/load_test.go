package graph_test

import (
	"reflect"
	"testing"

	"pmograph/auth"
	"pmograph/ent"
	"pmograph/internal/state"
	"pmograph/internal/vocab"
)

// staffedHouse is the government with people, in which every rule of load shows: a day booked twice in a week with time left, a week that
// somebody else states, an absence, part time, one who leaves while booked, an open position, bookings without commitment, with and without
// a probability, and one that was declined.
//
//	ENG, managed by mia: CAT (tester, 0.8), OPEN (a placeholder)
//	└ SYS: BEN, who is the user ben, and DAN until 22 April, engineers
//	nowhere: R1, who is the user ada
func staffedHouse(t testing.TB) *house {
	h := governmentHouse(t)
	h.do("userCreate", func(d *state.Draft) error {
		for _, name := range []string{"mia", "ben"} {
			u := state.Users.New(d)
			u.Issuer, u.Active = "LOCAL", true
			set(state.Users, u, "subject", name)
			must(state.Users.Put(d, u))
		}
		for n, code := range []string{"ENG", "SYS"} {
			x := state.Teams.New(d)
			x.Code, x.Name = code, "Team "+code
			if n == 0 {
				x.ManagerID = ptr(int64(2))
			} else {
				x.ParentID = ptr(int64(1))
			}
			must(state.Teams.Put(d, x))
		}
		for _, p := range []struct {
			code, role string
			kind       vocab.ResourceKind
			share      int
			team       int64
			user       *int64
			until      *vocab.Date
		}{
			{"BEN", "Engineer", vocab.ResourceKindPerson, 1000, 2, ptr(int64(3)), nil},
			{"CAT", "Tester", vocab.ResourceKindPerson, 800, 1, nil, nil},
			{"DAN", "Engineer", vocab.ResourceKindPerson, 1000, 2, nil, dayp("2022-04-22")},
			{"OPEN", "Engineer", vocab.ResourceKindPlaceholder, 1000, 1, nil, nil},
		} {
			x := state.Resources.New(d)
			x.Code, x.Kind, x.RoleName, x.ContractShare, x.TeamID, x.UserID, x.ValidTo = p.code, p.kind, p.role, p.share, &p.team, p.user, p.until
			if p.kind == vocab.ResourceKindPerson {
				set(state.Resources, x, "name", "The person "+p.code)
			}
			must(state.Resources.Put(d, x))
		}
		return nil
	})
	h.do("import", func(d *state.Draft) error {
		const hard, soft = vocab.CommitmentHard, vocab.CommitmentSoft
		const accepted, asked, declined = vocab.AllocationStateAccepted, vocab.AllocationStateRequested, vocab.AllocationStateDeclined
		type hours struct {
			first, last string
			minutes     int
		}
		for _, b := range []struct {
			project, resource int64
			commitment        vocab.Commitment
			state             vocab.AllocationState
			probability       *int
			hours             []hours
		}{
			{1, 2, hard, accepted, nil, []hours{{"2022-04-04", "2022-04-10", 1800}, {"2022-04-11", "2022-04-17", 1500}, {"2022-04-25", "2022-05-01", 1200}}},
			{2, 2, hard, accepted, nil, []hours{{"2022-04-11", "2022-04-11", 400}, {"2022-04-18", "2022-04-24", 1200}}},
			{5, 3, soft, accepted, ptr(500), []hours{{"2022-04-04", "2022-04-10", 1000}}},
			{6, 3, soft, asked, nil, []hours{{"2022-04-04", "2022-04-10", 200}, {"2022-04-11", "2022-04-12", 800}}},
			{1, 4, hard, accepted, nil, []hours{{"2022-04-18", "2022-04-24", 600}, {"2022-04-25", "2022-05-01", 600}}},
			{5, 4, soft, declined, nil, []hours{{"2022-04-04", "2022-04-10", 2000}}},
			{1, 5, soft, asked, ptr(250), []hours{{"2022-04-25", "2022-05-01", 900}}},
			{7, 1, hard, accepted, nil, []hours{{"2022-04-11", "2022-04-17", 300}}},
		} {
			a := state.Allocations.New(d)
			a.ProjectID, a.ResourceID, a.Commitment, a.State, a.Probability, a.Start, a.Finish = b.project, b.resource, b.commitment, b.state, b.probability, day("2022-04-04"), day("2022-05-01")
			must(state.Allocations.Put(d, a))
			for _, x := range b.hours {
				must(state.AllocationHours.Put(d, &ent.AllocationHour{ResourceID: b.resource, AllocationID: a.ID, PeriodStart: day(x.first), PeriodEnd: day(x.last), Minutes: x.minutes}))
			}
		}
		return state.CapacityEntries.Put(d,
			&ent.CapacityEntry{ResourceID: 3, PeriodStart: day("2022-04-12"), Grain: vocab.CapacityGrainDay, Source: vocab.CapacitySourceAbsence, Minutes: 360},
			&ent.CapacityEntry{ResourceID: 2, PeriodStart: day("2022-04-18"), Grain: vocab.CapacityGrainWeek, Source: vocab.CapacitySourceOverride, Minutes: 1080})
	})
	return h
}

var (
	pmo = who("office", role(vocab.RolePmo, ""))
	mia = who("mia") // manages ENG, and nothing else
	ben = who("ben")
)

// The questions about people's time, each a document, with golden answers for who asks.
func TestGoldenLoads(t *testing.T) {
	h := staffedHouse(t)
	april := func(by, grain string, filter map[string]any) map[string]any {
		return map[string]any{"by": by, "grain": grain, "from": "2022-04-04", "to": "2022-05-01", "filter": filter}
	}
	golden(t, h, "capacity-heat-map", "persons", pmo, april("RESOURCE", "WEEK", nil))
	golden(t, h, "capacity-heat-map", "teams", pmo, april("TEAM", "WEEK", nil))
	golden(t, h, "capacity-heat-map", "days", mia, april("TEAM", "DAY", map[string]any{"team": "team-2"}))
	golden(t, h, "capacity-heat-map", "roles", mia, april("ROLE", "MONTH", nil))
	golden(t, h, "capacity-heat-map", "portfolios", pmo, april("PORTFOLIO", "MONTH", nil))
	golden(t, h, "capacity-heat-map", "defence", defence, april("PROJECT", "WEEK", map[string]any{"portfolio": "portfolio-2"}))
	golden(t, h, "capacity-heat-map", "himself", ben, april("RESOURCE", "WEEK", nil))
	golden(t, h, "capacity-heat-map", "viewer", viewer, april("TEAM", "MONTH", nil))
	span := map[string]any{"from": "2022-04-04", "to": "2022-05-01"}
	golden(t, h, "overbooked", "office", pmo, span)
	golden(t, h, "overbooked", "manager", mia, span)
	golden(t, h, "overbooked", "viewer", viewer, span)
	ajax := map[string]any{"path": "MOD/AJAX", "from": "2022-04-01", "to": "2022-05-31"}
	golden(t, h, "project-team", "office", pmo, ajax)
	golden(t, h, "project-team", "defence", defence, ajax)
	golden(t, h, "project-team", "viewer", viewer, ajax)
	fleetOf := map[string]any{"portfolio": "GOV", "program": "program-1", "from": "2022-04-01", "to": "2022-05-31"}
	golden(t, h, "booked-teams", "office", pmo, fleetOf)
	golden(t, h, "booked-teams", "defence", defence, fleetOf)
	golden(t, h, "booked-teams", "viewer", viewer, fleetOf)
}

// The team of a portfolio is booked as the portfolio's row of the heat map is, and each project's as its own row, whoever asks.
func TestTeamsAreRowsOfTheHeatMap(t *testing.T) {
	h := staffedHouse(t)
	const booked = `total { hard { value reason } soft { value reason } capacity { value reason } utilisation { value reason } }`
	rows := 0
	for _, id := range []auth.Identity{pmo, mia, ben, defence, viewer} {
		for _, by := range []string{"PORTFOLIO", "PROJECT"} {
			answer := h.answer(id, `query($by: CapacityBy!) { capacity(by: $by, grain: MONTH, from: "2022-04-01", to: "2022-05-31") { rows { nodes { node { id } `+booked+` } } } }`, map[string]any{"by": by})
			nodes, _ := at(answer, "capacity", "rows", "nodes").([]any)
			for _, row := range nodes {
				answer := h.answer(id, `query($id: ID!) { node(id: $id) { ...on Portfolio { team(grain: MONTH, from: "2022-04-01", to: "2022-05-31") { load { node { id } `+booked+` } } }
					...on Project { team(grain: MONTH, from: "2022-04-01", to: "2022-05-31") { load { node { id } `+booked+` } } } } }`, map[string]any{"id": at(row, "node", "id")})
				if team := at(answer, "node", "team", "load"); !reflect.DeepEqual(team, row) {
					t.Errorf("%s: the team is %v, its row %v", id.Subject, team, row)
				}
				rows++
			}
		}
	}
	if rows < 10 {
		t.Errorf("only %d rows were compared", rows)
	}
}
