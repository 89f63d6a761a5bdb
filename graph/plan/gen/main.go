// Command gen runs gqlgen with a plugin that writes the table of fields for planned execution, from the bindings gqlgen itself uses.
package main

import (
	_ "embed"
	"fmt"
	"go/types"
	"log"
	"path/filepath"
	"slices"
	"strings"

	"github.com/99designs/gqlgen/api"
	"github.com/99designs/gqlgen/codegen"
	"github.com/99designs/gqlgen/codegen/config"
	"github.com/99designs/gqlgen/codegen/templates"
	"github.com/vektah/gqlparser/v2/ast"
)

func main() {
	cfg, err := config.LoadConfigFromDefaultLocations()
	if err == nil {
		err = api.Generate(cfg, api.AddPlugin(plugin{}))
	}
	if err != nil {
		log.Fatal(err)
	}
}

//go:embed table.gotpl
var table string

// plugin writes the table beside gqlgen's own code.
type plugin struct{}

// Name is how gqlgen calls the plugin.
func (plugin) Name() string { return "plan" }

// GenerateCode writes the table.
func (plugin) GenerateCode(data *codegen.Data) error {
	t := &model{Data: data, seen: map[string]bool{}}
	for _, o := range data.Objects {
		if strings.HasPrefix(o.Name, "__") {
			continue
		}
		t.Shown = append(t.Shown, o)
		for _, f := range t.Fields(o) {
			if f.HasDirectives() || f.Batch || f.HasHaser || f.IsMap() || f.VOkFunc {
				return fmt.Errorf("%s.%s is bound in a way that plans do not cover", o.Name, f.Name)
			}
			if err := t.add(f.TypeReference); err != nil {
				return fmt.Errorf("%s.%s: %w", o.Name, f.Name, err)
			}
		}
	}
	return templates.Render(templates.Options{
		PackageName: data.Config.Exec.Package, Filename: filepath.Join(data.Config.Exec.Dir(), "plan.generated.go"), Template: table,
		Data: t, GeneratedHeader: true, Packages: data.Config.Packages,
	})
}

// model is what the template shows.
type model struct {
	*codegen.Data
	Shown  []*codegen.Object
	Types  []*config.TypeReference // of answers, each once, with those of items
	Picked []*codegen.Interface    // interfaces and unions
	seen   map[string]bool
}

// Fields are the fields of an object without those of introspection, which gqlgen answers.
func (m *model) Fields(o *codegen.Object) []*codegen.Field {
	return slices.DeleteFunc(slices.Clone(o.Fields), func(f *codegen.Field) bool { return strings.HasPrefix(f.Name, "__") })
}

func (m *model) add(t *config.TypeReference) error {
	name := Writer(t)
	if m.seen[name] {
		return nil
	}
	m.seen[name] = true
	switch {
	case t.IsPtrToSlice(), t.IsPtrToPtr(), t.IsPtrToIntf(), t.IsOmittable, t.IsContext, t.HasEnumValues():
		return fmt.Errorf("the Go type %s is not covered by plans", t.GO)
	}
	m.Types = append(m.Types, t)
	if t.IsSlice() {
		return m.add(t.Elem())
	}
	if i := m.Interfaces[t.Definition.Name]; i != nil && !slices.Contains(m.Picked, i) {
		m.Picked = append(m.Picked, i)
	}
	return nil
}

// Writer is the name of the function that writes a type.
func Writer(t *config.TypeReference) string {
	return "write" + strings.TrimPrefix(t.MarshalFunc(), "marshal")
}

// Writer is there for the template.
func (m *model) Writer(t *config.TypeReference) string { return Writer(t) }

// Ends tells whether Leaf's statement returns.
func (m *model) Ends(t *config.TypeReference) bool { return strings.HasPrefix(m.Leaf(t), "return") }

// Leaf gives the statement that appends a value of a leaf type.
func (m *model) Leaf(t *config.TypeReference) string {
	value := "v"
	if t.IsPtr() {
		value = "*v"
	}
	if t.Marshaler != nil {
		cast := func(to string) string { return fmt.Sprintf("%s(%s)", to, value) }
		switch t.Marshaler.Name() {
		case "MarshalString", "MarshalID":
			return "r.String(" + cast("string") + ")"
		case "MarshalInt", "MarshalInt32", "MarshalInt64":
			return "r.Int(" + cast("int64") + ")"
		case "MarshalBoolean":
			return "r.Bool(" + cast("bool") + ")"
		case "MarshalTime":
			return fmt.Sprintf("return r.Time(%t, %s)", t.GQL.NonNull, value)
		}
		return "r.Marshal(" + templates.Call(t.Marshaler) + "(" + value + "))"
	}
	target := t.GO
	if p, ok := target.(*types.Pointer); ok {
		target = p.Elem()
	}
	if f, _, _ := types.LookupFieldOrMethod(target, true, nil, "AppendGQL"); f != nil {
		return "r.SetBytes(v.AppendGQL(r.Bytes()))"
	}
	if b, ok := target.Underlying().(*types.Basic); ok && b.Kind() == types.String && t.Definition.Kind == ast.Enum {
		return "r.Word(string(" + value + "))"
	}
	return "v.MarshalGQL(r)"
}

// Pointer tells whether nil stands for no value.
func (m *model) Pointer(t *config.TypeReference) bool { return t.IsNilable() }

// Call gives the expression that asks a field of its object.
func (m *model) Call(f *codegen.Field) string {
	var args []string
	if f.IsResolver || f.MethodHasContext {
		args = append(args, "r.Context()")
	}
	of := fmt.Sprintf("of.(%s)", templates.CurrentImports.LookupType(f.Object.Reference()))
	if f.Object.Root {
		of = ""
	}
	if f.IsResolver && of != "" {
		args = append(args, of)
	}
	for _, a := range f.Args {
		args = append(args, "a."+a.VarName)
	}
	call := f.GoFieldName + "(" + strings.Join(args, ", ") + ")"
	switch {
	case f.IsResolver:
		return "r.Resolvers().(ResolverRoot)." + f.Object.Name + "()." + call
	case f.IsVariable():
		return of + "." + f.GoFieldName
	}
	return of + "." + call
}

// Fails tells whether asking a field may give an error.
func (m *model) Fails(f *codegen.Field) bool { return f.IsResolver || f.IsMethod() && !f.NoErr }

// Untyped tells whether a field gives an interface, whose nil has no type.
func (m *model) Untyped(f *codegen.Field) bool { return types.IsInterface(f.TypeReference.GO) }
