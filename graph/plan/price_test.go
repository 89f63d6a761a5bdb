package plan

import (
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/validator/rules"
)

var pricedSchema = gqlparser.MustLoadSchema(&ast.Source{Input: `
directive @cost(weight: Int!) on FIELD_DEFINITION
directive @listSize(assumedSize: Int!) on FIELD_DEFINITION | OBJECT | ENUM | SCALAR
scalar Tag @listSize(assumedSize: 3)
enum Word @listSize(assumedSize: 2) { A B }
interface Thing { name: String! list: [Int!]! }
type Query { page(first: Int, last: Int): Page plain: Page top(first: Int! = 10): [Thing!]! any: Thing lists: Lists dear: Item @cost(weight: 1000) }
type Page { own(first: Int! = 2): [Int!]! @listSize(assumedSize: 500) nodes: [Item!]! marked: [Marked!]! noted: [Item!]! @listSize(assumedSize: 7) total: Int! next: Page }
type Item implements Thing { name: String! list: [Int!]! @listSize(assumedSize: 5) tags: [Tag!]! page(first: Int, last: Int): Page item: Item slow: Int @cost(weight: 9) }
type Marked implements Thing @listSize(assumedSize: 4) { name: String! list: [Int!]! @listSize(assumedSize: 6) size: Int! }
type Lists { words: [Word!]! grid: [[Marked!]!]! open: [Item!]! }
`})

func priced(t testing.TB, text string) *Plan {
	t.Helper()
	table := &Table{Objects: map[string]*Object{}, Abstract: map[string][]string{"Thing": {"Item", "Marked"}}, Page: 20, MaxPage: 100}
	for _, name := range []string{"Query", "Page", "Item", "Marked", "Lists"} {
		table.Objects[name] = &Object{Name: name, Is: []string{name, "Thing"}, Fields: map[string]*Field{}}
		for _, f := range pricedSchema.Types[name].Fields {
			table.Objects[name].Fields[f.Name] = &Field{}
		}
	}
	doc, errs := gqlparser.LoadQueryWithRules(pricedSchema, text, rules.NewDefaultRules())
	if errs != nil {
		t.Fatal(errs)
	}
	p, err := table.Compile(pricedSchema, doc, doc.Operations[0], nil)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// A price counts each field and each item that there may be, and weights.
func TestPrice(t *testing.T) {
	for _, c := range []struct {
		query string
		vars  map[string]any
		want  int
	}{
		{`{ __typename }`, nil, 1},
		{`{ dear { name slow } }`, nil, 1 + 1000 + 1 + 1 + 9},
		{`{ lists { words } }`, nil, 2 + 2},
		{`{ lists { grid { name } } }`, nil, 2 + 4*(1+4*(1+1))},
		// A page's size comes from the arguments, and holds for lists that say nothing themselves.
		{`{ page(first: 3) { nodes { name } total } }`, nil, 2 + 3*2 + 1},
		{`{ page(last: 3) { nodes { name } } }`, nil, 2 + 3*2},
		{`{ page(first: 2, last: 3) { nodes { name } } }`, nil, 2 + 3*2},
		{`{ page { nodes { name } } }`, nil, 2 + 20*2},
		{`{ page(first: null) { nodes { name } } }`, nil, 2 + 20*2},
		{`{ page(first: 500) { nodes { name } } }`, nil, 2 + 100*2},
		{`{ page(first: -500) { nodes { name } } }`, nil, 2},
		{`{ page(first: 3) { marked { name } noted { name } } }`, nil, 1 + 1 + 3*2 + 1 + 7*2},
		{`{ page(first: 3) { nodes { tags page(first: 5) { nodes { name } } } next { marked { name } } } }`, nil, 2 + 3*(1+1+3+2+5*2) + 1 + 1 + 4*2},
		// A list with first is itself the page; of the types it may have the dearest counts.
		{`{ top { name } }`, nil, 1 + 10*2},
		{`{ top(first: 2) { name ... on Item { slow } ... on Marked { size } } }`, nil, 1 + 2*(1+1+10)},
		{`{ any { list } }`, nil, 2 + 6},
		// Without a page, and without bounds.
		{`{ plain { marked { name } } }`, nil, 2 + 4*2},
		{`{ plain { nodes { name } } }`, nil, math.MaxInt},
		{`{ lists { open { name } } }`, nil, math.MaxInt},
		{`{ a: lists { open { item { page { nodes { name } } } } } b: lists { open { name } } }`, nil, math.MaxInt},
		{`{ page(first: 3) { own } }`, nil, 2 + 2},
		{`{ page(first: 3) { own(first: 400) } }`, nil, 2 + 400},
		{`query($n: Int!) { page(first: 3) { own(first: $n) } }`, map[string]any{"n": 600}, 2 + 500},
		// Variables give what constants would.
		{`query($n: Int) { page(first: $n) { nodes { name } } }`, map[string]any{"n": int64(3)}, 2 + 3*2},
		{`query($n: Int) { page(first: $n) { nodes { name } } }`, map[string]any{"n": 3}, 2 + 3*2},
		{`query($n: Int) { page(first: $n) { nodes { name } } }`, map[string]any{"n": int32(3)}, 2 + 3*2},
		{`query($n: Int) { page(first: $n) { nodes { name } } }`, map[string]any{"n": json.Number("3")}, 2 + 3*2},
		{`query($n: Int) { page(first: $n) { nodes { name } } }`, map[string]any{"n": json.Number("1e99")}, 2 + 100*2},
		{`query($n: Int) { page(first: $n) { nodes { name } } }`, map[string]any{"n": "3"}, 2 + 100*2},
		{`query($n: Int) { page(first: $n) { nodes { name } } }`, map[string]any{"n": int64(math.MinInt64)}, 2},
		{`query($n: Int) { page(first: $n) { nodes { name } } }`, map[string]any{"n": nil}, 2 + 20*2},
		{`query($n: Int) { page(first: $n) { nodes { name } } }`, nil, 2 + 20*2},
		{`query($n: Int = 4) { page(first: $n) { nodes { name } } }`, nil, 2 + 4*2},
		{`query($n: Int) { page(first: 2, last: $n) { nodes { name } } }`, map[string]any{"n": 3}, 2 + 3*2},
		{`query($n: Int) { page(first: 2, last: $n) { nodes { name } } }`, nil, 2 + 2*2},
		{`query($n: Int) { top(first: $n) { name } }`, nil, 1 + 10*2},
		{`query($n: Int!) { top(first: $n) { ... on Item { page(first: $n) { nodes { name } } } } }`, map[string]any{"n": 3}, 1 + 3*(1+1+1+3*2)},
		// One fragment in several places counts in each, on its page.
		{`{ a: page(first: 1) { ...P } b: page(first: 2) { ...P } c: plain { ...P } } fragment P on Page { marked { ...M } } fragment M on Marked { name }`, nil, 3 + 3 + 1*2 + 2*2 + 4*2},
	} {
		if have := priced(t, c.query).Price(c.vars); have != c.want {
			t.Errorf("%s %v: %d, want %d", c.query, c.vars, have, c.want)
		}
	}
}

// What is too much to count is the largest number, and is found as fast as anything else: fragments in each other make no work twice.
func TestPricesOfMuch(t *testing.T) {
	var text strings.Builder
	const depth = 60
	for n := range depth {
		fmt.Fprintf(&text, "fragment F%d on Item { a: item { ...F%d } b: item { ...F%d } page(first: $n) { nodes { ...F%d } } }\n", n, n+1, n+1, n+1)
	}
	fmt.Fprintf(&text, "fragment F%d on Item { name }\nquery($n: Int) { dear { ...F0 } }", depth)
	p := priced(t, text.String())
	if have := p.Price(map[string]any{"n": 100}); have != math.MaxInt {
		t.Errorf("%d", have)
	}
	if have := p.Price(map[string]any{"n": 0}); have <= 1<<60 || have == math.MaxInt { // 4 fields, and twice what is below, 60 times
		t.Errorf("%d", have)
	}
}

// A price that no variable has a part in is known from the plan.
func TestPricesAllocateLittle(t *testing.T) {
	for query, most := range map[string]float64{
		`{ page(first: 3) { nodes { name page { nodes { name } } } } }`:                           0,
		`query($n: Int) { page(first: $n) { nodes { name page(last: $n) { nodes { name } } } } }`: 1,
	} {
		p, vars := priced(t, query), map[string]any{"n": json.Number("3")}
		if n := testing.AllocsPerRun(100, func() { p.Price(vars) }); n > most {
			t.Errorf("%s: %v allocations", query, n)
		}
	}
}
