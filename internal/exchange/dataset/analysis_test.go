package dataset

import (
	"fmt"
	"math/big"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"pmograph/internal/fault"
	"pmograph/internal/journal"
	"pmograph/internal/state"
	"pmograph/internal/vocab"
)

func parsed(t testing.TB, text string) Analysis {
	t.Helper()
	a, err := ParseAnalysis([]byte(text))
	put(t, err)
	return a
}

// line writes a row's values with | between, and why there are none.
func line(r AnswerRow) string {
	var all []string
	for _, v := range r.Values {
		all = append(all, v.String()+v.Why.String())
	}
	return strings.Join(all, "|")
}

// plainCost is a cost entry as the viewer sees it.
type plainCost struct {
	project, currency string
	month             vocab.Date
	planned           *big.Rat
}

// plainCosts lists the cost entries that a viewer sees.
func plainCosts(t testing.TB, v *View) (all []plainCost) {
	d, err := CatalogueOf(v).Named("CostEntries")
	put(t, err)
	p, err := Query{Of: d, Select: []Expr{Col("ProjectId"), Col("Currency"), Col("Period"), Col("Planned")}}.Plan()
	put(t, err)
	rows, _, err := p.All(v)
	put(t, err)
	for _, r := range rows {
		x := plainCost{project: r.Values[0].String(), currency: r.Values[1].String(), month: r.Values[2].Day()}
		if !r.Values[3].IsNull() {
			x.planned, _ = new(big.Rat).SetString(r.Values[3].String())
		}
		all = append(all, x)
	}
	return all
}

// folded adds costs up by hand; nothing was added up if there is no sum.
func folded(all []plainCost, in func(plainCost) bool) (n int64, sum *big.Rat) {
	for _, x := range all {
		if !in(x) {
			continue
		}
		n++
		if x.planned != nil {
			if sum == nil {
				sum = new(big.Rat)
			}
			sum.Add(sum, x.planned)
		}
	}
	return n, sum
}

func rat(v Value) *big.Rat {
	if v.IsNull() {
		return nil
	}
	return v.Number().Rat()
}

func equal(a, b *big.Rat) bool { return (a == nil) == (b == nil) && (a == nil || a.Cmp(b) == 0) }

// Groups, what is left of them, all together and an earlier period are what the rows come to by hand; groups and others together are the totals.
func TestAnalysisIsAFold(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	j := costly(t, r, 12, 400)
	for range 60 {
		v := viewOf(t, j, []string{"admin", "part", "one"}[r.IntN(3)], journal.Query{})
		from := vocab.NewDate(2025, 7, 1).AddMonths(r.IntN(6))
		to := from.AddMonths(r.IntN(4)).MonthEnd()
		months, compare := lengthOf(from, to).months, vocab.ComparisonPreviousPeriod
		if r.IntN(2) == 0 {
			months, compare = 12, vocab.ComparisonPreviousYear
		}
		a := Analysis{Dataset: "CostEntries", GroupBy: []Grouping{{Column: "ProjectId"}, {Column: "Currency"}, {Column: "Period", Bucket: vocab.BucketMonth}}, Measures: []Measured{{Measure: "TotalPlanned"}, {Measure: "Entries"}},
			From: &from, To: &to, Top: 1 + r.IntN(20), Others: true, Totals: true, Compare: compare, Order: []Ordering{{By: []string{"Entries", "TotalPlanned", "TotalPlanned_EARLIER"}[r.IntN(3)], Descending: r.IntN(2) == 0}}}
		if r.IntN(2) == 0 {
			a.Filter = &Condition{Column: "Currency", Operator: vocab.OperatorIn, Values: []string{"GBP", "EUR"}}
		}
		out, err := a.Run(v)
		put(t, err)
		all := plainCosts(t, v)
		within := func(x plainCost, back int) bool {
			month := x.month.AddMonths(back)
			return month >= from && month <= to && (a.Filter == nil || x.currency != "JPY")
		}
		n, shown := map[int]int64{}, map[int]int64{}
		for back, at := range map[int]int{0: 7, months: 8} {
			n[at], _ = folded(all, func(x plainCost) bool { return within(x, back) })
			if got := out.Totals.Values[at].Int; got != n[at] {
				t.Fatalf("%d entries in all, and there are %d", got, n[at])
			}
			for i, row := range out.Rows {
				if by := slices.IndexFunc(out.Columns, func(c AnswerColumn) bool { return c.Name == a.Order[0].By }); i > 0 {
					before, is := out.Rows[i-1].Values[by], row.Values[by]
					if c := plainLess(before, is); before.IsNull() && !is.IsNull() || !is.IsNull() && (c > 0 && !a.Order[0].Descending || c < 0 && a.Order[0].Descending) {
						t.Fatalf("%s\n%v comes before %v", a.JSON(), before, is)
					}
				}
				shown[at] += row.Values[at].Int
				count, sum := folded(all, func(x plainCost) bool {
					return within(x, back) && x.project == row.Values[0].String() && x.currency == row.Values[1].String() && x.month.AddMonths(back) == row.Values[2].Day()
				})
				if row.Values[at].Int != count || !equal(rat(row.Values[at-4]), sum) {
					t.Fatalf("%s\n%d entries and %v, and there are %d and %v", a.JSON(), row.Values[at].Int, row.Values[at-4], count, sum)
				}
			}
			if out.Others != nil {
				shown[at] += out.Others.Values[at].Int
			}
			if shown[at] != n[at] {
				t.Fatalf("groups and others have %d entries together, all have %d", shown[at], n[at])
			}
		}
		if len(out.Rows) > a.Top || out.Groups > len(out.Rows) != (out.Others != nil) || out.Coverage.Rows != n[7] {
			t.Fatalf("%d rows of %d groups, others %v, %+v", len(out.Rows), out.Groups, out.Others, out.Coverage)
		}
		p, err := a.Price(v)
		put(t, err)
		if p.Looked < n[7] || p.Shown < int64(len(out.Rows)*len(out.Columns)) || p.Points < 1 {
			t.Fatalf("%+v", p)
		}
		table, err := a.Plan(v)
		put(t, err)
		rows, _, err := table.All(v)
		put(t, err)
		for i, row := range out.Rows {
			if got := line(AnswerRow{Values: rows[i].Values[1 : len(rows[i].Values)-1]}); got != line(row) {
				t.Fatalf("as a table %s, and as an answer %s", got, line(row))
			}
		}
	}
}

// A withheld value withholds what is made of it, and its rows are counted; nobody is told of the others.
func TestAnalysisWithholds(t *testing.T) {
	j := costly(t, rand.New(rand.NewPCG(5, 6)), 12, 300)
	a := parsed(t, `{"dataset":"CostEntries","groupBy":[{"column":"Project/Portfolio/Name"}],"measures":[{"op":"MAX","column":"Planned"},{"op":"COUNT"},{"op":"MIN","column":"Actual"}],"totals":true,"filter":{"or":[{"column":"Planned","operator":"GE","values":["0"]},{"column":"Planned","operator":"LT","values":["0"]},{"column":"Planned","operator":"IS_NULL"}]}}`)
	if _, err := a.Run(viewOf(t, j, "poor", journal.Query{})); !fault.Is(err, fault.Invalid) || !strings.Contains(err.Error(), `no column "Planned"`) {
		t.Fatalf("who may see no amounts gets %v", err)
	}
	v := viewOf(t, j, "admin", journal.Query{})
	full, err := a.Run(v)
	put(t, err)
	if full.Totals.Withheld != 0 || full.Totals.Values[1].Why != MixedCurrency || !full.Totals.Values[2].IsNull() {
		t.Fatalf("%+v", full.Totals)
	}
	// Who manages one project and looks everywhere sees the amounts of that one alone.
	change(t, j, func(d *state.Draft) {
		x := state.RoleAssignments.New(d)
		for g := range state.RoleAssignments.All(state.All(d)) {
			if g.Role == vocab.RoleProjectManager {
				x.UserID = g.UserID
			}
		}
		x.Role, x.ScopeKind = vocab.RoleViewer, vocab.ScopeKindOrganisation
		put(t, state.RoleAssignments.Put(d, x))
	})
	part, err := a.Run(viewOf(t, j, "one", journal.Query{}))
	put(t, err)
	own := 0
	for _, x := range plainCosts(t, v) {
		if x.project == "project-1" {
			own++
		}
	}
	if part.Coverage.Rows != full.Coverage.Rows || part.Coverage.Withheld != full.Coverage.Rows-int64(own) || part.Coverage.Undecided != part.Coverage.Withheld || part.Totals.Values[1].Why != NotVisible {
		t.Fatalf("%+v of %+v, %d own, %s", part.Coverage, full.Coverage, own, line(*part.Totals))
	}
	// What the filter cannot decide is counted, though it lets none of it pass.
	a.Filter = &Condition{And: []Condition{{Column: "Planned", Operator: vocab.OperatorGe, Values: []string{"0"}}, {Column: "Actual", Operator: vocab.OperatorIsNull}}}
	if narrow, err := a.Run(viewOf(t, j, "one", journal.Query{})); err != nil || narrow.Coverage.Undecided != part.Coverage.Undecided || narrow.Coverage.Withheld != 0 {
		t.Fatalf("%+v, %v", narrow, err)
	}
}

// What cannot be asked is named by its place.
func TestAnalysisRefuses(t *testing.T) {
	v := viewOf(t, costly(t, rand.New(rand.NewPCG(7, 8)), 3, 10), "admin", journal.Query{})
	deep := `{"column":"Currency","operator":"EQ","values":["GBP"]}`
	for range MaxNesting + 1 {
		deep = `{"not":` + deep + `}`
	}
	with := func(rest string) string {
		return `{"dataset":"CostEntries","measures":[{"measure":"Entries"}],` + rest + `}`
	}
	for text, want := range map[string]string{
		`{"dataset":"Nothing","measures":[]}`:                                     "dataset NOT_FOUND",
		`{"dataset":"CostEntries","measures":[]}`:                                 "measures REQUIRED",
		`{"dataset":"CostEntries","measures":[{}]}`:                               "measures.0.op REQUIRED",
		`{"dataset":"CostEntries","measures":[{"measure":"Entries","op":"SUM"}]}`: "measures.0.measure AMBIGUOUS",
		`{"dataset":"CostEntries","measures":[{"op":"SUM","column":"Currency"}]}`: "measures.0.column INVALID",
		`{"dataset":"Projects","measures":[{"op":"SUM","column":"ActualCost"}]}`:  "measures.0.column NOT_ALLOWED",
		`{"dataset":"Projects","from":"2026-01-01","measures":[{"op":"COUNT"}]}`:  "from NOT_ALLOWED",
		with(`"groupBy":[{"column":"Currency","bucket":"MONTH"}]`):                "groupBy.0.bucket NOT_ALLOWED",
		with(`"groupBy":[{"column":"Period"},{"column":"Period"}]`):               "as TWICE",
		with(`"groupBy":[{"column":"Period","as":"no name"}]`):                    "as INVALID",
		with(`"compare":"PREVIOUS_YEAR"`):                                         "compare INCOMPLETE",
		with(`"from":"2026-02-01","to":"2026-01-01"`):                             "to OUT_OF_ORDER",
		with(`"top":10001`):                "top OUT_OF_RANGE",
		with(`"order":[{"by":"Nothing"}]`): "order.0.by UNKNOWN_COLUMN",
		with(`"filter":{"column":"Planned","operator":"EQ","values":["much"]}`):                                "filter.values.0 INVALID",
		with(`"filter":{"column":"Project/Lifecycle","operator":"EQ","values":["GONE"]}`):                      "filter.values.0 NOT_IN_LIST",
		with(`"filter":{"column":"Planned","operator":"BETWEEN","values":["1"]}`):                              "filter.values OUT_OF_RANGE",
		with(`"filter":{"column":"Planned","operator":"CONTAINS","values":["1"]}`):                             "filter.operator NOT_ALLOWED",
		with(`"filter":{"and":[{"or":[]}]}`):                                                                   "filter.and.0.or REQUIRED",
		with(`"filter":{}`):                                                                                    "filter AMBIGUOUS",
		with(`"filter":` + deep):                                                                               "filter." + strings.Repeat("not.", MaxNesting) + "not OUT_OF_RANGE",
		with(`"filter":{"or":[` + strings.Repeat(`{"column":"Currency","operator":"IS_NULL"},`, 120) + `{}]}`): "filter OUT_OF_RANGE",
	} {
		_, err := parsed(t, text).Run(v)
		got := ""
		if e, ok := err.(*fault.Error); ok && len(e.Fields) > 0 {
			got = strings.Join(e.Fields[0].Path, ".") + " " + e.Fields[0].Code
		}
		if got != want {
			t.Errorf("%s: got %q (%v), want %q", text, got, err, want)
		}
	}
	for _, text := range []string{``, `{`, `{"colour":1}`, `{} {}`, fmt.Sprintf(`{"dataset":%q}`, strings.Repeat("x", maxAnalysis))} {
		if _, err := ParseAnalysis([]byte(text)); err == nil {
			t.Errorf("%.40s is read as an analysis", text)
		}
	}
}
