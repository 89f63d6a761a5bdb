package read

import (
	"slices"
	"strings"
	"sync"

	"pmograph/ent"
	"pmograph/internal/fault"
	"pmograph/internal/figure"
	"pmograph/internal/state"
	"pmograph/internal/vocab"
)

// KpiFilter says which indicators of a node.
type KpiFilter struct {
	Definition []string
	Code       []string
	Source     []vocab.KpiSource
	Status     []vocab.Rag
}

// KpiPoint is an indicator at a node on a day, or over a month.
type KpiPoint struct {
	p     figure.KpiPoint
	once  sync.Once
	value Figure
}

// AsOf is the day it holds for; of a month the last.
func (p *KpiPoint) AsOf() vocab.Date { return p.p.Day() }

// Value is the value. It is calculated by who first asks for it.
func (p *KpiPoint) Value() *Figure {
	p.once.Do(func() { p.value.f = p.p.Value() })
	return &p.value
}

// Target is what was aimed at; nil for a computed indicator.
func (p *KpiPoint) Target() *Figure {
	f, ok := p.p.Target()
	if !ok {
		return nil
	}
	return p.value.v.figure(f)
}

// Status judges the value.
func (p *KpiPoint) Status() vocab.Rag { return p.p.Status(&p.Value().f) }

// Oldest is the end of the earliest period measured.
func (p *KpiPoint) Oldest() *vocab.Date {
	oldest, _ := p.p.Ends(&p.Value().f)
	return oldest
}

// Newest is the end of the latest period measured.
func (p *KpiPoint) Newest() *vocab.Date {
	_, newest := p.p.Ends(&p.Value().f)
	return newest
}

// KpiValue is an indicator at a node.
type KpiValue struct {
	KpiPoint
	node *figure.KpiNode
	k    *figure.Kpi
}

// Definition says what it means.
func (k *KpiValue) Definition() *KpiDefinition { return newKpiDefinition(k.value.v, k.k.Definition) }

// Trend gives it at the last day of each month of a span.
func (k *KpiValue) Trend(from vocab.Date, to *vocab.Date) ([]*KpiPoint, error) {
	return k.months(from, to, k.k.At)
}

// Series gives it over each month of a span.
func (k *KpiValue) Series(from vocab.Date, to *vocab.Date) ([]*KpiPoint, error) {
	return k.months(from, to, k.k.Month)
}

func (k *KpiValue) months(from vocab.Date, to *vocab.Date, at func(vocab.Date) figure.KpiPoint) ([]*KpiPoint, error) {
	day, v := k.AsOf(), k.value.v
	ends := periodEnds(from, v.asOf(to, &day), 1, 1)
	if len(ends) > maxTrend {
		return nil, fault.At("from", "OUT_OF_RANGE", "at most %d months can be listed; ask for a shorter span", maxTrend)
	}
	all, points := make([]KpiPoint, len(ends)), make([]*KpiPoint, len(ends))
	for i, end := range ends {
		points[i] = &all[i]
		points[i].value.v, points[i].p = v, at(end)
	}
	return points, nil
}

// Measurements are a page of what the node itself measured.
func (k *KpiValue) Measurements(first *int32, after *string, last *int32, before *string) (*KpiMeasurementConnection, error) {
	return connectFacts[KpiMeasurementConnection](k.value.v, k.node.Own(k.value.v, k.k.Definition).All(), measurementOrder, Page{first, after, last, before}, newKpiMeasurement)
}

// kpiAt is an indicator at a node on a day.
type kpiAt struct {
	node *figure.KpiNode
	d    *ent.KpiDefinition
	day  vocab.Date
}

func newKpiValue(v *View, at kpiAt) *KpiValue {
	k := v.room.kpi.one()
	k.node, k.k = at.node, v.book.Kpi(at.node, at.d)
	k.value.v, k.p = v, k.k.At(at.day)
	return k
}

var kpiByCode = &order[kpiAt]{name: "kpis CODE", key: func(k kpiAt) key { return byText(k.d.Code) }, id: func(k kpiAt) int64 { return k.d.ID }}

// kpis gives a page of the indicators of a node: those that are for it, and those it measured.
func (v *View) kpis(n *figure.KpiNode, f *KpiFilter, asOf vocab.Date, p Page) (*KpiValueConnection, error) {
	var page pager[kpiAt]
	if err := page.begin(kpiByCode, p); err != nil {
		return nil, err
	}
	if f == nil {
		f = &KpiFilter{}
	}
	see := func(d *ent.KpiDefinition) {
		if at := (kpiAt{n, d, asOf}); at.meets(v, f) {
			page.see(at)
		}
	}
	if len(f.Definition) == 0 {
		for d := range state.KpiDefinitions.All(v) {
			see(d)
		}
	} else {
		var room [8]int64
		for _, id := range v.named(room[:0], state.KpiDefinitions.Desc(), f.Definition) {
			if d := state.KpiDefinitions.Get(v, id); d != nil {
				see(d)
			}
		}
	}
	return pageOf(v, page.page(), page.around, kpiByCode, newKpiValue, &v.room.kpis), nil
}

// named appends the numbers that some identifiers of an entity name, each once.
func (v *View) named(to []int64, t *state.Desc, ids []string) []int64 {
	for _, id := range ids {
		bare, preview := strings.CutPrefix(id, state.PreviewPrefix)
		if n, ok := number(t, bare); ok && v.Previewed(t, n) == preview {
			to = append(to, n)
		}
	}
	slices.Sort(to)
	return slices.Compact(to)
}

// meets tells whether an indicator is one of its node that a filter asks for.
func (k kpiAt) meets(v *View, f *KpiFilter) bool {
	return among(f.Code, k.d.Code) && among(f.Source, k.d.Source) && (figure.KpiHolds(v, k.d, k.node.Ref) || k.node.Own(v, k.d).Len() > 0) &&
		(len(f.Status) == 0 || slices.Contains(f.Status, newKpiValue(v, k).Status()))
}

// Kpis are a page of the indicators of a node, of the organisation if none is given.
func (v *View) Kpis(node *string, f *KpiFilter, asOf *vocab.Date, p Page) (*KpiValueConnection, error) {
	if node == nil {
		return v.kpis(&figure.KpiNode{Scope: v.Everything(asOf).r.Scope}, f, v.asOf(asOf), p)
	}
	switch x := v.Node(*node).(type) {
	case *Project:
		return x.kpis(f, asOf, p)
	case *Program:
		return x.kpis(f, asOf, p)
	case *Portfolio:
		return x.kpis(f, asOf, p)
	}
	return nil, fault.New(fault.NotFound, "there is no project, program or portfolio %.80q", *node)
}

// kpiNode is a node with the scope of its rollup, and what the viewer may open at the node itself.
func kpiNode(scope figure.Scope, t *state.Desc, id int64, may state.Key) *figure.KpiNode {
	return &figure.KpiNode{Scope: scope, Ref: state.Ref{Table: t, ID: id}, Opens: may.Sees}
}

func (p *Project) kpis(f *KpiFilter, asOf *vocab.Date, page Page) (*KpiValueConnection, error) {
	return p.v.kpis(kpiNode(p.v.book.Single(p.row, p.day(asOf)).Scope, state.Projects.Desc(), p.row.ID, state.Projects.Key(p.v, p.row)), f, p.day(asOf), page)
}

// Kpis are a page of its indicators.
func (p *Project) Kpis(filter *KpiFilter, asOf *vocab.Date, first *int32, after *string, last *int32, before *string) (*KpiValueConnection, error) {
	return p.kpis(filter, asOf, Page{first, after, last, before})
}

func (p *Program) kpis(f *KpiFilter, asOf *vocab.Date, page Page) (*KpiValueConnection, error) {
	return p.v.kpis(kpiNode(p.Rollup(asOf).r.Scope, state.Programs.Desc(), p.row.ID, state.Programs.Key(p.v, p.row)), f, p.v.asOf(asOf), page)
}

// Kpis are a page of its indicators.
func (p *Program) Kpis(filter *KpiFilter, asOf *vocab.Date, first *int32, after *string, last *int32, before *string) (*KpiValueConnection, error) {
	return p.kpis(filter, asOf, Page{first, after, last, before})
}

func (p *Portfolio) kpis(f *KpiFilter, asOf *vocab.Date, page Page) (*KpiValueConnection, error) {
	return p.v.kpis(kpiNode(p.Rollup(asOf).r.Scope, state.Portfolios.Desc(), p.row.ID, state.Portfolios.Key(p.v, p.row)), f, p.v.asOf(asOf), page)
}

// Kpis are a page of its indicators.
func (p *Portfolio) Kpis(filter *KpiFilter, asOf *vocab.Date, first *int32, after *string, last *int32, before *string) (*KpiValueConnection, error) {
	return p.kpis(filter, asOf, Page{first, after, last, before})
}

// KpiValueEdge is an item of a page of indicators at a node.
type KpiValueEdge struct{ Edge[*KpiValue] }

// KpiValueConnection is a page of indicators at a node.
type KpiValueConnection struct {
	Connection[kpiAt, *KpiValue, KpiValueEdge]
}
