// Package read is what the API answers: each type holds a view and a row, and gives what the view's holder may see of it. It does no
// input or output but for pages of the journal, which it reaches through the view.
package read

import (
	"sync"
	"sync/atomic"
	"time"

	"pmograph/auth"
	"pmograph/ent"
	"pmograph/internal/fault"
	"pmograph/internal/figure"
	"pmograph/internal/state"
	"pmograph/internal/vocab"
)

// View is a view of the record with what figures of it have in common.
type View struct {
	*state.View
	book  *figure.Book
	texts *texts
	room  *room
}

// room is where an answer's things are made of which it has many.
type room struct {
	milestones  paged[MilestoneConnection, *ent.Milestone, *Milestone]
	kpis        paged[KpiValueConnection, kpiAt, *KpiValue]
	allocations paged[AllocationConnection, *ent.Allocation, *Allocation]

	project    slab[Project]
	milestone  slab[Milestone]
	kpi        slab[KpiValue]
	node       slab[figure.KpiNode]
	indicator  slab[figure.Kpi]
	opener     atomic.Pointer[opener]
	definition slab[KpiDefinition]
	allocation slab[Allocation]
	hour       slab[AllocationHour]
	hours      slab[*AllocationHour]
	resource   slab[Resource]
	user       slab[User]
	text       slab[string]
	day        slab[vocab.Date]
	figure     slab[Figure]

	used struct { // when feed keys were
		once sync.Once
		at   map[int64]time.Time
		err  error
	}
	told sync.Map // how far recipients outside were, by channel
}

// New makes a view readable.
func New(v *state.View) *View { return &View{v, figure.NewBook(v), newTexts(), new(room)} }

// At is the same viewer's view of the record as it stood at a number or an instant; without either it is the view itself.
func (v *View) At(k *KnownAt) (*View, error) {
	switch {
	case k == nil:
		return v, nil
	case k.given() > 1:
		return nil, fault.At("knownAt", "AMBIGUOUS", "give one of number, time, atLeast and exact")
	case k.Number == nil && k.Time == nil: // the view was waited for
		return v, nil
	case v.Past() == nil:
		return nil, fault.New(fault.Unavailable, "the past cannot be reached from here")
	}
	seq, at := int64(-1), time.Time{}
	if k.Number != nil {
		if seq = int64(*k.Number); seq < 0 {
			return nil, fault.At("knownAt.row.ID", "OUT_OF_RANGE", "journal numbers begin with 0; %d is none", seq)
		}
	} else {
		at = *k.Time
	}
	s, err := v.Past().At(seq, at)
	if err != nil {
		return nil, err
	}
	then := New(v.View.At(s))
	then.texts = v.texts
	return then, nil
}

// KnownAt picks a record: one of the past, or one that is new enough.
type KnownAt struct {
	Number  *Long
	Time    *time.Time
	AtLeast *Position
	Exact   *bool
}

func (k *KnownAt) given() (n int) {
	for _, given := range []bool{k.Number != nil, k.Time != nil, k.AtLeast != nil, k.Exact != nil && *k.Exact} {
		if given {
			n++
		}
	}
	return n
}

// Node is a thing with an identifier.
type Node interface{ IsNode() }

// kind is how things of an entity are reached by number.
type kind struct {
	get   func(r state.Reader, id int64) any // nil if there is none or it is not visible
	place func(r state.Reader, row any) auth.Place
	node  func(v *View, row any) Node
}

func kindOf[T any, N Node](t *state.Table[T], wrap func(*View, *T) N) kind {
	return kind{
		get: func(r state.Reader, id int64) any {
			if row := t.Get(r, id); row != nil {
				return row
			}
			return nil
		},
		place: func(r state.Reader, row any) auth.Place { return t.Place(r, row.(*T)) },
		node:  func(v *View, row any) Node { return wrap(v, row.(*T)) },
	}
}

var kinds = map[*state.Desc]kind{
	state.WorkCalendars.Desc():       kindOf(state.WorkCalendars, newWorkCalendar),
	state.Organisations.Desc():       kindOf(state.Organisations, newOrganisation),
	state.Users.Desc():               kindOf(state.Users, newUser),
	state.RoleAssignments.Desc():     kindOf(state.RoleAssignments, newRoleAssignment),
	state.FeedKeys.Desc():            kindOf(state.FeedKeys, newFeedKey),
	state.MailSubscriptions.Desc():   kindOf(state.MailSubscriptions, newMailSubscription),
	state.Webhooks.Desc():            kindOf(state.Webhooks, newWebhook),
	state.TokenRevocations.Desc():    kindOf(state.TokenRevocations, newTokenRevocation),
	state.Portfolios.Desc():          kindOf(state.Portfolios, newPortfolio),
	state.Programs.Desc():            kindOf(state.Programs, newProgram),
	state.Teams.Desc():               kindOf(state.Teams, newTeam),
	state.Resources.Desc():           kindOf(state.Resources, newResource),
	state.Projects.Desc():            kindOf(state.Projects, newProject),
	state.Milestones.Desc():          kindOf(state.Milestones, newMilestone),
	state.Baselines.Desc():           kindOf(state.Baselines, newBaseline),
	state.BaselineEntries.Desc():     kindOf(state.BaselineEntries, newBaselineEntry),
	state.ExchangeRates.Desc():       kindOf(state.ExchangeRates, newExchangeRate),
	state.StatusReports.Desc():       kindOf(state.StatusReports, newStatusReport),
	state.ActionItems.Desc():         kindOf(state.ActionItems, newActionItem),
	state.CostCategories.Desc():      kindOf(state.CostCategories, newCostCategory),
	state.CostEntries.Desc():         kindOfFacts(state.CostEntries, newCostEntry),
	state.BudgetLines.Desc():         kindOfFacts(state.BudgetLines, newBudgetLine),
	state.BaselinePeriods.Desc():     kindOfFacts(state.BaselinePeriods, newBaselinePeriod),
	state.CapacityEntries.Desc():     kindOfFacts(state.CapacityEntries, newCapacityEntry),
	state.AllocationHours.Desc():     kindOfFacts(state.AllocationHours, findAllocationHour),
	state.RateCards.Desc():           kindOf(state.RateCards, newRateCard),
	state.Tolerances.Desc():          kindOf(state.Tolerances, newTolerance),
	state.KpiDefinitions.Desc():      kindOf(state.KpiDefinitions, newKpiDefinition),
	state.KpiMeasurements.Desc():     kindOfFacts(state.KpiMeasurements, newKpiMeasurement),
	state.Allocations.Desc():         kindOf(state.Allocations, newAllocation),
	state.SavedQueries.Desc():        kindOf(state.SavedQueries, newSavedQuery),
	state.RegisteredDocuments.Desc(): kindOf(state.RegisteredDocuments, newRegisteredDocument),
}

// node gives a thing, nil if there is none or it is not visible.
func (v *View) node(ref state.Ref) Node {
	k, ok := kinds[ref.Table]
	if !ok {
		return nil
	}
	row := k.get(v, ref.ID)
	if row == nil {
		return nil
	}
	return k.node(v, row)
}

// Node gives the thing of an identifier, nil if there is none or it is not visible.
func (v *View) Node(id string) Node {
	if ref, ok := state.ParseID(id); ok {
		return v.node(ref)
	}
	return nil
}

const maxNodes = 100

// Nodes gives the things of some identifiers, in their order.
func (v *View) Nodes(ids []string) ([]Node, error) {
	if len(ids) > maxNodes {
		return nil, fault.At("ids", "OUT_OF_RANGE", "at most %d identifiers at once, not %d", maxNodes, len(ids))
	}
	nodes := make([]Node, len(ids))
	for i, id := range ids {
		nodes[i] = v.Node(id)
	}
	return nodes, nil
}

// maybe wraps a row, or gives nil for none.
func maybe[T any, N any](v *View, row *T, wrap func(*View, *T) *N) *N {
	if row == nil {
		return nil
	}
	return wrap(v, row)
}

// number gives the number in an identifier of an entity; an identifier of anything else has none, and names nothing.
func number(t *state.Desc, id string) (int64, bool) {
	ref, ok := state.ParseID(id)
	return ref.ID, ok && ref.Table == t
}

// asOf gives the day to answer for: the one asked for, else the first of the given that there is, else the view's.
func (v *View) asOf(asked *vocab.Date, otherwise ...*vocab.Date) vocab.Date {
	if asked != nil {
		return *asked
	}
	for _, d := range otherwise {
		if d != nil {
			return *d
		}
	}
	return v.Day()
}

// permissions names what the viewer may do at a place.
func (v *View) permissions(p auth.Place) []Permission { return permissionsOf(v.May(p)) }
