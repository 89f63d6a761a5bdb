package web

import (
	"encoding/json"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// TestBrowser runs e2e/graphiql.mjs against the built page and a server with canned answers. Where something
// it needs is missing it is skipped, unless PMO_REQUIRE_CHROMIUM is set.
func TestBrowser(t *testing.T) {
	missing := t.Skipf
	if os.Getenv("PMO_REQUIRE_CHROMIUM") != "" {
		missing = t.Fatalf
	}
	if _, err := fs.Stat(dist(), "index.html"); err != nil {
		missing("the page is not built: run `make web` first")
	}
	if _, err := os.Stat("node_modules/playwright-core"); err != nil {
		missing("web/node_modules is missing: run `npm ci` in web/ first")
	}
	node, err := exec.LookPath("node")
	if err != nil {
		missing("node is missing: install Node 20")
	}
	chromium := os.Getenv("CHROMIUM")
	if chromium == "" {
		chromium = "/usr/bin/chromium"
	}
	if _, err := os.Stat(chromium); err != nil {
		missing("%s is missing: install chromium or set CHROMIUM to its path", chromium)
	}

	for _, c := range []struct {
		name      string
		tokens    []Token
		complaint string // on stderr of the script; empty when it has to pass
	}{
		{"demo", []Token{{"Vera Viewer", "VIEWER", "other-token"}, {"ADMIN", "ADMIN", "secret-token"}}, ""},
		{"pasted token", nil, ""},
		{"refused token", []Token{{"Vera Viewer", "VIEWER", "other-token"}}, "who are you?"},
	} {
		t.Run(c.name, func(t *testing.T) {
			server := httptest.NewServer(toyServer(t, c.tokens))
			defer server.Close()
			command := exec.CommandContext(t.Context(), node, "e2e/graphiql.mjs", server.URL)
			command.Env = append(os.Environ(), "CHROMIUM="+chromium, "TOKEN=secret-token")
			output, err := command.CombinedOutput()
			if (err == nil) != (c.complaint == "") || !strings.Contains(string(output), c.complaint) {
				t.Errorf("error is %v, want complaint %q, got: %s", err, c.complaint, output)
			}
		})
	}
}

// toyServer mounts the page beside a GraphQL endpoint that knows one token, one schema and one answer.
func toyServer(t *testing.T, tokens []Token) http.Handler {
	read := func(name string) []byte {
		content, err := os.ReadFile("testdata/" + name)
		if err != nil {
			t.Fatal(err)
		}
		return content
	}
	introspection, answer := read("introspection.json"), read("answer.json")
	queries := []Query{
		{Name: "Executive tree", Query: "query ExecutiveTree($first: Int) {\n  viewer { role }\n  portfolios(first: $first) {\n    name\n    projects\n    wholeLifeCost { amount currency }\n  }\n}", Variables: json.RawMessage(`{"first": 10}`)},
		{Name: "Dashboard page", Query: "query Dashboard { portfolios { code name } }"},
		{Name: "Project page", Query: "query Project { portfolios { name } }"},
		{Name: "What changed", Query: "query Changed { viewer { role } }"},
		{Name: "As known then", Query: "query Then { portfolios { projects } }"},
	}
	mux := http.NewServeMux()
	page := Handler(func(*http.Request) Config {
		return Config{Endpoint: "/graphql", Queries: queries, Tokens: tokens}
	})
	mux.Handle("/graphiql", page)
	mux.Handle(Path, page)
	mux.HandleFunc("POST /graphql", func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		w.Header().Set("Content-Type", "application/graphql-response+json")
		content := answer
		switch {
		case strings.Contains(string(body), "__schema"):
			content = introspection
		case r.Header.Get("Authorization") != "Bearer secret-token":
			content = []byte(`{"errors":[{"message":"who are you?"}]}`)
		}
		_, _ = w.Write(content)
	})
	return mux
}
