package tabular

import (
	"bytes"
	"errors"
	"maps"
	"regexp"
	"slices"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"

	"pmograph/internal/calc/exact"
	"pmograph/internal/fault"
	"pmograph/internal/vocab"
)

// The largest mapping, as a text and with its aliases written out.
const (
	mappingLimit = 256 << 10 // bytes
	nodeLimit    = 100_000   // YAML nodes
)

// Mapping is a checked mapping, ready to read files. It is safe for use by several goroutines.
type Mapping struct {
	source     string
	encodings  []namedEncoding
	delimiters []rune
	ignore     []string // normalised headers of running numbers
	blank      []*regexp.Regexp
	sheets     []*sheet
}

// sheet is a table of the mapping: how files are read that have its headers.
type sheet struct {
	asOf    template
	fields  []*field       // each after those it depends on
	index   map[string]int // of the fields, by name
	records []recordRule
	leftOut string // why its rows are left out; empty if they are not
}

// field is one value per row and how it is read.
type field struct {
	name     string
	spec     fieldSpec
	headers  []*regexp.Regexp
	file     *regexp.Regexp
	of       int // index of another field; -1 if none
	template *template
	noValue  []*regexp.Regexp
	values   []valueRule
	key      *keyRule
	convert  func(*field, string) (any, error)
	layouts  []layout
	grouped  *regexp.Regexp
	scale    exact.Number
	digits   int // of money: those of its currency; -1 if a point is not its decimal separator
	until    *vocab.Date
}

// valueRule gives to for a text that is one of the words, in normal form, or matches.
type valueRule struct {
	words []string
	match *regexp.Regexp
	to    template
}

type recordRule struct {
	entity   string
	isFact   bool // it has no key
	constant bool // it is the same in every row
	key      template
	wins     Wins
	when     []string
	set      map[string]template
	refs     map[string]refRule
}

type refRule struct {
	entity  string
	key     template
	missing string
}

// Source is the name that the keys of the mapping's records belong to.
func (m *Mapping) Source() string { return m.source }

// Parse reads and checks a mapping. Its error is of kind INVALID and names line and column of each thing wrong.
func Parse(text []byte) (*Mapping, error) {
	if len(text) > mappingLimit {
		return nil, fault.New(fault.Invalid, "the mapping is larger than %d bytes", mappingLimit)
	}
	file, err := parser.ParseBytes(text, 0)
	if err != nil {
		return nil, syntaxFault(err)
	}
	if len(file.Docs) != 1 || file.Docs[0].Body == nil {
		return nil, fault.New(fault.Invalid, "the mapping is not one YAML document")
	}
	errs := newErrata(file.Docs[0].Body)
	if errs.weigh(errs.root, map[ast.Node]int{}) > nodeLimit {
		return nil, fault.New(fault.Invalid, "the mapping is larger than %d YAML nodes, or an alias contains itself", nodeLimit)
	}
	var spec mappingSpec
	if err := yaml.NewDecoder(bytes.NewReader(text), yaml.Strict()).Decode(&spec); err != nil {
		return nil, syntaxFault(err)
	}
	c := &checker{errata: errs, spec: spec, m: &Mapping{source: spec.Source}}
	c.check()
	if err := c.err(); err != nil {
		return nil, err
	}
	return c.m, nil
}

// syntaxFault gives a YAML error with its line and column on one line.
func syntaxFault(err error) error {
	var y yaml.Error
	if errors.As(err, &y) && y.GetToken() != nil {
		at := y.GetToken().Position
		return fault.New(fault.Invalid, "line %d, column %d: %s", at.Line, at.Column, collapse(y.GetMessage()))
	}
	return fault.New(fault.Invalid, "the mapping cannot be read: %s", collapse(err.Error()))
}

// checker turns a mapping's words into a Mapping, noting everything wrong on the way.
type checker struct {
	*errata
	spec  mappingSpec
	m     *Mapping
	keys  map[string]*keyRule
	at    []string  // where the table stands that is being checked
	table sheetSpec // that table
	sheet *sheet
	begun map[string]bool // its fields whose compilation has begun
}

func (c *checker) check() {
	if c.spec.Source == "" {
		c.add([]string{"source"}, "a source is needed: it names the space of the keys")
	}
	c.checkFiles()
	c.keys = map[string]*keyRule{}
	for _, name := range slices.Sorted(maps.Keys(c.spec.Keys)) {
		c.keys[name] = c.keyRule([]string{"keys", name}, c.spec.Keys[name])
	}
	if len(c.spec.Tables) == 0 {
		c.checkTable(nil, c.spec.Only)
	} else if c.has("fields") || c.has("records") || c.has("left_out") {
		c.add([]string{"tables"}, "fields and records stand in the tables, or there are no tables")
	}
	for i, t := range c.spec.Tables {
		if t.AsOf == "" {
			t.AsOf = c.spec.Only.AsOf
		}
		c.checkTable([]string{"tables", itoa(i)}, t)
	}
}

func (c *checker) checkTable(at []string, t sheetSpec) {
	c.at, c.table, c.begun = at, t, map[string]bool{}
	c.sheet = &sheet{index: map[string]int{}, leftOut: t.LeftOut}
	c.m.sheets = append(c.m.sheets, c.sheet)
	if len(t.Fields) == 0 {
		c.add(under(at, "fields"), "there are no fields, so nothing would be read")
	}
	for _, name := range slices.Sorted(maps.Keys(t.Fields)) {
		c.field(nil, name)
	}
	switch {
	case t.LeftOut != "" && len(t.Records) > 0:
		c.add(under(at, "left_out"), "the table has records, so it is not left out")
	case t.LeftOut != "":
		return
	case t.AsOf == "":
		c.add(under(at, "as_of"), "as_of is needed: the day on which a row's values were true")
	case len(t.Records) == 0:
		c.add(under(at, "records"), "there are no records, so every row would be dropped; say left_out and why")
	}
	c.sheet.asOf = c.template(under(at, "as_of"), t.AsOf)
	for i, r := range t.Records {
		c.sheet.records = append(c.sheet.records, c.record(under(at, "records", itoa(i)), r))
	}
}

func (c *checker) checkFiles() {
	for i, name := range orElse(c.spec.Files.Encodings, "utf-8") {
		path := []string{"files", "encodings", itoa(i)}
		e, ok := encodings[name]
		if !ok {
			c.add(path, "unknown encoding %q; known are %v", name, slices.Sorted(maps.Keys(encodings)))
			continue
		}
		if n := len(c.m.encodings); n > 0 && c.m.encodings[n-1].total {
			c.add(path, "%s is never tried: %s before it reads any bytes", name, c.m.encodings[n-1].name)
		}
		e.name = name
		c.m.encodings = append(c.m.encodings, e)
	}
	for i, d := range orElse(c.spec.Files.Delimiters, ",") {
		r := []rune(d)
		if len(r) != 1 || r[0] == '"' || r[0] == '\r' || r[0] == '\n' || r[0] == '\uFFFD' {
			c.add([]string{"files", "delimiters", itoa(i)}, "a delimiter is one character other than a quote or line break, not %q", d)
			continue
		}
		c.m.delimiters = append(c.m.delimiters, r[0])
	}
	for _, h := range c.spec.Blank.Ignore {
		c.m.ignore = append(c.m.ignore, Normalise(h))
	}
	c.m.blank = c.patterns([]string{"blank", "cells"}, c.spec.Blank.Cells)
}

func orElse(l oneOrMore, standard string) oneOrMore {
	if len(l) == 0 {
		return oneOrMore{standard}
	}
	return l
}
