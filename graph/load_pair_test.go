package graph_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"pmograph/auth"
	"pmograph/ent"
	"pmograph/internal/state"
	"pmograph/internal/vocab"
)

// Who asks of people's time, and what is hidden from him in these worlds.
var sights = []struct {
	name    string
	id      auth.Identity
	project func(int64) bool // whose bookings and hours he does not see
	time    bool             // capacity, contracts and dates of people are hidden
	loads   bool             // yet he sees sums: hidden bookings keep them
}{
	{"a portfolio's manager", defence, func(p int64) bool { return p > 4 }, true, false},
	{"a project manager", who("rail", role(vocab.RoleProjectManager, "program:DFT/RAIL")), func(p int64) bool { return p < 5 || p > 6 }, true, false},
	{"a team's manager", mia, func(int64) bool { return true }, false, true},
	{"who looks everywhere", finance, func(int64) bool { return false }, true, false},
}

// staffedPair is a world of people and bookings, made alike by seed but for what is hidden, which is made by other.
func staffedPair(t testing.TB, seed uint64, other uint64, hides int) *house {
	h, sight := governmentHouse(t), sights[hides]
	h.do("userCreate", func(d *state.Draft) error {
		r, secret := rand.New(rand.NewPCG(seed, 7)), rand.New(rand.NewPCG(other, 8)) // a decision may run twice
		u := state.Users.New(d)
		u.Issuer, u.Active = "LOCAL", true
		set(state.Users, u, "subject", "mia")
		must(state.Users.Put(d, u))
		for n := range 3 {
			x := state.Teams.New(d)
			if x.Code, x.Name = fmt.Sprintf("T%d", n), "Team"; n == 0 {
				x.ManagerID = &u.ID
			} else {
				x.ParentID = ptr(int64(1))
			}
			must(state.Teams.Put(d, x))
		}
		for n := range 6 {
			x := state.Resources.New(d)
			x.Code, x.Kind, x.RoleName, x.TeamID, x.ContractShare = fmt.Sprintf("P%d", n), vocab.ResourceKindPerson, pick(r, "Engineer", "Tester"), ptr(int64(1+n%3)), 500+r.IntN(501)
			if sight.time && sight.name != "who looks everywhere" { // whose rows are hidden
				x.ContractShare, x.RoleName = 500+secret.IntN(501), pick(secret, "Engineer", "Tester")
				set(state.Resources, x, "name", fmt.Sprintf("Secret %d", secret.IntN(1000)))
			}
			must(state.Resources.Put(d, x))
		}
		return nil
	})
	h.do("import", func(d *state.Draft) error {
		r, secret := rand.New(rand.NewPCG(seed, 9)), rand.New(rand.NewPCG(other, 10))
		monday := day("2022-04-04")
		book := func(project, resource int64, c vocab.Commitment, parts ...[3]int) {
			a := state.Allocations.New(d)
			a.ProjectID, a.ResourceID, a.Start, a.Finish = project, resource, monday, monday+41
			if a.State, a.Commitment = vocab.AllocationStateAccepted, c; c == vocab.CommitmentSoft {
				a.Probability = ptr(500)
			}
			must(state.Allocations.Put(d, a))
			for _, p := range parts {
				must(state.AllocationHours.Put(d, &ent.AllocationHour{ResourceID: resource, AllocationID: a.ID, PeriodStart: monday + vocab.Date(p[0]), PeriodEnd: monday + vocab.Date(p[1]), Minutes: p[2]}))
			}
		}
		for resource := int64(2); resource <= 7; resource++ {
			for n := range 3 {
				project, c, week, minutes := 1+r.Int64N(7), pick(r, vocab.CommitmentHard, vocab.CommitmentSoft), 7*r.IntN(4), 100+r.IntN(1500)
				switch {
				case !sight.project(project):
					book(project, resource, c, [3]int{week, week + 6, minutes})
				case sight.loads: // the same time, for another project, in one booking or in two
					project = 1 + secret.Int64N(7)
					if part := secret.IntN(minutes); secret.IntN(2) == 0 {
						book(project, resource, c, [3]int{week, week + 6, part})
						book(1+secret.Int64N(7), resource, c, [3]int{week, week + 6, minutes - part})
					} else {
						book(project, resource, c, [3]int{week, week + 6, minutes})
					}
				default:
					book(project, resource, pick(secret, vocab.CommitmentHard, vocab.CommitmentSoft), [3]int{week, week + 6, secret.IntN(3000)})
				}
				if start := monday + vocab.Date(7*n); sight.time {
					must(state.CapacityEntries.Put(d, &ent.CapacityEntry{ResourceID: resource, PeriodStart: start, Grain: vocab.CapacityGrainWeek, Source: pick(secret, vocab.CapacitySourceAbsence, vocab.CapacitySourceOverride), Minutes: secret.IntN(2500)}))
				}
			}
		}
		return nil
	})
	return h
}

const everyLoad = `first last capacity { ...F } hard { ...F } soft { ...F } expected { ...F } assumed { ...F } utilisation { ...F } expectedUtilisation { ...F }
  overAllocation { ...F } overAllocationWithSoft { ...F } capacityFte { ...F } bookedFte { ...F }`

const everyFigure = ` fragment F on Figure { value reason coverage { included withheld missing complete } explain { inputs { name value } contributors { node { id } effect } } }`

// Worlds that differ in hidden hours, hidden bookings and hidden time of people give the same bytes: heat maps, orders and filters, loads,
// previews and mutations, their errors, and the journal. To a team's manager the sum of a person's hours is all there is: not for what, nor
// in how many bookings.
func TestHiddenTimeDoesNotShow(t *testing.T) {
	seeds := uint64(6)
	if testing.Short() {
		seeds = 2
	}
	decided, shown := 0, 0
	for n, sight := range sights {
		for seed := range seeds {
			a, b := staffedPair(t, seed, 2*seed, n), staffedPair(t, seed, 2*seed+1, n)
			same := func(query string, variables map[string]any) {
				t.Helper()
				x, y := string(a.ask(sight.id, query, variables)), string(b.ask(sight.id, query, variables))
				x, y = mark.ReplaceAllString(x, "$1"), mark.ReplaceAllString(y, "$1")
				if x != y {
					t.Fatalf("%s, world %d: %.200s %v\n%s", sight.name, seed, query, variables, firstDifference(x, y))
				}
				if strings.Contains(x, `"errors":[]`) {
					decided++
				}
				if strings.Contains(x, `"utilisation":{"value":"0.`) {
					shown++
				}
				if strings.Contains(x, "INTERNAL") {
					t.Fatalf("%s: %s", query, x)
				}
			}
			for _, by := range []string{"RESOURCE", "TEAM", "ROLE", "PROJECT", "PORTFOLIO"} {
				for _, grain := range []string{"DAY", "WEEK", "MONTH"} {
					same(`query ($by: CapacityBy!, $grain: CapacityGrain!) { capacity(by: $by, grain: $grain, from: "2022-04-06", to: "2022-05-03") { first last withheld
						rows(first: 50) { totalCount edges { cursor node { node { id } roleName withheld total { `+everyLoad+` } cells { first utilisation { value reason } hard { value } overAllocation { value } } } } }
						over: rows(order: OVER_ALLOCATION, overAllocated: true) { totalCount nodes { node { id } cells(overAllocated: true) { first } } } } }`+everyFigure, map[string]any{"by": by, "grain": grain})
				}
			}
			const team = `team(grain: WEEK, from: "2022-04-01", to: "2022-05-31") { load { total { ` + everyLoad + ` } } members(first: 100) { totalCount edges { cursor node { node { id } total { ` + everyLoad + ` } } } } }`
			same(`{ projects(first: 50) { nodes { id `+team+`
				allocations { nodes { state commitment hours(from: "2022-04-01", to: "2022-06-30") { periodStart minutes resource { code } } } } } } }`+everyFigure, nil)
			same(`{ portfolios(first: 50) { nodes { id `+team+` programs(first: 50) { nodes { id `+team+` } } } } }`+everyFigure, nil)
			same(`{ resources { totalCount nodes { code load(grain: WEEK, from: "2022-04-01", to: "2022-04-30") { total { `+everyLoad+` } } capacityEntries(from: "2022-04-01", to: "2022-06-30") { source minutes }
				allocations { totalCount nodes { commitment } } } } teams { nodes { code load(grain: MONTH, from: "2022-04-01", to: "2022-04-30") { total { `+everyLoad+` } } } } }`+everyFigure, nil)
			r := rand.New(rand.NewPCG(seed, 9))
			for range 12 {
				vars := map[string]any{"a": fmt.Sprintf("allocation-%d", 1+r.IntN(18)), "r": fmt.Sprintf("resource-%d", 2+r.IntN(6)), "preview": r.IntN(2) == 0, "m": r.IntN(2000)}
				if !sight.loads { // to a team's manager numbers of bookings are hidden, and differ
					same(`mutation ($a: ID!, $m: Int, $preview: Boolean!) { allocationHoursSet(input: { allocationId: $a, hours: [{ periodStart: "2022-04-11", periodEnd: "2022-04-15", minutes: $m }] }, preview: $preview) {
						preview errors { path code message } allocation { state commitment hours(from: "2022-04-01", to: "2022-06-30") { periodStart minutes } } changes { entity operation fields { name old new } } moreChanges } }`, vars)
					same(`mutation ($a: ID!, $preview: Boolean!) { allocationUpdate(input: { id: $a, patch: { finish: "2022-04-20" } }, preview: $preview) { errors { path code message } changes { entity operation } } }`, vars)
				}
				same(`mutation ($r: ID!, $m: Int, $preview: Boolean!) { capacitySet(input: { entries: [{ resourceId: $r, periodStart: "2022-04-11", grain: WEEK, source: ABSENCE, minutes: $m }] }, preview: $preview) {
					errors { path code message } changes { entity operation fields { name old new } } moreChanges } }`, vars)
				same(`{ capacity(by: PROJECT, grain: WEEK, from: "2022-04-01", to: "2022-04-30") { rows { nodes { node { id } total { hard { value reason } overAllocation { value reason } } } } } }`, nil)
			}
			same(`{ journal(first: 100) { nodes { action reason changes(first: 100) { entity operation fields { name old new } } moreChanges } } }`, nil)
		}
	}
	if decided < 10 || shown < 10 {
		t.Fatalf("%d mutations were decided, %d answers showed a utilisation", decided, shown)
	}
}
