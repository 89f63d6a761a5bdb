// Package odata serves the catalogue of datasets by OData 4.01, and by 4.0 to who asks for that: for Power BI, Excel, Tableau and whatever reads it. It
// writes nothing. What a caller sees is what his view shows.
package odata

import (
	"context"
	"net/http"
	"strings"
	"time"

	"pmograph/auth"
	"pmograph/internal/exchange/dataset"
	"pmograph/internal/exchange/odata/uri"
	"pmograph/internal/fault"
	"pmograph/internal/state"
)

// Path is where the service lies.
const Path = "/odata/v4/"

// Config is what a service is made of.
type Config struct {
	View   func(ctx context.Context) (*state.View, error)          // the caller's, of the newest record
	Caller func(ctx context.Context) string                        // tells callers apart: what one is given to go on with is his alone
	Who    func(ctx context.Context) auth.Identity                 // says who the caller is: his saved queries are sets, too
	Slot   func(ctx context.Context) (leave func(), err error)     // lets so much be answered at a time
	Charge func(ctx context.Context, values int)                   // takes what an answer came to from its caller's budget
	Told   func(ctx context.Context, a Answer)                     // is told of every answer
	Secure func(r *http.Request) bool                              // tells whether the caller came by TLS
	Refuse func(w http.ResponseWriter, r *http.Request, err error) // answers with an error
	Now    func() time.Time
	Time   time.Duration // that an answer may take to be made
	Build  string        // names the program: entity tags of another one do not match
}

// Answer is what is told of an answer.
type Answer struct {
	Name         string // the set, or the kind of question, as a word
	Code         string // of its error; empty if there is none
	Began, Ended time.Time
}

const (
	defaultPage = 5_000  // rows of a page
	maxPage     = 50_000 // of one that is asked for
	maxBody     = 64 << 10
)

type service struct{ Config }

// New gives the service, to be mounted at Path.
func New(c Config) http.Handler { return &service{c} }

// call is one request on its way to its answer.
type call struct {
	*service
	w      http.ResponseWriter
	r      *http.Request
	form   form
	path   string // below the service's root, as it was sent
	query  string // the query, with what a body added
	offer  []offer
	view   *state.View   // of the caller
	data   *dataset.View // the same, or of the record that a page belongs to
	req    *uri.Request
	name   string // for who is told of it
	out    *stream
	clock  *clock
	within bool // it is part of a batch
}

// ServeHTTP answers a request.
func (s *service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	began := s.Now()
	c := &call{service: s, w: w, r: r, name: "odata", query: r.URL.RawQuery}
	err := c.answer()
	switch {
	case err == nil:
	case c.out.begun():
		c.out.breakOff()
	default:
		s.Refuse(w, r, err)
	}
	a := Answer{Name: c.name, Began: began, Ended: s.Now()}
	if err != nil {
		_, _, f := statusOf(err)
		a.Code = string(f.Kind)
	}
	s.Told(r.Context(), a)
}

// answer answers; an error has not been told to the client yet, unless the answer has begun.
func (c *call) answer() (err error) {
	defer func() {
		switch p := recover(); {
		case p == nil:
		case p == any(state.ErrEnded):
			err = state.ErrEnded
		default:
			if c.out.begun() {
				c.out.breakOff()
			}
			panic(p)
		}
	}()
	h := c.w.Header()
	h["Vary"] = append(h["Vary"], "Accept", "Accept-Encoding", "OData-MaxVersion", "Prefer")
	if c.form.old, err = versioned(c.r.Header); err != nil {
		return err
	}
	h.Set("OData-Version", c.form.version())
	c.form.preferred(c.r.Header.Values("Prefer"))
	ctx := c.r.Context()
	if !c.within { // the parts of a batch share its time
		var stop func()
		ctx, c.clock, stop = started(ctx, c.Now, c.Time)
		defer stop()
		c.r = c.r.WithContext(ctx)
	}
	path := strings.TrimPrefix(c.r.URL.EscapedPath(), strings.TrimSuffix(Path, "/"))
	path = strings.TrimPrefix(path, "/")
	if path, err = c.method(path); err != nil {
		return err
	}
	if c.r.Method == http.MethodOptions {
		c.w.WriteHeader(http.StatusNoContent)
		return nil
	}
	if path == "$batch" {
		c.name = "odata_batch"
		return c.batch()
	}
	if c.view, err = c.View(ctx); err != nil {
		return err
	}
	return c.ask(path)
}

// method refuses what writes, and takes the options that a long question sends as its body.
func (c *call) method(path string) (string, error) {
	h := c.w.Header()
	switch m := c.r.Method; {
	case m == http.MethodOptions:
		h.Set("Allow", "GET, HEAD, OPTIONS, POST")
	case m == http.MethodGet || m == http.MethodHead:
		if path == "$batch" {
			h.Set("Allow", "POST, OPTIONS")
			return path, refused(http.StatusMethodNotAllowed, "METHOD", fault.BadRequest, "a batch is sent by POST")
		}
	case m == http.MethodPost && path == "$batch":
	case m == http.MethodPost && strings.HasSuffix(path, "/$query"):
		body, err := c.body("text/plain", "application/x-www-form-urlencoded")
		if err != nil {
			return path, err
		}
		if c.query != "" && len(body) > 0 {
			c.query += "&"
		}
		c.query += string(body)
		return strings.TrimSuffix(path, "/$query"), nil
	default:
		h.Set("Allow", "GET, HEAD, OPTIONS")
		return path, errReadOnly
	}
	return path, nil
}

// ask reads the address and answers what it asks.
func (c *call) ask(path string) (err error) {
	c.offer, err = accepted(formatOf(c.query), c.r.Header.Values("Accept"))
	if err != nil {
		return err
	}
	c.data = c.seeing(c.view)
	c.path = path
	if path == "" && c.wantsPage() {
		return c.page()
	}
	if c.req, err = c.read(c.data, path); err != nil {
		return err
	}
	if c.req.Set != nil {
		c.name = "odata_" + c.req.Set.Name
	}
	return c.answers()
}

// seeing makes a view readable for the caller, as long as the question has time.
func (c *call) seeing(v *state.View) *dataset.View {
	return dataset.NewViewFor(v.Until(c.r.Context()), c.Who(c.r.Context()))
}

// read reads an address by the catalogue of a view.
func (c *call) read(v *dataset.View, path string) (*uri.Request, error) {
	return uri.Parse(dataset.CatalogueOf(v), path, c.query, uri.Options{Root: c.root()})
}

// formatOf gives what $format says, to know the form of errors in the rest.
func formatOf(query string) string {
	for part := range strings.SplitSeq(query, "&") {
		name, value, _ := strings.Cut(part, "=")
		if n := unescaped(name); n == "$format" || n == "format" {
			return unescaped(value)
		}
	}
	return ""
}

// answers answers a request that was read.
func (c *call) answers() error {
	switch c.req.Kind {
	case uri.Metadata:
		return c.metadata()
	case uri.Count, uri.Raw:
		if media, _ := takes(c.offer, "text/plain", jsonType); media == "" && c.req.Kind == uri.Count {
			return errNotAcceptable
		}
	default:
		if err := c.form.asked(c.offer); err != nil {
			return err
		}
	}
	if unchanged := c.tagged(); unchanged {
		return nil
	}
	leave, err := c.Slot(c.r.Context())
	if err != nil {
		return err
	}
	defer leave()
	c.out = &stream{w: c.w, clock: c.clock}
	if err := c.run(); err != nil {
		return err
	}
	return c.out.finish()
}

func (c *call) run() error {
	switch c.req.Kind {
	case uri.Service:
		return c.serviceDocument()
	case uri.Rows, uri.Refs:
		if c.req.DeltaToken != "" {
			return c.changes()
		}
		return c.rows()
	case uri.Row, uri.Ref:
		return c.row()
	case uri.Property, uri.Raw:
		return c.property()
	case uri.Count:
		return c.count()
	}
	return errNoSuch
}

// root is the address of the service as the caller knows it.
func (c *call) root() string {
	scheme := "http"
	if c.Secure(c.r) {
		scheme = "https"
	}
	return scheme + "://" + c.r.Host + Path
}

// context appends the address that says what an answer is of.
func (c *call) context(b []byte, of string) []byte {
	if c.form.meta == none {
		return b
	}
	b = append(appendText(then(b), c.form.name("context")), ':')
	if of != "" {
		of = "#" + of
	}
	return appendText(b, c.root()+"$metadata"+of)
}

func (c *call) serviceDocument() error {
	b := c.context([]byte("{"), "")
	b = append(then(b), `"value":[`...)
	for _, d := range dataset.CatalogueOf(c.data).Whole() {
		b = append(then(b), '{')
		for _, x := range [][2]string{{"name", d.Name}, {"kind", "EntitySet"}, {"url", d.Name}, {"title", d.Title}} {
			b = appendText(append(appendText(then(b), x[0]), ':'), x[1])
		}
		b = append(b, '}')
	}
	return c.send(append(b, "]}"...))
}

// send answers with JSON that is ready.
func (c *call) send(b []byte) error {
	c.headers(c.form.contentType())
	return c.out.write(b)
}

// headers sets what an answer says of itself.
func (c *call) headers(contentType string) {
	h := c.w.Header()
	h.Set("Content-Type", contentType)
	if len(c.form.preferring) > 0 {
		h.Set("Preference-Applied", strings.Join(c.form.preferring, ", "))
	}
}

// metadata answers with the schema.
func (c *call) metadata() error {
	types := []string{"application/xml", jsonType}
	if c.form.old && c.req.Format == "" { // OData 4.0 has no schema in JSON, and some clients accept JSON first whatever they ask for
		types = types[:1]
	}
	media, _ := takes(c.offer, types...)
	switch {
	case media == "" && c.form.old && c.req.Format == "":
		if media, _ = takes(c.offer, jsonType); media == "" {
			return errNotAcceptable
		}
		media = types[0]
	case media == "":
		return errNotAcceptable
	}
	c.form = form{old: c.form.old, meta: full}
	c.form.quoted = media == jsonType // the form tells the two apart
	if unchanged := c.tagged(); unchanged {
		return nil
	}
	m := modelOf(dataset.CatalogueOf(c.data), c.data.Book.Currency())
	c.out = &stream{w: c.w, clock: c.clock}
	body := []byte(nil)
	if media == jsonType {
		c.headers(jsonType + ";charset=utf-8")
		body = m.json()
	} else {
		c.headers("application/xml;charset=utf-8")
		body = m.xml(c.form.version())
	}
	c.out.buf = body
	return c.out.finish()
}
