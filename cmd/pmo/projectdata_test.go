package main

import (
	"encoding/xml"
	"net/http"
	"strings"
	"testing"
	"time"

	"pmograph/internal/exchange/tabular"
	"pmograph/internal/vocab"
)

// A report that was written for Project Online reads on at a new host, with a feed key in the place of its user's password.
func TestProjectDataFeed(t *testing.T) {
	onBoth(t, func(t *testing.T, o *office) {
		o.organise(t)
		o.load(t, tabular.Demo(), false)
		admin := o.grantTo(t, "root", vocab.RoleAdmin)
		o.grantTo(t, "numbers", vocab.RoleFinance)
		in := map[string]any{"name": "Excel", "ownerId": o.userID(t, "numbers"), "scopeKind": "ORGANISATION", "reads": []string{"MONEY"}, "validTo": time.Now().Add(time.Hour).UTC().Format(time.RFC3339)}
		key := o.makeKey(t, admin, false, in)
		excel := basic("anybody", key.FeedKey.ID+"."+*key.Secret)

		for _, path := range []string{"/ProjectData", "/_api/ProjectData/", "/sites/pwa/_api/ProjectData/$metadata", "/pwa/_api/ProjectData/Projects"} {
			status, head, text := o.send(t, http.MethodGet, path, "", "", nil)
			if status != 401 || len(head.Values("WWW-Authenticate")) != 2 || !strings.HasPrefix(head.Get("WWW-Authenticate"), "Basic ") || !strings.Contains(text, "<m:code>UNAUTHENTICATED</m:code>") {
				t.Errorf("%s without a key: %d %v %s", path, status, head, text)
			}
			if status, _, text := o.send(t, http.MethodGet, path, excel, "", nil); status != 200 {
				t.Errorf("%s: %d %.300s", path, status, text)
			}
		}
		var feed struct {
			Entries []struct {
				ID string `xml:"id"`
			} `xml:"entry"`
			Count int `xml:"count"`
		}
		status, head, text := o.send(t, http.MethodGet, "/sites/pwa/_api/ProjectData/Projects?$inlinecount=allpages&$filter=ProjectType%20ne%207", excel, "", http.Header{"Maxdataserviceversion": {"3.0"}})
		if err := xml.Unmarshal([]byte(text), &feed); err != nil || status != 200 || feed.Count == 0 || len(feed.Entries) != feed.Count || head.Get("DataServiceVersion") != "3.0;" {
			t.Errorf("%d %v, %d of %d: %.300s", status, err, len(feed.Entries), feed.Count, text)
		}
		root := o.http.URL + "/sites/pwa/_api/ProjectData/"
		for _, e := range feed.Entries[:3] {
			at, below := strings.CutPrefix(e.ID, root)
			if status, _, text := o.send(t, http.MethodGet, strings.TrimPrefix(root, o.http.URL)+at, excel, "", nil); !below || status != 200 || !strings.Contains(text, "<id>"+e.ID+"</id>") {
				t.Errorf("%s: %d %.300s", e.ID, status, text)
			}
		}
		if status, _, text := o.send(t, http.MethodDelete, "/ProjectData/Projects", excel, "", nil); status != 405 {
			t.Errorf("a feed is written to: %d %s", status, text)
		}
		if status, _, _ := o.send(t, http.MethodGet, "/ProjectDataSets", excel, "", nil); status != 404 {
			t.Errorf("what is not the feed answers %d", status)
		}
		o.indicatorsAreColumns(t, admin, excel)
	})
}

// indicatorsAreColumns gives an indicator a column, and takes it away.
func (o *office) indicatorsAreColumns(t *testing.T, admin, excel string) {
	t.Helper()
	columns := func() bool {
		_, _, text := o.send(t, http.MethodGet, "/ProjectData/$metadata", excel, "", nil)
		return strings.Contains(text, `<Property Name="Readiness" Type="Edm.Decimal"/>`)
	}
	change := func(mutation string) (codes []string) {
		var done map[string]struct{ Errors []struct{ Code string } }
		o.ask(t, admin, mutation, nil, &done)
		for _, x := range done {
			for _, e := range x.Errors {
				codes = append(codes, e.Code)
			}
		}
		return codes
	}
	const made = `mutation { kpiDefinitionCreate(input: { code: "%", name: "Ready", unit: RATIO, direction: UP_GOOD, rollup: NONE, cadence: MONTH, feedColumn: "Readiness" }) { errors { code } } }`
	if wrong := change(strings.Replace(strings.Replace(made, "%", "RDY", 1), "Readiness", "not a name", 1)); len(wrong) != 1 || columns() {
		t.Errorf("a column that is no name: %v", wrong)
	}
	if wrong := change(strings.Replace(made, "%", "RDY", 1)); wrong != nil || !columns() {
		t.Errorf("the column is there: %v, %v", columns(), wrong)
	}
	if wrong := change(strings.Replace(made, "%", "RDY2", 1)); len(wrong) != 1 || wrong[0] != "TAKEN" {
		t.Errorf("two indicators in one column: %v", wrong)
	}
	if status, _, text := o.send(t, http.MethodGet, "/ProjectData/Projects?$select=ProjectName,Readiness&$top=1", excel, "", nil); status != 200 || !strings.Contains(text, `<d:Readiness m:type="Edm.Decimal" m:null="true"/>`) {
		t.Errorf("%d %.500s", status, text)
	}
	var id struct {
		KpiDefinitions struct {
			Nodes []struct{ ID, FeedColumn string }
		}
	}
	o.ask(t, admin, `{ kpiDefinitions(first: 50) { nodes { id feedColumn } } }`, nil, &id)
	for _, k := range id.KpiDefinitions.Nodes {
		if k.FeedColumn != "" {
			if wrong := change(`mutation { kpiDefinitionUpdate(input: { id: "` + k.ID + `", patch: { feedColumn: null } }) { errors { code } } }`); wrong != nil || columns() {
				t.Errorf("the column stays: %v", wrong)
			}
		}
	}
}
