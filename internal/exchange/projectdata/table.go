// Package projectdata is the reporting feed that Project Online had: its entity sets, with the names, types and keys that reports were written
// against, filled from the record as far as it reaches. A report goes on when the address that it reads is changed, and nothing else.
//
// The sets are datasets. What a request asks, a viewer's rights and the reading of rows are the dataset package's; this package says what the sets are, and
// writes answers as OData 3 and 4 have them.
package projectdata

import (
	_ "embed"
	"encoding/csv"
	"strings"

	"pmograph/internal/exchange/dataset"
)

// The feed as it was: see SOURCE.md.
var (
	//go:embed feed.csv
	feedTable string
	//go:embed references.csv
	referenceTable string
)

// property is a property of the feed's entities.
type property struct {
	Name     string
	Edm      string // its type, without Edm.
	Nullable bool
	Key      bool
	Fill     *fill // how it is filled; nil: it is always null, or neutral if it is not nullable
}

// set is one of the feed's entity sets.
type set struct {
	Name       string
	Type       string // of its entities
	Properties []property
	References []reference
	Rows       *rows // nil: there are none
}

// reference leads to entities of another set.
type reference struct {
	Name        string
	To          *set
	Many        bool
	Association string
}

// feed is all sets, by name.
var feed = readFeed()

func readFeed() (all []*set) {
	byType := map[string]*set{}
	for _, line := range records(feedTable) {
		s := byType[line[1]]
		if s == nil {
			s = &set{Name: line[0], Type: line[1], Rows: filled[line[0]]}
			byType[line[1]] = s
			all = append(all, s)
		}
		p := property{Name: line[2], Edm: line[3], Nullable: line[4] != "", Key: line[5] != ""}
		if s.Rows != nil {
			p.Fill = s.Rows.fill(p.Name)
		}
		s.Properties = append(s.Properties, p)
	}
	for _, line := range records(referenceTable) {
		s := byType[line[0]]
		s.References = append(s.References, reference{line[1], byType[line[2]], line[3] == "many", line[4]})
	}
	return all
}

func records(table string) [][]string {
	lines, err := csv.NewReader(strings.NewReader(table)).ReadAll()
	if err != nil {
		panic(err)
	}
	return lines[1:]
}

func (s *set) keys() (names []string) {
	for _, p := range s.Properties {
		if p.Key {
			names = append(names, p.Name)
		}
	}
	return names
}

func (s *set) property(name string) *property {
	for i := range s.Properties {
		if s.Properties[i].Name == name {
			return &s.Properties[i]
		}
	}
	return nil
}

// kind is the kind of the values of a property that nothing fills.
func (p *property) kind() dataset.Kind {
	switch p.Edm {
	case "Boolean":
		return dataset.Bool
	case "Byte", "Int16", "Int32":
		return dataset.Int
	case "Decimal", "Double":
		return dataset.Decimal
	case "DateTime":
		return dataset.Instant
	}
	return dataset.Text // texts, and guids
}

// neutral is the value in the place of none where a property is not nullable.
func (p *property) neutral(kind dataset.Kind) dataset.Value {
	switch kind {
	case dataset.Bool:
		return dataset.OfBool(false)
	case dataset.Int:
		return dataset.OfInt(0)
	case dataset.Decimal:
		return dataset.OfUnits(0, 0)
	case dataset.Instant:
		return dataset.OfTime(earliest.Time())
	case dataset.Date:
		return dataset.OfDate(earliest)
	}
	if p.Edm == "Guid" {
		return dataset.OfText(noGUID)
	}
	return dataset.OfText("")
}

// on gives the pairs of properties that a reference's two sides have equal: the key of the side that is one.
func (r *reference) on(from *set) (pairs [][2]string) {
	one, other := r.To, from
	if r.Many {
		one, other = from, r.To
	}
	for _, k := range one.keys() {
		if other.property(k) != nil {
			pairs = append(pairs, [2]string{k, k})
		}
	}
	return pairs
}
