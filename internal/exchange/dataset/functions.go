package dataset

import (
	"regexp"
	"strings"
	"time"
	"unicode/utf8"

	"pmograph/internal/calc/exact"
	"pmograph/internal/vocab"
)

// function is an operator or function: what it takes, what it gives, and how. Where an argument is null, so is the result, unless it says otherwise.
type function struct {
	args  []Kind // kinds taken, Decimal for any number, Null for any; the last holds for all that follow if more is set
	more  bool
	gives Kind // Null: the kind of the first argument
	nulls bool // run is asked with nulls, too
	run   func(f *frame, a []Value) Value
	typed func(a []typed) (Column, error) // what is known of the result, beside gives; nil: nothing
}

// apply gives the call of a function.
func apply(op string, args []typed) (typed, error) {
	fn, ok := functions[op]
	if !ok {
		return typed{}, wrong("INVALID", "there is no function %q", op)
	}
	if len(args) < len(fn.args) || len(args) > len(fn.args) && !fn.more {
		return typed{}, wrong("INVALID", "%s takes %d arguments, not %d", op, len(fn.args), len(args))
	}
	for i := range args {
		want := fn.args[min(i, len(fn.args)-1)]
		if !fits(args[i].Kind, want) {
			return typed{}, wrong("INVALID", "argument %d of %s is of type %s, where %s is needed", i+1, op, args[i].Kind, want)
		}
	}
	out := Column{Kind: fn.gives, Nullable: true}
	if fn.gives == Null && len(args) > 0 {
		out = args[0].Column
		out.Name = ""
	}
	if fn.typed != nil {
		c, err := fn.typed(args)
		if err != nil {
			return typed{}, err
		}
		out = c
	}
	for _, a := range args {
		out.Class = max(out.Class, a.Class)
	}
	if op == "and" || op == "or" {
		return typed{out, logical(op == "or", args)}, nil
	}
	return typed{out, func(f *frame) Value {
		var room [4]Value
		values := append(room[:0], make([]Value, len(args))...)
		if len(args) <= len(room) {
			values = room[:len(args)]
		}
		for i := range args {
			values[i] = args[i].eval(f)
			if values[i].IsNull() && !fn.nulls {
				return Value{Why: values[i].Why}
			}
		}
		return fn.run(f, values)
	}}, nil
}

func fits(have, want Kind) bool {
	switch {
	case have == Null || want == Null || have == want:
		return true
	case want == Decimal:
		return have == Int
	case want == Text:
		return have == ID
	case want == Instant:
		return have == Date
	}
	return false
}

// logical is and, and or, of three values: false and null is false, true or null is true.
func logical(or bool, args []typed) eval {
	return func(f *frame) Value {
		out := OfBool(!or)
		for i := range args {
			switch v := args[i].eval(f); {
			case v.IsNull():
				out = None
			case v.True() == or:
				return OfBool(or)
			}
		}
		return out
	}
}

// comparable tells whether values of two kinds can be compared.
func comparable(a, b Kind) bool {
	return a == Null || b == Null || a == b || isNumber(a) && isNumber(b) || a == ID && b == Text || a == Text && b == ID || isTime(a) && isTime(b)
}

func isTime(k Kind) bool { return k == Date || k == Instant }

const microsADay = 86_400_000_000

func micros(v Value) int64 {
	if v.Kind == Date {
		return v.Int * microsADay
	}
	return v.Int
}

func compareAny(a, b Value) int {
	if isTime(a.Kind) && isTime(b.Kind) && a.Kind != b.Kind {
		return Compare(OfInt(micros(a)), OfInt(micros(b)))
	}
	return Compare(a, b)
}

func comparison(holds func(int) bool, whenNull func(a, b Value) Value) function {
	return function{
		args: []Kind{Null, Null}, gives: Bool, nulls: true,
		run: func(_ *frame, a []Value) Value {
			if a[0].IsNull() || a[1].IsNull() {
				return whenNull(a[0], a[1])
			}
			return OfBool(holds(compareAny(a[0], a[1])))
		},
		typed: func(a []typed) (Column, error) {
			if !comparable(a[0].Kind, a[1].Kind) {
				return Column{}, wrong("INVALID", "values of types %s and %s cannot be compared", a[0].Kind, a[1].Kind)
			}
			return Column{Kind: Bool}, nil
		},
	}
}

// A null equals a null, and nothing else; it is neither less nor greater than anything.
func nullEquals(a, b Value) Value  { return OfBool(a.IsNull() && b.IsNull()) }
func nullDiffers(a, b Value) Value { return OfBool(a.IsNull() != b.IsNull()) }
func nullCompares(_, _ Value) Value {
	return OfBool(false)
}

// wider is the digits of a sum, longer those of a product.
func wider(a, b int8) int8  { return max(a, b) }
func longer(a, b int8) int8 { return min(a+b, exact.MaxDigits) }

func arithmetic(run func(a, b exact.Number) exact.Number, digits func(a, b int8) int8) function {
	return function{args: []Kind{Decimal, Decimal}, run: func(_ *frame, a []Value) Value {
		n := run(a[0].Number(), a[1].Number())
		if a[0].Kind == Int && a[1].Kind == Int {
			if units, ok := n.Int64(); ok && n.IsInt() {
				return OfInt(units)
			}
		}
		return OfNumber(n, digits(digitsOf(a[0]), digitsOf(a[1])))
	}, typed: func(a []typed) (Column, error) {
		c := Column{Kind: Decimal, Scale: Varies, Nullable: true}
		if a[0].Kind == Int && a[1].Kind == Int {
			c.Kind, c.Scale = Int, 0
		} else if a[0].Scale != Varies && a[1].Scale != Varies {
			c.Scale = digits(a[0].Scale, a[1].Scale)
		}
		if a[0].Unit == a[1].Unit && a[0].Currency == a[1].Currency {
			c.Unit, c.Currency = a[0].Unit, a[0].Currency
		}
		return c, nil
	}}
}

func digitsOf(v Value) int8 {
	if v.Kind == Int {
		return 0
	}
	return v.Scale
}

func texts(n int, run func(a []string) Value, gives Kind) function {
	args := make([]Kind, n)
	for i := range args {
		args[i] = Text
	}
	return function{args: args, gives: gives, run: func(_ *frame, a []Value) Value {
		var room [3]string
		s := room[:0]
		for i := range a {
			s = append(s, a[i].String())
		}
		return run(s)
	}}
}

func ofTime(run func(t time.Time) Value, gives Kind) function {
	return function{args: []Kind{Instant}, gives: gives, run: func(_ *frame, a []Value) Value {
		return run(time.UnixMicro(micros(a[0])).UTC())
	}}
}

func rounding(run func(n exact.Number) exact.Number) function {
	return function{args: []Kind{Decimal}, gives: Decimal, run: func(_ *frame, a []Value) Value {
		return OfNumber(run(a[0].Number()), 0)
	}}
}

// floorOf is the greatest whole number that is not above n.
func floorOf(n exact.Number) exact.Number {
	w := n.Whole()
	if w.Cmp(n) > 0 {
		w = w.Minus(exact.One)
	}
	return w
}

// halfAway rounds to a whole number, halves away from zero, as OData's round does.
func halfAway(n exact.Number) exact.Number {
	half := exact.Fraction(1, 2)
	if n.Sign() < 0 {
		return floorOf(n.Neg().Plus(half)).Neg()
	}
	return floorOf(n.Plus(half))
}

// functions is every operator and function of Call.
var functions map[string]function

func init() {
	functions = map[string]function{
		"and": {args: []Kind{Bool}, more: true, gives: Bool, nulls: true},
		"or":  {args: []Kind{Bool}, more: true, gives: Bool, nulls: true},
		"not": {args: []Kind{Bool}, gives: Bool, run: func(_ *frame, a []Value) Value { return OfBool(!a[0].True()) }},

		"eq": comparison(func(c int) bool { return c == 0 }, nullEquals),
		"ne": comparison(func(c int) bool { return c != 0 }, nullDiffers),
		"gt": comparison(func(c int) bool { return c > 0 }, nullCompares),
		"ge": comparison(func(c int) bool { return c >= 0 }, nullCompares),
		"lt": comparison(func(c int) bool { return c < 0 }, nullCompares),
		"le": comparison(func(c int) bool { return c <= 0 }, nullCompares),
		"in": {args: []Kind{Null, Null}, more: true, gives: Bool, nulls: true, run: func(_ *frame, a []Value) Value {
			for _, x := range a[1:] {
				if a[0].IsNull() && x.IsNull() || !a[0].IsNull() && !x.IsNull() && compareAny(a[0], x) == 0 {
					return OfBool(true)
				}
			}
			return OfBool(false)
		}, typed: func(a []typed) (Column, error) {
			for _, x := range a[1:] {
				if !comparable(a[0].Kind, x.Kind) {
					return Column{}, wrong("INVALID", "values of types %s and %s cannot be compared", a[0].Kind, x.Kind)
				}
			}
			return Column{Kind: Bool}, nil
		}},

		"add":   arithmetic(exact.Number.Plus, wider),
		"sub":   arithmetic(exact.Number.Minus, wider),
		"mul":   arithmetic(exact.Number.Times, longer),
		"neg":   {args: []Kind{Decimal}, run: func(_ *frame, a []Value) Value { return negated(a[0]) }},
		"div":   {args: []Kind{Decimal, Decimal}, run: divide(false), typed: divided(false)},
		"divby": {args: []Kind{Decimal, Decimal}, run: divide(true), typed: divided(true)},
		"mod": {args: []Kind{Decimal, Decimal}, run: func(_ *frame, a []Value) Value {
			x, y := a[0].Number(), a[1].Number()
			if y.Sign() == 0 {
				return None
			}
			n := x.Minus(x.Over(y).Whole().Times(y))
			if a[0].Kind == Int && a[1].Kind == Int {
				i, _ := n.Int64()
				return OfInt(i)
			}
			return OfNumber(n, max(digitsOf(a[0]), digitsOf(a[1])))
		}, typed: func(a []typed) (Column, error) { return arithmetic(nil, wider).typed(a) }},
		"round":   rounding(halfAway),
		"floor":   rounding(floorOf),
		"ceiling": rounding(func(n exact.Number) exact.Number { return floorOf(n.Neg()).Neg() }),

		"contains":   texts(2, func(a []string) Value { return OfBool(strings.Contains(a[0], a[1])) }, Bool),
		"startswith": texts(2, func(a []string) Value { return OfBool(strings.HasPrefix(a[0], a[1])) }, Bool),
		"endswith":   texts(2, func(a []string) Value { return OfBool(strings.HasSuffix(a[0], a[1])) }, Bool),
		"indexof": texts(2, func(a []string) Value {
			at := strings.Index(a[0], a[1])
			if at > 0 {
				at = utf8.RuneCountInString(a[0][:at])
			}
			return OfInt(at)
		}, Int),
		"length":  texts(1, func(a []string) Value { return OfInt(utf8.RuneCountInString(a[0])) }, Int),
		"tolower": texts(1, func(a []string) Value { return OfText(strings.ToLower(a[0])) }, Text),
		"toupper": texts(1, func(a []string) Value { return OfText(strings.ToUpper(a[0])) }, Text),
		"trim":    texts(1, func(a []string) Value { return OfText(strings.TrimSpace(a[0])) }, Text),
		"concat":  {args: []Kind{Text, Text}, more: true, gives: Text, run: func(_ *frame, a []Value) Value { return joined(a) }},
		"substring": {args: []Kind{Text, Int}, more: true, gives: Text, run: func(_ *frame, a []Value) Value {
			r := []rune(a[0].String())
			from := min(max(0, a[1].Int), int64(len(r)))
			to := int64(len(r))
			if len(a) > 2 {
				to = min(from+max(0, min(a[2].Int, to)), to)
			}
			return OfText(string(r[from:to]))
		}},
		"matchesPattern": {args: []Kind{Text, Text}, gives: Bool, run: func(f *frame, a []Value) Value {
			re := once(f.v, pattern(a[1].Text), func() *regexp.Regexp { re, _ := regexp.Compile(a[1].Text); return re })
			return OfBool(re != nil && re.MatchString(a[0].String()))
		}},

		"year":    ofTime(func(t time.Time) Value { return OfInt(t.Year()) }, Int),
		"quarter": ofTime(func(t time.Time) Value { return OfInt((int(t.Month()) + 2) / 3) }, Int),
		"month":   ofTime(func(t time.Time) Value { return OfInt(int(t.Month())) }, Int),
		"week": ofTime(func(t time.Time) Value {
			_, week := t.ISOWeek()
			return OfInt(week)
		}, Int),
		"day":    ofTime(func(t time.Time) Value { return OfInt(t.Day()) }, Int),
		"hour":   ofTime(func(t time.Time) Value { return OfInt(t.Hour()) }, Int),
		"minute": ofTime(func(t time.Time) Value { return OfInt(t.Minute()) }, Int),
		"second": ofTime(func(t time.Time) Value { return OfInt(t.Second()) }, Int),
		"fractionalseconds": ofTime(func(t time.Time) Value {
			return OfUnits(int64(t.Nanosecond()/1000), 6)
		}, Decimal),
		"date":               ofTime(func(t time.Time) Value { return OfDate(vocab.DateOf(t)) }, Date),
		"totaloffsetminutes": ofTime(func(time.Time) Value { return OfInt(0) }, Int),
		"now":                {gives: Instant, run: func(f *frame, _ []Value) Value { return OfTime(f.v.Day().Time()) }},
		"mindatetime":        {gives: Instant, run: func(*frame, []Value) Value { return OfTime(vocab.NewDate(1, 1, 1).Time()) }},
		"maxdatetime":        {gives: Instant, run: func(*frame, []Value) Value { return OfTime(vocab.NewDate(9999, 12, 31).Time()) }},

		"bucket": {args: []Kind{Date, Text}, gives: Date, run: func(f *frame, a []Value) Value {
			day, ok := bucket(a[0].Day(), a[1].Text, f.v.Book.FiscalYearStart())
			if !ok {
				return None
			}
			return OfDate(day)
		}},
		"shift": {args: []Kind{Date, Int, Int}, gives: Date, run: func(_ *frame, a []Value) Value {
			return OfDate(a[0].Day().AddMonths(int(a[1].Int)) + vocab.Date(a[2].Int))
		}},
		"case": {args: []Kind{Bool, Null}, more: true, nulls: true, run: func(_ *frame, a []Value) Value {
			for i := 0; i+1 < len(a); i += 2 {
				if a[i].True() {
					return a[i+1]
				}
			}
			return None
		}, typed: func(a []typed) (Column, error) {
			if len(a)%2 != 0 {
				return Column{}, wrong("INVALID", "case takes pairs of condition and value")
			}
			for i := 0; i < len(a); i += 2 {
				if !fits(a[i].Kind, Bool) || a[1].Kind != a[i+1].Kind && a[i+1].Kind != Null {
					return Column{}, wrong("INVALID", "case takes pairs of condition and value, and all values are of one type")
				}
			}
			c := a[1].Column
			c.Name, c.Nullable = "", true
			return c, nil
		}},
		"cast": {args: []Kind{Null, Text}, run: func(_ *frame, a []Value) Value { return cast(a[0], a[1].Text) }, typed: func(a []typed) (Column, error) {
			k, ok := kindNamed(a[1].eval(nil).Text)
			if !ok {
				return Column{}, wrong("INVALID", "cast makes BOOLEAN, INTEGER, DECIMAL, DATE, INSTANT or TEXT")
			}
			return Column{Kind: k, Scale: Varies, Nullable: true}, nil
		}},
	}
}

type pattern string

func joined(a []Value) Value {
	var s strings.Builder
	for _, v := range a {
		s.WriteString(v.String())
	}
	return OfText(s.String())
}

func negated(v Value) Value {
	if v.Num == nil && v.Int != -v.Int {
		v.Int = -v.Int
		return v
	}
	return OfNumber(v.Number().Neg(), v.Scale)
}

// quotientDigits are those a quotient is shown with at the least.
const quotientDigits = 6

// divide is div, which gives whole numbers of whole numbers, or divby, which does not. Nothing is divided by zero: that is null.
func divide(fraction bool) func(*frame, []Value) Value {
	return func(_ *frame, a []Value) Value {
		if a[1].Number().Sign() == 0 {
			return None
		}
		n := a[0].Number().Over(a[1].Number())
		if !fraction && a[0].Kind == Int && a[1].Kind == Int {
			i, _ := n.Whole().Int64()
			return OfInt(i)
		}
		return OfNumber(n, max(quotientDigits, digitsOf(a[0])))
	}
}

func divided(fraction bool) func([]typed) (Column, error) {
	return func(a []typed) (Column, error) {
		if !fraction && a[0].Kind == Int && a[1].Kind == Int {
			return Column{Kind: Int, Nullable: true}, nil
		}
		return Column{Kind: Decimal, Scale: quotientDigits, Nullable: true}, nil
	}
}

func kindNamed(name string) (Kind, bool) {
	for k := Bool; k <= Text; k++ {
		if k.String() == name {
			return k, true
		}
	}
	return Null, false
}

// cast gives a value as another type; one that is none of that type is null.
func cast(v Value, to string) Value {
	k, _ := kindNamed(to)
	switch {
	case v.Kind == k:
		return v
	case k == Text:
		return OfText(v.String())
	case k == Decimal && v.Kind == Int:
		return OfNumber(v.Number(), 0)
	case k == Decimal && v.Kind == Text:
		n, ok := exact.Parse(v.Text)
		if !ok {
			return None
		}
		return OfNumber(n, MaxDigits)
	case k == Int && v.Kind == Decimal:
		if n, ok := v.Number().Whole().Int64(); ok {
			return OfInt(n)
		}
	case k == Int && v.Kind == Text:
		if n, ok := exact.Parse(v.Text); ok && n.IsInt() {
			if i, ok := n.Int64(); ok {
				return OfInt(i)
			}
		}
	case k == Date && v.Kind == Instant:
		return OfDate(vocab.DateOf(v.Time()))
	case k == Instant && v.Kind == Date:
		return OfTime(v.Day().Time())
	case k == Date && v.Kind == Text:
		if d, err := vocab.ParseDate(v.Text); err == nil {
			return OfDate(d)
		}
	case k == Bool && v.Kind == Text:
		if v.Text == "true" || v.Text == "false" {
			return OfBool(v.Text == "true")
		}
	}
	return None
}

// Functions names every operator and function.
func Functions() (names []string) {
	for name := range functions {
		names = append(names, name)
	}
	return names
}
