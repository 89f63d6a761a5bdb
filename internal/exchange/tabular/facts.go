package tabular

import (
	"fmt"
	"slices"
	"strconv"

	"pmograph/internal/vocab"
)

// Facts are what a rule without a key makes of the rows of a file: things that are many and known by what they say, such as costs, hours
// and measurements. They are kept as columns.
type Facts struct {
	Entity  string
	File    string
	Columns []FactColumn
	Lines   []int32      // by fact: the physical line on which its CSV record starts
	Days    []vocab.Date // by fact: the day on which its values were true
}

// FactColumn is a column of facts.
type FactColumn struct {
	Name     string
	Header   string   // where it was read; empty for a constant
	Ref      *Ref     // of a reference: what it refers to; the key is a fact's text
	Kind     string   // text, integer, boolean, date or money; empty while every fact is without a value
	Currency string   // of amounts
	Texts    []string // of a text: the different ones; a fact has a place in it

	numbers []int64
	absent  []bool
	places  map[string]int64 // of texts
}

// Len counts the facts.
func (f *Facts) Len() int { return len(f.Lines) }

// At gives a fact's value: a text's place in Texts, an integer, 1 for true, a date's day, an amount in minor units. ok is false if it has
// none.
func (c *FactColumn) At(i int) (n int64, ok bool) { return c.numbers[i], !c.absent[i] }

// Origin is where a fact was read.
func (f *Facts) Origin(i int) Origin {
	o := Origin{File: f.File, Line: int(f.Lines[i]), Columns: map[string]string{}}
	for _, c := range f.Columns {
		if c.Header != "" {
			o.Columns[c.Name] = c.Header
		}
	}
	return o
}

// Text gives a fact's value in words, for messages; empty if it has none.
func (c *FactColumn) Text(i int) string {
	n, ok := c.At(i)
	switch {
	case !ok:
		return ""
	case c.Kind == "text":
		return c.Texts[n]
	case c.Kind == "date":
		return vocab.Date(n).String()
	case c.Kind == "boolean":
		return strconv.FormatBool(n != 0)
	case c.Kind == "money":
		return plain(Money{n, c.Currency})
	}
	return strconv.FormatInt(n, 10)
}

// add adds a fact's value.
func (c *FactColumn) add(v any) error {
	kind, n := "", int64(0)
	switch x := v.(type) {
	case nil:
	case string:
		kind, n = "text", c.placeOf(x)
	case int64:
		kind, n = "integer", x
	case bool:
		if kind = "boolean"; x {
			n = 1
		}
	case vocab.Date:
		kind, n = "date", int64(x)
	case Money:
		kind, n = "money", x.Minor
		if c.Currency == "" {
			c.Currency = x.Currency
		}
		if c.Currency != x.Currency {
			return fmt.Errorf("is an amount of %s, those above are of %s", x.Currency, c.Currency)
		}
	}
	if c.Kind == "" {
		c.Kind = kind
	}
	if kind != "" && kind != c.Kind {
		return fmt.Errorf("is of kind %s, what stands above of kind %s", kind, c.Kind)
	}
	c.numbers, c.absent = append(c.numbers, n), append(c.absent, kind == "")
	return nil
}

func (c *FactColumn) placeOf(text string) int64 {
	n, known := c.places[text]
	if !known {
		if c.places == nil {
			c.places = map[string]int64{}
		}
		n = int64(len(c.Texts))
		c.places[text], c.Texts = n, append(c.Texts, text)
	}
	return n
}

// begin gives the facts of a rule in a file, with the columns the file can fill. Those that refer come first, then each by its name.
func (e *evaluation) begin(rule recordRule) *Facts {
	f := &Facts{Entity: rule.entity, File: e.t.file}
	for column, ref := range rule.refs {
		from, _ := e.sources(ref.key)
		f.Columns = append(f.Columns, FactColumn{Name: column, Header: from, Ref: &Ref{Entity: ref.entity, Missing: ref.missing}})
	}
	for column, t := range rule.set {
		if from, absent := e.sources(t); !absent {
			f.Columns = append(f.Columns, FactColumn{Name: column, Header: from})
		}
	}
	slices.SortFunc(f.Columns, func(a, b FactColumn) int {
		switch {
		case (a.Ref == nil) != (b.Ref == nil):
			return map[bool]int{true: 1, false: -1}[a.Ref == nil]
		case a.Name < b.Name:
			return -1
		}
		return 1
	})
	return f
}

// fact adds what a rule makes of the row.
func (e *evaluation) fact(i int, rule recordRule, day vocab.Date) {
	f := e.t.facts[i]
	if f == nil {
		f = e.begin(rule)
		e.t.facts[i] = f
	}
	for n := range f.Columns {
		c := &f.Columns[n]
		var v any
		var err error
		if c.Ref != nil {
			v = e.key(rule.entity, rule.refs[c.Name].key)
		} else {
			v, err = rule.set[c.Name].fill(e.get)
		}
		if err == nil {
			err = c.add(v)
		}
		if err != nil {
			e.refuse(c.Header, plain(v), "%v", err)
		}
	}
	f.Lines, f.Days = append(f.Lines, int32(e.line)), append(f.Days, day)
}
