package archtest

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Place is where something may be done that is forbidden elsewhere.
type Place struct {
	What string   // package path and, after a dot, a function: time.Now; without a function the import itself
	In   []string // package paths that may
	Why  string
}

// Reserved lists what only some packages may touch.
var Reserved = []Place{
	{"database/sql", []string{"internal/store", "ent", "internal/state"}, "only the store speaks SQL; state implements sql.Scanner"},
	{"github.com/jackc/pgx/v5", []string{"internal/store", "ent/migrate"}, "only the store speaks SQL"},
	{"modernc.org/sqlite", []string{"internal/store", "ent/migrate"}, "only the store speaks SQL"},
	{"time.Now", []string{"cmd/pmo", "ent", "internal/store", "auth"}, "only main reads the clock; the store bounds its calls, auth has a clock handed in and main's as default"},
	{"os.Getenv", []string{"cmd/pmo", "internal/store/pgtest"}, "only main reads the environment"},
	{"os.LookupEnv", []string{"cmd/pmo", "internal/store/pgtest"}, "only main reads the environment"},
	{"guard.OpenMoney", []string{"internal/state", "internal/guard"}, "amounts are opened by views and the codec alone"},
	{"guard.OpenRate", []string{"internal/state", "internal/guard"}, "rates are opened by views and the codec alone"},
	{"guard.OpenPersonal", []string{"internal/state", "internal/guard"}, "personal data are opened by views and the codec alone"},
	{"state.NewWhole", []string{"internal/state", "internal/decide"}, "whoever reads for an actor reads through a view"},
	{"state.All", []string{"internal/state", "internal/decide"}, "only invariants and derived effects see everything"},
}

// CheckReserved lists the uses of reserved things elsewhere.
func CheckReserved(root string) (wrong []string, err error) {
	err = sources(root, false, func(pkg, file string) error {
		set := token.NewFileSet()
		f, err := parser.ParseFile(set, file, nil, 0)
		if err != nil {
			return err
		}
		say := func(pos token.Pos, p Place) {
			if !slices.ContainsFunc(p.In, func(in string) bool { return below(pkg, in) }) {
				wrong = append(wrong, fmt.Sprintf("%s uses %s: %s", set.Position(pos), p.What, p.Why))
			}
		}
		for _, spec := range f.Imports {
			for _, p := range Reserved {
				if path := strings.Trim(spec.Path.Value, `"`); strings.Contains(p.What, "/") && (path == p.What || strings.HasPrefix(path, p.What+"/") && path != "database/sql/driver") {
					say(spec.Pos(), p)
				}
			}
		}
		ast.Inspect(f, func(n ast.Node) bool {
			sel, ok := n.(*ast.SelectorExpr)
			if x, isName := qualified(sel, ok); isName {
				for _, p := range Reserved {
					if p.What == x {
						say(sel.Pos(), p)
					}
				}
			}
			return true
		})
		return nil
	})
	return wrong, err
}

func qualified(sel *ast.SelectorExpr, ok bool) (string, bool) {
	if !ok {
		return "", false
	}
	x, ok := sel.X.(*ast.Ident)
	if !ok {
		return "", false
	}
	return x.Name + "." + sel.Sel.Name, true
}

// The sizes beyond which a part is to be reshaped.
const (
	maxFileLines     = 500
	maxPackageLines  = 8000
	maxResolverLines = 5
)

func generated(text []byte) bool {
	head := text[:min(len(text), 400)]
	return bytes.Contains(head, []byte("DO NOT EDIT"))
}

// CheckSizes lists hand-written files, packages and resolver bodies that have grown too long.
func CheckSizes(root string) (wrong []string, err error) {
	lines := map[string]int{}
	err = sources(root, false, func(pkg, file string) error {
		text, err := os.ReadFile(file)
		if err != nil || generated(text) {
			return err
		}
		n := bytes.Count(text, []byte("\n"))
		if lines[pkg] += n; n > maxFileLines {
			wrong = append(wrong, fmt.Sprintf("%s has %d lines", file, n))
		}
		if strings.HasSuffix(file, ".resolvers.go") {
			long, err := longBodies(file, text)
			wrong = append(wrong, long...)
			return err
		}
		return nil
	})
	for pkg, n := range lines {
		if n > maxPackageLines {
			wrong = append(wrong, fmt.Sprintf("%s has %d lines: make an area of it a package", pkg, n))
		}
	}
	return wrong, err
}

func longBodies(file string, text []byte) (wrong []string, err error) {
	set := token.NewFileSet()
	f, err := parser.ParseFile(set, file, text, 0)
	if err != nil {
		return nil, err
	}
	for _, d := range f.Decls {
		if fn, ok := d.(*ast.FuncDecl); ok && fn.Body != nil {
			if n := set.Position(fn.Body.Rbrace).Line - set.Position(fn.Body.Lbrace).Line - 1; n > maxResolverLines {
				wrong = append(wrong, fmt.Sprintf("%s: the body of %s has %d lines", file, fn.Name.Name, n))
			}
		}
	}
	return wrong, nil
}

// Words that a file of the project must not hold: paths of a machine, hosts of registries, marks of unfinished work.
var words = []string{"/wor" + "k/", "/tmp/bash" + "_jobs", "registry." + "npmjs", "proxy." + "golang", "TO" + "DO", "FIX" + "ME"}

// CheckWords lists files that hold forbidden words, and packages whose name says nothing.
func CheckWords(root string, files []string) (wrong []string, err error) {
	for _, file := range files {
		switch filepath.Ext(file) {
		case ".csv", ".png", ".ico", ".woff2", ".sum":
			continue
		}
		for _, part := range strings.Split(filepath.ToSlash(filepath.Dir(file)), "/") {
			if slices.Contains([]string{"util", "utils", "common", "helpers", "misc"}, part) {
				wrong = append(wrong, file+": a folder named "+part+" says nothing")
			}
		}
		text, err := os.ReadFile(filepath.Join(root, file))
		if os.IsNotExist(err) { // deleted, not yet committed
			continue
		}
		if err != nil {
			return nil, err
		}
		for _, w := range words {
			if bytes.Contains(text, []byte(w)) {
				wrong = append(wrong, fmt.Sprintf("%s holds %q", file, w))
			}
		}
	}
	return wrong, nil
}
