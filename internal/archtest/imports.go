// Package archtest holds the architecture as tests: which way imports run, where SQL, clock and guarded values may be touched, and how
// large a part may grow. docs/architecture.md says why.
package archtest

import (
	"fmt"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

const module = "pmograph"

// Rule says what the packages below a path may import: packages of this module and modules of others, each by prefix. The standard
// library is always allowed, but for what Forbidden names.
type Rule struct {
	Package string   // path below the module; the longest matching rule counts
	May     []string // paths below the module, without /…
	Others  []string // modules or packages of others
}

// Imports is the import table. What is not listed is forbidden.
var Imports = []Rule{
	{"cmd/pmo", []string{"auth", "graph", "internal", "web", "ent"}, []string{"github.com/alecthomas/kong", "github.com/gofrs/flock"}},
	{"web", nil, nil},
	{"graph", []string{"graph", "internal/read", "internal/decide", "internal/journal", "internal/state", "auth", "internal/vocab", "internal/fault"}, []string{"github.com/99designs/gqlgen", "github.com/vektah/gqlparser/v2"}},
	{"auth", []string{"internal/vocab", "internal/fault"}, []string{"github.com/golang-jwt/jwt/v5", "github.com/MicahParks/keyfunc/v3", "github.com/MicahParks/jwkset", "golang.org/x/time"}},
	{"ent", []string{"ent", "internal/guard", "internal/vocab"}, []string{"entgo.io/ent"}},
	{"ent/schema", []string{"internal/guard", "internal/vocab"}, []string{"entgo.io/ent"}},
	{"ent/migrate", []string{"ent", "internal/guard", "internal/vocab"}, []string{"entgo.io/ent", "ariga.io/atlas"}},
	{"ent/migrate/write", []string{"ent", "internal/store"}, []string{"entgo.io/ent", "ariga.io/atlas", "modernc.org/sqlite", "github.com/jackc/pgx/v5"}},
	{"internal/vocab", nil, nil},
	{"internal/fault", nil, nil},
	{"internal/guard", []string{"internal/vocab"}, nil},
	{"internal/calc", []string{"internal/calc", "internal/vocab"}, []string{"golang.org/x/text/currency"}},
	{"internal/state", []string{"ent", "auth", "internal/guard", "internal/vocab", "internal/fault"}, []string{"entgo.io/ent"}},
	{"internal/store", []string{"ent", "internal/state", "internal/store"}, []string{"github.com/jackc/pgx/v5", "modernc.org/sqlite", "ariga.io/atlas"}},
	{"internal/store/storetest", []string{"ent", "internal", "auth"}, []string{"pgregory.net/rapid"}},
	{"internal/journal", []string{"internal/state", "internal/store", "auth", "internal/fault", "internal/vocab"}, []string{"golang.org/x/sync"}},
	{"internal/figure", []string{"internal/state", "internal/calc", "ent", "internal/guard", "internal/vocab"}, nil},
	{"internal/read", []string{"internal/state", "internal/figure", "internal/calc", "ent", "internal/guard", "internal/vocab", "auth", "internal/fault"}, nil},
	{"internal/decide", []string{"internal/state", "internal/figure", "internal/calc", "ent", "internal/guard", "internal/vocab", "auth", "internal/exchange/tabular", "internal/fault"}, nil},
	{"internal/edge", []string{"graph", "internal/exchange", "internal/decide", "internal/journal", "internal/state", "auth", "internal/fault", "web"}, nil},
	{"internal/exchange/tabular", []string{"internal/exchange/tabular", "internal/calc/money", "internal/vocab", "internal/fault"}, []string{"golang.org/x/text", "github.com/goccy/go-yaml"}},
	{"internal/archtest", nil, nil},
}

// sources hands out the Go files below a root, by package path; tests only if asked for.
func sources(root string, tests bool, each func(pkg, file string) error) error {
	return filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if n := d.Name(); path != root && (strings.HasPrefix(n, ".") || n == "node_modules" || n == "testdata" || n == "tools" || n == "bin") {
				return filepath.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") != tests {
			return nil
		}
		rel, err := filepath.Rel(root, filepath.Dir(path))
		if err != nil {
			return err
		}
		return each(filepath.ToSlash(rel), path)
	})
}

func below(path, prefix string) bool { return path == prefix || strings.HasPrefix(path, prefix+"/") }

func ruleOf(pkg string) (Rule, bool) {
	best, found := Rule{}, false
	for _, r := range Imports {
		if below(pkg, r.Package) && len(r.Package) >= len(best.Package) {
			best, found = r, true
		}
	}
	return best, found
}

// CheckImports lists the imports that the table does not allow.
func CheckImports(root string) (wrong []string, err error) {
	err = sources(root, false, func(pkg, file string) error {
		rule, ok := ruleOf(pkg)
		if !ok {
			wrong = append(wrong, pkg+" has no row in the import table")
			return nil
		}
		f, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		for _, spec := range f.Imports {
			path, _ := strconv.Unquote(spec.Path.Value)
			if !allowed(rule, pkg, path) {
				wrong = append(wrong, fmt.Sprintf("%s imports %s", filepath.ToSlash(strings.TrimPrefix(file, root+"/")), path))
			}
		}
		return nil
	})
	return wrong, err
}

func allowed(rule Rule, pkg, path string) bool {
	if own, ok := strings.CutPrefix(path, module+"/"); ok {
		return own == pkg || slices.ContainsFunc(rule.May, func(p string) bool { return below(own, p) })
	}
	if first, _, _ := strings.Cut(path, "/"); !strings.Contains(first, ".") {
		return true
	}
	return slices.ContainsFunc(rule.Others, func(p string) bool { return below(path, p) })
}
