package uri

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"pmograph/internal/exchange/dataset"
)

// shown writes what is shown, and asked, of rows and rows beside.
func shown(q dataset.Query, s Shape) string {
	var b strings.Builder
	if s.All {
		b.WriteByte('*')
	}
	b.WriteString(strings.Join(s.Select, " "))
	for _, l := range s.Links {
		b.WriteString(" ->" + l)
	}
	for i, x := range q.Expand {
		fmt.Fprintf(&b, " %s", x.Over[0])
		if x.Over[0] != s.Expand[i].Nav.Name || x.Query.Of != s.Expand[i].Nav.Target() {
			b.WriteString("!!")
		}
		for what, is := range map[string]bool{"ref": x.Ref, "count": x.Count} {
			if is {
				b.WriteString(" " + what)
			}
		}
		if x.Levels > 0 {
			fmt.Fprintf(&b, " levels=%d", x.Levels)
		}
		in := x.Query
		if in.Filter != nil || in.Order != nil || in.Skip != 0 || in.Top != 0 || in.Search != "" || in.Compute != nil || in.Total {
			fmt.Fprintf(&b, " %v %v %d %d %q %v %v", in.Filter, in.Order, in.Skip, in.Top, in.Search, in.Compute, in.Total)
		}
		fmt.Fprintf(&b, " {%s}", shown(in, s.Expand[i].Shape))
	}
	return b.String()
}

func TestShapes(t *testing.T) {
	c := things()
	all := "{*}"
	for query, want := range map[string]string{
		"":                                       "*",
		"$select=Name,Age,Name":                  "Name Age",
		"$select=*,Name":                         "*Name",
		"$select=Name,Product":                   "Name ->Product",
		"$compute=Age add 1 as B&$select=B,Name": "B Name",
		"$expand=Product":                        "* Product " + all,
		"$expand=Product/$ref":                   "* Product ref " + all,
		"$expand=Items/$count":                   `* Items count <nil> [] 0 0 "" [] true ` + all,
		"$expand=Items/$count($filter=Size)":     `* Items count [Size] [] 0 0 "" [] true ` + all,
		"$expand=Product($select=Name),Items($top=0)":   `* Product {Name} Items <nil> [] 0 -1 "" [] false ` + all,
		"$expand=Product&$select=Product/Name,Age":      "Age Product {Name}",
		"$expand=Product($levels=3)":                    "* Product levels=3 " + all,
		"$expand=Product($levels=max)":                  "* Product levels=8 " + all,
		"$expand=Product($expand=Product($levels=max))": "* Product {* Product levels=7 " + all + "}",
		"$expand=Products($levels=3)":                   "* Products levels=3 " + all,
		"$expand=Items($orderby=B desc;$compute=Age add 1 as B;$select=B;$filter=B gt 1;$skip=1;$top=2;$count=true;$search=a OR b)": `* Items {gt [[B] {1}]} [{[B] true}] 1 2 "a OR b" [{B {add [[Age] {1}]}}] true {B}`,
		"$expand=Items($filter=Name eq 'a;b)';$top=1)":                 `* Items {eq [[Name] {a;b)}]} [] 0 1 "" [] false ` + all,
		"$expand=Items($filter=Age eq @a;@a=2)&@a=1&$filter=Age eq @a": `* Items {eq [[Age] {2}]} [] 0 0 "" [] false ` + all,
	} {
		req := read(t, c, "Things?"+query, Options{})
		if got := shown(req.Query, req.Shape); got != want {
			t.Errorf("%s:\n%s, not\n%s", query, got, want)
		}
		if _, err := req.Query.Plan(); err != nil && !strings.Contains(query, "$compute") {
			t.Errorf("%s: %v", query, err)
		}
	}
	if got := shown(read(t, c, "Things?$expand=*,Items($top=1)", Options{}).Query, read(t, c, "Things?$expand=*,Items($top=1)", Options{}).Shape); strings.Count(got, "Items") != 1 || strings.Count(got, "{*}") != 17 {
		t.Error(got)
	}
}

// As deep as may be is as deep as there is room for, or as the references lead.
func TestStarAsDeepAsMayBe(t *testing.T) {
	depth := func(q dataset.Query) (n int) {
		for len(q.Expand) > 0 {
			q, n = q.Expand[0].Query, n+1
		}
		return n
	}
	if n := depth(read(t, things(), "Things?$expand=*($levels=max)", Options{}).Query); n != 1 { // 17 references, which lead to 17 each
		t.Errorf("%d levels of references to many kinds of rows", n)
	}
	d := &dataset.Dataset{Name: "A", Singular: "A", Key: []string{"K"}, Columns: []dataset.Column{{Name: "K"}}, Navs: []dataset.Nav{{Name: "Up", To: "A"}}}
	c := dataset.NewCatalogue([]*dataset.Dataset{d})
	if n := depth(read(t, c, "A?$expand=*($levels=max)", Options{}).Query); n != maxExpand {
		t.Errorf("%d levels of one reference", n)
	}
	if n := depth(read(t, c, "A?$expand=Up($expand=*($levels=max))", Options{}).Query); n != maxExpand {
		t.Errorf("%d levels of one reference below another", n)
	}
}

// The old dialect: paths in $expand and $select, literals with their types, its own names.
func TestVersion3(t *testing.T) {
	c := things()
	for query, want := range map[string]string{
		"$expand=Product/Supplier,Product/Items,Customer":                         "* Product {* Supplier {*} Items {*}} Customer {*}",
		"$expand=Product/Supplier&$select=Name,Product/Name,Product/Supplier/Age": "Name Product {Name Supplier {Age}}",
		"$expand=Product&$select=Name,Product":                                    "Name ->Product Product {*}",
		"$expand=Product&$select=Name,Product/*":                                  "Name Product {*}",
		"$inlinecount=none":                                                       "*",
		"filter=Size":                                                             "*",
	} {
		req := read(t, c, "Things?"+query, Options{V3: true})
		if got := shown(req.Query, req.Shape); got != want {
			t.Errorf("%s:\n%s, not\n%s", query, got, want)
		}
	}
	if q := read(t, c, "Things?$inlinecount=allpages&filter=x", Options{V3: true}); !q.Query.Total || q.Query.Filter != nil || q.Options["filter"] != "x" {
		t.Error(q.Query.Total, q.Query.Filter)
	}
	for text, want := range map[string]dataset.Value{
		"guid'01234567-89AB-cdef-0123-456789abcdef'":  dataset.OfText("01234567-89ab-cdef-0123-456789abcdef"),
		"datetime'2026-01-31T00:00:00'":               day(t, "2026-01-31T00:00:00Z"),
		"datetime'2026-01-31T00:00'":                  day(t, "2026-01-31T00:00:00Z"),
		"datetime'2026-01-31T00:00:00.1234567'":       day(t, "2026-01-31T00:00:00.123456Z"),
		"datetime'2026-01-31'":                        day(t, "2026-01-31T00:00:00Z"),
		"datetimeoffset'2026-01-31T01:00:00%2B01:00'": day(t, "2026-01-31T00:00:00Z"),
		"datetimeoffset'2026-01-31T01:00:00+01:00'":   day(t, "2026-01-31T00:00:00Z"),
		"5.50M": dataset.OfUnits(550, 2),
		"5m":    dataset.OfInt(5),
		"5L":    dataset.OfInt(5),
		"-5.5d": dataset.OfUnits(-55, 1),
		"5.5F":  dataset.OfUnits(55, 1),
		"5.5":   dataset.OfUnits(55, 1),
	} {
		got := read(t, c, "Things?$filter=null eq "+text, Options{V3: true}).Query.Filter
		if want := dataset.Op("eq", null, lit(want)); !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %v, not %v", text, got, want)
		}
	}
	if got, want := read(t, c, "Things?$filter=substringof('x',Name)", Options{V3: true}).Query.Filter, dataset.Op("contains", dataset.Col("Name"), lit(dataset.OfText("x"))); !reflect.DeepEqual(got, want) {
		t.Error(got)
	}
	if req := read(t, c, "Employees(guid'01234567-89AB-cdef-0123-456789abcdef')/Product", Options{V3: true}); path(req) != "row Employees[01234567-89ab-cdef-0123-456789abcdef] Product of Things" {
		t.Error(path(req))
	}
	for query, want := range map[string]string{
		"$filter=replace(Name,'a','b') eq 'x'": "NOT_IMPLEMENTED", "$filter=LifeTime gt time'PT5S'": "NOT_IMPLEMENTED", "$filter=Name eq X'ab'": "NOT_IMPLEMENTED",
		"$filter=Name eq guid'x'": "INVALID", "$filter=LifeTime eq datetime''": "INVALID", "$filter=LifeTime eq datetime'x'": "INVALID", "$filter=substringof('x')": "INVALID", "$inlinecount=some": "INVALID",
		"$filter=Age eq 5x": "INVALID", "$expand=Product/Name": "UNKNOWN_COLUMN", "$expand=" + strings.Repeat("Product/", 9) + "Product": "OUT_OF_RANGE", "$filter=Age eq 5LL": "INVALID",
	} {
		_, err := Parse(c, "Things", query, Options{V3: true})
		if got := code(t, err); got != want {
			t.Errorf("%s: %q, not %s: %v", query, got, want, err)
		}
	}
	for _, query := range []string{"$filter=substringof('x',Name)", "$filter=Age eq 5L", "$filter=Name eq guid'01234567-89ab-cdef-0123-456789abcdef'"} {
		if _, err := Parse(c, "Things", query, Options{}); code(t, err) != "INVALID" {
			t.Errorf("%s in the new dialect: %v", query, err)
		}
	}
}

func TestApply(t *testing.T) {
	c := things()
	by := func(names ...string) (all []dataset.Named) {
		for _, n := range names {
			all = append(all, dataset.Named{Name: n, Expr: dataset.Path(strings.Split(n, "/"))})
		}
		return all
	}
	n := []dataset.Agg{{Name: "N", Op: dataset.CountAll}}
	where := dataset.Where{Cond: dataset.Col("Size")}
	five := dataset.OfInt(5)
	for text, want := range map[string][]dataset.Step{
		"filter(Size)":                   {where},
		"identity/filter(Size)/identity": {where},
		"groupby((Name,Product/Age))":    {dataset.GroupBy{By: by("Name", "Product/Age")}},
		"aggregate($count as N)":         {dataset.GroupBy{Aggs: n}},
		"aggregate( Age with sum as A , Budget , Forecast as F, $count as N )":       {dataset.GroupBy{Aggs: []dataset.Agg{{Name: "A", Op: dataset.Sum, Of: dataset.Col("Age")}, {Name: "Budget", Measure: "Budget"}, {Name: "F", Measure: "Forecast"}, n[0]}}},
		"groupby((Name),filter(Size)/aggregate($count as N))":                        {dataset.GroupBy{By: by("Name"), Aggs: []dataset.Agg{{Name: "N", Op: dataset.CountAll, Cond: dataset.Col("Size")}}}},
		"groupby((Name),compute(Age add 5 as B)/aggregate(B with max as M))":         {dataset.With{Columns: []dataset.Named{{Name: "B", Expr: dataset.Op("add", dataset.Col("Age"), lit(five))}}}, dataset.GroupBy{By: by("Name"), Aggs: []dataset.Agg{{Name: "M", Op: dataset.Max, Of: dataset.Col("B")}}}},
		"groupby((rollup(Name,Age),Size),aggregate($count as N))":                    {dataset.Concat{Of: [][]dataset.Step{{dataset.GroupBy{By: by("Name", "Age", "Size"), Aggs: n}}, {dataset.GroupBy{By: by("Name", "Size"), Aggs: n}}}}},
		"groupby((rollup($all,Name)))":                                               {dataset.Concat{Of: [][]dataset.Step{{dataset.GroupBy{By: by("Name")}}, {dataset.GroupBy{By: []dataset.Named{}}}}}},
		"concat(filter(Size),aggregate($count as N)/filter(N gt 5))/orderby(N desc)": {dataset.Concat{Of: [][]dataset.Step{{where}, {dataset.GroupBy{Aggs: n}, dataset.Where{Cond: dataset.Op("gt", dataset.Col("N"), lit(five))}}}}, dataset.Sorted{By: []dataset.Order{{By: dataset.Col("N"), Descending: true}}}},
		"topcount(5,Age)":   {dataset.Best{By: dataset.Col("Age"), N: 5}},
		"bottomsum(5,Age)":  {dataset.Best{By: dataset.Col("Age"), Smallest: true, Sum: &five}},
		"toppercent(5,Age)": {dataset.Best{By: dataset.Col("Age"), Sum: &five, Percent: true}},
		"GroupBy((Rollup($all,Name)),Filter(Size)/Aggregate($count As N))": {dataset.Concat{Of: [][]dataset.Step{{dataset.GroupBy{By: by("Name"), Aggs: []dataset.Agg{{Name: "N", Op: dataset.CountAll, Cond: dataset.Col("Size")}}}}, {dataset.GroupBy{By: []dataset.Named{}, Aggs: []dataset.Agg{{Name: "N", Op: dataset.CountAll, Cond: dataset.Col("Size")}}}}}}},
		"Aggregate(Age With SUM As A)/TOP(5)":                              {dataset.GroupBy{Aggs: []dataset.Agg{{Name: "A", Op: dataset.Sum, Of: dataset.Col("Age")}}}, dataset.Part{Top: 5}},
		"skip(5)/top(5)":                                                   {dataset.Part{Skip: 5, Top: -1}, dataset.Part{Top: 5}},
		"top(0)":                                                           {dataset.Part{}},
		`search(a OR ")")`:                                                 {dataset.Find{Words: `a OR ")"`}},
		"search((a OR b) c)/filter(Size)":                                  {dataset.Find{Words: "(a OR b) c"}, where},
		"join(Items as I)/filter(I/Age gt 5)":                              {dataset.Join{Over: dataset.Path{"Items"}, As: "I"}, dataset.Where{Cond: dataset.Op("gt", dataset.Col("I", "Age"), lit(five))}},
		"outerjoin(Product/Items as I)/groupby((I/Name))":                  {dataset.Join{Over: dataset.Path{"Product", "Items"}, As: "I", Outer: true}, dataset.GroupBy{By: by("I/Name")}},
	} {
		got := read(t, c, "Things?$apply="+strings.ReplaceAll(text, "+", "%2B"), Options{}).Query.Steps
		if fmt.Sprintf("%+v", got) != fmt.Sprintf("%+v", want) {
			t.Errorf("%s:\n%+v, not\n%+v", text, got, want)
		}
	}
}

// The product's own catalogue is asked as BI tools ask it, and what is read is planned.
func TestOwnCatalogue(t *testing.T) {
	c := catalogue()
	for _, address := range []string{
		"Projects('project-1')?$select=Name&$expand=Portfolio($select=Name;$expand=Parent($levels=max))",
		"Projects?$filter=Id in ('project-1','project-2') and Portfolio/Name ne null and CostEntries/any(c:c/Currency eq Currency)&$orderby=ActualCost desc,Name&$top=50&$count=true",
		"Portfolios?$expand=Children($levels=3;$expand=Projects($count=true;$top=5)),Projects/$count",
		"CostEntries?$apply=filter(Actual gt 0)/groupby((Project/Portfolio/Name,Currency),aggregate(TotalActual,TotalActualReporting as R,$count as N))&$filter=N gt 5&$orderby=R desc&$select=R,Project/Portfolio/Name&$count=true",
		"CostEntries?$apply=groupby((rollup($all,Project/Name,Currency)),aggregate($count as N))&$compute=N mul 2 as M&$filter=M gt 2&$top=0",
		"CostEntries/$count?$filter=Actual gt 5 or Planned gt 5",
		"Calendar(2026-01-31)",
		"Calendar?$filter=Date ge 2026-01-01 and Date lt 2026-02-01T00:00:00Z&$select=Date,Week",
		"Projects('project-1')/CostEntries?$orderby=Actual desc",
		"Projects?$search=alpha NOT beta",
	} {
		if _, err := read(t, c, address, Options{}).Query.Plan(); err != nil {
			t.Errorf("%s: %v", address, err)
		}
	}
}
