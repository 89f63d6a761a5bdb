package plan

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/validator/rules"
)

const schemaText = `
scalar Date
type Query { tree(name: String, deep: Int = 2): Tree must: Tree! any(kind: String!): Thing all: [Thing!] fail: Int failMust: Int! count(n: Int!): [Tree!]! flat(n: Int!): [Leaf!]! scalars(n: Int!): [Int]! some(n: Int!): [Tree!] }
type Mutation { first: Tree second: Tree! third: Tree }
type Subscription { ticks(n: Int!): Leaf! }
interface Thing { name: String! }
type Tree implements Thing { name: String! boom: String boomMust: String! panic: String panicMust: String! last: String! lastPanic: String! nil: Tree nilMust: Tree! child: Tree children: [Tree!]! loose: [Tree]! maybe: [Tree!] self: Tree! echo(text: String): String }
type Leaf implements Thing { name: String! size: Int! at: Date }
`

// tree and leaf are what the test's schema shows.
type tree struct {
	name     string
	children []*tree
}

type leaf struct{ n int }

func object(name string, fields map[string]*Field) *Object {
	return &Object{Name: name, Is: []string{name, "Thing"}, Fields: fields}
}

func leafField[T any](get func(T) string) *Field {
	return &Field{Write: func(r *Run, s *Site, of any) bool { r.String(get(of.(T))); return true }}
}

func oneTree(required bool, get func(*Run, *Site, *tree) *tree) *Field {
	return &Field{Write: func(r *Run, s *Site, of any) bool {
		from, _ := of.(*tree)
		v := get(r, s, from)
		if v == nil {
			return r.Absent(required)
		}
		return r.Object(s, required, v)
	}}
}

func trees(required, items bool, get func(*tree) []*tree) *Field {
	return &Field{Write: func(r *Run, s *Site, of any) bool {
		list := get(of.(*tree))
		return r.List(s, len(list), required, func(i int) bool {
			if list[i] == nil {
				return r.Absent(items)
			}
			return r.Object(s, items, list[i])
		})
	}}
}

var errBoom = errors.New("boom")

func failing() *Field {
	return &Field{Fails: true, Write: func(r *Run, s *Site, _ any) bool { return r.Fail(s, errBoom) }}
}

func panicking() *Field {
	return &Field{Write: func(r *Run, s *Site, _ any) bool { r.String("half"); panic("broken") }}
}

type numbered struct{ n int }

func number(_ context.Context, given map[string]any) (any, error) {
	n, ok := given["n"].(int64)
	if !ok {
		var err error
		if n, err = given["n"].(json.Number).Int64(); err != nil {
			return nil, err
		}
	}
	if n < 0 {
		return nil, errors.New("n is negative")
	}
	return &numbered{int(n)}, nil
}

func text(_ context.Context, given map[string]any) (any, error) {
	for _, name := range []string{"name", "kind", "text"} {
		if v, ok := given[name]; ok {
			return v, nil
		}
	}
	return "none", nil
}

var world = &tree{"root", []*tree{{"a", nil}, {"b", []*tree{{"c", nil}}}}}

func testTable() *Table {
	self := func(_ *Run, _ *Site, t *tree) *tree { return t }
	none := func(*Run, *Site, *tree) *tree { return nil }
	root := func(*Run, *Site, *tree) *tree { return world }
	pick := func(r *Run, s *Site, v any) bool {
		if _, ok := v.(*leaf); ok {
			return r.ObjectOf(s, 1, true, v)
		}
		return r.ObjectOf(s, 0, true, v)
	}
	leaves := func(r *Run, s *Site) []leaf {
		a, _ := r.Args(s)
		all := make([]leaf, a.(*numbered).n)
		for i := range all {
			all[i].n = i
		}
		return all
	}
	return &Table{
		Abstract: map[string][]string{"Thing": {"Tree", "Leaf"}},
		Objects: map[string]*Object{
			"Tree": object("Tree", map[string]*Field{
				"name": leafField(func(t *tree) string { return t.name }), "boom": failing(), "boomMust": failing(), "panic": panicking(), "panicMust": panicking(),
				"last": {Fails: true, Write: func(r *Run, s *Site, of any) bool {
					if of.(*tree).name == "last" {
						return r.Fail(s, errBoom)
					}
					r.String("no")
					return true
				}},
				"lastPanic": {Write: func(r *Run, _ *Site, of any) bool {
					if of.(*tree).name == "last" {
						panic("late")
					}
					r.String("no")
					return true
				}},
				"nil": oneTree(false, none), "nilMust": oneTree(true, none), "self": oneTree(true, self),
				"child": oneTree(false, func(_ *Run, _ *Site, t *tree) *tree {
					if len(t.children) == 0 {
						return nil
					}
					return t.children[0]
				}),
				"children": trees(true, true, func(t *tree) []*tree { return t.children }),
				"loose":    trees(true, false, func(t *tree) []*tree { return append([]*tree{nil}, t.children...) }),
				"maybe":    trees(false, true, func(t *tree) []*tree { return append([]*tree{nil}, t.children...) }),
				"echo": {Args: text, Write: func(r *Run, s *Site, _ any) bool {
					a, ok := r.Args(s)
					if !ok {
						return r.Lost(s)
					}
					if a == nil {
						return r.Null()
					}
					r.String(a.(string))
					return true
				}},
			}),
			"Leaf": object("Leaf", map[string]*Field{
				"name": leafField(func(l *leaf) string { return fmt.Sprint("leaf ", l.n) }),
				"size": {Write: func(r *Run, _ *Site, of any) bool { r.Int(int64(of.(*leaf).n)); return true }},
				"at":   {Write: func(r *Run, _ *Site, of any) bool { return r.Time(false, time.Time{}) }},
			}),
			"Query": object("Query", map[string]*Field{
				"tree": {Args: text, Fails: true, Write: func(r *Run, s *Site, _ any) bool { return r.Object(s, false, world) }},
				"must": oneTree(true, root), "fail": failing(), "failMust": failing(),
				"any": {Args: text, Write: func(r *Run, s *Site, _ any) bool {
					if a, _ := r.Args(s); a == "leaf" {
						return pick(r, s, &leaf{7})
					}
					return pick(r, s, world)
				}},
				"all": {Write: func(r *Run, s *Site, _ any) bool {
					all := []any{world, &leaf{1}}
					return r.List(s, len(all), false, func(i int) bool { return pick(r, s, all[i]) })
				}},
				"flat": {Args: number, Write: func(r *Run, s *Site, _ any) bool {
					all := leaves(r, s)
					return r.List(s, len(all), true, func(i int) bool { return r.Object(s, true, &all[i]) })
				}},
				"some": {Args: number, Write: func(r *Run, s *Site, _ any) bool {
					a, _ := r.Args(s)
					n := a.(*numbered).n
					return r.List(s, n, false, func(i int) bool {
						if i == n-1 {
							return r.Object(s, true, &tree{name: "last"})
						}
						return r.Object(s, true, world)
					})
				}},
				"scalars": {Args: number, Write: func(r *Run, s *Site, _ any) bool {
					all := leaves(r, s)
					return r.ListOfScalars(len(all), true, func(i int) bool { r.Int(int64(i)); return true })
				}},
				"count": {Args: number, Write: func(r *Run, s *Site, _ any) bool {
					a, ok := r.Args(s)
					if !ok {
						return r.Lost(s)
					}
					return r.List(s, a.(*numbered).n, true, func(i int) bool { return r.Object(s, true, world) })
				}},
			}),
			"Mutation": object("Mutation", map[string]*Field{"first": oneTree(false, root), "second": oneTree(true, none), "third": oneTree(false, root)}),
			"Subscription": object("Subscription", map[string]*Field{"ticks": {
				Args: number,
				Stream: func(r *Run, s *Site) error {
					if a, ok := r.Args(s); ok && a.(*numbered).n == 0 {
						return errBoom
					}
					return nil
				},
				Write: func(r *Run, s *Site, of any) bool { return r.Object(s, true, of) },
			}}),
		},
	}
}

var testHost = &Host{Present: graphql.DefaultErrorPresenter, Recover: func(_ context.Context, p any) error { return fmt.Errorf("panic: %v", p) }}

var testSchema = gqlparser.MustLoadSchema(&ast.Source{Input: schemaText})

func compile(t testing.TB, text string, vars map[string]any) *Plan {
	t.Helper()
	doc, errs := gqlparser.LoadQueryWithRules(testSchema, text, rules.NewDefaultRules())
	if errs != nil {
		t.Fatal(errs)
	}
	p, err := testTable().Compile(testSchema, doc, doc.Operations[0], vars)
	if err != nil {
		t.Fatal(err)
	}
	return p
}
