package graph_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"pmograph/auth"
	"pmograph/internal/state"
	"pmograph/internal/vocab"
)

// The people of a world. The user "somebody" may manage teams and persons, and be one.

type team struct {
	code    string
	parent  int  // index, -1 at the top
	managed bool // by somebody
}

type person struct {
	code, role string
	team       int // -1 for none
	managed    bool
	self       bool
	rate       int64
}

type booking struct {
	project, person int
	state           vocab.AllocationState
	commitment      vocab.Commitment
	probability     *int
	start, finish   vocab.Date
	note            string
}

type indicator struct {
	code      string
	portfolio int // -1 for everywhere
}

func randomPeople(r *rand.Rand, w *world) {
	for i := range 1 + r.IntN(4) {
		w.teams = append(w.teams, team{fmt.Sprintf("T%d", i), r.IntN(i+1) - 1, r.IntN(4) == 0})
	}
	self := r.IntN(8)
	for i := range 3 + r.IntN(5) {
		w.people = append(w.people, person{fmt.Sprintf("R%d", i), pick(r, "Engineer", "Analyst"), r.IntN(len(w.teams)+1) - 1, r.IntN(5) == 0, i == self, r.Int64N(20000)})
	}
	for range 10 + r.IntN(20) {
		w.bookings = append(w.bookings, randomBooking(r, r.IntN(len(w.projects)), r.IntN(len(w.people))))
	}
	for i := range 4 {
		w.indicators = append(w.indicators, indicator{fmt.Sprintf("K%d", i), r.IntN(len(w.portfolios)+1) - 1})
	}
}

func randomBooking(r *rand.Rand, project, person int) booking {
	b := booking{
		project, person, pick[vocab.AllocationState](r, "REQUESTED", "REQUESTED", "PROPOSED", "ACCEPTED", "ACCEPTED", "DECLINED"),
		vocab.CommitmentSoft, maybe(r, r.IntN(1001)), someDay(r), 0, fmt.Sprintf("for %d", r.IntN(1000)),
	}
	b.finish = b.start + vocab.Date(r.IntN(200))
	if b.state == vocab.AllocationStateAccepted && r.IntN(2) == 0 {
		b.commitment, b.probability = vocab.CommitmentHard, nil
	}
	return b
}

func (b booking) open() bool {
	return b.state == vocab.AllocationStateRequested || b.state == vocab.AllocationStateProposed
}

func loadPeople(d *state.Draft, w *world) {
	if len(w.people) == 0 {
		return
	}
	u := state.Users.New(d)
	u.Issuer, u.Active = "LOCAL", true
	set(state.Users, u, "subject", "somebody")
	must(state.Users.Put(d, u))
	somebody := func(is bool) *int64 {
		if is {
			return &u.ID
		}
		return nil
	}
	number := func(index int) *int64 {
		if index < 0 {
			return nil
		}
		return ptr(int64(index + 1))
	}
	for _, t := range w.teams {
		x := state.Teams.New(d)
		x.Code, x.Name, x.ParentID, x.ManagerID = t.code, "Team "+t.code, number(t.parent), somebody(t.managed)
		must(state.Teams.Put(d, x))
	}
	for _, p := range w.people {
		x := state.Resources.New(d)
		x.Code, x.Kind, x.RoleName, x.TeamID, x.ContractShare = p.code, vocab.ResourceKindPerson, p.role, number(p.team), 1000
		x.ManagerID, x.UserID, x.RateCurrency = somebody(p.managed), somebody(p.self), ptr("GBP")
		set(state.Resources, x, "standard_rate", &p.rate)
		must(state.Resources.Put(d, x))
	}
	for _, b := range w.bookings {
		put(d, b)
	}
	for _, k := range w.indicators {
		x := state.KpiDefinitions.New(d)
		x.Code, x.Name, x.PortfolioID, x.Unit, x.Direction, x.Source = k.code, "Indicator "+k.code, number(k.portfolio), vocab.UnitCount, vocab.KpiDirectionUpGood, vocab.KpiSourceMeasured
		x.FormulaVersion, x.Rollup, x.Cadence = 1, vocab.KpiRollupSum, vocab.CadenceMonth
		must(state.KpiDefinitions.Put(d, x))
	}
}

func put(d *state.Draft, b booking) {
	x := state.Allocations.New(d)
	x.ProjectID, x.ResourceID, x.State, x.Commitment, x.Probability = int64(b.project+1), int64(b.person+1), b.state, b.commitment, b.probability
	x.Start, x.Finish, x.Note = b.start, b.finish, &b.note
	must(state.Allocations.Put(d, x))
}

// keeps tells whether somebody manages a person's time: himself, or through the team or one above.
func (w *world) keeps(i int) bool {
	p := w.people[i]
	return p.managed || w.keepsTeam(p.team)
}

func (w *world) keepsTeam(t int) bool {
	for ; t >= 0; t = w.teams[t].parent {
		if w.teams[t].managed {
			return true
		}
	}
	return false
}

func (s sight) everywhere() bool {
	return slices.ContainsFunc(s.claims, func(c auth.Claim) bool { return c.Scope.Kind == vocab.ScopeKindOrganisation })
}

func (s sight) project(i int) bool {
	seen, _ := s.of(s.w.projects[i].portfolio, s.w.projects[i].program, i)
	return seen
}

func (s sight) person(i int) bool { return s.everywhere() || s.w.people[i].self || s.w.keeps(i) }

func (s sight) booking(b booking) bool {
	return s.project(b.project) || s.w.people[b.person].self || b.open() && s.w.keeps(b.person)
}

// variedPeople makes what somebody does not see different: teams, persons, rates, bookings, and the hidden ends of visible ones. Nothing
// hidden comes into sight by it.
func variedPeople(w *world, s sight, r *rand.Rand) {
	projects, people, portfolios := indexes(len(w.projects), s.project), indexes(len(w.people), s.person), indexes(len(w.portfolios), func(i int) bool { seen, _ := s.of(i, -1, -1); return seen })
	w.teams, w.people, w.bookings, w.indicators = slices.Clone(w.teams), slices.Clone(w.people), slices.Clone(w.bookings), slices.Clone(w.indicators)
	for i := range w.bookings {
		b := &w.bookings[i]
		seen := s.booking(*b)
		if !s.project(b.project) {
			b.project = pick(r, projects...)
		}
		if !s.person(b.person) {
			b.person = pick(r, people...)
		}
		if !seen {
			*b = randomBooking(r, b.project, b.person)
			if b.open() && s.w.keeps(b.person) {
				b.state = pick(r, vocab.AllocationStateDeclined, vocab.AllocationStateAccepted)
			}
		}
	}
	for i := range w.teams {
		if !s.everywhere() && !s.w.keepsTeam(i) {
			w.teams[i].code = fmt.Sprintf("S%d-%d", i, r.IntN(1000))
		}
	}
	for i := range w.people {
		p := &w.people[i]
		if !s.person(i) {
			p.code, p.role = fmt.Sprintf("S%d-%d", i, r.IntN(1000)), pick(r, "Engineer", "Secret")
		}
		if !s.w.keeps(i) {
			p.rate = r.Int64N(20000)
		}
	}
	for i := range w.indicators {
		if k := &w.indicators[i]; k.portfolio >= 0 && slices.Contains(portfolios, k.portfolio) {
			k.portfolio = pick(r, portfolios...)
		}
	}
}

// indexes lists what is not seen of n things.
func indexes(n int, seen func(int) bool) (hidden []int) {
	for i := range n {
		if !seen(i) {
			hidden = append(hidden, i)
		}
	}
	return hidden
}

// hidePeople changes hidden bookings, of which it removes some, and adds one. Those that stay get hours; how
// many a person has in all, which his manager may know, is not asked here.
func hidePeople(d *state.Draft, w *world, s sight, r *rand.Rand) {
	for i, b := range w.bookings {
		if s.booking(b) || r.IntN(2) == 0 {
			continue
		}
		x, err := state.Allocations.Edit(d, int64(i+1), nil)
		must(err)
		if r.IntN(3) == 0 {
			state.Allocations.Delete(d, x.ID)
			continue
		}
		putHours(d, x.ResourceID, x.ID, x.Finish, 1+r.Int64N(600))
		x.Note, x.Start = ptr(fmt.Sprintf("Secret %d", r.IntN(1000))), x.Finish-vocab.Date(r.IntN(50))
		must(state.Allocations.Put(d, x))
	}
	projects := indexes(len(w.projects), s.project)
	people := indexes(len(w.people), func(i int) bool { return w.people[i].self })
	if len(projects) > 0 {
		b := randomBooking(r, pick(r, projects...), pick(r, people...))
		if b.open() {
			b.state = vocab.AllocationStateDeclined
		}
		put(d, b)
	}
}

func putHours(d *state.Draft, resource, allocation int64, on vocab.Date, minutes int64) {
	hours := state.NewBatch(state.AllocationHours.Desc())
	hours.Add("resource_id", resource)
	for column, n := range map[string]int64{"allocation_id": allocation, "period_start": int64(on), "period_end": int64(on), "minutes": minutes} {
		hours.Set(state.AllocationHours.Col(column), n)
	}
	must(d.PutFacts(hours))
}

// A booking goes with its hours; who reads everywhere is shown both.
func TestBookingGoesWithItsHours(t *testing.T) {
	h := newHouse(t)
	w := randomWorld(rand.New(rand.NewPCG(1, 6)))
	h.load(w)
	h.do("import", func(d *state.Draft) error {
		putHours(d, int64(w.bookings[0].person+1), 1, w.bookings[0].finish, 600)
		return nil
	})
	office := who("office", role(vocab.RolePmo, ""))
	h.answer(office, `{ journal(last: 1) { nodes { number } } }`, nil)
	got := h.answer(office, `mutation { allocationDelete(input: { id: "allocation-1" }) { allocation { id } errors { message } changes { entity operation } } }`, nil)
	if text := fmt.Sprint(got); text != "map[allocationDelete:map[allocation:<nil> changes:[map[entity:User operation:CREATE] map[entity:Allocation operation:DELETE] map[entity:AllocationHour operation:DELETE]] errors:[]]]" {
		t.Error(text)
	}
	last := at(h.answer(office, `{ journal(last: 1) { nodes { action changes { id } } } }`, nil), "journal", "nodes", 0)
	if text := fmt.Sprint(last); text != "map[action:allocationDelete changes:[map[id:user-2] map[id:allocation-1] map[id:allocation-hour-1]]]" {
		t.Error(text)
	}
}

const anyBooking = `id state commitment probability start finish note project { id name } resource { id code }`

// peopleQuestions are what somebody may ask about people, by way of everything he might see.
func peopleQuestions(w *world, ask func(query string, variables map[string]any) string) {
	ask(`{ resources(first: 100) { totalCount nodes { id code roleName name standardRate { value reason } team { id code } manager { id } user { id subject } allocations(first: 100) { totalCount nodes { `+anyBooking+` } } } } }`, nil)
	ask(`{ teams(first: 100) { totalCount nodes { id code manager { id } resources(first: 100) { totalCount nodes { id code } } } } }`, nil)
	ask(`{ allocations(first: 100) { totalCount pageInfo { hasNextPage } edges { cursor node { `+anyBooking+` } } } }`, nil)
	ask(`{ allocations(filter: { state: [REQUESTED, ACCEPTED], commitment: [SOFT] }) { totalCount nodes { id } } projects(first: 100) { nodes { id allocations(first: 100) { totalCount nodes { `+anyBooking+` } } } } }`, nil)
	ask(`{ kpiDefinitions(first: 100) { totalCount nodes { id code portfolio { id name } owner { id } } } everywhere: kpiDefinitions(filter: { everywhere: true }) { totalCount } }`, nil)
	ask(`{ before: allocations(knownAt: { number: 2 }, first: 100) { totalCount nodes { `+anyBooking+` } } }`, nil)
	for n := range max(len(w.bookings), len(w.projects)) + 2 {
		ask(`query ($a: ID!, $r: ID!, $p: ID!, $t: ID!, $o: ID!) { nodes(ids: [$a, $r, $t]) { __typename id } of: allocations(filter: { project: $p }) { totalCount } by: allocations(filter: { resource: $r }) { totalCount nodes { id } }
			resources(filter: { team: $t }) { totalCount } kpiDefinitions(filter: { portfolio: $o }) { totalCount } }`, map[string]any{
			"a": fmt.Sprintf("allocation-%d", n+1), "r": fmt.Sprintf("resource-%d", n+1), "p": fmt.Sprintf("project-%d", n+1), "t": fmt.Sprintf("team-%d", n+1), "o": fmt.Sprintf("portfolio-%d", n+1)})
	}
}

// What somebody sees of bookings and persons is what the plain rules say, and each of the three ways is met.
func TestBookingsAreSeenByTheRules(t *testing.T) {
	ways := map[string]int{}
	for seed := range uint64(30) {
		r := rand.New(rand.NewPCG(seed, 5))
		w := randomWorld(r)
		h := newHouse(t)
		h.load(w)
		id := who("somebody", role(vocab.RoleViewer, ""))
		if r.IntN(8) > 0 {
			id = who("somebody", role(vocab.RoleViewer, "portfolio:"+pick(r, w.portfolios...).code))
		}
		s := sight{w, id.Claims}
		got := h.answer(id, `{ allocations(first: 100) { nodes { id project { id } resource { id } } } resources(first: 100) { nodes { id standardRate { value } } } }`, nil)
		shown := map[string]any{}
		for _, n := range at(got, "allocations", "nodes").([]any) {
			shown[at(n, "id").(string)] = n
		}
		for i, b := range w.bookings {
			n, sees := shown[fmt.Sprintf("allocation-%d", i+1)]
			if sees != s.booking(b) {
				t.Errorf("world %d: booking %d %+v of %+v is shown: %v", seed, i+1, b, w.people[b.person], sees)
				continue
			}
			if !sees {
				ways["hidden"]++
				continue
			}
			if (at(n, "project", "id") != nil) != s.project(b.project) || (at(n, "resource", "id") != nil) != s.person(b.person) {
				t.Errorf("world %d: booking %d shows a hidden end, or hides a visible one: %v", seed, i+1, n)
			}
			switch {
			case s.project(b.project):
				ways["by its project"]++
			case w.people[b.person].self:
				ways["by the person himself"]++
			default:
				ways["by who is asked"]++
			}
		}
		people := 0
		for i := range w.people {
			if s.person(i) {
				people++
			}
		}
		nodes := at(got, "resources", "nodes").([]any)
		if len(nodes) != people {
			t.Errorf("world %d: %d persons are shown, %d are visible", seed, len(nodes), people)
		}
		for _, n := range nodes {
			ref, _ := state.ParseID(at(n, "id").(string))
			if (at(n, "standardRate", "value") != nil) != w.keeps(int(ref.ID-1)) {
				t.Errorf("world %d: the rate of %s is shown: %v", seed, at(n, "id"), at(n, "standardRate", "value"))
			}
		}
	}
	for _, way := range []string{"hidden", "by its project", "by the person himself", "by who is asked"} {
		if ways[way] < 10 {
			t.Errorf("%s: only %d bookings", way, ways[way])
		}
	}
}
