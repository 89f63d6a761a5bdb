package dataset

import (
	"fmt"
	"slices"
	"strconv"
	"time"

	"pmograph/internal/state"
	"pmograph/internal/vocab"
)

// This file makes a filter's conditions, which come as texts, into typed ones, and days into periods.

// where types the filter.
func (x *asked) where(w *checks) {
	if x.Filter == nil {
		return
	}
	n := 0
	e := x.condition(w, "filter", *x.Filter, &n, 0)
	if n > MaxConditions {
		w.at("filter", "OUT_OF_RANGE", "at most %d conditions", MaxConditions)
	}
	x.filter = e
}

func (x *asked) condition(w *checks, at string, c Condition, n *int, depth int) Expr {
	if *n++; *n > MaxConditions {
		return nil
	}
	if depth > MaxNesting {
		w.at(at, "OUT_OF_RANGE", "conditions are nested at most %d deep", MaxNesting)
		return nil
	}
	given := 0
	for _, is := range []bool{c.And != nil, c.Or != nil, c.Not != nil, c.Column != "" || c.Operator != "" || c.Values != nil} {
		if is {
			given++
		}
	}
	switch {
	case given != 1:
		w.at(at, "AMBIGUOUS", "a condition is one of and, or, not, and a column with operator and values")
	case c.Not != nil:
		if e := x.condition(w, at+".not", *c.Not, n, depth+1); e != nil {
			return Op("not", e)
		}
	case c.And != nil:
		return x.joined(w, at, "and", c.And, n, depth)
	case c.Or != nil:
		return x.joined(w, at, "or", c.Or, n, depth)
	default:
		return x.compared(w, at, c)
	}
	return nil
}

func (x *asked) joined(w *checks, at, op string, all []Condition, n *int, depth int) Expr {
	call := Call{Op: op}
	for i, c := range all {
		if e := x.condition(w, fmt.Sprintf("%s.%s.%d", at, op, i), c, n, depth+1); e != nil {
			call.Args = append(call.Args, e)
		}
	}
	switch len(call.Args) {
	case 0:
		if len(all) == 0 {
			w.at(at+"."+op, "REQUIRED", "give at least one condition")
		}
		return nil
	case 1:
		return call.Args[0]
	}
	return call
}

// shape says how an operator is made: of which function, of how many values, and of columns of which kinds.
type shape struct {
	op        string
	min, max  int
	negated   bool
	textsOnly bool
}

var shapes = map[vocab.Operator]shape{
	vocab.OperatorEq:         {op: "eq", min: 1, max: 1},
	vocab.OperatorNe:         {op: "ne", min: 1, max: 1},
	vocab.OperatorLt:         {op: "lt", min: 1, max: 1},
	vocab.OperatorLe:         {op: "le", min: 1, max: 1},
	vocab.OperatorGt:         {op: "gt", min: 1, max: 1},
	vocab.OperatorGe:         {op: "ge", min: 1, max: 1},
	vocab.OperatorIn:         {op: "in", min: 1, max: MaxValues},
	vocab.OperatorNotIn:      {op: "in", min: 1, max: MaxValues, negated: true},
	vocab.OperatorBetween:    {min: 2, max: 2},
	vocab.OperatorContains:   {op: "contains", min: 1, max: 1, textsOnly: true},
	vocab.OperatorStartsWith: {op: "startswith", min: 1, max: 1, textsOnly: true},
	vocab.OperatorEndsWith:   {op: "endswith", min: 1, max: 1, textsOnly: true},
	vocab.OperatorIsNull:     {op: "eq"},
	vocab.OperatorNotNull:    {op: "ne"},
}

// compared types a column compared with values.
func (x *asked) compared(w *checks, at string, c Condition) Expr {
	t, ok := x.column(w, at+".column", c.Column)
	if !ok || !word(w, at+".operator", c.Operator, false) {
		return nil
	}
	s := shapes[c.Operator]
	if len(c.Values) < s.min || len(c.Values) > s.max {
		w.at(at+".values", "OUT_OF_RANGE", "%s takes %d to %d values, not %d", c.Operator, s.min, s.max, len(c.Values))
		return nil
	}
	if s.textsOnly && t.Kind != Text {
		w.at(at+".operator", "NOT_ALLOWED", "%s is of texts, and %s is of type %s", c.Operator, c.Column, t.Kind)
		return nil
	}
	column := Expr(pathOfColumn(c.Column))
	args := []Expr{column}
	for i, text := range c.Values {
		v, code, why := valueOf(&t.Column, text, s.textsOnly)
		if code != "" {
			w.at(fmt.Sprintf("%s.values.%d", at, i), code, "%s", why)
			return nil
		}
		args = append(args, Lit{v})
	}
	if t.Class != vocab.ClassPublic {
		x.guarded = append(x.guarded, Agg{Name: "guarded" + strconv.Itoa(len(x.guarded)), Op: Withheld, Of: column})
	}
	switch {
	case c.Operator == vocab.OperatorBetween:
		return And(Op("ge", column, args[1]), Op("le", column, args[2]))
	case s.max == 0:
		args = append(args, Lit{None})
	}
	if s.negated {
		return Op("not", Call{s.op, args})
	}
	return Call{s.op, args}
}

// valueOf reads the plain text of a value of a column; code tells what is wrong with it.
func valueOf(c *Column, text string, part bool) (v Value, code, why string) {
	if len(text) > 1000 {
		return v, "TOO_LONG", "a value has at most 1000 bytes"
	}
	ok := true
	switch c.Kind {
	case Text:
		if c.Words != nil && !part && !slices.Contains(c.Words, text) {
			return v, "NOT_IN_LIST", fmt.Sprintf("%.60q is not one of %v", text, c.Words)
		}
		return OfText(text), "", ""
	case ID:
		var ref state.Ref
		ref, ok = state.ParseID(text)
		v = OfID(ref.Table, ref.ID)
	case Bool:
		v, ok = OfBool(text == "true"), text == "true" || text == "false"
	case Int, Decimal:
		if v, ok = parseDecimal(text); ok && c.Kind == Int && v.Number().IsInt() {
			n, fits := v.Number().Int64()
			v, ok = OfInt(n), fits
		}
	case Date, Instant:
		v, ok = parseTime(text)
	}
	if !ok {
		return v, "INVALID", fmt.Sprintf("%.60q is no value of type %s", text, c.Kind)
	}
	return v, "", ""
}

// parseTime reads a day or an instant.
func parseTime(text string) (Value, bool) {
	if day, err := vocab.ParseDate(text); err == nil {
		return OfDate(day), true
	}
	at, err := time.Parse(time.RFC3339Nano, text)
	return OfTime(at), err == nil
}

// period is how far an earlier period lies back.
type period struct{ months, days int }

func (p period) before(d vocab.Date) vocab.Date {
	return d.AddMonths(-p.months) - vocab.Date(p.days)
}

// period looks at the days, and finds how far the earlier ones lie back.
func (x *asked) period(w *checks) {
	if !word(w, "compare", x.Compare, true) {
		return
	}
	switch {
	case x.d.Time == "":
		for _, f := range []struct {
			at    string
			given bool
		}{{"from", x.From != nil}, {"to", x.To != nil}, {"compare", x.Compare != ""}} {
			if f.given {
				w.at(f.at, "NOT_ALLOWED", "%s has no time", x.d.Name)
			}
		}
	case x.From != nil && x.To != nil && *x.From > *x.To:
		w.at("to", "OUT_OF_ORDER", "the last day is before the first")
	case x.Compare != "" && (x.From == nil || x.To == nil):
		w.at("compare", "INCOMPLETE", "a comparison needs from and to")
	default:
		x.earlier = x.back()
	}
}

// back is how far the earlier period lies back; nothing without a comparison.
func (a Analysis) back() period {
	switch {
	case a.Compare == vocab.ComparisonPreviousYear:
		return period{months: 12}
	case a.Compare == vocab.ComparisonPreviousPeriod && a.From != nil && a.To != nil:
		return lengthOf(*a.From, *a.To)
	}
	return period{}
}

// lengthOf is the length of a period: in months if it is of whole ones, else in days.
func lengthOf(from, to vocab.Date) period {
	fy, fm, fd := from.Civil()
	ty, tm, _ := to.Civil()
	if fd == 1 && to == to.MonthEnd() {
		return period{months: (ty-fy)*12 + int(tm) - int(fm) + 1}
	}
	return period{days: int(to-from) + 1}
}

// within is the condition that a row's day lies in a period; its last day stays the last of its month.
func (x *asked) within(back period) Expr {
	var from, to Expr
	c, _ := x.d.Column(x.d.Time)
	day := func(op string, d vocab.Date) Expr { return Op(op, dayOf(Col(x.d.Time), c.Kind), Lit{OfDate(d)}) }
	if x.From != nil {
		from = day("ge", back.before(*x.From))
	}
	if x.To != nil {
		to = day("le", x.lastDay(back))
	}
	return And(from, to)
}

// lastDay is the last day of a period that lies back.
func (a Analysis) lastDay(back period) vocab.Date {
	last := back.before(*a.To)
	if back.days == 0 && *a.To == a.To.MonthEnd() {
		return last.MonthEnd()
	}
	return last
}

// grouped is what rows are grouped by in a period that lies back: days count as the ones as far into the period asked for.
func (x *asked) grouped(back period) []Named {
	by := slices.Clone(x.by)
	c, _ := x.d.Column(x.d.Time)
	for _, i := range x.at {
		if back == (period{}) {
			continue
		}
		e := Op("shift", dayOf(Col(x.d.Time), c.Kind), Lit{OfInt(back.months)}, Lit{OfInt(back.days)})
		if b := x.GroupBy[i].Bucket; b != "" {
			e = bucketOf(e, b)
		}
		by[i].Expr = e
	}
	return by
}
