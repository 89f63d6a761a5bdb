// Package archtest holds the architecture as tests: which way imports run, where SQL, clock and guarded values may be touched, and how
// large a part may grow. docs/architecture.md says why.
package archtest

import (
	"fmt"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

const module = "pmograph"

// Rule says what the packages below a path may import: packages of this module and modules of others, each by prefix. The standard
// library is always allowed, but for what Reserved names.
type Rule struct {
	Package string   // path below the module; the longest matching rule counts
	May     []string // paths below the module, without /…
	Others  []string // modules or packages of others
}

// Imports is the import table. What is not listed is forbidden.
var Imports = []Rule{
	{"cmd/pmo", []string{"auth", "graph", "internal", "web", "ent"}, []string{"github.com/alecthomas/kong", "github.com/gofrs/flock", "github.com/prometheus/client_golang", "github.com/KimMachineGun/automemlimit", "github.com/dustin/go-humanize", "go.opentelemetry.io/otel"}},
	{"web", nil, nil},
	{"graph", []string{"graph", "internal/exchange/dataset", "internal/access", "internal/budget", "internal/kept", "internal/read", "internal/decide", "internal/live", "internal/journal", "internal/state", "auth", "internal/vocab", "internal/fault"}, []string{"github.com/99designs/gqlgen", "github.com/vektah/gqlparser/v2", "github.com/coder/websocket"}},
	{"graph/plan", nil, []string{"github.com/99designs/gqlgen/graphql", "github.com/vektah/gqlparser/v2"}},
	{"graph/plan/gen", nil, []string{"github.com/99designs/gqlgen", "github.com/vektah/gqlparser/v2"}},
	{"auth", []string{"internal/kept", "internal/vocab", "internal/fault"}, []string{"github.com/goccy/go-yaml", "github.com/gofrs/flock", "github.com/golang-jwt/jwt/v5", "github.com/MicahParks/keyfunc/v3", "github.com/MicahParks/jwkset", "golang.org/x/time"}},
	{"ent", []string{"ent", "ent/schema", "ent/migrate", "internal/guard", "internal/vocab"}, []string{"entgo.io/ent"}},
	{"ent/schema", []string{"internal/guard", "internal/vocab"}, []string{"entgo.io/ent"}},
	{"ent/migrate", []string{"ent", "internal/guard", "internal/vocab"}, []string{"entgo.io/ent", "ariga.io/atlas"}},
	{"ent/migrate/write", []string{"ent", "ent/migrate", "internal/store", "internal/store/pgtest"}, []string{"entgo.io/ent", "ariga.io/atlas", "modernc.org/sqlite", "github.com/jackc/pgx/v5"}},
	{"internal/kept", nil, nil},
	{"internal/budget", nil, nil},
	{"internal/access", []string{"internal/kept", "internal/vocab", "auth"}, nil},
	{"internal/vocab", nil, nil},
	{"internal/fault", nil, nil},
	{"internal/guard", []string{"internal/vocab"}, nil},
	{"internal/calc", []string{"internal/calc", "internal/vocab"}, []string{"golang.org/x/text/currency"}},
	{"internal/state", []string{"ent", "ent/schema", "auth", "internal/guard", "internal/vocab", "internal/fault", "internal/calc/exact"}, []string{"entgo.io/ent"}},
	{"internal/store", []string{"ent", "ent/migrate", "internal/state", "internal/access", "internal/store", "internal/vocab"}, []string{"github.com/jackc/pgx/v5", "modernc.org/sqlite", "ariga.io/atlas"}},
	{"internal/store/storetest", []string{"ent", "internal", "auth"}, []string{"pgregory.net/rapid", "golang.org/x/sync"}},
	{"internal/store/pgtest", []string{"internal/store"}, []string{"github.com/jackc/pgx/v5"}},
	{"internal/journal", []string{"internal/access", "internal/kept", "internal/state", "internal/store", "auth", "internal/fault", "internal/vocab"}, []string{"golang.org/x/sync", "github.com/prometheus/client_golang"}},
	{"internal/journal/faulttest", []string{"internal/journal", "internal/state", "internal/store", "auth", "internal/fault", "internal/vocab"}, nil},
	{"internal/wake", nil, []string{"github.com/nats-io/nats.go", "github.com/prometheus/client_golang"}},
	{"internal/wake/natstest", nil, []string{"github.com/nats-io/nats-server/v2"}},
	{"internal/figure", []string{"internal/state", "internal/calc", "ent", "internal/guard", "internal/vocab"}, nil},
	{"internal/read", []string{"internal/access", "internal/state", "internal/figure", "internal/calc", "ent", "internal/guard", "internal/vocab", "auth", "internal/fault"}, nil},
	{"internal/live", []string{"internal/read", "internal/journal", "internal/state", "auth", "internal/vocab", "internal/fault"}, nil},
	{"internal/deliver", []string{"internal/read", "internal/state", "internal/store"}, []string{"github.com/prometheus/client_golang"}},
	{"internal/webhook", []string{"internal/deliver", "internal/journal", "internal/read", "internal/state", "ent", "auth"}, []string{"github.com/standard-webhooks/standard-webhooks/libraries"}},
	{"internal/decide", []string{"internal/state", "internal/figure", "internal/calc", "ent", "internal/guard", "internal/vocab", "auth", "internal/exchange/tabular", "internal/exchange/factlines", "internal/fault"}, nil},
	{"internal/edge", []string{"graph", "internal/access", "internal/budget", "internal/exchange", "internal/decide", "internal/journal", "internal/state", "auth", "internal/fault", "internal/vocab", "web"}, []string{"github.com/prometheus/client_golang", "go.opentelemetry.io/otel", "github.com/klauspost/compress/zstd"}},
	{"internal/exchange/tabular", []string{"internal/exchange/tabular", "internal/calc/exact", "internal/calc/money", "internal/vocab", "internal/fault"}, []string{"golang.org/x/text", "github.com/goccy/go-yaml"}},
	{"internal/mail", []string{"internal/deliver", "internal/read", "internal/decide", "internal/journal", "internal/state", "ent", "internal/vocab", "auth", "internal/fault"}, []string{"github.com/wneessen/go-mail", "golang.org/x/text/language", "golang.org/x/time", "github.com/goccy/go-yaml"}},
	{"internal/exchange/factlines", nil, nil},
	{"internal/exchange/dataset", []string{"internal/read", "internal/figure", "internal/state", "internal/calc", "ent", "internal/guard", "internal/vocab", "auth", "internal/fault"}, nil},
	{"internal/exchange/dataset/shown", []string{"internal/exchange/dataset", "internal/decide", "internal/read", "internal/state", "internal/vocab", "internal/fault"}, nil},
	{"internal/exchange/odata", []string{"internal/exchange/odata", "internal/exchange/dataset", "internal/journal", "internal/state", "auth", "internal/vocab", "internal/fault"}, nil},
	{"internal/exchange/odata/uri", []string{"internal/exchange/dataset", "internal/calc/exact", "internal/state", "internal/vocab", "internal/fault"}, nil},
	{"internal/exchange/projectdata", []string{"internal/exchange/odata", "internal/exchange/dataset", "internal/calc/exact", "internal/figure", "internal/state", "ent", "auth", "internal/vocab", "internal/fault"}, nil},
	{"internal/exchange/files", []string{"internal/exchange/dataset", "internal/exchange/odata/uri", "internal/journal", "internal/state", "auth", "internal/vocab", "internal/fault"}, []string{"github.com/parquet-go/parquet-go"}},
	{"internal/archtest", nil, nil},
	{"internal/accesstest", []string{"auth", "ent", "internal/state", "internal/vocab"}, nil},
}

// Apart lists packages that a prefix in a rule does not include: they are imported only by who names them.
var Apart = []string{"ent/schema", "ent/migrate", "ent/migrate/write", "internal/store/pgtest", "internal/store/storetest", "internal/journal/faulttest", "internal/accesstest", "internal/wake/natstest", "graph/plan/plantest"}

// TestImports lists what tests may import beside what the rule of their package allows; the row without a package holds for all tests.
var TestImports = []Rule{
	{"", []string{"internal/store/memory", "internal/store/pgtest", "internal/store/storetest", "internal/journal/faulttest", "internal/accesstest", "internal/wake/natstest"},
		[]string{"pgregory.net/rapid", "go.uber.org/goleak", "github.com/anishathalye/porcupine", "github.com/nats-io/nats-server/v2", "github.com/Shopify/toxiproxy/v2", "github.com/chromedp"}},
	{"graph/plan/plantest", []string{"graph"}, nil},                                                      // documents of the contract itself
	{"graph", []string{"graph/plan/plantest", "internal/store", "ent", "internal/guard"}, nil},           // counts statements; facts are put as rows
	{"internal/accesstest", []string{"ent", "internal/guard", "internal/fault", "internal/decide"}, nil}, // makes organisations, and writes to them
	{"internal/figure", []string{"auth", "internal/fault"}, nil},                                         // figures are of a record; whoever looks has rights
	{"internal/journal", []string{"ent", "internal/guard"}, nil},                                         // histories are made of rows
	{"internal/journal/faulttest", []string{"ent"}, []string{"github.com/jackc/pgx/v5"}},                 // changes a database behind the journal's back
	// Edits a journal behind its back, opens WebSockets, measures mutations beside a limit written by hand.
	{"cmd/pmo", nil, []string{"modernc.org/sqlite", "github.com/coder/websocket", "github.com/jackc/pgx/v5", "go.opentelemetry.io/proto/otlp", "google.golang.org/protobuf/proto", "github.com/golang-jwt/jwt/v5", "github.com/rs/zerolog", "github.com/standard-webhooks/standard-webhooks/libraries", "github.com/emersion/go-smtp"}},
	{"internal/deliver", []string{"auth", "internal/journal", "internal/vocab"}, nil},                                                            // recipients are those of a record
	{"internal/webhook", []string{"internal/decide", "internal/store", "internal/vocab"}, nil},                                                   // and webhooks are made by decisions
	{"internal/mail", []string{"internal/store", "internal/accesstest"}, []string{"github.com/emersion/go-smtp", "github.com/emersion/go-sasl"}}, // a mail server of its own
	{"internal/exchange/dataset", []string{"internal/decide", "internal/journal", "internal/store"}, nil},                                        // a record to read, and plain folds beside
	{"internal/exchange/odata", []string{"internal/decide", "internal/store", "internal/edge", "ent", "internal/guard"}, nil},                    // records are made of rows
	{"internal/exchange/projectdata", []string{"internal/decide", "internal/store", "internal/journal"}, nil},
	{"internal/exchange/files", []string{"internal/decide", "internal/store", "internal/journal"}, nil},
	{"internal/edge", nil, []string{"golang.org/x/net/http2"}}, // frames written by hand
}

// sources hands out the hand-written and generated Go files below a root, by package path.
func sources(root string, each func(pkg, file string) error) error {
	return walk(root, func(file string) error {
		if filepath.Ext(file) != ".go" || strings.Contains(file, "/testdata/") {
			return nil
		}
		return each(path.Dir(file), filepath.Join(root, file))
	})
}

// walk hands out the files below a root by their slash-separated path, without what is built, downloaded or a module of its own.
func walk(root string, each func(file string) error) error {
	return filepath.WalkDir(root, func(full string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, full)
		if err != nil {
			return err
		}
		switch rel = filepath.ToSlash(rel); {
		case !d.IsDir() && rel != ".git": // in a worktree it is a file
			return each(rel)
		case slices.Contains([]string{".git", ".demo", "bin", "data", "tools", "web/dist", "web/node_modules"}, rel) && d.IsDir():
			return filepath.SkipDir
		}
		return nil
	})
}

func isTest(file string) bool { return strings.HasSuffix(file, "_test.go") }

func below(path, prefix string) bool {
	return prefix == "" || path == prefix || strings.HasPrefix(path, prefix+"/")
}

func ruleOf(pkg string) (Rule, bool) {
	best, found := Rule{}, false
	for _, r := range Imports {
		if below(pkg, r.Package) && len(r.Package) >= len(best.Package) {
			best, found = r, true
		}
	}
	return best, found
}

// CheckImports lists the imports that the tables do not allow, and packages that have no row.
func CheckImports(root string) (wrong []string, err error) {
	err = sources(root, func(pkg, file string) error {
		rule, ok := ruleOf(pkg)
		if !ok {
			if w := pkg + " has no row in the import table"; !slices.Contains(wrong, w) {
				wrong = append(wrong, w)
			}
			return nil
		}
		rules := []Rule{rule}
		if isTest(file) {
			for _, r := range TestImports {
				if below(pkg, r.Package) {
					rules = append(rules, r)
				}
			}
		}
		f, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		for _, spec := range f.Imports {
			path, _ := strconv.Unquote(spec.Path.Value)
			if path != module+"/"+pkg && !slices.ContainsFunc(rules, func(r Rule) bool { return allows(r, path) }) {
				wrong = append(wrong, fmt.Sprintf("%s imports %s, which the table does not allow", file, path))
			}
		}
		return nil
	})
	return wrong, err
}

func allows(rule Rule, path string) bool {
	if own, ok := strings.CutPrefix(path, module+"/"); ok {
		return slices.ContainsFunc(rule.May, func(p string) bool {
			return p == own || below(own, p) && !slices.ContainsFunc(Apart, func(apart string) bool { return below(own, apart) && !below(p, apart) })
		})
	}
	if first, _, _ := strings.Cut(path, "/"); !strings.Contains(first, ".") {
		return true
	}
	return slices.ContainsFunc(rule.Others, func(p string) bool { return below(path, p) })
}
