package dataset_test

import (
	"testing"

	"pmograph/internal/exchange/dataset"
)

// A query that shows no rows still counts them, in whatever order they would come.
func TestNoRows(t *testing.T) {
	v := as(t, office(t), "admin@organisation")
	d, _ := dataset.CatalogueOf(v).Named("Projects")
	for name, order := range map[string][]dataset.Order{"by key": nil, "by name": {{By: dataset.Col("Name")}}} {
		count := func(top, page int) (shown int, at dataset.Page) {
			p, err := dataset.Query{Of: d, Top: top, Page: page, Order: order, Total: true}.Plan()
			if err != nil {
				t.Fatal(err)
			}
			rows, got, err := p.All(v)
			if err != nil {
				t.Fatal(err)
			}
			return len(rows), got
		}
		all, _ := count(0, 0)
		shown, page := count(dataset.NoRows, 10)
		if all == 0 || shown != 0 || page.Total != all || page.Next != nil {
			t.Errorf("%s: %d of %d shown, %d counted, next %v", name, shown, all, page.Total, page.Next)
		}
	}
}
