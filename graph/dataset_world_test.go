package graph_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"pmograph/auth"
	"pmograph/ent"
	"pmograph/internal/exchange/dataset"
	"pmograph/internal/journal"
	"pmograph/internal/state"
	"pmograph/internal/vocab"
)

// furnishedHouse is a random world with something in every dataset: measurements, hours of bookings, stated time, actions, calendars with holidays.
func furnishedHouse(t testing.TB, w *world, seed uint64) *house {
	h := measuredPair(t, w, sight{w, admin.Claims}, false, seed, seed)
	h.do("import", func(d *state.Draft) error { furnish(d, w, rand.New(rand.NewPCG(seed, 31))); return nil })
	return h
}

func furnish(d *state.Draft, w *world, r *rand.Rand) {
	c := state.WorkCalendars.New(d)
	c.Code, c.Name, c.Timezone, c.WeeklyMinutes = "SHORT", "Short weeks", "UTC", []int{0, 480, 480, 300, 0, 471, 0}
	for n := range 40 {
		c.Exceptions = append(c.Exceptions, vocab.CalendarException{Date: vocab.Date(18080 + n*37), Minutes: pick(r, 0, 0, 211), Name: "Feast"})
	}
	must(state.WorkCalendars.Put(d, c))
	for i := range w.projects {
		p, err := state.Projects.Edit(d, int64(i+1), nil)
		must(err)
		if r.IntN(2) == 0 {
			p.CalendarID = &c.ID
		}
		if r.IntN(3) == 0 {
			p.StatusDate = ptr(pastDay(r))
		}
		must(state.Projects.Put(d, p))
		for n := range r.IntN(3) {
			a := state.ActionItems.New(d)
			a.ProjectID, a.Title, a.Due, a.DoneOn = p.ID, fmt.Sprintf("Do %d", n), maybe(r, someDay(r)), maybe(r, pastDay(r))
			must(state.ActionItems.Put(d, a))
		}
	}
	for i := range w.people {
		x, err := state.Resources.Edit(d, int64(i+1), nil)
		must(err)
		if x.ContractShare = pick(r, 1000, 800, 333); r.IntN(3) == 0 {
			x.CalendarID = &c.ID
		}
		if r.IntN(4) == 0 {
			x.ValidTo = ptr(day("2022-03-15"))
		}
		set(state.Resources, x, "name", "Person "+x.Code)
		must(state.Resources.Put(d, x))
		for range r.IntN(4) {
			must(state.CapacityEntries.Put(d, &ent.CapacityEntry{ResourceID: x.ID, PeriodStart: vocab.NewDate(2022, 1, 3) + vocab.Date(7*r.IntN(40)), Grain: vocab.CapacityGrainWeek, Source: pick(r, vocab.CapacitySourceOverride, vocab.CapacitySourceAbsence), Minutes: r.IntN(2400)}))
		}
	}
	for i := range w.people { // booked these days, some more than they have
		for range 3 {
			b := randomBooking(r, r.IntN(len(w.projects)), i)
			b.start, b.finish, b.state, b.commitment, b.probability = day("2022-02-01")+vocab.Date(r.IntN(120)), day("2022-08-01"), vocab.AllocationStateAccepted, pick(r, vocab.CommitmentHard, vocab.CommitmentSoft), nil
			put(d, b)
		}
	}
	for a := range state.Allocations.All(d) {
		monday := a.Start - vocab.Date((int(a.Start.Weekday())+6)%7)
		for n := range r.IntN(5) {
			first, last := max(monday+vocab.Date(7*n), a.Start), min(monday+vocab.Date(7*n)+6, a.Finish)
			if first <= last {
				must(state.AllocationHours.Put(d, &ent.AllocationHour{ResourceID: a.ResourceID, AllocationID: a.ID, PeriodStart: first, PeriodEnd: last, Minutes: r.IntN(3000)}))
			}
		}
	}
}

// sets is a user's view of the datasets.
func (h *house) sets(id auth.Identity) *dataset.View {
	h.t.Helper()
	v, err := h.j.View(h.t.Context(), id, journal.Query{})
	if err != nil {
		h.t.Fatal(err)
	}
	return dataset.NewView(v)
}

// run gives all rows of a query.
func run(t testing.TB, v *dataset.View, q dataset.Query) (*dataset.Plan, []dataset.Row) {
	t.Helper()
	p, err := q.Plan()
	if err != nil {
		t.Fatalf("%s: %v", q.Of.Name, err)
	}
	rows, _, err := p.All(v)
	if err != nil {
		t.Fatalf("%s: %v", q.Of.Name, err)
	}
	return p, rows
}

// line is a row as text, with why there is nothing.
func line(values []dataset.Value) (text string) {
	for _, x := range values {
		text += fmt.Sprintf("%s%s|", x, x.Why)
	}
	return text
}

// readers are users of every kind, with rights here and there.
func readers(r *rand.Rand, w *world) []auth.Identity {
	return []auth.Identity{finance, viewer, pmo, admin, who("somebody"), randomUser(r, w, 1), randomUser(r, w, 2)}
}
