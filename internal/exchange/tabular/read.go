package tabular

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode"

	"pmograph/internal/vocab"
)

// Read reads files by the mapping. What the files hold that cannot be taken is in Result.Refused; the error is for files that
// cannot be opened or read at all. The records' order is that of files, rows and the mapping; their keys do not depend on it.
func (m *Mapping) Read(files []File) (Result, error) {
	return m.ReadWith(files, func(int) error { return nil })
}

// tellEvery is the number of rows after which who waits is told.
const tellEvery = 1000

// ReadWith is Read that tells now and then how many rows it has met; an error of told ends it.
func (m *Mapping) ReadWith(files []File, told func(rows int) error) (Result, error) {
	res := Result{Source: m.source}
	var rows []row
	k := newKeeper()
	for _, f := range files {
		b, err := slurp(f)
		if err != nil {
			return Result{}, err
		}
		read, err := m.readFile(&res, f.Name, b, k, told)
		if err != nil {
			return Result{}, err
		}
		rows = append(rows, read...)
	}
	merge(&res, rows)
	return res, nil
}

// row is what one row says.
type row struct {
	file    string
	line    int
	records []*Record // what several rows say alike is one record
}

func (m *Mapping) readFile(res *Result, name string, b []byte, k *keeper, told func(int) error) (rows []row, err error) {
	text, ok := m.decode(b)
	if !ok {
		res.Refused = append(res.Refused, Refusal{File: name, Reason: "the file is in none of the mapping's encodings"})
		return nil, nil
	}
	t, refused := m.open(name, text)
	if t == nil {
		res.Refused = append(res.Refused, refused...)
		return nil, nil
	}
	readings := make([]reading, len(t.sheet.fields))
	for {
		cells, err := t.reader.Read()
		if errors.Is(err, io.EOF) {
			for i := range t.sheet.records {
				if f := t.facts[i]; f != nil {
					res.Facts = append(res.Facts, f)
				}
			}
			return rows, nil
		}
		if err != nil {
			res.Refused = append(res.Refused, malformed(name, err))
			return rows, nil
		}
		if res.Rows++; res.Rows%tellEvery == 0 {
			if err := told(res.Rows); err != nil {
				return nil, err
			}
		}
		line, _ := t.reader.FieldPos(0)
		if m.isBlank(t, cells) {
			res.Blank++
			continue
		}
		if why := t.sheet.leftOut; why != "" {
			res.leaveOut(why)
			continue
		}
		e := &evaluation{s: t.sheet, t: t, k: k, cells: cells, line: line, readings: readings}
		if records := e.run(); len(e.refused) == 0 && len(records) > 0 {
			rows = append(rows, row{name, line, records})
		}
		res.Refused = append(res.Refused, e.refused...)
	}
}

// leaveOut counts a row that is left out.
func (r *Result) leaveOut(why string) {
	for i := range r.LeftOut {
		if r.LeftOut[i].Reason == why {
			r.LeftOut[i].Rows++
			return
		}
	}
	r.LeftOut = append(r.LeftOut, LeftOut{why, 1})
}

// isBlank tells whether a row holds nothing by the mapping's rule.
func (m *Mapping) isBlank(t *table, cells []string) bool {
	for i, cell := range cells {
		if i < len(t.ignored) && t.ignored[i] {
			continue
		}
		if text := collapse(cell); text != "" && !m.matchesAny(text) {
			return false
		}
	}
	return true
}

func (m *Mapping) matchesAny(text string) bool {
	for _, re := range m.blank {
		if re.MatchString(text) {
			return true
		}
	}
	return false
}

// reading is a field's state in one row.
type reading struct {
	text   string // white space collapsed
	column string // where it was read: a header, or "file name"
	absent bool   // the file has no such column
	value  any
}

// evaluation reads the fields of one row and builds its records.
type evaluation struct {
	s        *sheet
	t        *table
	k        *keeper
	cells    []string
	line     int
	readings []reading
	refused  []Refusal
}

func (e *evaluation) refuse(column, value, format string, args ...any) {
	e.refused = append(e.refused, Refusal{e.t.file, e.line, cut(column), cut(value), fmt.Sprintf(format, args...)})
}

func (e *evaluation) run() []*Record {
	if len(e.cells) != len(e.t.headers) {
		e.refuse("", "", "the row has %d cells, the header %d", len(e.cells), len(e.t.headers))
		return nil
	}
	for i, f := range e.s.fields {
		e.readings[i] = e.read(i, f) // a field depends on those before it only
	}
	if len(e.refused) > 0 {
		return nil
	}
	return e.records()
}

// read gives a field's value, noting a refusal if its text will not do.
func (e *evaluation) read(i int, f *field) reading {
	r := e.text(i, f)
	if bad := strings.IndexFunc(r.text, unicode.IsControl); bad >= 0 {
		if f.of < 0 { // else it was named there
			e.refuse(r.column, r.text, "holds the control character %U", []rune(r.text[bad:])[0])
		}
		return r
	}
	v, err := f.value(r.text, e.get)
	if err != nil {
		e.refuse(r.column, r.text, "%v", err)
	}
	if err == nil && v == nil && f.spec.Required == "value" && (f.of < 0 || r.text != "") {
		e.refuse(orName(r.column, f), r.text, "a value is required")
	}
	r.value = v
	return r
}

// text finds a field's text.
func (e *evaluation) text(i int, f *field) (r reading) {
	switch {
	case f.of >= 0:
		r = e.readings[f.of]
	case f.template != nil:
		v, err := f.template.fill(e.get)
		if err != nil {
			e.refuse(f.name, "", "%v", err)
		}
		r.column, r.absent = e.sources(*f.template)
		if v != nil {
			r.text = collapse(plain(v))
		}
	default:
		r.absent = len(e.t.columns[i]) == 0
		for _, column := range e.t.columns[i] {
			r.column = e.t.headers[column]
			if r.text = collapse(e.cells[column]); r.text != "" {
				break
			}
		}
		e.fromFileName(f, &r)
	}
	return r
}

// fromFileName takes a missing text from the file's name; a cell that says otherwise is refused.
func (e *evaluation) fromFileName(f *field, r *reading) {
	if f.file == nil {
		return
	}
	base := e.t.file[strings.LastIndexAny(e.t.file, `/\`)+1:]
	found := f.file.FindStringSubmatch(base)
	switch {
	case found == nil && r.text == "":
		e.refuse("file name", base, "does not match %q, so the field %s is unknown; rename the file", f.spec.File, f.name)
	case found == nil:
	case r.text == "":
		*r = reading{text: collapse(found[1]), column: "file name"}
	case r.text != collapse(found[1]):
		e.refuse(r.column, r.text, "the file's name says %q", found[1])
	}
}

func orName(column string, f *field) string {
	if column == "" {
		return f.name
	}
	return column
}

// value reads a text: words for no value, then values, key rule and kind.
func (f *field) value(text string, get func(string) any) (any, error) {
	for _, re := range f.noValue {
		if re.MatchString(text) {
			return nil, nil
		}
	}
	if len(f.values) > 0 {
		v, err := f.translate(text, get)
		s, isText := v.(string)
		if err != nil || !isText {
			return v, err
		}
		text = collapse(s)
	}
	if f.key != nil {
		text = f.key.key(text)
	}
	if text == "" {
		return nil, nil
	}
	return f.convert(f, text)
}

// translate applies the values map. An empty text that no rule names is no value.
func (f *field) translate(text string, get func(string) any) (any, error) {
	normal := Normalise(text)
	for _, rule := range f.values {
		if rule.match != nil && text != "" && rule.match.MatchString(text) {
			return rule.to.fill(get)
		}
		for _, w := range rule.words {
			if w == normal && (w != "" || text == "") {
				return rule.to.fill(get)
			}
		}
	}
	if text == "" {
		return nil, nil
	}
	return nil, errors.New("is not among the values the mapping knows")
}

// get gives the value of a field already read.
func (e *evaluation) get(name string) any { return e.readings[e.s.index[name]].value }

// sources names the columns a template's values came from, and tells whether the file lacks one of them.
func (e *evaluation) sources(t template) (columns string, absent bool) {
	var all []string
	for _, name := range t.fields() {
		r := e.readings[e.s.index[name]]
		absent = absent || r.absent
		if r.column != "" {
			all = append(all, r.column)
		}
	}
	return strings.Join(all, ", "), absent
}

func (e *evaluation) records() (out []*Record) {
	day, ok := e.asOf()
	if !ok {
		return nil
	}
	more := false // facts, and what rows above have said
	for i, rule := range e.s.records {
		if !e.wanted(rule) {
			continue
		}
		if rule.isFact {
			e.fact(i, rule, day)
			more = true
			continue
		}
		if rule.constant {
			if said, ok := e.t.said[i]; ok && said == day {
				more = true
				continue
			}
			e.t.said[i] = day
		}
		r := e.k.blank()
		r.Entity, r.Key, r.AsOf, r.Wins, r.Some = rule.entity, e.key(rule.entity, rule.key), day, rule.wins, len(rule.when) > 0
		r.Origin.File, r.Origin.Line = e.t.file, e.line
		for column, t := range rule.set {
			from, absent := e.sources(t)
			if absent {
				continue
			}
			v, err := t.fill(e.get)
			if err != nil {
				e.refuse(from, "", "%v", err)
			}
			r.Set[column] = v
			if from != "" {
				r.Origin.Columns[column] = from
			}
		}
		for column, ref := range rule.refs {
			r.Refs[column] = Ref{ref.entity, e.key(ref.entity, ref.key), ref.missing}
		}
		out = append(out, e.k.keep(r))
	}
	if len(out) == 0 && !more && len(e.refused) == 0 {
		e.refuse("", "", "the mapping makes nothing of this row")
	}
	return out
}

func (e *evaluation) wanted(rule recordRule) bool {
	for _, name := range rule.when {
		if e.get(name) == nil {
			return false
		}
	}
	return true
}

func (e *evaluation) asOf() (vocab.Date, bool) {
	v, err := e.s.asOf.fill(e.get)
	if day, isDate := v.(vocab.Date); isDate && err == nil {
		return day, true
	}
	day, err := vocab.ParseDate(plain(v))
	if err != nil {
		e.refuse("", "", "the day on which the values were true is not known: as_of gives %q", plain(v))
		return 0, false
	}
	return day, true
}

// key fills a key's template, every part of which must have a value.
func (e *evaluation) key(entity string, t template) string {
	v, err := t.fill(e.get)
	if err != nil || v == nil || plain(v) == "" {
		from, _ := e.sources(t)
		e.refuse(from, "", "the key of %s is empty", entity)
		return ""
	}
	return plain(v)
}
