package odata

import (
	"bytes"
	"crypto/sha256"
	_ "embed" // the page
	"encoding/base64"
	"html/template"
	"net/http"
	"strings"

	"pmograph/internal/exchange/dataset"
)

//go:embed page.html
var pageText string

var (
	pageTemplate = template.Must(template.New("page").Parse(pageText))
	pagePolicy   = "default-src 'none'; style-src 'sha256-" + styleHash() + "'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
)

// styleHash is that of the page's style, which alone it may have.
func styleHash() string {
	_, rest, _ := strings.Cut(pageText, "<style>")
	style, _, _ := strings.Cut(rest, "</style>")
	sum := sha256.Sum256([]byte(style))
	return base64.StdEncoding.EncodeToString(sum[:])
}

// samples is how many rows of a set the page shows.
const samples = 5

// wantsPage tells whether a browser asks: what it accepts first is a page.
func (c *call) wantsPage() bool {
	return len(c.offer) > 0 && c.offer[0].media == "text/html"
}

// shownSet is a set as the page shows it.
type shownSet struct {
	*dataset.Dataset
	Columns  []shownColumn
	Sample   [][]string
	Examples []string
}

type shownColumn struct{ Name, Type, Description string }

// page answers a browser with what there is: sets, columns, some rows of each, addresses to begin with.
func (c *call) page() error {
	c.form.meta = minimal
	c.path = "html"
	if unchanged := c.tagged(); unchanged {
		return nil
	}
	leave, err := c.Slot(c.r.Context())
	if err != nil {
		return err
	}
	defer leave()
	values := 0
	defer func() { c.Charge(c.r.Context(), values) }()
	var sets []shownSet
	for _, d := range dataset.CatalogueOf(c.data).Whole() {
		s := shownSet{Dataset: d, Examples: examples(d)}
		for i := range d.Columns {
			s.Columns = append(s.Columns, shownColumn{d.Columns[i].Name, edmTypes[d.Columns[i].Kind], d.Columns[i].Description})
		}
		rows, err := c.all(dataset.Query{Of: d, Page: samples})
		if err != nil {
			return err
		}
		for _, r := range rows {
			line := make([]string, len(r.Values))
			for i, v := range r.Values {
				if line[i] = v.String(); v.Why != dataset.Absent {
					line[i] = v.Why.String()
				}
			}
			values += len(line)
			s.Sample = append(s.Sample, line)
		}
		sets = append(sets, s)
	}
	var out bytes.Buffer
	if err := pageTemplate.Execute(&out, map[string]any{"Root": c.root(), "Sets": sets, "Day": c.view.Day().String(), "Position": c.view.Position().Seq}); err != nil {
		return err
	}
	c.w.Header().Set("Content-Security-Policy", pagePolicy)
	c.headers("text/html; charset=utf-8")
	c.w.WriteHeader(http.StatusOK)
	_, err = c.w.Write(out.Bytes())
	return err
}

// examples are addresses to begin with.
func examples(d *dataset.Dataset) (all []string) {
	all = append(all, d.Name+"?$top=10&$count=true")
	if len(d.Columns) > 1 {
		all = append(all, d.Name+"?$select="+d.Columns[0].Name+","+d.Columns[1].Name+"&$orderby="+d.Columns[1].Name)
	}
	for i := range d.Navs {
		if !d.Navs[i].Many {
			all = append(all, d.Name+"?$expand="+d.Navs[i].Name+"&$top=10")
			break
		}
	}
	if len(d.Measures) > 0 {
		by := ""
		for _, c := range d.Columns {
			if c.Role == dataset.Dimension {
				by = c.Name
				break
			}
		}
		if by != "" {
			all = append(all, d.Name+"?$apply=groupby(("+by+"),aggregate("+d.Measures[0].Name+"))")
		}
	}
	return all
}
