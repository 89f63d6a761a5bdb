package files

import (
	"context"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/textproto"
	"strings"
	"sync/atomic"
	"time"

	"pmograph/auth"
	"pmograph/internal/exchange/dataset"
	"pmograph/internal/fault"
	"pmograph/internal/journal"
	"pmograph/internal/state"
)

// Path is where files are asked for.
const Path = "/export/"

// spoolPath is where the parts of one that is kept are asked for.
const spoolPath = Path + "spool/"

// Config is what a service of files is made of.
type Config struct {
	View   func(ctx context.Context, q journal.Query) (*state.View, error)                        // for who is asking
	Caller func(ctx context.Context) string                                                       // tells who is asking from all others
	Reader func(ctx context.Context) string                                                       // names who is asking in the file: user-5
	Lease  func(ctx context.Context, seq int64) (held context.Context, release func(), err error) // on the record that is read
	Erased func() int64                                                                           // number of the newest erasure
	Charge func(ctx context.Context, values int)                                                  // takes from who is asking what a file came to
	Told   func(ctx context.Context, name string, err error, began time.Time)                     // is told how a file went
	Refuse func(w http.ResponseWriter, r *http.Request, err error)                                // answers with an error
	Who    func(ctx context.Context) auth.Identity                                                // says who he is: his saved queries can be exported
	Spool  *Spool                                                                                 // nil: every file is sent as it is written
	Now    func() time.Time
	Build  string // names the program: what it wrote is not taken for another's
}

// Server serves files.
type Server struct {
	Config
	written  [4]atomic.Int64 // files, by place in Formats
	rows     atomic.Int64
	repeated atomic.Int64
}

// New makes a service of files.
func New(c Config) *Server {
	return &Server{Config: c}
}

// Stats is what a service has done.
type Stats struct {
	Written  map[Format]int64
	Rows     int64
	Repeated int64 // files, or parts of them, that were sent again as they were kept
}

// Stats tells what was done.
func (s *Server) Stats() Stats {
	out := Stats{Written: map[Format]int64{}, Rows: s.rows.Load(), Repeated: s.repeated.Load()}
	for i, f := range Formats {
		out.Written[f] = s.written[i].Load()
	}
	return out
}

func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		s.Refuse(w, r, fault.New(fault.BadRequest, "files are asked for by GET"))
		return
	}
	began := s.Now()
	var err error
	name := "export"
	if id, ok := strings.CutPrefix(r.URL.Path, spoolPath); ok {
		err = s.part(w, r, id)
	} else {
		name, err = s.file(w, r)
	}
	s.Told(r.Context(), name, err, began)
	if err != nil && !errors.Is(err, errSent) {
		s.Refuse(w, r, err)
	}
}

// errSent says that a part of a file had gone out before something failed.
var errSent = errors.New("a part was sent")

// file answers a question for a file. It gives the name by which figures count it.
func (s *Server) file(w http.ResponseWriter, r *http.Request) (name string, err error) {
	name = "export"
	a, err := ParseAsk(strings.TrimPrefix(r.URL.Path, Path), r.URL.Query())
	if err != nil {
		return name, err
	}
	name += " " + string(a.Format)
	a.Who = s.Who(r.Context())
	now, err := s.View(r.Context(), a.Known)
	if err != nil {
		return name, err
	}
	f := s.asked(r, a, now)
	if matches(r.Header.Values("If-None-Match"), f.tag) {
		headers(w.Header(), f)
		w.WriteHeader(http.StatusNotModified)
		return name, nil
	}
	again := r.Header.Get("If-Range")
	kept := s.find(func(o *spooled) bool {
		return o.owner == f.owner && o.ask == f.ask && (o.tag == f.tag || again != "" && o.tag == again)
	})
	if kept != nil {
		s.repeated.Add(1)
		s.send(w, r, kept)
		return name, nil
	}
	held, release, err := s.Lease(r.Context(), f.position.Seq)
	if err != nil {
		return name, err
	}
	defer release()
	v := a.view(now.Within(held).Until(held))
	tables, err := a.Tables(v)
	if err != nil {
		return name, err
	}
	o := a.options(v, f.about.Reader, nil)
	write := func(to io.Writer) ([]Coverage, error) { return s.write(r.Context(), to, a.Format, v, tables, o) }
	if s.Spool == nil || a.Format.Streams() && !a.Spool && r.Header.Get("Range") == "" {
		return name, s.stream(w, r, f, write)
	}
	if err := s.Spool.write(f, write); err != nil {
		return name, err
	}
	release() // it is read from the disk from here on
	if s.find(func(o *spooled) bool { return o == f }) == nil {
		return name, fault.New(fault.Unavailable, "something was erased while the file was written; ask again")
	}
	s.send(w, r, f)
	return name, nil
}

// asked is the file that a question asks for, before it is written.
func (s *Server) asked(r *http.Request, a Ask, now *state.View) *spooled {
	v := a.view(now)
	f := &spooled{owner: s.owner(r.Context(), now), ask: a.key(), format: a.Format, about: AboutView(v, s.Reader(r.Context())), position: v.Position()}
	f.tag = `"` + digest(s.Build, f.principal, f.rights, f.ask, f.position.String(), v.Day().String()) + `"`
	f.name = strings.TrimSuffix(r.URL.Path[len(Path):], "."+string(a.Format)) + "-" + v.Day().String() + "." + string(a.Format)
	return f
}

// find gives a file that is kept; nil if there is none.
func (s *Server) find(is func(*spooled) bool) *spooled {
	if s.Spool == nil {
		return nil
	}
	return s.Spool.find(s.Erased(), is)
}

func (s *Server) owner(ctx context.Context, v *state.View) owner {
	return owner{s.Caller(ctx), digest(v.Rights().Canonical())}
}

// write writes a file and counts it.
func (s *Server) write(ctx context.Context, to io.Writer, f Format, v *dataset.View, tables []Table, o Options) ([]Coverage, error) {
	all, err := Write(to, f, v, tables, o)
	if dataset.Ended(err) {
		return nil, fault.Wrap(fault.Unavailable, err, "the file took longer to write than a file may")
	}
	if err != nil {
		return nil, err
	}
	values := 0
	for i, c := range all {
		s.rows.Add(c.Rows)
		values += int(c.Rows) * len(tables[i].Plan.Columns)
	}
	for i := range Formats {
		if Formats[i] == f {
			s.written[i].Add(1)
		}
	}
	s.Charge(ctx, values)
	return all, nil
}

// headers say what is known of a file before it is written.
func headers(h http.Header, f *spooled) {
	h.Set("Content-Type", f.format.Type())
	h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": f.name}))
	h.Set("ETag", f.tag)
	h.Set("Last-Modified", f.about.At.UTC().Format(http.TimeFormat))
	if !f.format.Streams() {
		h.Set("Accept-Ranges", "bytes")
	}
	for _, x := range f.about.facts() {
		h.Set(headerOf(x.name), x.value)
	}
}

// headerOf is the header field of a fact: Pmo-As-Of.
func headerOf(name string) string { return textproto.CanonicalMIMEHeaderKey("Pmo-" + name) }

// covered says what a file came to, of all its tables together.
func covered(h http.Header, all []Coverage) {
	var c Coverage
	for _, x := range all {
		c.Rows, c.Cut = c.Rows+x.Rows, c.Cut+x.Cut
		for i, n := range x.Withheld {
			c.Withheld[i] += n
		}
	}
	for _, x := range c.facts() {
		h.Set(headerOf(x.name), x.value)
	}
}

// send sends a file that is kept, or the part of it that is asked for.
func (s *Server) send(w http.ResponseWriter, r *http.Request, f *spooled) {
	headers(w.Header(), f)
	covered(w.Header(), f.all)
	w.Header().Set("Content-Location", spoolPath+strings.Trim(f.tag, `"`)+"."+string(f.format))
	http.ServeContent(w, r, "", f.about.At, io.NewSectionReader(f.file, 0, f.size))
}

// part answers a question for a file that is kept, by its entity tag. Who is no owner of it gets the answer that he gets if there is none.
func (s *Server) part(w http.ResponseWriter, r *http.Request, id string) error {
	v, err := s.View(r.Context(), journal.Query{})
	if err != nil {
		return err
	}
	who := s.owner(r.Context(), v)
	f := s.find(func(f *spooled) bool {
		return f.owner == who && strings.Trim(f.tag, `"`)+"."+string(f.format) == id
	})
	if f == nil {
		return fault.New(fault.NotFound, "there is no such file: files are kept for an hour, for who asked for them, while his rights stay as they were; ask for it anew")
	}
	s.repeated.Add(1)
	s.send(w, r, f)
	return nil
}

// stream sends a file as it is written. What it came to is told in trailers. If it fails after a part went out, the connection ends without the last part, so
// that nobody takes it for the whole.
func (s *Server) stream(w http.ResponseWriter, r *http.Request, f *spooled, write func(io.Writer) ([]Coverage, error)) error {
	out := &sending{w: w, head: func() {
		headers(w.Header(), f)
		w.Header().Set("Trailer", headerOf("rows")+", "+headerOf("withheld"))
	}}
	if r.Method == http.MethodHead {
		out.head()
		return nil
	}
	all, err := write(out)
	switch {
	case err == nil:
		covered(w.Header(), all)
		return nil
	case out.begun:
		_ = http.NewResponseController(w).SetWriteDeadline(time.Unix(1, 0))
		return errors.Join(errSent, err)
	}
	return err
}

// sending sends a file, what is known of it first.
type sending struct {
	w     io.Writer
	head  func()
	begun bool
}

// Write sends.
func (s *sending) Write(b []byte) (int, error) {
	if !s.begun {
		s.head()
	}
	s.begun = true
	return s.w.Write(b)
}

// matches tells whether an If-None-Match names a tag.
func matches(lines []string, tag string) bool {
	for _, line := range lines {
		for one := range strings.SplitSeq(line, ",") {
			if one = strings.TrimSpace(one); one == "*" || strings.TrimPrefix(one, "W/") == tag {
				return true
			}
		}
	}
	return false
}
