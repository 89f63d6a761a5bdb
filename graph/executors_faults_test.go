package graph_test

import (
	"maps"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/formatter"

	"pmograph/graph/plan/plantest"
)

// tampered is an executor with a fault: it answers another document than the one it is asked.
func tampered(h http.Handler, change func(*ast.QueryDocument, map[string]any)) func(plantest.Request) (plantest.Answer, bool) {
	return func(q plantest.Request) (plantest.Answer, bool) {
		doc, err := plantest.Parse(contract(), q.Query)
		must(err)
		q.Variables = maps.Clone(q.Variables)
		if q.Variables == nil {
			q.Variables = map[string]any{}
		}
		change(doc, q.Variables)
		q.Query = written(doc)
		if _, err := plantest.Parse(contract(), q.Query); err != nil {
			return plantest.Answer{}, false
		}
		return pose(h, finance, "", q), true
	}
}

func written(doc *ast.QueryDocument) string {
	var b strings.Builder
	formatter.NewFormatter(&b).FormatQueryDocument(doc)
	return b.String()
}

// every calls a function for each selection of a document.
func every(doc *ast.QueryDocument, each func(set *ast.SelectionSet, i int)) {
	var in func(set *ast.SelectionSet)
	in = func(set *ast.SelectionSet) {
		for i := 0; i < len(*set); i++ {
			n := len(*set)
			each(set, i)
			if len(*set) < n {
				i--
				continue
			}
			switch x := (*set)[i].(type) {
			case *ast.Field:
				in(&x.SelectionSet)
			case *ast.InlineFragment:
				in(&x.SelectionSet)
			}
		}
	}
	for _, op := range doc.Operations {
		in(&op.SelectionSet)
	}
	for _, f := range doc.Fragments {
		in(&f.SelectionSet)
	}
}

// The documents tell executors apart: for each fault that one might have, some document shows it in its data.
func TestDocumentsShowFaults(t *testing.T) {
	a := newArena(t, "world", randomWorld(rand.New(rand.NewPCG(1, 6))), everythingHouse)
	directives := func(name string) func(*ast.QueryDocument, map[string]any) {
		return func(doc *ast.QueryDocument, _ map[string]any) {
			without := func(list ast.DirectiveList) ast.DirectiveList {
				return slices.DeleteFunc(list, func(d *ast.Directive) bool { return d.Name == name })
			}
			every(doc, func(set *ast.SelectionSet, i int) {
				switch x := (*set)[i].(type) {
				case *ast.Field:
					x.Directives = without(x.Directives)
				case *ast.InlineFragment:
					x.Directives = without(x.Directives)
				case *ast.FragmentSpread:
					x.Directives = without(x.Directives)
				}
			})
		}
	}
	arguments := func(drop func(*ast.Argument) bool) func(*ast.QueryDocument, map[string]any) {
		return func(doc *ast.QueryDocument, _ map[string]any) {
			every(doc, func(set *ast.SelectionSet, i int) {
				if f, ok := (*set)[i].(*ast.Field); ok {
					f.Arguments = slices.DeleteFunc(f.Arguments, drop)
				}
			})
		}
	}
	for what, change := range map[string]func(*ast.QueryDocument, map[string]any){
		"@skip is not looked at":    directives("skip"),
		"@include is not looked at": directives("include"),
		"of selections that merge the first alone counts": func(doc *ast.QueryDocument, _ map[string]any) {
			every(doc, func(set *ast.SelectionSet, i int) {
				f, ok := (*set)[i].(*ast.Field)
				if ok && f.SelectionSet != nil && slices.ContainsFunc((*set)[:i], func(x ast.Selection) bool { g, ok := x.(*ast.Field); return ok && g.Alias == f.Alias }) {
					*set = slices.Delete(*set, i, i+1)
				}
			})
		},
		"fields come in the order of their last selection": func(doc *ast.QueryDocument, _ map[string]any) {
			every(doc, func(set *ast.SelectionSet, i int) {
				f, ok := (*set)[i].(*ast.Field)
				if ok && slices.ContainsFunc((*set)[i+1:], func(x ast.Selection) bool {
					g, ok := x.(*ast.Field)
					return ok && g.Alias == f.Alias && f.SelectionSet == nil
				}) {
					*set = slices.Delete(*set, i, i+1)
				}
			})
		},
		"fragments come after fields": func(doc *ast.QueryDocument, _ map[string]any) {
			every(doc, func(set *ast.SelectionSet, i int) {
				if i == 0 {
					slices.SortStableFunc(*set, func(x, y ast.Selection) int {
						_, a := x.(*ast.Field)
						_, b := y.(*ast.Field)
						return map[bool]int{true: 0, false: 1}[a] - map[bool]int{true: 0, false: 1}[b]
					})
				}
			})
		},
		"fragments on interfaces do not count": func(doc *ast.QueryDocument, _ map[string]any) {
			every(doc, func(set *ast.SelectionSet, i int) {
				f, ok := (*set)[i].(*ast.InlineFragment)
				if ok && len(*set) > 1 && f.ObjectDefinition.Kind == ast.Object && f.TypeCondition != "" && f.TypeCondition != f.ObjectDefinition.Name {
					*set = slices.Delete(*set, i, i+1)
				}
			})
		},
		"null that is given is as if it were not": func(_ *ast.QueryDocument, variables map[string]any) {
			maps.DeleteFunc(variables, func(_ string, v any) bool { return v == nil })
		},
		"first is not looked at":    arguments(func(a *ast.Argument) bool { return a.Name == "first" }),
		"after is not looked at":    arguments(func(a *ast.Argument) bool { return a.Name == "after" }),
		"filters are not looked at": arguments(func(a *ast.Argument) bool { return a.Name == "filter" }),
		"the past is the present":   arguments(func(a *ast.Argument) bool { return a.Name == "knownAt" }),
		"every day is today":        arguments(func(a *ast.Argument) bool { return a.Name == "asOf" }),
		"defaults of variables are taken for what is given": func(doc *ast.QueryDocument, variables map[string]any) {
			for _, op := range doc.Operations {
				for _, v := range op.VariableDefinitions {
					if v.DefaultValue != nil {
						delete(variables, v.Variable)
					}
				}
			}
		},
		"what is not given is null": func(doc *ast.QueryDocument, variables map[string]any) {
			for _, op := range doc.Operations {
				for _, v := range op.VariableDefinitions {
					if _, given := variables[v.Variable]; !given && !v.Type.NonNull {
						variables[v.Variable] = nil
					}
				}
			}
		},
	} {
		faulty, shown := tampered(a.reference, change), 0
		for seed := uint64(0); seed < 4_000 && shown == 0; seed++ {
			q := a.documents.Document(seed)
			doc, err := plantest.Parse(contract(), q.Query)
			must(err)
			q.Query = written(doc)
			if y, ok := faulty(q); ok && strings.HasPrefix(plantest.Difference(pose(a.reference, finance, "", q), y), "data") {
				shown++
			}
		}
		if shown == 0 {
			t.Errorf("no document shows that %s", what)
		}
	}
}
