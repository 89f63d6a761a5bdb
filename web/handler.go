package web

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"io"
	"io/fs"
	"net/http"
	"path"
	"strings"
)

// Path is where Handler expects to be mounted, with and without the slash at its end.
const Path = "/graphiql/"

// Config is what the server tells the page, as config.json beside it.
type Config struct {
	// Endpoint is the address of the GraphQL endpoint on the same origin, such as "/graphql". The page
	// can reach no other origin.
	Endpoint string `json:"endpoint"`
	// Queries are offered as buttons, in this order; the first one is open at the first visit.
	Queries []Query `json:"queries"`
	// Tokens are offered to choose from, the first one is chosen at first. Whoever can reach the page can
	// read them: leave them empty except in demo mode.
	Tokens []Token `json:"tokens"`
}

// Query is a question ready to ask.
type Query struct {
	Name  string `json:"name"`  // on its button
	Query string `json:"query"` // a GraphQL document
	// Variables is a JSON object, or nil for none.
	Variables json.RawMessage `json:"variables,omitempty"`
}

// Token is a bearer token to choose in demo mode.
type Token struct {
	Label string `json:"label"` // whom it names; unique in the list
	Role  string `json:"role"`
	Token string `json:"token"`
}

// The policy lets the page load from its own origin alone and forbids eval. The editor creates style
// elements while it runs and draws with data: images, hence the two exceptions.
const contentSecurityPolicy = "default-src 'none'; script-src 'self'; worker-src 'self'; connect-src 'self'; " +
	"style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self'; " +
	"base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

const notBuilt = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>GraphiQL is not built in</title>
<style>body{font:16px/1.5 system-ui,sans-serif;margin:4rem auto;max-width:40rem;padding:0 1rem}</style>
<h1>GraphiQL is not built into this binary</h1>
<p>Run <code>make web</code> (needs Node 20), then build again.</p>
<p>Everything else works without it, GraphQL included.</p>
</html>
`

// contentTypes by extension, so that the answer does not depend on the machine's list of types.
var contentTypes = map[string]string{
	".css":  "text/css; charset=utf-8",
	".html": "text/html; charset=utf-8",
	".js":   "text/javascript; charset=utf-8",
	".md":   "text/plain; charset=utf-8",
	".svg":  "image/svg+xml",
	".ttf":  "font/ttf",
}

// Handler serves the page under Path: the page itself, its assets, and config.json with what config
// returns for the request. It answers GET and HEAD alone. In a binary built without the page it says how to
// build it.
func Handler(config func(r *http.Request) Config) http.Handler {
	return handler(dist(), config)
}

func handler(files fs.FS, config func(r *http.Request) Config) http.Handler {
	_, missing := fs.Stat(files, "index.html")
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		header := w.Header()
		header.Set("Content-Security-Policy", contentSecurityPolicy)
		header.Set("X-Content-Type-Options", "nosniff")
		header.Set("Referrer-Policy", "no-referrer")
		header.Set("Cross-Origin-Resource-Policy", "same-origin")
		header.Set("Cache-Control", "no-store")
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			header.Set("Allow", "GET, HEAD")
			http.Error(w, "GraphiQL answers GET and HEAD only; send GraphQL requests to the GraphQL endpoint.", http.StatusMethodNotAllowed)
			return
		}
		name, below := strings.CutPrefix(r.URL.Path, Path)
		switch {
		case r.URL.Path+"/" == Path:
			http.Redirect(w, r, Path, http.StatusTemporaryRedirect)
		case below && name == "config.json":
			serveConfig(w, config(r))
		case below && name == "" && missing != nil:
			header.Set("Content-Type", contentTypes[".html"])
			_, _ = io.WriteString(w, notBuilt)
		case below && (name == "" || strings.HasSuffix(name, "/")):
			serveFile(w, r, files, name+"index.html")
		case below:
			serveFile(w, r, files, name)
		default:
			http.NotFound(w, r)
		}
	})
}

func serveConfig(w http.ResponseWriter, c Config) {
	if c.Queries == nil {
		c.Queries = []Query{}
	}
	if c.Tokens == nil {
		c.Tokens = []Token{}
	}
	body, err := json.Marshal(c)
	if err != nil {
		http.Error(w, "config.json: the variables of a ready query are not JSON: "+err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(body)
}

// serveFile sends the file of that name, which may be stored compressed. Names below assets/ carry a hash of
// their content, so browsers may keep them for good.
func serveFile(w http.ResponseWriter, r *http.Request, files fs.FS, name string) {
	contentType, served := contentTypes[path.Ext(name)]
	if !served {
		http.NotFound(w, r)
		return
	}
	content, err := fs.ReadFile(files, name)
	compressed := false
	if err != nil {
		content, err = fs.ReadFile(files, name+".gz")
		compressed = true
	}
	if err != nil {
		http.NotFound(w, r)
		return
	}
	header := w.Header()
	header.Set("Content-Type", contentType)
	header.Set("Cache-Control", "no-cache")
	if strings.HasPrefix(name, "assets/") {
		header.Set("Cache-Control", "public, max-age=31536000, immutable")
	}
	if compressed {
		header.Set("Vary", "Accept-Encoding")
	}
	switch {
	case compressed && acceptsGzip(r):
		header.Set("Content-Encoding", "gzip")
		_, _ = w.Write(content)
	case compressed:
		expand(w, content)
	default:
		_, _ = w.Write(content)
	}
}

// acceptsGzip says whether the client lists gzip without refusing it.
func acceptsGzip(r *http.Request) bool {
	for _, coding := range strings.Split(r.Header.Get("Accept-Encoding"), ",") {
		name, weight, _ := strings.Cut(strings.TrimSpace(coding), ";")
		if strings.TrimSpace(name) != "gzip" {
			continue
		}
		weight = strings.ReplaceAll(weight, " ", "")
		return strings.Trim(strings.TrimPrefix(weight, "q="), "0.") != "" || weight == ""
	}
	return false
}

func expand(w http.ResponseWriter, content []byte) {
	plain, err := gzip.NewReader(bytes.NewReader(content))
	if err != nil {
		http.Error(w, "GraphiQL: this file of the embedded build is damaged; run `make web` and build again.", http.StatusInternalServerError)
		return
	}
	_, _ = io.Copy(w, plain) // an error here means that the client has gone
}
