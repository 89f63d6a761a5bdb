package dataset_test

import (
	"cmp"
	"flag"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"pmograph/internal/exchange/dataset"
	"pmograph/internal/vocab"
)

//go:generate go test -run TestPageOfDatasets . -update

var update = flag.Bool("update", false, "write docs/datasets.md")

const page = "../../../docs/datasets.md"

// The page about datasets says what the catalogue says.
func TestPageOfDatasets(t *testing.T) {
	if *update {
		if err := os.WriteFile(page, []byte(document()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	have, err := os.ReadFile(page)
	if err != nil || string(have) != document() {
		t.Errorf("docs/datasets.md is not current (%v): go generate ./internal/exchange/dataset", err)
	}
}

const introduction = `<!-- Written by go generate ./internal/exchange/dataset from the catalogue. -->
# Datasets

What the record holds, as tables: facts, which hold quantities, and what they are about. GraphQL's aggregates, OData and exported files read this one catalogue, so
a figure is the same number in each.

- **Rights.** A dataset has the rows that its reader may see. A value of a closed class that he may not see is withheld: it is null with the reason NOT_VISIBLE, and so is
  whatever is made of it. A column of a class that he may read nowhere is not there. An identifier of a row that he may not see is null.
- **Units.** Hours are hours of work. Money is in the currency that the named column says, with as many digits as the currency has; without such a column it is in
  the organisation's, converted at the exchange rate in force on the day of the question and rounded when it is shown.
- **Keys.** Key columns make up what a row is known by. Rows come in the order of the columns named by *Order*.
- **Measures** make one value of many rows, whatever they are grouped by. ADDITIVE ones add up over everything, SEMI_ADDITIVE ones over everything but time, where the
  last counts, NON_ADDITIVE ones over nothing: they are calculated anew from summed parts.
- **Version** is the journal number that last changed a row, for incremental reading.
- **Projects** have a column more for each indicator that is for the whole organisation: ` + "`Kpi_`" + ` and its code, in which what is no letter, digit or underscore of ASCII is replaced by
  an underscore; of two that would be called alike the later one's number follows. It is the indicator's value of the project as GraphQL shows it.
`

func document() string {
	var b strings.Builder
	b.WriteString(introduction)
	for _, facts := range []bool{true, false} {
		b.WriteString(map[bool]string{true: "\n# Facts\n", false: "\n# What facts are about\n"}[facts])
		for _, d := range dataset.All() {
			if d.Facts == facts {
				describe(&b, d)
			}
		}
	}
	return b.String()
}

func describe(b *strings.Builder, d *dataset.Dataset) {
	fmt.Fprintf(b, "\n## %s\n\n%s\n\nKey: %s. Order: %s.", d.Name, d.Description, strings.Join(d.Key, ", "), strings.Join(d.Order, ", "))
	if d.Time != "" {
		fmt.Fprintf(b, " Time: %s.", d.Time)
	}
	b.WriteString("\n\n| column | type | unit | class | means |\n|---|---|---|---|---|\n")
	for _, c := range d.Columns {
		fmt.Fprintf(b, "| `%s` | %s | %s | %s | %s%s |\n", c.Name, typeOf(c.Kind, c.Scale, c.Nullable), unitOf(c.Unit, c.Currency), classOf(c.Class), c.Description, extra(c))
	}
	if len(d.Measures) > 0 {
		b.WriteString("\n| measure | type | unit | class | adds up | formula | means |\n|---|---|---|---|---|---|---|\n")
		for _, m := range d.Measures {
			fmt.Fprintf(b, "| `%s` | %s | %s | %s | %s | %s | %s |\n", m.Name, typeOf(m.Kind, m.Scale, false), unitOf(m.Unit, m.Currency), classOf(m.Class), m.Additivity, m.Formula, m.Description)
		}
	}
	if len(d.Navs) > 0 {
		b.WriteString("\n| reference | leads to | where | back | means |\n|---|---|---|---|---|\n")
		for _, n := range d.Navs {
			fmt.Fprintf(b, "| `%s` | %s%s | %s = %s | %s | %s |\n", n.Name, map[bool]string{true: "many of ", false: ""}[n.Many], n.To, n.On[0][0], n.On[0][1], n.Back, n.Description)
		}
	}
}

func typeOf(k dataset.Kind, scale int8, nullable bool) string {
	text := k.String()
	switch {
	case k == dataset.Decimal && scale == dataset.Varies:
		text += ", digits vary"
	case k == dataset.Decimal:
		text += fmt.Sprintf(", %d digits", scale)
	}
	if nullable {
		text += " or null"
	}
	return text
}

func unitOf(u vocab.Unit, currency string) string {
	if currency != "" {
		return string(u) + " of " + currency
	}
	return string(u)
}

func classOf(c vocab.Class) string {
	if c == vocab.ClassPublic {
		return ""
	}
	return c.String()
}

// extra says of a column what its description leaves out.
func extra(c dataset.Column) (text string) {
	if len(c.Words) > 0 {
		text += " " + strings.Join(c.Words, ", ") + "."
	}
	if c.Refers != "" {
		text += " Names a row of " + c.Refers + "."
	}
	switch c.Role {
	case dataset.Amount:
		text += " Adds up."
	case dataset.Level:
		text += " Does not add up."
	}
	return text
}

// The catalogue is whole: names are identifiers and mean one thing, whatever names rows of another dataset leads there, and every way back leads back.
func TestCatalogueIsWhole(t *testing.T) {
	identifier := regexp.MustCompile(`^[A-Z][A-Za-z0-9]*$`)
	all := map[string]*dataset.Dataset{}
	for _, d := range dataset.All() {
		if all[d.Name] != nil || !identifier.MatchString(d.Name) || !identifier.MatchString(d.Singular) || d.Title == "" {
			t.Errorf("%s is no name, or there twice", d.Name)
		}
		all[d.Name] = d
	}
	for _, d := range dataset.All() {
		said := map[string]string{d.Name: d.Description}
		name := func(name, description string) {
			if _, ok := said[name]; ok || !identifier.MatchString(name) {
				if name != d.Name { // a count may be called as its rows are
					t.Errorf("%s: %q is no name, or there twice", d.Name, name)
				}
			}
			said[name] = cmp.Or(said[name], description)
			if !strings.HasSuffix(description, ".") || strings.Contains(description, "|") {
				t.Errorf("%s: %s is described by no sentence: %q", d.Name, name, description)
			}
		}
		for _, c := range d.Columns {
			name(c.Name, c.Description)
			leads := slices.ContainsFunc(d.Navs, func(n dataset.Nav) bool { return !n.Many && n.On[0][0] == c.Name && n.To == c.Refers })
			if c.Refers != "" && !leads {
				t.Errorf("%s: no reference leads from %s to %s", d.Name, c.Name, c.Refers)
			}
			if c.Currency != "" && (c.Unit != vocab.UnitMoney || !has(d, c.Currency)) {
				t.Errorf("%s: %s is in the currency of %q", d.Name, c.Name, c.Currency)
			}
			if c.Class != vocab.ClassPublic && !c.Nullable {
				t.Errorf("%s: %s may be withheld, so it may be null", d.Name, c.Name)
			}
		}
		for _, m := range d.Measures {
			name(m.Name, m.Description)
			if m.Formula == "" || m.Additivity == "" {
				t.Errorf("%s: %s has no formula, or says not whether it adds up", d.Name, m.Name)
			}
		}
		for _, column := range d.Key {
			if c, _ := d.Column(column); c.Nullable {
				t.Errorf("%s: %s tells rows apart, and may be null", d.Name, column)
			}
		}
		for _, n := range d.Navs {
			name(n.Name, n.Description)
			to := all[n.To]
			if to == nil || !has(to, n.On[0][1]) || !has(d, n.On[0][0]) {
				t.Errorf("%s: %s leads nowhere", d.Name, n.Name)
				continue
			}
			if back, ok := to.Nav(n.Back); n.Back != "" && (!ok || back.To != d.Name || back.Back != n.Name || back.Many == n.Many || back.On[0] != [2]string{n.On[0][1], n.On[0][0]}) {
				t.Errorf("%s: %s of %s does not lead back by %s", d.Name, n.Back, n.To, n.Name)
			}
		}
		version, versioned := d.Column("Version")
		if d.Entity != nil && (!versioned || version.Kind != dataset.Int) {
			t.Errorf("%s: its rows do not tell their versions", d.Name)
		}
	}
}

func has(d *dataset.Dataset, column string) bool { _, ok := d.Column(column); return ok }
