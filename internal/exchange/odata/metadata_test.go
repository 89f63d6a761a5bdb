package odata_test

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"flag"
	"os"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the golden files")

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	file := "testdata/" + name
	if *update {
		must(os.WriteFile(file, got, 0o644))
		return
	}
	want, err := os.ReadFile(file)
	if err != nil || !bytes.Equal(got, want) {
		t.Errorf("%s differs (%v): read the difference, then go test -update", file, err)
	}
}

type edmx struct {
	Version  string `xml:",attr"`
	Services struct {
		Schema struct {
			Namespace   string `xml:",attr"`
			EntityTypes []struct {
				Name string `xml:",attr"`
				Key  struct {
					Refs []struct {
						Name string `xml:",attr"`
					} `xml:"PropertyRef"`
				}
				Properties []struct {
					Name, Type, Nullable, Scale string `xml:",attr"`
				} `xml:"Property"`
				Navigations []struct {
					Name, Type, Partner string `xml:",attr"`
					On                  []struct {
						Property, ReferencedProperty string `xml:",attr"`
					} `xml:"ReferentialConstraint"`
				} `xml:"NavigationProperty"`
			} `xml:"EntityType"`
			Container struct {
				Sets []struct {
					Name, EntityType string `xml:",attr"`
					Bindings         []struct {
						Path, Target string `xml:",attr"`
					} `xml:"NavigationPropertyBinding"`
				} `xml:"EntitySet"`
			} `xml:"EntityContainer"`
		}
	} `xml:"DataServices"`
}

// The schema is what its golden form says, in both forms, and whole: keys, types, partners, constraints and bindings lead to what is there.
func TestMetadata(t *testing.T) {
	h := office(t)
	asXML := h.get(boss, "$metadata", "OData-MaxVersion: 4.0")
	asJSON := h.get(boss, "$metadata?$format=json")
	golden(t, "metadata.xml", asXML.Body.Bytes())
	var indented bytes.Buffer
	if err := json.Indent(&indented, asJSON.Body.Bytes(), "", " "); err != nil {
		t.Fatal(err)
	}
	golden(t, "metadata.json", append(indented.Bytes(), '\n'))
	var m edmx
	if err := xml.Unmarshal(asXML.Body.Bytes(), &m); err != nil {
		t.Fatal(err)
	}
	var j map[string]json.RawMessage
	must(json.Unmarshal(asJSON.Body.Bytes(), &j))
	var schema map[string]map[string]json.RawMessage
	must(json.Unmarshal(j["pmograph"], &schema))
	types := map[string]string{} // Type.Property to its type; Type.Navigation to its target
	partners := map[string]string{}
	s := &m.Services.Schema
	for _, e := range s.EntityTypes {
		types[e.Name] = "entity"
		for _, p := range e.Properties {
			types[e.Name+"."+p.Name] = p.Type
			var in struct {
				Type     string `json:"$Type"`
				Nullable bool   `json:"$Nullable"`
			}
			must(json.Unmarshal(schema[e.Name][p.Name], &in))
			if in.Type == "" {
				in.Type = "Edm.String"
			}
			if in.Type != p.Type || in.Nullable != (p.Nullable == "") || p.Type == "Edm.Decimal" && p.Scale == "" {
				t.Errorf("%s.%s: %+v and %+v", e.Name, p.Name, p, in)
			}
		}
		for _, n := range e.Navigations {
			types[e.Name+"."+n.Name] = strings.TrimSuffix(strings.TrimPrefix(strings.TrimPrefix(n.Type, "Collection("), "pmograph."), ")")
			if partners[e.Name+"."+n.Name] = n.Partner; schema[e.Name][n.Name] == nil {
				t.Errorf("%s.%s is not in the other form", e.Name, n.Name)
			}
		}
	}
	for _, e := range s.EntityTypes {
		for _, k := range e.Key.Refs {
			i := slices.IndexFunc(e.Properties, func(p struct {
				Name, Type, Nullable, Scale string `xml:",attr"`
			}) bool {
				return p.Name == k.Name
			})
			if i < 0 || e.Properties[i].Nullable != "false" {
				t.Errorf("%s: key %s", e.Name, k.Name)
			}
		}
		for _, n := range e.Navigations {
			to := types[e.Name+"."+n.Name]
			if types[to] != "entity" {
				t.Errorf("%s.%s leads to %s", e.Name, n.Name, n.Type)
			}
			if n.Partner != "" && (types[to+"."+n.Partner] != e.Name || partners[to+"."+n.Partner] != n.Name) {
				t.Errorf("%s.%s: partner %s.%s goes back to %q", e.Name, n.Name, to, n.Partner, partners[to+"."+n.Partner])
			}
			for _, on := range n.On {
				if a, b := types[e.Name+"."+on.Property], types[to+"."+on.ReferencedProperty]; a == "" || a != b {
					t.Errorf("%s.%s: %s is %q, %s is %q", e.Name, n.Name, on.Property, a, on.ReferencedProperty, b)
				}
			}
		}
	}
	if schema["Container"] == nil || types["Container"] != "" {
		t.Error("the container has the name of a type")
	}
	sets := map[string]string{}
	for _, x := range s.Container.Sets {
		sets[x.Name] = strings.TrimPrefix(x.EntityType, "pmograph.")
	}
	for _, x := range s.Container.Sets {
		for _, b := range x.Bindings {
			if to := types[sets[x.Name]+"."+b.Path]; to == "" || sets[b.Target] != to {
				t.Errorf("%s: %s is bound to %s", x.Name, b.Path, b.Target)
			}
		}
		if types[sets[x.Name]] != "entity" {
			t.Errorf("%s is of %s", x.Name, x.EntityType)
		}
	}
	if m.Version != "4.0" || len(sets) != len(s.EntityTypes) || len(sets) == 0 {
		t.Errorf("version %s, %d sets of %d types", m.Version, len(sets), len(s.EntityTypes))
	}
}

// The form of the schema is what is asked for; what some tools accept in general does not turn it into JSON.
func TestFormOfMetadata(t *testing.T) {
	h := office(t)
	const mashup = "Accept: application/json;odata.metadata=minimal;q=1.0,application/json;odata=minimalmetadata;q=0.9,application/atomsvc+xml;q=0.8,application/atom+xml;q=0.8,application/xml;q=0.7,text/plain;q=0.7"
	for _, x := range []struct {
		query   string
		headers []string
		want    string
	}{
		{"", nil, "application/xml"}, {"", []string{"Accept: */*"}, "application/xml"}, {"", []string{"Accept: application/json"}, "application/json"}, {"?$format=json", []string{"OData-MaxVersion: 4.0"}, "application/json"},
		{"", []string{"Accept: application/json;q=0.5, application/xml"}, "application/xml"}, {"", []string{"OData-MaxVersion: 4.0", mashup}, "application/xml"}, {"", []string{"OData-MaxVersion: 4.0", "Accept: application/json"}, "application/xml"},
		{"?$format=xml", []string{"Accept: application/json"}, "application/xml"}, {"", []string{"Accept: text/html"}, ""},
	} {
		w := h.get(boss, "$metadata"+x.query, x.headers...)
		if got, _, _ := strings.Cut(w.Header().Get("Content-Type"), ";"); x.want != "" && (w.Code != 200 || got != x.want) || x.want == "" && w.Code != 406 {
			t.Errorf("%v: %d %s", x, w.Code, got)
		}
	}
}

// A browser gets a page without any script, whose one style its policy allows; who reads less finds less on it.
func TestPage(t *testing.T) {
	h := office(t)
	w := h.get(boss, "", "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8")
	body := w.Body.String()
	if w.Code != 200 || !strings.HasPrefix(w.Header().Get("Content-Type"), "text/html") || strings.Contains(body, "<script") || !strings.Contains(body, "CostEntries?$apply=groupby") || !strings.Contains(body, "500.01") {
		t.Error(w.Code, w.Header(), body)
	}
	_, style, _ := strings.Cut(body, "<style>")
	style, _, _ = strings.Cut(style, "</style>")
	if policy := w.Header().Get("Content-Security-Policy"); !strings.Contains(policy, "'sha256-"+hash(style)+"'") || !strings.Contains(policy, "default-src 'none'") {
		t.Error(policy)
	}
	if other := h.get("viewer@organisation", "", "Accept: text/html"); other.Code != 200 || strings.Contains(other.Body.String(), "500.01") || strings.Contains(other.Body.String(), ">Planned<") {
		t.Error(other.Code)
	}
	if w := h.get(boss, "", "Accept: application/json, text/html;q=0.5"); !strings.HasPrefix(w.Header().Get("Content-Type"), "application/json") {
		t.Error(w.Header())
	}
	h.do(t, rename("<script>alert(1)</script>"))
	if w := h.get(boss, "", "Accept: text/html"); !strings.Contains(w.Body.String(), "&lt;script&gt;alert") || strings.Contains(w.Body.String(), "<script") {
		t.Error("a name is markup")
	}
	if tag := w.Header().Get("ETag"); h.get(boss, "", "Accept: text/html", "If-None-Match: "+tag).Code != 200 {
		t.Error("the page did not change with the record")
	}
	if tag := h.get(boss, "", "Accept: text/html").Header().Get("ETag"); h.get(boss, "", "Accept: text/html", "If-None-Match: "+tag).Code != 304 {
		t.Error("the page has no tag")
	}
}
