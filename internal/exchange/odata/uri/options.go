package uri

import (
	"net/url"
	"regexp"
	"strings"
	"unicode/utf8"

	"pmograph/internal/exchange/dataset"
	"pmograph/internal/fault"
)

// Options says how an address is read.
type Options struct {
	V3   bool   // OData 3: guid'…' and datetime'…', substringof, $inlinecount, $expand=A/B
	Root string // of the service, as absolute addresses of $id begin: https://host/odata/v4/

	// Key turns a constant in parentheses into the value of a column of a key; nil: constants are written as values are.
	Key func(d *dataset.Dataset, column string, v dataset.Value) dataset.Value
}

// said is the query options of an address.
type said struct {
	system  map[string]string // by name without $, in small letters
	all     map[string]string // Request.Options
	aliases map[string]string
}

// systemOptions are all that OData has for reads.
var systemOptions = setOf("apply compute count deltatoken expand filter format id index inlinecount levels orderby schemaversion search select skip skiptoken top")

func setOf(words string) map[string]bool {
	set := map[string]bool{}
	for _, w := range strings.Fields(words) {
		set[w] = true
	}
	return set
}

// optionsOf takes a query apart.
func optionsOf(rawQuery string, o Options) (said, error) {
	s := said{map[string]string{}, map[string]string{}, map[string]string{}}
	if rawQuery == "" {
		return s, nil
	}
	parts := strings.Split(rawQuery, "&")
	if len(parts) > maxOptions {
		return s, fault.At("query", "OUT_OF_RANGE", "an address has at most %d query options", maxOptions)
	}
	for _, part := range parts {
		if part == "" {
			continue
		}
		if err := s.add(part, o); err != nil {
			return s, err
		}
	}
	return s, nil
}

func (s *said) add(part string, o Options) error {
	rawName, rawValue, _ := strings.Cut(part, "=")
	name, err := decoded(rawName, url.QueryUnescape, "query")
	if err != nil {
		return err
	}
	short := strings.ToLower(strings.TrimPrefix(name, "$"))
	dollar, alias := strings.HasPrefix(name, "$"), strings.HasPrefix(name, "@")
	system := systemOptions[short] && (dollar || !o.V3)
	at, key, set := "query", name, map[string]string{}
	switch {
	case alias && !aliasName.MatchString(name):
		return fault.At(at, "INVALID", "%.60q is no name of an alias", name)
	case alias:
		at, set = name, s.aliases
	case system:
		at, key, set = "$"+short, short, s.system
	case dollar:
		return fault.At(at, "INVALID", "there is no query option %.60q", name)
	}
	value, err := decoded(rawValue, url.QueryUnescape, at)
	if err != nil {
		return err
	}
	if _, twice := set[key]; twice {
		return fault.At(at, "TWICE", "%s is said twice", at)
	}
	set[key], s.all[key] = value, value
	return nil
}

// aliasName is the form of a parameter alias.
var aliasName = regexp.MustCompile(`^@[\pL_][\pL\pN_]{0,127}$`)

// decoded undoes the percent encoding of a part of an address.
func decoded(text string, undo func(string) (string, error), at string) (string, error) {
	plain, err := undo(text)
	switch {
	case err != nil:
		return "", fault.At(at, "INVALID", "%.40q is not percent-encoded as it should be", text)
	case !utf8.ValidString(plain) || strings.ContainsRune(plain, 0):
		return "", fault.At(at, "INVALID", "the text is not UTF-8")
	}
	return plain, nil
}

// Options that go with each kind of request. Others are refused, but for those that a count ignores.
var (
	shaping  = "compute expand select format schemaversion"
	choosing = "apply compute count deltatoken expand filter format inlinecount orderby schemaversion search select skip skiptoken top"
	allowed  = map[Kind]map[string]bool{
		Service:  setOf("format schemaversion"),
		Metadata: setOf("format schemaversion"),
		Batch:    setOf("format schemaversion"),
		Rows:     setOf(choosing),
		Row:      setOf(shaping),
		Property: setOf("format schemaversion"),
		Raw:      setOf("format schemaversion"),
		Count:    setOf(choosing),
		Refs:     setOf("count filter format inlinecount orderby schemaversion search skip skiptoken top"),
		Ref:      setOf("format schemaversion"),
	}
)

// options reads what is said beside the path into the request.
func (j *job) options(req *Request, s said) {
	req.Options = s.all
	for name := range systemOptions { // in any order: each is refused alike
		if _, ok := s.system[name]; ok && !allowed[req.Kind][name] {
			panic(fault.At("$"+name, "NOT_ALLOWED", "$%s does not go with this path", name))
		}
	}
	j.plain(req, s)
	q := &req.Query
	q.Of = req.Of
	top := &scope{d: req.Of}
	req.Shape = Shape{All: true}
	j.each(s, map[string]func(r *reader){
		"apply":   func(r *reader) { q.Steps = append(q.Steps, r.apply()...) },
		"compute": func(r *reader) { q.Compute = r.compute() },
		"filter":  func(r *reader) { q.Filter = r.expr() },
		"search":  func(r *reader) { q.Search = r.search() },
		"orderby": func(r *reader) { q.Order = r.orders() },
		"skip":    func(r *reader) { q.Skip = r.rows() },
		"top":     func(r *reader) { q.Top = topOf(r.rows()) },
		"count":   func(r *reader) { q.Total = r.truth() },
		"inlinecount": func(r *reader) {
			q.Total = r.has("allpages")
			if !q.Total && !r.has("none") {
				r.wants("allpages or none")
			}
		},
		"expand": func(r *reader) { q.Expand, req.Shape.Expand = r.expand() },
		"select": func(r *reader) { r.select_(&req.Shape) },
	}, top)
	if req.Kind == Count {
		q.Order, q.Skip, q.Top, q.Expand, req.Shape = nil, 0, 0, nil, Shape{All: true}
	}
}

// order is the one in which options are read: each sees the columns that those before it made.
var order = strings.Fields("apply compute filter search orderby skip top count inlinecount expand select")

// each reads options by the functions for them.
func (j *job) each(s said, read map[string]func(*reader), top *scope) {
	for _, name := range order {
		text, ok := s.system[name]
		if !ok {
			continue
		}
		r := j.reader("$"+name, text, top)
		r.space()
		read[name](r)
		r.space()
		r.end()
	}
}

// plain takes over the options that are no more than texts.
func (j *job) plain(req *Request, s said) {
	req.Format, req.SkipToken, req.DeltaToken = s.system["format"], s.system["skiptoken"], s.system["deltatoken"]
	if v := s.system["schemaversion"]; v != "" && v != "*" {
		panic(&fault.Error{Kind: fault.NotFound, Fields: []fault.Field{{Path: []string{"$schemaversion"}, Code: "NOT_FOUND", Text: "the schema has no versions"}}})
	}
	if req.SkipToken == "" {
		return
	}
	c, err := dataset.ParseCursor(req.SkipToken)
	if err != nil {
		panic(fault.At("$skiptoken", "INVALID", "the token is none that this server gave"))
	}
	req.Query.After = c
}

// topOf is the query's bound for a $top, where none at all is not the same as no bound.
func topOf(n int) int {
	if n == 0 {
		return dataset.NoRows
	}
	return n
}

// rows reads a number of rows.
func (r *reader) rows() (n int) {
	from := r.at
	for r.peek() >= '0' && r.peek() <= '9' {
		n = min(n*10+int(r.peek()-'0'), maxRows)
		r.at++
	}
	if r.at == from {
		r.wants("a whole number")
	}
	return n
}

// truth reads true or false.
func (r *reader) truth() bool {
	from := r.at
	v, ok := literals[strings.ToLower(r.word())]
	if !ok || v.IsNull() {
		r.at = from
		r.wants("true or false")
	}
	return v.True()
}

// orders reads what to order by.
func (r *reader) orders() (all []dataset.Order) {
	for {
		o := dataset.Order{By: r.expr()}
		from := r.at
		if r.space() {
			switch at := r.at; strings.ToLower(r.word()) {
			case "asc":
			case "desc":
				o.Descending = true
			case "":
				r.at = from
			default:
				r.at = at
				r.wants("asc, desc, a comma or the end")
			}
		}
		all = append(all, o)
		if !r.comma() {
			return all
		}
	}
}

// compute reads new columns, which the scope has from then on.
func (r *reader) compute() (all []dataset.Named) {
	for {
		e := r.expr()
		all = append(all, dataset.Named{Name: r.as(), Expr: e})
		if !r.comma() {
			return all
		}
	}
}

// as reads the name that a new column gets, and adds it to the scope.
func (r *reader) as() string {
	name, at := r.named()
	if r.scope.has(name) {
		r.refuse(at, "TAKEN", "there is a column %q already", name)
	}
	r.makes(name)
	return name
}

// named reads as and a name, and says where that stands.
func (r *reader) named() (name string, at int) {
	from := r.at
	if !r.space() || !strings.EqualFold(r.word(), "as") || !r.space() {
		r.at = from
		r.wants("as, and a name for the column")
	}
	at = r.at
	return r.name("a name for the column"), at
}

// search reads words to look for: all of the text.
func (r *reader) search() string {
	text := strings.TrimSpace(r.text[r.at:])
	if text == "" {
		r.wants("words to look for")
	}
	r.at = len(r.text)
	return text
}

// optionName reads $name= or name= in parentheses.
func (r *reader) optionName() (string, bool) {
	from := r.at
	r.has("$")
	name := strings.ToLower(r.word())
	if name == "" || !r.has("=") {
		r.at = from
		return "", false
	}
	return name, true
}
