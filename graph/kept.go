package graph

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"slices"
	"strings"
	"sync"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"

	"pmograph/auth"
	"pmograph/graph/plan"
	"pmograph/internal/kept"
	"pmograph/internal/state"
	"pmograph/internal/vocab"
)

// question is what an answer follows from: equal questions have equal answers, whoever asks. See docs/architecture.md, A view.
type question struct {
	asked     [32]byte // what the plan asks
	variables string
	rights    *auth.Rights // interned: equal rights are one pointer
	position  state.Position
	day       vocab.Date
}

// unkept are the types whose answers follow from more than a question says: from who is asking, and from what is kept beside the record.
var unkept = []string{"Viewer", "AccessEntry", "FeedKey", "Delivery", "DeadLetter"}

// question gives what the answer to an operation follows from. There is none for what changes something, for types that are unkept, and
// where no view can be had: whoever runs the plan then meets the reason.
func questionOf(ctx context.Context, r *Resolver, p *plan.Plan, vars map[string]any) (q question, ok bool) {
	if p.Kind != ast.Query || slices.ContainsFunc(p.Types(), func(t string) bool { return slices.Contains(unkept, t) }) {
		return q, false
	}
	v, err := r.view(ctx, nil)
	if err != nil {
		return q, false
	}
	q = question{asked: p.Fingerprint, rights: v.Rights(), position: v.Position(), day: v.Day()}
	if len(vars) > 0 {
		text, err := json.Marshal(vars) // with its keys in order
		if err != nil {
			return q, false
		}
		q.variables = string(text)
	}
	return q, true
}

// tag gives the question's entity tag: answers with the same tag have the same data, from any process of this build. It is a weak one, since
// what an answer cost is told beside.
func (q question) tag(build, media string) string {
	h := sha256.New()
	for _, part := range []string{build, media, string(q.asked[:]), q.variables, q.rights.Canonical(), q.position.String(), q.day.String()} {
		size := [4]byte{byte(len(part) >> 24), byte(len(part) >> 16), byte(len(part) >> 8), byte(len(part))}
		h.Write(size[:])
		h.Write([]byte(part))
	}
	return `W/"` + base64.RawURLEncoding.EncodeToString(h.Sum(nil)[:16]) + `"`
}

// matches tells whether an If-None-Match names a tag.
func matches(header, tag string) bool {
	for one := range strings.SplitSeq(header, ",") {
		if strings.TrimPrefix(strings.TrimSpace(one), "W/") == strings.TrimPrefix(tag, "W/") {
			return true
		}
	}
	return false
}

// keeper keeps answers, and lets who asks what is just being answered wait for it.
type keeper struct {
	kept    kept.Cache[question, keptAnswer]
	mu      sync.Mutex
	flights map[question]*flight
}

// keptAnswer is an answer that may be shared.
type keptAnswer struct {
	body []byte // nil if it cannot be
	cost int    // that making it came to, in values
}

// flight is an answer that somebody is making.
type flight struct {
	done chan struct{}
	keptAnswer
}

// keptOverhead is what an answer takes beside its bytes.
const keptOverhead = 256

// get gives the answer to a question if it is kept or being made. If there is none, the caller makes it and tells what it came to: nil if
// that cannot be shared.
func (k *keeper) get(ctx context.Context, q question) (x keptAnswer, made func(keptAnswer)) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if x, ok := k.kept.Get(q); ok {
		return x, nil
	}
	if f := k.flights[q]; f != nil {
		k.mu.Unlock()
		select {
		case <-f.done:
		case <-ctx.Done():
		}
		k.mu.Lock()
		if ctx.Err() == nil && f.body != nil {
			return f.keptAnswer, nil
		}
		return x, func(keptAnswer) {}
	}
	f := &flight{done: make(chan struct{})}
	if k.flights == nil {
		k.flights = map[question]*flight{}
	}
	k.flights[q] = f
	return x, func(x keptAnswer) {
		k.mu.Lock()
		defer k.mu.Unlock()
		if f.keptAnswer = x; x.body != nil {
			k.kept.Put(q, x, len(x.body)+len(q.variables)+keptOverhead)
		}
		delete(k.flights, q)
		close(f.done)
	}
}

// answer answers an HTTP request: that nothing has changed, from what is kept, or by running the plan.
func (x *executor) answer(ctx context.Context, p *plan.Plan, op *graphql.OperationContext, a *answer) *graphql.Response {
	keeps := x.keeper.kept.Bound > 0
	if !keeps && !a.tagged {
		return x.runInto(ctx, p, op, a)
	}
	q, ok := questionOf(ctx, x.resolver, p, op.Variables)
	if !ok {
		return x.runInto(ctx, p, op, a)
	}
	if a.tagged {
		if a.tag = q.tag(x.build, a.media); matches(a.unless, a.tag) {
			a.unchanged = true
			x.count(func(n *Executions) { n.Unchanged++ })
			return &graphql.Response{}
		}
	}
	if !keeps {
		return x.runInto(ctx, p, op, a)
	}
	known, made := x.keeper.get(ctx, q)
	if a.whole = known.body; made == nil {
		x.count(func(n *Executions) { n.Shared++ })
		counted(op, known.cost)
		return &graphql.Response{}
	}
	defer func() { made(keptAnswer{a.whole, a.values}) }() // also when the run panics
	r := x.runInto(ctx, p, op, a)
	if len(r.Errors) == 0 && !a.begun {
		a.whole = append(slices.Clone(a.buf), '}')
	}
	return r
}

// KeptBytes is what kept answers take.
func (s *Server) KeptBytes() int {
	if s.executor == nil {
		return 0
	}
	return s.executor.keeper.kept.Weight()
}
