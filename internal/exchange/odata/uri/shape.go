package uri

import (
	"slices"
	"strings"
)

// select_ reads which columns are shown, of the rows and of those beside.
func (r *reader) select_(shape *Shape) {
	shape.All = false
	for {
		r.selected(shape)
		if !r.comma() {
			return
		}
	}
}

func (r *reader) selected(shape *Shape) {
	r.node()
	if r.has("*") {
		shape.All = true
		return
	}
	from := r.at
	var path []step
	for {
		at := r.at
		if len(path) > 0 && r.has("*") {
			path = append(path, step{"*", at})
			break
		}
		w := r.qualified()
		if strings.HasSuffix(w, ".") && r.has("*") {
			return // actions, of which there are none
		}
		if w == "" {
			r.wants("a column")
		}
		if strings.Contains(w, ".") {
			r.castTo(path, w, at)
		} else {
			path = append(path, step{w, at})
		}
		if r.peek() == '(' {
			r.refuse(r.at, "INVALID", "columns are plain values, so there is nothing to choose in them; choose in $expand")
		}
		if !r.has("/") {
			break
		}
		if len(path) > maxHops {
			r.refuse(at, "OUT_OF_RANGE", "a path has at most %d names", maxHops)
		}
	}
	r.shows(shape, r.scope, path, from)
}

// shows adds a column, or a reference whose link is shown, to a shape, or to that of rows beside.
func (r *reader) shows(shape *Shape, s *scope, path []step, from int) {
	name := strings.Join(plain(path), "/")
	switch {
	case len(path) == 0:
		r.refuse(from, "INVALID", "expected a column")
	case slices.Contains(s.made, name):
		add(&shape.Select, name)
		return
	case s.d == nil:
		r.refuse(from, "UNKNOWN_COLUMN", "there is no column %q any more: after rows were grouped there are %s", name, strings.Join(s.made, ", "))
	}
	first := path[0]
	if first.name == "*" {
		shape.All = true
		return
	}
	n, isNav := s.d.Nav(first.name)
	if len(path) == 1 {
		_, isColumn := s.d.Column(first.name)
		switch {
		case isColumn:
			add(&shape.Select, name)
		case isNav:
			add(&shape.Links, name)
		default:
			r.refuse(first.at, "UNKNOWN_COLUMN", "%s has no column %q", s.d.Name, first.name)
		}
		return
	}
	i := slices.IndexFunc(shape.Expand, func(x Expanded) bool { return isNav && x.Nav.Name == first.name })
	if i < 0 {
		r.refuse(first.at, "NOT_ALLOWED", "columns of %s are shown if $expand names it", first.name)
	}
	beside := &shape.Expand[i].Shape
	if !beside.chosen {
		beside.All, beside.chosen = false, true
	}
	r.shows(beside, s.of(n.Target()), path[1:], from)
}

func add(names *[]string, name string) {
	if !slices.Contains(*names, name) {
		*names = append(*names, name)
	}
}
