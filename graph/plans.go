package graph

import (
	"sync"

	"github.com/vektah/gqlparser/v2/ast"

	"pmograph/graph/plan"
)

// generations keeps things within a bound of weight: what was asked for lately, and what was before.
type generations[K comparable, V any] struct {
	bound      int
	mu         sync.Mutex
	young, old map[K]weighed[V]
	weight     int // of the young
}

type weighed[V any] struct {
	value  V
	weight int
}

// get gives what is kept under a key.
func (g *generations[K, V]) get(key K) (V, bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	x, ok := g.young[key]
	if !ok {
		if x, ok = g.old[key]; ok {
			g.add(key, x)
		}
	}
	return x.value, ok
}

// put keeps a thing. One that weighs more than half of the bound is not kept.
func (g *generations[K, V]) put(key K, value V, weight int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if weight <= g.bound/2 {
		g.add(key, weighed[V]{value, weight})
	}
}

// add keeps a thing among the young. When they fill their half they become the old, which go.
func (g *generations[K, V]) add(key K, x weighed[V]) {
	if _, known := g.young[key]; !known && g.weight+x.weight > g.bound/2 {
		g.old, g.young, g.weight = g.young, nil, 0
	}
	if g.young == nil {
		g.young = map[K]weighed[V]{}
	}
	g.weight += x.weight - g.young[key].weight
	g.young[key] = x
}

// weighs is what everything that is kept weighs.
func (g *generations[K, V]) weighs() (sum int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, kept := range []map[K]weighed[V]{g.young, g.old} {
		for _, x := range kept {
			sum += x.weight
		}
	}
	return sum
}

// planKey is an operation of a parsed document and a choice of its conditions.
type planKey struct {
	op     *ast.OperationDefinition
	choice string
}

// planned is what is known of an operation and a choice: a plan, or why there is none.
type planned struct {
	plan *plan.Plan
	not  string
}

// plans keeps plans of documents: those of registered ones for good, of others as long as they are asked for.
type plans struct {
	schema     *ast.Schema
	table      *plan.Table
	registered map[*ast.OperationDefinition]*sync.Map // of planned by choice
	kept       generations[planKey, planned]
	conditions generations[*ast.OperationDefinition, []string]
}

// maxSites is how many fields the kept plans may have, some 300 bytes each.
const maxSites = 200_000

func newPlans(schema *ast.Schema, table *plan.Table) *plans {
	p := &plans{schema: schema, table: table, registered: map[*ast.OperationDefinition]*sync.Map{}}
	p.kept.bound, p.conditions.bound = maxSites, keptQueries
	return p
}

// register plans documents before they are asked.
func (p *plans) register(d *Documents) {
	if d == nil {
		return
	}
	for _, doc := range d.parsed {
		for _, op := range doc.Operations {
			p.registered[op] = &sync.Map{}
			p.of(doc, op, nil)
		}
	}
}

// of gives the plan of an operation.
func (p *plans) of(doc *ast.QueryDocument, op *ast.OperationDefinition, vars map[string]any) planned {
	conditions, ok := p.conditions.get(op)
	if !ok {
		conditions = plan.Conditions(doc)
		p.conditions.put(op, conditions, 1)
	}
	key := planKey{op, plan.Choice(conditions, vars)}
	good := p.registered[op]
	if good != nil {
		if x, ok := good.Load(key.choice); ok {
			return x.(planned)
		}
	}
	if x, ok := p.kept.get(key); ok {
		return x
	}
	x, weight := planned{}, 1
	made, err := p.table.Compile(p.schema, doc, op, vars)
	if err != nil {
		x.not = err.Error()
	} else {
		x.plan, weight = made, made.Sites()
	}
	if good != nil && len(conditions) <= maxChoices {
		good.Store(key.choice, x)
	} else {
		p.kept.put(key, x, weight)
	}
	return x
}

// maxChoices is how many conditions a registered document may have for all of its plans to be kept for good.
const maxChoices = 6
