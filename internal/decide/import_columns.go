package decide

import (
	"fmt"
	"slices"

	"pmograph/internal/exchange/tabular"
	"pmograph/internal/state"
)

// factSource is the facts of one file, bound to the columns of their entity.
type factSource struct {
	f     *tabular.Facts
	owner factColumn

	columns []factColumn
	byName  map[string]int // of columns
	unsaid  []state.Col    // columns that may be null and of which the file does not speak
}

// factColumn is one column of a file's facts.
type factColumn struct {
	name    string
	from    *tabular.FactColumn
	table   *state.Column
	col     state.Col
	numbers []int64  // of texts and references, by place: the number that stands for each
	wrong   []string // by place: what is wrong with a text; empty if nothing is
	money   []string // of references, by place: the currency of the row, if it has one
}

// value gives the number of a fact's value; ok is false if there is none.
func (c *factColumn) value(i int) (n int64, ok bool) {
	n, ok = c.from.At(i)
	if ok && c.numbers != nil {
		n = c.numbers[n]
	}
	return n, ok
}

// fits tells whether values of a kind can stand in a column.
var fits = map[string][]state.Kind{
	"text": {state.KindText}, "date": {state.KindDate}, "boolean": {state.KindBool},
	"integer": {state.KindInt, state.KindMoney, state.KindRate}, "money": {state.KindMoney, state.KindRate},
}

// bind finds the columns of a file's facts; nil if something is wrong with one, which is noted at the first fact.
func (im *importer) bind(b *factBatch, f *tabular.Facts) *factSource {
	s := &factSource{f: f, byName: map[string]int{}}
	wrong := len(im.errs)
	for n := range f.Columns {
		c := factColumn{name: f.Columns[n].Name, from: &f.Columns[n]}
		var known, stored bool
		c.table, known = b.table.Column(c.name)
		c.col, stored = b.batch.Column(c.name)
		switch {
		case !known || slices.Contains(recordKeeps, c.name):
			im.refuseFact(s, 0, c.name, "UNKNOWN_COLUMN", "%s has no column %q to import", b.table.Name, c.name)
			continue
		case (c.table.Ref != nil) != (c.from.Ref != nil) || c.table.Ref != nil && c.table.Ref.Name != c.from.Ref.Entity:
			im.refuseFact(s, 0, c.name, "UNKNOWN_COLUMN", "%s.%s does not refer to what the mapping says", b.table.Name, c.name)
			continue
		case c.table.Ref != nil:
			im.bindRef(&c)
		case c.from.Kind == "": // no value at all
		case !slices.Contains(fits[c.from.Kind], c.table.Kind):
			im.refuseFact(s, 0, c.name, "INVALID", "%s.%s cannot hold a value of kind %s", b.table.Name, c.name, c.from.Kind)
			continue
		case c.from.Kind == "text":
			c.bindTexts()
		}
		if stored {
			s.byName[c.name] = len(s.columns)
			s.columns = append(s.columns, c)
			continue
		}
		if s.owner.from != nil {
			im.refuseFact(s, 0, c.name, "REQUIRED", "exactly one owner is needed")
		}
		s.owner = c
	}
	if s.owner.from == nil && len(im.errs) == wrong {
		im.refuseFact(s, 0, "", "REQUIRED", "the mapping does not say whose the %s are", b.table.Name)
	}
	for _, name := range b.table.FactKey() {
		if _, ok := s.byName[name]; !ok && len(im.errs) == wrong {
			im.refuseFact(s, 0, name, "REQUIRED", "a %s is known by its %s, which the file or the mapping does not give", b.table.Word, name)
		}
	}
	for _, c := range b.table.Columns {
		if col, stored := b.batch.Column(c.Name); stored && c.Nullable {
			if _, said := s.byName[c.Name]; !said {
				s.unsaid = append(s.unsaid, col)
			}
		}
	}
	if len(im.errs) > wrong {
		return nil
	}
	return s
}

// bindTexts finds the numbers of a column's words.
func (c *factColumn) bindTexts() {
	c.numbers, c.wrong = make([]int64, len(c.from.Texts)), make([]string, len(c.from.Texts))
	for n, text := range c.from.Texts {
		var err error
		if c.numbers[n], err = c.table.Number(text); err != nil {
			c.wrong[n] = err.Error()
		}
	}
}

// bindRef finds the rows that a column refers to, and their currencies.
func (im *importer) bindRef(c *factColumn) {
	n := len(c.from.Texts)
	c.numbers, c.wrong, c.money = make([]int64, n), make([]string, n), make([]string, n)
	for n, key := range c.from.Texts {
		id, ok := im.lookUp(c.table.Ref, key)
		if c.numbers[n] = id; !ok {
			c.wrong[n] = fmt.Sprintf("there is no %s %q, neither on record nor in these files", c.table.Ref.Word, key)
			continue
		}
		if row := im.d.CopyOf(c.table.Ref, id); row != nil {
			c.money[n], _ = c.table.Ref.Text(row, "currency")
		}
	}
}

// admit tells whose a fact is and whether it is taken: it is not if it is skipped or left out because what it refers to is missing, or if
// something is wrong with it, which is noted.
func (im *importer) admit(b *factBatch, s *factSource, i int) (owner int64, take bool) {
	if s.without(i) {
		return 0, false
	}
	take = im.sound(s, &s.owner, i)
	for n := range s.columns {
		c := &s.columns[n]
		take = im.sound(s, c, i) && take
		if c.from.Kind != "money" {
			continue
		}
		if _, ok := c.from.At(i); !ok {
			continue
		}
		if currency := s.currency(b.table, i); currency != c.from.Currency {
			im.refuseFact(s, i, c.name, "OTHER_CURRENCY", "the amount is in %s, its %s in %q", c.from.Currency, b.table.Word, currency)
			take = false
		}
	}
	owner, _ = s.owner.value(i)
	return owner, take
}

// without tells whether a fact does without something that is missing.
func (s *factSource) without(i int) bool {
	missing := func(c *factColumn) bool {
		if c.from.Ref == nil || c.from.Ref.Missing == "" {
			return false
		}
		n, _ := c.from.At(i)
		return c.wrong[n] != ""
	}
	if missing(&s.owner) {
		return true
	}
	for n := range s.columns {
		if missing(&s.columns[n]) {
			return true
		}
	}
	return false
}

// sound refuses a text that stands for nothing.
func (im *importer) sound(s *factSource, c *factColumn, i int) bool {
	if c.wrong == nil {
		return true
	}
	n, ok := c.from.At(i)
	if !ok || c.wrong[n] == "" {
		return true
	}
	code := "NOT_IN_LIST"
	if c.table.Ref != nil {
		code = "NOT_FOUND"
	}
	im.refuseFact(s, i, c.name, code, "%s", c.wrong[n])
	return false
}

// currency gives what a fact's amounts are in: what it says itself, else what the row says that it refers to.
func (s *factSource) currency(t *state.Desc, i int) string {
	if _, has := t.Column("currency"); has {
		if n, said := s.byName["currency"]; said {
			return s.columns[n].from.Text(i)
		}
		return ""
	}
	for n := range s.columns {
		if c := &s.columns[n]; c.money != nil {
			if at, ok := c.from.At(i); ok && c.money[at] != "" {
				return c.money[at]
			}
		}
	}
	return ""
}

// value gives a fact's value of a column by name.
func (s *factSource) value(name string, i int) (int64, bool) {
	n, ok := s.byName[name]
	if !ok {
		return 0, false
	}
	return s.columns[n].value(i)
}

// equal tells whether two facts say the same.
func (s *factSource) equal(i int, o *factSource, j int) bool {
	if len(s.columns) != len(o.columns) {
		return false
	}
	for n := range s.columns {
		a, aok := s.columns[n].value(i)
		b, bok := o.columns[n].value(j)
		if s.columns[n].name != o.columns[n].name || aok != bok || aok && a != b {
			return false
		}
	}
	return true
}

// refusal is what is wrong with a fact.
func (s *factSource) refusal(i int, column, code, format string, args ...any) error {
	header := column
	for _, c := range s.f.Columns {
		if c.Name == column && c.Header != "" {
			header = c.Header
		}
	}
	return refusal(s.f.File, int(s.f.Lines[i]), header, code, format, args...)
}
