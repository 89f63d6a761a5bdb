package projectdata

import (
	"encoding/json"
	"encoding/xml"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"pmograph/internal/state"
	"pmograph/internal/vocab"
)

// fuller puts into the office what its projects lack: dates, a finish, a baseline of the whole, costs in another currency, and an indicator with a column.
func fuller(d *state.Draft) {
	p, _ := state.Projects.Edit(d, 2, nil)
	start, finish := vocab.NewDate(2022, 1, 3), vocab.NewDate(2022, 6, 30)
	p.PlannedStart, p.PlannedFinish, p.Name = &start, &finish, "Bridge <1> & \"tunnel\""
	must(state.Projects.Put(d, p))
	m := state.Milestones.New(d)
	m.ProjectID, m.Name, m.State, m.Weight, m.IsFinish = 2, "Finish", vocab.MilestoneStatePlanned, 1, true
	late := finish + 7
	m.ForecastDate = &late
	must(state.Milestones.Put(d, m))
	e := state.BaselineEntries.New(d)
	e.BaselineID, e.ProjectID, e.ItemKind, e.Start, e.Finish = 2, 2, vocab.BaselineItemKindProject, &start, &finish
	must(state.BaselineEntries.Put(d, e))
	k, _ := state.KpiDefinitions.Edit(d, 1, nil)
	column := "Benefit"
	k.FeedColumn = &column
	must(state.KpiDefinitions.Put(d, k))
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}

// forms are the ways to ask for each form of an answer.
var forms = []struct {
	name    string
	headers []string
}{
	{"Atom", nil},
	{"verbose JSON", []string{"Accept", wantsVerbose}},
	{"verbose JSON of OData 2", []string{"Accept", wantsVerbose, "MaxDataServiceVersion", "2.0"}},
	{"light JSON", []string{"Accept", wantsLight}},
	{"light JSON, full", []string{"Accept", "application/json;odata=fullmetadata"}},
	{"light JSON, bare", []string{"Accept", "application/json;odata=nometadata"}},
	{"OData 4", []string{"OData-MaxVersion", "4.0"}},
	{"OData 4, full", []string{"OData-Version", "4.0", "Accept", "application/json;odata.metadata=full"}},
}

// shapes are how texts of a type look.
var shapes = map[string]string{
	"Guid": `[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`, "String": `(?s).*`, "Boolean": `true|false`,
	"DateTime": `\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z?|/Date\(-?\d+\)/`, "Decimal": `-?\d+(\.\d+)?`, "Double": `-?\d+(\.\d+)?`,
	"Byte": `\d{1,3}`, "Int16": `-?\d{1,5}`, "Int32": `-?\d+`,
}

// atomFeed is what an Atom reader makes of an answer.
type atomFeed struct {
	XMLName xml.Name
	Entries []struct {
		ID      string `xml:"http://www.w3.org/2005/Atom id"`
		Content struct {
			Properties struct {
				All []atomProperty `xml:",any"`
			} `xml:"http://schemas.microsoft.com/ado/2007/08/dataservices/metadata properties"`
		} `xml:"http://www.w3.org/2005/Atom content"`
	} `xml:"http://www.w3.org/2005/Atom entry"`
}

type atomProperty struct {
	XMLName xml.Name
	Null    string `xml:"http://schemas.microsoft.com/ado/2007/08/dataservices/metadata null,attr"`
	Type    string `xml:"http://schemas.microsoft.com/ado/2007/08/dataservices/metadata type,attr"`
	Text    string `xml:",chardata"`
}

// entity is a property's text by its name; what is missing is null.
type entity map[string]string

// read makes entities of an answer in any form.
func read(t *testing.T, r reply) (all []entity) {
	t.Helper()
	if r.status != http.StatusOK {
		t.Fatalf("%d: %.400s", r.status, r.body)
	}
	if strings.HasPrefix(r.body, "<") {
		var f atomFeed
		if err := xml.Unmarshal([]byte(r.body), &f); err != nil {
			t.Fatal(err)
		}
		for _, x := range f.Entries {
			e := entity{}
			for _, p := range x.Content.Properties.All {
				if p.XMLName.Space != dataNS {
					t.Errorf("%s is of %s", p.XMLName.Local, p.XMLName.Space)
				}
				if p.Null != "true" {
					e[p.XMLName.Local] = p.Text
				}
			}
			all = append(all, e)
		}
		return all
	}
	var x struct {
		D     struct{ Results []map[string]any }
		Value []map[string]any
	}
	d := json.NewDecoder(strings.NewReader(r.body))
	d.UseNumber()
	if err := d.Decode(&x); err != nil {
		t.Fatalf("%v: %.400s", err, r.body)
	}
	for _, m := range append(x.D.Results, x.Value...) {
		e := entity{}
		for name, v := range m {
			if _, nested := v.(map[string]any); v != nil && !nested && !strings.Contains(name, "odata.") {
				e[name] = fmt.Sprint(v)
			}
		}
		all = append(all, e)
	}
	return all
}

// Every set in every form has the same entities, whose properties are all there and of their types.
func TestFormsSayTheSame(t *testing.T) {
	s := served(t, record(t, fuller))
	for _, x := range feed {
		want := []entity(nil)
		for i, f := range forms {
			got := read(t, get(t, s, admin, "/ProjectData/"+x.Name+"?$top=40", f.headers...))
			if i == 0 {
				if want = got; (len(got) > 0) != (x.Rows != nil) {
					t.Errorf("%s has %d entities", x.Name, len(got))
				}
			}
			if len(got) != len(want) {
				t.Fatalf("%s: %d entities as %s, %d as Atom", x.Name, len(got), f.name, len(want))
			}
			for n, e := range got {
				for j := range x.Properties {
					compareProperty(t, f.name, x, &x.Properties[j], e, want[n])
				}
			}
		}
	}
}

func compareProperty(t *testing.T, form string, s *set, p *property, got, want entity) {
	t.Helper()
	text, there := got[p.Name]
	if !there && !p.mayBeNull() {
		t.Errorf("%s.%s is null as %s", s.Name, p.Name, form)
	}
	if there && !regexp.MustCompile("^("+shapes[p.Edm]+")$").MatchString(text) {
		t.Errorf("%s.%s is %q as %s", s.Name, p.Name, text, form)
	}
	if p.Edm != "DateTime" && text != want[p.Name] || p.Edm == "DateTime" && !strings.HasPrefix(text, "/Date") && strings.TrimSuffix(text, "Z") != want[p.Name] {
		t.Errorf("%s.%s is %q as %s, and %q as Atom", s.Name, p.Name, text, form, want[p.Name])
	}
}

// Entities lie where they say, and what they refer to is there.
func TestAddressesLeadBack(t *testing.T) {
	s := served(t, record(t, fuller))
	for _, x := range feed {
		r := get(t, s, admin, "/ProjectData/"+x.Name+"?$top=3", "Accept", wantsVerbose)
		for _, e := range r.entities(t) {
			at := strings.TrimPrefix(e["__metadata"].(map[string]any)["uri"].(string), s.URL)
			one := get(t, s, admin, at, "Accept", wantsVerbose)
			var got struct{ D map[string]any }
			if err := json.Unmarshal([]byte(one.body), &got); err != nil || fmt.Sprint(got.D) != fmt.Sprint(e) {
				t.Errorf("%s gives %d %.300s, and was listed as %.300s", at, one.status, fmt.Sprint(got.D), fmt.Sprint(e))
			}
			for _, ref := range x.References {
				link := e[ref.Name].(map[string]any)["__deferred"].(map[string]any)["uri"].(string)
				b := get(t, s, admin, strings.TrimPrefix(link, s.URL), "Accept", wantsVerbose)
				if b.status != http.StatusOK && (ref.Many || b.status != http.StatusNotFound) {
					t.Errorf("%s: %d %.200s", link, b.status, b.body)
				}
			}
		}
	}
}

func TestReferencesAreFollowed(t *testing.T) {
	s := served(t, record(t, fuller))
	projects := get(t, s, admin, "/ProjectData/Projects?$expand=Tasks,Assignments/TimephasedData,StagesInfo", "Accept", wantsVerbose).entities(t)
	for _, p := range projects {
		id := p["ProjectId"].(string)
		for set, ref := range map[string]string{"Tasks": "Tasks", "Assignments": "Assignments", "ProjectWorkflowStageDataSet": "StagesInfo"} {
			beside := p[ref].(map[string]any)["results"].([]any)
			below := get(t, s, admin, "/ProjectData/Projects(guid'"+id+"')/"+ref, "Accept", wantsVerbose).entities(t)
			filtered := get(t, s, admin, "/ProjectData/"+set+"?$filter=ProjectId%20eq%20guid'"+strings.ToUpper(id)+"'", "Accept", wantsVerbose).entities(t)
			if len(beside) == 0 || len(beside) != len(below) || len(below) != len(filtered) {
				t.Errorf("%s of %s: %d beside, %d below, %d filtered", ref, id, len(beside), len(below), len(filtered))
			}
		}
		for _, a := range p["Assignments"].(map[string]any)["results"].([]any) {
			hours := 0.0
			for _, d := range a.(map[string]any)["TimephasedData"].(map[string]any)["results"].([]any) {
				hours += number(d.(map[string]any)["AssignmentWork"])
			}
			if work := number(a.(map[string]any)["AssignmentWork"]); work == 0 || work-hours > 0.001 || hours-work > 0.001 {
				t.Errorf("a booking of %v hours has %v by day", work, hours)
			}
		}
	}
	if len(projects) != 4 {
		t.Errorf("%d projects", len(projects))
	}
}

func number(v any) (n float64) {
	_, err := fmt.Sscan(fmt.Sprint(v), &n)
	must(err)
	return n
}

// A filter by day shows what comparing each row would.
func TestDaysAreComparedAsInstants(t *testing.T) {
	s := served(t, record(t))
	all := get(t, s, admin, "/ProjectData/AssignmentTimephasedDataSet?$select=TimeByDay", "Accept", wantsVerbose).entities(t)
	for _, at := range []string{"2022-04-21T00:00:00", "2022-04-21T12:00:00", "2022-04-21", "2022-04-20T23:59:59Z"} {
		day, clock, _ := strings.Cut(strings.TrimSuffix(at, "Z"), "T")
		plain := day + "T" + clock + "00:00:00"[len(clock):]
		for op, holds := range map[string]func(c int) bool{
			"lt": func(c int) bool { return c < 0 }, "le": func(c int) bool { return c <= 0 }, "gt": func(c int) bool { return c > 0 },
			"ge": func(c int) bool { return c >= 0 }, "eq": func(c int) bool { return c == 0 }, "ne": func(c int) bool { return c != 0 },
		} {
			want := 0
			for _, e := range all {
				if holds(strings.Compare(e["TimeByDay"].(string), plain)) {
					want++
				}
			}
			for _, q := range []string{"TimeByDay " + op + " datetime'" + at + "'", "not (not (TimeByDay " + op + " datetime'" + at + "'))"} {
				r := get(t, s, admin, "/ProjectData/AssignmentTimephasedDataSet/$count?$filter="+url.PathEscape(q))
				if r.body != fmt.Sprint(want) {
					t.Errorf("%s: %d %s, not %d", q, r.status, r.body, want)
				}
			}
		}
	}
	if len(all) < 20 {
		t.Errorf("only %d days", len(all))
	}
}

// Pages hand out every row once, and each form leads on in its own words.
func TestPages(t *testing.T) {
	s := served(t, record(t))
	const set = "/ProjectData/ResourceTimephasedDataSet"
	all := get(t, s, admin, set+"/$count").body
	next := map[string]*regexp.Regexp{
		"Atom": regexp.MustCompile(`<link rel="next" href="([^"]*)"`), "verbose JSON": regexp.MustCompile(`"__next":"([^"]*)"`),
		"light JSON": regexp.MustCompile(`"odata.nextLink":"([^"]*)"`), "OData 4": regexp.MustCompile(`"@odata.nextLink":"([^"]*)"`),
	}
	for _, f := range forms {
		if next[f.name] == nil {
			continue
		}
		seen, pages := map[string]bool{}, 0
		for at := set + "?$inlinecount=allpages&$top=9000&$skip=100&$select=Capacity,ResourceId,TimeByDay"; at != ""; pages++ {
			r := get(t, s, admin, at, f.headers...)
			for _, e := range read(t, r) {
				if key := e["ResourceId"] + e["TimeByDay"]; seen[key] {
					t.Fatalf("%s comes twice", key)
				} else {
					seen[key] = true
				}
			}
			if !strings.Contains(r.body, all) {
				t.Errorf("%s does not say that there are %s", f.name, all)
			}
			at = ""
			if m := next[f.name].FindStringSubmatch(r.body); m != nil {
				text := strings.ReplaceAll(m[1], "&amp;", "&")
				must(json.Unmarshal([]byte(`"`+text+`"`), &text))
				at = strings.TrimPrefix(text, s.URL)
			}
		}
		if len(seen) != 9000 || pages < 2 {
			t.Errorf("%s: %d rows on %d pages, and 9000 were asked for", f.name, len(seen), pages)
		}
	}
}
