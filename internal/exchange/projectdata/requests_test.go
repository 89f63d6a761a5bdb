package projectdata

import (
	"encoding/xml"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
)

// What tools send when they refresh.
var (
	powerQuery = []string{"MaxDataServiceVersion", "3.0", "OData-MaxVersion", "4.0", "Accept", "application/json;odata.metadata=minimal;q=1.0,application/json;odata=minimalmetadata;q=0.9,application/atomsvc+xml;q=0.8,application/atom+xml;q=0.8,application/json;q=0.7,text/plain;q=0.7", "User-Agent", "Microsoft.Data.Mashup"}
	powerPivot = []string{"MaxDataServiceVersion", "2.0;NetFx", "Accept", "application/atom+xml,application/atomsvc+xml,application/xml", "Accept-Charset", "UTF-8"}
	wcfClient  = []string{"DataServiceVersion", "3.0;NetFx", "MaxDataServiceVersion", "3.0;NetFx", "Accept", "application/atom+xml,application/xml", "Accept-Charset", "UTF-8", "User-Agent", "Microsoft ADO.NET Data Services"}
	script     = []string{"Accept", "application/json; odata=verbose"}
	datajs     = []string{"MaxDataServiceVersion", "3.0", "Accept", "application/atomsvc+xml;q=0.8, application/json;odata=fullmetadata;q=0.7, application/json;q=0.5, */*;q=0.1"}
)

// Requests of reports that were written for Project Online, and what of the answer they read.
var requests = []struct {
	address string
	headers []string
	status  int
	has     []string
}{
	{"/ProjectData", powerPivot, 200, []string{`<collection href="Projects">`, `xmlns="http://www.w3.org/2007/app"`}},
	{"/ProjectData/", script, 200, []string{`{"d":{"EntitySets":[`, `"Projects"`}},
	{"/_api/ProjectData", datajs, 200, []string{`<collection href="Projects">`}},
	{"/sites/pwa/_api/ProjectData/$metadata", powerPivot, 200, []string{`<edmx:Edmx Version="1.0"`, `m:DataServiceVersion="3.0"`}},
	{"/_api/ProjectData/$metadata", powerQuery, 200, []string{`<edmx:Edmx Version="4.0"`, `Type="Edm.DateTimeOffset"`}},
	{"/_api/ProjectData/", powerQuery, 200, []string{`"@odata.context":"`, `"kind":"EntitySet"`}},
	{"/_api/ProjectData/Projects?$filter=ProjectType ne 7&$select=ProjectId,ProjectName,ProjectStartDate", powerQuery, 200, []string{`/_api/ProjectData/$metadata#Projects(ProjectId,ProjectName,ProjectStartDate)"`, `"ProjectStartDate":"2022-01-03T00:00:00Z"`}},
	{"/_api/ProjectData/Projects?$filter=ProjectType ne 7&$select=ProjectId,ProjectName,ProjectStartDate", powerPivot, 200, []string{`<d:ProjectId m:type="Edm.Guid">fe5889b5-2bff-5679-9691-a4a8e6b3e817</d:ProjectId>`, `<d:ProjectStartDate m:type="Edm.DateTime">2022-01-03T00:00:00</d:ProjectStartDate>`, `<d:ProjectStartDate m:type="Edm.DateTime" m:null="true"/>`}},
	{"/_api/ProjectData/Projects()?$filter=ProjectType ne 7", wcfClient, 200, []string{`<category term="ReportingData.Project"`, `Bridge &lt;1&gt; &amp; &quot;tunnel&quot;`}},
	{"/_api/ProjectData/[en-us]/Projects", script, 404, []string{`{"error":{"code":"NOT_FOUND"`}},
	{"/_api/ProjectData/Projects(guid'fe5889b5-2bff-5679-9691-a4a8e6b3e817')", script, 200, []string{`{"d":{"__metadata":{"id":"`, `"type":"ReportingData.Project"`, `"ProjectType":0`}},
	{"/_api/ProjectData/Projects(ProjectId=guid'fe5889b5-2bff-5679-9691-a4a8e6b3e817')/ProjectName", script, 200, []string{`{"d":{"ProjectName":"Project"}}`}},
	{"/_api/ProjectData/Projects(guid'fe5889b5-2bff-5679-9691-a4a8e6b3e817')/ProjectName/$value", script, 200, []string{"Project"}},
	{"/_api/ProjectData/Projects(guid'c45f2da8-17d6-5198-a38f-f6e64edc6f24')/Tasks?$select=TaskName,TaskFinishVariance&$filter=TaskIsMilestone eq false", script, 200, []string{`"TaskFinishVariance":"37.500000"`}},
	{"/_api/ProjectData/Projects(guid'00000000-0000-0000-0000-000000000001')", script, 404, []string{`"code":"NOT_FOUND"`}},
	{"/_api/ProjectData/Projects(fe5889b5-2bff-5679-9691-a4a8e6b3e817)?$select=ProjectName", powerQuery, 200, []string{`#Projects(ProjectName)/$entity"`, `"ProjectName":"Project"`}},
	{"/_api/ProjectData/Projects/$count", wcfClient, 200, []string{"4"}},
	{"/_api/ProjectData/Projects/$count?$filter=substringof('idge',ProjectName)", script, 200, []string{"1"}},
	{"/_api/ProjectData/Projects?$orderby=ProjectName desc,ProjectIdentifier&$top=1&$skip=1&$inlinecount=allpages", script, 200, []string{`"__count":"4"`, `"ProjectIdentifier":"P3"`}},
	{"/_api/ProjectData/Projects?$top=0&$inlinecount=allpages", script, 200, []string{`{"d":{"results":[],"__count":"4"}}`}},
	{"/_api/ProjectData/Projects?$filter=ProjectId in (fe5889b5-2bff-5679-9691-a4a8e6b3e817,guid'e5759c13-1214-5e67-a7e6-879f9e808e84')&$count=true&$top=1", powerQuery, 200, []string{`"@odata.count":2,"value":[{`}},
	{"/_api/ProjectData/Projects?$format=json&$top=1", powerPivot, 200, []string{`{"d":{"results":[`}},
	{"/_api/ProjectData/Projects?$format=atom&$top=1", script, 200, []string{`<feed `}},
	{"/_api/ProjectData/Projects?$format=application/json;odata=verbose&$top=1", nil, 200, []string{`{"d":{"results":[`}},
	{"/_api/ProjectData/Projects?$top=1", datajs, 200, []string{`"odata.type":"ReportingData.Project"`, `"Tasks@odata.navigationLinkUrl":"Projects(guid'`, `"ProjectId@odata.type":"Edm.Guid"`}},
	{"/_api/ProjectData/TimeSet?$filter=TimeByDay ge datetime'2022-01-01T00:00:00' and TimeByDay lt datetime'2022-01-03T00:00:00'&$select=TimeByDay,TimeMonthOfTheYear,FiscalQuarter", script, 200, []string{`"FiscalQuarter":4,"TimeByDay":"2022-01-01T00:00:00","TimeMonthOfTheYear":1`, `2022-01-02`}},
	{"/_api/ProjectData/TimeSet(datetime'2022-01-01T00:00:00')", script, 200, []string{`"TimeDayOfTheWeek":7`}},
	{"/_api/ProjectData/TimeSet?$filter=TimeByDay eq datetime'2022-01-01'", []string{"Accept", "application/json;odata=verbose", "MaxDataServiceVersion", "2.0"}, 200, []string{`"TimeByDay":"\/Date(1640995200000)\/"`}},
	{"/_api/ProjectData/Tasks?$expand=Project&$select=TaskName,Project/ProjectName&$top=1", wcfClient, 200, []string{`<m:inline><entry>`, `<d:ProjectName>Project</d:ProjectName>`}},
	{"/_api/ProjectData/Risks?$filter=Probability gt 0.5", powerQuery, 200, []string{`"value":[]`}},
	{"/_api/ProjectData/Resources?$filter=ResourceIsActive eq true and ResourceType eq 2&$orderby=ResourceName", script, 200, []string{`"ResourceName":"Person R1"`}},
	{"/_api/ProjectData/ProjectBaselines?$filter=BaselineNumber eq 0&$select=ProjectName,ProjectBaselineCost", script, 200, []string{`"ProjectBaselineCost":"500.00"`}},
	{"/_api/ProjectData/Projects?$filter=year(ProjectStartDate) eq 2022 and month(ProjectStartDate) le 6", script, 200, []string{`"ProjectIdentifier":"P2"`}},
	{"/_api/ProjectData/Projects?$filter=Nothing eq 1", script, 400, []string{`Projects has no column \"Nothing\"`}},
	{"/_api/ProjectData/Nothing", wcfClient, 404, []string{`<m:error xmlns:m="`, `<m:code>NOT_FOUND</m:code>`}},
	{"/_api/ProjectData/Projects", []string{"Accept", "text/html"}, 406, []string{`application/atom+xml`}},
	{"/_api/ProjectData/Projects", []string{"OData-MaxVersion", "3.0"}, 200, []string{`<feed `}},
}

func TestOldRequests(t *testing.T) {
	s := served(t, record(t, fuller))
	for _, x := range requests {
		r := get(t, s, admin, strings.ReplaceAll(strings.ReplaceAll(x.address, " ", "%20"), "[", "%5B"), x.headers...)
		if r.status != x.status {
			t.Errorf("%s: %d %.300s", x.address, r.status, r.body)
		}
		for _, has := range x.has {
			if !strings.Contains(r.body, has) {
				t.Errorf("%s with %v: no %s in %.700s", x.address, x.headers, has, r.body)
			}
		}
		if four := slices.Contains(x.headers, "4.0"); four != (r.header.Get("OData-Version") == "4.0") || r.status == 200 && four == (r.header.Get("DataServiceVersion") != "") {
			t.Errorf("%s is answered with versions %q and %q", x.address, r.header.Get("OData-Version"), r.header.Get("DataServiceVersion"))
		}
	}
}

func TestFeedIsReadOnly(t *testing.T) {
	s := served(t, record(t))
	for _, method := range []string{http.MethodPost, http.MethodPatch, http.MethodDelete, "MERGE"} {
		r := httptest.NewRequest(method, "/ProjectData/Projects", strings.NewReader("{}"))
		r.Header.Set("X-As", admin)
		w := httptest.NewRecorder()
		s.Config.Handler.ServeHTTP(w, r)
		if w.Code != http.StatusMethodNotAllowed || w.Header().Get("Allow") != "GET, HEAD" {
			t.Errorf("%s: %d %s", method, w.Code, w.Body)
		}
	}
}

// schema is what a reader of EDMX makes of $metadata.
type schema struct {
	Types []struct {
		Name string `xml:",attr"`
		Key  []struct {
			Name string `xml:",attr"`
		} `xml:"Key>PropertyRef"`
		Property []struct {
			Name     string `xml:",attr"`
			Type     string `xml:",attr"`
			Nullable string `xml:",attr"`
		}
		NavigationProperty []struct {
			Name         string `xml:",attr"`
			Relationship string `xml:",attr"`
			FromRole     string `xml:",attr"`
			ToRole       string `xml:",attr"`
		}
	} `xml:"DataServices>Schema>EntityType"`
	Associations []schemaAssociation `xml:"DataServices>Schema>Association"`
	Sets         []struct {
		Name       string `xml:",attr"`
		EntityType string `xml:",attr"`
	} `xml:"DataServices>Schema>EntityContainer>EntitySet"`
	AssociationSets []struct {
		Association string `xml:",attr"`
		End         []struct {
			Role      string `xml:",attr"`
			EntitySet string `xml:",attr"`
		}
	} `xml:"DataServices>Schema>EntityContainer>AssociationSet"`
}

type schemaAssociation struct {
	Name string `xml:",attr"`
	End  []schemaEnd
}

type schemaEnd struct {
	Type         string `xml:",attr"`
	Role         string `xml:",attr"`
	Multiplicity string `xml:",attr"`
}

func TestMetadataIsWhole(t *testing.T) {
	s := served(t, record(t))
	var x schema
	if err := xml.Unmarshal([]byte(get(t, s, admin, "/ProjectData/$metadata").body), &x); err != nil {
		t.Fatal(err)
	}
	if len(x.Types) != len(feed) || len(x.Sets) != len(feed) || len(x.Associations) != len(x.AssociationSets) {
		t.Fatalf("%d types, %d sets, %d associations in %d sets", len(x.Types), len(x.Sets), len(x.Associations), len(x.AssociationSets))
	}
	typeOf := map[string]string{}
	for _, set := range x.Sets {
		typeOf[set.Name] = set.EntityType
	}
	for i, typ := range x.Types {
		of := feed[i]
		if typ.Name != of.Type || len(typ.Key) != len(of.keys()) || len(typ.Property) != len(of.Properties) || typeOf[of.Name] != "ReportingData."+of.Type {
			t.Errorf("the type %s is not that of %s", typ.Name, of.Name)
		}
		for n, p := range typ.Property {
			if want := &of.Properties[n]; p.Name != want.Name || p.Type != "Edm."+want.Edm || (p.Nullable == "false") == want.mayBeNull() {
				t.Errorf("%s.%s is %v", typ.Name, want.Name, p)
			}
		}
		for n, nav := range typ.NavigationProperty {
			ref := of.References[n]
			at := slices.IndexFunc(x.Associations, func(a schemaAssociation) bool { return "ReportingData."+a.Name == nav.Relationship })
			ends := x.Associations[at].End
			from := slices.IndexFunc(ends, func(e schemaEnd) bool { return e.Role == nav.FromRole })
			to := ends[1-from]
			if ends[from].Type != "ReportingData."+of.Type || to.Role != nav.ToRole || to.Type != "ReportingData."+ref.To.Type || (to.Multiplicity == "*") != ref.Many {
				t.Errorf("%s.%s leads from %v to %v", typ.Name, nav.Name, ends[from], to)
			}
			sides := x.AssociationSets[at].End
			if typeOf[sides[from].EntitySet] != ends[from].Type || typeOf[sides[1-from].EntitySet] != to.Type {
				t.Errorf("the sets of %s are %v", nav.Relationship, sides)
			}
		}
	}
}
