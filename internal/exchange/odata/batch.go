package odata

import (
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"pmograph/internal/fault"
)

// maxRequests is how many requests a batch has.
const maxRequests = 20

// batched is one request of a batch.
type batched struct {
	ID             string            `json:"id"`
	Method         string            `json:"method"`
	URL            string            `json:"url"`
	Headers        map[string]string `json:"headers"`
	Body           json.RawMessage   `json:"body"`
	DependsOn      []string          `json:"dependsOn"`
	AtomicityGroup string            `json:"atomicityGroup"`
	If             string            `json:"if"`
}

// batch answers the requests of a batch one after the other, each as if it came by itself. Without continue-on-error the first that fails is the last
// that is answered.
func (c *call) batch() error {
	all, err := c.batched()
	if err != nil {
		return err
	}
	if err := c.form.asked(offersOf(c.r)); err != nil {
		return err
	}
	if c.form.goOn {
		c.form.preferring = append(c.form.preferring, "continue-on-error")
	}
	c.headers(jsonType + ";charset=utf-8")
	c.out = &stream{w: c.w, clock: c.clock}
	c.out.buf = append(c.out.buf, `{"responses":[`...)
	failed := map[string]bool{}
	for i := range all {
		status, err := c.one(&all[i], failed)
		if err != nil {
			return err
		}
		if failed[all[i].ID] = status >= http.StatusBadRequest; failed[all[i].ID] && !c.form.goOn {
			break
		}
	}
	c.out.buf = append(c.out.buf, "]}"...)
	return c.out.finish()
}

func offersOf(r *http.Request) []offer {
	all, _ := accepted("", r.Header.Values("Accept")) // without $format nothing can be wrong with it
	return all
}

// batched reads the requests.
func (c *call) batched() ([]batched, error) {
	if strings.HasPrefix(strings.ToLower(c.r.Header.Get("Content-Type")), "multipart/") {
		return nil, errNoMultipart
	}
	body, err := c.body(jsonType)
	if err != nil {
		return nil, err
	}
	var in struct {
		Requests []batched `json:"requests"`
	}
	bad := func(format string, args ...any) error { return fault.New(fault.BadRequest, format, args...) }
	switch err := json.Unmarshal(body, &in); {
	case err != nil:
		return nil, bad("the batch is no object with a list of requests")
	case len(in.Requests) > maxRequests:
		return nil, bad("a batch has at most %d requests, not %d", maxRequests, len(in.Requests))
	}
	known := map[string]bool{}
	for _, x := range in.Requests {
		switch {
		case x.ID == "" || known[x.ID]:
			return nil, bad("each request of a batch has an id of its own")
		case x.Method == "" || x.URL == "":
			return nil, bad("request %.40q has no method, or no url", x.ID)
		case x.If != "":
			return nil, refused(http.StatusNotImplemented, "NOT_DONE", fault.BadRequest, "if is not done in a batch")
		case slices.ContainsFunc(x.DependsOn, func(id string) bool { return !known[id] }):
			return nil, bad("request %.40q depends on one that does not come before it", x.ID)
		}
		known[x.ID] = true
	}
	return in.Requests, nil
}

// one answers a request of a batch.
func (c *call) one(x *batched, failed map[string]bool) (status int, err error) {
	p := &part{out: c.out, id: x.ID, header: http.Header{}}
	inner, err := c.inner(x)
	switch {
	case err != nil:
	case slices.ContainsFunc(x.DependsOn, func(id string) bool { return failed[id] }):
		err = refused(http.StatusFailedDependency, "FAILED_DEPENDENCY", fault.BadRequest, "a request that this one depends on failed")
	default:
		c.Charge(c.r.Context(), requestValues)
		sub := &call{service: c.service, w: p, r: inner, name: c.name, query: inner.URL.RawQuery, clock: c.clock, within: true}
		if err = sub.answer(); err != nil && sub.out.begun() {
			return 0, err // it cannot be taken back
		}
	}
	if err != nil {
		c.Refuse(p, c.r, err)
	}
	p.end()
	return p.status, nil
}

// requestValues is what each request of a batch costs beside its answer.
const requestValues = 100

// inner makes a request of a batch one that could have come by itself, to the same server, by the same caller.
func (c *call) inner(x *batched) (*http.Request, error) {
	if x.AtomicityGroup != "" && !strings.EqualFold(x.Method, http.MethodGet) {
		return nil, errReadOnly
	}
	base, err := url.Parse(c.root())
	if err != nil {
		return nil, fault.New(fault.BadRequest, "the host is none")
	}
	address, err := base.Parse(x.URL)
	switch {
	case err != nil || len(x.URL) > maxBody:
		return nil, fault.New(fault.BadRequest, "the url of request %.40q cannot be read", x.ID)
	case strings.HasPrefix(x.URL, "$") && !strings.HasPrefix(x.URL, "$metadata"):
		return nil, refused(http.StatusNotImplemented, "NOT_DONE", fault.BadRequest, "references to other requests, and batches, are not done in a batch")
	case address.Host != base.Host || !strings.HasPrefix(address.EscapedPath(), Path) || strings.HasPrefix(address.Path, Path+"$batch"):
		return nil, fault.New(fault.BadRequest, "the url of request %.40q leads away from this service", x.ID)
	}
	r := c.r.Clone(c.r.Context())
	r.Method, r.URL, r.Body = strings.ToUpper(x.Method), address, http.NoBody
	r.Header = http.Header{}
	for _, name := range []string{"OData-MaxVersion", "Accept"} {
		if v := c.r.Header.Get(name); v != "" {
			r.Header.Set(name, v)
		}
	}
	for name, value := range x.Headers {
		r.Header.Set(name, value)
	}
	return r, nil
}

// part is the answer to one request of a batch, which stands among the others.
type part struct {
	out    *stream
	id     string
	header http.Header
	status int
	text   []byte // of an answer that is no JSON
	json   bool
	some   bool
}

// Header gives the header.
func (p *part) Header() http.Header { return p.header }

// WriteHeader begins the answer.
func (p *part) WriteHeader(status int) {
	if p.status != 0 {
		return
	}
	p.status = status
	b := append(appendText(append(then(p.out.buf), `{"id":`...), p.id), `,"status":`...)
	b = append(append(b, strconv.Itoa(status)...), `,"headers":{`...)
	for _, name := range []string{"Content-Type", "OData-Version", "ETag", "Preference-Applied", "Allow", "Retry-After"} {
		if v := p.header.Get(name); v != "" {
			b = appendText(append(appendText(then(b), strings.ToLower(name)), ':'), v)
		}
	}
	p.out.buf = append(b, '}')
	p.json = strings.HasPrefix(p.header.Get("Content-Type"), jsonType)
}

// Write adds to the body.
func (p *part) Write(b []byte) (int, error) {
	p.WriteHeader(http.StatusOK)
	if !p.json {
		p.text = append(p.text, b...)
		return len(b), nil
	}
	if !p.some {
		p.out.buf, p.some = append(p.out.buf, `,"body":`...), true
	}
	return len(b), p.out.write(b)
}

// end ends the answer.
func (p *part) end() {
	p.WriteHeader(http.StatusOK)
	if len(p.text) > 0 {
		p.out.buf = appendText(append(p.out.buf, `,"body":`...), string(p.text))
	}
	p.out.buf = append(p.out.buf, '}')
}
