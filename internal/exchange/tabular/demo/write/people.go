package main

import (
	"fmt"
	"time"

	"pmograph/internal/vocab"
)

// Bookings are kept for the weeks from first to last, both Mondays.
var firstWeek, lastWeek = day("2026-04-06"), day("2027-06-21")

// week is what people work in one, in hours.
const week = 40

// person is somebody who is booked.
type person struct {
	code, name, role string
	team             *team
	number           int   // within the team
	share            int64 // of full time, in thousandths
}

func people() (all []person) {
	for i := range teams {
		for n, role := range teams[i].roles {
			p := person{fmt.Sprintf("%s-%d", teams[i].code, n+1), "", role, &teams[i], n, 1000}
			p.name = "Synthetic person " + p.code
			if n == 2 {
				p.share = 800
			}
			all = append(all, p)
		}
	}
	return all
}

func peopleRows(t *table) {
	t.add("resource", "resource name", "kind", "role", "team", "team name", "contract share", "standard rate", "price until October", "price from October")
	for _, p := range people() {
		price := hourly[p.role]
		t.add(p.code, p.name, "PERSON", role(p.role), p.team.code, p.team.name, p.share, pounds(price[1]+100*vary(9, p.code, "rate")), pounds(price[0]), pounds(price[1]))
	}
	price := hourly["Developer"]
	t.add("APPS-OPEN", "", "PLACEHOLDER", role("Developer"), teams[0].code, teams[0].name, 1000, "", pounds(price[0]), pounds(price[1]))
}

func role(name string) string { return name + " (synthetic)" }

// away gives the Mondays of the weeks in which somebody is on leave.
func (p person) away() []vocab.Date {
	summer := day("2026-07-06") + 7*vocab.Date(3+vary(3, p.code, "summer"))
	return []vocab.Date{summer, summer + 7, day("2026-12-28"), day("2027-02-08") + 7*vocab.Date(3+vary(3, p.code, "spring"))}
}

func timeRows(t *table) {
	t.add("resource", "source", "grain", "from", "hours")
	for _, p := range people() {
		for _, monday := range p.away() {
			t.add(p.code, "ABSENCE", "WEEK", monday, hours(week*60*p.share/1000))
		}
		if p.team.code == "SYSTEMS" { // a day of training
			t.add(p.code, "ABSENCE", "DAY", day("2026-11-04"), hours(week/5*60*p.share/1000))
		}
		if p.number == 4 {
			for i := range 8 { // back from a longer leave, step by step
				t.add(p.code, "OVERRIDE", "WEEK", day("2026-10-05")+vocab.Date(7*i), hours(int64(16+3*i)*60))
			}
		}
	}
}

// hours shows minutes as hours, in quarters.
func hours(minutes int64) string {
	quarters := minutes / 15
	return fmt.Sprintf("%d.%02d", quarters/4, quarters%4*25)
}

// booking is time of somebody for a project, the same each week.
type booking struct {
	resource, project, commitment, state, probability, note string
	first, last                                             vocab.Date // Mondays
	minutes                                                 int64      // a week
	away                                                    []vocab.Date
}

func find(code string) *project {
	for i := range projects {
		if projects[i].code == code {
			return &projects[i]
		}
	}
	return nil
}

// between gives the first and last Monday on which somebody can be booked for a project.
func (p *project) between() (first, last vocab.Date) {
	return max(firstWeek, monday(p.start+6)), min(lastWeek, monday(p.finish()))
}

func monday(d vocab.Date) vocab.Date { return d - vocab.Date((d.Weekday()-time.Monday+7)%7) }

func bookings() (all []booking) {
	book := func(who, project, commitment, state, probability, note string, first, last vocab.Date, minutes int64, away []vocab.Date) {
		if begin, end := find(project).between(); max(begin, first) <= min(end, last) {
			all = append(all, booking{who, project, commitment, state, probability, note, max(begin, first), min(end, last), minutes, away})
		}
	}
	for _, p := range people() {
		mine := p.team.projects
		at := func(n int) string { return mine[(p.number+n)%len(mine)] }
		full := p.share * 60 / 1000
		book(p.code, at(0), "HARD", "ACCEPTED", "", "Main work", firstWeek, lastWeek, (26+vary(3, p.code, "main"))*full, p.away())
		book(p.code, at(1), "HARD", "ACCEPTED", "", "Support", firstWeek, lastWeek, (8+vary(3, p.code, "support"))*full, p.away())
		switch p.number {
		case 0: // booked twice before a release, leave or not
			book(p.code, at(1), "HARD", "ACCEPTED", "", "Release", day("2026-11-09"), day("2026-12-28"), 16*full, nil)
		case 3:
			book(p.code, at(0), "HARD", "ACCEPTED", "", "Handover", day("2026-12-07"), day("2027-01-18"), 12*full, p.away())
		case 1:
			book(p.code, at(1), "SOFT", "PROPOSED", "700", "More help, if the plan holds", day("2026-12-07"), day("2027-03-01"), 10*full, p.away())
		case 5:
			book(p.code, at(0), "SOFT", "REQUESTED", "400", "Asked for", day("2027-01-11"), day("2027-04-26"), 12*full, p.away())
		}
		if p.team.code == "SITES" && p.number%2 == 1 {
			book(p.code, "ENERGY", "SOFT", "REQUESTED", "500", "When it starts", firstWeek, lastWeek, 14*full, p.away())
		}
	}
	book("APPS-OPEN", "MOBILE", "SOFT", "REQUESTED", "800", "Nobody chosen yet", day("2026-11-30"), day("2027-04-26"), 30*60, nil)
	return all
}

func bookingRows(t *table) {
	t.add("booking", "project", "resource", "commitment", "booking state", "probability", "first day", "last day", "note")
	for i, b := range bookings() {
		t.add(i+1, b.project, b.resource, b.commitment, b.state, b.probability, b.first, b.last+4, b.note)
	}
}

func hourRows(t *table) {
	t.add("booking", "resource", "week", "booked hours")
	for i, b := range bookings() {
	weeks:
		for w := b.first; w <= b.last; w += 7 {
			for _, away := range b.away {
				if w == away {
					continue weeks
				}
			}
			t.add(i+1, b.resource, w, hours(b.minutes))
		}
	}
}

func indicatorRows(t *table) {
	t.add("indicator", "indicator name", "description", "unit", "direction", "source", "metric", "rollup", "weighs", "about money", "green", "amber")
	for _, k := range indicators {
		t.add(k.code, "Synthetic sample: "+k.name, k.description, k.unit, k.direction, k.source, k.metric, k.rollup, k.weight, k.money, k.green, k.amber)
	}
}

// measurementRows are those of twelve months, of the projects at work in them. What goes badly is also less liked.
func measurementRows(t *table) {
	t.add("indicator", "project", "month end", "value", "target", "numerator", "denominator")
	for i := range projects {
		p := &projects[i]
		for back := 12; back > 0; back-- {
			end := month(today).AddMonths(-back).MonthEnd()
			if p.start > end || p.lifecycle == "CLOSED" && p.finish() < end {
				continue
			}
			lag := max(0, 100-int64(min(p.pace, p.cpi)))
			defects := 4 + lag*(13-int64(back))/8 + p.budget/200 + vary(3, p.code, "defects", back)
			t.add("DEFECTS", p.code, end, max(0, defects), 10, "", "")
			satisfied := 92 - lag*(13-int64(back))/9 + vary(4, p.code, "satisfied", back)
			t.add("SATISFACTION", p.code, end, fmt.Sprintf("0.%02d", min(99, satisfied)), "0.85", "", "")
			promised := 3 + (p.budget+int64(back))%3
			kept := promised
			if lag > 3 && vary(10, p.code, "kept", back) > 8-lag/2 {
				kept--
			}
			if lag > 15 && back < 6 {
				kept--
			}
			t.add("PREDICTABILITY", p.code, end, "", "0.9", kept, promised)
		}
	}
}
