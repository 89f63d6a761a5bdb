package main

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"

	"pmograph/internal/exchange/tabular"
	"pmograph/internal/store/pgtest"
	"pmograph/internal/vocab"
)

// mashup is what Power Query sends with every request: Excel's and Power BI's.
var mashup = http.Header{
	"User-Agent":            {"Microsoft.Data.Mashup (https://go.microsoft.com/fwlink/?LinkID=304225)"},
	"Accept":                {"application/json;odata.metadata=minimal;q=1.0,application/json;odata=minimalmetadata;q=0.9,application/atomsvc+xml;q=0.8,application/atom+xml;q=0.8,application/xml;q=0.7,text/plain;q=0.7"},
	"Accept-Encoding":       {"gzip, deflate"},
	"Odata-Maxversion":      {"4.0"},
	"Maxdataserviceversion": {"3.0"},
}

// feedReader reads a feed as tools do.
type feedReader struct {
	t      *testing.T
	client *http.Client
	url    string
	auth   string
}

func (f feedReader) get(address string, more ...string) (int, http.Header, []byte) {
	f.t.Helper()
	if !strings.HasPrefix(address, "http") {
		address = f.url + "/odata/v4/" + address
	}
	req, err := http.NewRequestWithContext(f.t.Context(), http.MethodGet, strings.ReplaceAll(address, " ", "%20"), nil)
	if err != nil {
		f.t.Error(err)
		return 0, nil, nil
	}
	req.Header = mashup.Clone()
	if f.auth != "" {
		req.Header.Set("Authorization", f.auth)
	}
	for _, x := range more {
		name, value, _ := strings.Cut(x, ": ")
		req.Header.Set(name, value)
	}
	res, err := f.client.Do(req)
	if err != nil {
		f.t.Error(err)
		return 0, nil, nil
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		f.t.Error(err)
	}
	var unpacked io.Reader = bytes.NewReader(body)
	switch res.Header.Get("Content-Encoding") {
	case "gzip":
		unpacked, err = gzip.NewReader(unpacked)
	case "zstd":
		var z *zstd.Decoder
		z, err = zstd.NewReader(unpacked)
		unpacked = z
	}
	if err == nil {
		body, err = io.ReadAll(unpacked)
	}
	if err != nil {
		f.t.Errorf("%s: %v", address, err)
	}
	return res.StatusCode, res.Header, body
}

type feedPage struct {
	Value []map[string]any `json:"value"`
	Next  string           `json:"@odata.nextLink"`
	Delta string           `json:"@odata.deltaLink"`
	Count int              `json:"@odata.count"`
}

// rows reads a set to its end.
func (f feedReader) rows(address string, more ...string) (all []map[string]any, last feedPage) {
	f.t.Helper()
	for address != "" {
		status, _, body := f.get(address, more...)
		last = feedPage{}
		if err := json.Unmarshal(body, &last); err != nil || status != 200 {
			f.t.Errorf("%s: %d %v %.300s", address, status, err, body)
			return all, last
		}
		all, address = append(all, last.Value...), last.Next
	}
	return all, last
}

// A server answers a refresh as Power Query sends it: asked without credentials it names Basic, then come the schema, and the sets over several connections at
// once; a second refresh that asks for changes gets those alone. A feed key does for it, and does for nothing else.
func TestFeedRefresh(t *testing.T) {
	for name, w := range map[string]func(t *testing.T) where{
		"sqlite":   func(t *testing.T) where { return where{Data: t.TempDir()} },
		"postgres": func(t *testing.T) where { return where{Data: t.TempDir(), Database: pgtest.Database(t)} },
	} {
		t.Run(name, func(t *testing.T) { refresh(t, w(t)) })
	}
}

func refresh(t *testing.T, w where) {
	var key madeKey
	var admin, projects string
	t.Run("prepare", func(t *testing.T) { // the record's lock is free again at its end
		o := start(t, w)
		o.organise(t)
		o.load(t, tabular.Demo(), false)
		admin = o.grantTo(t, "root", vocab.RoleAdmin)
		o.grantTo(t, "numbers", vocab.RoleFinance)
		key = o.makeKey(t, admin, false, map[string]any{"name": "Power BI", "ownerId": o.userID(t, "numbers"), "scopeKind": "ORGANISATION", "reads": []string{"MONEY"}, "validTo": time.Now().Add(24 * time.Hour).UTC().Format(time.RFC3339)})
		var a struct{ Projects struct{ TotalCount int } }
		o.ask(t, admin, `{ projects(first: 1) { totalCount } }`, nil, &a)
		projects = fmt.Sprint(a.Projects.TotalCount)
	})
	if key.Secret == nil {
		t.Fatal("there is no key")
	}
	p := serveProcess(t, ownProgram(t), w, "--trusted-proxy", "127.0.0.0/8")
	client := &http.Client{Transport: &http.Transport{MaxConnsPerHost: 8, DisableCompression: true}, Timeout: 30 * time.Second}
	t.Cleanup(client.CloseIdleConnections)
	f := feedReader{t, client, p.url, ""}
	status, h, _ := f.get("")
	if asked := strings.Join(h.Values("WWW-Authenticate"), "; "); status != 401 || !strings.HasPrefix(asked, `Basic realm=`) || !strings.Contains(asked, "Bearer") {
		t.Fatalf("%d: %s", status, asked)
	}
	f.auth = basic("anybody", key.FeedKey.ID+"."+*key.Secret)
	status, h, body := f.get("")
	var sets struct {
		Value []struct{ Name, Kind, URL string }
	}
	if err := json.Unmarshal(body, &sets); err != nil || status != 200 || len(sets.Value) < 5 || len(h.Values("OData-Version")) != 1 || h.Get("OData-Version") != "4.0" || h.Get("Content-Encoding") != "gzip" {
		t.Fatalf("%d %v %s", status, h, body)
	}
	status, h, body = f.get("$metadata")
	if err := xml.Unmarshal(body, new(struct{ XMLName xml.Name })); err != nil || status != 200 || !strings.HasPrefix(h.Get("Content-Type"), "application/xml") || !bytes.Contains(body, []byte(`Version="4.0"`)) {
		t.Fatalf("%d %v %.200s", status, h, body)
	}
	found := map[string]int{}
	var mu sync.Mutex
	var all sync.WaitGroup
	for _, s := range sets.Value {
		all.Go(func() {
			rows, _ := f.rows(s.URL, "Prefer: odata.maxpagesize=300")
			mu.Lock()
			defer mu.Unlock()
			found[s.Name] = len(rows)
		})
		all.Go(func() { f.get(s.URL + "?$top=1000") })
	}
	all.Wait()
	if fmt.Sprint(found["Projects"]) != projects || found["StatusReports"] < 1000 || found["Calendar"] < 7000 {
		t.Errorf("found %v, of %s projects", found, projects)
	}
	f.folded(found)
	f.changed(admin)
	f.entered(key, admin)
	status, _, body = f.get("Milestones?$top=5&$select=Id", "X-Forwarded-Host: bi.example.org", "X-Forwarded-Proto: https", "Prefer: odata.maxpagesize=2")
	if !bytes.Contains(body, []byte(`"@odata.context":"https://bi.example.org/odata/v4/$metadata`)) || !bytes.Contains(body, []byte(`"@odata.nextLink":"https://bi.example.org/odata/v4/Milestones?`)) {
		t.Errorf("%d %s", status, body)
	}
}

// folded asks what Power Query makes of steps in its editor.
func (f feedReader) folded(found map[string]int) {
	f.t.Helper()
	rows, last := f.rows("StatusReports?$filter=PeriodEnd ge 2020-01-01 and PeriodEnd lt 2023-01-01 and Project/Portfolio/Name ne null&$select=Id,PeriodEnd,WholeLifeCost&$orderby=PeriodEnd desc,Id&$count=true&$top=20")
	if len(rows) == 0 || len(rows) > 20 || last.Count < len(rows) {
		f.t.Errorf("%d rows of %d", len(rows), last.Count)
	}
	if status, _, body := f.get("Milestones/$count"); status != 200 || string(body) != fmt.Sprint(found["Milestones"]) {
		f.t.Errorf("%d %s", status, body)
	}
	rows, _ = f.rows("Projects?$expand=Milestones($select=Id)&$select=Id")
	n := 0
	for _, p := range rows {
		n += len(p["Milestones"].([]any))
	}
	if n != found["Milestones"] {
		f.t.Errorf("%d milestones beside their projects, of %d", n, found["Milestones"])
	}
	for _, encoding := range []string{"gzip", "zstd", "identity"} {
		status, h, body := f.get("Milestones", "Accept-Encoding: "+encoding)
		how := h.Get("Content-Encoding")
		again, _, nothing := f.get("Milestones", "Accept-Encoding: "+encoding, "If-None-Match: "+h.Get("ETag"))
		if status != 200 || how != strings.TrimPrefix(encoding, "identity") || len(body) == 0 || again != 304 || len(nothing) > 0 {
			f.t.Errorf("%s: %d %q, then %d", encoding, status, how, again)
		}
	}
}

// changed follows a set over a change of somebody else's.
func (f feedReader) changed(admin string) {
	f.t.Helper()
	_, last := f.rows("Portfolios", "Prefer: odata.track-changes")
	body, _ := json.Marshal(map[string]string{"query": `mutation { portfolioCreate(input: { code: "FEED", name: "Made meanwhile" }) { portfolio { id } errors { code } } }`})
	req, err := http.NewRequestWithContext(f.t.Context(), http.MethodPost, f.url+"/graphql", bytes.NewReader(body))
	if err != nil {
		f.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", "Bearer "+admin)
	res, err := f.client.Do(req)
	if err != nil || res.StatusCode != 200 {
		f.t.Fatal(err, res)
	}
	_ = res.Body.Close()
	for until := time.Now().Add(10 * time.Second); time.Now().Before(until); time.Sleep(20 * time.Millisecond) {
		rows, next := f.rows(last.Delta)
		if len(rows) == 1 && rows[0]["Code"] == "FEED" && next.Delta != "" {
			return
		}
	}
	f.t.Error("the change is not told")
}

// entered tries the ways in: forms of the password, and a key where keys are not for.
func (f feedReader) entered(key madeKey, token string) {
	f.t.Helper()
	for name, x := range map[string]struct {
		auth   string
		status int
	}{
		"key as the password": {basic("anybody", key.FeedKey.ID+"."+*key.Secret), 200}, "no name": {basic("", key.FeedKey.ID+"."+*key.Secret), 200}, "key as name and password": {basic(key.FeedKey.ID, *key.Secret), 200},
		"token as the password": {basic("me@example.org", token), 200}, "bearer": {"Bearer " + token, 200}, "another secret": {basic("x", key.FeedKey.ID+".abc"), 401}, "secret alone": {basic("x", *key.Secret), 401},
		"another key": {basic("x", "feed-key-99."+*key.Secret), 401}, "no token": {basic("x", "a.b.c"), 401}, "nothing": {basic("", ""), 401}, "no base64": {"Basic %%%", 401},
	} {
		f.auth = x.auth
		if status, h, body := f.get("Portfolios"); status != x.status || status == 401 && (len(h.Values("WWW-Authenticate")) != 2 || !bytes.Contains(body, []byte(`"code":"UNAUTHENTICATED"`))) {
			f.t.Errorf("%s: %d %v %s", name, status, h, body)
		}
	}
	f.auth = basic("anybody", key.FeedKey.ID+"."+*key.Secret)
	for _, address := range []string{f.url + "/graphql?query={viewer{day}}", f.url + "/import/gmpp"} {
		if status, h, _ := f.get(address); status != 401 || strings.Contains(h.Get("WWW-Authenticate"), "Basic") {
			f.t.Errorf("%s: %d %s", address, status, h.Get("WWW-Authenticate"))
		}
	}
}

// Who has spent everything by reading waits until some is back; what an answer came to is taken though it was not known before.
func TestFeedsAreRationed(t *testing.T) {
	w := where{Data: t.TempDir()}
	t.Run("prepare", func(t *testing.T) {
		o := start(t, w)
		o.organise(t)
		o.load(t, tabular.Demo(), false)
	})
	p := serveProcess(t, ownProgram(t), w, "--budget", "ANY=5/5/1")
	c := newClient(t, w, vocab.RoleFinance, "reader")
	f := feedReader{t, c.http, p.url, "Bearer " + c.token}
	if status, _, body := f.get("Milestones"); status != 200 {
		t.Fatalf("%d %s", status, body)
	}
	status, h, body := f.get("Milestones")
	if status != 429 || h.Get("Retry-After") == "" || !bytes.Contains(body, []byte(`"error":{"code":"RATE_LIMITED"`)) {
		t.Errorf("%d %v %s", status, h, body)
	}
}
