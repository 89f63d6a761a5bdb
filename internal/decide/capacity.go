package decide

import (
	"fmt"

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
		b, gone := state.NewBatch(state.CapacityEntries.Desc()), state.NewBatch(state.CapacityEntries.Desc())
		var rows []int // of the input, by place in the batch
		found, seen := map[string]int64{}, map[CapacityEntryInput]bool{}
		for i, e := range in.Entries {
			field := fmt.Sprintf("entries.%d.", i)
			id, known := found[e.ResourceID]
			if !known {
				id = w.find(state.Resources.Desc(), field+"resourceId", e.ResourceID)
				found[e.ResourceID] = id
				if place := state.CapacityEntries.Place(w.d, id); id != 0 && !w.d.Rights().At(place).Has(auth.People|auth.ReadLoad) {
					return fault.New(fault.Forbidden, "capacitySet needs %q on this resource", auth.People)
				}
			} else if id == 0 {
				w.note(field+"resourceId", "NOT_FOUND", "there is no resource of this id")
			}
			if first, _ := (capacity.Entry{Start: e.PeriodStart, Grain: e.Grain}).Period(); first != e.PeriodStart {
				w.note(field+"periodStart", "NOT_FIRST_DAY", "a %s begins on %s", e.Grain, first)
			}
			key := e
			if key.Minutes = nil; seen[key] {
				w.note(field+"periodStart", "TWICE", "the same period of the same resource stands above")
			}
			seen[key] = true
			to := b
			if e.Minutes == nil {
				to = gone
			} else {
				rows = append(rows, i)
			}
			to.Add("resource_id", id)
			to.Set(capacityStart, int64(e.PeriodStart))
			to.Set(capacityGrain, capacityGrain.Number(string(e.Grain)))
			to.Set(capacitySource, capacitySource.Number(string(e.Source)))
			to.Set(capacityMinutes, int64(or(e.Minutes, 0)))
		}
		if err := w.wrong(); err != nil {
			return err
		}
		if err := w.d.RemoveFacts(gone); err != nil {
			return err
		}
		return rowsOf("entries", rows, w.d.PutFacts(b))
	})
}

// rowsOf names the facts of a batch that an error is about by their rows in a list of the input.
func rowsOf(list string, rows []int, err error) error {
	e, ok := err.(*fault.Error)
	if !ok {
		return err
	}
	for i, f := range e.Fields {
		var n int
		if _, err := fmt.Sscan(f.Path[0], &n); err == nil && n < len(rows) && len(f.Path) == 2 {
			e.Fields[i].Path = []string{"input", list, fmt.Sprint(rows[n]), camel(f.Path[1])}
		}
	}
	return e
}

// capacityFits: the first day of an entry is the first of its day, week or month.
func capacityFits(_ *state.Draft, c *state.Change) error {
	if c.Table != state.CapacityEntries.Desc() {
		return nil
	}
	for x := range c.Put().All() {
		e := capacity.Entry{Start: x.Day(capacityStart), Grain: vocab.CapacityGrain(capacityGrain.Word(x.Val(capacityGrain)))}
		if first, _ := e.Period(); first != e.Start {
			return fault.At("period_start", "NOT_FIRST_DAY", "a %s begins on %s", e.Grain, first)
		}
	}
	return nil
}
