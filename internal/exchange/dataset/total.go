package dataset

import (
	"pmograph/internal/calc/exact"
)

// How a measure's parts are made beside what queries can ask for.
const (
	lastOf     AggOp = "last of each" // the sum of the last value in time of each owner: for quantities that do not add up over time
	byCurrency AggOp = "by currency"  // sums by currency, to be converted
)

// part is what of its rows a measure is made from.
type part struct {
	op     AggOp
	column string   // empty where rows are counted, or looked at as a whole
	only   string   // a column of truths: rows where it is true; empty: all
	owners []string // of lastOf: the columns of whose the value is
	then   string   // of lastOf: the column that orders rows of one day; empty: as they come
}

// adding is a part made ready: what is looked at in a row.
type adding struct {
	op       AggOp
	of       eval
	cond     eval // nil: always
	currency eval // of amounts; nil for others
	day      eval // of lastOf
	then     eval // nil: rows of one day come in their order
	owners   []eval
	keep     func(row any) any
}

// total is what one part of one group has come to.
type total struct {
	rows   int64  // that were asked
	n      int64  // values that went in
	hidden int64  // values that the viewer may not see
	noRate int64  // amounts for which there is no rate
	money  string // currency of the first of them
	mixed  bool   // others are of other currencies
	sum    sum    // of byCurrency: of those of the first currency
	more   *more  // nil if sums do
}

// more is what most totals do without: groups are many.
type more struct {
	best Value
	seen map[string]struct{}
	each []currencySum // of byCurrency: but for the first currency
	last map[string]dated
}

func (t *total) has() *more {
	if t.more == nil {
		t.more = &more{}
	}
	return t.more
}

// dated is the last row of an owner.
type dated struct {
	day, then, value, money Value
	row                     any
}

// sum adds up decimals without rounding.
type sum struct {
	some  bool
	whole bool // of Ints
	scale int8
	units exact.Int
	rest  *exact.Number // of numbers of other scales; nil: nothing
}

func (s *sum) add(v Value) {
	switch {
	case !s.some:
		s.some, s.scale, s.whole = true, digitsOf(v), v.Kind == Int
	case v.Kind != Int:
		s.whole = false
	}
	if v.Num == nil && digitsOf(v) == s.scale {
		s.units = s.units.Add(exact.IntOf(v.Int))
		return
	}
	n := v.Number()
	if s.rest != nil {
		n = n.Plus(*s.rest)
	}
	s.rest = &n
}

// join adds another sum.
func (s *sum) join(o *sum) { s.add(o.value()) }

func (s *sum) number() exact.Number {
	n := exact.Parts(s.units, power(s.scale))
	if s.rest != nil {
		n = n.Plus(*s.rest)
	}
	return n
}

// value gives the sum; nothing was added up if it is null.
func (s *sum) value() Value {
	if !s.some {
		return None
	}
	if units, ok := s.units.Int64(); ok && s.rest == nil {
		if s.whole {
			return OfInt(units)
		}
		return OfUnits(units, s.scale)
	}
	n := s.number()
	return OfNumber(n, s.scale)
}

// currencySum is the sum of the amounts of one currency.
type currencySum struct {
	code string
	sum
}

// of gives the sum of a currency.
func (t *total) of(code string) *sum {
	if code == t.money {
		return &t.sum
	}
	m := t.has()
	for i := range m.each {
		if m.each[i].code == code {
			return &m.each[i].sum
		}
	}
	m.each = append(m.each, currencySum{code: code})
	return &m.each[len(m.each)-1].sum
}

// currencies hands out the sum of each currency.
func (t *total) currencies(yield func(code string, s *sum) bool) {
	if !t.sum.some || !yield(t.money, &t.sum) || t.more == nil {
		return
	}
	for i := range t.more.each {
		if !yield(t.more.each[i].code, &t.more.each[i].sum) {
			return
		}
	}
}

// take takes a row in.
func (t *total) take(a *adding, f *frame) {
	if a.cond != nil && !a.cond(f).True() {
		return
	}
	t.rows += f.rows()
	if a.op == lastOf {
		t.takeLast(a, f)
		return
	}
	if a.of == nil {
		return
	}
	v := a.of(f)
	if v.Kind == Null {
		t.without(v)
		return
	}
	t.n++
	money := ""
	if a.currency != nil {
		money = a.currency(f).Text
		if t.n == 1 {
			t.money = money
		}
		t.mixed = t.mixed || money != t.money
	}
	switch a.op {
	case Sum, Average:
		t.sum.add(v)
	case byCurrency:
		t.of(money).add(v)
	case Min, Max:
		if c := compareAny(v, t.has().best); t.n == 1 || a.op == Min && c < 0 || a.op == Max && c > 0 {
			t.more.best = v
		}
	case CountDistinct:
		if t.has().seen == nil {
			t.more.seen = map[string]struct{}{}
		}
		t.more.seen[string(appendKey(nil, v))] = struct{}{}
	}
}

// without notes that there is no value.
func (t *total) without(v Value) {
	switch v.Why {
	case NotVisible:
		t.hidden++
	case NoRate:
		t.noRate++
	}
}

// takeLast keeps the row if it is its owner's last so far. A row without a value is a last one, too.
func (t *total) takeLast(a *adding, f *frame) {
	if t.has().last == nil {
		t.more.last = map[string]dated{}
	}
	var key []byte
	for _, of := range a.owners {
		key = appendKey(key, of(f))
	}
	x := dated{day: a.day(f)}
	if a.then != nil {
		x.then = a.then(f)
	}
	if have, ok := t.more.last[string(key)]; ok && (Compare(have.day, x.day) > 0 || Same(have.day, x.day) && Compare(have.then, x.then) > 0) {
		return
	}
	if a.of != nil {
		x.value = a.of(f)
	}
	if a.currency != nil {
		x.money = a.currency(f)
	}
	x.row = a.keep(f.row)
	t.more.last[string(key)] = x
}

// lastOfEach are the last rows by owner.
func (t *total) lastOfEach() map[string]dated {
	if t.more == nil {
		return nil
	}
	return t.more.last
}

// lasts adds up the last values of all owners.
func (t *total) lasts() (sums total) {
	for _, x := range t.lastOfEach() {
		if x.value.IsNull() {
			sums.without(x.value)
			continue
		}
		if sums.n++; sums.n == 1 {
			sums.money = x.money.Text
		}
		sums.mixed = sums.mixed || sums.money != x.money.Text
		sums.of(x.money.Text).add(x.value)
	}
	return sums
}

// value is what a plain aggregation has come to.
func (t *total) value(op AggOp) Value {
	switch {
	case op == CountAll:
		return OfInt(t.rows)
	case op == lastOf:
		sums := t.lasts()
		return sums.value(Sum)
	case t.hidden > 0:
		return Hidden
	case op == CountDistinct:
		return OfInt(int64(len(t.has().seen)))
	case t.n == 0 && t.noRate == 0:
		return None
	case t.mixed && op != byCurrency:
		return Value{Why: MixedCurrency}
	case t.noRate > 0 && (op == Sum || op == Average):
		return Value{Why: NoRate}
	case op == Sum:
		return t.sum.value()
	case op == Average:
		return OfNumber(t.sum.number().Over(exact.Of(t.n)), max(quotientDigits, t.sum.scale))
	}
	return t.has().best
}

// appendKeys appends what tells values of a group from those of others.
func appendKeys(b []byte, values []Value) []byte {
	for _, v := range values {
		b = appendKey(b, v)
	}
	return b
}

// appendKey appends what tells a value from others.
func appendKey(b []byte, v Value) []byte {
	b = append(b, byte(v.Kind))
	switch v.Kind {
	case Null:
		return b
	case Text:
		b = append(append(b, v.Text...), 0)
	case Decimal:
		return append(v.Number().Rat().Num().Append(append(v.Number().Rat().Denom().Append(b, 36), '/'), 36), 0)
	default:
		if v.Kind == ID {
			b = append(b, byte(v.Table.Slot))
		}
		u := uint64(v.Int)
		b = append(b, byte(u>>56), byte(u>>48), byte(u>>40), byte(u>>32), byte(u>>24), byte(u>>16), byte(u>>8), byte(u))
	}
	return b
}
