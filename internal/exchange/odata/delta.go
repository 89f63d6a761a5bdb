package odata

import (
	"bytes"
	"cmp"
	"errors"
	"iter"
	"slices"
	"time"

	"pmograph/internal/exchange/dataset"
	"pmograph/internal/exchange/odata/uri"
	"pmograph/internal/fault"
	"pmograph/internal/state"
)

// changes answers with what differs between what its caller read and what there is now: changed and new rows as they are, and which are there no more.
func (c *call) changes() error {
	t, err := c.opened(c.req.DeltaToken)
	if err != nil {
		return err
	}
	until := t.Page
	if until == nil {
		until = &pages{To: c.view.Position().String(), Day: c.view.Day().String()}
	}
	d := &difference{call: c, from: t, page: *until, limit: cmp.Or(c.form.page, defaultPage), began: c.Now()}
	if d.then, err = c.side(t.From, t.Day, until.Then); err != nil {
		if fault.Is(err, fault.Invalid) { // what is asked now could not be asked then
			return gone("the set had other columns then")
		}
		return err
	}
	defer d.then.stop()
	if d.now, err = c.side(until.To, until.Day, until.Now); err != nil {
		return err
	}
	defer d.now.stop()
	if err := d.nothingErased(until.To); err != nil {
		return err
	}
	c.headers(c.form.contentType())
	b := c.context(append(c.out.buf, '{'), c.req.Of.Name+d.now.shower.projected(&d.now.req.Shape)+"/$delta")
	c.out.buf = append(then(b), `"value":[`...)
	same := t.From == until.To && t.Day == until.Day
	defer func() { c.Charge(c.r.Context(), d.values) }()
	if !same {
		if err := d.tell(); err != nil {
			return err
		}
	}
	b = append(c.out.buf, ']')
	if d.cut {
		next := *t
		if next.Page == nil {
			next.At = c.Now().Unix()
		}
		next.Page = &d.page
		b = c.link(b, "nextLink", c.changesSince(&next))
	} else {
		b = c.link(b, "deltaLink", c.changesSince(&token{From: until.To, Day: until.Day, At: c.Now().Unix()}))
	}
	c.out.buf = append(b, '}')
	return nil
}

// entriesPage is how many entries are read at a time to look for erasures.
const entriesPage = 500

// nothingErased refuses to tell changes over an erasure of what the caller sees, or saw: it is gone from what was, too, so that it would not be told.
func (d *difference) nothingErased(to string) error {
	from, err := d.position(d.from.From)
	if err != nil {
		return err
	}
	last, err := d.position(to)
	if err != nil {
		return err
	}
	past := d.view.Within(d.r.Context()).Past()
	for at := from.Seq; at < last.Seq; {
		entries, err := past.Entries(at, last.Seq, false, entriesPage)
		if err != nil || len(entries) == 0 {
			return err
		}
		for i := range entries {
			if at = entries[i].Seq; entries[i].Erases() && (d.then.sees(&entries[i]) || d.now.sees(&entries[i])) {
				return gone("something was erased since")
			}
		}
	}
	return nil
}

// sees tells whether a row that an entry changed is there.
func (s *side) sees(e *state.Entry) bool {
	for i := range e.Changes {
		table, _ := state.TableNamed(e.Changes[i].Entity)
		for _, set := range dataset.CatalogueOf(s.view).Datasets {
			if table != nil && set.Entity == table && len(set.Key) == 1 && set.Find(s.view, []dataset.Value{dataset.OfID(table, e.Changes[i].ID)}) != nil {
				return true
			}
		}
	}
	return false
}

// difference merges what was with what is. Both come in the same order; they are compared in runs of rows with the same first value of it.
type difference struct {
	*call
	then, now *side
	from      *token
	page      pages // where the next page begins
	limit     int   // changes of a page
	told      int
	values    int
	cut       bool // there is a next page
	began     time.Time
}

// side is the rows as they were, or as they are.
type side struct {
	req    *uri.Request
	view   *dataset.View
	plan   *dataset.Plan
	shower *shower
	next   func() (*seen, bool)
	stop   func()
	head   *seen // the next row
	err    error
	at     string // cursor of the last row that was taken
}

// seen is a row, written.
type seen struct {
	key   string // as addresses have it
	text  []byte
	row   []dataset.Value // key
	order []dataset.Value
	count int // values
}

var errStopped = errors.New("no more rows are wanted")

// side reads the question by a view, and begins to read its rows behind a cursor.
func (c *call) side(position, day, after string) (*side, error) {
	v, err := c.seenAt(position, day)
	if err != nil {
		return nil, err
	}
	s := &side{view: v, at: after}
	if s.req, err = c.read(v, c.path); err != nil {
		return nil, err
	}
	q := s.req.Query
	q.Order, q.Skip, q.Top, q.Total, q.After, q.Page = nil, 0, 0, false, nil, 0
	selected(&q, &s.req.Shape)
	if q.Select == nil {
		for _, col := range q.Of.Columns {
			q.Select = append(q.Select, dataset.Col(col.Name))
		}
		for _, made := range q.Compute {
			q.Select = append(q.Select, dataset.Col(made.Name))
		}
	}
	shown := len(q.Select)
	for _, name := range q.Of.Order {
		q.Select = append(q.Select, dataset.Col(name))
	}
	if after != "" {
		if q.After, err = dataset.ParseCursor(after); err != nil {
			return nil, err
		}
	}
	if s.plan, err = q.Plan(); err != nil {
		return nil, err
	}
	s.shower = shows(&c.form, s.req.Of, s.plan, shown).linked(&s.req.Shape)
	s.next, s.stop = iter.Pull(s.rows(shown))
	return s, nil
}

func (s *side) rows(shown int) iter.Seq[*seen] {
	return func(yield func(*seen) bool) {
		_, err := s.plan.Each(s.view, func(r *dataset.Row) error {
			before := s.shower.all()
			x := &seen{key: string(appendKey(nil, s.req.Of, r.Key)), text: s.shower.row(nil, r), row: slices.Clone(r.Key), order: slices.Clone(r.Values[shown:])}
			if x.count = s.shower.all() - before; !yield(x) {
				return errStopped
			}
			return nil
		})
		if !errors.Is(err, errStopped) {
			s.err = err
		}
	}
}

// peek gives the next row, nil at the end.
func (s *side) peek() (*seen, error) {
	if s.head == nil {
		s.head, _ = s.next()
	}
	return s.head, s.err
}

// run takes the rows that begin with a value.
func (s *side) run(first dataset.Value) (all []*seen, err error) {
	for {
		x, err := s.peek()
		if err != nil || x == nil || !dataset.Same(x.order[0], first) {
			return all, err
		}
		all, s.head = append(all, x), nil
	}
}

// pass notes that rows were dealt with.
func (s *side) pass(all []*seen) {
	if n := len(all); n > 0 {
		s.at = (&dataset.Cursor{Values: all[n-1].order}).String()
	}
}

// tell writes the differences, until the page is full or took half of the time there is.
func (d *difference) tell() error {
	known := d.page.Known
	for {
		a, err := d.then.peek()
		if err != nil {
			return err
		}
		b, err := d.now.peek()
		if err != nil {
			return err
		}
		if a == nil && b == nil {
			return nil
		}
		if d.told >= d.limit || d.Now().Sub(d.began) > d.Time/2 {
			d.cut, d.page.Then, d.page.Now, d.page.Known = true, d.then.at, d.now.at, known
			return nil
		}
		first := firstOf(a, b)
		were, err := d.then.run(first)
		if err != nil {
			return err
		}
		are, err := d.now.run(first)
		if err != nil {
			return err
		}
		n, err := d.compare(were, are, known)
		if err != nil {
			return err
		}
		if d.cut {
			d.page.Then, d.page.Now, d.page.Known = d.then.at, d.now.at, n
			return nil
		}
		known = 0
		d.then.pass(were)
		d.now.pass(are)
	}
}

// firstOf gives the lower of the first values of two rows, of which one may be missing.
func firstOf(a, b *seen) dataset.Value {
	switch {
	case a == nil:
		return b.order[0]
	case b == nil || dataset.Compare(a.order[0], b.order[0]) <= 0:
		return a.order[0]
	}
	return b.order[0]
}

// compare writes how rows that were differ from those that are, but for the first few differences, which are known. n is how many are known then.
func (d *difference) compare(were, are []*seen, known int) (n int, err error) {
	for len(were) > 0 && len(are) > 0 && were[0].key == are[0].key && bytes.Equal(were[0].text, are[0].text) {
		were, are = were[1:], are[1:]
	}
	before := make(map[string]*seen, len(were))
	for _, x := range were {
		before[x.key] = x
	}
	tell := func(write func(b []byte) []byte, values int) error {
		switch n++; {
		case n <= known:
			return nil
		case d.told == d.limit:
			n--
			d.cut = true
			return nil
		}
		d.told++
		d.values += values
		d.out.buf = write(then(d.out.buf))
		return d.out.flush(chunk)
	}
	for _, x := range are {
		was := before[x.key]
		delete(before, x.key)
		if was != nil && bytes.Equal(was.text, x.text) {
			continue
		}
		if err := tell(func(b []byte) []byte { return append(b, x.text...) }, x.count); err != nil || d.cut {
			return n, err
		}
	}
	for _, x := range were {
		if before[x.key] == nil {
			continue
		}
		if err := tell(func(b []byte) []byte { return d.removed(b, x) }, 1); err != nil || d.cut {
			return n, err
		}
	}
	return n, nil
}

// removed writes that a row is there no more, or does not fit the filter any more.
func (d *difference) removed(b []byte, x *seen) []byte {
	of, why := d.now.req.Of, "deleted"
	if of.Find(d.now.view, x.row) != nil {
		why = "changed"
	}
	id := of.Name + x.key
	b = append(b, '{')
	if d.form.old {
		b = appendText(append(b, `"@odata.context":`...), d.root()+"$metadata#"+of.Name+"/$deletedEntity")
		b = appendText(append(b, `,"id":`...), id)
		return append(appendText(append(b, `,"reason":`...), why), '}')
	}
	b = appendText(append(b, `"@removed":{"reason":`...), why)
	return append(appendText(append(b, `},"@id":`...), id), '}')
}
