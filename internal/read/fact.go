package read

import (
	"encoding/base64"
	"encoding/json"
	"iter"
	"slices"

	"pmograph/auth"
	"pmograph/internal/fault"
	"pmograph/internal/state"
)

// FactsPayload answers mutations of many facts.
type FactsPayload struct{ Outcome }

func kindOfFacts[T any, N Node](t *state.Facts[T], wrap func(*View, *T) N) kind {
	return kind{
		get: func(r state.Reader, id int64) any {
			if row := t.Get(r, id); row != nil {
				return row
			}
			return nil
		},
		place: func(r state.Reader, row any) auth.Place { return t.PlaceOf(r, row.(*T)) },
		node:  func(v *View, row any) Node { return wrap(v, row.(*T)) },
	}
}

// factOrder is how a list of facts of one owner runs: as they are kept, by the columns of their key. Its cursors hold the key's values.
type factOrder[T any] struct {
	table *state.Facts[T]
	key   []state.Col
}

func orderOf[T any](t *state.Facts[T], key ...string) *factOrder[T] {
	o := &factOrder[T]{table: t}
	for _, name := range key {
		o.key = append(o.key, t.Col(name))
	}
	return o
}

type factCursor struct {
	Order string  `json:"o"`
	Key   []int64 `json:"k"`
}

func (o *factOrder[T]) at(x state.Fact) []int64 {
	key := make([]int64, len(o.key))
	for i, c := range o.key {
		key[i] = x.Val(c)
	}
	return key
}

func (o *factOrder[T]) cursor(x state.Fact) string {
	b, _ := json.Marshal(factCursor{o.table.Desc().Name, o.at(x)}) // a string and numbers alone
	return base64.RawURLEncoding.EncodeToString(b)
}

func (o *factOrder[T]) parse(argument string, text *string) ([]int64, error) {
	if text == nil {
		return nil, nil
	}
	c := factCursor{}
	b, err := base64.RawURLEncoding.DecodeString(*text)
	if err == nil {
		err = json.Unmarshal(b, &c)
	}
	if err != nil || c.Order != o.table.Desc().Name || len(c.Key) != len(o.key) {
		return nil, fault.At(argument, "INVALID", "this is not a cursor of this list; give one that an answer contained")
	}
	return c.Key, nil
}

// connectFacts gives a page of facts, which come in order.
func connectFacts[C ~struct{ Connection[state.Fact, N, E] }, T, N any, E interface{ ~struct{ Edge[N] } }](v *View, rows iter.Seq[state.Fact], o *factOrder[T], p Page, wrap func(*View, *T) N) (*C, error) {
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
	var page []state.Fact
	var a around
	for x := range rows {
		a.total++
		switch {
		case after != nil && slices.Compare(o.at(x), after) <= 0:
			a.previous = true
		case before != nil && slices.Compare(o.at(x), before) >= 0:
			a.next = true
		case len(page) < n:
			page = append(page, x)
		case back:
			a.previous = true
			page = append(page[1:], x)
		default:
			a.next = true
		}
	}
	show := func(v *View, x state.Fact) N { return wrap(v, o.table.Row(x)) }
	return pageOf(v, page, a, o, show, new(paged[C, state.Fact, N])), nil
}
