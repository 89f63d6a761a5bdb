package read

import (
	"slices"
	"strings"

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
	v *View
	p figure.KpiPoint
}

// AsOf is the day it holds for; of a month the last.
func (p *KpiPoint) AsOf() vocab.Date { return p.p.Day() }

// Value is the value.
func (p *KpiPoint) Value() *Figure { return p.v.later(p.p.Value()) }

// Target is what was aimed at; nil for a computed indicator.
func (p *KpiPoint) Target() *Figure {
	f, ok := p.p.Target()
	if !ok {
		return nil
	}
	return p.v.later(f)
}

// Status judges the value.
func (p *KpiPoint) Status() vocab.Rag { return p.p.Status() }

// Oldest is the end of the earliest period measured.
func (p *KpiPoint) Oldest() *vocab.Date {
	oldest, _, ok := p.p.Ends()
	return p.v.day(oldest, ok)
}

// Newest is the end of the latest period measured.
func (p *KpiPoint) Newest() *vocab.Date {
	_, newest, ok := p.p.Ends()
	return p.v.day(newest, ok)
}

// day shows a day, nil if there is none.
func (v *View) day(d vocab.Date, ok bool) *vocab.Date {
	if !ok {
		return nil
	}
	return v.room.day.put(d)
}

// KpiValue is an indicator at a node.
type KpiValue struct {
	KpiPoint
	node *figure.KpiNode
}

func (k *KpiValue) definition() *ent.KpiDefinition { return k.p.Kpi().Definition }

// Definition says what it means.
func (k *KpiValue) Definition() *KpiDefinition { return newKpiDefinition(k.v, k.definition()) }

// Trend gives it at the last day of each month of a span.
func (k *KpiValue) Trend(from vocab.Date, to *vocab.Date) ([]*KpiPoint, error) {
	return k.months(from, to, (*figure.Kpi).At)
}

// Series gives it over each month of a span.
func (k *KpiValue) Series(from vocab.Date, to *vocab.Date) ([]*KpiPoint, error) {
	return k.months(from, to, (*figure.Kpi).Month)
}

func (k *KpiValue) months(from vocab.Date, to *vocab.Date, at func(*figure.Kpi, vocab.Date) figure.KpiPoint) ([]*KpiPoint, error) {
	day := k.AsOf()
	ends := periodEnds(from, k.v.asOf(to, &day), 1, 1)
	if len(ends) > maxTrend {
		return nil, fault.At("from", "OUT_OF_RANGE", "at most %d months can be listed; ask for a shorter span", maxTrend)
	}
	all, points := make([]KpiPoint, len(ends)), make([]*KpiPoint, len(ends))
	for i, end := range ends {
		all[i] = KpiPoint{k.v, at(k.p.Kpi(), end)}
		points[i] = &all[i]
	}
	return points, nil
}

// Measurements are a page of what the node itself measured.
func (k *KpiValue) Measurements(first *int32, after *string, last *int32, before *string) (*KpiMeasurementConnection, error) {
	return connectFacts[KpiMeasurementConnection](k.v, k.node.Own(k.v, k.definition()).All(), measurementOrder, Page{first, after, last, before}, newKpiMeasurement)
}

// kpiAt is an indicator at a node on a day.
type kpiAt struct {
	node *figure.KpiNode
	d    *ent.KpiDefinition
	day  vocab.Date
}

func newKpiValue(v *View, at kpiAt) *KpiValue {
	k := v.room.indicator.put(v.book.Kpi(at.node, at.d))
	return v.room.kpi.put(KpiValue{KpiPoint{v, k.At(at.day)}, at.node})
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

// opener tells what a key opens.
type opener struct {
	key  state.Key
	sees func(vocab.Class) bool
}

// opens tells what a key opens. Keys of one answer are alike as a rule.
func (v *View) opens(k state.Key) func(vocab.Class) bool {
	if o := v.room.opener.Load(); o != nil && o.key == k {
		return o.sees
	}
	o := &opener{k, k.Sees}
	v.room.opener.Store(o)
	return o.sees
}

// kpiNode is a node with the scope of its rollup, and what the viewer may open at the node itself.
func kpiNode(scope figure.Scope, t *state.Desc, id int64, may state.Key) *figure.KpiNode {
	return &figure.KpiNode{Scope: scope, Ref: state.Ref{Table: t, ID: id}, Opens: may.Sees}
}

func (p *Project) kpis(f *KpiFilter, asOf *vocab.Date, page Page) (*KpiValueConnection, error) {
	n := p.v.room.node.one()
	n.Ref, n.Project, n.Opens = state.Ref{Table: state.Projects.Desc(), ID: p.row.ID}, p.row, p.v.opens(state.Projects.Key(p.v, p.row))
	n.Complete = n.Opens
	return p.v.kpis(n, f, p.day(asOf), page)
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
