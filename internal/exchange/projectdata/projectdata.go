package projectdata

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"pmograph/internal/exchange/dataset"
	"pmograph/internal/exchange/odata/uri"
	"pmograph/internal/fault"
	"pmograph/internal/state"
)

// Config is what the feed is served with.
type Config struct {
	View   func(ctx context.Context) (*state.View, error)                                          // the caller's, of the newest record
	Slot   func(ctx context.Context) (leave func(), err error)                                     // lets so much be answered at a time
	Secure func(r *http.Request) bool                                                              // tells whether the caller came by TLS
	Failed func(w http.ResponseWriter, r *http.Request, err error) (status int, code, text string) // notes an error, and says what of it is told
	Time   time.Duration                                                                           // that an answer may take to be made
}

const (
	rowsOfPage = 5_000
	chunk      = 64 << 10 // bytes of an answer that are kept before they go out: what fails before is told as an error
)

type service struct{ Config }

// New gives the feed. It answers whatever lies below the last segment ProjectData of a path.
func New(c Config) http.Handler { return &service{c} }

// call is one request on its way to its answer.
type call struct {
	*service
	writer
	w    http.ResponseWriter
	r    *http.Request
	v    *view
	c    *catalogue
	req  *uri.Request
	buf  []byte
	sent bool
}

// segment is where the feed lies: what stands before it in a path is of no matter.
const segment = "/ProjectData"

// under splits a path behind the feed's own segment; ok is false if it has none.
func under(path string) (root, below string, ok bool) {
	before, after, found := strings.Cut(path, segment)
	if !found || after != "" && after[0] != '/' {
		return "", "", false
	}
	return before + segment + "/", strings.TrimPrefix(after, "/"), true
}

// Serves tells whether a path is one of the feed's: /ProjectData and /_api/ProjectData, and the latter below whatever a site was called.
func Serves(path string) bool {
	root, _, ok := under(path)
	return ok && (root == segment+"/" || strings.HasSuffix(root, "/_api"+segment+"/"))
}

// ServeHTTP answers a request.
func (s *service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), s.Time)
	defer cancel()
	c := &call{service: s, w: w, r: r.WithContext(ctx)}
	switch err := c.answer(); {
	case err == nil:
		_ = c.flush(0)
	case c.sent: // the connection ends without the last part, so that nobody takes it for the whole
		s.Failed(w, r, err)
		panic(http.ErrAbortHandler)
	default:
		c.refuse(err)
	}
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
	h.Add("Vary", "Accept, DataServiceVersion, MaxDataServiceVersion, OData-Version, OData-MaxVersion")
	if c.version, err = spoken(c.r.Header); err != nil {
		return err
	}
	said := c.r.URL.Query().Get("$format")
	if c.form, err = formOf(c.version, said, c.r.Header.Values("Accept")); err != nil && !c.isMetadata() {
		return err
	}
	root, below, _ := under(c.r.URL.EscapedPath())
	scheme := "http://"
	if c.Secure(c.r) {
		scheme = "https://"
	}
	c.root = scheme + c.r.Host + root
	if c.r.Method != http.MethodGet && c.r.Method != http.MethodHead {
		h.Set("Allow", "GET, HEAD")
		return &fault.Error{Kind: fault.BadRequest, Text: "the feed is only read: GET and HEAD"}
	}
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
	c.updated = x.Snapshot().At().UTC().Format(time.RFC3339)
	a := &asker{v: c.v, c: c.c}
	c.req, err = uri.Parse(c.c.Catalogue, below, c.r.URL.RawQuery, uri.Options{V3: true, Root: c.root, Key: a.key})
	if err != nil {
		return err
	}
	if c.req.Of != nil {
		a.query(&c.req.Query)
	}
	return c.run()
}

func (c *call) isMetadata() bool { return strings.HasSuffix(c.r.URL.Path, "/$metadata") }

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
	return &fault.Error{Kind: fault.BadRequest, Text: "batches, and links without what they lead to, are not offered here"}
}

// send adds a whole answer.
func (c *call) send(contentType string, b []byte) error {
	c.headers(contentType)
	c.buf = append(c.buf, b...)
	return nil
}

func (c *call) headers(contentType string) {
	h := c.w.Header()
	h.Set("Content-Type", contentType)
	if c.version == v4 {
		h.Set("OData-Version", "4.0")
		return
	}
	h.Set("DataServiceVersion", c.version.String()+";")
}

// flush sends what is there, if it is as much as that.
func (c *call) flush(least int) error {
	if len(c.buf) < least {
		return nil
	}
	c.sent = true
	_, err := c.w.Write(c.buf)
	c.buf = c.buf[:0]
	return err
}

// refuse answers with an error in the form that was asked for.
func (c *call) refuse(err error) {
	status, code, text := c.Failed(c.w, c.r, err)
	if c.w.Header().Get("Allow") != "" {
		status = http.StatusMethodNotAllowed
	}
	c.buf = c.buf[:0]
	if c.media == atom && c.version != v4 {
		c.headers("application/xml;charset=utf-8")
		c.buf = c.errorXML(code, text)
	} else {
		c.headers(c.contentType(""))
		c.buf = c.errorJSON(code, text)
	}
	c.w.WriteHeader(status)
	_ = c.flush(0)
}

var errNoRow = &fault.Error{Kind: fault.NotFound, Text: "there is no such entity"}

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
	p, err := q.Plan()
	if err != nil {
		return err
	}
	c.headers(c.contentType("feed"))
	total := -1
	early := q.Total && c.media == light // light JSON says the count ahead of the entities
	if early {
		if total, err = c.counted(q); err != nil {
			return err
		}
	}
	if c.media == atom {
		c.buf = c.openXML(append(c.buf, prologue...), c.root+s.set.Name, s.set.Name, c.base())
	} else {
		c.buf = c.openJSON(c.buf, total, "#"+s.set.Name+c.chosen(s))
	}
	page, err := p.Each(c.v, func(r *dataset.Row) error {
		if c.media == atom {
			c.buf = c.entityXML(c.buf, s, r, "")
		} else {
			c.buf = c.entityJSON(next(c.buf), s, r)
		}
		return c.flush(chunk)
	})
	if err != nil {
		return err
	}
	if total = page.Total; early {
		total = -1
	}
	if c.media == atom {
		c.buf = c.closeXML(c.buf, total, c.after(page.Next))
	} else {
		c.buf = c.closeJSON(c.buf, total, c.after(page.Next))
	}
	return nil
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

// after is the address of the next page; empty if there is none.
func (c *call) after(cursor *dataset.Cursor) string {
	if cursor == nil {
		return ""
	}
	q := c.r.URL.Query()
	q.Set("$skiptoken", cursor.String())
	q.Del("$skip")
	_, below, _ := under(c.r.URL.EscapedPath())
	return c.root + below + "?" + strings.ReplaceAll(q.Encode(), "%24", "$")
}

func (c *call) count() error {
	q, err := c.asked()
	if err != nil {
		return err
	}
	n, err := c.counted(q)
	return errors.Join(err, c.send("text/plain;charset=utf-8", dataset.OfInt(n).Append(nil)))
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
		return &fault.Error{Kind: fault.NotFound, Text: "there is no value"}
	case c.req.Kind == uri.Raw:
		return c.send("text/plain;charset=utf-8", c.plain(nil, p, v))
	case c.media == atom:
		return c.send("application/xml;charset=utf-8", c.propertyXML(p, v))
	}
	at, _ := url.PathUnescape(string(c.address(nil, s, rows[0].Key)))
	return c.send(c.contentType(""), c.propertyJSON(p, v, "#"+at+"/"+p.Name))
}
