package figure

import (
	"pmograph/ent"
	"pmograph/internal/calc/exact"
	"pmograph/internal/calc/rollup"
	"pmograph/internal/state"
	"pmograph/internal/vocab"
)

// Baseline gives the baseline in force on a day: of the approved ones the latest approved by then; nil if there was none.
func (b *Book) Baseline(p *ent.Project, asOf vocab.Date) (in *ent.Baseline) {
	for x := range state.Baselines.By(b.r, "project_id", p.ID) {
		if x.State == vocab.BaselineStateDraft || x.ApprovedOn == nil || *x.ApprovedOn > asOf {
			continue
		}
		if in == nil || *x.ApprovedOn > *in.ApprovedOn || *x.ApprovedOn == *in.ApprovedOn && x.Number > in.Number {
			in = x
		}
	}
	return in
}

// BaselineFinish gives the day the baseline in force on a day fixes for a project's finish: the project's own, else that of its finish
// milestone; nil if there is none.
func (b *Book) BaselineFinish(p *ent.Project, asOf vocab.Date) *vocab.Date {
	in := b.Baseline(p, asOf)
	if in == nil {
		return nil
	}
	for e := range state.BaselineEntries.By(b.r, "baseline_id", in.ID) {
		if e.ItemKind == vocab.BaselineItemKindProject {
			return e.Finish
		}
	}
	if m := b.Finish(p); m != nil {
		return b.fixed(m, in)
	}
	return nil
}

// BaselineDate gives the day that the baseline in force on a day fixes for a milestone.
func (b *Book) BaselineDate(p *ent.Project, m *ent.Milestone, asOf vocab.Date) *vocab.Date {
	return b.fixed(m, b.Baseline(p, asOf))
}

// fixed gives the day that a baseline fixes for a milestone; nil if it, or there, is none.
func (b *Book) fixed(m *ent.Milestone, baseline *ent.Baseline) *vocab.Date {
	if baseline == nil {
		return nil
	}
	for e := range state.BaselineEntries.By(b.r, "milestone_id", m.ID) {
		if e.BaselineID == baseline.ID {
			return e.Finish
		}
	}
	return nil
}

// Forecast gives the day a milestone was expected, as it was known on a day. Forecasts carry no date of their own but for a project's finish,
// which reports repeat; others are as known.
func (b *Book) Forecast(p *ent.Project, m *ent.Milestone, asOf vocab.Date) *vocab.Date {
	if m.IsFinish {
		return b.reportedFinish(p, m, asOf)
	}
	return m.ForecastDate
}

// Facts is what was the case for a milestone on a day: its date in the baseline in force, its forecast, and its actual date if it had
// come.
func (b *Book) Facts(p *ent.Project, m *ent.Milestone, asOf vocab.Date) rollup.Milestone {
	return b.facts(p, m, b.Baseline(p, asOf), asOf)
}

func (b *Book) facts(p *ent.Project, m *ent.Milestone, baseline *ent.Baseline, asOf vocab.Date) rollup.Milestone {
	f := rollup.Milestone{Baseline: b.fixed(m, baseline), Forecast: b.Forecast(p, m, asOf), Cancelled: m.State == vocab.MilestoneStateCancelled}
	if m.ActualDate != nil && *m.ActualDate <= asOf {
		f.Actual = m.ActualDate
	}
	return f
}

// reportedFinish gives the forecast of a project's finish on a day: if reports of later periods moved it since, what the report in force
// said then.
func (b *Book) reportedFinish(p *ent.Project, m *ent.Milestone, asOf vocab.Date) *vocab.Date {
	var latest *ent.StatusReport
	for r := range state.StatusReports.By(b.r, "project_id", p.ID) {
		if r.State != vocab.ReportStateDraft && r.ReportedFinish != nil && newer(r, latest) {
			latest = r
		}
	}
	if latest == nil || latest.PeriodEnd <= asOf {
		return m.ForecastDate
	}
	if s := b.Standing(p, asOf); s.Report != nil {
		return s.Report.ReportedFinish
	}
	return nil
}

// dayZero is the day working days are counted from in explanations.
var dayZero = vocab.Date(0)

// Slip is how many working days later than its baseline a milestone was reached, or is expected; negative is earlier.
func (b *Book) Slip(p *ent.Project, m *ent.Milestone, asOf vocab.Date) Figure {
	f, cal := b.Facts(p, m, asOf), b.WorkingDays(p)
	x := recipe{
		formula: apply('-', input("finish_day"), input("baseline_day")), unit: vocab.UnitWorkingDays, asOf: asOf,
		terms: []term{{Input: Input{Name: "finish_day", Unit: vocab.UnitWorkingDays}, fold: most}, {Input: Input{Name: "baseline_day", Unit: vocab.UnitWorkingDays}, fold: most}},
	}
	x.coverage.Complete = true
	until := f.Actual
	if until == nil {
		until = f.Forecast
	}
	node := state.Ref{Table: state.Milestones.Desc(), ID: m.ID}
	for i, day := range []*vocab.Date{until, f.Baseline} {
		if day != nil {
			x.parts = append(x.parts, Part{node, x.terms[i].Name, exact.Of(cal.WorkingDays(dayZero, *day))})
		}
	}
	if _, x.reason = rollup.Slip(cal, f); x.reason == "" {
		x.coverage.Included = 1
	} else {
		x.coverage.Missing = 1
	}
	return x.make()
}

// Finish gives the milestone that is a project's finish; nil if none is.
func (b *Book) Finish(p *ent.Project) *ent.Milestone {
	for m := range state.Milestones.By(b.r, "project_id", p.ID) {
		if m.IsFinish {
			return m
		}
	}
	return nil
}

// NoFinish is the slip of a project without a finish milestone.
func NoFinish(asOf vocab.Date) Figure {
	return recipe{formula: apply('-', input("finish_day"), input("baseline_day")), unit: vocab.UnitWorkingDays, asOf: asOf, coverage: Coverage{Missing: 1, Complete: true}, reason: vocab.ReasonNoBaseline}.make()
}

// Next gives a project's next milestone on a day: of those neither reached by then nor given up, the one expected first; those without a
// forecast come last. Nil if there is none.
func (b *Book) Next(p *ent.Project, asOf vocab.Date) (next *ent.Milestone) {
	var first *vocab.Date
	for m := range state.Milestones.By(b.r, "project_id", p.ID) {
		f := b.Facts(p, m, asOf)
		if f.Cancelled || f.Actual != nil || m.State == vocab.MilestoneStateMissed {
			continue
		}
		if next == nil || f.Forecast != nil && (first == nil || *f.Forecast < *first) {
			next, first = m, f.Forecast
		}
	}
	return next
}
