package projectdata

import (
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"pmograph/internal/exchange/dataset"
	"pmograph/internal/exchange/odata"
	"pmograph/internal/exchange/odata/uri"
	"pmograph/internal/fault"
	"pmograph/internal/state"
)

const (
	rowsOfPage = 5_000
	name       = "projectdata" // of the feed, to who is told of answers
)

type service struct{ odata.Config }

// New gives the feed. It answers whatever lies below the segment ProjectData of a path.
func New(c odata.Config) http.Handler { return &service{c} }

// call is one request on its way to its answer.
type call struct {
	*service
	writer
	w   http.ResponseWriter
	r   *http.Request
	v   *view
	c   *catalogue
	req *uri.Request
	out *odata.Stream
}

// segment is the last of the feed's own in a path.
const segment = "/ProjectData"

// Paths are the patterns of where the feed lies: as on a site, and where sites of Project Web App were.
var Paths = []string{segment, "/_api" + segment, "/pwa/_api" + segment, "/PWA/_api" + segment, "/sites/{site}/_api" + segment}

// under splits a path behind the feed's own segment; ok is false if it has none.
func under(path string) (root, below string, ok bool) {
	before, after, found := strings.Cut(path, segment)
	if !found || after != "" && after[0] != '/' {
		return "", "", false
	}
	return before + segment + "/", strings.TrimPrefix(after, "/"), true
}

// Serves tells whether a path is one of the feed's.
func Serves(path string) bool {
	root, _, ok := under(path)
	return ok && (root == segment+"/" || strings.HasSuffix(root, "/_api"+segment+"/"))
}

// ServeHTTP answers a request.
func (s *service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	told := odata.Answer{Name: name, Began: s.Now()}
	ctx, out, stop := odata.Begin(r.Context(), w, s.Now, s.Time)
	defer stop()
	c := &call{service: s, w: w, r: r.WithContext(ctx), out: out}
	err := c.answer()
	if c.req != nil && c.req.Set != nil {
		told.Name += "_" + c.req.Set.Name
	}
	if err == nil || out.Begun() {
		out.Finish(&err)
	} else {
		s.Refuse(w, r, err)
	}
	if err != nil {
		_, told.Code, _ = odata.StatusOf(err)
	}
	told.Ended = s.Now()
	s.Told(r.Context(), told)
}

// spokenAs reads the form that an answer is to have.
func spokenAs(r *http.Request) (f form, err error) {
	if f.version, err = spoken(r.Header); err != nil {
		return f, err
	}
	accept := r.Header.Values("Accept")
	if strings.HasSuffix(r.URL.Path, "/$metadata") || strings.HasSuffix(r.URL.Path, "/$count") || strings.HasSuffix(r.URL.Path, "/$value") {
		accept = nil // these have one form each
	}
	_, below, _ := under(r.URL.Path)
	return formOf(f.version, option(r.URL.RawQuery, "$format"), accept, below == "")
}

// option gives a query option as it was said. Media types have semicolons, at which the standard library would stop.
func option(query, name string) string {
	for part := range strings.SplitSeq(query, "&") {
		key, text, _ := strings.Cut(part, "=")
		if plain, err := url.QueryUnescape(key); err == nil && plain == name {
			text, _ = url.QueryUnescape(text)
			return text
		}
	}
	return ""
}

func (c *call) answer() (err error) {
	defer func() {
		if p := recover(); p != nil {
			if err, _ = p.(error); err == nil || !errors.Is(err, state.ErrEnded) {
				panic(p)
			}
		}
	}()
	h := c.w.Header()
	h.Add("Vary", "Accept, Accept-Encoding, DataServiceVersion, MaxDataServiceVersion, OData-Version, OData-MaxVersion")
	if c.form, err = spokenAs(c.r); err != nil {
		return err
	}
	if c.r.Method != http.MethodGet && c.r.Method != http.MethodHead {
		h.Set("Allow", "GET, HEAD")
		return errReadOnly
	}
	root, below, _ := under(c.r.URL.EscapedPath())
	scheme := "http://"
	if c.Secure(c.r) {
		scheme = "https://"
	}
	c.root = scheme + c.r.Host + root
	x, err := c.View(c.r.Context())
	if err != nil {
		return err
	}
	leave, err := c.Slot(c.r.Context())
	if err != nil {
		return err
	}
	defer leave()
	c.v = dataset.NewView(x.Until(c.r.Context()))
	c.c = catalogueOf(c.v)
	c.updated = c.Now().UTC().Format(time.RFC3339)
	a := &asker{v: c.v, c: c.c}
	c.req, err = uri.Parse(c.c.Catalogue, below, c.r.URL.RawQuery, uri.Options{V3: true, Root: c.root, Key: a.key}) // forms of both versions
	if err != nil {
		return err
	}
	if c.req.Of != nil {
		a.query(&c.req.Query)
	}
	return c.run()
}

// key is the value of a column of a key.
func (a *asker) key(d *dataset.Dataset, column string, x value) value {
	return a.constant(a.c.byName[d.Name].property(column), x)
}

func (c *call) run() error {
	switch c.req.Kind {
	case uri.Service:
		if c.media == atom {
			return c.send("application/atomsvc+xml;charset=utf-8", c.serviceXML(c.c.sets))
		}
		return c.send(c.contentType(""), c.serviceJSON(c.c.sets))
	case uri.Metadata:
		return c.send("application/xml;charset=utf-8", c.metadata(c.c.sets))
	case uri.Rows:
		return c.rows()
	case uri.Row:
		return c.row()
	case uri.Property, uri.Raw:
		return c.property()
	case uri.Count:
		return c.count()
	}
	return errNotHere
}

// send answers with what is ready.
func (c *call) send(contentType string, b []byte) error {
	c.headers(contentType)
	return c.out.Write(b)
}

func (c *call) headers(contentType string) { c.form.headers(c.w.Header(), contentType) }

// headers sets what an answer says of itself.
func (f form) headers(h http.Header, contentType string) {
	h.Set("Content-Type", contentType)
	if f.version == v4 {
		h.Set("OData-Version", "4.0")
		return
	}
	h.Set("DataServiceVersion", f.String()+";")
}

// Refuse answers a request with an error, in the form it asked for. Nothing may have been written. It gives the error's code.
func Refuse(w http.ResponseWriter, r *http.Request, err error) (code string) {
	f, _ := spokenAs(r)
	status, code, text := odata.StatusOf(err)
	switch {
	case errors.Is(err, errReadOnly):
		status = http.StatusMethodNotAllowed
	case errors.Is(err, errNotAcceptable):
		status = http.StatusNotAcceptable
	}
	out := writer{form: f}
	contentType, body := f.contentType(""), []byte(nil)
	if f.media == atom {
		contentType, body = "application/xml;charset=utf-8", out.errorXML(code, text)
	} else {
		body = out.errorJSON(code, text)
	}
	f.headers(w.Header(), contentType)
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	_, _ = w.Write(body) // nobody is left to tell
	return code
}

var (
	errNoRow    = fault.New(fault.NotFound, "there is no such entity, or it is not visible")
	errNoValue  = fault.New(fault.NotFound, "there is no value")
	errReadOnly = fault.New(fault.BadRequest, "the feed is only read: GET and HEAD")
	errNotHere  = fault.New(fault.BadRequest, "batches, and links without what they lead to, are not offered here")
)

// reached narrows a query to the rows that the path leads to; an entity on the way that is not there is an error.
func (c *call) reached() (cond dataset.Expr, err error) {
	d := c.req.Set
	cond = keyed(d, c.req.Key)
	for _, hop := range c.req.Hops {
		q := dataset.Query{Of: d, Filter: cond, Top: 1}
		for _, pair := range hop.Nav.On {
			q.Select = append(q.Select, dataset.Col(pair[0]))
		}
		rows, err := c.all(q)
		if err != nil {
			return nil, err
		}
		if len(rows) == 0 {
			return nil, errNoRow
		}
		cond, d = nil, hop.Nav.Target()
		for i, pair := range hop.Nav.On {
			cond = dataset.And(cond, dataset.Op("eq", dataset.Col(pair[1]), dataset.Lit{Value: rows[0].Values[i]}))
		}
		cond = dataset.And(cond, keyed(d, hop.Key))
	}
	return cond, nil
}

// keyed is the condition that a row has a key.
func keyed(d *dataset.Dataset, key []value) (cond dataset.Expr) {
	for i, v := range key {
		cond = dataset.And(cond, dataset.Op("eq", dataset.Col(d.Key[i]), dataset.Lit{Value: v}))
	}
	return cond
}

func (c *call) all(q dataset.Query) ([]dataset.Row, error) {
	p, err := q.Plan()
	if err != nil {
		return nil, err
	}
	rows, _, err := p.All(c.v)
	return rows, err
}

// asked is the query of the request's rows.
func (c *call) asked() (q dataset.Query, err error) {
	cond, err := c.reached()
	q = c.req.Query
	q.Filter = dataset.And(cond, q.Filter)
	return q, err
}

func (c *call) rows() error {
	q, err := c.asked()
	if err != nil {
		return err
	}
	s := c.c.showing(&q, c.req.Shape)
	q.Page = rowsOfPage
	total, err := c.total(&q)
	if err != nil {
		return err
	}
	p, err := q.Plan()
	if err != nil {
		return err
	}
	c.headers(c.contentType("feed"))
	var b []byte
	if c.media == atom {
		b = c.openXML(append(b, prologue...), c.root+s.set.Name, s.set.Name, c.base())
	} else {
		b = c.openJSON(b, total, "#"+s.set.Name+c.chosen(s))
	}
	n := 0
	page, err := p.Each(c.v, func(r *dataset.Row) error {
		switch n++; {
		case c.media == atom:
			b = c.entityXML(b, s, r, "")
		case n > 1:
			b = c.entityJSON(append(b, ','), s, r)
		default:
			b = c.entityJSON(b, s, r)
		}
		err := c.out.Write(b)
		b = b[:0]
		return err
	})
	c.Charge(c.r.Context(), n*s.worth())
	if err != nil {
		return err
	}
	if c.media == light { // it was said ahead
		total = -1
	}
	if c.media == atom {
		b = c.closeXML(b, total, c.after(page.Next, n))
	} else {
		b = c.closeJSON(b, total, c.after(page.Next, n))
	}
	return c.out.Write(b)
}

// total tells how many rows there are on all pages, if that is asked for; else it is below zero.
func (c *call) total(q *dataset.Query) (int, error) {
	if !q.Total {
		return -1, nil
	}
	q.Total = false
	return c.counted(*q)
}

// counted tells how many rows match a query.
func (c *call) counted(q dataset.Query) (int, error) {
	p, err := dataset.Query{Of: q.Of, Steps: q.Steps, Filter: q.Filter, Select: []dataset.Expr{}, Top: dataset.NoRows, Total: true}.Plan()
	if err != nil {
		return 0, err
	}
	page, err := p.Each(c.v, func(*dataset.Row) error { return nil })
	return page.Total, err
}

// after is the address of the next page, behind so many rows; empty if there is none.
func (c *call) after(cursor *dataset.Cursor, rows int) string {
	if cursor == nil {
		return ""
	}
	query := ""
	for part := range strings.SplitSeq(c.r.URL.RawQuery, "&") {
		name, _, _ := strings.Cut(part, "=")
		switch name, _ = url.QueryUnescape(name); {
		case part == "" || name == "$skiptoken" || name == "$skip":
		case name == "$top":
			query += "$top=" + strconv.Itoa(c.req.Query.Top-rows) + "&"
		default:
			query += part + "&"
		}
	}
	_, below, _ := under(c.r.URL.EscapedPath())
	return c.root + below + "?" + query + "$skiptoken=" + cursor.String()
}

func (c *call) count() error {
	q, err := c.asked()
	if err != nil {
		return err
	}
	n, err := c.counted(q)
	if err != nil {
		return err
	}
	return c.send("text/plain;charset=utf-8", dataset.OfInt(n).Append(nil))
}

func (c *call) row() error {
	q, err := c.asked()
	if err != nil {
		return err
	}
	s := c.c.showing(&q, c.req.Shape)
	q.Top = 1
	rows, err := c.all(q)
	switch {
	case err != nil:
		return err
	case len(rows) == 0:
		return errNoRow
	case c.media == atom:
		return c.send(c.contentType("entry"), c.entityXML([]byte(prologue), s, &rows[0], c.base()))
	}
	return c.send(c.contentType(""), c.oneJSON(s, &rows[0]))
}

func (c *call) property() error {
	q, err := c.asked()
	if err != nil {
		return err
	}
	q.Select, q.Top = []dataset.Expr{dataset.Col(c.req.Property.Name)}, 1
	rows, err := c.all(q)
	if err != nil {
		return err
	}
	if len(rows) == 0 {
		return errNoRow
	}
	s := c.c.byName[c.req.Of.Name]
	p, v := s.property(c.req.Property.Name), rows[0].Values[0]
	switch {
	case c.req.Kind == uri.Raw && v.IsNull():
		return errNoValue
	case c.req.Kind == uri.Raw:
		return c.send("text/plain;charset=utf-8", c.plain(nil, p, v))
	case c.media == atom:
		return c.send("application/xml;charset=utf-8", c.propertyXML(p, v))
	}
	at, _ := url.PathUnescape(string(c.address(nil, s, rows[0].Key)))
	return c.send(c.contentType(""), c.propertyJSON(p, v, "#"+at+"/"+p.Name))
}
