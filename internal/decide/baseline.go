package decide

import (
	"pmograph/ent"
	"pmograph/internal/fault"
	"pmograph/internal/guard"
	"pmograph/internal/state"
	"pmograph/internal/vocab"
)

// BaselineCreateInput fixes a project's dates as they are planned now, and its money by months. The call's reason is the baseline's, and
// required.
type BaselineCreateInput struct {
	Call
	ProjectID string
	Currency  *string       // of the spread; nil: the project's
	Spread    []SpreadInput // nil: the budgets of the milestones, each in the month of its date; empty: none
}

// SpreadInput is what a baseline plans to be earned in a month.
type SpreadInput struct {
	Period vocab.Date // any day of the month
	Amount string
}

// BaselineSpreadSetInput replaces the whole spread of a draft.
type BaselineSpreadSetInput struct {
	Call
	ID              string
	ExpectedVersion *int64
	Currency        *string // nil: as it is, or the project's
	Spread          []SpreadInput
}

// BaselineApproveInput puts a draft baseline in force; the one in force before is superseded.
type BaselineApproveInput struct {
	Call
	ID              string
	ExpectedVersion *int64
	ApprovedOn      *vocab.Date // nil: the day of the mutation
}

// BaselineDeleteInput removes a draft with what it fixes.
type BaselineDeleteInput struct {
	Call
	ID              string
	ExpectedVersion *int64
}

// BaselineCreate fixes a project's planned dates, the dates of its milestones and its money by months as a draft: of a reached milestone
// the day it was reached, of the others the forecast. Cancelled ones are left out. What reaching a milestone earns is its budget if every
// milestone of the baseline has one, else its weight.
func BaselineCreate(in BaselineCreateInput) state.Decision {
	return decision("baselineCreate", in, func(w *work) error {
		project := w.find(state.Projects.Desc(), "projectId", in.ProjectID)
		var made *ent.Baseline
		err := create(w, state.Baselines, func(b *ent.Baseline) {
			_, b.Reason = in.Meta()
			if b.Reason == "" {
				w.note("reason", "REQUIRED", "say why the baseline is made")
			}
			b.ProjectID, b.State, b.Number = project, vocab.BaselineStateDraft, 1
			for have := range state.Baselines.By(w.d, "project_id", project) {
				b.Number = max(b.Number, have.Number+1)
			}
			made = b
		})
		if err != nil {
			return err
		}
		fixed := milestonesToFix(w.d, project)
		if err := fixDates(w.d, made, fixed); err != nil {
			return err
		}
		if in.Spread != nil {
			return w.spread(made, in.Currency, in.Spread)
		}
		if in.Currency != nil {
			w.note("currency", "INCOMPLETE", "a currency goes with a spread; without one, budgets are spread in the project's")
			return w.wrong()
		}
		return spreadBudgets(w.d, made, fixed)
	})
}

// toFix is a milestone as a baseline fixes it.
type toFix struct {
	*ent.Milestone
	day    *vocab.Date
	budget *int64
}

// milestonesToFix gives a project's milestones that a baseline fixes.
func milestonesToFix(d *state.Draft, project int64) (list []toFix) {
	for m := range state.Milestones.By(d, "project_id", project) {
		x := toFix{Milestone: m, day: m.ForecastDate}
		switch m.State {
		case vocab.MilestoneStateCancelled:
			continue
		case vocab.MilestoneStateReached:
			x.day = m.ActualDate
		}
		if n, ok := state.Milestones.Key(d, m).Money(m.Budget); ok {
			x.budget = &n
		}
		list = append(list, x)
	}
	return list
}

// fixDates adds the entries of a baseline: the project's own dates, and its milestones with what they earn.
func fixDates(d *state.Draft, b *ent.Baseline, milestones []toFix) error {
	p := state.Projects.Get(d, b.ProjectID)
	if err := fix(d, b, nil, p.PlannedStart, p.PlannedFinish, nil); err != nil {
		return err
	}
	budgets := true
	for _, m := range milestones {
		budgets = budgets && m.budget != nil
	}
	for _, m := range milestones {
		weight := int64(m.Weight)
		if budgets {
			weight = *m.budget
		}
		if err := fix(d, b, &m.ID, nil, m.day, &weight); err != nil {
			return err
		}
	}
	return nil
}

// fix adds an entry to a baseline: of a milestone or, without one, of the project itself.
func fix(d *state.Draft, b *ent.Baseline, milestone *int64, start, finish *vocab.Date, weight *int64) error {
	e := state.BaselineEntries.New(d)
	e.BaselineID, e.ProjectID, e.ItemKind, e.MilestoneID, e.Start, e.Finish = b.ID, b.ProjectID, vocab.BaselineItemKindProject, milestone, start, finish
	if milestone != nil {
		e.ItemKind = vocab.BaselineItemKindMilestone
	}
	if weight != nil {
		amount := guard.NewMoney(*weight)
		e.Weight = &amount
	}
	return state.BaselineEntries.Put(d, e)
}

// spreadBudgets plans the budgets of milestones in the months of their dates; a milestone without a date is in none.
func spreadBudgets(d *state.Draft, b *ent.Baseline, milestones []toFix) error {
	byMonth, months := map[vocab.Date]int64{}, []vocab.Date(nil)
	for _, m := range milestones {
		if m.day == nil || m.budget == nil {
			continue
		}
		month := monthOf(*m.day)
		sum, known := byMonth[month]
		if !known {
			months = append(months, month)
		}
		if sum > sum+*m.budget {
			return fault.At("spread", "OUT_OF_RANGE", "the budgets of a month are more than an amount can hold; give a spread")
		}
		byMonth[month] = sum + *m.budget
	}
	if len(months) == 0 {
		return nil
	}
	b.Currency = &state.Projects.Get(d, b.ProjectID).Currency
	batch := state.NewBatch(state.BaselinePeriods.Desc())
	for _, month := range months {
		addPeriod(batch, b, month, byMonth[month])
	}
	return fault.Join(d.PutFacts(batch), state.Baselines.Put(d, b))
}

// The columns of periods.
var (
	periodBaseline = state.BaselinePeriods.Col("baseline_id")
	periodMonth    = state.BaselinePeriods.Col("period")
	periodAmount   = state.BaselinePeriods.Col("amount")
)

func addPeriod(batch *state.Batch, b *ent.Baseline, month vocab.Date, minor int64) {
	batch.Add("project_id", b.ProjectID)
	batch.Set(periodBaseline, b.ID)
	batch.Set(periodMonth, int64(month))
	batch.Set(periodAmount, minor)
}

// spread gives a baseline a spread in place of the one it has, in a currency or, if none is given, in its own or the project's.
func (w *work) spread(b *ent.Baseline, currency *string, spread []SpreadInput) error {
	l := w.facts(state.BaselinePeriods.Desc(), inList("spread"))
	code := or(currency, or(b.Currency, state.Projects.Get(w.d, b.ProjectID).Currency))
	if err := knownCurrency(code); err != nil {
		return fault.Within("input", err)
	}
	said := map[int64]bool{}
	for n, s := range spread {
		if minor, ok := l.budgeted(n, s.Amount, code); ok {
			month := l.month(s.Period)
			said[month] = true
			l.begin(n, b.ProjectID)
			addPeriod(l.batch, b, vocab.Date(month), minor)
		}
	}
	var gone []int64
	for x := range state.BaselinePeriods.Of(w.d, b.ProjectID).With(b.ID).All() {
		if !said[x.Val(periodMonth)] {
			gone = append(gone, x.ID())
		}
	}
	if b.Currency = &code; len(spread) == 0 && currency == nil {
		b.Currency = nil
	}
	return fault.Join(l.put(), state.BaselinePeriods.Delete(w.d, gone...), state.Baselines.Put(w.d, b))
}

// BaselineSpreadSet replaces the whole spread of a draft; an empty one takes it away.
func BaselineSpreadSet(in BaselineSpreadSetInput) state.Decision {
	return decision("baselineSpreadSet", in, func(w *work) error {
		b, err := w.draft(in.ID, in.ExpectedVersion)
		if err != nil {
			return err
		}
		return w.spread(b, in.Currency, in.Spread)
	})
}

// draft gives the drafted baseline an id names, to be changed.
func (w *work) draft(id string, version *int64) (*ent.Baseline, error) {
	n := w.find(state.Baselines.Desc(), "id", id)
	if err := w.wrong(); err != nil {
		return nil, err
	}
	b, err := state.Baselines.Edit(w.d, n, version)
	if err != nil {
		return nil, err
	}
	if b.State != vocab.BaselineStateDraft {
		w.note("id", "WRONG_STATE", "the baseline was approved; only a draft changes")
	}
	w.d.Result(state.Baselines.Desc(), n)
	return b, w.wrong()
}

// BaselineDelete removes a draft with what it fixes.
func BaselineDelete(in BaselineDeleteInput) state.Decision {
	return decision("baselineDelete", in, func(w *work) error {
		b, err := w.draft(in.ID, in.ExpectedVersion)
		if err != nil {
			return err
		}
		var entries []int64
		for e := range state.BaselineEntries.By(w.d, "baseline_id", b.ID) {
			entries = append(entries, e.ID)
		}
		for _, id := range entries {
			state.BaselineEntries.Delete(w.d, id)
		}
		state.Baselines.Delete(w.d, b.ID)
		return state.BaselinePeriods.Clear(w.d, b.ProjectID, b.ID)
	})
}

// BaselineApprove puts a draft in force; the baseline in force before is superseded.
func BaselineApprove(in BaselineApproveInput) state.Decision {
	return decision("baselineApprove", in, func(w *work) error {
		id := w.find(state.Baselines.Desc(), "id", in.ID)
		var project int64
		err := change(w, state.Baselines, id, in.ExpectedVersion, func(b *ent.Baseline) {
			if b.State != vocab.BaselineStateDraft {
				w.note("id", "WRONG_STATE", "only a draft can be approved")
			}
			day := or(in.ApprovedOn, w.d.Day())
			if day > w.d.Day() {
				w.note("approvedOn", "IN_FUTURE", "a baseline is approved today or was before")
			}
			b.State, b.ApprovedOn, project = vocab.BaselineStateApproved, &day, b.ProjectID
		})
		if err != nil {
			return err
		}
		for b := range state.Baselines.By(w.d, "project_id", project) {
			if b.ID == id || b.State != vocab.BaselineStateApproved {
				continue
			}
			old, err := state.Baselines.Edit(w.d, b.ID, nil)
			if err != nil {
				return err
			}
			old.State = vocab.BaselineStateSuperseded
			if err := state.Baselines.Put(w.d, old); err != nil {
				return err
			}
		}
		return nil
	})
}
