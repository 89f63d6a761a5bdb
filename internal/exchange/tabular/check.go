package tabular

import (
	"regexp"
	"slices"
	"strings"

	"pmograph/internal/calc/money"
	"pmograph/internal/vocab"
)

var (
	fieldName = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)
	monthDay  = strings.NewReplacer("01", "#", "1", "#", "02", "#", "2", "#")
)

// patterns compiles whole-text patterns that ignore case.
func (c *checker) patterns(path []string, list []string) (all []*regexp.Regexp) {
	for i, p := range list {
		if re := c.pattern(under(path, itoa(i)), `(?is)^(?:`+p+`)$`, p); re != nil {
			all = append(all, re)
		}
	}
	return all
}

func (c *checker) pattern(path []string, whole, written string) *regexp.Regexp {
	if _, err := regexp.Compile(written); err != nil { // apart, so that a stray bracket cannot close ours
		c.add(path, "pattern %q: %v", written, err)
		return nil
	}
	return regexp.MustCompile(whole)
}

// template checks a template or constant and that its fields exist.
func (c *checker) template(path []string, v any) template {
	t, err := parseTemplate(v)
	if err != nil {
		c.add(path, "%v", err)
	}
	for _, name := range t.fields() {
		if _, ok := c.table.Fields[name]; !ok {
			c.add(path, "there is no field %q", name)
		}
	}
	for _, p := range t.parts {
		kind := c.table.Fields[p.field].Kind
		switch {
		case p.plain() || p.slug:
		case kind != "integer" && kind != "date":
			c.add(path, "field %q is not of kind integer or date, so nothing can be added to it", p.field)
		case p.by != "" && c.table.Fields[p.by].Kind != "integer":
			c.add(path, "field %q is not of kind integer, so it cannot be added", p.by)
		}
	}
	return t
}

// field compiles a field after those it depends on, and gives its index; -1 if it does not exist.
func (c *checker) field(from []string, name string) int {
	path := under(c.at, "fields", name)
	if i, done := c.sheet.index[name]; done {
		return i
	}
	spec, ok := c.table.Fields[name]
	switch {
	case !ok:
		c.add(from, "there is no field %q", name)
		return -1
	case c.begun[name]:
		c.add(path, "field %q depends on itself", name)
		return -1
	case !fieldName.MatchString(name):
		c.add(path, "a field's name is of small letters, digits and _, not %q", name)
	}
	c.begun[name] = true
	if spec.Decimal == "" {
		spec.Decimal = "."
	}
	f := &field{name: name, spec: spec, of: -1}
	c.origin(path, f)
	f.noValue = c.patterns(under(path, "no_value"), spec.NoValue)
	for i, v := range spec.Values {
		f.values = append(f.values, c.valueRule(under(path, "values", itoa(i)), v))
	}
	if spec.Key != "" {
		if f.key = c.keys[spec.Key]; f.key == nil {
			c.add(under(path, "key"), "there is no key rule %q", spec.Key)
		}
	}
	c.kind(path, f)
	c.sheet.index[name] = len(c.sheet.fields)
	c.sheet.fields = append(c.sheet.fields, f)
	return c.sheet.index[name]
}

// origin checks where a field's text comes from.
func (c *checker) origin(path []string, f *field) {
	s := f.spec
	sources := 0
	for _, given := range []bool{len(s.Header) > 0 || s.File != "", s.Of != "", s.Template != ""} {
		if given {
			sources++
		}
	}
	if sources != 1 {
		c.add(path, "field %q needs exactly one of header (or file), of, template", f.name)
	}
	f.headers = c.patterns(under(path, "header"), s.Header)
	if s.File != "" {
		f.file = c.pattern(under(path, "file"), `(?i)`+s.File, s.File)
		if f.file != nil && f.file.NumSubexp() != 1 {
			c.add(under(path, "file"), "a file pattern has one group, the value: '_(20\\d\\d)'")
			f.file = nil
		}
	}
	if s.Of != "" {
		f.of = c.field(under(path, "of"), s.Of)
	}
	if s.Template != "" {
		t := c.template(under(path, "template"), s.Template)
		c.dependOn(under(path, "template"), t)
		f.template = &t
	}
	if s.Required != "" && s.Required != "header" && s.Required != "value" {
		c.add(under(path, "required"), "required is header or value, not %q", s.Required)
	}
}

// dependOn compiles a template's fields first; those that do not exist have been noted.
func (c *checker) dependOn(path []string, t template) {
	for _, name := range t.fields() {
		if _, ok := c.table.Fields[name]; ok {
			c.field(path, name)
		}
	}
}

func (c *checker) valueRule(path []string, v valueSpec) (r valueRule) {
	if (len(v.Is) > 0) == (v.Match != "") {
		c.add(path, "a value rule has either is or match")
	}
	if !c.has(under(path, "to")...) {
		c.add(path, "a value rule needs to: the value, or null")
	}
	for _, w := range v.Is {
		r.words = append(r.words, Normalise(w))
	}
	if v.Match != "" {
		r.match = c.pattern(under(path, "match"), `(?is)^(?:`+v.Match+`)$`, v.Match)
	}
	r.to = c.template(under(path, "to"), v.To)
	c.dependOn(under(path, "to"), r.to)
	return r
}

// kind checks the kind and the words that belong to it; words of another kind are refused.
func (c *checker) kind(path []string, f *field) {
	s := f.spec
	kind := s.Kind
	if kind == "" {
		kind = "text"
	}
	f.convert = kinds[kind]
	if f.convert == nil {
		c.add(under(path, "kind"), "unknown kind %q; known are text, integer, boolean, date, money", kind)
		return
	}
	number := kind == "integer" || kind == "money"
	for _, w := range []struct {
		word  string
		given bool
		right bool
	}{
		{"formats", len(s.Formats) > 0, kind == "date"}, {"two_digit_years_from", s.TwoDigitYearsFrom != 0, kind == "date"},
		{"until", s.Until != "", kind == "date"}, {"snap", s.Snap != "", kind == "date"},
		{"strip", len(s.Strip) > 0, number}, {"thousands", s.Thousands != "", number}, {"decimal", s.Decimal != ".", number},
		{"powers", s.Powers, number},
		{"currency", s.Currency != "", kind == "money"}, {"scale", s.Scale != "", number},
		{"key", s.Key != "", kind == "text"},
	} {
		if w.given && !w.right {
			c.add(under(path, w.word), "%s means nothing for kind %s", w.word, kind)
		}
	}
	switch kind {
	case "date":
		c.dates(path, f)
	case "money":
		c.money(path, f)
	}
	if number {
		if s.Scale != "" {
			var err error
			if f.scale, err = ratio(s.Scale); err != nil {
				c.add(under(path, "scale"), "%v", err)
			}
		}
		if s.Thousands == s.Decimal {
			c.add(path, "thousands and decimal are the same, %q", s.Decimal)
		}
		f.grouped = numberPattern(s.Thousands, s.Decimal, s.Powers)
	}
}

func (c *checker) dates(path []string, f *field) {
	if len(f.spec.Formats) == 0 {
		c.add(path, "a date needs formats, such as [DD/MM/YYYY]")
	}
	shapes := map[string]string{}
	for i, format := range f.spec.Formats {
		at := under(path, "formats", itoa(i))
		l, err := parseLayout(format)
		if err != nil {
			c.add(at, "%v", err)
			continue
		}
		if l.short && f.spec.TwoDigitYearsFrom == 0 {
			c.add(at, "date format %q: a year of two digits needs two_digit_years_from, the first year it may mean: 1980", format)
		}
		shape := monthDay.Replace(strings.ReplaceAll(l.goLayout, "2006", "Y"))
		if other, clash := shapes[shape]; clash && monthFirst(l.goLayout) != monthFirst(other) {
			c.add(at, "date format %q cannot be told from one before it: which is the month?", format)
		}
		shapes[shape] = l.goLayout
		f.layouts = append(f.layouts, l)
	}
	if y := f.spec.TwoDigitYearsFrom; y != 0 && (y < firstYear || y > lastYear-99) {
		c.add(under(path, "two_digit_years_from"), "the first year is not in %d to %d", firstYear, lastYear-99)
	}
	if f.spec.Until != "" {
		day, err := vocab.ParseDate(f.spec.Until)
		if err != nil {
			c.add(under(path, "until"), "%v", err)
		}
		f.until = &day
	}
	if s := f.spec.Snap; s != "" && s != monthStart && s != monthEnd {
		c.add(under(path, "snap"), "snap is %s or %s, not %q", monthStart, monthEnd, s)
	}
}

func monthFirst(goLayout string) bool {
	l := strings.ReplaceAll(goLayout, "2006", "Y")
	return strings.IndexByte(l, '1') < strings.IndexByte(l, '2')
}

func (c *checker) money(path []string, f *field) {
	var err error
	if f.digits, err = money.Digits(f.spec.Currency); err != nil {
		c.add(path, "money needs a known currency, such as GBP: %v", err)
	}
	if f.spec.Decimal != "." {
		f.digits = -1
	}
}

func (c *checker) record(path []string, s recordSpec) recordRule {
	r := recordRule{entity: s.Entity, isFact: s.Key == "", wins: Wins(s.Wins), when: s.When, set: map[string]template{}, refs: map[string]refRule{}}
	if s.Entity == "" {
		c.add(path, "a record needs an entity")
	}
	if r.isFact {
		if s.Wins != "" {
			c.add(under(path, "wins"), "a record without a key is a fact, of which the latest counts: leave wins out, or give it a key")
		}
	} else if !slices.Contains([]Wins{WinsAlways, WinsLatest, WinsFirst, WinsEach}, r.wins) {
		c.add(under(path, "wins"), "wins is ALWAYS, LATEST, FIRST or EACH, not %q", s.Wins)
	}
	r.key = c.template(under(path, "key"), s.Key)
	for i, name := range s.When {
		if _, ok := c.table.Fields[name]; !ok {
			c.add(under(path, "when", itoa(i)), "there is no field %q", name)
		}
	}
	for column, v := range s.Set {
		r.set[column] = c.template(under(path, "set", column), v)
	}
	for column, ref := range s.Refs {
		at := under(path, "refs", column)
		if _, twice := s.Set[column]; twice {
			c.add(at, "column %q stands under set, too", column)
		}
		if ref.Entity == "" || ref.Key == "" {
			c.add(at, "a reference needs an entity and a key")
		}
		r.refs[column] = refRule{ref.Entity, c.template(under(at, "key"), ref.Key), ref.Missing}
	}
	r.constant = len(r.when)+len(r.key.parts) == 0
	for _, t := range r.set {
		r.constant = r.constant && len(t.parts) == 0
	}
	for _, ref := range r.refs {
		r.constant = r.constant && len(ref.key.parts) == 0
	}
	return r
}
