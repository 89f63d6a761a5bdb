package tabular

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml/ast"

	"pmograph/internal/fault"
)

// errata collects what is wrong with a mapping, each with its place in the YAML text.
type errata struct {
	root    ast.Node
	anchors map[string]ast.Node
	found   []fault.Field
}

// newErrata takes a mapping's syntax tree.
func newErrata(root ast.Node) *errata {
	e := &errata{root: root, anchors: map[string]ast.Node{}}
	ast.Walk(e, root)
	return e
}

// Visit notes the anchors of the tree, for ast.Walk.
func (e *errata) Visit(n ast.Node) ast.Visitor {
	if a, ok := n.(*ast.AnchorNode); ok {
		e.anchors[a.Name.String()] = a.Value
	}
	return e
}

// add notes an error at a path: mapping keys and list indices.
func (e *errata) add(path []string, format string, args ...any) {
	n, _ := e.find(path)
	at := n.GetToken().Position
	text := fmt.Sprintf("line %d, column %d: ", at.Line, at.Column) + fmt.Sprintf(format, args...)
	e.found = append(e.found, fault.Field{Path: path, Code: "MAPPING", Text: text})
}

// err gives what was found as one error.
func (e *errata) err() error {
	if len(e.found) == 0 {
		return nil
	}
	return &fault.Error{Kind: fault.Invalid, Fields: e.found}
}

// has tells whether the text has something at a path.
func (e *errata) has(path ...string) bool {
	_, ok := e.find(path)
	return ok
}

// find gives the node at a path, or the nearest above it.
func (e *errata) find(path []string) (ast.Node, bool) {
	n := e.root
	for _, step := range path {
		next := e.child(e.resolve(n), step)
		if next == nil {
			return n, false
		}
		n = next
	}
	return n, true
}

// resolve follows anchors, aliases and tags to what they stand for.
func (e *errata) resolve(n ast.Node) ast.Node {
	for range 16 { // aliases of aliases; more is nonsense
		switch x := n.(type) {
		case *ast.AnchorNode:
			n = x.Value
		case *ast.TagNode:
			n = x.Value
		case *ast.AliasNode:
			if to := e.anchors[x.Value.String()]; to != nil {
				n = to
			}
		default:
			return n
		}
	}
	return n
}

// weigh counts the nodes of a tree with its aliases written out, up to a little over nodeLimit; a loop weighs that much, too.
func (e *errata) weigh(n ast.Node, known map[ast.Node]int) int {
	n = e.resolve(n)
	if w, ok := known[n]; ok {
		return w
	}
	known[n] = nodeLimit + 1 // until the true weight is known
	w := 1
	switch x := n.(type) {
	case *ast.MappingNode:
		for _, v := range x.Values {
			w = min(w+e.weigh(v.Value, known), nodeLimit+1)
		}
	case *ast.SequenceNode:
		for _, v := range x.Values {
			w = min(w+e.weigh(v, known), nodeLimit+1)
		}
	}
	known[n] = w
	return w
}

func (e *errata) child(n ast.Node, step string) ast.Node {
	switch x := n.(type) {
	case *ast.MappingNode:
		for _, v := range x.Values {
			if keyText(v.Key) == step {
				return v.Value
			}
		}
	case *ast.SequenceNode:
		if i, err := strconv.Atoi(step); err == nil && i >= 0 && i < len(x.Values) {
			return x.Values[i]
		}
	}
	return nil
}

func keyText(k ast.MapKeyNode) string {
	if s, ok := k.(*ast.StringNode); ok {
		return s.Value
	}
	return strings.TrimSpace(k.String())
}

// under gives a longer path without touching the shorter one.
func under(path []string, steps ...string) []string {
	return append(path[:len(path):len(path)], steps...)
}

func itoa(i int) string { return strconv.Itoa(i) }
