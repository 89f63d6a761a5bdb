package graph

import (
	"context"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/errcode"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"pmograph/internal/fault"
	"pmograph/internal/journal"
)

// admission says what may be asked of a server at all: registered documents by their identifiers, others if there may be others, the schema
// by whom it is open to. It holds on every transport.
type admission struct {
	registry *registry
	door     Door
	dev      bool // everybody who is known may read the schema
	only     bool // nothing but registered documents
}

// ExtensionName names it.
func (admission) ExtensionName() string { return "Admission" }

// Validate has nothing to object to.
func (admission) Validate(graphql.ExecutableSchema) error { return nil }

// find finds the text of a document that is asked by its identifier as an extension, which every client can send over every transport.
func (a admission) find(p *graphql.RawParams) *gqlerror.Error {
	documents := a.registry.now()
	if p.Query == "" {
		named, _ := p.Extensions["persistedQuery"].(map[string]any)
		if hash, ok := named["sha256Hash"].(string); ok {
			text, err := documents.textOf("sha256:" + hash)
			if err != nil {
				return refused(err)
			}
			p.Query = text
		}
	}
	if a.only && documents.find(p.Query) == nil {
		return refused(fault.New(fault.DocumentRequired, "this server answers registered documents only, and this is none"))
	}
	return nil
}

// MutateOperationContext opens the schema to whom it is open.
func (a admission) MutateOperationContext(ctx context.Context, op *graphql.OperationContext) *gqlerror.Error {
	if op.Operation.Operation != ast.Query || !introspects(op.Operation.SelectionSet) {
		return nil
	}
	if !a.dev {
		v, err := a.door.View(ctx, Identity(ctx), journal.Query{})
		if err == nil && !v.RunsOffice() {
			err = fault.New(fault.Forbidden, "this server shows its schema to the office only; pmo schema prints it")
		}
		if err != nil {
			return refused(err)
		}
	}
	op.DisableIntrospection = false
	return nil
}

// introspects tells whether a selection of Query asks for the schema.
func introspects(set ast.SelectionSet) bool {
	for _, x := range set {
		switch x := x.(type) {
		case *ast.Field:
			if x.Name == "__schema" || x.Name == "__type" {
				return true
			}
		case *ast.InlineFragment:
			if introspects(x.SelectionSet) {
				return true
			}
		case *ast.FragmentSpread:
			if x.Definition != nil && introspects(x.Definition.SelectionSet) {
				return true
			}
		}
	}
	return false
}

// refused gives an error as gqlgen takes it. Its code tells transports that nothing was executed.
func refused(err error) *gqlerror.Error {
	e := gqlerror.Wrap(err)
	errcode.Set(e, string(fault.KindOf(err)))
	return e
}

func init() {
	for _, code := range fault.Codes { // whatever prevents an execution is an error of the protocol, on a WebSocket too
		errcode.RegisterErrorType(string(code.Kind), errcode.KindProtocol)
	}
}
