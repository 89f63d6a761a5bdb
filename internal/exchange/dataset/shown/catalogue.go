// Package shown is datasets and their answers as GraphQL shows them: its types are those of the schema, and hold values of package dataset.
package shown

import (
	"slices"

	"pmograph/internal/exchange/dataset"
	"pmograph/internal/fault"
	"pmograph/internal/vocab"
)

// Dataset is a table of a viewer's catalogue.
type Dataset struct {
	Name, Title, Description string
	Facts                    bool
	Key                      []string
	Time                     *string
	Measures                 []DatasetMeasure
	References               []DatasetReference

	columns []dataset.Column
}

// DatasetColumn is a column of a dataset.
type DatasetColumn struct {
	Name, Description string
	Kind              vocab.ValueKind
	Scale             *int
	Nullable          bool
	Class             vocab.ColumnClass
	Role              vocab.ColumnRole
	Unit              *vocab.Unit
	CurrencyColumn    *string
	Words             []string
	Refers            *string
}

// DatasetMeasure is one value made of many rows.
type DatasetMeasure struct {
	Name, Description, Formula string
	Kind                       vocab.ValueKind
	Scale                      *int
	Unit                       *vocab.Unit
	Class                      vocab.ColumnClass
	Additivity                 vocab.Additivity
}

// DatasetReference is a way from a row to rows of another dataset.
type DatasetReference struct {
	Name, Description, To string
	Many                  bool
}

// Datasets shows a viewer's catalogue, or the datasets of some names of it.
func Datasets(c *dataset.Catalogue, named []string) []Dataset {
	list := []Dataset{}
	for _, d := range c.Datasets {
		if named == nil || slices.Contains(named, d.Name) {
			list = append(list, datasetOf(d))
		}
	}
	return list
}

func datasetOf(d *dataset.Dataset) Dataset {
	out := Dataset{Name: d.Name, Title: d.Title, Description: d.Description, Facts: d.Facts, Key: d.Key, Time: optional(d.Time), columns: d.Columns, Measures: []DatasetMeasure{}, References: []DatasetReference{}}
	for _, m := range d.Measures {
		out.Measures = append(out.Measures, DatasetMeasure{m.Name, m.Description, m.Formula, kindOf(m.Kind), scaleOf(m.Kind, m.Scale), optional(m.Unit), classOf(m.Class), vocab.Additivity(m.Additivity)})
	}
	for _, n := range d.Navs {
		out.References = append(out.References, DatasetReference{n.Name, n.Description, n.To, n.Many})
	}
	return out
}

// ColumnCount is how many columns it has.
func (d Dataset) ColumnCount() int { return len(d.columns) }

// MaxColumns is how many columns are shown at once, at most.
const MaxColumns = 200

// Columns shows a part of its columns.
func (d Dataset) Columns(first, skip int) ([]DatasetColumn, error) {
	part, err := partOf(d.columns, first, skip, MaxColumns)
	list := []DatasetColumn{}
	for _, c := range part {
		list = append(list, DatasetColumn{c.Name, c.Description, kindOf(c.Kind), scaleOf(c.Kind, c.Scale), c.Nullable, classOf(c.Class), vocab.ColumnRole(c.Role.String()), optional(c.Unit), optional(c.Currency), c.Words, optional(c.Refers)})
	}
	return list, err
}

// partOf is a part of a list, of so many items at most.
func partOf[T any](all []T, first, skip, most int) ([]T, error) {
	switch {
	case first < 1 || first > most:
		return nil, fault.At("first", "OUT_OF_RANGE", "1 to %d, not %d", most, first)
	case skip < 0:
		return nil, fault.At("skip", "OUT_OF_RANGE", "nothing comes before the first; %d is below zero", skip)
	}
	all = all[min(skip, len(all)):]
	return all[:min(first, len(all))], nil
}

func optional[S ~string](s S) *S {
	if s == "" {
		return nil
	}
	return &s
}

func kindOf(k dataset.Kind) vocab.ValueKind { return vocab.ValueKind(k.String()) }

func classOf(c vocab.Class) vocab.ColumnClass { return vocab.ColumnClass(c.String()) }

func scaleOf(k dataset.Kind, scale int8) *int {
	if k != dataset.Decimal || scale == dataset.Varies {
		return nil
	}
	n := int(scale)
	return &n
}
