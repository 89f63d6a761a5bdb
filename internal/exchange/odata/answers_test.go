package odata_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"pmograph/auth"
	"pmograph/ent"
	"pmograph/internal/exchange/odata"
	"pmograph/internal/state"
	"pmograph/internal/vocab"
)

// spaced makes an address of a readable one.
func spaced(address string) string { return strings.ReplaceAll(address, " ", "%20") }

// Each kind of address has its answer, to the letter.
func TestAnswers(t *testing.T) {
	h := office(t)
	h.ids["looks-at-both"] = auth.Identity{Issuer: "LOCAL", Subject: "both", Claims: []auth.Claim{
		{Role: vocab.RoleFinance, Scope: auth.Scope{Kind: vocab.ScopeKindPortfolio, Path: "A"}}, {Role: vocab.RoleViewer, Scope: auth.Scope{Kind: vocab.ScopeKindOrganisation}}}}
	const root = `http://example.com/odata/v4/`
	for _, x := range []struct {
		who, address string
		headers      []string
		status       int
		want         string
	}{
		{boss, "Portfolios?$select=Id,Code&$orderby=Code desc&$count=true", nil, 200,
			`{"@context":"` + root + `$metadata#Portfolios(Id,Code)","value":[{"Id":"portfolio-2","Code":"S"},{"Id":"portfolio-3","Code":"B"},{"Id":"portfolio-1","Code":"A"}],"@count":3}`},
		{boss, "Portfolios?$select=Code&$top=1", nil, 200, `{"@context":"` + root + `$metadata#Portfolios(Code)","value":[{"@id":"Portfolios('portfolio-1')","Code":"A"}]}`},
		{boss, "Portfolios?$top=0&$count=true", nil, 200, `{"@context":"` + root + `$metadata#Portfolios","value":[],"@count":3}`},
		{boss, "Projects('project-1')/Name", nil, 200, `{"@context":"` + root + `$metadata#Projects('project-1')/Name","value":"Project"}`},
		{boss, "Projects('project-1')/Name/$value", nil, 200, "Project"},
		{boss, "Projects('project-1')/Name/$value", []string{"Accept: application/json"}, 406, `{"error":{"code":"NOT_ACCEPTABLE","message":"answers are application/json; $metadata is application/xml or application/json, a bare value text/plain"}}`},
		{boss, "Projects/project-1/Currency", nil, 200, `{"@context":"` + root + `$metadata#Projects('project-1')/Currency","value":"GBP"}`},
		{boss, "Projects('project-1')/ManagerId", nil, 204, ""},
		{boss, "Projects('project-3')/Portfolio?$select=Code,Id", nil, 200, `{"@context":"` + root + `$metadata#Portfolios(Code,Id)/$entity","Code":"B","Id":"portfolio-3"}`},
		{boss, "Portfolios('portfolio-1')/Parent", nil, 204, ""},
		{boss, "Portfolios('portfolio-2')/Parent/$ref", nil, 200, `{"@context":"` + root + `$metadata#$ref","@id":"Portfolios('portfolio-1')"}`},
		{boss, "Portfolios('portfolio-1')/Parent/Name", nil, 404, ""},
		{boss, "Portfolios('portfolio-1')/Projects/$count", nil, 200, "2"},
		{boss, "Portfolios('portfolio-1')/Projects('project-3')", nil, 404, ""},
		{boss, "Portfolios('portfolio-3')/Projects('project-3')/Code", nil, 200, `{"@context":"` + root + `$metadata#Projects('project-3')/Code","value":"P3"}`},
		{boss, "Portfolios('portfolio-99')/Projects", nil, 404, ""},
		{boss, "Projects/$count?$filter=PortfolioId eq 'portfolio-1'", nil, 200, "2"},
		{boss, "Projects('project-3')?$select=Id,Portfolio", nil, 200, `{"@context":"` + root + `$metadata#Projects(Id,Portfolio)/$entity","Id":"project-3","Portfolio@navigationLink":"Projects('project-3')/Portfolio"}`},
		{boss, "CostCategories('cost-category-1')", []string{"Accept: application/json;metadata=full"}, 200, ""},
		{boss, "Projects/$ref?$top=1", nil, 200, `{"@context":"` + root + `$metadata#Collection($ref)","value":[{"@id":"Projects('project-1')"}]}`},
		{boss, "$entity?$id=Projects('project-1')&$select=Code", nil, 200, ""},
		{boss, "Calendar(2022-04-20)?$select=Date,Week", nil, 200, `{"@context":"` + root + `$metadata#Calendar(Date,Week)/$entity","Date":"2022-04-20","Week":16}`},
		{boss, "Calendar(2022-04-20)/Week/$value", nil, 200, "16"},
		{boss, "Calendar(2022-04-20)?$select=Date,Week", []string{"Accept: application/json;IEEE754Compatible=true;metadata=none"}, 200, `{"Date":"2022-04-20","Week":"16"}`},
		{boss, "Calendar(2022-04-20)?$select=Date,Week", []string{"OData-MaxVersion: 4.0", "Accept: application/json;odata.metadata=full"}, 200,
			`{"@odata.context":"` + root + `$metadata#Calendar(Date,Week)/$entity","@odata.type":"#pmograph.CalendarDay","@odata.id":"Calendar(2022-04-20)","@odata.readLink":"Calendar(2022-04-20)","Date@odata.type":"#Date","Date":"2022-04-20","Week@odata.type":"#Int64","Week":16}`},
		{boss, "Projects('project-1')?$select=Id,ManagerId,Code", []string{"Prefer: omit-values=nulls"}, 200, `{"@context":"` + root + `$metadata#Projects(Id,ManagerId,Code)/$entity","Id":"project-1","Code":"P1"}`},
		{boss, "CostEntries?$apply=groupby((Project/Portfolio/Code,Currency,Project/Code),aggregate(TotalActual,$count as N))&$top=1", nil, 200,
			`{"@context":"` + root + `$metadata#CostEntries(Project(Portfolio(Code),Code),Currency,TotalActual,N)","value":[{"Project":{"Portfolio":{"Code":"A"},"Code":"P1"},"Currency":"GBP","TotalActual@type":"Decimal","TotalActual":500.01,"N@type":"Int64","N":1}]}`},
		{boss, "Projects?$select=Id&$expand=CostEntries($select=Id,Actual;$count=true),Portfolio/$ref&$top=1", nil, 200, ""},
		{boss, "Portfolios?$select=Id&$expand=Projects/$count,Children($levels=2;$select=Id)&$top=1", nil, 200,
			`{"@context":"` + root + `$metadata#Portfolios(Id,Projects(),Children(Id))","value":[{"Id":"portfolio-1","Projects@count":2,"Children":[{"Id":"portfolio-2","Children":[]}]}]}`},
		{boss, "Portfolios?$select=Id&$expand=Parent($select=Id)&$filter=Code ne 'B'", nil, 200,
			`{"@context":"` + root + `$metadata#Portfolios(Id,Parent(Id))","value":[{"Id":"portfolio-1","Parent":null},{"Id":"portfolio-2","Parent":{"Id":"portfolio-1"}}]}`},
		// Who may read amounts of one portfolio alone sees the others' as withheld, and is told so.
		{"looks-at-both", "CostEntries?$select=Id,Actual&$orderby=Id", nil, 200,
			`{"@context":"` + root + `$metadata#CostEntries(Id,Actual)","value":[{"Id":"cost-entry-1","Actual":500.01},{"Id":"cost-entry-2","Actual":500.01},{"Id":"cost-entry-3","Actual@pmograph.reason":"NOT_VISIBLE","Actual":null},{"Id":"cost-entry-4","Actual":500.01}]}`},
		{"looks-at-both", "CostEntries('cost-entry-3')?$select=Id,Actual", []string{"Prefer: omit-values=nulls"}, 200,
			`{"@context":"` + root + `$metadata#CostEntries(Id,Actual)/$entity","Id":"cost-entry-3","Actual@pmograph.reason":"NOT_VISIBLE","Actual":null}`},
		{"looks-at-both", "CostEntries('cost-entry-3')?$select=Id,Actual", []string{`Prefer: include-annotations="-*"`}, 200,
			`{"@context":"` + root + `$metadata#CostEntries(Id,Actual)/$entity","Id":"cost-entry-3","Actual":null}`},
		{"looks-at-both", "CostEntries('cost-entry-3')?$select=Id,Actual", []string{"Accept: application/json;metadata=none"}, 200, `{"Id":"cost-entry-3","Actual":null}`},
		{"looks-at-both", "CostEntries?$apply=aggregate(TotalActual)", nil, 200, `{"@context":"` + root + `$metadata#CostEntries(TotalActual)","value":[{"TotalActual@pmograph.reason":"NOT_VISIBLE","TotalActual":null}]}`},
		{boss, "Nothing", nil, 404, ""},
		{boss, "Projects('project-99')", nil, 404, `{"error":{"code":"NOT_FOUND","message":"there is no such thing here, or it is not visible"}}`},
		{boss, "Projects?$filter=Foo eq 1", nil, 400, ""},
		{boss, "Projects?$format=atom", nil, 400, ""},
		{boss, "Projects?$format=json", []string{"Accept: application/atom+xml"}, 200, ""},
		{boss, "Projects", []string{"Accept: application/atom+xml"}, 406, ""},
		{boss, "Projects", []string{"OData-MaxVersion: 3.0"}, 400, ""},
		{boss, "$all", nil, 501, ""},
		{"stranger", "", nil, 200, `{"@context":"` + root + `$metadata","value":[]}`},
		{"stranger", "Projects", nil, 404, ""},
		{"stranger", "CostEntries('cost-entry-1')", nil, 404, ""},
		{"stranger", "$metadata", nil, 200, ""},
	} {
		w := h.get(x.who, spaced(x.address), x.headers...)
		if x.status != 0 && w.Code != x.status || x.want != "" && strings.TrimSpace(w.Body.String()) != x.want {
			t.Errorf("%s %s %v: %d\n got %s\nwant %s", x.who, x.address, x.headers, w.Code, w.Body, x.want)
		}
		if v := w.Header().Values("OData-Version"); len(v) != 1 {
			t.Errorf("%s: OData-Version %v", x.address, v)
		}
		if head := h.send(x.who, http.MethodHead, odata.Path+spaced(x.address), "", x.headers...); head.Code != w.Code || head.Header().Get("ETag") != w.Header().Get("ETag") {
			t.Errorf("HEAD %s: %d, not %d", x.address, head.Code, w.Code)
		}
	}
}

// What would write is refused, with what may be done instead.
func TestNothingIsWritten(t *testing.T) {
	h := office(t)
	before := h.Latest().Position()
	for _, method := range []string{http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, "MERGE", "TRACE"} {
		for _, address := range []string{"Projects", "Projects('project-1')", "Projects('project-1')/Portfolio/$ref", "", "$metadata"} {
			w := h.send(boss, method, odata.Path+address, `{"Name":"x"}`, "Content-Type: application/json")
			if w.Code != 405 || w.Header().Get("Allow") == "" || !strings.Contains(w.Body.String(), `"READ_ONLY"`) {
				t.Errorf("%s %s: %d %v %s", method, address, w.Code, w.Header(), w.Body)
			}
		}
	}
	if h.Latest().Position() != before {
		t.Error("something was written")
	}
	if w := h.send(boss, http.MethodOptions, odata.Path+"Projects", ""); w.Code != 204 || w.Header().Get("Allow") == "" {
		t.Error(w.Code, w.Header())
	}
}

// A long question is sent as a body, and is answered, and paged, as if it stood in the address.
func TestQueryInTheBody(t *testing.T) {
	h := office(t)
	options := "$filter=" + url.QueryEscape("startswith(Code,'P')") + "&$select=Id"
	want := h.get(boss, "Projects?"+options).Body.String()
	for _, x := range [][2]string{{"?", options}, {"?$select=Id", strings.TrimSuffix(options, "&$select=Id")}} {
		w := h.send(boss, http.MethodPost, odata.Path+"Projects/$query"+x[0], x[1], "Content-Type: text/plain")
		if w.Code != 200 || w.Body.String() != want {
			t.Errorf("%v: %d %s", x, w.Code, w.Body)
		}
	}
	w := h.send(boss, http.MethodPost, odata.Path+"Projects/$query", options, "Content-Type: text/plain", "Prefer: maxpagesize=3")
	var p page
	if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil || len(p.Value) != 3 || p.Next == "" {
		t.Fatal(w.Body)
	}
	if rest := h.page(t, boss, p.Next); len(rest.Value) != 1 || rest.Next != "" {
		t.Error(rest)
	}
	if w := h.send(boss, http.MethodPost, odata.Path+"Projects/$query", options, "Content-Type: application/xml"); w.Code != 415 {
		t.Error(w.Code)
	}
	if w := h.send(boss, http.MethodPost, odata.Path+"Projects/$query", strings.Repeat("x", 65<<10), "Content-Type: text/plain"); w.Code != 413 {
		t.Error(w.Code)
	}
}

// Pages come to the same as the whole, whatever is put between them: each row that stays is there once, at its place; $top and $skip hold over all of them.
func TestPagesSurviveInserts(t *testing.T) {
	h := office(t)
	month := vocab.NewDate(2020, 1, 1)
	put := func(n int) {
		h.do(t, func(d *state.Draft) {
			for i := range n {
				month = month.AddMonths(1)
				c := &ent.CostEntry{ProjectID: int64(1 + i%4), CostCategoryID: 1, Currency: "GBP", Period: month}
				must(state.CostEntries.Desc().SetColumn(c, "planned", int64(i%7)*100))
				must(state.CostEntries.Put(d, c))
			}
		})
	}
	put(60)
	for _, question := range []string{"CostEntries?$select=Id,Planned", "CostEntries?$select=Id,Planned&$orderby=Planned desc,Period", "CostEntries?$select=Id&$filter=Planned gt 1&$skip=5&$top=31", "CostEntries?$select=Id&$orderby=Project/Code,Planned&$top=40"} {
		want := map[any]int{}
		for i, row := range h.page(t, boss, spaced(question)).Value {
			want[row["Id"]] = i
		}
		got, last, pages := map[any]bool{}, -1, 0
		p := h.page(t, boss, spaced(question), "Prefer: maxpagesize=7")
		for {
			pages++
			for _, row := range p.Value {
				at, was := want[row["Id"]]
				switch {
				case got[row["Id"]]:
					t.Fatalf("%s: %v comes twice", question, row)
				case was && at <= last:
					t.Fatalf("%s: %v is out of its place", question, row)
				case was:
					last = at
				case strings.Contains(question, "$top") && len(got) == 0:
					t.Fatalf("%s: %v was put in between", question, row)
				}
				got[row["Id"]] = true
			}
			if p.Next == "" {
				break
			}
			put(3)
			p = h.page(t, boss, p.Next, "Prefer: maxpagesize=7")
		}
		for id := range want {
			if !got[id] && !strings.Contains(question, "$top") {
				t.Errorf("%s: %v is missing", question, id)
			}
		}
		if n := len(got); strings.Contains(question, "$top=31") && n != 31 || strings.Contains(question, "$top=40") && n != 40 || pages < 4 {
			t.Errorf("%s: %d rows on %d pages", question, len(got), pages)
		}
	}
}

// The same question is answered with 304 to who has the answer, until something that it follows from is another.
func TestConditionalRequests(t *testing.T) {
	h := office(t)
	for _, address := range []string{"Projects", "", "$metadata", "Projects('project-1')", "Projects/$count", "Projects('project-1')/Name/$value", "CostEntries?$apply=aggregate(TotalActual)"} {
		first := h.get(boss, address)
		tag := first.Header().Get("ETag")
		if tag == "" {
			t.Fatalf("%s has no tag", address)
		}
		before := h.values
		again := h.get(boss, address, "If-None-Match: "+tag)
		if again.Code != 304 || again.Body.Len() > 0 || again.Header().Get("ETag") != tag || h.values != before {
			t.Errorf("%s: %d %q", address, again.Code, again.Body)
		}
		if w := h.get(boss, address, "If-None-Match: W/\"other\", "+strings.TrimPrefix(tag, "W/")); w.Code != 304 {
			t.Errorf("%s: %d for a list", address, w.Code)
		}
		for name, headers := range map[string][]string{"version": {"OData-MaxVersion: 4.0"}, "host": {"Host: other"}} {
			w := h.get(boss, address, append(headers, "If-None-Match: "+tag)...)
			if name == "version" && w.Code == 304 {
				t.Errorf("%s: another %s has the same tag", address, name)
			}
		}
		if w := h.get("viewer@organisation", address, "If-None-Match: "+tag); w.Code == 304 {
			t.Errorf("%s: others have the same tag", address)
		}
		h.do(t, func(d *state.Draft) {
			p, err := state.Projects.Edit(d, 1, nil)
			must(err)
			p.Name += "x"
			must(state.Projects.Put(d, p))
		})
		if w := h.get(boss, address, "If-None-Match: "+tag); w.Code != 200 {
			t.Errorf("%s: %d after a change", address, w.Code)
		}
	}
	if w := h.get(boss, "Projects('project-99')"); w.Header().Get("ETag") != "" {
		t.Error("an error has a tag")
	}
}

// Requests of a batch are answered as if each came by itself.
func TestBatch(t *testing.T) {
	h := office(t)
	batch := func(status int, body string, headers ...string) (out struct {
		Responses []struct {
			ID      string            `json:"id"`
			Status  int               `json:"status"`
			Headers map[string]string `json:"headers"`
			Body    json.RawMessage   `json:"body"`
		} `json:"responses"`
	}) {
		t.Helper()
		w := h.send(boss, http.MethodPost, odata.Path+"$batch", body, append([]string{"Content-Type: application/json"}, headers...)...)
		if w.Code != status {
			t.Fatalf("%d %s", w.Code, w.Body)
		}
		if err := json.Unmarshal(w.Body.Bytes(), &out); status == 200 && err != nil {
			t.Fatalf("%v: %s", err, w.Body)
		}
		return out
	}
	addresses := []string{"Projects?$select=Name", "$metadata", "/odata/v4/Projects/$count", "http://example.com/odata/v4/Projects('project-1')/Name", "Projects('project-1')/Name/$value", "Projects('project-1')/ManagerId", ""}
	var requests []string
	for i, a := range addresses[:6] {
		requests = append(requests, fmt.Sprintf(`{"id":"r%d","method":"get","url":%q}`, i, a))
	}
	out := batch(200, `{"requests":[`+strings.Join(requests, ",")+`]}`)
	if len(out.Responses) != 6 {
		t.Fatal(out)
	}
	for i, r := range out.Responses {
		alone := h.get(boss, strings.TrimPrefix(strings.TrimPrefix(addresses[i], "http://example.com"), odata.Path))
		body := string(r.Body)
		if !strings.HasPrefix(r.Headers["content-type"], "application/json") && len(r.Body) > 0 {
			var text string
			must(json.Unmarshal(r.Body, &text))
			body = text
		}
		if r.ID != fmt.Sprintf("r%d", i) || r.Status != alone.Code || body != alone.Body.String() || r.Headers["etag"] != alone.Header().Get("ETag") {
			t.Errorf("%s: %+v", addresses[i], r)
		}
	}
	tag := out.Responses[0].Headers["etag"]
	out = batch(200, `{"requests":[{"id":"a","method":"GET","url":"Projects?$select=Name","headers":{"if-none-match":`+fmt.Sprintf("%q", tag)+`}},{"id":"b","method":"GET","url":"Projects('x')"},{"id":"c","method":"GET","url":"Projects"}]}`)
	if len(out.Responses) != 2 || out.Responses[0].Status != 304 || out.Responses[1].Status != 404 {
		t.Errorf("the first that fails is the last: %+v", out)
	}
	out = batch(200, `{"requests":[{"id":"b","method":"GET","url":"Projects('x')"},{"id":"c","method":"GET","url":"Projects","dependsOn":["b"]},{"id":"d","method":"PATCH","url":"Projects('project-1')","body":{}},
		{"id":"e","method":"GET","url":"http://elsewhere/odata/v4/Projects"},{"id":"f","method":"GET","url":"../../graphql"},{"id":"g","method":"POST","url":"$batch"},{"id":"h","method":"GET","url":"$b/Portfolio"},
		{"id":"i","method":"DELETE","url":"Projects('project-1')","atomicityGroup":"g"},{"id":"j","method":"GET","url":"Projects/$count"}]}`, "Prefer: continue-on-error")
	var status []int
	for _, r := range out.Responses {
		status = append(status, r.Status)
	}
	if fmt.Sprint(status) != "[404 424 405 400 400 501 501 405 200]" {
		t.Error(status)
	}
	for _, bad := range []string{`{`, `[]`, `{"requests":[{"id":"a"}]}`, `{"requests":[{"id":"a","method":"GET","url":"x"},{"id":"a","method":"GET","url":"x"}]}`, `{"requests":[{"id":"a","method":"GET","url":"x","dependsOn":["a"]}]}`,
		`{"requests":[` + strings.TrimSuffix(strings.Repeat(`{"id":"a","method":"GET","url":"x"},`, 21), ",") + `]}`} {
		batch(400, bad)
	}
	if w := h.send(boss, http.MethodPost, odata.Path+"$batch", "--b\r\n", "Content-Type: multipart/mixed;boundary=b"); w.Code != 415 || !strings.Contains(w.Body.String(), "BATCH_FORMAT") {
		t.Error(w.Code, w.Body)
	}
	if w := h.get(boss, "$batch"); w.Code != 405 {
		t.Error(w.Code)
	}
}
