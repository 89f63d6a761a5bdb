package figure_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"pmograph/auth"
	"pmograph/ent"
	"pmograph/internal/calc/calendar"
	"pmograph/internal/calc/capacity"
	"pmograph/internal/calc/exact"
	"pmograph/internal/figure"
	"pmograph/internal/state"
	"pmograph/internal/vocab"
)

var at = time.Date(2026, 3, 10, 12, 0, 0, 0, time.UTC)

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// edit changes a record past decisions.
func edit(t testing.TB, s *state.Snapshot, run func(*state.Draft)) *state.Snapshot {
	t.Helper()
	d, err := state.NewDraft(s, auth.Machine("test"), "import", at, vocab.DateOf(at))
	must(t, err)
	run(d)
	must(t, d.Finish(nil))
	if !d.Recorded() {
		return s
	}
	d.Stamp(s.Seq()+1, at)
	_, err = d.Entry(state.Entry{Key: "k"})
	must(t, err)
	return d.Published()
}

// staffed is a record with three projects, teams 1 ─ 2 and 1 ─ 3, and some people in them.
func staffed(t testing.TB, people int) *state.Snapshot {
	return edit(t, state.Empty(), func(d *state.Draft) {
		c := state.WorkCalendars.New(d)
		c.Code, c.Name, c.Timezone, c.WeeklyMinutes, c.Exceptions = "C", "Four days", "UTC", []int{0, 480, 480, 480, 480, 0, 0}, []vocab.CalendarException{}
		must(t, state.WorkCalendars.Put(d, c))
		p := state.Portfolios.New(d)
		p.Code, p.Name, p.Lifecycle = "P", "P", vocab.PortfolioLifecycleActive
		must(t, state.Portfolios.Put(d, p))
		for n := range 3 {
			x := state.Projects.New(d)
			x.Code, x.Name, x.PortfolioID, x.Lifecycle, x.Currency = fmt.Sprint("x", n), "x", p.ID, vocab.ProjectLifecycleExecuting, "EUR"
			must(t, state.Projects.Put(d, x))
		}
		for n := range 3 {
			x := state.Teams.New(d)
			x.Code, x.Name = fmt.Sprint("T", n+1), "T"
			if n > 0 {
				x.ParentID = ptr(int64(1))
			}
			must(t, state.Teams.Put(d, x))
		}
		for n := range people {
			x := state.Resources.New(d)
			x.Code, x.Kind, x.RoleName, x.ContractShare, x.TeamID = fmt.Sprint("R", n+1), vocab.ResourceKindPerson, []string{"Engineer", "Tester"}[n%2], 1000, ptr(int64(1+n%3))
			must(t, state.Resources.Put(d, x))
		}
	})
}

func ptr[T any](v T) *T { return &v }

// whoMay is a view of who holds something on a team, or on the organisation.
func whoMay(t testing.TB, s *state.Snapshot, held ...auth.Holding) *state.View {
	v, err := state.NewView(s, auth.Session{Rights: auth.Build(held, s)}, vocab.DateOf(at), state.ViewOptions{})
	must(t, err)
	return v
}

var everything = auth.Holding{May: auth.All, Kind: vocab.ScopeKindOrganisation}

// byHand is the load of the persons of some teams in a period, folded from rows as they stand.
func byHand(s *state.Snapshot, teams []int64, p figure.Period) (sum capacity.Load) {
	r := state.NewWhole(s)
	for x := range state.Resources.All(r) {
		if x.TeamID == nil || !slices.Contains(teams, *x.TeamID) || x.Kind != vocab.ResourceKindPerson {
			continue
		}
		c := capacity.Person{Calendar: calendar.Standard, Share: x.ContractShare, ValidFrom: x.ValidFrom, ValidTo: x.ValidTo}
		if x.CalendarID != nil {
			row := state.WorkCalendars.Get(r, *x.CalendarID)
			c.Calendar, _ = calendar.New([7]int(row.WeeklyMinutes), nil)
		}
		for e := range state.CapacityEntries.All(r) {
			if e.ResourceID == x.ID {
				c.Entries = append(c.Entries, capacity.Entry{Start: e.PeriodStart, Grain: e.Grain, Source: e.Source, Minutes: e.Minutes})
			}
		}
		for h := range state.AllocationHours.All(r) {
			if a := state.Allocations.Get(r, h.AllocationID); h.ResourceID == x.ID && a.State != vocab.AllocationStateDeclined {
				b := capacity.Booking{Start: h.PeriodStart, Finish: h.PeriodEnd, Minutes: h.Minutes, Commitment: a.Commitment, Probability: a.Probability}
				i := slices.IndexFunc(c.Bookings, func(o capacity.Booking) bool { // time of one kind is spread as one
					return o.Start == b.Start && o.Finish == b.Finish && o.Commitment == b.Commitment && (o.Probability == nil) == (b.Probability == nil) && (b.Probability == nil || *o.Probability == *b.Probability)
				})
				if i < 0 {
					c.Bookings = append(c.Bookings, b)
				} else {
					c.Bookings[i].Minutes += b.Minutes
				}
			}
		}
		days := capacity.NewSeries(p.First, p.Last)
		days.Fill(c)
		sum.Add(days.Total())
	}
	return sum
}

// After any edit, what is kept at a team, what is added up person by person, and a fold by hand are the same, in every period; figures are
// the load's, and contributors add up to them.
func TestLoadIsTheFold(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		s := staffed(t, 5)
		monday := vocab.NewDate(2025, 12, 1)
		for range rapid.IntRange(1, 8).Draw(rt, "edits") {
			s = edit(t, s, func(d *state.Draft) { randomEdit(t, rt, d, monday) })
			grain := rapid.SampledFrom([]vocab.CapacityGrain{vocab.CapacityGrainDay, vocab.CapacityGrainWeek, vocab.CapacityGrainMonth}).Draw(rt, "grain")
			from := monday + vocab.Date(rapid.IntRange(0, 40).Draw(rt, "from"))
			span := figure.NewSpan(grain, from, from+vocab.Date(rapid.IntRange(0, 50).Draw(rt, "days")), 400)
			v := whoMay(t, s, everything)
			team := state.Teams.Get(v, rapid.Int64Range(1, 3).Draw(rt, "team"))
			teams := s.TeamsBelow(team.ID)
			var people []*ent.Resource
			for x := range state.Resources.All(v) {
				if x.TeamID != nil && slices.Contains(teams, *x.TeamID) && x.Kind == vocab.ResourceKindPerson {
					people = append(people, x)
				}
			}
			one := figure.NewBook(v).Crew(figure.CrewOf{People: people, Complete: true}, span)
			kept := figure.NewBook(v).Crew(figure.CrewOf{Team: team, Complete: true}, span)
			for n, p := range span.Periods {
				want := byHand(s, teams, p)
				for how, c := range map[string]*figure.Crew{"kept": kept, "by person": one} {
					l := c.In(n)
					for name, x := range map[string]struct {
						got  figure.Figure
						want capacity.Time
					}{
						"capacity": {l.Capacity().Now(), want.Capacity}, "hard": {l.Hard().Now(), want.Hard}, "soft": {l.Soft().Now(), want.Soft}, "expected": {l.Expected().Now(), want.Hard + want.Weighted},
						"assumed": {l.Assumed().Now(), want.Assumed}, "over": {l.Over().Now(), want.Over}, "over with soft": {l.OverWithSoft().Now(), want.OverWithSoft},
					} {
						if x.got.Value.Cmp(x.want.Hours()) != 0 {
							rt.Fatalf("%s %s of team %d from %s: %s, by hand %s", how, name, team.ID, p.First, x.got.Value, x.want.Hours())
						}
						parts := exact.Of(0)
						for _, c := range x.got.Explain().Contributors() {
							parts = parts.Plus(c.Effect)
						}
						if parts.Cmp(x.got.Value.Number) != 0 || x.got.Coverage != (figure.Coverage{Included: len(people), Complete: true}) {
							rt.Fatalf("%s %s: contributors add up to %s, not %s; %+v", how, name, parts, x.got.Value, x.got.Coverage)
						}
					}
					for _, f := range []figure.Figure{l.Expected().Now(), l.Utilisation().Now(), l.ExpectedUtilisation().Now(), l.CapacityFte().Now(), l.BookedFte().Now()} {
						e, inputs := f.Explain(), map[string]exact.Number{}
						for _, in := range e.Inputs {
							inputs[in.Name] = in.Value
						}
						v, _ := e.Formula.Eval(func(name string) exact.Number { return inputs[name] })
						if !f.Value.IsNone() && (v.IsNone() || v.Cmp(f.Value.Number) != 0) {
							rt.Fatalf("%s %s comes to %v, not %v", how, e.Formula, v, f.Value)
						}
					}
					ratio, reason := want.Utilisation()
					if f := l.Utilisation().Now(); f.Reason != reason || reason == "" && f.Value.Cmp(ratio) != 0 {
						rt.Fatalf("%s utilisation %v %s, not %v %s", how, f.Value, f.Reason, ratio, reason)
					}
					if ratio, reason = want.Expected(); reason == "" && l.ExpectedUtilisation().Now().Value.Cmp(ratio) != 0 {
						rt.Fatalf("%s expected utilisation", how)
					}
					fte, reason := capacity.FTE(want.Hard, calendar.Standard, p.First, p.Last)
					if f := l.BookedFte().Now(); f.Reason != reason || reason == "" && f.Value.Cmp(fte) != 0 {
						rt.Fatalf("%s FTE %v %s, not %v %s", how, f.Value, f.Reason, fte, reason)
					}
				}
			}
		}
	})
}

func randomEdit(t testing.TB, rt *rapid.T, d *state.Draft, monday vocab.Date) {
	resource := state.Resources.Get(d, rapid.Int64Range(1, 5).Draw(rt, "resource"))
	start := monday + vocab.Date(7*rapid.IntRange(0, 10).Draw(rt, "week"))
	switch rapid.IntRange(0, 7).Draw(rt, "edit") {
	case 0:
		x, err := state.Resources.Edit(d, resource.ID, nil)
		must(t, err)
		x.TeamID = rapid.Ptr(rapid.Int64Range(1, 3), true).Draw(rt, "team")
		x.CalendarID = rapid.Ptr(rapid.Just(int64(1)), true).Draw(rt, "calendar")
		x.ContractShare = rapid.IntRange(0, 1000).Draw(rt, "share")
		if x.ValidTo = nil; rapid.Bool().Draw(rt, "leaves") {
			x.ValidTo = ptr(start + 3)
		}
		must(t, state.Resources.Put(d, x))
	case 1:
		x, err := state.Teams.Edit(d, 3, nil)
		must(t, err)
		x.ParentID = rapid.Ptr(rapid.Int64Range(1, 2), true).Draw(rt, "parent")
		must(t, state.Teams.Put(d, x))
	case 2:
		x, err := state.WorkCalendars.Edit(d, 1, nil)
		must(t, err)
		x.WeeklyMinutes = []int{0, rapid.IntRange(1, 900).Draw(rt, "monday"), 480, 480, 480, 0, 0}
		must(t, state.WorkCalendars.Put(d, x))
	case 3, 4:
		grain := rapid.SampledFrom([]vocab.CapacityGrain{vocab.CapacityGrainDay, vocab.CapacityGrainWeek, vocab.CapacityGrainMonth}).Draw(rt, "grain")
		first, _ := (capacity.Entry{Start: start, Grain: grain}).Period()
		must(t, state.CapacityEntries.Put(d, &ent.CapacityEntry{ResourceID: resource.ID, PeriodStart: first, Grain: grain,
			Source:  rapid.SampledFrom([]vocab.CapacitySource{vocab.CapacitySourceAbsence, vocab.CapacitySourceCalendar, vocab.CapacitySourceOverride}).Draw(rt, "source"),
			Minutes: rapid.IntRange(0, 2000).Draw(rt, "minutes")}))
	case 5:
		for a := range state.Allocations.By(d, "resource_id", resource.ID) {
			x, err := state.Allocations.Edit(d, a.ID, nil)
			must(t, err)
			x.State, x.Commitment = vocab.AllocationStateDeclined, vocab.CommitmentSoft
			must(t, state.Allocations.Put(d, x))
			return
		}
	default:
		a := state.Allocations.New(d)
		a.ProjectID, a.ResourceID, a.Start, a.Finish, a.State = rapid.Int64Range(1, 3).Draw(rt, "project"), resource.ID, monday, monday+100, vocab.AllocationStateAccepted
		if a.Commitment = vocab.CommitmentHard; rapid.Bool().Draw(rt, "soft") {
			a.Commitment, a.Probability = vocab.CommitmentSoft, rapid.Ptr(rapid.IntRange(0, 1000), true).Draw(rt, "probability")
		}
		must(t, state.Allocations.Put(d, a))
		for n := range rapid.IntRange(0, 3).Draw(rt, "weeks") {
			first := start + vocab.Date(7*n+rapid.IntRange(0, 3).Draw(rt, "into"))
			must(t, state.AllocationHours.Put(d, &ent.AllocationHour{ResourceID: resource.ID, AllocationID: a.ID, PeriodStart: first, PeriodEnd: first + 3, Minutes: rapid.IntRange(0, 5000).Draw(rt, "minutes")}))
		}
	}
}
