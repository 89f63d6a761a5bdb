package projectdata

import (
	"encoding/csv"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"pmograph/internal/exchange/dataset"
	"pmograph/internal/vocab"
)

// misprinted is what is not as the reference of the feed prints it; SOURCE.md says why.
var misprinted = map[string]string{
	"TaskTimephasedDataSet.TaskActualCost":                     "Decimal",
	"AssignmentTimephasedDataSet.AssignmentMaterialActualWork": "Decimal",
	"AssignmentTimephasedDataSet.AssignmentCost":               "Decimal",
}

// published reads a table of the published feed, which lies beside the project; PMO_SHARED says where, and that it must be there.
func published(t *testing.T, file string) [][]string {
	t.Helper()
	dir, must := os.LookupEnv("PMO_SHARED")
	if !must {
		dir = filepath.Join("..", "..", "..", "..", "shared")
	}
	b, err := os.ReadFile(filepath.Join(dir, "data", "projectdata_odata", file))
	if err != nil {
		if must {
			t.Fatal(err)
		}
		t.Skip("the published tables are not here")
	}
	lines, err := csv.NewReader(strings.NewReader(string(b))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return lines[1:]
}

func setNamed(name string) *set {
	i := slices.IndexFunc(feed, func(s *set) bool { return s.Name == name })
	if i < 0 {
		return nil
	}
	return feed[i]
}

func TestFeedIsAsPublished(t *testing.T) {
	for _, x := range published(t, "schema.csv") {
		name := strings.ReplaceAll(x[2], " ", "")
		s := setNamed(x[0])
		if s == nil || s.Type != x[1] || s.property(name) == nil {
			t.Errorf("%s.%s is not there", x[0], name)
			continue
		}
		p := s.property(name)
		want := strings.TrimPrefix(x[3], "Edm.")
		if other, ok := misprinted[x[0]+"."+name]; ok {
			want = other
		}
		key := x[5] != ""
		if p.Edm != want || p.Key != key || p.Nullable != (strings.EqualFold(x[4], "true") && !key) {
			t.Errorf("%s.%s is %s, key %v, nullable %v; published is %v", s.Name, name, p.Edm, p.Key, p.Nullable, x[3:6])
		}
	}
	for _, x := range published(t, "navigation.csv") {
		i := slices.IndexFunc(feed, func(s *set) bool { return s.Type == x[0] })
		r := feed[i].reference(strings.ReplaceAll(x[1], " ", ""))
		if association, _, _ := strings.Cut(x[2], " |"); r == nil || r.Association != strings.TrimSpace(association) {
			t.Errorf("%s has no reference %s", x[0], x[1])
		}
	}
}

func TestFeedHasWhatTheContentPackReads(t *testing.T) {
	kinds := map[string][]string{"string": {"String", "Guid"}, "double": {"Decimal", "Double"}, "int64": {"Byte", "Int16", "Int32"}, "boolean": {"Boolean"}, "dateTime": {"DateTime"}}
	for _, x := range published(t, "powerbi_content_pack_columns.csv") {
		if s := setNamed(x[1]); s == nil || s.property(x[2]) == nil || !slices.Contains(kinds[x[4]], s.property(x[2]).Edm) {
			t.Errorf("%s.%s of type %s is not there", x[1], x[2], x[4])
		}
	}
}

// kindsOf are the kinds of values that a type holds.
var kindsOf = map[string][]dataset.Kind{
	"Guid": {dataset.ID, dataset.Text}, "String": {dataset.Text}, "DateTime": {dataset.Date, dataset.Instant}, "Boolean": {dataset.Bool},
	"Decimal": {dataset.Decimal}, "Double": {dataset.Decimal}, "Byte": {dataset.Int}, "Int16": {dataset.Int}, "Int32": {dataset.Int},
}

func TestFillsFitTheirProperties(t *testing.T) {
	for name, r := range filled {
		s := setNamed(name)
		if s == nil {
			t.Errorf("there is no set %s", name)
			continue
		}
		for _, f := range r.Fills {
			p := s.property(f.Name)
			if p == nil || !slices.Contains(kindsOf[p.Edm], f.Kind) || f.From == "" {
				t.Errorf("%s.%s is filled by %s", name, f.Name, f.Kind)
			}
			if p != nil && p.Key && f.Class != vocab.ClassPublic {
				t.Errorf("%s.%s is a key, and not for everybody", name, f.Name)
			}
		}
		for _, p := range s.Properties {
			if p.Key && p.Fill == nil {
				t.Errorf("%s.%s is a key that nothing fills", name, p.Name)
			}
		}
		for _, order := range append(slices.Clone(r.Order), strings.Fields(r.Time)...) {
			if r.fill(order) == nil {
				t.Errorf("%s has no %s to be ordered by", name, order)
			}
		}
		for _, ref := range s.References {
			if ref.To.Rows != nil && len(ref.on(s)) == 0 {
				t.Errorf("%s.%s leads to everything", name, ref.Name)
			}
		}
	}
}

// Reports keep guids: these never change. They are UUIDs of version 5, as other programs make them of the same names.
func TestGuidsStay(t *testing.T) {
	for _, x := range [][2]string{
		{projects[0].guid(1), "fe5889b5-2bff-5679-9691-a4a8e6b3e817"},
		{projects[0].guid(42), "eb660b87-24d2-5f2f-ab72-55004e79abfe"},
		{tasks[0].guid(1), "95ee17e7-8c4b-5d44-be55-643a0e031f50"},
		{tasks[1].guid(1), "7fb1ca34-9cd3-5d9a-b957-e76bf0e2f967"},
		{people[0].guid(1), "292ea7b1-4fd7-5dc2-8e97-a0e6320a138c"},
		{assignments[0].guid(1), "3b9c01bc-9af7-56cb-9f28-40f31a708727"},
		{portfolios[0].guid(1), "defd1db3-4823-5f31-b71f-bd08bbae9efd"},
		{users[0].guid(1), "211a6659-9057-53aa-acda-7fd37a640f4f"},
		{users[0].guid(0), noGUID},
		{guidOf("project-lifecycle-EXECUTING"), "dbe85ae2-7b94-520b-adae-f25371b9fd82"},
	} {
		if x[0] != x[1] {
			t.Errorf("a guid is %s, and was %s", x[0], x[1])
		}
	}
}
