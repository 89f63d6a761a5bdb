package main

import (
	"encoding/csv"
	"encoding/json"
	"strings"
	"testing"

	"pmograph/internal/vocab"
)

// A saved query has the same numbers on the screen, in OData and in a file; the latter two know it by its identifier, and list it for its owner alone until it is
// shared.
func TestSavedQueryEverywhere(t *testing.T) {
	published := shared(t, "itdb")
	onBoth(t, func(t *testing.T, o *office) {
		o.loadBy(t, "itdb", published, false)
		owner, other := o.grantTo(t, "analyst", vocab.RolePmo), o.grantTo(t, "other", vocab.RoleFinance)
		var made struct {
			SavedQueryCreate struct{ SavedQuery struct{ ID string } }
		}
		asked := map[string]any{
			"dataset": "CostEntries", "groupBy": []any{map[string]any{"column": "Project/Portfolio/Name", "as": "Portfolio"}},
			"measures": []any{map[string]any{"measure": "TotalToComplete"}, map[string]any{"measure": "Entries"}},
			"order":    []any{map[string]any{"by": "TotalToComplete", "descending": true}}, "top": 5, "others": true,
		}
		o.ask(t, owner, `mutation ($a: AggregateInput!) { savedQueryCreate(input: {name: "Cost by portfolio", shared: false, analysis: $a}) { savedQuery { id } } }`, map[string]any{"a": asked}, &made)
		id := made.SavedQueryCreate.SavedQuery.ID
		set := "SavedQuery_" + strings.TrimPrefix(id, "saved-query-")

		var screen struct {
			Viewer struct {
				SavedQuery struct {
					Run struct {
						Columns []struct{ Name string }
						Rows    []struct{ Values []any }
						Others  struct{ Values []any }
					}
				}
			}
		}
		o.ask(t, owner, `query ($id: ID!) { viewer { savedQuery(id: $id) { run { columns { name } rows { values } others { values } } } } }`, map[string]any{"id": id}, &screen)
		run := screen.Viewer.SavedQuery.Run
		var columns []string
		for _, c := range run.Columns {
			columns = append(columns, c.Name)
		}
		want := [][]string{columns}
		for _, r := range append(run.Rows, run.Others) {
			var row []string
			for _, v := range r.Values {
				text := ""
				if v != nil {
					b, err := json.Marshal(v)
					must(t, err)
					text = strings.Trim(string(b), `"`)
				}
				row = append(row, text)
			}
			want = append(want, row)
		}
		if len(want) != 7 {
			t.Fatalf("the screen shows %q", want)
		}

		status, _, text := o.get(t, "/export/"+id+".csv?columns="+strings.Join(columns, ","), "Bearer "+owner)
		file, err := csv.NewReader(strings.NewReader(text)).ReadAll()
		if err != nil || status != 200 {
			t.Fatalf("%d %v: %.300s", status, err, text)
		}
		status, _, text = o.get(t, "/odata/v4/"+set+"?$orderby=Row", "Bearer "+owner)
		var page struct{ Value []map[string]json.RawMessage }
		if err := json.Unmarshal([]byte(text), &page); err != nil || status != 200 {
			t.Fatalf("%d %v: %.300s", status, err, text)
		}
		feed := [][]string{columns}
		for _, r := range page.Value {
			var row []string
			for _, c := range columns {
				row = append(row, strings.TrimPrefix(strings.Trim(string(r[c]), `"`), "null"))
			}
			feed = append(feed, row)
		}
		for where, got := range map[string][][]string{"the file": file, "OData": feed} {
			if a, b := lines(got), lines(want); a != b {
				t.Errorf("%s says\n%s\nand the screen\n%s", where, a, b)
			}
		}

		for _, x := range []struct {
			who  string
			sees bool
		}{{owner, true}, {other, false}} {
			_, _, service := o.get(t, "/odata/v4/", "Bearer "+x.who)
			_, _, schema := o.get(t, "/odata/v4/$metadata", "Bearer "+x.who)
			status, _, _ := o.get(t, "/odata/v4/"+set+"/$count", "Bearer "+x.who)
			exported, _, _ := o.get(t, "/export/"+id+".jsonl", "Bearer "+x.who)
			if sees := strings.Contains(service, set); sees != x.sees || strings.Contains(schema, set) != x.sees || (status == 200) != x.sees || (exported == 200) != x.sees {
				t.Errorf("seen %v, by $count %d, exported %d; want %v", sees, status, exported, x.sees)
			}
		}
		o.ask(t, owner, `mutation ($id: ID!, $a: AggregateInput!) { savedQueryUpdate(input: {id: $id, name: "Cost by portfolio", shared: true, analysis: $a}) { savedQuery { shared } } }`, map[string]any{"id": id, "a": asked}, &struct{}{})
		if status, _, text := o.get(t, "/odata/v4/"+set+"/$count", "Bearer "+other); status != 200 || text != "6" {
			t.Errorf("shared, it has %d %s", status, text)
		}
	})
}

func lines(rows [][]string) string {
	var b strings.Builder
	for _, r := range rows {
		b.WriteString(strings.Join(r, "|") + "\n")
	}
	return b.String()
}
