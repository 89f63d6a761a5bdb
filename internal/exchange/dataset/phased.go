package dataset

import (
	"iter"
	"slices"

	"pmograph/internal/calc/calendar"
	"pmograph/internal/state"
	"pmograph/internal/vocab"
)

// Amounts of a month are spread over its days by the working time of the project's calendar, and those of a month without working time fall on its
// last day, as planned value does. What has fallen on the days up to one is rounded to minor units, half to even; a day's part is what that is more than
// the day before. So the parts of a month add up to its amount, to the last minor unit, and those of days to those of weeks.
const spreadText = " A month's amounts are spread over its days by the working time of the project's calendar, and fall on its last day if there is none; the sum up to each day is rounded to minor units, half to even, so that the parts of a month add up to its amount."

// part of a month's fact: of the working time of the month so much lies before the part, and so much before its end.
type monthPart struct {
	*inProject
	first, last          vocab.Date // of the period
	before, until, whole int64
}

// of gives what of an amount falls on the part.
func (x *monthPart) of(minor int64) int64 {
	return portion(minor, x.until, x.whole) - portion(minor, x.before, x.whole)
}

// portion gives n * part / whole, rounded half to even. The square of whole fits 63 bits.
func portion(n, part, whole int64) int64 {
	each, rest := n/whole, n%whole
	if rest < 0 {
		each, rest = each-1, rest+whole
	}
	q, r := rest*part/whole, rest*part%whole
	q += each * part
	if 2*r > whole || 2*r == whole && q%2 != 0 {
		q++
	}
	return q
}

// phased makes a fact's column one of a part of its month.
func phased(c Column) Column {
	get, code := c.get, c.code
	c.get = func(v *View, row any) Value { return get(v, row.(*monthPart).inProject) }
	if code != nil {
		c.code = func(v *View, row any) string { return code(v, row.(*monthPart).inProject) }
	}
	return c
}

// phasedAmount is an amount of a part.
func phasedAmount(c Column) Column {
	c = phased(c)
	get := c.get
	c.get = func(v *View, row any) Value {
		whole := get(v, row)
		if whole.IsNull() {
			return whole
		}
		return OfUnits(row.(*monthPart).of(whole.Int), whole.Scale)
	}
	return c
}

// Sets by time are declared once those that they are made from are.
func init() {
	costs, spread := mustDeclared("CostEntries", "Period"), mustDeclared("BaselineSpread", "Period")
	for _, g := range grains {
		declare(loadSet(g.grain, g.name, g.noun))
		declare(allocationSet(g.grain, g.name, g.noun))
		declare(phasedSet(g.grain, Dataset{
			Name: "CostsBy" + g.name, Singular: "CostOf" + g.name, Title: "Costs by " + g.name,
			Description: "What projects cost, by time: one row for each cost entry and " + g.noun + " with working time in its month." + spreadText,
		}, g.noun, costs, "CostEntryId", costPeriod, costAmounts))
		declare(phasedSet(g.grain, Dataset{
			Name: "BaselineBy" + g.name, Singular: "BaselineOf" + g.name, Title: "Planned value by " + g.name,
			Description: "What baselines plan to be earned, by time: one row for each month of a baseline and " + g.noun + " with working time in it." + spreadText,
		}, g.noun, spread, "BaselineMonthId", spreadPeriod, spreadAmounts))
	}
	link()
}

func declaredSet(name string) (*Dataset, bool) {
	i := slices.IndexFunc(declared, func(d *Dataset) bool { return d.Name == name })
	if i < 0 {
		return nil, false
	}
	return declared[i], true
}

// phasedSet is a set of monthly facts by time.
func phasedSet(grain vocab.CapacityGrain, d Dataset, noun string, of *Dataset, id string, month state.Col, amounts []Column) Dataset {
	d.Facts, d.Time, d.Key = true, "Date", []string{id, "Date"}
	d.Order = append(slices.Clone(of.Order), "Date")
	isAmount := func(name string) bool {
		return slices.ContainsFunc(amounts, func(a Column) bool { return name == a.Name || name == a.Name+"Reporting" })
	}
	for _, c := range of.Columns {
		switch {
		case c.Name == "Id":
			c.Name, c.Description, c.Refers = id, "Row of "+of.Name+" that it is a part of.", of.Name
			d.Columns = append(d.Columns, phased(c),
				col("Date", Date, "First day of the "+noun+".", func(_ *View, x *monthPart) Value { return OfDate(x.first) }).key(),
				col("LastDate", Date, "Last day of the "+noun+".", func(_ *View, x *monthPart) Value { return OfDate(x.last) }))
		case !isAmount(c.Name):
			d.Columns = append(d.Columns, phased(c))
		}
	}
	var parts []Column
	for _, a := range amounts {
		parts = append(parts, phasedAmount(a))
	}
	d.Columns = append(d.Columns, withReporting(parts...)...)
	d.Measures = sums(parts...)
	d.source = source{
		rows: func(v *View, in hint) iter.Seq[any] { return monthParts(v, in, grain, of, id, month) },
		hold: func(row any) any {
			x := *row.(*monthPart)
			x.inProject = of.keep(x.inProject).(*inProject)
			return &x
		},
	}
	return d
}

// monthParts hands out the parts of monthly facts.
func monthParts(v *View, in hint, grain vocab.CapacityGrain, of *Dataset, id string, month state.Col) iter.Seq[any] {
	in = dayHint(in)
	inner := hint{equal: map[string][]Value{}, after: in.after}
	for name, values := range in.equal {
		if name == id {
			name = "Id"
		}
		if name != "Date" {
			inner.equal[name] = values
		}
	}
	n := len(of.Order)
	from := vocab.Date(0)
	if len(in.after) > n {
		inner.after, from = in.after[:n], in.after[n].Day()
	}
	return func(yield func(any) bool) {
		before := len(in.after) > n // the fact that the hint goes on in may come
		for row := range of.source.rows(v, inner) {
			x := row.(*inProject)
			first := x.Day(month)
			last := first + vocab.Date(first.DaysInMonth()) - 1
			if in.from != nil && last < *in.from || in.to != nil && first-6 > *in.to { // a week may begin in the month before
				continue
			}
			goesOn := false
			if before {
				goesOn = of.isAt(v, row, inner.after)
			}
			for part := range partsOf(v.Book.WorkingDays(x.owner), x, first, last, grain) {
				if goesOn && part.first < from {
					continue
				}
				if !yield(part) {
					return
				}
			}
		}
	}
}

// isAt tells whether a row has some values in the columns of the order.
func (d *Dataset) isAt(v *View, row any, values []Value) bool {
	for i, name := range d.Order[:len(values)] {
		if c, _ := d.Column(name); !Same(c.get(v, row), values[i]) {
			return false
		}
	}
	return true
}

// partsOf hands out the parts of a month's fact: the periods with working time, or the last one if there is none.
func partsOf(cal *calendar.Calendar, x *inProject, first, last vocab.Date, grain vocab.CapacityGrain) iter.Seq[*monthPart] {
	return func(yield func(*monthPart) bool) {
		p := monthPart{inProject: x, whole: int64(cal.MinutesIn(first, last))}
		idle := p.whole == 0
		if idle {
			p.whole = 1
		}
		for day := first; day <= last; day = p.last + 1 {
			p.first, p.last = periodOf(day, grain)
			p.before = p.until
			if p.until = int64(cal.MinutesIn(first, min(last, p.last))); idle && p.last >= last {
				p.until = 1
			}
			if p.until > p.before && !yield(&p) {
				return
			}
		}
	}
}

// periodOf gives the period of a day.
func periodOf(day vocab.Date, grain vocab.CapacityGrain) (first, last vocab.Date) {
	switch grain {
	case vocab.CapacityGrainWeek:
		first, _ = bucket(day, byWeek, 1)
		return first, first + 6
	case vocab.CapacityGrainMonth:
		last = day.MonthEnd()
		return last - vocab.Date(last.DaysInMonth()) + 1, last
	}
	return day, day
}
