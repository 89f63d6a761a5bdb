package uri

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"pmograph/internal/exchange/dataset"
)

// catalogue is the product's own.
func catalogue() *dataset.Catalogue {
	var all []*dataset.Dataset
	for _, d := range dataset.All() {
		own := *d
		own.Navs = slices.Clone(d.Navs)
		all = append(all, &own)
	}
	return dataset.NewCatalogue(all)
}

func read(t testing.TB, c *dataset.Catalogue, address string, o Options) *Request {
	t.Helper()
	path, query, _ := strings.Cut(address, "?")
	req, err := Parse(c, path, query, o)
	if err != nil {
		t.Fatalf("%s: %v", address, err)
	}
	return req
}

func TestPaths(t *testing.T) {
	c := things()
	for address, want := range map[string]string{
		"":                                       "service",
		"/":                                      "service",
		"$metadata":                              "metadata",
		"$batch":                                 "batch",
		"Products":                               "rows Products of Products",
		"Products/":                              "rows Products of Products",
		"Products()":                             "rows Products of Products",
		"Products(7)":                            "row Products[7] of Products",
		"Products(-7)":                           "row Products[-7] of Products",
		"Products(ID=7)":                         "row Products[7] of Products",
		"Products/7":                             "row Products[7] of Products",
		"Products(@a)?@a=7":                      "row Products[7] of Products",
		"OrderItems(ItemID='a',OrderID=7)":       "row OrderItems[7 a] of OrderItems",
		"OrderItems/7/a/Product":                 "row OrderItems[7 a] Product of Things",
		"Products(7)/DirectReports('x')/Name":    "property Products[7] DirectReports[x] of Employees: Name",
		"Products/7/DirectReports/x/Name/$value": "raw Products[7] DirectReports[x] of Employees: Name",
		"Products/7/Sales/$count":                "count Products[7] Sales of Sales",
		"Products/$count":                        "count Products of Products",
		"Products/$ref":                          "refs Products of Products",
		"Products(7)/$ref":                       "ref Products[7] of Products",
		"Products(7)/Product/$ref":               "ref Products[7] Product of Things",
		"$entity?$id=Products(7)":                "row Products[7] of Products",
		"$entity?$id=https://h/o/Products(7)":    "row Products[7] of Products",
		"Moments(2026-01-31T01:30:00%2B01:00)":   "row Moments[2026-01-31T00:30:00Z] of Moments",
		"Moments(2026-01-31)":                    "row Moments[2026-01-31T00:00:00Z] of Moments",
		"Employees(%27a%2Fb%27)/Product":         "row Employees[a/b] Product of Things",
	} {
		req := read(t, c, address, Options{Root: "https://h/o/"})
		if got := path(req); got != want {
			t.Errorf("%s: %s, not %s", address, got, want)
		}
	}
	for address, want := range map[string]string{
		"Nothing": "NOT_FOUND", "Products/7/Nothing": "NOT_FOUND", "Products(7)/Name/Nothing": "NOT_FOUND", "Products/x": "NOT_FOUND", "Products('x')": "INVALID",
		"Products(7)(8)": "INVALID", "Products(7)/Product(8)": "INVALID", "OrderItems(7)": "INCOMPLETE", "OrderItems(OrderID=7)": "INCOMPLETE", "OrderItems/7": "NOT_FOUND",
		"OrderItems(OrderID=7,OrderID=8)": "TWICE", "OrderItems(OrderID=7,x=8)": "UNKNOWN_COLUMN", "Products(@a)": "REQUIRED", "Products(null)": "INVALID",
		"$metadata/x": "NOT_FOUND", "$nothing": "NOT_FOUND", "Products//Name": "NOT_FOUND", "Products(7)/$value": "NOT_FOUND", "Products/%zz": "INVALID", "Products/%ff": "INVALID",
		"Products/../x": "NOT_FOUND", "$entity?$id=https://elsewhere/Products(7)": "INVALID", "$entity?$id=/etc/passwd": "INVALID", "$entity?$id=$batch": "INVALID",
		"Products/$filter(Price gt 1)(7)": "INVALID", "Products/$filter(Price gt 1)/7": "NOT_IMPLEMENTED", "Products" + strings.Repeat("/7/Products", 20): "OUT_OF_RANGE",
		"Products(7)?$filter=true": "NOT_ALLOWED", "Products(7)/Name?$select=Name": "NOT_ALLOWED", "$metadata?$top=1": "NOT_ALLOWED", "Products(7)/$ref?$expand=Product": "NOT_ALLOWED",
		"Products?" + strings.Repeat("a=1&", 300): "OUT_OF_RANGE", "Products?a=" + strings.Repeat("x", 70_000): "TOO_LONG",
	} {
		at, query, _ := strings.Cut(address, "?")
		_, err := Parse(c, at, query, Options{Root: "https://h/o/"})
		if got := code(t, err); got != want {
			t.Errorf("%.80s: %q, not %s: %v", address, got, want, err)
		}
	}
}

// path says what a request's path came to.
func path(req *Request) string {
	var b strings.Builder
	b.WriteString([]string{"service", "metadata", "batch", "rows", "row", "property", "raw", "count", "refs", "ref"}[req.Kind])
	if req.Set == nil {
		return b.String()
	}
	key := func(name string, values []dataset.Value) {
		fmt.Fprintf(&b, " %s", name)
		if values != nil {
			fmt.Fprintf(&b, "%v", values)
		}
	}
	key(req.Set.Name, req.Key)
	for _, h := range req.Hops {
		key(h.Nav.Name, h.Key)
	}
	fmt.Fprintf(&b, " of %s", req.Of.Name)
	if req.Property != nil {
		fmt.Fprintf(&b, ": %s", req.Property.Name)
	}
	return b.String()
}

func lit(v dataset.Value) dataset.Expr { return dataset.Lit{Value: v} }

func TestFilters(t *testing.T) {
	c := things()
	op, col, n := dataset.Op, dataset.Col, func(i int) dataset.Expr { return lit(dataset.OfInt(i)) }
	for text, want := range map[string]dataset.Expr{
		"Age eq 5":                        op("eq", col("Age"), n(5)),
		"Age+eq+5":                        op("eq", col("Age"), n(5)),
		"1 add 2 mul 3 sub -4 eq 5":       op("eq", op("sub", op("add", n(1), op("mul", n(2), n(3))), n(-4)), n(5)),
		"(1 add 2) mul 3":                 op("mul", op("add", n(1), n(2)), n(3)),
		"Age gt 1 or Age lt 2 and Size":   op("or", op("gt", col("Age"), n(1)), op("and", op("lt", col("Age"), n(2)), col("Size"))),
		"Size or Size or Shipped":         op("or", col("Size"), col("Size"), col("Shipped")),
		"Size or (Size or Shipped)":       op("or", col("Size"), op("or", col("Size"), col("Shipped"))),
		"(Size or Size) or Shipped":       op("or", op("or", col("Size"), col("Size")), col("Shipped")),
		"Age gt 1 eq Age lt 2":            op("eq", op("gt", col("Age"), n(1)), op("lt", col("Age"), n(2))),
		"not Size and Shipped":            op("and", op("not", col("Size")), col("Shipped")),
		"not(Size and Shipped)":           op("not", op("and", col("Size"), col("Shipped"))),
		"not not Size":                    op("not", op("not", col("Size"))),
		"not Age in (1,2)":                op("not", op("in", col("Age"), n(1), n(2))),
		"--Age":                           op("neg", op("neg", col("Age"))),
		"- 5":                             op("neg", n(5)),
		"-(5)":                            op("neg", n(5)),
		"NULL eq null":                    op("eq", null, null),
		"Name eq ''''":                    op("eq", col("Name"), lit(dataset.OfText("'"))),
		"Name eq 'and or eq )('":          op("eq", col("Name"), lit(dataset.OfText("and or eq )("))),
		"Price eq 5.50":                   op("eq", col("Price"), lit(dataset.OfUnits(550, 2))),
		"Price eq 5e2":                    op("eq", col("Price"), lit(dataset.OfUnits(500, 0))),
		"Price eq 12345678901234567890":   op("eq", col("Price"), lit(big(t, "12345678901234567890"))),
		"Price eq 1.5E-3":                 op("eq", col("Price"), lit(dataset.OfUnits(15, 4))),
		"ReleaseDate ge 2026-01-31":       op("ge", col("ReleaseDate"), lit(day(t, "2026-01-31"))),
		"day(BirthDate) eq 1":             op("eq", op("day", col("BirthDate")), n(1)),
		"CONTAINS(ToLower(Name),'x')":     op("contains", op("tolower", col("Name")), lit(dataset.OfText("x"))),
		"MATCHESPATTERN(Name,'x')":        op("matchesPattern", col("Name"), lit(dataset.OfText("x"))),
		"cast(Age,Edm.String) eq '5'":     op("eq", op("cast", col("Age"), lit(dataset.OfText("TEXT"))), lit(dataset.OfText("5"))),
		"Age in (@a,2)&@a=1":              op("in", col("Age"), n(1), n(2)),
		"Age in @a&@a=[1,2]":              op("in", col("Age"), n(1), n(2)),
		"Age in @a&@a=(1,2)":              op("in", col("Age"), n(1), n(2)),
		"Age in []":                       lit(dataset.OfBool(false)),
		"Age eq @nothing":                 op("eq", col("Age"), null),
		"Age eq @a&@a=@b&@b=1 add 2":      op("eq", col("Age"), op("add", n(1), n(2))),
		"$it/Age eq 1 and $this/Age eq 2": op("and", op("eq", col("Age"), n(1)), op("eq", col("Age"), n(2))),
		"Product eq null":                 op("eq", col("Product", "ID"), null),
		"Product/Supplier  NE  NULL":      op("ne", col("Product", "Supplier", "ID"), null),
		"Product/Supplier/Name eq 'x'":    op("eq", col("Product", "Supplier", "Name"), lit(dataset.OfText("x"))),
		"Products/any(p:p/Sales/all(s:s/Age gt p/Age and s/Age gt Age))": dataset.Lambda{Over: dataset.Path{"Products"}, Var: "p", Cond: dataset.Lambda{All: true, Over: dataset.Path{"p", "Sales"}, Var: "s",
			Cond: op("and", op("gt", col("s", "Age"), col("p", "Age")), op("gt", col("s", "Age"), col("Age")))}},
		"Product/Products/$count($filter=Age gt 5) gt 1": op("gt", dataset.Count{Over: dataset.Path{"Product", "Products"}, Cond: op("gt", col("Age"), n(5))}, n(1)),
	} {
		if got := read(t, c, "Things?$filter="+text, Options{}).Query.Filter; !reflect.DeepEqual(got, want) {
			t.Errorf("%s:\n%+v, not\n%+v", text, got, want)
		}
	}
}

func big(t *testing.T, text string) dataset.Value {
	t.Helper()
	v, ok := numberOf(text)
	if !ok || v.String() != text {
		t.Fatal(text, v)
	}
	return v
}

func day(t *testing.T, text string) dataset.Value {
	t.Helper()
	r := &reader{job: &job{}, text: text}
	v, ok := r.literal()
	if !ok || v.String() != text {
		t.Fatal(text, v)
	}
	return v
}

// What cannot be is refused with its option, its place, and what was expected there.
func TestRefusals(t *testing.T) {
	c := things()
	for query, want := range map[string]string{
		"$filter=Nam eq 5":                                      `$filter: Things has no column "Nam", at character 1`,
		"$filter=Name eq":                                       `$filter: expected an expression, found the end, at character 8`,
		"$filter=Name eq 'Österreich' und Size":                 `$filter: expected the end, found "und Size", at character 22`,
		"$filter=Product/Nam eq 5":                              `$filter: Things has no column "Nam", at character 9`,
		"$filter=Products/Name eq 5":                            `$filter: Products leads to any number of rows of Products: ask any, all or $count, at character 1`,
		"$filter=Product eq 5":                                  `$filter: Product leads to rows of Things, and a value is needed: name one of their columns, at character 1`,
		"$filter=Product eq nullable":                           `$filter: Product leads to rows of Things, and a value is needed: name one of their columns, at character 1`,
		"$filter=Products eq null":                              `$filter: Products leads to rows of Products, and a value is needed: name one of their columns, at character 1`,
		"$filter=Name eq 'x":                                    `$filter: the text has no second quote, at character 9`,
		"$filter=(Size":                                         `$filter: expected ")", found the end, at character 6`,
		"$filter=frobnicate(Name)":                              `$filter: there is no function "frobnicate", at character 1`,
		"$filter=Name has 'x'":                                  `$filter: has is for flags, of which there are none, at character 6`,
		"$filter=ReleaseDate gt datetime'2026-01-31'":           `$filter: datetime'…' is a form of OData before 4.0: write the value without it and its quotes, at character 16`,
		"$filter=ReleaseDate gt 2026-02-30":                     `$filter: there is no day 2026-02-30, at character 16`,
		"$filter=ReleaseDate gt 2026-02-20T10:00":               `$filter: expected Z, or how far the zone is from UTC, such as +01:00, found the end, at character 32`,
		"$filter=Products/any(Name:true)":                       `$filter: Name is the name of a column or reference: choose another one for the variable, at character 14`,
		"$filter=Products/any(p:p/Sales/any(p:true))":           `$filter: p is the name of a variable here: choose another one, at character 28`,
		"$filter=Products/any(p:p)":                             `$filter: p is a row, and a value is needed: name one of its columns, at character 16`,
		"$filter=@a&@a=Nam":                                     `@a: Things has no column "Nam", at character 1`,
		"$filter=@a&@a=1 2":                                     `@a: expected the end, found "2", at character 3`,
		"$orderby=Name up":                                      `$orderby: expected asc, desc, a comma or the end, found "up", at character 6`,
		"$top=-1":                                               `$top: expected a whole number, found "-1", at character 1`,
		"$top=5x":                                               `$top: expected the end, found "x", at character 2`,
		"$count=yes":                                            `$count: expected true or false, found "yes", at character 1`,
		"$select=Nam":                                           `$select: Things has no column "Nam", at character 1`,
		"$select=Name,":                                         `$select: expected a column, found the end, at character 6`,
		"$select=Product/Name":                                  `$select: columns of Product are shown if $expand names it, at character 1`,
		"$expand=Name":                                          `$expand: Things has no reference "Name", at character 1`,
		"$expand=Product($filtr=true)":                          `$expand: expected one of the options that may stand here: $apply, $compute, $count, $expand, $filter, $levels, $orderby, $search, $select, $skip, $top, at character 9`,
		"$expand=Product($filter=Nam eq 5)":                     `$expand: Things has no column "Nam", at character 17`,
		"$expand=Product($expand=Product($select=x))":           `$expand: Things has no column "x", at character 33`,
		"$expand=Product/Product":                               `$expand: references are followed further in parentheses: Project($expand=Portfolio), at character 9`,
		"$expand=Product/$count":                                `$expand: Product leads to one row, which is not counted, at character 9`,
		"$expand=Product($filter=$it/Size)":                     `$expand: $it is the row that the path leads to; beside it, name columns directly, or by $this, at character 17`,
		"$compute=Age add 1 as Name":                            `$compute: there is a column "Name" already, at character 14`,
		"$compute=Age add 1":                                    `$compute: expected as, and a name for the column, found the end, at character 10`,
		"$apply=groupby((Name))&$filter=Age gt 5":               `$filter: there is no column "Age" any more: after rows were grouped there are Name, at character 1`,
		"$apply=groupby((Name))&$select=Age":                    `$select: there is no column "Age" any more: after rows were grouped there are Name, at character 1`,
		"$apply=groupby((Name))&$expand=Product":                `$expand: after rows were grouped there are none beside them, at character 1`,
		"$apply=groupby((Name),topcount(1,Age))":                `$apply: a group is made into values by aggregate, before which filter and compute may stand, at character 16`,
		"$apply=frob(Name)":                                     `$apply: expected a transformation: filter, groupby, aggregate, compute, concat, identity, topcount …, found "frob(Name)", at character 1`,
		"$apply=aggregate(Age with sum as A,Age with max as A)": `$apply: there is a column "A" already, at character 29`,
		"$apply=toppercent(101,Age)":                            `$apply: the bound is a number that is not below zero: whole if rows are counted, at most 100 if it is in percent, at character 12`,
		"$apply=concat(identity)":                               `$apply: expected a comma, and what to put behind, found ")", at character 16`,
		"$skiptoken=x":                                          `$skiptoken: the token is none that this server gave`,
		"$filter=true&filter=true":                              `$filter: $filter is said twice`,
		"@a=1&@a=2":                                             `@a: @a is said twice`,
		"=%":                                                    `query: "%" is not percent-encoded as it should be`,
		"@1=5":                                                  `query: "@1" is no name of an alias`,
		"x.y=%z":                                                `query: "%z" is not percent-encoded as it should be`,
		"$nothing=1":                                            `query: there is no query option "$nothing"`,
		"$filter=%zz":                                           `$filter: "%zz" is not percent-encoded as it should be`,
		"$filter=Name eq '%00'":                                 `$filter: the text is not UTF-8`,
		"$schemaversion=3":                                      `$schemaversion: the schema has no versions`,
		"$filter=" + strings.Repeat("(", 1000) + "1":            `$filter: nested more than 40 deep, at character 41`,
		"$filter=" + strings.Repeat("not ", 1000) + "1":         `$filter: nested more than 40 deep, at character 161`,
		"$filter=" + strings.Repeat("-", 1000) + "1":            `$filter: nested more than 40 deep, at character 41`,
		"$filter=Age in (" + strings.Repeat("1,", 9999) + "1)":  `$filter: the address says more than 5000 things: operators, names and constants, at character 10005`,
		"$filter=Size" + strings.Repeat(" or Size", 6000):       `$filter: the address says more than 5000 things: operators, names and constants, at character 13336`,
		"$apply=" + strings.Repeat("concat(identity,", 60):      `$apply: nested more than 40 deep, at character 632`,
		"$apply=" + strings.Repeat("identity/", 6000):           `$apply: the address says more than 5000 things: operators, names and constants, at character 45001`,
		"$expand=" + strings.Repeat("Product($expand=", 20):     `$expand: expected ")", found the end, at character 321`,
		"$expand=" + strings.Repeat("Product($expand=", 9) + "Product" + strings.Repeat(")", 9): `$expand: rows beside rows are nested at most 8 deep, at character 129`,
		"$expand=Product($levels=9)":                                              `$expand: rows beside rows are nested at most 8 deep, at character 17`,
		"$expand=*($levels=3)":                                                    `$expand: there are more than 60 expansions, at character 1`,
		"$apply=groupby((" + strings.Repeat("Age,", 40) + "Age))":                 `$apply: rows are grouped by at most 32 columns, at character 138`,
		"$apply=groupby((rollup(" + strings.Repeat("Age,", 40) + "Age)))":         `$apply: rows are grouped by at most 32 columns, at character 10`,
		"$apply=groupby((" + strings.Repeat("rollup(Age,Name),", 6) + "Age))":     `$apply: rollups come to more than 32 ways of grouping, at character 95`,
		"$apply=concat(" + strings.Repeat("identity,", 200) + "identity)":         `$apply: more than 100 sequences of transformations are put behind each other, at character 908`,
		"$compute=" + many("1 as A%d", 300):                                       `$compute: there are more than 200 columns that were computed, grouped by or joined, at character 1900`,
		"$apply=" + strings.ReplaceAll(many("join(Items as A%d)", 100), ",", "/"): `$apply: there are more than 200 columns that were computed, grouped by or joined, at character 125`,
		"$filter=@a&@a=@a": `@a: nested more than 40 deep, at character 1`,
		"$filter=@a in @a&@a=@b add @b&@b=@c add @c&@c=@d add @d&@d=@e add @e&@e=@f add @f&@f=@g add @g&@g=@h add @h&@h=@i add @i&@i=@j add @j&@j=@k add @k&@k=@l add @l&@l=1": `@l: the address says more than 5000 things: operators, names and constants, at character 1`,
		"$filter=" + strings.Repeat("Product/", 60) + "Name": `$filter: a path has at most 16 names, at character 129`,
		"$filter=" + strings.Repeat("x", 200):                `$filter: a name has at most 128 letters, at character 1`,
		"$filter=Price eq 1e400":                             `$filter: a number has at most 20 digits before the point and 18 behind it, at character 10`,
		"$filter=Price eq 1e999999999999":                    `$filter: a number has at most 20 digits before the point and 18 behind it, at character 10`,
		"$filter=Price eq " + strings.Repeat("9", 1000):      `$filter: a number has at most 20 digits before the point and 18 behind it, at character 10`,
	} {
		_, err := Parse(c, "Things", query, Options{})
		if code(t, err); err == nil || err.Error() != want {
			t.Errorf("%.80s:\n%v, not\n%s", query, err, want)
		}
	}
}

// many is a list of numbered things.
func many(format string, n int) string {
	var all []string
	for i := range n {
		all = append(all, fmt.Sprintf(format, i))
	}
	return strings.Join(all, ",")
}

// Much of what is bounded is capped rather than refused, and none means none.
func TestTopAndSkip(t *testing.T) {
	q := read(t, things(), "Things?$top=99999999999999999999999999999&$skip=99999999999999999999999", Options{}).Query
	if q.Top != maxRows || q.Skip != maxRows {
		t.Error(q.Top, q.Skip)
	}
	if q := read(t, things(), "Things?$top=0", Options{}).Query; q.Top != dataset.NoRows {
		t.Error(q.Top)
	}
}
