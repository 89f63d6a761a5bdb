package graph_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"

	"pmograph/auth"
	"pmograph/graph"
	"pmograph/graph/plan/plantest"
	"pmograph/internal/state"
)

// priced answers from a plan and gives its price, which must be a bound of what the answer counts.
func priced(t *testing.T, server http.Handler, id auth.Identity, q plantest.Request) (price, values int, err error) {
	t.Helper()
	ctx := graph.WithRequestID(graph.WithIdentity(t.Context(), id), "test-request")
	params := graphql.RawParams{Query: q.Query, OperationName: q.Operation}
	text, err := json.Marshal(q.Variables)
	must(err)
	numbers := json.NewDecoder(bytes.NewReader(text))
	numbers.UseNumber()
	must(numbers.Decode(&params.Variables))
	if price, values, err = server.(*graph.Server).Priced(ctx, params); err == nil && (values > price || price == math.MaxInt) {
		t.Errorf("a price of %d for %d values: %s %v", price, values, q.Query, q.Variables)
	}
	return price, values, err
}

// pageSize is a constant size of a page in a document, operationHead its first operation.
var (
	pageSize      = regexp.MustCompile(`\b(first|last): (\d+)`)
	operationHead = regexp.MustCompile(`(?m)^(query|mutation) ?(\w*) ?(\((.*?)\))? \{`)
)

// bySizes gives a document with its sizes of pages as variables.
func bySizes(query string, variables map[string]any) (string, map[string]any) {
	given, defs := map[string]any{}, ""
	maps.Copy(given, variables)
	query = pageSize.ReplaceAllStringFunc(query, func(text string) string {
		part, name := pageSize.FindStringSubmatch(text), fmt.Sprint("size", len(given))
		given[name], _ = strconv.Atoi(part[2])
		defs += "$" + name + ": Int! "
		return part[1] + ": $" + name
	})
	if defs == "" {
		return query, given
	}
	return operationHead.ReplaceAllStringFunc(query, func(text string) string {
		part := operationHead.FindStringSubmatch(text)
		return part[1] + " " + part[2] + "(" + part[4] + " " + defs + ") {"
	}), given
}

// checkPrice tells what an operation may cost, and that its price does not depend on how its sizes are given.
func checkPrice(t *testing.T, h *house, id auth.Identity, query string, variables map[string]any) {
	t.Helper()
	price, values, err := priced(t, h.h, id, plantest.Request{Query: query, Variables: variables})
	if err != nil || values < 2 {
		t.Fatalf("%d values, %v", values, err)
	}
	t.Logf("%d values at a price of %d, %.1f times as many", values, price, float64(price)/float64(values))
	if limit := 1000 * graph.PointValues; float64(price)*1.6 > float64(limit) {
		t.Errorf("a price of %d is too near to the %d that one request may cost: %s", price, limit, h.h.(*graph.Server).Dearest(query, variables))
	}
	query, variables = bySizes(query, variables)
	if other, _, err := priced(t, h.h, id, plantest.Request{Query: query, Variables: variables}); other != price {
		t.Errorf("with its sizes as variables the price is %d, not %d; %v", other, price, err)
	}
}

// The documents of the comparison with other systems have prices that bound their answers.
func TestPricesOfTheComparison(t *testing.T) {
	h := everythingHouse(t, government())
	files, err := filepath.Glob("../cmd/pmo/testdata/peers/W*.graphql")
	if err != nil || len(files) < 5 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		switch filepath.Base(file) {
		case "W7.graphql", "W4.graphql": // a stream has no one answer; two pages of a thousand groups at once are for who has no budget
			continue
		}
		t.Run(filepath.Base(file), func(t *testing.T) {
			text, err := os.ReadFile(file)
			must(err)
			checkPrice(t, h, admin, string(text), map[string]any{"p": "portfolio-2", "id": "project-1", "root": "portfolio-1"})
		})
	}
}

// Whatever is asked, a price bounds the answer: documents at random.
func TestPricesBoundAnswers(t *testing.T) {
	for _, a := range arenas(t) {
		asked := 0
		for seed := range uint64(500) {
			q := a.documents.Document(seed)
			_, values, err := priced(t, a.planned, a.askers[seed%uint64(len(a.askers))], q)
			if err == nil && values > 1 {
				asked++
			}
		}
		if asked < 250 {
			t.Errorf("%s: only %d documents were answered", a.name, asked)
		}
	}
}

// Every list says how long it may be: by a page size, itself, or by what its items are.
func TestEveryListHasASize(t *testing.T) {
	s := contract()
	says := func(list ast.DirectiveList) bool { return list.ForName("listSize") != nil }
	paged := func(f *ast.FieldDefinition) bool { return f.Arguments.ForName("first") != nil }
	pages := map[string]bool{} // types that are pages wherever they are given
	fields := func(do func(d *ast.Definition, f *ast.FieldDefinition)) {
		for _, d := range s.Types {
			for _, f := range d.Fields {
				if d.IsCompositeType() && !strings.HasPrefix(d.Name, "__") && !strings.HasPrefix(f.Name, "__") {
					do(d, f)
				}
			}
		}
	}
	fields(func(_ *ast.Definition, f *ast.FieldDefinition) { pages[f.Type.Name()] = paged(f) && f.Type.Elem == nil })
	fields(func(_ *ast.Definition, f *ast.FieldDefinition) {
		pages[f.Type.Name()] = pages[f.Type.Name()] && paged(f) && f.Type.Elem == nil
	})
	lists := 0
	fields(func(d *ast.Definition, f *ast.FieldDefinition) {
		if f.Type.Elem == nil {
			return
		}
		lists++
		if !says(f.Directives) && !paged(f) && !pages[d.Name] && !says(s.Types[f.Type.Name()].Directives) {
			t.Errorf("%s.%s does not say how many items it may have: give it, or %s, @listSize", d.Name, f.Name, f.Type.Name())
		}
	})
	if lists < 100 {
		t.Errorf("only %d lists were looked at", lists)
	}
}

// The sizes of lists are what the program keeps to: the words of closed lists, the columns of tables, and what descriptions promise.
func TestSizesOfLists(t *testing.T) {
	s := contract()
	size := func(list ast.DirectiveList) int {
		d := list.ForName("listSize")
		if d == nil {
			return -1
		}
		n, err := strconv.Atoi(d.Arguments.ForName("assumedSize").Value.Raw)
		must(err)
		return n
	}
	for path, words := range map[string]string{"ProjectCounts.byHealth": "Rag", "ProjectCounts.byComputedHealth": "Rag", "ProjectCounts.byConfidence": "DeliveryConfidence",
		"ProjectCounts.byLifecycle": "ProjectLifecycle", "ComputedHealth.dimensions": "RagDimension"} {
		typ, name, _ := strings.Cut(path, ".")
		if n := size(s.Types[typ].Fields.ForName(name).Directives); n != len(s.Types[words].EnumValues) {
			t.Errorf("%s has %d items, there are %d words in %s", path, n, len(s.Types[words].EnumValues), words)
		}
	}
	if n := size(s.Types["Permission"].Directives); n != len(s.Types["Permission"].EnumValues) {
		t.Errorf("a list of %d permissions", n)
	}
	for _, d := range state.Tables {
		if n := size(s.Types["Change"].Fields.ForName("fields").Directives); len(d.Columns) > n {
			t.Errorf("a change has %d fields, %s has %d columns", n, d.Name, len(d.Columns))
		}
	}
	promise := regexp.MustCompile(`at most (\d+)`)
	promised := []string{}
	for name, d := range s.Types {
		for _, f := range d.Fields {
			if m := promise.FindStringSubmatch(f.Description); m != nil && f.Type.Elem != nil && d.Kind == ast.Object {
				promised = append(promised, name+"."+f.Name)
				if n := max(size(f.Directives), size(s.Types[f.Type.Name()].Directives)); strconv.Itoa(n) != m[1] {
					t.Errorf("%s.%s has %d items: %s", name, f.Name, n, f.Description)
				}
			}
		}
	}
	for _, name := range []string{"Rollup.trend", "KpiValue.series", "Allocation.hours"} {
		if !slices.Contains(promised, name) {
			t.Errorf("%s promises nothing", name)
		}
	}
}
