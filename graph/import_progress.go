package graph

import (
	"context"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"pmograph/internal/live"
	"pmograph/internal/read"
)

// followJob notes that the field of a subscription asks for an import.
func followJob(ctx context.Context, name string) (<-chan *read.ImportEvent, error) {
	ctx.Value(startKey).(*start).job = &name
	return nil, nil
}

// followImport tells an operation how far an import is, until it has ended. Each event is paid, as those of the record are.
func (s *Server) followImport(ctx context.Context, name string, f *feed, o *operation) gqlerror.List {
	events, end, err := live.Import(ctx, s.hub, Identity(ctx), s.jobs, name)
	if err != nil {
		return gqlerror.List{s.present(ctx, err)}
	}
	s.tell(ctx)
	if s.budgets != nil {
		s.budgets.settle(graphql.GetOperationContext(ctx))
	}
	go func() {
		for e := range events {
			m := f.write(ctx, e)
			_ = o.Pay(m.Cost) // there are few of them
			o.line.put(message{kind: kindNext, op: o, body: m.Body})
		}
		switch {
		case ctx.Err() != nil:
		case end.Err != nil:
			o.fail(gqlerror.List{o.present(end.Err)})
		default:
			o.line.put(message{kind: kindComplete, op: o})
		}
	}()
	return nil
}
