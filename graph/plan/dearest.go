package plan

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Part is a part of an operation and what it may cost.
type Part struct {
	Path   string // the fields that lead there, with the sizes of pages: projects(first: 100) -> milestones(first: 50)
	Values int    // of its items, without those of lists within
	Page   int    // the size of its own page; 0 if it has none
}

// Dearest lists the parts of a plan that cost most, the dearest first: its lists, and fields with a weight of their own.
func (p *Plan) Dearest(vars map[string]any, most int) []Part {
	d := &dearest{pricing: newPricing(p, vars), enough: max(1, p.Price(vars)/50)}
	d.walk(p.root, era{}, 1, -1, nil, 0)
	slices.SortStableFunc(d.parts, func(a, b Part) int { return b.Values - a.Values })
	return d.parts[:min(most, len(d.parts))]
}

// dearest looks for dear parts where there is enough of them.
type dearest struct {
	*pricing
	enough int // values below which nobody looks
	steps  int
	parts  []Part
}

// maxSteps bounds how many places are looked at.
const maxSteps = 2000

// walk looks at a selection that there is some number of times; page is the size of the page it lies on, asked for by the step before. It gives
// what its parts cost that stand for themselves.
func (d *dearest) walk(s *Selection, in era, number int, page int, path []string, asked int) (apart int) {
	for _, site := range s.sites {
		if d.steps++; d.steps > maxSteps {
			return apart
		}
		own, within := d.page(&site.bounds), d.era(&site.bounds, in)
		whole := times(number, d.siteValues(site, own, within, page))
		if whole < d.enough {
			continue
		}
		n, step, of := number, site.name, 0
		switch {
		case own >= 0:
			step, of = site.name+"(first: "+strconv.Itoa(own)+")", own
		}
		if site.lists > 0 {
			items := d.own(&site.bounds, own, within)
			if items < 0 {
				items = site.other
				if page >= 0 {
					items, of = page, asked
				}
			}
			for range site.lists - 1 {
				items = times(items, max(site.size, site.other))
			}
			if n = times(n, items); own < 0 && page < 0 {
				step = fmt.Sprintf("%s (up to %d)", site.name, items)
			}
		}
		next := path
		if plain := site.name == "nodes" || site.name == "edges" || site.name == "node"; !plain {
			next = append(slices.Clone(path), step)
		}
		inner, below := 0, own
		if site.lists > 0 {
			below = -1
		}
		if dear := d.dearer(site, below, within); dear != nil {
			inner = d.walk(dear, within, n, below, next, of)
		}
		if site.lists > 0 || site.weight > 0 {
			if rest := whole - inner; rest >= d.enough {
				d.parts = append(d.parts, Part{strings.Join(next, " -> "), rest, of})
			}
			apart = add(apart, whole)
		} else {
			apart = add(apart, inner)
		}
	}
	return apart
}

// siteValues is what a site costs on a page.
func (d *dearest) siteValues(s *Site, own int, in era, page int) int {
	at := add(1, s.weight)
	if s.lists == 0 {
		return add(at, d.below(s, own, in))
	}
	item := add(1, d.below(s, -1, in))
	for range s.lists - 1 {
		item = add(1, times(max(s.size, s.other), item))
	}
	n := d.own(&s.bounds, own, in)
	if n < 0 {
		if n = page; n < 0 {
			n = s.other
		}
	}
	return add(at, times(n, item))
}

// dearer is the selection of the dearest object there may be at a site; nil if there is none.
func (d *dearest) dearer(s *Site, page int, in era) (best *Selection) {
	most := -1
	for _, sel := range s.below {
		if n := d.selection(sel, in).on(page); n > most {
			best, most = sel, n
		}
	}
	return best
}
