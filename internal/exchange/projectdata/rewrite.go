package projectdata

import (
	"pmograph/internal/exchange/dataset"
	"pmograph/internal/vocab"
)

// asker turns the constants of a question into those of the feed's columns: guids into rows, midnights into days. The day makes a source hand out only what
// is needed.
type asker struct {
	v    *view
	c    *catalogue
	vars map[string]*dataset.Dataset // of any and all
}

func (a *asker) query(q *dataset.Query) {
	q.Filter = a.expr(q.Of, q.Filter)
	for i := range q.Order {
		q.Order[i].By = a.expr(q.Of, q.Order[i].By)
	}
	for i, s := range q.Steps {
		if where, ok := s.(dataset.Where); ok {
			q.Steps[i] = dataset.Where{Cond: a.expr(q.Of, where.Cond)}
		}
	}
	for i := range q.Expand {
		e := &q.Expand[i]
		if n, ok := q.Of.Nav(e.Over[0]); ok {
			e.Query.Of = n.Target()
			a.query(&e.Query)
		}
	}
}

func (a *asker) expr(d *dataset.Dataset, e dataset.Expr) dataset.Expr {
	switch e := e.(type) {
	case dataset.Call:
		args := make([]dataset.Expr, len(e.Args))
		for i, x := range e.Args {
			args[i] = a.expr(d, x)
		}
		return a.call(d, dataset.Call{Op: e.Op, Args: args})
	case dataset.Lambda:
		to := a.many(d, e.Over)
		if to == nil {
			return e
		}
		before, had := a.vars[e.Var]
		if a.vars == nil {
			a.vars = map[string]*dataset.Dataset{}
		}
		a.vars[e.Var] = to
		e.Cond = a.expr(d, e.Cond)
		if a.vars[e.Var] = before; !had {
			delete(a.vars, e.Var)
		}
		return e
	case dataset.Count:
		if to := a.many(d, e.Over); to != nil {
			e.Cond = a.expr(to, e.Cond)
		}
		return e
	}
	return e
}

// along follows a path's references; rest is what is left of it where they end.
func (a *asker) along(d *dataset.Dataset, p dataset.Path) (at *dataset.Dataset, rest dataset.Path) {
	if len(p) > 0 && a.vars[p[0]] != nil {
		d, p = a.vars[p[0]], p[1:]
	}
	for len(p) > 1 {
		n, ok := d.Nav(p[0])
		if !ok {
			return nil, nil
		}
		d, p = n.Target(), p[1:]
	}
	return d, p
}

func (a *asker) many(d *dataset.Dataset, p dataset.Path) *dataset.Dataset {
	if d, rest := a.along(d, p); len(rest) == 1 {
		if n, ok := d.Nav(rest[0]); ok {
			return n.Target()
		}
	}
	return nil
}

// property gives the property that an expression names; nil if it names none.
func (a *asker) property(d *dataset.Dataset, e dataset.Expr) *property {
	p, ok := e.(dataset.Path)
	if !ok {
		return nil
	}
	at, rest := a.along(d, p)
	if at == nil || len(rest) != 1 {
		return nil
	}
	return a.c.byName[at.Name].property(rest[0])
}

// compared are the operators that compare a first value with others.
var compared = map[string]bool{"eq": true, "ne": true, "lt": true, "le": true, "gt": true, "ge": true, "in": true}

func (a *asker) call(d *dataset.Dataset, c dataset.Call) dataset.Expr {
	if !compared[c.Op] {
		return c
	}
	for _, x := range c.Args {
		p := a.property(d, x)
		if p == nil {
			continue
		}
		for i, arg := range c.Args {
			if lit, ok := arg.(dataset.Lit); ok {
				c.Args[i] = dataset.Lit{Value: a.constant(p, lit.Value)}
			}
		}
	}
	return c
}

// constant is a constant that a property is compared with.
func (a *asker) constant(p *property, x value) value {
	switch {
	case p.Fill == nil:
	case p.Fill.Kind == dataset.ID && x.Kind == dataset.Text:
		return identify(a.v, p.Fill.Of, x.Text)
	case p.Fill.Kind == dataset.Date && x.Kind == dataset.Instant && x.Int%microsADay == 0:
		return dataset.OfDate(vocab.Date(x.Int / microsADay))
	}
	return x
}

const microsADay = 86_400_000_000
