package read

import (
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
	Cursor string
	Node   N
}

// Connection is a page of a list.
type Connection[N any, E interface{ ~struct{ Edge[N] } }] struct {
	Edges      []E
	Nodes      []N
	PageInfo   PageInfo
	TotalCount int
}

// PageInfo says where a page lies.
type PageInfo struct {
	HasNextPage, HasPreviousPage bool
	StartCursor, EndCursor       *string
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

// cursor is a place in an order: between the item it was made for and the next, even if that item changes or goes.
type cursor struct {
	Order string `json:"o"`
	Key   key    `json:"k"`
	ID    int64  `json:"i"`
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

func (o order[R]) compare(a, b cursor) int {
	if a.Key.None != b.Key.None {
		if a.Key.None {
			return 1
		}
		return -1
	}
	c := cmp(a.Key.Num, b.Key.Num)
	if c == 0 {
		c = strings.Compare(a.Key.Text, b.Key.Text)
	}
	if o.down {
		c = -c
	}
	if c == 0 {
		c = cmp(a.ID, b.ID)
	}
	return c
}

func cmp(a, b int64) int { return int(min(max(a-b, -1), 1)) }

// connect gives a page of rows in an order, as things.
func connect[R, N any, E interface{ ~struct{ Edge[N] } }](v *View, rows iter.Seq[R], o order[R], p Page, wrap func(*View, R) N) (*Connection[N, E], error) {
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
		at  cursor
		row R
	}
	var all []item
	for row := range rows {
		all = append(all, item{cursor{o.name, o.key(row), o.id(row)}, row})
	}
	slices.SortFunc(all, func(a, b item) int { return o.compare(a.at, b.at) })
	from, to := 0, len(all)
	find := func(c cursor) (int, bool) {
		return slices.BinarySearchFunc(all, c, func(i item, c cursor) int { return o.compare(i.at, c) })
	}
	if after != nil {
		i, found := find(*after)
		if from = i; found {
			from++
		}
	}
	if before != nil {
		to, _ = find(*before)
	}
	to = max(from, to)
	if back {
		from = max(from, to-n)
	} else {
		to = min(to, from+n)
	}
	c := &Connection[N, E]{TotalCount: len(all), PageInfo: PageInfo{HasNextPage: to < len(all), HasPreviousPage: from > 0}, Edges: []E{}, Nodes: []N{}}
	for _, i := range all[from:to] {
		node := wrap(v, i.row)
		c.Nodes = append(c.Nodes, node)
		c.Edges = append(c.Edges, E(struct{ Edge[N] }{Edge[N]{i.at.String(), node}}))
	}
	if from < to {
		start, end := all[from].at.String(), all[to-1].at.String()
		c.PageInfo.StartCursor, c.PageInfo.EndCursor = &start, &end
	}
	return c, nil
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
