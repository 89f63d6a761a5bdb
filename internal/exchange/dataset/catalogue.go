// Package dataset is the one catalogue of what is shown to the world as tables: facts and dimensions, their columns, what they are measured by. It
// is declared once; GraphQL's aggregates, OData, files and docs/datasets.md are read from it, so that one figure is the same number everywhere.
//
// A dataset is read through a view: rows that its holder may not see are not there, and values he may not see are Hidden. Everything that a query does, to
// filter, to order, to group, works on these values alone, so nothing that is shown depends on what is hidden.
package dataset

import (
	"iter"
	"slices"

	"pmograph/auth"
	"pmograph/internal/fault"
	"pmograph/internal/figure"
	"pmograph/internal/read"
	"pmograph/internal/state"
	"pmograph/internal/vocab"
)

// View is what datasets are read through: a viewer's view of the record, and what figures of it have in common.
type View struct {
	*read.View
	Book *figure.Book
	who  *auth.Identity // whose saved queries are datasets as well; nil: none are
	memo map[any]any
}

// NewView makes a view readable as datasets. It is for one goroutine.
func NewView(v *state.View) *View { return &View{read.New(v), figure.NewBook(v), nil, map[any]any{}} }

// NewViewFor is NewView for somebody whose catalogue has the saved queries that he may ask, too.
func NewViewFor(v *state.View, who auth.Identity) *View {
	w := NewView(v)
	w.who = &who
	return w
}

// once works something out for a view at its first use.
func once[T any](v *View, key any, make func() T) T {
	if have, ok := v.memo[key]; ok {
		return have.(T)
	}
	t := make()
	v.memo[key] = t
	return t
}

// Role says what a column is for.
type Role uint8

// The roles of columns.
const (
	Attribute Role = iota // tells something of the row
	Dimension             // rows are grouped by it
	Key                   // part of what the row is known by
	Amount                // a quantity that is added up
	Level                 // a quantity that is not added up over time, or not at all
)

func (r Role) String() string {
	return [...]string{"ATTRIBUTE", "DIMENSION", "KEY", "AMOUNT", "LEVEL"}[r]
}

// Varies is the scale of decimals that have as many digits as their currency, or their indicator, wants.
const Varies int8 = -1

// MaxDigits is the most digits that a varying scale has.
const MaxDigits = 6

// Column is a column of a dataset.
type Column struct {
	Name        string // as OData and files say it: PlannedCost
	Description string // what it means, and when it is null
	Kind        Kind
	Scale       int8 // of a Decimal: digits behind the point, or Varies
	Nullable    bool
	Class       vocab.Class // who may read it; values of other classes than the row's are Hidden
	Role        Role
	Unit        vocab.Unit // of quantities; empty for others
	Currency    string     // the column that says in which currency a quantity of MONEY is; empty for others, and where it is the organisation's
	Words       []string   // a closed list's; nil if it is open
	Refers      string     // of an ID: the dataset whose rows it names; empty if none shows them
	Texts       bool       // searches look into it

	get   func(v *View, row any) Value
	code  func(v *View, row any) string // the currency of an amount
	fact  *state.Col                    // of the facts that it shows, or converts
	money string                        // the column of the currency of those
}

// Nav leads from a row to rows of another dataset.
type Nav struct {
	Name        string
	Description string
	To          string      // dataset
	Many        bool        // to any number; else to one or none
	On          [][2]string // pairs of columns that are equal: this dataset's, the other's
	Back        string      // the other dataset's way back; empty if there is none

	to   *Dataset
	from func(v *View, row any) Value // the value of this dataset's column, if there is one pair
}

// Additivity says over what a measure may be added up.
type Additivity string

// The kinds of measures.
const (
	Additive     Additivity = "ADDITIVE"      // over everything
	SemiAdditive Additivity = "SEMI_ADDITIVE" // over everything but time, where the last counts
	NonAdditive  Additivity = "NON_ADDITIVE"  // over nothing: it is calculated anew from summed parts
)

// Measure is one value made of many rows, whatever they are grouped by.
type Measure struct {
	Name        string
	Description string // what it means, and when it is null
	Formula     string // over the sums of columns
	Kind        Kind
	Scale       int8
	Unit        vocab.Unit
	Currency    string // column whose one value all rows must have, else the measure is null; empty: none
	Class       vocab.Class
	Additivity  Additivity

	parts []part
	final func(v *View, of []total) Value // nil: the one part's sum
}

// Dataset is a table of the catalogue.
type Dataset struct {
	Name        string // of the set: CostEntries
	Singular    string // of one row: CostEntry
	Title       string
	Description string
	Facts       bool        // it holds quantities; else what they are about
	Key         []string    // columns by which a row is known
	Order       []string    // columns by which rows come if nothing else is asked; they differ between any two rows
	Time        string      // column of the day by which it is filtered and compared over time; empty if there is none
	Entity      *state.Desc // whose changes change it; nil if it is made of several
	Columns     []Column
	Navs        []Nav
	Measures    []Measure

	source source
}

// source hands out a dataset's rows.
type source struct {
	rows func(v *View, in hint) iter.Seq[any] // in Order; at least those that the hint lets pass
	hold func(row any) any                    // a copy of a row that stays; nil if rows stay
	get  func(v *View, id Value) any          // the row of an Id, nil if there is none; nil if rows have to find it

	summing *summing // what sums of rows are kept of; nil: nothing
}

// hint says which rows are needed. A source may hand out more, but for after, which it keeps to.
type hint struct {
	equal    map[string][]Value // columns that have one of some values
	from, to *vocab.Date        // of Time
	after    []Value            // values of Order: rows at and behind them only
}

// one gives the only value that a column may have; ok is false if it may have several.
func (h hint) one(column string) (v Value, ok bool) {
	if all := h.equal[column]; len(all) == 1 {
		return all[0], true
	}
	return v, false
}

// Column gives the column of a name.
func (d *Dataset) Column(name string) (*Column, bool) {
	for i := range d.Columns {
		if d.Columns[i].Name == name {
			return &d.Columns[i], true
		}
	}
	return nil, false
}

// Nav gives the reference of a name.
func (d *Dataset) Nav(name string) (*Nav, bool) {
	for i := range d.Navs {
		if d.Navs[i].Name == name {
			return &d.Navs[i], true
		}
	}
	return nil, false
}

// Target is the dataset that a reference leads to.
func (n *Nav) Target() *Dataset { return n.to }

// Measure gives the measure of a name.
func (d *Dataset) Measure(name string) (*Measure, bool) {
	for i := range d.Measures {
		if d.Measures[i].Name == name {
			return &d.Measures[i], true
		}
	}
	return nil, false
}

// declared is the catalogue, in the order of docs/datasets.md.
var declared []*Dataset

// All is the whole catalogue, as who may see everything has it, without the columns that the record adds.
func All() []*Dataset { return declared }

// Catalogue is the catalogue as a viewer has it: without columns, and measures, of classes that he may read nowhere, with those the record adds.
type Catalogue struct {
	Datasets []*Dataset // without those that saved queries are
	byName   map[string]*Dataset
	v        *View // whose saved queries it has; nil: it has none
}

// CatalogueOf gives a viewer's catalogue.
func CatalogueOf(v *View) *Catalogue {
	return once(v, catalogueKey{}, func() *Catalogue {
		var all []*Dataset
		for _, d := range declared {
			own := *d
			own.Navs = slices.Clone(d.Navs)
			own.Columns = slices.Clone(d.Columns)
			if more := added[d.Name]; more != nil {
				own.Columns = append(own.Columns, more(v)...)
			}
			may := v.Rights().Anywhere()
			own.Columns = slices.DeleteFunc(own.Columns, func(c Column) bool { return !may.Has(auth.Reads(c.Class)) })
			own.Measures = slices.DeleteFunc(slices.Clone(d.Measures), func(m Measure) bool { return !may.Has(auth.Reads(m.Class)) })
			if own.told() {
				all = append(all, &own)
			}
		}
		c := NewCatalogue(all)
		c.v = v
		return c
	})
}

// told tells whether rows can be told from each other: who may not read by what they are known reads nothing of them.
func (d *Dataset) told() bool {
	for _, name := range slices.Concat(d.Key, d.Order) {
		if _, ok := d.Column(name); !ok {
			return false
		}
	}
	return true
}

// NewCatalogue makes a catalogue of datasets whose references lead to each other; those that lead elsewhere are left out.
func NewCatalogue(all []*Dataset) *Catalogue {
	c := &Catalogue{Datasets: all, byName: map[string]*Dataset{}}
	for _, d := range all {
		c.byName[d.Name] = d
	}
	for _, d := range all {
		d.Navs = slices.DeleteFunc(d.Navs, func(n Nav) bool { return c.byName[n.To] == nil })
		for i := range d.Navs {
			d.Navs[i].to, d.Navs[i].from = c.byName[d.Navs[i].To], nil
			if on := d.Navs[i].On; len(on) == 1 {
				if col, ok := d.Column(on[0][0]); ok {
					d.Navs[i].from = col.get
				}
			}
		}
	}
	return c
}

type catalogueKey struct{}

// added makes the columns that the record adds to a dataset, by its name.
var added = map[string]func(v *View) []Column{}

// Named gives the dataset of a name. That of a saved query is SavedQuery_5; its identifier, saved-query-5, names it as well.
func (c *Catalogue) Named(name string) (*Dataset, error) {
	if d, ok := c.byName[name]; ok {
		return d, nil
	}
	if d := c.saved(name); d != nil {
		return d, nil
	}
	return nil, fault.At("dataset", "NOT_FOUND", "there is no dataset %.60q", name)
}

// Find gives the row of a key, in the order of Key; nil if there is none, or it is not visible.
func (d *Dataset) Find(v *View, key []Value) any {
	h := hint{equal: map[string][]Value{}}
	for i, name := range d.Key {
		h.equal[name] = key[i : i+1]
	}
	for row := range d.source.rows(v, h) {
		if d.has(v, row, h) {
			return d.keep(row)
		}
	}
	return nil
}

func (d *Dataset) has(v *View, row any, h hint) bool {
	for name, values := range h.equal {
		c, _ := d.Column(name)
		got := c.get(v, row)
		if !slices.ContainsFunc(values, func(x Value) bool { return Same(x, got) }) {
			return false
		}
	}
	return true
}

func (d *Dataset) keep(row any) any {
	if d.source.hold == nil {
		return row
	}
	return d.source.hold(row)
}

// one gives the row that a reference to one leads to; nil if there is none, or it is not visible.
func (n *Nav) one(v *View, from *Dataset, row any) any {
	if n.to.source.get != nil && n.from != nil && n.On[0][1] == "Id" {
		if id := n.from(v, row); id.Kind == ID {
			return n.to.source.get(v, id)
		}
		return nil
	}
	for other := range n.many(v, from, row) {
		return n.to.keep(other)
	}
	return nil
}

// many hands out the rows that a reference leads to.
func (n *Nav) many(v *View, from *Dataset, row any) iter.Seq[any] {
	return func(yield func(any) bool) {
		h := hint{equal: map[string][]Value{}}
		for _, pair := range n.On {
			c, ok := from.Column(pair[0])
			if !ok {
				return
			}
			value := c.get(v, row)
			if value.IsNull() {
				return
			}
			h.equal[pair[1]] = []Value{value}
		}
		for other := range n.to.source.rows(v, h) {
			if n.to.has(v, other, h) && !yield(other) {
				return
			}
		}
	}
}
