package odata_test

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"pmograph/auth"
	"pmograph/internal/accesstest"
	"pmograph/internal/decide"
	"pmograph/internal/exchange/odata"
	"pmograph/internal/journal"
	"pmograph/internal/state"
	"pmograph/internal/store/memory"
)

// house is a record and the service over it. Requests say in a header who sends them.
type house struct {
	*journal.Journal
	http.Handler
	config odata.Config
	now    func() time.Time
	values int // charged
	ids    map[string]auth.Identity
}

func newHouse(t testing.TB, put func(d *state.Draft)) *house {
	t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	h := &house{ids: map[string]auth.Identity{}}
	h.now = func() time.Time { return accesstest.Noon }
	now := func() time.Time { return h.now() }
	j, err := journal.Open(ctx, &memory.Store{Now: now}, journal.Options{Now: now, Invariants: decide.Invariants, Log: slog.New(slog.DiscardHandler), Poll: 5 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stop(); <-j.Done() })
	h.Journal = j
	h.do(t, put)
	h.config = odata.Config{
		View: func(ctx context.Context) (*state.View, error) {
			return j.View(ctx, h.identity(ctx), journal.Query{})
		},
		Caller: func(ctx context.Context) string { return h.identity(ctx).Principal() },
		Who:    func(ctx context.Context) auth.Identity { return h.identity(ctx) },
		Slot:   func(context.Context) (func(), error) { return func() {}, nil },
		Charge: func(_ context.Context, values int) { h.values += values },
		Told:   func(context.Context, odata.Answer) {},
		Secure: func(*http.Request) bool { return false },
		Refuse: func(w http.ResponseWriter, r *http.Request, err error) {
			if odata.Refuse(w, r, err) == "INTERNAL" {
				t.Errorf("%s: %v", r.URL, err)
			}
		},
		Now: now, Time: 10 * time.Second, Build: "test",
	}
	h.Handler = odata.New(h.config)
	return h
}

func (h *house) do(t testing.TB, put func(d *state.Draft)) {
	t.Helper()
	dec := state.Decision{Action: "import", Run: func(d *state.Draft) error { put(d); return nil }}
	if _, err := h.DoAs(context.Background(), auth.Machine("test"), dec, journal.Meta{}); err != nil {
		t.Fatal(err)
	}
}

type whoKey struct{}

func (h *house) identity(ctx context.Context) auth.Identity {
	name, _ := ctx.Value(whoKey{}).(string)
	if id, ok := h.ids[name]; ok {
		return id
	}
	return auth.Identity{Issuer: "LOCAL", Subject: name}
}

// office is the house of accesstest's small organisation.
func office(t testing.TB) *house {
	o := accesstest.NewOffice()
	h := newHouse(t, o.Put)
	for _, a := range o.Actors {
		h.ids[a.Name] = a.ID
	}
	return h
}

const boss = "admin@organisation"

// send sends a request; headers are name: value.
func (h *house) send(name, method, address, body string, headers ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, address, strings.NewReader(body))
	for _, x := range headers {
		n, v, _ := strings.Cut(x, ": ")
		r.Header.Set(n, v)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), whoKey{}, name)))
	return w
}

func (h *house) get(name, below string, headers ...string) *httptest.ResponseRecorder {
	return h.send(name, http.MethodGet, odata.Path+below, "", headers...)
}

// page is an answer of rows.
type page struct {
	Context string           `json:"@context"`
	Value   []map[string]any `json:"value"`
	Count   *int             `json:"@count"`
	Next    string           `json:"@nextLink"`
	Delta   string           `json:"@deltaLink"`
}

func (h *house) page(t testing.TB, name, address string, headers ...string) (p page) {
	t.Helper()
	if !strings.HasPrefix(address, "http://") {
		address = odata.Path + address
	}
	w := h.send(name, http.MethodGet, address, "", headers...)
	if w.Code != 200 {
		t.Fatalf("%s: %d %s", address, w.Code, w.Body)
	}
	if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil {
		t.Fatalf("%s: %v\n%s", address, err, w.Body)
	}
	return p
}

// raw sends a request whose address need not be one.
func (h *house) raw(name, method, address, body string, headers map[string]string) *httptest.ResponseRecorder {
	path, query, _ := strings.Cut(address, "?")
	r := httptest.NewRequest(method, odata.Path, strings.NewReader(body))
	r.URL.RawPath, r.URL.RawQuery = path, query
	if plain, err := url.PathUnescape(path); err == nil {
		r.URL.Path = plain
	} else {
		r.URL.Path = path
	}
	for n, v := range headers {
		r.Header.Set(n, v)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), whoKey{}, name)))
	return w
}
