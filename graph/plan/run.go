package plan

import (
	"context"
	"errors"
	"slices"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/gqlerror"
)

// Host is what runs of plans belong to.
type Host struct {
	Resolvers any // of the root types, as the generated table expects them
	Present   graphql.ErrorPresenterFunc
	Recover   graphql.RecoverFunc
}

// Limits bound a run.
type Limits struct {
	Values int // that it may emit: fields and items of lists; 0 is no limit
	// Stopped gives what is told when a run is stopped: by ErrValues, its context's end, or the sink's error.
	Stopped func(why error) error
	Chunk   int // bytes after which what is final is handed on to Sink
	// Sink takes a part of the data that is final. An error ends the run.
	Sink func(part []byte) error
}

// ErrValues tells that a run emitted more values than it may.
var ErrValues = errors.New("too many values")

// Result is what a run comes to.
type Result struct {
	Data   []byte // buf and the data, or what of both has not gone to the sink; the data is null if there is none
	Errors gqlerror.List
	Values int // that were emitted
	Cost   int // the values, and the weights of the fields that were answered
	// Broken tells that parts were handed on which should not have been: the answer cannot be ended well.
	Broken bool
}

// Run is one execution of a plan. Writers append to it.
type Run struct {
	host   *Host
	ctx    context.Context
	vars   map[string]any
	limits Limits
	out    []byte
	path   []step
	args   []any
	errs   gqlerror.List
	values int
	weight int // of the fields that were answered
	next   int // values at which is looked whether to go on
	sent   int // bytes of the data handed on before out; negative while out begins with what it was given
	held   int // places around here that may still be taken back
	over   error
	broken bool
}

// step is a part of a path: a field, or a place in a list.
type step struct {
	site  *Site // nil in a list
	index int
}

// lookEvery is after how many values a run looks whether it may go on.
const lookEvery = 256

// Execute runs a query or a mutation and appends the data to buf.
func (p *Plan) Execute(ctx context.Context, host *Host, vars map[string]any, limits Limits, buf []byte) Result {
	r := p.run(ctx, host, vars, limits, buf)
	return r.result(r.object(p.root, nil))
}

func (p *Plan) run(ctx context.Context, host *Host, vars map[string]any, limits Limits, buf []byte) *Run {
	r := &Run{host: host, ctx: ctx, vars: vars, limits: limits, out: buf, sent: -len(buf), next: lookEvery, path: make([]step, 0, 16)}
	if p.slots > 0 {
		r.args = make([]any, p.slots)
	}
	return r
}

func (r *Run) result(ok bool) Result {
	if r.over != nil {
		r.errs = gqlerror.List{r.host.Present(r.ctx, r.limits.Stopped(r.over))}
		ok = false
	}
	if !ok {
		r.cut(0)
		r.out = append(r.out, "null"...)
	}
	return Result{Data: r.out, Errors: r.errs, Values: r.values, Cost: r.values + r.weight, Broken: r.broken}
}

// Resolvers gives the host's resolvers.
func (r *Run) Resolvers() any { return r.host.Resolvers }

// Object appends an object, the only type there may be at a site.
func (r *Run) Object(s *Site, required bool, of any) bool { return r.ObjectOf(s, 0, required, of) }

// ObjectOf appends an object of one of the types there may be at a site, by its number.
func (r *Run) ObjectOf(s *Site, number int, required bool, of any) bool {
	return r.object(s.below[number], of) || r.null(required)
}

// object appends an object; it gives false, and appends nothing, if it has to be null.
func (r *Run) object(sel *Selection, of any) bool {
	if r.over != nil {
		return false
	}
	start, held, whole := r.mark(), r.held, true
	for from := 0; from < len(sel.sites) && r.over == nil; {
		from, whole = r.fields(sel, from, of, held, whole)
	}
	r.held = held
	if !whole || r.over != nil {
		r.cut(start)
		return false
	}
	if len(sel.sites) == 0 {
		r.out = append(r.out, '{')
	}
	r.out = append(r.out, '}')
	return true
}

// fields appends the fields of an object from one of them on. After a panic it ends behind the field that panicked.
func (r *Run) fields(sel *Selection, from int, of any, held int, wholeSoFar bool) (next int, whole bool) {
	whole = wholeSoFar
	depth, begun := len(r.path), 0
	defer func() {
		if p := recover(); p != nil {
			r.path = r.path[:depth+1]
			r.cut(begun)
			s := sel.sites[next]
			r.addError(r.within(true), r.host.Recover(r.ctx, p))
			if r.out = append(r.out, s.key...); !r.null(s.required) {
				whole = false
			}
			r.path = r.path[:depth]
			next++
		}
	}()
	r.path = append(r.path, step{})
	for next = from; next < len(sel.sites); next++ {
		s := sel.sites[next]
		if r.held = held; next < sel.frail || !whole { // what is lost already is not handed on, either
			r.held++
		}
		begun = r.mark()
		r.out = append(r.out, s.key...)
		r.path[depth].site = s
		if s.fixed != nil {
			r.out = append(r.out, s.fixed...)
		} else if !s.binding.Write(r, s, of) {
			whole = false
		}
		r.weight += s.weight
		if r.count(); r.over != nil {
			break
		}
	}
	r.path = r.path[:depth]
	return next, whole
}

// List appends a list of n items. An item that gives false makes the list null.
func (r *Run) List(s *Site, n int, required bool, item func(i int) bool) bool {
	r.path = append(r.path, step{})
	depth := len(r.path) - 1
	if s.frail() {
		r.held++
		defer func() { r.held-- }()
	}
	ok := r.ListOfScalars(n, required, func(i int) bool {
		r.path[depth].index = i
		return item(i)
	})
	r.path = r.path[:depth]
	return ok
}

// ListOfScalars appends a list whose items have no place of their own in paths.
func (r *Run) ListOfScalars(n int, required bool, item func(i int) bool) bool {
	start := r.mark()
	r.out = append(r.out, '[')
	whole := true
	for i := 0; i < n && r.over == nil; i++ {
		if i > 0 {
			r.out = append(r.out, ',')
		}
		if !item(i) && whole {
			whole = false
			r.held++
		}
		r.count()
		r.handOn()
	}
	if !whole {
		r.held--
		r.cut(start)
		return r.null(required)
	}
	r.out = append(r.out, ']')
	return true
}

// mark is the place that is written next, from the beginning of the answer.
func (r *Run) mark() int { return r.sent + len(r.out) }

// cut takes back what was appended after a mark.
func (r *Run) cut(mark int) {
	if mark < r.sent {
		r.broken, mark = true, r.sent
		if r.over == nil {
			r.over = context.Canceled
		}
	}
	r.out = r.out[:mark-r.sent]
}

// count counts a value, and looks now and then whether the run may go on.
func (r *Run) count() {
	if r.values++; r.values < r.next {
		return
	}
	r.next = r.values + lookEvery
	if err := r.ctx.Err(); err != nil && r.over == nil {
		r.over = err
	}
	if r.limits.Values > 0 && r.values > r.limits.Values && r.over == nil {
		r.over = ErrValues
	}
}

// handOn gives what is final to the sink once it is much.
func (r *Run) handOn() {
	if r.limits.Sink == nil || r.held > 0 || len(r.out) < r.limits.Chunk {
		return
	}
	if err := r.limits.Sink(r.out); err != nil && r.over == nil {
		r.over = err
	}
	r.sent += len(r.out)
	r.out = r.out[:0]
}

// Args gives the arguments of a site. If they cannot be read the error is told, and there is no value.
func (r *Run) Args(s *Site) (any, bool) {
	if s.slot < 0 {
		return s.args, true
	}
	if a := r.args[s.slot]; a != nil {
		return a, true
	}
	given := s.field.ArgumentMap(r.vars)
	a, err := s.binding.Args(r.ctx, given)
	if err != nil { // once more, where it has a path
		ctx := r.within(false)
		_, err = s.binding.Args(ctx, given)
		r.addError(ctx, err)
		return nil, false
	}
	r.args[s.slot] = a
	return a, true
}

// Lost appends null for a value that there is not, or tells that there may be none.
func (r *Run) Lost(s *Site) bool { return r.null(s.required) }

func (r *Run) null(required bool) bool {
	if required {
		return false
	}
	r.out = append(r.out, "null"...)
	return true
}

// Null appends null where it is allowed.
func (r *Run) Null() bool { return r.null(false) }

// Lack appends null for what has none of the types it should have, or tells that there may be none.
func (r *Run) Lack(required bool) bool { return r.null(required) }

// Absent is a value that there is not; the schema may not allow it.
func (r *Run) Absent(required bool) bool {
	if required {
		r.complain("the requested element is null which the schema does not allow")
	}
	return r.null(required)
}

// AbsentField is the value of a whole field that there is not.
func (r *Run) AbsentField(s *Site) bool {
	if s.required {
		r.complain("must not be null")
	}
	return r.null(s.required)
}

// Fail tells an error of a field, which has no value then.
func (r *Run) Fail(s *Site, err error) bool {
	ctx := r.within(true)
	r.addError(ctx, graphql.AddFieldLocationToError(ctx, err))
	return r.null(s.required)
}

func (r *Run) complain(text string) {
	ctx := r.within(true)
	path := graphql.GetPath(ctx)
	if !slices.ContainsFunc(r.errs, func(e *gqlerror.Error) bool { return slices.Equal(e.Path, path) }) {
		r.addError(ctx, gqlerror.Errorf("%s", text))
	}
}

func (r *Run) addError(ctx context.Context, err error) {
	if shown := r.host.Present(ctx, graphql.ErrorOnPath(ctx, err)); shown != nil {
		r.errs = append(r.errs, shown)
	}
}

// Context is what a resolver is called with: it names the field and its place.
func (r *Run) Context() context.Context { return r.within(true) }

// within gives a context that names the place where the run is, for errors and resolvers. A field that is answered has read its arguments.
func (r *Run) within(answered bool) context.Context {
	ctx := r.ctx
	for _, at := range r.path {
		fc := &graphql.FieldContext{}
		if at.site == nil {
			index := at.index
			fc.Index = &index
		} else {
			fc.Object, fc.Field = at.site.object, graphql.CollectedField{Field: at.site.field}
			if answered {
				fc.Args = noArgs
			}
		}
		ctx = graphql.WithFieldContext(ctx, fc)
	}
	return ctx
}

var noArgs = map[string]any{}
