package dataset

import (
	"strings"

	"pmograph/internal/fault"
	"pmograph/internal/state"
	"pmograph/internal/vocab"
)

// frame is what an expression is computed from: a row of a dataset, values that steps have made, and, in a Lambda, the frame around it.
type frame struct {
	v    *View
	row  any
	made []Value
	up   *frame
	many int64 // rows that the row is the sum of; 0: it is one
}

// rows is how many rows a frame stands for.
func (f *frame) rows() int64 { return max(f.many, 1) }

// eval computes a value.
type eval func(*frame) Value

// typed is a compiled expression and what is known of its values.
type typed struct {
	Column // of the values: Kind (Null if it is always null), Scale, Unit, Currency, Class …; the Name if it is a column as it stands
	eval
}

// scope is where names are looked up.
type scope struct {
	d    *Dataset // of the frame's row; nil if there is none
	made []Column // of the frame's made values
	name string   // variable by which a Lambda's condition names this scope; empty for the outermost
	up   *scope
}

// maxDepth is how deep expressions and references may be nested.
const maxDepth = 64

func wrong(code, format string, args ...any) error { return fault.At("query", code, format, args...) }

// compile types an expression and makes it ready.
func (s *scope) compile(e Expr) (typed, error) { return s.nested(e, 0) }

func (s *scope) nested(e Expr, depth int) (typed, error) {
	if depth > maxDepth {
		return typed{}, wrong("OUT_OF_RANGE", "expressions are nested at most %d deep", maxDepth)
	}
	switch e := e.(type) {
	case Lit:
		v := e.Value
		return typed{Column{Kind: v.Kind, Scale: v.Scale, Nullable: v.IsNull()}, func(*frame) Value { return v }}, nil
	case Path:
		return s.path(e)
	case Lambda:
		return s.lambda(e, depth)
	case Count:
		return s.count(e, depth)
	case Call:
		args := make([]typed, len(e.Args))
		for i, a := range e.Args {
			var err error
			if args[i], err = s.nested(a, depth+1); err != nil {
				return typed{}, err
			}
		}
		return apply(e.Op, args)
	}
	return typed{}, wrong("INVALID", "there is no expression where one is needed")
}

// condition compiles what must be true or false.
func (s *scope) condition(e Expr) (eval, error) {
	t, err := s.compile(e)
	if err != nil {
		return nil, err
	}
	if t.Kind != Bool && t.Kind != Null {
		return nil, wrong("INVALID", "a condition is true or false, and this is of type %s", t.Kind)
	}
	return t.eval, nil
}

// rowOf gives the row of a scope from the frame of a deeper one.
func rowOf(hops int) func(*frame) any {
	return func(f *frame) any {
		for range hops {
			f = f.up
		}
		return f.row
	}
}

// root finds the scope that a path begins in: a variable's, else the outermost, and how many frames are between.
func (s *scope) root(p Path) (at *scope, rest Path, hops int) {
	if len(p) > 0 {
		for at, n := s, 0; at != nil; at, n = at.up, n+1 {
			if at.name != "" && at.name == p[0] {
				return at, p[1:], n
			}
		}
	}
	for at = s; at.up != nil; at = at.up {
		hops++
	}
	return at, p, hops
}

func (s *scope) path(p Path) (typed, error) {
	at, rest, hops := s.root(p)
	if len(rest) == 0 {
		return typed{}, wrong("INVALID", "%q is a row, and a value is needed", strings.Join(p, "/"))
	}
	whole := strings.Join(rest, "/") // a made column may have the name of a path
	for i := range at.made {
		if c := &at.made[i]; c.Name == whole {
			return typed{*c, func(f *frame) Value {
				for range hops {
					f = f.up
				}
				return f.made[i]
			}}, nil
		}
	}
	d, row, err := at.walk(rest[:len(rest)-1], rowOf(hops))
	if err != nil {
		return typed{}, err
	}
	last := rest[len(rest)-1]
	c, ok := d.Column(last)
	if !ok {
		if n, is := d.Nav(last); is {
			return typed{}, wrong("INVALID", "%s leads to rows of %s, and a value is needed: name one of its columns, or ask any, all or $count", strings.Join(rest, "/"), n.To)
		}
		return typed{}, wrong("UNKNOWN_COLUMN", "%s has no column %q", d.Name, last)
	}
	get, out := c.get, *c
	if len(rest) > 1 {
		out.Nullable, out.Role, out.Name = true, Attribute, strings.Join(rest, "/")
		if out.Currency != "" {
			out.Currency = strings.Join(append(append([]string{}, rest[:len(rest)-1]...), out.Currency), "/")
		}
	}
	if len(rest) == 1 && hops == 0 {
		return typed{out, func(f *frame) Value { return get(f.v, f.row) }}, nil
	}
	return typed{out, func(f *frame) Value {
		if r := row(f); r != nil {
			return get(f.v, r)
		}
		return None
	}}, nil
}

// walk follows references to one.
func (s *scope) walk(steps []string, row func(*frame) any) (*Dataset, func(*frame) any, error) {
	d := s.d
	if d == nil {
		return nil, nil, wrong("UNKNOWN_COLUMN", "after rows are grouped there are only the columns that they were grouped by or made into: %s", s.names())
	}
	if len(steps) > maxDepth {
		return nil, nil, wrong("OUT_OF_RANGE", "a path follows at most %d references", maxDepth)
	}
	for _, step := range steps {
		n, ok := d.Nav(step)
		switch {
		case !ok:
			return nil, nil, wrong("UNKNOWN_COLUMN", "%s has no reference %q", d.Name, step)
		case n.Many:
			return nil, nil, wrong("INVALID", "%s leads to any number of rows of %s: ask any, all or $count", step, n.To)
		}
		from, before := d, row
		row = func(f *frame) any {
			r := before(f)
			if r == nil {
				return nil
			}
			return n.one(f.v, from, r)
		}
		d = n.to
	}
	return d, row, nil
}

func (s *scope) names() string {
	var names []string
	for _, c := range s.made {
		names = append(names, c.Name)
	}
	return strings.Join(names, ", ")
}

// over finds the reference to many at the end of a path, and what gives the row it starts from.
func (s *scope) over(p Path) (n *Nav, from *Dataset, row func(*frame) any, err error) {
	at, rest, hops := s.root(p)
	if len(rest) == 0 {
		return nil, nil, nil, wrong("INVALID", "%q is one row, and a reference to many is needed", strings.Join(p, "/"))
	}
	d, row, err := at.walk(rest[:len(rest)-1], rowOf(hops))
	if err != nil {
		return nil, nil, nil, err
	}
	n, ok := d.Nav(rest[len(rest)-1])
	if !ok || !n.Many {
		return nil, nil, nil, wrong("UNKNOWN_COLUMN", "%s has no reference %q to many", d.Name, rest[len(rest)-1])
	}
	return n, d, row, nil
}

func (s *scope) lambda(l Lambda, depth int) (typed, error) {
	n, from, row, err := s.over(l.Over)
	if err != nil {
		return typed{}, err
	}
	cond := eval(func(*frame) Value { return OfBool(true) })
	if l.Cond != nil {
		in := &scope{d: n.to, name: l.Var, up: s}
		t, err := in.nested(l.Cond, depth+1)
		if err != nil {
			return typed{}, err
		}
		if t.Kind != Bool && t.Kind != Null {
			return typed{}, wrong("INVALID", "a condition is true or false, and this is of type %s", t.Kind)
		}
		cond = t.eval
	}
	return typed{Column{Kind: Bool}, func(f *frame) Value {
		if r := row(f); r != nil {
			for other := range n.many(f.v, from, r) {
				if cond(&frame{v: f.v, row: other, up: f}).True() != l.All {
					return OfBool(!l.All)
				}
			}
		}
		return OfBool(l.All)
	}}, nil
}

func (s *scope) count(c Count, depth int) (typed, error) {
	n, from, row, err := s.over(c.Over)
	if err != nil {
		return typed{}, err
	}
	cond := eval(nil)
	if c.Cond != nil {
		t, err := (&scope{d: n.to}).nested(c.Cond, depth+1)
		if err != nil {
			return typed{}, err
		}
		cond = t.eval
	}
	return typed{Column{Kind: Int, Unit: vocab.UnitCount}, func(f *frame) Value {
		count := 0
		if r := row(f); r != nil {
			for other := range n.many(f.v, from, r) {
				if cond == nil || cond(&frame{v: f.v, row: other}).True() {
					count++
				}
			}
		}
		return OfInt(count)
	}}, nil
}

// pushed finds in a condition what a source can make use of: columns that equal constants, and bounds of the day.
func (d *Dataset) pushed(e Expr, h *hint) {
	c, ok := e.(Call)
	if !ok || len(c.Args) < 2 {
		return
	}
	if c.Op == "and" {
		for _, a := range c.Args {
			d.pushed(a, h)
		}
		return
	}
	op := c.Op
	p, isPath := c.Args[0].(Path)
	rest := c.Args[1:]
	if !isPath && len(rest) == 1 && mirrored[op] != "" { // 5 lt X
		p, isPath = rest[0].(Path)
		op, rest = mirrored[op], c.Args[:1]
	}
	if !isPath || len(p) != 1 {
		return
	}
	col, ok := d.Column(p[0])
	if !ok {
		return
	}
	var values []Value
	for _, a := range rest {
		lit, ok := a.(Lit)
		if !ok {
			return
		}
		v := lit.Value
		if col.Kind == ID {
			v = asID(v)
		}
		if v.Kind != col.Kind {
			return
		}
		values = append(values, v)
	}
	switch {
	case op == "eq" || op == "in":
		if h.equal == nil {
			h.equal = map[string][]Value{}
		}
		if _, twice := h.equal[col.Name]; !twice {
			h.equal[col.Name] = values
		}
	case col.Name != d.Time:
	case op == "ge" || op == "gt":
		if day := values[0].Day(); h.from == nil || day > *h.from {
			h.from = &day
		}
	case op == "le" || op == "lt":
		if day := values[0].Day(); h.to == nil || day < *h.to {
			h.to = &day
		}
	}
}

var mirrored = map[string]string{"eq": "eq", "lt": "gt", "gt": "lt", "le": "ge", "ge": "le"}

// asID reads a text as an identifier; a text that is none stays.
func asID(v Value) Value {
	if v.Kind == Text {
		if ref, ok := state.ParseID(v.Text); ok {
			return OfID(ref.Table, ref.ID)
		}
	}
	return v
}
