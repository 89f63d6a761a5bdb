package graph

import (
	"fmt"
	"maps"
	"slices"

	"github.com/99designs/gqlgen/graphql/errcode"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
	"github.com/vektah/gqlparser/v2/parser"
	"github.com/vektah/gqlparser/v2/validator"
	"github.com/vektah/gqlparser/v2/validator/core"
	"github.com/vektah/gqlparser/v2/validator/rules"

	"pmograph/internal/fault"
)

// Limits bound documents that are not registered, so that reading one costs little whatever is in it. Zero is no limit.
type Limits struct {
	Tokens        int // of a document
	Depth         int // fields within one another
	Introspection int // fields within one another where the schema is asked for
	Aliases       int // of a document
	RootFields    int // of an operation, and so mutations of a document
	Directives    int // of a document
	Name          int // characters of a name
	Nesting       int // fields and inline fragments within one another
	Repeats       int // pairs of fields under one key, times the nesting: a bound of what telling whether they agree takes
}

// DefaultLimits are what a server on an open network keeps to.
var DefaultLimits = Limits{Tokens: 1000, Depth: 16, Introspection: 20, Aliases: 30, RootFields: 10, Directives: 50, Name: 100, Nesting: 30, Repeats: 20_000}

const (
	maxDocumentErrors = 5 // that are told; then reading it ends
)

// read parses, measures and validates a document.
func (l Limits) read(schema *ast.Schema, rules []core.Rule, text string) (*ast.QueryDocument, gqlerror.List) {
	doc, err := parser.ParseQueryWithTokenLimit(&ast.Source{Input: text}, l.Tokens)
	if err != nil {
		shown := gqlerror.WrapIfUnwrapped(err)
		errcode.Set(shown, errcode.ParseFailed)
		return nil, gqlerror.List{shown}
	}
	if len(doc.Operations) == 0 {
		return nil, gqlerror.List{invalid("the document has no operation")}
	}
	if err := l.check(doc); err != nil {
		return nil, gqlerror.List{err}
	}
	if errs := validate(schema, rules, doc); len(errs) > 0 {
		return nil, errs
	}
	return doc, nil
}

func invalid(format string, args ...any) *gqlerror.Error {
	err := gqlerror.Errorf(format, args...)
	errcode.Set(err, errcode.ValidationFailed)
	return err
}

// enough ends a validation that has found errors enough.
type enough struct{}

// validate tells what is wrong with a document, up to maxDocumentErrors.
func validate(schema *ast.Schema, rules []core.Rule, doc *ast.QueryDocument) (errs gqlerror.List) {
	defer func() {
		if p := recover(); p != nil && p != (enough{}) {
			panic(p)
		}
		for _, err := range errs {
			errcode.Set(err, errcode.ValidationFailed)
		}
	}()
	seen := &core.Events{}
	for _, rule := range rules {
		rule.RuleFunc(seen, func(options ...core.ErrorOption) {
			err := &gqlerror.Error{Rule: rule.Name}
			for _, o := range options {
				o(err)
			}
			if errs = append(errs, err); len(errs) == maxDocumentErrors {
				panic(enough{})
			}
		})
	}
	validator.Walk(schema, doc, seen)
	return errs
}

// documentRules are the rules of the specification, in an order that does not change. Where the schema is not open, errors suggest no names
// from it. Limits.Introspection bounds introspection in place of a rule.
func documentRules(suggest bool) (all []core.Rule) {
	known := rules.NewDefaultRules().GetInner()
	delete(known, rules.MaxIntrospectionDepth.Name)
	if !suggest {
		for name, quiet := range map[string]core.Rule{
			rules.FieldsOnCorrectTypeRule.Name: rules.FieldsOnCorrectTypeRuleWithoutSuggestions,
			rules.ScalarLeafsRule.Name:         rules.ScalarLeafsRuleWithoutSuggestions,
			rules.KnownTypeNamesRule.Name:      rules.KnownTypeNamesRuleWithoutSuggestions,
			rules.KnownArgumentNamesRule.Name:  rules.KnownArgumentNamesRuleWithoutSuggestions,
			rules.ValuesOfCorrectTypeRule.Name: rules.ValuesOfCorrectTypeRuleWithoutSuggestions,
		} {
			known[name] = quiet.RuleFunc
		}
	}
	for _, name := range slices.Sorted(maps.Keys(known)) {
		all = append(all, core.Rule{Name: name, RuleFunc: known[name]})
	}
	return all
}

// check measures a document that has been parsed. It takes a time that grows with the document, and no faster, whatever its fragments do.
func (l Limits) check(doc *ast.QueryDocument) *gqlerror.Error {
	m := &measure{limits: l, fragments: map[string]*fragment{}, repeats: map[string]int{}}
	m.document(doc)
	m.sizes()
	for _, op := range doc.Operations {
		if m.err != nil {
			break
		}
		n := m.root(op.SelectionSet, map[string]bool{})
		m.most(n, l.RootFields, "an operation of the document has %d fields at its root, at most %d are allowed; send some in a request of their own")
	}
	return m.err
}

// measure is what is known of a document while it is measured.
type measure struct {
	limits    Limits
	fragments map[string]*fragment
	aliases   int
	noted     int            // directives
	repeats   map[string]int // fields by their key in answers
	nesting   int
	err       *gqlerror.Error
}

// fragment is a fragment that is measured once.
type fragment struct {
	set   ast.SelectionSet
	state int // 0 not met, 1 being measured, 2 measured
	depth int
}

// document counts what is written in a document.
func (m *measure) document(doc *ast.QueryDocument) {
	for _, f := range doc.Fragments {
		m.fragments[f.Name] = &fragment{set: f.SelectionSet}
	}
	for _, op := range doc.Operations {
		m.name(op.Name)
		m.directives(op.Directives)
		for _, v := range op.VariableDefinitions {
			m.name(v.Variable)
			m.name(v.Type.Name())
			m.directives(v.Directives)
			m.value(v.DefaultValue)
		}
		m.count(op.SelectionSet, 1)
	}
	for _, f := range doc.Fragments {
		m.name(f.Name)
		m.name(f.TypeCondition)
		m.directives(f.Directives)
		m.count(f.SelectionSet, 1)
	}
}

// most refuses a document that has more of something than is allowed.
func (m *measure) most(n, limit int, format string) {
	if m.err == nil && limit > 0 && n > limit {
		m.err = refused(fault.New(fault.LimitExceeded, format, n, limit))
	}
}

func (m *measure) sizes() {
	m.most(m.aliases, m.limits.Aliases, "the document has %d aliases, at most %d are allowed; ask for lists in place of many single things")
	m.most(m.noted, m.limits.Directives, "the document has %d directives, at most %d are allowed; leave out what is not asked for")
	pairs := 0
	for _, n := range m.repeats {
		pairs += n * (n - 1) / 2
	}
	m.most(m.nesting, m.limits.Nesting, "the document nests %d fields and fragments, at most %d are allowed; write fields where they are asked")
	m.most(pairs*m.nesting, m.limits.Repeats, "the document asks for the same fields again and again: they would have to be compared %d times, at most %d are allowed; ask for each once, and name what is asked often as a fragment")
}

func (m *measure) name(s string) {
	if m.err == nil && m.limits.Name > 0 && len(s) > m.limits.Name {
		m.err = refused(fault.New(fault.LimitExceeded, "a name of the document has %d characters, at most %d are allowed: %.20s…", len(s), m.limits.Name, s))
	}
}

func (m *measure) directives(list ast.DirectiveList) {
	m.noted += len(list)
	for _, d := range list {
		m.name(d.Name)
		m.arguments(d.Arguments)
	}
}

func (m *measure) arguments(list ast.ArgumentList) {
	for _, a := range list {
		m.name(a.Name)
		m.value(a.Value)
	}
}

func (m *measure) value(v *ast.Value) {
	if v == nil {
		return
	}
	if v.Kind == ast.EnumValue || v.Kind == ast.Variable {
		m.name(v.Raw)
	}
	for _, x := range v.Children {
		m.name(x.Name)
		m.value(x.Value)
	}
}

// count counts what stands in a set and below, each once where it is written.
func (m *measure) count(set ast.SelectionSet, nesting int) {
	if len(set) > 0 {
		m.nesting = max(m.nesting, nesting)
	}
	for _, x := range set {
		switch x := x.(type) {
		case *ast.Field:
			m.name(x.Name)
			m.name(x.Alias)
			if x.Alias != x.Name {
				m.aliases++
			}
			m.repeats[x.Alias]++
			m.directives(x.Directives)
			m.arguments(x.Arguments)
			m.count(x.SelectionSet, nesting+1)
		case *ast.InlineFragment:
			m.name(x.TypeCondition)
			m.directives(x.Directives)
			m.count(x.SelectionSet, nesting+1)
		case *ast.FragmentSpread:
			m.name(x.Name)
			m.directives(x.Directives)
		}
	}
}

// root counts the fields of an operation's root, and looks how deep what they ask for is.
func (m *measure) root(set ast.SelectionSet, met map[string]bool) (n int) {
	for _, x := range set {
		switch x := x.(type) {
		case *ast.Field:
			n++
			if x.Name == "__schema" || x.Name == "__type" {
				m.most(1+m.depth(x.SelectionSet), m.limits.Introspection, "the document asks for the schema %d fields deep, at most %d are allowed; ask for types by name with __type")
			} else {
				m.most(1+m.depth(x.SelectionSet), m.limits.Depth, "the document is %d fields deep, at most %d are allowed; ask for what lies deeper by its id, with node")
			}
		case *ast.InlineFragment:
			n += m.root(x.SelectionSet, met)
		case *ast.FragmentSpread:
			if f := m.fragments[x.Name]; f != nil && !met[x.Name] {
				met[x.Name] = true
				n += m.root(f.set, met)
			}
		}
	}
	return n
}

// depth is how many fields lie within one another in a set, through fragments. Fragments that lie within themselves are refused.
func (m *measure) depth(set ast.SelectionSet) (deepest int) {
	for _, x := range set {
		d := 0
		switch x := x.(type) {
		case *ast.Field:
			d = 1 + m.depth(x.SelectionSet)
		case *ast.InlineFragment:
			d = m.depth(x.SelectionSet)
		case *ast.FragmentSpread:
			d = m.fragment(x.Name)
		}
		deepest = max(deepest, d)
	}
	return deepest
}

func (m *measure) fragment(name string) int {
	f := m.fragments[name]
	if f == nil {
		return 0 // which the validation tells
	}
	switch f.state {
	case 0:
		f.state = 1
		f.depth = m.depth(f.set)
		f.state = 2
	case 1:
		if m.err == nil {
			m.err = invalid("%s", fmt.Sprintf("fragment %s lies within itself", name))
		}
	}
	return f.depth
}
