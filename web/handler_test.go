package web

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"
)

const script = "console.log('hello')\n"

// built looks like what Vite leaves behind.
func built(t *testing.T) fs.FS {
	t.Helper()
	var compressed bytes.Buffer
	w := gzip.NewWriter(&compressed)
	if _, err := w.Write([]byte(script)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return fstest.MapFS{
		".gitkeep":              {},
		"index.html":            {Data: []byte("<!doctype html><title>page</title>")},
		"sample/index.html":     {Data: []byte("<!doctype html><title>sample</title>")},
		"assets/a-1234.js.gz":   {Data: compressed.Bytes()},
		"assets/bad-1234.js.gz": {Data: []byte("not gzip")},
		"assets/b-1234.ttf":     {Data: []byte("font")},
		"assets/c.unknown":      {Data: []byte("?")},
	}
}

func get(h http.Handler, target, acceptEncoding string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodGet, target, nil)
	if acceptEncoding != "" {
		r.Header.Set("Accept-Encoding", acceptEncoding)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func noConfig(*http.Request) Config { return Config{} }

func TestFiles(t *testing.T) {
	h := handler(built(t), noConfig)
	const forGood, ask = "public, max-age=31536000, immutable", "no-cache"
	for _, c := range []struct {
		target, accept     string
		status             int
		body, kind, cached string
	}{
		{"/graphiql/", "", 200, "<!doctype html><title>page</title>", "text/html; charset=utf-8", ask},
		{"/graphiql/sample/", "", 200, "<!doctype html><title>sample</title>", "text/html; charset=utf-8", ask},
		{"/graphiql/assets/a-1234.js", "", 200, script, "text/javascript; charset=utf-8", forGood},
		{"/graphiql/assets/a-1234.js", "gzip;q=0, br", 200, script, "text/javascript; charset=utf-8", forGood},
		{"/graphiql/assets/a-1234.js", "gzip; q=0.0", 200, script, "text/javascript; charset=utf-8", forGood},
		{"/graphiql/assets/b-1234.ttf", "gzip", 200, "font", "font/ttf", forGood},
		{"/graphiql/assets/bad-1234.js", "", 500, "", "text/plain; charset=utf-8", ""},
		{"/graphiql/assets/none.js", "", 404, "", "text/plain; charset=utf-8", "no-store"},
		{"/graphiql/assets/c.unknown", "", 404, "", "text/plain; charset=utf-8", "no-store"},
		{"/graphiql/assets/", "", 404, "", "text/plain; charset=utf-8", "no-store"},
		{"/graphiql/.gitkeep", "", 404, "", "text/plain; charset=utf-8", "no-store"},
		{"/graphiql/../handler.go", "", 404, "", "text/plain; charset=utf-8", "no-store"},
		{"/elsewhere", "", 404, "", "text/plain; charset=utf-8", "no-store"},
	} {
		w := get(h, c.target, c.accept)
		if w.Code != c.status || w.Header().Get("Content-Type") != c.kind {
			t.Errorf("%s: got %d %s, want %d %s", c.target, w.Code, w.Header().Get("Content-Type"), c.status, c.kind)
		}
		if got := w.Header().Get("Cache-Control"); c.cached != "" && got != c.cached {
			t.Errorf("%s: Cache-Control is %q, want %q", c.target, got, c.cached)
		}
		if c.body != "" && w.Body.String() != c.body {
			t.Errorf("%s (Accept-Encoding %q): body is %q, want %q", c.target, c.accept, w.Body, c.body)
		}
	}
}

func TestCompressedFile(t *testing.T) {
	for _, accept := range []string{"gzip", "br, gzip", "gzip;q=0.5, br"} {
		w := get(handler(built(t), noConfig), "/graphiql/assets/a-1234.js", accept)
		if w.Header().Get("Content-Encoding") != "gzip" || w.Header().Get("Vary") != "Accept-Encoding" {
			t.Fatalf("Accept-Encoding %q: headers are %v", accept, w.Header())
		}
		r, err := gzip.NewReader(w.Body)
		if err != nil {
			t.Fatal(err)
		}
		var plain bytes.Buffer
		if _, err := plain.ReadFrom(r); err != nil || plain.String() != script {
			t.Errorf("Accept-Encoding %q: body is %q, error %v", accept, &plain, err)
		}
	}
}

func TestEveryAnswerIsGuarded(t *testing.T) {
	h := handler(built(t), noConfig)
	for _, target := range []string{"/graphiql", "/graphiql/", "/graphiql/config.json", "/graphiql/assets/a-1234.js", "/graphiql/none"} {
		header := get(h, target, "").Header()
		policy := header.Get("Content-Security-Policy")
		if !strings.HasPrefix(policy, "default-src 'none'; script-src 'self';") || strings.Contains(policy, "unsafe-eval") || strings.Contains(policy, "//") {
			t.Errorf("%s: Content-Security-Policy is %q", target, policy)
		}
		if header.Get("X-Content-Type-Options") != "nosniff" || header.Get("Cross-Origin-Resource-Policy") != "same-origin" {
			t.Errorf("%s: headers are %v", target, header)
		}
	}
}

func TestRedirectAndMethods(t *testing.T) {
	h := handler(built(t), noConfig)
	if w := get(h, "/graphiql", ""); w.Code != http.StatusTemporaryRedirect || w.Header().Get("Location") != Path {
		t.Errorf("/graphiql: got %d to %q", w.Code, w.Header().Get("Location"))
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodPost, Path, nil))
	if w.Code != http.StatusMethodNotAllowed || w.Header().Get("Allow") != "GET, HEAD" {
		t.Errorf("POST: got %d, Allow %q", w.Code, w.Header().Get("Allow"))
	}
}

func TestConfig(t *testing.T) {
	for _, c := range []struct {
		name   string
		config Config
		status int
		want   string
	}{
		{"empty lists are lists", Config{Endpoint: "/graphql"}, 200, `{"endpoint":"/graphql","queries":[],"tokens":[]}`},
		{"all", Config{
			Endpoint: "/graphql",
			Queries:  []Query{{Name: "Tree", Query: "{ a }", Variables: json.RawMessage(`{"n": 1}`)}},
			Tokens:   []Token{{Label: "Ann", Role: "ADMIN", Token: "t"}},
		}, 200, `{"endpoint":"/graphql","queries":[{"name":"Tree","query":"{ a }","variables":{"n":1}}],"tokens":[{"label":"Ann","role":"ADMIN","token":"t"}]}`},
		{"broken variables", Config{Queries: []Query{{Variables: json.RawMessage(`{`)}}}, 500, ""},
	} {
		w := get(handler(built(t), func(*http.Request) Config { return c.config }), "/graphiql/config.json", "")
		if w.Code != c.status || w.Header().Get("Cache-Control") != "no-store" {
			t.Errorf("%s: got %d, Cache-Control %q", c.name, w.Code, w.Header().Get("Cache-Control"))
		}
		if c.want != "" && w.Body.String() != c.want {
			t.Errorf("%s: got %s, want %s", c.name, w.Body, c.want)
		}
	}
}

func TestWithoutBuild(t *testing.T) {
	h := handler(fstest.MapFS{".gitkeep": {}}, noConfig)
	w := get(h, Path, "")
	if w.Code != 200 || !strings.Contains(w.Body.String(), "make web") || !strings.Contains(w.Body.String(), "Node 20") {
		t.Errorf("got %d: %s", w.Code, w.Body)
	}
	if w := get(h, "/graphiql/index.html", ""); w.Code != 404 {
		t.Errorf("index.html: got %d", w.Code)
	}
}
