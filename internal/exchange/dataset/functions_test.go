package dataset

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"pmograph/internal/calc/exact"
	"pmograph/internal/journal"
	"pmograph/internal/vocab"
)

func text(s string) Expr { return Lit{OfText(s)} }
func num(n int) Expr     { return Lit{OfInt(n)} }
func dec(s string) Expr {
	v, ok := parseDecimal(s)
	if !ok {
		panic(s)
	}
	return Lit{v}
}
func yes(b bool) Expr { return Lit{OfBool(b)} }
func on(s string) Expr {
	d, err := vocab.ParseDate(s)
	if err != nil {
		panic(err)
	}
	return Lit{OfDate(d)}
}

var (
	null   = Lit{None}
	hidden = Lit{Hidden}
)

// What functions give, nulls and their reasons among it.
func TestFunctions(t *testing.T) {
	moment := Op("cast", on("2026-03-04"), text("INSTANT"))
	cases := []struct {
		e    Expr
		want string
	}{
		{Op("and", yes(true), yes(false)), "false"}, {Op("and", null, yes(false)), "false"}, {Op("and", null, yes(true)), ""}, {Op("and", yes(true), yes(true)), "true"},
		{Op("or", null, yes(true)), "true"}, {Op("or", null, yes(false)), ""}, {Op("not", yes(false)), "true"}, {Op("not", null), ""},
		{Op("eq", null, null), "true"}, {Op("eq", null, num(1)), "false"}, {Op("ne", null, num(1)), "true"}, {Op("ne", null, null), "false"}, {Op("gt", null, num(1)), "false"}, {Op("le", num(1), null), "false"},
		{Op("eq", num(2), dec("2.00")), "true"}, {Op("lt", dec("1.999"), num(2)), "true"}, {Op("ge", text("b"), text("a")), "true"}, {Op("eq", on("2026-03-04"), moment), "true"},
		{Op("in", num(3), num(1), num(3)), "true"}, {Op("in", null, num(1), null), "true"}, {Op("in", text("x"), text("y")), "false"},
		{Op("add", num(1), num(2)), "3"}, {Op("add", dec("1.10"), num(2)), "3.10"}, {Op("sub", dec("1.1"), dec("0.01")), "1.09"}, {Op("mul", dec("1.5"), dec("1.5")), "2.25"},
		{Op("div", num(7), num(2)), "3"}, {Op("div", num(-7), num(2)), "-3"}, {Op("divby", num(7), num(2)), "3.500000"}, {Op("div", dec("1.0"), num(3)), "0.333333"}, {Op("div", num(1), num(0)), ""},
		{Op("mod", num(7), num(3)), "1"}, {Op("mod", num(-7), num(3)), "-1"}, {Op("mod", dec("7.5"), num(2)), "1.5"}, {Op("mod", num(1), num(0)), ""}, {Op("neg", dec("1.20")), "-1.20"},
		{Op("mul", Op("div", dec("1.0"), num(3)), num(3)), "1.000000"}, // nothing is rounded between
		{Op("add", hidden, num(1)), "NOT_VISIBLE"}, {Op("eq", hidden, num(1)), "false"},
		{Op("round", dec("2.5")), "3"}, {Op("round", dec("-2.5")), "-3"}, {Op("round", dec("2.49")), "2"}, {Op("floor", dec("-2.1")), "-3"}, {Op("ceiling", dec("-2.9")), "-2"}, {Op("ceiling", dec("2.1")), "3"}, {Op("floor", num(4)), "4"},
		{Op("contains", text("abc"), text("b")), "true"}, {Op("startswith", text("abc"), text("b")), "false"}, {Op("endswith", text("abc"), text("bc")), "true"},
		{Op("indexof", text("Zürich"), text("r")), "2"}, {Op("indexof", text("a"), text("b")), "-1"}, {Op("length", text("Zürich")), "6"}, {Op("substring", text("Zürich"), num(1)), "ürich"},
		{Op("substring", text("Zürich"), num(1), num(2)), "ür"}, {Op("substring", text("ab"), num(-1), num(9)), "ab"}, {Op("substring", text("ab"), num(5)), ""},
		{Op("tolower", text("ÄB")), "äb"}, {Op("toupper", text("äb")), "ÄB"}, {Op("trim", text(" a b ")), "a b"}, {Op("concat", text("a"), text("b"), text("c")), "abc"}, {Op("concat", text("a"), null), ""},
		{Op("matchesPattern", text("abc"), text("^a.c$")), "true"}, {Op("matchesPattern", text("abc"), text("(")), "false"},
		{Op("year", on("2026-03-04")), "2026"}, {Op("quarter", on("2026-03-31")), "1"}, {Op("quarter", on("2026-04-01")), "2"}, {Op("month", on("2026-03-04")), "3"}, {Op("week", on("2027-01-01")), "53"}, {Op("day", moment), "4"},
		{Op("hour", moment), "0"}, {Op("date", moment), "2026-03-04"}, {Op("fractionalseconds", moment), "0.000000"}, {Op("totaloffsetminutes", moment), "0"}, {Op("now"), "2026-03-04T00:00:00Z"},
		{Op("bucket", on("2026-03-04"), text("WEEK")), "2026-03-02"}, {Op("bucket", on("2026-03-01"), text("WEEK")), "2026-02-23"}, {Op("bucket", on("2026-03-04"), text("MONTH")), "2026-03-01"},
		{Op("bucket", on("2026-06-04"), text("QUARTER")), "2026-04-01"}, {Op("bucket", on("2026-03-04"), text("YEAR")), "2026-01-01"}, {Op("bucket", on("2026-03-31"), text("FISCAL_YEAR")), "2025-04-01"}, {Op("bucket", on("2026-04-01"), text("FISCAL_YEAR")), "2026-04-01"}, {Op("bucket", on("2026-04-01"), text("AGE")), ""},
		{Op("shift", on("2026-01-31"), num(1), num(0)), "2026-02-28"}, {Op("shift", on("2026-01-31"), num(-12), num(2)), "2025-02-02"},
		{Op("case", yes(false), num(1), yes(true), num(2)), "2"}, {Op("case", null, num(1)), ""},
		{Op("cast", text("12.5"), text("DECIMAL")), "12.500000"}, {Op("cast", dec("12.9"), text("INTEGER")), "12"}, {Op("cast", text("x"), text("DATE")), ""}, {Op("cast", num(3), text("TEXT")), "3"}, {Op("cast", text("true"), text("BOOLEAN")), "true"},
		{Op("eq", Lit{asID(OfText("project-3"))}, text("project-3")), "true"}, {Op("contains", Lit{asID(OfText("project-3"))}, text("ject")), "true"},
	}
	v := viewOf(t, costly(t, rand.New(rand.NewPCG(1, 1)), 1, 0), "admin", journal.Query{})
	d, err := CatalogueOf(v).Named("Calendar")
	put(t, err)
	asked := map[string]bool{}
	for _, c := range cases {
		got := show(t, v, Query{Of: d, Filter: Op("eq", Col("Date"), on("2026-03-04")), Select: []Expr{c.e}})
		if want := c.want + "|\n"; got != want {
			t.Errorf("%+v is %q, want %q", c.e, got, want)
		}
		var note func(e Expr)
		note = func(e Expr) {
			if call, ok := e.(Call); ok {
				asked[call.Op] = true
				for _, a := range call.Args {
					note(a)
				}
			}
		}
		note(c.e)
	}
	for _, name := range Functions() {
		if !asked[name] && !slices.Contains([]string{"minute", "second", "mindatetime", "maxdatetime"}, name) {
			t.Errorf("no case asks %s", name)
		}
	}
}

// Expressions that make no sense are refused, with what is wrong about them.
func TestRefusedExpressions(t *testing.T) {
	v := viewOf(t, costly(t, rand.New(rand.NewPCG(1, 1)), 1, 0), "admin", journal.Query{})
	c := CatalogueOf(v)
	deep := Expr(yes(true))
	for range 100 {
		deep = Op("not", deep)
	}
	group := GroupBy{By: []Named{{Expr: Col("ProjectId")}}}
	for _, x := range []struct {
		of, says string
		q        Query
	}{
		{"Projects", `no column "Colour"`, Query{Filter: Op("eq", Col("Colour"), num(1))}},
		{"Projects", `no reference "Boss"`, Query{Filter: Op("eq", Col("Boss", "Name"), text("x"))}},
		{"Projects", "TEXT and INTEGER cannot be compared", Query{Filter: Op("eq", Col("Name"), num(1))}},
		{"Projects", "a condition is true or false", Query{Filter: Col("Name")}},
		{"Projects", "argument 1 of add is of type TEXT", Query{Filter: Op("eq", Op("add", Col("Name"), num(1)), num(1))}},
		{"Projects", "contains takes 2 arguments, not 1", Query{Filter: Op("contains", Col("Name"))}},
		{"Projects", `no function "sleep"`, Query{Filter: Op("sleep", num(1))}},
		{"Projects", "nested at most 64 deep", Query{Filter: deep}},
		{"Projects", "leads to any number of rows", Query{Filter: Op("eq", Col("CostEntries", "Currency"), text("GBP"))}},
		{"Projects", `no reference "Portfolio" to many`, Query{Filter: Lambda{Over: Path{"Portfolio"}, Var: "p"}}},
		{"Projects", "does not add up", Query{Steps: []Step{GroupBy{Aggs: []Agg{{Name: "x", Op: Sum, Of: Col("CostPerformanceIndex")}}}}}},
		{"Projects", "adds up numbers", Query{Steps: []Step{GroupBy{Aggs: []Agg{{Name: "x", Op: Sum, Of: Col("Name")}}}}}},
		{"CostEntries", "there are only the columns", Query{Steps: []Step{group}, Filter: Op("eq", Col("Currency"), text("GBP"))}},
		{"CostEntries", "before rows are grouped", Query{Steps: []Step{group, GroupBy{Aggs: []Agg{{Measure: "Entries"}}}}}},
		{"CostEntries", `no measure "Truth"`, Query{Steps: []Step{GroupBy{Aggs: []Agg{{Measure: "Truth"}}}}}},
		{"CostEntries", `by "ProjectId" twice`, Query{Steps: []Step{GroupBy{By: append(group.By, group.By...)}}}},
		{"CostEntries", `a column "Planned" already`, Query{Compute: []Named{{"Planned", num(1)}}}},
		{"Portfolios", "rows beside rows are nested at most", Query{Expand: []Expand{{Over: Path{"Children"}, Levels: 99}}}},
	} {
		d, err := c.Named(x.of)
		put(t, err)
		x.q.Of = d
		if _, err := x.q.Plan(); err == nil || !strings.Contains(err.Error(), x.says) {
			t.Errorf("%+v: %v, want %q", x.q, err, x.says)
		}
	}
}

// Values written as cursors come back the same.
func TestCursors(t *testing.T) {
	third := exact.Fraction(-10, 3)
	long := exact.Of(1 << 62).Times(exact.Of(1 << 62))
	c := &Cursor{[]Value{None, OfBool(true), OfInt(-5), OfUnits(-1234, 2), OfNumber(third, 6), OfNumber(long, 2), OfDate(vocab.NewDate(2026, 2, 28)), OfTime(noon), OfText("a\"~\x00é"), asID(OfText("project-7"))}}
	got, err := ParseCursor(c.String())
	put(t, err)
	for i, v := range c.Values {
		if w := got.Values[i]; !Same(v, w) || v.Kind != w.Kind || v.Scale != w.Scale {
			t.Errorf("value %d was %+v and is %+v", i, v, w)
		}
	}
	for _, bad := range []string{"x", "W10", "WyJxMSJd", "WyJpMS41Il0", "WyJuMS8wQDIiXQ"} {
		if got, err := ParseCursor(bad); err == nil && len(got.Values) > 0 {
			t.Errorf("%q is %+v", bad, got)
		}
	}
}
