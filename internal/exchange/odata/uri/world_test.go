package uri

import (
	"slices"
	"strings"
	"testing"

	"pmograph/internal/exchange/dataset"
	"pmograph/internal/fault"
)

// things is a catalogue with the names that OASIS's test cases use: all sets are alike but for their keys, and refer to each other.
func things() *dataset.Catalogue {
	kinds := map[dataset.Kind]string{
		dataset.Text:    "Name CompanyName ContactName Street City Title FirstName LastName CountryCode style Code",
		dataset.Decimal: "Price Rating Cost Revenue Amount TaxRate Quantity X",
		dataset.Bool:    "Completed Size Shipped",
		dataset.Int:     "Age ID OrderID Month Year",
		dataset.Date:    "BirthDate Date",
		dataset.Instant: "ReleaseDate LifeTime",
	}
	one := "Product Supplier Customer Category Country Address Manager Currency Time ProductGroup"
	many := "Products Items Orders DirectReports Sales Employees Customers"
	var all []*dataset.Dataset
	var measures []dataset.Measure
	for _, name := range []string{"Budget", "Forecast"} { // how many rows there are, by other names
		m := projects().Measures[0]
		m.Name = name
		measures = append(measures, m)
	}
	set := func(name, singular string, key ...string) {
		d := &dataset.Dataset{Name: name, Singular: singular, Key: key, Order: key, Measures: measures}
		for kind, names := range kinds {
			for _, n := range strings.Fields(names) {
				if n == "ID" && name == "Employees" {
					kind = dataset.Text
				} else if n == "ID" && name == "Moments" {
					kind = dataset.Instant
				}
				d.Columns = append(d.Columns, dataset.Column{Name: n, Kind: kind})
			}
		}
		d.Columns = append(d.Columns, dataset.Column{Name: "ItemID", Kind: dataset.Text})
		for _, n := range strings.Fields(one) {
			d.Navs = append(d.Navs, dataset.Nav{Name: n, To: "Things"})
		}
		for _, n := range strings.Fields(many) {
			to := "Things"
			if n == "Products" || n == "Sales" {
				to = n
			}
			if n == "DirectReports" {
				to = "Employees"
			}
			d.Navs = append(d.Navs, dataset.Nav{Name: n, To: to, Many: true})
		}
		all = append(all, d)
	}
	for _, name := range []string{"Things/Thing", "Categories/Category", "Products/Product", "Orders/Order", "Customers/Customer", "Sales/Sale", "People/Person", "Suppliers/Supplier"} {
		name, singular, _ := strings.Cut(name, "/")
		set(name, singular, "ID")
	}
	set("Employees", "Employee", "ID")
	set("Moments", "Moment", "ID")
	set("OrderItems", "OrderItem", "OrderID", "ItemID")
	return dataset.NewCatalogue(all)
}

func projects() *dataset.Dataset {
	all := dataset.All()
	return all[slices.IndexFunc(all, func(d *dataset.Dataset) bool { return d.Name == "Projects" })]
}

// code is that of an error; it is registered, and goes with the error's kind.
func code(t testing.TB, err error) string {
	t.Helper()
	if err == nil {
		return ""
	}
	e, ok := err.(*fault.Error)
	if !ok || len(e.Fields) != 1 || e.Fields[0].Text == "" || e.Fields[0].Path[0] == "" {
		t.Fatalf("an error of no code: %v", err)
	}
	c := e.Fields[0].Code
	if !slices.ContainsFunc(fault.FieldCodes, func(f fault.FieldCode) bool { return f.Code == c }) {
		t.Fatalf("the code %s is not registered", c)
	}
	if (c == "NOT_FOUND") != (e.Kind == fault.NotFound) || e.Kind != fault.NotFound && e.Kind != fault.Invalid {
		t.Fatalf("%s of kind %s: %v", c, e.Kind, err)
	}
	return c
}
