package graph_test

import (
	"fmt"
	"testing"

	"pmograph/internal/state"
	"pmograph/internal/vocab"
)

func dayp(s string) *vocab.Date { return ptr(day(s)) }

// government is a small organisation in which every rule of the figures shows: a department that is paid in euros, a rate that is missing,
// a project that stopped reporting, one that never did, one whose reports were revised, a finish that moved, milestones late, on time on
// the day itself, and cancelled.
func government() *world {
	w := &world{
		currency: "GBP", fiscal: 4, validity: 12,
		portfolios: []portfolio{{-1, "GOV", ""}, {0, "MOD", ""}, {0, "DFT", "EUR"}, {-1, "AGENCY", ""}},
		programs:   []program{{1, "FLEET"}, {2, "RAIL"}},
		rates: []rate{
			{"EUR", "GBP", day("2020-01-01"), 900_000_000}, {"EUR", "GBP", day("2021-06-01"), 850_000_000}, {"GBP", "JPY", day("2020-01-01"), 150_000_000_000},
		},
		projects: []project{
			{portfolio: 1, program: 0, code: "AJAX", name: "Armoured Cavalry", lifecycle: "EXECUTING", currency: "GBP", priority: 2,
				reports: []report{
					{day("2021-03-31"), 1, "SUBMITTED", "AMBER", "AMBER_RED", "GBP", ptr(int64(500_000_00)), ptr(int64(100_000_00)), ptr(int64(90_000_00)), dayp("2022-06-30")},
					{day("2022-03-31"), 1, "SUPERSEDED", "AMBER", "RED", "GBP", ptr(int64(560_000_00)), ptr(int64(120_000_00)), ptr(int64(130_000_01)), dayp("2023-06-30")},
					{day("2022-03-31"), 2, "SUBMITTED", "RED", "RED", "GBP", ptr(int64(575_000_50)), ptr(int64(120_000_00)), ptr(int64(130_000_01)), dayp("2023-12-29")},
				},
				milestones: []milestone{
					{"Finish", "PLANNED", dayp("2023-12-29"), nil, true, nil},
					{"First vehicles", "REACHED", dayp("2022-03-31"), dayp("2022-03-31"), false, ptr(int64(12_345_67))},
					{"Trials", "AT_RISK", dayp("2022-09-01"), nil, false, nil},
					{"Old idea", "CANCELLED", dayp("2021-01-01"), nil, false, nil},
				},
				baselines: []baseline{
					{"SUPERSEDED", dayp("2020-04-01"), []*vocab.Date{dayp("2021-12-31"), dayp("2021-06-30"), nil, nil}, plan{}},
					{"APPROVED", dayp("2021-07-01"), []*vocab.Date{dayp("2022-06-30"), dayp("2022-03-31"), dayp("2022-03-15"), nil}, plan{}},
				}},
			{portfolio: 1, program: 0, code: "FRIGATE", name: "Type 26", lifecycle: "EXECUTING", currency: "GBP", priority: 1,
				reports: []report{{day("2022-03-31"), 1, "SUBMITTED", "GREEN", "AMBER", "GBP", ptr(int64(8_000_000_00)), ptr(int64(900_000_00)), nil, nil}}},
			{portfolio: 1, program: -1, code: "RADAR", name: "Radar", lifecycle: "CLOSING", currency: "GBP",
				reports: []report{{day("2021-03-31"), 1, "SUBMITTED", "GREEN", "GREEN", "GBP", ptr(int64(1_000_00)), nil, nil, nil}}},
			{portfolio: 1, program: -1, code: "IDEA", name: "An idea", lifecycle: "PROPOSED", currency: "GBP"},
			{portfolio: 2, program: 1, code: "HS", name: "High Speed", lifecycle: "EXECUTING", currency: "EUR", priority: 1,
				reports: []report{
					{day("2021-03-31"), 1, "SUBMITTED", "GREEN", "NOT_RATED", "EUR", ptr(int64(90_000_000_00)), ptr(int64(3_000_000_00)), ptr(int64(2_500_000_00)), nil},
					{day("2022-03-31"), 1, "SUBMITTED", "RED", "RED", "EUR", ptr(int64(98_000_000_33)), ptr(int64(3_333_333_33)), ptr(int64(3_500_000_00)), nil},
					{day("2022-06-30"), 1, "DRAFT", "GREEN", "GREEN", "EUR", ptr(int64(1)), nil, nil, nil},
				},
				milestones: []milestone{{"Tunnel", "PLANNED", dayp("2022-03-01"), nil, false, nil}},
				baselines:  []baseline{{"DRAFT", nil, []*vocab.Date{dayp("2022-01-01")}, plan{}}}},
			{portfolio: 2, program: 1, code: "TRAM", name: "Tram", lifecycle: "EXECUTING", currency: "GBP",
				reports: []report{{day("2021-12-31"), 1, "SUBMITTED", "", "GREEN", "GBP", ptr(int64(250_000_00)), ptr(int64(20_000_00)), ptr(int64(20_000_00)), nil}}},
			{portfolio: 3, program: -1, code: "SAT", name: "Satellite", lifecycle: "EXECUTING", currency: "USD",
				reports: []report{{day("2022-03-31"), 1, "SUBMITTED", "AMBER", "AMBER", "USD", ptr(int64(7_000_000_00)), nil, nil, nil}}},
		},
	}
	for i := range 18 {
		w.projects = append(w.projects, project{portfolio: 3, program: -1, code: fmt.Sprintf("SMALL%02d", i), name: fmt.Sprintf("Small work %02d", i), lifecycle: "PLANNING", currency: "GBP", priority: 10 + i/3,
			reports: []report{{day("2022-03-31"), 1, "SUBMITTED", "GREEN", "GREEN", "GBP", ptr(int64(100_00 * (i + 1))), nil, nil, nil}}})
	}
	return w
}

// built is the number of the entry after which the organisation stands; two further entries change it.
const built = 4

func governmentHouse(t testing.TB) *house {
	h := newHouse(t)
	h.load(government())
	h.do("userCreate", func(d *state.Draft) error {
		u := state.Users.New(d)
		u.Issuer, u.Active = "LOCAL", true
		set(state.Users, u, "subject", "ada")
		set(state.Users, u, "name", "Ada Lovelace")
		set(state.Users, u, "email", "ada@example.org")
		must(state.Users.Put(d, u))
		r := state.Resources.New(d)
		r.Code, r.Kind, r.RoleName, r.ContractShare, r.UserID = "R1", vocab.ResourceKindPerson, "Engineer", 800, &u.ID
		r.RateCurrency = ptr("GBP")
		set(state.Resources, r, "name", "Ada Lovelace")
		set(state.Resources, r, "standard_rate", int64(8_050))
		return state.Resources.Put(d, r)
	})
	h.do("workCalendarSet", func(d *state.Draft) error {
		c := state.WorkCalendars.New(d)
		c.Code, c.Name, c.Timezone, c.WeeklyMinutes = "UK", "United Kingdom", "Europe/London", []int{0, 450, 450, 450, 450, 450, 0}
		c.Exceptions = []vocab.CalendarException{{Date: day("2022-12-26"), Minutes: 0, Name: "Boxing Day"}, {Date: day("2022-12-27"), Minutes: 0, Name: "Christmas Day, observed"}}
		must(state.WorkCalendars.Put(d, c))
		p, err := state.Portfolios.Edit(d, 2, nil)
		must(err)
		p.CalendarID = &c.ID
		return state.Portfolios.Put(d, p)
	})
	h.do("projectAssign", func(d *state.Draft) error {
		p, err := state.Projects.Edit(d, 1, nil)
		must(err)
		p.ManagerID = ptr(int64(1))
		return state.Projects.Put(d, p)
	})
	h.do("projectMove", func(d *state.Draft) error { // the satellite goes to transport, and gets dearer
		p, err := state.Projects.Edit(d, 7, nil)
		must(err)
		p.PortfolioID = 3
		must(state.Projects.Put(d, p))
		r, err := state.Milestones.Edit(d, 3, nil)
		must(err)
		r.ForecastDate = dayp("2022-10-03")
		set(state.Milestones, r, "budget", int64(77_00))
		return state.Milestones.Put(d, r)
	})
	return h
}
