package dataset_test

import (
	"testing"

	"pmograph/internal/exchange/dataset"
)

// Who may not read by what rows are known has no such dataset, and no reference to it; all others can be told apart and followed.
func TestCataloguesAreWhole(t *testing.T) {
	j := office(t)
	for _, name := range []string{"nobody", "viewer@organisation", "viewer@portfolio", "himself", "team-manager", "admin@organisation"} {
		all := dataset.CatalogueOf(as(t, j, name)).Datasets
		if len(all) == 0 != (name == "nobody") {
			t.Errorf("%s has %d datasets", name, len(all))
		}
		for _, d := range all {
			for _, key := range append(d.Key, d.Order...) {
				if _, ok := d.Column(key); !ok {
					t.Errorf("%s: %s has no %s", name, d.Name, key)
				}
			}
			for i := range d.Navs {
				if d.Navs[i].Target() == nil {
					t.Errorf("%s: %s.%s leads nowhere", name, d.Name, d.Navs[i].Name)
				}
			}
		}
	}
}
