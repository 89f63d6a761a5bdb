package read

import (
	"cmp"
	"encoding/base64"
	"encoding/json"
	"strings"

	"pmograph/internal/fault"
)

// key is what an item is ordered by; items without one come last, whichever way the order runs.
type key struct {
	None bool
	Num  int64
	Text string // capitals aside
}

func byText(s string) key { return key{Text: s} }

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
	key
	id int64
}

func (o *order[R]) spot(row R) spot { return spot{o.key(row), o.id(row)} }

func (o *order[R]) compare(a, b spot) int {
	if a.None != b.None {
		if a.None {
			return 1
		}
		return -1
	}
	c := cmp.Compare(a.Num, b.Num)
	if c == 0 {
		c = compareLower(a.Text, b.Text)
	}
	if o.down {
		c = -c
	}
	if c == 0 {
		c = cmp.Compare(a.id, b.id)
	}
	return c
}

// compareLower compares what strings.ToLower makes of two texts.
func compareLower(a, b string) int {
	for i := range min(len(a), len(b)) {
		x, y := a[i], b[i]
		if x|y >= 0x80 {
			return strings.Compare(strings.ToLower(a[i:]), strings.ToLower(b[i:]))
		}
		if c := cmp.Compare(lower(x), lower(y)); c != 0 {
			return c
		}
	}
	return cmp.Compare(len(a), len(b))
}

func lower(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		c += 'a' - 'A'
	}
	return c
}

// cursor is a place in a named order: between the item it was made for and the next, even if that item changes or goes.
type cursor struct {
	Order string `json:"o"`
	Key   struct {
		None bool   `json:"z,omitempty"`
		Num  int64  `json:"n,omitempty"`
		Text string `json:"t,omitempty"`
	} `json:"k"`
	ID int64 `json:"i"`
}

func (c *cursor) spot() spot { return spot{key{c.Key.None, c.Key.Num, c.Key.Text}, c.ID} }

// cursor gives the place of a row.
func (o *order[R]) cursor(row R) string {
	s, c := o.spot(row), cursor{Order: o.name}
	c.ID, c.Key.None, c.Key.Num, c.Key.Text = s.id, s.None, s.Num, strings.ToLower(s.Text)
	b, _ := json.Marshal(c) // strings and numbers alone
	return base64.RawURLEncoding.EncodeToString(b)
}

func (o *order[R]) parse(argument string, text *string) (*spot, error) {
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
	s := c.spot()
	return &s, nil
}

// pager picks the rows of a page while it sees those of a list, in any order, once each.
type pager[R any] struct {
	around
	order         *order[R]
	size          int  // of a full page
	back          bool // the page is the list's end
	after, before *spot
	n             int // rows of the page so far
	rows          [MaxPage]R
}

func (p *pager[R]) begin(o *order[R], asked Page) (err error) {
	p.order = o
	if p.size, p.back, err = asked.size(); err != nil {
		return err
	}
	if p.after, err = o.parse("after", asked.After); err != nil {
		return err
	}
	p.before, err = o.parse("before", asked.Before)
	return err
}

func (p *pager[R]) see(row R) {
	p.total++
	s := p.order.spot(row)
	switch {
	case p.after != nil && p.order.compare(s, *p.after) <= 0:
		p.previous = true
		return
	case p.before != nil && p.order.compare(s, *p.before) >= 0:
		p.next = true
		return
	}
	at, page := p.place(s), p.page()
	switch {
	case p.n < p.size:
		p.n++
		copy(p.rows[at+1:p.n], page[at:])
		p.rows[at] = row
	case p.back:
		if p.previous = true; at > 0 {
			copy(page, page[1:at])
			page[at-1] = row
		}
	default:
		if p.next = true; at < p.n {
			copy(page[at+1:], page[at:])
			page[at] = row
		}
	}
}

// page gives the rows of the page, in order.
func (p *pager[R]) page() []R { return p.rows[:p.n] }

// place finds where a row comes in the page.
func (p *pager[R]) place(s spot) int {
	less := func(i int) bool { return p.order.compare(p.order.spot(p.rows[i]), s) < 0 }
	from, to := 0, p.n
	if to > 0 && less(to-1) {
		return to
	}
	for from < to {
		if mid := (from + to) / 2; less(mid) {
			from = mid + 1
		} else {
			to = mid
		}
	}
	return from
}
