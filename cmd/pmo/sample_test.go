package main

import (
	"cmp"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"syscall"
	"testing"

	"pmograph/internal/edge"
	"pmograph/internal/store/pgtest"
	"pmograph/internal/vocab"
)

// The sample page shows every change once in a real browser, over both transports, whatever is cut in between, and whichever server goes on: on SQLite
// the same one after a restart, on PostgreSQL another replica.
func TestSamplePage(t *testing.T) {
	chromium := cmp.Or(os.Getenv("CHROMIUM"), "/usr/bin/chromium")
	for _, name := range []string{"sqlite", "postgres"} {
		t.Run(name, func(t *testing.T) {
			run := script(t, "sample.mjs", chromium, "../../web/dist/sample/index.html")
			w := where{Data: t.TempDir()}
			if name == "postgres" {
				w.Database = pgtest.Database(t)
			}
			prepare(t, w)
			now := serveProcess(t, ownProgram(t), w)
			control := httptest.NewServer(http.HandlerFunc(func(answer http.ResponseWriter, _ *http.Request) {
				before := now
				if w.Database == "" { // one process has the file
					before.signal(syscall.SIGTERM)
					<-before.ended
				}
				now = serveProcess(t, ownProgram(t), w)
				before.signal(syscall.SIGTERM)
				_, _ = answer.Write([]byte(now.url))
			}))
			t.Cleanup(control.Close)
			run(now.url, "NEXT="+control.URL, "CHROMIUM="+chromium,
				"TOKEN="+newClient(t, w, "PMO", "office").token, "ADMIN="+newClient(t, w, "ADMIN", demoAdmin).token, "GUEST="+newClient(t, w, "", "guest").token)
		})
	}
}

// The sample's way to go on does what docs/live.md says to each way a stream may end.
func TestSampleGoesOn(t *testing.T) {
	npm(t, "../../web", "graphql-sse", "graphql-ws", "typescript")(t, nil, "node", "clients/resume.mjs", "http://127.0.0.1:1")
}

// A page of a known origin may go on by Last-Event-ID, and reads how long it is to wait; one of another origin may not.
func TestPagesOfOtherOriginsGoOn(t *testing.T) {
	o := start(t, where{Data: t.TempDir()})
	o.config.Origins = []string{"https://app.example"}
	for origin, known := range map[string]bool{"https://app.example": true, "https://elsewhere.example": false} {
		r := httptest.NewRequest(http.MethodOptions, "/graphql", nil)
		r.Header.Set("Origin", origin)
		r.Header.Set("Access-Control-Request-Method", http.MethodPost)
		r.Header.Set("Access-Control-Request-Headers", "authorization,content-type,last-event-id")
		w := httptest.NewRecorder()
		edge.Handler(o.config).ServeHTTP(w, r)
		h := w.Header()
		if (h.Get("Access-Control-Allow-Origin") == origin) != known || strings.Contains(h.Get("Access-Control-Allow-Headers"), "Last-Event-ID") != known ||
			strings.Contains(h.Get("Access-Control-Expose-Headers"), "Retry-After") != known {
			t.Errorf("%s: %d %v", origin, w.Code, h)
		}
	}
}

// prepare makes a record with nothing but its organisation and its administrator.
func prepare(t *testing.T, w where) {
	t.Helper()
	r, err := w.open(t.Context(), quiet())
	if err != nil {
		t.Fatal(err)
	}
	defer r.close()
	if err := organise(t.Context(), r.journal); err != nil {
		t.Fatal(err)
	}
	if err := edge.GrantRole(t.Context(), edge.Operator(r.journal), edge.GrantRequest{Subject: demoAdmin, Role: string(vocab.RoleAdmin)}); err != nil {
		t.Fatal(err)
	}
}
