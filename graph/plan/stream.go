package plan

import (
	"context"

	"github.com/vektah/gqlparser/v2/gqlerror"
)

// Stream is a subscription that has begun.
type Stream struct {
	plan   *Plan
	site   *Site
	host   *Host
	vars   map[string]any
	events Events
}

// Subscribe begins a subscription. It gives errors, and no stream, if it cannot begin.
func (p *Plan) Subscribe(ctx context.Context, host *Host, vars map[string]any) (*Stream, gqlerror.List) {
	s := p.root.sites[0]
	r := p.run(ctx, host, vars, Limits{}, nil)
	events := r.begin(s)
	if events == nil {
		return nil, r.errs
	}
	return &Stream{p, s, host, vars, events}, nil
}

// begin asks a site of Subscription for its events; nil if there are none, for the reason among the errors.
func (r *Run) begin(s *Site) (events Events) {
	r.path = append(r.path, step{site: s})
	defer func() {
		if p := recover(); p != nil {
			events = nil
			r.addError(r.within(true), r.host.Recover(r.ctx, p))
		}
	}()
	events, err := s.binding.Stream(r, s)
	if err != nil {
		r.Fail(s, err)
		return nil
	}
	return events
}

// Next waits for the next event and answers it; false when the stream has ended.
func (s *Stream) Next(ctx context.Context, limits Limits) (Result, bool) {
	event, ok := s.events(ctx)
	if !ok {
		return Result{}, false
	}
	r := s.plan.run(ctx, s.host, s.vars, limits, nil)
	return r.result(r.object(s.plan.root, event)), true
}
