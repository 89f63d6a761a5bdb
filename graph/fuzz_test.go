package graph_test

import (
	"encoding/json"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"github.com/vektah/gqlparser/v2/ast"

	"pmograph/graph/generated"
	planner "pmograph/graph/plan"
	"pmograph/graph/plan/plantest"
)

// compile makes a plan of a document, or finds that it is not covered.
func compile(doc *ast.QueryDocument, op *ast.OperationDefinition, variables map[string]any) {
	planner.Choice(planner.Conditions(doc), variables)
	_, _ = generated.Fields.Compile(contract(), doc, op, variables)
}

// seeds are what fuzzers begin with: the questions of leaders, documents made at random, and some that grow.
func seeds(g *plantest.Generator) []plantest.Request {
	list := plantest.Seeds(g)
	files, err := filepath.Glob("testdata/*.graphql")
	must(err)
	for i, file := range files {
		text, err := os.ReadFile(file)
		must(err)
		doc, err := plantest.Parse(contract(), string(text))
		must(err)
		list = append(list, plantest.Request{Query: string(text), Variables: g.Variables(doc.Operations[0], uint64(i))})
	}
	return list
}

// No document that is valid makes the planner panic, or take without bound.
func FuzzPlan(f *testing.F) {
	w := government()
	h := everythingHouse(f, w)
	plantest.Fuzz(f, contract(), seeds(plantest.NewGenerator(contract(), newPool(f, h, w))), compile)
}

// Both executors give the same answer to any document.
func FuzzExecutors(f *testing.F) {
	a := newArena(f, "world", randomWorld(rand.New(rand.NewPCG(3, 6))), everythingHouse)
	for _, q := range seeds(a.documents) {
		text, err := json.Marshal(q.Variables)
		must(err)
		f.Add(q.Query, string(text), uint8(0))
	}
	f.Fuzz(func(t *testing.T, query, variables string, asker uint8) {
		q := plantest.Request{Query: query}
		if json.Unmarshal([]byte(variables), &q.Variables) != nil {
			t.Skip()
		}
		doc, err := plantest.Parse(contract(), query)
		if err == nil && (!plantest.Harmless(doc) || plantest.Nesting(doc) > 4) || plantest.Tokens(query) > 1000 {
			t.Skip() // what does something, or is asked of thousands
		}
		id := a.askers[int(asker)%len(a.askers)]
		if _, difference := a.differs(id, "", q); difference != "" {
			a.report(t, id, "", q)
		}
	})
}
