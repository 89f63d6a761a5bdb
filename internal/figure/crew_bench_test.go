package figure_test

import (
	"fmt"
	"testing"

	"pmograph/ent"
	"pmograph/internal/figure"
	"pmograph/internal/state"
	"pmograph/internal/vocab"
)

// BenchmarkHeatMap asks for the utilisation of 40 teams in the 52 weeks of a year: 2,000 people with 104,000 statements of capacity and
// 500,000 hours. "cold" is the first question, "change" the first after one person's hours changed, "warm" any other.
func BenchmarkHeatMap(b *testing.B) {
	const people, teams, weeks = 2000, 40, 52
	monday := vocab.NewDate(2025, 12, 29)
	s := staffed(b, 0)
	s = edit(b, s, func(d *state.Draft) {
		for n := range teams {
			t := state.Teams.New(d)
			t.Code, t.Name, t.ParentID = fmt.Sprint("D", n), "T", ptr(int64(1))
			must(b, state.Teams.Put(d, t))
		}
		for n := range people {
			x := state.Resources.New(d)
			x.Code, x.Kind, x.RoleName, x.ContractShare, x.TeamID = fmt.Sprint("R", n), vocab.ResourceKindPerson, "Engineer", 1000, ptr(int64(4+n%teams))
			must(b, state.Resources.Put(d, x))
			for range 5 {
				a := state.Allocations.New(d)
				a.ProjectID, a.ResourceID, a.Start, a.Finish, a.State, a.Commitment = int64(1+n%3), x.ID, monday, monday+7*weeks, vocab.AllocationStateAccepted, vocab.CommitmentHard
				must(b, state.Allocations.Put(d, a))
			}
		}
	})
	for n := range int64(people) {
		s = edit(b, s, func(d *state.Draft) { hoursAndTime(b, d, n+1, monday, weeks, 400) })
	}
	ask := func(s *state.Snapshot) {
		v := whoMay(b, s, everything)
		book, span := figure.NewBook(v), figure.NewSpan(vocab.CapacityGrainWeek, monday, monday+7*weeks-1, 400)
		for t := range state.Teams.By(v, "parent_id", 1) {
			if t.ID <= 3 {
				continue // nobody is there
			}
			c := book.Crew(figure.CrewOf{Team: t, Complete: true}, span)
			for n := range span.Periods {
				if f := c.In(n).Utilisation().Now(); f.Value.IsNone() {
					b.Fatal(f.Reason)
				}
			}
		}
	}
	b.Run("cold", func(b *testing.B) {
		for b.Loop() {
			b.StopTimer()
			s := edit(b, s, func(d *state.Draft) { // a calendar changes everything
				x, err := state.WorkCalendars.Edit(d, 1, nil)
				must(b, err)
				x.Name += "."
				must(b, state.WorkCalendars.Put(d, x))
			})
			b.StartTimer()
			ask(s)
		}
	})
	b.Run("warm", func(b *testing.B) {
		ask(s)
		for b.Loop() {
			ask(s)
		}
	})
	b.Run("change", func(b *testing.B) {
		for n := 0; b.Loop(); n++ {
			b.StopTimer()
			s = edit(b, s, func(d *state.Draft) { hoursAndTime(b, d, int64(1+n%people), monday, 1, 300+n) })
			b.StartTimer()
			ask(s)
		}
	})
}

func hoursAndTime(t testing.TB, d *state.Draft, resource int64, monday vocab.Date, weeks, minutes int) {
	var hours []*ent.AllocationHour
	var time []*ent.CapacityEntry
	for w := range weeks {
		start := monday + vocab.Date(7*w)
		for a := range int64(5) {
			hours = append(hours, &ent.AllocationHour{ResourceID: resource, AllocationID: 5*(resource-1) + a + 1, PeriodStart: start, PeriodEnd: start + 6, Minutes: minutes + w})
		}
		time = append(time, &ent.CapacityEntry{ResourceID: resource, PeriodStart: start, Grain: vocab.CapacityGrainWeek, Source: vocab.CapacitySourceOverride, Minutes: 2200 + w})
	}
	must(t, state.AllocationHours.Put(d, hours...))
	must(t, state.CapacityEntries.Put(d, time...))
}

// BenchmarkCell asks for one cell of a heat map and shows it, with all sums there already: what a figure costs of which only the value is asked.
func BenchmarkCell(b *testing.B) {
	monday := vocab.NewDate(2025, 12, 29)
	s := edit(b, staffed(b, 0), func(d *state.Draft) {
		x := state.Resources.New(d)
		x.Code, x.Kind, x.RoleName, x.ContractShare, x.TeamID = "R", vocab.ResourceKindPerson, "Engineer", 1000, ptr(int64(1))
		must(b, state.Resources.Put(d, x))
		for range 5 {
			a := state.Allocations.New(d)
			a.ProjectID, a.ResourceID, a.Start, a.Finish, a.State, a.Commitment = 1, x.ID, monday, monday+6, vocab.AllocationStateAccepted, vocab.CommitmentHard
			must(b, state.Allocations.Put(d, a))
		}
	})
	s = edit(b, s, func(d *state.Draft) { hoursAndTime(b, d, 1, monday, 1, 400) })
	v := whoMay(b, s, everything)
	cell := figure.NewBook(v).Crew(figure.CrewOf{People: peopleOf(v, 1), Complete: true}, figure.NewSpan(vocab.CapacityGrainWeek, monday, monday+6, 1)).In(0)
	for name, of := range map[string]func() figure.Later{"utilisation": cell.Utilisation, "expected": cell.ExpectedUtilisation, "hours": cell.Hard, "fte": cell.BookedFte} {
		b.Run(name, func(b *testing.B) {
			text := make([]byte, 0, 64)
			b.ReportAllocs()
			for b.Loop() {
				if f := of().Now(); f.Value.IsNone() || len(f.Value.Append(text[:0])) == 0 {
					b.Fatal(f.Reason)
				}
			}
		})
	}
}
