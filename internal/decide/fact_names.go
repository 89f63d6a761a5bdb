package decide

import (
	"slices"
	"strings"

	"pmograph/ent"
	"pmograph/internal/fault"
	"pmograph/internal/state"
)

// lineNames is what lines name things by, besides their identifier.
type lineNames struct {
	source string                              // keys are looked for in it; empty for none
	nodes  map[*state.Desc]map[string][]inTree // projects, programs and portfolios that the actor may see, by code
}

// inTree is a node and the portfolio above it.
type inTree struct {
	id    int64
	above *int64
}

// fromLines has things named as lines do: by identifier, by their key in a source, or by code, nodes by a path of codes too.
func (l *factList) fromLines(source string) {
	l.lines = &lineNames{source, map[*state.Desc]map[string][]inTree{}}
	nodesByCode(l, state.Projects, func(p *ent.Project) (string, inTree) { return p.Code, inTree{p.ID, &p.PortfolioID} })
	nodesByCode(l, state.Programs, func(p *ent.Program) (string, inTree) { return p.Code, inTree{p.ID, &p.PortfolioID} })
	nodesByCode(l, state.Portfolios, func(p *ent.Portfolio) (string, inTree) { return p.Code, inTree{p.ID, p.ParentID} })
}

func nodesByCode[T any](l *factList, t *state.Table[T], of func(*T) (string, inTree)) {
	by := map[string][]inTree{}
	for row := range t.All(l.w.d) {
		code, node := of(row)
		by[code] = append(by[code], node)
	}
	l.lines.nodes[t.Desc()] = by
}

type reference struct{ column, text string }

type referred struct {
	state.Ref
	err error
}

// find gives the number of the row that a text names, as the actor may see it; 0, and a note, if there is none.
func (l *factList) find(n int, t *state.Desc, column, text string) int64 {
	return l.findIn(n, column, text, t).ID
}

// findIn is find for what may be of several kinds.
func (l *factList) findIn(n int, column, text string, tables ...*state.Desc) state.Ref {
	k := reference{column, text}
	r, known := l.known[k]
	if !known {
		r.Ref, r.err = l.refer(text, tables)
		l.known[k] = r
	}
	if r.err != nil {
		l.note(n, fault.Within(l.field(column), r.err))
	}
	return r.Ref
}

func (l *factList) refer(text string, tables []*state.Desc) (state.Ref, error) {
	if ref, ok := state.ParseID(text); ok && slices.Contains(tables, ref.Table) && l.w.d.Visible(ref.Table, ref.ID) {
		return ref, nil
	}
	var with []state.Ref
	for _, by := range []func(*state.Desc, string) []int64{l.byKey, l.byCode, l.byPath} {
		for _, t := range tables {
			for _, id := range by(t, text) {
				with = append(with, state.Ref{Table: t, ID: id})
			}
		}
		switch len(with) {
		case 0:
		case 1:
			return with[0], nil
		default:
			return state.Ref{}, &fault.Error{Kind: fault.Invalid, Fields: []fault.Field{{Code: "AMBIGUOUS", Text: "several have this name; give a path of codes or an identifier"}}}
		}
	}
	var words []string
	for _, t := range tables {
		words = append(words, t.Word)
	}
	return state.Ref{}, &fault.Error{Kind: fault.NotFound, Fields: []fault.Field{{Code: "NOT_FOUND", Text: "there is no " + strings.Join(words, " or ") + " of this name"}}}
}

// byKey finds what has a key in the source of lines.
func (l *factList) byKey(t *state.Desc, text string) []int64 {
	if l.lines == nil || l.lines.source == "" {
		return nil
	}
	if id, ok := l.w.d.External(t, l.lines.source, text); ok && l.w.d.Visible(t, id) {
		return []int64{id}
	}
	return nil
}

// byCode finds what has a code: kinds of cost in every input, other things in lines.
func (l *factList) byCode(t *state.Desc, text string) (with []int64) {
	switch {
	case t == state.CostCategories.Desc():
		if c := state.CostCategories.Find(l.w.d, uniqueKey, text); c != nil {
			with = []int64{c.ID}
		}
	case l.lines == nil:
	case t == state.Resources.Desc():
		if r := state.Resources.Find(l.w.d, uniqueKey, text); r != nil {
			with = []int64{r.ID}
		}
	default:
		for _, node := range l.lines.nodes[t][text] {
			with = append(with, node.id)
		}
	}
	return with
}

// byPath finds the nodes of lines at the end of a path of codes, which begins anywhere.
func (l *factList) byPath(t *state.Desc, text string) (with []int64) {
	codes := strings.Split(text, "/")
	if l.lines == nil || len(codes) == 1 {
		return nil
	}
	last := len(codes) - 1
	for _, node := range l.lines.nodes[t][codes[last]] {
		if state.PathEnds(l.w.d, node.above, codes[:last]) {
			with = append(with, node.id)
		}
	}
	return with
}

// field names a column as the input does. Lines name a thing by more than its identifier: their project is the projectId of others.
func (l *factList) field(column string) string {
	name, ok := l.names[column]
	if !ok {
		name = camel(column)
	}
	if l.lines != nil {
		name = strings.TrimSuffix(name, "Id")
	}
	return name
}

// fields names columns as the input does.
func (l *factList) fields(columns []string) (names []string) {
	for _, c := range columns {
		names = append(names, l.field(c))
	}
	return names
}
