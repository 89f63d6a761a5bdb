package read

import (
	"context"

	"pmograph/internal/state"
	"pmograph/internal/vocab"
)

// KpiEvent shows indicators of a node after they changed.
type KpiEvent struct {
	Moment
	v      *View
	node   *string
	filter *KpiFilter
	asOf   *vocab.Date
	since  *Since
}

// KpiEvent shows indicators of a node, and which were judged better at an event before, if there was one.
func (v *View) KpiEvent(node *string, f *KpiFilter, asOf *vocab.Date, since *Since, reset bool) *KpiEvent {
	return &KpiEvent{v.moment(reset), v, node, f, asOf, since}
}

// Kpis are a page of the indicators; nil if the node is gone or not visible.
func (e *KpiEvent) Kpis(first *int32, after *string, last *int32, before *string) (*KpiValueConnection, error) {
	page, err := e.v.Kpis(e.node, e.filter, e.asOf, Page{first, after, last, before})
	if e.node != nil && e.v.Node(*e.node) == nil {
		return nil, nil
	}
	return page, err
}

// KpiBreach is an indicator that has crossed a limit for the worse.
type KpiBreach struct {
	Kpi      *KpiValue
	From, To vocab.Rag
	Number   *Long
}

// maxBreaches is how many indicators an event tells of that crossed a limit.
const maxBreaches = MaxPage

// worse tells whether a judgement raises an alarm after another.
func worse(to, from vocab.Rag) bool {
	return to == vocab.RagRed && from != to || to == vocab.RagAmber && from != to && from != vocab.RagRed
}

// Breaches are the indicators that have crossed a limit for the worse since the event before.
func (e *KpiEvent) Breaches(ctx context.Context) ([]KpiBreach, error) {
	list, first := []KpiBreach{}, int32(maxBreaches)
	if e.since == nil || e.v.Past() == nil {
		return list, nil
	}
	page, err := e.Kpis(&first, nil, nil, nil)
	if page == nil || err != nil {
		return list, err
	}
	then, err := e.v.told(ctx, *e.since)
	if err != nil {
		return list, unlessTooFar(err)
	}
	all := page.Nodes()
	was := then.ratings(e.node, e.asOf, all)
	for _, k := range all {
		from := was[k.definition().ID]
		if to := k.Status(); worse(to, from) {
			list = append(list, KpiBreach{k, from, to, nil})
		}
	}
	if len(list) == 0 {
		return list, nil
	}
	t, err := e.v.turns(ctx, *e.since)
	for i, b := range list {
		list[i].Number = t.at(func(v *View) bool {
			return v.ratings(e.node, e.asOf, []*KpiValue{b.Kpi})[b.Kpi.definition().ID] == b.To
		})
	}
	return list, unlessTooFar(err)
}

// ratings judges some indicators at a node by this view, by the numbers of their definitions.
func (v *View) ratings(node *string, asOf *vocab.Date, of []*KpiValue) map[int64]vocab.Rag {
	rated, ids, n := map[int64]vocab.Rag{}, []string{}, int32(maxBreaches)
	for _, k := range of {
		rated[k.definition().ID] = vocab.RagNotRated
		ids = append(ids, state.KpiDefinitions.Desc().ID(k.definition().ID))
	}
	page, err := v.Kpis(node, &KpiFilter{Definition: ids}, asOf, Page{First: &n})
	if err != nil { // the node was not there, or not visible
		return rated
	}
	for _, k := range page.Nodes() {
		rated[k.definition().ID] = k.Status()
	}
	return rated
}
