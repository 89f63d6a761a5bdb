package decide

import (
	"strings"

	"pmograph/auth"
	"pmograph/internal/calc/capacity"
	"pmograph/internal/fault"
	"pmograph/internal/state"
	"pmograph/internal/vocab"
)

// CapacitySetInput states, or takes back, time that resources have or lack.
type CapacitySetInput struct {
	Call
	Entries []CapacityEntryInput
}

// CapacityEntryInput is one statement; it replaces the one of the same resource, source, grain and period.
type CapacityEntryInput struct {
	ResourceID  string
	PeriodStart vocab.Date
	Grain       vocab.CapacityGrain
	Source      vocab.CapacitySource
	Minutes     *int // of the whole period; nil takes the statement back
}

var (
	capacityStart, capacityGrain    = state.CapacityEntries.Col("period_start"), state.CapacityEntries.Col("grain")
	capacitySource, capacityMinutes = state.CapacityEntries.Col("source"), state.CapacityEntries.Col("minutes")
)

// CapacitySet states time of many resources at once. Whoever may not both see and change the time of one of them is refused, whatever is on
// record.
func CapacitySet(in CapacitySetInput) state.Decision {
	return decision("capacitySet", in, func(w *work) error {
		return w.facts(state.CapacityEntries.Desc(), inList("entries")).capacity(in.Entries)
	})
}

func (l *factList) capacity(entries []CapacityEntryInput) error {
	type statement struct {
		resource int64
		start    vocab.Date
		grain    vocab.CapacityGrain
		source   vocab.CapacitySource
	}
	gone := state.NewBatch(state.CapacityEntries.Desc())
	seen, may := map[statement]bool{}, map[int64]bool{}
	for n, e := range entries {
		id := l.find(n, state.Resources.Desc(), "resource_id", e.ResourceID)
		if id == 0 {
			continue
		}
		if may[id] = may[id] || l.w.keepsTime(id); !may[id] {
			return fault.New(fault.Forbidden, "capacitySet needs %q on this resource", auth.People)
		}
		if first := firstDay(e.Grain, e.PeriodStart); first != e.PeriodStart {
			l.note(n, notFirst(e.Grain, first, "periodStart"))
		}
		key := statement{id, e.PeriodStart, e.Grain, e.Source}
		if seen[key] {
			l.note(n, fault.At("periodStart", "TWICE", "the same period of the same resource stands above"))
		}
		seen[key] = true
		to := gone
		if e.Minutes != nil {
			l.begin(n, id)
			to = l.batch
		}
		to.Add("resource_id", id)
		to.Set(capacityStart, int64(e.PeriodStart))
		to.Set(capacityGrain, capacityGrain.Number(string(e.Grain)))
		to.Set(capacitySource, capacitySource.Number(string(e.Source)))
		to.Set(capacityMinutes, int64(or(e.Minutes, 0)))
	}
	if err := l.put(); err != nil {
		return err
	}
	return l.w.d.RemoveFacts(gone)
}

// keepsTime tells whether the actor sees and keeps a resource's time.
func (w *work) keepsTime(resource int64) bool {
	return w.d.Rights().At(state.CapacityEntries.Place(w.d, resource)).Has(auth.People | auth.ReadLoad)
}

// firstDay gives the first day of the period that a day lies in.
func firstDay(grain vocab.CapacityGrain, day vocab.Date) vocab.Date {
	first, _ := capacity.Entry{Start: day, Grain: grain}.Period()
	return first
}

func notFirst(grain vocab.CapacityGrain, first vocab.Date, field string) error {
	return fault.At(field, "NOT_FIRST_DAY", "this %s begins on %s", strings.ToLower(string(grain)), first)
}

// capacityFits: the first day of an entry is the first of its day, week or month.
func capacityFits(_ *state.Draft, c *state.Change) error {
	if c.Table != state.CapacityEntries.Desc() {
		return nil
	}
	for x := range c.Put().All() {
		grain := vocab.CapacityGrain(capacityGrain.Word(x.Val(capacityGrain)))
		if first := firstDay(grain, x.Day(capacityStart)); first != x.Day(capacityStart) {
			return notFirst(grain, first, "period_start")
		}
	}
	return nil
}
