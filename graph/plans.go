package graph

import (
	"github.com/vektah/gqlparser/v2/ast"

	"pmograph/graph/plan"
	"pmograph/internal/kept"
)

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

// plans keeps plans of documents: those of registered ones as long as they are registered, of others as long as they are asked for.
type plans struct {
	schema     *ast.Schema
	table      *plan.Table
	registry   *registry
	kept       kept.Cache[planKey, planned]
	conditions kept.Cache[*ast.OperationDefinition, []string]
}

// maxSites is how many fields the kept plans may have, some 300 bytes each.
const maxSites = 200_000

func newPlans(schema *ast.Schema, table *plan.Table, registry *registry) *plans {
	p := &plans{schema: schema, table: table, registry: registry}
	p.kept.Bound, p.conditions.Bound = maxSites, keptQueries
	return p
}

// of gives the plan of an operation.
func (p *plans) of(doc *ast.QueryDocument, op *ast.OperationDefinition, vars map[string]any) planned {
	conditions, ok := p.conditions.Get(op)
	if !ok {
		conditions = plan.Conditions(doc)
		p.conditions.Put(op, conditions, 1)
	}
	key := planKey{op, plan.Choice(conditions, vars)}
	good := p.registry.now().plans[op]
	if good != nil {
		if x, ok := good.Load(key.choice); ok {
			return x.(planned)
		}
	}
	if x, ok := p.kept.Get(key); ok {
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
		p.kept.Put(key, x, weight)
	}
	return x
}

// maxChoices is how many conditions a registered document may have for all of its plans to be kept for good.
const maxChoices = 6
