package archtest

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// The sizes beyond which a part is to be reshaped.
const (
	maxFileLines     = 500
	maxPackageLines  = 8000 // without tests
	maxResolverLines = 5
)

// Fences are the folders in which generated Go files lie, and nowhere else.
var Fences = []string{"ent", "graph/generated", "graph/plan"}

func generated(text []byte) bool {
	head := text[:min(len(text), 400)]
	return bytes.Contains(head, []byte("// Code generated")) && bytes.Contains(head, []byte("DO NOT EDIT"))
}

// CheckSizes lists hand-written files, packages and resolver bodies that have grown too long, and generated Go files outside the fences.
func CheckSizes(root string) (wrong []string, err error) {
	lines := map[string]int{}
	err = walk(root, func(file string) error {
		if !slices.Contains([]string{".go", ".graphql", ".ts", ".tsx", ".mjs", ".css"}, path.Ext(file)) || strings.Contains(file, "/testdata/") {
			return nil
		}
		text, err := os.ReadFile(filepath.Join(root, file))
		if err != nil {
			return err
		}
		pkg := path.Dir(file)
		if generated(text) {
			if path.Ext(file) == ".go" && !slices.ContainsFunc(Fences, func(f string) bool { return below(pkg, f) }) {
				wrong = append(wrong, file+" is generated, but lies outside the folders for that: "+strings.Join(Fences, ", "))
			}
			return nil
		}
		n := bytes.Count(text, []byte("\n"))
		if n > maxFileLines {
			wrong = append(wrong, fmt.Sprintf("%s has %d lines, more than %d: split it by what a reader looks for", file, n, maxFileLines))
		}
		if path.Ext(file) == ".go" && !isTest(file) {
			lines[pkg] += n
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
			wrong = append(wrong, fmt.Sprintf("%s has %d lines, more than %d: make an area of it a package", pkg, n, maxPackageLines))
		}
	}
	return wrong, err
}

func longBodies(file string, text []byte) (wrong []string, err error) {
	set := token.NewFileSet()
	f, err := parser.ParseFile(set, file, text, parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	for _, d := range f.Decls {
		if fn, ok := d.(*ast.FuncDecl); ok && fn.Body != nil {
			if n := set.Position(fn.Body.Rbrace).Line - set.Position(fn.Body.Lbrace).Line - 1; n > maxResolverLines {
				wrong = append(wrong, fmt.Sprintf("%s: the body of %s has %d lines, more than %d: move it to read or decide", file, fn.Name.Name, n, maxResolverLines))
			}
		}
	}
	return wrong, nil
}
