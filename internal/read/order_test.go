package read

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// Texts are ordered as what strings.ToLower makes of them, in whatever letters.
func TestCompareLower(t *testing.T) {
	texts := []string{"", "a", "A", "b", "B", "ab", "AB", "aB", "Ab", "a-b", "A_b", "ä", "Ä", "äb", "ÄB", "aÄ", "aä", "z", "Z", "Éa", "éB", "İ", "i", "I", "ı", "ß", "SS", "Σ", "ς", "σ", "a\xff", "A\xfe", "K", "k", "日本"}
	for _, a := range texts {
		for _, b := range texts {
			if have, want := compareLower(a, b), strings.Compare(strings.ToLower(a), strings.ToLower(b)); have != want {
				t.Errorf("%q and %q: %d, not %d", a, b, have, want)
			}
		}
	}
}

type item struct {
	id  int64
	num *int64
}

var some = []item{{1, new(int64(5))}, {2, nil}, {3, new(int64(2))}, {4, new(int64(5))}, {5, new(int64(9))}, {6, nil}, {7, new(int64(2))}}

func itemOrder(down bool) *order[item] {
	return &order[item]{name: "items", key: func(x item) key { return byNumber(x.num) }, id: func(x item) int64 { return x.id }, down: down}
}

// Of a list that is seen in any order, a page is what is cut from the whole list in order: whatever its size, its side, and its bounds, which
// may be items, lie between items, or the wrong way round.
func TestPageIsCutFromTheList(t *testing.T) {
	bounds := []*spot{nil, {key{Num: -1}, 9}, {key{Num: 2}, 5}, {key{Num: 12}, 0}, {key{None: true}, 4}}
	for _, x := range some {
		bounds = append(bounds, new(itemOrder(false).spot(x)))
	}
	for _, down := range []bool{false, true} {
		o := itemOrder(down)
		for _, after := range bounds {
			for _, before := range bounds {
				for size := 1; size <= len(some)+1; size++ {
					for _, back := range []bool{false, true} {
						for turn := range some {
							seen := slices.Concat(some[turn:], some[:turn])
							p := pager[item]{order: o, size: size, back: back, after: after, before: before}
							for _, x := range seen {
								p.see(x)
							}
							if have, want := shape(p.page(), p.around), plainPage(o, after, before, size, back); have != want {
								t.Fatalf("down %t, after %v, before %v, %d from the end: %t, from item %d on: %s, not %s", down, after, before, size, back, seen[0].id, have, want)
							}
						}
					}
				}
			}
		}
	}
}

// plainPage sorts the whole list and cuts the page.
func plainPage(o *order[item], after, before *spot, size int, back bool) string {
	all := slices.SortedFunc(slices.Values(some), func(a, b item) int { return o.compare(o.spot(a), o.spot(b)) })
	from, to := 0, len(all)
	if after != nil {
		for from < len(all) && o.compare(o.spot(all[from]), *after) <= 0 {
			from++
		}
	}
	if before != nil {
		for to = 0; to < len(all) && o.compare(o.spot(all[to]), *before) < 0; {
			to++
		}
	}
	if to = max(from, to); back {
		from = max(from, to-size)
	} else {
		to = min(to, from+size)
	}
	return shape(all[from:to], around{len(all), from > 0, to < len(all)})
}

func shape(page []item, a around) string {
	ids := []int64{}
	for _, x := range page {
		ids = append(ids, x.id)
	}
	return fmt.Sprint(ids, a.total, a.previous, a.next)
}

// A cursor names the place of its row, and no other order takes it.
func TestCursorsNamePlaces(t *testing.T) {
	o := &order[string]{name: "words", key: byText, id: func(s string) int64 { return int64(len(s)) }}
	text := o.cursor("ÄB")
	s, err := o.parse("after", &text)
	if err != nil || o.compare(*s, o.spot("äb")) != 0 || o.compare(*s, o.spot("äc")) >= 0 {
		t.Errorf("%v, %v", s, err)
	}
	for _, wrong := range []string{"", "x", text + "A", itemOrder(false).cursor(some[0])} {
		if _, err := o.parse("after", &wrong); err == nil {
			t.Errorf("%q was taken", wrong)
		}
	}
}

// Things of a slab are apart from each other, however many are asked for at once.
func TestSlab(t *testing.T) {
	var s slab[int]
	var all []*int
	for n := range 100 {
		made := s.some(n % 7)
		if made == nil || len(made) != n%7 || cap(made) != n%7 {
			t.Fatalf("%d of %d asked for, room for %d", len(made), n%7, cap(made))
		}
		for i := range made {
			made[i] = len(all)
			all = append(all, &made[i])
		}
	}
	for i, p := range all {
		if *p != i {
			t.Fatalf("thing %d was changed to %d", i, *p)
		}
	}
}
