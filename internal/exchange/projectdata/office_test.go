package projectdata

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"pmograph/auth"
	"pmograph/internal/accesstest"
	"pmograph/internal/decide"
	"pmograph/internal/exchange/dataset"
	"pmograph/internal/exchange/odata"
	"pmograph/internal/journal"
	"pmograph/internal/state"
	"pmograph/internal/store/memory"
)

// record is the record of accesstest's small organisation, with more put into it.
func record(t testing.TB, more ...func(d *state.Draft)) *journal.Journal {
	t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	now := func() time.Time { return accesstest.Noon }
	j, err := journal.Open(ctx, &memory.Store{Now: now}, journal.Options{Now: now, Invariants: decide.Invariants, Log: slog.New(slog.DiscardHandler), Poll: 5 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stop(); <-j.Done() })
	put := state.Decision{Action: "import", Run: func(d *state.Draft) error {
		accesstest.NewOffice().Put(d)
		for _, m := range more {
			m(d)
		}
		return nil
	}}
	if _, err := j.DoAs(ctx, auth.Machine("test"), put, journal.Meta{}); err != nil {
		t.Fatal(err)
	}
	return j
}

func stateView(ctx context.Context, j *journal.Journal, name string) (*state.View, error) {
	return j.View(ctx, auth.Identity{Issuer: "LOCAL", Subject: name}, journal.Query{})
}

func as(t testing.TB, j *journal.Journal, name string) *view {
	t.Helper()
	v, err := stateView(context.Background(), j, name)
	if err != nil {
		t.Fatal(err)
	}
	return dataset.NewView(v)
}

// served is the feed for who is named by a header.
func served(t testing.TB, j *journal.Journal) *httptest.Server {
	t.Helper()
	type who struct{}
	identity := func(ctx context.Context) string { return ctx.Value(who{}).(string) }
	feed := New(odata.Config{
		View:   func(ctx context.Context) (*state.View, error) { return stateView(ctx, j, identity(ctx)) },
		Slot:   func(context.Context) (func(), error) { return func() {}, nil },
		Charge: func(context.Context, int) {},
		Told:   func(context.Context, odata.Answer) {},
		Secure: func(*http.Request) bool { return false },
		Refuse: func(w http.ResponseWriter, r *http.Request, err error) {
			if Refuse(w, r, err) == "INTERNAL" {
				t.Errorf("%s: %v", r.URL, err)
			}
		},
		Now:  func() time.Time { return accesstest.Noon },
		Time: 10 * time.Second,
	})
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		feed.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), who{}, r.Header.Get("X-As"))))
	}))
	t.Cleanup(s.Close)
	return s
}

const (
	admin  = "admin@organisation"
	viewer = "viewer@organisation"

	wantsVerbose = "application/json;odata=verbose"
	wantsLight   = "application/json;odata=minimalmetadata"
)

// reply is an answer.
type reply struct {
	status int
	header http.Header
	body   string
}

func get(t testing.TB, s *httptest.Server, who, address string, headers ...string) reply {
	t.Helper()
	r, err := http.NewRequestWithContext(context.Background(), http.MethodGet, s.URL+address, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("X-As", who)
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	x, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = x.Body.Close() }()
	b, err := io.ReadAll(x.Body)
	if err != nil {
		t.Fatal(err)
	}
	return reply{x.StatusCode, x.Header, string(b)}
}

// entities gives those of a verbose answer.
func (r reply) entities(t testing.TB) (all []map[string]any) {
	t.Helper()
	var x struct {
		D struct{ Results []map[string]any }
	}
	if err := json.Unmarshal([]byte(r.body), &x); err != nil || r.status != http.StatusOK {
		t.Fatalf("%d %v: %.400s", r.status, err, r.body)
	}
	return x.D.Results
}
