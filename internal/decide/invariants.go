package decide

import (
	"slices"

	"pmograph/internal/fault"
	"pmograph/internal/state"
)

// Invariants hold after every mutation, whichever decision or import made it. Each is a function of the draft and one changed row; it
// is asked for every row that changed, so a rule on two rows is asked from both sides. Unique values and references are the draft's own
// rules (a code is unique among portfolios without a parent too).
var Invariants = []state.Invariant{
	externalPair, codes, currencies, timezones, // any entity
	calendarWorks, ratesDiffer, // settings
	erasedStaysErased, scopeOfRole, noGrantToSelf, withinAuthority, adminStays, // users and roles
	signedOutStays, revocationEnds, keyScope, keyEnds, keyStays, // revocation and feed keys
	mailScope,           // mail
	fewSaved, savedForm, // saved queries
	portfolioTree, teamTree, programInPortfolio, programsProjectsInPortfolio, // structure
	resourceRate, resourcePeriod, // resources
	projectDates, projectCurrency, // projects
	milestoneStays, reached, oneFinish, // milestones
	baselineStays, approvedWhen, oneApproved, baselineFixed, // baselines
	entryStays, entryItem, entryDates, oneProjectEntry, entryFixed, // baseline entries
	reportStays, reportPeriod, submittedWhen, notRated, reportFixed, // status reports
	doneByNow,                                                                      // action items
	toleranceLimits, kpiScope, kpiMoney, kpiSource, kpiWeight, kpiLimits, kpiFixed, // tolerances and indicators
	moneyOfMonths, spreadPlace, spreadCurrency, spreadFixed, // money by months
	onMeasurements(measuredOnly), onMeasurements(inScope), onMeasurements(rightColumns), onMeasurements(ofQuotients), onMeasurements(valueOrReason), onMeasurements(inPeriod), // measurements
	allocationStays, bookedStays, allocationDates, hardAccepted, softProbability, // allocations
	capacityFits, hoursInBooking, bookingHoldsHours, // time
	documentNamed, fewDocuments, // registered documents
	hookScope, hookStays, hookAddress, hookEvents, // webhooks
}

// on makes a rule on one entity an invariant. before is nil for a created row; deleted rows are not asked.
func on[T any](t *state.Table[T], rule func(d *state.Draft, before, after *T) error) state.Invariant {
	return func(d *state.Draft, c *state.Change) error {
		after, _ := c.After.(*T)
		if c.Table != t.Desc() || after == nil {
			return nil
		}
		before, _ := c.Before.(*T)
		return rule(d, before, after)
	}
}

// stays makes it an invariant that a column keeps the value it was created with.
func stays[T any](t *state.Table[T], column func(*T) int64, name string) state.Invariant {
	return on(t, func(_ *state.Draft, before, after *T) error {
		if before != nil && column(before) != column(after) {
			return fault.At(name, "FIXED", "a %s stays where it was made", t.Desc().Word)
		}
		return nil
	})
}

// only tells whether nothing but the named columns, and those the record keeps itself, changed.
func only(c *state.Change, columns ...string) bool {
	for _, i := range c.Columns {
		if name := c.Table.Columns[i].Name; name != "seq" && name != "updated_at" && !slices.Contains(columns, name) {
			return false
		}
	}
	return true
}

// importsOwn tells whether a change is an import's correction of what came from a source before. Imports reach rows by source and key,
// so it is the same source.
func importsOwn(d *state.Draft, before, after *string) bool {
	return d.Action() == importAction && before != nil && after != nil && *before == *after
}

// inOrder refuses a first day after a last one.
func inOrder[D ~int32](first, last *D, column, text string) error {
	if first != nil && last != nil && *first > *last {
		return fault.At(column, "OUT_OF_ORDER", "%s", text)
	}
	return nil
}
