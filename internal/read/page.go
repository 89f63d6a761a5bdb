package read

import (
	"iter"
	"slices"
	"strings"

	"pmograph/internal/fault"
)

// Page is which part of a list is asked for, as Relay has it.
type Page struct {
	First  *int32
	After  *string
	Last   *int32
	Before *string
}

const (
	// DefaultPage is how many items a page has if nothing is said.
	DefaultPage = 20
	// MaxPage is how many items a page has at the most.
	MaxPage = 100
)

// size gives how many items are asked for, and whether from the end.
func (p Page) size() (n int, back bool, err error) {
	given := p.First
	switch {
	case p.First != nil && p.Last != nil:
		return 0, false, fault.At("last", "AMBIGUOUS", "give either first or last")
	case p.First == nil && p.Last == nil:
		return DefaultPage, false, nil
	case p.Last != nil:
		given, back = p.Last, true
	}
	if *given < 1 || *given > MaxPage {
		return 0, false, fault.At("first", "OUT_OF_RANGE", "a page has 1 to %d items, not %d", MaxPage, *given)
	}
	return int(*given), back, nil
}

// Edge is an item of a page.
type Edge[N any] struct {
	Node N
	of   cursors
	at   int // in the page
}

// Cursor is the place of the item in the list.
func (e Edge[N]) Cursor() string { return e.of.cursor(e.at) }

// places gives the cursors of rows.
type places[R any] interface{ cursor(R) string }

// cursors gives those of a page's items.
type cursors interface{ cursor(at int) string }

// Connection is a page of a list. Its items and cursors are made when they are asked for.
type Connection[R, N any, E interface{ ~struct{ Edge[N] } }] struct {
	v      *View
	rows   []R
	places places[R]
	show   func(*View, R) N
	nodes  *slab[N]
	around
}

// TotalCount is how many items the list has.
func (c *Connection[R, N, E]) TotalCount() int { return c.total }

// Nodes are the items of the page.
func (c *Connection[R, N, E]) Nodes() []N {
	nodes := c.nodes.some(len(c.rows))
	for at, row := range c.rows {
		nodes[at] = c.show(c.v, row)
	}
	return nodes
}

// Edges are the items of the page with their cursors.
func (c *Connection[R, N, E]) Edges() []E {
	edges := make([]E, len(c.rows))
	for at, row := range c.rows {
		edges[at] = E(struct{ Edge[N] }{Edge[N]{c.show(c.v, row), c, at}})
	}
	return edges
}

// PageInfo says where the page lies.
func (c *Connection[R, N, E]) PageInfo() PageInfo {
	return PageInfo{c.next, c.previous, len(c.rows), c}
}

func (c *Connection[R, N, E]) cursor(at int) string { return c.places.cursor(c.rows[at]) }

// PageInfo says where a page lies.
type PageInfo struct {
	HasNextPage, HasPreviousPage bool

	items int
	of    cursors
}

// StartCursor is the cursor of the first item; nil if there is none.
func (p PageInfo) StartCursor() *string { return p.cursorAt(0) }

// EndCursor is the cursor of the last item; nil if there is none.
func (p PageInfo) EndCursor() *string { return p.cursorAt(p.items - 1) }

func (p PageInfo) cursorAt(at int) *string {
	if p.items == 0 {
		return nil
	}
	return optional(p.of.cursor(at))
}

// around is what is known of the rows of a list beside those of a page.
type around struct {
	total          int  // rows of the list
	previous, next bool // there are some before the page, and after it
}

// paged is where the pages of one list are made in an answer that has many of them.
type paged[C, R, N any] struct {
	pages slab[C]
	rows  slab[R]
	nodes slab[N]
}

// pageOf gives a page that was found, as things.
func pageOf[C ~struct{ Connection[R, N, E] }, R, N any, E interface{ ~struct{ Edge[N] } }](v *View, page []R, a around, places places[R], show func(*View, R) N, in *paged[C, R, N]) *C {
	rows := in.rows.some(len(page))
	copy(rows, page)
	return in.pages.put(C(struct{ Connection[R, N, E] }{Connection[R, N, E]{v, rows, places, show, &in.nodes, a}}))
}

// connect gives a page of rows in an order, as things.
func connect[C ~struct{ Connection[R, N, E] }, R, N any, E interface{ ~struct{ Edge[N] } }](v *View, rows iter.Seq[R], o *order[R], asked Page, show func(*View, R) N) (*C, error) {
	var p pager[R]
	if err := p.begin(o, asked); err != nil {
		return nil, err
	}
	for row := range rows {
		p.see(row)
	}
	return pageOf(v, p.page(), p.around, o, show, new(paged[C, R, N])), nil
}

// where leaves out the rows that do not meet a condition.
func where[R any](rows iter.Seq[R], meets func(R) bool) iter.Seq[R] {
	return func(yield func(R) bool) {
		for row := range rows {
			if meets(row) && !yield(row) {
				return
			}
		}
	}
}

// among tells whether a condition on a closed list is met; an empty list is no condition.
func among[E comparable](list []E, v E) bool { return len(list) == 0 || slices.Contains(list, v) }

// within tells whether a text occurs in one of some names, capitals aside; none is no condition.
func within(text *string, names ...string) bool {
	return text == nil || slices.ContainsFunc(names, func(n string) bool {
		return strings.Contains(strings.ToLower(n), strings.ToLower(*text))
	})
}

// Direction is which way an order runs.
type Direction string

// Desc is the direction from the largest to the smallest.
const Desc Direction = "DESC"

// UnmarshalGQL reads the name.
func (d *Direction) UnmarshalGQL(src any) error { return word(d, src) }
