package odata_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"pmograph/internal/exchange/odata"
	"pmograph/internal/state"
)

// Whatever is sent is answered soon, in little, and cleanly: none of it is a fault of the server.
func TestHostileRequests(t *testing.T) {
	h := office(t)
	deep := func(n int, open, in, shut string) string {
		return strings.Repeat(open, n) + in + strings.Repeat(shut, n)
	}
	addresses := []string{
		"Projects?$filter=" + deep(30_000, "(", "true", ")"), "Projects?$filter=" + deep(500, "not ", "true", ""), "Projects?$filter=" + deep(5000, "tolower(", "Name", ")") + " eq 'a'",
		"Projects?$filter=" + strings.TrimSuffix(strings.Repeat("Name eq 'a' or ", 3000), " or "), "Projects?$filter=Name in (" + strings.TrimSuffix(strings.Repeat("'a',", 8000), ",") + ")",
		"Projects?$filter=" + deep(60, "CostEntries/any(c:c/Project/", "Name eq 'a'", ")"), "Portfolios?$filter=" + deep(100, "Projects/any(p:p/Portfolio/", "Name eq 'a'", ")"),
		"Projects?$expand=" + deep(50, "CostEntries($expand=Project($expand=", "CostEntries", "))"), "Portfolios?$expand=Children($levels=max)", "Portfolios?$expand=Children($levels=99999999999999999999)", "Portfolios?$expand=*($levels=max)",
		"Portfolios?$expand=" + deep(7, "Projects($expand=Portfolio($expand=", "Projects", "))"), "Projects?$top=99999999999999999999", "Projects?$top=-1", "Projects?$skip=9223372036854775807", "Projects?$top=1e9", "Projects?$skip=99999999999999999999999&$top=99999999",
		"Projects?$apply=" + deep(100, "concat(identity,", "identity", ")"), "Projects?$apply=" + strings.TrimSuffix(strings.Repeat("filter(true)/", 2000), "/"), "CostEntries?$apply=" + strings.TrimSuffix(strings.Repeat("concat(identity,identity)/", 20), "/"),
		"Projects?$orderby=" + strings.TrimSuffix(strings.Repeat("Name,", 5000), ","), "Projects?$select=" + strings.Repeat("Name,", 5000) + "Name", "Projects?$compute=" + strings.TrimSuffix(strings.Repeat("1 as A,", 2000), ","),
		"Projects?$filter=matchesPattern(Name,'" + strings.Repeat("(a*)*", 50) + "b')", "Projects?$filter=contains(Name,'" + strings.Repeat("a", 60_000) + "')", "Projects?$filter=1 eq " + strings.Repeat("9", 50_000), "Projects?$filter=1e999999999 eq 1", "Projects?$filter=1 div 0 eq 1",
		"Projects?$filter=" + strings.Repeat("1 mul ", 2000) + "1 eq 1", "Projects?$filter=concat(" + deep(40, "concat(Name,", "Name", ")") + ",Name) eq 'a'", "Projects?$search=" + strings.Repeat("(", 10_000), "Projects?$search=" + strings.Repeat("a OR ", 5000) + "a",
		"Projects?" + strings.Repeat("a=b&", 10_000), "Projects?$skiptoken=" + strings.Repeat("A", 60_000), "Projects?$skiptoken=bnVsbA", "Projects?$skiptoken=WyJpMSJd", "Projects?$deltatoken=" + strings.Repeat(".", 1000), "Projects?snapshot=x.y", "Projects?$filter=@a&@a=@b&@b=@a", "Projects?$filter=@a eq @a&@a=@a",
		strings.Repeat("Projects('project-1')/Portfolio/", 100), strings.Repeat("/", 5000), "Projects(" + strings.Repeat("'", 10_001) + ")", "Projects('" + strings.Repeat("x", 50_000) + "')", "%", "%00", "Projects('%FF')", "Projects?$filter=%FF", "Projects?%zz", "..%2f..%2f$metadata", "$metadata/$metadata", "$crossjoin(Projects,Projects)",
		"Projects?$format=" + strings.Repeat("x", 10_000), "Projects?$expand=CostEntries($filter=" + deep(3000, "(", "true", ")") + ")", "Projects?$filter=CostEntries/$count gt CostEntries/$count", "Calendar?$apply=groupby((Date,Week,Month))/topcount(99999999,Week)", "Calendar?$orderby=Week,Month&$top=50000",
		"Projects?$filter='" + strings.Repeat("''", 20_000), "Projects?$filter=Name eq 'x' '; DROP TABLE projects; --'", "Projects?$filter=cast(Name,Edm.Int64) eq 1", "CostEntries?$apply=groupby((rollup($all,Period)),aggregate(Actual with sum as S))",
	}
	tried := 0
	try := func(name string, send func() (code int, size int, body string)) {
		tried++
		began := time.Now()
		code, size, body := send()
		if took := time.Since(began); code >= 500 && code != 501 || took > 5*time.Second || size > 4<<20 || strings.Contains(body, "goroutine") {
			t.Errorf("%.200s: %d after %v, %d bytes: %.300s", name, code, took, size, body)
		}
	}
	for _, a := range addresses {
		for _, path := range []string{odata.Path + hostileSpaces(a)} {
			try(a, func() (int, int, string) {
				w := h.raw(boss, http.MethodGet, path, "", nil)
				return w.Code, w.Body.Len(), w.Body.String()
			})
		}
	}
	for name, value := range map[string]string{"Accept": strings.Repeat("application/json;q=0.1,", 1000), "Prefer": strings.Repeat("maxpagesize=999999999,", 1000) + "maxpagesize=-1", "If-None-Match": strings.Repeat(`W/"x",`, 2000), "OData-MaxVersion": "9e999",
		"Content-Type": "text/html", "OData-Version": "5.0"} {
		try(name, func() (int, int, string) {
			w := h.raw(boss, http.MethodGet, odata.Path+"Calendar", "", map[string]string{name: value})
			return w.Code, w.Body.Len(), w.Body.String()
		})
	}
	for _, body := range []string{strings.Repeat("[", 50_000), `{"requests":` + strings.Repeat("[", 10_000), `{"requests":[{"id":"a","method":"GET","url":"` + strings.Repeat("../", 10_000) + `"}]}`, `{"requests":[{"id":"a","method":"GET","url":"//x/odata/v4/Projects"}]}`,
		`{"requests":[{"id":"a","method":"GET\r\nX: y","url":"Projects"}]}`, `{"requests":[{"id":"a","method":"GET","url":"Projects","headers":{"x\r\ny":"z"}}]}`, `{"requests":null}`, "", `{"requests":[{"id":"` + strings.Repeat("a", 40_000) + `","method":"GET","url":"Projects"}]}`} {
		try(body, func() (int, int, string) {
			w := h.raw(boss, http.MethodPost, odata.Path+"$batch", body, map[string]string{"Content-Type": "application/json"})
			return w.Code, w.Body.Len(), w.Body.String()
		})
	}
	t.Logf("%d requests", tried)
}

// leaving is a client that goes away when the first part of an answer reaches it.
type leaving struct {
	*httptest.ResponseRecorder
	leave func()
}

func (l leaving) Write(b []byte) (int, error) {
	l.leave()
	time.Sleep(20 * time.Millisecond) // it is noticed beside
	return l.ResponseRecorder.Write(b)
}

// An answer that takes too long ends with an error; one whose client leaves just ends, and nothing is written behind what is out.
func TestAnswersEnd(t *testing.T) {
	h := office(t)
	hurried := h.config
	hurried.Time = time.Nanosecond
	hurried.View = func(ctx context.Context) (*state.View, error) {
		<-ctx.Done()
		return h.config.View(context.WithoutCancel(ctx))
	}
	h.Handler = odata.New(hurried)
	for _, a := range []string{"CostEntries", "Projects('project-1')", "Projects/$count", "CostEntries?$apply=aggregate(TotalActual)", "Calendar?$orderby=Week"} {
		if w := h.get(boss, a); w.Code != 503 || !strings.Contains(w.Body.String(), `"UNAVAILABLE"`) {
			t.Errorf("%s: %d %.200s", a, w.Code, w.Body)
		}
	}
	var told odata.Answer
	patient := h.config
	patient.Told = func(_ context.Context, a odata.Answer) { told = a }
	h.Handler = odata.New(patient)
	ctx, leave := context.WithCancel(context.WithValue(t.Context(), whoKey{}, boss))
	w := leaving{httptest.NewRecorder(), leave}
	h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, odata.Path+"Calendar", nil).WithContext(ctx))
	if body := w.Body.String(); w.Code != 200 || strings.HasSuffix(body, "}") || strings.Contains(body, `"error"`) || len(body) > 200<<10 || told.Code != "UNAVAILABLE" || told.Name != "odata_Calendar" {
		t.Errorf("%d %d bytes, %+v", w.Code, w.Body.Len(), told)
	}
}

func hostileSpaces(s string) string { return strings.ReplaceAll(s, " ", "%20") }
