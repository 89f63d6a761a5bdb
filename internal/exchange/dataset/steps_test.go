package dataset

import (
	"fmt"
	"math/big"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"pmograph/internal/calc/exact"
	"pmograph/internal/journal"
)

// plainRow is a row of costs as this test sees it: texts by column, and numbers as fractions.
type plainRow map[string]Value

func plainRows(t *testing.T, v *View, d *Dataset) (rows []plainRow) {
	p, err := Query{Of: d}.Plan()
	put(t, err)
	all, _, err := p.All(v)
	put(t, err)
	for _, r := range all {
		row := plainRow{}
		for i, c := range p.Columns {
			row[c.Name] = r.Values[i]
		}
		rows = append(rows, row)
	}
	return rows
}

func ratOf(v Value) *big.Rat {
	r, ok := new(big.Rat).SetString(v.String())
	if !ok {
		panic(v.String())
	}
	return r
}

// plainLess orders two values of one column; nulls come first.
func plainLess(a, b Value) int {
	switch {
	case a.IsNull() || b.IsNull():
		return map[bool]int{true: 0, false: 1}[a.IsNull()] - map[bool]int{true: 0, false: 1}[b.IsNull()]
	case isNumber(a.Kind):
		return ratOf(a).Cmp(ratOf(b))
	case a.Kind == ID:
		return int(a.Int - b.Int)
	}
	return strings.Compare(a.String(), b.String())
}

func ids(rows []plainRow) string {
	var s []string
	for _, r := range rows {
		s = append(s, r["Id"].String())
	}
	return strings.Join(s, " ")
}

// Steps do to rows what the same done by hand to a list of them does.
func TestSteps(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	j := costly(t, r, 8, 60)
	for range 300 {
		v := viewOf(t, j, []string{"admin", "part", "one"}[r.IntN(3)], journal.Query{})
		d, err := CatalogueOf(v).Named("CostEntries")
		put(t, err)
		want, q := plainRows(t, v, d), Query{Of: d, Select: []Expr{Col("Id")}}
		said := ""
		for range 1 + r.IntN(4) {
			column := []string{"Planned", "Actual", "ProjectId", "Period", "Currency"}[r.IntN(5)]
			switch n := r.IntN(20); r.IntN(7) {
			case 0:
				down := r.IntN(2) == 0
				q.Steps = append(q.Steps, Sorted{[]Order{{Col(column), down}}})
				slices.SortStableFunc(want, func(a, b plainRow) int {
					if c := plainLess(a[column], b[column]); !down {
						return c
					} else {
						return -c
					}
				})
				said += fmt.Sprint(" sort ", column, down)
			case 1:
				skip, top := r.IntN(5), r.IntN(20)
				q.Steps = append(q.Steps, Part{skip, top})
				want = want[min(skip, len(want)):]
				want = want[:min(top, len(want))]
				said += fmt.Sprint(" part ", skip, top)
			case 2:
				q.Steps = append(q.Steps, Where{Op("gt", Col("Planned"), num(n*1000))})
				want = slices.DeleteFunc(slices.Clone(want), func(x plainRow) bool {
					return x["Planned"].IsNull() || ratOf(x["Planned"]).Cmp(big.NewRat(int64(n*1000), 1)) <= 0
				})
				said += fmt.Sprint(" where ", n)
			case 3:
				smallest := r.IntN(2) == 0
				q.Steps = append(q.Steps, Best{By: Col(column), N: int64(n), Smallest: smallest})
				want = slices.Clone(want)
				slices.SortStableFunc(want, func(a, b plainRow) int {
					if smallest {
						return plainLess(a[column], b[column])
					}
					return plainLess(b[column], a[column])
				})
				want = want[:min(n, len(want))]
				said += fmt.Sprint(" best ", column, n, smallest)
			case 4: // the largest that make up so many percent
				limit := OfInt(n * 5)
				q.Steps = append(q.Steps, Where{Op("gt", Col("Actual"), num(0))}, Best{By: Col("Actual"), Sum: &limit, Percent: true})
				want = slices.DeleteFunc(slices.Clone(want), func(x plainRow) bool { return x["Actual"].IsNull() || ratOf(x["Actual"]).Sign() <= 0 })
				slices.SortStableFunc(want, func(a, b plainRow) int { return plainLess(b["Actual"], a["Actual"]) })
				whole, part, k := new(big.Rat), new(big.Rat), 0
				for _, x := range want {
					whole.Add(whole, ratOf(x["Actual"]))
				}
				whole.Mul(whole, big.NewRat(int64(n*5), 100))
				for k < len(want) && part.Cmp(whole) < 0 {
					part.Add(part, ratOf(want[k]["Actual"]))
					k++
				}
				want = want[:k]
				said += fmt.Sprint(" percent ", n*5)
			case 6: // the smallest that make up as much as the first few
				q.Steps = append(q.Steps, Where{Op("gt", Col("Actual"), num(0))})
				want = slices.DeleteFunc(slices.Clone(want), func(x plainRow) bool { return x["Actual"].IsNull() || ratOf(x["Actual"]).Sign() <= 0 })
				slices.SortStableFunc(want, func(a, b plainRow) int { return plainLess(a["Actual"], b["Actual"]) })
				want = want[:min(n, len(want))]
				sum := new(big.Rat)
				for _, x := range want {
					sum.Add(sum, ratOf(x["Actual"]))
				}
				limit := OfNumber(exact.FromRat(sum), 2)
				q.Steps = append(q.Steps, Best{By: Col("Actual"), Sum: &limit, Smallest: true})
				said += fmt.Sprint(" sum ", limit)
			case 5:
				q.Steps = append(q.Steps, Find{"gbp COST-ENTRY-1"})
				want = slices.DeleteFunc(slices.Clone(want), func(plainRow) bool { return true }) // no column of costs is searched
				said += " find"
			}
		}
		if got, want := strings.Fields(strings.ReplaceAll(show(t, v, q), "|", "")), ids(want); strings.Join(got, " ") != want {
			t.Fatalf("%s:\n%s\nwant\n%s", said, strings.Join(got, " "), want)
		}
	}
}

// Concat puts rows behind each other, with nulls where one has no such column; Join makes a row for each beside.
func TestConcatAndJoin(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	v := viewOf(t, costly(t, r, 4, 20), "admin", journal.Query{})
	c := CatalogueOf(v)
	costs, err := c.Named("CostEntries")
	put(t, err)
	rows := plainRows(t, v, costs)
	count := GroupBy{Aggs: []Agg{{Name: "n", Op: CountAll}}}
	by := GroupBy{By: []Named{{Expr: Col("Currency")}}, Aggs: []Agg{{Name: "n", Op: CountAll}}}
	counts := map[string]int{}
	for _, x := range rows {
		counts[x["Currency"].String()]++
	}
	want := fmt.Sprintf("%d||\n", len(rows))
	for _, code := range []string{"EUR", "GBP", "JPY"} {
		want += fmt.Sprintf("%d|%s|\n", counts[code], code)
	}
	if got := show(t, v, Query{Of: costs, Steps: []Step{Concat{[][]Step{{count}, {by}}}}}); got != want {
		t.Errorf("concat gives\n%swant\n%s", got, want)
	}
	projects, err := c.Named("Projects")
	put(t, err)
	for _, outer := range []bool{true, false} {
		got := show(t, v, Query{Of: projects, Steps: []Step{Join{Path{"CostEntries"}, "c", outer}}, Select: []Expr{Col("Id"), Col("c/Id")}})
		want := ""
		for n := range 4 {
			id, some := fmt.Sprint("project-", n+1), false
			for _, x := range rows {
				if x["ProjectId"].String() == id {
					want, some = want+id+"|"+x["Id"].String()+"|\n", true
				}
			}
			if !some && outer {
				want += id + "||\n"
			}
		}
		if got != want {
			t.Errorf("join, outer %v, gives\n%swant\n%s", outer, got, want)
		}
	}
}

// A question that would hold, or look at, more than it may ends with an error that says so.
func TestLimits(t *testing.T) {
	v := viewOf(t, costly(t, rand.New(rand.NewPCG(5, 6)), 4, 200), "admin", journal.Query{})
	d, err := CatalogueOf(v).Named("CostEntries")
	put(t, err)
	for _, x := range []struct {
		q    Query
		says string
	}{
		{Query{Limits: Limits{Looked: 20}}, "looks at more than 20 rows"},
		{Query{Limits: Limits{Rows: 20}, Order: []Order{{By: Col("Planned")}}}, "hold more than 20 rows"},
		{Query{Limits: Limits{Rows: 20}, Steps: []Step{GroupBy{By: []Named{{Expr: Col("Id")}}}}}, "hold more than 20 rows"},
	} {
		x.q.Of = d
		p, err := x.q.Plan()
		put(t, err)
		if _, _, err := p.All(v); err == nil || !strings.Contains(err.Error(), x.says) {
			t.Errorf("%v, want %q", err, x.says)
		}
		x.q.Limits, x.q.Top = Limits{Rows: 25, Looked: 1000}, 20 // with a bound it holds no more than are shown
		if x.q.Steps == nil {
			p, err = x.q.Plan()
			put(t, err)
			if _, _, err := p.All(v); err != nil {
				t.Error(err)
			}
		}
	}
}

// Pages of rows that were made of others, in an order that leaves many alike, come to the same as the whole.
func TestPagesOfTies(t *testing.T) {
	v := viewOf(t, costly(t, rand.New(rand.NewPCG(6, 7)), 6, 120), "admin", journal.Query{})
	d, err := CatalogueOf(v).Named("CostEntries")
	put(t, err)
	by := []Named{{Expr: Col("ProjectId")}, {Expr: Col("Period")}}
	q := Query{Of: d, Steps: []Step{GroupBy{By: by, Aggs: []Agg{{Name: "n", Op: CountAll}}}}, Order: []Order{{By: Col("n")}}}
	whole, got, pages := show(t, v, q), "", 0
	for q.Page = 7; ; pages++ {
		p, err := q.Plan()
		put(t, err)
		page, err := p.Each(v, func(r *Row) error {
			for _, x := range r.Values {
				got += x.String() + "|"
			}
			got += "\n"
			return nil
		})
		put(t, err)
		if q.After = page.Next; q.After == nil {
			break
		}
	}
	if got != whole || pages < 5 {
		t.Errorf("%d pages:\n%swant\n%s", pages, got, whole)
	}
}

// A cursor of rows in another order is refused.
func TestCursorsOfOtherOrders(t *testing.T) {
	v := viewOf(t, costly(t, rand.New(rand.NewPCG(6, 7)), 3, 20), "admin", journal.Query{})
	d, err := CatalogueOf(v).Named("CostEntries")
	put(t, err)
	for _, q := range []Query{{}, {Order: []Order{{By: Col("Planned")}}}, {Steps: []Step{GroupBy{By: []Named{{Expr: Col("Currency")}}}}}} {
		for _, c := range []*Cursor{{}, {[]Value{OfText("x")}}, {[]Value{OfInt(-1)}}, {make([]Value, 40)}} {
			q.Of, q.After = d, c
			p, err := q.Plan()
			put(t, err)
			if _, _, err := p.All(v); err == nil || !strings.Contains(err.Error(), "another order") {
				t.Errorf("%v with %v: %v", q.Order, c.Values, err)
			}
		}
	}
}
