package uri

import (
	"net/url"
	"slices"
	"strings"

	"pmograph/internal/exchange/dataset"
	"pmograph/internal/fault"
	"pmograph/internal/state"
)

// Parse reads an address: the path below the service's root, percent-encoded as it came, without a question mark, and what stands behind that. What the
// catalogue does not have in its path is NotFound; all else that cannot be is Invalid, with the option, the place in it, and what was expected there.
// What OData has and this server does not has the code NOT_IMPLEMENTED.
func Parse(c *dataset.Catalogue, path, rawQuery string, o Options) (req *Request, err error) {
	defer func() {
		switch x := recover().(type) {
		case nil:
		case *fault.Error:
			req, err = nil, x
		default:
			panic(x)
		}
	}()
	if len(path)+len(rawQuery) > maxLength {
		return nil, fault.At("path", "TOO_LONG", "an address has at most %d bytes", maxLength)
	}
	s, err := optionsOf(rawQuery, o)
	if err != nil {
		return nil, err
	}
	j := &job{c: c, o: o, aliases: s.aliases}
	req = &Request{}
	w := &walk{job: j, req: req}
	path = strings.Trim(path, "/")
	if cast, is := strings.CutPrefix(path, "$entity"); is && (cast == "" || cast[0] == '/') {
		path = j.entity(s) + cast
	}
	if err := w.all(path); err != nil {
		return nil, err
	}
	req.Of = w.d
	j.options(req, s)
	return req, nil
}

// entity gives the path that $id names.
func (j *job) entity(s said) string {
	id, ok := s.system["id"]
	if !ok {
		panic(fault.At("$id", "REQUIRED", "$entity needs $id, the address of a row"))
	}
	delete(s.system, "id")
	if rest, is := strings.CutPrefix(id, j.o.Root); is && j.o.Root != "" {
		id = rest
	}
	if strings.Contains(id, "://") || strings.HasPrefix(id, "/") || strings.HasPrefix(strings.Trim(id, "/"), "$") {
		panic(fault.At("$id", "INVALID", "$id is no address of a row of this service"))
	}
	path := url.PathEscape(id)
	return strings.ReplaceAll(path, "%2F", "/")
}

// walk follows a path, segment by segment.
type walk struct {
	*job
	req      *Request
	d        *dataset.Dataset
	key      []dataset.Value // key segments so far, of a key of several columns
	segments int
}

func missing(format string, args ...any) {
	e := fault.At("path", "NOT_FOUND", format, args...)
	e.Kind = fault.NotFound
	panic(e)
}

func (w *walk) all(path string) error {
	if path == "" {
		return nil
	}
	for raw := range strings.SplitSeq(path, "/") {
		segment, err := decoded(raw, url.PathUnescape, "path")
		if err != nil {
			return err
		}
		if w.segments++; w.segments > maxHops {
			return fault.At("path", "OUT_OF_RANGE", "a path has at most %d segments", maxHops)
		}
		r := w.reader("path", segment, &scope{d: w.d})
		if w.d == nil {
			w.first(r)
		} else {
			w.next(r)
		}
	}
	if len(w.key) > 0 {
		missing("the key of %s has more columns", w.d.Name)
	}
	return nil
}

// first reads where the path begins.
func (w *walk) first(r *reader) {
	switch name, _, _ := strings.Cut(r.text, "("); {
	case w.segments > 1:
		missing("nothing is below %.60q", r.text)
	case name == "$metadata":
		w.req.Kind = Metadata
	case name == "$batch":
		w.req.Kind = Batch
	case name == "$all" || name == "$crossjoin":
		r.notDone(0, "%s is not offered", name)
	case name == "$entity":
		r.refuse(0, "INVALID", "nothing stands behind $entity but the option $id")
	}
	if strings.HasPrefix(r.text, "$") {
		if w.req.Kind == Service || r.text != "$metadata" && r.text != "$batch" {
			missing("there is no %.60q", r.text)
		}
		return
	}
	name := r.word()
	d, err := w.c.Named(name)
	if err != nil {
		missing("there is no set %.60q", r.text)
	}
	w.d, w.req.Set, w.req.Kind = d, d, Rows
	w.keyed(r)
}

// next reads a segment behind rows, a row, or a property.
func (w *walk) next(r *reader) {
	switch {
	case strings.HasPrefix(r.text, "$"):
		w.dollar(r)
	case strings.Contains(r.text, ".") && strings.HasSuffix(r.text, "."+w.d.Singular) && (w.req.Kind == Rows || w.req.Kind == Row):
	case w.req.Kind == Rows:
		w.keySegment(r)
	case w.req.Kind == Row:
		w.member(r)
	default:
		missing("nothing is below the segment before %.60q", r.text)
	}
}

func (w *walk) dollar(r *reader) {
	kind := w.req.Kind
	switch name, rest, _ := strings.Cut(r.text, "("); {
	case r.text == "$count" && kind == Rows:
		w.req.Kind = Count
	case r.text == "$ref" && kind == Rows:
		w.req.Kind = Refs
	case r.text == "$ref" && kind == Row:
		w.req.Kind = Ref
	case r.text == "$value" && kind == Property:
		w.req.Kind = Raw
	case name == "$filter" && rest != "" && kind == Rows && len(w.key) == 0:
		r.at = len("$filter")
		r.open()
		w.req.Query.Steps = append(w.req.Query.Steps, dataset.Where{Cond: r.expr()})
		r.close()
		r.end()
	case r.text == "$each" || name == "$filter" || r.text == "$query":
		r.notDone(0, "%s is not offered here", name)
	default:
		missing("there is no %.60q here", r.text)
	}
}

// member reads a property, or a reference, of a row.
func (w *walk) member(r *reader) {
	name := r.word()
	if n, ok := w.d.Nav(name); ok {
		w.d = n.Target()
		w.req.Hops = append(w.req.Hops, Hop{Nav: n})
		w.req.Kind = Row
		if n.Many {
			w.req.Kind = Rows
		}
		w.keyed(r)
		return
	}
	c, ok := w.d.Column(name)
	if !ok || r.at < len(r.text) {
		missing("%s has no property, and no reference, %.60q", w.d.Name, r.text)
	}
	w.req.Kind, w.req.Property = Property, c
}

// keyed reads the key in parentheses behind a name, if one is there.
func (w *walk) keyed(r *reader) {
	if !r.has("(") {
		if r.at < len(r.text) {
			missing("there is no %.60q", r.text)
		}
		return
	}
	if w.req.Kind != Rows {
		r.refuse(r.at-1, "INVALID", "a key stands only behind many rows")
	}
	r.space()
	if r.has(")") { // a set may be called like a function
		r.end()
		return
	}
	w.found(w.keyValues(r))
	r.close()
	r.end()
}

// keyValues reads the values of a key: of its one column, or of all by name.
func (w *walk) keyValues(r *reader) []dataset.Value {
	if name, ok := r.keyName(); ok {
		return w.namedKey(r, name)
	}
	if len(w.d.Key) != 1 {
		r.refuse(r.at, "INCOMPLETE", "the key of %s is %s: name each column", w.d.Name, strings.Join(w.d.Key, ", "))
	}
	return []dataset.Value{w.keyValue(r, w.d.Key[0])}
}

// keyName reads a name and an equals sign.
func (r *reader) keyName() (string, bool) {
	from := r.at
	name := r.word()
	r.space()
	if name == "" || !r.has("=") {
		r.at = from
		return "", false
	}
	r.space()
	return name, true
}

func (w *walk) namedKey(r *reader, name string) []dataset.Value {
	values := make([]dataset.Value, len(w.d.Key))
	got := map[string]bool{}
	for {
		i := slices.Index(w.d.Key, name)
		switch {
		case i < 0:
			r.refuse(r.at, "UNKNOWN_COLUMN", "the key of %s is %s, without %.60q", w.d.Name, strings.Join(w.d.Key, ", "), name)
		case got[name]:
			r.refuse(r.at, "TWICE", "%s is said twice", name)
		}
		got[name] = true
		values[i] = w.keyValue(r, name)
		if !r.comma() {
			break
		}
		var ok bool
		if name, ok = r.keyName(); !ok {
			r.wants("a name of the key, and =")
		}
	}
	if len(got) < len(w.d.Key) {
		r.refuse(r.at, "INCOMPLETE", "the key of %s is %s", w.d.Name, strings.Join(w.d.Key, ", "))
	}
	return values
}

// keyValue reads one value of a key, which is of its column's type.
func (w *walk) keyValue(r *reader, name string) dataset.Value {
	from, said := r.at, r
	if r.peek() == '@' {
		if said = r.alias(); said == nil {
			r.refuse(from, "REQUIRED", "nothing is said for the alias")
		}
	}
	v, ok := said.literal()
	if !ok {
		said.wants("a constant")
	}
	if said != r {
		said.space()
		said.end()
	}
	if w.o.Key != nil {
		v = w.o.Key(w.d, name, v)
	}
	c, _ := w.d.Column(name)
	switch {
	case c.Kind == dataset.ID && v.Kind == dataset.Text:
		return keyOf(c, v.Text)
	case c.Kind == dataset.Decimal && v.Kind == dataset.Int:
	case c.Kind == dataset.Instant && v.Kind == dataset.Date:
		return dataset.OfTime(v.Day().Time())
	case v.Kind != c.Kind:
		r.refuse(from, "INVALID", "%s is of type %s, and this is %s", name, c.Kind, v.Kind)
	}
	return v
}

// keyOf reads a value of a key from its plain text.
func keyOf(c *dataset.Column, text string) dataset.Value {
	switch c.Kind {
	case dataset.Text:
		return dataset.OfText(text)
	case dataset.ID:
		ref, ok := state.ParseID(text)
		if !ok {
			missing("nothing has the key %.60q", text)
		}
		return dataset.OfID(ref.Table, ref.ID)
	}
	r := &reader{job: &job{}, option: "path", text: text}
	v, ok := r.literal()
	if !ok || r.at < len(text) || v.Kind != c.Kind {
		missing("nothing has the key %.60q", text)
	}
	return v
}

// keySegment reads a value of a key that is a segment of its own.
func (w *walk) keySegment(r *reader) {
	c, _ := w.d.Column(w.d.Key[len(w.key)])
	w.key = append(w.key, keyOf(c, r.text))
	if len(w.key) == len(w.d.Key) {
		w.found(w.key)
		w.key = nil
	}
}

// found is a row that a key names.
func (w *walk) found(key []dataset.Value) {
	if len(w.req.Query.Steps) > 0 {
		panic(fault.At("path", "NOT_IMPLEMENTED", "no key stands behind a filter in a path"))
	}
	w.req.Kind = Row
	if n := len(w.req.Hops); n > 0 {
		w.req.Hops[n-1].Key = key
		return
	}
	w.req.Key = key
}
