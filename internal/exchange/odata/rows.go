package odata

import (
	"cmp"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"pmograph/internal/exchange/dataset"
	"pmograph/internal/exchange/odata/uri"
)

// reached narrows a query of rows to those that the path leads to. ok is false if the path leads through a row that is not there; none, if a
// reference on the way leads nowhere.
func (c *call) reached(q *dataset.Query) (ok, none bool, err error) {
	d, key := c.req.Set, c.req.Key
	var cond dataset.Expr
	if key != nil {
		cond = keyed(d, key)
	}
	for _, hop := range c.req.Hops {
		from := make([]dataset.Expr, len(hop.Nav.On))
		for i, pair := range hop.Nav.On {
			from[i] = dataset.Col(pair[0])
		}
		rows, err := c.all(dataset.Query{Of: d, Filter: cond, Select: from, Top: 1})
		if err != nil || len(rows) == 0 {
			return false, false, err
		}
		cond = nil
		for i, v := range rows[0].Values {
			if v.IsNull() {
				return true, true, nil
			}
			cond = dataset.And(cond, dataset.Op("eq", dataset.Col(hop.Nav.On[i][1]), dataset.Lit{Value: v}))
		}
		if d = hop.Nav.Target(); hop.Key != nil {
			cond = dataset.And(cond, keyed(d, hop.Key))
		}
	}
	if cond != nil {
		q.Steps = append([]dataset.Step{dataset.Where{Cond: cond}}, q.Steps...)
	}
	return true, false, nil
}

// keyed is the condition that a row has a key.
func keyed(d *dataset.Dataset, key []dataset.Value) (cond dataset.Expr) {
	for i, name := range d.Key {
		cond = dataset.And(cond, dataset.Op("eq", dataset.Col(name), dataset.Lit{Value: key[i]}))
	}
	return cond
}

func (c *call) all(q dataset.Query) ([]dataset.Row, error) {
	p, err := q.Plan()
	if err != nil {
		return nil, err
	}
	rows, _, err := p.All(c.data)
	return rows, err
}

// rows answers with a page of rows, or of their identifiers.
func (c *call) rows() error {
	pinned, err := c.pin()
	if err != nil {
		return err
	}
	q := c.req.Query
	ok, none, err := c.reached(&q)
	switch {
	case err != nil:
		return err
	case !ok:
		return errNoSuch
	case none:
		q.Top = dataset.NoRows
	}
	selected(&q, &c.req.Shape)
	q.Page = cmp.Or(c.form.page, defaultPage)
	p, err := q.Plan()
	if err != nil {
		return err
	}
	s := shows(&c.form, c.req.Of, p, len(p.Columns)).linked(&c.req.Shape)
	s.ref = c.req.Kind == uri.Refs
	of := c.req.Of.Name + s.projected(&c.req.Shape)
	if s.ref {
		of = "Collection($ref)"
	}
	follows := c.follows()
	if follows {
		c.form.preferring = append(c.form.preferring, "track-changes")
	}
	c.headers(c.form.contentType())
	c.out.buf = c.context(append(c.out.buf, '{'), of)
	page, err := c.stream(p, s)
	if err != nil {
		return err
	}
	b := c.out.buf
	if q.Total {
		b = appendValue(append(appendText(append(b, ','), c.form.name("count")), ':'), dataset.OfInt(page.Total), c.form.quoted)
	}
	switch {
	case page.Next != nil:
		b = c.link(b, "nextLink", c.nextPage(page.Next, follows))
	case follows:
		b = c.link(b, "deltaLink", c.changesSince(pinned))
	}
	c.out.buf = append(b, '}')
	return nil
}

// stream writes the rows of a plan as the array of values.
func (c *call) stream(p *dataset.Plan, s *shower) (page dataset.Page, err error) {
	defer func() { c.Charge(c.r.Context(), s.all()) }()
	c.out.buf = append(then(c.out.buf), `"value":[`...)
	page, err = p.Each(c.data, func(r *dataset.Row) error {
		c.out.buf = s.rowOrRef(then(c.out.buf), r)
		if err := c.r.Context().Err(); err != nil { // rows that are no part of the record do not end by themselves
			return err
		}
		return c.out.flush(chunk)
	})
	c.out.buf = append(c.out.buf, ']')
	return page, err
}

func (c *call) link(b []byte, name, address string) []byte {
	return appendText(append(appendText(append(b, ','), c.form.name(name)), ':'), address)
}

// nextPage is the address of the page behind a row.
func (c *call) nextPage(after *dataset.Cursor, follows bool) string {
	change := map[string]string{"$skiptoken": after.String(), "$skip": "", "$count": ""}
	if top := c.req.Query.Top; top > 0 {
		change["$top"] = strconv.Itoa(top - cmp.Or(c.form.page, defaultPage))
	}
	if follows && c.req.Options[pinnedOption] == "" {
		change[pinnedOption] = c.sealed(c.here())
	}
	return c.address(change)
}

// address is that of the request with some options changed; an empty one is left out.
func (c *call) address(change map[string]string) string {
	path := strings.TrimSuffix(c.r.URL.EscapedPath(), "/$query")
	var parts []string
	for part := range strings.SplitSeq(c.query, "&") {
		name, _, _ := strings.Cut(part, "=")
		plain := strings.ToLower(unescaped(name))
		if _, changes := change["$"+strings.TrimPrefix(plain, "$")]; part != "" && !changes {
			if _, changes := change[unescaped(name)]; !changes {
				parts = append(parts, part)
			}
		}
	}
	names := make([]string, 0, len(change))
	for name := range change {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		if value := change[name]; value != "" {
			parts = append(parts, name+"="+url.QueryEscape(value))
		}
	}
	address := strings.TrimSuffix(c.root(), Path) + path
	if len(parts) > 0 {
		address += "?" + strings.Join(parts, "&")
	}
	return address
}

// row answers with one row, or its identifier.
func (c *call) row() error {
	q := c.req.Query
	ok, none, err := c.reached(&q)
	if err != nil {
		return err
	}
	if !ok {
		return errNoSuch
	}
	selected(&q, &c.req.Shape)
	q.Top = 1
	p, err := q.Plan()
	if err != nil {
		return err
	}
	s := shows(&c.form, c.req.Of, p, len(p.Columns)).linked(&c.req.Shape)
	defer func() { c.Charge(c.r.Context(), s.all()) }()
	of := c.req.Of.Name + s.projected(&c.req.Shape) + "/$entity"
	if s.ref = c.req.Kind == uri.Ref; s.ref {
		of = "$ref"
	}
	found := false
	c.headers(c.form.contentType())
	_, err = p.Each(c.data, func(r *dataset.Row) error {
		found = !none
		b := c.context(append(c.out.buf, '{'), of)
		if s.ref {
			s.values++
			b = s.id(append(appendText(then(b), c.form.name("id")), ':'), r)
		} else {
			b = s.content(b, r)
		}
		c.out.buf = append(b, '}')
		return nil
	})
	switch {
	case err != nil || found:
		return err
	case len(c.req.Hops) > 0 && c.req.Hops[len(c.req.Hops)-1].Key == nil && !c.req.Hops[len(c.req.Hops)-1].Nav.Many:
		return c.nothing()
	}
	return errNoSuch
}

// nothing answers that a reference leads nowhere, or that there is no value.
func (c *call) nothing() error {
	c.w.Header().Del("Content-Type")
	c.out.sent = true
	c.w.WriteHeader(204)
	return nil
}

// property answers with one value of a row.
func (c *call) property() error {
	q := dataset.Query{Of: c.req.Of, Select: []dataset.Expr{dataset.Col(c.req.Property.Name)}, Top: 1}
	ok, none, err := c.reached(&q)
	if err != nil {
		return err
	}
	var rows []dataset.Row
	if ok && !none {
		if rows, err = c.all(q); err != nil {
			return err
		}
	}
	if len(rows) == 0 {
		return errNoSuch
	}
	c.Charge(c.r.Context(), 1)
	v := rows[0].Values[0]
	switch {
	case v.IsNull():
		return c.nothing()
	case c.req.Kind == uri.Raw:
		media, _ := takes(c.offer, "text/plain")
		if media == "" {
			return errNotAcceptable
		}
		c.headers("text/plain;charset=utf-8")
		return c.out.write([]byte(v.String()))
	}
	of := string(appendKey([]byte(c.req.Of.Name), c.req.Of, rows[0].Key)) + "/" + c.req.Property.Name
	b := c.context([]byte("{"), of)
	if t := edmTypes[v.Kind]; c.form.meta == full {
		b = appendText(append(appendText(then(b), c.form.name("type")), ':'), map[bool]string{true: "#"}[c.form.old]+strings.TrimPrefix(t, "Edm."))
	}
	b = append(then(b), `"value":`...)
	return c.send(append(appendValue(b, v, c.form.quoted), '}'))
}

// count answers with the number of rows.
func (c *call) count() error {
	q := c.req.Query
	ok, none, err := c.reached(&q)
	if err != nil {
		return err
	}
	if !ok {
		return errNoSuch
	}
	q.Top, q.Skip, q.Order, q.Total = dataset.NoRows, 0, nil, true
	p, err := q.Plan()
	if err != nil {
		return err
	}
	page := dataset.Page{}
	if !none {
		if page, err = p.Each(c.data, func(*dataset.Row) error { return nil }); err != nil {
			return err
		}
	}
	c.Charge(c.r.Context(), 1)
	c.headers("text/plain;charset=utf-8")
	return c.out.write([]byte(strconv.Itoa(page.Total)))
}
