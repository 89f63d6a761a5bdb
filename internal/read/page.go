package read

import (
	"cmp"
	"encoding/base64"
	"encoding/json"
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
	defaultPage = 20
	maxPage     = 100
)

// size gives how many items are asked for, and whether from the end.
func (p Page) size() (n int, back bool, err error) {
	given := p.First
	switch {
	case p.First != nil && p.Last != nil:
		return 0, false, fault.At("last", "AMBIGUOUS", "give either first or last")
	case p.First == nil && p.Last == nil:
		return defaultPage, false, nil
	case p.Last != nil:
		given, back = p.Last, true
	}
	if *given < 1 || *given > maxPage {
		return 0, false, fault.At("first", "OUT_OF_RANGE", "a page has 1 to %d items, not %d", maxPage, *given)
	}
	return int(*given), back, nil
}

// Edge is an item of a page.
type Edge[N any] struct {
	Node   N
	at     int // in the page
	cursor func(at int) string
}

// Cursor is the place of the item in the list.
func (e Edge[N]) Cursor() string { return e.cursor(e.at) }

// Connection is a page of a list. Its items and cursors are made when they are asked for.
type Connection[N any, E interface{ ~struct{ Edge[N] } }] struct {
	PageInfo   PageInfo
	TotalCount int
	node       func(at int) N
}

// Nodes are the items of the page.
func (c Connection[N, E]) Nodes() []N {
	nodes := make([]N, c.PageInfo.items)
	for at := range nodes {
		nodes[at] = c.node(at)
	}
	return nodes
}

// Edges are the items of the page with their cursors.
func (c Connection[N, E]) Edges() []E {
	edges := make([]E, c.PageInfo.items)
	for at := range edges {
		edges[at] = E(struct{ Edge[N] }{Edge[N]{c.node(at), at, c.PageInfo.cursor}})
	}
	return edges
}

// PageInfo says where a page lies.
type PageInfo struct {
	HasNextPage, HasPreviousPage bool

	items  int
	cursor func(at int) string
}

// StartCursor is the cursor of the first item; nil if there is none.
func (p PageInfo) StartCursor() *string { return p.cursorAt(0) }

// EndCursor is the cursor of the last item; nil if there is none.
func (p PageInfo) EndCursor() *string { return p.cursorAt(p.items - 1) }

func (p PageInfo) cursorAt(at int) *string {
	if p.items == 0 {
		return nil
	}
	return optional(p.cursor(at))
}

// key is what an item is ordered by; items without one come last, whichever way the order runs.
type key struct {
	None bool   `json:"z,omitempty"`
	Num  int64  `json:"n,omitempty"`
	Text string `json:"t,omitempty"`
}

func byText(s string) key { return key{Text: strings.ToLower(s)} }

// byNumber orders by a number that may be missing.
func byNumber[I ~int | ~int32 | ~int64](n *I) key {
	if n == nil {
		return key{None: true}
	}
	return key{Num: int64(*n)}
}

// order is how a list of rows runs: by key, then by number. Its name is part of every cursor, so that a cursor of one order is refused
// by another.
type order[R any] struct {
	name string
	key  func(R) key
	id   func(R) int64
	down bool
}

// spot is where an item lies in an order.
type spot struct {
	Key key   `json:"k"`
	ID  int64 `json:"i"`
}

// cursor is a place in a named order: between the item it was made for and the next, even if that item changes or goes.
type cursor struct {
	Order string `json:"o"`
	spot
}

func (c cursor) String() string {
	b, _ := json.Marshal(c) // strings and numbers alone
	return base64.RawURLEncoding.EncodeToString(b)
}

func (o order[R]) parse(argument string, text *string) (*cursor, error) {
	if text == nil {
		return nil, nil
	}
	c := new(cursor)
	b, err := base64.RawURLEncoding.DecodeString(*text)
	if err == nil {
		err = json.Unmarshal(b, c)
	}
	if err != nil {
		return nil, fault.At(argument, "INVALID", "this is not a cursor; give one that an answer contained")
	}
	if c.Order != o.name {
		return nil, fault.At(argument, "OTHER_ORDER", "the cursor is of the order %s, this list runs by %s; begin again without a cursor", c.Order, o.name)
	}
	return c, nil
}

func (o order[R]) compare(a, b spot) int {
	if a.Key.None != b.Key.None {
		if a.Key.None {
			return 1
		}
		return -1
	}
	c := cmp.Compare(a.Key.Num, b.Key.Num)
	if c == 0 {
		c = strings.Compare(a.Key.Text, b.Key.Text)
	}
	if o.down {
		c = -c
	}
	if c == 0 {
		c = cmp.Compare(a.ID, b.ID)
	}
	return c
}

// connect gives a page of rows in an order, as things.
func connect[C ~struct{ Connection[N, E] }, R, N any, E interface{ ~struct{ Edge[N] } }](v *View, rows iter.Seq[R], o order[R], p Page, wrap func(*View, R) N) (*C, error) {
	n, back, err := p.size()
	if err != nil {
		return nil, err
	}
	after, err := o.parse("after", p.After)
	if err != nil {
		return nil, err
	}
	before, err := o.parse("before", p.Before)
	if err != nil {
		return nil, err
	}
	type item struct {
		spot
		row R
	}
	var all []item
	for row := range rows {
		all = append(all, item{spot{o.key(row), o.id(row)}, row})
	}
	slices.SortFunc(all, func(a, b item) int { return o.compare(a.spot, b.spot) })
	from, to := 0, len(all)
	find := func(c *cursor) (int, bool) {
		return slices.BinarySearchFunc(all, c.spot, func(i item, s spot) int { return o.compare(i.spot, s) })
	}
	if after != nil {
		i, found := find(after)
		if from = i; found {
			from++
		}
	}
	if before != nil {
		to, _ = find(before)
	}
	to = max(from, to)
	if back {
		from = max(from, to-n)
	} else {
		to = min(to, from+n)
	}
	page := all[from:to]
	return pageOf[C](len(page), from > 0, to < len(all), len(all),
		func(at int) string { return cursor{o.name, page[at].spot}.String() },
		func(at int) N { return wrap(v, page[at].row) }), nil
}

// pageOf gives a page of some items of a list.
func pageOf[C ~struct{ Connection[N, E] }, N any, E interface{ ~struct{ Edge[N] } }](items int, previous, next bool, total int, cursor func(at int) string, node func(at int) N) *C {
	c := C(struct{ Connection[N, E] }{Connection[N, E]{PageInfo{next, previous, items, cursor}, total, node}})
	return &c
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
