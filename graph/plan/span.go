package plan

import (
	"time"

	"github.com/vektah/gqlparser/v2/ast"
)

// span says which arguments of a field tell of which days what lies below speaks: see @span in graph/schema/price.graphql. A day that is
// not given, and is not the first of a span, begins anew: what was said above does not hold.
type span struct {
	from, to, every *ast.Value // nil if the field has no such argument, or it is not given
	begins          bool       // it has a first day: a last day that is not given is that of what lies around
}

// era is the days of which a part of an answer speaks, in periods of a length. What is not known is not bounded by them.
type era struct {
	from, to int32 // days since 1970-01-01
	hasFrom  bool
	hasTo    bool
	every    int8 // months; days if it is negative; 0 if it is not known
}

// lengths are the lengths of periods, as era has them.
var lengths = map[string]int8{"DAY": -1, "WEEK": -7, "MONTH": 1, "QUARTER": 3, "YEAR": 12}

// periods is how many periods touch the days at most; negative if that is not known.
func (e era) periods() int {
	if !e.hasFrom || !e.hasTo || e.every == 0 {
		return -1
	}
	if e.from > e.to {
		return 0
	}
	switch {
	case e.every == -1:
		return int(e.to-e.from) + 1
	case e.every < 0: // weeks begin on Monday, and 1970-01-01 was a Thursday
		return (int(e.to)+3+7*1_000_000)/7 - (int(e.from)+3+7*1_000_000)/7 + 1
	}
	months, every := month(e.to)-month(e.from)+1, int(e.every)
	return (months + every - 1) / every
}

// month counts months from the year 0.
func month(day int32) int {
	y, m, _ := time.Unix(int64(day)*86400, 0).UTC().Date()
	return y*12 + int(m)
}

// era is what a site's arguments make of the span it lies in.
func (x *pricing) era(b *bounds, in era) era {
	s := b.span
	if s == nil {
		return in
	}
	if !s.begins {
		in = era{}
	}
	if s.begins {
		in.from, in.hasFrom = x.day(s.from)
	}
	if s.to != nil {
		if given, _ := s.to.Value(x.vars); given != nil || !s.begins {
			in.to, in.hasTo = x.day(s.to)
		}
	}
	if s.every != nil {
		given, _ := s.every.Value(x.vars)
		word, _ := given.(string)
		in.every = lengths[word]
	}
	return in
}

// day reads a day that an argument gives.
func (x *pricing) day(v *ast.Value) (int32, bool) {
	if v == nil {
		return 0, false
	}
	given, _ := v.Value(x.vars)
	text, ok := given.(string)
	if !ok {
		return 0, false
	}
	t, err := time.Parse(time.DateOnly, text)
	return int32(t.Unix() / 86400), err == nil && t.Year() > 0
}

// span reads what the schema says of a field's days.
func (c *compiler) span(s *Site, def *ast.FieldDefinition) *span {
	d := def.Directives.ForName("span")
	if d == nil {
		return nil
	}
	given := func(role string) *ast.Value {
		named := d.Arguments.ForName(role)
		if named == nil {
			return nil
		}
		arg := s.field.Arguments.ForName(named.Value.Raw)
		if arg == nil {
			return nil
		}
		if arg.Value.Kind == ast.Variable {
			c.open = true
		}
		return arg.Value
	}
	days := &span{from: given("from"), to: given("to"), every: given("by"), begins: d.Arguments.ForName("from") != nil}
	if fixed := d.Arguments.ForName("every"); fixed != nil {
		days.every = &ast.Value{Kind: ast.EnumValue, Raw: fixed.Value.Raw}
	}
	return days
}
