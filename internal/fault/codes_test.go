package fault

import (
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write docs/errors.md")

const page = "../../docs/errors.md"

// The page about errors says what the tables say.
func TestPageOfErrors(t *testing.T) {
	if *update {
		if err := os.WriteFile(page, []byte(document()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	have, err := os.ReadFile(page)
	if err != nil || string(have) != document() {
		t.Errorf("docs/errors.md is not current (%v): go generate ./internal/fault", err)
	}
}

func document() string {
	var b strings.Builder
	b.WriteString(`<!-- Written by go generate ./internal/fault from codes.go and fields.go. -->
# Errors

Every error of the API has a code from this closed list, in ` + "`extensions.code`" + `, and the id of its request in ` + "`extensions.requestId`" + `, which the answer's header
X-Request-Id and the server's log have too. Messages are for people and may change; codes do not. Where waiting helps, ` + "`extensions.retryAfter`" + ` and the
header Retry-After give the seconds.

A request that was not executed is answered without ` + "`data`" + `. Its HTTP status is the one of its code if the client accepts
` + "`application/graphql-response+json`" + `. With ` + "`application/json`" + ` a well-formed request is answered with 200 where the last column says so, as older clients
need it. What goes wrong while an operation is executed stands beside ` + "`data`" + `, which then holds what went well, and the status is 200. Over a
WebSocket the first is a message of type ` + "`error`" + `, in an event stream the only answer.

A mutation whose input is wrong, or that its caller may not do, is executed well: its payload's ` + "`errors`" + ` list what is wrong, field by field. The codes of
fields are in the second table; one that is about the whole input has a code of the first.

| code | means | what a client does | status | with application/json |
|---|---|---|---|---|
`)
	for _, c := range Codes {
		fmt.Fprintf(&b, "| `%s` | %s | %s | %d | %d |\n", c.Kind, c.Meaning, c.Remedy, c.Status, c.Plain)
	}
	b.WriteString("\n## Codes of fields\n\nThey stand in the errors of payloads, in the reports of imports, and in `extensions.errors`.\n\n| code | means |\n|---|---|\n")
	for _, c := range FieldCodes {
		fmt.Fprintf(&b, "| `%s` | %s |\n", c.Code, c.Meaning)
	}
	return b.String()
}

// The lists are closed: every kind and every code of a field that the program gives has its row, and no row is for nothing.
func TestListsOfCodesAreClosed(t *testing.T) {
	given, kinds := map[string]string{}, map[string]bool{}
	for _, dir := range []string{"auth", "cmd", "graph", "internal"} {
		err := filepath.WalkDir(filepath.Join("../..", dir), func(file string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || !strings.HasSuffix(file, ".go") || strings.HasSuffix(file, "_test.go") || strings.Contains(file, "generated") || strings.HasSuffix(file, "fault/fields.go") {
				return err
			}
			f, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
			if err != nil {
				return err
			}
			ast.Inspect(f, func(n ast.Node) bool {
				for _, code := range codesIn(n) {
					given[code] = file
				}
				if spec, ok := n.(*ast.ValueSpec); ok && strings.HasSuffix(file, "fault/fault.go") {
					if id, ok := spec.Type.(*ast.Ident); ok && id.Name == "Kind" {
						text, _ := strconv.Unquote(spec.Values[0].(*ast.BasicLit).Value)
						kinds[text] = true
					}
				}
				return true
			})
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	for code, file := range given {
		if !slices.ContainsFunc(FieldCodes, func(c FieldCode) bool { return c.Code == code }) {
			t.Errorf("%s: the code %s has no row in FieldCodes", file, code)
		}
	}
	for i, c := range FieldCodes {
		if given[c.Code] == "" {
			t.Errorf("nothing gives the code %s", c.Code)
		}
		if i > 0 && FieldCodes[i-1].Code >= c.Code {
			t.Errorf("%s is not in order", c.Code)
		}
	}
	for _, c := range Codes {
		if !kinds[string(c.Kind)] || c.Status < 400 || c.Plain != 200 && c.Plain != c.Status || c.Meaning == "" || c.Remedy == "" {
			t.Errorf("%+v", c)
		}
		delete(kinds, string(c.Kind))
	}
	if len(kinds) > 0 || len(given) < 30 {
		t.Errorf("kinds without a row: %v; %d codes of fields", kinds, len(given))
	}
	t.Logf("%d codes, %d codes of fields", len(Codes), len(FieldCodes))
}

var isCode = regexp.MustCompile(`^"[A-Z]+(_[A-Z]+)*"$`)

// codesIn gives the codes that a node gives to fields: as an argument of what makes faults, or as a Code.
func codesIn(n ast.Node) (codes []string) {
	add := func(x ast.Expr) {
		if lit, ok := x.(*ast.BasicLit); ok && isCode.MatchString(lit.Value) {
			codes = append(codes, strings.Trim(lit.Value, `"`))
		}
	}
	switch n := n.(type) {
	case *ast.CallExpr:
		if f, ok := n.Fun.(*ast.SelectorExpr); ok && slices.Contains([]string{"At", "note", "refuse", "refuseFact"}, f.Sel.Name) {
			for _, arg := range n.Args[min(1, len(n.Args)):] {
				add(arg)
			}
		}
	case *ast.KeyValueExpr:
		if key, ok := n.Key.(*ast.Ident); ok && key.Name == "Code" {
			add(n.Value)
		}
	case *ast.CompositeLit:
		if id, ok := n.Type.(*ast.Ident); ok && id.Name == "misfit" && len(n.Elts) > 1 {
			add(n.Elts[1])
		}
	}
	return codes
}
