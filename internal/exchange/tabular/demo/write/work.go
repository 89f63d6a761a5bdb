package main

import "pmograph/internal/vocab"

func projectRows(t *table) {
	t.add("project", "name", "portfolio", "portfolio name", "program", "program name", "lifecycle", "delivery method", "rank", "planned start", "planned finish", "status date")
	for i := range projects {
		p := &projects[i]
		status := min(today, p.finish()).String()
		if p.start > today {
			status = ""
		}
		t.add(p.code, p.name+" (synthetic)", p.portfolio, names[p.portfolio], p.program, names[p.program], p.lifecycle, p.method, i+1,
			p.start, p.start.AddMonths(p.months)-1, status)
	}
}

func milestoneRows(t *table) {
	t.add("project", "milestone", "milestone name", "state", "forecast date", "actual date", "milestone budget", "contractual", "is finish")
	for i := range projects {
		p := &projects[i]
		b := plan{project: p, months: p.months, amounts: spread(p.pence(), p.months)}
		for n, g := range gates {
			_, weight := b.due(n)
			forecast, actual := p.reaches(n).String(), ""
			switch p.state(n) {
			case "REACHED":
				actual = forecast
			case "CANCELLED":
				forecast = ""
			}
			t.add(p.code, n+1, g.name, p.state(n), forecast, actual, pounds(weight), n == 6, n == len(gates)-1)
		}
	}
}

func baselineRows(t *table) {
	t.add("project", "milestone", "baseline", "baseline state", "approved on", "reason", "due", "weight")
	for i := range projects {
		for _, b := range projects[i].baselines() {
			for n := range gates {
				due, weight := b.due(n)
				t.add(b.project.code, n+1, b.number, b.state, b.approved, b.reason, due, pounds(weight))
			}
		}
	}
}

func planRows(t *table) {
	t.add("project", "baseline", "month", "planned value")
	for i := range projects {
		for _, b := range projects[i].baselines() {
			for m, amount := range b.amounts {
				t.add(b.project.code, b.number, b.project.start.AddMonths(m), pounds(amount))
			}
		}
	}
}

// money is what a project costs by month from its start.
type money struct {
	budget, contingency []int64 // together the plan
	actual, toCome      []int64
}

// contingency is the share of the budget kept for known risks, reserve what lies outside of it, in per cent.
const contingency, reserve = 8, 5

func (p *project) money() (m money) {
	amounts := spread(p.pence(), p.months)
	months := p.months
	for month(p.finish()) >= p.start.AddMonths(months) { // late work costs later
		months++
	}
	past, coming := make([]int64, months), make([]int64, months)
	for i := range months {
		first := p.start.AddMonths(i)
		before, end := upTo(amounts, p.place(first-1)), upTo(amounts, p.place(first.MonthEnd()))
		now := min(max(upTo(amounts, p.place(today)), before), end)
		past[i] = (now - before) * (100 + vary(7, p.code, "cost", i))
		if first.MonthEnd() > today && first <= month(p.finish()) {
			coming[i] = end - now + 1000 // there is always something to do
		}
	}
	earned, spent := p.earned(), int64(0)
	if spent = earned * 100 / int64(p.cpi); p.baseline == "" {
		earned = upTo(amounts, p.place(today))
		spent = earned
	}
	m.actual, m.toCome = share(spent, past), share((p.pence()-earned)*100/int64(p.cpi), coming)
	m.budget, m.contingency = make([]int64, months), make([]int64, months)
	for i, amount := range amounts {
		m.contingency[i] = amount * contingency / 100
		m.budget[i] = amount - m.contingency[i]
	}
	return m
}

// total gives what a project is expected to cost over its whole life.
func (m money) total() (sum int64) {
	for i := range m.actual {
		sum += m.actual[i] + m.toCome[i]
	}
	return sum
}

// orders is the share of the cost to come of the next three months that is ordered already, in per cent; labour is not.
const orders = 60

func costRows(t *table) {
	t.add("project", "category", "month", "budget", "contingency", "management reserve", "planned cost", "actual cost", "committed", "to complete")
	for i := range projects {
		p := &projects[i]
		m, next := p.money(), 0
		rest := 100 - p.labour
		split := []int64{p.labour * 100, rest * 55, rest * 25, rest * 20}
		for n := range m.budget {
			if m.toCome[n] != 0 {
				next++
			}
			budget, actual, toCome := share(m.budget[n], split), share(m.actual[n], split), share(m.toCome[n], split)
			for c, category := range categories {
				var spare, kept, ordered int64
				if category == "SERVICE" {
					if spare = m.contingency[n]; n == 0 {
						kept = p.pence() * reserve / 100
					}
				}
				if category != "LABOUR" && next <= 3 {
					ordered = toCome[c] * orders / 100
				}
				t.add(p.code, category, p.start.AddMonths(n), some(budget[c]), some(spare), some(kept), some(budget[c]), some(actual[c]), some(ordered), some(toCome[c]-ordered))
			}
		}
	}
}

// some shows an amount, if there is any.
func some(pence int64) string {
	if pence == 0 {
		return ""
	}
	return pounds(pence)
}

// reportRows are what project managers declare, month by month; it need not be what is computed.
func reportRows(t *table) {
	t.add("project", "period start", "period end", "health", "confidence", "reported start", "reported finish", "whole life cost", "highlights")
	for i := range projects {
		p := &projects[i]
		cost := p.money().total()
		for back := 5; back > 0; back-- {
			first := month(today).AddMonths(-back)
			if p.start > first.AddMonths(3) || p.finish() < first { // reports begin with the preparation
				continue
			}
			health, confidence := "GREEN", "GREEN"
			switch worst := min(p.pace, p.cpi) + 2*(back-1); { // trouble comes out late
			case worst <= 80:
				health, confidence = "RED", "AMBER_RED"
			case worst <= 90:
				health, confidence = "AMBER", "AMBER"
			case worst <= 95:
				confidence = "AMBER_GREEN"
			}
			known := p.pence() + (cost-p.pence())*int64(6-back)/5
			t.add(p.code, first, first.MonthEnd(), health, confidence, p.start, reported(p, back), pounds(known), "Synthetic sample: every figure is made up.")
		}
	}
}

// reported gives the finish that was expected some months ago: delay comes out bit by bit.
func reported(p *project, back int) vocab.Date {
	planned := p.start.AddMonths(p.months) - 1
	return planned + (p.finish()-planned)*vocab.Date(6-back)/5
}
