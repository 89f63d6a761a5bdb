package decide

import (
	"pmograph/ent"
	"pmograph/internal/exchange/tabular"
	"pmograph/internal/state"
	"pmograph/internal/vocab"
)

// days is what was on record before an import about when its source spoke of things. A row does not keep the day of its values; the
// reports and baselines that came with them do. So LATEST values apply unless the source has reported their project for a later day, and
// FIRST values unless it has for an earlier one, with two refinements: the forecast of a finish that only some rows give came with the
// reports that give one, and a baseline was approved on the day its values were first true, with its entries.
//
// A portfolio or program is as new as the newest report in it. What is kept nowhere is where this ends: a portfolio that no longer holds
// anything of the source takes what comes last, and so does a column that only some of the source's years have.
type days struct{ first, latest, finish map[int64]vocab.Date } // by project

// daysOnRecord reads the reports of a source, as far as the actor may see them.
func daysOnRecord(d *state.Draft, source string) days {
	on := days{map[int64]vocab.Date{}, map[int64]vocab.Date{}, map[int64]vocab.Date{}}
	for r := range state.StatusReports.All(d) {
		if r.ExternalSource == nil || *r.ExternalSource != source {
			continue
		}
		if first, ok := on.first[r.ProjectID]; !ok || r.PeriodEnd < first {
			on.first[r.ProjectID] = r.PeriodEnd
		}
		raise(on.latest, r.ProjectID, r.PeriodEnd)
		if r.ReportedFinish != nil {
			raise(on.finish, r.ProjectID, r.PeriodEnd)
		}
	}
	return on
}

func raise(m map[int64]vocab.Date, project int64, day vocab.Date) {
	if had, ok := m[project]; !ok || day > had {
		m[project] = day
	}
}

// applies tells whether a record's values count beside those on record.
func (im *importer) applies(r *row, rec *tabular.Record) bool {
	switch rec.Wins {
	case tabular.WinsLatest:
		latest, ok := im.latest(r, rec)
		return !ok || rec.AsOf >= latest
	case tabular.WinsFirst:
		first, ok := im.first(r, rec)
		return !ok || rec.AsOf <= first
	}
	return true
}

// latest gives the day of the newest values on record; ok is false if there are none.
func (im *importer) latest(r *row, rec *tabular.Record) (day vocab.Date, ok bool) {
	if r.fresh != nil {
		return 0, false
	}
	switch r.table {
	case state.Projects.Desc():
		day, ok = im.days.latest[r.id]
	case state.Portfolios.Desc():
		for _, id := range im.d.Snapshot().Below(r.id) {
			day, ok = im.newest("portfolio_id", id, day, ok)
		}
	case state.Programs.Desc():
		day, ok = im.newest("program_id", r.id, day, ok)
	default:
		by := im.days.latest
		if m := state.Milestones.Get(im.d, r.id); r.table == state.Milestones.Desc() && m.IsFinish && rec.Some {
			by = im.days.finish
		}
		day, ok = im.ofProject(r, by)
	}
	return day, ok
}

// newest gives the later of a day and the newest day of the projects of a node.
func (im *importer) newest(column string, node int64, day vocab.Date, ok bool) (vocab.Date, bool) {
	for p := range state.Projects.By(im.d, column, node) {
		if d, reported := im.days.latest[p.ID]; reported && (!ok || d > day) {
			day, ok = d, true
		}
	}
	return day, ok
}

// ofProject gives the day of the project a row on record belongs to.
func (im *importer) ofProject(r *row, by map[int64]vocab.Date) (vocab.Date, bool) {
	project, ok := r.table.Int(im.d.CopyOf(r.table, r.id), "project_id")
	if !ok {
		return 0, false
	}
	day, ok := by[project]
	return day, ok
}

// first gives the day of the earliest values on record. Entries follow their baseline, one of this import included.
func (im *importer) first(r *row, rec *tabular.Record) (vocab.Date, bool) {
	var b *ent.Baseline
	switch {
	case r.table == state.BaselineEntries.Desc():
		id, _ := im.lookUp(state.Baselines.Desc(), rec.Refs["baseline_id"].Key)
		b = state.Baselines.Get(im.d, id)
	case r.fresh != nil:
		return 0, false
	case r.table == state.Baselines.Desc():
		b = state.Baselines.Get(im.d, r.id)
	case r.table == state.Projects.Desc():
		day, ok := im.days.first[r.id]
		return day, ok
	default:
		return im.ofProject(r, im.days.first)
	}
	if b == nil || b.ApprovedOn == nil {
		return 0, false
	}
	return *b.ApprovedOn, true
}
