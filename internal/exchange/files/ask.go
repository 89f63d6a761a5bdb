package files

import (
	"io"
	"net/url"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"pmograph/auth"
	"pmograph/internal/exchange/dataset"
	"pmograph/internal/exchange/odata/uri"
	"pmograph/internal/fault"
	"pmograph/internal/journal"
	"pmograph/internal/state"
	"pmograph/internal/vocab"
)

// Ask is a question for a file, by the words of its address.
type Ask struct {
	Format   Format
	Who      auth.Identity // who asks: his saved queries are datasets, too
	Datasets []string      // or identifiers of saved queries
	Columns  string        // with commas between, or paths to columns: Id,Project/Name; empty: all
	Asked                  // the filter and the order as OData's $filter and $orderby, first and last day of the dataset's time

	AsOf  *vocab.Date // day of the question; nil: today
	Known journal.Query
	After string // key of a row that the file goes on behind

	BOM   bool
	Tell  Telling
	Spool bool // the whole file is written before any of it is sent
}

// pack is the name of files of several tables.
const pack = "pack"

// options are the words of an address.
var options = []string{"datasets", "columns", "filter", "order", "from", "to", "asOf", "knownAt", "after", "bom", "about", "spool"}

// ParseAsk reads a file's name, CostEntries.csv or pack.xlsx, and the query behind it. Errors name the word that is wrong.
func ParseAsk(name string, query url.Values) (a Ask, err error) {
	a.Datasets = []string{strings.TrimSuffix(name, path.Ext(name))}
	if a.Format, err = ParseFormat(strings.TrimPrefix(path.Ext(name), ".")); err != nil {
		return a, fault.New(fault.NotFound, "a file is named after its dataset and its format: CostEntries.csv, with csv, jsonl, xlsx or parquet")
	}
	for option, values := range query {
		switch {
		case !slices.Contains(options, option):
			return a, fault.At(option, "NOT_FOUND", "there is no option %.40q; there are %s", option, strings.Join(options, ", "))
		case len(values) > 1:
			return a, fault.At(option, "TWICE", "%s is said twice", option)
		}
	}
	if a.Datasets[0] == pack {
		if a.Datasets = strings.Split(query.Get("datasets"), ","); query.Get("datasets") == "" || len(a.Datasets) > maxTables {
			return a, fault.At("datasets", "REQUIRED", "a pack is of 1 to %d datasets, with commas between", maxTables)
		}
	} else if query.Has("datasets") {
		return a, fault.At("datasets", "NOT_ALLOWED", "the file is of the dataset that it is named after; several are asked for as pack.xlsx")
	}
	a.Columns, a.Filter, a.Order, a.From, a.To, a.After = query.Get("columns"), query.Get("filter"), query.Get("order"), query.Get("from"), query.Get("to"), query.Get("after")
	if a.Known, err = parseKnown(query.Get("knownAt")); err != nil {
		return a, err
	}
	if a.AsOf, err = day("asOf", query.Get("asOf")); err != nil {
		return a, err
	}
	if a.After != "" && (!a.Format.Streams() || a.Known.KnownAtSeq == nil) {
		return a, fault.At("after", "NOT_ALLOWED", "the rest of a file is CSV or lines of JSON, of the record that its beginning is of: give knownAt, the position that came with it")
	}
	flags := []struct {
		name string
		to   *bool
	}{{"bom", &a.BOM}, {"spool", &a.Spool}}
	for _, f := range flags {
		if *f.to, err = flag(f.name, query.Get(f.name)); err != nil {
			return a, err
		}
	}
	if query.Has("about") {
		all, err := flag("about", query.Get("about"))
		if err != nil {
			return a, err
		}
		if a.Tell = TellNothing; all {
			a.Tell = TellAll
		}
	}
	return a, nil
}

// maxTables is how many tables a file has at most.
const maxTables = 40

func flag(name, text string) (bool, error) {
	switch text {
	case "", "0", "false":
		return false, nil
	case "1", "true":
		return true, nil
	}
	return false, fault.At(name, "INVALID", "%s is 1 or 0", name)
}

func day(name, text string) (*vocab.Date, error) {
	if text == "" {
		return nil, nil
	}
	d, err := vocab.ParseDate(text)
	if err != nil {
		return nil, fault.At(name, "INVALID", "%s is a day: 2026-01-31", name)
	}
	return &d, nil
}

// parseKnown reads what record is asked: a number, a position, an instant, or the newest.
func parseKnown(text string) (q journal.Query, err error) {
	if text == "" {
		return q, nil
	}
	number, _, _ := strings.Cut(text, ".")
	if n, err := strconv.ParseInt(number, 10, 64); err == nil && n > 0 {
		q.KnownAtSeq = &n
		return q, nil
	}
	at, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		return q, fault.At("knownAt", "INVALID", "knownAt is a number of the journal, a position, or an instant: 2026-01-31T08:00:00Z")
	}
	q.KnownAtTime = &at
	return q, nil
}

// view is the view that the question is asked of.
func (a Ask) view(v *state.View) *dataset.View {
	if a.AsOf != nil {
		v = v.On(*a.AsOf)
	}
	return dataset.NewViewFor(v, a.Who)
}

// Tables makes a question ready for a view.
func (a Ask) Tables(v *dataset.View) ([]Table, error) {
	var all []Table
	for _, name := range a.Datasets {
		t, err := a.table(v, name)
		if err != nil {
			return nil, err
		}
		all = append(all, t)
	}
	return all, nil
}

func (a Ask) table(v *dataset.View, name string) (t Table, err error) {
	d, err := dataset.CatalogueOf(v).Named(name)
	if err != nil {
		return t, err
	}
	q, err := a.conditions(v, d)
	if err != nil {
		return t, err
	}
	if a.Columns != "" {
		for c := range strings.SplitSeq(a.Columns, ",") {
			q.Select = append(q.Select, dataset.Path(strings.Split(strings.TrimSpace(c), "/")))
		}
	}
	bounds, err := a.bounds(d)
	if err != nil {
		return t, err
	}
	q.Filter, q.Keyless = dataset.And(append(bounds, q.Filter)...), true
	t = Table{Name: name, Asked: a.Asked}
	if t.Plan, err = q.Plan(); err != nil || a.After == "" {
		return t, err
	}
	c, err := t.Plan.Behind(v, strings.Split(a.After, ","))
	t.Plan.After(c)
	return t, err
}

// conditions reads filter and order as OData does.
func (a Ask) conditions(v *dataset.View, d *dataset.Dataset) (q dataset.Query, err error) {
	said := url.Values{}
	for name, text := range map[string]string{"$filter": a.Filter, "$orderby": a.Order} {
		if text != "" {
			said.Set(name, text)
		}
	}
	if len(said) == 0 {
		return dataset.Query{Of: d}, nil
	}
	r, err := uri.Parse(dataset.CatalogueOf(v), d.Name, said.Encode(), uri.Options{})
	if err != nil {
		return q, err
	}
	return r.Query, nil
}

// bounds are the conditions of the first and the last day.
func (a Ask) bounds(d *dataset.Dataset) (all []dataset.Expr, err error) {
	for _, b := range []struct{ name, text, op string }{{"from", a.From, "ge"}, {"to", a.To, "le"}} {
		date, err := day(b.name, b.text)
		switch {
		case err != nil:
			return nil, err
		case date == nil:
		case d.Time == "":
			return nil, fault.At(b.name, "NOT_ALLOWED", "%s has no day that rows are of", d.Name)
		default:
			all = append(all, dataset.Op(b.op, dataset.Col(d.Time), dataset.Lit{Value: dataset.OfDate(*date)}))
		}
	}
	return all, nil
}

// key tells questions apart whose answers differ.
func (a Ask) key() string {
	known := ""
	if a.Known.KnownAtTime != nil {
		known = a.Known.KnownAtTime.UTC().Format(time.RFC3339Nano)
	}
	if a.Known.KnownAtSeq != nil {
		known = strconv.FormatInt(*a.Known.KnownAtSeq, 10)
	}
	asOf := ""
	if a.AsOf != nil {
		asOf = a.AsOf.String()
	}
	return strings.Join([]string{string(a.Format), strings.Join(a.Datasets, ","), a.Columns, a.Filter, a.Order, a.From, a.To, asOf, known, a.After, strconv.FormatBool(a.BOM), strconv.Itoa(int(a.Tell))}, "\x00")
}

// Write writes the file that is asked for, to who sees everything that a view shows.
func (a Ask) Write(w io.Writer, from *state.View, reader string, progress func(table string, rows int64)) (v *dataset.View, all []Coverage, err error) {
	v = a.view(from)
	tables, err := a.Tables(v)
	if err != nil {
		return v, nil, err
	}
	all, err = Write(w, a.Format, v, tables, a.options(v, reader, progress))
	return v, all, err
}

func (a Ask) options(v *dataset.View, reader string, progress func(string, int64)) Options {
	return Options{About: AboutView(v, reader), BOM: a.BOM, Tell: a.Tell, GoesOn: a.After != "", Progress: progress}
}
