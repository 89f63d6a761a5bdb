package plan

import (
	"encoding/json"
	"math"
	"slices"
	"strconv"

	"github.com/vektah/gqlparser/v2/ast"
)

// The price of a plan is the most values that a run of it counts, one for each field and for each item of a list, and the weights of its
// fields beside. What it needs stands in the schema: how long a list may be, and what is dear. See graph/schema/price.graphql.

// mutationWeight is what a mutation takes beside what it answers, if the schema does not say.
const mutationWeight = 100

// bounds say what a site may add to the price.
type bounds struct {
	weight int // what answering it takes beside what it emits
	lists  int // how many lists lie within one another
	size   int // of the list, if the field itself says so; negative if it does not
	other  int // of the list, if neither the field nor a page says so
	page   int // that its arguments ask for; negative if it has none for that
	most   int // items that a page of its own may have
	asks   []ask
	span   *span // the days of which what lies below speaks, if the field's arguments say so
	spans  bool  // the list has an item for each period of the span it lies in, at most
}

// ask is an argument that holds a variable and gives the size of a page.
type ask struct {
	value  *ast.Value
	unsaid int // if the variable is not given; negative if that says nothing
}

// price is what a selection may come to: fixed and each times the size of the page that it lies on, or fixed and alone if it lies on none.
type price struct{ fixed, each, alone int }

func (p price) on(page int) int {
	if page < 0 {
		return add(p.fixed, p.alone)
	}
	return add(p.fixed, times(page, p.each))
}

// Price is an upper bound of what a run counts (Result.Cost; of a subscription for one event): the values, and the weights of what is asked. It
// is never negative; what has no bound is the largest number there is.
func (p *Plan) Price(vars map[string]any) int {
	if p.priced > 0 {
		return p.priced
	}
	return newPricing(p, vars).selection(p.root, era{}).on(-1)
}

// pricing works out prices for some values of variables.
type pricing struct {
	table *Table
	vars  map[string]any
	known []knownPrice       // of selections whose price varies, by their place
	more  map[priceKey]price // of those that lie in several spans
}

type knownPrice struct {
	era
	price // its fixed part is 0 while it is not known
}

type priceKey struct {
	place int
	era
}

func newPricing(p *Plan, vars map[string]any) *pricing {
	x := &pricing{vars: vars, table: p.table}
	if p.varying > 0 {
		x.known = make([]knownPrice, p.varying)
	}
	return x
}

func (x *pricing) selection(s *Selection, in era) price {
	if !s.varies {
		return s.price
	}
	known := &x.known[s.place]
	if known.fixed == 0 {
		known.era, known.price = in, x.sum(s.sites, in)
	}
	if known.era == in {
		return known.price
	}
	key := priceKey{s.place, in}
	p, ok := x.more[key]
	if !ok {
		if x.more == nil {
			x.more = map[priceKey]price{}
		}
		p = x.sum(s.sites, in)
		x.more[key] = p
	}
	return p
}

func (x *pricing) sum(sites []*Site, in era) (p price) {
	for _, s := range sites {
		p.fixed = add(p.fixed, add(1, s.weight))
		page, in := x.page(&s.bounds), x.era(&s.bounds, in)
		if s.lists == 0 {
			p.fixed = add(p.fixed, x.below(s, page, in))
			continue
		}
		own := x.own(&s.bounds, page, in)
		item := add(1, x.below(s, -1, in))
		for range s.lists - 1 {
			item = add(1, times(max(s.size, s.other), item))
		}
		if own >= 0 {
			p.fixed = add(p.fixed, times(own, item))
			continue
		}
		p.each, p.alone = add(p.each, item), add(p.alone, times(s.other, item))
	}
	return p
}

// own is the size of a list that its field says: by a page, by itself, or by the days it speaks of; negative if it says none.
func (x *pricing) own(b *bounds, page int, in era) int {
	if page >= 0 {
		return page
	}
	if n := in.periods(); b.spans && n >= 0 {
		return min(n, b.size)
	}
	return b.size
}

// below is the price of the dearest object there may be at a site.
func (x *pricing) below(s *Site, page int, in era) (most int) {
	for _, sel := range s.below {
		most = max(most, x.selection(sel, in).on(page))
	}
	return most
}

// page is the size of the page that a site asks for; negative if it asks for none.
func (x *pricing) page(b *bounds) int {
	if b.asks == nil {
		return b.page
	}
	page := b.page
	for _, a := range b.asks {
		page = max(page, size(a.value, x.vars, a.unsaid, b.most))
	}
	if page < 0 {
		return x.table.Page
	}
	return page
}

// size reads how many items an argument asks for.
func size(v *ast.Value, vars map[string]any, unsaid, most int) int {
	given, _ := v.Value(vars)
	n := int64(most) // what is no number is refused, or is one in another form
	switch x := given.(type) {
	case nil:
		return unsaid
	case int:
		n = int64(x)
	case int32:
		n = int64(x)
	case int64:
		n = x
	case json.Number:
		if whole, err := x.Int64(); err == nil {
			n = whole
		}
	}
	return int(min(max(n, 0), int64(most)))
}

// bound reads what the schema says of a site's price.
func (c *compiler) bound(s *Site, typeName string) {
	def := s.field.Definition
	if d := c.schema.Types[typeName]; d != nil && d.Fields.ForName(def.Name) != nil {
		def = d.Fields.ForName(def.Name) // the object's own, which may say more than its interface
	}
	if s.weight = directed(def.Directives, "cost", "weight"); s.weight < 0 {
		s.weight = 0
		if c.schema.Mutation != nil && typeName == c.schema.Mutation.Name {
			s.weight = mutationWeight
		}
	}
	s.most = c.table.MaxPage
	if own := directed(def.Directives, "listSize", "assumedSize"); own >= 0 {
		s.most = own
	}
	s.page = c.page(s, def.Arguments)
	for t := def.Type; t.Elem != nil; t = t.Elem {
		s.lists++
	}
	s.span = c.span(s, def)
	if s.size = -1; s.lists == 0 {
		return
	}
	if d := def.Directives.ForName("listSize"); d != nil && d.Arguments.ForName("bySpan") != nil {
		s.spans = d.Arguments.ForName("bySpan").Value.Raw == "true"
	}
	s.size, s.other = directed(def.Directives, "listSize", "assumedSize"), math.MaxInt
	if n := directed(c.schema.Types[def.Type.Name()].Directives, "listSize", "assumedSize"); n >= 0 {
		s.other = n
	}
}

// page gives the size of the page that constant arguments ask for, negative if none do, and notes those that hold variables.
func (c *compiler) page(s *Site, args ast.ArgumentDefinitionList) int {
	page, paged := -1, false
	for _, name := range []string{"first", "last"} {
		def := args.ForName(name)
		if def == nil {
			continue
		}
		paged = true
		unsaid := size(def.DefaultValue, nil, -1, s.most)
		switch given := s.field.Arguments.ForName(name); {
		case given == nil:
			page = max(page, unsaid)
		case given.Value.Kind == ast.Variable:
			c.open = true
			s.asks = append(s.asks, ask{given.Value, unsaid})
		default:
			page = max(page, size(given.Value, nil, -1, s.most))
		}
	}
	if paged && page < 0 && s.asks == nil {
		return c.table.Page
	}
	return page
}

// directed reads a number that a directive gives; negative if there is none.
func directed(list ast.DirectiveList, directive, argument string) int {
	d := list.ForName(directive)
	if d == nil {
		return -1
	}
	if a := d.Arguments.ForName(argument); a != nil {
		if n, err := strconv.Atoi(a.Value.Raw); err == nil {
			return n
		}
	}
	return -1
}

// price works out what a selection comes to, once, if no variable has a part in it.
func (c *compiler) price(s *Selection) {
	if s.varies = slices.ContainsFunc(s.sites, (*Site).varies); s.varies {
		s.place = c.vary
		c.vary++
		return
	}
	s.price = (&pricing{table: c.table}).sum(s.sites, era{})
}

// varies tells whether what a site adds to the price depends on variables, or on the span it lies in.
func (s *Site) varies() bool {
	return s.asks != nil || s.spans || slices.ContainsFunc(s.below, func(x *Selection) bool { return x.varies })
}

func add(a, b int) int {
	if a > math.MaxInt-b {
		return math.MaxInt
	}
	return a + b
}

func times(a, b int) int {
	if a != 0 && b > math.MaxInt/a {
		return math.MaxInt
	}
	return a * b
}
