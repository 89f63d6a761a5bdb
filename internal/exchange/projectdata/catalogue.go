package projectdata

import (
	"iter"
	"slices"

	"pmograph/auth"
	"pmograph/ent"
	"pmograph/internal/exchange/dataset"
	"pmograph/internal/figure"
	"pmograph/internal/state"
	"pmograph/internal/vocab"
)

// catalogue is the feed as a viewer has it: the same sets and properties for everybody, and a property for each indicator that has a column here
// and that he may see.
type catalogue struct {
	*dataset.Catalogue
	sets   []*set
	byName map[string]*set
}

type catalogueKey struct{}

func catalogueOf(v *view) *catalogue {
	return dataset.Once(v, catalogueKey{}, func() *catalogue {
		c := &catalogue{byName: map[string]*set{}}
		var all []*dataset.Dataset
		for _, s := range feed {
			if s.Name == "Projects" {
				s = s.with(indicators(v))
			}
			c.sets = append(c.sets, s)
			c.byName[s.Name] = s
			all = append(all, s.dataset())
		}
		c.Catalogue = dataset.NewCatalogue(all)
		return c
	})
}

// with is the set with more properties; those whose names are taken are left out.
func (s *set) with(more []property) *set {
	own := *s
	own.Properties = slices.Clip(s.Properties)
	for _, p := range more {
		if own.property(p.Name) == nil {
			own.Properties = append(own.Properties, p)
		}
	}
	return &own
}

// indicators are the properties of projects that are indicators.
func indicators(v *view) (all []property) {
	for d := range state.KpiDefinitions.All(v) {
		class := vocab.ClassPublic
		if d.AboutMoney {
			class = vocab.ClassMoney
		}
		if d.FeedColumn == nil || d.ArchivedAt != nil || !v.Rights().Anywhere().Has(auth.Read|auth.Reads(class)) {
			continue
		}
		f := filling[ent.Project](dataset.Decimal)(*d.FeedColumn, "the indicator "+d.Code, func(v *view, p *ent.Project) value { return indicated(v, d, p) }).closed(class)
		all = append(all, property{Name: f.Name, Edm: "Decimal", Nullable: true, Fill: &f})
	}
	return all
}

// indicated is an indicator of a project; there is none where it is for others.
func indicated(v *view, d *ent.KpiDefinition, p *ent.Project) value {
	at := state.Ref{Table: state.Projects.Desc(), ID: p.ID}
	if !figure.KpiHolds(v, d, at) {
		return dataset.None
	}
	sees := state.Projects.Key(v, p).Sees
	node := &figure.KpiNode{Ref: at, Project: p, Opens: sees}
	node.Complete = sees
	k := v.Book.Kpi(node, d)
	return dataset.OfFigure(k.At(statusDay(v, p)).Value().Now())
}

// dataset is the set as a dataset.
func (s *set) dataset() *dataset.Dataset {
	d := dataset.Dataset{Name: s.Name, Singular: s.Type, Key: s.keys(), Order: s.keys()}
	if s.Rows != nil {
		d.Order, d.Time = s.Rows.Order, s.Rows.Time
	}
	for i := range s.Properties {
		d.Columns = append(d.Columns, s.Properties[i].column())
	}
	for _, r := range s.References {
		d.Navs = append(d.Navs, dataset.Nav{Name: r.Name, To: r.To.Name, Many: r.Many, On: r.on(s)})
	}
	return d.Reads(s.read, nil)
}

// column is the property as a column of a dataset.
func (p *property) column() dataset.Column {
	c := dataset.Column{Name: p.Name, Kind: p.kind(), Nullable: p.mayBeNull()}
	get := func(*view, any) value { return dataset.None }
	if p.Fill != nil {
		c.Kind, c.Class, get = p.Fill.Kind, p.Fill.Class, p.Fill.get
	}
	if p.Key {
		c.Role = dataset.Key
	}
	if !p.Nullable {
		neutral, given := p.neutral(c.Kind), get
		get = func(v *view, row any) value {
			x := given(v, row)
			if x.IsNull() && x.Why != dataset.NotVisible && x.Why != dataset.NoRate { // an amount that is there, and cannot be shown, is not 0
				return neutral
			}
			return x
		}
	}
	return c.Gets(get)
}

// mayBeNull tells whether there may be nothing: also where Project Online always had something, if not everybody may see it; so it is with all amounts.
func (p *property) mayBeNull() bool {
	return p.Nullable || p.Fill != nil && p.Fill.Class != vocab.ClassPublic
}

// read hands out the set's rows, from a place in their order on.
func (s *set) read(v *view, w dataset.Wanted) iter.Seq[any] {
	return func(yield func(any) bool) {
		if s.Rows == nil {
			return
		}
		after := w.After()
		for row := range s.Rows.each(v, w) {
			if len(after) > 0 {
				if s.before(v, row, after) {
					continue
				}
				after = nil
			}
			if !yield(row) {
				return
			}
		}
	}
}

// before tells whether a row stands before a place in the order of rows.
func (s *set) before(v *view, row any, place []value) bool {
	for i, x := range place {
		switch c := dataset.Compare(s.Rows.fill(s.Rows.Order[i]).get(v, row), x); {
		case c < 0:
			return true
		case c > 0:
			return false
		}
	}
	return false
}
