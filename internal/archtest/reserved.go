package archtest

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path"
	"slices"
	"strconv"
	"strings"
)

// Place says who alone may touch something. Tests may touch everything.
type Place struct {
	What  []string // import paths, each with what lies below it; or names of a package: time.Now
	Below string   // the part of the tree the rule is about; empty: all of it
	In    []string // package paths that may nevertheless
	Why   string
}

// permissions are the names of what may be done.
var permissions = func() (list []string) {
	for _, name := range strings.Fields("Read ReadMoney ReadRate ReadPersonal ReadAudit ReadLoad Plan Approve Report Assign People Fund Book Configure Grant Admit Import Export All Permission") {
		list = append(list, module+"/auth."+name)
	}
	return list
}()

// Reserved lists what is not for everyone.
var Reserved = []Place{
	{What: []string{"database/sql"}, In: []string{"internal/store", "ent", "internal/state"},
		Why: "only the store speaks SQL; state implements sql.Scanner"},
	{What: []string{"github.com/jackc/pgx/v5", "modernc.org/sqlite"}, In: []string{"internal/store", "ent/migrate"},
		Why: "only the store speaks SQL"},
	{What: []string{"time.Now", "time.Since", "time.Until"}, In: []string{"cmd/pmo", "ent", "internal/store", "auth", "internal/journal/faulttest"},
		Why: "only main reads the clock; the store bounds its calls, auth has a clock handed in and main's as default"},
	{What: []string{"os.Getenv", "os.LookupEnv", "os.Environ", "os.ExpandEnv"}, In: []string{"cmd/pmo", "internal/store/pgtest", "internal/journal/faulttest"},
		Why: "only main reads the environment"},
	{What: []string{module + "/internal/guard.OpenMoney", module + "/internal/guard.OpenRate", module + "/internal/guard.OpenPersonal"}, In: []string{"internal/state"},
		Why: "guarded values are opened by views and the codec alone"},
	{What: []string{module + "/internal/state.NewWhole"}, In: []string{"internal/decide", "internal/store/storetest", "internal/accesstest"},
		Why: "whoever reads for an actor reads through a view"},
	{What: []string{module + "/internal/state.BindPolicy"}, In: []string{"internal/state"},
		Why: "the policy table does not change while the program runs"},
	{What: []string{module + "/auth.Roles", module + "/auth.MayOf", module + "/auth.Relations", module + "/auth.Entities", module + "/auth.Answers", module + "/auth.Build"},
		In:  []string{"auth", "internal/state", "internal/decide", "internal/accesstest"},
		Why: "view and draft are the only doors: nobody else asks what a role may do"},
	{What: []string{module + "/auth.EntityOf"}, In: []string{"auth", "internal/state", "internal/decide", "internal/edge"},
		Why: "only the doors ask what an entity needs, and the edge, which writes down what was granted"},
	{What: []string{module + "/internal/state.NewView", module + "/internal/state.NewDraft"}, In: []string{"internal/state", "internal/journal", "internal/store/storetest", "internal/accesstest"},
		Why: "views and drafts come from the journal, with the rights of who asks"},
	{What: permissions, Below: "graph",
		Why: "no rule lives on the way: what may be done is asked by views and drafts"},
	{What: []string{module + "/internal/state.All"}, In: []string{"internal/decide"},
		Why: "only invariants and derived effects see everything"},
	{What: []string{"context", "log", "math/rand", "net", "os"}, Below: "internal/calc",
		Why: "a calculation takes values and returns values"},
}

// CheckReserved lists the uses of reserved things by who may not.
func CheckReserved(root string) (wrong []string, err error) {
	err = sources(root, func(pkg, file string) error {
		if isTest(file) {
			return nil
		}
		set := token.NewFileSet()
		f, err := parser.ParseFile(set, file, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		say := func(pos token.Pos, what string) {
			for _, p := range Reserved {
				if p.names(what) && below(pkg, p.Below) && !slices.ContainsFunc(p.In, func(in string) bool { return below(pkg, in) }) {
					wrong = append(wrong, fmt.Sprintf("%s uses %s: %s", set.Position(pos), what, p.Why))
				}
			}
		}
		imported := map[string]string{} // by local name
		for _, spec := range f.Imports {
			from, _ := strconv.Unquote(spec.Path.Value)
			say(spec.Pos(), from)
			if spec.Name != nil {
				imported[spec.Name.Name] = from
			} else {
				imported[path.Base(from)] = from
			}
		}
		ast.Inspect(f, func(n ast.Node) bool {
			if sel, ok := n.(*ast.SelectorExpr); ok {
				if x, ok := sel.X.(*ast.Ident); ok && imported[x.Name] != "" {
					say(sel.Pos(), imported[x.Name]+"."+sel.Sel.Name)
				}
			}
			return true
		})
		return nil
	})
	return wrong, err
}

// names tells whether a place is about an import path or a qualified name. Drivers' interfaces are no SQL.
func (p Place) names(what string) bool {
	return !strings.HasPrefix(what, "database/sql/driver") && slices.ContainsFunc(p.What, func(w string) bool { return what == w || strings.HasPrefix(what, w+"/") })
}
