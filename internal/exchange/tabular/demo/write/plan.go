package main

import (
	"fmt"
	"hash/fnv"
	"time"

	"pmograph/internal/vocab"
)

func day(text string) vocab.Date {
	d, err := vocab.ParseDate(text)
	if err != nil {
		panic(err)
	}
	return d
}

// vary gives a number from -most to most that follows from the words alone.
func vary(most int64, words ...any) int64 {
	h := fnv.New32a()
	fmt.Fprint(h, words...)
	return int64(h.Sum32()%uint32(2*most+1)) - most
}

// pounds shows pence.
func pounds(pence int64) string {
	sign := ""
	if pence < 0 {
		sign, pence = "-", -pence
	}
	return fmt.Sprintf("%s%d.%02d", sign, pence/100, pence%100)
}

// share splits an amount by weights, so that the parts add up to it.
func share(amount int64, weights []int64) []int64 {
	parts, total, so, done := make([]int64, len(weights)), int64(0), int64(0), int64(0)
	for _, w := range weights {
		total += w
	}
	for i, w := range weights {
		so += w
		if total > 0 {
			parts[i] = amount*so/total - done
		}
		done += parts[i]
	}
	return parts
}

// spread is a budget by month: it rises over a third of the time, stays, and falls.
func spread(budget int64, months int) []int64 {
	weights := make([]int64, months)
	for i := range weights {
		weights[i] = int64(min(i+1, months-i, months/3+1))
	}
	return share(budget, weights)
}

// upTo sums a plan up to a place in it, in thousandths of a month.
func upTo(plan []int64, place int) (sum int64) {
	for i, amount := range plan {
		sum += amount * int64(min(max(place-1000*i, 0), 1000)) / 1000
	}
	return sum
}

// at gives the working day that lies so many thousandths of a month after the first day of a month.
func at(start vocab.Date, place int) vocab.Date {
	first := start.AddMonths(place / 1000)
	d := first + vocab.Date(place%1000*first.DaysInMonth()/1000) - 1
	for d.Weekday() == time.Saturday || d.Weekday() == time.Sunday {
		d--
	}
	return d
}

func (p *project) pence() int64 { return p.budget * 100_000 }

// baselines gives a project's plans, the one in force last.
func (p *project) baselines() (all []plan) {
	if p.before != "" {
		all = append(all, plan{project: p, number: 1, state: "SUPERSEDED", approved: p.before, reason: "Synthetic sample: first plan", months: p.months - 3, amounts: spread(p.pence()/10*9, p.months-3)})
	}
	if p.baseline != "" {
		all = append(all, plan{project: p, number: len(all) + 1, state: "APPROVED", approved: p.baseline, reason: "Synthetic sample: the plan in force", months: p.months, amounts: spread(p.pence(), p.months)})
	}
	return all
}

type plan struct {
	project  *project
	number   int
	state    string
	approved string
	reason   string
	months   int
	amounts  []int64 // by month from the project's start
}

// due gives the day on which a plan wants a gate reached, and what is earned by it: the work around it, half way to the gates beside.
func (b *plan) due(n int) (on vocab.Date, weight int64) {
	from, to := 0, gates[n].at
	if n > 0 {
		from = (gates[n-1].at + gates[n].at) / 2
	}
	if n < len(gates)-1 {
		to = (gates[n].at + gates[n+1].at) / 2
	}
	return at(b.project.start, gates[n].at*b.months), upTo(b.amounts, to*b.months) - upTo(b.amounts, from*b.months)
}

// reaches gives the day on which a project reaches a gate, or will.
func (p *project) reaches(n int) vocab.Date {
	d := at(p.start, gates[n].at*p.months*100/p.pace) + vocab.Date(vary(6, p.code, n))
	for d.Weekday() == time.Saturday || d.Weekday() == time.Sunday {
		d--
	}
	return d
}

func (p *project) finish() vocab.Date { return p.reaches(len(gates) - 1) }

// state tells where a gate stands.
func (p *project) state(n int) string {
	due := at(p.start, gates[n].at*p.months)
	switch {
	case n+1 == p.cancelled:
		return "CANCELLED"
	case p.reaches(n) <= today:
		return "REACHED"
	case p.reaches(n) > due+30:
		return "AT_RISK"
	}
	return "PLANNED"
}

// earned is what a project has earned of its budget by today.
func (p *project) earned() (sum int64) {
	b := plan{project: p, months: p.months, amounts: spread(p.pence(), p.months)}
	for n := range gates {
		if _, weight := b.due(n); p.state(n) == "REACHED" {
			sum += weight
		}
	}
	return sum
}

func month(d vocab.Date) vocab.Date { return d - vocab.Date(d.Time().Day()-1) }

// place gives the place of a day in a project's plan, as it goes: in thousandths of a month.
func (p *project) place(d vocab.Date) int {
	whole := 0
	for p.start.AddMonths(whole+1) <= d {
		whole++
	}
	first := p.start.AddMonths(whole)
	part := int(d-first+1) * 1000 / first.DaysInMonth()
	return min((1000*whole+part)*p.pace/100, 1000*p.months)
}
