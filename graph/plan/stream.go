package plan

import (
	"context"

	"github.com/vektah/gqlparser/v2/gqlerror"
)

// Subscribe asks the one field of a subscription for its stream; the host's resolvers know where to put it. It gives errors if there is none.
func (p *Plan) Subscribe(ctx context.Context, host *Host, vars map[string]any) gqlerror.List {
	s := p.root.sites[0]
	r := p.run(ctx, host, vars, Limits{}, nil)
	r.begin(s)
	return r.errs
}

func (r *Run) begin(s *Site) {
	r.path = append(r.path, step{site: s})
	defer func() {
		if p := recover(); p != nil {
			r.addError(r.within(true), r.host.Recover(r.ctx, p))
		}
	}()
	if err := s.binding.Stream(r, s); err != nil {
		r.Fail(s, err)
	}
}

// Event answers an event of a subscription, and appends the data to buf.
func (p *Plan) Event(ctx context.Context, host *Host, vars map[string]any, limits Limits, event any, buf []byte) Result {
	r := p.run(ctx, host, vars, limits, buf)
	return r.result(r.object(p.root, event))
}
